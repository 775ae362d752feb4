/* Splits and merges: what is cut where and when, what is joined, what goes on after the shards have changed. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

enum { MOST = 64, ORDERS = 64 };

typedef struct world {
    psc_split *split;
    size_t bytes, n, orders;
    uint64_t start[MOST];
    double size[MOST], load[MOST];
    psc_split_order order[ORDERS];
    psc_split_view view;
    uint64_t seed;
} world;

static psc_split_config split_config(void)
{
    psc_split_config c;

    psc_split_default(&c);
    c.shards = MOST;
    c.samples = 2048;
    return c;
}

static void world_begin(world *w, const psc_split_config *config, const uint64_t *start, size_t n)
{
    memset(w, 0, sizeof *w);
    w->bytes = psc_split_size(config);
    w->split = (psc_split *)block_new(w->bytes, 0xAA);
    w->n = n;
    w->seed = 1;
    memcpy(w->start, start, n * 8);
    psc_split_view_default(&w->view);
    CHECK_STATUS(psc_split_init(w->split, w->bytes, config), PSC_OK);
    CHECK_STATUS(psc_split_shards(w->split, start, n), PSC_OK);
}

/* n accesses of weight 1, even over [from, from + width). */
static void feed(world *w, uint64_t from, uint64_t width, int n)
{
    int i;

    for (i = 0; i < n; i++)
        CHECK_STATUS(psc_split_observe(w->split, from + (uint64_t)(test_uniform(&w->seed) * (double)width), 1.0), PSC_OK);
}

static void tick(world *w)
{
    CHECK_STATUS(psc_split_tick(w->split, &w->view, w->order, ORDERS, &w->orders, w->load), PSC_OK);
}

/* Does at once what was ordered. */
static void follow(world *w)
{
    size_t i, k;

    for (i = 0; i < w->orders; i++) {
        for (k = 0; k < w->n && w->start[k] < w->order[i].key; k++) { }
        if (w->order[i].kind == PSC_SPLIT_CUT) {
            CHECK(k > 0 && (k == w->n || w->start[k] != w->order[i].key));
            memmove(&w->start[k + 1], &w->start[k], (w->n++ - k) * 8);
            w->start[k] = w->order[i].key;
        } else if (w->order[i].kind == PSC_SPLIT_MERGE) {
            CHECK(k > 0 && k < w->n && w->start[k] == w->order[i].key);
            memmove(&w->start[k], &w->start[k + 1], (--w->n - k) * 8);
        }
    }
    CHECK_STATUS(psc_split_shards(w->split, w->start, w->n), PSC_OK);
}

static int kinds(const world *w, int32_t kind)
{
    size_t i;
    int n = 0;

    for (i = 0; i < w->orders; i++) n += w->order[i].kind == kind;
    return n;
}

static const uint64_t one_shard[1] = {0};

/* ==== Cuts ====================================================================================== */

/* Load 180 a tick on keys 1000..1999: cut once, near the middle of the load, when the debt (16 a tick) has passed 30.
 * */
static void test_halved(void)
{
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, one_shard, 1);
    for (t = 0; t < 2; t++) {
        feed(&w, 1000, 1000, 180);
        tick(&w);
        CHECK_INT(w.load[0], 180);
        CHECK_INT(w.orders, t == 1);
    }
    CHECK_INT(w.order[0].kind, PSC_SPLIT_CUT);
    CHECK_INT(w.order[0].shard, 0);
    CHECK_NEAR((double)w.order[0].key, 1500.0, 80.0);   /* median of 360 even keys: sd 1000 / (2 sqrt(360)) = 26; three of it */
    free(w.split);
}

/* 460 a tick: ceil(460 / 115) = 4 pieces at once, each of about a quarter of the load. */
static void test_many_pieces(void)
{
    const psc_split_config config = split_config();
    world w;
    int k;

    world_begin(&w, &config, one_shard, 1);
    for (k = 0; k < 2; k++) {
        feed(&w, 0, 1000000, 455);
        tick(&w);
    }
    CHECK_INT(kinds(&w, PSC_SPLIT_CUT), 3);
    for (k = 0; k < 3; k++) CHECK_NEAR((double)w.order[k].key, 250000.0 * (k + 1), 60000.0);
    follow(&w);
    feed(&w, 0, 1000000, 455);
    tick(&w);
    for (k = 0; k < 4; k++) CHECK_NEAR(w.load[k], 114.0, 45.0);
    CHECK_INT(w.orders, 0);             /* the debt of the old shard is not theirs */
    free(w.split);
}

/* A load of 120 costs 4 a tick: its debt ends at 4 / (1 - 0.96) = 100, and passes 30 in the 9th tick. One tick of 500
 * and then nothing costs nothing more. */
static void test_patience(void)
{
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, one_shard, 1);
    for (t = 1; t <= 9; t++) {
        feed(&w, 0, 1000, 120);
        tick(&w);
        CHECK_INT(w.orders, t == 9);
    }
    free(w.split);
    world_begin(&w, &config, one_shard, 1);
    feed(&w, 0, 1000, 300);             /* a debt of 40, but two cuts cost 60 */
    tick(&w);
    CHECK_INT(w.orders, 0);
    for (t = 0; t < 50; t++) {
        feed(&w, 0, 1000, 50);
        tick(&w);
        CHECK_INT(w.orders, 0);
    }
    free(w.split);
}

