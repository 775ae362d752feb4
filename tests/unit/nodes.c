/* Nodes: heartbeats in any order, instability, signs and suspicion, against a second implementation and the header. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../vectors/read.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000000)
#define DAY (INT64_C(86400) * SECOND)

enum { WORDS = 168, PER_METRIC = 232 };      /* of a state, by the header */

/* ==== Helpers =================================================================================== */

static psc_node *node_new(const psc_node_config *config)
{
    const size_t bytes = psc_node_size(config);
    psc_node *node = (psc_node *)block_new(bytes, 0xAA);

    CHECK_STATUS(psc_node_init(node, bytes, config), PSC_OK);
    return node;
}

static psc_beat beat_of(uint64_t epoch, uint64_t sequence, int64_t at)
{
    psc_beat b;

    b.node = b.sender = 0;
    b.epoch = epoch;
    b.sequence = sequence;
    b.sent_at = b.received_at = at;
    b.shards = 3;
    return b;
}

/* A quiet node's metrics: level and noise of each. */
static void quiet_metrics(double *metric, uint64_t *seed)
{
    static const double level[PSC_METRIC_HOST] = {500.0, 0.02, 0.01, 0.4, 0.6, 1e6, 300.0};
    int k;

    for (k = 0; k < PSC_METRIC_HOST; k++) metric[k] = level[k] * (0.95 + 0.1 * test_uniform(seed));
}

/* Feeds `count` quiet beats a second apart; the newest is then sequence `count` at `count` seconds. */
static psc_node *node_fed(const psc_node_config *config, int count)
{
    psc_node *node = node_new(config);
    double metric[PSC_METRIC_HOST];
    uint64_t seed = 4;
    int i;

    for (i = 1; i <= count; i++) {
        const psc_beat b = beat_of(1, (uint64_t)i, i * SECOND);
        quiet_metrics(metric, &seed);
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    }
    return node;
}

static psc_node_score score_of(const psc_node *node, int64_t now)
{
    psc_node_score s;

    memset(&s, 0xFF, sizeof s);
    CHECK_STATUS(psc_node_score_at(node, now, &s), PSC_OK);
    CHECK(isfinite(s.instability) && s.instability >= 0.0 && s.instability <= 1.0);
    CHECK(isfinite(s.z) && s.z >= 0.0 && s.z <= PSC_MAX_Z);
    CHECK(isfinite(s.phi) && s.phi >= 0.0 && s.phi <= PSC_MAX_PHI);
    CHECK(isfinite(s.onset) && s.onset >= 0.0 && s.onset <= PSC_MAX_Z);
    CHECK(s.metric >= PSC_METRIC_BEATS && s.metric < PSC_MAX_METRICS);
    return s;
}

/* ==== Arguments ================================================================================= */

typedef struct limit {
    size_t offset;
    char   type;                /* 'd' double, 'i' int32_t, 'l' int64_t, 'u' uint64_t */
    double value;
    int    good;
} limit;

#define N(type, field, value, good) {offsetof(psc_node_config, field), type, value, good}

static void limit_put(void *config, const limit *l)
{
    char *at = (char *)config + l->offset;
    const int32_t i = l->type == 'i' ? (int32_t)l->value : 0;
    const int64_t w = l->type == 'l' ? (int64_t)l->value : 0;
    const uint64_t u = l->type == 'u' ? (uint64_t)l->value : 0;

    if (l->type == 'd') memcpy(at, &l->value, 8);
    if (l->type == 'i') memcpy(at, &i, 4);
    if (l->type == 'l') memcpy(at, &w, 8);
    if (l->type == 'u') memcpy(at, &u, 8);
}

static void test_config(void)
{
    const limit limits[] = {
        N('i', metrics, 1, 1), N('i', metrics, PSC_MAX_METRICS, 1), N('i', metrics, 0, 0),
        N('i', metrics, PSC_MAX_METRICS + 1, 0),
        N('i', metrics, INT32_MIN, 0), N('i', metrics, INT32_MAX, 0), N('l', id, -9e18, 1), N('l', learn, 2, 1),
        N('l', learn, 2147483648.0, 1), N('l', learn, 1, 0), N('l', learn, 2147483649.0, 0), N('l', learn, -1, 0),
        N('l', learn, -9e18, 0), N('l', memory, 2, 1), N('l', memory, 2147483648.0, 1), N('l', memory, 1, 0),
        N('l', memory, 2147483649.0, 0), N('l', day_ns, 0, 1), N('l', day_ns, 48e6, 1), N('l', day_ns, 48e6 - 1, 0),
        N('l', day_ns, 31 * 86400e9, 1), N('l', day_ns, 31 * 86400e9 + 1, 0), N('l', day_ns, -1, 0),
        N('l', step_ns, 1e6, 1), N('l', step_ns, 999999, 0), N('l', step_ns, 86400e9, 1),
        N('l', step_ns, 86400e9 + 1, 0),
        N('l', memory, 9e18, 0), N('l', memory, -9e18, 0), N('l', interval_ns, 1e6, 1), N('l', interval_ns, 8.64e13, 1),
        N('l', interval_ns, 999999, 0), N('l', interval_ns, 86400000000001.0, 0), N('l', interval_ns, 0, 0),
        N('l', interval_ns, -1e9, 0), N('l', pause_ns, 0, 1), N('l', pause_ns, 8.64e13, 1), N('l', pause_ns, -1, 0),
        N('l', pause_ns, 86400000000001.0, 0), N('u', max_jump, 1, 1), N('u', max_jump, 4611686018427387904.0, 1),
        N('u', max_jump, 4611686018427388928.0, 0), N('u', max_jump, 0, 0),
        N('d', winsor, 1.0, 1), N('d', winsor, 100.0, 1), N('d', winsor, 1.0 - DBL_EPSILON, 0),
        N('d', winsor, 100.0 + 1e-13, 0),
        N('d', winsor, NAN, 0), N('d', winsor, INFINITY, 0), N('d', relative_floor, 0.0, 1),
        N('d', relative_floor, 1.0, 1),
        N('d', relative_floor, -DBL_MIN, 0), N('d', relative_floor, 1.0 + DBL_EPSILON, 0),
        N('d', relative_floor, NAN, 0),
        N('i', struct_size, 4, 0)
    };
    psc_node_config config;
    size_t i;
    int k;

    psc_node_default(NULL);
    psc_node_default(&config);
    CHECK(config.struct_size == sizeof config && config.metrics == 7 && config.id == 0 && config.learn == 60
          && config.memory == 10000 && config.interval_ns == SECOND && config.pause_ns == 0 && config.day_ns == DAY
          && config.step_ns == 30 * SECOND && config.max_jump == 1 << 20
          && config.winsor == 5.0 && config.relative_floor == 0.01 && config.floor == NULL);
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        static uint64_t block[WORDS + PER_METRIC * PSC_MAX_METRICS], before[WORDS + PER_METRIC * PSC_MAX_METRICS];
        psc_node_default(&config);
        limit_put(&config, &limits[i]);
        CHECK_INT(psc_node_size(&config), limits[i].good ? (WORDS + PER_METRIC * config.metrics) * 8 : 0);
        memset(block, 0x5C, sizeof block);
        memcpy(before, block, sizeof block);
        CHECK_STATUS(psc_node_init((psc_node *)block, sizeof block, &config),
                     limits[i].good ? PSC_OK : limits[i].offset ? PSC_ERR_RANGE : PSC_ERR_VERSION);
        CHECK_INT(memcmp(block, before, sizeof block) == 0, !limits[i].good);
    }
    psc_node_default(&config);
    for (i = 0; i < 15; i++) {                              /* a floor: above 0, and a number */
        const double floors[3] = {1e-9, 0.0, -1.0};
        double floor_[7] = {1, 1, 1, 1, 1, 1, 1};
        const double x = i < 12 ? special((int)i) : floors[i - 12];
        config.floor = floor_;
        for (k = 0; k < 7; k++) {
            floor_[k] = x;
            if (!(x > 0.0) || isinf(x)) CHECK_INT(psc_node_size(&config), 0);
            if (x == 1e-9) CHECK(psc_node_size(&config) > 0);
            floor_[k] = 1.0;
        }
    }
    CHECK_INT(psc_node_size(NULL), 0);
}

