/* states.h - what the fuzz targets do with the two types of state: build, feed, question, save. */
#ifndef PSC_FUZZ_STATES_H
#define PSC_FUZZ_STATES_H

#include "fuzz.h"

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
    psc_failure_config failure;
    double p = -1.0;

    REQUIRE(psc_node_score_at(node, (int64_t)take_word(in), &score) == PSC_OK);
    REQUIRE(score.instability >= 0.0 && score.instability <= 1.0);
    REQUIRE(score.z >= 0.0 && score.z <= PSC_MAX_Z);
    REQUIRE(score.phi >= 0.0 && score.phi <= PSC_MAX_PHI);
    REQUIRE(score.onset >= 0.0 && score.onset <= PSC_MAX_Z);
    REQUIRE(score.metric >= PSC_METRIC_BEATS && score.metric < PSC_MAX_METRICS);
    REQUIRE(score.learned == 0 || score.learned == 1);
    REQUIRE(score.beats >= 0 && score.shards >= 0);
    psc_failure_default(&failure);
    REQUIRE(psc_failure_probability(&failure, &score, &p) == PSC_OK);
    REQUIRE(p >= 0.0 && p <= 1.0);
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
    psc_request request;
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

/* What has been loaded from bytes of any origin: nothing it says is infinite, and it can be saved and loaded again,
 * as it is and after use. */
static inline void use_state(input *in, void *state)
{
    psc_beat beat;
    double metric[PSC_MAX_METRICS];
    int i;

    free(reload(state));
    memset(&beat, 0, sizeof beat);
    for (i = 0; i < 6; i++) {
        if (psc_state_type(state) == PSC_TYPE_TRACKER) {
            ask_tracker(in, (const psc_tracker *)state, no_bound(), no_bound());
            (void)feed_tracker(in, (psc_tracker *)state);
        } else if (psc_state_type(state) != PSC_TYPE_NODE) {
            use_scaling(in, state);
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
