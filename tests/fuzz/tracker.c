/* tracker.c - three trackers of one configuration side by side: fed, asked, saved, and refused. */
#include "states.h"

enum { TRACKERS = 3, HISTORY = 700 };

/* Up to HISTORY small values, the same for all: enough for seasons, refits and drift. */
static void settle(input *in, char *block, size_t bytes)
{
    size_t n = (size_t)take_below(in, HISTORY), t, i;
    uint32_t wave = 1 + take_byte(in) % 32, step = take_byte(in), slope = take_byte(in) % 4;

    for (t = 0; t < n; t++) {
        double y = (double)(t % wave * step % 17 + slope * t / 8 + (t > n / 2 ? step : 0));
        for (i = 0; i < TRACKERS; i++) REQUIRE(psc_tracker_observe((psc_tracker *)(block + i * bytes), y) == PSC_OK);
    }
}

/* All of them or none. Returns whether the first took a value below 0. */
static int feed_all(input *in, void *block, size_t bytes)
{
    void *before = copy_of(block, TRACKERS * bytes);
    double y[TRACKERS];
    int i, valid = 1;

    for (i = 0; i < TRACKERS; i++) {
        y[i] = take_real(in);
        valid = valid && is_value(y[i]);
    }
    REQUIRE((psc_trackers_observe(block, TRACKERS, y) == PSC_OK) == valid);
    if (!valid) REQUIRE(memcmp(before, block, TRACKERS * bytes) == 0);
    for (i = 0; valid && i < TRACKERS; i++) {       /* the same as one at a time */
        psc_tracker *one = (psc_tracker *)((char *)before + (size_t)i * bytes);
        REQUIRE(psc_tracker_observe(one, y[i]) == PSC_OK);
    }
    if (valid) REQUIRE(memcmp(before, block, TRACKERS * bytes) == 0);
    free(before);
    return valid && y[0] < 0.0;
}

/* below: a value below 0 was taken; until then no forecast is below 0, but for the bounds. */
static void ask(input *in, const psc_tracker *tracker, const psc_tracker_config *c, int below)
{
    ask_tracker(in, tracker, below || c->lower > 0.0 || c->upper < 0.0 ? c->lower : 0.0, c->upper);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_tracker_config config;
    psc_tracker *tracker;
    size_t bytes, i;
    char *block;
    void *twin;
    int n, below = 0;

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
    settle(&in, block, bytes);
    for (n = 0; n < MAX_STEPS && in.left > 0; n++) {
        below |= feed_all(&in, block, bytes);
        below |= feed_tracker(&in, tracker);
        if (n < 3 || n % 8 == 0) ask(&in, tracker, &config, below);
    }
    twin = reload(tracker);
    for (n = 0; n < 5; n++) {                       /* it goes on where the other stood */
        double y = (double)take_byte(&in);
        REQUIRE(psc_tracker_observe(tracker, y) == PSC_OK && psc_tracker_observe((psc_tracker *)twin, y) == PSC_OK);
    }
    REQUIRE(memcmp(twin, tracker, bytes) == 0);
    ask(&in, tracker, &config, below);
    free(twin);
    free(block);
    return 0;
}
