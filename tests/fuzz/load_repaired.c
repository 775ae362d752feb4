/* load_repaired.c - saved states with some words replaced and a right CRC, as an adversary would write them. psc_load
 * must refuse them and touch nothing, or make a state that every function of its type can be called on. */
#include "states.h"
#include "../saved.h"

static uint64_t take_new_word(input *in, uint64_t old)
{
    double x;
    uint64_t w;

    switch (take_byte(in) % 7) {
    case 0: return take_word(in);
    case 1: return (uint64_t)take_integer(in);
    case 2: return old ^ UINT64_C(1) << take_byte(in) % 64;
    case 3: return old + 1;
    case 4: return old - 1;
    case 5: return (uint64_t)INT64_MAX - take_byte(in) % 4;      /* a counter about to overflow */
    default: x = take_real(in); memcpy(&w, &x, sizeof w); return w;
    }
}

/* A producer, a demand or a scaler that has seen a little. */
static void *take_scaling(input *in, int32_t type)
{
    psc_producer_config producer;
    psc_demand_config demand;
    psc_scaler_config scaler;
    size_t bytes;
    void *state;
    int i;

    psc_producer_default(&producer);
    psc_demand_default(&demand);
    psc_scaler_default(&scaler);
    producer.types = 2;
    producer.sources = 4;
    scaler.producers = 2;
    scaler.phase = demand.phase = producer.period1 = demand.period1 = 4;
    bytes = type == PSC_TYPE_PRODUCER ? psc_producer_size(&producer)
            : type == PSC_TYPE_DEMAND ? psc_demand_size(&demand) : psc_scaler_size(&scaler);
    state = block_of(bytes);
    if (type == PSC_TYPE_PRODUCER) REQUIRE(psc_producer_init((psc_producer *)state, bytes, &producer) == PSC_OK);
    else if (type == PSC_TYPE_DEMAND) REQUIRE(psc_demand_init((psc_demand *)state, bytes, &demand) == PSC_OK);
    else REQUIRE(psc_scaler_init((psc_scaler *)state, bytes, &scaler) == PSC_OK);
    for (i = 0; i < 8; i++) use_scaling(in, state);
    return state;
}

/* A state that has seen a little; NULL where the configuration is none. */
static void *take_state(input *in, int32_t type)
{
    psc_tracker_config tracker;
    psc_node_config node;
    psc_beat beat;
    double floors[16], metric[16];
    size_t bytes;
    void *state;
    int i, n = (int)take_byte(in) % 24;

    if (type >= PSC_TYPE_PRODUCER) return take_scaling(in, type);
    if (type == PSC_TYPE_TRACKER) take_tracker_config(in, &tracker);
    else take_node_config(in, &node, floors);
    bytes = type == PSC_TYPE_TRACKER ? psc_tracker_size(&tracker) : psc_node_size(&node);
    if (bytes == 0) return NULL;
    state = block_of(bytes);
    memset(&beat, 0, sizeof beat);
    if (type == PSC_TYPE_TRACKER) {
        REQUIRE(psc_tracker_init((psc_tracker *)state, bytes, &tracker) == PSC_OK);
        for (i = 0; i < n; i++) (void)feed_tracker(in, (psc_tracker *)state);
        return state;
    }
    REQUIRE(psc_node_init((psc_node *)state, bytes, &node) == PSC_OK);
    for (i = 0; i < n; i++) {
        take_beat(in, node.id, &beat);
        take_metrics(in, metric, node.metrics);
        (void)psc_node_observe((psc_node *)state, &beat, metric);
    }
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    static const int32_t types[] = {
        PSC_TYPE_TRACKER, PSC_TYPE_NODE, PSC_TYPE_PRODUCER, PSC_TYPE_DEMAND, PSC_TYPE_SCALER
    };
    int32_t type = types[take_byte(&in) % 5];
    int changes = (int)take_byte(&in) % 8;
    void *state = take_state(&in, type), *mem, *again;
    size_t bytes, saved_bytes, at, written;
    unsigned char *saved;
    psc_status status;

    if (!state) return 0;
    bytes = state_bytes(state);
    saved = (unsigned char *)block_of(saved_bytes = bytes + 8);
    REQUIRE(psc_save(state, saved, saved_bytes, &written) == PSC_OK);
    REQUIRE(word_get(saved + bytes) == crc_of(saved, bytes));
    while (changes-- > 0) {
        at = (size_t)take_below(&in, (int32_t)(bytes / 8)) * 8;
        word_put(saved + at, take_new_word(&in, word_get(saved + at)));
    }
    word_put(saved + bytes, crc_of(saved, bytes));
    mem = block_of(bytes);
    status = psc_load(PSC_TYPE_ANY, saved, saved_bytes, mem, bytes);
    if (status != PSC_OK) {
        REQUIRE(status < 0 && status != PSC_ERR_CHECKSUM && untouched(mem, bytes));
    } else {
        again = block_of(saved_bytes);
        REQUIRE(psc_save(mem, again, saved_bytes, &written) == PSC_OK && memcmp(again, saved, saved_bytes) == 0);
        free(again);
        use_state(&in, mem);
    }
    free(mem);
    free(saved);
    free(state);
    return 0;
}
