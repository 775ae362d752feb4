/* states.h - what the fuzz targets do with each type of state: build, feed, question, save. */
#ifndef PSC_FUZZ_STATES_H
#define PSC_FUZZ_STATES_H

#include "fuzz.h"
#include "blocks.h"

enum { MAX_STEPS = 80 };

static inline size_t state_bytes(const void *state)
{
    return (size_t)((const psc_state *)state)->words * 8;
}

/* ==== Tracker =================================================================================== */

static inline void take_tracker_config(input *in, psc_tracker_config *config)
{
    psc_tracker_default(config);
    config->period1 = (int32_t)take_byte(in) % 16;
    config->period2 = (int32_t)take_byte(in) % 40;
    if (config->period2 <= config->period1) config->period2 = 0;
    if (take_byte(in) & 1) {
        config->alpha = take_share(in);
        config->gamma = take_share(in);
    }
    if (take_byte(in) & 1) config->lower = take_real(in);
    if (take_byte(in) & 1) config->upper = take_real(in);
}

/* One observation; an error must leave everything as it was. Returns whether a value below 0 was taken. */
static inline int feed_tracker(input *in, psc_tracker *tracker)
{
    size_t bytes = state_bytes(tracker);
    void *before = copy_of(tracker, bytes);
    double y = take_real(in);
    psc_status status = psc_tracker_observe(tracker, y);

    if (is_value(y)) REQUIRE(status == PSC_OK);
    else REQUIRE(status == (is_finite(y) ? PSC_ERR_RANGE : PSC_ERR_NONFINITE));
    if (status != PSC_OK) REQUIRE(memcmp(before, tracker, bytes) == 0);
    free(before);
    return status == PSC_OK && y < 0.0;
}

/* Forecasts and drift; lower and upper: what the forecasts lie within, NaN: none. */
static inline void ask_tracker(input *in, const psc_tracker *tracker, double lower, double upper)
{
    double level[8];
    size_t levels, h = 1 + take_byte(in) % MAX_STEPS, bytes = state_bytes(tracker);
    int valid = take_levels(in, level, &levels);
    double *point = (double *)block_of(h * 8), *quantile = (double *)block_of(h * levels * 8), one = 0.0;
    void *before = copy_of(tracker, bytes);
    psc_drift drift;
    psc_status status = psc_tracker_predict(tracker, h, level, levels, point, quantile);

    REQUIRE((status == PSC_OK) == valid);
    REQUIRE(psc_tracker_drift(tracker, &drift) == PSC_OK);
    check_drift(&drift);
    REQUIRE(memcmp(before, tracker, bytes) == 0);
    if (status != PSC_OK) {
        REQUIRE(untouched(point, h * 8) && untouched(quantile, h * levels * 8));
    } else {
        REQUIRE(are_finite(point, h) && are_finite(quantile, h * levels));
        REQUIRE(are_within(point, h, lower, upper) && are_within(quantile, h * levels, lower, upper));
        REQUIRE(are_monotone(quantile, h, level, levels));
        if (levels > 0) {
            REQUIRE(psc_trackers_predict(tracker, 1, h, level[0], &one) == PSC_OK);
            REQUIRE(one == quantile[(h - 1) * levels]);
        }
    }
    free(before);
    free(quantile);
    free(point);
}

/* ==== Node ====================================================================================== */

static inline void take_node_config(input *in, psc_node_config *config, double *floors)
{
    int32_t i;

    psc_node_default(config);
    config->metrics = 1 + (int32_t)take_byte(in) % 10;
    config->id = (int64_t)take_byte(in) % 4;
    if (take_byte(in) & 1) {
        config->learn = 2 + (int64_t)take_byte(in) % 8;
        config->memory = take_integer(in);
        config->day_ns = take_byte(in) & 1 ? 0 : 48000000 * (1 + (int64_t)take_byte(in));
        config->step_ns = 1000000 * (1 + (int64_t)take_byte(in) % 20);
        config->interval_ns = 1000000 * (1 + take_integer(in) % 1000);
        config->pause_ns = take_integer(in);
        config->max_jump = take_word(in) >> take_byte(in) % 64;
        config->winsor = 1.0 + 9.0 * take_share(in);
        config->relative_floor = take_share(in);
    }
    if (take_byte(in) & 1) {
        for (i = 0; i < config->metrics; i++) floors[i] = take_real(in);
        config->floor = floors;
    }
}

