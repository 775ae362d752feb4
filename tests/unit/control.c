/* Control: the outlook of many shards, and what to move now. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

#include <math.h>

/* ==== Outlook =================================================================================== */

enum { HOUR = 2, FAR = 3, SERIES = 4, H = HOUR * (FAR + 1), K = HOUR + FAR, DAY = 24 * HOUR };

static const int32_t tags[SERIES] = { 0, 0, 1, -1 };

static psc_outlook_config outlook_config(void)
{
    psc_outlook_config config;

    psc_outlook_default(&config);
    config.series = SERIES;
    config.hour = HOUR;
    config.far = FAR;
    config.tags = 2;
    config.tag = tags;
    return config;
}

static psc_outlook *outlook_new(const psc_outlook_config *config, int fill)
{
    const size_t bytes = psc_outlook_size(config);
    psc_outlook *o = (psc_outlook *)block_new(bytes, fill);

    CHECK_STATUS(psc_outlook_init(o, bytes, config), PSC_OK);
    return o;
}

/* A day with a peak, the same each day, larger by series. */
static double load_of(int s, int t)
{
    return (s + 1) * (10.0 + (t % DAY >= 16 && t % DAY < 32 ? 10.0 : 0.0) + (t * 7 + s) % 5 * 0.1);
}

static void observe(psc_outlook *o, int from, int to, const psc_surge *surge, size_t surges, double factor)
{
    double load[SERIES], work[4 * H + 4];
    int s, t;

    for (t = from; t < to; t++) {
        for (s = 0; s < SERIES; s++) load[s] = load_of(s, t) * (tags[s] == 0 ? factor : 1.0);
        CHECK_STATUS(psc_outlook_observe(o, load, surge, surges, work), PSC_OK);
    }
}

/* What a load of that says, after a save of it; a load that is taken gives the same state. */
static psc_status outlook_reloads(const psc_outlook *o, size_t bytes)
{
    void *saved = block_new(bytes + 8, 0), *back = block_new(bytes, 0xAA);
    psc_status status;
    size_t written;

    CHECK_STATUS(psc_save(o, saved, bytes + 8, &written), PSC_OK);
    status = psc_load(PSC_TYPE_OUTLOOK, saved, written, back, bytes);
    if (status == PSC_OK) CHECK(memcmp(o, back, bytes) == 0);
    free(back);
    free(saved);
    return status;
}

static void test_outlook_sizes(void)
{
    psc_outlook_config c = outlook_config();
    const size_t bytes = psc_outlook_size(&c);
    int32_t wrong[SERIES] = { 0, 0, 2, 0 };
    psc_outlook *o = outlook_new(&c, 0xAA);

    CHECK(bytes > 0 && bytes % 8 == 0);
    CHECK_INT(psc_state_type(o), PSC_TYPE_OUTLOOK);
    CHECK_STATUS(psc_outlook_init(o, bytes - 1, &c), PSC_ERR_SPACE);
    CHECK_STATUS(psc_outlook_init(NULL, bytes, &c), PSC_ERR_NULL);
    CHECK_STATUS(psc_outlook_init(o, bytes, NULL), PSC_ERR_NULL);
    CHECK_INT(psc_outlook_size(NULL), 0);
#define REFUSED(field, value) \
    do { c = outlook_config(); c.field = value; CHECK_INT(psc_outlook_size(&c), 0); \
         CHECK(psc_outlook_init(o, bytes, &c) < 0); } while (0)
    REFUSED(struct_size, 8);
    REFUSED(series, 0);
    REFUSED(series, (1 << 26) + 1);
    REFUSED(hour, 0);
    REFUSED(hour, 61);
    REFUSED(far, -1);
    REFUSED(far, 25);
    REFUSED(tags, -1);
    REFUSED(tag, wrong);
#undef REFUSED
    c = outlook_config();
    c.series = 1 << 26;
    c.tag = NULL;
    CHECK_INT(psc_outlook_size(&c) > 0, sizeof(size_t) > 4);        /* more than an address of 32 bits reaches */
    psc_outlook_default(NULL);
    free(o);
}

/* Without a season, with each, and in steps of an hour; a save has what there is. */
static void test_outlook_variants(void)
{
    static const int32_t hour[] = { 1, 1, 6, 7 }, week[] = { 0, 1, 0, 1 };
    double load[2] = { 3.0, 4.0 }, path[7 * 2], spread[8], work[4 * 14];
    int i, t;

    for (i = 0; i < 4; i++) {
        psc_outlook_config c;
        psc_outlook *o;
        psc_outlook_default(&c);
        c.series = 2;
        c.hour = hour[i];
        c.week = week[i];
        c.far = 1;
        o = outlook_new(&c, 0xFF);
        for (t = 0; t < 24 * hour[i] * 2; t++) CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_OK);
        CHECK_STATUS(psc_outlook_predict(o, 1, 1, NULL, 0, path, spread, work), PSC_OK);
        for (t = 0; t < 2 * hour[i]; t++) CHECK_NEAR(path[t], 4.0, 1e-6);      /* a level goes on */
        for (t = 0; t < (hour[i] < 6 ? hour[i] : 6) + 1; t++) CHECK_NEAR(spread[t], 0.0, 1e-9);
        CHECK_STATUS(outlook_reloads(o, psc_outlook_size(&c)), PSC_OK);
        free(o);
    }
}

/* In the first day the last value goes on; after three the peak is foreseen, and the last value is no longer told. */
static void test_outlook_learns(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0);
    double path[H], spread[K], work[4 * H], paths[SERIES * H], spreads[SERIES * K];
    int t, s;

    observe(o, 0, 10, NULL, 0, 1.0);
    CHECK_STATUS(psc_outlook_predict(o, 1, 1, NULL, 0, path, spread, work), PSC_OK);
    for (t = 0; t < H; t++) CHECK_NEAR(path[t], load_of(1, 9), 0.0);
    observe(o, 10, 5 * DAY + 14, NULL, 0, 1.0);
    CHECK_STATUS(psc_outlook_predict(o, 0, SERIES, NULL, 0, paths, spreads, work), PSC_OK);
    for (s = 0; s < SERIES; s++) {
        double missed = 0.0, naive = 0.0;
        CHECK_STATUS(psc_outlook_predict(o, (size_t)s, 1, NULL, 0, path, spread, work), PSC_OK);
        CHECK(memcmp(path, paths + s * H, sizeof path) == 0 && memcmp(spread, spreads + s * K, sizeof spread) == 0);
        for (t = 0; t < H; t++) {
            missed += fabs(path[t] - load_of(s, 5 * DAY + 14 + t));
            naive += fabs(load_of(s, 5 * DAY + 13) - load_of(s, 5 * DAY + 14 + t));
        }
        CHECK(missed < 0.5 * naive);
        for (t = 0; t < K; t++) CHECK(spread[t] > 0.0 && spread[t] < 100.0 * (s + 1) * (s + 1));
    }
    free(o);
}

/* Twelve hours on a wave of a day is what it is now only as it crosses its mean. Were that lead judged at two times of
 * the day for ever, and the wave crossed there, the last value would be believed. */
static void test_outlook_judged_all_day(void)
{
    static const double wave[12] = { 0.0, 2.6, 5.0, 7.1, 8.7, 9.7, 10.0, 9.7, 8.7, 7.1, 5.0, 2.6 };
    psc_outlook_config c;
    psc_outlook *o;
    double load, path[12], work[4 * 12];
    int t;

    psc_outlook_default(&c);
    c.hour = 1;
    c.far = 11;
    c.week = 0;
    o = outlook_new(&c, 0);
    for (t = 0; t < 24 * 8 + 6; t++) {
        load = 20.0 + (t % 24 < 12 ? wave[t % 12] : -wave[t % 12]) + t * 7 % 5 * 0.1;
        CHECK_STATUS(psc_outlook_observe(o, &load, NULL, 0, work), PSC_OK);
    }
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, NULL, 0, path, NULL, work), PSC_OK);
    CHECK(path[11] < 15.0);                                 /* now near 30, then near 10 */
    free(o);
}

