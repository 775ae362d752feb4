/* demo - the whole way from telemetry to plan, on what a real Redis Cluster sent (examples/data/README.md).
 *
 *     build/demo [DATA_FOLDER [SVG_FILE]]
 *
 * Six nodes, sixty shards, one tick a second that stands for an hour. The program stands at the tick `now` of
 * run.csv, knows what came before it, and decides: which node is about to fail, what load is coming, which shards
 * should move, in which order. It moves them, over a network that loses messages, and looks at what really followed.
 *
 * This is the host's part as you would write it: read telemetry, hand it to predscale, act on what comes back. */
#define _POSIX_C_SOURCE 200112L
#include "predscale.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICKS = 2048, NODES = 16, SHARDS = 256,         /* room; the files say how many there are */
    DAY = 24, WEEK = 168, HORIZON = 48, QUARTERS = 4,
    RESOURCES = QUARTERS + 1,                       /* the load in each quarter of the coming day, and memory */
    METRICS = PSC_METRIC_HOST + 1,                  /* the heartbeat's own and the CPU time of the process */
    BEFORE = 36, AFTER = 24,                        /* ticks around now that are shown of each node */
    FANS = 6                                        /* shards shown with their forecast */
};

#define MAX_MEMORY 200e6                            /* bytes, --maxmemory of the recorded servers */
#define SECOND INT64_C(1000000000)

/* One answered heartbeat as recorded. */
typedef struct beat_row {
    int here;
    double sent, received, requests, errors, latency, busy, cpu, memory, in, out;
} beat_row;

/* What the recording holds. */
static struct {
    int ticks, now, nodes, shards, kill, onset, failing;
    double capacity;                                /* requests a tick */
    beat_row beat[TICKS][NODES];
    double load[SHARDS][TICKS];
    double bytes[SHARDS];
    char tenant[SHARDS][32];
    int32_t home[SHARDS];
} data;

/* What predscale made of it. */
static struct {
    double instability[NODES][BEFORE + AFTER], failure[NODES][BEFORE + AFTER];
    psc_node_score at_now[NODES];
    double p_now[NODES], threshold, drain[NODES];
    int32_t crossed[NODES], shift[SHARDS];
    psc_relief_info relief;
    double point[SHARDS][HORIZON], band[SHARDS][HORIZON * 4];
    double error_auto, error_naive;                   /* sMAPE of what followed */
    double before[NODES], after[NODES];             /* largest predicted utilisation in any quarter */
    int32_t plan[SHARDS];
    psc_move order[SHARDS];
    int moves;
} result;

static const double levels[4] = {0.025, 0.1, 0.9, 0.975};

/* ---- small things ---------------------------------------------------------------------------- */

static void die(const char *what, const char *why)
{
    fprintf(stderr, "demo: %s: %s\n", what, why);
    exit(1);
}

static void must(psc_status status, const char *what)
{
    if (status < 0) die(what, psc_strerror(status));
}

static void *memory_for(size_t bytes, const char *what)
{
    void *p = bytes ? malloc(bytes) : NULL;
    if (!p) die(what, bytes ? "out of memory" : "not a valid configuration");
    return p;
}

static int colours(void)
{
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static void heading(const char *text)
{
    printf(colours() ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

/* One character a value, 0..1 in eight steps. */
static void sparkline(const double *x, int n, double low, double high)
{
    static const char *block[] = {"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
                                  "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    int i;

    for (i = 0; i < n; i++) {
        const double share = high > low ? (x[i] - low) / (high - low) : 0.0;
        const int step = (int)floor(share * 8.0);
        fputs(block[step < 0 ? 0 : step > 7 ? 7 : step], stdout);
    }
}

static const char *metric_name(int32_t metric)
{
    static const char *name[] = {"missing beats", "request rate", "latency", "errors", "busy share", "memory",
                                 "network", "free capacity", "CPU time"};
    return name[metric + 1];
}

/* ---- reading --------------------------------------------------------------------------------- */

static FILE *open_data(const char *folder, const char *name)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "r");
    if (!f) die(path, "cannot be read; run from the top folder, or name the data folder");
    return f;
}

static void read_run(const char *folder)
{
    FILE *f = open_data(folder, "run.csv");
    char line[256], key[64];
    double value;

    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%63[^,],%lf", key, &value) != 2) continue;
        if (!strcmp(key, "ticks")) data.ticks = (int)value;
        if (!strcmp(key, "now")) data.now = (int)value;
        if (!strcmp(key, "nodes")) data.nodes = (int)value;
        if (!strcmp(key, "shards")) data.shards = (int)value;
        if (!strcmp(key, "kill")) data.kill = (int)value;
        if (!strcmp(key, "onset")) data.onset = (int)value;
        if (!strcmp(key, "failing_node")) data.failing = (int)value;
        if (!strcmp(key, "capacity_rps")) data.capacity = value;
    }
    fclose(f);
    if (data.ticks > TICKS || data.nodes > NODES || data.shards > SHARDS || data.nodes < 1 || data.shards < 1
        || data.now < WEEK + HORIZON || data.now + HORIZON > data.ticks || data.capacity <= 0.0)
        die("run.csv", "ticks, now, nodes, shards or capacity_rps do not fit this program");
}

static void read_beats(const char *folder)
{
    FILE *f = open_data(folder, "nodes.csv");
    char line[512];
    int tick, node;
    beat_row b;

    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%d,%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &tick, &node, &b.sent, &b.received, &b.requests,
                   &b.errors, &b.latency, &b.busy, &b.cpu, &b.memory, &b.in, &b.out) != 12)
            continue;
        if (tick < 0 || tick >= data.ticks || node < 0 || node >= data.nodes) die("nodes.csv", "a tick or node is out of range");
        b.here = 1;
        data.beat[tick][node] = b;
    }
    fclose(f);
}

