/* States: save and load of every type, damaged and hostile bytes, and the files that earlier versions have written.
 *
 * The files tests/golden/NAME-1.psc are saves of format 1, one of each type. They were written once, by this program with
 * the argument --write-golden; a later format adds its own and must go on reading these. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000000)

/* ==== States to try ============================================================================= */

typedef struct subject {
    const char *name;
    int32_t type;
    int period1, period2, metrics;
} subject;

static const subject subjects[] = {
    {"tracker", PSC_TYPE_TRACKER, 0, 0, 0}, {"tracker of one season", PSC_TYPE_TRACKER, 5, 0, 0},
    {"tracker of two seasons", PSC_TYPE_TRACKER, 4, 12, 0}, {"tracker of the second season", PSC_TYPE_TRACKER, 0, 3, 0},
    {"node of 1 metric", PSC_TYPE_NODE, 0, 0, 1}, {"node of 7", PSC_TYPE_NODE, 0, 0, 7},
    {"node of 64", PSC_TYPE_NODE, 0, 0, 64},
    {"failure model", PSC_TYPE_FAILURE, 0, 0, 0}, {"threshold", PSC_TYPE_THRESHOLD, 0, 0, 0},
    {"silence", PSC_TYPE_SILENCE, 0, 0, 0}, {"personas", PSC_TYPE_PERSONAS, 0, 0, 0},
    {"split", PSC_TYPE_SPLIT, 0, 0, 0}, {"echo", PSC_TYPE_ECHO, 0, 0, 0}, {"map", PSC_TYPE_MAP, 0, 0, 0},
    {"transfer", PSC_TYPE_TRANSFER, 0, 0, 0}, {"trial", PSC_TYPE_TRIAL, 0, 0, 0}, {"stages", PSC_TYPE_STAGES, 0, 0, 0},
    {"producer", PSC_TYPE_PRODUCER, 5, 0, 0}, {"demand", PSC_TYPE_DEMAND, 5, 0, 0}, {"scaler", PSC_TYPE_SCALER, 0, 0, 0},
    {"outlook", PSC_TYPE_OUTLOOK, 0, 0, 0}
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0], STEPS = 90 };
enum { DENSE = 10 };            /* from here on all of the first words are tried */

/* Of a large state every so many words, bits or prefixes; prime, so that every kind of field has its turn. */
static size_t stride(size_t items, size_t most)
{
    static const size_t prime[] = {1, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191};
    size_t i = 0;

    while (items / prime[i] > most) i++;
    return prime[i];
}

static double observation(int t)
{
    uint64_t seed = (uint64_t)t;

    if (t % 23 == 11) return NAN;
    return 20.0 + 5.0 * (t % 4) + 9.0 * ((t % 12) / 6) + 3.0 * test_uniform(&seed) + (t == 60 ? 500.0 : 0.0);
}

static void beat(int t, psc_beat *b, double *metric)
{
    uint64_t seed = (uint64_t)t;
    int k;

    b->node = b->sender = 42;
    b->epoch = t < 50 ? 1 : 2;
    b->sequence = (uint64_t)(t + t / 40);       /* some are lost, and what follows waits */
    b->sent_at = b->received_at = t * SECOND + (int64_t)(test_random(&seed) % 100000000);
    b->shards = t % 7;
    for (k = 0; k < PSC_MAX_METRICS; k++)
        metric[k] = k == t % 9 ? (double)NAN : 0.2 + 0.1 * test_uniform(&seed) + (t > 70 ? 0.3 : 0.0);
}

/* A score of step t: what a failure model takes. */
static void score_of(int t, psc_node_score *score)
{
    uint64_t seed = (uint64_t)t;
    int k;

    memset(score, 0, sizeof *score);
    score->z = 5.0 * test_uniform(&seed);
    score->joint = test_uniform(&seed);
    score->drift = test_uniform(&seed);
    score->signs = t % 3 != 0;
    for (k = 0; k < PSC_SIGNS && score->signs; k++) score->sign[k] = test_uniform(&seed) - 0.3;
}

static void advance_fleet(void *state, int32_t type, int t)
{
    const int64_t heard[4] = {(t - 1) * SECOND, t * SECOND - 1, (t - t % 9) * SECOND, INT64_MIN};
    psc_node_score score;
    int32_t suspected[4];

    if (type == PSC_TYPE_FAILURE) {
        score_of(t, &score);
        CHECK_STATUS(psc_failure_watch((psc_failure *)state, t % 3, t * SECOND, &score), PSC_OK);
        if (t % 20 == 7) CHECK_STATUS(psc_failure_happened((psc_failure *)state, t % 3, t * SECOND), PSC_OK);
        if (t % 20 == 11) CHECK_STATUS(psc_failure_censor((psc_failure *)state, t % 3, t * SECOND), PSC_OK);
    } else if (type == PSC_TYPE_THRESHOLD) {
        CHECK_STATUS(psc_threshold_learn((psc_threshold *)state, 1 + t % 4), PSC_OK);
        CHECK_STATUS(psc_threshold_fleet((psc_threshold *)state, t % 5 / 2.0), PSC_OK);
    } else {
        CHECK_STATUS(psc_silence_learn((psc_silence *)state, t * SECOND, (t + 1 + t % 4) * SECOND + t * 1000000),
                     PSC_OK);
        if (t % 30 == 9) CHECK_STATUS(psc_silence_failed((psc_silence *)state), PSC_OK);
        CHECK_STATUS(psc_silence_round((psc_silence *)state, t * SECOND + t % 7 * SECOND / 4, 4, heard, suspected),
                     PSC_OK);
    }
}

/* ==== States of blocks, requests and moves ====================================================== */

enum { NODES = 3, KEYS = 20, ORDERS = 8 };

/* A request that ends at once, and a beat. Returns the worst status. */
static psc_status step_personas(psc_personas *p, int t)
{
    const psc_persona_beat b = {0.1 * (t % 9), t % 10 == 9 ? 0.5 : 0.0, 0.1, 4.0, t % 30 == 20 ? 0.9 : 0.1};
    const psc_request q = {t % 2, t % (NODES + 1) - 1, 1.0 + 0.1 * (t % 5), 0.5, 0.0};
    psc_outcome o = {0, t % 8 != 0, 0, 0, 0.02, 0.03, 0.02, 0.02, 1.0};
    const int64_t now = t * (SECOND / 4);
    psc_assignment a;
    psc_persona x;

    CHECK_STATUS(psc_personas_assign(p, now, &q, &a), PSC_OK);
    CHECK(a.node >= 0 && a.node < NODES && a.shadow >= -1 && a.shadow < NODES && isfinite(a.score));
    o.node = a.node;
    o.expected = a.service;
    if (t % 5 != 0) CHECK_STATUS(psc_personas_outcome(p, now, &q, &o), PSC_OK);
    if (t % 17 == 4) CHECK_STATUS(psc_personas_silent(p, now, t % NODES), PSC_OK);
    CHECK_STATUS(psc_personas_explain(p, a.node, q.type, &x), PSC_OK);
    CHECK(isfinite(x.wait) && isfinite(x.service) && x.risk >= 0.0 && x.risk <= 1.0);
    return psc_personas_beat(p, now, t % NODES, &b);
}

/* A tick of accesses to a few keys at both ends of all; now and then the shards are others. */
static psc_status step_split(psc_split *s, int t)
{
    static const uint64_t start[2][4] = {{0, 5, 1000, UINT64_MAX}, {0, 7, 900, 2000}};
    psc_split_order order[ORDERS];
    psc_split_view view;
    psc_status status = PSC_OK;
    double load[64];
    size_t n, i;
    int k;

    psc_split_view_default(&view);
    if (t % 30 == 1) CHECK_STATUS(psc_split_shards(s, start[t / 30 % 2], 2 + (size_t)t % 3), PSC_OK);
    for (k = 0; k < KEYS && status == PSC_OK; k++)
        status = psc_split_observe(s, k % 3 ? (uint64_t)(k * t) : UINT64_MAX - (uint64_t)k, k % 7 ? 2.0 : t % 4 * 30.0);
    if (status != PSC_OK) return status;
    status = psc_split_tick(s, &view, order, ORDERS, &n, load);
    CHECK(status == PSC_OK && n <= ORDERS && isfinite(load[0]));
    for (i = 0; i < n; i++)
        CHECK(order[i].kind >= PSC_SPLIT_CUT && order[i].kind <= PSC_SPLIT_ECHO && order[i].shard >= 0);
    return status;
}

