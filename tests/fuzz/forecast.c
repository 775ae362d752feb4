/* forecast.c - a series of any values, gaps and regressors under any model and its options: fitted in one call and in
 * slices, asked, observed on, backtested, or refused. */
#include "fuzz.h"

enum { MOST = 300, FEW = 100, STEPS = 16, COLUMNS = 3, PATHS = 9 };

/* ==== Configuration ============================================================================= */

static void take_simple_options(input *in, psc_forecast_config *c)
{
    c->naive.kind = take_option(in, PSC_NAIVE_ADJUSTED, PSC_NAIVE_SEASONAL);
    c->naive.period = take_option(in, -1, 3);
    c->naive.index = take_option(in, PSC_INDEX_AUTO, PSC_INDEX_ADDITIVE);
    c->theta.kind = take_option(in, PSC_THETA_STANDARD, PSC_THETA_DYNAMIC);
    c->theta.period = take_option(in, -1, 3);
    c->theta.index = take_option(in, PSC_INDEX_AUTO, PSC_INDEX_ADDITIVE);
    c->theta.alpha = take_gain(in, 0.0001, 1.0);
    c->theta.theta = take_gain(in, 1.0, 1000.0);
    c->decomposition.iterations = take_option(in, 1, 10);
    c->decomposition.trend = take_number(in, 0.01, 4.0);
    c->croston.kind = take_option(in, PSC_CROSTON_TSB, PSC_CROSTON_SBA);
    c->croston.criterion = take_option(in, PSC_CRITERION_SQUARE, PSC_CRITERION_ABSOLUTE);
    c->croston.alpha = take_gain(in, 0.0, 1.0);
    c->croston.beta = take_gain(in, 0.0, 1.0);
}

static void take_ets_options(input *in, psc_ets_options *o)
{
    static const int32_t errors[] = { PSC_ETS_AUTO, PSC_ETS_ADDITIVE, PSC_ETS_MULTIPLICATIVE, PSC_ETS_NONE };
    static const int32_t trends[] = { PSC_ETS_AUTO, PSC_ETS_NONE, PSC_ETS_ADDITIVE, PSC_ETS_DAMPED };

    o->error = errors[take_option(in, 0, 11) / 4 & 3];          /* the last, which is none, seldom */
    o->trend = trends[take_option(in, 0, 3) & 3];
    o->season = take_option(in, PSC_ETS_AUTO, PSC_ETS_MULTIPLICATIVE);
    o->alpha = take_gain(in, 0.0, 1.0);
    o->beta = take_gain(in, 0.0, is_nan(o->alpha) ? 1.0 : o->alpha);
    o->gamma = take_gain(in, 0.0, is_nan(o->alpha) ? 0.2 : 1.0 - o->alpha);
    o->phi = take_gain(in, 0.0, 1.0);
}

static void take_regressions(input *in, psc_forecast_config *c)
{
    c->sar.lags = take_option(in, 1, PSC_MAX_LAGS);
    c->sar.seasonal = take_option(in, 0, 1);
    c->sar.form = take_option(in, PSC_SAR_LEVEL, PSC_SAR_PROFILE);
    c->sar.window = take_byte(in) & 1 ? take_option(in, 2, MOST) : 0;
    c->sar.ridge = take_number(in, 1e-12, 1.0);
    c->ar.method = take_option(in, PSC_AR_YULE_WALKER, PSC_AR_LEAST_SQUARES);
    c->ar.order = take_option(in, -1, 64);
    c->ar.order_max = take_option(in, 0, 64);
}

static void take_arima_options(input *in, psc_arima_options *o)
{
    int32_t least, i;

    o->given = take_option(in, 0, 3) % 4 == 3;
    least = o->given ? 0 : -1;
    o->p = take_option(in, least, 3 + (int32_t)take_byte(in) % 6);
    o->d = take_option(in, least, 2);
    o->q = take_option(in, least, 3 + (int32_t)take_byte(in) % 6);
    o->seasonal_p = take_option(in, least, 2);
    o->seasonal_d = take_option(in, least, 1);
    o->seasonal_q = take_option(in, least, 2);
    o->constant = take_option(in, least, 1);
    o->method = take_option(in, PSC_ARIMA_LIKELIHOOD, PSC_ARIMA_SUM_OF_SQUARES);
    o->models = take_option(in, 1, 12);
    if (!o->given) return;
    for (i = 0; i < 8; i++) {
        o->ar[i] = take_number(in, -0.4, 0.4);
        o->ma[i] = take_number(in, -1.2, 1.2);
    }
    for (i = 0; i < 2; i++) {
        o->seasonal_ar[i] = take_number(in, -0.5, 0.5);
        o->seasonal_ma[i] = take_number(in, -1.2, 1.2);
    }
    o->mean = take_real(in);
}