static inline void take_beat(input *in, int64_t id, psc_beat *beat)
{
    uint32_t tag = take_byte(in);

    beat->node = tag & 1 ? id + take_integer(in) % 2 : id;
    beat->sender = tag & 2 ? id + take_integer(in) % 2 : id;
    if (tag & 4) beat->epoch = (uint64_t)take_integer(in);
    beat->sequence += tag & 8 ? (uint64_t)take_integer(in) : 1;
    beat->received_at = tag & 16 ? (int64_t)take_word(in)
                                 : (int64_t)((uint64_t)beat->received_at + 4000000 * (uint64_t)take_byte(in));
    beat->sent_at = tag & 32 ? (int64_t)take_word(in) : beat->received_at;
    beat->shards = tag & 64 ? take_integer(in) : 3;
}

static inline void take_metrics(input *in, double *metric, int32_t metrics)
{
    int32_t i;
    int wild = take_byte(in) > 240;

    for (i = 0; i < metrics; i++)
        metric[i] = wild ? take_real(in) : (double)take_byte(in) / 256.0 * (i == 0 ? 1000.0 : 1.0);
}

static inline void ask_node(input *in, const psc_node *node)
{
    psc_node_score score;
    int32_t metric[4];
    double z[4];
    size_t count, i;

    REQUIRE(psc_node_score_at(node, (int64_t)take_word(in), &score) == PSC_OK);
    REQUIRE(score.instability >= 0.0 && score.instability <= 1.0);
    REQUIRE(score.z >= 0.0 && score.z <= PSC_MAX_Z);
    REQUIRE(score.phi >= 0.0 && score.phi <= PSC_MAX_PHI);
    REQUIRE(score.onset >= 0.0 && score.onset <= PSC_MAX_Z);
    REQUIRE(score.metric >= PSC_METRIC_BEATS && score.metric < PSC_MAX_METRICS);
    REQUIRE(score.learned == 0 || score.learned == 1);
    REQUIRE(score.beats >= 0 && score.shards >= 0);
    REQUIRE(is_finite(score.level) && score.level >= 0.0 && score.jitter >= 0.0 && score.jitter <= PSC_MAX_Z);
    REQUIRE(score.joint >= 0.0 && score.joint <= PSC_MAX_Z && score.drift >= 0.0 && score.drift <= PSC_MAX_Z);
    for (i = 0; i < PSC_SIGNS; i++) REQUIRE(score.sign[i] >= -6.0 && score.sign[i] <= 6.0);
    REQUIRE(psc_node_contributors(node, 4, metric, z, &count) == PSC_OK && count <= 4);
    for (i = 1; i < count; i++) REQUIRE(z[i - 1] >= z[i]);
}

/* ==== Fleet: failure model, threshold, silence ================================================== */

static inline void take_score(input *in, psc_node_score *score)
{
    int i, wild = take_byte(in) > 230;

    memset(score, 0, sizeof *score);
    score->z = wild ? take_real(in) : (double)take_byte(in) / 16.0;
    score->joint = wild ? take_real(in) : (double)take_byte(in) / 64.0;
    score->drift = wild ? take_real(in) : (double)take_byte(in) / 64.0;
    score->phi = wild ? take_real(in) : (double)take_byte(in);
    score->signs = (int32_t)take_byte(in) % 2;
    for (i = 0; i < PSC_SIGNS; i++) score->sign[i] = wild ? take_real(in) : (double)take_byte(in) / 64.0 - 2.0;
}