/* An announced event multiplies its tag's series; while it runs it is measured; what is learned is without it. */
static void test_outlook_events(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0), *twin;
    psc_surge surge = { 2.0, 6.0, 3.0, 0, 0 };
    const psc_surge none[2] = { { 2.0, 6.0, 3.0, 0, 0 }, { 2.0, 6.0, 3.0, -1, 0 } };
    double path[H], plain[H], work[4 * H];
    int t;

    observe(o, 0, 5 * DAY, NULL, 0, 1.0);
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, &surge, 1, path, NULL, work), PSC_OK);
    for (t = 0; t < H; t++) {
        const double share = t == 0 || t == 7 ? 0.0 : t == 1 ? 0.5 : 1.0;     /* half a step before, one behind */
        CHECK_NEAR(path[t], plain[t] * (1.0 + 2.0 * share), 1e-9);
    }
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, &surge, 1, path, NULL, work), PSC_OK);       /* another tag */
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK(memcmp(path, plain, sizeof path) == 0);
    CHECK_STATUS(psc_outlook_predict(o, 3, 1, none, 2, path, NULL, work), PSC_OK);         /* a series without one */
    CHECK_STATUS(psc_outlook_predict(o, 3, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK(memcmp(path, plain, sizeof path) == 0);

    twin = (psc_outlook *)block_copy(o, psc_outlook_size(&c));
    surge.from = -1.0;
    surge.to = 3.0;
    observe(o, 5 * DAY, 5 * DAY + 1, &surge, 1, 2.0);
    observe(twin, 5 * DAY, 5 * DAY + 1, NULL, 0, 1.0);
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, &surge, 1, path, NULL, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(twin, 0, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK_NEAR(path[1] / plain[1], 2.0, 0.2);               /* measured, not the 3 that was announced */
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, NULL, 0, path, NULL, work), PSC_OK);
    CHECK_NEAR(path[4] / plain[4], 1.0, 0.1);
    free(o);
    free(twin);
}

/* Events that touch no step, no tag and no load; several of one tag; loads that are missing while one runs. */
static void test_outlook_odd_events(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0), *twin;
    const psc_surge idle[4] = { { 0.0, 5.0, 3.0, 7, 0 }, { 1.0, 5.0, 3.0, 0, 0 }, { -9.0, -3.0, 3.0, 0, 0 },
                                { -2.0, 2.0, 3.0, -1, 0 } };
    const psc_surge huge[2] = { { -1.0, 4.0, 1000.0, 1, 0 }, { 1.0, 4.0, 1000.0, 1, 0 } };
    double load[SERIES], plain[H], path[H], work[4 * H + 4];
    int s, t;

    observe(o, 0, 3 * DAY, NULL, 0, 1.0);
    twin = (psc_outlook *)block_copy(o, psc_outlook_size(&c));
    observe(o, 3 * DAY, 3 * DAY + 1, idle, 4, 1.0);
    observe(twin, 3 * DAY, 3 * DAY + 1, NULL, 0, 1.0);
    CHECK(memcmp(o, twin, psc_outlook_size(&c)) == 0);      /* what does not run changes nothing */
    for (s = 0; s < SERIES; s++) load[s] = s == 2 ? 1e9 : NAN;
    CHECK_STATUS(psc_outlook_observe(o, load, huge, 2, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, huge, 2, path, NULL, work), PSC_OK);
    for (t = 0; t < H; t++) CHECK(path[t] <= 1000.0 * plain[t] * (1.0 + 1e-12));
    CHECK_NEAR(path[2], 1000.0 * plain[2], 1e-6 * path[2]); /* 8, the most that is measured, by 1000: at most 1000 */
    for (s = 0; s < SERIES; s++) load[s] = 0.0;
    CHECK_STATUS(psc_outlook_observe(o, load, huge, 2, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, huge, 1, path, NULL, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK(memcmp(path, plain, sizeof path) == 0);           /* no load where some was expected: a factor of 1 */
    free(o);
    free(twin);
}

/* Load where none was expected says nothing of the event's factor. */
static void test_outlook_event_of_nothing(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0);
    const psc_surge surge = { -1.0, 4.0, 3.0, 1, 0 };
    double load[SERIES] = { 1.0, 1.0, 0.0, 1.0 }, plain[H], path[H], work[4 * H + 4];
    int t;

    for (t = 0; t < 2 * DAY; t++) CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_OK);
    load[2] = 5.0;
    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, &surge, 1, path, NULL, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 2, 1, NULL, 0, plain, NULL, work), PSC_OK);
    CHECK(path[0] > 0.0 && memcmp(path, plain, sizeof path) == 0);
    free(o);
}

/* A number of the standard normal distribution, nearly: the sum of twelve of 0..1, less 6. */
static double noise(uint64_t *seed)
{
    double sum = -6.0;
    int i;

    for (i = 0; i < 12; i++) sum += test_uniform(seed);
    return sum;
}

/* A fleet whose series turn from day to day, y[t] = -0.6 y[t - day] + e, but the last, which walks at random, and what
 * each was foretold an hour ahead. The mean square error of the first is that of e; members, which do not know that days
 * turn, have that of y at best, 1 / (1 - 0.36) = 1.56 times as much. 7 weights of 30 * 5 * 24 forecasts and a level of
 * 336 loads add less than 1 % to it, the ridge of 1e-4, against a variance of 1.56 / 20^2, 3 % of 0.6. The walker is left to its members: its last value misses by
 * the variance of its step, twice that in two steps; half of it more is what the choice of model may cost. */
static void test_outlook_regression(void)
{
    enum { FLEET = 30, DAYS = 12, AHEAD = 2 };
    static double x[DAYS * DAY][FLEET], foretold[DAYS * DAY][FLEET], fresh[DAYS * DAY][FLEET];
    psc_outlook_config c = outlook_config();
    double work[4 * H], path[H], sum = 0.0, least = 0.0, walk = 0.0;
    uint64_t seed = 3;
    psc_outlook *o;
    int s, t;

    c.series = FLEET;
    c.week = 0;
    c.tags = 0;
    c.tag = NULL;
    o = outlook_new(&c, 0);
    for (t = 0; t < DAYS * DAY; t++) {
        for (s = 0; s < FLEET; s++) {
            const double e = fresh[t][s] = noise(&seed);
            if (s == FLEET - 1) x[t][s] = (t > 0 ? x[t - 1][s] : 500.0) + e;
            else x[t][s] = (s + 1) * (20.0 + e - (t >= DAY ? 0.6 * (x[t - DAY][s] / (s + 1) - 20.0) : 0.0));
        }
        CHECK_STATUS(psc_outlook_observe(o, x[t], NULL, 0, work), PSC_OK);
        for (s = 0; s < FLEET; s++) {
            CHECK_STATUS(psc_outlook_predict(o, (size_t)s, 1, NULL, 0, path, NULL, work), PSC_OK);
            foretold[t][s] = path[AHEAD - 1];
        }
    }
    for (t = (DAYS - 2) * DAY; t < DAYS * DAY; t++)
        for (s = 0; s < FLEET; s++) {
            const double miss = foretold[t - AHEAD][s] - x[t][s];
            if (s == FLEET - 1) walk += miss * miss / (2 * DAY);
            else sum += miss * miss / ((s + 1) * (s + 1));
            if (s < FLEET - 1) least += fresh[t][s] * fresh[t][s];
        }
    CHECK_NEAR(sum / least, 1.0, 0.05);
    CHECK(walk < 1.5 * 2.0 * (1.0 + 2.0 * sqrt(2.0 / DAY)));
    free(o);
}

