#!/usr/bin/python3
"""vectors.py: a second implementation, from the formulas of predscale.h alone, of the seasonal autoregression, the
node and the accuracy measures. Writes tests/vectors/{sar,node,accuracy}.txt, which the unit tests replay. Run it at
the top of the checkout:  /usr/bin/python3 tests/check/vectors.py

A file is a list of records "name count value...", read in order; a comment runs from # to the end of its line.
Data are drawn by splitmix64 and rounded to few digits, so that the files are short and the same everywhere; results
have 15 digits, those of numpy's solver 13."""

import copy
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

def single(x):
    return float(np.float32(x))


def cut(x, limit):
    return max(-limit, min(limit, x))


class Seen:
    """Values that were seen, each with the report at which something was last near it; novelty in widths of the range."""
    def __init__(self):
        self.at, self.low, self.high = {}, 0.0, 0.0

    def novelty(self, x, now):
        y = single(x)
        while True:
            near = min(sorted(self.at), key=lambda v: abs(v - y), default=None)
            if near is None or now - self.at[near] <= 4000:
                break
            del self.at[near]
        width = self.high - self.low
        d = 0.0 if near is None else abs(y - near)
        new = d / width if width > 0 else float(d > 0)
        if not self.at and width <= 0:
            self.low = self.high = y
        self.low, self.high = min(self.low, y), max(self.high, y)
        if near is None or d > 0.02 * (self.high - self.low):
            if len(self.at) == 64:          # the one goes whose neighbours are closest
                v = sorted(self.at)
                del self.at[min(v[1:-1], key=lambda u: v[v.index(u) + 1] - v[v.index(u) - 1])]
            near = y
        self.at[near] = now
        return min(new, 10.0)


