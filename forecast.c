/* forecast.c - numbers in, distributions out. Knows no node and no shard.
 *
 * What is here: the kernels of the whole library (functions of one number, samples, random numbers, linear
 * equations, saved words) and what predicts a series of numbers: a tracker of a few hundred bytes that is
 * kept current at each observation, a fitted model with empirical intervals, its backtest, and the ranking
 * of shards by predicted change. What is not: choosing among models, ARIMA, states of the fitted models.
 *
 * The tracker is additive exponential smoothing with a damped trend and one or two seasons [1][2]. It needs no
 * start values: the first cycle is only written down, then its gains fall to their settled values. Its spread is
 * measured, not assumed: forecasts of 1, 2, 4, ..., 64 steps are kept until their time comes, at multiples of
 * their lead only, so that two of them fall due at an observation on average.
 *
 * The forecaster is one linear equation, x[t] = c + sum a_j x[t - lag_j], fitted by least squares with a
 * ridge penalty [3] on logarithms where the values allow it. The lags are the recent ones and those around each
 * season. Iterated h times it gives the path. A seasonal naive forecast is the same equation with one lag and
 * a coefficient of 1, so everything behind the fit (path, intervals, prediction) is written once. The
 * intervals are quantiles of the errors that the same equation made from past origins, step by step [4].
 *
 * [1] Holt 1957, Winters 1960; form and names as in Hyndman and Athanasopoulos, Forecasting, 3rd ed., ch. 8
 * [2] Taylor 2003, Short-term electricity demand forecasting using double seasonal exponential smoothing
 * [3] Hoerl and Kennard 1970, Ridge regression
 * [4] Williams and Goodman 1971, A simple method for the construction of empirical confidence limits
 *
 * Contents, by the texts of the banners:
 *     Bits and memory
 *     Exponential and logarithm
 *     Normal distribution
 *     Samples and random numbers
 *     Linear equations
 *     Saved words
 *     Tracker
 *     Series and transform
 *     Linear model
 *     Intervals
 *     Forecast
 *     Accuracy and backtest
 *     Rank
 */
#ifndef PSC_INTERNAL
#define PSC_INTERNAL
#endif
#include "predscale.h"

#include <float.h>
#include <math.h>
#include <string.h>

#if defined(__FAST_MATH__)
#error "predscale: -ffast-math removes the NaN and order rules the results stand on; compile without it"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1
#error "predscale: doubles must be evaluated as doubles; on x86-32 use -msse2 -mfpmath=sse"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/* ==== Bits and memory =========================================================================== */

#define FC_EXPONENT UINT64_C(0x7ff0000000000000)    /* exponent bits of a double: all set in inf and NaN */
#define FC_MANTISSA UINT64_C(0x000fffffffffffff)

static uint64_t fc_bits(const double *x)
{
    uint64_t u;
    memcpy(&u, x, sizeof u);
    return u;
}

