/* partition.c - predscale: imbalance, plan and waves; splits, echoes and the map; transfers. Interface and contract:
 * predscale.h, Parts 3, 5 and 6.
 *
 * HERE: tests of a cluster, amounts, the imbalance of nodes and shards, a search for better assignments
 * under hard constraints, the reasons for what stays, an order in which a plan can be carried out; where to cut and
 * what to copy; how the ownership of a shard passes from node to node, and what else there is to moving one.
 * NOT HERE: what will be demanded (forecast.c), which node is sick (predscale.c), the moving of bytes (host).
 *
 * THE PROBLEM is machine reassignment as in the Google ROADEF/EURO challenge 2012 [1], with two additions: a
 * start that breaks constraints is legal, and the number and the cost of moves may be limited. A constraint
 * that a start breaks must not get worse, counted so that each is a number that no move raises:
 *     capacity     of each node and resource, the demand above it. A shard goes only where all of it fits.
 *     transient    the same, with the demand of shards that have left this home added
 *     under way    a shard on its way counts where it goes, and its copy takes room where it was
 *     conflict     pairs of one group on one node
 *     spread       domains that a group lacks
 *     dependency   pairs (shard, group that its group depends on) with none of that group in the shard's zone
 *
 * THE SEARCH keeps the best assignment apart and has up to four phases.
 *
 * Descent: single moves, hot nodes first, in rounds; it repairs what can be repaired so.
 *     each round puts all nodes in play; while there are any:
 *         n = the hottest node in play: largest overload, then largest cost of its own
 *         at the first visit in a round, the best target of each of its shards is found
 *         s = its shard with the largest gain as last seen; no gain: n leaves the game
 *         the gain was seen before the last move: look at s again; else: move s
 *     a round without a move ends it: no single move improves the assignment.
 * Looking again only at the shard in front is the lazy evaluation of Minoux [2]: while gains mostly shrink, as
 * they do on a node that is being emptied, the move made is the best of the node, for few of the looks.
 *
 * Annealing, if there is a horizon: simulated annealing [4] with two kinds of steps in turn,
 *     shifts and swaps   of shards taken at random, half of the swap partners of like size
 *     rebuildings        a few nodes, the first a hot one, are partly emptied (8 to 64 shards) and the shards placed
 *                        again on these and some other nodes in the order of regret [5]; all or nothing [6]
 * both accepted if the cost rises by no more than temperature * (an exponential variate). Neither does without the
 * other: small shards want many cheap tries, large ones want several to make way at once. A lifted shard counts in
 * its old domain and zone until it is placed, so every placing is a legal move and what was legal stays so. Once in
 * four rebuildings spread, dependencies and budgets are judged only when all are placed: a few shards may then go
 * where none of them could go first. Two shards of one group may be swapped; the group does not notice. Only a group
 * that is on every open node stays as it is, since no order of moves could exchange its shards.
 *     cold   1/8 of the horizon, temperature about the price of a move, from home: what few moves can do
 *     hot    twice, to 15/16, each from a quarter of what a mean shard costs above soft, down; left out if the best
 *            is within a millionth of all demand of the bound. Once freezes in a bad order too often; three times
 *            leave too little for each.
 *     cold   the rest: moves that turned out to be needless go home again
 * Each stage begins with the best so far. Progress is counted in pairs, so a clock has no part in it.
 *
 * Undoing: every shard that may go home at no cost does. Then descent and undoing take turns until neither moves.
 *
 * A node's room, slack below soft and tilts (what its balance targets lack) lie side by side; a pair is O(R) sums of
 * them and of the demand. Sums are integers and incremental, so a plan is the same on every machine, and every slice
 * of work goes on exactly where the one before stopped. The best is kept by a list of what has moved since.
 *
 * THE WAVES follow from one rule: the moves of a wave may end in any order, so every constraint must hold for
 * every subset of ended moves. Capacity counts both copies, of every resource, until a move has ended. One shard of a
 * group moves in a wave; a shard in flight is where another needs it only if it stays in that zone, and is everywhere
 * it may be where it could do harm. With that, the test of one more move against those begun covers all subsets.
 * This is a list schedule [3]: moves in order of size, together with that of the moves that they let in less that of
 * those that they keep out, each in the first wave that takes it. When none can begin, the
 * moves left wait for each other in circles: a few shards are parked on a third node and go on from there. Which ones
 * is found by carrying out ahead, in numbers only, all that could follow if one of them were gone. The same is done,
 * for a tenth of the moves at most, while a wave is too thin to end in the number of waves that the busiest node needs,
 * or the largest group of moves. Where nodes are nearly full a small change of the order changes the number of waves by
 * a fifth, so that a few orders are tried and the best is kept.
 * Where no single parking helps, a node is cleared for one shard, the guest: a target of the shards that are to leave
 * it anyway; or a third node, of any, for a shard that is in the way and that no node takes as it is.
 * Spread and dependencies may have to give way: a plan is legal, but the way there need not be. Capacity and conflicts
 * never do.
 *
 * A TRANSFER is two-phase commit [7] between two sides of which either may own, with three changes: every proposal has
 * an epoch of its own, the side that releases cannot go back, and the side that has agreed takes what is released
 * whatever it wished in between. A side is a value and a step; a phase is told to no one before it is stored, so that a
 * crash is no more than a lost message. The phases of an epoch are numbered in the order in which a side can
 * pass through them, which makes epoch and phase together one rising number, the version. Stages, the trial
 * of the target and the routing of keys stand beside it: they decide when to propose, never who owns.
 *
 *   [1] Google ROADEF/EURO challenge 2011-2012: Machine Reassignment, problem definition, section 2.
 *   [2] M. Minoux, Accelerated greedy algorithms for maximizing submodular set functions, 1978.
 *   [3] R. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969.
 *   [4] S. Kirkpatrick, C. Gelatt, M. Vecchi, Optimization by simulated annealing, Science 220, 1983.
 *   [5] J.-Y. Potvin, J.-M. Rousseau, A parallel route building algorithm, EJOR 66, 1993.
 *   [6] P. Shaw, Using constraint programming and local search methods to solve vehicle routing problems, 1998.
 *   [7] J. Gray, Notes on data base operating systems, 1978.
 *   [8] J. Csirik, J. Frenk, M. Labbe, S. Zhang, Heuristics for the 0-1 min-knapsack problem, Acta Cybern. 10, 1991.
 *   [9] I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86, 2024.
 *   [10] H. Robbins, S. Monro, A stochastic approximation method, 1951.
 *
 * CONTENTS
 *   Cluster
 *   Imbalance
 *   Provision
 *   Groups and their ties
 *   Memory of a search
 *   Cost
 *   What hinders a move
 *   Moving a shard
 *   Descent
 *   Shift and swap
 *   Rebuilding
 *   Search
 *   Plan
 *   Reasons
 *   Order of moves
 *   A wave
 *   Parking
 *   Clearing a node
 *   Waves
 *   Split
 *   Echo
 *   Echoes ordered and dropped
 *   Map
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

#define PT_MAX_PAIRS (INT32_MAX / 2)        /* each is in the lists of both its shards                */
#define PT_MAX_COST (INT64_C(1) << 62)      /* of an assignment: two of them can be subtracted       */
#define PT_MAX_TOTAL (INT64_C(1) << 60)     /* of demand or capacity of a resource: four can be added */
#define PT_MAX_CELLS (INT64_C(1) << 26)     /* nodes times resources: so many PT_MAX_PARTS are < 2^62 */
#define PT_MAX_PARTS (INT64_C(1) << 36)     /* overload of one node and resource, in millionths       */
#define PT_MAX_IMPACT (INT64_C(1) << 42)    /* of a shard: times PT_CERTAIN it is < 2^62               */
#define PT_CERTAIN 1000000                  /* a probability of 1                                     */

