/* partition.c - predscale: imbalance, plan and waves. Interface and contract: predscale.h, Part 3.
 *
 * HERE: tests of a cluster, amounts, the imbalance of nodes and shards, a search for better assignments
 * under hard constraints, the reasons for what stays, and an order in which a plan can be carried out.
 * NOT HERE: what will be demanded (forecast.c), which node is sick (predscale.c), the moving itself (host).
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
 * where none of them could go first. Two shards of one group may be swapped; the group does not notice.
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
 * This is a list schedule: moves in order of size [3], each in the first wave that takes it. When none can begin, the
 * moves left wait for each other in circles: a few shards are parked on a third node and go on from there. Which ones
 * is found by carrying out ahead, in numbers only, all that could follow if one of them were gone. The same is done,
 * for a tenth of the moves at most, while a wave is too thin to end in the number of waves that the busiest node needs.
 * Spread and dependencies may have to give way: a plan is legal, but the way there need not be. Capacity and conflicts
 * never do.
 *
 *   [1] Google ROADEF/EURO challenge 2011-2012: Machine Reassignment, problem definition, section 2.
 *   [2] M. Minoux, Accelerated greedy algorithms for maximizing submodular set functions, 1978.
 *   [3] R. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969.
 *   [4] S. Kirkpatrick, C. Gelatt, M. Vecchi, Optimization by simulated annealing, Science 220, 1983.
 *   [5] J.-Y. Potvin, J.-M. Rousseau, A parallel route building algorithm, EJOR 66, 1993.
 *   [6] P. Shaw, Using constraint programming and local search methods to solve vehicle routing problems, 1998.
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
 *   Waves
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

/* Version, sizes and pointers: what every function tests. */
static psc_status pt_shape(const psc_cluster *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->resources < 1 || c->resources > PSC_MAX_RESOURCES) return PSC_ERR_RANGE;
    if (c->nodes < 1 || (int64_t)c->nodes * c->resources > PT_MAX_CELLS) return PSC_ERR_RANGE;
    if (c->shards < 0 || c->groups < 0 || c->balances < 0 || c->places < 0) return PSC_ERR_RANGE;
    if (c->pairs < 0 || c->pairs > PT_MAX_PAIRS) return PSC_ERR_RANGE;
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
    if (status == PSC_ERR_VERSION || !c) return PSC_FIELD_CLUSTER;
    if (status == PSC_ERR_RANGE) return c->groups == 0 && c->group ? PSC_FIELD_GROUP : PSC_FIELD_COUNTS;
    if (!c->capacity) return PSC_FIELD_CAPACITY;
    if (c->shards > 0 && !c->demand) return PSC_FIELD_DEMAND;
    if (c->shards > 0 && !c->home) return PSC_FIELD_HOME;
    if (c->balances > 0 && !c->balance) return PSC_FIELD_BALANCE;
    if (c->pairs > 0 && !c->pair) return PSC_FIELD_PAIR;
    return c->place && !c->distance ? PSC_FIELD_DISTANCE : PSC_FIELD_GROUP;
}

/* Notes a fault, if it is the first. */
static void pt_fail(psc_fault *fault, psc_status status, int32_t field, int64_t index)
{
    if (fault->status != PSC_OK) return;
    fault->status = status;
    fault->field = field;
    fault->index = index;
}