/* A key of 300 a tick between neighbours of 60 each is set apart by two cuts, reported, and then left alone. */
static void test_hot_key(void)
{
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, one_shard, 1);
    for (t = 0; t < 4; t++) {
        feed(&w, 0, 500, 60);
        feed(&w, 777, 1, 300);
        feed(&w, 1000, 500, 60);
        tick(&w);
        if (kinds(&w, PSC_SPLIT_CUT) > 0) break;
        CHECK_INT(kinds(&w, PSC_SPLIT_ECHO), 1);
    }
    CHECK_INT(kinds(&w, PSC_SPLIT_CUT), 2);
    CHECK(w.order[0].key == 777 && w.order[1].key == 778);
    follow(&w);
    for (t = 0; t < 30; t++) {
        feed(&w, 0, 500, 60);
        feed(&w, 777, 1, 300);
        feed(&w, 1000, 500, 60);
        tick(&w);
        CHECK_INT(w.orders, 1);
        CHECK(w.order[0].kind == PSC_SPLIT_ECHO && w.order[0].key == 777 && w.order[0].shard == 1);
    }
    free(w.split);
}

/* The least and the largest key as hot keys: there is one side only. */
static void test_hot_ends(void)
{
    static const uint64_t key[2] = {0, UINT64_MAX};
    const psc_split_config config = split_config();
    int i, t;
    world w;

    for (i = 0; i < 2; i++) {
        world_begin(&w, &config, one_shard, 1);
        for (t = 0; t < 9; t++) {
            feed(&w, 5000, 500, 80);
            feed(&w, key[i], 1, 300);
            tick(&w);
            if (kinds(&w, PSC_SPLIT_CUT) > 0) break;
        }
        CHECK_INT(kinds(&w, PSC_SPLIT_CUT), 1);
        CHECK(w.order[0].key == (i == 0 ? 1 : UINT64_MAX));
        free(w.split);
    }
}

static void test_busy_and_full(void)
{
    static const uint8_t busy[1] = {1};
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, one_shard, 1);
    w.view.busy = busy;
    for (t = 0; t < 6; t++) {
        feed(&w, 0, 100000, 455);
        tick(&w);
        CHECK_INT(w.orders, 0);
    }
    w.view.busy = NULL;
    feed(&w, 0, 100000, 455);
    tick(&w);                           /* busy ticks have cost nothing: a debt of 71, three cuts cost 90 */
    CHECK_INT(w.orders, 0);
    feed(&w, 0, 100000, 455);
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, 2, &w.orders, NULL), PSC_OK);    /* three cuts or none */
    CHECK_INT(w.orders, 0);
    feed(&w, 0, 100000, 455);
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, 3, &w.orders, NULL), PSC_OK);
    CHECK_INT(w.orders, 3);
    free(w.split);
}

/* A busy shard holds no other one up. */
static void test_busy_neighbour(void)
{
    static const uint64_t start[2] = {0, 1000};
    static const uint8_t busy[2] = {1, 0};
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, start, 2);
    w.view.busy = busy;
    for (t = 0; t < 2; t++) {
        feed(&w, 0, 1000, 190);
        feed(&w, 1000, 1000, 190);
        tick(&w);
    }
    CHECK(w.orders == 1 && w.order[0].kind == PSC_SPLIT_CUT && w.order[0].shard == 1);
    free(w.split);
}

/* A hot key is reported if there is room for an order. */
static void test_no_room_for_hot_key(void)
{
    const psc_split_config config = split_config();
    size_t capacity;
    world w;

    for (capacity = 0; capacity < 3; capacity++) {
        world_begin(&w, &config, one_shard, 1);
        feed(&w, 0, 500, 60);
        feed(&w, 777, 1, 300);
        CHECK_STATUS(psc_split_tick(w.split, &w.view, capacity > 0 ? w.order : NULL, capacity, &w.orders, NULL), PSC_OK);
        CHECK_INT(w.orders, capacity > 0);
        if (capacity > 0) CHECK(w.order[0].kind == PSC_SPLIT_ECHO && w.order[0].key == 777);
        free(w.split);
    }
}

/* No more cuts than there can be shards, all of a shard or none; the first ones by key. */
static void test_most_shards(void)
{
    static const uint64_t start[2] = {0, 1000};
    psc_split_config config = split_config();
    world w;
    int t;

    for (config.shards = 3; config.shards <= 4; config.shards++) {
        world_begin(&w, &config, one_shard, 1);
        for (t = 0; t < 4; t++) {
            feed(&w, 0, 1000, 430);
            tick(&w);
        }
        CHECK_INT(w.orders, config.shards == 4 ? 3 : 0);
        follow(&w);
        free(w.split);
    }
    config.shards = 3;
    world_begin(&w, &config, start, 2);
    for (t = 0; t < 3; t++) {
        feed(&w, 0, 1000, 190);
        feed(&w, 1000, 1000, 190);
        tick(&w);
    }
    CHECK(w.orders == 1 && w.order[0].kind == PSC_SPLIT_CUT && w.order[0].shard == 0);
    follow(&w);
    free(w.split);
}