static inline int score_valid(const psc_node_score *s)
{
    int i;

    for (i = 0; i < PSC_SIGNS; i++)
        if (!(s->sign[i] >= -6.0 && s->sign[i] <= 6.0)) return 0;
    return s->z >= 0.0 && s->z <= PSC_MAX_Z && s->joint >= 0.0 && s->joint <= PSC_MAX_Z && s->drift >= 0.0
           && s->drift <= PSC_MAX_Z && s->phi >= 0.0 && s->phi <= PSC_MAX_PHI;
}

/* One call of a failure model; an error must leave everything as it was. */
static inline void feed_failure(input *in, psc_failure *model)
{
    const size_t bytes = state_bytes(model);
    void *before = copy_of(model, bytes);
    const uint32_t what = take_byte(in) % 8;
    const int64_t node = (int64_t)take_byte(in) % 3, at = take_byte(in) & 1 ? (int64_t)take_word(in) : take_integer(in);
    psc_node_score score;
    psc_status status;

    take_score(in, &score);
    switch (what) {
    case 0: status = psc_failure_happened(model, node, at); break;
    case 1: status = psc_failure_censor(model, node, at); break;
    case 2: status = psc_failure_learn(model, &score, (int32_t)take_byte(in) % 3); break;
    case 3: status = psc_failure_loosen(model); break;
    default: status = psc_failure_watch(model, node, at, &score);
    }
    if (what < 2 || what == 3) REQUIRE(status == PSC_OK);
    else if (!score_valid(&score)) REQUIRE(status == PSC_ERR_RANGE || status == PSC_ERR_NONFINITE);
    if (status != PSC_OK) REQUIRE(memcmp(before, model, bytes) == 0);
    free(before);
}

static inline void ask_failure(input *in, const psc_failure *model)
{
    psc_failure_report report;
    psc_node_score score;
    double p = -1.0;
    psc_status status;

    take_score(in, &score);
    status = psc_failure_probability(model, &score, &p);
    REQUIRE((status == PSC_OK) == score_valid(&score));
    if (status == PSC_OK) REQUIRE(p >= 0.0 && p <= 1.0);
    REQUIRE(psc_failure_report_of(model, &report) == PSC_OK);
    REQUIRE(report.ece >= 0.0 && report.ece <= 1.0 && report.brier >= 0.0 && report.brier <= 1.0);
    REQUIRE(is_finite(report.skill) && report.waiting >= 0);
}

static inline void feed_threshold(input *in, psc_threshold *threshold)
{
    psc_shift shift = { (int64_t)take_byte(in) % 2, take_integer(in) };
    const double p = take_byte(in) & 1 ? take_real(in) : take_share(in), level = take_real(in);
    const int32_t outcome = (int32_t)take_byte(in) % 6;
    double value = -1.0;

    REQUIRE((psc_threshold_learn(threshold, outcome) == PSC_OK) == (outcome >= 1 && outcome <= 4));
    REQUIRE((psc_threshold_fleet(threshold, level) == PSC_OK) == (level >= 0.0 && level <= 1e6));
    if (psc_threshold_decide(threshold, p, (int64_t)take_word(in), &shift, &value) == PSC_OK)
        REQUIRE(value >= 0.0 && value <= 1.0 && p >= 0.0 && p <= 1.0 && (shift.on == 0 || shift.on == 1));
    else
        REQUIRE(!(p >= 0.0 && p <= 1.0) && value == -1.0);
}

static inline void feed_silence(input *in, psc_silence *silence)
{
    int64_t heard[5], now = take_byte(in) & 1 ? (int64_t)take_word(in)
        : (int64_t)((uint64_t)take_integer(in) * 1000000);
    int32_t suspected[5];
    psc_silence_report report;
    int i;

    for (i = 0; i < 5; i++) heard[i] = take_byte(in) & 1 ? (int64_t)take_word(in)
        : (int64_t)((uint64_t)now - 100000000 * (uint64_t)take_byte(in));
    REQUIRE(psc_silence_learn(silence, heard[0], now) == PSC_OK);
    if (take_byte(in) & 1) REQUIRE(psc_silence_failed(silence) == PSC_OK);
    REQUIRE(psc_silence_round(silence, now, 5, heard, suspected) == PSC_OK);
    for (i = 0; i < 5; i++)
        REQUIRE(suspected[i] == 0 || (suspected[i] == 1 && heard[i] != INT64_MIN && heard[i] < now));
    REQUIRE(psc_silence_report_of(silence, &report) == PSC_OK);
    REQUIRE(report.limit_ns >= 0 && report.excused_ns >= 0 && is_finite(report.false_a_year));
}

