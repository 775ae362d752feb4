/* loop.so: a host's control loop, for score/loop.c of the shared tree (three functions, score/loop_policy.h).
 *
 * At each step: the loads go to the outlook, which foresees each shard's coming hours; the nodes' use says what they
 * can give, their errors whether they are failing; psc_control_of says what to move now. */
#include "predscale.h"

#include "loop_policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct host {
    lp_conf conf;
    psc_control c;              /* its arrays are those here */
    psc_outlook *outlook;
    size_t steps, slots, bytes;
    double *capacity, *able, *failure, *room, *load, *path, *spread, *stock, *landing, *price, *impact;
    double *cost, *busy, *extra, *error, *first, *work;
    int32_t *home, *going, *waiting, *group, *rested;
    psc_pair *pair;
    psc_order *order;
    psc_surge surge[64];
    size_t surges;
    double mean;                /* load of the fleet, of the last day; a move costs so many of it: cost */
    long n;
    void *block[32];            /* what is to be freed */
    int blocks;
} host;

static void must(psc_status status) { if (status < 0) abort(); }

static void *take(host *h, size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p) abort();
    return h->block[h->blocks++] = p;
}

/* The outlook, what psc_control keeps to, and room for all that is seen. */
static void make(host *h)
{
    const size_t N = (size_t)h->conf.nodes, S = (size_t)h->conf.shards;
    psc_outlook_config config;

    psc_outlook_default(&config);
    config.series = h->conf.shards;
    config.hour = h->conf.day >= 48 ? h->conf.day / 24 : 1;
    config.tags = h->conf.tenants;
    config.tag = h->conf.tenant;
    h->outlook = take(h, 1, psc_outlook_size(&config));
    must(psc_outlook_init(h->outlook, psc_outlook_size(&config), &config));
    h->steps = (size_t)(config.hour * (config.far + 1));
    h->slots = (size_t)((config.hour < 6 ? config.hour : 6) + config.far);

    psc_control_default(&h->c);
    h->c.nodes = h->conf.nodes;
    h->c.shards = h->conf.shards;
    h->c.flows = 2;
    h->c.hour = config.hour;
    h->c.far = config.far;
    h->c.pairs = h->conf.edges;
    h->c.kins = h->conf.tenants;
    h->c.kin = h->conf.tenant;
    h->c.copies = h->conf.max_moves;
    h->c.rest = config.hour + 2;                    /* a shard that came does not go back within an hour */
    h->c.talk[0] = h->conf.edge_cpu;
    h->c.talk[1] = h->conf.edge_net;
#define TAKE(array, n) h->array = take(h, n, sizeof *h->array)
#define SEEN(array, n) h->c.array = TAKE(array, n)
    SEEN(capacity, 2 * N), SEEN(able, N), SEEN(failure, N), SEEN(room, N);
    SEEN(load, 2 * S), SEEN(path, S * h->steps), SEEN(spread, S * h->slots), SEEN(stock, S);
    SEEN(landing, S), SEEN(price, S), SEEN(impact, S), SEEN(pair, (size_t)h->c.pairs);
    SEEN(home, S), SEEN(going, S), SEEN(waiting, S), SEEN(group, S), SEEN(rested, S);
    TAKE(cost, S), TAKE(busy, N), TAKE(extra, N), TAKE(error, N), TAKE(first, S), TAKE(order, S);
    h->bytes = psc_control_size(&h->c);
    h->work = take(h, 1, h->bytes + 8 * (4 * h->steps + 2 * (size_t)h->conf.tenants));
}

void *lp_new(const lp_conf *conf)
{
    host *h = calloc(1, sizeof *h);
    double mean = 0;

    if (!h) abort();
    h->conf = *conf;
    make(h);
    for (int i = 0; i < conf->nodes; i++) {
        h->able[i] = 1;
        h->capacity[2 * i] = conf->cap[i * LP_RES + LP_CPU];
        h->capacity[2 * i + 1] = conf->cap[i * LP_RES + LP_NET];
        h->room[i] = 0.98 * conf->cap[i * LP_RES + LP_MEM];
    }
    for (int s = 0; s < conf->shards; s++) mean += conf->bytes[s] / conf->shards;
    for (int s = 0; s < conf->shards; s++) {
        h->group[s] = conf->replicas[s];
        h->impact[s] = conf->replicas[s] < 0 ? 1 : 0.3;
        h->landing[s] = (conf->bytes[s] * 1000 / conf->copy_mbs + conf->validate_s) / conf->step_s;
        h->cost[s] = (conf->move_w + conf->bytes_w * conf->bytes[s] / mean) / 100 * conf->day / conf->shards;
        h->rested[s] = 1000000;
        h->home[s] = -1;
    }
    for (int e = 0; e < conf->edges; e++) h->pair[e].a = conf->edge[e].a, h->pair[e].b = conf->edge[e].b;
    return h;
}

