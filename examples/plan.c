/* plan - from a cluster in a CSV file to an order of moves: build/plan examples/data/plan.csv
 *
 * Reads nodes, shards and pairs (the head of the file says how), plans so that no node is more than a tenth above the
 * mean use, no two replicas share a node, each group touches two racks, the draining node is emptied and likely
 * failures are avoided; prints each node before and after, the waves, why shards stay, and whether the fleet is large
 * enough. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 64, SHARDS = 1024, PAIRS = 256, RESOURCES = 2, NAME = 24 };

static const char *const resource_name[RESOURCES] = { "cpu", "memory" };

/* The file as arrays: those that psc_cluster points to, and the names. */
static struct {
    psc_cluster view;
    char node[NODES][NAME], rack[NODES][NAME], shard[SHARDS][NAME], group[SHARDS][NAME];
    int64_t capacity[NODES * RESOURCES], soft[NODES * RESOURCES], demand[SHARDS * RESOURCES];
    int64_t size[SHARDS], impact[SHARDS];
    int32_t domain[NODES], closed[NODES], risk[NODES], home[SHARDS], group_of[SHARDS], spread[SHARDS];
    psc_pair pair[PAIRS];
} cluster;

static void die(const char *what)
{
    fprintf(stderr, "plan: %s\n", what);
    exit(1);
}

static void must(psc_status status, const char *what)
{
    if (status >= 0) return;
    fprintf(stderr, "plan: %s: %s\n", what, psc_strerror(status));
    exit(1);
}

static void *memory_for(size_t bytes)
{
    void *p = malloc(bytes);
    if (bytes == 0 || !p) die("no memory");
    return p;
}

/* Place of a name among the first n, or -1. */
static int32_t place_of(char names[][NAME], int32_t n, const char *name)
{
    int32_t i;

    for (i = 0; i < n; i++) if (strcmp(names[i], name) == 0) return i;
    return -1;
}

/* ---- reading */

static void refuse(const char *line)
{
    fprintf(stderr, "plan: this line cannot be read: %.*s\n", (int)strcspn(line, "\n"), line);
    exit(1);
}

/* A number of the file in whole units of 1 / scale. */
static int64_t amount(double x, double scale, const char *line)
{
    if (!(x >= 0.0 && x * scale <= (double)PSC_MAX_AMOUNT)) refuse(line);
    return (int64_t)(x * scale);
}

static void read_node(const char *line)
{
    const int32_t n = cluster.view.nodes;
    char state[NAME];
    double cpu, memory, failure;
    int32_t i;

    if (n == NODES) die("too many nodes");
    if (sscanf(line, "node,%23[^,],%23[^,],%lf,%lf,%lf,%23[a-z]", cluster.node[n], cluster.rack[n], &cpu, &memory,
               &failure, state) != 6 || !(failure <= 1.0)) refuse(line);
    cluster.capacity[n * RESOURCES] = amount(cpu, 1000.0, line);
    cluster.capacity[n * RESOURCES + 1] = amount(memory, 1000.0, line);
    cluster.risk[n] = (int32_t)amount(failure, 1e6, line);
    cluster.closed[n] = strcmp(state, "drain") == 0;
    i = place_of(cluster.rack, n, cluster.rack[n]);
    cluster.domain[n] = i < 0 ? n : i;
    cluster.view.nodes++;
}

static void read_shard(const char *line)
{
    const int32_t s = cluster.view.shards;
    char node[NAME];
    double cpu, memory, megabytes;
    int32_t first;

    if (s == SHARDS) die("too many shards");
    if (sscanf(line, "shard,%23[^,],%23[^,],%23[^,],%lf,%lf,%lf", cluster.shard[s], cluster.group[s], node, &cpu,
               &memory, &megabytes) != 6) refuse(line);
    cluster.home[s] = place_of(cluster.node, cluster.view.nodes, node);
    if (cluster.home[s] < 0) refuse(line);
    cluster.demand[s * RESOURCES] = amount(cpu, 1000.0, line);
    cluster.demand[s * RESOURCES + 1] = amount(memory, 1000.0, line);
    cluster.size[s] = amount(megabytes, 1e6, line);
    cluster.impact[s] = 4 * (cluster.demand[s * RESOURCES] + cluster.demand[s * RESOURCES + 1]);    /* of its outage */
    first = place_of(cluster.group, s, cluster.group[s]);
    cluster.group_of[s] = first < 0 ? cluster.view.groups++ : cluster.group_of[first];
    cluster.view.shards++;
}

static void read_pair(const char *line)
{
    psc_pair *p = &cluster.pair[cluster.view.pairs];
    char a[NAME], b[NAME];
    double weight;

    if (cluster.view.pairs == PAIRS) die("too many pairs");
    if (sscanf(line, "pair,%23[^,],%23[^,],%lf", a, b, &weight) != 3) refuse(line);
    p->a = place_of(cluster.shard, cluster.view.shards, a);
    p->b = place_of(cluster.shard, cluster.view.shards, b);
    p->weight = amount(weight, 1000.0, line);
    if (p->a < 0 || p->b < 0) refuse(line);
    cluster.view.pairs++;
}

