/* plan_exact COUNT : the optimum of the first COUNT models of tests/unit/worlds.h (small_world), proved by branch and
 * bound over all assignments, and what the planner finds. Prints a line a model: seed, optimum, planner's cost; with
 * `plan_exact COUNT vectors` only seed and optimum, which is tests/vectors/plan_small.txt. No solver of integer programs
 * is needed. Exit 1 if fewer than 95 of 100 are within 1 % of the optimum, 2 if one is below it.
 *
 * Shards are placed one after the other on every node that may hold them. Amounts only grow, so a branch ends where a
 * capacity (with what is transient) or a budget is exceeded, or where loads above soft, moves, distances, risks and
 * torn pairs alone cost as much as the best so far. Groups, spread, dependencies and all terms are judged at the leaves
 * by plan_check.h, which shares nothing with partition.c. */
#include "predscale.h"
#include "../test.h"
#include "../unit/plan_check.h"
#include "../unit/worlds.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct search {
    const psc_cluster *c;
    const psc_plan_config *config;
    int32_t at[PC_MAX];
    int64_t use[PC_MAX * 4], both[PC_MAX * 4];      /* amounts; with copies left behind            */
    int64_t best, moves, price, bytes, leaves;
} search;

/* The terms that only grow as shards are placed. */
static int64_t certain(const search *x, int placed)
{
    const psc_cluster *c = x->c;
    int64_t sum = 0;
    int n, r, s, p;
    for (n = 0; n < c->nodes; n++) for (r = 0; r < c->resources; r++) {
        const int i = n * c->resources + r;
        sum += c->load_weight[n] * c->weight[r] * pc_max(0, x->use[i] - c->soft[i]);
    }
    for (s = 0; s < placed; s++) {
        const int home = pc_home(c, s);
        sum += c->risk[x->at[s]] * c->impact[s] / 1000000;
        if (x->at[s] == home) continue;
        sum += c->weight_move * c->move_cost[s];
        sum += c->weight_distance * c->distance[c->place[home] * c->places + c->place[x->at[s]]];
    }
    for (p = 0; p < c->pairs; p++) {
        if (c->pair[p].a >= placed || c->pair[p].b >= placed) continue;
        if (x->at[c->pair[p].a] != x->at[c->pair[p].b]) sum += c->weight_apart * c->pair[p].weight;
    }
    return sum;
}

/* Puts shard s on node n (sign 1) or takes it off (-1). */
static void put(search *x, int s, int n, int sign)
{
    const psc_cluster *c = x->c;
    const int home = pc_home(c, s);
    int r;
    x->at[s] = n;
    for (r = 0; r < c->resources; r++) {
        const int64_t d = sign * c->demand[s * c->resources + r];
        x->use[n * c->resources + r] += d;
        x->both[n * c->resources + r] += d;
        if (home != n && c->transient[r]) x->both[home * c->resources + r] += d;
        if (home != c->home[s]) x->both[c->home[s] * c->resources + r] += d;
    }
    if (n == home) return;
    x->moves += sign;
    x->price += sign * c->move_cost[s];
    x->bytes += sign * c->size[s];
}

/* 1 if nothing that only grows is exceeded; a node that was above its capacity with copies may stay so. */
static int fits(const search *x, const int64_t *start)
{
    const psc_cluster *c = x->c;
    int i;
    for (i = 0; i < c->nodes * c->resources; i++) if (x->both[i] > pc_max(c->capacity[i], start[i])) return 0;
    return x->moves <= x->config->max_moves && x->price <= x->config->max_move_cost && x->bytes <= x->config->max_bytes;
}

static void leaf(search *x)
{
    psc_plan_info info;
    pc_cost(x->c, x->at, &info);
    x->leaves++;
    if (info.overload > 0 || info.cost >= x->best) return;
    if (pc_plan(x->c, x->at) != 0 || pc_touches(x->c, x->at) > x->config->max_node_moves) return;
    x->best = info.cost;
}

static void optimum(search *x)
{
    const psc_cluster *c = x->c;
    int64_t start[PC_MAX * 4];
    int n, r, s = 0, next[PC_MAX] = { 0 };
    for (n = 0; n < c->nodes; n++) for (r = 0; r < c->resources; r++) {
        const int i = n * c->resources + r;
        start[i] = pc_use(c, c->going, n, r) + pc_left(c, n, r);
        x->use[i] = x->both[i] = 0;
    }
    x->moves = x->price = x->bytes = x->leaves = 0;
    while (s >= 0) {
        int home, stays;
        if (s == c->shards) {
            leaf(x);
            s--;
            put(x, s, x->at[s], -1);
            continue;
        }
        home = pc_home(c, s);
        stays = pc_fixed(c, s) || c->rested[s] < x->config->cooldown;
        while (next[s] < c->nodes && next[s] != home && (stays || c->closed[next[s]])) next[s]++;
        if (next[s] == c->nodes) {
            next[s--] = 0;
            if (s >= 0) put(x, s, x->at[s], -1);
            continue;
        }
        put(x, s, next[s]++, 1);
        if (!fits(x, start) || certain(x, s + 1) >= x->best) put(x, s, x->at[s], -1);
        else s++;
    }
}

static int64_t planned(const psc_cluster *c, psc_plan_config *config)
{
    static uint64_t memory[65536];
    psc_plan *plan = (psc_plan *)(void *)memory;
    psc_plan_info info;
    config->horizon = 1000000;
    if (psc_plan_init(plan, sizeof memory, c, config) != PSC_OK) exit(2);
    while (psc_plan_step(plan, c, 1000000) == PSC_MORE) { }
    psc_plan_best(plan, c, NULL, &info);
    return info.overload > 0 ? INT64_MAX : info.cost;
}

int main(int argc, char **argv)
{
    const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    const int quiet = argc > 2;
    static world w;
    static search x;
    psc_plan_config config;
    psc_plan_info home;
    long seed, within = 0, equal = 0;
    for (seed = 0; seed < count; seed++) {
        int64_t found;
        small_world(&w, (uint64_t)seed);
        small_limits(&config, (uint64_t)seed);
        pc_cost(&w.c, w.going, &home);
        x.c = &w.c;
        x.config = &config;
        x.best = home.cost + 1;
        optimum(&x);
        found = planned(&w.c, &config);
        if (quiet) printf("%ld %" PRId64 "\n", seed, x.best);
        else printf("%ld %" PRId64 " %" PRId64 " home %" PRId64 " leaves %" PRId64 "\n", seed, x.best, found, home.cost, x.leaves);
        within += found <= x.best + x.best / 100;
        equal += found == x.best;
        if (found < x.best) {
            fprintf(stderr, "plan_exact: the planner is below the optimum of model %ld\n", seed);
            return 2;
        }
    }
    if (!quiet) printf("%ld models: %ld at the optimum, %ld within 1 %% of it\n", count, equal, within);
    return within < count * 95 / 100;
}
