/* test.h - the test runner: a test program is a main() that RUNs void functions and returns test_end().
 *
 *     static void test_sum(void) { CHECK_INT(1 + 1, 2); }
 *     int main(void) { RUN(test_sum); return test_end(); }
 *
 * Prints a line a failed check and, at the end, "N passed, N failed" (counted in tests). C99, no libraries. */
#ifndef PSC_TEST_H
#define PSC_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int test_checks_failed;      /* in the test that runs now */
static int test_passed, test_failed;

#define CHECK(condition) \
    do { if (!(condition)) test_fail(__FILE__, __LINE__, #condition); } while (0)
#define CHECK_INT(got, want) test_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_NEAR(got, want, tolerance) test_near(__FILE__, __LINE__, #got, (got), (want), (tolerance))
#ifdef PREDSCALE_H
#define CHECK_STATUS(got, want) test_status(__FILE__, __LINE__, #got, (got), (want))
#endif
#define RUN(function) \
    do { \
        test_checks_failed = 0; \
        function(); \
        if (test_checks_failed) { test_failed++; printf("FAILED %s\n", #function); } else test_passed++; \
    } while (0)

static void test_fail(const char *file, int line, const char *what)
{
    if (test_checks_failed++ < 5) printf("%s:%d: %s\n", file, line, what);
}

static inline void test_int(const char *file, int line, const char *what, long long got, long long want)
{
    char text[512];
    if (got == want) return;
    snprintf(text, sizeof text, "%s is %lld, not %lld", what, got, want);
    test_fail(file, line, text);
}

/* A NaN is near nothing. */
static inline void test_near(const char *file, int line, const char *what, double got, double want, double tolerance)
{
    char text[512];
    double d = got > want ? got - want : want - got;
    if (d <= tolerance) return;
    snprintf(text, sizeof text, "%s is %.17g, not %.17g +- %.3g", what, got, want, tolerance);
    test_fail(file, line, text);
}

#ifdef PREDSCALE_H
static inline void test_status(const char *file, int line, const char *what, psc_status got, psc_status want)
{
    char text[512];
    if (got == want) return;
    snprintf(text, sizeof text, "%s is \"%s\", not \"%s\"", what, psc_strerror(got), psc_strerror(want));
    test_fail(file, line, text);
}
#endif

/* splitmix64 (Steele, Lea and Flood 2014), for test data only. */
static inline uint64_t test_random(uint64_t *s)
{
    uint64_t z = (*s += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline double test_uniform(uint64_t *s)
{
    return (double)(test_random(s) >> 11) / 9007199254740992.0;
}

/* 1: long double is finer than double, so it can judge one. Not under valgrind, whatever the type says. */
static inline int test_long_double(void)
{
    volatile long double small = 1.0L;

    small /= 1152921504606846976.0L;            /* 2^60 */
    return 1.0L + small != 1.0L;
}

static inline int test_end(void)
{
    printf("%d passed, %d failed\n", test_passed, test_failed);
    return test_failed != 0;
}

#endif
