/* speed [--json] : one row an operation: name, n, ns per operation, bytes of state, and the ns of a bare counterpart
 * that was measured in the same run (what the least that must be done costs), and their ratio.
 * CPU time of this process (clock()); the least of five runs of about 50 ms each: the machines are shared. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { METRICS = 8, DAY = 24, WEEK = 168, HISTORY = 1000, HORIZON = 48, NODES = 100, SHARDS = 2000 };

/* What the operations work on. */
typedef struct bench {
    psc_tracker *tracker;
    psc_node *node;
    psc_forecast *fit;
    psc_series series;
    psc_forecast_config forecast;
    psc_beat beat;
    psc_cluster cluster;
    double history[HISTORY], metric[METRICS], out[HORIZON * 4], level;
    int32_t period[2];
    unsigned char *saved;
    void *copy, *work;
    size_t tracker_bytes, node_bytes, fit_bytes, saved_bytes, work_bytes;
    int64_t capacity[NODES * 2], demand[SHARDS * 2];
    int32_t home[SHARDS];
} bench;

static bench b;
static double sink;             /* results go here, so that no work can be left out */

static void *need(size_t bytes)
{
    void *p = malloc(bytes + 8);
    if (!p) exit(1);
    return p;
}

/* ---- operations: each does its thing n times */

static void tracker_observe(long n)
{
    while (n--) psc_tracker_observe(b.tracker, b.history[n % HISTORY]);
}

static void bare_smoothing(long n)
{
    while (n--) b.level += 0.2 * (b.history[n % HISTORY] - b.level);
    sink += b.level;
}

static void tracker_predict(long n)
{
    static const double level[2] = {0.1, 0.9};
    while (n--) psc_tracker_predict(b.tracker, DAY, level, 2, NULL, b.out);
    sink += b.out[0];
}

static void node_observe(long n)
{
    while (n--) {
        b.beat.sequence++;
        b.beat.received_at += INT64_C(1000000000);
        b.metric[n % METRICS] = 0.5 + n / METRICS % 7 * 0.001;
        if (psc_node_observe(b.node, &b.beat, b.metric) != PSC_OK) exit(1);
    }
}

static void node_score(long n)
{
    psc_failure_config failure;
    psc_node_score score;
    double p = 0.0;

    psc_failure_default(&failure);
    while (n--) {
        psc_node_score_at(b.node, b.beat.received_at + n, &score);
        psc_failure_probability(&failure, &score, &p);
    }
    sink += p;
}

static void bare_welford(long n)
{
    static double mean[METRICS], square[METRICS];
    int k;

    while (n--)
        for (k = 0; k < METRICS; k++) {
            const double d = b.metric[k] - mean[k];
            mean[k] += 0.01 * d;
            square[k] += 0.01 * (d * (b.metric[k] - mean[k]) - square[k]);
        }
    sink += mean[0] + square[1];
}

/* Fits of b.forecast.model, which main sets. */
static void forecast_fit(long n)
{
    while (n--)
        if (psc_forecast_fit(b.fit, b.fit_bytes, &b.series, &b.forecast, NULL) != PSC_OK) exit(1);
}

/* One value taken by a fit: its members go on, and the path is made anew. */
static void forecast_observe(long n)
{
    while (n--) psc_forecast_observe(b.fit, &b.history[n % HISTORY], 1);
}

static void forecast_predict(long n)
{
    static const double level[4] = {0.025, 0.1, 0.9, 0.975};
    while (n--) psc_forecast_predict(b.fit, HORIZON, level, 4, NULL, b.out);
    sink += b.out[0];
}

static void save(long n)
{
    while (n--) psc_save(b.tracker, b.saved, b.saved_bytes, &b.saved_bytes);
}

static void load(long n)
{
    while (n--) psc_load(PSC_TYPE_TRACKER, b.saved, b.saved_bytes, b.copy, b.tracker_bytes);
}

static void bare_copy(long n)
{
    while (n--) {
        memcpy(b.copy, b.tracker, b.tracker_bytes);
        sink += ((double *)b.copy)[n % 8 + 2];
    }
}

static void imbalance(long n)
{
    psc_imbalance result;
    while (n--) psc_imbalance_of(&b.cluster, NULL, 0.1, b.work, b.work_bytes, NULL, NULL, &result);
    sink += result.fleet;
}

static void bare_sum(long n)
{
    int64_t sum[2] = {0, 0};
    int s;

    while (n--)
        for (s = 0; s < SHARDS; s++) {
            sum[0] += b.demand[2 * s];
            sum[1] += b.demand[2 * s + 1];
        }
    sink += (double)(sum[0] + sum[1]);
}

/* ---- scaling */

enum { PRODUCERS = 1000 };