static void test_init(void)
{
    psc_node_config config;
    uint64_t *block, *copy;
    size_t bytes;

    psc_node_default(&config);
    bytes = psc_node_size(&config);
    block = (uint64_t *)block_new(bytes + 8, 0x5C);
    copy = (uint64_t *)block_copy(block, bytes + 8);
    CHECK_STATUS(psc_node_init(NULL, bytes, &config), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_init((psc_node *)block, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_init((psc_node *)block, bytes - 1, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_node_init((psc_node *)block, 0, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_node_init((psc_node *)(void *)((char *)block + 1), bytes, &config), PSC_ERR_ALIGN);
    CHECK(memcmp(block, copy, bytes + 8) == 0);
    CHECK_STATUS(psc_node_init((psc_node *)block, bytes, &config), PSC_OK);
    CHECK(block[bytes / 8] == copy[bytes / 8]);
    CHECK_INT(psc_state_type(block), PSC_TYPE_NODE);
    CHECK_INT(block[1], bytes / 8);
    memset(copy, 0xFF, bytes);
    CHECK_STATUS(psc_node_init((psc_node *)copy, bytes, &config), PSC_OK);
    CHECK(memcmp(block, copy, bytes) == 0);
    free(block);
    free(copy);
}

static void test_pointers(void)
{
    static const struct {
        int word;
        int64_t value;
    } damage[] = {{0, 0}, {0, INT64_C(0x5053430000010001)}, {0, INT64_C(0x5053430000020002)}, {1, 0}, {1, 58},
                  {1, INT64_MAX},
                  {3, 0}, {3, 6}, {3, 8}, {3, 65}, {3, -1}, {3, INT64_MIN},      /* word 3: the number of metrics */
                  {8, -1}, {32, -1}, {32, 6}, {33, -1}, {33, 62},                /* day, steps in the two rings */
                  {194, -1}, {194, 65}, {195, -1}, {195, 65}};                   /* values in the sets of metric 0 */
    psc_node_config config;
    psc_node *node;
    psc_node_score s, before;
    psc_beat b = beat_of(1, 101, 101 * SECOND);
    double metric[7] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    uint64_t *copy, *damaged;
    size_t bytes, i;

    psc_node_default(&config);
    node = node_fed(&config, 100);
    bytes = psc_node_size(&config);
    copy = (uint64_t *)block_copy(node, bytes);
    memset(&s, 0x5C, sizeof s);
    before = s;
    CHECK_STATUS(psc_node_observe(NULL, &b, metric), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_observe(node, NULL, metric), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_observe(node, &b, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_observe((psc_node *)(void *)((char *)node + 4), &b, metric), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_node_score_at(NULL, 0, &s), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_score_at(node, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_score_at((psc_node *)(void *)((char *)node + 4), 0, &s), PSC_ERR_ALIGN);
    CHECK(memcmp(node, copy, bytes) == 0);
    for (i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        damaged = (uint64_t *)block_copy(node, bytes);
        memcpy(damaged + damage[i].word, &damage[i].value, 8);
        memcpy(copy, damaged, bytes);
        CHECK_STATUS(psc_node_observe((psc_node *)damaged, &b, metric), PSC_ERR_STATE);
        CHECK_STATUS(psc_node_score_at((psc_node *)damaged, 0, &s), PSC_ERR_STATE);
        CHECK(memcmp(damaged, copy, bytes) == 0);
        free(damaged);
    }
    CHECK(memcmp(&s, &before, sizeof s) == 0);
    free(node);
    free(copy);
}

/* ==== Beats ===================================================================================== */

/* What is wrong with a beat. The newest one taken is epoch 5, sequence 1000. */
enum { FORGED_NODE = 1, FORGED_SENDER = 2, OLD_EPOCH = 4, OLD_SEQUENCE = 8, REPEAT = 16, JUMP = 32, SHARDS = 64,
      METRIC = 128 };

static void spoil(psc_beat *b, double *metric, int how)
{
    if (how & FORGED_NODE) b->node = b->sender = 8;
    if (how & FORGED_SENDER) b->sender = 8;
    if (how & JUMP) b->sequence = 1000 + 50 + 1;
    if (how & REPEAT) b->sequence = 1000;
    if (how & OLD_SEQUENCE) b->sequence = 992;              /* eight behind the newest */
    if (how & OLD_EPOCH) b->epoch = 4;
    if (how & SHARDS) b->shards = -1;
    if (how & METRIC) metric[2] = 1.5;
}

/* Each refusal alone and each pair: the earlier one in the header's list is the answer, and nothing changes. */
static void test_refusals(void)
{
    psc_node_config config;
    psc_node *node;
    psc_beat b = beat_of(5, 1000, SECOND);
    double metric[7] = {NAN, 0.1, 0.1, 0.1, 0.1, NAN, 0.1};
    uint64_t *copy;
    size_t bytes;
    int i, k, taken;

    psc_node_default(&config);
    config.id = 7;
    config.max_jump = 50;
    node = node_new(&config);
    bytes = psc_node_size(&config);
    b.node = b.sender = 7;
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    copy = (uint64_t *)block_copy(node, bytes);
    for (i = 1; i <= METRIC; i *= 2) {
        for (k = 1; k <= METRIC; k *= 2) {
            psc_beat bad = beat_of(5, 1001, 2 * SECOND);
            double spoilt[7];
            const int how = i | k;
            const psc_status want = how & (FORGED_NODE | FORGED_SENDER) ? PSC_ERR_FORGED
                                    : how & (OLD_EPOCH | OLD_SEQUENCE) ? PSC_ERR_STALE
                                    : how & REPEAT ? PSC_ERR_REPEAT : PSC_ERR_IMPOSSIBLE;
            bad.node = bad.sender = 7;
            memcpy(spoilt, metric, sizeof spoilt);
            spoil(&bad, spoilt, how);
            CHECK_STATUS(psc_node_observe(node, &bad, spoilt), want);
            CHECK(memcmp(node, copy, bytes) == 0);
        }
    }
    for (taken = 0, i = 1000; i <= 1060; i++) {             /* the largest step that is taken is max_jump */
        psc_node *other = (psc_node *)block_copy(node, bytes);
        b.sequence = (uint64_t)i;
        taken += psc_node_observe(other, &b, metric) == PSC_OK;
        free(other);
    }
    CHECK_INT(taken, 50);
    free(node);
    free(copy);
}

/* The first beat may have any epoch and sequence; -1 and INT64_MIN are identities like any other. */
static void test_first_beat(void)
{
    static const uint64_t extreme[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63};
    static const int64_t id[] = {0, -1, INT64_MIN, INT64_MAX};
    double metric[7] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    int i, k;

    for (i = 0; i < 4; i++) {
        for (k = 0; k < 4; k++) {
            psc_node_config config;
            psc_node *node;
            psc_beat b = beat_of(extreme[i], extreme[k], id[k]);
            psc_node_default(&config);
            config.id = id[i];
            b.node = b.sender = id[i];
            node = node_new(&config);
            CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
            CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_ERR_REPEAT);
            CHECK_INT(score_of(node, id[k]).beats, 1);
            CHECK_INT(score_of(node, id[k]).shards, 3);
            b.sequence++;                                   /* UINT64_MAX + 1 is 0, the next one */
            CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
            b.epoch++;
            CHECK_STATUS(psc_node_observe(node, &b, metric), extreme[i] == UINT64_MAX ? PSC_ERR_STALE : PSC_OK);
            free(node);
        }
    }
}

/* Beat i of a set of six that begins at `first`, as it is sent. */
static psc_status send_beat(psc_node *node, uint64_t first, int i)
{
    const psc_beat b = beat_of(1, first + (uint64_t)i, (200 + i) * SECOND + i * i * INT64_C(1000000));
    double metric[PSC_METRIC_HOST];
    uint64_t seed = (uint64_t)i + 50;

    quiet_metrics(metric, &seed);
    if (i == 3) metric[PSC_METRIC_LATENCY] = NAN;
    return psc_node_observe(node, &b, metric);
}

/* All orders of six beats, each sent twice, to a node that is new, one that knows the epoch, one whose numbers wrap,
 * and one that lost the beat before: the state is bit for bit that of the order of sending, and so is what one more
 * beat makes of it. */
static void test_orders(void)
{
    enum { BEATS = 6, CASES = 5 };
    static const struct { int before; uint64_t first; } kind[CASES] = {
        {0, 0}, {0, 1}, {0, 70}, {100, 101}, {100, 102}
    };
    psc_node_config config;
    size_t bytes;
    int order[BEATS], count = 0, code, i, which;

    psc_node_default(&config);
    bytes = psc_node_size(&config);
    for (which = 0; which < CASES; which++) {
        psc_node *start = node_fed(&config, kind[which].before), *want = (psc_node *)block_copy(start, bytes), *later;
        for (i = 0; i < BEATS; i++) CHECK_STATUS(send_beat(want, kind[which].first, i), PSC_OK);
        later = (psc_node *)block_copy(want, bytes);
        CHECK_STATUS(send_beat(later, kind[which].first, 8), PSC_OK);
        for (code = 0; code < BEATS * BEATS * BEATS * BEATS * BEATS * BEATS; code++) {
            psc_node *node;
            int rest = code, used = 0;
            for (i = 0; i < BEATS; i++, rest /= BEATS) {
                order[i] = rest % BEATS;
                used |= 1 << order[i];
            }
            if (used != (1 << BEATS) - 1) continue;
            count++;
            node = (psc_node *)block_copy(start, bytes);
            for (i = 0; i < 2 * BEATS; i++)
                CHECK_STATUS(send_beat(node, kind[which].first, order[i / 2]), i % 2 ? PSC_ERR_REPEAT : PSC_OK);
            CHECK(memcmp(node, want, bytes) == 0);
            CHECK_STATUS(send_beat(node, kind[which].first, 8), PSC_OK);
            CHECK(memcmp(node, later, bytes) == 0);
            free(node);
        }
        free(start);
        free(want);
        free(later);
    }
    CHECK_INT(count, CASES * 720);
}

/* Random orders within the window, with losses: against the same beats in order. Nothing is more than 7 late. */
static void test_late(void)
{
    psc_node_config config;
    size_t bytes;
    uint64_t seed = 9;
    int round;

    psc_node_default(&config);
    bytes = psc_node_size(&config);
    for (round = 0; round < 40; round++) {
        const uint64_t base = round % 2 ? 0 : UINT64_MAX - 90;      /* the numbers wrap on the way */
        psc_node *node = node_new(&config), *want = node_new(&config);
        int late[200] = {0}, i, k;
        for (i = 0; i < 200; i++) {
            const int lost = i > 0 && test_random(&seed) % 12 == 0;
            late[i] = lost ? -1 : i + (int)(test_random(&seed) % 7);        /* when it comes */
            if (!lost) CHECK_STATUS(send_beat(want, base, i), PSC_OK);
        }
        for (k = 0; k < 210; k++)
            for (i = 0; i < 200; i++) {
                if (late[i] != k) continue;
                CHECK_STATUS(send_beat(node, base, i), PSC_OK);
                CHECK_STATUS(send_beat(node, base, i), PSC_ERR_REPEAT);
                CHECK(isfinite(score_of(node, 300 * SECOND).level));
            }
        CHECK(memcmp(node, want, bytes) == 0);
        free(node);
        free(want);
    }
}

/* What waits is seen by the score: as if the missing beat had not been sent, but for profile and novelty. */
static void test_score_of_waiting(void)
{
    psc_node_config config;
    psc_node *node, *whole;
    psc_node_score s, t;
    double metric[PSC_METRIC_HOST];
    uint64_t seed = 4;
    int i;

    psc_node_default(&config);
    config.day_ns = 0;
    node = node_fed(&config, 100);
    whole = node_fed(&config, 100);
    for (i = 1; i <= 6; i++) {
        psc_beat b = beat_of(1, (uint64_t)(101 + i), (101 + i) * SECOND);   /* 101 is lost */
        quiet_metrics(metric, &seed);
        metric[PSC_METRIC_LATENCY] *= 3.0;
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        b.sequence--;
        CHECK_STATUS(psc_node_observe(whole, &b, metric), PSC_OK);
        s = score_of(node, b.received_at);
        t = score_of(whole, b.received_at);
        CHECK_INT(s.metric, PSC_METRIC_LATENCY);
        CHECK_NEAR(s.z, t.z, 0.1 * t.z);
    }
    CHECK(s.instability > 0.5);
    free(node);
    free(whole);
}

/* A batch is its beats one by one, whatever is refused among them. */
static void test_batch(void)
{
    enum { NODES = 3, BEATS = 50 };
    psc_node_config config;
    psc_beat beat[BEATS];
    double metric[BEATS * PSC_METRIC_HOST];
    psc_status result[BEATS], one;
    int32_t of[BEATS];
    unsigned char *block, *copy;
    size_t bytes;
    uint64_t seed = 6;
    int i;

    psc_node_default(&config);
    bytes = psc_node_size(&config);
    block = (unsigned char *)block_new(NODES * bytes, 0);
    for (i = 0; i < NODES; i++) {
        config.id = i;
        CHECK_STATUS(psc_node_init((psc_node *)(void *)(block + (size_t)i * bytes), bytes, &config), PSC_OK);
    }
    for (i = 0; i < BEATS; i++) {
        of[i] = i % NODES;
        beat[i] = beat_of(1, (uint64_t)(i / NODES - (i % 10 == 9)), i * SECOND);
        beat[i].node = beat[i].sender = i % 13 == 5 ? 2 : of[i];
        quiet_metrics(metric + i * PSC_METRIC_HOST, &seed);
    }
    copy = (unsigned char *)block_copy(block, NODES * bytes);
    of[BEATS - 1] = NODES;
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, metric, result), PSC_ERR_RANGE);
    of[BEATS - 1] = -1;
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, metric, result), PSC_ERR_RANGE);
    of[BEATS - 1] = (BEATS - 1) % NODES;
    CHECK_STATUS(psc_nodes_observe(NULL, NODES, BEATS, beat, of, metric, result), PSC_ERR_NULL);
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, NULL, of, metric, result), PSC_ERR_NULL);
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, NULL, metric, result), PSC_ERR_NULL);
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, NULL, result), PSC_ERR_NULL);
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, metric, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_nodes_observe(NULL, 0, 0, NULL, NULL, NULL, NULL), PSC_OK);
    CHECK(memcmp(block, copy, NODES * bytes) == 0);
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, metric, result), PSC_OK);
    for (i = 0; i < BEATS; i++) {
        psc_node *node = (psc_node *)(void *)(copy + (size_t)of[i] * bytes);
        one = psc_node_observe(node, &beat[i], metric + i * PSC_METRIC_HOST);
        CHECK_STATUS(result[i], one);
    }
    CHECK(memcmp(block, copy, NODES * bytes) == 0);
    memset(block + bytes, 0, 8);                            /* the second one is none, or of other metrics */
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, metric, result), PSC_ERR_STATE);
    config.metrics++;
    CHECK_STATUS(psc_node_init((psc_node *)(void *)(block + bytes), 2 * bytes, &config), PSC_OK);
    CHECK_STATUS(psc_nodes_observe(block, NODES, BEATS, beat, of, metric, result), PSC_ERR_STATE);
    CHECK(memcmp(block, copy, bytes) == 0);
    free(block);
    free(copy);
}

