/* route.c - personas as a policy for ../shared/score/route.c: build/bench/route.so. Nominal figures, entries, their
 * outcomes and the beats go in as they come; the only thing kept here is what each entry was expected to take. */
#include "predscale.h"
#include "route_policy.h"

#include <stdlib.h>

typedef struct policy {
    psc_personas *personas;
    double *expected;           /* [entry id * 2 + shadow], seconds */
    long entries;
} policy;

static int64_t ns_of(double seconds)
{
    return (int64_t)(seconds * 1e9);
}

void *rp_new(const rp_conf *conf)
{
    policy *p = (policy *)calloc(1, sizeof *p);
    double *workers = (double *)calloc((size_t)conf->servers, sizeof *workers);
    psc_personas_config config;
    size_t bytes;
    int i;

    if (!p || !workers) exit(2);
    for (i = 0; i < conf->servers; i++) workers[i] = conf->workers[i];
    psc_personas_default(&config);
    config.nodes = conf->servers;
    config.types = conf->types;
    config.beat_ns = ns_of(conf->beat_s);
    config.seed = conf->seed;
    config.error_cost = conf->err_ms / 1000.0;
    config.price_weight = conf->price_w;
    config.workers = workers;
    config.speed = conf->nominal;
    config.price = conf->price;
    bytes = psc_personas_size(&config);
    p->personas = (psc_personas *)malloc(bytes ? bytes : 1);
    if (!p->personas || psc_personas_init(p->personas, bytes, &config) != PSC_OK) exit(2);
    free(workers);
    return p;
}

static psc_request request_of(const rp_entry *e)
{
    psc_request request = {0, -1, 0.0, 0.0, 0.0};

    request.type = e->type;
    request.lead = e->lead;
    request.size = e->size;
    return request;
}

int rp_assign(void *self, double now, const rp_entry *e, int *shadow)
{
    policy *p = (policy *)self;
    const psc_request request = request_of(e);
    psc_assignment a;

    if (psc_personas_assign(p->personas, ns_of(now), &request, &a) != PSC_OK) exit(2);
    if (e->id >= p->entries) {
        p->entries = e->id * 2 + 1024;
        p->expected = (double *)realloc(p->expected, (size_t)p->entries * 2 * sizeof *p->expected);
        if (!p->expected) exit(2);
    }
    p->expected[2 * e->id] = a.service;
    p->expected[2 * e->id + 1] = a.shadow_service;
    *shadow = a.shadow;
    return a.node;
}

static void done(policy *p, const rp_event *ev)
{
    const psc_request request = request_of(&ev->e);
    psc_outcome outcome;

    outcome.node = ev->server;
    outcome.ok = ev->ok;
    outcome.shadow = ev->shadow;
    outcome.reserved = 0;
    outcome.expected = p->expected[2 * ev->e.id + ev->shadow];
    outcome.latency = ev->latency_ms / 1000.0;
    outcome.service = ev->service_ms / 1000.0;
    outcome.reference = ev->shadow ? p->expected[2 * ev->e.id] : 0.0;
    outcome.use = 0.0;
    if (psc_personas_outcome(p->personas, ns_of(ev->now), &request, &outcome) != PSC_OK) exit(2);
}

void rp_event_in(void *self, const rp_event *ev)
{
    policy *p = (policy *)self;
    const double zero = 0.0, unknown = zero / zero;
    psc_persona_beat beat;

    if (ev->kind == RP_DONE) {
        done(p, ev);
    } else if (ev->kind == RP_MISS) {
        if (psc_personas_silent(p->personas, ns_of(ev->now), ev->server) != PSC_OK) exit(2);
    } else {
        beat.busy = ev->cpu <= 1.0 ? ev->cpu : 1.0;
        beat.errors = ev->err;
        beat.contention = ev->mem;
        beat.workers = beat.failure = unknown;
        if (psc_personas_beat(p->personas, ns_of(ev->now), ev->server, &beat) != PSC_OK) exit(2);
    }
}

void rp_free(void *self)
{
    policy *p = (policy *)self;

    free(p->personas);
    free(p->expected);
    free(p);
}
