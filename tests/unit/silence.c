/* Silence: the limit of least cost, an observer that is late itself, a fleet that is late as a whole. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"

#include <float.h>
#include <math.h>

#define SECOND INT64_C(1000000000)

enum { NODES = 10 };

static psc_silence *silence_new(const psc_silence_config *config)
{
    const size_t bytes = psc_silence_size(config);
    psc_silence *s = (psc_silence *)block_new(bytes, 0xAA);

    CHECK_STATUS(psc_silence_init(s, bytes, config), PSC_OK);
    return s;
}

static psc_silence_report report_of(const psc_silence *s)
{
    psc_silence_report r;

    CHECK_STATUS(psc_silence_report_of(s, &r), PSC_OK);
    return r;
}

/* A round in which node i was heard silent[i] ns before now; returns the suspected ones as bits. */
static int round_of(psc_silence *s, int64_t now, const int64_t *silent)
{
    int64_t heard[NODES];
    int32_t suspected[NODES];
    int i, bits = 0;

    for (i = 0; i < NODES; i++) heard[i] = now - silent[i];
    CHECK_STATUS(psc_silence_round(s, now, NODES, heard, suspected), PSC_OK);
    for (i = 0; i < NODES; i++) bits |= suspected[i] << i;
    return bits;
}

static void test_config(void)
{
    psc_silence_config config;
    psc_silence *s;
    int64_t heard = 0;
    int32_t suspected = 7;
    int i;

    psc_silence_default(NULL);
    CHECK_INT(psc_silence_size(NULL), 0);
    psc_silence_default(&config);
    CHECK(config.interval_ns == SECOND && config.round_ns == SECOND && config.cost_suspect == 30.0
          && config.cost_late == 4.0
          && config.most_false == 15.0 && config.prior_ns == 7 * 86400 * SECOND);
    s = silence_new(&config);
    CHECK_INT(psc_state_type(s), PSC_TYPE_SILENCE);
    CHECK_INT(report_of(s).limit_ns, 6 * SECOND);
    CHECK_STATUS(psc_silence_round(s, 0, 1, NULL, &suspected), PSC_ERR_NULL);
    CHECK_STATUS(psc_silence_round(s, 0, 1, &heard, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_silence_round(s, 0, (size_t)INT32_MAX + 1, &heard, &suspected), PSC_ERR_RANGE);
    CHECK_STATUS(psc_silence_round(NULL, 0, 1, &heard, &suspected), PSC_ERR_NULL);
    CHECK_STATUS(psc_silence_report_of(s, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_silence_round(s, 0, 0, NULL, NULL), PSC_OK);
    CHECK_STATUS(psc_silence_init(s, psc_silence_size(&config) - 1, &config), PSC_ERR_SPACE);
    free(s);
    for (i = 0; i < 10; i++) {
        psc_silence_default(&config);
        if (i == 0) config.interval_ns = 999999;
        if (i == 1) config.interval_ns = INT64_MAX;
        if (i == 2) config.round_ns = 0;
        if (i == 3) config.round_ns = INT64_MAX;
        if (i == 4) config.cost_suspect = 0.0;
        if (i == 5) config.cost_late = NAN;
        if (i == 6) config.most_false = INFINITY;
        if (i == 7) config.prior_ns = 0;
        if (i == 8) config.prior_ns = INT64_MAX;
        if (i == 9) config.struct_size = 3;
        CHECK_INT(psc_silence_size(&config), 0);
    }
}

/* A fleet whose intervals are one second, every hundredth `rare` long. */
static psc_silence *taught(double cost_suspect, double cost_late, double most_false, int64_t rare)
{
    psc_silence_config config;
    psc_silence *s;
    int64_t quiet[NODES] = {0};
    int i;

    psc_silence_default(&config);
    config.cost_suspect = cost_suspect;
    config.cost_late = cost_late;
    config.most_false = most_false;
    s = silence_new(&config);
    for (i = 0; i < 100000; i++) CHECK_STATUS(psc_silence_learn(s, 0, i % 100 ? SECOND : rare), PSC_OK);
    CHECK_INT(round_of(s, SECOND, quiet), 0);
    return s;
}

/* Where a false suspicion costs much the limit lies above the rare long interval, where lateness does it lies below. */
static void test_cost(void)
{
    psc_silence *dear = taught(1000.0, 1e-3, 1e9, 5 * SECOND), *cheap = taught(1e-3, 1000.0, 1e9, 5 * SECOND);
    psc_silence *few = taught(1e-3, 1000.0, 15.0, 5 * SECOND);
    int64_t limit = report_of(dear).limit_ns;

    CHECK(limit > 5 * SECOND && limit < 6 * SECOND);
    CHECK(report_of(cheap).limit_ns >= 3 * SECOND / 2 && report_of(cheap).limit_ns < 2 * SECOND);
    CHECK(report_of(dear).false_a_year < 100.0 && report_of(cheap).false_a_year > 1e5);
    CHECK(report_of(few).limit_ns > 5 * SECOND);            /* too many are too many, whatever they cost */
    CHECK(report_of(dear).gaps == 100000.0);
    free(dear);
    free(cheap);
    free(few);
}

/* Rounds before any interval leave the limit of the start; a limit that is too short by cost never breaks most_false. */
static void test_limit_bounds(void)
{
    psc_silence_config config;
    psc_silence *s;
    int64_t silent[NODES] = {0};
    int i;

    psc_silence_default(&config);
    s = silence_new(&config);
    silent[0] = 5 * SECOND;
    CHECK_INT(round_of(s, 6 * SECOND, silent), 0);
    CHECK_INT(report_of(s).limit_ns, 6 * SECOND);
    free(s);

    config.cost_late = 1e9;                                 /* a second late costs more than all false suspicions */
    config.prior_ns = 60 * SECOND;
    s = silence_new(&config);
    for (i = 0; i < 1000000; i++) CHECK_STATUS(psc_silence_learn(s, 0, i < 2 ? 5 * SECOND : SECOND), PSC_OK);
    silent[0] = 0;
    CHECK_INT(round_of(s, SECOND, silent), 0);
    CHECK(report_of(s).limit_ns > 5 * SECOND && report_of(s).false_a_year <= config.most_false);
    free(s);
}

/* An interval too long, of no length, or backwards is none; failures bring the limit down. */
static void test_learns(void)
{
    psc_silence_config config;
    psc_silence *s;
    int64_t quiet[NODES] = {0}, first;
    int i;

    psc_silence_default(&config);
    s = silence_new(&config);
    CHECK_STATUS(psc_silence_learn(s, 0, 0), PSC_OK);
    CHECK_STATUS(psc_silence_learn(s, 5, 4), PSC_OK);
    CHECK_STATUS(psc_silence_learn(s, 0, 25 * SECOND), PSC_OK);
    CHECK_STATUS(psc_silence_learn(s, INT64_MIN, INT64_MAX), PSC_OK);
    CHECK(report_of(s).gaps == 0.0);
    for (i = 0; i < 20000; i++) CHECK_STATUS(psc_silence_learn(s, 0, SECOND + i * SECOND / 1500), PSC_OK);
    round_of(s, SECOND, quiet);
    first = report_of(s).limit_ns;
    for (i = 0; i < 1000000; i++) CHECK_STATUS(psc_silence_failed(s), PSC_OK);
    CHECK(report_of(s).failures == 1000000.0);
    round_of(s, 2 * SECOND, quiet);
    CHECK(report_of(s).limit_ns <= first);
    free(s);
}

/* Who is silent for longer than the limit is suspected; not after a late round, and later while many are overdue. */
static void test_rounds(void)
{
    psc_silence *s = taught(1000.0, 1e-3, 1e9, 5 * SECOND);
    const int64_t limit = report_of(s).limit_ns;
    int64_t silent[NODES] = {0};
    int64_t heard[2] = {INT64_MIN, 0};
    int32_t suspected[2];
    int i;

    silent[3] = limit + 100;
    silent[4] = limit - SECOND / 10;
    CHECK_INT(round_of(s, 2 * SECOND, silent), 0);          /* two of ten overdue: it may be the network */
    silent[4] = 0;
    CHECK_INT(round_of(s, 3 * SECOND, silent), 0);          /* which is remembered for 2.5 intervals */
    CHECK_INT(round_of(s, 4 * SECOND, silent), 0);
    CHECK_INT(round_of(s, 5 * SECOND, silent), 1 << 3);
    silent[3] = limit - 1000000;
    CHECK_INT(round_of(s, 6 * SECOND, silent), 0);
    silent[3] = 20 * SECOND;
    CHECK_INT(round_of(s, 7 * SECOND, silent), 1 << 3);
    CHECK_INT(round_of(s, 9 * SECOND, silent), 0);          /* the round was due at 8 s: the observer was late */
    CHECK_INT(report_of(s).trusted_from, 9 * SECOND + 5 * SECOND / 2);
    CHECK_INT(round_of(s, 10 * SECOND, silent), 0);
    CHECK_INT(round_of(s, 11 * SECOND, silent), 0);
    CHECK_INT(round_of(s, 12 * SECOND, silent), 1 << 3);
    for (i = 0; i < NODES; i++) silent[i] = 2 * limit + 1000;
    CHECK_INT(round_of(s, 13 * SECOND, silent), (1 << NODES) - 1);      /* twice the limit, whoever is late */
    CHECK_INT(report_of(s).overdue, NODES);
    CHECK(report_of(s).excused_ns > 2 * limit - 2 * SECOND && report_of(s).excused_ns < 2 * limit);
    CHECK_STATUS(psc_silence_round(s, 14 * SECOND, 2, heard, suspected), PSC_OK);
    CHECK_INT(suspected[0], 0);                             /* never heard of: nothing to miss */
    free(s);
}

/* Any times: no limit overflows, nobody is suspected of silence in the future. */
static void test_wild(void)
{
    static const int64_t moment[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, SECOND, INT64_MAX - 1, INT64_MAX};
    psc_silence_config config;
    psc_silence *s;
    uint64_t seed = 4;
    int i, k;

    psc_silence_default(&config);
    s = silence_new(&config);
    for (i = 0; i < 3000; i++) {
        int64_t heard[8], now = moment[test_random(&seed) % 8];
        int32_t suspected[8];
        psc_silence_report r;
        for (k = 0; k < 8; k++) heard[k] = moment[test_random(&seed) % 8];
        CHECK_STATUS(psc_silence_learn(s, heard[0], heard[1]), PSC_OK);
        CHECK_STATUS(psc_silence_round(s, now, 8, heard, suspected), PSC_OK);
        for (k = 0; k < 8; k++) if (heard[k] >= now || heard[k] == INT64_MIN) CHECK_INT(suspected[k], 0);
        r = report_of(s);
        CHECK(r.limit_ns >= 3 * SECOND / 2 && r.limit_ns < 26 * SECOND && r.excused_ns >= 0
              && isfinite(r.false_a_year));
    }
    free(s);
}

int main(void)
{
    RUN(test_config);
    RUN(test_cost);
    RUN(test_limit_bounds);
    RUN(test_learns);
    RUN(test_rounds);
    RUN(test_wild);
    return test_end();
}
