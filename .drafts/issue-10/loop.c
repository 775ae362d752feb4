/* loop.so: a host's control loop for score/loop.c of the shared tree (three functions, score/loop_policy.h).
 *
 * Every control interval: what arrived goes to the trackers; each shard's forecast is a mean of members, weighted by how
 * well each has done for this shard at this lead; announced events multiply it. The profile of the coming hours becomes
 * the resources of a cluster, one for each slot, cpu or network, and knee of the cost curve. A plan of few moves a node
 * is made against them, put in order, and what the nodes can copy now is asked for.
 *
 * -DLOOP_WITHOUT=n leaves parts out, for the table of what each brings: sum of the bits below. */
#include "predscale.h"

#include "loop_policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LOOP_WITHOUT
#define LOOP_WITHOUT 0
#endif

enum {
    NO_FAILURE = 1,             /* failures are not foreseen, only recovered                         */
    NO_EVENTS = 2,              /* announcements are not read                                        */
    NO_SPREAD = 4,              /* the mean counts, not what may come above it                       */
    NO_PROFILE = 8,             /* one number, the highest of the coming hours, for each shard       */
    NO_FORECAST = 16,           /* the last interval goes on                                         */
    NO_COPIES = 32              /* copies are free and at once                                       */
};
static int without(int part) { return (LOOP_WITHOUT & part) != 0; }

enum { TRACKERS = 3, MEMBERS = TRACKERS + 2, NEAR = 3, FAR = 3, SLOTS = NEAR + FAR, KNEES = 3 };
enum { CURVES = 2 * KNEES, RESOURCES = SLOTS * CURVES + 1, EVENTS = 256 };

/* Chosen on the development scenarios; the table is in the README. */
static const double KNEE_FIRST = 0.70;      /* use from which requests are late often enough to count          */
static const double STEEPNESS = 25;         /* of late requests in use, below the 40 of the nodes: use is a forecast */
static const double COPY_STEEPNESS = 30;    /* the same for the use while a copy runs, which is known better   */
static const double FADE = 0.93;            /* an hour later counts so much less                               */
static const double MARGIN = 5;             /* a move must save so many times its price                        */
static const double CAUTION = 15;           /* variance of a shard's forecast counts so many times, over 2 capacity */
static const double FULL = 0.88;            /* a node above this use takes no copy                             */
static const double LEARN = 0.02;           /* gain of the mean square errors                                  */
static const double AMOUNT = 1e6;           /* of a mean node                                                  */
static const double SCALE = 64;             /* of all costs, so that they can be whole                         */
static const int64_t COOLDOWN = INT64_C(80) * 60 * 1000000000;
static const double LOST_MINUTES = 60;      /* lost requests of a shard whose node fails, in minutes of them   */

typedef struct host {
    lp_conf conf;
    int nodes, shards, hour, horizon, slots, every, rounds;     /* every, rounds: of judging forecasts           */
    long n;                                 /* intervals seen                                                  */
    int from[SLOTS], to[SLOTS];             /* intervals ahead                                                 */
    double weight[SLOTS];                   /* of the interval that stands for the slot                        */
    double knee[KNEES], slope[KNEES];
    psc_tracker *tracker[TRACKERS];
    size_t tracker_bytes[TRACKERS];
    double *history;                        /* [n * shards] base load: without events                          */
    long room;
    double *path, *slot, *spread, *square, *net, *base, *daily;     /* square: [shards][slots][MEMBERS + 1]     */
    float *told;                            /* [rounds][shards][slots][MEMBERS + 1]                            */
    double capacity[64], error[64], failure[64], talk[64 * SLOTS], talk_net[64 * SLOTS], use[64];
    double unit, unit_net, mean_bytes;
    lp_event event[EVENTS];
    int events;
    double *factor;                         /* [tenants] of the events that run                                */
    long *moved;
    int *was, *pending;
    psc_cluster cluster;
    int64_t *limit, *soft, *load_weight, *demand, *price, *impact, *rested;
    int32_t *home, *going, *closed, *risk, *group, *transient, *goal;
    psc_pair *pair;
    psc_move *order;
    void *plan, *waves;
    size_t plan_bytes, waves_bytes;
} host;

