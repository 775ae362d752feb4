/* scaling.c - producers, reports, demand and the scaler: what is folded, what is foreseen, what is decided. */
#include "predscale.h"
#include "test.h"
#include "blocks.h"

#include <math.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)

static double missing(void) { return special(0); }

/* ==== Producer ================================================================================== */

static psc_producer *producer_of(int32_t types, int32_t window, int32_t sources, int32_t period, size_t *bytes)
{
    psc_producer_config config;
    psc_producer *p;

    psc_producer_default(&config);
    config.types = types;
    config.window = window;
    config.sources = sources;
    config.period1 = period;
    *bytes = psc_producer_size(&config);
    p = (psc_producer *)block_new(*bytes, 0xaa);
    CHECK_STATUS(psc_producer_init(p, *bytes, &config), PSC_OK);
    return p;
}

static psc_usage request_at(int64_t at, int32_t type, uint64_t source)
{
    psc_usage r;

    memset(&r, 0, sizeof r);
    r.at = at;
    r.type = type;
    r.source = source;
    r.size = 1.0;
    r.cpu = 0.01;
    r.memory = 1000.0;
    r.network = 500.0;
    return r;
}

static void test_producer_config(void)
{
    psc_producer_config c;
    uint64_t memory[4];
    int i;

    psc_producer_default(NULL);
    CHECK_INT(psc_producer_size(NULL), 0);
    for (i = 0; i < 14; i++) {
        psc_producer_default(&c);
        CHECK(psc_producer_size(&c) > 0);
        if (i == 0) c.struct_size--;
        if (i == 1) c.types = 0;
        if (i == 2) c.types = PSC_MAX_TYPES + 1;
        if (i == 3) c.sources = -4;
        if (i == 4) c.sources = 4100;
        if (i == 5) c.sources = 5;
        if (i == 6) c.window = 0;
        if (i == 7) c.window = 65;
        if (i == 8) c.bin_ns = 999999;
        if (i == 9) c.bin_ns = 86400 * SECOND + 1;
        if (i == 10) c.period1 = -1;
        if (i == 11) c.period1 = PSC_MAX_PERIOD + 1;
        if (i == 12) c.period2 = PSC_MAX_PERIOD + 1;
        if (i == 13) c.id = -1;
        CHECK_INT(psc_producer_size(&c), 0);
    }
    CHECK_STATUS(psc_producer_init((psc_producer *)memory, sizeof memory, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_producer_init((psc_producer *)memory, sizeof memory, &c), PSC_ERR_RANGE);
    c.struct_size--;
    CHECK_STATUS(psc_producer_init((psc_producer *)memory, sizeof memory, &c), PSC_ERR_VERSION);
    psc_producer_default(&c);
    CHECK_STATUS(psc_producer_init((psc_producer *)memory, sizeof memory, &c), PSC_ERR_SPACE);
    c.period2 = -1;
    CHECK_INT(psc_producer_size(&c), 0);
}

static void test_producer_refuses(void)
{
    size_t bytes;
    psc_producer *p = producer_of(2, 2, 8, 0, &bytes);
    psc_usage r = request_at(1000 * MINUTE, 0, 1);
    void *before;
    int i;

    CHECK_STATUS(psc_producer_observe(p, &r), PSC_OK);
    before = block_copy(p, bytes);
    for (i = 0; i < 10; i++) {
        r = request_at(1000 * MINUTE, 0, 1);
        if (i == 0) r.at = -1;
        if (i == 1) r.type = -1;
        if (i == 2) r.type = 2;
        if (i == 3) r.size = -1.0;
        if (i == 4) r.size = missing();
        if (i == 5) r.cpu = -1e-9;
        if (i == 6) r.memory = 1.1e15;
        if (i == 7) r.network = special(2);
        if (i == 8) r.at = 1257 * MINUTE;
        if (i == 9) r.at = 998 * MINUTE;
        CHECK_STATUS(psc_producer_observe(p, &r), i == 9 ? PSC_ERR_STALE : PSC_ERR_RANGE);
    }
    CHECK_STATUS(psc_producer_observe(p, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_producer_advance(p, -1), PSC_ERR_RANGE);
    CHECK(memcmp(before, p, bytes) == 0);
    r = request_at(999 * MINUTE, 1, 1);                 /* late, but its bin is open */
    CHECK_STATUS(psc_producer_observe(p, &r), PSC_OK);
    r.at = 1256 * MINUTE;
    CHECK_STATUS(psc_producer_observe(p, &r), PSC_OK);
    CHECK_STATUS(psc_producer_advance(p, 2000 * MINUTE), PSC_MORE);
    CHECK_STATUS(psc_producer_advance(p, 2000 * MINUTE), PSC_MORE);
    CHECK_STATUS(psc_producer_advance(p, 2000 * MINUTE), PSC_OK);
    CHECK_STATUS(psc_producer_advance(p, 10 * MINUTE), PSC_OK);         /* a clock that went back */
    ((psc_state *)p)->words--;
    CHECK_STATUS(psc_producer_advance(p, 0), PSC_ERR_STATE);
    CHECK_STATUS(psc_producer_observe(p, &r), PSC_ERR_STATE);
    free(before);
    free(p);
}

/* No block, one of another type. */
static void test_no_producer(void)
{
    psc_producer *none[2] = {NULL, NULL};
    psc_usage r = request_at(0, 0, 1);
    psc_report report;
    psc_source out[1];
    double rest, x[1];
    size_t count;
    int i;

    psc_report_default(&report);
    none[1] = (psc_producer *)block_new(sizeof(psc_state), 0);
    for (i = 0; i < 2; i++) {
        const psc_status want = i == 0 ? PSC_ERR_NULL : PSC_ERR_STATE;
        CHECK_STATUS(psc_producer_observe(none[i], &r), want);
        CHECK_STATUS(psc_producer_advance(none[i], 0), want);
        CHECK_STATUS(psc_producer_sources(none[i], out, 1, &count, &rest), want);
        CHECK_STATUS(psc_producer_type(none[i], 0, 1, 0.5, x), want);
        CHECK_STATUS(psc_producer_report(none[i], 0, 0.8, &report), want);
    }
    free(none[1]);
}

/* Rates, costs that were not measured, gaps that are no zeros. */
static void test_producer_folds(void)
{
    size_t bytes;
    psc_producer *p = producer_of(2, 3, 8, 0, &bytes), *gap;
    psc_report report, other;
    psc_usage r;
    double rate = -1.0;
    int64_t t;
    int i;

    for (t = 0; t < 200; t++)
        for (i = 0; i < 60; i++) {                      /* the order within a minute says nothing */
            r = request_at(t * MINUTE + (i * 37 % 60) * SECOND, i % 3 == 0, (uint64_t)i);
            if (i % 2 == 1) r.cpu = missing();
            CHECK_STATUS(psc_producer_observe(p, &r), PSC_OK);
        }
    psc_report_default(&report);
    report.capacity[PSC_RESOURCE_CPU] = 0.012;
    CHECK_STATUS(psc_producer_report(p, 200 * MINUTE, 0.8, &report), PSC_OK);
    CHECK_STATUS(psc_report_check(&report), PSC_OK);
    CHECK_NEAR(report.now[PSC_RESOURCE_REQUESTS], 1.0, 0.0);
    CHECK_NEAR(report.now[PSC_RESOURCE_CPU], 0.01, 1e-12);
    CHECK_NEAR(report.now[PSC_RESOURCE_MEMORY], 1000.0, 0.0);
    CHECK_NEAR(report.expected[PSC_RESOURCES + PSC_RESOURCE_NETWORK], 500.0, 1.0);
    CHECK_NEAR(report.confidence, 1.0, 0.0);
    CHECK_INT(report.advice, PSC_ADVICE_FULL);          /* 0.01 of 0.012 is more than 80 % */
    CHECK_INT(report.advice_resource, PSC_RESOURCE_CPU);
    CHECK_NEAR(report.advice_share, 0.0416667, 0.01);
    CHECK_STATUS(psc_producer_type(p, 1, 1, 0.5, &rate), PSC_OK);
    CHECK_NEAR(rate, 1.0 / 3.0, 0.01);
    CHECK_STATUS(psc_producer_type(p, 2, 1, 0.5, &rate), PSC_ERR_RANGE);
    CHECK_STATUS(psc_producer_type(p, -1, 1, 0.5, &rate), PSC_ERR_RANGE);

    gap = (psc_producer *)block_copy(p, bytes);
    for (t = 200; t < 230; t++) CHECK_STATUS(psc_producer_advance(p, t * MINUTE), PSC_OK);       /* up, and idle */
    CHECK_STATUS(psc_producer_advance(gap, 229 * MINUTE), PSC_OK);                              /* down */
    CHECK_STATUS(psc_producer_report(p, 230 * MINUTE, 0.8, &report), PSC_OK);
    psc_report_default(&other);
    CHECK_STATUS(psc_producer_report(gap, 230 * MINUTE, 0.8, &other), PSC_OK);
    CHECK(report.expected[0] < 0.1 && other.expected[0] > 0.9);
    CHECK(report.confidence > 0.99 && other.confidence < 0.95);
    CHECK_STATUS(psc_producer_report(p, 100 * MINUTE, 0.8, &report), PSC_ERR_RANGE);
    CHECK_STATUS(psc_producer_report(p, 230 * MINUTE, 0.04, &report), PSC_ERR_RANGE);
    CHECK_STATUS(psc_producer_report(p, 230 * MINUTE, 0.8, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_producer_report(p, INT64_MAX, 0.8, &report), PSC_ERR_RANGE);
    CHECK_STATUS(psc_producer_report(p, -1, 0.8, &report), PSC_ERR_RANGE);
    report.horizon[2] = 5000 * MINUTE;
    CHECK_STATUS(psc_producer_report(p, 230 * MINUTE, 0.8, &report), PSC_ERR_RANGE);
    report.points = 0;
    CHECK_STATUS(psc_producer_report(p, 230 * MINUTE, 0.8, &report), PSC_ERR_RANGE);
    free(gap);
    free(p);
}

/* Every source that is heavy enough is held, its load bounded from both sides. */
static void test_sources(void)
{
    size_t bytes, count = 0, i;
    psc_producer *p = producer_of(1, 1, 64, 0, &bytes), *none;
    psc_source out[64];
    psc_usage r;
    uint64_t seed = 1;
    double rest = 0.0, sum = 0.0;
    int n, heavy = 0;

    CHECK_STATUS(psc_producer_sources(p, out, 64, &count, &rest), PSC_OK);
    CHECK(count == 0 && rest == 0.0);
    for (n = 0; n < 20000; n++) {
        const uint64_t draw = test_random(&seed);
        r = request_at(0, 0, draw % 4 != 0 ? draw / 4 % 3 + 1 : draw % 1000 + 10);      /* 1, 2, 3 are a quarter each */
        CHECK_STATUS(psc_producer_observe(p, &r), PSC_OK);
    }
    CHECK_STATUS(psc_producer_sources(p, out, 64, &count, &rest), PSC_OK);
    CHECK_INT(count, 64);
    for (i = 0; i < count; i++) {
        CHECK(out[i].error <= out[i].load && (i == 0 || out[i].load <= out[i - 1].load));
        sum += out[i].load - out[i].error;
        if (out[i].source >= 1 && out[i].source <= 3) {
            heavy++;
            CHECK(out[i].load - out[i].error <= 5200.0 && out[i].load >= 4800.0);
            CHECK(i < 3);
        }
    }
    CHECK_INT(heavy, 3);
    CHECK_NEAR(sum + rest, 20000.0, 1e-6);
    CHECK_STATUS(psc_producer_sources(p, out, 2, &count, &rest), PSC_OK);
    CHECK(count == 2 && rest > 9000.0);
    CHECK_STATUS(psc_producer_sources(p, NULL, 0, &count, &rest), PSC_OK);
    CHECK(count == 0 && fabs(rest - 20000.0) < 1e-9);
    CHECK_STATUS(psc_producer_sources(p, NULL, 1, &count, &rest), PSC_ERR_NULL);
    CHECK_STATUS(psc_producer_sources(p, out, 2, NULL, &rest), PSC_ERR_NULL);
    CHECK_STATUS(psc_producer_sources(p, out, 2, &count, NULL), PSC_ERR_NULL);
    r.source = 5000;
    r.size = 0.0;
    CHECK_STATUS(psc_producer_observe(p, &r), PSC_OK);      /* no load: takes no place from another */
    CHECK_STATUS(psc_producer_sources(p, out, 64, &count, &rest), PSC_OK);
    CHECK_INT(count, 64);
    for (i = 0; i < count; i++) CHECK(out[i].source != 5000);
    r.size = 1.0;
    none = producer_of(1, 1, 0, 0, &bytes);
    CHECK_STATUS(psc_producer_observe(none, &r), PSC_OK);
    CHECK_STATUS(psc_producer_sources(none, out, 2, &count, &rest), PSC_OK);
    CHECK(count == 0 && rest == 1.0);
    free(none);
    free(p);
}

/* ==== Report ==================================================================================== */

static void flat_report(psc_report *r, int64_t producer, uint64_t sequence, double now, double half)
{
    int i;

    psc_report_default(r);
    r->producer = producer;
    r->sequence = sequence;
    r->confidence = 1.0;
    r->now[0] = now;
    for (i = 0; i < r->points; i++) {
        r->expected[i * PSC_RESOURCES] = now;
        r->lower[i * PSC_RESOURCES] = now - half;
        r->upper[i * PSC_RESOURCES] = now + half;
    }
}

static void test_report_check(void)
{
    psc_report r;
    int i;

    psc_report_default(NULL);
    CHECK_STATUS(psc_report_check(NULL), PSC_ERR_NULL);
    for (i = 0; i < 24; i++) {
        flat_report(&r, 0, 1, 10.0, 1.0);
        CHECK_STATUS(psc_report_check(&r), PSC_OK);
        if (i == 0) r.struct_size++;
        if (i == 1) r.points = 0;
        if (i == 2) r.points = 5;
        if (i == 3) r.level = 0.0;
        if (i == 4) r.level = 1.0;
        if (i == 5) r.level = missing();
        if (i == 6) r.horizon[0] = 0;
        if (i == 7) r.horizon[1] = r.horizon[0];
        if (i == 8) r.horizon[2] = INT64_MAX;
        if (i == 9) r.capacity[1] = -1.0;
        if (i == 10) r.producer = -1;
        if (i == 11) r.made_at = -1;
        if (i == 12) r.confidence = 1.1;
        if (i == 13) r.now[2] = -1.0;
        if (i == 14) r.lower[0] = -1.0;
        if (i == 15) r.expected[0] = 8.9;
        if (i == 16) r.upper[0] = 9.9;
        if (i == 17) r.advice = -1;
        if (i == 18) r.advice = 4;
        if (i == 19) r.advice_resource = -1;
        if (i == 20) r.advice_resource = 4;
        if (i == 21) r.advice_share = missing();
        if (i == 22) r.advice_amount = special(2);
        if (i == 23) r.advice_share = -1.5;
        CHECK_STATUS(psc_report_check(&r), i == 0 ? PSC_ERR_VERSION : PSC_ERR_RANGE);
    }
}

/* The advice of a producer whose load is 1 a second, by what capacity it has; levels that round to 1. */
static void test_advice_of_producer(void)
{
    static const double capacity[] = {0.5, 1.25, 1.9, 50.0, 0.0};
    static const int32_t advice[] = {
        PSC_ADVICE_FULL, PSC_ADVICE_GROWTH, PSC_ADVICE_NONE, PSC_ADVICE_IDLE, PSC_ADVICE_FULL
    };
    psc_usage u = request_at(0, 0, 1);
    psc_report r;
    size_t bytes;
    psc_producer *p = producer_of(1, 2, 0, 0, &bytes);
    int t, i;

    for (t = 0; t < 60 * 40; t++) {
        u.at = t * SECOND + (t % 7 == 0 ? 30 * SECOND : 0);        /* up to a quarter more or less a minute */
        CHECK_STATUS(psc_producer_observe(p, &u), PSC_OK);
    }
    for (i = 0; i < 5; i++) {
        psc_report_default(&r);
        r.capacity[0] = capacity[i];
        r.capacity[PSC_RESOURCE_CPU] = 1000.0;          /* less in use, so that it does not count */
        CHECK_STATUS(psc_producer_report(p, 41 * MINUTE, 0.8, &r), PSC_OK);
        CHECK_INT(r.advice, advice[i]);
        CHECK_INT(r.advice_resource, PSC_RESOURCE_REQUESTS);
        CHECK(r.advice == PSC_ADVICE_NONE || (r.advice_share < 0.0) == (advice[i] == PSC_ADVICE_IDLE));
    }
    r.level = 1.0 - 1.2e-16;
    CHECK_STATUS(psc_producer_report(p, 41 * MINUTE, 0.8, &r), PSC_ERR_RANGE);
    free(p);
}

/* Sums above what a metric may be are cut to it, and the report stays one; a week alone is a season to learn, too. */
static void test_large_and_weekly(void)
{
    psc_producer_config config;
    psc_producer *p;
    psc_report r;
    psc_usage u;
    size_t bytes;
    int t, k;

    psc_producer_default(&config);
    config.period2 = 10;
    bytes = psc_producer_size(&config);
    p = (psc_producer *)block_new(bytes, 0xaa);
    CHECK_STATUS(psc_producer_init(p, bytes, &config), PSC_OK);
    for (t = 0; t < 30; t++)
        for (k = 0; k < 200; k++) {
            u = request_at(t * MINUTE + k * 1000, 0, 1);
            u.memory = u.network = PSC_MAX_METRIC;
            CHECK_STATUS(psc_producer_observe(p, &u), PSC_OK);
        }
    psc_report_default(&r);
    CHECK_STATUS(psc_producer_report(p, 30 * MINUTE, 0.8, &r), PSC_OK);
    CHECK_STATUS(psc_report_check(&r), PSC_OK);
    CHECK(r.upper[PSC_RESOURCE_MEMORY] == PSC_MAX_METRIC);
    CHECK(r.confidence > 0.9);                  /* three seasons; without one, half of what counts */
    free(p);
}

/* A producer that has seen nothing reports nothing, whatever the time is. */
static void test_producer_reports_nothing(void)
{
    size_t bytes;
    psc_producer *p = producer_of(1, 2, 0, 0, &bytes);
    psc_report report;
    int i;

    psc_report_default(&report);
    CHECK_STATUS(psc_producer_report(p, 30000000 * MINUTE, 0.8, &report), PSC_OK);
    CHECK_STATUS(psc_report_check(&report), PSC_OK);
    CHECK(report.confidence == 0.0 && report.advice == PSC_ADVICE_NONE);
    for (i = 0; i < PSC_RESOURCES; i++) CHECK(report.now[i] == 0.0 && report.expected[i] == 0.0);
    free(p);
}

/* An open bin before the first is seen; a closed one is not. */
static void test_producer_begins_late(void)
{
    psc_usage u = request_at(10 * MINUTE, 0, 1);
    size_t bytes;
    psc_producer *p = producer_of(1, 4, 0, 0, &bytes);
    double out = -1.0;

    CHECK_STATUS(psc_producer_observe(p, &u), PSC_OK);
    CHECK_STATUS(psc_producer_advance(p, 5 * MINUTE), PSC_OK);
    CHECK_STATUS(psc_producer_advance(p, 9 * MINUTE), PSC_OK);
    CHECK_STATUS(psc_producer_advance(p, 10 * MINUTE), PSC_OK);
    CHECK_STATUS(psc_producer_advance(p, 13 * MINUTE), PSC_OK);         /* closes minute 9, which had none */
    CHECK_STATUS(psc_producer_type(p, 0, 1, 0.5, &out), PSC_OK);
    CHECK_NEAR(out, 0.0, 1e-12);
    ((psc_state *)p)->words = 0;
    ((int64_t *)p)[3] = 0;                                              /* the number of types: no size at all */
    CHECK_STATUS(psc_producer_advance(p, 13 * MINUTE), PSC_ERR_STATE);
    free(p);
}

static void test_bottlenecks(void)
{
    psc_bottleneck b[4];
    psc_report r;
    size_t n = 0;
    int p, k;

    flat_report(&r, 0, 1, 0.0, 0.0);
    for (k = 0; k < PSC_RESOURCES; k++) {
        r.now[k] = 100.0;
        for (p = 0; p < 3; p++) {
            r.expected[p * PSC_RESOURCES + k] = 100.0 + 20.0 * (p + 1);
            r.lower[p * PSC_RESOURCES + k] = 80.0 + 20.0 * (p + 1);
            r.upper[p * PSC_RESOURCES + k] = 120.0 + 20.0 * (p + 1);
        }
    }
    r.capacity[0] = 150.0;      /* reached half way from the second to the third point */
    r.capacity[1] = 110.0;      /* half way to the first */
    r.capacity[2] = 180.0;      /* never, but the upper bound of the last comes near */
    r.capacity[3] = 100.0;      /* now */
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 4, &n), PSC_OK);
    CHECK_INT(n, 4);
    CHECK(b[0].resource == 3 && b[0].seconds == 0.0);
    CHECK(b[1].resource == 1 && b[2].resource == 0 && b[3].resource == 2);
    CHECK_NEAR(b[1].seconds, 150.0, 1e-9);
    CHECK_NEAR(b[2].seconds, 750.0, 1e-9);
    CHECK(b[3].seconds == -1.0);
    CHECK_NEAR(b[3].probability, 0.05, 1e-9);           /* level 0.9: the upper bound is passed one time in 20 */
    CHECK_NEAR(b[3].use, 160.0 / 180.0, 1e-15);
    CHECK(b[0].probability > 0.999);
    r.capacity[0] = r.capacity[1] = missing();
    r.capacity[2] = r.capacity[3] = 1000.0;
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 1, &n), PSC_OK);
    CHECK(n == 1 && b[0].resource == 2 && b[0].probability < 1e-9);
    r.capacity[2] = 0.0;
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 4, &n), PSC_OK);
    CHECK(n == 2 && b[0].resource == 2 && b[0].use == 1e9);
    CHECK_STATUS(psc_report_bottlenecks(&r, NULL, 4, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_report_bottlenecks(&r, NULL, 0, &n), PSC_OK);
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 4, NULL), PSC_ERR_NULL);
    r.capacity[2] = r.capacity[3] = r.expected[2] = r.expected[3];      /* at the same time: the lower one first */
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 4, &n), PSC_OK);
    CHECK(n == 2 && b[0].seconds >= 0.0);
    flat_report(&r, 0, 1, 10.0, 0.0);                   /* an interval without width: never, or for certain */
    r.expected[0] = r.lower[0] = r.upper[0] = 5.0;
    r.capacity[0] = 20.0;
    r.capacity[1] = 0.0;                                /* no capacity, and nothing that needs any */
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 4, &n), PSC_OK);
    CHECK(n == 2 && b[0].resource == 1 && b[0].use == 0.0 && b[0].probability == 1.0);
    CHECK(b[1].resource == 0 && b[1].seconds == -1.0 && b[1].use == 0.5 && b[1].probability == 0.0);
    r.points = 0;
    CHECK_STATUS(psc_report_bottlenecks(&r, b, 4, &n), PSC_ERR_RANGE);
}