static psc_producer *producer;
static psc_scaler *scaler;
static psc_report report;
static char text[PSC_MAX_JSON];
static size_t producer_bytes, scaler_bytes, json_bytes;

static void request_fold(long n)
{
    static int64_t at;
    psc_request r;

    memset(&r, 0, sizeof r);
    r.size = 1.0;
    r.cpu = 0.01;
    r.memory = 1e4;
    r.network = 500.0;
    while (n--) {
        r.at = at += 1000000;
        r.source = (uint64_t)(n & 31);
        if (psc_producer_observe(producer, &r) != PSC_OK) exit(1);
    }
}

static void engine_step(long n)
{
    static int64_t now = 2000000000;
    psc_decision d;

    memset(&d, 0, sizeof d);
    while (n--) psc_scaler_step(scaler, now += 1000, NULL, 100, 0, &d);
    sink += d.upper;
}

static void report_write(long n)
{
    while (n--) psc_report_write(&report, text, sizeof text, &json_bytes);
}

static void report_read(long n)
{
    psc_report r;

    r.now[0] = 0.0;
    while (n--) psc_report_read(text, json_bytes, &r);
    sink += r.now[0];
}

/* A thousand producers that have reported, and the report of one that measures. */
static void prepare_scaling(void)
{
    psc_producer_config c;
    psc_scaler_config sc;
    int64_t i;

    psc_producer_default(&c);
    producer_bytes = psc_producer_size(&c);
    producer = (psc_producer *)need(producer_bytes);
    psc_producer_init(producer, producer_bytes, &c);
    request_fold(2000000);
    psc_report_default(&report);
    psc_producer_report(producer, INT64_C(3600000000000), 0.8, &report);
    psc_scaler_default(&sc);
    sc.producers = PRODUCERS;
    for (i = 0; i < PSC_RESOURCES; i++) sc.unit[i] = 100.0;
    scaler_bytes = psc_scaler_size(&sc);
    scaler = (psc_scaler *)need(scaler_bytes);
    psc_scaler_init(scaler, scaler_bytes, &sc);
    for (i = 0; i < 2 * PRODUCERS; i++) {
        report.producer = i % PRODUCERS;
        report.sequence = (uint64_t)i;
        if (psc_scaler_report(scaler, &report, 1000000000 + i) != PSC_OK) exit(1);
    }
    report_write(1);
}

/* ---- measuring */

static double least_ns(void (*operation)(long))
{
    double best = 1e300;
    long n = 1;
    int run;

    for (run = 0; run < 6; run++) {         /* the first finds n */
        for (;;) {
            clock_t start = clock();
            double seconds;
            operation(n);
            seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
            if (seconds < 0.05 && n < 1000000000L) {
                n = seconds < 0.005 ? n * 8 : (long)((double)n * 0.06 / seconds) + 1;
                continue;
            }
            if (run > 0 && seconds / (double)n < best) best = seconds / (double)n;
            break;
        }
    }
    return best * 1e9;
}

static void row(int json, const char *name, void (*operation)(long), long items, size_t state, const char *bare_name,
                void (*bare)(long))
{
    const double ns = least_ns(operation), base = least_ns(bare);

    if (json)
        printf("{\"name\":\"%s\",\"n\":%ld,\"ns\":%.2f,\"state_bytes\":%lu,\"bare\":\"%s\",\"bare_ns\":%.2f}\n", name, items, ns,
               (unsigned long)state, bare_name, base);
    else
        printf("%-34s %8ld %12.1f %10lu   %-22s %10.1f %8.1f\n", name, items, ns, (unsigned long)state, bare_name, base,
               ns / base);
    fflush(stdout);
}

/* Sizes the fit for a model and fits once. */
static void fit_model(int32_t model)
{
    b.forecast.model = model;
    free(b.fit);
    b.fit_bytes = psc_forecast_size(&b.series, &b.forecast);
    b.fit = (psc_forecast *)need(b.fit_bytes);
    forecast_fit(1);
}

static void fit_rows(int json)
{
    static const struct {
        const char *name;
        int32_t model;
    } models[] = {
        {"fit seasonal AR, n, h = 48", PSC_MODEL_SEASONAL_AR}, {"fit theta", PSC_MODEL_THETA},
        {"fit decomposition", PSC_MODEL_DECOMPOSITION}, {"fit ETS, by AICc", PSC_MODEL_ETS},
        {"fit AR (Burg), order by AIC", PSC_MODEL_AR}, {"fit ARIMA, orders by search", PSC_MODEL_ARIMA},
        {"fit additive", PSC_MODEL_ADDITIVE}, {"fit recurrent network", PSC_MODEL_GRU},
        {"fit the combination", PSC_MODEL_AUTO}
    };
    size_t i;

    for (i = 0; i < sizeof models / sizeof models[0]; i++) {
        fit_model(models[i].model);
        row(json, models[i].name, forecast_fit, HISTORY, b.fit_bytes, "2000 x 2 sums", bare_sum);
    }
    b.forecast.ets.error = b.forecast.ets.trend = b.forecast.ets.season = PSC_ETS_ADDITIVE;
    fit_model(PSC_MODEL_ETS);
    row(json, "fit ETS(A,A,A)", forecast_fit, HISTORY, b.fit_bytes, "2000 x 2 sums", bare_sum);
    fit_model(PSC_MODEL_AUTO);
}