static void read_shards(const char *folder)
{
    FILE *f = open_data(folder, "cluster.csv");
    static char line[8192];
    int shard, slot, node;
    char tenant[32], *at;
    double bytes;

    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%d,%d,%d,%31[^,],%lf", &shard, &slot, &node, tenant, &bytes) != 5) continue;
        if (shard < 0 || shard >= data.shards || node < 0 || node >= data.nodes) die("cluster.csv", "a shard or node is out of range");
        data.home[shard] = node;
        data.bytes[shard] = bytes;
        memcpy(data.tenant[shard], tenant, sizeof tenant);
    }
    fclose(f);
    f = open_data(folder, "shards.csv");
    while (fgets(line, sizeof line, f)) {
        int tick = (int)strtol(line, &at, 10);
        if (at == line || tick < 0 || tick >= data.ticks) continue;
        for (shard = 0; shard < data.shards && *at == ','; shard++) data.load[shard][tick] = strtod(at + 1, &at);
    }
    fclose(f);
}

/* ---- nodes: heartbeat to failure probability -------------------------------------------------- */

/* A recorded row as a heartbeat; its counts are since the row before: those of the client since it asked then, those of
 * the server since it answered then. */
static void beat_of(int tick, int node, const beat_row *last, int64_t number, psc_beat *beat, double *metric)
{
    const beat_row *r = &data.beat[tick][node];
    const double asked = (r->sent - last->sent) / 1e6, answered = (r->received - last->received) / 1e6;
    const double busy = fmin(r->busy / 1e6 / answered, 1.0);
    int s;

    beat->node = beat->sender = node;
    beat->epoch = 1;
    beat->sequence = (uint64_t)number;
    beat->sent_at = (int64_t)(r->sent * 1e3);
    beat->received_at = (int64_t)(r->received * 1e3);
    for (beat->shards = 0, s = 0; s < data.shards; s++) beat->shards += data.home[s] == node;
    metric[PSC_METRIC_RATE] = r->requests / asked;
    metric[PSC_METRIC_LATENCY] = r->latency / 1e6;
    metric[PSC_METRIC_ERRORS] = r->errors > 0.0 ? r->errors / (r->errors + r->requests) : 0.0;
    metric[PSC_METRIC_CPU] = busy;
    metric[PSC_METRIC_MEMORY] = fmin(r->memory / MAX_MEMORY, 1.0);
    metric[PSC_METRIC_NETWORK] = (r->in + r->out) / answered;
    metric[PSC_METRIC_CAPACITY] = (1.0 - busy) * data.capacity;
    metric[PSC_METRIC_HOST] = r->cpu / 1e6 / answered;
}

static psc_node *new_node(int id)
{
    psc_node_config config;
    psc_node *node;

    psc_node_default(&config);
    config.id = id;
    config.metrics = METRICS;
    config.learn = WEEK;                            /* a week of hours is what a healthy node looks like */
    config.memory = 4 * WEEK;
    config.day_ns = DAY * SECOND;
    config.step_ns = SECOND;                        /* a tick stands for an hour: a step each */
    node = (psc_node *)memory_for(psc_node_size(&config), "node");
    must(psc_node_init(node, psc_node_size(&config), &config), "node");
    return node;
}

/* Replays one node tick by tick; nothing is looked at before its time. */
static void watch_node(int id, const psc_failure *model)
{
    psc_node *node = new_node(id);
    psc_node_score score;
    double metric[METRICS], p;
    beat_row last;
    psc_beat beat;
    int tick, from = data.now - BEFORE;
    int64_t number = 0;

    memset(&last, 0, sizeof last);
    for (tick = 0; tick < data.now + AFTER; tick++) {
        if (data.beat[tick][id].here) {
            beat_of(tick, id, &last, number++, &beat, metric);
            last = data.beat[tick][id];
            must(psc_node_observe(node, &beat, metric), "heartbeat");
        }
        must(psc_node_score_at(node, (tick + 1) * SECOND + SECOND / 4, &score), "score");
        must(psc_failure_probability(model, &score, &p), "failure probability");
        if (tick >= from) {
            result.instability[id][tick - from] = score.instability;
            result.failure[id][tick - from] = p;
        }
        if (tick != data.now - 1) continue;
        result.at_now[id] = score;
        result.p_now[id] = p;
    }
    free(node);
}

/* All nodes, with a failure model that has seen no outcome yet: its documented prior; and which of them are so likely to
 * fail that acting is worth its price. Without outcomes to learn from there is nothing to be patient for. */
static void watch_nodes(void)
{
    psc_failure_config config;
    psc_threshold_config threshold;
    psc_failure *model;
    psc_threshold *limit;
    psc_shift shift;
    int n;

    psc_failure_default(&config);
    psc_threshold_default(&threshold);
    config.capacity = 0;
    threshold.patience = 0.0;
    model = (psc_failure *)memory_for(psc_failure_size(&config), "failure model");
    limit = (psc_threshold *)memory_for(psc_threshold_size(&threshold), "threshold");
    must(psc_failure_init(model, psc_failure_size(&config), &config), "failure model");
    must(psc_threshold_init(limit, psc_threshold_size(&threshold), &threshold), "threshold");
    for (n = 0; n < data.nodes; n++) {
        watch_node(n, model);
        memset(&shift, 0, sizeof shift);
        must(psc_threshold_decide(limit, result.p_now[n], data.now * SECOND, &shift, &result.threshold), "threshold");
        result.crossed[n] = (int32_t)shift.on;
    }
    free(model);
    free(limit);
}

