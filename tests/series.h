/* series.h - seeded numbers and series that tests try forecasts on. After test.h. */
#ifndef PSC_TEST_SERIES_H
#define PSC_TEST_SERIES_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* About normal, variance 1: the sum of twelve, less six. */
static inline double noise(uint64_t *seed)
{
    double sum = -6.0;
    int i;

    for (i = 0; i < 12; i++) sum += test_uniform(seed);
    return sum;
}

/* A triangle in -1..1. */
static inline double wave(size_t t, size_t period)
{
    return 4.0 * fabs((double)(t % period) / (double)period - 0.5) - 1.0;
}

/* Finite and not outside. */
static inline int all_within(const double *x, size_t n, double low, double high)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!(isfinite(x[i]) && x[i] >= low && x[i] <= high)) return 0;
    return 1;
}

static inline int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rising levels, the most extreme ones at the ends; n >= 5. */
static inline void draw_levels(double *level, size_t n, uint64_t *seed)
{
    size_t i;

    for (i = 0; i < n; i++) level[i] = 1e-12 + 0.999999 * test_uniform(seed);
    level[0] = DBL_MIN;
    level[1] = 1e-9;
    level[2] = 0.5;
    level[3] = 1.0 - 1e-9;
    level[4] = 1.0 - DBL_EPSILON / 2;
    qsort(level, n, sizeof *level, by_value);
}

/* Finite, within the bounds, and for rising levels not falling. */
static inline int distribution_sound(const double *point, const double *quantile, size_t h, size_t levels, double lower,
                                     double upper)
{
    size_t i, j;

    for (i = 0; i < h; i++)
        for (j = 1; j < levels; j++)
            if (quantile[i * levels + j] < quantile[i * levels + j - 1]) return 0;
    return all_within(point, h, lower, upper) && all_within(quantile, h * levels, lower, upper);
}

enum { STRANGE = 25 };

/* Value t of n of a series that is hard on a model, at most 1e15 in size for n <= 200. */
static inline double strange_value(int which, size_t t, size_t n, uint64_t *seed)
{
    const double u = test_uniform(seed), k = (double)t, sign = t % 2 ? 1.0 : -1.0;

    switch (which) {
    case 0: return 0.0;
    case 1: return 0.1;                                     /* its mean is not quite 0.1 */
    case 2: return -1e15;
    case 3: return sign;
    case 4: return 1e15 * sign;
    case 5: return t == n / 2 ? 1e15 : 1.0;
    case 6: return t == n / 2 ? 1e15 : 0.0;
    case 7: return t == 0 ? 1e15 : 0.0;
    case 8: return t + 1 == n ? 1e15 : 4.9406564584124654e-324;
    case 9: return 1e-310 * u;
    case 10: return 1e-300 * (u - 0.5);
    case 11: return t < n / 2 ? 1e-300 : 1e15;
    case 12: return t < n / 2 ? u : 1e15 - u;
    case 13: return t % 7 ? 0.0 : u;
    case 14: return t < n / 4 ? u : 0.0;
    case 15: return 1e15 * (k + 1.0) / (double)n;
    case 16: return k - 3.0;
    case 17: return (double)(t % 5) + 1.0;                  /* a season and nothing else */
    case 18: return u < 0.5 ? 1e15 * u : 1e-15 * u;
    case 19: return ldexp(1.0, (int)(test_random(seed) % 80) - 40);
    case 20: return 1.0 / (1.0 + k * k * k);
    case 21: return 1e8 * k * k * k * sign;
    case 22: return (t % 12 < 6 ? 1.0 : -1.0) * (1.0 + k / 50.0);
    case 23: return 1.0 + 2.220446049250313e-16 * (double)(u < 0.5);
    default: return 100.0 + 10.0 * (double)(t % 12) + 50.0 * u;
    }
}

static inline void strange(int which, double *y, size_t n)
{
    uint64_t seed = (uint64_t)which + 1;
    size_t t;

    for (t = 0; t < n; t++) y[t] = strange_value(which, t, n, &seed);
}

#endif
