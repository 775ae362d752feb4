/* driver.c - one digest per part of the library, over the bits of many results. The same lines must come out of every
 * compiler and machine: `make test` holds them against expected.txt, ../shared/tools/golden_arch.sh against each
 * other. It needs nothing but the library; all its own arithmetic is exact or rounded once, as IEEE 754 says. */
#ifndef PSC_INTERNAL
#define PSC_INTERNAL
#endif
#include "predscale.h"

#include <stdio.h>
#include <string.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/* ==== Digest ==================================================================================== */

static uint64_t digest, total = UINT64_C(0xcbf29ce484222325);
static int failed;

static void fold(uint64_t *hash, uint64_t word)         /* FNV-1a, 64 bits */
{
    int i;

    for (i = 0; i < 8; i++) {
        *hash = (*hash ^ (word & 255)) * UINT64_C(0x100000001b3);
        word >>= 8;
    }
}

static void put(int64_t x)
{
    fold(&digest, (uint64_t)x);
}

static void put_bytes(const void *bytes, size_t n)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t i;

    for (i = 0; i < n; i++) fold(&digest, b[i]);
}

static void put_state(const void *state)       /* its words, the same on machines of either byte order */
{
    const unsigned char *word = (const unsigned char *)state;
    uint64_t left = ((const psc_state *)state)->words, x;

    for (; left > 0; left--, word += 8) {
        memcpy(&x, word, 8);
        fold(&digest, x);
    }
}

static double real(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static void put_real(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    if (bits << 1 > UINT64_C(0xffe) << 52) bits = UINT64_C(0x7ff8) << 48;       /* which NaN it is says nothing */
    fold(&digest, bits);
}

static void put_reals(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) put_real(x[i]);
}

/* A digest says little about a call that did not work. */
static void must(const char *what, int32_t status)
{
    put(status);
    if (status >= 0) return;
    fprintf(stderr, "%s: %s\n", what, psc_strerror(status));
    failed = 1;
}

static void line(const char *name, uint64_t hash)
{
    printf("%-10s %08lx%08lx\n", name, (unsigned long)(hash >> 32), (unsigned long)(hash & UINT32_MAX));
}

static void topic(const char *name, void (*run)(void))
{
    digest = UINT64_C(0xcbf29ce484222325);
    run();
    line(name, digest);
    fold(&total, digest);
}

/* ==== Data ====================================================================================== */

static uint64_t seed = 1;

static uint64_t draw(void)                              /* splitmix64 */
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double uniform(void)
{
    return (double)(draw() >> 11) / 9007199254740992.0;
}

static int32_t below(int32_t n)
{
    return (int32_t)(draw() % (uint64_t)n);
}

static double triangle(int t, int period)               /* 0 to 1 and back */
{
    int at = t % period;

    return (double)(2 * at < period ? 2 * at : 2 * (period - at)) / period;
}

enum { LENGTH = 500, HORIZON = 48, LEVELS = 5 };

static double load[LENGTH];
static const double level[LEVELS] = { 0.5, 0.025, 0.1, 0.975, 0.9 };
static const int32_t seasons[] = { 24, 168 };
static double point[HORIZON], quantile[HORIZON * LEVELS];

/* What a service sees in three weeks of hours. */
static void make_load(void)
{
    int t;

    seed = 2;
    for (t = 0; t < LENGTH; t++)
        load[t] = 100.0 + 40.0 * triangle(t, 24) + 20.0 * triangle(t, 168) + 9.0 * uniform() + 0.03 * t;
}

static uint64_t work[1 << 16], state[4096], other[4096], saved[4096];

/* ==== Kernels =================================================================================== */

static void put_kernels(double x)
{
    put(psc__finite(&x) * 2 + psc__nan(&x));
    put_real(psc__exp(x));
    put_real(psc__expm1(x));
    put_real(psc__log(x));
    put_real(psc__log1p(x));
    put_real(psc__tanh(x));
    put_real(psc__logistic(x));
    put_real(psc__normal_cdf(x));
    put_real(psc__normal_quantile(x));
}

static void run_kernels(void)
{
    int64_t i;
    uint64_t bits;

    for (i = 0; i < 4096; i++) {                        /* each exponent and sign, at both ends and between */
        bits = (uint64_t)i << 52;
        put_kernels(real(bits));
        put_kernels(real(bits | 1));
        put_kernels(real(bits | (draw() >> 12)));
        put_kernels(real(bits | (UINT64_MAX >> 12)));
    }
    for (i = -3200; i <= 3200; i++) put_kernels((double)i / 4.0 + uniform());   /* where most of them do their work */
    for (i = 0; i < 2000; i++) put_kernels(uniform());
    for (i = 0; i < 2000; i++) put_kernels(6.0 * uniform() - 3.0);
}

static void run_samples(void)
{
    double x[64], a[36], b[6];
    uint64_t s = 7;
    size_t i, k, n;

    for (n = 1; n <= 64; n++) {
        for (i = 0; i < n; i++) x[i] = n % 3 == 0 ? (double)below(5) : real((draw() & ~(UINT64_C(0x600) << 52)) >> 1);
        psc__sort(x, n);
        put_reals(x, n);
        for (i = 0; i <= 10; i++) put_real(psc__quantile(x, n, (double)i / 10.0));
    }
    for (i = 0; i < 100; i++) {
        put((int64_t)psc__random(&s));
        put_real(psc__uniform(&s));
    }
    for (n = 1; n <= 6; n++) {
        for (i = 0; i < n; i++) {
            b[i] = uniform();
            for (k = 0; k < n; k++) a[i * n + k] = uniform() + (i == k ? (double)n : 0.0);
        }
        if (n == 5) for (k = 0; k < n; k++) a[3 * n + k] = 0.0;     /* a variable that is not there */
        put(psc__solve(a, b, n, n == 5 ? 0.0 : 1e-4));
        put_reals(b, n);
    }
}

/* ==== Forecasts ================================================================================= */

static void put_drift(const psc_drift *d)
{
    put(d->alarms);
    put(d->seen);
    put(d->last);
    put(d->ready);
    put_real(d->shift);
    put_real(d->size);
}

static void put_prediction(const psc_tracker *tracker, size_t h)
{
    must("psc_tracker_predict", psc_tracker_predict(tracker, h, level, LEVELS, point, quantile));
    put_reals(point, h);
    put_reals(quantile, h * LEVELS);
}

static void run_tracker(void)
{
    static const int32_t periods[][2] = { { 0, 0 }, { 24, 0 }, { 24, 168 } };
    psc_tracker_config config;
    psc_tracker *tracker = (psc_tracker *)state;
    size_t i, c;

    for (c = 0; c < 3; c++) {
        psc_tracker_default(&config);
        config.period1 = periods[c][0];
        config.period2 = periods[c][1];
        config.alpha = c == 1 ? 0.0625 : config.alpha;
        config.lower = c == 1 ? 0.0 : config.lower;
        must("psc_tracker_init", psc_tracker_init(tracker, sizeof state, &config));
        for (i = 0; i < LENGTH; i++) {              /* gaps, a spike, a step, and in the end a value below 0 */
            double y = i % 37 == 5 ? real(UINT64_C(0x7ff8) << 48) : i == 300 ? 1e12 : load[i] + (i > 380 ? 300.0 : 0.0);
            must("psc_tracker_observe", psc_tracker_observe(tracker, i == 460 ? -3.0 : y));
            if (i < 5 || i % 29 == 0) put_prediction(tracker, 20);
        }
        must("psc_trackers_observe", psc_trackers_observe(tracker, 1, &load[7]));
        must("psc_trackers_predict", psc_trackers_predict(tracker, 1, 80, 0.8, point));
        put_reals(point, 1);
    }
}

/* Alarms of all three kinds: the level rises, falls, and the noise grows. */
static void run_drift(void)
{
    psc_tracker_config config;
    psc_tracker *tracker = (psc_tracker *)state;
    psc_drift drift;
    double y = 200.0;
    int t;

    psc_tracker_default(&config);
    config.alpha = 1.0;
    must("psc_tracker_init", psc_tracker_init(tracker, sizeof state, &config));
    for (t = 0; t < 900; t++) {
        if (t > 200 && t < 300) y += 1.5;
        if (t > 460 && t < 560) y -= 1.5;
        must("psc_tracker_observe", psc_tracker_observe(tracker, y + (t > 720 ? 12.0 : 2.0) * uniform()));
        must("psc_tracker_drift", psc_tracker_drift(tracker, &drift));
        put_drift(&drift);
    }
}

