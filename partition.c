/* partition.c - predscale: imbalance, plan, waves, transfers. Interface and contract: predscale.h, Parts 3 and 6.
 *
 * HERE: tests of a cluster, amounts, the imbalance of nodes and shards, a search for better assignments
 * under hard constraints, the reasons for what stays, an order in which a plan can be carried out; how the
 * ownership of a shard passes from node to node, and what else there is to moving one.
 * NOT HERE: what will be demanded (forecast.c), which node is sick (predscale.c), the moving of bytes (host).
 *
 * THE PROBLEM is machine reassignment as in the Google ROADEF/EURO challenge 2012 [1], with two additions: a
 * start that breaks constraints is legal, and the number and the cost of moves may be limited. A constraint
 * that a start breaks must not get worse, counted so that each is a number that no move raises:
 *     capacity     of each node and resource, the demand above it. A shard goes only where all of it fits.
 *     transient    the same, with the demand of shards that have left this home added
 *     conflict     pairs of one group on one node
 *     spread       domains that a group lacks
 *     dependency   pairs (shard, group that its group depends on) with none of that group in the shard's zone
 *
 * THE SEARCH is a descent of single moves, hot nodes first, in rounds:
 *     each round puts all nodes in play; while there are any:
 *         n = the hottest node in play: largest overload, then largest cost of its own
 *         at the first visit in a round, the best target of each of its shards is found
 *         s = its shard with the largest gain as last seen; no gain: n leaves the game
 *         the gain was seen before the last move: look at s again; else: move s
 *     a round without a move ends the search: no single move improves the assignment.
 * Looking again only at the shard in front is the lazy evaluation of Minoux [2]: while gains mostly shrink, as
 * they do on a node that is being emptied, the move made is the best of the node, for few of the looks.
 * A look first gathers what does not depend on the target: the cost that leaving saves, the nodes, domains
 * and zones of the group and of the groups tied to it, as marks; each target then costs O(R + balances). Sums
 * are integers and incremental, so a plan is the same on every machine, and every slice of work goes on
 * exactly where the one before stopped.
 *
 * THE WAVES follow from one rule: the moves of a wave may end in any order, so every constraint must hold for
 * every subset of ended moves. Capacity counts both copies. One shard of a group moves in a wave; a shard in
 * flight is where another needs it only if it stays in that zone, and is everywhere it may be where it could
 * do harm. With that, the test of one more move against those begun covers all subsets.
 * This is a list schedule: moves in order of size [3], each in the first wave that takes it.
 *
 * A TRANSFER is two-phase commit [4] between two sides of which either may own, with three changes: every proposal has
 * an epoch of its own, the side that releases cannot go back, and the side that has agreed takes what is released
 * whatever it wished in between. A side is a value and a step; a phase is told to no one before it is stored, so that a
 * crash is no more than a lost message. The phases of an epoch are numbered in the order in which a side can
 * pass through them, which makes epoch and phase together one rising number, the version. Stages, the trial
 * of the target and the routing of keys stand beside it: they decide when to propose, never who owns.
 *
 *   [1] Google ROADEF/EURO challenge 2011-2012: Machine Reassignment, problem definition, section 2.
 *   [2] M. Minoux, Accelerated greedy algorithms for maximizing submodular set functions, 1978.
 *   [3] R. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969.
 *   [4] J. Gray, Notes on data base operating systems, 1978.
 *   [5] J. Csirik, J. Frenk, M. Labbe, S. Zhang, Heuristics for the 0-1 min-knapsack problem, Acta Cybern. 10, 1991.
 *   [6] I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86, 2024.
 *   [7] H. Robbins, S. Monro, A stochastic approximation method, 1951.
 *
 * CONTENTS
 *   Cluster
 *   Imbalance
 *   Groups and their ties
 *   Memory of a search
 *   Cost
 *   A shard and its targets
 *   Moving a shard
 *   Search
 *   Plan
 *   Reasons
 *   Order of moves
 *   Waves
 *   Transfer
 *   Trial
 *   Stages
 *   Route
 *   Hot blocks first
 */
#ifndef PSC_INTERNAL
#define PSC_INTERNAL
#endif
#include "predscale.h"
#include <float.h>
#include <math.h>
#include <string.h>

#if defined(__FAST_MATH__)
#error "predscale: -ffast-math removes the NaN and order rules the results stand on; compile without it"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1
#error "predscale: doubles must be evaluated as doubles; on x86-32 use -msse2 -mfpmath=sse"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/* ==== Cluster =================================================================================== */

#define PT_MAX_COST (INT64_C(1) << 62)      /* of an assignment: two of them can be subtracted       */
#define PT_MAX_TOTAL (INT64_C(1) << 60)     /* of demand or capacity of a resource: four can be added */
#define PT_MAX_CELLS (INT64_C(1) << 26)     /* nodes times resources: so many PT_MAX_PARTS are < 2^62 */
#define PT_MAX_PARTS (INT64_C(1) << 36)     /* overload of one node and resource, in millionths       */

void psc_cluster_default(psc_cluster *cluster)
{
    if (!cluster) return;
    memset(cluster, 0, sizeof *cluster);
    cluster->struct_size = (uint32_t)sizeof *cluster;
    cluster->weight_move = 1;
    cluster->weight_distance = 1;
}

static size_t pt_cell(const psc_cluster *c, int32_t row)
{
    return (size_t)row * (size_t)c->resources;
}

static size_t pt_depends(const psc_cluster *c)
{
    return c->groups > 0 && c->depend_from ? (size_t)c->depend_from[c->groups] : 0;
}

static int32_t pt_domain(const psc_cluster *c, int32_t n) { return c->domain ? c->domain[n] : n; }
static int32_t pt_zone(const psc_cluster *c, int32_t n) { return c->zone ? c->zone[n] : 0; }
static int32_t pt_group(const psc_cluster *c, int32_t s) { return c->group ? c->group[s] : -1; }
static int64_t pt_weight(const psc_cluster *c, int32_t r) { return c->weight ? c->weight[r] : 1; }
static int64_t pt_move_cost(const psc_cluster *c, int32_t s) { return c->move_cost ? c->move_cost[s] : 1; }
static int pt_transient(const psc_cluster *c, int32_t r) { return c->transient && c->transient[r] != 0; }
static int pt_pinned(const psc_cluster *c, int32_t s) { return c->pinned && c->pinned[s] != 0; }
static int pt_closed(const psc_cluster *c, int32_t n) { return c->closed && c->closed[n] != 0; }

static int64_t pt_distance(const psc_cluster *c, int32_t from, int32_t to)
{
    if (!c->place) return 0;
    return c->distance[(size_t)c->place[from] * (size_t)c->places + (size_t)c->place[to]];
}

/* Version, sizes and pointers: what every function tests. */
static psc_status pt_shape(const psc_cluster *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->resources < 1 || c->resources > PSC_MAX_RESOURCES) return PSC_ERR_RANGE;
    if (c->nodes < 1 || (int64_t)c->nodes * c->resources > PT_MAX_CELLS) return PSC_ERR_RANGE;
    if (c->shards < 0 || c->groups < 0 || c->balances < 0 || c->places < 0) return PSC_ERR_RANGE;
    if (!c->capacity) return PSC_ERR_NULL;
    if (c->shards > 0 && (!c->demand || !c->home)) return PSC_ERR_NULL;
    if (c->balances > 0 && !c->balance) return PSC_ERR_NULL;
    if (c->place && !c->distance) return PSC_ERR_NULL;
    if (c->groups > 0 && !c->group) return PSC_ERR_NULL;
    if (c->groups == 0 && c->group && c->shards > 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

static int pt_amounts_valid(const int64_t *x, size_t n, int64_t max)
{
    size_t i;

    if (!x) return 1;
    for (i = 0; i < n; i++) if (x[i] < 0 || x[i] > max) return 0;
    return 1;
}

static int pt_indices_valid(const int32_t *x, size_t n, int32_t end)
{
    size_t i;

    if (!x) return 1;
    for (i = 0; i < n; i++) if (x[i] < 0 || x[i] >= end) return 0;
    return 1;
}

/* CSR of the dependencies, and the least spreads. */
static psc_status pt_check_groups(const psc_cluster *c)
{
    int32_t g;

    if (c->groups == 0) return PSC_OK;
    if (c->spread && !pt_indices_valid(c->spread, (size_t)c->groups, INT32_MAX)) return PSC_ERR_RANGE;
    if (!c->depend_from) return PSC_OK;
    if (c->depend_from[0] != 0) return PSC_ERR_RANGE;
    for (g = 0; g < c->groups; g++) if (c->depend_from[g + 1] < c->depend_from[g]) return PSC_ERR_RANGE;
    if (pt_depends(c) > 0 && !c->depend) return PSC_ERR_NULL;
    return pt_indices_valid(c->depend, pt_depends(c), c->groups) ? PSC_OK : PSC_ERR_RANGE;
}

static int pt_check_arrays(const psc_cluster *c)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, r = (size_t)c->resources;
    const size_t side = c->place ? (size_t)c->places : 0;

    return pt_amounts_valid(c->capacity, n * r, PSC_MAX_AMOUNT)
        && pt_amounts_valid(c->soft, n * r, PSC_MAX_AMOUNT)
        && pt_amounts_valid(c->demand, s * r, PSC_MAX_AMOUNT)
        && pt_amounts_valid(c->move_cost, s, PT_MAX_COST)
        && pt_amounts_valid(c->weight, r, PT_MAX_COST)
        && pt_amounts_valid(c->distance, side * side, PT_MAX_COST)
        && pt_indices_valid(c->domain, n, c->nodes) && pt_indices_valid(c->zone, n, c->nodes)
        && pt_indices_valid(c->place, n, c->places) && pt_indices_valid(c->home, s, c->nodes)
        && pt_indices_valid(c->group, s, c->groups);
}

/* Sum and product of numbers >= 0, or -1 if it would exceed the limit or an operand is -1 already. */
static int64_t pt_add(int64_t a, int64_t b, int64_t limit)
{
    return a < 0 || b < 0 || a > limit - b ? -1 : a + b;
}

static int64_t pt_times(int64_t a, int64_t b, int64_t limit)
{
    if (a < 0 || b < 0) return -1;
    return a != 0 && b > limit / a ? -1 : a * b;
}

/* Sum of a column of a matrix of resources; -1: above PT_MAX_TOTAL. */
static int64_t pt_total(const psc_cluster *c, const int64_t *x, int32_t rows, int32_t r)
{
    int64_t sum = 0;
    int32_t i;

    for (i = 0; i < rows; i++) sum = pt_add(sum, x[pt_cell(c, i) + (size_t)r], PT_MAX_TOTAL);
    return sum;
}

/* An upper bound of a balance term, for any assignment and with every product on the way; -1: too large. */
static int64_t pt_balance_bound(const psc_balance *b, const int64_t *capacity, const int64_t *demand)
{
    int64_t x = pt_add(capacity[b->first], demand[b->first], PT_MAX_COST);

    x = pt_times(x, b->ratio, PT_MAX_COST);
    x = pt_add(x, pt_add(capacity[b->second], demand[b->second], PT_MAX_COST), PT_MAX_COST);
    return pt_times(x, b->weight, PT_MAX_COST);
}

/* An upper bound of load and balance of any assignment; -1: too large. */
static int64_t pt_nodes_bound(const psc_cluster *c)
{
    int64_t capacity[PSC_MAX_RESOURCES], demand[PSC_MAX_RESOURCES], sum = 0;
    int32_t r, b;

    for (r = 0; r < c->resources; r++) {
        capacity[r] = pt_total(c, c->capacity, c->nodes, r);
        demand[r] = pt_total(c, c->demand, c->shards, r);
        if (capacity[r] < 0) return -1;
        sum = pt_add(sum, pt_times(pt_weight(c, r), demand[r], PT_MAX_COST), PT_MAX_COST);
    }
    for (b = 0; b < c->balances; b++) {
        const psc_balance *one = &c->balance[b];
        if (one->first < 0 || one->first >= c->resources) return -1;
        if (one->second < 0 || one->second >= c->resources) return -1;
        sum = pt_add(sum, pt_balance_bound(one, capacity, demand), PT_MAX_COST);
    }
    return sum;
}

/* An upper bound of the terms of moving; -1: too large. */
static int64_t pt_moves_bound(const psc_cluster *c)
{
    const size_t cells = c->place ? (size_t)c->places * (size_t)c->places : 0;
    int64_t sum = 0, far = 0, bound;
    int32_t s;
    size_t i;

    for (s = 0; s < c->shards; s++) sum = pt_add(sum, pt_move_cost(c, s), PT_MAX_COST);
    for (i = 0; i < cells; i++) if (c->distance[i] > far) far = c->distance[i];
    bound = pt_times(sum, c->weight_move, PT_MAX_COST);
    bound = pt_add(bound, pt_times(c->shards, c->weight_group, PT_MAX_COST), PT_MAX_COST);
    far = pt_times(far, c->shards, PT_MAX_COST);
    return pt_add(bound, pt_times(far, c->weight_distance, PT_MAX_COST), PT_MAX_COST);
}

