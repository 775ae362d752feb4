/* Kernels: error against long double, special values, sort, quantile, generator, equations, sizes. */
#define PSC_INTERNAL
#include "predscale.h"
#include "../test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Error of got in units of the last place of the exact value. */
static double ulps(double got, long double exact)
{
    int e;
    long double unit;

    frexpl(exact, &e);
    if (e < -1021) e = -1021;                       /* subnormal: the unit is constant */
    unit = ldexpl(1.0L, e - 53);
    return (double)(fabsl((long double)got - exact) / unit);
}

typedef double (*kernel)(double);
typedef long double (*reference)(long double);

static long double logistic_l(long double x) { return 1.0L / (1.0L + expl(-x)); }
static long double normal_l(long double x) { return 0.5L * erfcl(-x / sqrtl(2.0L)); }

/* Largest error over `count` arguments in low..high, evenly drawn or evenly drawn in the exponent. */
static double largest_error(kernel f, reference g, double low, double high, int exponential, int count, double *at)
{
    uint64_t seed = 1;
    double worst = 0.0;
    int i;

    for (i = 0; i < count; i++) {
        double u = test_uniform(&seed), x = low + u * (high - low), e;
        if (exponential) x = exp(log(low) + u * (log(high) - log(low)));
        e = ulps(f(x), g((long double)x));
        if (e > worst) {
            worst = e;
            *at = x;
        }
    }
    return worst;
}

/* The figures that forecast.c states; a double has 11 bits less than the reference, so it is exact enough. */
static const struct {
    const char *name;
    kernel f;
    reference g;
    double low, high;
    int exponential;
    double bound;
} stated[] = {
    {"exp", psc__exp, expl, -745.0, 709.7, 0, 0.9},
    {"exp", psc__exp, expl, -1.0, 1.0, 0, 0.9},
    {"expm1", psc__expm1, expm1l, -45.0, 45.0, 0, 1.5},
    {"expm1", psc__expm1, expm1l, -2.0, 2.0, 0, 1.5},
    {"expm1", psc__expm1, expm1l, 1e-300, 1.0, 1, 1.5},
    {"log", psc__log, logl, 1e-320, 1e308, 1, 0.9},
    {"log", psc__log, logl, 0.5, 2.0, 0, 0.9},
    {"log1p", psc__log1p, log1pl, -0.999, 1.0, 0, 1.1},
    {"log1p", psc__log1p, log1pl, 1e-300, 1e300, 1, 1.1},
    {"tanh", psc__tanh, tanhl, -25.0, 25.0, 0, 2.0},
    {"tanh", psc__tanh, tanhl, 1e-300, 1.0, 1, 2.0},
    {"logistic", psc__logistic, logistic_l, -740.0, 740.0, 0, 2.2},
    {"logistic", psc__logistic, logistic_l, -3.0, 3.0, 0, 2.2},
    {"normal_cdf", psc__normal_cdf, normal_l, -37.0, 9.0, 0, 8.0},
    {"normal_cdf", psc__normal_cdf, normal_l, -3.0, 3.0, 0, 8.0}
};

static void test_errors(void)
{
    size_t i;

    if (!test_long_double()) {
        printf("skipped: long double is no finer than double here\n");
        return;
    }
    for (i = 0; i < sizeof stated / sizeof stated[0]; i++) {
        double at = 0.0, worst = largest_error(stated[i].f, stated[i].g, stated[i].low, stated[i].high,
                                               stated[i].exponential, 200000, &at);
        if (getenv("VERBOSE"))
            printf("%-12s %8g..%-8g %.3f ulp at %.17g\n", stated[i].name, stated[i].low, stated[i].high, worst, at);
        CHECK(worst <= stated[i].bound);
    }
}

/* 1.0 - x for p above one half is exact (Sterbenz), so the round trip is judged on the lower half, relative to
 * what one unit of p moves x: dx = dp / density, 1e-14 of p in all. */
static void test_normal_quantile(void)
{
    double p;

    for (p = 1e-300; p < 0.5; p *= 1.37) {
        double x = psc__normal_quantile(p), back = psc__normal_cdf(x);
        double slope = fabs(x) + 1.0;               /* d ln p / dx of the lower tail, about |x| */
        CHECK(fabs(back - p) <= p * (1e-14 + 4.0 * slope * fabs(x) * DBL_EPSILON));
        if (p > 1e-10) CHECK_NEAR(psc__normal_quantile(1.0 - p), -psc__normal_quantile(1.0 - (1.0 - p)), 2e-9);
    }
    CHECK_NEAR(psc__normal_quantile(0.975), 1.959963984540054, 1e-14);
    CHECK_NEAR(psc__normal_quantile(0.5), 0.0, 0.0);
}