static void test_heard(void)
{
    psc_node_config config;
    psc_node *node;
    uint64_t epoch = 9;
    int64_t at = 9;
    psc_beat b = beat_of(4, 7, 50 * SECOND);
    double metric[7] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};

    psc_node_default(&config);
    node = node_new(&config);
    CHECK_STATUS(psc_node_heard(node, &epoch, &at), PSC_ERR_EMPTY);
    CHECK_STATUS(psc_node_heard(node, &epoch, NULL), PSC_ERR_NULL);
    CHECK_INT(at, 9);
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    b.sequence = 5;                                         /* a late one says nothing new */
    b.received_at = 51 * SECOND;
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    CHECK_STATUS(psc_node_heard(node, NULL, &at), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_heard(node, &epoch, &at), PSC_OK);
    CHECK(epoch == 4 && at == 50 * SECOND);
    free(node);
}

/* A wild sequence cannot silence a node: it is refused, the true beats go on, and a new epoch starts anywhere. */
static void test_poisoned_sequence(void)
{
    psc_node_config config;
    psc_node *node;
    psc_beat b;
    double metric[7] = {1, 1, 1, 1, 1, 1, 1};

    psc_node_default(&config);
    node = node_fed(&config, 10);
    b = beat_of(1, UINT64_MAX, 11 * SECOND);                /* more than half of all numbers ahead is behind */
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_ERR_STALE);
    b.sequence = 9 + (UINT64_C(1) << 63);
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_ERR_IMPOSSIBLE);
    b.sequence = 10 + (UINT64_C(1) << 20) + 1;
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_ERR_IMPOSSIBLE);
    b.sequence = 11;
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    b.sequence = 11 + (UINT64_C(1) << 20);                  /* as far as it may: the true ones are now stale, */
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    b.sequence = 12;
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_ERR_STALE);
    b.epoch = 2;                                            /* and a restart brings it back, */
    b.sequence = 0;
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    CHECK_INT(score_of(node, 12 * SECOND).beats, 13);       /* with what was learned */
    free(node);
}