class Metric:
    def __init__(self, floor, relative, learn, memory, winsor):
        self.floor, self.relative, self.learn, self.memory, self.winsor = floor, relative, learn, memory, winsor
        self.count, self.mean, self.var, self.level, self.sst, self.sse = 0, 0.0, 0.0, 0.0, 0.0, 0.0
        self.rest_mean = self.rest_var = self.z = self.held = self.smooth = 0.0
        self.product, self.lag, self.a = [0.0] * 4, [0.0] * 3, [0.0] * 3
        self.error = self.e = self.e_held = self.usual = self.drift = 0.0
        self.value, self.residual = Seen(), Seen()
        self.bins, self.bin_count = {}, {}

    def weigh(self, mean, var, x):
        d = x - mean
        return mean + self.w * d, (1 - self.w) * (var + self.w * d * d)

    def spread(self, var, relative=0.0):
        v = self.value
        return max(math.sqrt(var), self.floor, 0.03 * (v.high - v.low), max(relative, 1e-6) * abs(self.first + self.mean))

    def take(self, x, slot, ahead):
        """Returns novelty; ahead: neither sets nor profile are changed."""
        self.w = max(1.0 / (self.count + 1), 1.0 / self.memory)
        if self.count == 0:
            self.first = x
        x -= self.first
        own = slot if slot in self.bins else ((slot + 48) % 96 if (slot + 48) % 96 in self.bins else None)
        r = 0.0 if self.count == 0 else x - (self.bins[own] if own is not None else self.mean)
        if own is not None and self.count > 48:
            self.sse += self.w * (r * r - self.sse)
            self.sst += self.w * ((x - self.level) ** 2 - self.sst)
        self.level += self.w * (x - self.level)
        share = 1 - self.sse / self.sst if self.sst > 0 else 0.0
        new = 0.0
        if ahead:
            self.value.low, self.value.high = min(self.value.low, x), max(self.value.high, x)
        else:
            if self.count:
                self.smooth += 2 / 7 * (r - self.smooth)
            v1, v2 = self.value.novelty(x, self.count), self.residual.novelty(self.smooth, self.count)
            new = v1 ** 2 + (0.8 * (v2 * share) ** 2 if share > 0.5 else 0.0)
        self.members(x, r if share > 0.3 else x - self.mean)
        self.count += 1
        if not ahead:
            n = self.bin_count.get(slot, 0)
            old = self.bins.get(slot, 0.0)
            self.bins[slot] = single(old + max(1.0 / (n + 1), 0.02) * (x - old))
            self.bin_count[slot] = min(255, n + 1)
        return new

    def members(self, x, rest):
        settled, d = self.count >= 30, x - self.mean
        sd = self.spread(self.rest_var, self.relative)
        self.z = abs(cut((rest - self.rest_mean) / sd, 1000.0)) if settled else 0.0
        c = self.rest_mean + cut(rest - self.rest_mean, self.winsor * sd) if settled else rest
        self.rest_mean, self.rest_var = self.weigh(self.rest_mean, self.rest_var, c)
        self.held += (self.z - self.held) / 8
        sd = self.spread(self.var)
        self.autoregress(0.0 if self.count < 10 else cut(d / sd, 1000.0), settled)
        self.mean, self.var = self.weigh(self.mean, self.var, self.mean + cut(d, self.winsor * sd) if settled else x)
        if self.count + 1 == self.learn:
            self.m0, self.s0 = self.mean, self.spread(self.var)
        elif self.count + 1 > self.learn:
            self.drift += 2 / 9 * (cut((x - self.m0) / self.s0, 1000.0) - self.drift)

    def autoregress(self, u, settled):
        if self.count % 16 == 0:
            self.a = self.solve()
        sd = max(math.sqrt(self.error), 0.02)
        e = u - sum(a * v for a, v in zip(self.a, self.lag))
        c = cut(e, self.winsor * sd) if settled else e
        self.error += self.w * (c * c - self.error)
        self.e = min(abs(e) / sd, 1000.0) if settled else 0.0
        self.e_held += (self.e - self.e_held) / 3
        self.usual += self.w * ((min(self.e_held, 4 * self.usual + 0.1) if settled else self.e_held) - self.usual)
        c = cut(u, self.winsor)
        for i, v in enumerate([c] + [cut(v, self.winsor) for v in self.lag]):
            self.product[i] += self.w * (c * v - self.product[i])
        self.lag = [cut(u, 20.0)] + self.lag[:2]

    def solve(self):
        """Durbin and Levinson; partial correlations inside +-0.999."""
        p, a, left = self.product, [], self.product[0] * 1.0001 + 1e-9
        for k in range(3):
            part = cut((p[k + 1] - sum(a[i] * p[k - i] for i in range(k))) / left, 0.999)
            a = [a[i] - part * a[k - 1 - i] for i in range(k)] + [part]
            left *= 1 - part * part
        return a


