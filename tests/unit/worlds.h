/* worlds.h - random small clusters, the same for every test that names a seed. Needs test.h and plan_check.h. */
#ifndef PSC_WORLDS_H
#define PSC_WORLDS_H

typedef struct world {
    psc_cluster c;
    int64_t capacity[PC_MAX * 4], soft[PC_MAX * 4], demand[PC_MAX * 4], price[PC_MAX], weight[4], distance[9];
    int64_t load_weight[PC_MAX], size[PC_MAX], impact[PC_MAX], rested[PC_MAX];
    int32_t risk[PC_MAX], going[PC_MAX];
    psc_pair pair[8];
    int32_t domain[PC_MAX], zone[PC_MAX], place[PC_MAX], closed[PC_MAX], home[PC_MAX], group[PC_MAX], pinned[PC_MAX];
    int32_t spread[PC_MAX], depend_from[PC_MAX + 1], depend[2 * PC_MAX], transient[4];
    psc_balance balance[2];
} world;

static inline int pick(uint64_t *seed, int n) { return (int)(test_random(seed) % (uint64_t)n); }

static inline void random_nodes(world *w, uint64_t *seed)
{
    psc_cluster *c = &w->c;
    int n, r;
    for (n = 0; n < c->nodes; n++) {
        for (r = 0; r < c->resources; r++) {
            w->capacity[n * c->resources + r] = pick(seed, 12) == 0 ? 0 : 20 + pick(seed, 60);
            w->soft[n * c->resources + r] = pick(seed, 60);
        }
        w->domain[n] = pick(seed, c->nodes);
        w->zone[n] = pick(seed, c->nodes < 3 ? c->nodes : 3);
        w->place[n] = pick(seed, 3);
        w->closed[n] = pick(seed, 8) == 0;
    }
    for (n = 0; n < 9; n++) w->distance[n] = pick(seed, 4);
    c->capacity = w->capacity;
    if (pick(seed, 3)) c->soft = w->soft;
    if (pick(seed, 2)) c->domain = w->domain;
    if (pick(seed, 4)) c->zone = w->zone;
    if (pick(seed, 2)) { c->place = w->place; c->distance = w->distance; c->places = 3; }
    if (pick(seed, 3) == 0) c->closed = w->closed;
}

static inline void random_groups(world *w, uint64_t *seed)
{
    psc_cluster *c = &w->c;
    int g, k, n = 0;
    c->groups = 1 + pick(seed, 6);
    for (g = 0; g < c->groups; g++) {
        w->spread[g] = pick(seed, 4);
        w->depend_from[g] = n;
        for (k = pick(seed, 6) - 3; k > 0; k--) w->depend[n++] = pick(seed, c->groups);
    }
    w->depend_from[g] = n;
    c->group = w->group;
    if (pick(seed, 2)) c->spread = w->spread;
    if (pick(seed, 3)) { c->depend_from = w->depend_from; c->depend = w->depend; }
}

static inline void random_shards(world *w, uint64_t *seed)
{
    psc_cluster *c = &w->c;
    int s, r;
    for (s = 0; s < c->shards; s++) {
        for (r = 0; r < c->resources; r++) w->demand[s * c->resources + r] = pick(seed, 5) ? pick(seed, 25) : 0;
        w->home[s] = pick(seed, c->nodes);
        w->price[s] = pick(seed, 4);
        w->pinned[s] = pick(seed, 8) == 0;
        if (c->groups > 0) w->group[s] = pick(seed, c->groups);
    }
    c->demand = w->demand;
    c->home = w->home;
    if (pick(seed, 2)) c->move_cost = w->price;
    if (pick(seed, 3) == 0) c->pinned = w->pinned;
}

/* Pairs, failures, moves under way. */
static inline void random_rest(world *w, uint64_t *seed)
{
    psc_cluster *c = &w->c;
    int i;
    for (i = 0; i < c->nodes; i++) {
        w->load_weight[i] = pick(seed, 3);
        w->risk[i] = pick(seed, 5) * 200000;
    }
    for (i = 0; i < c->shards; i++) {
        w->size[i] = pick(seed, 5);
        w->impact[i] = 5 * pick(seed, 5);     /* so that no risk is rounded */
        w->rested[i] = pick(seed, 100);
        w->going[i] = pick(seed, 10) ? w->home[i] : pick(seed, c->nodes);
    }
    c->pairs = c->shards > 1 && pick(seed, 3) == 0 ? pick(seed, 9) : 0;
    for (i = 0; i < c->pairs; i++) {
        w->pair[i].a = pick(seed, c->shards);
        w->pair[i].b = (w->pair[i].a + 1 + pick(seed, c->shards - 1)) % c->shards;
        w->pair[i].weight = pick(seed, 9);
    }
    c->pair = w->pair;
    c->weight_disruption = pick(seed, 2);
    if (pick(seed, 3) == 0) c->load_weight = w->load_weight;
    if (pick(seed, 3) == 0) c->risk = w->risk;
    if (pick(seed, 3)) c->impact = w->impact;
    if (pick(seed, 2)) c->size = w->size;
    if (pick(seed, 2)) c->rested = w->rested;
    if (pick(seed, 4) == 0) c->going = w->going;
}

