/* plan_check.h - an independent judge of plans and waves: everything is counted again from the arrays of the cluster,
 * naively, with nothing taken from partition.c. For small clusters: at most PC_MAX shards, nodes, groups. */
#ifndef PSC_PLAN_CHECK_H
#define PSC_PLAN_CHECK_H

#include <stdint.h>
#include <string.h>

enum { PC_MAX = 32 };

static int64_t pc_max(int64_t a, int64_t b) { return a > b ? a : b; }
static int pc_domain(const psc_cluster *c, int n) { return c->domain ? c->domain[n] : n; }
static int pc_zone(const psc_cluster *c, int n) { return c->zone ? c->zone[n] : 0; }
static int pc_home(const psc_cluster *c, int s) { return c->going ? c->going[s] : c->home[s]; }
static int pc_fixed(const psc_cluster *c, int s) { return (c->pinned && c->pinned[s]) || pc_home(c, s) != c->home[s]; }

/* The copies that shards on their way still have on a node. */
static int64_t pc_left(const psc_cluster *c, int n, int r)
{
    int64_t sum = 0;
    int s;
    for (s = 0; s < c->shards; s++) {
        if (c->home[s] == n && pc_home(c, s) != n) sum += c->demand[s * c->resources + r];
    }
    return sum;
}

static int64_t pc_use(const psc_cluster *c, const int32_t *at, int n, int r)
{
    int64_t sum = 0;
    int s;
    for (s = 0; s < c->shards; s++) if (at[s] == n) sum += c->demand[s * c->resources + r];
    return sum;
}

static int64_t pc_away(const psc_cluster *c, const int32_t *at, int n, int r)
{
    int64_t sum = 0;
    int s;
    for (s = 0; s < c->shards; s++) if (pc_home(c, s) == n && at[s] != n) sum += c->demand[s * c->resources + r];
    return sum;
}

/* The six numbers of an assignment, as the header defines them. */
static void pc_cost(const psc_cluster *c, const int32_t *at, psc_plan_info *out)
{
    int n, r, s, g, b;
    memset(out, 0, sizeof *out);
    for (n = 0; n < c->nodes; n++) {
        for (r = 0; r < c->resources; r++) {
            const int i = n * c->resources + r;
            const int64_t use = pc_use(c, at, n, r), cap = c->capacity[i], soft = c->soft ? c->soft[i] : cap;
            const int64_t price = (c->load_weight ? c->load_weight[n] : 1) * (c->weight ? c->weight[r] : 1);
            out->load += price * pc_max(0, use - soft);
            if (use > cap) {    /* small numbers here: the division is direct */
                const int64_t whole = cap > 0 ? cap : 1, parts = ((use - cap) * 1000000 + whole - 1) / whole;
                out->overload += parts > INT64_C(1) << 36 ? INT64_C(1) << 36 : parts;
            }
        }
        for (b = 0; b < c->balances; b++) {
            const psc_balance *t = &c->balance[b];
            const int64_t first = c->capacity[n * c->resources + t->first] - pc_use(c, at, n, t->first);
            const int64_t second = c->capacity[n * c->resources + t->second] - pc_use(c, at, n, t->second);
            out->balance += t->weight * pc_max(0, t->ratio * first - second);
        }
    }
    for (s = 0; s < c->pairs; s++) {
        const psc_pair *p = &c->pair[s];
        const int moved = (at[p->a] != pc_home(c, p->a)) + (at[p->b] != pc_home(c, p->b));
        if (at[p->a] != at[p->b]) out->apart += c->weight_apart * p->weight;
        out->disruption += moved * c->weight_disruption * p->weight;
    }
    for (s = 0; s < c->shards; s++) {
        const int home = pc_home(c, s);
        if (c->risk && c->impact) out->risk += c->risk[at[s]] * c->impact[s] / 1000000;
        if (at[s] == home) continue;
        out->moves++;
        out->bytes += c->size ? c->size[s] : 0;
        out->move += c->weight_move * (c->move_cost ? c->move_cost[s] : 1);
        if (c->place) out->distance += c->weight_distance * c->distance[c->place[home] * c->places + c->place[at[s]]];
        if (!c->group) out->group = c->weight_group;
    }
    for (g = 0; g < c->groups; g++) {
        int64_t moved = 0;
        for (s = 0; s < c->shards; s++) moved += c->group[s] == g && at[s] != pc_home(c, s);
        out->group = pc_max(out->group, c->weight_group * moved);
    }
    out->cost = out->load + out->balance + out->move + out->group + out->distance;
    out->cost += out->apart + out->disruption + out->risk;
}

