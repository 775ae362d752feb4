/* The map of partitions, areas and echoes, against a table that is searched from end to end; the nodes' claims. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

enum { PARTITIONS = 9, AREAS = 12, ECHOES = 40, KEYS = 64 };

static psc_map_config map_config(void)
{
    psc_map_config c;

    psc_map_default(&c);
    c.partitions = PARTITIONS;
    c.areas = AREAS;
    c.echoes = ECHOES;
    return c;
}

static psc_map *map_new(const psc_map_config *config)
{
    const size_t bytes = psc_map_size(config);
    psc_map *map = (psc_map *)block_new(bytes, 0xAA);

    CHECK_STATUS(psc_map_init(map, bytes, config), PSC_OK);
    return map;
}

static psc_map_change change_of(int32_t kind, uint64_t key, int32_t partition, int32_t node, uint64_t epoch)
{
    psc_map_change c;

    memset(&c, 0, sizeof c);
    c.kind = kind;
    c.key = key;
    c.partition = partition;
    c.node = node;
    c.epoch = epoch;
    return c;
}

/* Applied as the next version; an error has changed nothing. */
static psc_status apply(psc_map *map, psc_map_change c)
{
    const psc_map_config config = map_config();
    const size_t bytes = psc_map_size(&config);
    void *before = block_copy(map, bytes);
    uint64_t version, after;
    psc_status status;

    CHECK_STATUS(psc_map_version(map, &version), PSC_OK);
    status = psc_map_apply(map, version, &c);
    CHECK_STATUS(psc_map_version(map, &after), PSC_OK);
    CHECK_INT(after, version + (status == PSC_OK));
    if (status != PSC_OK) CHECK(memcmp(before, map, bytes) == 0);
    free(before);
    return status;
}

/* ==== A second map ============================================================================== */

/* Keys 0..KEYS-1 only: the area of each is where the nearest cut at or below it is. */
typedef struct table {
    int32_t home[PARTITIONS], cut[KEYS], owner[KEYS];
    uint64_t echo[KEYS][KEYS];          /* epoch by block and node, 0: none */
} table;

static int areas_of(const table *t)
{
    int k, n = 0;

    for (k = 0; k < KEYS; k++) n += t->cut[k];
    return n;
}

static int echoes_of(const table *t, uint64_t key)
{
    int n, count = 0;

    for (n = 0; n < KEYS; n++) count += t->echo[key][n] != 0;
    return count;
}

static psc_status table_apply(table *t, const psc_map_change *c)
{
    int k, all = 0;

    for (k = 0; k < KEYS; k++) all += echoes_of(t, (uint64_t)k);
    switch (c->kind) {
    case PSC_MAP_PARTITION:
        if (c->partition < 0 || c->partition >= PARTITIONS || c->node < -1) return PSC_ERR_RANGE;
        t->home[c->partition] = c->node;
        return PSC_OK;
    case PSC_MAP_AREA:
        if (c->partition < 0 || c->partition >= PARTITIONS) return PSC_ERR_RANGE;
        if (!t->cut[c->key] && areas_of(t) == AREAS) return PSC_ERR_SPACE;
        t->cut[c->key] = 1;
        t->owner[c->key] = c->partition;
        return PSC_OK;
    case PSC_MAP_JOIN:
        if (c->key == 0 || !t->cut[c->key]) return PSC_ERR_RANGE;
        t->cut[c->key] = 0;
        return PSC_OK;
    case PSC_MAP_ECHO:
        if (c->node < 0 || c->epoch == 0) return PSC_ERR_RANGE;
        if (!t->echo[c->key][c->node] && echoes_of(t, c->key) == PSC_MAX_ECHOES) return PSC_ERR_RANGE;
        if (!t->echo[c->key][c->node] && all == ECHOES) return PSC_ERR_SPACE;
        t->echo[c->key][c->node] = c->epoch;
        return PSC_OK;
    case PSC_MAP_DROP:
        if (c->node < -1 || echoes_of(t, c->key) == 0) return PSC_ERR_RANGE;
        if (c->node >= 0 && !t->echo[c->key][c->node]) return PSC_ERR_RANGE;
        for (k = 0; k < KEYS; k++) if (c->node < 0 || k == c->node) t->echo[c->key][k] = 0;
        return PSC_OK;
    default: return PSC_ERR_RANGE;
    }
}

