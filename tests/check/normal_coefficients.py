#!/usr/bin/python3
"""Makes the Chebyshev coefficients of psc__normal_cdf in forecast.c (needs python3-mpmath).

g(t) = (1 + x) Q(x) / density(x), x = A (1 + t) / (1 - t), for x in 0..infinity, Q the upper tail of the normal
distribution. The map is that of Shepherd and Laframboise (1981), with A = 4."""
from mpmath import mp, mpf, erfc, exp, sqrt, pi, cos, inf

mp.dps = 60
A, N, NODES = mpf(4), 26, 200

def g(t):
    if t == 1:
        return mpf(1)
    x = A * (1 + t) / (1 - t)
    if x > 1e6:
        return (1 + x) * (1 / x - 1 / x**3)
    return (1 + x) * sqrt(pi / 2) * exp(x * x / 2) * erfc(x / sqrt(mpf(2)))

nodes = [cos(pi * (mpf(k) + mpf(1) / 2) / NODES) for k in range(NODES)]
values = [g(t) for t in nodes]
for j in range(N + 1):
    c = 2 * sum(values[k] * cos(j * pi * (mpf(k) + mpf(1) / 2) / NODES) for k in range(NODES)) / NODES
    print("    %s," % mp.nstr(c, 19))