static void make_series(psc_series *series, size_t n)
{
    psc_series_default(series);
    series->value = load;
    series->n = n;
    series->period = seasons;
    series->periods = 2;
}

static void put_info(const psc_forecast_info *info)
{
    put(info->model);
    put(info->transform);
    put(info->members);
    put(info->tests);
    put(info->note);
    put(info->refit);
    put(info->used);
    put(info->origins);
    put_real(info->sigma);
    put_real(info->loss);
    put_real(info->optimism);
    put(info->observed);
    put_drift(&info->drift);
}

/* All that a fit can be asked, but for paths. */
static void put_answers(const psc_forecast *fit, size_t h)
{
    static psc_forecast_member member[PSC_MAX_MEMBERS];
    static double parameter[2000];
    psc_forecast_info info;
    size_t i, members = 0, count = 0;

    must("psc_forecast_describe", psc_forecast_describe(fit, &info, member, PSC_MAX_MEMBERS, &members));
    put_info(&info);
    for (i = 0; i < members; i++) {
        put(member[i].model);
        put(member[i].kind);
        put(member[i].lags);
        put(member[i].window);
        put_real(member[i].weight);
        put_real(member[i].loss);
    }
    must("psc_forecast_parameters", psc_forecast_parameters(fit, parameter, 2000, &count));
    put((int64_t)count);
    put_reals(parameter, count);
    must("psc_forecast_predict", psc_forecast_predict(fit, h, level, LEVELS, point, quantile));
    put_reals(point, h);
    put_reals(quantile, h * LEVELS);
    must("psc_forecast_mean", psc_forecast_mean(fit, h, point));
    put_reals(point, h);
}

static void put_fit(const psc_series *series, const psc_forecast_config *config)
{
    psc_forecast *fit = (psc_forecast *)work;

    must("psc_forecast_fit", psc_forecast_fit(fit, sizeof work, series, config, NULL));
    put_answers(fit, (size_t)config->horizon);
}

static void start_config(psc_forecast_config *config, int32_t model)
{
    psc_forecast_default(config);
    config->model = model;
    config->horizon = 12;
    config->origins = 30;
}

/* The combination, of no values up to all its members, in slices too. */
static void run_forecast(void)
{
    static const size_t lengths[] = { 0, 1, 2, 3, 7, 30, 90, 280 };
    psc_forecast *fit = (psc_forecast *)work;
    psc_series series;
    psc_forecast_config config;
    size_t i;

    start_config(&config, PSC_MODEL_AUTO);
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        make_series(&series, lengths[i]);
        put_fit(&series, &config);
    }
    make_series(&series, 120);
    config.with = 1 << PSC_MODEL_THETA | 1 << PSC_MODEL_DECOMPOSITION | 1 << PSC_MODEL_CROSTON;
    config.transform = PSC_TRANSFORM_NONE;
    must("psc_forecast_init", psc_forecast_init(fit, sizeof work, &series, &config));
    while (psc_forecast_step(fit, 17) == PSC_MORE) continue;
    put_answers(fit, 12);
    load[20] = load[21] = load[100] = real(UINT64_C(0x7ff8) << 48);
    load[50] = -3.0;
    load[60] = 900.0;
    config.robust = 1;
    series.lower = 90.0;
    series.upper = 150.0;
    config.transform = PSC_TRANSFORM_LOG;
    put_fit(&series, &config);
    make_load();
}

/* Each model by name, with its own options on histories of four lengths. */
static void run_models(void)
{
    static const size_t lengths[] = { 2, 9, 40, 110 };
    psc_series series;
    psc_forecast_config config;
    int32_t model;
    size_t i;

    for (model = PSC_MODEL_NAIVE; model < PSC_MODEL_COUNT; model++)
        for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            make_series(&series, lengths[i]);
            start_config(&config, model);
            config.arima.models = 6;
            config.additive.harmonics[0] = 4;
            put_fit(&series, &config);
        }
}

/* What the options of the models can ask for beside that, one a call. */
static int take_variant(psc_forecast_config *c, int i)
{
    static const int32_t model[] = {
        PSC_MODEL_NAIVE, PSC_MODEL_NAIVE, PSC_MODEL_NAIVE, PSC_MODEL_SEASONAL_AR, PSC_MODEL_SEASONAL_AR,
        PSC_MODEL_THETA, PSC_MODEL_DECOMPOSITION, PSC_MODEL_CROSTON, PSC_MODEL_CROSTON, PSC_MODEL_ETS, PSC_MODEL_ETS,
        PSC_MODEL_AR, PSC_MODEL_AR, PSC_MODEL_ARIMA, PSC_MODEL_ARIMA, PSC_MODEL_ADDITIVE, PSC_MODEL_GRU
    };

    if (i >= (int)(sizeof model / sizeof model[0])) return 0;
    start_config(c, model[i]);
    c->naive.kind = i == 0 ? PSC_NAIVE_LAST : i == 1 ? PSC_NAIVE_DRIFT : PSC_NAIVE_SEASONAL;
    c->sar.form = i == 3 ? PSC_SAR_DIFFERENCE : PSC_SAR_PROFILE;
    c->sar.window = i == 3 ? 80 : 0;
    c->theta.kind = PSC_THETA_DYNAMIC;
    c->decomposition.iterations = 3;
    c->decomposition.trend = 1.5;
    c->croston.kind = i == 7 ? PSC_CROSTON_PLAIN : PSC_CROSTON_SBA;
    c->croston.criterion = PSC_CRITERION_ABSOLUTE;
    c->ets.error = i == 9 ? PSC_ETS_MULTIPLICATIVE : PSC_ETS_ADDITIVE;
    c->ets.trend = i == 9 ? PSC_ETS_DAMPED : PSC_ETS_ADDITIVE;
    c->ets.season = i == 9 ? PSC_ETS_MULTIPLICATIVE : PSC_ETS_NONE;
    c->ar.method = i == 11 ? PSC_AR_YULE_WALKER : PSC_AR_LEAST_SQUARES;
    c->ar.order = i == 11 ? 5 : -1;
    c->arima.method = i == 13 ? PSC_ARIMA_SUM_OF_SQUARES : PSC_ARIMA_LIKELIHOOD;
    c->arima.p = c->arima.q = c->arima.seasonal_p = 1;
    c->arima.d = i == 13 ? 1 : 0;
    c->arima.seasonal_d = c->arima.seasonal_q = c->arima.constant = 0;
    c->arima.given = i == 14;
    c->arima.ar[0] = 0.75;
    c->arima.ma[0] = -0.25;
    c->arima.seasonal_ar[0] = 0.5;
    c->additive.robust = 2;
    c->additive.knots = 5;
    c->additive.memory = 50.0;
    c->gru.units = 3;
    c->gru.steps = 20;
    c->gru.seed = 7;
    return 1;
}

static void run_options(void)
{
    static double regressor[(110 + 12) * 2];
    psc_series series;
    psc_forecast_config config;
    int i;

    for (i = 0; i < (110 + 12) * 2; i++) regressor[i] = (double)(i % 2 ? i / 2 % 5 : below(9));
    for (i = 0; i < 110; i++) load[i] += 3.0 * regressor[2 * i];
    for (i = 0; take_variant(&config, i); i++) {
        make_series(&series, 110);
        series.regressor = regressor;
        series.regressors = 2;
        put_fit(&series, &config);
    }
    for (i = 0; i < 110; i++) load[i] = i % 5 == 2 ? (double)below(4) : 0.0;        /* demand that seldom comes */
    for (i = 7; i < 9; i++) {
        make_series(&series, 110);
        (void)take_variant(&config, i);
        put_fit(&series, &config);
    }
    make_load();
}

/* Paths, and what the fit says after each of the next days. */
static void run_observe(void)
{
    static double paths[20 * 12];
    psc_forecast *fit = (psc_forecast *)work;
    psc_series series;
    psc_forecast_config config;
    int32_t model;
    size_t k;

    load[130] = real(UINT64_C(0x7ff8) << 48);
    load[160] = -5.0;
    for (model = PSC_MODEL_AUTO; model < PSC_MODEL_COUNT; model++) {
        make_series(&series, 100);
        start_config(&config, model);
        config.arima.models = 3;
        config.additive.harmonics[0] = 4;
        config.ets.season = PSC_ETS_MULTIPLICATIVE;
        must("psc_forecast_fit", psc_forecast_fit(fit, sizeof work, &series, &config, NULL));
        for (k = 0; k < 4; k++) {
            must("psc_forecast_paths", psc_forecast_paths(fit, 12, 20, paths));
            put_reals(paths, 20 * 12);
            must("psc_forecast_observe", psc_forecast_observe(fit, load + 100 + 24 * k, 24));
            put_answers(fit, 12);
        }
    }
    make_load();
}

