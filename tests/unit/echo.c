/* Echoes: what is counted, where reads go, which copies are ordered and dropped, and that no read is stale. (All orders of
 * messages: tests/model/echo.c.) */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

enum { NODES = 4, ORDERS = 64, MS = 1000000 };

typedef struct world {
    psc_echo *echo;
    size_t bytes, n;
    int64_t now, backlog[NODES], service[NODES];
    int32_t places[NODES], domain[NODES];
    psc_echo_nodes nodes;
    psc_echo_order order[ORDERS];
} world;

static psc_echo_config echo_config(void)
{
    psc_echo_config c;

    psc_echo_default(&c);
    c.nodes = NODES;
    c.tracked = 64;
    return c;
}

static void world_begin(world *w, const psc_echo_config *config)
{
    int i;

    memset(w, 0, sizeof *w);
    w->bytes = psc_echo_size(config);
    w->echo = (psc_echo *)block_new(w->bytes, 0xAA);
    CHECK_STATUS(psc_echo_init(w->echo, w->bytes, config), PSC_OK);
    psc_echo_nodes_default(&w->nodes);
    for (i = 0; i < NODES; i++) {
        w->service[i] = MS;
        w->places[i] = 8;
        w->domain[i] = i;
    }
    w->nodes.backlog_ns = w->backlog;
    w->nodes.service_ns = w->service;
    w->nodes.places = w->places;
}

static psc_echo_route read_one(world *w, uint64_t block, int32_t primary)
{
    psc_echo_route r = {99, -1, -1};

    CHECK_STATUS(psc_echo_read(w->echo, block, primary, w->now, &r), PSC_OK);
    return r;
}

static void read_many(world *w, uint64_t block, int32_t primary, int n)
{
    while (n-- > 0) (void)read_one(w, block, primary);
}

static void tick(world *w)
{
    w->now += 10 * MS;
    CHECK_STATUS(psc_echo_tick(w->echo, &w->nodes, w->now, w->order, ORDERS, &w->n), PSC_OK);
}

static int orders_of(const world *w, int32_t kind, uint64_t block)
{
    size_t i;
    int n = 0;

    for (i = 0; i < w->n; i++) n += w->order[i].kind == kind && w->order[i].block == block;
    return n;
}

static void confirm_all(world *w)
{
    size_t i;

    for (i = 0; i < w->n; i++) {
        const psc_echo_order *o = &w->order[i];
        if (o->kind == PSC_ECHO_COPY) CHECK_STATUS(psc_echo_confirm(w->echo, o->block, o->node, o->epoch), PSC_OK);
    }
}

/* Reads of one hot block of node 0 until its echoes are ordered and confirmed. */
static void make_echo(world *w, uint64_t block)
{
    int t;

    w->backlog[0] = 100 * MS;
    for (t = 0; t < 50; t++) {
        read_many(w, block, 0, 10);
        tick(w);
        confirm_all(w);
        if (orders_of(w, PSC_ECHO_COPY, block) > 0) return;
    }
    CHECK(!"no echo was ordered");
}

/* ==== Counting ================================================================================== */

/* Reads and writes a tick, as exponential means over 160 ticks. */
static void test_rates(void)
{
    const psc_echo_config config = echo_config();
    double reads = 0.0, writes = 0.0;
    psc_echo_block hot[3];
    uint64_t epoch;
    size_t n;
    world w;
    int t;

    world_begin(&w, &config);
    for (t = 0; t < 40; t++) {
        read_many(&w, 7, 1, t % 5);
        if (t % 3 == 0) CHECK_STATUS(psc_echo_write(w.echo, 7, 1, w.now, &epoch), PSC_OK);
        read_many(&w, 8, 1, 1);
        tick(&w);
        reads += (t % 5 - reads) / 160.0;
        writes += ((t % 3 == 0 && t > 0) - writes) / 160.0;     /* the first write found it not tracked */
    }
    CHECK_STATUS(psc_echo_hot(w.echo, hot, 3, &n), PSC_OK);
    CHECK_INT(n, 2);
    CHECK_INT(hot[0].block, 7);
    CHECK_NEAR(hot[0].reads, reads, 1e-12);     /* 40 roundings of numbers below 100 */
    CHECK_NEAR(hot[0].writes, writes, 1e-12);
    CHECK(hot[0].weight >= hot[0].reads && hot[0].primary == 1 && hot[0].echoes == 0 && hot[0].node[0] == -1);
    CHECK_INT(hot[1].block, 8);
    CHECK_STATUS(psc_echo_hot(w.echo, hot, 1, &n), PSC_OK);
    CHECK(n == 1 && hot[0].block == 7);
    CHECK_STATUS(psc_echo_hot(w.echo, NULL, 0, &n), PSC_OK);
    CHECK_INT(n, 0);
    free(w.echo);
}

/* Space-Saving's promise on a stream of many more blocks than places: reads <= true <= weight for all that are tracked,
 * and the hot ones are. */
static void test_heavy_hitters(void)
{
    enum { BLOCKS = 2000 };
    const psc_echo_config config = echo_config();
    static double count[BLOCKS];
    psc_echo_block hot[64];
    uint64_t seed = 5;
    size_t n, i;
    world w;
    int t, k;

    world_begin(&w, &config);
    memset(count, 0, sizeof count);
    for (t = 0; t < 100; t++) {
        for (k = 0; k < 200; k++) {
            const double u = test_uniform(&seed);
            const uint64_t block = u < 0.6 ? (uint64_t)(u * 10.0) : (uint64_t)(test_uniform(&seed) * BLOCKS);
            (void)read_one(&w, block, 2);
            count[block] += 1.0;
        }
        tick(&w);
        for (k = 0; k < BLOCKS; k++) count[k] *= 159.0 / 160.0;
    }
    CHECK_STATUS(psc_echo_hot(w.echo, hot, 64, &n), PSC_OK);
    CHECK_INT(n, 64);
    for (i = 0; i < n; i++) {
        const double truth = count[hot[i].block] / 160.0 * 160.0 / 159.0;
        CHECK(hot[i].reads <= truth * (1.0 + 1e-9));
        CHECK(hot[i].weight >= truth * (1.0 - 1e-9));
        if (i < 6) CHECK(hot[i].block < 6);
        if (i > 0) CHECK(hot[i].reads <= hot[i - 1].reads);
    }
    free(w.echo);
}