/* Two hot keys side by side, with little else: each is set apart, and no shard begins twice at one key. */
static void test_hot_neighbours(void)
{
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, one_shard, 1);
    for (t = 0; t < 9 && kinds(&w, PSC_SPLIT_CUT) == 0; t++) {
        feed(&w, 777, 1, 300);
        feed(&w, 778, 1, 200);
        feed(&w, 779, 1000, 60);
        tick(&w);
    }
    CHECK_INT(kinds(&w, PSC_SPLIT_CUT), 2);
    CHECK(w.order[0].key == 778 && w.order[1].key > 778 && w.order[1].key < 1000);
    follow(&w);
    free(w.split);
}

/* A forecast that says that it will pass holds the cut; one that says that it stays does not. */
static void test_forecast_of_cuts(void)
{
    static const double passes[4] = {130.0, 60.0, 50.0, 50.0}, stays[4] = {130.0, 150.0, 150.0, 150.0};
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, one_shard, 1);
    w.view.leads = 4;
    for (t = 0; t < 12; t++) {
        w.view.forecast = t < 11 ? passes : stays;
        feed(&w, 0, 100000, 190);
        tick(&w);
        CHECK_INT(w.orders, t == 11);
    }
    free(w.split);
}

/* ==== Sizes ===================================================================================== */

static void test_size_cut(void)
{
    static const uint64_t start[2] = {0, UINT64_C(1) << 63};
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, start, 2);
    w.view.size = w.size;
    w.size[0] = 240.0;
    w.size[1] = 50.0;
    for (t = 0; t < 40 && w.orders == 0; t++) tick(&w);
    CHECK_INT(t, 9);                    /* 7 a tick, above 60 */
    CHECK(w.order[0].kind == PSC_SPLIT_CUT && w.order[0].key == UINT64_C(1) << 62);     /* the middle */
    free(w.split);
    world_begin(&w, &config, start, 2);
    w.view.size = w.size;
    w.size[0] = 125.0;
    w.size[1] = 50.0;
    for (t = 0; t < 99 && w.orders == 0; t++) tick(&w);
    CHECK(w.order[0].kind == PSC_SPLIT_CUT);
    CHECK_NEAR((double)w.order[0].key / 9223372036854775808.0, 0.97 / 1.25, 1e-9);       /* 28 go to the neighbour */
    free(w.split);
}

/* What is above a snug shard goes to the right neighbour, else to the left one, else it is halved: a neighbour that is
 * too full or too busy takes nothing. */
static void test_size_neighbours(void)
{
    static const uint64_t start[2] = {0, UINT64_C(1) << 63};
    static const double size[4][2] = {{125.0, 90.0}, {50.0, 125.0}, {90.0, 125.0}, {125.0, 50.0}};
    static const double share[4] = {0.5, 1.0 - 0.97 / 1.25, 0.5, 0.5};
    const psc_split_config config = split_config();
    world w;
    int t, what;

    for (what = 0; what < 4; what++) {
        const int large = size[what][1] > 100.0;
        world_begin(&w, &config, start, 2);
        w.view.size = size[what];
        for (t = 0; t < 99 && w.orders == 0; t++) {
            if (what == 3) feed(&w, start[1], start[1], 80);
            tick(&w);
        }
        CHECK_INT(t, 49);               /* 1.25 a tick, above 60 */
        CHECK(w.orders == 1 && w.order[0].kind == PSC_SPLIT_CUT && w.order[0].shard == large);
        CHECK_NEAR((double)(w.order[0].key - start[large]) / 9223372036854775808.0, share[what], 1e-9);
        free(w.split);
    }
}

/* A shard of one key cannot be cut, whatever its size; one of two keys is cut between them. */
static void test_size_of_one_key(void)
{
    const psc_split_config config = split_config();
    uint64_t start[3] = {0, 5, 6};
    world w;
    int t;

    for (; start[2] <= 7; start[2]++) {
        world_begin(&w, &config, start, 3);
        w.view.size = w.size;
        w.size[0] = w.size[2] = 50.0;
        w.size[1] = 240.0;
        for (t = 0; t < 20 && w.orders == 0; t++) tick(&w);
        CHECK_INT(w.orders, start[2] - 6);
        if (w.orders > 0) CHECK(w.order[0].kind == PSC_SPLIT_CUT && w.order[0].shard == 1 && w.order[0].key == 6);
        free(w.split);
    }
}

/* ==== Merges ==================================================================================== */

/* Two shards of 20 each are joined when 24 ticks are known; neighbours of 50 and 40 are not, as they would be above
 * 75. */
static void test_merge(void)
{
    static const uint64_t start[4] = {0, 1000, 2000, 3000};
    const psc_split_config config = split_config();
    world w;
    int t;

    world_begin(&w, &config, start, 4);
    for (t = 1; t <= 24; t++) {
        feed(&w, 0, 1000, 20);
        feed(&w, 1000, 1000, 20);
        feed(&w, 2000, 1000, 60);
        feed(&w, 3000, 1000, 40);
        tick(&w);
        CHECK_INT(w.orders, t == 24);
    }
    CHECK(w.order[0].kind == PSC_SPLIT_MERGE && w.order[0].key == 1000 && w.order[0].shard == 1);
    free(w.split);
}