static void put_accuracy(const psc_accuracy *a)
{
    put_real(a->smape);
    put_real(a->mase);
    put_real(a->msis);
    put_real(a->coverage);
    put_real(a->scale);
    put(a->steps);
    put(a->origins);
}

static void run_backtest(void)
{
    psc_series series;
    psc_forecast_config forecast;
    psc_backtest_config config;
    psc_accuracy accuracy;
    double low[HORIZON], high[HORIZON];
    size_t i;

    make_series(&series, 150);
    start_config(&forecast, PSC_MODEL_SEASONAL_AR);
    psc_backtest_default(&config);
    must("psc_backtest_run", psc_backtest_run(&series, &forecast, &config, work, sizeof work, &accuracy));
    put_accuracy(&accuracy);
    for (i = 0; i < HORIZON; i++) {
        point[i] = load[i + 24];
        low[i] = point[i] - 4.0;
        high[i] = point[i] + 3.0;
    }
    must("psc_accuracy_of", psc_accuracy_of(load, point, low, high, HORIZON, 0.9, 5.0, &accuracy));
    put_accuracy(&accuracy);
}

/* ==== Series ==================================================================================== */

static void run_parts(void)
{
    static double trend[LENGTH], season[2 * LENGTH], remainder[LENGTH];
    psc_series series;
    psc_parts parts;
    size_t n;

    load[0] = load[30] = load[31] = load[300] = real(UINT64_C(0x7ff8) << 48);
    for (n = 10; n <= LENGTH; n *= 7) {                 /* no season, one, both */
        make_series(&series, n);
        must("psc_decompose", psc_decompose(&series, work, sizeof work, trend, season, remainder, &parts));
        put_reals(trend, n);
        put_reals(season, 2 * n);
        put_reals(remainder, n);
        put(parts.note);
        put_real(parts.trend);
        put_reals(parts.season, PSC_MAX_PERIODS);
    }
    make_load();
}

static void run_periods(void)
{
    int32_t period[PSC_MAX_FOUND], count;
    size_t n;
    int i;

    load[20] = load[21] = load[22] = load[60] = real(UINT64_C(0x7ff8) << 48);
    for (n = 15; n <= LENGTH; n = n * 2 + 1) {
        must("psc_periods_of", psc_periods_of(load, n, work, sizeof work, period, &count));
        put(count);
        for (i = 0; i < PSC_MAX_FOUND; i++) put(period[i]);
    }
    make_load();
}

/* Of six columns the first three and the fifth are in the values. */
static void run_regressors(void)
{
    static double value[150], regressor[150 * 6];
    psc_regressors *select = (psc_regressors *)work;
    psc_regressors_config config;
    psc_regressors_info info;
    psc_series series;
    int32_t order[6];
    double gain[6];
    size_t t, k;

    for (t = 0; t < 150; t++) {
        for (k = 0; k < 6; k++) regressor[6 * t + k] = k == 2 ? (double)(t % 7 == 3) : (double)below(10);
        value[t] = load[t] + 4.0 * regressor[6 * t] + 2.0 * regressor[6 * t + 1] + 30.0 * regressor[6 * t + 2]
                   + 0.5 * regressor[6 * t + 4];
    }
    make_series(&series, 150);
    series.value = value;
    series.regressor = regressor;
    series.regressors = 6;
    psc_regressors_default(&config);
    config.additive.harmonics[0] = 3;
    config.additive.knots = 2;
    config.blocks = 4;
    must("psc_regressors_init", psc_regressors_init(select, sizeof work, &series, &config));
    do {
        must("psc_regressors_best", psc_regressors_best(select, order, gain, &info));
        for (k = 0; k < 6; k++) put(order[k]);
        put_reals(gain, 6);
        put(info.chosen);
        put(info.done);
        put(info.transform);
        put_real(info.before);
        put_real(info.after);
        put_real(info.needed);
        put_real(info.rho);
    } while (!info.done && psc_regressors_step(select, &series, &config, 40) >= PSC_OK);
}

static void run_calendar(void)
{
    static const int64_t starts[] = { -1, 951782400, 4107542399, -2208988800, PSC_MAX_SECONDS };
    static const int64_t steps[] = { 900, 3600, 7777, 86400 };
    static double out[50 * 80];
    static psc_event event[20];
    psc_calendar calendar;
    size_t columns, c;
    int32_t group, index;
    int i;

    for (c = 0; c < 20; c++) {
        psc_calendar_default(&calendar);
        calendar.groups = PSC_CALENDAR_ALL;
        calendar.start = starts[c % 5];
        calendar.step = steps[c % 4];
        calendar.offset_minutes = below(1441) - 720;
        calendar.event = event;
        calendar.events = 20;
        calendar.event_columns = 2;
        for (i = 0; i < 20; i++) {
            event[i].start = calendar.start + below(50) * calendar.step + below(900) - 450;
            event[i].end = event[i].start + 1 + below(200000);
            event[i].amount = uniform() - 0.25;
            event[i].column = below(2);
        }
        columns = psc_calendar_columns(&calendar);
        put((int64_t)columns);
        must("psc_calendar_column", psc_calendar_column(&calendar, 3 * c, &group, &index));
        put(group);
        put(index);
        must("psc_calendar_fill", psc_calendar_fill(&calendar, 50, out, columns));
        put_reals(out, 50 * columns);
    }
}

/* ==== Fleet ===================================================================================== */

/* Fifteen series of a tree: three fleets, four nodes each but the last. */
static void run_reconcile(void)
{
    static const int32_t parent[] = { -1, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, -1 };
    double forecast[15 * 4], error[15 * 4], share[15], result[15 * 4], spread[15 * 4];
    psc_hierarchy h;
    psc_reconcile_info info;
    int i, variant;

    for (i = 0; i < 60; i++) {
        forecast[i] = 40.0 * uniform() - (i % 9 == 0 ? 30.0 : 8.0);
        error[i] = i % 13 == 0 ? 0.0 : 1.0 + 5.0 * uniform();
    }
    for (i = 0; i < 15; i++) share[i] = (double)below(5);
    for (variant = 0; variant < 24; variant++) {
        psc_reconcile_default(&h);
        h.method = PSC_RECONCILE_TRACE + variant % 3;
        h.nonnegative = variant / 3 % 2;
        h.series = 15;
        h.steps = 4;
        h.parent = parent;
        h.point = forecast;
        h.spread = variant / 6 % 2 ? error : NULL;
        h.share = variant / 12 ? share : NULL;
        must("psc_reconcile_run", psc_reconcile_run(&h, work, sizeof work, result, spread, &info));
        put_reals(result, 60);
        put_reals(spread, 60);
        put_real(info.before);
        put_real(info.moved);
        put(info.rounds);
        put(info.held);
    }
}

static void put_ranked(const psc_ranked *list, int64_t count)
{
    int64_t i;

    put(count);
    for (i = 0; i < count; i++) {
        put(list[i].index);
        put_real(list[i].change);
        put_real(list[i].now);
        put_real(list[i].next);
        put_real(list[i].z);
        put_real(list[i].probability);
        put_real(list[i].p);
    }
}

static void run_rank(void)
{
    psc_ranked up[10], down[10];
    double next[200], error[200], low[200], high[200];
    psc_changes changes;
    psc_rank_info info;
    size_t i;
    int variant;

    for (i = 0; i < 200; i++) {
        next[i] = i % 4 == 0 ? load[i] + 5.0 : load[i + 12];
        error[i] = 3.0 + 20.0 * uniform();
        low[i] = next[i] - error[i];
        high[i] = next[i] + 2.0 * error[i];
    }
    for (variant = 0; variant < 9; variant++) {
        psc_changes_default(&changes);
        changes.decision = PSC_RANK_ALL + variant % 3;
        changes.n = 200;
        changes.now = load;
        changes.next = next;
        if (variant / 3 == 1) changes.spread = error;
        if (variant / 3 == 2) {
            changes.lower = low;
            changes.upper = high;
        }
        must("psc_rank_shards", psc_rank_shards(&changes, work, sizeof work, up, 10, down, 10, &info));
        put_ranked(up, info.ups);
        put_ranked(down, info.downs);
        put(info.up_total);
        put(info.down_total);
        put_real(info.limit);
    }
}