/* A short list of the hottest is the head of the long one, wherever the blocks are kept. */
static void test_hottest(void)
{
    enum { BLOCKS = 16 };
    const psc_echo_config config = echo_config();
    psc_echo_block all[BLOCKS], hot[BLOCKS];
    size_t n, k;
    world w;
    int i, falling;

    for (falling = 0; falling < 2; falling++) {
        world_begin(&w, &config);
        for (i = 0; i < BLOCKS; i++) read_many(&w, (uint64_t)i, 1, 1 + (falling ? BLOCKS - i : i));
        tick(&w);
        CHECK_STATUS(psc_echo_hot(w.echo, all, BLOCKS, &n), PSC_OK);
        CHECK_INT(n, BLOCKS);
        for (i = 0; i < BLOCKS; i++) CHECK_INT(all[i].block, falling ? i : BLOCKS - 1 - i);
        for (k = 0; k <= BLOCKS; k++) {
            CHECK_STATUS(psc_echo_hot(w.echo, hot, k, &n), PSC_OK);
            CHECK_INT(n, k);
            for (i = 0; i < (int)k; i++) CHECK_INT(hot[i].block, all[i].block);
        }
        free(w.echo);
    }
}

/* In a set whose blocks all have echoes no other block is tracked; it is read at its primary. */
static void test_full_set(void)
{
    enum { BLOCKS = 8 };
    psc_echo_config config = echo_config();
    psc_echo_block hot[BLOCKS + 1];
    psc_echo_route r;
    uint64_t block, epoch;
    world w;
    size_t n, k;
    int t;

    config.tracked = BLOCKS;
    config.node_copies = BLOCKS;
    world_begin(&w, &config);
    w.backlog[0] = 100 * MS;
    for (t = 0; t < 50; t++) {
        for (block = 0; block < BLOCKS; block++) read_many(&w, block, 0, 10);
        tick(&w);
        confirm_all(&w);
    }
    r = read_one(&w, BLOCKS, 0);
    CHECK(r.node == 0 && !r.echo && r.epoch == 0);
    CHECK_STATUS(psc_echo_write(w.echo, BLOCKS, 0, w.now, &epoch), PSC_OK);
    CHECK_STATUS(psc_echo_expect(w.echo, BLOCKS, 1.0), PSC_ERR_EMPTY);
    CHECK_STATUS(psc_echo_hot(w.echo, hot, BLOCKS + 1, &n), PSC_OK);
    CHECK_INT(n, BLOCKS);
    for (k = 0; k < n; k++) CHECK(hot[k].block != BLOCKS && hot[k].echoes > 0);
    free(w.echo);
}

/* What was read long ago is 0 at last, without a way through denormal numbers. */
static void test_faded(void)
{
    psc_echo_config config = echo_config();
    double least = 1.0;
    psc_echo_block hot;
    world w;
    size_t n;
    int t;

    config.tracked = 8;
    world_begin(&w, &config);
    read_many(&w, 7, 0, 100);
    for (t = 0; t < 40000; t++) {       /* 100 exp(-40000 / 160) < 1e-100 */
        tick(&w);
        CHECK_STATUS(psc_echo_hot(w.echo, &hot, 1, &n), PSC_OK);
        if (hot.reads > 0.0 && hot.reads < least) least = hot.reads;
    }
    CHECK(n == 1 && hot.block == 7 && hot.reads == 0.0 && hot.weight == 0.0 && hot.echoes == 0);
    CHECK(least > 1e-103);
    free(w.echo);
}

/* ==== Routes ==================================================================================== */

static void test_route(void)
{
    const psc_echo_config config = echo_config();
    psc_echo_route r;
    world w;
    int32_t holder;
    int i, away = 0;

    world_begin(&w, &config);
    make_echo(&w, 7);
    holder = w.order[0].node;
    CHECK(holder != 0 && w.order[0].primary == 0);
    CHECK_INT(orders_of(&w, PSC_ECHO_COPY, 7), (int)w.n);
    r = read_one(&w, 7, 0);             /* the primary has 100 ms of work, the holders next to none */
    CHECK(r.echo == 1 && r.node != 0 && r.epoch == w.order[0].epoch);
    for (i = 0; i < 400; i++) away += read_one(&w, 7, 0).echo;
    CHECK(away > 200 && away < 400);    /* what is sent to the holders fills them up, too */
    r = read_one(&w, 1234, 0);
    CHECK(r.echo == 0 && r.node == 0 && r.epoch == 0);
    free(w.echo);
}

/* A holder that is down is left out, and so is a primary; time empties a queue. */
static void test_route_down(void)
{
    psc_echo_config config = echo_config();
    psc_echo_route r;
    world w;
    int32_t holder;
    int i;

    config.echoes = 1;
    world_begin(&w, &config);
    make_echo(&w, 7);
    holder = w.order[0].node;
    for (i = 0; i < NODES; i++) w.places[i] = i == holder;      /* it cannot move */
    w.backlog[holder] = -1;
    tick(&w);
    r = read_one(&w, 7, 0);
    CHECK(r.node == 0 && r.echo == 0);
    w.backlog[0] = -1;
    tick(&w);
    CHECK_INT(read_one(&w, 7, 0).node, 0);      /* all are down: the primary is named */
    w.backlog[holder] = 3600 * (int64_t)1000 * MS;
    tick(&w);
    CHECK_INT(read_one(&w, 7, 0).node, holder);
    w.backlog[0] = 5 * MS;
    w.backlog[holder] = 0;
    tick(&w);
    for (i = 0; i < 5; i++) CHECK_INT(read_one(&w, 7, 0).node, holder);
    CHECK_INT(read_one(&w, 7, 0).node, 0);      /* 5 + 1 each: the tie is the primary's */
    w.now += 5 * MS;
    CHECK_INT(read_one(&w, 7, 0).node, holder);     /* 1 ms is left here, 0 there, service 1 */
    w.now = INT64_MIN;                  /* a clock that goes back stands */
    CHECK(read_one(&w, 7, 0).node >= 0);
    free(w.echo);
}

