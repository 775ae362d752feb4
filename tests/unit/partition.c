/* Unit tests of partition.c: cluster, imbalance, plan, reasons, waves. */
#include "predscale.h"
#include "../test.h"
#include "plan_check.h"
#include "worlds.h"

#include <math.h>
#include <stdlib.h>

/* ==== A plain cluster =========================================================================== */

/* Two nodes, one resource, capacity 100; six shards of 10 on node 0. */
static void plain_world(world *w)
{
    psc_cluster *c = &w->c;
    int s;
    memset(w, 0, sizeof *w);
    psc_cluster_default(c);
    c->resources = 1;
    c->nodes = 2;
    c->shards = 6;
    for (s = 0; s < 6; s++) w->demand[s] = 10;
    w->capacity[0] = w->capacity[1] = 100;
    w->soft[0] = w->soft[1] = 30;
    c->capacity = w->capacity;
    c->soft = w->soft;
    c->demand = w->demand;
    c->home = w->home;
}

static double test_power(double x, int n)
{
    double product = 1.0;
    while (n-- > 0) product *= x;
    return product;
}

/* ==== Helpers =================================================================================== */

static uint64_t memory[65536], spare[65536];    /* work blocks, aligned to 8 */

static psc_plan *plan_memory(void) { return (psc_plan *)(void *)memory; }

/* Plans to the end; returns the status of the last call. */
static psc_status run_plan(const psc_cluster *c, const psc_plan_config *config, int64_t slice,
                           int32_t *assignment, psc_plan_info *info)
{
    psc_plan_config standard;
    psc_status status;
    size_t bytes;
    psc_plan_default(&standard);
    if (!config) config = &standard;
    bytes = psc_plan_size(c, config);
    if (bytes == 0 || bytes > sizeof memory) return PSC_ERR_SPACE;
    status = psc_plan_init(plan_memory(), bytes, c, config);
    if (status != PSC_OK) return status;
    do status = psc_plan_step(plan_memory(), c, slice); while (status == PSC_MORE);
    if (status != PSC_OK) return status;
    return psc_plan_best(plan_memory(), c, assignment, info);
}

/* ==== Cluster =================================================================================== */

static void test_default(void)
{
    psc_cluster c;
    psc_plan_config p;
    psc_waves_config w;
    psc_cluster_default(&c);
    CHECK_INT(c.struct_size, sizeof c);
    CHECK_INT(c.weight_move, 1);
    CHECK_INT(c.weight_group, 0);
    CHECK_INT(c.weight_distance, 1);
    psc_plan_default(&p);
    CHECK(p.struct_size == sizeof p && p.targets == 0 && p.max_moves == INT64_MAX && p.max_move_cost == INT64_MAX);
    psc_waves_default(&w);
    CHECK(w.struct_size == sizeof w && w.per_node == 2 && w.total == INT32_MAX);
    psc_cluster_default(NULL);
    psc_plan_default(NULL);
    psc_waves_default(NULL);
}

/* Each with one field of a valid cluster made wrong. */
#define REFUSE(field, value, status) \
    do { plain_world(&w); w.field = (value); CHECK_STATUS(psc_cluster_check(&w.c), status); } while (0)

static void test_check_fields(void)
{
    static world w;
    plain_world(&w);
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
    CHECK_STATUS(psc_cluster_check(NULL), PSC_ERR_NULL);
    REFUSE(c.struct_size, 8, PSC_ERR_VERSION);
    REFUSE(c.resources, 0, PSC_ERR_RANGE);
    REFUSE(c.resources, 17, PSC_ERR_RANGE);
    REFUSE(c.nodes, 0, PSC_ERR_RANGE);
    REFUSE(c.nodes, (1 << 26) + 1, PSC_ERR_RANGE);
    REFUSE(c.shards, -1, PSC_ERR_RANGE);
    REFUSE(c.groups, -1, PSC_ERR_RANGE);
    REFUSE(c.balances, -1, PSC_ERR_RANGE);
    REFUSE(c.places, -1, PSC_ERR_RANGE);
    REFUSE(c.capacity, NULL, PSC_ERR_NULL);
    REFUSE(c.demand, NULL, PSC_ERR_NULL);
    REFUSE(c.home, NULL, PSC_ERR_NULL);
    REFUSE(c.balances, 1, PSC_ERR_NULL);
    REFUSE(c.groups, 1, PSC_ERR_NULL);
    REFUSE(c.place, w.place, PSC_ERR_NULL);
    REFUSE(c.group, w.group, PSC_ERR_RANGE);
    REFUSE(home[5], 2, PSC_ERR_RANGE);
    REFUSE(home[0], -1, PSC_ERR_RANGE);
    REFUSE(demand[3], -1, PSC_ERR_RANGE);
    REFUSE(demand[3], PSC_MAX_AMOUNT + 1, PSC_ERR_RANGE);
    REFUSE(demand[3], PSC_MAX_AMOUNT, PSC_OK);
    REFUSE(capacity[1], -1, PSC_ERR_RANGE);
    REFUSE(soft[1], INT64_MIN, PSC_ERR_RANGE);
    REFUSE(c.weight_move, -1, PSC_ERR_RANGE);
    REFUSE(c.weight_move, INT64_MAX, PSC_ERR_RANGE);
    REFUSE(c.weight_group, INT64_MAX, PSC_ERR_RANGE);
    REFUSE(c.weight_distance, INT64_MIN, PSC_ERR_RANGE);
    plain_world(&w);
    w.c.weight = w.weight;
    w.weight[0] = (INT64_C(1) << 62) / 60;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);   /* with the 6 of the moves */
    w.weight[0]--;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
}

static void test_check_groups(void)
{
    static world w;
    plain_world(&w);
    w.c.groups = 2;
    w.c.group = w.group;
    w.c.depend_from = w.depend_from;
    w.c.depend = w.depend;
    w.depend_from[1] = w.depend_from[2] = 1;
    w.depend[0] = 1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
    w.depend[0] = 2;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.depend[0] = 1;
    w.depend_from[2] = 0;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.depend_from[2] = 1;
    w.depend_from[0] = 1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.depend_from[0] = 0;
    w.c.depend = NULL;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_NULL);
    w.c.depend_from = NULL;
    w.c.spread = w.spread;
    w.spread[1] = -1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.spread[1] = 0;
    w.group[2] = 2;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
}

static void test_check_balance(void)
{
    static world w;
    plain_world(&w);
    w.c.balance = w.balance;
    w.c.balances = 1;
    w.balance[0].ratio = w.balance[0].weight = 1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
    w.balance[0].first = 1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.balance[0].first = 0;
    w.balance[0].second = -1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.balance[0].second = 0;
    w.balance[0].ratio = INT64_C(1) << 60;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
    w.balance[0].ratio = 1;
    w.balance[0].weight = -1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_ERR_RANGE);
}

/* Any bits in the numbers: no crash, no overflow (the sanitizers look), and what passes can be planned. */
static void test_check_total(void)
{
    static world w;
    uint64_t seed = 7, round;
    int passed = 0;
    for (round = 0; round < 3000; round++) {
        unsigned char *bytes = (unsigned char *)w.capacity;
        const size_t size = sizeof w - offsetof(world, capacity);
        int32_t at[PC_MAX];
        int flips = 1 + pick(&seed, 3);
        random_world(&w, round);
        while (flips-- > 0) {
            const size_t i = test_random(&seed) % (size / 4);
            const uint32_t bits = (uint32_t)test_random(&seed) >> pick(&seed, 32);
            memcpy(bytes + 4 * i, &bits, 4);
        }
        if (w.depend_from[w.c.groups] > 2 * PC_MAX) continue;   /* an array that is not there */
        if (psc_cluster_check(&w.c) != PSC_OK) continue;
        passed++;
        CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, NULL), PSC_OK);
    }
    CHECK(passed > 300);
}

static void test_amounts(void)
{
    const double x[6] = {-1.0, 0.0, 0.25, 1.0, 1.01, 1e300};
    const uint64_t nan_bits = UINT64_C(0x7ff8000000000000);
    double bad[2] = {1.0, 0.0};
    int64_t out[6], same[2] = {5, 5};
    CHECK_STATUS(psc_amounts_of(x, 6, 0.5, out), PSC_OK);
    CHECK(out[0] == 0 && out[1] == 0 && out[2] == 1 && out[3] == 2 && out[4] == 3 && out[5] == PSC_MAX_AMOUNT);
    CHECK_STATUS(psc_amounts_of(x, 6, 5e-324, out), PSC_OK);
    CHECK(out[5] == PSC_MAX_AMOUNT && out[0] == 0);
    memcpy(&bad[1], &nan_bits, 8);
    CHECK_STATUS(psc_amounts_of(bad, 2, 1.0, same), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_amounts_of(x, 2, bad[1], same), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_amounts_of(x, 2, 0.0, same), PSC_ERR_RANGE);
    CHECK_STATUS(psc_amounts_of(NULL, 2, 1.0, same), PSC_ERR_NULL);
    CHECK_STATUS(psc_amounts_of(x, 2, 1.0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_amounts_of(NULL, 0, 1.0, NULL), PSC_OK);
    CHECK(same[0] == 5 && same[1] == 5);
}

static void test_soft(void)
{
    static world w;
    int64_t soft[4] = {-7, -7, -7, -7};
    const uint64_t nan_bits = UINT64_C(0x7ff8000000000000);
    double nan;
    plain_world(&w);
    w.capacity[1] = 50;
    CHECK_STATUS(psc_soft_amounts(&w.c, 0.0, soft), PSC_OK);
    CHECK(soft[0] == 40 && soft[1] == 20 && soft[2] == -7);
    CHECK_STATUS(psc_soft_amounts(&w.c, 100.0, soft), PSC_OK);
    CHECK(soft[0] == 100 && soft[1] == 50);
    w.c.closed = w.closed;
    w.closed[0] = 1;
    CHECK_STATUS(psc_soft_amounts(&w.c, 0.1, soft), PSC_OK);
    CHECK(soft[0] == 0 && soft[1] == 50);
    memcpy(&nan, &nan_bits, 8);
    CHECK_STATUS(psc_soft_amounts(&w.c, nan, soft), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_soft_amounts(&w.c, -0.1, soft), PSC_ERR_RANGE);
    CHECK_STATUS(psc_soft_amounts(&w.c, 100.1, soft), PSC_ERR_RANGE);
    CHECK_STATUS(psc_soft_amounts(&w.c, 0.0, NULL), PSC_ERR_NULL);
    CHECK(soft[0] == 0 && soft[1] == 50);
}

/* ==== Imbalance ================================================================================= */

static void test_imbalance(void)
{
    static world w;
    double node[2], shard[6];
    int32_t at[6] = {0, 0, 0, 0, 1, 1};
    psc_imbalance sum;
    plain_world(&w);
    CHECK_INT(psc_imbalance_size(&w.c), 24);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, memory, 24, node, shard, &sum), PSC_OK);
    CHECK_NEAR(node[0], 1.0, 1e-12);
    CHECK_NEAR(node[1], -1.0, 0.0);
    CHECK_NEAR(shard[0], 1.0 / 3.0, 1e-12);
    CHECK_NEAR(sum.fleet, 1.0, 1e-12);
    CHECK_NEAR(sum.rms, 1.0, 1e-12);
    CHECK_NEAR(sum.peak, 0.6, 1e-12);
    CHECK(sum.node == 0 && sum.resource == 0 && sum.above == 1 && sum.overloaded == 0);
    CHECK_STATUS(psc_imbalance_of(&w.c, at, 0.5, memory, 24, NULL, NULL, &sum), PSC_OK);
    CHECK_NEAR(sum.fleet, 1.0 / 3.0, 1e-12);
    CHECK_INT(sum.above, 0);
    w.capacity[0] = 59;
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, memory, 24, NULL, NULL, &sum), PSC_OK);
    CHECK_INT(sum.overloaded, 1);
    memset(w.demand, 0, sizeof w.demand);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, memory, 24, node, shard, &sum), PSC_OK);
    CHECK(node[0] == 0.0 && shard[0] == 0.0 && sum.fleet == 0.0 && sum.resource == -1);
}

