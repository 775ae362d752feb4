/* speed [--json] : one row an operation: name, n, ns per operation, bytes of state, and the ns of a bare counterpart
 * that was measured in the same run (what the least that must be done costs), and their ratio.
 * CPU time of this process (clock()); the least of five runs of about 50 ms each: the machines are shared. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    METRICS = 8, MANY = 38, DAY = 24, WEEK = 168, HISTORY = 1000, HORIZON = 48, NODES = 100, SHARDS = 2000, WIDE = 12,
    TYPES = 8, FLEETS = 3
};

/* What the operations work on. */
typedef struct bench {
    psc_tracker *tracker;
    psc_node *node, *many;
    psc_failure *failure;
    psc_forecast *fit;
    psc_series series;
    psc_forecast_config forecast;
    psc_beat beat, many_beat;
    psc_cluster cluster;
    double history[HISTORY], metric[METRICS], many_metric[MANY], out[HORIZON * 4], level;
    int32_t period[2];
    unsigned char *saved;
    void *copy, *work;
    size_t tracker_bytes, node_bytes, many_bytes, fit_bytes, saved_bytes, work_bytes;
    int64_t capacity[NODES * 2], demand[SHARDS * 2];
    int32_t home[SHARDS];
    psc_cluster wide;               /* WIDE resources                                                  */
    int64_t wide_capacity[NODES * WIDE], wide_soft[NODES * WIDE], wide_demand[SHARDS * WIDE];
    psc_plan *plan;
    size_t plan_bytes;
    psc_personas *personas[FLEETS];
    size_t personas_bytes[FLEETS];
    psc_request request[HISTORY];
    psc_outcome outcome[HISTORY];
    int64_t now;
    psc_transfer *side[2];
    psc_stages *stages;
    size_t side_bytes, stages_bytes;
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

static void many_observe(long n)
{
    while (n--) {
        b.many_beat.sequence++;
        b.many_beat.received_at += INT64_C(1000000000);
        b.many_metric[n % MANY] = 0.5 + n / MANY % 7 * 0.001;
        if (psc_node_observe(b.many, &b.many_beat, b.many_metric) != PSC_OK) exit(1);
    }
}

static void node_score(long n)
{
    psc_node_score score;
    double p = 0.0;

    while (n--) {
        psc_node_score_at(b.node, b.beat.received_at + n, &score);
        psc_failure_probability(b.failure, &score, &p);
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

/* One event to one side: a shard goes to and fro, eight steps each way with their acknowledged writes. */
static void transfer_step(long n)
{
    static psc_transfer_event event;
    static psc_transfer_action action;
    static int owner, at;

    while (n--) {
        if (psc_transfer_step(b.side[at], &event, 0, &action) != PSC_OK) exit(1);
        if (action.persist) {
            event.kind = PSC_EVENT_STORED;
            event.version = action.version;
        } else if (action.send && action.message.kind != PSC_MESSAGE_DONE) {
            event.kind = PSC_EVENT_MESSAGE;
            event.message = action.message;
            at = (int)action.message.to;
        } else if (action.send) {                       /* DONE: the target owns; the source hears of it and proposes next */
            event.kind = PSC_EVENT_MESSAGE;
            event.message = action.message;
            owner = at;
            at = (int)action.message.to;
        } else {
            at = owner;
            event.kind = PSC_EVENT_PROPOSE;
            event.peer = 1 - owner;
        }
    }
    sink += (double)action.version;
}

static void route(long n)
{
    psc_way way;
    int64_t sum = 0;

    while (n--) {
        psc_route(b.stages, (uint64_t)n, &way);
        sum += way.serve;
    }
    sink += (double)sum;
}

static void bare_mix(long n)
{
    uint64_t sum = 0;

    while (n--) {
        uint64_t z = (uint64_t)n + UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        sum += (z ^ z >> 31) >> 48;
    }
    sink += (double)sum;
}

static void bare_side(long n)
{
    static unsigned char copy[2][80];

    while (n--) memcpy(copy[n & 1], b.side[n & 1], 80);
    sink += copy[0][0] + copy[1][1];
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

/* Pairs of a shard and a target that the annealing looks at. */
static void plan_pairs(long n)
{
    if (psc_plan_step(b.plan, &b.wide, n) != PSC_MORE) exit(1);
}

static void bare_load(long n)
{
    int64_t sum = 0;
    int r;

    while (n--) {
        const int64_t *d = b.wide_demand + n % SHARDS * WIDE, *soft = b.wide_soft + n % NODES * WIDE;
        for (r = 0; r < WIDE; r++) sum += d[r] > soft[r] ? d[r] - soft[r] : 0;
    }
    sink += (double)sum;
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

static const int32_t fleets[FLEETS] = {8, 64, 1000};

/* What comes in and what has ended take turns, so that no queue grows; the second is measured alone, too. */
static void assign_and_outcome(int fleet, long n)
{
    psc_assignment a;

    while (n--) {
        psc_outcome *o = &b.outcome[n % HISTORY];
        b.now += 20000;
        psc_personas_assign(b.personas[fleet], b.now, &b.request[n % HISTORY], &a);
        o->node = a.node;
        o->expected = a.service;
        psc_personas_outcome(b.personas[fleet], b.now, &b.request[n % HISTORY], o);
    }
    sink += a.score;
}

static void assign_8(long n) { assign_and_outcome(0, n); }
static void assign_64(long n) { assign_and_outcome(1, n); }
static void assign_1000(long n) { assign_and_outcome(2, n); }

static void outcome_alone(int fleet, long n)
{
    int32_t node = 0;

    while (n--) {
        psc_outcome *o = &b.outcome[n % HISTORY];
        b.now += 20000;
        o->node = node = node + 1 < fleets[fleet] ? node + 1 : 0;
        psc_personas_outcome(b.personas[fleet], b.now, &b.request[n % HISTORY], o);
    }
}

static void outcome_8(long n) { outcome_alone(0, n); }
static void outcome_64(long n) { outcome_alone(1, n); }
static void outcome_1000(long n) { outcome_alone(2, n); }

/* The least sum of two arrays of 64: the least that a choice among them must do. */
static void bare_least(long n)
{
    long k, least = 0;

    while (n--) {
        least = 0;
        for (k = 1; k < 64; k++)
            if (b.history[k] + b.history[n % 512 + k] < b.history[least] + b.history[n % 512 + least]) least = k;
        sink += (double)least;
    }
}

/* ---- scaling */

enum { PRODUCERS = 1000 };

static psc_producer *producer;
static psc_scaler *scaler;
static psc_report report;
static char text[PSC_MAX_JSON];
static size_t producer_bytes, scaler_bytes, json_bytes;

static void usage_fold(long n)
{
    static int64_t at;
    psc_usage r;

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
    usage_fold(2000000);
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
    psc_failure_config failure;
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
    node.metrics = MANY;
    b.many_bytes = psc_node_size(&node);
    b.many = (psc_node *)need(b.many_bytes);
    psc_node_init(b.many, b.many_bytes, &node);
    for (i = 0; i < MANY; i++) b.many_metric[i] = 0.5;
    psc_failure_default(&failure);
    b.failure = (psc_failure *)need(psc_failure_size(&failure));
    psc_failure_init(b.failure, psc_failure_size(&failure), &failure);
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

static void prepare_plan(void)
{
    psc_plan_config config;
    uint32_t x = 1;
    int i;

    for (i = 0; i < NODES * WIDE; i++) b.wide_capacity[i] = 1000000;
    for (i = 0; i < SHARDS * WIDE; i++) {
        x = x * 1664525u + 1013904223u;
        b.wide_demand[i] = 10000 + (x >> 8) % 60000;
    }
    b.wide = b.cluster;
    b.wide.resources = WIDE;
    b.wide.capacity = b.wide_capacity;
    b.wide.soft = b.wide_soft;
    b.wide.demand = b.wide_demand;
    if (psc_soft_amounts(&b.wide, 0.0, b.wide_soft) != PSC_OK) exit(1);
    psc_plan_default(&config);
    config.horizon = INT64_MAX / 2;
    b.plan_bytes = psc_plan_size(&b.wide, &config);
    b.plan = (psc_plan *)need(b.plan_bytes);
    if (psc_plan_init(b.plan, b.plan_bytes, &b.wide, &config) != PSC_OK) exit(1);
    plan_pairs(5000000);            /* past the descent */
}

static void prepare_personas(void)
{
    double workers[1000], speed[1000];
    psc_personas_config config;
    int i;

    for (i = 0; i < 1000; i++) {
        workers[i] = 2 + i % 7;
        speed[i] = 0.7 + i % 11 * 0.06;
    }
    psc_personas_default(&config);
    config.types = TYPES;
    config.workers = workers;
    config.speed = speed;
    for (i = 0; i < FLEETS; i++) {
        config.nodes = fleets[i];
        b.personas_bytes[i] = psc_personas_size(&config);
        b.personas[i] = (psc_personas *)need(b.personas_bytes[i]);
        psc_personas_init(b.personas[i], b.personas_bytes[i], &config);
    }
    for (i = 0; i < HISTORY; i++) {
        b.request[i].type = i % TYPES;
        b.request[i].lead = i % 8;
        b.request[i].size = 0.5 + i % 13 * 0.1;
        b.outcome[i].ok = 1;
        b.outcome[i].service = b.outcome[i].latency = 0.02 + i % 17 * 0.001;
    }
}

enum { ECHO_NODES = 64, BLOCKS = 4096, SPLIT_SHARDS = 256 };

static psc_echo *echo;
static psc_split *split;
static psc_map *map;
static uint64_t blocks[BLOCKS], counts[BLOCKS];

/* Skewed blocks, the hot ones with echoes: every 50th access is a write. */
static void echo_access(long n)
{
    psc_echo_route route;
    uint64_t epoch;
    while (n--) {
        const uint64_t block = blocks[n % BLOCKS];
        if (n % 50 == 0) psc_echo_write(echo, block, (int32_t)(block % ECHO_NODES), n * 1000, &epoch);
        else psc_echo_read(echo, block, (int32_t)(block % ECHO_NODES), n * 1000, &route);
    }
}

static void bare_count(long n)
{
    while (n--) counts[blocks[n % BLOCKS] % BLOCKS]++;
    sink += (double)counts[0];
}

static void split_observe(long n)
{
    while (n--) psc_split_observe(split, blocks[n % BLOCKS] * UINT64_C(0x9e3779b97f4a7c15), 1.0);
}

static void map_find(long n)
{
    psc_map_place place;
    while (n--) psc_map_find(map, blocks[n % BLOCKS] * UINT64_C(0x9e3779b97f4a7c15), &place);
    sink += place.partition;
}

static size_t prepare_echo(void)
{
    static int64_t backlog[ECHO_NODES], service[ECHO_NODES];
    static int32_t places[ECHO_NODES];
    static psc_echo_order order[4096];
    psc_echo_config config;
    psc_echo_nodes nodes;
    size_t count, i;
    int t;

    psc_echo_default(&config);
    config.nodes = ECHO_NODES;
    echo = (psc_echo *)need(psc_echo_size(&config));
    psc_echo_init(echo, psc_echo_size(&config), &config);
    for (t = 0; t < ECHO_NODES; t++) {
        service[t] = 1000000;
        backlog[t] = t < 8 ? 200000000 : 0;
        places[t] = 32;
    }
    for (t = 0; t < BLOCKS; t++) {
        const double u = (double)(t * 2654435761u % 65536) / 65536.0;
        blocks[t] = (uint64_t)(20000.0 * u * u * u * u);
    }
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = backlog;
    nodes.service_ns = service;
    nodes.places = places;
    for (t = 0; t < 20; t++) {
        echo_access(BLOCKS);
        psc_echo_tick(echo, &nodes, (int64_t)t * 10000000, order, 4096, &count);
        for (i = 0; i < count; i++) psc_echo_confirm(echo, order[i].block, order[i].node, order[i].epoch);
    }
    return psc_echo_size(&config);
}

static size_t prepare_split(void)
{
    static uint64_t start[SPLIT_SHARDS];
    psc_split_config config;
    int i;

    psc_split_default(&config);
    split = (psc_split *)need(psc_split_size(&config));
    psc_split_init(split, psc_split_size(&config), &config);
    for (i = 0; i < SPLIT_SHARDS; i++) start[i] = (uint64_t)i << 56;
    psc_split_shards(split, start, SPLIT_SHARDS);
    return psc_split_size(&config);
}

static size_t prepare_map(void)
{
    psc_map_config config;
    psc_map_change change;
    uint64_t i;

    psc_map_default(&config);
    config.partitions = config.areas = 10000;
    config.echoes = 10000;
    map = (psc_map *)need(psc_map_size(&config));
    psc_map_init(map, psc_map_size(&config), &config);
    memset(&change, 0, sizeof change);
    change.epoch = 1;
    for (i = 0; i < 19998; i++) {
        change.kind = i % 2 ? PSC_MAP_AREA : PSC_MAP_ECHO;
        change.key = i * UINT64_C(922000000000000);
        change.partition = (int32_t)(i / 2);
        psc_map_apply(map, i, &change);
    }
    return psc_map_size(&config);
}

static void prepare_transfer(void)
{
    psc_transfer_config transfer;
    psc_stages_config stages;
    int i;

    for (i = 0; i < 2; i++) {
        psc_transfer_default(&transfer);
        transfer.self = i;
        transfer.owns = i == 0;
        b.side_bytes = psc_transfer_size(&transfer);
        b.side[i] = (psc_transfer *)need(b.side_bytes);
        psc_transfer_init(b.side[i], b.side_bytes, &transfer);
    }
    psc_stages_default(&stages);
    b.stages_bytes = psc_stages_size(&stages);
    b.stages = (psc_stages *)need(b.stages_bytes);
    psc_stages_init(b.stages, b.stages_bytes, &stages);
}

/* One step of a host's control loop: the loads of a step go to the outlook, each shard's twelve hours are foreseen, and
 * what should move is asked. Shards have a daily season and noise; the nodes are two thirds full in the mean. */
typedef struct loop {
    psc_control control;
    psc_outlook *outlook;
    double *load, *path, *spread, *work;
    int32_t *home;
    psc_order *order;
    size_t bytes, state;
    int t;
} loop;

static loop small_loop, large_loop;

static void loop_step(loop *l)
{
    const psc_control *c = &l->control;
    psc_control_info info;
    int s, i;

    for (s = 0; s < c->shards; s++) {
        const double noise = (double)((uint32_t)(l->t * 31 + s) * 2654435761u % 65536) / 65536.0;
        l->load[s] = (0.5 + noise) * ((l->t + s) % (24 * c->hour) > 12 * c->hour ? 2.0 : 1.0);
    }
    l->t++;
    psc_outlook_observe(l->outlook, l->load, NULL, 0, l->work);
    psc_outlook_predict(l->outlook, 0, (size_t)c->shards, NULL, 0, l->path, l->spread, l->work);
    psc_control_of(c, l->work, l->bytes, l->order, (size_t)c->shards, &info);
    for (i = 0; i < info.moves; i++) l->home[l->order[i].shard] = l->order[i].to;
    sink += info.peak;
}

/* Steps of ten minutes and seasons up to a week, or of an hour and up to a day. */
static size_t prepare_loop(loop *l, int nodes, int shards, int hourly)
{
    psc_outlook_config config;
    double *capacity = (double *)need((size_t)nodes * sizeof(double));
    double *price = (double *)need((size_t)shards * sizeof(double));
    size_t steps, slots;
    int i;

    psc_outlook_default(&config);
    psc_control_default(&l->control);
    config.series = l->control.shards = shards;
    if (hourly) config.hour = 1, config.week = 0;
    l->control.nodes = nodes;
    l->control.hour = config.hour;
    steps = (size_t)(config.hour * (config.far + 1));
    slots = (size_t)(config.hour + config.far);
    l->state = psc_outlook_size(&config);
    l->outlook = (psc_outlook *)need(l->state);
    psc_outlook_init(l->outlook, l->state, &config);
    l->control.load = l->load = (double *)need((size_t)shards * sizeof(double));
    l->control.path = l->path = (double *)need((size_t)shards * steps * sizeof(double));
    l->control.spread = l->spread = (double *)need((size_t)shards * slots * sizeof(double));
    l->control.home = l->home = (int32_t *)need((size_t)shards * sizeof(int32_t));
    l->order = (psc_order *)need((size_t)shards * sizeof(psc_order));
    for (i = 0; i < nodes; i++) capacity[i] = 2.25 * shards / nodes;
    for (i = 0; i < shards; i++) {
        l->home[i] = (int32_t)((uint32_t)i * 2654435761u % (uint32_t)nodes);
        price[i] = 1.0;
    }
    l->control.capacity = capacity;
    l->control.price = price;
    l->bytes = psc_control_size(&l->control);
    l->work = (double *)need(l->bytes + 4 * steps * sizeof(double));
    while (l->t < 26 * config.hour) loop_step(l);
    return l->state;
}

static void loop_small(long n)
{
    while (n--) loop_step(&small_loop);
}

static void loop_large(long n)
{
    while (n--) loop_step(&large_loop);
}

int main(int argc, char **argv)
{
    static void (*const assign[FLEETS])(long) = {assign_8, assign_64, assign_1000};
    static void (*const outcome[FLEETS])(long) = {outcome_8, outcome_64, outcome_1000};
    const int json = argc > 1 && !strcmp(argv[1], "--json");
    int i;

    prepare();
    prepare_cluster();
    prepare_plan();
    prepare_personas();
    prepare_transfer();
    if (!json)
        printf("%-34s %8s %12s %10s   %-22s %10s %8s\n", "operation", "n", "ns", "state B", "bare counterpart", "ns", "ratio");
    row(json, "tracker observe, 2 seasons", tracker_observe, 1, b.tracker_bytes, "one smoothing step", bare_smoothing);
    row(json, "tracker predict, 24 x 2 levels", tracker_predict, DAY, b.tracker_bytes, "one smoothing step", bare_smoothing);
    row(json, "heartbeat, 8 metrics", node_observe, METRICS, b.node_bytes, "8 means and variances", bare_welford);
    row(json, "heartbeat, 38 metrics", many_observe, MANY, b.many_bytes, "8 means and variances", bare_welford);
    row(json, "score and failure probability", node_score, METRICS, b.node_bytes, "8 means and variances", bare_welford);
    row(json, "save a tracker", save, (long)b.saved_bytes, b.tracker_bytes, "memcpy", bare_copy);
    row(json, "load a tracker", load, (long)b.saved_bytes, b.tracker_bytes, "memcpy", bare_copy);
    fit_rows(json);
    row(json, "combination takes a value", forecast_observe, 1, b.fit_bytes, "one smoothing step", bare_smoothing);
    row(json, "forecast predict, 48 x 4 levels", forecast_predict, HORIZON, b.fit_bytes, "one smoothing step", bare_smoothing);
    row(json, "imbalance, 2000 shards x 2", imbalance, SHARDS, b.work_bytes, "2000 x 2 sums", bare_sum);
    row(json, "plan, a pair, 12 resources", plan_pairs, 1, b.plan_bytes, "12 amounts above soft", bare_load);
    for (i = 0; i < FLEETS; i++) {
        row(json, "a request assigned and ended", assign[i], fleets[i], b.personas_bytes[i], "least of 64 sums", bare_least);
        row(json, "of it, the outcome", outcome[i], fleets[i], b.personas_bytes[i], "one smoothing step", bare_smoothing);
    }
    row(json, "echo access, 64 nodes", echo_access, 4096, prepare_echo(), "one counter", bare_count);
    row(json, "split observe, 256 shards", split_observe, SPLIT_SHARDS, prepare_split(), "one counter", bare_count);
    row(json, "map find, 10000 areas", map_find, 10000, prepare_map(), "one counter", bare_count);
    row(json, "transfer step", transfer_step, 1, b.side_bytes, "memcpy of a side", bare_side);
    row(json, "route a request", route, 1, b.stages_bytes, "mixing of a key", bare_mix);
    prepare_scaling();
    row(json, "request folded", usage_fold, 1, producer_bytes, "one smoothing step", bare_smoothing);
    row(json, "scaler step, 1000 producers", engine_step, PRODUCERS, scaler_bytes, "2000 x 2 sums", bare_sum);
    row(json, "report written as JSON", report_write, (long)json_bytes, sizeof report, "memcpy", bare_copy);
    row(json, "report read from JSON", report_read, (long)json_bytes, sizeof report, "memcpy", bare_copy);
    row(json, "loop step, 50 nodes, 10 min", loop_small, 1000, prepare_loop(&small_loop, 50, 1000, 0), "2000 x 2 sums",
        bare_sum);
    row(json, "loop step, 1000 nodes, hourly", loop_large, 100000, prepare_loop(&large_loop, 1000, 100000, 1), "2000 x 2 sums",
        bare_sum);
    return sink != sink;
}