/* Reads and writes; every third step a tick, whose copies are confirmed but for some. */
static psc_status step_echo(psc_echo *e, int t)
{
    static const int64_t service[NODES] = {1000000, 1000000, 2000000};
    static const int32_t places[NODES] = {2, 2, 2};
    const int64_t backlog[NODES] = {t % 40 < 20 ? 90000000 : 0, t % 25 == 9 ? -1 : 0, 0}, now = t * INT64_C(5000000);
    psc_echo_order order[ORDERS];
    psc_echo_nodes nodes;
    psc_echo_route route;
    uint64_t epoch;
    size_t n, i;
    int k;

    for (k = 0; k < KEYS; k++) {
        const uint64_t block = k % 3 ? (uint64_t)(k % 4) : UINT64_MAX - (uint64_t)k;
        CHECK_STATUS(psc_echo_read(e, block, k % 4 / 2, now, &route), PSC_OK);
        CHECK(route.node >= 0 && route.node < NODES && (route.echo == 0 || route.echo == 1));
    }
    if (t % 7 == 0) CHECK(psc_echo_write(e, (uint64_t)(t % 3), t % 4 / 2, now, &epoch) <= PSC_OK);
    if (t % 3 != 0) return PSC_OK;
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = backlog;
    nodes.service_ns = service;
    nodes.places = places;
    CHECK_STATUS(psc_echo_tick(e, &nodes, now, order, ORDERS, &n), PSC_OK);
    for (i = 0; i < n; i++) {
        CHECK(order[i].node >= 0 && order[i].node < NODES && order[i].primary >= 0 && order[i].primary < NODES);
        if (order[i].kind == PSC_ECHO_COPY && t % 4 != 0)
            CHECK(psc_echo_confirm(e, order[i].block, order[i].node, order[i].epoch) <= PSC_OK);
    }
    return PSC_OK;
}

/* A change of each kind in turn; some find nothing to join or drop, or no room. */
static psc_status step_map(psc_map *m, int t)
{
    psc_map_change change;
    psc_map_place place;
    uint64_t version;
    int k;

    memset(&change, 0, sizeof change);
    change.kind = 1 + t % 5;
    change.partition = t % NODES;
    change.node = t % 4 - (t % 5 == 0);
    change.epoch = (uint64_t)t;
    change.key = change.kind <= PSC_MAP_JOIN ? (uint64_t)(t % 6) << 61 : (uint64_t)(t % 4);
    CHECK_STATUS(psc_map_version(m, &version), PSC_OK);
    (void)psc_map_apply(m, version, &change);
    for (k = 0; k < KEYS; k++) {
        CHECK_STATUS(psc_map_find(m, (uint64_t)k << 60, &place), PSC_OK);
        CHECK(place.first <= (uint64_t)k << 60 && place.last >= (uint64_t)k << 60 && place.partition >= 0
              && place.partition < NODES && place.node >= -1 && place.echoes >= 0 && place.echoes <= PSC_MAX_ECHOES);
    }
    return PSC_OK;
}

/* Node 0 gives the shard to node 1 again and again, which answers late. */
static psc_status step_transfer(psc_transfer *x, int t)
{
    psc_transfer_action action;
    psc_transfer_event event;
    psc_status status;

    memset(&event, 0, sizeof event);
    CHECK_STATUS(psc_transfer_look(x, &action), PSC_OK);
    event.kind = action.persist ? PSC_EVENT_STORED : t % 5 == 1 ? PSC_EVENT_PROPOSE : t % 5 == 3 ? PSC_EVENT_MESSAGE
                 : t % 11 == 4 ? PSC_EVENT_CANCEL : PSC_EVENT_TICK;
    event.version = action.version;
    event.peer = 1;
    event.message.kind = t % 2 ? PSC_MESSAGE_ACCEPT : PSC_MESSAGE_DONE;
    event.message.from = 1;
    event.message.epoch = action.epoch > 0 ? action.epoch : 1;
    status = psc_transfer_step(x, &event, t * SECOND, &action);
    CHECK(status == PSC_OK || status == PSC_ERR_STATE || status == PSC_ERR_RANGE);
    if (status == PSC_OK)
        CHECK(action.phase >= PSC_PHASE_OFFERING && action.phase <= PSC_PHASE_KEPT && (action.serves | 1) == 1);
    return PSC_OK;
}

static psc_status step_trial(psc_trial *trial, int t)
{
    psc_trial_pair pair = {0.01 + 0.001 * (t % 7), 0.01 + 0.001 * (t % 5), t % 19 == 3, t % 23 == 4};
    psc_trial_info info;
    int k;

    if (t % 13 == 5) pair.target_latency = NAN;
    CHECK_STATUS(psc_trial_observe(trial, &pair, t * SECOND), PSC_OK);
    CHECK_STATUS(psc_trial_verdict(trial, &info), PSC_OK);
    CHECK(info.verdict >= PSC_TRIAL_PENDING && info.verdict <= PSC_TRIAL_EXPIRED);
    for (k = 0; k < 3; k++)
        CHECK(isfinite(info.threshold[k]) && isfinite(info.harmless[k]) && isfinite(info.harmful[k]));
    return PSC_OK;
}

static psc_status step_stages(psc_stages *stages, int t)
{
    const psc_stages_input input = {100000, t < 30 ? 1000 : 0, t == 85 ? 0.9 : 0.1, t < 50 ? 0 : 1, t % 50 / 40, 0, 0};
    psc_stages_output out;
    psc_way way;

    CHECK_STATUS(psc_stages_step(stages, &input, t * 5 * SECOND, &out), PSC_OK);
    CHECK(out.stage >= PSC_STAGE_SHADOW && out.stage <= PSC_STAGE_ROLLED_BACK && out.share >= 0);
    CHECK(out.share <= PSC_SHARE_ALL && out.copy_bytes >= 0);
    CHECK_STATUS(psc_route(stages, (uint64_t)t, &way), PSC_OK);
    return PSC_OK;
}

/* One step of a state of Parts 4 to 6. */
static psc_status step_other(void *state, int32_t type, int t)
{
    switch (type) {
    case PSC_TYPE_PERSONAS: return step_personas((psc_personas *)state, t);
    case PSC_TYPE_SPLIT: return step_split((psc_split *)state, t);
    case PSC_TYPE_ECHO: return step_echo((psc_echo *)state, t);
    case PSC_TYPE_MAP: return step_map((psc_map *)state, t);
    case PSC_TYPE_TRANSFER: return step_transfer((psc_transfer *)state, t);
    case PSC_TYPE_TRIAL: return step_trial((psc_trial *)state, t);
    default: return step_stages((psc_stages *)state, t);
    }
}

static psc_personas_config personas_config(void)
{
    psc_personas_config c;

    psc_personas_default(&c);
    c.nodes = NODES;
    c.types = 2;
    return c;
}

static psc_split_config split_config(void)
{
    psc_split_config c;

    psc_split_default(&c);
    c.shards = 6;
    c.samples = 256;
    c.settle = 5;
    return c;
}

static psc_echo_config echo_config(void)
{
    psc_echo_config c;

    psc_echo_default(&c);
    c.nodes = NODES;
    c.tracked = 8;
    return c;
}

static psc_map_config map_config(void)
{
    psc_map_config c;

    psc_map_default(&c);
    c.partitions = NODES;
    c.areas = 5;
    c.echoes = 12;
    return c;
}

