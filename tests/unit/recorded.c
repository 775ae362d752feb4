/* Forecasts of the recorded telemetry in examples/data: the combination against seasonal naive, and a known event. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"

#include <math.h>
#include <stdlib.h>

enum { SHARDS = 60, TICKS = 840, DAY = 24, WEEK = 168, HORIZON = 24 };

static double load_of[SHARDS][TICKS];
static char tenant[SHARDS][32];

/* shards.csv: tick, then the requests of each shard; cluster.csv: shard, slot, node, tenant, ... */
static int read_data(void)
{
    static char line[4096];
    FILE *shards = fopen("examples/data/shards.csv", "r"), *cluster = fopen("examples/data/cluster.csv", "r");
    int s, t, ok = shards && cluster;

    if (ok) ok = fgets(line, sizeof line, shards) != NULL;
    for (t = 0; ok && t < TICKS; t++) {
        char *at = fgets(line, sizeof line, shards);
        if (at) at = strchr(at, ',');
        for (s = 0; at && s < SHARDS; s++) load_of[s][t] = strtod(at + 1, &at);
        ok = at != NULL;
    }
    if (ok) ok = fgets(line, sizeof line, cluster) != NULL;
    for (s = 0; ok && s < SHARDS; s++)
        ok = fgets(line, sizeof line, cluster) && sscanf(line, "%*d,%*d,%*d,%31[^,]", tenant[s]) == 1;
    if (shards) fclose(shards);
    if (cluster) fclose(cluster);
    return ok;
}

static void series_of(psc_series *series, const double *value, size_t n)
{
    static const int32_t period[2] = {DAY, WEEK};

    psc_series_default(series);
    series->value = value;
    series->n = n;
    series->period = period;
    series->periods = 2;
    series->lower = 0.0;
}

static double error_of(const psc_series *series, int32_t model)
{
    psc_forecast_config config;
    psc_backtest_config backtest;
    psc_accuracy worth;
    size_t bytes;
    void *work;

    psc_forecast_default(&config);
    config.model = model;
    config.horizon = HORIZON;
    psc_backtest_default(&backtest);
    bytes = psc_backtest_size(series, &config, &backtest);
    work = block_new(bytes, 0);
    CHECK_STATUS(psc_backtest_run(series, &config, &backtest, work, bytes, &worth), PSC_OK);
    free(work);
    return worth.mase;
}

/* Over 60 shards and 3 origins the combination errs less than repeating the last day; by how much is no promise. */
static void test_combination(void)
{
    double own = 0.0, naive = 0.0;
    psc_series series;
    int s;

    for (s = 0; s < SHARDS; s++) {
        series_of(&series, load_of[s], TICKS);
        own += error_of(&series, PSC_MODEL_AUTO);
        naive += error_of(&series, PSC_MODEL_NAIVE);
    }
    CHECK(own < 0.9 * naive);
}

/* Median of the values at the same hour. */
static double usual(const double *value, int n, int hour)
{
    double same[TICKS / DAY + 1];
    int count = 0, i, j;

    for (i = hour; i < n; i += DAY) {
        for (j = count++; j > 0 && same[j - 1] > value[i]; j--) same[j] = same[j - 1];
        same[j] = value[i];
    }
    return same[count / 2];
}

static void forecast_with(const double *value, const double *regressor, double *point)
{
    psc_forecast_config config;
    psc_series series;
    psc_forecast *fit;
    size_t bytes;

    series_of(&series, value, TICKS);
    series.regressor = regressor;
    series.regressors = 1;
    psc_forecast_default(&config);
    config.model = PSC_MODEL_ADDITIVE;
    config.horizon = HORIZON;
    bytes = psc_forecast_size(&series, &config);
    fit = (psc_forecast *)block_new(bytes, 0);
    CHECK_STATUS(psc_forecast_fit(fit, bytes, &series, &config, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(fit, HORIZON, NULL, 0, point, NULL), PSC_OK);
    free(fit);
}

/* The tenants named burst-* run a batch now and then: a tick with more than 2.2 times what is usual at its hour. Where
 * the schedule is known, the next one, at step 6, must show in the forecast, and nowhere else. The recorder draws a
 * batch 2.5 to 4.5 times the rate (examples/record/record.c) and lets it die away; the values are counts. So the mean
 * of the learned factors lies well above 1.5. */
static void test_event(void)
{
    double regressor[TICKS + HORIZON], with[HORIZON], without[HORIZON], factor = 0.0;
    int s, t, tenants = 0;

    for (s = 0; s < SHARDS; s++) {
        int batches = 0;
        if (strncmp(tenant[s], "burst", 5)) continue;
        for (t = 0; t < TICKS + HORIZON; t++) {
            regressor[t] = t < TICKS && load_of[s][t] > 2.2 * usual(load_of[s], TICKS, t % DAY);
            batches += t < TICKS && regressor[t] > 0.0;
        }
        if (batches < 3) continue;
        forecast_with(load_of[s], regressor, without);
        regressor[TICKS + 5] = 1.0;
        forecast_with(load_of[s], regressor, with);
        for (t = 0; t < HORIZON; t++) CHECK(t == 5 ? with[t] > 1.2 * without[t] : with[t] == without[t]);
        factor += with[5] / without[5];
        tenants++;
    }
    CHECK(tenants > 0);
    CHECK(factor > 1.5 * tenants);
}

int main(void)
{
    if (!read_data()) {
        printf("examples/data cannot be read\n0 passed, 1 failed\n");
        return 1;
    }
    RUN(test_combination);
    RUN(test_event);
    return test_end();
}
