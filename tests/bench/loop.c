/* loop.so: a host's control loop, for score/loop.c of the shared tree (three functions, score/loop_policy.h).
 *
 * At each step: the loads go to the outlook, which foresees each shard's coming hours; the nodes' use says what they can
 * give, their errors whether they are failing; psc_control_of says what to move now. */
#include "predscale.h"

#include "loop_policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct host {
    lp_conf conf;
    psc_control c;
    psc_outlook *outlook;
    size_t steps, slots, bytes;
    double *able, *busy, *extra, *failure, *error, *room, *capacity, *load, *first, *path, *spread, *stock, *price,
           *landing, *impact, *work;
    int32_t *home, *going, *group, *rested;
    psc_pair *pair;
    psc_order *order;
    psc_surge surge[64];
    size_t surges;
    double mean;                /* load of the fleet, of the last day */
    long n;
} host;

static void *room_for(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) abort();
    return p;
}

static void must(psc_status status) { if (status < 0) abort(); }

void *lp_new(const lp_conf *conf)
{
    host *h = (host *)room_for(1, sizeof *h);
    const size_t N = (size_t)conf->nodes, S = (size_t)conf->shards;
    psc_outlook_config config;
    double mean = 0;

    h->conf = *conf;
    psc_outlook_default(&config);
    config.series = conf->shards;
    config.hour = conf->day >= 48 ? conf->day / 24 : 1;
    config.tags = conf->tenants;
    config.tag = conf->tenant;
    h->outlook = (psc_outlook *)room_for(1, psc_outlook_size(&config));
    must(psc_outlook_init(h->outlook, psc_outlook_size(&config), &config));
    h->steps = (size_t)(config.hour * (config.far + 1));
    h->slots = (size_t)((config.hour < 6 ? config.hour : 6) + config.far);

    psc_control_default(&h->c);
    h->c.nodes = conf->nodes;
    h->c.shards = conf->shards;
    h->c.flows = 2;
    h->c.hour = config.hour;
    h->c.far = config.far;
    h->c.pairs = conf->edges;
    h->c.copies = conf->max_moves;
    h->c.rest = config.hour + 2;                    /* a shard that came does not go back within an hour */
    h->c.talk[0] = conf->edge_cpu;
    h->c.talk[1] = conf->edge_net;
    h->c.capacity = h->capacity = (double *)room_for(2 * N, 8);
    h->c.able = h->able = (double *)room_for(N, 8);
    h->c.failure = h->failure = (double *)room_for(N, 8);
    h->c.room = h->room = (double *)room_for(N, 8);
    h->c.load = h->load = (double *)room_for(2 * S, 8);
    h->c.path = h->path = (double *)room_for(S * h->steps, 8);
    h->c.spread = h->spread = (double *)room_for(S * h->slots, 8);
    h->c.stock = h->stock = (double *)room_for(S, 8);
    h->c.price = h->price = (double *)room_for(S, 8);
    h->c.landing = h->landing = (double *)room_for(S, 8);
    h->c.impact = h->impact = (double *)room_for(S, 8);
    h->c.home = h->home = (int32_t *)room_for(S, 4);
    h->c.going = h->going = (int32_t *)room_for(S, 4);
    h->c.group = h->group = (int32_t *)room_for(S, 4);
    h->c.rested = h->rested = (int32_t *)room_for(S, 4);
    h->c.pair = h->pair = (psc_pair *)room_for((size_t)conf->edges, sizeof *h->pair);
    h->busy = (double *)room_for(N, 8);
    h->extra = (double *)room_for(N, 8);
    h->error = (double *)room_for(N, 8);
    h->first = (double *)room_for(S, 8);
    h->order = (psc_order *)room_for(S, sizeof *h->order);
    h->bytes = psc_control_size(&h->c);
    h->work = (double *)room_for(1, h->bytes + 8 * (4 * h->steps + 2 * (size_t)conf->tenants));
    for (size_t i = 0; i < N; i++) {
        h->able[i] = 1;
        h->capacity[2 * i] = conf->cap[i * LP_RES + LP_CPU];
        h->capacity[2 * i + 1] = conf->cap[i * LP_RES + LP_NET];
        h->room[i] = 0.98 * conf->cap[i * LP_RES + LP_MEM];
    }
    for (size_t s = 0; s < S; s++) mean += conf->bytes[s] / conf->shards;
    for (size_t s = 0; s < S; s++) {
        h->group[s] = conf->replicas[s];
        h->impact[s] = conf->replicas[s] < 0 ? 1 : 0.3;
        h->landing[s] = (conf->bytes[s] * 1000 / conf->copy_mbs + conf->validate_s) / conf->step_s;
        h->price[s] = (conf->move_w + conf->bytes_w * conf->bytes[s] / mean) / 100;
        h->rested[s] = 1000000;
        h->home[s] = -1;
    }
    for (int e = 0; e < conf->edges; e++) h->pair[e].a = conf->edge[e].a, h->pair[e].b = conf->edge[e].b;
    return h;
}