/* ==== Demand ==================================================================================== */

/* Seeded loads of six kinds: level, day, heavy tails, counts, bursts on the hour, a walk. */
static double load_of(int kind, int t, uint64_t *seed, double *walk)
{
    const double u = test_uniform(seed), v = test_uniform(seed);

    switch (kind) {
    case 0: return 100.0 + 20.0 * (u + v);
    case 1: return 50.0 + 40.0 * fabs((double)(t % 96) - 48.0) / 48.0 + 10.0 * u;
    case 2: return 20.0 / (0.02 + u);
    case 3: return floor(6.0 * u * v);
    case 4: return 30.0 + 5.0 * u + (t % 60 < 6 && v < 0.5 ? 100.0 : 0.0);
    default: *walk += 4.0 * (u - 0.5); if (*walk < 1.0) *walk = 1.0; return *walk;
    }
}

/* The share of loads above what was said tracks 1 - level on every kind of series. The sum of the offset's steps is its
 * change, so share - 0.07 = change / (0.005 e T). Over T = 9,000 steps the offset is to move by no more than a quarter
 * of a mean error e: 0.25 / (0.005 * 9000) = 0.0056. */
static void test_violations_track_target(void)
{
    int kind, t;

    for (kind = 0; kind < 6; kind++) {
        psc_demand_config config;
        psc_demand_now now;
        psc_demand *d;
        uint64_t seed = 77 + (uint64_t)kind;
        double walk = 100.0, early = 0.0;
        size_t bytes;

        psc_demand_default(&config);
        config.period1 = 96;
        config.phase = 60;
        config.unit = 10.0;
        bytes = psc_demand_size(&config);
        d = (psc_demand *)block_new(bytes, 0x55);
        CHECK_STATUS(psc_demand_init(d, bytes, &config), PSC_OK);
        for (t = 0; t < 12000; t++) {
            CHECK_STATUS(psc_demand_observe(d, load_of(kind, t, &seed, &walk), 3, &now), PSC_OK);
            CHECK(now.keep >= now.order && now.order >= 0.0);
            if (t == 2999) early = now.violated * (double)now.outcomes;
        }
        CHECK_INT(now.outcomes, 12000 - 3);
        CHECK_NEAR((now.violated * (double)now.outcomes - early) / 9000.0, 0.07, 0.0056);
        free(d);
    }
}