/* What to shift from them, in which order: by what its requests of a day would lose against what moving its bytes costs. */
static void relieve_nodes(void)
{
    psc_relief relief;
    double impact[SHARDS], price[SHARDS];
    void *work;
    int s, t;

    for (s = 0; s < data.shards; s++) {
        for (impact[s] = 0.0, t = data.now - DAY; t < data.now; t++) impact[s] += data.load[s][t];
        price[s] = data.bytes[s] / 1e5;
    }
    psc_relief_default(&relief);
    relief.nodes = data.nodes;
    relief.shards = data.shards;
    relief.p = result.p_now;
    relief.crossed = result.crossed;
    relief.home = data.home;
    relief.impact = impact;
    relief.disruption = price;
    work = memory_for(psc_relief_size(&relief), "relief");
    must(psc_relief_of(&relief, work, psc_relief_size(&relief), result.drain, result.shift, &result.relief), "relief");
    free(work);
}

static void show_relief(void)
{
    int i;

    printf("\n   a node is shifted from p = %.3f on; %d to be emptied, %d of its shards first:", result.threshold,
           (int)result.relief.drained, (int)result.relief.shards < 5 ? (int)result.relief.shards : 5);
    for (i = 0; i < result.relief.shards && i < 5; i++) printf(" %s", data.tenant[result.shift[i]]);
    printf(" (of %d)\n", (int)result.relief.shards);
}

static void show_nodes(void)
{
    int n, i;

    heading("1. Nodes: heartbeats, instability, failure probability");
    printf("   each row %d ticks before now and %d after it; then how it stands at now\n\n", BEFORE, AFTER);
    printf("   %-16s", "");
    for (i = 0; i < BEFORE + AFTER; i++) putchar(i == BEFORE - 1 ? 'v' : i == BEFORE + data.kill - data.now ? 'x' : ' ');
    printf("  v now, x node %d is killed\n", data.failing);
    for (n = 0; n < data.nodes; n++) {
        printf("   node %d instable ", n);
        sparkline(result.instability[n], BEFORE + AFTER, 0.0, 1.0);
        printf("  %.2f, most by %s\n", result.at_now[n].instability, metric_name(result.at_now[n].metric));
        printf("          failing  ");
        sparkline(result.failure[n], BEFORE + AFTER, 0.0, 1.0);
        printf("  p = %.3f%s\n", result.p_now[n], result.drain[n] > 0.0 ? "  -> to be emptied" : "");
    }
    show_relief();
}

/* ---- shards: counts to forecasts --------------------------------------------------------------- */

/* What each model knows of a shard ends at now. */
static void forecast_shard(int s, int32_t model, double *point, double *band)
{
    static const int32_t period[2] = {DAY, WEEK};
    psc_forecast_config config;
    psc_series series;
    psc_forecast *fit;
    size_t bytes;

    psc_series_default(&series);
    series.value = data.load[s];
    series.n = (size_t)data.now;
    series.period = period;
    series.periods = 2;
    series.lower = 0.0;
    psc_forecast_default(&config);
    config.model = model;
    config.horizon = HORIZON;
    bytes = psc_forecast_size(&series, &config);
    fit = (psc_forecast *)memory_for(bytes, "forecast");
    must(psc_forecast_fit(fit, bytes, &series, &config, NULL), data.tenant[s]);
    must(psc_forecast_predict(fit, HORIZON, levels, band ? 4 : 0, point, band), data.tenant[s]);
    free(fit);
}

static void forecast_shards(void)
{
    psc_accuracy accuracy;
    double naive[HORIZON];
    int s;

    for (s = 0; s < data.shards; s++) {
        forecast_shard(s, PSC_MODEL_AUTO, result.point[s], result.band[s]);
        must(psc_accuracy_of(data.load[s] + data.now, result.point[s], NULL, NULL, HORIZON, 0.95, 0.0, &accuracy), "accuracy");
        result.error_auto += accuracy.smape / data.shards;
        forecast_shard(s, PSC_MODEL_NAIVE, naive, NULL);
        must(psc_accuracy_of(data.load[s] + data.now, naive, NULL, NULL, HORIZON, 0.95, 0.0, &accuracy), "accuracy");
        result.error_naive += accuracy.smape / data.shards;
    }
}

/* Share of all shards' coming values that lay between two of the levels. */
static double coverage(int low, int high)
{
    int s, k, inside = 0;

    for (s = 0; s < data.shards; s++)
        for (k = 0; k < HORIZON; k++) {
            const double y = data.load[s][data.now + k];
            inside += y >= result.band[s][4 * k + low] && y <= result.band[s][4 * k + high];
        }
    return (double)inside / (data.shards * HORIZON);
}

static double mean_of(const double *x, int n)
{
    double sum = 0.0;
    int i;

    for (i = 0; i < n; i++) sum += x[i];
    return sum / n;
}

static double peak_of(const double *x, int n)
{
    double peak = 0.0;
    int i;

    for (i = 0; i < n; i++) peak = fmax(peak, x[i]);
    return peak;
}

/* A quantile of the forecast as a row of its own. */
static void quantile_row(int s, int j, double *row)
{
    int k;

    for (k = 0; k < HORIZON; k++) row[k] = result.band[s][4 * k + j];
}

static void show_fan(int s)
{
    double high[HORIZON], low[HORIZON], top = 1.0;
    const double *past = data.load[s] + data.now - DAY, *next = data.load[s] + data.now;

    quantile_row(s, 1, low);
    quantile_row(s, 2, high);
    top = fmax(fmax(top, peak_of(high, HORIZON)), fmax(peak_of(past, DAY), peak_of(next, HORIZON)));
    printf("   %-12s 90 %% below  %*s", data.tenant[s], DAY, "");
    sparkline(high, HORIZON, 0.0, top);
    printf("  full block = %.0f requests a tick\n   %-12s forecast    ", top, "");
    sparkline(past, DAY, 0.0, top);
    sparkline(result.point[s], HORIZON, 0.0, top);
    printf("\n   %-12s 10 %% below  %*s", "", DAY, "");
    sparkline(low, HORIZON, 0.0, top);
    printf("\n   %-12s what came   %*s", "", DAY, "");
    sparkline(next, HORIZON, 0.0, top);
    printf("\n\n");
}

