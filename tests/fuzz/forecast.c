/* forecast.c - a short series of any values and any configuration: fitted, asked, backtested, or refused. */
#include "fuzz.h"

static void take_config(input *in, psc_forecast_config *config)
{
    uint32_t tag = take_byte(in);

    psc_forecast_default(config);
    config->horizon = 1 + (int32_t)take_byte(in) % 20;
    config->origins = 2 + (int32_t)take_byte(in) % 24;
    if (tag & 1) config->model = PSC_MODEL_SEASONAL_NAIVE;
    if (tag & 2) config->lags = 1 + (int32_t)take_byte(in) % 12;
    if (tag & 4) config->transform = (int32_t)take_byte(in) % 3;
    if (tag & 8) config->window = 2 + (int32_t)take_byte(in) % 64;
    if (tag & 16) config->ridge = take_share(in);
    if (tag & 32) config->clip = take_share(in);
    if (tag == 255) {
        config->model = (int32_t)take_integer(in);
        config->transform = (int32_t)take_integer(in);
        config->window = (int32_t)take_integer(in);
    }
}

static void ask(input *in, const psc_series *series, const psc_forecast_config *config, const void *fit, size_t bytes)
{
    double level[8];
    size_t levels, h = 1 + take_byte(in) % (size_t)config->horizon;
    int valid = take_levels(in, level, &levels);
    double *point = (double *)block_of(h * 8), *quantile = (double *)block_of(h * levels * 8);
    double *again = (double *)block_of(h * 8);
    void *moved = copy_of(fit, bytes);
    psc_status status = psc_forecast_predict((const psc_forecast *)fit, h, level, levels, point, quantile);

    REQUIRE((status == PSC_OK) == valid);
    if (status != PSC_OK) {
        REQUIRE(untouched(point, h * 8) && untouched(quantile, h * levels * 8));
    } else {
        REQUIRE(are_finite(point, h) && are_finite(quantile, h * levels));
        REQUIRE(are_within(point, h, series->lower, series->upper));
        REQUIRE(are_within(quantile, h * levels, series->lower, series->upper));
        REQUIRE(are_monotone(quantile, h, level, levels));
        REQUIRE(psc_forecast_predict((const psc_forecast *)moved, h, NULL, 0, again, NULL) == PSC_OK);
        REQUIRE(memcmp(point, again, h * 8) == 0);
    }
    REQUIRE(psc_forecast_predict((const psc_forecast *)fit, (size_t)config->horizon + 1, NULL, 0, again, NULL)
            == PSC_ERR_RANGE);
    free(moved);
    free(again);
    free(quantile);
    free(point);
}

static void backtest(input *in, const psc_series *series, const psc_forecast_config *config)
{
    psc_backtest_config how;
    psc_accuracy a, before;
    size_t bytes = psc_backtest_size(series, config);
    void *work = block_of(bytes);
    psc_status status;

    psc_backtest_default(&how);
    how.origins = 1 + (int32_t)take_byte(in) % 3;
    how.stride = 1 + (int32_t)take_byte(in) % 30;
    how.level = take_share(in);
    memset(&a, 0x5a, sizeof a);
    before = a;
    status = psc_backtest_run(series, config, &how, work, bytes, &a);
    if (status != PSC_OK) {
        REQUIRE(status < 0 && memcmp(&a, &before, sizeof a) == 0);
    } else {
        REQUIRE(is_finite(a.smape) && is_finite(a.mase) && is_finite(a.msis) && is_finite(a.scale));
        REQUIRE(a.coverage >= 0.0 && a.coverage <= 1.0 && a.steps >= 0 && a.smape >= 0.0 && a.smape <= 200.0 + 1e-9);
        REQUIRE(a.origins >= 0 && a.origins <= how.origins);
    }
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size };
    psc_series series;
    psc_forecast_config config;
    psc_forecast_info info;
    int32_t period[PSC_MAX_PERIODS];
    double value[100];
    size_t bytes, i;
    void *fit;
    psc_status status;

    take_config(&in, &config);
    psc_series_default(&series);
    series.periods = (int32_t)take_byte(&in) % (PSC_MAX_PERIODS + 1);
    for (i = 0; i < (size_t)series.periods; i++)
        period[i] = (i == 0 ? 0 : period[i - 1]) + (int32_t)take_byte(&in) % 20;
    series.period = period;
    if (take_byte(&in) & 1) series.lower = take_real(&in);
    if (take_byte(&in) & 1) series.upper = take_real(&in);
    series.n = 1 + take_byte(&in) % 100;
    series.value = value;
    for (i = 0; i < series.n; i++) value[i] = in.left > 0 ? take_real(&in) : value[i / 2] + (double)(i % 7);

    bytes = psc_forecast_size(&series, &config);
    fit = block_of(bytes ? bytes : 8);
    if (bytes == 0) {
        REQUIRE(psc_forecast_fit(&series, &config, (psc_forecast *)fit, 1 << 20, NULL) < 0 && untouched(fit, 8));
        free(fit);
        return 0;
    }
    REQUIRE(psc_forecast_fit(&series, &config, (psc_forecast *)fit, bytes - 1, NULL) == PSC_ERR_SPACE);
    memset(&info, 0xa5, sizeof info);
    status = psc_forecast_fit(&series, &config, (psc_forecast *)fit, bytes, &info);
    if (status != PSC_OK) {
        REQUIRE(status == PSC_ERR_NONFINITE || status == PSC_ERR_RANGE || status == PSC_ERR_EMPTY);
        REQUIRE(untouched(&info, sizeof info));
    } else {
        REQUIRE(info.model == PSC_MODEL_AR || info.model == PSC_MODEL_SEASONAL_NAIVE);
        REQUIRE(info.transform == PSC_TRANSFORM_NONE || info.transform == PSC_TRANSFORM_LOG);
        REQUIRE(info.terms >= 0 && info.note >= 0 && info.note < 32 && info.used >= 1 && info.used <= (int64_t)series.n);
        REQUIRE(is_finite(info.sigma) && info.sigma >= 0.0 && info.origins >= 0 && info.origins <= config.origins);
        ask(&in, &series, &config, fit, bytes);
    }
    backtest(&in, &series, &config);
    free(fit);
    return 0;
}
