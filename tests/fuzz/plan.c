/* plan.c - a small cluster of any shape through check, imbalance, plan, explanations and waves. What the plan and the
 * waves promise is computed here once more, from the header's words, in the plainest way. */
#include "fuzz.h"

enum { NODES = 6, SHARDS = 16, RESOURCES = 3, GROUPS = 8, TIES = 12, PAIRS = 6, WAVE_MOVES = 6 };

typedef struct arrays {
    int64_t capacity[NODES * RESOURCES], soft[NODES * RESOURCES], demand[SHARDS * RESOURCES], move_cost[SHARDS];
    int64_t weight[RESOURCES], distance[NODES * NODES];
    int32_t domain[NODES], zone[NODES], place[NODES], closed[NODES], home[SHARDS], group[SHARDS], pinned[SHARDS];
    int32_t spread[GROUPS], depend_from[GROUPS + 1], depend[TIES], transient[RESOURCES];
    int64_t load_weight[NODES], size[SHARDS], impact[SHARDS], rested[SHARDS];
    int32_t risk[NODES], going[SHARDS];
    psc_balance balance[2];
    psc_pair pair[PAIRS];
    int wild;
} arrays;

/* ==== A cluster out of bytes ==================================================================== */

/* An index, now and then of nothing. */
static int32_t take_index(input *in, int wild, int32_t n)
{
    if (wild && take_byte(in) > 250) return (int32_t)take_word(in);
    return n > 0 ? (int32_t)take_byte(in) % n : 0;
}

static int64_t take_amount(input *in, int wild)
{
    uint32_t tag = take_byte(in);

    if (wild && tag > 250) return (int64_t)take_word(in);
    if (wild && tag > 240) return PSC_MAX_AMOUNT >> tag % 8;
    return (int64_t)(tag % 64);
}

static void take_nodes(input *in, arrays *a, psc_cluster *c)
{
    int32_t i, k, cells = c->nodes * c->resources;

    for (i = 0; i < cells; i++) a->capacity[i] = (take_byte(in) & 15) * 12 + (a->wild ? take_amount(in, 1) / 2 : 0);
    for (i = 0; i < cells; i++) a->soft[i] = take_amount(in, a->wild);
    for (i = 0; i < c->nodes; i++) {
        a->domain[i] = take_index(in, a->wild, c->nodes);
        a->zone[i] = take_index(in, a->wild, 2);
        a->place[i] = take_index(in, a->wild, c->places);
        a->closed[i] = take_byte(in) > 220;
        for (k = 0; k < c->nodes; k++) a->distance[i * c->nodes + k] = i == k ? 0 : take_amount(in, a->wild);
    }
}

static void take_shards(input *in, arrays *a, psc_cluster *c)
{
    int32_t i, r;

    for (i = 0; i < c->shards; i++) {
        for (r = 0; r < c->resources; r++) a->demand[i * c->resources + r] = take_amount(in, a->wild) / 4;
        a->home[i] = take_index(in, a->wild, c->nodes);
        a->group[i] = take_index(in, a->wild, c->groups);
        a->move_cost[i] = take_amount(in, a->wild);
        a->pinned[i] = take_byte(in) > 230;
    }
    for (i = 0; i < c->groups; i++) {
        a->spread[i] = take_index(in, a->wild, 3);
        a->depend_from[i] = i == 0 ? 0 : a->depend_from[i - 1] + (a->depend_from[i - 1] < TIES && take_byte(in) > 180);
        if (a->wild && take_byte(in) > 250) a->depend_from[i] = (int32_t)take_word(in) & 15;
    }
    a->depend_from[c->groups] = c->groups > 0 ? a->depend_from[c->groups - 1] : 0;
    for (i = 0; i < TIES; i++) a->depend[i] = take_index(in, a->wild, c->groups);
    for (r = 0; r < c->resources; r++) {
        a->transient[r] = take_byte(in) & 1;
        a->weight[r] = take_amount(in, a->wild);
    }
    for (i = 0; i < c->balances; i++) {
        a->balance[i].first = take_index(in, a->wild, c->resources);
        a->balance[i].second = take_index(in, a->wild, c->resources);
        a->balance[i].ratio = take_amount(in, a->wild) % 4;
        a->balance[i].weight = take_amount(in, a->wild);
    }
}

