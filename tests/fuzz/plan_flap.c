/* plan_flap.c - how often can an input make shards move? Demands change from plan to plan as the bytes say, each plan is
 * carried out, and the time between them is chosen too. Two bounds of predscale.h must hold: with a cool-down a shard
 * moves at most once in each such time; and weight_move * moves <= fall of all other costs, so that over any number of
 * plans the price of all moves is at most what the changes of the input have added to the cost. The same input twice
 * in a row moves nothing, if the plan was one of descent.
 * The number of moves is a counter that libFuzzer tries to drive up. */
#include "fuzz.h"

enum { NODES = 5, SHARDS = 12, PLANS = 24 };

#if defined(__linux__) && defined(__clang__)
__attribute__((section("__libfuzzer_extra_counters")))
#endif
static uint8_t reached[1024];

static int64_t plan_once(const psc_cluster *c, const psc_plan_config *config, int32_t *at, psc_plan_info *info)
{
    size_t bytes = psc_plan_size(c, config);
    psc_plan *plan = (psc_plan *)block_of(bytes);

    REQUIRE(psc_plan_init(plan, bytes, c, config) == PSC_OK);
    REQUIRE(psc_plan_step(plan, c, 100000) == PSC_OK);
    REQUIRE(psc_plan_best(plan, c, at, info) == PSC_OK);
    free(plan);
    return info->moves;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    int64_t capacity[NODES], soft[NODES], demand[SHARDS], rested[SHARDS], last[SHARDS], now = 0;
    int64_t price, cooldown, total = 0, added = 0, before = 0;
    int32_t home[SHARDS], at[SHARDS], s, k;
    psc_cluster c;
    psc_plan_config config;
    psc_plan_info info;

    psc_cluster_default(&c);
    c.resources = 1;
    c.nodes = NODES;
    c.shards = SHARDS;
    c.capacity = capacity;
    c.soft = soft;
    c.demand = demand;
    c.home = home;
    c.rested = rested;
    c.weight_move = price = 1 + (int64_t)take_byte(&in) % 32;
    cooldown = (int64_t)take_byte(&in) % 64;
    psc_plan_default(&config);
    config.cooldown = cooldown;
    config.horizon = take_byte(&in) & 1 ? 2000 : 0;
    for (k = 0; k < NODES; k++) capacity[k] = 1000000;
    for (s = 0; s < SHARDS; s++) {
        home[s] = (int32_t)take_byte(&in) % NODES;
        demand[s] = 0;
        rested[s] = INT64_MAX;
        last[s] = -1;
    }
    for (k = 0; k < PLANS; k++) {
        const int64_t wait = (int64_t)take_byte(&in) % 16;
        const int same = take_byte(&in) > 230;
        for (s = 0; s < SHARDS && !same; s++) demand[s] = 8 * (int64_t)take_byte(&in);
        now += wait;
        for (s = 0; s < SHARDS; s++) rested[s] = last[s] < 0 ? INT64_MAX : now - last[s];
        REQUIRE(psc_soft_amounts(&c, 0.1, soft) == PSC_OK);
        REQUIRE(psc_cluster_check(&c) == PSC_OK);
        total += plan_once(&c, &config, at, &info);
        added += info.cost_before - before;             /* what the change of the input has added, or taken */
        before = info.cost - info.move;
        REQUIRE(total * price + before <= added);
        for (s = 0; s < SHARDS; s++) {
            if (at[s] == home[s]) continue;
            REQUIRE(last[s] < 0 || now - last[s] >= cooldown);
            last[s] = now;
            home[s] = at[s];
        }
        if (config.horizon > 0) continue;
        for (s = 0; s < SHARDS; s++) rested[s] = last[s] < 0 ? INT64_MAX : now - last[s];
        REQUIRE(plan_once(&c, &config, at, &info) == 0);    /* a descent leaves nothing to do */
    }
    reached[total < 1023 ? total : 1023] = 1;
    return 0;
}
