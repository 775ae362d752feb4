/* Forecasts: series and configuration, seasonal autoregression, combination, intervals, paths, later values, accuracy,
 * backtest, against a second implementation and the header. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../vectors/read.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ==== Helpers =================================================================================== */

/* What a value in a history must give. */
static psc_status status_of_value(double y)
{
    if (isnan(y)) return PSC_OK;
    if (isinf(y)) return PSC_ERR_NONFINITE;
    return fabs(y) <= PSC_MAX_VALUE ? PSC_OK : PSC_ERR_RANGE;
}

static int all_finite(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rising levels, the most extreme ones at the ends. */
static void draw_levels(double *level, size_t n, uint64_t *seed)
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

/* About normal: the sum of twelve, less six. */
static double noise(uint64_t *seed)
{
    double sum = -6.0;
    int i;

    for (i = 0; i < 12; i++) sum += test_uniform(seed);
    return sum;
}

/* Finite, within the bounds, and for rising levels not falling. */
static int distribution_sound(const double *point, const double *quantile, size_t h, size_t levels, double lower,
                              double upper)
{
    size_t i, j;

    for (i = 0; i < h; i++) {
        if (!isfinite(point[i]) || point[i] < lower || point[i] > upper) return 0;
        for (j = 0; j < levels; j++) {
            const double q = quantile[i * levels + j];
            if (!isfinite(q) || q < lower || q > upper || (j > 0 && q < quantile[i * levels + j - 1])) return 0;
        }
    }
    return 1;
}

/* One value of one field of a configuration, and whether it is in range. */
typedef struct limit {
    size_t offset;
    int    real;                /* double, else int32_t */
    double value;
    int    good;
} limit;

#define REAL(type, field, value, good) {offsetof(type, field), 1, value, good}
#define WHOLE(type, field, value, good) {offsetof(type, field), 0, value, good}

static void limit_put(void *config, const limit *l)
{
    const int32_t whole = l->real ? 0 : (int32_t)l->value;

    if (l->real)
        memcpy((char *)config + l->offset, &l->value, sizeof l->value);
    else
        memcpy((char *)config + l->offset, &whole, sizeof whole);
}

/* A series with its own values, and a fit of exactly the size that it needs. */
typedef struct fitting {
    psc_series series;
    psc_forecast_config config;
    psc_forecast *fit;
    psc_forecast_info info;
    size_t bytes;
} fitting;

static void fitting_begin(fitting *f, const double *value, size_t n, const int32_t *period, int32_t periods)
{
    psc_series_default(&f->series);
    psc_forecast_default(&f->config);
    f->series.value = value;
    f->series.n = n;
    f->series.period = period;
    f->series.periods = periods;
    f->fit = NULL;
    f->bytes = 0;
}

static psc_status fitting_run(fitting *f, int fill)
{
    free(f->fit);
    f->bytes = psc_forecast_size(&f->series, &f->config);
    f->fit = (psc_forecast *)block_new(f->bytes, fill);
    return psc_forecast_fit(f->fit, f->bytes, &f->series, &f->config, &f->info);
}

static void fitting_end(fitting *f)
{
    free(f->fit);
    f->fit = NULL;
}

/* Fits, and gives the points of the whole horizon. */
static void fitting_point(fitting *f, double *point)
{
    CHECK_STATUS(fitting_run(f, 0xAA), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f->fit, (size_t)f->config.horizon, NULL, 0, point, NULL), PSC_OK);
}

/* A simple model on the values as they are, with a range that is not felt. */
static void fitting_naive(fitting *f, int32_t kind)
{
    f->config.model = PSC_MODEL_NAIVE;
    f->config.transform = PSC_TRANSFORM_NONE;
    f->config.naive.kind = kind;
    f->config.clip = 1e6;
}

/* The members of a fit; how many. */
static size_t fitting_members(const fitting *f, psc_forecast_member *member)
{
    size_t members = 0;

    CHECK_STATUS(psc_forecast_describe(f->fit, NULL, member, PSC_MAX_MEMBERS, &members), PSC_OK);
    return members;
}

/* A made-up load: a week of 24 hours a day, with noise. */
static void make_load(double *y, size_t n, uint64_t seed)
{
    size_t t;

    for (t = 0; t < n; t++)
        y[t] = 50.0 + 20.0 * fabs((double)(t % 24) - 12.0) + (t / 24 % 7 > 4 ? 30.0 : 0.0) + 25.0 * test_uniform(&seed);
}

/* A season of m values drawn from 100 to 200, again and again. */
static void make_pattern(double *y, size_t n, size_t m, uint64_t seed)
{
    size_t t;

    for (t = 0; t < n; t++) y[t] = t < m ? 100.0 + floor(100.0 * test_uniform(&seed)) : y[t - m];
}

/* ==== Arguments ================================================================================= */

static void test_forecast_config(void)
{
#define F(field, value, good) REAL(psc_forecast_config, field, value, good)
#define FI(field, value, good) WHOLE(psc_forecast_config, field, value, good)
    const limit limits[] = {
        FI(model, PSC_MODEL_AUTO, 1), FI(model, PSC_MODEL_GRU, 1), FI(model, -1, 0), FI(model, PSC_MODEL_COUNT, 0),
        FI(model, INT32_MIN, 0), FI(model, INT32_MAX, 0), FI(horizon, 1, 1), FI(horizon, PSC_MAX_HORIZON, 1),
        FI(horizon, 0, 0), FI(horizon, PSC_MAX_HORIZON + 1.0, 0), FI(horizon, INT32_MIN, 0), FI(transform, 0, 1),
        FI(transform, 2, 1), FI(transform, -1, 0), FI(transform, 3, 0), FI(origins, 2, 1), FI(origins, 10000, 1),
        FI(origins, 1, 0), FI(origins, 10001, 0), FI(origins, -5, 0), FI(with, 2047, 1), FI(with, 1024, 1),
        FI(with, 2048, 0), FI(with, -1, 0), FI(with, INT32_MIN, 0), FI(with, INT32_MAX, 0), FI(robust, 0, 1),
        FI(robust, 1, 1), FI(robust, -1, 0), FI(robust, 2, 0), F(clip, 0.0, 1), F(clip, 1e6, 1),
        F(clip, -DBL_MIN, 0), F(clip, 1e6 * (1.0 + DBL_EPSILON), 0), F(clip, NAN, 0), F(clip, INFINITY, 0),
        FI(struct_size, 1, 0),
        FI(sar.lags, 1, 1), FI(sar.lags, PSC_MAX_LAGS, 1), FI(sar.lags, 0, 0), FI(sar.lags, PSC_MAX_LAGS + 1.0, 0),
        FI(sar.lags, INT32_MIN, 0), FI(sar.seasonal, 0, 1), FI(sar.seasonal, -1, 0), FI(sar.seasonal, 2, 0),
        FI(sar.form, PSC_SAR_PROFILE, 1), FI(sar.form, -1, 0), FI(sar.form, 3, 0), FI(sar.window, 2, 1),
        FI(sar.window, INT32_MAX, 1), FI(sar.window, 1, 0), FI(sar.window, -1, 0), F(sar.ridge, 1e-12, 1),
        F(sar.ridge, 1.0, 1), F(sar.ridge, 9e-13, 0), F(sar.ridge, 1.0 + DBL_EPSILON, 0), F(sar.ridge, NAN, 0),
        F(sar.ridge, INFINITY, 0), F(sar.ridge, -1e-4, 0),
        FI(naive.kind, PSC_NAIVE_SEASONAL, 1), FI(naive.kind, -1, 0), FI(naive.kind, 4, 0), FI(naive.period, -1, 1),
        FI(naive.period, 3, 1), FI(naive.period, -2, 0), FI(naive.period, 4, 0), FI(naive.index, 1, 1),
        FI(naive.index, 2, 0), FI(naive.index, -1, 0),
        /* those of a model that is not asked for are checked, too */
        FI(theta.kind, 2, 0), FI(decomposition.iterations, 0, 0), FI(croston.kind, 3, 0), FI(ets.error, 9, 0),
        FI(ar.order, 65, 0), FI(arima.p, 9, 0), FI(additive.knots, -1, 0), FI(gru.units, 0, 0)
    };
#undef F
#undef FI
    double y[40];
    fitting f;
    size_t i;

    make_load(y, 40, 1);
    fitting_begin(&f, y, 40, NULL, 0);
    CHECK_INT(f.config.struct_size, sizeof f.config);
    CHECK_INT(f.series.struct_size, sizeof f.series);
    CHECK(f.config.model == PSC_MODEL_AUTO && f.config.horizon == 24 && f.config.transform == PSC_TRANSFORM_AUTO);
    CHECK(f.config.origins == 150 && f.config.with == 0 && f.config.clip == 0.1 && f.config.robust == 0);
    CHECK(f.config.sar.lags == 3 && f.config.sar.seasonal == 1 && f.config.sar.form == PSC_SAR_LEVEL
          && f.config.sar.window == 0 && f.config.sar.ridge == 1e-4);
    CHECK(f.config.naive.kind == PSC_NAIVE_SEASONAL && f.config.naive.period == 0
          && f.config.naive.index == PSC_INDEX_AUTO);
    psc_forecast_default(NULL);
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const psc_status want = limits[i].good ? PSC_ERR_SPACE : limits[i].offset ? PSC_ERR_RANGE : PSC_ERR_VERSION;
        psc_forecast_info before;
        uint64_t block[16], was[16];
        fitting_begin(&f, y, 40, NULL, 0);
        limit_put(&f.config, &limits[i]);
        CHECK_INT(psc_forecast_size(&f.series, &f.config) != 0, limits[i].good);
        memset(&f.info, 0x5C, sizeof f.info);
        before = f.info;
        memset(block, 0x5C, sizeof block);
        memcpy(was, block, sizeof block);
        CHECK_STATUS(psc_forecast_fit((psc_forecast *)block, sizeof block, &f.series, &f.config, &f.info), want);
        CHECK_STATUS(psc_forecast_init((psc_forecast *)block, sizeof block, &f.series, &f.config), want);
        CHECK(memcmp(&f.info, &before, sizeof before) == 0 && memcmp(block, was, sizeof block) == 0);
    }
}

static psc_status status_of_series(const fitting *f)
{
    return psc_forecast_fit(NULL, 0, &f->series, &f->config, NULL);
}

static void test_series(void)
{
    static const int32_t good[] = {1, PSC_MAX_PERIOD, 24, 7, 5};
    static const int32_t bad[][1] = {{0}, {-1}, {PSC_MAX_PERIOD + 1}, {INT32_MIN}};
    static const int32_t columns[] = {-1, PSC_MAX_REGRESSORS + 1, INT32_MIN, INT32_MAX};
    double y[40];
    fitting f;
    size_t i;

    make_load(y, 40, 2);
    psc_series_default(NULL);
    fitting_begin(&f, y, 40, good, PSC_MAX_PERIODS);
    CHECK(isnan(f.series.lower) && isnan(f.series.upper) && f.series.regressors == 0 && !f.series.regressor);
    CHECK(psc_forecast_size(&f.series, &f.config) > 0);
    CHECK_INT(psc_forecast_size(NULL, &f.config), 0);
    CHECK_INT(psc_forecast_size(&f.series, NULL), 0);
    f.series.periods = PSC_MAX_PERIODS + 1;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    f.series.periods = -1;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    for (i = 0; i < 4; i++) {
        fitting_begin(&f, y, 40, bad[i], 1);
        CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
        CHECK_STATUS(status_of_series(&f), PSC_ERR_RANGE);
        fitting_begin(&f, y, 40, NULL, 0);
        f.series.regressor = y;
        f.series.regressors = columns[i];
        CHECK_STATUS(status_of_series(&f), PSC_ERR_RANGE);
    }
    fitting_begin(&f, y, 40, NULL, 1);
    CHECK_STATUS(status_of_series(&f), PSC_ERR_NULL);
    fitting_begin(&f, NULL, 40, NULL, 0);
    CHECK_STATUS(status_of_series(&f), PSC_ERR_NULL);
    fitting_begin(&f, y, 40, NULL, 0);
    f.series.regressors = 1;
    CHECK_STATUS(status_of_series(&f), PSC_ERR_NULL);
    fitting_begin(&f, NULL, 0, NULL, 0);                    /* nothing is a series, too */
    CHECK(psc_forecast_size(&f.series, &f.config) > 0);
    fitting_begin(&f, y, SIZE_MAX, NULL, 0);
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    fitting_begin(&f, y, SIZE_MAX / 8 + 1, NULL, 0);
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    fitting_begin(&f, y, 40, NULL, 0);
    f.series.struct_size = 0;
    CHECK_STATUS(status_of_series(&f), PSC_ERR_VERSION);
    fitting_begin(&f, y, 40, NULL, 0);
    f.series.lower = 3.0;
    f.series.upper = 2.0;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    f.series.upper = 3.0;
    CHECK(psc_forecast_size(&f.series, &f.config) > 0);
}

/* Each bound: a code, or sound forecasts within it. */
static void test_series_bounds(void)
{
    static const double level[1] = {0.3};
    double y[40], point[24], quantile[24];
    fitting f;
    int i, side;

    make_load(y, 40, 2);
    for (i = 0; i < SPECIALS; i++) {
        for (side = 0; side < 2; side++) {
            const double s = special(i), low = side || isnan(s) ? -DBL_MAX : s, high = !side || isnan(s) ? DBL_MAX : s;
            const int good = isnan(s) || fabs(s) < 1.0;
            fitting_begin(&f, y, 40, NULL, 0);
            *(side ? &f.series.upper : &f.series.lower) = s;
            CHECK_INT(psc_forecast_size(&f.series, &f.config) > 0, good);
            if (!good) CHECK_STATUS(status_of_series(&f), PSC_ERR_RANGE);
            if (!good) continue;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 1, point, quantile), PSC_OK);
            CHECK(distribution_sound(point, quantile, 24, 1, low, high));
            fitting_end(&f);
        }
    }
}

/* "n: 0..2^31", and beyond is refused before it is multiplied. */
static void test_series_longest(void)
{
#if SIZE_MAX > UINT32_MAX
    double y[1] = {0.0};
    fitting f;
    int32_t model;

    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        fitting_begin(&f, y, (size_t)1 << 31, NULL, 0);
        f.config.model = model;
        CHECK(psc_forecast_size(&f.series, &f.config) > ((size_t)8 << 31));
        f.series.n++;
        CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    }
#else                                                       /* as long as addresses allow, and one more */
    double y[1] = {0.0};
    int32_t model;

    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        size_t low = 1, high = (size_t)1 << 31, least;
        fitting f;
        fitting_begin(&f, y, 0, NULL, 0);
        f.config.model = model;
        for (least = 0; low + 1 < high;) {
            f.series.n = low + (high - low) / 2;
            if (psc_forecast_size(&f.series, &f.config) > 0) low = f.series.n;
            else high = f.series.n;
        }
        for (f.series.n = 1; f.series.n <= low; f.series.n += 1 + f.series.n / 7) {     /* a longer one needs more */
            CHECK(psc_forecast_size(&f.series, &f.config) >= least);
            least = psc_forecast_size(&f.series, &f.config);
            CHECK(least / 8 > f.series.n);
        }
        f.series.n = high;
        CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    }
#endif
}

static void test_fit_errors(void)
{
    static const int32_t period[] = {24};
    static double y[200], x[(200 + 24) * 2];
    psc_forecast_info before;
    psc_forecast *fit, *was, *skew;
    fitting f;
    size_t bytes, i, k;

    make_load(y, 200, 3);
    fitting_begin(&f, y, 200, period, 1);
    f.series.regressor = x;
    f.series.regressors = 2;
    bytes = psc_forecast_size(&f.series, &f.config);
    memset(&f.info, 0x5C, sizeof f.info);
    before = f.info;
    fit = (psc_forecast *)block_new(bytes + 8, 0x5C);
    was = (psc_forecast *)block_copy(fit, bytes + 8);
    skew = (psc_forecast *)(void *)((char *)fit + 4);
    CHECK_STATUS(psc_forecast_fit(NULL, bytes, &f.series, &f.config, &f.info), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_fit(skew, bytes, &f.series, &f.config, &f.info), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_forecast_fit(fit, bytes - 1, &f.series, &f.config, &f.info), PSC_ERR_SPACE);
    CHECK_STATUS(psc_forecast_fit(fit, bytes, NULL, &f.config, &f.info), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_fit(fit, bytes, &f.series, NULL, &f.info), PSC_ERR_NULL);
    for (i = 0; i < SPECIALS; i++) {
        const psc_status want = status_of_value(special((int)i));
        if (want == PSC_OK) continue;
        for (k = 0; k < 200; k += 199) {
            const double value = y[k];
            y[k] = special((int)i);
            CHECK_STATUS(psc_forecast_fit(fit, bytes, &f.series, &f.config, &f.info), want);
            y[k] = value;
        }
        for (k = 0; k < 448; k += 447) {                    /* of the first row, and of the last one of the future */
            x[k] = special((int)i);
            CHECK_STATUS(psc_forecast_fit(fit, bytes, &f.series, &f.config, &f.info), want);
            x[k] = 0.0;
        }
    }
    x[447] = NAN;                                           /* a regressor cannot be missing */
    CHECK_STATUS(psc_forecast_fit(fit, bytes, &f.series, &f.config, &f.info), PSC_ERR_NONFINITE);
    x[447] = 1.0;
    CHECK(memcmp(fit, was, bytes + 8) == 0);
    CHECK(memcmp(&f.info, &before, sizeof before) == 0);
    CHECK_STATUS(psc_forecast_fit(fit, bytes, &f.series, &f.config, NULL), PSC_OK);
    CHECK(memcmp((char *)fit + bytes, (char *)was + bytes, 8) == 0);        /* nothing behind it was written */
    free(fit);
    free(was);
}

/* Every call that needs a fit which is done, with outputs that must stay as they are. */
static void check_refused(psc_forecast *fit, psc_status want)
{
    static const double level[1] = {0.5}, y[1] = {5.0};
    double out[16], before[16];
    psc_forecast_info info, info_before;
    psc_forecast_member member[PSC_MAX_MEMBERS], member_before[PSC_MAX_MEMBERS];
    size_t count = 77;

    memset(out, 0x5C, sizeof out);
    memset(&info, 0x5C, sizeof info);
    memset(member, 0x5C, sizeof member);
    memcpy(before, out, sizeof out);
    memcpy(&info_before, &info, sizeof info);
    memcpy(member_before, member, sizeof member);
    CHECK_STATUS(psc_forecast_predict(fit, 1, level, 1, out, out + 1), want);
    CHECK_STATUS(psc_forecast_mean(fit, 1, out), want);
    CHECK_STATUS(psc_forecast_paths(fit, 1, 2, out), want);
    CHECK_STATUS(psc_forecast_observe(fit, y, 1), want);
    CHECK_STATUS(psc_forecast_describe(fit, &info, member, PSC_MAX_MEMBERS, &count), want);
    CHECK_STATUS(psc_forecast_parameters(fit, out, 16, &count), want);
    CHECK(memcmp(out, before, sizeof out) == 0 && memcmp(&info, &info_before, sizeof info) == 0 && count == 77);
    CHECK(memcmp(member, member_before, sizeof member) == 0);
}

