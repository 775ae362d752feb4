/* echo.c - plays score/echo.py: accesses in, the partition that shall serve each read out, and once a tick echoes to
 * create and to drop. The program has no policy: it hands the accesses and backlogs to psc_echo, and confirms each
 * copy at once, as the scorer's copies are there at once. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 1 << 16 };

typedef struct host {
    psc_echo *echo;
    psc_echo_order *orders;
    size_t capacity;
    int32_t parts;
    int64_t *backlog, *service;
    int32_t *places;
} host;

static void *room(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);

    if (!p) exit(1);
    return p;
}

static void demand(psc_status status)
{
    if (status == PSC_OK) return;
    fprintf(stderr, "echo: %s\n", psc_strerror(status));
    exit(1);
}

/* init PARTS BLOCKS MAX_ECHO MEM TICK_US */
static void begin(host *h, const char *line)
{
    psc_echo_config config;
    int parts, blocks, most, memory, tick, p;

    if (sscanf(line, "init %d %d %d %d %d", &parts, &blocks, &most, &memory, &tick) != 5) exit(1);
    psc_echo_default(&config);
    config.nodes = parts;
    config.echoes = most;
    config.interval_ns = (int64_t)tick * 1000;
    h->parts = parts;
    h->echo = (psc_echo *)room(psc_echo_size(&config), 1);
    demand(psc_echo_init(h->echo, psc_echo_size(&config), &config));
    h->capacity = (size_t)parts * (size_t)memory + 64;
    h->orders = (psc_echo_order *)room(h->capacity, sizeof *h->orders);
    h->backlog = (int64_t *)room((size_t)parts, sizeof *h->backlog);
    h->service = (int64_t *)room((size_t)parts, sizeof *h->service);
    h->places = (int32_t *)room((size_t)parts, sizeof *h->places);
    for (p = 0; p < parts; p++) h->places[p] = memory;
}

/* i TIME_US B0 B1 ...: a backlog each, -1: down. */
static void tick(host *h, char *line)
{
    psc_echo_nodes nodes;
    char *at = line + 1;
    const int64_t now = strtoll(at, &at, 10) * 1000;
    size_t n, i;
    int32_t p;

    for (p = 0; p < h->parts; p++) {
        const long long us = strtoll(at, &at, 10);
        h->backlog[p] = us < 0 ? -1 : us * 1000;
    }
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = h->backlog;
    nodes.service_ns = h->service;
    nodes.places = h->places;
    demand(psc_echo_tick(h->echo, &nodes, now, h->orders, h->capacity, &n));
    for (i = 0; i < n; i++) {
        const psc_echo_order *o = &h->orders[i];
        const char *gap = i ? " " : "";
        printf("%s%c%llu:%d", gap, o->kind == PSC_ECHO_COPY ? '+' : '-', (unsigned long long)o->block, (int)o->node);
        if (o->kind == PSC_ECHO_COPY) demand(psc_echo_confirm(h->echo, o->block, o->node, o->epoch));
    }
    putchar('\n');
    fflush(stdout);
}

static void access_one(host *h, const char *line)
{
    psc_echo_route route;
    uint64_t epoch;
    long long time;
    unsigned long long block;
    int primary;

    if (sscanf(line + 1, "%lld %llu %d", &time, &block, &primary) != 3) exit(1);
    if (line[0] == 'w') {
        demand(psc_echo_write(h->echo, block, primary, time * 1000, &epoch));
        return;
    }
    demand(psc_echo_read(h->echo, block, primary, time * 1000, &route));
    printf("%d\n", (int)route.node);
    fflush(stdout);
}

int main(void)
{
    static char line[MAX_LINE];
    host h;
    double us;
    int p;

    memset(&h, 0, sizeof h);
    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "init", 4) == 0) begin(&h, line);
        else if (strncmp(line, "end", 3) == 0) break;
        else if (!h.echo) return 1;
        else if (sscanf(line, "part %d %lf", &p, &us) == 2 && p >= 0 && p < h.parts)
            h.service[p] = (int64_t)(us * 1000.0);
        else if (line[0] == 'i') tick(&h, line);
        else access_one(&h, line);
    }
    free(h.echo);
    free(h.orders);
    free(h.backlog);
    free(h.service);
    free(h.places);
    return 0;
}