/* The shard, of those not taken, with the highest peak forecast for the coming day. */
static int hottest(int *taken)
{
    int s, best = -1;

    for (s = 0; s < data.shards; s++)
        if (!taken[s] && (best < 0 || peak_of(result.point[s], DAY) > peak_of(result.point[best], DAY))) best = s;
    taken[best] = 1;
    return best;
}

static void show_forecasts(int *fan)
{
    int taken[SHARDS] = {0}, i;

    heading("2. Shards: forecast of two days, and what followed");
    printf("   the day before now, then the forecast; the %d shards of %d with the highest peaks\n\n", FANS, data.shards);
    for (i = 0; i < FANS; i++) show_fan(fan[i] = hottest(taken));
    printf("   all shards, two days ahead: sMAPE %.1f %% (repeating the last day: %.1f %%);\n", result.error_auto, result.error_naive);
    printf("   of what came, %.1f %% lay within the 80 %% interval, %.1f %% within the 95 %% one\n", 100.0 * coverage(1, 2),
           100.0 * coverage(0, 3));
}

/* ---- ranking, by the cheap trackers that a host keeps for every shard -------------------------- */

/* out[s] = mean over the next 6 ticks of the quantile of this level. */
static void mean_ahead(const unsigned char *block, double level, double *out)
{
    double step[SHARDS];
    int s, t;

    for (s = 0; s < data.shards; s++) out[s] = 0.0;
    for (t = 1; t <= 6; t++) {
        must(psc_trackers_predict(block, (size_t)data.shards, (size_t)t, level, step), "trackers");
        for (s = 0; s < data.shards; s++) out[s] += step[s] / 6.0;
    }
}

static void show_rank(void)
{
    psc_tracker_config config;
    psc_changes changes;
    psc_rank_info info;
    psc_ranked up[5], down[5];
    double now[SHARDS], next[SHARDS], lower[SHARDS], upper[SHARDS], column[SHARDS];
    size_t bytes, work_bytes;
    unsigned char *block;
    void *work;
    int s, t, i;

    psc_tracker_default(&config);
    config.period1 = DAY;
    config.period2 = WEEK;
    config.lower = 0.0;
    bytes = psc_tracker_size(&config);
    block = (unsigned char *)memory_for(bytes * (size_t)data.shards, "trackers");
    for (s = 0; s < data.shards; s++) must(psc_tracker_init((psc_tracker *)(void *)(block + bytes * (size_t)s), bytes, &config), "tracker");
    for (t = 0; t < data.now; t++) {
        for (s = 0; s < data.shards; s++) column[s] = data.load[s][t];
        must(psc_trackers_observe(block, (size_t)data.shards, column), "trackers");
    }
    for (s = 0; s < data.shards; s++) now[s] = mean_of(data.load[s] + data.now - 6, 6);
    mean_ahead(block, 0.5, next);
    mean_ahead(block, 0.1, lower);
    mean_ahead(block, 0.9, upper);
    psc_changes_default(&changes);
    changes.n = (size_t)data.shards;
    changes.now = now;
    changes.next = next;
    changes.lower = lower;
    changes.upper = upper;
    work_bytes = psc_rank_size(&changes);
    work = memory_for(work_bytes, "rank");
    must(psc_rank_shards(&changes, work, work_bytes, up, 5, down, 5, &info), "rank");
    free(work);
    heading("3. Workload forecast: which shards will change most in the next 6 ticks");
    printf("   by %d trackers of %lu bytes; requests a tick, mean of the last 6 -> of the next 6\n\n", data.shards, (unsigned long)bytes);
    for (i = 0; i < 5 && (i < info.ups || i < info.downs); i++) {
        if (i < info.ups) printf("   up   %-12s %5.1f -> %5.1f", data.tenant[up[i].index], up[i].now, up[i].next);
        else printf("   %30s", "");
        if (i < info.downs) printf("      down %-12s %5.1f -> %5.1f", data.tenant[down[i].index], down[i].now, down[i].next);
        putchar('\n');
    }
    printf("   %d of %d shards change by more than their noise (at most one such change in ten is expected to be none)\n",
           (int)(info.up_total + info.down_total), data.shards);
    free(block);
}

/* ---- imbalance, plan, waves -------------------------------------------------------------------- */

static struct {
    psc_cluster view;
    int64_t capacity[NODES * RESOURCES], soft[NODES * RESOURCES], demand[SHARDS * RESOURCES], move_cost[SHARDS];
    int64_t weight[RESOURCES];
    int32_t closed[NODES];
} cluster;

static const char *const resource_name[RESOURCES] = {"load in quarter 1 of the day", "load in quarter 2 of the day",
                                                    "load in quarter 3 of the day", "load in quarter 4 of the day", "memory"};

/* Demand: the peak of the forecast in each quarter of the coming day, so that shards which peak at different hours may
 * share a node; and memory. Amounts are millionths of a node. */
