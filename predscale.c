/* predscale.c - nodes as they live: heartbeats, instability, failure probability; save and load.
 *
 * What is here: what is known of one node from its heartbeats, how unstable it looks and since when, how late
 * its next beat is, and what that says of a failure; and the bytes of every state. What is not: when to
 * act (thresholds) and what to do then; whether a beat is authentic, which only the host can know.
 *
 * A node is held against itself. Each metric has a baseline, an exponentially weighted mean and variance [1]
 * that remembers some ten minutes and learns values cut at five standard deviations, so that an incident does
 * not become the new normal at once. The distance from it in standard deviations, smoothed over about five
 * beats, is the instability of that metric; the node's is that of its worst metric, which is thereby named.
 * The absence of beats is a channel of its own, phi accrual [2]. A refractory mark turns the held level into an
 * announcement: only what rises above nine tenths of a slowly sinking high mark is a new incident.
 *
 * A saved state is its words in little-endian order and a CRC-64 of them:
 *
 *     word 0            'P' 'S' 'C' in bits 40..63, type in bits 16..39, format version in bits 0..15
 *     word 1            number of words of the state, these two included
 *     words 2..n-1      as the type has them
 *     word n            CRC-64 of words 0..n-1
 *
 * [1] West 1979, Updating mean and variance estimates: an improved method
 * [2] Hayashibara, Defago, Yared, Katayama 2004, The phi accrual failure detector
 *
 * Contents, by the texts of the banners:
 *     Status, version, sizes
 *     Node state
 *     Score
 *     Failure probability
 *     Save and load
 *     Producer
 *     Report
 *     Demand
 *     Scaler
 *     JSON
 */
#ifndef PSC_INTERNAL
#define PSC_INTERNAL
#endif
#include "predscale.h"

#include <float.h>
#include <math.h>
#include <string.h>

#if defined(__FAST_MATH__)
#error "predscale: -ffast-math removes the NaN and order rules the results stand on; compile without it"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1
#error "predscale: doubles must be evaluated as doubles; on x86-32 use -msse2 -mfpmath=sse"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/* ==== Status, version, sizes ==================================================================== */

const char *psc_strerror(psc_status status)
{
    switch (status) {
    case PSC_OK: return "done";
    case PSC_MORE: return "there is work left: call again";
    case PSC_ERR_NULL: return "a pointer that must not be null is null";
    case PSC_ERR_RANGE: return "a parameter lies outside its documented range";
    case PSC_ERR_NONFINITE: return "an input is infinite, or not a number where nothing may be missing";
    case PSC_ERR_SPACE: return "the memory or an output array is too small";
    case PSC_ERR_ALIGN: return "the memory is not aligned to 8 bytes";
    case PSC_ERR_STATE: return "the memory does not hold what this function needs";
    case PSC_ERR_VERSION: return "struct_size or the saved format is of another version";
    case PSC_ERR_FORMAT: return "these bytes are not what is read here, or not all of it";
    case PSC_ERR_CHECKSUM: return "the saved bytes were altered";
    case PSC_ERR_CORRUPT: return "the saved bytes are whole but hold no state of this library";
    case PSC_ERR_STALE: return "the beat is older than the newest one taken";
    case PSC_ERR_REPEAT: return "the beat was taken before";
    case PSC_ERR_FORGED: return "the beat speaks for another node than its sender or this one";
    case PSC_ERR_IMPOSSIBLE: return "the beat holds a value that no node can have";
    default: return "unknown status";
    }
}

int32_t psc_version(void)
{
    return PSC_VERSION_MAJOR * 10000 + PSC_VERSION_MINOR * 100 + PSC_VERSION_PATCH;
}

const char *psc_version_string(void)
{
    return PSC_VERSION_STRING;
}

size_t psc_struct_bytes(int32_t which)
{
    static const size_t bytes[] = {
        sizeof(psc_state), sizeof(psc_beat), sizeof(psc_node_config), sizeof(psc_node_score), sizeof(psc_failure_config),
        sizeof(psc_tracker_config), sizeof(psc_drift), sizeof(psc_series), sizeof(psc_naive_options),
        sizeof(psc_sar_options), sizeof(psc_theta_options), sizeof(psc_decomposition_options),
        sizeof(psc_croston_options), sizeof(psc_ets_options), sizeof(psc_ar_options), sizeof(psc_arima_options),
        sizeof(psc_additive_options), sizeof(psc_gru_options), sizeof(psc_forecast_config), sizeof(psc_forecast_info),
        sizeof(psc_forecast_member), sizeof(psc_backtest_config), sizeof(psc_accuracy), sizeof(psc_parts),
        sizeof(psc_regressors_config), sizeof(psc_regressors_info), sizeof(psc_event), sizeof(psc_calendar),
        sizeof(psc_hierarchy), sizeof(psc_reconcile_info), sizeof(psc_changes), sizeof(psc_ranked),
        sizeof(psc_rank_info), sizeof(psc_balance), sizeof(psc_cluster), sizeof(psc_imbalance), sizeof(psc_plan_config),
        sizeof(psc_plan_info), sizeof(psc_refusal), sizeof(psc_waves_config), sizeof(psc_move),
        sizeof(psc_waves_info), sizeof(psc_request), sizeof(psc_producer_config), sizeof(psc_source), sizeof(psc_report),
        sizeof(psc_bottleneck), sizeof(psc_demand_config), sizeof(psc_demand_now), sizeof(psc_scaler_config),
        sizeof(psc_decision)
    };

    return which >= PSC_STRUCT_STATE && which <= PSC_STRUCT_DECISION ? bytes[which - PSC_STRUCT_STATE] : 0;
}

/* ==== Node state ================================================================================ */

#define PS_MILLISECOND INT64_C(1000000)             /* in ns */
#define PS_DAY INT64_C(86400000000000)              /* in ns */
#define PS_PAUSE 10         /* an interval of more than so many expected ones is an outage, and teaches nothing */
#define PS_SMOOTH (1.0 / 3.0)   /* gain of the smoothed |z|: mean of 5 beats (2 / (5 + 1)); smoothing over 5 was
                                   the largest cheap gain on SMD and ASD                                   */
#define PS_HELD 0.98        /* how much of the high mark is left after a beat                        */
#define PS_NEW 0.9          /* share of the high mark that a new incident must exceed                */
#define PS_TIME_VARIANCE 1e32   /* no interval is longer than 10 days, 8.64e14 ns; its square is below this */

/* Nothing but 8-byte words; then five arrays of `metrics` each: mean, variance, smooth, floor, count. */
struct psc_node {
    psc_state head;
    int64_t  id, metrics, learn, memory, interval, pause;
    uint64_t max_jump;
    double   winsor, relative_floor;
    uint64_t epoch, sequence;
    int64_t  sent_at, received_at, shards, beats;
    double   gap_mean, gap_variance;        /* of the intervals between beats, ns */
    int64_t  gaps;
    double   mark, onset;                   /* high mark of z, and the newest beat's onset */
};

#define PS_AT(field) (offsetof(struct psc_node, field) / 8)

static double *ps_mean(const psc_node *n) { return (double *)(uintptr_t)(n + 1); }
static double *ps_variance(const psc_node *n) { return ps_mean(n) + n->metrics; }
static double *ps_smooth(const psc_node *n) { return ps_mean(n) + 2 * n->metrics; }
static double *ps_floor(const psc_node *n) { return ps_mean(n) + 3 * n->metrics; }
static int64_t *ps_count(const psc_node *n) { return (int64_t *)(uintptr_t)(ps_mean(n) + 4 * n->metrics); }

/* The numbers that a configuration and a saved state have in common. */
static int ps_node_parameters(int64_t metrics, int64_t learn, int64_t memory, int64_t interval, int64_t pause)
{
    return metrics >= 1 && metrics <= PSC_MAX_METRICS && memory >= 2 && memory <= INT64_C(2147483648) && learn >= 2
           && learn <= memory && interval >= PS_MILLISECOND && interval <= PS_DAY && pause >= 0 && pause <= PS_DAY;
}

void psc_node_default(psc_node_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->metrics = PSC_METRIC_HOST;
    config->learn = 60;
    config->memory = 600;
    config->interval_ns = INT64_C(1000000000);
    config->max_jump = UINT64_C(1) << 20;
    config->winsor = 5.0;
    config->relative_floor = 0.01;
}

/* Least standard deviation of metric k. */
static double ps_floor_of(const psc_node_config *config, int k)
{
    static const double usual[PSC_METRIC_HOST] = {1.0, 1e-4, 0.005, 0.01, 0.01, 1.0, 1.0};

    if (config->floor) return config->floor[k];
    return k < PSC_METRIC_HOST ? usual[k] : 1e-9;
}

size_t psc_node_size(const psc_node_config *config)
{
    int k;

    if (!config || config->struct_size != sizeof *config) return 0;
    if (!ps_node_parameters(config->metrics, config->learn, config->memory, config->interval_ns, config->pause_ns)
        || config->max_jump < 1 || !psc__within(config->winsor, 1.0, 100.0)
        || !psc__within(config->relative_floor, 0.0, 1.0))
        return 0;
    for (k = 0; k < config->metrics; k++)
        if (!psc__within(ps_floor_of(config, k), DBL_MIN, PSC_MAX_METRIC)) return 0;
    return sizeof(psc_node) + 5 * (size_t)config->metrics * 8;
}

psc_status psc_node_init(psc_node *node, size_t bytes, const psc_node_config *config)
{
    psc_status status;
    int k;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(node, bytes, psc_node_size(config));
    if (status != PSC_OK) return status;

    memset(node, 0, psc_node_size(config));
    node->head.kind = psc__kind(PSC_TYPE_NODE);
    node->head.words = psc_node_size(config) / 8;
    node->id = config->id;
    node->metrics = config->metrics;
    node->learn = config->learn;
    node->memory = config->memory;
    node->interval = config->interval_ns;
    node->pause = config->pause_ns;
    node->max_jump = config->max_jump;
    node->winsor = config->winsor;
    node->relative_floor = config->relative_floor;
    node->gap_mean = (double)config->interval_ns;
    node->gap_variance = node->gap_mean * node->gap_mean / 16.0;    /* Akka's start: mean +- a quarter of it */
    for (k = 0; k < config->metrics; k++) ps_floor(node)[k] = ps_floor_of(config, k);
    return PSC_OK;
}

/* A node whose indices can be followed. */
static psc_status ps_node(const psc_node *n)
{
    psc_status status = psc__state(n, PSC_TYPE_NODE);

    if (status != PSC_OK) return status;
    if (n->metrics < 1 || n->metrics > PSC_MAX_METRICS
        || n->head.words != sizeof(psc_node) / 8 + 5 * (uint64_t)n->metrics)
        return PSC_ERR_STATE;
    return PSC_OK;
}

static int ps_metric_possible(int k, double x)
{
    const int share = k == PSC_METRIC_ERRORS || k == PSC_METRIC_CPU || k == PSC_METRIC_MEMORY;

    if (psc__nan(&x)) return 1;
    return psc__within(x, k < PSC_METRIC_HOST ? 0.0 : -PSC_MAX_METRIC, share ? 1.0 : PSC_MAX_METRIC);
}

/* Whether a beat may be taken; the order of the tests is the header's. */
static psc_status ps_beat_check(const psc_node *n, const psc_beat *beat, const double *metric)
{
    int k;

    if (beat->node != n->id || beat->sender != beat->node) return PSC_ERR_FORGED;
    if (n->beats > 0) {
        if (beat->epoch < n->epoch) return PSC_ERR_STALE;
        if (beat->epoch == n->epoch && beat->sequence < n->sequence) return PSC_ERR_STALE;
        if (beat->epoch == n->epoch && beat->sequence == n->sequence) return PSC_ERR_REPEAT;
        if (beat->epoch == n->epoch && beat->sequence - n->sequence > n->max_jump) return PSC_ERR_IMPOSSIBLE;
    }
    if (beat->shards < 0) return PSC_ERR_IMPOSSIBLE;
    for (k = 0; k < n->metrics; k++)
        if (!ps_metric_possible(k, metric[k])) return PSC_ERR_IMPOSSIBLE;
    return PSC_OK;
}

/* b - a in ns, 0 if b is not after a. Unsigned, so that no pair of times overflows. */
static uint64_t ps_elapsed(int64_t a, int64_t b)
{
    return b > a ? (uint64_t)b - (uint64_t)a : 0;
}

/* Exponentially weighted mean and variance [1]. */
static void ps_learn(double *mean, double *variance, double x, double weight)
{
    const double d = x - *mean, step = weight * d;

    *mean += step;
    *variance = (1.0 - weight) * (*variance + d * step);
}

static double ps_weight(int64_t count, int64_t memory)
{
    return count + 1 < memory ? 1.0 / (double)(count + 1) : 1.0 / (double)memory;
}

static void ps_gap_learn(psc_node *n, const psc_beat *beat)
{
    const uint64_t gap = ps_elapsed(n->received_at, beat->received_at);

    if (n->beats == 0 || beat->epoch != n->epoch || beat->sequence != n->sequence + 1) return;
    if (gap == 0 || gap > PS_PAUSE * (uint64_t)n->interval) return;
    ps_learn(&n->gap_mean, &n->gap_variance, (double)gap, ps_weight(n->gaps + 1, n->memory));
    psc__count(&n->gaps);
}

static double ps_deviation(const psc_node *n, int64_t k)
{
    const double sd = sqrt(ps_variance(n)[k]), floor_ = ps_floor(n)[k];
    const double relative = n->relative_floor * fabs(ps_mean(n)[k]);
    const double least = floor_ > relative ? floor_ : relative;

    return sd > least ? sd : least;
}

/* Distance from the baseline, into the smoothed one, then the value into the baseline. */
static void ps_metric_learn(psc_node *n, int64_t k, double x)
{
    const double sd = ps_deviation(n, k), mean = ps_mean(n)[k];
    const int64_t count = ps_count(n)[k];
    double z = fabs(x - mean) / sd;

    if (count >= n->learn) {
        if (z > PSC_MAX_Z) z = PSC_MAX_Z;
        ps_smooth(n)[k] += PS_SMOOTH * (z - ps_smooth(n)[k]);
        if (x > mean + n->winsor * sd) x = mean + n->winsor * sd;
        if (x < mean - n->winsor * sd) x = mean - n->winsor * sd;
    }
    ps_learn(&ps_mean(n)[k], &ps_variance(n)[k], x, ps_weight(count, n->memory));
    psc__count(&ps_count(n)[k]);
}

/* The metric with the largest smoothed distance, the lower one of equals. */
static int64_t ps_worst(const psc_node *n)
{
    int64_t k, worst = 0;

    for (k = 1; k < n->metrics; k++)
        if (ps_smooth(n)[k] > ps_smooth(n)[worst]) worst = k;
    return worst;
}

static void ps_onset(psc_node *n, double z)
{
    n->onset = z > PS_NEW * n->mark ? z - PS_NEW * n->mark : 0.0;
    n->mark = z > PS_HELD * n->mark ? z : PS_HELD * n->mark;
}

psc_status psc_node_observe(psc_node *node, const psc_beat *beat, const double *metric)
{
    psc_status status = ps_node(node);
    int64_t k;

    if (status != PSC_OK) return status;
    if (!beat || !metric) return PSC_ERR_NULL;
    status = ps_beat_check(node, beat, metric);
    if (status != PSC_OK) return status;

    ps_gap_learn(node, beat);
    for (k = 0; k < node->metrics; k++)
        if (!psc__nan(&metric[k])) ps_metric_learn(node, k, metric[k]);
    ps_onset(node, ps_smooth(node)[ps_worst(node)]);
    node->received_at = beat->received_at;
    node->epoch = beat->epoch;
    node->sequence = beat->sequence;
    node->sent_at = beat->sent_at;
    node->shards = beat->shards;
    psc__count(&node->beats);
    return PSC_OK;
}

/* ==== Score ===================================================================================== */

#define PS_HALF_Z 5.0       /* the z at which instability is one half: where values are cut as outliers */
#define PS_HALF_PHI 8.0     /* the phi at which it is: the usual threshold of Akka and Cassandra        */
#define PS_1_LN10 0.4342944819032518        /* 1 / ln 10 */

static double ps_phi(const psc_node *n, int64_t now)
{
    const double interval = (double)n->interval;
    const uint64_t elapsed = ps_elapsed(n->received_at, now);
    const double late = (double)elapsed - (double)n->pause;
    double sd = sqrt(n->gap_variance), p;

    if (n->beats == 0) return 0.0;
    if (sd < interval / 10.0) sd = interval / 10.0;
    if (sd < n->gap_mean / 10.0) sd = n->gap_mean / 10.0;
    p = psc__normal_cdf((n->gap_mean - late) / sd);
    if (p >= 1.0) return 0.0;
    if (p <= 1e-300) return PSC_MAX_PHI;        /* 10^-PSC_MAX_PHI */
    return -psc__log(p) * PS_1_LN10;
}