/* Each metric with each pattern: what it can be is taken, what it cannot be changes nothing. */
static void test_metric_patterns(void)
{
    static const double edge[] = {1.0, 1.0 + DBL_EPSILON, 1e15, 1e15 * (1.0 + DBL_EPSILON), -1e15, -1.0,
                                  -1e15 * (1.0 + DBL_EPSILON)};
    psc_node_config config;
    psc_node *node;
    uint64_t *copy;
    size_t bytes;
    int k, i, round;

    psc_node_default(&config);
    config.metrics = PSC_METRIC_HOST + 2;
    config.learn = 2;
    config.memory = 3;
    bytes = psc_node_size(&config);
    for (k = 0; k < config.metrics; k++) {
        const int share = k == PSC_METRIC_ERRORS || k == PSC_METRIC_CPU || k == PSC_METRIC_MEMORY;
        node = node_new(&config);
        copy = (uint64_t *)block_new(bytes, 0);
        for (round = 0; round < 3; round++) {
            for (i = 0; i < 12 + 7; i++) {
                const double x = i < 12 ? special(i) : edge[i - 12];
                const int good = isnan(x) || (x >= (k < PSC_METRIC_HOST ? 0.0 : -1e15) && x <= (share ? 1.0 : 1e15));
                psc_beat b = beat_of(1, (uint64_t)(100 * round + i), (100 * round + i) * SECOND);
                double metric[9] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
                metric[k] = x;
                memcpy(copy, node, bytes);
                CHECK_STATUS(psc_node_observe(node, &b, metric), good ? PSC_OK : PSC_ERR_IMPOSSIBLE);
                CHECK_INT(memcmp(copy, node, bytes) == 0, !good);
                score_of(node, (100 * round + i + 2) * SECOND);
            }
        }
        free(node);
        free(copy);
    }
}