/* What was ordered for is no less than the newest load, and stays until the steps it was said of are over. */
static void test_order_and_keep(void)
{
    psc_demand_config config;
    psc_demand_now now;
    psc_demand *d;
    size_t bytes;
    int t;

    psc_demand_default(&config);
    bytes = psc_demand_size(&config);
    d = (psc_demand *)block_new(bytes, 0);
    CHECK_STATUS(psc_demand_init(d, bytes, &config), PSC_OK);
    for (t = 0; t < 400; t++) {
        CHECK_STATUS(psc_demand_observe(d, 100.0 + t % 3, 4, &now), PSC_OK);
        if (t > 300) CHECK(now.order >= 100.0 + t % 3 && now.order < 110.0 && now.keep < 110.0);
    }
    CHECK_STATUS(psc_demand_observe(d, 5000.0, 4, &now), PSC_OK);
    CHECK(now.order >= 5000.0 && now.keep >= now.order);
    CHECK_STATUS(psc_demand_observe(d, missing(), 4, &now), PSC_OK);
    CHECK(now.order >= 5000.0);                             /* nothing new is known */
    CHECK_STATUS(psc_demand_observe(d, 100.0, 4, &now), PSC_OK);
    CHECK(now.keep <= 1.2 * now.order + 1.0);
    free(d);
}