static void *room_of(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) abort();
    return p;
}
static void must(psc_status status)
{
    if (status < 0) { fprintf(stderr, "loop.so: %s\n", psc_strerror(status)); abort(); }
}
static psc_tracker *tracker_of(const host *a, int kind, int shard)
{
    return (psc_tracker *)((char *)a->tracker[kind] + (size_t)shard * a->tracker_bytes[kind]);
}
static size_t cell(const host *a, int shard, int slot) { return (size_t)shard * (size_t)a->slots + (size_t)slot; }
static double load_at(const host *a, long t, int shard) { return a->history[(size_t)t * (size_t)a->shards + (size_t)shard]; }

/* Cost of a share u of use, in requests late of those that the node can serve. */
static double cost_of(double u, double steepness)
{
    return u < 1 ? u * exp(-steepness * (1 - u)) : 1 + steepness * (u - 1);
}

/* ---- forecasts ---- */

static void make_trackers(host *a)
{
    const int32_t day = a->conf.day, period[TRACKERS][2] = { { day, 0 }, { day, 7 * day }, { a->hour > 1 ? a->hour : 0, day } };

    for (int k = 0; k < TRACKERS; k++) {
        psc_tracker_config config;
        psc_tracker_default(&config);
        config.period1 = period[k][0];
        config.period2 = period[k][1];
        config.lower = 0;
        a->tracker_bytes[k] = psc_tracker_size(&config);
        a->tracker[k] = (psc_tracker *)room_of((size_t)a->shards, a->tracker_bytes[k]);
        for (int s = 0; s < a->shards; s++) must(psc_tracker_init(tracker_of(a, k, s), a->tracker_bytes[k], &config));
    }
}

/* Slots: the coming hour finely, then an hour each. */
static void make_slots(host *a)
{
    const int wide = (a->hour + NEAR - 1) / NEAR;
    int k = 0, at = 0;

    for (; at < a->hour; k++, at = a->to[k - 1]) {
        a->from[k] = at;
        a->to[k] = at + wide;
    }
    for (int i = 0; i < FAR; i++, k++, at += a->hour) {
        a->from[k] = at;
        a->to[k] = at + a->hour;
    }
    a->slots = k;
    a->horizon = at;
    a->every = a->hour > 1 ? a->hour - 1 : 1;       /* in step with no hour, so that each minute of it is judged */
    a->rounds = a->horizon / a->every + 2;
}

/* The cost curve as a sum of slopes that begin at the knees. */
static void make_curve(host *a)
{
    double before = 0;

    for (int j = 0; j < KNEES; j++) {
        const double u = KNEE_FIRST + (1 - KNEE_FIRST) * j / (KNEES - 1), next = u + (1 - KNEE_FIRST) / (KNEES - 1);
        const double rise = cost_of(next, STEEPNESS) - (j ? cost_of(u, STEEPNESS) : 0);
        const double slope = j == KNEES - 1 ? STEEPNESS : rise / (next - u);
        a->knee[j] = u;
        a->slope[j] = slope - before;
        before = slope;
    }
}

/* Forecasts that were made `every` rounds ago are held against what came. */
static void judge(host *a)
{
    for (int k = 0; k < a->slots; k++) {
        const long made = a->n - (a->to[k] + a->every - 1) / a->every * (long)a->every;
        const size_t round = (size_t)(made / a->every % a->rounds);
        if (made <= a->conf.day) continue;
        for (int s = 0; s < a->shards; s++) {
            const float *told = a->told + (round * (size_t)a->shards * (size_t)a->slots + cell(a, s, k)) * (MEMBERS + 1);
            double *square = a->square + cell(a, s, k) * (MEMBERS + 1);
            for (int m = 0; m <= MEMBERS; m++) {
                const double e = told[m] - load_at(a, made + a->to[k] - 1, s);
                square[m] += LEARN * (e * e - square[m]);
            }
        }
    }
}