/* A step without loads teaches the regression nothing: its sums fade, those of a slot all alike, or stay. */
static void test_outlook_unseen(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0), *before;
    const size_t gram = psc_outlook_size(&c) / 8 - K * (56 + 7);
    double load[SERIES] = { NAN, NAN, NAN, NAN }, work[4 * H + 4];
    int k, i, faded = 0;

    observe(o, 0, 3 * DAY, NULL, 0, 1.0);
    before = (psc_outlook *)block_copy(o, psc_outlook_size(&c));
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_OK);
    for (k = 0; k < K; k++) {
        const double *now = (const double *)(const void *)o + gram + k * 56;
        const double *then = (const double *)(const void *)before + gram + k * 56;
        for (i = 0; i < 56; i++) CHECK_NEAR(now[i] * then[0], then[i] * now[0], 1e-14 * fabs(then[i] * now[0]));
        faded += now[0] < then[0];
    }
    CHECK(faded > 0);
    free(before);
    free(o);
}

static void test_outlook_arguments(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0);
    const size_t bytes = psc_outlook_size(&c);
    psc_surge surge = { 0.0, 1.0, 2.0, 0, 0 };
    double load[SERIES] = { 1.0, 2.0, 3.0, NAN }, path[H], work[4 * H + 4];
    void *before;

    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_OK);
    before = block_copy(o, bytes);
    CHECK_STATUS(psc_outlook_observe(NULL, load, NULL, 0, work), PSC_ERR_NULL);
    CHECK_STATUS(psc_outlook_observe(o, NULL, NULL, 0, work), PSC_ERR_NULL);
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 1, work), PSC_ERR_NULL);
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_outlook_predict(o, SERIES, 0, NULL, 0, path, NULL, work), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, SERIES, 1, NULL, 0, path, NULL, work), PSC_ERR_RANGE);
    CHECK_STATUS(psc_outlook_predict(o, SERIES + 1, 0, NULL, 0, path, NULL, work), PSC_ERR_RANGE);
    CHECK_STATUS(psc_outlook_predict(o, 1, SIZE_MAX, NULL, 0, path, NULL, work), PSC_ERR_RANGE);
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, NULL, 0, NULL, NULL, work), PSC_ERR_NULL);
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, NULL, 0, path, NULL, NULL), PSC_ERR_NULL);
    load[1] = INFINITY;
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_ERR_NONFINITE);
    load[1] = -1.0;
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_ERR_RANGE);
    load[1] = 2e12;
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_ERR_RANGE);
    load[1] = 1.0;
    surge.factor = NAN;
    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_ERR_NONFINITE);
    surge.factor = 1.0;
    surge.from = -INFINITY;
    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_ERR_NONFINITE);
    surge.from = -2e6;
    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_ERR_RANGE);
    surge.from = 0.0;
    surge.to = NAN;
    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_ERR_NONFINITE);
    surge.to = 1.0;
    surge.factor = 1001.0;
    CHECK_STATUS(psc_outlook_observe(o, load, &surge, 1, work), PSC_ERR_RANGE);
    surge.factor = 1.0;
    surge.to = 2e6;
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, &surge, 1, path, NULL, work), PSC_ERR_RANGE);
    CHECK(memcmp(before, o, bytes) == 0);
    free(before);
    free(o);
}

/* A save in mid-stream goes on bit for bit. */
static void test_outlook_saved(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0), *back;
    const size_t bytes = psc_outlook_size(&c);
    unsigned char *saved = (unsigned char *)block_new(bytes + 8, 0);
    size_t written, i;

    observe(o, 0, 3 * DAY + 5, NULL, 0, 1.0);
    CHECK_STATUS(psc_save(o, saved, bytes + 8, &written), PSC_OK);
    back = (psc_outlook *)block_new(bytes, 0xAA);
    CHECK_STATUS(psc_load(PSC_TYPE_OUTLOOK, saved, written, back, bytes), PSC_OK);
    observe(o, 3 * DAY + 5, 4 * DAY, NULL, 0, 1.0);
    observe(back, 3 * DAY + 5, 4 * DAY, NULL, 0, 1.0);
    CHECK(memcmp(o, back, bytes) == 0);
    for (i = 0; i < 7; i++) {                               /* words of the head that no outlook has */
        psc_outlook *bad = (psc_outlook *)block_copy(o, bytes);
        int64_t minus = -1;
        memcpy((unsigned char *)bad + 16 + 8 * i, &minus, 8);
        CHECK_STATUS(psc_save(bad, saved, bytes + 8, &written), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_OUTLOOK, saved, written, back, bytes), PSC_ERR_CORRUPT);
        if (i < 6) CHECK_STATUS(psc_outlook_predict(bad, 0, 1, NULL, 0, NULL, NULL, NULL), PSC_ERR_STATE);
        free(bad);
    }
    free(o);
    free(back);
    free(saved);
}

enum { HEAD_TAGS = 6, HEAD_SEEN = 7, TRACKERS = 8 + PSC_MAX_SLOTS, CELLS = K * 6 };     /* words of a state */
enum { RING = 168 * HOUR + H + 1, REALS = SERIES * (3 + RING + 2 * CELLS), ENDS = 2 + K * (56 + 7) };

static void word_set(psc_outlook *o, size_t at, uint64_t word)
{
    memcpy((unsigned char *)o + 8 * at, &word, 8);
}

static void real_set(psc_outlook *o, size_t at, double x)
{
    memcpy((unsigned char *)o + 8 * at, &x, 8);
}

static psc_tracker_config outlook_tracker(int32_t day)
{
    psc_tracker_config config;

    psc_tracker_default(&config);
    config.lower = 0.0;
    config.period1 = day;
    return config;
}

/* What no outlook holds is not loaded. */
static void test_outlook_corrupt(void)
{
    psc_outlook_config c = outlook_config();
    const psc_tracker_config day = outlook_tracker(DAY);
    psc_outlook *o = outlook_new(&c, 0);
    const size_t bytes = psc_outlook_size(&c), reals = bytes / 8 - ENDS - REALS;
    const struct { size_t at; double x; } bad[] = {
        { TRACKERS + psc_tracker_size(&day) / 8 - 1, NAN },                     /* in the first tracker */
        { reals, -1.0 }, { reals + 3 * SERIES, NAN }, { reals + SERIES * (3 + RING), 1e37 },    /* loads, an error */
        { bytes / 8 - ENDS, -1.0 }, { bytes / 8 - ENDS + 2, 1e37 }, { bytes / 8 - 1, 101.0 }    /* factor, product, weight */
    };
    unsigned char *saved = (unsigned char *)block_new(bytes + 8, 0), *begin;
    size_t written, i;

    observe(o, 0, 2 * DAY, NULL, 0, 1.0);
    CHECK_STATUS(outlook_reloads(o, bytes), PSC_OK);
    for (i = 0; i < 5; i++) {
        psc_outlook *broken = (psc_outlook *)block_copy(o, bytes);
        if (i == 0) word_set(broken, HEAD_TAGS, 3);         /* then the state were longer */
        if (i == 1) word_set(broken, TRACKERS, 0);          /* not a tracker */
        if (i == 2) word_set(broken, TRACKERS + 1, 1);      /* of another length */
        if (i == 3) word_set(broken, reals - SERIES, 2);    /* a tag beyond the last */
        if (i == 4) word_set(broken, reals - 1, (uint64_t)-2);
        CHECK_STATUS(outlook_reloads(broken, bytes), PSC_ERR_CORRUPT);
        free(broken);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        psc_outlook *broken = (psc_outlook *)block_copy(o, bytes);
        real_set(broken, bad[i].at, bad[i].x);
        CHECK_STATUS(outlook_reloads(broken, bytes), PSC_ERR_CORRUPT);
        free(broken);
    }
    CHECK_STATUS(psc_save(o, saved, bytes + 8, &written), PSC_OK);
    begin = (unsigned char *)block_copy(saved, 8 * HEAD_SEEN);          /* cut off within the head */
    word_put(begin + 8, HEAD_SEEN - 1);
    repair(begin, 8 * HEAD_SEEN);
    CHECK_STATUS(psc_load(PSC_TYPE_OUTLOOK, begin, 8 * HEAD_SEEN, saved, bytes), PSC_ERR_CORRUPT);
    free(begin);
    free(saved);
    free(o);
}