/* Random beats with any bits in every field, the states that follow stay sane. */
static void test_wild(void)
{
    static const double value[] = {0.0, 1.0, 1e15, 1e-300, 0.5, 5e-324, 1e14, -0.0};
    static const int64_t moment[] = {0, 1, -1, INT64_MIN, INT64_MAX, INT64_C(1000000000), INT64_C(86400000000000)};
    uint64_t seed = 77;
    int round, i, k;

    for (round = 0; round < 60; round++) {
        psc_node_config config;
        psc_node *node;
        double floor_[9];
        psc_node_default(&config);
        config.metrics = 1 + (int32_t)(test_random(&seed) % 9);
        config.learn = 2 + (int64_t)(test_random(&seed) % 4);
        config.memory = round % 3 ? 2 + (int64_t)(test_random(&seed) % 9) : INT64_C(1) << 31;
        config.day_ns = round % 3 ? 48000000 : DAY;
        config.step_ns = round % 4 ? 1000000 : SECOND;
        config.winsor = round % 2 ? 1.0 : 100.0;
        config.relative_floor = round % 5 ? 0.0 : 1.0;
        config.interval_ns = round % 7 ? SECOND : DAY;
        config.pause_ns = round % 4 ? 0 : DAY;
        for (k = 0; k < 9; k++) floor_[k] = round % 2 ? DBL_MIN : 1e15;
        config.floor = floor_;
        config.max_jump = UINT64_C(1) << 62;
        node = node_new(&config);
        for (i = 0; i < 100; i++) {
            psc_beat b = beat_of((uint64_t)(i / 40), (uint64_t)i, moment[test_random(&seed) % 7]);
            double metric[9];
            if (i % 3) b.received_at = i * SECOND;
            for (k = 0; k < 9; k++) metric[k] = k >= 2 && k <= 4 ? test_uniform(&seed) : value[test_random(&seed) % 8];
            CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
            score_of(node, moment[test_random(&seed) % 7]);
            score_of(node, (int64_t)test_random(&seed));
        }
        free(node);
    }
}

/* ==== Clock and silence ========================================================================= */

/* A clock that stands, goes back, or jumps a year ahead: all finite, and only true intervals are learned. */
static void test_clock(void)
{
    static const int64_t jump[] = {0, -5, -DAY, 365 * DAY, INT64_MIN, INT64_MAX};
    static const int64_t later[] = {INT64_MIN, -1, 0, 1, SECOND, 400 * DAY, INT64_MAX};
    psc_node_config config;
    double metric[7];
    uint64_t seed = 5;
    int i, k;

    psc_node_default(&config);
    for (i = 0; i < 6; i++) {
        psc_node *node = node_fed(&config, 100), *straight = node_fed(&config, 100);
        const int64_t newest = 100 * SECOND;
        int64_t at = jump[i];
        psc_beat b;
        double before, after;
        if (at > INT64_MIN && at < INT64_MAX) at += newest;
        quiet_metrics(metric, &seed);
        b = beat_of(1, 101, at);
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        for (k = 0; k < 7; k++) score_of(node, later[k]);
        before = score_of(straight, newest + 3 * SECOND / 2).phi;
        after = at < INT64_MAX ? score_of(node, at + 3 * SECOND / 2).phi : before;
        CHECK(before > 0.0 && memcmp(&before, &after, sizeof before) == 0);
        /* before the newest beat counts as at it: 1 s is 10 sd away */
        CHECK(score_of(node, at > INT64_MIN ? at - 1 : at).phi < 1e-3);
        free(node);
        free(straight);
    }
}