/* Mean of the last days at that hour, brought to the level of the last hour. */
static void mean_of_days(const host *a, int s, double *out)
{
    const int days = a->n > 3L * a->conf.day ? 3 : a->n > 2L * a->conf.day ? 2 : 1;
    const long day = a->conf.day;
    double level = 0, usual = 0, weights = 0, ratio;

    for (int d = 1; d <= days; d++) weights += d == 1 ? 1 : 0.6;
    for (int i = -a->hour; i < a->horizon; i++) {
        double x = 0;
        for (int d = 1; d <= days; d++) {
            const long t = a->n - d * day + i;
            x += (d == 1 ? 1 : 0.6) * load_at(a, t < 0 ? 0 : t, s) / weights;
        }
        if (i < 0) {
            level += load_at(a, a->n + i, s);
            usual += x;
            continue;
        }
        if (a->n >= 7 * day) x = 0.7 * x + 0.3 * load_at(a, a->n - 7 * day + i, s);
        out[i] = x;
    }
    ratio = usual > 0 ? fmin(4, fmax(0.25, level / usual)) : 1;
    for (int i = 0; i < a->horizon; i++) out[i] *= 1 + (ratio - 1) * exp(-(i + 1) / (2.0 * a->hour));
}

/* The base load of a shard in each of the coming intervals. */
static void foresee(host *a, int s)
{
    static double member[MEMBERS][1024];
    const int keep = a->n % a->every == 0;
    const size_t round = (size_t)(a->n / a->every % a->rounds);
    double *path = a->path + (size_t)s * (size_t)a->horizon;

    for (int i = 0; i < a->horizon; i++) member[0][i] = path[i] = load_at(a, a->n - 1, s);
    if (a->n <= a->conf.day || without(NO_FORECAST)) return;
    mean_of_days(a, s, member[1]);
    for (int k = 0; k < TRACKERS; k++)
        must(psc_tracker_predict(tracker_of(a, k, s), (size_t)a->horizon, NULL, 0, member[2 + k], NULL));
    for (int k = 0; k < a->slots; k++) {
        const double *square = a->square + cell(a, s, k) * (MEMBERS + 1);
        float *told = a->told + (round * (size_t)a->shards * (size_t)a->slots + cell(a, s, k)) * (MEMBERS + 1);
        double w[MEMBERS], sum = 0;
        for (int m = 0; m < MEMBERS; m++) {
            w[m] = 1 / ((square[m] + 1e-12) * (square[m] + 1e-12));
            sum += w[m];
        }
        for (int i = a->from[k]; i < a->to[k]; i++) {
            path[i] = 0;
            for (int m = 0; m < MEMBERS; m++) path[i] += w[m] / sum * member[m][i];
        }
        if (!keep) continue;
        for (int m = 0; m < MEMBERS; m++) told[m] = (float)member[m][a->to[k] - 1];
        told[MEMBERS] = (float)path[a->to[k] - 1];
    }
}

/* ---- events ---- */

static void note_events(host *a, const lp_obs *o)
{
    for (int i = 0; i < o->events && !without(NO_EVENTS); i++) {
        int k = 0;
        while (k < a->events && (a->event[k].tenant != o->event[i].tenant || a->event[k].start_s < o->event[i].start_s ||
                                 a->event[k].start_s > o->event[i].start_s)) k++;
        if (k == a->events && k < EVENTS) a->event[a->events++] = o->event[i];
    }
    for (int k = 0; k < a->events; k++)
        if (a->event[k].end_s + 1200 <= o->now_s - a->conf.step_s) a->event[k--] = a->event[--a->events];
}

/* While an event runs its factor is what the tenant's load is over its forecast without events. */
static void measure_events(host *a, const lp_obs *o)
{
    for (int t = 0; t < a->conf.tenants; t++) a->factor[t] = 1;
    for (int k = 0; k < a->events; k++) {
        double load = 0, base = 0;
        if (a->event[k].start_s - 600 >= o->now_s || a->n <= a->conf.day) continue;
        for (int s = 0; s < a->shards; s++) {
            if (a->conf.tenant[s] != a->event[k].tenant) continue;
            load += o->load[s * LP_RES];
            base += a->base[s];
        }
        if (base > 0) a->factor[a->event[k].tenant] = fmin(8, fmax(1, load / base));
    }
}