static void take_additive_options(input *in, psc_additive_options *o)
{
    int32_t i;

    o->knots = take_option(in, 0, 20);
    for (i = 0; i < PSC_MAX_PERIODS; i++) o->harmonics[i] = take_option(in, -1, 6);
    o->robust = take_option(in, 0, 3);
    o->correct = take_option(in, 0, 1);
    o->memory = take_gain(in, 1.0, 1000.0);
    o->reach = take_number(in, 0.1, 1.0);
    o->change = take_byte(in) & 1 ? take_number(in, 1e-6, 1e6) : take_number(in, 1e-6, 1.0);
    o->effect = take_byte(in) & 1 ? take_number(in, 1e-6, 1e6) : take_number(in, 1e-6, 1.0);
    o->damping = take_number(in, 0.0, 1.0);
}

static void take_gru_options(input *in, psc_gru_options *o)
{
    o->units = take_option(in, 1, 16);
    o->steps = take_option(in, 0, 12);
    o->window = take_option(in, 4, 40);
    o->rate = take_number(in, 1e-6, 1.0);
    o->seed = take_word(in);
}

/* Options as they are by default, or all of them as the input says. The ranges here are within those of the header
 * where more would only cost time. */
static void take_config(input *in, psc_forecast_config *c)
{
    uint32_t tag;

    psc_forecast_default(c);
    in->tame = take_byte(in) < 224;
    c->model = in->tame ? take_below(in, PSC_MODEL_COUNT) : take_option(in, PSC_MODEL_AUTO, PSC_MODEL_COUNT - 1);
    tag = take_byte(in);
    c->horizon = take_option(in, 1, STEPS);
    if (c->horizon > STEPS) c->horizon = PSC_MAX_HORIZON + 1;     /* what lies between costs time */
    c->origins = take_option(in, 2, 40);
    if (tag & 1) c->transform = take_option(in, PSC_TRANSFORM_AUTO, PSC_TRANSFORM_LOG);
    if (tag & 1) c->robust = take_option(in, 0, 1);
    if (tag & 2) c->clip = tag & 4 ? take_number(in, 0.0, 1e6) : take_number(in, 0.0, 1.0);
    if (tag & 8 && c->model == PSC_MODEL_AUTO) c->with = take_option(in, 0, (1 << PSC_MODEL_COUNT) - 1);
    if (tag & 16) take_simple_options(in, c);
    if (tag & 32) take_ets_options(in, &c->ets);
    if (tag & 32) take_regressions(in, c);
    if (tag & 64) take_arima_options(in, &c->arima);
    else c->arima.models = 6;
    if (tag & 128) take_additive_options(in, &c->additive);
    if (tag & 128) take_gru_options(in, &c->gru);
    else c->gru.steps = 12;
}

/* ==== Series ==================================================================================== */

typedef struct arrays {
    double value[MOST], regressor[(MOST + STEPS) * COLUMNS];
    int32_t period[PSC_MAX_PERIODS];
    int valid;                          /* whether the numbers in value and regressor may be fitted to */
} arrays;

static void take_regressors(input *in, psc_series *s, arrays *a, size_t horizon)
{
    uint32_t tag = take_byte(in);
    size_t i, count;

    s->regressors = tag < 128 ? 0 : tag < 255 ? (int32_t)(tag % (COLUMNS + 1)) : -1;
    count = s->regressors < 0 ? 0 : (s->n + horizon) * (size_t)s->regressors;
    for (i = 0; i < count; i++) {
        a->regressor[i] = tag & 4 ? (double)(take_byte(in) % 8) : in->left > 0 ? take_real(in) : (double)(i * i % 11);
        if (!is_within(a->regressor[i], -PSC_MAX_VALUE, PSC_MAX_VALUE)) a->valid = 0;
    }
    if (s->regressors > 0) s->regressor = a->regressor;
}

static void take_series(input *in, psc_series *s, arrays *a, const psc_forecast_config *c, size_t length)
{
    const int slow = c->with != 0 || c->model >= PSC_MODEL_ARIMA;       /* or ADDITIVE, or GRU */
    const size_t horizon = c->horizon >= 1 && c->horizon <= STEPS ? (size_t)c->horizon : 0;
    int32_t i;

    psc_series_default(s);
    s->periods = take_option(in, 0, PSC_MAX_PERIODS);
    for (i = 0; i < PSC_MAX_PERIODS; i++)
        a->period[i] = take_byte(in) & 1 ? take_option(in, 1, 12) : take_option(in, 1, slow ? 30 : 160);
    s->period = a->period;
    if (take_byte(in) & 1) s->lower = take_real(in);
    if (take_byte(in) & 1) s->upper = take_real(in);
    s->n = slow ? length % FEW : length;
    s->value = a->value;
    a->valid = take_values(in, a->value, s->n);
    take_regressors(in, s, a, horizon);
}