static void take_rest(input *in, arrays *a, psc_cluster *c)
{
    int32_t i;

    for (i = 0; i < c->nodes; i++) {
        a->load_weight[i] = take_amount(in, a->wild) % 8;
        a->risk[i] = (int32_t)((uint32_t)take_index(in, a->wild, 256) * 3900);
    }
    for (i = 0; i < c->shards; i++) {
        a->size[i] = take_amount(in, a->wild);
        a->impact[i] = (int64_t)((uint64_t)take_amount(in, a->wild) * 16);
        a->rested[i] = take_amount(in, a->wild);
        a->going[i] = take_byte(in) > 235 ? take_index(in, a->wild, c->nodes) : a->home[i];
    }
    for (i = 0; i < c->pairs; i++) {
        a->pair[i].a = take_index(in, a->wild, c->shards);
        a->pair[i].b = take_index(in, a->wild, c->shards);
        if (a->pair[i].b == a->pair[i].a && !a->wild) a->pair[i].b = (a->pair[i].a + 1) % c->shards;
        a->pair[i].weight = take_amount(in, a->wild);
    }
    c->pair = a->pair;
    c->weight_disruption = take_byte(in) & 1;
}

static void take_cluster(input *in, arrays *a, psc_cluster *c)
{
    uint32_t given = take_byte(in) << 8 | take_byte(in);

    memset(a, 0, sizeof *a);
    a->wild = take_byte(in) > 200;
    psc_cluster_default(c);
    c->resources = 1 + (int32_t)take_byte(in) % RESOURCES;
    c->nodes = 1 + (int32_t)take_byte(in) % NODES;
    c->shards = (int32_t)take_byte(in) % (SHARDS + 1);
    c->groups = given & 1 ? 1 + (int32_t)take_byte(in) % GROUPS : 0;
    c->balances = given & 2 ? (int32_t)take_byte(in) % 3 : 0;
    c->places = given & 4 ? c->nodes : 0;
    take_nodes(in, a, c);
    take_shards(in, a, c);
    given |= take_byte(in) << 16;
    c->pairs = given & 0x10000 && c->shards > 1 ? (int32_t)take_byte(in) % (PAIRS + 1) : 0;
    take_rest(in, a, c);
    if (given & 0x20000) c->load_weight = a->load_weight;
    if (given & 0x40000) c->risk = a->risk;
    if (given & 0x80000) c->impact = a->impact;
    if (given & 0x100000) c->size = a->size;
    if (given & 0x200000) c->rested = a->rested;
    if (given & 0x400000) c->going = a->going;
    c->capacity = a->capacity;
    c->demand = a->demand;
    c->home = a->home;
    c->balance = a->balance;
    if (given & 1) c->group = a->group;
    if (given & 4) { c->place = a->place; c->distance = a->distance; }
    if (given & 8) c->soft = a->soft;
    if (given & 16) c->domain = a->domain;
    if (given & 32) c->zone = a->zone;
    if (given & 64) c->closed = a->closed;
    if (given & 128) c->move_cost = a->move_cost;
    if (given & 256) c->pinned = a->pinned;
    if (given & 512 && c->groups > 0) c->spread = a->spread;
    if (given & 1024 && c->groups > 0) { c->depend_from = a->depend_from; c->depend = a->depend; }
    if (given & 2048) c->transient = a->transient;
    if (given & 4096) c->weight = a->weight;
    if (given & 8192) {
        c->weight_move = take_amount(in, a->wild);
        c->weight_group = take_amount(in, a->wild);
        c->weight_distance = take_amount(in, a->wild);
    }
}

/* ==== The same once more, plainly ================================================================ */