static int pc_spread(const psc_cluster *c, const int32_t *at, int g)
{
    int s, d, domains = 0;
    for (d = 0; d < c->nodes; d++) {
        int there = 0;
        for (s = 0; s < c->shards; s++) there |= c->group[s] == g && pc_domain(c, at[s]) == d;
        domains += there;
    }
    return domains;
}

/* 1 if a group that the shard depends on is missing in its zone. */
static int pc_broken(const psc_cluster *c, const int32_t *at, int s, int d)
{
    int m;
    for (m = 0; m < c->shards; m++) if (c->group[m] == c->depend[d] && pc_zone(c, at[m]) == pc_zone(c, at[s])) return 0;
    return 1;
}

/* 0, or what is worse in `b` than in `a`: 'o'verload, 'c'onflict, 's'pread, 'd'ependency. */
static int pc_worse(const psc_cluster *c, const int32_t *a, const int32_t *b)
{
    int n, r, s, m, g, d;
    for (n = 0; n < c->nodes; n++) for (r = 0; r < c->resources; r++) {
        if (pc_use(c, b, n, r) > pc_max(c->capacity[n * c->resources + r], pc_use(c, a, n, r))) return 'o';
    }
    for (s = 0; c->group && s < c->shards; s++) for (m = 0; m < s; m++) {
        if (c->group[s] == c->group[m] && b[s] == b[m] && a[s] != a[m]) return 'c';
    }
    for (g = 0; g < c->groups; g++) {
        const int least = c->spread ? c->spread[g] : 1, was = pc_spread(c, a, g);
        if (pc_spread(c, b, g) < (was < least ? was : least)) return 's';
    }
    for (s = 0; c->depend_from && s < c->shards; s++) {
        for (d = c->depend_from[c->group[s]]; d < c->depend_from[c->group[s] + 1]; d++) {
            if (pc_broken(c, b, s, d) && !pc_broken(c, a, s, d)) return 'd';
        }
    }
    return 0;
}

/* 0, or why an assignment is no legal plan from `home`: as above, 't'ransient, 'p'inned or on its way, c'l'osed. */
static int pc_plan_from(const psc_cluster *c, const int32_t *home, const int32_t *at)
{
    int n, r, s;
    for (s = 0; s < c->shards; s++) {
        if (at[s] == home[s]) continue;
        if (pc_fixed(c, s)) return 'p';
        if (c->closed && c->closed[at[s]]) return 'l';
    }
    for (n = 0; n < c->nodes; n++) for (r = 0; r < c->resources; r++) {
        const int64_t left = pc_left(c, n, r), away = c->transient && c->transient[r] ? pc_away(c, at, n, r) : 0;
        const int64_t limit = pc_max(c->capacity[n * c->resources + r], pc_use(c, home, n, r) + left);
        if (pc_use(c, at, n, r) + away + left > limit) return 't';
    }
    return pc_worse(c, home, at);
}

static int pc_plan(const psc_cluster *c, const int32_t *at)
{
    int32_t home[PC_MAX];
    int s;
    for (s = 0; s < c->shards; s++) home[s] = pc_home(c, s);
    return pc_plan_from(c, home, at);
}

/* The largest number of moved shards that touch a node. */
static int pc_touches(const psc_cluster *c, const int32_t *at)
{
    int n, s, most = 0;
    for (n = 0; n < c->nodes; n++) {
        int touches = 0;
        for (s = 0; s < c->shards; s++) if (at[s] != pc_home(c, s)) touches += at[s] == n || pc_home(c, s) == n;
        if (touches > most) most = touches;
    }
    return most;
}

/* 0, or what forbids the single move of s to t from this assignment. */
static int pc_move(const psc_cluster *c, const int32_t *at, int s, int t)
{
    int32_t next[PC_MAX];
    int r;
    if (pc_fixed(c, s)) return 'p';
    if (c->closed && c->closed[t]) return 'l';
    for (r = 0; r < c->resources; r++) {
        const int64_t d = c->demand[s * c->resources + r], use = pc_use(c, at, t, r) + d, left = pc_left(c, t, r);
        const int own = c->transient && c->transient[r] && t == pc_home(c, s);     /* its place there is kept */
        const int64_t away = c->transient && c->transient[r] && !own ? pc_away(c, at, t, r) : 0;
        if (d > 0 && use + away + (own ? 0 : left) > c->capacity[t * c->resources + r]) return 'o';
    }
    memcpy(next, at, (size_t)c->shards * sizeof *next);
    next[s] = t;
    return pc_worse(c, at, next);
}