static void test_distance(void)
{
    psc_echo_config config = echo_config();
    int64_t distance[NODES * NODES];
    world w;
    int i;

    memset(distance, 0, sizeof distance);
    for (i = 1; i < NODES; i++) distance[i] = i == 2 ? 3 * MS : 60 * MS;
    config.echoes = 1;
    world_begin(&w, &config);
    w.nodes.distance_ns = distance;
    make_echo(&w, 7);
    CHECK_INT(w.order[0].node, 2);
    w.backlog[0] = 3 * MS;
    tick(&w);
    CHECK_INT(read_one(&w, 7, 0).node, 0);      /* 3 + 1 here, 1 + 3 there */
    CHECK_INT(read_one(&w, 7, 0).node, 2);
    free(w.echo);
}

/* ==== Writes and epochs ========================================================================= */

static void test_write_ends_echoes(void)
{
    psc_echo_config config = echo_config();
    uint64_t first, epoch, fresh;
    world w;
    int32_t holder;

    config.echoes = 1;
    config.epoch = 1000;
    world_begin(&w, &config);
    make_echo(&w, 7);
    holder = w.order[0].node;
    first = w.order[0].epoch;
    CHECK(first > 1000);
    CHECK_INT(read_one(&w, 7, 0).echo, 1);
    CHECK_STATUS(psc_echo_write(w.echo, 7, 0, w.now, &epoch), PSC_OK);
    CHECK(epoch > first);
    CHECK_INT(read_one(&w, 7, 0).echo, 0);
    CHECK_STATUS(psc_echo_confirm(w.echo, 7, holder, first), PSC_ERR_STALE);    /* late */
    CHECK_INT(read_one(&w, 7, 0).echo, 0);
    read_many(&w, 7, 0, 10);
    tick(&w);                           /* dropped, and made anew with a newer epoch than the write's */
    CHECK_INT(orders_of(&w, PSC_ECHO_DROP, 7), 1);
    CHECK_INT(orders_of(&w, PSC_ECHO_COPY, 7), 1);
    CHECK(w.order[0].kind == PSC_ECHO_DROP && w.order[0].node == holder && w.order[0].epoch >= first);
    fresh = w.order[w.n - 1].epoch;
    CHECK(fresh > epoch);
    CHECK_INT(read_one(&w, 7, 0).echo, 0);      /* not before it is confirmed */
    CHECK_STATUS(psc_echo_confirm(w.echo, 7, w.order[w.n - 1].node, epoch), PSC_ERR_STALE);
    CHECK_STATUS(psc_echo_confirm(w.echo, 7, w.order[w.n - 1].node, fresh), PSC_OK);
    CHECK(read_one(&w, 7, 0).epoch == fresh);
    CHECK_STATUS(psc_echo_write(w.echo, 9999, 0, w.now, &epoch), PSC_OK);       /* of a block not tracked */
    CHECK(epoch > fresh);
    free(w.echo);
}

static void test_holder_without_echo(void)
{
    psc_echo_config config = echo_config();
    world w;

    config.echoes = 1;
    world_begin(&w, &config);
    make_echo(&w, 7);
    CHECK_STATUS(psc_echo_lost(w.echo, 7, 0), PSC_OK);          /* it holds none: nothing */
    CHECK_INT(read_one(&w, 7, 0).echo, 1);
    CHECK_STATUS(psc_echo_lost(w.echo, 7, w.order[0].node), PSC_OK);
    CHECK_INT(read_one(&w, 7, 0).echo, 0);
    CHECK_STATUS(psc_echo_lost(w.echo, 5555, 0), PSC_OK);
    free(w.echo);
}

static void test_primary_moves(void)
{
    const psc_echo_config config = echo_config();
    psc_echo_route r;
    world w;

    world_begin(&w, &config);
    make_echo(&w, 7);
    r = read_one(&w, 7, 3);
    CHECK(r.node == 3 && r.echo == 0);
    CHECK_INT(read_one(&w, 7, 0).echo, 0);
    free(w.echo);
}

static void test_restart(void)
{
    const psc_echo_config config = echo_config();
    uint64_t epoch;
    world w;

    world_begin(&w, &config);
    make_echo(&w, 7);
    CHECK_STATUS(psc_echo_restart(w.echo, 500), PSC_OK);
    CHECK_INT(read_one(&w, 7, 0).echo, 0);
    CHECK_STATUS(psc_echo_restart(w.echo, 5), PSC_OK);
    CHECK_STATUS(psc_echo_write(w.echo, 7, 0, w.now, &epoch), PSC_OK);
    CHECK_INT(epoch, 501);
    CHECK_STATUS(psc_echo_restart(w.echo, (UINT64_C(1) << 62) + 1), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_restart(w.echo, UINT64_C(1) << 62), PSC_OK);
    CHECK_STATUS(psc_echo_write(w.echo, 7, 0, w.now, &epoch), PSC_ERR_RANGE);
    CHECK_INT(epoch, 501);
    read_many(&w, 7, 0, 100);
    tick(&w);
    CHECK_INT(orders_of(&w, PSC_ECHO_COPY, 7), 0);
    free(w.echo);
}