static void test_demand_refuses(void)
{
    psc_demand_config c;
    psc_demand_now now;
    psc_demand *d;
    void *before;
    size_t bytes;
    int i;

    psc_demand_default(NULL);
    CHECK_INT(psc_demand_size(NULL), 0);
    for (i = 0; i < 9; i++) {
        psc_demand_default(&c);
        if (i == 0) c.struct_size = 0;
        if (i == 1) c.unit = 0.0;
        if (i == 2) c.level = 0.4;
        if (i == 3) c.level = 1.0;
        if (i == 4) c.phase = -1;
        if (i == 5) c.phase = PSC_MAX_PERIOD + 1;
        if (i == 6) c.period1 = -1;
        if (i == 7) c.unit = missing();
        if (i == 8) c.period2 = -2;
        CHECK_INT(psc_demand_size(&c), 0);
    }
    psc_demand_default(&c);
    bytes = psc_demand_size(&c);
    d = (psc_demand *)block_new(bytes, 1);
    CHECK_STATUS(psc_demand_observe(d, 1.0, 1, &now), PSC_ERR_STATE);
    CHECK_STATUS(psc_demand_init(d, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_demand_init(d, bytes - 8, &c), PSC_ERR_SPACE);
    CHECK_STATUS(psc_demand_init(d, bytes, &c), PSC_OK);
    before = block_copy(d, bytes);
    CHECK_STATUS(psc_demand_observe(d, 1.0, 1, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_demand_observe(d, special(2), 1, &now), PSC_ERR_NONFINITE);
    CHECK_STATUS(psc_demand_observe(d, -1.0, 1, &now), PSC_ERR_RANGE);
    CHECK_STATUS(psc_demand_observe(d, 2e15, 1, &now), PSC_ERR_RANGE);
    CHECK_STATUS(psc_demand_observe(d, 1.0, 0, &now), PSC_ERR_RANGE);
    CHECK_STATUS(psc_demand_observe(d, 1.0, PSC_MAX_LEAD + 1, &now), PSC_ERR_RANGE);
    CHECK(memcmp(before, d, bytes) == 0);
    CHECK_STATUS(psc_demand_observe(d, missing(), 1, &now), PSC_OK);
    CHECK(now.order == 0.0 && now.violated == 0.0);
    c.struct_size = 0;
    CHECK_STATUS(psc_demand_init(d, bytes, &c), PSC_ERR_VERSION);
    ((psc_state *)d)->words++;
    CHECK_STATUS(psc_demand_observe(d, 1.0, 1, &now), PSC_ERR_STATE);
    ((psc_state *)d)->words = 0;
    CHECK_STATUS(psc_demand_observe(d, 1.0, 1, &now), PSC_ERR_STATE);
    free(before);
    free(d);
}

/* ==== Scaler ==================================================================================== */

static psc_scaler *scaler_of(const psc_scaler_config *config)
{
    const size_t bytes = psc_scaler_size(config);
    psc_scaler *s = (psc_scaler *)block_new(bytes + 8, 0xee);

    CHECK_STATUS(psc_scaler_init(s, bytes, config), PSC_OK);
    return s;
}

static void test_scaler_config(void)
{
    psc_scaler_config c;
    uint64_t memory[2];
    int i;

    psc_scaler_default(NULL);
    CHECK_INT(psc_scaler_size(NULL), 0);
    for (i = 0; i < 35; i++) {
        psc_scaler_default(&c);
        CHECK(psc_scaler_size(&c) > 0);
        if (i == 0) c.struct_size = 0;
        if (i == 1) c.producers = -1;
        if (i == 2) c.producers = 65537;
        if (i == 3) c.step_ns = 999999;
        if (i == 4) c.step_ns = 86401 * SECOND;
        if (i == 5) c.boot_ns = -1;
        if (i == 6) c.boot_ns = 31 * c.step_ns + 1;
        if (i == 7) c.out_cooldown_ns = -1;
        if (i == 8) c.out_cooldown_ns = 86401 * SECOND;
        if (i == 9) c.in_cooldown_ns = -1;
        if (i == 10) c.in_cooldown_ns = 86401 * SECOND;
        if (i == 11) c.starts_ns = 0;
        if (i == 12) c.starts_ns = 31 * 86400 * SECOND;
        if (i == 13) c.max_starts = 0;
        if (i == 14) c.max_starts = INT64_C(2147483649);
        if (i == 15) c.min_units = -1;
        if (i == 16) c.max_units = 0;
        if (i == 17) c.min_units = c.max_units + 1;
        if (i == 18) c.max_units = INT64_C(2147483649);
        if (i == 19) c.stale_ns = -1;
        if (i == 20) c.forget_ns = c.stale_ns - 1;
        if (i == 21) c.miss_price = 0.9;
        if (i == 22) c.miss_price = 1001.0;
        if (i == 23) c.jump = 0.5;
        if (i == 24) c.jump = missing();
        if (i == 25) c.unit[0] = 0.0;                   /* nothing limits */
        if (i == 26) c.unit[1] = -1.0;
        if (i == 27) c.unit[2] = special(2);
        if (i == 28) c.period1 = -1;
        if (i == 29) c.phase = -1;
        if (i == 30) c.unit[3] = 1e-12;
        if (i == 31) c.forget_ns = INT64_MAX;
        if (i == 32) c.min_units = c.max_units = 0;
        if (i == 33) c.period2 = PSC_MAX_PERIOD + 1;
        if (i == 34) c.jump = 2e6;
        CHECK_INT(psc_scaler_size(&c), 0);
    }
    CHECK_STATUS(psc_scaler_init((psc_scaler *)memory, 16, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_scaler_init((psc_scaler *)memory, 16, &c), PSC_ERR_RANGE);
    psc_scaler_default(&c);
    CHECK_STATUS(psc_scaler_init((psc_scaler *)memory, 16, &c), PSC_ERR_SPACE);
    c.struct_size = 1;
    CHECK_STATUS(psc_scaler_init((psc_scaler *)memory, 16, &c), PSC_ERR_VERSION);
}

/* Load as it comes from a rule, units as they boot: what was ordered and when. */
static psc_decision step(psc_scaler *s, int64_t minute, double load, int64_t active, int64_t pending)
{
    double loads[PSC_RESOURCES];
    psc_decision d;

    memset(&d, 0, sizeof d);
    loads[0] = load;
    loads[1] = loads[2] = loads[3] = missing();
    CHECK_STATUS(psc_scaler_step(s, minute * MINUTE, loads, active, pending, &d), PSC_OK);
    CHECK(d.units == active + pending + d.change);
    return d;
}

/* A daily ramp that is known: units serve before the load is there. */
static void test_scales_before_the_load(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    int64_t active = 10, order[8] = {0, 0, 0, 0, 0, 0, 0, 0}, pending = 0, paid = 0, t;
    double missed = 0.0;
    psc_decision d;

    psc_scaler_default(&c);
    c.unit[0] = 10.0;
    c.period1 = 144;
    s = scaler_of(&c);
    for (t = 0; t < 144 * 10; t++) {
        const double load = 400.0 - 300.0 * fabs((double)(t % 144) - 72.0) / 72.0;
        active += order[t % 8];
        pending -= order[t % 8];
        order[t % 8] = 0;
        if (t >= 144 * 5) {
            if ((double)active * 10.0 < load) missed += load / 10.0 - (double)active;
            paid += active + pending;
        }
        d = step(s, t, load, active, pending);
        CHECK_INT(d.lead, 6);
        if (d.change > 0) {
            order[(t + 6) % 8] += d.change;
            pending += d.change;
        }
        if (d.change < 0) {
            CHECK(pending == 0 || d.change >= -pending - active);
            active += d.change;
            if (active < 0) active = 0;
        }
    }
    CHECK(missed <= 90.0);      /* a reactive rule lacks the rise of 6 steps, 2.5 units, in 72 steps of 5 days: 900 */
    CHECK(paid < 144 * 5 * 30);                         /* 25 on the mean, and it does not just keep 40 */
    free(s);
}

static void test_bounds_and_budget(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    psc_decision d;
    int t;

    psc_scaler_default(&c);
    c.min_units = 2;
    c.max_units = 30;
    c.max_starts = 10;
    c.starts_ns = 10 * MINUTE;
    c.out_cooldown_ns = 2 * MINUTE;
    c.in_cooldown_ns = 5 * MINUTE;
    s = scaler_of(&c);
    d = step(s, 0, 0.0, 1, 0);
    CHECK(d.units == 2 && d.reason == PSC_SCALE_BOUND);
    d = step(s, 1, 20.0, 2, 0);
    CHECK(d.units == 2 && d.reason == PSC_SCALE_COOLDOWN);
    d = step(s, 2, 20.0, 2, 0);
    CHECK(d.units == 12 && d.reason == PSC_SCALE_BUDGET);       /* 10 starts, the first one refilled */
    d = step(s, 3, 20.0, 2, 10);
    CHECK(d.change == 0 && d.reason == PSC_SCALE_COOLDOWN);
    d = step(s, 4, 20.0, 2, 10);
    CHECK(d.change == 2 && d.reason == PSC_SCALE_BUDGET);       /* two minutes are two starts */
    d = step(s, 20, 1000.0, 12, 2);
    CHECK(d.change == 10 && d.reason == PSC_SCALE_BUDGET);
    d = step(s, 40, 1000.0, 28, 0);
    CHECK(d.units == 30 && d.reason == PSC_SCALE_BOUND);
    CHECK(d.vertical > 0.0 && d.vertical_units == 28);
    d = step(s, 41, 0.0, 40, 0);
    CHECK(d.units == 30 && d.reason == PSC_SCALE_BOUND);
    for (t = 42; t < 400; t++) d = step(s, t, 0.5, 30, 0);
    CHECK(d.reason == PSC_SCALE_COOLDOWN ? d.units == 30 : d.reason == PSC_SCALE_IN && d.units < 30);
    free(s);
}

static void test_holds_and_cools(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    psc_decision d;
    psc_report total;
    int t, acted = 0;

    psc_scaler_default(&c);
    c.in_cooldown_ns = 10 * MINUTE;
    s = scaler_of(&c);
    for (t = 0; t < 100; t++) d = step(s, t, 9.5, 12, 0);
    CHECK_NEAR(d.expected, 9.5, 0.01);
    CHECK(d.vertical == 0.0 && d.upper < 12.0);
    for (t = 100; t < 1000; t++) d = step(s, t, 9.5, 10, 0);
    CHECK(d.reason == PSC_SCALE_HOLD && d.change == 0);
    for (t = 1000; t < 1020; t++) acted += step(s, t, 9.5, 20, 0).change < 0;
    CHECK_INT(acted, 2);                                /* at 1000 and at 1010 */
    d = step(s, 1020, missing(), 10, 0);                /* time goes on without a value */
    CHECK(d.units >= 9 && d.units <= 11);
    d = step(s, 1021, 9.5, 0, 0);                       /* where nothing runs, nothing can be larger */
    CHECK(d.change >= 9 && d.vertical == 0.0 && d.vertical_units == 0);
    psc_report_default(&total);
    CHECK_STATUS(psc_scaler_total(s, 1021 * MINUTE, &total), PSC_OK);
    CHECK(total.capacity[0] != total.capacity[0] && total.confidence == 0.0);
    free(s);
}

static void test_boots_are_learned(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    uint64_t seed = 3;
    int i;

    psc_scaler_default(&c);
    s = scaler_of(&c);
    CHECK_INT(step(s, 0, 1.0, 1, 0).lead, 6);
    CHECK_STATUS(psc_scaler_booted(s, -1), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_booted(s, 2 * MINUTE), PSC_OK);
    CHECK_STATUS(psc_scaler_booted(s, MINUTE), PSC_OK);
    CHECK_INT(step(s, 1, 1.0, 1, 0).lead, 6);           /* two say little */
    CHECK_STATUS(psc_scaler_booted(s, MINUTE), PSC_OK);
    CHECK_INT(step(s, 2, 1.0, 1, 0).lead, 3);
    for (i = 0; i < 3000; i++)                          /* 0.9 quantile of 5..10 minutes: 9.5, rounded up 10, and 1 */
        CHECK_STATUS(psc_scaler_booted(s, 5 * MINUTE + (int64_t)(test_uniform(&seed) * 5.0 * 60e9)), PSC_OK);
    i = step(s, 3, 1.0, 1, 0).lead;
    CHECK(i >= 10 && i <= 12);
    for (i = 0; i < 300; i++) CHECK_STATUS(psc_scaler_booted(s, INT64_MAX), PSC_OK);
    CHECK_INT(step(s, 4, 1.0, 1, 0).lead, 32);
    for (i = 0; i < 3000; i++) CHECK_STATUS(psc_scaler_booted(s, 0), PSC_OK);
    CHECK(step(s, 5, 1.0, 1, 0).lead <= 2);
    free(s);
}

static void test_scaler_refuses(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    psc_report r, total;
    psc_decision d;
    void *before;
    size_t bytes;
    double load[PSC_RESOURCES] = {1.0, 0.0, 0.0, 0.0};

    psc_scaler_default(&c);
    c.producers = 2;
    s = scaler_of(&c);
    bytes = psc_scaler_size(&c);
    flat_report(&r, 0, 5, 10.0, 1.0);
    r.epoch = 3;
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_OK);
    before = block_copy(s, bytes);
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_ERR_REPEAT);
    r.sequence = 4;
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_ERR_STALE);
    r.sequence = 9;
    r.epoch = 2;
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_ERR_STALE);
    r.epoch = 4;
    CHECK_STATUS(psc_scaler_report(s, &r, -1), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_report(s, &r, INT64_MAX), PSC_ERR_RANGE);
    r.producer = 2;
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_ERR_RANGE);
    r.level = 2.0;
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_report(s, NULL, MINUTE), PSC_ERR_NULL);
    psc_report_default(&total);
    CHECK_STATUS(psc_scaler_total(s, -1, &total), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_total(s, INT64_MAX, &total), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_total(s, 0, NULL), PSC_ERR_NULL);
    total.points = 9;
    CHECK_STATUS(psc_scaler_total(s, 0, &total), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_step(s, 0, load, 1, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_scaler_step(s, -1, load, 1, 0, &d), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_step(s, INT64_MAX, load, 1, 0, &d), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_step(s, 0, load, -1, 0, &d), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_step(s, 0, load, INT64_C(2147483649), 0, &d), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_step(s, 0, load, 0, -1, &d), PSC_ERR_RANGE);
    CHECK_STATUS(psc_scaler_step(s, 0, load, 0, INT64_C(2147483649), &d), PSC_ERR_RANGE);
    load[0] = special(2);
    CHECK_STATUS(psc_scaler_step(s, 0, load, 1, 0, &d), PSC_ERR_NONFINITE);
    load[0] = -1.0;
    CHECK_STATUS(psc_scaler_step(s, 0, load, 1, 0, &d), PSC_ERR_RANGE);
    CHECK(memcmp(before, s, bytes) == 0);
    ((psc_state *)s)->words++;
    CHECK_STATUS(psc_scaler_step(s, 0, NULL, 1, 0, &d), PSC_ERR_STATE);
    CHECK_STATUS(psc_scaler_total(s, 0, &total), PSC_ERR_STATE);
    CHECK_STATUS(psc_scaler_report(s, &r, 0), PSC_ERR_STATE);
    CHECK_STATUS(psc_scaler_booted(s, 0), PSC_ERR_STATE);
    ((psc_state *)s)->words--;
    ((int64_t *)s)[2] = -5;                             /* the number of producers */
    CHECK_STATUS(psc_scaler_booted(s, 0), PSC_ERR_STATE);
    free(before);
    free(s);
    s = scaler_of(&c);
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_ERR_RANGE);     /* level 2 */
    flat_report(&r, 0, 5, 10.0, 1.0);
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_OK);
    r.epoch++;
    r.sequence = 0;
    CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_OK);             /* it was started anew */
    free(s);
}