/* An interval is learned only between neighbours of one epoch, of 1 ns to ten expected intervals. */
static void test_intervals(void)
{
    static const struct {
        uint64_t epoch, sequence;
        int64_t interval;
        int learned;
    } next[] = {
        {1, 101, SECOND / 2, 1}, {1, 101, 10 * SECOND, 1}, {1, 101, 10 * SECOND + 1, 0}, {1, 101, 0, 0},
        {1, 101, -SECOND, 0},
        {1, 102, 3 * SECOND, 0}, {2, 101, 3 * SECOND, 0}, {2, 1, 3 * SECOND, 0}, {1, 101, 1, 1}
    };
    double metric[7] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    size_t i;

    for (i = 0; i < sizeof next / sizeof next[0]; i++) {
        psc_node_config config;
        psc_node *node, *same;
        psc_beat b;
        int64_t at = 100 * SECOND;
        double phi, usual;
        psc_node_default(&config);
        node = node_fed(&config, 100);
        same = node_fed(&config, 100);
        b = beat_of(next[i].epoch, next[i].sequence, at + next[i].interval);
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        usual = score_of(same, at + 13 * SECOND / 10).phi;
        at += next[i].interval;
        phi = score_of(node, at + 13 * SECOND / 10).phi;
        CHECK_INT(phi != usual, next[i].learned);
        free(node);
        free(same);
    }
}

/* Silence: phi grows with now and never falls, to its end; a beat sets it back; a pause that is allowed delays it. */
static void test_silence(void)
{
    psc_node_config config;
    psc_node *node, *patient;
    psc_beat b = beat_of(1, 101, 140 * SECOND);
    double last = 0.0, metric[7] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    int64_t now;

    psc_node_default(&config);
    node = node_fed(&config, 100);
    config.pause_ns = 5 * SECOND;
    patient = node_fed(&config, 100);
    for (now = 100 * SECOND; now < 140 * SECOND; now += SECOND / 50) {
        const psc_node_score s = score_of(node, now);
        CHECK(s.phi >= last);
        if (now > 101 * SECOND && last < PSC_MAX_PHI) CHECK(s.phi > last);
        if (now > 103 * SECOND) CHECK_INT(s.metric, PSC_METRIC_BEATS);
        last = s.phi;
        if (now >= 105 * SECOND) CHECK(score_of(patient, now).phi == score_of(node, now - 5 * SECOND).phi);
    }
    CHECK(last == PSC_MAX_PHI);
    /* late by the mean: -log10 0.5; beats are exactly 1 s apart, and as the mean starts there it never moves */
    CHECK_NEAR(score_of(node, 101 * SECOND).phi, 0.30102999566398120, 1e-9);
    CHECK_NEAR(score_of(node, 140 * SECOND).instability, 300.0 / 308.0, DBL_EPSILON);
    CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    CHECK(score_of(node, 140 * SECOND).phi < 1e-9);         /* P(interval > 0) is 1 but for ten standard deviations */
    free(node);
    free(patient);
}

/* ==== Instability =============================================================================== */

static void test_before_and_learning(void)
{
    psc_node_config config;
    psc_node *node;
    psc_node_score s;
    double metric[7];
    uint64_t seed = 4;
    int i;

    psc_node_default(&config);
    config.learn = 10;
    node = node_new(&config);
    s = score_of(node, INT64_MAX);
    CHECK(s.instability == 0.0 && s.z == 0.0 && s.phi == 0.0 && s.onset == 0.0 && s.metric == PSC_METRIC_BEATS
          && s.learned == 0
          && s.beats == 0 && s.shards == 0);
    for (i = 1; i <= 40; i++) {
        psc_beat b = beat_of(1, (uint64_t)i, i * SECOND);
        b.shards = i;
        quiet_metrics(metric, &seed);
        if (i == 9) metric[PSC_METRIC_LATENCY] = 100.0;     /* wild, but nothing is known to be usual yet */
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        s = score_of(node, i * SECOND);
        CHECK_INT(s.learned, i >= 10);
        CHECK_INT(s.beats, i);
        CHECK_INT(s.shards, i);
        CHECK_NEAR(s.progress, i < 10 ? i / 10.0 : 1.0, 0.0);
        CHECK_INT(s.z > 0.0, i > 30);                       /* no spread is trusted before 30 reports */
    }
    free(node);
}

/* The metric that leaves its baseline is named, announced once, and forgotten when it is over. */
static void test_named(void)
{
    int k;

    for (k = 0; k < PSC_METRIC_HOST; k++) {
        psc_node_config config;
        psc_node *node;
        psc_node_score s;
        double metric[7], onset = 0.0;
        uint64_t seed = 40;
        int i, announced = 0;
        psc_node_default(&config);
        node = node_fed(&config, 300);
        for (i = 301; i <= 310; i++) {
            const psc_beat b = beat_of(1, (uint64_t)i, i * SECOND);
            quiet_metrics(metric, &seed);
            metric[k] = metric[k] <= 0.5 && k >= 2 && k <= 4 ? 1.0 : k == PSC_METRIC_MEMORY ? 0.0 : 3.0 * metric[k];
            CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
            s = score_of(node, i * SECOND);
            announced += s.onset > 0.0;
            onset = s.onset > onset ? s.onset : onset;
        }
        s = score_of(node, 310 * SECOND);
        CHECK_INT(s.metric, k);
        CHECK(s.z > 5.0 && s.instability > 0.5);            /* one of the three largest is held at 20 and more */
        CHECK(announced >= 1 && onset > 3.0);
        CHECK_NEAR(s.instability, s.level / (s.level + 4.0), DBL_EPSILON);
        for (i = 311; i <= 340; i++) {                      /* (7/8)^30 of it is left, a fiftieth */
            const psc_beat b = beat_of(1, (uint64_t)i, i * SECOND);
            quiet_metrics(metric, &seed);
            CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
            CHECK(score_of(node, i * SECOND).onset < PSC_ONSET);
        }
        CHECK(score_of(node, 340 * SECOND).z < 3.0);
        free(node);
    }
}

/* Of metrics that are equally far from usual the lowest is named; a suspicion that weighs as much comes first. */
static void test_ties(void)
{
    psc_node_config config;
    psc_node *node;
    const double floor_[3] = {1.0, 1.0, 1.0};
    int i;

    psc_node_default(&config);
    config.metrics = 3;
    config.floor = floor_;
    config.learn = 5;
    config.memory = 10;
    config.relative_floor = 0.0;
    node = node_new(&config);
    for (i = 1; i <= 40; i++) {
        const psc_beat b = beat_of(1, (uint64_t)i, i * SECOND);
        double metric[3] = {NAN, 4.0, 0.25};
        if (i == 40) metric[1] = 4.5, metric[2] = 0.75;
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        if (i == 10) CHECK_INT(score_of(node, i * SECOND + 1).metric, PSC_METRIC_BEATS);
    }
    CHECK_INT(score_of(node, 40 * SECOND).metric, 1);
    /* 0.5 sd, an eighth of it at the first beat */
    CHECK_NEAR(score_of(node, 40 * SECOND).z, 0.5 / 8.0, DBL_EPSILON);
    free(node);
}

