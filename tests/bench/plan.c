/* plan MODEL ASSIGNMENT OUT [--evaluations N | --cpu SECONDS | --from PLAN] [--seed S] [--waves FILE] [--per-node K]
 *
 * The planner on the formats of the ROADEF/EURO challenge 2012 (shared/BENCH.md; docstring of score/plan.py).
 * OUT gets one line of machine numbers, the file of --waves lines `wave shard from to block`, wave -1 for a move that
 * cannot be done. Prints the objective, its terms, the moves, the waves and the bound of their number: the largest
 * over the nodes of ceil(moves that touch it / K). --from takes the plan from a file and only orders it. */
#include "predscale.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void die(const char *what)
{
    fprintf(stderr, "plan: %s\n", what);
    exit(2);
}

static void must(psc_status status, const char *what)
{
    if (status >= 0) return;
    fprintf(stderr, "plan: %s: %s\n", what, psc_strerror(status));
    exit(2);
}

static void *room(size_t n, size_t element)
{
    void *p = calloc(n > 0 ? n : 1, element);
    if (!p) die("out of memory");
    return p;
}

static int64_t *wide(int64_t n) { return (int64_t *)room((size_t)n, sizeof(int64_t)); }
static int32_t *index_array(int64_t n) { return (int32_t *)room((size_t)n, sizeof(int32_t)); }

static int64_t number(FILE *f)
{
    int64_t x;
    if (fscanf(f, "%" SCNd64, &x) != 1) die("the file ends early");
    return x;
}

static int32_t count(FILE *f)
{
    int64_t x = number(f);
    if (x < 0 || x > INT32_MAX) die("a number is out of range");
    return (int32_t)x;
}

static void read_nodes(FILE *f, psc_cluster *c)
{
    int64_t *capacity, *soft, *distance;
    int32_t *zone, *domain, *place, n, i;

    c->places = c->nodes = count(f);
    capacity = wide((int64_t)c->nodes * c->resources);
    soft = wide((int64_t)c->nodes * c->resources);
    distance = wide((int64_t)c->nodes * c->nodes);
    zone = index_array(c->nodes);
    domain = index_array(c->nodes);
    place = index_array(c->nodes);
    for (n = 0; n < c->nodes; n++) {
        zone[n] = count(f);
        domain[n] = count(f);
        place[n] = n;
        for (i = 0; i < c->resources; i++) capacity[(int64_t)n * c->resources + i] = number(f);
        for (i = 0; i < c->resources; i++) soft[(int64_t)n * c->resources + i] = number(f);
        for (i = 0; i < c->nodes; i++) distance[(int64_t)n * c->nodes + i] = number(f);
    }
    c->capacity = capacity;
    c->soft = soft;
    c->distance = distance;
    c->zone = zone;
    c->domain = domain;
    c->place = place;
}

static void read_groups(FILE *f, psc_cluster *c)
{
    int32_t *spread, *from, *depend = NULL, g, i, n;
    size_t size = 0;

    c->groups = count(f);
    spread = index_array(c->groups);
    from = index_array((int64_t)c->groups + 1);
    for (g = 0; g < c->groups; g++) {
        spread[g] = count(f);
        n = count(f);
        size += (size_t)n;
        if (size > INT32_MAX) die("too many dependencies");
        from[g + 1] = (int32_t)size;
        depend = (int32_t *)realloc(depend, (size + 1) * sizeof *depend);
        if (!depend) die("out of memory");
        for (i = 0; i < n; i++) depend[from[g] + i] = count(f);
    }
    c->spread = spread;
    c->depend_from = from;
    c->depend = depend;
}

static void read_shards(FILE *f, psc_cluster *c)
{
    int64_t *demand, *price;
    int32_t *group, s, r;

    c->shards = count(f);
    demand = wide((int64_t)c->shards * c->resources);
    price = wide(c->shards);
    group = index_array(c->shards);
    for (s = 0; s < c->shards; s++) {
        group[s] = count(f);
        for (r = 0; r < c->resources; r++) demand[(int64_t)s * c->resources + r] = number(f);
        price[s] = number(f);
    }
    c->demand = demand;
    c->move_cost = price;
    c->group = group;
}