/* Every kernel gives a number for every argument. */
static void test_total(void)
{
    static const kernel all[] = {psc__exp, psc__expm1, psc__log, psc__log1p, psc__tanh, psc__logistic,
                                 psc__normal_cdf, psc__normal_quantile};
    static const uint64_t bits[] = {
        0, UINT64_C(0x8000000000000000), 1, UINT64_C(0x7fefffffffffffff), UINT64_C(0x7ff0000000000000),
        UINT64_C(0xfff0000000000000), UINT64_C(0x7ff8000000000000), UINT64_C(0xfff8000000000001),
        UINT64_C(0x3ff0000000000000), UINT64_C(0xbff0000000000000), UINT64_C(0xffefffffffffffff),
        UINT64_C(0x000fffffffffffff), UINT64_C(0x800fffffffffffff)
    };
    uint64_t seed = 7;
    size_t i, k;

    for (k = 0; k < sizeof all / sizeof all[0]; k++) {
        for (i = 0; i < 20000; i++) {
            uint64_t u = i < sizeof bits / sizeof bits[0] ? bits[i] : test_random(&seed);
            double x, y;
            memcpy(&x, &u, sizeof x);
            y = all[k](x);
            CHECK(psc__finite(&y));
        }
    }
    CHECK(psc__tanh(NAN) == -1.0 && psc__logistic(NAN) == 0.0 && psc__expm1(NAN) == -1.0 && psc__exp(NAN) == 0.0);
    CHECK(psc__exp(1e9) == DBL_MAX);
    CHECK(psc__exp(-1e9) == 0.0);
    CHECK(psc__exp(0.0) == 1.0);
    CHECK(psc__log(1.0) == 0.0);
    CHECK(psc__tanh(0.0) == 0.0);
    CHECK(psc__logistic(0.0) == 0.5);
    CHECK_NEAR(psc__normal_cdf(0.0), 0.5, DBL_EPSILON / 2);
}

static void test_sort(void)
{
    double x[200];
    uint64_t seed = 3;
    size_t n, i;
    int round;

    for (round = 0; round < 500; round++) {
        n = test_random(&seed) % 200;
        for (i = 0; i < n; i++) x[i] = (double)(test_random(&seed) % 50);
        psc__sort(x, n);
        for (i = 1; i < n; i++) CHECK(x[i - 1] <= x[i]);
    }
}

/* Hyndman and Fan's type 7, by R: quantile(c(1, 2, 4, 8), c(0, .1, .5, .9, 1)) */
static void test_quantile(void)
{
    static const double x[] = {1, 2, 4, 8};

    CHECK_NEAR(psc__quantile(x, 4, 0.0), 1.0, 0.0);
    CHECK_NEAR(psc__quantile(x, 4, 0.1), 1.3, 1e-15);
    CHECK_NEAR(psc__quantile(x, 4, 0.5), 3.0, 0.0);
    CHECK_NEAR(psc__quantile(x, 4, 0.9), 6.8, 1e-14);
    CHECK_NEAR(psc__quantile(x, 4, 1.0), 8.0, 0.0);
    CHECK_NEAR(psc__quantile(x, 1, 0.3), 1.0, 0.0);
}

/* First outputs of splitmix64 for seed 1234567, as its authors' reference program prints them. */
static void test_random_numbers(void)
{
    uint64_t seed = 1234567, i;
    double u;

    CHECK(psc__random(&seed) == UINT64_C(6457827717110365317));
    CHECK(psc__random(&seed) == UINT64_C(3203168211198807973));
    for (i = 0; i < 1000; i++) {
        u = psc__uniform(&seed);
        CHECK(u >= 0.0 && u < 1.0);
    }
}

static void test_solve(void)
{
    double a[9] = {4, 0, 0, 2, 5, 0, 1, 3, 6}, b[3], singular[4] = {1, 0, 2, 4}, c[2] = {1, 2};

    b[0] = 4 * 1 + 2 * -2 + 1 * 3;              /* x = (1, -2, 3) */
    b[1] = 2 * 1 + 5 * -2 + 3 * 3;
    b[2] = 1 * 1 + 3 * -2 + 6 * 3;
    CHECK_INT(psc__solve(a, b, 3, 0.0), 3);
    CHECK_NEAR(b[0], 1.0, 1e-14);
    CHECK_NEAR(b[1], -2.0, 1e-14);
    CHECK_NEAR(b[2], 3.0, 1e-14);
    CHECK_INT(psc__solve(singular, c, 2, 0.0), 1);      /* rows (1 2), (2 4): one variable is dropped */
    CHECK_NEAR(c[0], 1.0, 1e-15);
    CHECK_NEAR(c[1], 0.0, 0.0);
}

static void test_sizes(void)
{
    size_t total = 8;
    double block[2];

    CHECK_INT(psc__grow(&total, 3, 4), 1);
    CHECK_INT(total, 24);
    CHECK_INT(psc__grow(&total, SIZE_MAX / 8 + 1, 8), 0);
    CHECK_INT(psc__grow(&total, SIZE_MAX - 6, 1), 0);
    CHECK_INT(psc__grow(&total, SIZE_MAX / 8 - 1, 8), 0);
    CHECK_INT(total, 24);
    CHECK_STATUS(psc__block(NULL, 8, 8), PSC_ERR_NULL);
    CHECK_STATUS(psc__block((char *)block + 1, 8, 8), PSC_ERR_ALIGN);
    CHECK_STATUS(psc__block(block, 7, 8), PSC_ERR_SPACE);
    CHECK_STATUS(psc__block(block, 8, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc__block(block, 8, 8), PSC_OK);
}

int main(void)
{
    RUN(test_errors);
    RUN(test_normal_quantile);
    RUN(test_total);
    RUN(test_sort);
    RUN(test_quantile);
    RUN(test_random_numbers);
    RUN(test_solve);
    RUN(test_sizes);
    return test_end();
}