/* ==== Claims ==================================================================================== */

static void check_info(const psc_forecast_info *info, const psc_series *s, const psc_forecast_config *c)
{
    REQUIRE(info->model == c->model || (c->model != PSC_MODEL_AUTO && info->model == PSC_MODEL_NAIVE));
    REQUIRE(info->model == c->model || info->note & PSC_NOTE_SHORT);
    REQUIRE(info->transform == PSC_TRANSFORM_NONE || info->transform == PSC_TRANSFORM_LOG);
    REQUIRE(info->members >= 1 && info->members <= PSC_MAX_MEMBERS && info->tests >= 0 && info->tests <= 24);
    REQUIRE(info->note >= 0 && info->note < 2 * PSC_NOTE_OUTLIERS && info->refit == 0 && info->observed == 0);
    REQUIRE(info->used == (int64_t)s->n && info->origins >= 0 && info->origins <= c->origins);
    REQUIRE(is_within(info->sigma, 0.0, 1e300) && is_within(info->loss, 0.0, 1e300));
    REQUIRE(is_within(info->optimism, 1.0, 2.0));       /* 2.5^(3/4) is 1.99 */
    check_drift(&info->drift);
}

static void check_members(const psc_forecast *fit, const psc_forecast_info *info)
{
    psc_forecast_member member[PSC_MAX_MEMBERS];
    psc_forecast_info told;
    double sum = 0.0;
    size_t members = 0, i;
    int32_t weighed = 0;

    REQUIRE(psc_forecast_describe(fit, &told, member, PSC_MAX_MEMBERS, &members) == PSC_OK);
    REQUIRE(memcmp(&told, info, sizeof told) == 0 && members >= 1 && members <= PSC_MAX_MEMBERS);
    for (i = 0; i < members; i++) {
        REQUIRE(member[i].model > PSC_MODEL_AUTO && member[i].model < PSC_MODEL_COUNT && member[i].kind >= 0);
        REQUIRE(is_within(member[i].weight, 0.0, 1.0) && is_within(member[i].loss, -1.0, 1e300));
        weighed += member[i].weight > 0.0;
        sum += member[i].weight;
    }
    REQUIRE(weighed == info->members);
    REQUIRE(is_within(sum, 1.0 - 1e-12, 1.0 + 1e-12));  /* 24 sums and quotients, each within 2^-53 */
    if (members > 1) REQUIRE(psc_forecast_describe(fit, NULL, member, members - 1, &members) == PSC_ERR_SPACE);
}

static void check_parameters(const psc_forecast *fit)
{
    size_t count = 0, again = 99;
    double *parameter;

    REQUIRE(psc_forecast_parameters(fit, NULL, 0, &count) == PSC_OK);
    parameter = (double *)block_of(count * 8);
    if (count > 0) REQUIRE(psc_forecast_parameters(fit, parameter, count - 1, &again) == PSC_ERR_SPACE);
    REQUIRE(untouched(parameter, count * 8));
    REQUIRE(psc_forecast_parameters(fit, parameter, count, &again) == PSC_OK && again == count);
    REQUIRE(are_finite(parameter, count));
    free(parameter);
}

/* What no forecast is below: on logarithms 0, but for the bounds. NaN: nothing. */
static double lowest(const psc_series *s, const psc_forecast *fit)
{
    psc_forecast_info info;

    REQUIRE(psc_forecast_describe(fit, &info, NULL, 0, NULL) == PSC_OK);
    return info.transform != PSC_TRANSFORM_LOG || s->lower > 0.0 || s->upper < 0.0 ? s->lower : 0.0;
}

static void check_quantiles(input *in, const psc_series *s, const psc_forecast *fit, size_t h)
{
    const double lower = lowest(s, fit);
    double level[8];
    size_t levels;
    int valid = take_levels(in, level, &levels);
    double *point = (double *)block_of(h * 8), *quantile = (double *)block_of(h * levels * 8);
    psc_status status = psc_forecast_predict(fit, h, level, levels, point, quantile);

    REQUIRE((status == PSC_OK) == valid);
    if (status != PSC_OK) {
        REQUIRE(untouched(point, h * 8) && untouched(quantile, h * levels * 8));
    } else {
        REQUIRE(are_finite(point, h) && are_finite(quantile, h * levels));
        REQUIRE(are_within(point, h, lower, s->upper) && are_within(quantile, h * levels, lower, s->upper));
        REQUIRE(are_monotone(quantile, h, level, levels));
    }
    free(quantile);
    free(point);
}