/* ==== Personas ================================================================================== */

/* The events and the questions of personas.c in short, for a state whose configuration is not known: its numbers of
 * nodes and types are its words 2 and 3. */
static inline void use_personas(input *in, psc_personas *p)
{
    const int32_t nodes = (int32_t)((const uint64_t *)(const void *)p)[2], types = (int32_t)((const uint64_t *)(const void *)p)[3];
    psc_request q = { 0, 0, 1.0, 0.5, 0.0 };
    psc_outcome o = { 0, 0, 0, 0, 0.02, 0.03, 0.02, 0.02, 1.0 };
    psc_persona_beat b = { 0.5, 0.0, 0.1, 4.0, 0.2 };
    int64_t now = (int64_t)take_word(in);
    psc_assignment a;
    psc_persona x;

    q.type = take_below(in, types);
    q.lead = take_below(in, nodes + 1) - 1;
    REQUIRE(psc_personas_assign(p, now, &q, &a) == PSC_OK);
    REQUIRE(a.node >= 0 && a.node < nodes && a.shadow >= -1 && a.shadow < nodes && is_finite(a.score));
    o.node = take_below(in, nodes);
    o.ok = (int32_t)take_byte(in) & 1;
    o.shadow = (int32_t)take_byte(in) & 1;
    REQUIRE(psc_personas_outcome(p, now, &q, &o) == PSC_OK);
    REQUIRE(psc_personas_beat(p, now, o.node, &b) == PSC_OK);
    if (take_byte(in) & 1) REQUIRE(psc_personas_silent(p, now, o.node) == PSC_OK);
    REQUIRE(psc_personas_explain(p, a.node, q.type, &x) == PSC_OK);
    REQUIRE(is_finite(x.wait) && is_finite(x.service) && is_within(x.risk, 0.0, 1.0) && is_within(x.weight, 0.0, 1.0));
}

/* ==== Transfer, trial, stages =================================================================== */

static inline void take_transfer_config(input *in, psc_transfer_config *config)
{
    psc_transfer_default(config);
    config->owns = (int32_t)take_byte(in) % 2;
    config->self = (int64_t)take_byte(in) % 4;
    if (take_byte(in) & 1) {
        config->epoch = take_word(in) >> take_byte(in) % 64;
        config->retry_ms = take_option(in, 1, 5000);
        config->patience_ms = take_option(in, 1, 60000);
    }
}

static inline void take_event(input *in, psc_transfer_event *event)
{
    memset(event, 0, sizeof *event);
    event->kind = take_option(in, PSC_EVENT_TICK, PSC_EVENT_RESTART);
    event->peer = take_integer(in) % 5;
    event->version = take_integer(in) % 2 ? take_word(in) : take_byte(in);
    event->message.kind = take_option(in, PSC_MESSAGE_OFFER, PSC_MESSAGE_FENCE);
    event->message.shard = take_byte(in) > 250;
    event->message.from = (int64_t)take_byte(in) % 5 - (take_byte(in) > 250);
    event->message.to = (int64_t)take_byte(in) % 4;
    event->message.epoch = take_byte(in) > 240 ? take_word(in) : take_byte(in) % 8;
}