/* Memory that was overwritten is refused, where it can be seen. */
static void test_outlook_overwritten(void)
{
    psc_outlook_config c;
    const psc_tracker_config half = outlook_tracker(12);
    const size_t small = psc_tracker_size(&half);
    psc_outlook *o, *broken;
    double load[2] = { 3.0, 4.0 }, path[1], work[4];
    size_t bytes;
    int t;

    psc_outlook_default(&c);
    c.series = 2;
    c.hour = 1;
    c.far = c.week = 0;                                     /* two trackers of a day, and no others */
    bytes = psc_outlook_size(&c);
    o = outlook_new(&c, 0);
    for (t = 0; t < 3; t++) {
        broken = (psc_outlook *)block_copy(o, bytes);
        if (t == 0) word_set(broken, HEAD_TAGS, 1);
        if (t == 1) word_set(broken, 2, 1 << 26);           /* series */
        if (t == 1) word_set(broken, 1, 0);
        if (t == 2) word_set(broken, TRACKERS, 0);
        CHECK_STATUS(psc_outlook_observe(broken, load, NULL, 0, work), PSC_ERR_STATE);
        CHECK_STATUS(psc_outlook_predict(broken, 0, 1, NULL, 0, path, NULL, work), PSC_ERR_STATE);
        free(broken);
    }
    for (t = 0; t < 30; t++) CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_OK);
    for (t = 0; t < 2; t++) {                               /* sound trackers, not where the head says */
        unsigned char *at = (unsigned char *)o + 8 * TRACKERS + (size_t)t * small;
        CHECK_STATUS(psc_tracker_init((psc_tracker *)(void *)at, small, &half), PSC_OK);
    }
    CHECK_STATUS(psc_outlook_observe(o, load, NULL, 0, work), PSC_ERR_STATE);
    free(o);
}

/* The largest numbers that a load takes do not grow beyond what a load takes. */
static void test_outlook_largest(void)
{
    psc_outlook_config c = outlook_config();
    psc_outlook *o = outlook_new(&c, 0);
    const size_t bytes = psc_outlook_size(&c), told = bytes / 8 - ENDS - SERIES * CELLS;
    double path[H], spread[K], work[4 * H + 4];
    int i;

    observe(o, 0, 2 * DAY, NULL, 0, 1.0);
    for (i = 0; i < SERIES * CELLS; i++) real_set(o, told + (size_t)i, 1e36);
    word_set(o, HEAD_SEEN, UINT64_C(1) << 60);
    for (i = 0; i < K; i++) word_set(o, HEAD_SEEN + 1 + (size_t)i, UINT64_C(1) << 60);
    CHECK_STATUS(outlook_reloads(o, bytes), PSC_OK);
    observe(o, 2 * DAY, 2 * DAY + 1, NULL, 0, 1.0);
    CHECK_STATUS(outlook_reloads(o, bytes), PSC_OK);
    CHECK_STATUS(psc_outlook_predict(o, 0, 1, NULL, 0, path, spread, work), PSC_OK);
    for (i = 0; i < H; i++) CHECK(path[i] >= 0.0 && path[i] <= 1e12);
    for (i = 0; i < K; i++) CHECK(spread[i] > 1e30 && spread[i] <= 1e36);
    free(o);
}

/* ==== Control =================================================================================== */

enum { NODES = 3, SHARDS = 6, STEPS = 8, SLOTS = 5 };

/* Two shards a node; node 0 is to be overloaded in two hours. */
typedef struct world {
    psc_control c;
    double capacity[NODES], able[NODES], failure[NODES], room[NODES];
    double load[SHARDS], path[SHARDS * STEPS], spread[SHARDS * SLOTS], stock[SHARDS], price[SHARDS], landing[SHARDS];
    int32_t home[SHARDS], going[SHARDS], waiting[SHARDS], group[SHARDS], rested[SHARDS], kin[SHARDS];
    psc_pair pair[1];
    psc_order order[SHARDS];
    psc_control_info info;
} world;

static void world_make(world *w)
{
    int s, n, t;

    memset(w, 0, sizeof *w);
    psc_control_default(&w->c);
    w->c.nodes = NODES;
    w->c.shards = SHARDS;
    w->c.hour = 2;
    w->c.far = 3;
    for (n = 0; n < NODES; n++) {
        w->capacity[n] = 100.0;
        w->able[n] = 1.0;
        w->room[n] = 10.0;
    }
    for (s = 0; s < SHARDS; s++) {
        w->home[s] = w->going[s] = s / 2;
        w->waiting[s] = w->group[s] = -1;
        w->rested[s] = 100;
        w->load[s] = s < 2 ? 40.0 : 10.0;
        w->stock[s] = 1.0;
        w->price[s] = 1.0;
        w->landing[s] = 1.0;
        for (t = 0; t < STEPS; t++) w->path[s * STEPS + t] = w->load[s] + (s < 2 && t >= 4 ? 20.0 : 0.0);
    }
    w->c.capacity = w->capacity;
    w->c.able = w->able;
    w->c.failure = w->failure;
    w->c.room = w->room;
    w->c.load = w->load;
    w->c.path = w->path;
    w->c.spread = w->spread;
    w->c.stock = w->stock;
    w->c.price = w->price;
    w->c.landing = w->landing;
    w->c.home = w->home;
    w->c.going = w->going;
    w->c.waiting = w->waiting;
    w->c.group = w->group;
    w->c.rested = w->rested;
    w->c.pair = w->pair;
}

static psc_status control(world *w)
{
    const size_t bytes = psc_control_size(&w->c);
    void *work = block_new(bytes ? bytes : 8, 0xA5);
    const psc_status status = psc_control_of(&w->c, work, bytes, w->order, SHARDS, &w->info);

    free(work);
    return status;
}

/* Some move, and all from that node for that cause. */
static int only(const world *w, int32_t from, int32_t cause)
{
    int i;

    for (i = 0; i < w->info.moves; i++)
        if (w->order[i].from != from || w->order[i].to == from || w->order[i].cause != cause) return 0;
    return w->info.moves > 0;
}

static void test_moves_before_the_peak(void)
{
    world w;
    int s, t;

    world_make(&w);
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(only(&w, 0, PSC_CAUSE_LOAD) && w.order[0].gain > 0.0);
    CHECK(w.info.after < w.info.before && w.info.node == 0 && w.info.step >= 4);
    CHECK_NEAR(w.info.peak, 1.2, 1e-12);
    for (s = 0; s < SHARDS; s++)                            /* the same without the peak: nothing pays */
        for (t = 0; t < STEPS; t++) w.path[s * STEPS + t] = 20.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    CHECK_NEAR(w.info.after, w.info.before, 0.0);
}

static void world_swap(world *w)
{
    static const double load[4] = { 60.0, 36.0, 50.0, 26.0 };
    int s, t;

    world_make(w);
    w->c.nodes = 2;
    w->c.shards = 4;
    for (s = 0; s < 4; s++) {
        w->load[s] = load[s];
        for (t = 0; t < STEPS; t++) w->path[s * STEPS + t] = load[s];
    }
}

