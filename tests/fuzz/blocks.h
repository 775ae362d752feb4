/* blocks.h - what the fuzz targets do with splitters, echoes and maps of any origin: build, use, hold errors to their word. */
#ifndef PSC_FUZZ_BLOCKS_H
#define PSC_FUZZ_BLOCKS_H

#include "fuzz.h"

/* A word of a state: its sizes are not asked for by any function. */
static inline int64_t state_word(const void *state, size_t i)
{
    int64_t w;

    memcpy(&w, (const unsigned char *)state + 8 * i, 8);
    return w;
}

static inline size_t bytes_of(const void *state)
{
    return (size_t)((const psc_state *)state)->words * 8;
}

static inline uint64_t take_key(input *in)
{
    uint32_t tag = take_byte(in);
    return tag < 200 ? (uint64_t)tag * 1000 : tag < 240 ? (uint64_t)take_integer(in) : take_word(in);
}

/* An error must have left the state as it was. Frees what it was. */
static inline void check_error(psc_status status, void *before, const void *state)
{
    if (status < 0) REQUIRE(memcmp(before, state, bytes_of(state)) == 0);
    free(before);
}

/* ==== Split ===================================================================================== */

enum { SPLIT_SHARDS = 2, SPLIT_N = 12 };    /* words */

static inline void take_split_config(input *in, psc_split_config *config)
{
    psc_split_default(config);
    config->shards = take_option(in, 1, 24);
    config->samples = 256 << take_byte(in) % 2;
    config->settle = take_option(in, 0, 20);
    if (take_byte(in) & 1) {
        config->mark = take_number(in, 1.0, 200.0);
        config->size = take_number(in, 1.0, 200.0);
        config->over = take_number(in, 0.0, 50.0);
        config->big = take_number(in, 0.0, 50.0);
        config->order = take_number(in, 0.0, 50.0);
        config->undo = take_number(in, 0.0, 100.0);
    }
    config->seed = take_byte(in);
}

static inline psc_status use_split_shards(input *in, psc_split *split)
{
    void *before = copy_of(split, bytes_of(split));
    const size_t n = take_byte(in) % 8;
    uint64_t *start = (uint64_t *)block_of(n * 8), last = 0;
    psc_status status;
    size_t i;

    for (i = 0; i < n; i++) last = start[i] = (i == 0 || take_byte(in) < 8 ? 0 : last) + take_key(in);
    status = psc_split_shards(split, start, n);
    check_error(status, before, split);
    free(start);
    return status;
}

static inline psc_status use_split_tick(input *in, psc_split *split, psc_split_order *orders, size_t capacity, size_t *count)
{
    void *before = copy_of(split, bytes_of(split));
    const size_t n = (size_t)state_word(split, SPLIT_N);
    double *size = (double *)block_of(n * 8), *load = (double *)block_of(n * 8);
    double *forecast;
    uint8_t *busy = (uint8_t *)block_of(n);
    psc_split_view view;
    psc_status status;
    size_t i;

    psc_split_view_default(&view);
    if (take_byte(in) & 1) view.leads = (int32_t)take_byte(in) % 5 - 1;
    forecast = (double *)block_of(n * (size_t)(view.leads > 0 ? view.leads : 0) * 8);
    for (i = 0; i < n; i++) {
        size[i] = take_number(in, 0.0, 300.0);
        busy[i] = take_byte(in) > 200;
    }
    for (i = 0; i < n * (size_t)(view.leads > 0 ? view.leads : 0); i++) forecast[i] = take_number(in, -10.0, 300.0);
    if (take_byte(in) & 1) view.size = size;
    if (take_byte(in) & 1) view.busy = busy;
    view.forecast = forecast;
    status = psc_split_tick(split, &view, orders, capacity, count, load);
    if (status == PSC_OK) {
        REQUIRE(*count <= capacity);
        for (i = 0; i < n; i++) REQUIRE(load[i] >= 0.0 && is_finite(load[i]));
    }
    check_error(status, before, split);
    free(busy);
    free(load);
    free(size);
    free(forecast);
    return status;
}