static void test_total(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    psc_report r, fresh, stale, gone;
    int i;

    psc_scaler_default(&c);
    c.producers = 4;
    s = scaler_of(&c);
    psc_report_default(&fresh);
    CHECK_STATUS(psc_scaler_total(s, 0, &fresh), PSC_OK);
    CHECK(fresh.now[0] == 0.0 && fresh.upper[0] == 0.0 && fresh.confidence == 0.0);
    for (i = 0; i < 4; i++) {
        flat_report(&r, i, 1, 100.0, 16.448536269514722);       /* sd 10 at level 0.9 */
        r.capacity[0] = 200.0;
        CHECK_STATUS(psc_scaler_report(s, &r, MINUTE), PSC_OK);
    }
    CHECK_STATUS(psc_scaler_total(s, MINUTE, &fresh), PSC_OK);
    CHECK_NEAR(fresh.now[0], 400.0, 1e-9);
    CHECK_NEAR(fresh.capacity[0], 800.0, 1e-9);
    CHECK(fresh.capacity[1] != fresh.capacity[1]);
    CHECK_NEAR(fresh.upper[0] - fresh.expected[0], 2.0 * 16.448536269514722, 1e-6);   /* independent: sqrt(4) */
    CHECK_NEAR(fresh.confidence, 1.0, 1e-12);
    CHECK_STATUS(psc_report_check(&fresh), PSC_OK);
    stale = fresh;
    CHECK_STATUS(psc_scaler_total(s, 31 * MINUTE, &stale), PSC_OK);
    CHECK_NEAR(stale.expected[0], 400.0, 1e-9);                 /* widened, not dropped */
    CHECK(stale.upper[0] - stale.expected[0] > 3.0 * (fresh.upper[0] - fresh.expected[0]));
    CHECK_NEAR(stale.confidence, 0.5, 1e-12);
    flat_report(&r, 0, 2, 100.0, 16.448536269514722);
    CHECK_STATUS(psc_scaler_report(s, &r, 62 * MINUTE), PSC_OK);
    gone = fresh;
    CHECK_STATUS(psc_scaler_total(s, 62 * MINUTE, &gone), PSC_OK);      /* three are dropped, and made up for */
    CHECK_NEAR(gone.expected[0], 400.0, 1e-9);
    CHECK(gone.upper[0] - gone.expected[0] > 150.0);
    CHECK_NEAR(gone.confidence, 0.25, 1e-12);
    CHECK(gone.capacity[0] != gone.capacity[0]);
    CHECK_STATUS(psc_scaler_total(s, 500 * MINUTE, &gone), PSC_OK);
    CHECK(gone.expected[0] == 0.0);
    for (i = 0; i < 4; i++) {
        flat_report(&r, i, 3, 100.0, 1.0);
        r.capacity[0] = PSC_MAX_METRIC;
        r.level = 0.0005;                       /* says nothing: as uncertain as a jump that is believed */
        CHECK_STATUS(psc_scaler_report(s, &r, 501 * MINUTE), PSC_OK);
    }
    CHECK_STATUS(psc_scaler_total(s, 501 * MINUTE, &fresh), PSC_OK);
    CHECK(fresh.capacity[0] == PSC_MAX_METRIC);
    CHECK_NEAR(fresh.expected[0], 400.0, 1e-9);
    CHECK_NEAR(fresh.upper[0] - fresh.expected[0], 2.0 * 1.6448536269514722 * c.jump * 100.0, 1e-6);
    free(s);
}