/* Any event: an error must leave everything as it was, and a version only rises. */
static inline void feed_transfer(input *in, psc_transfer *transfer)
{
    psc_transfer_event event;
    psc_transfer_action before, after, untold;
    void *copy = copy_of(transfer, state_bytes(transfer));
    psc_status status;

    take_event(in, &event);
    REQUIRE(psc_transfer_look(transfer, &before) == PSC_OK);
    if (take_byte(in) & 1) event.version = before.version;
    memset(&after, 0xa5, sizeof after);
    untold = after;
    status = psc_transfer_step(transfer, &event, (int64_t)take_word(in), &after);
    if (status != PSC_OK) {
        REQUIRE(status == PSC_ERR_RANGE || status == PSC_ERR_STATE);
        REQUIRE(memcmp(copy, transfer, state_bytes(transfer)) == 0 && memcmp(&after, &untold, sizeof after) == 0);
    } else {
        REQUIRE(after.version >= before.version && after.epoch == after.version >> 3);
        REQUIRE(!(after.send && after.persist));        /* nothing is told before it is stored */
        REQUIRE(after.version == before.version || after.persist);
        REQUIRE(!after.serves || after.phase != PSC_PHASE_RELEASED);
        REQUIRE(!(after.serves && !before.serves) || (after.phase == PSC_PHASE_OWNER && !after.persist));
        if (after.send) REQUIRE(after.message.to >= 0 && after.message.epoch >= 1);
    }
    free(copy);
}

static inline void take_trial_config(input *in, psc_trial_config *config)
{
    int k;

    psc_trial_default(config);
    config->quantiles = take_option(in, 0, 3);
    if (!(take_byte(in) & 1)) return;
    for (k = 0; k < 3; k++) {
        config->quantile[k] = take_number(in, 0.01, 0.999);
        config->harm[k] = take_number(in, 1e-4, 0.5);
    }
    config->error_harm = take_number(in, 1e-4, 0.5);
    config->slack = take_number(in, 0.0, 10.0);
    config->alpha = take_number(in, 1e-6, 0.5);
    config->beta = take_number(in, 1e-6, 0.5);
    config->learn = take_integer(in);
    config->max_pairs = take_integer(in);
    config->max_ns = take_integer(in);
}

static inline void feed_trial(input *in, psc_trial *trial)
{
    void *copy = copy_of(trial, state_bytes(trial));
    psc_trial_info before, after;
    psc_trial_pair pair;
    int64_t now;
    int k, repeats = 1 + (int)take_byte(in) % 32;

    pair.source_latency = take_real(in);
    pair.target_latency = take_real(in);
    pair.source_failed = (int32_t)take_byte(in) % 2;
    pair.target_failed = (int32_t)take_byte(in) % 2;
    now = (int64_t)take_word(in);
    REQUIRE(psc_trial_verdict(trial, &before) == PSC_OK);
    while (repeats-- > 0)
        if (psc_trial_observe(trial, &pair, now) != PSC_OK) REQUIRE(memcmp(copy, trial, state_bytes(trial)) == 0);
    REQUIRE(psc_trial_verdict(trial, &after) == PSC_OK);
    REQUIRE(before.verdict == PSC_TRIAL_PENDING || memcmp(&before, &after, sizeof after) == 0);
    REQUIRE((after.verdict == PSC_TRIAL_FAIL) == (after.channel >= 0) && (before.passed & ~after.passed) == 0);
    REQUIRE(are_finite(after.harmless, 4) && are_finite(after.harmful, 4) && are_finite(after.threshold, 3));
    for (k = 0; k < 4; k++) REQUIRE(after.harmless[k] >= 0.0 && after.harmful[k] >= 0.0);
    free(copy);
}

static inline void take_stages_config(input *in, psc_stages_config *config)
{
    psc_stages_default(config);
    if (!(take_byte(in) & 1)) return;
    config->source = take_integer(in);
    config->target = take_integer(in);
    config->copy_rate = take_integer(in);
    config->copy_burst = take_integer(in);
    config->warm_ns = take_integer(in);
    config->hold_ns = take_integer(in);
    config->grace_ns = take_integer(in);
    config->patience_ns = take_integer(in);
    config->first = take_share(in);
    config->growth = take_number(in, 1.1, 1000.0);
    config->unstable = take_share(in);
}