static double factor_of(const host *a, int tenant, double start, double end, double now)
{
    double f = 1;
    for (int k = 0; k < a->events; k++) {
        const lp_event *e = &a->event[k];
        const double first = fmax(start, e->start_s - 300), last = fmin(end, e->end_s + 600);
        if (e->tenant != tenant || last <= first) continue;
        f *= 1 + (last - first) / (end - start) * ((e->start_s <= now - a->conf.step_s ? a->factor[tenant] : e->factor) - 1);
    }
    return f;
}

/* ---- what was seen ---- */

static void observe(host *a, const lp_obs *o)
{
    double *y;

    if (a->n == a->room) {
        a->room = 2 * a->room + 1024;
        a->history = (double *)realloc(a->history, sizeof(double) * (size_t)a->room * (size_t)a->shards);
        if (!a->history) abort();
    }
    y = a->history + (size_t)a->n * (size_t)a->shards;
    note_events(a, o);
    measure_events(a, o);
    for (int s = 0; s < a->shards; s++) {
        const double x = o->load[s * LP_RES];
        if (x > 0) a->net[s] = o->load[s * LP_RES + LP_NET] / x;
        y[s] = x / a->factor[a->conf.tenant[s]];
        a->daily[s] += (x * a->conf.day - a->daily[s]) / (double)(a->n + 1 < a->conf.day ? a->n + 1 : a->conf.day);
        if (o->where[s] != a->was[s]) {
            if (a->was[s] >= 0) a->moved[s] = a->n;
            a->was[s] = o->where[s];
        }
    }
    for (int k = 0; k < TRACKERS; k++) must(psc_trackers_observe(a->tracker[k], (size_t)a->shards, y));
    a->n++;
    if (a->n % a->every == 0) judge(a);
    for (int s = 0; s < a->shards; s++) {
        double *path = a->path + (size_t)s * (size_t)a->horizon;
        foresee(a, s);
        a->base[s] = path[0];
        for (int i = 0; i < a->horizon && a->events; i++)
            path[i] *= factor_of(a, a->conf.tenant[s], o->now_s + i * a->conf.step_s, o->now_s + (i + 1) * a->conf.step_s, o->now_s);
    }
}

/* Probability that a node fails soon: errors that last and rise. To be replaced by psc_failure. */
static double failure_of(host *a, const lp_beat *b, int node)
{
    const double before = a->error[node], low = fmin(b->err, before);
    double p = b->err > 0.02 ? 0.97 : b->err > 0.006 && low > 0.0015 ? 0.8 : low > 0.0025 ? 0.6 : 0;

    if (b->err < 0.8 * before && b->err < 0.03) p *= 0.15;
    a->error[node] = b->err;
    return without(NO_FAILURE) ? 0 : p;
}

/* What the nodes can do now, as a share of nominal: load over use. */
static void measure_nodes(host *a, const lp_obs *o)
{
    double load[64] = { 0 };

    memset(a->pending, 0, sizeof *a->pending * (size_t)a->nodes);
    for (int s = 0; s < a->shards; s++) {
        a->home[s] = a->going[s] = o->where[s];
        load[o->where[s]] += o->load[s * LP_RES];
    }
    for (int i = 0; i < o->moves; i++) {
        const lp_move *v = &o->move[i];
        a->going[v->shard] = v->to;
        a->pending[v->from]++;
        a->pending[v->to]++;
        if (!v->active) continue;
        load[v->from] += 0.7 * a->conf.copy_cpu;
        load[v->to] += 0.7 * a->conf.copy_cpu;
    }
    for (int e = 0; e < a->conf.edges; e++) {
        const int x = a->conf.edge[e].a, y = a->conf.edge[e].b;
        const double c = a->conf.edge_cpu * fmin(o->load[x * LP_RES], o->load[y * LP_RES]);
        if (o->where[x] == o->where[y]) continue;
        load[o->where[x]] += c;
        load[o->where[y]] += c;
    }
    for (int i = 0; i < a->nodes; i++) {
        const lp_beat *b = &o->beat[i];
        const double u = b->use[LP_CPU], x = u > 0.02 ? fmin(1, fmax(0.3, load[i] / (u * a->conf.cap[i * LP_RES]))) : 1;
        if (!b->up) a->capacity[i] = 1, a->failure[i] = 1, a->error[i] = 0;
        else {
            if (u > 0.02 && (u < 0.97 || x < a->capacity[i])) a->capacity[i] += 0.5 * (x - a->capacity[i]);
            a->failure[i] = failure_of(a, b, i);
        }
    }
}

