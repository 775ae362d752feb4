#!/usr/bin/python3
"""vectors.py: a second implementation, from the formulas of predscale.h alone, of the ridge autoregression, the
tracker, the node and the accuracy measures. Writes tests/vectors/{ar,tracker,node,accuracy}.txt, which the unit
tests replay. Run it at the top of the checkout:  /usr/bin/python3 tests/check/vectors.py

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


# ---- ridge autoregression -----------------------------------------------------------------------------------------

def fill(value, m):
    """Gaps: one period back (as filled), one period ahead (as given), the value before; at the start the first."""
    first = next(v for v in value if v == v)
    x = []
    for t, v in enumerate(value):
        if v == v:
            x.append(v)
        elif m and t >= m:
            x.append(x[t - m])
        elif m and t + m < len(value) and value[t + m] == value[t + m]:
            x.append(value[t + m])
        else:
            x.append(x[t - 1] if t else first)
    return np.array(x)


def ar_path(value, periods, lags, horizon, take_log, ridge, clip, window=0, lower=NAN, upper=NAN):
    value = value[-window:] if window else value
    n = len(value)
    fitting = [m for m in periods if m > 1 and m + 1 <= n - n // 3]
    x = fill(value, fitting[0] if fitting else 0)
    if take_log:
        x = np.log(x)
    low = x.min() - clip * (x.max() - x.min())
    high = x.max() + clip * (x.max() - x.min())
    center = x.mean()
    x = x - center
    use = sorted(set(list(range(1, lags + 1)) + [m + k for m in fitting for k in (-1, 0, 1)]))
    rows = [t for t in range(max(use), n) if value[t] == value[t]]
    assert len(rows) >= 2 * len(use)
    a = np.array([[x[t - j] for j in use] for t in rows])
    b = np.array([x[t] for t in rows])
    normal = a.T @ a
    coefficient = np.linalg.solve(normal + ridge * np.trace(normal) / len(use) * np.eye(len(use)), a.T @ b)
    residual = b - a @ coefficient
    inside = a @ coefficient
    assert inside.min() > low - center and inside.max() < high - center     # so no step of the sample is cut
    intercept = residual.mean()
    past = list(x)
    for _ in range(horizon):
        y = intercept + sum(c * past[-j] for c, j in zip(coefficient, use))
        past.append(min(max(y, low - center), high - center))
    path = np.array(past[n:]) + center
    path = np.exp(path) if take_log else path
    return np.clip(path, -math.inf if lower != lower else lower, math.inf if upper != upper else upper)


def write_ar():
    out = Writer("ar.txt", 13)
    out.comment("config: lags horizon transform(1 none, 2 log) ridge clip window lower upper")
    out.comment("period: the seasons; value: the history; point: the path")

    def case(value, periods, lags, horizon, take_log, ridge=1e-4, clip=0.3, window=0, lower=NAN, upper=NAN):
        path = ar_path(value, periods, lags, horizon, take_log, ridge, clip, window, lower, upper)
        out.record("config", [lags, horizon, 2 if take_log else 1, ridge, clip, window, lower, upper])
        out.record("period", periods)
        out.record("value", value)
        out.record("point", list(path))
        return path

    def series(seed, n, rule):
        r = Random(seed)
        return [round(rule(t, r), 3) for t in range(n)]

    case(series(1, 60, lambda t, r: 40 + 10 * wave(t, 17) + 2 * r.noise()), [], 3, 12, False)
    case(series(2, 90, lambda t, r: math.exp(4 + wave(t, 7) + 0.1 * r.noise())), [7], 3, 20, True)
    gaps = series(3, 100, lambda t, r: -5 + 3 * wave(t, 8) + 0.02 * t + 0.5 * r.noise())
    for t in (0, 1, 2, 9, 30, 31, 38, 39, 46, 70, 71, 72, 73, 74, 75, 76, 77, 78, 99):
        gaps[t] = NAN                       # 1 and 9, one period apart, are both missing: 1 takes the value before
    case(gaps, [8], 2, 18, False)
    plain = [NAN, NAN] + series(4, 50, lambda t, r: 100 + 5 * wave(t, 11) + r.noise())
    for t in (20, 21, 22, 23, 40, 51):
        plain[t] = NAN
    case(plain, [], 4, 9, True)
    two = series(5, 150, lambda t, r: math.exp(2 + 0.6 * wave(t, 6) + 0.5 * wave(t, 24) + 0.08 * r.noise()))
    case(two, [6, 24], 5, 40, True)         # lags 5, 6, 7 and 23, 24, 25: 5 is there already
    case(two, [1, 6, 120], 2, 10, False)    # 1 says none, 120 does not fit
    case(series(6, 120, lambda t, r: 3 * t + 20 * r.noise()), [], 2, 8, False, window=70)
    path = case(series(7, 80, lambda t, r: 10 + t * t / 20 + 0.3 * wave(t, 5) + 0.1 * r.noise()), [], 3, 30, False, clip=0.1)
    assert path[-1] == path[-2]             # it has come to the end of the range
    path = case(series(8, 80, lambda t, r: 1 + wave(t, 9) + 0.2 * r.noise()), [9], 3, 20, False, ridge=0.01, lower=0.5, upper=1.5)
    assert path.min() == 0.5 and path.max() == 1.5


# ---- tracker ------------------------------------------------------------------------------------------------------

class Tracker:
    def __init__(self, m1, m2, alpha=0.2, beta=0.05, phi=0.9, gamma1=0.15, gamma2=0.1):
        self.m1, self.m2 = m1, m2
        self.alpha, self.beta, self.phi, self.gamma1, self.gamma2 = alpha, beta, phi, gamma1, gamma2
        self.level = self.trend = self.sigma2 = 0.0
        self.s1, self.s2 = [0.0] * m1, [0.0] * m2
        self.t = self.seen = self.cuts = 0
        self.cut_ever = 0

    def forecast(self, h):
        y = self.level + self.trend * sum(self.phi ** k for k in range(1, h + 1))
        if self.m1 and self.t >= self.m1:
            y += self.s1[(self.t + h - 1) % self.m1]
        if self.m2:
            y += self.s2[(self.t + h - 1) % self.m2]
        return y

    def observe(self, y):
        if self.t < self.m1:
            self.first_cycle(y)
        elif y == y:
            self.learn(y)
        self.t += 1
        if self.m1 and self.t == self.m1:
            self.s1 = [s - self.level for s in self.s1]

    def first_cycle(self, y):
        if y == y:
            self.seen += 1
            self.level += (y - self.level) / self.seen
        self.s1[self.t] = y if y == y else self.level

    def cut(self, e):
        """Only after 10 observations and two cycles; the fourth in a row and those after it are taken whole."""
        limit = 4.0 * math.sqrt(self.sigma2)
        if abs(e) <= limit:
            self.cuts = 0
            return e
        if self.seen < 10 or self.seen < 2 * self.m1 or self.cuts == 3:
            return e
        self.cuts += 1
        self.cut_ever += 1
        return math.copysign(limit, e)

    def learn(self, y):
        n = self.seen + 1
        if n == 1:                          # the first observation is the level
            self.level, self.seen = y, 1
            return
        e = self.cut(y - self.forecast(1))
        a = max(self.alpha, 1.0 / n)
        g1 = max(self.gamma1, 1.0 / (self.t // self.m1 + 1)) if self.m1 else 0.0
        g2 = max(self.gamma2, 1.0 / (self.t // self.m2 + 2)) if self.m2 else 0.0
        self.sigma2 += max(0.02, 1.0 / max(1, n - 1 - self.m1)) * (e * e - self.sigma2)
        self.level += self.phi * self.trend + a * e
        self.trend = self.phi * self.trend + a * self.beta * e
        if self.m1:
            self.s1[self.t % self.m1] += g1 * (1 - a) * e
        if self.m2:
            self.s2[self.t % self.m2] += g2 * (1 - a) * (1 - g1) * e
        self.seen = n


LEADS = (1, 2, 5, 9)


def write_tracker():
    out = Writer("tracker.txt")
    out.comment("config: period1 period2 alpha beta phi gamma1 gamma2; value: the observations")
    out.comment("point: after each observation the forecasts of %s steps" % ", ".join(map(str, LEADS)))

    def case(values, least_cuts, *arguments):
        tracker = Tracker(*arguments)
        points = []
        for y in values:
            tracker.observe(y)
            points += [tracker.forecast(h) for h in LEADS]
        assert tracker.cut_ever >= least_cuts
        out.record("config", [tracker.m1, tracker.m2, tracker.alpha, tracker.beta, tracker.phi, tracker.gamma1, tracker.gamma2])
        out.record("value", values)
        out.record("point", points)

    r = Random(11)
    plain = [round(50 + 0.3 * t + 2 * r.noise(), 2) for t in range(70)]
    plain[40] = 300.0                       # one outlier: cut
    for t in (0, 3, 4, 17, 55):
        plain[t] = NAN
    case(plain, 1, 0, 0)
    shifted = [round(20 + 8 * wave(t, 7) + 0.7 * r.noise() + (60 if t >= 70 else 0), 2) for t in range(110)]
    for t in (2, 5, 6, 30, 31, 90):         # 2 to 6: in the first cycle
        shifted[t] = NAN
    shifted[50] = -100.0
    case(shifted, 4, 7, 0)                  # the shift: three cut, then whole
    case([round(100 + 10 * wave(t, 4) + 15 * wave(t, 12) + r.noise(), 2) for t in range(96)], 0, 4, 12)
    two = [round(-3 + 2 * wave(t, 3) + 2 * wave(t, 10) + 0.1 * r.noise(), 3) for t in range(80)]
    for t in (4, 33, 34, 35, 36):
        two[t] = NAN
    case(two, 0, 3, 10, 0.5, 0.3, 0.8, 0.4, 0.05)
    case([round(5 * wave(t, 5) + r.noise(), 3) for t in range(60)], 0, 0, 5)
    case([NAN] * 6 + [round(30 + t + r.noise(), 3) for t in range(30)], 0, 4, 0)    # a first cycle of nothing


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
    write_ar()
    write_tracker()
    write_node()
    write_accuracy()
