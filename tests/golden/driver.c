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

static void put_prediction(const void *tracker, size_t h)
{
    must("psc_tracker_predict",
         psc_tracker_predict((const psc_tracker *)tracker, h, level, LEVELS, point, quantile));
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
        config.lower = c == 1 ? 0.0 : config.lower;
        must("psc_tracker_init", psc_tracker_init(tracker, sizeof state, &config));
        for (i = 0; i < LENGTH; i++) {
            double y = i % 37 == 5 ? real(UINT64_C(0x7ff8) << 48) : i == 300 ? 1e12 : i == 301 ? -1e-300 : load[i];
            must("psc_tracker_observe", psc_tracker_observe(tracker, y));
            if (i < 5 || i % 29 == 0) put_prediction(tracker, HORIZON);
        }
        must("psc_trackers_observe", psc_trackers_observe(tracker, 1, &load[7]));
        must("psc_trackers_predict", psc_trackers_predict(tracker, 1, 12, 0.8, point));
        put_reals(point, 1);
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

static void put_fit(const psc_series *series, const psc_forecast_config *config)
{
    psc_forecast *fit = (psc_forecast *)work;
    psc_forecast_info info;

    put((int64_t)psc_forecast_size(series, config));
    must("psc_forecast_fit", psc_forecast_fit(series, config, fit, sizeof work, &info));
    put(info.model);
    put(info.transform);
    put(info.terms);
    put(info.note);
    put(info.used);
    put(info.origins);
    put_real(info.sigma);
    must("psc_forecast_predict", psc_forecast_predict(fit, (size_t)config->horizon, level, LEVELS, point, quantile));
    put_reals(point, (size_t)config->horizon);
    put_reals(quantile, (size_t)config->horizon * LEVELS);
}

static void run_forecast(void)
{
    static const size_t lengths[] = { 1, 2, 3, 7, 30, 60, 200, LENGTH };
    psc_series series;
    psc_forecast_config config;
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        make_series(&series, lengths[i]);
        psc_forecast_default(&config);
        config.horizon = HORIZON;
        config.origins = 60;
        put_fit(&series, &config);
        config.transform = PSC_TRANSFORM_NONE;
        config.window = 150;
        put_fit(&series, &config);
        config.model = PSC_MODEL_SEASONAL_NAIVE;
        put_fit(&series, &config);
    }
    load[20] = load[21] = load[490] = real(UINT64_C(0x7ff8) << 48);
    load[50] = -3.0;
    series.lower = 90.0;
    series.upper = 150.0;
    config.model = PSC_MODEL_AR;
    config.transform = PSC_TRANSFORM_LOG;
    config.window = 0;
    config.lags = 20;
    put_fit(&series, &config);
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

    make_series(&series, LENGTH);
    psc_forecast_default(&forecast);
    psc_backtest_default(&config);
    forecast.origins = 40;
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

static void run_rank(void)
{
    psc_ranked up[10], down[10];
    double now[200], next[200];
    size_t i, ups, downs;

    for (i = 0; i < 200; i++) {
        now[i] = load[i];
        next[i] = i % 4 == 0 ? load[i] + 5.0 : load[i + 12];
    }
    must("psc_rank_shards", psc_rank_shards(now, next, 200, up, 10, &ups, down, 10, &downs));
    for (i = 0; i < ups; i++) {
        put(up[i].index);
        put_real(up[i].change);
    }
    for (i = 0; i < downs; i++) {
        put(down[i].index);
        put_real(down[i].change);
    }
}

/* ==== Nodes ===================================================================================== */

static void put_score(int64_t now)
{
    psc_failure_config failure;
    psc_node_score score;
    double p = 0.0;

    must("psc_node_score_at", psc_node_score_at((const psc_node *)state, now, &score));
    put_real(score.instability);
    put_real(score.z);
    put_real(score.phi);
    put_real(score.onset);
    put(score.metric);
    put(score.learned);
    put(score.beats);
    put(score.shards);
    psc_failure_default(&failure);
    must("psc_failure_probability", psc_failure_probability(&failure, &score, &p));
    put_real(p);
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
        put(psc_node_observe((psc_node *)state, &beat, metric));       /* at the seams of 100 and 250 some are refused */
        put_score(beat.received_at + 20000000 * (int64_t)(t % 90));
    }
    put_score(beat.received_at + INT64_C(3600000000000));
}

static void run_failure(void)
{
    psc_failure_config config;
    psc_node_score score;
    double p;
    int i, k;

    memset(&score, 0, sizeof score);
    psc_failure_default(&config);
    for (i = 0; i <= 100; i++)
        for (k = 0; k <= 20; k++) {
            score.z = (double)i * (double)i / 10.0;
            score.phi = (double)k * 15.0;
            must("psc_failure_probability", psc_failure_probability(&config, &score, &p));
            put_real(p);
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
        must("psc_imbalance_of", psc_imbalance_of(&cluster, NULL, 0.1, work, sizeof work, node_score, shard_score, &im));
        put_reals(node_score, NODES);
        put_reals(shard_score, SHARDS);
        put_real(im.fleet);
        put_real(im.rms);
        put_real(im.peak);
        put(im.node);
        put(im.resource);
        put(im.above);
        put(im.overloaded);
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
    psc_move order[SHARDS];
    int i;

    psc_waves_default(&config);
    config.total = 6;
    must("psc_waves_of", psc_waves_of(cluster, &config, assignment, work, sizeof work, order, SHARDS, &info));
    put(info.waves);
    put(info.moves);
    put(info.stuck);
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

    for (variant = 0; variant < 3; variant++) {
        make_cluster(&cluster, variant);
        psc_plan_default(&config);
        config.targets = variant == 2 ? 4 : 0;
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

int main(void)
{
    make_load();
    topic("kernels", run_kernels);
    topic("samples", run_samples);
    topic("tracker", run_tracker);
    topic("forecast", run_forecast);
    topic("backtest", run_backtest);
    topic("rank", run_rank);
    topic("node", run_node);
    topic("save", run_save);
    topic("failure", run_failure);
    topic("imbalance", run_imbalance);
    topic("plan", run_plan);
    line("total", total);
    return failed;
}
