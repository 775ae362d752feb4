/* Forecasts: tracker, fitted models, backtest, accuracy, rank, against a second implementation and the header. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../vectors/read.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ==== Helpers =================================================================================== */

/* What a value in a history or a stream must give. */
static psc_status status_of_value(double y)
{
    if (isnan(y)) return PSC_OK;
    if (isinf(y)) return PSC_ERR_NONFINITE;
    return fabs(y) <= PSC_MAX_VALUE ? PSC_OK : PSC_ERR_RANGE;
}

static int all_finite(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rising levels, the most extreme ones at the ends. */
static void draw_levels(double *level, size_t n, uint64_t *seed)
{
    size_t i;

    for (i = 0; i < n; i++) level[i] = 1e-12 + 0.999999 * test_uniform(seed);
    level[0] = DBL_MIN;
    level[1] = 1e-9;
    level[2] = 0.5;
    level[3] = 1.0 - 1e-9;
    level[4] = 1.0 - DBL_EPSILON / 2;
    qsort(level, n, sizeof *level, by_value);
}

/* Finite, within the bounds, and for rising levels not falling. */
static int distribution_sound(const double *point, const double *quantile, size_t h, size_t levels, double lower,
                              double upper)
{
    size_t i, j;

    for (i = 0; i < h; i++) {
        if (!isfinite(point[i]) || point[i] < lower || point[i] > upper) return 0;
        for (j = 0; j < levels; j++) {
            const double q = quantile[i * levels + j];
            if (!isfinite(q) || q < lower || q > upper || (j > 0 && q < quantile[i * levels + j - 1])) return 0;
        }
    }
    return 1;
}

/* One value of one field of a configuration, and whether it is in range. */
typedef struct limit {
    size_t offset;
    int    real;                /* double, else int32_t */
    double value;
    int    good;
} limit;

#define REAL(type, field, value, good) {offsetof(type, field), 1, value, good}
#define WHOLE(type, field, value, good) {offsetof(type, field), 0, value, good}

static void limit_put(void *config, const limit *l)
{
    const int32_t whole = l->real ? 0 : (int32_t)l->value;

    if (l->real)
        memcpy((char *)config + l->offset, &l->value, sizeof l->value);
    else
        memcpy((char *)config + l->offset, &whole, sizeof whole);
}

/* ==== Tracker: arguments ======================================================================== */

static psc_tracker *tracker_new(const psc_tracker_config *config)
{
    const size_t bytes = psc_tracker_size(config);
    psc_tracker *tracker = (psc_tracker *)block_new(bytes, 0xAA);

    CHECK_STATUS(psc_tracker_init(tracker, bytes, config), PSC_OK);
    return tracker;
}

static void test_tracker_config(void)
{
#define T(field, value, good) REAL(psc_tracker_config, field, value, good)
#define TI(field, value, good) WHOLE(psc_tracker_config, field, value, good)
    const limit limits[] = {
        TI(period1, 0, 1), TI(period1, 1, 1), TI(period1, 2, 1), TI(period1, PSC_MAX_PERIOD, 1), TI(period1, -1, 0),
        TI(period1, PSC_MAX_PERIOD + 1.0, 0), TI(period1, INT32_MIN, 0), TI(period1, INT32_MAX, 0),
        TI(period2, 1, 1), TI(period2, 2, 1), TI(period2, PSC_MAX_PERIOD, 1), TI(period2, -1, 0),
        TI(period2, PSC_MAX_PERIOD + 1.0, 0), TI(period2, INT32_MIN, 0), TI(period2, INT32_MAX, 0),
        T(alpha, 0.0, 1), T(alpha, 1.0, 1), T(alpha, -DBL_MIN, 0), T(alpha, 1.0 + DBL_EPSILON, 0), T(alpha, NAN, 0),
        T(beta, 0.0, 1), T(beta, 1.0, 1), T(beta, -DBL_MIN, 0), T(beta, 1.0 + DBL_EPSILON, 0), T(beta, NAN, 0),
        T(gamma1, 0.0, 1), T(gamma1, 1.0, 1), T(gamma1, -DBL_MIN, 0), T(gamma1, 1.0 + DBL_EPSILON, 0), T(gamma1, NAN, 0),
        T(gamma2, 0.0, 1), T(gamma2, 1.0, 1), T(gamma2, -DBL_MIN, 0), T(gamma2, 1.0 + DBL_EPSILON, 0), T(gamma2, NAN, 0),
        T(phi, 0.0, 1), T(phi, 0.999, 1), T(phi, 0.999 + DBL_EPSILON, 0), T(phi, -DBL_MIN, 0), T(phi, NAN, 0),
        T(phi, INFINITY, 0), T(lower, NAN, 1), T(lower, -1e18, 1), T(lower, INFINITY, 0), T(lower, -INFINITY, 0),
        T(lower, DBL_MAX, 0), T(upper, NAN, 1), T(upper, 1e18, 1), T(upper, INFINITY, 0), T(upper, -DBL_MAX, 0),
        TI(struct_size, 0, 0)
    };
#undef T
#undef TI
    static const int32_t pairs[][3] = {{7, 7, 0}, {7, 6, 0}, {7, 8, 1}, {7, 1, 1}, {7, 0, 1}, {1, 2, 1}, {0, 5, 1}};
    psc_tracker_config config;
    size_t i;

    psc_tracker_default(&config);
    psc_tracker_default(NULL);
    CHECK_INT(config.struct_size, sizeof config);
    CHECK_INT(config.period1 + config.period2 + config.reserved, 0);
    CHECK(isnan(config.lower) && isnan(config.upper));
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        uint64_t block[64], before[64];
        psc_tracker_default(&config);
        limit_put(&config, &limits[i]);
        CHECK_INT(psc_tracker_size(&config) != 0, limits[i].good);
        memset(block, 0x5C, sizeof block);
        memcpy(before, block, sizeof block);
        if (limits[i].good) continue;
        CHECK_STATUS(psc_tracker_init((psc_tracker *)block, sizeof block, &config),
                     limits[i].offset ? PSC_ERR_RANGE : PSC_ERR_VERSION);
        CHECK(memcmp(block, before, sizeof block) == 0);
    }
    for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        psc_tracker_default(&config);
        config.period1 = pairs[i][0];
        config.period2 = pairs[i][1];
        CHECK_INT(psc_tracker_size(&config), !pairs[i][2] ? 0
                  : (64 + (config.period1 > 1 ? config.period1 : 0) + (config.period2 > 1 ? config.period2 : 0)) * 8);
    }
    psc_tracker_default(&config);
    config.lower = 2.0;
    config.upper = 2.0;
    CHECK(psc_tracker_size(&config) > 0);
    config.upper = 2.0 - DBL_EPSILON;
    CHECK_INT(psc_tracker_size(&config), 0);
    config.struct_size++;
    CHECK_INT(psc_tracker_size(&config), 0);
    CHECK_INT(psc_tracker_size(NULL), 0);
}