/* A past with a peak in it, a forecast with one, a size that is too large: no merge. */
static void test_merge_vetoes(void)
{
    static const uint64_t start[2] = {0, 1000};
    static const double peak[4] = {20.0, 160.0, 20.0, 30.0}, calm[4] = {20.0, 20.0, 20.0, 30.0};
    const psc_split_config config = split_config();
    world w;
    int t, what;

    for (what = 0; what < 5; what++) {
        world_begin(&w, &config, start, 2);
        if (what == 1 || what == 2) {
            w.view.forecast = what == 1 ? peak : calm;
            w.view.leads = 2;
        }
        if (what >= 3) w.view.size = w.size;
        w.size[0] = 60.0;
        w.size[1] = what == 3 ? 50.0 : 30.0;
        for (t = 1; t <= 24; t++) {
            feed(&w, 0, 1000, what == 0 && t == 12 ? 95 : 20);
            feed(&w, 1000, 1000, what == 0 && t == 12 ? 95 : 20);
            tick(&w);
        }
        CHECK_INT(w.orders, what == 2 || what == 4);
        free(w.split);
    }
}

/* A joint size above the mark will do where a third shard can take the rest. */
static void test_three_to_two(void)
{
    static const uint64_t start[3] = {0, 1000, 2000};
    const psc_split_config config = split_config();
    world w;
    int t, what;

    for (what = 0; what < 2; what++) {
        world_begin(&w, &config, start, 3);
        w.view.size = w.size;
        w.size[0] = w.size[1] = 60.0;
        w.size[2] = what == 0 ? 60.0 : 80.0;
        for (t = 1; t <= 24; t++) tick(&w);
        CHECK_INT(w.orders, what == 0);
        free(w.split);
    }
}

/* It is the smaller one of the neighbours of a pair that takes the rest, on whichever side. */
static void test_smaller_neighbour(void)
{
    static const uint64_t start[4] = {0, 1000, 2000, 3000};
    const psc_split_config config = split_config();
    world w;
    int t, what;

    for (what = 0; what < 3; what++) {
        world_begin(&w, &config, start, 4);
        w.view.size = w.size;
        w.size[0] = what == 1 ? 70.0 : 80.0;
        w.size[1] = w.size[2] = 60.0;
        w.size[3] = what == 0 ? 70.0 : 80.0;
        for (t = 1; t <= 24; t++) tick(&w);
        CHECK_INT(w.orders, what < 2);
        if (what < 2) CHECK(w.order[0].kind == PSC_SPLIT_MERGE && w.order[0].shard == 2);
        free(w.split);
    }
}

/* The pair with the least load goes first, and no shard is in two pairs. */
static void test_least_pair_first(void)
{
    static const uint64_t start[4] = {0, 1000, 2000, 3000};
    static const int load[4] = {30, 25, 10, 10};
    const psc_split_config config = split_config();
    world w;
    int t, k;

    world_begin(&w, &config, start, 4);
    for (t = 1; t <= 24; t++) {
        for (k = 0; k < 4; k++) feed(&w, start[k], 1000, load[k]);
        tick(&w);
    }
    CHECK_INT(w.orders, 2);
    CHECK(kinds(&w, PSC_SPLIT_MERGE) == 2 && w.order[0].shard == 3 && w.order[1].shard == 1);
    free(w.split);
}

/* A pair waits while one of the two is busy. */
static void test_merge_busy(void)
{
    static const uint64_t start[2] = {0, 1000};
    static const uint8_t busy[3][2] = {{0, 0}, {1, 0}, {0, 1}};
    const psc_split_config config = split_config();
    world w;
    int t, what;

    for (what = 0; what < 3; what++) {
        world_begin(&w, &config, start, 2);
        w.view.busy = busy[what];
        for (t = 1; t <= 24; t++) {
            feed(&w, 0, 1000, 20);
            feed(&w, 1000, 1000, 20);
            tick(&w);
        }
        CHECK_INT(w.orders, what == 0);
        w.view.busy = busy[0];
        tick(&w);
        CHECK_INT(w.orders, 1);
        free(w.split);
    }
}

/* What was cut stays cut for `settle` ticks. */
static void test_settled(void)
{
    psc_split_config config = split_config();
    world w;
    int t;

    config.settle = 30;
    world_begin(&w, &config, one_shard, 1);
    for (t = 0; t < 9 && kinds(&w, PSC_SPLIT_CUT) == 0; t++) {
        feed(&w, 0, 1000, 190);
        tick(&w);
    }
    follow(&w);
    CHECK_INT(w.n, 2);
    for (t = 1; t <= 60 && w.orders + (t == 1) > 0; t++) {
        feed(&w, 0, 1000, 20);
        tick(&w);
        w.orders = w.orders == 0;       /* goes on while there is no order */
    }
    CHECK_INT(t - 1, 30);
    free(w.split);
}

/* ==== Shards that change ======================================================================== */

/* A shard cut in two by the host: each half takes over its share of the load of this tick, and both, joined again, all
 * of it. */
