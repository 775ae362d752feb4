/* forecast.c - numbers in, distributions out. Knows no node and no shard.
 *
 * What is here: the kernels of the whole library (functions of one number, samples, random numbers, linear equations,
 * transforms, a search, saved words) and what predicts a series of numbers: a tracker of a few hundred bytes that is
 * kept current at each observation; ten models that are fitted to a history; their combination by backtests, with
 * empirical intervals; and what goes around them: accuracy, parts and periods of a series, regressors and the calendar,
 * forecasts that add up, and the ranking of shards by predicted change. What is not: anything about nodes or moves.
 *
 * A model is a table of seven functions over a room of 8-byte words (chapter Models): how large, begin, one unit of the
 * fit, rewind to the start of the sample, observe a value, path, parameters. All else follows from these: a fit in
 * slices of bounded cost, backtests (fit to a part, observe on, compare paths), intervals (rewind, observe, compare),
 * updates without a refit. A chapter that adds a model adds one such table and one line in fc_model_of.
 *
 * Most of the accuracy is one linear equation, x[t] = c + sum a_j x[t - lag_j], fitted by least squares with a ridge
 * penalty [1] on logarithms where the values allow it, in seven variants that share their sums of products. They are
 * combined with four naive forecasts by weights that fall steeply with the error in backtests [2]. The intervals are
 * quantiles of the errors that the same combination made from past origins, step by step [3].
 *
 * [1] Hoerl and Kennard 1970, Ridge regression
 * [2] Bates and Granger 1969, The combination of forecasts
 * [3] Williams and Goodman 1971, A simple method for the construction of empirical confidence limits
 * Each chapter names its own sources; numbers in brackets are those of the chapter.
 *
 * Contents, by the texts of the banners:
 *     Bits and memory
 *     Exponential and logarithm
 *     Normal distribution
 *     Samples and random numbers
 *     Linear equations
 *     Saved words
 *     Sine and cosine
 *     Fourier transform
 *     Moving mean
 *     Simplex search
 *     Drift
 *     Tracker
 *     Series and transform
 *     Models
 *     Sums of products
 *     Seasonal autoregression
 *     Seasonal adjustment
 *     Simple models
 *     Theta
 *     Decomposition
 *     Intermittent demand
 *     Exponential smoothing
 *     Autoregression
 *     ARIMA
 *     ARIMA filter
 *     ARIMA estimation
 *     ARIMA orders
 *     ARIMA model
 *     Additive model
 *     Recurrent network
 *     Members of a forecast
 *     Layout of a forecast
 *     Start of a forecast
 *     Backtests and weights
 *     Intervals
 *     Forecast
 *     Accuracy and backtest
 *     Parts of a series
 *     Periods
 *     Regressors that help
 *     Calendar
 *     Reconcile
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

/* ==== Bits and memory ========================================================================= */

#define FC_EXPONENT UINT64_C(0x7ff0000000000000)    /* exponent bits of a double: all set in inf and NaN */
#define FC_MANTISSA UINT64_C(0x000fffffffffffff)
#define FC_WORDS_MOST (SIZE_MAX / 64)   /* a longer series has no room: sizes of models stay in a size_t */
#define FC_FAR 1e18         /* what could run away is cut here: squares stay finite */

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

/* ==== Exponential and logarithm =============================================================== */

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

    if (!(a < 22.0)) return x > 0.0 ? 1.0 : -1.0;       /* 1 - tanh(22) is below half a unit of 1 */
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

/* ==== Normal distribution ===================================================================== */

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

/* ==== Samples and random numbers ============================================================== */

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

/* ==== Linear equations ======================================================================== */

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

/* ==== Saved words ============================================================================= */

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

psc_status psc__new(void *state, size_t bytes, size_t need, int32_t type)
{
    const psc_status status = psc__block(state, bytes, need);

    if (status != PSC_OK) return status;
    memset(state, 0, need);
    ((psc_state *)state)->kind = psc__kind(type);
    ((psc_state *)state)->words = need / 8;
    return PSC_OK;
}

psc_status psc__state(const void *state, int32_t type)
{
    if (!state) return PSC_ERR_NULL;
    if (((uintptr_t)state & 7) != 0) return PSC_ERR_ALIGN;
    return ((const psc_state *)state)->kind == psc__kind(type) ? PSC_OK : PSC_ERR_STATE;
}

/* ==== Sine and cosine ========================================================================= */

#define FC_2PI 6.283185307179586        /* 2 pi */

/* Sine and cosine of `turn` whole turns, turn in 0..1. The angle left beside the nearest quarter turn is exact, in
 * -1/8..1/8 of a turn; there Taylor's series: the first term left out is below 2^-53 of the sum. Largest error 1.7e-16,
 * measured by the test on 200,000 arguments against 64-bit long double. */
static void fc_turn(double turn, double *sine, double *cosine)
{
    static const double s[] = {
        -7.647163731819816e-13, 1.6059043836821613e-10, -2.505210838544172e-08, 2.7557319223985893e-06,
        -1.984126984126984e-04, 8.333333333333333e-03, -1.6666666666666666e-01
    }, c[] = {
        4.779477332387385e-14, -1.1470745597729725e-11, 2.08767569878681e-09, -2.755731922398589e-07,
        2.48015873015873e-05, -1.388888888888889e-03, 4.1666666666666664e-02
    };                                      /* -1/15!, ..., -1/3!; 1/16!, ..., 1/4! */
    const int quarter = (int)(4.0 * turn + 0.5);
    const double x = FC_2PI * (turn - 0.25 * quarter), x2 = x * x;
    double si = 0.0, co = 0.0;
    size_t i;

    for (i = 0; i < sizeof s / sizeof s[0]; i++) {
        si = si * x2 + s[i];
        co = co * x2 + c[i];
    }
    si = x + x * x2 * si;
    co = 1.0 - (0.5 * x2 - x2 * x2 * co);
    *sine = quarter & 1 ? co : si;
    *cosine = quarter & 1 ? si : co;
    if (quarter & 2) *sine = -*sine;
    if ((quarter + 1) & 2) *cosine = -*cosine;
}

/* ==== Fourier transform ======================================================================= */

/* The least power of 2 that is not below n, n <= 2^62. */
static size_t fc_power2_above(size_t n)
{
    size_t m = 1;

    while (m < n) m *= 2;
    return m;
}

/* wave[2k], wave[2k + 1] = cos and sin of 2 pi k / n for k < n / 2; n a power of 2, at least 2. The angle is halved
 * from pi on, cos(a/2) = sqrt((1 + cos a) / 2), sin(a/2) = sin a / (2 cos(a/2)), and the entries are products of at
 * most log2 n of these: their errors are below log2 n units in the last place of 1. */
static void fc_fourier_waves(double *wave, size_t n)
{
    double c = -1.0, s = 0.0;
    size_t step, k;

    wave[0] = 1.0;
    wave[1] = 0.0;
    for (step = n / 4; step > 0; step /= 2) {       /* c, s: of 2 pi step / n */
        s = c < 0.0 ? 1.0 : s / sqrt(2.0 * (1.0 + c));
        c = c < 0.0 ? 0.0 : sqrt(0.5 * (1.0 + c));
        for (k = 0; k < n / 2; k += 2 * step) {
            wave[2 * (k + step)] = wave[2 * k] * c - wave[2 * k + 1] * s;
            wave[2 * (k + step) + 1] = wave[2 * k] * s + wave[2 * k + 1] * c;
        }
    }
}

/* Exchanges places whose indices are each other's bits in reverse order. */
static void fc_fourier_reverse(double *x, size_t n)
{
    size_t i, j = 0, bit;

    for (i = 1; i < n; i++) {
        for (bit = n / 2; j & bit; bit /= 2) j ^= bit;
        j ^= bit;
        if (i < j) {
            const double re = x[2 * i], im = x[2 * i + 1];
            x[2 * i] = x[2 * j];
            x[2 * i + 1] = x[2 * j + 1];
            x[2 * j] = re;
            x[2 * j + 1] = im;
        }
    }
}

/* X[k] = sum x[t] e^(-2 pi i k t / n) in place; x holds n pairs of real and imaginary part, n a power of 2, at least
 * 2; wave as above, for this n. Radix 2, decimation in time (Cooley and Tukey 1965). Cost: O(n log n). */
static void fc_fourier(double *x, const double *wave, size_t n)
{
    size_t half, base, k;

    fc_fourier_reverse(x, n);
    for (half = 1; half < n; half *= 2) {
        const size_t stride = n / half;             /* between the waves of this stage, in doubles */
        for (base = 0; base < n; base += 2 * half) {
            double *a = x + 2 * base, *b = a + 2 * half;
            for (k = 0; k < half; k++) {
                const double c = wave[k * stride], s = wave[k * stride + 1];
                const double re = b[2 * k] * c + b[2 * k + 1] * s, im = b[2 * k + 1] * c - b[2 * k] * s;
                b[2 * k] = a[2 * k] - re;
                b[2 * k + 1] = a[2 * k + 1] - im;
                a[2 * k] += re;
                a[2 * k + 1] += im;
            }
        }
    }
}

/* x becomes the squares of its transform, as real parts; a second transform then gives n times the sums
 * sum x[t] x[t + k], cyclic in n, in the real parts. */
static void fc_fourier_squares(double *x, const double *wave, size_t n)
{
    size_t k;

    fc_fourier(x, wave, n);
    for (k = 0; k < n; k++) {
        x[2 * k] = x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
        x[2 * k + 1] = 0.0;
    }
}

/* ==== Moving mean ============================================================================= */

/* sum[i] = x[i] + ... + x[i + m - 1] for i + m <= n, 1 <= m <= n; room[m]. No term is ever taken away again, so a sum
 * of values above 0 is above 0, and what has left the window leaves no rounding error behind: a window is the
 * tail of one block of m values and the head of the next. Cost: O(n). */
static void fc_window_sums(const double *x, size_t n, size_t m, double *sum, double *room)
{
    size_t base, i;

    for (base = 0; base + m <= n; base += m) {
        double head = 0.0;
        room[m - 1] = x[base + m - 1];
        for (i = m - 1; i > 0; i--) room[i - 1] = room[i] + x[base + i - 1];
        for (i = 0; i < m && base + i + m <= n; i++) {
            sum[base + i] = room[i] + head;
            if (base + i + m < n) head += x[base + i + m];
        }
    }
}

/* Centred moving mean of width m, as in the classical decomposition: for even m the two outermost of m + 1 values
 * count half. out[n] is not x; room[m]. Defined for t in half..n - half - 1, half = m / 2; before and after, the
 * nearest defined one is repeated. Needs n > m, or n = m if m is odd. */
static void fc_moving_mean(const double *x, size_t n, size_t m, double *out, double *room)
{
    const size_t half = m / 2, last = n - half - 1;
    size_t t;

    fc_window_sums(x, n, m, out, room);
    for (t = 0; t + m < n; t++)
        out[t] = m % 2 ? out[t] / (double)m : (out[t] + out[t + 1]) / (2.0 * (double)m);
    if (m % 2) out[n - m] /= (double)m;
    memmove(out + half, out, (last - half + 1) * sizeof *out);
    for (t = 0; t < half; t++) out[t] = out[half];
    for (t = last + 1; t < n; t++) out[t] = out[last];
}

/* Centred moving mean of 2 half + 1 values, at the ends of those that are there. out[n] is not x; room[2 half + 1].
 * Needs 2 half + 1 <= n. */
static void fc_local_mean(const double *x, size_t n, size_t half, double *out, double *room)
{
    double head = 0.0, tail = 0.0;
    size_t t;

    fc_moving_mean(x, n, 2 * half + 1, out, room);
    for (t = 0; t < half; t++) {
        head += x[t];
        tail += x[n - 1 - t];
    }
    for (t = 0; t < half; t++) {
        head += x[t + half];
        tail += x[n - 1 - t - half];
        out[t] = head / (double)(t + half + 1);
        out[n - 1 - t] = tail / (double)(t + half + 1);
    }
}

/* ==== Simplex search ========================================================================== */

/* The minimum of a function of a few bounded variables, by Nelder and Mead [1] with the coefficients of Gao and Han
 * [2], which fall with the number of variables. The search does not call the function: it hands out points and is
 * told their values, so that its owner may stop, save and go on between any two. In use:
 *
 *     fc_simplex_open(&s, tolerance, most);
 *     fc_simplex_add(&s, start, step, low, high);             once a variable
 *     do value = f(fc_simplex_next(&s)); while (fc_simplex_tell(&s, value));
 *
 * A bounded variable is x = low + (high - low) w(z), where w swings between 0 and 1 and back while z goes from 0 to 4,
 * made of parabolas: z^2 / 2 for z in 0..1, 1 - (2 - z)^2 / 2 in 1..3, (4 - z)^2 / 2 in 3..4. So z is free, and a
 * minimum at a bound is as round in z as any other.
 *
 * [1] Nelder and Mead 1965, A simplex method for function minimization
 * [2] Gao and Han 2012, Implementing the Nelder-Mead simplex algorithm with adaptive parameters */

#define FC_SIMPLEX_MOST 12      /* variables                                                    */
#define FC_SIMPLEX_FAR 1e18     /* points are cut here, free variables too: nothing runs away   */

/* What the point handed out is. */
enum { FC_SIMPLEX_CORNER, FC_SIMPLEX_REFLECT, FC_SIMPLEX_EXPAND, FC_SIMPLEX_OUTSIDE, FC_SIMPLEX_INSIDE };

/* Nothing but 8-byte words. Of the size + 1 corners the first `valued` are in rising order of value; the others wait
 * to be valued. Then trial is where the next move leads, reflected the corner and value that it is measured by. */
typedef struct fc_simplex {
    int64_t size, stage, valued, left;          /* left: values that may still be told */
    double  tolerance, reflected_value;
    double  low[FC_SIMPLEX_MOST], high[FC_SIMPLEX_MOST];
    double  value[FC_SIMPLEX_MOST + 1];
    double  corner[FC_SIMPLEX_MOST + 1][FC_SIMPLEX_MOST];
    double  trial[FC_SIMPLEX_MOST], reflected[FC_SIMPLEX_MOST];
    double  point[FC_SIMPLEX_MOST];             /* trial as the owner sees it */
} fc_simplex;

/* Ends when the values of the corners lie within tolerance, or after `most` values. */
static void fc_simplex_open(fc_simplex *s, double tolerance, int64_t most)
{
    memset(s, 0, sizeof *s);
    s->tolerance = tolerance;
    s->left = most;
}

/* The z in 0..2 that gives x. */
static double fc_simplex_inner(const fc_simplex *s, int64_t i, double x)
{
    double w;

    if (!(s->low[i] < s->high[i])) return x;
    w = fc_clamp((x - s->low[i]) / (s->high[i] - s->low[i]), 0.0, 1.0);
    return w < 0.5 ? sqrt(2.0 * w) : 2.0 - sqrt(2.0 * (1.0 - w));
}

static double fc_simplex_outer(const fc_simplex *s, int64_t i, double z)
{
    double u, w;

    if (!(s->low[i] < s->high[i])) return z;
    u = fc_clamp(z, -1e9, 1e9);
    u = fabs(u - 4.0 * floor(u / 4.0 + 0.5));                  /* 0..2 */
    w = u < 1.0 ? 0.5 * u * u : 1.0 - 0.5 * (2.0 - u) * (2.0 - u);
    return fc_clamp(s->low[i] + (s->high[i] - s->low[i]) * w, s->low[i], s->high[i]);
}

/* One more variable. It is free unless low < high. The step is turned round where it would leave the bounds. */
static void fc_simplex_add(fc_simplex *s, double start, double step, double low, double high)
{
    const int64_t i = s->size++;
    double z, to;
    int j;

    s->low[i] = low;
    s->high[i] = high;
    if (low < high) {
        start = fc_clamp(start, low, high);
        if (start + step > high || start + step < low) step = -step;
    }
    z = fc_simplex_inner(s, i, start);
    to = fc_simplex_inner(s, i, start + step);
    for (j = 0; j <= FC_SIMPLEX_MOST; j++) s->corner[j][i] = z;
    s->corner[i + 1][i] = to;
}

/* The point whose value is wanted, [size]. */
static const double *fc_simplex_next(fc_simplex *s)
{
    const double *z = s->stage == FC_SIMPLEX_CORNER ? s->corner[s->valued] : s->trial;
    int64_t i;

    for (i = 0; i < s->size; i++) s->point[i] = fc_simplex_outer(s, i, z[i]);
    return s->point;
}

/* Puts a valued corner, which takes the place of corner[at], where it belongs among those before it; a tie goes to the
 * older one. */
static void fc_simplex_insert(fc_simplex *s, int64_t at, const double *corner, double value)
{
    double kept[FC_SIMPLEX_MOST];

    memcpy(kept, corner, sizeof kept);
    for (; at > 0 && s->value[at - 1] > value; at--) {
        s->value[at] = s->value[at - 1];
        memcpy(s->corner[at], s->corner[at - 1], sizeof kept);
    }
    s->value[at] = value;
    memcpy(s->corner[at], kept, sizeof kept);
}

/* trial = c + reach (c - worst), c the centre of the other corners. */
static void fc_simplex_move(fc_simplex *s, int64_t stage, double reach)
{
    int64_t i, j;

    s->stage = stage;
    for (i = 0; i < s->size; i++) {
        double c = 0.0;
        for (j = 0; j < s->size; j++) c += s->corner[j][i] / (double)s->size;
        s->trial[i] = fc_clamp(c + reach * (c - s->corner[s->size][i]), -FC_SIMPLEX_FAR, FC_SIMPLEX_FAR);
    }
}

/* All corners but the best come nearer to it and are valued anew. */
static void fc_simplex_shrink(fc_simplex *s, double share)
{
    int64_t i, j;

    for (j = 1; j <= s->size; j++)
        for (i = 0; i < s->size; i++) s->corner[j][i] = s->corner[0][i] + share * (s->corner[j][i] - s->corner[0][i]);
    s->stage = FC_SIMPLEX_CORNER;
    s->valued = 1;
}

/* The worst corner gives way; the next move is a reflection. */
static void fc_simplex_replace(fc_simplex *s, const double *corner, double value)
{
    fc_simplex_insert(s, s->size, corner, value);
    fc_simplex_move(s, FC_SIMPLEX_REFLECT, 1.0);
}

/* After a reflection: accepted, or tried further out or further in. */
static void fc_simplex_reflected(fc_simplex *s, double value, double n)
{
    const double *rest = s->value + s->size - 1;                /* the second worst and the worst */

    memcpy(s->reflected, s->trial, sizeof s->reflected);
    s->reflected_value = value;
    if (value < s->value[0]) fc_simplex_move(s, FC_SIMPLEX_EXPAND, 1.0 + 2.0 / n);
    else if (value < rest[0]) fc_simplex_replace(s, s->reflected, value);
    else if (value < rest[1]) fc_simplex_move(s, FC_SIMPLEX_OUTSIDE, 0.75 - 0.5 / n);
    else fc_simplex_move(s, FC_SIMPLEX_INSIDE, 0.5 / n - 0.75);
}

/* Takes the value at the point handed out last; NaN counts as the largest. 1 while the search goes on. */
static int fc_simplex_tell(fc_simplex *s, double value)
{
    const double n = fc_max(2.0, (double)s->size);             /* one variable moves as two do */
    const int64_t stage = s->stage;

    if (!(value < DBL_MAX)) value = DBL_MAX;
    s->left--;
    if (stage == FC_SIMPLEX_CORNER) {
        fc_simplex_insert(s, s->valued, s->corner[s->valued], value);
        if (++s->valued > s->size) fc_simplex_move(s, FC_SIMPLEX_REFLECT, 1.0);
    }
    else if (stage == FC_SIMPLEX_REFLECT) fc_simplex_reflected(s, value, n);
    else if (stage == FC_SIMPLEX_EXPAND && !(value < s->reflected_value))
        fc_simplex_replace(s, s->reflected, s->reflected_value);
    else if (value < (stage == FC_SIMPLEX_INSIDE ? s->value[s->size] : s->reflected_value))
        fc_simplex_replace(s, s->trial, value);
    else fc_simplex_shrink(s, 1.0 - 1.0 / n);
    if (s->left <= 0) return 0;
    return s->stage != FC_SIMPLEX_REFLECT || !(s->value[s->size] - s->value[0] <= s->tolerance);
}

/* ==== Drift =================================================================================== */

/* Whether the errors of a forecaster of one step still look as they did when they were learned. The first 500 errors
 * teach their mean, their mean square, and the mean size ("usual") of the standardised ones
 *     u = (e - mean) / sqrt(mean square), cut at +- 3.
 * From the 128th on three sums are kept (CUSUM, Page 1954; 0.5 is half of the least shift that is looked for)
 *     rise = max(0, rise + u - 0.5),   fall = max(0, fall - u - 0.5),   swell = max(0, swell + |u| - usual - 0.3)
 * and the first of them above 9 is an alarm: errors shifted up, shifted down, grown. After it everything is learned
 * anew, so that a lasting change is told once. */

#define FC_DRIFT_LEARN 500      /* errors that teach what is usual                                      */
#define FC_DRIFT_READY 128      /* errors before any alarm                                              */
#define FC_DRIFT_FIRST 8        /* errors before any is cut                                             */
#define FC_DRIFT_CUT 3.0        /* no u counts for more: one outlier, or two, are no drift              */
#define FC_DRIFT_SHIFT 0.5
#define FC_DRIFT_SWELL 0.3      /* |u| has the mean 0.8 in a normal sample: half way to its growth by 3/4 */
#define FC_DRIFT_LIMIT 9.0      /* measured on seeded noise, false alarms in 10,000 errors: normal 0.3,
                                   Student with 4 degrees 0.5, Laplace 0.7                              */

/* Nothing but 8-byte words, all 0 at the start. */
typedef struct fc_drift {
    double  mean, square, usual;        /* of e, of (e - mean)^2, of |u| */
    double  scale;                      /* 1 / sqrt(square), at most FC_FAR */
    double  rise, fall, swell;
    int64_t seen;                       /* errors since the start or the last alarm */
    int64_t alarms, last;               /* how many; PSC_DRIFT_... of the last one */
} fc_drift;

/* max(0, x), exactly, and without a branch that would be guessed wrong every other time. */
static double fc_positive(double x)
{
    return 0.5 * (x + fabs(x));
}

static void fc_drift_learn(fc_drift *d, double e, double u)
{
    const int cut = fabs(u) >= FC_DRIFT_CUT && d->seen > FC_DRIFT_FIRST && d->scale < FC_FAR;
    const double n = (double)d->seen, a = cut ? u / d->scale : e - d->mean;

    d->mean += a / n;
    if (d->seen > 1) d->square += (a * a - d->square) / (n - 1.0);
    if (d->seen > FC_DRIFT_FIRST) d->usual += (fabs(u) - d->usual) / (n - FC_DRIFT_FIRST);
    d->scale = d->square > 0.0 ? fc_clamp(1.0 / sqrt(d->square), 0.0, FC_FAR) : FC_FAR;
}

/* All is learned anew; the alarms so far stay. */
static void fc_drift_restart(fc_drift *d)
{
    const int64_t alarms = d->alarms, last = d->last;

    memset(d, 0, sizeof *d);
    d->alarms = alarms;
    d->last = last;
}

static void fc_drift_alarm(fc_drift *d, int32_t kind)
{
    fc_drift_restart(d);
    psc__count(&d->alarms);
    d->last = kind;
}

/* Takes the next error, at most FC_FAR / 4 in size. Returns PSC_DRIFT_NONE, or what the alarm is for. */
static int32_t fc_drift_observe(fc_drift *d, double e)
{
    const double u = fc_clamp((e - d->mean) * d->scale, -FC_DRIFT_CUT, FC_DRIFT_CUT);
    int32_t kind = PSC_DRIFT_NONE;

    psc__count(&d->seen);
    if (d->seen <= FC_DRIFT_LEARN) fc_drift_learn(d, e, u);
    if (d->seen <= FC_DRIFT_READY) return kind;
    d->rise = fc_positive(d->rise + u - FC_DRIFT_SHIFT);
    d->fall = fc_positive(d->fall - u - FC_DRIFT_SHIFT);
    d->swell = fc_positive(d->swell + fabs(u) - d->usual - FC_DRIFT_SWELL);
    if (d->swell > FC_DRIFT_LIMIT) kind = PSC_DRIFT_LARGER;
    if (d->fall > FC_DRIFT_LIMIT) kind = PSC_DRIFT_LOWER;
    if (d->rise > FC_DRIFT_LIMIT) kind = PSC_DRIFT_HIGHER;
    if (kind != PSC_DRIFT_NONE) fc_drift_alarm(d, kind);
    return kind;
}

/* What a caller is told. */
static void fc_drift_tell(const fc_drift *d, psc_drift *drift)
{
    drift->alarms = d->alarms;
    drift->seen = d->seen;
    drift->last = (int32_t)d->last;
    drift->ready = d->seen > FC_DRIFT_READY;
    drift->shift = (d->rise >= d->fall ? d->rise : -d->fall) / FC_DRIFT_LIMIT;
    drift->size = d->swell / FC_DRIFT_LIMIT;
}

/* The words of an image from `at` on: sound, whatever is observed next. */
static int fc_drift_valid(const psc__image *image, size_t at)
{
    static const double high[] = {
        FC_FAR, 4.0 * FC_FAR * FC_FAR, FC_DRIFT_CUT, FC_FAR, FC_DRIFT_LIMIT, FC_DRIFT_LIMIT, FC_DRIFT_LIMIT
    };
    const int64_t last = psc__integer(image, at + 9);
    size_t i;

    for (i = 0; i < sizeof high / sizeof high[0]; i++)
        if (!psc__real_in(image, at + i, i == 0 ? -FC_FAR : 0.0, high[i])) return 0;
    for (i = 7; i < 9; i++)
        if (psc__integer(image, at + i) < 0 || psc__integer(image, at + i) > PSC__COUNTS) return 0;
    return last >= PSC_DRIFT_NONE && last <= PSC_DRIFT_LARGER;
}

/* ==== Tracker ================================================================================= */

/* One autoregression, learned by least squares as the values come. With z the value or its root, see below,
 *     z^[t] = z' + k0 (level - z') + k1 (a - z') + k2 (a' - z') + k3 (b - z') + k4 (b' - z')
 * where z' is the last value, level the exponentially smoothed mean of the values before it, a the value one short
 * period ago, b the mean of the values whole long periods ago, newer ones weighing more, and a' and b' what a and b
 * were at the last step. All terms are differences, so that nothing depends on where zero is. With k = (0, 1, -1, 0,
 * 0) that is a seasonal naive forecast with a moving level, with k = 0 the last value, with k0 = 1 simple smoothing,
 * and with k0 < 0 a trend goes on. Where there is one season only, it is the long one. A term whose season is not
 * known yet is 0, and with it its k.
 *
 * The k minimise the squared errors of one step over the last 500 values or so (products of the terms are summed, and
 * scaled down at each fit: Brown 1963, discounted least squares), with 2 sigma^2 added to the diagonal: a ridge that
 * asks each k for some evidence and fades against it. When a season becomes known, the sums begin anew. A path of h
 * steps takes its own forecasts for values; it is cut where it leaves the range seen by more than 0.3 of its width.
 *
 * As long as no value was negative, z is the square root (Bartlett 1936: the size of the noise of counts no longer
 * depends on their level; seasons that multiply become nearly additive), and forecasts are squared. At the first
 * negative value the state is squared, once, and z is the value from then on.
 *
 * An error beyond 5 sigma is cut there, except in the first 10 rows after the sums began. The fourth in a row is
 * taken whole; if all of them had one sign, as a step of the whole series: what is kept (seasons, level, sums) is
 * from then on relative to an offset that has moved by the error. So a step costs four observations and no season.
 *
 * The spread is measured. sigma^2 is the running mean of the squared errors of one step, over 33 of them. Forecasts
 * of 4, 16 and 64 steps are kept until they fall due, one of each at a time, and of their errors the mean over 8 of
 * e^2 / sigma: times sigma of today it is the variance of that lead, half way between one that takes no notice of
 * today's sigma and one that follows it. With it, as 2 errors, counts what the first-order autoregression with the
 * same weight of z' has. The shape is a running table of errors over sigma. */

#define FC_TERMS 5
#define FC_PRODUCTS 20      /* of two terms, or of a term and what is to be explained                        */
#define FC_ROWS 500.0       /* rows that the sums of products remember                                       */
#define FC_REFIT 48         /* rows from fit to fit, fewer at first                                          */
#define FC_RIDGE 2.0        /* times sigma^2; 1 to 5 are as good on M4 Hourly, Weekly and load               */
#define FC_STEEP 100.0      /* no k of a sane fit is larger in size                                          */
#define FC_BEYOND 0.3       /* as psc_forecast_config.clip                                                   */
#define FC_WIDE 1e16        /* values less the offset, and the offset, are cut here: ten times PSC_MAX_VALUE */
#define FC_LEADS 3          /* leads 4, 16, 64 whose errors are measured                                     */
#define FC_LEAD_CUT 25.0    /* an e^2 / sigma at a lead beyond so many times the mean, or sigma, is cut: 5^2     */
#define FC_MEMORY 8.0       /* errors that the spread at a lead remembers; this and the next two were chosen */
#define FC_ASSUMED 2.0      /*   for the coverage on M4 Hourly, Weekly and load: errors that the assumed     */
#define FC_SLOW 0.03        /*   spread counts as; settled gain of sigma^2                                   */
#define FC_BINS 24          /* of the table of standardised errors                                           */
#define FC_BIN_FULL 256.0   /* a count at which the table is halved: it remembers about 1000 errors          */
#define FC_PRIOR 8.0        /* errors of a normal shape that the table begins with                           */
#define FC_CUT 5.0          /* an error beyond so many sigma is cut: one in 1.7 million of a normal sample   */
#define FC_CUTS 3           /* so many in a row are cut, the next is taken                                   */
#define FC_WARM 10          /* rows before anything is cut                                                   */

/* Nothing but 8-byte words; period1 + period2 seasonal terms follow. Values are roots or linear, and those marked * are
 * less the offset. */
struct psc_tracker {
    psc_state head;
    int64_t period1, period2;           /* short and long, 0: none; where there is one, it is the long one */
    double  alpha, gamma, lower, upper;
    int64_t time, seen;                 /* observations from the first value on, and those not missing */
    int64_t phase1, phase2;             /* time mod period */
    int64_t cycles;                     /* of the long season, completed */
    int64_t linear;                     /* 0: z is the root of the value; 1: the value */
    int64_t cuts, side;                 /* errors beyond the limit in a row, and the sum of their signs */
    int64_t rows, fresh;                /* in the sums, and since the last fit */
    double  limit;                      /* beyond which the first of these errors was */
    double  offset;
    double  last, level;                /* * */
    double  before1, before2;           /* * seasonal terms of the last step */
    double  least, most;                /* range of the values taken */
    double  variance;                   /* sigma^2 */
    double  weight[FC_TERMS];           /* k */
    double  product[FC_PRODUCTS];       /* sums over the rows: X'X, its lower triangle by rows, and X'd */
    double  pending[FC_LEADS];          /* forecast of 4^(j+1) steps that falls due next; NaN: none */
    double  spread[FC_LEADS];           /* mean of its e^2 / sigma */
    int64_t scored[FC_LEADS];           /* how many */
    double  bin[FC_BINS];               /* standardised errors u by v = u / (2 + |u|) in equal bins of -1..1 */
    fc_drift drift;
};

#define FC_AT(field) (offsetof(struct psc_tracker, field) / 8)

/* * Of the short season the last cycle, of the long one the means. */
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
    config->alpha = 0.05;
    config->gamma = 0.5;
    config->lower = config->upper = fc_double(FC_EXPONENT | 1);
}

size_t psc_tracker_size(const psc_tracker_config *config)
{
    int64_t m1, m2;

    if (!config || config->struct_size != sizeof *config) return 0;
    m1 = fc_period(config->period1);
    m2 = fc_period(config->period2);
    if (m1 < 0 || m2 < 0 || (m2 > 0 && m2 <= m1) || !fc_bounds(config->lower, config->upper)
        || !psc__within(config->alpha, 0.0, 1.0) || !psc__within(config->gamma, 0.0, 1.0))
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

/* What was learned holds no longer: the sums and the measured spreads begin anew. */
static void fc_tracker_restart(psc_tracker *t)
{
    int i;

    memset(t->product, 0, sizeof t->product);
    memset(t->spread, 0, sizeof t->spread);
    memset(t->scored, 0, sizeof t->scored);
    t->rows = t->fresh = 0;
    for (i = 0; i < FC_LEADS; i++) t->pending[i] = fc_double(FC_EXPONENT | 1);
}

psc_status psc_tracker_init(psc_tracker *tracker, size_t bytes, const psc_tracker_config *config)
{
    psc_status status;
    int i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(tracker, bytes, psc_tracker_size(config), PSC_TYPE_TRACKER);
    if (status != PSC_OK) return status;

    tracker->period2 = fc_period(config->period2);
    if (tracker->period2) tracker->period1 = fc_period(config->period1);
    else tracker->period2 = fc_period(config->period1);
    tracker->alpha = config->alpha;
    tracker->gamma = config->gamma;
    tracker->lower = fc_bound(config->lower, -FC_FAR);
    tracker->upper = fc_bound(config->upper, FC_FAR);
    fc_tracker_restart(tracker);
    for (i = 0; i < FC_BINS; i++)
        tracker->bin[i] = FC_PRIOR * (psc__normal_cdf(fc_bin_edge(i + 1)) - psc__normal_cdf(fc_bin_edge(i)));
    return PSC_OK;
}

static int fc_count_in(const psc__image *image, size_t i, int64_t low, int64_t high)
{
    const int64_t count = psc__integer(image, i);
    return count >= low && count <= high;
}

static int fc_tracker_counts(const psc__image *image)
{
    const int64_t m1 = psc__integer(image, FC_AT(period1)), m2 = psc__integer(image, FC_AT(period2));
    const int64_t cuts = psc__integer(image, FC_AT(cuts));
    size_t i;

    if (m1 < 0 || m2 < 0 || m2 > PSC_MAX_PERIOD || m1 == 1 || m2 == 1 || (m1 > 0 && m1 >= m2)
        || image->words != sizeof(psc_tracker) / 8 + (size_t)(m1 + m2))
        return 0;
    for (i = 0; i < FC_LEADS; i++)
        if (!fc_count_in(image, FC_AT(scored) + i, 0, PSC__COUNTS)) return 0;
    return fc_count_in(image, FC_AT(time), 0, PSC__COUNTS)
           && fc_count_in(image, FC_AT(seen), 0, psc__integer(image, FC_AT(time)))
           && fc_count_in(image, FC_AT(phase1), 0, m1 ? m1 - 1 : 0)
           && fc_count_in(image, FC_AT(phase2), 0, m2 ? m2 - 1 : 0)
           && fc_count_in(image, FC_AT(cycles), 0, PSC__COUNTS) && fc_count_in(image, FC_AT(linear), 0, 1)
           && fc_count_in(image, FC_AT(cuts), 0, FC_CUTS) && fc_count_in(image, FC_AT(side), -cuts, cuts)
           && fc_count_in(image, FC_AT(rows), 0, PSC__COUNTS) && fc_count_in(image, FC_AT(fresh), 0, FC_REFIT - 1);
}

/* Words from one field to before another. */
static int fc_reals_in(const psc__image *image, size_t from, size_t to, double low, double high)
{
    for (; from < to; from++)
        if (!psc__real_in(image, from, low, high)) return 0;
    return 1;
}

/* Numbers of an image that are sound each by itself. The limits are closed: what starts within stays within. What is
 * smoothed stays among what it was and what comes, which is below FC_FAR; errors are below 3e15, since forecasts lie
 * in the range of the values, stretched; products of two terms are below 4 FC_FAR^2, and sums that are below FC_ROWS
 * of them after a fit are so after the next. */
static int fc_tracker_reals(const psc__image *image)
{
    const double square = 4.0 * FC_FAR * FC_FAR, low = psc__real(image, FC_AT(lower));
    const int64_t fresh = psc__integer(image, FC_AT(fresh));
    const double sum = 2.0 * square * (FC_ROWS + (double)fresh);
    double bins = 0.0;
    size_t i;

    for (i = FC_AT(pending); i < FC_AT(spread); i++) {
        const double pending = psc__real(image, i);
        if (!psc__nan(&pending) && !psc__within(pending, -FC_FAR, FC_FAR)) return 0;
    }
    for (i = FC_AT(bin); i < FC_AT(drift); i++) bins += psc__real(image, i);
    return psc__within(low, -FC_FAR, FC_FAR) && psc__real_in(image, FC_AT(upper), low, FC_FAR)
           && fc_reals_in(image, FC_AT(alpha), FC_AT(lower), 0.0, 1.0)
           && fc_reals_in(image, FC_AT(limit), FC_AT(offset), 0.0, square)
           && fc_reals_in(image, FC_AT(offset), FC_AT(last), -FC_WIDE, FC_WIDE)
           && fc_reals_in(image, FC_AT(last), FC_AT(least), -FC_FAR, FC_FAR)
           && psc__real_in(image, FC_AT(least), -PSC_MAX_VALUE, PSC_MAX_VALUE)
           && psc__real_in(image, FC_AT(most), psc__real(image, FC_AT(least)), PSC_MAX_VALUE)
           && psc__real_in(image, FC_AT(variance), 0.0, square)
           && fc_reals_in(image, FC_AT(weight), FC_AT(product), -FC_STEEP, FC_STEEP)
           && fc_reals_in(image, FC_AT(product), FC_AT(pending), -sum, sum)
           && fc_reals_in(image, FC_AT(spread), FC_AT(scored), 0.0, square)
           && fc_reals_in(image, FC_AT(bin), FC_AT(drift), 0.0, 2.0 * FC_BIN_FULL) && bins > FC_PRIOR / 2.0
           && fc_reals_in(image, sizeof(psc_tracker) / 8, image->words, -FC_FAR, FC_FAR);
}

int psc__tracker_valid(const psc__image *image)
{
    return image->words >= sizeof(psc_tracker) / 8 && fc_tracker_counts(image) && fc_tracker_reals(image)
           && fc_drift_valid(image, FC_AT(drift));
}

/* A tracker whose indices can be followed. */
static psc_status fc_tracker(const psc_tracker *t)
{
    psc_status status = psc__state(t, PSC_TYPE_TRACKER);

    if (status != PSC_OK) return status;
    if (t->period1 < 0 || t->period2 < 0
        || t->head.words != sizeof(psc_tracker) / 8 + (uint64_t)t->period1 + (uint64_t)t->period2
        || t->phase1 < 0 || t->phase1 >= t->period1 + !t->period1
        || t->phase2 < 0 || t->phase2 >= t->period2 + !t->period2)
        return PSC_ERR_STATE;
    return PSC_OK;
}

static psc_status fc_value(double y)
{
    if (psc__nan(&y)) return PSC_OK;
    if (!psc__finite(&y)) return PSC_ERR_NONFINITE;
    return fabs(y) <= PSC_MAX_VALUE ? PSC_OK : PSC_ERR_RANGE;
}

/* z back to a value. While z are roots there was no value below 0, and none is forecast. */
static double fc_tracker_value(const psc_tracker *t, double z)
{
    if (t->linear) return z;
    return z > 0.0 ? z * z : 0.0;
}

/* At the first negative value: roots become values. */
static void fc_tracker_straighten(psc_tracker *t)
{
    double *field[6], *season = fc_season1(t);
    int64_t i;

    field[0] = &t->last;
    field[1] = &t->level;
    field[2] = &t->before1;
    field[3] = &t->before2;
    for (i = 0; i < 4; i++) *field[i] = fc_clamp(fc_tracker_value(t, *field[i] + t->offset), 0.0, PSC_MAX_VALUE);
    for (i = 0; i < t->period1 + t->period2; i++)
        season[i] = fc_clamp(fc_tracker_value(t, season[i] + t->offset), 0.0, PSC_MAX_VALUE);
    t->least = fc_clamp(fc_tracker_value(t, t->least), 0.0, PSC_MAX_VALUE);
    t->most = fc_clamp(fc_tracker_value(t, t->most), 0.0, PSC_MAX_VALUE);
    t->linear = 1;
    t->offset = t->variance = 0.0;
    fc_tracker_restart(t);
    fc_drift_restart(&t->drift);        /* errors of roots say nothing of errors of values */
}

/* Gain of the n-th value in a running mean: that of a plain mean until it has fallen to its settled value. */
static double fc_gain(double settled, int64_t n)
{
    return settled * (double)n < 1.0 ? 1.0 / (double)n : settled;
}

/* The terms of one step. */
typedef struct fc_terms {
    double level, now1, before1, now2, before2;
} fc_terms;

/* The terms of the next step in x, and its forecast. */
static double fc_tracker_terms(const psc_tracker *t, fc_terms *x)
{
    const double beyond = FC_BEYOND * (t->most - t->least), *k = t->weight;
    const int known1 = t->period1 > 0 && t->time >= t->period1, known2 = t->period2 > 0 && t->time >= t->period2;
    double change;

    x->level = t->level - t->last;
    x->now1 = known1 ? fc_season1(t)[t->phase1] - t->last : 0.0;
    x->before1 = t->before1 - t->last;
    x->now2 = known2 ? fc_season2(t)[t->phase2] - t->last : 0.0;
    x->before2 = t->before2 - t->last;
    change = k[0] * x->level + (k[1] * x->now1 + k[2] * x->before1) + (k[3] * x->now2 + k[4] * x->before2);
    return fc_clamp(t->last + t->offset + change, t->least - beyond, t->most + beyond);
}

/* A path under way. Everything in it is less the last value, so that a constant is followed without rounding. */
typedef struct fc_walk {
    double  ahead;              /* the forecast that was made last */
    double  level, before1, before2;
    double  own, least, most;   /* weight of the value before; where paths are cut */
    int64_t phase1, phase2;
} fc_walk;

static void fc_walk_begin(const psc_tracker *t, fc_walk *w)
{
    const double beyond = FC_BEYOND * (t->most - t->least), *k = t->weight;

    w->ahead = 0.0;
    w->level = t->level - t->last;
    w->before1 = t->before1 - t->last;
    w->before2 = t->before2 - t->last;
    w->own = 1.0 - (k[0] + (k[1] + k[2]) + (k[3] + k[4]));
    w->least = t->least - beyond - t->offset - t->last;
    w->most = t->most + beyond - t->offset - t->last;
    w->phase1 = t->phase1;
    w->phase2 = t->phase2;
}

/* Goes on by so many steps, at least one, and returns the last of them as z. The same equation as in
 * fc_tracker_terms, ordered so that one step waits for one product and one sum of the step before. A season that is
 * not known yet has no weight, and any number stands for it. */
static double fc_walk_on(const psc_tracker *t, fc_walk *walk, size_t steps)
{
    const double *season1 = t->period1 ? fc_season1(t) : &t->last, *season2 = t->period2 ? fc_season2(t) : &t->last;
    const double k0 = t->weight[0], k1 = t->weight[1], k2 = t->weight[2], k3 = t->weight[3], k4 = t->weight[4];
    const double alpha = t->alpha, last = t->last;
    fc_walk w = *walk;

    for (; steps > 0; steps--) {
        const double now1 = season1[w.phase1] - last, now2 = season2[w.phase2] - last;
        const double next = w.own * w.ahead
                            + (k0 * w.level + ((k1 * now1 + k2 * w.before1) + (k3 * now2 + k4 * w.before2)));
        w.level += alpha * (w.ahead - w.level);
        w.ahead = fc_clamp(next, w.least, w.most);
        w.before1 = now1;
        w.before2 = now2;
        if (++w.phase1 >= t->period1) w.phase1 = 0;
        if (++w.phase2 >= t->period2) w.phase2 = 0;
    }
    *walk = w;
    return w.ahead + last + t->offset;
}

/* New weights from the sums, unless those are too far off to be of any use. */
static void fc_tracker_fit(psc_tracker *t)
{
    const double keep = 1.0 - (double)t->fresh / FC_ROWS;
    double a[FC_TERMS * FC_TERMS], b[FC_TERMS];
    const double *sum = t->product;
    int i, j, sane = 0;

    for (i = 0; i < FC_TERMS; i++) {
        for (j = 0; j <= i; j++) a[i * FC_TERMS + j] = *sum++;
        a[i * FC_TERMS + i] += FC_RIDGE * t->variance;
    }
    memcpy(b, sum, sizeof b);
    psc__solve(a, b, FC_TERMS, 0.0);
    for (i = 0; i < FC_TERMS; i++) sane += psc__within(b[i], -FC_STEEP, FC_STEEP);
    if (sane == FC_TERMS) memcpy(t->weight, b, sizeof b);
    for (i = 0; i < FC_PRODUCTS; i++) t->product[i] *= keep;
    t->fresh = 0;
}

/* Takes a row of terms x and what they are to explain into the sums. Written out, so that the terms stay in registers:
 * an array of them on the stack is half as slow again wherever it lies across two lines of the cache. */
static void fc_tracker_row(psc_tracker *t, const fc_terms *x, double change)
{
    const double x0 = x->level, x1 = x->now1, x2 = x->before1, x3 = x->now2, x4 = x->before2;
    double *sum = t->product;

    sum[0] += x0 * x0;
    sum[1] += x1 * x0;
    sum[2] += x1 * x1;
    sum[3] += x2 * x0;
    sum[4] += x2 * x1;
    sum[5] += x2 * x2;
    sum[6] += x3 * x0;
    sum[7] += x3 * x1;
    sum[8] += x3 * x2;
    sum[9] += x3 * x3;
    sum[10] += x4 * x0;
    sum[11] += x4 * x1;
    sum[12] += x4 * x2;
    sum[13] += x4 * x3;
    sum[14] += x4 * x4;
    sum[15] += x0 * change;
    sum[16] += x1 * change;
    sum[17] += x2 * change;
    sum[18] += x3 * change;
    sum[19] += x4 * change;
    psc__count(&t->rows);
    t->fresh++;
    if (t->fresh >= FC_REFIT || 4 * t->fresh > t->rows) fc_tracker_fit(t);
}

static void fc_count_error(double *bin, double v)
{
    const double place = fc_clamp((v + 1.0) * (FC_BINS / 2), 0.0, FC_BINS - 1.0);
    const int at = (int)place;
    int i;

    bin[at] += 1.0;
    if (bin[at] < FC_BIN_FULL) return;
    for (i = 0; i < FC_BINS; i++) bin[i] *= 0.5;
}

/* The error e as far as it may teach. The fourth in a row beyond the limit is whole; side is then the sum of their
 * signs, and +-4 says that the series has stepped. */
static double fc_tracker_cut(psc_tracker *t, double e, double sigma)
{
    const double limit = t->cuts > 0 ? t->limit : FC_CUT * sigma;

    if (fabs(e) <= limit || !(sigma > 0.0) || t->rows < FC_WARM) {
        t->cuts = t->side = 0;
        return e;
    }
    t->limit = limit;
    t->side += e > 0.0 ? 1 : -1;
    if (++t->cuts <= FC_CUTS) return e > 0.0 ? limit : -limit;
    t->cuts = 0;
    return e;
}

/* The series has moved as a whole, by e: the offset takes that, and the level comes to rest where the series is. */
static void fc_tracker_step(psc_tracker *t, double z, double e)
{
    t->offset = fc_clamp(t->offset + e, -FC_WIDE, FC_WIDE);
    t->level = t->last = fc_clamp(z - t->offset, -FC_WIDE, FC_WIDE);
    if (z > t->most) t->most = z;
    if (z < t->least) t->least = z;
}

/* Makes z the last value. */
static void fc_tracker_move(psc_tracker *t, double z)
{
    t->level += fc_gain(t->alpha, t->seen) * (t->last - t->level);
    t->last = z;
}

/* Learns from the value z, of which the forecast was made, and the terms x behind it. */
static void fc_tracker_learn(psc_tracker *t, double z, double forecast, const fc_terms *x)
{
    const double sigma = sqrt(t->variance), error = z - forecast, e = fc_tracker_cut(t, error, sigma);
    const double taken = e == error ? z : forecast + e, next = fc_clamp(taken - t->offset, -FC_WIDE, FC_WIDE);
    const int step = t->side > FC_CUTS || t->side < -FC_CUTS;

    if (t->cuts == 0) t->side = 0;
    if (sigma > 0.0) fc_count_error(t->bin, error / (2.0 * sigma + fabs(error)));
    if (t->time >= t->period2) fc_drift_observe(&t->drift, error);
    if (step) {
        fc_tracker_step(t, z, error);
        return;
    }
    t->variance += fc_gain(FC_SLOW, t->rows + 1) * (e * e - t->variance);
    fc_tracker_row(t, x, next - t->last);
    fc_tracker_move(t, next);
    if (z > t->most) t->most = fc_clamp(taken, t->most, z);
    if (z < t->least) t->least = fc_clamp(taken, z, t->least);
}

/* Takes the last value into the seasons, and goes on to their next terms. A missing value changes no term that is
 * known. */
static void fc_tracker_turn(psc_tracker *t, int missing)
{
    const int known1 = t->time >= t->period1, known2 = t->time >= t->period2;
    double *now1 = fc_season1(t) + t->phase1, *now2 = fc_season2(t) + t->phase2;

    t->before1 = t->before2 = t->last;
    if (t->period1 > 0) {
        if (known1) t->before1 = *now1;
        if (!known1 || !missing) *now1 = t->last;
        if (++t->phase1 == t->period1) t->phase1 = 0;
    }
    if (t->period2 > 0) {
        if (known2) t->before2 = *now2;
        if (!known2) *now2 = t->last;
        else if (!missing) *now2 += fc_gain(t->gamma, t->cycles + 1) * (t->last - *now2);
        if (++t->phase2 == t->period2) {
            t->phase2 = 0;
            psc__count(&t->cycles);
        }
    }
    psc__count(&t->time);
    if (t->time == t->period1 || t->time == t->period2) fc_tracker_restart(t);
}

/* Holds the forecast of 4^(j+1) steps that falls due now against z. */
static void fc_tracker_score(psc_tracker *t, int j, double z)
{
    const double e = z - t->pending[j], sigma = sqrt(t->variance), limit = FC_LEAD_CUT * fc_max(t->spread[j], sigma);

    if (psc__nan(&e) || !(sigma > 0.0)) return;
    psc__count(&t->scored[j]);
    t->spread[j] += fc_gain(1.0 / FC_MEMORY, t->scored[j])
                    * (fc_clamp(e * e / sigma, 0.0, fc_clamp(limit, 0.0, FC_FAR)) - t->spread[j]);
}

/* Forecasts of 4, 16, 64 steps, each made where time is a multiple of its lead; z: the value now, NaN: missing. */
static void fc_tracker_leads(psc_tracker *t, double z)
{
    const uint64_t time = (uint64_t)t->time;
    fc_walk w;
    int j;

    if (time % 4 != 0) return;
    fc_walk_begin(t, &w);
    for (j = 0; j < FC_LEADS && time % (UINT64_C(4) << 2 * j) == 0; j++) {
        fc_tracker_score(t, j, z);
        t->pending[j] = fc_walk_on(t, &w, j ? (size_t)3 << 2 * j : 4);
    }
}

static void fc_tracker_take(psc_tracker *t, double y)
{
    const int missing = psc__nan(&y);
    double z, forecast;
    fc_terms x;

    if (missing && t->seen == 0) return;
    if (y < 0.0 && !t->linear) fc_tracker_straighten(t);
    z = t->linear ? y : sqrt(y);
    if (t->seen == 0) t->last = t->level = t->before1 = t->before2 = t->least = t->most = z;
    forecast = fc_tracker_terms(t, &x);
    if (missing) fc_tracker_move(t, forecast - t->offset);
    else if (t->seen > 0) fc_tracker_learn(t, z, forecast, &x);
    if (!missing) psc__count(&t->seen);
    fc_tracker_turn(t, missing);
    fc_tracker_leads(t, z);
}

psc_status psc_tracker_observe(psc_tracker *tracker, double y)
{
    psc_status status = fc_tracker(tracker);

    if (status == PSC_OK) status = fc_value(y);
    if (status == PSC_OK) fc_tracker_take(tracker, y);
    return status;
}

/* Variances at the leads 1, 4, 16, 64: what was measured, and FC_ASSUMED errors of what a first-order autoregression
 * has: sigma^2 (1 + a^2 + a^4 + ...), as many summands as steps. */
static void fc_tracker_variances(const psc_tracker *t, double *variance)
{
    const double *k = t->weight, own = 1.0 - (k[0] + (k[1] + k[2]) + (k[3] + k[4])), sigma = sqrt(t->variance);
    double assumed = t->seen > 1 ? t->variance : 0.0, power = fc_clamp(own * own, 0.0, 1.0);
    int j;

    variance[0] = assumed;
    for (j = 0; j < FC_LEADS; j++) {
        const double n = (double)t->scored[j];
        assumed *= (1.0 + power) * (1.0 + power * power);
        power *= power * power * power;
        variance[j + 1] = (n * t->spread[j] * sigma + FC_ASSUMED * assumed) / (n + FC_ASSUMED);
    }
}

/* At any lead: linear between these; beyond the last with the slope before it, if that is not negative. The slope of
 * denormals may be rounded to more than their fall. */
static double fc_variance_at(const double *variance, size_t h)
{
    double lead, slope;
    int j = 0;

    while (j < FC_LEADS - 1 && h >= (size_t)4 << 2 * j) j++;
    lead = (double)((size_t)1 << 2 * j);
    slope = (variance[j + 1] - variance[j]) / (3.0 * lead);
    if (h >= (size_t)4 << 2 * j) return variance[j + 1] + fc_max(slope, 0.0) * ((double)h - 4.0 * lead);
    return fc_max(variance[j] + slope * ((double)h - lead), 0.0);
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

/* z as a forecast that a caller gets. */
static double fc_tracker_told(const psc_tracker *t, double z)
{
    return fc_clamp(fc_tracker_value(t, z), t->lower, t->upper);
}

psc_status psc_tracker_predict(const psc_tracker *tracker, size_t h, const double *level, size_t levels,
                               double *point, double *quantile)
{
    psc_status status = fc_tracker(tracker);
    double variance[FC_LEADS + 1];
    fc_walk w;
    size_t i, j;

    if (status == PSC_OK) status = fc_levels(h, PSC_MAX_HORIZON, level, levels);
    if (status != PSC_OK) return status;
    fc_tracker_variances(tracker, variance);
    fc_walk_begin(tracker, &w);
    for (i = 0; i < h; i++) {
        const double z = fc_walk_on(tracker, &w, 1), sigma = sqrt(fc_variance_at(variance, i + 1));
        if (point) point[i] = fc_tracker_told(tracker, z);
        for (j = 0; quantile && j < levels; j++)
            quantile[i * levels + j] = fc_tracker_told(tracker, z + sigma * fc_shape_quantile(tracker->bin, level[j]));
    }
    return PSC_OK;
}

psc_status psc_tracker_drift(const psc_tracker *tracker, psc_drift *drift)
{
    psc_status status = fc_tracker(tracker);

    if (status == PSC_OK && !drift) status = PSC_ERR_NULL;
    if (status == PSC_OK) fc_drift_tell(&tracker->drift, drift);
    return status;
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
    size_t i;

    if (status != PSC_OK || count == 0) return status;
    if (!block || !out) return PSC_ERR_NULL;
    status = fc_trackers(block, count);
    if (status != PSC_OK) return status;
    for (i = 0; i < count; i++) {
        const psc_tracker *t = fc_tracker_at(block, i);
        double variance[FC_LEADS + 1], z;
        fc_walk w;
        fc_tracker_variances(t, variance);
        fc_walk_begin(t, &w);
        z = fc_walk_on(t, &w, h);
        out[i] = fc_tracker_told(t, z + sqrt(fc_variance_at(variance, h)) * fc_shape_quantile(t->bin, level));
    }
    return PSC_OK;
}

/* ==== Series and transform ==================================================================== */

#define FC_EXP_RANGE 700.0  /* logarithms are cut here: their exponentials are doubles */

void psc_series_default(psc_series *series)
{
    if (!series) return;
    memset(series, 0, sizeof *series);
    series->struct_size = (uint32_t)sizeof *series;
    series->lower = series->upper = fc_double(FC_EXPONENT | 1);
}

static psc_status fc_series_check(const psc_series *s)
{
    int i;

    if (!s) return PSC_ERR_NULL;
    if (s->struct_size != sizeof *s) return PSC_ERR_VERSION;
    if (s->periods < 0 || s->periods > PSC_MAX_PERIODS || s->n > (size_t)1 << 31) return PSC_ERR_RANGE;
    if (s->regressors < 0 || s->regressors > PSC_MAX_REGRESSORS) return PSC_ERR_RANGE;
    if ((s->n > 0 && !s->value) || (s->periods > 0 && !s->period) || (s->regressors > 0 && !s->regressor))
        return PSC_ERR_NULL;
    for (i = 0; i < s->periods; i++)
        if (s->period[i] < 1 || s->period[i] > PSC_MAX_PERIOD) return PSC_ERR_RANGE;
    return fc_bounds(s->lower, s->upper) ? PSC_OK : PSC_ERR_RANGE;
}

/* What the values say before any is changed. */
typedef struct fc_values {
    size_t present;
    double least, most, least_positive;     /* 0 without such a value */
} fc_values;

static psc_status fc_values_read(const double *value, size_t n, fc_values *v)
{
    size_t i;

    memset(v, 0, sizeof *v);
    for (i = 0; i < n; i++) {
        const double y = value[i];
        psc_status status = fc_value(y);
        if (status != PSC_OK) return status;
        if (psc__nan(&y)) continue;
        if (v->present == 0 || y < v->least) v->least = y;
        if (v->present == 0 || y > v->most) v->most = y;
        if (y > 0.0 && (v->least_positive == 0.0 || y < v->least_positive)) v->least_positive = y;
        v->present++;
    }
    return PSC_OK;
}

static int fc_log_possible(const fc_values *v)
{
    return v->least >= 0.0 && v->most > 0.0;
}

/* What is added to the values before their logarithm is taken. */
static double fc_log_shift(const fc_values *v)
{
    return v->least == 0.0 ? v->least_positive : 0.0;
}

/* Whether a value is told better by its neighbours and a period of m than by its neighbours alone: mean size of the
 * error of (x[t-1] + x[t+1]) / 2, of the values and of their seasonal differences. */
static int fc_fill_seasonal(const double *value, size_t n, size_t m)
{
    double plain = 0.0, seasonal = 0.0;
    size_t t;

    for (t = m + 1; m > 0 && t + 1 < n; t++) {
        const double e = value[t] - 0.5 * (value[t - 1] + value[t + 1]);
        const double back = value[t - m] - 0.5 * (value[t - m - 1] + value[t - m + 1]), d = e - back;
        if (psc__nan(&d)) continue;
        plain += fabs(e);
        seasonal += fabs(d);
    }
    return seasonal <= plain;
}

#define FC_OUTLIER 8.0      /* median steps */

/* How far x[t], less base[1], stands out beyond both of its neighbours, less theirs; 0 if it lies between them. */
static double fc_spike(const double *x, const double *base)
{
    const double left = (x[0] - base[1]) - (x[-1] - base[0]), right = (x[0] - base[1]) - (x[1] - base[2]);

    if (!(left * right > 0.0)) return 0.0;
    return fabs(left) < fabs(right) ? left : right;
}

/* How far x[t] stands out, plainly or, if that is less, from a period m before, or after where there is none before. */
static double fc_outlier(const double *x, size_t n, size_t t, size_t m)
{
    static const double none[3] = {0.0, 0.0, 0.0};
    const double plain = fc_spike(x + t, none);
    double seasonal;

    if (m == 0 || (t < m + 1 && t + m + 1 >= n)) return plain;
    seasonal = fc_spike(x + t, t > m ? x + (t - m - 1) : x + (t + m - 1));
    return fabs(seasonal) < fabs(plain) ? seasonal : plain;
}

/* Takes off outliers what they stand out beyond FC_OUTLIER median steps; what comes in every period is none, nor is the
 * last value, which may be a new level. Returns how many. work[n]. */
static size_t fc_outliers_cut(double *x, size_t n, size_t m, double *work)
{
    size_t t, cut = 0;
    double limit;

    if (n < 3) return 0;
    for (t = 1; t < n; t++) work[t - 1] = fabs(x[t] - x[t - 1]);
    psc__sort(work, n - 1);
    limit = FC_OUTLIER * psc__quantile(work, n - 1, 0.5);
    for (t = 1; t + 1 < n && limit > 0.0; t++) {
        const double d = fc_outlier(x, n, t, m);
        if (fabs(d) <= limit) continue;
        x[t] -= d > 0.0 ? d - limit : d + limit;
        cut++;
    }
    return cut;
}

/* What a gap is filled relative to: 0, or the value one period before. */
static double fc_fill_base(const double *x, size_t t, size_t m)
{
    return m > 0 ? x[t - m] : 0.0;
}

/* Fills the gap x[from..to), whose neighbours are known where they exist, with what they are over the base, in a
 * straight line from one to the other, within the range seen. A gap of a period or more keeps what is on its left. */
static void fc_fill_gap(double *x, const double *value, size_t n, size_t from, size_t to, size_t m, double least,
                        double most)
{
    double left = 0.0, right = 0.0;
    size_t t;

    if (from < m) m = 0;
    if (to < n && (m == 0 || to - from < m)) right = value[to] - fc_fill_base(x, to, m);
    left = from > m ? x[from - 1] - fc_fill_base(x, from - 1, m) : right;
    if (to == n || (m > 0 && to - from >= m)) right = left;
    for (t = from; t < to; t++)
        x[t] = fc_clamp(fc_fill_base(x, t, m) + left
                            + (right - left) * (double)(t - from + 1) / (double)(to - from + 1),
                        least, most);
}

/* x[0..n) = the values with their gaps filled, within least..most; 0 if there is no value. m: first period that fits,
 * or 0. x may be value. */
static void fc_fill(double *x, const double *value, size_t n, size_t m, double least, double most)
{
    size_t t, to;

    if (m > 0 && !fc_fill_seasonal(value, n, m)) m = 0;
    for (t = 0; t < n; t = to) {
        for (to = t; to < n && psc__nan(&value[to]); to++) continue;
        if (to > t) fc_fill_gap(x, value, n, t, to, m, least, most);
        if (to == n) break;
        x[to] = value[to];
        to++;
    }
}

/* ==== Models ================================================================================== */

/* What a model is fitted to. */
typedef struct fc_task {
    const double *y;            /* [n] filled and transformed; finite, at most FC_FAR in size */
    size_t   n;                 /* >= 1 */
    int32_t  periods;
    int32_t  horizon;           /* longest path that will be asked for */
    int32_t  period[PSC_MAX_PERIODS];       /* each > 1 and fitting n, rising */
    int32_t  regressors;                    /* K */
    int32_t  share, cut;                    /* 1: products serve this task; which of their cuts is n */
    int32_t  take_log;                      /* 1: y is log(value + shift) - center; else both are 0 */
    const double *regressor;    /* [(n + horizon) * K], row t belongs to y[t]; or NULL */
    const void *options;        /* the model's own */
    const struct fc_products *products;     /* shared sums over y for the seasonal AR, or NULL */
    double   low, high, margin; /* a path stays within low..high; a value seen lies at least margin inside */
    double   shift, center;
} fc_task;

/* A model is a table of functions over a room: a block of 8-byte words without pointers, that memcpy may move. After
 * the fit the state stands at the end of the sample; rewind (with the task), observe and path need the room alone. */
typedef struct fc_model {
    size_t (*words)(const fc_task *task);               /* of the room, from sizes and options only; 0: too large */
    int    (*begin)(const fc_task *task, void *room);   /* 0: this model is not for this series */
    int    (*step)(const fc_task *task, void *room);    /* one unit of the fit; 1: there is more */
    size_t (*rewind)(const fc_task *task, void *room);  /* to before y[t0], parameters kept; returns t0 */
    void   (*observe)(void *room, double y);
    void   (*path)(const void *room, size_t h, double *out);
    size_t (*parameters)(const void *room, double *out);    /* out may be NULL */
} fc_model;

/* ==== Sums of products ======================================================================== */

/* Least squares on lagged values needs G[a][b](T) = sum over t in start..T-1 of x[t-a] x[t-b] for all pairs of
 * lags. With both lags one larger the sum is the same but for its two ends, so only pairs whose predecessors are
 * not both in the list cost a pass over the values. A pass passes all cuts T on its way: one set of products serves
 * the final fit, the backtests that end at earlier cuts, and every model whose lags are among these. */

#define FC_CUTS_MOST 8          /* cuts of one set */
#define FC_PASS 65536           /* multiplications of a unit, about 50 microseconds, unless one pair needs more */

/* lag[lags] (rising, the first is 0), sum[cuts * lags] and product[cuts * lags * lags] follow. */
typedef struct fc_products {
    int64_t lags, start, cuts, row, column;     /* row, column: the next pair */
    int64_t cut[FC_CUTS_MOST];
    double  center;             /* what was taken off the values */
} fc_products;

static int64_t *fc_products_lag(const fc_products *p)
{
    return (int64_t *)(uintptr_t)(p + 1);
}

static double *fc_products_sum(const fc_products *p, int64_t cut)
{
    return (double *)(fc_products_lag(p) + p->lags) + cut * p->lags;
}

static double *fc_products_of(const fc_products *p, int64_t cut)
{
    return fc_products_sum(p, p->cuts) + cut * p->lags * p->lags;
}

static size_t fc_products_words(size_t lags, size_t cuts)
{
    return sizeof(fc_products) / 8 + lags + cuts * lags * (lags + 1);
}

/* A set with the lag 0 alone and no cut. */
static void fc_products_begin(fc_products *p, int64_t start, double center)
{
    memset(p, 0, sizeof *p);
    p->start = start;
    p->center = center;
    p->lags = 1;
    fc_products_lag(p)[0] = 0;
}

/* Adds a lag in its place, once. */
static void fc_products_add(fc_products *p, int64_t k)
{
    int64_t *lag = fc_products_lag(p);
    int64_t i = p->lags;

    while (i > 0 && lag[i - 1] > k) i--;
    if (i > 0 && lag[i - 1] == k) return;
    memmove(lag + i + 1, lag + i, (size_t)(p->lags - i) * sizeof *lag);
    lag[i] = k;
    p->lags++;
}

static int fc_products_follows(const int64_t *lag, int64_t i, int64_t j)
{
    return i > 0 && lag[i - 1] == lag[i] - 1 && lag[j - 1] == lag[j] - 1;
}

/* The sums of up to four pairs (i, j[0..count)) side by side: four chains of additions in flight, each in its order. */
static void fc_products_pass(fc_products *p, const double *x, int64_t i, const int64_t *j, int count)
{
    const int64_t *lag = fc_products_lag(p);
    const double *a = x - lag[i], *b[4];
    double s[4] = {0.0, 0.0, 0.0, 0.0};
    int64_t t = p->start, c;
    int q;

    for (q = 0; q < 4; q++) b[q] = x - lag[j[q < count ? q : 0]];
    for (c = 0; c < p->cuts; c++) {
        for (; t < p->cut[c]; t++) {
            s[0] += a[t] * b[0][t];
            s[1] += a[t] * b[1][t];
            s[2] += a[t] * b[2][t];
            s[3] += a[t] * b[3][t];
        }
        for (q = 0; q < count; q++) fc_products_of(p, c)[j[q] * p->lags + i] = s[q];
    }
}

static void fc_products_sums(fc_products *p, const double *x)
{
    const int64_t *lag = fc_products_lag(p);
    int64_t i, c, t;

    for (i = 0; i < p->lags; i++) {
        double s = 0.0;
        for (t = p->start, c = 0; c < p->cuts; c++) {
            for (; t < p->cut[c]; t++) s += x[t - lag[i]];
            fc_products_sum(p, c)[i] = s;
        }
    }
}

/* The pairs that follow from their predecessors. */
static void fc_products_follow(fc_products *p, const double *x)
{
    const int64_t *lag = fc_products_lag(p);
    int64_t i, j, c;

    for (c = 0; c < p->cuts; c++) {
        double *g = fc_products_of(p, c);
        const double *first = x + p->start - 1, *last = x + p->cut[c] - 1;
        for (j = 1; j < p->lags; j++)
            for (i = 1; i <= j; i++)
                if (fc_products_follows(lag, i, j))
                    g[j * p->lags + i] = g[(j - 1) * p->lags + i - 1] + first[-lag[i - 1]] * first[-lag[j - 1]]
                                         - last[-lag[i - 1]] * last[-lag[j - 1]];
    }
}

/* One unit: pairs enough for FC_PASS multiplications. 1: there is more. Cuts rise; start >= the largest lag. */
static int fc_products_step(fc_products *p, const double *x)
{
    const int64_t rows = p->cut[p->cuts - 1] - p->start + 1;
    int64_t left = FC_PASS / rows, pending[4];
    int count = 0;

    for (; p->row < p->lags; p->row++, p->column = p->row) {
        for (; p->column < p->lags; p->column++) {
            if (fc_products_follows(fc_products_lag(p), p->row, p->column)) continue;
            pending[count++] = p->column;
            if (count < 4) continue;
            fc_products_pass(p, x, p->row, pending, count);
            count = 0;
            left -= 4;
            if (left <= 0) {
                p->column++;
                return 1;
            }
        }
        if (count > 0) fc_products_pass(p, x, p->row, pending, count);
        count = 0;
    }
    fc_products_sums(p, x);
    fc_products_follow(p, x);
    return 0;
}

static int64_t fc_products_find(const fc_products *p, int64_t k)
{
    const int64_t *lag = fc_products_lag(p);
    int64_t low = 0, high = p->lags - 1;

    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (lag[middle] < k) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Normal equations of x[t] = c + sum a[i] x[t - lag[i]] at a cut, c taken out: lower triangle of gram, right side. mean
 * [terms + 1]: of x[t - lag[i]] and, last, of x[t]. Returns the number of rows. */
static double fc_products_normal(const fc_products *p, int64_t cut, const int64_t *lag, int64_t terms, double *gram,
                                 double *right, double *mean)
{
    const double *g = fc_products_of(p, cut), *sum = fc_products_sum(p, cut);
    const double rows = (double)(p->cut[cut] - p->start);
    int64_t i, j;

    mean[terms] = sum[0] / rows;
    for (i = 0; i < terms; i++) {
        const int64_t u = fc_products_find(p, lag[i]);
        mean[i] = sum[u] / rows;
        right[i] = g[u * p->lags] - rows * mean[i] * mean[terms];
        for (j = 0; j <= i; j++) {
            const int64_t v = fc_products_find(p, lag[j]);
            gram[i * terms + j] = (u > v ? g[u * p->lags + v] : g[v * p->lags + u]) - rows * mean[i] * mean[j];
        }
    }
    return rows;
}

/* ==== Seasonal autoregression ================================================================= */

/* x[t] = c + sum a[i] x[t - lag[i]], lags 1..L and those around each season, by least squares with a ridge penalty;
 * x is the value, its difference, or what a profile leaves of it (form). The profile of a season is, slot by slot,
 * the mean of what the values are above a centred moving average of the season's length; the next, longer season
 * sees what the shorter ones left. A path is iterated; each value is cut to low..high before it is fed back. */

#define FC_SAR_SPAN 1           /* lags m - 1, m, m + 1 of a season m */

/* Then come coefficient[terms], lag[terms], history[2 * longest], profile[of each period], and what only the fit needs:
 * gram[terms^2], mean[terms + 1] and, unless the task shares its products, inner[n] and products. */
typedef struct fc_sar {
    int64_t form, terms, longest, at;           /* at: end of the newest values in history */
    int64_t periods, period[PSC_MAX_PERIODS], phase[PSC_MAX_PERIODS];      /* of the profiles */
    int64_t shared, first, n;   /* the window: n values from y[first] on */
    double  center, intercept, last, low, high, margin;
} fc_sar;

static void fc_sar_options_default(psc_sar_options *o)
{
    o->lags = 3;
    o->seasonal = 1;
    o->form = PSC_SAR_LEVEL;
    o->window = 0;
    o->ridge = 1e-4;
}

static int fc_sar_options_valid(const psc_sar_options *o)
{
    return o->lags >= 1 && o->lags <= PSC_MAX_LAGS && (o->seasonal == 0 || o->seasonal == 1) && o->form >= PSC_SAR_LEVEL
           && o->form <= PSC_SAR_PROFILE && o->window >= 0 && o->window != 1 && psc__within(o->ridge, 1e-12, 1.0);
}

static const psc_sar_options *fc_sar_options(const fc_task *task)
{
    return (const psc_sar_options *)task->options;
}

/* A season must be seen once and a half. */
static int fc_season_fits(int64_t period, size_t n)
{
    return period > 1 && (size_t)period + 1 <= n - n / 3;
}

/* The least lag above `after` of a fit to n values, 0: none. */
static int64_t fc_sar_next(const fc_task *task, size_t n, int64_t after)
{
    const psc_sar_options *o = fc_sar_options(task);
    int64_t next = 0, k;
    int i;

    if (after < o->lags) return after + 1;
    for (i = 0; i < task->periods && o->seasonal; i++) {
        if (!fc_season_fits(task->period[i], n)) continue;
        for (k = task->period[i] - FC_SAR_SPAN; k <= task->period[i] + FC_SAR_SPAN; k++)
            if (k > after && (next == 0 || k < next)) next = k;
    }
    return next;
}

/* How many lags; *longest: the largest. */
static int64_t fc_sar_lags(const fc_task *task, size_t n, int64_t *longest)
{
    int64_t terms = 0, k;

    *longest = 0;
    for (k = fc_sar_next(task, n, 0); k > 0; k = fc_sar_next(task, n, k)) {
        *longest = k;
        terms++;
    }
    return terms;
}

/* Sizes of a room: everything that its layout follows from. */
static void fc_sar_measure(const fc_task *task, fc_sar *s)
{
    const psc_sar_options *o = fc_sar_options(task);
    int i;

    memset(s, 0, sizeof *s);
    s->form = o->form;
    s->n = (int64_t)(o->window > 0 && (size_t)o->window < task->n ? (size_t)o->window : task->n);
    s->first = (int64_t)task->n - s->n;
    s->shared = task->share && s->first == 0 && s->form != PSC_SAR_PROFILE;
    s->terms = fc_sar_lags(task, (size_t)s->n, &s->longest);
    for (i = 0; i < task->periods && s->form == PSC_SAR_PROFILE; i++)
        if (2 * task->period[i] <= s->n) s->period[s->periods++] = task->period[i];
}

static double *fc_sar_coefficient(const fc_sar *s)
{
    return (double *)(uintptr_t)(s + 1);
}

static int64_t *fc_sar_lag(const fc_sar *s)
{
    return (int64_t *)(fc_sar_coefficient(s) + s->terms);
}

static double *fc_sar_history(const fc_sar *s)
{
    return fc_sar_coefficient(s) + 2 * s->terms;
}

static double *fc_sar_profile(const fc_sar *s, int64_t i)
{
    double *at = fc_sar_history(s) + 2 * s->longest;
    int64_t k;

    for (k = 0; k < i; k++) at += s->period[k];
    return at;
}

static double *fc_sar_gram(const fc_sar *s)
{
    return fc_sar_profile(s, s->periods);
}

static double *fc_sar_mean(const fc_sar *s)
{
    return fc_sar_gram(s) + s->terms * s->terms;
}

static double *fc_sar_inner(const fc_sar *s)
{
    return fc_sar_mean(s) + s->terms + 1;
}

static fc_products *fc_sar_products(const fc_sar *s)
{
    return (fc_products *)(fc_sar_inner(s) + s->n);
}

static size_t fc_sar_words(const fc_task *task)
{
    size_t total = sizeof(fc_sar) / 8, terms;
    fc_sar s;
    int i;

    fc_sar_measure(task, &s);
    terms = (size_t)s.terms;
    total += 2 * terms + 2 * (size_t)s.longest + terms * terms + terms + 1;
    for (i = 0; i < s.periods; i++) total += (size_t)s.period[i];
    return total + (s.shared ? 0 : (size_t)s.n + fc_products_words(terms + 1, 1));
}

/* profile[m] of x[0..n), taken off x. */
static void fc_profile_take(double *x, int64_t n, int64_t m, double *profile)
{
    double sum = 0.0, mean = 0.0;
    int64_t t, from = 0, i;

    memset(profile, 0, (size_t)m * sizeof *profile);
    for (t = 0; t < m; t++) sum += x[t];
    for (t = 0; t < n; t++) {                   /* sum: of x[from..from + m), the window centred on t within 0..n */
        profile[t % m] += x[t] - sum / (double)m;
        if (t >= m / 2 && from + m < n) {
            sum += x[from + m] - x[from];
            from++;
        }
    }
    for (i = 0; i < m; i++) {
        profile[i] /= (double)((n - i + m - 1) / m);
        mean += profile[i] / (double)m;
    }
    for (i = 0; i < m; i++) profile[i] -= mean;
    for (t = 0; t < n; t++) x[t] -= profile[t % m];
}

/* What the profiles add at `ahead` steps after the newest value. */
static double fc_sar_season(const fc_sar *s, int64_t ahead)
{
    double sum = 0.0;
    int64_t i;

    for (i = 0; i < s->periods; i++) sum += fc_sar_profile(s, i)[(s->phase[i] + ahead - 1) % s->period[i]];
    return sum;
}

/* The inner series of the window, centred. Returns the index in y of its first value. */
static void fc_sar_inside(const fc_task *task, fc_sar *s)
{
    const double *y = task->y + s->first;
    double *x = fc_sar_inner(s), sum = 0.0;
    int64_t t, i;

    memcpy(x, y, (size_t)s->n * sizeof *x);
    for (i = 0; i < s->periods; i++) fc_profile_take(x, s->n, s->period[i], fc_sar_profile(s, i));
    for (t = s->n - 1; t > 0 && s->form == PSC_SAR_DIFFERENCE; t--) x[t] -= x[t - 1];
    if (s->form == PSC_SAR_DIFFERENCE) x[0] = 0.0;
    for (t = 0; t < s->n; t++) sum += x[t];
    s->center = s->form == PSC_SAR_DIFFERENCE ? 0.0 : sum / (double)s->n;
    for (t = 0; t < s->n; t++) x[t] -= s->center;
}

static int fc_sar_begin(const fc_task *task, void *room)
{
    fc_sar *s = (fc_sar *)room;
    fc_products *p;
    int64_t i, k, rows;

    fc_sar_measure(task, s);
    for (i = 0, k = 0; i < s->terms; i++) fc_sar_lag(s)[i] = k = fc_sar_next(task, (size_t)s->n, k);
    rows = s->shared ? s->n - task->products->start : s->n - s->longest - (s->form == PSC_SAR_DIFFERENCE);
    if (rows < 2 * s->terms) return 0;
    s->low = task->low;
    s->high = task->high;
    s->margin = task->margin;
    if (s->shared) {
        s->center = task->products->center;
        return 1;
    }
    fc_sar_inside(task, s);
    p = fc_sar_products(s);
    fc_products_begin(p, s->longest + (s->form == PSC_SAR_DIFFERENCE), s->center);
    for (i = 0; i < s->terms; i++) fc_products_add(p, fc_sar_lag(s)[i]);
    p->cut[p->cuts++] = s->n;
    return 1;
}

/* Slot of y[t] in a profile; t may lie before the window. */
static int64_t fc_sar_slot(const fc_sar *s, int64_t i, int64_t t)
{
    const int64_t m = s->period[i], k = (t - s->first) % m;
    return k < 0 ? k + m : k;
}

/* The inner value of y[t]; t >= 1 for differences. */
static double fc_sar_value(const fc_task *task, const fc_sar *s, int64_t t)
{
    double x = task->y[t] - s->center;
    int64_t i;

    if (s->form == PSC_SAR_DIFFERENCE) x -= task->y[t - 1];
    for (i = 0; i < s->periods; i++) x -= fc_sar_profile(s, i)[fc_sar_slot(s, i, t)];
    return x;
}

/* The state as it stood before y[t]. */
static void fc_sar_stand(const fc_task *task, fc_sar *s, int64_t t)
{
    double *history = fc_sar_history(s);
    int64_t k, i;

    for (k = 0; k < s->longest; k++) history[k] = fc_sar_value(task, s, t - s->longest + k);
    s->at = s->longest;
    s->last = task->y[t - 1];
    for (i = 0; i < s->periods; i++) s->phase[i] = fc_sar_slot(s, i, t);
}

static size_t fc_sar_rewind(const fc_task *task, void *room)
{
    fc_sar *s = (fc_sar *)room;
    const int64_t t = s->longest + (s->form == PSC_SAR_DIFFERENCE);

    fc_sar_stand(task, s, t);
    return (size_t)t;
}

static void fc_sar_solve(const fc_task *task, fc_sar *s)
{
    const fc_products *p = s->shared ? task->products : fc_sar_products(s);
    double *a = fc_sar_coefficient(s), *mean = fc_sar_mean(s);
    int64_t i;

    (void)fc_products_normal(p, s->shared ? task->cut : 0, fc_sar_lag(s), s->terms, fc_sar_gram(s), a, mean);
    psc__solve(fc_sar_gram(s), a, (size_t)s->terms, fc_sar_options(task)->ridge);
    s->intercept = mean[s->terms];
    for (i = 0; i < s->terms; i++) s->intercept -= a[i] * mean[i];
}

static int fc_sar_step(const fc_task *task, void *room)
{
    fc_sar *s = (fc_sar *)room;

    if (!s->shared && fc_products_step(fc_sar_products(s), fc_sar_inner(s))) return 1;
    fc_sar_solve(task, s);
    fc_sar_stand(task, s, (int64_t)task->n);
    return 0;
}

/* A value outside low..high widens it, so that a level never seen can be forecast. */
static void fc_sar_observe(void *room, double y)
{
    fc_sar *s = (fc_sar *)room;
    double *history = fc_sar_history(s);
    int64_t i;

    if (s->longest > 0) {
        if (s->at == 2 * s->longest) {
            memmove(history, history + s->longest, (size_t)s->longest * sizeof *history);
            s->at = s->longest;
        }
        history[s->at++] = y - s->center - (s->form == PSC_SAR_DIFFERENCE ? s->last : fc_sar_season(s, 1));
    }
    for (i = 0; i < s->periods; i++) s->phase[i] = s->phase[i] + 1 == s->period[i] ? 0 : s->phase[i] + 1;
    s->last = y;
    if (y - s->margin < s->low) s->low = y - s->margin;
    if (y + s->margin > s->high) s->high = y + s->margin;
}

/* sum of a[i] x[-lag[i]], i in 0..n-1, in two chains. */
static double fc_sar_sum(const double *a, const int64_t *lag, int64_t n, const double *x)
{
    double even = 0.0, odd = 0.0;
    int64_t i;

    for (i = 0; i + 1 < n; i += 2) {
        even += a[i] * x[-lag[i]];
        odd += a[i + 1] * x[-lag[i + 1]];
    }
    return even + odd + (i < n ? a[i] * x[-lag[i]] : 0.0);
}

/* First the inner path, in out; then the levels. */
static void fc_sar_path(const void *room, size_t h, double *out)
{
    const fc_sar *s = (const fc_sar *)room;
    const double *a = fc_sar_coefficient(s), *end = fc_sar_history(s) + s->at;
    const int64_t *lag = fc_sar_lag(s), steps = (int64_t)h;
    double last = s->last;
    int64_t k, near_ = 0;       /* lags that reach into the path */

    for (k = 0; k < steps; k++) {
        const double base = s->form == PSC_SAR_DIFFERENCE ? last : s->center + fc_sar_season(s, k + 1);
        while (near_ < s->terms && lag[near_] <= k) near_++;
        last = fc_clamp(base + s->intercept + fc_sar_sum(a, lag, near_, out + k)
                            + fc_sar_sum(a + near_, lag + near_, s->terms - near_, k < s->longest ? end + k : end),
                        s->low, s->high);
        out[k] = last - base;
    }
    last = s->last;
    for (k = 0; k < steps; k++)
        out[k] = last = out[k] + (s->form == PSC_SAR_DIFFERENCE ? last : s->center + fc_sar_season(s, k + 1));
}

/* Number of terms, intercept, then lag and coefficient of each. */
static size_t fc_sar_parameters(const void *room, double *out)
{
    const fc_sar *s = (const fc_sar *)room;
    int64_t i;

    for (i = 0; out && i < s->terms; i++) {
        out[2 + 2 * i] = (double)fc_sar_lag(s)[i];
        out[3 + 2 * i] = fc_sar_coefficient(s)[i];
    }
    if (out) {
        out[0] = (double)s->terms;
        out[1] = s->intercept;
    }
    return 2 + 2 * (size_t)s->terms;
}

static const fc_model fc_sar_model = {
    fc_sar_words, fc_sar_begin, fc_sar_step, fc_sar_rewind, fc_sar_observe, fc_sar_path, fc_sar_parameters
};

/* ==== Seasonal adjustment ===================================================================== */

/* The test of the M4 competition for one season, and the indices of the classical decomposition: formulas in
 * predscale.h. The autocorrelations of all lags come from one Fourier transform, so the cost does not grow with the
 * period. */

#define FC_SEASONAL 1.645       /* normal quantile of 0.95: the test errs in 10 % of series without a season  */
#define FC_RATIO_LEAST 1e-200   /* values below it count as 0: their ratios leave the doubles                  */

/* Length of the period that an option names; 0: there is none. */
static size_t fc_period_named(const fc_task *task, int32_t which)
{
    if (task->periods < 1) return 0;
    if (which < 0 || which >= task->periods) which = task->periods - 1;
    return (size_t)task->period[which];
}

static int fc_adjust_valid(int32_t which, int32_t rule)
{
    return which >= -1 && which < PSC_MAX_PERIODS && (rule == PSC_INDEX_AUTO || rule == PSC_INDEX_ADDITIVE);
}

/* Words of work for both functions below. */
static size_t fc_adjust_words(size_t n, size_t m)
{
    return 3 * fc_power2_above(n + m);
}

/* x = y less its mean, as the real parts of pair[2 size]; the sum of squares, 0 if there is only rounding left. */
static double fc_centred(const double *y, size_t n, double *pair, size_t size)
{
    double mean = 0.0, sum = 0.0, rounding;
    size_t t;

    memset(pair, 0, 2 * size * sizeof *pair);
    for (t = 0; t < n; t++) mean += y[t] / (double)n;
    for (t = 0; t < n; t++) {
        pair[2 * t] = y[t] - mean;
        sum += pair[2 * t] * pair[2 * t];
    }
    rounding = 4.0 * DBL_EPSILON * fabs(mean);
    return sum > (double)n * rounding * rounding ? sum : 0.0;
}

static int fc_seasonal(const double *y, size_t n, size_t m, double *work)
{
    const size_t size = fc_power2_above(n + m);
    double *wave = work + 2 * size, sum = 0.0, r;
    size_t k;

    if (m < 2 || n < 3 * m || !(fc_centred(y, n, work, size) > 0.0)) return 0;
    fc_fourier_waves(wave, size);
    fc_fourier_squares(work, wave, size);
    fc_fourier(work, wave, size);
    for (k = 1; k < m; k++) {
        r = work[2 * k] / work[0];
        sum += r * r;
    }
    r = work[2 * m] / work[0];
    return fabs(r) > FC_SEASONAL * sqrt((1.0 + 2.0 * sum) / (double)n);
}

/* index[i] of the season of y[i], y[i + m], ...; n >= 2 m. Returns 1: to multiply with, 0: to add. */
static int fc_seasonal_indices(const double *y, size_t n, size_t m, int32_t rule, double *index, double *work)
{
    double *trend = work, *count = work + n, mean = 0.0;
    size_t t, i;
    int scaled = rule == PSC_INDEX_AUTO;

    for (t = 0; t < n; t++)
        if (!(y[t] > FC_RATIO_LEAST)) scaled = 0;
    fc_moving_mean(y, n, m, trend, count);
    memset(index, 0, m * sizeof *index);
    memset(count, 0, m * sizeof *count);
    for (t = m / 2; t < n - m / 2; t++) {
        index[t % m] += scaled ? y[t] / trend[t] : y[t] - trend[t];
        count[t % m] += 1.0;
    }
    for (i = 0; i < m; i++) {
        index[i] /= count[i];
        mean += index[i] / (double)m;
    }
    for (i = 0; i < m; i++) index[i] = scaled ? index[i] / mean : index[i] - mean;
    return scaled;
}

static double fc_adjusted(double y, double index, int64_t scaled)
{
    return fc_clamp(scaled ? y / index : y - index, -FC_FAR, FC_FAR);
}

static double fc_unadjusted(double x, double index, int64_t scaled)
{
    return fc_clamp(scaled ? x * index : x + index, -FC_FAR, FC_FAR);
}

/* ==== Simple models =========================================================================== */

/* Formulas in predscale.h. index[m] follows: the last m values by phase (SEASONAL), or the indices (ADJUSTED; m is 1
 * and the index 0 where the series is not seasonal). Of a drift the slope is state, not a parameter: a replay of the
 * sample knows of no later value. Then the work of the fit. */
typedef struct fc_naive {
    int64_t kind, m, at;            /* at: phase of the next value */
    int64_t scaled, seen;
    double  first, last;
} fc_naive;

static void fc_naive_options_default(psc_naive_options *options)
{
    memset(options, 0, sizeof *options);
    options->kind = PSC_NAIVE_SEASONAL;
}

static int fc_naive_options_valid(const psc_naive_options *options)
{
    return options->kind >= PSC_NAIVE_ADJUSTED && options->kind <= PSC_NAIVE_SEASONAL
           && fc_adjust_valid(options->period, options->index);
}

static size_t fc_naive_period(const fc_task *task)
{
    const psc_naive_options *options = (const psc_naive_options *)task->options;
    const size_t m = fc_period_named(task, options->period);

    return m == 0 || options->kind == PSC_NAIVE_LAST || options->kind == PSC_NAIVE_DRIFT ? 1 : m;
}

static size_t fc_naive_words(const fc_task *task)
{
    const psc_naive_options *options = (const psc_naive_options *)task->options;
    const size_t m = fc_naive_period(task);

    if (task->n > FC_WORDS_MOST) return 0;
    if (options->kind != PSC_NAIVE_ADJUSTED || m == 1) return sizeof(fc_naive) / 8 + m;
    return sizeof(fc_naive) / 8 + m + fc_adjust_words(task->n, m);
}

static double *fc_naive_index(const fc_naive *room)
{
    return (double *)(uintptr_t)(room + 1);
}

static void fc_naive_observe(void *room, double y)
{
    fc_naive *s = (fc_naive *)room;

    if (s->seen == 0) s->first = y;
    s->last = y;
    if (s->kind == PSC_NAIVE_SEASONAL) fc_naive_index(s)[s->at] = y;
    if (++s->at == s->m) s->at = 0;
    psc__count(&s->seen);
}

static int fc_naive_begin(const fc_task *task, void *room)
{
    fc_naive *s = (fc_naive *)room;

    memset(s, 0, sizeof *s);
    s->kind = ((const psc_naive_options *)task->options)->kind;
    s->m = (int64_t)fc_naive_period(task);
    return (size_t)s->m <= task->n;
}

static size_t fc_naive_rewind(const fc_task *task, void *room)
{
    fc_naive *s = (fc_naive *)room;
    const size_t first = s->kind == PSC_NAIVE_SEASONAL ? (size_t)s->m : 1;
    size_t t;

    s->at = s->seen = 0;
    for (t = 0; t < first; t++) fc_naive_observe(s, task->y[t]);
    return first;
}

static int fc_naive_step(const fc_task *task, void *room)
{
    const int32_t rule = ((const psc_naive_options *)task->options)->index;
    fc_naive *s = (fc_naive *)room;
    double *index = fc_naive_index(s), *work = index + s->m;
    size_t t;

    if (s->kind == PSC_NAIVE_ADJUSTED && s->m > 1) {
        if (fc_seasonal(task->y, task->n, (size_t)s->m, work))
            s->scaled = fc_seasonal_indices(task->y, task->n, (size_t)s->m, rule, index, work);
        else
            s->m = 1;
    }
    if (s->m == 1) index[0] = 0.0;
    for (t = fc_naive_rewind(task, room); t < task->n; t++) fc_naive_observe(room, task->y[t]);
    return 0;
}

static void fc_naive_path(const void *room, size_t h, double *out)
{
    const fc_naive *s = (const fc_naive *)room;
    const double *index = fc_naive_index(s);
    const int drifts = s->kind == PSC_NAIVE_DRIFT && s->seen > 1;
    const double slope = drifts ? (s->last - s->first) / (double)(s->seen - 1) : 0.0;
    const double base = fc_adjusted(s->last, index[(s->at + s->m - 1) % s->m], s->scaled);
    size_t k;

    for (k = 0; k < h; k++) {
        const double season = index[((uint64_t)s->at + k) % (uint64_t)s->m];
        if (s->kind == PSC_NAIVE_SEASONAL) out[k] = season;
        else if (s->kind == PSC_NAIVE_ADJUSTED) out[k] = fc_unadjusted(base, season, s->scaled);
        else out[k] = fc_clamp(s->last + (double)(k + 1) * slope, -FC_FAR, FC_FAR);
    }
}

static size_t fc_naive_parameters(const void *room, double *out)
{
    const fc_naive *s = (const fc_naive *)room;

    if (s->kind == PSC_NAIVE_DRIFT) {
        if (out) out[0] = s->seen > 1 ? (s->last - s->first) / (double)(s->seen - 1) : 0.0;
        return 1;
    }
    if (s->kind != PSC_NAIVE_ADJUSTED || s->m == 1) return 0;
    if (out) memcpy(out, fc_naive_index(s), (size_t)s->m * sizeof *out);
    return (size_t)s->m;
}

static const fc_model fc_naive_model = {
    fc_naive_words, fc_naive_begin, fc_naive_step, fc_naive_rewind, fc_naive_observe, fc_naive_path,
    fc_naive_parameters
};

/* ==== Theta =================================================================================== */

/* Formulas in predscale.h. With S the level that starts at y[1] instead of l[0] = y[1] + d, the errors of the
 * sample are
 *     e[t] = y[t] - S[t-1] - d (1-alpha)^(t-1) - w D[t-1]
 *     D[t] = (1-alpha)^t A[t] + B[t] (1 - (1-alpha)^(t+1)) / alpha
 * with w = 1 - 1 / theta (0 for the standard model). For a given alpha d and w solve a least squares problem of two
 * unknowns; w is cut to its range, and d solved again. So the search has one variable, u = sqrt(alpha), which spreads
 * the small gains: the best point of a grid, then golden section between its neighbours. */

#define FC_THETA_ALPHA 1e-4     /* least gain, as in R's ets                                                  */
#define FC_THETA_GRID 16        /* points of u: the error may have more than one minimum                      */
#define FC_THETA_CUTS 20        /* of golden section: 2/16 0.618^20 < 1e-5 of u is left                       */
#define FC_THETA_WEIGHT 0.999   /* largest w: theta = 1000                                                    */
#define FC_GOLDEN 0.6180339887498949        /* (sqrt(5) - 1) / 2                                              */
#define FC_DECAY 1e-150         /* (1 - alpha)^t below it counts as 0: squares stay above the denormals       */

/* index[m] follows, then what only the fit needs: x[n] adjusted, line[2 n] with A[t], B[t] after t values. */
typedef struct fc_theta {
    int64_t kind, m, at, scaled;    /* m is 1 and the index 0 where nothing is adjusted */
    int64_t unit, best;             /* units of the fit done; place of the best point of the grid */
    double  fixed_alpha, fixed_weight;      /* NaN: estimated */
    double  low, high, least;       /* bracket of u; least sum of squares of the grid */
    double  inner[2], error[2];     /* the two points of golden section within it */
    double  alpha, weight, start, drift;    /* start: l[0]; drift: b / 2 */
    int64_t seen;
    double  level, decay, mean, a, b;       /* decay: (1 - alpha)^seen */
} fc_theta;

static void fc_theta_options_default(psc_theta_options *options)
{
    memset(options, 0, sizeof *options);
    options->alpha = options->theta = fc_double(FC_EXPONENT | 1);
}

static int fc_theta_options_valid(const psc_theta_options *options)
{
    if (options->kind != PSC_THETA_STANDARD && options->kind != PSC_THETA_DYNAMIC) return 0;
    if (!psc__nan(&options->alpha) && !psc__within(options->alpha, FC_THETA_ALPHA, 1.0)) return 0;
    if (!psc__nan(&options->theta) && !psc__within(options->theta, 1.0, 1000.0)) return 0;
    return fc_adjust_valid(options->period, options->index);
}

static size_t fc_theta_words(const fc_task *task)
{
    const size_t m = fc_period_named(task, ((const psc_theta_options *)task->options)->period);
    const size_t adjust = m > 1 ? fc_adjust_words(task->n, m) : 0;

    if (task->n > FC_WORDS_MOST) return 0;
    return sizeof(fc_theta) / 8 + (m > 1 ? m : 1) + (adjust > 3 * task->n ? adjust : 3 * task->n);
}

static double *fc_theta_index(const fc_theta *room)
{
    return (double *)(uintptr_t)(room + 1);
}

/* What the fit works on lies behind the room for all m indices, also where only one is used. */
static double *fc_theta_work(const fc_task *task, fc_theta *room)
{
    const size_t m = fc_period_named(task, ((const psc_theta_options *)task->options)->period);
    return fc_theta_index(room) + (m > 1 ? m : 1);
}

static void fc_theta_reset(fc_theta *s)
{
    s->at = s->seen = 0;
    s->level = s->start;
    s->decay = 1.0;
    s->mean = s->a = s->b = 0.0;
}

/* The next adjusted value. */
static void fc_theta_take(fc_theta *s, double x)
{
    const double t = (double)(s->seen + 1);

    psc__count(&s->seen);
    s->b = t > 1.0 ? ((t - 2.0) * s->b + 6.0 / t * (x - s->mean)) / (t + 1.0) : 0.0;
    s->mean += (x - s->mean) / t;
    s->a = s->mean - 0.5 * (t + 1.0) * s->b;
    s->level += s->alpha * (x - s->level);
    s->decay *= 1.0 - s->alpha;
    if (s->decay < FC_DECAY) s->decay = 0.0;
    if (++s->at == s->m) s->at = 0;
}

/* x, and the line after each number of values but the last. */
static void fc_theta_prepare(const fc_task *task, fc_theta *s)
{
    const psc_theta_options *options = (const psc_theta_options *)task->options;
    const size_t m = fc_period_named(task, options->period), n = task->n;
    double *index = fc_theta_index(s), *work = fc_theta_work(task, s), *line = work + n;
    size_t t;

    s->m = 1;
    if (m > 1 && fc_seasonal(task->y, n, m, work)) {
        s->m = (int64_t)m;
        s->scaled = fc_seasonal_indices(task->y, n, m, options->index, index, work);
    } else {
        index[0] = 0.0;
    }
    fc_theta_reset(s);
    for (t = 0; t < n; t++) {
        work[t] = fc_adjusted(task->y[t], index[s->at], s->scaled);
        line[2 * t] = s->a;
        line[2 * t + 1] = s->b;
        fc_theta_take(s, work[t]);
    }
    s->drift = 0.5 * s->b;          /* B[n] is the slope of the regression on time over the whole sample */
}

/* Sums of products of e, the decay c and the line's part d over the sample. */
typedef struct fc_theta_sums {
    double ee, ec, ed, cc, cd, dd;
} fc_theta_sums;

static fc_theta_sums fc_theta_pass(const double *x, const double *line, size_t n, double alpha, int dynamic)
{
    const double keep = 1.0 - alpha, inverse = 1.0 / alpha;
    fc_theta_sums sum = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    double level = x[0], decay = 1.0;
    size_t t;

    for (t = 0; t < n; t++) {
        const double e = x[t] - level, after = decay * keep;
        sum.ee += e * e;
        sum.ec += e * decay;
        sum.cc += decay * decay;
        if (dynamic) {
            const double d = decay * line[2 * t] + (1.0 - after) * inverse * line[2 * t + 1];
            sum.ed += e * d;
            sum.cd += decay * d;
            sum.dd += d * d;
        }
        level += alpha * e;
        decay = after < FC_DECAY ? 0.0 : after;
    }
    return sum;
}

/* Least sum of squares for this alpha, with the start and the weight that give it. */
static double fc_theta_error(const fc_task *task, fc_theta *s, double alpha)
{
    const double *x = fc_theta_work(task, s);
    const int dynamic = s->kind == PSC_THETA_DYNAMIC;
    const fc_theta_sums sum = fc_theta_pass(x, x + task->n, task->n, alpha, dynamic);
    const double det = sum.cc * sum.dd - sum.cd * sum.cd;
    double w = s->fixed_weight, d;

    if (!dynamic) w = 0.0;
    else if (psc__nan(&w))
        w = det > FC_PIVOT * sum.cc * sum.dd
                ? fc_clamp((sum.cc * sum.ed - sum.cd * sum.ec) / det, 0.0, FC_THETA_WEIGHT) : 0.0;
    d = (sum.ec - w * sum.cd) / sum.cc;             /* cc >= 1: the first decay is 1 */
    s->alpha = alpha;
    s->weight = w;
    s->start = x[0] + d;
    return fc_max(0.0, sum.ee - 2.0 * (d * sum.ec + w * sum.ed) + d * d * sum.cc + 2.0 * d * w * sum.cd
                           + w * w * sum.dd);
}

static double fc_theta_gain(double u)
{
    return fc_clamp(u * u, FC_THETA_ALPHA, 1.0);
}

static double fc_theta_inner(const fc_theta *s, int i)
{
    const double share = i ? FC_GOLDEN : 1.0 - FC_GOLDEN;
    return s->low + share * (s->high - s->low);
}

static void fc_theta_grid(const fc_task *task, fc_theta *s, int64_t i)
{
    const double u = (double)(i + 1) / FC_THETA_GRID, error = fc_theta_error(task, s, fc_theta_gain(u));

    if (i == 0 || error < s->least) {
        s->least = error;
        s->best = i;
    }
    s->low = (double)s->best / FC_THETA_GRID;
    s->high = fc_clamp((double)(s->best + 2) / FC_THETA_GRID, 0.0, 1.0);
}

/* Drops the worse end of the bracket and asks for the one point that is new. */
static void fc_theta_cut(const fc_task *task, fc_theta *s)
{
    const int drop = s->error[0] <= s->error[1];    /* 1: the upper end */

    if (drop) s->high = s->inner[1];
    else s->low = s->inner[0];
    s->inner[drop] = s->inner[!drop];
    s->error[drop] = s->error[!drop];
    s->inner[!drop] = fc_theta_inner(s, !drop);
    s->error[!drop] = fc_theta_error(task, s, fc_theta_gain(s->inner[!drop]));
}

/* The best point seen, its parameters, and the state at the end of the sample. */
static void fc_theta_finish(const fc_task *task, fc_theta *s)
{
    const double *x = fc_theta_work(task, s);
    double u = (double)(s->best + 1) / FC_THETA_GRID;
    const int i = s->error[1] < s->error[0];
    size_t t;

    if (s->error[i] < s->least) u = s->inner[i];
    (void)fc_theta_error(task, s, psc__nan(&s->fixed_alpha) ? fc_theta_gain(u) : s->fixed_alpha);
    fc_theta_reset(s);
    for (t = 0; t < task->n; t++) fc_theta_take(s, x[t]);
}

static int fc_theta_begin(const fc_task *task, void *room)
{
    const psc_theta_options *options = (const psc_theta_options *)task->options;
    fc_theta *s = (fc_theta *)room;

    memset(s, 0, sizeof *s);
    s->kind = options->kind;
    s->fixed_alpha = options->alpha;
    s->fixed_weight = psc__nan(&options->theta) ? options->theta : 1.0 - 1.0 / options->theta;
    return 1;
}

static int fc_theta_step(const fc_task *task, void *room)
{
    fc_theta *s = (fc_theta *)room;
    const int64_t unit = s->unit++;

    if (unit == 0) {
        fc_theta_prepare(task, s);
    } else if (!psc__nan(&s->fixed_alpha) || unit > FC_THETA_GRID + 2 + FC_THETA_CUTS) {
        fc_theta_finish(task, s);
        return 0;
    } else if (unit <= FC_THETA_GRID) {
        fc_theta_grid(task, s, unit - 1);
    } else if (unit <= FC_THETA_GRID + 2) {
        const int i = (int)(unit - FC_THETA_GRID - 1);
        s->inner[i] = fc_theta_inner(s, i);
        s->error[i] = fc_theta_error(task, s, fc_theta_gain(s->inner[i]));
    } else {
        fc_theta_cut(task, s);
    }
    return 1;
}

static size_t fc_theta_rewind(const fc_task *task, void *room)
{
    (void)task;
    fc_theta_reset((fc_theta *)room);
    return 0;
}

static void fc_theta_observe(void *room, double y)
{
    fc_theta *s = (fc_theta *)room;
    fc_theta_take(s, fc_adjusted(y, fc_theta_index(s)[s->at], s->scaled));
}

static void fc_theta_path(const void *room, size_t h, double *out)
{
    fc_theta s = *(const fc_theta *)room;
    const double *index = fc_theta_index((const fc_theta *)room);
    const double grown = (1.0 - s.decay) / s.alpha;
    size_t k;

    for (k = 0; k < h; k++) {
        const double season = index[s.at];
        double x;
        if (s.kind == PSC_THETA_DYNAMIC) {
            x = s.level + s.weight * (s.decay * s.a + s.b * (1.0 - s.decay * (1.0 - s.alpha)) / s.alpha);
            x = fc_clamp(x, -FC_FAR, FC_FAR);
            fc_theta_take(&s, x);
        } else {
            x = s.level + s.drift * ((double)k + grown);
            if (++s.at == s.m) s.at = 0;
        }
        out[k] = fc_unadjusted(x, season, s.scaled);
    }
}

static size_t fc_theta_parameters(const void *room, double *out)
{
    const fc_theta *s = (const fc_theta *)room;
    const size_t indices = s->m > 1 ? (size_t)s->m : 0;

    if (out) {
        out[0] = s->alpha;
        out[1] = s->kind == PSC_THETA_DYNAMIC ? 1.0 / (1.0 - s->weight) : 2.0;
        out[2] = s->start;
        out[3] = s->kind == PSC_THETA_DYNAMIC ? s->b : 2.0 * s->drift;
        memcpy(out + 4, fc_theta_index(s), indices * sizeof *out);
    }
    return 4 + indices;
}

static const fc_model fc_theta_model = {
    fc_theta_words, fc_theta_begin, fc_theta_step, fc_theta_rewind, fc_theta_observe, fc_theta_path,
    fc_theta_parameters
};

/* ==== Decomposition =========================================================================== */

/* Described in predscale.h. Round after round, period after period, d = what the trend and the other seasons leave
 * of y. The mean of a phase before cycle c is num / den with
 *     num = (1-g) num + d,  den = (1-g) den + 1        once a cycle
 * The regression of d on that mean, over all but the first cycle, gives the shrinkage b and the error by which g is
 * chosen. The season at t is the mean of its phase over all cycles, those before and those after weighted alike by
 * distance: two passes, forward and backward. */

#define FC_SPLIT_GAINS 3        /* g = 0.1, 0.3, 0.6: among 3 to 8 gains tried the forecasts hardly differed  */
#define FC_LEVEL_SETS 57        /* sets of gains of what is left                                              */
#define FC_LEVEL_LEADS 4        /* errors at 1, h/4, h/2 and h steps are measured                             */
#define FC_LEVEL_FIRST 10       /* the level starts at the mean of so many values, at most a fourth of all    */
#define FC_LEVEL_WARM 50        /* errors count after so many values, at most a fourth of all                 */

/* Where everything lies. season[k * n] is that of m[k]; end holds the last state of each season, phase of t = 0
 * first, one after another; rest and weight are scratch between the steps. */
typedef struct fc_split {
    const double *y;
    size_t n, half, longest;        /* half: of the trend's window */
    int64_t periods;
    const int64_t *m;
    double *gain, *shrink;          /* [periods] */
    double *end, *season;           /* [sum of m], [periods * n] */
    double *trend, *rest, *weight;  /* [n] each */
    double *num, *den;              /* [longest] each */
} fc_split;

/* Places the last seven arrays from `at` on; they take fc_split_words. */
static size_t fc_split_words(size_t n, size_t longest)
{
    return 3 * n + 2 * longest;
}

static void fc_split_place(fc_split *s, double *at)
{
    s->trend = at;
    s->rest = s->trend + s->n;
    s->weight = s->rest + s->n;
    s->num = s->weight + s->n;
    s->den = s->num + s->longest;
}

/* Half of a window that is a share of the longest period, as far as the series allows. */
static size_t fc_split_half(double width, size_t n)
{
    const double half = fc_clamp(0.5 * width, 0.0, (double)((n - 1) / 2));
    return (size_t)half;
}

/* rest = y less all seasons but that of `but` (-1: less all). */
static void fc_split_rest(const fc_split *s, int64_t but)
{
    int64_t k;
    size_t t;

    memcpy(s->rest, s->y, s->n * sizeof *s->rest);
    for (k = 0; k < s->periods; k++) {
        const double *season = s->season + (size_t)k * s->n;
        for (t = 0; k != but && t < s->n; t++) s->rest[t] -= season[t];
    }
}

static void fc_split_trend(const fc_split *s)
{
    fc_split_rest(s, -1);
    fc_local_mean(s->rest, s->n, s->half, s->trend, s->weight);
}

/* rest = what trend and other seasons leave for season k; in the first round the trend is the moving mean of its
 * own period. */
static void fc_split_detrend(const fc_split *s, int64_t k, int first)
{
    const double *trend = first ? s->weight : s->trend;
    size_t t;

    fc_split_rest(s, k);
    if (first) fc_moving_mean(s->rest, s->n, (size_t)s->m[k], s->weight, s->num);
    for (t = 0; t < s->n; t++) s->rest[t] -= trend[t];
}

/* Takes n values of d into num and den. Returns the error of the regression on the means before, b in *shrink. */
static double fc_split_learn(const fc_split *s, size_t m, size_t n, double g, double *shrink)
{
    double dd = 0.0, dp = 0.0, pp = 0.0;
    size_t t, i = 0;

    memset(s->num, 0, m * sizeof *s->num);
    memset(s->den, 0, m * sizeof *s->den);
    for (t = 0; t < n; t++) {
        const double d = s->rest[t], p = t < m ? 0.0 : s->num[i] / s->den[i];
        if (t >= m) dd += d * d;
        dp += d * p;
        pp += p * p;
        s->num[i] = (1.0 - g) * s->num[i] + d;
        s->den[i] = (1.0 - g) * s->den[i] + 1.0;
        if (++i == m) i = 0;
    }
    *shrink = pp > 0.0 ? fc_clamp(dp / pp, 0.0, 1.0) : 0.0;
    return dd - *shrink * (2.0 * dp - *shrink * pp);
}

/* end of season k from num and den: centred, shrunk. */
static void fc_split_end(const fc_split *s, size_t m, double shrink, double *end)
{
    double mean = 0.0;
    size_t i;

    for (i = 0; i < m; i++) {
        end[i] = s->num[i] / s->den[i];
        mean += end[i] / (double)m;
    }
    for (i = 0; i < m; i++) end[i] = shrink * (end[i] - mean);
}

/* The season at each t from both sides, and its end. */
static void fc_split_smooth(const fc_split *s, size_t m, double g, double shrink, double *season, double *end)
{
    size_t t, i = 0;

    memset(s->num, 0, m * sizeof *s->num);
    memset(s->den, 0, m * sizeof *s->den);
    for (t = 0; t < s->n; t++) {
        season[t] = s->num[i] = (1.0 - g) * s->num[i] + s->rest[t];
        s->weight[t] = s->den[i] = (1.0 - g) * s->den[i] + 1.0;
        if (++i == m) i = 0;
    }
    fc_split_end(s, m, shrink, end);
    memset(s->num, 0, m * sizeof *s->num);
    memset(s->den, 0, m * sizeof *s->den);
    for (t = s->n, i = s->n % m; t-- > 0;) {
        i = i ? i - 1 : m - 1;
        season[t] = (season[t] + (1.0 - g) * s->num[i]) / (s->weight[t] + (1.0 - g) * s->den[i]);
        s->num[i] = (1.0 - g) * s->num[i] + s->rest[t];
        s->den[i] = (1.0 - g) * s->den[i] + 1.0;
    }
    fc_moving_mean(season, s->n, m, s->weight, s->num);
    for (t = 0; t < s->n; t++) season[t] = shrink * (season[t] - s->weight[t]);
}

/* Where the end of season k begins. */
static double *fc_split_end_of(const fc_split *s, int64_t k)
{
    double *end = s->end;
    int64_t i;

    for (i = 0; i < k; i++) end += s->m[i];
    return end;
}

/* One season anew; after the last one of a round also the trend. */
static void fc_split_update(const fc_split *s, int64_t k, int first)
{
    static const double gains[FC_SPLIT_GAINS] = {0.1, 0.3, 0.6};
    const size_t m = (size_t)s->m[k];
    double least = 0.0, shrink;
    int i;

    fc_split_detrend(s, k, first);
    for (i = 0; i < FC_SPLIT_GAINS; i++) {
        const double error = fc_split_learn(s, m, s->n, gains[i], &shrink);
        if (i > 0 && !(error < least)) continue;
        least = error;
        s->gain[k] = gains[i];
        s->shrink[k] = shrink;
    }
    fc_split_smooth(s, m, s->gain[k], s->shrink[k], s->season + (size_t)k * s->n, fc_split_end_of(s, k));
    if (k == s->periods - 1) fc_split_trend(s);
}

/* Gains of what is left, and its state. */
typedef struct fc_level_gains {
    double alpha, beta, phi, rho;
} fc_level_gains;

typedef struct fc_level_state {
    double level, slope, rest;
} fc_level_state;

/* The i-th set. First the last value, which wins all ties; then levels with a deviation that dies out; then levels
 * with a damped trend. */
static fc_level_gains fc_level_set(int64_t i)
{
    static const double slow[5] = {0.3, 0.1, 0.03, 0.01, 0.003};
    static const double rho[8] = {0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995};
    static const double fast[4] = {0.1, 0.3, 0.6, 1.0};
    fc_level_gains g = {1.0, 0.0, 0.9, 0.0};

    if (i >= 1 && i < 41) {
        g.alpha = slow[(i - 1) / 8];
        g.rho = rho[(i - 1) % 8];
    } else if (i >= 41) {
        g.alpha = fast[(i - 41) / 4];
        g.beta = (i - 41) % 4 < 2 ? 0.1 : 0.3;
        g.phi = i % 2 ? 0.9 : 0.98;
    }
    return g;
}

static void fc_level_take(const fc_level_gains *g, fc_level_state *s, double z)
{
    const double q = s->level + g->phi * s->slope, e = z - q;

    s->level = q + g->alpha * e;
    s->slope = g->phi * s->slope + g->alpha * g->beta * e;
    s->rest = z - s->level;
}

static fc_level_state fc_level_start(const double *z, size_t n)
{
    const size_t first = n / 4 < 1 ? 1 : n / 4 < FC_LEVEL_FIRST ? n / 4 : FC_LEVEL_FIRST;
    fc_level_state s = {0.0, 0.0, 0.0};
    size_t t;

    for (t = 0; t < first; t++) s.level += z[t] / (double)first;
    return s;
}

/* Root mean square of the errors of q steps, level and slope after each value given. */
static double fc_level_lead(const fc_level_gains *g, const double *z, size_t n, const double *level,
                            const double *slope, size_t q)
{
    const size_t first = n / 4 < FC_LEVEL_WARM ? n / 4 : FC_LEVEL_WARM;
    double sum = 0.0, damped = 0.0, power = 1.0, left = 1.0;
    size_t t;

    for (t = 0; t < q; t++) {
        damped += power *= g->phi;
        left *= g->rho;
    }
    for (t = first; t + q < n; t++) {
        const double e = z[t + q] - (level[t] + damped * slope[t] + left * (z[t] - level[t]));
        sum += e * e;
    }
    return sqrt(sum / (double)(n - q - first));
}

/* Sum over the leads; 0 where the series is too short for any. level[n] and slope[n] are scratch. */
static double fc_level_error(const fc_level_gains *g, const double *z, size_t n, size_t horizon, double *level,
                             double *slope)
{
    fc_level_state s = fc_level_start(z, n);
    double sum = 0.0;
    size_t t, last = 0;
    int i;

    for (t = 0; t < n; t++) {
        fc_level_take(g, &s, z[t]);
        level[t] = s.level;
        slope[t] = s.slope;
    }
    for (i = 0; i < FC_LEVEL_LEADS; i++) {
        const size_t q = i == 0 ? 1 : horizon * (size_t)(i == 1 ? 1 : 2 * i - 2) / 4;
        if (q <= last || q >= n / 2) continue;
        sum += fc_level_lead(g, z, n, level, slope, q);
        last = q;
    }
    return sum;
}

/* end[sum of m] follows, then season[periods * n] and the other arrays of fc_split. After the fit, rings take the
 * place of trend, rest and weight: for each season the last 2 (m / 2) + 1 values less the other seasons. */
typedef struct fc_decomposition {
    int64_t n, periods, longest, horizon, rounds, unit;
    double  width, least;           /* of the trend's window; least error of a set of gains */
    int64_t m[PSC_MAX_PERIODS], at[PSC_MAX_PERIODS];    /* at: phase of the next value */
    double  gain[PSC_MAX_PERIODS], shrink[PSC_MAX_PERIODS];
    fc_level_gains gains;
    fc_level_state state;
    int64_t seen, learned;          /* values; of them those that the seasons' ends know of */
    int64_t turn[PSC_MAX_PERIODS];  /* place of the next value in each ring */
    double  sum[PSC_MAX_PERIODS];   /* of each ring */
} fc_decomposition;

static void fc_decomposition_options_default(psc_decomposition_options *options)
{
    memset(options, 0, sizeof *options);
    options->iterations = 2;
    options->trend = 0.2;
}

static int fc_decomposition_options_valid(const psc_decomposition_options *options)
{
    return options->iterations >= 1 && options->iterations <= 10 && psc__within(options->trend, 0.01, 4.0);
}

static size_t fc_decomposition_words(const fc_task *task)
{
    const size_t k = (size_t)task->periods;
    size_t sum = 0, i;

    if (task->n > FC_WORDS_MOST) return 0;
    for (i = 0; i < k; i++) sum += (size_t)task->period[i];
    return sizeof(fc_decomposition) / 8 + sum + k * task->n
           + fc_split_words(task->n, k ? (size_t)task->period[k - 1] : 0);
}

static fc_split fc_decomposition_split(const fc_task *task, fc_decomposition *room)
{
    fc_split s;
    int64_t k;

    s.y = task->y;
    s.n = task->n;
    s.half = fc_split_half(room->width, task->n);
    s.longest = (size_t)room->longest;
    s.periods = room->periods;
    s.m = room->m;
    s.gain = room->gain;
    s.shrink = room->shrink;
    s.end = s.season = (double *)(room + 1);
    for (k = 0; k < s.periods; k++) s.season += s.m[k];
    fc_split_place(&s, s.season + (size_t)s.periods * s.n);
    return s;
}

static int fc_decomposition_begin(const fc_task *task, void *room)
{
    const psc_decomposition_options *options = (const psc_decomposition_options *)task->options;
    fc_decomposition *r = (fc_decomposition *)room;
    fc_split s;
    int64_t k;

    memset(r, 0, sizeof *r);
    r->n = (int64_t)task->n;
    r->horizon = task->horizon;
    r->periods = task->periods;
    for (k = 0; k < r->periods; k++) r->longest = r->m[k] = task->period[k];
    r->rounds = r->periods ? options->iterations : 0;
    r->width = options->trend * (double)r->longest;
    s = fc_decomposition_split(task, r);
    memset(s.season, 0, (size_t)s.periods * s.n * sizeof *s.season);
    return 1;
}

/* Takes x into the ring of season k. Returns what the value in the ring's middle has over the centred moving mean. The
 * sum is made anew at each turn, so that no rounding stays. */
static double fc_ring_take(fc_decomposition *r, int64_t k, double *ring, double x)
{
    const int64_t m = r->m[k], half = m / 2, window = 2 * half + 1;
    int64_t *turn = &r->turn[k], i;
    double ends;

    r->sum[k] += x - ring[*turn];
    ring[*turn] = x;
    if (++*turn == window)
        for (*turn = 0, r->sum[k] = 0.0, i = 0; i < window; i++) r->sum[k] += ring[i];
    ends = m % 2 ? 0.0 : 0.5 * (x + ring[*turn]);
    return ring[(*turn + half) % window] - (r->sum[k] - ends) / (double)m;
}

static void fc_rings_fill(const fc_split *s, fc_decomposition *r, size_t n)
{
    double *ring = s->trend;
    int64_t k, j;
    size_t t;

    for (k = 0; k < s->periods; k++) {
        const size_t window = (size_t)(r->m[k] / 2 * 2 + 1);
        r->turn[k] = 0;
        r->sum[k] = 0.0;
        memset(ring, 0, window * sizeof *ring);
        for (t = n < window ? 0 : n - window; t < n; t++) {
            double x = s->y[t];
            for (j = 0; j < s->periods; j++) x -= j == k ? 0.0 : s->season[(size_t)j * s->n + t];
            (void)fc_ring_take(r, k, ring, x);
        }
        ring += window;
    }
}

/* Leaves the state after y[0..n), which the seasons' ends know of; rest is y less all seasons. */
static void fc_decomposition_state(const fc_split *s, fc_decomposition *r, size_t n)
{
    size_t t;
    int64_t k;

    r->state = fc_level_start(s->rest, s->n);
    for (t = 0; t < n; t++) fc_level_take(&r->gains, &r->state, s->rest[t]);
    for (k = 0; k < r->periods; k++) r->at[k] = (int64_t)(n % (size_t)r->m[k]);
    r->seen = r->learned = (int64_t)n;
    fc_rings_fill(s, r, n);
}

static int fc_decomposition_step(const fc_task *task, void *room)
{
    fc_decomposition *r = (fc_decomposition *)room;
    const fc_split s = fc_decomposition_split(task, r);
    const int64_t unit = r->unit++, seasons = r->rounds * r->periods, set = unit - seasons;
    fc_level_gains g;
    double error;

    if (unit < seasons) {
        fc_split_update(&s, unit % r->periods, unit < r->periods);
        return 1;
    }
    if (set == 0) fc_split_rest(&s, -1);
    g = fc_level_set(set);
    error = fc_level_error(&g, s.rest, s.n, (size_t)r->horizon, s.trend, s.weight);
    if (set == 0 || error < r->least) {
        r->least = error;
        r->gains = g;
    }
    if (set < FC_LEVEL_SETS - 1) return 1;
    fc_decomposition_state(&s, r, s.n);
    return 0;
}

/* To where the longest season has been seen once; each season is then what its first cycles say. */
static size_t fc_decomposition_rewind(const fc_task *task, void *room)
{
    fc_decomposition *r = (fc_decomposition *)room;
    const fc_split s = fc_decomposition_split(task, r);
    size_t first = (size_t)r->longest;
    int64_t k;

    if (first < FC_LEVEL_FIRST) first = s.n < FC_LEVEL_FIRST ? s.n : FC_LEVEL_FIRST;
    if (s.periods > 0) fc_split_trend(&s);
    for (k = 0; k < s.periods; k++) {
        double unused;
        fc_split_detrend(&s, k, 0);
        (void)fc_split_learn(&s, (size_t)s.m[k], first, s.gain[k], &unused);
        fc_split_end(&s, (size_t)s.m[k], s.shrink[k], fc_split_end_of(&s, k));
    }
    fc_split_rest(&s, -1);
    fc_decomposition_state(&s, r, first);
    return first;
}

/* A season learns half a period late, when the moving mean around a value is known, as in the first round of the fit:
 * p += gain (d - p) for the mean p of the phase, of which the end is b p. */
static void fc_season_observe(fc_decomposition *r, int64_t k, double *end, double *ring, double x)
{
    const int64_t m = r->m[k], t = r->seen - m / 2;
    const double d = fc_ring_take(r, k, ring, x);
    double *at = end + (t > 0 ? t % m : 0);

    if (t < r->learned || t < m / 2) return;
    *at = fc_clamp(*at + fc_max(r->gain[k], 1.0 / (double)(t / m + 1)) * (r->shrink[k] * d - *at), -FC_FAR, FC_FAR);
}

static void fc_decomposition_observe(void *room, double y)
{
    fc_decomposition *r = (fc_decomposition *)room;
    double *end = (double *)(r + 1), *ring, z = y;
    int64_t k, base;

    for (k = 0, base = 0; k < r->periods; base += r->m[k++]) z -= end[base + r->at[k]];
    z = fc_clamp(z, -FC_FAR, FC_FAR);
    fc_level_take(&r->gains, &r->state, z);
    ring = end + base + r->periods * r->n;
    for (k = 0; k < r->periods; k++) {
        fc_season_observe(r, k, end, ring, fc_clamp(z + end[r->at[k]], -FC_FAR, FC_FAR));
        ring += r->m[k] / 2 * 2 + 1;
        end += r->m[k];
        if (++r->at[k] == r->m[k]) r->at[k] = 0;
    }
    psc__count(&r->seen);
}

static void fc_decomposition_path(const void *room, size_t h, double *out)
{
    const fc_decomposition *r = (const fc_decomposition *)room;
    const double *end = (const double *)(r + 1);
    double damped = 0.0, power = 1.0, left = r->state.rest;
    int64_t k, base;
    size_t i;

    for (i = 0; i < h; i++) {
        damped += power *= r->gains.phi;
        left *= r->gains.rho;
        out[i] = r->state.level + damped * r->state.slope + left;
        for (k = 0, base = 0; k < r->periods; base += r->m[k++])
            out[i] += end[base + (int64_t)(((uint64_t)r->at[k] + i) % (uint64_t)r->m[k])];
        out[i] = fc_clamp(out[i], -FC_FAR, FC_FAR);
    }
}

static size_t fc_decomposition_parameters(const void *room, double *out)
{
    const fc_decomposition *r = (const fc_decomposition *)room;
    int64_t k;

    if (out) {
        memcpy(out, &r->gains, sizeof r->gains);
        for (k = 0; k < r->periods; k++) {
            out[4 + 2 * k] = r->gain[k];
            out[5 + 2 * k] = r->shrink[k];
        }
    }
    return 4 + 2 * (size_t)r->periods;
}

static const fc_model fc_decomposition_model = {
    fc_decomposition_words, fc_decomposition_begin, fc_decomposition_step, fc_decomposition_rewind,
    fc_decomposition_observe, fc_decomposition_path, fc_decomposition_parameters
};

/* ==== Intermittent demand ===================================================================== */

/* Formulas in predscale.h. Values that come as logarithms are taken back: what occurs now and then is counted. */

#define FC_CROSTON_GAINS 5      /* 0.05, 0.1, 0.15, 0.2, 0.3: the range that Croston 1972 and later authors use */

typedef struct fc_croston {
    int64_t kind, criterion, unit, alphas, betas;   /* gains to try of each kind */
    double  fixed_alpha, fixed_beta, least, best_alpha, best_beta;
    double  alpha, beta;
    int64_t wait, seen;             /* steps since the last value above 0; how many of these there were */
    double  size, rate;             /* z, and p or q */
    int64_t take_log;
    double  shift, center;          /* of the logarithms, as in fc_task */
} fc_croston;

static void fc_croston_options_default(psc_croston_options *options)
{
    memset(options, 0, sizeof *options);
    options->alpha = options->beta = fc_double(FC_EXPONENT | 1);
}

static int fc_croston_options_valid(const psc_croston_options *options)
{
    if (options->kind < PSC_CROSTON_TSB || options->kind > PSC_CROSTON_SBA) return 0;
    if (options->criterion != PSC_CRITERION_SQUARE && options->criterion != PSC_CRITERION_ABSOLUTE) return 0;
    return (psc__nan(&options->alpha) || psc__within(options->alpha, 0.0, 1.0))
           && (psc__nan(&options->beta) || psc__within(options->beta, 0.0, 1.0));
}

static size_t fc_croston_words(const fc_task *task)
{
    (void)task;
    return sizeof(fc_croston) / 8;
}

static int fc_croston_begin(const fc_task *task, void *room)
{
    const psc_croston_options *options = (const psc_croston_options *)task->options;
    fc_croston *s = (fc_croston *)room;
    size_t t;

    for (t = 0; t < task->n && !task->take_log; t++)
        if (task->y[t] < 0.0) return 0;
    memset(s, 0, sizeof *s);
    s->take_log = task->take_log;
    s->shift = task->shift;
    s->center = task->center;
    s->kind = options->kind;
    s->criterion = options->criterion;
    s->fixed_alpha = options->alpha;
    s->fixed_beta = options->beta;
    s->alphas = psc__nan(&options->alpha) ? FC_CROSTON_GAINS : 1;
    s->betas = psc__nan(&options->beta) ? FC_CROSTON_GAINS : 1;
    return 1;
}

static size_t fc_croston_rewind(const fc_task *task, void *room)
{
    fc_croston *s = (fc_croston *)room;

    (void)task;
    s->wait = s->seen = 0;
    s->size = s->rate = 0.0;
    return 0;
}

static double fc_croston_next(const fc_croston *s)
{
    if (s->seen == 0) return 0.0;
    if (s->kind == PSC_CROSTON_TSB) return s->size * s->rate;
    return (s->kind == PSC_CROSTON_SBA ? 1.0 - 0.5 * s->beta : 1.0) * s->size / s->rate;
}

static double fc_croston_value(const fc_croston *s, double y)
{
    if (!s->take_log) return y;
    return fc_max(psc__exp(fc_clamp(y + s->center, -FC_EXP_RANGE, FC_EXP_RANGE)) - s->shift, 0.0);
}

/* The shift of logarithms is the least value above 0, or 0 where all are above: half of it tells both from rounding. */
static void fc_croston_observe(void *room, double x)
{
    fc_croston *s = (fc_croston *)room;
    const double y = fc_croston_value(s, x);
    const int demand = y > 0.5 * s->shift, tsb = s->kind == PSC_CROSTON_TSB;

    psc__count(&s->wait);
    if (s->seen == 0) {
        if (!demand) return;
        s->size = y;
        s->rate = tsb ? 1.0 / (double)s->wait : (double)s->wait;
    } else {
        if (demand) s->size += s->alpha * (y - s->size);
        if (tsb) s->rate += s->beta * ((double)demand - s->rate);
        else if (demand) s->rate += s->beta * ((double)s->wait - s->rate);
    }
    if (demand) {
        s->wait = 0;
        psc__count(&s->seen);
    }
}

/* Sum of the criterion over the sample, from the first value above 0 on. */
static double fc_croston_error(const fc_task *task, fc_croston *s)
{
    double sum = 0.0;
    size_t t;

    (void)fc_croston_rewind(task, s);
    for (t = 0; t < task->n; t++) {
        const double e = fabs(fc_croston_value(s, task->y[t]) - fc_croston_next(s));
        if (s->seen > 0) sum += s->criterion == PSC_CRITERION_SQUARE ? e * e : e;
        fc_croston_observe(s, task->y[t]);
    }
    return sum;
}

static int fc_croston_step(const fc_task *task, void *room)
{
    static const double gain[FC_CROSTON_GAINS] = {0.05, 0.1, 0.15, 0.2, 0.3};
    fc_croston *s = (fc_croston *)room;
    const int64_t unit = s->unit++;
    double error;

    s->alpha = psc__nan(&s->fixed_alpha) ? gain[unit / s->betas] : s->fixed_alpha;
    s->beta = psc__nan(&s->fixed_beta) ? gain[unit % s->betas] : s->fixed_beta;
    error = fc_croston_error(task, s);
    if (unit == 0 || error < s->least) {
        s->least = error;
        s->best_alpha = s->alpha;
        s->best_beta = s->beta;
    }
    if (s->unit < s->alphas * s->betas) return 1;
    s->alpha = s->best_alpha;
    s->beta = s->best_beta;
    (void)fc_croston_error(task, s);        /* leaves the state at the end of the sample */
    return 0;
}

static void fc_croston_path(const void *room, size_t h, double *out)
{
    const fc_croston *s = (const fc_croston *)room;
    double next = fc_clamp(fc_croston_next(s), 0.0, FC_FAR);
    size_t i;

    if (s->take_log) next = psc__log(fc_max(next + s->shift, DBL_MIN)) - s->center;
    for (i = 0; i < h; i++) out[i] = next;
}

static size_t fc_croston_parameters(const void *room, double *out)
{
    const fc_croston *s = (const fc_croston *)room;

    if (out) {
        out[0] = s->alpha;
        out[1] = s->beta;
        out[2] = s->size;
        out[3] = s->rate;
    }
    return 4;
}

static const fc_model fc_croston_model = {
    fc_croston_words, fc_croston_begin, fc_croston_step, fc_croston_rewind, fc_croston_observe, fc_croston_path,
    fc_croston_parameters
};

/* ==== Exponential smoothing =================================================================== */

/* ETS(error A or M, trend N, A or Ad, season N, A or M) [1]: recursion, D, AICc and the region of the parameters
 * stand in predscale.h. The error only decides which errors are squared; the recursion is the same for both. It is
 * run on q and c = phi b, the state before a value: with u = (y - f) or (y - f) / s
 *
 *     q' = (q + phi c) + (alpha + phi beta) u,    c' = phi c + phi beta u,
 *
 * in which less waits for u than in l and b.
 *
 * The parameters are found by simplex search in the coordinates alpha, (beta - low) / (alpha - low),
 * (gamma - low) / (1 - alpha - low), phi, each within its own bounds. The states x before the first value are
 * found apart, parameters held. For additive errors r[t] = e[t] is linear in x, J = dr/dx is constant, and
 * x - (J'J)^-1 J'r is the minimum of D. For multiplicative errors e = y / f - 1 with mean square v,
 *
 *     dD/dx = -(2 / v) sum (df/dx / f) (e (1 + e) - v),    E d2D/dx2 = (2 / v) (1 + 2 v) sum (df/dx / f)^2,
 *
 * so that Fisher scoring is the same step with J = -(df/dx) / f, r = (e (1 + e) - v) / (1 + 2 v). The step is found by
 * conjugate gradients on the normal equations [2], which ask for J w (small changes run forwards) and J'w (the
 * adjoint, run backwards): no matrix, so the length of the season costs nothing. A step that does not lower D is not
 * taken. What the mean of the season differs from 0 (or 1) is moved into the level, which changes no forecast.
 *
 * Rough states to begin with: the season as the mean over whole cycles, or the first two, of what the values have over
 * a line with the mean slope through their cycle; level and trend as the line of least squares through the first
 * max(10, 2 m) values without their season. D has more than one minimum, mostly one with a steady season and one
 * with a quick one, so the search begins at the best of several sets of parameters.
 *
 * The choice is a race: in each round the models still in it have their states refined and their parameters searched,
 * and those with the smallest AICc go on. One model alone runs the same rounds. R's ets tries the undamped trends as
 * well; AICc often prefers them, but on the development series (hourly, weekly, load) the best of them by AICc has
 * OWA 1.42, 0.93, 1.12, the best damped one 0.80, 0.90, 0.97, the best without trend 0.76, 0.92, 0.94.
 *
 * Measured at n = 1000, m = 24: D 4 to 5 us, a step of refining 5 to 6 us, the longest unit 15 us; one model 0.5 to
 * 1.3 ms, the choice 2.9 ms.
 *
 * [1] Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing
 * [2] Hestenes and Stiefel 1952, Methods of conjugate gradients for solving linear systems */

#define FC_ETS_MODELS 10        /* at most: 2 errors, 2 trends, 3 seasons, less additive error with multiplied season */
#define FC_ETS_LOW 1e-4         /* least and largest gain estimated, as in R's ets                                   */
#define FC_ETS_HIGH 0.9999
#define FC_ETS_PHI_LOW 0.8      /* a trend damped more is soon gone, one damped less is hardly told from an undamped */
#define FC_ETS_PHI_HIGH 0.98    /* one; both as in R's ets                                                           */
#define FC_ETS_LEAST 1e-10      /* least forecast with multiplicative errors: values are about 1                     */
#define FC_ETS_EXACT 1e-28      /* mean square below which errors are rounding errors of values about 1              */
#define FC_ETS_BLOCK 16         /* forecasts multiplied before a logarithm is taken: between 1e-160 and 1e288        */
#define FC_ETS_CLOSE 1e-3       /* a difference of D that does not matter                                            */
#define FC_ETS_STARTS 7         /* sets of parameters to begin with                                                  */
#define FC_ETS_STEADY 4         /* the first of them, with a steady season                                           */
#define FC_ETS_ROUNDS 6

enum { FC_ETS_NO, FC_ETS_ADD, FC_ETS_MULTIPLY };        /* season */

/* Stages of a model's round, and the end. */
enum { FC_ETS_START, FC_ETS_TRACE, FC_ETS_REFINE, FC_ETS_ACCEPT, FC_ETS_SEARCH, FC_ETS_NEXT, FC_ETS_DONE };

/* Where a search may begin, in its coordinates. */
static const double fc_ets_starts[FC_ETS_STARTS][4] = {
    {0.1, 0.1, 0.05, 0.95}, {0.5, 0.1, 0.05, 0.95}, {0.9, 0.1, 0.05, 0.95}, {0.7, 0.2, 0.05, 0.85},
    {0.1, 0.01, 0.8, 0.97}, {0.3, 0.01, 0.7, 0.97}, {0.6, 0.02, 0.5, 0.97}
};

/* A round: steps of refining the states, then values of D in search of the parameters, with first steps of `reach`,
 * and how many models go on. On 74 development series, AICc of the model chosen ends 0.04 (median) above the
 * least that long fits of all models find. */
static const struct { int32_t refine, search, keep; double reach; } fc_ets_rounds[FC_ETS_ROUNDS] = {
    {0, 10, 6, 0.1}, {4, 20, 3, 0.1}, {4, 30, 2, 0.05}, {8, 40, 1, 0.05}, {12, 60, 1, 0.05}, {12, 0, 1, 0.05}
};

/* A model and what is known of it. */
typedef struct fc_ets_model {
    int64_t multiplicative, trend, damped, season, period;      /* period: 0 without season */
    int64_t slot;                                               /* where its states before the first value lie */
    double  alpha, beta, gamma, phi;
    double  value, aicc;                                        /* D; DBL_MAX where there is none */
} fc_ets_model;

/* The state before a value, but for the season. */
typedef struct fc_ets_now {
    int64_t phase;                  /* of the value in the season */
    double  q, c;
} fc_ets_now;

/* The sums that D is made of. */
typedef struct fc_ets_sums {
    double square, logs, product;       /* sum e^2; sum ln |f| = logs + ln product */
} fc_ets_sums;

/* The head of the room. Behind it: the season now, [period]; `models` slots for the states before the first value,
 * each l, b, s[period]; FC_ETS_VECTORS work vectors like a slot; FC_ETS_COLUMNS like y. After the fit the head, the
 * season and slot 0 are what counts, and of the models the first. */
typedef struct fc_ets {
    int64_t n, period, models;
    int64_t stage, round, count;                /* count: steps of the stage */
    int64_t running, at;                        /* models in this round; the one at work */
    double  square, slope;                      /* refinement: |r|^2, |J'r|^2 */
    double  sigma2;
    fc_ets_now now;
    fc_ets_model model[FC_ETS_MODELS];
    fc_simplex simplex;
} fc_ets;

static double *fc_ets_season(const fc_ets *e)
{
    return (double *)(uintptr_t)(e + 1);
}

/* States before the first value of the model in slot i; then work vectors, i = models.. */
static double *fc_ets_states(const fc_ets *e, int64_t i)
{
    return fc_ets_season(e) + e->period + i * (e->period + 2);
}

enum { FC_ETS_MOVE, FC_ETS_WAY, FC_ETS_GRADIENT, FC_ETS_SPARE, FC_ETS_VECTORS };     /* work vectors like a slot */
enum { FC_ETS_Q, FC_ETS_S, FC_ETS_WEIGHT, FC_ETS_R, FC_ETS_IMAGE, FC_ETS_COLUMNS };  /* work vectors like y */

static double *fc_ets_vector(const fc_ets *e, int i)
{
    return fc_ets_states(e, e->models + i);
}

static double *fc_ets_column(const fc_ets *e, int i)
{
    return fc_ets_vector(e, FC_ETS_VECTORS) + i * e->n;
}

static void fc_ets_options_default(psc_ets_options *o)
{
    memset(o, 0, sizeof *o);
    o->alpha = o->beta = o->gamma = o->phi = fc_double(FC_EXPONENT | 1);
}

static int fc_ets_options_valid(const psc_ets_options *o)
{
    const double gain[4] = {o->alpha, o->beta, o->gamma, o->phi};
    int i;

    if (o->error != PSC_ETS_AUTO && o->error != PSC_ETS_ADDITIVE && o->error != PSC_ETS_MULTIPLICATIVE) return 0;
    if (o->trend < PSC_ETS_AUTO || o->trend > PSC_ETS_DAMPED || o->trend == PSC_ETS_MULTIPLICATIVE) return 0;
    if (o->season < PSC_ETS_AUTO || o->season > PSC_ETS_MULTIPLICATIVE || o->reserved != 0) return 0;
    if (o->error == PSC_ETS_ADDITIVE && o->season == PSC_ETS_MULTIPLICATIVE) return 0;
    for (i = 0; i < 4; i++)
        if (!psc__nan(&gain[i]) && !psc__within(gain[i], 0.0, 1.0)) return 0;
    /* written so that a NaN passes */
    return !(o->beta > o->alpha) && !(o->gamma > 1.0 - o->alpha) && !(o->beta > 1.0 - o->gamma);
}

static const psc_ets_options *fc_ets_options(const fc_task *task)
{
    return (const psc_ets_options *)task->options;
}

/* 0 where there is no season to be had. */
static int64_t fc_ets_period(const fc_task *task)
{
    const int wanted = fc_ets_options(task)->season != PSC_ETS_NONE && task->periods > 0;
    return wanted && task->period[0] > 1 && (size_t)task->period[0] < task->n ? task->period[0] : 0;
}

/* The i-th of the models, simple ones first; error runs fastest, then trend, then season. */
static void fc_ets_model_set(fc_ets_model *f, int64_t i)
{
    memset(f, 0, sizeof *f);
    f->multiplicative = i % 2;
    f->trend = i / 2 % 3 > 0;
    f->damped = i / 2 % 3 == 2;
    f->season = i / 6;
    f->phi = 1.0;
    f->value = f->aicc = DBL_MAX;
}

static int32_t fc_ets_trend_code(const fc_ets_model *f)
{
    if (f->damped) return PSC_ETS_DAMPED;
    return f->trend ? PSC_ETS_ADDITIVE : PSC_ETS_NONE;
}

static int fc_ets_allowed(const psc_ets_options *o, const fc_ets_model *f)
{
    if (f->season == FC_ETS_MULTIPLY && !f->multiplicative) return 0;
    return (o->error == PSC_ETS_AUTO || o->error == f->multiplicative + PSC_ETS_ADDITIVE)
           && (o->trend == fc_ets_trend_code(f) || (o->trend == PSC_ETS_AUTO && f->trend == f->damped))
           && (o->season == PSC_ETS_AUTO || o->season == f->season + PSC_ETS_NONE);
}

/* Lists the models to be tried; list NULL: counts them. */
static int64_t fc_ets_models(const fc_task *task, int positive, fc_ets_model *list)
{
    const int64_t period = fc_ets_period(task);
    int64_t i, count = 0;

    for (i = 0; i < 18; i++) {
        fc_ets_model f;
        fc_ets_model_set(&f, i);
        if (!fc_ets_allowed(fc_ets_options(task), &f) || (f.multiplicative && !positive) || (f.season && !period))
            continue;
        f.period = f.season ? period : 0;
        f.slot = count;
        if (list) list[count] = f;
        count++;
    }
    return count;
}

static size_t fc_ets_words(const fc_task *task)
{
    size_t bytes = sizeof(fc_ets), period, models;

    if (!fc_ets_options_valid(fc_ets_options(task))) return 0;
    period = (size_t)fc_ets_period(task);
    models = (size_t)fc_ets_models(task, 1, NULL);
    if (!psc__grow(&bytes, period, 8) || !psc__grow(&bytes, (models + FC_ETS_VECTORS) * (period + 2), 8)
        || !psc__grow(&bytes, task->n, 8 * FC_ETS_COLUMNS))
        return 0;
    return bytes / 8;
}

/* The recursion over y[0..n), with the sums. Returns 0 where a forecast leaves the range of the model: there it stops,
 * before the value is seen. */
static int fc_ets_run(const fc_ets_model *model, fc_ets_now *now, double *season, const double *y, size_t n,
                      fc_ets_sums *sums)
{
    const double phi = model->phi, gamma = model->gamma;
    const double to_c = phi * model->beta, to_q = model->alpha + to_c;
    const int kind = (int)model->season, multiplicative = (int)model->multiplicative;
    const size_t m = (size_t)model->period;
    double q = now->q, c = now->c, square = sums->square;
    size_t t, j = (size_t)now->phase;

    for (t = 0; t < n; t++) {
        const double s = kind != FC_ETS_NO ? season[j] : 0.0, f = kind == FC_ETS_MULTIPLY ? q * s : q + s;
        double u = (y[t] - s) - q, e = y[t] - f;

        if (!(fabs(f) <= FC_FAR)) break;
        if (multiplicative) {
            if (!(fabs(f) >= FC_ETS_LEAST && (kind != FC_ETS_MULTIPLY || q >= FC_ETS_LEAST))) break;
            e /= f;
            sums->product *= fabs(f);
            if (t % FC_ETS_BLOCK == FC_ETS_BLOCK - 1) {
                sums->logs += psc__log(sums->product);
                sums->product = 1.0;
            }
        }
        square += e * e;
        if (kind == FC_ETS_MULTIPLY) u = y[t] / s - q;
        if (kind != FC_ETS_NO) {
            season[j] = s + gamma * (kind == FC_ETS_MULTIPLY ? y[t] / q - s : u);
            if (++j == m) j = 0;
        }
        q = (q + phi * c) + to_q * u;
        c = phi * c + to_c * u;
    }
    now->q = q;
    now->c = c;
    now->phase = (int64_t)j;
    sums->square = square;
    return t == n;
}

/* Goes back to before the first value, from the states x. */
static void fc_ets_return(fc_ets *e, const fc_ets_model *f, const double *x)
{
    e->now.c = f->phi * x[1];
    e->now.q = x[0] + e->now.c;
    e->now.phase = 0;
    memcpy(fc_ets_season(e), x + 2, (size_t)e->period * 8);
}

/* D from the states x; DBL_MAX where the model cannot be. Leaves the state after the last value. */
static double fc_ets_value(const fc_task *task, fc_ets *e, const fc_ets_model *model, const double *x)
{
    fc_ets_sums sums = {0.0, 0.0, 1.0};
    const double n = (double)task->n;
    int64_t i;

    for (i = 0; model->season == FC_ETS_MULTIPLY && i < e->period; i++)
        if (!(x[2 + i] > 0.0)) return DBL_MAX;
    fc_ets_return(e, model, x);
    if (!fc_ets_run(model, &e->now, fc_ets_season(e), task->y, task->n, &sums)) return DBL_MAX;
    return n * psc__log(fc_max(sums.square, FC_ETS_EXACT * n))
           + (model->multiplicative ? 2.0 * (sums.logs + psc__log(sums.product)) : 0.0);
}

/* alpha, beta, gamma, phi are parameters 0..3. Whether the model has the i-th. */
static int fc_ets_has(const fc_ets_model *f, int i)
{
    return i == 0 || (i == 1 && f->trend) || (i == 2 && f->season) || (i == 3 && f->damped);
}

static int fc_ets_estimated(const psc_ets_options *o, const fc_ets_model *f, int i)
{
    const double given[4] = {o->alpha, o->beta, o->gamma, o->phi};
    return fc_ets_has(f, i) && psc__nan(&given[i]);
}

/* Parameters and free states; of the parameters only the estimated ones, or all. */
static double fc_ets_freedom(const psc_ets_options *o, const fc_ets_model *f, int all)
{
    double k = 1.0 + (double)f->trend + (f->season ? (double)(f->period - 1) : 0.0);
    int i;

    for (i = 0; i < 4; i++) k += all ? fc_ets_has(f, i) : fc_ets_estimated(o, f, i);
    return k;
}

/* Takes parameters (and states) whose D is known. */
static void fc_ets_take(const fc_task *task, fc_ets_model *f, double value)
{
    const double n = (double)task->n, k = fc_ets_freedom(fc_ets_options(task), f, 0) + 1.0;

    f->value = value;
    f->aicc = n - k - 1.0 > 0.0 ? value + 2.0 * k * n / (n - k - 1.0) : DBL_MAX;
}

/* Rough season from y[0..n): what the values have over a line with the mean slope through the middle of their cycle
 * (or how many times as large they are), its mean over whole cycles. */
static void fc_ets_rough_season(const double *y, size_t n, const fc_ets_model *f, double *s)
{
    const size_t m = (size_t)f->period, cycles = n / m;
    double slope = 0.0;
    size_t i, j;

    for (i = 0; i + m < n; i++) slope += (y[i + m] - y[i]) / ((double)(n - m) * (double)m);
    memset(s, 0, m * sizeof *s);
    for (i = 0; i < cycles; i++, y += m) {
        double mean = 0.0;
        for (j = 0; j < m; j++) mean += y[j] / (double)m;
        for (j = 0; j < m; j++) {
            const double line = mean + slope * ((double)j - 0.5 * (double)(m - 1));
            if (f->season == FC_ETS_ADD) s[j] += (y[j] - line) / (double)cycles;
            else s[j] += fc_clamp(y[j] / fc_max(line, 0.001 * mean + DBL_MIN), 0.01, (double)m) / (double)cycles;
        }
    }
}

/* Moves the mean of an additive season, or of a multiplicative one, into the level (and trend): no forecast changes. */
static void fc_ets_center(const fc_ets_model *f, double *x)
{
    double *s = x + 2, mean = 0.0;
    int64_t j;

    for (j = 0; j < f->period; j++) mean += s[j] / (double)f->period;
    if (f->season == FC_ETS_ADD) {
        x[0] += mean;
        for (j = 0; j < f->period; j++) s[j] -= mean;
    }
    if (f->season == FC_ETS_MULTIPLY && mean > 0.0) {
        x[0] *= mean;
        x[1] *= mean;
        for (j = 0; j < f->period; j++) s[j] /= mean;
    }
}

/* Rough level and trend: the line, or the mean, of the first values without their season. x comes as zeros. */
static void fc_ets_rough(const fc_task *task, const fc_ets_model *f, size_t seen, double *x)
{
    const size_t m = f->period ? (size_t)f->period : 1, wanted = m > 5 ? 2 * m : 10;
    const size_t n = wanted < task->n ? wanted : task->n;
    const double middle = 0.5 * (double)(n + 1);
    double mean = 0.0, cross = 0.0, spread = 0.0;
    size_t t;

    if (f->season) fc_ets_rough_season(task->y, seen, f, x + 2);
    fc_ets_center(f, x);
    for (t = 0; t < n; t++) {
        const double s = f->season ? x[2 + t % m] : 0.0, d = (double)(t + 1) - middle;
        const double v = f->season == FC_ETS_MULTIPLY ? task->y[t] / s : task->y[t] - s;
        mean += v / (double)n;
        cross += d * v;
        spread += d * d;
    }
    x[1] = f->trend && n > 1 ? cross / spread : 0.0;
    x[0] = mean - middle * x[1];
}

/* What refining needs of each value: q, s, what r is weighted with (1 / f or 1), and r. */
static void fc_ets_trace(const fc_task *task, fc_ets *e, const fc_ets_model *f)
{
    double *q = fc_ets_column(e, FC_ETS_Q), *s = fc_ets_column(e, FC_ETS_S), *r = fc_ets_column(e, FC_ETS_R);
    double *weight = fc_ets_column(e, FC_ETS_WEIGHT), variance = 0.0;
    fc_ets_sums sums = {0.0, 0.0, 1.0};
    size_t t;

    fc_ets_return(e, f, fc_ets_states(e, f->slot));
    for (t = 0; t < task->n; t++) {
        double fit;
        q[t] = e->now.q;
        s[t] = f->season ? fc_ets_season(e)[e->now.phase] : 0.0;
        fit = f->season == FC_ETS_MULTIPLY ? q[t] * s[t] : q[t] + s[t];
        weight[t] = f->multiplicative ? 1.0 / fit : 1.0;
        r[t] = (task->y[t] - fit) * weight[t];
        variance += r[t] * r[t] / (double)task->n;
        (void)fc_ets_run(f, &e->now, fc_ets_season(e), task->y + t, 1, &sums);
    }
    for (t = 0; f->multiplicative && t < task->n; t++)
        r[t] = (r[t] * (1.0 + r[t]) - variance) / (1.0 + 2.0 * variance);
}

/* image = J v. Here q, c, ds, df, du, dv are the changes of q, c, s, f, u and of what the season learns from. */
static void fc_ets_push(const fc_task *task, const fc_ets *e, const fc_ets_model *f, const double *v)
{
    const double *at = fc_ets_column(e, FC_ETS_Q), *s = fc_ets_column(e, FC_ETS_S);
    const double *weight = fc_ets_column(e, FC_ETS_WEIGHT), *y = task->y;
    const double phi = f->phi, to_c = phi * f->beta, to_q = f->alpha + to_c;
    double *image = fc_ets_column(e, FC_ETS_IMAGE), *season = fc_ets_vector(e, FC_ETS_SPARE);
    double c = phi * v[1], q = v[0] + c;
    int64_t t, j = 0;

    memcpy(season, v + 2, (size_t)f->period * sizeof *season);
    for (t = 0; t < e->n; t++) {
        const double ds = f->season ? season[j] : 0.0;
        double df = q + ds, du = -ds - q, dv = du;
        if (f->season == FC_ETS_MULTIPLY) {
            df = s[t] * q + at[t] * ds;
            du = -(y[t] / (s[t] * s[t])) * ds - q;
            dv = -ds - y[t] / (at[t] * at[t]) * q;
        }
        image[t] = -df * weight[t];
        q = (q + phi * c) + to_q * du;
        c = phi * c + to_c * du;
        if (!f->season) continue;
        season[j] = ds + f->gamma * dv;
        if (++j == f->period) j = 0;
    }
}

/* gradient = J'r, from the last value to the first. Here q, c, ds, ... are what |r|^2 / 2 gains by a change of each. */
static void fc_ets_pull(const fc_task *task, const fc_ets *e, const fc_ets_model *f)
{
    const double *at = fc_ets_column(e, FC_ETS_Q), *s = fc_ets_column(e, FC_ETS_S);
    const double *weight = fc_ets_column(e, FC_ETS_WEIGHT), *r = fc_ets_column(e, FC_ETS_R), *y = task->y;
    const double phi = f->phi, to_c = phi * f->beta, to_q = f->alpha + to_c;
    double *gradient = fc_ets_vector(e, FC_ETS_GRADIENT), *season = gradient + 2, q = 0.0, c = 0.0;
    int64_t t, j = f->season ? e->n % f->period : 0;

    memset(gradient, 0, (size_t)(e->period + 2) * sizeof *gradient);
    for (t = e->n; t-- > 0;) {
        const double du = to_q * q + to_c * c;
        double df = -r[t] * weight[t], dv = 0.0, ds = df - du;
        if (f->season && j-- == 0) j = f->period - 1;
        if (f->season) dv = f->gamma * season[j];
        if (f->season == FC_ETS_MULTIPLY) {
            ds = df * at[t] - du * (y[t] / (s[t] * s[t]));
            df *= s[t];
        }
        if (f->season) season[j] += ds - dv;
        if (f->season == FC_ETS_MULTIPLY) dv *= y[t] / (at[t] * at[t]);
        c = phi * (q + c);
        q = (q + (df - dv)) - du;
    }
    gradient[0] = q;
    gradient[1] = f->trend ? phi * (q + c) : 0.0;
}

static double fc_ets_norm(const double *x, int64_t n)
{
    double sum = 0.0;
    int64_t i;

    for (i = 0; i < n; i++) sum += x[i] * x[i];
    return sum;
}

/* Begins the refinement: the move is 0, the way is downhill. */
static void fc_ets_refine_open(const fc_task *task, fc_ets *e, const fc_ets_model *f)
{
    double *way = fc_ets_vector(e, FC_ETS_WAY), *gradient = fc_ets_vector(e, FC_ETS_GRADIENT);
    int64_t i;

    fc_ets_trace(task, e, f);
    fc_ets_pull(task, e, f);
    memset(fc_ets_vector(e, FC_ETS_MOVE), 0, (size_t)(e->period + 2) * 8);
    for (i = 0; i < e->period + 2; i++) way[i] = -gradient[i];
    e->square = fc_ets_norm(fc_ets_column(e, FC_ETS_R), e->n);
    e->slope = fc_ets_norm(gradient, e->period + 2);
}

/* One step of the conjugate gradients. 0 when D can hardly fall further. */
static int fc_ets_refine(const fc_task *task, fc_ets *e, const fc_ets_model *f)
{
    double *move = fc_ets_vector(e, FC_ETS_MOVE), *way = fc_ets_vector(e, FC_ETS_WAY);
    double *gradient = fc_ets_vector(e, FC_ETS_GRADIENT);
    double *r = fc_ets_column(e, FC_ETS_R), *image = fc_ets_column(e, FC_ETS_IMAGE);
    const double old = e->slope;
    double length;
    int64_t i;

    fc_ets_push(task, e, f, way);
    length = fc_ets_norm(image, e->n);
    if (!(length > 0.0)) return 0;
    length = old / length;
    for (i = 0; i < e->period + 2; i++) move[i] += length * way[i];
    if (!(length * old * (double)e->n > FC_ETS_CLOSE * e->square)) return 0;
    for (i = 0; i < e->n; i++) r[i] += length * image[i];
    e->square -= length * old;
    fc_ets_pull(task, e, f);
    e->slope = fc_ets_norm(gradient, e->period + 2);
    for (i = 0; i < e->period + 2; i++) way[i] = e->slope / old * way[i] - gradient[i];
    return 1;
}

/* Takes the refined states if they are better. */
static void fc_ets_accept(const fc_task *task, fc_ets *e, fc_ets_model *f)
{
    double *x = fc_ets_states(e, f->slot), *better = fc_ets_vector(e, FC_ETS_SPARE);
    const double *move = fc_ets_vector(e, FC_ETS_MOVE);
    double value;
    int64_t i;

    for (i = 0; i < e->period + 2; i++) better[i] = x[i] + move[i];
    fc_ets_center(f, better);
    value = fc_ets_value(task, e, f, better);
    if (!(value < f->value)) return;
    memcpy(x, better, (size_t)(e->period + 2) * sizeof *x);
    fc_ets_take(task, f, value);
}

/* The alpha nearest to x that leaves room for the gains that are given. */
static double fc_ets_alpha(const psc_ets_options *o, const fc_ets_model *f, double x)
{
    const double beta = f->trend && !psc__nan(&o->beta) ? o->beta : 0.0;
    const double gamma = f->season && !psc__nan(&o->gamma) ? o->gamma : 0.0;
    return fc_clamp(x, beta, 1.0 - gamma);
}

/* A gain from its share of what lies between the least and the largest, and back. */
static double fc_ets_gain(double share, double largest)
{
    return largest > FC_ETS_LOW ? FC_ETS_LOW + share * (largest - FC_ETS_LOW) : largest;
}

static double fc_ets_share(double gain, double largest)
{
    return largest > FC_ETS_LOW ? fc_clamp((gain - FC_ETS_LOW) / (largest - FC_ETS_LOW), 0.0, 1.0) : 0.0;
}

/* The parameters: those given, the others from the coordinates of the search. */
static void fc_ets_set(const psc_ets_options *o, fc_ets_model *f, const double *at)
{
    f->alpha = psc__nan(&o->alpha) ? fc_ets_alpha(o, f, at[0]) : o->alpha;
    if (f->trend) f->beta = psc__nan(&o->beta) ? fc_ets_gain(at[1], f->alpha) : o->beta;
    if (f->season) f->gamma = psc__nan(&o->gamma) ? fc_ets_gain(at[2], 1.0 - f->alpha) : o->gamma;
    if (f->damped) f->phi = psc__nan(&o->phi) ? at[3] : o->phi;
}

/* D of other parameters from the states x. Better ones are kept, with those states. */
static double fc_ets_try(const fc_task *task, fc_ets *e, fc_ets_model *f, const double *at, const double *x)
{
    fc_ets_model other = *f;
    double value;

    fc_ets_set(fc_ets_options(task), &other, at);
    value = fc_ets_value(task, e, &other, x);
    if (value < f->value) {
        *f = other;
        memmove(fc_ets_states(e, f->slot), x, (size_t)(e->period + 2) * sizeof *x);
        fc_ets_take(task, f, value);
    }
    return value;
}

/* One of the sets of parameters to begin with; those with a quick season a second time, from states that are rough for
 * the first two cycles instead of all. 1: there are more. */
static int fc_ets_start(const fc_task *task, fc_ets *e, fc_ets_model *f)
{
    const size_t two = 2 * (size_t)f->period, words = (size_t)e->period + 2;
    const int64_t again = e->count - FC_ETS_STARTS;
    double *x = fc_ets_vector(e, FC_ETS_SPARE);

    if (e->count == 0 || again == 0) {
        memset(x, 0, words * sizeof *x);
        fc_ets_rough(task, f, again == 0 ? two : task->n, x);
    }
    if (e->count == 0) {
        memcpy(fc_ets_states(e, f->slot), x, words * sizeof *x);
        fc_ets_set(fc_ets_options(task), f, fc_ets_starts[0]);
    }
    (void)fc_ets_try(task, e, f, fc_ets_starts[again < 0 ? e->count : FC_ETS_STEADY + again], x);
    return ++e->count < FC_ETS_STARTS + (f->season && two < task->n ? FC_ETS_STARTS - FC_ETS_STEADY : 0);
}

/* Opens the search of a round about the parameters of the model. 0: there is nothing to be found. */
static int fc_ets_search_open(const fc_task *task, fc_ets *e, const fc_ets_model *f)
{
    const psc_ets_options *o = fc_ets_options(task);
    const double at[4] = {f->alpha, fc_ets_share(f->beta, f->alpha), fc_ets_share(f->gamma, 1.0 - f->alpha), f->phi};
    const double low[4] = {fc_ets_alpha(o, f, FC_ETS_LOW), 0.0, 0.0, FC_ETS_PHI_LOW};
    const double high[4] = {fc_ets_alpha(o, f, FC_ETS_HIGH), 1.0, 1.0, FC_ETS_PHI_HIGH};
    const double reach = fc_ets_rounds[e->round].reach;
    int i;

    fc_simplex_open(&e->simplex, FC_ETS_CLOSE, fc_ets_rounds[e->round].search);
    for (i = 0; i < 4; i++)
        if (fc_ets_estimated(o, f, i)) fc_simplex_add(&e->simplex, at[i], reach * (high[i] - low[i]), low[i], high[i]);
    return e->simplex.size > 0 && e->simplex.left > 0;
}

/* One point of the search. */
static int fc_ets_search(const fc_task *task, fc_ets *e, fc_ets_model *f)
{
    const double *point = fc_simplex_next(&e->simplex);
    double at[4];
    int i;

    for (i = 0; i < 4; i++) at[i] = fc_ets_estimated(fc_ets_options(task), f, i) ? *point++ : 0.0;
    return fc_simplex_tell(&e->simplex, fc_ets_try(task, e, f, at, fc_ets_states(e, f->slot)));
}

/* Goes on to a stage of the model at work, or past it where there is nothing to do. States are refined only where n is
 * large enough for an AICc: else they could be fitted to anything. */
static void fc_ets_go(const fc_task *task, fc_ets *e, int64_t stage)
{
    const fc_ets_model *f = &e->model[e->at];

    if (stage == FC_ETS_START && e->round > 0) stage = FC_ETS_TRACE;
    if (stage == FC_ETS_TRACE && (fc_ets_rounds[e->round].refine == 0 || !(f->aicc < DBL_MAX))) stage = FC_ETS_SEARCH;
    if (stage == FC_ETS_SEARCH && !fc_ets_search_open(task, e, f)) stage = FC_ETS_NEXT;
    e->stage = stage;
    e->count = 0;
}

/* The models of a round by AICc; ties stay in order. */
static void fc_ets_rank(fc_ets *e)
{
    int64_t i, j;

    for (i = 1; i < e->running; i++) {
        const fc_ets_model kept = e->model[i];
        for (j = i; j > 0 && e->model[j - 1].aicc > kept.aicc; j--) e->model[j] = e->model[j - 1];
        e->model[j] = kept;
    }
}

/* The next value. A model that has no forecast for it (a multiplicative one, after values that fell to 0) begins anew
 * with it, without trend. */
static void fc_ets_observe(void *room, double y)
{
    fc_ets *e = (fc_ets *)room;
    const fc_ets_model *f = &e->model[0];
    fc_ets_sums sums = {0.0, 0.0, 1.0};
    double *s = fc_ets_season(e) + e->now.phase;

    if (!fc_ets_run(f, &e->now, fc_ets_season(e), &y, 1, &sums)) {
        e->now.q = f->season == FC_ETS_MULTIPLY ? y / *s : y - (f->season ? *s : 0.0);
        e->now.c = 0.0;
        if (f->season && ++e->now.phase == f->period) e->now.phase = 0;
    }
    e->now.q = fc_clamp(e->now.q, f->season == FC_ETS_MULTIPLY ? FC_ETS_LEAST : -FC_FAR, FC_FAR);
    e->now.c = fc_clamp(e->now.c, -FC_FAR, FC_FAR);
    if (f->season) *s = fc_clamp(*s, f->season == FC_ETS_MULTIPLY ? FC_ETS_LEAST : -FC_FAR, FC_FAR);
}

/* The first model is the one: its states move to slot 0, and it is run to the last value. */
static void fc_ets_finish(const fc_task *task, fc_ets *e)
{
    fc_ets_model *f = &e->model[0];
    fc_ets_sums sums = {0.0, 0.0, 1.0};
    size_t t;

    memmove(fc_ets_states(e, 0), fc_ets_states(e, f->slot), (size_t)(e->period + 2) * 8);
    f->slot = 0;
    fc_ets_return(e, f, fc_ets_states(e, 0));
    if (!fc_ets_run(f, &e->now, fc_ets_season(e), task->y, task->n, &sums)) {
        fc_ets_return(e, f, fc_ets_states(e, 0));
        for (t = 0; t < task->n; t++) fc_ets_observe(e, task->y[t]);
    }
    e->sigma2 = sums.square / fc_max(1.0, (double)task->n - fc_ets_freedom(fc_ets_options(task), f, 1));
    e->stage = FC_ETS_DONE;
}

/* The next model, round, or the end. */
static void fc_ets_next(const fc_task *task, fc_ets *e)
{
    if (++e->at == e->running) {
        fc_ets_rank(e);
        if (e->running > fc_ets_rounds[e->round].keep) e->running = fc_ets_rounds[e->round].keep;
        e->at = 0;
        e->round++;
    }
    if (e->round < FC_ETS_ROUNDS) fc_ets_go(task, e, FC_ETS_START);
    else fc_ets_finish(task, e);
}

static int fc_ets_begin(const fc_task *task, void *room)
{
    fc_ets *e = (fc_ets *)room;
    int positive = 1;
    size_t t;

    for (t = 0; t < task->n; t++)
        if (!(task->y[t] > 0.0)) positive = 0;
    memset(e, 0, sizeof *e);
    e->n = (int64_t)task->n;
    e->period = fc_ets_period(task);
    e->models = fc_ets_models(task, 1, NULL);
    e->running = fc_ets_models(task, positive, e->model);
    if (e->running > 0) fc_ets_go(task, e, FC_ETS_START);
    return e->running > 0;
}

static int fc_ets_step(const fc_task *task, void *room)
{
    fc_ets *e = (fc_ets *)room;
    fc_ets_model *f = &e->model[e->at];

    if (e->stage == FC_ETS_START) {
        if (!fc_ets_start(task, e, f)) fc_ets_go(task, e, FC_ETS_TRACE);
    }
    else if (e->stage == FC_ETS_TRACE) {
        fc_ets_refine_open(task, e, f);
        fc_ets_go(task, e, FC_ETS_REFINE);
    }
    else if (e->stage == FC_ETS_REFINE) {
        if (!fc_ets_refine(task, e, f) || ++e->count == fc_ets_rounds[e->round].refine)
            fc_ets_go(task, e, FC_ETS_ACCEPT);
    }
    else if (e->stage == FC_ETS_ACCEPT) {
        fc_ets_accept(task, e, f);
        fc_ets_go(task, e, FC_ETS_SEARCH);
    }
    else if (e->stage == FC_ETS_SEARCH) {
        if (!fc_ets_search(task, e, f)) fc_ets_go(task, e, FC_ETS_NEXT);
    }
    else if (e->stage == FC_ETS_NEXT) fc_ets_next(task, e);
    return e->stage != FC_ETS_DONE;
}

static size_t fc_ets_rewind(const fc_task *task, void *room)
{
    fc_ets *e = (fc_ets *)room;

    (void)task;
    fc_ets_return(e, &e->model[0], fc_ets_states(e, 0));
    return 0;
}

static void fc_ets_path(const void *room, size_t h, double *out)
{
    const fc_ets *e = (const fc_ets *)room;
    const fc_ets_model *f = &e->model[0];
    double y = e->now.q, c = e->now.c;
    int64_t j = e->now.phase;
    size_t i;

    for (i = 0; i < h; i++) {
        out[i] = y;
        if (f->season == FC_ETS_ADD) out[i] += fc_ets_season(e)[j];
        if (f->season == FC_ETS_MULTIPLY) out[i] *= fc_ets_season(e)[j];
        out[i] = fc_clamp(out[i], -FC_FAR, FC_FAR);
        if (f->season && ++j == f->period) j = 0;
        c *= f->phi;
        y += c;
    }
}

static size_t fc_ets_parameters(const void *room, double *out)
{
    const fc_ets *e = (const fc_ets *)room;
    const fc_ets_model *f = &e->model[0];
    const int32_t trend = fc_ets_trend_code(f);
    const double head[11] = {
        (double)(f->multiplicative + PSC_ETS_ADDITIVE), (double)trend,
        (double)(f->season + PSC_ETS_NONE), (double)f->period, f->alpha, f->beta, f->gamma, f->phi,
        e->sigma2, -0.5 * f->value, f->aicc
    };
    const size_t states = 2 + (size_t)f->period;

    if (out) {
        memcpy(out, head, sizeof head);
        memcpy(out + 11, fc_ets_states(e, 0), states * sizeof *out);
    }
    return 11 + states;
}

static const fc_model fc_ets_functions = {
    fc_ets_words, fc_ets_begin, fc_ets_step, fc_ets_rewind, fc_ets_observe, fc_ets_path, fc_ets_parameters
};

/* ==== Autoregression ========================================================================== */

/* x[t] = c + a_1 x[t-1] + ... + a_p x[t-p] + e[t], x the values less their mean. Three ways to the a:
 *     Yule-Walker     r[i] = sum_j a_j r[i-j] with r[k] = sum x[t] x[t-k] / n, by Levinson's recursion: from order m-1
 *                     to m by the partial autocorrelation k, a_j -= k a_{m-j}, a_m = k, variance *= 1 - k^2 [1][2]
 *     Burg            the same recursion, k = 2 sum f[t] b[t-1] / sum (f[t]^2 + b[t-1]^2), f and b the errors of the
 *                     equation of order m-1 forward and backward in time [3]
 *     least squares   the normal equations of the rows m..n-1, with c; their sums for order m are those for order
 *                     m+1 and one row more, so all orders together cost little more than the largest
 * The order is the one of least n log(variance) + 2 m, the lowest of equals [4]. Variance: Yule-Walker's times
 * n / (n - p - 1), Burg's as it is, of least squares the mean square error of its n - p rows, all as in R's ar().
 *
 * [1] Levinson 1947, The Wiener RMS error criterion in filter design and prediction   [2] Durbin 1960, The fitting
 * of time-series models   [3] Burg 1975, Maximum entropy spectral analysis   [4] Akaike 1974, A new look at the
 * statistical model identification */

#define FC_AR_MOST 64           /* largest order                                                           */
#define FC_AR_LEAST 1e-15       /* share of the variance below which what an equation leaves is rounding   */
#define FC_AI_1_LN10 0.43429448190325182   /* 1 / ln 10                                                       */

/* The room: this, coefficient[most], recent[most] (newest first, less the mean), then what the method works in. */
typedef struct fc_ar {
    int64_t n, method, wanted, most;    /* wanted: the order asked for, -1: by AIC */
    int64_t summed;                     /* lags whose sums are known */
    int64_t order, trial;               /* the best so far, the one that step takes next */
    double  mean, intercept, variance;  /* of the best */
    double  least, total, left;         /* its AIC; variance of x, and what the trial equation leaves of it */
} fc_ar;

static void fc_ar_options_default(psc_ar_options *options)
{
    memset(options, 0, sizeof *options);
    options->method = PSC_AR_BURG;
    options->order = -1;
}

static int fc_ar_options_valid(const psc_ar_options *o)
{
    return o->method >= PSC_AR_YULE_WALKER && o->method <= PSC_AR_LEAST_SQUARES && o->order >= -1
           && o->order <= FC_AR_MOST && o->order_max >= 0 && o->order_max <= FC_AR_MOST;
}

/* Largest order to be tried: as asked, else 10 log10(n) (1e-9 makes up for a logarithm rounded down), below n. */
static size_t fc_ar_most(const psc_ar_options *o, size_t n)
{
    size_t most = (size_t)(10.0 * FC_AI_1_LN10 * psc__log((double)n) + 1e-9);

    if (o->order >= 0) most = (size_t)o->order;
    else if (o->order_max > 0) most = (size_t)o->order_max;
    if (most > FC_AR_MOST) most = FC_AR_MOST;
    return most < n ? most : n - 1;
}

static double *fc_ar_coefficient(const fc_ar *a)
{
    return (double *)(uintptr_t)(a + 1);
}

static double *fc_ar_recent(const fc_ar *a)
{
    return fc_ar_coefficient(a) + a->most;
}

static double *fc_ar_work(const fc_ar *a)
{
    return fc_ar_recent(a) + a->most;
}

/* Work: Yule-Walker r[most + 1], a[most]; Burg a[most], f[n], b[n]; least squares the sums over rows of x[t-i] x[t-j]
 * and of x[t-i], a copy of them to solve, its right side: 2 (most + 1)^2 + 2 (most + 1). */
static size_t fc_ar_words(const fc_task *task)
{
    const psc_ar_options *o = (const psc_ar_options *)task->options;
    size_t most, work;

    if (!fc_ar_options_valid(o) || task->n > SIZE_MAX / 64) return 0;
    most = fc_ar_most(o, task->n);
    work = 2 * most + 1;
    if (o->method == PSC_AR_BURG) work = most + 2 * task->n;
    if (o->method == PSC_AR_LEAST_SQUARES) work = 2 * (most + 1) * (most + 2);
    return sizeof(fc_ar) / 8 + 2 * most + work;
}

/* From the coefficients of order m - 1 to those of order m, whose last is the partial autocorrelation k. */
static void fc_levinson(double *a, size_t m, double k)
{
    size_t i, j;

    for (i = 0, j = m - 1; i + 1 < j; i++) {
        const double low = a[i], high = a[--j];
        a[i] = low - k * high;
        a[j] = high - k * low;
    }
    if (i + 1 == j) a[i] -= k * a[i];
    a[m - 1] = k;
}

/* An equation of this order: taken if it is the one asked for or has the least AIC. In both directions that orders
 * are tried, a lower order wins ties. */
static void fc_ar_consider(fc_ar *a, int64_t order, const double *coefficient, double intercept, double variance)
{
    const double aic = (double)a->n * psc__log(variance) + 2.0 * (double)order;

    if (a->wanted < 0 && !(aic < a->least || (aic <= a->least && order < a->order))) return;
    a->least = aic;
    a->order = order;
    a->variance = variance;
    a->intercept = intercept;
    memcpy(fc_ar_coefficient(a), coefficient, (size_t)order * sizeof *coefficient);
}

/* sum x[t] x[t-lag] of the values less their mean */
static double fc_ar_product(const fc_task *task, double mean, size_t lag)
{
    double sum = 0.0;
    size_t t;

    for (t = lag; t < task->n; t++) sum += (task->y[t] - mean) * (task->y[t - lag] - mean);
    return sum;
}

static void fc_ar_burg_begin(fc_ar *a, const fc_task *task)
{
    double *forward = fc_ar_work(a) + a->most, *backward = forward + a->n;
    size_t t;

    for (t = 0; t < task->n; t++) forward[t] = backward[t] = task->y[t] - a->mean;
}

/* Least squares: the next column of the table's first row, sums over the rows t = most..n-1 by their definition. */
static void fc_ar_squares_column(fc_ar *a, const fc_task *task)
{
    const size_t m = (size_t)a->most, j = (size_t)a->summed;
    double *table = fc_ar_work(a), *sum = table + (m + 1) * (m + 1);
    size_t t;

    table[j] = sum[j] = 0.0;
    for (t = m; t < task->n; t++) {
        table[j] += (task->y[t] - a->mean) * (task->y[t - j] - a->mean);
        sum[j] += task->y[t - j] - a->mean;
    }
}

/* The other rows of the table along the diagonals, where one step on moves the window by one value. */
static void fc_ar_squares_rows(fc_ar *a, const fc_task *task)
{
    const size_t m = (size_t)a->most, n = task->n;
    const double *y = task->y, mean = a->mean;
    double *table = fc_ar_work(a);
    size_t i, j;

    for (i = 1; i <= m; i++)
        for (j = i; j <= m; j++)
            table[i * (m + 1) + j] = table[(i - 1) * (m + 1) + j - 1] + (y[m - i] - mean) * (y[m - j] - mean)
                                     - (y[n - i] - mean) * (y[n - j] - mean);
    a->trial = a->most;
}

static int fc_ar_begin(const fc_task *task, void *room)
{
    const psc_ar_options *o = (const psc_ar_options *)task->options;
    fc_ar *a = (fc_ar *)room;
    size_t t;

    memset(a, 0, sizeof *a);
    a->n = (int64_t)task->n;
    a->method = o->method;
    a->most = (int64_t)fc_ar_most(o, task->n);
    a->wanted = o->order;
    for (t = 0; t < task->n; t++) a->mean += (task->y[t] - a->mean) / (double)(t + 1);
    a->total = a->left = fc_ar_product(task, a->mean, 0) / (double)task->n;
    a->least = DBL_MAX;
    fc_ar_consider(a, 0, fc_ar_coefficient(a), 0.0, a->total);
    if (o->method == PSC_AR_BURG) fc_ar_burg_begin(a, task);
    return 1;
}

/* Whether the recursion has anything to go on with: beyond, there would be noise upon noise. */
static int fc_ar_goes_on(const fc_ar *a)
{
    return a->trial < a->most && a->left > FC_AR_LEAST * a->total;
}

/* Takes the trial equation, now in a[], to the next order. */
static void fc_ar_extend(fc_ar *a, double *now, double k)
{
    a->trial++;
    fc_levinson(now, (size_t)a->trial, k);
    a->left = fc_max(a->left * (1.0 - k * k), 0.0);
    fc_ar_consider(a, a->trial, now, 0.0, a->left);
}

/* One lag a call, and after the last all orders at once. */
static int fc_ar_yule_walker(fc_ar *a, const fc_task *task)
{
    double *r = fc_ar_work(a), *now = r + a->most + 1;
    int64_t i;

    r[a->summed] = fc_ar_product(task, a->mean, (size_t)a->summed) / (double)a->n;
    if (a->summed++ < a->most) return 1;
    while (fc_ar_goes_on(a)) {
        double k = r[a->trial + 1];
        for (i = 0; i < a->trial; i++) k -= now[i] * r[a->trial - i];
        fc_ar_extend(a, now, k / a->left);
    }
    if (a->n > a->order + 1) a->variance *= (double)a->n / (double)(a->n - a->order - 1);
    return 0;
}

/* One order a call. */
static int fc_ar_burg(fc_ar *a)
{
    double *now = fc_ar_work(a), *forward = now + a->most, *backward = forward + a->n;
    double product = 0.0, square = 0.0, k;
    int64_t t;

    if (!fc_ar_goes_on(a)) return 0;
    for (t = a->trial + 1; t < a->n; t++) {
        product += forward[t] * backward[t - 1];
        square += forward[t] * forward[t] + backward[t - 1] * backward[t - 1];
    }
    k = square > 0.0 ? 2.0 * product / square : 0.0;
    for (t = a->n - 1; t > a->trial; t--) {
        const double f = forward[t], b = backward[t - 1];
        forward[t] = f - k * b;
        backward[t] = b - k * f;
    }
    fc_ar_extend(a, now, k);
    return 1;
}

/* Solves for the order `trial`: variables c, a_1.. of the equation, c in `answer`[0]. 0: not to be solved. */
static int fc_ar_squares_solve(const fc_ar *a, double *answer)
{
    const size_t m = (size_t)a->trial, side = (size_t)a->most + 1;
    const double *table = fc_ar_work(a), *sum = table + side * side;
    double *g = fc_ar_work(a) + side * (side + 1);
    size_t i, j;

    if (a->n - a->trial <= a->trial + 1) return 0;
    g[0] = (double)(a->n - a->trial);
    answer[0] = sum[0];
    for (i = 1; i <= m; i++) {
        g[i * (m + 1)] = sum[i];
        for (j = 1; j <= i; j++) g[i * (m + 1) + j] = table[j * side + i];
        answer[i] = table[i];
    }
    return psc__solve(g, answer, m + 1, 0.0) == (int)(m + 1);
}

/* The row t = trial - 1 joins the sums: what the next lower order has more. */
static void fc_ar_squares_add(fc_ar *a, const fc_task *task)
{
    const size_t side = (size_t)a->most + 1, t = (size_t)--a->trial;
    double *table = fc_ar_work(a), *sum = table + side * side;
    size_t i, j;

    for (i = 0; i <= t; i++) {
        const double x = task->y[t - i] - a->mean;
        sum[i] += x;
        for (j = i; j <= t; j++) table[i * side + j] += x * (task->y[t - j] - a->mean);
    }
}

/* x less the equation, at t >= order */
static double fc_ar_error(const fc_ar *a, const double *y, size_t t)
{
    double e = y[t] - a->mean - a->intercept;
    int64_t i;

    for (i = 0; i < a->order; i++) e -= fc_ar_coefficient(a)[i] * (y[t - (size_t)i - 1] - a->mean);
    return e;
}

/* One lag a call, then one order a call, from the largest to 1. While orders are compared, the variance is a
 * difference of sums; that of the chosen one is taken from its errors. */
static int fc_ar_squares(fc_ar *a, const fc_task *task)
{
    const size_t side = (size_t)a->most + 1;
    const double *table = fc_ar_work(a), *sum = table + side * side;
    double *answer = fc_ar_work(a) + side * (2 * side + 1), square = 0.0;
    size_t t;
    int solved = 0;

    if (a->summed <= a->most) {
        fc_ar_squares_column(a, task);
        if (a->summed++ == a->most) fc_ar_squares_rows(a, task);
        return 1;
    }
    if (a->trial > 0 && (solved = fc_ar_squares_solve(a, answer)) != 0) {
        double left = table[0] - answer[0] * sum[0];
        for (t = 1; t <= (size_t)a->trial; t++) left -= answer[t] * table[t];
        fc_ar_consider(a, a->trial, answer + 1, answer[0], fc_max(left, 0.0) / (double)(a->n - a->trial));
    }
    if (a->trial > 1 && !(solved && a->wanted >= 0)) {
        fc_ar_squares_add(a, task);
        return 1;
    }
    for (t = (size_t)a->order; t < task->n; t++) {
        const double e = fc_ar_error(a, task->y, t);
        square += e * e;
    }
    a->variance = square / (double)(a->n - a->order);
    return 0;
}

static void fc_ar_observe(void *room, double y)
{
    fc_ar *a = (fc_ar *)room;
    double *recent = fc_ar_recent(a);

    if (a->order == 0) return;
    memmove(recent + 1, recent, (size_t)(a->order - 1) * sizeof *recent);
    recent[0] = y - a->mean;
}

/* The first `order` values are seen. */
static size_t fc_ar_rewind(const fc_task *task, void *room)
{
    const fc_ar *a = (const fc_ar *)room;
    int64_t t;

    for (t = 0; t < a->order; t++) fc_ar_observe(room, task->y[t]);
    return (size_t)a->order;
}

static int fc_ar_step(const fc_task *task, void *room)
{
    fc_ar *a = (fc_ar *)room;
    int more = 0;
    size_t t;

    if (a->method == PSC_AR_YULE_WALKER) more = fc_ar_yule_walker(a, task);
    if (a->method == PSC_AR_BURG) more = fc_ar_burg(a);
    if (a->method == PSC_AR_LEAST_SQUARES) more = fc_ar_squares(a, task);
    if (more) return 1;
    for (t = task->n - (size_t)a->order; t < task->n; t++) fc_ar_observe(a, task->y[t]);
    return 0;
}

static void fc_ar_path(const void *room, size_t h, double *out)
{
    const fc_ar *a = (const fc_ar *)room;
    const double *coefficient = fc_ar_coefficient(a), *recent = fc_ar_recent(a);
    const size_t p = (size_t)a->order;
    size_t i, k;

    for (k = 0; k < h; k++) {
        double x = a->intercept;
        for (i = 0; i < p; i++) x += coefficient[i] * (i < k ? out[k - i - 1] : recent[i - k]);
        out[k] = fc_clamp(x, -FC_FAR, FC_FAR);
    }
    for (k = 0; k < h; k++) out[k] = fc_clamp(out[k] + a->mean, -FC_FAR, FC_FAR);
}

static size_t fc_ar_parameters(const void *room, double *out)
{
    const fc_ar *a = (const fc_ar *)room;

    if (out) {
        out[0] = (double)a->order;
        out[1] = a->mean;
        out[2] = a->intercept;
        out[3] = a->variance;
        memcpy(out + 4, fc_ar_coefficient(a), (size_t)a->order * sizeof *out);
    }
    return 4 + (size_t)a->order;
}

static const fc_model fc_ar_model = {
    fc_ar_words, fc_ar_begin, fc_ar_step, fc_ar_rewind, fc_ar_observe, fc_ar_path, fc_ar_parameters
};

/* ==== ARIMA =================================================================================== */

/* With B y[t] = y[t-1]:
 *     phi(B) Phi(B^m) (w[t] - mu) = theta(B) Theta(B^m) e[t],   w = (1-B)^d (1-B^m)^D y
 * [1]. Multiplied out, the left side is u[t] - sum a_l u[t-l] with u = w - mu, the right e[t] + sum b_l e[t-l]: two
 * short lists of lags l, whatever m is.
 *
 * FILTER. x[j], j < r, is what the values and errors before t bring into u[t+j], r the longest lag. Each row
 *     e = u - x[0];  x[j] <- x[j+1];  x[l-1] += a_l u + b_l e     for every lag l of the lists.
 * This is the conditional form: it starts at x = 0, with e = 0 through the longest AR lag [1]. Its sum of e^2 is the
 * sum of squares. The exact form knows the distribution that x starts from. In units of the variance of what moves
 * the process, v is the variance of e and k[j] / v the gain of x[j]; F shifts and feeds back:
 *     (F y)[j] = y[j+1] + a_{j+1} y[0],   x <- F x + k e / v
 *     c = y[0] / v;  k, y <- k - c F y, F y - c k;  v <- (1 - c^2) v
 * This is the Kalman filter in O(r) a row instead of O(r^2): the change of its covariance from row to row has rank
 * 1 [2][3]. It starts from v = 2 S[0], k[j] = y[j] = S[j+1] + a_{j+1} S[0], where S solves
 *     S(z) phi(1/z) + S(1/z) phi(z) = theta(z) theta(1/z)
 * (phi and theta multiplied out; S(z) / phi(z) holds the autocovariances [4]), by lowering the order of phi with
 * Levinson's recursion backwards and raising it again, O(r^2). Once v is 1 to rounding, k[j] is a_{j+1} + b_{j+1}, and
 * the conditional form goes on from the x there is.
 *
 * ESTIMATION. Minimises the deviance n log(sum e^2 / v) + sum log v of n rows by Levenberg-Marquardt [5]: it is the
 * sum of squares of e / sqrt(v) times the geometric mean of sqrt(v). Unknown are the partial autocorrelations of phi,
 * theta, Phi and Theta, each within +-FC_AI_PARTIAL, so that every point is stationary and invertible [6], and mu. The
 * derivatives are differences: one filter runs at the point and one beside it for each unknown, four of them in step
 * (a "bank"), and what is kept of a pass are the sums of products of their errors. First the conditional sum of
 * squares, from the best of a few fixed points, then the likelihood.
 *
 * ORDERS [7]. D = 1 if the season explains FC_AI_STRENGTH of the variance about a centred moving average. Then d is
 * the number of differences until the KPSS test [8] at 5 % is content, at most 2. The others: five first models, then
 * steps of one or two orders from the best so far while its AICc falls, by the conditional sums of squares of the last
 * FC_AI_SPAN rows and FC_AI_SPAN_SEASONS seasons. A model with a root within FC_AI_NEAR_UNIT of the unit circle is the
 * last choice.
 *
 * UNITS of the fit: at most (13 models + 152) (n / 64 + 26) + n / 128 + 5, each below 50 us but for those that decide
 * on differences, O(32 n), and those that start an exact filter, O(r^2).
 *
 * [1] Box and Jenkins 1970, Time series analysis   [2] Morf, Sidhu and Kailath 1974, Some new algorithms for recursive
 * estimation in constant, linear, discrete-time systems   [3] Pearlman 1980, An algorithm for the exact likelihood of
 * a high-order autoregressive-moving average process   [4] Tunnicliffe Wilson 1979, Some efficient computational
 * procedures for high order ARMA models   [5] Marquardt 1963   [6] Jones 1980, Maximum likelihood fitting of ARMA
 * models to time series with missing observations   [7] Hyndman and Khandakar 2008, Automatic time series forecasting
 * [8] Kwiatkowski, Phillips, Schmidt and Shin 1992 */

#define FC_AI_LEAST 3           /* values, for orders to be chosen or coefficients estimated                     */
#define FC_AI_LANES 4              /* filters of a bank: two registers of two doubles where there are no wider ones */
#define FC_AI_ROWS 64              /* rows between two moves of a bank's state to the start of its memory           */
#define FC_AI_UNIT 60000.0         /* multiply-adds of a unit: about 50 us                                          */
#define FC_AI_SETTLED 1e-9         /* v is taken for 1 so near to it: n' = 1000 rows change the deviance by 1e-6    */
#define FC_AI_ROUNDING 1e-6        /* and may fall below 1 by so much                                               */
#define FC_AI_FOLD 1e200           /* the product of the v is taken to its logarithm here: v stays below 1e100      */
#define FC_AI_PARTIAL 0.9999       /* largest partial autocorrelation: in 1000 rows hardly to be told from 1        */
#define FC_AI_MEAN 100.0           /* mu stays within so many root mean squares of w                                */
#define FC_AI_NOTHING 1e-24        /* share of the mean square of w below which errors are rounding                 */
#define FC_AI_NEAR_UNIT 1.001      /* the search wants roots beyond this                                            */
#define FC_AI_NEAR_UNIT_PRICE 1e9  /* AICc of a model with others: better than none                                 */
#define FC_AI_EDGE 0.9             /* share of the way to a bound that a step may go                                */
#define FC_AI_DIFFERENCE 1e-6      /* step of the derivatives; nearer to a bound is at it                           */
#define FC_AI_KPSS 0.463           /* 5 % point of the KPSS statistic about a level; [8], table 1                   */
#define FC_AI_TERMS 26             /* (PSC_ARIMA_MAX_ORDER + 1) (PSC_ARIMA_MAX_SEASONAL + 1) - 1 lags a list        */
#define FC_AI_UNKNOWN 21           /* 8 + 8 + 2 + 2 coefficients and mu                                             */
#define FC_AI_STATE_LANES 24       /* 1 + FC_AI_UNKNOWN, in whole banks */
#define FC_AI_STRENGTH 0.4         /* share that makes a season strong                                              */
#define FC_AI_DIFFERENCES 5        /* (2 + 1) (1 + 1) - 1 lags of the differences                                   */
#define FC_AI_KPSS_LAGS 32         /* most lags of the test's variance                                              */
#define FC_AI_PASSES 50            /* most passes of an estimation                                                  */
#define FC_AI_PASSES_SEARCH 12     /* and of one in the search                                                      */
#define FC_AI_TOLERANCE 1e-6       /* an estimation ends where the deviance would fall by less                      */
#define FC_AI_TOLERANCE_SEARCH 0.1 /* one in the search, or before that of the likelihood                           */
#define FC_AI_TOTAL 7              /* p + q + P + Q that the search goes up to                                      */
#define FC_AI_SPAN 1000            /* rows that the search looks at, the last ones, and                             */
#define FC_AI_SPAN_SEASONS 5       /* so many seasons more                                                          */
#define FC_AI_TRIED 11             /* words for a bit a model: 6 * 6 * 3 * 3 * 2 of them                            */

enum { FC_AI_P, FC_AI_Q, FC_AI_SP, FC_AI_SQ, FC_AI_CONSTANT, FC_AI_ORDERS };  /* also the order of the coefficients */

enum { FC_AI_PLAN, FC_AI_PREPARE, FC_AI_PASS, FC_AI_REPLAY, FC_AI_FITTED };    /* what the next unit does */

enum { FC_AI_SEARCH, FC_AI_SQUARES, FC_AI_EXACT };                       /* what the passes are for */

/* Sizes that the options and the task give, and where the arrays of the room begin, in words. */
typedef struct fc_arima_layout {
    int64_t season;                             /* m, 0: none */
    int64_t low[FC_AI_ORDERS], high[FC_AI_ORDERS];    /* bounds of the orders */
    int64_t r, exact, banks;                    /* largest state, the same of an exact filter, banks */
    int64_t w, tail, x, k, y, z, products, phi, theta, normal, solve, scratch, words;
} fc_arima_layout;

/* The room: this, then the arrays. */
typedef struct fc_arima {
    fc_arima_layout at;
    int64_t n, rows, d, sd, given, method, note;
    int64_t differences, difference_lag[FC_AI_DIFFERENCES];
    double  difference[FC_AI_DIFFERENCES];
    int64_t stage, purpose;
    /* the filters that are open now */
    int64_t order[FC_AI_ORDERS], unknowns, r, ar_terms, ma_terms, ar_lag[FC_AI_TERMS], ma_lag[FC_AI_TERMS];
    int64_t banks, lane, usable, exact, condition, span, time, settled[FC_AI_STATE_LANES / FC_AI_LANES];
    double  mean[FC_AI_STATE_LANES], variance[FC_AI_STATE_LANES], product[FC_AI_STATE_LANES], logs[FC_AI_STATE_LANES];
    /* the estimation */
    double  point[FC_AI_UNKNOWN], trial[FC_AI_UNKNOWN], gradient[FC_AI_UNKNOWN];
    double  deviance, squares, damping, tolerance, center;      /* center: the mean of w */
    int64_t starting, passes, passes_most;
    /* the search */
    int64_t best_order[FC_AI_ORDERS], models, models_most, seed, move, found;
    uint64_t tried[FC_AI_TRIED];
    double  best_aicc, best_point[FC_AI_UNKNOWN];
    /* the result */
    double  coefficient[FC_AI_UNKNOWN], scale, sigma2, likelihood, aicc;
    int64_t seen;                               /* values in the tail since the start */
} fc_arima;

static void fc_arima_options_default(psc_arima_options *options)
{
    memset(options, 0, sizeof *options);
    options->p = options->d = options->q = -1;
    options->seasonal_p = options->seasonal_d = options->seasonal_q = -1;
    options->constant = -1;
    options->models = 40;
}

static int fc_in(int32_t x, int32_t low, int32_t high)
{
    return x >= low && x <= high;
}

static int fc_arima_finite(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!psc__within(x[i], -FC_FAR, FC_FAR)) return 0;
    return 1;
}

static int fc_arima_options_valid(const psc_arima_options *o)
{
    const int32_t least = o->given == 1 ? 0 : -1;

    if (!fc_in(o->given, 0, 1) || !fc_in(o->method, PSC_ARIMA_LIKELIHOOD, PSC_ARIMA_SUM_OF_SQUARES)) return 0;
    if (!fc_in(o->p, least, PSC_ARIMA_MAX_ORDER) || !fc_in(o->q, least, PSC_ARIMA_MAX_ORDER)
        || !fc_in(o->seasonal_p, least, PSC_ARIMA_MAX_SEASONAL)
        || !fc_in(o->seasonal_q, least, PSC_ARIMA_MAX_SEASONAL))
        return 0;
    if (!fc_in(o->d, least, 2) || !fc_in(o->seasonal_d, least, 1) || !fc_in(o->constant, least, 1)
        || !fc_in(o->models, 1, 100))
        return 0;
    return !o->given || (fc_arima_finite(o->ar, PSC_ARIMA_MAX_ORDER) && fc_arima_finite(o->ma, PSC_ARIMA_MAX_ORDER)
                         && fc_arima_finite(o->seasonal_ar, PSC_ARIMA_MAX_SEASONAL)
                         && fc_arima_finite(o->seasonal_ma, PSC_ARIMA_MAX_SEASONAL)
                         && fc_arima_finite(&o->mean, 1));
}

/* Bounds of one order: as asked for, or 0 to what the search may go up to. */
static void fc_arima_bounds(fc_arima_layout *at, int which, int32_t asked, int64_t most)
{
    at->low[which] = asked >= 0 ? asked : 0;
    at->high[which] = asked >= 0 ? asked : most;
}

static int64_t fc_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t fc_most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void fc_arima_orders(fc_arima_layout *at, const fc_task *task)
{
    const psc_arima_options *o = (const psc_arima_options *)task->options;
    const int64_t n = (int64_t)task->n, m = task->periods > 0 ? task->period[0] : 0;
    const int seasonal = m > 1 && m <= PSC_ARIMA_MAX_SEASON;
    const int64_t most = fc_least(5, n / 3), most_seasonal = seasonal ? fc_least(2, n / 3 / m) : 0;
    const int64_t below = most_seasonal > 0 ? fc_least(most, m - 1) : most;     /* lag m is the season's */

    at->season = m > 1 ? m : 0;
    fc_arima_bounds(at, FC_AI_P, o->p, below);
    fc_arima_bounds(at, FC_AI_Q, o->q, below);
    fc_arima_bounds(at, FC_AI_SP, seasonal ? o->seasonal_p : 0, most_seasonal);
    fc_arima_bounds(at, FC_AI_SQ, seasonal ? o->seasonal_q : 0, most_seasonal);
    fc_arima_bounds(at, FC_AI_CONSTANT, o->constant, 1);
}

/* The one place that knows the layout. */
static int fc_arima_lay(fc_arima_layout *at, const fc_task *task)
{
    const int64_t n = (int64_t)task->n;
    int64_t lanes, unknowns = 0, *word[] = {
        &at->w, &at->tail, &at->x, &at->k, &at->y, &at->z, &at->products, &at->phi, &at->theta, &at->normal,
        &at->solve, &at->scratch
    };
    int64_t size[12], i;

    if (!fc_arima_options_valid((const psc_arima_options *)task->options) || task->n > SIZE_MAX / 64) return 0;
    fc_arima_orders(at, task);
    at->r = fc_most(at->high[FC_AI_P] + at->season * at->high[FC_AI_SP],
                    at->high[FC_AI_Q] + at->season * at->high[FC_AI_SQ]);
    at->exact = fc_least(at->r, PSC_ARIMA_EXACT);
    for (i = 0; i < FC_AI_ORDERS; i++) unknowns += at->high[i];
    at->banks = fc_most(2, (unknowns + FC_AI_LANES) / FC_AI_LANES);
    lanes = at->banks * FC_AI_LANES;
    size[0] = n;
    size[1] = at->season + 2;
    size[2] = lanes * (at->r + FC_AI_ROWS);
    size[3] = lanes * at->exact;
    size[4] = lanes * (at->exact + FC_AI_ROWS);
    size[5] = lanes * FC_AI_ROWS;
    size[6] = lanes * lanes;
    size[7] = size[8] = lanes * FC_AI_TERMS;
    size[9] = unknowns * unknowns;
    size[10] = unknowns * (unknowns + 1);
    size[11] = 3 * (at->exact + 1);
    at->words = (int64_t)(sizeof(fc_arima) / 8);
    for (i = 0; i < 12; i++) {
        *word[i] = at->words;
        at->words += size[i];
    }
    return 1;
}

static size_t fc_arima_words(const fc_task *task)
{
    fc_arima_layout at;
    return fc_arima_lay(&at, task) ? (size_t)at.words : 0;
}

static double *fc_arima_at(const fc_arima *a, int64_t word)
{
    return (double *)(uintptr_t)a + word;
}

/* ==== ARIMA filter ============================================================================ */

/* (1 + s a_1 B + ..)(1 + s A_1 B^m + ..) = 1 + s (c_1 B^lag_1 + ..): the lags and, every `stride`, the c. */
static int64_t fc_multiply(const double *a, int64_t orders, const double *seasonal, int64_t seasonals, int64_t season,
                           double s, int64_t *lag, double *c)
{
    int64_t i, j, terms = 0;

    for (j = 0; j <= seasonals; j++) {
        const double right = j ? s * seasonal[j - 1] : 1.0;
        for (i = 0; i <= orders; i++) {
            if (i + j == 0) continue;
            lag[terms] = i + j * season;
            c[FC_AI_LANES * terms++] = s * ((i ? s * a[i - 1] : 1.0) * right);
        }
    }
    return terms;
}

/* Partial autocorrelations to coefficients, block by block; mu stays as it is. */
static void fc_arima_coefficients(const fc_arima *a, const double *partial, double *coefficient)
{
    int64_t i, at = 0;
    int block;

    for (block = FC_AI_P; block <= FC_AI_SQ; block++) {
        double *c = coefficient + at;
        for (i = 0; i < a->order[block]; i++) fc_levinson(c, (size_t)i + 1, partial[at + i]);
        for (i = 0; i < a->order[block] && (block == FC_AI_Q || block == FC_AI_SQ); i++) c[i] = -c[i];
        at += a->order[block];
    }
    if (a->order[FC_AI_CONSTANT]) coefficient[at] = partial[at];
}

/* Whether 1 - a_1 z - ... has its roots beyond `radius`: the partial autocorrelations of a_j radius^j are within 1. */
static int fc_stationary(const double *a, int64_t order, double sign, double radius)
{
    double c[PSC_ARIMA_MAX_ORDER], power = sign;
    int64_t m, i, j;

    for (i = 0; i < order; i++) c[i] = a[i] * (power *= radius);
    for (m = order; m > 0; m--) {
        const double k = c[m - 1], rest = 1.0 - k * k;
        if (!(rest > 1e-12)) return 0;
        for (i = 0, j = m - 2; i < j; i++, j--) {
            const double low = c[i], high = c[j];
            c[i] = (low + k * high) / rest;
            c[j] = (high + k * low) / rest;
        }
        if (i == j) c[i] /= 1.0 - k;
    }
    return 1;
}

/* Opens the filters for these orders. */
static void fc_arima_open(fc_arima *a, const int64_t *order)
{
    int64_t i;

    a->unknowns = 0;
    for (i = 0; i < FC_AI_ORDERS; i++) a->unknowns += a->order[i] = order[i];
    a->condition = a->order[FC_AI_P] + a->at.season * a->order[FC_AI_SP];
    a->r = fc_most(a->condition, a->order[FC_AI_Q] + a->at.season * a->order[FC_AI_SQ]);
}

/* Four filters side by side: where they lie. In every array the lane is the index that runs first. */
typedef struct fc_bank {
    double *x, *k, *y, *variance, *product, *logs;
    const double *mean, *phi, *theta;
    const int64_t *ar_lag, *ma_lag;
    size_t ar_terms, ma_terms, r;
} fc_bank;

static void fc_bank_find(fc_bank *b, fc_arima *a, int64_t bank)
{
    const int64_t r = a->r, lane = bank * FC_AI_LANES, head = a->time % FC_AI_ROWS;

    b->x = fc_arima_at(a, a->at.x + lane * (r + FC_AI_ROWS) + head * FC_AI_LANES);
    b->y = fc_arima_at(a, a->at.y + lane * (r + FC_AI_ROWS) + head * FC_AI_LANES);
    b->k = fc_arima_at(a, a->at.k + lane * r);
    b->phi = fc_arima_at(a, a->at.phi + lane * FC_AI_TERMS);
    b->theta = fc_arima_at(a, a->at.theta + lane * FC_AI_TERMS);
    b->mean = a->mean + lane;
    b->variance = a->variance + lane;
    b->product = a->product + lane;
    b->logs = a->logs + lane;
    b->ar_lag = a->ar_lag;
    b->ma_lag = a->ma_lag;
    b->ar_terms = (size_t)a->ar_terms;
    b->ma_terms = (size_t)a->ma_terms;
    b->r = (size_t)r;
}

/* x[lag] += c u for every lag, each lane its own; u may be x[0], since no lag is 0. Sums are formed before any is
 * stored, so that a compiler sees that the lanes do not wait for each other. */
static void fc_scatter(double *x, const int64_t *lag, const double *c, size_t terms, const double *u)
{
    size_t i, l;

    for (i = 0; i < terms; i++, c += FC_AI_LANES) {
        double *at = x + FC_AI_LANES * lag[i], sum[FC_AI_LANES];
        for (l = 0; l < FC_AI_LANES; l++) sum[l] = at[l] + c[l] * u[l];
        for (l = 0; l < FC_AI_LANES; l++) at[l] = sum[l];
    }
}

/* The conditional form; live 0: the errors are taken for 0. Instead of moving x down, the place of x[0] moves up: the
 * cell that comes in at the end is cleared first. */
static void fc_bank_settled(const fc_bank *b, const double *w, size_t rows, double live, double *z)
{
    double *x = b->x, u[FC_AI_LANES];
    size_t t, l;

    for (t = 0; t < rows; t++, x += FC_AI_LANES, z += FC_AI_LANES) {
        for (l = 0; l < FC_AI_LANES; l++) {
            x[FC_AI_LANES * b->r + l] = 0.0;
            u[l] = w[t] - b->mean[l];
            z[l] = live * (u[l] - x[l]);
        }
        fc_scatter(x, b->ar_lag, b->phi, b->ar_terms, u);
        fc_scatter(x, b->ma_lag, b->theta, b->ma_terms, z);
    }
}

/* The dense part of an exact row: x[j+1] += k[j] g;  k, y <- k - c F y, F y - c k. */
static void fc_bank_turn(const fc_bank *b, double *x, double *y, const double *g, const double *c)
{
    double *k = b->k, old_k[FC_AI_LANES], old_y[FC_AI_LANES], sum[FC_AI_LANES];
    size_t j, l;

    for (j = 0; j < b->r; j++, k += FC_AI_LANES) {
        x += FC_AI_LANES;
        y += FC_AI_LANES;
        for (l = 0; l < FC_AI_LANES; l++) old_k[l] = k[l];
        for (l = 0; l < FC_AI_LANES; l++) old_y[l] = y[l];
        for (l = 0; l < FC_AI_LANES; l++) sum[l] = x[l] + old_k[l] * g[l];
        for (l = 0; l < FC_AI_LANES; l++) x[l] = sum[l];
        for (l = 0; l < FC_AI_LANES; l++) sum[l] = old_k[l] - c[l] * old_y[l];
        for (l = 0; l < FC_AI_LANES; l++) k[l] = sum[l];
        for (l = 0; l < FC_AI_LANES; l++) sum[l] = old_y[l] - c[l] * old_k[l];
        for (l = 0; l < FC_AI_LANES; l++) y[l] = sum[l];
    }
}

/* The exact form; z is e / sqrt(v). The products of the v are taken to their logarithms before they overflow. */
static void fc_bank_exact(const fc_bank *b, const double *w, size_t rows, double *z)
{
    double *x = b->x, *y = b->y, *v = b->variance, g[FC_AI_LANES], c[FC_AI_LANES];
    size_t t, l;

    for (t = 0; t < rows; t++, x += FC_AI_LANES, y += FC_AI_LANES, z += FC_AI_LANES) {
        for (l = 0; l < FC_AI_LANES; l++) {
            const double e = w[t] - b->mean[l] - x[l];
            g[l] = e / v[l];
            c[l] = y[l] / v[l];
            z[l] = e / sqrt(v[l]);
            b->product[l] *= v[l];
            v[l] *= 1.0 - c[l] * c[l];
            x[FC_AI_LANES * b->r + l] = y[FC_AI_LANES * b->r + l] = 0.0;
        }
        fc_scatter(x, b->ar_lag, b->phi, b->ar_terms, x);
        fc_scatter(y, b->ar_lag, b->phi, b->ar_terms, y);
        fc_bank_turn(b, x, y, g, c);
        for (l = 0; l < FC_AI_LANES; l++) {
            if (b->product[l] < FC_AI_FOLD) continue;
            b->logs[l] += psc__log(b->product[l]);
            b->product[l] = 1.0;
        }
    }
}

/* `rows` rows, which do not go past the end of the bank's memory, through one bank. */
static void fc_arima_rows(fc_arima *a, int64_t bank, const double *w, int64_t rows, double *z)
{
    int64_t blind = fc_most(0, fc_least(rows, a->condition - a->time));
    fc_bank b;

    fc_bank_find(&b, a, bank);
    if (a->exact && !a->settled[bank]) {
        fc_bank_exact(&b, w, (size_t)rows, z);
        return;
    }
    if (a->exact) blind = 0;
    fc_bank_settled(&b, w, (size_t)blind, 0.0, z);
    b.x += blind * FC_AI_LANES;
    fc_bank_settled(&b, w + blind, (size_t)(rows - blind), 1.0, z + blind * FC_AI_LANES);
}

/* Moves the states of a bank to the start of its memory and looks whether its v have come to 1. */
static void fc_arima_slide(fc_arima *a, int64_t bank)
{
    const int64_t lane = bank * FC_AI_LANES;
    const size_t cells = (size_t)(a->r * FC_AI_LANES);
    double *x = fc_arima_at(a, a->at.x + lane * (a->r + FC_AI_ROWS));
    double *y = fc_arima_at(a, a->at.y + lane * (a->r + FC_AI_ROWS));
    int64_t l;

    memmove(x, x + FC_AI_ROWS * FC_AI_LANES, cells * sizeof *x);
    if (!a->exact || a->settled[bank]) return;
    memmove(y, y + FC_AI_ROWS * FC_AI_LANES, cells * sizeof *y);
    a->settled[bank] = 1;
    for (l = lane; l < lane + FC_AI_LANES; l++)
        if (!(fabs(a->variance[l] - 1.0) < FC_AI_SETTLED)) a->settled[bank] = 0;
}

/* Puts the clock of all banks on by `rows`. */
static void fc_arima_advance(fc_arima *a, int64_t rows, int64_t banks)
{
    int64_t bank;

    a->time += rows;
    for (bank = 0; bank < banks && a->time % FC_AI_ROWS == 0; bank++) fc_arima_slide(a, bank);
}

/* c[j] = sum_i b_i b_{i+j} of the moving average's side, b_0 = 1 */
static void fc_arima_squared(const fc_arima *a, const double *theta, double *c)
{
    int64_t i, j;

    memset(c, 0, (size_t)(a->r + 1) * sizeof *c);
    for (i = -1; i < a->ma_terms; i++) {
        const double left = i < 0 ? 1.0 : theta[FC_AI_LANES * i];
        const int64_t lag = i < 0 ? 0 : a->ma_lag[i];
        c[0] += left * left;
        for (j = i + 1; j < a->ma_terms; j++) {
            const int64_t apart = a->ma_lag[j] - lag;
            c[apart < 0 ? -apart : apart] += (apart == 0 ? 2.0 : 1.0) * left * theta[FC_AI_LANES * j];
        }
    }
}

/* Solves S(z) f(1/z) + S(1/z) f(z) = c(z), f_0 = 1, c_j = c_{-j}, c of degree r, f of degree <= r; S takes the
 * place of c, f is lost. With f of degree k, a its last coefficient and f' the polynomial of degree k - 1 before it in
 * Levinson's recursion, T_j = S_j + a S_{k-j} fulfils T(z) f'(1/z) + T(1/z) f'(z) = c(z), so T_k = c_k, and T without
 * it solves the same problem for c less c_k (z^k f'(1/z) + z^-k f'(z)), of degree k - 1. 0: f is not stationary. */
static int fc_symmetric(double *c, double *f, size_t degree, double *last, size_t r)
{
    size_t i, j, k;

    for (k = r; k > 0; k--) {
        const double a = f[k], scale = 1.0 / (1.0 - a * a);
        if (!(a * a < 1.0 - 1e-12)) return 0;
        last[k] = a;
        for (i = 1, j = k - 1; k <= degree && i <= j; i++, j--) {
            const double low = f[i], high = f[j];
            f[i] = (low - a * high) * scale;
            f[j] = (high - a * low) * scale;
        }
        for (j = k > degree ? k - degree : 1; j < k; j++) c[j] -= c[k] * f[k - j];
    }
    c[0] *= 0.5;
    for (k = 1; k <= degree; k++) {
        const double a = last[k], scale = 1.0 / (1.0 - a * a);
        for (i = 0, j = k; i < j; i++, j--) {
            const double low = c[i], high = c[j];
            c[i] = (low - a * high) * scale;
            c[j] = (high - a * low) * scale;
        }
        if (i == j) c[i] /= 1.0 + a;
    }
    return 1;
}

/* Starts the exact form of a lane from the autocovariances. 0: there are none, or none that can be used. */
static int fc_arima_stationary_start(fc_arima *a, int64_t lane)
{
    const int64_t r = a->r, first = lane / FC_AI_LANES * FC_AI_LANES;
    const double *phi = fc_arima_at(a, a->at.phi + first * FC_AI_TERMS) + (lane - first);
    const double *theta = fc_arima_at(a, a->at.theta + first * FC_AI_TERMS) + (lane - first);
    double *s = fc_arima_at(a, a->at.scratch), *f = s + r + 1;
    double *k = fc_arima_at(a, a->at.k + first * r) + (lane - first);
    double *y = fc_arima_at(a, a->at.y + first * (r + FC_AI_ROWS)) + (lane - first);
    int64_t i;

    fc_arima_squared(a, theta, s);
    memset(f, 0, (size_t)(r + 1) * sizeof *f);
    for (i = 0; i < a->ar_terms; i++) f[a->ar_lag[i]] -= phi[FC_AI_LANES * i];
    if (!fc_symmetric(s, f, (size_t)a->condition, f + r + 1, (size_t)r)) return 0;
    for (i = 0; i < a->ar_terms; i++) s[a->ar_lag[i]] += phi[FC_AI_LANES * i] * s[0];
    for (i = 0; i < r; i++) k[FC_AI_LANES * i] = y[FC_AI_LANES * i] = s[i + 1];
    a->variance[lane] = 2.0 * s[0];
    return psc__within(a->variance[lane], 0.5, 1e100);
}

/* Gives a lane its coefficients and, to the exact form, its start. */
static int fc_arima_lane(fc_arima *a, int64_t lane, const double *coefficient)
{
    const int64_t first = lane / FC_AI_LANES * FC_AI_LANES, *o = a->order;
    double *phi = fc_arima_at(a, a->at.phi + first * FC_AI_TERMS) + (lane - first);
    double *theta = fc_arima_at(a, a->at.theta + first * FC_AI_TERMS) + (lane - first);
    const double *ma = coefficient + o[FC_AI_P], *sar = ma + o[FC_AI_Q], *sma = sar + o[FC_AI_SP];

    a->ar_terms = fc_multiply(coefficient, o[FC_AI_P], sar, o[FC_AI_SP], a->at.season, -1.0, a->ar_lag, phi);
    a->ma_terms = fc_multiply(ma, o[FC_AI_Q], sma, o[FC_AI_SQ], a->at.season, 1.0, a->ma_lag, theta);
    a->mean[lane] = o[FC_AI_CONSTANT] ? sma[o[FC_AI_SQ]] : 0.0;
    a->variance[lane] = a->product[lane] = 1.0;
    a->logs[lane] = 0.0;
    return !a->exact || fc_arima_stationary_start(a, lane);
}

/* The clock back to the first row, with nothing known. */
static void fc_arima_restart(fc_arima *a, int64_t banks)
{
    int64_t i;

    a->time = 0;
    for (i = 0; i < banks; i++) a->settled[i] = a->r == 0;
    memset(fc_arima_at(a, a->at.x), 0, (size_t)(banks * FC_AI_LANES * (a->r + FC_AI_ROWS)) * sizeof(double));
}

/* ==== ARIMA estimation ======================================================================== */

/* Partial autocorrelations (ar, ma, seasonal ar, seasonal ma; each block's first, the others 0) that an estimation may
 * start from: white noise, slow and quick decay, an airline model, a strong season. */
static const double fc_arima_starts[2 * FC_AI_LANES][4] = {
    {0.1, 0.1, 0.1, 0.1}, {0.5, 0.2, 0.1, 0.4}, {0.9, 0.4, 0.1, 0.7}, {-0.4, -0.2, 0.1, 0.4},
    {0.3, 0.7, 0.1, 0.7}, {0.1, -0.5, 0.4, 0.2}, {0.95, 0.7, 0.8, 0.6}, {0.4, -0.3, 0.1, 0.7}
};

/* One unknown a little nearer to 0: within its bounds wherever it is. */
static double fc_arima_nudge(double x)
{
    return x > 0.0 ? -FC_AI_DIFFERENCE : FC_AI_DIFFERENCE;
}

/* The point of the starting table that this lane stands for, in the blocks' places. */
static void fc_arima_start(const fc_arima *a, int64_t lane, double *partial)
{
    int64_t i, at = 0;
    int block;

    for (block = FC_AI_P; block <= FC_AI_SQ; block++) {
        for (i = 0; i < a->order[block]; i++) partial[at + i] = i == 0 ? fc_arima_starts[lane][block] : 0.0;
        at += a->order[block];
    }
    if (a->order[FC_AI_CONSTANT]) partial[at] = a->center;
}

/* Coefficients of a lane in this pass: those given, a start, the trial point, or that with one unknown nudged. */
static void fc_arima_lane_point(const fc_arima *a, int64_t lane, double *coefficient)
{
    double partial[FC_AI_UNKNOWN];

    if (a->given) {
        memcpy(coefficient, a->coefficient, sizeof a->coefficient);
        return;
    }
    memcpy(partial, a->trial, sizeof partial);
    if (a->starting) fc_arima_start(a, lane, partial);
    else if (lane > 0 && lane <= a->unknowns) partial[lane - 1] += fc_arima_nudge(partial[lane - 1]);
    fc_arima_coefficients(a, partial, coefficient);
}

/* A pass over the sample begins; its lanes are prepared first. */
static void fc_arima_pass(fc_arima *a)
{
    a->banks = a->starting ? 2 : a->given ? 1 : (a->unknowns + FC_AI_LANES) / FC_AI_LANES;
    a->lane = 0;
    a->stage = FC_AI_PREPARE;
    a->usable = 1;
    fc_arima_restart(a, a->banks);
    memset(fc_arima_at(a, a->at.products), 0,
           (size_t)(a->banks * a->banks) * FC_AI_LANES * FC_AI_LANES * sizeof(double));
}

/* Prepares as many lanes as a unit allows. A nudged lane that cannot be used is made equal to the first: its unknown
 * then stays where it is. */
static void fc_arima_prepare(fc_arima *a)
{
    double coefficient[FC_AI_UNKNOWN], work = 0.0;

    for (; a->lane < a->banks * FC_AI_LANES && work < FC_AI_UNIT; a->lane++) {
        fc_arima_lane_point(a, a->lane, coefficient);
        if (!fc_arima_lane(a, a->lane, coefficient)) {
            fc_arima_lane_point(a, 0, coefficient);
            if (!fc_arima_lane(a, a->lane, coefficient)) a->usable = 0;
        }
        work += 200.0 + (a->exact ? 3.0 * (double)(a->r * a->r) : 0.0);
    }
    if (a->lane == a->banks * FC_AI_LANES) a->stage = FC_AI_PASS;
}

static void fc_arima_block(const double *left, const double *right, int64_t rows, double *out, int64_t stride)
{
    int64_t t, i;

    for (i = 0; i < FC_AI_LANES; i++, left++, out += stride) {
        const double *r = right;
        double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
        for (t = 0; t < rows; t++, r += FC_AI_LANES) {
            const double x = left[FC_AI_LANES * t];
            s0 += x * r[0];
            s1 += x * r[1];
            s2 += x * r[2];
            s3 += x * r[3];
        }
        out[0] += s0;
        out[1] += s1;
        out[2] += s2;
        out[3] += s3;
    }
}

/* Takes the errors of some rows into the sums of products: of lane 0 themselves, of the others what they differ by,
 * so that nothing is lost when derivatives are made of them. */
static void fc_arima_collect(fc_arima *a, int64_t rows)
{
    const int64_t size = FC_AI_ROWS * FC_AI_LANES, stride = a->banks * FC_AI_LANES;
    double *z = fc_arima_at(a, a->at.z), *products = fc_arima_at(a, a->at.products);
    int64_t t, i, j, l;

    for (t = 0; t < rows; t++) {
        const double base = z[t * FC_AI_LANES];
        for (i = 0; i < a->banks; i++)
            for (l = 0; l < FC_AI_LANES; l++) z[i * size + t * FC_AI_LANES + l] -= base;
        z[t * FC_AI_LANES] = base;
    }
    for (i = 0; i < a->banks; i++)
        for (j = i; j < a->banks; j++)
            fc_arima_block(z + i * size, z + j * size, rows, products + FC_AI_LANES * (i * stride + j), stride);
}

/* No v can be below 1 but by rounding. Where that has grown, the point is of no use. */
static int fc_arima_sound(const fc_arima *a)
{
    int64_t lane;

    for (lane = 0; lane < a->banks * FC_AI_LANES; lane++)
        if (!(a->variance[lane] > 1.0 - FC_AI_ROUNDING)) return 0;
    return 1;
}

/* Takes as many rows as a unit allows through all banks. 1: there are more. */
static int fc_arima_run(fc_arima *a)
{
    const double lanes = (double)(a->banks * FC_AI_LANES);
    double work = 0.0;

    while (a->time < a->span && a->usable && work < FC_AI_UNIT) {
        const int64_t rows = fc_least(FC_AI_ROWS, a->span - a->time);
        const double *w = fc_arima_at(a, a->at.w + a->rows - a->span + a->time);
        int64_t bank;
        for (bank = 0; bank < a->banks; bank++) {
            work += (double)rows * (4.0 * (double)(a->ar_terms + a->ma_terms + 3));
            if (a->exact && !a->settled[bank]) work += (double)rows * 12.0 * (double)a->r;
            fc_arima_rows(a, bank, w, rows, fc_arima_at(a, a->at.z + bank * FC_AI_ROWS * FC_AI_LANES));
        }
        fc_arima_collect(a, rows);
        work += (double)rows * lanes * lanes / 2.0;
        fc_arima_advance(a, rows, a->banks);
        a->usable = fc_arima_sound(a);
    }
    return a->usable && a->time < a->span;
}

static double fc_arima_product(const fc_arima *a, int64_t i, int64_t j)
{
    return fc_arima_at(a, a->at.products)[i * a->banks * FC_AI_LANES + j];
}

static double fc_arima_log_variance(const fc_arima *a, int64_t lane)
{
    return a->logs[lane] + psc__log(a->product[lane]);
}

/* Rows that the sum of squares goes over. */
static double fc_arima_used(const fc_arima *a)
{
    return (double)(a->exact ? a->span : a->span - a->condition);
}

static double fc_arima_log_mean(const fc_arima *a, double squares)
{
    return psc__log(fc_max(squares / fc_arima_used(a), FC_AI_NOTHING));
}

/* Gradient and Gauss-Newton's second derivatives of half the deviance at the trial point. The errors of lane i,
 * made comparable, are those of lane 0 plus s d + (s - 1) e, d their difference and e those of lane 0, s the root of
 * the ratio of the mean v. */
static void fc_arima_normal(fc_arima *a)
{
    const int64_t n = a->unknowns;
    const double squares = a->squares, unit = fc_arima_used(a) / fc_max(squares, FC_AI_NOTHING);
    double *normal = fc_arima_at(a, a->at.normal), scale[FC_AI_STATE_LANES];
    int64_t i, j;

    for (i = 1; i <= n; i++)
        scale[i] = psc__exp((fc_arima_log_variance(a, i) - fc_arima_log_variance(a, 0)) / (2.0 * fc_arima_used(a)));
    for (i = 1; i <= n; i++) {
        const double si = scale[i], hi = fc_arima_nudge(a->trial[i - 1]) / unit;
        a->gradient[i - 1] = (si * fc_arima_product(a, 0, i) + (si - 1.0) * squares) / hi;
        for (j = 1; j <= i; j++) {
            const double sj = scale[j], hj = fc_arima_nudge(a->trial[j - 1]);
            normal[(i - 1) * n + j - 1] = (si * sj * fc_arima_product(a, j, i)
                                           + si * (sj - 1.0) * fc_arima_product(a, 0, i)
                                           + sj * (si - 1.0) * fc_arima_product(a, 0, j)
                                           + (si - 1.0) * (sj - 1.0) * squares) / (hi * hj);
        }
    }
}

/* Second derivatives that agree with how the gradient changed over the last step: where the errors bend, those of
 * Gauss-Newton alone would step too far again and again. The update of Broyden, Fletcher, Goldfarb and Shanno. */
static void fc_arima_secant(fc_arima *a, const double *before, const double *gradient)
{
    const int64_t n = a->unknowns;
    double *normal = fc_arima_at(a, a->at.normal), product[FC_AI_UNKNOWN], bend = 0.0, change = 0.0;
    int64_t i, j;

    for (i = 0; i < n; i++) {
        product[i] = 0.0;
        for (j = 0; j < n; j++)
            product[i] += normal[i > j ? i * n + j : j * n + i] * (a->point[j] - before[j]);
        bend += product[i] * (a->point[i] - before[i]);
        change += (a->gradient[i] - gradient[i]) * (a->point[i] - before[i]);
    }
    if (!(bend > 0.0) || !(change > 0.1 * bend) || change > 10.0 * bend) return;
    for (i = 0; i < n; i++)
        for (j = 0; j <= i; j++)
            normal[i * n + j] += (a->gradient[i] - gradient[i]) * (a->gradient[j] - gradient[j]) / change
                                 - product[i] * product[j] / bend;
}

/* The damped step from the best point, without the unknowns that are held: psc__solve gives 0 where the diagonal
 * is 0. */
static double *fc_arima_solve(fc_arima *a, const int8_t *held)
{
    const int64_t n = a->unknowns;
    const double *normal = fc_arima_at(a, a->at.normal);
    double *left = fc_arima_at(a, a->at.solve), *step = left + n * n;
    int64_t i, j;

    for (i = 0; i < n; i++) {
        step[i] = -a->gradient[i];
        for (j = 0; j < i; j++) left[i * n + j] = normal[i * n + j];
        left[i * n + i] = held[i] ? 0.0 : normal[i * n + i] * (1.0 + a->damping);
    }
    (void)psc__solve(left, step, (size_t)n, 0.0);
    return step;
}

/* How far it is from the best point to the bound that a step goes towards. */
static double fc_arima_way(const fc_arima *a, int64_t i, double step)
{
    const double bound = a->order[FC_AI_CONSTANT] && i == a->unknowns - 1 ? FC_AI_MEAN : FC_AI_PARTIAL;
    return step > 0.0 ? bound - a->point[i] : bound + a->point[i];
}

/* The next trial point. An unknown that is all but at a bound and would go on is held. Then the step is shortened as
 * a whole, so that it still descends, to end before every bound. Returns what the deviance would fall by if no bound
 * were in the way. */
static double fc_arima_propose(fc_arima *a)
{
    int8_t held[FC_AI_UNKNOWN] = {0};
    double *step, length = 1.0, fall = 0.0;
    int64_t i;

    do {
        step = fc_arima_solve(a, held);
        for (i = 0; i < a->unknowns; i++)
            if (!held[i] && fabs(step[i]) > 0.0 && fc_arima_way(a, i, step[i]) < FC_AI_DIFFERENCE) break;
        if (i < a->unknowns) held[i] = 1;
    } while (i < a->unknowns);
    for (i = 0; i < a->unknowns; i++) {
        const double most = FC_AI_EDGE * fc_arima_way(a, i, step[i]);
        if (fabs(step[i]) * length > most) length = most / fabs(step[i]);
        fall -= a->gradient[i] * step[i];
    }
    for (i = 0; i < a->unknowns; i++) a->trial[i] = a->point[i] + length * step[i];
    return fall;
}

/* The best of the starting table becomes the trial point. */
static void fc_arima_choose_start(fc_arima *a)
{
    double least = 0.0;
    int64_t i, best = 0;

    for (i = 1; i < 2 * FC_AI_LANES; i++) {
        const double more = 2.0 * fc_arima_product(a, 0, i) + fc_arima_product(a, i, i);
        if (!(more < least)) continue;
        least = more;
        best = i;
    }
    fc_arima_start(a, best, a->trial);
    a->starting = 0;
}

/* The trial point becomes the best. */
static void fc_arima_accept(fc_arima *a, double deviance)
{
    const int first = !(a->deviance < DBL_MAX);
    double before[FC_AI_UNKNOWN], gradient[FC_AI_UNKNOWN];

    memcpy(before, a->point, sizeof before);
    memcpy(gradient, a->gradient, sizeof gradient);
    memcpy(a->point, a->trial, sizeof a->point);
    a->deviance = deviance;
    a->squares = fc_arima_product(a, 0, 0);
    if (a->given) return;
    fc_arima_normal(a);
    if (!first) fc_arima_secant(a, before, gradient);
}

/* After a pass: takes the trial point if it is better. 1: another pass is wanted, at a new trial point. */
static int fc_arima_judge(fc_arima *a)
{
    const double before = a->deviance, squares = fc_arima_product(a, 0, 0);
    double now = DBL_MAX;

    if (a->starting) {
        fc_arima_choose_start(a);
        return 1;
    }
    if (a->usable && psc__finite(&squares))
        now = fc_arima_used(a) * fc_arima_log_mean(a, squares) + fc_arima_log_variance(a, 0);
    if (now < before) {
        fc_arima_accept(a, now);
        a->damping *= 0.1;
        if (a->given || before - now < a->tolerance) return 0;
    } else {
        a->damping = fc_max(10.0 * a->damping, 0.1);
        if (!(before < DBL_MAX)) return 0;
    }
    if (++a->passes >= a->passes_most) return 0;
    return fc_arima_propose(a) > a->tolerance;
}

/* Whether the likelihood is wanted, and the state short enough for it. */
static int fc_arima_may_be_exact(const fc_arima *a)
{
    return a->method == PSC_ARIMA_LIKELIHOOD && a->r <= PSC_ARIMA_EXACT;
}

/* Begins an estimation at the trial point, or at the best of the starting table. */
static void fc_arima_estimate(fc_arima *a, int64_t purpose, int starting)
{
    a->purpose = purpose;
    a->exact = purpose == FC_AI_EXACT;
    a->span = purpose == FC_AI_SEARCH ? fc_least(a->rows, FC_AI_SPAN + FC_AI_SPAN_SEASONS * a->at.season) : a->rows;
    a->starting = starting && !a->given;
    a->deviance = DBL_MAX;
    a->damping = 1e-2;
    a->passes = 0;
    a->passes_most = purpose == FC_AI_SEARCH ? FC_AI_PASSES_SEARCH : FC_AI_PASSES;
    a->tolerance = purpose == FC_AI_EXACT || (purpose == FC_AI_SQUARES && !fc_arima_may_be_exact(a)) ? FC_AI_TOLERANCE
                                                                                             : FC_AI_TOLERANCE_SEARCH;
    fc_arima_pass(a);
}

/* AICc of k coefficients and the variance, given -2 log likelihood or what takes its place. */
static double fc_arima_aicc(const fc_arima *a, double minus2)
{
    const double n = (double)a->span, k = (double)a->unknowns + 1.0;
    return minus2 + 2.0 * k + 2.0 * k * (k + 1.0) / fc_max(n - k - 1.0, 0.5);
}

/* ==== ARIMA orders ============================================================================ */

/* First models of the search: p, q, P, Q, constant [7]. */
static const int8_t fc_arima_first[5][FC_AI_ORDERS] = {
    {2, 2, 1, 1, 1}, {0, 0, 0, 0, 1}, {1, 0, 1, 0, 1}, {0, 1, 0, 1, 1}, {0, 0, 0, 0, 0}
};

/* Its steps, tried in this order from the best model so far [7]; the constant's 1 stands for "the other". */
static const int8_t fc_arima_moves[17][FC_AI_ORDERS] = {
    {0, 0, -1, 0, 0}, {0, 0, 0, -1, 0}, {0, 0, 1, 0, 0}, {0, 0, 0, 1, 0}, {0, 0, -1, -1, 0}, {0, 0, -1, 1, 0},
    {0, 0, 1, -1, 0}, {0, 0, 1, 1, 0}, {-1, 0, 0, 0, 0}, {0, -1, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 1, 0, 0, 0},
    {-1, -1, 0, 0, 0}, {-1, 1, 0, 0, 0}, {1, -1, 0, 0, 0}, {1, 1, 0, 0, 0}, {0, 0, 0, 0, 1}
};

/* Whether the rows suffice for a model: two more than are conditioned on and estimated. */
static int fc_arima_feasible(const fc_arima_layout *at, const int64_t *order, int64_t rows)
{
    int64_t i, unknowns = 0;

    for (i = 0; i < FC_AI_ORDERS; i++) unknowns += order[i];
    return rows - order[FC_AI_P] - at->season * order[FC_AI_SP] > unknowns + 1;
}

/* Within the bounds, small enough and feasible, and not tried before; then it is marked as tried. */
static int fc_arima_candidate(fc_arima *a, const int64_t *order)
{
    int64_t i, place = 0, total = 0;

    for (i = 0; i < FC_AI_ORDERS; i++) {
        if (order[i] < a->at.low[i] || order[i] > a->at.high[i]) return 0;
        place = place * (a->at.high[i] - a->at.low[i] + 1) + order[i] - a->at.low[i];
        if (i < FC_AI_CONSTANT) total += order[i] - a->at.low[i];
    }
    if (total > FC_AI_TOTAL || !fc_arima_feasible(&a->at, order, a->rows)) return 0;
    if (a->tried[place / 64] >> (place % 64) & 1) return 0;
    a->tried[place / 64] |= UINT64_C(1) << (place % 64);
    return 1;
}

/* The next model to try, in order[]; 0: there is none. */
static int fc_arima_next(fc_arima *a, int64_t *order)
{
    int64_t i;

    while (a->models < a->models_most) {
        const int first = a->seed < 5;
        if (!first && (!a->found || a->move == 17)) return 0;
        for (i = 0; i < FC_AI_ORDERS; i++) {
            const int64_t step = first ? fc_arima_first[a->seed][i] : fc_arima_moves[a->move][i];
            order[i] = first ? fc_least(fc_most(step, a->at.low[i]), a->at.high[i]) : a->best_order[i] + step;
        }
        if (order[FC_AI_CONSTANT] > 1) order[FC_AI_CONSTANT] = 0;
        if (first) a->seed++;
        else a->move++;
        if (fc_arima_candidate(a, order)) return 1;
    }
    return 0;
}

/* The best point so far, cut or filled with 0 to the orders that are open. */
static void fc_arima_inherit(fc_arima *a)
{
    int64_t i, from = 0, to = 0;
    int block;

    for (block = FC_AI_P; block < FC_AI_ORDERS; block++) {
        const double fresh = block == FC_AI_CONSTANT ? a->center : 0.0;
        for (i = 0; i < a->order[block]; i++)
            a->trial[to + i] = i < a->best_order[block] ? a->best_point[from + i] : fresh;
        from += a->best_order[block];
        to += a->order[block];
    }
}

/* Whether a polynomial of the best point has a root near the unit circle. */
static int fc_arima_near_unit(const fc_arima *a)
{
    double coefficient[FC_AI_UNKNOWN];
    int64_t at = 0;
    int block;

    fc_arima_coefficients(a, a->point, coefficient);
    for (block = FC_AI_P; block <= FC_AI_SQ; block++) {
        const double sign = block == FC_AI_Q || block == FC_AI_SQ ? -1.0 : 1.0;
        if (!fc_stationary(coefficient + at, a->order[block], sign, FC_AI_NEAR_UNIT)) return 1;
        at += a->order[block];
    }
    return 0;
}

/* A model of the search is estimated: is it the best? */
static void fc_arima_compare(fc_arima *a)
{
    double aicc = fc_arima_aicc(a, (double)a->span * fc_arima_log_mean(a, a->squares));

    a->models++;
    if (fc_arima_near_unit(a)) aicc += FC_AI_NEAR_UNIT_PRICE;
    if (!(a->deviance < DBL_MAX) || (a->found && !(aicc < a->best_aicc))) return;
    a->found = 1;
    a->move = 0;
    a->best_aicc = aicc;
    memcpy(a->best_order, a->order, sizeof a->order);
    memcpy(a->best_point, a->point, sizeof a->point);
}

/* Opens the model that was found, or the one without coefficients, for its last estimation. */
static void fc_arima_close_search(fc_arima *a)
{
    const int64_t none[FC_AI_ORDERS] = {0, 0, 0, 0, 0};

    if (!a->found) a->note |= PSC_ARIMA_NOTE_SHORT;
    fc_arima_open(a, a->found ? a->best_order : none);
    if (a->found) fc_arima_inherit(a);
    if (a->method == PSC_ARIMA_LIKELIHOOD && a->r > PSC_ARIMA_EXACT) a->note |= PSC_ARIMA_NOTE_SQUARES;
    fc_arima_estimate(a, fc_arima_may_be_exact(a) ? FC_AI_EXACT : FC_AI_SQUARES, 0);
}

/* Goes on with the search. */
static void fc_arima_search(fc_arima *a)
{
    int64_t order[FC_AI_ORDERS];

    if (!fc_arima_next(a, order)) {
        fc_arima_close_search(a);
        return;
    }
    fc_arima_open(a, order);
    if (a->seed >= 5) fc_arima_inherit(a);
    fc_arima_estimate(a, FC_AI_SEARCH, a->seed < 5);
}

/* w[t] <- w[t + lag] - w[t] */
static void fc_arima_difference(fc_arima *a, int64_t lag)
{
    double *w = fc_arima_at(a, a->at.w);
    int64_t t;

    a->rows -= lag;
    for (t = 0; t < a->rows; t++) w[t] = w[t + lag] - w[t];
}

/* The share of the variance about a centred moving average of m that the means of the m phases explain, 0..1,
 * adjusted for their number. mean[m] is lost. */
static double fc_season_strength(const double *y, int64_t n, int64_t m, double *mean)
{
    const int64_t half = m / 2, used = n - 2 * half;
    const double end = m % 2 ? 1.0 : 0.5;       /* weight of the two outermost values */
    double sum = 0.0, total = 0.0, square = 0.0, between = 0.0;
    int64_t t, i;

    memset(mean, 0, (size_t)m * sizeof *mean);
    for (t = 1 - half; t < half; t++) sum += y[half + t];
    for (t = half; t < n - half; t++) {
        const double x = y[t] - (sum + end * (y[t - half] + y[t + half])) / (double)m;
        mean[t % m] += x;
        total += x;
        square += x * x;
        sum += y[t + half] - y[t - half + 1];
    }
    for (i = 0; i < m; i++) {
        const double count = (double)((used - 1 - (i + m - half % m) % m) / m + 1);
        between += mean[i] * mean[i] / count;
    }
    square -= total * total / (double)used;
    between -= total * total / (double)used;
    if (!(square > 0.0)) return 0.0;
    return fc_clamp(1.0 - (square - between) / square * (double)(used - 1) / (double)(used - m), 0.0, 1.0);
}

/* The KPSS statistic about a level, Bartlett weights up to 3 sqrt(n) / 13 lags. */
static double fc_kpss(const double *x, int64_t n)
{
    const int64_t lags = fc_least((int64_t)(3.0 * sqrt((double)n) / 13.0), FC_AI_KPSS_LAGS);
    double mean = 0.0, partial = 0.0, above = 0.0, below = 0.0;
    int64_t t, k;

    for (t = 0; t < n; t++) mean += (x[t] - mean) / (double)(t + 1);
    for (t = 0; t < n; t++) {
        partial += x[t] - mean;
        above += partial * partial;
    }
    for (k = 0; k <= lags; k++) {
        double sum = 0.0;
        for (t = k; t < n; t++) sum += (x[t] - mean) * (x[t - k] - mean);
        below += (k ? 2.0 : 1.0) * (1.0 - (double)k / (double)(lags + 1)) * sum;
    }
    return below > 0.0 ? above / ((double)n * below) : 0.0;
}

/* Mean and root mean square of w, which is scaled by the latter. */
static void fc_arima_scale(fc_arima *a)
{
    double *w = fc_arima_at(a, a->at.w), square = 0.0;
    int64_t t;

    for (t = 0; t < a->rows; t++) square += (w[t] * w[t] - square) / (double)(t + 1);
    a->scale = square > 0.0 ? sqrt(square) : 1.0;
    for (t = 0; t < a->rows; t++) {
        w[t] /= a->scale;
        a->center += (w[t] - a->center) / (double)(t + 1);
    }
}

/* The operator of the differences, as y[t] = w[t] + sum difference_i y[t - difference_lag_i]. */
static void fc_arima_operator(fc_arima *a)
{
    const double simple[2] = {a->d == 2 ? 2.0 : 1.0, -1.0}, seasonal = 1.0;
    double c[FC_AI_DIFFERENCES * FC_AI_LANES];
    int64_t i;

    a->differences = fc_multiply(simple, a->d, &seasonal, a->sd, a->at.season, -1.0, a->difference_lag, c);
    for (i = 0; i < a->differences; i++) a->difference[i] = c[FC_AI_LANES * i];
}

/* mu over the constant that is reported: m if the only difference is seasonal. */
static double fc_arima_steps(const fc_arima *a)
{
    return a->sd && !a->d ? (double)a->at.season : 1.0;
}

/* The coefficients that were given, in their places. */
static void fc_arima_take(fc_arima *a, const psc_arima_options *o)
{
    double *c = a->coefficient;

    memcpy(c, o->ar, (size_t)a->order[FC_AI_P] * sizeof *c);
    memcpy(c += a->order[FC_AI_P], o->ma, (size_t)a->order[FC_AI_Q] * sizeof *c);
    memcpy(c += a->order[FC_AI_Q], o->seasonal_ar, (size_t)a->order[FC_AI_SP] * sizeof *c);
    memcpy(c += a->order[FC_AI_SP], o->seasonal_ma, (size_t)a->order[FC_AI_SQ] * sizeof *c);
    if (a->order[FC_AI_CONSTANT]) c[a->order[FC_AI_SQ]] = o->mean * fc_arima_steps(a) / a->scale;
}

/* Whether the bounds leave one model only. */
static int fc_arima_one_model(const fc_arima *a)
{
    int i, open = 0;

    for (i = 0; i < FC_AI_ORDERS; i++) open += a->at.low[i] < a->at.high[i];
    return open == 0;
}

/* The differences are done: bounds of the constant, scale, and the first model. */
static void fc_arima_planned(fc_arima *a, const fc_task *task)
{
    fc_arima_scale(a);
    fc_arima_operator(a);
    if (a->d + a->sd > 1) a->at.low[FC_AI_CONSTANT] = a->at.high[FC_AI_CONSTANT] = 0;
    if (!fc_arima_one_model(a) || !fc_arima_feasible(&a->at, a->at.low, a->rows)) {
        fc_arima_search(a);
        return;
    }
    fc_arima_open(a, a->at.low);
    if (a->given) fc_arima_take(a, (const psc_arima_options *)task->options);
    if (a->r > PSC_ARIMA_EXACT && a->method == PSC_ARIMA_LIKELIHOOD) a->note |= PSC_ARIMA_NOTE_SQUARES;
    fc_arima_estimate(a, a->given && fc_arima_may_be_exact(a) ? FC_AI_EXACT : FC_AI_SQUARES, 1);
}

/* Decides on one difference, and makes it. */
static void fc_arima_plan(fc_arima *a, const fc_task *task)
{
    const psc_arima_options *o = (const psc_arima_options *)task->options;
    const int64_t m = a->at.season;

    if (a->rows == 0) {
        a->rows = a->n;
        memcpy(fc_arima_at(a, a->at.w), task->y, task->n * sizeof(double));
        if (m > 0 && a->n >= 2 * m + 2 * (m / 2) && o->seasonal_d < 0)
            a->sd = fc_season_strength(task->y, a->n, m, fc_arima_at(a, a->at.tail)) > FC_AI_STRENGTH;
        if (m > 0 && o->seasonal_d > 0) a->sd = 1;
        if (a->sd) fc_arima_difference(a, m);
        return;
    }
    if (o->d < 0 ? a->d < 2 && a->rows > 3 && fc_kpss(fc_arima_at(a, a->at.w), a->rows) > FC_AI_KPSS : a->d < o->d) {
        a->d++;
        fc_arima_difference(a, 1);
        return;
    }
    fc_arima_planned(a, task);
}

/* ==== ARIMA model ============================================================================= */

/* Given coefficients must be stationary, and for sums of squares invertible: else the errors grow without bound. */
static int fc_arima_given_usable(const fc_arima_layout *at, const psc_arima_options *o)
{
    if (!fc_stationary(o->ar, at->low[FC_AI_P], 1.0, 1.0)
        || !fc_stationary(o->seasonal_ar, at->low[FC_AI_SP], 1.0, 1.0))
        return 0;
    return (o->method == PSC_ARIMA_LIKELIHOOD && at->r <= PSC_ARIMA_EXACT)
           || (fc_stationary(o->ma, at->low[FC_AI_Q], -1.0, 1.0)
               && fc_stationary(o->seasonal_ma, at->low[FC_AI_SQ], -1.0, 1.0));
}

static int fc_arima_begin(const fc_task *task, void *room)
{
    const psc_arima_options *o = (const psc_arima_options *)task->options;
    fc_arima *a = (fc_arima *)room;
    int64_t lost;

    memset(a, 0, sizeof *a);
    (void)fc_arima_lay(&a->at, task);
    a->n = (int64_t)task->n;
    a->given = o->given;
    a->method = o->method;
    a->models_most = o->models;
    if (task->periods > 0 && task->period[0] > PSC_ARIMA_MAX_SEASON) a->note |= PSC_ARIMA_NOTE_SEASON;
    lost = fc_most(o->d, 0) + a->at.season * fc_most(o->seasonal_d, 0);
    if (a->n - lost < 1 || (!o->given && a->n < FC_AI_LEAST)) return 0;
    if (fc_arima_one_model(a) && !fc_arima_feasible(&a->at, a->at.low, a->n - lost)) return 0;
    return !a->given || fc_arima_given_usable(&a->at, o);
}

/* Lane 0 into the other lanes of a bank's array. */
static void fc_lanes_equal(double *x, int64_t cells)
{
    int64_t i, l;

    for (i = 0; i < cells; i++)
        for (l = 1; l < FC_AI_LANES; l++) x[FC_AI_LANES * i + l] = x[FC_AI_LANES * i];
}

/* One filter in lane 0 of the first bank (the others of the bank do the same), before the first row. */
static void fc_arima_stand(fc_arima *a)
{
    fc_arima_restart(a, 1);
    (void)fc_arima_lane(a, 0, a->coefficient);
    fc_lanes_equal(fc_arima_at(a, a->at.phi), a->ar_terms);
    fc_lanes_equal(fc_arima_at(a, a->at.theta), a->ma_terms);
    fc_lanes_equal(a->mean, 1);
    fc_lanes_equal(a->variance, 1);
    fc_lanes_equal(a->product, 1);
    fc_lanes_equal(a->logs, 1);
    if (a->exact) fc_lanes_equal(fc_arima_at(a, a->at.k), a->r);
    if (a->exact) fc_lanes_equal(fc_arima_at(a, a->at.y), a->r);
    a->seen = 0;
}

static void fc_arima_observe(void *room, double y)
{
    fc_arima *a = (fc_arima *)room;
    const int64_t length = a->d + a->sd * a->at.season;
    double *tail = fc_arima_at(a, a->at.tail), w = y, z[FC_AI_LANES];
    int64_t i;

    if (a->seen >= length) {
        for (i = 0; i < a->differences; i++)
            w -= a->difference[i] * tail[(a->seen - a->difference_lag[i]) % length];
        w = fc_clamp(w / a->scale, -FC_FAR, FC_FAR);
        fc_arima_rows(a, 0, &w, 1, z);
        fc_arima_advance(a, 1, 1);
    }
    if (length > 0) tail[a->seen % length] = y;
    psc__count(&a->seen);
}

/* The values that the differences use up are seen. */
static size_t fc_arima_rewind(const fc_task *task, void *room)
{
    fc_arima *a = (fc_arima *)room;
    int64_t t;

    fc_arima_stand(a);
    for (t = 0; t < a->d + a->sd * a->at.season; t++) fc_arima_observe(a, task->y[t]);
    return (size_t)t;
}

/* The result of the last estimation. */
static void fc_arima_finish(fc_arima *a, const fc_task *task)
{
    const double rows = (double)a->rows, fit = a->exact ? a->deviance : rows * fc_arima_log_mean(a, a->squares);

    if (!a->given) fc_arima_coefficients(a, a->point, a->coefficient);
    a->sigma2 = a->squares / fc_arima_used(a) * a->scale * a->scale;
    a->likelihood = -0.5 * (rows * (psc__log(FC_2PI) + 1.0 + 2.0 * psc__log(a->scale)) + fit);
    a->aicc = fc_arima_aicc(a, -2.0 * a->likelihood);
    (void)fc_arima_rewind(task, a);
    a->stage = FC_AI_REPLAY;
}

/* An estimation has come to its end: what is next? */
static void fc_arima_estimated(fc_arima *a, const fc_task *task)
{
    if (a->purpose == FC_AI_SEARCH) {
        fc_arima_compare(a);
        fc_arima_search(a);
        return;
    }
    memcpy(a->trial, a->point, sizeof a->trial);
    if (a->purpose == FC_AI_SQUARES && fc_arima_may_be_exact(a)) {
        fc_arima_estimate(a, FC_AI_EXACT, 0);
    } else if (a->purpose == FC_AI_EXACT && !(a->deviance < DBL_MAX)) {
        a->method = PSC_ARIMA_SUM_OF_SQUARES;       /* no likelihood to rounding: stay with the sum of squares */
        a->note |= PSC_ARIMA_NOTE_SQUARES;
        fc_arima_estimate(a, FC_AI_SQUARES, 0);
    } else {
        fc_arima_finish(a, task);
    }
}

/* Some of the sample through the fitted filter. 1: there is more. */
static int fc_arima_replay(fc_arima *a, const fc_task *task)
{
    int64_t i;

    for (i = 0; i < 2 * FC_AI_ROWS && a->seen < a->n; i++) fc_arima_observe(a, task->y[a->seen]);
    return a->seen < a->n;
}

static int fc_arima_step(const fc_task *task, void *room)
{
    fc_arima *a = (fc_arima *)room;

    switch (a->stage) {
    case FC_AI_PLAN: fc_arima_plan(a, task); return 1;
    case FC_AI_PREPARE: fc_arima_prepare(a); return 1;
    case FC_AI_PASS:
        if (fc_arima_run(a)) return 1;
        if (fc_arima_judge(a)) fc_arima_pass(a);
        else fc_arima_estimated(a, task);
        return 1;
    default: return fc_arima_replay(a, task);
    }
}

/* The path of u = w - mu first: what the state says, and the AR lags of the path itself. Then y from w. */
static void fc_arima_path(const void *room, size_t h, double *out)
{
    const fc_arima *a = (const fc_arima *)room;
    const int64_t head = a->time % FC_AI_ROWS, length = a->d + a->sd * a->at.season;
    const double *x = fc_arima_at(a, a->at.x + head * FC_AI_LANES), *tail = fc_arima_at(a, a->at.tail);
    const double *phi = fc_arima_at(a, a->at.phi);
    int64_t k, i;

    for (k = 0; k < (int64_t)h; k++) {
        double u = k < a->r ? x[FC_AI_LANES * k] : 0.0;
        for (i = 0; i < a->ar_terms; i++)
            if (a->ar_lag[i] <= k) u += phi[FC_AI_LANES * i] * out[k - a->ar_lag[i]];
        out[k] = fc_clamp(u, -FC_FAR, FC_FAR);
    }
    for (k = 0; k < (int64_t)h; k++) {
        double y = (out[k] + a->mean[0]) * a->scale;
        for (i = 0; i < a->differences; i++) {
            const int64_t from = k - a->difference_lag[i];
            y += a->difference[i] * (from >= 0 ? out[from] : tail[(a->seen + from) % length]);
        }
        out[k] = fc_clamp(y, -FC_FAR, FC_FAR);
    }
}

static size_t fc_arima_parameters(const void *room, double *out)
{
    const fc_arima *a = (const fc_arima *)room;
    const size_t n = (size_t)a->unknowns;

    if (!out) return 12 + n;
    out[0] = (double)a->order[FC_AI_P];
    out[1] = (double)a->d;
    out[2] = (double)a->order[FC_AI_Q];
    out[3] = (double)a->order[FC_AI_SP];
    out[4] = (double)a->sd;
    out[5] = (double)a->order[FC_AI_SQ];
    out[6] = (double)a->order[FC_AI_CONSTANT];
    out[7] = (double)a->note;
    out[8] = (double)a->models;
    out[9] = a->sigma2;
    out[10] = a->likelihood;
    out[11] = a->aicc;
    memcpy(out + 12, a->coefficient, n * sizeof *out);
    if (a->order[FC_AI_CONSTANT]) out[11 + n] *= a->scale / fc_arima_steps(a);
    return 12 + n;
}

static const fc_model fc_arima_model = {
    fc_arima_words, fc_arima_begin, fc_arima_step, fc_arima_rewind, fc_arima_observe, fc_arima_path,
    fc_arima_parameters
};

/* ==== Additive model ========================================================================== */

/* y[t] = trend + seasons + regressors + e[t], e[t] = rho e[t-1] + u[t]; the formulas stand at psc_additive_options.
 * Fitted by penalised, weighted least squares on rows of innovations (row t less rho times row t-1), so that a series
 * that wanders does not bend the trend, and the effect of an event is taken from what changes when it comes:
 *     scan      mean and standard deviation of y and of each regressor
 *     sum       the normal equations of all rows, with y as column 0
 *     solve     three times, with the penalties that follow from the solution before
 *     residual  e, from it rho and the scales, then the next pass: first rho = 0 and no weights for outliers, then rho,
 *               then the weights
 *     table     one cycle of each season;   known  what the regressors add in each row, the coming ones included
 * Columns: y, 1, time, Fourier pairs by period, regressors, and last the knots, whose columns are 0 before their time:
 * the sums pass over what is not yet alive. After the fit a value costs O(knots), a forecast O(periods) a step: trend
 * and slope as at the last value, slope damped, seasons and regressors from their tables, the last residual decaying.
 * Within the sample the trend is that of the whole fit, but a path from there knows no later knot. */

enum {
    FC_ADD_COEFFICIENT,     /* [columns] in standard units; that of y itself is not used               */
    FC_ADD_KNOT,            /* [knots] times of the knots: whole numbers, rising                       */
    FC_ADD_CENTER,          /* [regressors + 1] mean over the history; the last is that of y           */
    FC_ADD_WIDTH,           /* [regressors + 1] standard deviation, 0: constant; the last is that of y */
    FC_ADD_SEASON,          /* [sum of periods] one cycle of each season, in units of y                */
    FC_ADD_EFFECT,          /* [rows] what the regressors add, in units of y                           */
    FC_ADD_GRAM,            /* [columns^2] lower triangle by rows                                      */
    FC_ADD_FACTOR,          /* [columns^2] the same with its penalties; lost in the solution           */
    FC_ADD_BLOCK,           /* [(FC_ADD_ROWS + 1) * columns] rows on their way into the Gram matrix    */
    FC_ADD_SAMPLE,          /* [2 * FC_ADD_SAMPLES] some residuals, and those one step before them     */
    FC_ADD_PARTS
};

enum { FC_ADD_SCAN, FC_ADD_SUM, FC_ADD_SOLVE, FC_ADD_RESIDUAL, FC_ADD_TABLE, FC_ADD_KNOWN, FC_ADD_READY };

enum {
    FC_ADD_ROWS = 4,        /* rows that enter the Gram matrix at once: one load and store of an element for four */
    FC_ADD_SAMPLES = 256,   /* residuals that the scales are medians of: standard error 7 %            */
    FC_ADD_UNIT = 160000,   /* multiply-adds of a unit of work, about: 30 us at 2 GHz                  */
    FC_ADD_SOLVES = 3,      /* solutions a pass: penalties follow the changes of slope that were found */
    FC_ADD_FIRST = 12,      /* harmonics of the first period that are taken without being asked        */
    FC_ADD_LATER = 24,      /* of a later one                                                          */
    FC_ADD_MEMORY = 64,     /* least memory that is taken without being asked                          */
    FC_ADD_SPACING = 8      /* values that there are at least for each knot                            */
};

#define FC_ADD_RHO 0.99     /* largest |rho|: beyond, nothing is left of the level in the equations    */
#define FC_ADD_START 0.1    /* variance assumed of the noise, as a share of that of y, before any is known */
#define FC_ADD_LEAST 1e-10  /* least such share: what rounding leaves of an exact fit                  */
#define FC_ADD_FLAT 1e-6    /* least variance of a season's coefficients that is believed             */
#define FC_ADD_SMALL 1e-3   /* a change of slope below this share of its scale is penalised as one of this size */
#define FC_ADD_HUBER 1.345  /* standard deviations from which on an innovation is weighed down: 95 % of the
                               efficiency of least squares on normal ones (Huber 1964; Holland and Welsch 1977) */
#define FC_ADD_CUT 3.0      /* standard deviations at which a residual is cut before rho is taken from it */
#define FC_MAD 1.4826       /* 1 / Phi^-1(3/4): median of sizes to standard deviation of a normal sample */

typedef struct fc_additive {
    int64_t n, rows, columns, fixed, regressors, periods, knots;    /* fixed: columns that are no knots */
    int64_t period[PSC_MAX_PERIODS], harmonics[PSC_MAX_PERIODS];
    int64_t part[FC_ADD_PARTS];         /* where each part lies, in words from the start of the room */
    int64_t stage, at, pass, passes, solved, sampled;
    int64_t correct, robust;
    double  pace, memory, change, effect, damping;      /* pace: 1 / (n - 1), a step of scaled time */
    double  season[PSC_MAX_PERIODS];    /* variance of each season's coefficients */
    double  rho, variance;              /* of the residuals; of an innovation, in units of the variance of y */
    double  limit, scale;               /* of a residual and of an innovation, in standard units; 0: not known */
    double  last, square, cross;        /* e[t-1] and the sums of e[t-1]^2 and e[t] e[t-1] over the pass */
    int64_t time;                       /* state: values observed */
    double  level, slope, error;        /* trend at time - 1, its change a step there, the residual there */
} fc_additive;

static double *fc_add_part(const fc_additive *a, int part)
{
    return (double *)(uintptr_t)a + a->part[part];
}

static void fc_additive_options_default(psc_additive_options *options)
{
    memset(options, 0, sizeof *options);
    options->struct_size = (uint32_t)sizeof *options;
    options->knots = 12;
    options->robust = 1;
    options->correct = 1;
    options->reach = 0.8;
    options->memory = fc_double(FC_EXPONENT | 1);
    options->change = 0.05;
    options->effect = 10.0;
    options->damping = 0.95;
}

static int fc_additive_options_valid(const psc_additive_options *o)
{
    int i;

    if (!o || o->struct_size != sizeof *o || o->knots < 0 || o->knots > PSC_MAX_KNOTS) return 0;
    for (i = 0; i < PSC_MAX_PERIODS; i++)
        if (o->harmonics[i] < -1 || o->harmonics[i] > PSC_MAX_HARMONICS) return 0;
    return o->robust >= 0 && o->robust <= 8 && (o->correct == 0 || o->correct == 1)
           && psc__within(o->reach, 0.1, 1.0) && psc__within(o->change, 1e-6, 1e6)
           && (psc__nan(&o->memory) || psc__within(o->memory, 1.0, PSC_MAX_VALUE))
           && psc__within(o->effect, 1e-6, 1e6) && psc__within(o->damping, 0.0, 1.0);
}

/* Pairs that the i-th period gets. */
static int64_t fc_add_harmonics(int32_t asked, int32_t period, int i)
{
    const int64_t most = asked > 0 ? asked : asked < 0 ? 0 : i == 0 ? FC_ADD_FIRST : FC_ADD_LATER;
    return most < period / 2 ? most : period / 2;
}

/* Sets the sizes and the places of the parts. Returns the words of the room; 0: not valid. */
static size_t fc_add_lay(fc_additive *a, const fc_task *task)
{
    const psc_additive_options *o = (const psc_additive_options *)task->options;
    size_t size[FC_ADD_PARTS], cycles = 0, bytes = sizeof *a, p, k = (size_t)task->regressors;
    int i;

    memset(a, 0, sizeof *a);
    if (!fc_additive_options_valid(o) || task->n < 1 || task->periods < 0 || task->periods > PSC_MAX_PERIODS
        || task->regressors < 0 || task->regressors > PSC_MAX_REGRESSORS)
        return 0;
    a->n = (int64_t)task->n;
    a->rows = a->n + task->horizon;
    a->regressors = task->regressors;
    a->periods = task->periods;
    a->knots = o->knots < a->n / FC_ADD_SPACING ? o->knots : a->n / FC_ADD_SPACING;
    a->fixed = 3 + a->regressors;
    for (i = 0; i < task->periods; i++) {
        a->period[i] = task->period[i];
        a->harmonics[i] = fc_add_harmonics(o->harmonics[i], task->period[i], i);
        a->fixed += 2 * a->harmonics[i];
        cycles += (size_t)a->period[i];
    }
    a->columns = a->fixed + a->knots;
    p = (size_t)a->columns;
    size[FC_ADD_COEFFICIENT] = p;
    size[FC_ADD_KNOT] = (size_t)a->knots;
    size[FC_ADD_CENTER] = size[FC_ADD_WIDTH] = k + 1;
    size[FC_ADD_SEASON] = cycles;
    size[FC_ADD_EFFECT] = k ? (size_t)a->rows : 0;
    size[FC_ADD_GRAM] = size[FC_ADD_FACTOR] = p * p;
    size[FC_ADD_BLOCK] = (FC_ADD_ROWS + 1) * p;
    size[FC_ADD_SAMPLE] = 2 * FC_ADD_SAMPLES;
    for (i = 0; i < FC_ADD_PARTS; i++) {
        a->part[i] = (int64_t)(bytes / 8);
        if (!psc__grow(&bytes, size[i], 8)) return 0;
    }
    return bytes / 8;
}

static size_t fc_additive_words(const fc_task *task)
{
    fc_additive a;
    return task->n > FC_WORDS_MOST ? 0 : fc_add_lay(&a, task);
}

static int fc_additive_begin(const fc_task *task, void *room)
{
    const psc_additive_options *o = (const psc_additive_options *)task->options;
    fc_additive *a = (fc_additive *)room;
    const size_t words = fc_add_lay(a, task);
    double *knot;
    int64_t i, j;

    if (words == 0) return 0;
    memset(a + 1, 0, words * 8 - sizeof *a);
    a->pace = a->n > 1 ? 1.0 / (double)(a->n - 1) : 0.0;
    a->memory = fc_max(FC_ADD_MEMORY, a->periods ? (double)a->period[a->periods - 1] : 0.0);
    if (!psc__nan(&o->memory)) a->memory = o->memory;
    a->change = o->change;
    a->effect = o->effect;
    a->damping = o->damping;
    a->correct = o->correct;
    a->robust = o->robust;
    a->passes = 1 + o->correct + o->robust;
    a->variance = FC_ADD_START;
    for (i = 0; i < a->periods; i++) a->season[i] = 1.0;
    knot = fc_add_part(a, FC_ADD_KNOT);
    for (j = 0; j < a->knots; j++) {
        knot[j] = floor(o->reach * (double)((a->n - 1) * (j + 1)) / (double)(a->knots + 1));
        fc_add_part(a, FC_ADD_COEFFICIENT)[a->fixed + j] = o->change;
    }
    return 1;
}

/* Where a unit ends that goes on from a->at with a cost of so many multiply-adds each. */
static int64_t fc_add_end(const fc_additive *a, int64_t cost, int64_t end)
{
    const int64_t most = cost < FC_ADD_UNIT ? FC_ADD_UNIT / (cost + 1) : 1;
    return end - a->at > most ? a->at + most : end;
}

/* The next stage if this one has come to its end. */
static void fc_add_next(fc_additive *a, int64_t at, int64_t end, int64_t stage)
{
    a->at = at < end ? at : 0;
    if (at >= end) a->stage = stage;
}

/* Running means and sums of squares of the regressors and of y (Welford 1962); at the end standard deviations. */
static void fc_add_scan(fc_additive *a, const fc_task *task)
{
    const int64_t k = a->regressors, end = fc_add_end(a, 8 * (k + 1), a->n);
    double *center = fc_add_part(a, FC_ADD_CENTER), *width = fc_add_part(a, FC_ADD_WIDTH);
    int64_t t, i;

    for (t = a->at; t < end; t++)
        for (i = 0; i <= k; i++) {
            const double x = i < k ? task->regressor[t * k + i] : task->y[t], d = x - center[i];
            center[i] += d / (double)(t + 1);
            width[i] += d * (x - center[i]);
        }
    for (i = 0; end == a->n && i <= k; i++) width[i] = sqrt(width[i] / (double)a->n);
    fc_add_next(a, end, a->n, FC_ADD_SUM);
}

/* Cosines and sines of 1..harmonics turns a cycle, by rotation. */
static void fc_add_waves(int64_t phase, int64_t period, int64_t harmonics, double *x)
{
    double sine, cosine, s, c, next;
    int64_t k;

    if (harmonics == 0) return;
    fc_turn((double)phase / (double)period, &sine, &cosine);
    s = sine;
    c = cosine;
    for (k = 0; k < harmonics; k++) {
        x[2 * k] = c;
        x[2 * k + 1] = s;
        next = c * cosine - s * sine;
        s = s * cosine + c * sine;
        c = next;
    }
}

static double fc_add_standard(const fc_additive *a, int64_t i, double x)
{
    const double width = fc_add_part(a, FC_ADD_WIDTH)[i];
    return width > 0.0 ? (x - fc_add_part(a, FC_ADD_CENTER)[i]) / width : 0.0;
}

/* One row of the equations: y, 1, time, Fourier pairs, regressors, what lies behind each knot. */
static void fc_add_row(const fc_additive *a, const fc_task *task, int64_t t, double *x)
{
    const double *knot = fc_add_part(a, FC_ADD_KNOT);
    const int64_t k = a->regressors;
    int64_t i;

    *x++ = fc_add_standard(a, k, task->y[t]);
    *x++ = 1.0;
    *x++ = (double)t * a->pace;
    for (i = 0; i < a->periods; i++) {
        fc_add_waves(t % a->period[i], a->period[i], a->harmonics[i], x);
        x += 2 * a->harmonics[i];
    }
    for (i = 0; i < k; i++) *x++ = fc_add_standard(a, i, task->regressor[t * k + i]);
    for (i = 0; i < a->knots; i++) *x++ = fc_max((double)t - knot[i], 0.0) * a->pace;
}

/* What the coefficients leave of a row, in standard units. */
static double fc_add_left(const fc_additive *a, const double *x)
{
    const double *coefficient = fc_add_part(a, FC_ADD_COEFFICIENT);
    double e = x[0];
    int64_t i;

    for (i = 1; i < a->columns; i++) e -= coefficient[i] * x[i];
    return e;
}

/* Adds FC_ADD_ROWS rows, whose columns from `active` on are 0. */
static void fc_add_block(double *gram, const double *row, int64_t columns, int64_t active)
{
    const double *r0 = row, *r1 = row + columns, *r2 = r1 + columns, *r3 = r2 + columns;
    int64_t i, j;

    for (i = 0; i < active; i++) {
        const double a0 = r0[i], a1 = r1[i], a2 = r2[i], a3 = r3[i];
        double *to = gram + i * columns;
        for (j = 0; j <= i; j++) to[j] += (a0 * r0[j] + a1 * r1[j]) + (a2 * r2[j] + a3 * r3[j]);
    }
}

/* Row t becomes that of its innovation, row t - rho row t-1 (of the first, the share of it that is new: Prais and
 * Winsten 1954), times the root of its weight; `before` becomes the row as it was. */
static void fc_add_innovate(const fc_additive *a, int64_t t, double *row, double *before)
{
    const double first = sqrt(1.0 - a->rho * a->rho);
    double root = psc__exp(-0.5 * (double)(a->n - 1 - t) / a->memory), u;
    int64_t i;

    for (i = 0; i < a->columns; i++) {
        const double x = row[i];
        row[i] = t > 0 ? x - a->rho * before[i] : first * x;
        before[i] = x;
    }
    u = a->scale > 0.0 ? fabs(fc_add_left(a, row)) : 0.0;
    if (u > FC_ADD_HUBER * a->scale) root *= sqrt(FC_ADD_HUBER * a->scale / u);
    for (i = 0; i < a->columns; i++) row[i] *= root;
}

/* Adds the innovations of the rows from `from` on and before end to gram. A row whose value, or the one before it, is
 * missing in `value` (NULL: none is) is left out. */
static void fc_add_gather(const fc_additive *a, const fc_task *task, int64_t from, int64_t end, const double *value,
                          double *gram)
{
    const int64_t p = a->columns;
    const double *knot = fc_add_part(a, FC_ADD_KNOT);
    double *block = fc_add_part(a, FC_ADD_BLOCK), *before = block + FC_ADD_ROWS * p;
    int64_t t, used = 0, passed = 0;

    if (from > 0) fc_add_row(a, task, from - 1, before);
    for (t = from; t < end; t++) {
        const int missing = value && (psc__nan(&value[t]) || (t > 0 && psc__nan(&value[t - 1])));
        fc_add_row(a, task, t, block + used * p);
        fc_add_innovate(a, t, block + used * p, before);
        used += !missing;
        if (used < FC_ADD_ROWS && t + 1 < end) continue;
        while (passed < a->knots && knot[passed] < (double)t) passed++;
        memset(block + used * p, 0, (size_t)((FC_ADD_ROWS - used) * p) * sizeof *block);
        fc_add_block(gram, block, p, a->fixed + passed);
        used = 0;
    }
}

/* Where a unit of gathering ends. */
static int64_t fc_add_gathered(const fc_additive *a, int64_t end)
{
    return fc_add_end(a, a->columns * a->columns / 2 + 8 * a->columns, end);
}

/* The normal equations of all rows. */
static void fc_add_sum(fc_additive *a, const fc_task *task)
{
    const int64_t end = fc_add_gathered(a, a->n);
    double *gram = fc_add_part(a, FC_ADD_GRAM);

    if (a->at == 0) memset(gram, 0, (size_t)(a->columns * a->columns) * sizeof *gram);
    fc_add_gather(a, task, a->at, end, NULL, gram);
    fc_add_next(a, end, a->n, FC_ADD_SOLVE);
}

/* Penalty of a column: variance of the noise over that of its prior. A change of slope has the heavy-tailed prior of
 * Laplace, whose penalty |d| / change is that of a normal one of variance change |d| at the d found before. */
static double fc_add_penalty(const fc_additive *a, int64_t column)
{
    const double d = fabs(fc_add_part(a, FC_ADD_COEFFICIENT)[column]);
    int64_t i, first = 3;

    if (column < first) return 0.0;
    if (column >= a->fixed) return a->variance / (a->change * fc_max(d, FC_ADD_SMALL * a->change));
    for (i = 0; i < a->periods; first += 2 * a->harmonics[i], i++)
        if (column < first + 2 * a->harmonics[i]) return a->variance / a->season[i];
    return a->variance / (a->effect * a->effect);
}

/* Mean square of what the coefficients leave, from the Gram matrix. */
static double fc_add_variance(const fc_additive *a)
{
    const double *gram = fc_add_part(a, FC_ADD_GRAM), *b = fc_add_part(a, FC_ADD_COEFFICIENT);
    const int64_t p = a->columns;
    double sum = gram[0], row;
    int64_t i, j;

    for (i = 1; i < p; i++) {
        row = -gram[i * p] + 0.5 * b[i] * gram[i * p + i];
        for (j = 1; j < i; j++) row += b[j] * gram[i * p + j];
        sum += 2.0 * b[i] * row;
    }
    return fc_max(sum / (double)a->n, FC_ADD_LEAST);
}

/* The variance of each season's coefficients is what they show: a season that is not there vanishes. */
static void fc_add_seasons(fc_additive *a)
{
    const double *b = fc_add_part(a, FC_ADD_COEFFICIENT) + 3;
    int64_t i, k;

    for (i = 0; i < a->periods; b += 2 * a->harmonics[i], i++) {
        double sum = 0.0;
        for (k = 0; k < 2 * a->harmonics[i]; k++) sum += b[k] * b[k] / (double)(2 * a->harmonics[i]);
        a->season[i] = fc_max(sum, FC_ADD_FLAT);
    }
}

static void fc_add_solve(fc_additive *a)
{
    const double *gram = fc_add_part(a, FC_ADD_GRAM);
    double *factor = fc_add_part(a, FC_ADD_FACTOR), *b = fc_add_part(a, FC_ADD_COEFFICIENT);
    const int64_t p = a->columns, q = p - 1;
    int64_t i;

    for (i = 1; i < p; i++) {
        memcpy(factor + (i - 1) * q, gram + i * p + 1, (size_t)i * sizeof *factor);
        factor[(i - 1) * q + i - 1] += fc_add_penalty(a, i);
    }
    for (i = 1; i < p; i++) b[i] = gram[i * p];
    psc__solve(factor, b + 1, (size_t)q, 0.0);
    a->variance = fc_add_variance(a);
    fc_add_seasons(a);
    if (++a->solved == FC_ADD_SOLVES) a->stage = FC_ADD_RESIDUAL;
}

static double fc_add_cut(const fc_additive *a, double e)
{
    return a->limit > 0.0 ? fc_clamp(e, -FC_ADD_CUT * a->limit, FC_ADD_CUT * a->limit) : e;
}

/* rho, and with the robust option the scales of residuals and innovations, from the sums and the sample of a pass. */
static void fc_add_judge(fc_additive *a)
{
    double *now = fc_add_part(a, FC_ADD_SAMPLE), *before = now + FC_ADD_SAMPLES;
    int64_t i;

    if (a->correct) a->rho = a->square > 0.0 ? fc_clamp(a->cross / a->square, -FC_ADD_RHO, FC_ADD_RHO) : 0.0;
    for (i = 0; i < a->sampled; i++) {
        before[i] = fabs(now[i] - a->rho * before[i]);
        now[i] = fabs(now[i]);
    }
    if (a->robust && a->sampled > 0) {
        psc__sort(now, (size_t)a->sampled);
        psc__sort(before, (size_t)a->sampled);
        a->limit = FC_MAD * psc__quantile(now, (size_t)a->sampled, 0.5);
        a->scale = FC_MAD * psc__quantile(before, (size_t)a->sampled, 0.5);
    }
}

/* The residuals of the pass. */
static void fc_add_residual(fc_additive *a, const fc_task *task)
{
    const int64_t end = fc_add_end(a, 16 * a->columns, a->n), stride = 1 + a->n / FC_ADD_SAMPLES;
    double *row = fc_add_part(a, FC_ADD_BLOCK), *sample = fc_add_part(a, FC_ADD_SAMPLE), e;
    int64_t t;

    if (a->at == 0) {
        a->square = a->cross = 0.0;
        a->sampled = 0;
    }
    for (t = a->at; t < end; t++) {
        fc_add_row(a, task, t, row);
        e = fc_add_left(a, row);
        if (t > 0) {
            a->square += fc_add_cut(a, a->last) * fc_add_cut(a, a->last);
            a->cross += fc_add_cut(a, e) * fc_add_cut(a, a->last);
        }
        if (t > 0 && t % stride == 0) {
            sample[a->sampled] = e;
            sample[FC_ADD_SAMPLES + a->sampled++] = a->last;
        }
        a->last = e;
    }
    fc_add_next(a, end, a->n, FC_ADD_TABLE);
    if (a->stage == FC_ADD_RESIDUAL) return;
    fc_add_judge(a);
    a->solved = 0;
    if (++a->pass < a->passes) a->stage = FC_ADD_SUM;
}

/* One cycle of each season, in units of y. */
static void fc_add_table(fc_additive *a)
{
    const double *b = fc_add_part(a, FC_ADD_COEFFICIENT) + 3, width = fc_add_part(a, FC_ADD_WIDTH)[a->regressors];
    double *wave = fc_add_part(a, FC_ADD_BLOCK), *season = fc_add_part(a, FC_ADD_SEASON);
    int64_t i, j, k, first = 0, end = 0, total = 0;

    for (i = 0; i < a->periods; i++) total += a->period[i];
    end = fc_add_end(a, 32 + 4 * a->fixed, total);
    for (i = 0; i < a->periods; first += a->period[i], b += 2 * a->harmonics[i], i++)
        for (j = a->at > first ? a->at : first; j < end && j < first + a->period[i]; j++) {
            fc_add_waves(j - first, a->period[i], a->harmonics[i], wave);
            for (k = 0; k < 2 * a->harmonics[i]; k++) season[j] += width * b[k] * wave[k];
        }
    fc_add_next(a, end, total, FC_ADD_KNOWN);
}

/* The trend at a time of the history, or just before it, and its change from there on. */
static double fc_add_trend(const fc_additive *a, double t, double *slope)
{
    const double *b = fc_add_part(a, FC_ADD_COEFFICIENT), *knot = fc_add_part(a, FC_ADD_KNOT);
    const double width = fc_add_part(a, FC_ADD_WIDTH)[a->regressors];
    double level = b[1] + b[2] * t * a->pace, change = b[2];
    int64_t j;

    for (j = 0; j < a->knots && knot[j] < t; j++) {
        level += b[a->fixed + j] * (t - knot[j]) * a->pace;
        change += b[a->fixed + j];
    }
    *slope = fc_clamp(width * change * a->pace, -FC_FAR, FC_FAR);
    return fc_clamp(fc_add_part(a, FC_ADD_CENTER)[a->regressors] + width * level, -FC_FAR, FC_FAR);
}

/* Seasons and regressors at a time; the regressors stand at their means where they are not known. */
static double fc_add_swing(const fc_additive *a, int64_t t)
{
    const double *season = fc_add_part(a, FC_ADD_SEASON);
    double sum = a->regressors && t < a->rows ? fc_add_part(a, FC_ADD_EFFECT)[t] : 0.0;
    int64_t i;

    for (i = 0; i < a->periods; season += a->period[i], i++) sum += season[t % a->period[i]];
    return sum;
}

/* What the regressors add in each row, known ones to come included; then the state is that at the end. */
static void fc_add_known(fc_additive *a, const fc_task *task)
{
    const int64_t k = a->regressors, total = k ? a->rows : 0, end = fc_add_end(a, 8 * k, total);
    const double *b = fc_add_part(a, FC_ADD_COEFFICIENT) + a->fixed - k, width = fc_add_part(a, FC_ADD_WIDTH)[k];
    double *effect = fc_add_part(a, FC_ADD_EFFECT), sum;
    int64_t t, i;

    for (t = a->at; t < end; t++) {
        sum = 0.0;
        for (i = 0; i < k; i++) sum += b[i] * fc_add_standard(a, i, task->regressor[t * k + i]);
        effect[t] = fc_clamp(width * sum, -FC_FAR, FC_FAR);
    }
    fc_add_next(a, end, total, FC_ADD_READY);
    if (a->stage != FC_ADD_READY) return;
    a->time = a->n;
    a->level = fc_add_trend(a, (double)(a->n - 1), &a->slope);
    a->error = fc_clamp(task->y[a->n - 1] - a->level - fc_add_swing(a, a->n - 1), -FC_FAR, FC_FAR);
}

static int fc_additive_step(const fc_task *task, void *room)
{
    fc_additive *a = (fc_additive *)room;

    switch (a->stage) {
    case FC_ADD_SCAN: fc_add_scan(a, task); break;
    case FC_ADD_SUM: fc_add_sum(a, task); break;
    case FC_ADD_SOLVE: fc_add_solve(a); break;
    case FC_ADD_RESIDUAL: fc_add_residual(a, task); break;
    case FC_ADD_TABLE: fc_add_table(a); break;
    case FC_ADD_KNOWN: fc_add_known(a, task); break;
    default: break;
    }
    return a->stage != FC_ADD_READY;
}

static size_t fc_additive_rewind(const fc_task *task, void *room)
{
    fc_additive *a = (fc_additive *)room;

    (void)task;
    a->time = 0;
    a->level = fc_add_trend(a, -1.0, &a->slope);
    a->error = 0.0;
    return 0;
}

static void fc_additive_observe(void *room, double y)
{
    fc_additive *a = (fc_additive *)room;

    if (a->time < a->n) {
        a->level = fc_add_trend(a, (double)a->time, &a->slope);
    } else {
        a->slope *= a->damping;
        a->level = fc_clamp(a->level + a->slope, -FC_FAR, FC_FAR);
    }
    a->error = fc_clamp(y - a->level - fc_add_swing(a, a->time), -FC_FAR, FC_FAR);
    a->time++;
}

static void fc_additive_path(const void *room, size_t h, double *out)
{
    const fc_additive *a = (const fc_additive *)room;
    double level = a->level, slope = a->slope, error = a->error;
    size_t k;

    for (k = 0; k < h; k++) {
        slope *= a->damping;
        level = fc_clamp(level + slope, -FC_FAR, FC_FAR);
        error *= a->rho;
        out[k] = fc_clamp(level + fc_add_swing(a, a->time + (int64_t)k) + error, -FC_FAR, FC_FAR);
    }
}

/* rho; standard deviation of an innovation (0 without the robust option); the trend's slope at the start and its change
 * at each knot, a step; the regressors' coefficients in units of y; cosine and sine of each harmonic. */
static size_t fc_additive_parameters(const void *room, double *out)
{
    const fc_additive *a = (const fc_additive *)room;
    const double *b = fc_add_part(a, FC_ADD_COEFFICIENT), *wide = fc_add_part(a, FC_ADD_WIDTH);
    const int64_t waves = a->fixed - a->regressors - 3;
    const double width = wide[a->regressors];
    int64_t i;

    if (!out) return (size_t)a->columns;
    *out++ = a->rho;
    *out++ = width * a->scale;
    *out++ = width * a->pace * b[2];
    for (i = 0; i < a->knots; i++) *out++ = width * a->pace * b[a->fixed + i];
    for (i = 0; i < a->regressors; i++) *out++ = wide[i] > 0.0 ? width * b[3 + waves + i] / wide[i] : 0.0;
    for (i = 0; i < waves; i++) *out++ = width * b[3 + i];
    return (size_t)a->columns;
}

static const fc_model fc_additive_model = {
    fc_additive_words, fc_additive_begin, fc_additive_step, fc_additive_rewind, fc_additive_observe, fc_additive_path,
    fc_additive_parameters
};

/* ==== Recurrent network ======================================================================= */

/* A gated recurrent unit [1] that corrects a seasonal naive forecast, beside a linear equation on the same inputs:
 *     f[t] = y[t-b] + spread (c + a'x + v'h[t]),            h[t] = z h[t-1] + (1 - z) q
 *     z = logistic(Wz x + Uz h[t-1] + dz), r = logistic(Wr x + Ur h[t-1] + dr), q = tanh(Wq x + Uq (r h[t-1]) + dq)
 * An input x[j] is scale[j] (y[t-lag[j]] - y[t-less[j]]), the mean in place of the latter where less[j] is 0; scale
 * makes its mean square 1, spread is the root mean square of y[t] - y[t-b]. Weights lie as one matrix of X + U + 1
 * rows (inputs, state, bias) and 3 U columns (z, r, q), then v, a and c.
 *
 * The fit starts at a and c by least squares, v = 0 and the matrix at random, drawn row by row. A mini-batch is a
 * stretch of the history, h = 0 before it: `warm` steps on the values, whose errors do not count, then `ahead` steps
 * that are fed their own forecasts, as in use. With e = (f - y) / spread its loss is the mean of
 * d^2 (sqrt(1 + (e/d)^2) - 1). Back-propagation through time goes back to the start of the stretch, through h and
 * through every forecast that was fed back; where a forecast was cut to low..high nothing passes. One step of Adam [2]
 * follows, with the norm of the gradient cut and a rate that falls as the square of the share of steps left.
 * A stretch is drawn by one number w = 1 - psc__uniform, the age of its start: of S possible starts it takes number
 * floor(S (1 - w (1 - R + R w))), R = FC_GRU_RECENT.
 *
 * Training on errors of one step instead made paths of 13 to 60 steps worse by 6 to 11 % (OWA on the development
 * halves of M4 Hourly, M4 Weekly and load); more mini-batches than there are values, by 3 % (M4 Weekly).
 *
 * [1] Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, eq. 5-8
 * [2] Kingma and Ba 2015, Adam: a method for stochastic optimization */

#define FC_GRU_UNITS 16         /* the largest option: what a forecast keeps on the stack                   */
#define FC_GRU_INPUTS (3 * PSC_MAX_PERIODS + 1)
#define FC_GRU_ROWS 24          /* values beyond the longest lag, at least: two stretches of 12             */
#define FC_GRU_RIDGE 1e-4       /* of the first linear part, as the AR's                                    */
#define FC_GRU_DELTA 0.3        /* d: errors beyond 0.3 spread count by their size, not by their square     */
#define FC_GRU_NORM 0.3         /* of the gradient; 0.3 and 1 differ little, without a cut OWA is 1 % worse */
#define FC_GRU_DECAY1 0.9       /* Adam's means of the gradient and of its square; [2] section 2            */
#define FC_GRU_DECAY2 0.999
#define FC_GRU_EPSILON 1e-8
#define FC_GRU_RECENT 0.4       /* stretches near the end are drawn 1.67 times as often as on average, near the
                                   start 0.71 times: the present is what will be forecast                   */
#define FC_GRU_SHARE 0.3        /* of the width of the range seen: paths may leave the range by so much     */
#define FC_GRU_REPLAY 64        /* values that a step of the last pass takes                                */

/* Nothing but 8-byte words; the arrays follow, each at its offset. */
typedef struct fc_gru {
    int64_t  units, inputs, weights;            /* U, X and the number of weights                           */
    int64_t  base, longest;                     /* lag b; longest lag of any input                          */
    int64_t  warm, ahead;                       /* the two parts of a stretch                               */
    int64_t  steps, done, seen;                 /* units of training in all, made; values that state has seen */
    int64_t  slot;                              /* where the next value goes in the history                 */
    int64_t  output;                            /* offset of v, then a, c, the last of the weights          */
    int64_t  gradient, mean, square;            /* offsets: [weights] each; the weights are at 0            */
    int64_t  state, history;                    /* [U]; [2 longest], every value twice, longest apart       */
    int64_t  path, pull;                        /* [ahead] forecasts of a stretch, and d loss / d forecast  */
    int64_t  slope, back, gram, record, words;  /* [3U]; [U]; [X * X]; [warm + ahead + 1][2 + X + 4U]; all  */
    int64_t  lag[FC_GRU_INPUTS], less[FC_GRU_INPUTS];
    double   scale[FC_GRU_INPUTS];
    double   center, spread, low, high;
    double   rate, power1, power2;              /* powers of Adam's decays                                  */
    uint64_t random;
} fc_gru;

/* One time step as the way back needs it. */
typedef struct fc_gru_record {
    double *error, *open;                       /* e; 1, or 0 where the forecast was cut                    */
    double *x, *h, *cell;                       /* inputs; state before; z, r, q                            */
} fc_gru_record;

static void fc_gru_options_default(psc_gru_options *options)
{
    memset(options, 0, sizeof *options);
    options->units = 8;
    options->steps = 500;
    options->window = 32;
    options->rate = 0.003;
    options->seed = 1;
}

static int fc_gru_options_valid(const psc_gru_options *o)
{
    return o->units >= 1 && o->units <= FC_GRU_UNITS && o->steps >= 0 && o->steps <= 100000 && o->window >= 4
           && o->window <= 256 && psc__within(o->rate, 1e-6, 1.0);
}

static double *fc_gru_at(const fc_gru *g, int64_t offset)
{
    return (double *)(uintptr_t)(g + 1) + offset;
}

static fc_gru_record fc_gru_record_at(const fc_gru *g, int64_t i)
{
    fc_gru_record r;

    r.error = fc_gru_at(g, g->record) + i * (2 + g->inputs + 4 * g->units);
    r.open = r.error + 1;
    r.x = r.error + 2;
    r.h = r.x + g->inputs;
    r.cell = r.h + g->units;
    return r;
}

static void fc_gru_input(fc_gru *g, int64_t lag, int64_t less)
{
    g->lag[g->inputs] = lag;
    g->less[g->inputs++] = less;
}

/* The inputs that n values allow: the periods are rising, so the first that is too long ends them. */
static void fc_gru_inputs(const fc_task *task, fc_gru *g)
{
    int i;

    g->base = 1;
    g->longest = 2;
    fc_gru_input(g, 1, 0);
    for (i = 0; i < task->periods && (size_t)task->period[i] + 1 + FC_GRU_ROWS <= task->n; i++) {
        const int64_t m = task->period[i];
        if (i == 0) g->base = m;
        g->longest = m + 1;
        fc_gru_input(g, 1, m + 1);
        fc_gru_input(g, m - 1, m);
        fc_gru_input(g, m, i == 0 ? 0 : g->base);
    }
    if (i == 0) fc_gru_input(g, 1, 2);
}

static int64_t fc_gru_place(fc_gru *g, int64_t words)
{
    const int64_t at = g->words;
    g->words += words;
    return at;
}

/* The one place that knows sizes and offsets. 0: the options are not valid. */
static int fc_gru_shape(const fc_task *task, fc_gru *g)
{
    const psc_gru_options *o = (const psc_gru_options *)task->options;
    int64_t rows, stretch;

    if (!o || !fc_gru_options_valid(o)) return 0;
    memset(g, 0, sizeof *g);
    fc_gru_inputs(task, g);
    g->units = o->units;
    g->output = 3 * g->units * (g->inputs + g->units + 1);
    g->weights = g->output + g->units + g->inputs + 1;
    rows = (int64_t)task->n > g->longest ? (int64_t)task->n - g->longest : 0;
    g->steps = rows < o->steps ? rows : o->steps;
    stretch = rows / 2 < o->window ? rows / 2 : o->window;
    g->warm = stretch / 4;
    g->ahead = stretch - g->warm < task->horizon ? stretch - g->warm : task->horizon;
    (void)fc_gru_place(g, g->weights);
    g->gradient = fc_gru_place(g, g->weights);
    g->mean = fc_gru_place(g, g->weights);
    g->square = fc_gru_place(g, g->weights);
    g->state = fc_gru_place(g, g->units);
    g->history = fc_gru_place(g, 2 * g->longest);
    g->path = fc_gru_place(g, g->ahead);
    g->pull = fc_gru_place(g, g->ahead);
    g->slope = fc_gru_place(g, 3 * g->units);
    g->back = fc_gru_place(g, g->units);
    g->gram = fc_gru_place(g, g->inputs * g->inputs);
    g->record = fc_gru_place(g, (g->warm + g->ahead + 1) * (2 + g->inputs + 4 * g->units));
    return 1;
}

static size_t fc_gru_words(const fc_task *task)
{
    fc_gru g;

    if (task->n > FC_WORDS_MOST) return 0;
    return fc_gru_shape(task, &g) ? sizeof g / 8 + (size_t)g.words : 0;
}

/* y[at] of a history that ends before y[0] and goes on with path. */
static double fc_gru_value(const double *y, const double *path, int64_t at)
{
    return at >= 0 ? path[at] : y[at];
}

/* The inputs of the forecast of y[k]. Values that come after the fit may lie anywhere, hence the cut. */
static void fc_gru_look(const fc_gru *g, const double *y, const double *path, int64_t k, double *x)
{
    int64_t j;

    for (j = 0; j < g->inputs; j++) {
        const double from = g->less[j] ? fc_gru_value(y, path, k - g->less[j]) : g->center;
        x[j] = fc_clamp(g->scale[j] * (fc_gru_value(y, path, k - g->lag[j]) - from), -FC_FAR, FC_FAR);
    }
}

static void fc_gru_add(double *sum, double factor, const double *row, int64_t n)
{
    int64_t i;

    for (i = 0; i < n; i++) sum[i] += factor * row[i];
}

/* Four sums, so that an addition need not wait for the one before it. */
static double fc_gru_dot(const double *a, const double *b, int64_t n)
{
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    int64_t i;

    for (i = 0; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

/* One time step: the gates into cell[3U], the new state into next (which may be h). Returns c + a'x + v'next. */
static double fc_gru_forward(const fc_gru *g, const double *x, const double *h, double *cell, double *next)
{
    const int64_t u = g->units, inputs = g->inputs;
    const double *w = fc_gru_at(g, 0), *state = w + 3 * u * inputs, *bias = state + 3 * u * u, *v = w + g->output;
    double *r = cell + u, *q = cell + 2 * u;
    int64_t i, j;

    memcpy(cell, bias, (size_t)(3 * u) * sizeof *cell);
    for (j = 0; j < inputs; j++) fc_gru_add(cell, x[j], w + 3 * u * j, 3 * u);
    for (j = 0; j < u; j++) fc_gru_add(cell, h[j], state + 3 * u * j, 2 * u);
    for (i = 0; i < 2 * u; i++) cell[i] = psc__logistic(cell[i]);
    for (j = 0; j < u; j++) fc_gru_add(q, r[j] * h[j], state + 3 * u * j + 2 * u, u);
    for (i = 0; i < u; i++) {
        q[i] = psc__tanh(q[i]);
        next[i] = cell[i] * h[i] + (1.0 - cell[i]) * q[i];
    }
    return v[u + inputs] + fc_gru_dot(v + u, x, inputs) + fc_gru_dot(v, next, u);
}

/* A forecast within the range; *open: 1, or 0 where it was cut. */
static double fc_gru_cut(const fc_gru *g, double f, double *open)
{
    *open = f >= g->low && f <= g->high ? 1.0 : 0.0;
    return fc_clamp(f, g->low, g->high);
}

/* Loss of the stretch whose forecasts begin at y[0]; leaves the records that the way back goes by. */
static double fc_gru_run(fc_gru *g, const double *y)
{
    double *path = fc_gru_at(g, g->path), loss = 0.0;
    int64_t k;

    memset(fc_gru_record_at(g, 0).h, 0, (size_t)g->units * sizeof(double));
    for (k = -g->warm; k < g->ahead; k++) {
        const fc_gru_record r = fc_gru_record_at(g, k + g->warm);
        double output;
        fc_gru_look(g, y, path, k, r.x);
        output = fc_gru_forward(g, r.x, r.h, r.cell, fc_gru_record_at(g, k + g->warm + 1).h);
        if (k < 0) continue;
        path[k] = fc_gru_cut(g, fc_gru_value(y, path, k - g->base) + g->spread * output, r.open);
        *r.error = (path[k] - y[k]) / g->spread;
        loss += sqrt(1.0 + *r.error * *r.error / (FC_GRU_DELTA * FC_GRU_DELTA)) - 1.0;
    }
    return loss * (FC_GRU_DELTA * FC_GRU_DELTA) / (double)g->ahead;
}

/* slope = d loss / d (sums before the gates), given back = d loss / d (state after); back becomes the share of it
 * that reaches the state before without passing those sums. */
static void fc_gru_slopes(const fc_gru *g, const fc_gru_record *r, double *slope, double *back)
{
    const int64_t u = g->units;
    const double *state = fc_gru_at(g, 0) + 3 * u * g->inputs, *reset = r->cell + u, *q = r->cell + 2 * u;
    int64_t i;

    for (i = 0; i < u; i++) {
        const double z = r->cell[i];
        slope[i] = back[i] * (r->h[i] - q[i]) * z * (1.0 - z);
        slope[2 * u + i] = back[i] * (1.0 - z) * (1.0 - q[i] * q[i]);
        back[i] *= z;
    }
    for (i = 0; i < u; i++) {
        const double product = fc_gru_dot(state + 3 * u * i + 2 * u, slope + 2 * u, u);
        slope[u + i] = product * r->h[i] * reset[i] * (1.0 - reset[i]);
        back[i] += product * reset[i];
    }
}

/* The way back through one time step, `output` = d loss / d (its output): adds to the gradient, takes back from the
 * state after to the state before, and leaves d loss / d x in the record's x. */
static void fc_gru_backward(fc_gru *g, const fc_gru_record *r, const double *after, double output)
{
    const int64_t u = g->units, inputs = g->inputs, rows = inputs + u;
    const double *w = fc_gru_at(g, 0), *v = w + g->output;
    double *d = fc_gru_at(g, g->gradient), *dv = d + g->output;
    double *slope = fc_gru_at(g, g->slope), *back = fc_gru_at(g, g->back);
    int64_t j;

    dv[u + inputs] += output;
    fc_gru_add(dv + u, output, r->x, inputs);
    fc_gru_add(dv, output, after, u);
    fc_gru_add(back, output, v, u);
    fc_gru_slopes(g, r, slope, back);
    for (j = 0; j < inputs; j++) {
        fc_gru_add(d + 3 * u * j, r->x[j], slope, 3 * u);
        r->x[j] = output * v[u + j] + fc_gru_dot(w + 3 * u * j, slope, 3 * u);
    }
    for (j = 0; j < u; j++) {
        double *row = d + 3 * u * (inputs + j);
        fc_gru_add(row, r->h[j], slope, 2 * u);
        fc_gru_add(row + 2 * u, r->cell[u + j] * r->h[j], slope + 2 * u, u);
        back[j] += fc_gru_dot(w + 3 * u * (inputs + j), slope, 2 * u);
    }
    fc_gru_add(d + 3 * u * rows, 1.0, slope, 3 * u);
}

static void fc_gru_pull(fc_gru *g, int64_t k, double slope)
{
    if (k >= 0) fc_gru_at(g, g->pull)[k] += slope;
}

/* Gradient of the loss that fc_gru_run gave. pull[k] is complete when its step is reached: only later steps were fed
 * forecast k. */
static void fc_gru_gradient(fc_gru *g)
{
    int64_t k, j;

    memset(fc_gru_at(g, g->gradient), 0, (size_t)g->weights * sizeof(double));
    memset(fc_gru_at(g, g->pull), 0, (size_t)g->ahead * sizeof(double));
    memset(fc_gru_at(g, g->back), 0, (size_t)g->units * sizeof(double));
    for (k = g->ahead - 1; k >= -g->warm; k--) {
        const fc_gru_record r = fc_gru_record_at(g, k + g->warm);
        const double *after = fc_gru_record_at(g, k + g->warm + 1).h;
        double slope = 0.0;                     /* d loss / d forecast */
        if (k >= 0) {
            const double e = *r.error / FC_GRU_DELTA;
            slope = FC_GRU_DELTA * e / sqrt(1.0 + e * e) / (g->spread * (double)g->ahead);
            slope = *r.open * (slope + fc_gru_at(g, g->pull)[k]);
        }
        fc_gru_pull(g, k - g->base, slope);
        fc_gru_backward(g, &r, after, slope * g->spread);
        for (j = 0; j < g->inputs; j++) {
            fc_gru_pull(g, k - g->lag[j], g->scale[j] * r.x[j]);
            if (g->less[j]) fc_gru_pull(g, k - g->less[j], -g->scale[j] * r.x[j]);
        }
    }
}

/* One step of Adam. A gradient that left the doubles says nothing, and is dropped. */
static void fc_gru_adam(fc_gru *g)
{
    const double left = 1.0 - (double)(g->done - 1) / (double)g->steps, rate = g->rate * left * left;
    const double *d = fc_gru_at(g, g->gradient);
    double *w = fc_gru_at(g, 0), *mean = fc_gru_at(g, g->mean), *square = fc_gru_at(g, g->square);
    const double norm = sqrt(fc_gru_dot(d, d, g->weights)), cut = norm > FC_GRU_NORM ? FC_GRU_NORM / norm : 1.0;
    double pace, fill;              /* with the corrections for means that started at 0 */
    int64_t i;

    if (!psc__finite(&norm)) return;
    g->power1 *= FC_GRU_DECAY1;
    g->power2 *= FC_GRU_DECAY2;
    pace = rate / (1.0 - g->power1);
    fill = 1.0 / (1.0 - g->power2);
    for (i = 0; i < g->weights; i++) {
        const double slope = cut * d[i];
        mean[i] += (1.0 - FC_GRU_DECAY1) * (slope - mean[i]);
        square[i] += (1.0 - FC_GRU_DECAY2) * (slope * slope - square[i]);
        w[i] -= pace * mean[i] / (sqrt(fill * square[i]) + FC_GRU_EPSILON);
    }
}

/* One mini-batch: a stretch is drawn, the later the likelier. */
static void fc_gru_batch(const fc_task *task, fc_gru *g)
{
    const int64_t starts = (int64_t)task->n - g->longest - g->warm - g->ahead + 1;
    const double age = 1.0 - psc__uniform(&g->random);
    const double share = 1.0 - age * (1.0 - FC_GRU_RECENT + FC_GRU_RECENT * age);
    const double place = fc_clamp(share * (double)starts, 0.0, (double)(starts - 1));
    const int64_t start = (int64_t)place;

    (void)fc_gru_run(g, task->y + g->longest + g->warm + start);
    fc_gru_gradient(g);
    fc_gru_adam(g);
}

/* The first linear part, by least squares on errors of one step. */
static void fc_gru_linear(const fc_task *task, fc_gru *g)
{
    const size_t p = (size_t)g->inputs;
    double *gram = fc_gru_at(g, g->gram), *a = fc_gru_at(g, g->output + g->units), *c = a + p;
    double x[FC_GRU_INPUTS], sum[FC_GRU_INPUTS] = {0.0}, total = 0.0;
    const double rows = (double)task->n - (double)g->longest;
    size_t t, i, j;

    for (t = (size_t)g->longest; t < task->n; t++) {
        const double *y = task->y + t, target = (*y - *(y - g->base)) / g->spread;
        fc_gru_look(g, y, NULL, 0, x);
        total += target;
        for (i = 0; i < p; i++) {
            sum[i] += x[i];
            a[i] += x[i] * target;
            for (j = 0; j <= i; j++) gram[i * p + j] += x[i] * x[j];
        }
    }
    psc__solve(gram, a, p, FC_GRU_RIDGE);
    *c = (total - fc_gru_dot(a, sum, g->inputs)) / rows;
}

/* The range that a path may not leave. */
static void fc_gru_range(const fc_task *task, fc_gru *g)
{
    double low = task->y[0], high = low, margin;
    size_t t;

    for (t = 1; t < task->n; t++) {
        if (task->y[t] < low) low = task->y[t];
        if (task->y[t] > high) high = task->y[t];
    }
    margin = FC_GRU_SHARE * (high - low);
    g->low = low - margin;
    g->high = high + margin;
}

/* Root mean square; at least `least`, and 1 where even that is next to nothing: it will be divided by. */
static double fc_gru_size(double sum, double rows, double least)
{
    const double size = fc_max(sqrt(sum / rows), least);
    return size > 1e-150 ? size : 1.0;
}

/* Mean, spread and scales. A difference that hardly occurs counts as 1e-8 of the range, not as a unit. */
static void fc_gru_standardise(const fc_task *task, fc_gru *g)
{
    const double rows = (double)task->n - (double)g->longest, least = 1e-8 * (g->high - g->low);
    double x[FC_GRU_INPUTS], sum[FC_GRU_INPUTS] = {0.0}, square = 0.0;
    size_t t;
    int64_t j;

    for (t = 0; t < task->n; t++) g->center += task->y[t] / (double)task->n;
    for (j = 0; j < g->inputs; j++) g->scale[j] = 1.0;
    for (t = (size_t)g->longest; t < task->n; t++) {
        const double *y = task->y + t, change = *y - *(y - g->base);
        square += change * change;
        fc_gru_look(g, y, NULL, 0, x);
        for (j = 0; j < g->inputs; j++) sum[j] += x[j] * x[j];
    }
    g->spread = fc_gru_size(square, rows, least);
    for (j = 0; j < g->inputs; j++) g->scale[j] = 1.0 / fc_gru_size(sum[j], rows, least);
}

/* Uniform in +- 1 / sqrt(X + U), so that sums before the gates start at size 1; biases 0, but 1 for z, so that the
 * state starts with a memory of a few steps; v, a, c 0. */
static void fc_gru_weights(fc_gru *g)
{
    const int64_t rows = g->inputs + g->units;
    const double size = 1.0 / sqrt((double)rows);
    double *w = fc_gru_at(g, 0);
    int64_t i;

    for (i = 0; i < 3 * g->units * rows; i++) w[i] = size * (2.0 * psc__uniform(&g->random) - 1.0);
    for (i = 0; i < g->units; i++) w[3 * g->units * rows + i] = 1.0;
}

static int fc_gru_begin(const fc_task *task, void *room)
{
    const psc_gru_options *o = (const psc_gru_options *)task->options;
    fc_gru *g = (fc_gru *)room;

    if (!fc_gru_shape(task, g) || task->n < (size_t)g->longest + FC_GRU_ROWS) return 0;
    memset(g + 1, 0, (size_t)g->words * sizeof(double));
    g->rate = o->rate;
    g->power1 = g->power2 = 1.0;
    g->random = o->seed;
    fc_gru_range(task, g);
    fc_gru_standardise(task, g);
    fc_gru_weights(g);
    return 1;
}

/* Forecast of y[k], and the state one step on. cell: room for 3 units. */
static double fc_gru_next(const fc_gru *g, const double *y, const double *path, int64_t k, double *h, double *cell)
{
    double x[FC_GRU_INPUTS], open, output;

    fc_gru_look(g, y, path, k, x);
    output = fc_gru_forward(g, x, h, cell, h);
    return fc_gru_cut(g, fc_gru_value(y, path, k - g->base) + g->spread * output, &open);
}

/* The end of the history: the last `longest` values lie before it, in order. */
static const double *fc_gru_end(const fc_gru *g)
{
    return fc_gru_at(g, g->history) + g->slot + g->longest;
}

static void fc_gru_push(fc_gru *g, double y)
{
    double *place = fc_gru_at(g, g->history) + g->slot;

    place[0] = place[g->longest] = y;
    if (++g->slot == g->longest) g->slot = 0;
    g->seen++;
}

static size_t fc_gru_rewind(const fc_task *task, void *room)
{
    fc_gru *g = (fc_gru *)room;
    int64_t t;

    memset(fc_gru_at(g, g->state), 0, (size_t)g->units * sizeof(double));
    fc_gru_range(task, g);
    g->slot = g->seen = 0;
    for (t = 0; t < g->longest; t++) fc_gru_push(g, task->y[t]);
    return (size_t)g->longest;
}

/* A value beyond the range widens it. */
static void fc_gru_observe(void *room, double y)
{
    fc_gru *g = (fc_gru *)room;

    (void)fc_gru_next(g, fc_gru_end(g), NULL, 0, fc_gru_at(g, g->state), fc_gru_at(g, g->slope));
    fc_gru_push(g, y);
    if (y < g->low) g->low = y;
    if (y > g->high) g->high = y;
}

/* Units of a fit: the linear part, the mini-batches, a pass over the sample in pieces. */
static int fc_gru_step(const fc_task *task, void *room)
{
    fc_gru *g = (fc_gru *)room;
    int i;

    if (g->done > g->steps) {
        for (i = 0; i < FC_GRU_REPLAY && g->seen < (int64_t)task->n; i++) fc_gru_observe(room, task->y[g->seen]);
        return g->seen < (int64_t)task->n;
    }
    if (g->done == 0) fc_gru_linear(task, g);
    else fc_gru_batch(task, g);
    if (++g->done > g->steps) (void)fc_gru_rewind(task, room);
    return 1;
}

static void fc_gru_path(const void *room, size_t h, double *out)
{
    const fc_gru *g = (const fc_gru *)room;
    double state[FC_GRU_UNITS], cell[3 * FC_GRU_UNITS];
    size_t k;

    memcpy(state, fc_gru_at(g, g->state), (size_t)g->units * sizeof(double));
    for (k = 0; k < h; k++) out[k] = fc_gru_next(g, fc_gru_end(g), out, (int64_t)k, state, cell);
}

static size_t fc_gru_parameters(const void *room, double *out)
{
    const fc_gru *g = (const fc_gru *)room;
    const size_t n = (size_t)g->weights;
    int64_t j;

    if (!out) return n + 2 + (size_t)g->inputs;
    memcpy(out, fc_gru_at(g, 0), n * sizeof(double));
    out[n] = g->center;
    out[n + 1] = g->spread;
    for (j = 0; j < g->inputs; j++) out[n + 2 + (size_t)j] = 1.0 / g->scale[j];
    return n + 2 + (size_t)g->inputs;
}

static const fc_model fc_gru_model = {
    fc_gru_words, fc_gru_begin, fc_gru_step, fc_gru_rewind, fc_gru_observe, fc_gru_path, fc_gru_parameters
};

/* ==== Members of a forecast =================================================================== */

/* A forecast is a weighted sum of members' paths, all on one scale (transformed). A named model is the sum of one. */

#define FC_MEMBERS_MOST PSC_MAX_MEMBERS

typedef struct fc_member {
    int32_t model, periods;         /* PSC_MODEL_...; periods that must fit, or the member would repeat another */
    int32_t cycles, reserved;       /* of the first of them that must have been seen */
    const fc_model *functions;
    const void *options;
} fc_member;

static const psc_naive_options
    fc_naive_last = {PSC_NAIVE_LAST, 0, 0, 0},
    fc_naive_first = {PSC_NAIVE_SEASONAL, 0, 0, 0},
    fc_naive_longest = {PSC_NAIVE_SEASONAL, -1, 0, 0},
    fc_naive_adjusted = {PSC_NAIVE_ADJUSTED, 0, PSC_INDEX_ADDITIVE, 0};
static const psc_sar_options
    fc_sar_short = {3, 1, PSC_SAR_LEVEL, 0, 1e-4},
    fc_sar_long = {26, 1, PSC_SAR_LEVEL, 0, 1e-4},
    fc_sar_recent = {3, 1, PSC_SAR_LEVEL, 320, 1e-4},
    fc_sar_change = {50, 1, PSC_SAR_DIFFERENCE, 0, 1e-3},
    fc_sar_plain = {26, 0, PSC_SAR_LEVEL, 0, 1e-3},
    fc_sar_rest = {3, 0, PSC_SAR_PROFILE, 0, 1e-4},
    fc_sar_long_rest = {26, 0, PSC_SAR_PROFILE, 0, 1e-3};

/* What psc_forecast combines: each is cheap, and together they cover what a series may do next: repeat itself, stay
 * where it is, follow its recent past, its seasons, or both. Chosen and frozen on the development halves of three
 * public sets: leaving any one of the autoregressions out raises the error of one of them by 0.2 to 2 per cent. */
static const fc_member fc_standard[] = {
    {PSC_MODEL_NAIVE, 0, 0, 0, &fc_naive_model, &fc_naive_last},
    {PSC_MODEL_NAIVE, 1, 1, 0, &fc_naive_model, &fc_naive_first},
    {PSC_MODEL_NAIVE, 2, 1, 0, &fc_naive_model, &fc_naive_longest},
    {PSC_MODEL_NAIVE, 1, 3, 0, &fc_naive_model, &fc_naive_adjusted},
    {PSC_MODEL_SEASONAL_AR, 0, 0, 0, &fc_sar_model, &fc_sar_short},
    {PSC_MODEL_SEASONAL_AR, 0, 0, 0, &fc_sar_model, &fc_sar_long},
    {PSC_MODEL_SEASONAL_AR, 0, 0, 0, &fc_sar_model, &fc_sar_recent},
    {PSC_MODEL_SEASONAL_AR, 0, 0, 0, &fc_sar_model, &fc_sar_change},
    {PSC_MODEL_SEASONAL_AR, 1, 1, 0, &fc_sar_model, &fc_sar_plain},
    {PSC_MODEL_SEASONAL_AR, 1, 2, 0, &fc_sar_model, &fc_sar_rest},
    {PSC_MODEL_SEASONAL_AR, 1, 2, 0, &fc_sar_model, &fc_sar_long_rest}
};

enum { FC_STANDARD = sizeof fc_standard / sizeof fc_standard[0], FC_FLOORS = 4 };   /* the first four are floors */

/* A model by name with its options. */
static const fc_model *fc_model_of(const psc_forecast_config *c, int32_t model, const void **options)
{
    switch (model) {
    case PSC_MODEL_SEASONAL_AR: *options = &c->sar; return &fc_sar_model;
    case PSC_MODEL_THETA: *options = &c->theta; return &fc_theta_model;
    case PSC_MODEL_DECOMPOSITION: *options = &c->decomposition; return &fc_decomposition_model;
    case PSC_MODEL_CROSTON: *options = &c->croston; return &fc_croston_model;
    case PSC_MODEL_ETS: *options = &c->ets; return &fc_ets_functions;
    case PSC_MODEL_AR: *options = &c->ar; return &fc_ar_model;
    case PSC_MODEL_ARIMA: *options = &c->arima; return &fc_arima_model;
    case PSC_MODEL_ADDITIVE: *options = &c->additive; return &fc_additive_model;
    case PSC_MODEL_GRU: *options = &c->gru; return &fc_gru_model;
    default: *options = &c->naive; return &fc_naive_model;
    }
}

/* ==== Layout of a forecast ==================================================================== */

#define FC_FIT_MARK UINT64_C(0x5053434649540002)    /* 'PSCFIT' and a version                            */
#define FC_GRID 33          /* quantiles a step, evenly spaced in the normal score z                    */
#define FC_GRID_END 2.8     /* from -2.8 to 2.8, levels 0.0026 to 0.9974                                */
#define FC_TESTS_MOST 24    /* backtest origins, a quarter of the horizon apart: six horizons           */
#define FC_REFITS 3         /* fits behind them: each serves the origins up to the next fit             */
#define FC_SPAN 6           /* horizons at the end of the sample whose errors make the intervals,       */
#define FC_SPAN_STEPS 48    /* and so many steps at least: 6 to 36 errors made intervals of 95 % that held 86 to
                               93 % of what came, with 48 steps 95 to 97 %                              */

/* Parts of the block behind the head. */
enum {
    FC_PATH, FC_QUANTILES, FC_RAW, FC_SORTED, FC_COUNT, FC_SCRATCH, FC_TEST, FC_X, FC_SEEN, FC_SORT, FC_REGRESSOR,
    FC_CHANGE, FC_OVER_LEVELS, FC_OVER_CHANGES, FC_ROOM, FC_PARTS = FC_ROOM + FC_MEMBERS_MOST
};

enum {
    FC_STAGE_LEVELS, FC_STAGE_CHANGES, FC_STAGE_TESTS, FC_STAGE_FITS, FC_STAGE_ERRORS, FC_STAGE_SORT, FC_STAGE_GRID,
    FC_STAGE_DONE
};

/* What the sizes of a fit follow from: with the config, all of it. */
typedef struct fc_shape {
    int64_t n, members, tested, tests, cuts;            /* tested: members that are backtested */
    int64_t cut[FC_REFITS + 1], group[FC_REFITS + 1];   /* ends of the fits; the first test after each, last: tests */
    int32_t test[FC_TESTS_MOST];            /* origins of the backtests, rising; below n, so below 2^31 */
    int32_t which[FC_MEMBERS_MOST];         /* >= 0: standard member; else minus a PSC_MODEL_... */
    int32_t period[PSC_MAX_PERIODS], periods, regressors, share, reserved;
} fc_shape;

/* Head of a fit. stage, member, place and begun say where the work stands. */
struct psc_forecast {
    uint64_t mark;
    psc_forecast_config config;
    fc_shape shape;
    psc_forecast_info info;
    int64_t at[FC_PARTS];                   /* bytes from the start of the block */
    int64_t first, origins, stage, member, place, begun, take_log;
    int64_t time[FC_MEMBERS_MOST];          /* the member has seen y[0..time) */
    double  weight[FC_MEMBERS_MOST], loss[FC_MEMBERS_MOST];
    double  shift, scale, center;           /* x = log(y + shift) - center, or y * scale - center */
    double  lower, upper, least, most;      /* forecasts lie in lower..upper; values did in least..most */
    double  reach;                          /* how far beyond a value forecasts may go */
    double  low, high, margin;              /* the same for x */
    fc_drift drift;
    double  error[2], pairs[2];             /* summed sizes of errors and their number: backtests, sample */
};

/* A part of the block. */
static void *fc_part(const psc_forecast *f, int part)
{
    return (void *)((uintptr_t)f + (size_t)f->at[part]);
}

static double *fc_reals(const psc_forecast *f, int part)
{
    return (double *)fc_part(f, part);
}

static int64_t *fc_count(const psc_forecast *f)
{
    return (int64_t *)fc_part(f, FC_COUNT);
}

static void *fc_room(const psc_forecast *f, int64_t i)
{
    return fc_part(f, FC_ROOM + (int)i);
}

/* What the i-th member is. */
static fc_member fc_member_of(const psc_forecast_config *c, const fc_shape *s, int64_t i)
{
    fc_member m;

    if (s->which[i] >= 0) return fc_standard[s->which[i]];
    memset(&m, 0, sizeof m);
    m.model = -s->which[i];
    m.functions = fc_model_of(c, m.model, &m.options);
    return m;
}

static fc_member fc_member_at(const psc_forecast *f, int64_t i)
{
    return fc_member_of(&f->config, &f->shape, i);
}

/* The periods that y[0..n) can be fitted with: rising, each once. */
static int32_t fc_periods(const psc_series *s, size_t n, int32_t *period)
{
    int32_t count = 0, last = 1;
    int i, j;

    for (i = 0; i < s->periods; i++) {
        int32_t next = PSC_MAX_PERIOD + 1;
        for (j = 0; j < s->periods; j++)
            if (s->period[j] > last && s->period[j] < next) next = s->period[j];
        if (next > PSC_MAX_PERIOD) break;
        last = next;
        if (fc_season_fits(next, n)) period[count++] = next;
    }
    return count;
}

/* A standard member that would not repeat another one. */
static int fc_member_useful(const fc_shape *s, const fc_member *m)
{
    if (m->periods > s->periods) return 0;
    if (m->periods > 0 && (int64_t)m->cycles * s->period[m->periods - 1] > s->n) return 0;
    return m->model != PSC_MODEL_SEASONAL_AR || ((const psc_sar_options *)m->options)->window < s->n;
}

/* The members: for a named model that one, and what stands in for it where it cannot be fitted. */
static void fc_members(const psc_forecast_config *c, fc_shape *s)
{
    int32_t i;

    if (c->model != PSC_MODEL_AUTO) {
        s->which[s->members++] = -c->model;
        if (s->periods > 0) s->which[s->members++] = 1;
        s->which[s->members++] = 0;
        return;
    }
    for (i = 0; i < FC_STANDARD; i++)
        if (fc_member_useful(s, &fc_standard[i])) s->which[s->members++] = i;
    for (i = 1; i < PSC_MODEL_COUNT; i++)
        if (c->with >> i & 1) s->which[s->members++] = -i;
}

/* Models that follow the sample so closely, parameters kept, that their errors in it say little of those beyond. */
static int fc_model_flatters(const psc_forecast_config *c)
{
    return c->model == PSC_MODEL_ADDITIVE || (c->model == PSC_MODEL_SEASONAL_AR && c->sar.form == PSC_SAR_PROFILE);
}

/* The origins of the backtests, a quarter of the horizon apart, in the last two thirds, and the fits behind them. */
static void fc_tests(const psc_forecast_config *c, fc_shape *s)
{
    const int64_t h = c->horizon, least = (s->n + 2) / 3 > 8 ? (s->n + 2) / 3 : 8;
    int64_t i, r;

    s->tested = c->model == PSC_MODEL_AUTO ? s->members : fc_model_flatters(c);
    for (i = FC_TESTS_MOST; i > 0 && s->tested > 0; i--) {
        const int64_t origin = s->n - (i * h + 3) / 4;
        if (origin >= least && (s->tests == 0 || origin > s->test[s->tests - 1]))
            s->test[s->tests++] = (int32_t)origin;
    }
    if (s->tests == 0) s->tested = 0;
    for (r = 0; r < FC_REFITS && s->tests > 0; r++) {
        const int64_t first = r * s->tests / FC_REFITS;
        if (s->cuts > 0 && first == s->group[s->cuts - 1]) continue;
        s->group[s->cuts] = first;
        s->cut[s->cuts++] = s->test[first];
    }
    s->group[s->cuts] = s->tests;
    s->cut[s->cuts++] = s->n;
}

/* Whether the shared products have the lags of the i-th member, an autoregression: a window keeps a host's own out of
 * them; the standard one with a window has the lags of one without. */
static int fc_products_serve(const fc_shape *s, int64_t i, const psc_sar_options *o)
{
    return o->window == 0 || s->which[i] >= 0;
}

/* Task of fitting the i-th member to the first cut[r] values, without the values. */
static fc_task fc_task_of(const psc_forecast_config *c, const fc_shape *s, int64_t i, int64_t r)
{
    const fc_member m = fc_member_of(c, s, i);
    fc_task t;
    int32_t k;

    memset(&t, 0, sizeof t);
    t.n = (size_t)s->cut[r];
    t.cut = (int32_t)r;
    t.horizon = c->horizon;
    for (k = 0; k < s->periods; k++)
        if (fc_season_fits(s->period[k], t.n)) t.period[t.periods++] = s->period[k];
    t.regressors = s->regressors;
    t.options = m.options;
    t.share = s->share && m.functions == &fc_sar_model && fc_products_serve(s, i, (const psc_sar_options *)m.options);
    return t;
}

static fc_task fc_task_at(const psc_forecast *f, int64_t i, int64_t r)
{
    fc_task t = fc_task_of(&f->config, &f->shape, i, r);

    t.y = fc_reals(f, FC_X);
    t.regressor = fc_reals(f, FC_REGRESSOR);
    t.low = f->low;
    t.high = f->high;
    t.margin = f->margin;
    t.take_log = f->take_log != 0;
    t.shift = f->take_log ? f->shift : 0.0;
    t.center = f->take_log ? f->center : 0.0;
    if (t.share) {
        const int changes = ((const psc_sar_options *)t.options)->form == PSC_SAR_DIFFERENCE;
        t.products = (const fc_products *)fc_part(f, changes ? FC_OVER_CHANGES : FC_OVER_LEVELS);
    }
    return t;
}

/* Adds what the members read to the products over the values (form LEVEL) or their changes. With p NULL only measures:
 * *lags and *longest. */
static void fc_products_want(const psc_forecast_config *c, const fc_shape *s, int32_t form, fc_products *p,
                             int64_t *lags, int64_t *longest)
{
    int64_t i, k;

    *lags = 1;
    *longest = 0;
    for (i = 0; i < s->members; i++) {
        const fc_member m = fc_member_of(c, s, i);
        const psc_sar_options *o = (const psc_sar_options *)m.options;
        const fc_task t = fc_task_of(c, s, i, s->cuts - 1);
        if (m.functions != &fc_sar_model || o->form != form || o->window > 0) continue;
        for (k = fc_sar_next(&t, t.n, 0); k > 0; k = fc_sar_next(&t, t.n, k)) {
            ++*lags;
            if (p) fc_products_add(p, k);
            if (k > *longest) *longest = k;
        }
    }
}

/* Whether one set of products can serve all cuts: the shortest has rows enough for every member. */
static void fc_share(const psc_forecast_config *c, fc_shape *s, int64_t *lags)
{
    int64_t longest[2];

    fc_products_want(c, s, PSC_SAR_LEVEL, NULL, &lags[0], &longest[0]);
    fc_products_want(c, s, PSC_SAR_DIFFERENCE, NULL, &lags[1], &longest[1]);
    s->share = s->tests > 0 && s->cut[0] - longest[0] >= 2 * lags[0] && s->cut[0] - longest[1] - 1 >= 2 * lags[1];
}

/* Words of a part of the block. lags: of the products. */
static size_t fc_part_words(const psc_forecast_config *c, const fc_shape *s, const int64_t *lags, int part)
{
    const size_t h = (size_t)c->horizon, n = (size_t)s->n, origins = (size_t)c->origins, cuts = (size_t)s->cuts;

    switch (part) {
    case FC_PATH: case FC_COUNT: case FC_SCRATCH: return h;
    case FC_QUANTILES: return h * FC_GRID;
    case FC_RAW: case FC_SORTED: return h * origins;
    case FC_TEST: return h * (size_t)(s->tested * s->tests);
    case FC_X: return n;
    case FC_SEEN: return n / 64 + 1;
    case FC_SORT: return c->robust ? n : 0;
    case FC_REGRESSOR: return (n + h) * (size_t)s->regressors;
    case FC_CHANGE: return s->share ? n : 0;
    case FC_OVER_LEVELS: return s->share ? fc_products_words((size_t)lags[0], cuts) : 0;
    case FC_OVER_CHANGES: return s->share ? fc_products_words((size_t)lags[1], cuts) : 0;
    default:
        if (part - FC_ROOM < s->members) {
            const fc_task task = fc_task_of(c, s, part - FC_ROOM, s->cuts - 1);
            return fc_member_of(c, s, part - FC_ROOM).functions->words(&task);
        }
        return 0;
    }
}

/* Bytes of the block; 0: more than memory. at, unless NULL, gets the place of each part. */
static size_t fc_lay(const psc_forecast_config *c, fc_shape *s, int64_t *at)
{
    size_t total = sizeof(psc_forecast);
    int64_t lags[2];
    int i;

    if ((size_t)s->n > FC_WORDS_MOST) return 0;
    fc_share(c, s, lags);
    for (i = 0; i < FC_PARTS; i++) {
        if (at) at[i] = (int64_t)total;
        if (!psc__grow(&total, fc_part_words(c, s, lags, i), 8)) return 0;
    }
    return total;
}
/* The logarithm suits what is linear in the values. */
static int fc_model_likes_log(int32_t model)
{
    return model == PSC_MODEL_AUTO || model == PSC_MODEL_SEASONAL_AR || model == PSC_MODEL_DECOMPOSITION
           || model == PSC_MODEL_ADDITIVE || model == PSC_MODEL_GRU;
}

void psc_forecast_default(psc_forecast_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->horizon = 24;
    config->origins = 150;
    config->clip = 0.1;
    fc_naive_options_default(&config->naive);
    fc_sar_options_default(&config->sar);
    fc_theta_options_default(&config->theta);
    fc_decomposition_options_default(&config->decomposition);
    fc_croston_options_default(&config->croston);
    fc_ets_options_default(&config->ets);
    fc_ar_options_default(&config->ar);
    fc_arima_options_default(&config->arima);
    fc_additive_options_default(&config->additive);
    fc_gru_options_default(&config->gru);
}

static int fc_options_valid(const psc_forecast_config *c)
{
    return fc_naive_options_valid(&c->naive) && fc_sar_options_valid(&c->sar) && fc_theta_options_valid(&c->theta)
           && fc_decomposition_options_valid(&c->decomposition) && fc_croston_options_valid(&c->croston)
           && fc_ets_options_valid(&c->ets) && fc_ar_options_valid(&c->ar) && fc_arima_options_valid(&c->arima)
           && fc_additive_options_valid(&c->additive) && fc_gru_options_valid(&c->gru);
}

static psc_status fc_config_check(const psc_forecast_config *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->model < PSC_MODEL_AUTO || c->model >= PSC_MODEL_COUNT) return PSC_ERR_RANGE;
    if (c->horizon < 1 || c->horizon > PSC_MAX_HORIZON) return PSC_ERR_RANGE;
    if (c->transform < PSC_TRANSFORM_AUTO || c->transform > PSC_TRANSFORM_LOG) return PSC_ERR_RANGE;
    if (c->origins < 2 || c->origins > 10000 || c->with < 0 || c->with >> PSC_MODEL_COUNT != 0) return PSC_ERR_RANGE;
    if (c->robust != 0 && c->robust != 1) return PSC_ERR_RANGE;
    return psc__within(c->clip, 0.0, 1e6) && fc_options_valid(c) ? PSC_OK : PSC_ERR_RANGE;
}

/* Checks the arguments of a fit and finds its shape; *total: bytes of its block. */
static psc_status fc_open(fc_shape *s, const psc_series *series, const psc_forecast_config *config, size_t *total)
{
    psc_status status = fc_series_check(series);

    if (status == PSC_OK) status = fc_config_check(config);
    if (status != PSC_OK) return status;
    memset(s, 0, sizeof *s);
    s->n = (int64_t)(series->n > 0 ? series->n : 1);        /* an empty series counts as one missing value */
    s->regressors = series->regressors;
    s->periods = fc_periods(series, (size_t)s->n, s->period);
    fc_members(config, s);
    fc_tests(config, s);
    *total = fc_lay(config, s, NULL);
    return *total > 0 ? PSC_OK : PSC_ERR_RANGE;
}

size_t psc_forecast_size(const psc_series *series, const psc_forecast_config *config)
{
    fc_shape shape;
    size_t total;

    return fc_open(&shape, series, config, &total) == PSC_OK ? total : 0;
}

/* ==== Start of a forecast ===================================================================== */

/* Scale of the members: the logarithm, or the values; brought up by a power of two where squares would vanish. */
static void fc_transform_choose(psc_forecast *f, const fc_values *v)
{
    const double size = fc_max(fabs(v->least), fabs(v->most));
    const int32_t wanted = f->config.transform;

    f->take_log = wanted == PSC_TRANSFORM_LOG || (wanted == PSC_TRANSFORM_AUTO && fc_model_likes_log(f->config.model));
    if (f->take_log && !fc_log_possible(v)) {
        f->take_log = 0;
        if (wanted == PSC_TRANSFORM_LOG) f->info.note |= PSC_NOTE_NO_LOG;
    }
    f->shift = f->take_log ? fc_log_shift(v) : 0.0;
    f->scale = 1.0;
    while (!f->take_log && size > 0.0 && size * f->scale < 1e-100) f->scale *= 1024.0;
    f->least = v->least;
    f->most = v->most;
}

static double fc_transform(const psc_forecast *f, double y)
{
    return (f->take_log ? psc__log(y + f->shift) : y * f->scale) - f->center;
}

/* What lies beyond the range by d is brought to reach ln(1 + d / reach) beyond it: rising still, but hardly. */
static double fc_soften(const psc_forecast *f, double y)
{
    const double d = y > f->most ? y - f->most : y < f->least ? f->least - y : 0.0;
    const double beyond = f->reach > 0.0 ? f->reach * psc__log1p(d / f->reach) : 0.0;

    if (d == 0.0) return y;
    return y > f->most ? f->most + beyond : f->least - beyond;
}

/* Back to the values' scale. What has a logarithm is not negative. */
static double fc_inverse(const psc_forecast *f, double x)
{
    const double at = x + f->center;
    if (!f->take_log) return at / f->scale;
    return fc_max(psc__exp(fc_clamp(at, -FC_EXP_RANGE, FC_EXP_RANGE)) - f->shift, 0.0);
}

/* The same, softly within the range, and within the caller's bounds. */
static double fc_restore(const psc_forecast *f, double x)
{
    return fc_clamp(fc_soften(f, fc_inverse(f, x)), f->lower, f->upper);
}

/* How far a forecast may go: beyond the values by the share `clip` of their width, and more where they are few; or as
 * far as they went in the last horizon. */
static void fc_range(psc_forecast *f, const fc_values *v)
{
    const double *end = fc_reals(f, FC_X) + f->shape.n - 1;
    const double width = v->most - v->least, size = fc_max(fabs(v->least), fabs(v->most)), last = fc_inverse(f, *end);
    const int64_t h = f->config.horizon;
    const double again = f->shape.n > h ? 2.0 * last - fc_inverse(f, end[-h]) : last;

    f->reach = f->config.clip * width + (width + size) / (double)(v->present > 0 ? v->present : 1);
    f->least = v->least - f->reach < again ? v->least - f->reach : again;
    f->most = fc_max(v->most + f->reach, again);
}

/* The same on the members' scale. A range that reaches below 0 has no logarithm, one that nearly does a wild one: then
 * the share of the width of x, or as far down as x went. */
static void fc_range_inside(psc_forecast *f, const double *x)
{
    const int64_t h = f->config.horizon, last = f->shape.n - 1;
    double low = x[0], high = x[0];
    int64_t t;

    for (t = 1; t <= last; t++) {
        if (x[t] < low) low = x[t];
        if (x[t] > high) high = x[t];
    }
    f->margin = f->config.clip * (high - low);
    f->high = fc_transform(f, f->most);
    f->low = low - f->margin;
    if (last >= h && 2.0 * x[last] - x[last - h] < f->low) f->low = 2.0 * x[last] - x[last - h];
    if (!f->take_log || fc_transform(f, f->least) > f->low) f->low = fc_transform(f, f->least);
}

static int fc_seen(const psc_forecast *f, int64_t t)
{
    return (int)(((uint64_t *)fc_part(f, FC_SEEN))[t / 64] >> (t % 64) & 1);
}

/* What the caller should know of the values. */
static void fc_note(psc_forecast *f, const psc_series *series, const fc_values *v)
{
    int i;

    f->info.used = (int64_t)series->n;
    if (v->present == 0) f->info.note |= PSC_NOTE_EMPTY;
    else if (v->present < series->n) f->info.note |= PSC_NOTE_GAPS;
    if (v->present > 0 && v->least >= v->most) f->info.note |= PSC_NOTE_CONSTANT;
    for (i = 0; i < series->periods; i++)
        if (series->period[i] > 1 && !fc_season_fits(series->period[i], (size_t)f->shape.n))
            f->info.note |= PSC_NOTE_SEASON_DROPPED;
    if (f->shape.periods == 0) f->info.note |= PSC_NOTE_NO_SEASON;
}

/* Whether only the combination's own members read the values: they are indifferent to their level, others may not
 * be. */
static int fc_own_members(const psc_forecast_config *c)
{
    return c->model == PSC_MODEL_AUTO && c->with >> 1 == 0;      /* bit 0 names no model */
}

/* The values, filled and on the members' scale, and their changes. */
static void fc_take(psc_forecast *f, const psc_series *series, const fc_values *v)
{
    double *x = fc_reals(f, FC_X), sum = 0.0;
    const size_t season = f->shape.periods > 0 ? (size_t)f->shape.period[0] : 0;
    uint64_t *seen = (uint64_t *)fc_part(f, FC_SEEN);
    int64_t t;

    memset(seen, 0, (size_t)(f->shape.n / 64 + 1) * sizeof *seen);
    for (t = 0; t < (int64_t)series->n; t++)
        if (!psc__nan(&series->value[t])) seen[t / 64] |= UINT64_C(1) << (t % 64);
    fc_transform_choose(f, v);
    x[0] = 0.0;
    for (t = 0; t < (int64_t)series->n; t++)
        x[t] = fc_seen(f, t) ? fc_transform(f, series->value[t]) : fc_double(FC_EXPONENT | 1);
    fc_fill(x, x, series->n, season, fc_transform(f, v->least), fc_transform(f, v->most));
    if (f->config.robust && fc_outliers_cut(x, series->n, season, fc_reals(f, FC_SORT)) > 0)
        f->info.note |= PSC_NOTE_OUTLIERS;
    fc_range(f, v);
    for (t = 0; t < f->shape.n; t++) sum += x[t];
    f->center = f->take_log || fc_own_members(&f->config) ? sum / (double)f->shape.n : 0.0;
    for (t = 0; t < f->shape.n; t++) x[t] -= f->center;
    fc_range_inside(f, x);
    for (t = 0; f->shape.share && t < f->shape.n; t++) fc_reals(f, FC_CHANGE)[t] = t > 0 ? x[t] - x[t - 1] : 0.0;
}

/* The regressors; those of the one missing value that an empty series counts as are 0. */
static void fc_take_regressors(psc_forecast *f, const psc_series *series)
{
    const size_t columns = (size_t)series->regressors, absent = series->n > 0 ? 0 : columns;
    const size_t count = (series->n + (size_t)f->config.horizon) * columns;
    double *to = fc_reals(f, FC_REGRESSOR);

    if (columns == 0) return;
    memset(to, 0, absent * sizeof *to);
    memcpy(to + absent, series->regressor, count * sizeof *to);
}

/* Products over the values (form LEVEL) or their changes, ready for their first step. */
static void fc_products_start(psc_forecast *f, int32_t form, fc_products *p)
{
    int64_t lags, longest, r;

    fc_products_want(&f->config, &f->shape, form, NULL, &lags, &longest);
    fc_products_begin(p, longest + (form == PSC_SAR_DIFFERENCE), 0.0);
    fc_products_want(&f->config, &f->shape, form, p, &lags, &longest);
    for (r = 0; r < f->shape.cuts; r++) p->cut[p->cuts++] = f->shape.cut[r];
}

static psc_status fc_regressors_check(const psc_series *s, size_t h)
{
    const size_t count = (s->n + h) * (size_t)s->regressors;
    size_t i;

    for (i = 0; i < count; i++) {
        if (!psc__finite(&s->regressor[i])) return PSC_ERR_NONFINITE;
        if (fabs(s->regressor[i]) > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

psc_status psc_forecast_init(psc_forecast *fit, size_t bytes, const psc_series *series,
                             const psc_forecast_config *config)
{
    fc_shape shape;
    fc_values v;
    size_t total = 0;
    psc_status status = fc_open(&shape, series, config, &total);

    if (status == PSC_OK) status = psc__block(fit, bytes, total);
    if (status == PSC_OK) status = fc_values_read(series->value, series->n, &v);
    if (status == PSC_OK) status = fc_regressors_check(series, (size_t)config->horizon);
    if (status != PSC_OK) return status;
    memset(fit, 0, sizeof *fit);
    fit->config = *config;
    fit->shape = shape;
    (void)fc_lay(config, &fit->shape, fit->at);
    fit->lower = fc_bound(series->lower, -FC_FAR);
    fit->upper = fc_bound(series->upper, FC_FAR);
    fc_note(fit, series, &v);
    fc_take(fit, series, &v);
    fc_take_regressors(fit, series);
    if (fit->shape.share) {
        fc_products_start(fit, PSC_SAR_LEVEL, (fc_products *)fc_part(fit, FC_OVER_LEVELS));
        fc_products_start(fit, PSC_SAR_DIFFERENCE, (fc_products *)fc_part(fit, FC_OVER_CHANGES));
    }
    fit->stage = fit->shape.share ? FC_STAGE_LEVELS : FC_STAGE_TESTS;
    fit->mark = FC_FIT_MARK;
    return PSC_OK;
}

/* ==== Backtests and weights =================================================================== */

#define FC_ROUNDING 1e-9    /* losses that differ by less than this share of the last value's loss are equal */
#define FC_NEGLIGIBLE 0.01  /* a weight below this share of the largest is not worth its cost */
#define FC_ADVANCE 256      /* values that a unit of work shows to each member at most */

/* Shows y[..to) to the i-th member, as far as one unit goes. 1: it has seen all. */
static int fc_advance(psc_forecast *f, int64_t i, int64_t to)
{
    const fc_model *model = fc_member_at(f, i).functions;
    int64_t left = FC_ADVANCE;

    for (; f->time[i] < to && left > 0; left--) model->observe(fc_room(f, i), fc_reals(f, FC_X)[f->time[i]++]);
    return f->time[i] >= to;
}

static double *fc_test_path(const psc_forecast *f, int64_t i, int64_t b)
{
    return fc_reals(f, FC_TEST) + (i * f->shape.tests + b) * f->config.horizon;
}

/* Steps of a backtest whose actual values are known. */
static int64_t fc_test_steps(const psc_forecast *f, int64_t origin)
{
    return f->shape.n - origin < f->config.horizon ? f->shape.n - origin : f->config.horizon;
}

/* Fits a member to the first cut[r] values, one unit a call: -1 it is not for them, 0 fitted, 1 there is more. */
static int fc_fit_unit(psc_forecast *f, int64_t i, int64_t r)
{
    const fc_task task = fc_task_at(f, i, r);
    const fc_model *model = fc_member_at(f, i).functions;

    if (!f->begun) {
        if (!model->begin(&task, fc_room(f, i))) return -1;
        f->begun = 1;
        return 1;
    }
    if (model->step(&task, fc_room(f, i))) return 1;
    f->begun = 0;
    f->time[i] = f->shape.cut[r];
    return 0;
}

/* The group of fits that a test belongs to. */
static int64_t fc_group(const psc_forecast *f, int64_t b)
{
    int64_t r = 0;

    while (r + 1 < f->shape.cuts - 1 && f->shape.group[r + 1] <= b) r++;
    return r;
}

/* The next test of the member in hand; paths that cannot be had begin with NaN. */
static void fc_test_unit(psc_forecast *f)
{
    const int64_t i = f->member, r = fc_group(f, f->place), end = f->shape.group[r + 1];
    const size_t h = (size_t)f->config.horizon;
    int fitted = 0;

    if (f->begun < 2) {
        fitted = fc_fit_unit(f, i, r);
        if (fitted == 0) f->begun = 2;
        for (; fitted < 0 && f->place < end; f->place++) fc_test_path(f, i, f->place)[0] = fc_double(FC_EXPONENT | 1);
    } else if (fc_advance(f, i, f->shape.test[f->place])) {
        fc_member_at(f, i).functions->path(fc_room(f, i), h, fc_test_path(f, i, f->place));
        if (++f->place == end) f->begun = 0;
    }
    if (f->place < f->shape.tests) return;
    f->place = 0;
    f->member++;
}

/* Mean size of the errors of a path from test b; fewer than one value known: 0. */
static double fc_test_loss(const psc_forecast *f, const double *path, int64_t b)
{
    const int64_t origin = f->shape.test[b], steps = fc_test_steps(f, origin);
    double sum = 0.0;
    int64_t k, known = 0;

    for (k = 0; k < steps; k++) {
        if (!fc_seen(f, origin + k)) continue;
        sum += fabs(fc_reals(f, FC_X)[origin + k] - fc_clamp(path[k], f->low, f->high));
        known++;
    }
    return known ? sum / (double)known : 0.0;
}

/* Loss of a member: its mean error over the tests it could be fitted for, in units of the naive forecast's over the
 * same; -1 without any. The naive forecast is the first member. */
static double fc_member_loss(const psc_forecast *f, int64_t i)
{
    double own = 0.0, naive = 0.0;
    int64_t b, known = 0;

    for (b = 0; b < f->shape.tests; b++) {
        const double *path = fc_test_path(f, i, b);
        if (psc__nan(path)) continue;
        own += fc_test_loss(f, path, b);
        naive += fc_test_loss(f, fc_test_path(f, 0, b), b);
        known++;
    }
    if (known == 0) return -1.0;
    if (naive > 0.0) return own / naive;
    return own > 0.0 ? FC_FAR : 1.0;
}

/* The combination's path from test b, into scratch: the members that have one, their weights scaled to 1; 0: none
 * has. */
static int fc_test_combine(psc_forecast *f, int64_t b)
{
    const int64_t h = f->config.horizon;
    double sum = 0.0;
    int64_t i, k;

    memset(fc_reals(f, FC_SCRATCH), 0, (size_t)h * sizeof *fc_reals(f, FC_SCRATCH));
    for (i = 0; i < f->shape.tested; i++) {
        const double *path = fc_test_path(f, i, b);
        if (!(f->weight[i] > 0.0) || psc__nan(path)) continue;
        sum += f->weight[i];
        for (k = 0; k < h; k++) fc_reals(f, FC_SCRATCH)[k] += f->weight[i] * fc_clamp(path[k], f->low, f->high);
    }
    for (k = 0; k < h && sum > 0.0; k++) fc_reals(f, FC_SCRATCH)[k] /= sum;
    return sum > 0.0;
}

/* Sums the sizes of the combination's errors over all backtests. */
static void fc_tests_sum(psc_forecast *f)
{
    int64_t b, k;

    f->error[0] = f->pairs[0] = 0.0;
    for (b = 0; b < f->shape.tests; b++) {
        if (!fc_test_combine(f, b)) continue;
        for (k = 0; k < fc_test_steps(f, f->shape.test[b]); k++) {
            if (!fc_seen(f, f->shape.test[b] + k)) continue;
            f->error[0] += fabs(fc_reals(f, FC_X)[f->shape.test[b] + k] - fc_reals(f, FC_SCRATCH)[k]);
            f->pairs[0] += 1.0;
        }
    }
}

static void fc_weigh_alone(psc_forecast *f, int64_t i)
{
    memset(f->weight, 0, sizeof f->weight);
    f->weight[i] = 1.0;
}

/* x^-6. Of the powers 2, 3, 4, 6 and 8 this was best on the mean of the development halves; 4 to 8 lie within 1 per
 * cent. */
static double fc_weight_of(double x)
{
    const double square = x * x;
    return 1.0 / (square * square * square);
}

/* The weights by loss; without backtests all members count the same. */
static void fc_weigh(psc_forecast *f)
{
    double best = FC_FAR;
    int64_t i;

    if (f->config.model != PSC_MODEL_AUTO) {
        fc_weigh_alone(f, 0);
        return;
    }
    for (i = 0; i < f->shape.members; i++) {
        f->loss[i] = fc_member_loss(f, i);
        if (f->loss[i] >= 0.0 && f->loss[i] < best) best = f->loss[i];
    }
    best = fc_max(best, 1e-9);              /* two faultless members count the same */
    for (i = 0; i < f->shape.members; i++) {
        double w = f->loss[i] < 0.0 ? 0.0 : fc_weight_of(fc_max(f->loss[i] / best, 1.0));
        if (f->shape.tests == 0) w = 1.0;
        f->weight[i] = w < FC_NEGLIGIBLE ? 0.0 : w;
        if (f->shape.tests == 0) f->loss[i] = 0.0;
    }
}

/* Loss of a naive member; of any other, or of one that could not be fitted, more than any. */
static double fc_naive_loss(const psc_forecast *f, int64_t i)
{
    if (f->shape.which[i] < 0 || f->shape.which[i] >= FC_FLOORS) return FC_FAR;
    return f->loss[i] < 0.0 ? FC_FAR : f->loss[i];
}

/* A combination that its backtests show to be worse than a naive member, by more than rounding, gives way to it. */
static void fc_floor(psc_forecast *f)
{
    int64_t i, best = -1;
    double loss = 0.0, naive = 0.0, least;
    int64_t b;

    for (b = 0; b < f->shape.tests; b++) {
        if (!fc_test_combine(f, b)) continue;
        loss += fc_test_loss(f, fc_reals(f, FC_SCRATCH), b);
        naive += fc_test_loss(f, fc_test_path(f, 0, b), b);
    }
    least = naive > 0.0 ? loss / naive - FC_ROUNDING : 0.0;
    for (i = 0; i < f->shape.members; i++) {
        if (!(fc_naive_loss(f, i) < least)) continue;
        least = f->loss[i];
        best = i;
    }
    if (best < 0) return;
    fc_weigh_alone(f, best);
    f->info.note |= PSC_NOTE_FLOOR;
}

/* The next member with a weight is fitted to all values; one that cannot be gives its weight up. */
static void fc_final_unit(psc_forecast *f)
{
    int fitted = 0;

    if (f->weight[f->member] > 0.0) {
        fitted = fc_fit_unit(f, f->member, f->shape.cuts - 1);
        if (fitted > 0) return;
    }
    if (fitted < 0) {
        f->weight[f->member] = 0.0;
        if (f->config.model != PSC_MODEL_AUTO) {
            f->weight[f->member + 1] = 1.0;     /* the simple member behind it, which any series lets be fitted */
            f->info.note |= PSC_NOTE_SHORT;
        }
    }
    f->member++;
}

/* ==== Intervals =============================================================================== */

#define FC_ERRORS_LEAST 8   /* fewer errors say nothing of a tail: the last step that had enough is widened */
#define FC_FREEDOM_LEAST 3.0    /* of Student's distribution, where the sample has fewer horizons than that */

/* Rewinds the members with a weight, and sets the origins: FC_SPAN horizons at the end, at least FC_SPAN_STEPS, or all
 * there is. */
static void fc_errors_begin(psc_forecast *f)
{
    const int64_t span = fc_most((int64_t)FC_SPAN * f->config.horizon, FC_SPAN_STEPS);
    int64_t i;

    f->first = 0;
    for (i = 0; i < f->shape.members; i++) {
        fc_task task = fc_task_at(f, i, f->shape.cuts - 1);
        if (!(f->weight[i] > 0.0)) continue;
        f->time[i] = (int64_t)fc_member_at(f, i).functions->rewind(&task, fc_room(f, i));
        if (f->time[i] > f->first) f->first = f->time[i];
    }
    if (f->shape.n - f->first > span) f->first = f->shape.n - span;
    f->origins = f->shape.n - f->first < f->config.origins ? f->shape.n - f->first : f->config.origins;
    f->place = 0;
}

/* The i-th of the past origins. */
static int64_t fc_origin(const psc_forecast *f, int64_t i)
{
    return f->first + i * (f->shape.n - f->first) / f->origins;
}

/* Shows all members the values up to `to`; 1: all have seen them. */
static int fc_advance_all(psc_forecast *f, int64_t to)
{
    int64_t i;
    int ready = 1;

    for (i = 0; i < f->shape.members; i++)
        if (f->weight[i] > 0.0 && !fc_advance(f, i, to)) ready = 0;
    return ready;
}

/* The combination's path of h steps from where the members stand. */
static void fc_combine(const psc_forecast *f, size_t h, double *out)
{
    int64_t i;
    size_t k;

    memset(out, 0, h * sizeof *out);
    for (i = 0; i < f->shape.members; i++) {
        if (!(f->weight[i] > 0.0)) continue;
        fc_member_at(f, i).functions->path(fc_room(f, i), h, fc_reals(f, FC_SCRATCH));
        for (k = 0; k < h; k++) out[k] += f->weight[i] * fc_clamp(fc_reals(f, FC_SCRATCH)[k], f->low, f->high);
    }
}

/* Errors of the path from the next origin: a row of raw, NaN where the value is not known, and a place in each
 * column. */
static void fc_error_unit(psc_forecast *f)
{
    const int64_t origin = fc_origin(f, f->place), h = f->config.horizon, steps = fc_test_steps(f, origin);
    double *row = fc_reals(f, FC_RAW) + f->place * h;
    int64_t k;

    if (!fc_advance_all(f, origin)) return;
    fc_combine(f, (size_t)steps, row);
    for (k = 0; k < h; k++) {
        if (k >= steps || !fc_seen(f, origin + k)) {
            row[k] = fc_double(FC_EXPONENT | 1);
            continue;
        }
        row[k] = fc_reals(f, FC_X)[origin + k] - row[k];
        if (k == 0) (void)fc_drift_observe(&f->drift, row[0]);
        fc_reals(f, FC_SORTED)[k * f->config.origins + fc_count(f)[k]++] = row[k];
        if (f->shape.tests > 0 && origin >= f->shape.test[0]) {
            f->error[1] += fabs(row[k]);
            f->pairs[1] += 1.0;
        }
    }
    f->place++;
}

/* Normal score of the i-th quantile of a grid row. */
static double fc_grid_score(int i)
{
    return FC_GRID_END * (2.0 * i / (FC_GRID - 1) - 1.0);
}

/* How much larger errors are beyond the sample that the members were fitted to: that ratio in the backtests, to the
 * power 3/4, since what came later grew by the power 0.6 to 0.7 of it on the development halves. */
static double fc_optimism(const psc_forecast *f)
{
    double root;

    if (!(f->pairs[0] > 0.0 && f->pairs[1] > 0.0 && f->error[1] > 0.0)) return 1.0;
    root = sqrt(fc_clamp(f->error[0] / f->pairs[0] * f->pairs[1] / f->error[1], 1.0, 2.5));
    return root * sqrt(root);
}

/* Quantile of Student's distribution over that of the normal one, at normal score z (Fisher and Cornish 1960, three
 * terms). The errors of overlapping paths count as one independent error a horizon. */
static double fc_student(const psc_forecast *f, double z)
{
    const double horizons = (double)(f->shape.n - f->first) / f->config.horizon, square = z * z;
    const double v = fc_clamp(horizons, FC_FREEDOM_LEAST, FC_SPAN);
    return 1.0 + (square + 1.0) / (4.0 * v) + ((5.0 * square + 16.0) * square + 3.0) / (96.0 * v * v);
}

/* The i-th quantile of the errors of step k: mean over the steps k-2..k+2 that have enough errors. */
static double fc_error_quantile(const psc_forecast *f, int64_t k, double level)
{
    double sum = 0.0;
    int64_t j;
    int columns = 0;

    for (j = k - 2; j <= k + 2; j++) {
        if (j < 0 || j >= f->config.horizon || fc_count(f)[j] < FC_ERRORS_LEAST) continue;
        sum += psc__quantile(fc_reals(f, FC_SORTED) + j * f->config.origins, (size_t)fc_count(f)[j], level);
        columns++;
    }
    return sum / columns;
}

/* Quantiles of the errors of step k. A step without errors enough has those of the last that had, spread by the root of
 * the ratio of the leads; without any, normal errors of one step's size. */
static void fc_grid_unit(psc_forecast *f, int64_t k)
{
    double *grid = fc_reals(f, FC_QUANTILES), *row = grid + k * FC_GRID, middle = 0.0;
    int64_t good = k;
    int i;

    while (good >= 0 && fc_count(f)[good] < FC_ERRORS_LEAST) good--;
    if (good == k) middle = fc_error_quantile(f, k, 0.5);
    for (i = 0; i < FC_GRID; i++) {
        const double z = fc_grid_score(i), wide = fc_optimism(f) * fc_student(f, z);
        if (good == k) row[i] = middle + wide * (fc_error_quantile(f, k, psc__normal_cdf(z)) - middle);
        else if (good >= 0) row[i] = sqrt((double)(k + 1) / (double)(good + 1)) * grid[good * FC_GRID + i];
        else row[i] = z * f->info.sigma * sqrt((double)(k + 1));
    }
    if (good < 0) f->info.note |= PSC_NOTE_NO_INTERVAL;
}

/* Error at normal score z: linear in z, and on beyond the ends of the row. */
static double fc_grid_at(const double *row, double z)
{
    const double at = fc_clamp((z / FC_GRID_END + 1.0) * ((FC_GRID - 1) / 2.0), -1.0 * FC_GRID, 2.0 * FC_GRID);
    const double place = fc_clamp(at, 0.0, FC_GRID - 2.0);
    const int i = (int)place;
    return row[i] + (at - i) * (row[i + 1] - row[i]);
}

/* ==== Forecast ================================================================================ */

/* Root mean square of the errors of one step; of one error or none, a quarter of the range. */
static double fc_sigma(const psc_forecast *f)
{
    double sum = 0.0;
    int64_t i;

    for (i = 0; i < fc_count(f)[0]; i++) sum += fc_reals(f, FC_SORTED)[i] * fc_reals(f, FC_SORTED)[i];
    return fc_count(f)[0] > 1 ? sqrt(sum / (double)fc_count(f)[0]) : (f->high - f->low) / 4.0;
}

/* What the caller is told. */
static void fc_describe(psc_forecast *f)
{
    int64_t i;

    f->info.transform = f->take_log ? PSC_TRANSFORM_LOG : PSC_TRANSFORM_NONE;
    f->info.model = f->config.model;
    f->info.members = 0;
    for (i = 0; i < f->shape.members; i++) {
        if (!(f->weight[i] > 0.0)) continue;
        f->info.members++;
        if (f->config.model != PSC_MODEL_AUTO) f->info.model = fc_member_at(f, i).model;
    }
    f->drift.alarms = f->drift.last = 0;
    fc_drift_tell(&f->drift, &f->info.drift);
    f->info.tests = (int32_t)f->shape.tests;
    f->info.origins = f->origins;
    f->info.optimism = fc_optimism(f);
    f->info.loss = f->shape.tests > 0 && f->pairs[0] > 0.0 ? f->error[0] / f->pairs[0] : 0.0;
}

static void fc_stage_next(psc_forecast *f)
{
    double sum = 0.0;
    int64_t i;

    f->stage++;
    f->place = f->member = f->begun = 0;
    if (f->stage == FC_STAGE_FITS) {
        fc_weigh(f);
        if (f->config.model == PSC_MODEL_AUTO && f->shape.tests > 0) fc_floor(f);
    } else if (f->stage == FC_STAGE_ERRORS) {
        for (i = 0; i < f->shape.members; i++) sum += f->weight[i];
        if (!(sum > 0.0)) {                 /* the only member left could not be fitted to all values */
            fc_weigh_alone(f, 0);
            f->stage = FC_STAGE_FITS;
            return;
        }
        for (i = 0; i < f->shape.members; i++) f->weight[i] /= sum;
        fc_tests_sum(f);
        fc_errors_begin(f);
        memset(fc_count(f), 0, (size_t)f->config.horizon * sizeof *fc_count(f));
    } else if (f->stage == FC_STAGE_SORT) {
        f->info.sigma = fc_sigma(f);
    } else if (f->stage == FC_STAGE_DONE) {
        fc_combine(f, (size_t)f->config.horizon, fc_reals(f, FC_PATH));
        fc_describe(f);
    }
}

/* One unit of the work of a stage; 0: the stage is over. */
static int fc_stage_unit(psc_forecast *f)
{
    const int64_t h = f->config.horizon;

    switch (f->stage) {
    case FC_STAGE_LEVELS: return fc_products_step((fc_products *)fc_part(f, FC_OVER_LEVELS), fc_reals(f, FC_X));
    case FC_STAGE_CHANGES: return fc_products_step((fc_products *)fc_part(f, FC_OVER_CHANGES), fc_reals(f, FC_CHANGE));
    case FC_STAGE_TESTS:
        if (f->member < f->shape.tested) fc_test_unit(f);
        return f->member < f->shape.tested;
    case FC_STAGE_FITS:
        fc_final_unit(f);
        return f->member < f->shape.members;
    case FC_STAGE_ERRORS:
        if (f->place < f->origins) fc_error_unit(f);
        return f->place < f->origins || !fc_advance_all(f, f->shape.n);
    case FC_STAGE_SORT:
        psc__sort(fc_reals(f, FC_SORTED) + f->place * f->config.origins, (size_t)fc_count(f)[f->place]);
        return ++f->place < h;
    default:
        fc_grid_unit(f, f->place);
        return ++f->place < h;
    }
}

static psc_status fc_fit_check(const psc_forecast *f)
{
    if (!f) return PSC_ERR_NULL;
    if (((uintptr_t)f & 7) != 0) return PSC_ERR_ALIGN;
    return f->mark == FC_FIT_MARK ? PSC_OK : PSC_ERR_STATE;
}

psc_status psc_forecast_step(psc_forecast *fit, int64_t units)
{
    const psc_status status = fc_fit_check(fit);

    if (status != PSC_OK) return status;
    if (units < 1) return PSC_ERR_RANGE;
    for (; units > 0 && fit->stage < FC_STAGE_DONE; units--)
        if (!fc_stage_unit(fit)) fc_stage_next(fit);
    return fit->stage < FC_STAGE_DONE ? PSC_MORE : PSC_OK;
}

psc_status psc_forecast_fit(psc_forecast *fit, size_t bytes, const psc_series *series,
                            const psc_forecast_config *config, psc_forecast_info *info)
{
    psc_status status = psc_forecast_init(fit, bytes, series, config);

    if (status != PSC_OK) return status;
    while (psc_forecast_step(fit, INT64_MAX) == PSC_MORE) continue;
    if (info) *info = fit->info;
    return PSC_OK;
}

/* A fit that is done. */
static psc_status fc_done(const psc_forecast *f)
{
    const psc_status status = fc_fit_check(f);

    return status == PSC_OK && f->stage != FC_STAGE_DONE ? PSC_ERR_STATE : status;
}

psc_status psc_forecast_predict(const psc_forecast *fit, size_t h, const double *level, size_t levels, double *point,
                                double *quantile)
{
    psc_status status = fc_done(fit);
    const double *path, *grid;
    size_t i, j;

    if (status == PSC_OK) status = fc_levels(h, (size_t)fit->config.horizon, level, levels);
    if (status != PSC_OK) return status;
    path = fc_reals(fit, FC_PATH);
    grid = fc_reals(fit, FC_QUANTILES);
    for (i = 0; point && i < h; i++) point[i] = fc_restore(fit, path[i]);
    for (j = 0; quantile && j < levels; j++) {
        const double z = psc__normal_quantile(level[j]);
        for (i = 0; i < h; i++)
            quantile[i * levels + j] = fc_restore(fit, path[i] + fc_grid_at(grid + i * FC_GRID, z));
    }
    return PSC_OK;
}

#define FC_MEAN_LEVELS 64   /* quantiles that a mean is made of */

psc_status psc_forecast_mean(const psc_forecast *fit, size_t h, double *mean)
{
    psc_status status = fc_done(fit);
    size_t i;
    int j;

    if (status == PSC_OK) status = fc_levels(h, (size_t)fit->config.horizon, NULL, 0);
    if (status == PSC_OK && !mean) status = PSC_ERR_NULL;
    if (status != PSC_OK) return status;
    for (i = 0; i < h; i++) mean[i] = 0.0;
    for (j = 0; j < FC_MEAN_LEVELS; j++) {
        const double z = psc__normal_quantile((j + 0.5) / FC_MEAN_LEVELS);
        for (i = 0; i < h; i++) {
            const double *grid = fc_reals(fit, FC_QUANTILES) + i * FC_GRID;
            mean[i] += fc_restore(fit, fc_reals(fit, FC_PATH)[i] + fc_grid_at(grid, z)) / FC_MEAN_LEVELS;
        }
    }
    for (i = 0; i < h; i++) mean[i] = fc_clamp(mean[i], fit->lower, fit->upper);    /* against the sum's roundings */
    return PSC_OK;
}

/* A value that leaves the range seen moves the range, so that a level never seen can be forecast. */
static void fc_range_follow(psc_forecast *f, double y, double x)
{
    if (y - f->reach < f->least) f->least = y - f->reach;
    if (y + f->reach > f->most) f->most = y + f->reach;
    if (x - f->margin < f->low && x != f->low) f->low = x - f->margin;      /* at low: what has no logarithm */
    if (x + f->margin > f->high) f->high = x + f->margin;
}

/* What the members are shown for y: a value outside the logarithm's domain counts as the least they may forecast. */
static double fc_observed(const psc_forecast *f, double y)
{
    if (f->take_log && !(y + f->shift > 0.0)) return f->low;
    return fc_transform(f, y);
}

psc_status psc_forecast_observe(psc_forecast *fit, const double *value, size_t n)
{
    psc_status status = fc_done(fit);
    fc_values v;
    size_t t;
    int64_t i;

    if (status == PSC_OK && n > 0 && !value) status = PSC_ERR_NULL;
    if (status == PSC_OK) status = fc_values_read(value, n, &v);
    if (status != PSC_OK) return status;
    for (t = 0; t < n; t++) {
        double expected, x;
        fc_combine(fit, 1, &expected);
        x = psc__nan(&value[t]) ? expected : fc_observed(fit, value[t]);
        if (!psc__nan(&value[t])) {
            fc_range_follow(fit, value[t], x);
            (void)fc_drift_observe(&fit->drift, (x - expected) / fit->info.optimism);
        }
        for (i = 0; i < fit->shape.members; i++)
            if (fit->weight[i] > 0.0) fc_member_at(fit, i).functions->observe(fc_room(fit, i), x);
    }
    fc_combine(fit, (size_t)fit->config.horizon, fc_reals(fit, FC_PATH));
    fit->info.observed += (int64_t)n;
    fc_drift_tell(&fit->drift, &fit->info.drift);
    fit->info.refit = fit->drift.alarms > 0;
    return PSC_OK;
}

/* Normal score of the error of step k from a past origin, among those of the step: of its rank, ties at their first. */
static double fc_error_score(const psc_forecast *f, int64_t k, int64_t origin)
{
    const double *sorted = fc_reals(f, FC_SORTED) + k * f->config.origins;
    const double error = fc_reals(f, FC_RAW)[origin * f->config.horizon + k];
    int64_t low = 0, high = fc_count(f)[k];

    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (sorted[middle] < error) low = middle + 1;
        else high = middle;
    }
    return psc__normal_quantile(((double)low + 0.5) / (double)fc_count(f)[k]);
}

/* The next origin after this one whose errors of the first h steps are all known, or f->origins. */
static int64_t fc_next_whole(const psc_forecast *f, size_t h, int64_t origin)
{
    while (++origin < f->origins) {
        const double *row = fc_reals(f, FC_RAW) + origin * f->config.horizon;
        size_t k = 0;
        while (k < h && !psc__nan(&row[k])) k++;
        if (k == h) break;
    }
    return origin;
}

psc_status psc_forecast_paths(const psc_forecast *fit, size_t h, size_t paths, double *out)
{
    psc_status status = fc_done(fit);
    int64_t at, whole = 0, passed = -1;
    size_t i, k;

    if (status == PSC_OK) status = fc_levels(h, (size_t)fit->config.horizon, NULL, 0);
    if (status == PSC_OK && paths > 0 && !out) status = PSC_ERR_NULL;
    if (status != PSC_OK) return status;
    for (at = fc_next_whole(fit, h, -1); at < fit->origins; at = fc_next_whole(fit, h, at)) whole++;
    for (at = -1, i = 0; i < paths; i++) {
        const double place = ((double)i + 0.5) / (double)paths;
        const int64_t wanted = (int64_t)(place * (double)whole);
        for (; whole >= FC_ERRORS_LEAST && passed < wanted; passed++) at = fc_next_whole(fit, h, at);
        for (k = 0; k < h; k++) {
            const double *grid = fc_reals(fit, FC_QUANTILES) + k * FC_GRID;
            const double z = at < 0 ? psc__normal_quantile(place) : fc_error_score(fit, (int64_t)k, at);
            out[i * h + k] = fc_restore(fit, fc_reals(fit, FC_PATH)[k] + fc_grid_at(grid, z));
        }
    }
    return PSC_OK;
}

/* The kind of a member: the form of a seasonal autoregression, the kind of a simple model, else 0. */
static void fc_member_tell(const psc_forecast *f, int64_t i, psc_forecast_member *out)
{
    const fc_member m = fc_member_at(f, i);
    const psc_sar_options *sar = (const psc_sar_options *)m.options;

    memset(out, 0, sizeof *out);
    out->model = m.model;
    if (m.model == PSC_MODEL_NAIVE) out->kind = ((const psc_naive_options *)m.options)->kind;
    if (m.model == PSC_MODEL_SEASONAL_AR) {
        out->kind = sar->form;
        out->lags = sar->lags;
        out->window = sar->window;
    }
    out->weight = f->weight[i];
    out->loss = f->loss[i];
}

psc_status psc_forecast_describe(const psc_forecast *fit, psc_forecast_info *info, psc_forecast_member *member,
                                 size_t capacity, size_t *members)
{
    const psc_status status = fc_done(fit);
    int64_t i;

    if (status != PSC_OK) return status;
    if (member && !members) return PSC_ERR_NULL;
    if (member && capacity < (size_t)fit->shape.members) return PSC_ERR_SPACE;
    for (i = 0; member && i < fit->shape.members; i++) fc_member_tell(fit, i, &member[i]);
    if (members) *members = (size_t)fit->shape.members;
    if (info) *info = fit->info;
    return PSC_OK;
}

psc_status psc_forecast_parameters(const psc_forecast *fit, double *parameter, size_t capacity, size_t *count)
{
    psc_status status = fc_done(fit);
    int64_t best = 0, i;
    const fc_model *model;

    if (status == PSC_OK && !count) status = PSC_ERR_NULL;
    if (status != PSC_OK) return status;
    for (i = 1; i < fit->shape.members; i++)
        if (fit->weight[i] > fit->weight[best]) best = i;
    model = fc_member_at(fit, best).functions;
    if (parameter && capacity < model->parameters(fc_room(fit, best), NULL)) return PSC_ERR_SPACE;
    *count = model->parameters(fc_room(fit, best), parameter);
    return PSC_OK;
}

/* ==== Accuracy and backtest =================================================================== */

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

static int fc_backtest_valid(const psc_backtest_config *c)
{
    return c->origins >= 1 && c->origins <= 1000 && c->stride >= 1 && fc_level(c->level);
}

/* The i-th origin, counted from the last one back; 0: fewer than two steps lie before it. */
static size_t fc_backtest_origin(const psc_series *series, const psc_forecast_config *forecast,
                                 const psc_backtest_config *config, int i)
{
    const uint64_t back = (uint64_t)forecast->horizon + (uint64_t)i * (uint64_t)config->stride;
    return back + 2 > series->n ? 0 : series->n - (size_t)back;
}

/* Bytes of the largest fit of any origin. */
static size_t fc_backtest_bytes(const psc_series *series, const psc_forecast_config *forecast,
                                const psc_backtest_config *config)
{
    size_t most = psc_forecast_size(series, forecast);
    psc_series past;
    int i;

    if (most == 0) return 0;
    past = *series;
    for (i = 0; i < config->origins && (past.n = fc_backtest_origin(series, forecast, config, i)) > 0; i++) {
        const size_t bytes = psc_forecast_size(&past, forecast);
        if (bytes == 0) return 0;
        if (bytes > most) most = bytes;
    }
    return most;
}

size_t psc_backtest_size(const psc_series *series, const psc_forecast_config *forecast,
                         const psc_backtest_config *config)
{
    size_t total;

    if (!config || config->struct_size != sizeof *config || !fc_backtest_valid(config)) return 0;
    total = fc_backtest_bytes(series, forecast, config);
    return total > 0 && psc__grow(&total, 3 * (size_t)forecast->horizon, sizeof(double)) ? total : 0;
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
static psc_status fc_backtest_one(const psc_series *series, const psc_forecast_config *forecast, double level,
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
    status = psc_forecast_fit(fit, bytes, &past, forecast, NULL);
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
    psc_status status = fc_series_check(series);
    size_t fit_bytes;
    psc_accuracy sum;
    fc_values v;
    int i;

    if (status == PSC_OK) status = fc_config_check(forecast);
    if (status == PSC_OK && (!config || !accuracy)) status = PSC_ERR_NULL;
    if (status == PSC_OK && config->struct_size != sizeof *config) status = PSC_ERR_VERSION;
    if (status == PSC_OK && !fc_backtest_valid(config)) status = PSC_ERR_RANGE;
    if (status == PSC_OK) status = psc__block(work, bytes, psc_backtest_size(series, forecast, config));
    if (status == PSC_OK) status = fc_values_read(series->value, series->n, &v);
    if (status != PSC_OK) return status;
    memset(&sum, 0, sizeof sum);
    fit_bytes = fc_backtest_bytes(series, forecast, config);
    for (i = config->origins - 1; i >= 0 && status == PSC_OK; i--) {
        const size_t origin = fc_backtest_origin(series, forecast, config, i);
        (void)fc_values_read(series->value, origin, &v);
        if (v.present == 0) continue;
        status = fc_backtest_one(series, forecast, config->level, origin, (psc_forecast *)work, fit_bytes, &sum);
    }
    if (status != PSC_OK) return status;
    fc_accuracy_mean(&sum, fc_naive_scale(series));
    *accuracy = sum;
    return PSC_OK;
}

/* ==== Parts of a series ======================================================================= */

/* The decomposition of the model above, with a trend that follows no more than the longest season. */

#define FC_PARTS_ROUNDS 2
#define FC_PARTS_SHARE 0.1      /* width of the trend's window, as a share of n, where there is no season */

/* The periods that fit, rising, in m, and their places in series->period. Returns how many. */
static int64_t fc_parts_periods(const psc_series *series, int64_t *m, int32_t *place)
{
    int32_t period[PSC_MAX_PERIODS];
    const int32_t periods = fc_periods(series, series->n, period);
    int32_t k;

    for (k = 0; k < periods; k++) {
        m[k] = period[k];
        for (place[k] = 0; series->period[place[k]] != period[k]; place[k]++) continue;
    }
    return periods;
}

size_t psc_decompose_size(const psc_series *series)
{
    int64_t m[PSC_MAX_PERIODS], k, i;
    int32_t place[PSC_MAX_PERIODS];
    size_t total = 0, sum = 0;

    if (fc_series_check(series) != PSC_OK || series->n > FC_WORDS_MOST) return 0;
    k = fc_parts_periods(series, m, place);
    for (i = 0; i < k; i++) sum += (size_t)m[i];
    sum += fc_split_words(series->n, k ? (size_t)m[k - 1] : 0);
    return psc__grow(&total, sum, 8) ? total : 0;
}

static double fc_variance(const double *x, const double *add, size_t n)
{
    double mean = 0.0, sum = 0.0;
    size_t t;

    for (t = 0; t < n; t++) mean += (x[t] + (add ? add[t] : 0.0)) / (double)n;
    for (t = 0; t < n; t++) {
        const double d = x[t] + (add ? add[t] : 0.0) - mean;
        sum += d * d / (double)n;
    }
    return sum;
}

static double fc_strength(const double *remainder, const double *part, size_t n)
{
    const double both = fc_variance(remainder, part, n);
    return both > 0.0 ? fc_clamp(1.0 - fc_variance(remainder, NULL, n) / both, 0.0, 1.0) : 0.0;
}

/* Exchanges two rows of n. */
static void fc_parts_swap(double *a, double *b, size_t n)
{
    size_t t;

    for (t = 0; t < n; t++) {
        const double x = a[t];
        a[t] = b[t];
        b[t] = x;
    }
}

/* From rows 0..k-1 to the rows of the periods; the others are cleared. Each exchange brings a row to its place. */
static void fc_parts_spread(double *season, size_t n, int32_t periods, const int32_t *place, int64_t k)
{
    int32_t to[PSC_MAX_PERIODS], i, j;

    for (i = 0; i < periods; i++) to[i] = i < k ? place[i] : -1;
    memset(season + (size_t)k * n, 0, (size_t)(periods - k) * n * sizeof *season);
    for (i = 0; i < periods; i++)
        while ((j = to[i]) >= 0 && j != i) {
            fc_parts_swap(season + (size_t)i * n, season + (size_t)j * n, n);
            to[i] = to[j];
            to[j] = j;
        }
}

/* remainder and what is said of all parts. */
static void fc_parts_sum(const psc_series *series, const double *trend, const double *season, double *remainder,
                         psc_parts *parts)
{
    const size_t n = series->n;
    int32_t i;
    size_t t;

    for (t = 0; t < n; t++) {
        double sum = trend[t];
        for (i = 0; i < series->periods; i++) sum += season[(size_t)i * n + t];
        remainder[t] = psc__nan(&series->value[t]) ? 0.0 : series->value[t] - sum;
    }
    if (!parts) return;
    parts->trend = fc_strength(remainder, trend, n);
    for (i = 0; i < series->periods; i++) parts->season[i] = fc_strength(remainder, season + (size_t)i * n, n);
}

psc_status psc_decompose(const psc_series *series, void *work, size_t bytes, double *trend, double *season,
                         double *remainder, psc_parts *parts)
{
    double gain[PSC_MAX_PERIODS], shrink[PSC_MAX_PERIODS];
    int64_t m[PSC_MAX_PERIODS], k, unit;
    int32_t place[PSC_MAX_PERIODS], i, used = 0;
    psc_status status = fc_series_check(series);
    fc_values v;
    fc_split s;

    if (status == PSC_OK && (!trend || !remainder || (series->periods > 0 && !season))) status = PSC_ERR_NULL;
    if (status == PSC_OK) status = psc__block(work, bytes, psc_decompose_size(series));
    if (status == PSC_OK) status = fc_values_read(series->value, series->n, &v);
    if (status != PSC_OK) return status;
    k = fc_parts_periods(series, m, place);
    s.n = series->n;
    s.periods = k;
    s.m = m;
    s.longest = k ? (size_t)m[k - 1] : 0;
    s.half = fc_split_half(k ? (double)s.longest : FC_PARTS_SHARE * (double)s.n, s.n);
    s.gain = gain;
    s.shrink = shrink;
    s.season = season;
    fc_split_place(&s, (double *)work);
    s.end = s.den + s.longest;
    s.y = s.trend;                              /* the place of the trend holds the values, */
    fc_fill(s.trend, series->value, s.n, k ? (size_t)m[0] : 0, v.least, v.most);
    s.trend = trend;                            /* for the trend is the caller's */
    if (k > 0) memset(season, 0, (size_t)k * s.n * sizeof *season);
    else fc_split_trend(&s);
    for (unit = 0; unit < FC_PARTS_ROUNDS * k; unit++) fc_split_update(&s, unit % k, unit < k);
    if (parts) memset(parts, 0, sizeof *parts);
    for (i = 0; i < series->periods; i++) used += series->period[i] == 1;
    if (parts && k + used < series->periods) parts->note |= PSC_NOTE_SEASON_DROPPED;
    if (parts && v.present == 0) parts->note |= PSC_NOTE_EMPTY;
    else if (parts && v.present < s.n) parts->note |= PSC_NOTE_GAPS;
    if (series->periods > 0) fc_parts_spread(season, s.n, series->periods, place, k);
    fc_parts_sum(series, trend, season, remainder, parts);
    return PSC_OK;
}

/* ==== Periods ================================================================================= */

/* Seasons of unknown length. The periodogram proposes, the autocorrelations decide.
 *
 * Gaps are filled by straight lines, a straight line is taken off, and what is further out than FC_SEEK_CUT median
 * distances is cut: a spike has a line at every frequency. Round after round:
 *
 * 1. The values, tapered by a parabola and padded with zeros to twice their number, are transformed; the squares
 *    are divided by their background: the median in bands of frequency that widen with it, over ln 2, joined by
 *    straight lines of the logarithms. So noise of any colour, a random walk too, becomes noise of mean 1, each
 *    square distributed as an exponential variable.
 * 2. Bins within 2 / n of a multiple of the frequency of an earlier candidate are set to 1.
 * 3. A period m gathers the bins at 1/m, 2/m, ..., 8/m. The sum of the first k is a gamma variable under noise; the
 *    score of m is the largest -ln P(gamma(k) > sum). The sum tells a season from its harmonics, which gather less,
 *    and from its multiples, which gather the same from more bins.
 * 4. The transform of the divided squares is the autocorrelation of whitened values. The best m is only as sharp as a
 *    bin, and may be a harmonic of the season, or twice it: about each of m q, q = 1/2, 1, 2, ..., 8, and no further
 *    than m q (m / n) / 2 from it, the lag with the highest autocorrelation is looked for; multiples of seasons taken
 *    before, and m q itself, go first if they reach FC_SEEK_NEAR of it. The least of these lags that falls short of
 *    the highest by noise only, or from m on reaches FC_SEEK_NEAR of it, is the period.
 * 5. It is taken if its autocorrelation and its share of the variance left suffice and it is not the same, a
 *    half or a third of a period taken before, nor twice or three times it. Then its mean season is taken off.
 *
 * Of noise the score stays below FC_SEEK_SCORE in 99 of 100 series.
 * Sources: for harmonic sums Hinich 1982 and the search for pulsars (Ransom et al. 2002), for the pair of
 * periodogram and autocorrelation Vlachos, Yu and Castelli 2005. */

#define FC_SEEK_MOST 65536          /* newest values that are looked at                                       */
#define FC_SEEK_LEAST 16            /* fewer have no period                                                   */
#define FC_SEEK_SEEN 2.5            /* cycles that must have been seen                                        */
#define FC_SEEK_CUT 8.0             /* median sizes; 5.4 sigma of a normal sample                             */
#define FC_SEEK_ROUNDS 6
#define FC_SEEK_HARMONICS 8
#define FC_SEEK_SCORE 15.0          /* -ln of a chance of 3e-7 for one period, of 1 % for the best of all     */
#define FC_SEEK_FIRST 0.1           /* least autocorrelation of the first season                              */
#define FC_SEEK_LATER 0.15          /* of the others: bins beside a strong line look like weak ones           */
#define FC_SEEK_SHARE 0.1           /* of the variance left that a later season must explain                  */
#define FC_SEEK_NEAR 0.75           /* a lag that reaches this share of the highest is as good                */
#define FC_SEEK_NOISE 2.0           /* so is one that many standard deviations, 1 / sqrt(n) each, below it    */
#define FC_SEEK_BANDS 24            /* from 1, 7, 13 on a factor of 1.5 each, to FC_SEEK_MOST / 2              */
#define FC_SEEK_FLOOR 1e-12         /* background, as a share of the mean square: a pure season has none      */
#define FC_LN2 0.6931471805599453   /* median of the exponential distribution of mean 1                       */

typedef struct fc_seek {
    size_t  n, size, most;              /* size: of the transform; most: longest period */
    double *x, *sorted;                 /* [n], [size / 2 + 1] */
    double *data, *wave;                /* [2 size] pairs, [size] */
    size_t  masked[FC_SEEK_ROUNDS], taken[PSC_MAX_FOUND];
    int     masks, seasons;
} fc_seek;

static size_t fc_seek_size(size_t n)
{
    return fc_power2_above(2 * (n < FC_SEEK_MOST ? n : FC_SEEK_MOST));
}

size_t psc_periods_size(size_t n)
{
    const size_t used = n < FC_SEEK_MOST ? n : FC_SEEK_MOST, size = fc_seek_size(n);
    return n ? (used + 3 * size + size / 2 + 1) * 8 : 0;
}

/* The value at t, on a straight line between its neighbours if it is missing; *from is the last one present. */
static double fc_seek_fill(const double *value, size_t n, size_t t, size_t *from)
{
    size_t to = t;

    if (!psc__nan(&value[t])) return value[*from = t];
    while (to < n && psc__nan(&value[to])) to++;
    if (to == n) return value[*from];
    if (psc__nan(&value[*from])) return value[to];
    return value[*from] + (value[to] - value[*from]) * ((double)(t - *from) / (double)(to - *from));
}

/* x less its mean and its regression on time; scaled to a largest size of 1. Returns 0 if nothing is left. */
static int fc_seek_level(double *x, size_t n)
{
    const double middle = 0.5 * (double)(n - 1);
    double mean = 0.0, slope = 0.0, size = 0.0, before = 0.0;
    size_t t;

    for (t = 0; t < n; t++) mean += x[t] / (double)n;
    for (t = 0; t < n; t++) {
        before = fc_max(before, fabs(x[t]));
        x[t] -= mean;
        slope += x[t] * ((double)t - middle);
    }
    slope /= (double)n * ((double)n * (double)n - 1.0) / 12.0;
    for (t = 0; t < n; t++) {
        x[t] -= slope * ((double)t - middle);
        size = fc_max(size, fabs(x[t]));
    }
    if (!(size > FC_SEEK_FLOOR * before)) return 0;
    for (t = 0; t < n; t++) x[t] /= size;
    return 1;
}

/* Cuts what is further from the median than FC_SEEK_CUT median distances. */
static void fc_seek_cut(fc_seek *s)
{
    double *scratch = s->data, middle, limit;
    size_t t;

    memcpy(scratch, s->x, s->n * sizeof *scratch);
    psc__sort(scratch, s->n);
    middle = psc__quantile(scratch, s->n, 0.5);
    for (t = 0; t < s->n; t++) scratch[t] = fabs(s->x[t] - middle);
    psc__sort(scratch, s->n);
    limit = FC_SEEK_CUT * psc__quantile(scratch, s->n, 0.5);
    for (t = 0; limit > 0.0 && t < s->n; t++) s->x[t] = fc_clamp(s->x[t], middle - limit, middle + limit);
}

/* The values into x: filled, cut, level, and once more, now that no trend is in the way. Returns 0 if they are on one
 * line. */
static int fc_seek_load(fc_seek *s, const double *value)
{
    size_t t, from = 0;

    for (t = 0; t < s->n; t++) s->x[t] = fc_seek_fill(value, s->n, t, &from);
    fc_seek_cut(s);
    if (!fc_seek_level(s->x, s->n)) return 0;
    fc_seek_cut(s);
    return fc_seek_level(s->x, s->n);
}

/* Squares of the transform of the tapered values, as real parts of data. */
static void fc_seek_squares(fc_seek *s)
{
    size_t t;

    memset(s->data, 0, 2 * s->size * sizeof *s->data);
    for (t = 0; t < s->n; t++) {
        const double u = (2.0 * (double)t + 1.0) / (double)s->n - 1.0;
        s->data[2 * t] = s->x[t] * (1.0 - u * u);
    }
    fc_fourier_squares(s->data, s->wave, s->size);
}

/* Bin of a frequency of j cycles in the n values, rounded up; at most one beyond the last. */
static size_t fc_seek_bin(const fc_seek *s, double j)
{
    const double at = j * (double)s->size / (double)s->n;
    const double within = fc_clamp(at, 0.0, (double)(s->size / 2 + 1));
    const size_t i = (size_t)within;
    return (double)i < at && i <= s->size / 2 ? i + 1 : i;
}

/* Logarithms of the middle frequency (in cycles) and of the background of each band. */
static int fc_seek_bands(fc_seek *s, double floor_, double *place, double *height)
{
    const double end = 0.5 * (double)s->n;
    double low = 1.0;
    int bands = 0;

    while (low < end && bands < FC_SEEK_BANDS) {
        const double up = fc_max(low + 6.0, 1.5 * low), high = up + 3.0 < end ? up : end;
        const size_t first = fc_seek_bin(s, low), last = fc_seek_bin(s, high), count = last - first;
        size_t i;
        for (i = 0; i < count; i++) s->sorted[i] = s->data[2 * (first + i)];
        psc__sort(s->sorted, count);
        place[bands] = 0.5 * psc__log(low * high);
        height[bands++] = psc__log(fc_max(psc__quantile(s->sorted, count, 0.5) / FC_LN2, floor_));
        low = high;
    }
    return bands;
}

/* Divides the squares by their background; bin 0 becomes 0. */
static void fc_seek_whiten(fc_seek *s)
{
    double place[FC_SEEK_BANDS], height[FC_SEEK_BANDS], mean = 0.0;
    const size_t half = s->size / 2;
    size_t i;
    int bands, b = 0;

    for (i = 1; i <= half; i++) mean += s->data[2 * i] / (double)half;
    bands = fc_seek_bands(s, FC_SEEK_FLOOR * mean, place, height);
    s->data[0] = 0.0;
    for (i = 1; i <= half; i++) {
        const double j = psc__log(fc_max((double)i * (double)s->n / (double)s->size, 0.5));
        const double at = j > place[bands - 1] ? place[bands - 1] : j;
        double slope = 0.0;
        while (b + 2 < bands && at > place[b + 1]) b++;
        if (b + 1 < bands) slope = (height[b + 1] - height[b]) / (place[b + 1] - place[b]);
        if (at < place[0] && slope > 0.0) slope = 0.0;      /* noise rises towards low frequencies or is flat */
        s->data[2 * i] /= psc__exp(height[b] + slope * (at - place[b]));
    }
}

static void fc_seek_mask(fc_seek *s, size_t m)
{
    size_t k, i;

    for (k = 1; k <= m / 2; k++) {
        const double j = (double)k * (double)s->n / (double)m;
        for (i = fc_seek_bin(s, fc_max(j - 2.0, 0.0)); i <= s->size / 2 && i < fc_seek_bin(s, j + 2.0); i++)
            if (i > 0) s->data[2 * i] = 1.0;
    }
}

/* -ln P(gamma(k) > sum) = sum - ln(1 + sum + sum^2 / 2! + ... + sum^(k-1) / (k-1)!) */
static double fc_seek_tail(size_t k, double sum)
{
    double term = 1.0, total = 1.0;
    size_t i;

    for (i = 1; i < k; i++) total += term *= sum / (double)i;
    return sum - psc__log(total);
}

/* The period of the highest score, the shortest of equals; the score in *best. */
static size_t fc_seek_propose(const fc_seek *s, double *best)
{
    size_t m, k, found = 2;

    *best = 0.0;
    for (m = 2; m <= s->most; m++) {
        double sum = 0.0;
        for (k = 1; k <= FC_SEEK_HARMONICS && k <= m / 2; k++) {
            sum += s->data[2 * ((2 * k * s->size + m) / (2 * m))];
            if (sum > *best && fc_seek_tail(k, sum) > *best) {
                *best = fc_seek_tail(k, sum);
                found = m;
            }
        }
    }
    return found;
}

/* The divided squares become the autocorrelations, data[2 lag] / data[0]. */
static void fc_seek_correlate(fc_seek *s)
{
    size_t i;

    for (i = 1; i < s->size / 2; i++) s->data[2 * (s->size - i)] = s->data[2 * i];
    fc_fourier(s->data, s->wave, s->size);
}

static double fc_seek_r(const fc_seek *s, size_t lag)
{
    return s->data[2 * lag] / s->data[0];
}

/* The lag that stands for about `centre`; 0: there is none up to the longest. */
static size_t fc_seek_lag(const fc_seek *s, size_t centre, size_t width)
{
    const size_t near_ = width > 0 ? width : 1, low = centre > near_ + 2 ? centre - near_ : 2;
    const size_t high = centre + near_ < s->most ? centre + near_ : s->most;
    size_t lag, best = low;
    int i;

    if (low > high) return 0;
    for (lag = low; lag <= high; lag++)
        if (fc_seek_r(s, lag) > fc_seek_r(s, best)) best = lag;
    for (i = 0; i < s->seasons; i++) {
        lag = (best + s->taken[i] / 2) / s->taken[i] * s->taken[i];
        if (lag >= 2 * s->taken[i] && lag >= low && lag <= high
            && fc_seek_r(s, lag) > FC_SEEK_NEAR * fc_seek_r(s, best))
            return lag;
    }
    lag = centre < high ? centre : high;
    return fc_seek_r(s, lag) >= FC_SEEK_NEAR * fc_seek_r(s, best) ? lag : best;
}

/* Of the lags for m / 2, m, 2 m, ..., the least that is nearly as good as the best; m / 2 only if the difference may be
 * noise. */
static size_t fc_seek_decide(const fc_seek *s, size_t m)
{
    const size_t width = m * m / (2 * s->n);
    const double noise = FC_SEEK_NOISE / sqrt((double)s->n);
    size_t lag[FC_SEEK_HARMONICS + 1], k;
    double highest = 0.0;

    lag[0] = m >= 4 ? fc_seek_lag(s, (m + 1) / 2, width / 2) : m;
    for (k = 1; k <= FC_SEEK_HARMONICS; k++) {
        lag[k] = fc_seek_lag(s, k * m, k * width);
        if (lag[k] > 0) highest = fc_max(highest, fc_seek_r(s, lag[k]));
    }
    for (k = 0; k <= FC_SEEK_HARMONICS && lag[k] > 0; k++) {
        const double r = fc_seek_r(s, lag[k]);
        if (r >= highest - noise || (k > 0 && r >= FC_SEEK_NEAR * highest)) return lag[k];
    }
    return m;
}

/* The mean season of m values in sorted; returns the share of the variance that it explains. */
static double fc_seek_fold(const fc_seek *s, size_t m)
{
    double total = 0.0, explained = 0.0;
    size_t i, t;

    for (i = 0; i < m; i++) {
        double count = 0.0, sum = 0.0;
        for (t = i; t < s->n; t += m) {
            sum += s->x[t];
            total += s->x[t] * s->x[t];
            count += 1.0;
        }
        s->sorted[i] = sum / count;
        explained += sum * sum / count;
    }
    return total > 0.0 ? explained / total : 0.0;
}

/* Whether a and b are the same to a twentieth, or one twice or three times the other. */
static int fc_seek_kin(size_t a, size_t b)
{
    const double ratio = a > b ? (double)a / (double)b : (double)b / (double)a;
    int k;

    for (k = 1; k <= 3; k++)
        if (fabs(ratio - k) <= 0.05 * k) return 1;
    return 0;
}

/* One round; 0: nothing is left to be found. */
static int fc_seek_round(fc_seek *s)
{
    double score, r;
    size_t m, found, t;
    int i, taken;

    fc_seek_squares(s);
    fc_seek_whiten(s);
    for (i = 0; i < s->masks; i++) fc_seek_mask(s, s->masked[i]);
    m = fc_seek_propose(s, &score);
    if (!(score > FC_SEEK_SCORE)) return 0;
    fc_seek_correlate(s);
    found = fc_seek_decide(s, m);
    r = fc_seek_r(s, found);
    taken = r >= (s->seasons ? FC_SEEK_LATER : FC_SEEK_FIRST)
            && fc_seek_fold(s, found) >= (s->seasons ? FC_SEEK_SHARE : 0.0);
    for (i = 0; i < s->seasons; i++)
        if (fc_seek_kin(found, s->taken[i])) taken = 0;
    s->masked[s->masks++] = taken ? found : m;
    if (!taken) return 1;
    s->taken[s->seasons++] = found;
    for (t = 0; t < s->n; t++) s->x[t] -= s->sorted[t % found];
    return s->seasons < PSC_MAX_FOUND && fc_seek_level(s->x, s->n);
}

static void fc_seek_place(fc_seek *s, size_t n, void *work)
{
    memset(s, 0, sizeof *s);
    s->n = n < FC_SEEK_MOST ? n : FC_SEEK_MOST;
    s->size = fc_seek_size(n);
    s->most = (size_t)((double)s->n / FC_SEEK_SEEN);
    s->x = (double *)work;
    s->data = s->x + s->n;
    s->wave = s->data + 2 * s->size;
    s->sorted = s->wave + s->size;
}

psc_status psc_periods_of(const double *value, size_t n, void *work, size_t bytes, int32_t *period, int32_t *count)
{
    int i, j, round = 0;
    psc_status status;
    fc_values v;
    fc_seek s;

    if (!period || !count || (n > 0 && !value)) return PSC_ERR_NULL;
    if (n < 1 || n > (size_t)1 << 31) return PSC_ERR_RANGE;
    status = psc__block(work, bytes, psc_periods_size(n));
    if (status == PSC_OK) status = fc_values_read(value, n, &v);
    if (status != PSC_OK) return status;
    fc_seek_place(&s, n, work);
    if (v.present > 0 && s.n >= FC_SEEK_LEAST && fc_seek_load(&s, value + (n - s.n))) {
        fc_fourier_waves(s.wave, s.size);
        while (round < FC_SEEK_ROUNDS && fc_seek_round(&s)) round++;
    }
    *count = s.seasons;
    for (i = 0; i < PSC_MAX_FOUND; i++) {
        for (j = i; j > 0 && i < s.seasons && period[j - 1] > (int32_t)s.taken[i]; j--) period[j] = period[j - 1];
        period[j] = i < s.seasons ? (int32_t)s.taken[i] : 0;
    }
    return PSC_OK;
}

/* ==== Regressors that help ==================================================================== */

/* Forward selection by the error of one step over blocks that were not yet seen when the coefficients were found (rule
 * and bounds: psc_regressors_init). The rows are summed once: the Gram matrix G of all columns, y first, up to a
 * block's start gives the coefficients of any set of them, and the difference D of two such matrices the error on the
 * block, D[y,y] - 2 b'D[set,y] + b'D[set,set] b. */

#define FC_SEL_MARK UINT64_C(0x50534353454c0001)    /* 'PSCSEL' and a version */
#define FC_SEL_NOISE 6.0    /* three standard deviations of what noise takes away, 2 / sqrt(rows before * after) */

enum { FC_SEL_MOST = 32 };  /* blocks */
enum { FC_SEL_FIT, FC_SEL_SUM, FC_SEL_TRY, FC_SEL_DONE };
enum { FC_SEL_X, FC_SEL_GRAM, FC_SEL_FACTOR, FC_SEL_RIGHT, FC_SEL_COLUMN, FC_SEL_ORDER, FC_SEL_GAIN, FC_SEL_MODEL,
       FC_SEL_PARTS };

/* Parts: [n] values; [blocks + 1] Gram matrices, the j-th of all rows before block j; a factor and a right side;
 * [columns] the columns of a set; [K] order and gain; the room of the model. */
struct psc_regressors {
    uint64_t mark;
    int64_t  n, regressors, blocks, most, take_log;
    int64_t  part[FC_SEL_PARTS];        /* in words from the start of the block */
    int64_t  stage, block, at, candidate, chosen;   /* candidate -1: the set as it is */
    int64_t  best;                      /* best candidate of this round, -1: none that helps */
    double   margin, rows;              /* rows: those that the errors are sums of */
    double   needed, first, now;        /* errors: of the empty set, of the set as it is */
    double   found;                     /* error of the best candidate */
    double   error[FC_SEL_MOST], tried[FC_SEL_MOST];    /* of each block: the set as it is; with the candidate */
};

static double *fc_sel_part(const psc_regressors *s, int part)
{
    return (double *)(uintptr_t)s + s->part[part];
}

static fc_additive *fc_sel_model(const psc_regressors *s)
{
    return (fc_additive *)(void *)fc_sel_part(s, FC_SEL_MODEL);
}

void psc_regressors_default(psc_regressors_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->blocks = 5;
    config->most = PSC_MAX_REGRESSORS;
    config->start = 0.5;
    config->margin = 0.01;
    fc_additive_options_default(&config->additive);
}

static psc_status fc_sel_check(const psc_series *series, const psc_regressors_config *c)
{
    const psc_status status = fc_series_check(series);

    if (status != PSC_OK) return status;
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c || c->additive.struct_size != sizeof c->additive) return PSC_ERR_VERSION;
    if (series->regressors < 1 || c->most < 1 || c->most > PSC_MAX_REGRESSORS
        || c->blocks < 2 || c->blocks > FC_SEL_MOST || c->transform < PSC_TRANSFORM_AUTO
        || c->transform > PSC_TRANSFORM_LOG || !psc__within(c->start, 0.1, 0.9) || !psc__within(c->margin, 0.0, 1.0)
        || !fc_additive_options_valid(&c->additive))
        return PSC_ERR_RANGE;
    return PSC_OK;
}

/* What the model is fitted to; x NULL: sizes only. */
static void fc_sel_task(fc_task *task, const psc_series *series, const psc_regressors_config *config, const double *x)
{
    memset(task, 0, sizeof *task);
    task->y = x;
    task->n = series->n;
    task->regressors = series->regressors;
    task->regressor = series->regressor;
    task->options = &config->additive;
    task->periods = fc_periods(series, series->n, task->period);
}

/* Sets sizes and places. Returns bytes, 0: not valid. */
static size_t fc_sel_lay(psc_regressors *s, const psc_series *series, const psc_regressors_config *config)
{
    size_t size[FC_SEL_PARTS], bytes = sizeof *s, p;
    fc_additive model;
    fc_task task;
    int i;

    if (fc_sel_check(series, config) != PSC_OK) return 0;
    fc_sel_task(&task, series, config, NULL);
    memset(s, 0, sizeof *s);
    size[FC_SEL_MODEL] = fc_add_lay(&model, &task);
    if (size[FC_SEL_MODEL] == 0) return 0;
    p = (size_t)model.columns;
    s->n = (int64_t)series->n;
    s->regressors = series->regressors;
    s->blocks = config->blocks;
    size[FC_SEL_X] = series->n;
    size[FC_SEL_GRAM] = ((size_t)config->blocks + 1) * p * p;
    size[FC_SEL_FACTOR] = p * p;
    size[FC_SEL_RIGHT] = size[FC_SEL_COLUMN] = p;
    size[FC_SEL_ORDER] = size[FC_SEL_GAIN] = (size_t)series->regressors;
    for (i = 0; i < FC_SEL_PARTS; i++) {
        s->part[i] = (int64_t)(bytes / 8);
        if (!psc__grow(&bytes, size[i], 8)) return 0;
    }
    return bytes;
}

size_t psc_regressors_size(const psc_series *series, const psc_regressors_config *config)
{
    psc_regressors s;
    return fc_sel_lay(&s, series, config);
}

static psc_status fc_sel_values(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
        if (fabs(x[i]) > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

/* A value, or its logarithm; what is missing stays so. */
static double fc_sel_value(const psc_regressors *s, const fc_values *v, double y)
{
    return s->take_log && !psc__nan(&y) ? psc__log(y + fc_log_shift(v)) : y;
}

psc_status psc_regressors_init(psc_regressors *select, size_t bytes, const psc_series *series,
                               const psc_regressors_config *config)
{
    psc_status status = fc_sel_check(series, config);
    double *x;
    fc_values v;
    fc_task task;
    size_t i;

    if (status == PSC_OK) status = psc__block(select, bytes, psc_regressors_size(series, config));
    if (status == PSC_OK) status = fc_values_read(series->value, series->n, &v);
    if (status == PSC_OK) status = fc_sel_values(series->regressor, series->n * (size_t)series->regressors);
    if (status != PSC_OK) return status;
    memset(select, 0, fc_sel_lay(select, series, config));
    (void)fc_sel_lay(select, series, config);
    select->mark = FC_SEL_MARK;
    select->most = config->most;
    select->margin = config->margin;
    select->take_log = fc_log_possible(&v) && config->transform != PSC_TRANSFORM_NONE;
    select->candidate = select->best = -1;
    x = fc_sel_part(select, FC_SEL_X);
    fc_sel_task(&task, series, config, x);
    for (i = 0; i < series->n; i++) x[i] = fc_sel_value(select, &v, series->value[i]);
    fc_fill(x, x, series->n, task.periods ? (size_t)task.period[0] : 0, fc_sel_value(select, &v, v.least),
            fc_sel_value(select, &v, v.most));
    (void)fc_additive_begin(&task, fc_sel_model(select));
    fc_sel_model(select)->memory = PSC_MAX_VALUE;
    return PSC_OK;
}

/* First row of a block; the end of the last one is n, which a rounded sum might miss. */
static int64_t fc_sel_first(const psc_regressors *s, const psc_regressors_config *config, int64_t block)
{
    const double start = config->start * (double)s->n;

    if (block == s->blocks) return s->n;
    return (int64_t)(start + ((double)s->n - start) * (double)block / (double)s->blocks);
}

static double fc_sel_present(const psc_series *series, int64_t from, int64_t end)
{
    double count = 0.0;

    for (; from < end; from++)
        if (!psc__nan(&series->value[from])) count += 1.0;
    return count;
}

/* The Gram matrices: the j-th begins as the one before it. */
static void fc_sel_sum(psc_regressors *s, const psc_series *series, const psc_regressors_config *config)
{
    fc_additive *a = fc_sel_model(s);
    const int64_t p2 = a->columns * a->columns, last = fc_sel_first(s, config, s->block);
    double *gram = fc_sel_part(s, FC_SEL_GRAM) + s->block * p2, before, after;
    fc_task task;
    int64_t end;

    fc_sel_task(&task, series, config, fc_sel_part(s, FC_SEL_X));
    if (s->block > 0 && s->at == fc_sel_first(s, config, s->block - 1)) memcpy(gram, gram - p2, (size_t)p2 * 8);
    a->at = s->at;
    end = fc_add_gathered(a, last);
    fc_add_gather(a, &task, s->at, end, series->value, gram);
    s->at = end;
    if (end < last || ++s->block <= s->blocks) return;
    before = fc_sel_present(series, 0, fc_sel_first(s, config, 0));
    after = fc_sel_present(series, fc_sel_first(s, config, 0), s->n);
    s->rows = fc_max(after, 1.0);
    s->needed = fc_max(s->margin, FC_SEL_NOISE / sqrt(fc_max(before * after, 1.0)));
    s->block = 0;
    s->stage = FC_SEL_TRY;
}

/* The columns of the set with the candidate: those that are no regressors, and the regressors in it. */
static int64_t fc_sel_columns(const psc_regressors *s, int64_t *column)
{
    const fc_additive *a = fc_sel_model(s);
    const double *order = fc_sel_part(s, FC_SEL_ORDER);
    int64_t i, count = 0;

    for (i = 1; i < a->columns; i++) {
        const int64_t k = i - (a->fixed - a->regressors);
        if (k >= 0 && k < a->regressors && !(order[k] > 0.0) && k != s->candidate) continue;
        column[count++] = i;
    }
    return count;
}

/* Error on a block by the coefficients of the rows before it. */
static double fc_sel_error(psc_regressors *s)
{
    const fc_additive *a = fc_sel_model(s);
    const int64_t p = a->columns;
    const double *gram = fc_sel_part(s, FC_SEL_GRAM) + s->block * p * p, *next = gram + p * p;
    double *factor = fc_sel_part(s, FC_SEL_FACTOR), *b = fc_sel_part(s, FC_SEL_RIGHT), sum = next[0] - gram[0];
    int64_t *column = (int64_t *)(void *)fc_sel_part(s, FC_SEL_COLUMN);
    const int64_t q = fc_sel_columns(s, column);
    int64_t i, j;

    for (i = 0; i < q; i++) {
        const double *row = gram + column[i] * p;
        for (j = 0; j <= i; j++) factor[i * q + j] = row[column[j]];
        factor[i * q + i] += fc_add_penalty(a, column[i]);
        b[i] = row[0];
    }
    psc__solve(factor, b, (size_t)q, 0.0);
    for (i = 0; i < q; i++) {
        const int64_t at = column[i] * p;
        double row = 0.5 * b[i] * (next[at + column[i]] - gram[at + column[i]]) - (next[at] - gram[at]);
        for (j = 0; j < i; j++) row += b[j] * (next[at + column[j]] - gram[at + column[j]]);
        sum += 2.0 * b[i] * row;
    }
    return fc_max(sum, 0.0);
}

/* A candidate has been tried on all blocks: the set as it is gets its errors, a regressor its gain. */
static void fc_sel_weigh(psc_regressors *s)
{
    const double part = s->needed * s->now / (double)s->blocks;
    double sum = 0.0;
    int64_t i, better = 0, worse = 0;

    for (i = 0; i < s->blocks; i++) {
        sum += s->tried[i];
        better += s->error[i] - s->tried[i] > part;
        worse += s->tried[i] - s->error[i] > part;
    }
    if (s->candidate < 0) {
        memcpy(s->error, s->tried, sizeof s->error);
        s->now = sum;
        if (s->chosen == 0) s->first = sum;
        return;
    }
    fc_sel_part(s, FC_SEL_GAIN)[s->candidate] = s->now > 0.0 ? 1.0 - sum / s->now : 0.0;
    if (better < 2 || better <= worse || !(sum <= (1.0 - s->needed) * s->now) || !(sum < s->now)) return;
    if (s->best >= 0 && !(sum < s->found)) return;
    s->best = s->candidate;
    s->found = sum;
}

/* One candidate on one block. After the last candidate the best joins the set, which is then measured anew. */
static void fc_sel_try(psc_regressors *s)
{
    double *order = fc_sel_part(s, FC_SEL_ORDER);

    s->tried[s->block] = fc_sel_error(s);
    if (++s->block < s->blocks) return;
    s->block = 0;
    fc_sel_weigh(s);
    do s->candidate++;
    while (s->candidate < s->regressors && order[s->candidate] > 0.0);
    if (s->candidate < s->regressors && s->chosen < s->most) return;
    s->candidate = -1;
    if (s->best >= 0) order[s->best] = (double)++s->chosen;
    else s->stage = FC_SEL_DONE;
    s->best = -1;
}

psc_status psc_regressors_step(psc_regressors *select, const psc_series *series, const psc_regressors_config *config,
                               int64_t units)
{
    psc_status status = fc_sel_check(series, config);
    fc_task task;

    if (!select) return PSC_ERR_NULL;
    if (status != PSC_OK) return status;
    if (((uintptr_t)select & 7) != 0) return PSC_ERR_ALIGN;
    if (select->mark != FC_SEL_MARK || select->n != (int64_t)series->n || select->regressors != series->regressors
        || select->blocks != config->blocks)
        return PSC_ERR_STATE;
    if (units < 1) return PSC_ERR_RANGE;
    fc_sel_task(&task, series, config, fc_sel_part(select, FC_SEL_X));
    for (; units > 0 && select->stage != FC_SEL_DONE; units--) {
        if (select->stage == FC_SEL_TRY) fc_sel_try(select);
        else if (select->stage == FC_SEL_SUM) fc_sel_sum(select, series, config);
        else if (!fc_additive_step(&task, fc_sel_model(select))) select->stage = FC_SEL_SUM;
    }
    return select->stage == FC_SEL_DONE ? PSC_OK : PSC_MORE;
}

psc_status psc_regressors_best(const psc_regressors *select, int32_t *order, double *gain, psc_regressors_info *info)
{
    int64_t i;

    if (!select) return PSC_ERR_NULL;
    if (((uintptr_t)select & 7) != 0) return PSC_ERR_ALIGN;
    if (select->mark != FC_SEL_MARK) return PSC_ERR_STATE;
    for (i = 0; order && i < select->regressors; i++) order[i] = (int32_t)fc_sel_part(select, FC_SEL_ORDER)[i];
    for (i = 0; gain && i < select->regressors; i++) gain[i] = fc_sel_part(select, FC_SEL_GAIN)[i];
    if (!info) return PSC_OK;
    memset(info, 0, sizeof *info);
    info->chosen = (int32_t)select->chosen;
    info->done = select->stage == FC_SEL_DONE;
    info->transform = select->take_log ? PSC_TRANSFORM_LOG : PSC_TRANSFORM_NONE;
    info->needed = select->needed;
    info->rho = fc_sel_model(select)->rho;
    if (select->rows > 0.0) {
        const double width = fc_add_part(fc_sel_model(select), FC_ADD_WIDTH)[select->regressors];
        info->before = width * sqrt(select->first / select->rows);
        info->after = width * sqrt(select->now / select->rows);
    }
    return PSC_OK;
}

/* ==== Calendar ================================================================================ */

/* Days are counted from 1970-01-01, a Thursday. A year of the Gregorian calendar that begins on March 1 has its leap
 * day at its end, so the day of such a year gives the month: 153 days are five months, 31 + 30 + 31 + 30 + 31. Of such
 * years 400 are 146097 days; 2000-03-01 is day 11017. */

enum {
    FC_DAY = 86400, FC_HOUR = 3600,     /* seconds */
    FC_DAYS_400 = 146097,               /* days of 400, 100, 4 years: each fourth a leap year, but for 3 centuries */
    FC_DAYS_100 = 36524,
    FC_DAYS_4 = 1461,
    FC_DAY_MARCH_2000 = 11017,
    FC_CAL_GROUPS = 12
};

/* Columns of each group, in the order of the flags. */
static const int32_t fc_cal_width[FC_CAL_GROUPS] = {23, 6, 6, 6, 1, 1, 1, 11, 4, 3, 4, 1};

/* A local moment. */
typedef struct fc_moment {
    int64_t second;             /* of the day */
    int32_t weekday;            /* Monday 0 */
    int32_t month, day;         /* January 1, first 1 */
    int32_t last;               /* days of the month */
    int32_t yearday, yeardays;  /* January 1st 0; 365 or 366 */
} fc_moment;

/* Quotient rounded down. */
static int64_t fc_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int32_t fc_month_days(int32_t month, int leap)
{
    return month == 2 ? 28 + leap : 30 + ((month + (month > 7)) & 1);
}

static void fc_date(fc_moment *m, int64_t day)
{
    const int64_t since = day - FC_DAY_MARCH_2000;
    int64_t left = since - fc_floor_div(since, FC_DAYS_400) * FC_DAYS_400, century, four, year, month;
    int leap;

    century = left / FC_DAYS_100 < 3 ? left / FC_DAYS_100 : 3;     /* the fourth century is a day longer, */
    left -= century * FC_DAYS_100;
    four = left / FC_DAYS_4;
    left -= four * FC_DAYS_4;
    year = left / 365 < 3 ? left / 365 : 3;                         /* and so is the fourth year of four */
    left -= year * 365;
    month = (5 * left + 2) / 153;                                   /* March 0 */
    /* January and February belong to the next year: it is a leap year if a leap day ends this one */
    leap = month < 10 ? year == 0 && (four != 0 || century == 0) : year == 3 && (four != 24 || century == 3);
    m->month = (int32_t)(month < 10 ? month + 3 : month - 9);
    m->day = (int32_t)(left - (153 * month + 2) / 5 + 1);
    m->last = fc_month_days(m->month, leap);
    m->yeardays = 365 + leap;
    m->yearday = (int32_t)(month < 10 ? left + 59 + leap : left - 306);
}

static void fc_moment_of(fc_moment *m, int64_t local)
{
    const int64_t day = fc_floor_div(local, FC_DAY), week = fc_floor_div(day + 3, 7);

    m->second = local - day * FC_DAY;
    m->weekday = (int32_t)(day + 3 - week * 7);
    fc_date(m, day);
}

void psc_calendar_default(psc_calendar *calendar)
{
    if (!calendar) return;
    memset(calendar, 0, sizeof *calendar);
    calendar->struct_size = (uint32_t)sizeof *calendar;
    calendar->step = FC_HOUR;
}

static int fc_offset_valid(int32_t minutes)
{
    return minutes >= -1440 && minutes <= 1440;
}

static int fc_cal_valid(const psc_calendar *c)
{
    return c->groups <= PSC_CALENDAR_ALL && c->step >= 1 && c->step <= PSC_MAX_STEP && c->start >= -PSC_MAX_SECONDS
           && c->start <= PSC_MAX_SECONDS && c->event_columns >= 0 && c->event_columns <= PSC_MAX_REGRESSORS
           && fc_offset_valid(c->offset_minutes);
}

static size_t fc_cal_columns(const psc_calendar *c)
{
    size_t columns = (size_t)c->event_columns;
    int i;

    for (i = 0; i < FC_CAL_GROUPS; i++)
        if (c->groups >> i & 1) columns += (size_t)fc_cal_width[i];
    return columns;
}

size_t psc_calendar_columns(const psc_calendar *calendar)
{
    if (!calendar || calendar->struct_size != sizeof *calendar || !fc_cal_valid(calendar)) return 0;
    return fc_cal_columns(calendar);
}

psc_status psc_calendar_column(const psc_calendar *calendar, size_t column, int32_t *group, int32_t *index)
{
    int i;

    if (!calendar || !group || !index) return PSC_ERR_NULL;
    if (calendar->struct_size != sizeof *calendar) return PSC_ERR_VERSION;
    if (!fc_cal_valid(calendar) || column >= fc_cal_columns(calendar)) return PSC_ERR_RANGE;
    for (i = 0; i < FC_CAL_GROUPS; i++) {
        if (!(calendar->groups >> i & 1)) continue;
        if (column < (size_t)fc_cal_width[i]) break;
        column -= (size_t)fc_cal_width[i];
    }
    *group = 1 << i;
    *index = (int32_t)column;
    return PSC_OK;
}

/* Kinds are 0..count; kind 0 has no column. */
static double *fc_cal_indicators(double *x, int32_t count, int64_t kind)
{
    int32_t i;

    for (i = 0; i < count; i++) x[i] = i == kind - 1 ? 1.0 : 0.0;
    return x + count;
}

/* Turns of a cycle of so many seconds. */
static double *fc_cal_turns(double *x, int32_t turns, int64_t second, int64_t cycle)
{
    int32_t k;

    for (k = 0; k < turns; k++)
        fc_turn((double)((k + 1) * second % cycle) / (double)cycle, &x[2 * k + 1], &x[2 * k]);
    return x + 2 * turns;
}

static double *fc_cal_row(const psc_calendar *c, int64_t local, double *x)
{
    const uint32_t g = c->groups;
    const int64_t begun = fc_floor_div(local - 1, FC_HOUR), begins = fc_floor_div(local + c->step - 1, FC_HOUR);
    fc_moment m;

    fc_moment_of(&m, local);
    if (g & PSC_CALENDAR_HOUR) x = fc_cal_indicators(x, 23, m.second / FC_HOUR);
    if (g & PSC_CALENDAR_DAY_WAVE) x = fc_cal_turns(x, 3, m.second, FC_DAY);
    if (g & PSC_CALENDAR_WEEKDAY) x = fc_cal_indicators(x, 6, m.weekday);
    if (g & PSC_CALENDAR_WEEK_WAVE) x = fc_cal_turns(x, 3, m.weekday * (int64_t)FC_DAY + m.second, 7 * (int64_t)FC_DAY);
    if (g & PSC_CALENDAR_WEEKEND) x = fc_cal_indicators(x, 1, m.weekday >= 5);
    if (g & PSC_CALENDAR_MONTH_FIRST) x = fc_cal_indicators(x, 1, m.day == 1);
    if (g & PSC_CALENDAR_MONTH_LAST) x = fc_cal_indicators(x, 1, m.day == m.last);
    if (g & PSC_CALENDAR_MONTH) x = fc_cal_indicators(x, 11, m.month - 1);
    if (g & PSC_CALENDAR_YEAR_WAVE)
        x = fc_cal_turns(x, 2, m.yearday * (int64_t)FC_DAY + m.second, m.yeardays * (int64_t)FC_DAY);
    if (g & PSC_CALENDAR_QUARTER) x = fc_cal_indicators(x, 3, m.second % FC_HOUR / 900);
    if (g & PSC_CALENDAR_HOUR_WAVE) x = fc_cal_turns(x, 2, m.second % FC_HOUR, FC_HOUR);
    if (g & PSC_CALENDAR_FULL_HOUR) x = fc_cal_indicators(x, 1, begins > begun);
    return x;
}

/* Seconds that row t and an event have in common. */
static int64_t fc_cal_common(const psc_calendar *c, const psc_event *e, int64_t t)
{
    const int64_t from = c->start + t * c->step, to = from + c->step;
    return (e->end < to ? e->end : to) - (e->start > from ? e->start : from);
}

/* The rows first..last-1 that an event touches, of so many. */
static void fc_cal_touched(const psc_calendar *c, const psc_event *e, int64_t rows, int64_t *first, int64_t *last)
{
    *first = fc_floor_div(e->start - c->start, c->step);
    *last = fc_floor_div(e->end - 1 - c->start, c->step) + 1;
    if (*first < 0) *first = 0;
    if (*last > rows) *last = rows;
}

static psc_status fc_cal_check(const psc_calendar *c, size_t rows, const double *out, size_t stride)
{
    size_t i;

    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (!fc_cal_valid(c) || rows > (size_t)1 << 31 || stride < fc_cal_columns(c)) return PSC_ERR_RANGE;
    if (c->events > (size_t)1 << 31 || (rows > 0 && stride > SIZE_MAX / 8 / rows)) return PSC_ERR_RANGE;
    if ((rows > 0 && !out) || (c->events > 0 && !c->event)) return PSC_ERR_NULL;
    for (i = 0; c->offset && i < rows; i++)
        if (!fc_offset_valid(c->offset[i])) return PSC_ERR_RANGE;
    for (i = 0; i < c->events; i++) {
        const psc_event *e = &c->event[i];
        if (!psc__finite(&e->amount)) return PSC_ERR_NONFINITE;
        if (e->start >= e->end || e->start < -2 * PSC_MAX_SECONDS || e->end > 2 * PSC_MAX_SECONDS || e->column < 0
            || e->column >= c->event_columns || fabs(e->amount) > PSC_MAX_VALUE)
            return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

/* out[] += what the events add, in their order. */
static void fc_cal_events(const psc_calendar *c, int64_t rows, double *out, size_t stride)
{
    int64_t t, last;
    size_t i;

    for (i = 0; i < c->events; i++) {
        const psc_event *e = &c->event[i];
        fc_cal_touched(c, e, rows, &t, &last);
        for (; t < last; t++) {
            double *x = out + (size_t)t * stride + e->column;
            const int64_t common = fc_cal_common(c, e, t);
            const double share = (double)common / (double)c->step;
            *x = fc_clamp(*x + e->amount * share, -PSC_MAX_VALUE, PSC_MAX_VALUE);
        }
    }
}

psc_status psc_calendar_fill(const psc_calendar *calendar, size_t rows, double *out, size_t stride)
{
    const psc_status status = fc_cal_check(calendar, rows, out, stride);
    size_t t;

    if (status != PSC_OK || rows == 0) return status;
    for (t = 0; t < rows; t++) {
        const int64_t minutes = calendar->offset ? calendar->offset[t] : calendar->offset_minutes;
        const int64_t local = calendar->start + (int64_t)t * calendar->step + 60 * minutes;
        double *x = fc_cal_row(calendar, local, out + t * stride);
        memset(x, 0, (size_t)calendar->event_columns * sizeof *x);
    }
    fc_cal_events(calendar, (int64_t)rows, out + (fc_cal_columns(calendar) - (size_t)calendar->event_columns), stride);
    return PSC_OK;
}

/* ==== Reconcile =============================================================================== */

/* Formulas: psc_reconcile_run. Every pass goes over the series once: a parent has a lower index than its children, so a
 * pass from the last series to the first meets children before parents, one from the first to the last parents before
 * children. The two passes of TRACE are those of a Gaussian belief on a tree: upwards m and v are mean and variance of
 * a series given all forecasts at and below it, m[i] the precision-weighted mean of its own forecast and its
 * children's sum; downwards the children are drawn towards the sum that their parent's result asks for, each by its
 * share of the variance. The steps of the forecasts are worked on one by one, in the same work memory. */

enum { FC_TREE_LEAF, FC_TREE_HELD, FC_TREE_INNER };     /* held: a leaf that stands at 0 */

typedef struct fc_tree {
    const psc_hierarchy *h;
    size_t   step;              /* the one that is worked on */
    int64_t *kind;              /* [series] FC_TREE_... */
    double  *leaves;            /* [series] below it, itself for a leaf */
    double  *m, *v;             /* [series] what a series and all below it say of it, and the variance of that; after
                                   the pass downwards the result and its variance */
    double  *sum, *total;       /* [series] of m and v over its children */
} fc_tree;

enum { FC_TREE_PARTS = 6 };

void psc_reconcile_default(psc_hierarchy *hierarchy)
{
    if (!hierarchy) return;
    memset(hierarchy, 0, sizeof *hierarchy);
    hierarchy->struct_size = (uint32_t)sizeof *hierarchy;
    hierarchy->method = PSC_RECONCILE_TRACE;
    hierarchy->nonnegative = 1;
    hierarchy->steps = 1;
}

static int fc_tree_sizes(const psc_hierarchy *h)
{
    return h->series >= 1 && h->series <= (size_t)1 << 31 && h->steps >= 1 && h->steps <= PSC_MAX_HORIZON
           && h->series <= SIZE_MAX / 8 / FC_TREE_PARTS && h->steps <= SIZE_MAX / 8 / h->series;
}

size_t psc_reconcile_size(const psc_hierarchy *hierarchy)
{
    if (!hierarchy || hierarchy->struct_size != sizeof *hierarchy || !fc_tree_sizes(hierarchy)) return 0;
    return FC_TREE_PARTS * 8 * hierarchy->series;
}

static psc_status fc_tree_numbers(const double *x, size_t n, double least)
{
    size_t i;

    for (i = 0; x && i < n; i++) {
        if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
        if (!(x[i] >= least && x[i] <= PSC_MAX_VALUE)) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

static psc_status fc_tree_check(const psc_hierarchy *h)
{
    psc_status status;
    size_t i;

    if (!h) return PSC_ERR_NULL;
    if (h->struct_size != sizeof *h) return PSC_ERR_VERSION;
    if (!fc_tree_sizes(h) || h->method < PSC_RECONCILE_TRACE || h->method > PSC_RECONCILE_DOWN) return PSC_ERR_RANGE;
    if (!h->parent || !h->point) return PSC_ERR_NULL;
    for (i = 0; i < h->series; i++)
        if (h->parent[i] < -1 || (int64_t)h->parent[i] >= (int64_t)i) return PSC_ERR_RANGE;
    status = fc_tree_numbers(h->point, h->series * h->steps, -PSC_MAX_VALUE);
    if (status == PSC_OK) status = fc_tree_numbers(h->spread, h->series * h->steps, 0.0);
    if (status == PSC_OK) status = fc_tree_numbers(h->share, h->series, 0.0);
    return status;
}

static void fc_tree_open(fc_tree *t, const psc_hierarchy *h, void *work)
{
    double *part = (double *)work;
    size_t i;

    t->h = h;
    t->kind = (int64_t *)work;
    t->leaves = part + h->series;
    t->m = t->leaves + h->series;
    t->v = t->m + h->series;
    t->sum = t->v + h->series;
    t->total = t->sum + h->series;
    for (i = 0; i < h->series; i++) {
        t->kind[i] = FC_TREE_LEAF;
        if (h->parent[i] >= 0) t->kind[h->parent[i]] = FC_TREE_INNER;
    }
    for (i = 0; i < h->series; i++) t->leaves[i] = t->kind[i] == FC_TREE_LEAF ? 1.0 : 0.0;
    for (i = h->series; i-- > 0;)
        if (h->parent[i] >= 0) t->leaves[h->parent[i]] += t->leaves[i];
}

static double fc_tree_point(const fc_tree *t, size_t i)
{
    return t->h->point[i * t->h->steps + t->step];
}

static double fc_tree_variance(const fc_tree *t, size_t i)
{
    const double spread = t->h->spread ? t->h->spread[i * t->h->steps + t->step] : sqrt(t->leaves[i]);
    return spread * spread;
}

/* A leaf as it is, or held. */
static void fc_tree_leaf(fc_tree *t, size_t i)
{
    const int held = t->kind[i] == FC_TREE_HELD;

    t->m[i] = held ? 0.0 : fc_tree_point(t, i);
    t->v[i] = held ? 0.0 : fc_tree_variance(t, i);
}

static void fc_tree_upwards(fc_tree *t)
{
    size_t i;

    memset(t->sum, 0, t->h->series * sizeof *t->sum);
    memset(t->total, 0, t->h->series * sizeof *t->total);
    for (i = t->h->series; i-- > 0;) {
        const int32_t parent = t->h->parent[i];
        if (t->kind[i] == FC_TREE_INNER) {
            const double w = fc_tree_variance(t, i), both = t->total[i] + w;
            const double share = both > 0.0 ? t->total[i] / both : 0.0;
            t->m[i] = t->sum[i] + share * (fc_tree_point(t, i) - t->sum[i]);
            t->v[i] = share * w;
        } else {
            fc_tree_leaf(t, i);
        }
        if (parent < 0) continue;
        t->sum[parent] += t->m[i];
        t->total[parent] += t->v[i];
    }
}

static void fc_tree_downwards(fc_tree *t)
{
    size_t i;

    for (i = 0; i < t->h->series; i++) {
        const int32_t p = t->h->parent[i];
        double share;
        if (p < 0 || !(t->total[p] > 0.0)) continue;
        share = t->v[i] / t->total[p];
        t->m[i] += share * (t->m[p] - t->sum[p]);
        t->v[i] = fc_max(t->v[i] - share * t->v[i] * (1.0 - t->v[p] / t->total[p]), 0.0);
    }
}

/* Holds the leaves that are below 0. Returns how many. */
static int64_t fc_tree_hold(fc_tree *t)
{
    int64_t count = 0;
    size_t i;

    for (i = 0; i < t->h->series; i++) {
        if (t->kind[i] != FC_TREE_LEAF || !(t->m[i] < 0.0)) continue;
        t->kind[i] = FC_TREE_HELD;
        count++;
    }
    return count;
}

/* Returns the rounds. */
static int64_t fc_tree_trace(fc_tree *t)
{
    int64_t rounds = 0;

    do {
        fc_tree_upwards(t);
        fc_tree_downwards(t);
        rounds++;
    } while (t->h->nonnegative && fc_tree_hold(t) > 0);
    return rounds;
}

static void fc_tree_up(fc_tree *t)
{
    size_t i;

    for (i = 0; i < t->h->series; i++) {
        if (t->kind[i] == FC_TREE_INNER) continue;
        if (t->h->nonnegative && fc_tree_point(t, i) < 0.0) t->kind[i] = FC_TREE_HELD;
        fc_tree_leaf(t, i);
    }
}

/* What a series weighs among its parent's children. */
static double fc_tree_weight(const fc_tree *t, size_t i)
{
    return t->h->share ? t->h->share[i] : fc_max(fc_tree_point(t, i), 0.0);
}

/* total: weights of the children; sum: their number. */
static void fc_tree_down(fc_tree *t)
{
    size_t i;

    memset(t->sum, 0, t->h->series * sizeof *t->sum);
    memset(t->total, 0, t->h->series * sizeof *t->total);
    for (i = 0; i < t->h->series; i++) {
        if (t->h->parent[i] < 0) continue;
        t->sum[t->h->parent[i]] += 1.0;
        t->total[t->h->parent[i]] += fc_tree_weight(t, i);
    }
    for (i = 0; i < t->h->series; i++) {
        const int32_t p = t->h->parent[i];
        double share;
        if (p < 0) {
            t->m[i] = t->h->nonnegative ? fc_max(fc_tree_point(t, i), 0.0) : fc_tree_point(t, i);
            t->v[i] = fc_tree_variance(t, i);
            continue;
        }
        share = t->total[p] > 0.0 ? fc_tree_weight(t, i) / t->total[p] : 1.0 / t->sum[p];
        t->m[i] = share * t->m[p];
        t->v[i] = share * share * t->v[p];
    }
}

/* Parents become the sums of their children, and where the leaves were added up their variances too. */
static void fc_tree_add(fc_tree *t)
{
    const int up = t->h->method == PSC_RECONCILE_UP;
    size_t i;

    for (i = 0; i < t->h->series; i++) {
        if (t->kind[i] != FC_TREE_INNER) continue;
        t->m[i] = 0.0;
        if (up) t->v[i] = 0.0;
    }
    for (i = t->h->series; i-- > 0;) {
        if (t->h->parent[i] < 0) continue;
        t->m[t->h->parent[i]] += t->m[i];
        if (up) t->v[t->h->parent[i]] += t->v[i];
    }
}

/* How far the forecasts of this step are from adding up, and from the result. */
static void fc_tree_measure(fc_tree *t, psc_reconcile_info *info)
{
    size_t i;

    memset(t->sum, 0, t->h->series * sizeof *t->sum);
    for (i = t->h->series; i-- > 0;) {
        const double point = fc_tree_point(t, i);
        if (t->kind[i] == FC_TREE_INNER) info->before = fc_max(info->before, fabs(point - t->sum[i]));
        if (t->h->parent[i] >= 0) t->sum[t->h->parent[i]] += point;
        info->moved = fc_max(info->moved, fabs(t->m[i] - point));
        info->held += t->kind[i] == FC_TREE_HELD;
    }
}

/* Writes the step out and frees the leaves that it held. */
static void fc_tree_write(fc_tree *t, double *point, double *spread)
{
    size_t i;

    for (i = 0; i < t->h->series; i++) {
        point[i * t->h->steps + t->step] = t->m[i];
        if (spread) spread[i * t->h->steps + t->step] = sqrt(t->v[i]);
        if (t->kind[i] == FC_TREE_HELD) t->kind[i] = FC_TREE_LEAF;
    }
}

psc_status psc_reconcile_run(const psc_hierarchy *hierarchy, void *work, size_t bytes, double *point, double *spread,
                             psc_reconcile_info *info)
{
    psc_status status = fc_tree_check(hierarchy);
    psc_reconcile_info done;
    fc_tree t;

    if (status == PSC_OK) status = psc__block(work, bytes, psc_reconcile_size(hierarchy));
    if (status != PSC_OK) return status;
    if (!point) return PSC_ERR_NULL;
    fc_tree_open(&t, hierarchy, work);
    memset(&done, 0, sizeof done);
    for (t.step = 0; t.step < hierarchy->steps; t.step++) {
        int64_t rounds = 1;
        if (hierarchy->method == PSC_RECONCILE_TRACE) rounds = fc_tree_trace(&t);
        else if (hierarchy->method == PSC_RECONCILE_UP) fc_tree_up(&t);
        else fc_tree_down(&t);
        fc_tree_add(&t);
        fc_tree_measure(&t, &done);
        fc_tree_write(&t, point, spread);
        if (rounds > done.rounds) done.rounds = rounds;
    }
    if (info) *info = done;
    return PSC_OK;
}

/* ==== Rank ==================================================================================== */

/* The false discovery rate is controlled by Benjamini and Hochberg 1995: of the p-values p(1) <= ... <= p(n) the
 * largest k with p(k) <= k rate / n is sought, and those up to p(k) count. p(k) <= k rate / n says that at least k of
 * them lie in the first k of n cells of width rate / n, so that counting the cells replaces the sorting. */

typedef struct fc_ranking {
    const psc_changes *c;
    double   widen;             /* normal score of the interval's upper end */
    double   limit;             /* a change with a p-value up to here is real */
    double  *p;                 /* [n] p-value of each */
    int64_t *cell;              /* [n + 1] how many lie in each cell */
} fc_ranking;

void psc_changes_default(psc_changes *changes)
{
    if (!changes) return;
    memset(changes, 0, sizeof *changes);
    changes->struct_size = (uint32_t)sizeof *changes;
    changes->decision = PSC_RANK_RATE;
    changes->rate = 0.1;
    changes->level = 0.8;
}

size_t psc_rank_size(const psc_changes *changes)
{
    size_t bytes = 0;

    if (!changes || changes->struct_size != sizeof *changes || changes->n > (size_t)1 << 31) return 0;
    if (!psc__grow(&bytes, changes->n, 8) || !psc__grow(&bytes, changes->n, 8) || !psc__grow(&bytes, 1, 8)) return 0;
    return bytes;
}

static psc_status fc_changes_number(const double *x, size_t i)
{
    if (!x) return PSC_OK;
    if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
    return fabs(x[i]) > PSC_MAX_VALUE ? PSC_ERR_RANGE : PSC_OK;
}

static psc_status fc_changes_check(const psc_changes *c)
{
    psc_status status = PSC_OK;
    size_t i;

    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->n > (size_t)1 << 31 || c->decision < PSC_RANK_ALL || c->decision > PSC_RANK_RATE || !fc_level(c->rate)
        || !psc__within(c->level, 0.01, 0.999999) || (c->spread && c->lower))
        return PSC_ERR_RANGE;
    if ((c->n > 0 && (!c->now || !c->next)) || !c->lower != !c->upper) return PSC_ERR_NULL;
    for (i = 0; i < c->n && status == PSC_OK; i++) {
        status = fc_changes_number(c->now, i);
        if (status == PSC_OK) status = fc_changes_number(c->next, i);
        if (status == PSC_OK) status = fc_changes_number(c->spread, i);
        if (status == PSC_OK) status = fc_changes_number(c->lower, i);
        if (status == PSC_OK) status = fc_changes_number(c->upper, i);
        if (status == PSC_OK && c->spread && c->spread[i] < 0.0) status = PSC_ERR_RANGE;
        if (status == PSC_OK && c->lower && !(c->lower[i] <= c->next[i] && c->next[i] <= c->upper[i]))
            status = PSC_ERR_RANGE;
    }
    return status;
}

/* Standard deviation of next on the side where now lies. */
static double fc_changes_sigma(const fc_ranking *r, size_t i)
{
    const psc_changes *c = r->c;

    if (c->spread) return c->spread[i];
    if (!c->lower) return 0.0;
    return (c->next[i] > c->now[i] ? c->next[i] - c->lower[i] : c->upper[i] - c->next[i]) / r->widen;
}

/* The change in standard deviations. */
static double fc_changes_z(const fc_ranking *r, size_t i)
{
    const double change = r->c->next[i] - r->c->now[i], sigma = fc_changes_sigma(r, i);

    if (fabs(change) >= PSC_MAX_Z * sigma) return change > 0.0 ? PSC_MAX_Z : change < 0.0 ? -PSC_MAX_Z : 0.0;
    return change / sigma;
}

/* The limit of Benjamini and Hochberg; below 0 if nothing is real. Cell j - 1 counts the p-values in
 * (j - 1) width .. j width, j = 1..n, those at its end included; the last cell those beyond. */
static double fc_rank_limit(const fc_ranking *r)
{
    const size_t n = r->c->n;
    const double width = r->c->rate / (double)n;        /* 0 of a denormal rate: then what is 0 counts alone */
    int64_t below = 0, k = 0;
    size_t i;

    memset(r->cell, 0, (n + 1) * sizeof *r->cell);
    for (i = 0; i < n; i++) {
        const double widths = width > 0.0 ? r->p[i] / width : r->p[i] > 0.0 ? (double)n : 0.0;
        const double place = fc_clamp(widths, 0.0, (double)n);
        size_t j = (size_t)place;
        if (r->p[i] > (double)j * width) j++;
        r->cell[j > 0 ? j - 1 : 0]++;
    }
    for (i = 0; i < n; i++) {
        below += r->cell[i];
        if (below > (int64_t)i) k = (int64_t)i + 1;
    }
    return k > 0 ? (double)k * width : -1.0;
}

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

static psc_ranked fc_rank_entry(const fc_ranking *r, size_t i)
{
    psc_ranked entry;

    entry.index = (int64_t)i;
    entry.now = r->c->now[i];
    entry.next = r->c->next[i];
    entry.change = entry.next - entry.now;
    entry.z = fc_changes_z(r, i);
    entry.probability = psc__normal_cdf(fabs(entry.z));
    entry.p = r->p[i];
    return entry;
}

/* The first `capacity` in the direction sign, in order: a heap of the best so far, then sorted in place. total: how
 * many there are. Returns how many are written. */
static int64_t fc_rank(const fc_ranking *r, double sign, psc_ranked *out, size_t capacity, int64_t *total)
{
    size_t i, count = 0, left;

    for (i = 0; i < r->c->n; i++) {
        psc_ranked entry;
        if (!(sign * (r->c->next[i] - r->c->now[i]) > 0.0) || !(r->p[i] <= r->limit)) continue;
        ++*total;
        if (capacity == 0) continue;
        entry = fc_rank_entry(r, i);
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
    return (int64_t)count;
}

psc_status psc_rank_shards(const psc_changes *changes, void *work, size_t bytes, psc_ranked *up, size_t up_capacity,
                           psc_ranked *down, size_t down_capacity, psc_rank_info *info)
{
    psc_status status = fc_changes_check(changes);
    fc_ranking r;
    size_t i;

    if (status == PSC_OK) status = psc__block(work, bytes, psc_rank_size(changes));
    if (status != PSC_OK) return status;
    if (!info || (up_capacity > 0 && !up) || (down_capacity > 0 && !down)) return PSC_ERR_NULL;
    r.c = changes;
    r.widen = psc__normal_quantile(0.5 + changes->level / 2.0);
    r.p = (double *)work;
    r.cell = (int64_t *)work + changes->n;
    for (i = 0; i < changes->n; i++)
        r.p[i] = fc_clamp(2.0 * psc__normal_cdf(-fabs(fc_changes_z(&r, i))), 0.0, 1.0);
    r.limit = changes->decision == PSC_RANK_ALL ? 1.0 : changes->rate;
    if (changes->decision == PSC_RANK_RATE) r.limit = changes->n > 0 ? fc_rank_limit(&r) : -1.0;
    memset(info, 0, sizeof *info);
    info->limit = r.limit;
    info->ups = fc_rank(&r, 1.0, up, up_capacity, &info->up_total);
    info->downs = fc_rank(&r, -1.0, down, down_capacity, &info->down_total);
    return PSC_OK;
}