/* The two sides, number by number. */
static void test_messages(void)
{
    uint64_t x = 0;

    CHECK(psc_echo_primary(&x, PSC_ECHO_WRITE, 5) == 1 && x == 5);
    CHECK(psc_echo_primary(&x, PSC_ECHO_COPY, 4) == 0 && x == 5);
    CHECK(psc_echo_primary(&x, PSC_ECHO_COPY, 7) == 1 && x == 7);
    CHECK(psc_echo_primary(&x, PSC_ECHO_COPY, 7) == 1 && x == 7);
    CHECK(psc_echo_primary(&x, PSC_ECHO_WRITE, 6) == 0 && x == 7);
    CHECK(psc_echo_primary(&x, PSC_ECHO_READ, 0) == 1 && x == 7);
    CHECK_STATUS(psc_echo_primary(&x, PSC_ECHO_DROP, 9), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_primary(NULL, PSC_ECHO_READ, 9), PSC_ERR_NULL);
    x = 0;
    CHECK(psc_echo_holder(&x, PSC_ECHO_READ, 0) == 0);
    CHECK(psc_echo_holder(&x, PSC_ECHO_DROP, 9) == 0 && x == 0);
    CHECK(psc_echo_holder(&x, PSC_ECHO_COPY, 0) == 0 && x == 0);
    CHECK(psc_echo_holder(&x, PSC_ECHO_COPY, 5) == 1 && x == 5);
    CHECK(psc_echo_holder(&x, PSC_ECHO_COPY, 4) == 0 && x == 5);
    CHECK(psc_echo_holder(&x, PSC_ECHO_COPY, 5) == 1 && x == 5);
    CHECK(psc_echo_holder(&x, PSC_ECHO_READ, 5) == 1 && psc_echo_holder(&x, PSC_ECHO_READ, 6) == 0);
    CHECK(psc_echo_holder(&x, PSC_ECHO_READ, 4) == 0);
    CHECK(psc_echo_holder(&x, PSC_ECHO_DROP, 4) == 0 && x == 5);
    CHECK(psc_echo_holder(&x, PSC_ECHO_DROP, 5) == 1 && x == 0);
    CHECK_STATUS(psc_echo_holder(&x, PSC_ECHO_WRITE, 9), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_holder(NULL, PSC_ECHO_READ, 9), PSC_ERR_NULL);
}

/* ==== Which echoes ============================================================================== */

/* No echo where nothing is gained: a cold block, one that is written more often than it is read. */
static void test_no_benefit(void)
{
    const psc_echo_config config = echo_config();
    uint64_t epoch;
    world w;
    int t, k;

    world_begin(&w, &config);
    for (t = 0; t < 60; t++) {
        read_many(&w, 5, 0, t % 4 == 0);        /* cold */
        read_many(&w, 6, 1, 1);
        for (k = 0; k < 4; k++) {
            CHECK_STATUS(psc_echo_write(w.echo, 6, 1, w.now, &epoch), PSC_OK);
        }
        w.backlog[1] = 100 * MS;
        tick(&w);
        CHECK_INT(w.n, 0);
    }
    free(w.echo);
}

/* Domains that the block is not in yet come first, then the least pressure; the bounds on copies hold. */
static void test_domains(void)
{
    psc_echo_config config = echo_config();
    world w;
    int t;

    config.echoes = 2;
    config.copies = 1;
    world_begin(&w, &config);
    w.nodes.domain = w.domain;
    w.domain[1] = 0;                    /* with the primary */
    w.backlog[2] = 40 * MS;
    w.backlog[3] = 20 * MS;
    make_echo(&w, 7);
    CHECK_INT(w.order[0].node, 3);
    w.backlog[3] = 50 * MS;             /* now 1 and 2 are better, and 1 is the best of all */
    for (w.n = 0, t = 0; t < 40 && w.n == 0; t++) {
        read_many(&w, 7, 0, 10);
        tick(&w);
    }
    CHECK(w.n == 1 && w.order[0].node == 2);
    free(w.echo);
    config.copies = 9;
    config.node_copies = 1;
    world_begin(&w, &config);
    make_echo(&w, 7);
    CHECK_INT(w.n, 1);
    CHECK_INT(w.order[0].node, 1);      /* all alike: the lowest */
    free(w.echo);
    config.copies = 0;
    world_begin(&w, &config);
    w.backlog[0] = 100 * MS;
    read_many(&w, 7, 0, 100);
    tick(&w);
    CHECK_INT(w.n, 0);
    free(w.echo);
}

/* A node in the primary's domain gets none while another domain can, wherever it is in the list. */
static void test_domain_last(void)
{
    psc_echo_config config = echo_config();
    world w;

    config.echoes = 1;
    world_begin(&w, &config);
    w.nodes.domain = w.domain;
    w.domain[3] = 0;                    /* with the primary */
    w.backlog[1] = 40 * MS;
    w.backlog[2] = 20 * MS;
    make_echo(&w, 7);
    CHECK_INT(w.n, 1);
    CHECK_INT(w.order[0].node, 2);
    free(w.echo);
}

/* A domain that has an echo is no longer new: the second one goes elsewhere, pressed harder though it is. */
static void test_domain_of_echo(void)
{
    psc_echo_config config = echo_config();
    psc_echo_block hot;
    world w;
    size_t n;
    int t;

    config.echoes = 2;
    config.copies = 1;
    world_begin(&w, &config);
    w.nodes.domain = w.domain;
    w.domain[2] = 1;                    /* with node 1 */
    w.backlog[3] = 20 * MS;
    make_echo(&w, 7);
    CHECK_INT(w.order[0].node, 1);
    for (w.n = 0, t = 0; t < 40 && w.n == 0; t++) {
        read_many(&w, 7, 0, 10);
        tick(&w);
        confirm_all(&w);
    }
    CHECK_STATUS(psc_echo_hot(w.echo, &hot, 1, &n), PSC_OK);
    CHECK(n == 1 && hot.echoes == 2 && hot.node[0] == 1 && hot.node[1] == 3);
    free(w.echo);
}