/* No reports yet, and none any more: a step without a load is one whose load is missing. */
static void test_unheard(void)
{
    const double unknown[PSC_RESOURCES] = {missing(), missing(), missing(), missing()};
    psc_scaler_config c;
    psc_scaler *s, *same;
    psc_decision d, want;
    psc_report r;
    int t;

    psc_scaler_default(&c);
    c.producers = 1;
    s = scaler_of(&c);
    same = scaler_of(&c);
    flat_report(&r, 0, 1, 100.0, 5.0);
    for (t = 0; t < 400; t += t > 0 ? 1 : 300) {
        CHECK_STATUS(psc_scaler_step(s, t * MINUTE, NULL, 3, 0, &d), PSC_OK);
        CHECK_STATUS(psc_scaler_step(same, t * MINUTE, unknown, 3, 0, &want), PSC_OK);
        CHECK(d.units == want.units && d.reason == want.reason && d.expected == want.expected && d.upper == want.upper);
        if (t > 0) continue;
        CHECK_STATUS(psc_scaler_report(s, &r, 0), PSC_OK);              /* long dropped at the next step */
        CHECK_STATUS(psc_scaler_report(same, &r, 0), PSC_OK);
    }
    CHECK_STATUS(psc_scaler_step(NULL, 0, NULL, 3, 0, &d), PSC_ERR_NULL);
    ((psc_state *)same)->kind++;
    CHECK_STATUS(psc_scaler_step(same, 400 * MINUTE, NULL, 3, 0, &d), PSC_ERR_STATE);
    CHECK_STATUS(psc_scaler_report(same, &r, 400 * MINUTE), PSC_ERR_STATE);
    CHECK_STATUS(psc_scaler_booted(same, MINUTE), PSC_ERR_STATE);
    CHECK_STATUS(psc_scaler_total(same, 400 * MINUTE, &r), PSC_ERR_STATE);
    free(s);
    free(same);
}

