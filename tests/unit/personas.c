/* Personas: the cost model, the choice against a second computation, the lead and its share, the states of a node, shadows,
 * saved and hostile states. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

#include <math.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000000)

/* ==== Helpers =================================================================================== */

static psc_personas *personas_new(const psc_personas_config *config, size_t *bytes)
{
    const size_t need = psc_personas_size(config);
    psc_personas *p = (psc_personas *)block_new(need, 0xAA);

    CHECK_STATUS(psc_personas_init(p, need, config), PSC_OK);
    if (bytes) *bytes = need;
    return p;
}

static psc_personas_config config_of(int32_t nodes, int32_t types)
{
    psc_personas_config c;

    psc_personas_default(&c);
    c.nodes = nodes;
    c.types = types;
    c.shadow_rate = 0.0;
    return c;
}

static psc_request request_of(int32_t type, int32_t lead, double size)
{
    psc_request q;

    memset(&q, 0, sizeof q);
    q.type = type;
    q.lead = lead;
    q.size = size;
    return q;
}

static psc_outcome outcome_of(int32_t node, int ok, double seconds)
{
    psc_outcome o;

    memset(&o, 0, sizeof o);
    o.node = node;
    o.ok = ok;
    o.expected = NAN;
    o.latency = o.service = seconds;
    o.reference = o.use = NAN;
    return o;
}

static psc_persona_beat quiet(void)
{
    psc_persona_beat b;

    b.busy = b.errors = b.contention = b.workers = b.failure = NAN;
    return b;
}

static psc_persona persona_of(const psc_personas *p, int32_t node)
{
    psc_persona x;

    memset(&x, 0xFF, sizeof x);
    CHECK_STATUS(psc_personas_explain(p, node, 0, &x), PSC_OK);
    return x;
}

static psc_assignment assigned(psc_personas *p, int64_t now, int32_t type, int32_t lead, double size)
{
    const psc_request q = request_of(type, lead, size);
    psc_assignment a;

    memset(&a, 0xFF, sizeof a);
    CHECK_STATUS(psc_personas_assign(p, now, &q, &a), PSC_OK);
    return a;
}

static void ended(psc_personas *p, int64_t now, int32_t type, int32_t lead, double size, int32_t node, int ok, double seconds)
{
    const psc_request q = request_of(type, lead, size);
    const psc_outcome o = outcome_of(node, ok, seconds);

    CHECK_STATUS(psc_personas_outcome(p, now, &q, &o), PSC_OK);
}

static void beat(psc_personas *p, int64_t now, int32_t node)
{
    const psc_persona_beat b = quiet();

    CHECK_STATUS(psc_personas_beat(p, now, node, &b), PSC_OK);
}

static int reloads(const psc_personas *p, size_t bytes)
{
    unsigned char *saved = (unsigned char *)block_new(bytes + 8, 0);
    void *mem = block_new(bytes, 0x5C);
    size_t written = 0;
    int same;

    CHECK_STATUS(psc_save(p, saved, bytes + 8, &written), PSC_OK);
    same = psc_load(PSC_TYPE_PERSONAS, saved, written, mem, bytes) == PSC_OK && memcmp(mem, p, bytes) == 0;
    free(mem);
    free(saved);
    return same;
}

/* A day in the life of a fleet: any events, drawn. Each state on the way can be saved and loaded. */
static void live(psc_personas *p, const psc_personas_config *c, uint64_t *seed, int64_t *now, int events)
{
    while (events-- > 0) {
        const uint64_t what = test_random(seed) % 64;
        const int32_t node = (int32_t)(test_random(seed) % (uint64_t)c->nodes);
        const int32_t lead = (int32_t)(test_random(seed) % (uint64_t)(c->nodes + 1)) - 1;
        psc_request q = request_of((int32_t)(test_random(seed) % (uint64_t)c->types), lead, 0.2 + test_uniform(seed));
        psc_persona_beat b = quiet();
        *now += (int64_t)(test_random(seed) % 50000000);
        if (what < 40) {
            psc_assignment a;
            psc_outcome o;
            CHECK_STATUS(psc_personas_assign(p, *now, &q, &a), PSC_OK);
            o = outcome_of(a.node, test_random(seed) % 16 > 0, 0.01 + 0.05 * test_uniform(seed));
            o.expected = a.service;
            if (test_random(seed) % 4) CHECK_STATUS(psc_personas_outcome(p, *now, &q, &o), PSC_OK);
            o.node = a.shadow;
            o.shadow = 1;
            if (a.shadow >= 0) CHECK_STATUS(psc_personas_outcome(p, *now, &q, &o), PSC_OK);
        } else if (what < 58) {
            b.busy = test_uniform(seed);
            b.errors = what < 50 ? 0.0 : test_uniform(seed);
            b.failure = what == 57 ? 0.9 : 0.1;
            CHECK_STATUS(psc_personas_beat(p, *now, node, &b), PSC_OK);
        } else if (what < 60) {
            CHECK_STATUS(psc_personas_silent(p, *now, node), PSC_OK);
        } else if (what == 60) {
            CHECK_STATUS(psc_personas_drain(p, *now, node), PSC_OK);
        } else {
            CHECK_STATUS(psc_personas_resume(p, *now, node), PSC_OK);
        }
    }
}

/* ==== Arguments ================================================================================= */

static void test_sizes(void)
{
    psc_personas_config c = config_of(20, 6);

    CHECK_INT(psc_personas_size(&c), (35 + 40 * 20 + 6 * 6 + 2 * 20 * 6) * 8);
    c = config_of(64, 1);
    CHECK_INT(psc_personas_size(&c), (35 + 40 * 64 + 6 + 2 * 64) * 8);
    c = config_of(65, 1);
    CHECK_INT(psc_personas_size(&c), (35 + 42 * 65 + 6 + 2 * 65) * 8);
    CHECK_INT(psc_personas_size(NULL), 0);
    c.struct_size--;
    CHECK_INT(psc_personas_size(&c), 0);
}