static void read_cluster(const char *model, const char *assignment, psc_cluster *c)
{
    FILE *f = fopen(model, "r");
    int64_t *weight;
    int32_t *transient, *home, i;
    psc_balance *balance;

    if (!f) die("cannot read the model");
    psc_cluster_default(c);
    c->resources = count(f);
    transient = index_array(c->resources);
    weight = wide(c->resources);
    for (i = 0; i < c->resources; i++) {
        transient[i] = count(f);
        weight[i] = number(f);
    }
    c->transient = transient;
    c->weight = weight;
    read_nodes(f, c);
    read_groups(f, c);
    read_shards(f, c);
    c->balances = count(f);
    balance = (psc_balance *)room((size_t)c->balances, sizeof *balance);
    for (i = 0; i < c->balances; i++) {
        balance[i].first = count(f);
        balance[i].second = count(f);
        balance[i].ratio = number(f);
        balance[i].weight = number(f);
    }
    c->balance = balance;
    c->weight_move = number(f);
    c->weight_group = number(f);
    c->weight_distance = number(f);
    fclose(f);
    f = fopen(assignment, "r");
    if (!f) die("cannot read the assignment");
    home = index_array(c->shards);
    for (i = 0; i < c->shards; i++) home[i] = count(f);
    c->home = home;
    fclose(f);
    must(psc_cluster_check(c), "the cluster");
}

static double cpu_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

/* Runs to the end, to the number of evaluations, or to the time of CPU since the program began. */
static void search(const psc_cluster *c, int64_t evaluations, double cpu, uint64_t seed, int32_t *assignment,
                   psc_plan_info *info)
{
    psc_plan_config config;
    psc_status status = PSC_MORE;
    psc_plan *plan;
    size_t bytes;

    psc_plan_default(&config);
    config.seed = seed;
    config.horizon = evaluations > 0 ? evaluations : INT64_C(1) << 40;
    bytes = psc_plan_size(c, &config);
    plan = (psc_plan *)room(bytes, 1);
    must(psc_plan_init(plan, bytes, c, &config), "psc_plan_init");
    if (evaluations > 0) {
        status = psc_plan_step(plan, c, evaluations);
    } else {
        const double start = cpu_seconds(), end = 0.97 * cpu;
        while (status == PSC_MORE && cpu_seconds() < cpu) {
            double spent, x;
            status = psc_plan_step(plan, c, 100000);
            must(psc_plan_best(plan, c, NULL, info), "psc_plan_best");
            spent = cpu_seconds() - start;
            x = (double)info->evaluations * (end - start) / (spent > 1e-3 ? spent : 1e-3);
            must(psc_plan_aim(plan, c, x > 1.0 ? (int64_t)x : 1), "psc_plan_aim");
        }
    }
    must(status, "psc_plan_step");
    must(psc_plan_best(plan, c, assignment, info), "psc_plan_best");
    free(plan);
}

/* No order has fewer waves: the largest number of moves that touch a node, by how many may at once. */
static int32_t waves_bound(const psc_cluster *c, int32_t per_node, const int32_t *assignment)
{
    int32_t *touches = index_array(c->nodes), most = 0, s, n;

    for (s = 0; s < c->shards; s++) {
        if (assignment[s] == c->home[s]) continue;
        touches[assignment[s]]++;
        touches[c->home[s]]++;
    }
    for (n = 0; n < c->nodes; n++) if (touches[n] > most) most = touches[n];
    free(touches);
    return (most + per_node - 1) / per_node;
}