static void test_not_done(void)
{
    double y[60];
    uint64_t *copy;
    fitting f;

    make_load(y, 60, 4);
    fitting_begin(&f, y, 60, NULL, 0);
    f.config.horizon = 4;
    f.bytes = psc_forecast_size(&f.series, &f.config);
    f.fit = (psc_forecast *)block_new(f.bytes, 0);
    check_refused(f.fit, PSC_ERR_STATE);
    CHECK_STATUS(psc_forecast_step(f.fit, 1), PSC_ERR_STATE);
    check_refused(NULL, PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_step(NULL, 1), PSC_ERR_NULL);
    check_refused((psc_forecast *)(void *)((char *)f.fit + 4), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_forecast_step((psc_forecast *)(void *)((char *)f.fit + 4), 1), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_forecast_init(f.fit, f.bytes, &f.series, &f.config), PSC_OK);
    check_refused(f.fit, PSC_ERR_STATE);                    /* begun */
    copy = (uint64_t *)block_copy(f.fit, f.bytes);
    CHECK_STATUS(psc_forecast_step(f.fit, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_step(f.fit, -1), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_step(f.fit, INT64_MIN), PSC_ERR_RANGE);
    CHECK(memcmp(copy, f.fit, f.bytes) == 0);
    CHECK_STATUS(psc_forecast_step(f.fit, 1), PSC_MORE);
    check_refused(f.fit, PSC_ERR_STATE);
    CHECK_STATUS(psc_forecast_step(f.fit, INT64_MAX), PSC_OK);
    free(copy);
    copy = (uint64_t *)block_copy(f.fit, f.bytes);
    CHECK_STATUS(psc_forecast_step(f.fit, 5), PSC_OK);      /* done is done */
    CHECK(memcmp(copy, f.fit, f.bytes) == 0);
    copy[0] ^= 1;
    check_refused((psc_forecast *)copy, PSC_ERR_STATE);
    free(copy);
    fitting_end(&f);
}

static void test_predict_errors(void)
{
    double y[60], level[3] = {0.1, 0.5, 0.9}, out[16], before[16];
    uint64_t *copy;
    fitting f;
    size_t i, k;

    make_load(y, 60, 4);
    fitting_begin(&f, y, 60, NULL, 0);
    f.config.horizon = 4;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    copy = (uint64_t *)block_copy(f.fit, f.bytes);
    for (i = 0; i < 16; i++) out[i] = before[i] = 77.0;
    CHECK_STATUS(psc_forecast_predict(f.fit, 0, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_predict(f.fit, 5, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_predict(f.fit, SIZE_MAX, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 3, out, out + 4), PSC_ERR_NULL);
    for (k = 0; k < SPECIALS + 1; k++) {
        const double bad = k < SPECIALS ? special((int)k) : 1.0;
        if (bad > 0.0 && bad < 1.0) continue;
        level[k % 3] = bad;
        CHECK_STATUS(psc_forecast_predict(f.fit, 4, level, 3, out, out + 4), PSC_ERR_RANGE);
        level[k % 3] = 0.5;
    }
    CHECK_STATUS(psc_forecast_paths(f.fit, 0, 4, out), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_paths(f.fit, 5, 1, out), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_paths(f.fit, 4, 4, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_mean(f.fit, 0, out), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_mean(f.fit, 5, out), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_mean(f.fit, 4, NULL), PSC_ERR_NULL);
    CHECK(memcmp(out, before, sizeof out) == 0);
    CHECK_STATUS(psc_forecast_paths(f.fit, 4, 0, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 0, NULL, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 0, NULL, out), PSC_OK);
    CHECK(memcmp(out, before, sizeof out) == 0);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 0, out, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, level, 3, NULL, out + 4), PSC_OK);
    for (i = 0; i < 16; i++) CHECK(out[i] != 77.0 && isfinite(out[i]));
    CHECK(memcmp(copy, f.fit, f.bytes) == 0);               /* they only read */
    free(copy);
    fitting_end(&f);
}

static void test_observe_errors(void)
{
    double y[60], later[3] = {1.0, 2.0, 3.0};
    uint64_t *copy;
    fitting f;
    int i, k;

    make_load(y, 60, 5);
    fitting_begin(&f, y, 60, NULL, 0);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    copy = (uint64_t *)block_copy(f.fit, f.bytes);
    CHECK_STATUS(psc_forecast_observe(f.fit, NULL, 1), PSC_ERR_NULL);
    for (i = 0; i < SPECIALS; i++) {
        const psc_status want = status_of_value(special(i));
        for (k = 0; k < 3 && want != PSC_OK; k++) {
            later[k] = special(i);
            CHECK_STATUS(psc_forecast_observe(f.fit, later, 3), want);
            later[k] = 1.0;
        }
    }
    CHECK(memcmp(copy, f.fit, f.bytes) == 0);               /* none was taken */
    CHECK_STATUS(psc_forecast_observe(f.fit, NULL, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
    CHECK_INT(f.info.observed, 0);
    later[0] = PSC_MAX_VALUE;
    later[1] = -PSC_MAX_VALUE;
    later[2] = NAN;
    CHECK_STATUS(psc_forecast_observe(f.fit, later, 3), PSC_OK);
    CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
    CHECK_INT(f.info.observed, 3);
    free(copy);
    fitting_end(&f);
}

static void test_describe_errors(void)
{
    static const int32_t period[] = {12, 24};
    double y[400], parameter[64], before[64];
    psc_forecast_member member[PSC_MAX_MEMBERS], was[PSC_MAX_MEMBERS];
    psc_forecast_info info, info_was;
    size_t members = 77, count = 88, needed;
    fitting f;

    make_load(y, 400, 6);
    fitting_begin(&f, y, 400, period, 2);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    memset(member, 0x5C, sizeof member);
    memset(&info, 0x5C, sizeof info);
    memset(parameter, 0x5C, sizeof parameter);
    memcpy(was, member, sizeof was);
    memcpy(&info_was, &info, sizeof info);
    memcpy(before, parameter, sizeof before);
    CHECK_STATUS(psc_forecast_describe(f.fit, &info, member, PSC_MAX_MEMBERS, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_describe(f.fit, &info, member, 10, &members), PSC_ERR_SPACE);     /* there are 11 */
    CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, 64, NULL), PSC_ERR_NULL);
    CHECK(members == 77 && memcmp(member, was, sizeof was) == 0 && memcmp(&info, &info_was, sizeof info) == 0);
    CHECK_STATUS(psc_forecast_describe(f.fit, NULL, NULL, 0, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_describe(f.fit, NULL, NULL, 0, &members), PSC_OK);
    CHECK_INT(members, 11);
    CHECK_STATUS(psc_forecast_describe(f.fit, &info, member, 11, &members), PSC_OK);
    CHECK(memcmp(&info, &f.info, sizeof info) == 0);        /* what the fit has said */
    CHECK(memcmp(&member[11], &was[11], sizeof was[11]) == 0);
    fitting_end(&f);
    fitting_begin(&f, y, 400, period, 2);
    f.config.model = PSC_MODEL_SEASONAL_AR;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_parameters(f.fit, NULL, 0, &needed), PSC_OK);
    CHECK_INT(needed, 2 + 2 * (3 + 6));
    CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, needed - 1, &count), PSC_ERR_SPACE);
    CHECK(count == 88 && memcmp(parameter, before, sizeof before) == 0);
    CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, needed, &count), PSC_OK);
    CHECK(count == needed && memcmp(&parameter[needed], &before[needed], sizeof(double)) == 0);
    fitting_end(&f);
}

/* ==== Seasonal autoregression =================================================================== */

enum { VECTOR_MOST = 200, HORIZON_MOST = 100, PARAMETERS_MOST = 2 + 2 * (PSC_MAX_LAGS + 12) };

typedef struct sar_case {
    double config[10], season[PSC_MAX_PERIODS], value[VECTOR_MOST], more[VECTOR_MOST];
    double parameter[PARAMETERS_MOST], point[HORIZON_MOST], later[HORIZON_MOST];
    int32_t period[PSC_MAX_PERIODS];
    long periods, n, added, parameters, h;
} sar_case;

static int sar_case_read(FILE *file, sar_case *c)
{
    long i;

    if (vector_record(file, "config", c->config, 10) != 10) return 0;
    c->periods = vector_record(file, "period", c->season, PSC_MAX_PERIODS);
    for (i = 0; i < c->periods; i++) c->period[i] = (int32_t)c->season[i];
    c->n = vector_record(file, "value", c->value, VECTOR_MOST);
    c->added = vector_record(file, "more", c->more, VECTOR_MOST);
    c->parameters = vector_record(file, "parameter", c->parameter, PARAMETERS_MOST);
    c->h = vector_record(file, "point", c->point, HORIZON_MOST);
    CHECK_INT(vector_record(file, "later", c->later, HORIZON_MOST), c->h);
    return 1;
}

static void sar_case_config(const sar_case *c, psc_series *series, psc_forecast_config *config)
{
    config->model = PSC_MODEL_SEASONAL_AR;
    config->sar.lags = (int32_t)c->config[0];
    config->sar.seasonal = (int32_t)c->config[1];
    config->sar.form = (int32_t)c->config[2];
    config->sar.window = (int32_t)c->config[3];
    config->sar.ridge = c->config[4];
    config->transform = (int32_t)c->config[5];
    config->horizon = (int32_t)c->config[7];
    config->clip = 1e6;                                     /* so that no step is cut */
    series->lower = c->config[8];
    series->upper = c->config[9];
}

/* The normal matrix with its ridge has a condition of at most p / ridge, and its sums over n rows are wrong by n
 * epsilon, so the coefficients of the two are n p / ridge epsilon apart, relative to their size, at most about 1:
 * 4e-9 with 11 lags, a ridge of 1e-4 and 150 values. The same holds for c in units of x, logarithms within 10 of
 * their mean. A step of the path adds at most p such errors times the range of x. Two libraries never come near this
 * bound; 1e-9 of the range of the values a step is kept, and half a unit of the file's 13th digit. */
static void sar_case_check(const sar_case *c)
{
    double got[PARAMETERS_MOST], point[HORIZON_MOST], largest = 0.0, size, apart;
    size_t count = 0;
    fitting f;
    long i;

    fitting_begin(&f, c->value, (size_t)c->n, c->period, (int32_t)c->periods);
    sar_case_config(c, &f.series, &f.config);
    CHECK_STATUS(fitting_run(&f, 0xFF), PSC_OK);
    CHECK_INT(f.info.model, PSC_MODEL_SEASONAL_AR);
    CHECK_INT(f.info.transform, c->config[6]);
    for (i = 0; i < c->n; i++) largest = fmax(largest, isnan(c->value[i]) ? 0.0 : fabs(c->value[i]));
    for (i = 0; i < c->added; i++) largest = fmax(largest, isnan(c->more[i]) ? 0.0 : fabs(c->more[i]));
    size = f.info.transform == PSC_TRANSFORM_LOG ? 10.0 : largest;
    apart = (double)c->n * c->parameter[0] / c->config[4] * DBL_EPSILON + 1e-13;
    CHECK_STATUS(psc_forecast_parameters(f.fit, got, PARAMETERS_MOST, &count), PSC_OK);
    CHECK_INT(count, c->parameters);
    CHECK(got[0] == c->parameter[0]);
    CHECK_NEAR(got[1], c->parameter[1], apart * size);
    for (i = 2; i < c->parameters; i += 2) {
        CHECK(got[i] == c->parameter[i]);
        CHECK_NEAR(got[i + 1], c->parameter[i + 1], apart);
    }
    CHECK_STATUS(psc_forecast_predict(f.fit, (size_t)c->h, NULL, 0, point, NULL), PSC_OK);
    for (i = 0; i < c->h; i++) CHECK_NEAR(point[i], c->point[i], 1e-9 * (double)(i + 1) * largest + 1e-13 * largest);
    CHECK_STATUS(psc_forecast_observe(f.fit, c->more, (size_t)c->added), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, (size_t)c->h, NULL, 0, point, NULL), PSC_OK);
    for (i = 0; i < c->h; i++) CHECK_NEAR(point[i], c->later[i], 1e-9 * (double)(i + 1) * largest + 1e-13 * largest);
    fitting_end(&f);
}

static void test_sar_vectors(void)
{
    FILE *file = vector_open("tests/vectors/sar.txt");
    static sar_case c;
    int cases = 0;

    for (; sar_case_read(file, &c); cases++) sar_case_check(&c);
    CHECK_INT(cases, 17);
    fclose(file);
}

/* "Needs two rows a lag": without a period that fits 3 lags take 9 values, differences 10; with one of 4, which fits
 * from 7 values on, the lags are 1..5 and take 15. */
static void test_sar_least(void)
{
    static const int32_t period[] = {4};
    double y[40];
    int form, seasonal;
    size_t n;

    make_load(y, 40, 7);
    for (form = PSC_SAR_LEVEL; form <= PSC_SAR_PROFILE; form++) {
        for (seasonal = 0; seasonal < 2; seasonal++) {
            for (n = 1; n <= 40; n++) {
                const size_t lags = seasonal && n >= 7 ? 5 : 3, rows = 2 * lags + (form == PSC_SAR_DIFFERENCE);
                fitting f;
                fitting_begin(&f, y, n, period, 1);
                f.config.model = PSC_MODEL_SEASONAL_AR;
                f.config.sar.form = form;
                f.config.sar.seasonal = seasonal;
                CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
                CHECK_INT(f.info.model, n >= lags + rows ? PSC_MODEL_SEASONAL_AR : PSC_MODEL_NAIVE);
                CHECK_INT((f.info.note & PSC_NOTE_SHORT) != 0, n < lags + rows);
                fitting_end(&f);
            }
        }
    }
}

/* With a window, the parameters are those of a fit to it alone, bit for bit; what lies before may be anything. */
static void test_sar_window(void)
{
    static const int32_t period[] = {24};
    static double y[300], one[64], other[64], point[24], again[24];
    size_t count = 0, kept;
    fitting f;
    int form, round;

    for (form = PSC_SAR_LEVEL; form <= PSC_SAR_PROFILE; form++) {
        make_load(y, 300, 18);
        fitting_begin(&f, y + 150, 150, period, 1);
        f.config.model = PSC_MODEL_SEASONAL_AR;
        f.config.transform = PSC_TRANSFORM_NONE;
        f.config.clip = 1e6;
        f.config.sar.form = form;
        fitting_point(&f, point);
        CHECK_STATUS(psc_forecast_parameters(f.fit, one, 64, &kept), PSC_OK);
        f.series.value = y;
        f.series.n = 300;
        f.config.sar.window = 150;
        for (round = 0; round < 2; round++) {
            fitting_point(&f, again);
            CHECK_STATUS(psc_forecast_parameters(f.fit, other, 64, &count), PSC_OK);
            CHECK(count == kept && memcmp(one, other, count * sizeof one[0]) == 0);
            CHECK(memcmp(point, again, sizeof point) == 0);
            y[0] = y[149] = -1e9;
        }
        fitting_end(&f);
    }
}

/* ==== Simple models ============================================================================= */

/* Without a transform and a range that is felt, the values themselves. */
static void test_naive_path(void)
{
    static const int32_t period[] = {20, 1, 7}, longer[] = {7, 40, 20};
    double y[60], point[50];
    fitting f;
    int t;

    make_load(y, 60, 5);
    fitting_begin(&f, y, 60, period, 3);
    f.config.horizon = 50;
    fitting_naive(&f, PSC_NAIVE_SEASONAL);
    fitting_point(&f, point);                               /* the first that fits is the shortest */
    for (t = 0; t < 50; t++) CHECK(point[t] == y[53 + t % 7]);
    CHECK_INT(f.info.origins, 53);
    CHECK_INT(f.info.note, 0);
    f.config.naive.period = 1;
    fitting_point(&f, point);
    for (t = 0; t < 50; t++) CHECK(point[t] == y[40 + t % 20]);
    f.series.period = longer;                               /* 40 does not fit 60 values */
    for (f.config.naive.period = -1; f.config.naive.period < 4; f.config.naive.period += 4) {
        fitting_point(&f, point);
        for (t = 0; t < 50; t++) CHECK(point[t] == y[40 + t % 20]);
        CHECK_INT(f.info.note, PSC_NOTE_SEASON_DROPPED);
    }
    fitting_naive(&f, PSC_NAIVE_LAST);
    f.config.naive.period = 0;
    fitting_point(&f, point);
    for (t = 0; t < 50; t++) CHECK(point[t] == y[59]);
    CHECK_INT(f.info.origins, 59);
    f.config.naive.kind = PSC_NAIVE_DRIFT;                  /* a division, a product and two sums of values below 400 */
    fitting_point(&f, point);
    for (t = 0; t < 50; t++) CHECK_NEAR(point[t], y[59] + (t + 1) * (y[59] - y[0]) / 59.0, 4.0 * DBL_EPSILON * 1200.0);
    f.config.naive.kind = PSC_NAIVE_SEASONAL;
    f.series.periods = 0;                                   /* without a season: the last value */
    fitting_point(&f, point);
    for (t = 0; t < 50; t++) CHECK(point[t] == y[59]);
    CHECK_INT(f.info.note, PSC_NOTE_NO_SEASON);
    fitting_end(&f);
}

/* Parameters: none, the slope, none, the indices from the first value on. A season of whole numbers, three times and
 * more, is told by its deviations from its mean; sums of 12 whole numbers and their means, rounded to 1e-13. */
static void test_naive_parameters(void)
{
    static const int32_t period[] = {12};
    static const size_t counts[4] = {12, 0, 1, 0};
    double y[120], parameter[12], mean = 0.0;
    fitting f;
    int kind, t;

    make_pattern(y, 120, 12, 11);
    for (t = 0; t < 12; t++) mean += y[t] / 12.0;
    fitting_begin(&f, y, 120, period, 1);
    f.config.naive.index = PSC_INDEX_ADDITIVE;
    for (kind = PSC_NAIVE_ADJUSTED; kind <= PSC_NAIVE_SEASONAL; kind++) {
        size_t count = 99;
        fitting_naive(&f, kind);
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_parameters(f.fit, NULL, 0, &count), PSC_OK);
        CHECK_INT(count, counts[kind]);
        if (count > 0) CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, count - 1, &count), PSC_ERR_SPACE);
        CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, 12, &count), PSC_OK);
        CHECK_INT(count, counts[kind]);
        if (kind == PSC_NAIVE_DRIFT) CHECK_NEAR(parameter[0], (y[119] - y[0]) / 119.0, 4.0 * DBL_EPSILON);
        for (t = 0; t < 12 && kind == PSC_NAIVE_ADJUSTED; t++) CHECK_NEAR(parameter[t], y[t] - mean, 1e-12);
        f.series.n = 1;                                     /* too short for a season, and no slope */
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, 12, &count), PSC_OK);
        CHECK_INT(count, kind == PSC_NAIVE_DRIFT);
        if (kind == PSC_NAIVE_DRIFT) CHECK(parameter[0] == 0.0);
        f.series.n = 120;
    }
    fitting_end(&f);
}

/* ==== Forecast: what it says ==================================================================== */

static void test_notes(void)
{
    static const int32_t period[] = {24, 1, 168}, too_long[] = {300};
    double y[400];
    fitting f;
    int t;

    make_load(y, 400, 8);
    fitting_begin(&f, y, 400, period, 3);
    f.config.model = PSC_MODEL_SEASONAL_AR;
    f.config.horizon = 30;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK(f.info.model == PSC_MODEL_SEASONAL_AR && f.info.transform == PSC_TRANSFORM_LOG && f.info.note == 0);
    CHECK(f.info.members == 1 && f.info.tests == 0 && f.info.refit == 0 && f.info.used == 400);
    CHECK(f.info.loss == 0.0 && f.info.optimism == 1.0 && f.info.observed == 0 && f.info.drift.alarms == 0);
    CHECK_INT(f.info.origins, 150);
    CHECK(f.info.sigma > 0.0 && f.info.sigma < 1.0);        /* of logarithms that differ by less than 2 */
    f.config.origins = 10000;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.origins, 180);                         /* six horizons */
    f.config.horizon = 200;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.origins, 400 - 169);                   /* from where every lag has a value */
    f.config.origins = 50;
    f.config.horizon = 30;
    y[390] = NAN;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_GAPS);
    CHECK_INT(f.info.origins, 50);
    f.series.period = too_long;
    f.series.periods = 1;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_GAPS | PSC_NOTE_SEASON_DROPPED | PSC_NOTE_NO_SEASON);
    y[390] = 0.0;
    f.series.periods = 0;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_LOG);         /* a 0 counts as something above it */
    CHECK_INT(f.info.note, PSC_NOTE_NO_SEASON);
    y[390] = -5e-324;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_NONE);
    CHECK_INT(f.info.note, PSC_NOTE_NO_SEASON);             /* it was not asked for */
    f.config.transform = PSC_TRANSFORM_LOG;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_NONE);
    CHECK_INT(f.info.note, PSC_NOTE_NO_SEASON | PSC_NOTE_NO_LOG);
    for (t = 0; t < 400; t++) y[t] = 0.0;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);               /* nor is there one of zeros alone */
    CHECK_INT(f.info.note, PSC_NOTE_NO_SEASON | PSC_NOTE_NO_LOG | PSC_NOTE_CONSTANT);
    for (t = 0; t < 400; t++) y[t] = t + 1.0;
    fitting_naive(&f, PSC_NAIVE_LAST);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK(f.info.sigma == 1.0);                             /* each value is one more than the last; all is whole */
    fitting_end(&f);
}