static void pt_check_amounts(psc_fault *fault, int32_t field, const int64_t *x, size_t n, int64_t max)
{
    size_t i;

    for (i = 0; x && i < n; i++) {
        if (x[i] >= 0 && x[i] <= max) continue;
        pt_fail(fault, PSC_ERR_RANGE, field, (int64_t)i);
        return;
    }
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
    int32_t n, s, r, open = 0, needed;

    if (status != PSC_OK) return status;
    if (!provision) return PSC_ERR_NULL;
    if (!psc__finite(&low) || !psc__finite(&high)) return PSC_ERR_NONFINITE;
    if (low <= 0.0 || low > high || high > 1.0) return PSC_ERR_RANGE;
    for (n = 0; n < c->nodes; n++) open += !pt_closed(c, n);
    for (r = 0; r < c->resources; r++) {
        int64_t capacity = 0, demand = 0;
        for (n = 0; n < c->nodes; n++) if (!pt_closed(c, n)) capacity += c->capacity[pt_cell(c, n) + (size_t)r];
        for (s = 0; s < c->shards; s++) demand += c->demand[pt_cell(c, s) + (size_t)r];
        if (pt_share(demand, capacity) <= found.use) continue;
        found.use = pt_share(demand, capacity);
        found.resource = r;
    }
    needed = pt_nodes_for(found.use, high, open > 0 ? open : 1);
    found.shard = pt_too_large(c, &found.resource);
    if (found.shard >= 0) {
        found.verdict = PSC_FLEET_SHARD;
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
    unsigned char *fixed;           /* [S] PSC_BLOCK_... that keeps it where it is, or NONE           */
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
    v->cells = pt_take_wide(&lay, n * v->stride);
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
    if (quotient >= PT_MAX_PARTS / 1000000) return PT_MAX_PARTS;
    rest = part % whole * 1000;
    high = rest / whole;
    rest = rest % whole * 1000;
    return (quotient * 1000 + high) * 1000 + rest / whole + (rest % whole > 0);
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

/* What swapping two shards on different nodes leaves apart, and each of them alone believes to bring together: twice
 * the weights of their pairs. */
static int64_t pt_still_apart(const pt_search *v, int32_t a, int32_t b)
{
    int64_t sum = 0;
    int32_t i;

    if (v->c->pairs == 0) return 0;
    for (i = v->bonds[a]; i < v->bonds[a + 1]; i++) if (v->partner[i] == b) sum += 2 * v->bond[i];
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
    if (v->fixed[shard] != PSC_BLOCK_NONE) return v->fixed[shard];
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
#define PT_TRIES 512        /* tries between two rebuildings, or                                      */
#define PT_TRIES_EACH 8     /* so many for each shard that may move, if that is less                  */
#define PT_HOMING 8         /* every so many-th try is a way home                                     */
#define PT_WINDOW 16        /* a like partner is among the next 1/16 of the shards by size            */


static int pt_is_hot(const psc_plan *h) { return h->stage == PT_HOT_ONCE || h->stage == PT_HOT_AGAIN; }

/* A number of 0..n-1, n >= 1. */
static int32_t pt_pick(const pt_search *v, int32_t n)
{
    return (int32_t)(((psc__random(&v->head->random) >> 32) * (uint64_t)n) >> 32);
}

/* A rise of cost that the temperature lets pass. */
static int64_t pt_leeway(const pt_search *v)
{
    return (int64_t)(v->head->heat * v->draw[psc__random(&v->head->random) % PT_DRAWS]);
}

static void pt_try_shift(const pt_search *v, int32_t shard, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t from = v->now[shard];
    const int64_t *d = pt_demand(v, shard), leeway = pt_leeway(v);
    int64_t rise;

    v->head->evaluations++;
    if (to == from || pt_closed(c, to) || !pt_has_room(v, shard, to)) return;
    if (pt_spent(v, shard, from, to)) return;
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

/* 1 if two shards that go where the other is would touch a node too often. */
static int pt_swap_crowds(const pt_search *v, int32_t a, int32_t b)
{
    const int32_t most = v->head->max_node_moves, x = v->now[a], y = v->now[b];
    const int32_t i = pt_home(v->c, a), k = pt_home(v->c, b);
    int crowded;

    if (most == INT32_MAX) return 0;
    pt_touch(v, a, x, y);
    pt_touch(v, b, y, x);
    crowded = v->touches[x] > most || v->touches[y] > most || v->touches[i] > most || v->touches[k] > most;
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
    const int64_t *da = pt_demand(v, a), *db = pt_demand(v, b), leeway = pt_leeway(v);
    int64_t net[PSC_MAX_RESOURCES], back[PSC_MAX_RESOURCES], rise;
    int32_t r;

    v->head->evaluations += 2;
    if (x == y || pt_closed(c, x) || pt_closed(c, y)) return;
    for (r = 0; r < c->resources; r++) {
        net[r] = da[r] - db[r];
        back[r] = -net[r];
    }
    if (!pt_trades(v, a, b, net) || !pt_trades(v, b, a, back)) return;
    rise = pt_cost_with(v, x, back) - v->cost[x] + pt_cost_with(v, y, net) - v->cost[y];
    rise += pt_terms(v, a, x, y) + pt_terms(v, b, y, x) + pt_still_apart(v, a, b);
    if (rise > leeway || pt_swap_spent(v, a, b) || !pt_may_cross(v, a, b)) return;
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
        if (home >= 0 && want > 1) b->node[b->columns++] = home;
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
        if (to != from && (pt_closed(c, to) || (!b->late && pt_spent(v, shard, from, to)))) continue;
        *cell = pt_price(v, i, j);
        if (*cell != PT_IMPOSSIBLE && c->group && pt_row_blocked(v, i, to, tight)) *cell = PT_IMPOSSIBLE;
    }
    pt_rank_row(v, i);
}

/* Column j has got row k: those of the rows still open. */
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
        if (j == b->best[i] || j == b->second[i] || b->second[i] < 0 || row[j] < row[b->second[i]]) pt_rank_row(v, i);
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
    const int32_t least = pt_is_hot(v->head) ? 16 : 8;
    const int32_t late = pt_pick(v, PT_LATE) == 0, most = late ? least : least << pt_pick(v, 3);
    const int32_t near = 2 * least << pt_pick(v, 2);
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
    int64_t *domain_mark;           /* [N]                                                            */
    int32_t *at, *to, *pending;     /* [S] where each shard is and goes; moves not begun, in the order to try */
    int32_t *flying;                /* [S] 1: its move is of this wave                                */
    int32_t *parked;                /* [S] how often it has been parked                               */
    int32_t *block, *resource;      /* [S] why its move has not begun                                 */
    int32_t *touches;               /* [N] moves of this wave that touch the node                     */
    int32_t *coming, *behind;       /* [N], [S] shards that the plan wants on each node, linked; -1: end */
    int32_t *group_flies;           /* [G] 1: a shard of the group is in flight                       */
    int32_t *begun;                 /* [S] shards of this wave                                        */
    int64_t *ahead;                 /* [N * R] counted, if the moves that follow a parking were made  */
    int32_t *follows, *chain;       /* [S] 1: it is one of them; those that follow the last           */
    int64_t  mark, copied;          /* copied: bytes of this wave                                     */
    int32_t  left, flights;         /* moves not begun; moves of this wave                            */
    int32_t  waves, ended;          /* waves and moves that have ended                                */
    int32_t  parks, parks_most;     /* of those, to parking places; and how many may be               */
    int32_t  parks_early;           /* and how many while other moves can begin                       */
    int32_t  goal;                  /* the least number of waves that the limits allow                */
    int32_t  strained;              /* moves that broke spread or a dependency                        */
    int32_t  relaxed;               /* 1: they may                                                    */
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
    run->domain_mark = pt_take_wide(&lay, n);
    run->at = pt_take_index(&lay, s);
    run->to = pt_take_index(&lay, s);
    run->pending = pt_take_index(&lay, s);
    run->flying = pt_take_index(&lay, s);
    run->parked = pt_take_index(&lay, s);
    run->block = pt_take_index(&lay, s);
    run->resource = pt_take_index(&lay, s);
    run->begun = pt_take_index(&lay, s);
    run->behind = pt_take_index(&lay, s);
    run->follows = pt_take_index(&lay, s);
    run->chain = pt_take_index(&lay, s);
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

/* No order has fewer waves than the node with most moves needs. */
static void pt_set_goal(pt_run *run)
{
    const int32_t limit = run->config->per_node;
    int32_t i, n;

    for (i = 0; i < run->left; i++) {
        run->touches[run->at[run->pending[i]]]++;
        run->touches[run->want[run->pending[i]]]++;
    }
    for (n = 0; n < run->c->nodes; n++) {
        const int32_t waves = (run->touches[n] - 1) / limit + 1;
        if (run->touches[n] > 0 && waves > run->goal) run->goal = waves;
        run->touches[n] = 0;
    }
}

static void pt_init_run(pt_run *run)
{
    const psc_cluster *c = run->c;
    int32_t s, n, r;

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
    run->left = run->flights = run->waves = run->ended = run->parks = run->strained = run->goal = 0;
    for (n = 0; n < c->nodes; n++) run->coming[n] = -1;
    for (s = 0; s < c->shards; s++) {
        run->to[s] = run->want[s];
        run->flying[s] = run->parked[s] = 0;
        run->block[s] = PSC_BLOCK_NONE;
        run->resource[s] = -1;
        run->size[s] = -pt_size_there(c, s, run->want[s]);
        if (run->want[s] == run->at[s]) continue;
        run->pending[run->left++] = s;
        run->behind[s] = run->coming[run->want[s]];
        run->coming[run->want[s]] = s;
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
    if (pt_run_full(run, shard)) return PSC_BLOCK_BUSY;
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
    run->flying[shard] = 0;
    run->touches[run->at[shard]] = 0;
    run->touches[run->to[shard]] = 0;
    if (c->group) run->group_flies[c->group[shard]] = 0;
    run->at[shard] = run->to[shard];
    run->to[shard] = run->want[shard];
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
        if (pt_run_allows(run, s, run->want[s])) pt_begin(run, s, run->want[s]);
    }
}

/* ==== Parking ================================================================================= */

#define PT_CANDIDATES 1024  /* shards of which the best to park is chosen                            */
#define PT_MAX_PARKS 3      /* times that a shard is parked                                          */
#define PT_EARLY 10         /* 1 / share of the moves that is parked while others can begin          */

/* Adds `sign` copies of a shard to what is counted ahead on a node. */
static void pt_ahead(const pt_run *run, int32_t shard, int32_t n, int32_t sign)
{
    const int64_t *d = run->c->demand + pt_cell(run->c, shard);
    int64_t *ahead = run->ahead + pt_cell(run->c, n);
    int32_t r;

    for (r = 0; r < run->c->resources; r++) ahead[r] += sign * d[r];
}

static int pt_fits_ahead(const pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const size_t to = pt_cell(c, run->want[shard]);
    const int64_t *d = c->demand + pt_cell(c, shard);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (d[r] > 0 && run->ahead[to + (size_t)r] + d[r] > c->capacity[to + (size_t)r]) return 0;
    }
    return 1;
}

/* The moves that could follow, one after another, if a shard left its node: how many, and they are in chain[1 ..].
 * Each that leaves a node lets others in; only room is asked for. The chain is counted ahead. */
static int32_t pt_follow(pt_run *run, int32_t out)
{
    int32_t i, s, length = 1;

    run->chain[0] = out;
    run->follows[out] = 1;
    pt_ahead(run, out, run->at[out], -1);
    for (i = 0; i < length; i++) {
        for (s = run->coming[run->at[run->chain[i]]]; s >= 0; s = run->behind[s]) {
            if (run->follows[s] || run->at[s] == run->want[s] || !pt_fits_ahead(run, s)) continue;
            run->follows[s] = 1;
            pt_ahead(run, s, run->at[s], -1);
            pt_ahead(run, s, run->want[s], 1);
            run->chain[length++] = s;
        }
    }
    return length - 1;
}

/* Takes the chain of so many moves back. */
static void pt_unfollow(pt_run *run, int32_t moves)
{
    int32_t i;

    for (i = 0; i <= moves; i++) {
        const int32_t s = run->chain[i];
        run->follows[s] = 0;
        if (i > 0) pt_ahead(run, s, run->want[s], -1);
        pt_ahead(run, s, run->at[s], 1);
    }
}

/* Where a shard can wait: of the nodes that take it, the one that is emptiest with it; -1: none does. */
static int32_t pt_parking(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
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
        if (run->parked[s] >= PT_MAX_PARKS || run->follows[s] || run->flying[s]) continue;
        tried++;
        moves = pt_follow(run, s);
        pt_unfollow(run, moves);
        if (moves <= *most) continue;
        *most = moves;
        best = s;
    }
    return best;
}

/* The largest share of its target, in millionths, that a move still lacks there if `out` leaves it. */
static int64_t pt_lack(const pt_run *run, int32_t in, int32_t out)
{
    const psc_cluster *c = run->c;
    const size_t n = pt_cell(c, run->at[out]);
    const int64_t *came = c->demand + pt_cell(c, in), *gone = c->demand + pt_cell(c, out);
    int64_t most = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        const int64_t above = run->counted[n + (size_t)r] + came[r] - gone[r] - c->capacity[n + (size_t)r];
        const int64_t parts = above > 0 && came[r] > 0 ? pt_parts(above, c->capacity[n + (size_t)r]) : 0;
        if (parts > most) most = parts;
    }
    return most;
}