/* No node holds more than it has places for; a full one changes its least useful echo for one of twice the use. */
static void test_places(void)
{
    psc_echo_config config = echo_config();
    world w;
    int t, changed = 0;

    config.echoes = 1;
    world_begin(&w, &config);
    w.places[1] = 1;
    w.places[2] = w.places[3] = 0;
    make_echo(&w, 7);
    CHECK_INT(w.order[0].node, 1);
    for (t = 0; t < 40 && !changed; t++) {
        read_many(&w, 7, 0, 10);
        read_many(&w, 8, 0, 12);
        tick(&w);
        CHECK_INT(w.n, 0);              /* not twice as useful */
    }
    for (t = 0; t < 40 && !changed; t++) {
        read_many(&w, 7, 0, 10);
        read_many(&w, 8, 0, 60);
        tick(&w);
        changed = w.n > 0;
    }
    CHECK(changed && w.n == 2);
    CHECK(w.order[0].kind == PSC_ECHO_DROP && w.order[0].block == 7 && w.order[0].node == 1);
    CHECK(w.order[1].kind == PSC_ECHO_COPY && w.order[1].block == 8 && w.order[1].node == 1);
    free(w.echo);
}

/* A block that has all its echoes moves the one under the highest pressure, when that is worth it. */
static void test_moved(void)
{
    psc_echo_config config = echo_config();
    world w;
    int32_t holder;
    int t;

    config.echoes = 1;
    world_begin(&w, &config);
    make_echo(&w, 7);
    holder = w.order[0].node;
    for (t = 0; t < 20; t++) {
        read_many(&w, 7, 0, 10);
        tick(&w);
        CHECK_INT(w.n, 0);
    }
    w.backlog[holder] = 300 * MS;       /* and the primary 900: the holder is what there is to relieve */
    w.backlog[0] = 900 * MS;
    read_many(&w, 7, 0, 10);
    tick(&w);
    CHECK_INT(w.n, 2);
    CHECK(w.order[0].kind == PSC_ECHO_DROP && w.order[0].node == holder);
    CHECK(w.order[1].kind == PSC_ECHO_COPY && w.order[1].node != holder && w.order[1].node != 0);
    free(w.echo);
}

/* Of two echoes the one under the higher pressure moves, whichever was made first. */
static void test_worst_moved(void)
{
    psc_echo_config config = echo_config();
    psc_echo_block hot;
    int t, worse;
    size_t n;
    world w;

    config.echoes = 2;
    for (worse = 0; worse < 2; worse++) {
        world_begin(&w, &config);
        make_echo(&w, 7);
        for (t = 0; t < 20; t++) {
            read_many(&w, 7, 0, 10);
            tick(&w);
            confirm_all(&w);
        }
        CHECK_STATUS(psc_echo_hot(w.echo, &hot, 1, &n), PSC_OK);
        CHECK(n == 1 && hot.echoes == 2);
        w.backlog[0] = 900 * MS;
        w.backlog[hot.node[worse]] = 400 * MS;
        w.backlog[hot.node[1 - worse]] = 300 * MS;
        read_many(&w, 7, 0, 10);
        tick(&w);
        CHECK_INT(w.n, 2);
        CHECK(w.order[0].kind == PSC_ECHO_DROP && w.order[0].node == hot.node[worse]);
        CHECK(w.order[1].kind == PSC_ECHO_COPY && w.order[1].node == 6 - hot.node[0] - hot.node[1]);    /* the third */
        free(w.echo);
    }
}

/* Echoes of a block that nobody reads any more go; a forecast keeps them. */
static void test_cold(void)
{
    const psc_echo_config config = echo_config();
    int gone[2], t, what;
    world w;

    for (what = 0; what < 2; what++) {
        world_begin(&w, &config);
        make_echo(&w, 7);
        gone[what] = 0;
        for (t = 0; t < 400; t++) {
            if (what == 1) CHECK_STATUS(psc_echo_expect(w.echo, 7, 5.0), PSC_OK);
            w.backlog[0] = 0;
            tick(&w);
            confirm_all(&w);
            gone[what] += orders_of(&w, PSC_ECHO_DROP, 7);
        }
        free(w.echo);
    }
    CHECK(gone[0] > 0 && gone[1] == 0);
}

/* A copy that nobody confirms is given up after ten ticks. */
static void test_unconfirmed(void)
{
    psc_echo_config config = echo_config();
    world w;
    int t;

    config.echoes = 1;
    world_begin(&w, &config);
    w.backlog[0] = 100 * MS;
    for (t = 0; t < 50; t++) {
        read_many(&w, 7, 0, 10);
        tick(&w);
        if (w.n > 0) break;
    }
    for (t = 1; t <= 30; t++) {
        read_many(&w, 7, 0, 10);
        tick(&w);
        if (orders_of(&w, PSC_ECHO_DROP, 7) > 0) break;
        CHECK_INT(w.n, 0);
    }
    CHECK_INT(t, 11);
    free(w.echo);
}

/* Orders that do not fit come later, none is lost. */
static void test_little_room(void)
{
    const psc_echo_config config = echo_config();
    psc_echo_order one[3];
    uint64_t epoch;
    size_t n;
    world w;
    int t, live, drops = 0;

    world_begin(&w, &config);
    w.backlog[0] = 300 * MS;
    for (live = 0, t = 0; t < 30; t++) {
        read_many(&w, 7, 0, 40);
        tick(&w);
        confirm_all(&w);
        live += orders_of(&w, PSC_ECHO_COPY, 7) - orders_of(&w, PSC_ECHO_DROP, 7);
    }
    CHECK(live >= 2);
    CHECK_STATUS(psc_echo_write(w.echo, 7, 0, w.now, &epoch), PSC_OK);
    for (t = 0; t < 10; t++) {
        CHECK_STATUS(psc_echo_tick(w.echo, &w.nodes, w.now, one, 1, &n), PSC_OK);
        if (n == 1) CHECK_INT(one[0].kind, PSC_ECHO_DROP);
        drops += (int)n;
    }
    CHECK_INT(drops, live);
    CHECK_STATUS(psc_echo_tick(w.echo, &w.nodes, w.now, NULL, 0, &n), PSC_OK);
    CHECK_INT(n, 0);
    free(w.echo);
}