static void check_place(const psc_map *map, const table *t, int key)
{
    psc_map_place p;
    int first = key, next = key + 1, n, k = 0;

    CHECK_STATUS(psc_map_find(map, (uint64_t)key, &p), PSC_OK);
    while (!t->cut[first]) first--;
    while (next < KEYS && !t->cut[next]) next++;
    CHECK_INT(p.first, first);
    CHECK(p.last == (next == KEYS ? UINT64_MAX : (uint64_t)next - 1));
    CHECK_INT(p.partition, t->owner[first]);
    CHECK_INT(p.node, t->home[t->owner[first]]);
    CHECK_INT(p.echoes, echoes_of(t, (uint64_t)key));
    for (n = 0; n < KEYS; n++) {
        if (!t->echo[key][n]) continue;
        CHECK_INT(p.echo[k], n);
        CHECK_INT(p.epoch[k], t->echo[key][n]);
        k++;
    }
    for (; k < PSC_MAX_ECHOES; k++) CHECK(p.echo[k] == -1 && p.epoch[k] == 0);
}

static psc_map_change any_change(uint64_t *seed)
{
    const int32_t kind = (int32_t)(test_random(seed) % 7);
    const uint64_t key = test_random(seed) % KEYS / (test_random(seed) % 2 ? 1 : 8);
    const int32_t partition = (int32_t)(test_random(seed) % (PARTITIONS + 2)) - 1;
    const int32_t node = (int32_t)(test_random(seed) % 14) - 2;

    return change_of(kind, key, partition, node, test_random(seed) % 20);
}

static void test_against_a_table(void)
{
    const psc_map_config config = map_config();
    psc_map *map = map_new(&config), *replica = map_new(&config);
    table *t = (table *)block_new(sizeof *t, 0);
    uint64_t seed = 1, version = 0;
    int i, k, reached[3] = {0, 0, 0};

    t->cut[0] = 1;
    for (k = 0; k < PARTITIONS; k++) t->home[k] = -1;
    for (i = 0; i < 6000; i++) {
        const psc_map_change c = any_change(&seed);
        const psc_status want = table_apply(t, &c);
        CHECK_STATUS(apply(map, c), want);
        if (want == PSC_OK) CHECK_STATUS(psc_map_apply(replica, version++, &c), PSC_OK);
        reached[want == PSC_OK ? 0 : want == PSC_ERR_RANGE ? 1 : 2]++;
        if (i % 10 == 0) for (k = 0; k < KEYS; k++) check_place(map, t, k);
    }
    for (k = 0; k < 3; k++) CHECK(reached[k] > 100);
    CHECK(memcmp(map, replica, psc_map_size(&config)) == 0);
    free(t);
    free(replica);
    free(map);
}

static void test_start(void)
{
    const psc_map_config config = map_config();
    psc_map *map = map_new(&config);
    psc_map_place p;
    uint64_t version = 9;

    CHECK_STATUS(psc_map_version(map, &version), PSC_OK);
    CHECK_INT(version, 0);
    CHECK_STATUS(psc_map_find(map, UINT64_MAX, &p), PSC_OK);
    CHECK(p.first == 0 && p.last == UINT64_MAX && p.partition == 0 && p.node == -1 && p.echoes == 0);
    CHECK_INT(psc_state_type(map), PSC_TYPE_MAP);
    free(map);
}