/* Two resources, worked by hand. Demands (60, 50) on node 0 and (20, 0) on node 1, capacities 100: means 0.4 and 0.25,
 * so node 0 is 0.5 and 1 above them, node 1 0.5 and 1 below: its score is the larger, -0.5. */
static void test_imbalance_resources(void)
{
    static const int64_t capacity[] = {100, 100, 100, 100}, demand[] = {40, 10, 20, 40, 20, 0};
    static const int32_t home[] = {0, 0, 1};
    psc_cluster c;
    psc_imbalance sum;
    int64_t soft[4];
    double node[2], shard[3];
    psc_cluster_default(&c);
    c.resources = c.nodes = 2;
    c.shards = 3;
    c.capacity = capacity;
    c.demand = demand;
    c.home = home;
    CHECK_STATUS(psc_cluster_check(&c), PSC_OK);
    CHECK_STATUS(psc_imbalance_of(&c, NULL, 0.9, memory, psc_imbalance_size(&c), node, shard, &sum), PSC_OK);
    CHECK(sum.node == 0 && sum.resource == 1 && sum.above == 1);
    CHECK_NEAR(sum.fleet, 1.0, 1e-15);
    CHECK_NEAR(node[1], -0.5, 1e-15);
    CHECK_NEAR(sum.rms, 0.7905694150420949, 1e-15);         /* sqrt((1 + 0.25) / 2) */
    CHECK_NEAR(sum.peak, 0.6, 0.0);
    CHECK_NEAR(shard[0], 0.4, 1e-15);                       /* without it (20, 40): 0.6 above in the second */
    CHECK_NEAR(shard[1], 1.0, 1e-15);                       /* without it (40, 10): level in the first */
    CHECK_STATUS(psc_soft_amounts(&c, 0.0, soft), PSC_OK);
    CHECK(soft[0] == 40 && soft[1] == 25 && soft[2] == 40 && soft[3] == 25);
}

static void test_imbalance_errors(void)
{
    static world w;
    psc_imbalance sum, before;
    int32_t at[6] = {0, 0, 0, 0, 1, 2};
    const uint64_t nan_bits = UINT64_C(0x7ff8000000000000);
    double nan;
    memset(&sum, 0x55, sizeof sum);
    before = sum;
    memcpy(&nan, &nan_bits, 8);
    plain_world(&w);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, memory, 23, NULL, NULL, &sum), PSC_ERR_SPACE);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, NULL, 24, NULL, NULL, &sum), PSC_ERR_NULL);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, (char *)memory + 4, 24, NULL, NULL, &sum), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, nan, memory, 24, NULL, NULL, &sum), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_imbalance_of(&w.c, at, 0.5, memory, 24, NULL, NULL, &sum), PSC_ERR_RANGE);
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, memory, 24, NULL, NULL, NULL), PSC_ERR_NULL);
    w.c.struct_size = 1;
    CHECK_STATUS(psc_imbalance_of(&w.c, NULL, 0.5, memory, 24, NULL, NULL, &sum), PSC_ERR_VERSION);
    CHECK_INT(psc_imbalance_size(&w.c), 0);
    CHECK(memcmp(&sum, &before, sizeof sum) == 0);
}

/* A move changes two scores, to what the imbalance of the next assignment says. */
static void test_imbalance_move(void)
{
    static world w;
    double score[PC_MAX], next_score[PC_MAX], from, to;
    int32_t at[PC_MAX], next[PC_MAX];
    psc_imbalance sum;
    uint64_t seed, rng = 5;
    int s, n;
    for (seed = 0; seed < 500; seed++) {
        random_world(&w, seed + 130000);
        if (w.c.shards == 0) continue;
        for (s = 0; s < w.c.shards; s++) at[s] = pick(&rng, w.c.nodes);
        s = pick(&rng, w.c.shards);
        n = pick(&rng, w.c.nodes);
        memcpy(next, at, sizeof at);
        next[s] = n;
        CHECK_STATUS(psc_imbalance_of(&w.c, next, 0.0, memory, sizeof memory, next_score, NULL, &sum), PSC_OK);
        CHECK_STATUS(psc_imbalance_of(&w.c, at, 0.0, memory, sizeof memory, score, NULL, &sum), PSC_OK);
        CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, s, n, &from, &to), PSC_OK);
        CHECK(from == next_score[at[s]] && to == next_score[n]);
        CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, s, at[s], NULL, &to), PSC_OK);
        CHECK(to == score[at[s]]);
    }
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, 8, 0, 0, NULL, NULL), PSC_ERR_SPACE);
    CHECK_STATUS(psc_imbalance_move(&w.c, at, NULL, 8, 0, 0, NULL, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, w.c.shards, 0, NULL, NULL), PSC_ERR_RANGE);
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, 0, w.c.nodes, NULL, NULL), PSC_ERR_RANGE);
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, -1, 0, NULL, NULL), PSC_ERR_RANGE);
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, 0, -1, NULL, NULL), PSC_ERR_RANGE);
    at[0] = -1;
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, 0, 0, NULL, NULL), PSC_ERR_RANGE);
    at[0] = w.c.nodes;
    CHECK_STATUS(psc_imbalance_move(&w.c, at, memory, sizeof memory, 0, 0, NULL, NULL), PSC_ERR_RANGE);
}

/* ==== Faults, uncertain demands, provision ====================================================== */

#define FAULT(field_, status_, index_) \
    do { \
        psc_fault fault; \
        CHECK_STATUS(psc_cluster_fault(&w.c, &fault), PSC_OK); \
        CHECK_INT(fault.status, status_); \
        CHECK_INT(fault.field, field_); \
        CHECK_INT(fault.index, index_); \
        CHECK_STATUS(psc_cluster_check(&w.c), status_); \
    } while (0)

/* Puts x in an element that is given, sees it named, and takes it back. */
#define FAULT_AT(member_, array_, i_, x_, field_) \
    do { \
        w.c.member_ = w.array_; \
        FAULT(PSC_FIELD_NONE, PSC_OK, -1); \
        w.array_[i_] = (x_); \
        FAULT(field_, PSC_ERR_RANGE, i_); \
        w.array_[i_] = 0; \
        FAULT(PSC_FIELD_NONE, PSC_OK, -1); \
    } while (0)


static void test_fault_arrays(void)
{
    static world w;
    plain_world(&w);
    w.c.places = 3;
    w.c.distance = w.distance;
    FAULT_AT(soft, soft, 1, -1, PSC_FIELD_SOFT);
    FAULT_AT(domain, domain, 1, 2, PSC_FIELD_DOMAIN);
    FAULT_AT(zone, zone, 0, -1, PSC_FIELD_ZONE);
    FAULT_AT(place, place, 1, 3, PSC_FIELD_PLACE);
    FAULT_AT(load_weight, load_weight, 1, -5, PSC_FIELD_LOAD_WEIGHT);
    FAULT_AT(risk, risk, 1, 1000001, PSC_FIELD_RISK);
    FAULT_AT(move_cost, price, 5, -1, PSC_FIELD_MOVE_COST);
    FAULT_AT(size, size, 2, PSC_MAX_AMOUNT + 1, PSC_FIELD_SIZE);
    FAULT_AT(going, going, 4, 2, PSC_FIELD_GOING);
    FAULT_AT(impact, impact, 3, (INT64_C(1) << 42) + 1, PSC_FIELD_IMPACT);
    FAULT_AT(rested, rested, 3, -1, PSC_FIELD_RESTED);
    FAULT_AT(weight, weight, 0, -1, PSC_FIELD_WEIGHT);
    FAULT_AT(distance, distance, 8, -1, PSC_FIELD_DISTANCE);
}

static void test_fault_rest(void)
{
    static world w;
    psc_fault fault;
    plain_world(&w);
    w.home[3] = 2;
    FAULT(PSC_FIELD_HOME, PSC_ERR_RANGE, 3);
    w.demand[5] = -1;
    FAULT(PSC_FIELD_DEMAND, PSC_ERR_RANGE, 5);
    w.capacity[1] = -1;
    FAULT(PSC_FIELD_CAPACITY, PSC_ERR_RANGE, 1);
    plain_world(&w);
    w.c.pairs = 1;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_NULL, -1);
    w.c.pair = w.pair;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_RANGE, 0);        /* a shard and itself */
    w.pair[0].b = 5;
    FAULT(PSC_FIELD_NONE, PSC_OK, -1);
    w.pair[0].b = 6;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_RANGE, 0);
    w.pair[0].b = 5, w.pair[0].weight = -1;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_RANGE, 0);
    w.pair[0].weight = INT64_C(1) << 62;
    FAULT(PSC_FIELD_SUMS, PSC_ERR_RANGE, -1);
    plain_world(&w);
    w.c.balances = 2, w.c.balance = w.balance;
    w.balance[1].second = 1;
    FAULT(PSC_FIELD_BALANCE, PSC_ERR_RANGE, 1);
    w.balance[1].second = 0, w.balance[1].ratio = -1;
    FAULT(PSC_FIELD_BALANCE, PSC_ERR_RANGE, 1);
    plain_world(&w);
    w.c.groups = 2, w.c.group = w.group;
    w.group[4] = 2;
    FAULT(PSC_FIELD_GROUP, PSC_ERR_RANGE, 4);
    w.group[4] = 0, w.c.spread = w.spread, w.spread[1] = -1;
    FAULT(PSC_FIELD_SPREAD, PSC_ERR_RANGE, 1);
    w.spread[1] = 0, w.c.depend_from = w.depend_from, w.depend_from[1] = 1;
    FAULT(PSC_FIELD_DEPEND_FROM, PSC_ERR_RANGE, 2);
    w.depend_from[2] = 1;
    FAULT(PSC_FIELD_DEPEND, PSC_ERR_NULL, -1);
    w.c.depend = w.depend, w.depend[0] = 9;
    FAULT(PSC_FIELD_DEPEND, PSC_ERR_RANGE, 0);
    w.c.capacity = NULL;
    FAULT(PSC_FIELD_CAPACITY, PSC_ERR_NULL, -1);
    w.c.resources = 0;
    FAULT(PSC_FIELD_COUNTS, PSC_ERR_RANGE, -1);
    w.c.struct_size = 0;
    FAULT(PSC_FIELD_CLUSTER, PSC_ERR_VERSION, -1);
    CHECK_STATUS(psc_cluster_fault(NULL, &fault), PSC_ERR_NULL);
    CHECK_STATUS(psc_cluster_fault(&w.c, NULL), PSC_ERR_NULL);
}