/* Probability that a node fails soon: errors that last and rise. */
static double failure_of(const lp_beat *b, double before)
{
    const double p = b->err > 0.02 ? 0.97 : b->err > 0.006 && before > 0.0015 ? 0.8
                     : fmin(b->err, before) > 0.0025 ? 0.6 : 0;

    return !b->up ? 1 : b->err < 0.8 * before && b->err < 0.03 ? 0.15 * p : p;
}

static void see(host *h, const lp_obs *o)
{
    double sum = 0;

    for (int i = 0; i < h->conf.nodes; i++) {
        h->busy[i] = o->beat[i].use[LP_CPU];
        h->failure[i] = failure_of(&o->beat[i], h->error[i]);
        h->error[i] = o->beat[i].up ? o->beat[i].err : 0;
        h->extra[i] = 0;
    }
    for (int s = 0; s < h->conf.shards; s++) {
        h->rested[s]++;
        if (h->home[s] >= 0 && h->home[s] != o->where[s]) {
            h->busy[h->home[s]] = h->busy[o->where[s]] = NAN;   /* of both a part of the step */
            h->rested[s] = 0;
        }
        h->home[s] = h->going[s] = o->where[s];
        h->waiting[s] = -1;
        h->first[s] = h->load[2 * s] = o->load[s * LP_RES + LP_CPU];
        h->load[2 * s + 1] = o->load[s * LP_RES + LP_NET];
        h->stock[s] = o->load[s * LP_RES + LP_MEM];
        sum += h->first[s];
    }
    for (const lp_move *m = o->move; m < o->move + o->moves; m++) {
        (m->active ? h->going : h->waiting)[m->shard] = m->to;
        if (m->active) h->extra[m->from] += 0.7 * h->conf.copy_cpu, h->extra[m->to] += 0.7 * h->conf.copy_cpu;
    }
    h->n++;
    h->mean += (sum - h->mean) / (double)(h->n < h->conf.day ? h->n : h->conf.day);
    for (int s = 0; s < h->conf.shards; s++) h->price[s] = h->cost[s] * h->mean;
}

/* Each event is kept from when it is announced to two steps after its end, in steps from now. */
static void hear_of_events(host *h, const lp_obs *o)
{
    for (size_t k = 0; k < h->surges; k++) {
        h->surge[k].from--;
        if (--h->surge[k].to < -2) h->surge[k--] = h->surge[--h->surges];
    }
    for (const lp_event *e = o->event; e < o->event + o->events && h->surges < 64; e++) {
        const double from = (e->start_s - o->now_s) / h->conf.step_s, to = (e->end_s - o->now_s) / h->conf.step_s;
        size_t k = 0;
        while (k < h->surges && (h->surge[k].tag != e->tenant || fabs(h->surge[k].from - from) > 0.01)) k++;
        if (k == h->surges) h->surge[h->surges++] = (psc_surge){from, to, e->factor, e->tenant, 0};
    }
}

int lp_step(void *self, const lp_obs *o, lp_act *out, int cap)
{
    host *h = self;
    psc_control_info info;
    int n = 0;

    see(h, o);
    hear_of_events(h, o);
    must(psc_outlook_observe(h->outlook, h->first, h->surge, h->surges, h->work));
    must(psc_outlook_predict(h->outlook, 0, (size_t)h->conf.shards, h->surge, h->surges, h->path, h->spread, h->work));
    must(psc_control_able(&h->c, h->busy, h->extra, h->able));
    must(psc_control_of(&h->c, h->work, h->bytes, h->order, (size_t)h->conf.shards, &info));
    if (h->n < h->c.hour) return 0;
    for (const psc_order *q = h->order; q < h->order + info.moves + info.recalls && n + 2 <= cap; q++) {
        if (h->waiting[q->shard] >= 0) out[n++] = (lp_act){LP_CANCEL, q->shard, 0};
        if (q->to != q->from) out[n++] = (lp_act){LP_MOVE, q->shard, q->to};
    }
    return n;
}

void lp_free(void *self)
{
    host *h = self;

    while (h->blocks > 0) free(h->block[--h->blocks]);
    free(h);
}