/* ==== A cluster ================================================================================= */

/* The host: contents at primaries and holders, driven by orders; reads and writes at random, messages done at once. */
typedef struct host {
    uint64_t seen[40], value[40];
    uint64_t held[40][NODES], copy[40][NODES];
    int64_t echoes[NODES];
} host;

static void do_orders(world *w, host *h)
{
    size_t i;

    for (i = 0; i < w->n; i++) {
        const psc_echo_order *o = &w->order[i];
        uint64_t *held = &h->held[o->block][o->node];
        const int had = *held != 0;
        if (o->kind == PSC_ECHO_DROP) {
            (void)psc_echo_holder(held, PSC_ECHO_DROP, o->epoch);
        } else if (psc_echo_primary(&h->seen[o->block], PSC_ECHO_COPY, o->epoch)) {
            CHECK_INT(psc_echo_holder(held, PSC_ECHO_COPY, o->epoch), 1);
            h->copy[o->block][o->node] = h->value[o->block];
            CHECK_STATUS(psc_echo_confirm(w->echo, o->block, o->node, o->epoch), PSC_OK);
        }
        h->echoes[o->node] += (*held != 0) - had;
        CHECK(h->echoes[o->node] <= w->places[o->node]);
    }
}

static void test_cluster(void)
{
    psc_echo_config config = echo_config();
    host *h = (host *)block_new(sizeof *h, 0);
    uint64_t seed = 9, epoch, writes = 0;
    int t, k, served = 0;
    world w;

    config.copies = 6;
    world_begin(&w, &config);
    for (k = 0; k < NODES; k++) w.places[k] = 3;
    for (t = 0; t < 600; t++) {
        for (k = 0; k < 60; k++) {
            const double u = test_uniform(&seed);
            const uint64_t block = (uint64_t)(40.0 * u * u * u);
            const int32_t primary = (int32_t)(block % NODES);
            if (test_uniform(&seed) < 0.02) {
                CHECK_STATUS(psc_echo_write(w.echo, block, primary, w.now, &epoch), PSC_OK);
                CHECK_INT(psc_echo_primary(&h->seen[block], PSC_ECHO_WRITE, epoch), 1);
                h->value[block] = ++writes;
            } else {
                const psc_echo_route r = read_one(&w, block, primary);
                if (!r.echo) continue;
                CHECK_INT(psc_echo_holder(&h->held[block][r.node], PSC_ECHO_READ, r.epoch), 1);
                CHECK(h->copy[block][r.node] == h->value[block]);
                served++;
            }
        }
        for (k = 0; k < NODES; k++) w.backlog[k] = (int64_t)(test_uniform(&seed) * 60.0) * MS;
        if (t % 50 == 20) w.backlog[t / 50 % NODES] = -1;
        tick(&w);
        do_orders(&w, h);
    }
    CHECK(served > 2000);
    free(h);
    free(w.echo);
}

/* ==== Arguments ================================================================================= */

static void test_config(void)
{
    psc_echo_config c = echo_config();
    const size_t bytes = psc_echo_size(&c);
    psc_echo *e = (psc_echo *)block_new(bytes, 0);
    int i;

    CHECK_STATUS(psc_echo_init(e, bytes - 1, &c), PSC_ERR_SPACE);
    CHECK_STATUS(psc_echo_init(NULL, bytes, &c), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_init(e, bytes, NULL), PSC_ERR_NULL);
    c.struct_size++;
    CHECK_STATUS(psc_echo_init(e, bytes, &c), PSC_ERR_VERSION);
    CHECK_INT(psc_echo_size(&c), 0);
    CHECK_INT(psc_echo_size(NULL), 0);
    c = echo_config(); c.nodes = 1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.nodes = PSC_MAX_ECHO_NODES + 1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.tracked = 4; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.tracked = 65; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.tracked = 1 << 21; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.echoes = 0; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.echoes = PSC_MAX_ECHOES + 1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.copies = -1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.copies = (1 << 20) + 1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.node_copies = -1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.node_copies = (1 << 20) + 1; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.interval_ns = 999; CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.interval_ns = INT64_C(86400000000001); CHECK_INT(psc_echo_size(&c), 0);
    c = echo_config(); c.epoch = (UINT64_C(1) << 62) + 1; CHECK_INT(psc_echo_size(&c), 0);
    for (i = 0; i < SPECIALS; i++) {
        c = echo_config();
        c.gain = special(i);
        CHECK((psc_echo_size(&c) != 0) == (special(i) >= 0.0 && special(i) <= 1e6));
    }
    psc_echo_default(NULL);
    psc_echo_nodes_default(NULL);
    free(e);
}