static void *other_new(int32_t type, size_t *bytes)
{
    const psc_personas_config personas = personas_config();
    const psc_split_config split = split_config();
    const psc_echo_config echo = echo_config();
    const psc_map_config map = map_config();
    psc_transfer_config transfer;
    psc_trial_config trial;
    psc_stages_config stages;
    psc_status status;
    void *state;

    psc_transfer_default(&transfer);
    psc_trial_default(&trial);
    psc_stages_default(&stages);
    transfer.owns = 1;
    trial.learn = 10;
    *bytes = type == PSC_TYPE_PERSONAS ? psc_personas_size(&personas) : type == PSC_TYPE_SPLIT ? psc_split_size(&split)
             : type == PSC_TYPE_ECHO ? psc_echo_size(&echo) : type == PSC_TYPE_MAP ? psc_map_size(&map)
             : type == PSC_TYPE_TRANSFER ? psc_transfer_size(&transfer)
             : type == PSC_TYPE_TRIAL ? psc_trial_size(&trial) : psc_stages_size(&stages);
    state = block_new(*bytes, 0x99);
    switch (type) {
    case PSC_TYPE_PERSONAS: status = psc_personas_init((psc_personas *)state, *bytes, &personas); break;
    case PSC_TYPE_SPLIT: status = psc_split_init((psc_split *)state, *bytes, &split); break;
    case PSC_TYPE_ECHO: status = psc_echo_init((psc_echo *)state, *bytes, &echo); break;
    case PSC_TYPE_MAP: status = psc_map_init((psc_map *)state, *bytes, &map); break;
    case PSC_TYPE_TRANSFER: status = psc_transfer_init((psc_transfer *)state, *bytes, &transfer); break;
    case PSC_TYPE_TRIAL: status = psc_trial_init((psc_trial *)state, *bytes, &trial); break;
    default: status = psc_stages_init((psc_stages *)state, *bytes, &stages);
    }
    CHECK_STATUS(status, PSC_OK);
    return state;
}

/* ==== Scenario ================================================================================== */

/* A producer and a scaler see reports and loads of every kind; some requests are late, some bins empty. */
static void advance_scaling(void *state, int32_t type, int t)
{
    psc_usage usage;
    psc_demand_now now;
    psc_decision decision;
    psc_report report;
    uint64_t seed = (uint64_t)t;
    int k;

    memset(&usage, 0, sizeof usage);
    usage.at = (t - t % 4 / 3) * SECOND;
    usage.type = t % 2;
    usage.size = 1.0 + t % 3;
    usage.cpu = t % 5 ? 0.01 * t : (double)NAN;
    if (type == PSC_TYPE_PRODUCER) {
        for (k = 0; k < t % 5; k++) {
            usage.source = test_random(&seed) % 12;
            CHECK_STATUS(psc_producer_observe((psc_producer *)state, &usage), PSC_OK);
        }
    } else if (type == PSC_TYPE_DEMAND) {
        CHECK_STATUS(psc_demand_observe((psc_demand *)state, fabs(observation(t)), 1 + t / 60, &now), PSC_OK);
    } else {
        psc_report_default(&report);
        report.sequence = (uint64_t)t;
        report.producer = t % 2;
        report.now[0] = 10.0 + t % 7;
        for (k = 0; k < report.points; k++) {
            report.expected[k * PSC_RESOURCES] = report.now[0] + k;
            report.upper[k * PSC_RESOURCES] = report.now[0] + 2 * k;
        }
        if (t % 9) CHECK_STATUS(psc_scaler_report((psc_scaler *)state, &report, t * SECOND), PSC_OK);
        CHECK_STATUS(psc_scaler_booted((psc_scaler *)state, (2 + t % 3) * SECOND), PSC_OK);
        CHECK_STATUS(psc_scaler_step((psc_scaler *)state, t * SECOND, NULL, 3 + t % 5, t % 2, &decision), PSC_OK);
    }
}

/* Two shards, one of which takes part in events; now and then a load is missing. */
static void advance_outlook(psc_outlook *outlook, int t)
{
    const double load[2] = {fabs(observation(t)), t % 17 ? 3.0 + t % 48 / 24 : (double)NAN};
    psc_surge surge = {0.0, 0.0, 2.0, 0, 0};
    double work[2 * 3 + 2];

    surge.from = 4.0 - t % 30;
    surge.to = 9.0 - t % 30;
    CHECK_STATUS(psc_outlook_observe(outlook, load, &surge, 1, work), PSC_OK);
}

static void *outlook_new(size_t *bytes)
{
    static const int32_t tag[2] = {0, -1};
    psc_outlook_config config;
    psc_outlook *outlook;

    psc_outlook_default(&config);
    config.series = config.hour = config.far = 2;
    config.week = 0;
    config.tags = 1;
    config.tag = tag;
    *bytes = psc_outlook_size(&config);
    outlook = (psc_outlook *)block_new(*bytes, 0x99);
    CHECK_STATUS(psc_outlook_init(outlook, *bytes, &config), PSC_OK);
    return outlook;
}

/* Steps from..to-1 of the scenario. */
static void advance(void *state, int32_t type, int from, int to)
{
    double metric[PSC_MAX_METRICS];
    psc_beat b;
    int t;

    for (t = from; t < to; t++) {
        beat(t, &b, metric);
        if (type == PSC_TYPE_TRACKER)
            CHECK_STATUS(psc_tracker_observe((psc_tracker *)state, observation(t)), PSC_OK);
        else if (type == PSC_TYPE_NODE)
            CHECK_STATUS(psc_node_observe((psc_node *)state, &b, metric), PSC_OK);
        else if (type == PSC_TYPE_OUTLOOK)
            advance_outlook((psc_outlook *)state, t);
        else if (type >= PSC_TYPE_PRODUCER)
            advance_scaling(state, type, t);
        else if (type >= PSC_TYPE_PERSONAS)
            CHECK_STATUS(step_other(state, type, t), PSC_OK);
        else
            advance_fleet(state, type, t);
    }
}

static void *scaling_new(const subject *s, size_t *bytes)
{
    psc_producer_config producer;
    psc_demand_config demand;
    psc_scaler_config scaler;
    void *state;

    psc_producer_default(&producer);
    psc_demand_default(&demand);
    psc_scaler_default(&scaler);
    producer.types = 2;
    producer.bin_ns = SECOND;
    producer.period1 = demand.period1 = s->period1;
    producer.sources = demand.phase = 4;
    demand.unit = 7.0;
    scaler.producers = 2;
    scaler.step_ns = SECOND;
    scaler.boot_ns = 3 * SECOND;
    scaler.in_cooldown_ns = 2 * SECOND;
    scaler.starts_ns = 10 * SECOND;
    scaler.max_starts = 6;
    scaler.unit[0] = 4.0;
    *bytes = s->type == PSC_TYPE_PRODUCER ? psc_producer_size(&producer)
             : s->type == PSC_TYPE_DEMAND ? psc_demand_size(&demand) : psc_scaler_size(&scaler);
    state = block_new(*bytes, 0x99);
    switch (s->type) {
    case PSC_TYPE_PRODUCER: CHECK_STATUS(psc_producer_init((psc_producer *)state, *bytes, &producer), PSC_OK); break;
    case PSC_TYPE_DEMAND: CHECK_STATUS(psc_demand_init((psc_demand *)state, *bytes, &demand), PSC_OK); break;
    default: CHECK_STATUS(psc_scaler_init((psc_scaler *)state, *bytes, &scaler), PSC_OK);
    }
    return state;
}