static void test_tracker_init(void)
{
    psc_tracker_config config;
    uint64_t *block, *copy;
    size_t bytes;

    psc_tracker_default(&config);
    config.period1 = 7;
    bytes = psc_tracker_size(&config);
    block = (uint64_t *)block_new(bytes + 8, 0x5C);
    copy = (uint64_t *)block_copy(block, bytes + 8);
    CHECK_STATUS(psc_tracker_init(NULL, bytes, &config), PSC_ERR_NULL);
    CHECK_STATUS(psc_tracker_init((psc_tracker *)block, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_tracker_init((psc_tracker *)block, bytes - 1, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_tracker_init((psc_tracker *)block, 0, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_tracker_init((psc_tracker *)(void *)((char *)block + 4), bytes, &config), PSC_ERR_ALIGN);
    config.struct_size--;
    CHECK_STATUS(psc_tracker_init((psc_tracker *)block, bytes, &config), PSC_ERR_VERSION);
    CHECK(memcmp(block, copy, bytes + 8) == 0);
    config.struct_size++;
    CHECK_STATUS(psc_tracker_init((psc_tracker *)block, bytes, &config), PSC_OK);
    CHECK(block[bytes / 8] == copy[bytes / 8]);             /* nothing behind it was written */
    CHECK_INT(psc_state_type(block), PSC_TYPE_TRACKER);
    CHECK_INT(block[1], bytes / 8);
    memset(copy, 0xFF, bytes);                              /* what was in the block does not matter */
    CHECK_STATUS(psc_tracker_init((psc_tracker *)copy, bytes, &config), PSC_OK);
    CHECK(memcmp(block, copy, bytes) == 0);
    free(block);
    free(copy);
}

static void test_tracker_observe_errors(void)
{
    psc_tracker_config config;
    psc_tracker *tracker;
    size_t bytes, i;
    uint64_t *copy, zero[80] = {0};

    psc_tracker_default(&config);
    config.period1 = 3;
    tracker = tracker_new(&config);
    bytes = psc_tracker_size(&config);
    for (i = 0; i < 20; i++) CHECK_STATUS(psc_tracker_observe(tracker, (double)(i % 3)), PSC_OK);
    copy = (uint64_t *)block_copy(tracker, bytes);
    CHECK_STATUS(psc_tracker_observe(NULL, 1.0), PSC_ERR_NULL);
    CHECK_STATUS(psc_tracker_observe((psc_tracker *)(void *)((char *)tracker + 1), 1.0), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_tracker_observe((psc_tracker *)zero, 1.0), PSC_ERR_STATE);
    for (i = 0; i < 12; i++) {
        const psc_status want = status_of_value(special((int)i));
        if (want == PSC_OK) continue;
        CHECK_STATUS(psc_tracker_observe(tracker, special((int)i)), want);
        CHECK(memcmp(tracker, copy, bytes) == 0);
    }
    CHECK_STATUS(psc_tracker_observe(tracker, PSC_MAX_VALUE * (1.0 + DBL_EPSILON)), PSC_ERR_RANGE);
    CHECK(memcmp(tracker, copy, bytes) == 0);
    CHECK_STATUS(psc_tracker_observe(tracker, -PSC_MAX_VALUE), PSC_OK);
    CHECK(memcmp(tracker, copy, bytes) != 0);
    free(tracker);
    free(copy);
}

/* "A function checks its header and every index that it follows": words 0 to 3 and 11 to 14 by their value after init. */
static void test_tracker_damaged(void)
{
    static const struct {
        int word;
        int64_t value;
    } damage[] = {
        {0, 0}, {0, INT64_C(0x5053430000020001)}, {0, INT64_C(0x5053430000010002)}, {1, 0}, {1, 63}, {1, INT64_MAX},
        {2, 1}, {2, 5}, {2, -1}, {2, INT64_MIN}, {2, 100001}, {3, 3}, {3, 10}, {3, 1}, {3, -7}, {3, INT64_MAX},
        {11, -1}, {13, 4}, {13, -1}, {13, INT64_MAX}, {14, 9}, {14, -1}, {14, INT64_MIN}
    };
    psc_tracker_config config;
    psc_tracker *tracker;
    size_t bytes, i;
    double point = 7.0;

    psc_tracker_default(&config);
    config.period1 = 4;
    config.period2 = 9;
    bytes = psc_tracker_size(&config);
    for (i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        uint64_t *copy;
        tracker = tracker_new(&config);
        memcpy((char *)tracker + 8 * damage[i].word, &damage[i].value, 8);
        copy = (uint64_t *)block_copy(tracker, bytes);
        CHECK_STATUS(psc_tracker_observe(tracker, 1.0), PSC_ERR_STATE);
        CHECK_STATUS(psc_tracker_predict(tracker, 1, NULL, 0, &point, NULL), PSC_ERR_STATE);
        CHECK_STATUS(psc_trackers_observe(tracker, 1, &point), PSC_ERR_STATE);
        CHECK_STATUS(psc_trackers_predict(tracker, 1, 1, 0.5, &point), PSC_ERR_STATE);
        CHECK(memcmp(tracker, copy, bytes) == 0);
        CHECK(point == 7.0);
        free(copy);
        free(tracker);
    }
}

static void test_tracker_predict_errors(void)
{
    psc_tracker_config config;
    psc_tracker *tracker;
    double level[3] = {0.1, 0.5, 0.9}, point[4], quantile[12], out[16], before[16];
    size_t i, k;

    psc_tracker_default(&config);
    tracker = tracker_new(&config);
    CHECK_STATUS(psc_tracker_observe(tracker, 5.0), PSC_OK);
    for (i = 0; i < 16; i++) out[i] = before[i] = 77.0;
    CHECK_STATUS(psc_tracker_predict(NULL, 1, level, 3, out, out + 4), PSC_ERR_NULL);
    CHECK_STATUS(psc_tracker_predict((psc_tracker *)(void *)((char *)tracker + 2), 1, level, 3, out, out + 4), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_tracker_predict(tracker, 0, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_tracker_predict(tracker, PSC_MAX_HORIZON + 1, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_tracker_predict(tracker, SIZE_MAX, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_tracker_predict(tracker, 1, NULL, 3, out, out + 4), PSC_ERR_NULL);
    CHECK_STATUS(psc_tracker_predict(tracker, 1, NULL, 1, out, out + 4), PSC_ERR_NULL);
    for (k = 0; k < 14; k++) {
        const double bad = k < 12 ? special((int)k) : k == 12 ? 1.0 : 1.0 + DBL_EPSILON;
        if (bad > 0.0 && bad < 1.0) continue;
        level[k % 3] = bad;
        CHECK_STATUS(psc_tracker_predict(tracker, 4, level, 3, out, out + 4), PSC_ERR_RANGE);
        CHECK_STATUS(psc_trackers_predict(tracker, 1, 4, bad, out), PSC_ERR_RANGE);
        level[k % 3] = 0.5;
    }
    CHECK(memcmp(out, before, sizeof out) == 0);
    CHECK_STATUS(psc_tracker_predict(tracker, 4, NULL, 0, NULL, NULL), PSC_OK);
    CHECK_STATUS(psc_tracker_predict(tracker, 4, NULL, 0, point, quantile), PSC_OK);
    CHECK_STATUS(psc_tracker_predict(tracker, 4, level, 3, NULL, quantile), PSC_OK);
    CHECK_STATUS(psc_tracker_predict(tracker, 4, level, 3, point, NULL), PSC_OK);
    for (i = 0; i < 12; i++) CHECK(quantile[i] == 5.0);     /* one observation: no spread, no trend */
    free(tracker);
}

/* ==== Tracker: values =========================================================================== */

enum { VECTOR_MOST = 400, LEADS = 4 };

static const size_t vector_lead[LEADS] = {1, 2, 5, 9};

typedef struct tracker_case {
    psc_tracker_config config;
    double value[VECTOR_MOST], point[VECTOR_MOST * LEADS];
    size_t n;
} tracker_case;

static int tracker_case_read(FILE *file, tracker_case *c)
{
    double config[7];

    if (vector_record(file, "config", config, 7) != 7) return 0;
    psc_tracker_default(&c->config);
    c->config.period1 = (int32_t)config[0];
    c->config.period2 = (int32_t)config[1];
    c->config.alpha = config[2];
    c->config.beta = config[3];
    c->config.phi = config[4];
    c->config.gamma1 = config[5];
    c->config.gamma2 = config[6];
    c->n = (size_t)vector_record(file, "value", c->value, VECTOR_MOST);
    CHECK_INT(vector_record(file, "point", c->point, VECTOR_MOST * LEADS), c->n * LEADS);
    return 1;
}

/* The forecasts of one moment, in the order of the file. */
static void tracker_points(const psc_tracker *tracker, double *point)
{
    double path[9];
    size_t k;

    CHECK_STATUS(psc_tracker_predict(tracker, 9, NULL, 0, path, NULL), PSC_OK);
    for (k = 0; k < LEADS; k++) point[k] = path[vector_lead[k] - 1];
}

/* An observation rounds some ten times in numbers of the size of the largest value, and every gain is at most 1, so an
 * error is passed on and never made larger: n * 16 * epsilon * largest, and half a unit of the file's 15th digit. */
static void test_tracker_vectors(void)
{
    FILE *file = vector_open("tests/vectors/tracker.txt");
    static tracker_case c;
    int cases = 0;

    for (; tracker_case_read(file, &c); cases++) {
        psc_tracker *tracker = tracker_new(&c.config);
        double largest = 0.0, got[LEADS], tolerance;
        size_t t, k;
        for (t = 0; t < c.n; t++) largest = fmax(largest, isnan(c.value[t]) ? 0.0 : fabs(c.value[t]));
        tolerance = (double)c.n * 16.0 * DBL_EPSILON * largest + 1e-15 * largest;
        for (t = 0; t < c.n; t++) {
            CHECK_STATUS(psc_tracker_observe(tracker, c.value[t]), PSC_OK);
            tracker_points(tracker, got);
            for (k = 0; k < LEADS; k++) CHECK_NEAR(got[k], c.point[t * LEADS + k], tolerance);
        }
        free(tracker);
    }
    CHECK_INT(cases, 6);
    fclose(file);
}

/* Moves a state to a block of any content: by bytes, or by memcpy. */
static psc_tracker *tracker_move(psc_tracker *tracker, size_t bytes, int saved, int fill)
{
    psc_tracker *next = (psc_tracker *)block_new(bytes, fill);

    if (saved) {
        unsigned char *image = (unsigned char *)block_new(bytes + 8, fill);
        size_t written = 0;
        CHECK_STATUS(psc_save(tracker, image, bytes + 8, &written), PSC_OK);
        CHECK_INT(written, bytes + 8);
        CHECK_STATUS(psc_load(PSC_TYPE_TRACKER, image, written, next, bytes), PSC_OK);
        free(image);
    } else {
        memcpy(next, tracker, bytes);
    }
    memset(tracker, 0x77, bytes);
    free(tracker);
    return next;
}

/* In chunks, with a move between them: the bits of the unbroken run, at every step. */
static void test_tracker_chunks(void)
{
    static const size_t chunk[] = {1, 2, 3, 4, 5, 7, 13, 100};
    static const int fill[] = {0x00, 0xAA, 0xFF};
    FILE *file = vector_open("tests/vectors/tracker.txt");
    static tracker_case c;
    static double whole[VECTOR_MOST * LEADS], got[LEADS];

    while (tracker_case_read(file, &c)) {
        const size_t bytes = psc_tracker_size(&c.config);
        psc_tracker *unbroken = tracker_new(&c.config);
        size_t t, k;
        for (t = 0; t < c.n; t++) {
            CHECK_STATUS(psc_tracker_observe(unbroken, c.value[t]), PSC_OK);
            tracker_points(unbroken, whole + t * LEADS);
        }
        for (k = 0; k < 2 * sizeof chunk / sizeof chunk[0]; k++) {
            psc_tracker *tracker = tracker_new(&c.config);
            for (t = 0; t < c.n; t++) {
                if (t % chunk[k / 2] == 0) tracker = tracker_move(tracker, bytes, k % 2, fill[(t + k) % 3]);
                CHECK_STATUS(psc_tracker_observe(tracker, c.value[t]), PSC_OK);
                tracker_points(tracker, got);
                CHECK(memcmp(got, whole + t * LEADS, sizeof got) == 0);
            }
            CHECK(memcmp(tracker, unbroken, bytes) == 0);
            free(tracker);
        }
        free(unbroken);
    }
    fclose(file);
}

/* Many in one call: the bits of one by one. */
static void test_trackers(void)
{
    enum { COUNT = 5 };
    static tracker_case c;
    FILE *file = vector_open("tests/vectors/tracker.txt");

    while (tracker_case_read(file, &c)) {
        const size_t bytes = psc_tracker_size(&c.config);
        char *block = (char *)block_new(COUNT * bytes, 0xFF), *single = (char *)block_new(COUNT * bytes, 0);
        double y[COUNT], out[COUNT], quantile[9];
        size_t t, i;
        for (i = 0; i < COUNT; i++) {
            CHECK_STATUS(psc_tracker_init((psc_tracker *)(void *)(block + i * bytes), bytes, &c.config), PSC_OK);
            CHECK_STATUS(psc_tracker_init((psc_tracker *)(void *)(single + i * bytes), bytes, &c.config), PSC_OK);
        }
        for (t = 0; t < c.n; t++) {
            for (i = 0; i < COUNT; i++) {
                y[i] = c.value[(t + 11 * i) % c.n];
                CHECK_STATUS(psc_tracker_observe((psc_tracker *)(void *)(single + i * bytes), y[i]), PSC_OK);
            }
            CHECK_STATUS(psc_trackers_observe(block, COUNT, y), PSC_OK);
            CHECK_STATUS(psc_trackers_predict(block, COUNT, 1 + t % 9, 0.93, out), PSC_OK);
            for (i = 0; i < COUNT; i++) {
                const double level = 0.93;
                CHECK_STATUS(psc_tracker_predict((psc_tracker *)(void *)(single + i * bytes), 1 + t % 9, &level, 1, NULL,
                                                 quantile), PSC_OK);
                CHECK(memcmp(&out[i], &quantile[t % 9], sizeof out[i]) == 0);
            }
        }
        CHECK(memcmp(block, single, COUNT * bytes) == 0);
        free(block);
        free(single);
    }
    fclose(file);
}

static void test_trackers_errors(void)
{
    enum { COUNT = 3 };
    psc_tracker_config config, other;
    size_t bytes, i;
    char *block, *copy;
    double y[COUNT] = {1.0, 2.0, 3.0}, out[COUNT] = {9.0, 9.0, 9.0};
    int64_t words;

    psc_tracker_default(&config);
    config.period1 = 5;
    bytes = psc_tracker_size(&config);
    block = (char *)block_new(COUNT * bytes, 0);
    for (i = 0; i < COUNT; i++)
        CHECK_STATUS(psc_tracker_init((psc_tracker *)(void *)(block + i * bytes), bytes, &config), PSC_OK);
    CHECK_STATUS(psc_trackers_observe(block, COUNT, y), PSC_OK);
    copy = (char *)block_copy(block, COUNT * bytes);

    CHECK_STATUS(psc_trackers_observe(NULL, 0, NULL), PSC_OK);
    CHECK_STATUS(psc_trackers_predict(NULL, 0, 1, 0.5, NULL), PSC_OK);
    CHECK_STATUS(psc_trackers_observe(NULL, COUNT, y), PSC_ERR_NULL);
    CHECK_STATUS(psc_trackers_observe(block, COUNT, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_trackers_observe(block + 4, COUNT - 1, y), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_trackers_predict(NULL, COUNT, 1, 0.5, out), PSC_ERR_NULL);
    CHECK_STATUS(psc_trackers_predict(block, COUNT, 1, 0.5, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_trackers_predict(block + 4, COUNT - 1, 1, 0.5, out), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_trackers_predict(block, COUNT, 0, 0.5, out), PSC_ERR_RANGE);
    CHECK_STATUS(psc_trackers_predict(block, COUNT, PSC_MAX_HORIZON + 1, 0.5, out), PSC_ERR_RANGE);
    y[COUNT - 1] = INFINITY;                                /* the last is refused: none is taken */
    CHECK_STATUS(psc_trackers_observe(block, COUNT, y), PSC_ERR_NONFINITE);
    y[COUNT - 1] = 2e15;
    CHECK_STATUS(psc_trackers_observe(block, COUNT, y), PSC_ERR_RANGE);
    y[COUNT - 1] = 3.0;
    CHECK(memcmp(block, copy, COUNT * bytes) == 0);

    psc_tracker_default(&other);                            /* the last is of another configuration */
    CHECK_STATUS(psc_tracker_init((psc_tracker *)(void *)(block + 2 * bytes), bytes, &other), PSC_OK);
    memcpy(copy, block, COUNT * bytes);
    CHECK_STATUS(psc_trackers_observe(block, COUNT, y), PSC_ERR_STATE);
    CHECK_STATUS(psc_trackers_predict(block, COUNT, 1, 0.5, out), PSC_ERR_STATE);
    words = 0;
    memcpy(block + 2 * bytes, &words, 8);                   /* the last is none */
    memcpy(copy, block, COUNT * bytes);
    CHECK_STATUS(psc_trackers_observe(block, COUNT, y), PSC_ERR_STATE);
    CHECK_STATUS(psc_trackers_predict(block, COUNT, 1, 0.5, out), PSC_ERR_STATE);
    CHECK(memcmp(block, copy, COUNT * bytes) == 0);
    CHECK(out[0] == 9.0 && out[1] == 9.0 && out[2] == 9.0);
    free(block);
    free(copy);
}

/* Before the first observation all is 0, cut to the bounds; a missing one changes nothing of that. */
static void test_tracker_empty(void)
{
    static const double level[2] = {0.01, 0.99};
    psc_tracker_config config;
    double point[70], quantile[140];
    int season, i, k;

    for (season = 0; season < 4; season++) {
        psc_tracker *tracker;
        psc_tracker_default(&config);
        config.period1 = season & 1 ? 6 : 0;
        config.period2 = season & 2 ? 15 : 0;
        config.lower = season == 3 ? 2.5 : (double)NAN;
        config.upper = season == 2 ? -4.0 : (double)NAN;
        tracker = tracker_new(&config);
        for (i = 0; i < 20; i++) {
            const double want = season == 3 ? 2.5 : season == 2 ? -4.0 : 0.0;
            CHECK_STATUS(psc_tracker_predict(tracker, 70, level, 2, point, quantile), PSC_OK);
            for (k = 0; k < 70; k++) CHECK(point[k] == want && quantile[2 * k] == want && quantile[2 * k + 1] == want);
            CHECK_STATUS(psc_tracker_observe(tracker, NAN), PSC_OK);
        }
        CHECK_STATUS(psc_tracker_observe(tracker, 3.0), PSC_OK);
        CHECK_STATUS(psc_tracker_predict(tracker, 70, level, 2, point, quantile), PSC_OK);
        for (k = 0; k < 70; k++) {
            const double want = season == 2 ? -4.0 : 3.0;   /* one observation: a level and no spread */
            CHECK(point[k] == want && quantile[2 * k] == want && quantile[2 * k + 1] == want);
        }
        free(tracker);
    }
}

/* A constant is forecast as it is, with hardly a spread; counts with lower = 0 stay at 0 or above. */
static void test_tracker_simple_series(void)
{
    psc_tracker_config config;
    psc_tracker *tracker;
    double level[20], point[30], quantile[600];
    uint64_t seed = 5;
    int i, k;

    draw_levels(level, 20, &seed);
    for (k = 0; k < 3; k++) {
        psc_tracker_default(&config);
        config.period1 = k == 0 ? 0 : 7;
        config.period2 = k == 2 ? 21 : 0;
        tracker = tracker_new(&config);
        for (i = 0; i < 100; i++) CHECK_STATUS(psc_tracker_observe(tracker, 42.0), PSC_OK);
        CHECK_STATUS(psc_tracker_predict(tracker, 30, level, 20, point, quantile), PSC_OK);
        for (i = 0; i < 30; i++) CHECK(point[i] == 42.0);   /* every error is 0, so nothing is ever rounded */
        for (i = 0; i < 600; i++) CHECK(quantile[i] == 42.0);
        free(tracker);
        config.lower = 0.0;
        tracker = tracker_new(&config);
        for (i = 0; i < 200; i++)
            CHECK_STATUS(psc_tracker_observe(tracker, test_uniform(&seed) < 0.8 ? 0.0 : floor(9.0 * test_uniform(&seed))), PSC_OK);
        CHECK_STATUS(psc_tracker_predict(tracker, 30, level, 20, point, quantile), PSC_OK);
        CHECK(distribution_sound(point, quantile, 30, 20, 0.0, DBL_MAX));
        CHECK(quantile[19] > 1.0);                          /* and yet some are expected */
        free(tracker);
    }
}

/* quantile[i * levels + j] is what a call with level[j] alone gives, and does not depend on the other levels. */
static void test_tracker_shape(void)
{
    psc_tracker_config config;
    psc_tracker *tracker;
    double level[9], point[40], quantile[360], one[40];
    uint64_t seed = 17;
    size_t i, j;

    psc_tracker_default(&config);
    config.period1 = 8;
    tracker = tracker_new(&config);
    for (i = 0; i < 150; i++) CHECK_STATUS(psc_tracker_observe(tracker, (double)(i % 8) + test_uniform(&seed)), PSC_OK);
    for (j = 0; j < 9; j++) level[j] = test_uniform(&seed);                 /* in any order */
    CHECK_STATUS(psc_tracker_predict(tracker, 40, level, 9, point, quantile), PSC_OK);
    for (j = 0; j < 9; j++) {
        CHECK_STATUS(psc_tracker_predict(tracker, 40, &level[j], 1, NULL, one), PSC_OK);
        for (i = 0; i < 40; i++) CHECK(memcmp(&quantile[i * 9 + j], &one[i], 8) == 0);
    }
    CHECK_STATUS(psc_tracker_predict(tracker, 11, NULL, 0, one, NULL), PSC_OK);
    CHECK(memcmp(one, point, 11 * sizeof one[0]) == 0);
    free(tracker);
}

/* The measured spread: of a random walk of unit steps forecasts of h steps err by sqrt(h), and a central interval of 80 %
 * holds 80 % of 500 ends, +- 5 standard deviations of a binomial: 0.8 * 500 +- 5 * sqrt(500 * 0.8 * 0.2) = 400 +- 45.
 * The spread remembers some 64 errors, so it is itself uncertain by 9 %, which shifts the share by 5 % at most: 25. */
static void test_tracker_spread(void)
{
    static const double level[2] = {0.1, 0.9};
    psc_tracker_config config;
    double quantile[2 * 8], y = 0.0;
    uint64_t seed = 23;
    int round, i, k, inside[2] = {0, 0};

    psc_tracker_default(&config);
    config.alpha = 1.0;
    for (round = 0; round < 500; round++) {
        psc_tracker *tracker = tracker_new(&config);
        double first;
        for (i = 0; i < 200; i++) {
            for (k = 0; k < 12; k++) y += test_uniform(&seed) - 0.5;        /* a step of variance 1 */
            CHECK_STATUS(psc_tracker_observe(tracker, y), PSC_OK);
        }
        CHECK_STATUS(psc_tracker_predict(tracker, 8, level, 2, NULL, quantile), PSC_OK);
        for (first = y, i = 0; i < 8; i++) {
            for (k = 0; k < 12; k++) y += test_uniform(&seed) - 0.5;
            if (i == 0) first = y;
        }
        inside[0] += first >= quantile[0] && first <= quantile[1];
        inside[1] += y >= quantile[14] && y <= quantile[15];
        free(tracker);
    }
    CHECK_NEAR(inside[0], 400, 70);
    CHECK_NEAR(inside[1], 400, 70);
}

/* The variance between two measured leads is linear in the lead, and so beyond the last: with w = (quantile - point)^2 a
 * difference of two w is as the difference of their leads. point and quantile are below 100 and w is below 1000, so w is
 * wrong by 4 * 100 * sqrt(1000) epsilon; beyond 64 three of these and a factor of up to 4 meet. */
static void test_tracker_leads(void)
{
    static const int lead[][3] = {{2, 3, 4}, {4, 7, 8}, {8, 9, 16}, {16, 28, 32}, {32, 63, 64}, {64, 65, 100}, {64, 100, 200}};
    const double level = 0.93, tolerance = 12.0 * 4.0 * 100.0 * 32.0 * DBL_EPSILON;
    psc_tracker_config config;
    psc_tracker *tracker;
    double point[200], quantile[200], w[201];
    uint64_t seed = 41;
    int i;

    psc_tracker_default(&config);
    config.alpha = 0.3;
    tracker = tracker_new(&config);
    for (i = 0; i < 700; i++) CHECK_STATUS(psc_tracker_observe(tracker, 20.0 * fabs((double)(i % 50) / 25.0 - 1.0) + test_uniform(&seed)), PSC_OK);
    CHECK_STATUS(psc_tracker_predict(tracker, 200, &level, 1, point, quantile), PSC_OK);
    for (i = 0; i < 200; i++) {
        w[i + 1] = (quantile[i] - point[i]) * (quantile[i] - point[i]);
        CHECK(fabs(point[i]) < 100.0 && w[i + 1] < 1000.0);
    }
    for (i = 0; i < 7; i++) {
        const double share = (double)(lead[i][1] - lead[i][0]) / (double)(lead[i][2] - lead[i][0]);
        CHECK_NEAR(w[lead[i][1]], w[lead[i][0]] + share * (w[lead[i][2]] - w[lead[i][0]]), tolerance);
        CHECK(fabs(w[lead[i][2]] - w[lead[i][0]]) > 1e6 * tolerance);       /* else this would say nothing */
    }
    free(tracker);
}

/* Errors while the variance is 0 have no shape: the table stays as it began, the same on both sides. After a constant the
 * first three of a new level are cut to nothing, and the fourth is taken. */
static void test_tracker_after_constant(void)
{
    static const double level[2] = {0.03, 0.97};
    psc_tracker_config config;
    psc_tracker *tracker;
    double point, q[2];
    int i;

    psc_tracker_default(&config);
    tracker = tracker_new(&config);
    for (i = 0; i < 50; i++) CHECK_STATUS(psc_tracker_observe(tracker, 42.0), PSC_OK);
    for (i = 0; i < 4; i++) {
        CHECK_STATUS(psc_tracker_predict(tracker, 1, level, 2, &point, q), PSC_OK);
        CHECK(point == 42.0 && (i > 0 || (q[0] == 42.0 && q[1] == 42.0)));
        CHECK_STATUS(psc_tracker_observe(tracker, 50.0), PSC_OK);
    }
    CHECK_STATUS(psc_tracker_predict(tracker, 1, level, 2, &point, q), PSC_OK);
    CHECK(point > 42.0 && point < 50.0 && q[0] < point);
    CHECK_NEAR(q[1] - point, point - q[0], 1e3 * DBL_EPSILON);  /* numbers of about 50, wrong by some units each */
    free(tracker);
}

/* The table of errors takes on their shape, and leaves it again. Uniform errors in +-1: the quantile of 0.99 is 0.98, that of
 * 0.75 is 0.5. Within a bin the table is even, so the upper one may lie anywhere in the bin from 1.43 to 2 sigma (0.83 to 1.15)
 * and the ratio in 1.65 to 2.31, give or take the 5 % by which 0.5 is uncertain among 1000 errors; a normal has 3.45. Then
 * 24 of 25 errors are about 0: the quantiles of 0.1 and 0.9 come to lie in the two bins around it, to +-2/11 sigma, where
 * sigma is 0.2, in which the spread of 64 errors, two or three of them 1, is uncertain by half. */
static void test_tracker_shape_learned(void)
{
    static const double level[4] = {0.1, 0.75, 0.9, 0.99};
    psc_tracker_config config;
    psc_tracker *tracker;
    double q[4], ratio;
    uint64_t seed = 29;
    int i;

    psc_tracker_default(&config);
    config.alpha = config.beta = 0.0;
    tracker = tracker_new(&config);
    for (i = 0; i < 20000; i++) CHECK_STATUS(psc_tracker_observe(tracker, 2.0 * test_uniform(&seed) - 1.0), PSC_OK);
    CHECK_STATUS(psc_tracker_predict(tracker, 1, level, 4, NULL, q), PSC_OK);
    ratio = q[3] / q[1];
    CHECK(ratio > 1.65 * 0.9 && ratio < 2.31 * 1.1);
    for (i = 0; i < 3000; i++) {
        const double u = test_uniform(&seed);
        CHECK_STATUS(psc_tracker_observe(tracker, u < 0.02 ? -1.0 : u < 0.04 ? 1.0 : 0.0), PSC_OK);
    }
    CHECK_STATUS(psc_tracker_predict(tracker, 1, level, 4, NULL, q), PSC_OK);
    CHECK(q[2] - q[0] > 0.0 && q[2] - q[0] < 2.0 * 2.0 / 11.0 * 0.2 * 1.5);
    free(tracker);
}

/* All is + - * / sqrt and comparisons of like with like: times 2^k in is times 2^k out, to the bit. */
static void test_tracker_scaling(void)
{
    static const int power[] = {-40, -1, 3, 20};
    static const double level[3] = {1e-6, 0.4, 0.99};
    static tracker_case c;
    FILE *file = vector_open("tests/vectors/tracker.txt");
    double a[30], b[90], scaled[120];
    size_t t, i, k;

    while (tracker_case_read(file, &c)) {
        for (k = 0; k < 4; k++) {
            psc_tracker *one = tracker_new(&c.config), *other = tracker_new(&c.config);
            for (t = 0; t < c.n; t++) {
                CHECK_STATUS(psc_tracker_observe(one, c.value[t]), PSC_OK);
                CHECK_STATUS(psc_tracker_observe(other, ldexp(c.value[t], power[k])), PSC_OK);
            }
            CHECK_STATUS(psc_tracker_predict(one, 30, level, 3, a, b), PSC_OK);
            CHECK_STATUS(psc_tracker_predict(other, 30, level, 3, scaled, scaled + 30), PSC_OK);
            for (i = 0; i < 30; i++) CHECK(scaled[i] == ldexp(a[i], power[k]));
            for (i = 0; i < 90; i++) CHECK(scaled[30 + i] == ldexp(b[i], power[k]));
            free(one);
            free(other);
        }
    }
    fclose(file);
}

static double wild_gain(uint64_t *seed)
{
    static const double gain[] = {0.0, DBL_MIN, 1e-9, 0.3, 1.0 - DBL_EPSILON, 1.0};
    return gain[test_random(seed) % 6];
}

/* Any gains, and the worst values that are taken: finite and ordered throughout. */
static void test_tracker_wild(void)
{
    static const double value[] = {1e15, -1e15, 0.0, -0.0, 4.9406564584124654e-324, -2.2e-308, 1.0, 1e-300, 1e15, -1e15};
    psc_tracker_config config;
    double level[12], point[100], quantile[1200];
    uint64_t seed = 99;
    int round, i;

    draw_levels(level, 12, &seed);
    for (round = 0; round < 150; round++) {
        psc_tracker *tracker;
        psc_tracker_default(&config);
        config.period1 = (int32_t)(test_random(&seed) % 4);
        config.period2 = round % 2 ? 4 + (int32_t)(test_random(&seed) % 5) : 0;
        config.alpha = wild_gain(&seed);
        config.beta = wild_gain(&seed);
        config.phi = fmin(wild_gain(&seed), 0.999);
        config.gamma1 = wild_gain(&seed);
        config.gamma2 = wild_gain(&seed);
        if (round % 3 == 0) config.lower = 0.0;
        if (round % 5 == 0) config.upper = 1.0;
        tracker = tracker_new(&config);
        for (i = 0; i < 120; i++) {
            const uint64_t r = test_random(&seed);
            const double y = r % 13 == 0 ? (double)NAN : round % 4 ? value[r % 10] : i % 2 ? 1e15 : -1e15;
            CHECK_STATUS(psc_tracker_observe(tracker, y), PSC_OK);
            if (i % 10) continue;
            CHECK_STATUS(psc_tracker_predict(tracker, 100, level, 12, point, quantile), PSC_OK);
            CHECK(distribution_sound(point, quantile, 100, 12, round % 3 == 0 ? 0.0 : -DBL_MAX, round % 5 == 0 ? 1.0 : DBL_MAX));
        }
        free(tracker);
    }
}

/* ==== Forecast: arguments ======================================================================= */

/* A series with its own values, and a fit of exactly the size that it needs. */
typedef struct fitting {
    psc_series series;
    psc_forecast_config config;
    psc_forecast *fit;
    psc_forecast_info info;
    size_t bytes;
} fitting;

static void fitting_begin(fitting *f, const double *value, size_t n, const int32_t *period, int32_t periods)
{
    psc_series_default(&f->series);
    psc_forecast_default(&f->config);
    f->series.value = value;
    f->series.n = n;
    f->series.period = period;
    f->series.periods = periods;
    f->fit = NULL;
    f->bytes = 0;
}

static psc_status fitting_run(fitting *f, int fill)
{
    free(f->fit);
    f->bytes = psc_forecast_size(&f->series, &f->config);
    f->fit = (psc_forecast *)block_new(f->bytes, fill);
    return psc_forecast_fit(&f->series, &f->config, f->fit, f->bytes, &f->info);
}

static void fitting_end(fitting *f)
{
    free(f->fit);
    f->fit = NULL;
}

/* A made-up load: a week of 24 hours a day, with noise. */
static void make_load(double *y, size_t n, uint64_t seed)
{
    size_t t;

    for (t = 0; t < n; t++)
        y[t] = 50.0 + 20.0 * fabs((double)(t % 24) - 12.0) + (t / 24 % 7 > 4 ? 30.0 : 0.0) + 25.0 * test_uniform(&seed);
}

static void test_forecast_config(void)
{
#define F(field, value, good) REAL(psc_forecast_config, field, value, good)
#define FI(field, value, good) WHOLE(psc_forecast_config, field, value, good)
    const limit limits[] = {
        FI(model, PSC_MODEL_AR, 1), FI(model, PSC_MODEL_SEASONAL_NAIVE, 1), FI(model, 0, 0), FI(model, 3, 0), FI(model, -1, 0),
        FI(horizon, 1, 1), FI(horizon, PSC_MAX_HORIZON, 1), FI(horizon, 0, 0), FI(horizon, PSC_MAX_HORIZON + 1.0, 0),
        FI(horizon, INT32_MIN, 0), FI(lags, 1, 1), FI(lags, PSC_MAX_LAGS, 1), FI(lags, 0, 0), FI(lags, PSC_MAX_LAGS + 1.0, 0),
        FI(lags, INT32_MAX, 0), FI(transform, 0, 1), FI(transform, 1, 1), FI(transform, 2, 1), FI(transform, -1, 0),
        FI(transform, 3, 0), FI(window, 0, 1), FI(window, 2, 1), FI(window, INT32_MAX, 1), FI(window, 1, 0), FI(window, -1, 0),
        FI(origins, 2, 1), FI(origins, 10000, 1), FI(origins, 1, 0), FI(origins, 10001, 0), FI(origins, -5, 0),
        F(ridge, 1e-12, 1), F(ridge, 1.0, 1), F(ridge, 9e-13, 0), F(ridge, 1.0 + DBL_EPSILON, 0), F(ridge, NAN, 0),
        F(ridge, INFINITY, 0), F(ridge, -1e-4, 0), F(clip, 0.0, 1), F(clip, 10.0, 1), F(clip, -DBL_MIN, 0),
        F(clip, 10.0 + 1e-14, 0), F(clip, NAN, 0), F(clip, INFINITY, 0), FI(struct_size, 1, 0)
    };
#undef F
#undef FI
    double y[40];
    fitting f;
    size_t i;

    make_load(y, 40, 1);
    fitting_begin(&f, y, 40, NULL, 0);
    CHECK_INT(f.config.struct_size, sizeof f.config);
    CHECK_INT(f.series.struct_size, sizeof f.series);
    CHECK(f.config.model == PSC_MODEL_AR && f.config.horizon == 24 && f.config.lags == 3 && f.config.transform == 0
          && f.config.window == 0 && f.config.origins == 300 && f.config.ridge == 1e-4 && f.config.clip == 0.3);
    CHECK(f.series.periods == 0 && isnan(f.series.lower) && isnan(f.series.upper));
    psc_forecast_default(NULL);
    psc_series_default(NULL);
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        psc_forecast_info before;
        uint64_t block[16];
        fitting_begin(&f, y, 40, NULL, 0);
        limit_put(&f.config, &limits[i]);
        CHECK_INT(psc_forecast_size(&f.series, &f.config) != 0, limits[i].good);
        memset(&f.info, 0x5C, sizeof f.info);
        before = f.info;
        CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, (psc_forecast *)block, limits[i].good ? 0 : sizeof block, &f.info),
                     limits[i].good ? PSC_ERR_SPACE : limits[i].offset ? PSC_ERR_RANGE : PSC_ERR_VERSION);
        CHECK(memcmp(&f.info, &before, sizeof before) == 0);
    }
}

static void test_series(void)
{
    static const int32_t good[] = {1, PSC_MAX_PERIOD, 24, 7, 5}, bad[][1] = {{0}, {-1}, {PSC_MAX_PERIOD + 1}, {INT32_MIN}};
    double y[40];
    fitting f;
    size_t i;

    make_load(y, 40, 2);
    fitting_begin(&f, y, 40, good, PSC_MAX_PERIODS);
    CHECK(psc_forecast_size(&f.series, &f.config) > 0);
    CHECK_INT(psc_forecast_size(NULL, &f.config), 0);
    CHECK_INT(psc_forecast_size(&f.series, NULL), 0);
    f.series.periods = PSC_MAX_PERIODS + 1;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    f.series.periods = -1;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    for (i = 0; i < 4; i++) {
        fitting_begin(&f, y, 40, bad[i], 1);
        CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
        CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, NULL, 0, NULL), PSC_ERR_RANGE);
    }
    fitting_begin(&f, y, 40, NULL, 1);
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, NULL, 0, NULL), PSC_ERR_NULL);
    fitting_begin(&f, NULL, 40, NULL, 0);
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, NULL, 0, NULL), PSC_ERR_NULL);
    fitting_begin(&f, y, 0, NULL, 0);
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, NULL, 0, NULL), PSC_ERR_RANGE);
    fitting_begin(&f, y, SIZE_MAX, NULL, 0);
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    fitting_begin(&f, y, SIZE_MAX / 8 + 1, NULL, 0);
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
    fitting_begin(&f, y, 40, NULL, 0);
    f.series.struct_size = 0;
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, NULL, 0, NULL), PSC_ERR_VERSION);
    for (i = 0; i < 12; i++) {                              /* each bound: a code, or sound forecasts within it */
        const double s = special((int)i);
        psc_status status;
        double point[24], level[1] = {0.3}, quantile[24];
        fitting_begin(&f, y, 40, NULL, 0);
        f.series.lower = s;
        status = isnan(s) || fabs(s) < 1.0 ? PSC_OK : PSC_ERR_RANGE;
        CHECK_INT(psc_forecast_size(&f.series, &f.config) > 0, status == PSC_OK);
        if (status != PSC_OK) continue;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 1, point, quantile), PSC_OK);
        CHECK(distribution_sound(point, quantile, 24, 1, isnan(s) ? -DBL_MAX : s, DBL_MAX));
        fitting_end(&f);
        f.series.lower = NAN;
        f.series.upper = s;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 1, point, quantile), PSC_OK);
        CHECK(distribution_sound(point, quantile, 24, 1, -DBL_MAX, isnan(s) ? DBL_MAX : s));
        fitting_end(&f);
    }
    fitting_begin(&f, y, 40, NULL, 0);
    f.series.lower = 3.0;
    f.series.upper = 2.0;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
}

