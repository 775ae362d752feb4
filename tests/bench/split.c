/* split.c - plays score/split.py: shards and accesses of a tick in, cuts and merges out. The program has no policy: it
 * hands both to psc_split. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct host {
    psc_split *split;
    psc_split_view view;
    psc_split_order *orders;
    size_t shards, most;
    uint64_t *start;
    double *size;
    uint8_t *busy;
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
    fprintf(stderr, "split: %s\n", psc_strerror(status));
    exit(1);
}

/* init TICK_S MARK SIZE DELAY OP UNDO NEAR OVER BIG SEASON MAX_PARTS */
static void begin(host *h, const char *line)
{
    psc_split_config config;
    int tick, delay, settle, season, most;
    double op, undo, over, big;

    psc_split_default(&config);
    if (sscanf(line, "init %d %lf %lf %d %lf %lf %d %lf %lf %d %d", &tick, &config.mark, &config.size, &delay, &op,
               &undo, &settle, &over, &big, &season, &most) != 11)
        exit(1);
    config.order = op;
    config.undo = undo;
    config.over = over;
    config.big = big;
    config.settle = settle;
    config.shards = most;
    h->most = (size_t)most;
    h->split = (psc_split *)room(psc_split_size(&config), 1);
    demand(psc_split_init(h->split, psc_split_size(&config), &config));
    h->orders = (psc_split_order *)room(h->most, sizeof *h->orders);
    h->start = (uint64_t *)room(h->most, sizeof *h->start);
    h->size = (double *)room(h->most, sizeof *h->size);
    h->busy = (uint8_t *)room(h->most, 1);
    psc_split_view_default(&h->view);
    h->view.size = h->size;
    h->view.busy = h->busy;
}

/* b T S:LOAD:SIZE ..., '*' behind a shard under way */
static void take_shards(host *h, char *line)
{
    char *at = line + 1;

    (void)strtoll(at, &at, 10);
    for (h->shards = 0; h->shards < h->most && *at == ' '; h->shards++) {
        h->start[h->shards] = strtoull(at, &at, 10);
        (void)strtod(at + 1, &at);
        h->size[h->shards] = strtod(at + 1, &at);
        h->busy[h->shards] = *at == '*';
        at += *at == '*';
    }
    demand(psc_split_shards(h->split, h->start, h->shards));
}

/* a T K:WEIGHT:COUNT:WRITES ... */
static void take_accesses(host *h, char *line)
{
    char *at = line + 1;
    size_t n, i;

    (void)strtoll(at, &at, 10);
    while (*at == ' ') {
        const uint64_t key = strtoull(at, &at, 10);
        demand(psc_split_observe(h->split, key, strtod(at + 1, &at)));
        while (*at != ' ' && *at != '\n' && *at != '\0') at++;
    }
    demand(psc_split_tick(h->split, &h->view, h->orders, h->most, &n, NULL));
    for (i = 0; i < n; i++) {
        const int kind = (int)h->orders[i].kind;
        if (kind == PSC_SPLIT_ECHO) continue;
        printf("%c%llu ", kind == PSC_SPLIT_CUT ? 's' : 'm', (unsigned long long)h->orders[i].key);
    }
    putchar('\n');
    fflush(stdout);
}

/* A line of any length; NULL at the end. */
static char *next_line(char **line, size_t *capacity)
{
    size_t n = 0;
    int c;

    while ((c = getchar()) != EOF) {
        if (n + 1 >= *capacity) {
            *capacity = 2 * *capacity + 4096;
            *line = (char *)realloc(*line, *capacity);
            if (!*line) exit(1);
        }
        (*line)[n++] = (char)c;
        if (c == '\n') break;
    }
    if (n > 0) (*line)[n] = '\0';
    return n > 0 ? *line : NULL;
}

int main(void)
{
    host h;
    char *line = NULL;
    size_t capacity = 0;

    memset(&h, 0, sizeof h);
    while (next_line(&line, &capacity)) {
        if (strncmp(line, "init", 4) == 0) begin(&h, line);
        else if (strncmp(line, "end", 3) == 0) break;
        else if (!h.split) return 1;
        else if (line[0] == 'b') take_shards(&h, line);
        else take_accesses(&h, line);
    }
    free(line);
    free(h.split);
    free(h.orders);
    free(h.start);
    free(h.size);
    free(h.busy);
    return 0;
}
