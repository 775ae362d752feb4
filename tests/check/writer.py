"""writer.py: seeded numbers, and files of tests/vectors, for the vectors_*.py. A file is a list of records "name count
value...", read in order; a comment runs from # to the end of its line."""

import os
import sys

NAN = float("nan")
MASK = (1 << 64) - 1


class Random:
    """splitmix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) / 9007199254740992.0

    def noise(self):
        """About normal: the sum of twelve, less six."""
        return sum(self.uniform() for _ in range(12)) - 6.0


def wave(t, period):
    """A triangle in -1..1."""
    return 4.0 * abs((t % period) / period - 0.5) - 1.0


def series(seed, n, rule):
    """Values rule(t, random), rounded so that the file says all of them."""
    r = Random(seed)
    return [round(rule(t, r), 3) for t in range(n)]


class Writer:
    def __init__(self, name, digits=15):
        self.file = open(os.path.join("tests", "vectors", name), "w")
        self.digits = digits
        self.comment("made by: /usr/bin/python3 tests/check/" + os.path.basename(sys.argv[0]))

    def comment(self, text):
        self.file.write("# %s\n" % text)

    def record(self, name, values):
        words = [name, str(len(values))] + ["nan" if v != v else "%.*g" % (self.digits, v) for v in values]
        line = ""
        for word in words:
            if len(line) + len(word) > 110:
                self.file.write(line + "\n")
                line = ""
            line += (" " if line else "") + word
        self.file.write(line + "\n")
