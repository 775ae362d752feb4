/* scaling.c - a producer and a scaler under any sequence of events: refused and unchanged, or finite and within
 * bounds. */
#include "states.h"

static psc_producer *take_producer(input *in)
{
    psc_producer_config c;
    psc_producer *p;
    size_t bytes;

    psc_producer_default(&c);
    c.types = take_option(in, 1, 4);
    c.window = take_option(in, 1, 5);
    c.sources = 4 * (int32_t)(take_byte(in) % 5);
    c.period1 = take_option(in, 0, 20);
    c.bin_ns = 1000000 * (1 + (int64_t)take_byte(in));
    bytes = psc_producer_size(&c);
    if (bytes == 0) return NULL;
    p = (psc_producer *)block_of(bytes);
    REQUIRE(psc_producer_init(p, bytes - 1, &c) == PSC_ERR_SPACE && untouched(p, bytes));
    REQUIRE(psc_producer_init(p, bytes, &c) == PSC_OK);
    return p;
}

static psc_scaler *take_scaler(input *in)
{
    psc_scaler_config c;
    psc_scaler *s;
    size_t bytes;
    int k;

    psc_scaler_default(&c);
    c.producers = take_option(in, 0, 4);
    c.period1 = take_option(in, 0, 12);
    c.phase = take_option(in, 0, 8);
    c.boot_ns = (int64_t)(take_byte(in) % 12) * c.step_ns;
    c.in_cooldown_ns = (int64_t)(take_byte(in) % 4) * c.step_ns;
    c.max_starts = take_option(in, 1, 50);
    c.min_units = take_option(in, 0, 3);
    c.max_units = take_option(in, 1, 100);
    c.miss_price = take_number(in, 1.0, 100.0);
    c.jump = take_number(in, 1.0, 100.0);
    for (k = 0; k < PSC_RESOURCES; k++)
        if (take_byte(in) & 1) c.unit[k] = take_real(in);
    bytes = psc_scaler_size(&c);
    if (bytes == 0) return NULL;
    s = (psc_scaler *)block_of(bytes);
    REQUIRE(psc_scaler_init(s, bytes, &c) == PSC_OK);
    return s;
}

/* The two states and the report that goes between them. */
typedef struct pair {
    psc_producer *producer;
    psc_scaler *scaler;
    psc_report report;
    int64_t now;
} pair;

static void fold(input *in, pair *p)
{
    const size_t bytes = state_bytes(p->producer);
    void *before = copy_of(p->producer, bytes);
    psc_usage r;
    int i;

    memset(&r, 0, sizeof r);
    r.at = take_byte(in) < 240 ? p->now + 1000000 * take_byte(in) : take_integer(in);
    r.source = take_byte(in);
    r.type = (int32_t)take_byte(in) % 4;
    r.size = take_real(in);
    r.cpu = take_byte(in) & 1 ? take_real(in) : no_bound();
    r.memory = take_byte(in) & 1 ? take_real(in) : no_bound();
    r.network = 1.0;
    for (i = 0; i < 1 + (int)take_byte(in) % 4; i++)
        if (psc_producer_observe(p->producer, &r) != PSC_OK) {
            REQUIRE(i > 0 || memcmp(before, p->producer, bytes) == 0);
            break;
        }
    free(before);
}

static void tell(input *in, pair *p)
{
    psc_report total;

    psc_report_default(&p->report);
    p->report.sequence = (uint64_t)take_byte(in);
    p->report.epoch = take_byte(in) / 64;
    p->report.horizon[0] = 1 + take_byte(in) * 1000000;
    if (take_byte(in) & 1) p->report.capacity[take_byte(in) % 4] = take_real(in);
    if (psc_producer_report(p->producer, p->now, take_number(in, 0.05, 1.0), &p->report) != PSC_OK) return;
    REQUIRE(psc_report_check(&p->report) == PSC_OK);
    p->report.producer = take_byte(in) % 5;
    if (take_byte(in) > 200) p->report.now[0] = take_real(in);
    (void)psc_scaler_report(p->scaler, &p->report, p->now);
    psc_report_default(&total);
    if (psc_scaler_total(p->scaler, p->now, &total) == PSC_OK) REQUIRE(psc_report_check(&total) == PSC_OK);
}

static void decide(input *in, pair *p)
{
    const size_t bytes = state_bytes(p->scaler);
    void *before = copy_of(p->scaler, bytes);
    const int64_t active = take_byte(in), pending = take_byte(in) / 4;
    double load[PSC_RESOURCES];
    psc_decision d;
    int k, given = take_byte(in) & 1;

    for (k = 0; k < PSC_RESOURCES; k++) load[k] = take_real(in);
    if (psc_scaler_step(p->scaler, p->now, given ? load : NULL, active, pending, &d) != PSC_OK) {
        REQUIRE(memcmp(before, p->scaler, bytes) == 0);
    } else {
        REQUIRE(d.units == active + pending + d.change && d.units >= 0 && d.lead >= 1 && d.lead <= PSC_MAX_LEAD);
        REQUIRE(is_finite(d.expected) && is_finite(d.upper) && is_finite(d.vertical) && d.vertical >= 0.0);
        REQUIRE(is_within(d.rho, 0.0, 1.0) && is_within(d.confidence, 0.0, 1.0) && is_within(d.violated, 0.0, 1.0));
    }
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    pair p;
    psc_source source[4];
    psc_status status;
    size_t count;
    double rest;
    int n;

    memset(&p, 0, sizeof p);
    p.producer = take_producer(&in);
    p.scaler = take_scaler(&in);
    for (n = 0; n < MAX_STEPS && in.left > 0 && p.producer && p.scaler; n++) {
        p.now += (int64_t)take_byte(&in) * 1000000;
        switch (take_byte(&in) % 6) {
        case 0: case 1: fold(&in, &p); break;
        case 2: tell(&in, &p); break;
        case 3: decide(&in, &p); break;
        case 4: (void)psc_scaler_booted(p.scaler, take_integer(&in)); break;
        default:
            status = psc_producer_advance(p.producer, take_byte(&in) < 250 ? p.now : take_integer(&in));
            REQUIRE(status == PSC_OK || status == PSC_MORE || status == PSC_ERR_RANGE);
            REQUIRE(psc_producer_sources(p.producer, source, 4, &count, &rest) == PSC_OK && is_finite(rest));
            break;
        }
    }
    if (p.producer && p.scaler) {
        free(reload(p.producer));
        free(reload(p.scaler));
    }
    free(p.producer);
    free(p.scaler);
    return 0;
}