static void fill_cluster(void)
{
    double x[RESOURCES];
    int s, n, q, k;

    for (n = 0; n < data.nodes; n++) {
        for (q = 0; q < RESOURCES; q++) cluster.capacity[n * RESOURCES + q] = 1000000;
        cluster.closed[n] = result.drain[n] > 0.0;
    }
    for (s = 0; s < data.shards; s++) {
        for (q = 0; q < QUARTERS; q++)
            for (x[q] = 0.0, k = q * DAY / QUARTERS; k < (q + 1) * DAY / QUARTERS; k++)
                x[q] = fmax(x[q], result.point[s][k] / data.capacity);
        x[QUARTERS] = data.bytes[s] / MAX_MEMORY;
        must(psc_amounts_of(x, RESOURCES, 1e-6, cluster.demand + s * RESOURCES), "amounts");
        cluster.move_cost[s] = 5000 + (int64_t)(data.bytes[s] / 100.0);     /* a move must win half a per cent of a node */
    }
    for (q = 0; q < RESOURCES; q++) cluster.weight[q] = 1;
    psc_cluster_default(&cluster.view);
    cluster.view.resources = RESOURCES;
    cluster.view.nodes = data.nodes;
    cluster.view.shards = data.shards;
    cluster.view.capacity = cluster.capacity;
    cluster.view.demand = cluster.demand;
    cluster.view.home = data.home;
    cluster.view.move_cost = cluster.move_cost;
    cluster.view.closed = cluster.closed;
    cluster.view.weight = cluster.weight;
    must(psc_cluster_check(&cluster.view), "cluster");
    must(psc_soft_amounts(&cluster.view, 0.08, cluster.soft), "soft amounts");
    cluster.view.soft = cluster.soft;
}

/* Imbalance of an assignment, and each node's largest utilisation in any quarter. */
static void imbalance_of(const int32_t *assignment, psc_imbalance *imbalance, double *peak)
{
    size_t bytes = psc_imbalance_size(&cluster.view);
    void *work = memory_for(bytes, "imbalance");
    double use;
    int n, s, q;

    must(psc_imbalance_of(&cluster.view, assignment, 0.25, work, bytes, NULL, NULL, imbalance), "imbalance");
    for (n = 0; n < data.nodes; n++)
        for (peak[n] = 0.0, q = 0; q < QUARTERS; q++) {
            for (use = 0.0, s = 0; s < data.shards; s++)
                if (assignment[s] == n) use += (double)cluster.demand[s * RESOURCES + q] / 1e6;
            peak[n] = fmax(peak[n], use);
        }
    free(work);
}

static void show_refusals(psc_plan *plan)
{
    int node = 0, n, s, shown = 0;
    psc_refusal why;

    for (n = 1; n < data.nodes; n++)
        if (result.after[n] > result.after[node]) node = n;
    printf("\n   why the rest of the fullest node, node %d, stays:\n", node);
    for (s = 0; s < data.shards && shown < 4; s++) {
        if (result.plan[s] != node) continue;
        must(psc_plan_explain(plan, &cluster.view, s, &why), "explain");
        printf("   %-12s best is node %d: %s%s%s\n", data.tenant[s], (int)why.node, psc_block_text(why.block),
               why.resource >= 0 ? ", " : "", why.resource >= 0 ? resource_name[why.resource] : "");
        shown++;
    }
}

static void show_waves(void)
{
    psc_waves_config config;
    psc_waves_info info;
    psc_move *order = result.order;
    size_t bytes;
    void *work;
    int i;

    psc_waves_default(&config);
    bytes = psc_waves_size(&cluster.view);
    work = memory_for(bytes, "waves");
    must(psc_waves_of(&cluster.view, &config, result.plan, work, bytes, order, SHARDS, &info), "waves");
    heading("5. Order: waves that never break a capacity while both nodes hold a shard");
    printf("   %d moves in %d waves, at most %d at once on a node; %d cannot be done\n", (int)info.moves, (int)info.waves,
           (int)config.per_node, (int)info.stuck);
    for (i = 0; i < info.moves + info.stuck; i++) {
        if (i == 0 || order[i].wave != order[i - 1].wave)
            printf(order[i].wave < 0 ? "\n   stuck  " : "\n   wave %-2d", (int)order[i].wave + 1);
        printf("  %s %d>%d", data.tenant[order[i].shard], (int)order[i].from, (int)order[i].to);
    }
    putchar('\n');
    result.moves = (int)info.moves;
    free(work);
}

static void plan_moves(void)
{
    psc_plan_config config;
    psc_imbalance before, after;
    psc_plan_info info;
    psc_plan *plan;
    size_t bytes;
    int n;

    fill_cluster();
    psc_plan_default(&config);
    bytes = psc_plan_size(&cluster.view, &config);
    plan = (psc_plan *)memory_for(bytes, "plan");
    must(psc_plan_init(plan, bytes, &cluster.view, &config), "plan");
    while (psc_plan_step(plan, &cluster.view, 10000) == PSC_MORE)
        continue;
    must(psc_plan_best(plan, &cluster.view, result.plan, &info), "plan");
    imbalance_of(data.home, &before, result.before);
    imbalance_of(result.plan, &after, result.after);
    heading("4. Imbalance and plan for the coming day");
    printf("   largest predicted share of a node's capacity in any quarter of the day, before -> after\n\n");
    for (n = 0; n < data.nodes; n++)
        printf("   node %d  %5.1f %% -> %5.1f %%%s\n", n, 100.0 * result.before[n], 100.0 * result.after[n],
               cluster.closed[n] ? "   expected to fail: emptied" : "");
    printf("\n   imbalance (largest over mean, less 1) %.2f -> %.2f; nodes over capacity %d -> %d; %d of %d shards move\n",
           before.fleet, after.fleet, (int)before.overloaded, (int)after.overloaded, (int)info.moves, data.shards);
    show_refusals(plan);
    free(plan);
}

/* ---- moving: the waves through stages and transfers, over a simulated network --------------------- */

enum {
    SIDE = 10, STAGES = 21,                         /* words of the states */
    LETTERS = 256,                                  /* that may be under way */
    LOST = 20, TWICE = 10,                          /* of 100 messages */
    CRASHES = 5,                                    /* of 1000 steps of a side */
    PAIRS = 200                                     /* requests answered by both, a step */
};

#define STEP (SECOND / 20)                          /* a write takes one, a message one to four */