/* Which transform each model is made for. */
static void test_transform_of_models(void)
{
    static const int log_of[PSC_MODEL_COUNT] = {1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1};
    double y[60];
    fitting f;
    int32_t model;

    make_load(y, 60, 9);
    fitting_begin(&f, y, 60, NULL, 0);
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        f.config.model = model;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_INT(f.info.transform, log_of[model] ? PSC_TRANSFORM_LOG : PSC_TRANSFORM_NONE);
        CHECK_INT(f.info.model, model);
    }
    fitting_end(&f);
}

/* Croston's methods count occurrences on logarithms, too: the same gains, so the same forecast but for the rounding of
 * a logarithm and its exponential, a few units in the last place a step. So they do where later values come. */
static void test_croston_on_logs(void)
{
    static const double later[6] = {0.0, 3.0, 0.0, 0.0, 4.0, 0.0};
    double y[200], plain[3], logs[3];
    uint64_t seed = 113;
    fitting f;
    int t, kind, zeros;

    for (zeros = 0; zeros < 2; zeros++) {
        for (t = 0; t < 200; t++) y[t] = test_uniform(&seed) < 0.4 ? 2.0 + floor(5.0 * test_uniform(&seed)) : !zeros;
        fitting_begin(&f, y, 200, NULL, 0);
        f.config.model = PSC_MODEL_CROSTON;
        f.config.horizon = 3;
        for (kind = PSC_CROSTON_TSB; kind <= PSC_CROSTON_SBA; kind++) {
            f.config.croston.kind = kind;
            f.config.transform = PSC_TRANSFORM_NONE;
            fitting_point(&f, plain);
            f.config.transform = PSC_TRANSFORM_LOG;
            fitting_point(&f, logs);
            CHECK_INT(f.info.transform, PSC_TRANSFORM_LOG);
            for (t = 0; t < 3; t++) CHECK_NEAR(logs[t], plain[t], 200.0 * 8.0 * DBL_EPSILON);
            CHECK_STATUS(psc_forecast_observe(f.fit, later, zeros ? 6 : 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 3, NULL, 0, logs, NULL), PSC_OK);
            f.config.transform = PSC_TRANSFORM_NONE;
            fitting_point(&f, plain);
            CHECK_STATUS(psc_forecast_observe(f.fit, later, zeros ? 6 : 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 3, NULL, 0, plain, NULL), PSC_OK);
            for (t = 0; t < 3; t++) CHECK_NEAR(logs[t], plain[t], 206.0 * 8.0 * DBL_EPSILON);
        }
        fitting_end(&f);
    }
}

/* No value at all: 0, or the nearest bound, without spread; the first value that comes is then the forecast. */
static void test_empty(void)
{
    static const int32_t period[] = {2};
    static const double level[2] = {1e-9, 0.999};
    double y[7], point[24], quantile[48], value = 7.0;
    fitting f;
    int32_t model;
    size_t n;
    int i;

    for (i = 0; i < 7; i++) y[i] = NAN;
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        for (n = 0; n <= 7; n += 7) {
            fitting_begin(&f, n ? y : NULL, n, period, 1);
            f.config.model = model;
            CHECK_STATUS(fitting_run(&f, 0xAA), PSC_OK);
            CHECK_INT(f.info.note & (PSC_NOTE_EMPTY | PSC_NOTE_GAPS | PSC_NOTE_CONSTANT), PSC_NOTE_EMPTY);
            CHECK_INT(f.info.used, n);
            CHECK(f.info.sigma == 0.0);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, point, quantile), PSC_OK);
            for (i = 0; i < 24; i++) CHECK(point[i] == 0.0);
            for (i = 0; i < 48; i++) CHECK(quantile[i] == 0.0);
            CHECK_STATUS(psc_forecast_observe(f.fit, &value, 1), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, point, quantile), PSC_OK);
            CHECK(distribution_sound(point, quantile, 24, 2, 0.0, 7.0));
            if (f.info.model == PSC_MODEL_NAIVE && n == 0) CHECK(point[0] == 7.0 && point[23] == 7.0);
            f.series.lower = 2.0;
            CHECK_STATUS(fitting_run(&f, 0xAA), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, point, quantile), PSC_OK);
            for (i = 0; i < 48; i++) CHECK(quantile[i] == 2.0 && point[i / 2] == 2.0);
            fitting_end(&f);
        }
    }
}

/* Of no history the rows of regressors are all of the future; what the block held does not matter then, either. */
static void test_empty_regressors(void)
{
    static const int fill[] = {0x00, 0x7F, 0xFF};
    static const double later[5] = {3.0, 5.0, 4.0, 6.0, 5.0}, level[1] = {0.9};
    double *regressor = (double *)block_new(2 * 24 * sizeof *regressor, 0), first[48], got[48];
    int32_t model;
    int k;

    for (k = 0; k < 48; k++) regressor[k] = k % 5;
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        for (k = 0; k < 3; k++) {
            fitting f;
            fitting_begin(&f, NULL, 0, NULL, 0);
            f.series.regressor = regressor;
            f.series.regressors = 2;
            f.config.model = model;
            CHECK_STATUS(fitting_run(&f, fill[k]), PSC_OK);
            CHECK_STATUS(psc_forecast_observe(f.fit, later, 5), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 1, got, got + 24), PSC_OK);
            if (k == 0) memcpy(first, got, sizeof got);
            CHECK(memcmp(first, got, sizeof got) == 0 && all_finite(got, 48));
            fitting_end(&f);
        }
    }
    free(regressor);
}

/* One value of a kind of series. */
static double short_value(int kind, size_t t, double load)
{
    switch (kind) {
    case 0: return load;
    case 1: return 300.0;                                   /* constant */
    case 2: return 0.0;
    case 3: return t % 3 ? (double)NAN : load;
    case 4: return t % 2 ? 1.0 : 1000.0;                    /* alternating */
    default: return t == 5 ? 1e15 : 1.0;                    /* one spike */
    }
}

/* Few values, constants, zeros, of every model: finite, ordered, within the bounds, and what the notes say of them.
 * One value, and a constant, are carried on: as they were, but for the exponential of its logarithm, two roundings
 * with a factor of ln 300 < 6 from the one to the other, and means of n equal values, n roundings. A network's
 * weights are no such means: its constant is right to the square root of epsilon. */
static void test_short(void)
{
    static const int32_t period[] = {24};
    double y[60], level[10], point[30], quantile[300];
    uint64_t seed = 8;
    int32_t model;
    size_t n, i;
    int kind;

    draw_levels(level, 10, &seed);
    for (kind = 0; kind < 6; kind++) {
        for (n = 1; n <= 60; n += n < 4 ? 1 : 7) {
            for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
                const int constant = kind == 1 || kind == 2;
                fitting f;
                make_load(y, n, n);
                for (i = 0; i < n; i++) y[i] = short_value(kind, i, y[i]);
                fitting_begin(&f, y, n, period, 1);
                f.config.horizon = 30;
                f.config.model = model;
                f.series.lower = 0.0;
                CHECK_STATUS(fitting_run(&f, 0xAA), PSC_OK);
                CHECK_STATUS(psc_forecast_predict(f.fit, 30, level, 10, point, quantile), PSC_OK);
                CHECK(distribution_sound(point, quantile, 30, 10, 0.0, DBL_MAX));
                CHECK_INT(f.info.used, n);
                CHECK_INT((f.info.note & PSC_NOTE_CONSTANT) != 0, constant || n == 1 || (kind == 3 && n < 4)
                                                                  || (kind == 5 && n < 6));
                if (n <= 3) CHECK((f.info.note & PSC_NOTE_NO_INTERVAL) != 0);
                if (f.info.note & PSC_NOTE_SHORT) CHECK_INT(f.info.model, PSC_MODEL_NAIVE);
                else CHECK_INT(f.info.model, model);
                fitting_end(&f);
                if (n > 1 && !constant) continue;
                for (i = 0; i < 30; i++)
                    CHECK_NEAR(point[i], y[0], model == PSC_MODEL_GRU ? 300.0 * sqrt(DBL_EPSILON)
                                                                      : (double)(n + 8) * 6.0 * DBL_EPSILON * 300.0);
            }
        }
    }
}

/* The ladder under every model by name: with so few values it is either that model, or, with the note, the seasonal
 * naive where a period fits and the last value where none does, bit for bit what that model gives by name. */
static void test_ladder(void)
{
    static const int32_t period[] = {4};
    static const double level[3] = {0.01, 0.6, 0.999};
    double y[30], got[4 * 12], want[4 * 12];
    int32_t model, periods;
    size_t n;

    make_load(y, 30, 10);
    for (periods = 0; periods < 2; periods++) {
        for (n = 1; n <= 30; n++) {
            int fallen = 0;
            fitting plain;
            fitting_begin(&plain, y, n, period, periods);
            fitting_naive(&plain, PSC_NAIVE_SEASONAL);
            plain.config.horizon = 12;
            CHECK_STATUS(fitting_run(&plain, 0), PSC_OK);
            CHECK_INT(plain.info.note & PSC_NOTE_SHORT, 0);
            CHECK_STATUS(psc_forecast_predict(plain.fit, 12, level, 3, want, want + 12), PSC_OK);
            for (model = PSC_MODEL_NAIVE; model < PSC_MODEL_COUNT; model++) {
                const int naive = model == PSC_MODEL_NAIVE;
                fitting f = plain;
                f.fit = NULL;
                f.config.model = model;
                f.config.naive.kind = PSC_NAIVE_ADJUSTED;
                CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
                CHECK_STATUS(psc_forecast_predict(f.fit, 12, level, 3, got, got + 12), PSC_OK);
                CHECK_INT(f.info.members, 1);
                CHECK_INT((f.info.note & PSC_NOTE_SHORT) != 0, !naive && f.info.model == PSC_MODEL_NAIVE);
                if (!naive && f.info.model == PSC_MODEL_NAIVE) {
                    CHECK(memcmp(got, want, sizeof got) == 0);
                    fallen++;
                } else
                    CHECK_INT(f.info.model, model);
                fitting_end(&f);
            }
            if (n == 2) CHECK(fallen >= 2);
            if (n == 30) CHECK_INT(fallen, 0);
            fitting_end(&plain);
        }
    }
}

/* Any values that are taken: finite and ordered, whatever the model and the transform. */
static void test_wild(void)
{
    static const double value[] = {1e15, -1e15, 0.0, -0.0, 1.0, 1e-300, -1e-300, 5e14, 4.9406564584124654e-324, 2e-308};
    static const int32_t period[] = {2, 5, 11, 30};
    double y[120], level[12], point[40], quantile[480], path[3 * 40], more[4];
    uint64_t seed = 12;
    int round;

    draw_levels(level, 12, &seed);
    for (round = 0; round < 400; round++) {
        const size_t n = test_random(&seed) % 121;
        const int positive = round % 3 == 0;
        fitting f;
        size_t i;
        for (i = 0; i < n; i++) {
            const double v = value[test_random(&seed) % 10];
            y[i] = test_random(&seed) % 9 == 0 ? (double)NAN : positive ? fabs(v) + 4.9406564584124654e-324 : v;
        }
        for (i = 0; i < 4; i++) more[i] = i == 2 ? (double)NAN : value[test_random(&seed) % 10];
        fitting_begin(&f, y, n, period, (int32_t)(test_random(&seed) % 5));
        f.config.model = (int32_t)(test_random(&seed) % PSC_MODEL_COUNT);
        f.config.with = round % 40 ? 0 : 2047;
        f.config.transform = (int32_t)(test_random(&seed) % 3);
        f.config.sar.lags = 1 + (int32_t)(test_random(&seed) % 6);
        f.config.sar.form = (int32_t)(test_random(&seed) % 3);
        f.config.sar.ridge = round % 2 ? 1e-12 : 0.1;
        f.config.naive.kind = (int32_t)(test_random(&seed) % 4);
        f.config.horizon = 40;
        f.config.origins = 2 + (int32_t)(test_random(&seed) % 60);
        f.config.clip = round % 5 ? 10.0 : 0.0;
        CHECK_STATUS(fitting_run(&f, 0xFF), PSC_OK);
        for (i = 0; i < 2; i++) {
            CHECK_STATUS(psc_forecast_predict(f.fit, 40, level, 12, point, quantile), PSC_OK);
            CHECK(distribution_sound(point, quantile, 40, 12, -DBL_MAX, DBL_MAX));
            CHECK_STATUS(psc_forecast_paths(f.fit, 40, 3, path), PSC_OK);
            CHECK(all_finite(path, 3 * 40));
            CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
            CHECK(isfinite(f.info.sigma) && f.info.sigma >= 0.0 && isfinite(f.info.loss) && f.info.loss >= 0.0);
            CHECK(f.info.optimism >= 1.0 && f.info.optimism <= pow(2.5, 0.75) * (1.0 + 4.0 * DBL_EPSILON));
            CHECK(f.info.drift.shift >= -1.0 && f.info.drift.shift <= 1.0 && f.info.drift.size >= 0.0);
            CHECK_STATUS(psc_forecast_observe(f.fit, more, 4), PSC_OK);
        }
        fitting_end(&f);
    }
}

/* The longest of everything that is cheap to be long. */
static void test_largest(void)
{
    static const int32_t period[] = {3, 70, 140, 300};
    static double y[900], point[PSC_MAX_HORIZON], quantile[PSC_MAX_HORIZON], path[2 * PSC_MAX_HORIZON];
    const double level = 0.9;
    double parameter[1];
    size_t count = 0;
    fitting f;

    make_load(y, 900, 9);
    fitting_begin(&f, y, 900, period, 4);
    f.config.model = PSC_MODEL_SEASONAL_AR;
    f.config.sar.lags = PSC_MAX_LAGS;
    f.config.horizon = PSC_MAX_HORIZON;
    f.config.origins = 2;
    CHECK_STATUS(fitting_run(&f, 0xFF), PSC_OK);
    CHECK_STATUS(psc_forecast_parameters(f.fit, NULL, 0, &count), PSC_OK);
    CHECK_INT(count, 2 + 2 * (PSC_MAX_LAGS + 9));           /* 2, 3, 4 are among the 64 */
    CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, 1, &count), PSC_ERR_SPACE);
    CHECK_STATUS(psc_forecast_predict(f.fit, PSC_MAX_HORIZON, &level, 1, point, quantile), PSC_OK);
    CHECK(all_finite(point, PSC_MAX_HORIZON) && all_finite(quantile, PSC_MAX_HORIZON));
    CHECK_STATUS(psc_forecast_paths(f.fit, PSC_MAX_HORIZON, 2, path), PSC_OK);
    CHECK(all_finite(path, 2 * PSC_MAX_HORIZON));
    fitting_end(&f);
}

/* Periods in any order, and twice, are the same periods: the same bits. */
static void test_period_order(void)
{
    static const int32_t rising[] = {7, 24}, mixed[] = {24, 1, 7, 24};
    double y[200], one[24], other[24];
    psc_forecast_info info;
    fitting f;
    int32_t model;

    make_load(y, 200, 10);
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        fitting_begin(&f, y, 200, rising, 2);
        f.config.model = model;
        fitting_point(&f, one);
        info = f.info;
        f.series.period = mixed;
        f.series.periods = 4;
        fitting_point(&f, other);
        CHECK(memcmp(one, other, sizeof one) == 0);
        CHECK(memcmp(&info, &f.info, sizeof info) == 0);
        fitting_end(&f);
    }
}

/* ==== Forecast: range, scale, gaps ============================================================== */

/* Counts are never forecast below 0, nor a share above 1. */
static void test_bounds(void)
{
    static const int32_t period[] = {7};
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR};
    double y[100], level[20], point[20], quantile[400], cut_point[20], cut[400], path[20 * 30];
    uint64_t seed = 14;
    fitting f;
    size_t i, j, k;

    draw_levels(level, 20, &seed);
    for (i = 0; i < 100; i++) y[i] = test_random(&seed) % 3 ? 0.0 : (double)(test_random(&seed) % 2);
    for (k = 0; k < 3; k++) {
        int below = 0, above = 0;
        fitting_begin(&f, y, 100, period, 1);
        f.config.horizon = 20;
        f.config.model = models[k];
        f.config.transform = PSC_TRANSFORM_NONE;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, 20, level, 20, point, quantile), PSC_OK);
        for (j = 0; j < 400; j++) below += quantile[j] < 0.0, above += quantile[j] > 1.0;
        CHECK(below > 0 && above > 0);                      /* without bounds they go beyond, */
        f.series.lower = 0.0;
        f.series.upper = 1.0;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);           /* with them they are the same, but cut */
        CHECK_STATUS(psc_forecast_predict(f.fit, 20, level, 20, cut_point, cut), PSC_OK);
        for (j = 0; j < 400; j++) CHECK(cut[j] == fmin(fmax(quantile[j], 0.0), 1.0));
        for (j = 0; j < 20; j++) CHECK(cut_point[j] == fmin(fmax(point[j], 0.0), 1.0));
        CHECK_STATUS(psc_forecast_paths(f.fit, 20, 30, path), PSC_OK);
        for (j = 0; j < 600; j++) CHECK(path[j] >= 0.0 && path[j] <= 1.0);
        fitting_end(&f);
    }
}

/* What lies d beyond least..most is brought to r ln(1 + d / r) beyond it. */
static double soft(double x, double least, double most, double r)
{
    if (x > most) return r > 0.0 ? most + r * log1p((x - most) / r) : most;
    if (x < least) return r > 0.0 ? least - r * log1p((least - x) / r) : least;
    return x;
}

/* "A forecast may leave the range of the values by r = clip of its width + (width + largest size) / n, or by as much
 * as the last horizon went up or down": that is as far as the path of a drift goes, up, down, and after a level end.
 * "What lies d beyond that is brought to r ln(1 + d / r) beyond it": a quantile far out, which is where the same fit
 * has it without a range that is felt. Products, sums and logarithms of numbers below 2000. */