/* ==== Nodes ===================================================================================== */

static void put_score(int64_t now)
{
    psc_node_score score;
    int32_t metric[3];
    double z[3];
    size_t i, count;

    must("psc_node_score_at", psc_node_score_at((const psc_node *)state, now, &score));
    put_real(score.instability);
    put_real(score.level);
    put_real(score.z);
    put_real(score.joint);
    put_real(score.drift);
    put_real(score.phi);
    put_real(score.jitter);
    put_real(score.onset);
    put(score.metric);
    put(score.learned);
    put(score.beats);
    put(score.shards);
    put(score.signs);
    put_reals(score.sign, PSC_SIGNS);
    must("psc_node_contributors", psc_node_contributors((const psc_node *)state, 3, metric, z, &count));
    for (i = 0; i < count; i++) {
        put(metric[i]);
        put_real(z[i]);
    }
}

static void run_node(void)
{
    psc_node_config config;
    psc_beat beat;
    double metric[7];
    int t;

    psc_node_default(&config);
    config.id = 3;
    must("psc_node_init", psc_node_init((psc_node *)state, sizeof state, &config));
    put_score(0);
    memset(&beat, 0, sizeof beat);
    beat.node = beat.sender = 3;
    for (t = 0; t < LENGTH; t++) {
        double ill = t > 400 ? (double)(t - 400) : 0.0;
        beat.epoch = t < 250 ? 1 : 2;
        beat.sequence = (uint64_t)(t % 250 + t / 100);
        beat.received_at += 1000000000 + below(50000000) + (t > 450 ? 300000000 : 0);
        beat.sent_at = beat.received_at - 1000;
        beat.shards = 10 + t / 50;
        metric[PSC_METRIC_RATE] = load[t];
        metric[PSC_METRIC_LATENCY] = 0.001 + 0.0002 * uniform() + 0.0001 * ill;
        metric[PSC_METRIC_ERRORS] = 0.001 * uniform() + ill / 200.0;
        metric[PSC_METRIC_CPU] = load[t] / 400.0;
        metric[PSC_METRIC_MEMORY] = 0.4 + 0.01 * uniform();
        metric[PSC_METRIC_NETWORK] = load[t] * 1000.0;
        metric[PSC_METRIC_CAPACITY] = t % 11 ? 400.0 - load[t] : real(UINT64_C(0x7ff8) << 48);
        put(psc_node_observe((psc_node *)state, &beat, metric));    /* at the seams of 100 and 250 some are refused */
        put_score(beat.received_at + 20000000 * (int64_t)(t % 90));
    }
    put_score(beat.received_at + INT64_C(3600000000000));
}

/* Outcomes known and outcomes that come late, through the logistic and its correction. */
static void run_failure(void)
{
    psc_failure_config config;
    psc_failure_report report;
    psc_node_score score;
    size_t written = 0;
    double p = 0.0;
    int i, k;

    memset(&score, 0, sizeof score);
    psc_failure_default(&config);
    config.capacity = 50;
    config.horizon_ns = INT64_C(20000000000);
    config.correct_from = 100.0;
    must("psc_failure_init", psc_failure_init((psc_failure *)other, sizeof other, &config));
    for (i = 0; i < 1500; i++) {
        const int64_t now = i * INT64_C(1000000000);
        score.z = 9.0 * uniform();
        score.joint = uniform();
        score.drift = 2.0 * uniform();
        score.signs = i % 4 != 0;
        for (k = 0; k < PSC_SIGNS; k++) score.sign[k] = score.signs ? 2.0 * uniform() - 0.5 : 0.0;
        score.phi = (double)below(4);
        must("psc_failure_probability", psc_failure_probability((psc_failure *)other, &score, &p));
        put_real(p);
        must("psc_failure_watch", psc_failure_watch((psc_failure *)other, i % 5, now, &score));
        if (score.z + 3.0 * uniform() > 10.0) must("psc_failure_happened", psc_failure_happened((psc_failure *)other, i % 5, now + 5));
        if (i % 97 == 0) must("psc_failure_censor", psc_failure_censor((psc_failure *)other, i % 3, now));
        must("psc_failure_learn", psc_failure_learn((psc_failure *)other, &score, score.z + 4.0 * uniform() > 9.0));
        if (i == 700) must("psc_failure_loosen", psc_failure_loosen((psc_failure *)other));
    }
    must("psc_failure_report_of", psc_failure_report_of((psc_failure *)other, &report));
    put_real(report.skill);
    put_real(report.ece);
    put_reals(report.came, PSC_REPORT_BINS);
    must("psc_save", psc_save(other, saved, sizeof saved, &written));
    put_bytes(saved, written);
}

static void run_threshold(void)
{
    psc_threshold_config config;
    psc_shift shift = { 0, 0 };
    double value = 0.0;
    int i;

    psc_threshold_default(&config);
    must("psc_threshold_init", psc_threshold_init((psc_threshold *)other, sizeof other, &config));
    for (i = 0; i < 1000; i++) {
        const int64_t now = i * INT64_C(60000000000);
        must("psc_threshold_learn", psc_threshold_learn((psc_threshold *)other, 1 + (int32_t)below(4)));
        must("psc_threshold_fleet", psc_threshold_fleet((psc_threshold *)other, 4.0 * uniform()));
        must("psc_threshold_decide", psc_threshold_decide((psc_threshold *)other, uniform(), now, &shift, &value));
        put(shift.on);
        put_real(value);
    }
}

static void run_silence(void)
{
    psc_silence_config config;
    psc_silence_report report;
    int64_t heard[9], now = 0;
    int32_t suspected[9];
    size_t written = 0;
    int i, k;

    psc_silence_default(&config);
    must("psc_silence_init", psc_silence_init((psc_silence *)other, sizeof other, &config));
    for (k = 0; k < 9; k++) heard[k] = 0;
    for (i = 0; i < 1000; i++) {
        now += 1000000000 + (i % 200 == 50 ? INT64_C(7000000000) : 0);
        for (k = 0; k < 9; k++) {
            if (below(10) == 0 || (i > 900 && k == 4)) continue;
            must("psc_silence_learn", psc_silence_learn((psc_silence *)other, heard[k], now - k));
            heard[k] = now - k;
        }
        if (i % 300 == 299) must("psc_silence_failed", psc_silence_failed((psc_silence *)other));
        must("psc_silence_round", psc_silence_round((psc_silence *)other, now, 9, heard, suspected));
        must("psc_silence_report_of", psc_silence_report_of((psc_silence *)other, &report));
        for (k = 0; k < 9; k++) put(suspected[k]);
        put(report.limit_ns);
        put(report.excused_ns);
        put_real(report.false_a_year);
    }
    must("psc_save", psc_save(other, saved, sizeof saved, &written));
    put_bytes(saved, written);
}

static void run_relief(void)
{
    enum { ALL = 40, FLEET = 6 };
    psc_relief relief;
    psc_relief_info info;
    double p[FLEET], impact[ALL], price[ALL], tie[2 * ALL], drain[FLEET];
    int32_t crossed[FLEET], at[ALL], to[2 * ALL], shard[ALL];
    int64_t from[ALL + 1], amount[FLEET], reduced[FLEET];
    int i, round;

    for (round = 0; round < 30; round++) {
        for (i = 0; i < FLEET; i++) {
            p[i] = uniform();
            crossed[i] = p[i] > 0.5;
            amount[i] = 1000000 + below(1000000);
        }
        for (i = 0; i < ALL; i++) {
            at[i] = (int32_t)below(FLEET);
            impact[i] = 10.0 * uniform();
            price[i] = 4.0 * uniform();
            from[i] = 2 * i;
            to[2 * i] = (i + 1) % ALL;
            to[2 * i + 1] = (i + ALL - 1) % ALL;
        }
        for (i = 0; i < ALL; i++) tie[2 * i] = tie[2 * ((i + 1) % ALL) + 1] = 3.0 * uniform();
        from[ALL] = 2 * ALL;
        psc_relief_default(&relief);
        relief.nodes = FLEET;
        relief.shards = ALL;
        relief.p = p;
        relief.crossed = crossed;
        relief.home = at;
        relief.impact = impact;
        relief.disruption = price;
        relief.tied_from = from;
        relief.tied_to = to;
        relief.tie = tie;
        relief.budget = round % 3 ? 20.0 : 1e15;
        must("psc_relief_of", psc_relief_of(&relief, other, sizeof other, drain, shard, &info));
        for (i = 0; i < info.shards; i++) put(shard[i]);
        put_real(info.risk);
        put_reals(drain, FLEET);
        must("psc_relief_soft", psc_relief_soft(drain, FLEET, 1, amount, reduced));
        for (i = 0; i < FLEET; i++) put(reduced[i]);
    }
}