static double fc_double(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

int psc__finite(const double *x)
{
    return (fc_bits(x) & FC_EXPONENT) != FC_EXPONENT;
}

int psc__nan(const double *x)
{
    uint64_t u = fc_bits(x);
    return (u & FC_EXPONENT) == FC_EXPONENT && (u & FC_MANTISSA) != 0;
}

int psc__within(double x, double low, double high)
{
    return psc__finite(&x) && x >= low && x <= high;
}

static double fc_clamp(double x, double low, double high)
{
    if (!(x >= low)) return low;
    return x > high ? high : x;
}

static double fc_max(double a, double b)
{
    return a > b ? a : b;
}

int psc__grow(size_t *total, size_t n, size_t element)
{
    size_t bytes;

    if (n > (SIZE_MAX - 7) / element) return 0;
    bytes = (n * element + 7) & ~(size_t)7;
    if (bytes > SIZE_MAX - *total) return 0;
    *total += bytes;
    return 1;
}

psc_status psc__block(const void *block, size_t bytes, size_t need)
{
    if (!block) return PSC_ERR_NULL;
    if (((uintptr_t)block & 7) != 0) return PSC_ERR_ALIGN;
    if (need == 0) return PSC_ERR_RANGE;
    return bytes < need ? PSC_ERR_SPACE : PSC_OK;
}

/* ==== Exponential and logarithm ================================================================= */

/* Largest error in units of the last place, measured by tests/unit/kernels.c on 200,000 arguments a range against
 * 64-bit long double: exp 0.9, expm1 1.5, log 0.9, log1p 1.1, tanh 2.0, logistic 2.2. An argument outside the domain
 * counts as the nearest one in it, NaN as the lower end; a result beyond the doubles is the largest double or 0. */

#define FC_LN2_HIGH 0.6931471803691238      /* ln 2 to 32 bits: k times it is exact for |k| < 2^21 */
#define FC_LN2_LOW 1.9082149292705877e-10   /* ln 2 - FC_LN2_HIGH                                   */
#define FC_1_LN2 1.4426950408889634         /* 1 / ln 2                                             */
#define FC_EXP_MAX 709.782712893384         /* ln of the largest double                             */
#define FC_EXP_MIN (-745.1332191019411)     /* ln of half the smallest double                       */
#define FC_TINY 4.9406564584124654e-324     /* the smallest double above 0                          */

/* 2^k, k in -1022..1023 */
static double fc_power2(int64_t k)
{
    return fc_double((uint64_t)(k + 1023) << 52);
}

/* x 2^k, k in -1100..1024, rounded once */
static double fc_scale(double x, int64_t k)
{
    if (k > 1023) return x * 2.0 * fc_power2(k - 1);
    if (k < -1021) return x * fc_power2(k + 64) * fc_power2(-64);
    return x * fc_power2(k);
}

/* e^r - 1 with x = k ln 2 + r, |r| <= ln(2) / 2, x in FC_EXP_MIN..FC_EXP_MAX. Taylor's series: the first term
 * left out is below 2^-58 of the sum. */
static double fc_exp_rest(double x, int64_t *k)
{
    static const double inverse_factorial[] = {
        1.6059043836821613e-10, 2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07,
        2.7557319223985893e-06, 2.48015873015873e-05, 1.984126984126984e-04, 1.388888888888889e-03,
        8.333333333333333e-03, 4.1666666666666664e-02, 1.6666666666666666e-01, 0.5
    };                                          /* 1/13!, 1/12!, ..., 1/2! */
    double high, low, r, q = 0.0;
    size_t i;

    *k = (int64_t)(x * FC_1_LN2 + (x < 0.0 ? -0.5 : 0.5));
    high = x - (double)*k * FC_LN2_HIGH;
    low = (double)*k * FC_LN2_LOW;
    r = high - low;
    for (i = 0; i < sizeof inverse_factorial / sizeof inverse_factorial[0]; i++)
        q = q * r + inverse_factorial[i];
    return r + ((high - r) - low + r * r * q);
}

double psc__exp(double x)
{
    int64_t k;
    double p;

    if (!(x > FC_EXP_MIN)) return 0.0;
    if (x > FC_EXP_MAX) return DBL_MAX;
    p = fc_exp_rest(x, &k);
    return fc_scale(1.0 + p, k);
}

double psc__expm1(double x)
{
    int64_t k;
    double p;

    if (!(x > -40.0)) return -1.0;          /* e^-40 is below half a unit in the last place of 1 */
    if (x > 40.0) return psc__exp(x);       /* so is 1 beside e^40 */
    p = fc_exp_rest(x, &k);
    if (k == 0) return p;
    return fc_power2(k) * p + (fc_power2(k) - 1.0);
}

/* k ln 2 + ln(1 + f) + c for 1 + f in sqrt(1/2)..sqrt(2): with s = f / (2 + f),
 * ln(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R), R = 2/3 s^2 + 2/5 s^4 + ... */
static double fc_log_sum(double f, int64_t k, double c)
{
    const double s = f / (2.0 + f), s2 = s * s, half = 0.5 * f * f;
    double r = 0.0;
    int i;

    for (i = 23; i >= 3; i -= 2) r = (r + 2.0 / i) * s2;
    return (double)k * FC_LN2_HIGH + (f - (half - (s * (half + r) + ((double)k * FC_LN2_LOW + c))));
}

/* x > 0 = (1 + f) 2^k with 1 + f in sqrt(1/2)..sqrt(2) */
static double fc_log_split(double x, int64_t *k)
{
    const uint64_t root = UINT64_C(0x3fe6a09e667f3bcd);     /* bits of sqrt(1/2) */
    uint64_t u;

    *k = 0;
    if (x < DBL_MIN) {
        x *= fc_power2(64);
        *k = -64;
    }
    u = fc_bits(&x) - root;
    *k += (int64_t)(u >> 52) - (u >> 63 ? 4096 : 0);
    u = (u & FC_MANTISSA) + root;
    return fc_double(u) - 1.0;
}

double psc__log(double x)
{
    int64_t k;
    double f;

    if (!(x >= FC_TINY)) x = FC_TINY;
    if (x > DBL_MAX) x = DBL_MAX;
    f = fc_log_split(x, &k);
    return fc_log_sum(f, k, 0.0);
}

/* For u = 1 + x as rounded, ln(1 + x) = ln u + (1 + x - u) / u to first order. */
double psc__log1p(double x)
{
    double u, c, f;
    int64_t k;

    if (x > -0.25 && x < 0.4) return fc_log_sum(x, 0, 0.0);
    if (!(x > -1.0)) return psc__log(FC_TINY);
    if (x > 1e17) return psc__log(x);
    u = 1.0 + x;
    c = (x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    f = fc_log_split(u, &k);
    return fc_log_sum(f, k, c);
}

double psc__tanh(double x)
{
    double a = fabs(x), t;

    if (!(a < 22.0)) return x < 0.0 ? -1.0 : 1.0;       /* 1 - tanh(22) is below half a unit of 1 */
    t = psc__expm1(2.0 * a);
    t = a < 0.5 ? t / (t + 2.0) : 1.0 - 2.0 / (t + 2.0);
    return x < 0.0 ? -t : t;
}

double psc__logistic(double x)
{
    double e;

    if (x >= 0.0) return 1.0 / (1.0 + psc__exp(-x));
    e = psc__exp(x);
    return e / (1.0 + e);
}

/* ==== Normal distribution ======================================================================= */

#define FC_1_SQRT_2PI 0.3989422804014327

/* Upper tail for a >= 0 as density(a) / (1 + a) * Chebyshev series in t = (a - 4) / (a + 4) (the map of
 * Shepherd and Laframboise 1981; coefficients by tests/check/normal_coefficients.py). Error below 8 units
 * in the last place (as above) up to a = 37; beyond 38 the tail leaves the doubles. */
static double fc_normal_tail(double a)
{
    static const double c[] = {
        1.1670525350882472055, -0.1610195767134653891, -0.02800282182545297472, 0.03167452189239265886,
        -0.01210323116234536866, 0.002705612976216709515, -0.0002993163620270316593,
        -0.00001716686526879361022, 0.00001017848926410986744, -4.894829570004191772e-7,
        -2.844006500151047843e-7, 3.076628371381150396e-8, 9.180378674469537201e-9, -1.275610221380873622e-9,
        -3.660279376104133827e-10, 4.592635934859520519e-11, 1.718931468764652685e-11,
        -1.272683369870069402e-12, -8.668081913316188435e-13, 1.106155720413674086e-15,
        4.275021077010333383e-14, 3.790937692263904548e-15, -1.847410301059233151e-15,
        -4.041909413070817789e-16
    };
    const double t = (a - 4.0) / (a + 4.0);
    double b0 = 0.0, b1 = 0.0, b2, high;
    size_t i;

    for (i = sizeof c / sizeof c[0] - 1; i > 0; i--) {      /* Clenshaw's recurrence */
        b2 = b1;
        b1 = b0;
        b0 = 2.0 * t * b1 - b2 + c[i];
    }
    /* a^2 in two parts, the first exact, so that exp sees no rounded argument */
    high = (double)(int64_t)(a * 16.0) / 16.0;
    return FC_1_SQRT_2PI * psc__exp(-0.5 * high * high) * psc__exp(-0.5 * (a - high) * (a + high))
           * (t * b0 - b1 + c[0]) / (1.0 + a);
}

double psc__normal_cdf(double x)
{
    double a = fabs(x), q = a < 39.0 ? fc_normal_tail(a) : 0.0;
    return x > 0.0 ? 1.0 - q : q;
}

/* c[0] + c[1] x + ... + c[7] x^7 */
static double fc_poly7(const double *c, double x)
{
    double y = c[7];
    int i;

    for (i = 6; i >= 0; i--) y = y * x + c[i];
    return y;
}

/* Wichura 1988, algorithm AS 241 (PPND16), whose coefficients these are: relative error about 1e-15. */
double psc__normal_quantile(double p)
{
    static const double a[] = {
        3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
        45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727
    }, b[] = {
        1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
        21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610
    }, c[] = {
        1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
        1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4
    }, d[] = {
        1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
        0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9
    }, e[] = {
        6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
        0.0265321895265761230930, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7
    }, f[] = {
        1.0, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15
    };
    double q, r, x;

    p = fc_clamp(p, FC_TINY, 1.0 - DBL_EPSILON / 2.0);
    q = p - 0.5;
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        return q * fc_poly7(a, r) / fc_poly7(b, r);
    }
    r = sqrt(-psc__log(q < 0.0 ? p : 1.0 - p));
    x = r <= 5.0 ? fc_poly7(c, r - 1.6) / fc_poly7(d, r - 1.6) : fc_poly7(e, r - 5.0) / fc_poly7(f, r - 5.0);
    return q < 0.0 ? -x : x;
}

/* ==== Samples and random numbers ================================================================ */

/* Lets x[root] sink in the heap x[0..n). */
static void fc_sink(double *x, size_t root, size_t n)
{
    const double top = x[root];
    size_t child;

    while ((child = 2 * root + 1) < n) {
        if (child + 1 < n && x[child + 1] > x[child]) child++;
        if (!(x[child] > top)) break;
        x[root] = x[child];
        root = child;
    }
    x[root] = top;
}

/* Rising order, in place, n log n in every case (heapsort). x holds no NaN. */
void psc__sort(double *x, size_t n)
{
    size_t i;

    for (i = n / 2; i > 0; i--) fc_sink(x, i - 1, n);
    for (i = n; i > 1; i--) {
        const double top = x[0];
        x[0] = x[i - 1];
        x[i - 1] = top;
        fc_sink(x, 0, i - 1);
    }
}

/* Type 7 of Hyndman and Fan 1996: linear between order statistics. n >= 1, p cut to 0..1. */
double psc__quantile(const double *sorted, size_t n, double p)
{
    const double at = fc_clamp(p, 0.0, 1.0) * (double)(n - 1);
    const size_t i = (size_t)at;

    if (i + 1 >= n) return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* splitmix64, Steele, Lea and Flood 2014: every seed is good, the period is 2^64. */
uint64_t psc__random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* In [0, 1), a multiple of 2^-53. */
double psc__uniform(uint64_t *state)
{
    return (double)(psc__random(state) >> 11) * (1.0 / 9007199254740992.0);
}

/* ==== Linear equations ========================================================================== */

#define FC_PIVOT 1e-12      /* a pivot below this share of its diagonal holds rounding errors only */

/* One column of the Cholesky factor: a[j][j] from what is left of the diagonal, then what lies below it. A column
 * without a usable pivot is cleared: its variable is dropped. */
static int fc_factor_column(double *a, size_t n, size_t j, double diagonal)
{
    double sum = diagonal;
    size_t i, k;

    for (k = 0; k < j; k++) sum -= a[j * n + k] * a[j * n + k];
    if (!(sum > FC_PIVOT * diagonal)) {
        for (i = j; i < n; i++) a[i * n + j] = 0.0;
        return 0;
    }
    a[j * n + j] = sqrt(sum);
    for (i = j + 1; i < n; i++) {
        sum = a[i * n + j];
        for (k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
        a[i * n + j] = sum / a[j * n + j];
    }
    return 1;
}

/* Solves (A + ridge * mean diagonal * I) x = b by Cholesky. A is n x n, its lower triangle by rows, and is lost;
 * b becomes x. A variable that depends on those before it gets 0. Returns the number of variables kept. */
int psc__solve(double *a, double *b, size_t n, double ridge)
{
    double mean = 0.0;
    size_t i, k;
    int kept = 0;

    for (i = 0; i < n; i++) mean += a[i * n + i] / (double)n;
    for (i = 0; i < n; i++) kept += fc_factor_column(a, n, i, a[i * n + i] + ridge * mean);
    for (i = 0; i < n; i++) {                   /* L y = b */
        for (k = 0; k < i; k++) b[i] -= a[i * n + k] * b[k];
        b[i] = a[i * n + i] > 0.0 ? b[i] / a[i * n + i] : 0.0;
    }
    for (i = n; i-- > 0;) {                     /* L' x = y */
        for (k = i + 1; k < n; k++) b[i] -= a[k * n + i] * b[k];
        b[i] = a[i * n + i] > 0.0 ? b[i] / a[i * n + i] : 0.0;
    }
    return kept;
}

/* ==== Saved words =============================================================================== */

uint64_t psc__word(const psc__image *image, size_t i)
{
    const unsigned char *b = image->bytes + 8 * i;

    /* written out, because compilers then make one load of it */
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24
           | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* Two's complement, without a conversion that C leaves to the compiler. */
int64_t psc__integer(const psc__image *image, size_t i)
{
    uint64_t w = psc__word(image, i);
    return w >> 63 ? -(int64_t)(~w) - 1 : (int64_t)w;
}

double psc__real(const psc__image *image, size_t i)
{
    return fc_double(psc__word(image, i));
}

int psc__real_in(const psc__image *image, size_t i, double low, double high)
{
    return psc__within(psc__real(image, i), low, high);
}

void psc__count(int64_t *count)
{
    if (*count < PSC__COUNTS) ++*count;
}

/* 'P' 'S' 'C', the type and the format version in one word. */
uint64_t psc__kind(int32_t type)
{
    return UINT64_C(0x505343) << 40 | (uint64_t)(uint32_t)type << 16 | PSC_FORMAT;
}

psc_status psc__state(const void *state, int32_t type)
{
    if (!state) return PSC_ERR_NULL;
    if (((uintptr_t)state & 7) != 0) return PSC_ERR_ALIGN;
    return ((const psc_state *)state)->kind == psc__kind(type) ? PSC_OK : PSC_ERR_STATE;
}

/* ==== Tracker =================================================================================== */

#define FC_FAR 1e18         /* level, trend, seasons and forecasts are cut here: squares stay finite    */
#define FC_LEADS 7          /* leads 1, 2, 4, ..., 64 whose errors are measured                         */
#define FC_BINS 24          /* of the table of standardised errors                                      */
#define FC_BIN_FULL 256.0   /* a count at which the table is halved: it remembers about 1000 errors     */
#define FC_PRIOR 8.0        /* errors that the assumed spread and shape count as                        */
#define FC_MEMORY 64.0      /* errors that the spread at a lead remembers                               */
#define FC_SLOW 0.02        /* gain of the variance: it remembers about 50 errors                       */
#define FC_CUT 4.0          /* an error beyond so many sigma is cut: one in 16,000 of a normal sample   */
#define FC_CUTS 3           /* so many in a row are no outliers but a new level, and are taken whole    */
#define FC_WARM 10          /* observations, and two cycles, before anything is cut                     */

/* Nothing but 8-byte words; period1 + period2 seasonal terms follow. */
struct psc_tracker {
    psc_state head;
    int64_t period1, period2;           /* 0: none */
    double  alpha, beta, phi, gamma1, gamma2, lower, upper;
    int64_t time, seen;                 /* observations with and without the missing ones */
    int64_t phase1, phase2;             /* time mod period */
    int64_t cuts;                       /* errors cut in a row */
    double  level, trend, variance;     /* variance of the errors of one step */
    double  pending[FC_LEADS];          /* forecast of 2^j steps that falls due next; NaN: none */
    double  spread[FC_LEADS];           /* mean square of its errors */
    int64_t scored[FC_LEADS];           /* how many */
    double  bin[FC_BINS];               /* standardised errors u by v = u / (2 + |u|) in equal bins of -1..1 */
};

#define FC_AT(field) (offsetof(struct psc_tracker, field) / 8)

static double *fc_season1(const psc_tracker *t)
{
    return (double *)(uintptr_t)(t + 1);
}

static double *fc_season2(const psc_tracker *t)
{
    return fc_season1(t) + t->period1;
}

/* A period as stored: 0 where there is none; -1: not valid. */
static int64_t fc_period(int32_t period)
{
    if (period < 0 || period > PSC_MAX_PERIOD) return -1;
    return period == 1 ? 0 : period;
}

static int fc_tracker_periods(int64_t period1, int64_t period2)
{
    return period1 >= 0 && period1 <= PSC_MAX_PERIOD && period1 != 1 && period2 >= 0
           && period2 <= PSC_MAX_PERIOD && period2 != 1 && (period2 == 0 || period2 > period1);
}

static int fc_tracker_gains(const double *gain, double phi)
{
    int i;

    for (i = 0; i < 4; i++)
        if (!psc__within(gain[i], 0.0, 1.0)) return 0;
    return psc__within(phi, 0.0, 0.999);
}

/* NaN: the far end. */
static double fc_bound(double x, double none)
{
    return psc__nan(&x) ? none : x;
}

/* A probability strictly between 0 and 1. */
static int fc_level(double p)
{
    return psc__finite(&p) && p > 0.0 && p < 1.0;
}

static int fc_bounds(double lower, double upper)
{
    const double low = fc_bound(lower, -FC_FAR), high = fc_bound(upper, FC_FAR);
    return psc__within(low, -FC_FAR, FC_FAR) && psc__within(high, low, FC_FAR);
}

void psc_tracker_default(psc_tracker_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->alpha = 0.1;
    config->phi = 0.9;
    config->gamma1 = 0.3;
    config->gamma2 = 0.3;
    config->lower = config->upper = fc_double(FC_EXPONENT | 1);
}

size_t psc_tracker_size(const psc_tracker_config *config)
{
    double gain[4];
    int64_t m1, m2;

    if (!config || config->struct_size != sizeof *config) return 0;
    m1 = fc_period(config->period1);
    m2 = fc_period(config->period2);
    gain[0] = config->alpha;
    gain[1] = config->beta;
    gain[2] = config->gamma1;
    gain[3] = config->gamma2;
    if (!fc_tracker_periods(m1, m2) || !fc_tracker_gains(gain, config->phi)
        || !fc_bounds(config->lower, config->upper))
        return 0;
    return sizeof(psc_tracker) + (size_t)(m1 + m2) * 8;
}

/* Standardised error at an edge of the table; the outermost are set where no error of a sane series is. */
static double fc_bin_edge(int i)
{
    const double v = 2.0 * i / FC_BINS - 1.0;

    if (i <= 0) return -40.0;
    if (i >= FC_BINS) return 40.0;
    return 2.0 * v / (1.0 - fabs(v));
}

psc_status psc_tracker_init(psc_tracker *tracker, size_t bytes, const psc_tracker_config *config)
{
    psc_status status;
    int i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(tracker, bytes, psc_tracker_size(config));
    if (status != PSC_OK) return status;

    memset(tracker, 0, psc_tracker_size(config));
    tracker->head.kind = psc__kind(PSC_TYPE_TRACKER);
    tracker->head.words = psc_tracker_size(config) / 8;
    tracker->period1 = fc_period(config->period1);
    tracker->period2 = fc_period(config->period2);
    tracker->alpha = config->alpha;
    tracker->beta = config->beta;
    tracker->phi = config->phi;
    tracker->gamma1 = config->gamma1;
    tracker->gamma2 = config->gamma2;
    tracker->lower = fc_bound(config->lower, -FC_FAR);
    tracker->upper = fc_bound(config->upper, FC_FAR);
    for (i = 0; i < FC_LEADS; i++) tracker->pending[i] = fc_double(FC_EXPONENT | 1);
    for (i = 0; i < FC_BINS; i++)
        tracker->bin[i] = FC_PRIOR * (psc__normal_cdf(fc_bin_edge(i + 1)) - psc__normal_cdf(fc_bin_edge(i)));
    return PSC_OK;
}

/* Numbers of an image that are sound each by itself. The limits are closed: what starts within stays within. */
static int fc_tracker_numbers(const psc__image *image)
{
    const double square = 4.0 * FC_FAR * FC_FAR;
    double bins = 0.0;
    size_t i;

    for (i = FC_AT(level); i <= FC_AT(trend); i++)
        if (!psc__real_in(image, i, -FC_FAR, FC_FAR)) return 0;
    if (!psc__real_in(image, FC_AT(variance), 0.0, square)) return 0;
    for (i = 0; i < FC_LEADS; i++) {
        const double pending = psc__real(image, FC_AT(pending) + i);
        const int64_t scored = psc__integer(image, FC_AT(scored) + i);
        if (!psc__nan(&pending) && !psc__within(pending, -FC_FAR, FC_FAR)) return 0;
        if (!psc__real_in(image, FC_AT(spread) + i, 0.0, square) || scored < 0 || scored > INT32_MAX) return 0;
    }
    for (i = 0; i < FC_BINS; i++) {
        if (!psc__real_in(image, FC_AT(bin) + i, 0.0, 2.0 * FC_BIN_FULL)) return 0;
        bins += psc__real(image, FC_AT(bin) + i);
    }
    for (i = sizeof(psc_tracker) / 8; i < image->words; i++)
        if (!psc__real_in(image, i, -FC_FAR, FC_FAR)) return 0;
    return bins > FC_PRIOR / 2.0;
}

int psc__tracker_valid(const psc__image *image)
{
    int64_t m1, m2, time, seen, cuts;
    double gain[4], low, high;

    if (image->words < sizeof(psc_tracker) / 8) return 0;
    m1 = psc__integer(image, FC_AT(period1));
    m2 = psc__integer(image, FC_AT(period2));
    if (!fc_tracker_periods(m1, m2) || image->words != sizeof(psc_tracker) / 8 + (size_t)(m1 + m2)) return 0;
    gain[0] = psc__real(image, FC_AT(alpha));
    gain[1] = psc__real(image, FC_AT(beta));
    gain[2] = psc__real(image, FC_AT(gamma1));
    gain[3] = psc__real(image, FC_AT(gamma2));
    low = psc__real(image, FC_AT(lower));
    high = psc__real(image, FC_AT(upper));
    if (!fc_tracker_gains(gain, psc__real(image, FC_AT(phi)))) return 0;
    if (!psc__within(low, -FC_FAR, FC_FAR) || !psc__within(high, low, FC_FAR)) return 0;
    time = psc__integer(image, FC_AT(time));
    seen = psc__integer(image, FC_AT(seen));
    cuts = psc__integer(image, FC_AT(cuts));
    if (time < 0 || time > PSC__COUNTS || seen < 0 || seen > time || cuts < 0 || cuts > FC_CUTS) return 0;
    if (psc__integer(image, FC_AT(phase1)) < 0 || psc__integer(image, FC_AT(phase1)) >= m1 + !m1) return 0;
    if (psc__integer(image, FC_AT(phase2)) < 0 || psc__integer(image, FC_AT(phase2)) >= m2 + !m2) return 0;
    return fc_tracker_numbers(image);
}

/* A tracker whose indices can be followed. */
static psc_status fc_tracker(const psc_tracker *t)
{
    psc_status status = psc__state(t, PSC_TYPE_TRACKER);

    if (status != PSC_OK) return status;
    if (!fc_tracker_periods(t->period1, t->period2)
        || t->head.words != sizeof(psc_tracker) / 8 + (uint64_t)(t->period1 + t->period2)
        || t->phase1 < 0 || t->phase1 >= t->period1 + !t->period1
        || t->phase2 < 0 || t->phase2 >= t->period2 + !t->period2 || t->time < 0)
        return PSC_ERR_STATE;
    return PSC_OK;
}

static psc_status fc_value(double y)
{
    if (psc__nan(&y)) return PSC_OK;
    if (!psc__finite(&y)) return PSC_ERR_NONFINITE;
    return fabs(y) <= PSC_MAX_VALUE ? PSC_OK : PSC_ERR_RANGE;
}

/* Forecast of h steps, given phi + phi^2 + ... + phi^h. */
static double fc_tracker_ahead(const psc_tracker *t, size_t h, double trend_sum)
{
    double y = t->level + trend_sum * t->trend;

    if (t->period1 && t->time >= t->period1)
        y += fc_season1(t)[((uint64_t)t->phase1 + h - 1) % (uint64_t)t->period1];
    if (t->period2) y += fc_season2(t)[((uint64_t)t->phase2 + h - 1) % (uint64_t)t->period2];
    return fc_clamp(y, -FC_FAR, FC_FAR);
}

static void fc_count_error(double *bin, double u)
{
    const double v = u / (2.0 + fabs(u)), place = fc_clamp((v + 1.0) * (FC_BINS / 2), 0.0, FC_BINS - 1.0);
    const int at = (int)place;
    int i;

    bin[at] += 1.0;
    if (bin[at] < FC_BIN_FULL) return;
    for (i = 0; i < FC_BINS; i++) bin[i] *= 0.5;
}

/* The error that may teach: cut unless the level has plainly moved. */
static double fc_tracker_cut(psc_tracker *t, double e)
{
    const double limit = FC_CUT * sqrt(t->variance);

    if (t->seen < FC_WARM || t->seen < 2 * t->period1 || fabs(e) <= limit || t->cuts >= FC_CUTS) {
        t->cuts = fabs(e) <= limit ? 0 : t->cuts;
        return e;
    }
    t->cuts++;
    return fc_clamp(e, -limit, limit);
}

static void fc_season_learn(double *s, double change)
{
    *s = fc_clamp(*s + change, -FC_FAR, FC_FAR);
}

/* In the first cycle of the first season: the level is the running mean, the season holds the values themselves. */
static void fc_tracker_begin(psc_tracker *t, double y)
{
    if (!psc__nan(&y)) {
        psc__count(&t->seen);
        t->variance += ((y - t->level) * (y - t->level) - t->variance) / (double)t->seen;
        t->level += (y - t->level) / (double)t->seen;
    }
    fc_season1(t)[t->phase1] = psc__nan(&y) ? t->level : y;
}

/* At its end: the season becomes what the values have over the level. */
static void fc_tracker_center(psc_tracker *t)
{
    int64_t i;

    for (i = 0; i < t->period1; i++) fc_season_learn(&fc_season1(t)[i], -t->level);
}

static void fc_tracker_learn(psc_tracker *t, double y)
{
    const double error = y - fc_tracker_ahead(t, 1, t->phi);
    const double e = t->seen ? fc_tracker_cut(t, error) : y;
    const double a = fc_max(t->alpha, 1.0 / (double)(t->seen + 1));
    const double g1 = t->period1 ? fc_max(t->gamma1, 1.0 / (double)(t->time / t->period1 + 1)) : 0.0;
    const double g2 = t->period2 ? fc_max(t->gamma2, 1.0 / (double)(t->time / t->period2 + 2)) : 0.0;
    const double after = (double)(t->seen - t->period1);        /* observations since the first cycle, about */

    if (t->seen > 0) {
        if (t->variance > 0.0) fc_count_error(t->bin, error / sqrt(t->variance));
        t->variance += fc_max(FC_SLOW, after > 1.0 ? 1.0 / after : 1.0) * (e * e - t->variance);
    }
    t->level = fc_clamp(t->level + t->phi * t->trend + a * e, -FC_FAR, FC_FAR);
    t->trend = t->seen ? fc_clamp(t->phi * t->trend + a * t->beta * e, -FC_FAR, FC_FAR) : 0.0;
    if (t->period1) fc_season_learn(&fc_season1(t)[t->phase1], g1 * (1.0 - a) * e);
    if (t->period2) fc_season_learn(&fc_season2(t)[t->phase2], g2 * (1.0 - a) * (1.0 - g1) * e);
    psc__count(&t->seen);
}

/* Forecasts of 2^j steps that are due now are held against y and made anew. Of lead 2^j there is one at a time,
 * made where time is a multiple of 2^j. */
static void fc_tracker_leads(psc_tracker *t, double y, uint64_t time)
{
    double sum = t->phi, power = t->phi;
    int j;

    for (j = 0; j < FC_LEADS && time % (UINT64_C(1) << j) == 0; j++) {
        if (!psc__nan(&t->pending[j]) && !psc__nan(&y)) {
            const double e = y - t->pending[j];
            const double limit = 25.0 * fc_max(t->spread[j], t->variance);     /* (5 sigma)^2 */
            const double square = limit > 0.0 && e * e > limit ? limit : e * e;
            if (t->scored[j] < INT32_MAX) t->scored[j]++;
            t->spread[j] += fc_max(1.0 / (double)t->scored[j], 1.0 / FC_MEMORY) * (square - t->spread[j]);
        }
        if (t->seen > 0) t->pending[j] = fc_tracker_ahead(t, (size_t)1 << j, sum);
        sum *= 1.0 + power;
        power *= power;
    }
}

static void fc_tracker_take(psc_tracker *t, double y)
{
    const int64_t time = t->time;

    if (time < t->period1) fc_tracker_begin(t, y);
    else if (!psc__nan(&y)) fc_tracker_learn(t, y);
    if (t->period1 && ++t->phase1 == t->period1) t->phase1 = 0;
    if (t->period2 && ++t->phase2 == t->period2) t->phase2 = 0;
    psc__count(&t->time);
    if (t->time == t->period1) fc_tracker_center(t);
    if (t->time > t->period1) fc_tracker_leads(t, y, (uint64_t)time);
}

psc_status psc_tracker_observe(psc_tracker *tracker, double y)
{
    psc_status status = fc_tracker(tracker);

    if (status == PSC_OK) status = fc_value(y);
    if (status == PSC_OK) fc_tracker_take(tracker, y);
    return status;
}

/* Mean square error to be expected at lead 2^j: what was measured, and FC_PRIOR errors of what simple smoothing
 * with gain alpha has (Hyndman et al. 2008, table 6.2: sigma^2 (1 + (h-1) alpha^2)). */
static double fc_lead_variance(const psc_tracker *t, int j)
{
    const double n = (double)t->scored[j];
    const double assumed = t->variance * (1.0 + ((double)((uint64_t)1 << j) - 1.0) * t->alpha * t->alpha);
    return (n * t->spread[j] + FC_PRIOR * assumed) / (n + FC_PRIOR);
}

/* At any lead: linear between the measured ones, beyond the last with the assumed slope. */
static double fc_tracker_variance(const psc_tracker *t, size_t h)
{
    double near_, far_, share;
    int j = 0;

    if (t->seen < 2) return 0.0;
    while (j + 1 < FC_LEADS && ((size_t)2 << j) <= h) j++;
    near_ = fc_lead_variance(t, j);
    share = (double)h / (double)((size_t)1 << j) - 1.0;
    if (j + 1 == FC_LEADS)
        return near_ + t->variance * (double)(h - ((size_t)1 << j)) * t->alpha * t->alpha;
    far_ = fc_lead_variance(t, j + 1);
    return near_ + share * (far_ - near_);
}

/* Quantile of the table of standardised errors: linear within a bin. The bin that the loop ends at is not empty, since
 * the same sum in the same order is above want there. */
static double fc_shape_quantile(const double *bin, double p)
{
    double total = 0.0, below = 0.0, low, want;
    int i;

    for (i = 0; i < FC_BINS; i++) total += bin[i];
    want = p * total;
    for (i = 0; i < FC_BINS - 1 && below + bin[i] < want; i++) below += bin[i];
    low = fc_bin_edge(i);
    return low + fc_clamp((want - below) / bin[i], 0.0, 1.0) * (fc_bin_edge(i + 1) - low);
}

/* The arguments that every prediction checks. */
static psc_status fc_levels(size_t h, size_t longest, const double *level, size_t levels)
{
    size_t i;

    if (h < 1 || h > longest) return PSC_ERR_RANGE;
    if (levels > 0 && !level) return PSC_ERR_NULL;
    for (i = 0; i < levels; i++)
        if (!fc_level(level[i])) return PSC_ERR_RANGE;
    return PSC_OK;
}

psc_status psc_tracker_predict(const psc_tracker *tracker, size_t h, const double *level, size_t levels,
                               double *point, double *quantile)
{
    psc_status status = fc_tracker(tracker);
    double sum = 0.0, power = 1.0;
    size_t i, j;

    if (status == PSC_OK) status = fc_levels(h, PSC_MAX_HORIZON, level, levels);
    if (status != PSC_OK) return status;
    for (i = 0; i < h; i++) {
        double y, sigma;
        power *= tracker->phi;
        sum += power;
        y = fc_tracker_ahead(tracker, i + 1, sum);
        sigma = sqrt(fc_tracker_variance(tracker, i + 1));
        if (point) point[i] = fc_clamp(y, tracker->lower, tracker->upper);
        for (j = 0; quantile && j < levels; j++)
            quantile[i * levels + j] = fc_clamp(y + sigma * fc_shape_quantile(tracker->bin, level[j]),
                                                tracker->lower, tracker->upper);
    }
    return PSC_OK;
}

/* The i-th of many trackers that lie one after another. */
static psc_tracker *fc_tracker_at(const void *block, size_t i)
{
    return (psc_tracker *)((uintptr_t)block + i * (size_t)((const psc_state *)block)->words * 8);
}

static psc_status fc_trackers(const void *block, size_t count)
{
    psc_status status = fc_tracker((const psc_tracker *)block);
    size_t i;

    for (i = 1; i < count && status == PSC_OK; i++) {
        status = fc_tracker(fc_tracker_at(block, i));
        if (status == PSC_OK && fc_tracker_at(block, i)->head.words != ((const psc_state *)block)->words)
            status = PSC_ERR_STATE;
    }
    return status;
}

psc_status psc_trackers_observe(void *block, size_t count, const double *y)
{
    psc_status status;
    size_t i;

    if (count == 0) return PSC_OK;
    if (!block || !y) return PSC_ERR_NULL;
    status = fc_trackers(block, count);
    for (i = 0; i < count && status == PSC_OK; i++) status = fc_value(y[i]);
    if (status != PSC_OK) return status;
    for (i = 0; i < count; i++) fc_tracker_take(fc_tracker_at(block, i), y[i]);
    return PSC_OK;
}

psc_status psc_trackers_predict(const void *block, size_t count, size_t h, double level, double *out)
{
    psc_status status = fc_levels(h, PSC_MAX_HORIZON, &level, 1);
    double sum = 0.0, power = 1.0;
    size_t i;

    if (status != PSC_OK || count == 0) return status;
    if (!block || !out) return PSC_ERR_NULL;
    status = fc_trackers(block, count);
    if (status != PSC_OK) return status;
    for (i = 0; i < count; i++) {
        const psc_tracker *t = fc_tracker_at(block, i);
        size_t k;
        for (sum = 0.0, power = 1.0, k = 0; k < h; k++) sum += power *= t->phi;
        out[i] = fc_clamp(fc_tracker_ahead(t, h, sum)
                              + sqrt(fc_tracker_variance(t, h)) * fc_shape_quantile(t->bin, level),
                          t->lower, t->upper);
    }
    return PSC_OK;
}

/* ==== Series and transform ====================================================================== */

#define FC_GRID 33          /* quantiles a step, evenly spaced in the normal score z                    */
#define FC_GRID_END 2.8     /* from -2.8 to 2.8, levels 0.0026 to 0.9974                                */
#define FC_EXP_RANGE 700.0  /* logarithms are cut here: their exponentials are doubles                  */

void psc_series_default(psc_series *series)
{
    if (!series) return;
    memset(series, 0, sizeof *series);
    series->struct_size = (uint32_t)sizeof *series;
    series->lower = series->upper = fc_double(FC_EXPONENT | 1);
}

void psc_forecast_default(psc_forecast_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->model = PSC_MODEL_AR;
    config->horizon = 24;
    config->lags = 3;
    config->origins = 300;
    config->ridge = 1e-4;
    config->clip = 0.3;
}

static psc_status fc_series_check(const psc_series *s)
{
    int i;

    if (!s) return PSC_ERR_NULL;
    if (s->struct_size != sizeof *s) return PSC_ERR_VERSION;
    if (s->periods < 0 || s->periods > PSC_MAX_PERIODS || s->n < 1 || s->n > (size_t)1 << 31) return PSC_ERR_RANGE;
    if (!s->value || (s->periods > 0 && !s->period)) return PSC_ERR_NULL;
    for (i = 0; i < s->periods; i++)
        if (s->period[i] < 1 || s->period[i] > PSC_MAX_PERIOD) return PSC_ERR_RANGE;
    return fc_bounds(s->lower, s->upper) ? PSC_OK : PSC_ERR_RANGE;
}

static psc_status fc_config_check(const psc_forecast_config *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->model != PSC_MODEL_AR && c->model != PSC_MODEL_SEASONAL_NAIVE) return PSC_ERR_RANGE;
    if (c->horizon < 1 || c->horizon > PSC_MAX_HORIZON || c->lags < 1 || c->lags > PSC_MAX_LAGS) return PSC_ERR_RANGE;
    if (c->transform < PSC_TRANSFORM_AUTO || c->transform > PSC_TRANSFORM_LOG) return PSC_ERR_RANGE;
    if (c->window < 0 || c->window == 1 || c->origins < 2 || c->origins > 10000) return PSC_ERR_RANGE;
    return psc__within(c->ridge, 1e-12, 1.0) && psc__within(c->clip, 0.0, 10.0) ? PSC_OK : PSC_ERR_RANGE;
}

/* Status of the values, how many are there, and whether all are above 0. */
static psc_status fc_values(const double *value, size_t n, size_t *present, int *positive)
{
    psc_status status = PSC_OK;
    size_t i;

    *present = 0;
    *positive = 1;
    for (i = 0; i < n && status == PSC_OK; i++) {
        status = fc_value(value[i]);
        if (psc__nan(&value[i])) continue;
        ++*present;
        if (!(value[i] > 0.0)) *positive = 0;
    }
    return status == PSC_OK && *present == 0 ? PSC_ERR_EMPTY : status;
}

/* Fills one gap from a period back (filled before), a period ahead, or the last value before it. */
static double fc_fill(const double *x, const double *value, size_t n, size_t t, size_t m, double first)
{
    if (m > 0 && t >= m) return x[t - m];
    if (m > 0 && t + m < n && !psc__nan(&value[t + m])) return value[t + m];
    return t > 0 ? x[t - 1] : first;
}

/* x[0..n) = the values with their gaps filled, then transformed. m: first period that fits, or 0. */
static void fc_prepare(double *x, const double *value, size_t n, size_t m, int take_log)
{
    double first = 0.0;
    size_t t;

    for (t = n; t-- > 0;)
        if (!psc__nan(&value[t])) first = value[t];
    for (t = 0; t < n; t++) x[t] = psc__nan(&value[t]) ? fc_fill(x, value, n, t, m, first) : value[t];
    for (t = 0; take_log && t < n; t++) x[t] = psc__log(x[t]);
}

/* ==== Linear model ============================================================================== */

/* x[t] = center + intercept + sum a[j] (x[t - lag[j]] - center), cut to center + low..high. The head of the fitted
 * block; path[horizon] and grid[horizon * FC_GRID] follow it, and are all that a prediction needs. */
struct psc_forecast {
    uint64_t mark;
    int64_t  terms, longest, horizon, take_log;
    double   center, intercept, low, high, lower, upper;
};

#define FC_FIT_MARK UINT64_C(0x5053434649540001)    /* 'PSCFIT' and a version */

/* One fit: what it is given and where everything lies in its block. */
typedef struct fc_job {
    const psc_series *series;
    const psc_forecast_config *config;
    const double *value;            /* the window of the series that is looked at, [n] */
    size_t n, terms_most, total;    /* total: bytes of the block */
    psc_forecast *fit;
    double *path, *grid;            /* kept: [horizon], [horizon * FC_GRID] */
    double *coefficient, *x;        /* [terms_most], [n] transformed and centred */
    double *gram, *error;           /* [terms_most^2], [horizon * origins] */
    int64_t *lag, *count;           /* [terms_most], [horizon] errors of each step */
} fc_job;

/* Lays the block out: sizes only if block is NULL. The kept parts come first. */
static int fc_lay(fc_job *job, void *block)
{
    const size_t h = (size_t)job->config->horizon, origins = (size_t)job->config->origins;
    const size_t p = (size_t)job->config->lags + 3 * (size_t)job->series->periods;
    const size_t size[8] = {h, h * FC_GRID, p, p, job->n, p * p, h * origins, h};
    size_t at[8], i;

    job->terms_most = p;
    job->total = sizeof(psc_forecast);
    for (i = 0; i < 8; i++) {
        at[i] = job->total;
        if (!psc__grow(&job->total, size[i], 8)) return 0;
    }
    if (!block) return 1;
    job->fit = (psc_forecast *)block;
    job->path = (double *)((uintptr_t)block + at[0]);
    job->grid = (double *)((uintptr_t)block + at[1]);
    job->coefficient = (double *)((uintptr_t)block + at[2]);
    job->lag = (int64_t *)((uintptr_t)block + at[3]);
    job->x = (double *)((uintptr_t)block + at[4]);
    job->gram = (double *)((uintptr_t)block + at[5]);
    job->error = (double *)((uintptr_t)block + at[6]);
    job->count = (int64_t *)((uintptr_t)block + at[7]);
    return 1;
}

/* Checks the arguments of a fit and measures its block. */
static psc_status fc_job_open(fc_job *job, const psc_series *series, const psc_forecast_config *config)
{
    psc_status status = fc_series_check(series);

    if (status == PSC_OK) status = fc_config_check(config);
    if (status != PSC_OK) return status;
    memset(job, 0, sizeof *job);
    job->series = series;
    job->config = config;
    job->n = config->window > 0 && (size_t)config->window < series->n ? (size_t)config->window : series->n;
    job->value = series->value + (series->n - job->n);
    return fc_lay(job, NULL) ? PSC_OK : PSC_ERR_RANGE;
}

/* A season must be seen once and a half. */
static int fc_season_fits(int32_t period, size_t n)
{
    return period > 1 && (size_t)period + 1 <= n - n / 3;
}

static void fc_lag_add(fc_job *job, int64_t k)
{
    int64_t i;

    for (i = 0; i < job->fit->terms; i++)
        if (job->lag[i] == k) return;
    job->lag[job->fit->terms++] = k;
    if (k > job->fit->longest) job->fit->longest = k;
}

static void fc_lags_ar(fc_job *job, int32_t *note)
{
    const psc_series *s = job->series;
    int i, k;

    for (i = 1; i <= job->config->lags; i++) fc_lag_add(job, i);
    for (i = 0; i < s->periods; i++) {
        if (s->period[i] > 1 && !fc_season_fits(s->period[i], job->n)) *note |= PSC_NOTE_SEASON_DROPPED;
        if (!fc_season_fits(s->period[i], job->n)) continue;
        for (k = -1; k <= 1; k++) fc_lag_add(job, s->period[i] + k);
    }
}

/* The normal equations of the rows whose value is there: lower triangle of gram, right side in coefficient. Values are
 * centred, so the intercept needs no column: it is what the mean residual leaves. Returns the number of rows. */
static size_t fc_normal_equations(fc_job *job)
{
    const size_t p = (size_t)job->fit->terms;
    size_t t, i, j, rows = 0;

    memset(job->gram, 0, p * p * sizeof *job->gram);
    memset(job->coefficient, 0, p * sizeof *job->coefficient);
    for (t = (size_t)job->fit->longest; t < job->n; t++) {
        const double *now = job->x + t;
        if (psc__nan(&job->value[t])) continue;
        rows++;
        for (i = 0; i < p; i++) {
            const double xi = *(now - job->lag[i]);
            job->coefficient[i] += xi * *now;
            for (j = 0; j <= i; j++) job->gram[i * p + j] += xi * *(now - job->lag[j]);
        }
    }
    return rows;
}

/* Step k of a path that starts after start[-1]: lags reach into the path, then into the history. */
static double fc_step(const fc_job *job, const double *start, const double *path, int64_t k)
{
    double y = job->fit->intercept;
    int64_t i;

    for (i = 0; i < job->fit->terms; i++) {
        const int64_t at = k - job->lag[i];
        y += job->coefficient[i] * (at >= 0 ? path[at] : start[at]);
    }
    return fc_clamp(y, job->fit->low, job->fit->high);
}

/* Mean and root mean square of the residuals of one step. */
static double fc_residuals(const fc_job *job, double *mean)
{
    double sum = 0.0, square = 0.0;
    size_t t, rows = 0;

    for (t = (size_t)job->fit->longest; t < job->n; t++) {
        double e;
        if (psc__nan(&job->value[t])) continue;
        e = job->x[t] - fc_step(job, job->x + t, job->path, 0);
        sum += e;
        square += e * e;
        rows++;
    }
    *mean = rows ? sum / (double)rows : 0.0;
    return rows ? sqrt(square / (double)rows) : 0.0;
}

/* Too few rows give 0. Otherwise the coefficients and the intercept are set. */
static int fc_fit_ar(fc_job *job, int32_t *note)
{
    psc_forecast *f = job->fit;
    double mean;

    fc_lags_ar(job, note);
    if ((size_t)f->longest >= job->n || fc_normal_equations(job) < 2 * (size_t)f->terms) return 0;
    psc__solve(job->gram, job->coefficient, (size_t)f->terms, job->config->ridge);
    (void)fc_residuals(job, &mean);
    f->intercept = mean;
    return 1;
}

/* One lag, the first period, with a coefficient of 1; the last value if the history is not longer. */
static void fc_fit_naive(fc_job *job, int32_t *note)
{
    const psc_series *s = job->series;
    psc_forecast *f = job->fit;

    f->terms = f->longest = job->lag[0] = 1;
    job->coefficient[0] = 1.0;
    if (s->periods == 0) return;
    if ((size_t)s->period[0] < job->n) f->longest = job->lag[0] = s->period[0];
    else *note |= PSC_NOTE_SEASON_DROPPED;
}

/* ==== Intervals ================================================================================= */

/* The errors of each step from past origins, error[k * origins + i]. Returns the number of origins. */
static int64_t fc_origin_errors(fc_job *job)
{
    const int64_t most = job->config->origins, n = (int64_t)job->n, horizon = job->fit->horizon;
    const int64_t room = n > job->fit->longest ? n - job->fit->longest : 0, used = room < most ? room : most;
    int64_t i, k;

    memset(job->count, 0, (size_t)horizon * sizeof *job->count);
    for (i = 0; i < used; i++) {
        const int64_t origin = job->fit->longest + i * room / used;
        for (k = 0; k < horizon && origin + k < n; k++) {
            job->path[k] = fc_step(job, job->x + origin, job->path, k);
            if (psc__nan(&job->value[origin + k])) continue;
            job->error[k * most + job->count[k]++] = job->x[origin + k] - job->path[k];
        }
    }
    for (k = 0; k < horizon; k++) psc__sort(job->error + k * most, (size_t)job->count[k]);
    return used;
}

#define FC_ERRORS_LEAST 8   /* fewer errors say nothing of a tail: the last step that had enough is widened */

#define FC_WIDEN 1.05       /* the equation was fitted to the values it is judged on: with this, 95 % intervals held
                               93.7 to 95.3 % on M4 Hourly, Weekly and the load series of the development half */

/* Normal score of the i-th quantile of a grid row. */
static double fc_grid_score(int i)
{
    return FC_GRID_END * (2.0 * i / (FC_GRID - 1) - 1.0);
}

/* The i-th quantile of the errors of step k: mean over the steps k-2..k+2 that have enough errors. */
static double fc_error_quantile(const fc_job *job, int64_t k, double level)
{
    double sum = 0.0;
    int64_t j;
    int columns = 0;

    for (j = k - 2; j <= k + 2; j++) {
        if (j < 0 || j >= job->fit->horizon || job->count[j] < FC_ERRORS_LEAST) continue;
        sum += psc__quantile(job->error + j * job->config->origins, (size_t)job->count[j], level);
        columns++;
    }
    return sum / columns;
}

/* Table of the quantiles of each step's errors; 0 if no step had errors enough. */
static int fc_grid_fill(fc_job *job, double widen, double sigma)
{
    double level[FC_GRID];
    int64_t k, good = -1;
    int i;

    for (i = 0; i < FC_GRID; i++) level[i] = psc__normal_cdf(fc_grid_score(i));
    for (k = 0; k < job->fit->horizon; k++) {
        const double *last = job->grid + (good < 0 ? 0 : good) * FC_GRID;
        double *row = job->grid + k * FC_GRID;
        const int enough = job->count[k] >= FC_ERRORS_LEAST;
        for (i = 0; i < FC_GRID; i++) {
            if (enough)
                row[i] = FC_WIDEN * widen * fc_error_quantile(job, k, level[i]);
            else if (good >= 0)
                row[i] = sqrt((double)(k + 1) / (double)(good + 1)) * last[i];
            else
                row[i] = fc_grid_score(i) * sigma * sqrt((double)(k + 1));
        }
        if (enough) good = k;
    }
    return good >= 0;
}

/* Error at normal score z: linear in z, and on beyond the ends of the row. */
static double fc_grid_at(const double *row, double z)
{
    const double at = fc_clamp((z / FC_GRID_END + 1.0) * ((FC_GRID - 1) / 2.0), -1.0 * FC_GRID, 2.0 * FC_GRID);
    const double place = fc_clamp(at, 0.0, FC_GRID - 2.0);
    const int i = (int)place;
    return row[i] + (at - i) * (row[i + 1] - row[i]);
}

/* ==== Forecast ================================================================================== */

size_t psc_forecast_size(const psc_series *series, const psc_forecast_config *config)
{
    fc_job job;
    return fc_job_open(&job, series, config) == PSC_OK ? job.total : 0;
}

/* The values into x: filled, transformed, centred. Sets the range that a path may not leave. */
static void fc_load(fc_job *job)
{
    psc_forecast *f = job->fit;
    double sum = 0.0, low, high, width;
    size_t t, season = 0;
    int i;

    for (i = job->series->periods - 1; i >= 0; i--)
        if (fc_season_fits(job->series->period[i], job->n)) season = (size_t)job->series->period[i];
    fc_prepare(job->x, job->value, job->n, season, f->take_log != 0);
    low = high = job->x[0];
    for (t = 0; t < job->n; t++) {
        sum += job->x[t];
        if (job->x[t] < low) low = job->x[t];
        if (job->x[t] > high) high = job->x[t];
    }
    f->center = sum / (double)job->n;
    width = high - low;
    f->low = low - job->config->clip * width - f->center;
    f->high = high + job->config->clip * width - f->center;
    for (t = 0; t < job->n; t++) job->x[t] -= f->center;
}

/* Fits, measures, and leaves the path and the grid; the values are in x. */
static void fc_fit(fc_job *job, psc_forecast_info *done)
{
    psc_forecast *f = job->fit;
    double mean;
    int64_t k;

    done->model = job->config->model;
    if (done->model == PSC_MODEL_AR && !fc_fit_ar(job, &done->note)) {
        done->model = PSC_MODEL_SEASONAL_NAIVE;
        done->note |= PSC_NOTE_SHORT;
    }
    if (done->model == PSC_MODEL_SEASONAL_NAIVE) fc_fit_naive(job, &done->note);
    done->terms = (int32_t)f->terms;
    done->sigma = fc_residuals(job, &mean);
    done->origins = fc_origin_errors(job);
    if (!fc_grid_fill(job, sqrt(1.0 + (double)f->terms / (double)job->n), done->sigma))
        done->note |= PSC_NOTE_NO_INTERVAL;
    for (k = 0; k < f->horizon; k++) job->path[k] = fc_step(job, job->x + job->n, job->path, k);
}

psc_status psc_forecast_fit(const psc_series *series, const psc_forecast_config *config, psc_forecast *fit,
                            size_t bytes, psc_forecast_info *info)
{
    psc_forecast_info done;
    fc_job job;
    size_t present = 0;
    int positive = 0;
    psc_status status = fc_job_open(&job, series, config);

    if (status == PSC_OK) status = psc__block(fit, bytes, job.total);
    if (status == PSC_OK) status = fc_values(job.value, job.n, &present, &positive);
    if (status != PSC_OK) return status;
    (void)fc_lay(&job, fit);
    memset(fit, 0, sizeof *fit);
    memset(&done, 0, sizeof done);
    fit->horizon = config->horizon;
    fit->lower = fc_bound(series->lower, -FC_FAR);
    fit->upper = fc_bound(series->upper, FC_FAR);
    fit->take_log = positive && config->transform != PSC_TRANSFORM_NONE;
    if (present < job.n) done.note |= PSC_NOTE_GAPS;
    if (config->transform == PSC_TRANSFORM_LOG && !positive) done.note |= PSC_NOTE_NO_LOG;
    done.transform = fit->take_log ? PSC_TRANSFORM_LOG : PSC_TRANSFORM_NONE;
    done.used = (int64_t)job.n;
    fc_load(&job);
    fc_fit(&job, &done);
    fit->mark = FC_FIT_MARK;
    if (info) *info = done;
    return PSC_OK;
}

/* Back from the transformed, centred scale. */
static double fc_restore(const psc_forecast *f, double x)
{
    const double y = x + f->center;
    return fc_clamp(f->take_log ? psc__exp(fc_clamp(y, -FC_EXP_RANGE, FC_EXP_RANGE)) : y, f->lower, f->upper);
}

psc_status psc_forecast_predict(const psc_forecast *fit, size_t h, const double *level, size_t levels,
                                double *point, double *quantile)
{
    const double *path, *grid;
    psc_status status;
    size_t i, j;

    if (!fit) return PSC_ERR_NULL;
    if (((uintptr_t)fit & 7) != 0) return PSC_ERR_ALIGN;
    if (fit->mark != FC_FIT_MARK || fit->horizon < 1 || fit->horizon > PSC_MAX_HORIZON) return PSC_ERR_STATE;
    status = fc_levels(h, (size_t)fit->horizon, level, levels);
    if (status != PSC_OK) return status;
    path = (const double *)(fit + 1);
    grid = path + fit->horizon;
    for (i = 0; point && i < h; i++) point[i] = fc_restore(fit, path[i]);
    for (j = 0; quantile && j < levels; j++) {
        const double z = psc__normal_quantile(level[j]);
        for (i = 0; i < h; i++)
            quantile[i * levels + j] = fc_restore(fit, path[i] + fc_grid_at(grid + i * FC_GRID, z));
    }
    return PSC_OK;
}

/* ==== Accuracy and backtest ===================================================================== */

/* Sums behind the means of psc_accuracy. */
static void fc_accuracy_add(psc_accuracy *sum, double y, double f, double low, double high, double level)
{
    const double error = fabs(y - f), size = fabs(y) + fabs(f), a = 1.0 - level;

    sum->steps++;
    sum->mase += error;
    if (size > 0.0) sum->smape += 200.0 * error / size;
    sum->msis += (high - low) + 2.0 / a * (fc_max(low - y, 0.0) + fc_max(y - high, 0.0));
    if (y >= low && y <= high) sum->coverage += 1.0;
}

static void fc_accuracy_mean(psc_accuracy *a, double scale)
{
    const double n = a->steps ? (double)a->steps : 1.0;

    a->smape /= n;
    a->coverage /= n;
    a->mase = scale > 0.0 ? fc_clamp(a->mase / n / scale, 0.0, DBL_MAX) : 0.0;
    a->msis = scale > 0.0 ? fc_clamp(a->msis / n / scale, 0.0, DBL_MAX) : 0.0;
    a->scale = scale;
}

static psc_status fc_accuracy_check(const double *x, size_t n, int missing)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (missing && psc__nan(&x[i])) continue;
        if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
        if (fabs(x[i]) > FC_FAR) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

psc_status psc_accuracy_of(const double *actual, const double *point, const double *lower, const double *upper,
                           size_t n, double level, double scale, psc_accuracy *accuracy)
{
    const int interval = lower && upper;
    psc_accuracy sum;
    psc_status status;
    size_t i;

    if (!accuracy || (n > 0 && (!actual || !point))) return PSC_ERR_NULL;
    if (!fc_level(level) || !psc__within(scale, 0.0, DBL_MAX)) return PSC_ERR_RANGE;
    status = fc_accuracy_check(actual, n, 1);
    if (status == PSC_OK) status = fc_accuracy_check(point, n, 0);
    if (status == PSC_OK && interval) status = fc_accuracy_check(lower, n, 0);
    if (status == PSC_OK && interval) status = fc_accuracy_check(upper, n, 0);
    if (status != PSC_OK) return status;
    memset(&sum, 0, sizeof sum);
    for (i = 0; i < n; i++)
        if (!psc__nan(&actual[i]))
            fc_accuracy_add(&sum, actual[i], point[i], interval ? lower[i] : actual[i],
                            interval ? upper[i] : actual[i], level);
    fc_accuracy_mean(&sum, scale);
    if (!interval) sum.coverage = 0.0;
    sum.origins = 1;
    *accuracy = sum;
    return PSC_OK;
}

void psc_backtest_default(psc_backtest_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->origins = 3;
    config->stride = 24;
    config->level = 0.95;
}

size_t psc_backtest_size(const psc_series *series, const psc_forecast_config *forecast)
{
    size_t total = psc_forecast_size(series, forecast);

    if (total == 0 || !psc__grow(&total, 3 * (size_t)forecast->horizon, sizeof(double))) return 0;
    return total;
}

/* Mean of |y[t] - y[t-m]|, m the first period or 1; 0 if there is no pair. */
static double fc_naive_scale(const psc_series *s)
{
    const size_t m = s->periods > 0 ? (size_t)s->period[0] : 1;
    double sum = 0.0;
    size_t t, pairs = 0;

    for (t = m; t < s->n; t++) {
        if (psc__nan(&s->value[t]) || psc__nan(&s->value[t - m])) continue;
        sum += fabs(s->value[t] - s->value[t - m]);
        pairs++;
    }
    return pairs ? sum / (double)pairs : 0.0;
}

/* One origin: fits to what lies before it and adds the errors of the horizon after it. room[3 * horizon]. */
static psc_status fc_backtest_origin(const psc_series *series, const psc_forecast_config *forecast, double level,
                                     size_t origin, psc_forecast *fit, size_t bytes, psc_accuracy *sum)
{
    const size_t h = (size_t)forecast->horizon;
    double *point = (double *)((uintptr_t)fit + bytes), *bounds = point + h, ends[2];
    psc_series past = *series;
    psc_status status;
    size_t i;

    past.n = origin;
    ends[0] = 0.5 - level / 2.0;
    ends[1] = fc_clamp(0.5 + level / 2.0, 0.5, 1.0 - DBL_EPSILON / 2.0);      /* rounding may reach 1 */
    status = psc_forecast_fit(&past, forecast, fit, bytes, NULL);
    if (status == PSC_ERR_EMPTY) return PSC_OK;
    if (status == PSC_OK) status = psc_forecast_predict(fit, h, ends, 2, point, bounds);
    for (i = 0; status == PSC_OK && i < h; i++)
        if (!psc__nan(&series->value[origin + i]))
            fc_accuracy_add(sum, series->value[origin + i], point[i], bounds[2 * i], bounds[2 * i + 1], level);
    sum->origins++;
    return status;
}

psc_status psc_backtest_run(const psc_series *series, const psc_forecast_config *forecast,
                            const psc_backtest_config *config, void *work, size_t bytes, psc_accuracy *accuracy)
{
    psc_accuracy sum;
    psc_status status;
    size_t present;
    int positive, i;
    fc_job job;

    if (!config || !accuracy) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->origins < 1 || config->origins > 1000 || config->stride < 1 || !fc_level(config->level))
        return PSC_ERR_RANGE;
    status = fc_job_open(&job, series, forecast);
    if (status == PSC_OK) status = psc__block(work, bytes, psc_backtest_size(series, forecast));
    if (status == PSC_OK) status = fc_values(series->value, series->n, &present, &positive);
    memset(&sum, 0, sizeof sum);
    for (i = config->origins - 1; i >= 0 && status == PSC_OK; i--) {
        const uint64_t back = (uint64_t)forecast->horizon + (uint64_t)i * (uint64_t)config->stride;
        if (back + 2 > series->n) continue;
        status = fc_backtest_origin(series, forecast, config->level, series->n - (size_t)back, (psc_forecast *)work,
                                    job.total, &sum);
    }
    if (status != PSC_OK) return status;
    fc_accuracy_mean(&sum, fc_naive_scale(series));
    *accuracy = sum;
    return PSC_OK;
}

/* ==== Rank ====================================================================================== */

/* Whether a comes before b: the larger change in the direction sign, then the lower index. */
static int fc_before(const psc_ranked *a, const psc_ranked *b, double sign)
{
    if (a->change != b->change) return sign * a->change > sign * b->change;
    return a->index < b->index;
}

/* A heap with the entry that comes last at its top; lets `entry` sink from the top. */
static void fc_rank_sink(psc_ranked *heap, size_t n, psc_ranked entry, double sign)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && fc_before(&heap[child], &heap[child + 1], sign)) child++;
        if (!fc_before(&entry, &heap[child], sign)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = entry;
}

static void fc_rank_rise(psc_ranked *heap, size_t at, psc_ranked entry, double sign)
{
    while (at > 0 && fc_before(&heap[(at - 1) / 2], &entry, sign)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = entry;
}

/* The first `capacity` in the direction sign, in order: a heap of the best so far, then sorted in place. */
static size_t fc_rank(const double *now, const double *next, size_t n, double sign, psc_ranked *out, size_t capacity)
{
    size_t i, count = 0, left;

    for (i = 0; i < n && capacity > 0; i++) {
        psc_ranked entry;
        entry.index = (int64_t)i;
        entry.change = next[i] - now[i];
        entry.now = now[i];
        entry.next = next[i];
        if (!(sign * entry.change > 0.0)) continue;
        if (count < capacity)
            fc_rank_rise(out, count++, entry, sign);
        else if (fc_before(&entry, &out[0], sign))
            fc_rank_sink(out, count, entry, sign);
    }
    for (left = count; left > 1; left--) {
        const psc_ranked last = out[left - 1];
        out[left - 1] = out[0];
        fc_rank_sink(out, left - 1, last, sign);
    }
    return count;
}

psc_status psc_rank_shards(const double *now, const double *next, size_t n, psc_ranked *up, size_t up_capacity,
                           size_t *ups, psc_ranked *down, size_t down_capacity, size_t *downs)
{
    size_t i;

    if (!ups || !downs || (n > 0 && (!now || !next))) return PSC_ERR_NULL;
    if ((up_capacity > 0 && !up) || (down_capacity > 0 && !down)) return PSC_ERR_NULL;
    for (i = 0; i < n; i++) {
        if (!psc__finite(&now[i]) || !psc__finite(&next[i])) return PSC_ERR_NONFINITE;
        if (fabs(now[i]) > PSC_MAX_VALUE || fabs(next[i]) > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    }
    *ups = fc_rank(now, next, n, 1.0, up, up_capacity);
    *downs = fc_rank(now, next, n, -1.0, down, down_capacity);
    return PSC_OK;
}