/* "n: 1..2^31", and beyond is refused before it is multiplied. */
static void test_series_longest(void)
{
#if SIZE_MAX > UINT32_MAX
    double y[1] = {0.0};
    fitting f;

    fitting_begin(&f, y, (size_t)1 << 31, NULL, 0);
    CHECK(psc_forecast_size(&f.series, &f.config) > ((size_t)8 << 31));
    f.series.n++;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
#else                                                       /* as long as addresses allow, and one more */
    double y[1] = {0.0};
    size_t low = 1, high = (size_t)1 << 31;
    fitting f;

    fitting_begin(&f, y, 0, NULL, 0);
    while (low + 1 < high) {
        f.series.n = low + (high - low) / 2;
        if (psc_forecast_size(&f.series, &f.config) > 0) low = f.series.n;
        else high = f.series.n;
    }
    f.series.n = low;
    CHECK(psc_forecast_size(&f.series, &f.config) / 8 > low);
    CHECK_INT(psc_backtest_size(&f.series, &f.config), 0);
    f.series.n = high;
    CHECK_INT(psc_forecast_size(&f.series, &f.config), 0);
#endif
}

static void test_fit_errors(void)
{
    static const int32_t period[] = {24};
    double y[200];
    psc_forecast_info before;
    fitting f;
    char *block;
    size_t bytes, i, k;

    make_load(y, 200, 3);
    fitting_begin(&f, y, 200, period, 1);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    bytes = f.bytes;
    memset(&f.info, 0x5C, sizeof f.info);
    before = f.info;
    block = (char *)block_new(bytes + 8, 0);
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, NULL, bytes, &f.info), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, (psc_forecast *)(void *)(block + 4), bytes, &f.info), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, (psc_forecast *)(void *)block, bytes - 1, &f.info), PSC_ERR_SPACE);
    CHECK_STATUS(psc_forecast_fit(NULL, &f.config, f.fit, bytes, &f.info), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_fit(&f.series, NULL, f.fit, bytes, &f.info), PSC_ERR_NULL);
    for (i = 0; i < 12; i++) {
        for (k = 0; k < 200; k += 37) {
            const double was = y[k];
            const psc_status want = status_of_value(special((int)i));
            y[k] = special((int)i);
            memset(&f.info, 0x5C, sizeof f.info);
            CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, f.fit, bytes, &f.info), want);
            CHECK_INT(memcmp(&f.info, &before, sizeof before) == 0, want != PSC_OK);
            y[k] = was;
        }
    }
    memset(&f.info, 0x5C, sizeof f.info);
    for (k = 0; k < 200; k++) y[k] = NAN;
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, f.fit, bytes, &f.info), PSC_ERR_EMPTY);
    f.config.window = 50;
    y[149] = 1.0;                                           /* one value, but before the window */
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, f.fit, bytes, &f.info), PSC_ERR_EMPTY);
    CHECK(memcmp(&f.info, &before, sizeof before) == 0);
    y[150] = 1.0;
    CHECK_STATUS(psc_forecast_fit(&f.series, &f.config, f.fit, bytes, NULL), PSC_OK);
    free(block);
    fitting_end(&f);
}