static void read_plan(const char *file, const psc_cluster *c, int32_t *assignment)
{
    FILE *f = fopen(file, "r");
    int32_t s;

    if (!f) die("cannot read the plan");
    for (s = 0; s < c->shards; s++) assignment[s] = count(f);
    fclose(f);
}

static void order_moves(const psc_cluster *c, int32_t per_node, const int32_t *assignment, const char *file)
{
    psc_waves_config config;
    psc_waves_info info;
    size_t bytes = psc_waves_size(c);
    void *work = room(bytes, 1);
    psc_move *order = (psc_move *)room(2 * (size_t)c->shards, sizeof *order);
    FILE *f = file ? fopen(file, "w") : NULL;
    int reasons[PSC_BLOCK_COUNT] = { 0 };
    int32_t i;

    if (file && !f) die("cannot write the waves");
    psc_waves_default(&config);
    if (per_node > 0) config.per_node = per_node;
    must(psc_waves_of(c, &config, assignment, work, bytes, order, 2 * (size_t)c->shards, &info), "psc_waves_of");
    for (i = 0; f && i < info.moves + info.stuck; i++) {
        const psc_move *m = &order[i];
        fprintf(f, "%d %d %d %d %d\n", (int)m->wave, (int)m->shard, (int)m->from, (int)m->to, (int)m->block);
    }
    if (f && fclose(f) != 0) die("cannot write the waves");
    printf("waves       %d\nbound       %d\n", (int)info.waves, (int)waves_bound(c, config.per_node, assignment));
    printf("strained    %d\nparks       %d\nstuck       %d\n", (int)info.strained, (int)info.parks, (int)info.stuck);
    for (i = 0; i < info.stuck; i++) reasons[order[info.moves + i].block]++;
    for (i = 0; i < PSC_BLOCK_COUNT; i++) {
        if (reasons[i] > 0) printf("            %d: %s\n", reasons[i], psc_block_text(i));
    }
    free(order);
    free(work);
}

int main(int argc, char **argv)
{
    psc_cluster c;
    psc_plan_info info;
    int64_t evaluations = 0;
    int32_t *assignment, per_node = 0, s;
    const char *waves = NULL, *from = NULL;
    double cpu = 0.0;
    uint64_t seed = 0;
    FILE *f;
    int i;

    if (argc < 4) die("usage: see the head of tests/bench/plan.c");
    for (i = 4; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--evaluations") == 0) evaluations = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--cpu") == 0) cpu = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--from") == 0) from = argv[i + 1];
        else if (strcmp(argv[i], "--waves") == 0) waves = argv[i + 1];
        else if (strcmp(argv[i], "--per-node") == 0) per_node = (int32_t)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], NULL, 10);
        else die("an unknown option");
    }
    if (i != argc) die("an option has no value");
    read_cluster(argv[1], argv[2], &c);
    assignment = index_array(c.shards);
    if (from) {
        read_plan(from, &c, assignment);
        order_moves(&c, per_node, assignment, waves);
        return 0;
    }
    search(&c, evaluations, cpu, seed, assignment, &info);
    f = fopen(argv[3], "w");
    if (!f) die("cannot write the result");
    for (s = 0; s < c.shards; s++) fprintf(f, s > 0 ? " %d" : "%d", (int)assignment[s]);
    fprintf(f, "\n");
    if (fclose(f) != 0) die("cannot write the result");
    printf("objective   %" PRId64 "\nbefore      %" PRId64 "\n", info.cost, info.cost_before);
    printf("load        %" PRId64 "\nbalance     %" PRId64 "\n", info.load, info.balance);
    printf("move        %" PRId64 "\n", info.move);
    printf("group       %" PRId64 "\ndistance    %" PRId64 "\n", info.group, info.distance);
    printf("moves       %" PRId64 "\nevaluations %" PRId64 "\n", info.moves, info.evaluations);
    printf("done        %d\n", (int)info.done);
    order_moves(&c, per_node, assignment, waves);
    printf("cpu         %.2f\n", cpu_seconds());
    return 0;
}