/* One move. Each side has what is in memory, what is on disk, and what is being written; a crash leaves the second. */
typedef struct moving {
    const psc_move *move;
    uint64_t side[2][SIDE], disk[2][SIDE], draft[2][SIDE];      /* 0 source, 1 target */
    uint64_t stages[STAGES];
    psc_trial *trial;
    uint64_t writing[2];                            /* version of the draft; 0: nothing is being written */
    int64_t written[2];                             /* when it will be on disk */
    psc_transfer_action view[2];                    /* of its last step */
    int64_t left, entered[PSC_STAGE_DONE + 1], waited;
    psc_stages_output now;
} moving;

static struct {
    uint64_t seed;
    int64_t now;
    psc_message letter[LETTERS];
    int64_t due[LETTERS];
    int letters;
    moving wave[SHARDS];
    int moves;
    long sent, lost, twice, crashes, instants, held, doubled, arrived;
} world;

static int chance(int n)
{
    world.seed = world.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((world.seed >> 33) % (uint64_t)n);
}

static psc_transfer *side_of(moving *m, int i) { return (psc_transfer *)(void *)m->side[i]; }
static psc_stages *stages_of(moving *m) { return (psc_stages *)(void *)m->stages; }

static void post(const psc_message *message)
{
    const int luck = chance(100);
    int copies = luck < LOST ? 0 : luck < LOST + TWICE ? 2 : 1;

    world.sent++;
    world.lost += copies == 0;
    world.twice += copies == 2;
    for (; copies > 0 && world.letters < LETTERS; copies--) {
        world.letter[world.letters] = *message;
        world.due[world.letters++] = world.now + STEP * (1 + chance(4));
    }
}

/* An event at one side: what it must store is written from now on, and nothing is told before it is. */
static void happen(moving *m, int i, int32_t kind, uint64_t version, const psc_message *message)
{
    psc_transfer_event event;
    psc_status status;

    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.peer = m->move->to;
    event.version = version;
    if (message) event.message = *message;
    status = psc_transfer_step(side_of(m, i), &event, world.now, &m->view[i]);
    if (status == PSC_ERR_STATE) return;            /* not now: the stages ask again */
    must(status, "transfer");
    if (m->view[i].persist && m->writing[i] != m->view[i].version) {
        memcpy(m->draft[i], m->side[i], sizeof m->draft[i]);
        m->writing[i] = m->view[i].version;
        m->written[i] = world.now + STEP;
    }
    if (m->view[i].send) post(&m->view[i].message);
}

/* One step of a side's node: it may crash, a write may end, time passes. */
static void live(moving *m, int i)
{
    const uint64_t version = m->writing[i];

    if (chance(1000) < CRASHES) {
        memcpy(m->side[i], m->disk[i], sizeof m->side[i]);
        m->writing[i] = 0;
        world.crashes++;
        happen(m, i, PSC_EVENT_RESTART, 0, NULL);
    } else if (version != 0 && world.now >= m->written[i]) {
        memcpy(m->disk[i], m->draft[i], sizeof m->disk[i]);
        m->writing[i] = 0;
        happen(m, i, PSC_EVENT_STORED, version, NULL);
    }
    happen(m, i, PSC_EVENT_TICK, 0, NULL);
}

static void deliver(void)
{
    int k, j;

    for (k = 0; k < world.letters;) {
        const psc_message letter = world.letter[k];
        if (world.due[k] > world.now) {
            k++;
            continue;
        }
        world.letter[k] = world.letter[--world.letters];
        world.due[k] = world.due[world.letters];
        for (j = 0; j < world.moves; j++)
            if (world.wave[j].move->shard == letter.shard)
                happen(&world.wave[j], letter.to == world.wave[j].move->to, PSC_EVENT_MESSAGE, 0, &letter);
    }
}

/* Requests that both sides have answered; here the target is as good as the source. */
static int32_t tried(moving *m)
{
    psc_trial_info info;
    psc_trial_pair pair;
    int k;

    memset(&pair, 0, sizeof pair);
    for (k = 0; k < PAIRS && m->now.stage == PSC_STAGE_VALIDATE; k++) {
        pair.source_latency = 0.001 * (1 + chance(1000));
        pair.target_latency = 0.001 * (1 + chance(1000));
        must(psc_trial_observe(m->trial, &pair, world.now), "trial");
    }
    must(psc_trial_verdict(m->trial, &info), "trial");
    return info.verdict;
}

static int32_t owner_of(const moving *m)
{
    int i;

    for (i = 0; i < 2; i++)
        if (m->view[i].phase >= PSC_PHASE_OWNER && !m->view[i].persist) return i ? PSC_OWNER_TARGET : PSC_OWNER_SOURCE;
    return PSC_OWNER_MOVING;
}

/* The stages say what may be copied and when to hand over. */
static void advance(moving *m)
{
    psc_stages_input input;
    const int32_t before = m->now.stage;

    memset(&input, 0, sizeof input);
    input.copied = m->now.copy_bytes;
    input.left = m->left -= m->now.copy_bytes;
    input.verdict = tried(m);
    input.owner = owner_of(m);
    must(psc_stages_step(stages_of(m), &input, world.now, &m->now), "stages");
    if (m->now.stage != before) m->entered[m->now.stage] = world.now;
    if (m->now.action == PSC_STAGES_PROPOSE) happen(m, 0, PSC_EVENT_PROPOSE, 0, NULL);
}

/* How many nodes say that they serve the shard. None: requests wait, from the release to the target's ownership. */
static void check(moving *m)
{
    const int serve = m->view[0].serves + m->view[1].serves;

    world.instants++;
    world.held += serve == 0;
    world.doubled += serve > 1;
    m->waited += serve == 0;
}