/* Whole states, as saved bytes: also every field that nothing above has looked at. Uses what run_node left. */
static void run_save(void)
{
    psc_tracker_config config;
    size_t i, written = 0;

    must("psc_save", psc_save(state, saved, sizeof saved, &written));
    put_bytes(saved, written);
    psc_tracker_default(&config);
    config.period1 = 24;
    must("psc_tracker_init", psc_tracker_init((psc_tracker *)state, sizeof state, &config));
    for (i = 0; i < LENGTH; i++) {
        must("psc_tracker_observe", psc_tracker_observe((psc_tracker *)state, load[i]));
        if (i % 100 && i > 3) continue;
        must("psc_save", psc_save(state, saved, sizeof saved, &written));
        put_bytes(saved, written);
        must("psc_load", psc_load(PSC_TYPE_TRACKER, saved, written, other, sizeof other));
        put(memcmp(other, state, written - 8));
    }
}

/* ==== Partition ================================================================================= */

enum { NODES = 12, SHARDS = 90, GROUPS = 30, RESOURCES = 3 };

static int64_t capacity[NODES * RESOURCES], soft[NODES * RESOURCES], demand[SHARDS * RESOURCES];
static int64_t move_cost[SHARDS], distance[NODES * NODES];
static int32_t domain[NODES], zone[NODES], place[NODES], closed[NODES];
static int32_t home[SHARDS], group[SHARDS], pinned[SHARDS], spread[GROUPS], depend_from[GROUPS + 1], depend[GROUPS];
static const int32_t transient[RESOURCES] = { 0, 1, 0 };
static const int64_t weight[RESOURCES] = { 1, 2, 5 };
static const psc_balance balance[] = { { 0, 1, 2, 3 } };
static int64_t load_weight[NODES], size[SHARDS], impact[SHARDS], rested[SHARDS], capacity_at_risk[NODES * RESOURCES];
static int64_t demand_at_risk[SHARDS * RESOURCES];
static int32_t risk[NODES], going[SHARDS];
static psc_pair pairs[40];
static int32_t assignment[SHARDS];

static void make_cluster(psc_cluster *c, int variant)
{
    int i, r;

    for (i = 0; i < NODES; i++) {
        domain[i] = i / 3;
        zone[i] = i / 6;
        place[i] = i;
        closed[i] = variant == 1 && i == 4;
        for (r = 0; r < RESOURCES; r++) capacity[i * RESOURCES + r] = 800000 + below(400000);
        for (r = 0; r < NODES; r++) distance[i * NODES + r] = i == r ? 0 : 100 + below(100);
    }
    for (i = 0; i < SHARDS; i++) {
        group[i] = i / 3;
        home[i] = (i % 3 * 5 + i / 3 * (variant == 2 ? 0 : 1)) % NODES;
        move_cost[i] = 1 + below(50);
        pinned[i] = below(20) == 0;
        for (r = 0; r < RESOURCES; r++) demand[i * RESOURCES + r] = 10000 + below(110000);
    }
    for (i = 0; i < GROUPS; i++) {
        spread[i] = 1 + i % 2;
        depend_from[i] = i == 0 ? 0 : i <= 10 ? i - 1 : 10;
        depend[i] = (i + 11) % GROUPS;
    }
    depend_from[GROUPS] = 10;
    psc_cluster_default(c);
    c->resources = RESOURCES;
    c->nodes = NODES;
    c->shards = SHARDS;
    c->capacity = capacity;
    c->demand = demand;
    c->home = home;
    if (variant == 0) return;
    c->groups = GROUPS;
    c->balances = 1;
    c->places = NODES;
    c->domain = domain;
    c->zone = zone;
    c->place = place;
    c->closed = closed;
    c->group = group;
    c->move_cost = move_cost;
    c->pinned = pinned;
    c->spread = spread;
    c->depend_from = depend_from;
    c->depend = depend;
    c->transient = transient;
    c->weight = weight;
    c->balance = balance;
    c->distance = distance;
    c->weight_group = 7;
    must("psc_soft_amounts", psc_soft_amounts(c, 0.05, soft));
    for (i = 0; i < NODES * RESOURCES; i++) put(soft[i]);
    c->soft = soft;
}

/* Pairs, failures, moves under way, demands with a spread. */
static void add_rest(psc_cluster *c)
{
    double mean[SHARDS * RESOURCES], deviation[SHARDS * RESOURCES], probability[NODES];
    int i;

    for (i = 0; i < SHARDS * RESOURCES; i++) {
        mean[i] = (double)demand[i];
        deviation[i] = 0.2 * (double)demand[i] * load[i % LENGTH] / (1.0 + load[i % LENGTH]);
    }
    must("psc_overload_of", psc_overload_of(c, mean, deviation, NULL, work, sizeof work, probability));
    put_reals(probability, NODES);
    must("psc_risk_amounts", psc_risk_amounts(c, mean, deviation, 0.95, demand_at_risk, capacity_at_risk));
    for (i = 0; i < NODES; i++) {
        load_weight[i] = 1 + below(3);
        risk[i] = (int32_t)below(50000);
    }
    for (i = 0; i < SHARDS; i++) {
        size[i] = below(1000);
        impact[i] = below(1000000);
        rested[i] = below(100);
        going[i] = below(15) == 0 ? (int32_t)below(NODES) : home[i];
    }
    for (i = 0; i < 40; i++) {
        pairs[i].a = (int32_t)below(SHARDS - 1);
        pairs[i].b = pairs[i].a + 1;
        pairs[i].weight = below(5000);
    }
    c->capacity = capacity_at_risk;
    c->demand = demand_at_risk;
    c->load_weight = load_weight;
    c->risk = risk;
    c->size = size;
    c->impact = impact;
    c->rested = rested;
    c->going = going;
    c->pair = pairs;
    c->pairs = 40;
    c->weight_disruption = 1;
}

static void put_provision(const psc_cluster *c)
{
    psc_provision p;

    must("psc_provision_of", psc_provision_of(c, 0.4, 0.7, &p));
    put_real(p.use);
    put(p.verdict);
    put(p.resource);
    put(p.nodes);
    put(p.shard);
}

static void run_imbalance(void)
{
    psc_cluster cluster;
    psc_imbalance im;
    double node_score[NODES], shard_score[SHARDS];
    int64_t amount[40];
    int variant, i;

    for (variant = 0; variant < 3; variant++) {
        make_cluster(&cluster, variant);
        must("psc_cluster_check", psc_cluster_check(&cluster));
        must("psc_imbalance_of",
             psc_imbalance_of(&cluster, NULL, 0.1, work, sizeof work, node_score, shard_score, &im));
        put_reals(node_score, NODES);
        put_reals(shard_score, SHARDS);
        put_real(im.fleet);
        put_real(im.rms);
        put_real(im.peak);
        put(im.node);
        put(im.resource);
        put(im.above);
        put(im.overloaded);
        must("psc_imbalance_move", psc_imbalance_move(&cluster, NULL, work, sizeof work, 7, 3, node_score, shard_score));
        put_real(node_score[0]);
        put_real(shard_score[0]);
        put_provision(&cluster);
    }
    must("psc_amounts_of", psc_amounts_of(load, 40, 0.003, amount));
    for (i = 0; i < 40; i++) put(amount[i]);
}

static void put_explanations(psc_plan *plan, const psc_cluster *cluster)
{
    psc_refusal refusal;
    int s, b;

    for (s = 0; s < SHARDS; s++) {
        must("psc_plan_explain", psc_plan_explain(plan, cluster, s, &refusal));
        put(refusal.block);
        put(refusal.node);
        put(refusal.resource);
        put(refusal.gain);
        for (b = 0; b < PSC_BLOCK_COUNT; b++) put(refusal.count[b]);
    }
}