/* The least that a move lacks for which `out` is in the way, by its demand or its group; INT64_MAX: for none. */
static int64_t pt_least_lack(const pt_run *run, int32_t out)
{
    const psc_cluster *c = run->c;
    int64_t least = INT64_MAX;
    int32_t s;

    for (s = run->coming[run->at[out]]; s >= 0; s = run->behind[s]) {
        const int32_t block = run->block[s];
        int64_t lack;
        if (s == out || run->at[s] == run->want[s]) continue;
        if (block == PSC_BLOCK_CONFLICT ? c->group[s] != c->group[out]
                                        : block != PSC_BLOCK_CAPACITY && block != PSC_BLOCK_TRANSIENT) continue;
        lack = pt_lack(run, s, out);
        if (lack < least) least = lack;
    }
    return least;
}

static void pt_park(pt_run *run, int32_t shard, int32_t place)
{
    (void)pt_run_allows(run, shard, place);     /* for what it strains there */
    run->parked[shard]++;
    run->parks++;
    pt_begin(run, shard, place);
}

/* Parks the shard that leaves a move lacking least, the smallest of equals: where no single one makes enough room, or
 * where what is in the way is not a lack of room. */
static void pt_park_nearest(pt_run *run)
{
    int64_t least = INT64_MAX;
    int32_t i, out = -1, park = -1;

    for (i = run->left; i-- > 0 && least > 0;) {
        const int32_t s = run->pending[i], block = run->block[s];
        const int64_t lack = run->parked[s] >= PT_MAX_PARKS ? INT64_MAX : pt_least_lack(run, s);
        const int32_t place = lack < least ? pt_parking(run, s) : -1;
        run->block[s] = block;
        if (place < 0) continue;
        least = lack;
        out = s;
        park = place;
    }
    if (out >= 0) pt_park(run, out, park);
}