static inline psc_status use_split_observe(input *in, psc_split *split)
{
    void *before = copy_of(split, bytes_of(split));
    const uint64_t key = take_key(in);
    const psc_status status = psc_split_observe(split, key, take_number(in, 0.0, 100.0));

    check_error(status, before, split);
    return status;
}

static inline void use_split(input *in, psc_split *split)
{
    psc_split_order orders[12];
    size_t count;
    int i;

    for (i = 0; i < 4; i++) {
        (void)use_split_observe(in, split);
        if (take_byte(in) & 1) (void)use_split_shards(in, split);
        (void)use_split_observe(in, split);
        (void)use_split_tick(in, split, orders, 12, &count);
    }
}

/* ==== Echo ====================================================================================== */

enum { ECHO_NODES = 2 };

static inline void take_echo_config(input *in, psc_echo_config *config)
{
    psc_echo_default(config);
    config->nodes = take_option(in, 2, 6);
    config->tracked = 8 << take_byte(in) % 3;
    config->echoes = take_option(in, 1, PSC_MAX_ECHOES);
    config->copies = take_option(in, 0, 20);
    config->node_copies = take_option(in, 0, 20);
    config->gain = take_number(in, 0.0, 2.0);
    config->seed = take_byte(in);
    if (take_byte(in) > 240) config->interval_ns = take_integer(in);
    if (take_byte(in) > 240) config->epoch = take_word(in) >> take_byte(in) % 8;
}

static inline psc_status use_echo_tick(input *in, psc_echo *echo, int64_t now, psc_echo_order *orders, size_t capacity,
                                       size_t *count)
{
    void *before = copy_of(echo, bytes_of(echo));
    const size_t n = (size_t)state_word(echo, ECHO_NODES);
    int64_t *backlog = (int64_t *)block_of(n * 8), *service = (int64_t *)block_of(n * 8);
    int64_t *distance = (int64_t *)block_of(n * n * 8);
    int32_t *places = (int32_t *)block_of(n * 4), *domain = (int32_t *)block_of(n * 4);
    psc_echo_nodes nodes;
    psc_status status;
    size_t i;

    for (i = 0; i < n; i++) {
        backlog[i] = take_byte(in) > 230 ? -1 : (int64_t)take_byte(in) * 2000000;
        service[i] = 1 + (int64_t)take_byte(in) * 20000;
        places[i] = take_option(in, 0, 6);
        domain[i] = (int32_t)take_byte(in) % 4;
        if (take_byte(in) > 253) backlog[i] = (int64_t)take_word(in);
    }
    for (i = 0; i < n * n; i++) distance[i] = i % 3 == 0 ? 0 : (int64_t)i * 100000;
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = backlog;
    nodes.service_ns = service;
    nodes.places = places;
    if (take_byte(in) & 1) nodes.domain = domain;
    if (take_byte(in) & 1) nodes.distance_ns = distance;
    status = psc_echo_tick(echo, &nodes, now, orders, capacity, count);
    if (status == PSC_OK) REQUIRE(*count <= capacity);
    for (i = 0; status == PSC_OK && i < *count; i++) {
        REQUIRE(orders[i].kind == PSC_ECHO_COPY || orders[i].kind == PSC_ECHO_DROP);
        REQUIRE(orders[i].node >= 0 && orders[i].node < (int32_t)n);
        REQUIRE(orders[i].kind == PSC_ECHO_DROP || (orders[i].node != orders[i].primary && orders[i].epoch > 0));
    }
    check_error(status, before, echo);
    free(domain);
    free(places);
    free(distance);
    free(service);
    free(backlog);
    return status;
}

static inline psc_status use_echo_read(input *in, psc_echo *echo, uint64_t block, int64_t now, psc_echo_route *route)
{
    void *before = copy_of(echo, bytes_of(echo));
    const int32_t nodes = (int32_t)state_word(echo, ECHO_NODES), primary = take_byte(in) > 250 ? nodes : (int32_t)(block % 2);
    const psc_status status = psc_echo_read(echo, block, primary, now, route);

    REQUIRE(status == (primary < nodes ? PSC_OK : PSC_ERR_RANGE));
    if (status == PSC_OK) REQUIRE(route->node >= 0 && route->node < nodes && route->echo == (route->epoch != 0));
    check_error(status, before, echo);
    return status;
}