/* Means lie among the quantiles that they are the means of, means and paths within the bounds. Tolerance: 64 roundings
 * of sums that are no larger than the larger end, and 64 of the least numbers there are. */
static void check_means_and_paths(const psc_series *s, const psc_forecast *fit, size_t h)
{
    static const double ends[2] = { 1.0 / 128.0, 127.0 / 128.0 };
    double *out = (double *)block_of((3 + PATHS) * h * 8), *end = out + h;
    size_t k;

    REQUIRE(psc_forecast_mean(fit, h, out) == PSC_OK && psc_forecast_predict(fit, h, ends, 2, NULL, end) == PSC_OK);
    for (k = 0; k < h; k++) {
        const double low = end[2 * k], high = end[2 * k + 1], off = 1e-14 * (size_of(low) + size_of(high)) + 1e-320;
        REQUIRE(is_within(out[k], low - off, high + off));
    }
    REQUIRE(are_within(out, h, s->lower, s->upper));
    REQUIRE(psc_forecast_paths(fit, h, PATHS, out) == PSC_OK);
    REQUIRE(are_finite(out, PATHS * h) && are_within(out, PATHS * h, lowest(s, fit), s->upper));
    free(out);
}

/* No function forecasts beyond the horizon. */
static void check_too_far(const psc_forecast *fit, size_t h)
{
    double out = 7.0;

    REQUIRE(psc_forecast_predict(fit, h, NULL, 0, &out, NULL) == PSC_ERR_RANGE);
    REQUIRE(psc_forecast_mean(fit, h, &out) == PSC_ERR_RANGE && psc_forecast_paths(fit, h, 1, &out) == PSC_ERR_RANGE);
    REQUIRE(out == 7.0);
}

/* The same forecasts from two fits, bit for bit. */
static void check_same(const psc_forecast *a, const psc_forecast *b, size_t h)
{
    static const double level[3] = { 0.5, 0.001, 0.97 };
    const size_t count = (5 + PATHS) * h;
    double *x = (double *)block_of(count * 8), *y = (double *)other_block_of(count * 8);
    psc_forecast_info one, other;

    REQUIRE(psc_forecast_predict(a, h, level, 3, x, x + h) == PSC_OK);
    REQUIRE(psc_forecast_predict(b, h, level, 3, y, y + h) == PSC_OK);
    REQUIRE(psc_forecast_mean(a, h, x + 4 * h) == PSC_OK && psc_forecast_mean(b, h, y + 4 * h) == PSC_OK);
    REQUIRE(psc_forecast_paths(a, h, PATHS, x + 5 * h) == PSC_OK);
    REQUIRE(psc_forecast_paths(b, h, PATHS, y + 5 * h) == PSC_OK);
    REQUIRE(memcmp(x, y, count * 8) == 0);
    REQUIRE(psc_forecast_describe(a, &one, NULL, 0, NULL) == PSC_OK);
    REQUIRE(psc_forecast_describe(b, &other, NULL, 0, NULL) == PSC_OK && memcmp(&one, &other, sizeof one) == 0);
    free(y);
    free(x);
}

/* ==== Uses ====================================================================================== */

/* Fitted in slices, in memory that held something else and moved halfway: the same. */
static void slice(input *in, const psc_series *s, const psc_forecast_config *c, const psc_forecast *fit, size_t bytes)
{
    const int64_t units = 1 + (int64_t)take_byte(in) % 50;
    void *part = other_block_of(bytes), *moved;
    psc_status status = PSC_MORE;
    double point;
    int i;

    REQUIRE(psc_forecast_init((psc_forecast *)part, bytes, s, c) == PSC_OK);
    REQUIRE(psc_forecast_step((psc_forecast *)part, 0) == PSC_ERR_RANGE);
    REQUIRE(psc_forecast_predict((psc_forecast *)part, 1, NULL, 0, &point, NULL) == PSC_ERR_STATE);
    for (i = 0; status == PSC_MORE && i < 3; i++) status = psc_forecast_step((psc_forecast *)part, units);
    moved = copy_of(part, bytes);
    free(part);
    for (i = 0; status == PSC_MORE; i++) {
        status = psc_forecast_step((psc_forecast *)moved, units);
        REQUIRE(i < 1000000);
    }
    REQUIRE(status == PSC_OK && psc_forecast_step((psc_forecast *)moved, 1) == PSC_OK);
    check_same(fit, (psc_forecast *)moved, (size_t)c->horizon);
    free(moved);
}