static int64_t demand_of(const psc_cluster *c, int32_t s, int32_t r) { return c->demand[s * c->resources + r]; }
static int64_t capacity_of(const psc_cluster *c, int32_t n, int32_t r) { return c->capacity[n * c->resources + r]; }

static int64_t use_of(const psc_cluster *c, const int32_t *at, int32_t n, int32_t r)
{
    int64_t use = 0;
    int32_t s;

    for (s = 0; s < c->shards; s++)
        if (at[s] == n) use += demand_of(c, s, r);
    return use;
}

static int32_t start_of(const psc_cluster *c, int32_t s) { return c->going ? c->going[s] : c->home[s]; }

static void start_at(const psc_cluster *c, int32_t *at)
{
    int32_t s;

    for (s = 0; s < c->shards; s++) at[s] = start_of(c, s);
}

/* The copies that shards on their way leave behind. */
static int64_t leaving_of(const psc_cluster *c, int32_t n, int32_t r)
{
    int64_t use = 0;
    int32_t s;

    for (s = 0; s < c->shards; s++)
        if (c->home[s] == n && start_of(c, s) != n) use += demand_of(c, s, r);
    return use;
}

/* With both copies of what is not at home. */
static int64_t both_of(const psc_cluster *c, const int32_t *at, int32_t n, int32_t r)
{
    int64_t use = use_of(c, at, n, r);
    int32_t s;

    for (s = 0; s < c->shards; s++)
        if (at[s] != n && start_of(c, s) == n) use += demand_of(c, s, r);
    return use;
}

static int spread_holds(const psc_cluster *c, const int32_t *at, int32_t g)
{
    int32_t touched[NODES] = { 0 }, s, n, domains = 0;

    if (!c->spread) return 1;
    for (s = 0; s < c->shards; s++)
        if (c->group[s] == g) touched[c->domain ? c->domain[at[s]] : at[s]] = 1;
    for (n = 0; n < c->nodes; n++) domains += touched[n];
    return domains >= c->spread[g];
}

static int in_zone_of(const psc_cluster *c, const int32_t *at, int32_t g, int32_t zone)
{
    int32_t s;

    for (s = 0; s < c->shards; s++)
        if (c->group[s] == g && (c->zone ? c->zone[at[s]] : 0) == zone) return 1;
    return 0;
}

static int ties_hold(const psc_cluster *c, const int32_t *at, int32_t g)
{
    int32_t s, d;

    if (!c->depend_from) return 1;
    for (s = 0; s < c->shards; s++)
        for (d = c->depend_from[g]; c->group[s] == g && d < c->depend_from[g + 1]; d++)
            if (!in_zone_of(c, at, c->depend[d], c->zone ? c->zone[at[s]] : 0)) return 0;
    return 1;
}

/* What held at home holds at `at`. */
static void check_groups(const psc_cluster *c, const int32_t *at)
{
    int32_t home[SHARDS], g;

    start_at(c, home);
    for (g = 0; g < c->groups; g++) {
        if (spread_holds(c, home, g)) REQUIRE(spread_holds(c, at, g));
        if (ties_hold(c, home, g)) REQUIRE(ties_hold(c, at, g));
    }
}

static int has_sibling(const psc_cluster *c, const int32_t *at, int32_t shard, int32_t n)
{
    int32_t s;

    for (s = 0; c->group && s < c->shards; s++)
        if (s != shard && c->group[s] == c->group[shard] && at[s] == n) return 1;
    return 0;
}

typedef struct cost {
    int64_t load, balance, move, group, distance, apart, disruption, risk, total;
} cost;