psc_status psc_cluster_check(const psc_cluster *cluster)
{
    psc_status status = pt_shape(cluster);

    if (status != PSC_OK) return status;
    if (!pt_check_arrays(cluster)) return PSC_ERR_RANGE;
    status = pt_check_groups(cluster);
    if (status != PSC_OK) return status;
    if (pt_add(pt_nodes_bound(cluster), pt_moves_bound(cluster), PT_MAX_COST) < 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

/* x >= 0 rounded up, at most max. */
static int64_t pt_round_up(double x, int64_t max)
{
    int64_t whole;

    if (x >= (double)max) return max;
    whole = (int64_t)x;
    return (double)whole < x ? whole + 1 : whole;
}

psc_status psc_amounts_of(const double *x, size_t n, double unit, int64_t *out)
{
    size_t i;

    if (n > 0 && (!x || !out)) return PSC_ERR_NULL;
    if (!psc__finite(&unit)) return PSC_ERR_NONFINITE;
    if (unit <= 0.0) return PSC_ERR_RANGE;
    for (i = 0; i < n; i++) if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
    for (i = 0; i < n; i++) out[i] = x[i] > 0.0 ? pt_round_up(x[i] / unit, PSC_MAX_AMOUNT) : 0;
    return PSC_OK;
}

psc_status psc_soft_amounts(const psc_cluster *cluster, double margin, int64_t *soft)
{
    const psc_cluster *c = cluster;
    const psc_status status = pt_shape(c);
    int32_t n, r, s;

    if (status != PSC_OK) return status;
    if (!soft) return PSC_ERR_NULL;
    if (!psc__finite(&margin)) return PSC_ERR_NONFINITE;
    if (margin < 0.0 || margin > 100.0) return PSC_ERR_RANGE;
    for (r = 0; r < c->resources; r++) {
        int64_t open = 0, demand = 0;
        double share;
        for (n = 0; n < c->nodes; n++) if (!pt_closed(c, n)) open += c->capacity[pt_cell(c, n) + (size_t)r];
        for (s = 0; s < c->shards; s++) demand += c->demand[pt_cell(c, s) + (size_t)r];
        share = (1.0 + margin) * ((double)demand / (double)(open > 0 ? open : 1));
        for (n = 0; n < c->nodes; n++) {
            const size_t i = pt_cell(c, n) + (size_t)r;
            soft[i] = pt_closed(c, n) ? 0 : pt_round_up((double)c->capacity[i] * share, c->capacity[i]);
        }
    }
    return PSC_OK;
}

/* use[n][r] = demand on n of the shards that are there. */
static void pt_fill_use(const psc_cluster *c, const int32_t *at, int64_t *use)
{
    int32_t s, r;

    memset(use, 0, pt_cell(c, c->nodes) * sizeof *use);
    for (s = 0; s < c->shards; s++) {
        const int64_t *d = c->demand + pt_cell(c, s);
        int64_t *u = use + pt_cell(c, at[s]);
        for (r = 0; r < c->resources; r++) u[r] += d[r];
    }
}

/* ==== Imbalance ================================================================================= */

size_t psc_imbalance_size(const psc_cluster *cluster)
{
    size_t total = 0;

    if (pt_shape(cluster) != PSC_OK) return 0;
    return psc__grow(&total, pt_cell(cluster, cluster->nodes), sizeof(int64_t)) ? total : 0;
}

static double pt_share(int64_t use, int64_t capacity)
{
    return (double)use / (double)(capacity > 0 ? capacity : 1);
}

/* Mean utilisation of each resource over the fleet. */
static void pt_means(const psc_cluster *c, const int64_t *use, double *mean)
{
    int32_t n, r;

    for (r = 0; r < c->resources; r++) {
        int64_t sum = 0, capacity = 0;
        for (n = 0; n < c->nodes; n++) {
            sum += use[pt_cell(c, n) + (size_t)r];
            capacity += c->capacity[pt_cell(c, n) + (size_t)r];
        }
        mean[r] = pt_share(sum, capacity);
    }
}

/* Score of a node, without the demand `less` if that is given, and the resource it comes from. */
static double pt_score(const psc_cluster *c, int32_t n, const int64_t *use, const int64_t *less,
                       const double *mean, int32_t *resource)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    double best = 0.0;
    int32_t r;

    *resource = -1;
    for (r = 0; r < c->resources; r++) {
        const double u = pt_share(use[r] - (less ? less[r] : 0), capacity[r]);
        if (mean[r] <= 0.0 || (*resource >= 0 && u / mean[r] - 1.0 <= best)) continue;
        best = u / mean[r] - 1.0;
        *resource = r;
    }
    return best;
}

/* Peak utilisation and overload of a node into the summary. */
static void pt_note_use(const psc_cluster *c, int32_t n, const int64_t *use, psc_imbalance *sum)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int32_t r, over = 0;

    for (r = 0; r < c->resources; r++) {
        const double u = pt_share(use[r], capacity[r]);
        if (u > sum->peak) sum->peak = u;
        if (use[r] > capacity[r]) over = 1;
    }
    sum->overloaded += over;
}

static void pt_score_nodes(const psc_cluster *c, const int64_t *use, const double *mean, double threshold,
                           double *node_score, psc_imbalance *sum)
{
    double squares = 0.0;
    int32_t n, resource;

    memset(sum, 0, sizeof *sum);
    for (n = 0; n < c->nodes; n++) {
        const double score = pt_score(c, n, use + pt_cell(c, n), NULL, mean, &resource);
        if (n == 0 || score > sum->fleet) {
            sum->fleet = score;
            sum->node = n;
            sum->resource = resource;
        }
        squares += score * score;
        if (score > threshold) sum->above++;
        if (node_score) node_score[n] = score;
        pt_note_use(c, n, use + pt_cell(c, n), sum);
    }
    sum->rms = sqrt(squares / (double)c->nodes);
}

psc_status psc_imbalance_of(const psc_cluster *cluster, const int32_t *assignment, double threshold,
                            void *work, size_t bytes, double *node_score, double *shard_score,
                            psc_imbalance *imbalance)
{
    const psc_cluster *c = cluster;
    double mean[PSC_MAX_RESOURCES];
    int64_t *use = (int64_t *)work;
    psc_status status = pt_shape(c);
    int32_t s, unused;

    if (status != PSC_OK) return status;
    status = psc__block(work, bytes, psc_imbalance_size(c));
    if (status != PSC_OK) return status;
    if (!imbalance) return PSC_ERR_NULL;
    if (!psc__finite(&threshold)) return PSC_ERR_NONFINITE;
    if (!pt_indices_valid(assignment, (size_t)c->shards, c->nodes)) return PSC_ERR_RANGE;
    if (!assignment) assignment = c->home;
    pt_fill_use(c, assignment, use);
    pt_means(c, use, mean);
    pt_score_nodes(c, use, mean, threshold, node_score, imbalance);
    for (s = 0; shard_score && s < c->shards; s++) {
        const int32_t n = assignment[s];
        const int64_t *u = use + pt_cell(c, n);
        shard_score[s] = pt_score(c, n, u, NULL, mean, &unused)
                       - pt_score(c, n, u, c->demand + pt_cell(c, s), mean, &unused);
    }
    return PSC_OK;
}

/* ==== Groups and their ties ===================================================================== */

/* Lays one array after another in a block, or with base = NULL only counts: the one that measures a layout and
 * the one that uses it are the same code. */
typedef struct pt_layout {
    unsigned char *base;
    size_t total;
    int ok;
} pt_layout;

static void *pt_take(pt_layout *lay, size_t n, size_t element)
{
    const size_t at = lay->total;

    if (!psc__grow(&lay->total, n, element)) lay->ok = 0;
    return lay->base ? (void *)(lay->base + at) : NULL;
}

static int64_t *pt_take_wide(pt_layout *lay, size_t n) { return (int64_t *)pt_take(lay, n, sizeof(int64_t)); }
static int32_t *pt_take_index(pt_layout *lay, size_t n) { return (int32_t *)pt_take(lay, n, sizeof(int32_t)); }

/* Members of group g: member[from[g] .. from[g + 1]), by index. Groups that depend on g: back[back_from[g] .. ). */
typedef struct pt_ties {
    int32_t *from, *member, *back_from, *back;
} pt_ties;

static void pt_lay_ties(pt_layout *lay, const psc_cluster *c, pt_ties *ties)
{
    ties->from = pt_take_index(lay, (size_t)c->groups + 1);
    ties->member = pt_take_index(lay, c->groups > 0 ? (size_t)c->shards : 0);
    ties->back_from = pt_take_index(lay, (size_t)c->groups + 1);
    ties->back = pt_take_index(lay, pt_depends(c));
}

/* From counts at from[k] to ends of each k, and after the items were put from the back, starts. */
static void pt_count_up(int32_t *from, int32_t groups)
{
    int32_t g, sum = 0;

    for (g = 0; g < groups; g++) {
        sum += from[g];
        from[g] = sum;
    }
    from[groups] = sum;
}

static void pt_init_ties(const psc_cluster *c, const pt_ties *ties)
{
    const int32_t depends = (int32_t)pt_depends(c);
    int32_t i, g;

    memset(ties->from, 0, ((size_t)c->groups + 1) * sizeof *ties->from);
    memset(ties->back_from, 0, ((size_t)c->groups + 1) * sizeof *ties->back_from);
    if (c->groups == 0) return;
    for (i = 0; i < c->shards; i++) ties->from[c->group[i]]++;
    pt_count_up(ties->from, c->groups);
    for (i = c->shards - 1; i >= 0; i--) ties->member[--ties->from[c->group[i]]] = i;
    for (i = 0; i < depends; i++) ties->back_from[c->depend[i]]++;
    pt_count_up(ties->back_from, c->groups);
    for (g = c->groups - 1; depends > 0 && g >= 0; g--) {
        for (i = c->depend_from[g + 1] - 1; i >= c->depend_from[g]; i--) {
            ties->back[--ties->back_from[c->depend[i]]] = g;
        }
    }
}

/* 1 if a shard of the group is in the zone. */
static int pt_in_zone(const psc_cluster *c, const pt_ties *ties, const int32_t *at, int32_t group, int32_t zone)
{
    int32_t i;

    for (i = ties->from[group]; i < ties->from[group + 1]; i++) {
        if (pt_zone(c, at[ties->member[i]]) == zone) return 1;
    }
    return 0;
}

/* Sorts indices by their keys, then by themselves: a heap sort, in place, the same everywhere. */
static int pt_after(const int64_t *key, int32_t a, int32_t b)
{
    return key[a] != key[b] ? key[a] > key[b] : a > b;
}

static void pt_sink(int32_t *index, size_t i, size_t n, const int64_t *key)
{
    const int32_t x = index[i];

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && pt_after(key, index[child + 1], index[child])) child++;
        if (!pt_after(key, index[child], x)) break;
        index[i] = index[child];
        i = child;
    }
    index[i] = x;
}

static void pt_sort(int32_t *index, size_t n, const int64_t *key)
{
    size_t i;

    for (i = n / 2; i-- > 0;) pt_sink(index, i, n, key);
    for (i = n; i-- > 1;) {
        const int32_t x = index[0];
        index[0] = index[i];
        index[i] = x;
        pt_sink(index, 0, i, key);
    }
}

/* ==== Memory of a search ======================================================================== */

#define PT_MARK UINT64_C(0x70736370706c616e)    /* "pscpplan" */

enum { PT_OUT = 0, PT_UNSEEN = 1, PT_SEEN = 2 };    /* a node in a round: left it, not yet looked at, looked at */

/* Head of the block. The arrays follow; where, pt_search_of works out from the sizes of the cluster. */
struct psc_plan {
    uint64_t mark;
    int32_t  resources, nodes, shards, groups, balances, places;
    int64_t  depends;
    int64_t  max_moves, max_move_cost;
    int64_t  allowed, evaluations;      /* pairs granted by all steps, and looked at                  */
    int64_t  clock;                     /* moves made                                                 */
    int64_t  mark_now;                  /* value of the marks of the shard in hand                    */
    int64_t  moves, move_cost, distance;    /* of shards not at home: number and sums, not weighted   */
    int64_t  node_cost, overload;       /* sums over the nodes                                        */
    int64_t  cost_before, overload_before;
    int64_t  clock_at_round;
    int32_t  most;                      /* largest number of moved shards of any group                */
    int32_t  targets;                   /* tried for each shard; 0: all                               */
    int32_t  cursor;                    /* shard last looked at on the node that is being scanned; -1 */
    int32_t  done;
};

typedef struct pt_search {
    const psc_cluster *c;
    psc_plan *head;
    pt_ties  ties;
    int64_t *use, *away;            /* [N * R] demand of the shards here; of those that left this home */
    int64_t *cost, *over;           /* [N] load and balance; overload                                 */
    int64_t *fill;                  /* [N] largest utilisation, in millionths                         */
    int64_t *gain_over, *gain;      /* [S] as last seen; 0: none                                      */
    int64_t *seen;                  /* [S] clock of that look                                         */
    int64_t *node_mark, *domain_mark, *zone_mark;   /* [N] = mark_now: see "A shard and its targets"  */
    int32_t *zone_hits;             /* [N]                                                            */
    int32_t *now, *target;          /* [S] node of each shard; best target as last seen               */
    int32_t *first, *next, *prev;   /* [N], [S], [S] shards of each node, linked; -1: end             */
    int32_t *moved;                 /* [G] shards not at home                                         */
    int32_t *groups_with;           /* [S + 1] number of groups with so many moved shards             */
    int32_t *play;                  /* [N] PT_OUT, PT_UNSEEN or PT_SEEN                               */
    int32_t *tree;                  /* [2 * leaves] tournament: tree[i] is the hotter of tree[2 i], tree[2 i + 1] */
    int32_t *order, *rank;          /* [N] nodes, emptiest first; place of each in it                 */
    int32_t  leaves;
} pt_search;

static int32_t pt_leaves(int32_t nodes)
{
    int32_t n = 1;

    while (n < nodes) n *= 2;
    return n;
}

/* Bytes of the block, and with base its arrays in v; 0: too large. */
static size_t pt_lay_search(const psc_cluster *c, unsigned char *base, pt_search *v)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, cells = pt_cell(c, c->nodes);
    pt_layout lay;

    lay.base = base;
    lay.total = 0;
    lay.ok = 1;
    v->c = c;
    v->leaves = pt_leaves(c->nodes);
    v->head = (psc_plan *)pt_take(&lay, 1, sizeof(psc_plan));
    v->use = pt_take_wide(&lay, cells);
    v->away = pt_take_wide(&lay, cells);
    v->cost = pt_take_wide(&lay, n);
    v->over = pt_take_wide(&lay, n);
    v->fill = pt_take_wide(&lay, n);
    v->node_mark = pt_take_wide(&lay, n);
    v->domain_mark = pt_take_wide(&lay, n);
    v->zone_mark = pt_take_wide(&lay, n);
    v->gain_over = pt_take_wide(&lay, s);
    v->gain = pt_take_wide(&lay, s);
    v->seen = pt_take_wide(&lay, s);
    v->zone_hits = pt_take_index(&lay, n);
    v->now = pt_take_index(&lay, s);
    v->target = pt_take_index(&lay, s);
    v->first = pt_take_index(&lay, n);
    v->next = pt_take_index(&lay, s);
    v->prev = pt_take_index(&lay, s);
    v->moved = pt_take_index(&lay, (size_t)c->groups);
    v->groups_with = pt_take_index(&lay, s + 1);
    v->play = pt_take_index(&lay, n);
    v->tree = pt_take_index(&lay, 2 * (size_t)v->leaves);
    v->order = pt_take_index(&lay, n);
    v->rank = pt_take_index(&lay, n);
    pt_lay_ties(&lay, c, &v->ties);
    return lay.ok ? lay.total : 0;
}

/* The arrays of a plan, if the block is one and was made for a cluster of these sizes. */
static psc_status pt_search_of(psc_plan *plan, const psc_cluster *c, pt_search *v)
{
    psc_status status = pt_shape(c);

    if (status != PSC_OK) return status;
    status = psc__block(plan, sizeof *plan, sizeof *plan);
    if (status != PSC_OK) return status;
    if (plan->mark != PT_MARK || plan->resources != c->resources || plan->nodes != c->nodes) return PSC_ERR_STATE;
    if (plan->shards != c->shards || plan->groups != c->groups) return PSC_ERR_STATE;
    if (plan->balances != c->balances || plan->places != c->places) return PSC_ERR_STATE;
    if (plan->depends != (int64_t)pt_depends(c)) return PSC_ERR_STATE;
    (void)pt_lay_search(c, (unsigned char *)plan, v);
    return PSC_OK;
}

/* ==== Cost ====================================================================================== */

/* ceil(10^6 * part / whole), at most PT_MAX_PARTS; a whole of 0 counts as 1. Two digits of base 1000, since
 * 10^6 * 2^50 has no room. */