static void test_range(void)
{
    static const double clips[] = {0.0, 0.1, 1.0};
    static const double level[2] = {1e-12, 1.0 - 1e-12};
    enum { N = 80, H = 30, KINDS = 4 };
    double y[N], point[H], quantile[2 * H], free_point[H], free_quantile[2 * H];
    int kind, c, k, t;

    for (kind = 0; kind < KINDS; kind++) {
        for (c = 0; c < 3; c++) {
            double least = 1e9, most = -1e9, r, again;
            fitting f;
            for (t = 0; t < N; t++) {
                y[t] = kind < 2 ? t - 50.0 + t % 3 : t < 47 ? 2.0 * t - 47.0 + t % 3 : 47.0;
                if (kind % 2) y[t] = -y[t];
                least = fmin(least, y[t]);
                most = fmax(most, y[t]);
            }
            r = clips[c] * (most - least) + (most - least + fmax(-least, most)) / N;
            again = 2.0 * y[N - 1] - y[N - 1 - H];
            least = fmin(least - r, again);
            most = fmax(most + r, again);
            fitting_begin(&f, y, N, NULL, 0);
            fitting_naive(&f, PSC_NAIVE_DRIFT);
            f.config.horizon = H;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, H, level, 2, free_point, free_quantile), PSC_OK);
            f.config.clip = clips[c];
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, H, level, 2, point, quantile), PSC_OK);
            for (k = 0; k < H; k++)
                CHECK_NEAR(point[k], fmin(fmax(free_point[k], least), most), 16.0 * DBL_EPSILON * 2000.0);
            for (k = 0; k < 2 && kind < 2; k++)             /* whose paths in the sample stay within, too */
                CHECK_NEAR(quantile[k], soft(free_quantile[k], least, most, r), 16.0 * DBL_EPSILON * 2000.0);
            fitting_end(&f);
        }
    }
}

static void test_shape(void)
{
    static const int32_t period[] = {24};
    double y[300], level[9], point[24], quantile[216], one[24];
    uint64_t seed = 15;
    fitting f;
    size_t i, j;

    make_load(y, 300, 15);
    fitting_begin(&f, y, 300, period, 1);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    for (j = 0; j < 9; j++) level[j] = test_uniform(&seed);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 9, point, quantile), PSC_OK);
    for (j = 0; j < 9; j++) {
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, &level[j], 1, NULL, one), PSC_OK);
        for (i = 0; i < 24; i++) CHECK(memcmp(&quantile[i * 9 + j], &one[i], 8) == 0);
    }
    CHECK_STATUS(psc_forecast_predict(f.fit, 5, NULL, 0, one, NULL), PSC_OK);
    CHECK(memcmp(one, point, 5 * sizeof one[0]) == 0);
    for (i = 0; i < 100; i++) {                             /* random levels: ordered, the extremes too */
        double many[30], q[24 * 30];
        draw_levels(many, 30, &seed);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, many, 30, point, q), PSC_OK);
        CHECK(distribution_sound(point, q, 24, 30, -DBL_MAX, DBL_MAX));
    }
    fitting_end(&f);
}

/* Without logarithms every step is homogeneous, and a factor of 2^k is exact; tiny values are brought up by such a
 * factor. */
static void test_scaling(void)
{
    static const int power[] = {-900, -400, -60, -1, 5, 30};
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR};
    static const int32_t period[] = {24};
    static const double level[2] = {0.001, 0.7};
    double y[200], one[72], other[72];
    fitting f;
    size_t i, k;
    int m;

    for (m = 0; m < 3; m++) {
        for (k = 0; k < sizeof power / sizeof power[0]; k++) {
            make_load(y, 200, 17);
            y[7] = NAN;
            fitting_begin(&f, y, 200, period, 1);
            f.config.model = models[m];
            f.config.transform = PSC_TRANSFORM_NONE;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, one, one + 24), PSC_OK);
            for (i = 0; i < 200; i++) y[i] = ldexp(y[i], power[k]);
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, other, other + 24), PSC_OK);
            for (i = 0; i < 72; i++) CHECK(other[i] == ldexp(one[i], power[k]));
            fitting_end(&f);
        }
    }
}

/* Up is down: the values with their signs turned have the same path with its sign turned, bit for bit. */
static void test_negation(void)
{
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR};
    static const int32_t period[] = {24};
    double y[200], one[24], other[24];
    fitting f;
    int m, t, trend;

    for (m = 0; m < 3; m++) {
        for (trend = 0; trend < 2; trend++) {
            make_load(y, 200, 19);
            for (t = 0; t < 200; t++) y[t] -= 10.0 * trend * t;
            y[7] = NAN;
            fitting_begin(&f, y, 200, period, 1);
            f.config.model = models[m];
            f.config.transform = PSC_TRANSFORM_NONE;
            f.config.naive.index = PSC_INDEX_ADDITIVE;
            fitting_point(&f, one);
            for (t = 0; t < 200; t++) y[t] = -y[t];
            fitting_point(&f, other);
            for (t = 0; t < 24; t++) CHECK(other[t] == -one[t]);
            fitting_end(&f);
        }
    }
}

/* What is added to all values is added to all forecasts, however large it is. The values are multiples of 1/16 and
 * the sums are exact. The offset's own rounding, a unit of 2^36 epsilon a step, is that of the values, and the
 * autoregressions multiply it by no more than their condition allows: 1e-9 of the range a step, as above, and 100
 * such units. */
static void test_offset(void)
{
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR};
    static const int32_t period[] = {24};
    const double offset = 68719476736.0;                    /* 2^36 */
    double y[400], one[24], other[24];
    fitting f;
    int m, t;

    for (m = 0; m < 3; m++) {
        make_load(y, 400, 20);
        for (t = 0; t < 400; t++) y[t] = floor(16.0 * y[t]) / 16.0;
        fitting_begin(&f, y, 400, period, 1);
        f.config.model = models[m];
        f.config.transform = PSC_TRANSFORM_NONE;
        f.config.naive.index = PSC_INDEX_ADDITIVE;
        f.config.clip = 1e6;
        fitting_point(&f, one);
        for (t = 0; t < 400; t++) y[t] += offset;
        fitting_point(&f, other);
        for (t = 0; t < 24; t++)
            CHECK_NEAR(other[t] - offset, one[t], 1e-9 * (t + 1) * 400.0 + 100.0 * DBL_EPSILON * offset);
        fitting_end(&f);
    }
}

/* On logarithms a factor is an offset. The logarithms, below 9 in size, are off by 9 epsilon at most, the path by
 * 1e-9 of the largest value a step, as above; a quantile is between errors that are off as much. */
static void test_log_scaling(void)
{
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR};
    static const int32_t period[] = {24};
    static const double level[2] = {0.01, 0.7};
    double y[200], one[72], other[72];
    fitting f;
    int m, t, zeros;

    for (m = 0; m < 3; m++) {
        for (zeros = 0; zeros < 2; zeros++) {
            make_load(y, 200, 21);
            if (zeros) y[5] = y[100] = 0.0;
            fitting_begin(&f, y, 200, period, 1);
            f.config.model = models[m];
            f.config.transform = PSC_TRANSFORM_LOG;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, one, one + 24), PSC_OK);
            for (t = 0; t < 200; t++) y[t] *= 7.3;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, other, other + 24), PSC_OK);
            for (t = 0; t < 72; t++) CHECK_NEAR(other[t] / 7.3, one[t], 1e-9 * 24.0 * 400.0);
            fitting_end(&f);
        }
    }
}

/* A pattern is filled with itself, wherever its gaps lie after the first period, and however many there are. */
static void test_gaps_filled(void)
{
    enum { N = 72, GAPS = 8 };
    static const int32_t period[] = {24};
    static const int gap[GAPS][2] = {{24, 2}, {25, 1}, {47, 1}, {48, 2}, {50, 22}, {54, 7}, {64, 8}, {30, 30}};
    double y[N], truth[N], point[24];
    fitting f;
    int subset, i, t;

    make_pattern(truth, N, 24, 22);
    for (subset = 1; subset < 1 << GAPS; subset++) {
        memcpy(y, truth, sizeof y);
        for (i = 0; i < GAPS; i++)
            for (t = 0; t < gap[i][1] && subset >> i & 1; t++) y[gap[i][0] + t] = NAN;
        fitting_begin(&f, y, N, period, 1);
        fitting_naive(&f, PSC_NAIVE_SEASONAL);
        fitting_point(&f, point);
        CHECK_INT(f.info.note & PSC_NOTE_GAPS, PSC_NOTE_GAPS);
        for (t = 0; t < 24; t++) CHECK(point[t] == truth[t]);       /* differences of 0, added to whole numbers */
        fitting_end(&f);
    }
}

/* Where no season tells more, a straight line, and beyond the ends the nearest value: seen through the last period. */
static void test_gaps_line(void)
{
    static const int32_t period[] = {10};
    double y[30], want[10], point[10];
    uint64_t seed = 23;
    fitting f;
    int t;

    for (t = 0; t < 30; t++) y[t] = 3.0 * t + test_uniform(&seed);
    for (t = 0; t < 10; t++) want[t] = y[20 + t];
    y[22] = y[23] = y[24] = NAN;
    for (t = 0; t < 3; t++) want[2 + t] = y[21] + (y[25] - y[21]) * (t + 1) / 4.0;
    y[28] = y[29] = NAN;
    want[8] = want[9] = y[27];
    y[0] = NAN;
    fitting_begin(&f, y, 30, period, 1);
    fitting_naive(&f, PSC_NAIVE_SEASONAL);
    f.config.horizon = 10;
    fitting_point(&f, point);
    for (t = 0; t < 10; t++) CHECK_NEAR(point[t], want[t], 8.0 * DBL_EPSILON * 90.0);
    fitting_end(&f);
    for (t = 0; t < 30; t++) y[t] = t < 12 ? (double)NAN : 5.0 + t % 2;     /* a leading gap longer than a period */
    fitting_begin(&f, y, 30, period, 1);
    fitting_naive(&f, PSC_NAIVE_DRIFT);
    f.config.horizon = 10;
    fitting_point(&f, point);
    for (t = 0; t < 10; t++) CHECK_NEAR(point[t], 6.0 + (t + 1) / 29.0, 8.0 * DBL_EPSILON * 6.0);
    fitting_end(&f);
}

/* A tenth of the values gone, at the start, at the end, in between, and more than a period at once: a forecast of a
 * season with noise of standard deviation 1 changes by less than that, in the root mean square of the horizon. What
 * is filled is off by two errors of the noise at most, and a tenth of it enters: 0.2 and more in the worst case,
 * half of which is lost in the means that a forecast is made of. */
static void test_gaps_combined(void)
{
    static const int32_t period[] = {24};
    double y[400], whole[24], point[24];
    uint64_t seed = 24;
    int kind, t;

    for (kind = 0; kind < 4; kind++) {
        double square = 0.0;
        fitting f;
        make_pattern(y, 400, 24, 25);
        for (t = 0; t < 400; t++) y[t] += noise(&seed);
        fitting_begin(&f, y, 400, period, 1);
        fitting_point(&f, whole);
        for (t = 0; t < 400; t++) {
            if (kind == 0 && test_uniform(&seed) < 0.1) y[t] = NAN;
            if ((kind == 1 && t < 40) || (kind == 2 && t >= 390) || (kind == 3 && t >= 200 && t < 240)) y[t] = NAN;
        }
        fitting_point(&f, point);
        CHECK_INT(f.info.note, PSC_NOTE_GAPS);
        for (t = 0; t < 24; t++) square += (point[t] - whole[t]) * (point[t] - whole[t]) / 24.0;
        CHECK(square > 0.0 && square < 1.0);
        fitting_end(&f);
    }
}

/* How far x[t] stands out beyond both its neighbours. */
static double stands_out(const double *x, int t)
{
    const double left = x[t] - x[t - 1], right = x[t] - x[t + 1];
    return left * right > 0.0 ? fabs(left) < fabs(right) ? left : right : 0.0;
}

/* Noise and one value far off: with `robust`, what it stands out beyond both its neighbours, by itself and less what
 * was one period before, by more than 8 median steps is taken off; all others stay as they are, seen through the
 * last period. Nothing to cut, nothing changed; nor is the last value cut, which may be a new level. Sums of numbers
 * below 1e6. */
static void test_robust(void)
{
    enum { N = 60, M = 20 };
    static const int32_t period[] = {M};
    static const double spikes[] = {0.0, 30.0, -30.0, 1e6, 30.0};
    static const int place[] = {45, 45, 45, N - 2, N - 1};
    double y[N], over[N], step[N], plain[M], cut[M];
    fitting f;
    int k, t;

    for (k = 0; k < 5; k++) {
        uint64_t seed = 26;
        const int at = place[k], spike = k > 0 && k < 4;
        double limit, far = 0.0;
        for (t = 0; t < N; t++) y[t] = noise(&seed);
        y[at] += spikes[k];
        for (t = 1; t < N; t++) step[t - 1] = fabs(y[t] - y[t - 1]);
        qsort(step, N - 1, sizeof step[0], by_value);
        limit = 8.0 * step[(N - 2) / 2];
        for (t = M; t < N; t++) over[t] = y[t] - y[t - M];
        if (spike) far = stands_out(y, at);
        if (spike && fabs(stands_out(over, at)) < fabs(far)) far = stands_out(over, at);
        fitting_begin(&f, y, N, period, 1);
        fitting_naive(&f, PSC_NAIVE_SEASONAL);
        f.config.horizon = M;
        fitting_point(&f, plain);
        f.config.robust = 1;
        fitting_point(&f, cut);
        CHECK_INT(f.info.note, spike ? PSC_NOTE_OUTLIERS : 0);
        for (t = 0; t < M; t++) {
            if (!spike || t != at - (N - M)) CHECK(cut[t] == plain[t]);
            else CHECK_NEAR(cut[t], y[at] - far + (far > 0.0 ? limit : -limit), 8.0 * DBL_EPSILON * 1e6);
        }
        fitting_end(&f);
    }
}

/* Too short, or constant but for one value, nothing is an outlier; in less than two periods and a half a season may
 * be told from what comes after, or not at all. */
static void test_robust_short(void)
{
    static const int32_t period[] = {8};
    double y[40], plain[24], cut[24];
    fitting f;
    size_t n;
    int t;

    for (t = 0; t < 40; t++) y[t] = t == 6 ? 1000.0 : 5.0;
    for (n = 1; n <= 40; n++) {                             /* the median step is 0 */
        fitting_begin(&f, y, n, period, n % 2);
        fitting_point(&f, plain);
        f.config.robust = 1;
        fitting_point(&f, cut);
        CHECK(memcmp(plain, cut, sizeof cut) == 0);
        CHECK_INT(f.info.note & PSC_NOTE_OUTLIERS, 0);
        fitting_end(&f);
    }
    for (t = 0; t < 40; t++) y[t] = t % 8 == 3 ? 60.0 : 5.0 + t % 3;
    for (n = 13; n <= 40; n++) {                            /* 8 fits; the peak at 3 has one to come at 11 */
        fitting_begin(&f, y, n, period, 1);
        f.config.transform = PSC_TRANSFORM_NONE;            /* steps of 1 and 2, but for the peaks of 53 */
        f.config.robust = 1;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_INT(f.info.note & PSC_NOTE_OUTLIERS, 0);
        f.series.periods = 0;                               /* without the season they are */
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_INT(f.info.note & PSC_NOTE_OUTLIERS, PSC_NOTE_OUTLIERS);
        fitting_end(&f);
    }
}

/* With a season, whose peaks are no outliers though they stand out, wherever they lie; a value that does so once is
 * one. What is left of it is 8 median steps of some 30, of the 5000 that it is off a twentieth; of what it does to
 * the combination, whose weights change with it, less than a quarter is left. */
static void test_robust_season(void)
{
    enum { N = 240, H = 24 };
    static const int32_t period[] = {24};
    double y[N], clean[H], point[H], cut[H], with = 0.0, without = 0.0;
    uint64_t seed = 27;
    fitting f;
    int t;

    make_pattern(y, N, 24, 28);
    for (t = 0; t < N; t++) y[t] = (t % 24 == 7 ? 900.0 : y[t]) + noise(&seed);
    fitting_begin(&f, y, N, period, 1);
    f.config.transform = PSC_TRANSFORM_NONE;
    f.config.robust = 1;
    fitting_point(&f, clean);
    CHECK_INT(f.info.note, 0);
    y[200] += 5000.0;
    fitting_point(&f, cut);
    CHECK_INT(f.info.note, PSC_NOTE_OUTLIERS);
    f.config.robust = 0;
    fitting_point(&f, point);
    for (t = 0; t < H; t++) {
        with += (cut[t] - clean[t]) * (cut[t] - clean[t]) / H;
        without += (point[t] - clean[t]) * (point[t] - clean[t]) / H;
    }
    CHECK(with < 0.25 * 0.25 * without);
    fitting_end(&f);
}

/* ==== Forecast: the block ======================================================================= */

/* A fit of a model with all that it has: gaps, two periods, a regressor. */
static void fitting_full(fitting *f, double *y, double *regressor, int32_t model)
{
    static const int32_t period[] = {12, 24};
    int t;

    make_load(y, 200, 16);
    y[60] = y[61] = NAN;
    for (t = 0; t < 224; t++) regressor[t] = t % 9 == 0;
    fitting_begin(f, y, 200, period, 2);
    f->series.regressor = regressor;
    f->series.regressors = 1;
    f->config.model = model;
    if (model == PSC_MODEL_AUTO) f->config.with = 1 << PSC_MODEL_THETA | 1 << PSC_MODEL_SEASONAL_AR;
}

/* What the block held, where it lies and what became of the series since: none of it matters. */
static void test_block(void)
{
    static const int fill[] = {0x00, 0xAA, 0xFF};
    static const double level[2] = {0.2, 0.8};
    double y[200], regressor[224], first[72], got[72];
    psc_forecast_info info;
    fitting f;
    int32_t model;
    int k;

    memset(&info, 0, sizeof info);
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        for (k = 0; k < 3; k++) {
            psc_forecast *moved;
            fitting_full(&f, y, regressor, model);
            CHECK_STATUS(fitting_run(&f, fill[k]), PSC_OK);
            CHECK_INT(f.info.model, model);
            memset(y, 0xFF, sizeof y);
            memset(regressor, 0xFF, sizeof regressor);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, got, got + 24), PSC_OK);
            if (k == 0) memcpy(first, got, sizeof got);
            if (k == 0) info = f.info;
            CHECK(memcmp(first, got, sizeof got) == 0);
            CHECK(memcmp(&info, &f.info, sizeof info) == 0);
            moved = (psc_forecast *)block_copy(f.fit, f.bytes);
            memset(f.fit, 0x33, f.bytes);
            memset(got, 0, sizeof got);
            CHECK_STATUS(psc_forecast_predict(moved, 24, level, 2, got, got + 24), PSC_OK);
            CHECK(memcmp(first, got, sizeof got) == 0);
            free(moved);
            fitting_end(&f);
        }
    }
}

/* Slices of so many units, in a block that moves now and then, leave the same bits as one call. */
static void check_slices(fitting *f, int64_t slice)
{
    psc_forecast *fit = (psc_forecast *)block_new(f->bytes, 0x5C);
    psc_status status = PSC_MORE;
    int64_t calls;

    CHECK_STATUS(psc_forecast_init(fit, f->bytes, &f->series, &f->config), PSC_OK);
    for (calls = 0; status == PSC_MORE && calls < 1000000; calls++) {
        if (calls % 91 == 0) {
            psc_forecast *moved = (psc_forecast *)block_copy(fit, f->bytes);
            memset(fit, 0x33, f->bytes);
            free(fit);
            fit = moved;
        }
        status = psc_forecast_step(fit, slice);
    }
    CHECK_STATUS(status, PSC_OK);
    CHECK(calls > 2);
    CHECK(memcmp(fit, f->fit, f->bytes) == 0);
    free(fit);
}

static void test_slices(void)
{
    double y[200], regressor[224];
    fitting f;
    int32_t model;

    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        fitting_full(&f, y, regressor, model);
        CHECK_STATUS(fitting_run(&f, 0x5C), PSC_OK);
        check_slices(&f, 1);
        check_slices(&f, 2);
        check_slices(&f, 7);
        fitting_end(&f);
    }
}

/* So long that the sums of products take many units, and so far ahead that the way from one backtest to the next
 * does. */