/* The ends of the key space are keys as others. */
static void test_last_key(void)
{
    const psc_map_config config = map_config();
    psc_map *map = map_new(&config);
    psc_map_place p;

    CHECK_STATUS(apply(map, change_of(PSC_MAP_AREA, UINT64_MAX, 3, 0, 0)), PSC_OK);
    CHECK_STATUS(psc_map_find(map, UINT64_MAX, &p), PSC_OK);
    CHECK(p.first == UINT64_MAX && p.last == UINT64_MAX && p.partition == 3);
    CHECK_STATUS(psc_map_find(map, UINT64_MAX - 1, &p), PSC_OK);
    CHECK(p.first == 0 && p.last == UINT64_MAX - 1 && p.partition == 0);
    free(map);
}

static void test_versions(void)
{
    const psc_map_config config = map_config();
    psc_map *map = map_new(&config);
    const psc_map_change c = change_of(PSC_MAP_PARTITION, 0, 1, 2, 0);

    CHECK_STATUS(psc_map_apply(map, 1, &c), PSC_ERR_EMPTY);
    CHECK_STATUS(psc_map_apply(map, 0, &c), PSC_OK);
    CHECK_STATUS(psc_map_apply(map, 0, &c), PSC_ERR_STALE);
    CHECK_STATUS(psc_map_apply(map, 1, &c), PSC_OK);
    free(map);
}

