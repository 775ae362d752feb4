/* hotkeys.c - keys on stdin, one a line: what is hot, what to copy where, where to cut, printed as it changes.
 *
 *     build/hotkeys [NODES [KEYS_A_TICK [MARK]]] < keys
 *
 * A line that begins with '!' is a write of the key behind it. Keys are any bytes: their first 8, in the order of
 * memcmp, place them in a shard. The first shard is on node 0 of NODES (4), one that is cut off goes to the node with the
 * least load. A tick is KEYS_A_TICK (1000) lines, of which each node serves its equal part, so that all together can
 * just follow. A shard bears MARK keys a tick (KEYS_A_TICK / NODES). There is no network here: an order is done as soon
 * as it is printed. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SHARDS = 256, MOST_NODES = 64, MOST_ORDERS = 256, TICK_NS = 1000000000, SHOWN = 3 };

typedef struct host {
    psc_echo *echo;
    psc_split *split;
    int32_t nodes;
    long tick, lines, rate;
    uint64_t start[MOST_SHARDS];
    int32_t home[MOST_SHARDS];          /* node of each shard */
    size_t shards;
    uint64_t hottest;                   /* key last reported as too hot for a shard of its own */
    int64_t backlog[MOST_NODES], service[MOST_NODES];
    int32_t places[MOST_NODES];
    double load[MOST_NODES];            /* keys of this tick by node */
} host;

static void demand(psc_status status)
{
    if (status == PSC_OK) return;
    fprintf(stderr, "hotkeys: %s\n", psc_strerror(status));
    exit(1);
}

/* A key's first 8 bytes, as text. */
static const char *text_of(uint64_t key)
{
    static char text[9];
    int i;

    for (i = 0; i < 8; i++) {
        const int c = (int)(key >> (56 - 8 * i) & 0xff);
        text[i] = (char)(c >= 32 && c < 127 ? c : c == 0 ? '\0' : '.');
    }
    return text[0] ? text : "(start)";
}

static int32_t home_of(const host *h, uint64_t key)
{
    size_t i = h->shards;

    while (i > 1 && h->start[i - 1] > key) i--;
    return h->home[i - 1];
}

static int32_t idlest(const host *h)
{
    int32_t k, best = 0;

    for (k = 1; k < h->nodes; k++) if (h->load[k] < h->load[best]) best = k;
    return best;
}

static void take_key(host *h, const char *line)
{
    const int write = line[0] == '!';
    const uint64_t key = psc_split_key(line + write, strcspn(line + write, "\r\n"));
    const int32_t home = home_of(h, key);
    const int64_t now = h->tick * (int64_t)TICK_NS + h->lines * (int64_t)(TICK_NS / h->rate);
    psc_echo_route route;
    uint64_t epoch;

    demand(psc_split_observe(h->split, key, 1.0));
    route.node = home;
    if (write) demand(psc_echo_write(h->echo, key, home, now, &epoch));
    else demand(psc_echo_read(h->echo, key, home, now, &route));
    h->load[route.node] += 1.0;
    h->lines++;
}

/* The shards cut and joined, and a key that is too hot alone; all is done at once. */
static void order_shards(host *h)
{
    psc_split_order order[MOST_ORDERS];
    psc_split_view view;
    size_t n, i, k;

    psc_split_view_default(&view);
    demand(psc_split_tick(h->split, &view, order, MOST_ORDERS, &n, NULL));
    for (i = 0; i < n; i++) {
        for (k = 0; k < h->shards && h->start[k] < order[i].key; k++) { }
        if (order[i].kind == PSC_SPLIT_CUT) {
            memmove(&h->home[k + 1], &h->home[k], (h->shards - k) * sizeof *h->home);
            memmove(&h->start[k + 1], &h->start[k], (h->shards++ - k) * sizeof *h->start);
            h->start[k] = order[i].key;
            h->home[k] = idlest(h);
            h->load[h->home[k]] += (double)h->rate / h->nodes;      /* about what it takes over */
            printf("%5ld  cut at    %s, on node %d\n", h->tick, text_of(order[i].key), (int)h->home[k]);
        } else if (order[i].kind == PSC_SPLIT_MERGE) {
            memmove(&h->home[k], &h->home[k + 1], (h->shards - k - 1) * sizeof *h->home);
            memmove(&h->start[k], &h->start[k + 1], (--h->shards - k) * sizeof *h->start);
            printf("%5ld  join      %s to its left\n", h->tick, text_of(order[i].key));
        } else if (order[i].key != h->hottest) {
            h->hottest = order[i].key;
            printf("%5ld  too hot   %s alone, no cut helps\n", h->tick, text_of(order[i].key));
        }
    }
    if (n > 0) demand(psc_split_shards(h->split, h->start, h->shards));
}

