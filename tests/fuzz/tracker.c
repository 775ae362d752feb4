/* tracker.c - three trackers of one configuration side by side: fed, asked, saved, and refused. */
#include "states.h"

enum { TRACKERS = 3 };

/* All of them or none. */
static void feed_all(input *in, void *block, size_t bytes)
{
    void *before = copy_of(block, TRACKERS * bytes);
    double y[TRACKERS];
    int i, valid = 1;

    for (i = 0; i < TRACKERS; i++) {
        y[i] = take_real(in);
        valid = valid && (is_nan(y[i]) || (y[i] <= PSC_MAX_VALUE && y[i] >= -PSC_MAX_VALUE));
    }
    REQUIRE((psc_trackers_observe(block, TRACKERS, y) == PSC_OK) == valid);
    if (!valid) REQUIRE(memcmp(before, block, TRACKERS * bytes) == 0);
    for (i = 0; valid && i < TRACKERS; i++) {       /* the same as one at a time */
        psc_tracker *one = (psc_tracker *)((char *)before + (size_t)i * bytes);
        REQUIRE(psc_tracker_observe(one, y[i]) == PSC_OK);
    }
    if (valid) REQUIRE(memcmp(before, block, TRACKERS * bytes) == 0);
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size };
    psc_tracker_config config;
    psc_tracker *tracker;
    size_t bytes, i;
    char *block;
    void *twin;
    int n;

    take_tracker_config(&in, &config);
    bytes = psc_tracker_size(&config);
    block = (char *)block_of(TRACKERS * (bytes ? bytes : 8));
    tracker = (psc_tracker *)block;
    if (bytes == 0) {
        REQUIRE(psc_tracker_init(tracker, 1 << 20, &config) < 0 && untouched(block, 24));
        free(block);
        return 0;
    }
    REQUIRE(psc_tracker_init(tracker, bytes - 1, &config) == PSC_ERR_SPACE && untouched(block, bytes));
    for (i = 0; i < TRACKERS; i++)
        REQUIRE(psc_tracker_init((psc_tracker *)(block + i * bytes), bytes, &config) == PSC_OK);
    for (n = 0; n < MAX_STEPS && in.left > 0; n++) {
        feed_all(&in, block, bytes);
        feed_tracker(&in, tracker);
        if (n < 3 || n % 8 == 0) ask_tracker(&in, tracker, config.lower, config.upper);
    }
    twin = reload(tracker);
    for (n = 0; n < 5; n++) {                       /* it goes on where the other stood */
        double y = (double)take_byte(&in);
        REQUIRE(psc_tracker_observe(tracker, y) == PSC_OK && psc_tracker_observe((psc_tracker *)twin, y) == PSC_OK);
    }
    REQUIRE(memcmp(twin, tracker, bytes) == 0);
    ask_tracker(&in, tracker, config.lower, config.upper);
    free(twin);
    free(block);
    return 0;
}