static int64_t pt_parts(int64_t part, int64_t whole)
{
    int64_t quotient, rest, high;

    if (whole < 1) whole = 1;
    quotient = part / whole;
    if (quotient >= PT_MAX_PARTS / 1000000) return PT_MAX_PARTS;
    rest = part % whole * 1000;
    high = rest / whole;
    rest = rest % whole * 1000;
    return (quotient * 1000 + high) * 1000 + rest / whole + (rest % whole > 0);
}

static int64_t pt_load(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *soft = (c->soft ? c->soft : c->capacity) + pt_cell(c, n);
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) if (use[r] > soft[r]) sum += pt_weight(c, r) * (use[r] - soft[r]);
    return sum;
}

static int64_t pt_balance(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t sum = 0;
    int32_t i;

    for (i = 0; i < c->balances; i++) {
        const psc_balance *b = &c->balance[i];
        const int64_t want = b->ratio * (capacity[b->first] - use[b->first]);
        const int64_t have = capacity[b->second] - use[b->second];
        if (want > have) sum += b->weight * (want - have);
    }
    return sum;
}

static int64_t pt_node_cost(const psc_cluster *c, int32_t n, const int64_t *use)
{
    return pt_load(c, n, use) + pt_balance(c, n, use);
}

static int64_t pt_overload(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) if (use[r] > capacity[r]) sum += pt_parts(use[r] - capacity[r], capacity[r]);
    return sum;
}

/* How full a node is, for the choice of targets: one that takes no shard is full. */
static int64_t pt_fullness(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t most = 0;
    int32_t r;

    if (pt_closed(c, n)) return INT64_MAX;
    for (r = 0; r < c->resources; r++) {
        const int64_t parts = pt_parts(use[r], capacity[r]);
        if (parts > most) most = parts;
    }
    return most;
}

/* Largest number of moved shards of any group, if the group had `step` (-1, 0, 1) more of them. */
static int32_t pt_most_after(const pt_search *v, int32_t group, int32_t step)
{
    const psc_plan *h = v->head;
    int32_t m;

    if (step == 0) return h->most;
    if (group < 0) return h->moves + step > 0;
    m = v->moved[group];
    if (step > 0) return m + 1 > h->most ? m + 1 : h->most;
    return m == h->most && v->groups_with[m] == 1 ? m - 1 : h->most;
}

static int64_t pt_total_cost(const pt_search *v)
{
    const psc_plan *h = v->head;

    return h->node_cost + v->c->weight_move * h->move_cost + v->c->weight_group * h->most
         + v->c->weight_distance * h->distance;
}

/* ==== A shard and its targets =================================================================== */

/* What is known of a shard in hand before a target is tried. Of the other shards of its group, node_mark and
 * domain_mark are set where they are. zone_mark and zone_hits = zones_least: the zone holds all that it needs. */
typedef struct pt_hand {
    int32_t shard, from, home, group;
    int32_t block;              /* that holds for every target, or PSC_BLOCK_NONE                    */
    int32_t domains_kept;       /* domains of the others                                             */
    int32_t domains_least;      /* that must remain                                                  */
    int32_t zones_least;        /* dependencies that hold now and must go on to                      */
    int32_t bound;              /* 1: it must not leave its zone                                     */
    int64_t over_fall;          /* fall of the overload by leaving                                   */
    int64_t leave_fall;         /* fall of the node's own cost by leaving                            */
    int64_t terms_now, terms_home, terms_away;  /* moving terms now; at home; away, without distance */
    const int64_t *demand;
} pt_hand;

static void pt_mark_group(const pt_search *v, pt_hand *p)
{
    const psc_cluster *c = v->c;
    const int64_t mark = v->head->mark_now;
    const int32_t spread = c->spread ? c->spread[p->group] : 1;
    int32_t i;

    for (i = v->ties.from[p->group]; i < v->ties.from[p->group + 1]; i++) {
        const int32_t s = v->ties.member[i], n = v->now[s], domain = pt_domain(c, n);
        if (s == p->shard) continue;
        v->node_mark[n] = mark;
        if (v->domain_mark[domain] != mark) p->domains_kept++;
        v->domain_mark[domain] = mark;
    }
    p->domains_least = p->domains_kept + (v->domain_mark[pt_domain(c, p->from)] != mark);
    if (p->domains_least > spread) p->domains_least = spread;
}

/* Zones that hold the first k of the needed groups have k hits; so a zone with more than one shard of a group
 * is counted once. A dependency that is broken already asks for nothing. */
static void pt_mark_zones(const pt_search *v, pt_hand *p)
{
    const psc_cluster *c = v->c;
    const int64_t mark = v->head->mark_now;
    int32_t d, i;

    for (d = c->depend_from[p->group]; d < c->depend_from[p->group + 1]; d++) {
        const int32_t needed = c->depend[d];
        if (needed == p->group) continue;
        if (!pt_in_zone(c, &v->ties, v->now, needed, pt_zone(c, p->from))) continue;
        for (i = v->ties.from[needed]; i < v->ties.from[needed + 1]; i++) {
            const int32_t zone = pt_zone(c, v->now[v->ties.member[i]]);
            if (v->zone_mark[zone] != mark) v->zone_hits[zone] = 0;
            v->zone_mark[zone] = mark;
            if (v->zone_hits[zone] == p->zones_least) v->zone_hits[zone]++;
        }
        p->zones_least++;
    }
}

/* 1 if the shard is the last of its group in its zone and one of a group that depends on it is there. */
static int pt_is_needed(const pt_search *v, const pt_hand *p)
{
    const psc_cluster *c = v->c;
    const pt_ties *t = &v->ties;
    const int32_t zone = pt_zone(c, p->from);
    int32_t i;

    if (t->back_from[p->group] == t->back_from[p->group + 1]) return 0;
    for (i = t->from[p->group]; i < t->from[p->group + 1]; i++) {
        if (t->member[i] != p->shard && pt_zone(c, v->now[t->member[i]]) == zone) return 0;
    }
    for (i = t->back_from[p->group]; i < t->back_from[p->group + 1]; i++) {
        if (t->back[i] != p->group && pt_in_zone(c, t, v->now, t->back[i], zone)) return 1;
    }
    return 0;
}

/* 1 if one more shard of this price may not leave home. */
static int pt_spent(const psc_plan *h, int64_t price)
{
    return h->moves >= h->max_moves || price > h->max_move_cost - h->move_cost;
}

/* The terms of a shard that do not depend on the target, in p; O(R + balances). */
static void pt_weigh(const pt_search *v, int32_t shard, pt_hand *p)
{
    const psc_cluster *c = v->c;
    const psc_plan *h = v->head;
    const int64_t price = pt_move_cost(c, shard);
    int64_t rest[PSC_MAX_RESOURCES];
    int32_t r, is_home;

    memset(p, 0, sizeof *p);
    p->shard = shard;
    p->from = v->now[shard];
    p->home = c->home[shard];
    p->group = pt_group(c, shard);
    p->demand = c->demand + pt_cell(c, shard);
    is_home = p->from == p->home;
    if (pt_pinned(c, shard)) p->block = PSC_BLOCK_PINNED;
    else if (is_home && pt_spent(h, price)) p->block = PSC_BLOCK_BUDGET;
    for (r = 0; r < c->resources; r++) rest[r] = v->use[pt_cell(c, p->from) + (size_t)r] - p->demand[r];
    p->over_fall = v->over[p->from] == 0 ? 0 : v->over[p->from] - pt_overload(c, p->from, rest);
    p->leave_fall = v->cost[p->from] - pt_node_cost(c, p->from, rest);
    p->terms_home = c->weight_group * pt_most_after(v, p->group, is_home ? 0 : -1);
    p->terms_away = c->weight_group * pt_most_after(v, p->group, is_home ? 1 : 0) + c->weight_move * price;
    p->terms_now = is_home ? p->terms_home
                           : p->terms_away + c->weight_distance * pt_distance(c, p->home, p->from);
}

/* Marks what the group and its ties allow; O(group + groups tied to it). */
static void pt_mark(const pt_search *v, pt_hand *p)
{
    if (p->group < 0) return;
    v->head->mark_now++;
    pt_mark_group(v, p);
    if (!v->c->depend_from) return;
    pt_mark_zones(v, p);
    p->bound = pt_is_needed(v, p);
}

/* PSC_BLOCK_CAPACITY, PSC_BLOCK_TRANSIENT or PSC_BLOCK_NONE, and the resource. At home, what it has left behind
 * is its own. */
static int32_t pt_room(const pt_search *v, const pt_hand *p, int32_t to, int32_t *resource)
{
    const psc_cluster *c = v->c;
    const int64_t *use = v->use + pt_cell(c, to), *away = v->away + pt_cell(c, to);
    const int64_t *capacity = c->capacity + pt_cell(c, to), *d = p->demand;
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (d[r] > 0 && use[r] + d[r] > capacity[r]) { *resource = r; return PSC_BLOCK_CAPACITY; }
    }
    if (!c->transient || to == p->home) return PSC_BLOCK_NONE;
    for (r = 0; r < c->resources; r++) {
        if (d[r] == 0 || c->transient[r] == 0) continue;
        if (use[r] + away[r] + d[r] > capacity[r]) { *resource = r; return PSC_BLOCK_TRANSIENT; }
    }
    return PSC_BLOCK_NONE;
}

/* What hinders the shard in hand, weighed and marked, from going there: one of the hard constraints, or none. */
static int32_t pt_block(const pt_search *v, const pt_hand *p, int32_t to, int32_t *resource)
{
    const psc_cluster *c = v->c;
    const int64_t mark = v->head->mark_now;
    int32_t block, zone;

    if (to == p->from) return PSC_BLOCK_HERE;
    if (p->block == PSC_BLOCK_PINNED) return PSC_BLOCK_PINNED;
    if (pt_closed(c, to)) return PSC_BLOCK_CLOSED;
    if (p->block != PSC_BLOCK_NONE) return p->block;
    block = pt_room(v, p, to, resource);
    if (block != PSC_BLOCK_NONE || p->group < 0) return block;
    if (v->node_mark[to] == mark) return PSC_BLOCK_CONFLICT;
    if (p->domains_kept + (v->domain_mark[pt_domain(c, to)] != mark) < p->domains_least) return PSC_BLOCK_SPREAD;
    zone = pt_zone(c, to);
    if (zone == pt_zone(c, p->from)) return PSC_BLOCK_NONE;
    if (p->bound) return PSC_BLOCK_DEPENDENCY;
    if (p->zones_least == 0) return PSC_BLOCK_NONE;
    return v->zone_mark[zone] == mark && v->zone_hits[zone] == p->zones_least ? PSC_BLOCK_NONE : PSC_BLOCK_DEPENDENCY;
}

/* Fall of the cost by going there but for what the target's own cost rises by. */
static int64_t pt_gain_bound(const pt_search *v, const pt_hand *p, int32_t to)
{
    const psc_cluster *c = v->c;
    const int64_t terms = to == p->home ? p->terms_home
                        : p->terms_away + c->weight_distance * pt_distance(c, p->home, to);

    return p->leave_fall + p->terms_now - terms;
}

static int64_t pt_arrival(const pt_search *v, const pt_hand *p, int32_t to)
{
    const psc_cluster *c = v->c;
    const int64_t *use = v->use + pt_cell(c, to);
    int64_t sum[PSC_MAX_RESOURCES];
    int32_t r;

    for (r = 0; r < c->resources; r++) sum[r] = use[r] + p->demand[r];
    return pt_node_cost(c, to, sum) - v->cost[to];
}

/* ==== Moving a shard ============================================================================ */

static void pt_unlink(const pt_search *v, int32_t shard)
{
    const int32_t before = v->prev[shard], behind = v->next[shard];

    if (before >= 0) v->next[before] = behind;
    else v->first[v->now[shard]] = behind;
    if (behind >= 0) v->prev[behind] = before;
}

static void pt_link(const pt_search *v, int32_t shard, int32_t node)
{
    const int32_t behind = v->first[node];

    v->prev[shard] = -1;
    v->next[shard] = behind;
    if (behind >= 0) v->prev[behind] = shard;
    v->first[node] = shard;
    v->now[shard] = node;
}

static int pt_hotter(const pt_search *v, int32_t a, int32_t b)
{
    if (v->over[a] != v->over[b]) return v->over[a] > v->over[b];
    if (v->cost[a] != v->cost[b]) return v->cost[a] > v->cost[b];
    return a < b;
}

static int32_t pt_winner(const pt_search *v, int32_t a, int32_t b)
{
    if (a < 0 || b < 0) return a < 0 ? b : a;
    return pt_hotter(v, a, b) ? a : b;
}

/* Plays the matches of a node again, after its heat or its place in the game has changed. */
static void pt_replay(const pt_search *v, int32_t node)
{
    int32_t i = v->leaves + node;

    v->tree[i] = v->play[node] == PT_OUT ? -1 : node;
    for (i /= 2; i > 0; i /= 2) v->tree[i] = pt_winner(v, v->tree[2 * i], v->tree[2 * i + 1]);
}

static void pt_put(const pt_search *v, int32_t node, int32_t place)
{
    v->order[place] = node;
    v->rank[node] = place;
}

/* Moves a node to its place in the order by fullness, which all others keep. */
static void pt_rerank(const pt_search *v, int32_t node)
{
    int32_t i = v->rank[node];

    v->fill[node] = pt_fullness(v->c, node, v->use + pt_cell(v->c, node));
    for (; i > 0 && pt_after(v->fill, v->order[i - 1], node); i--) pt_put(v, v->order[i - 1], i);
    for (; i + 1 < v->c->nodes && pt_after(v->fill, node, v->order[i + 1]); i++) pt_put(v, v->order[i + 1], i);
    pt_put(v, node, i);
}

/* Everything that hangs on what a node holds, after its use has changed. */
static void pt_refresh(const pt_search *v, int32_t node)
{
    const psc_cluster *c = v->c;
    const int64_t *use = v->use + pt_cell(c, node);
    const int64_t cost = pt_node_cost(c, node, use), over = pt_overload(c, node, use);

    v->head->node_cost += cost - v->cost[node];
    v->head->overload += over - v->over[node];
    v->cost[node] = cost;
    v->over[node] = over;
    if (v->head->targets > 0) pt_rerank(v, node);
    pt_replay(v, node);
}

/* Counts a shard of the group as moved (step 1) or as back at home (-1). */
static void pt_count_moved(const pt_search *v, int32_t shard, int32_t step)
{
    psc_plan *h = v->head;
    const int32_t group = pt_group(v->c, shard), most = pt_most_after(v, group, step);
    const int64_t *d = v->c->demand + pt_cell(v->c, shard);
    int64_t *away = v->away + pt_cell(v->c, v->c->home[shard]);
    int32_t r;

    if (group >= 0) {
        v->groups_with[v->moved[group]]--;
        v->moved[group] += step;
        v->groups_with[v->moved[group]]++;
    }
    h->most = most;
    h->moves += step;
    h->move_cost += step * pt_move_cost(v->c, shard);
    for (r = 0; r < v->c->resources; r++) away[r] += step * d[r];
}

