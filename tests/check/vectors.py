#!/usr/bin/python3
"""vectors.py: a second implementation, from the formulas of predscale.h alone, of the seasonal autoregression, the
node and the accuracy measures. Writes tests/vectors/{sar,node,accuracy}.txt, which the unit tests replay. Run it at
the top of the checkout:  /usr/bin/python3 tests/check/vectors.py

A file is a list of records "name count value...", read in order; a comment runs from # to the end of its line.
Data are drawn by splitmix64 and rounded to few digits, so that the files are short and the same everywhere; results
have 15 digits, those of numpy's solver 13."""

import math
import os

import numpy as np

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


class Writer:
    def __init__(self, name, digits=15):
        self.file = open(os.path.join("tests", "vectors", name), "w")
        self.digits = digits
        self.file.write("# made by: /usr/bin/python3 tests/check/vectors.py\n")

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


def wave(t, period):
    """A triangle in -1..1."""
    return 4.0 * abs((t % period) / period - 0.5) - 1.0


# ---- seasonal autoregression --------------------------------------------------------------------------------------

def seasonal_gaps(value, m):
    """Whether the mean of both neighbours tells a value better once the value a period before is taken off all."""
    plain = seasonal = 0.0
    for t in range(m + 1, len(value) - 1):
        error = value[t] - (value[t - 1] + value[t + 1]) / 2
        back = value[t - m] - (value[t - m - 1] + value[t - m + 1]) / 2
        if error == error and back == back:
            plain += abs(error)
            seasonal += abs(error - back)
    return seasonal < plain


def fill(value, m):
    """Gaps in a straight line between their neighbours; of the values or, from the second period on, of what they are
    over the filled values a period of m before. Beyond an end, and over a period or more, what is on the left goes
    on; within the range seen."""
    n, known = len(value), [v for v in value if v == v]
    x = np.array(value)
    t = 0
    while t < n:
        if x[t] == x[t]:
            t += 1
            continue
        end = next((k for k in range(t, n) if value[k] == value[k]), n)
        back = m if m and t >= m else 0
        over = (lambda k: x[k] - x[k - back]) if back else (lambda k: x[k])
        right = over(end) if end < n and not (back and end - t >= back) else NAN
        left = over(t - 1) if t > back else right
        left = 0.0 if left != left else left
        right = left if right != right else right
        for k in range(t, end):
            line = left + (right - left) * (k - t + 1) / (end - t + 1)
            x[k] = min(max(line + (x[k - back] if back else 0.0), min(known)), max(known))
        t = end
    return x


def fits(m, n):
    return m > 1 and m + 1 <= n - n // 3