static void begin(moving *m, const psc_move *move)
{
    psc_transfer_config transfer;
    psc_stages_config stages;
    psc_trial_config trial;
    int i;

    memset(m, 0, sizeof *m);
    m->move = move;
    m->left = (int64_t)data.bytes[move->shard];
    for (i = 0; i < 2; i++) {
        psc_transfer_default(&transfer);
        transfer.shard = move->shard;
        transfer.self = i ? move->to : move->from;
        transfer.owns = i == 0;
        transfer.epoch = (uint64_t)move->wave << 32;        /* above all that an earlier move of the shard has used */
        transfer.retry_ms = 500;
        must(psc_transfer_init(side_of(m, i), sizeof m->side[i], &transfer), "transfer");
        memcpy(m->disk[i], m->side[i], sizeof m->disk[i]);
    }
    psc_stages_default(&stages);
    stages.source = move->from;
    stages.target = move->to;
    stages.copy_rate = 50000;
    stages.copy_burst = 10000;
    stages.warm_ns = stages.hold_ns = stages.grace_ns = SECOND;
    must(psc_stages_init(stages_of(m), sizeof m->stages, &stages), "stages");
    psc_trial_default(&trial);
    m->trial = (psc_trial *)memory_for(psc_trial_size(&trial), "trial");
    must(psc_trial_init(m->trial, psc_trial_size(&trial), &trial), "trial");
}

/* Of 1000 keys, those that the target serves. */
static int routed(moving *m)
{
    psc_way way;
    uint64_t key;
    int count = 0;

    for (key = 0; key < 1000; key++) {
        must(psc_route(stages_of(m), key, &way), "route");
        count += way.serve == m->move->to;
    }
    return count;
}

/* Until all moves of the wave are done. Of the first one the keys at each share of its cutover are kept. */
static void move_wave(int *share, int *shares)
{
    int k, open = world.moves;
    int32_t last = 0;

    while (open > 0) {
        world.now += STEP;
        deliver();
        for (open = world.moves, k = 0; k < world.moves; k++) {
            moving *m = &world.wave[k];
            live(m, 0);
            live(m, 1);
            if (m->now.stage < PSC_STAGE_DONE) advance(m);
            check(m);
            open -= m->now.stage >= PSC_STAGE_DONE && m->view[0].phase == PSC_PHASE_IDLE;
        }
        if (world.wave[0].now.share != last && *shares < 16) share[(*shares)++] = routed(&world.wave[0]);
        last = world.wave[0].now.share;
    }
}

static void show_wave(int wave)
{
    int k, i;

    for (k = 0; k < world.moves; k++) {
        moving *m = &world.wave[k];
        if (wave == 0) {
            printf("   %-12s %d>%d ", data.tenant[m->move->shard], (int)m->move->from, (int)m->move->to);
            for (i = PSC_STAGE_VALIDATE; i <= PSC_STAGE_DECOMMISSION; i++) printf("%9.2f", (double)m->entered[i] / 1e9);
            printf("%9.2f     %d ms\n", (double)m->entered[PSC_STAGE_DONE] / 1e9, (int)(m->waited * STEP / 1000000));
        }
        world.arrived += owner_of(m) == PSC_OWNER_TARGET;
        free(m->trial);
    }
}

static void move_shards(void)
{
    int i = 0, k, wave = 0, share[16], shares = 0;

    heading("6. Moving: copy, trial, cutover and handover, over a network that loses one message in five");
    printf("   the first wave, seconds; requests are held from the source's release to the target's ownership\n\n"
           "   %-17s validate  cutover handover  target's     done  held\n", "");
    world.seed = 1;
    for (; i < result.moves; i += world.moves, wave++) {
        for (world.moves = 0; i + world.moves < result.moves && result.order[i + world.moves].wave == result.order[i].wave;
             world.moves++)
            begin(&world.wave[world.moves], &result.order[i + world.moves]);
        move_wave(share, &shares);
        show_wave(wave);
        if (wave > 0) continue;
        printf("\n   of 1000 keys of %s, at the target:", data.tenant[result.order[0].shard]);
        for (k = 0; k < shares; k++) printf(" %d", share[k]);
        putchar('\n');
    }
    printf("   %d waves, %.0f s: %ld messages, %ld lost, %ld came twice; %ld crashes of a side\n", wave, (double)world.now / 1e9,
           world.sent, world.lost, world.twice, world.crashes);
    printf("   looked at %ld times: two nodes served a shard %ld times, none %ld times; %ld of %d moves are done\n",
           world.instants, world.doubled, world.held, world.arrived, result.moves);
}

/* ---- what followed: the same real requests, on the old and on the new assignment ---------------- */

/* Requests of the day after now that arrived beyond what their node could serve in that tick; a dead node serves none. */
static double unserved(const int32_t *assignment)
{
    double beyond = 0.0, use;
    int t, n, s;

    for (t = data.now; t < data.now + DAY; t++)
        for (n = 0; n < data.nodes; n++) {
            const double can = n == data.failing && t >= data.kill ? 0.0 : data.capacity;
            for (use = 0.0, s = 0; s < data.shards; s++)
                if (assignment[s] == n) use += data.load[s][t];
            beyond += fmax(use - can, 0.0);
        }
    return beyond;
}

static void show_outcome(void)
{
    double all = 0.0;
    int s, t;

    for (s = 0; s < data.shards; s++)
        for (t = data.now; t < data.now + DAY; t++) all += data.load[s][t];
    heading("7. What followed: the day's real requests on both assignments");
    printf("   of %.0f requests, %.0f found no capacity where the shards were, %.0f where the plan puts them\n", all,
           unserved(data.home), unserved(result.plan));
}

/* ---- the picture -------------------------------------------------------------------------------- */

static FILE *svg;

static void draw(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vfprintf(svg, format, list);
    va_end(list);
}