static void test_slices_long(void)
{
    static const int32_t period[] = {24, 168};
    static double y[6000];
    fitting f;

    make_load(y, 6000, 29);
    fitting_begin(&f, y, 6000, period, 2);
    f.config.horizon = 1200;
    f.config.origins = 5;
    CHECK_STATUS(fitting_run(&f, 0x5C), PSC_OK);
    check_slices(&f, 1);
    check_slices(&f, 7);
    f.config.model = PSC_MODEL_SEASONAL_AR;
    f.config.sar.lags = PSC_MAX_LAGS;
    CHECK_STATUS(fitting_run(&f, 0x5C), PSC_OK);
    check_slices(&f, 1);
    fitting_end(&f);
}

/* Only the additive model reads regressors. */
static void test_regressors_unread(void)
{
    double y[200], regressor[224], one[24], other[24];
    fitting f;
    int32_t model;

    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        fitting_full(&f, y, regressor, model);
        fitting_point(&f, one);
        f.series.regressors = 0;
        fitting_point(&f, other);
        CHECK_INT(memcmp(one, other, sizeof one) != 0, model == PSC_MODEL_ADDITIVE);
        fitting_end(&f);
    }
}

/* ==== Intervals ================================================================================= */

enum { INTERVAL_N = 40, INTERVAL_H = 38, GRID = 33 };

/* A quantile of type 7 of n sorted numbers. */
static double quantile_7(const double *x, int n, double p)
{
    const double at = p * (n - 1);
    const int i = (int)at < n - 1 ? (int)at : n - 2;
    return x[i] + (at - i) * (x[i + 1] - x[i]);
}

static double normal_probability(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

/* Student's quantile over the normal one at normal score z, by the first terms of its expansion in 1 / v. */
static double student(double z, double v)
{
    const double s = z * z;
    return 1.0 + (s + 1.0) / (4.0 * v) + (5.0 * s * s + 16.0 * s + 3.0) / (96.0 * v * v);
}

/* The quantile of level p of the errors that the last value makes in n values at a lead of step + 1, from each origin;
 * averaged over the steps within two of it. Fewer than 8 errors are none. */
static double hand_quantile(const double *y, int n, int step, double p)
{
    double error[INTERVAL_N], sum = 0.0;
    int columns = 0, k, t;

    for (k = step - 2; k <= step + 2; k++) {
        if (k < 0 || k >= INTERVAL_H || n - 1 - k < 8) continue;
        for (t = 1; t + k < n; t++) error[t - 1] = y[t + k] - y[t - 1];
        qsort(error, (size_t)(n - 1 - k), sizeof error[0], by_value);
        sum += quantile_7(error, n - 1 - k, p);
        columns++;
    }
    return sum / columns;
}

/* z of a level, by halving; the upper tail as a lower one. */
static double hand_score(double level)
{
    double low = -40.0, high = 9.0;
    int i;

    for (i = 0; i < 200; i++) {
        const double z = 0.5 * (low + high);
        if (level < 0.5 ? normal_probability(z) < level : normal_probability(-z) > 1.0 - level) low = z;
        else high = z;
    }
    return low;
}

/* The intervals by hand, for the last value as forecast: quantiles of its errors at each step, widened about their
 * median by Student's quantile of 3 degrees (there is one horizon), linear in the normal score z between 33 of them
 * in -2.8..2.8 and on beyond; from the step that has less than 8 errors on the last row that had, times the root of
 * the ratio of the leads. An error of values below 400 is off by 400 epsilon, widened by 3, and beyond the row two
 * of them are weighted by up to 70; a level is off by 1e-15, which the quantile multiplies by 40 values and 400. */
static void test_intervals(void)
{
    static const double level[] = {1e-9, 0.001, 0.0026, 0.05, 0.5, 0.77, 0.9, 0.998, 1.0 - 1e-9};
    enum { LEVELS = sizeof level / sizeof level[0] };
    const double tolerance = 70.0 * 3.0 * (2.0 * 4.0 * 400.0 * DBL_EPSILON + 2.0 * 1e-15 * 40.0 * 400.0);
    double y[INTERVAL_N], point[INTERVAL_H], quantile[INTERVAL_H * LEVELS];
    fitting f;
    int step, j, i;

    make_load(y, INTERVAL_N, 51);
    fitting_begin(&f, y, INTERVAL_N, NULL, 0);
    fitting_naive(&f, PSC_NAIVE_LAST);
    f.config.horizon = INTERVAL_H;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.origins, INTERVAL_N - 1);
    CHECK_STATUS(psc_forecast_predict(f.fit, INTERVAL_H, level, LEVELS, point, quantile), PSC_OK);
    for (step = 0; step < INTERVAL_H; step++) {
        const int good = step < INTERVAL_N - 9 ? step : INTERVAL_N - 9;     /* n - 1 - step errors, 8 at least */
        const double middle = hand_quantile(y, INTERVAL_N, good, 0.5), wide = sqrt((step + 1.0) / (good + 1.0));
        double row[GRID];
        for (i = 0; i < GRID; i++) {
            const double z = -2.8 + 5.6 * i / (GRID - 1);
            const double q = hand_quantile(y, INTERVAL_N, good, normal_probability(z));
            row[i] = wide * (middle + student(z, 3.0) * (q - middle));
        }
        for (j = 0; j < LEVELS; j++) {
            const double at = (hand_score(level[j]) + 2.8) / 5.6 * (GRID - 1);
            i = at < 0.0 ? 0 : at > GRID - 2 ? GRID - 2 : (int)at;
            CHECK_NEAR(quantile[step * LEVELS + j], y[INTERVAL_N - 1] + row[i] + (at - i) * (row[i + 1] - row[i]),
                       tolerance);
        }
    }
    fitting_end(&f);
}

/* More horizons in the sample count as more degrees of freedom, up to six: of a short horizon in long noise the
 * median and the 97.5 % quantile, by hand; only the last six horizons count. */
static void test_intervals_freedom(void)
{
    static const double level[2] = {0.5, 0.9750021048517795};       /* z of 0 and 1.96 */
    enum { N = 70, H = 10 };
    double y[N], point[H], quantile[2 * H];
    uint64_t seed = 52;
    fitting f;
    int n;

    for (n = 0; n < N; n++) y[n] = noise(&seed);
    for (n = 25; n <= N; n += 9) {                          /* 2.4 horizons to 6.9 */
        const int first = n - 1 > 60 ? n - 60 : 1;
        const double horizons = (double)(n - first) / H, v = fmin(fmax(horizons, 3.0), 6.0);
        double error[N], middle, row[2], z, at;
        int t, i;
        fitting_begin(&f, y, (size_t)n, NULL, 0);
        fitting_naive(&f, PSC_NAIVE_LAST);
        f.config.horizon = H;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_INT(f.info.origins, n - first);
        CHECK_STATUS(psc_forecast_predict(f.fit, H, level, 2, point, quantile), PSC_OK);
        middle = row[0] = row[1] = 0.0;
        at = (1.96 + 2.8) / 5.6 * (GRID - 1);
        for (t = 0; t < 3; t++) {                           /* the first step has two neighbours */
            int k, count = 0;
            for (k = first; k + t < n; k++) error[count++] = y[k + t] - y[k - 1];
            qsort(error, (size_t)count, sizeof error[0], by_value);
            middle += quantile_7(error, count, 0.5) / 3.0;
            for (i = 0; i < 2; i++) {
                z = -2.8 + 5.6 * ((int)at + i) / (GRID - 1);
                row[i] += quantile_7(error, count, normal_probability(z)) / 3.0;
            }
        }
        for (i = 0; i < 2; i++)
            row[i] = middle + student(-2.8 + 5.6 * ((int)at + i) / (GRID - 1), v) * (row[i] - middle);
        CHECK_NEAR(quantile[0], y[n - 1] + middle, 1e-12);  /* numbers below 10, a score known to 1e-14 */
        CHECK_NEAR(quantile[1], y[n - 1] + row[0] + (at - (int)at) * (row[1] - row[0]), 1e-12);
        fitting_end(&f);
    }
}

/* With no step that has 8 errors: normal errors of standard deviation sigma sqrt(step), and the note says so. */
static void test_no_interval(void)
{
    static const double level[3] = {0.02275013194817921, 0.5, 0.9999683287581669};      /* -2, 0 and 4 sigma */
    static const double score[3] = {-2.0, 0.0, 4.0};
    const double y[9] = {10, 11, 12, 13, 14, 15, 16, 17, 18};
    double point[5], quantile[15], path[35];
    fitting f;
    int i, j;

    fitting_begin(&f, y, 8, NULL, 0);
    fitting_naive(&f, PSC_NAIVE_LAST);
    f.config.horizon = 5;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_NO_INTERVAL | PSC_NOTE_NO_SEASON);      /* 7 errors of one step */
    CHECK(f.info.sigma == 1.0);
    CHECK_STATUS(psc_forecast_predict(f.fit, 5, level, 3, point, quantile), PSC_OK);
    for (i = 0; i < 5; i++) {
        CHECK(point[i] == 17.0);
        for (j = 0; j < 3; j++)                             /* the levels' 16 digits: 1e-16 over a density of 1e-4 */
            CHECK_NEAR(quantile[3 * i + j], 17.0 + score[j] * sqrt(i + 1.0), 1e-11);
    }
    CHECK_STATUS(psc_forecast_paths(f.fit, 5, 7, path), PSC_OK);    /* nor an order to take: one level a path */
    for (j = 0; j < 7; j++) {
        const double one = (j + 0.5) / 7.0;
        CHECK_STATUS(psc_forecast_predict(f.fit, 5, &one, 1, NULL, quantile), PSC_OK);
        CHECK(memcmp(quantile, &path[5 * j], 5 * sizeof path[0]) == 0);
    }
    f.series.n = 9;                                         /* and with 8 */
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_NO_SEASON);
    fitting_end(&f);
}

/* ==== Coverage ================================================================================== */

enum { COVER_N = 160, COVER_H = 12, COVER_SERIES = 300 };

/* An autoregression of order 2 around 100, run in for 50 steps. */
static void draw_process(double *y, int n, double a1, double a2, uint64_t *seed)
{
    double x1 = 0.0, x2 = 0.0;
    int t;

    for (t = -50; t < n; t++) {
        const double x = a1 * x1 + a2 * x2 + noise(seed);
        x2 = x1;
        x1 = x;
        if (t >= 0) y[t] = 100.0 + x;
    }
}

/* Of series that are drawn anew the share of what came within the central 80 and 95 per cent, and below the median.
 * All steps of a series might err as one, so that it counts as a single trial: four standard deviations of 300
 * trials are 4 sqrt(p (1 - p) / 300). */
static void test_coverage(void)
{
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_SEASONAL_AR, PSC_MODEL_AR};
    static const double level[5] = {0.025, 0.1, 0.5, 0.9, 0.975};
    static const double process[][2] = {{0.8, 0.0}, {1.2, -0.5}};
    int m, p, i, k;

    for (m = 0; m < 3; m++) {
        for (p = 0; p < 2; p++) {
            double within80 = 0.0, within95 = 0.0, below = 0.0;
            uint64_t seed = 60 + (uint64_t)p;
            for (i = 0; i < COVER_SERIES; i++) {
                double y[COVER_N + COVER_H], point[COVER_H], quantile[COVER_H * 5];
                fitting f;
                draw_process(y, COVER_N + COVER_H, process[p][0], process[p][1], &seed);
                fitting_begin(&f, y, COVER_N, NULL, 0);
                f.config.model = models[m];
                f.config.horizon = COVER_H;
                CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
                CHECK_STATUS(psc_forecast_predict(f.fit, COVER_H, level, 5, point, quantile), PSC_OK);
                for (k = 0; k < COVER_H; k++) {
                    const double *q = quantile + 5 * k, came = y[COVER_N + k];
                    within80 += came >= q[1] && came <= q[3];
                    within95 += came >= q[0] && came <= q[4];
                    below += came < q[2];
                }
                fitting_end(&f);
            }
            CHECK_NEAR(within80 / (COVER_SERIES * COVER_H), 0.80, 4.0 * sqrt(0.80 * 0.20 / COVER_SERIES));
            CHECK_NEAR(within95 / (COVER_SERIES * COVER_H), 0.95, 4.0 * sqrt(0.95 * 0.05 / COVER_SERIES));
            CHECK_NEAR(below / (COVER_SERIES * COVER_H), 0.50, 4.0 * sqrt(0.50 * 0.50 / COVER_SERIES));
        }
    }
}

/* So also where six horizons are a few steps: the errors of 48 make the intervals, whatever the horizon. Tolerances as
 * above, a series again a single trial. */
static void test_coverage_short(void)
{
    enum { SERIES = 600 };
    static const double level[4] = {0.025, 0.1, 0.9, 0.975};
    int h, i, k;

    for (h = 1; h <= 3; h++) {
        double within80 = 0.0, within95 = 0.0;
        uint64_t seed = 90 + (uint64_t)h;
        for (i = 0; i < SERIES; i++) {
            double y[COVER_N + 3], quantile[3 * 4];
            fitting f;
            draw_process(y, COVER_N + h, 0.7, 0.0, &seed);
            fitting_begin(&f, y, COVER_N, NULL, 0);
            f.config.model = PSC_MODEL_SEASONAL_AR;
            f.config.horizon = h;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK((f.info.note & PSC_NOTE_NO_INTERVAL) == 0);
            CHECK_STATUS(psc_forecast_predict(f.fit, (size_t)h, level, 4, NULL, quantile), PSC_OK);
            for (k = 0; k < h; k++) {
                const double *q = quantile + 4 * k, came = y[COVER_N + k];
                within80 += came >= q[1] && came <= q[2];
                within95 += came >= q[0] && came <= q[3];
            }
            fitting_end(&f);
        }
        CHECK_NEAR(within80 / (SERIES * h), 0.80, 4.0 * sqrt(0.80 * 0.20 / SERIES));
        CHECK_NEAR(within95 / (SERIES * h), 0.95, 4.0 * sqrt(0.95 * 0.05 / SERIES));
    }
}

/* ==== Mean ====================================================================================== */

/* The mean of 64 quantiles, bit for bit as the header lists them; within the bounds. */
static void test_mean(void)
{
    enum { LEVELS = 64, H = 12 };
    double y[200], level[LEVELS], point[H], quantile[H * LEVELS], mean[H], again[H], want;
    fitting f;
    int log, i, j;

    make_load(y, 200, 65);
    for (j = 0; j < LEVELS; j++) level[j] = (2.0 * j + 1.0) / 128.0;
    for (log = 0; log < 2; log++) {
        fitting_begin(&f, y, 200, NULL, 0);
        f.config.horizon = H;
        f.config.transform = log ? PSC_TRANSFORM_LOG : PSC_TRANSFORM_NONE;
        f.series.upper = 320.0;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, H, level, LEVELS, point, quantile), PSC_OK);
        CHECK_STATUS(psc_forecast_mean(f.fit, H, mean), PSC_OK);
        CHECK_STATUS(psc_forecast_mean(f.fit, 3, again), PSC_OK);
        CHECK(memcmp(mean, again, 3 * sizeof mean[0]) == 0);
        for (i = 0; i < H; i++) {
            for (j = 0, want = 0.0; j < LEVELS; j++) want += quantile[i * LEVELS + j] / LEVELS;
            CHECK(mean[i] == want);
            CHECK(mean[i] > 0.0 && mean[i] < 320.0);
        }
        fitting_end(&f);
    }
}

/* Sixty-four roundings of one value do not carry its mean over a bound: the bare sum of 64 times 0.7 / 64 is above 0.7,
 * that of 0.1 / 64 below 0.1. */
static void test_mean_of_a_constant(void)
{
    static const double value[] = {0.7, 0.1, 3e-320};
    double y[40], mean[3];
    fitting f;
    size_t k, i;

    for (k = 0; k < sizeof value / sizeof value[0]; k++) {
        for (i = 0; i < 40; i++) y[i] = value[k];
        fitting_begin(&f, y, 40, NULL, 0);
        f.config.horizon = 3;
        f.series.lower = f.series.upper = value[k];
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_mean(f.fit, 3, mean), PSC_OK);
        for (i = 0; i < 3; i++) CHECK(mean[i] == value[k]);
        fitting_end(&f);
    }
}

/* Of exp(x), x normal around 3 with deviation 1, a forecast's mean lies above its median by exp(1/2) = 1.65. Of 20
 * series of 200 values the mean ratio: the tails are widened, so it is not below, and they are cut at 1/128, where
 * 0.16 of the mean lie; the range is felt there, too. A quarter more and a fifth less contain it. */
static void test_mean_of_logs(void)
{
    enum { SERIES = 20, N = 200, H = 8 };
    double y[N], point[H], mean[H], ratio = 0.0;
    uint64_t seed = 66;
    fitting f;
    int i, t;

    for (i = 0; i < SERIES; i++) {
        for (t = 0; t < N; t++) y[t] = exp(3.0 + noise(&seed));
        fitting_begin(&f, y, N, NULL, 0);
        f.config.model = PSC_MODEL_SEASONAL_AR;
        f.config.horizon = H;
        fitting_point(&f, point);
        CHECK_STATUS(psc_forecast_mean(f.fit, H, mean), PSC_OK);
        for (t = 0; t < H; t++) ratio += mean[t] / point[t] / (SERIES * H);
        fitting_end(&f);
    }
    CHECK(ratio > 0.8 * exp(0.5) && ratio < 1.25 * exp(0.5));
}

/* ==== Paths ===================================================================================== */

/* As many paths as past origins with all errors known: of the last step, whose errors are just those, each quantile
 * once, bit for bit. Of an earlier step with d errors more, the share below a value differs by d / whole and one of
 * all errors at most from its level. */
static void test_paths_marginal(void)
{
    static const int32_t period[] = {24};
    enum { N = 300, H = 12, ORIGINS = 72, WHOLE = ORIGINS - H + 1 };
    double y[N], path[WHOLE * H], again[WHOLE * H], column[WHOLE], q[H], level;
    fitting f;
    int i, k, r;

    make_load(y, N, 70);
    fitting_begin(&f, y, N, period, 1);
    f.config.horizon = H;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.origins, ORIGINS);
    CHECK_STATUS(psc_forecast_paths(f.fit, H, WHOLE, path), PSC_OK);
    CHECK_STATUS(psc_forecast_paths(f.fit, H, WHOLE, again), PSC_OK);
    CHECK(memcmp(path, again, sizeof path) == 0);
    for (k = 0; k < H; k++) {
        const int count = ORIGINS - k;
        for (i = 0; i < WHOLE; i++) column[i] = path[i * H + k];
        qsort(column, WHOLE, sizeof column[0], by_value);
        for (r = 0; r < count; r++) {
            int below = 0;
            level = (r + 0.5) / count;
            CHECK_STATUS(psc_forecast_predict(f.fit, H, &level, 1, NULL, q), PSC_OK);
            if (k == H - 1) CHECK(column[r] == q[k]);
            for (i = 0; i < WHOLE; i++) below += column[i] <= q[k];
            CHECK_NEAR((double)below / WHOLE, level, (double)(count - WHOLE) / WHOLE + 1.0 / count);
        }
    }
    /* a shorter horizon has the paths of more origins; one path is that of the one in the middle */
    CHECK_STATUS(psc_forecast_paths(f.fit, 1, ORIGINS, path), PSC_OK);
    qsort(path, ORIGINS, sizeof path[0], by_value);
    for (r = 0; r < ORIGINS; r++) {
        level = (r + 0.5) / ORIGINS;
        CHECK_STATUS(psc_forecast_predict(f.fit, 1, &level, 1, NULL, q), PSC_OK);
        CHECK(path[r] == q[0]);
    }
    CHECK_STATUS(psc_forecast_paths(f.fit, H, 1, path), PSC_OK);
    CHECK(memcmp(path, &again[WHOLE / 2 * H], H * sizeof path[0]) == 0);
    fitting_end(&f);
}