/* A subject after `steps` steps, in a block of exactly its size. */
static void *subject_new(const subject *s, int steps, size_t *bytes)
{
    psc_tracker_config tracker;
    psc_node_config node;
    psc_failure_config failure;
    psc_threshold_config threshold;
    psc_silence_config silence;
    void *state;

    if (s->type >= PSC_TYPE_PRODUCER) {
        state = s->type == PSC_TYPE_OUTLOOK ? outlook_new(bytes) : scaling_new(s, bytes);
        advance(state, s->type, 1, steps);
        return state;
    }
    if (s->type >= PSC_TYPE_PERSONAS) {
        state = other_new(s->type, bytes);
        advance(state, s->type, 1, steps);
        return state;
    }
    psc_tracker_default(&tracker);
    psc_node_default(&node);
    psc_failure_default(&failure);
    psc_threshold_default(&threshold);
    psc_silence_default(&silence);
    failure.capacity = 12;
    failure.horizon_ns = 8 * SECOND;
    failure.correct_from = 3.0;
    tracker.period1 = s->period1;
    tracker.period2 = s->period2;
    tracker.lower = 0.0;
    node.metrics = s->metrics;
    node.id = 42;
    node.learn = 10;
    node.memory = 30;
    node.step_ns = 5 * SECOND;
    *bytes = s->type == PSC_TYPE_TRACKER ? psc_tracker_size(&tracker) : s->type == PSC_TYPE_NODE ? psc_node_size(&node)
             : s->type == PSC_TYPE_FAILURE ? psc_failure_size(&failure)
             : s->type == PSC_TYPE_THRESHOLD ? psc_threshold_size(&threshold) : psc_silence_size(&silence);
    state = block_new(*bytes, 0x99);
    switch (s->type) {
    case PSC_TYPE_TRACKER: CHECK_STATUS(psc_tracker_init((psc_tracker *)state, *bytes, &tracker), PSC_OK); break;
    case PSC_TYPE_NODE: CHECK_STATUS(psc_node_init((psc_node *)state, *bytes, &node), PSC_OK); break;
    case PSC_TYPE_FAILURE: CHECK_STATUS(psc_failure_init((psc_failure *)state, *bytes, &failure), PSC_OK); break;
    case PSC_TYPE_THRESHOLD:
        CHECK_STATUS(psc_threshold_init((psc_threshold *)state, *bytes, &threshold), PSC_OK);
        break;
    default: CHECK_STATUS(psc_silence_init((psc_silence *)state, *bytes, &silence), PSC_OK);
    }
    advance(state, s->type, 1, steps);
    return state;
}

static unsigned char *saved_of(const void *state, size_t *bytes)
{
    unsigned char *saved;
    size_t written = 0;

    *bytes = psc_save_size(state);
    saved = (unsigned char *)block_new(*bytes, 0x66);
    CHECK_STATUS(psc_save(state, saved, *bytes, &written), PSC_OK);
    CHECK_INT(written, *bytes);
    return saved;
}

/* ==== Round trip ================================================================================ */

/* The published check value of the CRC, and that it is the one that is written. */
static void test_crc(void)
{
    size_t bytes, i, n;
    int k;

    CHECK(crc_of((const unsigned char *)"123456789", 9) == UINT64_C(0xb90956c775a41001));
    for (k = 0; k < SUBJECTS; k++) {
        uint64_t *state = (uint64_t *)subject_new(&subjects[k], STEPS, &bytes);
        unsigned char *saved = saved_of(state, &n);
        CHECK_INT(n, bytes + 8);
        CHECK(word_get(saved + bytes) == crc_of(saved, bytes));
        for (i = 0; i < bytes / 8; i++) CHECK(word_get(saved + 8 * i) == state[i]);     /* little-endian words */
        free(state);
        free(saved);
    }
}

/* At every age, into a block of any content, from and to bytes of any alignment; then it goes on as if nothing was. */
static void test_round_trip(void)
{
    static const int fill[] = {0x00, 0xAA, 0xFF};
    int k, age;

    for (k = 0; k < SUBJECTS; k++) {
        for (age = 1; age <= STEPS; age += 1 + age / 4) {
            size_t bytes, n, written = 0;
            void *state = subject_new(&subjects[k], age, &bytes), *loaded = block_new(bytes, fill[age % 3]);
            unsigned char *saved = (unsigned char *)block_new(bytes + 8 + 7, 0), *at = saved + age % 8, *again;
            CHECK_STATUS(psc_save(state, at, bytes + 8, &written), PSC_OK);
            CHECK_INT(psc_load_size(at, written), bytes);
            CHECK_STATUS(psc_load(age % 2 ? PSC_TYPE_ANY : subjects[k].type, at, written, loaded, bytes), PSC_OK);
            CHECK(memcmp(state, loaded, bytes) == 0);
            CHECK_INT(psc_state_type(loaded), subjects[k].type);
            again = saved_of(loaded, &n);
            CHECK(memcmp(again, at, n) == 0);
            advance(state, subjects[k].type, age, STEPS + 20);
            advance(loaded, subjects[k].type, age, STEPS + 20);
            CHECK(memcmp(state, loaded, bytes) == 0);
            free(state);
            free(loaded);
            free(saved);
            free(again);
        }
    }
}

/* Any gains and the largest values: whatever state is reached can be loaded again. */
static void test_reached_states_load(void)
{
    static const double gain[] = {0.0, 1e-9, 0.3, 0.9, 1.0};
    static const double value[] = {1e15, -1e15, 0.0, 5e-324, 1.0};
    uint64_t seed = 3;
    int round, t;

    for (round = 0; round < 200; round++) {
        psc_tracker_config config;
        uint64_t block[95 + 3 + 7], loaded[95 + 3 + 7];
        unsigned char saved[sizeof block + 8];
        size_t written = 0;
        psc_tracker_default(&config);
        config.period1 = round % 3 ? 3 : 0;
        config.period2 = round % 2 ? 7 : 0;
        config.alpha = gain[test_random(&seed) % 5];
        config.gamma = gain[test_random(&seed) % 5];
        CHECK_STATUS(psc_tracker_init((psc_tracker *)block, sizeof block, &config), PSC_OK);
        for (t = 0; t < 150; t++) {
            const double y = round % 4 ? value[test_random(&seed) % 5] : t % 2 ? 1e15 : -1e15;
            CHECK_STATUS(psc_tracker_observe((psc_tracker *)block, y), PSC_OK);
        }
        CHECK_STATUS(psc_save(block, saved, sizeof saved, &written), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_TRACKER, saved, written, loaded, sizeof loaded), PSC_OK);
    }
    for (round = 0; round < 100; round++) {
        psc_node_config config;
        static uint64_t block[168 + 232 * 8], loaded[168 + 232 * 8];
        static unsigned char saved[sizeof block + 8];
        double floor_[8], metric[PSC_MAX_METRICS];
        size_t written = 0;
        psc_beat b;
        int k;
        psc_node_default(&config);
        config.metrics = 8;
        config.learn = 2;
        config.memory = 2 + round % 9;
        config.interval_ns = round % 2 ? INT64_C(86400) * SECOND : INT64_C(1000000);
        config.winsor = round % 3 ? 1.0 : 100.0;
        for (k = 0; k < 8; k++) floor_[k] = round % 5 ? DBL_MIN : 1e15;
        config.floor = floor_;
        CHECK_STATUS(psc_node_init((psc_node *)block, sizeof block, &config), PSC_OK);
        for (t = 0; t < 100; t++) {
            beat(t, &b, metric);
            b.node = b.sender = 0;
            b.received_at = t * 10 * config.interval_ns;
            for (k = 0; k < 8; k++)
                metric[k] = k >= 2 && k <= 4 ? (double)(t % 2) : k == 7 && t % 2 ? -1e15 : t % 2 ? 0.0 : 1e15;
            CHECK_STATUS(psc_node_observe((psc_node *)block, &b, metric), PSC_OK);
        }
        CHECK_STATUS(psc_save(block, saved, sizeof saved, &written), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_NODE, saved, written, loaded, sizeof loaded), PSC_OK);
    }
}

/* ==== Refusals ================================================================================== */