static void pt_move(const pt_search *v, int32_t shard, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t from = v->now[shard], home = c->home[shard];
    const int64_t *d = c->demand + pt_cell(c, shard);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        v->use[pt_cell(c, from) + (size_t)r] -= d[r];
        v->use[pt_cell(c, to) + (size_t)r] += d[r];
    }
    if (from == home) pt_count_moved(v, shard, 1);
    else v->head->distance -= pt_distance(c, home, from);
    if (to == home) pt_count_moved(v, shard, -1);
    else v->head->distance += pt_distance(c, home, to);
    pt_unlink(v, shard);
    pt_link(v, shard, to);
    pt_refresh(v, from);
    pt_refresh(v, to);
    v->head->clock++;
}

/* ==== Search ==================================================================================== */

/* Keeps the target if it is better than the best so far, *gain. */
static void pt_try(const pt_search *v, const pt_hand *p, int32_t to, int64_t *gain)
{
    int64_t x = pt_gain_bound(v, p, to);
    int32_t resource;

    if (v->c->balances == 0 && x < *gain) return;
    if (pt_block(v, p, to, &resource) != PSC_BLOCK_NONE) return;
    x -= pt_arrival(v, p, to);
    if (x < *gain || (x == *gain && v->target[p->shard] >= 0 && v->target[p->shard] < to)) return;
    *gain = x;
    v->target[p->shard] = to;
}

/* 1 if leaving can save nothing wherever it goes: most shards of a fleet that is well. */
static int pt_hopeless(const pt_search *v, const pt_hand *p)
{
    if (p->block != PSC_BLOCK_NONE) return 1;
    return v->c->balances == 0 && p->from == p->home && p->over_fall == 0 && p->leave_fall <= 0;
}

/* Finds the best target of a shard and what it gains. Gains are at least 1, or any if overload falls. */
static void pt_look(const pt_search *v, int32_t shard)
{
    psc_plan *h = v->head;
    int64_t gain;
    int32_t i, tried = 1;
    pt_hand p;

    pt_weigh(v, shard, &p);
    gain = p.over_fall > 0 ? INT64_MIN : 1;
    v->target[shard] = -1;
    if (!pt_hopeless(v, &p)) {
        tried = h->targets > 0 ? h->targets : v->c->nodes;
        pt_mark(v, &p);
        for (i = 0; i < tried; i++) pt_try(v, &p, h->targets > 0 ? v->order[i] : i, &gain);
        if (h->targets > 0 && v->rank[p.home] >= h->targets) {
            pt_try(v, &p, p.home, &gain);
            tried++;
        }
    }
    h->evaluations += tried;
    v->seen[shard] = h->clock;
    v->gain_over[shard] = v->target[shard] < 0 ? 0 : p.over_fall;
    v->gain[shard] = v->target[shard] < 0 ? 0 : gain;
}

/* Shard of the node with the largest gain as last seen, the lower one of equals; -1: none has any. */
static int32_t pt_front(const pt_search *v, int32_t node)
{
    int32_t s, best = -1;

    for (s = v->first[node]; s >= 0; s = v->next[s]) {
        if (v->target[s] < 0) continue;
        if (best < 0 || v->gain_over[s] > v->gain_over[best]) { best = s; continue; }
        if (v->gain_over[s] < v->gain_over[best] || v->gain[s] < v->gain[best]) continue;
        if (v->gain[s] > v->gain[best] || s < best) best = s;
    }
    return best;
}

static void pt_start_round(const pt_search *v)
{
    int32_t n;

    for (n = 0; n < v->c->nodes; n++) v->play[n] = PT_UNSEEN;
    for (n = 0; n < v->leaves; n++) v->tree[v->leaves + n] = n < v->c->nodes ? n : -1;
    for (n = v->leaves - 1; n > 0; n--) v->tree[n] = pt_winner(v, v->tree[2 * n], v->tree[2 * n + 1]);
    v->head->clock_at_round = v->head->clock;
    v->head->cursor = -1;
}

/* The next shard of a node that is being scanned. No move is made meanwhile, so the list stands still. */
static void pt_scan(const pt_search *v, int32_t node)
{
    psc_plan *h = v->head;

    h->cursor = h->cursor < 0 ? v->first[node] : v->next[h->cursor];
    if (h->cursor >= 0) pt_look(v, h->cursor);
    else v->play[node] = PT_SEEN;
}

/* One turn: at most one look. */
static void pt_turn(const pt_search *v)
{
    psc_plan *h = v->head;
    const int32_t node = v->tree[1];
    int32_t s;

    if (node < 0) {
        if (h->clock == h->clock_at_round) h->done = 1;
        else pt_start_round(v);
        return;
    }
    if (v->play[node] == PT_UNSEEN) { pt_scan(v, node); return; }
    s = pt_front(v, node);
    if (s < 0) {
        v->play[node] = PT_OUT;
        pt_replay(v, node);
    } else if (v->seen[s] != h->clock) {
        pt_look(v, s);
    } else {
        pt_move(v, s, v->target[s]);
        v->target[s] = -1;
    }
}

/* ==== Plan ====================================================================================== */

void psc_plan_default(psc_plan_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->max_moves = INT64_MAX;
    config->max_move_cost = INT64_MAX;
}

static psc_status pt_config(const psc_plan_config *config)
{
    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->targets < 0 || config->max_moves < 0 || config->max_move_cost < 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

size_t psc_plan_size(const psc_cluster *cluster, const psc_plan_config *config)
{
    pt_search v;

    if (pt_shape(cluster) != PSC_OK || pt_config(config) != PSC_OK) return 0;
    return pt_lay_search(cluster, NULL, &v);
}

static void pt_init_head(psc_plan *h, const psc_cluster *c, const psc_plan_config *config)
{
    memset(h, 0, sizeof *h);
    h->mark = PT_MARK;
    h->resources = c->resources;
    h->nodes = c->nodes;
    h->shards = c->shards;
    h->groups = c->groups;
    h->balances = c->balances;
    h->places = c->places;
    h->depends = (int64_t)pt_depends(c);
    h->max_moves = config->max_moves;
    h->max_move_cost = config->max_move_cost;
    h->targets = config->targets < c->nodes ? config->targets : 0;
}

static void pt_init_nodes(const pt_search *v)
{
    const psc_cluster *c = v->c;
    const size_t n = (size_t)c->nodes;
    int32_t i;

    pt_fill_use(c, c->home, v->use);
    memset(v->away, 0, pt_cell(c, c->nodes) * sizeof *v->away);
    memset(v->node_mark, 0, n * sizeof *v->node_mark);
    memset(v->domain_mark, 0, n * sizeof *v->domain_mark);
    memset(v->zone_mark, 0, n * sizeof *v->zone_mark);
    for (i = 0; i < c->nodes; i++) {
        const int64_t *use = v->use + pt_cell(c, i);
        v->zone_hits[i] = 0;
        v->first[i] = -1;
        v->order[i] = i;
        v->cost[i] = pt_node_cost(c, i, use);
        v->over[i] = pt_overload(c, i, use);
        v->fill[i] = pt_fullness(c, i, use);
        v->head->node_cost += v->cost[i];
        v->head->overload += v->over[i];
    }
    pt_sort(v->order, n, v->fill);
    for (i = 0; i < c->nodes; i++) v->rank[v->order[i]] = i;
}

static void pt_init_shards(const pt_search *v)
{
    const psc_cluster *c = v->c;
    int32_t s;

    for (s = c->shards - 1; s >= 0; s--) {
        pt_link(v, s, c->home[s]);
        v->target[s] = -1;
        v->gain_over[s] = 0;
        v->gain[s] = 0;
        v->seen[s] = -1;
    }
    memset(v->groups_with, 0, ((size_t)c->shards + 1) * sizeof *v->groups_with);
    v->groups_with[0] = c->groups;
    if (c->groups > 0) memset(v->moved, 0, (size_t)c->groups * sizeof *v->moved);
    pt_init_ties(c, &v->ties);
}

psc_status psc_plan_init(psc_plan *plan, size_t bytes, const psc_cluster *cluster, const psc_plan_config *config)
{
    pt_search v;
    psc_status status = pt_shape(cluster);

    if (status == PSC_OK) status = pt_config(config);
    if (status != PSC_OK) return status;
    status = psc__block(plan, bytes, psc_plan_size(cluster, config));
    if (status != PSC_OK) return status;
    (void)pt_lay_search(cluster, (unsigned char *)plan, &v);
    pt_init_head(plan, cluster, config);
    pt_init_nodes(&v);
    pt_init_shards(&v);
    plan->cost_before = plan->node_cost;
    plan->overload_before = plan->overload;
    pt_start_round(&v);
    return PSC_OK;
}

psc_status psc_plan_step(psc_plan *plan, const psc_cluster *cluster, int64_t evaluations)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (evaluations < 1) return PSC_ERR_RANGE;
    plan->allowed = plan->allowed > INT64_MAX - evaluations ? INT64_MAX : plan->allowed + evaluations;
    while (!plan->done && plan->evaluations < plan->allowed) pt_turn(&v);
    return plan->done ? PSC_OK : PSC_MORE;
}

static void pt_info(const pt_search *v, psc_plan_info *info)
{
    const psc_plan *h = v->head;
    int32_t n;

    memset(info, 0, sizeof *info);
    for (n = 0; n < v->c->nodes; n++) info->load += pt_load(v->c, n, v->use + pt_cell(v->c, n));
    info->cost = pt_total_cost(v);
    info->balance = h->node_cost - info->load;
    info->move = v->c->weight_move * h->move_cost;
    info->group = v->c->weight_group * h->most;
    info->distance = v->c->weight_distance * h->distance;
    info->cost_before = h->cost_before;
    info->overload = h->overload;
    info->overload_before = h->overload_before;
    info->moves = h->moves;
    info->evaluations = h->evaluations;
    info->done = h->done;
}

psc_status psc_plan_best(psc_plan *plan, const psc_cluster *cluster, int32_t *assignment, psc_plan_info *info)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (assignment && cluster->shards > 0) memcpy(assignment, v.now, (size_t)cluster->shards * sizeof *assignment);
    if (info) pt_info(&v, info);
    return PSC_OK;
}

/* ==== Reasons =================================================================================== */

const char *psc_block_text(int32_t block)
{
    switch (block) {
    case PSC_BLOCK_NONE: return "allowed";
    case PSC_BLOCK_HERE: return "it is there already";
    case PSC_BLOCK_PINNED: return "the shard is pinned";
    case PSC_BLOCK_CLOSED: return "the node takes no shard";
    case PSC_BLOCK_BUDGET: return "the budget of moves is used";
    case PSC_BLOCK_CAPACITY: return "not enough capacity";
    case PSC_BLOCK_TRANSIENT: return "not enough capacity for both copies";
    case PSC_BLOCK_CONFLICT: return "a shard of its group is there";
    case PSC_BLOCK_SPREAD: return "its group would touch too few domains";
    case PSC_BLOCK_DEPENDENCY: return "a dependency would not be near";
    case PSC_BLOCK_NO_GAIN: return "it would cost more than it saves";
    case PSC_BLOCK_BUSY: return "too many moves at once";
    default: return "unknown block";
    }
}

/* How near a target is to being taken: the order of the tests, and allowed beyond all of them. */
static int32_t pt_nearness(int32_t block) { return block == PSC_BLOCK_NONE ? PSC_BLOCK_COUNT : block; }

/* One target into the refusal; over_fall is the same for all, so cost alone ranks them. */
static void pt_note_target(const pt_search *v, const pt_hand *p, int32_t to, psc_refusal *out)
{
    int64_t gain = 0;
    int32_t resource = -1, block = pt_block(v, p, to, &resource);

    if (block == PSC_BLOCK_NONE) {
        gain = pt_gain_bound(v, p, to) - pt_arrival(v, p, to);
        if (p->over_fall <= 0 && gain <= 0) block = PSC_BLOCK_NO_GAIN;
    }
    out->count[block]++;
    if (block == PSC_BLOCK_HERE) return;
    if (out->node >= 0) {
        if (pt_nearness(block) < pt_nearness(out->block)) return;
        if (block == out->block && gain <= out->gain) return;
    }
    out->block = block;
    out->node = to;
    out->resource = resource;
    out->gain = gain;
}

psc_status psc_plan_explain(psc_plan *plan, const psc_cluster *cluster, int32_t shard, psc_refusal *refusal)
{
    pt_search v;
    pt_hand p;
    const psc_status status = pt_search_of(plan, cluster, &v);
    int32_t n;

    if (status != PSC_OK) return status;
    if (!refusal) return PSC_ERR_NULL;
    if (shard < 0 || shard >= cluster->shards) return PSC_ERR_RANGE;
    memset(refusal, 0, sizeof *refusal);
    refusal->block = PSC_BLOCK_HERE;
    refusal->node = -1;
    refusal->resource = -1;
    pt_weigh(&v, shard, &p);
    pt_mark(&v, &p);
    for (n = 0; n < cluster->nodes; n++) pt_note_target(&v, &p, n, refusal);
    return PSC_OK;
}

/* ==== Order of moves ============================================================================ */

/* A plan that is being carried out. Between waves `at` is where every shard is; during a wave it is where the
 * wave found it, and the shards in flight are on their way to `want`. */
typedef struct pt_run {
    const psc_cluster *c;
    const psc_waves_config *config;
    const int32_t *want;
    pt_ties  ties;
    int64_t *settled;               /* [N * R] demand of the shards by `at`                           */
    int64_t *counted;               /* [N * R] and of all copies: arriving, or left and transient     */
    int64_t *size;                  /* [S] minus the share of the target that the shard takes         */
    int64_t *domain_mark;           /* [N]                                                            */
    int32_t *at, *pending;          /* [S] where each shard is; moves not begun, in the order to try  */
    int32_t *flying;                /* [S] 1: its move is of this wave                                */
    int32_t *wave, *block, *resource;   /* [S] of the result                                          */
    int32_t *touches;               /* [N] moves of this wave that touch the node                     */
    int32_t *group_flies;           /* [G] 1: a shard of the group is in flight                       */
    int32_t *begun;                 /* [S] shards of this wave                                        */
    int64_t  mark;
    int32_t  left, flights;         /* moves not begun; moves of this wave                            */
    int32_t  waves, ended;          /* waves and moves that have ended                                */
} pt_run;

static size_t pt_lay_run(const psc_cluster *c, unsigned char *base, pt_run *run)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, cells = pt_cell(c, c->nodes);
    pt_layout lay;

    lay.base = base;
    lay.total = 0;
    lay.ok = 1;
    run->settled = pt_take_wide(&lay, cells);
    run->counted = pt_take_wide(&lay, cells);
    run->size = pt_take_wide(&lay, s);
    run->domain_mark = pt_take_wide(&lay, n);
    run->at = pt_take_index(&lay, s);
    run->pending = pt_take_index(&lay, s);
    run->flying = pt_take_index(&lay, s);
    run->wave = pt_take_index(&lay, s);
    run->block = pt_take_index(&lay, s);
    run->resource = pt_take_index(&lay, s);
    run->begun = pt_take_index(&lay, s);
    run->touches = pt_take_index(&lay, n);
    run->group_flies = pt_take_index(&lay, (size_t)c->groups);
    pt_lay_ties(&lay, c, &run->ties);
    return lay.ok ? lay.total : 0;
}