/* Mean over seeded series of n values of (sum of a path - sum of the points)^2, over all paths. */
static double sum_spread(int walk, int32_t model, int series)
{
    enum { N = 200, H = 12, PATHS = 61 };
    double y[N], point[H], path[PATHS * H], spread = 0.0;
    uint64_t seed = 71;
    int i, k, t;

    for (i = 0; i < series; i++) {
        fitting f;
        for (t = 0; t < N; t++) y[t] = noise(&seed) + (walk && t > 0 ? y[t - 1] : 0.0);
        fitting_begin(&f, y, N, NULL, 0);
        fitting_naive(&f, PSC_NAIVE_LAST);
        f.config.model = model;
        f.config.horizon = H;
        f.config.sar.lags = 1;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, H, NULL, 0, point, NULL), PSC_OK);
        CHECK_STATUS(psc_forecast_paths(f.fit, H, PATHS, path), PSC_OK);
        for (k = 0; k < PATHS; k++) {
            double sum = 0.0;
            for (t = 0; t < H; t++) sum += path[k * H + t] - point[t];
            spread += sum * sum;
        }
        fitting_end(&f);
    }
    return spread / (PATHS * series);
}

/* The errors of a random walk add up, those of noise about a mean do not. The sum of 12 steps has the variance 1^2 +
 * 2^2 + ... + 12^2 = 650 of the walk's, and 12 of the noise's. The errors are widened by Student's quantile of six
 * degrees, so their squares by E z^2 student(z)^2 of a normal z at most, and by nothing at least. A sample has six
 * horizons, as many independent sums, whose mean square has a variance of 2/6 of its square, so 100 samples are
 * within 4 sqrt(2/600) of it. Were the errors of the walk drawn apart for each step, or those of the noise together,
 * the variance would be 78 and 144. */
static void test_paths_sums(void)
{
    const double band = 4.0 * sqrt(2.0 / 600.0);
    double widened = 0.0, spread;
    int i;

    for (i = -800; i < 800; i++) {
        const double z = (i + 0.5) / 100.0, w = z * student(z, 6.0);
        widened += w * w * exp(-0.5 * z * z) / sqrt(2.0 * 3.14159265358979) / 100.0;
    }
    spread = sum_spread(1, PSC_MODEL_NAIVE, 100);
    CHECK(spread > 650.0 * (1.0 - band) && spread < 650.0 * widened * (1.0 + band));
    spread = sum_spread(0, PSC_MODEL_SEASONAL_AR, 100);
    CHECK(spread > 12.0 * (1.0 - band) && spread < 12.0 * widened * (1.0 + band));
}

/* Missing values leave fewer whole rows of errors: with fewer than 8 each path has one level. */
static void test_paths_gaps(void)
{
    enum { N = 60, H = 4, PATHS = 9 };
    double y[N], path[PATHS * H], q[H];
    fitting f;
    int i, t, every;

    for (every = 4; every <= 40; every += 36) {             /* a gap in each horizon; or in one of them */
        int same = 0;
        make_load(y, N, 72);
        for (t = 10; t < N - 1; t += every) y[t] = NAN;
        fitting_begin(&f, y, N, NULL, 0);
        fitting_naive(&f, PSC_NAIVE_LAST);
        f.config.horizon = H;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_paths(f.fit, H, PATHS, path), PSC_OK);
        for (i = 0; i < PATHS; i++) {
            const double level = (i + 0.5) / PATHS;
            CHECK_STATUS(psc_forecast_predict(f.fit, H, &level, 1, NULL, q), PSC_OK);
            same += memcmp(q, &path[i * H], sizeof q) == 0;
        }
        CHECK_INT(same, every == 4 ? PATHS : 0);
        fitting_end(&f);
    }
}

/* ==== Later values ============================================================================== */

/* Values one by one, in two batches or in one leave the same bits, of every model. */
static void test_observe_batches(void)
{
    static const size_t cut[] = {0, 13, 40};
    double y[200], regressor[224], later[40];
    fitting f;
    int32_t model;
    size_t k;
    int i;

    make_load(later, 40, 80);
    later[3] = later[20] = later[39] = NAN;
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        psc_forecast *fit;
        fitting_full(&f, y, regressor, model);
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        fit = (psc_forecast *)block_copy(f.fit, f.bytes);
        for (i = 0; i < 40; i++) CHECK_STATUS(psc_forecast_observe(f.fit, later + i, 1), PSC_OK);
        for (k = 0; k < 3; k++) {
            psc_forecast *other = (psc_forecast *)block_copy(fit, f.bytes);
            CHECK_STATUS(psc_forecast_observe(other, later, cut[k]), PSC_OK);
            CHECK_STATUS(psc_forecast_observe(other, later + cut[k], 40 - cut[k]), PSC_OK);
            CHECK(memcmp(other, f.fit, f.bytes) == 0);
            free(other);
        }
        CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
        CHECK_INT(f.info.observed, 40);
        CHECK_INT(f.info.used, 200);
        free(fit);
        fitting_end(&f);
    }
}

/* The seasonal autoregression by hand, from its parameters and the values alone: c is that of values less their mean
 * in the sample. 60 terms of numbers below 400 a step; an error is passed on with the sum of the coefficients'
 * sizes, below 3 here, but never grows in a stationary one: 1e-9 leaves room for a thousand times as much. */
static void test_observe_recursion(void)
{
    enum { N = 200, MORE = 50, H = 24 };
    static const int32_t period[] = {24};
    static const int forms[] = {PSC_SAR_LEVEL, PSC_SAR_DIFFERENCE};
    double y[N + MORE + H], parameter[64], point[H], mean;
    size_t count = 0;
    fitting f;
    int k, t, j;

    for (k = 0; k < 2; k++) {
        make_load(y, N + MORE, 81);
        fitting_begin(&f, y, N, period, 1);
        f.config.model = PSC_MODEL_SEASONAL_AR;
        f.config.transform = PSC_TRANSFORM_NONE;
        f.config.sar.form = forms[k];
        f.config.clip = 1e6;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, 64, &count), PSC_OK);
        for (t = 0, mean = 0.0; t < N && k == 0; t++) mean += y[t] / N;
        y[N + 7] = y[N + 8] = y[N + MORE - 1] = NAN;
        CHECK_STATUS(psc_forecast_observe(f.fit, y + N, MORE), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, H, NULL, 0, point, NULL), PSC_OK);
        for (t = N; t < N + MORE + H; t++) {                /* a missing value is its forecast, like one to come */
            if (t < N + MORE && !isnan(y[t])) continue;
            y[t] = parameter[1] + (k == 0 ? mean : y[t - 1]);
            for (j = 0; j < (int)parameter[0]; j++) {
                const int at = t - (int)parameter[2 + 2 * j];
                y[t] += parameter[3 + 2 * j] * (y[at] - (k == 0 ? mean : y[at - 1]));
            }
        }
        for (t = 0; t < H; t++) CHECK_NEAR(point[t], y[N + MORE + t], 1e-9 * 400.0);
        fitting_end(&f);
    }
}

/* A level never seen moves the range, but not the caller's bounds; on logarithms a value that has none is taken,
 * too. */
static void test_observe_range(void)
{
    static const double level[2] = {0.1, 0.9};
    double y[60], point[24], quantile[48], value;
    fitting f;
    int k, i;

    for (i = 0; i < 60; i++) y[i] = 10.0 + i % 3;
    for (k = 0; k < 4; k++) {
        fitting_begin(&f, y, 60, NULL, 0);
        f.config.model = PSC_MODEL_NAIVE;
        f.config.naive.kind = PSC_NAIVE_LAST;
        f.config.transform = k < 2 ? PSC_TRANSFORM_NONE : PSC_TRANSFORM_LOG;
        if (k == 1) f.series.upper = 100.0;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        value = 1000.0;
        CHECK_STATUS(psc_forecast_observe(f.fit, &value, 1), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, point, quantile), PSC_OK);
        for (i = 0; i < 24; i++) {                          /* ln 1000 < 7 is off by 7 epsilon */
            CHECK_NEAR(point[i], k == 1 ? 100.0 : 1000.0, k < 2 ? 0.0 : 16.0 * DBL_EPSILON * 1000.0);
            CHECK(quantile[2 * i] <= point[i] && quantile[2 * i + 1] >= point[i]);
            CHECK(k == 1 || quantile[2 * i + 1] > 1000.0);
        }
        value = k < 2 ? -1000.0 : k == 2 ? 0.5 : -5.0;
        CHECK_STATUS(psc_forecast_observe(f.fit, &value, 1), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, point, quantile), PSC_OK);
        CHECK(distribution_sound(point, quantile, 24, 2, -DBL_MAX, DBL_MAX));
        if (k == 3) CHECK(point[0] > 0.0 && point[0] < 10.0);      /* the least that may be forecast */
        else CHECK_NEAR(point[0], value, k < 2 ? 0.0 : 16.0 * DBL_EPSILON * 7.0);
        fitting_end(&f);
    }
}

/* What has no logarithm counts as the least that may be forecast, the first time and after a thousand times: members
 * must not be led ever further down by it. */
static void test_observe_zeros(void)
{
    double y[60], zero[1000] = {0.0}, first[24], point[24];
    fitting f;
    int t;

    for (t = 0; t < 60; t++) y[t] = 10.0 + t % 3;
    fitting_begin(&f, y, 60, NULL, 0);
    fitting_naive(&f, PSC_NAIVE_LAST);
    f.config.transform = PSC_TRANSFORM_LOG;
    f.config.clip = 0.1;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_observe(f.fit, zero, 1), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, first, NULL), PSC_OK);
    CHECK(first[0] >= 0.0 && first[0] < 10.0);
    CHECK_STATUS(psc_forecast_observe(f.fit, zero, 1000), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, point, NULL), PSC_OK);
    CHECK(memcmp(first, point, sizeof point) == 0);
    fitting_end(&f);
}

/* The path does not wait for a refit: from a long series the model follows a value as high as any. */
static void test_observe_follows(void)
{
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_SEASONAL_AR};
    static const int32_t period[] = {12};
    double y[240], later[120], before[12], point[12];
    fitting f;
    int m, t;

    for (m = 0; m < 2; m++) {
        make_pattern(y, 240, 12, 83);
        for (t = 0; t < 120; t++) later[t] = y[t];
        fitting_begin(&f, y, 240, period, 1);
        f.config.model = models[m];
        f.config.horizon = 12;
        fitting_point(&f, before);
        for (t = 0; t < 120; t++) {                         /* what was forecast comes, and the pattern goes on */
            CHECK_STATUS(psc_forecast_observe(f.fit, later + t, 1), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 12, NULL, 0, point, NULL), PSC_OK);
            CHECK_NEAR(point[3], later[(t + 4) % 12], 1.0);     /* a ridge of 1e-4 is a part in 1e4 of 100 a step */
        }
        fitting_end(&f);
    }
}

/* One series of noise, 300 values and 120 more, these all higher by so many standard deviations: how many values
 * came before the fit asked for a new one, 999 if it never did. */
static int refit_after(int32_t model, uint64_t seed, double shift)
{
    enum { N = 300, MORE = 120 };
    double y[N + MORE];
    int after = 999, t;
    fitting f;

    draw_process(y, N + MORE, 0.3, 0.0, &seed);
    for (t = N; t < N + MORE; t++) y[t] += shift;
    fitting_begin(&f, y, N, NULL, 0);
    f.config.model = model;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK(f.info.refit == 0 && f.info.drift.alarms == 0 && f.info.drift.last == PSC_DRIFT_NONE);
    CHECK_INT(f.info.drift.ready, 1);
    for (t = 0; t < MORE; t++) {
        CHECK_STATUS(psc_forecast_observe(f.fit, &y[N + t], 1), PSC_OK);
        CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
        CHECK_INT(f.info.refit, f.info.drift.alarms > 0);
        if (f.info.refit && after == 999) {
            after = t + 1;
            CHECK_INT(f.info.drift.last, shift < 0.0 ? PSC_DRIFT_LOWER : PSC_DRIFT_HIGHER);
        }
    }
    CHECK_INT(f.info.refit, after < 999);                   /* and it keeps asking */
    fitting_end(&f);
    return after;
}

/* A lasting shift of 5 standard deviations: an error counts for at most 3, and 2.5 of that is kept, so 4 errors make
 * the 9 of an alarm, or 3 where the sum has begun to rise, or some more where errors fall short of 3; the header
 * says 4. On the unchanged process there were 0.3 false alarms in 10,000 errors: of 2 models, 40 series and 120
 * values each, less than one is expected, and four in one of 50 such tests if there were ten times as many. */
static void test_drift(void)
{
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_SEASONAL_AR};
    int m, i, alarms = 0, sum = 0;

    for (m = 0; m < 2; m++) {
        for (i = 0; i < 40; i++) {
            const int after = refit_after(models[m], 90 + (uint64_t)i, i % 2 ? -5.0 : 5.0);
            CHECK(after <= 10);
            sum += after;
            alarms += refit_after(models[m], 90 + (uint64_t)i, 0.0) < 999;
        }
    }
    CHECK(sum >= 80 * 3.5 && sum <= 80 * 4.5);
    CHECK(alarms <= 3);
}

/* What has drifted within the sample was fitted: no alarm counts yet, and none is named. */
static void test_drift_in_sample(void)
{
    enum { N = 600 };
    double y[N];
    uint64_t seed = 94;
    fitting f;
    int t;

    for (t = 0; t < N; t++) y[t] = noise(&seed) + (t < 580 ? 0.0 : 8.0);
    fitting_begin(&f, y, N, NULL, 0);
    f.config.model = PSC_MODEL_SEASONAL_AR;
    f.config.horizon = 100;
    f.config.origins = N;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK(f.info.refit == 0 && f.info.drift.alarms == 0 && f.info.drift.last == PSC_DRIFT_NONE);
    CHECK(f.info.drift.seen < 20 && f.info.drift.ready == 0);       /* there was one, and all began anew */
    fitting_end(&f);
}

/* After 500 errors nothing more is learned of what is usual; a shift is told all the same, and once: what has
 * shifted for good is usual then. */
static void test_drift_long(void)
{
    enum { N = 300, MORE = 1600 };
    static double y[N + MORE];
    uint64_t seed = 95;
    fitting f;
    int t;

    for (t = 0; t < N + MORE; t++) y[t] = noise(&seed) + (t < N + 700 ? 0.0 : 4.0);
    fitting_begin(&f, y, N, NULL, 0);
    fitting_naive(&f, PSC_NAIVE_ADJUSTED);
    f.config.model = PSC_MODEL_SEASONAL_AR;
    f.config.sar.ridge = 1.0;                               /* coefficients too small to follow */
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_observe(f.fit, y + N, 700), PSC_OK);
    CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
    CHECK(f.info.refit == 0 && f.info.drift.seen > 500 && f.info.drift.alarms == 0);
    CHECK_STATUS(psc_forecast_observe(f.fit, y + N + 700, 20), PSC_OK);
    CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
    CHECK(f.info.refit == 1 && f.info.drift.alarms == 1 && f.info.drift.last == PSC_DRIFT_HIGHER);
    CHECK_INT(f.info.drift.ready, 0);
    CHECK_STATUS(psc_forecast_observe(f.fit, y + N + 720, 880), PSC_OK);
    CHECK_STATUS(psc_forecast_describe(f.fit, &f.info, NULL, 0, NULL), PSC_OK);
    CHECK(f.info.refit == 1 && f.info.drift.alarms == 1 && f.info.drift.ready == 1 && f.info.observed == MORE);
    fitting_end(&f);
}

/* ==== Combination =============================================================================== */

/* A member as it is listed. */
typedef struct listed {
    int32_t model, kind, lags, window;
} listed;

static const listed
    last_value = {PSC_MODEL_NAIVE, PSC_NAIVE_LAST, 0, 0},
    seasonal_naive = {PSC_MODEL_NAIVE, PSC_NAIVE_SEASONAL, 0, 0},
    naive2 = {PSC_MODEL_NAIVE, PSC_NAIVE_ADJUSTED, 0, 0},
    sar3 = {PSC_MODEL_SEASONAL_AR, PSC_SAR_LEVEL, 3, 0},
    sar26 = {PSC_MODEL_SEASONAL_AR, PSC_SAR_LEVEL, 26, 0},
    recent = {PSC_MODEL_SEASONAL_AR, PSC_SAR_LEVEL, 3, 320},
    change = {PSC_MODEL_SEASONAL_AR, PSC_SAR_DIFFERENCE, 50, 0},
    rest3 = {PSC_MODEL_SEASONAL_AR, PSC_SAR_PROFILE, 3, 0},
    rest26 = {PSC_MODEL_SEASONAL_AR, PSC_SAR_PROFILE, 26, 0};

static int is_listed(const psc_forecast_member *m, const listed *l)
{
    return m->model == l->model && m->kind == l->kind && m->lags == l->lags && m->window == l->window;
}

/* What must be there of n values: the members in their order. */
static size_t expected_members(size_t n, const int32_t *period, int32_t periods, listed *out)
{
    const int one = periods >= 1, two = periods >= 2;
    size_t count = 0;

    out[count++] = last_value;
    if (one) out[count++] = seasonal_naive;
    if (two) out[count++] = seasonal_naive;
    if (one && n >= 3 * (size_t)period[0]) out[count++] = naive2;
    out[count++] = sar3;
    out[count++] = sar26;
    if (n > 320) out[count++] = recent;
    out[count++] = change;
    if (one) out[count++] = sar26;                          /* without the season */
    if (one && n >= 2 * (size_t)period[0]) out[count++] = rest3;
    if (one && n >= 2 * (size_t)period[0]) out[count++] = rest26;
    return count;
}

static void check_listed(fitting *f, const listed *want, size_t wanted)
{
    psc_forecast_member member[PSC_MAX_MEMBERS];
    double sum = 0.0;
    size_t members, i;
    int weighty = 0;

    CHECK_STATUS(fitting_run(f, 0), PSC_OK);
    members = fitting_members(f, member);
    CHECK_INT(members, wanted);
    for (i = 0; i < members && i < wanted; i++) {
        CHECK(is_listed(&member[i], &want[i]));
        CHECK(member[i].weight >= 0.0 && member[i].weight <= 1.0);
        sum += member[i].weight;
        weighty += member[i].weight > 0.0;
    }
    CHECK_NEAR(sum, 1.0, PSC_MAX_MEMBERS * DBL_EPSILON);    /* so many shares, each rounded */
    CHECK_INT(weighty, f->info.members);
}

/* Members that would repeat another are left out: without a period that fits, without two; Naive2 with fewer than three
 * cycles, profiles with fewer than two; a window that is all there is. */
static void test_auto_members(void)
{
    static const int32_t one[] = {12}, two[] = {24, 12}, rising[] = {12, 24};
    static const size_t length[] = {19, 20, 23, 24, 35, 36, 37, 320, 321};
    static double y[321];
    listed want[PSC_MAX_MEMBERS];
    fitting f;
    size_t i, n;

    make_load(y, 321, 100);
    for (i = 0; i < sizeof length / sizeof length[0]; i++) {
        n = length[i];
        fitting_begin(&f, y, n, NULL, 0);
        check_listed(&f, want, expected_members(n, NULL, 0, want));
        f.series.period = one;
        f.series.periods = 1;
        check_listed(&f, want, expected_members(n, one, n >= 19, want));        /* 13 <= n - n/3 */
        f.series.period = two;
        f.series.periods = 2;
        check_listed(&f, want, expected_members(n, rising, n >= 37 ? 2 : n >= 19, want));
        fitting_end(&f);
    }
}