/* 0, or what is wrong with one wave that starts at `at`: moves first..end of the order. */
static int pc_wave(const psc_cluster *c, const psc_waves_config *config, const int32_t *at,
                   const psc_move *order, int first, int end)
{
    int32_t next[PC_MAX];
    int i, j, n, r, s, subset, strained = 0;
    if (end - first > config->total || end - first > 20) return 'n';
    for (n = 0; n < c->nodes; n++) {
        int touches = 0;
        for (i = first; i < end; i++) touches += (order[i].from == n) + (order[i].to == n);
        if (touches > config->per_node) return 'k';
        for (r = 0; r < c->resources; r++) {
            const int64_t there = pc_use(c, at, n, r) + pc_left(c, n, r);
            int64_t came = 0;       /* shards that demand nothing of r may come while it is short */
            for (i = first; i < end; i++) if (order[i].to == n) came += c->demand[order[i].shard * c->resources + r];
            if (came > 0 && there + came > c->capacity[n * c->resources + r]) return 'b';
        }
    }
    for (i = first; i < end; i++) {
        if (order[i].from != at[order[i].shard] || order[i].from == order[i].to) return 'f';
        for (j = first; c->group && j < i; j++) if (c->group[order[i].shard] == c->group[order[j].shard]) return 'g';
        for (s = 0; c->group && s < c->shards; s++) {
            if (s == order[i].shard || c->group[s] != c->group[order[i].shard]) continue;
            if (at[s] == order[i].to || (pc_home(c, s) != c->home[s] && c->home[s] == order[i].to)) return 'a';
        }
        strained |= order[i].block != PSC_BLOCK_NONE && order[i].wave >= 0;
    }
    if (strained && config->strict) return 'r';
    for (subset = 0; subset < 1 << (end - first); subset++) {
        int worse;
        memcpy(next, at, (size_t)c->shards * sizeof *next);
        for (i = first; i < end; i++) if (subset >> (i - first) & 1) next[order[i].shard] = order[i].to;
        worse = pc_worse(c, at, next);
        if (worse && !strained) return worse;
        if (worse == 'o' || worse == 'c') return worse;
    }
    return 0;
}

/* 0, or what is wrong with an order of moves; a stuck move is tried again at the end, alone. */
static int pc_waves(const psc_cluster *c, const psc_waves_config *config, const int32_t *want,
                    const psc_move *order, const psc_waves_info *info)
{
    int32_t at[PC_MAX], parked[PC_MAX];
    int i, s, first = 0, wave = 0, moves = 0, parks = 0, again = 0, strained = 0;
    for (s = 0; s < c->shards; s++) at[s] = pc_home(c, s);
    memset(parked, 0, sizeof parked);
    while (first < info->moves) {
        int end = first, bad;
        while (end < info->moves && order[end].wave == wave) end++;
        if (end == first) return 'w';
        for (i = first + 1; i < end; i++) if (order[i].shard <= order[i - 1].shard) return 'i';
        bad = pc_wave(c, config, at, order, first, end);
        if (bad) return bad;
        for (i = first; i < end; i++) {
            const int32_t shard = order[i].shard;
            if (pc_fixed(c, shard)) return 'x';
            if (order[i].block != PSC_BLOCK_NONE) {
                if (order[i].block != PSC_BLOCK_SPREAD && order[i].block != PSC_BLOCK_DEPENDENCY) return 'x';
                strained++;
            }
            if (c->closed && c->closed[order[i].to]) return 'y';
            if (order[i].to != want[shard]) {
                if (++parked[shard] > 6) return 'y';
                parks++;
            }
            again += order[i].from == want[shard];
            at[order[i].shard] = order[i].to;
        }
        first = end;
        wave++;
    }
    if (wave != info->waves) return 'w';
    for (i = first; i < info->moves + info->stuck; i++) {
        psc_move alone = order[i];
        if (alone.wave != -1 || alone.block == PSC_BLOCK_NONE || alone.to != want[alone.shard]) return 'u';
        if (at[alone.shard] == alone.to) return 'u';
        if (alone.block == PSC_BLOCK_PINNED || alone.block == PSC_BLOCK_GOING) continue;
        if (alone.block == PSC_BLOCK_CLOSED) continue;
        if (!pc_wave(c, config, at, &alone, 0, 1) && config->per_node > 0) return 'e';
    }
    for (s = 0; s < c->shards; s++) moves += want[s] != pc_home(c, s);
    if (parks != info->parks || parks > config->parks || strained != info->strained) return 'p';
    return moves + parks + again == info->moves + info->stuck ? 0 : 'm';
}

#endif