static void test_predict_errors(void)
{
    double y[60], level[3] = {0.1, 0.5, 0.9}, out[16], before[16];
    fitting f;
    uint64_t *copy;
    size_t i, k;

    make_load(y, 60, 4);
    fitting_begin(&f, y, 60, NULL, 0);
    f.config.horizon = 4;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    for (i = 0; i < 16; i++) out[i] = before[i] = 77.0;
    CHECK_STATUS(psc_forecast_predict(NULL, 1, level, 3, out, out + 4), PSC_ERR_NULL);
    CHECK_STATUS(psc_forecast_predict((psc_forecast *)(void *)((char *)f.fit + 4), 1, level, 3, out, out + 4), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_forecast_predict(f.fit, 0, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_predict(f.fit, 5, level, 3, out, out + 4), PSC_ERR_RANGE);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 3, out, out + 4), PSC_ERR_NULL);
    for (k = 0; k < 13; k++) {
        const double bad = k < 12 ? special((int)k) : 1.0;
        if (bad > 0.0 && bad < 1.0) continue;
        level[k % 3] = bad;
        CHECK_STATUS(psc_forecast_predict(f.fit, 4, level, 3, out, out + 4), PSC_ERR_RANGE);
        level[k % 3] = 0.5;
    }
    copy = (uint64_t *)block_copy(f.fit, f.bytes);
    copy[0] ^= 1;
    CHECK_STATUS(psc_forecast_predict((psc_forecast *)copy, 4, level, 3, out, out + 4), PSC_ERR_STATE);
    memset(copy, 0, f.bytes);
    CHECK_STATUS(psc_forecast_predict((psc_forecast *)copy, 4, level, 3, out, out + 4), PSC_ERR_STATE);
    CHECK(memcmp(out, before, sizeof out) == 0);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 0, NULL, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, NULL, 0, out, NULL), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 4, level, 3, NULL, out + 4), PSC_OK);
    for (i = 0; i < 16; i++) CHECK(out[i] != 77.0 && isfinite(out[i]));
    for (k = 0; k < 2; k++) {                               /* a horizon that no fit can have */
        const int64_t wrong[2] = {0, PSC_MAX_HORIZON + 1};
        memcpy(copy, f.fit, f.bytes);
        copy[3] = (uint64_t)wrong[k];
        CHECK_STATUS(psc_forecast_predict((psc_forecast *)copy, 1, level, 3, NULL, NULL), PSC_ERR_STATE);
    }
    free(copy);
    fitting_end(&f);
}