/* What is left of the tests of a cluster's shape and numbers: each condition decides once. */
static void test_fault_alone(void)
{
    static world w;
    static int64_t size[1100];
    static int32_t home[1100];
    static int64_t demand[1100];
    int s;
    plain_world(&w);
    w.c.pairs = -1;
    FAULT(PSC_FIELD_COUNTS, PSC_ERR_RANGE, -1);
    w.c.pairs = INT32_MAX;
    FAULT(PSC_FIELD_COUNTS, PSC_ERR_RANGE, -1);
    plain_world(&w);
    w.c.shards = 0, w.c.group = w.group;
    FAULT(PSC_FIELD_NONE, PSC_OK, -1);
    w.c.balances = 1, w.c.demand = NULL, w.c.home = NULL;
    FAULT(PSC_FIELD_BALANCE, PSC_ERR_NULL, -1);
    w.c.balance = w.balance, w.c.pairs = 1;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_NULL, -1);
    w.c.pair = w.pair, w.c.places = 1, w.c.place = w.place;
    FAULT(PSC_FIELD_DISTANCE, PSC_ERR_NULL, -1);
    w.c.distance = w.distance, w.c.groups = 1, w.c.group = NULL;
    FAULT(PSC_FIELD_GROUP, PSC_ERR_NULL, -1);
    plain_world(&w);
    w.c.balances = 1, w.c.balance = w.balance, w.balance[0].first = -1;
    FAULT(PSC_FIELD_BALANCE, PSC_ERR_RANGE, 0);
    plain_world(&w);
    w.c.pairs = 1, w.c.pair = w.pair, w.pair[0].a = -1;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_RANGE, 0);
    w.pair[0].a = 0, w.pair[0].b = -1;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_RANGE, 0);
    w.pair[0].b = 1, w.pair[0].weight = (INT64_C(1) << 62) + 1;
    FAULT(PSC_FIELD_PAIR, PSC_ERR_RANGE, 0);
    plain_world(&w);
    for (s = 0; s < 1100; s++) size[s] = PSC_MAX_AMOUNT;     /* 2^50 each: above 2^60 together */
    w.c.shards = 1100, w.c.home = home, w.c.demand = demand, w.c.size = size;
    FAULT(PSC_FIELD_SUMS, PSC_ERR_RANGE, -1);
}

/* Of two faults the one that comes first is told: counts before arrays, arrays in the order of their fields. */
static void test_fault_first(void)
{
    static world w;
    psc_fault fault;
    plain_world(&w);
    w.c.resources = 0, w.c.shards = 0, w.c.group = w.group;     /* no shards: a group without groups is no fault */
    CHECK_STATUS(psc_cluster_fault(&w.c, &fault), PSC_OK);
    CHECK(fault.status == PSC_ERR_RANGE && fault.field == PSC_FIELD_COUNTS && fault.index == -1);
    w.c.resources = 1;
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
    w.c.shards = 6;
    CHECK_STATUS(psc_cluster_fault(&w.c, &fault), PSC_OK);
    CHECK(fault.status == PSC_ERR_RANGE && fault.field == PSC_FIELD_GROUP);
    w.c.group = NULL, w.c.groups = 1, w.c.balances = 1;
    CHECK_STATUS(psc_cluster_fault(&w.c, &fault), PSC_OK);
    CHECK(fault.status == PSC_ERR_NULL && fault.field == PSC_FIELD_GROUP);
}

static void test_field_text(void)
{
    int32_t a, b;
    for (a = 0; a < PSC_FIELD_COUNT; a++) {
        for (b = -1; b < a; b++) CHECK(strcmp(psc_field_text(a), psc_field_text(b)) != 0);
    }
    CHECK(strcmp(psc_field_text(PSC_FIELD_COUNT), psc_field_text(INT32_MIN)) == 0);
    CHECK(strcmp(psc_field_text(PSC_FIELD_PAIR), "pair") == 0);
    CHECK(strcmp(psc_field_text(PSC_FIELD_SUMS), "sums") == 0);
}

/* Whatever fits under the amounts keeps every node and resource below the level, by the exact test with the root. */
static void test_risk_amounts(void)
{
    static world w;
    static double mean[PC_MAX * 4], deviation[PC_MAX * 4], probability[PC_MAX];
    static int64_t demand[PC_MAX * 4], capacity[PC_MAX * 4];
    uint64_t seed, rng = 9;
    int i, n, r, s, held = 0;
    for (seed = 0; seed < 300; seed++) {
        const double level = 0.5 + 0.499 * test_uniform(&rng);
        random_world(&w, seed + 140000);
        for (i = 0; i < w.c.nodes * w.c.resources; i++) w.capacity[i] *= 100;
        for (i = 0; i < w.c.shards * w.c.resources; i++) {
            mean[i] = 1500.0 * test_uniform(&rng);
            deviation[i] = 700.0 * test_uniform(&rng);
        }
        CHECK_STATUS(psc_risk_amounts(&w.c, mean, deviation, level, demand, capacity), PSC_OK);
        CHECK_STATUS(psc_overload_of(&w.c, mean, deviation, NULL, memory, sizeof memory, probability), PSC_OK);
        w.c.demand = demand;
        for (n = 0; n < w.c.nodes; n++) {
            int fits = 1, filled = 0;
            for (s = 0; s < w.c.shards; s++) filled |= w.home[s] == n;
            for (r = 0; r < w.c.resources; r++) {
                fits &= pc_use(&w.c, w.home, n, r) <= capacity[n * w.c.resources + r];
            }
            if (!fits || !filled) continue;
            held++;
            CHECK(probability[n] <= 1.0 - test_power(level, w.c.resources) + 1e-9);    /* each below 1 - level */
        }
    }
    CHECK(held > 100);
}

/* One node of 100 with two shards of mean 40 and deviation 3 and 4: 20 / 5 = 4 deviations of room. */
static void test_overload(void)
{
    static world w;
    const double mean[2] = {40, 40}, deviation[2] = {3, 4}, certain[2] = {0, 0}, wrong[2] = {-1, 0};
    const double unknown[2] = {0, NAN}, huge[2] = {0, 2.0 * (double)PSC_MAX_AMOUNT};
    double p[2];
    const int32_t outside[2] = {0, 2};
    int64_t demand[2], capacity[2];
    plain_world(&w);
    w.c.shards = 2;
    CHECK_INT(psc_overload_size(&w.c), 32);
    CHECK_STATUS(psc_overload_of(&w.c, mean, deviation, NULL, memory, 32, p), PSC_OK);
    CHECK_NEAR(p[0], 3.167124183312e-5, 1e-12);     /* P(Z > 4), Abramowitz and Stegun, table 26.2 */
    CHECK_NEAR(p[1], 0.0, 0.0);
    CHECK_STATUS(psc_overload_of(&w.c, mean, certain, NULL, memory, 32, p), PSC_OK);
    CHECK_NEAR(p[0], 0.0, 0.0);
    w.capacity[0] = 79;
    CHECK_STATUS(psc_overload_of(&w.c, mean, certain, NULL, memory, 32, p), PSC_OK);
    CHECK_NEAR(p[0], 1.0, 0.0);
    CHECK_STATUS(psc_overload_of(&w.c, mean, wrong, NULL, memory, 32, p), PSC_ERR_RANGE);
    CHECK_STATUS(psc_overload_of(&w.c, mean, deviation, outside, memory, 32, p), PSC_ERR_RANGE);
    CHECK_STATUS(psc_overload_of(&w.c, mean, deviation, NULL, memory, 31, p), PSC_ERR_SPACE);
    CHECK_STATUS(psc_overload_of(&w.c, NULL, deviation, NULL, memory, 32, p), PSC_ERR_NULL);
    CHECK_STATUS(psc_overload_of(&w.c, mean, deviation, NULL, memory, 32, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, certain, 0.9, demand, capacity), PSC_OK);
    CHECK(demand[0] == 40 && capacity[0] == 79 && capacity[1] == 100);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, deviation, 0.5, demand, capacity), PSC_OK);
    CHECK(demand[0] == 40 && capacity[0] == 79);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, deviation, 0.49, demand, capacity), PSC_ERR_RANGE);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, deviation, 1.0, demand, capacity), PSC_ERR_RANGE);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, deviation, 0.9, NULL, capacity), PSC_ERR_NULL);
    CHECK_STATUS(psc_risk_amounts(&w.c, wrong, deviation, 0.9, demand, capacity), PSC_ERR_RANGE);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, NULL, 0.9, demand, capacity), PSC_ERR_NULL);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, deviation, 0.9, demand, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_risk_amounts(&w.c, unknown, deviation, 0.9, demand, capacity), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, unknown, 0.9, demand, capacity), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_risk_amounts(&w.c, huge, deviation, 0.9, demand, capacity), PSC_ERR_RANGE);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, huge, 0.9, demand, capacity), PSC_ERR_RANGE);
    CHECK_STATUS(psc_risk_amounts(&w.c, mean, wrong, 0.9, demand, capacity), PSC_ERR_RANGE);
}

static void test_provision(void)
{
    static world w;
    psc_provision p;
    plain_world(&w);                        /* 60 of 200 */
    CHECK_STATUS(psc_provision_of(&w.c, 0.25, 0.7, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_ENOUGH && p.resource == 0 && p.nodes == 0 && p.shard == -1);
    CHECK_NEAR(p.use, 0.3, 1e-15);
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, 0.7, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_AMPLE && p.nodes == 1);
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, 0.5, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_ENOUGH);   /* a single node would be above 0.5 */
    CHECK_STATUS(psc_provision_of(&w.c, 0.1, 0.1, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_SHORT && p.nodes == 4);
    w.demand[4] = 101;
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, 0.7, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_SHARD && p.shard == 4 && p.resource == 0);
    w.c.resources = 2, w.c.shards = 2;      /* 90 and 80 of 200; 1 and 12 of 20: alone too much in what is used less */
    w.capacity[0] = w.capacity[2] = 100, w.capacity[1] = w.capacity[3] = 10;
    w.demand[0] = 90, w.demand[1] = 1, w.demand[2] = 80, w.demand[3] = 12;
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, 0.7, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_SHARD && p.shard == 1 && p.resource == 1);
    CHECK_NEAR(p.use, 0.65, 1e-15);
    plain_world(&w);
    w.c.closed = w.closed;
    w.closed[0] = w.closed[1] = 1;
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, 0.7, &p), PSC_OK);
    CHECK(p.verdict == PSC_FLEET_SHARD && p.shard == 0);
    CHECK_STATUS(psc_provision_of(&w.c, 0.0, 0.7, &p), PSC_ERR_RANGE);
    CHECK_STATUS(psc_provision_of(&w.c, 0.8, 0.7, &p), PSC_ERR_RANGE);
    CHECK_STATUS(psc_provision_of(&w.c, 0.8, 1.1, &p), PSC_ERR_RANGE);
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, 0.7, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_provision_of(&w.c, NAN, 0.7, &p), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_provision_of(&w.c, 0.4, NAN, &p), PSC_ERR_NONFINITE);
}

