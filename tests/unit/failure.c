/* Failure model: the prior, what outcomes teach it, outcomes that come late, and its report of itself. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"

#include <float.h>
#include <math.h>

#define SECOND INT64_C(1000000000)

static psc_failure *model_new(const psc_failure_config *config)
{
    const size_t bytes = psc_failure_size(config);
    psc_failure *model = (psc_failure *)block_new(bytes, 0xAA);

    CHECK_STATUS(psc_failure_init(model, bytes, config), PSC_OK);
    return model;
}

static psc_node_score score_of(double z, double phi)
{
    psc_node_score s;

    memset(&s, 0, sizeof s);
    s.z = z;
    s.phi = phi;
    return s;
}

static double probability(const psc_failure *model, const psc_node_score *s)
{
    double p = -1.0;

    CHECK_STATUS(psc_failure_probability(model, s, &p), PSC_OK);
    CHECK(isfinite(p) && p >= 0.0 && p <= 1.0);
    return p;
}

static psc_failure_report report_of(const psc_failure *model)
{
    psc_failure_report r;

    CHECK_STATUS(psc_failure_report_of(model, &r), PSC_OK);
    return r;
}

/* ==== Arguments ================================================================================= */

static void test_config(void)
{
    psc_failure_config config;
    psc_failure *model;
    size_t bytes;
    int i;

    psc_failure_default(NULL);
    CHECK_INT(psc_failure_size(NULL), 0);
    psc_failure_default(&config);
    CHECK(config.capacity == 4096 && config.horizon_ns == 1800 * SECOND && config.wait_ns == 0 && config.base == 0.01
          && config.slope_z == 2.0 && config.slope_phi == 0.5 && config.correct_from == 10000.0);
    CHECK_INT(psc_failure_size(&config), 3864 + 136 * 4096);
    for (i = 0; i < 14; i++) {
        psc_failure_default(&config);
        if (i == 0) config.capacity = -1;
        if (i == 1) config.capacity = PSC_MAX_WAITING + 1;
        if (i == 2) config.horizon_ns = 0;
        if (i == 3) config.horizon_ns = INT64_MAX;
        if (i == 4) config.wait_ns = -1;
        if (i == 5) config.wait_ns = INT64_MAX;
        if (i == 6) config.base = 0.0;
        if (i == 7) config.base = 0.51;
        if (i == 8) config.slope_z = NAN;
        if (i == 9) config.slope_z = 100.1;
        if (i == 10) config.slope_phi = -0.1;
        if (i == 11) config.correct_from = 0.5;
        if (i == 12) config.correct_from = INFINITY;
        if (i == 13) config.struct_size = 0;
        CHECK_INT(psc_failure_size(&config), 0);
    }
    psc_failure_default(&config);
    config.capacity = 2;
    bytes = psc_failure_size(&config);
    model = model_new(&config);
    CHECK_STATUS(psc_failure_init(model, bytes - 1, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_failure_init(NULL, bytes, &config), PSC_ERR_NULL);
    CHECK_STATUS(psc_failure_init(model, bytes, NULL), PSC_ERR_NULL);
    config.struct_size--;
    CHECK_STATUS(psc_failure_init(model, bytes, &config), PSC_ERR_VERSION);
    free(model);
}

/* Every field that is read, with every special number and both ends: an error changes nothing. */
static void test_scores(void)
{
    psc_failure_config config;
    psc_failure *model;
    void *before;
    size_t bytes;
    int field, i;

    psc_failure_default(&config);
    config.capacity = 3;
    bytes = psc_failure_size(&config);
    model = model_new(&config);
    before = block_copy(model, bytes);
    for (field = 0; field < 4 + PSC_SIGNS; field++) {
        const double low = field < 4 ? 0.0 : -6.0, high = field < 3 ? PSC_MAX_Z : field == 3 ? PSC_MAX_PHI : 6.0;
        for (i = 0; i < SPECIALS + 2; i++) {
            const double x = i < SPECIALS ? special(i) : i == SPECIALS ? low - 1e-9 : high * (1.0 + DBL_EPSILON);
            const psc_status want = isnan(x) || isinf(x) ? PSC_ERR_NONFINITE : x < low || x > high ? PSC_ERR_RANGE
                : PSC_OK;
            psc_node_score s = score_of(1.0, 0.0);
            double p = 7.0;
            if (field == 0) s.z = x;
            if (field == 1) s.joint = x;
            if (field == 2) s.drift = x;
            if (field == 3) s.phi = x;
            if (field > 3) s.sign[field - 4] = x;
            CHECK_STATUS(psc_failure_probability(model, &s, &p), want);
            CHECK_INT(p != 7.0, want == PSC_OK);
            if (want == PSC_OK) continue;
            CHECK_STATUS(psc_failure_learn(model, &s, 1), want);
            CHECK_STATUS(psc_failure_watch(model, 1, 5, &s), want);
        }
    }
    CHECK(memcmp(model, before, bytes) == 0);
    {
        psc_node_score s = score_of(1.0, 0.0);
        double p;
        CHECK_STATUS(psc_failure_probability(NULL, &s, &p), PSC_ERR_NULL);
        CHECK_STATUS(psc_failure_probability(model, NULL, &p), PSC_ERR_NULL);
        CHECK_STATUS(psc_failure_probability(model, &s, NULL), PSC_ERR_NULL);
        CHECK_STATUS(psc_failure_learn(model, &s, 2), PSC_ERR_RANGE);
        CHECK_STATUS(psc_failure_learn(model, &s, -1), PSC_ERR_RANGE);
        CHECK_STATUS(psc_failure_report_of(model, NULL), PSC_ERR_NULL);
    }
    free(before);
    free(model);
}

/* ==== Probability =============================================================================== */

/* The prior by hand: odds ln(0.01 / 0.99) + 2 ln(z + 0.02), then the missing beat. */
static void test_prior(void)
{
    psc_failure_config config;
    psc_failure *model;
    psc_node_score s;
    double z, phi, last;

    psc_failure_default(&config);
    config.capacity = 0;
    model = model_new(&config);
    s = score_of(0.98, 0.0);
    CHECK_NEAR(probability(model, &s), 0.01, 1e-15);
    s = score_of(9.93, 0.0);                                /* (9.95)^2 = 99: even odds */
    CHECK_NEAR(probability(model, &s), 0.5, 0.001);
    s = score_of(0.98, 2.0);
    CHECK_NEAR(probability(model, &s), 0.901, 1e-12);       /* 1 - 0.99 10^-1 */
    for (last = -1.0, z = 0.0; z < PSC_MAX_Z; z += 0.7) {
        s = score_of(z, 0.0);
        CHECK(probability(model, &s) > last);
        last = probability(model, &s);
    }
    for (last = -1.0, phi = 0.0; phi <= PSC_MAX_PHI; phi += 0.3) {
        s = score_of(3.0, phi);
        CHECK(probability(model, &s) >= last);
        last = probability(model, &s);
    }
    CHECK(last == 1.0);
    free(model);
}

/* A world whose odds are linear in the model's terms: what is told comes true, and is better than the share. */
static void learn_world(psc_failure *model, int rows, uint64_t seed, int bent)
{
    int i;

    for (i = 0; i < rows; i++) {
        psc_node_score s = score_of(exp(4.0 * test_uniform(&seed) - 1.0), 0.0);
        double odds;
        s.joint = exp(2.0 * test_uniform(&seed) - 2.0);
        s.signs = 1;
        s.sign[PSC_SIGN_ERRORS] = 4.0 * test_uniform(&seed) - 1.0;
        s.sign[PSC_SIGN_MEMORY] = 0.5;
        odds = -5.0 + 1.2 * log(s.z) + 0.5 * log(s.joint) + s.sign[PSC_SIGN_ERRORS];
        if (bent) odds = odds > -1.0 ? 3.0 : -4.0;          /* a step, which no logistic can follow */
        CHECK_STATUS(psc_failure_learn(model, &s, test_uniform(&seed) < 1.0 / (1.0 + exp(-odds))), PSC_OK);
    }
}

/* 20000 rows: the calibration error of what was told is below the sampling error of its bins, some 0.003 each, times
 * the ten of them, plus what was told while learning. */
static void test_learns(void)
{
    psc_failure_config config;
    psc_failure *model;
    psc_failure_report r;

    psc_failure_default(&config);
    config.capacity = 0;
    model = model_new(&config);
    learn_world(model, 2000, 3, 0);
    CHECK_STATUS(psc_failure_loosen(model), PSC_OK);
    CHECK(report_of(model).outcomes == 0.0);
    learn_world(model, 20000, 4, 0);
    r = report_of(model);
    CHECK(r.outcomes == 20000.0 && r.failures > 1000.0 && r.corrected == 0);
    CHECK(r.skill > 0.2 && r.ece < 0.03);
    free(model);
}

/* What no logistic can follow the isotonic regression does, to the same end. */
static void test_corrects(void)
{
    psc_failure_config config;
    psc_failure *plain, *corrected;

    psc_failure_default(&config);
    config.capacity = 0;
    config.correct_from = 1e15;
    plain = model_new(&config);
    config.correct_from = 200.0;
    corrected = model_new(&config);
    learn_world(plain, 20000, 6, 1);
    learn_world(corrected, 20000, 6, 1);
    CHECK_INT(report_of(plain).corrected, 0);
    CHECK_INT(report_of(corrected).corrected, 1);
    CHECK(report_of(corrected).ece < report_of(plain).ece);
    CHECK(report_of(corrected).brier < report_of(plain).brier);
    free(plain);
    free(corrected);
}

/* The correction between two steps stays within them, so that what was told of a row that waits can be saved. */
static void test_correction_bounds(void)
{
    psc_failure_config config;
    psc_failure *model, *loaded;
    unsigned char *saved;
    uint64_t seed = 1;
    size_t bytes, written;
    int i, k;

    psc_failure_default(&config);
    config.correct_from = 1.0;
    config.capacity = 1;
    bytes = psc_failure_size(&config);
    loaded = (psc_failure *)block_new(bytes, 0);
    saved = (unsigned char *)block_new(bytes + 8, 0);
    for (i = 0; i < 3000; i++) {
        const int rows = 1 + (int)(60.0 * test_uniform(&seed));
        const double share = test_uniform(&seed);
        psc_node_score s = score_of(1000.0, 0.0);
        config.slope_z = 20.0 + 80.0 * test_uniform(&seed);
        config.base = 0.001 + 0.3 * test_uniform(&seed);
        model = model_new(&config);
        for (k = 0; k < rows; k++) {
            s.z = 0.9 + 0.1 * test_uniform(&seed);
            CHECK_STATUS(psc_failure_learn(model, &s, test_uniform(&seed) < share), PSC_OK);
        }
        s.z = 1000.0;                                       /* a chance of 1, in a step of its own */
        CHECK_STATUS(psc_failure_learn(model, &s, 1), PSC_OK);
        probability(model, &s);
        CHECK_STATUS(psc_failure_watch(model, 1, 1, &s), PSC_OK);
        CHECK_STATUS(psc_save(model, saved, bytes + 8, &written), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_FAILURE, saved, written, loaded, bytes), PSC_OK);
        free(model);
    }
    free(loaded);
    free(saved);
}