/* 96 and 76 of 100: no shard fits elsewhere, but 60 and 50 may change places: 86 each. */
static void test_swap(void)
{
    world w;
    double whole;

    world_swap(&w);
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 2);
    CHECK(w.order[0].shard == 0 && w.order[0].from == 0 && w.order[0].to == 1 && w.order[0].cause == PSC_CAUSE_LOAD);
    CHECK(w.order[1].shard == 2 && w.order[1].from == 1 && w.order[1].to == 0 && w.order[1].cause == PSC_CAUSE_LOAD);
    CHECK_NEAR(w.order[1].gain, w.order[0].gain, 0.0);
    whole = 2.0 * w.order[0].gain + 2.0 * w.c.margin * 2.0;             /* and twice the price of both */
    CHECK(whole > 0.0 && whole < w.info.before - w.info.after);         /* less what is late until it has landed */
    w.c.moves = 1;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    w.c.moves = 16;
    w.c.copies = 1;                                         /* each node may be part of two copies, one of them waiting */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 2);
    w.price[0] = w.price[1] = whole / (2.0 * w.c.margin);
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
}

/* The same two nodes among `others`, of one shard of that load each; how many moves. */
static int swaps_among(int others, double load)
{
    enum { MOST = 24 };
    double capacity[MOST + 2], of[MOST + 2], path[(MOST + 2) * STEPS];
    int32_t home[MOST + 2];
    psc_control_info info;
    psc_order order[8];
    world w;
    void *work;
    int i, t;

    world_swap(&w);
    for (i = 0; i < others + 2; i++) capacity[i] = 100.0;
    for (i = 0; i < others + 4; i++) {
        of[i] = i < 4 ? w.load[i] : load;
        home[i] = i < 4 ? i / 2 : i - 2;
        for (t = 0; t < STEPS; t++) path[i * STEPS + t] = of[i];
    }
    w.c.nodes = others + 2;
    w.c.shards = others + 4;
    w.c.capacity = capacity;
    w.c.load = of;
    w.c.path = path;
    w.c.home = home;
    w.c.able = w.c.failure = w.c.room = w.c.spread = w.c.stock = w.c.price = w.c.landing = NULL;
    w.c.going = w.c.waiting = w.c.group = w.c.rested = NULL;
    work = block_new(psc_control_size(&w.c), 0xA5);
    CHECK_STATUS(psc_control_of(&w.c, work, psc_control_size(&w.c), order, 8, &info), PSC_OK);
    free(work);
    return info.moves;
}

/* Nodes of 98 with nothing to change are hotter than that of 96, and tried before it; nodes of 70 are cooler than that of
 * 76, and their shards no smaller than that of 60. */
static void test_swap_limits(void)
{
    CHECK_INT(swaps_among(15, 98.0), 2);
    CHECK_INT(swaps_among(16, 98.0), 0);
    CHECK_INT(swaps_among(15, 70.0), 2);
    CHECK_INT(swaps_among(16, 70.0), 0);
}

/* What keeps a shard from a node or where it is keeps it from changing places, too. */
static void test_no_swap(void)
{
    world w;
    int i;

    for (i = 0; i < 6; i++) {
        world_swap(&w);
        if (i == 0) w.rested[2] = 0;
        if (i == 1) w.rested[0] = 0;
        if (i == 2) w.group[1] = w.group[2] = 0;
        if (i == 3) w.group[0] = w.group[3] = 0;
        if (i == 4) w.room[0] = 2.5;
        if (i == 5) w.room[1] = 2.5;
        if (i < 2) w.rested[1] = w.rested[3] = 0;
        if (i > 1) w.rested[1] = 0;
        CHECK_STATUS(control(&w), PSC_OK);
        CHECK_INT(w.info.moves, 0);
    }
}

/* Two nodes, each of two shards of one kin, which err together by 15: 81 and 79 with a deviation of 30. When two change
 * places, it is 21. */
static void test_kin(void)
{
    static const int32_t kin[4] = { 0, 0, 1, 1 }, one[4] = { 0, 0, 0, 0 };
    world w;
    int s, t;

    world_swap(&w);
    w.c.caution = 1.0;
    for (s = 0; s < 4; s++) {
        w.load[s] = s == 0 ? 41.0 : s == 3 ? 39.0 : 40.0;
        w.landing[s] = 0.0;
        for (t = 0; t < STEPS; t++) w.path[s * STEPS + t] = w.load[s];
        for (t = 0; t < SLOTS; t++) w.spread[s * SLOTS + t] = 225.0;
    }
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    w.c.kins = 2;
    w.c.kin = kin;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 2);
    CHECK(w.order[0].from != w.order[1].from && w.info.after < w.info.before);
    w.c.kins = 1;
    CHECK_STATUS(control(&w), PSC_ERR_RANGE);

    world_swap(&w);                                         /* of one kin: the gain is what is saved, to rounding */
    w.c.kins = 1;
    w.c.kin = one;
    w.c.price = w.c.landing = NULL;
    for (s = 0; s < 4; s++)
        for (t = 0; t < SLOTS; t++) w.spread[s * SLOTS + t] = 100.0 * (s + 1);
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 2);
    CHECK_NEAR(w.order[0].gain + w.order[1].gain, w.info.before - w.info.after, 1e-12 * w.info.before);
}

/* The peak begins after four steps. A move that takes half a step waits, one of a step does not; nor does one that is
 * free, nor the last that can be in time. */
static void test_waits(void)
{
    world w;
    int s, t;

    world_make(&w);
    for (s = 0; s < SHARDS; s++) w.landing[s] = 0.5;
    for (s = 2; s < SHARDS; s++) w.rested[s] = 0;           /* they do not change places */
    w.price[0] = w.price[1] = 20.0;                         /* a few requests are late now, too */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    w.price[0] = w.price[1] = 0.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(only(&w, 0, PSC_CAUSE_LOAD));
    world_make(&w);
    for (s = 2; s < SHARDS; s++) w.rested[s] = 0;
    w.price[0] = w.price[1] = 20.0;
    w.c.landing = NULL;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    for (s = 0; s < 2; s++)
        for (t = 0; t < 4; t++) w.path[s * STEPS + t] = 60.0;
    CHECK_STATUS(control(&w), PSC_OK);                      /* it is there already */
    CHECK(only(&w, 0, PSC_CAUSE_LOAD));
    world_make(&w);
    w.price[0] = w.price[1] = 20.0;
    w.landing[0] = w.landing[1] = 7.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(only(&w, 0, PSC_CAUSE_LOAD));
}

/* What waits is decided anew: not ordered again, replaced, or recalled. */
static void test_waiting(void)
{
    psc_order due;
    void *work;
    world w;
    int t;

    world_make(&w);
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 1);
    due = w.order[0];
    w.waiting[due.shard] = due.to;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 0 && w.info.recalls == 0 && w.info.after < w.info.before);
    w.waiting[due.shard] = 3 - due.to;                      /* the other node that is not its home */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 1 && w.info.recalls == 0);
    CHECK(w.order[0].shard == due.shard && w.order[0].to == due.to);
    w.c.moves = 0;                                          /* no room for what is due */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 0 && w.info.recalls == 0);
    w.c.moves = 16;
    for (t = 0; t < STEPS; t++) w.path[due.shard * STEPS + t] = 20.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 0 && w.info.recalls == 1);
    CHECK(w.order[0].shard == due.shard && w.order[0].from == 0 && w.order[0].to == 0);
    CHECK(w.order[0].cause == PSC_CAUSE_GONE && w.order[0].gain == 0.0);
    w.waiting[4] = 0;
    work = block_new(psc_control_size(&w.c), 0xA5);         /* two to recall, room for one */
    CHECK_STATUS(psc_control_of(&w.c, work, psc_control_size(&w.c), w.order, 1, &w.info), PSC_OK);
    CHECK(w.info.moves == 0 && w.info.recalls == 1 && w.order[0].shard == due.shard);
    free(work);
    w.waiting[4] = -1;
    w.c.going = NULL;                                       /* a host that only tells what waits */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 0 && w.info.recalls == 1);

    world_swap(&w);                                         /* one of two that change places waits: the other is ordered */
    w.waiting[0] = 1;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 1 && w.order[0].shard == 2 && w.order[0].to == 0);

    world_make(&w);                                         /* from a node that fails, too */
    w.failure[0] = 0.5;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 2 && w.order[0].cause == PSC_CAUSE_FAILING);
    due = w.order[0];
    w.waiting[due.shard] = due.to;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves == 1 && w.order[0].shard != due.shard && w.info.recalls == 0);
}