static inline void use_echo(input *in, psc_echo *echo)
{
    psc_echo_order orders[16];
    psc_echo_block hot[5];
    psc_echo_route route;
    uint64_t epoch;
    size_t count, i;
    int k, step;

    for (step = 0; step < 4; step++) {
        for (k = 0; k < 20; k++) (void)use_echo_read(in, echo, take_byte(in) % 4, (int64_t)take_integer(in), &route);
        (void)psc_echo_write(echo, take_byte(in) % 4, 0, 0, &epoch);
        (void)psc_echo_expect(echo, take_byte(in) % 4, take_number(in, 0.0, 100.0));
        if (use_echo_tick(in, echo, (int64_t)take_integer(in), orders, 16, &count) != PSC_OK) continue;
        for (i = 0; i < count; i++) (void)psc_echo_confirm(echo, orders[i].block, orders[i].node, orders[i].epoch);
        (void)psc_echo_lost(echo, take_byte(in) % 4, (int32_t)take_byte(in) % 4);
    }
    REQUIRE(psc_echo_hot(echo, hot, 5, &count) == PSC_OK && count <= 5);
    for (i = 0; i < count; i++) REQUIRE(is_finite(hot[i].reads) && is_finite(hot[i].weight) && is_finite(hot[i].writes));
    if (take_byte(in) > 200) (void)psc_echo_restart(echo, take_word(in) >> take_byte(in) % 64);
}

/* ==== Map ======================================================================================= */

enum { MAP_PARTITIONS = 2 };

static inline void take_map_config(input *in, psc_map_config *config)
{
    psc_map_default(config);
    config->partitions = take_option(in, 1, 9);
    config->areas = take_option(in, 1, 12);
    config->echoes = take_option(in, 0, 30);
}

static inline void take_change(input *in, psc_map_change *c)
{
    memset(c, 0, sizeof *c);
    c->kind = (int32_t)take_byte(in) % 7;
    c->key = take_key(in);
    c->epoch = take_byte(in);
    c->partition = (int32_t)(take_byte(in) % 12) - 1;
    c->node = (int32_t)(take_byte(in) % 8) - 2;
    if (take_byte(in) > 250) c->node = (int32_t)take_word(in);
}

/* A key lies in its area, whose neighbours begin where it ends; echoes rise by node. */
static inline void check_find(const psc_map *map, uint64_t key)
{
    psc_map_place p, next;
    int k;

    REQUIRE(psc_map_find(map, key, &p) == PSC_OK);
    REQUIRE(p.first <= key && key <= p.last && p.partition >= 0 && p.partition < state_word(map, MAP_PARTITIONS));
    REQUIRE(p.node >= -1 && p.echoes >= 0 && p.echoes <= PSC_MAX_ECHOES);
    for (k = 0; k < p.echoes; k++) REQUIRE(p.echo[k] > (k ? p.echo[k - 1] : -1) && p.epoch[k] > 0);
    for (; k < PSC_MAX_ECHOES; k++) REQUIRE(p.echo[k] == -1 && p.epoch[k] == 0);
    if (p.last == UINT64_MAX) return;
    REQUIRE(psc_map_find(map, p.last + 1, &next) == PSC_OK && next.first == p.last + 1);
}

static inline void use_map(input *in, psc_map *map)
{
    psc_map_change change;
    uint64_t version;
    int i;

    for (i = 0; i < 8; i++) {
        void *before = copy_of(map, bytes_of(map));
        REQUIRE(psc_map_version(map, &version) == PSC_OK);
        take_change(in, &change);
        check_error(psc_map_apply(map, version, &change), before, map);
        check_find(map, change.key);
    }
    check_find(map, 0);
    check_find(map, UINT64_MAX);
}

#endif