/* ==== Forecast: values ========================================================================== */

/* The normal matrix with its ridge has a condition of at most p / ridge <= 11 / 1e-4, and its sums over n rows are wrong by
 * n epsilon, so the coefficients are by n p / ridge epsilon = 4e-9 at most, relative to their size, about 1. A step of the
 * path adds at most p such errors times the range of x. Two libraries never come near this bound; 1e-9 of the range of the
 * values a step is kept, and half a unit of the file's 13th digit. */
static void test_ar_vectors(void)
{
    FILE *file = vector_open("tests/vectors/ar.txt");
    static double value[VECTOR_MOST], want[100], point[100], config[8], season[PSC_MAX_PERIODS];
    int cases = 0;

    for (; vector_record(file, "config", config, 8) == 8; cases++) {
        int32_t period[PSC_MAX_PERIODS];
        double largest = 0.0;
        long i, periods = vector_record(file, "period", season, PSC_MAX_PERIODS), n, h;
        fitting f;
        for (i = 0; i < periods; i++) period[i] = (int32_t)season[i];
        n = vector_record(file, "value", value, VECTOR_MOST);
        h = vector_record(file, "point", want, 100);
        fitting_begin(&f, value, (size_t)n, period, (int32_t)periods);
        f.config.lags = (int32_t)config[0];
        f.config.horizon = (int32_t)config[1];
        f.config.transform = (int32_t)config[2];
        f.config.ridge = config[3];
        f.config.clip = config[4];
        f.config.window = (int32_t)config[5];
        f.series.lower = config[6];
        f.series.upper = config[7];
        CHECK_STATUS(fitting_run(&f, 0xFF), PSC_OK);
        CHECK_INT(f.info.model, PSC_MODEL_AR);
        CHECK_INT(f.info.transform, f.config.transform);
        CHECK_STATUS(psc_forecast_predict(f.fit, (size_t)h, NULL, 0, point, NULL), PSC_OK);
        for (i = 0; i < n; i++) largest = fmax(largest, isnan(value[i]) ? 0.0 : fabs(value[i]));
        for (i = 0; i < h; i++) CHECK_NEAR(point[i], want[i], 1e-9 * (double)(i + 1) * largest + 1e-13 * largest);
        fitting_end(&f);
    }
    CHECK_INT(cases, 9);
    fclose(file);
}

/* Seasonal naive: the values one period back. x is centred and back, two roundings of numbers below twice the largest. */
static void test_naive_path(void)
{
    static const int32_t period[] = {7, 20};
    double y[60], point[24], largest = 0.0;
    fitting f;
    int t;

    make_load(y, 60, 5);
    for (t = 0; t < 60; t++) largest = fmax(largest, y[t]);
    fitting_begin(&f, y, 60, period, 2);
    f.config.model = PSC_MODEL_SEASONAL_NAIVE;
    f.config.transform = PSC_TRANSFORM_NONE;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, point, NULL), PSC_OK);
    for (t = 0; t < 24; t++) CHECK_NEAR(point[t], y[53 + t % 7], 2.0 * DBL_EPSILON * largest);
    CHECK_INT(f.info.terms, 1);
    CHECK_INT(f.info.origins, 53);
    CHECK_INT(f.info.note, 0);
    f.series.periods = 0;                                   /* without a season: the last value */
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, point, NULL), PSC_OK);
    for (t = 0; t < 24; t++) CHECK_NEAR(point[t], y[59], 2.0 * DBL_EPSILON * largest);
    f.series.periods = 1;
    f.series.n = 7;                                         /* as long as the history: the last value, too */
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, point, NULL), PSC_OK);
    for (t = 0; t < 24; t++) CHECK_NEAR(point[t], y[6], 2.0 * DBL_EPSILON * largest);
    fitting_end(&f);
}

/* The first period as listed is 1: the last value, whatever season follows it. */
static void test_naive_period_one(void)
{
    static const int32_t period[] = {1, 7};
    double y[60], point[24];
    fitting f;
    int t;

    make_load(y, 60, 6);
    fitting_begin(&f, y, 60, period, 2);
    f.config.model = PSC_MODEL_SEASONAL_NAIVE;
    f.config.transform = PSC_TRANSFORM_NONE;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, point, NULL), PSC_OK);
    for (t = 0; t < 24; t++) CHECK_NEAR(point[t], y[59], 4.0 * DBL_EPSILON * 400.0);     /* as above, y < 400 */
    fitting_end(&f);
}

/* "A period is too long for this history and was left out" holds for either model. */
static void test_naive_note(void)
{
    static const int32_t period[] = {40};
    double y[40];
    fitting f;

    make_load(y, 40, 7);
    fitting_begin(&f, y, 40, period, 1);
    f.config.model = PSC_MODEL_SEASONAL_NAIVE;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note & PSC_NOTE_SEASON_DROPPED, PSC_NOTE_SEASON_DROPPED);
    fitting_end(&f);
}

/* The same lags whatever the order of the periods, so the same equations: their unknowns are only numbered otherwise. The
 * solution is known to 4e-9 of its size (above), the path to 1e-9 of the largest value a step. */
static void test_period_order(void)
{
    static const int32_t rising[] = {7, 24}, falling[] = {24, 7};
    double y[200], one[24], other[24];
    psc_forecast_info info;
    fitting f;
    int k;

    make_load(y, 200, 10);
    fitting_begin(&f, y, 200, rising, 2);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, one, NULL), PSC_OK);
    info = f.info;
    f.series.period = falling;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, NULL, 0, other, NULL), PSC_OK);
    for (k = 0; k < 24; k++) CHECK_NEAR(one[k], other[k], 1e-9 * (k + 1) * 400.0);
    CHECK_INT(info.terms, f.info.terms);
    CHECK_INT(info.origins, f.info.origins);
    fitting_end(&f);
}

static void test_notes(void)
{
    static const int32_t period[] = {24, 1, 168}, three[] = {3};
    double y[400];
    fitting f;
    int t;

    make_load(y, 400, 8);
    fitting_begin(&f, y, 400, period, 3);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.model, PSC_MODEL_AR);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_LOG);
    CHECK_INT(f.info.terms, 3 + 3 + 3);
    CHECK_INT(f.info.note, 0);
    CHECK_INT(f.info.used, 400);
    CHECK_INT(f.info.origins, 400 - 169);                   /* from where every lag has a value */
    CHECK(f.info.sigma > 0.0 && f.info.sigma < 1.0);        /* of logarithms that differ by less than 2 */
    f.config.window = 30;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_SEASON_DROPPED);
    CHECK_INT(f.info.used, 30);
    CHECK_INT(f.info.terms, 3);
    f.config.window = 500;                                  /* longer than the series: all */
    f.config.origins = 50;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.used, 400);
    CHECK_INT(f.info.origins, 50);
    f.series.period = three;                                /* 2, 3 and 4 of which two are there already */
    f.series.periods = 1;
    y[390] = NAN;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.terms, 4);
    CHECK_INT(f.info.note, PSC_NOTE_GAPS);
    y[390] = 0.0;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_NONE);
    CHECK_INT(f.info.note, 0);
    f.config.transform = PSC_TRANSFORM_LOG;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_NONE);
    CHECK_INT(f.info.note, PSC_NOTE_NO_LOG);
    y[390] = 5e-324;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.transform, PSC_TRANSFORM_LOG);
    for (t = 0; t < 21; t++) y[t] = t + 1.0;
    fitting_end(&f);
    fitting_begin(&f, y, 21, NULL, 0);
    f.config.model = PSC_MODEL_SEASONAL_NAIVE;
    f.config.transform = PSC_TRANSFORM_NONE;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK(f.info.sigma == 1.0);                             /* each value is one more than the last; all is whole */
    fitting_end(&f);
}