/* What config.with names stands behind the others, by number, with its options, and twice if it is there already. */
static void test_auto_with(void)
{
    static double y[400];
    listed want[PSC_MAX_MEMBERS];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    psc_forecast_info plain;
    double one[24], other[24];
    size_t wanted;
    fitting f;
    int32_t model;

    make_load(y, 400, 101);
    fitting_begin(&f, y, 400, NULL, 0);
    f.config.sar.lags = 5;
    f.config.sar.window = 100;
    f.config.naive.kind = PSC_NAIVE_DRIFT;
    wanted = expected_members(400, NULL, 0, want);
    for (model = PSC_MODEL_NAIVE; model < PSC_MODEL_COUNT; model++) {
        memset(&want[wanted], 0, sizeof want[wanted]);
        want[wanted].model = model;
        if (model == PSC_MODEL_NAIVE) want[wanted].kind = PSC_NAIVE_DRIFT;
        if (model == PSC_MODEL_SEASONAL_AR) want[wanted].lags = 5, want[wanted].window = 100;
        wanted++;
    }
    f.config.with = 2047;                                   /* the bit of AUTO itself says nothing */
    check_listed(&f, want, wanted);
    CHECK_INT(f.info.model, PSC_MODEL_AUTO);
    f.config.with = 0;
    fitting_point(&f, one);
    plain = f.info;
    f.config.with = 1;
    fitting_point(&f, other);
    CHECK(memcmp(one, other, sizeof one) == 0 && memcmp(&plain, &f.info, sizeof plain) == 0);
    f.config.with = 1 << PSC_MODEL_ETS;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(fitting_members(&f, member), 6);
    CHECK_INT(member[5].model, PSC_MODEL_ETS);
    fitting_end(&f);
}

/* A window as long as the series, or longer than what a backtest is fitted to, is none: the loss is that of all values,
 * but for the rounding of sums. */
static void test_auto_with_window(void)
{
    static double y[600];
    double loss[2];
    uint64_t seed = 3;
    fitting f;
    int t, i;

    for (t = 0; t < 600; t++) y[t] = 50.0 + noise(&seed) + (t < 33 ? 0.0 : 0.9 * (y[t - 33] - 50.0));
    fitting_begin(&f, y, 600, NULL, 0);
    f.config.horizon = 4;
    f.config.with = 1 << PSC_MODEL_SEASONAL_AR;
    f.config.sar.lags = 40;
    for (i = 0; i < 2; i++) {
        psc_forecast_member member[PSC_MAX_MEMBERS];
        f.config.sar.window = i * 600;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        loss[i] = member[fitting_members(&f, member) - 1].loss;
    }
    CHECK(loss[0] > 0.0 && loss[0] < 0.5);
    CHECK_NEAR(loss[1], loss[0], 1e-9);
    fitting_end(&f);
}

/* Each of them can be fitted and is backtested, without a transform, on counts of which many are 0. */
static void test_auto_with_fitted(void)
{
    static double y[300];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    uint64_t seed = 113;
    size_t members, m;
    fitting f;
    int t;

    for (t = 0; t < 300; t++) y[t] = test_uniform(&seed) < 0.3 ? 1.0 + floor(5.0 * test_uniform(&seed)) : 0.0;
    fitting_begin(&f, y, 300, NULL, 0);
    f.config.transform = PSC_TRANSFORM_NONE;
    f.config.with = 2047;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    members = fitting_members(&f, member);
    for (m = members - 10; m < members; m++) CHECK(member[m].loss >= 0.0);
    fitting_end(&f);
}

/* The origins of the backtests, by hand. */
static int hand_origins(int n, int h, int *origin)
{
    const int least = (n + 2) / 3 > 8 ? (n + 2) / 3 : 8;
    int count = 0, i;

    for (i = 24; i > 0; i--) {
        const int at = n - (i * h + 3) / 4;
        if (at >= least && (count == 0 || at > origin[count - 1])) origin[count++] = at;
    }
    return count;
}

/* Mean size of the errors from an origin, of known values only: of the last value, or of what is `back` steps
 * before, or whole such times. */
static double hand_loss(const double *y, const double *filled, int n, int h, int origin, int back)
{
    double sum = 0.0;
    int k, known = 0;

    for (k = 0; k < h && origin + k < n; k++) {
        if (isnan(y[origin + k])) continue;
        sum += fabs(y[origin + k] - filled[back ? origin + k - back * (1 + k / back) : origin - 1]);
        known++;
    }
    return known ? sum / known : 0.0;
}

enum { WEIGHT_N = 200 };

/* Two seasons and noise; with gaps of one value, which the line between its neighbours fills. */
static void draw_weighing(double *y, double *filled, int gaps, uint64_t *seed)
{
    int t;

    for (t = 0; t < WEIGHT_N; t++)
        filled[t] = y[t] = 3.0 * fabs(t % 12 - 6.0) + 2.0 * fabs(t % 30 - 15.0) + 6.0 * noise(seed) - 20.0;
    for (t = 100; t < WEIGHT_N - 1 && gaps; t += 17) {
        y[t] = NAN;
        filled[t] = filled[t - 1] + 0.5 * (filled[t + 1] - filled[t - 1]);
    }
}

/* The losses of the simple members by hand, over all backtests in units of the last value's, and the weights of all
 * from their losses: loss^-6, none below a hundredth of the largest. Sums of 24 * 20 terms: 1000 epsilon; the sixth
 * power six times that. */
static void test_auto_weights(void)
{
    static const int32_t period[] = {12, 30};
    static const int horizon[] = {1, 3, 7, 20}, back[3] = {0, 12, 30};
    double y[WEIGHT_N], filled[WEIGHT_N], want[PSC_MAX_MEMBERS];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    uint64_t seed = 102;
    int i, b, checked = 0;

    for (i = 0; i < 8; i++) {
        const int h = horizon[i % 4];
        double loss[3] = {0.0, 0.0, 0.0}, best = 1e9, sum = 0.0;
        int origin[24], origins;
        size_t members, m;
        fitting f;
        draw_weighing(y, filled, i / 4, &seed);
        fitting_begin(&f, y, WEIGHT_N, period, 2);
        f.config.horizon = h;
        f.config.transform = PSC_TRANSFORM_NONE;
        f.config.clip = 1e6;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        members = fitting_members(&f, member);
        origins = hand_origins(WEIGHT_N, h, origin);
        CHECK_INT(f.info.tests, origins);
        for (b = 0; b < origins; b++)
            for (m = 0; m < 3; m++) loss[m] += hand_loss(y, filled, WEIGHT_N, h, origin[b], back[m]);
        for (m = 0; m < 3; m++) CHECK_NEAR(member[m].loss, loss[m] / loss[0], 1000.0 * DBL_EPSILON * member[m].loss);
        fitting_end(&f);
        if (f.info.note & PSC_NOTE_FLOOR) continue;
        for (m = 0; m < members; m++)
            if (member[m].loss >= 0.0) best = fmin(best, member[m].loss);
        for (m = 0; m < members; m++) {
            want[m] = member[m].loss < 0.0 ? 0.0 : pow(best / member[m].loss, 6.0);
            if (want[m] < 0.01) want[m] = 0.0;
            sum += want[m];
        }
        for (m = 0; m < members; m++) CHECK_NEAR(member[m].weight, want[m] / sum, 6000.0 * DBL_EPSILON);
        checked++;
    }
    CHECK(checked >= 4);
}

/* Each member is a model that has a name, too: its forecasts by name, weighted, are those of the combination. Where
 * the history is long for the horizon the autoregressions share their sums, from the row on that the longest lag
 * needs; here it is not, and they are the same numbers: a weighted sum of 11 below 400. */
static void test_auto_sum(void)
{
    enum { N = 400, H = 48 };
    static const int32_t period[] = {12, 24};
    static const psc_sar_options sar[] = {
        {3, 1, PSC_SAR_LEVEL, 0, 1e-4}, {26, 1, PSC_SAR_LEVEL, 0, 1e-4}, {3, 1, PSC_SAR_LEVEL, 320, 1e-4},
        {50, 1, PSC_SAR_DIFFERENCE, 0, 1e-3}, {26, 0, PSC_SAR_LEVEL, 0, 1e-3}, {3, 0, PSC_SAR_PROFILE, 0, 1e-4},
        {26, 0, PSC_SAR_PROFILE, 0, 1e-3}
    };
    static const psc_naive_options naive[] = {
        {PSC_NAIVE_LAST, 0, 0, 0}, {PSC_NAIVE_SEASONAL, 0, 0, 0}, {PSC_NAIVE_SEASONAL, -1, 0, 0},
        {PSC_NAIVE_ADJUSTED, 0, PSC_INDEX_ADDITIVE, 0}
    };
    double y[N], combined[H], point[H], sum[H];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    uint64_t seed = 112;
    size_t members, m;
    fitting f;
    int t;

    for (t = 0; t < N; t++) y[t] = 8.0 * (t % 12 == 3) + 0.1 * (t % 24) + noise(&seed);
    fitting_begin(&f, y, N, period, 2);
    f.config.horizon = H;
    f.config.transform = PSC_TRANSFORM_NONE;
    f.config.clip = 1e6;
    fitting_point(&f, combined);
    members = fitting_members(&f, member);
    CHECK_INT(members, 11);
    CHECK(f.info.members >= 8 && !(f.info.note & PSC_NOTE_FLOOR));
    memset(sum, 0, sizeof sum);
    for (m = 0; m < members && m < 11; m++) {
        f.config.model = member[m].model;
        if (m < 4) f.config.naive = naive[m];
        else f.config.sar = sar[m - 4];
        fitting_point(&f, point);
        for (t = 0; t < H; t++) sum[t] += member[m].weight * point[t];
    }
    for (t = 0; t < H; t++) CHECK_NEAR(combined[t], sum[t], 16.0 * DBL_EPSILON * 400.0);
    fitting_end(&f);
}

/* Without any origin of a backtest all members that can be fitted count the same, and none has a loss. */
static void test_auto_untested(void)
{
    double y[9];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    fitting f;
    size_t n, m, members;

    make_load(y, 9, 103);
    for (n = 1; n <= 9; n++) {
        fitting_begin(&f, y, n, NULL, 0);
        f.config.horizon = 4;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_INT(f.info.tests, n > 8);                     /* not before the 8th value */
        members = fitting_members(&f, member);
        CHECK_INT(members, 4);
        for (m = 0; m < members && n <= 8; m++) CHECK(member[m].loss == 0.0);
        if (n <= 8) CHECK(member[0].weight == 1.0);         /* 3 lags take 9 values */
        fitting_end(&f);
    }
    fitting_begin(&f, y, 9, NULL, 0);
    f.config.horizon = 8;                                   /* a quarter is 2: no origin, but an autoregression */
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.tests, 0);
    CHECK_INT(fitting_members(&f, member), 4);
    CHECK(member[0].weight == 0.5 && member[1].weight == 0.5 && member[2].weight == 0.0);
    CHECK(f.info.loss == 0.0 && f.info.optimism == 1.0);
    fitting_end(&f);
}

/* A random walk with two small seasons. */
static void draw_walk(double *y, int n, double season, uint64_t *seed)
{
    double walk = 0.0;
    int t;

    for (t = 0; t < n; t++) {
        walk += noise(seed);
        y[t] = walk + season * (t % 5) + season * (t % 8);
    }
}

/* A combination that is worse than a simple member gives way to the best of them, and says so; of such series some
 * do and some do not. Naive2 by name stands behind the others and is no such member. Where the last value stands
 * alone, its errors in the backtests are those of the forecast. */
static void test_auto_floor(void)
{
    enum { N = 120, H = 6, ROUNDS = 60 };
    static const int32_t period[] = {5, 8};
    double y[N];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    uint64_t seed = 104;
    int round, floors[4] = {0, 0, 0, 0}, others = 0;

    for (round = 0; round < ROUNDS; round++) {
        size_t members, m, alone = PSC_MAX_MEMBERS;
        fitting f;
        draw_walk(y, N, 0.5 * (round % 3), &seed);
        fitting_begin(&f, y, N, period, 2);
        f.config.horizon = H;
        f.config.transform = PSC_TRANSFORM_NONE;
        f.config.clip = 1e6;
        f.config.with = 1 << PSC_MODEL_NAIVE;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        members = fitting_members(&f, member);
        fitting_end(&f);
        if (!(f.info.note & PSC_NOTE_FLOOR)) {
            others++;
            continue;
        }
        for (m = 0; m < members; m++)
            if (member[m].weight > 0.0) alone = m;
        CHECK(f.info.members == 1 && alone < 4 && member[alone].weight == 1.0);
        if (alone >= 4) continue;
        floors[alone]++;
        for (m = 0; m < alone; m++) CHECK(member[alone].loss < member[m].loss);
        for (; m < 4; m++) CHECK(member[alone].loss <= member[m].loss);
        if (alone == 0) {
            int origin[24], origins = hand_origins(N, H, origin), pairs = 0, b, t;
            double sum = 0.0;
            for (b = 0; b < origins; b++)
                for (t = origin[b]; t < N && t < origin[b] + H; t++, pairs++) sum += fabs(y[t] - y[origin[b] - 1]);
            CHECK_NEAR(f.info.loss, sum / pairs, 1000.0 * DBL_EPSILON * f.info.loss);
        }
    }
    CHECK(floors[0] > 0 && floors[0] < ROUNDS && others > 0);
}

/* What repeats itself is repeated: the seasonal naive member makes no error, and each that has a weight makes as
 * good as none. */
static void test_auto_pattern(void)
{
    static const int32_t period[] = {24};
    double y[480], point[48];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    size_t members, m;
    fitting f;
    int t;

    make_pattern(y, 480, 24, 105);
    fitting_begin(&f, y, 480, period, 1);
    f.config.horizon = 48;
    fitting_point(&f, point);
    members = fitting_members(&f, member);
    CHECK(is_listed(&member[1], &seasonal_naive) && member[1].loss == 0.0 && member[1].weight > 0.0);
    for (m = 0; m < members; m++)
        if (member[m].weight > 0.0) CHECK(member[m].loss < 1e-8);
    for (t = 0; t < 48; t++) CHECK_NEAR(point[t], y[t], 1e-8 * 200.0 * 24.0);
    CHECK_INT(f.info.note & PSC_NOTE_FLOOR, 0);             /* what differs by rounding alone is as good */
    fitting_end(&f);
}

/* Of random walks the last value is the best forecast there is: on the mean it has more weight than any other
 * member, and its loss in its own units is 1. */
static void test_auto_walk(void)
{
    enum { SERIES = 40, N = 300 };
    static const int32_t period[] = {12};
    double y[N], weight[PSC_MAX_MEMBERS] = {0.0};
    psc_forecast_member member[PSC_MAX_MEMBERS];
    uint64_t seed = 106;
    size_t members = 0, m;
    int i;

    for (i = 0; i < SERIES; i++) {
        fitting f;
        draw_walk(y, N, 0.0, &seed);
        fitting_begin(&f, y, N, period, 1);
        f.config.horizon = 12;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        members = fitting_members(&f, member);
        CHECK(member[0].loss == 1.0);
        for (m = 0; m < members; m++) weight[m] += member[m].weight / SERIES;
        fitting_end(&f);
    }
    for (m = 1; m < members; m++) CHECK(weight[m] < weight[0]);
}

/* A trend goes on: the last value has no weight, and the path rises with the values, half a percent of them at most
 * beside the line, whose noise is a tenth of that. */
static void test_auto_trend(void)
{
    enum { N = 200, H = 24 };
    double y[N], point[H];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    uint64_t seed = 107;
    fitting f;
    int t, k;

    for (k = 0; k < 2; k++) {
        for (t = 0; t < N; t++) y[t] = (k ? -5.0 : 5.0) * t + 0.5 * noise(&seed);
        fitting_begin(&f, y, N, NULL, 0);
        f.config.transform = PSC_TRANSFORM_NONE;
        fitting_point(&f, point);
        (void)fitting_members(&f, member);
        CHECK(member[0].weight == 0.0);
        for (t = 0; t < H; t++) CHECK_NEAR(point[t], (k ? -5.0 : 5.0) * (N + t), 5.0);
        fitting_end(&f);
    }
}

/* After a shift of the level the forecast stands on the new one: within a tenth of the shift. */
static void test_auto_shift(void)
{
    enum { N = 240, H = 12 };
    static const int32_t period[] = {12};
    double y[N], point[H];
    uint64_t seed = 108;
    fitting f;
    int t;

    for (t = 0; t < N; t++) y[t] = (t < 200 ? 100.0 : 200.0) + 2.0 * noise(&seed);
    fitting_begin(&f, y, N, period, 1);
    f.config.horizon = H;
    fitting_point(&f, point);
    for (t = 0; t < H; t++) CHECK_NEAR(point[t], 200.0, 10.0);
    fitting_end(&f);
}

/* The only members with a weight can be fitted in all backtests, where the period does not fit, but not to all
 * values, where it does: a wave that three lags tell exactly. Then the last value stands in. */
static void test_auto_unfitted(void)
{
    enum { N = 30, H = 8 };
    static const int32_t period[] = {19};
    double y[N], point[H];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    size_t members, m;
    fitting f;
    int t;

    for (t = 0; t < N; t++) y[t] = 50.0 * sin(0.7 * t);
    fitting_begin(&f, y, N, period, 1);
    f.config.horizon = H;
    fitting_point(&f, point);
    members = fitting_members(&f, member);
    CHECK(member[0].weight == 1.0 && f.info.members == 1);
    for (m = 0; m < members; m++)
        if (is_listed(&member[m], &sar3)) CHECK(member[m].loss < 0.1 && member[m].weight == 0.0);
    for (t = 0; t < H; t++) CHECK(point[t] == y[N - 1]);
    fitting_end(&f);
}

/* A member that could be fitted from the second cut on only is judged by those backtests, and the combination by
 * them, too. */
static void test_auto_partly(void)
{
    enum { N = 24, H = 4 };
    double y[N], point[H];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    fitting f;
    int t;

    for (t = 0; t < N; t++) y[t] = 50.0 * sin(0.7 * t);
    fitting_begin(&f, y, N, NULL, 0);
    f.config.horizon = H;
    fitting_point(&f, point);
    CHECK_INT(f.info.tests, 16);                            /* from 8 values on: the first five have no 9 */
    CHECK_INT(fitting_members(&f, member), 4);
    CHECK(is_listed(&member[1], &sar3) && member[1].weight == 1.0 && member[1].loss > 0.0 && member[1].loss < 0.2);
    CHECK(member[2].loss == -1.0 && member[3].loss == -1.0 && member[2].weight == 0.0);
    CHECK(f.info.loss > 0.0 && f.info.loss < 0.2 * 50.0);
    fitting_end(&f);
}

/* Where no past origin lies in the backtests, or none has a value to come, nothing is said of errors beyond the
 * sample. */
static void test_auto_optimism(void)
{
    enum { N = 60, H = 20 };
    double y[N];
    uint64_t seed = 111;
    fitting f;
    int t, k;

    for (k = 0; k < 2; k++) {
        for (t = 0; t < N; t++) y[t] = k && t >= 30 ? (double)NAN : noise(&seed);
        fitting_begin(&f, y, N, NULL, 0);
        f.config.horizon = H;
        f.config.origins = k ? 2 : 150;                     /* of 1 and 30 the latter has no value to come */
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK(f.info.tests > 0 && f.info.loss > 0.0);
        if (k) CHECK(f.info.optimism == 1.0);
        else CHECK(f.info.optimism > 1.0);
        fitting_end(&f);
    }
}

/* Parameters are those of the member with the largest weight: here an autoregression, though the last value has
 * some, too. */