static void read_cluster(const char *file)
{
    psc_cluster *c = &cluster.view;
    char line[256];
    psc_fault fault;
    int32_t g;
    FILE *f = fopen(file, "r");

    if (!f) die("cannot read the file; build/plan FILE.csv");
    psc_cluster_default(c);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "node,", 5) == 0) read_node(line);
        else if (strncmp(line, "shard,", 6) == 0) read_shard(line);
        else if (strncmp(line, "pair,", 5) == 0) read_pair(line);
        else if (line[0] != '#' && line[0] != '\n') refuse(line);
    }
    fclose(f);
    if (c->nodes == 0 || c->shards == 0) die("the file has no nodes or no shards");
    for (g = 0; g < c->groups; g++) cluster.spread[g] = 2;
    c->resources = RESOURCES;
    c->capacity = cluster.capacity;
    c->domain = cluster.domain;
    c->closed = cluster.closed;
    c->risk = cluster.risk;
    c->demand = cluster.demand;
    c->home = cluster.home;
    c->group = cluster.group_of;
    c->size = cluster.size;
    c->impact = cluster.impact;
    c->spread = cluster.spread;
    c->pair = cluster.pair;
    c->weight_move = 500;           /* half a per cent of a node's capacity is worth a move */
    must(psc_cluster_fault(c, &fault), "psc_cluster_fault");
    if (fault.status != PSC_OK) {
        fprintf(stderr, "plan: %s at %s[%ld]\n", psc_strerror(fault.status), psc_field_text(fault.field),
                (long)fault.index);
        exit(1);
    }
    must(psc_soft_amounts(c, 0.1, cluster.soft), "psc_soft_amounts");
    c->soft = cluster.soft;
}

/* ---- output */

static double use_of(const int32_t *at, int32_t n, int32_t r)
{
    int64_t sum = 0;
    int32_t s;

    for (s = 0; s < cluster.view.shards; s++) if (at[s] == n) sum += cluster.demand[s * RESOURCES + r];
    return 100.0 * (double)sum / (double)cluster.capacity[n * RESOURCES + r];
}

static void show_nodes(const int32_t *at)
{
    int32_t n;

    printf("node  rack     cpu %%        memory %%\n");
    for (n = 0; n < cluster.view.nodes; n++) {
        printf("%-5s %-4s %5.0f -> %-5.0f %5.0f -> %-5.0f%s\n", cluster.node[n], cluster.rack[n],
               use_of(cluster.home, n, 0), use_of(at, n, 0), use_of(cluster.home, n, 1), use_of(at, n, 1),
               cluster.closed[n] ? " draining" : cluster.risk[n] > 100000 ? " likely to fail" : "");
    }
}

static void show_waves(const int32_t *at)
{
    const size_t bytes = psc_waves_size(&cluster.view);
    void *work = memory_for(bytes);
    static psc_move order[2 * SHARDS];
    psc_waves_config config;
    psc_waves_info info;
    int32_t i;

    psc_waves_default(&config);
    must(psc_waves_of(&cluster.view, &config, at, work, bytes, order, 2 * SHARDS, &info), "psc_waves_of");
    printf("\n%d moves in %d waves, %d of them to parking places; %d cannot be done\n", (int)info.moves,
           (int)info.waves, (int)info.parks, (int)info.stuck);
    for (i = 0; i < info.moves + info.stuck; i++) {
        const psc_move *m = &order[i];
        if (m->wave < 0) printf("  never  ");
        else printf("  wave %d ", (int)m->wave + 1);
        printf("%-11s %s -> %s", cluster.shard[m->shard], cluster.node[m->from], cluster.node[m->to]);
        if (m->wave < 0) printf(": %s", psc_block_text(m->block));
        printf("%s\n", m->wave >= 0 && m->to != at[m->shard] ? " (parked)" : "");
    }
    free(work);
}

static void show_reasons(psc_plan *plan, const int32_t *at)
{
    psc_refusal why;
    int32_t s;

    printf("\nwhy the others stay\n");
    for (s = 0; s < cluster.view.shards; s++) {
        if (at[s] != cluster.home[s]) continue;
        must(psc_plan_explain(plan, &cluster.view, s, &why), "psc_plan_explain");
        printf("  %-11s on %s: to %s: %s%s%s\n", cluster.shard[s], cluster.node[at[s]],
               why.node < 0 ? "-" : cluster.node[why.node], psc_block_text(why.block), why.resource < 0 ? "" : ", ",
               why.resource < 0 ? "" : resource_name[why.resource]);
    }
}

static void show_provision(void)
{
    psc_provision p;

    must(psc_provision_of(&cluster.view, 0.4, 0.7, &p), "psc_provision_of");
    printf("\nfleet: %.0f %% of the open nodes' %s is used", 100.0 * p.use, resource_name[p.resource]);
    if (p.verdict == PSC_FLEET_SHORT) printf("; %d nodes are missing\n", (int)p.nodes);
    else if (p.verdict == PSC_FLEET_AMPLE) printf("; %d nodes could go\n", (int)p.nodes);
    else if (p.verdict == PSC_FLEET_SHARD) printf("; %s fits on no node\n", cluster.shard[p.shard]);
    else printf("; enough\n");
}

int main(int argc, char **argv)
{
    static int32_t at[SHARDS];
    psc_plan_config config;
    psc_plan_info info;
    psc_plan *plan;
    size_t bytes;

    read_cluster(argc > 1 ? argv[1] : "examples/data/plan.csv");
    psc_plan_default(&config);
    config.horizon = 1000000;
    bytes = psc_plan_size(&cluster.view, &config);
    plan = (psc_plan *)memory_for(bytes);
    must(psc_plan_init(plan, bytes, &cluster.view, &config), "psc_plan_init");
    while (psc_plan_step(plan, &cluster.view, 100000) == PSC_MORE) { }
    must(psc_plan_best(plan, &cluster.view, at, &info), "psc_plan_best");
    show_nodes(at);
    printf("\ncost %ld -> %ld: load %ld, moves %ld, pairs apart %ld, failures %ld; no plan costs less than %ld\n",
           (long)info.cost_before, (long)info.cost, (long)info.load, (long)info.move, (long)info.apart, (long)info.risk,
           (long)info.bound);
    show_waves(at);
    show_reasons(plan, at);
    show_provision();
    free(plan);
    return 0;
}