static void put_waves(const psc_cluster *cluster)
{
    psc_waves_config config;
    psc_waves_info info;
    psc_move order[2 * SHARDS];
    int i;

    psc_waves_default(&config);
    config.total = 6;
    must("psc_waves_of", psc_waves_of(cluster, &config, assignment, work, sizeof work, order, 2 * SHARDS, &info));
    put(info.waves);
    put(info.moves);
    put(info.stuck);
    put(info.parks);
    put(info.strained);
    for (i = 0; i < info.moves + info.stuck; i++) {
        put(order[i].shard);
        put(order[i].from);
        put(order[i].to);
        put(order[i].wave);
        put(order[i].block);
        put(order[i].resource);
    }
}

static void run_plan(void)
{
    psc_cluster cluster;
    psc_plan_config config;
    psc_plan_info info;
    psc_plan *plan = (psc_plan *)work;
    int variant, i;

    for (variant = 0; variant < 5; variant++) {
        make_cluster(&cluster, variant);
        psc_plan_default(&config);
        config.targets = variant == 2 ? 4 : 0;
        if (variant > 2) {
            config.horizon = 30000;
            config.seed = (uint64_t)variant;
        }
        if (variant == 4) {
            add_rest(&cluster);
            config.cooldown = 20;
            config.max_node_moves = 12;
            config.max_bytes = 20000;
        }
        must("psc_cluster_check", psc_cluster_check(&cluster));
        must("psc_plan_init", psc_plan_init(plan, sizeof work, &cluster, &config));
        while (psc_plan_step(plan, &cluster, 100) == PSC_MORE) {
            must("psc_plan_best", psc_plan_best(plan, &cluster, NULL, &info));
            put(info.cost);
        }
        must("psc_plan_best", psc_plan_best(plan, &cluster, assignment, &info));
        for (i = 0; i < SHARDS; i++) put(assignment[i]);
        put(info.load);
        put(info.balance);
        put(info.move);
        put(info.group);
        put(info.distance);
        put(info.apart);
        put(info.disruption);
        put(info.risk);
        put(info.bound);
        put(info.bytes);
        put(info.cost_before);
        put(info.overload);
        put(info.overload_before);
        put(info.moves);
        put(info.evaluations);
        put(info.done);
        put_explanations(plan, &cluster);
        put_waves(&cluster);
    }
}

/* ==== Personas ================================================================================== */

static void put_persona(const psc_personas *p, int32_t node, int32_t type)
{
    psc_persona x;

    must("psc_personas_explain", psc_personas_explain(p, node, type, &x));
    put(x.state);
    put(x.prefetch);
    put(x.verdict);
    put(x.held);
    put_real(x.capacity);
    put_real(x.stability);
    put_real(x.affinity);
    put_real(x.cost);
    put_real(x.weight);
    put_real(x.wait);
    put_real(x.service);
    put_real(x.risk);
    put_real(x.share);
    put_real(x.confidence);
}

/* Draws of events from a generator of its own, so that the parts after this one draw as before. */
static void run_fleet_of(psc_personas *p, const psc_personas_config *c, uint64_t seed)
{
    const double missing = real(UINT64_C(0x7ff8) << 48);
    int64_t now = 0;
    int i;

    for (i = 0; i < 3000; i++) {
        const uint64_t draw = psc__random(&seed);
        const int32_t node = (int32_t)(draw % (uint64_t)c->nodes);
        psc_request q = {0, 0, 0.0, 0.0, 0.0};
        psc_persona_beat b = {0.4, 0.0, 0.2, 0.0, 0.0};
        psc_outcome o = {0, 1, 0, 0, 0.0, 0.0, 0.0, 0.0, 1.0};
        psc_assignment a;
        q.type = (int32_t)(draw >> 20 & 1);
        q.lead = (int32_t)(draw >> 24) % (c->nodes + 1) - 1;
        if (q.lead < 0) q.lead = -1;
        q.size = 0.5 + psc__uniform(&seed);
        q.complexity = (double)(draw >> 30 & 3);
        now += (int64_t)(draw >> 40);
        must("psc_personas_assign", psc_personas_assign(p, now, &q, &a));
        put(a.node * 65536 + a.choice);
        put(a.runner_up);
        put(a.shadow);
        put_real(a.score);
        put_real(a.runner_up_score);
        o.node = a.node;
        o.ok = draw % 16 > 0;
        o.expected = a.service;
        o.latency = 0.01 + 0.05 * psc__uniform(&seed);
        o.service = draw % 3 ? 0.6 * o.latency : missing;
        o.reference = 0.03;
        must("psc_personas_outcome", psc_personas_outcome(p, now, &q, &o));
        o.node = a.shadow;
        o.shadow = 1;
        if (a.shadow >= 0) must("psc_personas_outcome", psc_personas_outcome(p, now, &q, &o));
        b.workers = missing;
        b.failure = draw % 97 == 0 ? 0.8 : 0.1;
        if (draw % 5 == 0) must("psc_personas_beat", psc_personas_beat(p, now, node, &b));
        if (draw % 101 == 0) must("psc_personas_silent", psc_personas_silent(p, now, node));
        if (draw % 103 == 0) must("psc_personas_drain", psc_personas_drain(p, now, node));
        if (draw % 11 == 0) must("psc_personas_resume", psc_personas_resume(p, now, node));
        put_persona(p, node, q.type);
    }
}

static void run_personas(void)
{
    static uint64_t memory[8192];
    static const int32_t nodes[3] = {5, 40, 80};
    psc_personas_config config;
    double service[80];
    psc_request q = {1, 2, 1.5, 0.5, 0.0};
    int i, k;

    for (i = 0; i < 4; i++) {
        psc_personas_default(&config);
        config.nodes = nodes[i % 3];
        config.types = 2;
        config.shadow_rate = 0.2;
        config.cold_ns = 1000000;
        config.policy = i == 3 ? PSC_POLICY_WEIGHTED : PSC_POLICY_TIME;
        must("psc_personas_init", psc_personas_init((psc_personas *)memory, sizeof memory, &config));
        run_fleet_of((psc_personas *)memory, &config, (uint64_t)i);
        must("psc_personas_cost", psc_personas_cost((psc_personas *)memory, &q, service, NULL));
        for (k = 0; k < config.nodes; k++) put_real(service[k]);
    }
}

/* ==== Blocks ==================================================================================== */

static void run_split(void)
{
    static uint64_t mem[60000], start[64] = {0};
    static psc_split_order order[64];
    psc_split *split = (psc_split *)(void *)mem;
    psc_split_config config;
    psc_split_view view;
    double size[64], load[64];
    size_t n = 1, count, i, k;
    int t;

    psc_split_default(&config);
    config.shards = 64;
    config.samples = 2048;
    must("psc_split_init", psc_split_init(split, sizeof mem, &config));
    for (t = 0; t < 150; t++) {
        must("psc_split_shards", psc_split_shards(split, start, n));
        for (k = 0; k < (t < 60 ? 500u : 90u); k++) {
            const uint64_t key = k % 7 == 0 && t < 30 ? UINT64_C(1) << 60 : (draw() >> 12) * (uint64_t)(1 + t % 9);
            must("psc_split_observe", psc_split_observe(split, key, 0.5 + uniform()));
        }
        for (i = 0; i < n; i++) size[i] = 10.0 + 200.0 / (double)n;
        psc_split_view_default(&view);
        view.size = size;
        must("psc_split_tick", psc_split_tick(split, &view, order, 64 - n, &count, load));
        put_reals(load, n);
        for (i = 0; i < count; i++) {
            put((int64_t)order[i].key);
            put(order[i].kind);
            put(order[i].shard);
            for (k = 0; k < n && start[k] < order[i].key; k++) { }
            if (order[i].kind == PSC_SPLIT_CUT) {
                memmove(&start[k + 1], &start[k], (n++ - k) * 8);
                start[k] = order[i].key;
            } else if (order[i].kind == PSC_SPLIT_MERGE) {
                memmove(&start[k], &start[k + 1], (--n - k) * 8);
            }
        }
    }
    put((int64_t)psc_split_key("abcde", 5));
    put_state(split);
}