/* ==== Plan ====================================================================================== */

static void test_plan_plain(void)
{
    static world w;
    int32_t at[6], s, there = 0;
    psc_plan_info info;
    plain_world(&w);
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    for (s = 0; s < 6; s++) there += at[s];
    CHECK_INT(there, 3);
    CHECK(at[0] == 1 && at[1] == 1 && at[2] == 1);      /* ties: lower shard */
    CHECK(info.cost == 3 && info.cost_before == 30 && info.load == 0 && info.move == 3 && info.moves == 3);
    CHECK_INT(info.done, 1);
    CHECK(info.evaluations >= 6);                       /* every shard was looked at */
    w.c.weight_move = 11;                               /* a move costs more than the 10 that it saves */
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK_INT(info.moves, 0);
}

/* Targets as good as each other: the lower, whether all are tried or the emptiest. */
static void test_plan_ties(void)
{
    static world w;
    psc_plan_config config;
    int32_t at[6];
    psc_plan_default(&config);
    for (config.targets = 0; config.targets < 3; config.targets++) {
        plain_world(&w);
        w.c.nodes = 4;
        w.capacity[2] = w.capacity[3] = 100;
        w.soft[0] = 59;
        w.soft[2] = w.soft[3] = 30;
        CHECK_STATUS(run_plan(&w.c, &config, 1000, at, NULL), PSC_OK);
        CHECK(at[0] == 0);          /* saves 1 and costs 1 */
        w.soft[0] = 50;
        CHECK_STATUS(run_plan(&w.c, &config, 1000, at, NULL), PSC_OK);
        CHECK(at[0] == 1 && at[1] == 0);
    }
}

/* Overload comes before any cost. */
static void test_plan_overload(void)
{
    static world w;
    int32_t at[6];
    psc_plan_info info;
    plain_world(&w);
    w.c.soft = NULL;
    w.capacity[0] = 45;
    w.c.weight_move = 1000000;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(info.overload_before == 333334 && info.overload == 0 && info.moves == 2);
    w.capacity[1] = 15;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(info.overload == 111112 && info.moves == 1);
}

static void test_plan_drain(void)
{
    static world w;
    int32_t at[6], s;
    plain_world(&w);
    w.c.closed = w.closed;
    w.closed[0] = 1;
    w.soft[0] = 0;
    w.soft[1] = 100;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, NULL), PSC_OK);
    for (s = 0; s < 6; s++) CHECK_INT(at[s], 1);
}

static void test_plan_budget(void)
{
    static world w;
    int32_t at[6];
    psc_plan_config config;
    psc_plan_info info;
    plain_world(&w);
    psc_plan_default(&config);
    config.max_moves = 2;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK_INT(info.moves, 2);
    config.max_moves = INT64_MAX;
    config.max_move_cost = 7;
    w.c.move_cost = w.price;
    w.price[0] = 8;
    w.price[1] = 5;
    w.price[2] = w.price[3] = w.price[4] = w.price[5] = 3;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK(info.moves == 2 && info.move == 6 && at[2] == 1 && at[3] == 1);
    config.max_moves = 0;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK_INT(info.moves, 0);
}

/* Two pairs across two nodes come together by one move each; a shard leaves the node that is likely to fail. */
static void test_plan_pairs(void)
{
    static world w;
    int32_t at[6];
    psc_plan_info info;
    plain_world(&w);
    w.home[4] = w.home[5] = 1;
    w.soft[0] = w.soft[1] = 100;
    w.c.pairs = 2, w.c.pair = w.pair;
    w.pair[0].a = 0, w.pair[0].b = 4, w.pair[0].weight = 5;
    w.pair[1].a = 5, w.pair[1].b = 1, w.pair[1].weight = 1;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(at[0] == at[4] && at[1] == 0 && at[5] == 1);      /* a move costs 1: no gain for the second */
    CHECK(info.cost_before == 6 && info.apart == 1 && info.move == 1 && info.cost == 2);
    w.c.weight_disruption = 1;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(info.moves == 0 && info.apart == 6);              /* 5 disturbed and 1 for 5 gained */
    w.c.pairs = 0;
    w.c.risk = w.risk, w.c.impact = w.impact;
    w.risk[0] = 100000;
    w.impact[0] = 19, w.impact[1] = 20, w.impact[2] = 9;    /* 1, 2 and 0 expected */
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(at[0] == 0 && at[1] == 1 && at[2] == 0);
    CHECK(info.cost_before == 3 && info.risk == 1 && info.bound == 0);
}

/* Each of ten resources alone keeps a shard from the other node. */
static void test_plan_resources(void)
{
    static world w;
    int64_t demand[60], capacity[20], soft[20];
    int32_t at[6];
    psc_plan_info info;
    psc_plan_config config;
    int i, r, s;
    psc_plan_default(&config);
    config.horizon = 3000;
    for (r = -1; r < 10; r++) {
        plain_world(&w);
        for (i = 0; i < 60; i++) demand[i] = 10;
        for (i = 0; i < 20; i++) capacity[i] = 100, soft[i] = i < 10 ? 30 : 60;
        if (r >= 0) capacity[10 + r] = 9;
        w.c.resources = 10;
        w.c.demand = demand, w.c.capacity = capacity, w.c.soft = soft;
        CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
        for (i = s = 0; s < 6; s++) i += at[s] == 1;
        CHECK_INT(i, r < 0 ? 3 : 0);
    }
}

/* Shards that peak in different scenarios, each a resource, share a node: their means would show nothing to do. */
static void test_plan_scenarios(void)
{
    static world w;
    static const int64_t demand[8] = {50, 10, 50, 10, 10, 50, 10, 50}, mean[4] = {30, 30, 30, 30};
    static const int64_t capacity[4] = {100, 100, 100, 100}, soft[4] = {60, 60, 60, 60};
    static const int32_t home[4] = {0, 0, 1, 1};
    int32_t at[4];
    psc_plan_info info;
    psc_plan_config config;
    plain_world(&w);
    psc_plan_default(&config);
    config.horizon = 3000;
    w.c.shards = 4;
    w.c.home = home;
    w.c.capacity = capacity, w.c.soft = soft, w.c.demand = mean;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK(info.moves == 0 && info.cost == 0);
    w.c.resources = 2;
    w.c.demand = demand;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK(info.moves == 2 && info.load == 0);
    CHECK(at[0] != at[1] && at[2] != at[3]);
}

/* The same demand as two resources: 1 a unit above 20, 11 above 40. Moves at 15 pay as far as the upper level. */
static void test_plan_levels(void)
{
    static world w;
    static const int64_t demand[12] = {10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, weight[2] = {1, 10};
    static const int64_t capacity[4] = {100, 100, 100, 100}, soft[4] = {20, 40, 20, 40};
    static const int64_t price[6] = {15, 15, 15, 15, 15, 15};
    int32_t at[6];
    psc_plan_info info;
    psc_plan_config config;
    plain_world(&w);
    psc_plan_default(&config);
    w.c.resources = 2;
    w.c.capacity = capacity, w.c.soft = soft, w.c.demand = demand;
    w.c.weight = weight, w.c.move_cost = price;
    config.max_moves = 0;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK_INT(info.load, 40 + 10 * 20);
    config.max_moves = 6;
    CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
    CHECK(info.moves == 2 && info.load == 20);
}

/* What is on its way takes room at both ends, and a plan begins where it will be. */
static void test_plan_going(void)
{
    static world w;
    int32_t at[6], s;
    psc_plan_info info;
    plain_world(&w);
    w.c.going = w.going;
    w.going[0] = 1;
    w.demand[0] = 70;
    for (s = 1; s < 6; s++) w.home[s] = w.going[s] = 1;
    w.capacity[1] = 200;
    w.soft[1] = 100;                        /* 120 there, 20 too many; node 0 has room for 30 till the copy is gone */
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(at[0] == 1 && info.moves == 2 && info.load == 0);
    w.soft[1] = 60;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK_INT(info.moves, 3);
}

static void test_plan_errors(void)
{
    static world w;
    psc_plan_config config;
    psc_plan_info info, before;
    psc_refusal refusal;
    int32_t at[6];
    size_t bytes;
    plain_world(&w);
    psc_plan_default(&config);
    memset(&info, 0x33, sizeof info);
    before = info;
    bytes = psc_plan_size(&w.c, &config);
    CHECK(bytes > 0 && bytes % 8 == 0);
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes - 1, &w.c, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_plan_init(NULL, bytes, &w.c, &config), PSC_ERR_NULL);
    CHECK_STATUS(psc_plan_init((psc_plan *)(void *)((char *)memory + 4), bytes, &w.c, &config), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, NULL, &config), PSC_ERR_NULL);
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, NULL), PSC_ERR_NULL);
    memset(memory, 0xAA, bytes);
    CHECK_STATUS(psc_plan_step(plan_memory(), &w.c, 1), PSC_ERR_STATE);
    CHECK_STATUS(psc_plan_best(plan_memory(), &w.c, at, &info), PSC_ERR_STATE);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 0, &refusal), PSC_ERR_STATE);
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_OK);
    memcpy(spare, memory, bytes);
    CHECK_STATUS(psc_plan_step(plan_memory(), &w.c, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_plan_step(NULL, &w.c, 1), PSC_ERR_NULL);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 6, &refusal), PSC_ERR_RANGE);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, -1, &refusal), PSC_ERR_RANGE);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 0, NULL), PSC_ERR_NULL);
    w.c.shards = 5;
    CHECK_STATUS(psc_plan_step(plan_memory(), &w.c, 1), PSC_ERR_STATE);
    CHECK_STATUS(psc_plan_best(plan_memory(), &w.c, at, &info), PSC_ERR_STATE);
    CHECK(memcmp(spare, memory, bytes) == 0);
    CHECK(memcmp(&info, &before, sizeof info) == 0);
    config.targets = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_ERR_RANGE);
    config.targets = 0;
    config.max_moves = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
    psc_plan_default(&config);
    config.struct_size--;
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_ERR_VERSION);
    CHECK_INT(psc_plan_size(NULL, &config), 0);
    psc_plan_default(&config);
    config.max_node_moves = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
    psc_plan_default(&config);
    config.max_bytes = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
    psc_plan_default(&config);
    config.cooldown = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
    psc_plan_default(&config);
    config.max_move_cost = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
}