static void test_carried(void)
{
    static const uint64_t halves[2] = {0, 500}, quarters[3] = {0, 250, 2000};
    const psc_split_config config = split_config();
    world w;

    world_begin(&w, &config, one_shard, 1);
    feed(&w, 0, 1000, 90);
    tick(&w);
    feed(&w, 0, 1000, 90);
    CHECK_STATUS(psc_split_shards(w.split, halves, 2), PSC_OK);
    CHECK_STATUS(psc_split_shards(w.split, quarters, 3), PSC_OK);
    tick(&w);
    CHECK_NEAR(w.load[0] + w.load[1] + w.load[2], 90.0, 1e-9);
    CHECK_NEAR(w.load[0], 22.5, 15.0);
    CHECK(w.load[2] == 0.0);
    CHECK_STATUS(psc_split_shards(w.split, one_shard, 1), PSC_OK);
    tick(&w);
    CHECK(w.load[0] == 0.0);
    free(w.split);
}

/* Before the first sample shards are divided by their keys. */
static void test_carried_by_keys(void)
{
    static const uint64_t start[2] = {0, UINT64_C(1) << 62};
    const psc_split_config config = split_config();
    world w;

    world_begin(&w, &config, one_shard, 1);
    feed(&w, 5, 1, 100);
    CHECK_STATUS(psc_split_shards(w.split, start, 2), PSC_OK);
    tick(&w);
    CHECK(w.load[0] == 25.0 && w.load[1] == 75.0);
    free(w.split);
}

/* The first shard begins where the keys do, whatever its first key is said to be. */
static void test_first_key(void)
{
    static const uint64_t start[2][2] = {{0, 1000}, {5, 1000}};
    const psc_split_config config = split_config();
    world w[2];
    int t, k;

    for (k = 0; k < 2; k++) {
        world_begin(&w[k], &config, start[k], 2);
        for (t = 0; t < 3; t++) {
            feed(&w[k], 0, 2000, 230);
            tick(&w[k]);
        }
        CHECK_STATUS(psc_split_shards(w[k].split, start[0], 2), PSC_OK);
    }
    CHECK(memcmp(w[0].split, w[1].split, w[0].bytes) == 0);
    for (k = 0; k < 2; k++) free(w[k].split);
}

/* Loads that are too small to be seen in the sum of all are seen in their shard: joined with the others they are more
 * than a tick can hold, and the rest is left out. */
static void test_joined_extremes(void)
{
    static const uint64_t halves[2] = {0, 1000};
    const psc_split_config config = split_config();
    unsigned char *saved;
    size_t written;
    world w;
    int i;

    world_begin(&w, &config, halves, 2);
    for (i = 0; i < 900; i++) CHECK_STATUS(psc_split_observe(w.split, 5, PSC_MAX_VALUE), PSC_OK);
    for (i = 0; i < 1000; i++) CHECK_STATUS(psc_split_observe(w.split, 2000, 60.0), PSC_OK);
    CHECK_STATUS(psc_split_shards(w.split, one_shard, 1), PSC_OK);
    for (i = 0; i < 100; i++) CHECK_STATUS(psc_split_observe(w.split, 5, PSC_MAX_VALUE), PSC_OK);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.split, saved, w.bytes + 8, &written), PSC_OK);
    CHECK_STATUS(psc_load(PSC_TYPE_SPLIT, saved, written, w.split, w.bytes), PSC_OK);
    free(saved);
    free(w.split);
}

/* Loads beyond all measure and next to none: what is reached can be saved and loaded. */
static void test_extremes(void)
{
    static const double weight[3] = {1e15, 5e-324, 1e-15};
    psc_split_config config = split_config();
    unsigned char *saved;
    size_t written;
    world w;
    int i, t, k;

    for (i = 0; i < 3; i++) {
        config.mark = i == 0 ? 1e-9 : 1e12;
        world_begin(&w, &config, one_shard, 1);
        for (t = 0; t < 6; t++) {
            for (k = 0; k < 1100; k++)
                CHECK_STATUS(psc_split_observe(w.split, UINT64_MAX - (uint64_t)(k % 2), weight[i]), PSC_OK);
            tick(&w);
            if (i == 0) CHECK(w.load[0] == 1e18);       /* the rest is left out */
        }
        saved = (unsigned char *)block_new(w.bytes + 8, 0);
        CHECK_STATUS(psc_save(w.split, saved, w.bytes + 8, &written), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_SPLIT, saved, written, w.split, w.bytes), PSC_OK);
        free(saved);
        free(w.split);
    }
}

/* The same shards given again change nothing. */
static void test_same_shards(void)
{
    static const uint64_t start[3] = {100, 1000, 2000};
    const psc_split_config config = split_config();
    world w;
    void *before;
    size_t i;
    int t;

    world_begin(&w, &config, start, 3);
    for (t = 0; t < 30; t++) {
        feed(&w, 0, 3000, 200);
        tick(&w);
        w.orders = 0;
    }
    before = block_copy(w.split, w.bytes);
    CHECK_STATUS(psc_split_shards(w.split, start, 3), PSC_OK);
    for (i = 0; i < 3; i++) CHECK_STATUS(psc_split_observe(w.split, 50, 0.0), PSC_OK);
    tick(&w);
    {
        world other = w;
        other.split = (psc_split *)before;
        tick(&other);
        CHECK_INT(other.orders, w.orders);
        CHECK(memcmp(other.order, w.order, w.orders * sizeof *w.order) == 0);
    }
    free(before);
    free(w.split);
}

