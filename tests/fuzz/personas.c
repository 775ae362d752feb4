/* personas.c - any events in any order: errors change nothing, answers are finite and within their ranges, the terms sum
 * to the score, the weights of a balancer sum to one, and every state that is reached can be saved and loaded. */
#include "states.h"

static void take_personas_config(input *in, psc_personas_config *c, double *array)
{
    int32_t i;

    psc_personas_default(c);
    c->nodes = take_option(in, 1, 6);
    if (take_byte(in) > 250) c->nodes = take_option(in, 60, 70);
    if (c->nodes > 70 && c->nodes <= PSC_MAX_PERSONAS) c->nodes = 70;       /* more would take their time, and show nothing */
    c->types = take_option(in, 1, 3);
    c->policy = take_option(in, 0, 1);
    c->cold = take_option(in, 0, 1);
    c->streak = take_option(in, 1, 5);
    c->shadow_rate = take_number(in, 0.0, 1.0);
    if (take_byte(in) & 1) {
        c->beat_ns = 1000000 * (1 + take_integer(in) % 1000);
        c->hold_ns = 1000000 * (1 + take_integer(in) % 1000);
        c->cold_ns = take_integer(in);
        c->warm_ns = 1000000 * (1 + take_integer(in) % 1000);
        c->warm_requests = take_integer(in);
        c->start_ns = (int64_t)take_word(in);
        c->service = take_real(in);
        c->error_cost = take_number(in, 0.0, 10.0);
        c->price_weight = take_number(in, 0.0, 10.0);
        c->congestion = take_number(in, 0.0, 100.0);
        c->shift_margin = take_number(in, 0.0, 1000.0);
        c->target = take_number(in, 0.1, 1.0);
        c->drain_at = take_number(in, 0.0, 1.0);
        c->shadow_tolerance = take_number(in, 0.1, 100.0);
        c->weight_cost = take_number(in, 0.0, 10.0);
    }
    if (c->nodes < 1 || c->nodes > 70 || !(take_byte(in) & 1)) return;
    for (i = 0; i < 3 * c->nodes; i++) array[i] = take_byte(in) > 4 ? 0.01 + take_share(in) : take_real(in);
    c->workers = array;
    c->speed = array + c->nodes;
    c->price = array + 2 * c->nodes;
}

static void check_assignment(const psc_personas_config *c, const psc_assignment *a)
{
    REQUIRE(a->node >= 0 && a->node < c->nodes && a->runner_up >= -1 && a->runner_up < c->nodes);
    REQUIRE(a->runner_up != a->node && a->shadow >= -1 && a->shadow < c->nodes && a->shadow != a->node);
    REQUIRE(a->choice >= PSC_CHOICE_BEST && a->choice <= PSC_CHOICE_NONE);
    REQUIRE(is_finite(a->score) && is_finite(a->runner_up_score) && is_finite(a->wait) && is_finite(a->service));
    REQUIRE(is_finite(a->price) && is_finite(a->congestion) && is_finite(a->risk) && is_finite(a->use));
    REQUIRE(a->wait >= 0.0 && a->service >= 0.0 && a->price >= 0.0 && a->congestion >= 0.0 && a->risk >= 0.0);
    if (c->policy == PSC_POLICY_TIME)
        REQUIRE(a->score == a->wait + a->service + a->price + a->congestion + a->risk);
}

/* The personas: shares within 0..1; what a weighted balancer would make of the weights sums to one, or nobody is in. */
static void check_personas(const psc_personas *p, const psc_personas_config *c, int32_t type)
{
    double sum = 0.0, shares = 0.0, most = 0.0;
    psc_persona x;
    int32_t i;

    for (i = 0; i < c->nodes; i++) {
        REQUIRE(psc_personas_explain(p, i, type, &x) == PSC_OK);
        REQUIRE(is_within(x.capacity, 0.0, 1.0) && is_within(x.stability, 0.0, 1.0) && is_within(x.affinity, 0.0, 1.0));
        REQUIRE(is_within(x.cost, 0.0, 1.0) && is_within(x.weight, 0.0, 1.0) && is_within(x.risk, 0.0, 1.0));
        REQUIRE(is_within(x.uptime, 0.0, 1.0) && is_within(x.ramp, 0.0, 1.0) && is_within(x.share, 0.0, 1.0));
        REQUIRE(is_within(x.confidence, 0.0, 1.0) && is_within(x.contention, 0.0, 1.0) && x.workers > 0.0 && x.out >= 0.0);
        REQUIRE(is_finite(x.wait) && is_finite(x.service) && is_finite(x.factor) && is_finite(x.foreign));
        REQUIRE(x.state >= PSC_PERSONA_COLD && x.state <= PSC_PERSONA_OUT);
        sum += x.weight;
        if (x.weight > most) most = x.weight;
    }
    REQUIRE(sum == 0.0 || most == 1.0);
    for (i = 0; sum > 0.0 && i < c->nodes; i++) {
        REQUIRE(psc_personas_explain(p, i, type, &x) == PSC_OK);
        shares += x.weight / sum;
    }
    REQUIRE(sum == 0.0 || is_within(shares, 1.0 - 1e-12, 1.0 + 1e-12));     /* 70 roundings of 2^-53 */
}