/* What will be counted when this wave has ended; its moves follow nothing. */
static void pt_look_ahead(pt_run *run)
{
    int32_t i;

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
    while (run->parks < parks_most) {
        const int32_t out = pt_best_park(run, &most);
        int32_t place, block;
        if (out < 0 || most < least) break;
        block = run->block[out];
        place = pt_parking(run, out);
        run->block[out] = block;
        if (place < 0) {
            run->follows[out] = 1;      /* not to be tried again in this wave */
            continue;
        }
        if (least < (most + 1) / 2) least = (most + 1) / 2;
        (void)pt_follow(run, out);
        pt_ahead(run, out, place, 1);
        pt_park(run, out, place);
    }
}

/* ==== Waves =================================================================================== */

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
    run->relaxed = 0;
    pt_gather(run, 1);
    pt_gather(run, 0);
    if (run->flights > 0 && pt_is_thin(run)) pt_unblock(run, 1, run->parks_early);
    if (run->flights > 0 && !pt_is_thin(run)) return;
    run->relaxed = !run->config->strict;
    if (run->relaxed) pt_gather(run, 0);
    if (run->flights > 0) return;
    pt_unblock(run, 1, run->parks_most);
    if (run->flights == 0 && run->parks < run->parks_most) pt_park_nearest(run);
}