static void test_arguments(void)
{
    const psc_echo_config config = echo_config();
    psc_echo_route route;
    psc_echo_block hot;
    uint64_t epoch;
    void *before;
    size_t n;
    world w;
    int i;

    world_begin(&w, &config);
    make_echo(&w, 7);
    before = block_copy(w.echo, w.bytes);
    CHECK_STATUS(psc_echo_read(w.echo, 1, -1, 0, &route), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_read(w.echo, 1, NODES, 0, &route), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_read(w.echo, 1, 0, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_read(NULL, 1, 0, 0, &route), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_write(w.echo, 1, -1, 0, &epoch), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_write(w.echo, 1, NODES, 0, &epoch), PSC_ERR_RANGE);
    CHECK_STATUS(psc_echo_write(w.echo, 1, 0, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_write(NULL, 1, 0, 0, &epoch), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_expect(w.echo, 12345, 1.0), PSC_ERR_EMPTY);
    CHECK_STATUS(psc_echo_expect(NULL, 12345, 1.0), PSC_ERR_NULL);
    for (i = 0; i < SPECIALS; i++) {
        const double x = special(i);
        if (x >= 0.0 && x <= 1e12) continue;
        CHECK_STATUS(psc_echo_expect(w.echo, 7, x), x - x != 0.0 ? PSC_ERR_NONFINITE : PSC_ERR_RANGE);
    }
    CHECK_STATUS(psc_echo_confirm(NULL, 7, 0, 1), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_confirm(w.echo, 7, 0, 1), PSC_ERR_STALE);
    CHECK_STATUS(psc_echo_confirm(w.echo, 7, w.order[0].node, w.order[0].epoch), PSC_ERR_STALE);     /* twice */
    CHECK_STATUS(psc_echo_lost(NULL, 7, 0), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_restart(NULL, 7), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_hot(NULL, &hot, 1, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_hot(w.echo, NULL, 1, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_echo_hot(w.echo, &hot, 1, NULL), PSC_ERR_NULL);
    CHECK(memcmp(before, w.echo, w.bytes) == 0);
    free(before);
    free(w.echo);
}

/* Each number of the view that is out of its range. */
static void test_view(void)
{
    const psc_echo_config config = echo_config();
    int64_t distance[NODES * NODES];
    void *before;
    world w;
    int what;

    memset(distance, 0, sizeof distance);
    world_begin(&w, &config);
    make_echo(&w, 7);
    before = block_copy(w.echo, w.bytes);
    for (what = 0; what < 14; what++) {
        world bad = w;
        psc_status want = what < 7 ? PSC_ERR_RANGE : what == 7 ? PSC_ERR_VERSION : PSC_ERR_NULL;
        bad.nodes.backlog_ns = bad.backlog;
        bad.nodes.service_ns = bad.service;
        bad.nodes.places = bad.places;
        bad.nodes.distance_ns = distance;
        distance[5] = what == 5 ? -1 : what == 6 ? INT64_MAX : 0;
        if (what == 0) bad.backlog[1] = -2;
        if (what == 1) bad.backlog[1] = INT64_MAX;
        if (what == 2) bad.service[1] = 0;
        if (what == 3) bad.service[1] = INT64_MAX;
        if (what == 4) bad.places[3] = -1;
        if (what == 7) bad.nodes.struct_size--;
        if (what == 8) bad.nodes.backlog_ns = NULL;
        if (what == 9) bad.nodes.service_ns = NULL;
        if (what == 10) bad.nodes.places = NULL;
        CHECK_STATUS(psc_echo_tick(what == 13 ? NULL : bad.echo, what == 11 ? NULL : &bad.nodes, 0,
                                   what == 12 ? NULL : bad.order, ORDERS, &bad.n), want);
    }
    CHECK_STATUS(psc_echo_tick(w.echo, &w.nodes, 0, w.order, ORDERS, NULL), PSC_ERR_NULL);
    CHECK(memcmp(before, w.echo, w.bytes) == 0);
    free(before);
    free(w.echo);
}

/* ==== Save and load ============================================================================= */

static void test_saved(void)
{
    static const uint64_t value[] = {0, 1, 2, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(0x7ff8000000000000),
                                     UINT64_C(0x42e6bcc41e900000)};     /* 2e14 */
    psc_echo_config config = echo_config();
    unsigned char *saved, *bad;
    size_t at, written;
    world w, other;
    int i, refused = 0;

    config.tracked = 8;
    world_begin(&w, &config);
    make_echo(&w, 7);
    read_many(&w, 8, 1, 5);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.echo, saved, w.bytes + 8, &written), PSC_OK);
    other = w;
    other.echo = (psc_echo *)block_new(w.bytes, 0);
    other.nodes.backlog_ns = other.backlog;
    other.nodes.service_ns = other.service;
    other.nodes.places = other.places;
    CHECK_STATUS(psc_load(PSC_TYPE_ECHO, saved, written, other.echo, other.bytes), PSC_OK);
    CHECK(memcmp(other.echo, w.echo, w.bytes) == 0);
    for (at = 16; at < w.bytes; at += 8) {
        for (i = 0; i < 7; i++) {
            uint64_t epoch;
            bad = (unsigned char *)block_copy(saved, written);
            word_put(bad + at, value[i]);
            repair(bad, written);
            if (psc_load(PSC_TYPE_ANY, bad, written, other.echo, other.bytes) == PSC_OK) {
                other.now = w.now;
                read_many(&other, 7, 0, 3);
                (void)psc_echo_write(other.echo, 8, 1, other.now, &epoch);
                tick(&other);
                tick(&other);
                CHECK_STATUS(psc_save(other.echo, bad, written, &written), PSC_OK);
                CHECK_STATUS(psc_load(PSC_TYPE_ANY, bad, written, other.echo, other.bytes), PSC_OK);
            } else {
                refused++;
            }
            free(bad);
        }
    }
    CHECK(refused > 500);
    free(saved);
    free(other.echo);
    free(w.echo);
}

static psc_status load_altered(world *w, const unsigned char *saved, size_t at, uint64_t value)
{
    unsigned char *bad = (unsigned char *)block_copy(saved, w->bytes + 8);
    psc_status status;

    word_put(bad + at, value);
    repair(bad, w->bytes + 8);
    status = psc_load(PSC_TYPE_ECHO, bad, w->bytes + 8, w->echo, w->bytes);
    free(bad);
    return status;
}

/* Copies in what is loaded: on different nodes, with an epoch unless they have ended. Counts stop at a limit. */
static void test_saved_copies(void)
{
    enum { READS = 8 * 3, NODE = 8 * 12, COPY = 8 * 5 };        /* bytes from a block's epoch, its first word */
    psc_echo_config config = echo_config();
    unsigned char *saved;
    size_t at, written;
    uint64_t epoch;
    int t;
    world w;

    config.tracked = 8;
    config.epoch = UINT64_C(0x1234567890);
    world_begin(&w, &config);
    make_echo(&w, 7);
    for (t = 0; t < 20; t++) {
        read_many(&w, 7, 0, 10);
        tick(&w);
    }
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.echo, saved, w.bytes + 8, &written), PSC_OK);
    for (at = w.bytes - 8; word_get(saved + at) != config.epoch + 1; at -= 8) { }
    CHECK_STATUS(load_altered(&w, saved, at, 0), PSC_ERR_CORRUPT);
    CHECK_STATUS(load_altered(&w, saved, at + NODE, word_get(saved + at + NODE + COPY)), PSC_ERR_CORRUPT);
    CHECK_STATUS(load_altered(&w, saved, at + READS, UINT64_C(1000000000000)), PSC_OK);
    read_many(&w, 7, 0, 3);
    CHECK_STATUS(psc_echo_write(w.echo, 7, 0, w.now, &epoch), PSC_OK);
    CHECK_STATUS(psc_save(w.echo, saved, w.bytes + 8, &written), PSC_OK);
    CHECK(word_get(saved + at) == 0 && word_get(saved + at + READS) == UINT64_C(1000000000000));
    CHECK_STATUS(psc_load(PSC_TYPE_ECHO, saved, written, w.echo, w.bytes), PSC_OK);
    free(saved);
    free(w.echo);
}

