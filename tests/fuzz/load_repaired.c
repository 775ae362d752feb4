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

static void *take_personas(input *in)
{
    psc_personas_config config;
    size_t bytes;
    void *state;
    int i, n = (int)take_byte(in) % 24;

    psc_personas_default(&config);
    config.nodes = take_byte(in) > 240 ? 66 : 1 + (int32_t)take_byte(in) % 5;
    config.types = 1 + (int32_t)take_byte(in) % 3;
    config.shadow_rate = 0.5;
    bytes = psc_personas_size(&config);
    state = block_of(bytes);
    REQUIRE(psc_personas_init((psc_personas *)state, bytes, &config) == PSC_OK);
    for (i = 0; i < n; i++) use_personas(in, (psc_personas *)state);
    return state;
}

/* A fleet's state that has seen a little. */
static void *take_fleet_state(input *in, int32_t type)
{
    psc_failure_config failure;
    psc_threshold_config threshold;
    psc_silence_config silence;
    size_t bytes;
    void *state;
    int i, n = (int)take_byte(in) % 24;

    psc_failure_default(&failure);
    psc_threshold_default(&threshold);
    psc_silence_default(&silence);
    failure.capacity = 1 + (int32_t)take_byte(in) % 16;
    failure.correct_from = 2.0;
    bytes = type == PSC_TYPE_FAILURE ? psc_failure_size(&failure)
            : type == PSC_TYPE_THRESHOLD ? psc_threshold_size(&threshold) : psc_silence_size(&silence);
    state = block_of(bytes);
    if (type == PSC_TYPE_FAILURE) REQUIRE(psc_failure_init((psc_failure *)state, bytes, &failure) == PSC_OK);
    else if (type == PSC_TYPE_THRESHOLD) REQUIRE(psc_threshold_init((psc_threshold *)state, bytes,
                                                                    &threshold) == PSC_OK);
    else REQUIRE(psc_silence_init((psc_silence *)state, bytes, &silence) == PSC_OK);
    for (i = 0; i < n; i++) {
        if (type == PSC_TYPE_FAILURE) feed_failure(in, (psc_failure *)state);
        else if (type == PSC_TYPE_THRESHOLD) feed_threshold(in, (psc_threshold *)state);
        else feed_silence(in, (psc_silence *)state);
    }
    return state;
}

/* The same of a splitter, of echoes, of a map. */
static void *take_blocks(input *in, int32_t type)
{
    psc_split_config split;
    psc_echo_config echo;
    psc_map_config map;
    size_t bytes;
    void *state;

    if (type == PSC_TYPE_SPLIT) take_split_config(in, &split);
    else if (type == PSC_TYPE_ECHO) take_echo_config(in, &echo);
    else take_map_config(in, &map);
    bytes = type == PSC_TYPE_SPLIT ? psc_split_size(&split) : type == PSC_TYPE_ECHO ? psc_echo_size(&echo)
                                                                                   : psc_map_size(&map);
    if (bytes == 0 || bytes > 1 << 20) return NULL;
    state = block_of(bytes);
    if (type == PSC_TYPE_SPLIT) {
        REQUIRE(psc_split_init((psc_split *)state, bytes, &split) == PSC_OK);
        (void)use_split_shards(in, (psc_split *)state);
        use_split(in, (psc_split *)state);
    } else if (type == PSC_TYPE_ECHO) {
        REQUIRE(psc_echo_init((psc_echo *)state, bytes, &echo) == PSC_OK);
        use_echo(in, (psc_echo *)state);
    } else {
        REQUIRE(psc_map_init((psc_map *)state, bytes, &map) == PSC_OK);
        use_map(in, (psc_map *)state);
    }
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

    if (type == PSC_TYPE_SPLIT || type == PSC_TYPE_ECHO || type == PSC_TYPE_MAP) return take_blocks(in, type);
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

static void *take_transfer(input *in, int n)
{
    psc_transfer_config config;
    size_t bytes;
    void *state;

    take_transfer_config(in, &config);
    bytes = psc_transfer_size(&config);
    if (bytes == 0) return NULL;
    state = block_of(bytes);
    REQUIRE(psc_transfer_init((psc_transfer *)state, bytes, &config) == PSC_OK);
    while (n-- > 0) feed_transfer(in, (psc_transfer *)state);
    return state;
}

static void *take_trial(input *in, int n)
{
    psc_trial_config config;
    size_t bytes;
    void *state;

    take_trial_config(in, &config);
    bytes = psc_trial_size(&config);
    if (bytes == 0) return NULL;
    state = block_of(bytes);
    REQUIRE(psc_trial_init((psc_trial *)state, bytes, &config) == PSC_OK);
    while (n-- > 0) feed_trial(in, (psc_trial *)state);
    return state;
}

static void *take_stages(input *in, int n)
{
    psc_stages_config config;
    size_t bytes;
    void *state;

    take_stages_config(in, &config);
    bytes = psc_stages_size(&config);
    if (bytes == 0) return NULL;
    state = block_of(bytes);
    REQUIRE(psc_stages_init((psc_stages *)state, bytes, &config) == PSC_OK);
    while (n-- > 0) feed_stages(in, (psc_stages *)state);
    return state;
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

static void *take_outlook(input *in, int n)
{
    psc_outlook_config config;
    size_t bytes;
    void *state;

    psc_outlook_default(&config);
    config.series = 1 + (int32_t)take_byte(in) % 3;
    config.hour = 1 + (int32_t)take_byte(in) % 3;
    config.far = (int32_t)take_byte(in) % 4;
    config.week = (int32_t)take_byte(in) % 2;
    bytes = psc_outlook_size(&config);
    REQUIRE(bytes > 0);
    state = block_of(bytes);
    REQUIRE(psc_outlook_init((psc_outlook *)state, bytes, &config) == PSC_OK);
    while (n-- > 0) feed_outlook(in, (psc_outlook *)state, config.series, config.hour * (config.far + 1));
    return state;
}

static void *take_any(input *in, int32_t type)
{
    if (type >= PSC_TYPE_PRODUCER && type <= PSC_TYPE_SCALER) return take_scaling(in, type);
    if (type == PSC_TYPE_OUTLOOK) return take_outlook(in, (int)take_byte(in) % 100);
    if (type == PSC_TYPE_PERSONAS) return take_personas(in);
    if (type == PSC_TYPE_TRANSFER) return take_transfer(in, (int)take_byte(in) % 24);
    if (type == PSC_TYPE_TRIAL) return take_trial(in, (int)take_byte(in) % 24);
    if (type == PSC_TYPE_STAGES) return take_stages(in, (int)take_byte(in) % 24);
    if (type >= PSC_TYPE_SPLIT) return take_blocks(in, type);
    return type > PSC_TYPE_NODE ? take_fleet_state(in, type) : take_state(in, type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    int32_t type = 1 + (int32_t)take_byte(&in) % (PSC_TYPE_END - 1);
    int changes = (int)take_byte(&in) % 8;
    void *state = take_any(&in, type), *mem, *again;
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