/* Errors that all producers share are seen as shared; errors of their own as their own. */
static void test_correlation(void)
{
    double upper[2] = {0.0, 0.0};
    int shared, t, i;

    for (shared = 0; shared < 2; shared++) {
        psc_scaler_config c;
        psc_scaler *s;
        psc_decision d;
        psc_report r;
        uint64_t seed = 11;

        psc_scaler_default(&c);
        c.producers = 20;
        s = scaler_of(&c);
        memset(&d, 0, sizeof d);
        for (t = 1; t < 300; t++) {
            const double common = test_uniform(&seed) * 20.0 - 10.0;
            for (i = 0; i < 20; i++) {
                flat_report(&r, i, (uint64_t)t, 100.0 + (shared ? common : test_uniform(&seed) * 20.0 - 10.0), 10.0);
                CHECK_STATUS(psc_scaler_report(s, &r, t * MINUTE), PSC_OK);
            }
            CHECK_STATUS(psc_scaler_step(s, t * MINUTE, NULL, 100, 0, &d), PSC_OK);
        }
        if (shared) CHECK(d.rho > 0.8);
        else CHECK(d.rho < 0.2);
        CHECK_NEAR(d.confidence, 1.0, 1e-12);
        CHECK(d.expected > 1800.0 && d.expected < 2200.0);
        for (i = 0; i < 20; i++) {                          /* the same reports to both, but for what was learned */
            flat_report(&r, i, 300, 100.0, 40.0);
            CHECK_STATUS(psc_scaler_report(s, &r, 300 * MINUTE), PSC_OK);
        }
        CHECK_STATUS(psc_scaler_step(s, 300 * MINUTE, NULL, 100, 0, &d), PSC_OK);
        upper[shared] = d.upper;
        free(s);
    }
    /* sd of a producer: 40 / 1.645 = 24.3; of the sum: 20 of them where they are one, sqrt(20) where they are apart */
    CHECK(upper[0] > 2000.0 + 1.4 * 4.4 * 24.3 && upper[1] > 2000.0 + 1.4 * 0.8 * 20.0 * 24.3);
}