/* ---- from profile to plan ---- */

/* Each slot stands for its intervals by the one that costs the fleet most, and has the weight of them all. */
static void take_profile(host *a)
{
    static double use[64 * 1024], cost[1024];

    memset(use, 0, sizeof use);
    for (int s = 0; s < a->shards; s++)
        for (int i = 0; i < a->horizon; i++)
            use[a->going[s] * a->horizon + i] += a->path[(size_t)s * (size_t)a->horizon + (size_t)i];
    for (int i = 0; i < a->horizon; i++) {
        cost[i] = 1e-300;
        for (int n = 0; n < a->nodes; n++) {
            const double c = a->conf.cap[n * LP_RES];
            cost[i] += c * cost_of(use[n * a->horizon + i] / (c * a->capacity[n]), STEEPNESS / 2);
        }
    }
    for (int k = 0; k < a->slots; k++) {
        int at = a->from[k];
        double sum = 0;
        for (int i = a->from[k]; i < a->to[k]; i++) {
            sum += cost[i];
            if (cost[i] > cost[at]) at = i;
        }
        a->weight[k] = sum / cost[at] * pow(FADE, 0.5 * (a->from[k] + a->to[k]) / a->hour);
        if (!without(NO_COPIES) && 0.5 * (a->from[k] + a->to[k]) * a->conf.step_s <
            a->mean_bytes / a->conf.copy_mbs * 1000 + a->conf.validate_s) a->weight[k] *= 0.1;   /* no move ends before */
        for (int s = 0; s < a->shards; s++) {
            const double *path = a->path + (size_t)s * (size_t)a->horizon;
            double x = path[at];
            for (int i = 0; i < a->horizon && without(NO_PROFILE); i++) x = fmax(x, path[i]);
            a->slot[cell(a, s, k)] = x;
            a->spread[cell(a, s, k)] = a->n > 2L * a->conf.day && !without(NO_SPREAD) ?
                CAUTION * a->square[cell(a, s, k) * (MEMBERS + 1) + MEMBERS] / (2 * a->unit * AMOUNT) : 0;
        }
    }
}

/* What talk between shards that are apart takes of each node; a pair's price is what that costs a mean node. */
static void price_pairs(host *a)
{
    double slope[SLOTS] = { 0 }, slope_net[SLOTS] = { 0 }, use[64 * SLOTS] = { 0 }, use_net[64 * SLOTS] = { 0 };

    memset(a->talk, 0, sizeof a->talk);
    memset(a->talk_net, 0, sizeof a->talk_net);
    for (int s = 0; s < a->shards; s++)
        for (int k = 0; k < a->slots; k++) {
            use[a->going[s] * SLOTS + k] += a->slot[cell(a, s, k)];
            use_net[a->going[s] * SLOTS + k] += a->slot[cell(a, s, k)] * a->net[s];
        }
    for (int pass = 0; pass < 2; pass++) {
        for (int e = 0; e < a->conf.edges; e++) {
            const int x = a->conf.edge[e].a, y = a->conf.edge[e].b;
            double price = 0;
            for (int k = 0; k < a->slots; k++) {
                const double fx = a->slot[cell(a, x, k)], fy = a->slot[cell(a, y, k)];
                const double c = a->conf.edge_cpu * fmin(fx, fy), n = a->conf.edge_net * fmin(fx * a->net[x], fy * a->net[y]);
                if (pass) price += 2 * a->weight[k] * (slope[k] * c / a->unit + slope_net[k] * n / a->unit_net);
                else if (a->going[x] != a->going[y])
                    for (int side = 0; side < 2; side++) {
                        a->talk[a->going[side ? x : y] * SLOTS + k] += c;
                        a->talk_net[a->going[side ? x : y] * SLOTS + k] += n;
                    }
            }
            if (!pass) continue;
            a->pair[e].a = x;
            a->pair[e].b = y;
            a->pair[e].weight = (int64_t)(SCALE * price);
        }
        for (int i = 0; i < a->nodes && !pass; i++) {
            const double cpu = a->conf.cap[i * LP_RES] * a->capacity[i], net = a->conf.cap[i * LP_RES + LP_NET];
            a->use[i] = 0;
            for (int k = 0; k < a->slots; k++) {
                const double u = (use[i * SLOTS + k] + a->talk[i * SLOTS + k]) / cpu;
                const double v = (use_net[i * SLOTS + k] + a->talk_net[i * SLOTS + k]) / net;
                for (int j = 0; j < KNEES; j++) {
                    slope[k] += u > a->knee[j] - 0.03 ? a->slope[j] / a->nodes : 0;
                    slope_net[k] += v > a->knee[j] - 0.03 ? a->slope[j] / a->nodes : 0;
                }
                if (a->to[k] <= a->hour) a->use[i] += fmax(u, v) * (a->to[k] - a->from[k]) / a->hour;
            }
        }
    }
}