/* A stage, the share it has, and where the keys of a request then go. */
static inline void feed_stages(input *in, psc_stages *stages)
{
    void *copy = copy_of(stages, state_bytes(stages));
    psc_stages_input what;
    psc_stages_output out;
    psc_way way;
    psc_status status;

    memset(&what, 0, sizeof what);
    memset(&out, 0xa5, sizeof out);
    what.copied = take_integer(in);
    what.left = take_byte(in) & 1 ? 0 : take_integer(in);
    what.instability = take_byte(in) > 200 ? take_real(in) : 0.1;
    what.verdict = take_option(in, PSC_TRIAL_PENDING, PSC_TRIAL_EXPIRED);
    what.owner = take_option(in, PSC_OWNER_SOURCE, PSC_OWNER_MOVING);
    what.cancel = take_byte(in) > 240;
    status = psc_stages_step(stages, &what, (int64_t)take_word(in), &out);
    REQUIRE(psc_route(stages, take_word(in), &way) == PSC_OK && way.serve != way.shadow);
    if (status != PSC_OK) {
        REQUIRE(status == PSC_ERR_RANGE && memcmp(copy, stages, state_bytes(stages)) == 0 && untouched(&out, sizeof out));
    } else {
        REQUIRE(out.share >= 0 && out.share <= PSC_SHARE_ALL && out.copy_bytes >= 0 && out.copy_bytes <= what.left);
        REQUIRE(out.stage >= PSC_STAGE_SHADOW && out.stage <= PSC_STAGE_ROLLED_BACK);
        REQUIRE((out.share == PSC_SHARE_ALL) >= (out.stage == PSC_STAGE_HANDOVER || out.stage == PSC_STAGE_DONE));
        REQUIRE((way.shadow == -1) == (out.stage >= PSC_STAGE_DONE));
    }
    free(copy);
}

/* ==== Save and load ============================================================================= */

/* The state saved, loaded into a fresh block: the same words. The caller frees it. */
static inline void *reload(const void *state)
{
    size_t bytes = state_bytes(state), written = 0, size = psc_save_size(state);
    unsigned char *saved = (unsigned char *)block_of(size);
    void *mem = block_of(bytes);

    REQUIRE(size == bytes + 8);
    REQUIRE(psc_save(state, saved, size - 1, &written) == PSC_ERR_SPACE && untouched(saved, size));
    REQUIRE(psc_save(state, saved, size, &written) == PSC_OK && written == size);
    REQUIRE(psc_load_size(saved, size) == bytes);
    REQUIRE(psc_load(PSC_TYPE_ANY, saved, size, mem, bytes - 8) == PSC_ERR_SPACE && untouched(mem, bytes));
    REQUIRE(psc_load(psc_state_type(state), saved, size, mem, bytes) == PSC_OK);
    REQUIRE(memcmp(mem, state, bytes) == 0);
    free(saved);
    return mem;
}

/* A producer, a demand or a scaler under a few events. */
static inline void use_scaling(input *in, void *state)
{
    psc_usage request;
    psc_report report;
    psc_demand_now now;
    psc_decision decision;
    double load[PSC_RESOURCES];
    int k;

    for (k = 0; k < PSC_RESOURCES; k++) load[k] = take_real(in);
    memset(&request, 0, sizeof request);
    request.at = take_integer(in);
    request.size = 1.0;
    request.cpu = no_bound();
    psc_report_default(&report);
    if (psc_state_type(state) == PSC_TYPE_PRODUCER) {
        (void)psc_producer_observe((psc_producer *)state, &request);
        if (psc_producer_report((psc_producer *)state, take_integer(in), 0.8, &report) == PSC_OK)
            REQUIRE(psc_report_check(&report) == PSC_OK);
    } else if (psc_state_type(state) == PSC_TYPE_DEMAND) {
        if (psc_demand_observe((psc_demand *)state, load[0], 1 + (int32_t)take_byte(in) % 32, &now) == PSC_OK)
            REQUIRE(is_finite(now.expected) && is_finite(now.order) && is_finite(now.keep));
    } else {
        if (psc_scaler_step((psc_scaler *)state, take_integer(in), take_byte(in) & 1 ? load : NULL, 5, 1, &decision) == PSC_OK)
            REQUIRE(is_finite(decision.upper) && decision.units >= 0);
        if (psc_scaler_total((psc_scaler *)state, take_byte(in), &report) == PSC_OK)
            REQUIRE(psc_report_check(&report) == PSC_OK);
    }
}