static void run_echo(void)
{
    static uint64_t mem[20000];
    static psc_echo_order order[200];
    psc_echo *echo = (psc_echo *)(void *)mem;
    int64_t backlog[6], service[6];
    int32_t places[6];
    psc_echo_nodes nodes;
    psc_echo_config config;
    psc_echo_route route;
    psc_echo_block hot[5];
    uint64_t epoch;
    size_t count, i;
    int t, k;

    psc_echo_default(&config);
    config.nodes = 6;
    config.tracked = 64;
    must("psc_echo_init", psc_echo_init(echo, sizeof mem, &config));
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = backlog;
    nodes.service_ns = service;
    nodes.places = places;
    for (t = 0; t < 200; t++) {
        const int64_t now = (int64_t)t * 10000000;
        for (k = 0; k < 50; k++) {
            const double u = uniform();
            const uint64_t block = (uint64_t)(300.0 * u * u * u);
            if (below(40) == 0) {
                must("psc_echo_write", psc_echo_write(echo, block, (int32_t)(block % 6), now + k * 1000, &epoch));
                continue;
            }
            must("psc_echo_read", psc_echo_read(echo, block, (int32_t)(block % 6), now + k * 1000, &route));
            put(route.node);
            put((int64_t)route.epoch);
        }
        for (k = 0; k < 6; k++) {
            backlog[k] = below(30) == 0 ? -1 : (int64_t)below(40) * 1000000;
            service[k] = 500000 + k * 100000;
            places[k] = 4;
        }
        must("psc_echo_tick", psc_echo_tick(echo, &nodes, now, order, 200, &count));
        for (i = 0; i < count; i++) {
            put((int64_t)order[i].block);
            put((int64_t)order[i].epoch);
            put(order[i].kind * 10 + order[i].node);
            if (order[i].kind == PSC_ECHO_COPY) (void)psc_echo_confirm(echo, order[i].block, order[i].node, order[i].epoch);
        }
    }
    must("psc_echo_expect", psc_echo_expect(echo, 0, 3.5));
    must("psc_echo_lost", psc_echo_lost(echo, 0, 1));
    must("psc_echo_hot", psc_echo_hot(echo, hot, 5, &count));
    for (i = 0; i < count; i++) put_real(hot[i].reads);
    must("psc_echo_restart", psc_echo_restart(echo, 1 << 20));
    put_state(echo);
}

static void run_map(void)
{
    static uint64_t mem[400], work[64];
    static const int32_t from[4] = {0, 3, 5, 8}, claim[8] = {0, 1, 9, 1, 2, 3, 4, 5};
    psc_map *map = (psc_map *)(void *)mem;
    psc_map_config config;
    psc_map_change change;
    psc_map_place place;
    psc_map_fault fault[8];
    uint64_t version;
    size_t count, i;
    int k;

    psc_map_default(&config);
    config.partitions = 8;
    config.areas = 20;
    config.echoes = 40;
    must("psc_map_init", psc_map_init(map, sizeof mem, &config));
    for (k = 0; k < 400; k++) {
        memset(&change, 0, sizeof change);
        change.kind = 1 + below(5);
        change.key = (uint64_t)below(60) << 56;
        change.partition = below(8);
        change.node = below(4);
        change.epoch = 1 + (uint64_t)k;
        must("psc_map_version", psc_map_version(map, &version));
        put(psc_map_apply(map, version, &change));
        must("psc_map_find", psc_map_find(map, change.key + 5, &place));
        put((int64_t)place.last);
        put(place.partition * 100 + place.node * 10 + place.echoes);
    }
    must("psc_map_claims", psc_map_claims(map, from, claim, NULL, 3, work, sizeof work, fault, 8, &count));
    for (i = 0; i < count && i < 8; i++) put(fault[i].partition * 1000 + fault[i].kind * 100 + fault[i].node);
    put_state(map);
}

/* Sixty shards of three tags on six nodes over four days, one of which fails; the moves are made. */
static void run_control(void)
{
    enum { SHARDS = 60, NODES = 6, STEPS = 39, SLOTS = 15, DAYS = 4 };
    static double load[SHARDS], path[SHARDS * STEPS], spread[SHARDS * SLOTS], price[SHARDS], work[4 * STEPS + 6];
    static double capacity[NODES], able[NODES], busy[NODES], extra[NODES], failure[NODES];
    static int32_t tag[SHARDS], home[SHARDS], rested[SHARDS];
    static psc_order order[SHARDS];
    psc_outlook_config config;
    static uint64_t block[120000], desk[40000];
    psc_outlook *outlook = (psc_outlook *)(void *)block;
    psc_control c;
    psc_control_info info;
    uint64_t seed = 12;
    int t, s, n, k;

    psc_outlook_default(&config);
    config.series = SHARDS;
    config.hour = 3;
    config.tags = 3;
    config.tag = tag;
    for (s = 0; s < SHARDS; s++) {
        tag[s] = s % 4 - 1;
        home[s] = s % NODES;
        price[s] = 1.0 + s % 5;
        rested[s] = 1000;
    }
    for (n = 0; n < NODES; n++) {
        capacity[n] = 120.0 + 10.0 * n;
        able[n] = 1.0;
    }
    must("psc_outlook_init", psc_outlook_init(outlook, sizeof block, &config));
    psc_control_default(&c);
    c.nodes = NODES;
    c.shards = SHARDS;
    c.hour = config.hour;
    c.capacity = capacity;
    c.able = able;
    c.failure = failure;
    c.load = load;
    c.path = path;
    c.spread = spread;
    c.home = home;
    c.rested = rested;
    c.price = price;
    for (t = 0; t < 72 * DAYS; t++) {
        psc_surge surge = {0.0, 0.0, 2.0, 1, 0};
        surge.from = 200.0 - t;
        surge.to = 209.0 - t;
        for (n = 0; n < NODES; n++) {
            busy[n] = psc__uniform(&seed);
            extra[n] = 10.0 * psc__uniform(&seed);
            failure[n] = n == 2 && t > 250 ? (t > 270 ? 1.0 : 0.5) : 0.0;
        }
        for (s = 0; s < SHARDS; s++) load[s] = (1.0 + s % 7) * (2.0 + (t + s) % 72 / 24) * (0.8 + 0.4 * psc__uniform(&seed));
        must("psc_outlook_observe", psc_outlook_observe(outlook, load, &surge, 1, work));
        must("psc_outlook_predict", psc_outlook_predict(outlook, 0, SHARDS, &surge, 1, path, spread, work));
        must("psc_control_able", psc_control_able(&c, busy, extra, able));
        must("psc_control_of", psc_control_of(&c, desk, sizeof desk, order, SHARDS, &info));
        for (s = 0; s < SHARDS; s++) rested[s]++;
        for (k = 0; k < info.moves; k++) {
            home[order[k].shard] = order[k].to;
            rested[order[k].shard] = 0;
            put(order[k].shard);
            put(order[k].to);
            put(order[k].cause);
            put_real(order[k].gain);
        }
        put_real(info.before);
        put_real(info.after);
        put_real(info.peak);
        for (s = 0; s < STEPS; s++) put_real(path[s]);
    }
}

/* ==== Transfer ================================================================================== */

/* Four sides, their messages lost, repeated and reordered by a generator; every state as it is saved. */
static void run_transfer(void)
{
    enum { SIDES = 4, FLIGHT = 16 };
    static uint64_t side[SIDES][10];
    static psc_message flight[FLIGHT];
    psc_transfer_config config;
    psc_transfer_event event;
    psc_transfer_action action;
    uint64_t seed = 77;
    int64_t now = 0;
    int i, step;

    memset(flight, 0, sizeof flight);
    for (i = 0; i < SIDES; i++) {
        psc_transfer_default(&config);
        config.self = i;
        config.owns = i == 0;
        must("psc_transfer_init", psc_transfer_init((psc_transfer *)side[i], sizeof side[i], &config));
    }
    for (step = 0; step < 20000; step++) {
        const uint64_t draw = psc__random(&seed);
        memset(&event, 0, sizeof event);
        now += (int64_t)(draw % 300) * 1000000;
        i = (int)(draw >> 20 & 3);
        event.kind = (int32_t)(draw >> 30 & 7) < 5 ? PSC_EVENT_MESSAGE : (int32_t)(draw >> 30 & 3);
        event.peer = (int64_t)(draw >> 40 & 3);
        event.message = flight[draw >> 50 & (FLIGHT - 1)];
        if (event.kind == PSC_EVENT_MESSAGE) i = (int)(event.message.to & 3);
        if (psc_transfer_step((psc_transfer *)side[i], &event, now, &action) != PSC_OK) continue;
        if (action.persist) {
            put((int64_t)side[i][5]);
            memset(&event, 0, sizeof event);
            event.kind = PSC_EVENT_STORED;
            event.version = action.version;
            must("psc_transfer_step", psc_transfer_step((psc_transfer *)side[i], &event, now, &action));
        }
        if (action.send) flight[psc__random(&seed) & (FLIGHT - 1)] = action.message;
        put(action.phase);
        put(action.wake);
    }
    for (i = 0; i < SIDES; i++)
        for (step = 0; step < 10; step++) put((int64_t)side[i][step]);
}