/* Cost on a node of copying a GB off it in the coming hour: the rate falls as the node fills, u + share x = 1 - x / 5. */
static double cost_of_copy(const host *a, int node)
{
    const double cpu = a->conf.cap[node * LP_RES] * a->capacity[node], u = a->use[node];
    const double share = fmax(a->conf.copy_mbs / a->conf.cap[node * LP_RES + LP_NET], a->conf.copy_cpu / cpu);
    const double x = fmin(1, fmax(0.1, (1 - u) / (share + 0.2)));

    if (without(NO_COPIES)) return 0;
    return cpu * (cost_of(u + share * x, COPY_STEEPNESS) - cost_of(u, COPY_STEEPNESS)) * 1000 / (a->conf.copy_mbs * x * a->conf.step_s);
}

static void describe_nodes(host *a, const lp_obs *o)
{
    for (int i = 0; i < a->nodes; i++) {
        const double *cap = a->conf.cap + i * LP_RES, up = o->beat[i].up ? 1 : 0.02;
        int64_t *soft = a->soft + (size_t)i * (size_t)a->cluster.resources;
        for (int k = 0; k < a->slots; k++)
            for (int j = 0; j < KNEES; j++) {
                const double cpu = a->knee[j] * up * a->capacity[i] * cap[LP_CPU] - a->talk[i * SLOTS + k];
                const double net = a->knee[j] * up * cap[LP_NET] - a->talk_net[i * SLOTS + k];
                soft[k * CURVES + j] = (int64_t)fmax(0, cpu / a->unit);
                soft[k * CURVES + KNEES + j] = (int64_t)fmax(0, net / a->unit_net);
            }
        a->closed[i] = !o->beat[i].up || a->failure[i] > 0.3;
        a->risk[i] = (int32_t)(1e6 * a->failure[i]);
    }
    for (int k = 0; k < a->slots; k++)
        for (int j = 0; j < CURVES; j++)
            a->load_weight[k * CURVES + j] = (int64_t)(SCALE * a->weight[k] * a->slope[j % KNEES] + 0.5);
}

static void describe_shards(host *a, const lp_obs *o)
{
    double fleet = 0;

    for (int s = 0; s < a->shards; s++) fleet += a->daily[s] / a->shards;       /* of a mean shard, a day */
    for (int s = 0; s < a->shards; s++) {
        int64_t *demand = a->demand + (size_t)s * (size_t)a->cluster.resources;
        const double move = (a->conf.move_w + a->conf.bytes_w * a->conf.bytes[s] / a->mean_bytes) / 100 * fleet;
        const double lost = (a->conf.replicas[s] < 0 ? 1 : 0.3) * LOST_MINUTES * 60 / a->conf.step_s * a->slot[cell(a, s, 0)];
        for (int k = 0; k < a->slots; k++) {
            const double x = a->slot[cell(a, s, k)] + a->spread[cell(a, s, k)];
            for (int j = 0; j < KNEES; j++) {
                demand[k * CURVES + j] = (int64_t)(x / a->unit);
                demand[k * CURVES + KNEES + j] = (int64_t)(x * a->net[s] / a->unit_net);
            }
        }
        demand[a->cluster.resources - 1] = (int64_t)(o->load[s * LP_RES + LP_MEM] * 1000 + 1);
        a->price[s] = 1 + (int64_t)(SCALE / a->unit * (MARGIN * move + (o->beat[a->home[s]].up ? cost_of_copy(a, a->home[s]) : 0) * a->conf.bytes[s]));
        a->impact[s] = (int64_t)(SCALE / a->unit * (lost + 0.01 * fleet));
        a->rested[s] = (int64_t)((double)(a->n - a->moved[s]) * a->conf.step_s * 1e9);
    }
}