static void draw_text(double x, double y, int size, const char *text)
{
    draw("<text x='%.1f' y='%.1f' font-size='%d'>%s</text>\n", x, y, size, text);
}

static void draw_mark(double x, double y, const char *text)
{
    draw("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='#333'/>\n", x, x, y + 12, y + 20 + 22.0 * data.nodes);
    draw_text(x + 3, y + 36 + 22 * data.nodes, 11, text);
}

/* Each node a row, each tick a cell: from pale to red with the failure probability. */
static void draw_heat(double x, double y)
{
    char text[64];
    int n, i;

    draw_text(x, y, 15, "Failure probability of each node");
    for (n = 0; n < data.nodes; n++) {
        snprintf(text, sizeof text, "node %d", n);
        draw_text(x, y + 33 + 22 * n, 12, text);
        for (i = 0; i < BEFORE + AFTER; i++) {
            const double p = result.failure[n][i];
            draw("<rect x='%.1f' y='%.1f' width='8' height='18' fill='rgb(%d,%d,%d)'/>\n", x + 55 + 8.2 * i, y + 19 + 22.0 * n,
                 (int)(232 - 40 * p), (int)(236 - 200 * p), (int)(240 - 200 * p));
        }
    }
    draw_mark(x + 55 + 8.2 * BEFORE, y, "now");
    snprintf(text, sizeof text, "node %d is killed", data.failing);
    draw_mark(x + 55 + 8.2 * (BEFORE + data.kill - data.now), y, text);
}

static void draw_band(int s, int low, int high, double x, double y, double scale, const char *fill)
{
    int k;

    draw("<polygon fill='%s' points='", fill);
    for (k = 0; k < HORIZON; k++) draw("%.1f,%.1f ", x + 4.0 * (DAY + k), y - scale * result.band[s][4 * k + low]);
    for (k = HORIZON - 1; k >= 0; k--) draw("%.1f,%.1f ", x + 4.0 * (DAY + k), y - scale * result.band[s][4 * k + high]);
    draw("'/>\n");
}

static void draw_line(const double *v, int n, double x, double y, double scale, const char *stroke)
{
    int k;

    draw("<polyline fill='none' stroke='%s' stroke-width='1.6' points='", stroke);
    for (k = 0; k < n; k++) draw("%.1f,%.1f ", x + 4.0 * k, y - scale * v[k]);
    draw("'/>\n");
}

static void draw_fan(int s, double x, double y)
{
    double high[HORIZON], scale;

    quantile_row(s, 3, high);
    scale = 92.0 / fmax(fmax(1.0, peak_of(high, HORIZON)), peak_of(data.load[s] + data.now - DAY, DAY + HORIZON));
    draw_text(x, y - 98, 12, data.tenant[s]);
    draw_band(s, 0, 3, x, y, scale, "#dbe7f6");
    draw_band(s, 1, 2, x, y, scale, "#a9c6ea");
    draw_line(data.load[s] + data.now - DAY, DAY + 1, x, y, scale, "#444");
    draw_line(result.point[s], HORIZON, x + 4.0 * DAY, y, scale, "#1f5fae");
    draw_line(data.load[s] + data.now, HORIZON, x + 4.0 * DAY, y, scale, "#c0392b");
    draw("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='#999'/>\n", x, x + 4.0 * (DAY + HORIZON), y, y);
}

static void draw_bars(double x, double y)
{
    char text[64];
    int n;

    draw_text(x, y, 15, "Predicted peak use, before (grey) and after the plan");
    for (n = 0; n < data.nodes; n++) {
        const double top = y + 24 + 34.0 * n;
        snprintf(text, sizeof text, "node %d", n);
        draw_text(x, top + 16, 12, text);
        draw("<rect x='%.1f' y='%.1f' width='%.1f' height='11' fill='#b9bec5'/>\n", x + 55, top, 300.0 * result.before[n]);
        draw("<rect x='%.1f' y='%.1f' width='%.1f' height='11' fill='%s'/>\n", x + 55, top + 12, 300.0 * result.after[n], "#1f5fae");
    }
    draw("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='#c0392b' stroke-dasharray='4 3'/>\n", x + 355, x + 355, y + 16,
         y + 24 + 34.0 * data.nodes);
    draw_text(x + 359, y + 24 + 34.0 * data.nodes, 11, "capacity");
}

static void draw_picture(const char *path, const int *fan)
{
    int i;

    svg = fopen(path, "w");
    if (!svg) die(path, "cannot be written");
    draw("<svg xmlns='http://www.w3.org/2000/svg' width='1060' height='620' font-family='sans-serif'>\n"
         "<rect width='1060' height='620' fill='white'/>\n");
    draw_text(20, 32, 19, "predscale on six Redis nodes: what it saw, what it expected, what it would do");
    draw_heat(20, 66);
    draw_bars(620, 66);
    draw_text(20, 318, 15, "Forecast of the hottest shards: past, forecast with 80 % and 95 % bands (blue), what came (red)");
    for (i = 0; i < FANS; i++) draw_fan(fan[i], 20 + 345 * (i % 3), 446 + 148 * (i / 3));
    draw("</svg>\n");
    if (fclose(svg)) die(path, "cannot be written");
    printf("\n   picture: %s\n", path);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "examples/data";
    int fan[FANS];

    read_run(folder);
    read_beats(folder);
    read_shards(folder);
    printf("%d nodes, %d shards, %d ticks recorded; we stand at tick %d and a node serves %.0f requests a tick\n", data.nodes,
           data.shards, data.ticks, data.now, data.capacity);
    watch_nodes();
    relieve_nodes();
    show_nodes();
    forecast_shards();
    show_forecasts(fan);
    show_rank();
    plan_moves();
    show_waves();
    move_shards();
    show_outcome();
    if (argc > 2) draw_picture(argv[2], fan);
    return 0;
}