static void check_terms(const psc_cluster *c, const int32_t *at, const psc_plan_info *info)
{
    psc_plan_info own;
    int32_t home[PC_MAX];
    int s;
    pc_cost(c, at, &own);
    CHECK_INT(info->cost, own.cost);
    CHECK_INT(info->load, own.load);
    CHECK_INT(info->balance, own.balance);
    CHECK_INT(info->move, own.move);
    CHECK_INT(info->group, own.group);
    CHECK_INT(info->distance, own.distance);
    CHECK_INT(info->overload, own.overload);
    CHECK_INT(info->moves, own.moves);
    CHECK_INT(info->bytes, own.bytes);
    CHECK_INT(info->apart, own.apart);
    CHECK_INT(info->disruption, own.disruption);
    CHECK_INT(info->risk, own.risk);
    for (s = 0; s < c->shards; s++) home[s] = pc_home(c, s);
    pc_cost(c, home, &own);
    CHECK_INT(info->cost_before, own.cost);
    CHECK_INT(info->overload_before, own.overload);
}

/* The reasons for one shard of a finished plan against naive ones: allowed is what pc_move allows, and no
 * allowed move improves. */
static void check_refusal(const psc_cluster *c, const int32_t *at, const psc_plan_info *info, int s)
{
    int32_t next[PC_MAX];
    psc_refusal refusal;
    psc_plan_info moved;
    int n, allowed = 0, best = 0;
    int64_t gain = INT64_MIN;
    CHECK_STATUS(psc_plan_explain(plan_memory(), c, s, &refusal), PSC_OK);
    for (n = 0; n < c->nodes; n++) {
        if (n == at[s] || pc_move(c, at, s, n)) continue;
        memcpy(next, at, sizeof next);
        next[s] = n;
        pc_cost(c, next, &moved);
        CHECK(moved.overload > info->overload || (moved.overload == info->overload && moved.cost >= info->cost));
        allowed++;
        if (info->cost - moved.cost > gain) { gain = info->cost - moved.cost; best = n; }
    }
    CHECK_INT(refusal.count[PSC_BLOCK_NO_GAIN], allowed);
    CHECK_INT(refusal.count[PSC_BLOCK_NONE], 0);
    CHECK_INT(refusal.count[PSC_BLOCK_HERE], 1);
    if (allowed > 0) CHECK(refusal.block == PSC_BLOCK_NO_GAIN && refusal.node == best && refusal.gain == gain);
    if (c->nodes == 1) CHECK_INT(refusal.node, -1);
    CHECK((refusal.resource >= 0) == (refusal.block == PSC_BLOCK_CAPACITY || refusal.block == PSC_BLOCK_TRANSIENT));
}

/* Random clusters: legal, costed right, a local optimum, reasons right. */
static void test_plan_random(void)
{
    static world w;
    int32_t at[PC_MAX];
    psc_plan_info info;
    uint64_t seed;
    int s, moved = 0;
    for (seed = 0; seed < 4000; seed++) {
        random_world(&w, seed);
        CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
        memset(at, 0, sizeof at);
        CHECK_STATUS(run_plan(&w.c, NULL, 50, at, &info), PSC_OK);
        CHECK_INT(pc_plan(&w.c, at), 0);
        check_terms(&w.c, at, &info);
        CHECK(info.overload < info.overload_before
              || (info.overload == info.overload_before && info.cost <= info.cost_before));
        for (s = 0; s < w.c.shards; s++) check_refusal(&w.c, at, &info, s);
        moved += info.moves > 0;
    }
    CHECK(moved > 1500);
}

/* Budgets and few targets: still legal and costed right. */
static void test_plan_limits(void)
{
    static world w;
    int32_t at[PC_MAX];
    psc_plan_info info;
    psc_plan_config config;
    uint64_t seed;
    int s;
    for (seed = 0; seed < 1500; seed++) {
        psc_plan_default(&config);
        config.max_moves = (int64_t)(seed % 5);
        config.max_move_cost = (int64_t)(seed % 7);
        config.targets = (int32_t)(seed % 4);
        config.max_bytes = seed % 3 ? INT64_MAX : (int64_t)(seed % 11);
        config.max_node_moves = seed % 2 ? INT32_MAX : (int32_t)(seed % 3);
        config.cooldown = (int64_t)(seed % 100);
        config.horizon = seed % 5 ? 0 : 4000;
        random_world(&w, seed + 10000);
        memset(at, 0, sizeof at);
        CHECK_STATUS(run_plan(&w.c, &config, INT64_MAX, at, &info), PSC_OK);
        CHECK_INT(pc_plan(&w.c, at), 0);
        check_terms(&w.c, at, &info);
        CHECK(info.moves <= config.max_moves && info.bytes <= config.max_bytes);
        CHECK(pc_touches(&w.c, at) <= config.max_node_moves);
        for (s = 0; w.c.rested && s < w.c.shards; s++) {
            CHECK(at[s] == pc_home(&w.c, s) || w.rested[s] >= config.cooldown);
        }
        if (w.c.weight_move == 1) CHECK(info.move <= config.max_move_cost);
    }
}

/* Annealing stays legal and within the budgets, its terms are right, and it is never worse than the descent it follows;
 * so also when its horizon is set anew on the way. */
static void test_plan_anneal(void)
{
    static world w;
    int32_t at[PC_MAX];
    psc_plan_info info, descent;
    psc_plan_config config;
    uint64_t seed;
    int better = 0;
    for (seed = 0; seed < 1500; seed++) {
        psc_plan_default(&config);
        if (seed % 3 == 0) config.max_moves = (int64_t)(seed % 5), config.max_move_cost = (int64_t)(seed % 7);
        random_world(&w, seed + 70000);
        memset(at, 0, sizeof at);
        CHECK_STATUS(run_plan(&w.c, &config, INT64_MAX, at, &descent), PSC_OK);
        config.horizon = 1 + (int64_t)(seed % 9) * 1500;
        config.seed = seed;
        CHECK_STATUS(run_plan(&w.c, &config, 1 + (int64_t)(seed % 1000), at, &info), PSC_OK);
        CHECK_INT(pc_plan(&w.c, at), 0);
        check_terms(&w.c, at, &info);
        CHECK(info.moves <= config.max_moves && info.bound <= info.cost);
        if (w.c.weight_move == 1) CHECK(info.move <= config.max_move_cost);
        CHECK(info.overload < descent.overload || (info.overload == descent.overload && info.cost <= descent.cost));
        better += info.cost < descent.cost;
    }
    CHECK(better > 100);
}

/* A search in slices and one in a single call end alike; a horizon can be moved only where there is one. */
static void test_plan_aim(void)
{
    static world w;
    int32_t at[PC_MAX], other[PC_MAX];
    psc_plan_info info;
    psc_plan_config config;
    uint64_t seed;
    size_t bytes;
    psc_plan_default(&config);
    for (seed = 0; seed < 200; seed++) {
        random_world(&w, seed + 80000);
        config.horizon = 6000;
        config.seed = seed;
        memset(at, 0, sizeof at);
        memset(other, 0, sizeof other);
        CHECK_STATUS(run_plan(&w.c, &config, 7, at, &info), PSC_OK);
        CHECK_STATUS(run_plan(&w.c, &config, INT64_MAX, other, NULL), PSC_OK);
        CHECK(memcmp(at, other, sizeof at) == 0);
    }
    bytes = psc_plan_size(&w.c, &config);
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_OK);
    CHECK_STATUS(psc_plan_aim(plan_memory(), &w.c, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_plan_aim(plan_memory(), &w.c, 1), PSC_OK);
    CHECK_STATUS(psc_plan_step(plan_memory(), &w.c, 100000), PSC_OK);
    CHECK_STATUS(psc_plan_aim(NULL, &w.c, 1), PSC_ERR_NULL);
    config.horizon = -1;
    CHECK_INT(psc_plan_size(&w.c, &config), 0);
    config.horizon = 0;
    CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_OK);
    CHECK_STATUS(psc_plan_aim(plan_memory(), &w.c, 1), PSC_ERR_RANGE);
}

/* Slices of any size leave the state of one call with their sum, bit for bit, and every best is legal. */
static void test_plan_slices(void)
{
    static world w;
    psc_plan_config config;
    psc_plan_info info;
    int32_t at[PC_MAX];
    uint64_t seed;
    psc_plan_default(&config);
    for (seed = 0; seed < 300; seed++) {
        const int64_t slice = 1 + (int64_t)(seed % 13);
        size_t bytes;
        int64_t sum = 0;
        int k;
        random_world(&w, seed + 20000);
        bytes = psc_plan_size(&w.c, &config);
        memset(memory, seed % 2 ? 0xFF : 0xAA, bytes);
        memset(spare, seed % 2 ? 0xFF : 0xAA, bytes);
        CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_OK);
        for (k = 0; k < 40; k++) {
            const psc_status one = psc_plan_step(plan_memory(), &w.c, slice);
            sum += slice;
            CHECK_STATUS(psc_plan_init((psc_plan *)(void *)spare, bytes, &w.c, &config), PSC_OK);
            CHECK_STATUS(psc_plan_step((psc_plan *)(void *)spare, &w.c, sum), one);
            CHECK_STATUS(psc_plan_best(plan_memory(), &w.c, at, &info), PSC_OK);
            CHECK_INT(pc_plan(&w.c, at), 0);
            CHECK_INT(info.done, one == PSC_OK);
            if (one == PSC_MORE) CHECK(memcmp(memory, spare, bytes) == 0);
        }
    }
}

/* What the memory held before means nothing, and the search goes on where it is moved to. */
static void test_plan_memory(void)
{
    static const int fill[3] = {0x00, 0xAA, 0xFF};
    static world w;
    psc_plan_config config;
    int32_t at[3][PC_MAX];
    uint64_t seed;
    int k;
    psc_plan_default(&config);
    memset(at, 0, sizeof at);
    for (seed = 0; seed < 200; seed++) {
        random_world(&w, seed + 30000);
        for (k = 0; k < 3; k++) {
            const size_t bytes = psc_plan_size(&w.c, &config);
            psc_plan *copy = (psc_plan *)(void *)spare;
            memset(memory, fill[k], sizeof memory);
            CHECK_STATUS(psc_plan_init(plan_memory(), bytes, &w.c, &config), PSC_OK);
            CHECK(psc_plan_step(plan_memory(), &w.c, 20) >= 0);
            memcpy(spare, memory, bytes);
            memset(memory, 0x77, bytes);
            CHECK_STATUS(psc_plan_step(copy, &w.c, INT64_MAX), PSC_OK);
            CHECK_STATUS(psc_plan_best(copy, &w.c, at[k], NULL), PSC_OK);
        }
        CHECK(memcmp(at[0], at[1], sizeof at[0]) == 0 && memcmp(at[0], at[2], sizeof at[0]) == 0);
    }
}