static void test_arguments(void)
{
    size_t bytes, n, written = 77;
    uint64_t *state = (uint64_t *)subject_new(&subjects[1], STEPS, &bytes), none[4] = {0, 4, 0, 0};
    uint64_t *mem = (uint64_t *)block_new(bytes + 8, 0x5C), *before = (uint64_t *)block_copy(mem, bytes + 8);
    unsigned char *saved = saved_of(state, &n), *out = (unsigned char *)block_new(n, 0x5C);

    CHECK_STATUS(psc_state_type(NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_state_type((char *)state + 4), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_state_type(none), PSC_ERR_STATE);
    none[0] = state[0] + 1;                                 /* a later format */
    CHECK_STATUS(psc_state_type(none), PSC_ERR_STATE);
    CHECK_INT(psc_save_size(NULL), 0);
    CHECK_INT(psc_save_size((char *)state + 4), 0);
    CHECK_INT(psc_save_size(none), 0);
    none[0] = state[0];
    none[1] = 1;
    CHECK_INT(psc_save_size(none), 0);
    none[1] = SIZE_MAX / 8;
    CHECK_INT(psc_save_size(none), 0);
    none[1] = UINT64_C(1) << 62;
    CHECK_INT(psc_save_size(none), 0);
    CHECK_STATUS(psc_save(none, out, n, &written), PSC_ERR_STATE);
    CHECK_STATUS(psc_save(NULL, out, n, &written), PSC_ERR_NULL);
    CHECK_STATUS(psc_save(state, NULL, n, &written), PSC_ERR_NULL);
    CHECK_STATUS(psc_save(state, out, n, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_save((char *)state + 4, out, n, &written), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_save(state, out, n - 1, &written), PSC_ERR_SPACE);
    CHECK_STATUS(psc_save(state, out, 0, &written), PSC_ERR_SPACE);
    CHECK(memcmp(out, before, n) == 0);
    CHECK_INT(written, 77);

    CHECK_INT(psc_load_size(NULL, n), 0);
    CHECK_INT(psc_load_size(saved, n), bytes);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, NULL, n, mem, bytes), PSC_ERR_NULL);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, NULL, bytes), PSC_ERR_NULL);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, (char *)mem + 4, bytes), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, mem, bytes - 1), PSC_ERR_SPACE);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, mem, 0), PSC_ERR_SPACE);
    CHECK_STATUS(psc_load(PSC_TYPE_NODE, saved, n, mem, bytes), PSC_ERR_STATE);
    CHECK_STATUS(psc_load(-1, saved, n, mem, bytes), PSC_ERR_RANGE);
    CHECK_STATUS(psc_load(PSC_TYPE_END, saved, n, mem, bytes), PSC_ERR_RANGE);
    CHECK(memcmp(mem, before, bytes + 8) == 0);
    CHECK_STATUS(psc_load(PSC_TYPE_TRACKER, saved, n, mem, bytes + 8), PSC_OK);
    CHECK(memcmp(mem, state, bytes) == 0);
    CHECK(mem[bytes / 8] == before[bytes / 8]);             /* nothing behind it was written */
    free(state);
    free(mem);
    free(before);
    free(saved);
    free(out);
}

/* Heads with a right CRC that are none of ours. */
static void test_heads(void)
{
    static const struct {
        int word;
        uint64_t flip;
        psc_status want;
    } wrong[] = {
        {0, UINT64_C(1) << 40, PSC_ERR_FORMAT}, {0, UINT64_C(1) << 63, PSC_ERR_FORMAT},     /* the mark */
        {1, 1, PSC_ERR_FORMAT}, {1, UINT64_C(1) << 61, PSC_ERR_FORMAT},                     /* the length */
        {0, 1 ^ 2, PSC_ERR_VERSION}, {0, 0x8000, PSC_ERR_VERSION}, {0, 1, PSC_ERR_VERSION}, /* 2, 0x8001, 0 */
        {0, UINT64_C(1) << 18, PSC_ERR_CORRUPT}, {0, UINT64_C(1) << 39, PSC_ERR_CORRUPT},   /* types 5 and 2^23 + 1 */
        {0, UINT64_C(1) << 16, PSC_ERR_CORRUPT}, {0, UINT64_C(3) << 16, PSC_ERR_CORRUPT},   /* types 0 and 2 */
        {0, UINT64_C(5) << 16, PSC_ERR_CORRUPT}, {0, UINT64_C(2) << 16, PSC_ERR_CORRUPT}    /* types 4 and 3 */
    };
    size_t bytes, n, i;
    void *state = subject_new(&subjects[1], STEPS, &bytes), *mem = block_new(bytes, 0x5C),
        *before = block_copy(mem, bytes);
    unsigned char *saved = saved_of(state, &n);

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned char *bad = (unsigned char *)block_copy(saved, n);
        word_put(bad + 8 * wrong[i].word, word_get(bad + 8 * wrong[i].word) ^ wrong[i].flip);
        repair(bad, n);
        CHECK_STATUS(psc_load(PSC_TYPE_ANY, bad, n, mem, bytes), wrong[i].want);
        CHECK_INT(psc_load_size(bad, n) != 0, wrong[i].want == PSC_ERR_CORRUPT);
        CHECK(memcmp(mem, before, bytes) == 0);
        free(bad);
    }
    free(state);
    free(mem);
    free(before);
    free(saved);
}

/* Every prefix, and the bytes with some behind them. */
static void test_truncations(void)
{
    int k;

    for (k = 0; k < SUBJECTS; k++) {
        size_t bytes, n, cut;
        void *state = subject_new(&subjects[k], STEPS, &bytes), *mem = block_new(bytes, 0x5C),
            *before = block_copy(mem, bytes);
        unsigned char *saved = saved_of(state, &n), *longer = (unsigned char *)block_new(n + 16, 0);
        for (cut = 0; cut < n; cut += stride(n, 2000)) {
            unsigned char *part = (unsigned char *)block_new(cut + !cut, 0);        /* a read beyond it is seen */
            memcpy(part, saved, cut);
            CHECK_STATUS(psc_load(PSC_TYPE_ANY, part, cut, mem, bytes), PSC_ERR_FORMAT);
            CHECK_INT(psc_load_size(part, cut), 0);
            free(part);
        }
        memcpy(longer, saved, n);
        for (cut = n + 1; cut <= n + 16; cut++)
            CHECK_STATUS(psc_load(PSC_TYPE_ANY, longer, cut, mem, bytes), PSC_ERR_FORMAT);
        CHECK(memcmp(mem, before, bytes) == 0);
        free(state);
        free(mem);
        free(before);
        free(saved);
        free(longer);
    }
}

/* Every flip of one bit of every subject. */
static void test_flips(void)
{
    int k;

    for (k = 0; k < SUBJECTS; k++) {
        size_t bytes, n, bit;
        void *state = subject_new(&subjects[k], STEPS, &bytes), *mem = block_new(bytes, 0x5C),
            *before = block_copy(mem, bytes);
        unsigned char *saved = saved_of(state, &n);
        for (bit = 0; bit < 8 * n; bit += stride(n * n, 2000000)) {
            psc_status status;
            saved[bit / 8] ^= (unsigned char)(1 << bit % 8);
            status = psc_load(PSC_TYPE_ANY, saved, n, mem, bytes);
            CHECK(status < 0);
            if (bit >= 128) CHECK_STATUS(status, PSC_ERR_CHECKSUM);         /* behind the two words of the head */
            saved[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        CHECK(memcmp(mem, before, bytes) == 0);
        CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, mem, bytes), PSC_OK);
        free(state);
        free(mem);
        free(before);
        free(saved);
    }
}

/* Bursts: any bits within 64 neighbours, both ends wrong. In the order of the CRC a byte's lowest bit comes first. */
static void test_bursts(void)
{
    size_t bytes, n;
    void *state = subject_new(&subjects[2], STEPS, &bytes), *mem = block_new(bytes, 0x5C),
        *before = block_copy(mem, bytes);
    unsigned char *saved = saved_of(state, &n);
    uint64_t seed = 8;
    int round;

    for (round = 0; round < 100000; round++) {
        const size_t width = 2 + test_random(&seed) % 63, start = test_random(&seed) % (8 * n - width);
        const uint64_t pattern = test_random(&seed) | UINT64_C(1) | UINT64_C(1) << (width - 1);
        size_t i;
        int undo;
        for (undo = 0; undo < 2; undo++) {
            if (undo) CHECK(psc_load(PSC_TYPE_ANY, saved, n, mem, bytes) < 0);
            for (i = 0; i < width; i++)
                if (pattern >> i & 1) saved[(start + i) / 8] ^= (unsigned char)(1 << (start + i) % 8);
        }
    }
    CHECK(memcmp(mem, before, bytes) == 0);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, mem, bytes), PSC_OK);
    free(state);
    free(mem);
    free(before);
    free(saved);
}