static void test_arguments(void)
{
    psc_map_config c = map_config();
    psc_map *map = map_new(&c);
    const psc_map_change change = change_of(PSC_MAP_PARTITION, 0, 0, 0, 0);
    psc_map_place place;
    const size_t bytes = psc_map_size(&c);
    uint64_t words[64];

    CHECK_STATUS(psc_map_init(map, bytes - 8, &c), PSC_ERR_SPACE);
    CHECK_STATUS(psc_map_init(NULL, bytes, &c), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_init(map, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_init((psc_map *)(void *)((char *)words + 4), 400, &c), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_map_apply(map, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_find(map, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_find(NULL, 0, &place), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_version(map, NULL), PSC_ERR_NULL);
    memset(words, 0, sizeof words);
    CHECK_STATUS(psc_map_apply((psc_map *)(void *)words, 0, &change), PSC_ERR_STATE);
    c.struct_size = 1;
    CHECK_INT(psc_map_size(&c), 0);
    CHECK_STATUS(psc_map_init(map, bytes, &c), PSC_ERR_VERSION);
    c = map_config(); c.partitions = 0; CHECK_INT(psc_map_size(&c), 0);
    c = map_config(); c.partitions = PSC_MAX_RANGES + 1; CHECK_INT(psc_map_size(&c), 0);
    c = map_config(); c.areas = 0; CHECK_INT(psc_map_size(&c), 0);
    c = map_config(); c.areas = PSC_MAX_RANGES + 1; CHECK_INT(psc_map_size(&c), 0);
    c = map_config(); c.echoes = -1; CHECK_INT(psc_map_size(&c), 0);
    c = map_config(); c.echoes = (1 << 24) + 1; CHECK_INT(psc_map_size(&c), 0);
    CHECK_INT(psc_map_size(NULL), 0);
    psc_map_default(NULL);
    free(map);
}

/* ==== Claims ==================================================================================== */

static size_t claims_of(const psc_map *map, const int32_t *from, const int32_t *claim, const uint8_t *heard,
                        int32_t nodes, psc_map_fault *fault, size_t capacity)
{
    const size_t bytes = psc_map_claims_size(map);
    void *work = block_new(bytes, 0xAA);
    size_t count = 99;

    CHECK_STATUS(psc_map_claims(map, from, claim, heard, nodes, work, bytes, fault, capacity, &count), PSC_OK);
    free(work);
    return count;
}

static void check_fault(const psc_map_fault *f, int32_t partition, int32_t kind, int32_t node, int32_t wanted)
{
    CHECK_INT(f->partition, partition);
    CHECK_INT(f->kind, kind);
    CHECK_INT(f->node, node);
    CHECK_INT(f->wanted, wanted);
}

/* Partitions 0..5 on nodes 0, 0, 1, 1, 2, 2; 6 on node 7, of which no list was asked; 7 and 8 nowhere. */
static psc_map *claimed_map(void)
{
    static const int32_t home[PARTITIONS] = {0, 0, 1, 1, 2, 2, 7, -1, -1};
    const psc_map_config config = map_config();
    psc_map *map = map_new(&config);
    int32_t p;

    for (p = 0; p < PARTITIONS; p++)
        CHECK_STATUS(apply(map, change_of(PSC_MAP_PARTITION, 0, p, home[p], 0)), PSC_OK);
    return map;
}

static void test_claims(void)
{
    static const int32_t from[] = {0, 4, 8, 8};
    static const int32_t claim[] = {0, 1, 1, 8,   1, 2, -5, 9};
    static const uint8_t heard[] = {1, 1, 0};
    psc_map *map = claimed_map();
    psc_map_fault f[8];

    CHECK_INT(claims_of(map, from, claim, heard, 3, f, 8), 6);
    check_fault(&f[0], -5, PSC_CLAIM_UNKNOWN, 1, -1);
    check_fault(&f[1], 9, PSC_CLAIM_UNKNOWN, 1, -1);
    check_fault(&f[2], 1, PSC_CLAIM_TWICE, 1, 0);
    check_fault(&f[3], 3, PSC_CLAIM_NOBODY, -1, 1);
    check_fault(&f[4], 6, PSC_CLAIM_NOBODY, -1, 7);
    check_fault(&f[5], 8, PSC_CLAIM_WRONG, 0, -1);
    CHECK_INT(claims_of(map, from, claim, NULL, 3, f, 8), 8);
    check_fault(&f[4], 4, PSC_CLAIM_NOBODY, -1, 2);
    memset(f, 0x55, sizeof f);
    CHECK_INT(claims_of(map, from, claim, heard, 3, f, 2), 6);
    CHECK_INT(f[2].kind, 0x55555555);
    CHECK_INT(claims_of(map, from, claim, heard, 3, NULL, 0), 6);
    free(map);
}

/* The fault names the lowest node that is not the map's, however many claim. */
static void test_claimed_by_all(void)
{
    static const int32_t from[] = {0, 1, 2, 3}, claim[] = {4, 4, 4};
    psc_map *map = claimed_map();
    psc_map_fault f[8];

    CHECK_INT(claims_of(map, from, claim, NULL, 3, f, 8), 7);
    check_fault(&f[4], 4, PSC_CLAIM_TWICE, 0, 2);
    CHECK_STATUS(apply(map, change_of(PSC_MAP_PARTITION, 0, 4, 0, 0)), PSC_OK);
    CHECK_INT(claims_of(map, from, claim, NULL, 3, f, 8), 7);
    check_fault(&f[4], 4, PSC_CLAIM_TWICE, 1, 0);
    free(map);
}

static void test_right_claims(void)
{
    static const int32_t from[] = {0, 2, 4, 6, 6, 6, 6, 6, 7};
    static const int32_t claim[] = {1, 0, 2, 3, 5, 4, 6};
    static const int32_t twice_from[] = {0, 0, 0, 2};
    static const int32_t swapped[] = {0, 4};
    static const int32_t none[] = {0};
    psc_map *map = claimed_map();
    psc_map_fault f[8];

    CHECK_INT(claims_of(map, from, claim, NULL, 8, f, 8), 0);
    CHECK_INT(claims_of(map, twice_from, swapped, NULL, 3, f, 8), 6);
    check_fault(&f[0], 0, PSC_CLAIM_WRONG, 2, 0);
    CHECK_INT(claims_of(map, none, NULL, NULL, 0, f, 8), 7);
    free(map);
}

static void test_claim_arguments(void)
{
    static const int32_t from[] = {0, 1}, falling[] = {0, 2, 1}, late[] = {1, 1}, claim[] = {0, 0};
    psc_map *map = claimed_map();
    const size_t bytes = psc_map_claims_size(map);
    void *work = block_new(bytes, 0);
    psc_map_fault f;
    size_t n;

    CHECK_STATUS(psc_map_claims(map, NULL, claim, NULL, 1, work, bytes, &f, 1, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_claims(map, from, NULL, NULL, 1, work, bytes, &f, 1, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_claims(map, from, claim, NULL, 1, work, bytes, &f, 1, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_claims(map, from, claim, NULL, 1, work, bytes, NULL, 1, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_claims(map, from, claim, NULL, 1, NULL, bytes, &f, 1, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_map_claims(map, from, claim, NULL, 1, work, bytes - 1, &f, 1, &n), PSC_ERR_SPACE);
    CHECK_STATUS(psc_map_claims(map, from, claim, NULL, -1, work, bytes, &f, 1, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_map_claims(map, falling, claim, NULL, 2, work, bytes, &f, 1, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_map_claims(map, late, claim, NULL, 1, work, bytes, &f, 1, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_map_claims(NULL, from, claim, NULL, 1, work, bytes, &f, 1, &n), PSC_ERR_NULL);
    CHECK_INT(psc_map_claims_size(NULL), 0);
    free(work);
    free(map);
}

/* ==== Save and load ============================================================================= */

/* Every word of a saved map set to each of some values: what loads keeps every promise of find. */
static void test_saved(void)
{
    const psc_map_config config = map_config();
    const size_t bytes = psc_map_size(&config), saved_bytes = bytes + 8;
    psc_map *map = map_new(&config);
    unsigned char *saved = (unsigned char *)block_new(saved_bytes, 0), *bad;
    void *mem = block_new(bytes, 0);
    uint64_t seed = 3;
    size_t at, written;
    int i, refused = 0;

    for (i = 0; i < 300; i++) (void)apply(map, any_change(&seed));
    CHECK_STATUS(psc_save(map, saved, saved_bytes, &written), PSC_OK);
    CHECK_STATUS(psc_load(PSC_TYPE_MAP, saved, saved_bytes, mem, bytes), PSC_OK);
    CHECK(memcmp(mem, map, bytes) == 0);
    for (at = 16; at < bytes; at += 8) {
        for (i = 0; i < 6; i++) {
            static const uint64_t value[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63, 9, 60};
            psc_map_place p;
            bad = (unsigned char *)block_copy(saved, saved_bytes);
            word_put(bad + at, value[i]);
            repair(bad, saved_bytes);
            if (psc_load(PSC_TYPE_ANY, bad, saved_bytes, mem, bytes) != PSC_OK) refused++;
            else CHECK_STATUS(psc_map_find((psc_map *)mem, value[i], &p), PSC_OK);
            free(bad);
        }
    }
    CHECK(refused > 200);
    free(mem);
    free(saved);
    free(map);
}

/* No block has more echoes than there can be, by changes or in what is loaded. */
static void test_saved_echoes(void)
{
    enum { LAST = PSC_MAX_ECHOES, BLOCK = 0x5500, OTHER = 0x5501 };
    const psc_map_config config = map_config();
    const size_t bytes = psc_map_size(&config), saved_bytes = bytes + 8;
    psc_map *map = map_new(&config);
    unsigned char *saved = (unsigned char *)block_new(saved_bytes, 0);
    size_t at = 16, written;
    int32_t node;

    for (node = 0; node <= LAST; node++)
        CHECK_STATUS(apply(map, change_of(PSC_MAP_ECHO, node == LAST ? OTHER : BLOCK, 0, node, 1)), PSC_OK);
    CHECK_STATUS(apply(map, change_of(PSC_MAP_ECHO, BLOCK, 0, LAST, 1)), PSC_ERR_RANGE);
    CHECK_STATUS(apply(map, change_of(PSC_MAP_ECHO, BLOCK, 0, 0, 2)), PSC_OK);
    CHECK_STATUS(psc_save(map, saved, saved_bytes, &written), PSC_OK);
    CHECK_STATUS(psc_load(PSC_TYPE_MAP, saved, saved_bytes, map, bytes), PSC_OK);
    while (at < bytes && word_get(saved + at) != OTHER) at += 8;
    CHECK(at < bytes);
    word_put(saved + at, BLOCK);
    repair(saved, saved_bytes);
    CHECK_STATUS(psc_load(PSC_TYPE_MAP, saved, saved_bytes, map, bytes), PSC_ERR_CORRUPT);
    free(saved);
    free(map);
}

/* Versions end at 2^62, which only a saved map can be near. */
static void test_last_version(void)
{
    enum { VERSION = 7 };               /* word of it */
    static const uint64_t last = UINT64_C(1) << 62;
    const psc_map_config config = map_config();
    const size_t bytes = psc_map_size(&config), saved_bytes = bytes + 8;
    psc_map *map = map_new(&config);
    unsigned char *saved = (unsigned char *)block_new(saved_bytes, 0);
    size_t written;

    CHECK_STATUS(psc_save(map, saved, saved_bytes, &written), PSC_OK);
    word_put(saved + 8 * VERSION, last - 1);
    repair(saved, saved_bytes);
    CHECK_STATUS(psc_load(PSC_TYPE_MAP, saved, saved_bytes, map, bytes), PSC_OK);
    CHECK_STATUS(apply(map, change_of(PSC_MAP_PARTITION, 0, 0, 1, 0)), PSC_OK);
    CHECK_STATUS(apply(map, change_of(PSC_MAP_PARTITION, 0, 0, 2, 0)), PSC_ERR_RANGE);
    CHECK_STATUS(psc_save(map, saved, saved_bytes, &written), PSC_OK);
    CHECK_STATUS(psc_load(PSC_TYPE_MAP, saved, saved_bytes, map, bytes), PSC_OK);
    word_put(saved + 8 * VERSION, last + 1);
    repair(saved, saved_bytes);
    CHECK_STATUS(psc_load(PSC_TYPE_MAP, saved, saved_bytes, map, bytes), PSC_ERR_CORRUPT);
    free(saved);
    free(map);
}

/* Memory that was overwritten while in use: sizes and indices are held to their bounds by every call. */
static void test_overwritten(void)
{
    enum { HEAD_WORDS = 8, OWNER = HEAD_WORDS + PARTITIONS + AREAS };      /* the first area's partition */
    const psc_map_config config = map_config();
    psc_map *map = map_new(&config);
    uint64_t *words = (uint64_t *)(void *)map, old;
    psc_map_place p;
    int i, k, refused = 0;

    for (i = 1; i < HEAD_WORDS; i++) {
        for (k = 0; k < 3; k++) {
            psc_status status;
            old = words[i];
            words[i] = k == 0 ? UINT64_MAX : k == 1 ? UINT64_C(1) << 62 : old ^ 1;
            status = psc_map_version(map, NULL);
            CHECK(status == PSC_ERR_STATE || status == PSC_ERR_NULL);
            refused += status == PSC_ERR_STATE;
            words[i] = old;
        }
    }
    CHECK_INT(refused, 5 * 3 + 2);      /* words, the capacities and the areas always; an echo more may be there */
    CHECK_STATUS(apply(map, change_of(PSC_MAP_PARTITION, 0, 0, 6, 0)), PSC_OK);
    for (k = -1; k <= PARTITIONS; k++) {
        words[OWNER] = (uint64_t)(int64_t)k;
        CHECK_STATUS(psc_map_find(map, 0, &p), PSC_OK);
        CHECK(p.partition == k && p.node == (k == 0 ? 6 : -1));
    }
    words[OWNER - AREAS] = 5;           /* the first area no longer begins with the keys */
    CHECK_STATUS(psc_map_find(map, 3, &p), PSC_OK);
    free(map);
}

int main(void)
{
    RUN(test_start);
    RUN(test_against_a_table);
    RUN(test_last_key);
    RUN(test_versions);
    RUN(test_arguments);
    RUN(test_claims);
    RUN(test_claimed_by_all);
    RUN(test_right_claims);
    RUN(test_claim_arguments);
    RUN(test_saved);
    RUN(test_saved_echoes);
    RUN(test_last_version);
    RUN(test_overwritten);
    return test_end();
}