/* A plan that was carried out leaves nothing to do; a resource in smaller units changes nothing. */
static void test_plan_metamorphic(void)
{
    static world w;
    int32_t at[PC_MAX], again[PC_MAX];
    psc_plan_info info;
    uint64_t seed;
    int i;
    for (seed = 0; seed < 1000; seed++) {
        random_world(&w, seed + 40000);
        w.c.transient = NULL;
        memset(at, 0, sizeof at);
        memset(again, 0, sizeof again);
        CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
        for (i = 0; i < w.c.nodes * w.c.resources; i++) { w.capacity[i] *= 8; w.soft[i] *= 8; }
        for (i = 0; i < w.c.shards * w.c.resources; i++) w.demand[i] *= 8;
        for (i = 0; i < w.c.shards; i++) w.price[i] *= 8;
        for (i = 0; i < 9; i++) w.distance[i] *= 8;
        for (i = 0; i < 8; i++) w.pair[i].weight *= 8;
        for (i = 0; i < w.c.shards; i++) w.impact[i] *= 8;
        w.c.weight_group *= 8;
        if (!w.c.move_cost) w.c.weight_move *= 8;
        for (i = 0; i < w.c.nodes * w.c.resources; i++) if (w.capacity[i] == 0) break;
        CHECK_STATUS(run_plan(&w.c, NULL, 1000, again, NULL), PSC_OK);
        if (i == w.c.nodes * w.c.resources) CHECK(memcmp(at, again, sizeof at) == 0);   /* 0 counts as 1 unit */
        if (w.c.weight_move > 0 && !w.c.place && w.c.weight_group == 0 && !w.c.move_cost && !w.c.going) {
            memcpy(w.home, again, sizeof w.home);
            CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
            CHECK_INT(info.moves, 0);
        }
    }
}

static void test_plan_balanced(void)
{
    static world w;
    int32_t at[6];
    psc_plan_info info;
    int s;
    plain_world(&w);
    for (s = 3; s < 6; s++) w.home[s] = 1;
    CHECK_STATUS(run_plan(&w.c, NULL, 1000, at, &info), PSC_OK);
    CHECK(info.moves == 0 && info.cost == 0);
    CHECK(info.evaluations <= 12);
}

/* ==== Reasons =================================================================================== */

/* One shard, two nodes, made to be refused for each reason in turn. */
static void test_reasons(void)
{
    static world w;
    psc_plan_config config;
    psc_refusal x;
    int32_t block;
    for (block = PSC_BLOCK_NONE; block <= PSC_BLOCK_NO_GAIN; block++) {
        plain_world(&w);
        psc_plan_default(&config);
        w.c.groups = 2;
        w.c.group = w.group;
        w.group[1] = w.group[2] = w.group[3] = w.group[4] = w.group[5] = 1;
        w.c.zone = w.zone;
        w.c.domain = w.domain;
        w.zone[1] = w.domain[1] = 1;
        if (block == PSC_BLOCK_HERE) w.c.nodes = 1, w.zone[1] = 0;
        if (block == PSC_BLOCK_PINNED) w.c.pinned = w.pinned, w.pinned[0] = 1;
        if (block == PSC_BLOCK_GOING) w.c.going = w.going, w.going[0] = 1;
        if (block == PSC_BLOCK_RESTING) w.c.rested = w.rested, w.rested[0] = 9, config.cooldown = 10;
        if (block == PSC_BLOCK_CLOSED) w.c.closed = w.closed, w.closed[1] = 1;
        if (block == PSC_BLOCK_BUDGET) config.max_moves = 0;
        if (block == PSC_BLOCK_CAPACITY) w.capacity[1] = 9;
        if (block == PSC_BLOCK_CONFLICT) w.group[5] = 0, w.group[0] = 0, w.home[5] = 1;
        if (block == PSC_BLOCK_SPREAD) continue;        /* below: it needs three nodes */
        if (block == PSC_BLOCK_TRANSIENT) continue;     /* below: it needs a move before */
        if (block == PSC_BLOCK_DEPENDENCY) {
            w.c.depend_from = w.depend_from, w.c.depend = w.depend;
            w.depend_from[1] = w.depend_from[2] = 1, w.depend[0] = 1;
        }
        if (block == PSC_BLOCK_NO_GAIN) w.c.weight_move = 11;
        CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
        CHECK_STATUS(psc_plan_init(plan_memory(), sizeof memory, &w.c, &config), PSC_OK);
        CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 0, &x), PSC_OK);
        CHECK_INT(x.block, block);
        CHECK_INT(x.node, block == PSC_BLOCK_HERE ? -1 : block != PSC_BLOCK_GOING);
        CHECK_INT(x.resource, block == PSC_BLOCK_CAPACITY ? 0 : -1);
        CHECK_INT(x.count[block], 1);
        CHECK_INT(x.gain, block == PSC_BLOCK_NONE ? 9 : block == PSC_BLOCK_NO_GAIN ? -1 : 0);
    }
}

static void test_reason_spread(void)
{
    static world w;
    psc_plan_config config;
    psc_refusal x;
    plain_world(&w);
    psc_plan_default(&config);
    w.c.nodes = 3;
    w.c.shards = 2;
    w.capacity[2] = 100;
    w.c.groups = 1;
    w.c.group = w.group;
    w.c.domain = w.domain;
    w.c.spread = w.spread;
    w.domain[0] = 0, w.domain[1] = 1, w.domain[2] = 1;
    w.spread[0] = 2;
    w.home[1] = 1;
    CHECK_STATUS(psc_plan_init(plan_memory(), sizeof memory, &w.c, &config), PSC_OK);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 0, &x), PSC_OK);
    CHECK(x.block == PSC_BLOCK_SPREAD && x.node == 2 && x.count[PSC_BLOCK_CONFLICT] == 1);
}

/* Shard 0 (60 of 100) leaves node 0; its copy there keeps shard 1 from coming. */
static void test_reason_transient(void)
{
    static world w;
    psc_refusal x;
    int32_t at[2];
    plain_world(&w);
    w.c.shards = 2;
    w.demand[0] = 60, w.demand[1] = 50;
    w.soft[0] = 50, w.soft[1] = 10;
    w.capacity[1] = 200;
    w.c.weight = w.weight;
    w.weight[0] = 1;
    w.c.transient = w.transient;
    w.transient[0] = 1;
    w.home[1] = 1;
    w.soft[0] = 0, w.soft[1] = 200;
    CHECK_STATUS(run_plan(&w.c, NULL, 100, at, NULL), PSC_OK);
    CHECK_INT(at[0], 1);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 1, &x), PSC_OK);
    CHECK(x.block == PSC_BLOCK_TRANSIENT && x.resource == 0 && x.node == 0);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 0, &x), PSC_OK);
    CHECK_INT(x.block, PSC_BLOCK_NO_GAIN);              /* back home it may */
}

/* A block belongs to a cluster of its sizes, each of them. */
static void test_plan_sizes(void)
{
    static world w;
    psc_plan_config config;
    psc_cluster other;
    psc_plan_info info;
    int i;
    plain_world(&w);
    psc_plan_default(&config);
    w.c.groups = 2, w.c.group = w.group;
    CHECK_STATUS(psc_plan_init(plan_memory(), sizeof memory, &w.c, &config), PSC_OK);
    for (i = 0; i < 7; i++) {
        other = w.c;
        if (i == 1) other.resources = 2;
        if (i == 2) other.nodes = 1;
        if (i == 3) other.groups = 1;
        if (i == 4) other.balances = 1, other.balance = w.balance;
        if (i == 5) other.places = 1;
        if (i == 6) other.pairs = 1, other.pair = w.pair;
        CHECK_STATUS(psc_plan_best(plan_memory(), &other, NULL, &info), i == 0 ? PSC_OK : PSC_ERR_STATE);
    }
    other = w.c;
    other.nodes = 1 << 20, other.balances = 4094, other.balance = w.balance;    /* 2^35 bytes and a little */
    CHECK((psc_plan_size(&other, &config) == 0) == (sizeof(size_t) == 4));
}

/* Costs at the limit of psc_cluster_check, of a move, of load, of a pair: annealing has room for them. */
static void test_plan_dear(void)
{
    static world w;
    int32_t at[2];
    psc_plan_config config;
    psc_plan_info info;
    int i;
    psc_plan_default(&config);
    config.horizon = 5000;
    for (i = 0; i < 3; i++) {
        plain_world(&w);
        w.c.shards = 2, w.c.weight = w.weight, w.c.weight_move = 0;
        w.capacity[0] = w.capacity[1] = i == 2 ? 10 : 20;
        w.weight[0] = 0;
        if (i == 0) w.c.weight_move = INT64_C(1) << 61;
        if (i == 1) w.weight[0] = (INT64_C(1) << 62) / 20, w.soft[0] = w.soft[1] = 0;
        if (i == 2) w.c.pairs = 1, w.c.pair = w.pair, w.c.weight_apart = 4, w.home[1] = 1;
        w.pair[0].a = 0, w.pair[0].b = 1, w.pair[0].weight = INT64_C(1) << 60;
        CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
        CHECK_STATUS(run_plan(&w.c, &config, 1000, at, &info), PSC_OK);
        CHECK(info.cost == info.cost_before && info.moves == 0);
    }
}

/* What is above capacity counts at most 2^36 millionths, and all of it below. */
static void test_plan_overload_most(void)
{
    static const int64_t cases[][2] = {{68720, INT64_C(68719000000)}, {68721, INT64_C(1) << 36}};
    static world w;
    psc_plan_info info;
    int i;
    for (i = 0; i < 2; i++) {
        plain_world(&w);
        w.c.nodes = w.c.shards = w.capacity[0] = 1;
        w.demand[0] = cases[i][0];
        CHECK_STATUS(run_plan(&w.c, NULL, 1000, NULL, &info), PSC_OK);
        CHECK_INT(info.overload, cases[i][1]);
    }
}

/* Soft amounts without end have no sum: the bound does without it. */
static void test_plan_soft_sum(void)
{
    static world w;
    static int64_t capacity[1100], soft[1100];
    psc_plan_config config;
    psc_plan_info info;
    int n;
    plain_world(&w);
    psc_plan_default(&config);
    for (n = 0; n < 1100; n++) capacity[n] = 100, soft[n] = PSC_MAX_AMOUNT;
    w.c.nodes = 1100, w.c.capacity = capacity, w.c.soft = soft;
    CHECK_STATUS(psc_plan_init(plan_memory(), sizeof memory, &w.c, &config), PSC_OK);
    CHECK_STATUS(psc_plan_best(plan_memory(), &w.c, NULL, &info), PSC_OK);
    CHECK(info.bound == 0 && info.cost == 0);
}