static void test_auto_parameters(void)
{
    double y[400], parameter[PARAMETERS_MOST];
    psc_forecast_member member[PSC_MAX_MEMBERS];
    size_t members, m, best = 0, count = 0;
    uint64_t seed = 109;
    fitting f;

    draw_process(y, 400, 0.9, 0.0, &seed);
    fitting_begin(&f, y, 400, NULL, 0);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    members = fitting_members(&f, member);
    for (m = 1; m < members; m++)
        if (member[m].weight > member[best].weight) best = m;
    CHECK(member[0].weight > 0.0 && member[best].model == PSC_MODEL_SEASONAL_AR);
    CHECK_STATUS(psc_forecast_parameters(f.fit, parameter, PARAMETERS_MOST, &count), PSC_OK);
    CHECK_INT(count, 2 + 2 * (size_t)member[best].lags);
    CHECK(count > 0 && parameter[0] == member[best].lags);
    fitting_end(&f);
}

/* ==== Accuracy and backtest ===================================================================== */

/* Sums of n terms and a handful of operations a term: 8 n epsilon, relative, and the file's 15th digit. */
static void test_accuracy_vectors(void)
{
    FILE *file = vector_open("tests/vectors/accuracy.txt");
    double config[2], actual[64], point[64], lower[64], upper[64], want[5];
    int cases = 0;

    for (; vector_record(file, "config", config, 2) == 2; cases++) {
        const long n = vector_record(file, "actual", actual, 64);
        const double relative = 8.0 * (double)n * DBL_EPSILON + 1e-15;
        psc_accuracy a;
        CHECK_INT(vector_record(file, "point", point, 64), n);
        CHECK_INT(vector_record(file, "lower", lower, 64), n);
        CHECK_INT(vector_record(file, "upper", upper, 64), n);
        CHECK_INT(vector_record(file, "result", want, 5), 5);
        CHECK_STATUS(psc_accuracy_of(actual, point, lower, upper, (size_t)n, config[0], config[1], &a), PSC_OK);
        CHECK_NEAR(a.smape, want[0], relative * want[0]);
        CHECK_NEAR(a.mase, want[1], relative * want[1]);
        CHECK_NEAR(a.msis, want[2], relative * want[2] / (1.0 - config[0]));    /* 1 - level is rounded, too */
        CHECK_NEAR(a.coverage, want[3], relative);
        CHECK_INT(a.steps, want[4]);
        CHECK_INT(a.origins, 1);
        CHECK(a.scale == config[1]);
        CHECK_STATUS(psc_accuracy_of(actual, point, NULL, upper, (size_t)n, config[0], config[1], &a), PSC_OK);
        CHECK(a.msis == 0.0 && a.coverage == 0.0);
        CHECK_NEAR(a.mase, want[1], relative * want[1]);
        CHECK_STATUS(psc_accuracy_of(actual, point, lower, NULL, (size_t)n, config[0], 0.0, &a), PSC_OK);
        CHECK(a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0 && a.scale == 0.0);
        CHECK_NEAR(a.smape, want[0], relative * want[0]);
    }
    CHECK_INT(cases, 4);
    fclose(file);
}

static void test_accuracy_errors(void)
{
    double y[4][3] = {{1, 2, 3}, {1, 2, 3}, {0, 1, 2}, {2, 3, 4}};
    psc_accuracy a, before;
    int i, k;

    memset(&a, 0x5C, sizeof a);
    before = a;
    CHECK_STATUS(psc_accuracy_of(NULL, y[1], y[2], y[3], 3, 0.9, 1.0, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_accuracy_of(y[0], NULL, y[2], y[3], 3, 0.9, 1.0, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_accuracy_of(y[0], y[1], y[2], y[3], 3, 0.9, 1.0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_accuracy_of(y[0], y[1], y[2], y[3], 3, 0.9, -1.0, &a), PSC_ERR_RANGE);
    for (i = 0; i < 13; i++) {
        const double level = i < 12 ? special(i) : 1.0;
        if (level > 0.0 && level < 1.0) continue;
        CHECK_STATUS(psc_accuracy_of(y[0], y[1], y[2], y[3], 3, level, 1.0, &a), PSC_ERR_RANGE);
    }
    CHECK(memcmp(&a, &before, sizeof a) == 0);
    for (i = 0; i < 12; i++) {
        for (k = 0; k < 4; k++) {
            const double was = y[k][1];
            psc_status status;
            y[k][1] = special(i);
            memset(&a, 0x5C, sizeof a);
            status = psc_accuracy_of(y[0], y[1], y[2], y[3], 3, 0.9, 1.0, &a);
            if (isinf(special(i)) || (isnan(special(i)) && k > 0)) CHECK_STATUS(status, PSC_ERR_NONFINITE);
            if (fabs(special(i)) < 1.0) CHECK_STATUS(status, PSC_OK);
            if (status == PSC_OK)
                CHECK(isfinite(a.smape) && isfinite(a.mase) && isfinite(a.msis) && isfinite(a.coverage)
                      && isfinite(a.scale));
            else
                CHECK(memcmp(&a, &before, sizeof a) == 0);
            y[k][1] = was;
        }
        memset(&a, 0x5C, sizeof a);                         /* any scale */
        if (psc_accuracy_of(y[0], y[2], y[2], y[3], 3, 0.9, special(i), &a) == PSC_OK)
            CHECK(isfinite(a.mase) && isfinite(a.msis));
        else
            CHECK(memcmp(&a, &before, sizeof a) == 0 && special(i) != 0.0);
    }
    CHECK_STATUS(psc_accuracy_of(NULL, NULL, NULL, NULL, 0, 0.9, 1.0, &a), PSC_OK);
    CHECK(a.smape == 0.0 && a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0 && a.steps == 0 && a.origins == 1);
}

/* "level: in (0, 1)" */
static void test_accuracy_levels(void)
{
    static const double level[] = {DBL_MIN, 1e-12, 1.0 - DBL_EPSILON / 2};
    const double y = 1.0, low = 2.0, high = 3.0;
    psc_accuracy a;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK_STATUS(psc_accuracy_of(&y, &y, &low, &high, 1, level[i], 1.0, &a), PSC_OK);
        CHECK(isfinite(a.msis));
    }
}

static void test_backtest_errors(void)
{
#define B(field, value, good) WHOLE(psc_backtest_config, field, value, good)
    const limit limits[] = {
        B(origins, 1, 1), B(origins, 1000, 1), B(origins, 0, 0), B(origins, 1001, 0), B(origins, INT32_MIN, 0),
        B(stride, 1, 1), B(stride, INT32_MAX, 1), B(stride, 0, 0), B(stride, -1, 0),
        REAL(psc_backtest_config, level, 0.5, 1), REAL(psc_backtest_config, level, 0.0, 0),
        REAL(psc_backtest_config, level, 1.0, 0), REAL(psc_backtest_config, level, NAN, 0),
        REAL(psc_backtest_config, level, -INFINITY, 0), B(struct_size, 0, 0)
    };
#undef B
    double y[80];
    psc_backtest_config config;
    psc_accuracy a, before;
    size_t bytes, i;
    char *work;
    fitting f;

    make_load(y, 80, 20);
    fitting_begin(&f, y, 80, NULL, 0);
    f.config.origins = 10;
    psc_backtest_default(NULL);
    psc_backtest_default(&config);
    CHECK(config.struct_size == sizeof config && config.origins == 3 && config.stride == 24 && config.level == 0.95);
    bytes = psc_backtest_size(&f.series, &f.config, &config);
    work = (char *)block_new(bytes + 8, 0xFF);
    memset(&a, 0x5C, sizeof a);
    before = a;
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        psc_status status;
        memset(&a, 0x5C, sizeof a);
        psc_backtest_default(&config);
        limit_put(&config, &limits[i]);
        CHECK_INT(psc_backtest_size(&f.series, &f.config, &config) != 0, limits[i].good);
        status = psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a);
        CHECK_STATUS(status, limits[i].good ? PSC_OK : limits[i].offset ? PSC_ERR_RANGE : PSC_ERR_VERSION);
        CHECK_INT(memcmp(&a, &before, sizeof a) != 0, limits[i].good);
    }
    a = before;
    psc_backtest_default(&config);
    CHECK_STATUS(psc_backtest_run(NULL, &f.config, &config, work, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, NULL, &config, work, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, NULL, work, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, NULL, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work + 4, bytes, &a), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes - 1, &a), PSC_ERR_SPACE);
    CHECK_INT(psc_backtest_size(NULL, &f.config, &config), 0);
    CHECK_INT(psc_backtest_size(&f.series, NULL, &config), 0);
    CHECK_INT(psc_backtest_size(&f.series, &f.config, NULL), 0);
    f.config.sar.lags = 0;
    CHECK_INT(psc_backtest_size(&f.series, &f.config, &config), 0);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_RANGE);
    f.config.sar.lags = 3;
    y[79] = INFINITY;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_NONFINITE);
    y[79] = 1e16;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_RANGE);
    CHECK(memcmp(&a, &before, sizeof a) == 0);
    free(work);
}

static void check_no_origin(const fitting *f, const psc_backtest_config *config, void *work, size_t bytes)
{
    psc_accuracy a;

    memset(&a, 0x5C, sizeof a);
    CHECK_STATUS(psc_backtest_run(&f->series, &f->config, config, work, bytes, &a), PSC_OK);
    CHECK(a.origins == 0 && a.steps == 0 && a.smape == 0.0 && a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0);
}

/* An error of a fit is one of the backtest: a regressor that is no number, before all origins or in the last
 * horizon. */
static void test_backtest_regressor(void)
{
    double y[80], regressor[80];
    psc_backtest_config config;
    psc_accuracy a, before;
    size_t bytes;
    fitting f;
    void *work;
    int t;

    make_load(y, 80, 23);
    for (t = 0; t < 80; t++) regressor[t] = t;
    fitting_begin(&f, y, 80, NULL, 0);
    f.series.regressor = regressor;
    f.series.regressors = 1;
    psc_backtest_default(&config);
    bytes = psc_backtest_size(&f.series, &f.config, &config);
    work = block_new(bytes, 0xFF);
    memset(&a, 0x5C, sizeof a);
    before = a;
    for (t = 0; t < 80; t += 79) {
        regressor[t] = NAN;
        CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_NONFINITE);
        CHECK(memcmp(&a, &before, sizeof a) == 0);
        regressor[t] = t;
    }
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK_INT(a.origins, 3);
    free(work);
}

/* A shorter history may need more room: from some 160 values on all autoregressions share their sums. */
static void test_backtest_room(void)
{
    double y[170];
    psc_backtest_config config;
    psc_accuracy a;
    size_t n;

    make_load(y, 170, 24);
    psc_backtest_default(&config);
    config.stride = 2;
    for (n = 150; n <= 170; n++) {
        fitting f;
        size_t bytes;
        void *work;
        fitting_begin(&f, y, n, NULL, 0);
        f.config.horizon = 1;
        bytes = psc_backtest_size(&f.series, &f.config, &config);
        work = block_new(bytes, 0xFF);
        CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
        CHECK_INT(a.origins, 3);
        for (f.series.n = n - 5; f.series.n <= n; f.series.n += 2)
            CHECK(psc_forecast_size(&f.series, &f.config) < bytes);
        free(work);
    }
}

/* Origins that have nothing to be fitted to, or only one value, are left out. */
static void test_backtest_short(void)
{
    double y[80];
    psc_backtest_config config;
    psc_accuracy a;
    size_t bytes, i;
    fitting f;
    void *work;

    for (i = 0; i < 80; i++) y[i] = NAN;
    fitting_begin(&f, y, 80, NULL, 0);
    psc_backtest_default(&config);
    bytes = psc_backtest_size(&f.series, &f.config, &config);
    work = block_new(bytes, 0xFF);
    check_no_origin(&f, &config, work, bytes);
    y[79] = 3.0;                                            /* a value, but none before any origin */
    check_no_origin(&f, &config, work, bytes);
    f.series.n = 0;
    check_no_origin(&f, &config, work, bytes);
    f.series.n = 25;                                        /* one value before the only origin */
    y[0] = 3.0;
    check_no_origin(&f, &config, work, bytes);
    f.series.n = 26;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK_INT(a.origins, 1);
    CHECK_INT(a.steps, 0);
    free(work);
}

/* The largest stride: one origin lies in the series, whatever becomes of the product of stride and number. The
 * levels next to 0 and 1: each is in (0, 1), so none is refused. */
static void test_backtest_extremes(void)
{
    static const double level[] = {DBL_MIN, DBL_EPSILON / 4, 0.5, 1.0 - DBL_EPSILON, 1.0 - DBL_EPSILON / 2};
    double *y = (double *)block_new(80 * sizeof *y, 0);     /* so that a read beyond it is seen */
    psc_backtest_config config;
    psc_accuracy a;
    size_t bytes, i;
    void *work;
    fitting f;

    make_load(y, 80, 22);
    fitting_begin(&f, y, 80, NULL, 0);
    f.config.origins = 10;
    psc_backtest_default(&config);
    config.origins = 1000;
    config.stride = INT32_MAX;
    bytes = psc_backtest_size(&f.series, &f.config, &config);
    work = block_new(bytes, 0xFF);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK_INT(a.origins, 1);
    CHECK_INT(a.steps, 24);
    for (i = 0; i < sizeof level / sizeof level[0]; i++) {
        config.level = level[i];
        CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
        CHECK(isfinite(a.msis) && a.coverage >= 0.0 && a.coverage <= 1.0);
    }
    free(work);
    free(y);
}

/* Mean of |y[t] - y[t-m]| over the pairs that are there. */
static double naive_scale(const double *y, int n, int m)
{
    double sum = 0.0;
    int t, pairs = 0;

    for (t = m; t < n; t++) {
        if (isnan(y[t]) || isnan(y[t - m])) continue;
        sum += fabs(y[t] - y[t - m]);
        pairs++;
    }
    return sum / pairs;
}

/* By hand: fit to what came before, predict, judge; the means of the origins weighted by their steps. At a level of
 * 3/4 the ends 1/8 and 7/8 are exact. Sums of up to 100 terms in another order: 1000 epsilon, relative. */
static void test_backtest(void)
{
    static const int32_t period[] = {24};
    static const int32_t models[] = {PSC_MODEL_AUTO, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR, PSC_MODEL_ADDITIVE};
    static const double ends[2] = {0.125, 0.875};
    enum { N = 200, H = 20, ORIGINS = 5, STRIDE = 11 };
    double y[N], regressor[N];
    int seasons, m, i, k;

    make_load(y, N, 21);
    y[33] = y[180] = y[199] = NAN;
    for (i = 0; i < N; i++) regressor[i] = i % 7 == 0;      /* rows up to the last value are all that is read */
    for (seasons = 0; seasons < 2; seasons++) {
        for (m = 0; m < 4; m++) {
            psc_backtest_config config;
            psc_accuracy got, sum, one;
            const double scale = naive_scale(y, N, seasons ? 24 : 1);
            fitting f;
            size_t bytes;
            void *work;
            fitting_begin(&f, y, N, period, seasons);
            f.series.regressor = (const double *)block_copy(regressor, sizeof regressor);
            f.series.regressors = 1;
            f.config.horizon = H;
            f.config.model = models[m];
            psc_backtest_default(&config);
            config.origins = ORIGINS;
            config.stride = STRIDE;
            config.level = 0.75;
            bytes = psc_backtest_size(&f.series, &f.config, &config);
            work = block_new(bytes, 0xFF);
            CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &got), PSC_OK);
            free(work);
            memset(&sum, 0, sizeof sum);
            for (i = 0; i < ORIGINS; i++) {
                double point[H], quantile[2 * H], low[H], high[H];
                const size_t origin = (size_t)(N - H - i * STRIDE);
                f.series.n = origin;
                CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
                CHECK_STATUS(psc_forecast_predict(f.fit, H, ends, 2, point, quantile), PSC_OK);
                for (k = 0; k < H; k++) low[k] = quantile[2 * k], high[k] = quantile[2 * k + 1];
                CHECK_STATUS(psc_accuracy_of(y + origin, point, low, high, H, 0.75, scale, &one), PSC_OK);
                sum.smape += one.smape * (double)one.steps;
                sum.mase += one.mase * (double)one.steps;
                sum.msis += one.msis * (double)one.steps;
                sum.coverage += one.coverage * (double)one.steps;
                sum.steps += one.steps;
                fitting_end(&f);
            }
            free((void *)(uintptr_t)f.series.regressor);
            CHECK_INT(got.origins, ORIGINS);
            CHECK_INT(got.steps, sum.steps);
            CHECK_NEAR(got.scale, scale, 1000 * DBL_EPSILON * scale);
            CHECK_NEAR(got.smape, sum.smape / (double)sum.steps, 1000 * DBL_EPSILON * got.smape);
            CHECK_NEAR(got.mase, sum.mase / (double)sum.steps, 1000 * DBL_EPSILON * got.mase);
            CHECK_NEAR(got.msis, sum.msis / (double)sum.steps, 1000 * DBL_EPSILON * got.msis);
            CHECK_NEAR(got.coverage, sum.coverage / (double)sum.steps, 1000 * DBL_EPSILON);
        }
    }
}

int main(void)
{
    RUN(test_forecast_config);
    RUN(test_series);
    RUN(test_series_bounds);
    RUN(test_series_longest);
    RUN(test_fit_errors);
    RUN(test_not_done);
    RUN(test_predict_errors);
    RUN(test_observe_errors);
    RUN(test_describe_errors);
    RUN(test_sar_vectors);
    RUN(test_sar_least);
    RUN(test_sar_window);
    RUN(test_naive_path);
    RUN(test_naive_parameters);
    RUN(test_notes);
    RUN(test_transform_of_models);
    RUN(test_croston_on_logs);
    RUN(test_empty);
    RUN(test_empty_regressors);
    RUN(test_short);
    RUN(test_ladder);
    RUN(test_wild);
    RUN(test_largest);
    RUN(test_period_order);
    RUN(test_bounds);
    RUN(test_range);
    RUN(test_shape);
    RUN(test_scaling);
    RUN(test_negation);
    RUN(test_offset);
    RUN(test_log_scaling);
    RUN(test_gaps_filled);
    RUN(test_gaps_line);
    RUN(test_gaps_combined);
    RUN(test_robust);
    RUN(test_robust_short);
    RUN(test_robust_season);
    RUN(test_block);
    RUN(test_slices);
    RUN(test_slices_long);
    RUN(test_regressors_unread);
    RUN(test_intervals);
    RUN(test_intervals_freedom);
    RUN(test_no_interval);
    RUN(test_coverage);
    RUN(test_coverage_short);
    RUN(test_mean);
    RUN(test_mean_of_a_constant);
    RUN(test_mean_of_logs);
    RUN(test_paths_marginal);
    RUN(test_paths_sums);
    RUN(test_paths_gaps);
    RUN(test_observe_batches);
    RUN(test_observe_recursion);
    RUN(test_observe_range);
    RUN(test_observe_zeros);
    RUN(test_observe_follows);
    RUN(test_drift);
    RUN(test_drift_in_sample);
    RUN(test_drift_long);
    RUN(test_auto_members);
    RUN(test_auto_with);
    RUN(test_auto_with_window);
    RUN(test_auto_with_fitted);
    RUN(test_auto_weights);
    RUN(test_auto_sum);
    RUN(test_auto_untested);
    RUN(test_auto_floor);
    RUN(test_auto_pattern);
    RUN(test_auto_walk);
    RUN(test_auto_trend);
    RUN(test_auto_shift);
    RUN(test_auto_unfitted);
    RUN(test_auto_partly);
    RUN(test_auto_optimism);
    RUN(test_auto_parameters);
    RUN(test_accuracy_vectors);
    RUN(test_accuracy_errors);
    RUN(test_accuracy_levels);
    RUN(test_backtest_errors);
    RUN(test_backtest_regressor);
    RUN(test_backtest_room);
    RUN(test_backtest_short);
    RUN(test_backtest_extremes);
    RUN(test_backtest);
    return test_end();
}
