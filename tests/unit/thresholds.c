/* Thresholds that learn, and what to shift: by hand, by simulation, against exhaustive search. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"

#include <float.h>
#include <math.h>

#define SECOND INT64_C(1000000000)

static psc_threshold *threshold_new(const psc_threshold_config *config)
{
    const size_t bytes = psc_threshold_size(config);
    psc_threshold *t = (psc_threshold *)block_new(bytes, 0xAA);

    CHECK_STATUS(psc_threshold_init(t, bytes, config), PSC_OK);
    return t;
}

static double value_of(const psc_threshold *t)
{
    psc_shift shift = {0, 0};
    double value = -1.0;

    CHECK_STATUS(psc_threshold_decide(t, 0.0, 0, &shift, &value), PSC_OK);
    return value;
}

static double logit(double p) { return log(p / (1.0 - p)); }

/* ==== Threshold ================================================================================= */

static void test_config(void)
{
    psc_threshold_config config;
    psc_threshold *t;
    int i;

    psc_threshold_default(NULL);
    CHECK_INT(psc_threshold_size(NULL), 0);
    for (i = 0; i < 22; i++) {
        psc_threshold_default(&config);
        if (i == 0) config.cost_act = 0.0;
        if (i == 1) config.cost_fail = NAN;
        if (i == 2) config.effect = 0.0;
        if (i == 3) config.effect = 1.1;
        if (i == 4) config.cost_act = 108.0;                /* = effect cost_fail: acting never pays */
        if (i == 5) config.needless = -0.1;
        if (i == 6) config.needless = 1.1;
        if (i == 7) config.gain = 1.1;
        if (i == 8) config.gain = -0.1;
        if (i == 9) config.pull = 1.1;
        if (i == 10) config.pull = NAN;
        if (i == 11) config.reach = 10.1;
        if (i == 12) config.reach = -1.0;
        if (i == 13) config.hysteresis = 10.1;
        if (i == 14) config.hysteresis = -0.1;
        if (i == 15) config.patience = 10.1;
        if (i == 16) config.patience = NAN;
        if (i == 17) config.environment = 10.1;
        if (i == 18) config.environment = -0.1;
        if (i == 19) config.hold_ns = -1;
        if (i == 20) config.hold_ns = INT64_MAX;
        if (i == 21) config.struct_size = 1;
        CHECK_INT(psc_threshold_size(&config), 0);
    }
    psc_threshold_default(&config);
    t = threshold_new(&config);
    CHECK_NEAR(value_of(t), 1.0 / (1.0 + exp(-(logit(15.0 / 108.0) + 2.3))), 1e-14);
    CHECK_STATUS(psc_threshold_init(t, psc_threshold_size(&config) - 1, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_threshold_learn(t, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_threshold_learn(t, 5), PSC_ERR_RANGE);
    CHECK_STATUS(psc_threshold_fleet(t, NAN), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_threshold_fleet(t, -1.0), PSC_ERR_RANGE);
    free(t);
}

/* On from the threshold, off below hysteresis and after the hold, and not before. */
static void test_decide(void)
{
    psc_threshold_config config;
    psc_threshold *t;
    psc_shift shift = {0, 0}, before = {0, 0};
    double v, off;

    psc_threshold_default(&config);
    config.hold_ns = 10 * SECOND;
    t = threshold_new(&config);
    v = value_of(t);
    off = 1.0 / (1.0 + exp(-(logit(v) - config.hysteresis)));
    CHECK_STATUS(psc_threshold_decide(t, NAN, 0, &shift, NULL), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_threshold_decide(t, 1.1, 0, &shift, NULL), PSC_ERR_RANGE);
    CHECK_STATUS(psc_threshold_decide(t, 0.5, 0, NULL, NULL), PSC_ERR_NULL);
    CHECK(memcmp(&shift, &before, sizeof shift) == 0);
    CHECK_STATUS(psc_threshold_decide(t, v - 1e-9, 5 * SECOND, &shift, NULL), PSC_OK);
    CHECK_INT(shift.on, 0);
    CHECK_STATUS(psc_threshold_decide(t, v, 5 * SECOND, &shift, NULL), PSC_OK);
    CHECK(shift.on == 1 && shift.since == 5 * SECOND);
    CHECK_STATUS(psc_threshold_decide(t, 0.0, 15 * SECOND - 1, &shift, NULL), PSC_OK);
    CHECK_INT(shift.on, 1);                                 /* held */
    CHECK_STATUS(psc_threshold_decide(t, off + 1e-9, 60 * SECOND, &shift, NULL), PSC_OK);
    CHECK(shift.on == 1 && shift.since == 5 * SECOND);      /* between off and on it stays */
    CHECK_STATUS(psc_threshold_decide(t, off - 1e-9, 15 * SECOND, &shift, NULL), PSC_OK);
    CHECK_INT(shift.on, 0);
    CHECK_STATUS(psc_threshold_fleet(t, 20.0), PSC_OK);     /* the whole fleet is elevated */
    CHECK_NEAR(logit(value_of(t)), logit(v) + 0.5 * log(21.0), 1e-13);
    CHECK_STATUS(psc_threshold_decide(t, v, 70 * SECOND, &shift, NULL), PSC_OK);
    CHECK_INT(shift.on, 0);
    free(t);
}

/* A world in which an act at p is needless with probability 1 - p, p uniform: the share of needless acts above a
 * threshold v is (1 - v) / 2, so a target of 0.3 is met at 0.4. From below and from above it comes within 0.1 of that,
 * with the pull off. */
static void test_converges(void)
{
    static const double from[] = {0.12, 0.8};
    int i, k;

    for (k = 0; k < 2; k++) {
        psc_threshold_config config;
        psc_threshold *t;
        uint64_t seed = 5;
        double sum = 0.0;
        psc_threshold_default(&config);
        config.needless = 0.3;
        config.pull = 0.0;
        config.gain = 0.05;
        config.patience = 0.0;
        config.reach = 4.0;
        config.effect = 1.0;
        config.cost_fail = 100.0;
        config.cost_act = 100.0 * from[k];
        t = threshold_new(&config);
        CHECK_NEAR(value_of(t), from[k], 1e-12);
        for (i = 0; i < 4000; i++) {
            const double v = value_of(t), p = v + (1.0 - v) * test_uniform(&seed);
            CHECK_STATUS(psc_threshold_learn(t, test_uniform(&seed) < p ? PSC_ACT_PREEMPTIVE : PSC_ACT_UNNECESSARY),
                         PSC_OK);
            if (i >= 2000) sum += v / 2000.0;
        }
        CHECK_NEAR(sum, 0.4, 0.1);
        free(t);
    }
}

/* Whatever it is told it stays within reach of its start, and comes back when the telling is fair. */
static void test_adversary(void)
{
    static const int32_t worst[] = {PSC_ACT_PREEMPTIVE, PSC_ACT_UNNECESSARY, PSC_ACT_DISRUPTIVE, PSC_ACT_MISSED};
    int i, k;

    for (k = 0; k < 5; k++) {
        psc_threshold_config config;
        psc_threshold *t;
        uint64_t seed = 6;
        double start;
        psc_threshold_default(&config);
        t = threshold_new(&config);
        start = logit(value_of(t));
        for (i = 0; i < 20000; i++) {
            const int32_t told = k < 4 ? worst[k] : worst[test_random(&seed) % 4];
            CHECK_STATUS(psc_threshold_learn(t, told), PSC_OK);
            CHECK(fabs(logit(value_of(t)) - start) <= config.reach + 1e-9);
        }
        if (k == 2) CHECK(logit(value_of(t)) > start + 1.9);
        if (k == 0) CHECK(logit(value_of(t)) < start - 1.9);
        free(t);
    }
}

/* ==== Relief ==================================================================================== */

enum { N = 3, S = 8 };

typedef struct world {
    double p[N], capacity[N], impact[S], price[S], tie[2 * S];
    int32_t crossed[N], home[S], to[2 * S];
    int64_t from[S + 1];
    psc_relief view;
} world;

/* A ring of ties over the shards. */
static void world_make(world *w, uint64_t seed)
{
    int i;

    for (i = 0; i < N; i++) {
        w->p[i] = test_uniform(&seed);
        w->capacity[i] = 1.0;
        w->crossed[i] = i == 0;
    }
    for (i = 0; i < S; i++) {
        w->home[i] = i < S - 2 ? 0 : 1;
        w->impact[i] = 10.0 * test_uniform(&seed);
        w->price[i] = 4.0 * test_uniform(&seed);
        w->from[i] = 2 * i;
        w->to[2 * i] = (i + 1) % S;
        w->to[2 * i + 1] = (i + S - 1) % S;
    }
    w->from[S] = 2 * S;
    for (i = 0; i < S; i++) w->tie[2 * i] = w->tie[2 * ((i + 1) % S) + 1] = 3.0 * test_uniform(&seed);
    psc_relief_default(&w->view);
    w->view.nodes = N;
    w->view.shards = S;
    w->view.p = w->p;
    w->view.crossed = w->crossed;
    w->view.home = w->home;
    w->view.impact = w->impact;
    w->view.disruption = w->price;
    w->view.tied_from = w->from;
    w->view.tied_to = w->to;
    w->view.tie = w->tie;
}

static psc_status relief_of(const psc_relief *r, double *drain, int32_t *shard, psc_relief_info *info)
{
    const size_t bytes = psc_relief_size(r);
    void *work = block_new(bytes ? bytes : 8, 0xAA);
    const psc_status status = psc_relief_of(r, work, bytes, drain, shard, info);

    free(work);
    return status;
}

/* What a set of shards is worth: risk taken away, less its price and the ties that it cuts. */
static double worth(const world *w, unsigned set)
{
    double sum = 0.0;
    int i;

    for (i = 0; i < S; i++) {
        const int next = (i + 1) % S;
        if (set >> i & 1) sum += w->p[0] * w->impact[i] - w->price[i];
        if (w->home[i] == w->home[next] && (set >> i & 1) != (set >> next & 1)) sum -= w->tie[2 * i];
    }
    return sum;
}

/* Against all subsets of the six shards of the node: never worth less than nothing or than all of them, and in the sum
 * at least nine tenths of the best; every shard that is listed pays. */
static void test_relief(void)
{
    double reached = 0.0, possible = 0.0;
    uint64_t seed;

    for (seed = 1; seed <= 300; seed++) {
        world w;
        double drain[N], best = 0.0;
        int32_t shard[S];
        psc_relief_info info;
        unsigned set = 0, other;
        int i;
        world_make(&w, seed);
        CHECK_STATUS(relief_of(&w.view, drain, shard, &info), PSC_OK);
        for (i = 0; i < info.shards; i++) {
            CHECK(w.home[shard[i]] == 0 && !(set >> shard[i] & 1));
            set |= 1u << shard[i];
        }
        for (i = 0; i < info.shards; i++) CHECK(worth(&w, set) > worth(&w, set & ~(1u << shard[i])));
        for (other = 0; other < 64; other++) best = fmax(best, worth(&w, other));
        CHECK(drain[0] == w.p[0] && drain[1] == 0.0 && info.drained == 1 && info.kept == 0);
        CHECK(worth(&w, set) >= 0.0 && worth(&w, set) >= worth(&w, 63) - 1e-9);
        reached += worth(&w, set);
        possible += best;
    }
    CHECK(reached > 0.9 * possible && possible > 0.0);
}

static void test_budget(void)
{
    uint64_t seed;

    for (seed = 1; seed <= 100; seed++) {
        world w;
        double drain[N], spent, last = 0.0;
        int32_t shard[S];
        psc_relief_info info;
        int i, step;
        world_make(&w, seed);
        w.view.tied_from = NULL;
        for (step = 0; step <= 12; step++) {
            w.view.budget = step;
            CHECK_STATUS(relief_of(&w.view, drain, shard, &info), PSC_OK);
            for (spent = 0.0, i = 0; i < info.shards; i++) spent += w.price[shard[i]];
            CHECK(spent <= (double)step + 1e-12 && fabs(spent - info.disruption) < 1e-12);
            for (i = 1; i < info.shards; i++) {
                const int a = shard[i - 1], b = shard[i];
                CHECK((w.p[0] * w.impact[a] - w.price[a]) / (w.price[a] + 1e-9)
                      >= (w.p[0] * w.impact[b] - w.price[b]) / (w.price[b] + 1e-9));
            }
            if (step == 0) CHECK_INT(info.shards, 0);
            last = info.risk;
        }
        CHECK(last >= 0.0);
    }
}

/* All nodes look failing: the likeliest go, the floor holds exactly, equals by index. */
static void test_floor(void)
{
    int share;

    for (share = 0; share <= 10; share++) {
        world w;
        double drain[N];
        int32_t shard[S];
        psc_relief_info info;
        double left = 0.0;
        int i;
        world_make(&w, 7);
        for (i = 0; i < N; i++) {
            w.crossed[i] = 1;
            w.p[i] = i == 1 ? 0.9 : 0.8;
        }
        w.view.capacity = w.capacity;
        w.view.in_service = share / 10.0;
        CHECK_STATUS(relief_of(&w.view, drain, shard, &info), PSC_OK);
        for (i = 0; i < N; i++) left += drain[i] > 0.0 ? 0.0 : w.capacity[i];
        CHECK(left >= 3.0 * w.view.in_service);
        CHECK_INT(info.drained + info.kept, 3);
        CHECK_INT(info.drained, share == 0 ? 3 : share <= 3 ? 2 : share <= 6 ? 1 : 0);
        if (info.drained > 0) CHECK(drain[1] == 0.9);
        if (info.drained == 2) CHECK(drain[0] == 0.8 && drain[2] == 0.0);
        for (i = 0; i < info.shards; i++) CHECK(drain[w.home[shard[i]]] > 0.0);
    }
}

static void test_relief_errors(void)
{
    int i;

    CHECK_INT(psc_relief_size(NULL), 0);
    for (i = 0; i < 28; i++) {
        world w;
        double drain[N];
        int32_t shard[S];
        psc_relief_info info;
        psc_status want = PSC_ERR_RANGE;
        world_make(&w, 3);
        if (i == 0) w.view.nodes = 0;
        if (i == 1) w.view.shards = -1;
        if (i == 2) w.view.budget = -1.0;
        if (i == 3) w.view.in_service = 1.1;
        if (i == 4) w.p[1] = 1.1;
        if (i == 5) w.home[2] = N;
        if (i == 6) w.home[2] = -1;
        if (i == 7) w.impact[1] = -1.0;
        if (i == 8) w.price[1] = 1e16;
        if (i == 9) w.from[3] = 0;
        if (i == 10) w.from[0] = 1;
        if (i == 11) w.to[4] = S;
        if (i == 12) w.tie[3] = -1.0;
        if (i == 13) w.from[S] = INT64_C(1) << 32;
        if (i >= 14) want = i < 17 ? PSC_ERR_NONFINITE : PSC_ERR_NULL;
        if (i == 14) w.p[0] = NAN;
        if (i == 15) w.impact[0] = INFINITY;
        if (i == 16) w.tie[0] = NAN;
        if (i == 17) w.view.p = NULL;
        if (i == 18) w.view.home = NULL;
        if (i == 19) w.view.tie = NULL;
        if (i == 20) w.view.crossed = NULL;
        if (i == 21) w.view.impact = NULL;
        if (i == 22) w.view.tied_to = NULL;
        if (i >= 23) want = PSC_ERR_RANGE;
        if (i == 23) w.to[4] = -1;
        if (i == 24) w.view.nodes = (1 << 26) + 1;
        if (i == 25) w.view.shards = (1 << 26) + 1;
        if (i == 26) w.view.budget = NAN;
        if (i == 27) w.view.shards = INT32_MIN;
        memset(drain, 0x5C, sizeof drain);
        CHECK_STATUS(relief_of(&w.view, drain, shard, &info), want);
        CHECK(memcmp(drain, "\x5C\x5C\x5C\x5C\x5C\x5C\x5C\x5C", 8) == 0);
    }
}

static void test_relief_pointers(void)
{
    world w;
    double drain[N];
    int32_t shard[S];
    psc_relief_info info;
    uint64_t work[2 * (S + 4)];

    world_make(&w, 3);
    CHECK(psc_relief_size(&w.view) <= sizeof work);
    CHECK_STATUS(psc_relief_of(NULL, work, sizeof work, drain, shard, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_relief_of(&w.view, work, sizeof work, NULL, shard, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_relief_of(&w.view, work, sizeof work, drain, NULL, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_relief_of(&w.view, work, sizeof work, drain, shard, NULL), PSC_ERR_NULL);
    w.view.struct_size--;
    CHECK_INT(psc_relief_size(&w.view), 0);
    CHECK_STATUS(psc_relief_of(&w.view, work, sizeof work, drain, shard, &info), PSC_ERR_VERSION);
    w.view.struct_size++;
    memset(w.from, 0, sizeof w.from);                       /* no ties, and none needed */
    w.view.tied_to = NULL;
    w.view.tie = NULL;
    CHECK_STATUS(psc_relief_of(&w.view, work, sizeof work, drain, shard, &info), PSC_OK);
    w.view.shards = 0;
    w.view.home = NULL;
    w.view.impact = NULL;
    w.view.tied_from = NULL;
    CHECK_STATUS(psc_relief_of(&w.view, work, sizeof work, drain, NULL, &info), PSC_OK);
    CHECK(info.shards == 0 && info.drained == 1 && drain[0] == w.p[0]);
}

/* A shard tied to itself cuts nothing, alone and in a set. */
static void test_own_tie(void)
{
    uint64_t seed;
    int i;

    for (seed = 1; seed <= 50; seed++) {
        world with, without;
        double a[N], b[N];
        int32_t first[S], second[S];
        psc_relief_info one, two;
        world_make(&with, seed);
        world_make(&without, seed);
        /* the second tie of each becomes one to itself, or nothing */
        for (i = 0; i < S; i++) {
            with.to[2 * i + 1] = i;
            with.tie[2 * i + 1] = 50.0;
            without.to[2 * i + 1] = i;
            without.tie[2 * i + 1] = 0.0;
        }
        CHECK_STATUS(relief_of(&with.view, a, first, &one), PSC_OK);
        CHECK_STATUS(relief_of(&without.view, b, second, &two), PSC_OK);
        CHECK(one.shards == two.shards && one.risk == two.risk);
        CHECK(memcmp(first, second, (size_t)one.shards * sizeof first[0]) == 0);
    }
}

/* Equal probabilities and equal gains: the lower index first, in a heap of any shape. */
static void test_equals(void)
{
    enum { MANY = 40 };
    double p[MANY], drain[MANY], impact[MANY], last;
    int32_t crossed[MANY], home[MANY], shard[MANY];
    uint64_t seed = 4;
    int round, i, k;

    for (round = 0; round < 60; round++) {
        const int n = 1 + round % MANY;
        psc_relief r;
        psc_relief_info info;
        psc_relief_default(&r);
        for (i = 0; i < n; i++) {
            p[i] = 0.2 * (double)(1 + test_random(&seed) % 3);
            impact[i] = 1.0;
            home[i] = i;
            crossed[i] = test_random(&seed) % 8 != 0;
        }
        r.nodes = r.shards = n;
        r.p = p;
        r.crossed = crossed;
        r.home = home;
        r.impact = impact;
        r.in_service = 0.4;
        CHECK_STATUS(relief_of(&r, drain, shard, &info), PSC_OK);
        for (i = 0; i < n; i++)                             /* who is kept has no claim above one who is drained */
            for (k = 0; k < n; k++)
                if (drain[i] > 0.0 && crossed[k] && !(drain[k] > 0.0)) CHECK(p[i] > p[k] || (p[i] >= p[k] && i < k));
        CHECK_INT(info.shards, info.drained);
        for (last = 1.0, i = 0; i < info.shards; last = p[shard[i]], i++)
            CHECK(p[shard[i]] < last || (p[shard[i]] <= last && shard[i] > shard[i - 1]));
    }
}

/* A chain in which each shard pays only while the next one goes with it: longer than there are rounds to undo it. */
static void test_chain(void)
{
    enum { LONG = 60 };
    double p[1] = {0.5}, drain[1], impact[LONG], price[LONG], tie[2 * LONG];
    int32_t crossed[1] = {1}, home[LONG] = {0}, shard[LONG], to[2 * LONG];
    int64_t from[LONG + 1];
    psc_relief r;
    psc_relief_info info;
    int length, i;

    for (length = 2; length <= LONG; length += 29) {
        int64_t ties = 0;
        psc_relief_default(&r);
        for (i = 0; i < length; i++) {
            impact[i] = 1.0;
            price[i] = i == length - 1 ? 5.0 : 1.0;         /* the last is dropped at once, then one a round */
            from[i] = ties;
            if (i > 0) { to[ties] = i - 1; tie[ties++] = 1.0; }
            if (i < length - 1) { to[ties] = i + 1; tie[ties++] = 1.0; }
        }
        from[length] = ties;
        r.nodes = 1;
        r.shards = length;
        r.p = p;
        r.crossed = crossed;
        r.home = home;
        r.impact = impact;
        r.disruption = price;
        r.tied_from = from;
        r.tied_to = to;
        r.tie = tie;
        r.in_service = 0.0;
        CHECK_STATUS(relief_of(&r, drain, shard, &info), PSC_OK);
        if (length <= 16) CHECK_INT(info.shards, 0);
        CHECK(info.shards < length);
        CHECK_NEAR(info.risk, 0.5 * info.shards, 0.0);
    }
}

static void test_soft(void)
{
    static const double drain[] = {0.0, 0.25, 1.0};
    int64_t amount[] = {1000, 7, 1000, 7, 1000, 7};
    double bad = 1.5;

    CHECK_STATUS(psc_relief_soft(drain, 3, 2, amount, amount), PSC_OK);
    CHECK(amount[0] == 1000 && amount[1] == 7 && amount[2] == 750 && amount[3] == 5 && amount[4] == 0
          && amount[5] == 0);
    CHECK_STATUS(psc_relief_soft(&bad, 1, 1, amount, amount), PSC_ERR_RANGE);
    bad = NAN;
    CHECK_STATUS(psc_relief_soft(&bad, 1, 1, amount, amount), PSC_ERR_NONFINITE);
    amount[0] = -1;
    CHECK_STATUS(psc_relief_soft(drain, 1, 1, amount, amount), PSC_ERR_RANGE);
    amount[0] = PSC_MAX_AMOUNT + 1;
    CHECK_STATUS(psc_relief_soft(drain, 1, 1, amount, amount), PSC_ERR_RANGE);
    CHECK_STATUS(psc_relief_soft(NULL, 1, 1, amount, amount), PSC_ERR_NULL);
    CHECK_STATUS(psc_relief_soft(drain, 1, 1, NULL, amount), PSC_ERR_NULL);
    CHECK_STATUS(psc_relief_soft(drain, 1, 1, amount, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_relief_soft(NULL, 3, 0, NULL, NULL), PSC_OK);
    CHECK_STATUS(psc_relief_soft(NULL, 0, 3, NULL, NULL), PSC_OK);
}

int main(void)
{
    RUN(test_config);
    RUN(test_decide);
    RUN(test_converges);
    RUN(test_adversary);
    RUN(test_relief);
    RUN(test_budget);
    RUN(test_floor);
    RUN(test_relief_errors);
    RUN(test_relief_pointers);
    RUN(test_own_tie);
    RUN(test_equals);
    RUN(test_chain);
    RUN(test_soft);
    return test_end();
}