/* What each node could not serve in the tick waits. */
static void order_echoes(host *h)
{
    psc_echo_order order[MOST_ORDERS];
    psc_echo_nodes nodes;
    size_t n, i;
    int32_t k;

    for (k = 0; k < h->nodes; k++) {
        h->backlog[k] += (int64_t)(h->load[k] * (double)h->service[k]) - TICK_NS;
        if (h->backlog[k] < 0) h->backlog[k] = 0;
    }
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = h->backlog;
    nodes.service_ns = h->service;
    nodes.places = h->places;
    demand(psc_echo_tick(h->echo, &nodes, (h->tick + 1) * (int64_t)TICK_NS, order, MOST_ORDERS, &n));
    for (i = 0; i < n; i++) {
        const psc_echo_order *o = &order[i];
        printf("%5ld  %s %-8s %s node %d\n", h->tick, o->kind == PSC_ECHO_COPY ? "copy     " : "drop     ",
               text_of(o->block), o->kind == PSC_ECHO_COPY ? "to" : "of", (int)o->node);
        if (o->kind == PSC_ECHO_COPY) demand(psc_echo_confirm(h->echo, o->block, o->node, o->epoch));
    }
}

/* The hottest keys, when they are not those that were shown last. */
static void show_hot(const host *h)
{
    static uint64_t last[SHOWN];
    psc_echo_block hot[SHOWN];
    size_t n, i;
    int changed = 0;

    demand(psc_echo_hot(h->echo, hot, SHOWN, &n));
    for (i = 0; i < n; i++) changed |= hot[i].block != last[i];
    if (!changed) return;
    printf("%5ld  hot      ", h->tick);
    for (i = 0; i < n; i++) {
        printf(" %s (%.1f%%)", text_of(hot[i].block), 100.0 * hot[i].reads / (double)h->rate);
        last[i] = hot[i].block;
    }
    printf("\n");
}

static void end_tick(host *h)
{
    order_echoes(h);
    order_shards(h);
    memset(h->load, 0, sizeof h->load);
    if (h->tick % 10 == 9) show_hot(h);
    h->tick++;
    h->lines = 0;
}

static void begin(host *h, double mark)
{
    psc_echo_config echo;
    psc_split_config split;
    int32_t k;

    psc_echo_default(&echo);
    echo.nodes = h->nodes;
    echo.interval_ns = TICK_NS;
    h->echo = (psc_echo *)malloc(psc_echo_size(&echo));
    psc_split_default(&split);
    split.shards = MOST_SHARDS;
    split.mark = mark;
    h->split = (psc_split *)malloc(psc_split_size(&split));
    if (!h->echo || !h->split) demand(PSC_ERR_SPACE);
    demand(psc_echo_init(h->echo, psc_echo_size(&echo), &echo));
    demand(psc_split_init(h->split, psc_split_size(&split), &split));
    h->shards = 1;
    demand(psc_split_shards(h->split, h->start, h->shards));
    for (k = 0; k < h->nodes; k++) {
        h->service[k] = (int64_t)TICK_NS * h->nodes / h->rate;
        h->places[k] = 16;
    }
}

int main(int argc, char **argv)
{
    static host h;
    static char line[4096];
    double mark;

    h.nodes = argc > 1 ? atoi(argv[1]) : 4;
    h.rate = argc > 2 ? atol(argv[2]) : 1000;
    if (h.nodes < 2 || h.nodes > MOST_NODES || h.rate < h.nodes || h.rate > 100000000) {
        fprintf(stderr, "usage: hotkeys [NODES [KEYS_A_TICK [MARK]]] < keys\n");
        return 2;
    }
    mark = argc > 3 ? atof(argv[3]) : (double)h.rate / h.nodes;
    begin(&h, mark);
    while (fgets(line, sizeof line, stdin)) {
        take_key(&h, line);
        if (h.lines == h.rate) end_tick(&h);
    }
    printf("%5ld  end: %lu shards\n", h.tick, (unsigned long)h.shards);
    free(h.echo);
    free(h.split);
    return 0;
}