/* A scaler whose second demand is broken refuses a step before the first has learned anything of it. */
static void test_broken_demand(void)
{
    double load[PSC_RESOURCES] = {5.0, 3.0, 0.0, 0.0};
    psc_scaler_config c;
    psc_scaler *s;
    psc_decision d;
    uint64_t *word;
    void *before;
    size_t bytes, i, heads = 0;

    psc_scaler_default(&c);
    c.unit[PSC_RESOURCE_CPU] = 1.0;
    bytes = psc_scaler_size(&c);
    s = scaler_of(&c);
    CHECK_STATUS(psc_scaler_step(s, 0, load, 1, 0, &d), PSC_OK);
    word = (uint64_t *)(void *)s;
    for (i = 1; i < bytes / 8; i++) {
        if (word[i] >> 40 != word[0] >> 40) continue;       /* the heads of two demands and of their trackers */
        heads++;
        word[i + 1]++;
        before = block_copy(s, bytes);
        CHECK_STATUS(psc_scaler_step(s, MINUTE, load, 1, 0, &d), PSC_ERR_STATE);
        CHECK(memcmp(before, s, bytes) == 0);
        free(before);
        word[i + 1]--;
    }
    CHECK_INT(heads, 4);
    CHECK_STATUS(psc_scaler_step(s, MINUTE, load, 1, 0, &d), PSC_OK);
    free(s);
}

/* A demand of as many words, valid but with another clock period than its scaler's, is none of that scaler. */
static void test_foreign_demand(void)
{
    psc_demand_config own;
    psc_scaler_config c;
    psc_demand *other;
    psc_scaler *s;
    unsigned char *saved;
    uint64_t *word;
    size_t bytes, size, i, found = 0;
    int phase;

    psc_scaler_default(&c);
    c.period1 = 5;
    c.period2 = 9;
    c.phase = 4;
    bytes = psc_scaler_size(&c);
    saved = (unsigned char *)block_new(bytes + 64, 0);
    for (phase = 3; phase <= 4; phase++) {
        psc_demand_default(&own);
        own.period1 = 5;
        own.period2 = 13 - phase;
        own.phase = phase;
        size = psc_demand_size(&own);
        other = (psc_demand *)block_new(size, 0);
        CHECK_STATUS(psc_demand_init(other, size, &own), PSC_OK);
        s = scaler_of(&c);
        word = (uint64_t *)(void *)s;
        for (i = 1; i + size / 8 <= bytes / 8; i++)
            if (word[i] == ((psc_state *)other)->kind && word[i + 1] == size / 8) {
                memcpy(&word[i], other, size);
                found++;
            }
        CHECK_STATUS(psc_save(s, saved, bytes + 64, &size), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_SCALER, saved, size, s, bytes), phase == 4 ? PSC_OK : PSC_ERR_CORRUPT);
        free(other);
        free(s);
    }
    CHECK_INT(found, 2);
    free(saved);
}

/* A producer that suddenly claims a thousand times its load moves the total by what jump allows, and no more. */
static void test_liar(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    psc_report r, total;
    int t, i;

    psc_scaler_default(&c);
    c.producers = 10;
    s = scaler_of(&c);
    for (t = 1; t <= 20; t++)
        for (i = 0; i < 10; i++) {
            flat_report(&r, i, (uint64_t)t, 100.0, 10.0);
            CHECK_STATUS(psc_scaler_report(s, &r, t * MINUTE), PSC_OK);
        }
    flat_report(&r, 3, 21, 1e5, 10.0);
    CHECK_STATUS(psc_scaler_report(s, &r, 20 * MINUTE), PSC_OK);
    psc_report_default(&total);
    CHECK_STATUS(psc_scaler_total(s, 20 * MINUTE, &total), PSC_OK);
    CHECK_NEAR(total.now[0], 900.0 + 800.0, 1e-6);
    CHECK(total.upper[0] < 3000.0);
    flat_report(&r, 3, 22, 1e5, 10.0);
    CHECK_STATUS(psc_scaler_report(s, &r, 21 * MINUTE), PSC_OK);
    CHECK_STATUS(psc_scaler_total(s, 21 * MINUTE, &total), PSC_OK);
    CHECK_NEAR(total.now[0], 900.0 + 800.0 * (1.0 + 7.0 / 20.0), 1e-6);
    free(s);
}

/* ==== Save and load ============================================================================= */

/* Saved in mid-course, loaded, and both go on with the same bits. */
static void reload(void *state, int32_t type, void **again)
{
    const size_t bytes = psc_save_size(state);
    unsigned char *saved = (unsigned char *)block_new(bytes, 0);
    size_t written = 0, i;

    CHECK_STATUS(psc_save(state, saved, bytes, &written), PSC_OK);
    CHECK_INT(psc_state_type(state), type);
    *again = block_new(bytes - 8, 0x11);
    CHECK_STATUS(psc_load(type, saved, written, *again, bytes - 8), PSC_OK);
    CHECK(memcmp(*again, state, bytes - 8) == 0);
    for (i = 0; i < bytes; i += 97) {
        saved[i] ^= 4;
        CHECK(psc_load(type, saved, written, *again, bytes - 8) < 0);
        saved[i] ^= 4;
    }
    free(saved);
}

static void test_saved(void)
{
    psc_scaler_config c;
    psc_scaler *s;
    psc_decision a, b;
    psc_report r;
    void *again;
    uint64_t seed = 8;
    double walk = 50.0;
    size_t bytes;
    psc_producer *p = producer_of(3, 2, 8, 10, &bytes);
    int t;

    psc_scaler_default(&c);
    c.producers = 3;
    c.unit[1] = 0.5;
    c.period1 = 24;
    c.phase = 6;
    s = scaler_of(&c);
    for (t = 1; t < 100; t++) {
        psc_usage q = request_at(t * MINUTE, t % 3, (uint64_t)t % 5);
        CHECK_STATUS(psc_producer_observe(p, &q), PSC_OK);
        flat_report(&r, t % 3, (uint64_t)t, load_of(5, t, &seed, &walk), 1.0);
        CHECK_STATUS(psc_scaler_report(s, &r, t * MINUTE), PSC_OK);
        CHECK_STATUS(psc_scaler_step(s, t * MINUTE, NULL, 30, 0, &a), PSC_OK);
    }
    reload(p, PSC_TYPE_PRODUCER, &again);
    free(again);
    reload(s, PSC_TYPE_SCALER, &again);
    for (; t < 120; t++) {
        CHECK_STATUS(psc_scaler_step(s, t * MINUTE, NULL, 30, 0, &a), PSC_OK);
        CHECK_STATUS(psc_scaler_step((psc_scaler *)again, t * MINUTE, NULL, 30, 0, &b), PSC_OK);
        CHECK(memcmp(&a, &b, sizeof a) == 0);
    }
    free(again);
    free(s);
    free(p);
}

int main(void)
{
    RUN(test_producer_config);
    RUN(test_producer_refuses);
    RUN(test_no_producer);
    RUN(test_producer_folds);
    RUN(test_sources);
    RUN(test_report_check);
    RUN(test_advice_of_producer);
    RUN(test_large_and_weekly);
    RUN(test_producer_reports_nothing);
    RUN(test_producer_begins_late);
    RUN(test_bottlenecks);
    RUN(test_violations_track_target);
    RUN(test_order_and_keep);
    RUN(test_demand_refuses);
    RUN(test_scaler_config);
    RUN(test_scales_before_the_load);
    RUN(test_bounds_and_budget);
    RUN(test_holds_and_cools);
    RUN(test_boots_are_learned);
    RUN(test_scaler_refuses);
    RUN(test_total);
    RUN(test_unheard);
    RUN(test_correlation);
    RUN(test_broken_demand);
    RUN(test_foreign_demand);
    RUN(test_liar);
    RUN(test_saved);
    return test_end();
}