/* Few values, constants, zeros: finite, ordered, and the last or only value where there is nothing else to say. */
static void test_short(void)
{
    static const int32_t period[] = {24};
    double y[60], level[10], point[30], quantile[300];
    uint64_t seed = 8;
    size_t n, i;
    int kind, model;

    draw_levels(level, 10, &seed);
    for (kind = 0; kind < 4; kind++) {
        for (n = 1; n <= 60; n += n < 12 ? 1 : 9) {
            for (model = PSC_MODEL_AR; model <= PSC_MODEL_SEASONAL_NAIVE; model++) {
                const double largest = kind == 2 ? 0.0 : 300.0;
                fitting f;
                make_load(y, n, n);
                for (i = 0; i < n; i++) y[i] = kind == 1 ? 300.0 : kind == 2 ? 0.0 : kind == 3 && i % 3 ? (double)NAN : y[i];
                fitting_begin(&f, y, n, period, 1);
                f.config.horizon = 30;
                f.config.model = model;
                f.series.lower = 0.0;
                CHECK_STATUS(fitting_run(&f, 0xAA), PSC_OK);
                CHECK_STATUS(psc_forecast_predict(f.fit, 30, level, 10, point, quantile), PSC_OK);
                CHECK(distribution_sound(point, quantile, 30, 10, 0.0, DBL_MAX));
                CHECK_INT(f.info.used, n);
                if (n <= 2) CHECK((f.info.note & PSC_NOTE_NO_INTERVAL) != 0);
                if (n <= 2) CHECK_INT(f.info.model, PSC_MODEL_SEASONAL_NAIVE);
                if (n <= 2) CHECK_INT((f.info.note & PSC_NOTE_SHORT) != 0, model == PSC_MODEL_AR);
                fitting_end(&f);
                if (n > 1 && kind != 1 && kind != 2) continue;
                /* a constant: as it was, but for the exponential of its logarithm, two roundings with a factor of
                   ln 300 < 6 from the one to the other, and the mean of n equal values, n roundings */
                for (i = 0; i < 30; i++)
                    CHECK_NEAR(point[i], kind == 1 || kind == 2 ? largest : y[0], (double)(n + 8) * 6.0 * DBL_EPSILON * 300.0);
            }
        }
    }
}

/* Any values that are taken: finite and ordered, whatever the model and the transform. */
static void test_wild(void)
{
    static const double value[] = {1e15, -1e15, 0.0, -0.0, 1.0, 1e-300, -1e-300, 5e14, 4.9406564584124654e-324, 2e-308};
    static const int32_t period[] = {2, 5, 11, 30};
    double y[120], level[12], point[40], quantile[480];
    uint64_t seed = 12;
    int round;

    draw_levels(level, 12, &seed);
    for (round = 0; round < 300; round++) {
        const size_t n = 1 + test_random(&seed) % 120;
        const int positive = round % 3 == 0;
        fitting f;
        psc_status status;
        size_t i;
        for (i = 0; i < n; i++) {
            const double v = value[test_random(&seed) % 10];
            y[i] = test_random(&seed) % 9 == 0 ? (double)NAN : positive ? fabs(v) + 4.9406564584124654e-324 : v;
        }
        fitting_begin(&f, y, n, period, (int32_t)(test_random(&seed) % 5));
        f.config.model = 1 + (int32_t)(test_random(&seed) % 2);
        f.config.transform = (int32_t)(test_random(&seed) % 3);
        f.config.lags = 1 + (int32_t)(test_random(&seed) % 6);
        f.config.horizon = 40;
        f.config.origins = 2 + (int32_t)(test_random(&seed) % 60);
        f.config.ridge = round % 2 ? 1e-12 : 0.1;
        f.config.clip = round % 5 ? 10.0 : 0.0;
        status = fitting_run(&f, 0xFF);
        CHECK(status == PSC_OK || status == PSC_ERR_EMPTY);
        if (status == PSC_OK) {
            CHECK_STATUS(psc_forecast_predict(f.fit, 40, level, 12, point, quantile), PSC_OK);
            CHECK(distribution_sound(point, quantile, 40, 12, -DBL_MAX, DBL_MAX));
            CHECK(isfinite(f.info.sigma) && f.info.sigma >= 0.0);
        }
        fitting_end(&f);
    }
}

/* The longest of everything that is cheap to be long. */
static void test_largest(void)
{
    static const int32_t period[] = {3, 70, 140, 300};
    static double y[900], point[PSC_MAX_HORIZON], quantile[PSC_MAX_HORIZON];
    const double level = 0.9;
    fitting f;

    make_load(y, 900, 9);
    fitting_begin(&f, y, 900, period, 4);
    f.config.lags = PSC_MAX_LAGS;
    f.config.horizon = PSC_MAX_HORIZON;
    f.config.origins = 2;
    CHECK_STATUS(fitting_run(&f, 0xFF), PSC_OK);
    CHECK_INT(f.info.terms, PSC_MAX_LAGS + 9);              /* 2, 3, 4 are among the 64 */
    CHECK_STATUS(psc_forecast_predict(f.fit, PSC_MAX_HORIZON, &level, 1, point, quantile), PSC_OK);
    CHECK(all_finite(point, PSC_MAX_HORIZON) && all_finite(quantile, PSC_MAX_HORIZON));
    fitting_end(&f);
}

/* Counts are never forecast below 0, nor a share above 1. */
static void test_bounds(void)
{
    static const int32_t period[] = {7};
    double y[100], level[20], point[20], quantile[400];
    uint64_t seed = 14;
    fitting f;
    size_t i, j;
    int below = 0, above = 0;

    draw_levels(level, 20, &seed);
    for (i = 0; i < 100; i++) y[i] = test_random(&seed) % 3 ? 0.0 : (double)(test_random(&seed) % 2);
    fitting_begin(&f, y, 100, period, 1);
    f.config.horizon = 20;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 20, level, 20, point, quantile), PSC_OK);
    for (j = 0; j < 400; j++) below += quantile[j] < 0.0, above += quantile[j] > 1.0;
    CHECK(below > 0 && above > 0);                          /* without bounds they go beyond, */
    f.series.lower = 0.0;
    f.series.upper = 1.0;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);               /* with them they are the same, but cut */
    {
        double cut_point[20], cut[400];
        CHECK_STATUS(psc_forecast_predict(f.fit, 20, level, 20, cut_point, cut), PSC_OK);
        for (j = 0; j < 400; j++) CHECK(cut[j] == fmin(fmax(quantile[j], 0.0), 1.0));
        for (j = 0; j < 20; j++) CHECK(cut_point[j] == fmin(fmax(point[j], 0.0), 1.0));
    }
    fitting_end(&f);
}

static void test_shape(void)
{
    static const int32_t period[] = {24};
    double y[300], level[9], point[24], quantile[216], one[24];
    uint64_t seed = 15;
    fitting f;
    size_t i, j;

    make_load(y, 300, 15);
    fitting_begin(&f, y, 300, period, 1);
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    for (j = 0; j < 9; j++) level[j] = test_uniform(&seed);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 9, point, quantile), PSC_OK);
    for (j = 0; j < 9; j++) {
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, &level[j], 1, NULL, one), PSC_OK);
        for (i = 0; i < 24; i++) CHECK(memcmp(&quantile[i * 9 + j], &one[i], 8) == 0);
    }
    CHECK_STATUS(psc_forecast_predict(f.fit, 5, NULL, 0, one, NULL), PSC_OK);
    CHECK(memcmp(one, point, 5 * sizeof one[0]) == 0);
    for (i = 0; i < 100; i++) {                             /* random levels: ordered, the extremes too */
        double many[30], q[24 * 30];
        draw_levels(many, 30, &seed);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, many, 30, point, q), PSC_OK);
        CHECK(distribution_sound(point, q, 24, 30, -DBL_MAX, DBL_MAX));
    }
    fitting_end(&f);
}

enum { INTERVAL_N = 40, INTERVAL_H = 38, GRID = 33 };

/* A quantile of type 7 of n sorted numbers. */
static double quantile_7(const double *x, int n, double p)
{
    const double at = p * (n - 1);
    const int i = (int)at < n - 1 ? (int)at : n - 2;
    return x[i] + (at - i) * (x[i + 1] - x[i]);
}

/* The i-th of 33 quantiles of the errors that the last value makes in n values at a lead of step + 1, from each origin;
 * averaged over the steps within two of it. Fewer than 8 errors are none. */
static double hand_quantile(const double *y, int n, int step, int i)
{
    const double p = 0.5 * erfc(-(-2.8 + 5.6 * i / (GRID - 1)) / sqrt(2.0));
    double error[INTERVAL_N], sum = 0.0;
    int columns = 0, k, t;

    for (k = step - 2; k <= step + 2; k++) {
        if (k < 0 || k >= INTERVAL_H || n - 1 - k < 8) continue;
        for (t = 1; t + k < n; t++) error[t - 1] = y[t + k] - y[t - 1];
        qsort(error, (size_t)(n - 1 - k), sizeof error[0], by_value);
        sum += quantile_7(error, n - 1 - k, p);
        columns++;
    }
    return sum / columns;
}

/* The intervals by hand, for the last value as forecast: quantiles of its errors at each step, widened by
 * 1.05 sqrt(1 + 1/n), linear in the normal score z between 33 of them in -2.8..2.8 and on beyond; from the step that has less
 * than 8 errors on the last row that had, times the root of the ratio of the leads. Values below 400 are centred, so an error
 * is wrong by 4 * 400 epsilon, and beyond the row two of them are weighted by up to 70; a level is wrong by 1e-15, which the
 * quantile multiplies by 40 values and 400. */
static void test_intervals(void)
{
    static const double level[] = {1e-9, 0.001, 0.0026, 0.05, 0.5, 0.77, 0.9, 0.998, 1.0 - 1e-9};
    enum { LEVELS = sizeof level / sizeof level[0] };
    const double tolerance = 70.0 * 2.0 * 4.0 * 400.0 * DBL_EPSILON + 140.0 * 1e-15 * 40.0 * 400.0;
    const double widen = 1.05 * sqrt(1.0 + 1.0 / INTERVAL_N);
    double y[INTERVAL_N], point[INTERVAL_H], quantile[INTERVAL_H * LEVELS];
    fitting f;
    int step, j, i;

    make_load(y, INTERVAL_N, 51);
    fitting_begin(&f, y, INTERVAL_N, NULL, 0);
    f.config.model = PSC_MODEL_SEASONAL_NAIVE;
    f.config.transform = PSC_TRANSFORM_NONE;
    f.config.horizon = INTERVAL_H;
    f.config.clip = 10.0;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.origins, INTERVAL_N - 1);
    CHECK_STATUS(psc_forecast_predict(f.fit, INTERVAL_H, level, LEVELS, point, quantile), PSC_OK);
    for (step = 0; step < INTERVAL_H; step++) {
        const int good = step < INTERVAL_N - 9 ? step : INTERVAL_N - 9;     /* n - 1 - step errors, 8 at least */
        double row[GRID];
        for (i = 0; i < GRID; i++)
            row[i] = widen * hand_quantile(y, INTERVAL_N, good, i) * sqrt((step + 1.0) / (good + 1.0));
        for (j = 0; j < LEVELS; j++) {
            double low = -7.0, high = 7.0, at;
            for (i = 0; i < 200; i++) {                     /* z of the level, by halving; the upper tail as a lower one */
                const double z = 0.5 * (low + high);
                const int below = level[j] < 0.5 ? 0.5 * erfc(-z / sqrt(2.0)) < level[j]
                                                 : 0.5 * erfc(z / sqrt(2.0)) > 1.0 - level[j];
                if (below) low = z;
                else high = z;
            }
            at = (low + 2.8) / 5.6 * (GRID - 1);
            i = at < 0.0 ? 0 : at > GRID - 2 ? GRID - 2 : (int)at;
            CHECK_NEAR(quantile[step * LEVELS + j], y[INTERVAL_N - 1] + row[i] + (at - i) * (row[i + 1] - row[i]), tolerance);
        }
    }
    fitting_end(&f);
}

