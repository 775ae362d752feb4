/* plan_exact COUNT : the optimum of the first COUNT models of tests/unit/worlds.h (small_world), proved by branch and
 * bound over all assignments, and what the planner finds. Prints a line a model: seed, optimum, planner's cost; with
 * `plan_exact COUNT vectors` only seed and optimum, which is tests/vectors/plan_small.txt; with `plan_exact COUNT
 * models` the models themselves, for plan_glpk.py. Exit 1 if one is not within 1 % of the optimum, 2 if one is below.
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

/* 1 if a group has a shard on every open node from the start: then none of them stirs. */
static int pc_everywhere(const psc_cluster *c, int g)
{
    int n, s;
    for (n = 0; n < c->nodes; n++) {
        int there = c->closed && c->closed[n];
        for (s = 0; s < c->shards; s++) there |= c->group[s] == g && pc_home(c, s) == n;
        if (!there) return 0;
    }
    return 1;
}

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
        stays = pc_fixed(c, s) || c->rested[s] < x->config->cooldown || pc_everywhere(c, c->group[s]);
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

static void print_index(const char *name, const int32_t *x, int n)
{
    int i;
    printf("%s", name);
    for (i = 0; i < n; i++) printf(" %d", (int)x[i]);
    printf("\n");
}

static void print_wide(const char *name, const int64_t *x, int n)
{
    int i;
    printf("%s", name);
    for (i = 0; i < n; i++) printf(" %" PRId64, x[i]);
    printf("\n");
}

/* A line for each array of the model and for each limit. */
static void print_model(const psc_cluster *c, const psc_plan_config *config, long seed)
{
    const int cells = c->nodes * c->resources;
    int i;
    printf("model %ld\nshape %d %d %d %d\n", seed, (int)c->resources, (int)c->nodes, (int)c->shards, (int)c->groups);
    print_wide("capacity", c->capacity, cells);
    print_wide("soft", c->soft, cells);
    print_index("domain", c->domain, c->nodes);
    print_index("zone", c->zone, c->nodes);
    print_index("place", c->place, c->nodes);
    print_index("closed", c->closed, c->nodes);
    print_wide("load_weight", c->load_weight, c->nodes);
    print_index("risk", c->risk, c->nodes);
    print_wide("demand", c->demand, c->shards * c->resources);
    print_index("home", c->home, c->shards);
    print_index("group", c->group, c->shards);
    print_wide("move_cost", c->move_cost, c->shards);
    print_wide("size", c->size, c->shards);
    print_index("pinned", c->pinned, c->shards);
    print_index("going", c->going, c->shards);
    print_wide("impact", c->impact, c->shards);
    print_wide("rested", c->rested, c->shards);
    print_index("spread", c->spread, c->groups);
    print_index("depend_from", c->depend_from, c->groups + 1);
    print_index("depend", c->depend, c->depend_from[c->groups]);
    print_index("transient", c->transient, c->resources);
    print_wide("weight", c->weight, c->resources);
    print_wide("distance", c->distance, c->places * c->places);
    printf("pair");
    for (i = 0; i < c->pairs; i++) printf(" %d %d %" PRId64, (int)c->pair[i].a, (int)c->pair[i].b, c->pair[i].weight);
    printf("\nbalance");
    for (i = 0; i < c->balances; i++) {
        const psc_balance *b = &c->balance[i];
        printf(" %d %d %" PRId64 " %" PRId64, (int)b->first, (int)b->second, b->ratio, b->weight);
    }
    printf("\nweights %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", c->weight_move, c->weight_group,
           c->weight_distance, c->weight_apart, c->weight_disruption);
    printf("limits %" PRId64 " %" PRId64 " %" PRId64 " %d %" PRId64 "\n", config->max_moves, config->max_move_cost,
           config->max_bytes, (int)config->max_node_moves, config->cooldown);
}

int main(int argc, char **argv)
{
    const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    const int models = argc > 2 && strcmp(argv[2], "models") == 0, quiet = argc > 2;
    static world w;
    static search x;
    psc_plan_config config;
    psc_plan_info home;
    long seed, within = 0, equal = 0;
    for (seed = 0; seed < count; seed++) {
        int64_t found;
        small_world(&w, (uint64_t)seed);
        small_limits(&config, (uint64_t)seed);
        if (models) {
            print_model(&w.c, &config, seed);
            continue;
        }
        pc_cost(&w.c, w.going, &home);
        x.c = &w.c;
        x.config = &config;
        x.best = home.cost + 1;
        optimum(&x);
        found = planned(&w.c, &config);
        if (quiet) printf("%ld %" PRId64 "\n", seed, x.best);
        else {
            printf("%ld %" PRId64 " %" PRId64 " home %" PRId64, seed, x.best, found, home.cost);
            printf(" leaves %" PRId64 "\n", x.leaves);
        }
        within += found <= x.best + x.best / 100;
        equal += found == x.best;
        if (found < x.best) {
            fprintf(stderr, "plan_exact: the planner is below the optimum of model %ld\n", seed);
            return 2;
        }
    }
    if (!quiet) printf("%ld models: %ld at the optimum, %ld within 1 %% of it\n", count, equal, within);
    return !models && within < count;
}