/* ==== Hostile content =========================================================================== */

static const uint64_t hostile[] = {
    0, 1, 2, 3, 4, UINT64_MAX, UINT64_C(0x8000000000000000), INT64_MAX, INT64_MAX - 7, UINT64_C(0x8000000000000001),
    INT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 53, UINT64_C(1) << 60, 100000, 100001,
    UINT64_C(0x7ff8000000000000), UINT64_C(0xfff4000000000001), UINT64_C(0x7ff0000000000000),
    UINT64_C(0xfff0000000000000),
    UINT64_C(0x0010000000000000), UINT64_C(0x7fefffffffffffff), UINT64_C(0xffefffffffffffff),
    UINT64_C(0x43abc16d674ec800), UINT64_C(0xc3abc16d674ec800), UINT64_C(0x430c6bf526340000),       /* +-1e18, 1e15 */
    UINT64_C(0x3ff0000000000000), UINT64_C(0x3feff7ced916872b), UINT64_C(0x408f400000000000),       /* 1, 0.999, 1000 */
    UINT64_C(0x01a56e1fc2f8f359), UINT64_C(0x46293e5939a08cea)                                      /* 1e-300, 1e30 */
};

enum { HOSTILE = sizeof hostile / sizeof hostile[0] };

static int all_finite(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

/* A tracker that was loaded: each call gives a code or finite and ordered numbers. */
static void use_tracker(psc_tracker *tracker)
{
    static const double value[] = {1.0, -1e15, 1e15, 0.0, 7.0, 1e15, -1e15, 5e-324};
    static const double level[] = {1e-9, 0.5, 1.0 - 1e-9};
    static const size_t lead[] = {1, 70};
    double point[70], quantile[210];
    size_t i, j;
    int t;

    for (t = 0; t < 72; t++) {
        if (t % 24 == 0) {
            for (i = 0; i < 2; i++) {
                if (psc_tracker_predict(tracker, lead[i], level, 3, point, quantile) != PSC_OK) continue;
                CHECK(all_finite(point, lead[i]) && all_finite(quantile, 3 * lead[i]));
                for (j = 0; j < lead[i]; j++)
                    CHECK(quantile[3 * j] <= quantile[3 * j + 1] && quantile[3 * j + 1] <= quantile[3 * j + 2]);
            }
        }
        CHECK(psc_tracker_observe(tracker, t % 11 == 10 ? (double)NAN : value[t % 8]) <= PSC_OK);
    }
}

static void use_node(psc_node *node)
{
    static const int64_t moment[] = {INT64_MIN, -1, 0, 200 * SECOND, INT64_MAX};
    double metric[PSC_MAX_METRICS];
    psc_node_score s;
    psc_beat b;
    int t, k;

    for (t = 100; t < 112; t++) {
        if (psc_node_score_at(node, moment[t % 5], &s) == PSC_OK) {
            CHECK(isfinite(s.instability) && isfinite(s.z) && isfinite(s.phi) && isfinite(s.onset));
            CHECK(s.instability >= 0.0 && s.instability <= 1.0 && s.phi >= 0.0 && s.phi <= PSC_MAX_PHI && s.z >= 0.0);
            CHECK(s.metric >= PSC_METRIC_BEATS && s.metric < PSC_MAX_METRICS && s.z <= PSC_MAX_Z);
        }
        beat(t, &b, metric);
        if (t == 105) b.received_at = INT64_MAX;
        for (k = 7; k < PSC_MAX_METRICS; k++) metric[k] = t % 2 ? 1e15 : -1e15;
        CHECK(psc_node_observe(node, &b, metric) <= PSC_OK);
    }
}

static void use_failure(psc_failure *model)
{
    psc_failure_report report;
    psc_node_score score;
    double p = -1.0;
    int t;

    for (t = 100; t < 112; t++) {
        score_of(t, &score);
        score.phi = t % 5;
        if (psc_failure_probability(model, &score, &p) == PSC_OK) CHECK(p >= 0.0 && p <= 1.0);
        CHECK(psc_failure_watch(model, t % 3, t % 4 ? t * SECOND : INT64_MAX, &score) <= PSC_OK);
        CHECK(psc_failure_learn(model, &score, t % 2) <= PSC_OK);
        CHECK(psc_failure_happened(model, t % 3, t * SECOND) <= PSC_OK);
    }
    if (psc_failure_report_of(model, &report) == PSC_OK)
        CHECK(isfinite(report.brier) && isfinite(report.skill) && isfinite(report.ece));
}

static void use_threshold(psc_threshold *threshold)
{
    psc_shift shift = {0, 0};
    double value = -1.0;
    int t;

    for (t = 0; t < 12; t++) {
        CHECK(psc_threshold_learn(threshold, 1 + t % 4) <= PSC_OK);
        CHECK_STATUS(psc_threshold_decide(threshold, t / 11.0, t % 5 ? t * SECOND : INT64_MIN, &shift, &value), PSC_OK);
        CHECK(value >= 0.0 && value <= 1.0 && (shift.on == 0 || shift.on == 1));
        CHECK_STATUS(psc_threshold_fleet(threshold, 1e6), PSC_OK);
    }
}

static void use_silence(psc_silence *silence)
{
    static const int64_t moment[] = {INT64_MIN, -1, 0, 200 * SECOND, INT64_MAX};
    psc_silence_report report;
    int32_t suspected[5];
    int t;

    for (t = 0; t < 5; t++) {
        CHECK_STATUS(psc_silence_learn(silence, moment[t % 5], moment[(t + 1) % 5]), PSC_OK);
        CHECK_STATUS(psc_silence_round(silence, moment[t % 5], 5, moment, suspected), PSC_OK);
        CHECK_STATUS(psc_silence_failed(silence), PSC_OK);
        CHECK_STATUS(psc_silence_report_of(silence, &report), PSC_OK);
        CHECK(report.limit_ns > 0 && isfinite(report.false_a_year));
    }
}

/* Any state of Parts 4 to 6: steps of the scenario, from its middle and from its start. */
static void use_other(void *state, int32_t type)
{
    int t;

    for (t = 50; t < 62; t++) CHECK(step_other(state, type, t) <= PSC_OK);
    for (t = 1; t < 7; t++) CHECK(step_other(state, type, t) <= PSC_OK);
}

static void use_producer(psc_producer *producer)
{
    psc_usage usage;
    psc_report report;
    psc_source source[3];
    size_t count;
    double rest, load = 0.0;
    int t;

    memset(&usage, 0, sizeof usage);
    for (t = 100; t < 112; t++) {
        usage.at = t == 105 ? INT64_MAX : t * SECOND;
        usage.type = t % 2;
        usage.size = 1e15;
        usage.cpu = t % 3 ? (double)NAN : 1e15;
        CHECK(psc_producer_observe(producer, &usage) <= PSC_OK);
        CHECK(psc_producer_advance(producer, t == 107 ? INT64_MAX : t * SECOND) <= PSC_MORE);
    }
    psc_report_default(&report);
    if (psc_producer_report(producer, INT64_MAX / 8, 0.5, &report) == PSC_OK) CHECK(!psc_report_check(&report));
    if (psc_producer_report(producer, 120 * SECOND, 0.5, &report) == PSC_OK) CHECK(!psc_report_check(&report));
    if (psc_producer_sources(producer, source, 3, &count, &rest) == PSC_OK) CHECK(count <= 3 && isfinite(rest));
    if (psc_producer_type(producer, 1, 9, 0.9, &load) == PSC_OK) CHECK(isfinite(load));
}

static void use_demand(psc_demand *demand)
{
    static const double load[] = {0.0, 1e15, 7.0, 5e-324, NAN};
    psc_demand_now now;
    int t;

    for (t = 0; t < 40; t++) {
        if (psc_demand_observe(demand, load[t * t % 5], 1 + t % PSC_MAX_LEAD, &now) != PSC_OK) continue;
        CHECK(isfinite(now.expected) && isfinite(now.order) && now.keep >= now.order && isfinite(now.keep));
        CHECK(now.violated >= 0.0 && now.violated <= 1.0);
    }
}

static void use_scaler(psc_scaler *scaler)
{
    static const int64_t moment[] = {0, 100 * SECOND, 5, INT64_MAX / 4, 101 * SECOND};
    const double load[PSC_RESOURCES] = {1e15, 0.0, NAN, 1.0};
    psc_decision d;
    psc_report report;
    int t;

    for (t = 0; t < 6; t++) {
        psc_report_default(&report);
        if (psc_scaler_total(scaler, moment[t % 5], &report) == PSC_OK) CHECK(!psc_report_check(&report));
        report.producer = t % 3;
        report.sequence = (uint64_t)(1000 + t);
        CHECK(psc_scaler_report(scaler, &report, moment[t % 5]) <= PSC_OK);
        CHECK(psc_scaler_booted(scaler, moment[t % 5]) <= PSC_OK);
        if (psc_scaler_step(scaler, moment[t % 5], t % 2 ? load : NULL, t, 1, &d) != PSC_OK) continue;
        CHECK(isfinite(d.upper) && isfinite(d.expected) && d.units >= 0 && d.rho >= 0.0 && d.rho <= 1.0);
    }
}

/* A state of any shape that fits in the block: hour * (far + 1) is at most 60 * 25. */
static void use_outlook(psc_outlook *outlook)
{
    static double path[1500], spread[PSC_MAX_SLOTS], work[4 * 1500];
    const psc_surge surge = {-2.0, 3.0, 2.5, 0, 0};
    double load[2] = {0.0, 7.0};
    size_t s;
    int k, t;

    for (t = 0; t < 4; t++) {
        for (s = 0; psc_outlook_predict(outlook, s, 1, &surge, 1, path, spread, work) == PSC_OK; s++) {
            for (k = 0; k < 6; k++) CHECK(isfinite(path[k]) && path[k] >= 0.0);
            CHECK(isfinite(spread[0]) && spread[0] >= 0.0);
        }
        CHECK_INT(s, 2);
        load[0] = fmin(path[t % 2], 1e12);
        CHECK_STATUS(psc_outlook_observe(outlook, load, &surge, 1, work), PSC_OK);
    }
}

/* Loads what may be anything with a right CRC; if it is taken it is used, saved, and taken again. */
static int try_hostile(unsigned char *saved, size_t n, void *mem, const void *before, size_t bytes)
{
    unsigned char *again;
    size_t written;
    psc_status status;

    repair(saved, n);
    status = psc_load(PSC_TYPE_ANY, saved, n, mem, bytes);
    if (status != PSC_OK) {
        CHECK(status == PSC_ERR_CORRUPT || status == PSC_ERR_FORMAT || status == PSC_ERR_VERSION);
        CHECK(memcmp(mem, before, bytes) == 0);
        return 0;
    }
    CHECK(memcmp(mem, before, bytes) != 0);
    switch (psc_state_type(mem)) {
    case PSC_TYPE_TRACKER: use_tracker((psc_tracker *)mem); break;
    case PSC_TYPE_NODE: use_node((psc_node *)mem); break;
    case PSC_TYPE_FAILURE: use_failure((psc_failure *)mem); break;
    case PSC_TYPE_THRESHOLD: use_threshold((psc_threshold *)mem); break;
    case PSC_TYPE_SILENCE: use_silence((psc_silence *)mem); break;
    case PSC_TYPE_PRODUCER: use_producer((psc_producer *)mem); break;
    case PSC_TYPE_DEMAND: use_demand((psc_demand *)mem); break;
    case PSC_TYPE_SCALER: use_scaler((psc_scaler *)mem); break;
    case PSC_TYPE_OUTLOOK: use_outlook((psc_outlook *)mem); break;
    default: use_other(mem, psc_state_type(mem));
    }
    again = (unsigned char *)block_new(n, 0);
    CHECK_STATUS(psc_save(mem, again, n, &written), PSC_OK);
    CHECK_STATUS(psc_load(PSC_TYPE_ANY, again, n, mem, bytes), PSC_OK);
    free(again);
    memcpy(mem, before, bytes);
    return 1;
}

/* Each word of each subject with each hostile value. */
static void test_hostile_words(void)
{
    int k, v;

    for (k = 0; k < SUBJECTS; k++) {
        size_t bytes, n, i, taken = 0, tried = 0;
        void *state = subject_new(&subjects[k], STEPS, &bytes), *mem = block_new(bytes, 0x5C),
            *before = block_copy(mem, bytes);
        unsigned char *saved = saved_of(state, &n);
        /* few words of the nodes of many metrics: they have no field that the node of one has not */
        for (i = 0; i < bytes / 8; i += i < 180 && k >= DENSE ? 1 : stride(bytes, bytes > 10000 ? 300 : 1600)) {
            const uint64_t was = word_get(saved + 8 * i);
            for (v = 0; v < HOSTILE; v++, tried++) {
                word_put(saved + 8 * i, hostile[v]);
                taken += (size_t)try_hostile(saved, n, mem, before, bytes);
            }
            word_put(saved + 8 * i, was);
        }
        CHECK(taken > tried / 10 && taken < tried);         /* so both ways were gone */
        free(state);
        free(mem);
        free(before);
        free(saved);
    }
}

/* Several at once. */
static void test_hostile_states(void)
{
    uint64_t seed = 55;
    int k, round;

    for (k = 0; k < SUBJECTS; k++) {
        size_t bytes, n;
        void *state = subject_new(&subjects[k], STEPS, &bytes), *mem = block_new(bytes, 0x5C),
            *before = block_copy(mem, bytes);
        unsigned char *saved = saved_of(state, &n);
        for (round = 0; round < (bytes > 100000 ? 30 : bytes > 2000 ? 150 : 2000); round++) {
            unsigned char *bad = (unsigned char *)block_copy(saved, n);
            uint64_t changes = 2 + test_random(&seed) % 5;
            for (; changes > 0; changes--) {
                const size_t i = 2 + test_random(&seed) % (bytes / 8 - 2);
                const uint64_t w = word_get(bad + 8 * i);
                const uint64_t r = test_random(&seed);
                word_put(bad + 8 * i, r % 3 ? hostile[r / 3 % HOSTILE] : w ^ UINT64_C(1) << (r / 3 % 64));
            }
            (void)try_hostile(bad, n, mem, before, bytes);
            free(bad);
        }
        free(state);
        free(mem);
        free(before);
        free(saved);
    }
}

/* What the invariants must refuse, by the words of the layout as format 1 has it. */
static void test_invariants(void)
{
    static const struct {
        int subject, word;
        uint64_t value;
    } bad[] = {
        {2, 2, 1}, {2, 2, 12}, {2, 2, 3}, {2, 3, 4}, {2, 3, 13},                /* periods */
        /* gains; tracker.c has the rest */
        {2, 4, UINT64_C(0x3ff0000000000001)}, {2, 5, UINT64_C(0xbff0000000000000)},
        /* node: metrics, learn, memory, interval, pause, day, step, max_jump, winsor, relative floor */
        {5, 3, 6}, {5, 3, 0}, {5, 3, 65}, {5, 4, 1}, {5, 5, 1}, {5, 5, UINT64_C(1) << 40}, {5, 6, 0},
        {5, 7, UINT64_MAX},
        {5, 8, 1}, {5, 9, 0}, {5, 10, 0}, {5, 10, UINT64_MAX}, {5, 11, 0}, {5, 12, UINT64_C(0x4000000000000000)},
        /* newest, shards, beats, next, waiting, chained, gap mean */
        {5, 14, 5000}, {5, 17, UINT64_MAX}, {5, 18, UINT64_MAX}, {5, 19, 5}, {5, 20, 256}, {5, 22, 2},
        {5, 23, UINT64_C(0xbff0000000000000)},
        /* failure: horizon, capacity, first, rows; threshold: a count, the share; silence: interval, a cost */
        {7, 2, 0}, {7, 2, INT64_MAX}, {7, 3, UINT64_MAX}, {7, 4, 13}, {7, 4, INT64_MAX}, {7, 5, 12}, {7, 6, 13},
        /* phi's slope; half a failure */
        {7, 8, UINT64_C(0xbff0000000000000)}, {7, 391, UINT64_C(0x3fe0000000000000)},
        {8, 3, UINT64_MAX}, {8, 9, UINT64_C(0x4000000000000000)},
        {9, 2, 0}, {9, 4, UINT64_C(0xbff0000000000000)},
        /* failures of the prior, the limit */
        {9, 7, 0}, {9, 7, UINT64_C(0x7ff8000000000000)}, {9, 19, 0}
    };
    psc_threshold_config threshold;
    size_t bytes, n, i;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        void *state = subject_new(&subjects[bad[i].subject], STEPS, &bytes), *mem = block_new(bytes, 0);
        unsigned char *saved = saved_of(state, &n);
        word_put(saved + 8 * bad[i].word, bad[i].value);
        repair(saved, n);
        CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, mem, bytes), PSC_ERR_CORRUPT);
        free(state);
        free(mem);
        free(saved);
    }
    {   /* a table of errors that are none: what shape would that be */
        void *state = subject_new(&subjects[0], STEPS, &bytes), *mem = block_new(bytes, 0);
        unsigned char *saved = saved_of(state, &n);
        for (i = 61; i < 85; i++) word_put(saved + 8 * i, 0);
        repair(saved, n);
        CHECK_STATUS(psc_load(PSC_TYPE_ANY, saved, n, mem, bytes), PSC_ERR_CORRUPT);
        free(state);
        free(mem);
        free(saved);
    }
    psc_threshold_default(&threshold);
    /* any length with a right head and nothing in it: only a threshold may be all 0 */
    for (i = 3; i <= 66; i++) {
        unsigned char saved[8 * 67];
        uint64_t mem[66];
        int32_t type, zero;
        for (type = PSC_TYPE_TRACKER; type < PSC_TYPE_END; type++) {
            memset(saved, 0, sizeof saved);
            word_put(saved, UINT64_C(0x505343) << 40 | (uint64_t)type << 16 | 1);
            word_put(saved + 8, i - 1);
            repair(saved, 8 * i);
            zero = type == PSC_TYPE_THRESHOLD && 8 * (i - 1) == psc_threshold_size(&threshold);
            CHECK_STATUS(psc_load(type, saved, 8 * i, mem, sizeof mem), zero ? PSC_OK : PSC_ERR_CORRUPT);
        }
    }
}