/* With no step that has 8 errors: normal errors of standard deviation sigma sqrt(step), and the note says so. */
static void test_no_interval(void)
{
    static const double level[3] = {0.02275013194817921, 0.5, 0.9999683287581669};      /* -2, 0 and 4 sigma */
    static const double score[3] = {-2.0, 0.0, 4.0};
    const double y[8] = {10, 11, 12, 13, 14, 15, 16, 17};
    double point[5], quantile[15];
    fitting f;
    int i, j;

    fitting_begin(&f, y, 8, NULL, 0);
    f.config.model = PSC_MODEL_SEASONAL_NAIVE;
    f.config.transform = PSC_TRANSFORM_NONE;
    f.config.horizon = 5;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_NO_INTERVAL);           /* 7 errors of one step */
    CHECK_NEAR(f.info.sigma, 1.0, 8 * DBL_EPSILON);
    CHECK_STATUS(psc_forecast_predict(f.fit, 5, level, 3, point, quantile), PSC_OK);
    for (i = 0; i < 5; i++) {
        CHECK_NEAR(point[i], 17.0, 0.0);                    /* all numbers are small multiples of 1/2 */
        for (j = 0; j < 3; j++)                             /* the levels' 16 digits: 1e-16 over a density of 1e-4 */
            CHECK_NEAR(quantile[3 * i + j], 17.0 + score[j] * sqrt(i + 1.0), 1e-11);
    }
    f.series.n = 7;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_INT(f.info.note, PSC_NOTE_NO_INTERVAL);
    fitting_end(&f);
}

/* What the block held, where it lies and what became of the series since: none of it matters. */
static void test_block(void)
{
    static const int32_t period[] = {24};
    static const int fill[] = {0x00, 0xAA, 0xFF};
    static const double level[2] = {0.2, 0.8};
    double y[200], first[72], got[72];
    psc_forecast_info info;
    fitting f;
    int k, model;

    memset(&info, 0, sizeof info);
    for (model = PSC_MODEL_AR; model <= PSC_MODEL_SEASONAL_NAIVE; model++) {
        for (k = 0; k < 3; k++) {
            uint64_t *moved;
            make_load(y, 200, 16);
            y[60] = y[61] = NAN;
            fitting_begin(&f, y, 200, period, 1);
            f.config.model = model;
            CHECK_STATUS(fitting_run(&f, fill[k]), PSC_OK);
            memset(y, 0xFF, sizeof y);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, got, got + 24), PSC_OK);
            if (k == 0) memcpy(first, got, sizeof got);
            if (k == 0) info = f.info;
            CHECK(memcmp(first, got, sizeof got) == 0);
            CHECK(memcmp(&info, &f.info, sizeof info) == 0);
            moved = (uint64_t *)block_copy(f.fit, f.bytes);
            memset(f.fit, 0x33, f.bytes);
            memset(got, 0, sizeof got);
            CHECK_STATUS(psc_forecast_predict((psc_forecast *)moved, 24, level, 2, got, got + 24), PSC_OK);
            CHECK(memcmp(first, got, sizeof got) == 0);
            free(moved);
            fitting_end(&f);
        }
    }
}

/* Without logarithms every step is homogeneous, and a factor of 2^k is exact. */
static void test_scaling(void)
{
    static const int power[] = {-60, -1, 5, 30};
    static const int32_t period[] = {24};
    static const double level[2] = {0.001, 0.7};
    double y[200], one[72], other[72];
    fitting f;
    size_t i, k;
    int model;

    for (model = PSC_MODEL_AR; model <= PSC_MODEL_SEASONAL_NAIVE; model++) {
        for (k = 0; k < 4; k++) {
            make_load(y, 200, 17);
            y[7] = NAN;
            fitting_begin(&f, y, 200, period, 1);
            f.config.model = model;
            f.config.transform = PSC_TRANSFORM_NONE;
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, one, one + 24), PSC_OK);
            for (i = 0; i < 200; i++) y[i] = ldexp(y[i], power[k]);
            CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
            CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, other, other + 24), PSC_OK);
            for (i = 0; i < 72; i++) CHECK(other[i] == ldexp(one[i], power[k]));
            fitting_end(&f);
        }
    }
}

/* With a window, what lies before it is not looked at: dropping it, or anything in its place, gives the same bits. */
static void test_window(void)
{
    static const int32_t period[] = {24};
    static const double level[2] = {0.1, 0.6};
    double y[300], one[72], other[72];
    psc_forecast_info info;
    fitting f;
    size_t drop;

    make_load(y, 300, 18);
    fitting_begin(&f, y, 300, period, 1);
    f.config.window = 150;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, one, one + 24), PSC_OK);
    info = f.info;
    for (drop = 1; drop <= 150; drop += 149) {
        f.series.value = y + drop;
        f.series.n = 300 - drop;
        CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
        CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, other, other + 24), PSC_OK);
        CHECK(memcmp(one, other, sizeof one) == 0);
        CHECK(memcmp(&info, &f.info, sizeof info) == 0);
    }
    f.series.value = y;
    f.series.n = 300;
    for (drop = 0; drop < 150; drop++) y[drop] = -1e15;
    CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
    CHECK_STATUS(psc_forecast_predict(f.fit, 24, level, 2, other, other + 24), PSC_OK);
    CHECK(memcmp(one, other, sizeof one) == 0);
    fitting_end(&f);
}

/* ==== Accuracy and backtest ===================================================================== */

/* Sums of n terms and a handful of operations a term: 8 n epsilon, relative, and the file's 15th digit. */
static void test_accuracy_vectors(void)
{
    FILE *file = vector_open("tests/vectors/accuracy.txt");
    double config[2], actual[64], point[64], lower[64], upper[64], want[5];
    int cases = 0;

    for (; vector_record(file, "config", config, 2) == 2; cases++) {
        const long n = vector_record(file, "actual", actual, 64);
        const double relative = 8.0 * (double)n * DBL_EPSILON + 1e-15;
        psc_accuracy a;
        CHECK_INT(vector_record(file, "point", point, 64), n);
        CHECK_INT(vector_record(file, "lower", lower, 64), n);
        CHECK_INT(vector_record(file, "upper", upper, 64), n);
        CHECK_INT(vector_record(file, "result", want, 5), 5);
        CHECK_STATUS(psc_accuracy_of(actual, point, lower, upper, (size_t)n, config[0], config[1], &a), PSC_OK);
        CHECK_NEAR(a.smape, want[0], relative * want[0]);
        CHECK_NEAR(a.mase, want[1], relative * want[1]);
        CHECK_NEAR(a.msis, want[2], relative * want[2] / (1.0 - config[0]));    /* 1 - level is rounded, too */
        CHECK_NEAR(a.coverage, want[3], relative);
        CHECK_INT(a.steps, want[4]);
        CHECK_INT(a.origins, 1);
        CHECK(a.scale == config[1]);
        CHECK_STATUS(psc_accuracy_of(actual, point, NULL, upper, (size_t)n, config[0], config[1], &a), PSC_OK);
        CHECK(a.msis == 0.0 && a.coverage == 0.0);
        CHECK_NEAR(a.mase, want[1], relative * want[1]);
        CHECK_STATUS(psc_accuracy_of(actual, point, lower, NULL, (size_t)n, config[0], 0.0, &a), PSC_OK);
        CHECK(a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0 && a.scale == 0.0);
        CHECK_NEAR(a.smape, want[0], relative * want[0]);
    }
    CHECK_INT(cases, 4);
    fclose(file);
}

static void test_accuracy_errors(void)
{
    double y[4][3] = {{1, 2, 3}, {1, 2, 3}, {0, 1, 2}, {2, 3, 4}};
    psc_accuracy a, before;
    int i, k;

    memset(&a, 0x5C, sizeof a);
    before = a;
    CHECK_STATUS(psc_accuracy_of(NULL, y[1], y[2], y[3], 3, 0.9, 1.0, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_accuracy_of(y[0], NULL, y[2], y[3], 3, 0.9, 1.0, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_accuracy_of(y[0], y[1], y[2], y[3], 3, 0.9, 1.0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_accuracy_of(y[0], y[1], y[2], y[3], 3, 0.9, -1.0, &a), PSC_ERR_RANGE);
    for (i = 0; i < 13; i++) {
        const double level = i < 12 ? special(i) : 1.0;
        if (level > 0.0 && level < 1.0) continue;
        CHECK_STATUS(psc_accuracy_of(y[0], y[1], y[2], y[3], 3, level, 1.0, &a), PSC_ERR_RANGE);
    }
    CHECK(memcmp(&a, &before, sizeof a) == 0);
    for (i = 0; i < 12; i++) {
        for (k = 0; k < 4; k++) {
            const double was = y[k][1];
            psc_status status;
            y[k][1] = special(i);
            memset(&a, 0x5C, sizeof a);
            status = psc_accuracy_of(y[0], y[1], y[2], y[3], 3, 0.9, 1.0, &a);
            if (isinf(special(i)) || (isnan(special(i)) && k > 0)) CHECK_STATUS(status, PSC_ERR_NONFINITE);
            if (fabs(special(i)) < 1.0) CHECK_STATUS(status, PSC_OK);
            if (status == PSC_OK)
                CHECK(isfinite(a.smape) && isfinite(a.mase) && isfinite(a.msis) && isfinite(a.coverage) && isfinite(a.scale));
            else
                CHECK(memcmp(&a, &before, sizeof a) == 0);
            y[k][1] = was;
        }
        memset(&a, 0x5C, sizeof a);                         /* any scale */
        if (psc_accuracy_of(y[0], y[2], y[2], y[3], 3, 0.9, special(i), &a) == PSC_OK)
            CHECK(isfinite(a.mase) && isfinite(a.msis));
        else
            CHECK(memcmp(&a, &before, sizeof a) == 0 && special(i) != 0.0);
    }
    CHECK_STATUS(psc_accuracy_of(NULL, NULL, NULL, NULL, 0, 0.9, 1.0, &a), PSC_OK);
    CHECK(a.smape == 0.0 && a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0 && a.steps == 0 && a.origins == 1);
}

/* "level: in (0, 1)" */
static void test_accuracy_levels(void)
{
    static const double level[] = {DBL_MIN, 1e-12, 1.0 - DBL_EPSILON / 2};
    const double y = 1.0, low = 2.0, high = 3.0;
    psc_accuracy a;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK_STATUS(psc_accuracy_of(&y, &y, &low, &high, 1, level[i], 1.0, &a), PSC_OK);
        CHECK(isfinite(a.msis));
    }
}

static void test_backtest_errors(void)
{
#define B(field, value, good) WHOLE(psc_backtest_config, field, value, good)
    const limit limits[] = {
        B(origins, 1, 1), B(origins, 1000, 1), B(origins, 0, 0), B(origins, 1001, 0), B(origins, INT32_MIN, 0), B(stride, 1, 1),
        B(stride, INT32_MAX, 1), B(stride, 0, 0), B(stride, -1, 0), REAL(psc_backtest_config, level, 0.5, 1),
        REAL(psc_backtest_config, level, 0.0, 0), REAL(psc_backtest_config, level, 1.0, 0),
        REAL(psc_backtest_config, level, NAN, 0), REAL(psc_backtest_config, level, -INFINITY, 0), B(struct_size, 0, 0)
    };
#undef B
    double y[80];
    psc_backtest_config config;
    psc_accuracy a, before;
    size_t bytes, i;
    char *work;
    fitting f;

    make_load(y, 80, 20);
    fitting_begin(&f, y, 80, NULL, 0);
    f.config.origins = 10;
    psc_backtest_default(NULL);
    psc_backtest_default(&config);
    CHECK(config.struct_size == sizeof config && config.origins == 3 && config.stride == 24 && config.level == 0.95);
    bytes = psc_backtest_size(&f.series, &f.config);
    work = (char *)block_new(bytes + 8, 0xFF);
    memset(&a, 0x5C, sizeof a);
    before = a;
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        psc_status status;
        memset(&a, 0x5C, sizeof a);
        psc_backtest_default(&config);
        limit_put(&config, &limits[i]);
        status = psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a);
        CHECK_STATUS(status, limits[i].good ? PSC_OK : limits[i].offset ? PSC_ERR_RANGE : PSC_ERR_VERSION);
        CHECK_INT(memcmp(&a, &before, sizeof a) != 0, limits[i].good);
    }
    a = before;
    psc_backtest_default(&config);
    CHECK_STATUS(psc_backtest_run(NULL, &f.config, &config, work, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, NULL, &config, work, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, NULL, work, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, NULL, bytes, &a), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work + 4, bytes, &a), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes - 1, &a), PSC_ERR_SPACE);
    CHECK_INT(psc_backtest_size(NULL, &f.config), 0);
    CHECK_INT(psc_backtest_size(&f.series, NULL), 0);
    f.config.lags = 0;
    CHECK_INT(psc_backtest_size(&f.series, &f.config), 0);
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_RANGE);
    f.config.lags = 3;
    y[79] = INFINITY;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_NONFINITE);
    y[79] = 1e16;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_RANGE);
    for (i = 0; i < 80; i++) y[i] = NAN;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_ERR_EMPTY);
    CHECK(memcmp(&a, &before, sizeof a) == 0);
    y[79] = 3.0;                                            /* a value, but none before any origin */
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK(a.origins == 0 && a.steps == 0 && a.smape == 0.0 && a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0);
    f.series.n = 25;                                        /* one value before the only origin: left out */
    y[0] = 3.0;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK_INT(a.origins, 0);
    f.series.n = 26;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK_INT(a.origins, 1);
    CHECK_INT(a.steps, 0);
    free(work);
}

