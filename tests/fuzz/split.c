/* split.c - a splitter on a stream of keys, whose orders are followed at once, later or never. */
#include "states.h"

typedef struct shards {
    uint64_t start[64];
    size_t n;
} shards;

static uint64_t end_of(const shards *s, size_t i)
{
    return i + 1 < s->n ? s->start[i + 1] - 1 : UINT64_MAX;
}

/* Cuts lie inside their shard and rise, merges name a start, no shard has orders of two kinds. */
static void check_orders(const shards *s, const psc_split_order *order, size_t n)
{
    uint8_t used[64] = {0};
    uint64_t last = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        const size_t k = (size_t)order[i].shard;
        REQUIRE(order[i].shard >= 0 && k < s->n);
        if (order[i].kind == PSC_SPLIT_MERGE) {
            REQUIRE(k > 0 && order[i].key == s->start[k] && !used[k] && !used[k - 1]);
            used[k] = used[k - 1] = 1;
            continue;
        }
        REQUIRE(order[i].kind == PSC_SPLIT_CUT || order[i].kind == PSC_SPLIT_ECHO);
        REQUIRE((k == 0 || order[i].key >= s->start[k]) && order[i].key <= end_of(s, k));
        if (order[i].kind == PSC_SPLIT_ECHO) continue;
        REQUIRE(order[i].key > last && (k == 0 || order[i].key > s->start[k]));
        last = order[i].key;
        used[k] = 1;
    }
}

static void follow(input *in, shards *s, size_t most, const psc_split_order *order, size_t n)
{
    size_t i, k;

    for (i = 0; i < n; i++) {
        if (order[i].kind == PSC_SPLIT_ECHO || take_byte(in) < 40) continue;
        for (k = 0; k < s->n && s->start[k] < order[i].key; k++) { }
        if (order[i].kind == PSC_SPLIT_MERGE) {
            memmove(&s->start[k], &s->start[k + 1], (--s->n - k) * 8);
        } else if (s->n < most && (k == s->n || s->start[k] != order[i].key)) {
            memmove(&s->start[k + 1], &s->start[k], (s->n++ - k) * 8);
            s->start[k] = order[i].key;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_split_order order[40];
    psc_split_config config;
    shards s = { {0}, 1 };
    psc_split *split;
    size_t bytes, count;
    int t, k, accesses;

    take_split_config(&in, &config);
    bytes = psc_split_size(&config);
    if (bytes == 0 || bytes > 1 << 20 || config.shards > 64) return 0;
    split = (psc_split *)block_of(bytes);
    REQUIRE(psc_split_init(split, bytes, &config) == PSC_OK);
    REQUIRE(psc_split_shards(split, s.start, 1) == PSC_OK);
    for (t = 0; t < 40 && in.left > 0; t++) {
        const uint64_t base = take_key(&in), width = 1 + (uint64_t)take_byte(&in) * 100;
        accesses = (int)take_byte(&in);
        for (k = 0; k < accesses; k++) {
            const uint64_t key = base + (uint64_t)k * 7919 % width;
            REQUIRE(psc_split_observe(split, key, 1.0 + (double)(t % 3)) == PSC_OK);
        }
        (void)use_split_observe(&in, split);
        if (use_split_tick(&in, split, order, (size_t)take_byte(&in) % 40, &count) != PSC_OK) continue;
        check_orders(&s, order, count);
        follow(&in, &s, (size_t)config.shards, order, count);
        REQUIRE(psc_split_shards(split, s.start, s.n) == PSC_OK);
    }
    free(reload(split));
    free(split);
    return 0;
}