/* The report by hand: three rows, one of them failed. */
static void test_report(void)
{
    psc_failure_config config;
    psc_failure *model;
    psc_failure_report r;
    psc_node_score s = score_of(0.98, 0.0);
    double p[3], brier = 0.0;
    double rows = 0.0;
    int i;

    psc_failure_default(&config);
    config.capacity = 0;
    model = model_new(&config);
    r = report_of(model);
    CHECK(r.outcomes == 0.0 && r.brier == 0.0 && r.skill == 0.0 && r.ece == 0.0);
    for (i = 0; i < 3; i++) {
        p[i] = probability(model, &s);
        brier += (p[i] - (i == 1)) * (p[i] - (i == 1)) / 3.0;
        CHECK_STATUS(psc_failure_learn(model, &s, i == 1), PSC_OK);
    }
    r = report_of(model);
    CHECK(p[1] < p[0] && p[2] > p[1]);
    for (i = 0; i < PSC_REPORT_BINS; i++) rows += r.rows[i];
    CHECK(r.outcomes == 3.0 && r.failures == 1.0 && rows == 3.0);
    CHECK_NEAR(r.brier, brier, 4 * DBL_EPSILON);
    CHECK_NEAR(r.skill, 1.0 - brier / (2.0 / 9.0), 32 * DBL_EPSILON);
    free(model);
    for (i = 0; i < 2; i++) {                               /* where all end alike there is no skill to speak of */
        model = model_new(&config);
        CHECK_STATUS(psc_failure_learn(model, &s, i), PSC_OK);
        r = report_of(model);
        CHECK(r.failures == i && r.skill == 0.0 && r.brier > 0.0);
        free(model);
    }
}