/* The largest stride: one origin lies in the series, whatever becomes of the product of stride and number. The levels next to
 * 0 and 1: each is in (0, 1), so none is refused. */
static void test_backtest_extremes(void)
{
    static const double level[] = {DBL_MIN, DBL_EPSILON / 4, 0.5, 1.0 - DBL_EPSILON, 1.0 - DBL_EPSILON / 2};
    double *y = (double *)block_new(80 * sizeof *y, 0);     /* so that a read beyond it is seen */
    psc_backtest_config config;
    psc_accuracy a;
    size_t bytes, i;
    void *work;
    fitting f;

    make_load(y, 80, 22);
    fitting_begin(&f, y, 80, NULL, 0);
    f.config.origins = 10;
    bytes = psc_backtest_size(&f.series, &f.config);
    work = block_new(bytes, 0xFF);
    psc_backtest_default(&config);
    config.origins = 1000;
    config.stride = INT32_MAX;
    CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
    CHECK_INT(a.origins, 1);
    CHECK_INT(a.steps, 24);
    for (i = 0; i < sizeof level / sizeof level[0]; i++) {
        config.level = level[i];
        CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &a), PSC_OK);
        CHECK(isfinite(a.msis) && a.coverage >= 0.0 && a.coverage <= 1.0);
    }
    free(work);
    free(y);
}

/* Mean of |y[t] - y[t-m]| over the pairs that are there. */
static double naive_scale(const double *y, int n, int m)
{
    double sum = 0.0;
    int t, pairs = 0;

    for (t = m; t < n; t++) {
        if (isnan(y[t]) || isnan(y[t - m])) continue;
        sum += fabs(y[t] - y[t - m]);
        pairs++;
    }
    return sum / pairs;
}

/* By hand: fit to what came before, predict, judge; the means of the origins weighted by their steps. At a level of 3/4 the
 * ends 1/8 and 7/8 are exact. Sums of up to 100 terms in another order: 1000 epsilon, relative. */
static void test_backtest(void)
{
    static const int32_t period[] = {24};
    static const double ends[2] = {0.125, 0.875};
    enum { N = 200, H = 20, ORIGINS = 5, STRIDE = 11 };
    double y[N];
    int seasons, model;

    make_load(y, N, 21);
    y[33] = y[180] = y[199] = NAN;
    for (seasons = 0; seasons < 2; seasons++) {
        for (model = PSC_MODEL_AR; model <= PSC_MODEL_SEASONAL_NAIVE; model++) {
            psc_backtest_config config;
            psc_accuracy got, sum, one;
            const double scale = naive_scale(y, N, seasons ? 24 : 1);
            fitting f;
            size_t bytes;
            void *work;
            int i, k;
            fitting_begin(&f, y, N, period, seasons);
            f.config.horizon = H;
            f.config.model = model;
            psc_backtest_default(&config);
            config.origins = ORIGINS;
            config.stride = STRIDE;
            config.level = 0.75;
            bytes = psc_backtest_size(&f.series, &f.config);
            work = block_new(bytes, 0xFF);
            CHECK_STATUS(psc_backtest_run(&f.series, &f.config, &config, work, bytes, &got), PSC_OK);
            free(work);
            memset(&sum, 0, sizeof sum);
            for (i = 0; i < ORIGINS; i++) {
                double point[H], quantile[2 * H], low[H], high[H];
                const size_t origin = (size_t)(N - H - i * STRIDE);
                f.series.n = origin;
                CHECK_STATUS(fitting_run(&f, 0), PSC_OK);
                CHECK_STATUS(psc_forecast_predict(f.fit, H, ends, 2, point, quantile), PSC_OK);
                for (k = 0; k < H; k++) low[k] = quantile[2 * k], high[k] = quantile[2 * k + 1];
                CHECK_STATUS(psc_accuracy_of(y + origin, point, low, high, H, 0.75, scale, &one), PSC_OK);
                sum.smape += one.smape * (double)one.steps;
                sum.mase += one.mase * (double)one.steps;
                sum.msis += one.msis * (double)one.steps;
                sum.coverage += one.coverage * (double)one.steps;
                sum.steps += one.steps;
                fitting_end(&f);
            }
            CHECK_INT(got.origins, ORIGINS);
            CHECK_INT(got.steps, sum.steps);
            CHECK_NEAR(got.scale, scale, 1000 * DBL_EPSILON * scale);
            CHECK_NEAR(got.smape, sum.smape / (double)sum.steps, 1000 * DBL_EPSILON * got.smape);
            CHECK_NEAR(got.mase, sum.mase / (double)sum.steps, 1000 * DBL_EPSILON * got.mase);
            CHECK_NEAR(got.msis, sum.msis / (double)sum.steps, 1000 * DBL_EPSILON * got.msis);
            CHECK_NEAR(got.coverage, sum.coverage / (double)sum.steps, 1000 * DBL_EPSILON);
        }
    }
}

/* ==== Rank ====================================================================================== */

static int by_growth(const void *a, const void *b)
{
    const psc_ranked *x = (const psc_ranked *)a, *y = (const psc_ranked *)b;
    if (x->change != y->change) return x->change > y->change ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_fall(const void *a, const void *b)
{
    const psc_ranked *x = (const psc_ranked *)a, *y = (const psc_ranked *)b;
    if (x->change != y->change) return x->change < y->change ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Against a full sort, with many ties, at every capacity. */
static void test_rank(void)
{
    enum { MOST = 60 };
    double now[MOST], next[MOST];
    uint64_t seed = 31;
    int round;

    for (round = 0; round < 60; round++) {
        const size_t n = test_random(&seed) % MOST;
        const uint64_t values = 1 + test_random(&seed) % 12;
        psc_ranked grow[MOST], fall[MOST];
        size_t growing = 0, falling = 0, i, capacity;
        memset(grow, 0, sizeof grow);
        memset(fall, 0, sizeof fall);
        for (i = 0; i < n; i++) {
            psc_ranked r;
            now[i] = (double)(test_random(&seed) % values);
            next[i] = (double)(test_random(&seed) % values);
            r.index = (int64_t)i;
            r.change = next[i] - now[i];
            r.now = now[i];
            r.next = next[i];
            if (r.change > 0.0) grow[growing++] = r;
            if (r.change < 0.0) fall[falling++] = r;
        }
        qsort(grow, growing, sizeof grow[0], by_growth);
        qsort(fall, falling, sizeof fall[0], by_fall);
        for (capacity = 0; capacity <= n; capacity++) {
            const size_t other = n - capacity;
            psc_ranked *up = (psc_ranked *)block_new(capacity * sizeof *up + !capacity, 0xEE);
            psc_ranked *down = (psc_ranked *)block_new(other * sizeof *down + !other, 0xEE);
            size_t ups = 99, downs = 99;
            CHECK_STATUS(psc_rank_shards(now, next, n, up, capacity, &ups, down, other, &downs), PSC_OK);
            CHECK_INT(ups, growing < capacity ? growing : capacity);
            CHECK_INT(downs, falling < other ? falling : other);
            CHECK(memcmp(up, grow, ups * sizeof *up) == 0);
            CHECK(memcmp(down, fall, downs * sizeof *down) == 0);
            free(up);
            free(down);
        }
    }
}

static void test_rank_errors(void)
{
    double now[3] = {1, 2, 3}, next[3] = {2, 1, 3};
    psc_ranked up[3], down[3], before[3];
    size_t ups = 77, downs = 88;
    int i, k;

    memset(up, 0x5C, sizeof up);
    memset(down, 0x5C, sizeof down);
    memset(before, 0x5C, sizeof before);
    CHECK_STATUS(psc_rank_shards(NULL, next, 3, up, 3, &ups, down, 3, &downs), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(now, NULL, 3, up, 3, &ups, down, 3, &downs), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(now, next, 3, NULL, 3, &ups, down, 3, &downs), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(now, next, 3, up, 3, NULL, down, 3, &downs), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(now, next, 3, up, 3, &ups, NULL, 3, &downs), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(now, next, 3, up, 3, &ups, down, 3, NULL), PSC_ERR_NULL);
    for (i = 0; i < 12; i++) {
        for (k = 0; k < 2; k++) {
            double *x = k ? &now[2] : &next[2];
            const double s = special(i);
            const psc_status want = isnan(s) || isinf(s) ? PSC_ERR_NONFINITE : fabs(s) > 1e15 ? PSC_ERR_RANGE : PSC_OK;
            *x = s;
            if (want != PSC_OK) CHECK_STATUS(psc_rank_shards(now, next, 3, up, 3, &ups, down, 3, &downs), want);
            *x = 3.0;
        }
    }
    CHECK(memcmp(up, before, sizeof up) == 0 && memcmp(down, before, sizeof down) == 0 && ups == 77 && downs == 88);
    CHECK_STATUS(psc_rank_shards(NULL, NULL, 0, NULL, 0, &ups, NULL, 0, &downs), PSC_OK);
    CHECK(ups == 0 && downs == 0);
    now[0] = -1e15;
    next[0] = 1e15;
    next[1] = -1e15;
    now[2] = 0.0;
    next[2] = -0.0;                                         /* no change */
    CHECK_STATUS(psc_rank_shards(now, next, 3, up, 3, &ups, down, 3, &downs), PSC_OK);
    CHECK(ups == 1 && downs == 1 && up[0].index == 0 && up[0].change == 2e15 && down[0].index == 1);
}

int main(void)
{
    RUN(test_tracker_config);
    RUN(test_tracker_init);
    RUN(test_tracker_observe_errors);
    RUN(test_tracker_damaged);
    RUN(test_tracker_predict_errors);
    RUN(test_tracker_vectors);
    RUN(test_tracker_chunks);
    RUN(test_trackers);
    RUN(test_trackers_errors);
    RUN(test_tracker_empty);
    RUN(test_tracker_simple_series);
    RUN(test_tracker_shape);
    RUN(test_tracker_spread);
    RUN(test_tracker_leads);
    RUN(test_tracker_after_constant);
    RUN(test_tracker_shape_learned);
    RUN(test_tracker_scaling);
    RUN(test_tracker_wild);
    RUN(test_forecast_config);
    RUN(test_series);
    RUN(test_series_longest);
    RUN(test_fit_errors);
    RUN(test_predict_errors);
    RUN(test_ar_vectors);
    RUN(test_naive_path);
    RUN(test_naive_period_one);
    RUN(test_naive_note);
    RUN(test_period_order);
    RUN(test_notes);
    RUN(test_short);
    RUN(test_wild);
    RUN(test_largest);
    RUN(test_bounds);
    RUN(test_shape);
    RUN(test_intervals);
    RUN(test_no_interval);
    RUN(test_block);
    RUN(test_scaling);
    RUN(test_window);
    RUN(test_accuracy_vectors);
    RUN(test_accuracy_errors);
    RUN(test_accuracy_levels);
    RUN(test_backtest_errors);
    RUN(test_backtest_extremes);
    RUN(test_backtest);
    RUN(test_rank);
    RUN(test_rank_errors);
    return test_end();
}