/* ==== The sample ================================================================================ */

/* One key with half of the load of a tick, whatever the unit of load is: found hot, and the load halved beside it. */
static void test_units(void)
{
    static const double unit[4] = {1e-9, 1.0, 12345.0, 1e9};
    world w;
    int k, t, i;

    for (k = 0; k < 4; k++) {
        psc_split_config config = split_config();
        config.mark = 100.0 * unit[k];
        world_begin(&w, &config, one_shard, 1);
        for (t = 0; t < 4 && kinds(&w, PSC_SPLIT_CUT) == 0; t++) {
            for (i = 0; i < 200; i++)
                CHECK_STATUS(psc_split_observe(w.split, i % 2 ? 5000 : (uint64_t)(4000 + 10 * i), 2.0 * unit[k]), PSC_OK);
            tick(&w);
        }
        CHECK(w.orders >= 2);
        for (i = 0, t = 0; i < (int)w.orders; i++) t += w.order[i].key == 5000 || w.order[i].key == 5001;
        CHECK_INT(t, 2);
        free(w.split);
    }
}

/* ==== Arguments ================================================================================= */

static void test_key_of_bytes(void)
{
    CHECK(psc_split_key("", 0) == 0 && psc_split_key(NULL, 5) == 0);
    CHECK(psc_split_key("abcdefgh", 8) == UINT64_C(0x6162636465666768));
    CHECK(psc_split_key("abcdefghi", 9) == psc_split_key("abcdefgh", 8));
    CHECK(psc_split_key("ab", 2) == UINT64_C(0x6162000000000000));
    CHECK(psc_split_key("ab", 2) < psc_split_key("ac", 2) && psc_split_key("\xff", 1) > psc_split_key("a", 1));
}

static void test_config(void)
{
    psc_split_config c = split_config();
    const size_t bytes = psc_split_size(&c);
    psc_split *s = (psc_split *)block_new(bytes, 0);
    int i, k;

    CHECK_STATUS(psc_split_init(s, bytes - 1, &c), PSC_ERR_SPACE);
    CHECK_STATUS(psc_split_init(NULL, bytes, &c), PSC_ERR_NULL);
    CHECK_STATUS(psc_split_init(s, bytes, NULL), PSC_ERR_NULL);
    c.struct_size--;
    CHECK_STATUS(psc_split_init(s, bytes, &c), PSC_ERR_VERSION);
    CHECK_INT(psc_split_size(&c), 0);
    CHECK_INT(psc_split_size(NULL), 0);
    c = split_config(); c.shards = 0; CHECK_INT(psc_split_size(&c), 0);
    c = split_config(); c.shards = PSC_MAX_RANGES + 1; CHECK_INT(psc_split_size(&c), 0);
    c = split_config(); c.samples = 252; CHECK_INT(psc_split_size(&c), 0);
    c = split_config(); c.samples = 257; CHECK_INT(psc_split_size(&c), 0);
    c = split_config(); c.samples = (1 << 20) + 4; CHECK_INT(psc_split_size(&c), 0);
    c = split_config(); c.settle = -1; CHECK_INT(psc_split_size(&c), 0);
    c = split_config(); c.settle = 1000001; CHECK_INT(psc_split_size(&c), 0);
    for (k = 0; k < 6; k++) {
        for (i = 0; i < SPECIALS; i++) {
            double *field[6];
            c = split_config();
            field[0] = &c.mark; field[1] = &c.size; field[2] = &c.over;
            field[3] = &c.big; field[4] = &c.order; field[5] = &c.undo;
            *field[k] = special(i);
            CHECK((psc_split_size(&c) != 0) == (k >= 2 && special(i) >= 0.0 && special(i) <= 1e6));
        }
    }
    psc_split_default(NULL);
    psc_split_view_default(NULL);
    free(s);
}