/* A ring that cannot be followed, by the words of the layout: capacity, first, rows. */
static void test_damage(void)
{
    static const struct {
        int word;
        int64_t value;
    } damage[] = {{4, -1}, {4, INT64_MAX}, {4, 4}, {5, -1}, {5, 3}, {6, -1}, {6, 4}};
    psc_failure_config config;
    uint64_t *model;
    psc_node_score s = score_of(1.0, 0.0);
    double p;
    size_t i;

    psc_failure_default(&config);
    config.capacity = 3;
    for (i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        model = (uint64_t *)(void *)model_new(&config);
        memcpy(model + damage[i].word, &damage[i].value, 8);
        CHECK_STATUS(psc_failure_probability((psc_failure *)(void *)model, &s, &p), PSC_ERR_STATE);
        CHECK_STATUS(psc_failure_happened((psc_failure *)(void *)model, 1, 0), PSC_ERR_STATE);
        free(model);
    }
}

/* ==== Outcomes that come late =================================================================== */

static void test_late(void)
{
    psc_failure_config config;
    psc_failure *model;
    psc_failure_report r;
    psc_node_score s = score_of(2.0, 0.0);
    int t;

    psc_failure_default(&config);
    config.capacity = 8;
    config.horizon_ns = 3 * SECOND;
    config.wait_ns = 2 * SECOND;
    model = model_new(&config);
    for (t = 0; t < 4; t++) CHECK_STATUS(psc_failure_watch(model, t % 2, t * SECOND, &s), PSC_OK);
    CHECK_STATUS(psc_failure_happened(model, 1, 4 * SECOND), PSC_OK);      /* rows of node 1: at 1 and 3 */
    r = report_of(model);
    CHECK(r.outcomes == 2.0 && r.failures == 2.0 && r.waiting == 4);
    CHECK_STATUS(psc_failure_happened(model, 1, 4 * SECOND), PSC_OK);      /* told twice is no second one */
    CHECK(report_of(model).outcomes == 2.0);
    /* rows at 2 but not at 0, whose time is over */
    CHECK_STATUS(psc_failure_censor(model, 0, 4 * SECOND), PSC_OK);
    /* at 5 nothing is due: 0 + 3 + 2 is not past */
    CHECK_STATUS(psc_failure_watch(model, 5, 5 * SECOND, &s), PSC_OK);
    CHECK(report_of(model).waiting == 5);
    /* now the first is, and what is settled behind it */
    CHECK_STATUS(psc_failure_watch(model, 5, 6 * SECOND, &s), PSC_OK);
    r = report_of(model);
    CHECK(r.outcomes == 3.0 && r.failures == 2.0 && r.waiting == 2 && r.dropped == 0);
    for (t = 0; t < 10; t++) CHECK_STATUS(psc_failure_watch(model, 5, 7 * SECOND, &s), PSC_OK);
    r = report_of(model);
    CHECK(r.waiting == 8 && r.dropped == 4);
    CHECK_STATUS(psc_failure_happened(model, 5, 7 * SECOND), PSC_OK);      /* rows of that moment say nothing */
    CHECK(report_of(model).outcomes == 3.0);
    free(model);
    config.capacity = 0;
    model = model_new(&config);
    CHECK_STATUS(psc_failure_watch(model, 1, 0, &s), PSC_ERR_SPACE);
    CHECK_STATUS(psc_failure_happened(model, 1, 0), PSC_OK);
    free(model);
}

int main(void)
{
    RUN(test_config);
    RUN(test_scores);
    RUN(test_prior);
    RUN(test_learns);
    RUN(test_corrects);
    RUN(test_correction_bounds);
    RUN(test_report);
    RUN(test_damage);
    RUN(test_late);
    return test_end();
}