static double take_part(input *in)
{
    return take_byte(in) > 8 ? take_share(in) : take_real(in);
}

static double take_known(input *in)
{
    return take_byte(in) & 1 ? no_bound() : take_part(in);
}

static psc_status event(input *in, psc_personas *p, const psc_personas_config *c, int64_t *now)
{
    uint32_t what = take_byte(in) % 8;
    psc_request q;
    psc_assignment a;
    psc_outcome o;
    psc_persona_beat b;
    int32_t node = take_option(in, 0, c->nodes - 1);
    psc_status status;

    *now = take_byte(in) > 2 ? (int64_t)((uint64_t)*now + 4000000 * (uint64_t)take_byte(in)) : (int64_t)take_word(in);
    q.type = take_option(in, 0, c->types - 1);
    q.lead = take_option(in, -1, c->nodes - 1);
    q.size = take_part(in);
    q.complexity = take_byte(in) & 1 ? 0.0 : take_part(in);
    q.steps = take_byte(in) & 1 ? 0.0 : take_part(in);
    if (what == 0) return psc_personas_silent(p, *now, node);
    if (what == 1) return take_byte(in) & 1 ? psc_personas_drain(p, *now, node) : psc_personas_resume(p, *now, node);
    if (what == 2) {
        b.busy = take_known(in);
        b.errors = take_known(in);
        b.contention = take_known(in);
        b.workers = take_known(in);
        b.failure = take_known(in);
        return psc_personas_beat(p, *now, node, &b);
    }
    o.ok = what != 3;
    o.shadow = take_byte(in) > 200;
    o.reserved = 0;
    o.node = node;
    o.expected = take_known(in);
    o.latency = take_part(in);
    o.service = take_known(in);
    o.reference = take_known(in);
    o.use = take_known(in);
    if (what > 5) {
        status = psc_personas_assign(p, *now, &q, &a);
        if (status == PSC_OK) check_assignment(c, &a);
        return status;
    }
    return psc_personas_outcome(p, *now, &q, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_personas_config config;
    psc_personas *p;
    double array[3 * 70];
    size_t bytes;
    int64_t now;
    void *twin;
    int n;

    take_personas_config(&in, &config, array);
    bytes = psc_personas_size(&config);
    p = (psc_personas *)block_of(bytes ? bytes : 8);
    if (bytes == 0) {
        REQUIRE(psc_personas_init(p, 1 << 20, &config) < 0 && untouched(p, 8));
        free(p);
        return 0;
    }
    REQUIRE(psc_personas_init(p, bytes - 1, &config) == PSC_ERR_SPACE && untouched(p, bytes));
    REQUIRE(psc_personas_init(p, bytes, &config) == PSC_OK);
    now = config.start_ns;
    for (n = 0; n < 60 && in.left > 0; n++) {
        void *before = copy_of(p, bytes);
        if (event(&in, p, &config, &now) != PSC_OK) REQUIRE(memcmp(before, p, bytes) == 0);
        free(before);
    }
    check_personas(p, &config, 0);
    twin = reload(p);
    for (n = 0; n < 5; n++) {
        input again = in;
        int64_t then = now;
        (void)event(&in, p, &config, &now);
        (void)event(&again, (psc_personas *)twin, &config, &then);
    }
    REQUIRE(memcmp(twin, p, bytes) == 0);
    free(twin);
    free(p);
    return 0;
}