/* The plan of at most max_moves a node; where a node is down, as many as it takes. */
static size_t make_plan(host *a, const lp_obs *o, psc_waves_info *info)
{
    psc_plan_config config;
    psc_waves_config waves;

    psc_plan_default(&config);
    psc_waves_default(&waves);
    config.cooldown = COOLDOWN;
    config.max_node_moves = waves.per_node = a->conf.max_moves;
    waves.parks = 0;
    for (int i = 0; i < a->nodes; i++) if (!o->beat[i].up) config.max_node_moves = INT32_MAX;
    must(psc_cluster_check(&a->cluster));
    if (a->plan_bytes < psc_plan_size(&a->cluster, &config)) {
        a->plan_bytes = psc_plan_size(&a->cluster, &config);
        free(a->plan);
        a->plan = room_of(1, a->plan_bytes);
    }
    must(psc_plan_init((psc_plan *)a->plan, a->plan_bytes, &a->cluster, &config));
    must(psc_plan_step((psc_plan *)a->plan, &a->cluster, INT64_MAX / 2));
    must(psc_plan_best((psc_plan *)a->plan, &a->cluster, a->goal, NULL));
    must(psc_waves_of(&a->cluster, &waves, a->goal, a->waves, a->waves_bytes, a->order, 2 * (size_t)a->shards, info));
    return (size_t)(info->moves + info->stuck);
}

int lp_step(void *self, const lp_obs *o, lp_act *out, int cap)
{
    host *a = (host *)self;
    psc_waves_info info;
    size_t moves;
    int n = 0;

    observe(a, o);
    measure_nodes(a, o);
    take_profile(a);
    price_pairs(a);
    describe_nodes(a, o);
    describe_shards(a, o);
    if (a->n < a->hour) return 0;
    moves = make_plan(a, o, &info);
    for (size_t i = 0; i < moves && n < cap; i++) {
        const psc_move *m = &a->order[i];
        const int down = !o->beat[m->from].up, most = a->conf.max_moves * (down ? 2 : 1);
        if (m->wave > 0 || (m->wave < 0 && !down) || a->going[m->shard] != a->home[m->shard]) continue;
        if (a->pending[m->to] >= most || (!down && (a->pending[m->from] >= most || a->use[m->to] > FULL))) continue;
        a->pending[m->from]++;
        a->pending[m->to]++;
        out[n++] = (lp_act){ LP_MOVE, m->shard, m->to };
    }
    return n;
}

/* ---- begin and end ---- */