static void test_arguments(void)
{
    static const uint64_t falling[2] = {5, 5};
    const psc_split_config config = split_config();
    double bad[2] = {1.0, 0.0};
    world w;
    void *before;
    int i;

    world_begin(&w, &config, one_shard, 1);
    CHECK_STATUS(psc_split_init(w.split, w.bytes, &config), PSC_OK);
    CHECK_STATUS(psc_split_observe(w.split, 1, 1.0), PSC_ERR_EMPTY);
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), PSC_ERR_EMPTY);
    CHECK_STATUS(psc_split_shards(w.split, falling, 2), PSC_ERR_RANGE);
    CHECK_STATUS(psc_split_shards(w.split, one_shard, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_split_shards(w.split, one_shard, MOST + 1), PSC_ERR_RANGE);
    CHECK_STATUS(psc_split_shards(w.split, NULL, 1), PSC_ERR_NULL);
    CHECK_STATUS(psc_split_shards(w.split, one_shard, 1), PSC_OK);
    before = block_copy(w.split, w.bytes);
    for (i = 0; i < SPECIALS; i++) {
        const double x = special(i);
        const psc_status finite = x - x != 0.0 ? PSC_ERR_NONFINITE : PSC_ERR_RANGE;
        bad[0] = x;
        if (x >= 0.0 && x <= PSC_MAX_VALUE) continue;
        CHECK_STATUS(psc_split_observe(w.split, 1, x), finite);
        w.view.size = bad;
        CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), finite);
        w.view.size = NULL;
        w.view.forecast = bad;
        w.view.leads = 1;
        if (x < 0.0 && x >= -PSC_MAX_VALUE) continue;
        CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), finite);
        w.view.leads = 0;
    }
    psc_split_view_default(&w.view);
    w.view.leads = 1;
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), PSC_ERR_NULL);
    w.view.leads = -1;
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), PSC_ERR_RANGE);
    w.view.leads = PSC_MAX_HORIZON + 1;
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), PSC_ERR_RANGE);
    psc_split_view_default(&w.view);
    w.view.struct_size++;
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, ORDERS, &w.orders, NULL), PSC_ERR_VERSION);
    CHECK_STATUS(psc_split_tick(w.split, NULL, w.order, ORDERS, &w.orders, NULL), PSC_ERR_NULL);
    psc_split_view_default(&w.view);
    CHECK_STATUS(psc_split_tick(w.split, &w.view, NULL, 1, &w.orders, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_split_tick(w.split, &w.view, w.order, 1, NULL, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_split_observe(NULL, 1, 1.0), PSC_ERR_NULL);
    CHECK_STATUS(psc_split_tick(NULL, &w.view, w.order, 1, &w.orders, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_split_shards(NULL, one_shard, 1), PSC_ERR_NULL);
    CHECK(memcmp(before, w.split, w.bytes) == 0);
    free(before);
    free(w.split);
}

/* ==== Save and load ============================================================================= */

/* Saved and loaded at every tick, it gives the orders that it gives without. */
static void test_saved(void)
{
    const psc_split_config config = split_config();
    world a, b;
    unsigned char *saved;
    size_t written;
    int t, cuts = 0, merges = 0;

    world_begin(&a, &config, one_shard, 1);
    b = a;
    b.split = (psc_split *)block_copy(a.split, a.bytes);
    saved = (unsigned char *)block_new(a.bytes + 8, 0);
    for (t = 0; t < 200; t++) {
        const uint64_t at = (uint64_t)t * 40;
        const int n = t < 100 ? 400 : 60;
        feed(&a, at, 3000, n);
        feed(&b, at, 3000, n / 2);
        CHECK_STATUS(psc_save(b.split, saved, b.bytes + 8, &written), PSC_OK);
        memset(b.split, 0x55, b.bytes);
        CHECK_STATUS(psc_load(PSC_TYPE_SPLIT, saved, written, b.split, b.bytes), PSC_OK);
        feed(&b, at, 3000, n - n / 2);
        tick(&a);
        tick(&b);
        CHECK(memcmp(a.split, b.split, a.bytes) == 0 && a.orders == b.orders);
        CHECK(memcmp(a.order, b.order, a.orders * sizeof *a.order) == 0);
        cuts += kinds(&a, PSC_SPLIT_CUT);
        merges += kinds(&a, PSC_SPLIT_MERGE);
        follow(&a);
        follow(&b);
    }
    CHECK(cuts > 3 && merges > 1);
    free(saved);
    free(a.split);
    free(b.split);
}

/* Every word of a saved state changed: refused, or a state that works and can be saved again. */
static void test_saved_altered(void)
{
    static const uint64_t value[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(0x7ff8000000000000),
                                     UINT64_C(0x43abc16d674ec800)};     /* 1e18 */
    psc_split_config config = split_config();
    unsigned char *saved, *bad;
    world w, other;
    size_t at, written;
    int i, refused = 0;

    config.shards = 4;
    config.samples = 256;
    world_begin(&w, &config, one_shard, 1);
    for (i = 0; i < 6; i++) {
        feed(&w, 0, 1000, 250);
        tick(&w);
    }
    feed(&w, 0, 1000, 30);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.split, saved, w.bytes + 8, &written), PSC_OK);
    other = w;
    other.split = (psc_split *)block_new(w.bytes, 0);
    for (at = 16; at < w.bytes; at += 8) {
        for (i = 0; i < 6; i++) {
            bad = (unsigned char *)block_copy(saved, written);
            word_put(bad + at, value[i]);
            repair(bad, written);
            if (psc_load(PSC_TYPE_ANY, bad, written, other.split, other.bytes) == PSC_OK) {
                (void)psc_split_observe(other.split, 700, 10.0);
                (void)psc_split_shards(other.split, one_shard, 1);
                (void)psc_split_observe(other.split, 1700, 10.0);
                tick(&other);
                CHECK_STATUS(psc_save(other.split, bad, written, &written), PSC_OK);
                CHECK_STATUS(psc_load(PSC_TYPE_ANY, bad, written, other.split, other.bytes), PSC_OK);
            } else {
                refused++;
            }
            free(bad);
        }
    }
    CHECK(refused > 500);
    free(saved);
    free(other.split);
    free(w.split);
}