psc_status psc_node_score_at(const psc_node *node, int64_t now, psc_node_score *score)
{
    psc_status status = ps_node(node);
    double by_z, by_phi;
    int64_t worst;

    if (status != PSC_OK) return status;
    if (!score) return PSC_ERR_NULL;
    memset(score, 0, sizeof *score);
    score->phi = ps_phi(node, now);
    score->learned = node->beats >= node->learn;
    score->beats = node->beats;
    score->shards = node->shards;
    worst = ps_worst(node);
    score->z = ps_smooth(node)[worst];
    score->onset = node->onset;
    by_z = score->z / (score->z + PS_HALF_Z);
    by_phi = score->phi / (score->phi + PS_HALF_PHI);
    score->instability = by_z > by_phi ? by_z : by_phi;
    score->metric = by_z > by_phi ? (int32_t)worst : PSC_METRIC_BEATS;
    return PSC_OK;
}

/* ==== Failure probability ======================================================================= */

#define PS_QUIET_Z 3.0      /* the largest of seven smoothed |z| of a quiet node is rarely above this */
#define PS_LN10 2.302585092994046

void psc_failure_default(psc_failure_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->base = 0.01;
    config->slope_z = 2.0;
    config->slope_phi = 0.5;
}

psc_status psc_failure_probability(const psc_failure_config *config, const psc_node_score *score, double *p)
{
    double odds, z;

    if (!config || !score || !p) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (!psc__finite(&score->z) || !psc__finite(&score->phi)) return PSC_ERR_NONFINITE;
    if (!psc__within(config->base, 1e-9, 0.5) || !psc__within(config->slope_z, 0.0, 100.0)
        || !psc__within(config->slope_phi, 0.0, 100.0) || !psc__within(score->z, 0.0, PSC_MAX_Z)
        || !psc__within(score->phi, 0.0, PSC_MAX_PHI))
        return PSC_ERR_RANGE;
    z = score->z > PS_QUIET_Z ? score->z : PS_QUIET_Z;
    odds = psc__log(config->base / (1.0 - config->base));
    odds += config->slope_z * psc__log(z / PS_QUIET_Z) + config->slope_phi * score->phi * PS_LN10;
    *p = psc__logistic(odds);
    return PSC_OK;
}

/* ==== Save and load ============================================================================= */

/* One word into the CRC: (crc + w) x^64 mod x^64 + x^4 + x^3 + x + 1, bits reflected. x^64 = x^4 + x^3 + x + 1, so the
 * product is four shifts; what they push out at the end is folded back by the same rule, once. */
static uint64_t ps_crc(uint64_t crc, uint64_t w)
{
    uint64_t a = crc ^ w;

    a ^= a << 60 ^ a << 61 ^ a << 63;
    return a ^ a >> 1 ^ a >> 3 ^ a >> 4;
}

static void ps_put(unsigned char *bytes, uint64_t w)
{
    int k;

    for (k = 0; k < 8; k++) bytes[k] = (unsigned char)(w >> 8 * k & 0xff);
}

/* The chapters that have these states follow. */
static int ps_producer_valid(const psc__image *image);
static int ps_demand_valid(const psc__image *image);
static int ps_scaler_valid(const psc__image *image);

static int ps_type_known(int32_t type)
{
    return (type >= PSC_TYPE_TRACKER && type <= PSC_TYPE_NODE) || (type >= PSC_TYPE_PRODUCER && type <= PSC_TYPE_SCALER);
}

int32_t psc_state_type(const void *state)
{
    int32_t type;

    for (type = PSC_TYPE_TRACKER; type <= PSC_TYPE_SCALER; type++) {
        psc_status status = psc__state(state, type);
        if (status == PSC_OK && !ps_type_known(type)) return PSC_ERR_STATE;
        if (status != PSC_ERR_STATE) return status == PSC_OK ? type : status;
    }
    return PSC_ERR_STATE;
}

size_t psc_save_size(const void *state)
{
    const psc_state *head = (const psc_state *)state;

    if (psc_state_type(state) <= 0 || head->words < 2 || head->words > SIZE_MAX / 8 - 1) return 0;
    return ((size_t)head->words + 1) * 8;
}

psc_status psc_save(const void *state, void *saved, size_t capacity, size_t *written)
{
    unsigned char *out = (unsigned char *)saved;
    const int32_t type = psc_state_type(state);
    size_t bytes, i;
    uint64_t crc = UINT64_MAX, word;

    if (type < 0) return type;
    if (!saved || !written) return PSC_ERR_NULL;
    bytes = psc_save_size(state);
    if (bytes == 0) return PSC_ERR_STATE;
    if (capacity < bytes) return PSC_ERR_SPACE;
    for (i = 0; i + 8 < bytes; i += 8) {
        memcpy(&word, (const unsigned char *)state + i, 8);
        ps_put(out + i, word);
        crc = ps_crc(crc, word);
    }
    ps_put(out + i, ~crc);
    *written = bytes;
    return PSC_OK;
}

/* The frame: mark, version and length. */
static psc_status ps_frame(psc__image *image, const void *saved, size_t bytes)
{
    uint64_t kind;

    if (!saved) return PSC_ERR_NULL;
    image->bytes = (const unsigned char *)saved;
    image->words = 0;
    if (bytes < 24) return PSC_ERR_FORMAT;
    kind = psc__word(image, 0);
    if (kind >> 40 != psc__kind(0) >> 40 || psc__word(image, 1) != bytes / 8 - 1 || bytes % 8 != 0)
        return PSC_ERR_FORMAT;
    if ((kind & 0xffff) < 1 || (kind & 0xffff) > PSC_FORMAT) return PSC_ERR_VERSION;
    image->words = bytes / 8 - 1;
    return PSC_OK;
}

size_t psc_load_size(const void *saved, size_t saved_bytes)
{
    psc__image image;
    return ps_frame(&image, saved, saved_bytes) == PSC_OK ? image.words * 8 : 0;
}

static int ps_counts_valid(const psc__image *image)
{
    const int64_t beats = psc__integer(image, PS_AT(beats)), gaps = psc__integer(image, PS_AT(gaps));
    return psc__integer(image, PS_AT(shards)) >= 0 && beats >= 0 && beats <= PSC__COUNTS && gaps >= 0 && gaps <= beats;
}

/* Arrays of the metrics: only a learned one has a distance from its baseline. */
static int ps_metrics_valid(const psc__image *image, size_t metrics, int64_t learn)
{
    const size_t at = sizeof(psc_node) / 8;
    size_t k;

    for (k = 0; k < metrics; k++) {
        const int64_t count = psc__integer(image, at + 4 * metrics + k);
        if (!psc__real_in(image, at + k, -PSC_MAX_METRIC, PSC_MAX_METRIC)
            || !psc__real_in(image, at + metrics + k, 0.0, 4.0 * PSC_MAX_METRIC * PSC_MAX_METRIC)
            || !psc__real_in(image, at + 2 * metrics + k, 0.0, count < learn ? 0.0 : PSC_MAX_Z)
            || !psc__real_in(image, at + 3 * metrics + k, DBL_MIN, PSC_MAX_METRIC)
            || count < 0 || count > psc__integer(image, PS_AT(beats)))
            return 0;
    }
    return 1;
}

static int ps_node_valid(const psc__image *image)
{
    const int64_t metrics = image->words > sizeof(psc_node) / 8 ? psc__integer(image, PS_AT(metrics)) : 0;
    const int64_t learn = metrics ? psc__integer(image, PS_AT(learn)) : 0;

    if (metrics < 1 || metrics > PSC_MAX_METRICS || image->words != sizeof(psc_node) / 8 + 5 * (size_t)metrics)
        return 0;
    if (!ps_node_parameters(metrics, learn, psc__integer(image, PS_AT(memory)), psc__integer(image, PS_AT(interval)),
                            psc__integer(image, PS_AT(pause)))
        || psc__word(image, PS_AT(max_jump)) < 1 || !psc__real_in(image, PS_AT(winsor), 1.0, 100.0)
        || !psc__real_in(image, PS_AT(relative_floor), 0.0, 1.0))
        return 0;
    if (!psc__real_in(image, PS_AT(gap_mean), 0.0, 1e16)
        || !psc__real_in(image, PS_AT(gap_variance), 0.0, PS_TIME_VARIANCE)
        || !psc__real_in(image, PS_AT(mark), 0.0, PSC_MAX_Z) || !psc__real_in(image, PS_AT(onset), 0.0, PSC_MAX_Z))
        return 0;
    return ps_counts_valid(image) && ps_metrics_valid(image, (size_t)metrics, learn);
}

static int ps_image_valid(int32_t type, const psc__image *image)
{
    switch (type) {
    case PSC_TYPE_TRACKER: return psc__tracker_valid(image);
    case PSC_TYPE_NODE: return ps_node_valid(image);
    case PSC_TYPE_PRODUCER: return ps_producer_valid(image);
    case PSC_TYPE_DEMAND: return ps_demand_valid(image);
    case PSC_TYPE_SCALER: return ps_scaler_valid(image);
    default: return 0;
    }
}

psc_status psc_load(int32_t type, const void *saved, size_t saved_bytes, void *mem, size_t mem_bytes)
{
    psc__image image;
    psc_status status = ps_frame(&image, saved, saved_bytes);
    uint64_t crc = UINT64_MAX, word;
    int32_t held;
    size_t i;

    if (type != PSC_TYPE_ANY && !ps_type_known(type)) return PSC_ERR_RANGE;
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) crc = ps_crc(crc, psc__word(&image, i));
    if (~crc != psc__word(&image, image.words)) return PSC_ERR_CHECKSUM;
    held = (int32_t)(psc__word(&image, 0) >> 16 & 0xffffff);
    if (type != PSC_TYPE_ANY && held != type) return PSC_ERR_STATE;
    if (!ps_image_valid(held, &image)) return PSC_ERR_CORRUPT;
    status = psc__block(mem, mem_bytes, image.words * 8);
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) {
        word = psc__word(&image, i);
        memcpy((unsigned char *)mem + 8 * i, &word, 8);
    }
    return PSC_OK;
}

/* ==== Producer ================================================================================== */

#define PS_SECOND 1e9               /* ns */
#define PS_AHEAD 256                /* bins that one call may close: bounds its cost                  */
#define PS_WAYS 4                   /* sources in a set: a set of 96 bytes is two cache lines         */
#define PS_FORGET (1.0 / 1000.0)    /* of a cost model a request: a few minutes of a busy producer    */
#define PS_FADE (1.0 / 64.0)        /* of a source's load a bin: about an hour of bins of a minute    */
#define PS_COVER (1.0 / 256.0)      /* gain of the share of bins seen                                 */
#define PS_LARGEST 1e34             /* sums in a bin stay below: 2^60 requests of PSC_MAX_METRIC      */

enum { PS_COSTS = PSC_RESOURCES - 1 };

/* Nothing but 8-byte words; then the open bins (window of 1 + types + PS_COSTS: seen, counts, costs), the cost models
 * (types of 2 * PS_COSTS: sums of size and cost), the sources (3 words each: id, load, error) and the trackers: one a
 * resource, and one a type where there are several. Bin b lies at b modulo window. */
struct psc_producer {
    psc_state head;
    int64_t  id, types, sources, window, bin, period1, period2;
    int64_t  first, newest;         /* bins; newest -1: none yet                                     */
    int64_t  closed;
    double   cover;                 /* share of closed bins that were seen                           */
    double   total;                 /* decayed sum of all sizes                                      */
    double   last[PSC_RESOURCES];   /* rates of the newest closed bin that was seen                  */
};

#define PS_PRODUCER_AT(field) (offsetof(struct psc_producer, field) / 8)

static size_t ps_bin_words(int64_t types) { return (size_t)types + 1 + PS_COSTS; }
static size_t ps_trackers(int64_t types) { return PSC_RESOURCES + (types > 1 ? (size_t)types : 0); }

static double *ps_bin(const psc_producer *p, int64_t bin)
{
    return (double *)(uintptr_t)(p + 1) + (size_t)(bin % p->window) * ps_bin_words(p->types);
}

static double *ps_costs(const psc_producer *p, int64_t type)
{
    return (double *)(uintptr_t)(p + 1) + (size_t)p->window * ps_bin_words(p->types) + (size_t)type * 2 * PS_COSTS;
}

static uint64_t *ps_sources(const psc_producer *p)
{
    return (uint64_t *)(uintptr_t)ps_costs(p, p->types);
}

static double *ps_source_load(const psc_producer *p, int64_t i)
{
    return (double *)(uintptr_t)(ps_sources(p) + 3 * i + 1);
}

/* Words of a tracker with these seasons; 0: none can have them. */
static size_t ps_tracker_words(int64_t period1, int64_t period2)
{
    psc_tracker_config config;

    if (period1 < 0 || period1 > PSC_MAX_PERIOD || period2 < 0 || period2 > PSC_MAX_PERIOD) return 0;
    psc_tracker_default(&config);
    config.period1 = (int32_t)period1;
    config.period2 = (int32_t)period2;
    return psc_tracker_size(&config) / 8;
}

static psc_status ps_tracker_begin(void *mem, int64_t period1, int64_t period2)
{
    psc_tracker_config config;

    psc_tracker_default(&config);
    config.period1 = (int32_t)period1;
    config.period2 = (int32_t)period2;
    return psc_tracker_init((psc_tracker *)mem, psc_tracker_size(&config), &config);
}

/* Words before the trackers. */
static size_t ps_producer_front(int64_t types, int64_t sources, int64_t window)
{
    return sizeof(psc_producer) / 8 + (size_t)window * ps_bin_words(types) + (size_t)types * 2 * PS_COSTS
           + (size_t)sources * 3;
}

static psc_tracker *ps_producer_tracker(const psc_producer *p, size_t i)
{
    const size_t words = ((size_t)p->head.words - ps_producer_front(p->types, p->sources, p->window))
                         / ps_trackers(p->types);

    return (psc_tracker *)((uintptr_t)p + (ps_producer_front(p->types, p->sources, p->window) + i * words) * 8);
}

/* Words of a producer of these numbers; 0: they are not valid. */
static size_t ps_producer_words(int64_t types, int64_t sources, int64_t window, int64_t bin, int64_t period1,
                                int64_t period2)
{
    const size_t tracker = ps_tracker_words(period1, period2);

    if (types < 1 || types > PSC_MAX_TYPES || sources < 0 || sources > 4096 || sources % PS_WAYS != 0 || window < 1
        || window > 64 || bin < PS_MILLISECOND || bin > PS_DAY || tracker == 0)
        return 0;
    return ps_producer_front(types, sources, window) + ps_trackers(types) * tracker;
}

void psc_producer_default(psc_producer_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->types = 1;
    config->bin_ns = INT64_C(60000000000);
    config->window = 2;
    config->sources = 16;
}

size_t psc_producer_size(const psc_producer_config *config)
{
    if (!config || config->struct_size != sizeof *config || config->id < 0) return 0;
    return 8 * ps_producer_words(config->types, config->sources, config->window, config->bin_ns, config->period1,
                                 config->period2);
}

psc_status psc_producer_init(psc_producer *producer, size_t bytes, const psc_producer_config *config)
{
    psc_status status;
    size_t i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(producer, bytes, psc_producer_size(config));
    if (status != PSC_OK) return status;

    memset(producer, 0, psc_producer_size(config));
    producer->head.kind = psc__kind(PSC_TYPE_PRODUCER);
    producer->head.words = psc_producer_size(config) / 8;
    producer->id = config->id;
    producer->types = config->types;
    producer->sources = config->sources;
    producer->window = config->window;
    producer->bin = config->bin_ns;
    producer->period1 = config->period1;
    producer->period2 = config->period2;
    producer->newest = -1;
    for (i = 0; i < ps_trackers(config->types) && status == PSC_OK; i++)
        status = ps_tracker_begin(ps_producer_tracker(producer, i), config->period1, config->period2);
    return status;
}

/* A producer whose indices can be followed. */
static psc_status ps_producer(const psc_producer *p)
{
    const psc_status status = psc__state(p, PSC_TYPE_PRODUCER);

    if (status != PSC_OK) return status;
    return p->head.words == ps_producer_words(p->types, p->sources, p->window, p->bin, p->period1, p->period2)
               && p->head.words > 0 ? PSC_OK : PSC_ERR_STATE;
}