/* Share of its target that a shard takes, of the resource where it is largest, in millionths. */
static int64_t pt_size_there(const psc_cluster *c, int32_t shard, int32_t to)
{
    const int64_t *d = c->demand + pt_cell(c, shard), *capacity = c->capacity + pt_cell(c, to);
    int64_t most = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        const int64_t parts = pt_parts(d[r], capacity[r]);
        if (parts > most) most = parts;
    }
    return most;
}

static void pt_init_run(pt_run *run)
{
    const psc_cluster *c = run->c;
    int32_t s;

    pt_fill_use(c, c->home, run->settled);
    memcpy(run->counted, run->settled, pt_cell(c, c->nodes) * sizeof *run->counted);
    memset(run->domain_mark, 0, (size_t)c->nodes * sizeof *run->domain_mark);
    memset(run->touches, 0, (size_t)c->nodes * sizeof *run->touches);
    if (c->groups > 0) memset(run->group_flies, 0, (size_t)c->groups * sizeof *run->group_flies);
    run->mark = 0;
    run->left = run->flights = run->waves = run->ended = 0;
    for (s = 0; s < c->shards; s++) {
        run->at[s] = c->home[s];
        run->flying[s] = 0;
        run->wave[s] = -1;
        run->block[s] = PSC_BLOCK_NONE;
        run->resource[s] = -1;
        run->size[s] = -pt_size_there(c, s, run->want[s]);
        if (run->want[s] != c->home[s]) run->pending[run->left++] = s;
    }
    pt_sort(run->pending, (size_t)run->left, run->size);
    pt_init_ties(c, &run->ties);
}

/* What the copies on a node leave no room for. Lack of room for one copy of each shard is a lack of capacity. */
static int32_t pt_run_room(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard), *capacity = c->capacity + pt_cell(c, to);
    const int64_t *settled = run->settled + pt_cell(c, to), *counted = run->counted + pt_cell(c, to);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (d[r] == 0 || counted[r] + d[r] <= capacity[r]) continue;
        run->resource[shard] = r;
        return settled[r] + d[r] > capacity[r] ? PSC_BLOCK_CAPACITY : PSC_BLOCK_TRANSIENT;
    }
    return PSC_BLOCK_NONE;
}

/* Conflict and spread: the others of the group stand still, since none of them is in flight. */
static int32_t pt_run_group(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int32_t group = c->group[shard], spread = c->spread ? c->spread[group] : 1;
    const int32_t *members = run->ties.member;
    int32_t i, kept = 0, before, after;

    run->mark++;
    for (i = run->ties.from[group]; i < run->ties.from[group + 1]; i++) {
        const int32_t n = run->at[members[i]], domain = pt_domain(c, n);
        if (members[i] == shard) continue;
        if (n == to) return PSC_BLOCK_CONFLICT;
        if (run->domain_mark[domain] != run->mark) kept++;
        run->domain_mark[domain] = run->mark;
    }
    before = kept + (run->domain_mark[pt_domain(c, run->at[shard])] != run->mark);
    after = kept + (run->domain_mark[pt_domain(c, to)] != run->mark);
    return after < spread && after < before ? PSC_BLOCK_SPREAD : PSC_BLOCK_NONE;
}

/* 1 if a shard of the group is in the zone whichever moves of the wave have ended. */
static int pt_stays(const pt_run *run, int32_t group, int32_t zone)
{
    const psc_cluster *c = run->c;
    int32_t i;

    for (i = run->ties.from[group]; i < run->ties.from[group + 1]; i++) {
        const int32_t s = run->ties.member[i];
        if (pt_zone(c, run->at[s]) != zone) continue;
        if (!run->flying[s] || pt_zone(c, run->want[s]) == zone) return 1;
    }
    return 0;
}

/* 1 if a shard of the group is in the zone before or after some of the moves of the wave. */
static int pt_may_be(const pt_run *run, int32_t group, int32_t zone)
{
    const psc_cluster *c = run->c;
    int32_t i;

    for (i = run->ties.from[group]; i < run->ties.from[group + 1]; i++) {
        const int32_t s = run->ties.member[i];
        if (pt_zone(c, run->at[s]) == zone) return 1;
        if (run->flying[s] && pt_zone(c, run->want[s]) == zone) return 1;
    }
    return 0;
}

/* Dependencies of the shard in its new zone, and of others on it in its old one. It is not in flight yet, so
 * when it is asked whether its group stays in the old zone, it is held not to be there by flying. */
static int32_t pt_run_zones(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int32_t group = c->group[shard], old_zone = pt_zone(c, run->at[shard]), zone = pt_zone(c, to);
    int32_t i, stays;

    if (zone == old_zone || !c->depend_from) return PSC_BLOCK_NONE;
    for (i = c->depend_from[group]; i < c->depend_from[group + 1]; i++) {
        const int32_t needed = c->depend[i];
        if (needed == group || pt_stays(run, needed, zone)) continue;
        if (pt_in_zone(c, &run->ties, run->at, needed, old_zone)) return PSC_BLOCK_DEPENDENCY;
    }
    run->flying[shard] = 1;
    stays = pt_stays(run, group, old_zone);
    run->flying[shard] = 0;
    for (i = run->ties.back_from[group]; !stays && i < run->ties.back_from[group + 1]; i++) {
        const int32_t other = run->ties.back[i];
        if (other != group && pt_may_be(run, other, old_zone)) return PSC_BLOCK_DEPENDENCY;
    }
    return PSC_BLOCK_NONE;
}

/* What hinders a pending move from joining the wave, cheap tests first. */
static int32_t pt_run_block(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int32_t from = run->at[shard], to = run->want[shard], limit = run->config->per_node;
    int32_t block;

    run->resource[shard] = -1;
    if (pt_pinned(c, shard)) return PSC_BLOCK_PINNED;
    if (pt_closed(c, to)) return PSC_BLOCK_CLOSED;
    if (run->flights >= run->config->total) return PSC_BLOCK_BUSY;
    if (run->touches[from] >= limit || run->touches[to] >= limit) return PSC_BLOCK_BUSY;
    if (c->group && run->group_flies[c->group[shard]]) return PSC_BLOCK_BUSY;
    block = pt_run_room(run, shard, to);
    if (block != PSC_BLOCK_NONE || !c->group) return block;
    block = pt_run_group(run, shard, to);
    return block != PSC_BLOCK_NONE ? block : pt_run_zones(run, shard, to);
}

/* ==== Waves ===================================================================================== */

static void pt_begin(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    int64_t *counted = run->counted + pt_cell(c, run->want[shard]);
    int32_t r;

    for (r = 0; r < c->resources; r++) counted[r] += d[r];
    run->wave[shard] = run->waves;
    run->flying[shard] = 1;
    run->touches[run->at[shard]]++;
    run->touches[run->want[shard]]++;
    if (c->group) run->group_flies[c->group[shard]] = 1;
    run->begun[run->flights++] = shard;
}

/* The move has ended: what it held on its old node is free, but for transient resources. */
static void pt_end(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    const size_t from = pt_cell(c, run->at[shard]), to = pt_cell(c, run->want[shard]);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        run->settled[from + (size_t)r] -= d[r];
        run->settled[to + (size_t)r] += d[r];
        if (!pt_transient(c, r)) run->counted[from + (size_t)r] -= d[r];
    }
    run->flying[shard] = 0;
    run->touches[run->at[shard]] = 0;
    run->touches[run->want[shard]] = 0;
    if (c->group) run->group_flies[c->group[shard]] = 0;
    run->at[shard] = run->want[shard];
}

/* Begins what it can of the pending moves, of those from nodes above capacity or of the others. */
static void pt_gather(pt_run *run, int overloaded)
{
    const psc_cluster *c = run->c;
    int32_t i, s;

    for (i = 0; i < run->left; i++) {
        const size_t from = pt_cell(c, run->at[run->pending[i]]);
        s = run->pending[i];
        if (run->flying[s]) continue;
        if ((pt_overload(c, run->at[s], run->settled + from) > 0) != overloaded) continue;
        run->block[s] = pt_run_block(run, s);
        if (run->block[s] == PSC_BLOCK_NONE) pt_begin(run, s);
    }
}

/* One wave; 0 if no move could begin. Every pending move was then tried with nothing in flight, so that the
 * reasons that remain are those of the cluster and not of the wave. */
static int pt_wave(pt_run *run)
{
    int32_t i, left = 0;

    run->flights = 0;
    pt_gather(run, 1);
    pt_gather(run, 0);
    if (run->flights == 0) return 0;
    for (i = 0; i < run->left; i++) {
        if (!run->flying[run->pending[i]]) run->pending[left++] = run->pending[i];
    }
    run->left = left;
    for (i = 0; i < run->flights; i++) pt_end(run, run->begun[i]);
    run->ended += run->flights;
    run->waves++;
    return 1;
}

/* Moves sorted by wave, then by shard, those without one last: a counting sort, with the starts in `begun`,
 * which no wave needs any more. There are no more waves than shards. */
static int32_t pt_write_order(const pt_run *run, psc_move *order)
{
    const psc_cluster *c = run->c;
    int32_t *start = run->begun;
    int32_t s, w, sum = 0, stuck = 0;

    for (w = 0; w < run->waves; w++) start[w] = 0;
    for (s = 0; s < c->shards; s++) if (run->wave[s] >= 0) start[run->wave[s]]++;
    for (w = 0; w < run->waves; w++) {
        const int32_t count = start[w];
        start[w] = sum;
        sum += count;
    }
    for (s = 0; s < c->shards; s++) {
        psc_move *move;
        if (run->want[s] == c->home[s]) continue;
        move = &order[run->wave[s] >= 0 ? start[run->wave[s]]++ : sum + stuck++];
        move->shard = s;
        move->from = c->home[s];
        move->to = run->want[s];
        move->wave = run->wave[s];
        move->block = run->block[s];
        move->resource = run->resource[s];
    }
    return stuck;
}

void psc_waves_default(psc_waves_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->per_node = 2;
    config->total = INT32_MAX;
}

size_t psc_waves_size(const psc_cluster *cluster)
{
    pt_run run;

    return pt_shape(cluster) == PSC_OK ? pt_lay_run(cluster, NULL, &run) : 0;
}

static psc_status pt_waves_arguments(const psc_cluster *c, const psc_waves_config *config,
                                     const int32_t *want, const psc_move *order, size_t capacity)
{
    size_t moves = 0;
    int32_t s;

    if (!config || (c->shards > 0 && !want)) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->per_node < 1 || config->total < 1) return PSC_ERR_RANGE;
    if (!pt_indices_valid(want, (size_t)c->shards, c->nodes)) return PSC_ERR_RANGE;
    for (s = 0; s < c->shards; s++) if (want[s] != c->home[s]) moves++;
    if (capacity < moves) return PSC_ERR_SPACE;
    return moves > 0 && !order ? PSC_ERR_NULL : PSC_OK;
}

psc_status psc_waves_of(const psc_cluster *cluster, const psc_waves_config *config,
                        const int32_t *assignment, void *work, size_t bytes,
                        psc_move *order, size_t capacity, psc_waves_info *info)
{
    pt_run run;
    psc_status status = pt_shape(cluster);

    if (status == PSC_OK) status = pt_waves_arguments(cluster, config, assignment, order, capacity);
    if (status != PSC_OK) return status;
    if (!info) return PSC_ERR_NULL;
    status = psc__block(work, bytes, psc_waves_size(cluster));
    if (status != PSC_OK) return status;
    (void)pt_lay_run(cluster, (unsigned char *)work, &run);
    run.c = cluster;
    run.config = config;
    run.want = assignment;
    pt_init_run(&run);
    while (pt_wave(&run)) { }
    memset(info, 0, sizeof *info);
    info->stuck = pt_write_order(&run, order);
    info->waves = run.waves;
    info->moves = run.ended;
    return PSC_OK;
}

/* ==== Transfer ================================================================================== */

#define PT_EPOCHS (UINT64_C(1) << 60)       /* epochs lie below: a version, epoch * 8 + phase, is one word */
#define PT_PENDING (UINT64_C(1) << 63)      /* in timing: the version waits to be stored */
#define PT_PATIENCE 32                      /* in timing: bits 32..62 are the patience, 0..31 the retry, both in ms */
#define PT_MILLISECOND INT64_C(1000000)     /* in ns */

/* held is not 0 from a fence to its end: the version that the fence interrupted. */
struct psc_transfer {
    psc_state head;
    int64_t  self, shard, peer;
    uint64_t version, held;
    int64_t  due, ends;                     /* next resend; end of the phase's patience */
    uint64_t timing;
};

#define PT_AT(field) (offsetof(struct psc_transfer, field) / 8)

static int32_t pt_phase(uint64_t version) { return (int32_t)(version & 7); }
static uint64_t pt_epoch(const psc_transfer *t) { return t->version >> 3; }
static int pt_is_pending(const psc_transfer *t) { return (t->timing & PT_PENDING) != 0; }
static int64_t pt_retry(const psc_transfer *t) { return (int64_t)(t->timing & 0xffffffff) * PT_MILLISECOND; }
static int64_t pt_patience(const psc_transfer *t)
{
    return (int64_t)((t->timing & ~PT_PENDING) >> PT_PATIENCE) * PT_MILLISECOND;
}

/* The end of a span that begins now; at the end of time it never comes. */
static int64_t pt_later(int64_t now, int64_t span)
{
    return now > INT64_MAX - span ? INT64_MAX : now + span;
}

void psc_transfer_default(psc_transfer_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->retry_ms = 1000;
    config->patience_ms = 30000;
}

static int pt_transfer_config(const psc_transfer_config *config)
{
    return config->self >= 0 && config->retry_ms >= 1 && config->patience_ms >= config->retry_ms
           && config->epoch < PT_EPOCHS && (config->owns == 0 || config->owns == 1);
}

size_t psc_transfer_size(const psc_transfer_config *config)
{
    if (!config || config->struct_size != sizeof *config || !pt_transfer_config(config)) return 0;
    return sizeof(psc_transfer);
}

psc_status psc_transfer_init(psc_transfer *transfer, size_t bytes, const psc_transfer_config *config)
{
    psc_status status;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(transfer, bytes, psc_transfer_size(config));
    if (status != PSC_OK) return status;
    memset(transfer, 0, sizeof *transfer);
    transfer->head.kind = psc__kind(PSC_TYPE_TRANSFER);
    transfer->head.words = sizeof *transfer / 8;
    transfer->self = config->self;
    transfer->shard = config->shard;
    transfer->peer = -1;
    transfer->version = config->epoch << 3 | (config->owns ? PSC_PHASE_OWNER : PSC_PHASE_IDLE);
    transfer->timing = (uint64_t)config->patience_ms << PT_PATIENCE | (uint64_t)config->retry_ms;
    return PSC_OK;
}