/* Each block is in its set, and there once, in what is loaded. */
static void test_saved_blocks(void)
{
    enum { FIRST = 0x5500, OTHERS = 0x5600, BLOCKS = 16 };
    psc_echo_config config = echo_config();
    unsigned char *saved, *bad;
    size_t at, first, written;
    int i, placed = 0;
    world w;

    config.tracked = 16;
    world_begin(&w, &config);
    make_echo(&w, FIRST);
    for (i = 0; i < BLOCKS; i++) (void)read_one(&w, OTHERS + (uint64_t)i, 1);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.echo, saved, w.bytes + 8, &written), PSC_OK);
    for (first = 16; word_get(saved + first) != FIRST; first += 8) { }
    for (i = 0; i < BLOCKS; i++) {
        bad = (unsigned char *)block_copy(saved, written);
        for (at = 16; at < w.bytes && word_get(bad + at) != OTHERS + (uint64_t)i; at += 8) { }
        if (at < w.bytes) {
            word_put(bad + at, FIRST);          /* twice in its set, or in the other one */
            repair(bad, written);
            CHECK_STATUS(psc_load(PSC_TYPE_ECHO, bad, written, w.echo, w.bytes), PSC_ERR_CORRUPT);
            word_put(bad + first, OTHERS + (uint64_t)i);
            repair(bad, written);               /* changed places: right within a set */
            placed += psc_load(PSC_TYPE_ECHO, bad, written, w.echo, w.bytes) == PSC_OK;
        }
        free(bad);
    }
    CHECK(placed > 0 && placed < BLOCKS);
    free(saved);
    free(w.echo);
}

/* The longest services and the most reads: what is reached can be saved and loaded. */
static void test_extremes(void)
{
    const psc_echo_config config = echo_config();
    static const int64_t when[3] = {0, INT64_MAX - 10 * MS, INT64_MIN};
    unsigned char *saved;
    size_t written;
    world w;
    int i, t;

    world_begin(&w, &config);
    for (i = 0; i < NODES; i++) w.service[i] = INT64_C(86400000000000);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    for (t = 0; t < 3; t++) {
        w.now = when[t];
        tick(&w);
        confirm_all(&w);
        read_many(&w, 7, 0, 12000);             /* 1e18 ns and more */
        read_many(&w, UINT64_MAX, 1, 1);
        CHECK_STATUS(psc_save(w.echo, saved, w.bytes + 8, &written), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_ECHO, saved, written, w.echo, w.bytes), PSC_OK);
    }
    free(saved);
    free(w.echo);
}

/* Memory that was overwritten while in use: the sizes are held to their bounds by every call. */
static void test_overwritten(void)
{
    const psc_echo_config config = echo_config();
    psc_echo_route route;
    uint64_t *words, old;
    int i, k, refused = 0;
    world w;

    world_begin(&w, &config);
    words = (uint64_t *)(void *)w.echo;
    for (i = 1; i < 16; i++) {
        for (k = 0; k < 3; k++) {
            psc_status status;
            old = words[i];
            words[i] = k == 0 ? UINT64_MAX : k == 1 ? UINT64_C(1) << 62 : old ^ 1;
            status = psc_echo_read(w.echo, 1, 0, 0, NULL);
            CHECK(status == PSC_ERR_STATE || status == PSC_ERR_NULL);
            refused += status == PSC_ERR_STATE;
            words[i] = old;
        }
    }
    /* words, nodes and tracked always; echoes, copies, node_copies and interval may be one more or less */
    CHECK_INT(refused, 3 * 3 + 4 * 2);
    CHECK_STATUS(psc_echo_read(w.echo, 1, 0, 0, &route), PSC_OK);
    free(w.echo);
}

int main(void)
{
    RUN(test_rates);
    RUN(test_heavy_hitters);
    RUN(test_hottest);
    RUN(test_full_set);
    RUN(test_faded);
    RUN(test_route);
    RUN(test_route_down);
    RUN(test_distance);
    RUN(test_write_ends_echoes);
    RUN(test_holder_without_echo);
    RUN(test_primary_moves);
    RUN(test_restart);
    RUN(test_messages);
    RUN(test_no_benefit);
    RUN(test_domains);
    RUN(test_domain_last);
    RUN(test_domain_of_echo);
    RUN(test_places);
    RUN(test_moved);
    RUN(test_worst_moved);
    RUN(test_cold);
    RUN(test_unconfirmed);
    RUN(test_little_room);
    RUN(test_cluster);
    RUN(test_config);
    RUN(test_arguments);
    RUN(test_view);
    RUN(test_saved);
    RUN(test_saved_copies);
    RUN(test_saved_blocks);
    RUN(test_extremes);
    RUN(test_overwritten);
    return test_end();
}