/* What keeps a shard where it is. */
static void test_stays(void)
{
    world w;

#define KEPT(statement) \
    do { world_make(&w); statement; CHECK_STATUS(control(&w), PSC_OK); CHECK_INT(w.info.moves, 0); } while (0)
    KEPT(w.price[0] = w.price[1] = 1e6);
    KEPT(w.rested[0] = w.rested[1] = 3);
    KEPT(w.room[1] = w.room[2] = 2.5);
    KEPT(w.group[0] = w.group[2] = w.group[4] = 3; w.group[1] = w.group[3] = w.group[5] = 5);
    KEPT(w.failure[1] = w.failure[2] = 0.3; w.rested[2] = w.rested[3] = w.rested[4] = w.rested[5] = 0);
    KEPT(w.c.moves = 0);
    KEPT(w.landing[0] = w.landing[1] = 1e6; w.path[7] = w.path[15] = 0.0; w.path[6] = w.path[14] = 0.0);
#undef KEPT
    world_make(&w);
    w.going[0] = 1;                                         /* it counts where it is going, and is left alone */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    CHECK_NEAR(w.info.peak, 0.8, 1e-12);
    world_make(&w);
    w.group[0] = w.group[2] = 3;                            /* a group bars one node only */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(only(&w, 0, PSC_CAUSE_LOAD) && w.order[0].to == (w.order[0].shard == 0 ? 2 : 1));
}

/* Spread alone moves a shard: two that may well come higher are worse together. */
static void test_caution(void)
{
    world w;
    int s, t;

    world_make(&w);
    for (s = 0; s < SHARDS; s++)
        for (t = 0; t < STEPS; t++) w.path[s * STEPS + t] = s < 2 ? 38.0 : 10.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    for (t = 0; t < 2 * SLOTS; t++) w.spread[t] = 178.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(only(&w, 0, PSC_CAUSE_LOAD));
    w.c.caution = 0.0;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
}

/* Shards that talk stay together where they can, and count on both nodes where they do not. */
static void test_talk(void)
{
    world w;
    double apart;

    world_make(&w);
    w.c.pairs = 1;
    w.c.talk[0] = 1.0;
    w.pair[0].a = 0;
    w.pair[0].b = 2;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves >= 1 && w.order[0].shard == 0 && w.order[0].to == 1);
    apart = w.info.before;
    w.pair[0].b = 1;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.before < apart);
}

static void test_failures(void)
{
    world w;
    int i;

    world_make(&w);
    w.c.moves = 0;
    w.failure[2] = 0.5;                                     /* as many as may be copied at once leave */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 2);
    for (i = 0; i < w.info.moves; i++) CHECK(w.order[i].from == 2 && w.order[i].cause == PSC_CAUSE_FAILING);
    w.c.copies = 1;
    w.c.rest = 1000;                                        /* who has just come rests even there */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
    w.failure[2] = 1.0;                                     /* but not where the node is down */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 2);
    for (i = 0; i < w.info.moves; i++) CHECK(w.order[i].from == 2 && w.order[i].cause == PSC_CAUSE_DOWN);
    w.failure[0] = w.failure[1] = 1.0;                      /* nowhere to go */
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK_INT(w.info.moves, 0);
}