static void run_trial(void)
{
    psc_trial_config config;
    psc_trial_info info;
    psc_trial_pair pair;
    uint64_t seed = 5;
    int i, k;

    for (k = 0; k < 6; k++) {
        psc_trial_default(&config);
        must("psc_trial_init", psc_trial_init((psc_trial *)state, sizeof state, &config));
        for (i = 0; i < 3000; i++) {
            pair.source_latency = psc__uniform(&seed);
            pair.target_latency = psc__uniform(&seed) * (1.0 + 0.1 * k);
            pair.source_failed = psc__uniform(&seed) < 0.01;
            pair.target_failed = psc__uniform(&seed) < 0.01 + 0.005 * k;
            must("psc_trial_observe", psc_trial_observe((psc_trial *)state, &pair, i));
            must("psc_trial_verdict", psc_trial_verdict((psc_trial *)state, &info));
            put(info.verdict);
            put(info.pairs);
            put_reals(info.threshold, 3);
            put_reals(info.harmless, 4);
            put_reals(info.harmful, 4);
        }
    }
}

static void run_stages(void)
{
    psc_stages_config config;
    psc_stages_input in;
    psc_stages_output out;
    psc_way way;
    uint64_t seed = 9;
    int64_t now = 0;
    int k, i;

    for (k = 0; k < 40; k++) {
        psc_stages_default(&config);
        config.growth = 1.5 + 0.1 * k;
        must("psc_stages_init", psc_stages_init((psc_stages *)state, sizeof state, &config));
        memset(&in, 0, sizeof in);
        in.left = 50000000;
        for (i = 0; i < 200; i++) {
            must("psc_stages_step", psc_stages_step((psc_stages *)state, &in, now, &out));
            now += (int64_t)(psc__random(&seed) % 20000) * 1000000;
            in.copied = out.copy_bytes;
            in.left -= out.copy_bytes;
            in.verdict = out.stage == PSC_STAGE_VALIDATE ? PSC_TRIAL_PASS : PSC_TRIAL_PENDING;
            if (out.action == PSC_STAGES_PROPOSE) in.owner = (int32_t)(psc__random(&seed) % 3);
            in.instability = psc__uniform(&seed) * 0.501;
            must("psc_route", psc_route((psc_stages *)state, psc__random(&seed), &way));
            put(out.stage);
            put(out.share);
            put(out.action);
            put(out.reason);
            put(out.copy_bytes);
            put(way.serve);
            put(way.shadow);
        }
    }
}

static void run_blocks(void)
{
    enum { BLOCKS = 200 };
    static double heat[BLOCKS];
    static int64_t loads[BLOCKS], bytes[BLOCKS], keys[BLOCKS];
    static int32_t order[BLOCKS], chosen[BLOCKS];
    psc_blocks_info relief;
    uint64_t seed = 3;
    int i, k;

    for (k = 0; k < 20; k++) {
        for (i = 0; i < BLOCKS; i++) {
            heat[i] = psc__uniform(&seed);
            loads[i] = (int64_t)(psc__random(&seed) % 1000);
            bytes[i] = (int64_t)(psc__random(&seed) % 500);
        }
        must("psc_blocks_order", psc_blocks_order(heat, bytes, BLOCKS, keys, order));
        for (i = 0; i < BLOCKS; i++) put(order[i]);
        must("psc_blocks_relieve",
             psc_blocks_relieve(loads, bytes, BLOCKS, 5000 * (k + 1), keys, order, chosen, &relief));
        for (i = 0; i < BLOCKS; i++) put(chosen[i]);
        put(relief.load);
        put(relief.bytes);
        put(relief.reached);
    }
}

static void put_report(const psc_report *r)
{
    static char text[PSC_MAX_JSON];
    psc_bottleneck found[PSC_RESOURCES];
    psc_report back;
    size_t n = 0, i;

    must("psc_report_write", psc_report_write(r, text, sizeof text, &n));
    put_bytes(text, n);
    must("psc_report_read", psc_report_read(text, n, &back));
    put_reals(back.now, PSC_RESOURCES);
    put_reals(back.upper, (size_t)back.points * PSC_RESOURCES);
    must("psc_report_bottlenecks", psc_report_bottlenecks(r, found, PSC_RESOURCES, &n));
    for (i = 0; i < n; i++) {
        put(found[i].resource);
        put_real(found[i].probability);
        put_real(found[i].seconds);
        put_real(found[i].use);
    }
    must("psc_report_advice", psc_report_advice(r, text, sizeof text, &n));
    put_bytes(text, n);
}

static void run_scaling(void)
{
    static uint64_t producer_memory[4000], scaler_memory[8000];
    psc_producer *producer = (psc_producer *)producer_memory;
    psc_scaler *scaler = (psc_scaler *)scaler_memory;
    psc_producer_config pc;
    psc_scaler_config sc;
    psc_usage usage;
    psc_decision d;
    psc_report report;
    int64_t minute = INT64_C(60000000000), t;
    int i;

    psc_producer_default(&pc);
    pc.types = 2;
    pc.period1 = 24;
    must("psc_producer_init", psc_producer_init(producer, sizeof producer_memory, &pc));
    psc_scaler_default(&sc);
    sc.producers = 3;
    sc.period1 = 24;
    sc.phase = 6;
    sc.unit[0] = 0.05;
    sc.unit[1] = 0.01;
    must("psc_scaler_init", psc_scaler_init(scaler, sizeof scaler_memory, &sc));
    memset(&usage, 0, sizeof usage);
    for (t = 1; t <= 200; t++) {
        for (i = 0; i < 5 + t % 24; i++) {
            usage.at = t * minute + i;
            usage.source = draw() % 12;
            usage.type = i % 2;
            usage.size = 1.0 + (double)(draw() % 8);
            usage.cpu = (double)(draw() % 100) / 64.0;
            usage.memory = usage.network = real(UINT64_C(0x7ff8) << 48);
            if (i % 3 == 0) usage.network = 1000.0;
            must("psc_producer_observe", psc_producer_observe(producer, &usage));
        }
        psc_report_default(&report);
        report.sequence = (uint64_t)t;
        report.capacity[1] = 1.0;
        must("psc_producer_report", psc_producer_report(producer, t * minute + 1000, 0.8, &report));
        report.producer = t % 3;
        must("psc_scaler_report", psc_scaler_report(scaler, &report, t * minute));
        must("psc_scaler_step", psc_scaler_step(scaler, t * minute, NULL, 10, 2, &d));
        put(d.units);
        put(d.reason);
        put_real(d.expected);
        put_real(d.upper);
        put_real(d.rho);
        put_real(d.vertical);
        if (t % 50 == 0) put_report(&report);
    }
    psc_report_default(&report);
    must("psc_scaler_total", psc_scaler_total(scaler, 201 * minute, &report));
    put_report(&report);
}

int main(void)
{
    make_load();
    topic("kernels", run_kernels);
    topic("samples", run_samples);
    topic("tracker", run_tracker);
    topic("drift", run_drift);
    topic("forecast", run_forecast);
    topic("models", run_models);
    topic("options", run_options);
    topic("observe", run_observe);
    topic("backtest", run_backtest);
    topic("parts", run_parts);
    topic("periods", run_periods);
    topic("regressors", run_regressors);
    topic("calendar", run_calendar);
    topic("reconcile", run_reconcile);
    topic("rank", run_rank);
    make_load();                                        /* the draws of the parts below begin anew */
    topic("node", run_node);
    topic("save", run_save);
    topic("failure", run_failure);
    topic("threshold", run_threshold);
    topic("silence", run_silence);
    topic("relief", run_relief);
    topic("imbalance", run_imbalance);
    topic("plan", run_plan);
    topic("personas", run_personas);
    topic("split", run_split);
    topic("echo", run_echo);
    topic("map", run_map);
    topic("transfer", run_transfer);
    topic("trial", run_trial);
    topic("stages", run_stages);
    topic("blocks", run_blocks);
    topic("scaling", run_scaling);
    topic("control", run_control);
    line("total", total);
    return failed;
}