/* Beats that wait: numbers 0, 1, 2 and 4 have come, so 3 is next and the place of 4 is in use. */
static void test_waiting(void)
{
    static const struct {
        int word;
        uint64_t value;
    } bad[] = {
        {18, 0},                                            /* more wait than have come */
        {19, 5},                                            /* nothing is missing, and yet one waits */
        {20, 1 << 4 | 1 << 3}, {20, 1 << 4 | 1 << 6},       /* the next one waits; one beyond the newest does */
        {20, 0}                                             /* what does not wait has left its place */
    };
    static const uint64_t number[] = {0, 1, 2, 4};
    psc_node_config config;
    uint64_t state[1024], mem[1024];
    unsigned char saved[sizeof state];
    double metric[PSC_MAX_METRICS];
    size_t i, n, bytes;
    psc_beat b;

    psc_node_default(&config);
    config.metrics = 1;
    config.id = 42;
    bytes = psc_node_size(&config);
    CHECK(bytes + 8 <= sizeof saved);
    CHECK_STATUS(psc_node_init((psc_node *)(void *)state, sizeof state, &config), PSC_OK);
    for (i = 0; i < 4; i++) {
        beat(1, &b, metric);
        b.sequence = number[i];
        CHECK_STATUS(psc_node_observe((psc_node *)(void *)state, &b, metric), PSC_OK);
    }
    CHECK(state[18] == 4 && state[19] == 3 && state[20] == 1 << 4);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(psc_save(state, saved, sizeof saved, &n), PSC_OK);
        CHECK_STATUS(psc_load(PSC_TYPE_NODE, saved, n, mem, sizeof mem), PSC_OK);
        word_put(saved + 8 * 18, 100);                      /* beats: room for more that wait */
        repair(saved, n);
        CHECK_STATUS(psc_load(PSC_TYPE_NODE, saved, n, mem, sizeof mem), PSC_OK);
        word_put(saved + 8 * bad[i].word, bad[i].value);
        repair(saved, n);
        CHECK_STATUS(psc_load(PSC_TYPE_NODE, saved, n, mem, sizeof mem), PSC_ERR_CORRUPT);
    }
}