static void test_control_arguments(void)
{
    world w;
    size_t bytes;
    void *work;
    psc_control_info info;

    world_make(&w);
    bytes = psc_control_size(&w.c);
    work = block_new(bytes, 0);
    CHECK_STATUS(psc_control_of(NULL, work, bytes, w.order, SHARDS, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_control_of(&w.c, NULL, bytes, w.order, SHARDS, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_control_of(&w.c, work, bytes - 1, w.order, SHARDS, &info), PSC_ERR_SPACE);
    CHECK_STATUS(psc_control_of(&w.c, work, bytes, NULL, SHARDS, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_control_of(&w.c, work, bytes, w.order, SHARDS, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_control_of(&w.c, work, bytes, NULL, 0, &info), PSC_OK);
    CHECK_INT(info.moves, 0);
    w.failure[0] = w.failure[1] = 1.0;
    CHECK_STATUS(psc_control_of(&w.c, work, bytes, w.order, SIZE_MAX, &info), PSC_OK);
    CHECK_INT(info.moves, 4);                               /* no shard twice, however much room there is */
    psc_control_default(NULL);
    CHECK_INT(psc_control_size(NULL), 0);
    free(work);
    w.c.nodes = 1 << 20;
    w.c.hour = 60;
    w.c.far = 24;
    CHECK_INT(psc_control_size(&w.c) > 0, sizeof(size_t) > 4);      /* more than an address of 32 bits reaches */
#define REFUSED(statement, want) do { world_make(&w); statement; CHECK_STATUS(control(&w), want); } while (0)
    REFUSED(w.c.struct_size = 8, PSC_ERR_VERSION);
    REFUSED(w.c.nodes = 0, PSC_ERR_RANGE);
    REFUSED(w.c.shards = -1, PSC_ERR_RANGE);
    REFUSED(w.c.flows = 5, PSC_ERR_RANGE);
    REFUSED(w.c.hour = 0, PSC_ERR_RANGE);
    REFUSED(w.c.far = 25, PSC_ERR_RANGE);
    REFUSED(w.c.pairs = -1, PSC_ERR_RANGE);
    REFUSED(w.c.targets = 0, PSC_ERR_RANGE);
    REFUSED(w.c.copies = 0, PSC_ERR_RANGE);
    REFUSED(w.c.moves = -1, PSC_ERR_RANGE);
    REFUSED(w.c.rest = -1, PSC_ERR_RANGE);
    REFUSED(w.c.steep = 0.0, PSC_ERR_RANGE);
    REFUSED(w.c.fade = NAN, PSC_ERR_NONFINITE);
    REFUSED(w.c.ill = 0.0, PSC_ERR_RANGE);
    REFUSED(w.c.talk[3] = 2.0, PSC_ERR_RANGE);
    REFUSED(w.c.capacity = NULL, PSC_ERR_NULL);
    REFUSED(w.c.load = NULL, PSC_ERR_NULL);
    REFUSED(w.c.home = NULL, PSC_ERR_NULL);
    REFUSED(w.c.path = NULL, PSC_ERR_NULL);
    REFUSED(w.c.pairs = 1; w.c.pair = NULL, PSC_ERR_NULL);
    REFUSED(w.c.pairs = 1, PSC_ERR_RANGE);
    REFUSED(w.c.pairs = 1; w.pair[0].b = SHARDS, PSC_ERR_RANGE);
    REFUSED(w.c.pairs = 1; w.pair[0].a = -1, PSC_ERR_RANGE);
    REFUSED(w.c.copies = (1 << 20) + 1, PSC_ERR_RANGE);
    REFUSED(w.capacity[1] = 0.0, PSC_ERR_RANGE);
    REFUSED(w.able[1] = NAN, PSC_ERR_NONFINITE);
    REFUSED(w.failure[1] = 1.5, PSC_ERR_RANGE);
    REFUSED(w.room[1] = -1.0, PSC_ERR_RANGE);
    REFUSED(w.load[1] = INFINITY, PSC_ERR_NONFINITE);
    REFUSED(w.path[5] = -1.0, PSC_ERR_RANGE);
    REFUSED(w.spread[5] = -1.0, PSC_ERR_RANGE);
    REFUSED(w.stock[5] = -1.0, PSC_ERR_RANGE);
    REFUSED(w.price[5] = -1.0, PSC_ERR_RANGE);
    REFUSED(w.landing[5] = 2e6, PSC_ERR_RANGE);
    REFUSED(w.home[5] = NODES, PSC_ERR_RANGE);
    REFUSED(w.going[5] = -1, PSC_ERR_RANGE);
    REFUSED(w.waiting[5] = -2, PSC_ERR_RANGE);
    REFUSED(w.waiting[5] = NODES, PSC_ERR_RANGE);
    REFUSED(w.waiting[5] = w.home[5], PSC_ERR_RANGE);
    REFUSED(w.waiting[5] = 0; w.going[5] = 1, PSC_ERR_RANGE);
    REFUSED(w.c.going = NULL; w.waiting[5] = w.home[5], PSC_ERR_RANGE);
    REFUSED(w.group[5] = SHARDS, PSC_ERR_RANGE);
    REFUSED(w.rested[5] = -1, PSC_ERR_RANGE);
#undef REFUSED
    world_make(&w);
    w.c.able = w.c.failure = w.c.room = w.c.spread = w.c.stock = w.c.price = w.c.landing = NULL;
    w.c.going = w.c.waiting = w.c.group = w.c.rested = NULL;
    CHECK_STATUS(control(&w), PSC_OK);
    CHECK(w.info.moves >= 1 && w.info.recalls == 0);
}

/* ==== Many worlds =============================================================================== */

enum { MANY = 24, PLACES = 7, FLOWS = 2, PAIRS = 8, LONG = 7 * 3, SHORT = 6 + 2 };

typedef struct many {
    psc_control c;
    double capacity[PLACES * FLOWS], able[PLACES], failure[PLACES], room[PLACES];
    double load[MANY * FLOWS], path[MANY * LONG], spread[MANY * SHORT], stock[MANY], price[MANY], landing[MANY],
           impact[MANY];
    int32_t home[MANY], going[MANY], group[MANY], rested[MANY], kin[MANY];
    psc_pair pair[PAIRS];
    psc_order order[MANY];
    psc_control_info info;
} many;

static void fill(uint64_t *seed, double *x, int n, double low, double high)
{
    while (n-- > 0) x[n] = low + (high - low) * test_uniform(seed);
}

/* A world of which each optional part is left out in half of all; some nodes fail, some are small, some are down. */
static void many_make(many *w, uint64_t *seed)
{
    const uint64_t parts = test_random(seed);
    int i;

    memset(w, 0, sizeof *w);
    psc_control_default(&w->c);
    w->c.nodes = 2 + (int32_t)(test_random(seed) % (PLACES - 1));
    w->c.shards = (int32_t)(test_random(seed) % (MANY + 1));
    w->c.flows = 1 + (int32_t)(test_random(seed) % FLOWS);
    w->c.hour = 7;
    w->c.far = 2;
    w->c.targets = 1 + (int32_t)(test_random(seed) % 8);
    w->c.copies = 1 + (int32_t)(test_random(seed) % 3);
    w->c.moves = MANY;
    w->c.pairs = w->c.shards > 1 && parts & 1 ? PAIRS : 0;
    w->c.talk[0] = w->c.talk[1] = 0.3;
    fill(seed, w->capacity, PLACES * FLOWS, 20.0, 200.0);
    fill(seed, w->able, PLACES, 0.3, 1.0);
    fill(seed, w->room, PLACES, 0.0, 40.0);
    fill(seed, w->load, MANY * FLOWS, 0.0, 40.0);
    fill(seed, w->path, MANY * LONG, 0.0, parts & 1024 ? 400.0 : 60.0);
    fill(seed, w->spread, MANY * SHORT, 0.0, 900.0);
    fill(seed, w->stock, MANY, 0.0, 10.0);
    fill(seed, w->price, MANY, 0.0, 5.0);
    fill(seed, w->landing, MANY, 0.0, 9.0);
    fill(seed, w->impact, MANY, 0.0, 2.0);
    for (i = 0; i < PLACES; i++) w->failure[i] = test_uniform(seed) < 0.2 ? 1.0 : 0.4 * test_uniform(seed);
    for (i = 0; i < MANY; i++) {
        w->home[i] = w->going[i] = (int32_t)(test_random(seed) % (uint64_t)w->c.nodes);
        if (parts & 2 && i % 5 == 0) w->going[i] = (int32_t)(test_random(seed) % (uint64_t)w->c.nodes);
        w->group[i] = w->c.shards > 0 ? (int32_t)(test_random(seed) % (uint64_t)w->c.shards) - i % 2 : -1;
        w->rested[i] = (int32_t)(test_random(seed) % 30);
        w->kin[i] = i % 4 - 1;
        if (i % 11 == 3) w->load[i * w->c.flows] = i % 2 ? 0.0 : 1e-16;
    }
    for (i = 0; i < w->c.pairs; i++) {
        w->pair[i].a = (int32_t)(test_random(seed) % (uint64_t)w->c.shards);
        w->pair[i].b = (w->pair[i].a + 1) % w->c.shards;
    }
    w->c.capacity = w->capacity;
    w->c.load = w->load;
    w->c.path = w->path;
    w->c.home = w->home;
    w->c.going = w->going;
    w->c.pair = w->pair;
    w->c.failure = parts & 4 ? w->failure : NULL;
    w->c.able = parts & 8 ? w->able : NULL;
    w->c.room = parts & 16 ? w->room : NULL;
    w->c.stock = parts & 32 ? w->stock : NULL;
    w->c.spread = parts & 64 ? w->spread : NULL;
    w->c.price = parts & 128 ? w->price : NULL;
    w->c.landing = parts & 256 ? w->landing : NULL;
    w->c.impact = parts & 512 ? w->impact : NULL;
    w->c.group = parts & 2048 ? w->group : NULL;
    w->c.rested = parts & 4096 ? w->rested : NULL;
    w->c.kin = parts & 8192 ? w->kin : NULL;
    w->c.kins = parts & 8192 ? 3 : 0;
}

static double failing(const many *w, int32_t n) { return w->c.failure ? w->failure[n] : 0.0; }

/* What an order must hold to, given where shards are and go after the orders before it. */
static int order_holds(const many *w, const psc_order *o, const int32_t *at, const double *held)
{
    const psc_control *c = &w->c;
    int32_t s;

    if (o->shard < 0 || o->shard >= c->shards || o->to < 0 || o->to >= c->nodes || o->to == o->from) return 0;
    if (at[o->shard] != o->from || w->home[o->shard] != o->from || failing(w, o->to) >= c->ill) return 0;
    if (o->cause == PSC_CAUSE_LOAD ? !(o->gain > 0.0) : o->gain != 0.0) return 0;
    if ((o->cause == PSC_CAUSE_DOWN) != (o->cause != PSC_CAUSE_LOAD && failing(w, o->from) >= 1.0)) return 0;
    if (o->cause == PSC_CAUSE_FAILING && failing(w, o->from) < c->ill) return 0;
    if (c->rested && w->rested[o->shard] < c->rest && o->cause != PSC_CAUSE_DOWN) return 0;
    if (c->room && held[o->to] + (c->stock ? w->stock[o->shard] : 0.0) > w->room[o->to]) return 0;
    for (s = 0; s < c->shards && c->group; s++)
        if (s != o->shard && w->group[s] >= 0 && w->group[s] == w->group[o->shard]
            && (at[s] == o->to || w->home[s] == o->to))
            return 0;
    return 1;
}

/* With what waits: the orders without it, less those that wait already, and a recall for each other one that waits. */
static void waiting_holds(const many *w, size_t bytes, void *work, uint64_t *seed)
{
    int32_t waiting[MANY], ordered[MANY];
    psc_control c = w->c;
    psc_order order[MANY];
    psc_control_info info;
    int i, moves = 0, recalls = 0;

    for (i = 0; i < c.shards; i++) {
        const int32_t any = (int32_t)(test_random(seed) % (uint64_t)c.nodes);
        ordered[i] = -1;
        waiting[i] = test_random(seed) % 2 || any == w->home[i] || w->going[i] != w->home[i] ? -1 : any;
    }
    for (i = 0; i < w->info.moves; i++) {
        const psc_order *o = &w->order[i];
        ordered[o->shard] = o->to;
        if (test_random(seed) % 2) waiting[o->shard] = o->to;
    }
    c.waiting = waiting;
    CHECK_STATUS(psc_control_of(&c, work, bytes, order, MANY, &info), PSC_OK);
    for (i = 0; i < w->info.moves; i++) {
        const psc_order *o = &w->order[i];
        if (waiting[o->shard] == o->to) continue;
        CHECK(moves < info.moves && memcmp(&order[moves], o, sizeof *o) == 0);
        moves++;
    }
    for (i = 0; i < c.shards; i++) {
        const psc_order recall = { i, w->home[i], w->home[i], PSC_CAUSE_GONE, 0.0 };
        if (waiting[i] < 0 || ordered[i] >= 0) continue;
        CHECK(recalls < info.recalls && memcmp(&order[moves + recalls], &recall, sizeof recall) == 0);
        recalls++;
    }
    CHECK(info.moves == moves && info.recalls == recalls);
    CHECK_NEAR(info.after, w->info.after, 0.0);
}

/* In any world: orders can be carried out one after the other, and those for load alone make it better. */
static void test_many_worlds(void)
{
    uint64_t seed = 8;
    int round, moved = 0;
    many w;

    for (round = 0; round < 1000; round++) {
        int32_t at[MANY];
        double held[PLACES] = { 0.0 };
        const size_t room = round % 7 ? MANY : (size_t)(round % 3);
        int i, load_only = 1;
        double gain = 0.0;
        size_t bytes;
        void *work;

        many_make(&w, &seed);
        bytes = psc_control_size(&w.c);
        work = block_new(bytes, 0xA5);
        CHECK_STATUS(psc_control_of(&w.c, work, bytes, w.order, room, &w.info), PSC_OK);
        if (room == MANY) waiting_holds(&w, bytes, work, &seed);
        free(work);
        CHECK(w.info.moves >= 0 && (size_t)w.info.moves <= room);
        memcpy(at, w.going, sizeof at);
        for (i = 0; i < w.c.shards; i++) {
            held[at[i]] += w.c.stock ? w.stock[i] : 0.0;
            if (at[i] != w.home[i]) held[w.home[i]] += w.c.stock ? w.stock[i] : 0.0;
        }
        for (i = 0; i < w.info.moves; i++) {
            const psc_order *o = &w.order[i];
            CHECK(order_holds(&w, o, at, held));
            at[o->shard] = o->to;
            held[o->to] += w.c.stock ? w.stock[o->shard] : 0.0;
            load_only &= o->cause == PSC_CAUSE_LOAD;
            gain += o->gain;
        }
        CHECK(isfinite(w.info.before) && w.info.before >= 0.0 && isfinite(w.info.after) && isfinite(w.info.peak));
        if (load_only && !w.c.landing) CHECK(w.info.after <= w.info.before * (1.0 + 1e-12));
        if (load_only && !w.c.landing && !w.c.price) CHECK_NEAR(w.info.before - w.info.after, gain, 1e-9 * w.info.before);
        moved += w.info.moves;
    }
    CHECK(moved > 1000);
}

static void test_able_of_talk(void)
{
    world w;
    double busy[NODES] = { 0.5, 0.98, 0.98 }, extra[NODES] = { 0.0, 0.0, 0.0 };
    int i;

    world_make(&w);
    w.c.pairs = 1;
    w.c.talk[0] = 0.5;
    w.pair[0].a = 4;
    w.pair[0].b = 2;
    w.able[2] = 0.05;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
    CHECK_NEAR(extra[1], 25.0, 0.0);                        /* half of 10 apart, on both nodes */
    CHECK_NEAR(extra[2], 25.0, 0.0);
    CHECK_NEAR(w.able[0], 1.0, 0.0);                        /* 80 of a busy half: more than nominal is not believed */
    CHECK_NEAR(w.able[1], 0.65, 1e-12);
    CHECK_NEAR(w.able[2], 0.05, 0.0);                       /* as busy as it can be: 0.3 would be a rise */
    w.load[4] = 4.0;
    for (i = 0; i < 2; i++) {                               /* the smaller of the two counts, whichever comes first */
        w.pair[0].a = i ? 2 : 4;
        w.pair[0].b = i ? 4 : 2;
        extra[1] = extra[2] = 0.0;
        CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
        CHECK_NEAR(extra[1], 22.0, 0.0);
        CHECK_NEAR(extra[2], 16.0, 0.0);
    }
    w.pair[0].a = 4;
    w.pair[0].b = 5;
    extra[1] = extra[2] = 0.0;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
    CHECK_NEAR(extra[1], 20.0, 0.0);                        /* at home together */
    w.c.struct_size = 8;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_ERR_VERSION);
    world_make(&w);
    w.c.nodes = 0;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_ERR_RANGE);
    w.c.nodes = NODES;
    CHECK_STATUS(psc_control_able(&w.c, busy, NULL, w.able), PSC_ERR_NULL);
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, NULL), PSC_ERR_NULL);
}