/* What the other side is told in a phase, 0 for nothing. DONE only where there is someone to tell. */
static int32_t pt_message_of(const psc_transfer *t)
{
    static const int32_t kind[8] = {
        PSC_MESSAGE_OFFER, PSC_MESSAGE_ACCEPT, PSC_MESSAGE_COMMIT, PSC_MESSAGE_REFUSE, 0, PSC_MESSAGE_DONE,
        PSC_MESSAGE_ABORT, 0
    };

    return t->peer < 0 ? 0 : kind[pt_phase(t->version)];
}

/* A new phase. Nothing is sent before the host has stored it. */
static void pt_enter(psc_transfer *t, int32_t phase, uint64_t epoch, int64_t peer)
{
    t->version = epoch << 3 | (uint64_t)phase;
    t->peer = peer;
    if (phase != PSC_PHASE_ACCEPTED) t->held = 0;
    t->timing |= PT_PENDING;
}

static void pt_reply(const psc_transfer *t, psc_transfer_action *action, int32_t kind, int64_t to, uint64_t epoch)
{
    if (kind == 0) return;
    action->send = 1;
    action->message.kind = kind;
    action->message.shard = t->shard;
    action->message.from = t->self;
    action->message.to = to;
    action->message.epoch = epoch;
    action->message.held = kind == PSC_MESSAGE_ACCEPT ? t->held : 0;
}

static void pt_repeat(const psc_transfer *t, psc_transfer_action *action)
{
    pt_reply(t, action, pt_message_of(t), t->peer, pt_epoch(t));
}

/* The version is stored, or was found stored after a restart: it may be told. */
static void pt_stored(psc_transfer *t, int64_t now, psc_transfer_action *action)
{
    t->timing &= ~PT_PENDING;
    t->due = pt_later(now, pt_retry(t));
    t->ends = pt_later(now, pt_patience(t));
    pt_repeat(t, action);
}

/* Phases that wait for an answer. */
static int pt_waits(const psc_transfer *t)
{
    return pt_phase(t->version) <= PSC_PHASE_WITHDRAWN;
}

/* The way back of a phase that has one: the source stays owner, the target will not be it. -1: none. A fenced side
 * waits for its authority. */
static int32_t pt_way_back(const psc_transfer *t)
{
    if (pt_phase(t->version) == PSC_PHASE_OFFERING) return PSC_PHASE_KEPT;
    return pt_phase(t->version) == PSC_PHASE_ACCEPTED && t->held == 0 ? PSC_PHASE_WITHDRAWN : -1;
}

static void pt_tick(psc_transfer *t, int64_t now, psc_transfer_action *action)
{
    const int32_t back = pt_way_back(t);

    if (pt_is_pending(t) || !pt_waits(t)) return;
    if (back >= 0 && now >= t->ends) {
        pt_enter(t, back, pt_epoch(t), t->peer);
    } else if (now >= t->due) {
        t->due = pt_later(now, pt_retry(t));
        pt_repeat(t, action);
    }
}

/* An offer is taken where nothing is owned and its epoch is new. A source that has released takes it, too: whoever
 * offers at a later epoch can only have the shard from its target. */
static void pt_on_offer(psc_transfer *t, const psc_message *m, psc_transfer_action *action)
{
    const int32_t phase = pt_phase(t->version);

    if (m->epoch > pt_epoch(t) && phase >= PSC_PHASE_ACCEPTED && phase <= PSC_PHASE_IDLE) {
        t->held = 0;
        pt_enter(t, PSC_PHASE_ACCEPTED, m->epoch, m->from);
    } else if (m->epoch == pt_epoch(t) && m->from == t->peer
               && (phase == PSC_PHASE_ACCEPTED || phase == PSC_PHASE_WITHDRAWN)) {
        pt_repeat(t, action);
    }
}

/* A proposal of an earlier epoch, or of this one, was given up: its target hears so as often as it asks. A fenced
 * side does not know how its earlier epochs will end. */
static int pt_given_up(const psc_transfer *t, const psc_message *m)
{
    if (m->epoch < pt_epoch(t)) return t->held == 0;
    return t->version == (m->epoch << 3 | PSC_PHASE_KEPT) && m->from == t->peer;
}

/* ACCEPT and REFUSE, the target's two answers. After the release there is one way only: COMMIT. */
static void pt_on_answer(psc_transfer *t, const psc_message *m, psc_transfer_action *action)
{
    const int32_t agreed = m->kind == PSC_MESSAGE_ACCEPT ? PSC_PHASE_RELEASED : PSC_PHASE_KEPT;

    if (pt_given_up(t, m)) {
        pt_reply(t, action, PSC_MESSAGE_ABORT, m->from, m->epoch);
    } else if (m->epoch == pt_epoch(t) && m->from == t->peer) {
        if (pt_phase(t->version) == PSC_PHASE_OFFERING) pt_enter(t, agreed, m->epoch, m->from);
        else if (pt_phase(t->version) == PSC_PHASE_RELEASED) pt_repeat(t, action);
    }
}

/* Of an earlier epoch only its target can have heard of later ones: it has taken the shard. A target that has
 * withdrawn still takes it, for its source can no longer. */
static void pt_on_commit(psc_transfer *t, const psc_message *m, psc_transfer_action *action)
{
    const int32_t phase = pt_phase(t->version);

    if (m->epoch < pt_epoch(t)) {
        if (t->held == 0) pt_reply(t, action, PSC_MESSAGE_DONE, m->from, m->epoch);
    } else if (m->epoch == pt_epoch(t) && m->from == t->peer) {
        if (phase == PSC_PHASE_ACCEPTED || phase == PSC_PHASE_WITHDRAWN)
            pt_enter(t, PSC_PHASE_OWNER, m->epoch, m->from);
        else if (phase == PSC_PHASE_OWNER) pt_repeat(t, action);
    }
}

static void pt_on_end(psc_transfer *t, const psc_message *m)
{
    const int32_t phase = pt_phase(t->version);
    const int ended = m->kind == PSC_MESSAGE_DONE
                          ? phase == PSC_PHASE_RELEASED
                          : phase == PSC_PHASE_ACCEPTED || phase == PSC_PHASE_WITHDRAWN;

    if (ended && m->epoch == pt_epoch(t) && m->from == t->peer) pt_enter(t, PSC_PHASE_IDLE, m->epoch, m->from);
}

/* The authority stops every phase. What a second fence interrupts is still what the first one did. */
static void pt_on_fence(psc_transfer *t, const psc_message *m, psc_transfer_action *action)
{
    if (m->epoch > pt_epoch(t)) {
        if (t->held == 0) t->held = t->version;
        pt_enter(t, PSC_PHASE_ACCEPTED, m->epoch, m->from);
    } else if (m->epoch == pt_epoch(t) && m->from == t->peer && t->held != 0) {
        pt_repeat(t, action);
    }
}

/* While a version waits to be stored, messages count as lost: they come again. */
static void pt_on_message(psc_transfer *t, const psc_message *m, psc_transfer_action *action)
{
    if (pt_is_pending(t)) return;
    switch (m->kind) {
    case PSC_MESSAGE_OFFER: pt_on_offer(t, m, action); break;
    case PSC_MESSAGE_ACCEPT:
    case PSC_MESSAGE_REFUSE: pt_on_answer(t, m, action); break;
    case PSC_MESSAGE_COMMIT: pt_on_commit(t, m, action); break;
    case PSC_MESSAGE_FENCE: pt_on_fence(t, m, action); break;
    default: pt_on_end(t, m); break;        /* DONE and ABORT */
    }
}

static psc_status pt_message_check(const psc_transfer *t, const psc_message *m)
{
    if (m->kind < PSC_MESSAGE_OFFER || m->kind > PSC_MESSAGE_FENCE || m->shard != t->shard || m->to != t->self
        || m->from < 0 || m->from == t->self || m->epoch < 1 || m->epoch >= PT_EPOCHS)
        return PSC_ERR_RANGE;
    return PSC_OK;
}

/* Whether the event can be taken now. */
static psc_status pt_event_check(const psc_transfer *t, const psc_transfer_event *event)
{
    const int32_t phase = pt_phase(t->version);

    switch (event->kind) {
    case PSC_EVENT_TICK:
    case PSC_EVENT_STORED:
    case PSC_EVENT_RESTART: return PSC_OK;
    case PSC_EVENT_MESSAGE: return pt_message_check(t, &event->message);
    case PSC_EVENT_PROPOSE:
        if (event->peer < 0 || event->peer == t->self || pt_epoch(t) >= PT_EPOCHS - 1) return PSC_ERR_RANGE;
        return pt_is_pending(t) || phase < PSC_PHASE_OWNER ? PSC_ERR_STATE : PSC_OK;
    case PSC_EVENT_CANCEL: return pt_is_pending(t) || pt_way_back(t) < 0 ? PSC_ERR_STATE : PSC_OK;
    default: return PSC_ERR_RANGE;
    }
}

static void pt_event(psc_transfer *t, const psc_transfer_event *event, int64_t now, psc_transfer_action *action)
{
    switch (event->kind) {
    case PSC_EVENT_TICK: pt_tick(t, now, action); break;
    case PSC_EVENT_MESSAGE: pt_on_message(t, &event->message, action); break;
    case PSC_EVENT_PROPOSE: pt_enter(t, PSC_PHASE_OFFERING, pt_epoch(t) + 1, event->peer); break;
    case PSC_EVENT_CANCEL: pt_enter(t, pt_way_back(t), pt_epoch(t), t->peer); break;
    case PSC_EVENT_STORED:
        if (pt_is_pending(t) && event->version == t->version) pt_stored(t, now, action);
        break;
    default: pt_stored(t, now, action); break;      /* RESTART */
    }
}

/* The source serves until it releases; the target from when its ownership is stored. */
static int pt_serves(const psc_transfer *t)
{
    const int32_t phase = pt_phase(t->version);

    return phase == PSC_PHASE_OFFERING || phase == PSC_PHASE_KEPT || (phase == PSC_PHASE_OWNER && !pt_is_pending(t));
}

static int64_t pt_wake(const psc_transfer *t)
{
    if (pt_is_pending(t) || !pt_waits(t)) return INT64_MAX;
    return pt_way_back(t) >= 0 && t->ends < t->due ? t->ends : t->due;
}

static void pt_report(const psc_transfer *t, psc_transfer_action *action)
{
    action->persist = pt_is_pending(t);
    action->phase = pt_phase(t->version);
    action->serves = pt_serves(t);
    action->version = t->version;
    action->epoch = pt_epoch(t);
    action->peer = t->peer;
    action->wake = pt_wake(t);
}

/* A transfer whose length and phase are sound. */
static psc_status pt_transfer(const psc_transfer *t)
{
    psc_status status = psc__state(t, PSC_TYPE_TRANSFER);

    if (status != PSC_OK) return status;
    return t->head.words == sizeof *t / 8 && pt_phase(t->version) <= PSC_PHASE_KEPT ? PSC_OK : PSC_ERR_STATE;
}

psc_status psc_transfer_step(psc_transfer *transfer, const psc_transfer_event *event, int64_t now,
                             psc_transfer_action *action)
{
    psc_status status = pt_transfer(transfer);

    if (status != PSC_OK) return status;
    if (!event || !action) return PSC_ERR_NULL;
    status = pt_event_check(transfer, event);
    if (status != PSC_OK) return status;
    memset(action, 0, sizeof *action);
    pt_event(transfer, event, now, action);
    pt_report(transfer, action);
    return PSC_OK;
}

psc_status psc_transfer_look(const psc_transfer *transfer, psc_transfer_action *action)
{
    psc_status status = pt_transfer(transfer);

    if (status != PSC_OK) return status;
    if (!action) return PSC_ERR_NULL;
    memset(action, 0, sizeof *action);
    pt_report(transfer, action);
    return PSC_OK;
}

uint64_t psc_transfer_claim(uint64_t held)
{
    static const uint64_t rank[8] = {3, 1, 2, 1, 0, 3, 3, 0};

    return rank[held & 7] ? (held >> 3) * 4 + rank[held & 7] : 0;
}

/* The phases of one epoch follow from the peer and from a fence: only the first owner and the first idle side have no
 * peer, only an accepted side is fenced, and by a later epoch than what it held. */
int psc__transfer_valid(const psc__image *image)
{
    const uint64_t version = image->words == sizeof(psc_transfer) / 8 ? psc__word(image, PT_AT(version)) : 7;
    const int32_t phase = pt_phase(version);
    int64_t self, peer;
    uint64_t held, timing;

    if (phase > PSC_PHASE_KEPT || version >> 3 >= PT_EPOCHS) return 0;
    self = psc__integer(image, PT_AT(self));
    peer = psc__integer(image, PT_AT(peer));
    held = psc__word(image, PT_AT(held));
    timing = psc__word(image, PT_AT(timing));
    if (self < 0 || peer < -1 || peer == self) return 0;
    if (peer == -1 && phase != PSC_PHASE_IDLE && phase != PSC_PHASE_OWNER) return 0;
    if (peer == -1 ? (timing & PT_PENDING) != 0 : version >> 3 < 1) return 0;
    if (held != 0 && (phase != PSC_PHASE_ACCEPTED || held >> 3 >= version >> 3 || pt_phase(held) > PSC_PHASE_KEPT))
        return 0;
    return (timing & 0xffffffff) >= 1 && (timing & 0xffffffff) <= INT32_MAX
           && (timing & ~PT_PENDING) >> PT_PATIENCE >= (timing & 0xffffffff);
}

/* ==== Trial ===================================================================================== */

#define PT_BETS 4               /* shares of the wealth that are bet at once */
#define PT_CHANNELS 4           /* three quantiles and the errors            */
#define PT_ERRORS 3             /* the channel of the errors                 */
#define PT_GAIN 0.05            /* step of a threshold in its logarithm: settles within 30 pairs a factor of 2 below,
                                   and then stands within about 7 per cent of the 0.99 quantile of a lognormal */
#define PT_FAST 1e-12           /* seconds: no threshold falls below */
#define PT_SLOW 1e15            /* no latency may be larger */

struct psc_trial {
    psc_state head;
    int64_t  quantiles, learn, max_pairs, max_ns;
    double   slack, alpha, beta;
    double   quantile[PT_ERRORS], threshold[PT_ERRORS], harm[PT_CHANNELS];
    double   harmless[PT_CHANNELS * PT_BETS];       /* wealth of bets that the target does no harm */
    double   harmful[PT_CHANNELS * PT_BETS];        /* wealth of bets that it is worse */
    int64_t  passed;                                /* channels with enough of the first, a bit each */
    int64_t  verdict, channel, pairs, began;
};

#define PT_TRIAL_AT(field) (offsetof(struct psc_trial, field) / 8)

/* What a bet stakes; the best is about harm / variance of the difference, 0.2 to 0.5 for quantiles, near 1 for rare
 * errors. The mean of the four wealths is a wealth again. */
static const double pt_bet[PT_BETS] = {1.0 / 16.0, 3.0 / 16.0, 1.0 / 2.0, 15.0 / 16.0};