/* psc_cluster_check has shown that nothing of this overflows, but for the products of a balance target. */
static cost cost_of(const psc_cluster *c, const int32_t *at)
{
    cost k = { 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    int64_t moved[GROUPS] = { 0 };
    int32_t n, r, s, b;

    for (n = 0; n < c->nodes; n++) {
        for (r = 0; r < c->resources; r++) {
            int64_t over = use_of(c, at, n, r) - (c->soft ? c->soft[n * c->resources + r] : capacity_of(c, n, r));
            if (over > 0) k.load += over * (c->weight ? c->weight[r] : 1) * (c->load_weight ? c->load_weight[n] : 1);
        }
        for (b = 0; b < c->balances; b++) {
            const psc_balance *t = &c->balance[b];
            __int128 lack = (__int128)t->ratio * (capacity_of(c, n, t->first) - use_of(c, at, n, t->first))
                            - (capacity_of(c, n, t->second) - use_of(c, at, n, t->second));
            if (lack > 0) k.balance += (int64_t)(lack * t->weight);
        }
    }
    for (s = 0; s < c->shards; s++) {
        int32_t from = start_of(c, s);
        if (c->risk && c->impact) k.risk += (int64_t)((__int128)c->risk[at[s]] * c->impact[s] / 1000000);
        if (at[s] == from) continue;
        k.move += c->weight_move * (c->move_cost ? c->move_cost[s] : 1);
        if (c->place) k.distance += c->weight_distance * c->distance[c->place[from] * c->places + c->place[at[s]]];
        if (c->group) moved[c->group[s]]++;
        else moved[0] = 1;
    }
    for (s = 0; s < GROUPS; s++)
        if (moved[s] * c->weight_group > k.group) k.group = moved[s] * c->weight_group;
    for (s = 0; s < c->pairs; s++) {
        const psc_pair *p = &c->pair[s];
        int moved = (at[p->a] != start_of(c, p->a)) + (at[p->b] != start_of(c, p->b));
        if (at[p->a] != at[p->b]) k.apart += c->weight_apart * p->weight;
        k.disruption += moved * c->weight_disruption * p->weight;
    }
    k.total = k.load + k.balance + k.move + k.group + k.distance + k.apart + k.disruption + k.risk;
    return k;
}

/* ==== Plan ====================================================================================== */

static void check_moved(const psc_cluster *c, const psc_plan_config *config, const int32_t *at, int32_t s)
{
    int32_t home[SHARDS], r;

    start_at(c, home);
    REQUIRE(start_of(c, s) == c->home[s]);
    REQUIRE(!c->pinned || !c->pinned[s]);
    REQUIRE(!c->rested || c->rested[s] >= config->cooldown);
    REQUIRE(!c->closed || !c->closed[at[s]]);
    REQUIRE(!has_sibling(c, at, s, at[s]));
    for (r = 0; r < c->resources; r++) {
        const int64_t left = leaving_of(c, at[s], r), start = use_of(c, home, at[s], r) + left;
        const int64_t most = capacity_of(c, at[s], r) > start ? capacity_of(c, at[s], r) : start;
        if (demand_of(c, s, r) == 0) continue;
        REQUIRE(use_of(c, at, at[s], r) + left <= most);
        if (c->transient && c->transient[r]) REQUIRE(both_of(c, at, at[s], r) + left <= most);
    }
}

static void check_assignment(const psc_cluster *c, const psc_plan_config *config, const int32_t *at)
{
    int64_t moves = 0, price = 0, bytes = 0;
    int32_t home[SHARDS], touches[NODES] = { 0 }, s, n, r;

    start_at(c, home);
    for (s = 0; s < c->shards; s++) {
        REQUIRE(at[s] >= 0 && at[s] < c->nodes);
        if (at[s] == home[s]) continue;
        moves++;
        price += c->move_cost ? c->move_cost[s] : 1;
        bytes += c->size ? c->size[s] : 0;
        touches[at[s]]++;
        touches[home[s]]++;
        check_moved(c, config, at, s);
    }
    REQUIRE(moves <= config->max_moves && price <= config->max_move_cost && bytes <= config->max_bytes);
    for (n = 0; n < c->nodes; n++) {
        REQUIRE(touches[n] <= config->max_node_moves);
        for (r = 0; r < c->resources; r++)
            REQUIRE(use_of(c, at, n, r) <= capacity_of(c, n, r) || use_of(c, at, n, r) <= use_of(c, home, n, r));
    }
    check_groups(c, at);
}

static void check_info(const psc_cluster *c, const int32_t *at, const psc_plan_info *info)
{
    int32_t home[SHARDS];
    cost now, before;

    start_at(c, home);
    now = cost_of(c, at);
    before = cost_of(c, home);
    REQUIRE(info->apart == now.apart && info->disruption == now.disruption && info->risk == now.risk);
    REQUIRE(info->bound <= info->cost);
    REQUIRE(info->load == now.load && info->balance == now.balance && info->move == now.move);
    REQUIRE(info->group == now.group && info->distance == now.distance && info->cost == now.total);
    REQUIRE(info->cost_before == before.total);
    REQUIRE(info->overload >= 0 && info->overload <= info->overload_before);
    REQUIRE(info->overload < info->overload_before || info->cost <= info->cost_before);
    REQUIRE(info->evaluations >= 0 && (info->done == 0 || info->done == 1));
}

static void check_explanation(psc_plan *plan, const psc_cluster *c, const int32_t *at, int32_t s)
{
    psc_refusal why;
    int32_t b, nodes = 0;

    memset(&why, 0xa5, sizeof why);
    if (s >= c->shards) {
        REQUIRE(psc_plan_explain(plan, c, s, &why) == PSC_ERR_RANGE && untouched(&why, sizeof why));
        return;
    }
    REQUIRE(psc_plan_explain(plan, c, s, &why) == PSC_OK);
    for (b = 0; b < PSC_BLOCK_COUNT; b++) {
        REQUIRE(why.count[b] >= 0);
        nodes += why.count[b];
    }
    REQUIRE(nodes == c->nodes && why.count[PSC_BLOCK_HERE] == 1);
    REQUIRE(why.block >= 0 && why.block < PSC_BLOCK_COUNT && why.node >= -1 && why.node < c->nodes);
    REQUIRE(c->nodes > 1 ? why.node >= 0 && why.node != at[s] : why.node == -1);
    REQUIRE((why.resource >= 0) == (why.block == PSC_BLOCK_CAPACITY || why.block == PSC_BLOCK_TRANSIENT));
    REQUIRE(why.resource < c->resources);
}

/* Slices of any size give what one long call gives; at each of them the best so far is sound. */
static void run_plan(input *in, const psc_cluster *c, int32_t *at)
{
    psc_plan_config config;
    psc_plan_info info, whole;
    int32_t other[SHARDS + 1], s;
    int64_t slice = 1 + (int64_t)take_byte(in), steps = 0;
    size_t bytes;
    psc_plan *plan, *twin;
    psc_status status;

    psc_plan_default(&config);
    config.targets = (int32_t)take_byte(in) % (c->nodes + 2);
    if (take_byte(in) & 1) config.max_moves = (int64_t)take_byte(in) % 8;
    if (take_byte(in) & 1) config.max_move_cost = (int64_t)take_byte(in);
    if (take_byte(in) > 200) config.max_bytes = (int64_t)take_byte(in);
    if (take_byte(in) > 200) config.max_node_moves = (int32_t)take_byte(in) % 4;
    if (take_byte(in) > 150) config.cooldown = (int64_t)take_byte(in) % 64;
    if (take_byte(in) > 150) config.horizon = 1 + (int64_t)take_byte(in) * 16;
    bytes = psc_plan_size(c, &config);
    REQUIRE(bytes > 0);
    plan = (psc_plan *)block_of(bytes);
    twin = (psc_plan *)block_of(bytes);
    REQUIRE(psc_plan_init(plan, bytes - 1, c, &config) == PSC_ERR_SPACE);
    REQUIRE(psc_plan_init(plan, bytes, c, &config) == PSC_OK && psc_plan_init(twin, bytes, c, &config) == PSC_OK);
    do {
        status = psc_plan_step(plan, c, slice);
        REQUIRE(status == PSC_OK || status == PSC_MORE);
        REQUIRE(psc_plan_best(plan, c, at, &info) == PSC_OK);
        if (steps < 4 || status == PSC_OK) {
            check_assignment(c, &config, at);
            check_info(c, at, &info);
        }
        if (steps % 2) {                            /* it may be moved in memory */
            void *moved = copy_of(plan, bytes);
            free(plan);
            plan = (psc_plan *)moved;
        }
        REQUIRE(++steps < 20000);
    } while (status == PSC_MORE);
    while (psc_plan_step(twin, c, 1000000) == PSC_MORE) REQUIRE(++steps < 30000);
    REQUIRE(psc_plan_best(twin, c, other, &whole) == PSC_OK);
    REQUIRE(memcmp(at, other, (size_t)c->shards * sizeof at[0]) == 0 && memcmp(&info, &whole, sizeof info) == 0);
    REQUIRE(info.done == 1);
    for (s = 0; s <= c->shards; s++) check_explanation(plan, c, at, s);
    free(twin);
    free(plan);
}

/* ==== Waves ===================================================================================== */

/* The moves of a wave end in any order: every subset of them may have ended, all of them may be under way. Once a move
 * has strained a tie on the way, ties are asked for no more: *strained. */
static void check_wave(const psc_cluster *c, const psc_waves_config *config, int32_t *at, const psc_move *move,
                       int32_t n, int *strained)
{
    int32_t touches[NODES] = { 0 }, part[SHARDS], i, k, r;
    int64_t came[NODES * RESOURCES] = { 0 };
    uint32_t ended;

    REQUIRE(n <= config->total);
    for (i = 0; i < n; i++) {
        const int32_t s = move[i].shard, to = move[i].to;
        REQUIRE(move[i].from == at[s] && to != at[s] && (!c->closed || !c->closed[to]));
        touches[move[i].from]++;
        touches[to]++;
        REQUIRE(!has_sibling(c, at, s, to));
        for (k = 0; c->group && k < c->shards; k++)
            if (k != s && c->group[k] == c->group[s] && start_of(c, k) != c->home[k]) REQUIRE(c->home[k] != to);
        for (k = 0; c->group && k < i; k++) REQUIRE(c->group[move[k].shard] != c->group[s]);
        for (r = 0; r < c->resources; r++) came[to * c->resources + r] += demand_of(c, s, r);
        if (move[i].block != PSC_BLOCK_NONE) *strained = 1;
    }
    for (i = 0; i < c->nodes; i++) {
        REQUIRE(touches[i] <= config->per_node);
        for (r = 0; r < c->resources; r++) {
            const int64_t more = came[i * c->resources + r];
            if (more > 0) REQUIRE(use_of(c, at, i, r) + leaving_of(c, i, r) + more <= capacity_of(c, i, r));
        }
    }
    REQUIRE(!*strained || !config->strict);
    for (ended = 0; !*strained && n <= WAVE_MOVES && ended < UINT32_C(1) << n; ended++) {
        memcpy(part, at, (size_t)c->shards * sizeof part[0]);
        for (i = 0; i < n; i++)
            if (ended >> i & 1) part[move[i].shard] = move[i].to;
        check_groups(c, part);
    }
    for (i = 0; i < n; i++) at[move[i].shard] = move[i].to;
    if (!*strained) check_groups(c, at);
}

/* What an order holds whatever its waves are; the number of hops to parking places. */
static int32_t check_order(const psc_cluster *c, const int32_t *wanted, const psc_move *order, const psc_waves_info *info)
{
    int32_t last[SHARDS], i, s, parks = 0, strained = 0;

    start_at(c, last);
    for (i = 0; i < info->moves + info->stuck; i++) {
        const psc_move *m = &order[i];
        REQUIRE(m->shard >= 0 && m->shard < c->shards && m->to >= 0 && m->to < c->nodes);
        REQUIRE(m->from == last[m->shard] && m->from != wanted[m->shard]);
        REQUIRE((m->wave >= 0) == (i < info->moves) && m->wave < info->waves);
        REQUIRE(m->block >= 0 && m->block < PSC_BLOCK_COUNT && m->resource >= -1 && m->resource < c->resources);
        if (m->wave < 0) {
            REQUIRE(m->to == wanted[m->shard] && m->block != PSC_BLOCK_NONE);
            last[m->shard] = m->to;
            continue;
        }
        REQUIRE(m->block == PSC_BLOCK_NONE || m->block == PSC_BLOCK_SPREAD || m->block == PSC_BLOCK_DEPENDENCY);
        REQUIRE(!c->pinned || !c->pinned[m->shard]);
        REQUIRE(start_of(c, m->shard) == c->home[m->shard]);
        strained += m->block != PSC_BLOCK_NONE;
        parks += m->to != wanted[m->shard];
        last[m->shard] = m->to;
    }
    for (s = 0; s < c->shards; s++) REQUIRE(last[s] == wanted[s]);
    REQUIRE(strained == info->strained && parks == info->parks);
    return parks;
}

static void run_waves(input *in, const psc_cluster *c, const int32_t *wanted)
{
    psc_waves_config config;
    psc_waves_info info;
    psc_move *order;
    int32_t at[SHARDS], moves = 0, hops, i, first, wave;
    int strained = 0;
    size_t bytes = psc_waves_size(c);
    void *work = block_of(bytes);

    psc_waves_default(&config);
    config.per_node = 1 + (int32_t)take_byte(in) % 4;
    if (take_byte(in) & 1) config.total = 1 + (int32_t)take_byte(in) % 6;
    if (take_byte(in) & 1) config.parks = (int32_t)take_byte(in) % 4;
    if (take_byte(in) & 1) config.strict = 1;
    if (take_byte(in) & 1) config.bytes = 1 + (int64_t)take_byte(in);
    hops = (int32_t)take_byte(in) % 8;
    for (i = 0; i < c->shards; i++) moves += wanted[i] != start_of(c, i);
    order = (psc_move *)block_of((size_t)(moves + hops) * sizeof *order);
    memset(&info, 0xa5, sizeof info);
    if (moves > 0)
        REQUIRE(psc_waves_of(c, &config, wanted, work, bytes, order, (size_t)moves - 1, &info) == PSC_ERR_SPACE);
    REQUIRE(psc_waves_of(c, &config, wanted, work, bytes - 1, order, (size_t)(moves + hops), &info) == PSC_ERR_SPACE);
    REQUIRE(untouched(order, (size_t)(moves + hops) * sizeof *order) && untouched(&info, sizeof info));
    REQUIRE(psc_waves_of(c, &config, wanted, work, bytes, order, (size_t)(moves + hops), &info) == PSC_OK);
    REQUIRE(info.moves >= 0 && info.stuck >= 0 && info.waves >= 0 && info.parks <= config.parks && info.parks <= hops);
    REQUIRE(info.moves + info.stuck == moves + info.parks);
    REQUIRE(check_order(c, wanted, order, &info) == info.parks);
    start_at(c, at);
    for (first = wave = 0; wave < info.waves; wave++) {
        for (i = first; i < info.moves && order[i].wave == wave; i++)
            if (i > first) REQUIRE(order[i].shard > order[i - 1].shard);
        REQUIRE(i > first);
        check_wave(c, &config, at, order + first, i - first, &strained);
        first = i;
    }
    REQUIRE(first == info.moves);
    free(order);
    free(work);
}

/* ==== Imbalance ================================================================================= */

static void run_imbalance(input *in, const psc_cluster *c)
{
    size_t bytes = psc_imbalance_size(c);
    void *work = block_of(bytes);
    double node_score[NODES], shard_score[SHARDS + 1];
    int64_t soft[NODES * RESOURCES];
    psc_imbalance im;
    int32_t i;

    REQUIRE(psc_imbalance_of(c, NULL, take_byte(in) / 64.0, work, bytes, node_score, shard_score, &im) == PSC_OK);
    REQUIRE(are_finite(node_score, (size_t)c->nodes) && are_finite(shard_score, (size_t)c->shards));
    REQUIRE(is_finite(im.fleet) && is_finite(im.rms) && is_finite(im.peak) && im.peak >= 0.0 && im.rms >= 0.0);
    REQUIRE(im.node >= 0 && im.node < c->nodes && im.resource >= -1 && im.resource < c->resources);
    REQUIRE(im.above >= 0 && im.above <= c->nodes && im.overloaded >= 0 && im.overloaded <= c->nodes);
    for (i = 0; i < c->nodes; i++) REQUIRE(node_score[i] >= -1.0 && node_score[i] <= node_score[im.node]);
    REQUIRE(im.fleet == node_score[im.node]);
    if (c->shards > 0) {
        double before, after;
        REQUIRE(psc_imbalance_move(c, NULL, work, bytes, 0, (int32_t)take_byte(in) % c->nodes, &before, &after) == PSC_OK);
        REQUIRE(before >= -1.0 && before <= node_score[c->home[0]] && after >= -1.0);
    }
    REQUIRE(psc_soft_amounts(c, take_share(in), soft) == PSC_OK || 1);
    if (psc_soft_amounts(c, 0.1, soft) == PSC_OK)
        for (i = 0; i < c->nodes * c->resources; i++) REQUIRE(soft[i] >= 0 && soft[i] <= c->capacity[i]);
    free(work);
}

static void run_uncertain(input *in, const psc_cluster *c)
{
    double mean[SHARDS * RESOURCES], deviation[SHARDS * RESOURCES], probability[NODES];
    int64_t demand[SHARDS * RESOURCES + 1], capacity[NODES * RESOURCES];
    psc_provision p;
    int32_t i;
    size_t bytes = psc_overload_size(c);
    void *work = block_of(bytes);

    for (i = 0; i < c->shards * c->resources; i++) {
        mean[i] = take_share(in) * 60.0;
        deviation[i] = take_share(in) * 20.0;
    }
    if (psc_risk_amounts(c, mean, deviation, 0.5 + take_share(in) / 2.1, demand, capacity) == PSC_OK) {
        for (i = 0; i < c->shards * c->resources; i++) REQUIRE((double)demand[i] >= mean[i]);
        for (i = 0; i < c->nodes * c->resources; i++) REQUIRE(capacity[i] >= 0 && capacity[i] <= c->capacity[i]);
        REQUIRE(psc_overload_of(c, mean, deviation, NULL, work, bytes, probability) == PSC_OK);
        for (i = 0; i < c->nodes; i++) REQUIRE(probability[i] >= 0.0 && probability[i] <= 1.0);
    }
    REQUIRE(psc_provision_of(c, (1.0 + take_byte(in)) / 1024.0, 0.5, &p) == PSC_OK);
    REQUIRE(p.use >= 0.0 && p.nodes >= 0 && p.resource >= 0 && p.resource < c->resources);
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    arrays a;
    psc_cluster c;
    psc_fault fault;
    int32_t at[SHARDS + 1], i;

    take_cluster(&in, &a, &c);
    REQUIRE(psc_cluster_fault(&c, &fault) == PSC_OK && fault.status == psc_cluster_check(&c));
    REQUIRE((fault.field == PSC_FIELD_NONE) == (fault.status == PSC_OK));
    if (fault.status != PSC_OK) return 0;
    run_imbalance(&in, &c);
    run_uncertain(&in, &c);
    run_plan(&in, &c, at);
    run_waves(&in, &c, at);
    for (i = 0; i < c.shards; i++)          /* and what no plan would ask for */
        at[i] = take_byte(&in) & 1 ? (int32_t)take_byte(&in) % c.nodes : start_of(&c, i);
    run_waves(&in, &c, at);
    return 0;
}