static void test_able(void)
{
    world w;
    double busy[NODES] = { 0.8, NAN, 0.99 }, extra[NODES] = { 0.0, 0.0, 0.0 };

    world_make(&w);
    w.load[0] = w.load[1] = 20.0;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
    CHECK_NEAR(extra[0], 40.0, 0.0);
    CHECK_NEAR(w.able[0], 0.75, 1e-12);                     /* half way to 40 / (0.8 * 100) */
    CHECK_NEAR(w.able[1], 1.0, 0.0);
    CHECK_NEAR(w.able[2], 0.65, 1e-12);                     /* not believed below 0.3 */
    w.failure[0] = 1.0;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
    CHECK_NEAR(w.able[0], 1.0, 0.0);
    busy[1] = 0.01;                                         /* too little to say anything */
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
    CHECK_NEAR(w.able[1], 1.0, 0.0);
    w.able[1] = 0.5;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_OK);
    CHECK_NEAR(w.able[1], 0.5, 0.0);
    busy[1] = 1.5;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_ERR_RANGE);
    busy[1] = 0.01;
    extra[1] = -1.0;
    CHECK_STATUS(psc_control_able(&w.c, busy, extra, w.able), PSC_ERR_RANGE);
    CHECK_STATUS(psc_control_able(&w.c, NULL, extra, w.able), PSC_ERR_NULL);
    CHECK_STATUS(psc_control_able(NULL, busy, extra, w.able), PSC_ERR_NULL);
}

int main(void)
{
    RUN(test_outlook_sizes);
    RUN(test_outlook_variants);
    RUN(test_outlook_learns);
    RUN(test_outlook_judged_all_day);
    RUN(test_outlook_events);
    RUN(test_outlook_odd_events);
    RUN(test_outlook_event_of_nothing);
    RUN(test_outlook_regression);
    RUN(test_outlook_unseen);
    RUN(test_outlook_arguments);
    RUN(test_outlook_saved);
    RUN(test_outlook_corrupt);
    RUN(test_outlook_overwritten);
    RUN(test_outlook_largest);
    RUN(test_moves_before_the_peak);
    RUN(test_swap);
    RUN(test_swap_limits);
    RUN(test_no_swap);
    RUN(test_kin);
    RUN(test_waits);
    RUN(test_waiting);
    RUN(test_stays);
    RUN(test_caution);
    RUN(test_talk);
    RUN(test_failures);
    RUN(test_control_arguments);
    RUN(test_able);
    RUN(test_able_of_talk);
    RUN(test_many_worlds);
    return test_end();
}