/* Probability that a node fails soon: errors that last and rise. */
static double failure_of(host *h, const lp_beat *b, size_t i)
{
    const double before = h->error[i], low = fmin(b->err, before);
    double p = b->err > 0.02 ? 0.97 : b->err > 0.006 && low > 0.0015 ? 0.8 : low > 0.0025 ? 0.6 : 0;

    if (b->err < 0.8 * before && b->err < 0.03) p *= 0.15;
    h->error[i] = b->up ? b->err : 0;
    return b->up ? p : 1;
}

static void see(host *h, const lp_obs *o)
{
    double sum = 0;

    for (int i = 0; i < h->conf.nodes; i++) {
        h->busy[i] = o->beat[i].use[LP_CPU];
        h->failure[i] = failure_of(h, &o->beat[i], (size_t)i);
        h->extra[i] = 0;
    }
    for (int s = 0; s < h->conf.shards; s++) {
        h->rested[s]++;
        if (h->home[s] >= 0 && h->home[s] != o->where[s]) {
            h->busy[h->home[s]] = h->busy[o->where[s]] = NAN;   /* of both a part of the step */
            h->rested[s] = 0;
        }
        h->home[s] = h->going[s] = o->where[s];
        h->first[s] = h->load[2 * s] = o->load[s * LP_RES + LP_CPU];
        h->load[2 * s + 1] = o->load[s * LP_RES + LP_NET];
        h->stock[s] = o->load[s * LP_RES + LP_MEM];
        sum += h->first[s];
    }
    for (int i = 0; i < o->moves; i++) {
        h->going[o->move[i].shard] = o->move[i].to;
        h->extra[o->move[i].from] += o->move[i].active ? 0.7 * h->conf.copy_cpu : 0;
        h->extra[o->move[i].to] += o->move[i].active ? 0.7 * h->conf.copy_cpu : 0;
    }
    h->n++;
    h->mean += (sum - h->mean) / (double)(h->n < h->conf.day ? h->n : h->conf.day);
    for (size_t k = 0; k < h->surges; k++) {
        h->surge[k].from--;
        if (--h->surge[k].to < -2) h->surge[k--] = h->surge[--h->surges];
    }
    for (int e = 0; e < o->events && h->surges < 64; e++) {
        const double from = (o->event[e].start_s - o->now_s) / h->conf.step_s, to = (o->event[e].end_s - o->now_s) / h->conf.step_s;
        size_t k = 0;
        while (k < h->surges && (h->surge[k].tag != o->event[e].tenant || fabs(h->surge[k].from - from) > 0.01)) k++;
        if (k == h->surges) h->surge[h->surges++] = (psc_surge){from, to, o->event[e].factor, o->event[e].tenant, 0};
    }
}

int lp_step(void *self, const lp_obs *o, lp_act *out, int cap)
{
    host *h = (host *)self;
    psc_control_info info;
    const double unit = h->conf.day / (double)h->conf.shards;

    see(h, o);
    for (int s = 0; s < h->conf.shards; s++) h->price[s] *= unit * h->mean;
    must(psc_outlook_observe(h->outlook, h->first, h->surge, h->surges, h->work));
    for (size_t s = 0; s < (size_t)h->conf.shards; s++)
        must(psc_outlook_predict(h->outlook, s, h->surge, h->surges, h->path + s * h->steps, h->spread + s * h->slots, h->work));
    must(psc_control_able(&h->c, h->busy, h->extra, h->able));
    must(psc_control_of(&h->c, h->work, h->bytes, h->order, (size_t)(cap < h->conf.shards ? cap : h->conf.shards), &info));
    for (int s = 0; s < h->conf.shards; s++) h->price[s] /= unit * h->mean;
    if (h->n < h->c.hour) return 0;
    for (int i = 0; i < info.moves; i++) out[i] = (lp_act){LP_MOVE, h->order[i].shard, h->order[i].to};
    return info.moves;
}

void lp_free(void *self)
{
    host *h = (host *)self;
    void *block[] = { h->able, h->busy, h->extra, h->failure, h->error, h->room, h->capacity, h->load, h->first, h->path,
                      h->spread, h->stock, h->price, h->landing, h->impact, h->work, h->home, h->going, h->group,
                      h->rested, h->pair, h->order, h->outlook, h };
    for (size_t i = 0; i < sizeof block / sizeof *block; i++) free(block[i]);
}