/* Relief of an overload is a reason to move even where nothing is gained. */
static void test_reason_overload(void)
{
    static world w;
    psc_plan_config config;
    psc_refusal x;
    plain_world(&w);
    psc_plan_default(&config);
    w.capacity[0] = 50, w.soft[0] = w.soft[1] = 100;
    CHECK_STATUS(psc_plan_init(plan_memory(), sizeof memory, &w.c, &config), PSC_OK);
    CHECK_STATUS(psc_plan_explain(plan_memory(), &w.c, 0, &x), PSC_OK);
    CHECK(x.block == PSC_BLOCK_NONE && x.node == 1 && x.gain == -1);
}

static void test_block_text(void)
{
    int32_t a, b;
    for (a = 0; a < PSC_BLOCK_COUNT; a++) {
        CHECK(psc_block_text(a) && psc_block_text(a)[0] != 0);
        for (b = -1; b < a; b++) CHECK(strcmp(psc_block_text(a), psc_block_text(b)) != 0);
    }
    CHECK(strcmp(psc_block_text(INT32_MIN), psc_block_text(PSC_BLOCK_COUNT)) == 0);
}

/* ==== Waves ===================================================================================== */

static psc_status run_waves(const psc_cluster *c, const psc_waves_config *config, const int32_t *want,
                            psc_move *order, psc_waves_info *info)
{
    psc_waves_config standard;
    psc_waves_default(&standard);
    return psc_waves_of(c, config ? config : &standard, want, memory, psc_waves_size(c), order, PC_MAX, info);
}

static void test_waves_plain(void)
{
    static world w;
    const int32_t want[6] = {1, 1, 1, 0, 0, 0};
    psc_move order[PC_MAX];
    psc_waves_info info;
    plain_world(&w);
    CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);
    CHECK(info.waves == 2 && info.moves == 3 && info.stuck == 0);
    CHECK(order[0].shard == 0 && order[1].shard == 1 && order[2].shard == 2 && order[2].wave == 1);
    CHECK(order[0].from == 0 && order[0].to == 1 && order[0].resource == -1);
    CHECK_STATUS(run_waves(&w.c, NULL, w.home, order, &info), PSC_OK);
    CHECK(info.waves == 0 && info.moves == 0 && info.stuck == 0);
}

/* Two shards that would change places in full nodes cannot; with room for one they take two waves. */
static void test_waves_swap(void)
{
    static world w;
    const int32_t want[2] = {1, 0};
    psc_move order[PC_MAX];
    psc_waves_info info;
    plain_world(&w);
    w.c.shards = 2;
    w.demand[0] = w.demand[1] = 60;
    w.home[1] = 1;
    CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);
    CHECK(info.waves == 0 && info.stuck == 2 && order[0].wave == -1);
    CHECK(order[0].block == PSC_BLOCK_CAPACITY && order[0].resource == 0);
    w.capacity[1] = 120;
    CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);
    CHECK(info.waves == 2 && info.stuck == 0 && order[0].shard == 0 && order[1].wave == 1);
    w.c.transient = w.transient;        /* a copy is gone when its move has ended */
    w.transient[0] = 1;
    CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);
    CHECK(info.waves == 2 && info.stuck == 0);
}

static void test_waves_stuck(void)
{
    static world w;
    const int32_t want[6] = {1, 1, 1, 0, 0, 0};
    psc_move order[PC_MAX];
    psc_waves_info info;
    plain_world(&w);
    w.c.pinned = w.pinned;
    w.pinned[1] = 1;
    CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);
    CHECK(info.waves == 1 && info.moves == 2 && info.stuck == 1);
    CHECK(order[2].shard == 1 && order[2].block == PSC_BLOCK_PINNED);
    w.c.pinned = NULL;
    w.c.closed = w.closed;
    w.closed[1] = 1;
    CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);
    CHECK(info.waves == 0 && info.stuck == 3 && order[0].block == PSC_BLOCK_CLOSED);
}

/* Shard 0 needs one of group 1 near; 1 and 2 are of it. Shard 0 goes to the zone that 2 leaves: whichever begins
 * first, the other must wait, and here for ever. */
static void test_waves_in_flight(void)
{
    static world w;
    const int32_t want[3] = {2, 0, 1}, home[3] = {0, 0, 3};
    psc_move order[PC_MAX];
    psc_waves_info info;
    psc_waves_config config;
    int n, larger;
    psc_waves_default(&config);
    config.strict = 1;
    for (larger = 0; larger < 2; larger++) {
        plain_world(&w);
        w.c.nodes = 4;
        w.c.shards = 3;
        w.c.groups = 2;
        w.c.group = w.group;
        w.c.zone = w.zone;
        w.c.depend_from = w.depend_from, w.c.depend = w.depend;
        w.depend_from[1] = w.depend_from[2] = 1, w.depend[0] = 1;
        w.group[1] = w.group[2] = 1;
        w.zone[2] = w.zone[3] = 1;
        for (n = 0; n < 4; n++) w.capacity[n] = w.soft[n] = 100;
        memcpy(w.home, home, sizeof home);
        if (larger) w.demand[2] = 20;
        CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
        CHECK_STATUS(run_waves(&w.c, &config, want, order, &info), PSC_OK);
        CHECK(info.waves == 1 && info.moves == 1 && info.stuck == 1);
        CHECK_INT(order[0].shard, larger ? 2 : 0);
        CHECK_INT(order[1].block, PSC_BLOCK_DEPENDENCY);
        CHECK_STATUS(run_waves(&w.c, NULL, want, order, &info), PSC_OK);    /* it may be strained on the way */
        CHECK(info.waves == 1 && info.moves == 2 && info.stuck == 0 && info.strained == 1);
        CHECK_INT(order[larger].block, PSC_BLOCK_NONE);
        CHECK_INT(order[1 - larger].block, PSC_BLOCK_DEPENDENCY);
    }
}

static void test_waves_errors(void)
{
    static world w;
    int32_t want[6] = {1, 1, 1, 0, 0, 0};
    psc_move order[6], same[6];
    psc_waves_config config;
    psc_waves_info info;
    size_t bytes;
    plain_world(&w);
    psc_waves_default(&config);
    bytes = psc_waves_size(&w.c);
    CHECK(psc_waves_size(NULL) == 0);
    CHECK(bytes > 0);
    memset(order, 0x44, sizeof order);
    memset(&info, 0, sizeof info);
    memcpy(same, order, sizeof order);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes - 1, order, 6, &info), PSC_ERR_SPACE);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 2, &info), PSC_ERR_SPACE);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, (char *)memory + 4, bytes, order, 6, &info), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, NULL, bytes, order, 6, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_waves_of(&w.c, &config, NULL, memory, bytes, order, 6, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_waves_of(&w.c, NULL, want, memory, bytes, order, 6, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_waves_of(NULL, &config, want, memory, bytes, order, 6, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, NULL, 6, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, NULL), PSC_ERR_NULL);
    config.per_node = 0;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    config.per_node = 1;
    config.total = 0;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    config.total = 1;
    config.trials = 0;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    config.trials = 1025;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    config.trials = 1;
    config.parks = -1;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    config.parks = 0;
    config.bytes = 0;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    config.bytes = 1;
    want[0] = 2;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_RANGE);
    want[0] = 1;
    config.struct_size = 0;
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_VERSION);
    CHECK(memcmp(order, same, sizeof order) == 0 && info.moves == 0);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 6, &info), PSC_ERR_VERSION);
    psc_waves_default(&config);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, 3, &info), PSC_OK);
    CHECK_STATUS(psc_waves_of(&w.c, &config, want, memory, bytes, order, SIZE_MAX, &info), PSC_OK);
    w.c.shards = INT32_MAX;
    CHECK((psc_waves_size(&w.c) == 0) == (sizeof(size_t) == 4));    /* more bytes than 32 bits can tell */
}

/* A cluster of one resource that is larger than those which plan_check.h judges. */
typedef struct crowd {
    psc_cluster c;
    int64_t capacity[6], demand[4100];
    int32_t home[4100], want[4100];
} crowd;

static void crowd_of(crowd *w, const int64_t *capacity)
{
    memset(w, 0, sizeof *w);
    memcpy(w->capacity, capacity, sizeof w->capacity);
    psc_cluster_default(&w->c);
    w->c.resources = 1;
    w->c.nodes = 6;
    w->c.capacity = w->capacity;
    w->c.demand = w->demand;
    w->c.home = w->home;
}

static void join(crowd *w, int n, int64_t demand, int32_t home, int32_t want)
{
    for (; n > 0; n--) {
        const int s = w->c.shards++;
        w->demand[s] = demand;
        w->home[s] = home;
        w->want[s] = want;
    }
}

/* One order, with room for so many entries beyond one for each shard; the first shard that moves, -1: none does. */
static int32_t crowd_waves(const crowd *w, int more, int32_t total, psc_waves_info *info)
{
    static psc_move order[4100];
    psc_waves_config config;
    psc_waves_default(&config);
    config.trials = 1;
    config.total = total;
    CHECK(psc_waves_size(&w->c) <= sizeof memory);
    CHECK_STATUS(psc_waves_of(&w->c, &config, w->want, memory, sizeof memory,
                              order, (size_t)(w->c.shards + more), info), PSC_OK);
    return info->moves > 0 ? order[0].shard : -1;
}

/* Shard 1 leaves where `waiting` wait and shard 0 where one less does. The one that lets most in goes first, then the
 * lower one; of those that wait 64 are asked, so that 65 are no more than 64. */
static void test_waves_seen(void)
{
    static const int64_t capacity[6] = {100, 100, 200, 200, 0, 0};
    static crowd w;
    psc_waves_info info;
    int waiting;
    for (waiting = 63; waiting <= 66; waiting++) {
        crowd_of(&w, capacity);
        join(&w, 1, 100, 0, 2);
        join(&w, 1, 100, 1, 2);
        join(&w, waiting - 1, 1, 3, 0);
        join(&w, waiting, 1, 3, 1);
        CHECK_INT(crowd_waves(&w, 0, 1, &info), waiting <= 64 ? 1 : 0);
        CHECK(info.stuck == 0 && info.waves == w.c.shards && info.parks == 0);
    }
}

/* Two that would change places in full nodes, and a third node for one of them, behind smaller ones that cannot move.
 * Which of the 1,024 smallest to park is asked first, and the way back takes an entry; to clear a node takes two. */