/* Three loads at most; whatever they are, forecasts are finite and not negative. */
static inline void feed_outlook(input *in, psc_outlook *outlook, int32_t series, int32_t steps)
{
    double load[3], path[1500], spread[PSC_MAX_SLOTS], work[4 * 1500];
    psc_surge surge = {0.0, 0.0, 1.0, 0, 0};
    int32_t i, t;

    for (i = 0; i < series && i < 3; i++) load[i] = take_byte(in) % 8 ? (double)take_byte(in) : take_real(in);
    surge.from = (double)(take_byte(in) % 32) - 16.0;
    surge.to = surge.from + (double)(take_byte(in) % 8);
    surge.factor = (double)take_byte(in);
    if (series > 3 || psc_outlook_observe(outlook, load, &surge, take_byte(in) % 2, work) != PSC_OK) return;
    for (i = 0; i < series; i++) {
        REQUIRE(psc_outlook_predict(outlook, (size_t)i, 1, &surge, 1, path, spread, work) == PSC_OK);
        for (t = 0; t < steps; t++) REQUIRE(path[t] >= 0.0 && path[t] <= 1e36);
    }
}

/* The sizes are found by asking: a series beyond the last is refused. */
static inline void use_outlook(input *in, psc_outlook *outlook)
{
    static double path[1500], work[4 * 1500];
    int32_t series = 0;

    while (series < 4 && psc_outlook_predict(outlook, (size_t)series, 1, NULL, 0, path, NULL, work) == PSC_OK) series++;
    if (series < 4) feed_outlook(in, outlook, series, 0);
}

/* What has been loaded from bytes of any origin: nothing it says is infinite, and it can be saved and loaded again,
 * as it is and after use. */
static inline void use_state(input *in, void *state)
{
    psc_beat beat;
    double metric[PSC_MAX_METRICS];
    const int32_t type = psc_state_type(state);
    int i;

    free(reload(state));
    memset(&beat, 0, sizeof beat);
    if (type == PSC_TYPE_SPLIT) use_split(in, (psc_split *)state);
    if (type == PSC_TYPE_ECHO) use_echo(in, (psc_echo *)state);
    if (type == PSC_TYPE_MAP) use_map(in, (psc_map *)state);
    if (type == PSC_TYPE_OUTLOOK) use_outlook(in, (psc_outlook *)state);
    for (i = 0; i < 6 && (type <= PSC_TYPE_PERSONAS || (type >= PSC_TYPE_TRANSFER && type < PSC_TYPE_OUTLOOK)); i++) {
        if (type == PSC_TYPE_TRANSFER) {
            feed_transfer(in, (psc_transfer *)state);
        } else if (type == PSC_TYPE_TRIAL) {
            feed_trial(in, (psc_trial *)state);
        } else if (type == PSC_TYPE_STAGES) {
            feed_stages(in, (psc_stages *)state);
        } else if (type >= PSC_TYPE_PRODUCER) {
            use_scaling(in, state);
        } else if (type == PSC_TYPE_PERSONAS) {
            use_personas(in, (psc_personas *)state);
        } else if (type == PSC_TYPE_TRACKER) {
            ask_tracker(in, (const psc_tracker *)state, no_bound(), no_bound());
            (void)feed_tracker(in, (psc_tracker *)state);
        } else if (type == PSC_TYPE_FAILURE) {
            ask_failure(in, (const psc_failure *)state);
            feed_failure(in, (psc_failure *)state);
        } else if (type == PSC_TYPE_THRESHOLD) {
            feed_threshold(in, (psc_threshold *)state);
        } else if (type == PSC_TYPE_SILENCE) {
            feed_silence(in, (psc_silence *)state);
        } else {
            ask_node(in, (const psc_node *)state);
            take_beat(in, take_byte(in) % 4, &beat);
            take_metrics(in, metric, PSC_MAX_METRICS);
            (void)psc_node_observe((psc_node *)state, &beat, metric);
        }
    }
    free(reload(state));
}

#endif