def profile_of(x, m):
    """Slot by slot the mean of x over the mean of the m values around, which stay within x; then less its own mean."""
    n = len(x)
    around = [x[min(max(t - m // 2, 0), n - m):][:m].mean() for t in range(n)]
    profile = np.array([(x - around)[k::m].mean() for k in range(m)])
    return profile - profile.mean()


LEVEL, DIFFERENCE, PROFILE = 0, 1, 2


class SeasonalAR:
    def __init__(self, x, periods, lags, seasonal, form, window, ridge):
        self.x, self.form = list(x), form
        n = min(window, len(x)) if window else len(x)
        self.first = len(x) - n             # of the window
        inner = np.array(x[self.first:])
        self.profiles = []
        for m in sorted(set(periods)):
            if form == PROFILE and fits(m, len(x)) and 2 * m <= n:
                self.profiles.append(profile_of(inner, m))
                inner = inner - np.resize(self.profiles[-1], n)
        self.center = 0.0 if form == DIFFERENCE else inner.mean()
        around = [m + k for m in periods if fits(m, len(x)) and fits(m, n) for k in (-1, 0, 1)] if seasonal else []
        self.lags = sorted(set(list(range(1, lags + 1)) + around))
        rows = range(self.first + max(self.lags) + (form == DIFFERENCE), len(x))
        assert len(rows) >= 2 * len(self.lags)
        a = np.array([[self.inner(t - j) for j in self.lags] for t in rows])
        b = np.array([self.inner(t) for t in rows])
        deviation = a - a.mean(axis=0)
        normal = deviation.T @ deviation
        penalty = ridge * np.trace(normal) / len(self.lags) * np.eye(len(self.lags))
        self.a = np.linalg.solve(normal + penalty, deviation.T @ (b - b.mean()))
        self.c = b.mean() - a.mean(axis=0) @ self.a

    def base(self, t):
        """What is added to the inner value of time t."""
        if self.form == DIFFERENCE:
            return self.x[t - 1]
        return self.center + sum(p[(t - self.first) % len(p)] for p in self.profiles)

    def inner(self, t):
        return self.x[t] - self.base(t)

    def parameters(self):
        return [len(self.lags), self.c] + [v for pair in zip(self.lags, self.a) for v in pair]

    def path(self, h):
        n = len(self.x)
        for t in range(n, n + h):
            self.x.append(self.base(t) + self.c + sum(a * self.inner(t - j) for j, a in zip(self.lags, self.a)))
        path, self.x = self.x[n:], self.x[:n]
        return np.array(path)

    def observe(self, x):
        known = x if x == x else self.path(1)[0]
        self.x.append(known)


def write_sar():
    out = Writer("sar.txt", 13)
    out.comment("config: lags seasonal form window ridge transform(asked: 0 automatic, 1 none, 2 log) transform(taken)")
    out.comment("        horizon lower upper; period: the seasons; value: the history; more: what is observed later")
    out.comment("parameter: terms, c, then lag and coefficient of each; point: the path; later: that after all of more")

    def case(value, periods, lags, horizon, asked=0, seasonal=1, form=LEVEL, window=0, ridge=1e-4, more=(), lower=NAN,
             upper=NAN):
        known = [v for v in value if v == v]
        log = asked == 2 or (asked == 0 and min(known) >= 0.0 and max(known) > 0.0)
        shift = min(v for v in known if v > 0) if log and min(known) == 0.0 else 0.0
        there = (lambda y: math.log(y + shift)) if log else (lambda y: y)
        ends = [-math.inf if lower != lower else lower, math.inf if upper != upper else upper]
        back = lambda x: np.clip(np.maximum(np.exp(x) - shift, 0.0) if log else x, *ends)
        x = [there(y) if y == y else NAN for y in value]
        fitting = sorted(m for m in periods if fits(m, len(x)))
        x = fill(x, fitting[0] if fitting and seasonal_gaps(x, fitting[0]) else 0)
        model = SeasonalAR(x, periods, lags, seasonal, form, window, ridge)
        point = back(model.path(horizon))
        for y in more:
            model.observe(there(y) if y == y else NAN)
        out.record("config", [lags, seasonal, form, window, ridge, asked, 2 if log else 1, horizon, lower, upper])
        out.record("period", periods)
        out.record("value", value)
        out.record("more", more)
        out.record("parameter", model.parameters())
        out.record("point", list(point))
        out.record("later", list(back(model.path(horizon))))
        return point

    def series(seed, n, rule):
        r = Random(seed)
        return [round(rule(t, r), 3) for t in range(n)]

    def split(value, more, *arguments, **named):
        return case(value[:-more], *arguments, more=value[-more:], **named)

    split(series(1, 70, lambda t, r: 40 + 10 * wave(t, 17) + 2 * r.noise()), 10, [], 3, 12, asked=1)
    split(series(2, 93, lambda t, r: math.exp(4 + wave(t, 7) + 0.1 * r.noise())), 3, [7], 3, 20)
    gaps = series(3, 104, lambda t, r: -5 + 3 * wave(t, 8) + 0.02 * t + 0.5 * r.noise())
    for t in (0, 1, 2, 9, 30, 31, 38, 39, 46, 70, 71, 72, 73, 74, 75, 76, 77, 78, 98, 99, 101):
        gaps[t] = NAN                       # both ends, one period apart, a period and more
    split(gaps, 4, [8], 2, 18)
    plain = [NAN, NAN] + series(4, 56, lambda t, r: 100 + 5 * wave(t, 11) + r.noise())
    for t in (20, 21, 22, 23, 40, 51, 54, 57):
        plain[t] = NAN
    split(plain, 6, [], 4, 9, asked=2)
    two = series(5, 150, lambda t, r: math.exp(2 + 0.6 * wave(t, 6) + 0.5 * wave(t, 24) + 0.08 * r.noise()))
    split(two, 30, [24, 6], 5, 40)          # lags 5, 6, 7 and 23, 24, 25: 5 is there already
    case(two, [1, 6, 120], 2, 10, asked=1)  # 1 says none, 120 does not fit
    case(two, [6, 24], 2, 10, seasonal=0)
    rise = series(6, 130, lambda t, r: 3 * t + 20 * r.noise())
    split(rise, 10, [], 2, 8, window=70, asked=1)
    split(rise, 10, [60], 2, 8, window=85)  # 60 fits the values, but not the window
    case(rise, [], 2, 8, window=1000)
    split(series(7, 90, lambda t, r: 10 + 2 * t + 3 * wave(t, 5) + r.noise()), 10, [5], 3, 30, form=DIFFERENCE, asked=1)
    split(series(8, 80, lambda t, r: math.exp(0.03 * t + 0.1 * r.noise())), 5, [], 4, 12, form=DIFFERENCE, window=60,
          ridge=1e-3)
    split(series(9, 100, lambda t, r: 5 * wave(t, 12) + 0.5 * r.noise()), 7, [12], 3, 30, form=PROFILE, asked=1)
    both = series(10, 140, lambda t, r: math.exp(3 + 0.5 * wave(t, 5) + 0.4 * wave(t, 35) + 0.1 * r.noise()))
    both[20] = both[100] = both[123] = both[139] = NAN
    split(both, 17, [5, 35], 3, 80, form=PROFILE, seasonal=0)
    split(both, 17, [35, 5], 2, 20, form=PROFILE, window=68)    # in which 35 is not seen twice
    counts = series(11, 120, lambda t, r: max(0, round(4 + 5 * wave(t, 9) + 1.5 * r.noise())))
    assert 0.0 in counts
    split(counts, 8, [9], 3, 20, ridge=0.01)
    cut = series(12, 80, lambda t, r: 1 + wave(t, 9) + 0.2 * r.noise())
    point = case(cut, [9], 3, 20, asked=1, ridge=0.01, lower=0.5, upper=1.5)
    assert point.min() == 0.5 and point.max() == 1.5


# ---- node ---------------------------------------------------------------------------------------------------------

class Node:
    def __init__(self, metrics, learn, memory, interval, floor, winsor=5.0, relative_floor=0.01):
        self.learn, self.memory, self.interval = learn, memory, interval
        self.floor, self.winsor, self.relative = floor, winsor, relative_floor
        self.mean, self.var = [0.0] * metrics, [0.0] * metrics
        self.smooth, self.count = [0.0] * metrics, [0] * metrics
        # intervals start at what the configuration expects, with a quarter of it as sd; the start counts as one
        self.gap_mean, self.gap_var, self.gaps = float(interval), (interval / 4.0) ** 2, 1
        self.newest = None
        self.mark = self.onset = 0.0

    def weigh(self, mean, var, x, count):
        w = max(1.0 / (count + 1), 1.0 / self.memory)
        d = x - mean
        return mean + w * d, (1 - w) * (var + w * d * d)

    def observe(self, epoch, sequence, received, metric):
        if self.newest and (epoch, sequence) == (self.newest[0], self.newest[1] + 1):
            gap = received - self.newest[2]
            if 0 < gap <= 10 * self.interval:
                self.gap_mean, self.gap_var = self.weigh(self.gap_mean, self.gap_var, gap, self.gaps)
                self.gaps += 1
        for k, x in enumerate(metric):
            if x == x:
                self.take(k, x)
        s = self.z()
        self.onset = max(0.0, s - 0.9 * self.mark)
        self.mark = max(0.98 * self.mark, s)
        self.newest = (epoch, sequence, received)

    def take(self, k, x):
        sd = max(math.sqrt(self.var[k]), self.floor[k], self.relative * abs(self.mean[k]))
        z = (x - self.mean[k]) / sd
        if self.count[k] >= self.learn:     # neither z nor cutting before the baseline is learned
            self.smooth[k] += (min(abs(z), 1000.0) - self.smooth[k]) / 3.0
            x = min(max(x, self.mean[k] - self.winsor * sd), self.mean[k] + self.winsor * sd)
        self.mean[k], self.var[k] = self.weigh(self.mean[k], self.var[k], x, self.count[k])
        self.count[k] += 1

    def z(self):
        return max(self.smooth)

    def phi(self, now):
        sd = max(math.sqrt(self.gap_var), self.interval / 10.0, self.gap_mean / 10.0)
        late = max(0, now - self.newest[2])
        p = 0.5 * math.erfc((late - self.gap_mean) / sd / math.sqrt(2.0))
        return 300.0 if p <= 1e-300 else -math.log10(p)


def probability(z, phi, base=0.01, slope_z=2.0, slope_phi=0.5):
    odds = math.log(base / (1 - base)) + slope_z * math.log(max(z, 3.0) / 3.0) + slope_phi * phi * math.log(10.0)
    return 1.0 / (1.0 + math.exp(-odds))


def write_node():
    out = Writer("node.txt")
    second = 10 ** 9
    floor = [1.0, 1e-4, 0.005, 0.005]
    learn, memory = 20, 60
    node = Node(4, learn, memory, second, floor)
    out.comment("config: metrics learn memory interval_ns; floor: of each metric")
    out.comment("beats: of each beat epoch, sequence, received_at and the metrics")
    out.comment("scores: after each beat z, onset, phi 1.7 s later, phi 4 s later, probability of failure 1.7 s later")
    out.record("config", [4, learn, memory, second])
    out.record("floor", floor)
    r = Random(21)
    received, sequence, epoch = 5 * second, 1, 3
    beats, scores = [], []
    for i in range(220):
        metric = [round(500 + 20 * wave(i, 40) + 9 * r.noise(), 2), round(0.02 + 0.001 * r.noise(), 6),
                  round(max(0.0, 0.01 + 0.004 * r.noise()), 4), round(0.3 + 0.01 * r.noise(), 4)]
        received += second + int(0.05 * second * r.noise())
        sequence += 1
        if i % 17 == 5:
            metric[0] = NAN                 # not reported
        if i in (60, 61, 130):
            sequence += 2                   # lost beats
            received += 2 * second
        if 90 <= i < 100:
            metric[1] = round(metric[1] * (1 + 0.3 * (i - 89)), 6)      # an incident that grows
        if i >= 150:
            metric[3] = round(metric[3] + 0.003 * (i - 149), 4)          # a drift
        if i == 120:
            metric[2] = 1.0                 # a spike
        if i == 110:
            epoch, sequence = 7, 1          # a restart
        if i == 140:
            received += 30 * second         # a pause: ten intervals are exceeded
        at = received - 3 * second if i == 170 else received            # the clock goes back once
        if i == 200:
            metric = [NAN] * 4
        node.observe(epoch, sequence, at, metric)
        beats += [epoch, sequence, at] + metric
        soon = node.phi(at + 17 * second // 10)
        scores += [node.z(), node.onset, soon, node.phi(at + 4 * second), probability(node.z(), soon)]
    out.record("beats", beats)
    out.record("scores", scores)


# ---- accuracy -----------------------------------------------------------------------------------------------------

def write_accuracy():
    out = Writer("accuracy.txt")
    out.comment("config: level scale; result: smape mase msis coverage steps")
    r = Random(31)
    for n, level, scale, size in ((1, 0.9, 2.5, 10), (40, 0.95, 3.0, 10), (25, 0.5, 0.001, 1e6), (12, 0.8, 7.0, 1e-3)):
        actual = [round(size * r.noise(), 4) if r.uniform() < 0.9 or n == 1 else NAN for _ in range(n)]
        point = [round(size * r.noise() / 2, 4) for _ in range(n)]
        lower = [round(p - size * r.uniform(), 4) for p in point]
        upper = [round(p + size * r.uniform(), 4) for p in point]
        if n == 40:
            actual[3] = point[3] = 0.0      # smape: 0, not 0/0
            actual[4] = lower[4]            # an end belongs to the interval
            actual[5] = upper[5]
        pairs = [(y, f, l, u) for y, f, l, u in zip(actual, point, lower, upper) if y == y]
        steps = len(pairs)
        smape = sum(200 * abs(y - f) / (abs(y) + abs(f)) if y or f else 0.0 for y, f, l, u in pairs) / steps
        mase = sum(abs(y - f) for y, f, l, u in pairs) / steps / scale
        a = 1 - level
        msis = sum(u - l + 2 / a * max(l - y, 0) + 2 / a * max(y - u, 0) for y, f, l, u in pairs) / steps / scale
        coverage = sum(l <= y <= u for y, f, l, u in pairs) / steps
        out.record("config", [level, scale])
        for name, values in (("actual", actual), ("point", point), ("lower", lower), ("upper", upper)):
            out.record(name, values)
        out.record("result", [smape, mase, msis, coverage, steps])


if __name__ == "__main__":
    write_sar()
    write_node()
    write_accuracy()