static void make_cluster(host *a)
{
    const size_t N = (size_t)a->nodes, S = (size_t)a->shards, R = (size_t)(a->slots * CURVES + 1);
    psc_cluster *c = &a->cluster;
    int32_t groups = 0;

    psc_cluster_default(c);
    c->resources = (int32_t)R;
    c->nodes = a->nodes;
    c->shards = a->shards;
    c->pairs = a->conf.edges;
    c->capacity = a->limit = (int64_t *)room_of(N * R, 8);
    c->soft = a->soft = (int64_t *)room_of(N * R, 8);
    c->weight = a->load_weight = (int64_t *)room_of(R, 8);
    c->closed = a->closed = (int32_t *)room_of(N, 4);
    c->risk = a->risk = (int32_t *)room_of(N, 4);
    c->demand = a->demand = (int64_t *)room_of(S * R, 8);
    c->home = a->home = (int32_t *)room_of(S, 4);
    c->going = a->going = (int32_t *)room_of(S, 4);
    c->group = a->group = (int32_t *)room_of(S, 4);
    c->move_cost = a->price = (int64_t *)room_of(S, 8);
    c->impact = a->impact = (int64_t *)room_of(S, 8);
    c->rested = a->rested = (int64_t *)room_of(S, 8);
    c->transient = a->transient = (int32_t *)room_of(R, 4);
    c->pair = a->pair = (psc_pair *)room_of((size_t)a->conf.edges, sizeof *a->pair);
    a->goal = (int32_t *)room_of(S, 4);
    a->order = (psc_move *)room_of(2 * S, sizeof *a->order);
    a->transient[R - 1] = 1;                        /* memory, the one hard limit */
    for (size_t i = 0; i < N; i++) {
        for (size_t r = 0; r < R; r++) a->limit[i * R + r] = INT64_C(1) << 40;
        a->limit[i * R + R - 1] = a->soft[i * R + R - 1] = (int64_t)(0.98 * a->conf.cap[i * LP_RES + LP_MEM] * 1000);
    }
    for (size_t s = 0; s < S; s++)
        if (a->conf.replicas[s] >= groups) groups = a->conf.replicas[s] + 1;
    for (size_t s = 0; s < S; s++) a->group[s] = a->conf.replicas[s] < 0 ? groups++ : a->conf.replicas[s];
    c->groups = groups;
    a->waves_bytes = psc_waves_size(c);
    a->waves = room_of(1, a->waves_bytes);
}

void *lp_new(const lp_conf *conf)
{
    host *a = (host *)room_of(1, sizeof *a);
    size_t S;

    a->conf = *conf;
    a->nodes = conf->nodes;
    a->shards = conf->shards;
    S = (size_t)a->shards;
    a->hour = conf->day >= 48 ? conf->day / 24 : 1;
    make_slots(a);
    make_curve(a);
    make_trackers(a);
    a->path = (double *)room_of(S * (size_t)a->horizon, sizeof(double));
    a->slot = (double *)room_of(S * SLOTS, sizeof(double));
    a->spread = (double *)room_of(S * SLOTS, sizeof(double));
    a->square = (double *)room_of(S * SLOTS * (MEMBERS + 1), sizeof(double));
    a->told = (float *)room_of((size_t)a->rounds * S * SLOTS * (MEMBERS + 1), sizeof(float));
    a->net = (double *)room_of(S, sizeof(double));
    a->base = (double *)room_of(S, sizeof(double));
    a->daily = (double *)room_of(S, sizeof(double));
    a->factor = (double *)room_of((size_t)conf->tenants, sizeof(double));
    a->moved = (long *)room_of(S, sizeof(long));
    a->was = (int *)room_of(S, sizeof(int));
    a->pending = (int *)room_of((size_t)a->nodes, sizeof(int));
    for (int s = 0; s < a->shards; s++) {
        a->moved[s] = -1000000;
        a->was[s] = -1;
        a->mean_bytes += conf->bytes[s] / a->shards;
    }
    for (int i = 0; i < a->nodes; i++) {
        a->capacity[i] = 1;
        a->unit += conf->cap[i * LP_RES] / a->nodes / AMOUNT;
        a->unit_net += conf->cap[i * LP_RES + LP_NET] / a->nodes / AMOUNT;
    }
    make_cluster(a);
    return a;
}

void lp_free(void *self)
{
    host *a = (host *)self;
    void *block[] = {
        a->tracker[0], a->tracker[1], a->tracker[2], a->history, a->path, a->slot, a->spread, a->square, a->told, a->net, a->base,
        a->daily, a->factor, a->moved, a->was, a->pending, a->limit, a->soft, a->load_weight, a->closed, a->risk, a->demand,
        a->home, a->going, a->group, a->price, a->impact, a->rested, a->transient, a->pair, a->goal, a->order, a->plan, a->waves
    };
    for (size_t i = 0; i < sizeof block / sizeof *block; i++) free(block[i]);
    free(a);
}