/* One wave; 0 if no move could begin. Every pending move was then tried with nothing in flight, so that the
 * reasons that remain are those of the cluster and not of the wave. */
static int pt_wave(pt_run *run)
{
    int32_t i, left = 0;

    run->flights = 0;
    run->copied = 0;
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
    if (config->parks < 0 || config->bytes < 1) return PSC_ERR_RANGE;
    if (pt_first_outside(want, (size_t)c->shards, c->nodes) < (size_t)c->shards) return PSC_ERR_RANGE;
    for (s = 0; s < c->shards; s++) if (want[s] != pt_home(c, s)) moves++;
    if (capacity < moves) return PSC_ERR_SPACE;
    return moves > 0 && !order ? PSC_ERR_NULL : PSC_OK;
}

psc_status psc_waves_of(const psc_cluster *cluster, const psc_waves_config *config,
                        const int32_t *assignment, void *work, size_t bytes,
                        psc_move *order, size_t capacity, psc_waves_info *info)
{
    pt_run run;
    psc_status status = pt_shape(cluster);
    int32_t i;

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
    run.order = order;
    run.parks_most = config->parks;
    if (capacity - (size_t)run.left < (size_t)run.parks_most) run.parks_most = (int32_t)(capacity - (size_t)run.left);
    run.parks_early = run.left / PT_EARLY < run.parks_most ? run.left / PT_EARLY : run.parks_most;
    while (pt_wave(&run)) { }
    pt_sort(run.pending, (size_t)run.left, NULL);
    for (i = 0; i < run.left; i++) pt_write(&run, run.pending[i], -1, assignment[run.pending[i]]);
    memset(info, 0, sizeof *info);
    info->stuck = run.left;
    info->waves = run.waves;
    info->moves = run.ended;
    info->parks = run.parks;
    info->strained = run.strained;
    return PSC_OK;
}