static inline void random_world(world *w, uint64_t seed)
{
    psc_cluster *c = &w->c;
    int r, b;
    memset(w, 0, sizeof *w);
    psc_cluster_default(c);
    c->resources = 1 + pick(&seed, 3);
    c->nodes = 1 + pick(&seed, 7);
    c->shards = pick(&seed, 15);
    random_nodes(w, &seed);
    if (pick(&seed, 4)) random_groups(w, &seed);
    random_shards(w, &seed);
    for (r = 0; r < c->resources; r++) {
        w->transient[r] = pick(&seed, 3) == 0;
        w->weight[r] = pick(&seed, 5);
    }
    if (pick(&seed, 2)) c->transient = w->transient;
    if (pick(&seed, 2)) c->weight = w->weight;
    for (b = 0; b < 2; b++) {
        w->balance[b].first = pick(&seed, c->resources);
        w->balance[b].second = pick(&seed, c->resources);
        w->balance[b].ratio = pick(&seed, 3);
        w->balance[b].weight = pick(&seed, 3);
    }
    c->balance = w->balance;
    c->balances = pick(&seed, 3);
    c->weight_group = pick(&seed, 3);
    c->weight_move = pick(&seed, 2);
    random_rest(w, &seed);
}

/* 1 if nothing is broken where the shards begin. */
static inline int starts_whole(const psc_cluster *c, const int32_t *at)
{
    psc_plan_info info;
    int g, s, m, d;
    pc_cost(c, at, &info);
    if (info.overload > 0) return 0;
    for (s = 0; s < c->shards; s++) {
        for (m = 0; m < s; m++) if (c->group[s] == c->group[m] && at[s] == at[m]) return 0;
        for (d = c->depend_from[c->group[s]]; d < c->depend_from[c->group[s] + 1]; d++) {
            if (pc_broken(c, at, s, d)) return 0;
        }
    }
    for (g = 0; g < c->groups; g++) if (pc_spread(c, at, g) < c->spread[g]) return 0;
    return 1;
}

/* A cluster of five nodes and nine shards that uses every kind of constraint and cost and begins whole. */
static inline void small_world(world *w, uint64_t seed)
{
    psc_cluster *c = &w->c;
    uint64_t draw = seed << 32;
    int i;
    do {
        uint64_t rng = draw++;
        memset(w, 0, sizeof *w);
        psc_cluster_default(c);
        c->resources = 3;
        c->nodes = 5;
        c->shards = 9;
        random_nodes(w, &rng);
        do random_groups(w, &rng); while (c->groups < 4);
        random_shards(w, &rng);
        random_rest(w, &rng);
        for (i = 0; i < c->groups; i++) w->spread[i] = 0;
        for (i = 0; i < c->shards; i++) w->spread[w->group[i]] += w->spread[w->group[i]] < 2 && pick(&rng, 2);
        for (i = 0; i < 15; i++) w->capacity[i] = 40 + pick(&rng, 40);
        for (i = 0; i < 3; i++) w->weight[i] = 1 + pick(&rng, 9);
        w->transient[pick(&rng, 3)] = 1;
        w->balance[0].second = 1;
        w->balance[0].ratio = w->balance[0].weight = 1;
        for (i = 0; i < c->nodes; i++) w->load_weight[i] = 1 + pick(&rng, 3);
        if (c->pairs == 0) c->pairs = 1, w->pair[0].b = 1, w->pair[0].weight = 9;
        c->soft = w->soft, c->domain = w->domain, c->zone = w->zone, c->closed = w->closed;
        c->place = w->place, c->distance = w->distance, c->places = 3;
        c->load_weight = w->load_weight, c->risk = w->risk, c->impact = w->impact;
        c->group = w->group, c->spread = w->spread, c->depend_from = w->depend_from, c->depend = w->depend;
        c->move_cost = w->price, c->size = w->size, c->pinned = w->pinned, c->going = w->going, c->rested = w->rested;
        c->transient = w->transient, c->weight = w->weight, c->balance = w->balance, c->balances = 1;
        c->weight_group = 1, c->weight_disruption = 1;
    } while (!starts_whole(c, w->going));
}

/* The limits that go with it; nothing is so tight that all must stay. */
static inline void small_limits(psc_plan_config *config, uint64_t seed)
{
    psc_plan_default(config);
    config->max_moves = 4 + (int64_t)(seed % 6);
    config->max_move_cost = 6 + (int64_t)(seed % 9);
    config->max_bytes = 8 + (int64_t)(seed % 9);
    config->max_node_moves = 3 + (int32_t)(seed % 4);
    config->cooldown = 20;
}

#endif