void psc_trial_default(psc_trial_config *config)
{
    static const double quantile[PT_ERRORS] = {0.5, 0.95, 0.99}, harm[PT_ERRORS] = {0.1, 0.03, 0.01};

    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->quantiles = PT_ERRORS;
    memcpy(config->quantile, quantile, sizeof quantile);
    memcpy(config->harm, harm, sizeof harm);
    config->error_harm = 0.005;
    config->slack = 0.1;
    config->alpha = 0.05;
    config->beta = 0.05;
    config->learn = 200;
    config->max_pairs = 20000;
    config->max_ns = INT64_C(600000000000);
}

static int pt_trial_numbers(double slack, double alpha, double beta, int64_t learn, int64_t max_pairs, int64_t max_ns)
{
    return psc__within(slack, 0.0, 10.0) && psc__within(alpha, 1e-6, 0.5) && psc__within(beta, 1e-6, 0.5)
           && learn >= 1 && learn <= INT64_C(2147483648) && max_pairs >= 1 && max_pairs <= INT64_C(2147483648)
           && max_ns >= 1;
}

static int pt_quantile_valid(double quantile, double harm)
{
    return psc__within(quantile, 0.01, 0.999) && psc__within(harm, 1e-4, 0.5);
}

size_t psc_trial_size(const psc_trial_config *config)
{
    int32_t k;

    if (!config || config->struct_size != sizeof *config) return 0;
    if (config->quantiles < 0 || config->quantiles > PT_ERRORS || !psc__within(config->error_harm, 1e-4, 0.5)
        || !pt_trial_numbers(config->slack, config->alpha, config->beta, config->learn, config->max_pairs,
                             config->max_ns))
        return 0;
    for (k = 0; k < config->quantiles; k++)
        if (!pt_quantile_valid(config->quantile[k], config->harm[k])) return 0;
    return sizeof(psc_trial);
}

psc_status psc_trial_init(psc_trial *trial, size_t bytes, const psc_trial_config *config)
{
    psc_status status;
    int32_t k;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(trial, bytes, psc_trial_size(config));
    if (status != PSC_OK) return status;
    memset(trial, 0, sizeof *trial);
    trial->head.kind = psc__kind(PSC_TYPE_TRIAL);
    trial->head.words = sizeof *trial / 8;
    trial->quantiles = config->quantiles;
    trial->learn = config->learn;
    trial->max_pairs = config->max_pairs;
    trial->max_ns = config->max_ns;
    trial->slack = config->slack;
    trial->alpha = config->alpha;
    trial->beta = config->beta;
    for (k = 0; k < config->quantiles; k++) {
        trial->quantile[k] = config->quantile[k];
        trial->harm[k] = config->harm[k];
    }
    trial->harm[PT_ERRORS] = config->error_harm;
    trial->channel = -1;
    for (k = 0; k < PT_CHANNELS * PT_BETS; k++) trial->harmless[k] = trial->harmful[k] = 1.0;
    return PSC_OK;
}

/* A latency that is missing is longer than any threshold. */
static int pt_beyond(double latency, double threshold)
{
    return psc__nan(&latency) || latency > threshold;
}

/* The threshold of a quantile follows the source, in steps of its logarithm that balance at the quantile [7]. */
static void pt_follow(psc_trial *t, int64_t k, double latency)
{
    const double q = t->quantile[k];
    double x = t->threshold[k];

    if (x <= 0.0) x = psc__nan(&latency) ? 0.0 : latency > PT_FAST ? latency : PT_FAST;
    else x *= pt_beyond(latency, x) ? 1.0 + PT_GAIN * q : 1.0 - PT_GAIN * (1.0 - q);
    if (x > PT_SLOW) x = PT_SLOW;
    t->threshold[k] = x > 0.0 && x < PT_FAST ? PT_FAST : x;
}

static double pt_wealth(const double *wealth, int64_t k)
{
    double sum = 0.0;
    int i;

    for (i = 0; i < PT_BETS; i++) sum += wealth[k * PT_BETS + i];
    return sum / PT_BETS;
}

/* One difference, -1, 0 or 1, into a channel's bets. Each factor is > 0 and has mean <= 1 under the hypothesis that
 * it is bet against, so the wealth exceeds 1 / p with a chance of at most p, whenever one looks [6]. */
static void pt_bets(psc_trial *t, int64_t k, int difference)
{
    const double d = difference;
    const int64_t channels = t->quantiles + 1;
    int i;

    for (i = 0; i < PT_BETS; i++) {
        t->harmless[k * PT_BETS + i] *= 1.0 - pt_bet[i] * (d - t->harm[k]);
        t->harmful[k * PT_BETS + i] *= 1.0 + pt_bet[i] * d;
    }
    if (pt_wealth(t->harmless, k) >= 1.0 / t->beta) t->passed |= INT64_C(1) << k;
    if (pt_wealth(t->harmful, k) >= (double)channels / t->alpha) {
        t->verdict = PSC_TRIAL_FAIL;
        t->channel = k;
    }
}

/* All channels in use, as bits. */
static int64_t pt_channels(int64_t quantiles)
{
    return ((INT64_C(1) << quantiles) - 1) | INT64_C(1) << PT_ERRORS;
}

/* 1: time is over. Unsigned, so that no pair of times overflows. */
static int pt_over(const psc_trial *t, int64_t now)
{
    return t->pairs >= t->max_pairs || (now > t->began && (uint64_t)now - (uint64_t)t->began >= (uint64_t)t->max_ns);
}

static psc_status pt_trial(const psc_trial *t)
{
    psc_status status = psc__state(t, PSC_TYPE_TRIAL);

    if (status != PSC_OK) return status;
    return t->head.words == sizeof *t / 8 && t->quantiles >= 0 && t->quantiles <= PT_ERRORS ? PSC_OK : PSC_ERR_STATE;
}

static psc_status pt_pair_check(const psc_pair *p)
{
    if ((!psc__nan(&p->source_latency) && !psc__within(p->source_latency, 0.0, PT_SLOW))
        || (!psc__nan(&p->target_latency) && !psc__within(p->target_latency, 0.0, PT_SLOW)))
        return PSC_ERR_RANGE;
    return PSC_OK;
}

/* Thresholds are those before the pair. */
static void pt_judge(psc_trial *t, const psc_pair *p)
{
    int64_t k;

    for (k = 0; k < t->quantiles; k++) {
        const double x = t->threshold[k];
        if (t->pairs >= t->learn && x > 0.0 && t->verdict == PSC_TRIAL_PENDING && !(t->passed >> k & 1))
            pt_bets(t, k, pt_beyond(p->target_latency, x * (1.0 + t->slack)) - pt_beyond(p->source_latency, x));
        pt_follow(t, k, p->source_latency);
    }
    if (t->verdict == PSC_TRIAL_PENDING && !(t->passed >> PT_ERRORS & 1))
        pt_bets(t, PT_ERRORS, (p->target_failed != 0) - (p->source_failed != 0));
}

psc_status psc_trial_observe(psc_trial *trial, const psc_pair *pair, int64_t now)
{
    psc_status status = pt_trial(trial);

    if (status != PSC_OK) return status;
    if (!pair) return PSC_ERR_NULL;
    status = pt_pair_check(pair);
    if (status != PSC_OK) return status;
    if (trial->verdict != PSC_TRIAL_PENDING) return PSC_OK;
    if (trial->pairs == 0) trial->began = now;
    pt_judge(trial, pair);
    psc__count(&trial->pairs);
    if (trial->verdict != PSC_TRIAL_PENDING) return PSC_OK;
    if (trial->passed == pt_channels(trial->quantiles)) trial->verdict = PSC_TRIAL_PASS;
    else if (pt_over(trial, now)) trial->verdict = PSC_TRIAL_EXPIRED;
    return PSC_OK;
}

psc_status psc_trial_verdict(const psc_trial *trial, psc_trial_info *info)
{
    psc_status status = pt_trial(trial);
    int64_t k;

    if (status != PSC_OK) return status;
    if (!info) return PSC_ERR_NULL;
    memset(info, 0, sizeof *info);
    info->verdict = (int32_t)trial->verdict;
    info->channel = (int32_t)trial->channel;
    info->passed = (int32_t)trial->passed;
    info->pairs = trial->pairs;
    for (k = 0; k < PT_CHANNELS; k++) {
        info->harmless[k] = pt_wealth(trial->harmless, k);
        info->harmful[k] = pt_wealth(trial->harmful, k);
        if (k < PT_ERRORS) info->threshold[k] = trial->threshold[k];
    }
    return PSC_OK;
}

static int pt_trial_counts(const psc__image *image, int64_t quantiles)
{
    const int64_t passed = psc__integer(image, PT_TRIAL_AT(passed)), pairs = psc__integer(image, PT_TRIAL_AT(pairs));
    const int64_t verdict = psc__integer(image, PT_TRIAL_AT(verdict));
    const int64_t channel = psc__integer(image, PT_TRIAL_AT(channel));
    const int64_t all = pt_channels(quantiles);

    if (passed < 0 || (passed & ~all) != 0 || pairs < 0 || pairs > psc__integer(image, PT_TRIAL_AT(max_pairs)))
        return 0;
    if (verdict < PSC_TRIAL_PENDING || verdict > PSC_TRIAL_EXPIRED) return 0;
    if (verdict == PSC_TRIAL_PASS ? passed != all : passed == all && verdict != PSC_TRIAL_FAIL) return 0;
    return verdict == PSC_TRIAL_FAIL ? channel >= 0 && channel <= PT_ERRORS && (all >> channel & 1) : channel == -1;
}

/* No wealth has grown by more than one bet beyond the mark where its channel ends: 10 is above the four bets, of which
 * one may hold all, times 1 + 15/16 (1 + harm). */
static int pt_trial_reals(const psc__image *image, int64_t quantiles)
{
    const double most = 10.0 * PT_CHANNELS * 1e6;
    int64_t k;
    size_t i;

    for (k = 0; k < PT_CHANNELS; k++) {
        const int used = k < quantiles || k == PT_ERRORS;
        const double harm = psc__real(image, PT_TRIAL_AT(harm) + (size_t)k);
        if (!psc__within(harm, used ? 1e-4 : 0.0, used ? 0.5 : 0.0)) return 0;
        for (i = 0; i < PT_BETS; i++)
            if (!psc__real_in(image, PT_TRIAL_AT(harmless) + (size_t)k * PT_BETS + i, 0.0, most)
                || !psc__real_in(image, PT_TRIAL_AT(harmful) + (size_t)k * PT_BETS + i, 0.0, most))
                return 0;
        if (k < PT_ERRORS
            && (!psc__real_in(image, PT_TRIAL_AT(quantile) + (size_t)k, used ? 0.01 : 0.0, used ? 0.999 : 0.0)
                || !psc__real_in(image, PT_TRIAL_AT(threshold) + (size_t)k, 0.0, used ? PT_SLOW : 0.0)))
            return 0;
    }
    return 1;
}

int psc__trial_valid(const psc__image *image)
{
    const int64_t quantiles = image->words == sizeof(psc_trial) / 8 ? psc__integer(image, PT_TRIAL_AT(quantiles)) : -1;

    if (quantiles < 0 || quantiles > PT_ERRORS) return 0;
    return pt_trial_numbers(psc__real(image, PT_TRIAL_AT(slack)), psc__real(image, PT_TRIAL_AT(alpha)),
                            psc__real(image, PT_TRIAL_AT(beta)), psc__integer(image, PT_TRIAL_AT(learn)),
                            psc__integer(image, PT_TRIAL_AT(max_pairs)), psc__integer(image, PT_TRIAL_AT(max_ns)))
           && pt_trial_counts(image, quantiles) && pt_trial_reals(image, quantiles);
}

/* ==== Stages ==================================================================================== */

#define PT_DAY INT64_C(86400000000000)      /* in ns */
#define PT_MAX_RATE (INT64_C(1) << 50)      /* bytes a second, and bytes of a burst */

struct psc_stages {
    psc_state head;
    int64_t  source, target, copy_rate, copy_burst, warm, hold, grace, patience;
    int64_t  first;                 /* share of the first cutover, of PSC_SHARE_ALL */
    double   growth, unstable;
    int64_t  stage, share, reason;
    int64_t  started, began, since; /* 1: began is set; the first step; entry of this stage or share */
    double   tokens;                /* bytes that may be copied now; below 0 after a block larger than what was left */
    int64_t  filled;                /* when tokens was brought up to date */
};

#define PT_STAGES_AT(field) (offsetof(struct psc_stages, field) / 8)

void psc_stages_default(psc_stages_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->target = 1;
    config->copy_rate = 10000000;
    config->copy_burst = 1000000;
    config->warm_ns = INT64_C(30000000000);
    config->hold_ns = INT64_C(60000000000);
    config->grace_ns = INT64_C(600000000000);
    config->patience_ns = INT64_C(3600000000000);
    config->first = 0.01;
    config->growth = 3.0;
    config->unstable = 0.5;
}

static int pt_span(int64_t ns, int64_t least) { return ns >= least && ns <= 366 * PT_DAY; }

/* The numbers that a configuration and a saved state have in common. */
static int pt_stages_numbers(int64_t source, int64_t target, int64_t rate, int64_t burst, double growth,
                             double unstable)
{
    return source >= 0 && target >= 0 && source != target && rate >= 1 && rate <= PT_MAX_RATE && burst >= 1
           && burst <= PT_MAX_RATE && psc__within(growth, 1.1, 1000.0) && psc__within(unstable, 0.0, 1.0);
}

size_t psc_stages_size(const psc_stages_config *config)
{
    if (!config || config->struct_size != sizeof *config) return 0;
    if (!pt_stages_numbers(config->source, config->target, config->copy_rate, config->copy_burst, config->growth,
                           config->unstable)
        || !pt_span(config->warm_ns, 0) || !pt_span(config->hold_ns, 0) || !pt_span(config->grace_ns, 0)
        || !pt_span(config->patience_ns, 1) || !psc__within(config->first, 0.0001, 1.0))
        return 0;
    return sizeof(psc_stages);
}

psc_status psc_stages_init(psc_stages *stages, size_t bytes, const psc_stages_config *config)
{
    psc_status status;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(stages, bytes, psc_stages_size(config));
    if (status != PSC_OK) return status;
    memset(stages, 0, sizeof *stages);
    stages->head.kind = psc__kind(PSC_TYPE_STAGES);
    stages->head.words = sizeof *stages / 8;
    stages->source = config->source;
    stages->target = config->target;
    stages->copy_rate = config->copy_rate;
    stages->copy_burst = config->copy_burst;
    stages->warm = config->warm_ns;
    stages->hold = config->hold_ns;
    stages->grace = config->grace_ns;
    stages->patience = config->patience_ns;
    stages->first = (int64_t)(config->first * PSC_SHARE_ALL);
    stages->growth = config->growth;
    stages->unstable = config->unstable;
    stages->tokens = (double)config->copy_burst;
    return PSC_OK;
}