/* Each field at its ends and just beyond. */
static void test_limits(void)
{
    psc_personas_config c;
    int32_t *const whole[] = {&c.nodes, &c.types, &c.policy, &c.streak, &c.cold};
    static const int32_t ends[][2] = {{1, PSC_MAX_PERSONAS}, {1, PSC_MAX_REQUEST_TYPES}, {0, 1}, {1, 1000}, {0, 1}};
    int64_t *const times[] = {&c.beat_ns, &c.hold_ns, &c.cold_ns, &c.warm_ns, &c.warm_requests};
    static const int64_t span[][2] = {{1000000, 86400 * SECOND}, {1000000, 86400 * SECOND}, {0, 86400 * SECOND},
                                      {1000000, 86400 * SECOND}, {1, INT64_C(2147483648)}};
    double *const reals[] = {&c.service, &c.error_cost, &c.price_weight, &c.congestion, &c.shift_margin, &c.target,
                             &c.drain_at, &c.shadow_rate, &c.shadow_tolerance, &c.weight_affinity, &c.weight_stability,
                             &c.weight_cost};
    static const double range[][2] = {{1e-6, 1e5}, {0, 1e6}, {0, 1e6}, {0, 100}, {0, 1000}, {0.1, 1}, {0, 1}, {0, 1},
                                      {0.1, 100}, {0, 1e6}, {0, 1e6}, {0, 1e6}};
    size_t i;
    int k;

    for (i = 0; i < 5; i++)
        for (k = 0; k < 4; k++) {
            c = config_of(3, 2);
            *whole[i] = k == 0 ? ends[i][0] : k == 1 ? ends[i][1] : k == 2 ? ends[i][0] - 1 : ends[i][1] + 1;
            CHECK_INT(psc_personas_size(&c) != 0, k < 2);
            c = config_of(3, 2);
            *times[i] = k == 0 ? span[i][0] : k == 1 ? span[i][1] : k == 2 ? span[i][0] - 1 : span[i][1] + 1;
            CHECK_INT(psc_personas_size(&c) != 0, k < 2);
        }
    for (i = 0; i < sizeof reals / sizeof reals[0]; i++)
        for (k = 0; k < SPECIALS + 2; k++) {
            c = config_of(3, 2);
            *reals[i] = k < 2 ? range[i][k] : special(k - 2);
            CHECK_INT(psc_personas_size(&c) != 0, *reals[i] >= range[i][0] && *reals[i] <= range[i][1]);
        }
    c = config_of(3, 2);
    c.weight_affinity = c.weight_stability = c.weight_cost = 0.0;
    CHECK_INT(psc_personas_size(&c), 0);
    for (k = 0; k < SPECIALS; k++) {
        double x[3] = {1.0, 1.0, 1.0};
        x[2] = special(k);
        c = config_of(3, 2);
        c.workers = x;
        CHECK_INT(psc_personas_size(&c), 0);
        c.workers = NULL;
        c.speed = x;
        CHECK_INT(psc_personas_size(&c), 0);
        c.speed = NULL;
        c.price = x;
        CHECK_INT(psc_personas_size(&c) != 0, x[2] >= 0.0 && x[2] <= 1e6);
    }
}

