#!/usr/bin/python3
"""vectors_gru.py: a second implementation of the recurrent network, from the formulas of its chapter's head. Its
gradients are complex-step derivatives of the loss (Squire and Trapp 1998), exact to rounding and made from the way
forward alone. Writes tests/vectors/gru.txt. Run it at the top of the checkout:
/usr/bin/python3 tests/check/vectors_gru.py"""

import math

import numpy as np

from writer import Random, Writer, series, wave

DELTA, NORM, RIDGE, RECENT, SHARE, ROWS = 0.3, 0.3, 1e-4, 0.4, 0.3, 24


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


class Net:
    def __init__(self, y, periods, units, steps, window, rate, seed, horizon):
        self.y, self.units, self.rate = np.array(y), units, rate
        n = len(y)
        periods = [m for m in periods if m + 1 + ROWS <= n]
        self.base = periods[0] if periods else 1
        self.lags = [(1, 0)]
        for m in periods:
            self.lags += [(1, m + 1), (m - 1, m), (m, 0 if m == self.base else self.base)]
        if not periods:
            self.lags.append((1, 2))
        self.longest = periods[-1] + 1 if periods else 2
        rows = n - self.longest
        stretch = min(window, rows // 2)
        self.steps, self.warm = min(steps, rows), stretch // 4
        self.ahead = min(stretch - self.warm, horizon)
        low, high = min(y), max(y)
        self.low, self.high = low - SHARE * (high - low), high + SHARE * (high - low)
        self.center = np.mean(y)
        self.cuts = 0                           # forecasts that left the range, counted over all derivatives
        self.rms = np.ones(len(self.lags))
        x = np.array([self.look(self.y, t) for t in range(self.longest, n)])
        target = self.y[self.longest:] - self.y[self.longest - self.base:n - self.base]
        self.rms = np.sqrt(np.mean(x * x, axis=0))
        self.spread = math.sqrt(np.mean(target * target))
        x, target = x / self.rms, target / self.spread
        random = Random(seed)
        inputs = len(self.lags)
        size = 1.0 / math.sqrt(inputs + units)
        matrix = [size * (2.0 * random.uniform() - 1.0) for _ in range(3 * units * (inputs + units))]
        gram = x.T @ x
        a = np.linalg.solve(gram + RIDGE * np.trace(gram) / inputs * np.eye(inputs), x.T @ target)
        self.w = np.array(matrix + [1.0] * units + [0.0] * (3 * units) + list(a) + [np.mean(target - x @ a)])
        self.train(random)

    def look(self, y, t):
        return np.array([y[t - i] - (y[t - j] if j else self.center) for i, j in self.lags]) / self.rms

    def forward(self, w, x, h):
        u, rows = self.units, len(self.lags) + self.units + 1
        matrix = w[:3 * u * rows].reshape(rows, 3 * u)
        inner, state, bias = matrix[:len(x)], matrix[len(x):-1], matrix[-1]
        v, a, c = w[3 * u * rows:][:u], w[3 * u * rows + u:-1], w[-1]
        z = logistic(x @ inner[:, :u] + h @ state[:, :u] + bias[:u])
        r = logistic(x @ inner[:, u:2 * u] + h @ state[:, u:2 * u] + bias[u:2 * u])
        q = np.tanh(x @ inner[:, 2 * u:] + (r * h) @ state[:, 2 * u:] + bias[2 * u:])
        h = z * h + (1.0 - z) * q
        return c + a @ x + v @ h, h

    def cut(self, f):
        self.cuts += not self.low <= f.real <= self.high
        return self.low if f.real < self.low else self.high if f.real > self.high else f

    def loss(self, w, start):
        """Of the stretch whose forecasts begin at start."""
        y = self.y[:start + self.ahead].astype(w.dtype)
        h = np.zeros(self.units, w.dtype)
        loss = 0.0
        for t in range(start - self.warm, start + self.ahead):
            output, h = self.forward(w, self.look(y, t), h)
            if t >= start:
                y[t] = self.cut(y[t - self.base] + self.spread * output)
                e = (y[t] - self.y[t]) / self.spread
                loss += DELTA ** 2 * (np.sqrt(1.0 + (e / DELTA) ** 2) - 1.0)
        return loss / self.ahead

    def gradient(self, start):
        g = np.zeros(len(self.w))
        for i in range(len(g)):
            w = self.w.astype(complex)
            w[i] += 1e-30j
            g[i] = self.loss(w, start).imag / 1e-30
        return g

    def train(self, random):
        mean, square = np.zeros(len(self.w)), np.zeros(len(self.w))
        starts = len(self.y) - self.longest - self.warm - self.ahead + 1
        for k in range(1, self.steps + 1):
            age = 1.0 - random.uniform()
            start = math.floor(starts * (1.0 - age * (1.0 - RECENT + RECENT * age)))
            g = self.gradient(self.longest + self.warm + start)
            g *= min(1.0, NORM / np.linalg.norm(g))
            mean = 0.9 * mean + 0.1 * g
            square = 0.999 * square + 0.001 * g * g
            rate = self.rate * (1.0 - (k - 1) / self.steps) ** 2
            self.w = self.w - rate * mean / (1.0 - 0.9 ** k) / (np.sqrt(square / (1.0 - 0.999 ** k)) + 1e-8)

    def path(self, more, h):
        """h steps after the sample and the values that came after it, which may widen the range."""
        low, high = self.low, self.high
        y = np.array(list(self.y) + more)
        state = np.zeros(self.units)
        for t in range(self.longest, len(y)):
            _, state = self.forward(self.w, self.look(y, t), state)
        self.low, self.high = min([low] + more), max([high] + more)
        for t in range(len(y), len(y) + h):
            output, state = self.forward(self.w, self.look(np.append(y, 0.0), t), state)
            y = np.append(y, self.cut(y[t - self.base] + self.spread * output))
        self.low, self.high = low, high
        return y[-h:]

    def parameters(self):
        return list(self.w) + [self.center, self.spread] + list(self.rms)


def main():
    out = Writer("gru.txt")
    out.comment("config: units steps window rate seed horizon; period; value: the sample; parameters;")
    out.comment("point: the path; more: values after the sample; again: the path after them")

    def case(y, periods, more, units, steps, window, rate, seed, horizon):
        net = Net(y, periods, units, steps, window, rate, seed, horizon)
        out.record("config", [units, steps, window, rate, seed, horizon])
        out.record("period", periods)
        out.record("value", y)
        out.record("parameters", net.parameters())
        out.record("point", net.path([], horizon))
        out.record("more", more)
        out.record("again", net.path(more, horizon))
        return net

    y = series(1, 40, lambda t, r: 1.0 + 0.5 * wave(t, 17) + 0.1 * r.noise())
    case(y, [], [1.1, 0.9], 2, 8, 8, 0.01, 1, 6)
    y = series(2, 70, lambda t, r: 2.0 + wave(t, 5) + 0.2 * r.noise())
    case(y, [5], [2.0, 9.0, 1.5], 3, 10, 16, 0.02, 2, 12)         # the base reaches into the path
    y = series(3, 90, lambda t, r: -1.0 + 0.3 * wave(t, 4) + 0.5 * wave(t, 9) + 0.1 * r.noise())
    case(y, [4, 9, 80], [-1.0], 2, 10, 20, 0.005, 3, 30)          # 80 does not fit
    y = series(4, 60, lambda t, r: 0.1 * (t % 2) + 0.1 * (t % 20) + 0.02 * r.noise())
    net = case(y, [2], [4.0, 4.1], 2, 6, 12, 0.3, 4, 25)          # steps so long that forecasts are cut
    assert net.cuts > 20
    case(y, [], [-2.0], 1, 500, 4, 0.01, 5, 5)                    # no more steps than values
    case(y, [], [], 1, 0, 4, 0.01, 5, 5)                          # the linear part alone


if __name__ == "__main__":
    main()