void psc_cluster_default(psc_cluster *cluster)
{
    if (!cluster) return;
    memset(cluster, 0, sizeof *cluster);
    cluster->struct_size = (uint32_t)sizeof *cluster;
    cluster->weight_move = 1;
    cluster->weight_distance = 1;
    cluster->weight_apart = 1;
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
static int pt_closed(const psc_cluster *c, int32_t n) { return c->closed && c->closed[n] != 0; }
static int64_t pt_load_weight(const psc_cluster *c, int32_t n) { return c->load_weight ? c->load_weight[n] : 1; }
static int64_t pt_size(const psc_cluster *c, int32_t s) { return c->size ? c->size[s] : 0; }

/* Where a plan begins with a shard: one on its way is there already. */
static int32_t pt_home(const psc_cluster *c, int32_t s) { return c->going ? c->going[s] : c->home[s]; }
static int pt_going(const psc_cluster *c, int32_t s) { return c->going && c->going[s] != c->home[s]; }

/* What keeps a shard where it is, whatever the target: pinned or on its way. */
static int32_t pt_fixed(const psc_cluster *c, int32_t s)
{
    if (c->pinned && c->pinned[s] != 0) return PSC_BLOCK_PINNED;
    return pt_going(c, s) ? PSC_BLOCK_GOING : PSC_BLOCK_NONE;
}

static int64_t pt_distance(const psc_cluster *c, int32_t from, int32_t to)
{
    if (!c->place) return 0;
    return c->distance[(size_t)c->place[from] * (size_t)c->places + (size_t)c->place[to]];
}

/* Distance of a shard from home; none at home, whatever the diagonal says. */
static int64_t pt_far(const psc_cluster *c, int32_t home, int32_t n)
{
    return n == home ? 0 : pt_distance(c, home, n);
}

/* What a failure of the node costs because of the shard, times its probability. */
static int64_t pt_risk(const psc_cluster *c, int32_t s, int32_t n)
{
    return c->risk && c->impact ? (int64_t)c->risk[n] * c->impact[s] / PT_CERTAIN : 0;
}

static int pt_counts_valid(const psc_cluster *c)
{
    return c->resources >= 1 && c->resources <= PSC_MAX_RESOURCES && c->nodes >= 1
           && (int64_t)c->nodes * c->resources <= PT_MAX_CELLS && c->shards >= 0 && c->groups >= 0 && c->balances >= 0
           && c->places >= 0 && c->pairs >= 0 && c->pairs <= PT_MAX_PAIRS;
}

/* Version, sizes and pointers: what every function tests. */
static psc_status pt_shape(const psc_cluster *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (!pt_counts_valid(c)) return PSC_ERR_RANGE;
    if (!c->capacity) return PSC_ERR_NULL;
    if (c->shards > 0 && (!c->demand || !c->home)) return PSC_ERR_NULL;
    if (c->balances > 0 && !c->balance) return PSC_ERR_NULL;
    if (c->pairs > 0 && !c->pair) return PSC_ERR_NULL;
    if (c->place && !c->distance) return PSC_ERR_NULL;
    if (c->groups > 0 && !c->group) return PSC_ERR_NULL;
    if (c->groups == 0 && c->group && c->shards > 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

/* Which field pt_shape has refused. */
static int32_t pt_shape_field(const psc_cluster *c, psc_status status)
{
    if (status == PSC_ERR_VERSION) return PSC_FIELD_CLUSTER;
    if (status == PSC_ERR_RANGE) return pt_counts_valid(c) ? PSC_FIELD_GROUP : PSC_FIELD_COUNTS;
    if (!c->capacity) return PSC_FIELD_CAPACITY;
    if (c->shards > 0 && !c->demand) return PSC_FIELD_DEMAND;
    if (c->shards > 0 && !c->home) return PSC_FIELD_HOME;
    if (c->groups > 0 && !c->group) return PSC_FIELD_GROUP;
    if (c->balances > 0 && !c->balance) return PSC_FIELD_BALANCE;
    return c->pairs > 0 && !c->pair ? PSC_FIELD_PAIR : PSC_FIELD_DISTANCE;
}

/* Notes a fault, if it is the first. */
static void pt_fail(psc_fault *fault, psc_status status, int32_t field, int64_t index)
{
    if (fault->status != PSC_OK) return;
    fault->status = status;
    fault->field = field;
    fault->index = index;
}

/* Index of the first amount that is not in 0..max, or n. */
static size_t pt_first_wrong(const int64_t *x, size_t n, int64_t max)
{
    size_t i;

    for (i = 0; x && i < n; i++) if (x[i] < 0 || x[i] > max) return i;
    return n;
}

static void pt_check_amounts(psc_fault *fault, int32_t field, const int64_t *x, size_t n, int64_t max)
{
    const size_t i = pt_first_wrong(x, n, max);

    if (i < n) pt_fail(fault, PSC_ERR_RANGE, field, (int64_t)i);
}

/* Index of the first element that is not in 0..end-1, or n. */
static size_t pt_first_outside(const int32_t *x, size_t n, int32_t end)
{
    size_t i;

    for (i = 0; x && i < n; i++) if (x[i] < 0 || x[i] >= end) return i;
    return n;
}

static void pt_check_indices(psc_fault *fault, int32_t field, const int32_t *x, size_t n, int32_t end)
{
    const size_t i = pt_first_outside(x, n, end);

    if (i < n) pt_fail(fault, PSC_ERR_RANGE, field, (int64_t)i);
}

/* CSR of the dependencies, and the least spreads. */
static void pt_check_groups(psc_fault *fault, const psc_cluster *c)
{
    int32_t g;

    if (c->groups == 0) return;
    pt_check_indices(fault, PSC_FIELD_SPREAD, c->spread, (size_t)c->groups, INT32_MAX);
    if (!c->depend_from) return;
    for (g = 0; g <= c->groups; g++) {
        if (g == 0 ? c->depend_from[0] == 0 : c->depend_from[g] >= c->depend_from[g - 1]) continue;
        pt_fail(fault, PSC_ERR_RANGE, PSC_FIELD_DEPEND_FROM, g);
        return;
    }
    if (pt_depends(c) > 0 && !c->depend) pt_fail(fault, PSC_ERR_NULL, PSC_FIELD_DEPEND, -1);
    pt_check_indices(fault, PSC_FIELD_DEPEND, c->depend, pt_depends(c), c->groups);
}

static void pt_check_nodes(psc_fault *fault, const psc_cluster *c)
{
    const size_t n = (size_t)c->nodes, r = (size_t)c->resources;

    pt_check_amounts(fault, PSC_FIELD_CAPACITY, c->capacity, n * r, PSC_MAX_AMOUNT);
    pt_check_amounts(fault, PSC_FIELD_SOFT, c->soft, n * r, PSC_MAX_AMOUNT);
    pt_check_indices(fault, PSC_FIELD_DOMAIN, c->domain, n, c->nodes);
    pt_check_indices(fault, PSC_FIELD_ZONE, c->zone, n, c->nodes);
    pt_check_indices(fault, PSC_FIELD_PLACE, c->place, n, c->places);
    pt_check_amounts(fault, PSC_FIELD_LOAD_WEIGHT, c->load_weight, n, PT_MAX_COST);
    pt_check_indices(fault, PSC_FIELD_RISK, c->risk, n, PT_CERTAIN + 1);
}

static void pt_check_shards(psc_fault *fault, const psc_cluster *c)
{
    const size_t s = (size_t)c->shards;

    pt_check_amounts(fault, PSC_FIELD_DEMAND, c->demand, s * (size_t)c->resources, PSC_MAX_AMOUNT);
    pt_check_indices(fault, PSC_FIELD_HOME, c->home, s, c->nodes);
    pt_check_indices(fault, PSC_FIELD_GROUP, c->group, s, c->groups);
    pt_check_amounts(fault, PSC_FIELD_MOVE_COST, c->move_cost, s, PT_MAX_COST);
    pt_check_amounts(fault, PSC_FIELD_SIZE, c->size, s, PSC_MAX_AMOUNT);
    pt_check_indices(fault, PSC_FIELD_GOING, c->going, s, c->nodes);
    pt_check_amounts(fault, PSC_FIELD_IMPACT, c->impact, s, PT_MAX_IMPACT);
    pt_check_amounts(fault, PSC_FIELD_RESTED, c->rested, s, INT64_MAX);
}

static void pt_check_prices(psc_fault *fault, const psc_cluster *c)
{
    const size_t side = c->place ? (size_t)c->places : 0;
    int32_t i;

    pt_check_amounts(fault, PSC_FIELD_WEIGHT, c->weight, (size_t)c->resources, PT_MAX_COST);
    for (i = 0; i < c->balances; i++) {
        const psc_balance *b = &c->balance[i];
        if (b->first >= 0 && b->first < c->resources && b->second >= 0 && b->second < c->resources
            && b->ratio >= 0 && b->weight >= 0) continue;
        pt_fail(fault, PSC_ERR_RANGE, PSC_FIELD_BALANCE, i);
    }
    for (i = 0; i < c->pairs; i++) {
        const psc_pair *p = &c->pair[i];
        if (p->a >= 0 && p->a < c->shards && p->b >= 0 && p->b < c->shards && p->a != p->b && p->weight >= 0
            && p->weight <= PT_MAX_COST) continue;
        pt_fail(fault, PSC_ERR_RANGE, PSC_FIELD_PAIR, i);
    }
    pt_check_amounts(fault, PSC_FIELD_DISTANCE, c->distance, side * side, PT_MAX_COST);
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
    int64_t capacity[PSC_MAX_RESOURCES], demand[PSC_MAX_RESOURCES], sum = 0, heaviest = 1;
    int32_t r, b, n;

    for (n = 0; n < c->nodes; n++) if (pt_load_weight(c, n) > heaviest) heaviest = pt_load_weight(c, n);
    for (r = 0; r < c->resources; r++) {
        int64_t load;
        capacity[r] = pt_total(c, c->capacity, c->nodes, r);
        demand[r] = pt_total(c, c->demand, c->shards, r);
        if (capacity[r] < 0) return -1;
        load = pt_times(pt_weight(c, r), demand[r], PT_MAX_COST);
        sum = pt_add(sum, pt_times(load, heaviest, PT_MAX_COST), PT_MAX_COST);
    }
    for (b = 0; b < c->balances; b++) {
        sum = pt_add(sum, pt_balance_bound(&c->balance[b], capacity, demand), PT_MAX_COST);
    }
    return sum;
}

/* Sum of the weights of all pairs; -1: too large. */
static int64_t pt_pairs_total(const psc_cluster *c)
{
    int64_t sum = 0;
    int32_t i;

    for (i = 0; i < c->pairs; i++) sum = pt_add(sum, c->pair[i].weight, PT_MAX_COST);
    return sum;
}

/* An upper bound of the terms of moving and of where shards are; -1: too large. */
static int64_t pt_moves_bound(const psc_cluster *c)
{
    const size_t cells = c->place ? (size_t)c->places * (size_t)c->places : 0;
    const int64_t pairs = pt_pairs_total(c);
    int64_t sum = 0, far = 0, impact = 0, bound;
    int32_t s;
    size_t i;

    for (s = 0; s < c->shards; s++) {
        sum = pt_add(sum, pt_move_cost(c, s), PT_MAX_COST);
        impact = pt_add(impact, c->impact ? c->impact[s] : 0, PT_MAX_COST);
    }
    for (i = 0; i < cells; i++) if (c->distance[i] > far) far = c->distance[i];
    bound = pt_times(sum, c->weight_move, PT_MAX_COST);
    bound = pt_add(bound, pt_times(c->shards, c->weight_group, PT_MAX_COST), PT_MAX_COST);
    far = pt_times(far, c->shards, PT_MAX_COST);
    bound = pt_add(bound, pt_times(far, c->weight_distance, PT_MAX_COST), PT_MAX_COST);
    bound = pt_add(bound, pt_times(pairs, c->weight_apart, PT_MAX_COST), PT_MAX_COST);
    bound = pt_add(bound, pt_times(pt_times(pairs, 2, PT_MAX_COST), c->weight_disruption, PT_MAX_COST), PT_MAX_COST);
    return pt_add(bound, impact, PT_MAX_COST);
}

/* Bytes of all shards; -1: above PT_MAX_TOTAL. */
static int64_t pt_sizes_total(const psc_cluster *c)
{
    int64_t sum = 0;
    int32_t s;

    for (s = 0; s < c->shards; s++) sum = pt_add(sum, pt_size(c, s), PT_MAX_TOTAL);
    return sum;
}

/* Sums of all kinds: the first resource whose demand or capacity is too large, then the costs and the sizes. */
static void pt_check_sums(psc_fault *fault, const psc_cluster *c)
{
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (pt_total(c, c->capacity, c->nodes, r) < 0) pt_fail(fault, PSC_ERR_RANGE, PSC_FIELD_CAPACITY, r);
        if (pt_total(c, c->demand, c->shards, r) < 0) pt_fail(fault, PSC_ERR_RANGE, PSC_FIELD_DEMAND, r);
    }
    if (pt_add(pt_nodes_bound(c), pt_moves_bound(c), PT_MAX_COST) < 0 || pt_sizes_total(c) < 0) {
        pt_fail(fault, PSC_ERR_RANGE, PSC_FIELD_SUMS, -1);
    }
}

psc_status psc_cluster_fault(const psc_cluster *cluster, psc_fault *fault)
{
    psc_fault found = { PSC_OK, PSC_FIELD_NONE, -1 };
    psc_status status;

    if (!cluster || !fault) return PSC_ERR_NULL;
    status = pt_shape(cluster);
    if (status != PSC_OK) {
        pt_fail(&found, status, pt_shape_field(cluster, status), -1);
    } else {
        pt_check_nodes(&found, cluster);
        pt_check_shards(&found, cluster);
        pt_check_groups(&found, cluster);
        pt_check_prices(&found, cluster);
        if (found.status == PSC_OK) pt_check_sums(&found, cluster);
    }
    *fault = found;
    return PSC_OK;
}

psc_status psc_cluster_check(const psc_cluster *cluster)
{
    psc_fault fault;
    const psc_status status = psc_cluster_fault(cluster, &fault);

    return status != PSC_OK ? status : fault.status;
}

const char *psc_field_text(int32_t field)
{
    static const char *const text[] = {
        "none", "cluster", "counts", "capacity", "soft", "domain", "zone", "place", "load_weight", "risk", "demand",
        "home", "group", "move_cost", "size", "going", "impact", "rested", "spread", "depend_from", "depend", "weight",
        "balance", "pair", "distance", "sums"
    };

    return field >= 0 && field < PSC_FIELD_COUNT ? text[field] : "unknown field";
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

/* The mean and the deviation of each shard and resource must be amounts. */
static psc_status pt_check_uncertain(const psc_cluster *c, const double *mean, const double *deviation)
{
    const size_t cells = pt_cell(c, c->shards);
    size_t i;

    if (cells > 0 && (!mean || !deviation)) return PSC_ERR_NULL;
    for (i = 0; i < cells; i++) if (!psc__finite(&mean[i]) || !psc__finite(&deviation[i])) return PSC_ERR_NONFINITE;
    for (i = 0; i < cells; i++) {
        if (mean[i] < 0.0 || mean[i] > (double)PSC_MAX_AMOUNT) return PSC_ERR_RANGE;
        if (deviation[i] < 0.0 || deviation[i] > (double)PSC_MAX_AMOUNT) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

/* Root of the sum of squares of a resource's deviations over so many nodes: where the tangent touches. */
static double pt_touching(const psc_cluster *c, const double *deviation, int32_t r, int32_t open)
{
    double sum = 0.0;
    int32_t s;

    for (s = 0; s < c->shards; s++) {
        const double d = deviation[pt_cell(c, s) + (size_t)r];
        sum += d * d;
    }
    return sqrt(sum / (double)(open > 0 ? open : 1));
}

/* A capacity less what uncertainty takes, rounded down. */
static int64_t pt_less(int64_t capacity, double taken)
{
    const int64_t whole = pt_round_up(taken, PSC_MAX_AMOUNT);

    return capacity > whole ? capacity - whole : 0;
}

psc_status psc_risk_amounts(const psc_cluster *cluster, const double *mean, const double *deviation, double level,
                            int64_t *demand, int64_t *capacity)
{
    const psc_cluster *c = cluster;
    psc_status status = pt_shape(c);
    int32_t n, s, r, open = 0;
    double z;

    if (status == PSC_OK) status = pt_check_uncertain(c, mean, deviation);
    if (status != PSC_OK) return status;
    if ((c->shards > 0 && !demand) || !capacity) return PSC_ERR_NULL;
    if (!psc__finite(&level)) return PSC_ERR_NONFINITE;
    if (level < 0.5 || level > 0.999999) return PSC_ERR_RANGE;
    z = psc__normal_quantile(level);
    if (z < 0.0) z = 0.0;
    for (n = 0; n < c->nodes; n++) open += !pt_closed(c, n);
    for (r = 0; r < c->resources; r++) {
        const double touch = pt_touching(c, deviation, r, open);
        const double slope = touch > 0.0 ? z / (2.0 * touch) : 0.0;
        for (s = 0; s < c->shards; s++) {
            const size_t i = pt_cell(c, s) + (size_t)r;
            demand[i] = pt_round_up(mean[i] + slope * deviation[i] * deviation[i], PSC_MAX_AMOUNT);
        }
        for (n = 0; n < c->nodes; n++) {
            const size_t i = pt_cell(c, n) + (size_t)r;
            capacity[i] = pt_less(c->capacity[i], 0.5 * z * touch);
        }
    }
    return PSC_OK;
}

size_t psc_overload_size(const psc_cluster *cluster)
{
    size_t total = 0;

    if (pt_shape(cluster) != PSC_OK) return 0;
    return psc__grow(&total, 2 * pt_cell(cluster, cluster->nodes), sizeof(double)) ? total : 0;
}

/* P(normal variate <= capacity); a sum that is certain is above it or not. */
static double pt_holds_out(double mean, double variance, int64_t capacity)
{
    const double room = (double)capacity - mean;

    if (variance <= 0.0) return room >= 0.0 ? 1.0 : 0.0;
    return psc__normal_cdf(room / sqrt(variance));
}

psc_status psc_overload_of(const psc_cluster *cluster, const double *mean, const double *deviation,
                           const int32_t *assignment, void *work, size_t bytes, double *probability)
{
    const psc_cluster *c = cluster;
    double *sum = (double *)work;
    psc_status status = pt_shape(c);
    int32_t n, s, r;

    if (status == PSC_OK) status = pt_check_uncertain(c, mean, deviation);
    if (status == PSC_OK) status = psc__block(work, bytes, psc_overload_size(c));
    if (status != PSC_OK) return status;
    if (!probability) return PSC_ERR_NULL;
    if (pt_first_outside(assignment, (size_t)c->shards, c->nodes) < (size_t)c->shards) return PSC_ERR_RANGE;
    memset(sum, 0, 2 * pt_cell(c, c->nodes) * sizeof *sum);
    for (s = 0; s < c->shards; s++) {
        double *on = sum + 2 * pt_cell(c, assignment ? assignment[s] : c->home[s]);
        for (r = 0; r < c->resources; r++) {
            const size_t i = pt_cell(c, s) + (size_t)r;
            on[2 * r] += mean[i];
            on[2 * r + 1] += deviation[i] * deviation[i];
        }
    }
    for (n = 0; n < c->nodes; n++) {
        const double *on = sum + 2 * pt_cell(c, n);
        double well = 1.0;
        for (r = 0; r < c->resources; r++) {
            well *= pt_holds_out(on[2 * r], on[2 * r + 1], c->capacity[pt_cell(c, n) + (size_t)r]);
        }
        probability[n] = 1.0 - well;
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
    if (!psc__grow(&total, (size_t)cluster->resources, sizeof(double))) return 0;
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

/* Score of a node with `sign` times a demand more, if there is one, and the resource it comes from. */
static double pt_score(const psc_cluster *c, int32_t n, const int64_t *use, const int64_t *more, int32_t sign,
                       const double *mean, int32_t *resource)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    double best = 0.0;
    int32_t r;

    *resource = -1;
    for (r = 0; r < c->resources; r++) {
        const double u = pt_share(use[r] + (more ? sign * more[r] : 0), capacity[r]);
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
        const double score = pt_score(c, n, use + pt_cell(c, n), NULL, 0, mean, &resource);
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
    double *mean = (double *)work;
    int64_t *use;
    psc_status status = pt_shape(c);
    int32_t s, unused;

    if (status != PSC_OK) return status;
    status = psc__block(work, bytes, psc_imbalance_size(c));
    if (status != PSC_OK) return status;
    if (!imbalance) return PSC_ERR_NULL;
    if (!psc__finite(&threshold)) return PSC_ERR_NONFINITE;
    if (pt_first_outside(assignment, (size_t)c->shards, c->nodes) < (size_t)c->shards) return PSC_ERR_RANGE;
    if (!assignment) assignment = c->home;
    use = (int64_t *)work + c->resources;
    pt_fill_use(c, assignment, use);
    pt_means(c, use, mean);
    pt_score_nodes(c, use, mean, threshold, node_score, imbalance);
    for (s = 0; shard_score && s < c->shards; s++) {
        const int32_t n = assignment[s];
        const int64_t *u = use + pt_cell(c, n);
        shard_score[s] = pt_score(c, n, u, NULL, 0, mean, &unused)
                       - pt_score(c, n, u, c->demand + pt_cell(c, s), -1, mean, &unused);
    }
    return PSC_OK;
}

psc_status psc_imbalance_move(const psc_cluster *cluster, const int32_t *assignment, const void *work, size_t bytes,
                              int32_t shard, int32_t to, double *from_score, double *to_score)
{
    const psc_cluster *c = cluster;
    const double *mean = (const double *)work;
    const int64_t *use, *d;
    psc_status status = pt_shape(c);
    int32_t from, stays, unused;

    if (status == PSC_OK) status = psc__block(work, bytes, psc_imbalance_size(c));
    if (status != PSC_OK) return status;
    if (shard < 0 || shard >= c->shards || to < 0 || to >= c->nodes) return PSC_ERR_RANGE;
    from = assignment ? assignment[shard] : c->home[shard];
    if (from < 0 || from >= c->nodes) return PSC_ERR_RANGE;
    use = (const int64_t *)work + c->resources;
    d = c->demand + pt_cell(c, shard);
    stays = from == to;
    if (from_score) *from_score = pt_score(c, from, use + pt_cell(c, from), d, stays - 1, mean, &unused);
    if (to_score) *to_score = pt_score(c, to, use + pt_cell(c, to), d, 1 - stays, mean, &unused);
    return PSC_OK;
}

/* ==== Provision ================================================================================= */

/* The first shard that demands more than the open nodes' largest capacity of some resource, and which; -1: none. */
static int32_t pt_too_large(const psc_cluster *c, int32_t *resource)
{
    int64_t largest[PSC_MAX_RESOURCES] = { 0 };
    int32_t n, s, r;

    for (n = 0; n < c->nodes; n++) {
        for (r = 0; !pt_closed(c, n) && r < c->resources; r++) {
            const int64_t x = c->capacity[pt_cell(c, n) + (size_t)r];
            if (x > largest[r]) largest[r] = x;
        }
    }
    for (s = 0; s < c->shards; s++) {
        for (r = 0; r < c->resources; r++) {
            if (c->demand[pt_cell(c, s) + (size_t)r] <= largest[r]) continue;
            *resource = r;
            return s;
        }
    }
    return -1;
}

/* Demand of a resource over the capacity of the open nodes. */
static double pt_fleet_use(const psc_cluster *c, int32_t r)
{
    int64_t capacity = 0, demand = 0;
    int32_t n, s;

    for (n = 0; n < c->nodes; n++) if (!pt_closed(c, n)) capacity += c->capacity[pt_cell(c, n) + (size_t)r];
    for (s = 0; s < c->shards; s++) demand += c->demand[pt_cell(c, s) + (size_t)r];
    return pt_share(demand, capacity);
}

/* Mean nodes, rounded up, that bring a use down to `high`. */
static int32_t pt_nodes_for(double use, double high, int32_t open)
{
    return (int32_t)pt_round_up(use / high * (double)open, INT32_MAX);
}

psc_status psc_provision_of(const psc_cluster *cluster, double low, double high, psc_provision *provision)
{
    const psc_cluster *c = cluster;
    const psc_status status = pt_shape(c);
    psc_provision found = { -1.0, PSC_FLEET_ENOUGH, -1, 0, -1 };
    int32_t n, r, open = 0, needed;

    if (status != PSC_OK) return status;
    if (!provision) return PSC_ERR_NULL;
    if (!psc__finite(&low) || !psc__finite(&high)) return PSC_ERR_NONFINITE;
    if (low <= 0.0 || low > high || high > 1.0) return PSC_ERR_RANGE;
    for (n = 0; n < c->nodes; n++) open += !pt_closed(c, n);
    for (r = 0; r < c->resources; r++) {
        const double use = pt_fleet_use(c, r);
        if (use <= found.use) continue;
        found.use = use;
        found.resource = r;
    }
    needed = pt_nodes_for(found.use, high, open > 0 ? open : 1);
    found.shard = pt_too_large(c, &found.resource);
    if (found.shard >= 0) {
        found.verdict = PSC_FLEET_SHARD;
        found.use = pt_fleet_use(c, found.resource);
    } else if (found.use > high) {
        found.verdict = PSC_FLEET_SHORT;
        found.nodes = needed - open;
    } else if (found.use < low && needed < open) {
        found.verdict = PSC_FLEET_AMPLE;
        found.nodes = open - needed;
    }
    *provision = found;
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

/* Sorts indices by their keys, if there are any, then by themselves: a heap sort, in place, the same everywhere. */
static int pt_after(const int64_t *key, int32_t a, int32_t b)
{
    return key && key[a] != key[b] ? key[a] > key[b] : a > b;
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

#define PT_LIFTED 64        /* shards that a rebuilding lifts at most                                 */
#define PT_NEAR 64          /* nodes that it considers                                               */
#define PT_DRAWS 1024       /* entries of the table of exponential variates                          */

enum { PT_THERE = 0, PT_LIFTED_NOW = 1, PT_ARRIVED = 2 };      /* a shard in a rebuilding */
enum { PT_OUT = 0, PT_UNSEEN = 1, PT_SEEN = 2 };    /* a node in a round: left it, not yet looked at, looked at */
enum { PT_DESCEND = 0, PT_ANNEAL = 1, PT_UNDO = 2, PT_END = 3 };     /* what the search is doing */
enum { PT_COLD = 0, PT_HOT_ONCE = 1, PT_HOT_AGAIN = 2, PT_TAIL = 3 };   /* stages of the annealing */

/* What the cost of an assignment is made of; sums over shards not at home are not weighted. */
typedef struct pt_sums {
    int64_t node_cost, balance, overload;       /* over the nodes; balance is a part of node_cost     */
    int64_t moves, move_cost, distance, bytes, disruption;      /* of shards not at home              */
    int64_t apart, risk;                        /* of pairs on different nodes; of all shards         */
    int64_t most;                               /* largest number of moved shards of any group        */
} pt_sums;

/* Head of the block. The arrays follow; where, pt_search_of works out from the sizes of the cluster. */
struct psc_plan {
    uint64_t mark;
    int32_t  resources, nodes, shards, groups, balances, places;
    int32_t  pairs, max_node_moves;
    int64_t  depends;
    int64_t  max_moves, max_move_cost, max_bytes;
    int64_t  allowed, evaluations;      /* pairs granted by all steps, and looked at                  */
    int64_t  horizon, anneal_from;      /* pairs to anneal for; those looked at when it began         */
    int64_t  clock, clock_at_round;     /* moves made; by the start of the round                      */
    int64_t  cost_before, overload_before;
    pt_sums  sum, best;
    uint64_t random;
    double   unit, price;               /* cost of a mean shard above soft; of moving a mean shard    */
    double   heat;                      /* the present temperature                                    */
    double   stage_from;                /* progress at which the stage began                          */
    int64_t  bound;                     /* no assignment costs less                                   */
    int32_t  targets;                   /* tried for each shard; 0: all                               */
    int32_t  cursor;                    /* shard last looked at on the node that is being scanned, or undone; -1 */
    int32_t  phase;
    int32_t  loose;                     /* shards that may move                                       */
    int32_t  stale;                     /* shards moved since the best was kept                       */
    int32_t  stage;                     /* of the annealing                                           */
    int32_t  annealed;                  /* 1: it is over                                              */
    int32_t  plain;                     /* 1: a room is never negative, and the same for every shard  */
};

/* A few nodes are partly emptied, and their shards, the rows, placed again on these and other nodes, the columns. */
typedef struct pt_rebuild {
    int64_t mark;
    double  noise[PT_LIFTED];                       /* factor of the regret                             */
    int64_t away[PT_LIFTED], homeward[PT_LIFTED];   /* rise of the moving terms without distance, away and at home */
    int32_t shard[PT_LIFTED], old[PT_LIFTED];
    int32_t best[PT_LIFTED], second[PT_LIFTED];     /* cheapest columns of each row; -1: none           */
    int32_t open[PT_LIFTED], placed[PT_LIFTED];     /* rows                                             */
    int32_t node[PT_NEAR];
    int32_t domains[PT_LIFTED];                     /* that the group of each row touched               */
    int32_t rows, columns, opens, places;
    int32_t late;                                   /* 1: ties and budgets are judged when all are placed */
    int32_t reserved;
} pt_rebuild;

/* Arrays of a search. A node's cells are together: room[R], slack[R], tilt[balances].
 *     room   capacity - demand of what is here or has left and still counts
 *     slack  soft - demand of what is here
 *     tilt   of each balance target, what is missing: ratio * free(first) - free(second) */
typedef struct pt_search {
    const psc_cluster *c;
    psc_plan *head;
    pt_ties  ties;
    int64_t *cells;                 /* [N * stride]                                                   */
    int64_t *weight, *load_weight;  /* [R], [N]                                                       */
    int64_t *cost, *balance, *over; /* [N] load and balance; balance; overload                        */
    int64_t *fill;                  /* [N] largest utilisation, in millionths                         */
    int64_t *gain_over, *gain;      /* [S] as last seen; 0: none                                      */
    int64_t *seen;                  /* [S] clock of that look                                         */
    pt_rebuild *rebuild;            /* and [PT_LIFTED * PT_NEAR] cost of placing each row in each column */
    int64_t *matrix;
    int64_t *node_mark, *domain_mark, *zone_mark;   /* [N] of the row that is being priced            */
    double  *draw;                  /* [PT_DRAWS] exponential variates, evenly spread                 */
    int32_t *now, *target;          /* [S] node of each shard; best target as last seen               */
    int32_t *best;                  /* [S] the best assignment so far                                 */
    int32_t *stale;                 /* [S] shards moved since it was kept                             */
    int32_t *first, *next, *prev;   /* [N], [S], [S] shards of each node, linked; -1: end             */
    int32_t *count;                 /* [N] how many                                                   */
    int32_t *spot, *seat;           /* [S] node of each member, in the order of ties.member; its place there */
    int32_t *domains;               /* [G] that the group touches                                     */
    int32_t *moved;                 /* [G] shards not at home                                         */
    int32_t *groups_with;           /* [S + 1] number of groups with so many moved shards             */
    int32_t *loose;                 /* [S] shards that may move, by size                              */
    int32_t *play;                  /* [N] PT_OUT, PT_UNSEEN or PT_SEEN                               */
    int32_t *tree;                  /* [2 * leaves] tournament: tree[i] is the hotter of tree[2 i], tree[2 i + 1] */
    int32_t *order, *rank;          /* [N] nodes, emptiest first; place of each in it                 */
    int32_t *touches;               /* [N] moved shards whose home or new node it is                  */
    int64_t *bond;                  /* [2 * pairs] weights of a shard's pairs, [2 * pairs] the other shards, from */
    int32_t *partner, *bonds;       /*      bonds[s] to bonds[s + 1]                                  */
    unsigned char *is_stale, *lifted;   /* [S]                                                        */
    unsigned char *fixed;           /* [S] PSC_BLOCK_... that keeps it, CONFLICT: its group is everywhere; or NONE */
    int32_t  leaves;
    size_t   stride;
} pt_search;

static int32_t pt_leaves(int32_t nodes)
{
    int32_t n = 1;

    while (n < nodes) n *= 2;
    return n;
}

static void pt_lay_shards(pt_layout *lay, size_t s, pt_search *v)
{
    v->gain_over = pt_take_wide(lay, s);
    v->gain = pt_take_wide(lay, s);
    v->seen = pt_take_wide(lay, s);
    v->now = pt_take_index(lay, s);
    v->target = pt_take_index(lay, s);
    v->best = pt_take_index(lay, s);
    v->stale = pt_take_index(lay, s);
    v->next = pt_take_index(lay, s);
    v->prev = pt_take_index(lay, s);
    v->loose = pt_take_index(lay, s);
    v->groups_with = pt_take_index(lay, s + 1);
    v->is_stale = (unsigned char *)pt_take(lay, s, 1);
    v->lifted = (unsigned char *)pt_take(lay, s, 1);
    v->fixed = (unsigned char *)pt_take(lay, s, 1);
}

/* Bytes of the block, and with base its arrays in v; 0: too large. */
static size_t pt_lay_search(const psc_cluster *c, unsigned char *base, pt_search *v)
{
    const size_t n = (size_t)c->nodes, g = (size_t)c->groups, members = g > 0 ? (size_t)c->shards : 0;
    const size_t pairs = (size_t)c->pairs;
    pt_layout lay;

    lay.base = base;
    lay.total = 0;
    lay.ok = 1;
    v->c = c;
    v->leaves = pt_leaves(c->nodes);
    v->stride = 2 * (size_t)c->resources + (size_t)c->balances;
    v->head = (psc_plan *)pt_take(&lay, 1, sizeof(psc_plan));
    v->cells = pt_take_wide(&lay, v->stride > SIZE_MAX / n ? SIZE_MAX : n * v->stride);
    v->weight = pt_take_wide(&lay, (size_t)c->resources);
    v->load_weight = pt_take_wide(&lay, n);
    v->bond = pt_take_wide(&lay, 2 * pairs);
    v->partner = pt_take_index(&lay, 2 * pairs);
    v->bonds = pt_take_index(&lay, pairs > 0 ? (size_t)c->shards + 1 : 0);
    v->touches = pt_take_index(&lay, n);
    v->cost = pt_take_wide(&lay, n);
    v->balance = pt_take_wide(&lay, n);
    v->over = pt_take_wide(&lay, n);
    v->fill = pt_take_wide(&lay, n);
    v->rebuild = (pt_rebuild *)pt_take(&lay, 1, sizeof(pt_rebuild));
    v->matrix = pt_take_wide(&lay, PT_LIFTED * PT_NEAR);
    v->node_mark = pt_take_wide(&lay, n);
    v->domain_mark = pt_take_wide(&lay, n);
    v->zone_mark = pt_take_wide(&lay, n);
    v->draw = (double *)pt_take(&lay, PT_DRAWS, sizeof(double));
    pt_lay_shards(&lay, (size_t)c->shards, v);
    v->first = pt_take_index(&lay, n);
    v->count = pt_take_index(&lay, n);
    v->spot = pt_take_index(&lay, members);
    v->seat = pt_take_index(&lay, members);
    v->domains = pt_take_index(&lay, g);
    v->moved = pt_take_index(&lay, g);
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
    if (plan->balances != c->balances || plan->places != c->places || plan->pairs != c->pairs) return PSC_ERR_STATE;
    if (plan->depends != (int64_t)pt_depends(c)) return PSC_ERR_STATE;
    (void)pt_lay_search(c, (unsigned char *)plan, v);
    return PSC_OK;
}

/* ==== Cost ====================================================================================== */

static int64_t *pt_room(const pt_search *v, int32_t n) { return v->cells + (size_t)n * v->stride; }
static int64_t *pt_slack(const pt_search *v, int32_t n) { return pt_room(v, n) + v->c->resources; }
static int64_t *pt_tilt(const pt_search *v, int32_t n) { return pt_slack(v, n) + v->c->resources; }
static const int64_t *pt_demand(const pt_search *v, int32_t s) { return v->c->demand + pt_cell(v->c, s); }

/* Demand on a node of what is there. */
static int64_t pt_use(const pt_search *v, int32_t n, int32_t r)
{
    const int64_t *soft = v->c->soft ? v->c->soft : v->c->capacity;

    return soft[pt_cell(v->c, n) + (size_t)r] - pt_slack(v, n)[r];
}

static int64_t pt_free(const pt_search *v, int32_t n, int32_t r)
{
    return v->c->capacity[pt_cell(v->c, n) + (size_t)r] - pt_use(v, n, r);
}

/* ceil(10^6 * part / whole), at most PT_MAX_PARTS; a whole of 0 counts as 1. Two digits of base 1000, since
 * 10^6 * 2^50 has no room. */
static int64_t pt_parts(int64_t part, int64_t whole)
{
    int64_t quotient, rest, high;

    if (whole < 1) whole = 1;
    quotient = part / whole;
    if (quotient > PT_MAX_PARTS / 1000000) return PT_MAX_PARTS;
    rest = part % whole * 1000;
    high = rest / whole;
    rest = rest % whole * 1000;
    quotient = (quotient * 1000 + high) * 1000 + rest / whole + (rest % whole > 0);
    return quotient < PT_MAX_PARTS ? quotient : PT_MAX_PARTS;
}

/* What a demand takes from a tilt. */
static int64_t pt_twist(const psc_balance *b, const int64_t *d) { return b->ratio * d[b->first] - d[b->second]; }

static int64_t pt_balance_with(const pt_search *v, int32_t n, const int64_t *d)
{
    const int64_t *tilt = pt_tilt(v, n);
    int64_t sum = 0;
    int32_t i;

    for (i = 0; i < v->c->balances; i++) {
        const int64_t x = tilt[i] - pt_twist(&v->c->balance[i], d);
        if (x > 0) sum += v->c->balance[i].weight * x;
    }
    return sum;
}

/* Load and balance of a node if it had d more, d < 0 less: the innermost loop of every search. */
static int64_t pt_cost_with(const pt_search *v, int32_t n, const int64_t *d)
{
    const int64_t *slack = pt_slack(v, n), *weight = v->weight;
    const int32_t resources = v->c->resources;
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < resources; r++) {
        const int64_t x = d[r] - slack[r];
        sum += weight[r] * (x > 0 ? x : 0);
    }
    sum *= v->load_weight[n];
    return v->c->balances > 0 ? sum + pt_balance_with(v, n, d) : sum;
}

static int64_t pt_cost_without(const pt_search *v, int32_t n, const int64_t *d)
{
    int64_t less[PSC_MAX_RESOURCES];
    int32_t r;

    for (r = 0; r < v->c->resources; r++) less[r] = -d[r];
    return pt_cost_with(v, n, less);
}

/* Overload of a node if it had d less. */
static int64_t pt_overload_without(const pt_search *v, int32_t n, const int64_t *d)
{
    const int64_t *capacity = v->c->capacity + pt_cell(v->c, n);
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < v->c->resources; r++) {
        const int64_t above = -(pt_free(v, n, r) + (d ? d[r] : 0));
        if (above > 0) sum += pt_parts(above, capacity[r]);
    }
    return sum;
}

/* How full a node is, for the choice of targets: one that takes no shard is full. */
static int64_t pt_fullness(const pt_search *v, int32_t n)
{
    const int64_t *capacity = v->c->capacity + pt_cell(v->c, n);
    int64_t most = 0;
    int32_t r;

    if (pt_closed(v->c, n)) return INT64_MAX;
    for (r = 0; r < v->c->resources; r++) {
        const int64_t parts = pt_parts(pt_use(v, n, r), capacity[r]);
        if (parts > most) most = parts;
    }
    return most;
}

/* Largest number of moved shards of any group, if the group had `step` (-1, 0, 1) more of them. */
static int64_t pt_most_after(const pt_search *v, int32_t group, int32_t step)
{
    const pt_sums *sum = &v->head->sum;
    int32_t m;

    if (step == 0) return sum->most;
    if (group < 0) return sum->moves + step > 0;
    m = v->moved[group];
    if (step > 0) return m + 1 > sum->most ? m + 1 : sum->most;
    return m == sum->most && v->groups_with[m] == 1 ? m - 1 : sum->most;
}

static int64_t pt_total_cost(const psc_cluster *c, const pt_sums *sum)
{
    return sum->node_cost + c->weight_move * sum->move_cost + c->weight_group * sum->most
         + c->weight_distance * sum->distance + c->weight_apart * sum->apart
         + c->weight_disruption * sum->disruption + sum->risk;
}

/* Sum of the weights of the pairs of a shard. */
static int64_t pt_bonds(const pt_search *v, int32_t shard)
{
    int64_t sum = 0;
    int32_t i;

    if (v->c->pairs == 0) return 0;
    for (i = v->bonds[shard]; i < v->bonds[shard + 1]; i++) sum += v->bond[i];
    return sum;
}

/* Rise of the weights of pairs apart if the shard went from one node to another. */
static int64_t pt_apart(const pt_search *v, int32_t shard, int32_t from, int32_t to)
{
    int64_t sum = 0;
    int32_t i;

    if (v->c->pairs == 0 || from == to) return 0;
    for (i = v->bonds[shard]; i < v->bonds[shard + 1]; i++) {
        const int32_t n = v->now[v->partner[i]];
        if (n == from) sum += v->bond[i];
        if (n == to) sum -= v->bond[i];
    }
    return sum;
}

/* What swapping two shards on different nodes leaves apart, and each of them alone believes to bring together: the
 * weights of their pairs. */
static int64_t pt_still_apart(const pt_search *v, int32_t a, int32_t b)
{
    int64_t sum = 0;
    int32_t i;

    if (v->c->pairs == 0) return 0;
    for (i = v->bonds[a]; i < v->bonds[a + 1]; i++) if (v->partner[i] == b) sum += v->bond[i];
    return v->c->weight_apart * sum;
}

/* What it costs that a shard is on a node, but for loads and pairs: its distance from home, and the risk. */
static int64_t pt_stay(const psc_cluster *c, int32_t shard, int32_t n)
{
    const int64_t risk = pt_risk(c, shard, n);

    return c->place ? risk + c->weight_distance * pt_far(c, pt_home(c, shard), n) : risk;
}

/* What it costs that a shard is not at home, but for the distance and the group. */
static int64_t pt_leave_price(const pt_search *v, int32_t shard)
{
    const psc_cluster *c = v->c;
    const int64_t price = c->weight_move * pt_move_cost(c, shard);

    return c->pairs > 0 ? price + c->weight_disruption * pt_bonds(v, shard) : price;
}

/* Rise of the terms of moving if the shard, now on `from`, were on `to`. */
static int64_t pt_terms(const pt_search *v, int32_t shard, int32_t from, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t home = pt_home(c, shard), step = (to != home) - (from != home);
    int64_t sum = 0;

    if (c->place || c->risk) sum = pt_stay(c, shard, to) - pt_stay(c, shard, from);
    if (c->pairs > 0) sum += c->weight_apart * pt_apart(v, shard, from, to);
    if (step == 0) return sum;
    sum += step * pt_leave_price(v, shard);
    return sum + c->weight_group * (pt_most_after(v, pt_group(c, shard), step) - v->head->sum.most);
}

/* ==== What hinders a move ======================================================================= */

/* 1 if the budgets do not let a shard go from one node to another. */
static int pt_spent(const pt_search *v, int32_t shard, int32_t from, int32_t to)
{
    const psc_cluster *c = v->c;
    const psc_plan *h = v->head;
    const int32_t home = pt_home(c, shard);

    if (to == home) return 0;
    if (v->touches[to] >= h->max_node_moves) return 1;
    if (from != home) return 0;
    if (h->sum.moves >= h->max_moves || v->touches[home] >= h->max_node_moves) return 1;
    if (pt_move_cost(c, shard) > h->max_move_cost - h->sum.move_cost) return 1;
    return pt_size(c, shard) > h->max_bytes - h->sum.bytes;
}

/* 1 if nothing of d exceeds the room: where no room is negative, which only an overload from the start can make. */
static int pt_fits(const int64_t *room, const int64_t *d, int32_t resources)
{
    int64_t least = 0;
    int32_t r = 0;

    for (; r + 3 < resources && least >= 0; r += 4) {
        least = (room[r] - d[r]) | (room[r + 1] - d[r + 1]) | (room[r + 2] - d[r + 2]) | (room[r + 3] - d[r + 3]);
    }
    for (; r < resources && least >= 0; r++) least = room[r] - d[r];
    return least >= 0;
}

/* The first resource without room for the shard, or -1. At home, what it has left behind is its own. */
static int32_t pt_lacks(const pt_search *v, int32_t shard, int32_t to)
{
    const int64_t *d = pt_demand(v, shard), *room = pt_room(v, to);
    const int home = to == pt_home(v->c, shard);
    int32_t r;

    for (r = 0; r < v->c->resources; r++) {
        const int64_t left = home && pt_transient(v->c, r) ? pt_free(v, to, r) : room[r];
        if (d[r] > left && d[r] > 0) return r;
    }
    return -1;
}

static int pt_has_room(const pt_search *v, int32_t shard, int32_t to)
{
    if (pt_fits(pt_room(v, to), pt_demand(v, shard), v->c->resources)) return 1;
    if (v->head->plain && (!v->c->transient || to != pt_home(v->c, shard))) return 0;
    return pt_lacks(v, shard, to) < 0;
}

/* 1 if a shard of the group is in the zone. */
static int pt_near(const pt_search *v, int32_t group, int32_t zone)
{
    int32_t i;

    for (i = v->ties.from[group]; i < v->ties.from[group + 1]; i++) {
        if (pt_zone(v->c, v->spot[i]) == zone) return 1;
    }
    return 0;
}

/* 1 if what the group needs in the zone where its shard is would not all be in the other zone, or if a group
 * there needs it and it is the last one. A dependency that is broken already asks for nothing. */
static int pt_tears(const pt_search *v, int32_t group, int32_t from, int32_t to, int last)
{
    const psc_cluster *c = v->c;
    const pt_ties *t = &v->ties;
    int32_t i;

    for (i = c->depend_from[group]; i < c->depend_from[group + 1]; i++) {
        const int32_t needed = c->depend[i];
        if (needed != group && !pt_near(v, needed, to) && pt_near(v, needed, from)) return 1;
    }
    for (i = t->back_from[group]; last && i < t->back_from[group + 1]; i++) {
        if (t->back[i] != group && pt_near(v, t->back[i], from)) return 1;
    }
    return 0;
}

/* 1 if another of the shard's group, as it stands, keeps it from a node: any there, unless the shard comes back to
 * where it was; then only one that has arrived since. */
static int pt_in_way(const pt_search *v, int32_t other, int back)
{
    return back ? v->lifted[other] == PT_ARRIVED : v->lifted[other] != PT_LIFTED_NOW;
}

/* Conflict, spread and dependencies of a move from where the shard is. One that is lifted counts where it was,
 * but is in nobody's way. */
static int32_t pt_tie_block(const pt_search *v, int32_t shard, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t group = c->group[shard], from = v->now[shard];
    const int32_t old_domain = pt_domain(c, from), domain = pt_domain(c, to), zone = pt_zone(c, from);
    int32_t i, in_old = 0, in_new = 0, in_zone = 0;

    for (i = v->ties.from[group]; i < v->ties.from[group + 1]; i++) {
        const int32_t n = v->spot[i];
        const int32_t other = v->ties.member[i];
        if (n == to && other != shard && pt_in_way(v, other, to == from)) return PSC_BLOCK_CONFLICT;
        in_old += pt_domain(c, n) == old_domain;
        in_new += pt_domain(c, n) == domain;
        in_zone += pt_zone(c, n) == zone;
    }
    if (in_old == 1 && in_new > 0 && domain != old_domain
        && v->domains[group] <= (c->spread ? c->spread[group] : 1)) return PSC_BLOCK_SPREAD;
    if (!c->depend_from || pt_zone(c, to) == zone) return PSC_BLOCK_NONE;
    return pt_tears(v, group, zone, pt_zone(c, to), in_zone == 1) ? PSC_BLOCK_DEPENDENCY : PSC_BLOCK_NONE;
}

/* What hinders a shard from going there: one of the hard constraints, or none. */
static int32_t pt_block(const pt_search *v, int32_t shard, int32_t to, int32_t *resource)
{
    const psc_cluster *c = v->c;
    const int32_t from = v->now[shard];
    int32_t r;

    if (to == from) return PSC_BLOCK_HERE;
    if (v->fixed[shard] != PSC_BLOCK_NONE && v->fixed[shard] != PSC_BLOCK_CONFLICT) return v->fixed[shard];
    if (pt_closed(c, to)) return PSC_BLOCK_CLOSED;
    if (pt_spent(v, shard, from, to)) return PSC_BLOCK_BUDGET;
    if (!pt_has_room(v, shard, to)) {
        r = pt_lacks(v, shard, to);
        *resource = r;
        return pt_demand(v, shard)[r] > pt_free(v, to, r) ? PSC_BLOCK_CAPACITY : PSC_BLOCK_TRANSIENT;
    }
    return c->group ? pt_tie_block(v, shard, to) : PSC_BLOCK_NONE;
}

/* ==== Moving a shard ============================================================================ */

static void pt_unlink(const pt_search *v, int32_t shard)
{
    const int32_t before = v->prev[shard], behind = v->next[shard], node = v->now[shard];

    if (before >= 0) v->next[before] = behind;
    else v->first[node] = behind;
    if (behind >= 0) v->prev[behind] = before;
    v->count[node]--;
}

static void pt_link(const pt_search *v, int32_t shard)
{
    const int32_t node = v->now[shard], behind = v->first[node];

    v->prev[shard] = -1;
    v->next[shard] = behind;
    if (behind >= 0) v->prev[behind] = shard;
    v->first[node] = shard;
    v->count[node]++;
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

    v->fill[node] = pt_fullness(v, node);
    for (; i > 0 && pt_after(v->fill, v->order[i - 1], node); i--) pt_put(v, v->order[i - 1], i);
    for (; i + 1 < v->c->nodes && pt_after(v->fill, node, v->order[i + 1]); i++) pt_put(v, v->order[i + 1], i);
    pt_put(v, node, i);
}

/* Everything that hangs on what a node holds, after that has changed. Only the descent asks for the order and the
 * tournament; where there was no overload at first none ever comes. */
static void pt_refresh(const pt_search *v, int32_t node)
{
    static const int64_t nothing[PSC_MAX_RESOURCES] = {0};
    pt_sums *sum = &v->head->sum;
    const int64_t cost = pt_cost_with(v, node, nothing);

    sum->node_cost += cost - v->cost[node];
    v->cost[node] = cost;
    if (v->c->balances > 0) {
        const int64_t balance = pt_balance_with(v, node, nothing);
        sum->balance += balance - v->balance[node];
        v->balance[node] = balance;
    }
    if (v->head->overload_before > 0) {
        const int64_t over = pt_overload_without(v, node, NULL);
        sum->overload += over - v->over[node];
        v->over[node] = over;
    }
    if (v->head->phase != PT_DESCEND) return;
    if (v->head->targets > 0) pt_rerank(v, node);
    pt_replay(v, node);
}

/* The demand of a shard onto a node (sign 1) or off it (-1). A transient resource stays at its home. */
static void pt_carry(const pt_search *v, int32_t shard, int32_t node, int32_t sign)
{
    const psc_cluster *c = v->c;
    const int64_t *d = pt_demand(v, shard);
    int64_t *room = pt_room(v, node), *slack = pt_slack(v, node), *tilt = pt_tilt(v, node);
    const int home = node == pt_home(c, shard);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        slack[r] -= sign * d[r];
        if (!home || !pt_transient(c, r)) room[r] -= sign * d[r];
    }
    for (r = 0; r < c->balances; r++) tilt[r] -= sign * pt_twist(&c->balance[r], d);
    pt_refresh(v, node);
}

/* Counts a shard of the group as moved (step 1) or as back at home (-1). */
static void pt_count_moved(const pt_search *v, int32_t shard, int32_t step)
{
    pt_sums *sum = &v->head->sum;
    const int32_t group = pt_group(v->c, shard);
    const int64_t most = pt_most_after(v, group, step);

    if (group >= 0) {
        v->groups_with[v->moved[group]]--;
        v->moved[group] += step;
        v->groups_with[v->moved[group]]++;
    }
    sum->most = most;
    sum->moves += step;
    sum->move_cost += step * pt_move_cost(v->c, shard);
    sum->bytes += step * pt_size(v->c, shard);
    if (v->c->pairs > 0) sum->disruption += step * pt_bonds(v, shard);
}

/* Counts the shard, which has gone from one node to another, among the moves that touch a node. */
static void pt_touch(const pt_search *v, int32_t shard, int32_t from, int32_t to)
{
    const int32_t home = pt_home(v->c, shard);

    if (from != home) {
        v->touches[home]--;
        v->touches[from]--;
    }
    if (to != home) {
        v->touches[home]++;
        v->touches[to]++;
    }
}

/* Domains of the group after its shard has gone from one node to another. */
static void pt_count_domains(const pt_search *v, int32_t shard, int32_t from, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t group = c->group[shard], a = pt_domain(c, from), b = pt_domain(c, to);
    int32_t i, in_old = 0, in_new = 0;

    if (a == b) return;
    for (i = v->ties.from[group]; i < v->ties.from[group + 1]; i++) {
        in_old += pt_domain(c, v->spot[i]) == a;
        in_new += pt_domain(c, v->spot[i]) == b;
    }
    v->domains[group] += (in_new == 1) - (in_old == 0);
}

/* Writes down that a shard is on another node: all but the demands and the lists of the nodes. */
static void pt_relocate(const pt_search *v, int32_t shard, int32_t to)
{
    const psc_cluster *c = v->c;
    psc_plan *h = v->head;
    const int32_t from = v->now[shard], home = pt_home(c, shard);

    if (from == to) return;
    if (from == home) pt_count_moved(v, shard, 1);
    if (to == home) pt_count_moved(v, shard, -1);
    h->sum.distance += pt_far(c, home, to) - pt_far(c, home, from);
    h->sum.risk += pt_risk(c, shard, to) - pt_risk(c, shard, from);
    h->sum.apart += pt_apart(v, shard, from, to);
    pt_touch(v, shard, from, to);
    v->now[shard] = to;
    if (c->group) {
        v->spot[v->seat[shard]] = to;
        pt_count_domains(v, shard, from, to);
    }
    if (!v->is_stale[shard]) v->stale[h->stale++] = shard;
    v->is_stale[shard] = 1;
}

static void pt_move(const pt_search *v, int32_t shard, int32_t to)
{
    const int32_t from = v->now[shard];

    pt_unlink(v, shard);
    pt_relocate(v, shard, to);
    pt_link(v, shard);
    pt_carry(v, shard, from, -1);
    pt_carry(v, shard, to, 1);
    v->head->clock++;
}

static void pt_keep_now(const pt_search *v)
{
    psc_plan *h = v->head;
    int32_t i;

    for (i = 0; i < h->stale; i++) {
        v->best[v->stale[i]] = v->now[v->stale[i]];
        v->is_stale[v->stale[i]] = 0;
    }
    h->stale = 0;
    h->best = h->sum;
}

/* Keeps the assignment if it is the best so far: less overload, or as much and less cost. */
static void pt_keep(const pt_search *v)
{
    const psc_plan *h = v->head;

    if (h->sum.overload > h->best.overload) return;
    if (h->sum.overload == h->best.overload
        && pt_total_cost(v->c, &h->sum) >= pt_total_cost(v->c, &h->best)) return;
    pt_keep_now(v);
}

/* ==== Descent =================================================================================== */

/* A shard in hand before a target is tried. */
typedef struct pt_hand {
    int32_t shard, from;
    int     stuck;              /* 1: it can go nowhere                                              */
    int64_t over_fall;          /* fall of the overload by leaving                                   */
    int64_t leave_fall;         /* fall of the node's own cost by leaving                            */
    const int64_t *demand;
} pt_hand;

static void pt_weigh(const pt_search *v, int32_t shard, pt_hand *p)
{
    p->shard = shard;
    p->from = v->now[shard];
    p->demand = pt_demand(v, shard);
    p->stuck = v->fixed[shard] != PSC_BLOCK_NONE;
    p->over_fall = v->over[p->from] == 0 ? 0 : v->over[p->from] - pt_overload_without(v, p->from, p->demand);
    p->leave_fall = v->cost[p->from] - pt_cost_without(v, p->from, p->demand);
}

/* Fall of the cost by going there but for what the target's own cost rises by; and that. */
static int64_t pt_gain_bound(const pt_search *v, const pt_hand *p, int32_t to)
{
    return p->leave_fall - pt_terms(v, p->shard, p->from, to);
}

static int64_t pt_arrival(const pt_search *v, const pt_hand *p, int32_t to)
{
    return pt_cost_with(v, to, p->demand) - v->cost[to];
}

/* Keeps the target if it is better than the best so far, *gain. */
static void pt_try(const pt_search *v, const pt_hand *p, int32_t to, int64_t *gain)
{
    int64_t x = pt_gain_bound(v, p, to);
    int32_t resource;

    if (v->c->balances == 0 && x < *gain) return;
    x -= pt_arrival(v, p, to);
    if (x < *gain || (x == *gain && v->target[p->shard] >= 0 && v->target[p->shard] < to)) return;
    if (pt_block(v, p->shard, to, &resource) != PSC_BLOCK_NONE) return;
    *gain = x;
    v->target[p->shard] = to;
}

/* 1 if leaving can save nothing wherever it goes: most shards of a fleet that is well. */
static int pt_hopeless(const pt_search *v, const pt_hand *p)
{
    const psc_cluster *c = v->c;

    if (p->stuck) return 1;
    if (c->balances > 0 || c->pairs > 0 || c->risk) return 0;
    return p->from == pt_home(c, p->shard) && p->over_fall == 0 && p->leave_fall <= 0;
}

/* Finds the best target of a shard and what it gains. Gains are at least 1, or any if overload falls. */
static void pt_look(const pt_search *v, int32_t shard)
{
    psc_plan *h = v->head;
    const int32_t home = pt_home(v->c, shard);
    int64_t gain;
    int32_t i, tried = 1;
    pt_hand p;

    pt_weigh(v, shard, &p);
    gain = p.over_fall > 0 ? INT64_MIN : 1;
    v->target[shard] = -1;
    if (!pt_hopeless(v, &p)) {
        tried = h->targets > 0 ? h->targets : v->c->nodes;
        for (i = 0; i < tried; i++) pt_try(v, &p, h->targets > 0 ? v->order[i] : i, &gain);
        if (h->targets > 0 && v->rank[home] >= h->targets) {
            pt_try(v, &p, home, &gain);
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

static void pt_start_descent(const pt_search *v)
{
    int32_t n;

    v->head->phase = PT_DESCEND;
    for (n = 0; n < v->c->nodes; n++) {
        v->order[n] = n;
        v->fill[n] = pt_fullness(v, n);
    }
    pt_sort(v->order, (size_t)v->c->nodes, v->fill);
    for (n = 0; n < v->c->nodes; n++) v->rank[v->order[n]] = n;
    pt_start_round(v);
}

/* The next shard of a node that is being scanned. No move is made meanwhile, so the list stands still. */
static void pt_scan(const pt_search *v, int32_t node)
{
    psc_plan *h = v->head;

    h->cursor = h->cursor < 0 ? v->first[node] : v->next[h->cursor];
    if (h->cursor >= 0) pt_look(v, h->cursor);
    else v->play[node] = PT_SEEN;
}

/* 1 if the hottest node in play shows that nothing can be gained: it costs nothing, no shard is away, no pair apart,
 * and there is no risk. With balances a node out of play could still gain by what comes. */
static int pt_is_well(const pt_search *v, int32_t hottest)
{
    const pt_sums *sum = &v->head->sum;

    if (v->over[hottest] > 0 || v->cost[hottest] > 0 || (v->c->balances > 0 && sum->node_cost > 0)) return 0;
    return sum->moves == 0 && sum->apart == 0 && sum->risk == 0;
}

/* One turn: at most one look. 0: the descent is at its end. */
static int pt_descend(const pt_search *v)
{
    psc_plan *h = v->head;
    const int32_t node = v->tree[1];
    int32_t s;

    if (node >= 0 && pt_is_well(v, node)) return 0;
    if (node < 0) {
        if (h->clock == h->clock_at_round) return 0;
        pt_start_round(v);
        return 1;
    }
    if (v->play[node] == PT_UNSEEN) {
        pt_scan(v, node);
        return 1;
    }
    s = pt_front(v, node);
    if (s < 0) {
        v->play[node] = PT_OUT;
        pt_replay(v, node);
    } else if (v->seen[s] != h->clock) {
        pt_look(v, s);
    } else {
        pt_move(v, s, v->target[s]);
        v->target[s] = -1;
        pt_keep(v);
    }
    return 1;
}

/* ==== Shift and swap ============================================================================ */

/* Chosen on the public development instances of [1], as are the constants of the next two chapters. */
#define PT_TRIES 1024       /* tries between two rebuildings, or                                      */
#define PT_TRIES_EACH 8     /* so many for each shard that may move, if that is less                  */
#define PT_HOMING 8         /* every so many-th try is a way home                                     */
#define PT_WINDOW 16        /* a like partner is among the next 1/16 of the shards by size            */

static int pt_is_hot(const psc_plan *h) { return h->stage == PT_HOT_ONCE || h->stage == PT_HOT_AGAIN; }

/* A number of 0..n-1, n >= 1. */
static int32_t pt_pick(const pt_search *v, int32_t n)
{
    return (int32_t)(((psc__random(&v->head->random) >> 32) * (uint64_t)n) >> 32);
}

/* 1 if the node takes no shard, and this one did not begin there: a move away from a closed node can be taken back. */
static int pt_shuts_out(const psc_cluster *c, int32_t shard, int32_t n)
{
    return pt_closed(c, n) && n != pt_home(c, shard);
}

/* A rise of cost that the temperature lets pass; a cost can be added to it. */
static int64_t pt_leeway(const pt_search *v)
{
    const double x = v->head->heat * v->draw[psc__random(&v->head->random) % PT_DRAWS];

    return x < (double)PT_MAX_COST ? (int64_t)x : PT_MAX_COST - 1;
}

static void pt_try_shift(const pt_search *v, int32_t shard, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t from = v->now[shard];
    const int64_t *d = pt_demand(v, shard);
    int64_t rise, leeway;

    v->head->evaluations++;
    if (to == from || pt_shuts_out(c, shard, to) || !pt_has_room(v, shard, to)) return;
    if (pt_spent(v, shard, from, to)) return;
    leeway = pt_leeway(v);
    rise = pt_cost_without(v, from, d) - v->cost[from] + pt_terms(v, shard, from, to);
    if (c->balances == 0 && rise > leeway) return;
    rise += pt_cost_with(v, to, d) - v->cost[to];
    if (rise > leeway && v->over[from] == 0) return;
    if (c->group && pt_tie_block(v, shard, to) != PSC_BLOCK_NONE) return;
    pt_move(v, shard, to);
    pt_keep(v);
}

/* 1 if the node of `out` has room for `in` once `out` has left; net is the demand of in less that of out. */
static int pt_trades(const pt_search *v, int32_t in, int32_t out, const int64_t *net)
{
    const psc_cluster *c = v->c;
    const int32_t node = v->now[out];
    const int64_t *room = pt_room(v, node), *came = pt_demand(v, in), *left = pt_demand(v, out);
    int32_t r;

    if (!c->transient && v->head->plain) return pt_fits(room, net, c->resources);
    for (r = 0; r < c->resources; r++) {
        int64_t more = net[r];
        if (pt_transient(c, r)) {
            if (node == pt_home(c, in)) {
                if (net[r] > 0 && net[r] > pt_free(v, node, r)) return 0;
                more -= came[r];
            }
            if (node == pt_home(c, out)) more += left[r];
        }
        if (more > room[r] && more > 0) return 0;
    }
    return 1;
}

/* 1 if two shards of one group may change places: the group stays where it was. Where the start is broken, by a third
 * one on their nodes or by what is not near, it could be another shard that suffers. */
static int pt_may_exchange(const pt_search *v, int32_t a, int32_t b)
{
    const psc_cluster *c = v->c;
    const int32_t group = c->group[a], x = pt_zone(c, v->now[a]), y = pt_zone(c, v->now[b]);
    int32_t k;

    for (k = v->ties.from[group]; k < v->ties.from[group + 1]; k++) {
        const int32_t other = v->ties.member[k];
        if (other != a && other != b && (v->spot[k] == v->now[a] || v->spot[k] == v->now[b])) return 0;
    }
    if (x == y || !c->depend_from) return 1;
    for (k = c->depend_from[group]; k < c->depend_from[group + 1]; k++) {
        if (!pt_near(v, c->depend[k], x) || !pt_near(v, c->depend[k], y)) return 0;
    }
    return 1;
}

/* 1 if both may go where the other is; b goes when a has gone. */
static int pt_may_cross(const pt_search *v, int32_t a, int32_t b)
{
    const int32_t from = v->now[a], to = v->now[b];
    int ok;

    if (!v->c->group) return 1;
    if (v->c->group[a] == v->c->group[b]) return pt_may_exchange(v, a, b);
    if (pt_tie_block(v, a, to) != PSC_BLOCK_NONE) return 0;
    v->spot[v->seat[a]] = to;
    ok = pt_tie_block(v, b, from) == PSC_BLOCK_NONE;
    v->spot[v->seat[a]] = from;
    return ok;
}

/* 1 if two shards that go where the other is would touch a node too often. A home that is neither of the two nodes
 * loses one of the moves that touch it and gets another. */
static int pt_swap_crowds(const pt_search *v, int32_t a, int32_t b)
{
    const int32_t most = v->head->max_node_moves, x = v->now[a], y = v->now[b];
    int crowded;

    if (most == INT32_MAX) return 0;
    pt_touch(v, a, x, y);
    pt_touch(v, b, y, x);
    crowded = v->touches[x] > most || v->touches[y] > most;
    pt_touch(v, a, y, x);
    pt_touch(v, b, x, y);
    return crowded;
}

/* 1 if a swap would exceed a budget: what it adds to the moves, or takes from them. */
static int pt_swap_spent(const pt_search *v, int32_t a, int32_t b)
{
    const psc_cluster *c = v->c;
    const psc_plan *h = v->head;
    const int32_t x = v->now[a], y = v->now[b], i = pt_home(c, a), k = pt_home(c, b);
    const int step_a = (y != i) - (x != i), step_b = (x != k) - (y != k);

    if (step_a > 0 || step_b > 0) {
        const int64_t price = step_a * pt_move_cost(c, a) + step_b * pt_move_cost(c, b);
        const int64_t bytes = step_a * pt_size(c, a) + step_b * pt_size(c, b);
        if (h->sum.moves + step_a + step_b > h->max_moves) return 1;
        if (price > h->max_move_cost - h->sum.move_cost || bytes > h->max_bytes - h->sum.bytes) return 1;
    }
    return pt_swap_crowds(v, a, b);
}

static void pt_try_swap(const pt_search *v, int32_t a, int32_t b)
{
    const psc_cluster *c = v->c;
    const int32_t x = v->now[a], y = v->now[b];
    const int64_t *da = pt_demand(v, a), *db = pt_demand(v, b);
    int64_t net[PSC_MAX_RESOURCES], back[PSC_MAX_RESOURCES], rise, still;
    int32_t r;

    v->head->evaluations += 2;
    if (x == y || pt_shuts_out(c, a, y) || pt_shuts_out(c, b, x)) return;
    for (r = 0; r < c->resources; r++) {
        net[r] = da[r] - db[r];
        back[r] = -net[r];
    }
    if (!pt_trades(v, a, b, net) || !pt_trades(v, b, a, back)) return;
    still = pt_still_apart(v, a, b);
    rise = pt_cost_with(v, x, back) - v->cost[x] + pt_cost_with(v, y, net) - v->cost[y];
    rise += pt_terms(v, a, x, y) + still + pt_terms(v, b, y, x) + still;
    if (rise > pt_leeway(v) || pt_swap_spent(v, a, b) || !pt_may_cross(v, a, b)) return;
    pt_move(v, a, y);
    pt_move(v, b, x);
    pt_keep(v);
}

static void pt_try_some(const pt_search *v)
{
    psc_plan *h = v->head;
    const int32_t window = h->loose / PT_WINDOW + 1;
    const int32_t tries = h->loose < PT_TRIES / PT_TRIES_EACH ? PT_TRIES_EACH * h->loose : PT_TRIES;
    const int cold = !pt_is_hot(h);
    int32_t i;

    for (i = 0; i < tries; i++) {
        const int32_t place = pt_pick(v, h->loose), kind = pt_pick(v, 4);
        const int32_t other = kind == 3 ? (int32_t)(((int64_t)place + 1 + pt_pick(v, window)) % h->loose)
                                        : pt_pick(v, h->loose);
        if (cold && i % PT_HOMING == 0) pt_try_shift(v, v->loose[place], pt_home(v->c, v->loose[place]));
        else if (kind < 2) pt_try_shift(v, v->loose[place], pt_pick(v, v->c->nodes));
        else pt_try_swap(v, v->loose[place], v->loose[other]);
    }
}

/* ==== Rebuilding ================================================================================ */

#define PT_HOT 3            /* of so many nodes the hottest is rebuilt                                */
#define PT_HOMES 3          /* once in so many times a home of one of its shards is rebuilt with it   */
#define PT_LATE 4           /* once in so many times ties and budgets are judged at the end           */
#define PT_NOISE 0.3        /* largest share that chance adds to a regret                             */
#define PT_IMPOSSIBLE INT64_MAX

/* Home of one of the shards of a node that have another; -1: there is none. */
static int32_t pt_home_of_one(const pt_search *v, int32_t node)
{
    int32_t s, seen = 0, home = -1;

    for (s = v->first[node]; s >= 0; s = v->next[s]) {
        if (pt_home(v->c, s) != node && pt_pick(v, ++seen) == 0) home = pt_home(v->c, s);
    }
    return home;
}

/* Hot node first, then others, all different. */
static void pt_choose_nodes(const pt_search *v, int32_t most)
{
    pt_rebuild *b = v->rebuild;
    const int32_t n = v->c->nodes, want = n < most ? n : most;
    int32_t i, k;

    b->node[0] = pt_pick(v, n);
    for (i = 1; i < PT_HOT; i++) {
        k = pt_pick(v, n);
        if (pt_hotter(v, k, b->node[0])) b->node[0] = k;
    }
    b->columns = 1;
    if (!pt_is_hot(v->head) && pt_pick(v, PT_HOMES) == 0) {
        const int32_t home = pt_home_of_one(v, b->node[0]);
        if (home >= 0) b->node[b->columns++] = home;
    }
    while (b->columns < want) {
        const int32_t x = pt_pick(v, n);
        for (k = 0; k < b->columns && b->node[k] != x; k++) { }
        if (k == b->columns) b->node[b->columns++] = x;
    }
}

/* Takes shards off a node, each as likely as any other, until there are `most` of them. */
static void pt_lift(const pt_search *v, int32_t node, int32_t most)
{
    pt_rebuild *b = v->rebuild;
    int32_t s = v->first[node], left = v->count[node], want = most < left ? most : left;

    for (; want > 0; left--) {
        const int32_t shard = s;
        s = v->next[s];
        if (pt_pick(v, left) >= want) continue;
        want--;
        if (v->fixed[shard] != PSC_BLOCK_NONE) continue;
        pt_unlink(v, shard);
        v->lifted[shard] = PT_LIFTED_NOW;
        pt_carry(v, shard, node, -1);
        b->open[b->opens++] = b->rows;
        b->noise[b->rows] = 1.0 + PT_NOISE * psc__uniform(&v->head->random);
        b->shard[b->rows] = shard;
        b->domains[b->rows] = v->c->group ? v->domains[v->c->group[shard]] : 0;
        b->old[b->rows++] = node;
    }
}

static int64_t *pt_row(const pt_search *v, int32_t i) { return v->matrix + (size_t)i * PT_NEAR; }

/* Rise of the cost by placing row i in column j, whatever the ties are. */
static int64_t pt_price(const pt_search *v, int32_t i, int32_t j)
{
    const pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const int32_t shard = b->shard[i], to = b->node[j], home = pt_home(c, shard);
    int64_t rise;

    v->head->evaluations++;
    if (!pt_has_room(v, shard, to)) return PT_IMPOSSIBLE;
    rise = pt_cost_with(v, to, pt_demand(v, shard)) - v->cost[to];
    if (c->pairs > 0) rise += c->weight_apart * pt_apart(v, shard, b->old[i], to);
    if (c->place || c->risk) rise += pt_stay(c, shard, to);
    return rise + (to == home ? b->homeward[i] : b->away[i]);
}

/* Marks where the others of the group of row i are. 1 if the group cannot lose another domain. */
static int pt_mark_row(const pt_search *v, int32_t i)
{
    pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const int32_t shard = b->shard[i], group = c->group[shard], domain = pt_domain(c, b->old[i]);
    int32_t k, in_old = 0;

    b->mark += 2;
    for (k = v->ties.from[group]; k < v->ties.from[group + 1]; k++) {
        const int32_t n = v->spot[k];
        if (v->ties.member[k] != shard && pt_in_way(v, v->ties.member[k], n == b->old[i])) v->node_mark[n] = b->mark;
        v->domain_mark[pt_domain(c, n)] = b->mark;
        in_old += pt_domain(c, n) == domain;
    }
    return in_old == 1 && v->domains[group] <= (c->spread ? c->spread[group] : 1);
}

/* The same answer as pt_tie_block, for many targets of one row. zone_mark is the mark, or 1 more where it may go. */
static int pt_row_blocked(const pt_search *v, int32_t i, int32_t to, int tight)
{
    const pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const int32_t shard = b->shard[i], group = c->group[shard], from = b->old[i];
    const int32_t zone = pt_zone(c, to), domain = pt_domain(c, to), old_zone = pt_zone(c, from);
    int32_t k, in_zone = 0;

    if (v->node_mark[to] == b->mark) return 1;
    if (b->late) return 0;
    if (tight && domain != pt_domain(c, from) && v->domain_mark[domain] == b->mark) return 1;
    if (zone == old_zone || !c->depend_from) return 0;
    if (v->zone_mark[zone] >= b->mark) return v->zone_mark[zone] == b->mark;
    for (k = v->ties.from[group]; k < v->ties.from[group + 1]; k++) in_zone += pt_zone(c, v->spot[k]) == old_zone;
    v->zone_mark[zone] = b->mark + !pt_tears(v, group, old_zone, zone, in_zone == 1);
    return v->zone_mark[zone] == b->mark;
}

/* The two cheapest columns of a row. */
static void pt_rank_row(const pt_search *v, int32_t i)
{
    pt_rebuild *b = v->rebuild;
    const int64_t *row = pt_row(v, i);
    int64_t low = PT_IMPOSSIBLE, next = PT_IMPOSSIBLE;
    int32_t j;

    b->best[i] = b->second[i] = -1;
    for (j = 0; j < b->columns; j++) {
        if (row[j] >= next) continue;
        if (row[j] < low) {
            next = low;
            b->second[i] = b->best[i];
            low = row[j];
            b->best[i] = j;
        } else {
            next = row[j];
            b->second[i] = j;
        }
    }
}

static void pt_price_row(const pt_search *v, int32_t i)
{
    pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const int32_t shard = b->shard[i], from = b->old[i], home = pt_home(c, shard);
    const int tight = c->group ? pt_mark_row(v, i) : 0;
    const int64_t now = pt_stay(c, shard, from), price = pt_leave_price(v, shard), most = v->head->sum.most;
    int32_t j;

    b->away[i] = -now;
    b->homeward[i] = -now;
    if (from == home) b->away[i] += price + c->weight_group * (pt_most_after(v, pt_group(c, shard), 1) - most);
    else b->homeward[i] += c->weight_group * (pt_most_after(v, pt_group(c, shard), -1) - most) - price;
    for (j = 0; j < b->columns; j++) {
        const int32_t to = b->node[j];
        int64_t *cell = &pt_row(v, i)[j];
        *cell = PT_IMPOSSIBLE;
        if (to != from && (pt_shuts_out(c, shard, to) || (!b->late && pt_spent(v, shard, from, to)))) continue;
        *cell = pt_price(v, i, j);
        if (*cell != PT_IMPOSSIBLE && c->group && pt_row_blocked(v, i, to, tight)) *cell = PT_IMPOSSIBLE;
    }
    pt_rank_row(v, i);
}

/* Column j has got row k: those of the rows still open. A row whose only column is j has it as best. */
static void pt_price_column(const pt_search *v, int32_t j, int32_t k)
{
    pt_rebuild *b = v->rebuild;
    const int32_t group = pt_group(v->c, b->shard[k]);
    int32_t x;

    for (x = 0; x < b->opens; x++) {
        const int32_t i = b->open[x];
        int64_t *row = pt_row(v, i);
        int blocked;
        if (row[j] == PT_IMPOSSIBLE) continue;
        blocked = group >= 0 && v->c->group[b->shard[i]] == group && b->node[j] != b->old[i];
        row[j] = blocked ? PT_IMPOSSIBLE : pt_price(v, i, j);
        if (j == b->best[i] || j == b->second[i] || row[j] < row[b->second[i]]) pt_rank_row(v, i);
    }
}

static int pt_depends_on(const psc_cluster *c, int32_t group, int32_t needed)
{
    int32_t i;

    for (i = c->depend_from[group]; i < c->depend_from[group + 1]; i++) if (c->depend[i] == needed) return 1;
    return 0;
}

/* Row k has gone to another node: that changes prices of the open rows that are in a pair with it; and if it has gone
 * to another zone, where those of groups tied to its own may go. */
static void pt_price_tied(const pt_search *v, int32_t k)
{
    const pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const int32_t group = pt_group(c, b->shard[k]);
    int32_t x;

    for (x = 0; c->pairs > 0 && x < b->opens; x++) {
        if (pt_still_apart(v, b->shard[k], b->shard[b->open[x]]) > 0) pt_price_row(v, b->open[x]);
    }
    if (group < 0 || !c->depend_from || pt_zone(c, b->old[k]) == pt_zone(c, v->now[b->shard[k]])) return;
    for (x = 0; x < b->opens; x++) {
        const int32_t other = c->group[b->shard[b->open[x]]];
        if (pt_depends_on(c, other, group) || pt_depends_on(c, group, other)) pt_price_row(v, b->open[x]);
    }
}

/* Place in `open` of the row with the largest regret: what it would cost to be placed second best; one with a single
 * column left comes first. -1: one has none. */
static int32_t pt_next_row(const pt_search *v)
{
    const pt_rebuild *b = v->rebuild;
    double most = -1.0;
    int32_t x, best = 0;

    for (x = 0; x < b->opens; x++) {
        const int32_t i = b->open[x];
        const int64_t *row = pt_row(v, i);
        double regret;
        if (b->best[i] < 0) return -1;
        if (b->second[i] < 0) return x;
        regret = (double)(row[b->second[i]] - row[b->best[i]]) * b->noise[i];
        if (regret > most) {
            most = regret;
            best = x;
        }
    }
    return best;
}

static void pt_place(const pt_search *v, int32_t shard, int32_t to)
{
    v->lifted[shard] = v->now[shard] == to ? PT_THERE : PT_ARRIVED;
    pt_relocate(v, shard, to);
    pt_link(v, shard);
    pt_carry(v, shard, to, 1);
}

/* 1 if another of the shard's group is in its way on a node. */
static int pt_taken(const pt_search *v, int32_t shard, int32_t to)
{
    const int32_t group = v->c->group[shard];
    int32_t k;

    for (k = v->ties.from[group]; k < v->ties.from[group + 1]; k++) {
        const int32_t other = v->ties.member[k];
        if (other != shard && v->spot[k] == to && pt_in_way(v, other, to == v->now[shard])) return 1;
    }
    return 0;
}

/* 1 if the row, placed, has what its group needs near, and its old zone has what was needed there. */
static int pt_is_near(const pt_search *v, int32_t i)
{
    const pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const int32_t group = c->group[b->shard[i]], old = pt_zone(c, b->old[i]), zone = pt_zone(c, v->now[b->shard[i]]);
    int32_t k;

    if (old == zone || !c->depend_from) return 1;
    for (k = c->depend_from[group]; k < c->depend_from[group + 1]; k++) if (!pt_near(v, c->depend[k], zone)) return 0;
    if (pt_near(v, group, old)) return 1;
    for (k = v->ties.back_from[group]; k < v->ties.back_from[group + 1]; k++) {
        if (pt_near(v, v->ties.back[k], old)) return 0;
    }
    return 1;
}

/* 1 if all rows together, now that they are placed, break no tie and exceed no budget. */
static int pt_is_whole(const pt_search *v)
{
    const pt_rebuild *b = v->rebuild;
    const psc_cluster *c = v->c;
    const psc_plan *h = v->head;
    int32_t i;

    if (h->sum.moves > h->max_moves || h->sum.move_cost > h->max_move_cost || h->sum.bytes > h->max_bytes) return 0;
    for (i = 0; i < b->rows; i++) {
        const int32_t shard = b->shard[i], group = pt_group(c, shard), most = h->max_node_moves;
        if (v->touches[v->now[shard]] > most || v->touches[pt_home(c, shard)] > most) return 0;
        if (group < 0) continue;
        if (v->domains[group] < b->domains[i] && v->domains[group] < (c->spread ? c->spread[group] : 1)) return 0;
        if (!pt_is_near(v, i)) return 0;
    }
    return 1;
}

/* 1 if row i may still go to column j: others of its group and of those tied to it may have been placed meanwhile. */
static int pt_holds(const pt_search *v, int32_t i, int32_t j)
{
    const pt_rebuild *b = v->rebuild;
    const int32_t shard = b->shard[i], to = b->node[j];

    if (b->late) return !v->c->group || !pt_taken(v, shard, to);
    if (v->c->group && pt_tie_block(v, shard, to) != PSC_BLOCK_NONE) return 0;
    return to == b->old[i] || !pt_spent(v, shard, b->old[i], to);
}

/* Places all rows; 0 if one has nowhere to go or the cost is above the limit. */
static int pt_place_all(const pt_search *v, int64_t limit)
{
    pt_rebuild *b = v->rebuild;
    int32_t i;

    for (i = 0; i < b->rows; i++) pt_price_row(v, i);
    while (b->opens > 0) {
        const int32_t x = pt_next_row(v);
        int32_t j;
        if (x < 0) return 0;
        i = b->open[x];
        j = b->best[i];
        if (!pt_holds(v, i, j)) {
            pt_row(v, i)[j] = PT_IMPOSSIBLE;
            pt_rank_row(v, i);
            continue;
        }
        b->open[x] = b->open[--b->opens];
        b->placed[b->places++] = i;
        pt_place(v, b->shard[i], b->node[j]);
        if (v->c->balances == 0 && v->c->pairs == 0 && pt_total_cost(v->c, &v->head->sum) > limit) return 0;
        pt_price_column(v, j, i);
        pt_price_tied(v, i);
    }
    return pt_total_cost(v->c, &v->head->sum) <= limit && (!b->late || pt_is_whole(v));
}

static void pt_take_back(const pt_search *v)
{
    const pt_rebuild *b = v->rebuild;
    int32_t i;

    for (i = 0; i < b->places; i++) {
        const int32_t shard = b->shard[b->placed[i]];
        pt_unlink(v, shard);
        pt_carry(v, shard, v->now[shard], -1);
        v->lifted[shard] = PT_LIFTED_NOW;
    }
    for (i = b->rows; i-- > 0;) pt_place(v, b->shard[i], b->old[i]);
}

static void pt_rebuild_some(const pt_search *v)
{
    const int64_t limit = pt_total_cost(v->c, &v->head->sum) + pt_leeway(v);
    pt_rebuild *b = v->rebuild;
    const int hot = pt_is_hot(v->head);
    const int32_t least = hot ? PT_LIFTED / 2 : PT_LIFTED / 8, late = pt_pick(v, PT_LATE) == 0;
    const int32_t drawn = late ? least : least << pt_pick(v, 3), most = drawn < PT_LIFTED ? drawn : PT_LIFTED;
    const int32_t near = hot ? PT_NEAR : (PT_NEAR / 4) << pt_pick(v, 2);
    int32_t i, k = 2 + pt_pick(v, 4);

    pt_choose_nodes(v, near);
    if (k > b->columns) k = b->columns;
    b->rows = b->opens = b->places = 0;
    b->late = late;
    for (i = 0; i < k; i++) pt_lift(v, b->node[i], most / k);
    if (pt_place_all(v, limit)) pt_keep(v);
    else pt_take_back(v);
    for (i = 0; i < b->rows; i++) v->lifted[b->shard[i]] = PT_THERE;
}

/* ==== Search ==================================================================================== */

/* Temperatures: hot ones are in costs of a mean shard, all of it above soft; cold ones in prices of a mean move.
 * The last hot one lets pass what is lost in the noise of the load, the last cold one only moves of equal cost. */
#define PT_HOTTEST 0.25
#define PT_HOT_LOG 6.5      /* natural logarithm of first to last temperature                         */
#define PT_COLDEST 5.0
#define PT_COLD_LOG 4.0
#define PT_NEAR_BOUND 1e-6  /* of the cost of all shards above soft: nothing is left for a hot stage  */

static double pt_progress(const psc_plan *h)
{
    return (double)(h->evaluations - h->anneal_from) / (double)h->horizon;
}

static void pt_restore(const pt_search *v)
{
    psc_plan *h = v->head;
    int32_t i;

    for (i = 0; i < h->stale; i++) {
        const int32_t s = v->stale[i];
        if (v->now[s] != v->best[s]) pt_move(v, s, v->best[s]);
        v->is_stale[s] = 0;
    }
    h->stale = 0;
}

/* Share of the horizon at which a stage ends. */
static double pt_stage_end(int32_t stage)
{
    switch (stage) {
    case PT_COLD: return 0.125;
    case PT_HOT_ONCE: return 0.4;
    case PT_HOT_AGAIN: return 0.9375;
    default: return 1.0;
    }
}

/* The next stage begins with the best so far. 0: there is none. */
static int pt_next_stage(const pt_search *v, double x)
{
    psc_plan *h = v->head;
    const double gap = (double)(pt_total_cost(v->c, &h->best) - h->bound);

    pt_restore(v);
    if (h->stage == PT_TAIL) return 0;
    h->stage = gap > PT_NEAR_BOUND * h->unit * v->c->shards ? h->stage + 1 : PT_TAIL;
    h->stage_from = x;
    return 1;
}

/* A batch of tries and a rebuilding. 0: the annealing is over. */
static int pt_anneal(const pt_search *v)
{
    psc_plan *h = v->head;
    const double end = pt_stage_end(h->stage), x = pt_progress(h);
    double y;

    if (h->loose == 0) return 0;
    if (x >= end) return pt_next_stage(v, x);
    if (h->stage_from > x) h->stage_from = x;       /* the horizon was moved */
    y = (x - h->stage_from) / (end - h->stage_from);
    h->heat = pt_is_hot(h) ? PT_HOTTEST * h->unit * psc__exp(-PT_HOT_LOG * y)
                           : PT_COLDEST * h->price * psc__exp(-PT_COLD_LOG * y);
    pt_try_some(v);
    pt_rebuild_some(v);
    return 1;
}

/* The next shard goes home if that costs nothing. 0: all have been asked. */
static int pt_undo(const pt_search *v)
{
    psc_plan *h = v->head;
    int32_t resource, home;
    pt_hand p;

    if (++h->cursor >= v->c->shards) return 0;
    h->evaluations++;
    home = pt_home(v->c, h->cursor);
    pt_weigh(v, h->cursor, &p);
    if (pt_block(v, h->cursor, home, &resource) != PSC_BLOCK_NONE) return 1;
    if (pt_gain_bound(v, &p, home) < pt_arrival(v, &p, home)) return 1;
    pt_move(v, h->cursor, home);
    return 1;
}

static void pt_start_undo(const pt_search *v)
{
    psc_plan *h = v->head;

    h->phase = PT_UNDO;
    h->cursor = -1;
    h->clock_at_round = h->clock;
}

static void pt_turn(const pt_search *v)
{
    psc_plan *h = v->head;

    switch (h->phase) {
    case PT_DESCEND:
        if (pt_descend(v)) break;
        if (h->horizon > 0 && !h->annealed) {
            h->phase = PT_ANNEAL;
            h->anneal_from = h->evaluations;
        } else {
            pt_start_undo(v);
        }
        break;
    case PT_ANNEAL:
        if (pt_anneal(v)) break;
        h->annealed = 1;
        pt_start_undo(v);
        break;
    default:
        if (h->sum.moves > 0 && pt_undo(v)) break;
        pt_keep_now(v);
        if (h->clock == h->clock_at_round) h->phase = PT_END;
        else pt_start_descent(v);
    }
}

/* ==== Plan ====================================================================================== */

void psc_plan_default(psc_plan_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->max_node_moves = INT32_MAX;
    config->max_moves = INT64_MAX;
    config->max_move_cost = INT64_MAX;
    config->max_bytes = INT64_MAX;
}

static psc_status pt_config(const psc_plan_config *config)
{
    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->targets < 0 || config->max_moves < 0 || config->max_move_cost < 0) return PSC_ERR_RANGE;
    if (config->max_node_moves < 0 || config->max_bytes < 0) return PSC_ERR_RANGE;
    if (config->cooldown < 0 || config->horizon < 0) return PSC_ERR_RANGE;
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
    h->pairs = c->pairs;
    h->max_node_moves = config->max_node_moves;
    h->max_bytes = config->max_bytes;
    h->max_moves = config->max_moves;
    h->max_move_cost = config->max_move_cost;
    h->targets = config->targets < c->nodes ? config->targets : 0;
    h->horizon = config->horizon;
    h->random = config->seed;
}

static void pt_init_nodes(const pt_search *v)
{
    const psc_cluster *c = v->c;
    int32_t n, r;

    for (r = 0; r < c->resources; r++) v->weight[r] = pt_weight(c, r);
    for (n = 0; n < c->nodes; n++) {
        int64_t *room = pt_room(v, n), *slack = pt_slack(v, n), *tilt = pt_tilt(v, n);
        for (r = 0; r < c->resources; r++) {
            room[r] = c->capacity[pt_cell(c, n) + (size_t)r];
            slack[r] = c->soft ? c->soft[pt_cell(c, n) + (size_t)r] : room[r];
        }
        for (r = 0; r < c->balances; r++) tilt[r] = pt_twist(&c->balance[r], room);
        v->first[n] = -1;
        v->count[n] = 0;
        v->load_weight[n] = pt_load_weight(c, n);
        v->touches[n] = 0;
        v->cost[n] = v->balance[n] = v->over[n] = 0;
        v->node_mark[n] = v->domain_mark[n] = v->zone_mark[n] = 0;
    }
}

static void pt_init_groups(const pt_search *v)
{
    const psc_cluster *c = v->c;
    int32_t i, k, g;

    pt_init_ties(c, &v->ties);
    memset(v->groups_with, 0, ((size_t)c->shards + 1) * sizeof *v->groups_with);
    v->groups_with[0] = c->groups;
    for (g = 0; g < c->groups; g++) {
        v->moved[g] = v->domains[g] = 0;
        for (i = v->ties.from[g]; i < v->ties.from[g + 1]; i++) {
            const int32_t s = v->ties.member[i];
            v->seat[s] = i;
            v->spot[i] = pt_home(c, s);
            for (k = v->ties.from[g]; k < i; k++) if (pt_domain(c, v->spot[k]) == pt_domain(c, v->spot[i])) break;
            v->domains[g] += k == i;
        }
    }
}

/* Takes the demand of a shard from the node where it begins, and from the one that it is about to leave its room. */
static void pt_init_amounts(const pt_search *v, int32_t shard)
{
    const psc_cluster *c = v->c;
    const int64_t *d = pt_demand(v, shard);
    const int32_t n = pt_home(c, shard);
    int64_t *room = pt_room(v, n), *slack = pt_slack(v, n), *tilt = pt_tilt(v, n), *left = pt_room(v, c->home[shard]);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        room[r] -= d[r];
        slack[r] -= d[r];
        if (pt_going(c, shard)) left[r] -= d[r];
    }
    for (r = 0; r < c->balances; r++) tilt[r] -= pt_twist(&c->balance[r], d);
}

static void pt_init_shards(const pt_search *v, int64_t cooldown)
{
    const psc_cluster *c = v->c;
    pt_sums *sum = &v->head->sum;
    int32_t s, n;

    v->head->plain = !c->going;
    for (s = c->shards - 1; s >= 0; s--) {
        pt_init_amounts(v, s);
        v->now[s] = v->best[s] = pt_home(c, s);
        pt_link(v, s);
        v->target[s] = -1;
        v->gain_over[s] = v->gain[s] = 0;
        v->seen[s] = -1;
        v->is_stale[s] = v->lifted[s] = 0;
        v->fixed[s] = (unsigned char)pt_fixed(c, s);
        if (v->fixed[s] == PSC_BLOCK_NONE && c->rested && c->rested[s] < cooldown) v->fixed[s] = PSC_BLOCK_RESTING;
        sum->risk += pt_risk(c, s, v->now[s]);
    }
    for (n = 0; n < c->nodes; n++) {
        v->over[n] = pt_overload_without(v, n, NULL);
        sum->overload += v->over[n];
    }
    if (sum->overload > 0) v->head->plain = 0;
}

/* 1 if the group has a shard on every open node. */
static int pt_is_everywhere(const pt_search *v, int32_t group, int32_t open)
{
    const psc_cluster *c = v->c;
    int32_t i;

    for (i = v->ties.from[group]; i < v->ties.from[group + 1]; i++) {
        const int32_t n = v->spot[i];
        open -= v->node_mark[n] <= group && !pt_closed(c, n);
        v->node_mark[n] = group + 1;
    }
    return open == 0;
}

/* A group that is everywhere has no node to which one of its shards could go first: what exchanged them could not be
 * carried out. */
static void pt_fix_groups(const pt_search *v)
{
    const psc_cluster *c = v->c;
    int32_t n, g, i, open = 0;

    for (n = 0; n < c->nodes; n++) open += !pt_closed(c, n);
    for (g = 0; open > 0 && g < c->groups; g++) {
        if (!pt_is_everywhere(v, g, open)) continue;
        for (i = v->ties.from[g]; i < v->ties.from[g + 1]; i++) {
            unsigned char *fixed = &v->fixed[v->ties.member[i]];
            if (*fixed == PSC_BLOCK_NONE) *fixed = PSC_BLOCK_CONFLICT;
        }
    }
    for (n = 0; n < c->nodes; n++) v->node_mark[n] = 0;
}

/* The pairs of each shard, in the order in which they are given. */
static void pt_init_pairs(const pt_search *v)
{
    const psc_cluster *c = v->c;
    int32_t i;

    if (c->pairs == 0) return;
    memset(v->bonds, 0, ((size_t)c->shards + 1) * sizeof *v->bonds);
    for (i = 0; i < c->pairs; i++) {
        v->bonds[c->pair[i].a]++;
        v->bonds[c->pair[i].b]++;
        if (v->now[c->pair[i].a] != v->now[c->pair[i].b]) v->head->sum.apart += c->pair[i].weight;
    }
    pt_count_up(v->bonds, c->shards);
    for (i = c->pairs - 1; i >= 0; i--) {
        const psc_pair *p = &c->pair[i];
        const int32_t at = --v->bonds[p->a], back = --v->bonds[p->b];
        v->partner[at] = p->b;
        v->partner[back] = p->a;
        v->bond[at] = v->bond[back] = p->weight;
    }
}

/* Load and balance of the fleet as a single node: sums of max(0, x) are at least max(0, sum of x). And each shard on
 * the node that is least likely to fail. */
static int64_t pt_bound(const psc_cluster *c)
{
    const int64_t *soft = c->soft ? c->soft : c->capacity;
    int64_t use[PSC_MAX_RESOURCES], free[PSC_MAX_RESOURCES], sum = 0, lightest = INT64_MAX;
    int32_t r, s, n, safest = 0;

    for (n = 0; n < c->nodes; n++) {
        if (pt_load_weight(c, n) < lightest) lightest = pt_load_weight(c, n);
        if (c->risk && c->risk[n] < c->risk[safest]) safest = n;
    }
    for (r = 0; r < c->resources; r++) {
        const int64_t room = pt_total(c, soft, c->nodes, r);
        use[r] = pt_total(c, c->demand, c->shards, r);
        free[r] = pt_total(c, c->capacity, c->nodes, r) - use[r];
        if (use[r] > room && room >= 0) sum += lightest * pt_weight(c, r) * (use[r] - room);
    }
    for (r = 0; r < c->balances; r++) {
        const int64_t x = pt_twist(&c->balance[r], free);
        if (x > 0) sum += c->balance[r].weight * x;
    }
    for (s = 0; c->risk && s < c->shards; s++) sum += pt_risk(c, s, safest);
    return sum;
}

/* Shards that may move, by size, and the units of temperature. */
static void pt_init_annealing(const pt_search *v)
{
    const psc_cluster *c = v->c;
    psc_plan *h = v->head;
    double total[PSC_MAX_RESOURCES], unit = 0.0;
    int32_t s, r, i;

    for (r = 0; r < c->resources; r++) {
        const int64_t sum = pt_total(c, c->demand, c->shards, r);
        total[r] = (double)sum;
        unit += total[r] * (double)v->weight[r];
        if (total[r] < 1.0) total[r] = 1.0;
    }
    for (s = 0; s < c->shards; s++) {
        const int64_t price = pt_leave_price(v, s), bonds = pt_bonds(v, s);
        const int64_t impact = c->risk && c->impact ? c->impact[s] : 0;
        double size = 0.0;
        for (r = 0; r < c->resources; r++) size += (double)pt_demand(v, s)[r] / total[r];
        v->gain[s] = (int64_t)(size * 1e15);
        if (v->fixed[s] == PSC_BLOCK_NONE) v->loose[h->loose++] = s;
        h->price += (double)price / (double)c->shards;
        unit += (double)c->weight_apart * (double)bonds + (double)impact;
    }
    pt_sort(v->loose, (size_t)h->loose, v->gain);
    for (s = 0; s < c->shards; s++) v->gain[s] = 0;
    for (i = 0; i < PT_DRAWS; i++) v->draw[i] = -psc__log(((double)i + 0.5) / PT_DRAWS);
    h->unit = unit / (double)(c->shards > 0 ? c->shards : 1);
    if (h->price < 1.0) h->price = 1.0;
}

psc_status psc_plan_init(psc_plan *plan, size_t bytes, const psc_cluster *cluster, const psc_plan_config *config)
{
    pt_search v;
    psc_status status = pt_shape(cluster);
    int32_t n;

    if (status == PSC_OK) status = pt_config(config);
    if (status != PSC_OK) return status;
    status = psc__block(plan, bytes, psc_plan_size(cluster, config));
    if (status != PSC_OK) return status;
    (void)pt_lay_search(cluster, (unsigned char *)plan, &v);
    pt_init_head(plan, cluster, config);
    v.rebuild->mark = 0;
    pt_init_nodes(&v);
    pt_init_groups(&v);
    pt_init_shards(&v, config->cooldown);
    pt_fix_groups(&v);
    pt_init_pairs(&v);
    plan->phase = PT_ANNEAL;
    for (n = 0; n < cluster->nodes; n++) pt_refresh(&v, n);
    plan->best = plan->sum;
    plan->bound = pt_bound(cluster);
    plan->cost_before = pt_total_cost(cluster, &plan->sum);
    plan->overload_before = plan->sum.overload;
    if (plan->horizon > 0) pt_init_annealing(&v);
    pt_start_descent(&v);
    return PSC_OK;
}

psc_status psc_plan_step(psc_plan *plan, const psc_cluster *cluster, int64_t evaluations)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (evaluations < 1) return PSC_ERR_RANGE;
    plan->allowed = plan->allowed > INT64_MAX - evaluations ? INT64_MAX : plan->allowed + evaluations;
    while (plan->phase != PT_END && plan->evaluations < plan->allowed) pt_turn(&v);
    return plan->phase == PT_END ? PSC_OK : PSC_MORE;
}

psc_status psc_plan_aim(psc_plan *plan, const psc_cluster *cluster, int64_t horizon)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (horizon < 1 || plan->horizon == 0) return PSC_ERR_RANGE;
    plan->horizon = horizon;
    return PSC_OK;
}

static void pt_info(const pt_search *v, psc_plan_info *info)
{
    const psc_plan *h = v->head;
    const pt_sums *best = &h->best;

    memset(info, 0, sizeof *info);
    info->cost = pt_total_cost(v->c, best);
    info->load = best->node_cost - best->balance;
    info->balance = best->balance;
    info->move = v->c->weight_move * best->move_cost;
    info->group = v->c->weight_group * best->most;
    info->distance = v->c->weight_distance * best->distance;
    info->apart = v->c->weight_apart * best->apart;
    info->disruption = v->c->weight_disruption * best->disruption;
    info->risk = best->risk;
    info->cost_before = h->cost_before;
    info->bound = h->bound;
    info->overload = best->overload;
    info->overload_before = h->overload_before;
    info->moves = best->moves;
    info->bytes = best->bytes;
    info->evaluations = h->evaluations;
    info->done = h->phase == PT_END;
}

psc_status psc_plan_best(psc_plan *plan, const psc_cluster *cluster, int32_t *assignment, psc_plan_info *info)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (assignment && cluster->shards > 0) memcpy(assignment, v.best, (size_t)cluster->shards * sizeof *assignment);
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
    case PSC_BLOCK_GOING: return "the shard is on its way already";
    case PSC_BLOCK_RESTING: return "the shard has moved too short a time ago";
    case PSC_BLOCK_CLOSED: return "the node takes no shard";
    case PSC_BLOCK_BUDGET: return "the budget of moves is used";
    case PSC_BLOCK_CAPACITY: return "not enough capacity";
    case PSC_BLOCK_TRANSIENT: return "not enough capacity for all copies";
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
    int32_t resource = -1, block = pt_block(v, p->shard, to, &resource);

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
    for (n = 0; n < cluster->nodes; n++) pt_note_target(&v, &p, n, refusal);
    return PSC_OK;
}

/* ==== Order of moves ============================================================================ */

/* A plan that is being carried out. Between waves `at` is where every shard is; during a wave it is where the
 * wave found it, and the shards in flight are on their way to `to`: where the plan wants them, or a parking place. */
typedef struct pt_run {
    const psc_cluster *c;
    const psc_waves_config *config;
    const int32_t *want;
    psc_move *order;                /* the result, as far as it is written                            */
    pt_ties  ties;
    int64_t *settled;               /* [N * R] demand of the shards by `at`                           */
    int64_t *counted;               /* [N * R] and of all copies: arriving, or left and transient     */
    int64_t *size;                  /* [S] minus the share of the target that the shard takes         */
    int64_t *worth;                 /* [S] minus what its move is worth in this wave                  */
    int64_t *domain_mark;           /* [N]                                                            */
    int32_t *at, *to;               /* [S] where each shard is and goes                               */
    int32_t *pending, *queue;       /* [S] moves not begun, large ones first; and in the order to try */
    int32_t *flying;                /* [S] 1: its move is of this wave                                */
    int32_t *parked;                /* [S] how often it has been parked                               */
    int32_t *block, *resource;      /* [S] why its move has not begun                                 */
    int32_t *touches;               /* [N] moves of this wave that touch the node                     */
    int32_t *coming, *behind;       /* [N], [S] moves not begun before this wave to each node, linked; -1: end */
    int32_t *group_flies;           /* [G] 1: a shard of the group is in flight                       */
    int32_t *begun;                 /* [S] shards of this wave                                        */
    int64_t *ahead;                 /* [N * R] counted, if the moves that follow a parking were made  */
    int32_t *follows, *chain;       /* [S] 1: it is one of them; those that follow the last           */
    int32_t *ahead_of;              /* [S] what was before each of the chain in the list that it has left; -1: none */
    int32_t *there, *beside;        /* [N], [S] shards on each node, linked; -1: end                  */
    int32_t *can_wait;              /* [S] 1: some node takes it now; 0: none does; -1: not known      */
    int64_t  mark, copied;          /* copied: bytes of this wave                                     */
    int32_t  left, flights;         /* moves not begun; moves of this wave                            */
    int32_t  queued;                /* moves in the queue                                             */
    int32_t  waves, ended;          /* waves and moves that have ended                                */
    int32_t  parks, parks_most;     /* of those, to parking places; and how many may be               */
    int32_t  parks_early;           /* and how many while other moves can begin                       */
    int32_t  refusals;              /* how often another shard may be chosen because no node takes the one */
    int32_t  goal;                  /* the least number of waves that the limits allow                */
    int32_t  strained;              /* moves that broke spread or a dependency                        */
    int32_t  relaxed;               /* 1: they may                                                    */
    int32_t  guest, room;           /* a shard and the node that is being cleared for it; -1: none    */
    int32_t  trial;                 /* from 0, the order that is tried                                */
    int32_t  spare;                 /* entries of the order beyond one for each shard that moves      */
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
    run->ahead = pt_take_wide(&lay, cells);
    run->size = pt_take_wide(&lay, s);
    run->worth = pt_take_wide(&lay, s);
    run->domain_mark = pt_take_wide(&lay, n);
    run->at = pt_take_index(&lay, s);
    run->to = pt_take_index(&lay, s);
    run->pending = pt_take_index(&lay, s);
    run->queue = pt_take_index(&lay, s);
    run->flying = pt_take_index(&lay, s);
    run->parked = pt_take_index(&lay, s);
    run->block = pt_take_index(&lay, s);
    run->resource = pt_take_index(&lay, s);
    run->begun = pt_take_index(&lay, s);
    run->behind = pt_take_index(&lay, s);
    run->follows = pt_take_index(&lay, s);
    run->chain = pt_take_index(&lay, s);
    run->ahead_of = pt_take_index(&lay, s);
    run->beside = pt_take_index(&lay, s);
    run->can_wait = pt_take_index(&lay, s);
    run->there = pt_take_index(&lay, n);
    run->touches = pt_take_index(&lay, n);
    run->coming = pt_take_index(&lay, n);
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

/* No order has fewer waves than the node with most moves needs, or the group. */
static void pt_set_goal(pt_run *run)
{
    const int32_t *group = run->c->group;
    const int32_t limit = run->config->per_node;
    int32_t i, n;

    for (i = 0; i < run->left; i++) {
        const int32_t s = run->pending[i];
        run->touches[run->at[s]]++;
        run->touches[run->want[s]]++;
        if (group && ++run->group_flies[group[s]] > run->goal) run->goal = run->group_flies[group[s]];
    }
    for (i = 0; group && i < run->left; i++) run->group_flies[group[run->pending[i]]] = 0;
    for (n = 0; n < run->c->nodes; n++) {
        const int32_t waves = (run->touches[n] - 1) / limit + 1;
        if (run->touches[n] > 0 && waves > run->goal) run->goal = waves;
        run->touches[n] = 0;
    }
}

static void pt_init_run(pt_run *run)
{
    const psc_cluster *c = run->c;
    int32_t s, r;

    for (s = 0; s < c->shards; s++) run->at[s] = pt_home(c, s);
    pt_fill_use(c, run->at, run->settled);
    memcpy(run->counted, run->settled, pt_cell(c, c->nodes) * sizeof *run->counted);
    for (s = 0; s < c->shards; s++) {
        for (r = 0; pt_going(c, s) && r < c->resources; r++) {
            run->counted[pt_cell(c, c->home[s]) + (size_t)r] += c->demand[pt_cell(c, s) + (size_t)r];
        }
    }
    memset(run->domain_mark, 0, (size_t)c->nodes * sizeof *run->domain_mark);
    memset(run->touches, 0, (size_t)c->nodes * sizeof *run->touches);
    if (c->groups > 0) memset(run->group_flies, 0, (size_t)c->groups * sizeof *run->group_flies);
    run->mark = 0;
    run->guest = run->room = -1;
    run->left = run->flights = run->waves = run->ended = run->parks = run->strained = run->goal = 0;
    for (s = 0; s < c->shards; s++) {
        run->to[s] = run->want[s];
        run->flying[s] = run->follows[s] = run->parked[s] = 0;
        run->block[s] = PSC_BLOCK_NONE;
        run->resource[s] = -1;
        run->size[s] = -pt_size_there(c, s, run->want[s]);
        if (run->want[s] != run->at[s]) run->pending[run->left++] = s;
    }
    pt_sort(run->pending, (size_t)run->left, run->size);
    pt_init_ties(c, &run->ties);
    pt_set_goal(run);
}

/* Overload of a node that holds so much. */
static int64_t pt_overload(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) if (use[r] > capacity[r]) sum += pt_parts(use[r] - capacity[r], capacity[r]);
    return sum;
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
        if (n == to || (pt_going(c, members[i]) && c->home[members[i]] == to)) return PSC_BLOCK_CONFLICT;
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
        if (!run->flying[s] || pt_zone(c, run->to[s]) == zone) return 1;
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
        if (run->flying[s] && pt_zone(c, run->to[s]) == zone) return 1;
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
    run->to[shard] = to;
    stays = pt_stays(run, group, old_zone);
    run->to[shard] = run->want[shard];
    run->flying[shard] = 0;
    for (i = run->ties.back_from[group]; !stays && i < run->ties.back_from[group + 1]; i++) {
        const int32_t other = run->ties.back[i];
        if (other != group && pt_may_be(run, other, old_zone)) return PSC_BLOCK_DEPENDENCY;
    }
    return PSC_BLOCK_NONE;
}

/* 1 if the wave may not copy the shard too; one larger than the limit has a wave for itself. */
static int pt_run_full(const pt_run *run, int32_t shard)
{
    const int64_t size = run->c->size ? run->c->size[shard] : 0;

    if (run->flights >= run->config->total) return 1;
    return run->copied > 0 && size > run->config->bytes - run->copied;
}

/* What hinders a shard from going to a node in this wave, cheap tests first. */
static int32_t pt_run_block(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int32_t from = run->at[shard], limit = run->config->per_node;
    int32_t block;

    run->resource[shard] = -1;
    block = pt_fixed(c, shard);
    if (block != PSC_BLOCK_NONE) return block;
    if (pt_closed(c, to)) return PSC_BLOCK_CLOSED;
    if (pt_run_full(run, shard) || (to == run->room && shard != run->guest)) return PSC_BLOCK_BUSY;
    if (run->touches[from] >= limit || run->touches[to] >= limit) return PSC_BLOCK_BUSY;
    if (c->group && run->group_flies[c->group[shard]]) return PSC_BLOCK_BUSY;
    block = pt_run_room(run, shard, to);
    if (block != PSC_BLOCK_NONE || !c->group) return block;
    block = pt_run_group(run, shard, to);
    return block != PSC_BLOCK_NONE ? block : pt_run_zones(run, shard, to);
}

static int pt_strains(int32_t block) { return block == PSC_BLOCK_SPREAD || block == PSC_BLOCK_DEPENDENCY; }

/* 1 if the shard may go there in this wave; what hinders it, or what it strains, is in block. */
static int pt_run_allows(pt_run *run, int32_t shard, int32_t to)
{
    const int32_t block = pt_run_block(run, shard, to);

    run->block[shard] = block;
    return block == PSC_BLOCK_NONE || (run->relaxed && pt_strains(block));
}

/* ==== A wave ================================================================================== */

static void pt_begin(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    int64_t *counted = run->counted + pt_cell(c, to);
    int32_t r;

    for (r = 0; r < c->resources; r++) counted[r] += d[r];
    if (c->size) run->copied += c->size[shard];
    run->to[shard] = to;
    run->flying[shard] = 1;
    run->touches[run->at[shard]]++;
    run->touches[to]++;
    if (c->group) run->group_flies[c->group[shard]] = 1;
    run->strained += pt_strains(run->block[shard]);
    run->begun[run->flights++] = shard;
}

/* The move has ended: what it held on its old node is free. */
static void pt_end(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    const size_t from = pt_cell(c, run->at[shard]), to = pt_cell(c, run->to[shard]);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        run->settled[from + (size_t)r] -= d[r];
        run->settled[to + (size_t)r] += d[r];
        run->counted[from + (size_t)r] -= d[r];
    }
    run->flying[shard] = run->follows[shard] = 0;
    run->touches[run->at[shard]] = 0;
    run->touches[run->to[shard]] = 0;
    if (c->group) run->group_flies[c->group[shard]] = 0;
    run->at[shard] = run->to[shard];
    run->to[shard] = run->want[shard];
}

#define PT_SEEN 64          /* moves to a node that are asked what another move means to them         */

/* Adds `sign` copies of a shard to what is counted ahead on a node. */
static void pt_ahead(const pt_run *run, int32_t shard, int32_t n, int32_t sign)
{
    const int64_t *d = run->c->demand + pt_cell(run->c, shard);
    int64_t *ahead = run->ahead + pt_cell(run->c, n);
    int32_t r;

    for (r = 0; r < run->c->resources; r++) ahead[r] += sign * d[r];
}

static int pt_fits_ahead(const pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const size_t n = pt_cell(c, to);
    const int64_t *d = c->demand + pt_cell(c, shard);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (d[r] > 0 && run->ahead[n + (size_t)r] + d[r] > c->capacity[n + (size_t)r]) return 0;
    }
    return 1;
}

/* Sum of the sizes of the moves to a node that have room there, but for that of one shard. */
static int64_t pt_welcome(const pt_run *run, int32_t shard, int32_t node)
{
    int64_t sum = 0;
    int32_t s, seen = 0;

    for (s = run->coming[node]; s >= 0 && seen < PT_SEEN; s = run->behind[s], seen++) {
        if (s != shard && pt_fits_ahead(run, s, node)) sum -= run->size[s];
    }
    return sum;
}

/* What a move is worth: its size, which counts more in each trial, and of the moves that wait, the sizes of those that
 * it lets in where the shard leaves less those that it keeps out where it goes. */
static int64_t pt_merit(const pt_run *run, int32_t shard)
{
    const int32_t from = run->at[shard], to = run->want[shard];
    int64_t sum = -(run->trial + 1) * run->size[shard];

    sum -= pt_welcome(run, shard, from) + pt_welcome(run, shard, to);
    pt_ahead(run, shard, from, -1);
    pt_ahead(run, shard, to, 1);
    sum += pt_welcome(run, shard, from) + pt_welcome(run, shard, to);
    pt_ahead(run, shard, from, 1);
    pt_ahead(run, shard, to, -1);
    return sum;
}

/* Links the pending moves by the node that they go to. */
static void pt_link_coming(pt_run *run)
{
    int32_t i, n;

    for (n = 0; n < run->c->nodes; n++) run->coming[n] = -1;
    for (i = run->left; i-- > 0;) {
        const int32_t s = run->pending[i];
        run->behind[s] = run->coming[run->want[s]];
        run->coming[run->want[s]] = s;
    }
}

/* Queues the pending moves, those worth most first. */
static void pt_queue(pt_run *run)
{
    int32_t i;

    pt_link_coming(run);
    memcpy(run->ahead, run->counted, pt_cell(run->c, run->c->nodes) * sizeof *run->ahead);
    for (i = 0; i < run->left; i++) run->worth[run->pending[i]] = -pt_merit(run, run->pending[i]);
    run->queued = run->left;
    memcpy(run->queue, run->pending, (size_t)run->left * sizeof *run->queue);
    pt_sort(run->queue, (size_t)run->queued, run->worth);
}

/* Begins what it can of the queue, of the moves from nodes above capacity or of the others. */
static void pt_gather(pt_run *run, int overloaded)
{
    const psc_cluster *c = run->c;
    int32_t i, s;

    for (i = 0; i < run->queued; i++) {
        const size_t from = pt_cell(c, run->at[run->queue[i]]);
        s = run->queue[i];
        if (run->flying[s]) continue;
        if ((pt_overload(c, run->at[s], run->settled + from) > 0) != overloaded) continue;
        if (pt_run_allows(run, s, run->want[s])) pt_begin(run, s, run->want[s]);
    }
}

/* ==== Parking ================================================================================= */

#define PT_CANDIDATES 1024  /* shards of which the best to park is chosen                            */
#define PT_ASKED 64         /* of which it is asked whether a node takes them, before it is held that one does */
#define PT_MAX_PARKS 6      /* times that a shard is parked                                          */
#define PT_EARLY 10         /* 1 / share of the moves that is parked while others can begin          */

/* 1 if none of the shard's group is on a node, but those that follow. */
static int pt_is_alone(const pt_run *run, int32_t shard, int32_t node)
{
    const psc_cluster *c = run->c;
    int32_t i;

    if (!c->group) return 1;
    for (i = run->ties.from[c->group[shard]]; i < run->ties.from[c->group[shard] + 1]; i++) {
        const int32_t other = run->ties.member[i];
        if (other != shard && run->at[other] == node && !run->follows[other]) return 0;
    }
    return 1;
}

/* The moves that could follow, one after another, if a shard left its node: how many, and they are in chain[1 ..].
 * Each that leaves a node lets others in; room and conflicts are asked for. The chain is counted ahead, and leaves the
 * lists of those that come, or each of it would be passed by once for each other. */
static int32_t pt_follow(pt_run *run, int32_t out)
{
    int32_t i, s, length = 1;

    run->chain[0] = out;
    run->follows[out] = 1;
    pt_ahead(run, out, run->at[out], -1);
    for (i = 0; i < length; i++) {
        const int32_t node = run->at[run->chain[i]];
        int32_t last = -1;
        for (s = run->coming[node]; s >= 0; s = run->behind[s]) {
            if (run->follows[s] || !pt_fits_ahead(run, s, node) || !pt_is_alone(run, s, node)) {
                last = s;
                continue;
            }
            run->follows[s] = 1;
            pt_ahead(run, s, run->at[s], -1);
            pt_ahead(run, s, node, 1);
            *(last < 0 ? &run->coming[node] : &run->behind[last]) = run->behind[s];
            run->ahead_of[length] = last;
            run->chain[length++] = s;
        }
    }
    return length - 1;
}

/* Takes the chain of so many moves back, the last first: then each list is as it was when it left. */
static void pt_unfollow(pt_run *run, int32_t moves)
{
    int32_t i;

    for (i = moves; i >= 0; i--) {
        const int32_t s = run->chain[i], node = run->want[s], last = run->ahead_of[i];
        run->follows[s] = 0;
        pt_ahead(run, s, run->at[s], 1);
        if (i == 0) break;
        pt_ahead(run, s, node, -1);
        *(last < 0 ? &run->coming[node] : &run->behind[last]) = s;
    }
}

/* Where a shard can wait: of the nodes that take it, the one that is emptiest with it; -1: none does. What blocks the
 * shard's own move stays as it was found. */
static int32_t pt_parking(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    const int32_t block = run->block[shard];
    int64_t least = INT64_MAX;
    int32_t n, r, best = -1;

    for (n = 0; n < c->nodes; n++) {
        int64_t most = 0;
        if (n == run->at[shard] || n == run->want[shard]) continue;
        for (r = 0; r < c->resources; r++) {
            const size_t i = pt_cell(c, n) + (size_t)r;
            const int64_t parts = pt_parts(run->counted[i] + d[r], c->capacity[i]);
            if (parts > most) most = parts;
        }
        if (most >= least || !pt_run_allows(run, shard, n)) continue;
        least = most;
        best = n;
    }
    run->block[shard] = block;
    return best;
}

/* The shard whose parking lets most moves follow, of the smallest that have not been parked; -1: none lets any. */
static int32_t pt_best_park(pt_run *run, int32_t *most)
{
    int32_t i, tried = 0, best = -1;

    *most = 0;
    for (i = run->left; i-- > 0 && tried < PT_CANDIDATES;) {
        const int32_t s = run->pending[i];
        int32_t moves;
        if (run->parked[s] >= PT_MAX_PARKS || run->follows[s]) continue;
        tried++;
        moves = pt_follow(run, s);
        pt_unfollow(run, moves);
        if (moves <= *most) continue;
        *most = moves;
        best = s;
    }
    return best;
}

/* 0 if no node takes any shard that may be parked: where all are full, that is told without asking what could follow.
 * A few are asked for good; the others only whether their demand is anywhere. */
static int pt_any_waits(pt_run *run)
{
    const psc_cluster *c = run->c;
    int64_t most[PSC_MAX_RESOURCES] = {0};
    int32_t i, n, r, tried = 0;

    for (n = 0; n < c->nodes; n++) {
        for (r = 0; !pt_closed(c, n) && r < c->resources; r++) {
            const size_t k = pt_cell(c, n) + (size_t)r;
            if (c->capacity[k] - run->counted[k] > most[r]) most[r] = c->capacity[k] - run->counted[k];
        }
    }
    for (i = run->left; i-- > 0;) {
        const int32_t s = run->pending[i];
        if (run->parked[s] >= PT_MAX_PARKS || run->follows[s]) continue;
        if (!pt_fits(most, c->demand + pt_cell(c, s), c->resources)) continue;
        if (++tried > PT_ASKED || pt_parking(run, s) >= 0) return 1;
    }
    return 0;
}

/* Entries of the order that parking a shard takes: if it is where the plan wants it, it comes back. */
static int32_t pt_park_price(const pt_run *run, int32_t shard) { return run->at[shard] == run->want[shard] ? 2 : 1; }

/* A shard that leaves the plan's node has a move to make again. */
static void pt_park(pt_run *run, int32_t shard, int32_t place)
{
    (void)pt_run_allows(run, shard, place);     /* for what it strains there */
    run->spare -= pt_park_price(run, shard);
    if (run->at[shard] == run->want[shard]) run->pending[run->left++] = shard;
    run->parked[shard]++;
    run->parks++;
    pt_begin(run, shard, place);
}

/* What will be counted when this wave has ended; its moves follow nothing. */
static void pt_look_ahead(pt_run *run)
{
    int32_t i;

    pt_link_coming(run);
    memcpy(run->ahead, run->counted, pt_cell(run->c, run->c->nodes) * sizeof *run->ahead);
    for (i = 0; i < run->left; i++) run->follows[run->pending[i]] = 0;
    for (i = 0; i < run->flights; i++) {
        pt_ahead(run, run->begun[i], run->at[run->begun[i]], -1);
        run->follows[run->begun[i]] = 1;
    }
}

/* Opens the circles in which moves wait for each other by parking shards, those first that let most moves follow, as
 * long as one lets half as many follow as the first, and at least `least`. */
static void pt_unblock(pt_run *run, int32_t least, int32_t parks_most)
{
    int32_t most;

    pt_look_ahead(run);
    if (run->parks >= parks_most || run->spare <= 0 || !pt_any_waits(run)) return;
    while (run->parks < parks_most && run->spare > 0) {
        const int32_t out = pt_best_park(run, &most);
        int32_t place;
        if (out < 0 || most < least) break;
        place = pt_parking(run, out);
        if (place < 0) {
            if (run->refusals-- <= 0) break;
            run->follows[out] = 1;      /* not to be tried again in this wave */
            continue;
        }
        if (least < (most + 1) / 2) least = (most + 1) / 2;
        (void)pt_follow(run, out);
        pt_ahead(run, out, place, 1);
        pt_park(run, out, place);
    }
}

/* ==== Clearing a node ========================================================================= */

#define PT_CLEARED 24       /* hops that make room for one shard, at most                            */
#define PT_ROOMS 4096       /* pairs of shard and node of which the cheapest to clear is chosen      */

static void pt_start_clearing(pt_run *run)
{
    const psc_cluster *c = run->c;
    int32_t s, n;

    for (n = 0; n < c->nodes; n++) run->there[n] = -1;
    for (s = c->shards; s-- > 0;) {
        run->beside[s] = run->there[run->at[s]];
        run->there[run->at[s]] = s;
        run->can_wait[s] = -1;
        run->follows[s] = run->flying[s];
    }
}

/* 1 if some node takes the shard while it waits. */
static int pt_may_wait(pt_run *run, int32_t shard)
{
    if (run->can_wait[shard] < 0) run->can_wait[shard] = pt_parking(run, shard) >= 0;
    return run->can_wait[shard];
}

/* pt_parts, both rounded to what it takes: many shards together may lack more. */
static int64_t pt_parts_of_lack(int64_t part, int64_t lack)
{
    const int64_t scale = lack / PSC_MAX_AMOUNT + 1;

    return pt_parts((part + scale - 1) / scale, lack / scale);
}

/* How much of what the guest lacks on a node is there if a shard leaves it: the sum over the resources of the shares
 * of what is lacking, half of it for one that has to come back. */
static int64_t pt_relief(const pt_run *run, int32_t guest, int32_t node, int32_t out)
{
    const psc_cluster *c = run->c;
    const size_t n = pt_cell(c, node);
    const int64_t *came = c->demand + pt_cell(c, guest), *gone = c->demand + pt_cell(c, out);
    int64_t sum = 0;
    int32_t r;

    if (c->group && c->group[guest] == c->group[out]) return INT64_MAX;
    for (r = 0; r < c->resources; r++) {
        const int64_t lack = came[r] > 0 ? run->ahead[n + (size_t)r] + came[r] - c->capacity[n + (size_t)r] : 0;
        if (lack > 0) sum += pt_parts_of_lack(gone[r] < lack ? gone[r] : lack, lack);
    }
    return sum / pt_park_price(run, out);
}

/* The shard that makes most room for the guest on a node and can wait elsewhere, the smallest of equals; -1: none. From
 * where the guest is to stay only those go that do not: all that are to stay there have room together. */
static int32_t pt_next_out(pt_run *run, int32_t guest, int32_t node)
{
    int64_t most = 0;
    int32_t s, best = -1;

    for (s = run->there[node]; s >= 0; s = run->beside[s]) {
        int64_t relief;
        if (run->follows[s] || run->parked[s] >= PT_MAX_PARKS || pt_fixed(run->c, s)) continue;
        if (run->at[s] == run->want[s] && node == run->want[guest]) continue;
        relief = pt_relief(run, guest, node, s);
        if (relief < most || relief == 0) continue;
        if (relief == most && run->size[s] <= run->size[best]) continue;
        if (!pt_may_wait(run, s)) continue;
        most = relief;
        best = s;
    }
    return best;
}

/* 1 if the guest fits there, but for shards that strain ties. */
static int pt_is_clear(const pt_run *run, int32_t guest, int32_t node)
{
    return pt_is_alone(run, guest, node) && pt_fits_ahead(run, guest, node);
}

/* Entries of the order that clearing a node for the guest takes; `most` if so many or more, or if it cannot be. */
static int32_t pt_clear_price(pt_run *run, int32_t guest, int32_t node, int32_t most)
{
    int32_t i, length = 0, price = 0;

    while (price < most && !pt_is_clear(run, guest, node)) {
        const int32_t out = pt_next_out(run, guest, node);
        price = out < 0 ? most : price + pt_park_price(run, out);
        if (out < 0) break;
        run->follows[out] = 1;
        run->chain[length++] = out;
        pt_ahead(run, out, node, -1);
    }
    for (i = 0; i < length; i++) {
        run->follows[run->chain[i]] = 0;
        pt_ahead(run, run->chain[i], node, 1);
    }
    return price < most ? price : most;
}

/* 1 if only room or one of its group hinders the shard. */
static int pt_lacks_room(const pt_run *run, int32_t shard)
{
    const int32_t block = run->block[shard];

    return block == PSC_BLOCK_CAPACITY || block == PSC_BLOCK_TRANSIENT || block == PSC_BLOCK_CONFLICT;
}

/* 1 if some move could follow were the shard gone. */
static int pt_in_the_way(pt_run *run, int32_t shard)
{
    const int32_t moves = pt_follow(run, shard);

    pt_unfollow(run, moves);
    return moves > 0;
}

/* Chooses the move whose target is cleared with the fewest hops, the largest of equals; where none can be, a shard
 * that is in the way and the third node that is, the smallest of equals. */
static void pt_choose_guest(pt_run *run)
{
    int32_t i, n, price, least = run->spare < PT_CLEARED ? run->spare + 1 : PT_CLEARED, tried = 0;

    for (i = 0; i < run->left && tried < PT_ROOMS; i++) {
        const int32_t s = run->pending[i];
        if (!pt_lacks_room(run, s)) continue;
        tried++;
        price = pt_clear_price(run, s, run->want[s], least);
        if (price >= least) continue;
        least = price;
        run->guest = s;
        run->room = run->want[s];
    }
    for (i = run->left; run->guest < 0 && i-- > 0 && tried < PT_ROOMS;) {
        const int32_t s = run->pending[i];
        if (!pt_lacks_room(run, s) || run->parked[s] >= PT_MAX_PARKS || !pt_in_the_way(run, s)) continue;
        for (n = 0; n < run->c->nodes; n++) {
            if (n == run->at[s] || n == run->want[s] || pt_closed(run->c, n)) continue;
            tried++;
            price = pt_clear_price(run, s, n, least);
            if (price >= least) continue;
            least = price;
            run->guest = s;
            run->room = n;
        }
    }
}

/* Begins the guest's move, or moves that make room for it; gives it up if neither can be, or if it has come where the
 * plan wants it meanwhile. It never is in its room: what hinders it when a wave begins hinders it all the wave. */
static void pt_clear(pt_run *run)
{
    const int32_t guest = run->guest, node = run->room, flights = run->flights;

    if (run->at[guest] == run->want[guest]) {
        run->guest = run->room = -1;
        return;
    }
    if (pt_run_allows(run, guest, node)) {
        if (node == run->want[guest]) pt_begin(run, guest, node);
        else if (run->spare > 0 && run->parks < run->parks_most) pt_park(run, guest, node);
        run->guest = run->room = -1;
        return;
    }
    pt_look_ahead(run);
    pt_start_clearing(run);
    while (run->parks < run->parks_most && run->spare >= 2 && !pt_is_clear(run, guest, node)) {
        const int32_t out = pt_next_out(run, guest, node), place = out >= 0 ? pt_parking(run, out) : -1;
        if (place < 0) break;
        run->follows[out] = 1;
        pt_ahead(run, out, node, -1);
        pt_park(run, out, place);
    }
    if (run->flights == flights) run->guest = run->room = -1;
}

/* ==== Waves =================================================================================== */

#define PT_TRIALS 1024      /* orders tried, at most, so that what a move is worth has room          */

static void pt_write(pt_run *run, int32_t shard, int32_t wave, int32_t to)
{
    psc_move *move = run->order++;

    move->shard = shard;
    move->from = run->at[shard];
    move->to = to;
    move->wave = wave;
    move->block = run->block[shard];
    move->resource = wave < 0 ? run->resource[shard] : -1;
}

/* 1 if at this rate the moves left would need more waves than the goal. */
static int pt_is_thin(const pt_run *run)
{
    const int64_t waves = run->goal > run->waves ? run->goal - run->waves : 1;

    return run->flights * waves < run->left;
}

/* Begins what can begin. If that is nothing, or too little for the goal, what strains spread or a dependency may, too;
 * if it still is nothing, a shard is parked. */
static void pt_begin_some(pt_run *run)
{
    run->relaxed = !run->config->strict;
    if (run->guest >= 0) pt_clear(run);
    run->relaxed = 0;
    pt_gather(run, 1);
    pt_gather(run, 0);
    if (run->flights > 0 && pt_is_thin(run)) pt_unblock(run, 1, run->parks_early);
    if (run->flights > 0 && !pt_is_thin(run)) return;
    run->relaxed = !run->config->strict;
    if (run->relaxed) pt_gather(run, 0);
    if (run->flights > 0) return;
    pt_unblock(run, 1, run->parks_most);
    if (run->flights > 0 || run->parks >= run->parks_most) return;
    pt_look_ahead(run);
    pt_start_clearing(run);
    pt_choose_guest(run);
    if (run->guest >= 0) pt_clear(run);
}

/* One wave; 0 if no move could begin. */
static int pt_wave(pt_run *run)
{
    int32_t i, left = 0;

    run->flights = 0;
    run->copied = 0;
    pt_queue(run);
    pt_begin_some(run);
    if (run->flights == 0) return 0;
    pt_sort(run->begun, (size_t)run->flights, NULL);
    for (i = 0; i < run->flights; i++) pt_write(run, run->begun[i], run->waves, run->to[run->begun[i]]);
    for (i = 0; i < run->flights; i++) pt_end(run, run->begun[i]);
    for (i = 0; i < run->left; i++) {
        const int32_t s = run->pending[i];
        if (run->at[s] != run->want[s]) run->pending[left++] = s;
    }
    run->left = left;
    run->ended += run->flights;
    run->waves++;
    return 1;
}

void psc_waves_default(psc_waves_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->per_node = 2;
    config->total = INT32_MAX;
    config->parks = INT32_MAX;
    config->trials = 8;
    config->bytes = INT64_MAX;
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
    if (config->trials < 1 || config->trials > PT_TRIALS) return PSC_ERR_RANGE;
    if (config->parks < 0 || config->bytes < 1) return PSC_ERR_RANGE;
    if (pt_first_outside(want, (size_t)c->shards, c->nodes) < (size_t)c->shards) return PSC_ERR_RANGE;
    for (s = 0; s < c->shards; s++) if (want[s] != pt_home(c, s)) moves++;
    if (capacity < moves) return PSC_ERR_SPACE;
    return moves > 0 && !order ? PSC_ERR_NULL : PSC_OK;
}

/* Carries the plan out in the order of the trial; `order` has room for `capacity` moves. */
static void pt_carry_out(pt_run *run, int32_t trial, psc_move *order, size_t capacity)
{
    int32_t i;

    run->trial = trial;
    pt_init_run(run);
    run->order = order;
    run->parks_most = run->config->parks;
    run->spare = capacity - (size_t)run->left < INT32_MAX ? (int32_t)(capacity - (size_t)run->left) : INT32_MAX;
    run->refusals = run->left;
    run->parks_early = run->left / PT_EARLY < run->parks_most ? run->left / PT_EARLY : run->parks_most;
    while (pt_wave(run)) { }
    pt_sort(run->pending, (size_t)run->left, NULL);
    for (i = 0; i < run->left; i++) {
        const int32_t s = run->pending[i];
        (void)pt_run_allows(run, s, run->want[s]);  /* nothing is in flight: the reason is the cluster's */
        pt_write(run, s, -1, run->want[s]);
    }
}

static void pt_run_info(const pt_run *run, psc_waves_info *info)
{
    memset(info, 0, sizeof *info);
    info->stuck = run->left;
    info->waves = run->waves;
    info->moves = run->ended;
    info->parks = run->parks;
    info->strained = run->strained;
}

/* 1 if fewer moves are stuck, or else there are fewer waves, or else fewer parkings. */
static int pt_is_better(const psc_waves_info *a, const psc_waves_info *b)
{
    if (a->stuck != b->stuck) return a->stuck < b->stuck;
    return a->waves != b->waves ? a->waves < b->waves : a->parks < b->parks;
}

psc_status psc_waves_of(const psc_cluster *cluster, const psc_waves_config *config,
                        const int32_t *assignment, void *work, size_t bytes,
                        psc_move *order, size_t capacity, psc_waves_info *info)
{
    pt_run run;
    psc_status status = pt_shape(cluster);
    psc_waves_info tried;
    int32_t trial, best = 0;

    if (status == PSC_OK) status = pt_waves_arguments(cluster, config, assignment, order, capacity);
    if (status != PSC_OK) return status;
    if (!info) return PSC_ERR_NULL;
    status = psc__block(work, bytes, psc_waves_size(cluster));
    if (status != PSC_OK) return status;
    (void)pt_lay_run(cluster, (unsigned char *)work, &run);
    run.c = cluster;
    run.config = config;
    run.want = assignment;
    for (trial = 0; trial < config->trials; trial++) {
        pt_carry_out(&run, trial, order, capacity);
        pt_run_info(&run, &tried);
        if (trial == 0 || pt_is_better(&tried, info)) {
            *info = tried;
            best = trial;
        }
        if (info->stuck + info->parks == 0 && info->waves <= run.goal) break;      /* no order is better */
    }
    if (best < run.trial) pt_carry_out(&run, best, order, capacity);
    return PSC_OK;
}

/* ==== Split ===================================================================================== */

#define PT_SPLIT_WINDOW 24  /* ticks of past that a merge is judged by: of 20, 24, 30, 40, 60 and 80 the short ones
                               were better on the development traces, whose spots move; below 20 merges are undone */
#define PT_SLOTS 4          /* ticks of the sample: 4 to 10 do as well                                       */
#define PT_PATIENCE 0.3     /* share of a cut's price at which it is bought; 0.2 to 0.4 do as well           */
#define PT_SIZE_PATIENCE 0.6    /* the same for size, which does not pass by itself but may be taken by others */
#define PT_REGRET 1.8       /* times `undo` that a cut must be worth more where shards were just joined      */
#define PT_FADE 0.96        /* of a debt, a tick; 0.95 to 0.98 do as well                                    */
#define PT_FILL 1.15        /* marks of load in a piece: a piece a little above is cheaper than one more      */
#define PT_HOT_KEY 0.9      /* marks of load of a key that is set apart; 0.5 to 0.9 do as well               */
#define PT_CREDIT 0.6       /* share of the window's ticks that a merge must have saved                      */
#define PT_COOL 0.75        /* marks of load of a merged shard                                               */
#define PT_LOOSE 1.25       /* size marks of a merged shard that a neighbour will relieve                    */
#define PT_SNUG 0.97        /* size marks of a shard that is filled up                                       */
#define PT_NEVER (-PSC__COUNTS)     /* a tick before all                                             */
#define PT_MAX_LOAD 1e18    /* of a tick; what comes beyond is left out, so that no sum loses its meaning         */
#define PT_KEYS 18446744073709551616.0  /* 2^64, how many keys there are                             */

typedef struct pt_range {
    uint64_t start;
    int64_t  made, joined;              /* ticks in which it was cut off, and joined with its right neighbour */
    int64_t  seen;                      /* ticks of its past that are known, up to PT_SPLIT_WINDOW         */
    int64_t  used;                      /* within a tick: 1 if it has an order                       */
    double   load;                      /* of this tick so far                                       */
    double   recent;                    /* mean load of the last PT_SLOTS ticks                      */
    double   debt, size_debt;
    double   joint;                     /* within a tick: recent load with the left neighbour, -1: no merge */
    double   past[PT_SPLIT_WINDOW];           /* load by tick modulo PT_SPLIT_WINDOW                             */
} pt_range;

/* Followed by pt_range[shards] as they are, as many for the next ones, uint64_t[samples] the keys of PT_SLOTS ticks in
 * a ring, uint64_t[samples] all of them sorted, double[samples + 1] the load below each. */
struct psc_split {
    psc_state head;
    int64_t  shards, samples, settle;
    double   mark, size, over, big, order, undo;
    uint64_t random;
    int64_t  n, tick;
    int64_t  taken, sorted;             /* keys of this tick; keys in the sorted sample              */
    double   sum, step, point;          /* load of this tick; load a stratum; load at which the next key is taken */
    int64_t  kept[PT_SLOTS];            /* keys in each slot of the ring                             */
    double   each[PT_SLOTS];            /* load that a key of the slot stands for                    */
};

#define PT_SPLIT_AT(field) (offsetof(struct psc_split, field) / 8)
#define PT_RANGE_AT(field) (offsetof(pt_range, field) / 8)

static pt_range *pt_ranges(const psc_split *s) { return (pt_range *)(uintptr_t)(s + 1); }
static pt_range *pt_next_ranges(const psc_split *s) { return pt_ranges(s) + s->shards; }
static uint64_t *pt_ring(const psc_split *s) { return (uint64_t *)(uintptr_t)(pt_next_ranges(s) + s->shards); }
static uint64_t *pt_sorted(const psc_split *s) { return pt_ring(s) + s->samples; }
static double *pt_below(const psc_split *s) { return (double *)(uintptr_t)(pt_sorted(s) + s->samples); }

static size_t pt_split_words(size_t shards, size_t samples)
{
    return sizeof(psc_split) / 8 + 2 * shards * (sizeof(pt_range) / 8) + 3 * samples + 1;
}

static int pt_split_counts(int64_t shards, int64_t samples, int64_t settle)
{
    return shards >= 1 && shards <= PSC_MAX_RANGES && samples >= 256 && samples <= 1 << 20 && samples % PT_SLOTS == 0
           && settle >= 0 && settle <= 1000000;
}

void psc_split_default(psc_split_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->shards = 1024;
    config->samples = 8192;
    config->settle = 60;
    config->mark = 100.0;
    config->size = 100.0;
    config->over = 20.0;
    config->big = 5.0;
    config->order = 20.0;
    config->undo = 100.0;
    config->seed = 1;
}

size_t psc_split_size(const psc_split_config *config)
{
    const psc_split_config *c = config;
    uint64_t words;

    if (!c || c->struct_size != sizeof *c || !pt_split_counts(c->shards, c->samples, c->settle)) return 0;
    if (!psc__within(c->mark, 1e-9, 1e12) || !psc__within(c->size, 1e-9, 1e12)) return 0;
    if (!psc__within(c->over, 0.0, 1e6) || !psc__within(c->big, 0.0, 1e6)) return 0;
    if (!psc__within(c->order, 0.0, 1e6) || !psc__within(c->undo, 0.0, 1e6)) return 0;
    words = pt_split_words((size_t)c->shards, (size_t)c->samples);
    return words <= SIZE_MAX / 8 ? (size_t)words * 8 : 0;
}

psc_status psc_split_init(psc_split *split, size_t bytes, const psc_split_config *config)
{
    psc_status status;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(split, bytes, psc_split_size(config), PSC_TYPE_SPLIT);
    if (status != PSC_OK) return status;
    split->shards = config->shards;
    split->samples = config->samples;
    split->settle = config->settle;
    split->mark = config->mark;
    split->size = config->size;
    split->over = config->over;
    split->big = config->big;
    split->order = config->order;
    split->undo = config->undo;
    split->random = config->seed;
    split->step = config->mark / 256.0;     /* a start: it finds the load of a tick by itself */
    split->point = psc__uniform(&split->random) * split->step;
    return PSC_OK;
}

void psc_split_view_default(psc_split_view *view)
{
    if (!view) return;
    memset(view, 0, sizeof *view);
    view->struct_size = (uint32_t)sizeof *view;
}

uint64_t psc_split_key(const void *bytes, size_t length)
{
    const unsigned char *b = (const unsigned char *)bytes;
    uint64_t key = 0;
    size_t i;

    for (i = 0; i < 8; i++) key = key << 8 | (b && i < length ? b[i] : 0u);
    return key;
}

/* A splitter whose indices can be followed. */
static psc_status pt_split(const psc_split *s)
{
    const psc_status status = psc__state(s, PSC_TYPE_SPLIT);
    int i, good;

    if (status != PSC_OK) return status;
    good = pt_split_counts(s->shards, s->samples, s->settle) && s->n >= 0 && s->n <= s->shards && s->sorted >= 0
           && s->sorted <= s->samples && s->taken >= 0 && s->taken <= s->samples / PT_SLOTS && s->tick >= 0
           && s->head.words == pt_split_words((size_t)s->shards, (size_t)s->samples);
    for (i = 0; good && i < PT_SLOTS; i++) good = s->kept[i] >= 0 && s->kept[i] <= s->samples / PT_SLOTS;
    return good ? PSC_OK : PSC_ERR_STATE;
}

/* Number of sorted keys below `key`. */
static size_t pt_keys_below(const uint64_t *keys, size_t n, uint64_t key)
{
    size_t low = 0;

    while (low < n) {
        const size_t middle = low + (n - low) / 2;
        if (keys[middle] < key) low = middle + 1;
        else n = middle;
    }
    return low;
}

/* The range that a key lies in; keys below the first one are the first one's. */
static int64_t pt_range_of(const psc_split *s, uint64_t key)
{
    const pt_range *r = pt_ranges(s);
    int64_t low = 0, high = s->n;

    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (r[middle].start <= key) low = middle;
        else high = middle;
    }
    return low;
}

/* The stratum of half the size becomes one of the whole: of each two keys one is kept, at random. The last stratum may
 * have its first half behind it and its second one before it; then the one key or the point ahead is kept. */
static void pt_thin(psc_split *s, uint64_t *keys)
{
    const int second = (int)(psc__random(&s->random) & 1);
    int64_t i;

    for (i = 0; i < s->taken / 2; i++) keys[i] = keys[2 * i + (int64_t)(psc__random(&s->random) & 1)];
    if (s->taken % 2 == 0) {
        if (second) s->point = ((double)s->taken + 1.0 + psc__uniform(&s->random)) * s->step;
        s->taken /= 2;
        s->step *= 2.0;
        return;
    }
    i = s->taken / 2;
    s->step *= 2.0;
    if (!second) {
        keys[i] = keys[s->taken - 1];
        s->point = ((double)(i + 1) + psc__uniform(&s->random)) * s->step;
    }
    s->taken = second ? i : i + 1;
}

static double pt_capped(double x) { return x < PT_MAX_LOAD ? x : PT_MAX_LOAD; }

psc_status psc_split_observe(psc_split *split, uint64_t key, double weight)
{
    psc_split *s = split;
    const psc_status status = pt_split(s);
    pt_range *range;
    uint64_t *keys;
    int64_t room;

    if (status != PSC_OK) return status;
    if (!psc__finite(&weight)) return PSC_ERR_NONFINITE;
    if (weight < 0.0 || weight > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    if (s->n == 0) return PSC_ERR_EMPTY;
    room = s->samples / PT_SLOTS;
    keys = pt_ring(s) + room * (s->tick % PT_SLOTS);
    range = &pt_ranges(s)[pt_range_of(s, key)];
    weight = s->sum + weight > PT_MAX_LOAD ? PT_MAX_LOAD - s->sum : weight;
    range->load = pt_capped(range->load + weight);
    s->sum += weight;
    while (s->sum > s->step * (double)room) pt_thin(s, keys);
    while (s->sum > s->point && s->taken < room) {
        keys[s->taken++] = key;
        s->point = ((double)s->taken + psc__uniform(&s->random)) * s->step;
    }
    return PSC_OK;
}

/* Sorted load in [from, to); last: to the end of the keys. */
static double pt_load_between(const psc_split *s, uint64_t from, uint64_t to, int last)
{
    const size_t n = (size_t)s->sorted, a = pt_keys_below(pt_sorted(s), n, from);
    const size_t b = last ? n : pt_keys_below(pt_sorted(s), n, to);

    return b > a ? pt_below(s)[b] - pt_below(s)[a] : 0.0;
}

static double pt_keys_within(uint64_t from, uint64_t to, int last)
{
    return last ? PT_KEYS - (double)from : (double)(to - from);
}

/* Share of the load of [a, b) that lies in [from, to), by the sample, or by the keys where it has none. An end of 0 is
 * that of the keys, and of nothing else. */
static double pt_load_share(const psc_split *s, uint64_t a, uint64_t b, int last, uint64_t from, uint64_t to,
                            int to_last)
{
    const double whole = pt_load_between(s, a, b, last);

    if (from == a && to == b) return 1.0;
    if (whole > 0.0) return pt_load_between(s, from, to, to_last) / whole;
    return pt_keys_within(from, to, to_last) / pt_keys_within(a, b, last);
}

/* The range r, which is [from, to), takes over its share of the old range `old`, which is [a, b). */
static void pt_inherit(const psc_split *s, pt_range *r, uint64_t from, uint64_t to, int last, int64_t old)
{
    const pt_range *o = &pt_ranges(s)[old];
    const int old_last = old + 1 == s->n;
    const uint64_t a = old == 0 ? 0 : o->start, b = old_last ? 0 : o[1].start;
    const int inner_last = last && old_last, by_old = last || (!old_last && b < to);
    const uint64_t low = from > a ? from : a, high = inner_last ? 0 : by_old ? b : to;
    const double share = pt_load_share(s, a, b, old_last, low, high, inner_last);
    int i;

    r->load = pt_capped(r->load + share * o->load);
    r->recent = pt_capped(r->recent + share * o->recent);
    for (i = 0; i < PT_SPLIT_WINDOW; i++) r->past[i] = pt_capped(r->past[i] + share * o->past[i]);
    if (o->seen < r->seen) r->seen = o->seen;
    if (a != from) return;
    r->made = o->made;
    r->joined = !old_last && (last || b < to) ? s->tick : o->joined;
    if (last == old_last && b == to) {
        r->debt = o->debt;
        r->size_debt = o->size_debt;
    }
}

psc_status psc_split_shards(psc_split *split, const uint64_t *start, size_t n)
{
    psc_split *s = split;
    const psc_status status = pt_split(s);
    int64_t old = 0;
    size_t i;

    if (status != PSC_OK) return status;
    if (n < 1 || n > (size_t)s->shards) return PSC_ERR_RANGE;
    if (!start) return PSC_ERR_NULL;
    for (i = 1; i < n; i++) if (start[i] <= start[i - 1]) return PSC_ERR_RANGE;
    for (i = 0; i < n; i++) {
        pt_range *r = &pt_next_ranges(s)[i];
        const int last = i + 1 == n;
        const uint64_t from = i == 0 ? 0 : start[i], to = last ? 0 : start[i + 1];
        memset(r, 0, sizeof *r);
        r->start = start[i];
        r->made = s->n == 0 ? PT_NEVER : s->tick;
        r->joined = PT_NEVER;
        r->seen = s->n == 0 ? 0 : PT_SPLIT_WINDOW;
        while (old + 1 < s->n && pt_ranges(s)[old + 1].start <= from) old++;
        while (old < s->n) {
            pt_inherit(s, r, from, to, last, old);
            if (old + 1 == s->n || (!last && pt_ranges(s)[old + 1].start >= to)) break;
            old++;
        }
    }
    memcpy(pt_ranges(s), pt_next_ranges(s), n * sizeof(pt_range));
    s->n = (int64_t)n;
    return PSC_OK;
}

static void pt_sift(uint64_t *heap, size_t i, size_t n)
{
    const uint64_t x = heap[i];

    while (2 * i + 1 < n) {
        size_t child = 2 * i + 1;
        if (child + 1 < n && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= x) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = x;
}

/* Heap sort: its cost does not depend on the keys. */
static void pt_sort_keys(uint64_t *keys, size_t n)
{
    size_t i;

    for (i = n / 2; i-- > 0;) pt_sift(keys, i, n);
    for (i = n; i-- > 1;) {
        const uint64_t largest = keys[0];
        keys[0] = keys[i];
        keys[i] = largest;
        pt_sift(keys, 0, i);
    }
}

/* The slots of the ring, each sorted, merged into one sample of the mean load of a tick. */
static void pt_merge_slots(psc_split *s)
{
    const int64_t room = s->samples / PT_SLOTS, slots = s->tick + 1 < PT_SLOTS ? s->tick + 1 : PT_SLOTS;
    int64_t next[PT_SLOTS] = {0}, i, best;
    double *below = pt_below(s);

    s->sorted = 0;
    below[0] = 0.0;
    for (;;) {
        for (best = -1, i = 0; i < PT_SLOTS; i++) {
            if (next[i] == s->kept[i]) continue;
            if (best < 0 || pt_ring(s)[i * room + next[i]] < pt_ring(s)[best * room + next[best]]) best = i;
        }
        if (best < 0) break;
        pt_sorted(s)[s->sorted] = pt_ring(s)[best * room + next[best]++];
        below[s->sorted + 1] = below[s->sorted] + s->each[best] / (double)slots;
        s->sorted++;
    }
}

/* The tick's loads go into the past and its keys into the sample; a new tick begins. */
static void pt_close_tick(psc_split *s)
{
    const int64_t room = s->samples / PT_SLOTS, slot = s->tick % PT_SLOTS;
    int64_t i;
    int k;

    pt_sort_keys(pt_ring(s) + room * slot, (size_t)s->taken);
    s->kept[slot] = s->taken;
    s->each[slot] = s->step;
    pt_merge_slots(s);
    for (i = 0; i < s->n; i++) {
        pt_range *r = &pt_ranges(s)[i];
        r->past[s->tick % PT_SPLIT_WINDOW] = r->load;
        r->load = 0.0;
        if (r->seen < PT_SPLIT_WINDOW) r->seen++;
        r->recent = 0.0;
        for (k = 0; k < PT_SLOTS && k < r->seen; k++)
            r->recent += r->past[(s->tick + PT_SPLIT_WINDOW - k) % PT_SPLIT_WINDOW];
        r->recent /= (double)k;
        r->used = 0;
        r->joint = -1.0;
    }
    if (s->sum > 0.0) s->step = s->sum / (0.9 * (double)room);     /* a tick a little heavier fits without thinning */
    if (s->step < s->mark * 1e-9) s->step = s->mark * 1e-9;
    psc__count(&s->tick);
    s->taken = 0;
    s->sum = 0.0;
    s->point = psc__uniform(&s->random) * s->step;
}

static double pt_above(double x, double mark)
{
    return x > mark ? (x - mark) / mark : 0.0;
}

/* A range in the sample, with its hottest key: its run of keys and its load. */
typedef struct pt_range_view {
    size_t low, high, hot_low, hot_high;
    double load, hot;
} pt_range_view;

static pt_range_view pt_look_at(const psc_split *s, int64_t i)
{
    const pt_range *r = pt_ranges(s);
    const uint64_t *keys = pt_sorted(s);
    const double *below = pt_below(s);
    pt_range_view v;
    size_t a, b;

    v.low = i == 0 ? 0 : pt_keys_below(keys, (size_t)s->sorted, r[i].start);
    v.high = i + 1 == s->n ? (size_t)s->sorted : pt_keys_below(keys, (size_t)s->sorted, r[i + 1].start);
    v.load = below[v.high] - below[v.low];
    v.hot = 0.0;
    v.hot_low = v.hot_high = v.low;
    for (a = v.low; a < v.high; a = b) {
        for (b = a + 1; b < v.high && keys[b] == keys[a]; b++) { }
        if (below[b] - below[a] > v.hot) {
            v.hot = below[b] - below[a];
            v.hot_low = a;
            v.hot_high = b;
        }
    }
    return v;
}

typedef struct pt_cuts {
    uint64_t key[PSC_MAX_CUTS];
    int32_t  n;
} pt_cuts;

static void pt_add_cut(pt_cuts *cuts, uint64_t key)
{
    if (cuts->n < PSC_MAX_CUTS) cuts->key[cuts->n++] = key;
}

/* Cuts the keys low..high-1 of the sample, all from `start` on, into so many pieces of even load. */
static void pt_cut_evenly(const psc_split *s, size_t low, size_t high, uint64_t start, double pieces, pt_cuts *cuts)
{
    const uint64_t *keys = pt_sorted(s);
    const double *below = pt_below(s), piece = (below[high] - below[low]) / pieces;
    double done = 1.0;
    size_t a, b;

    for (a = low; a < high && done < pieces; a = b) {
        double middle;
        for (b = a + 1; b < high && keys[b] == keys[a]; b++) { }
        middle = (below[a] + below[b]) / 2.0 - below[low];
        if (middle <= done * piece) continue;
        if (keys[a] > start) pt_add_cut(cuts, keys[a]);
        while (done < pieces && middle > done * piece) done += 1.0;
    }
}

static double pt_pieces(const psc_split *s, double load)
{
    const double pieces = load / (PT_FILL * s->mark);
    const int64_t whole = pt_round_up(pieces, PSC_MAX_CUTS);

    return pieces > 1.0 ? (double)whole : 1.0;
}

/* Where a range with too much load is cut. A key above PT_HOT_KEY is set apart, if there is anything beside it. */
static void pt_load_cuts(const psc_split *s, int64_t i, const pt_range_view *v, pt_cuts *cuts)
{
    const double *below = pt_below(s);
    const uint64_t *keys = pt_sorted(s), start = i == 0 ? 0 : pt_ranges(s)[i].start;
    double pieces = pt_pieces(s, v->load);
    uint64_t key;

    cuts->n = 0;
    if (v->hot <= PT_HOT_KEY * s->mark) {
        if (v->load > 0.95 * s->mark && pieces < 2.0) pieces = 2.0;
        pt_cut_evenly(s, v->low, v->high, start, pieces, cuts);
        return;
    }
    key = keys[v->hot_low];
    if (v->hot_low > v->low) {
        pt_cut_evenly(s, v->low, v->hot_low, start, pt_pieces(s, below[v->hot_low] - below[v->low]), cuts);
        pt_add_cut(cuts, key);
    }
    if (v->hot_high < v->high) {
        pt_add_cut(cuts, key + 1);
        pt_cut_evenly(s, v->hot_high, v->high, key + 1, pt_pieces(s, below[v->high] - below[v->hot_high]), cuts);
    }
}

/* Whether neighbour j of a range of this size and load can take what is above a snug shard of it. */
static int pt_relieves(const psc_split *s, const psc_split_view *view, int64_t j, double size, double load)
{
    const double rest = size - PT_SNUG * s->size;

    return j >= 0 && j < s->n && view->size[j] + rest < s->size
           && pt_ranges(s)[j].recent + load * rest / size < PT_COOL * s->mark;
}

/* Where a range that is too large is cut: below PT_SNUG of its keys, so inside it, if it has more than one. */
static void pt_size_cut(const psc_split *s, const psc_split_view *view, int64_t i, pt_cuts *cuts)
{
    const pt_range *r = &pt_ranges(s)[i];
    const int last = i + 1 == s->n;
    const uint64_t start = i == 0 ? 0 : r->start;
    const double size = view->size[i], snug = PT_SNUG * s->size / size;
    const double width = pt_keys_within(start, last ? 0 : r[1].start, last);
    double share = 0.5, offset;

    cuts->n = 0;
    if (size < 1.9 * s->size) {
        if (pt_relieves(s, view, i + 1, size, r->recent)) share = snug;
        else if (pt_relieves(s, view, i - 1, size, r->recent)) share = 1.0 - snug;
    }
    offset = floor(share * width);
    if (offset >= 1.0) pt_add_cut(cuts, start + (uint64_t)offset);
}

/* Load expected of a range above `bound`, on the mean of the forecast's ticks. */
static int pt_stays_above(const psc_split_view *view, int64_t i, double bound)
{
    const double *f;
    double sum = 0.0;
    int32_t k;

    if (view->leads == 0) return 1;
    f = view->forecast + (size_t)i * (size_t)view->leads;
    for (k = 0; k < view->leads; k++) sum += f[k] / (double)view->leads;
    return sum > bound;
}

/* Debts of a range, and the cuts that they pay for. */
static void pt_range_cuts(psc_split *s, const psc_split_view *view, int64_t i, const pt_range_view *v, pt_cuts *cuts)
{
    pt_range *r = &pt_ranges(s)[i];
    const double last = r->past[(s->tick + PT_SPLIT_WINDOW - 1) % PT_SPLIT_WINDOW];
    const double bound = v->hot > s->mark ? v->hot : s->mark, stand = 2.0 * s->order + (double)s->settle;
    const double regret = s->tick - r->joined < s->settle ? PT_REGRET * s->undo : 0.0;

    r->debt = pt_capped(PT_FADE * r->debt + s->over * pt_above(last - bound + s->mark, s->mark));
    if (!view->size || view->size[i] <= s->size) r->size_debt = 0.0;
    else r->size_debt = pt_capped(r->size_debt + s->big * pt_above(view->size[i], s->size));
    pt_load_cuts(s, i, v, cuts);
    if (cuts->n > 0 && last > bound && r->debt > (PT_PATIENCE * stand + regret) * (double)cuts->n
        && pt_stays_above(view, i, bound))
        return;
    cuts->n = 0;
    if (r->size_debt > PT_SIZE_PATIENCE * stand + regret) pt_size_cut(s, view, i, cuts);
}

typedef struct pt_orders {
    psc_split_order *order;
    size_t capacity, n;
} pt_orders;

static void pt_split_order(pt_orders *o, int32_t kind, int64_t shard, uint64_t key)
{
    psc_split_order *order = &o->order[o->n++];

    order->key = key;
    order->kind = kind;
    order->shard = (int32_t)shard;
}

static void pt_order_cuts(psc_split *s, const psc_split_view *view, pt_orders *o)
{
    int64_t room = s->shards - s->n, i;
    int32_t k;

    for (i = 0; i < s->n; i++) {
        pt_range *r = &pt_ranges(s)[i];
        const pt_range_view v = pt_look_at(s, i);
        pt_cuts cuts;
        if (view->busy && view->busy[i]) continue;
        pt_range_cuts(s, view, i, &v, &cuts);
        if (cuts.n == 0 && v.hot > s->mark && o->n < o->capacity)
            pt_split_order(o, PSC_SPLIT_ECHO, i, pt_sorted(s)[v.hot_low]);
        if (cuts.n == 0 || cuts.n > room || (size_t)cuts.n > o->capacity - o->n) continue;
        room -= cuts.n;
        for (k = 0; k < cuts.n; k++) pt_split_order(o, PSC_SPLIT_CUT, i, cuts.key[k]);
        r->used = 1;
    }
}

/* What one shard would cost less than two with these loads, in a tick; size: the price of its size. */
static double pt_saving(const psc_split *s, double a, double b, double size)
{
    return 1.0 - size - s->over * (pt_above(a + b, s->mark) - pt_above(a, s->mark) - pt_above(b, s->mark));
}

/* Price of the joint size of i and its left neighbour in a tick; negative: too large. Above the mark it is borne for a
 * while where three shards can become two. */
static double pt_joint_size(const psc_split *s, const psc_split_view *view, int64_t i)
{
    double size, next = 1e16;

    if (!view->size) return 0.0;
    size = view->size[i] + view->size[i - 1];
    if (size <= s->size) return 0.0;
    if (size > PT_LOOSE * s->size) return -1.0;
    if (i + 1 < s->n) next = view->size[i + 1];
    if (i > 1 && view->size[i - 2] < next) next = view->size[i - 2];
    return size + next <= 2.0 * PT_SNUG * s->size ? 0.0 : -1.0;
}

static int pt_may_join(const psc_split *s, const psc_split_view *view, int64_t i)
{
    const pt_range *r = &pt_ranges(s)[i], *left = r - 1;
    const double size = pt_joint_size(s, view, i);
    double saved = 0.0;
    int32_t k;

    if (view->busy && (view->busy[i] || view->busy[i - 1])) return 0;
    if (r->used || left->used || s->tick - r->made < s->settle) return 0;
    if (r->seen < PT_SPLIT_WINDOW || size < 0.0) return 0;      /* all ranges have been seen for as long */
    if (r->recent + left->recent > PT_COOL * s->mark) return 0;
    for (k = 0; k < PT_SPLIT_WINDOW; k++) saved += pt_saving(s, left->past[k], r->past[k], size);
    if (saved < PT_CREDIT * PT_SPLIT_WINDOW) return 0;
    for (saved = 0.0, k = 0; k < view->leads; k++) {
        const double *f = view->forecast + (size_t)i * (size_t)view->leads + k;
        saved += pt_saving(s, f[-view->leads], *f, size);
    }
    return saved >= 0.0;
}

static void pt_order_merges(psc_split *s, const psc_split_view *view, pt_orders *o)
{
    pt_range *r = pt_ranges(s);
    int64_t i, best;

    for (i = 1; i < s->n; i++) if (pt_may_join(s, view, i)) r[i].joint = r[i].recent + r[i - 1].recent;
    while (o->n < o->capacity) {
        for (best = 0, i = 1; i < s->n; i++) {
            if (r[i].joint < 0.0 || r[i].used || r[i - 1].used) continue;
            if (best == 0 || r[i].joint < r[best].joint) best = i;
        }
        if (best == 0) break;
        pt_split_order(o, PSC_SPLIT_MERGE, best, r[best].start);
        r[best].used = r[best - 1].used = 1;
    }
}

static psc_status pt_split_view_check(const psc_split *s, const psc_split_view *view)
{
    const size_t n = (size_t)s->n;
    size_t i;

    if (!view) return PSC_ERR_NULL;
    if (view->struct_size != sizeof *view) return PSC_ERR_VERSION;
    if (view->leads < 0 || view->leads > PSC_MAX_HORIZON) return PSC_ERR_RANGE;
    if (view->leads > 0 && !view->forecast) return PSC_ERR_NULL;
    for (i = 0; view->size && i < n; i++) {
        if (!psc__finite(&view->size[i])) return PSC_ERR_NONFINITE;
        if (view->size[i] < 0.0 || view->size[i] > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    }
    for (i = 0; i < n * (size_t)view->leads; i++) {
        if (!psc__finite(&view->forecast[i])) return PSC_ERR_NONFINITE;
        if (fabs(view->forecast[i]) > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

psc_status psc_split_tick(psc_split *split, const psc_split_view *view, psc_split_order *orders, size_t capacity,
                          size_t *count, double *load)
{
    psc_status status = pt_split(split);
    pt_orders o;
    int64_t i;

    if (status != PSC_OK) return status;
    if (!count || (capacity > 0 && !orders)) return PSC_ERR_NULL;
    if (split->n == 0) return PSC_ERR_EMPTY;
    status = pt_split_view_check(split, view);
    if (status != PSC_OK) return status;
    for (i = 0; load && i < split->n; i++) load[i] = pt_ranges(split)[i].load;
    pt_close_tick(split);
    o.order = orders;
    o.capacity = capacity;
    o.n = 0;
    pt_order_cuts(split, view, &o);
    pt_order_merges(split, view, &o);
    *count = o.n;
    return PSC_OK;
}

static int pt_range_valid(const psc__image *image, size_t at, int64_t tick, int first)
{
    const int64_t made = psc__integer(image, at + PT_RANGE_AT(made));
    const int64_t joined = psc__integer(image, at + PT_RANGE_AT(joined));
    const int64_t seen = psc__integer(image, at + PT_RANGE_AT(seen));
    const size_t words = sizeof(pt_range) / 8;
    size_t k;

    if (!first && psc__word(image, at) <= psc__word(image, at - words)) return 0;
    if (made < PT_NEVER || made > tick || joined < PT_NEVER || joined > tick) return 0;
    if (seen < 0 || seen > PT_SPLIT_WINDOW) return 0;
    if (psc__word(image, at + PT_RANGE_AT(used)) > 1) return 0;
    if (!psc__real_in(image, at + PT_RANGE_AT(joint), -1.0, 2.0 * PT_MAX_LOAD)) return 0;
    for (k = PT_RANGE_AT(load); k < words; k++)
        if (k != PT_RANGE_AT(joint) && !psc__real_in(image, at + k, 0.0, PT_MAX_LOAD)) return 0;
    return 1;
}

/* Keys rise, and so does the load below them. */
static int pt_sample_valid(const psc__image *image, size_t keys, size_t below, size_t n)
{
    size_t i;

    if (!psc__real_in(image, below, 0.0, 0.0)) return 0;
    for (i = 0; i < n; i++) {
        if (i > 0 && psc__word(image, keys + i) < psc__word(image, keys + i - 1)) return 0;
        if (!psc__real_in(image, below + i + 1, psc__real(image, below + i), 1e7 * PT_MAX_LOAD)) return 0;
    }
    return 1;
}

static int pt_slots_valid(const psc__image *image, size_t ring, int64_t room)
{
    size_t slot;
    int64_t i, kept;

    for (slot = 0; slot < PT_SLOTS; slot++, ring += (size_t)room) {
        kept = psc__integer(image, PT_SPLIT_AT(kept) + slot);
        if (kept < 0 || kept > room) return 0;
        if (!psc__real_in(image, PT_SPLIT_AT(each) + slot, 0.0, PT_MAX_LOAD)) return 0;
        if ((int64_t)slot == psc__integer(image, PT_SPLIT_AT(tick)) % PT_SLOTS) continue;   /* being filled */
        for (i = 1; i < kept; i++)
            if (psc__word(image, ring + (size_t)i) < psc__word(image, ring + (size_t)i - 1)) return 0;
    }
    return 1;
}

static int pt_split_reals(const psc__image *image)
{
    const double step = psc__real(image, PT_SPLIT_AT(step));

    return psc__real_in(image, PT_SPLIT_AT(mark), 1e-9, 1e12) && psc__real_in(image, PT_SPLIT_AT(size), 1e-9, 1e12)
           && psc__real_in(image, PT_SPLIT_AT(over), 0.0, 1e6) && psc__real_in(image, PT_SPLIT_AT(big), 0.0, 1e6)
           && psc__real_in(image, PT_SPLIT_AT(order), 0.0, 1e6) && psc__real_in(image, PT_SPLIT_AT(undo), 0.0, 1e6)
           && psc__real_in(image, PT_SPLIT_AT(sum), 0.0, PT_MAX_LOAD)
           && psc__real_in(image, PT_SPLIT_AT(step), psc__real(image, PT_SPLIT_AT(mark)) * 1e-9, PT_MAX_LOAD)
           && psc__real_in(image, PT_SPLIT_AT(point), 0.0, step * (double)((int64_t)1 << 21));
}

int psc__split_valid(const psc__image *image)
{
    const size_t words = sizeof(pt_range) / 8, base = sizeof(psc_split) / 8;
    int64_t shards, samples, n, tick, sorted, taken, i;
    size_t ring;

    if (image->words < base) return 0;
    shards = psc__integer(image, PT_SPLIT_AT(shards));
    samples = psc__integer(image, PT_SPLIT_AT(samples));
    n = psc__integer(image, PT_SPLIT_AT(n));
    tick = psc__integer(image, PT_SPLIT_AT(tick));
    sorted = psc__integer(image, PT_SPLIT_AT(sorted));
    taken = psc__integer(image, PT_SPLIT_AT(taken));
    if (!pt_split_counts(shards, samples, psc__integer(image, PT_SPLIT_AT(settle)))) return 0;
    if (image->words != pt_split_words((size_t)shards, (size_t)samples)) return 0;
    if (n < 0 || n > shards || tick < 0 || tick > PSC__COUNTS || sorted < 0 || sorted > samples) return 0;
    if (taken < 0 || taken > samples / PT_SLOTS || !pt_split_reals(image)) return 0;
    for (i = 0; i < n; i++) if (!pt_range_valid(image, base + (size_t)i * words, tick, i == 0)) return 0;
    ring = base + 2 * (size_t)shards * words;
    return pt_slots_valid(image, ring, samples / PT_SLOTS)
           && pt_sample_valid(image, ring + (size_t)samples, ring + 2 * (size_t)samples, (size_t)sorted);
}

/* ==== Echo ====================================================================================== */

#define PT_WAYS 8           /* blocks in a set: a cache line of keys                                         */
#define PT_FAST (15.0 / 16.0)       /* what is left of a fast mean after a tick: 10 to 25 ticks do as well */
#define PT_SLOW (159.0 / 160.0)     /* of a slow mean: 100 to 300 ticks do as well                           */
#define PT_BUSY 0.9         /* of a node's busy share                                                        */
#define PT_AHEAD 10.0       /* ticks that a benefit looks ahead: 7 to 15 do as well                          */
#define PT_PRESS 15.0       /* ticks of backlog that press as much as a node that is always busy; 8 to 30 do */
#define PT_SPARE 0.2        /* worth of a second place, in pressure                                          */
#define PT_LEAST 0.2        /* reads expected below which echoes go: 0.1 to 0.4 do as well                   */
#define PT_TWICE 2.0        /* a full holder changes an echo for one of so much more use, and an echo moves to so
                               much less pressure: no going back and forth                           */
#define PT_OPEN 10          /* ticks after which a copy is given up that nobody confirms                     */
#define PT_TRUST 50.0       /* reads of prior in the yield: as expected                                      */
#define PT_MEMORY 0.999     /* of the yield, a tick                                                          */
#define PT_NOTHING 1e-100   /* decayed sums below are 0                                                      */
#define PT_MAX_EPOCH (UINT64_C(1) << 62)
#define PT_MAX_RATE 1e12    /* reads a tick: no count or rate is above                                       */
#define PT_MAX_COUNT 2e14   /* decayed counts stay below: 160 times PT_MAX_RATE and a little               */
#define PT_MAX_SUM 1e18     /* sums of reads, and of ns, stop there                                          */
#define PT_LONGEST INT64_C(86400000000000)  /* a day in ns                                                   */

enum { PT_EMPTY = 0, PT_ORDERED = 1, PT_VALID = 2, PT_VOID = 3 };   /* VOID: ended, the holder does not know yet */

typedef struct pt_echo_copy {
    int64_t  node, status;
    int64_t  served;                    /* reads since it is valid; ORDERED: its age in ticks        */
    int64_t  distance;                  /* ns                                                        */
    double   promised;                  /* reads expected when it was ordered                        */
} pt_echo_copy;

/* What is known of a tracked block. Rates are decayed sums; the mean a tick is (1 - decay) times that. */
typedef struct pt_hot_block {
    uint64_t epoch;                     /* of its copies, 0: none was ordered since the last write   */
    int64_t  primary, copies;           /* copies that are not EMPTY: the first ones                 */
    int64_t  reads, writes;             /* since the last tick                                       */
    double   weight;                    /* Space-Saving's count: reads, and those of blocks it replaced */
    double   fast, slow, fast_writes, slow_writes;
    double   expected;                  /* the host's forecast, a tick                               */
    double   ahead;                     /* within a tick: reads before the next write                */
    pt_echo_copy  copy[PSC_MAX_ECHOES];
} pt_hot_block;

typedef struct pt_echo_node {
    int64_t  when;                      /* time to which `backlog` belongs                           */
    int64_t  down;
    int64_t  held;                      /* within a tick: copies that are not EMPTY                  */
    int64_t  places, domain;
    double   backlog, service;          /* ns                                                        */
    double   sent;                      /* service of what was sent there since the last tick, ns    */
    double   busy;
    double   pressure;
    int64_t  copied;                    /* within a tick: copies ordered from it                     */
    int64_t  victim;                    /* within a tick: block with its least useful echo, -1: none */
} pt_echo_node;

/* Followed by uint64_t[tracked] keys by sets, pt_hot_block[tracked], int64_t[tracked] whether the place is taken,
 * pt_echo_node[nodes], double[tracked] worth and int64_t[tracked] blocks of the heap. */
struct psc_echo {
    psc_state head;
    int64_t  nodes, tracked, echoes, copies, node_copies, interval;
    double   gain;
    uint64_t seed, epoch;
    double   promised, served;          /* by echoes that have ended, decayed                        */
    int64_t  ticks, last;               /* number of ticks; time of the last one                     */
    int64_t  waiting;                   /* in the heap                                               */
};

#define PT_ECHO_AT(field) (offsetof(struct psc_echo, field) / 8)
#define PT_BLOCK_AT(field) (offsetof(pt_hot_block, field) / 8)
#define PT_COPY_AT(field) (offsetof(pt_echo_copy, field) / 8)
#define PT_NODE_AT(field) (offsetof(pt_echo_node, field) / 8)

static uint64_t *pt_keys(const psc_echo *e) { return (uint64_t *)(uintptr_t)(e + 1); }
static pt_hot_block *pt_blocks(const psc_echo *e) { return (pt_hot_block *)(uintptr_t)(pt_keys(e) + e->tracked); }
static int64_t *pt_echo_taken(const psc_echo *e) { return (int64_t *)(uintptr_t)(pt_blocks(e) + e->tracked); }
static pt_echo_node *pt_nodes(const psc_echo *e) { return (pt_echo_node *)(uintptr_t)(pt_echo_taken(e) + e->tracked); }
static double *pt_worth(const psc_echo *e) { return (double *)(uintptr_t)(pt_nodes(e) + e->nodes); }
static int64_t *pt_heap(const psc_echo *e) { return (int64_t *)(uintptr_t)(pt_worth(e) + e->tracked); }

static uint64_t pt_echo_words(int64_t nodes, int64_t tracked)
{
    return sizeof(psc_echo) / 8 + (uint64_t)tracked * (4 + sizeof(pt_hot_block) / 8)
           + (uint64_t)nodes * (sizeof(pt_echo_node) / 8);
}

/* The numbers that a configuration and a saved state have in common. */
static int pt_echo_counts(int64_t nodes, int64_t tracked, int64_t echoes, int64_t copies, int64_t node_copies,
                          int64_t interval)
{
    return nodes >= 2 && nodes <= PSC_MAX_ECHO_NODES && tracked >= PT_WAYS && tracked <= 1 << 20
           && (tracked & (tracked - 1)) == 0 && echoes >= 1 && echoes <= PSC_MAX_ECHOES && copies >= 0
           && copies <= 1 << 20 && node_copies >= 0 && node_copies <= 1 << 20 && interval >= 1000
           && interval <= PT_LONGEST;
}

void psc_echo_default(psc_echo_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->nodes = 2;
    config->tracked = 4096;
    config->echoes = 4;
    config->copies = 16;
    config->node_copies = 4;
    config->interval_ns = INT64_C(10000000);
    config->gain = 1.5;
    config->seed = 1;
}

size_t psc_echo_size(const psc_echo_config *config)
{
    const psc_echo_config *c = config;
    uint64_t words;

    if (!c || c->struct_size != sizeof *c) return 0;
    if (!pt_echo_counts(c->nodes, c->tracked, c->echoes, c->copies, c->node_copies, c->interval_ns)) return 0;
    if (!psc__within(c->gain, 0.0, 1e6) || c->epoch > PT_MAX_EPOCH) return 0;
    words = pt_echo_words(c->nodes, c->tracked);
    return words <= SIZE_MAX / 8 ? (size_t)words * 8 : 0;
}

psc_status psc_echo_init(psc_echo *echo, size_t bytes, const psc_echo_config *config)
{
    psc_status status;
    int64_t n;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(echo, bytes, psc_echo_size(config), PSC_TYPE_ECHO);
    if (status != PSC_OK) return status;
    echo->nodes = config->nodes;
    echo->tracked = config->tracked;
    echo->echoes = config->echoes;
    echo->copies = config->copies;
    echo->node_copies = config->node_copies;
    echo->interval = config->interval_ns;
    echo->gain = config->gain;
    echo->seed = config->seed;
    echo->epoch = config->epoch;
    for (n = 0; n < echo->nodes; n++) pt_nodes(echo)[n].victim = -1;
    return PSC_OK;
}

void psc_echo_nodes_default(psc_echo_nodes *nodes)
{
    if (!nodes) return;
    memset(nodes, 0, sizeof *nodes);
    nodes->struct_size = (uint32_t)sizeof *nodes;
}

/* A state whose sizes fit each other. Its blocks and nodes are as the library left them or psc_load let them in. */
static psc_status pt_echo(const psc_echo *e)
{
    const psc_status status = psc__state(e, PSC_TYPE_ECHO);

    if (status != PSC_OK) return status;
    if (!pt_echo_counts(e->nodes, e->tracked, e->echoes, e->copies, e->node_copies, e->interval)
        || e->head.words != pt_echo_words(e->nodes, e->tracked))
        return PSC_ERR_STATE;
    return PSC_OK;
}

/* First place of the set of a block. */
static int64_t pt_set_of(uint64_t seed, int64_t tracked, uint64_t block)
{
    uint64_t z = block ^ seed;

    return (int64_t)(psc__random(&z) & (uint64_t)(tracked - 1)) & ~(int64_t)(PT_WAYS - 1);
}

/* Place of a block, -1: not tracked. */
static int64_t pt_find_block(const psc_echo *e, uint64_t block)
{
    const int64_t first = pt_set_of(e->seed, e->tracked, block);
    const uint64_t *keys = pt_keys(e) + first;
    int64_t i;

    for (i = 0; i < PT_WAYS; i++) if (keys[i] == block && pt_echo_taken(e)[first + i]) return first + i;
    return -1;
}

static double pt_least(double a, double b) { return a < b ? a : b; }
static double pt_most(double a, double b) { return a > b ? a : b; }

static double pt_heft(const pt_hot_block *b) { return b->weight + (double)b->reads; }

/* A place for a block that is not tracked: a free one, or that of the lightest block of its set without a copy, whose
 * weight it takes over. -1: all have copies. */
static int64_t pt_take_block(psc_echo *e, uint64_t block, int64_t primary)
{
    const int64_t first = pt_set_of(e->seed, e->tracked, block);
    pt_hot_block *b = pt_blocks(e);
    int64_t i, at = -1;
    double weight;

    for (i = first; i < first + PT_WAYS; i++) {
        if (!pt_echo_taken(e)[i]) {
            at = i;
            break;
        }
        if (b[i].copies == 0 && (at < 0 || pt_heft(&b[i]) < pt_heft(&b[at]))) at = i;
    }
    if (at < 0) return -1;
    weight = pt_echo_taken(e)[at] ? pt_least(pt_heft(&b[at]), PT_MAX_COUNT) : 0.0;
    memset(&b[at], 0, sizeof b[at]);
    b[at].weight = weight;
    b[at].primary = primary;
    pt_keys(e)[at] = block;
    pt_echo_taken(e)[at] = 1;
    return at;
}

/* What an echo has served, against what was expected of it. */
static void pt_settle_copy(psc_echo *e, const pt_echo_copy *c)
{
    if (c->status == PT_VALID) {
        e->promised = pt_least(e->promised + c->promised, PT_MAX_SUM);
        e->served = pt_least(e->served + (double)c->served, PT_MAX_SUM);
    }
}

/* All echoes of a block have ended. Their places are taken until the next tick orders them dropped. */
static void pt_void_copies(psc_echo *e, pt_hot_block *b)
{
    int64_t k;

    for (k = 0; k < b->copies; k++) {
        pt_settle_copy(e, &b->copy[k]);
        b->copy[k].status = PT_VOID;
    }
    b->epoch = 0;
}

/* Time to serve what waits at a node, at a time; what was sent there is in it. */
static double pt_backlog(const pt_echo_node *n, int64_t now)
{
    const double since = now > n->when ? (double)((uint64_t)now - (uint64_t)n->when) : 0.0;

    return n->backlog > since ? n->backlog - since : 0.0;
}

static void pt_echo_send(pt_echo_node *n, int64_t now)
{
    n->backlog = pt_least(pt_backlog(n, now) + n->service, PT_MAX_SUM);
    if (now > n->when) n->when = now;
    n->sent = pt_least(n->sent + n->service, PT_MAX_SUM);
}

static void pt_one_more(int64_t *count)
{
    if (*count < (int64_t)PT_MAX_RATE) ++*count;
}

/* The place of a block at an access; a primary that has changed ends its echoes. */
static pt_hot_block *pt_access(psc_echo *e, uint64_t block, int64_t primary, int take)
{
    int64_t at = pt_find_block(e, block);
    pt_hot_block *b;

    if (at < 0 && take) at = pt_take_block(e, block, primary);
    if (at < 0) return NULL;
    b = &pt_blocks(e)[at];
    if (b->primary != primary) {
        pt_void_copies(e, b);
        b->primary = primary;
    }
    return b;
}

/* The valid echo that serves a read first, -1: the primary does. */
static int64_t pt_quickest(const psc_echo *e, const pt_hot_block *b, int64_t primary, int64_t now)
{
    const pt_echo_node *n = &pt_nodes(e)[primary];
    double least = pt_backlog(n, now) + n->service, x;
    int64_t k, best = -1;
    int dead = n->down != 0;

    for (k = 0; k < b->copies; k++) {
        const pt_echo_copy *c = &b->copy[k];
        if (c->status != PT_VALID) continue;
        n = &pt_nodes(e)[c->node];
        if (n->down) continue;
        x = pt_backlog(n, now) + n->service + (double)c->distance;
        if (!dead && x >= least) continue;
        dead = 0;
        least = x;
        best = k;
    }
    return best;
}

psc_status psc_echo_read(psc_echo *echo, uint64_t block, int32_t primary, int64_t now, psc_echo_route *route)
{
    const psc_status status = pt_echo(echo);
    int64_t k = -1;
    pt_hot_block *b;

    if (status != PSC_OK) return status;
    if (!route) return PSC_ERR_NULL;
    if (primary < 0 || primary >= echo->nodes) return PSC_ERR_RANGE;
    b = pt_access(echo, block, primary, 1);
    if (b) {
        pt_one_more(&b->reads);
        k = pt_quickest(echo, b, primary, now);
    }
    route->epoch = k < 0 ? 0 : b->epoch;
    route->node = k < 0 ? primary : (int32_t)b->copy[k].node;
    route->echo = k >= 0;
    if (k >= 0) pt_one_more(&b->copy[k].served);
    pt_echo_send(&pt_nodes(echo)[route->node], now);
    return PSC_OK;
}

psc_status psc_echo_write(psc_echo *echo, uint64_t block, int32_t primary, int64_t now, uint64_t *epoch)
{
    const psc_status status = pt_echo(echo);
    pt_hot_block *b;

    if (status != PSC_OK) return status;
    if (!epoch) return PSC_ERR_NULL;
    if (primary < 0 || primary >= echo->nodes || echo->epoch >= PT_MAX_EPOCH) return PSC_ERR_RANGE;
    b = pt_access(echo, block, primary, 0);
    if (b) {
        pt_one_more(&b->writes);
        pt_void_copies(echo, b);
    }
    pt_echo_send(&pt_nodes(echo)[primary], now);
    *epoch = ++echo->epoch;
    return PSC_OK;
}

psc_status psc_echo_expect(psc_echo *echo, uint64_t block, double reads)
{
    const psc_status status = pt_echo(echo);
    int64_t at;

    if (status != PSC_OK) return status;
    if (!psc__finite(&reads)) return PSC_ERR_NONFINITE;
    if (reads < 0.0 || reads > PT_MAX_RATE) return PSC_ERR_RANGE;
    at = pt_find_block(echo, block);
    if (at < 0) return PSC_ERR_EMPTY;
    pt_blocks(echo)[at].expected = reads;
    return PSC_OK;
}

/* The copy of a block at a node; NULL: it has none there. */
static pt_echo_copy *pt_copy_at(const psc_echo *e, uint64_t block, int32_t node)
{
    const int64_t at = pt_find_block(e, block);
    int64_t k;

    if (at < 0) return NULL;
    for (k = 0; k < pt_blocks(e)[at].copies; k++)
        if (pt_blocks(e)[at].copy[k].node == node) return &pt_blocks(e)[at].copy[k];
    return NULL;
}

psc_status psc_echo_confirm(psc_echo *echo, uint64_t block, int32_t node, uint64_t epoch)
{
    const psc_status status = pt_echo(echo);
    pt_echo_copy *c;

    if (status != PSC_OK) return status;
    c = pt_copy_at(echo, block, node);
    if (!c || c->status != PT_ORDERED || pt_blocks(echo)[pt_find_block(echo, block)].epoch != epoch)
        return PSC_ERR_STALE;
    c->status = PT_VALID;
    c->served = 0;
    return PSC_OK;
}

psc_status psc_echo_lost(psc_echo *echo, uint64_t block, int32_t node)
{
    const psc_status status = pt_echo(echo);
    pt_echo_copy *c;

    if (status != PSC_OK) return status;
    c = pt_copy_at(echo, block, node);
    if (c) {
        pt_settle_copy(echo, c);
        c->status = PT_VOID;
    }
    return PSC_OK;
}

psc_status psc_echo_restart(psc_echo *echo, uint64_t epoch)
{
    const psc_status status = pt_echo(echo);
    int64_t i;

    if (status != PSC_OK) return status;
    if (epoch > PT_MAX_EPOCH) return PSC_ERR_RANGE;
    for (i = 0; i < echo->tracked; i++) pt_void_copies(echo, &pt_blocks(echo)[i]);
    if (epoch > echo->epoch) echo->epoch = epoch;
    return PSC_OK;
}

int32_t psc_echo_primary(uint64_t *seen, int32_t message, uint64_t epoch)
{
    if (!seen) return PSC_ERR_NULL;
    if (message == PSC_ECHO_READ) return 1;
    if (message != PSC_ECHO_WRITE && message != PSC_ECHO_COPY) return PSC_ERR_RANGE;
    if (epoch < *seen) return 0;
    *seen = epoch;
    return 1;
}

int32_t psc_echo_holder(uint64_t *held, int32_t message, uint64_t epoch)
{
    if (!held) return PSC_ERR_NULL;
    switch (message) {
    case PSC_ECHO_READ: return epoch != 0 && *held == epoch;
    case PSC_ECHO_COPY:
        if (epoch == 0 || epoch < *held) return 0;
        *held = epoch;
        return 1;
    case PSC_ECHO_DROP:
        if (*held == 0 || *held > epoch) return 0;
        *held = 0;
        return 1;
    default: return PSC_ERR_RANGE;
    }
}

/* ==== Echoes ordered and dropped ================================================================ */

typedef struct pt_echo_orders {
    psc_echo_order *order;
    size_t capacity, n;
} pt_echo_orders;

static void pt_echo_order(const psc_echo *e, pt_echo_orders *o, int32_t kind, int64_t block, int64_t node,
                          uint64_t epoch)
{
    psc_echo_order *order = &o->order[o->n++];

    order->block = pt_keys(e)[block];
    order->epoch = epoch;
    order->kind = kind;
    order->primary = (int32_t)pt_blocks(e)[block].primary;
    order->node = (int32_t)node;
    order->reserved = 0;
}

/* The copy ends, its place is free. A drop bears the newest epoch: whatever the holder has of the block by now is not
 * wanted. */
static void pt_drop_copy(psc_echo *e, pt_echo_orders *o, int64_t block, int64_t k)
{
    pt_hot_block *b = &pt_blocks(e)[block];
    pt_echo_node *n = &pt_nodes(e)[b->copy[k].node];

    pt_echo_order(e, o, PSC_ECHO_DROP, block, b->copy[k].node, b->epoch > 0 ? b->epoch : e->epoch);
    pt_settle_copy(e, &b->copy[k]);
    n->held--;
    if (n->victim == block) n->victim = -1;
    b->copies--;
    memmove(&b->copy[k], &b->copy[k + 1], (size_t)(b->copies - k) * sizeof(pt_echo_copy));
    memset(&b->copy[b->copies], 0, sizeof(pt_echo_copy));
}

/* Backlogs of the nodes, and their pressure. */
static void pt_echo_load(psc_echo *e, const psc_echo_nodes *nodes, int64_t now)
{
    const double since = e->ticks > 0 && now > e->last ? (double)((uint64_t)now - (uint64_t)e->last) : 0.0;
    int64_t i;

    for (i = 0; i < e->nodes; i++) {
        pt_echo_node *n = &pt_nodes(e)[i];
        if (since > 0.0) {
            const double share = n->sent / since;
            n->busy = PT_BUSY * n->busy + (1.0 - PT_BUSY) * (share < 1e3 ? share : 1e3);
            if (n->busy < PT_NOTHING) n->busy = 0.0;
        }
        n->sent = 0.0;
        n->down = nodes->backlog_ns[i] < 0;
        n->backlog = n->down ? 0.0 : (double)nodes->backlog_ns[i];
        n->when = now;
        n->service = (double)nodes->service_ns[i];
        n->places = nodes->places[i];
        n->domain = nodes->domain ? nodes->domain[i] : i;
        n->pressure = n->busy + n->backlog / (PT_PRESS * (double)e->interval);
        n->copied = n->held = 0;
        n->victim = -1;
    }
}

/* A decayed sum a tick later. Below PT_NOTHING it is 0: it must not become denormal, with which some machines are a
 * hundred times slower. */
static double pt_faded(double sum, double left, int64_t more)
{
    const double x = left * sum + (double)more;

    return x < PT_NOTHING ? 0.0 : x;
}

/* A tick's counts into the rates. */
static void pt_fold(pt_hot_block *b)
{
    b->fast = pt_faded(b->fast, PT_FAST, b->reads);
    b->slow = pt_faded(b->slow, PT_SLOW, b->reads);
    b->weight = pt_faded(b->weight, PT_SLOW, b->reads);
    b->fast_writes = pt_faded(b->fast_writes, PT_FAST, b->writes);
    b->slow_writes = pt_faded(b->slow_writes, PT_SLOW, b->writes);
    b->expected = pt_faded(b->expected, PT_SLOW, 0);
    b->reads = b->writes = 0;
}

/* Reads of a block in the next ticks, before a write ends its echoes. */
static double pt_reads_ahead(const pt_hot_block *b)
{
    const double seen = pt_most((1.0 - PT_FAST) * b->fast, (1.0 - PT_SLOW) * b->slow);
    const double writes = pt_most((1.0 - PT_FAST) * b->fast_writes, (1.0 - PT_SLOW) * b->slow_writes);
    const double reads = pt_most(seen, b->expected), x = PT_AHEAD * writes;

    return x > 1e-9 ? -reads * psc__expm1(-x) / writes : reads * PT_AHEAD;
}

/* Reads that each echo of a block that has some will serve. */
static double pt_use_of(const pt_hot_block *b) { return b->ahead / (double)b->copies; }

/* Copies that ended, were never confirmed, or serve a block that went cold. */
static void pt_drop_ended(psc_echo *e, pt_echo_orders *o, int64_t i)
{
    pt_hot_block *b = &pt_blocks(e)[i];
    int64_t k;

    for (k = 0; k < b->copies; k++) {
        pt_echo_copy *c = &b->copy[k];
        if (c->status == PT_ORDERED && ++c->served > PT_OPEN) c->status = PT_VOID;
        if (c->status != PT_VOID && b->ahead >= PT_LEAST) continue;
        if (o->n == o->capacity) continue;
        pt_drop_copy(e, o, i, k--);
    }
}

/* Each node's echo of the block with the least use of an echo. */
static void pt_find_victims(psc_echo *e, int64_t i)
{
    const pt_hot_block *b = &pt_blocks(e)[i];
    int64_t k;

    for (k = 0; k < b->copies; k++) {
        pt_echo_node *n = &pt_nodes(e)[b->copy[k].node];
        if (n->victim < 0 || pt_use_of(b) < pt_use_of(&pt_blocks(e)[n->victim])) n->victim = i;
    }
}

/* Least pressure of the places that a block can be read from; -1: its primary is down. */
static double pt_echo_relief(const psc_echo *e, const pt_hot_block *b)
{
    const pt_echo_node *n = pt_nodes(e);
    double least = n[b->primary].pressure;
    int64_t k;

    if (n[b->primary].down) return -1.0;
    for (k = 0; k < b->copies; k++) {
        const pt_echo_node *at = &n[b->copy[k].node];
        if (b->copy[k].status != PT_VOID && !at->down && at->pressure < least) least = at->pressure;
    }
    return least;
}

/* Whether a node is in a failure domain that the block is not in yet; -1: it has the block, or cannot take it. */
static int pt_fresh(const psc_echo *e, const pt_hot_block *b, int64_t node)
{
    const pt_echo_node *n = pt_nodes(e);
    int fresh = n[node].domain != n[b->primary].domain;
    int64_t k;

    if (node == b->primary || n[node].down) return -1;
    for (k = 0; k < b->copies; k++) {
        if (b->copy[k].node == node) return -1;
        if (n[b->copy[k].node].domain == n[node].domain) fresh = 0;
    }
    if (n[node].held < n[node].places) return fresh;
    if (n[node].places == 0 || n[node].victim < 0) return -1;
    if (pt_use_of(&pt_blocks(e)[n[node].victim]) * PT_TWICE > b->ahead / ((double)b->copies + 1.0)) return -1;
    return fresh;
}

static int64_t pt_distance_to(const psc_echo *e, const psc_echo_nodes *nodes, int64_t from, int64_t to)
{
    return nodes->distance_ns ? nodes->distance_ns[from * e->nodes + to] : 0;
}

/* The best holder for one more echo of a block, -1: none; *pull: its pressure, distance included. */
static int64_t pt_holder_for(const psc_echo *e, const psc_echo_nodes *nodes, const pt_hot_block *b, double *pull)
{
    int64_t i, best = -1;
    int best_fresh = 0;

    for (i = 0; i < e->nodes; i++) {
        const int fresh = pt_fresh(e, b, i);
        const int64_t distance = pt_distance_to(e, nodes, b->primary, i);
        double x;
        if (fresh < 0 || fresh < best_fresh) continue;
        x = pt_nodes(e)[i].pressure + (double)distance / (PT_PRESS * (double)e->interval);
        if (best >= 0 && fresh == best_fresh && x >= *pull) continue;
        best = i;
        best_fresh = fresh;
        *pull = x;
    }
    return best;
}

static double pt_yield(const psc_echo *e)
{
    const double y = (PT_TRUST + e->served) / (PT_TRUST + e->promised);

    return y < 1.0 ? y : 1.0;
}

/* The copy of a block under the highest pressure that is not just being made; -1: none. */
static int64_t pt_worst_copy(const psc_echo *e, const pt_hot_block *b)
{
    const pt_echo_node *n = pt_nodes(e);
    int64_t k, worst = -1;

    for (k = 0; k < b->copies; k++) {
        if (b->copy[k].status == PT_ORDERED) continue;
        if (worst < 0 || n[b->copy[k].node].pressure > n[b->copy[worst].node].pressure) worst = k;
    }
    return worst;
}

/* Share of a node's time that reads of a block take where each of its echoes serves as many. */
static double pt_own_load(const psc_echo *e, const pt_hot_block *b)
{
    return pt_use_of(b) / PT_AHEAD * pt_nodes(e)[b->primary].service / (double)e->interval;
}

/* What one more echo is worth where the least pressure so far is `relief` and the new one's is `pull`. A block that
 * has all its echoes can only move one; the load goes along, and the pressure must halve. */
static double pt_worth_of(const psc_echo *e, const pt_hot_block *b, double relief, double pull)
{
    const double reads = pt_yield(e) * b->ahead;

    if (b->copies < e->echoes) return reads * (relief - pull + PT_SPARE);
    return pt_worst_copy(e, b) < 0 ? 0.0 : reads * (relief - PT_TWICE * (pull + pt_own_load(e, b)));
}

/* a before b in the heap: worth more, or the lower place. */
static int pt_worth_more(const psc_echo *e, int64_t a, int64_t b)
{
    const double x = pt_worth(e)[a], y = pt_worth(e)[b];

    return x > y || (x == y && a < b);
}

static void pt_heap_down(psc_echo *e, int64_t i)
{
    int64_t *heap = pt_heap(e);
    const int64_t x = heap[i];

    while (2 * i + 1 < e->waiting) {
        int64_t child = 2 * i + 1;
        if (child + 1 < e->waiting && pt_worth_more(e, heap[child + 1], heap[child])) child++;
        if (!pt_worth_more(e, heap[child], x)) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = x;
}

static void pt_heap_pop(psc_echo *e)
{
    pt_heap(e)[0] = pt_heap(e)[--e->waiting];
    if (e->waiting > 0) pt_heap_down(e, 0);
}

/* Blocks that could be worth an echo on the node under the least pressure. */
static void pt_heap_fill(psc_echo *e)
{
    double least = 1e300;
    int64_t i;

    for (i = 0; i < e->nodes; i++)
        if (!pt_nodes(e)[i].down && pt_nodes(e)[i].pressure < least) least = pt_nodes(e)[i].pressure;
    e->waiting = 0;
    for (i = 0; i < e->tracked; i++) {
        const pt_hot_block *b = &pt_blocks(e)[i];
        double relief;
        if (!pt_echo_taken(e)[i] || b->ahead < PT_LEAST) continue;
        relief = pt_echo_relief(e, b);
        if (relief < 0.0) continue;
        pt_worth(e)[i] = pt_worth_of(e, b, relief, least);
        if (pt_worth(e)[i] > e->gain) pt_heap(e)[e->waiting++] = i;
    }
    for (i = e->waiting / 2; i-- > 0;) pt_heap_down(e, i);
}

/* Makes room at a holder that is full. */
static void pt_evict(psc_echo *e, pt_echo_orders *o, int64_t node)
{
    pt_echo_node *n = &pt_nodes(e)[node];
    const int64_t block = n->victim;
    int64_t k = 0;

    while (pt_blocks(e)[block].copy[k].node != node) k++;
    pt_drop_copy(e, o, block, k);
    n->victim = -1;
}

/* Orders an echo: what it costs and what it takes over shows in the pressures at once. */
static void pt_order_copy(psc_echo *e, const psc_echo_nodes *nodes, pt_echo_orders *o, int64_t block, int64_t node,
                          int64_t now)
{
    pt_hot_block *b = &pt_blocks(e)[block];
    pt_echo_node *from = &pt_nodes(e)[b->primary], *to = &pt_nodes(e)[node];
    const double span = (double)e->interval;
    double moved;
    pt_echo_copy *c;

    if (b->copies == e->echoes) pt_drop_copy(e, o, block, pt_worst_copy(e, b));
    if (to->held >= to->places) pt_evict(e, o, node);
    if (b->epoch == 0) b->epoch = ++e->epoch;
    pt_echo_order(e, o, PSC_ECHO_COPY, block, node, b->epoch);
    c = &b->copy[b->copies++];
    c->node = node;
    c->status = PT_ORDERED;
    c->served = 0;
    c->distance = pt_distance_to(e, nodes, b->primary, node);
    c->promised = b->ahead / ((double)b->copies + 1.0);
    moved = b->ahead / PT_AHEAD * from->service / span / ((double)b->copies + 1.0);
    from->pressure = pt_most(from->pressure - moved, 0.0);
    to->pressure += moved + to->service / (PT_PRESS * span);
    to->held++;
    from->copied++;
    pt_echo_send(from, now);
    pt_echo_send(to, now);
}

/* Orders copies, best first. Worths in the heap are those last seen and mostly too high, as pressures only even out:
 * the one in front is looked at again, and ordered if it still is in front. */
static void pt_order_copies(psc_echo *e, const psc_echo_nodes *nodes, pt_echo_orders *o, int64_t now)
{
    int64_t left = e->copies;

    pt_heap_fill(e);
    while (e->waiting > 0 && left > 0 && o->capacity - o->n >= 3 && e->epoch < PT_MAX_EPOCH) {
        const int64_t i = pt_heap(e)[0];
        pt_hot_block *b = &pt_blocks(e)[i];
        const double before = pt_worth(e)[i];
        double pull = 0.0;
        const int64_t node = pt_nodes(e)[b->primary].copied < e->node_copies ? pt_holder_for(e, nodes, b, &pull) : -1;
        pt_worth(e)[i] = node < 0 ? 0.0 : pt_worth_of(e, b, pt_echo_relief(e, b), pull);
        if (pt_worth(e)[i] <= e->gain) {
            pt_heap_pop(e);
        } else if (pt_worth(e)[i] < before) {
            pt_heap_down(e, 0);
        } else {
            pt_order_copy(e, nodes, o, i, node, now);
            left--;
            pt_heap_down(e, 0);
        }
    }
    e->waiting = 0;
}

static psc_status pt_echo_nodes_check(const psc_echo *e, const psc_echo_nodes *nodes)
{
    const size_t n = (size_t)e->nodes;
    size_t i;

    if (!nodes) return PSC_ERR_NULL;
    if (nodes->struct_size != sizeof *nodes) return PSC_ERR_VERSION;
    if (!nodes->backlog_ns || !nodes->service_ns || !nodes->places) return PSC_ERR_NULL;
    for (i = 0; i < n; i++) {
        if (nodes->backlog_ns[i] < -1 || nodes->backlog_ns[i] > PT_LONGEST) return PSC_ERR_RANGE;
        if (nodes->service_ns[i] < 1 || nodes->service_ns[i] > PT_LONGEST || nodes->places[i] < 0) return PSC_ERR_RANGE;
    }
    return pt_first_wrong(nodes->distance_ns, n * n, PT_LONGEST) == n * n ? PSC_OK : PSC_ERR_RANGE;
}

psc_status psc_echo_tick(psc_echo *echo, const psc_echo_nodes *nodes, int64_t now, psc_echo_order *orders,
                         size_t capacity, size_t *count)
{
    psc_status status = pt_echo(echo);
    pt_echo_orders o;
    int64_t i, k;

    if (status != PSC_OK) return status;
    if (!count || (capacity > 0 && !orders)) return PSC_ERR_NULL;
    status = pt_echo_nodes_check(echo, nodes);
    if (status != PSC_OK) return status;
    o.order = orders;
    o.capacity = capacity;
    o.n = 0;
    pt_echo_load(echo, nodes, now);
    for (i = 0; i < echo->tracked; i++) {
        pt_hot_block *b = &pt_blocks(echo)[i];
        if (!pt_echo_taken(echo)[i]) continue;
        pt_fold(b);
        b->ahead = pt_reads_ahead(b);
        for (k = 0; k < b->copies; k++) pt_nodes(echo)[b->copy[k].node].held++;
        pt_drop_ended(echo, &o, i);
        pt_find_victims(echo, i);
    }
    pt_order_copies(echo, nodes, &o, now);
    echo->promised *= PT_MEMORY;
    echo->served *= PT_MEMORY;
    echo->last = now;
    psc__count(&echo->ticks);
    *count = o.n;
    return PSC_OK;
}

/* a before b in a list of the hottest. */
static int pt_read_more(const psc_echo_block *a, const psc_echo_block *b)
{
    return a->reads > b->reads || (a->reads == b->reads && a->block < b->block);
}

static psc_echo_block pt_show(const psc_echo *e, int64_t i)
{
    const pt_hot_block *b = &pt_blocks(e)[i];
    psc_echo_block out;
    int64_t k;

    out.block = pt_keys(e)[i];
    out.reads = (1.0 - PT_SLOW) * b->slow;
    out.weight = (1.0 - PT_SLOW) * b->weight;
    out.writes = (1.0 - PT_SLOW) * b->slow_writes;
    out.primary = (int32_t)b->primary;
    out.echoes = 0;
    for (k = 0; k < b->copies; k++)
        if (b->copy[k].status == PT_VALID) out.node[out.echoes++] = (int32_t)b->copy[k].node;
    for (k = out.echoes; k < PSC_MAX_ECHOES; k++) out.node[k] = -1;
    return out;
}

psc_status psc_echo_hot(const psc_echo *echo, psc_echo_block *blocks, size_t capacity, size_t *count)
{
    const psc_status status = pt_echo(echo);
    size_t n = 0, k;
    int64_t i;

    if (status != PSC_OK) return status;
    if (!count || (capacity > 0 && !blocks)) return PSC_ERR_NULL;
    for (i = 0; i < echo->tracked; i++) {
        psc_echo_block b;
        if (!pt_echo_taken(echo)[i]) continue;
        b = pt_show(echo, i);
        if (n == capacity && (n == 0 || !pt_read_more(&b, &blocks[n - 1]))) continue;
        for (k = n < capacity ? n++ : n - 1; k > 0 && pt_read_more(&b, &blocks[k - 1]); k--) blocks[k] = blocks[k - 1];
        blocks[k] = b;
    }
    *count = n;
    return PSC_OK;
}

static int pt_copy_valid(const psc__image *image, size_t at, int64_t nodes)
{
    const int64_t node = psc__integer(image, at + PT_COPY_AT(node));
    const int64_t status = psc__integer(image, at + PT_COPY_AT(status));
    const int64_t served = psc__integer(image, at + PT_COPY_AT(served));
    const int64_t distance = psc__integer(image, at + PT_COPY_AT(distance));

    return node >= 0 && node < nodes && status >= PT_ORDERED && status <= PT_VOID && served >= 0
           && served <= (int64_t)PT_MAX_RATE && distance >= 0 && distance <= PT_LONGEST
           && psc__real_in(image, at + PT_COPY_AT(promised), 0.0, PT_MAX_COUNT * PT_AHEAD);
}

/* Copies are on different nodes, and ended if they have no epoch. */
static int pt_block_valid(const psc__image *image, size_t at, int64_t nodes, int64_t echoes)
{
    const int64_t copies = psc__integer(image, at + PT_BLOCK_AT(copies));
    const int64_t primary = psc__integer(image, at + PT_BLOCK_AT(primary));
    const size_t copy = at + PT_BLOCK_AT(copy), words = sizeof(pt_echo_copy) / 8;
    int64_t i, k;
    size_t w;

    if (copies < 0 || copies > echoes || primary < 0 || primary >= nodes) return 0;
    if (psc__word(image, at) > psc__word(image, PT_ECHO_AT(epoch))) return 0;
    for (w = PT_BLOCK_AT(reads); w <= PT_BLOCK_AT(writes); w++)
        if (psc__word(image, at + w) > (uint64_t)PT_MAX_RATE) return 0;
    for (w = PT_BLOCK_AT(weight); w <= PT_BLOCK_AT(ahead); w++)
        if (!psc__real_in(image, at + w, 0.0, PT_MAX_COUNT * (w == PT_BLOCK_AT(ahead) ? PT_AHEAD : 1.0))) return 0;
    if (!psc__real_in(image, at + PT_BLOCK_AT(expected), 0.0, PT_MAX_RATE)) return 0;
    for (k = 0; k < copies; k++) {
        if (!pt_copy_valid(image, copy + (size_t)k * words, nodes)) return 0;
        if (psc__word(image, at) == 0 && psc__integer(image, copy + (size_t)k * words + PT_COPY_AT(status)) != PT_VOID)
            return 0;
        for (i = 0; i < k; i++)
            if (psc__word(image, copy + (size_t)k * words) == psc__word(image, copy + (size_t)i * words)) return 0;
    }
    return 1;
}

static int pt_node_valid(const psc__image *image, size_t at, int64_t tracked)
{
    const int64_t places = psc__integer(image, at + PT_NODE_AT(places));
    const int64_t victim = psc__integer(image, at + PT_NODE_AT(victim));

    return psc__word(image, at + PT_NODE_AT(down)) <= 1 && psc__word(image, at + PT_NODE_AT(copied)) <= 1 << 20
           && psc__word(image, at + PT_NODE_AT(held)) <= (uint64_t)(tracked * PSC_MAX_ECHOES)
           && places >= 0 && places <= INT32_MAX && victim >= -1 && victim < tracked
           && psc__real_in(image, at + PT_NODE_AT(backlog), 0.0, PT_MAX_SUM)
           && psc__real_in(image, at + PT_NODE_AT(service), 0.0, (double)PT_LONGEST)
           && psc__real_in(image, at + PT_NODE_AT(sent), 0.0, PT_MAX_SUM)
           && psc__real_in(image, at + PT_NODE_AT(busy), 0.0, 1e3)
           && psc__real_in(image, at + PT_NODE_AT(pressure), 0.0, 1e32);
}

/* The block at place i is in the set that its key belongs to, once. */
static int pt_key_valid(const psc__image *image, size_t keys, size_t flags, int64_t tracked, int64_t i)
{
    const uint64_t key = psc__word(image, keys + (size_t)i);
    int64_t k = pt_set_of(psc__word(image, PT_ECHO_AT(seed)), tracked, key);

    if (i < k || i >= k + PT_WAYS) return 0;
    for (; k < i; k++)
        if (psc__word(image, keys + (size_t)k) == key && psc__word(image, flags + (size_t)k) != 0) return 0;
    return 1;
}

int psc__echo_valid(const psc__image *image)
{
    const size_t base = sizeof(psc_echo) / 8, words = sizeof(pt_hot_block) / 8;
    int64_t nodes, tracked, echoes, i, taken;
    size_t blocks, flags, node;

    if (image->words < base) return 0;
    nodes = psc__integer(image, PT_ECHO_AT(nodes));
    tracked = psc__integer(image, PT_ECHO_AT(tracked));
    echoes = psc__integer(image, PT_ECHO_AT(echoes));
    if (!pt_echo_counts(nodes, tracked, echoes, psc__integer(image, PT_ECHO_AT(copies)),
                        psc__integer(image, PT_ECHO_AT(node_copies)), psc__integer(image, PT_ECHO_AT(interval))))
        return 0;
    if (image->words != pt_echo_words(nodes, tracked) || !psc__real_in(image, PT_ECHO_AT(gain), 0.0, 1e6)) return 0;
    if (psc__word(image, PT_ECHO_AT(epoch)) > PT_MAX_EPOCH || psc__word(image, PT_ECHO_AT(waiting)) != 0) return 0;
    if (!psc__real_in(image, PT_ECHO_AT(promised), 0.0, PT_MAX_SUM)
        || !psc__real_in(image, PT_ECHO_AT(served), 0.0, PT_MAX_SUM)
        || psc__word(image, PT_ECHO_AT(ticks)) > (uint64_t)PSC__COUNTS)
        return 0;
    blocks = base + (size_t)tracked;
    flags = blocks + (size_t)tracked * words;
    node = flags + (size_t)tracked;
    for (i = 0; i < tracked; i++) {
        taken = psc__integer(image, flags + (size_t)i);
        if (taken < 0 || taken > 1 || !pt_block_valid(image, blocks + (size_t)i * words, nodes, echoes)) return 0;
        if (!taken && psc__integer(image, blocks + (size_t)i * words + PT_BLOCK_AT(copies)) != 0) return 0;
        if (taken && !pt_key_valid(image, base, flags, tracked, i)) return 0;
    }
    for (i = 0; i < nodes; i++)
        if (!pt_node_valid(image, node + (size_t)i * (sizeof(pt_echo_node) / 8), tracked)) return 0;
    return 1;
}

/* ==== Map ======================================================================================= */

#define PT_MAX_HELD (1 << 24)       /* echoes of a map */
#define PT_MAX_VERSION (UINT64_C(1) << 62)

/* Followed by int64_t[partitions] node of each; uint64_t[areas] first keys, rising from 0, int64_t[areas] their
 * partitions; uint64_t[echoes] blocks, int64_t[echoes] nodes, rising by block, then by node, uint64_t[echoes] epochs.
 * */
struct psc_map {
    psc_state head;
    int64_t  partitions, areas, echoes;     /* capacities                                            */
    int64_t  cut, held;                     /* areas and echoes that there are                       */
    uint64_t version;
};

#define PT_MAP_AT(field) (offsetof(struct psc_map, field) / 8)

static int64_t *pt_homes(const psc_map *m) { return (int64_t *)(uintptr_t)(m + 1); }
static uint64_t *pt_starts(const psc_map *m) { return (uint64_t *)(uintptr_t)(pt_homes(m) + m->partitions); }
static int64_t *pt_owners(const psc_map *m) { return (int64_t *)(uintptr_t)(pt_starts(m) + m->areas); }
static uint64_t *pt_held_blocks(const psc_map *m) { return (uint64_t *)(uintptr_t)(pt_owners(m) + m->areas); }
static int64_t *pt_held_nodes(const psc_map *m) { return (int64_t *)(uintptr_t)(pt_held_blocks(m) + m->echoes); }
static uint64_t *pt_held_epochs(const psc_map *m) { return (uint64_t *)(uintptr_t)(pt_held_nodes(m) + m->echoes); }

static uint64_t pt_map_words(int64_t partitions, int64_t areas, int64_t echoes)
{
    return sizeof(psc_map) / 8 + (uint64_t)partitions + 2 * (uint64_t)areas + 3 * (uint64_t)echoes;
}

static int pt_map_counts(int64_t partitions, int64_t areas, int64_t echoes)
{
    return partitions >= 1 && partitions <= PSC_MAX_RANGES && areas >= 1 && areas <= PSC_MAX_RANGES && echoes >= 0
           && echoes <= PT_MAX_HELD;
}

void psc_map_default(psc_map_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->partitions = 1;
    config->areas = 1;
}

size_t psc_map_size(const psc_map_config *config)
{
    uint64_t words;

    if (!config || config->struct_size != sizeof *config) return 0;
    if (!pt_map_counts(config->partitions, config->areas, config->echoes)) return 0;
    words = pt_map_words(config->partitions, config->areas, config->echoes);
    return words <= SIZE_MAX / 8 ? (size_t)words * 8 : 0;
}

psc_status psc_map_init(psc_map *map, size_t bytes, const psc_map_config *config)
{
    psc_status status;
    int64_t i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(map, bytes, psc_map_size(config), PSC_TYPE_MAP);
    if (status != PSC_OK) return status;
    map->partitions = config->partitions;
    map->areas = config->areas;
    map->echoes = config->echoes;
    map->cut = 1;
    for (i = 0; i < map->partitions; i++) pt_homes(map)[i] = -1;
    return PSC_OK;
}

/* A map whose indices can be followed. */
static psc_status pt_map(const psc_map *m)
{
    const psc_status status = psc__state(m, PSC_TYPE_MAP);

    if (status != PSC_OK) return status;
    if (!pt_map_counts(m->partitions, m->areas, m->echoes) || m->cut < 1 || m->cut > m->areas || m->held < 0
        || m->held > m->echoes || m->head.words != pt_map_words(m->partitions, m->areas, m->echoes))
        return PSC_ERR_STATE;
    return PSC_OK;
}

/* The area that a key lies in. */
static size_t pt_area_of(const psc_map *m, uint64_t key)
{
    const size_t n = (size_t)m->cut, at = pt_keys_below(pt_starts(m), n, key);

    return at < n && pt_starts(m)[at] == key ? at : at > 0 ? at - 1 : 0;
}

/* First echo of a block on a node >= `node`, and the end of its echoes. */
static size_t pt_held_from(const psc_map *m, uint64_t block, int64_t node, size_t *end)
{
    const uint64_t *blocks = pt_held_blocks(m);
    size_t at = pt_keys_below(blocks, (size_t)m->held, block);

    while (at < (size_t)m->held && blocks[at] == block && pt_held_nodes(m)[at] < node) at++;
    for (*end = at; *end < (size_t)m->held && blocks[*end] == block; ++*end) { }
    return at;
}

/* Shifts words at..n-1 by `by` places; those left behind at the end become 0, so that equal maps are equal words. */
static void pt_shift(uint64_t *words, size_t at, size_t n, int by)
{
    if (by > 0) {
        memmove(words + at + 1, words + at, (n - at) * 8);
    } else {
        memmove(words + at, words + at + 1, (n - at - 1) * 8);
        words[n - 1] = 0;
    }
}

static void pt_shift_areas(psc_map *m, size_t at, int by)
{
    pt_shift(pt_starts(m), at, (size_t)m->cut, by);
    pt_shift((uint64_t *)pt_owners(m), at, (size_t)m->cut, by);
    m->cut += by;
}

static void pt_shift_held(psc_map *m, size_t at, int by)
{
    pt_shift(pt_held_blocks(m), at, (size_t)m->held, by);
    pt_shift((uint64_t *)pt_held_nodes(m), at, (size_t)m->held, by);
    pt_shift(pt_held_epochs(m), at, (size_t)m->held, by);
    m->held += by;
}

static psc_status pt_apply_area(psc_map *m, const psc_map_change *c)
{
    const size_t at = pt_area_of(m, c->key);

    if (c->partition < 0 || c->partition >= m->partitions) return PSC_ERR_RANGE;
    if (pt_starts(m)[at] == c->key) {
        pt_owners(m)[at] = c->partition;
        return PSC_OK;
    }
    if (m->cut == m->areas) return PSC_ERR_SPACE;
    pt_shift_areas(m, at + 1, 1);
    pt_starts(m)[at + 1] = c->key;
    pt_owners(m)[at + 1] = c->partition;
    return PSC_OK;
}

static psc_status pt_apply_join(psc_map *m, const psc_map_change *c)
{
    const size_t at = pt_area_of(m, c->key);

    if (at == 0 || pt_starts(m)[at] != c->key) return PSC_ERR_RANGE;
    pt_shift_areas(m, at, -1);
    return PSC_OK;
}

static psc_status pt_apply_echo(psc_map *m, const psc_map_change *c)
{
    size_t end, all, at;

    if (c->node < 0 || c->epoch == 0) return PSC_ERR_RANGE;
    all = pt_held_from(m, c->key, 0, &end);
    all = end - all;
    at = pt_held_from(m, c->key, c->node, &end);
    if (at < end && pt_held_nodes(m)[at] == c->node) {
        pt_held_epochs(m)[at] = c->epoch;
        return PSC_OK;
    }
    if (all == PSC_MAX_ECHOES) return PSC_ERR_RANGE;
    if (m->held == m->echoes) return PSC_ERR_SPACE;
    pt_shift_held(m, at, 1);
    pt_held_blocks(m)[at] = c->key;
    pt_held_nodes(m)[at] = c->node;
    pt_held_epochs(m)[at] = c->epoch;
    return PSC_OK;
}

static psc_status pt_apply_drop(psc_map *m, const psc_map_change *c)
{
    size_t end, at = pt_held_from(m, c->key, c->node < 0 ? 0 : c->node, &end);

    if (c->node < -1 || at == end || (c->node >= 0 && pt_held_nodes(m)[at] != c->node)) return PSC_ERR_RANGE;
    if (c->node >= 0) end = at + 1;
    for (; end > at; end--) pt_shift_held(m, at, -1);
    return PSC_OK;
}

psc_status psc_map_version(const psc_map *map, uint64_t *version)
{
    const psc_status status = pt_map(map);

    if (status != PSC_OK) return status;
    if (!version) return PSC_ERR_NULL;
    *version = map->version;
    return PSC_OK;
}

psc_status psc_map_apply(psc_map *map, uint64_t version, const psc_map_change *change)
{
    const psc_map_change *c = change;
    psc_status status = pt_map(map);

    if (status != PSC_OK) return status;
    if (!c) return PSC_ERR_NULL;
    if (version < map->version) return PSC_ERR_STALE;
    if (version > map->version) return PSC_ERR_EMPTY;
    if (version >= PT_MAX_VERSION) return PSC_ERR_RANGE;
    switch (c->kind) {
    case PSC_MAP_PARTITION:
        if (c->partition < 0 || c->partition >= map->partitions || c->node < -1) return PSC_ERR_RANGE;
        pt_homes(map)[c->partition] = c->node;
        break;
    case PSC_MAP_AREA: status = pt_apply_area(map, c); break;
    case PSC_MAP_JOIN: status = pt_apply_join(map, c); break;
    case PSC_MAP_ECHO: status = pt_apply_echo(map, c); break;
    case PSC_MAP_DROP: status = pt_apply_drop(map, c); break;
    default: return PSC_ERR_RANGE;
    }
    if (status == PSC_OK) map->version++;
    return status;
}

psc_status psc_map_find(const psc_map *map, uint64_t key, psc_map_place *place)
{
    const psc_status status = pt_map(map);
    size_t area, at, end, k;

    if (status != PSC_OK) return status;
    if (!place) return PSC_ERR_NULL;
    memset(place, 0, sizeof *place);
    area = pt_area_of(map, key);
    place->first = pt_starts(map)[area];
    place->last = area + 1 < (size_t)map->cut ? pt_starts(map)[area + 1] - 1 : UINT64_MAX;
    place->partition = (int32_t)pt_owners(map)[area];
    place->node = place->partition >= 0 && place->partition < map->partitions
                      ? (int32_t)pt_homes(map)[place->partition] : -1;
    at = pt_held_from(map, key, 0, &end);
    for (k = 0; k < PSC_MAX_ECHOES; k++) {
        place->echo[k] = k < end - at ? (int32_t)pt_held_nodes(map)[at + k] : -1;
        place->epoch[k] = k < end - at ? pt_held_epochs(map)[at + k] : 0;
        place->echoes += k < end - at;
    }
    return PSC_OK;
}

size_t psc_map_claims_size(const psc_map *map)
{
    return pt_map(map) == PSC_OK ? (size_t)map->partitions * 3 * sizeof(int64_t) : 0;
}

/* Claims of one partition: how many nodes, the last one, and the lowest that is not the map's. */
typedef struct pt_claims {
    int64_t nodes, last, other;
} pt_claims;

typedef struct pt_faults {
    psc_map_fault *fault;
    size_t capacity, n;
} pt_faults;

static void pt_fault(pt_faults *f, int32_t partition, int32_t kind, int64_t node, int64_t wanted)
{
    if (f->n < f->capacity) {
        f->fault[f->n].partition = partition;
        f->fault[f->n].kind = kind;
        f->fault[f->n].node = (int32_t)node;
        f->fault[f->n].wanted = (int32_t)wanted;
    }
    f->n++;
}

/* The list of one node. */
static void pt_gather_claims(const psc_map *m, const int32_t *claim, int32_t n, int32_t node, pt_claims *claims,
                             pt_faults *faults)
{
    int32_t i;

    for (i = 0; i < n; i++) {
        pt_claims *c;
        if (claim[i] < 0 || claim[i] >= m->partitions) {
            pt_fault(faults, claim[i], PSC_CLAIM_UNKNOWN, node, -1);
            continue;
        }
        c = &claims[claim[i]];
        if (c->last == node) continue;
        c->last = node;
        c->nodes++;
        if (c->other < 0 && pt_homes(m)[claim[i]] != node) c->other = node;
    }
}

static void pt_judge_claims(const psc_map *m, const pt_claims *claims, const uint8_t *heard, int32_t nodes,
                            pt_faults *faults)
{
    int32_t p;

    for (p = 0; p < m->partitions; p++) {
        const int64_t home = pt_homes(m)[p];
        if (claims[p].nodes > 1) {
            pt_fault(faults, p, PSC_CLAIM_TWICE, claims[p].other, home);
        } else if (claims[p].nodes == 1) {
            if (claims[p].other >= 0) pt_fault(faults, p, PSC_CLAIM_WRONG, claims[p].other, home);
        } else if (home >= 0 && (home >= nodes || !heard || heard[home])) {
            pt_fault(faults, p, PSC_CLAIM_NOBODY, -1, home);
        }
    }
}

psc_status psc_map_claims(const psc_map *map, const int32_t *from, const int32_t *claim, const uint8_t *heard,
                          int32_t nodes, void *work, size_t bytes, psc_map_fault *fault, size_t capacity,
                          size_t *count)
{
    psc_status status = pt_map(map);
    pt_claims *claims = (pt_claims *)work;
    pt_faults faults;
    int32_t n;

    if (status != PSC_OK) return status;
    if (!from || !count || (capacity > 0 && !fault)) return PSC_ERR_NULL;
    if (nodes < 0 || from[0] != 0) return PSC_ERR_RANGE;
    for (n = 0; n < nodes; n++) if (from[n + 1] < from[n]) return PSC_ERR_RANGE;
    if (from[nodes] > 0 && !claim) return PSC_ERR_NULL;
    status = psc__block(work, bytes, psc_map_claims_size(map));
    if (status != PSC_OK) return status;
    for (n = 0; n < map->partitions; n++) {
        claims[n].nodes = 0;
        claims[n].last = claims[n].other = -1;
    }
    faults.fault = fault;
    faults.capacity = capacity;
    faults.n = 0;
    for (n = 0; n < nodes; n++)
        if (from[n + 1] > from[n]) pt_gather_claims(map, claim + from[n], from[n + 1] - from[n], n, claims, &faults);
    pt_judge_claims(map, claims, heard, nodes, &faults);
    *count = faults.n;
    return PSC_OK;
}

/* Words from `at` on are between low and high. */
static int pt_words_valid(const psc__image *image, size_t at, int64_t n, int64_t low, int64_t high)
{
    int64_t i;

    for (i = 0; i < n; i++) {
        const int64_t x = psc__integer(image, at + (size_t)i);
        if (x < low || x > high) return 0;
    }
    return 1;
}

/* Echoes rise by block, then by node; no block has too many. */
static int pt_held_sorted(const psc__image *image, size_t at, int64_t echoes, int64_t held)
{
    int64_t i;

    for (i = 0; i < held; i++) {
        const size_t b = at + (size_t)i, node = b + (size_t)echoes;
        const uint64_t block = psc__word(image, b);
        if (psc__word(image, node + (size_t)echoes) == 0) return 0;
        if (i > 0 && block < psc__word(image, b - 1)) return 0;
        if (i > 0 && block == psc__word(image, b - 1) && psc__integer(image, node) <= psc__integer(image, node - 1))
            return 0;
        if (i >= PSC_MAX_ECHOES && block == psc__word(image, b - PSC_MAX_ECHOES)) return 0;
    }
    return 1;
}

int psc__map_valid(const psc__image *image)
{
    const size_t base = sizeof(psc_map) / 8;
    int64_t partitions, areas, echoes, cut, held, i;
    size_t starts, blocks;

    if (image->words < base) return 0;
    partitions = psc__integer(image, PT_MAP_AT(partitions));
    areas = psc__integer(image, PT_MAP_AT(areas));
    echoes = psc__integer(image, PT_MAP_AT(echoes));
    cut = psc__integer(image, PT_MAP_AT(cut));
    held = psc__integer(image, PT_MAP_AT(held));
    if (!pt_map_counts(partitions, areas, echoes) || cut < 1 || cut > areas || held < 0 || held > echoes) return 0;
    if (image->words != pt_map_words(partitions, areas, echoes)) return 0;
    if (psc__word(image, PT_MAP_AT(version)) > PT_MAX_VERSION) return 0;
    starts = base + (size_t)partitions;
    blocks = starts + 2 * (size_t)areas;
    if (psc__word(image, starts) != 0) return 0;
    for (i = 1; i < cut; i++)
        if (psc__word(image, starts + (size_t)i) <= psc__word(image, starts + (size_t)i - 1)) return 0;
    return pt_words_valid(image, base, partitions, -1, INT32_MAX)
           && pt_words_valid(image, starts + (size_t)areas, cut, 0, partitions - 1)
           && pt_words_valid(image, blocks + (size_t)echoes, held, 0, INT32_MAX)
           && pt_held_sorted(image, blocks, echoes, held);
}

/* ==== Transfer ================================================================================== */

#define PT_EPOCHS (UINT64_C(1) << 60)       /* epochs lie below: a version, epoch * 8 + phase, is one word */
#define PT_PENDING (UINT64_C(1) << 63)      /* in timing: the version waits to be stored */
#define PT_PATIENCE_BIT 32                  /* in timing: bits 32..62 are the patience, 0..31 the retry, both in ms */
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
    return (int64_t)((t->timing & ~PT_PENDING) >> PT_PATIENCE_BIT) * PT_MILLISECOND;
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
    status = psc__new(transfer, bytes, psc_transfer_size(config), PSC_TYPE_TRANSFER);
    if (status != PSC_OK) return status;
    transfer->self = config->self;
    transfer->shard = config->shard;
    transfer->peer = -1;
    transfer->version = config->epoch << 3 | (config->owns ? PSC_PHASE_OWNER : PSC_PHASE_IDLE);
    transfer->timing = (uint64_t)config->patience_ms << PT_PATIENCE_BIT | (uint64_t)config->retry_ms;
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
           && (timing & ~PT_PENDING) >> PT_PATIENCE_BIT >= (timing & 0xffffffff);
}

/* ==== Trial ===================================================================================== */

#define PT_BETS 4               /* shares of the wealth that are bet at once */
#define PT_CHANNELS 4           /* three quantiles and the errors            */
#define PT_ERRORS 3             /* the channel of the errors                 */
#define PT_GAIN 0.05            /* step of a threshold in its logarithm: settles within 30 pairs a factor of 2 below,
                                   and then stands within about 7 per cent of the 0.99 quantile of a lognormal */
#define PT_FASTEST 1e-12           /* seconds: no threshold falls below */
#define PT_SLOWEST 1e15            /* no latency may be larger */

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
    status = psc__new(trial, bytes, psc_trial_size(config), PSC_TYPE_TRIAL);
    if (status != PSC_OK) return status;
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

/* The threshold of a quantile follows the source, in steps of its logarithm that balance at the quantile [10]. */
static void pt_threshold_follow(psc_trial *t, int64_t k, double latency)
{
    const double q = t->quantile[k];
    double x = t->threshold[k];

    if (x <= 0.0) x = psc__nan(&latency) ? 0.0 : latency > PT_FASTEST ? latency : PT_FASTEST;
    else x *= pt_beyond(latency, x) ? 1.0 + PT_GAIN * q : 1.0 - PT_GAIN * (1.0 - q);
    if (x > PT_SLOWEST) x = PT_SLOWEST;
    t->threshold[k] = x > 0.0 && x < PT_FASTEST ? PT_FASTEST : x;
}

static double pt_wealth(const double *wealth, int64_t k)
{
    double sum = 0.0;
    int i;

    for (i = 0; i < PT_BETS; i++) sum += wealth[k * PT_BETS + i];
    return sum / PT_BETS;
}

/* One difference, -1, 0 or 1, into a channel's bets. Each factor is > 0 and has mean <= 1 under the hypothesis that
 * it is bet against, so the wealth exceeds 1 / p with a chance of at most p, whenever one looks [9]. */
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

static psc_status pt_pair_check(const psc_trial_pair *p)
{
    if ((!psc__nan(&p->source_latency) && !psc__within(p->source_latency, 0.0, PT_SLOWEST))
        || (!psc__nan(&p->target_latency) && !psc__within(p->target_latency, 0.0, PT_SLOWEST)))
        return PSC_ERR_RANGE;
    return PSC_OK;
}

/* Thresholds are those before the pair. */
static void pt_judge(psc_trial *t, const psc_trial_pair *p)
{
    int64_t k;

    for (k = 0; k < t->quantiles; k++) {
        const double x = t->threshold[k];
        if (t->pairs >= t->learn && x > 0.0 && t->verdict == PSC_TRIAL_PENDING && !(t->passed >> k & 1))
            pt_bets(t, k, pt_beyond(p->target_latency, x * (1.0 + t->slack)) - pt_beyond(p->source_latency, x));
        pt_threshold_follow(t, k, p->source_latency);
    }
    if (t->verdict == PSC_TRIAL_PENDING && !(t->passed >> PT_ERRORS & 1))
        pt_bets(t, PT_ERRORS, (p->target_failed != 0) - (p->source_failed != 0));
}

psc_status psc_trial_observe(psc_trial *trial, const psc_trial_pair *pair, int64_t now)
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
    const int64_t all = pt_channels(quantiles), most = psc__integer(image, PT_TRIAL_AT(max_pairs));

    if (passed < 0 || (passed & ~all) != 0) return 0;
    if (verdict < PSC_TRIAL_PENDING || verdict > PSC_TRIAL_EXPIRED) return 0;
    if (pairs < 0 || pairs > most - (verdict == PSC_TRIAL_PENDING)) return 0;
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
                || !psc__real_in(image, PT_TRIAL_AT(threshold) + (size_t)k, 0.0, used ? PT_SLOWEST : 0.0)))
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
#define PT_MAX_COPY_RATE (INT64_C(1) << 50)      /* bytes a second, and bytes of a burst */

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
    return source >= 0 && target >= 0 && source != target && rate >= 1 && rate <= PT_MAX_COPY_RATE && burst >= 1
           && burst <= PT_MAX_COPY_RATE && psc__within(growth, 1.1, 1000.0) && psc__within(unstable, 0.0, 1.0);
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
    status = psc__new(stages, bytes, psc_stages_size(config), PSC_TYPE_STAGES);
    if (status != PSC_OK) return status;
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
    const double burst = (double)s->copy_burst, most = -(double)PT_MAX_COPY_RATE;
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
static void pt_go_back(psc_stages *s, const psc_stages_input *in, int64_t now)
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
    if (in->copied < 0 || in->copied > PT_MAX_COPY_RATE || in->left < 0 || in->verdict < PSC_TRIAL_PENDING
        || in->verdict > PSC_TRIAL_EXPIRED || in->owner < PSC_OWNER_SOURCE || in->owner > PSC_OWNER_MOVING)
        return PSC_ERR_RANGE;
    return psc__within(in->instability, 0.0, 1.0) ? PSC_OK : PSC_ERR_RANGE;
}

static void pt_stages_take(psc_stages *s, const psc_stages_input *in, int64_t now)
{
    const int32_t trouble = pt_trouble(s, in, now);

    if (s->stage >= PSC_STAGE_DONE) return;
    if (s->stage >= PSC_STAGE_CANCELLING) pt_go_back(s, in, now);
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
           && psc__real_in(image, PT_STAGES_AT(tokens), -(double)PT_MAX_COPY_RATE, (double)burst);
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
    return pt_first_wrong(bytes, n, PSC_MAX_AMOUNT) == n ? PSC_OK : PSC_ERR_RANGE;
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

/* As pt_coolness, but a load that costs no bytes comes first: it need not be weighed. */
static int64_t pt_dearness(const int64_t *load, const int64_t *bytes, size_t i)
{
    return bytes && bytes[i] == 0 && load[i] > 0 ? INT64_MIN : pt_coolness((double)load[i], bytes, i);
}

static int64_t pt_block_bytes(const int64_t *bytes, int32_t i) { return bytes ? bytes[i] : 1; }

/* Place in `order` of the block that ends the cheapest cover of the kind that [8] looks at: those before it that do not
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

    if (pt_first_wrong(x, n, PSC_MAX_AMOUNT) < n) return 0;
    for (i = 0; x && i < n; i++) {
        sum += x[i];
        if (sum > PT_MAX_TOTAL) return 0;
    }
    return 1;
}

psc_status psc_blocks_relieve(const int64_t *load, const int64_t *bytes, size_t n, int64_t need, int64_t *work,
                              int32_t *order, int32_t *move, psc_blocks_info *relief)
{
    size_t i, last;

    if (!relief || (n > 0 && (!load || !work || !order || !move))) return PSC_ERR_NULL;
    if (n > INT32_MAX || need < 0 || need > PT_MAX_TOTAL || !pt_loads_valid(load, n) || !pt_loads_valid(bytes, n))
        return PSC_ERR_RANGE;
    for (i = 0; i < n; i++) {
        order[i] = (int32_t)i;
        work[i] = pt_dearness(load, bytes, i);
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
