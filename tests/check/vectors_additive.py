#!/usr/bin/python3
"""vectors_additive.py: a second implementation, from the header alone, of the additive model and the choice of its
regressors (dense numpy), of reconciliation (dense numpy: S (S'W^-1 S)^-1 S'W^-1, and the bounds by trying all sets of
held leaves), of ranking (sorted p-values, math.erfc) and of the calendar (datetime). Writes tests/vectors/{additive,
regressors,reconcile,rank,calendar}.txt. Run it at the top of the checkout:
/usr/bin/python3 tests/check/vectors_additive.py"""

import datetime
import itertools
import math

import numpy as np

from writer import NAN, Random, Writer, wave


# ---- additive model -----------------------------------------------------------------------------------------------

class Additive:
    def __init__(self, y, periods, regressor, horizon, knots=12, harmonics=(0, 0, 0, 0), robust=1, correct=1,
                 memory=NAN, reach=0.8, change=0.05, effect=10.0, damping=0.95):
        self.y, self.n, self.periods = np.array(y, float), len(y), periods
        n = self.n
        self.robust, self.correct, self.change, self.effect, self.damping = robust, correct, change, effect, damping
        self.memory = max([64.0] + [float(m) for m in periods]) if memory != memory else memory
        knots = min(knots, n // 8)
        self.knot = [math.floor(reach * (n - 1) * (j + 1) / (knots + 1)) for j in range(knots)]
        self.pairs = [min(m // 2, (12 if i == 0 else 24) if h == 0 else max(h, 0))
                      for i, (m, h) in enumerate(zip(periods, harmonics))]
        self.pace = 1.0 / (n - 1) if n > 1 else 0.0
        rows = np.zeros((n + horizon, 0)) if regressor is None else np.array(regressor, float)
        self.regressor = rows.reshape(n + horizon, -1)
        self.mean, self.sd = self.y.mean(), self.y.std()
        self.r_mean, self.r_sd = self.regressor[:n].mean(0), self.regressor[:n].std(0)
        self.x = np.array([self.row(t) for t in range(n)])
        self.z = (self.y - self.mean) / self.sd if self.sd > 0 else np.zeros(n)
        self.fit()

    def swing(self, t):
        """Fourier columns and regressors."""
        row = []
        for m, pairs in zip(self.periods, self.pairs):
            for k in range(1, pairs + 1):
                angle = 2 * math.pi * ((k * t) % m) / m
                row += [math.cos(angle), math.sin(angle)]
        for k in range(self.regressor.shape[1]):
            known = t < len(self.regressor) and self.r_sd[k] > 0
            row.append((self.regressor[t, k] - self.r_mean[k]) / self.r_sd[k] if known else 0.0)
        return row

    def row(self, t):
        return [1.0, t * self.pace] + self.swing(t) + [max(0.0, t - k) * self.pace for k in self.knot]

    def penalties(self):
        p = [0.0, 0.0]
        for pairs, season in zip(self.pairs, self.season):
            p += [self.variance / season] * (2 * pairs)
        p += [self.variance / self.effect ** 2] * self.regressor.shape[1]
        return p + [self.variance / (self.change * max(abs(d), self.change / 1000)) for d in self.d]

    def innovations(self, a):
        b = a.copy()
        b[1:] -= self.rho * a[:-1]
        b[0] *= math.sqrt(1 - self.rho ** 2)
        return b

    def weights(self):
        w = np.exp(-(self.n - 1 - np.arange(self.n)) / self.memory)
        if self.scale > 0:
            u = np.abs(self.innovations(self.z) - self.innovations(self.x) @ self.b)
            w *= np.minimum(1.0, 1.345 * self.scale / np.maximum(u, 1e-300))
        return w

    def fit(self):
        n = self.n
        self.rho, self.variance, self.scale, limit = 0.0, 0.1, 0.0, 0.0
        self.season = [1.0] * len(self.periods)
        self.d = [self.change] * len(self.knot)
        self.b = np.zeros(self.x.shape[1])
        for _ in range(1 + self.correct + self.robust):
            w = self.weights()
            x, z = self.innovations(self.x), self.innovations(self.z)
            for _ in range(3):
                gram = (x * w[:, None]).T @ x + np.diag(self.penalties())
                keep = np.diag(gram) > 0
                self.b = np.zeros(len(gram))
                self.b[keep] = np.linalg.solve(gram[np.ix_(keep, keep)], ((x * w[:, None]).T @ z)[keep])
                self.variance = max(float(np.sum(w * (z - x @ self.b) ** 2)) / n, 1e-10)
                self.d = list(self.b[len(self.b) - len(self.knot):])
                at = 2
                for i, pairs in enumerate(self.pairs):
                    self.season[i] = max(float(np.mean(self.b[at:at + 2 * pairs] ** 2)), 1e-6) if pairs else 1e-6
                    at += 2 * pairs
            e = self.z - self.x @ self.b
            cut = np.clip(e, -3 * limit, 3 * limit) if limit > 0 else e
            if self.correct:
                square = float(np.sum(cut[:-1] ** 2))
                self.rho = min(max(float(np.sum(cut[1:] * cut[:-1])) / square, -0.99), 0.99) if square > 0 else 0.0
            if self.robust:
                stride = 1 + n // 256
                sample = [t for t in range(1, n) if t % stride == 0]
                if sample:
                    limit = 1.4826 * float(np.median(np.abs(e[sample])))
                    self.scale = 1.4826 * float(np.median(np.abs([e[t] - self.rho * e[t - 1] for t in sample])))
        bends = [(d, n - 1 - k) for d, k in zip(self.d, self.knot) if k < n - 1]
        self.level = self.mean + self.sd * float(self.b[:2] @ [1.0, (n - 1) * self.pace]
                                                 + sum(d * far * self.pace for d, far in bends))
        self.slope = self.sd * self.pace * (self.b[1] + sum(d for d, _ in bends))
        self.error = self.y[n - 1] - self.level - self.add(n - 1)
        self.t = n

    def add(self, t):
        swing = self.swing(t)
        return self.sd * float(np.dot(self.b[2:2 + len(swing)], swing))

    def observe(self, y):
        self.slope *= self.damping
        self.level += self.slope
        self.error = y - self.level - self.add(self.t)
        self.t += 1

    def path(self, h):
        level, slope, error, out = self.level, self.slope, self.error, []
        for k in range(h):
            slope *= self.damping
            level += slope
            error *= self.rho
            out.append(level + self.add(self.t + k) + error)
        return out


def write_additive():
    out = Writer("additive.txt", 12)
    out.comment("config: horizon knots harmonics[4] robust correct memory reach change effect damping regressors")
    out.comment("period, value, regressor [(n + horizon) * K]; later: values observed after the fit")
    out.comment("parameters: rho, level, slope a step; point: the path, then after the later values the path again")

    def case(value, periods, regressors, horizon, later=0, **options):
        n = len(value) - later
        r = None if regressors is None else [x for row in regressors for x in row]
        count = len(regressors[0]) if regressors else 0
        model = Additive(value[:n], periods, r, horizon, **options)
        full = dict(knots=12, harmonics=(0, 0, 0, 0), robust=1, correct=1, memory=NAN, reach=0.8, change=0.05,
                    effect=10.0, damping=0.95)
        full.update(options)
        last = ("robust", "correct", "memory", "reach", "change", "effect", "damping")
        out.record("config", [horizon, full["knots"]] + list(full["harmonics"]) + [full[k] for k in last] + [count])
        out.record("period", periods)
        out.record("value", value[:n])
        out.record("regressor", r or [])
        out.record("later", value[n:])
        out.record("parameters", [model.rho, model.level, model.slope])
        point = model.path(horizon)
        for y in value[n:]:
            model.observe(y)
        out.record("point", point + model.path(horizon))

    r = Random(101)
    case([round(20 + 5 * wave(t, 12) + 0.05 * t + r.noise(), 3) for t in range(120)], [12], None, 24, later=5)
    bend = [round(10 + 0.2 * t - (0.5 * (t - 80) if t > 80 else 0) + 0.3 * r.noise(), 3) for t in range(200)]
    case(bend, [], None, 20, memory=1e15, change=2.0, damping=1.0, knots=20)
    e, events, values = 0.0, [], []
    for t in range(300):
        e = 0.7 * e + r.noise()
        events.append([1.0 if t % 37 == 5 else 0.0, round(r.noise(), 3), 3.0])
        values.append(round(50 + 8 * wave(t, 24) + 4 * wave(t, 168) + 12 * events[-1][0] + 0.8 * events[-1][1] + e, 3))
    for t in (50, 51, 120, 200):
        values[t] += 60                         # outliers
    case(values[:280], [24, 168], events[:290], 20, later=10)
    case(values[:270], [24, 168], events[:290], 20, robust=0, harmonics=(5, -1, 0, 0), reach=1.0, memory=90.5)
    case(values[:270], [24], events[:290], 20, correct=0, robust=3, effect=0.2, damping=0.0)
    case([5.0, 6.0, 4.0, 5.5, 5.0, 7.0, 6.5, 5.0, 4.0], [], None, 4, later=1)


# ---- choice of regressors -----------------------------------------------------------------------------------------

def write_regressors():
    out = Writer("regressors.txt", 12)
    out.comment("config: regressors blocks start margin; order, gain; info: before after needed rho")

    def case(seed, n, count, effects, blocks, start, margin):
        r = Random(seed)
        reg, values, e = [], [], 0.0
        for t in range(n):
            row = [round(r.noise(), 3) if k % 2 else float(r.uniform() < 0.1) for k in range(count)]
            e = 0.5 * e + r.noise()
            values.append(round(30 + 6 * wave(t, 12) + sum(b * x for b, x in zip(effects, row)) + e, 3))
            reg.append(row)
        model = Additive(values, [12], [x for row in reg for x in row], 0, memory=1e15)
        w, x, z = model.weights(), model.innovations(model.x), model.innovations(model.z)
        penalty = np.array(model.penalties())
        fixed = 2 + 2 * sum(model.pairs)
        edge = [int(start * n + (n - start * n) * j / blocks) for j in range(blocks + 1)]

        def errors(chosen):
            use = [c for c in range(x.shape[1]) if c < fixed or c >= fixed + count or c - fixed in chosen]
            result = []
            for j in range(blocks):
                a, b = slice(0, edge[j]), slice(edge[j], edge[j + 1])
                gram = (x[a][:, use] * w[a, None]).T @ x[a][:, use] + np.diag(penalty[use])
                beta = np.linalg.solve(gram, (x[a][:, use] * w[a, None]).T @ z[a])
                result.append(float(np.sum(w[b] * (z[b] - x[b][:, use] @ beta) ** 2)))
            return result

        needed = max(margin, 6 / math.sqrt(edge[0] * (n - edge[0])))
        order, gain, chosen = [0] * count, [0.0] * count, []
        base = first = errors([])
        while True:
            best = None
            for k in [k for k in range(count) if k not in chosen]:
                tried = errors(chosen + [k])
                gain[k] = 1 - sum(tried) / sum(base)
                part = needed * sum(base) / blocks
                better = sum(b - a > part for a, b in zip(tried, base))
                worse = sum(a - b > part for a, b in zip(tried, base))
                if gain[k] >= needed and better >= 2 and better > worse and (best is None or gain[k] > gain[best]):
                    best = k
            if best is None:
                break
            chosen.append(best)
            order[best] = len(chosen)
            base = errors(chosen)
        rows = n - edge[0]
        out.record("config", [count, blocks, start, margin])
        out.record("value", values)
        out.record("regressor", [x for row in reg for x in row])
        out.record("order", order)
        out.record("gain", gain)
        before, after = [model.sd * math.sqrt(sum(errors_) / rows) for errors_ in (first, base)]
        out.record("info", [before, after, needed, model.rho])

    case(201, 240, 5, (4.0, 0.9, 0.0, 0.0, 0.0), 5, 0.5, 0.01)
    case(202, 150, 4, (0.0, 0.0, 3.0, 1.5), 3, 0.4, 0.02)
    case(203, 120, 3, (0.0, 0.0, 0.0), 4, 0.6, 0.0)


# ---- reconcile ----------------------------------------------------------------------------------------------------

def write_reconcile():
    out = Writer("reconcile.txt", 13)
    out.comment("config: method nonnegative series; parent, point, spread, share (empty: none); result, deviation")

    def summing(parent):
        n = len(parent)
        leaf = [i for i in range(n) if i not in parent]
        s = np.zeros((n, len(leaf)))
        for j, i in enumerate(leaf):
            while i >= 0:
                s[i, j] = 1
                i = parent[i]
        return leaf, s

    def trace(parent, point, spread, held=()):
        leaf, s = summing(parent)
        free = [j for j in range(len(leaf)) if j not in held]
        w = np.array([x * x for x in spread])
        a = s[:, free]
        inner = np.linalg.inv((a.T / w) @ a)
        x = np.zeros(len(leaf))
        x[free] = inner @ (a.T / w) @ np.array(point)
        return x, s @ x, np.sqrt(np.maximum(np.diag(a @ inner @ a.T), 0.0)), float(np.sum((s @ x - point) ** 2 / w))

    def bounded(parent, point, spread):
        leaf, _ = summing(parent)
        best = None
        for size in range(len(leaf) + 1):
            for held in itertools.combinations(range(len(leaf)), size):
                if size == len(leaf):
                    x, full, sd = np.zeros(size), np.zeros(len(parent)), np.zeros(len(parent))
                    cost = float(np.sum((np.array(point) / np.array(spread)) ** 2))
                else:
                    x, full, sd, cost = trace(parent, point, spread, held)
                if min(x) >= 0 and (best is None or cost < best[0]):
                    best = (cost, full, sd)
        return best[1], best[2]

    def case(parent, point, spread, method=1, nonnegative=1, share=()):
        n = len(parent)
        leaf, s = summing(parent)
        sd = spread or [math.sqrt(s[i].sum()) for i in range(n)]
        if method == 1:
            result, deviation = bounded(parent, point, sd) if nonnegative else trace(parent, point, sd)[1:3]
        elif method == 2:
            x = [max(point[i], 0.0) if nonnegative else point[i] for i in leaf]
            v = [0.0 if nonnegative and point[i] < 0 else sd[i] ** 2 for i in leaf]
            result, deviation = s @ x, np.sqrt(s @ v)
        else:
            result, deviation = np.zeros(n), np.zeros(n)
            for i in range(n):
                p = parent[i]
                if p < 0:
                    result[i], deviation[i] = max(point[i], 0.0) if nonnegative else point[i], sd[i]
                    continue
                weight = [share[j] if share else max(point[j], 0.0) for j in range(n) if parent[j] == p]
                own = share[i] if share else max(point[i], 0.0)
                part = own / sum(weight) if sum(weight) > 0 else 1.0 / len(weight)
                result[i], deviation[i] = part * result[p], part * deviation[p]
        out.record("config", [method, nonnegative, n])
        for name, values in (("parent", parent), ("point", point), ("spread", spread), ("share", share)):
            out.record(name, values)
        out.record("result", list(result))
        out.record("deviation", list(deviation))

    r = Random(301)

    def tree(n, power):
        return [-1] + [int(i * r.uniform() ** power) for i in range(1, n)]

    shapes = [[-1], [-1, 0], [-1, 0, 0], [-1, 0, 1, 2, 3], [-1, -1, 0, 0, 1, -1], [-1, 0, 0, 1, 1, 1, 2, 2],
              tree(12, 1), tree(12, 3), tree(15, 0.5)]
    for parent in shapes:
        n = len(parent)
        low = [round(2 + 3 * r.noise(), 3) for _ in range(n)]
        spread = [round(0.2 + 2 * r.uniform(), 3) for _ in range(n)]
        case(parent, low, spread, 1, 0)
        case(parent, low, spread, 1, 1)
        case(parent, low, [], 1, 1)
        case(parent, low, spread, 2, 1)
        case(parent, low, spread, 2, 0)
        case(parent, low, spread, 3, 1)
        case(parent, low, spread, 3, 0, [round(r.uniform(), 3) for _ in range(n)])
    case(shapes[5], [10.0, -3.0, 5.0, -1.0, -2.0, 0.0, 0.0, 0.0], [1.0] * 8, 3, 1, [0.0] * 8)


# ---- rank ---------------------------------------------------------------------------------------------------------

def write_rank():
    out = Writer("rank.txt")
    out.comment("config: decision rate level interval(1) or spread(0); now, next, spread or lower and upper")
    out.comment("z, p, up, down: the shards that count, in order")
    r = Random(401)
    cases = ((1, 3, 0.1, 0), (40, 3, 0.1, 0), (40, 3, 0.3, 1), (60, 2, 0.05, 1), (30, 1, 0.1, 0), (200, 3, 0.2, 0))
    for n, decision, rate, interval in cases:
        now = [round(10 * r.uniform(), 2) for _ in range(n)]
        nxt = [round(a + r.noise() + (4 * r.noise() if r.uniform() < 0.3 else 0), 2) for a in now]
        spread = [round(0.5 + r.uniform(), 2) for _ in range(n)]
        lower = [round(b - r.uniform() - 0.2, 2) for b in nxt]
        upper = [round(b + r.uniform() + 0.2, 2) for b in nxt]
        q = 1.2815515655446004                  # Phi^-1(0.9)
        z = [(b - a) / (s if not interval else ((b - l) if b > a else (u - b)) / q)
             for a, b, s, l, u in zip(now, nxt, spread, lower, upper)]
        p = [math.erfc(abs(x) / math.sqrt(2)) for x in z]
        limit = 1.0 if decision == 1 else rate
        if decision == 3:
            ordered = sorted(p)
            k = max([i + 1 for i in range(n) if ordered[i] <= (i + 1) * rate / n], default=0)
            limit = ordered[k - 1] if k else -1.0
        real = [i for i in range(n) if p[i] <= limit and now[i] != nxt[i]]
        out.record("config", [decision, rate, 0.8, interval])
        out.record("now", now)
        out.record("next", nxt)
        out.record("spread", [] if interval else spread)
        out.record("lower", lower if interval else [])
        out.record("upper", upper if interval else [])
        out.record("z", z)
        out.record("p", p)
        out.record("up", sorted([i for i in real if nxt[i] > now[i]], key=lambda i: (-(nxt[i] - now[i]), i)))
        out.record("down", sorted([i for i in real if nxt[i] < now[i]], key=lambda i: (nxt[i] - now[i], i)))


# ---- calendar -----------------------------------------------------------------------------------------------------

def write_calendar():
    """Every day from 0001-01-01 to 9999-12-31, folded into a sum for each 25 years; single moments in full."""
    out = Writer("calendar.txt")
    out.comment("days: for each 25 years from 0001-01-01 on: hash = hash * 31 + weekday + 7 (first of month)")
    out.comment("  + 14 (last of month) + 28 (month 0..11) + 336 (day of year 0..365) mod 2^31, days in order, hash 0")
    out.comment("  at the start of each")
    out.comment("moment: seconds step offset_minutes; hour weekday month day-of-year days-of-year quarter full-hour")
    hashes, h, start = [], 0, datetime.date(1, 1, 1)
    for ordinal in range(1, datetime.date(9999, 12, 31).toordinal() + 1):
        d = datetime.date.fromordinal(ordinal)
        if d.day == 1 and d.month == 1 and d.year > 1 and (d.year - 1) % 25 == 0:
            hashes.append(h)
            h = 0
        last = d.month == 12 and d.day == 31 or (d + datetime.timedelta(1)).day == 1 if ordinal < 3652059 else True
        yearday = (d - datetime.date(d.year, 1, 1)).days
        h = (h * 31 + d.weekday() + 7 * (d.day == 1) + 14 * last + 28 * (d.month - 1) + 336 * yearday) % (1 << 31)
    hashes.append(h)
    out.record("days", hashes)
    r = Random(501)
    epoch = datetime.datetime(1970, 1, 1)
    for _ in range(400):
        seconds = int((r.uniform() - 0.4) * 1e11)
        if r.uniform() < 0.3:
            seconds -= seconds % 900
        step = (1, 60, 900, 3600, 86400)[int(5 * r.uniform())]
        offset = int(r.uniform() * 2881) - 1440
        d = epoch + datetime.timedelta(seconds=seconds + 60 * offset)
        year = datetime.datetime(d.year, 1, 1)
        into = d.minute * 60 + d.second
        out.record("moment", [seconds, step, offset, d.hour, d.weekday(), d.month - 1, (d - year).days,
                              (datetime.datetime(d.year + 1, 1, 1) - year).days, d.minute // 15,
                              into == 0 or into + step > 3600])


if __name__ == "__main__":
    write_additive()
    write_regressors()
    write_reconcile()
    write_rank()
    write_calendar()