static double ps_missing(void)
{
    const uint64_t bits = UINT64_C(0x7ff8) << 48;
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The rates of a bin into the trackers; NaN where nobody has seen it. The last of them must be a state too, so none fails. */
static void ps_bin_close(psc_producer *p, const double *bin)
{
    const double seconds = (double)p->bin / PS_SECOND, nothing = ps_missing();
    const int seen = bin[0] > 0.0;
    double rate[PSC_RESOURCES], x;
    int64_t k;

    rate[0] = 0.0;
    for (k = 0; k < p->types; k++) rate[0] += bin[1 + k];
    for (k = 0; k < PS_COSTS; k++) rate[1 + k] = bin[1 + p->types + k];
    for (k = 0; k < PSC_RESOURCES; k++) {
        x = rate[k] / seconds;
        if (x > PSC_MAX_METRIC) x = PSC_MAX_METRIC;
        if (seen) p->last[k] = x;
        (void)psc_tracker_observe(ps_producer_tracker(p, (size_t)k), seen ? x : nothing);
    }
    for (k = 0; p->types > 1 && k < p->types; k++) {
        x = bin[1 + k] / seconds;
        if (x > PSC_MAX_METRIC) x = PSC_MAX_METRIC;
        (void)psc_tracker_observe(ps_producer_tracker(p, (size_t)(PSC_RESOURCES + k)), seen ? x : nothing);
    }
    psc__count(&p->closed);
    x = 1.0 / (double)p->closed;
    p->cover += (x > PS_COVER ? x : PS_COVER) * ((seen ? 1.0 : 0.0) - p->cover);
}

/* Time goes one bin on: the oldest open bin is closed and makes room for the new one. */
static void ps_bin_next(psc_producer *p)
{
    double *bin = ps_bin(p, ++p->newest);
    int64_t i;

    if (p->newest - p->window >= p->first) ps_bin_close(p, bin);
    memset(bin, 0, ps_bin_words(p->types) * 8);
    for (i = 0; i < p->sources; i++) {
        ps_source_load(p, i)[0] *= 1.0 - PS_FADE;
        ps_source_load(p, i)[1] *= 1.0 - PS_FADE;
    }
    p->total *= 1.0 - PS_FADE;
}

/* Moves to bin b, at most PS_AHEAD bins; 1 when there. */
static int ps_bin_go(psc_producer *p, int64_t b)
{
    int steps;

    if (p->newest < 0) p->first = p->newest = b;
    for (steps = 0; steps < PS_AHEAD && p->newest < b; steps++) ps_bin_next(p);
    return p->newest >= b;
}

static uint64_t ps_mixed(uint64_t x)        /* the last steps of splitmix64 */
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Space-Saving within the set of the source: the least loaded makes room, and its load is the new one's error. */
static void ps_source_add(psc_producer *p, uint64_t source, double size)
{
    const uint64_t sets = (uint64_t)p->sources / PS_WAYS;
    const int64_t from = (int64_t)((ps_mixed(source) >> 32) * sets >> 32) * PS_WAYS;
    int64_t i, least = from;

    p->total += size;
    if (sets == 0) return;
    for (i = from; i < from + PS_WAYS; i++) {
        if (ps_sources(p)[3 * i] == source && ps_source_load(p, i)[0] > 0.0) {
            ps_source_load(p, i)[0] += size;
            return;
        }
        if (ps_source_load(p, i)[0] < ps_source_load(p, least)[0]) least = i;
    }
    ps_sources(p)[3 * least] = source;
    ps_source_load(p, least)[1] = ps_source_load(p, least)[0];
    ps_source_load(p, least)[0] += size;
}

/* What was measured teaches the model of the type; what was not is taken from it. */
static double ps_cost(double *model, double size, double cost)
{
    double x;

    if (!psc__nan(&cost)) {
        model[0] += size - PS_FORGET * model[0];
        model[1] += cost - PS_FORGET * model[1];
        return cost;
    }
    if (model[0] < 1e-9) return 0.0;
    x = size * (model[1] / model[0]);
    return x < PSC_MAX_METRIC ? x : PSC_MAX_METRIC;
}

static int ps_cost_possible(double x)
{
    return psc__nan(&x) || psc__within(x, 0.0, PSC_MAX_METRIC);
}

psc_status psc_producer_observe(psc_producer *producer, const psc_request *request)
{
    psc_status status = ps_producer(producer);
    double *bin, *model;
    int64_t b;

    if (status != PSC_OK) return status;
    if (!request) return PSC_ERR_NULL;
    if (request->at < 0 || request->type < 0 || request->type >= producer->types
        || !psc__within(request->size, 0.0, PSC_MAX_METRIC) || !ps_cost_possible(request->cpu)
        || !ps_cost_possible(request->memory) || !ps_cost_possible(request->network))
        return PSC_ERR_RANGE;
    b = request->at / producer->bin;
    if (producer->newest >= 0 && b > producer->newest + PS_AHEAD) return PSC_ERR_RANGE;
    if (producer->newest >= 0 && b <= producer->newest - producer->window) return PSC_ERR_STALE;

    (void)ps_bin_go(producer, b);
    if (b < producer->first) producer->first = b;
    bin = ps_bin(producer, b);
    model = ps_costs(producer, request->type);
    bin[0] = 1.0;
    bin[1 + request->type] += 1.0;
    bin += 1 + producer->types;
    bin[0] += ps_cost(model, request->size, request->cpu);
    bin[1] += ps_cost(model + 2, request->size, request->memory);
    bin[2] += ps_cost(model + 4, request->size, request->network);
    ps_source_add(producer, request->source, request->size);
    return PSC_OK;
}

psc_status psc_producer_advance(psc_producer *producer, int64_t now)
{
    psc_status status = ps_producer(producer);
    int64_t b;

    if (status != PSC_OK) return status;
    if (now < 0) return PSC_ERR_RANGE;
    b = now / producer->bin;
    if (!ps_bin_go(producer, b)) return PSC_MORE;
    if (b > producer->newest - producer->window) ps_bin(producer, b)[0] = 1.0;
    if (b > producer->newest - producer->window && b < producer->first) producer->first = b;
    return PSC_OK;
}

psc_status psc_producer_sources(const psc_producer *producer, psc_source *out, size_t capacity, size_t *count,
                                double *rest)
{
    psc_status status = ps_producer(producer);
    size_t n = 0, at;
    double held = 0.0;
    int64_t i;

    if (status != PSC_OK) return status;
    if ((!out && capacity > 0) || !count || !rest) return PSC_ERR_NULL;
    for (i = 0; i < producer->sources; i++) {
        const double *load = ps_source_load(producer, i);
        if (load[0] <= 0.0) continue;
        for (at = n; at > 0 && out[at - 1].load < load[0]; at--)
            if (at < capacity) out[at] = out[at - 1];
        if (at >= capacity) continue;
        out[at].source = ps_sources(producer)[3 * i];
        out[at].load = load[0];
        out[at].error = load[1];
        if (n < capacity) n++;
    }
    for (at = 0; at < n; at++) held += out[at].load - out[at].error;
    *count = n;
    *rest = producer->total > held ? producer->total - held : 0.0;
    return PSC_OK;
}

psc_status psc_producer_type(const psc_producer *producer, int32_t type, size_t bins, double level, double *out)
{
    psc_status status = ps_producer(producer);

    if (status != PSC_OK) return status;
    if (type < 0 || type >= producer->types) return PSC_ERR_RANGE;
    return psc_trackers_predict(ps_producer_tracker(producer, producer->types > 1 ? (size_t)(PSC_RESOURCES + type) : 0),
                                1, bins, level, out);
}

static int ps_reals_in(const psc__image *image, size_t at, size_t n, double low, double high)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!psc__real_in(image, at + i, low, high)) return 0;
    return 1;
}

/* A tracker of these seasons within an image. */
static int ps_tracker_within(const psc__image *image, size_t at, int64_t period1, int64_t period2)
{
    psc__image part;

    part.bytes = image->bytes + 8 * at;
    part.words = ps_tracker_words(period1, period2);
    return psc__word(&part, 0) == psc__kind(PSC_TYPE_TRACKER) && psc__word(&part, 1) == part.words && psc__tracker_valid(&part);
}

static int ps_producer_bins_valid(const psc__image *image, size_t at, int64_t types, int64_t window)
{
    int64_t b, k;

    for (b = 0; b < window; b++, at += ps_bin_words(types)) {
        const double seen = psc__real(image, at);
        if (!psc__real_in(image, at, 0.0, 1.0) || (seen > 0.0 && seen < 1.0)) return 0;
        for (k = 0; k < types + PS_COSTS; k++)
            if (!psc__real_in(image, at + 1 + (size_t)k, 0.0, PS_LARGEST)) return 0;
    }
    return 1;
}

static int ps_sources_valid(const psc__image *image, size_t at, int64_t sources)
{
    int64_t i;

    for (i = 0; i < sources; i++, at += 3)
        if (!psc__real_in(image, at + 1, 0.0, PS_LARGEST)
            || !psc__real_in(image, at + 2, 0.0, psc__real(image, at + 1)))
            return 0;
    return 1;
}

static int ps_producer_valid(const psc__image *image)
{
    const size_t front = sizeof(psc_producer) / 8;
    int64_t types, sources, window, period1, period2, first, newest, closed;
    size_t at, i, words;

    if (image->words < front) return 0;
    types = psc__integer(image, PS_PRODUCER_AT(types));
    sources = psc__integer(image, PS_PRODUCER_AT(sources));
    window = psc__integer(image, PS_PRODUCER_AT(window));
    period1 = psc__integer(image, PS_PRODUCER_AT(period1));
    period2 = psc__integer(image, PS_PRODUCER_AT(period2));
    words = ps_producer_words(types, sources, window, psc__integer(image, PS_PRODUCER_AT(bin)), period1, period2);
    if (words == 0 || words != image->words || psc__integer(image, PS_PRODUCER_AT(id)) < 0) return 0;
    first = psc__integer(image, PS_PRODUCER_AT(first));
    newest = psc__integer(image, PS_PRODUCER_AT(newest));
    closed = psc__integer(image, PS_PRODUCER_AT(closed));
    if (newest < -1 || newest > INT64_MAX / PS_MILLISECOND || first < 0 || (newest >= 0 && first > newest)
        || closed < 0 || closed > PSC__COUNTS)
        return 0;
    if (!psc__real_in(image, PS_PRODUCER_AT(cover), 0.0, 1.0) || !psc__real_in(image, PS_PRODUCER_AT(total), 0.0, PS_LARGEST)
        || !ps_reals_in(image, PS_PRODUCER_AT(last), PSC_RESOURCES, 0.0, PSC_MAX_METRIC)
        || !ps_producer_bins_valid(image, front, types, window))
        return 0;
    at = front + (size_t)window * ps_bin_words(types);
    if (!ps_reals_in(image, at, (size_t)types * 2 * PS_COSTS, 0.0, 1e3 * PSC_MAX_METRIC * 1.001)) return 0;
    at += (size_t)types * 2 * PS_COSTS;
    if (!ps_sources_valid(image, at, sources)) return 0;
    at += 3 * (size_t)sources;
    for (i = 0; i < ps_trackers(types); i++)
        if (!ps_tracker_within(image, at + i * ps_tracker_words(period1, period2), period1, period2)) return 0;
    return 1;
}

/* ==== Report ==================================================================================== */

#define PS_SHARE 1e9                /* no advice is for more than so many times the capacity          */
#define PS_TIMES (INT64_MAX / 4)    /* times and horizons of reports: their sums do not overflow      */

void psc_report_default(psc_report *report)
{
    int i;

    if (!report) return;
    memset(report, 0, sizeof *report);
    report->struct_size = (uint32_t)sizeof *report;
    report->points = 3;
    report->level = 0.9;
    for (i = 0; i < 3; i++) report->horizon[i] = INT64_C(300000000000) * (i + 1);
    for (i = 0; i < PSC_RESOURCES; i++) report->capacity[i] = ps_missing();
}