/* Each refused call has its code and changes nothing. */
static void test_errors(void)
{
    const psc_personas_config c = config_of(3, 2);
    size_t bytes;
    psc_personas *p = personas_new(&c, &bytes);
    psc_personas *before = (psc_personas *)block_copy(p, bytes);
    psc_request q = request_of(0, -1, 1.0), good = q;
    psc_outcome o = outcome_of(0, 1, 0.02);
    psc_persona_beat b = quiet();
    psc_persona x;
    psc_assignment a[2];
    uint64_t none[8] = {0};
    double *const parts[] = {&q.size, &q.complexity, &q.steps};
    double *const told[] = {&b.busy, &b.errors, &b.contention, &b.workers, &b.failure};
    double *const said[] = {&o.latency, &o.expected, &o.service, &o.reference, &o.use};
    int i, k;

    CHECK_STATUS(psc_personas_init(NULL, bytes, &c), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_init(p, bytes, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_init(p, bytes - 1, &c), PSC_ERR_SPACE);
    CHECK_STATUS(psc_personas_assign(NULL, 0, &q, a), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_assign((psc_personas *)none, 0, &q, a), PSC_ERR_STATE);
    CHECK_STATUS(psc_personas_assign(p, 9, NULL, a), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_assign(p, 9, &q, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_assign_all(p, 9, NULL, 0, NULL), PSC_OK);
    memcpy(p, before, bytes);
    CHECK_STATUS(psc_personas_outcome(p, 9, NULL, &o), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_outcome(p, 9, &q, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_beat(p, 9, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_beat(p, 9, 3, &b), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_beat(p, 9, -1, &b), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_silent(p, 9, 3), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_drain(p, 9, 3), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_resume(p, 9, 3), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_explain(p, 3, 0, &x), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_explain(p, 0, 2, &x), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_explain(p, 0, -1, &x), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_explain(p, 0, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_cost(p, NULL, NULL, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_personas_cost(p, &q, NULL, NULL), PSC_OK);
    q.type = 2;
    CHECK_STATUS(psc_personas_assign(p, 9, &q, a), PSC_ERR_RANGE);
    CHECK_STATUS(psc_personas_cost(p, &q, NULL, NULL), PSC_ERR_RANGE);
    q.type = -1;
    CHECK_STATUS(psc_personas_assign(p, 9, &q, a), PSC_ERR_RANGE);
    q = good;
    q.lead = 3;
    CHECK_STATUS(psc_personas_assign(p, 9, &q, a), PSC_ERR_RANGE);
    q.lead = -2;
    CHECK_STATUS(psc_personas_outcome(p, 9, &q, &o), PSC_ERR_RANGE);
    for (i = 0; i < 3; i++)
        for (k = 0; k < SPECIALS; k++) {
            q = good;
            *parts[i] = special(k);
            if (*parts[i] >= 0.0 && *parts[i] <= 1e6) continue;
            CHECK_STATUS(psc_personas_assign(p, 9, &q, a), isfinite(*parts[i]) ? PSC_ERR_RANGE : PSC_ERR_NONFINITE);
        }
    for (i = 0; i < 5; i++)
        for (k = 0; k < SPECIALS; k++) {
            const double v = special(k);
            b = quiet();
            *told[i] = v;
            if (!(isnan(v) || (v >= (i == 3 ? 0.01 : 0.0) && v <= (i == 3 ? 1e6 : 1.0))))
                CHECK_STATUS(psc_personas_beat(p, 9, 0, &b), isinf(v) ? PSC_ERR_NONFINITE : PSC_ERR_IMPOSSIBLE);
            o = outcome_of(0, 1, 0.02);
            *said[i] = v;
            if (i == 0 ? !(v >= 0.0 && v <= 1e9) : !(isnan(v) || (v >= 0.0 && v <= 1e9)))
                CHECK_STATUS(psc_personas_outcome(p, 9, &good, &o),
                             isinf(v) || (i == 0 && isnan(v)) ? PSC_ERR_NONFINITE : PSC_ERR_IMPOSSIBLE);
        }
    for (k = 0; k < 6; k++) {
        o = outcome_of(0, 1, 0.02);
        if (k < 2) o.node = k ? 3 : -1;
        else if (k < 4) o.ok = k == 2 ? 2 : -1;
        else o.shadow = k == 4 ? 2 : -1;
        CHECK_STATUS(psc_personas_outcome(p, 9, &good, &o), PSC_ERR_RANGE);
    }
    CHECK(memcmp(p, before, bytes) == 0);
    {                                                       /* the second of a batch is wrong: nothing is assigned */
        psc_request two[2];
        two[0] = good;
        two[1] = good;
        two[1].type = 7;
        CHECK_STATUS(psc_personas_assign_all(p, 9, two, 2, a), PSC_ERR_RANGE);
        CHECK(memcmp(p, before, bytes) == 0);
    }
    free(before);
    free(p);
}

/* ==== Cost model ================================================================================ */

/* Service that is linear in three parts is learned to a tenth: its noise of +- 10 % has a deviation of 0.058, a gain of 0.02
 * leaves sqrt(0.02 / 2) of it, 0.6 % of a mean request; the smallest part is a tenth of one, so 6 % of it, and the node's
 * factor adds sqrt(0.15 / 2) * 5.8 % = 1.6 %. */
static void test_parts_are_learned(void)
{
    psc_personas_config c = config_of(2, 2);
    psc_personas *p;
    uint64_t seed = 5;
    double service[2], use[2];
    psc_request q;
    int i;

    p = personas_new(&c, NULL);
    for (i = 0; i < 60000; i++) {
        psc_outcome o;
        q = request_of(1, -1, 0.5 + test_uniform(&seed));
        q.complexity = test_uniform(&seed) * 2.0;
        q.steps = (double)(test_random(&seed) % 4);
        o = outcome_of((int32_t)(test_random(&seed) % 2), 1, 0.0);
        o.service = (0.010 * q.size + 0.020 * q.complexity + 0.005 * q.steps) * (0.9 + 0.2 * test_uniform(&seed));
        o.latency = o.service;
        o.use = 3.0 * o.service;
        CHECK_STATUS(psc_personas_outcome(p, i * SECOND / 100, &q, &o), PSC_OK);
    }
    for (i = 0; i < 3; i++) {
        const double want[3] = {0.010, 0.020, 0.005};
        q = request_of(1, -1, i == 0);
        q.complexity = i == 1;
        q.steps = i == 2;
        CHECK_STATUS(psc_personas_cost(p, &q, service, use), PSC_OK);
        CHECK_NEAR(service[0], want[i], 0.1 * want[i]);
        CHECK_NEAR(use[1], 3.0 * want[i], 0.3 * want[i]);
    }
    q = request_of(0, -1, 2.0);                             /* the other type still has its prior, shrunk by the node's factor */
    CHECK_STATUS(psc_personas_cost(p, &q, service, NULL), PSC_OK);
    CHECK(service[0] > 0.0 && service[0] < 0.5);
    free(p);
}

/* The pair that is twice as fast is found, and one outlier of a thousandfold moves nothing by more than it may: its r is cut
 * at 4, so the factor grows by 0.3 * 3 at most. */
static void test_affinity_and_outliers(void)
{
    const psc_personas_config c = config_of(2, 2);
    psc_personas *p = personas_new(&c, NULL);
    psc_request q = request_of(0, -1, 1.0);
    double before[2], after[2], other[2];
    psc_persona x;
    int i;

    for (i = 0; i < 4000; i++) {
        ended(p, i * SECOND / 100, 0, -1, 1.0, i / 2 % 2, 1, i / 2 % 2 ? 0.040 : 0.020);
        ended(p, i * SECOND / 100, 1, -1, 1.0, i / 2 % 2, 1, i / 2 % 2 ? 0.020 : 0.040);
    }
    CHECK_STATUS(psc_personas_cost(p, &q, before, NULL), PSC_OK);
    q.type = 1;
    CHECK_STATUS(psc_personas_cost(p, &q, other, NULL), PSC_OK);
    CHECK(before[0] < 0.024 && before[1] > 0.034 && other[0] > 0.034 && other[1] < 0.024);
    CHECK_STATUS(psc_personas_explain(p, 0, 0, &x), PSC_OK);
    CHECK(x.affinity > 0.55);
    CHECK_STATUS(psc_personas_explain(p, 0, 1, &x), PSC_OK);
    CHECK(x.affinity < 0.48);
    ended(p, 41 * SECOND, 0, -1, 1.0, 0, 1, 20.0);
    q.type = 0;
    CHECK_STATUS(psc_personas_cost(p, &q, after, NULL), PSC_OK);
    CHECK(after[0] > before[0] && after[0] < before[0] * (1.0 + 0.3 * 3.0) * 1.05);
    for (i = 0; i < 30; i++) ended(p, 42 * SECOND, 0, -1, 1.0, 0, 1, 0.020);
    CHECK_STATUS(psc_personas_cost(p, &q, after, NULL), PSC_OK);
    CHECK_NEAR(after[0], 0.020, 0.004);
    free(p);
}

/* Away from its lead a request takes 1.5 times as long: learned to a tenth. */
static void test_shift_is_learned(void)
{
    const psc_personas_config c = config_of(2, 1);
    psc_personas *p = personas_new(&c, NULL);
    psc_request q = request_of(0, 0, 1.0);
    double service[2];
    int i;

    for (i = 0; i < 6000; i++) {
        const int32_t lead = i % 2, node = i / 2 % 2;
        ended(p, i * SECOND / 100, 0, lead, 1.0, node, 1, lead == node ? 0.020 : 0.030);
    }
    CHECK_STATUS(psc_personas_cost(p, &q, service, NULL), PSC_OK);
    CHECK_NEAR(service[1] / service[0], 1.5, 0.1);
    free(p);
}

/* Service that is not told is the latency less the wait. */
static void test_latency_alone(void)
{
    const psc_personas_config c = config_of(1, 1);
    psc_personas *p = personas_new(&c, NULL);
    const psc_request q = request_of(0, -1, 1.0);
    psc_outcome o = outcome_of(0, 1, 0.060);
    double service;
    int i;

    for (i = 0; i < 300; i++) {
        o.service = NAN;
        CHECK_STATUS(psc_personas_outcome(p, i * SECOND, &q, &o), PSC_OK);
    }
    CHECK_STATUS(psc_personas_cost(p, &q, &service, NULL), PSC_OK);
    CHECK(service > 0.012 && service < 0.060);
    free(p);
}

/* ==== Choice ==================================================================================== */

/* The score as the header states it, from the persona and the cost model. */
static double score_again(const psc_personas *p, const psc_personas_config *c, const psc_request *q, int32_t node)
{
    double service[64], occupancy;
    const psc_persona x = persona_of(p, node);

    CHECK_STATUS(psc_personas_cost(p, q, service, NULL), PSC_OK);
    occupancy = (x.out + x.foreign) / x.workers;
    if (occupancy > 4.0) occupancy = 4.0;
    return x.wait + service[node] * (1.0 + c->price_weight * c->price[node] + c->congestion * pow(occupancy, 4.0))
           + c->error_cost * x.risk;
}

static void test_choice_is_the_least(void)
{
    double workers[9], speed[9], price[9];
    psc_personas_config c = config_of(9, 3);
    psc_personas *p;
    uint64_t seed = 77;
    int64_t now = 0;
    int i, round;

    for (i = 0; i < 9; i++) {
        workers[i] = 1 + i % 4;
        speed[i] = 0.6 + 0.1 * i;
        price[i] = i % 3;
    }
    c.workers = workers;
    c.speed = speed;
    c.price = price;
    c.price_weight = 0.4;
    p = personas_new(&c, NULL);
    for (round = 0; round < 3000; round++) {
        psc_request q = request_of((int32_t)(test_random(&seed) % 3), -1, 0.3 + test_uniform(&seed));
        double score[9], sum;
        psc_assignment a;
        int best = 0, second = -1;
        now += 3000000;
        for (i = 0; i < 9; i++) {
            score[i] = score_again(p, &c, &q, i);
            if (score[i] < score[best]) best = i;
        }
        for (i = 0; i < 9; i++)
            if (i != best && (second < 0 || score[i] < score[second])) second = i;
        a = assigned(p, now, q.type, -1, q.size);
        if (score[second] > score[best] * (1.0 + 1e-9)) CHECK_INT(a.node, best);
        CHECK_NEAR(a.score, score[best], 1e-9 * score[best]);   /* the same formula, some ten roundings, and risk that
                                                                   is older here by one step of time */
        CHECK_NEAR(a.runner_up_score, score[second], 1e-9 * score[second]);
        sum = a.wait + a.service + a.price + a.congestion + a.risk;
        CHECK_NEAR(a.score, sum, 0.0);
        CHECK(a.choice == PSC_CHOICE_BEST && a.shadow == -1 && a.shadow_service == 0.0);
        ended(p, now + 1000000, q.type, -1, q.size, (int32_t)(test_random(&seed) % 9), 1, 0.015 + 0.02 * test_uniform(&seed));
        if (round % 50 == 0) {
            psc_persona_beat b = quiet();
            b.busy = 0.5 * test_uniform(&seed);
            for (i = 0; i < 9; i++) CHECK_STATUS(psc_personas_beat(p, now + 2000000, i, &b), PSC_OK);
        }
    }
    free(p);
}

static void test_ties_and_queues(void)
{
    const psc_personas_config c = config_of(4, 1);
    psc_personas *p = personas_new(&c, NULL);
    int i;

    for (i = 0; i < 8; i++) {                               /* equal nodes are filled in turn, from the lowest */
        const psc_assignment a = assigned(p, 0, 0, -1, 1.0);
        CHECK_INT(a.node, i % 4);
        CHECK_INT(a.runner_up, (i + 1) % 4 == 0 ? 0 : (i + 1) % 4);
    }
    CHECK(persona_of(p, 0).out == 2.0 && persona_of(p, 0).capacity == 0.0);
    free(p);
}

/* A node that fails fast is left at once and does not come back for being idle; one that is well takes its load. */
static void test_no_black_hole(void)
{
    static const double speed[4] = {1.0, 1.0, 1.5, 1.0};    /* it was the best */
    psc_personas_config c = config_of(4, 1);
    psc_personas *p;
    int64_t now = 0;
    int i, sent[4] = {0}, before = 0;

    c.speed = speed;
    p = personas_new(&c, NULL);
    for (i = 0; i < 2000; i++) {
        psc_assignment a;
        now += SECOND / 100;
        a = assigned(p, now, 0, -1, 1.0);
        if (i >= 100) sent[a.node]++;
        else before += a.node == 2;
        ended(p, now + 1000000, 0, -1, 1.0, a.node, i < 100 || a.node != 2, a.node == 2 ? i < 100 ? 0.017 : 0.001 : 0.025);
    }
    CHECK_INT(before, 100);
    CHECK(sent[2] >= 1 && sent[2] <= 5);                                    /* 19 s: once, and again as the risk is forgotten */
    CHECK(persona_of(p, 2).factor > 0.5);                   /* the failures have not made it look fast */
    free(p);
}

static void test_batch_and_copy(void)
{
    const psc_personas_config c = config_of(70, 2);
    size_t bytes, i;
    psc_personas *p = personas_new(&c, &bytes), *twin;
    psc_request q[50];
    psc_assignment a[50], one;
    uint64_t seed = 1;
    int64_t now = 0;

    live(p, &c, &seed, &now, 500);
    twin = (psc_personas *)block_copy(p, bytes);
    for (i = 0; i < 50; i++) q[i] = request_of((int32_t)(i % 2), (int32_t)(i % 9) - 1, 1.0 + (double)i / 10.0);
    CHECK_STATUS(psc_personas_assign_all(p, now, q, 50, a), PSC_OK);
    for (i = 0; i < 50; i++) {
        CHECK_STATUS(psc_personas_assign(twin, now, &q[i], &one), PSC_OK);
        CHECK(memcmp(&one, &a[i], sizeof one) == 0);
    }
    CHECK(memcmp(p, twin, bytes) == 0);
    free(twin);
    free(p);
}

/* Of 300 nodes a choice among draws and the tournament's best is near the best of all: here the fleet is equal but for ten
 * nodes of twice the speed, which are found while they are free. */
static void test_many_nodes(void)
{
    double speed[300];
    psc_personas_config c = config_of(300, 1);
    psc_personas *p;
    int i, fast = 0;

    for (i = 0; i < 300; i++) speed[i] = i % 30 == 7 ? 2.0 : 1.0;
    c.speed = speed;
    p = personas_new(&c, NULL);
    for (i = 0; i < 10; i++) fast += assigned(p, i, 0, -1, 1.0).node % 30 == 7;
    CHECK_INT(fast, 10);
    for (i = 0; i < 290; i++) assigned(p, i, 0, -1, 1.0);
    for (i = 0; i < 300; i++) CHECK(persona_of(p, i).out <= 2.0);
    CHECK_INT(assigned(p, 0, 0, 4, 1.0).choice != PSC_CHOICE_NONE, 1);
    free(p);
}

/* The plain weighted sum, by the scores of the persona; the terms of the other policy are not its own. */
static void test_weighted(void)
{
    double price[4] = {3.0, 0.0, 1.0, 0.5};
    psc_personas_config c = config_of(4, 2);
    psc_personas *p;
    uint64_t seed = 3;
    int64_t now = 0;
    int round;

    c.price = price;
    c.policy = PSC_POLICY_WEIGHTED;
    c.weight_affinity = 2.0;
    c.weight_stability = 3.0;
    p = personas_new(&c, NULL);
    for (round = 0; round < 300; round++) {
        const int32_t type = round % 2;
        double best = -1.0;
        int32_t i, at = -1;
        psc_assignment a;
        live(p, &c, &seed, &now, 5);
        for (i = 0; i < 4; i++) assigned(p, now, type, -1, 1.0);    /* what is read of each node is now of this time */
        a = assigned(p, now, type, -1, 1.0);
        for (i = 0; i < 4; i++) {
            psc_persona x;
            double s;
            CHECK_STATUS(psc_personas_explain(p, i, type, &x), PSC_OK);
            s = (2.0 * x.affinity + 3.0 * x.stability + x.cost) / 6.0;
            if (x.weight > 0.0 && s > best) {
                best = s;
                at = i;
            }
        }
        if (a.choice == PSC_CHOICE_BEST) CHECK(a.node == at && fabs(a.score - (1.0 - best)) < 1e-12);
        else CHECK(a.choice == PSC_CHOICE_NONE && at == -1);
        CHECK(a.score >= 0.0 && a.score <= 1.0 && (a.runner_up >= 0 || a.runner_up_score == a.score));
    }
    for (round = 0; round < 4; round++) CHECK_STATUS(psc_personas_drain(p, now, round), PSC_OK);
    {
        const psc_assignment a = assigned(p, now, 0, 2, 1.0);
        CHECK(a.choice == PSC_CHOICE_NONE && a.node == 2 && a.score >= 0.0 && a.score <= 1.0);
    }
    free(p);
}

/* ==== Lead ====================================================================================== */

/* Two nodes that have learned a shift of 1.5, both quiet. */
static psc_personas *leads_new(psc_personas_config *config, double workers)
{
    static double w[2];
    psc_personas *p;
    int i;

    w[0] = w[1] = workers;
    *config = config_of(2, 1);
    config->workers = w;
    p = personas_new(config, NULL);
    for (i = 0; i < 6000; i++) {
        const int32_t lead = i % 2, node = i / 2 % 2;
        ended(p, i * SECOND / 100, 0, lead, 1.0, node, 1, lead == node ? 0.020 : 0.030);
    }
    return p;
}

/* The lead keeps its requests while their queue costs less than the margin, and loses them when it is riskier. */
static void test_margin(void)
{
    psc_personas_config c;
    psc_personas *p = leads_new(&c, 4.0);
    psc_assignment a;
    int i, kept = 0;

    for (i = 0; i < 40; i++) {
        a = assigned(p, 60 * SECOND, 0, 0, 1.0);
        if (a.node == 0 && i == kept) kept++;
        CHECK_INT(a.choice, a.node == 0 ? PSC_CHOICE_LEAD : PSC_CHOICE_GAIN);
    }
    CHECK(kept > 4 && kept < 20);                           /* beyond its workers, but not without end */
    free(p);
    p = leads_new(&c, 4.0);
    ended(p, 60 * SECOND, 0, 0, 1.0, 0, 0, 0.001);          /* one failure: away, and runner-up */
    a = assigned(p, 60 * SECOND, 0, 0, 1.0);
    CHECK(a.node == 1 && a.runner_up == 0 && a.choice == PSC_CHOICE_GAIN);
    a = assigned(p, 120 * SECOND, 0, 0, 1.0);
    CHECK(a.node == 0 || a.choice == PSC_CHOICE_GAIN);
    CHECK_STATUS(psc_personas_silent(p, 121 * SECOND, 0), PSC_OK);
    a = assigned(p, 121 * SECOND, 0, 0, 1.0);
    CHECK(a.node == 1 && a.choice == PSC_CHOICE_OUT);
    free(p);
}

/* Rising demand on a lead: its share is shifted before it is overloaded, in even steps, and comes back slowly. */
static void test_share(void)
{
    psc_personas_config c;
    psc_personas *p = leads_new(&c, 2.0);
    int64_t now = 60 * SECOND, ends[4096];
    int32_t at[4096];
    int second, i, gap = 0, widest = 0, least = 1000, first_shift = 0, shared = 0, in = 0, out = 0;
    double peak, share = 0.0;

    for (second = 1; second <= 20; second++) {
        share = persona_of(p, 0).share;
        for (i = 0; i < 5 * second; i++) {                  /* 0.1 busy workers more each second; the lead has 2 */
            psc_assignment a;
            if (i % 4 == 0) now += 4 * SECOND / (5 * second);   /* four at once: the lead has a queue at times */
            for (; out < in && ends[out] <= now; out++)
                ended(p, ends[out], 0, 0, 1.0, at[out], 1, at[out] == 0 ? 0.020 : 0.030);
            a = assigned(p, now, 0, 0, 1.0);
            at[in] = a.node;
            ends[in++] = now + (a.node == 0 ? 20 : 30) * SECOND / 1000;
            gap++;
            if (a.choice != PSC_CHOICE_SHARE) continue;
            if (second == 20 && shared) {
                widest = gap > widest ? gap : widest;
                least = gap < least ? gap : least;
            }
            shared += second == 20;
            gap = 0;
        }
        beat(p, now, 0);
        if (!first_shift && persona_of(p, 0).share > 0.0) first_shift = second;
    }
    CHECK(first_shift >= 15 && first_shift <= 18);          /* demand 1.8 = 0.9 * 2 is reached in second 18 */
    CHECK(shared <= 100.0 * share + 1.0 && shared >= 100.0 * share - 3.0);      /* it waits where the lead is best */
    CHECK(least >= 2 && widest <= 2.0 / share);                                 /* no bursts */
    peak = persona_of(p, 0).share;
    CHECK(peak > 0.05 && peak < 0.5);
    for (i = 0; i < 3; i++) beat(p, now += SECOND, 0);
    CHECK(persona_of(p, 0).share > 0.3 * peak);             /* a fifth a beat */
    for (i = 0; i < 30; i++) beat(p, now += SECOND, 0);
    CHECK(persona_of(p, 0).share == 0.0);
    free(p);
}

/* ==== States of a node ========================================================================== */

static void fail(psc_personas *p, int64_t now, int32_t node, int times)
{
    while (times-- > 0) ended(p, now, 0, -1, 1.0, node, 0, 0.001);
}

static void check_state(const psc_personas *p, int32_t node, int32_t state, int held)
{
    const psc_persona x = persona_of(p, node);

    CHECK_INT(x.state, state);
    CHECK_INT(x.held, held);
    CHECK((x.weight > 0.0) == (state == PSC_PERSONA_WARMING || state == PSC_PERSONA_READY) || held);
}

/* A streak holds, twice as long each time until the node is ready again; one success breaks it. */
static void test_streaks(void)
{
    const psc_personas_config c = config_of(4, 1);
    psc_personas *p = personas_new(&c, NULL);
    int64_t now = SECOND, length = 2 * SECOND;
    int k, i;

    fail(p, now, 0, 3);
    ended(p, now, 0, -1, 1.0, 0, 1, 0.02);
    fail(p, now, 0, 3);
    check_state(p, 0, PSC_PERSONA_READY, 0);
    for (k = 0; k < 9; k++) {
        fail(p, now, 0, k == 0 ? 1 : 4);
        check_state(p, 0, PSC_PERSONA_OUT, 1);
        beat(p, now + length - 1, 0);
        check_state(p, 0, PSC_PERSONA_OUT, 1);
        beat(p, now + length, 0);
        check_state(p, 0, PSC_PERSONA_WARMING, 0);
        now += length;
        if (k < 6) length *= 2;                             /* 2 s, 4 s .. 128 s, and no longer */
    }
    for (i = 0; i < 100; i++) ended(p, now, 0, -1, 1.0, 0, 1, 0.02);
    check_state(p, 0, PSC_PERSONA_READY, 0);
    fail(p, now, 0, 4);
    beat(p, now + 2 * SECOND, 0);
    check_state(p, 0, PSC_PERSONA_WARMING, 0);
    free(p);
}

/* Never fewer than half are in for streaks or risk; while silence has brought them below half, held ones may be chosen. */
static void test_panic_floor(void)
{
    const psc_personas_config c = config_of(5, 1);
    psc_personas *p = personas_new(&c, NULL);
    psc_persona_beat b = quiet();
    int32_t i;

    for (i = 0; i < 5; i++) fail(p, SECOND, i, 10);
    check_state(p, 0, PSC_PERSONA_OUT, 1);
    check_state(p, 1, PSC_PERSONA_OUT, 1);
    for (i = 2; i < 5; i++) check_state(p, i, PSC_PERSONA_READY, 0);
    b.failure = 1.0;
    CHECK_STATUS(psc_personas_beat(p, SECOND, 2, &b), PSC_OK);
    check_state(p, 2, PSC_PERSONA_READY, 0);
    CHECK(persona_of(p, 0).weight == 0.0);
    CHECK_STATUS(psc_personas_silent(p, SECOND, 2), PSC_OK);    /* 2 of 5 are in: panic */
    CHECK(persona_of(p, 0).weight > 0.0 && persona_of(p, 2).weight == 0.0);
    CHECK_STATUS(psc_personas_silent(p, SECOND, 3), PSC_OK);
    CHECK_STATUS(psc_personas_silent(p, SECOND, 4), PSC_OK);
    CHECK(assigned(p, SECOND, 0, -1, 1.0).node < 2);
    CHECK_STATUS(psc_personas_drain(p, SECOND, 0), PSC_OK);
    CHECK_STATUS(psc_personas_drain(p, SECOND, 1), PSC_OK);
    CHECK_INT(assigned(p, SECOND, 0, -1, 1.0).choice, PSC_CHOICE_NONE);
    CHECK_INT(assigned(p, SECOND, 0, 3, 1.0).node, 3);
    free(p);
}

static void test_silence_and_drain(void)
{
    psc_personas_config c = config_of(3, 1);
    psc_personas *p;
    psc_assignment a;
    int i;

    c.cold_ns = 5 * SECOND;
    p = personas_new(&c, NULL);
    for (i = 0; i < 300; i++) ended(p, SECOND, 0, -1, 1.0, 0, 1, 0.025);
    CHECK_STATUS(psc_personas_silent(p, SECOND, 0), PSC_OK);
    CHECK_STATUS(psc_personas_silent(p, 2 * SECOND, 0), PSC_OK);
    check_state(p, 0, PSC_PERSONA_OUT, 0);
    CHECK(persona_of(p, 0).uptime < 0.985);
    for (i = 0; i < 50; i++) CHECK(assigned(p, 2 * SECOND, 0, 0, 1.0).node != 0);
    beat(p, 10 * SECOND, 0);
    check_state(p, 0, PSC_PERSONA_COLD, 0);
    CHECK(persona_of(p, 0).prefetch == 1 && persona_of(p, 0).factor > 1.6 && persona_of(p, 0).ramp == 0.0);
    beat(p, 15 * SECOND, 0);
    check_state(p, 0, PSC_PERSONA_WARMING, 0);
    CHECK_NEAR(persona_of(p, 0).workers, 0.2, 0.0);
    beat(p, 20 * SECOND, 0);
    CHECK_NEAR(persona_of(p, 0).ramp, 0.5, 0.0);
    CHECK_NEAR(persona_of(p, 0).workers, 0.6, 1e-15);
    CHECK_INT(persona_of(p, 0).prefetch, 0);
    beat(p, 25 * SECOND, 0);
    check_state(p, 0, PSC_PERSONA_READY, 0);

    a = assigned(p, 25 * SECOND, 0, 1, 1.0);
    for (i = 0; i < 60; i++) ended(p, 25 * SECOND, 0, 1, 1.0, 1, 1, 0.025);     /* whatever is out at 1 has ended */
    a = assigned(p, 25 * SECOND, 0, 1, 1.0);
    CHECK_STATUS(psc_personas_drain(p, 25 * SECOND, a.node), PSC_OK);
    check_state(p, a.node, PSC_PERSONA_DRAINING, 0);
    for (i = 0; i < 60; i++) ended(p, 26 * SECOND, 0, 1, 1.0, a.node, 1, 0.025);
    check_state(p, a.node, PSC_PERSONA_OUT, 0);
    CHECK_STATUS(psc_personas_resume(p, 27 * SECOND, a.node), PSC_OK);
    check_state(p, a.node, PSC_PERSONA_COLD, 0);
    CHECK_STATUS(psc_personas_drain(p, 27 * SECOND, a.node), PSC_OK);
    check_state(p, a.node, PSC_PERSONA_OUT, 0);
    CHECK_STATUS(psc_personas_drain(p, 27 * SECOND, a.node), PSC_OK);          /* again: as it is */
    check_state(p, a.node, PSC_PERSONA_OUT, 0);
    CHECK_STATUS(psc_personas_silent(p, 28 * SECOND, a.node), PSC_OK);
    CHECK_STATUS(psc_personas_resume(p, 28 * SECOND, a.node), PSC_OK);         /* silent stays silent */
    check_state(p, a.node, PSC_PERSONA_OUT, 0);
    CHECK_STATUS(psc_personas_drain(p, 28 * SECOND, a.node), PSC_OK);
    beat(p, 29 * SECOND, a.node);                           /* speaks again, but was drained */
    check_state(p, a.node, PSC_PERSONA_OUT, 0);
    CHECK_STATUS(psc_personas_resume(p, 29 * SECOND, a.node), PSC_OK);
    check_state(p, a.node, PSC_PERSONA_COLD, 0);
    free(p);
}

/* Drained and resumed while held, in both orders; resumed when nothing is to resume. */
static void test_held_and_drained(void)
{
    const psc_personas_config c = config_of(3, 1);
    psc_personas *p = personas_new(&c, NULL);

    CHECK_STATUS(psc_personas_resume(p, 0, 0), PSC_OK);
    check_state(p, 0, PSC_PERSONA_READY, 0);
    fail(p, 0, 0, 4);
    CHECK_STATUS(psc_personas_resume(p, 0, 0), PSC_OK);
    check_state(p, 0, PSC_PERSONA_WARMING, 0);
    fail(p, 0, 0, 4);
    CHECK_STATUS(psc_personas_drain(p, 0, 0), PSC_OK);
    check_state(p, 0, PSC_PERSONA_OUT, 0);
    beat(p, 100 * SECOND, 0);
    check_state(p, 0, PSC_PERSONA_OUT, 0);
    CHECK_STATUS(psc_personas_resume(p, 100 * SECOND, 0), PSC_OK);
    check_state(p, 0, PSC_PERSONA_WARMING, 0);              /* cold_ns is 0: cold for no time */
    CHECK_STATUS(psc_personas_drain(p, 100 * SECOND, 0), PSC_OK);
    check_state(p, 0, PSC_PERSONA_OUT, 0);                  /* nothing is out there, so it is drained at once */
    free(p);
}

/* A failure probability drains at one half and takes back below a quarter; told to drain, it stays so. */
static void test_risk_drains(void)
{
    static const struct {
        double failure, drain_at;
        int out;
    } step[] = {{0.49, 0.5, 0}, {0.5, 0.5, 1}, {0.3, 0.5, 1}, {0.25, 0.5, 1}, {0.24, 0.5, 0}, {0.9, 0.5, 1}, {0.0, 0.5, 0}};
    psc_personas_config c = config_of(3, 1);
    psc_personas *p = personas_new(&c, NULL);
    psc_persona_beat b = quiet();
    size_t i;

    for (i = 0; i < sizeof step / sizeof step[0]; i++) {
        b.failure = step[i].failure;
        CHECK_STATUS(psc_personas_beat(p, (int64_t)i * SECOND, 1, &b), PSC_OK);
        CHECK_INT(persona_of(p, 1).weight == 0.0, step[i].out);
    }
    CHECK_STATUS(psc_personas_drain(p, 10 * SECOND, 1), PSC_OK);
    CHECK_STATUS(psc_personas_beat(p, 11 * SECOND, 1, &b), PSC_OK);
    CHECK(persona_of(p, 1).weight == 0.0);
    free(p);
    c.drain_at = 1.0;
    p = personas_new(&c, NULL);
    b.failure = 1.0;
    CHECK_STATUS(psc_personas_beat(p, SECOND, 1, &b), PSC_OK);
    CHECK(persona_of(p, 1).weight > 0.0 && persona_of(p, 1).risk >= 0.02);
    free(p);
}

/* ==== Shadows =================================================================================== */

static void shadowed(psc_personas *p, int64_t now, int32_t node, int ok, double latency, double reference)
{
    const psc_request q = request_of(0, -1, 1.0);
    psc_outcome o = outcome_of(node, ok, latency);

    o.shadow = 1;
    o.reference = reference;
    CHECK_STATUS(psc_personas_outcome(p, now, &q, &o), PSC_OK);
}

/* Wald's test: ln(0.9/0.6) a good one, 1.386 off a bad one, bounds of +- 2.944: 8 good ones in a row, 3 bad ones. */
static void test_verdicts(void)
{
    psc_personas_config c = config_of(4, 1);
    psc_personas *p;
    int i;

    c.cold = 1;
    c.cold_ns = 86400 * SECOND;
    p = personas_new(&c, NULL);
    check_state(p, 0, PSC_PERSONA_COLD, 0);
    CHECK_INT(assigned(p, 0, 0, -1, 1.0).choice, PSC_CHOICE_NONE);
    CHECK_NEAR(persona_of(p, 1).confidence, 0.5, 0.0);
    for (i = 0; i < 8; i++) {
        CHECK_INT(persona_of(p, 1).verdict, PSC_VERDICT_OPEN);
        check_state(p, 1, PSC_PERSONA_COLD, 0);
        shadowed(p, SECOND, 1, 1, 0.030, i % 2 ? 0.020 : (double)NAN);      /* 1.5 times: just good */
    }
    CHECK_INT(persona_of(p, 1).verdict, PSC_VERDICT_READY);
    CHECK(persona_of(p, 1).confidence >= 0.95 && persona_of(p, 1).shadows == 8);
    check_state(p, 1, PSC_PERSONA_WARMING, 0);
    for (i = 0; i < 3; i++) {
        CHECK_INT(persona_of(p, 2).verdict, PSC_VERDICT_OPEN);
        shadowed(p, SECOND, 2, i != 1, 0.0301, 0.020);
    }
    CHECK_INT(persona_of(p, 2).verdict, PSC_VERDICT_UNFIT);
    CHECK(persona_of(p, 2).confidence <= 0.05);
    check_state(p, 2, PSC_PERSONA_COLD, 0);
    for (i = 0; i < 8; i++) shadowed(p, SECOND, 2, 1, 0.020, 0.020);        /* the test begins anew */
    CHECK_INT(persona_of(p, 2).verdict, PSC_VERDICT_READY);
    check_state(p, 2, PSC_PERSONA_WARMING, 0);
    free(p);

    c = config_of(4, 1);                                    /* a held node comes back by its shadows, or is held again */
    p = personas_new(&c, NULL);
    fail(p, 0, 0, 4);
    for (i = 0; i < 3; i++) shadowed(p, SECOND, 0, 0, 0.02, 0.02);
    beat(p, 3 * SECOND, 0);                                 /* held for 4 s from 1 s on */
    check_state(p, 0, PSC_PERSONA_OUT, 1);
    for (i = 0; i < 8; i++) shadowed(p, 3 * SECOND, 0, 1, 0.02, 0.02);
    check_state(p, 0, PSC_PERSONA_WARMING, 0);
    free(p);
}

/* At most the stated share, only where they tell something, never to where the request goes. */
static void test_shadow_rate(void)
{
    psc_personas_config c = config_of(4, 1);
    psc_personas *p;
    int i, shadows = 0;

    c.shadow_rate = 0.05;
    p = personas_new(&c, NULL);
    for (i = 0; i < 2000; i++) {                            /* node 3 is held again and again */
        const int64_t now = i * SECOND / 100;
        psc_assignment a;
        if (i % 100 == 0) fail(p, now, 3, 4);
        a = assigned(p, now, 0, -1, 1.0);
        ended(p, now, 0, -1, 1.0, a.node, 1, 0.025);
        CHECK(a.shadow != a.node && (a.shadow == -1) == (a.shadow_service == 0.0));
        if (a.shadow < 0) continue;
        shadows++;
        shadowed(p, now, a.shadow, 1, 0.025, 0.025);
    }
    CHECK(shadows >= 50 && shadows <= 100);
    free(p);
}

/* ==== Save and load ============================================================================= */

static void test_reached_states_load(void)
{
    static const int32_t nodes[] = {1, 2, 7, 64, 65, 130};
    size_t k, bytes;
    int round;

    for (k = 0; k < sizeof nodes / sizeof nodes[0]; k++) {
        psc_personas_config c = config_of(nodes[k], 3);
        uint64_t seed = k;
        int64_t now = -5 * SECOND;
        psc_personas *p;
        c.shadow_rate = 0.3;
        c.cold = (int32_t)(k % 2);
        c.cold_ns = (int64_t)k * SECOND / 10;
        c.start_ns = now;
        p = personas_new(&c, &bytes);
        for (round = 0; round < 150; round++) {
            CHECK(reloads(p, bytes));
            live(p, &c, &seed, &now, 20);
        }
        CHECK_INT(psc_state_type(p), PSC_TYPE_PERSONAS);
        free(p);
    }
}

static int is_share(double x)
{
    return x >= 0.0 && x <= 1.0;
}

/* Whatever was loaded: every answer is finite and within its range. */
static void use(psc_personas *p, const psc_personas_config *c)
{
    uint64_t seed = 9;
    int64_t now = INT64_MAX - SECOND;
    int32_t i;

    for (i = 0; i < 12; i++) {
        const psc_assignment a = assigned(p, now, i % c->types, i % (c->nodes + 1) - 1, 1.0);
        CHECK(a.node >= 0 && a.node < c->nodes && a.runner_up >= -1 && a.runner_up < c->nodes && a.shadow < c->nodes);
        CHECK(isfinite(a.score) && isfinite(a.runner_up_score) && isfinite(a.service) && isfinite(a.use));
    }
    live(p, c, &seed, &now, 20);
    for (i = 0; i < c->nodes; i++) {
        const psc_persona x = persona_of(p, i);
        CHECK(is_share(x.capacity) && is_share(x.stability) && is_share(x.affinity) && is_share(x.cost) && is_share(x.weight));
        CHECK(is_share(x.risk) && is_share(x.uptime) && is_share(x.ramp) && is_share(x.share) && is_share(x.confidence));
        CHECK(isfinite(x.wait) && isfinite(x.service) && isfinite(x.factor) && x.workers > 0.0);
    }
}

/* Each word with each hostile value and a right CRC: refused and nothing touched, or a state that can be used. */
static void test_hostile_words(void)
{
    static const uint64_t hostile[] = {
        0, 1, 2, 3, 4, 7, 1000, UINT64_MAX, UINT64_C(1) << 63, INT64_MAX, UINT64_C(1) << 60, UINT64_C(0x3ff0000000000000),
        UINT64_C(0xbff0000000000000), UINT64_C(0x7ff0000000000000), UINT64_C(0x7ff8000000000000), UINT64_C(0x7fefffffffffffff)
    };
    static const int32_t nodes[] = {3, 66};
    size_t k, i, v;

    for (k = 0; k < 2; k++) {
        const psc_personas_config c = config_of(nodes[k], 2);
        size_t bytes, written = 0, taken = 0, tried = 0;
        psc_personas *p = personas_new(&c, &bytes);
        unsigned char *saved = (unsigned char *)block_new(bytes + 8, 0);
        void *mem = block_new(bytes, 0x5C), *before = block_copy(mem, bytes);
        uint64_t seed = 4;
        int64_t now = 0;
        live(p, &c, &seed, &now, 400);
        CHECK_STATUS(psc_save(p, saved, bytes + 8, &written), PSC_OK);
        for (i = 2; i < bytes / 8; i += k ? 13 : 1) {       /* of the large one every 13th word */
            const uint64_t was = word_get(saved + 8 * i);
            for (v = 0; v < sizeof hostile / sizeof hostile[0]; v++, tried++) {
                psc_status status;
                word_put(saved + 8 * i, hostile[v]);
                repair(saved, bytes + 8);
                status = psc_load(PSC_TYPE_PERSONAS, saved, bytes + 8, mem, bytes);
                if (status == PSC_OK) {
                    taken++;
                    CHECK(reloads((psc_personas *)mem, bytes));
                    use((psc_personas *)mem, &c);
                    memcpy(mem, before, bytes);
                } else {
                    CHECK_STATUS(status, PSC_ERR_CORRUPT);
                    CHECK(memcmp(mem, before, bytes) == 0);
                }
            }
            word_put(saved + 8 * i, was);
        }
        CHECK(taken > tried / 20 && taken < tried * 3 / 4); /* both ways were gone */
        free(before);
        free(mem);
        free(saved);
        free(p);
    }
}

/* Words of the head that a call follows or divides by, as layout 1 has them. */
static void test_damaged_heads(void)
{
    static const struct {
        int word;
        uint64_t value;
    } bad[] = {{1, 3}, {2, 0}, {2, PSC_MAX_PERSONAS + 1}, {3, 0}, {3, 65}, {25, 3}, {25, UINT64_MAX}, {26, 3}};
    const psc_personas_config c = config_of(3, 1);
    const psc_request q = request_of(0, -1, 1.0);
    size_t bytes, i, written = 0;
    uint64_t *p = (uint64_t *)personas_new(&c, &bytes), *mem = (uint64_t *)block_new(bytes, 0);
    unsigned char *saved = (unsigned char *)block_new(bytes + 8, 0);
    psc_assignment a;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint64_t was = p[bad[i].word];
        p[bad[i].word] = bad[i].value;
        CHECK_STATUS(psc_personas_assign((psc_personas *)p, 0, &q, &a), PSC_ERR_STATE);
        p[bad[i].word] = was;
    }
    p[20] = p[21] = p[22] = 0;                              /* no weights at all */
    CHECK_STATUS(psc_save(p, saved, bytes + 8, &written), PSC_OK);
    CHECK_STATUS(psc_load(PSC_TYPE_PERSONAS, saved, written, mem, bytes), PSC_ERR_CORRUPT);
    free(saved);
    free(mem);
    free(p);
}

/* A request of no size, or one that took no time, says nothing of speed; a hold that would end after time ends with it. */
static void test_nothing_and_the_end(void)
{
    psc_personas_config c = config_of(3, 1);
    psc_personas *p;

    c.start_ns = -SECOND;
    p = personas_new(&c, NULL);
    ended(p, -SECOND, 0, -1, 0.0, 0, 1, 0.5);
    ended(p, -SECOND, 0, -1, 1.0, 0, 1, 0.0);
    CHECK(persona_of(p, 0).factor == 1.0);
    CHECK(assigned(p, -SECOND, 0, -1, 0.0).service == 0.0);
    fail(p, -SECOND, 1, 4);
    beat(p, SECOND - 1, 1);
    check_state(p, 1, PSC_PERSONA_OUT, 1);
    beat(p, SECOND, 1);
    check_state(p, 1, PSC_PERSONA_WARMING, 0);
    beat(p, INT64_MAX - 1, 1);                              /* long since ready */
    fail(p, INT64_MAX - 1, 1, 4);
    beat(p, INT64_MAX - 1, 1);
    check_state(p, 1, PSC_PERSONA_OUT, 1);
    beat(p, INT64_MAX, 1);
    check_state(p, 1, PSC_PERSONA_WARMING, 0);
    free(p);
}

/* The largest of everything, and times at both ends: no overflow, and the state can still be saved. */
static void test_extremes(void)
{
    double workers[2] = {0.01, 1e6}, speed[2] = {0.001, 1000.0}, price[2] = {1e6, 0.0};
    psc_personas_config c = config_of(2, 1);
    size_t bytes;
    psc_personas *p;
    psc_request q = request_of(0, 0, 1e6);
    psc_outcome o = outcome_of(0, 1, 1e9);
    psc_assignment a;
    int i;

    c.workers = workers;
    c.speed = speed;
    c.price = price;
    c.price_weight = c.error_cost = 1e6;
    c.congestion = 100.0;
    c.service = 1e5;
    c.shadow_rate = 1.0;
    c.start_ns = INT64_MIN;
    p = personas_new(&c, &bytes);
    q.complexity = q.steps = 1e6;
    o.use = 1e15;
    for (i = 0; i < 400; i++) {
        const int64_t now = i % 2 ? INT64_MAX : INT64_MIN + i;
        CHECK_STATUS(psc_personas_assign(p, now, &q, &a), PSC_OK);
        CHECK(isfinite(a.score) && isfinite(a.runner_up_score) && isfinite(a.use));
        o.node = i % 2;
        o.ok = i % 5 > 0;
        o.service = o.latency = i % 3 ? 1e9 : 5e-324;
        CHECK_STATUS(psc_personas_outcome(p, now, &q, &o), PSC_OK);
        beat(p, now, i % 2);
        q.size = i % 7 ? 1e6 : 1e-5;
        CHECK(reloads(p, bytes));
    }
    free(p);
}

int main(void)
{
    RUN(test_sizes);
    RUN(test_limits);
    RUN(test_errors);
    RUN(test_parts_are_learned);
    RUN(test_affinity_and_outliers);
    RUN(test_shift_is_learned);
    RUN(test_latency_alone);
    RUN(test_choice_is_the_least);
    RUN(test_ties_and_queues);
    RUN(test_no_black_hole);
    RUN(test_batch_and_copy);
    RUN(test_many_nodes);
    RUN(test_weighted);
    RUN(test_margin);
    RUN(test_share);
    RUN(test_streaks);
    RUN(test_panic_floor);
    RUN(test_silence_and_drain);
    RUN(test_held_and_drained);
    RUN(test_risk_drains);
    RUN(test_verdicts);
    RUN(test_shadow_rate);
    RUN(test_reached_states_load);
    RUN(test_hostile_words);
    RUN(test_damaged_heads);
    RUN(test_nothing_and_the_end);
    RUN(test_extremes);
    return test_end();
}