/* ==== Second implementation ===================================================================== */

enum { METRICS = 6, BEATS_MOST = 300, ROW = 3 + METRICS, SCORES = 8 + PSC_SIGNS };

typedef struct replay {
    psc_node_config config;
    double floor[METRICS], row[BEATS_MOST * ROW], want[BEATS_MOST * SCORES];
    long n;
} replay;

static void replay_read(replay *r)
{
    FILE *file = vector_open("tests/vectors/node.txt");
    double config[6];

    psc_node_default(&r->config);
    CHECK_INT(vector_record(file, "config", config, 6), 6);
    r->config.metrics = (int32_t)config[0];
    r->config.learn = (int64_t)config[1];
    r->config.memory = (int64_t)config[2];
    r->config.interval_ns = (int64_t)config[3];
    r->config.day_ns = (int64_t)config[4];
    r->config.step_ns = (int64_t)config[5];
    CHECK_INT(vector_record(file, "floor", r->floor, METRICS), METRICS);
    r->config.floor = r->floor;
    r->n = vector_record(file, "beats", r->row, BEATS_MOST * ROW) / ROW;
    CHECK_INT(vector_record(file, "scores", r->want, BEATS_MOST * SCORES), r->n * SCORES);
    fclose(file);
}

static void replay_beat(const replay *r, psc_node *node, long i, double *got)
{
    const double *row = r->row + i * ROW;
    const psc_beat b = beat_of((uint64_t)row[0], (uint64_t)row[1], (int64_t)row[2]);
    psc_node_score s;
    uint64_t epoch;
    int64_t heard = 0;
    int k;

    CHECK_STATUS(psc_node_observe(node, &b, row + 3), PSC_OK);
    CHECK_STATUS(psc_node_heard(node, &epoch, &heard), PSC_OK);
    s = score_of(node, heard + 17 * SECOND / 10);
    got[0] = s.z;
    got[1] = s.joint;
    got[2] = s.drift;
    got[3] = s.level;
    got[4] = s.jitter;
    got[5] = s.onset;
    got[6] = s.phi;
    got[7] = score_of(node, heard + 4 * SECOND).phi;
    for (k = 0; k < PSC_SIGNS; k++) got[8 + k] = s.sign[k];
}

/* The vectors keep the profile as singles, rounded to 2^-24 of a residual's size; a residual is at most 100 standard
 * deviations (the range floor of 0.03 and the relative one of 0.01 say so), so what rests on it agrees within 100 2^-24
 * at any beat, and the sums of what a difference in one beat leaves behind are below ten times that. 15 digits are
 * printed. Everything else is closer. */
static void test_vectors(void)
{
    static replay r;
    const double step = 1000.0 / 16777216.0;
    psc_node *node;
    double got[SCORES];
    long i;
    int k;

    replay_read(&r);
    node = node_new(&r.config);
    for (i = 0; i < r.n; i++) {
        const double *want = r.want + i * SCORES;
        replay_beat(&r, node, i, got);
        for (k = 0; k < SCORES; k++) CHECK_NEAR(got[k], want[k], step * (1.0 + fabs(want[k])));
    }
    CHECK_INT(r.n, 260);
    free(node);
}

/* In chunks, moved between them by bytes or by memcpy: the bits of the unbroken run. */
static void test_chunks(void)
{
    static const long chunk[] = {1, 2, 3, 4, 5, 7, 13, 100};
    static const int fill[] = {0x00, 0xAA, 0xFF};
    static replay r;
    static double whole[BEATS_MOST * SCORES], got[SCORES];
    psc_node *unbroken, *node;
    size_t bytes, written, k;
    long i;

    replay_read(&r);
    unbroken = node_new(&r.config);
    bytes = psc_node_size(&r.config);
    for (i = 0; i < r.n; i++) replay_beat(&r, unbroken, i, whole + i * SCORES);
    for (k = 0; k < 2 * sizeof chunk / sizeof chunk[0]; k++) {
        node = node_new(&r.config);
        for (i = 0; i < r.n; i++) {
            if (i % chunk[k / 2] == 0) {
                psc_node *next = (psc_node *)block_new(bytes, fill[(size_t)i % 3]);
                if (k % 2) {
                    unsigned char *image = (unsigned char *)block_new(bytes + 8, 0);
                    CHECK_STATUS(psc_save(node, image, bytes + 8, &written), PSC_OK);
                    CHECK_STATUS(psc_load(PSC_TYPE_ANY, image, written, next, bytes), PSC_OK);
                    free(image);
                } else {
                    memcpy(next, node, bytes);
                }
                memset(node, 0x77, bytes);
                free(node);
                node = next;
            }
            replay_beat(&r, node, i, got);
            CHECK(memcmp(got, whole + i * SCORES, sizeof got) == 0);
        }
        CHECK(memcmp(node, unbroken, bytes) == 0);
        free(node);
    }
    free(unbroken);
}

/* Contributors: by held z, farthest first, equals by index; the first of them is what the score names. */
static void test_contributors(void)
{
    psc_node_config config;
    psc_node *node;
    int32_t metric[8];
    double z[8], values[PSC_METRIC_HOST];
    uint64_t seed = 8;
    size_t count, capacity, i;
    int t;

    psc_node_default(&config);
    node = node_fed(&config, 100);
    for (t = 101; t < 110; t++) {
        const psc_beat b = beat_of(1, (uint64_t)t, t * SECOND);
        quiet_metrics(values, &seed);
        values[PSC_METRIC_CPU] *= 1.4;
        values[PSC_METRIC_NETWORK] *= 2.0;
        CHECK_STATUS(psc_node_observe(node, &b, values), PSC_OK);
    }
    for (capacity = 0; capacity <= 8; capacity++) {
        count = 99;
        CHECK_STATUS(psc_node_contributors(node, capacity, metric, z, &count), PSC_OK);
        CHECK_INT(count, capacity < 7 ? capacity : 7);
        for (i = 1; i < count; i++) CHECK(z[i - 1] > z[i] || (z[i - 1] == z[i] && metric[i - 1] < metric[i]));
        if (count > 0) CHECK_INT(metric[0], score_of(node, 109 * SECOND).metric);
        if (count > 1) CHECK(metric[0] + metric[1] == PSC_METRIC_CPU + PSC_METRIC_NETWORK);
    }
    CHECK_STATUS(psc_node_contributors(node, 1, NULL, z, &count), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_contributors(node, 1, metric, NULL, &count), PSC_ERR_NULL);
    CHECK_STATUS(psc_node_contributors(node, 0, NULL, NULL, NULL), PSC_ERR_NULL);
    free(node);
}