/* To 6 significant digits; below 1e-9 to 0. Monotone, so that bounds stay bounds. */
static double ps_short(double x)
{
    static const double ten[] = {1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    int places = 14;

    if (x < 1e-9) return 0.0;
    if (x > PSC_MAX_METRIC) return PSC_MAX_METRIC;
    if (x >= 1e6) {
        for (places = 1; x >= 1e6 * ten[places]; places++) continue;
        return floor(x / ten[places] + 0.5) * ten[places];
    }
    while (places > 0 && x * ten[places] >= 1e6) places--;
    return floor(x * ten[places] + 0.5) / ten[places];
}

/* The fields that the caller sets. */
static psc_status ps_report_asked(const psc_report *r)
{
    int i;

    if (r->struct_size != sizeof *r) return PSC_ERR_VERSION;
    if (r->points < 1 || r->points > PSC_REPORT_POINTS || !(r->level > 0.0 && r->level < 1.0)) return PSC_ERR_RANGE;
    for (i = 0; i < r->points; i++)
        if (r->horizon[i] <= (i > 0 ? r->horizon[i - 1] : 0) || r->horizon[i] > PS_TIMES) return PSC_ERR_RANGE;
    for (i = 0; i < PSC_RESOURCES; i++)
        if (!ps_cost_possible(r->capacity[i])) return PSC_ERR_RANGE;
    return PSC_OK;
}

/* x / y, cut to PS_SHARE. */
static double ps_ratio(double x, double y)
{
    return x < PS_SHARE * y ? x / y : x > 0.0 ? PS_SHARE : 0.0;
}

/* Largest upper bound of any point. */
static double ps_report_peak(const psc_report *r, int k)
{
    double peak = r->now[k];
    int p;

    for (p = 0; p < r->points; p++)
        if (r->upper[p * PSC_RESOURCES + k] > peak) peak = r->upper[p * PSC_RESOURCES + k];
    return peak;
}

/* The resource that is furthest from its target, and what to do about it. */
static void ps_report_advise(psc_report *r, double target)
{
    double worst = -1.0, use;
    int k;

    r->advice = PSC_ADVICE_NONE;
    r->advice_resource = 0;
    r->advice_share = r->advice_amount = 0.0;
    for (k = 0; k < PSC_RESOURCES; k++) {
        if (psc__nan(&r->capacity[k])) continue;
        use = ps_ratio(ps_report_peak(r, k) / target, r->capacity[k]);
        if (use <= worst) continue;
        worst = use;
        r->advice_resource = k;
    }
    k = r->advice_resource;
    if (worst < 0.0 || (worst >= 0.5 && worst <= 1.0)) return;
    r->advice = worst < 0.5 ? PSC_ADVICE_IDLE : ps_ratio(r->now[k] / target, r->capacity[k]) > 1.0 ? PSC_ADVICE_FULL
                                              : PSC_ADVICE_GROWTH;
    r->advice_share = worst - 1.0;
    r->advice_amount = ps_report_peak(r, k) / target - r->capacity[k];
}

/* One point of one resource, `bins` after the newest closed bin. */
static psc_status ps_report_point(const psc_producer *p, int k, size_t bins, psc_report *r, int at)
{
    const psc_tracker *tracker = ps_producer_tracker(p, (size_t)k);
    double lower = 0.0, median = 0.0, upper = 0.0;
    psc_status status = psc_trackers_predict(tracker, 1, bins, 0.5, &median);

    if (status == PSC_OK) status = psc_trackers_predict(tracker, 1, bins, 0.5 * (1.0 - r->level), &lower);
    if (status == PSC_OK) status = psc_trackers_predict(tracker, 1, bins, 0.5 * (1.0 + r->level), &upper);
    r->lower[at] = ps_short(lower);
    r->expected[at] = ps_short(median);
    r->upper[at] = ps_short(upper);
    return status;
}

static double ps_producer_confidence(const psc_producer *p)
{
    const int64_t period = p->period1 > 1 ? p->period1 : p->period2 > 1 ? p->period2 : 30;
    const double learned = (double)p->closed / (2.0 * (double)period);

    return ps_short(p->cover * (learned < 1.0 ? learned : 1.0));
}

psc_status psc_producer_report(const psc_producer *producer, int64_t now, double target, psc_report *report)
{
    psc_status status = ps_producer(producer);
    psc_report r;
    int p, k;

    if (status != PSC_OK) return status;
    if (!report) return PSC_ERR_NULL;
    status = ps_report_asked(report);
    if (status != PSC_OK) return status;
    if (!psc__within(target, 0.05, 1.0) || now < 0 || now > PS_TIMES || now / producer->bin < producer->newest)
        return PSC_ERR_RANGE;
    r = *report;
    r.producer = producer->id;
    r.made_at = now;
    r.confidence = ps_producer_confidence(producer);
    for (k = 0; k < PSC_RESOURCES; k++) r.now[k] = ps_short(producer->last[k]);
    for (p = 0; p < r.points; p++) {
        const int64_t bins = (now + r.horizon[p]) / producer->bin - (producer->newest - producer->window);
        if (bins > PSC_MAX_HORIZON) return PSC_ERR_RANGE;
        for (k = 0; k < PSC_RESOURCES && status == PSC_OK; k++)
            status = ps_report_point(producer, k, (size_t)bins, &r, p * PSC_RESOURCES + k);
        if (status != PSC_OK) return status;
    }
    ps_report_advise(&r, target);
    r.advice_share = r.advice_share < 0.0 ? -ps_short(-r.advice_share) : ps_short(r.advice_share);
    r.advice_amount = r.advice_amount < 0.0 ? -ps_short(-r.advice_amount) : ps_short(r.advice_amount);
    *report = r;
    return PSC_OK;
}

/* Loads of all points in order. */
static int ps_report_loads(const psc_report *r)
{
    int i;

    for (i = 0; i < PSC_RESOURCES; i++)
        if (!psc__within(r->now[i], 0.0, PSC_MAX_METRIC)) return 0;
    for (i = 0; i < r->points * PSC_RESOURCES; i++)
        if (!psc__within(r->lower[i], 0.0, PSC_MAX_METRIC) || !psc__within(r->expected[i], r->lower[i], PSC_MAX_METRIC)
            || !psc__within(r->upper[i], r->expected[i], PSC_MAX_METRIC))
            return 0;
    return 1;
}

psc_status psc_report_check(const psc_report *report)
{
    psc_status status;

    if (!report) return PSC_ERR_NULL;
    status = ps_report_asked(report);
    if (status != PSC_OK) return status;
    if (report->producer < 0 || report->made_at < 0 || !psc__within(report->confidence, 0.0, 1.0)
        || !ps_report_loads(report) || report->advice < PSC_ADVICE_NONE || report->advice > PSC_ADVICE_IDLE
        || report->advice_resource < 0 || report->advice_resource >= PSC_RESOURCES
        || !psc__within(report->advice_share, -1.0, PS_SHARE)
        || !psc__within(report->advice_amount, -PSC_MAX_METRIC, 20.0 * PSC_MAX_METRIC))
        return PSC_ERR_RANGE;
    return PSC_OK;
}

/* Seconds until the line through the expected loads reaches the capacity; -1: it does not. */
static double ps_seconds_to(const psc_report *r, int k, double capacity)
{
    double before = r->now[k];
    int64_t since = 0;
    int p;

    if (before >= capacity) return 0.0;
    for (p = 0; p < r->points; p++) {
        const double next = r->expected[p * PSC_RESOURCES + k];
        if (next >= capacity) {
            const double share = (capacity - before) / (next - before);
            return ((double)since + share * (double)(r->horizon[p] - since)) / PS_SECOND;
        }
        before = next;
        since = r->horizon[p];
    }
    return -1.0;
}

/* Largest chance of any point that the load exceeds the capacity. */
static double ps_chance_above(const psc_report *r, int k, double capacity)
{
    const double q = psc__normal_quantile(0.5 * (1.0 + r->level));
    double most = 0.0;
    int p;

    for (p = 0; p < r->points; p++) {
        const int at = p * PSC_RESOURCES + k;
        const double d = capacity - r->expected[at];
        const double half = d > 0.0 ? r->upper[at] - r->expected[at] : r->expected[at] - r->lower[at];
        const double chance = half > fabs(d) * 1e-3 ? psc__normal_cdf(-d * q / half) : d > 0.0 ? 0.0 : 1.0;
        if (chance > most) most = chance;
    }
    return most;
}

static int ps_bottleneck_before(const psc_bottleneck *a, const psc_bottleneck *b)
{
    if (a->seconds >= 0.0 && b->seconds >= 0.0 && (a->seconds < b->seconds || a->seconds > b->seconds))
        return a->seconds < b->seconds;
    if ((a->seconds >= 0.0) != (b->seconds >= 0.0)) return a->seconds >= 0.0;
    return a->probability > b->probability;
}

psc_status psc_report_bottlenecks(const psc_report *report, psc_bottleneck *out, size_t capacity, size_t *count)
{
    psc_status status = psc_report_check(report);
    psc_bottleneck found[PSC_RESOURCES], one;
    size_t n = 0, at;
    int k, p;

    if (status != PSC_OK) return status;
    if ((!out && capacity > 0) || !count) return PSC_ERR_NULL;
    for (k = 0; k < PSC_RESOURCES; k++) {
        double most = report->now[k];
        if (psc__nan(&report->capacity[k])) continue;
        for (p = 0; p < report->points; p++)
            if (report->expected[p * PSC_RESOURCES + k] > most) most = report->expected[p * PSC_RESOURCES + k];
        one.resource = k;
        one.reserved = 0;
        one.seconds = ps_seconds_to(report, k, report->capacity[k]);
        one.probability = ps_chance_above(report, k, report->capacity[k]);
        one.use = ps_ratio(most, report->capacity[k]);
        for (at = n++; at > 0 && ps_bottleneck_before(&one, &found[at - 1]); at--) found[at] = found[at - 1];
        found[at] = one;
    }
    if (n > capacity) n = capacity;
    if (n > 0) memcpy(out, found, n * sizeof *out);
    *count = n;
    return PSC_OK;
}

/* ==== Demand ==================================================================================== */

#define PS_RATE 0.1             /* length of a gradient step; 0.05 to 0.15 do as well on the development series */
#define PS_PHASE_RATE 0.2       /* step of the table over the phase, in roots of units; 0.1 to 0.4 do as well */
#define PS_OFFSET_RATE 0.005    /* gain of the conformal offset: 200 misses move it by a typical error; 0.02 costs 2 % */
#define PS_QUIET 0.0003         /* an error of less than this share of the root teaches no weight: a constant is learned */
#define PS_WEIGHTS 1e3          /* no weight grows beyond                                            */
#define PS_UNITS 1e15           /* loads in units are cut here                                       */
#define PS_KEPT 1.2             /* keep is at most this times order: after a peak the tracker comes down late */

enum { PS_TERMS = 10, PS_SLOTS = 2 * PSC_MAX_LEAD, PS_SLOT = PS_TERMS + 2, PS_RECENT = 4 };

/* Nothing but 8-byte words; then PS_SLOTS forecasts that have not come due (target step, quantile as it was said, terms),
 * the ring of the first season (roots of units), the table over the phase and the tracker. */
struct psc_demand {
    psc_state head;
    int64_t  period1, period2, phase;
    double   unit, order, keep;
    int64_t  steps;                     /* taken, missing ones too                                   */
    int64_t  values;                    /* taken, but for the missing                                */
    int64_t  outcomes, above;
    double   fast, slow;                /* means of the load in units                                */
    double   error, offset;             /* mean |error| of the last value as a forecast; conformal part; roots */
    double   recent[PS_RECENT];         /* roots of the last loads, newest first                     */
    double   weight[PS_TERMS], square[PS_TERMS];    /* and the sums of squared gradients             */
};

#define PS_DEMAND_AT(field) (offsetof(struct psc_demand, field) / 8)

static double *ps_slot(const psc_demand *d, int64_t step)
{
    return (double *)(uintptr_t)(d + 1) + (size_t)(step % PS_SLOTS) * PS_SLOT;
}

static int64_t *ps_slot_target(double *slot) { return (int64_t *)(void *)slot; }
static double *ps_season(const psc_demand *d) { return (double *)(uintptr_t)(d + 1) + PS_SLOTS * PS_SLOT; }
static double *ps_phases(const psc_demand *d) { return ps_season(d) + d->period1; }

static psc_tracker *ps_demand_tracker(const psc_demand *d)
{
    return (psc_tracker *)(uintptr_t)(ps_phases(d) + d->phase);
}

/* Words of a demand of these numbers; 0: they are not valid. */
static size_t ps_demand_words(int64_t period1, int64_t period2, int64_t phase)
{
    const size_t tracker = ps_tracker_words(period1, period2);

    if (tracker == 0 || phase < 0 || phase > PSC_MAX_PERIOD) return 0;
    return sizeof(psc_demand) / 8 + PS_SLOTS * PS_SLOT + (size_t)period1 + (size_t)phase + tracker;
}

static int ps_demand_levels(double unit, double order, double keep)
{
    return psc__within(unit, 1e-9, PSC_MAX_VALUE) && psc__within(order, 0.5, 0.9999) && psc__within(keep, 0.5, 0.9999);
}

void psc_demand_default(psc_demand_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->unit = 1.0;
    config->order = 0.93;
    config->keep = 0.95;
}

size_t psc_demand_size(const psc_demand_config *config)
{
    if (!config || config->struct_size != sizeof *config) return 0;
    if (!ps_demand_levels(config->unit, config->order, config->keep)) return 0;
    return 8 * ps_demand_words(config->period1, config->period2, config->phase);
}

psc_status psc_demand_init(psc_demand *demand, size_t bytes, const psc_demand_config *config)
{
    psc_status status;
    int64_t i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(demand, bytes, psc_demand_size(config));
    if (status != PSC_OK) return status;

    memset(demand, 0, psc_demand_size(config));
    demand->head.kind = psc__kind(PSC_TYPE_DEMAND);
    demand->head.words = psc_demand_size(config) / 8;
    demand->period1 = config->period1;
    demand->period2 = config->period2;
    demand->phase = config->phase;
    demand->unit = config->unit;
    demand->order = config->order;
    demand->keep = config->keep;
    demand->weight[0] = 1.0;
    for (i = 0; i < PS_SLOTS; i++) *ps_slot_target(ps_slot(demand, i)) = -1;
    return ps_tracker_begin(ps_demand_tracker(demand), config->period1, config->period2);
}

/* A demand whose indices can be followed. */
static psc_status ps_demand(const psc_demand *d)
{
    const psc_status status = psc__state(d, PSC_TYPE_DEMAND);

    if (status != PSC_OK) return status;
    return d->head.words > 0 && d->head.words == ps_demand_words(d->period1, d->period2, d->phase) ? PSC_OK
                                                                                                   : PSC_ERR_STATE;
}

static double ps_mixture(const psc_demand *d, const double *term)
{
    double q = d->offset;
    int i;

    for (i = 0; i < PS_TERMS; i++) q += d->weight[i] * term[i];
    return q;
}

/* A gradient step of the pinball loss at z, the root of what came. */
static void ps_weights_learn(psc_demand *d, const double *term, double z)
{
    const double q = ps_mixture(d, term), slope = z > q ? -d->order : 1.0 - d->order;
    int i;

    if (fabs(z - q) < PS_QUIET * z) return;
    for (i = 0; i < PS_TERMS; i++) {
        const double g = slope * term[i];
        double w;
        d->square[i] += g * g;
        if (!(d->square[i] > 0.0)) continue;
        w = d->weight[i] - PS_RATE * g / sqrt(d->square[i]);
        d->weight[i] = w > PS_WEIGHTS ? PS_WEIGHTS : w < -PS_WEIGHTS ? -PS_WEIGHTS : w;
    }
}

/* What was said about this step is held against what came. */
static void ps_demand_learn(psc_demand *d, double load, double z)
{
    double *slot = ps_slot(d, d->steps), *phase;
    const double *term = slot + 2;
    double miss;

    if (*ps_slot_target(slot) != d->steps) return;
    psc__count(&d->outcomes);
    if (load > slot[1]) psc__count(&d->above);
    d->error += 0.01 * (fabs(z - term[2]) - d->error);
    ps_weights_learn(d, term, z);
    miss = load > slot[1] ? d->order : d->order - 1.0;
    d->offset += PS_OFFSET_RATE * d->error * miss;
    if (d->phase > 1) {
        phase = &ps_phases(d)[d->steps % d->phase];
        *phase += PS_PHASE_RATE * (z - term[2] > *phase ? d->order : d->order - 1.0);
        if (!(fabs(*phase) < PS_UNITS)) *phase = 0.0;
    }
}

static void ps_demand_take(psc_demand *d, double units)
{
    const double w = 1.0 / (double)(d->values + 1);
    int i;

    d->fast += (w > 0.3 ? w : 0.3) * (units - d->fast);
    d->slow += (w > 0.05 ? w : 0.05) * (units - d->slow);
    for (i = PS_RECENT - 1; i > 0; i--) d->recent[i] = d->recent[i - 1];
    d->recent[0] = sqrt(units);
    psc__count(&d->values);
}

/* Largest of the three values around one season before step `at`; the last one where there is none. */
static double ps_season_before(const psc_demand *d, int64_t at)
{
    double most = 0.0;
    int64_t i;

    if (d->period1 < 3 || at - d->period1 < 1 || at - d->period1 + 1 > d->steps) return d->recent[0];
    for (i = at - 1; i <= at + 1; i++)
        if (ps_season(d)[i % d->period1] > most) most = ps_season(d)[i % d->period1];
    return most;
}

/* The terms of the mixture for the step `at`; quantile and median of the tracker as loads. */
static void ps_terms(const psc_demand *d, int64_t at, double quantile, double median, double *term)
{
    const double *r = d->recent;
    double most = r[0], units = quantile / d->unit;
    int i;

    for (i = 1; i < PS_RECENT; i++)
        if (r[i] > most) most = r[i];
    term[0] = sqrt(units < 0.0 ? 0.0 : units < PS_UNITS ? units : PS_UNITS);
    units = median / d->unit;
    term[1] = sqrt(units < 0.0 ? 0.0 : units < PS_UNITS ? units : PS_UNITS);
    term[2] = r[0];
    term[3] = most;
    term[4] = sqrt(d->fast);
    term[5] = sqrt(d->slow);
    term[6] = ps_season_before(d, at);
    term[7] = fabs(r[0] - term[4]);
    term[8] = 1.0;
    term[9] = d->phase > 1 ? ps_phases(d)[at % d->phase] : 0.0;
}

/* What the tracker says of the steps up to the lead, into a slot and into now. */
static psc_status ps_demand_say(psc_demand *d, int32_t lead, psc_demand_now *now)
{
    double level[2], point[PSC_MAX_LEAD], quantile[2 * PSC_MAX_LEAD], q, keep = 0.0;
    const int64_t at = d->steps - 1 + lead;
    double *slot = ps_slot(d, at);
    psc_status status;
    int i;

    level[0] = d->order;
    level[1] = d->keep;
    status = psc_tracker_predict(ps_demand_tracker(d), (size_t)lead, level, 2, point, quantile);
    if (status != PSC_OK) return status;
    ps_terms(d, at, quantile[2 * lead - 2], point[lead - 1], slot + 2);
    q = ps_mixture(d, slot + 2);
    q = q > 0.0 ? q * q * d->unit : 0.0;
    if (q > PSC_MAX_VALUE) q = PSC_MAX_VALUE;
    *ps_slot_target(slot) = at;
    slot[1] = q;
    for (i = 0; i < lead; i++)
        if (quantile[2 * i + 1] > keep) keep = quantile[2 * i + 1];
    if (keep > PS_KEPT * q + d->unit) keep = PS_KEPT * q + d->unit;
    now->expected = point[lead - 1] < 0.0 ? 0.0 : point[lead - 1];
    now->order = q;
    now->keep = keep > q ? keep : q;
    now->outcomes = d->outcomes;
    now->violated = d->outcomes > 0 ? (double)d->above / (double)d->outcomes : 0.0;
    return PSC_OK;
}

psc_status psc_demand_observe(psc_demand *demand, double load, int32_t lead, psc_demand_now *now)
{
    psc_status status = ps_demand(demand);
    const int missing = psc__nan(&load);
    double units;

    if (status != PSC_OK) return status;
    if (!now) return PSC_ERR_NULL;
    if (!missing && !psc__finite(&load)) return PSC_ERR_NONFINITE;
    if (lead < 1 || lead > PSC_MAX_LEAD || (!missing && !psc__within(load, 0.0, PSC_MAX_VALUE))) return PSC_ERR_RANGE;

    if (!missing) {
        units = load / demand->unit < PS_UNITS ? load / demand->unit : PS_UNITS;
        ps_demand_learn(demand, load, sqrt(units));
        ps_demand_take(demand, units);
    }
    if (demand->period1 > 0 && (!missing || demand->steps < demand->period1))
        ps_season(demand)[demand->steps % demand->period1] = demand->recent[0];
    (void)psc_tracker_observe(ps_demand_tracker(demand), load);
    psc__count(&demand->steps);
    return ps_demand_say(demand, lead, now);
}

static int ps_slots_valid(const psc__image *image, size_t at)
{
    const double root = 3.2e7;      /* above the root of PS_UNITS */
    int64_t i;

    for (i = 0; i < PS_SLOTS; i++, at += PS_SLOT) {
        const int64_t target = psc__integer(image, at);
        if (target < -1 || target > PSC__COUNTS + PSC_MAX_LEAD || (target >= 0 && target % PS_SLOTS != i)) return 0;
        if (!psc__real_in(image, at + 1, 0.0, PSC_MAX_VALUE) || !ps_reals_in(image, at + 2, PS_TERMS - 1, 0.0, root)
            || !psc__real_in(image, at + 1 + PS_TERMS, -PS_UNITS, PS_UNITS))
            return 0;
    }
    return 1;
}

static int ps_demand_valid(const psc__image *image)
{
    const size_t front = sizeof(psc_demand) / 8;
    int64_t period1, period2, phase, steps, values, outcomes, above;
    size_t at, words;

    if (image->words < front) return 0;
    period1 = psc__integer(image, PS_DEMAND_AT(period1));
    period2 = psc__integer(image, PS_DEMAND_AT(period2));
    phase = psc__integer(image, PS_DEMAND_AT(phase));
    words = ps_demand_words(period1, period2, phase);
    if (words == 0 || words != image->words
        || !ps_demand_levels(psc__real(image, PS_DEMAND_AT(unit)), psc__real(image, PS_DEMAND_AT(order)),
                             psc__real(image, PS_DEMAND_AT(keep))))
        return 0;
    steps = psc__integer(image, PS_DEMAND_AT(steps));
    values = psc__integer(image, PS_DEMAND_AT(values));
    outcomes = psc__integer(image, PS_DEMAND_AT(outcomes));
    above = psc__integer(image, PS_DEMAND_AT(above));
    if (steps < 0 || steps > PSC__COUNTS || values < 0 || values > steps || outcomes < 0 || outcomes > values || above < 0
        || above > outcomes)
        return 0;
    if (!ps_reals_in(image, PS_DEMAND_AT(fast), 2, 0.0, PS_UNITS) || !psc__real_in(image, PS_DEMAND_AT(error), 0.0, PS_UNITS)
        || !psc__real_in(image, PS_DEMAND_AT(offset), -1e30, 1e30)
        || !ps_reals_in(image, PS_DEMAND_AT(recent), PS_RECENT, 0.0, 3.2e7)
        || !ps_reals_in(image, PS_DEMAND_AT(weight), PS_TERMS, -PS_WEIGHTS, PS_WEIGHTS)
        || !ps_reals_in(image, PS_DEMAND_AT(square), PS_TERMS, 0.0, 1e60))
        return 0;
    at = front + PS_SLOTS * PS_SLOT;
    return ps_slots_valid(image, front) && ps_reals_in(image, at, (size_t)period1, 0.0, 3.2e7)
           && ps_reals_in(image, at + (size_t)period1, (size_t)phase, -PS_UNITS, PS_UNITS)
           && ps_tracker_within(image, at + (size_t)period1 + (size_t)phase, period1, period2);
}

/* ==== Scaler ==================================================================================== */

#define PS_MOST_UNITS INT64_C(2147483648)
#define PS_USUAL (1.0 / 20.0)       /* gain of what a producer usually reports, and of its errors    */
#define PS_SPARE 1.5                /* price of a unit too many: the header says why                 */

/* What is known of a producer. sd: of each point and resource. usual, variance: of `now`, and of the error of the
 * producer's own forecast; error: the newest one, until a step has taken it. */
typedef struct ps_heard {
    int64_t  reports;               /* taken; 0: never heard                                         */
    uint64_t epoch, sequence;
    int64_t  at;                    /* received, the scaler's clock                                  */
    int64_t  points, fresh;         /* fresh: error is of a report since the last step               */
    int64_t  horizon[PSC_REPORT_POINTS];
    double   confidence;
    double   now[PSC_RESOURCES], capacity[PSC_RESOURCES];
    double   expected[PSC_REPORT_POINTS * PSC_RESOURCES], sd[PSC_REPORT_POINTS * PSC_RESOURCES];
    double   usual[PSC_RESOURCES], variance[PSC_RESOURCES], error[PSC_RESOURCES];
} ps_heard;

/* Nothing but 8-byte words; then the producers and a demand for each resource that limits. */
struct psc_scaler {
    psc_state head;
    int64_t  producers, step, boot, out_cooldown, in_cooldown, starts_window, max_starts, min_units, max_units, stale,
             forget, period1, period2, phase;
    double   miss_price, jump, unit[PSC_RESOURCES];
    int64_t  heard;                 /* producers ever heard                                          */
    double   usual[PSC_RESOURCES];  /* sums over them                                                */
    double   joint[PSC_RESOURCES], apart[PSC_RESOURCES];    /* means of sum_{i != j} e_i e_j and of s_i s_j */
    int64_t  steps;
    int64_t  acted_out, acted_in;   /* 1: there was an order (a release), at:                        */
    int64_t  out_at, in_at;
    double   starts;                /* left in the budget                                            */
    int64_t  starts_at;
    int64_t  boots;
    double   boot_mean, boot_high;  /* ns                                                            */
};

#define PS_SCALER_AT(field) (offsetof(struct psc_scaler, field) / 8)
#define PS_HEARD_AT(field) (offsetof(ps_heard, field) / 8)

static ps_heard *ps_heard_of(const psc_scaler *s, int64_t i)
{
    return (ps_heard *)(uintptr_t)(s + 1) + i;
}

static size_t ps_limits(const double *unit)
{
    size_t n = 0;
    int k;

    for (k = 0; k < PSC_RESOURCES; k++) n += unit[k] > 0.0;
    return n;
}

/* The i-th demand. */
static psc_demand *ps_scaler_demand(const psc_scaler *s, size_t i)
{
    return (psc_demand *)((uintptr_t)ps_heard_of(s, s->producers)
                          + i * ps_demand_words(s->period1, s->period2, s->phase) * 8);
}

/* The numbers that a configuration and a saved state have in common, as a state holds them. */
static int ps_scaler_parameters(const psc_scaler *s)
{
    int k;

    if (s->producers < 0 || s->producers > 65536 || s->step < PS_MILLISECOND || s->step > PS_DAY || s->boot < 0
        || s->boot > 31 * s->step || s->out_cooldown < 0 || s->out_cooldown > PS_DAY || s->in_cooldown < 0
        || s->in_cooldown > PS_DAY || s->starts_window < PS_MILLISECOND || s->starts_window > 30 * PS_DAY)
        return 0;
    if (s->max_starts < 1 || s->max_starts > PS_MOST_UNITS || s->min_units < 0 || s->max_units < 1
        || s->min_units > s->max_units || s->max_units > PS_MOST_UNITS || s->stale < 0 || s->forget < s->stale
        || s->forget > PS_TIMES || !psc__within(s->miss_price, 1.0, 1000.0) || !psc__within(s->jump, 1.0, 1e6))
        return 0;
    for (k = 0; k < PSC_RESOURCES; k++)
        if (!psc__within(s->unit[k], 0.0, PSC_MAX_VALUE) || (s->unit[k] > 0.0 && s->unit[k] < 1e-9)) return 0;
    return ps_limits(s->unit) > 0 && ps_demand_words(s->period1, s->period2, s->phase) > 0;
}

static void ps_scaler_numbers(psc_scaler *s, const psc_scaler_config *c)
{
    memset(s, 0, sizeof *s);
    s->producers = c->producers;
    s->step = c->step_ns;
    s->boot = c->boot_ns;
    s->out_cooldown = c->out_cooldown_ns;
    s->in_cooldown = c->in_cooldown_ns;
    s->starts_window = c->starts_ns;
    s->max_starts = c->max_starts;
    s->min_units = c->min_units;
    s->max_units = c->max_units;
    s->stale = c->stale_ns;
    s->forget = c->forget_ns;
    s->miss_price = c->miss_price;
    s->jump = c->jump;
    memcpy(s->unit, c->unit, sizeof s->unit);
    s->period1 = c->period1;
    s->period2 = c->period2;
    s->phase = c->phase;
    s->starts = (double)c->max_starts;
}

static uint64_t ps_scaler_words(const psc_scaler *s)
{
    return (sizeof(psc_scaler) + (size_t)s->producers * sizeof(ps_heard)) / 8
           + ps_limits(s->unit) * ps_demand_words(s->period1, s->period2, s->phase);
}

/* The levels of the header. */
static void ps_scaler_levels(const psc_scaler *s, psc_demand_config *c, double unit)
{
    psc_demand_default(c);
    c->order = s->miss_price / (s->miss_price + PS_SPARE);
    if (c->order < 0.5) c->order = 0.5;
    c->keep = s->miss_price / (s->miss_price + 1.0);
    c->period1 = (int32_t)s->period1;
    c->period2 = (int32_t)s->period2;
    c->phase = (int32_t)s->phase;
    c->unit = unit;
}

void psc_scaler_default(psc_scaler_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->step_ns = INT64_C(60000000000);
    config->boot_ns = 5 * config->step_ns;
    config->starts_ns = 60 * config->step_ns;
    config->max_starts = config->max_units = PS_MOST_UNITS;
    config->min_units = 1;
    config->stale_ns = 3 * config->step_ns;
    config->forget_ns = 60 * config->step_ns;
    config->miss_price = 20.0;
    config->jump = 8.0;
    config->unit[PSC_RESOURCE_REQUESTS] = 1.0;
}

size_t psc_scaler_size(const psc_scaler_config *config)
{
    psc_scaler s;

    if (!config || config->struct_size != sizeof *config) return 0;
    ps_scaler_numbers(&s, config);
    return ps_scaler_parameters(&s) ? 8 * (size_t)ps_scaler_words(&s) : 0;
}

psc_status psc_scaler_init(psc_scaler *scaler, size_t bytes, const psc_scaler_config *config)
{
    psc_demand_config demand;
    psc_status status;
    size_t i = 0;
    int k;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(scaler, bytes, psc_scaler_size(config));
    if (status != PSC_OK) return status;

    memset(scaler, 0, psc_scaler_size(config));
    ps_scaler_numbers(scaler, config);
    scaler->head.kind = psc__kind(PSC_TYPE_SCALER);
    scaler->head.words = psc_scaler_size(config) / 8;
    for (k = 0; k < PSC_RESOURCES && status == PSC_OK; k++) {
        if (scaler->unit[k] <= 0.0) continue;
        ps_scaler_levels(scaler, &demand, scaler->unit[k]);
        status = psc_demand_init(ps_scaler_demand(scaler, i++), psc_demand_size(&demand), &demand);
    }
    return status;
}

/* A scaler whose indices can be followed. */
static psc_status ps_scaler(const psc_scaler *s)
{
    const psc_status status = psc__state(s, PSC_TYPE_SCALER);

    if (status != PSC_OK) return status;
    return ps_scaler_parameters(s) && s->head.words == ps_scaler_words(s) ? PSC_OK : PSC_ERR_STATE;
}

/* Value of a path at `ahead` ns, on the lines from now through its points; after the last as that. */
static double ps_path_at(const ps_heard *h, const double *value, double now, int k, int64_t ahead)
{
    double before = now;
    int64_t since = 0;
    int64_t p;

    for (p = 0; p < h->points; p++) {
        const double next = value[p * PSC_RESOURCES + k];
        if (ahead < h->horizon[p])
            return before + (next - before) * ((double)(ahead - since) / (double)(h->horizon[p] - since));
        before = next;
        since = h->horizon[p];
    }
    return before;
}

static psc_status ps_report_order(const ps_heard *h, const psc_report *r)
{
    if (h->reports == 0 || r->epoch > h->epoch) return PSC_OK;
    if (r->epoch < h->epoch || r->sequence < h->sequence) return PSC_ERR_STALE;
    return r->sequence == h->sequence ? PSC_ERR_REPEAT : PSC_OK;
}

/* Up to how much of a resource this producer is believed: not at all bounded while nobody has reported any. */
static double ps_believed(const psc_scaler *s, const ps_heard *h, int k)
{
    const double fleet = s->heard > 0 ? s->usual[k] / (double)s->heard : 0.0;
    const double base = h->usual[k] > fleet ? h->usual[k] : fleet;

    return base > 0.0 && s->jump * base < PSC_MAX_METRIC ? s->jump * base : PSC_MAX_METRIC;
}

static double ps_least(double a, double b) { return a < b ? a : b; }

/* One resource of a report, cut to what is believed. before: the path of the report before this, to its age. */
static void ps_hear(psc_scaler *s, ps_heard *h, const psc_report *r, int k, double before)
{
    const double most = ps_believed(s, h, k), normal = psc__normal_quantile(0.5 * (1.0 + r->level));
    const double now = ps_least(r->now[k], most), old = h->usual[k];
    int p;

    if (h->reports > 0) {
        h->error[k] = now - before;
        h->variance[k] += PS_USUAL * (h->error[k] * h->error[k] - h->variance[k]);
    }
    h->usual[k] = h->reports > 0 ? old + PS_USUAL * (now - old) : now;
    s->usual[k] += h->usual[k] - old;
    if (s->usual[k] < 0.0) s->usual[k] = 0.0;
    h->now[k] = now;
    h->capacity[k] = r->capacity[k];
    for (p = 0; p < r->points; p++) {
        const int at = p * PSC_RESOURCES + k;
        const double width = ps_least(r->upper[at], most) - ps_least(r->lower[at], most);
        h->expected[at] = ps_least(r->expected[at], most);
        h->sd[at] = normal > 1e-3 ? ps_least(0.5 * width / normal, most) : most;
    }
}

psc_status psc_scaler_report(psc_scaler *scaler, const psc_report *report, int64_t received_at)
{
    psc_status status = ps_scaler(scaler);
    double before[PSC_RESOURCES];
    ps_heard *h;
    int k;

    if (status != PSC_OK) return status;
    status = psc_report_check(report);
    if (status != PSC_OK) return status;
    if (report->producer >= scaler->producers || received_at < 0 || received_at > PS_TIMES) return PSC_ERR_RANGE;
    h = ps_heard_of(scaler, report->producer);
    status = ps_report_order(h, report);
    if (status != PSC_OK) return status;

    for (k = 0; k < PSC_RESOURCES; k++)
        before[k] = ps_path_at(h, h->expected, h->now[k], k, (int64_t)ps_elapsed(h->at, received_at));
    for (k = 0; k < PSC_RESOURCES; k++) ps_hear(scaler, h, report, k, before[k]);
    if (h->reports == 0) psc__count(&scaler->heard);
    h->fresh = h->reports > 0;
    psc__count(&h->reports);
    h->epoch = report->epoch;
    h->sequence = report->sequence;
    h->at = received_at;
    h->points = report->points;
    memcpy(h->horizon, report->horizon, sizeof h->horizon);
    h->confidence = report->confidence;
    return PSC_OK;
}

psc_status psc_scaler_booted(psc_scaler *scaler, int64_t boot_ns)
{
    psc_status status = ps_scaler(scaler);
    double x, w;

    if (status != PSC_OK) return status;
    if (boot_ns < 0) return PSC_ERR_RANGE;
    x = ps_least((double)boot_ns, 31.0 * (double)scaler->step);
    psc__count(&scaler->boots);
    w = 1.0 / (double)scaler->boots;
    scaler->boot_mean += (w > PS_USUAL ? w : PS_USUAL) * (x - scaler->boot_mean);
    if (scaler->boots <= 3) {
        if (x > scaler->boot_high) scaler->boot_high = x;
        return PSC_OK;
    }
    scaler->boot_high += 0.05 * (scaler->boot_mean + scaler->boot_high) * (x > scaler->boot_high ? 0.9 : -0.1);
    if (scaler->boot_high > 31.0 * (double)scaler->step) scaler->boot_high = 31.0 * (double)scaler->step;
    if (scaler->boot_high < 0.0) scaler->boot_high = 0.0;
    return PSC_OK;
}

/* Steps until a unit that is ordered now serves, and one for the step itself. */
static int32_t ps_lead(const psc_scaler *s)
{
    const double boot = s->boots >= 3 ? s->boot_high : (double)s->boot, steps = boot / (double)s->step;
    const double whole = floor(steps);
    const int32_t lead = (int32_t)(whole < steps ? whole + 1.0 : whole) + 1;

    return lead < PSC_MAX_LEAD ? lead : PSC_MAX_LEAD;
}

/* Correlation of the producers' errors in one resource. */
static double ps_rho(const psc_scaler *s, int k)
{
    if (!(s->apart[k] > 0.0) || s->joint[k] <= 0.0) return 0.0;
    return s->joint[k] < s->apart[k] ? s->joint[k] / s->apart[k] : 1.0;
}

/* The errors since the last step into the means that rho is made of; and the sums of what is usual anew, exactly. */
static void ps_rho_learn(psc_scaler *s)
{
    double sum, squares, width, widths;
    int64_t i, n;
    int k;

    for (k = 0; k < PSC_RESOURCES; k++) {
        sum = squares = width = widths = s->usual[k] = 0.0;
        for (i = n = 0; i < s->producers; i++) {
            const ps_heard *h = ps_heard_of(s, i);
            s->usual[k] += h->usual[k];
            if (h->fresh == 0) continue;
            n++;
            sum += h->error[k];
            squares += h->error[k] * h->error[k];
            width += sqrt(h->variance[k]);
            widths += h->variance[k];
        }
        if (n < 2) continue;
        s->joint[k] += PS_USUAL * (sum * sum - squares - s->joint[k]);
        s->apart[k] += PS_USUAL * ((width * width > widths ? width * width - widths : 0.0) - s->apart[k]);
    }
    for (i = 0; i < s->producers; i++) ps_heard_of(s, i)->fresh = 0;
}

/* Whether a producer still counts. */
static int ps_counts(const psc_scaler *s, const ps_heard *h, int64_t now)
{
    return h->reports > 0 && ps_elapsed(h->at, now) <= (uint64_t)s->forget;
}

/* Sums over the producers that count: one resource at one horizon; horizon 0: now. */
typedef struct ps_sum {
    double mean, sd, square;
} ps_sum;

static void ps_add(const psc_scaler *s, int64_t now, int64_t ahead, int k, ps_sum *sum)
{
    int64_t i;

    sum->mean = sum->sd = sum->square = 0.0;
    for (i = 0; i < s->producers; i++) {
        const ps_heard *h = ps_heard_of(s, i);
        int64_t age;
        double sd;
        if (!ps_counts(s, h, now)) continue;
        age = (int64_t)ps_elapsed(h->at, now);
        sd = ps_path_at(h, h->sd, 0.0, k, age + ahead);
        if (age > s->stale) sd *= sqrt(1.0 + (double)age / (double)(s->stale > 0 ? s->stale : 1));
        sum->mean += ps_path_at(h, h->expected, h->now[k], k, age + ahead);
        sum->sd += sd;
        sum->square += sd * sd;
    }
}

/* Median, and half of the interval, of the total, the missing producers made up for. */
static void ps_total_at(const psc_scaler *s, int64_t now, int64_t ahead, int k, double counted, double normal,
                        double *mean, double *half)
{
    const double rho = ps_rho(s, k), lost = (double)s->producers - counted;
    ps_sum sum;

    ps_add(s, now, ahead, k, &sum);
    if (counted > 0.0 && lost > 0.0) {
        const double each = sum.mean / counted;
        sum.mean += lost * each;
        sum.sd += lost * each / normal;
        sum.square += lost * each * each / (normal * normal);
    }
    *mean = ps_least(sum.mean, PSC_MAX_METRIC);
    *half = ps_least(normal * sqrt((1.0 - rho) * sum.square + rho * sum.sd * sum.sd), PSC_MAX_METRIC);
}

/* How many count, their capacities and confidence. */
static double ps_total_heads(const psc_scaler *s, int64_t now, double *capacity, double *confidence)
{
    double counted = 0.0;
    int64_t i;
    int k;

    for (k = 0; k < PSC_RESOURCES; k++) capacity[k] = 0.0;
    *confidence = 0.0;
    for (i = 0; i < s->producers; i++) {
        const ps_heard *h = ps_heard_of(s, i);
        if (!ps_counts(s, h, now)) continue;
        counted += 1.0;
        *confidence += ps_elapsed(h->at, now) > (uint64_t)s->stale ? 0.5 * h->confidence : h->confidence;
        for (k = 0; k < PSC_RESOURCES; k++) capacity[k] += h->capacity[k];
    }
    if (s->producers > 0) *confidence = ps_least(*confidence / (double)s->producers, 1.0);
    for (k = 0; k < PSC_RESOURCES; k++) {
        if (counted < (double)s->producers || counted <= 0.0) capacity[k] = ps_missing();
        if (capacity[k] > PSC_MAX_METRIC) capacity[k] = PSC_MAX_METRIC;
    }
    return counted;
}

/* Sums without the checks. */
static void ps_total(const psc_scaler *s, int64_t now, psc_report *r)
{
    const double normal = psc__normal_quantile(0.5 * (1.0 + r->level)), 
                 counted = ps_total_heads(s, now, r->capacity, &r->confidence);
    double half;
    int k, p;

    for (k = 0; k < PSC_RESOURCES; k++) {
        ps_total_at(s, now, 0, k, counted, normal, &r->now[k], &half);
        for (p = 0; p < r->points; p++) {
            const int at = p * PSC_RESOURCES + k;
            double mean;
            ps_total_at(s, now, r->horizon[p], k, counted, normal, &mean, &half);
            r->expected[at] = mean;
            r->lower[at] = mean > half ? mean - half : 0.0;
            r->upper[at] = ps_least(mean + half, PSC_MAX_METRIC);
        }
    }
    r->producer = 0;
    r->made_at = now;
    r->advice = PSC_ADVICE_NONE;
    r->advice_resource = 0;
    r->advice_share = r->advice_amount = 0.0;
}

psc_status psc_scaler_total(const psc_scaler *scaler, int64_t now, psc_report *out)
{
    psc_status status = ps_scaler(scaler);

    if (status != PSC_OK) return status;
    if (!out) return PSC_ERR_NULL;
    status = ps_report_asked(out);
    if (status != PSC_OK) return status;
    if (now < 0 || now > PS_TIMES || out->level < 1e-6) return PSC_ERR_RANGE;
    ps_total(scaler, now, out);
    return PSC_OK;
}

static int64_t ps_units(double load, double unit)
{
    const double n = load / unit, whole = floor(n);

    if (!(n < (double)PS_MOST_UNITS)) return PS_MOST_UNITS;
    return (int64_t)whole + (n > whole);
}

/* Units to order and to keep by the resource that needs most. load[k] NaN: missing. */
static psc_status ps_scaler_needs(psc_scaler *s, const double *load, const double *floor_, psc_decision *d, int64_t *order,
                                  int64_t *keep)
{
    const double margin = d->confidence > 0.25 ? d->confidence : 0.25;
    psc_demand_now now;
    psc_status status = PSC_OK;
    size_t i = 0;
    int k;

    *order = *keep = -1;
    for (k = 0; k < PSC_RESOURCES; k++) {
        double want;
        int64_t n;
        if (s->unit[k] <= 0.0) continue;
        status = psc_demand_observe(ps_scaler_demand(s, i++), load[k], d->lead, &now);
        if (status != PSC_OK) return status;
        want = now.order > now.expected ? now.expected + (now.order - now.expected) / margin : now.order;
        if (want < floor_[k]) want = floor_[k];
        if (now.keep < want) now.keep = want;
        n = ps_units(now.keep, s->unit[k]);
        if (n > *keep) *keep = n;
        n = ps_units(want, s->unit[k]);
        if (n <= *order) continue;
        *order = n;
        d->resource = k;
        d->expected = now.expected;
        d->upper = want;
        d->violated = now.violated;
    }
    return status;
}

/* Starts that the budget still has at `now`. */
static int64_t ps_starts_left(psc_scaler *s, int64_t now)
{
    const double filled = (double)ps_elapsed(s->starts_at, now) / (double)s->starts_window * (double)s->max_starts;

    s->starts = ps_least(s->starts + filled, (double)s->max_starts);
    if (now > s->starts_at) s->starts_at = now;
    return (int64_t)floor(s->starts + 1e-9);
}

static int ps_cooling(int64_t acted, int64_t at, int64_t now, int64_t cooldown)
{
    return acted != 0 && ps_elapsed(at, now) < (uint64_t)cooldown;
}

/* From what is needed to what may be done: cool-downs, the budget, the bounds. */
static void ps_scaler_decide(psc_scaler *s, int64_t now, int64_t have, int64_t order, int64_t keep, psc_decision *d)
{
    const int64_t left = ps_starts_left(s, now);
    int64_t units = order > have ? order : keep < have ? keep : have;

    d->reason = units > have ? PSC_SCALE_OUT : units < have ? PSC_SCALE_IN : PSC_SCALE_HOLD;
    if ((units > have && ps_cooling(s->acted_out, s->out_at, now, s->out_cooldown))
        || (units < have && (ps_cooling(s->acted_out, s->out_at, now, s->in_cooldown)
                             || ps_cooling(s->acted_in, s->in_at, now, s->in_cooldown)))) {
        units = have;
        d->reason = PSC_SCALE_COOLDOWN;
    }
    if (units > have && units - have > left) {
        units = have + left;
        d->reason = PSC_SCALE_BUDGET;
    }
    if (units < s->min_units || units > s->max_units) {
        units = units < s->min_units ? s->min_units : s->max_units;
        d->reason = PSC_SCALE_BOUND;
    }
    if (units > have) {
        s->acted_out = 1;
        s->out_at = now;
        s->starts = (double)(units - have) < s->starts ? s->starts - (double)(units - have) : 0.0;
    }
    if (units < have) {
        s->acted_in = 1;
        s->in_at = now;
    }
    d->units = units;
    d->change = units - have;
}

/* Loads of this step, and the floors of the forecasts, from the reports. */
static void ps_scaler_from_reports(psc_scaler *s, int64_t now, double *load, double *floor_, psc_decision *d)
{
    double capacity[PSC_RESOURCES], counted, half;
    int k;

    ps_rho_learn(s);
    counted = ps_total_heads(s, now, capacity, &d->confidence);
    for (k = 0; k < PSC_RESOURCES; k++) {
        load[k] = ps_missing();
        if (s->unit[k] <= 0.0 || counted <= 0.0) continue;
        ps_total_at(s, now, 0, k, counted, 1.0, &load[k], &half);
        ps_total_at(s, now, d->lead * s->step, k, counted, 1.0, &floor_[k], &half);
    }
}

psc_status psc_scaler_step(psc_scaler *scaler, int64_t now, const double *load, int64_t active, int64_t pending,
                           psc_decision *decision)
{
    psc_status status = ps_scaler(scaler);
    double taken[PSC_RESOURCES], floor_[PSC_RESOURCES] = {0.0, 0.0, 0.0, 0.0};
    psc_decision d;
    int64_t order, keep;
    int k;

    if (status != PSC_OK) return status;
    if (!decision) return PSC_ERR_NULL;
    if (now < 0 || now > PS_TIMES || active < 0 || active > PS_MOST_UNITS || pending < 0 || pending > PS_MOST_UNITS)
        return PSC_ERR_RANGE;
    for (k = 0; load && k < PSC_RESOURCES; k++) {
        taken[k] = load[k];
        if (scaler->unit[k] <= 0.0 || psc__nan(&load[k])) continue;
        if (!psc__finite(&load[k])) return PSC_ERR_NONFINITE;
        if (!psc__within(load[k], 0.0, PSC_MAX_VALUE)) return PSC_ERR_RANGE;
    }
    memset(&d, 0, sizeof d);
    d.lead = ps_lead(scaler);
    d.confidence = 1.0;
    if (!load) ps_scaler_from_reports(scaler, now, taken, floor_, &d);
    status = ps_scaler_needs(scaler, taken, floor_, &d, &order, &keep);
    if (status != PSC_OK) return status;
    d.rho = ps_rho(scaler, d.resource);
    ps_scaler_decide(scaler, now, active + pending, order, keep, &d);
    d.vertical_units = active + pending;
    if (order > d.vertical_units && d.vertical_units > 0)
        d.vertical = (double)order / (double)d.vertical_units - 1.0;
    psc__count(&scaler->steps);
    *decision = d;
    return PSC_OK;
}

static int ps_heard_valid(const psc__image *image, size_t at)
{
    const int64_t reports = psc__integer(image, at + PS_HEARD_AT(reports)), when = psc__integer(image, at + PS_HEARD_AT(at));
    const int64_t points = psc__integer(image, at + PS_HEARD_AT(points)), fresh = psc__integer(image, at + PS_HEARD_AT(fresh));
    const double most = PSC_MAX_METRIC;
    int64_t before = 0;
    size_t p;

    if (reports < 0 || reports > PSC__COUNTS || when < 0 || when > PS_TIMES || points < 0 || points > PSC_REPORT_POINTS
        || (reports > 0 && points == 0) || fresh < 0 || fresh > 1
        || !psc__real_in(image, at + PS_HEARD_AT(confidence), 0.0, 1.0))
        return 0;
    for (p = 0; p < (size_t)points; p++) {
        const int64_t horizon = psc__integer(image, at + PS_HEARD_AT(horizon) + p);
        if (horizon <= before || horizon > PS_TIMES) return 0;
        before = horizon;
    }
    for (p = 0; p < PSC_RESOURCES; p++) {
        const double capacity = psc__real(image, at + PS_HEARD_AT(capacity) + p);
        if (!ps_cost_possible(capacity)) return 0;
    }
    return ps_reals_in(image, at + PS_HEARD_AT(now), PSC_RESOURCES, 0.0, most)
           && ps_reals_in(image, at + PS_HEARD_AT(expected), 2 * PSC_REPORT_POINTS * PSC_RESOURCES, 0.0, most)
           && ps_reals_in(image, at + PS_HEARD_AT(usual), PSC_RESOURCES, 0.0, most)
           && ps_reals_in(image, at + PS_HEARD_AT(variance), PSC_RESOURCES, 0.0, most * most)
           && ps_reals_in(image, at + PS_HEARD_AT(error), PSC_RESOURCES, -most, most);
}

static int ps_scaler_counts_valid(const psc__image *image, const psc_scaler *s)
{
    const double pairs = 65536.0 * 65536.0 * PSC_MAX_METRIC * PSC_MAX_METRIC, longest = 31.0 * (double)s->step;

    return s->heard >= 0 && s->heard <= s->producers && s->steps >= 0 && s->steps <= PSC__COUNTS && s->boots >= 0
           && s->boots <= PSC__COUNTS && psc__within(s->boot_mean, 0.0, longest) && psc__within(s->boot_high, 0.0, longest)
           && ps_reals_in(image, PS_SCALER_AT(usual), PSC_RESOURCES, 0.0, 65537.0 * PSC_MAX_METRIC)
           && ps_reals_in(image, PS_SCALER_AT(joint), PSC_RESOURCES, -pairs, pairs)
           && ps_reals_in(image, PS_SCALER_AT(apart), PSC_RESOURCES, 0.0, pairs);
}

/* When it acted, and what is left of the budget. */
static int ps_scaler_times_valid(const psc_scaler *s)
{
    return s->acted_out >= 0 && s->acted_out <= 1 && s->acted_in >= 0 && s->acted_in <= 1 && s->out_at >= 0
           && s->out_at <= PS_TIMES && s->in_at >= 0 && s->in_at <= PS_TIMES && s->starts_at >= 0
           && s->starts_at <= PS_TIMES && psc__within(s->starts, 0.0, (double)s->max_starts);
}

/* A demand within an image, with the numbers of its scaler. */
static int ps_demand_within(const psc__image *image, size_t at, const psc_scaler *s)
{
    psc__image part;

    part.bytes = image->bytes + 8 * at;
    part.words = ps_demand_words(s->period1, s->period2, s->phase);
    return psc__word(&part, 0) == psc__kind(PSC_TYPE_DEMAND) && psc__word(&part, 1) == part.words && ps_demand_valid(&part)
           && psc__integer(&part, PS_DEMAND_AT(period1)) == s->period1
           && psc__integer(&part, PS_DEMAND_AT(phase)) == s->phase;
}

static int ps_scaler_valid(const psc__image *image)
{
    psc_scaler s;
    uint64_t word;
    size_t i, at = sizeof(psc_scaler) / 8;

    if (image->words < at) return 0;
    for (i = 0; i < at; i++) {
        word = psc__word(image, i);
        memcpy((unsigned char *)&s + 8 * i, &word, 8);
    }
    if (!ps_scaler_parameters(&s) || ps_scaler_words(&s) != image->words || !ps_scaler_counts_valid(image, &s)
        || !ps_scaler_times_valid(&s))
        return 0;
    for (i = 0; i < (size_t)s.producers; i++, at += sizeof(ps_heard) / 8)
        if (!ps_heard_valid(image, at)) return 0;
    for (i = 0; i < ps_limits(s.unit); i++, at += ps_demand_words(s.period1, s.period2, s.phase))
        if (!ps_demand_within(image, at, &s)) return 0;
    return 1;
}

/* ==== JSON ====================================================================================== */

#define PS_WORDS 54             /* of 32 bits: 10^31 shifted by 64 + 4 * 400 bits, the largest that reading makes */
#define PS_LONGEST 32           /* characters of a number; 17 digits, signs, point and exponent are 24  */
#define PS_ENOUGH 4096          /* no writer needs more: a report has 59 numbers of at most 25 characters */
#define PS_EXACT UINT64_C(9007199254740992)     /* 2^53: whole numbers up to it are doubles           */

static const double ps_ten[] = {
    1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22
};                              /* 10^22 is the last power of ten that is a double                   */

/* ---- whole numbers of any length, lowest word first; lost: a part below 1 that was not 0 is gone */

typedef struct ps_big {
    uint32_t word[PS_WORDS];
    int      words, lost;
} ps_big;

static void ps_big_of(ps_big *b, uint64_t x)
{
    b->word[0] = (uint32_t)(x & 0xffffffff);
    b->word[1] = (uint32_t)(x >> 32);
    b->words = x >> 32 != 0 ? 2 : x != 0 ? 1 : 0;
    b->lost = 0;
}

static void ps_big_multiply(ps_big *b, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    int i;

    for (i = 0; i < b->words; i++) {
        carry += (uint64_t)b->word[i] * factor;
        b->word[i] = (uint32_t)(carry & 0xffffffff);
        carry >>= 32;
    }
    if (carry != 0) b->word[b->words++] = (uint32_t)carry;
}

static void ps_big_divide(ps_big *b, uint32_t divisor)
{
    uint64_t rest = 0;
    int i;

    for (i = b->words - 1; i >= 0; i--) {
        rest = rest << 32 | b->word[i];
        b->word[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (b->words > 0 && b->word[b->words - 1] == 0) b->words--;
    b->lost |= rest != 0;
}

/* Times ten to the power of n, which may be negative. */
static void ps_big_scale(ps_big *b, int n)
{
    for (; n >= 9; n -= 9) ps_big_multiply(b, 1000000000, 0);
    for (; n >= 1; n--) ps_big_multiply(b, 10, 0);
    for (; n <= -9; n += 9) ps_big_divide(b, 1000000000);
    for (; n <= -1; n++) ps_big_divide(b, 10);
}

static void ps_big_shift(ps_big *b, int n)
{
    for (; n >= 16; n -= 16) ps_big_multiply(b, 65536, 0);
    for (; n >= 1; n--) ps_big_multiply(b, 2, 0);
    for (; n <= -16; n += 16) ps_big_divide(b, 65536);
    for (; n <= -1; n++) ps_big_divide(b, 2);
}

static uint64_t ps_big_low(const ps_big *b)
{
    return (b->words > 0 ? b->word[0] : 0) | (uint64_t)(b->words > 1 ? b->word[1] : 0) << 32;
}

static int ps_big_bits(const ps_big *b)
{
    int bits = 32 * b->words;
    uint32_t top = b->words > 0 ? b->word[b->words - 1] : UINT32_MAX;

    for (; top < UINT32_C(1) << 31; top <<= 1) bits--;
    return bits;
}

static double ps_power_of_two(int n)        /* -1022..1023 */
{
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---- writing: nothing is written beyond `capacity`, but length counts on */

typedef struct ps_text {
    char  *at;
    size_t capacity, length;
} ps_text;

static void ps_write(ps_text *t, const char *from, size_t n)
{
    if (t->length <= t->capacity && n <= t->capacity - t->length) memcpy(t->at + t->length, from, n);
    t->length += n;
}

static void ps_write_string(ps_text *t, const char *from)
{
    size_t n = 0;

    while (from[n] != 0) n++;
    ps_write(t, from, n);
}

/* Decimal digits of x, into the end of a buffer of 20; returns where they begin. */
static int ps_digits(char *buffer, uint64_t x)
{
    int at = 20;

    do {
        buffer[--at] = (char)('0' + (int)(x % 10));
        x /= 10;
    } while (x > 0);
    return at;
}

static void ps_write_whole(ps_text *t, uint64_t x)
{
    char buffer[20];
    const int at = ps_digits(buffer, x);

    ps_write(t, buffer + at, (size_t)(20 - at));
}

static void ps_write_integer(ps_text *t, int64_t x)
{
    if (x < 0) ps_write(t, "-", 1);
    ps_write_whole(t, x < 0 ? (uint64_t)0 - (uint64_t)x : (uint64_t)x);
}

/* x = m / 10^places, places 0..9, as digits with a point. */
static void ps_write_places(ps_text *t, uint64_t m, int places)
{
    char buffer[32];
    int at = 32, left = places;

    while (m > 0 || left >= 0) {
        if (left == 0 && places > 0) buffer[--at] = '.';
        buffer[--at] = (char)('0' + (int)(m % 10));
        m /= 10;
        left--;
    }
    ps_write(t, buffer + at, (size_t)(32 - at));
}

/* 17 significant digits of x > 0, correctly rounded, half to even: x = digits * 10^*exponent. The last power of two of x
 * gives the power of ten within one, so that 18 to 20 digits are made, exactly, and then rounded. */
static uint64_t ps_shortened(double x, int *exponent)
{
    uint64_t bits, digits, unit = 1, rest;
    int two, ten;
    ps_big b;

    memcpy(&bits, &x, sizeof bits);
    two = (int)(bits >> 52);
    bits &= (UINT64_C(1) << 52) - 1;
    if (two > 0) bits |= UINT64_C(1) << 52;
    else two = 1;
    for (; bits < UINT64_C(1) << 52; bits <<= 1) two--;
    two -= 1075;
    ten = 17 - (int)floor((two + 52) * 0.30103);
    ps_big_of(&b, bits);
    if (ten > 0) ps_big_scale(&b, ten);
    if (two > 0) ps_big_shift(&b, two);
    if (ten < 0) ps_big_scale(&b, ten);
    if (two < 0) ps_big_shift(&b, two);
    digits = ps_big_low(&b);
    *exponent = -ten;
    while (digits / unit >= UINT64_C(100000000000000000)) {
        unit *= 10;
        *exponent += 1;
    }
    rest = digits % unit;
    digits /= unit;
    if (rest > unit - rest || (rest == unit - rest && (b.lost || digits % 2 == 1))) digits++;
    while (digits % 10 == 0) {
        digits /= 10;
        *exponent += 1;
    }
    return digits;
}

static void ps_write_scientific(ps_text *t, double x)
{
    char buffer[20];
    int exponent, at;
    const uint64_t digits = ps_shortened(x, &exponent);

    at = ps_digits(buffer, digits);
    ps_write(t, buffer + at, 1);
    if (at < 19) {
        ps_write(t, ".", 1);
        ps_write(t, buffer + at + 1, (size_t)(19 - at));
    }
    ps_write(t, "e", 1);
    ps_write_integer(t, exponent + 19 - at);
}

/* A finite number; NaN as null. */
static void ps_write_real(ps_text *t, double x)
{
    uint64_t bits;
    int places;

    if (psc__nan(&x)) {
        ps_write(t, "null", 4);
        return;
    }
    memcpy(&bits, &x, sizeof bits);
    if (bits >> 63 != 0) ps_write(t, "-", 1);
    x = fabs(x);
    for (places = 0; places <= 9 && x * ps_ten[places] < (double)PS_EXACT; places++) {
        const uint64_t m = (uint64_t)(x * ps_ten[places] + 0.5);
        const double back = (double)m / ps_ten[places];
        if (back < x || back > x) continue;
        ps_write_places(t, m, places);
        return;
    }
    ps_write_scientific(t, x);
}

static void ps_write_reals(ps_text *t, const double *x, int n, int stride)
{
    int i;

    for (i = 0; i < n; i++) {
        ps_write(t, i > 0 ? "," : "[", 1);
        ps_write_real(t, x[i * stride]);
    }
    ps_write(t, "]", 1);
}

/* A text that is known to fit is written at once; else one is counted first, so that nothing is written in vain. */
static psc_status ps_text_fits(const ps_text *t, size_t capacity)
{
    return t->length <= capacity ? PSC_OK : PSC_ERR_SPACE;
}

/* ---- reading: every function goes on from `at`; after an error, `status`, none moves any more */

typedef struct ps_reader {
    const char *at, *end;
    psc_status status;
} ps_reader;

static void ps_refuse(ps_reader *r, psc_status status)
{
    if (r->status == PSC_OK) r->status = status;
    r->at = r->end;
}

static void ps_blanks(ps_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

/* Whether the next character that is no blank is this one; then it is taken. */
static int ps_next_is(ps_reader *r, char c)
{
    ps_blanks(r);
    if (r->at >= r->end || *r->at != c) return 0;
    r->at++;
    return 1;
}

static void ps_expect(ps_reader *r, char c)
{
    if (!ps_next_is(r, c)) ps_refuse(r, PSC_ERR_FORMAT);
}

/* A string that is one of n names: its place; -1 and an error otherwise. */
static int ps_read_name(ps_reader *r, const char *const *name, int n)
{
    int i;

    ps_expect(r, '"');
    for (i = 0; i < n; i++) {
        const char *a = r->at, *b = name[i];
        while (a < r->end && *b != 0 && *a == *b) {
            a++;
            b++;
        }
        if (*b == 0 && a < r->end && *a == '"') {
            r->at = a + 1;
            return i;
        }
    }
    ps_refuse(r, PSC_ERR_FORMAT);
    return -1;
}

/* The next member of an object with n members: its place, the reader then stands at its value; -1 after the last one.
 * seen: a bit for each member so far, 0 before the first. A member twice, or missing at the end, is an error. */
static int ps_member(ps_reader *r, const char *const *name, int n, uint32_t *seen)
{
    int i;

    if (*seen != 0 && ps_next_is(r, '}')) {
        if (*seen != (UINT32_C(1) << n) - 1) ps_refuse(r, PSC_ERR_FORMAT);
        return -1;
    }
    ps_expect(r, *seen == 0 ? '{' : ',');
    i = ps_read_name(r, name, n);
    if (i < 0) return -1;
    if ((*seen >> i & 1) != 0) ps_refuse(r, PSC_ERR_FORMAT);
    *seen |= UINT32_C(1) << i;
    ps_expect(r, ':');
    return r->status == PSC_OK ? i : -1;
}

static int ps_is_digit(const ps_reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* A number as it stands in the text: digits[0..digits) * 10^exponent. */
typedef struct ps_number {
    int  negative, whole;           /* whole: neither point nor exponent                             */
    int  digits, exponent;
    char digit[PS_LONGEST];
} ps_number;

/* A run of digits, at least one; leading zeros of the number are dropped. */
static void ps_read_digits(ps_reader *r, const char *start, ps_number *x)
{
    if (!ps_is_digit(r)) ps_refuse(r, PSC_ERR_FORMAT);
    for (; ps_is_digit(r); r->at++) {
        if (r->at - start >= PS_LONGEST) {
            ps_refuse(r, PSC_ERR_FORMAT);
            return;
        }
        if (x->digits > 0 || *r->at != '0') x->digit[x->digits++] = *r->at;
    }
}

static void ps_read_exponent(ps_reader *r, ps_number *x)
{
    int value = 0, negative = 0;

    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) negative = *r->at++ == '-';
    if (!ps_is_digit(r)) ps_refuse(r, PSC_ERR_FORMAT);
    for (; ps_is_digit(r); r->at++)
        if (value < 10000) value = value * 10 + (*r->at - '0');
    x->exponent += negative ? -value : value;
}

/* The grammar of RFC 8259, section 6. */
static void ps_read_number(ps_reader *r, ps_number *x)
{
    const char *start, *part;

    x->negative = x->digits = x->exponent = 0;
    x->whole = 1;
    ps_blanks(r);
    start = r->at;
    if (r->at < r->end && *r->at == '-') {
        x->negative = 1;
        r->at++;
    }
    if (r->at < r->end && *r->at == '0') r->at++;
    else ps_read_digits(r, start, x);
    if (r->at < r->end && *r->at == '.') {
        x->whole = 0;
        part = ++r->at;
        ps_read_digits(r, start, x);
        x->exponent = -(int)(r->at - part);
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        x->whole = 0;
        r->at++;
        ps_read_exponent(r, x);
    }
    if (r->status == PSC_OK && r->at - start > PS_LONGEST) ps_refuse(r, PSC_ERR_FORMAT);
}

/* digits * 10^exponent * 2^-shift of b, correctly rounded to a double, half to even; infinite if it is too large. */
static double ps_rounded(ps_big *b, int shift)
{
    int drop = ps_big_bits(b) - 53, odd;
    uint64_t m;
    double x;

    if (drop < shift - 1074) drop = shift - 1074;           /* a subnormal has fewer bits */
    if (drop > 0) {
        ps_big_shift(b, 1 - drop);
        odd = (int)(ps_big_low(b) & 1);
        m = ps_big_low(b) >> 1;
        if (odd && (b->lost || (m & 1) != 0)) m++;
    } else {
        drop = 0;
        m = ps_big_low(b);
    }
    x = (double)m;
    drop -= shift;
    if (drop < -1000) return x * ps_power_of_two(-500) * ps_power_of_two(drop + 500);
    return drop > 971 ? PSC_MAX_VALUE * 1e300 : x * ps_power_of_two(drop);
}

/* Any number of the text: exact in one operation where digits and power of ten are doubles, else by long arithmetic. */
static double ps_number_value(const ps_number *x)
{
    uint64_t m = 0;
    ps_big b;
    int i, shift = 0;

    for (i = 0; i < x->digits && i < 19; i++) m = m * 10 + (uint64_t)(x->digit[i] - '0');
    if (m == 0 || x->digits + x->exponent < -330) return 0.0;
    if (x->digits + x->exponent > 310) return PSC_MAX_VALUE * 1e300;
    if (x->digits <= 19 && m <= PS_EXACT && x->exponent >= -22 && x->exponent <= 22)
        return x->exponent < 0 ? (double)m / ps_ten[-x->exponent] : (double)m * ps_ten[x->exponent];
    ps_big_of(&b, m);
    for (; i < x->digits; i++) ps_big_multiply(&b, 10, (uint32_t)(x->digit[i] - '0'));
    if (x->exponent < 0) {
        shift = 64 - 4 * x->exponent;                       /* at least 64 bits stay after the division */
        ps_big_shift(&b, shift);
    }
    ps_big_scale(&b, x->exponent);
    return ps_rounded(&b, shift);
}

/* A number within PSC_MAX_METRIC, or null for NaN where that may be. */
static double ps_read_real(ps_reader *r, int may_miss)
{
    ps_number x;
    double value;

    ps_blanks(r);
    if (may_miss && r->end - r->at >= 4 && memcmp(r->at, "null", 4) == 0) {
        r->at += 4;
        return ps_missing();
    }
    ps_read_number(r, &x);
    if (r->status != PSC_OK) return 0.0;
    value = ps_number_value(&x);
    if (value > 1e2 * PSC_MAX_METRIC) ps_refuse(r, PSC_ERR_FORMAT);
    return x.negative ? -value : value;
}

/* A whole number of 0..limit, or down to -limit - 1 where it may be negative: its size, and the sign. */
static uint64_t ps_read_size(ps_reader *r, uint64_t limit, int may_sink, int *negative)
{
    ps_number x;
    uint64_t m = 0;
    int i;

    ps_read_number(r, &x);
    if (r->status != PSC_OK) return 0;
    *negative = x.negative;
    if (x.negative && may_sink) limit++;
    if (!x.whole || (x.negative && !may_sink)) ps_refuse(r, PSC_ERR_FORMAT);
    for (i = 0; i < x.digits; i++) {
        const uint64_t digit = (uint64_t)(x.digit[i] - '0');
        if (m > (limit - digit) / 10) {
            ps_refuse(r, PSC_ERR_FORMAT);
            return 0;
        }
        m = m * 10 + digit;
    }
    return m;
}

static uint64_t ps_read_whole(ps_reader *r, uint64_t limit)
{
    int negative;
    return ps_read_size(r, limit, 0, &negative);
}

static int64_t ps_read_integer(ps_reader *r)
{
    int negative = 0;
    const uint64_t size = ps_read_size(r, (uint64_t)INT64_MAX, 1, &negative);

    return negative ? -(int64_t)(size - (size > 0)) - (size > 0) : (int64_t)size;
}

/* An array of 1..limit numbers: how many; value[i * stride]. */
static int ps_read_reals(ps_reader *r, double *value, int limit, int stride, int may_miss)
{
    int n = 0;

    ps_expect(r, '[');
    do {
        if (n >= limit) ps_refuse(r, PSC_ERR_FORMAT);
        if (r->status != PSC_OK) return 0;
        value[stride * n++] = ps_read_real(r, may_miss);
    } while (ps_next_is(r, ','));
    ps_expect(r, ']');
    return n;
}

static void ps_read_version(ps_reader *r)
{
    if (ps_read_whole(r, UINT64_MAX) != 1) ps_refuse(r, PSC_ERR_VERSION);
}

static psc_status ps_reader_begin(ps_reader *r, const char *text, size_t length)
{
    if (!text) return PSC_ERR_NULL;
    if (length > PSC_MAX_JSON) return PSC_ERR_SPACE;
    r->at = text;
    r->end = text + length;
    r->status = PSC_OK;
    return PSC_OK;
}

/* Nothing may follow. */
static psc_status ps_reader_end(ps_reader *r)
{
    ps_blanks(r);
    if (r->at < r->end) ps_refuse(r, PSC_ERR_FORMAT);
    return r->status;
}

/* ---- reports */

enum {
    PS_R_VERSION, PS_R_KIND, PS_R_PRODUCER, PS_R_EPOCH, PS_R_SEQUENCE, PS_R_MADE, PS_R_LEVEL, PS_R_CONFIDENCE, PS_R_HORIZON,
    PS_R_RESOURCE, PS_R_ADVICE = 13, PS_R_MEMBERS
};

static const char *const ps_report_names[] = {
    "version", "kind", "producer", "epoch", "sequence", "made_at_ns", "level", "confidence", "horizon_ns", "requests_per_s",
    "cpu_s_per_s", "memory_bytes", "network_bytes_per_s", "advice"
};
static const char *const ps_load_names[] = {"now", "capacity", "expected", "lower", "upper"};
static const char *const ps_advice_names[] = {"reason", "resource", "share", "amount"};
static const char *const ps_reasons[] = {"none", "full", "growth", "idle"};
static const char *const ps_report_kind[] = {"report"};

static void ps_report_text(ps_text *t, const psc_report *r)
{
    int i, k;

    ps_write_string(t, "{\"version\":1,\"kind\":\"report\",\"producer\":");
    ps_write_integer(t, r->producer);
    ps_write_string(t, ",\"epoch\":");
    ps_write_whole(t, r->epoch);
    ps_write_string(t, ",\"sequence\":");
    ps_write_whole(t, r->sequence);
    ps_write_string(t, ",\"made_at_ns\":");
    ps_write_integer(t, r->made_at);
    ps_write_string(t, ",\"level\":");
    ps_write_real(t, r->level);
    ps_write_string(t, ",\"confidence\":");
    ps_write_real(t, r->confidence);
    ps_write_string(t, ",\"horizon_ns\":");
    for (i = 0; i < r->points; i++) {
        ps_write(t, i > 0 ? "," : "[", 1);
        ps_write_integer(t, r->horizon[i]);
    }
    ps_write(t, "]", 1);
    for (k = 0; k < PSC_RESOURCES; k++) {
        ps_write(t, ",\"", 2);
        ps_write_string(t, ps_report_names[PS_R_RESOURCE + k]);
        ps_write_string(t, "\":{\"now\":");
        ps_write_real(t, r->now[k]);
        ps_write_string(t, ",\"capacity\":");
        ps_write_real(t, r->capacity[k]);
        ps_write_string(t, ",\"expected\":");
        ps_write_reals(t, r->expected + k, r->points, PSC_RESOURCES);
        ps_write_string(t, ",\"lower\":");
        ps_write_reals(t, r->lower + k, r->points, PSC_RESOURCES);
        ps_write_string(t, ",\"upper\":");
        ps_write_reals(t, r->upper + k, r->points, PSC_RESOURCES);
        ps_write(t, "}", 1);
    }
    ps_write_string(t, ",\"advice\":{\"reason\":\"");
    ps_write_string(t, ps_reasons[r->advice]);
    ps_write_string(t, "\",\"resource\":\"");
    ps_write_string(t, ps_report_names[PS_R_RESOURCE + r->advice_resource]);
    ps_write_string(t, "\",\"share\":");
    ps_write_real(t, r->advice_share);
    ps_write_string(t, ",\"amount\":");
    ps_write_real(t, r->advice_amount);
    ps_write(t, "}}", 2);
}

static ps_text ps_text_of(char *text, size_t capacity)
{
    ps_text t;

    t.at = text;
    t.capacity = capacity;
    t.length = 0;
    return t;
}

psc_status psc_report_write(const psc_report *report, char *text, size_t capacity, size_t *length)
{
    psc_status status = psc_report_check(report);
    ps_text t;

    if (status != PSC_OK) return status;
    if (!text || !length) return PSC_ERR_NULL;
    if (capacity < PS_ENOUGH) {
        t = ps_text_of(text, 0);
        ps_report_text(&t, report);
        if (ps_text_fits(&t, capacity) != PSC_OK) return PSC_ERR_SPACE;
    }
    t = ps_text_of(text, capacity);
    ps_report_text(&t, report);
    *length = t.length;
    return PSC_OK;
}

/* One resource; every array must be as long as the others: *points 0: not known yet. */
static void ps_read_load(ps_reader *in, psc_report *r, int k, int *points)
{
    uint32_t seen = 0;
    int i, n;

    while ((i = ps_member(in, ps_load_names, 5, &seen)) >= 0) {
        double *value = i == 2 ? r->expected : i == 3 ? r->lower : r->upper;
        if (i == 0) r->now[k] = ps_read_real(in, 0);
        if (i == 1) r->capacity[k] = ps_read_real(in, 1);
        if (i < 2) continue;
        n = ps_read_reals(in, value + k, PSC_REPORT_POINTS, PSC_RESOURCES, 0);
        if (*points == 0) *points = n;
        if (n != *points) ps_refuse(in, PSC_ERR_FORMAT);
    }
}

static void ps_read_horizons(ps_reader *in, psc_report *r)
{
    ps_expect(in, '[');
    do {
        if (r->points >= PSC_REPORT_POINTS) ps_refuse(in, PSC_ERR_FORMAT);
        if (in->status != PSC_OK) return;
        r->horizon[r->points++] = ps_read_integer(in);
    } while (ps_next_is(in, ','));
    ps_expect(in, ']');
}

static void ps_read_advice(ps_reader *in, psc_report *r)
{
    uint32_t seen = 0;
    int i;

    while ((i = ps_member(in, ps_advice_names, 4, &seen)) >= 0) {
        if (i == 0) r->advice = ps_read_name(in, ps_reasons, 4);
        if (i == 1) r->advice_resource = ps_read_name(in, ps_report_names + PS_R_RESOURCE, PSC_RESOURCES);
        if (i == 2) r->advice_share = ps_read_real(in, 0);
        if (i == 3) r->advice_amount = ps_read_real(in, 0);
    }
}

static void ps_read_report_member(ps_reader *in, int i, psc_report *r, int *points)
{
    switch (i) {
    case PS_R_VERSION: ps_read_version(in); break;
    case PS_R_KIND: (void)ps_read_name(in, ps_report_kind, 1); break;
    case PS_R_PRODUCER: r->producer = ps_read_integer(in); break;
    case PS_R_EPOCH: r->epoch = ps_read_whole(in, UINT64_MAX); break;
    case PS_R_SEQUENCE: r->sequence = ps_read_whole(in, UINT64_MAX); break;
    case PS_R_MADE: r->made_at = ps_read_integer(in); break;
    case PS_R_LEVEL: r->level = ps_read_real(in, 0); break;
    case PS_R_CONFIDENCE: r->confidence = ps_read_real(in, 0); break;
    case PS_R_HORIZON: ps_read_horizons(in, r); break;
    case PS_R_ADVICE: ps_read_advice(in, r); break;
    default: ps_read_load(in, r, i - PS_R_RESOURCE, points); break;
    }
}

psc_status psc_report_read(const char *text, size_t length, psc_report *report)
{
    ps_reader in;
    psc_report r;
    psc_status status = ps_reader_begin(&in, text, length);
    uint32_t seen = 0;
    int i, points = 0;

    if (status != PSC_OK) return status;
    if (!report) return PSC_ERR_NULL;
    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    while ((i = ps_member(&in, ps_report_names, PS_R_MEMBERS, &seen)) >= 0) ps_read_report_member(&in, i, &r, &points);
    status = ps_reader_end(&in);
    if (status != PSC_OK) return status;
    if (points != r.points) return PSC_ERR_FORMAT;
    status = psc_report_check(&r);
    if (status != PSC_OK) return status;
    *report = r;
    return PSC_OK;
}

/* ---- beats */

static const char *const ps_beat_names[] = {
    "version", "kind", "node", "epoch", "sequence", "sent_at_ns", "shards", "metrics"
};
static const char *const ps_beat_kind[] = {"beat"};

static void ps_beat_text(ps_text *t, const psc_beat *beat, const double *metric, int32_t metrics)
{
    ps_write_string(t, "{\"version\":1,\"kind\":\"beat\",\"node\":");
    ps_write_integer(t, beat->node);
    ps_write_string(t, ",\"epoch\":");
    ps_write_whole(t, beat->epoch);
    ps_write_string(t, ",\"sequence\":");
    ps_write_whole(t, beat->sequence);
    ps_write_string(t, ",\"sent_at_ns\":");
    ps_write_integer(t, beat->sent_at);
    ps_write_string(t, ",\"shards\":");
    ps_write_integer(t, beat->shards);
    ps_write_string(t, ",\"metrics\":");
    ps_write_reals(t, metric, metrics, 1);
    ps_write(t, "}", 1);
}

/* What a beat may say, but for whose it is. */
static psc_status ps_beat_possible(const psc_beat *beat, const double *metric, int32_t metrics)
{
    int32_t k;

    if (beat->shards < 0) return PSC_ERR_IMPOSSIBLE;
    for (k = 0; k < metrics; k++)
        if (!ps_metric_possible(k, metric[k])) return PSC_ERR_IMPOSSIBLE;
    return PSC_OK;
}

psc_status psc_beat_write(const psc_beat *beat, const double *metric, int32_t metrics, char *text, size_t capacity,
                          size_t *length)
{
    psc_status status;
    ps_text t;

    if (!beat || !metric || !text || !length) return PSC_ERR_NULL;
    if (metrics < 1 || metrics > PSC_MAX_METRICS) return PSC_ERR_RANGE;
    status = ps_beat_possible(beat, metric, metrics);
    if (status != PSC_OK) return status;
    if (capacity < PS_ENOUGH) {
        t = ps_text_of(text, 0);
        ps_beat_text(&t, beat, metric, metrics);
        if (ps_text_fits(&t, capacity) != PSC_OK) return PSC_ERR_SPACE;
    }
    t = ps_text_of(text, capacity);
    ps_beat_text(&t, beat, metric, metrics);
    *length = t.length;
    return PSC_OK;
}

static void ps_read_beat_member(ps_reader *in, int i, psc_beat *beat, double *metric, int *metrics)
{
    switch (i) {
    case 0: ps_read_version(in); break;
    case 1: (void)ps_read_name(in, ps_beat_kind, 1); break;
    case 2: beat->node = ps_read_integer(in); break;
    case 3: beat->epoch = ps_read_whole(in, UINT64_MAX); break;
    case 4: beat->sequence = ps_read_whole(in, UINT64_MAX); break;
    case 5: beat->sent_at = ps_read_integer(in); break;
    case 6: beat->shards = ps_read_integer(in); break;
    default: *metrics = ps_read_reals(in, metric, PSC_MAX_METRICS, 1, 1); break;
    }
}

psc_status psc_beat_read(const char *text, size_t length, psc_beat *beat, double *metric, int32_t capacity)
{
    double found[PSC_MAX_METRICS];
    ps_reader in;
    psc_beat b;
    psc_status status = ps_reader_begin(&in, text, length);
    uint32_t seen = 0;
    int i, metrics = 0;

    if (status != PSC_OK) return status;
    if (!beat || !metric) return PSC_ERR_NULL;
    if (capacity < 1) return PSC_ERR_RANGE;
    memset(&b, 0, sizeof b);
    while ((i = ps_member(&in, ps_beat_names, 8, &seen)) >= 0) ps_read_beat_member(&in, i, &b, found, &metrics);
    status = ps_reader_end(&in);
    if (status == PSC_OK) status = ps_beat_possible(&b, found, metrics);
    if (status != PSC_OK) return status;
    if (metrics > capacity) return PSC_ERR_SPACE;
    b.sender = b.node;
    *beat = b;
    for (i = 0; i < capacity; i++) metric[i] = i < metrics ? found[i] : ps_missing();
    return PSC_OK;
}

/* ---- what people and orchestrators read */

/* A text of less than 512 bytes, made aside. */
static psc_status ps_hand_over(const ps_text *made, char *text, size_t capacity, size_t *length)
{
    if (made->length > capacity) return PSC_ERR_SPACE;
    memcpy(text, made->at, made->length);
    *length = made->length;
    return PSC_OK;
}

/* Bytes in the largest unit that leaves at least 1, one decimal. */
static void ps_write_bytes(ps_text *t, double bytes)
{
    static const char *const unit[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
    int i = 0;

    for (; i < 5 && bytes >= 1024.0; i++) bytes /= 1024.0;
    ps_write_real(t, floor(bytes * 10.0 + 0.5) / 10.0);
    ps_write_string(t, unit[i]);
}

psc_status psc_report_advice(const psc_report *report, char *text, size_t capacity, size_t *length)
{
    static const char *const name[] = {"requests", "cpu", "memory", "network"};
    static const char *const why[] = {"", " (full now)", " (will be short)", " (idle)"};
    psc_status status = psc_report_check(report);
    char buffer[128];
    ps_text t;

    if (status != PSC_OK) return status;
    if (!text || !length) return PSC_ERR_NULL;
    t = ps_text_of(buffer, sizeof buffer);
    if (report->advice == PSC_ADVICE_NONE) {
        ps_write_string(&t, "no change");
        return ps_hand_over(&t, text, capacity, length);
    }
    ps_write_string(&t, name[report->advice_resource]);
    ps_write_string(&t, report->advice_share < 0.0 ? " -" : " +");
    if (report->advice_resource == PSC_RESOURCE_MEMORY) {
        ps_write_bytes(&t, fabs(report->advice_amount));
    } else {
        ps_write_real(&t, floor(fabs(report->advice_share) * 100.0 + 0.5));
        ps_write_string(&t, " %");
    }
    ps_write_string(&t, why[report->advice]);
    return ps_hand_over(&t, text, capacity, length);
}

/* Length of a name of 1..63 of a-z 0-9 - . with a letter or digit at both ends; 0: it is none. */
static size_t ps_name_length(const char *name)
{
    size_t n = 0;

    for (; name[n] != 0; n++) {
        const int plain = (name[n] >= 'a' && name[n] <= 'z') || (name[n] >= '0' && name[n] <= '9');
        if (n >= 63 || (!plain && name[n] != '-' && name[n] != '.')) return 0;
        if (!plain && (n == 0 || name[n + 1] == 0)) return 0;
    }
    return n;
}

psc_status psc_decision_hpa(const psc_decision *decision, int64_t max_units, char *text, size_t capacity, size_t *length)
{
    char buffer[256];
    ps_text t;

    if (!decision || !text || !length) return PSC_ERR_NULL;
    if (decision->units < 1 || max_units > INT32_MAX || decision->units > max_units) return PSC_ERR_RANGE;
    t = ps_text_of(buffer, sizeof buffer);
    ps_write_string(&t, "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"spec\":{\"minReplicas\":");
    ps_write_integer(&t, decision->units);
    ps_write_string(&t, ",\"maxReplicas\":");
    ps_write_integer(&t, max_units);
    ps_write(&t, "}}", 2);
    return ps_hand_over(&t, text, capacity, length);
}

/* Two digits. */
static void ps_write_pair(ps_text *t, int64_t x, const char *after)
{
    if (x < 10) ps_write(t, "0", 1);
    ps_write_integer(t, x);
    ps_write_string(t, after);
}

/* Seconds since 1970 as RFC 3339 has it. Years begin in March, so that a leap day is the last of its year; 719468 days lie
 * between 0000-03-01 and 1970-01-01, 146097 are four centuries. */
static void ps_write_time(ps_text *t, int64_t seconds)
{
    const int64_t day = seconds / 86400 + 719468, century = day / 146097, in_four = day % 146097;
    const int64_t year = (in_four - in_four / 1460 + in_four / 36524 - in_four / 146096) / 365;
    const int64_t in_year = in_four - (365 * year + year / 4 - year / 100), month = (5 * in_year + 2) / 153;

    ps_write_integer(t, 400 * century + year + (month >= 10));
    ps_write(t, "-", 1);
    ps_write_pair(t, month < 10 ? month + 3 : month - 9, "-");
    ps_write_pair(t, in_year - (153 * month + 2) / 5 + 1, "T");
    ps_write_pair(t, seconds % 86400 / 3600, ":");
    ps_write_pair(t, seconds % 3600 / 60, ":");
    ps_write_pair(t, seconds % 60, "Z");
}

psc_status psc_decision_metrics(const psc_decision *decision, const char *name, int64_t seconds, char *text,
                                size_t capacity, size_t *length)
{
    char buffer[384];
    ps_text t;

    if (!decision || !name || !text || !length) return PSC_ERR_NULL;
    if (ps_name_length(name) == 0 || decision->units < 1 || decision->units > PS_MOST_UNITS || seconds < 0
        || seconds > INT64_C(253402300799))
        return PSC_ERR_RANGE;
    t = ps_text_of(buffer, sizeof buffer);
    ps_write_string(&t, "{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/v1beta1\","
                        "\"metadata\":{},\"items\":[{\"metricName\":\"");
    ps_write_string(&t, name);
    ps_write_string(&t, "\",\"metricLabels\":{},\"timestamp\":\"");
    ps_write_time(&t, seconds);
    ps_write_string(&t, "\",\"value\":\"");
    ps_write_integer(&t, decision->units);
    ps_write_string(&t, "\"}]}");
    return ps_hand_over(&t, text, capacity, length);
}

psc_status psc_decision_group(const psc_decision *decision, const char *name, char *text, size_t capacity, size_t *length)
{
    char buffer[256];
    ps_text t;

    if (!decision || !name || !text || !length) return PSC_ERR_NULL;
    if (ps_name_length(name) == 0 || decision->units < 0 || decision->units > INT32_MAX) return PSC_ERR_RANGE;
    t = ps_text_of(buffer, sizeof buffer);
    ps_write_string(&t, "{\"AutoScalingGroupName\":\"");
    ps_write_string(&t, name);
    ps_write_string(&t, "\",\"DesiredCapacity\":");
    ps_write_integer(&t, decision->units);
    ps_write_string(&t, ",\"HonorCooldown\":false}");
    return ps_hand_over(&t, text, capacity, length);
}
