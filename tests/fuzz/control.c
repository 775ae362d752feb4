/* control.c - any view: it is refused, or its moves are of shards that may move to nodes that may take them, each once,
 * and the cost does not rise by moves for load that land at once; what waits is ordered again, replaced or recalled. */
#include "fuzz.h"

enum { NODES = 5, SHARDS = 12, MOST = 8, STEPS = 4 * 3, SLOTS = 4 + 2 };

typedef struct view {
    double capacity[NODES * 2], able[NODES], failure[NODES], room[NODES], load[SHARDS * 2], path[SHARDS * STEPS];
    double spread[SHARDS * SLOTS], stock[SHARDS], price[SHARDS], landing[SHARDS], impact[SHARDS];
    int32_t home[SHARDS], going[SHARDS], waiting[SHARDS], group[SHARDS], rested[SHARDS], kin[SHARDS];
    psc_pair pair[MOST];
} view;

/* Mostly a number of the range, now and then any bits. */
static void fill(input *in, double *x, size_t n, double low, double high)
{
    size_t i;

    for (i = 0; i < n; i++) {
        x[i] = low + (high - low) * (double)take_byte(in) / 255.0;
        if (take_byte(in) == 255) x[i] = take_real(in);
    }
}

static void fill_indices(input *in, int32_t *x, size_t n, int32_t low, int32_t high)
{
    size_t i;

    for (i = 0; i < n; i++) x[i] = low + (int32_t)take_byte(in) % (high - low + 1);
}

static void take_view(input *in, psc_control *c, view *v)
{
    int i;

    psc_control_default(c);
    c->nodes = 1 + (int32_t)take_byte(in) % NODES;
    c->shards = (int32_t)take_byte(in) % (SHARDS + 1);
    c->flows = 1 + (int32_t)take_byte(in) % 2;
    c->hour = 4;
    c->far = 2;
    c->pairs = c->shards > 1 ? (int32_t)take_byte(in) % (MOST + 1) : 0;
    c->targets = 1 + (int32_t)take_byte(in) % 6;
    c->copies = 1 + (int32_t)take_byte(in) % 4;
    fill(in, v->capacity, NODES * 2, 1.0, 300.0);
    fill(in, v->able, NODES, 0.05, 1.0);
    fill(in, v->failure, NODES, 0.0, 0.4);
    fill(in, v->room, NODES, 0.0, 300.0);
    fill(in, v->load, SHARDS * 2, 0.0, 80.0);
    fill(in, v->path, SHARDS * STEPS, 0.0, 80.0);
    fill(in, v->spread, SHARDS * SLOTS, 0.0, 400.0);
    fill(in, v->stock, SHARDS, 0.0, 50.0);
    fill(in, v->price, SHARDS, 0.0, 10.0);
    fill(in, v->landing, SHARDS, 0.0, 12.0);
    fill(in, v->impact, SHARDS, 0.0, 2.0);
    fill(in, c->talk, 2, 0.0, 0.5);
    fill_indices(in, v->home, SHARDS, 0, c->nodes - 1);
    memcpy(v->going, v->home, sizeof v->home);
    if ((int32_t)take_byte(in) % 2) fill_indices(in, v->going, SHARDS, 0, c->nodes - 1);
    fill_indices(in, v->waiting, SHARDS, -1, c->nodes - 1);
    for (i = 0; i < SHARDS; i++) if (v->waiting[i] == v->home[i] || v->going[i] != v->home[i]) v->waiting[i] = -1;
    fill_indices(in, v->group, SHARDS, -1, c->shards > 0 ? c->shards - 1 : 0);
    fill_indices(in, v->rested, SHARDS, 0, 20);
    c->kins = (int32_t)take_byte(in) % 4;
    fill_indices(in, v->kin, SHARDS, -1, c->kins - 1);
    for (i = 0; i < c->pairs; i++) {
        v->pair[i].a = (int32_t)take_byte(in) % c->shards;
        v->pair[i].b = (v->pair[i].a + 1 + (int32_t)take_byte(in) % (c->shards - 1)) % c->shards;
    }
    c->capacity = v->capacity;
    c->able = v->able;
    c->failure = v->failure;
    c->room = v->room;
    c->load = v->load;
    c->path = v->path;
    c->spread = v->spread;
    c->stock = v->stock;
    c->home = v->home;
    c->going = v->going;
    c->waiting = take_byte(in) % 2 ? v->waiting : NULL;
    c->group = v->group;
    c->rested = v->rested;
    c->kin = v->kin;
    c->price = v->price;
    c->landing = take_byte(in) % 2 ? v->landing : NULL;
    c->impact = v->impact;
    c->pair = v->pair;
}

static void check_orders(const psc_control *c, const view *v, const psc_order *order, const psc_control_info *info)
{
    int32_t at[SHARDS], i, s, load_only = 1, recalled = 0;

    memcpy(at, v->going, sizeof at);
    for (s = 0; s < SHARDS && c->waiting; s++) if (v->waiting[s] >= 0) load_only = 0;  /* what is kept is not told */
    for (i = 0; i < info->moves; i++) {
        const psc_order *m = &order[i];
        REQUIRE(m->shard >= 0 && m->shard < c->shards && m->to >= 0 && m->to < c->nodes && m->from != m->to);
        REQUIRE(!c->waiting || v->waiting[m->shard] != m->to);
        REQUIRE(at[m->shard] == m->from && v->home[m->shard] == m->from && v->failure[m->to] < c->ill);
        REQUIRE(v->rested[m->shard] >= c->rest || m->cause == PSC_CAUSE_DOWN);
        for (s = 0; s < c->shards; s++)
            REQUIRE(s == m->shard || v->group[s] < 0 || v->group[s] != v->group[m->shard]
                    || (at[s] != m->to && v->home[s] != m->to));
        at[m->shard] = m->to;
        load_only &= m->cause == PSC_CAUSE_LOAD;
    }
    for (i = info->moves; i < info->moves + info->recalls; i++) {
        const psc_order *m = &order[i];
        REQUIRE(m->to == v->home[m->shard] && m->from == m->to && m->cause == PSC_CAUSE_GONE);
        REQUIRE(v->waiting[m->shard] >= 0 && at[m->shard] == m->to);
    }
    for (s = 0; s < c->shards && c->waiting; s++) recalled += v->waiting[s] >= 0 && at[s] == v->home[s];
    REQUIRE(info->recalls <= recalled);
    REQUIRE(info->before >= 0.0 && info->before <= 1e300 && info->after >= 0.0 && info->after <= 1e300);
    if (load_only) REQUIRE(info->after <= info->before * (1.0 + 1e-9) + 1e-9 || c->pairs > 0 || c->landing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_order order[SHARDS];
    psc_control_info info;
    psc_control c;
    size_t bytes;
    void *work;
    view v;

    memset(&v, 0, sizeof v);
    take_view(&in, &c, &v);
    bytes = psc_control_size(&c);
    REQUIRE(bytes > 0);
    work = block_of(bytes);
    if (psc_control_of(&c, work, bytes, order, SHARDS, &info) == PSC_OK) check_orders(&c, &v, order, &info);
    free(work);
    return 0;
}
