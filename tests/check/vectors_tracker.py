#!/usr/bin/python3
"""vectors_tracker.py: a second implementation of the tracker, from the formulas at the head of its chapter and in
predscale.h alone. Writes tests/vectors/tracker.txt. Run it at the top of the checkout:
/usr/bin/python3 tests/check/vectors_tracker.py"""

import math

import numpy as np

from writer import NAN, Random, Writer, wave


def gain(settled, n):
    return max(settled, 1.0 / n)


class Tracker:
    def __init__(self, m1, m2, alpha=0.05, gamma=0.5):
        self.config = [m1, m2, alpha, gamma]
        self.short, self.long = (m1, m2) if m2 else (0, m1)
        self.alpha, self.gamma = alpha, gamma
        self.a = [None] * self.short            # the short season: None is not known
        self.b = [None] * self.long
        self.t = self.seen = self.cuts = self.side = 0
        self.limit = self.offset = self.sigma2 = 0.0
        self.k = np.zeros(5)
        self.linear = False
        self.restart()
        self.steps = self.cut_ever = self.mixed = 0

    def restart(self):
        self.gram, self.moment = np.zeros((5, 5)), np.zeros(5)
        self.rows = self.fresh = 0

    def terms(self, h, level, last, before):
        """Terms of the step h ahead of the next one, and the two seasonal terms."""
        at = self.t + h
        now = [self.a[at % self.short] if self.short and self.t >= self.short else None,
               self.b[at % self.long] if self.long and self.t >= self.long else None]
        x = [level - last, 0 if now[0] is None else now[0] - last, before[0] - last,
             0 if now[1] is None else now[1] - last, before[1] - last]
        return np.array(x), now

    def bounded(self, z):
        beyond = 0.3 * (self.most - self.least)
        return min(max(z + self.offset, self.least - beyond), self.most + beyond) - self.offset

    def forecast(self, h):
        if not self.seen:
            return [0.0] * h
        level, last, before, path = self.level, self.last, self.before, []
        for i in range(h):
            x, now = self.terms(i, level, last, before)
            z = self.bounded(last + self.k @ x)
            level += self.alpha * (last - level)
            before = [z if n is None else n for n in now]
            last = z
            path.append(self.value(z + self.offset))
        return path

    def value(self, z):
        return z if self.linear else max(z, 0.0) ** 2

    def straighten(self):
        given = lambda z: self.value(z + self.offset)
        self.a = [None if s is None else given(s) for s in self.a]
        self.b = [None if s is None else given(s) for s in self.b]
        if self.seen:
            self.last, self.level = given(self.last), given(self.level)
            self.before = [given(s) for s in self.before]
            self.least, self.most = self.value(self.least), self.value(self.most)
        self.linear, self.offset, self.sigma2 = True, 0.0, 0.0
        self.restart()

    def observe(self, y):
        missing = y != y
        if missing and not self.seen:
            return
        if y < 0 and not self.linear:
            self.straighten()
        z = y if missing or self.linear else math.sqrt(y)
        if not self.seen:
            self.last = self.level = self.least = self.most = z
            self.before = [z, z]
        x, now = self.terms(0, self.level, self.last, self.before)
        expected = self.bounded(self.last + self.k @ x) + self.offset
        if missing:
            self.move(expected - self.offset)
        elif self.seen:
            self.learn(z, expected, x)
        self.seen += not missing
        self.turn(now, missing)

    def move(self, z):
        self.level += gain(self.alpha, self.seen) * (self.last - self.level)
        self.last = z

    def cut(self, e):
        """What the error teaches, or None: a step."""
        limit = self.limit if self.cuts else 5.0 * math.sqrt(self.sigma2)
        if abs(e) <= limit or self.sigma2 == 0.0 or self.rows < 10:
            self.cuts = self.side = 0
            return e
        self.limit, self.cuts, self.side = limit, self.cuts + 1, self.side + (1 if e > 0 else -1)
        if self.cuts <= 3:
            self.cut_ever += 1
            return math.copysign(limit, e)
        step = abs(self.side) == 4
        self.cuts = self.side = 0
        self.steps += step
        self.mixed += not step
        return None if step else e

    def learn(self, z, expected, x):
        error = z - expected
        e = self.cut(error)
        if e is None:
            self.offset += error
            self.last = self.level = z - self.offset
            self.least, self.most = min(self.least, z), max(self.most, z)
            return
        taken = expected + e
        self.sigma2 += gain(0.03, self.rows + 1) * (e * e - self.sigma2)
        self.gram += np.outer(x, x)
        self.moment += x * (taken - self.offset - self.last)
        self.rows += 1
        self.fresh += 1
        if self.fresh >= 48 or 4 * self.fresh > self.rows:
            self.fit()
        self.move(taken - self.offset)
        if z > self.most:
            self.most = max(self.most, taken)
        if z < self.least:
            self.least = min(self.least, taken)

    def fit(self):
        normal = self.gram + 2.0 * self.sigma2 * np.eye(5)
        use = [i for i in range(5) if normal[i, i] > 0.0]
        self.k = np.zeros(5)
        if use:
            self.k[use] = np.linalg.solve(normal[np.ix_(use, use)], self.moment[use])
        self.gram *= 1.0 - self.fresh / 500.0
        self.moment *= 1.0 - self.fresh / 500.0
        self.fresh = 0

    def turn(self, now, missing):
        self.before = [self.last if n is None else n for n in now]
        if self.short and (now[0] is None or not missing):
            self.a[self.t % self.short] = self.last
        if self.long:
            i = self.t % self.long
            if now[1] is None:
                self.b[i] = self.last
            elif not missing:
                self.b[i] += gain(self.gamma, self.t // self.long + 1) * (self.last - self.b[i])
        self.t += 1
        if self.t in (self.short, self.long):
            self.restart()


LEADS = (1, 2, 5, 9, 30)


def write_tracker():
    out = Writer("tracker.txt", 13)
    out.comment("config: period1 period2 alpha gamma; value: the observations")
    out.comment("point: after each observation the forecasts of %s steps" % ", ".join(map(str, LEADS)))

    def case(seed, n, rule, wanted, changes, *arguments):
        tracker, r, points = Tracker(*arguments), Random(seed), []
        values = [round(rule(t, r), 2) for t in range(n)]
        for t, y in changes.items():
            values[t] = y(values[t]) if callable(y) else y
        for y in values:
            tracker.observe(y)
            path = tracker.forecast(max(LEADS))
            points += [path[h - 1] for h in LEADS]
        assert (tracker.cut_ever > 0, tracker.steps, tracker.mixed, tracker.linear) == wanted, (
            tracker.cut_ever, tracker.steps, tracker.mixed, tracker.linear)
        out.record("config", tracker.config)
        out.record("value", values)
        out.record("point", points)

    case(11, 70, lambda t, r: 50 + 0.3 * t + 2 * r.noise(), (True, 0, 0, False),
         {40: 300.0, 0: NAN, 3: NAN, 4: NAN, 17: NAN, 55: NAN}, 0, 0)
    up = {t: (lambda v: v + 70.0) for t in range(80, 120)}                     # a step of the level
    case(12, 120, lambda t, r: 90 + 20 * wave(t, 7) + 2 * r.noise(), (True, 1, 0, False), up, 7, 0)
    gaps = dict.fromkeys([2, 9, 30, 31, 32, 33, 60, 61], NAN)
    case(13, 130, lambda t, r: 30 + 8 * wave(t, 6) + 6 * wave(t, 24) + r.noise(), (False, 0, 0, False), gaps, 6, 24)
    case(14, 90, lambda t, r: 5 * wave(t, 12) + 0.3 * r.noise(), (False, 0, 0, True), {0: 3.0}, 0, 12, 0.2, 0.1)
    case(15, 110, lambda t, r: (t if t < 60 else 60) + 4 * wave(t, 5) + 0.2 * r.noise() + 6, (False, 0, 0, True),
         {75: -30.0}, 5, 0, 1.0, 1.0)
    wild = {t: (lambda v, s=(1 if t % 3 else -1): v + s * 40.0) for t in range(50, 90)}     # the noise grows
    case(16, 90, lambda t, r: 400 + 0.5 * r.noise(), (True, 0, 2, False), wild, 0, 4, 0.0, 0.0)


if __name__ == "__main__":
    write_tracker()