/* Values observed after the fit: all of them or none, and the same one by one. */
static void observe(input *in, const psc_series *s, const psc_forecast_config *c, psc_forecast *fit, size_t bytes)
{
    double value[24];
    size_t n = take_byte(in) % 24, i;
    int valid = take_values(in, value, n);
    void *before = copy_of(fit, bytes);
    psc_status status = psc_forecast_observe(fit, value, n);
    psc_forecast_info info;

    REQUIRE((status == PSC_OK) == valid);
    if (status != PSC_OK) {
        REQUIRE(memcmp(before, fit, bytes) == 0);
    } else {
        for (i = 0; i < n; i++) REQUIRE(psc_forecast_observe((psc_forecast *)before, &value[i], 1) == PSC_OK);
        check_same(fit, (psc_forecast *)before, (size_t)c->horizon);
        REQUIRE(psc_forecast_describe(fit, &info, NULL, 0, NULL) == PSC_OK);
        REQUIRE(info.observed == (int64_t)n && info.refit == (info.drift.alarms > 0));
        check_drift(&info.drift);
        check_quantiles(in, s, fit, (size_t)c->horizon);
        check_means_and_paths(s, fit, (size_t)c->horizon);
        check_parameters(fit);
    }
    free(before);
}

static void backtest(input *in, const psc_series *s, const psc_forecast_config *c)
{
    psc_backtest_config how;
    psc_accuracy a, before;
    size_t bytes;
    void *work;
    psc_status status;

    psc_backtest_default(&how);
    how.origins = take_option(in, 1, 3);
    how.stride = take_option(in, 1, 30);
    how.level = take_share(in);
    bytes = psc_backtest_size(s, c, &how);
    work = block_of(bytes);
    memset(&a, 0x5a, sizeof a);
    before = a;
    status = psc_backtest_run(s, c, &how, work, bytes, &a);
    if (status != PSC_OK) {
        REQUIRE(status < 0 && memcmp(&a, &before, sizeof a) == 0);
    } else {
        REQUIRE(bytes > 0 && psc_backtest_run(s, c, &how, work, bytes - 1, &a) == PSC_ERR_SPACE);
        REQUIRE(is_finite(a.smape) && is_finite(a.mase) && is_finite(a.msis) && is_finite(a.scale));
        REQUIRE(is_within(a.coverage, 0.0, 1.0) && is_within(a.smape, 0.0, 200.0 + 1e-9) && a.steps >= 0);
        REQUIRE(a.origins >= 0 && a.origins <= how.origins);
    }
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_series series;
    psc_forecast_config config;
    psc_forecast_info info;
    arrays a;
    size_t bytes, length;
    void *fit;
    psc_status status;

    length = (size_t)take_below(&in, MOST);     /* first, so that short inputs make long series, too */
    take_config(&in, &config);
    take_series(&in, &series, &a, &config, length);
    bytes = psc_forecast_size(&series, &config);
    fit = block_of(bytes ? bytes : 8);
    if (bytes == 0) {
        REQUIRE(psc_forecast_fit((psc_forecast *)fit, 1 << 20, &series, &config, NULL) < 0 && untouched(fit, 8));
        free(fit);
        return 0;
    }
    REQUIRE(psc_forecast_fit((psc_forecast *)fit, bytes - 1, &series, &config, NULL) == PSC_ERR_SPACE);
    memset(&info, 0xa5, sizeof info);
    status = psc_forecast_fit((psc_forecast *)fit, bytes, &series, &config, &info);
    REQUIRE((status == PSC_OK) == a.valid);
    if (status != PSC_OK) {
        REQUIRE(status == PSC_ERR_NONFINITE || status == PSC_ERR_RANGE);
        REQUIRE(untouched(&info, sizeof info) && untouched(fit, bytes));
    } else {
        check_info(&info, &series, &config);
        check_members((psc_forecast *)fit, &info);
        check_parameters((psc_forecast *)fit);
        check_quantiles(&in, &series, (psc_forecast *)fit, 1 + take_byte(&in) % (size_t)config.horizon);
        check_means_and_paths(&series, (psc_forecast *)fit, (size_t)config.horizon);
        check_too_far((psc_forecast *)fit, (size_t)config.horizon + 1);
        slice(&in, &series, &config, (psc_forecast *)fit, bytes);
        observe(&in, &series, &config, (psc_forecast *)fit, bytes);
    }
    if (take_byte(&in) % 4 == 0) backtest(&in, &series, &config);
    free(fit);
    return 0;
}