/* now - since in ns, 0 where the clock went back. Unsigned, so that no pair of times overflows. */
static uint64_t pt_elapsed(int64_t since, int64_t now)
{
    return now > since ? (uint64_t)now - (uint64_t)since : 0;
}

static int pt_passed(int64_t since, int64_t span, int64_t now)
{
    return pt_elapsed(since, now) >= (uint64_t)span;
}

/* A token bucket in bytes. */
static void pt_fill(psc_stages *s, int64_t copied, int64_t now)
{
    const double burst = (double)s->copy_burst, most = -(double)PT_MAX_RATE;
    const uint64_t elapsed = pt_elapsed(s->filled, now);

    s->tokens += (double)elapsed * 1e-9 * (double)s->copy_rate;
    if (s->tokens > burst) s->tokens = burst;
    s->tokens -= (double)copied;
    if (s->tokens < most) s->tokens = most;
    s->filled = now;
}

static void pt_stage(psc_stages *s, int64_t stage, int64_t share, int64_t now)
{
    s->stage = stage;
    s->share = share;
    s->since = now;
}

/* What speaks against going on, PSC_REASON_NONE if nothing. */
static int32_t pt_trouble(const psc_stages *s, const psc_stages_input *in, int64_t now)
{
    if (in->cancel) return PSC_REASON_CANCELLED;
    if (in->instability > s->unstable) return PSC_REASON_UNSTABLE;
    if (in->verdict == PSC_TRIAL_FAIL) return PSC_REASON_WORSE;
    if (s->stage <= PSC_STAGE_VALIDATE && in->verdict == PSC_TRIAL_EXPIRED) return PSC_REASON_UNDECIDED;
    if (s->stage <= PSC_STAGE_HANDOVER && pt_passed(s->began, s->patience, now)) return PSC_REASON_LATE;
    return PSC_REASON_NONE;
}

/* Back, the way that the stage has: before the handover at once, in it as soon as it is known who owns. */
static void pt_retreat(psc_stages *s, int32_t reason, int64_t now)
{
    s->reason = reason;
    if (s->stage <= PSC_STAGE_CUTOVER) pt_stage(s, PSC_STAGE_ROLLED_BACK, 0, now);
    else if (s->stage == PSC_STAGE_HANDOVER) pt_stage(s, PSC_STAGE_CANCELLING, s->share, now);
    else pt_stage(s, PSC_STAGE_RETURNING, s->share, now);
}

static int64_t pt_next_share(const psc_stages *s)
{
    const double share = (double)s->share * s->growth + 1.0;

    return share < (double)PSC_SHARE_ALL ? (int64_t)share : PSC_SHARE_ALL;
}

/* Forward, one stage or one share a step. */
static void pt_advance(psc_stages *s, const psc_stages_input *in, int64_t now)
{
    switch (s->stage) {
    case PSC_STAGE_SHADOW:
        if (in->left == 0 && pt_passed(s->since, s->warm, now)) pt_stage(s, PSC_STAGE_VALIDATE, 0, now);
        break;
    case PSC_STAGE_VALIDATE:
        if (in->verdict == PSC_TRIAL_PASS && in->left == 0) pt_stage(s, PSC_STAGE_CUTOVER, s->first, now);
        break;
    case PSC_STAGE_CUTOVER:
        if (!pt_passed(s->since, s->hold, now)) break;
        if (s->share < PSC_SHARE_ALL) pt_stage(s, PSC_STAGE_CUTOVER, pt_next_share(s), now);
        else pt_stage(s, PSC_STAGE_HANDOVER, PSC_SHARE_ALL, now);
        break;
    case PSC_STAGE_HANDOVER:
        if (in->owner == PSC_OWNER_TARGET) pt_stage(s, PSC_STAGE_DECOMMISSION, PSC_SHARE_ALL, now);
        break;
    default:
        if (pt_passed(s->since, s->grace, now)) pt_stage(s, PSC_STAGE_DONE, PSC_SHARE_ALL, now);
        break;
    }
}

/* On the way back. */
static void pt_undo(psc_stages *s, const psc_stages_input *in, int64_t now)
{
    if (in->owner == PSC_OWNER_SOURCE) pt_stage(s, PSC_STAGE_ROLLED_BACK, 0, now);
    else if (in->owner == PSC_OWNER_TARGET && s->stage == PSC_STAGE_CANCELLING)
        pt_stage(s, PSC_STAGE_RETURNING, s->share, now);
}

static int32_t pt_stage_action(const psc_stages *s, const psc_stages_input *in)
{
    switch (s->stage) {
    case PSC_STAGE_HANDOVER: return in->owner == PSC_OWNER_SOURCE ? PSC_STAGES_PROPOSE : PSC_STAGES_NOTHING;
    case PSC_STAGE_CANCELLING: return PSC_STAGES_CANCEL;
    case PSC_STAGE_RETURNING: return in->owner == PSC_OWNER_TARGET ? PSC_STAGES_RETURN : PSC_STAGES_NOTHING;
    case PSC_STAGE_DONE: return PSC_STAGES_DROP_SOURCE;
    case PSC_STAGE_ROLLED_BACK: return PSC_STAGES_DROP_TARGET;
    default: return PSC_STAGES_NOTHING;
    }
}

/* Bytes that may be copied now: none where the copy is of no use any more. */
static int64_t pt_grant(const psc_stages *s, const psc_stages_input *in)
{
    if (s->stage >= PSC_STAGE_CANCELLING || s->tokens < 1.0) return 0;
    return s->tokens < (double)in->left ? (int64_t)s->tokens : in->left;
}

static psc_status pt_stages(const psc_stages *s)
{
    psc_status status = psc__state(s, PSC_TYPE_STAGES);

    if (status != PSC_OK) return status;
    return s->head.words == sizeof *s / 8 ? PSC_OK : PSC_ERR_STATE;
}

static psc_status pt_input_check(const psc_stages_input *in)
{
    if (in->copied < 0 || in->copied > PT_MAX_RATE || in->left < 0 || in->verdict < PSC_TRIAL_PENDING
        || in->verdict > PSC_TRIAL_EXPIRED || in->owner < PSC_OWNER_SOURCE || in->owner > PSC_OWNER_MOVING)
        return PSC_ERR_RANGE;
    return psc__within(in->instability, 0.0, 1.0) ? PSC_OK : PSC_ERR_RANGE;
}

static void pt_stages_take(psc_stages *s, const psc_stages_input *in, int64_t now)
{
    const int32_t trouble = pt_trouble(s, in, now);

    if (s->stage >= PSC_STAGE_DONE) return;
    if (s->stage >= PSC_STAGE_CANCELLING) pt_undo(s, in, now);
    else if (trouble != PSC_REASON_NONE) pt_retreat(s, trouble, now);
    else pt_advance(s, in, now);
}

psc_status psc_stages_step(psc_stages *stages, const psc_stages_input *input, int64_t now, psc_stages_output *output)
{
    psc_status status = pt_stages(stages);

    if (status != PSC_OK) return status;
    if (!input || !output) return PSC_ERR_NULL;
    status = pt_input_check(input);
    if (status != PSC_OK) return status;
    if (!stages->started) {
        stages->started = 1;
        stages->began = stages->since = stages->filled = now;
    }
    if (now < stages->began) stages->began = now;
    if (now < stages->since) stages->since = now;
    pt_fill(stages, input->copied, now);
    pt_stages_take(stages, input, now);
    memset(output, 0, sizeof *output);
    output->stage = (int32_t)stages->stage;
    output->share = (int32_t)stages->share;
    output->action = pt_stage_action(stages, input);
    output->reason = (int32_t)stages->reason;
    output->copy_bytes = pt_grant(stages, input);
    return PSC_OK;
}

static int pt_stages_spans(const psc__image *image)
{
    return pt_span(psc__integer(image, PT_STAGES_AT(warm)), 0) && pt_span(psc__integer(image, PT_STAGES_AT(hold)), 0)
           && pt_span(psc__integer(image, PT_STAGES_AT(grace)), 0)
           && pt_span(psc__integer(image, PT_STAGES_AT(patience)), 1);
}

/* The share follows from the stage, and there is a reason from the first step back on. */
static int pt_stages_place(const psc__image *image)
{
    const int64_t stage = psc__integer(image, PT_STAGES_AT(stage)), share = psc__integer(image, PT_STAGES_AT(share));
    const int64_t first = psc__integer(image, PT_STAGES_AT(first)), reason = psc__integer(image, PT_STAGES_AT(reason));
    const int64_t started = psc__integer(image, PT_STAGES_AT(started));
    const int back = stage == PSC_STAGE_CANCELLING || stage == PSC_STAGE_RETURNING || stage == PSC_STAGE_ROLLED_BACK;

    if (stage < PSC_STAGE_SHADOW || stage > PSC_STAGE_ROLLED_BACK || first < 1 || first > PSC_SHARE_ALL) return 0;
    if (reason < PSC_REASON_NONE || reason > PSC_REASON_LATE || (reason != PSC_REASON_NONE) != back) return 0;
    if (started != 1 && (started != 0 || stage != PSC_STAGE_SHADOW)) return 0;
    if (stage == PSC_STAGE_CUTOVER) return share >= first && share <= PSC_SHARE_ALL;
    return share == (stage <= PSC_STAGE_VALIDATE || stage == PSC_STAGE_ROLLED_BACK ? 0 : PSC_SHARE_ALL);
}

int psc__stages_valid(const psc__image *image)
{
    int64_t burst;

    if (image->words != sizeof(psc_stages) / 8) return 0;
    burst = psc__integer(image, PT_STAGES_AT(copy_burst));
    return pt_stages_numbers(psc__integer(image, PT_STAGES_AT(source)), psc__integer(image, PT_STAGES_AT(target)),
                             psc__integer(image, PT_STAGES_AT(copy_rate)), burst,
                             psc__real(image, PT_STAGES_AT(growth)), psc__real(image, PT_STAGES_AT(unstable)))
           && pt_stages_spans(image) && pt_stages_place(image)
           && psc__real_in(image, PT_STAGES_AT(tokens), -(double)PT_MAX_RATE, (double)burst);
}

/* ==== Route ===================================================================================== */

psc_status psc_route(const psc_stages *stages, uint64_t key, psc_way *way)
{
    psc_status status = pt_stages(stages);
    int moved;

    if (status != PSC_OK) return status;
    if (!way) return PSC_ERR_NULL;
    moved = (int64_t)(psc__random(&key) >> 48) < stages->share;
    way->serve = moved ? stages->target : stages->source;
    way->shadow = stages->stage >= PSC_STAGE_DONE ? -1 : moved ? stages->source : stages->target;
    return PSC_OK;
}

/* ==== Hot blocks first ========================================================================== */

/* The bits of a double >= 0 rise with it: below 0, the hottest for its bytes first. */
static int64_t pt_coolness(double heat, const int64_t *bytes, size_t i)
{
    const double density = bytes && bytes[i] > 0 ? heat / (double)bytes[i] : heat;
    int64_t bits;

    memcpy(&bits, &density, sizeof bits);
    return -bits;
}

static psc_status pt_heats_check(const double *heat, const int64_t *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (!psc__finite(&heat[i])) return PSC_ERR_NONFINITE;
        if (heat[i] < 0.0) return PSC_ERR_RANGE;
    }
    return pt_amounts_valid(bytes, n, PSC_MAX_AMOUNT) ? PSC_OK : PSC_ERR_RANGE;
}

psc_status psc_blocks_order(const double *heat, const int64_t *bytes, size_t n, int64_t *work, int32_t *order)
{
    psc_status status;
    size_t i;

    if (n > 0 && (!heat || !work || !order)) return PSC_ERR_NULL;
    if (n > INT32_MAX) return PSC_ERR_RANGE;
    status = pt_heats_check(heat, bytes, n);
    if (status != PSC_OK) return status;
    for (i = 0; i < n; i++) {
        order[i] = (int32_t)i;
        work[i] = pt_coolness(heat[i] + 0.0, bytes, i);     /* + 0.0: no -0, whose bits are the least */
    }
    pt_sort(order, n, work);
    return PSC_OK;
}

static int64_t pt_block_bytes(const int64_t *bytes, int32_t i) { return bytes ? bytes[i] : 1; }

/* Place in `order` of the block that ends the cheapest cover of the kind that [5] looks at: those before it that do not
 * reach the need, taken as they come, and it. n if nothing reaches it. */
static size_t pt_cover(const int64_t *load, const int64_t *bytes, const int32_t *order, size_t n, int64_t need)
{
    int64_t sum = 0, cost = 0, least = INT64_MAX;
    size_t i, last = n;

    for (i = 0; i < n; i++) {
        const int32_t b = order[i];
        if (sum + load[b] < need) {
            sum += load[b];
            cost += pt_block_bytes(bytes, b);
        } else if (cost + pt_block_bytes(bytes, b) < least) {
            least = cost + pt_block_bytes(bytes, b);
            last = i;
        }
    }
    return last;
}

/* Marks that cover and drops what it can do without, the least dense first. */
static void pt_mark_cover(const int64_t *load, const int32_t *order, size_t last, size_t n, int64_t need,
                          int32_t *move)
{
    int64_t sum = 0;
    size_t i;

    for (i = 0; i < n; i++) move[order[i]] = 0;
    for (i = 0; i < n && i <= last; i++) {
        const int32_t b = order[i];
        if (i < last && last < n && sum + load[b] >= need) continue;
        move[b] = load[b] > 0;
        sum += load[b];
    }
    for (i = n; i > 0 && last < n; i--) {
        const int32_t b = order[i - 1];
        if (!move[b] || sum - load[b] < need) continue;
        move[b] = 0;
        sum -= load[b];
    }
}

static int pt_loads_valid(const int64_t *x, size_t n)
{
    int64_t sum = 0;
    size_t i;

    if (!pt_amounts_valid(x, n, PSC_MAX_AMOUNT)) return 0;
    for (i = 0; x && i < n; i++) {
        sum += x[i];
        if (sum > PT_MAX_TOTAL) return 0;
    }
    return 1;
}

psc_status psc_blocks_relieve(const int64_t *load, const int64_t *bytes, size_t n, int64_t need, int64_t *work,
                              int32_t *order, int32_t *move, psc_relief *relief)
{
    size_t i, last;

    if (!relief || (n > 0 && (!load || !work || !order || !move))) return PSC_ERR_NULL;
    if (n > INT32_MAX || need < 0 || need > PT_MAX_TOTAL || !pt_loads_valid(load, n) || !pt_loads_valid(bytes, n))
        return PSC_ERR_RANGE;
    for (i = 0; i < n; i++) {
        order[i] = (int32_t)i;
        work[i] = pt_coolness((double)load[i], bytes, i);
    }
    pt_sort(order, n, work);
    last = pt_cover(load, bytes, order, n, need);
    pt_mark_cover(load, order, last, n, need, move);
    memset(relief, 0, sizeof *relief);
    for (i = 0; i < n; i++) {
        if (!move[i]) continue;
        relief->load += load[i];
        relief->bytes += pt_block_bytes(bytes, (int32_t)i);
        relief->blocks++;
    }
    relief->reached = relief->load >= need;
    return PSC_OK;
}