/* The first keys of the shards rise in what is loaded. */
static void test_saved_order(void)
{
    enum { SECOND = 0x1234500, THIRD = 0x7654300 };
    static const uint64_t start[3] = {0, SECOND, THIRD}, value[4] = {0, THIRD, THIRD - 1, 1};
    const psc_split_config config = split_config();
    unsigned char *saved;
    size_t at = 16, written;
    world w;
    int i;

    world_begin(&w, &config, start, 3);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.split, saved, w.bytes + 8, &written), PSC_OK);
    while (at < w.bytes && word_get(saved + at) != SECOND) at += 8;
    CHECK(at < w.bytes);
    for (i = 0; i < 4; i++) {
        word_put(saved + at, value[i]);
        repair(saved, written);
        CHECK((psc_load(PSC_TYPE_SPLIT, saved, written, w.split, w.bytes) == PSC_OK) == (i >= 2));
    }
    free(saved);
    free(w.split);
}

/* A tick whose part of the sample is full, and each word of the head as 0, the load of the next key among them: no key
 * more is taken than there is room for, so that the state loads again. */
static void test_saved_full(void)
{
    enum { HEAD_WORDS = 27, ROOM = 64 };
    psc_split_config config = split_config();
    unsigned char *saved, *bad;
    size_t at, written;
    world w;
    int i, loaded = 0;

    config.samples = 4 * ROOM;
    world_begin(&w, &config, one_shard, 1);
    for (i = 0; i < ROOM; i++)          /* a key for each part of 100 / 256, with which the first tick starts */
        CHECK_STATUS(psc_split_observe(w.split, (uint64_t)i, 0.390625), PSC_OK);
    saved = (unsigned char *)block_new(w.bytes + 8, 0);
    CHECK_STATUS(psc_save(w.split, saved, w.bytes + 8, &written), PSC_OK);
    for (at = 16; at < 8 * HEAD_WORDS; at += 8) {
        bad = (unsigned char *)block_copy(saved, written);
        word_put(bad + at, 0);
        repair(bad, written);
        if (psc_load(PSC_TYPE_SPLIT, bad, written, w.split, w.bytes) == PSC_OK) {
            const psc_status status = psc_split_observe(w.split, 7, 0.0);
            CHECK(status == PSC_OK || status == PSC_ERR_EMPTY);
            CHECK_STATUS(psc_save(w.split, bad, written, &written), PSC_OK);
            CHECK_STATUS(psc_load(PSC_TYPE_SPLIT, bad, written, w.split, w.bytes), PSC_OK);
            loaded++;
        }
        free(bad);
    }
    CHECK(loaded > 10);
    free(saved);
    free(w.split);
}

/* Memory that was overwritten while in use: sizes and indices are held to their bounds by every call. */
static void test_overwritten(void)
{
    const psc_split_config config = split_config();
    uint64_t *words, old;
    int i, k, refused = 0;
    world w;

    world_begin(&w, &config, one_shard, 1);
    feed(&w, 0, 1000, 50);
    tick(&w);
    words = (uint64_t *)(void *)w.split;
    for (i = 1; i < 27; i++) {
        for (k = 0; k < 3; k++) {
            psc_status status;
            old = words[i];
            words[i] = k == 0 ? UINT64_MAX : k == 1 ? UINT64_C(1) << 62 : old ^ 1;
            status = psc_split_shards(w.split, NULL, 1);
            CHECK(status == PSC_ERR_STATE || status == PSC_ERR_NULL);
            refused += status == PSC_ERR_STATE;
            words[i] = old;
        }
    }
    /* words, shards and samples always; settle, n, taken, sorted and kept[4] for two of the three; tick for -1 */
    CHECK_INT(refused, 3 * 3 + 8 * 2 + 1);
    CHECK_STATUS(psc_split_shards(w.split, one_shard, 1), PSC_OK);
    free(w.split);
}

int main(void)
{
    RUN(test_halved);
    RUN(test_many_pieces);
    RUN(test_patience);
    RUN(test_hot_key);
    RUN(test_hot_ends);
    RUN(test_busy_and_full);
    RUN(test_busy_neighbour);
    RUN(test_no_room_for_hot_key);
    RUN(test_most_shards);
    RUN(test_hot_neighbours);
    RUN(test_forecast_of_cuts);
    RUN(test_size_cut);
    RUN(test_size_neighbours);
    RUN(test_size_of_one_key);
    RUN(test_merge);
    RUN(test_merge_vetoes);
    RUN(test_three_to_two);
    RUN(test_smaller_neighbour);
    RUN(test_least_pair_first);
    RUN(test_merge_busy);
    RUN(test_settled);
    RUN(test_carried);
    RUN(test_carried_by_keys);
    RUN(test_first_key);
    RUN(test_extremes);
    RUN(test_joined_extremes);
    RUN(test_same_shards);
    RUN(test_units);
    RUN(test_key_of_bytes);
    RUN(test_config);
    RUN(test_arguments);
    RUN(test_saved);
    RUN(test_saved_altered);
    RUN(test_saved_order);
    RUN(test_saved_full);
    RUN(test_overwritten);
    return test_end();
}
