/* echo.c - echoes of eight blocks with messages that are late, repeated or lost: no read is stale, no write undone. */
#include "states.h"

enum { BLOCKS = 8, NODES = 6, MESSAGES = 64 };

typedef struct message {
    int32_t kind, node;         /* kind 0: none; PSC_ECHO_... */
    uint64_t block, epoch, content, need;
} message;

typedef struct host {
    psc_echo *echo;
    uint64_t seen[BLOCKS], value[BLOCKS], newest;
    uint64_t held[BLOCKS][NODES], content[BLOCKS][NODES];
    message net[MESSAGES];
    int last;
} host;

/* The net forgets the oldest message when it is full: that one is lost. */
static void put(host *h, int32_t kind, uint64_t block, int32_t node, uint64_t epoch, uint64_t content, uint64_t need)
{
    message *m = &h->net[h->last++ % MESSAGES];

    m->kind = kind;
    m->block = block;
    m->node = node;
    m->epoch = epoch;
    m->content = content;
    m->need = need;
}

enum { TO_PRIMARY = 16 };       /* an order on its way to the primary */

static void deliver(host *h, const message *m)
{
    uint64_t *seen = &h->seen[m->block], *held = &h->held[m->block][m->node];
    const message copy = *m;

    switch (copy.kind) {
    case PSC_ECHO_WRITE:
        if (psc_echo_primary(seen, PSC_ECHO_WRITE, copy.epoch) && copy.content != h->value[copy.block]) {
            REQUIRE(copy.content > h->value[copy.block]);       /* contents count up with the writes of a block */
            h->value[copy.block] = copy.content;
        }
        break;
    case TO_PRIMARY:
        if (psc_echo_primary(seen, PSC_ECHO_COPY, copy.epoch))
            put(h, PSC_ECHO_COPY, copy.block, copy.node, copy.epoch, h->value[copy.block], 0);
        break;
    case PSC_ECHO_COPY:
        if (!psc_echo_holder(held, PSC_ECHO_COPY, copy.epoch)) break;
        h->content[copy.block][copy.node] = copy.content;
        (void)psc_echo_confirm(h->echo, copy.block, copy.node, copy.epoch);
        break;
    case PSC_ECHO_DROP: (void)psc_echo_holder(held, PSC_ECHO_DROP, copy.epoch); break;
    case PSC_ECHO_READ:
        if (psc_echo_holder(held, PSC_ECHO_READ, copy.epoch)) REQUIRE(h->content[copy.block][copy.node] >= copy.need);
        else (void)psc_echo_lost(h->echo, copy.block, copy.node);
        break;
    default: break;
    }
}

static void access_block(input *in, host *h, int64_t now)
{
    const uint64_t block = take_byte(in) % BLOCKS;
    psc_echo_route route;
    uint64_t epoch;

    if (take_byte(in) > 220) {
        if (psc_echo_write(h->echo, block, (int32_t)(block % 2), now, &epoch) == PSC_OK)
            put(h, PSC_ECHO_WRITE, block, 0, epoch, ++h->newest, 0);
        return;
    }
    if (use_echo_read(in, h->echo, block, now, &route) == PSC_OK && route.echo)
        put(h, PSC_ECHO_READ, block, route.node, route.epoch, 0, h->value[block]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_echo_order orders[24];
    psc_echo_config config;
    host *h = (host *)block_of(sizeof *h);
    size_t bytes, count, i;
    int64_t now = 0;
    int step, k;

    memset(h, 0, sizeof *h);
    take_echo_config(&in, &config);
    bytes = config.nodes > NODES || config.tracked > 32 ? 0 : psc_echo_size(&config);
    h->echo = (psc_echo *)block_of(bytes);
    if (bytes > 0) REQUIRE(psc_echo_init(h->echo, bytes, &config) == PSC_OK);
    for (step = 0; bytes > 0 && step < 60 && in.left > 0; step++) {
        const int accesses = (int)take_byte(&in) % 32;
        for (k = 0; k < accesses; k++) access_block(&in, h, now);
        for (k = (int)take_byte(&in) % 32; k > 0; k--) deliver(h, &h->net[take_byte(&in) % MESSAGES]);
        now += (int64_t)take_byte(&in) * 200000;
        if (take_byte(&in) < 128) continue;
        if (use_echo_tick(&in, h->echo, now, orders, (size_t)take_byte(&in) % 25, &count) != PSC_OK) continue;
        for (i = 0; i < count; i++) {
            const int32_t kind = orders[i].kind == PSC_ECHO_COPY ? TO_PRIMARY : PSC_ECHO_DROP;
            put(h, kind, orders[i].block, orders[i].node, orders[i].epoch, 0, 0);
        }
    }
    if (bytes > 0) free(reload(h->echo));
    free(h->echo);
    free(h);
    return 0;
}