class Signs:
    """Six metrics in steps; rate, latency, errors, CPU, memory, network."""
    def __init__(self, step):
        self.step, self.learned, self.base, self.square, self.cross = step, 0, None, 0.0, [0.0] * 3
        self.restart()

    def restart(self):
        self.rows, self.recent, self.memory, self.late, self.begin, self.sign = [], [], [], [], None, [0.0] * 9

    def take(self, at, metric):
        if self.rows and not 0 <= at - self.begin < self.step:
            self.end()
            if not 0 <= at - self.begin < 3 * self.step:
                self.restart()
        if any(x == x for x in metric):
            if not self.rows:
                self.begin = at
            self.rows.append(metric)

    def expected(self, i, load):
        follows = (self.cross[i] + 0.005 * 0.5) / (self.square + 0.005)
        return self.base[(3, 1, 5)[i]] * max(1 + follows * (load - 1), 0.2)

    def end(self):
        step = []
        for k in range(6):
            x = [row[k] for row in self.rows if row[k] == row[k]]
            step.append(sum(x) / len(x) if x else self.base[k] if self.base else 0.0)
        if self.base is None:
            self.base = step[:]
        self.base = [step[k] if self.base[k] == 0 and k != 2 else self.base[k] for k in range(6)]
        self.recent, self.memory = ([step] + self.recent)[:5], ([step[4]] + self.memory)[:61]
        now = [sum(r[k] for r in self.recent) / len(self.recent) for k in range(6)]
        load = min((now[0] + 1e-9) / (self.base[0] + 1e-9), 4.0)
        last = min((step[0] + 1e-9) / (self.base[0] + 1e-9), 4.0)
        sign = [now[4], now[4] - self.base[4], self.memory[0] - self.memory[-1],
                math.log((min(r[2] for r in self.recent) + 2e-4) / (self.base[2] + 2e-4)),
                math.log((now[1] + 1e-9) / (self.expected(1, load) + 1e-9)), now[3], now[3] - self.expected(0, load),
                math.log((step[5] + 1e-9) / (self.expected(2, last) + 1e-9)),
                sum(self.late) / len(self.late) - 1 if self.late else 0.0]
        self.sign = [cut(x, 6.0) for x in sign]
        self.learn(step, last)
        self.rows, self.late = [], []

    def learn(self, step, load):
        w, usual = max(1.0 / (self.learned + 1), 1 / 240), step[:]
        self.square += w * ((load - 1) ** 2 - self.square)
        for i, f in enumerate((3, 1, 5)):
            by = cut(step[f] / (self.base[f] + 1e-9) - 1, 0.5)
            usual[f] = step[f] * self.base[f] / (self.expected(i, load) + 1e-9)
            self.cross[i] += w * ((load - 1) * by - self.cross[i])
        for k in range(6):
            d = usual[k] - self.base[k]
            limit = 0.1 if k in (3, 4) else 0.5 * (self.base[k] or 2e-4)
            self.base[k] += w * (cut(d, limit) if self.learned >= 30 else d)
        self.learned += 1


class Node:
    """Beats are kept by number, folded in order, given up when the newest is eight ahead."""
    def __init__(self, metrics, learn, memory, interval, day, step, floor, winsor=5.0, relative_floor=0.01):
        self.metric = [Metric(floor[k], relative_floor if k < 7 else 0.0, learn, memory, winsor) for k in range(metrics)]
        self.learn, self.memory, self.interval, self.day = learn, memory, interval, day
        # intervals start at what the configuration expects, with a quarter of it as sd; the start counts as one
        self.gap_mean, self.gap_var, self.gaps = float(interval), (interval / 4.0) ** 2, 0
        self.jitter = self.gap_z = self.mark = self.onset = 0.0
        self.quiet, self.epoch, self.chained, self.waiting = 0, None, None, {}
        self.signs = Signs(step)

    def observe(self, epoch, sequence, received, metric):
        if self.epoch != epoch:
            for s in sorted(self.waiting):
                self.fold(s)
            self.epoch, self.newest, self.next, self.chained = epoch, sequence, max(0, sequence - 7), None
            self.signs.restart()
        self.waiting[sequence] = (received, metric)
        if sequence >= self.newest:
            self.newest, self.heard = sequence, received
        while self.next <= self.newest and (self.next in self.waiting or self.newest - self.next >= 8):
            if self.next in self.waiting:
                self.fold(self.next)
            else:
                self.chained = None
            self.next += 1

    def slot(self, at):
        days = at // self.day
        return int((at % self.day) / self.day * 48) % 48 + (48 if days % 7 in (2, 3) else 0)

    def fold(self, s):
        at, metric = self.waiting.pop(s)
        if self.chained and self.chained[0] == s - 1:
            self.interval_take(at - self.chained[1])
        self.chained = (s, at)
        v = 0.0
        for m, x in zip(self.metric, metric):
            if x == x:
                v = max(v, m.take(x, self.slot(at), False))
        new = v - 0.85 * self.mark
        self.mark = max(0.96 * self.mark, v)
        self.quiet += 1
        self.onset = max(0.0, new) * min(1.0, self.quiet / 500) ** 2
        if new > 1e-3:
            self.quiet = 0
        self.signs.take(at, metric)

    def interval_take(self, gap):
        if not 0 < gap <= 10 * self.interval:
            return
        sd = max(math.sqrt(self.gap_var), 0.1 * self.interval, 0.1 * self.gap_mean)
        self.gap_z = min(abs(gap - self.gap_mean) / sd, 1000.0) if self.gaps >= 30 else 0.0
        self.jitter += (self.gap_z - self.jitter) / 8
        w, d = max(1.0 / (self.gaps + 2), 1.0 / self.memory), gap - self.gap_mean
        self.gap_mean, self.gap_var = self.gap_mean + w * d, (1 - w) * (self.gap_var + w * d * d)
        self.gaps += 1
        self.signs.late.append(min(gap / self.interval, 3.0))

    def score(self):
        """z, joint, drift, level."""
        used = copy.deepcopy(self.metric)
        for s in sorted(self.waiting):
            for m, x in zip(used, self.waiting[s][1]):
                if x == x:
                    m.take(x, self.slot(self.waiting[s][0]), True)
        used = [m for m in used if m.count >= self.learn]
        if not used:
            return [0.0] * 4
        gap = [(self.jitter, self.gap_z)] if self.gaps >= self.learn else []
        top = min(3, len(used))
        held = sorted([m.held for m in used] + [g[0] for g in gap])[-top:]
        now = sorted([m.z for m in used] + [g[1] for g in gap])[-top:]
        z, z1 = sum(held) / top, sum(now) / top
        usual = [max(0.05, 3 * m.usual) for m in used]
        joint = sum(math.log(1 + m.e_held / u) for m, u in zip(used, usual)) / len(used)
        j1 = sum(math.log(1 + m.e / u) for m, u in zip(used, usual)) / len(used)
        drift = sum(math.log(1 + abs(m.drift)) for m in used) / len(used)
        return [z, joint, drift, max(z * joint ** 0.75, z1 * j1 / 2)]

    def phi(self, now):
        sd = max(math.sqrt(self.gap_var), self.interval / 10.0, self.gap_mean / 10.0)
        late = max(0, now - self.heard)
        p = 0.5 * math.erfc((late - self.gap_mean) / sd / math.sqrt(2.0))
        return 300.0 if p <= 1e-300 else -math.log10(p)