static void test_waves_candidates(void)
{
    static const int64_t capacity[6] = {10, 10, 10, 2000, 10, 0};
    static const struct { int hopeless, more, moves; } cases[] = {
        {0, 0, 0}, {0, 1, 3}, {1022, 1, 3}, {1023, 1, 3}, {1024, 1, 0}, {1024, 2, 3}
    };
    static crowd w;
    psc_waves_info info;
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        crowd_of(&w, capacity);
        join(&w, 1, 10, 0, 1);
        join(&w, 1, 10, 1, 0);
        join(&w, 1, 10, 4, 4);
        join(&w, cases[i].hopeless, 1, 3, 4);
        crowd_waves(&w, cases[i].more - 1, INT32_MAX, &info);
        CHECK_INT(info.moves, cases[i].moves);
        CHECK_INT(info.stuck, cases[i].hopeless + (cases[i].moves > 0 ? 0 : 2));
        CHECK_INT(info.parks, cases[i].moves > 0);
    }
}

/* One that two others must make room for, each on a node of its own, behind larger ones that cannot move: for so many
 * moves it is asked what clearing their targets takes. */
static void test_waves_rooms(void)
{
    static const int64_t capacity[6] = {10, 10, 5, 5, 1, 0};
    static crowd w;
    psc_waves_info info;
    int hopeless;
    for (hopeless = 4094; hopeless <= 4096; hopeless++) {
        const int cleared = hopeless < 4096;
        crowd_of(&w, capacity);
        join(&w, 1, 10, 0, 1);
        join(&w, 2, 5, 1, 0);
        join(&w, hopeless, 2, 5, 4);
        w.capacity[5] = 2 * hopeless;
        crowd_waves(&w, 3, INT32_MAX, &info);
        CHECK_INT(info.moves, cleared ? 5 : 0);
        CHECK_INT(info.stuck, hopeless + (cleared ? 0 : 3));
        CHECK_INT(info.parks, 2 * cleared);
        CHECK_INT(info.waves, 3 * cleared);
    }
}

/* Two full nodes that change all their shards, by a third with one place: a chain as long as the moves, and after the
 * first wave no node that takes another. With every candidate asked anew what could follow it this takes an hour. */
static void test_waves_exchange(void)
{
    static const int64_t capacity[6] = {2000, 2000, 10};
    static crowd w;
    psc_waves_info info;
    crowd_of(&w, capacity);
    join(&w, 200, 10, 0, 1);
    join(&w, 200, 10, 1, 0);
    crowd_waves(&w, 1, INT32_MAX, &info);
    CHECK(info.waves == 401 && info.moves == 401 && info.parks == 1 && info.stuck == 0);
}

/* Full nodes lack more for a shard that is to come than the largest amount of one. */
static void test_waves_lack(void)
{
    static const int64_t capacity[6] = {0, 0, PSC_MAX_AMOUNT / 2};
    static const int32_t home[21] = {1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 2};
    static const int32_t want[21] = {0, 0, 1, 0, 2, 1, 2, 2, 2, 1, 1, 2, 2, 2, 2, 2, 1, 0, 2, 1, 0};
    static const int half[21] = {1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0};
    static crowd w;
    psc_waves_info info;
    int s;
    crowd_of(&w, capacity);
    w.c.nodes = 3;
    for (s = 0; s < 21; s++) join(&w, 1, PSC_MAX_AMOUNT >> half[s], home[s], want[s]);
    CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
    crowd_waves(&w, 100, INT32_MAX, &info);
    CHECK(info.moves == 0 && info.stuck == 17);
}

/* Node 3 is cleared for shard 0 in three waves, one shard each; the first that leaves lets shard 2 go, which without it
 * would leave its group in one domain, so that shard 0 finds room where the plan wants it and needs node 3 no more. */
static void test_waves_needless(void)
{
    static const int64_t capacity[16] = {9, 1, 9, 1, 9, 0, 9, 6, 9, 1, 3, 2, 3, 2, 3, 2};
    static const int64_t demand[12] = {9, 1, 9, 1, 9, 0, 3, 2, 3, 2, 3, 2};
    static const int32_t domain[8] = {3, 0, 1, 1, 3, 2, 2, 2};
    static const int32_t home[6] = {0, 4, 1, 3, 3, 3}, want[6] = {1, 0, 2, 3, 3, 3};
    static const int32_t group[6] = {1, 2, 0, 0, 3, 4}, spread[5] = {2, 1, 1, 1, 1};
    psc_cluster c;
    psc_waves_config config;
    psc_waves_info info;
    psc_move order[PC_MAX];
    psc_cluster_default(&c);
    c.resources = 2, c.nodes = 8, c.shards = 6, c.groups = 5;
    c.capacity = capacity, c.demand = demand, c.home = home, c.domain = domain, c.group = group, c.spread = spread;
    psc_waves_default(&config);
    config.per_node = 1;
    config.strict = 1;
    CHECK_STATUS(run_waves(&c, &config, want, order, &info), PSC_OK);
    CHECK_INT(pc_waves(&c, &config, want, order, &info), 0);
    CHECK(order[0].shard == 3 && order[0].to == 5 && order[1].shard == 2 && order[2].shard == 4 && order[1].wave == 1);
    CHECK(order[3].shard == 0 && order[3].wave == 2 && order[3].to == 1 && order[4].shard == 5 && order[4].wave == 2);
    CHECK(info.parks == 3 && info.moves == 8 && info.stuck == 1);
    CHECK(order[8].shard == 3 && order[8].block == PSC_BLOCK_SPREAD);   /* the plan itself is no better */
}

static uint64_t orders = 6000;      /* how many, or what the command line says */

/* Waves of a plan or of random targets, each with every subset of its moves; memory of any content. */
static void order_world(uint64_t seed, psc_waves_info *info)
{
    static world w;
    int32_t want[PC_MAX], s;
    psc_move order[PC_MAX];
    psc_waves_config config;
    uint64_t rng = seed;
    random_world(&w, seed + 50000);
    if (seed % 2) w.c.pinned = NULL, w.c.closed = NULL;
    memset(want, 0, sizeof want);
    if (seed % 3) CHECK_STATUS(run_plan(&w.c, NULL, 1000, want, NULL), PSC_OK);
    else for (s = 0; s < w.c.shards; s++) want[s] = pick(&rng, 2) ? w.home[s] : pick(&rng, w.c.nodes);
    psc_waves_default(&config);
    config.per_node = 1 + pick(&rng, 5);
    config.strict = pick(&rng, 4) == 0;
    config.bytes = pick(&rng, 3) ? INT64_MAX : 1 + pick(&rng, 9);
    config.parks = pick(&rng, 3) ? INT32_MAX : pick(&rng, 3);
    if (pick(&rng, 4) == 0) config.total = 1 + pick(&rng, 3);
    config.trials = 1 + pick(&rng, 3);
    memset(memory, (int)(seed % 256), sizeof memory);
    CHECK_STATUS(run_waves(&w.c, &config, want, order, info), PSC_OK);
    CHECK_INT(pc_waves(&w.c, &config, want, order, info), 0);
}

/* The first seeds past the usual number of orders that have found a fault:
 *     19806   a stuck move without a reason, where the order's entries end while a node is being cleared */
static void test_waves_random(void)
{
    static const uint64_t faults[] = {19806};
    psc_waves_info info;
    uint64_t seed;
    size_t i;
    int moves = 0, stuck = 0;
    for (seed = 0; seed < orders; seed++) {
        order_world(seed, &info);
        moves += info.moves;
        stuck += info.stuck;
    }
    CHECK(moves > 5000 && stuck > 500);
    for (i = 0; i < sizeof faults / sizeof faults[0]; i++) order_world(faults[i], &info);
    order_world(40830, &info);      /* its first order has 6 stuck after 3 waves, its second 5 after 4 */
    CHECK(info.stuck == 5 && info.waves == 4);
}

/* Never below the optima that tests/check/plan_exact.c has proved, and within 1 % of them. */
static void test_plan_optima(void)
{
    FILE *f = fopen("tests/vectors/plan_small.txt", "r");
    static world w;
    int32_t at[PC_MAX];
    psc_plan_config config;
    psc_plan_info info;
    long seed, optimum;
    int models = 0, near = 0;
    CHECK(f != NULL);
    while (f && models < 50 && fscanf(f, "%ld %ld", &seed, &optimum) == 2) {
        small_world(&w, (uint64_t)seed);
        small_limits(&config, (uint64_t)seed);
        config.horizon = 50000;
        memset(at, 0, sizeof at);
        CHECK_STATUS(psc_cluster_check(&w.c), PSC_OK);
        CHECK_STATUS(run_plan(&w.c, &config, 100000, at, &info), PSC_OK);
        CHECK(info.overload == 0 && info.cost >= optimum && info.bound <= optimum);
        CHECK_INT(pc_plan(&w.c, at), 0);
        near += info.cost <= optimum + optimum / 100;
        models++;
    }
    if (f) fclose(f);
    CHECK_INT(models, 50);
    CHECK_INT(near, models);
}

/* partition [ORDERS] */
int main(int argc, char **argv)
{
    if (argc > 1) orders = strtoull(argv[1], NULL, 10);
    RUN(test_default);
    RUN(test_check_fields);
    RUN(test_check_groups);
    RUN(test_check_balance);
    RUN(test_check_total);
    RUN(test_amounts);
    RUN(test_soft);
    RUN(test_imbalance);
    RUN(test_imbalance_resources);
    RUN(test_imbalance_errors);
    RUN(test_imbalance_move);
    RUN(test_fault_arrays);
    RUN(test_fault_rest);
    RUN(test_fault_alone);
    RUN(test_fault_first);
    RUN(test_field_text);
    RUN(test_risk_amounts);
    RUN(test_overload);
    RUN(test_provision);
    RUN(test_plan_plain);
    RUN(test_plan_ties);
    RUN(test_plan_overload);
    RUN(test_plan_drain);
    RUN(test_plan_budget);
    RUN(test_plan_pairs);
    RUN(test_plan_going);
    RUN(test_plan_resources);
    RUN(test_plan_scenarios);
    RUN(test_plan_levels);
    RUN(test_plan_errors);
    RUN(test_plan_random);
    RUN(test_plan_limits);
    RUN(test_plan_anneal);
    RUN(test_plan_aim);
    RUN(test_plan_optima);
    RUN(test_plan_slices);
    RUN(test_plan_memory);
    RUN(test_plan_metamorphic);
    RUN(test_plan_balanced);
    RUN(test_reasons);
    RUN(test_reason_spread);
    RUN(test_reason_transient);
    RUN(test_plan_sizes);
    RUN(test_plan_soft_sum);
    RUN(test_plan_dear);
    RUN(test_plan_overload_most);
    RUN(test_reason_overload);
    RUN(test_block_text);
    RUN(test_waves_plain);
    RUN(test_waves_swap);
    RUN(test_waves_stuck);
    RUN(test_waves_in_flight);
    RUN(test_waves_errors);
    RUN(test_waves_needless);
    RUN(test_waves_seen);
    RUN(test_waves_candidates);
    RUN(test_waves_rooms);
    RUN(test_waves_lack);
    RUN(test_waves_exchange);
    RUN(test_waves_random);
    return test_end();
}
