/* node.c - a node under any beats: the right ones are taken, the others refused for the reason that comes first. */
#include "states.h"

enum { KEPT = 512 };

/* What a node knows of order: the newest number, and all that were taken in this epoch. */
typedef struct newest {
    int any, taken;
    uint64_t epoch, sequence, from, number[KEPT];   /* from: least number that is awaited */
} newest;

static int was_taken(const newest *last, uint64_t sequence)
{
    int i;

    for (i = 0; i < last->taken; i++)
        if (last->number[i] == sequence) return 1;
    return 0;
}

static int possible_metric(int32_t i, double x)
{
    if (is_nan(x)) return 1;
    if (!(x <= PSC_MAX_METRIC && x >= -PSC_MAX_METRIC)) return 0;
    if (i >= PSC_METRIC_HOST) return 1;
    if (x < 0.0) return 0;
    return !(i == PSC_METRIC_ERRORS || i == PSC_METRIC_CPU || i == PSC_METRIC_MEMORY) || x <= 1.0;
}

/* The list of psc_node_observe in the header, in its order. */
static psc_status expected(const psc_node_config *config, const newest *last, const psc_beat *beat,
                           const double *metric)
{
    int32_t i;

    if (beat->node != config->id || beat->sender != beat->node) return PSC_ERR_FORGED;
    if (last->any && beat->epoch < last->epoch) return PSC_ERR_STALE;
    if (last->any && beat->epoch == last->epoch) {
        const uint64_t ahead = beat->sequence - last->sequence, back = last->sequence - beat->sequence;
        if (ahead > 0 && ahead >> 63 == 0 && ahead > config->max_jump) return PSC_ERR_IMPOSSIBLE;
        if (ahead >> 63 && back >= 8) return PSC_ERR_STALE;
        if (was_taken(last, beat->sequence) || (beat->sequence - last->from) >> 63) return PSC_ERR_REPEAT;
    }
    if (beat->shards < 0) return PSC_ERR_IMPOSSIBLE;
    for (i = 0; i < config->metrics; i++)
        if (!possible_metric(i, metric[i])) return PSC_ERR_IMPOSSIBLE;
    return PSC_OK;
}

static void feed(input *in, const psc_node_config *config, newest *last, psc_node *node, psc_node *twin)
{
    size_t bytes = state_bytes(node);
    void *before = copy_of(node, bytes);
    psc_beat beat;
    double metric[16];
    psc_status status;

    memset(&beat, 0, sizeof beat);
    beat.epoch = last->epoch;
    beat.sequence = last->sequence;
    take_beat(in, config->id, &beat);
    take_metrics(in, metric, config->metrics);
    status = psc_node_observe(node, &beat, metric);
    REQUIRE(status == expected(config, last, &beat, metric));
    if (twin) REQUIRE(psc_node_observe(twin, &beat, metric) == status);
    if (status == PSC_OK) {
        if (!last->any || beat.epoch != last->epoch) {
            last->taken = 0;
            last->from = beat.sequence < 8 ? 0 : beat.sequence - 7;
        }
        if (last->taken == 0 || (beat.sequence - last->sequence) >> 63 == 0) last->sequence = beat.sequence;
        if ((last->sequence - 7 - last->from) >> 63 == 0) last->from = last->sequence - 7;
        last->any = 1;
        last->epoch = beat.epoch;
        last->number[last->taken++] = beat.sequence;
    } else {
        REQUIRE(memcmp(before, node, bytes) == 0);
    }
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    static newest none;
    newest last = none;
    psc_node_config config;
    psc_node *node;
    void *twin;
    double floors[16];
    size_t bytes;
    int n;

    take_node_config(&in, &config, floors);
    bytes = psc_node_size(&config);
    node = (psc_node *)block_of(bytes ? bytes : 8);
    if (bytes == 0) {
        REQUIRE(psc_node_init(node, 1 << 20, &config) < 0 && untouched(node, 8));
        free(node);
        return 0;
    }
    REQUIRE(psc_node_init(node, bytes - 1, &config) == PSC_ERR_SPACE && untouched(node, bytes));
    REQUIRE(psc_node_init(node, bytes, &config) == PSC_OK);
    for (n = 0; n < 60 && in.left > 0; n++) {
        ask_node(&in, node);
        feed(&in, &config, &last, node, NULL);
    }
    twin = reload(node);
    for (n = 0; n < 5; n++) feed(&in, &config, &last, node, (psc_node *)twin);
    REQUIRE(memcmp(twin, node, bytes) == 0);
    ask_node(&in, node);
    free(twin);
    free(node);
    return 0;
}