def write_node():
    out = Writer("node.txt")
    second = 10 ** 9
    floor = [1.0, 1e-4, 0.005, 0.005, 0.01, 1.0]
    learn, memory, day, step = 40, 60, 100 * second, 5 * second
    node = Node(6, learn, memory, second, day, step, floor)
    out.comment("config: metrics learn memory interval_ns day_ns step_ns; floor: of each metric")
    out.comment("beats: of each beat epoch, sequence, received_at and the metrics")
    out.comment("scores: after each beat z, joint, drift, level, jitter, onset, phi 1.7 s later, phi 4 s later, nine signs")
    out.record("config", [6, learn, memory, second, day, step])
    out.record("floor", floor)
    r = Random(21)
    received, sequence, epoch = 5 * second, 1, 3
    beats, scores = [], []
    order = list(range(260))
    order[80:84] = [82, 80, 83, 81]         # late beats
    made = []
    for i in range(260):
        rate = 500 + 60 * wave(i, 100)
        metric = [round(rate + 9 * r.noise(), 2), round(0.02 + 0.001 * r.noise(), 6),
                  round(max(0.0, 0.01 + 0.004 * r.noise()), 4), round(0.0006 * rate + 0.01 * r.noise(), 4),
                  round(0.4 + 0.0004 * i + 0.002 * r.noise(), 4), round(2000 * rate + 9000 * r.noise(), 0)]
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
            metric = [NAN] * 6
        made.append((epoch, sequence, at, metric))
    for i in order:
        epoch, sequence, at, metric = made[i]
        node.observe(epoch, sequence, at, metric)
        beats += [epoch, sequence, at] + metric
        scores += node.score() + [node.jitter, node.onset, node.phi(node.heard + 17 * second // 10),
                                  node.phi(node.heard + 4 * second)]
        scores += node.signs.sign if len(node.signs.recent) > 2 else [0.0] * 9
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