static void prepare(void)
{
    psc_tracker_config tracker;
    psc_node_config node;
    int i;

    for (i = 0; i < HISTORY; i++) b.history[i] = 100.0 + i % DAY * 5.0 + i % WEEK * 0.3 + i * 2654435761u % 97 / 10.0;
    psc_tracker_default(&tracker);
    tracker.period1 = DAY;
    tracker.period2 = WEEK;
    b.tracker_bytes = psc_tracker_size(&tracker);
    b.tracker = (psc_tracker *)need(b.tracker_bytes);
    psc_tracker_init(b.tracker, b.tracker_bytes, &tracker);
    for (i = 0; i < METRICS; i++) b.metric[i] = 0.5;
    psc_node_default(&node);
    node.metrics = METRICS;
    b.node_bytes = psc_node_size(&node);
    b.node = (psc_node *)need(b.node_bytes);
    psc_node_init(b.node, b.node_bytes, &node);
    b.saved_bytes = psc_save_size(b.tracker);
    b.saved = (unsigned char *)need(b.saved_bytes);
    b.copy = need(b.tracker_bytes);
    b.period[0] = DAY;
    b.period[1] = WEEK;
    psc_series_default(&b.series);
    b.series.value = b.history;
    b.series.n = HISTORY;
    b.series.period = b.period;
    b.series.periods = 2;
    psc_forecast_default(&b.forecast);
    b.forecast.horizon = HORIZON;
}

static void prepare_cluster(void)
{
    int i;

    for (i = 0; i < NODES * 2; i++) b.capacity[i] = 1000000;
    for (i = 0; i < SHARDS; i++) {
        b.home[i] = i % NODES;
        b.demand[2 * i] = 10000 + i * 7919 % 20000;
        b.demand[2 * i + 1] = 10000 + i * 104729 % 20000;
    }
    psc_cluster_default(&b.cluster);
    b.cluster.resources = 2;
    b.cluster.nodes = NODES;
    b.cluster.shards = SHARDS;
    b.cluster.capacity = b.capacity;
    b.cluster.demand = b.demand;
    b.cluster.home = b.home;
    b.work_bytes = psc_imbalance_size(&b.cluster);
    b.work = need(b.work_bytes);
}

int main(int argc, char **argv)
{
    const int json = argc > 1 && !strcmp(argv[1], "--json");

    prepare();
    prepare_cluster();
    if (!json)
        printf("%-34s %8s %12s %10s   %-22s %10s %8s\n", "operation", "n", "ns", "state B", "bare counterpart", "ns", "ratio");
    row(json, "tracker observe, 2 seasons", tracker_observe, 1, b.tracker_bytes, "one smoothing step", bare_smoothing);
    row(json, "tracker predict, 24 x 2 levels", tracker_predict, DAY, b.tracker_bytes, "one smoothing step", bare_smoothing);
    row(json, "heartbeat, 8 metrics", node_observe, METRICS, b.node_bytes, "8 means and variances", bare_welford);
    row(json, "score and failure probability", node_score, METRICS, b.node_bytes, "8 means and variances", bare_welford);
    row(json, "save a tracker", save, (long)b.saved_bytes, b.tracker_bytes, "memcpy", bare_copy);
    row(json, "load a tracker", load, (long)b.saved_bytes, b.tracker_bytes, "memcpy", bare_copy);
    fit_rows(json);
    row(json, "combination takes a value", forecast_observe, 1, b.fit_bytes, "one smoothing step", bare_smoothing);
    row(json, "forecast predict, 48 x 4 levels", forecast_predict, HORIZON, b.fit_bytes, "one smoothing step", bare_smoothing);
    row(json, "imbalance, 2000 shards x 2", imbalance, SHARDS, b.work_bytes, "2000 x 2 sums", bare_sum);
    prepare_scaling();
    row(json, "request folded", request_fold, 1, producer_bytes, "one smoothing step", bare_smoothing);
    row(json, "scaler step, 1000 producers", engine_step, PRODUCERS, scaler_bytes, "2000 x 2 sums", bare_sum);
    row(json, "report written as JSON", report_write, (long)json_bytes, sizeof report, "memcpy", bare_copy);
    row(json, "report read from JSON", report_read, (long)json_bytes, sizeof report, "memcpy", bare_copy);
    return sink != sink;
}
