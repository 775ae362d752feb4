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

static void *take_tracker(input *in, int n)
{
    psc_tracker_config config;
    size_t bytes;
    void *state;

    take_tracker_config(in, &config);
    bytes = psc_tracker_size(&config);
    if (bytes == 0) return NULL;
    state = block_of(bytes);
    REQUIRE(psc_tracker_init((psc_tracker *)state, bytes, &config) == PSC_OK);
    while (n-- > 0) (void)feed_tracker(in, (psc_tracker *)state);
    return state;
}

static void *take_node(input *in, int n)
{
    psc_node_config config;
    psc_beat beat;
    double floors[16], metric[16];
    size_t bytes;
    void *state;

    take_node_config(in, &config, floors);
    bytes = psc_node_size(&config);
    if (bytes == 0) return NULL;
    state = block_of(bytes);
    memset(&beat, 0, sizeof beat);
    REQUIRE(psc_node_init((psc_node *)state, bytes, &config) == PSC_OK);
    while (n-- > 0) {
        take_beat(in, config.id, &beat);
        take_metrics(in, metric, config.metrics);
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

/* A state that has seen a little; NULL where the configuration is none. */
static void *take_state(input *in, uint32_t which)
{
    const int n = (int)take_byte(in) % 24;

    switch (which % 5) {
    case 0: return take_tracker(in, n);
    case 1: return take_node(in, n);
    case 2: return take_transfer(in, n);
    case 3: return take_trial(in, n);
    default: return take_stages(in, n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    uint32_t which = take_byte(&in);
    int changes = (int)take_byte(&in) % 8;
    void *state = take_state(&in, which), *mem, *again;
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