/* ==== Golden files ============================================================================== */

static const struct {
    const char *path;
    int subject;
} golden[] = {
    {"tests/golden/tracker-1.psc", 2}, {"tests/golden/node-1.psc", 4}, {"tests/golden/failure-1.psc", 7},
    {"tests/golden/threshold-1.psc", 8}, {"tests/golden/silence-1.psc", 9}, {"tests/golden/personas-1.psc", 10},
    {"tests/golden/split-1.psc", 11}, {"tests/golden/echo-1.psc", 12}, {"tests/golden/map-1.psc", 13},
    {"tests/golden/transfer-1.psc", 14}, {"tests/golden/trial-1.psc", 15}, {"tests/golden/stages-1.psc", 16},
    {"tests/golden/producer-1.psc", 17}, {"tests/golden/demand-1.psc", 18}, {"tests/golden/scaler-1.psc", 19},
    {"tests/golden/outlook-1.psc", 20}
};

enum { GOLDEN = sizeof golden / sizeof golden[0] };

static void write_golden(void)
{
    size_t bytes, n, i;

    for (i = 0; i < GOLDEN; i++) {
        void *state = subject_new(&subjects[golden[i].subject], STEPS, &bytes);
        unsigned char *saved = saved_of(state, &n);
        FILE *file = fopen(golden[i].path, "wb");
        if (!file || fwrite(saved, 1, n, file) != n || fclose(file) != 0) exit(2);
        printf("%s: %d bytes\n", golden[i].path, (int)n);
        free(state);
        free(saved);
    }
}

/* A file of format 1 is what the scenario saves today, loads, and goes on as the scenario does. */
static void test_golden(void)
{
    static unsigned char file_bytes[20000];
    size_t bytes, n, i, length;

    for (i = 0; i < GOLDEN; i++) {
        const subject *s = &subjects[golden[i].subject];
        void *state = subject_new(s, STEPS, &bytes), *loaded = block_new(bytes, 0xFF);
        unsigned char *saved = saved_of(state, &n);
        FILE *file = fopen(golden[i].path, "rb");
        length = file ? fread(file_bytes, 1, sizeof file_bytes, file) : 0;
        if (file) fclose(file);
        CHECK_INT(length, n);
        CHECK(length == n && memcmp(file_bytes, saved, n) == 0);
        CHECK_STATUS(psc_load(s->type, file_bytes, length, loaded, bytes), PSC_OK);
        if (length == n) {
            advance(state, s->type, STEPS, STEPS + 50);
            advance(loaded, s->type, STEPS, STEPS + 50);
            CHECK(memcmp(state, loaded, bytes) == 0);
        }
        free(state);
        free(loaded);
        free(saved);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--write-golden") == 0) {
        write_golden();
        return test_checks_failed != 0;
    }
    RUN(test_crc);
    RUN(test_round_trip);
    RUN(test_reached_states_load);
    RUN(test_arguments);
    RUN(test_heads);
    RUN(test_truncations);
    RUN(test_flips);
    RUN(test_bursts);
    RUN(test_hostile_words);
    RUN(test_hostile_states);
    RUN(test_invariants);
    RUN(test_waiting);
    RUN(test_golden);
    return test_end();
}