/* Intervals that begin to vary are a metric of their own, named as such. */
static void test_jitter(void)
{
    psc_node_config config;
    psc_node *node;
    double metric[7] = {NAN, NAN, NAN, 0.5, NAN, NAN, NAN};
    int64_t at = 100 * SECOND;
    int i;

    psc_node_default(&config);
    node = node_fed(&config, 100);
    CHECK(score_of(node, at).jitter < 0.1);
    for (i = 1; i <= 20; i++) {
        psc_beat b;
        at += SECOND + (i % 2 ? 1 : -1) * 6 * SECOND / 10;
        b = beat_of(1, (uint64_t)(100 + i), at);
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
    }
    CHECK(score_of(node, at).jitter > 1.0);
    CHECK(score_of(node, at).z > 0.0);
    free(node);
}

/* Signs: load is no fault, a leak and an error rate that lasts are; a burst is not; a restart begins anew. */
static void test_signs(void)
{
    psc_node_config config;
    psc_node *node;
    psc_node_score s;
    uint64_t epoch = 1, seed = 12;
    int64_t at = 0;
    int i;

    psc_node_default(&config);
    node = node_new(&config);
    for (i = 0; i < 12000; i++) {
        const double load = 1.0 + 0.4 * sin(i / 600.0), late = i > 9000 ? (i - 9000) / 3000.0 : 0.0;
        double metric[PSC_METRIC_HOST] = {500.0, 0.02, 0.002, 0.3, 0.4, 1e6, NAN};
        psc_beat b;
        at += SECOND;
        b = beat_of(epoch, (uint64_t)i, at);
        metric[0] *= load * (0.99 + 0.02 * test_uniform(&seed));
        metric[3] *= 0.3 + 0.7 * load;
        metric[4] += 0.5 * late;
        metric[5] *= load;
        if (i > 9000) metric[2] = 0.02;
        if (i > 8000 && i < 8060) metric[2] = 0.2;
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        s = score_of(node, at);
        CHECK_INT(s.signs, i >= 3 * 30);
        if (i < 7300) continue;
        /* The load moves the CPU by 0.084 and the network by 0.34 either way: two thirds of it are explained. */
        CHECK(fabs(s.sign[PSC_SIGN_CPU_ABOVE]) < 0.028 && fabs(s.sign[PSC_SIGN_NETWORK]) < 0.113);
        if (i < 9000) CHECK(fabs(s.sign[PSC_SIGN_ERRORS]) < 0.5);
        if (i < 9000) CHECK(fabs(s.sign[PSC_SIGN_MEMORY_RISE]) < 1e-9);
        if (i > 9300) CHECK(s.sign[PSC_SIGN_ERRORS] > 1.0);
    }
    CHECK(s.sign[PSC_SIGN_MEMORY_ABOVE] > 0.1 && s.sign[PSC_SIGN_MEMORY_RISE] > 0.2 && s.sign[PSC_SIGN_MEMORY] > 0.85);
    {
        psc_beat b = beat_of(2, 0, at + SECOND);
        double metric[PSC_METRIC_HOST] = {500.0, 0.02, 0.002, 0.3, 0.4, 1e6, NAN};
        CHECK_STATUS(psc_node_observe(node, &b, metric), PSC_OK);
        s = score_of(node, b.received_at);
        CHECK(s.signs == 0 && s.sign[PSC_SIGN_MEMORY] == 0.0);
    }
    free(node);
}

/* A node that idled at first, with nothing to report and no errors, and then works: that becomes usual. */
static void test_signs_after_idling(void)
{
    const double idle[PSC_METRIC_HOST] = {0.0, NAN, 0.0, 0.01, NAN, 0.0, NAN};
    const double busy[PSC_METRIC_HOST] = {100.0, 0.005, 0.002, 0.3, 0.6, 1e6, NAN};
    psc_node_config config;
    psc_node *node;
    psc_node_score s;
    int i, k;

    psc_node_default(&config);
    config.step_ns = SECOND;
    node = node_new(&config);
    for (i = 0; i < 6000; i++) {
        const psc_beat b = beat_of(1, (uint64_t)i, i * SECOND);
        CHECK_STATUS(psc_node_observe(node, &b, i < 60 ? idle : busy), PSC_OK);
        s = score_of(node, b.received_at);
        if (i == 70) CHECK(s.sign[PSC_SIGN_ERRORS] > 2.0 && s.sign[PSC_SIGN_CPU_ABOVE] > 0.2);
        if (i == 70) CHECK(fabs(s.sign[PSC_SIGN_LATENCY]) < 0.1 && fabs(s.sign[PSC_SIGN_NETWORK]) < 0.1);
    }
    for (k = 0; k < PSC_SIGNS; k++)
        if (k != PSC_SIGN_MEMORY && k != PSC_SIGN_CPU) CHECK(fabs(s.sign[k]) < 0.1);
    free(node);
}

int main(void)
{
    RUN(test_config);
    RUN(test_init);
    RUN(test_pointers);
    RUN(test_refusals);
    RUN(test_first_beat);
    RUN(test_orders);
    RUN(test_late);
    RUN(test_score_of_waiting);
    RUN(test_batch);
    RUN(test_heard);
    RUN(test_poisoned_sequence);
    RUN(test_metric_patterns);
    RUN(test_wild);
    RUN(test_clock);
    RUN(test_intervals);
    RUN(test_silence);
    RUN(test_before_and_learning);
    RUN(test_named);
    RUN(test_ties);
    RUN(test_vectors);
    RUN(test_chunks);
    RUN(test_contributors);
    RUN(test_jitter);
    RUN(test_signs);
    RUN(test_signs_after_idling);
    return test_end();
}
