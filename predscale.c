/* predscale.c - nodes as they live: heartbeats, instability, failure probability; save and load; requests and the
 * personas of nodes that take them.
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
 *     Personas
 *     Assignment
 *     Persona of a node
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
    case PSC_ERR_FORMAT: return "these bytes are not a saved state, or not all of it";
    case PSC_ERR_CHECKSUM: return "the saved bytes were altered";
    case PSC_ERR_CORRUPT: return "the saved bytes are whole but hold no state of this library";
    case PSC_ERR_EMPTY: return "there is no observation to compute from";
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
        sizeof(psc_waves_info), sizeof(psc_personas_config), sizeof(psc_persona_beat), sizeof(psc_request),
        sizeof(psc_assignment), sizeof(psc_outcome), sizeof(psc_persona)
    };

    return which >= PSC_STRUCT_STATE && which <= PSC_STRUCT_PERSONA ? bytes[which - PSC_STRUCT_STATE] : 0;
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

static int ps_is_type(int32_t type)
{
    return type == PSC_TYPE_TRACKER || type == PSC_TYPE_NODE || type == PSC_TYPE_PERSONAS;
}

int32_t psc_state_type(const void *state)
{
    int32_t type;

    for (type = PSC_TYPE_TRACKER; type <= PSC_TYPE_PERSONAS; type++) {
        psc_status status = ps_is_type(type) ? psc__state(state, type) : PSC_ERR_STATE;
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

static int ps_personas_valid(const psc__image *image);

static int ps_valid(const psc__image *image, int32_t type)
{
    if (type == PSC_TYPE_TRACKER) return psc__tracker_valid(image);
    return type == PSC_TYPE_NODE ? ps_node_valid(image) : ps_personas_valid(image);
}

psc_status psc_load(int32_t type, const void *saved, size_t saved_bytes, void *mem, size_t mem_bytes)
{
    psc__image image;
    psc_status status = ps_frame(&image, saved, saved_bytes);
    uint64_t crc = UINT64_MAX, word;
    int32_t held;
    size_t i;

    if (type != PSC_TYPE_ANY && !ps_is_type(type)) return PSC_ERR_RANGE;
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) crc = ps_crc(crc, psc__word(&image, i));
    if (~crc != psc__word(&image, image.words)) return PSC_ERR_CHECKSUM;
    held = (int32_t)(psc__word(&image, 0) >> 16 & 0xffffff);
    if (type != PSC_TYPE_ANY && held != type) return PSC_ERR_STATE;
    if (!ps_is_type(held) || !ps_valid(&image, held)) return PSC_ERR_CORRUPT;
    status = psc__block(mem, mem_bytes, image.words * 8);
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) {
        word = psc__word(&image, i);
        memcpy((unsigned char *)mem + 8 * i, &word, 8);
    }
    return PSC_OK;
}

/* ==== Personas ================================================================================== */

#define PS_GAIN 0.15            /* of the node's factor: half of a jump in 4 outcomes; 0.1 to 0.25 do as well      */
#define PS_GAIN_JUMP 0.3        /* where an outcome is off by more than a half                                    */
#define PS_GAIN_SLOW 0.01       /* of what the factor returns to after a restart                                  */
#define PS_RESTARTED 1.8        /* a restarted node is taken to be so much slower than it was on the mean         */
#define PS_CUT 4.0              /* an outcome beyond so many times what was expected teaches as that              */
#define PS_SHRINK 4.0           /* outcomes that a pair's affinity of 1 counts for                                */
#define PS_PAIR_LEAST 0.005     /* least gains: of a pair, of a type's coefficients, of use                       */
#define PS_KIND_LEAST 0.0005
#define PS_PARTS_LEAST 0.02     /* of several coefficients: they part slowly, and a mean would stop before they have   */
#define PS_USE_LEAST 0.01
#define PS_FAILED 0.1           /* a failure takes away so much of the own share of successes                     */
#define PS_SERVED 0.03          /* and a success so much of the own share of failures                             */
#define PS_FORGET 6.25e-11      /* 1 / 16 s, a ns: risk is forgotten like exp(-t / 8 s), as (1 - t / 16 s)^2 a step */
#define PS_FAILING 0.02         /* share of the failure probability over a horizon that meets one request         */
#define PS_RISK_APART 0.001     /* risks closer than this are equal                                               */
#define PS_LASTING 4.0          /* weight of a gain that lasts beside one that will be gone with a queue          */
#define PS_BEAT_GAIN 0.3        /* of foreign load, error share and contention: about three beats                 */
#define PS_LEVEL 0.4            /* Holt's gains of a lead's demand, and how many beats ahead                      */
#define PS_TREND 0.1
#define PS_AHEAD 2.0
#define PS_SHARE_BACK 0.2       /* how much of a share that is no longer needed goes a beat                       */
#define PS_RAMP_LEAST 0.2       /* share of its workers that a node counts with when it begins to warm            */
#define PS_DRAWN 4              /* nodes drawn where not all are looked at: beyond two, few more count (Mitzenmacher) */
#define PS_BARRED 1e60          /* score of a node that is not to be chosen: above any other                      */
#define PS_LONGEST 1e9          /* seconds: no service or latency counts for more                                 */
#define PS_FACTOR 100.0         /* factor and affinity stay within 1 / so much and so much                        */
#define PS_GOOD 0.4054651081081644      /* ln(0.9 / 0.6): what a good shadow adds                                 */
#define PS_BAD 1.3862943611198906       /* -ln(0.1 / 0.4)                                                         */
#define PS_DECIDED 2.9444389791664403   /* ln(0.95 / 0.05), Wald's bounds for errors of 5 %                       */

enum { PS_CAUSE_NONE = 0, PS_CAUSE_HELD = 1, PS_CAUSE_SILENT = 2, PS_CAUSE_DRAINED = 3 };
enum { PS_DRAIN_NONE = 0, PS_DRAIN_TOLD = 1, PS_DRAIN_RISK = 2 };

/* What is learned of a type. */
typedef struct ps_kind {
    double  b[3];               /* seconds a unit of size, complexity and step                       */
    int64_t count;
    double  use;                /* a second of service at speed 1                                    */
    int64_t uses;
} ps_kind;

typedef struct ps_peer {
    double  workers, pace, price;       /* pace: 1 / nominal speed                                   */
    int64_t state, cause, drain, entered, until, streak, holds, warmed;
    int64_t out;
    double  work, typical;      /* expected seconds out, mean seconds of an outcome                  */
    double  factor, slow, foreign, busy;        /* foreign is busy workers at factor 1; busy since the beat */
    double  error, beat_error;  /* at error_at                                                       */
    int64_t error_at;
    double  failure, uptime, contention;
    int64_t beat_at, outcome_at, refreshed_at;
    double  demand, level, trend, share, carry; /* as a lead: since the beat, forecast, share to shift */
    double  ratio;              /* log likelihood ratio of the shadow test                           */
    int64_t shadows, verdict;
    double  wait, risk, load;   /* terms of its score, as last refreshed; load is the factor of congestion */
} ps_peer;

/* Then nodes peers, types kinds, and arrays: cost and slope [nodes], affinity and pairs [types][nodes]; and beyond
 * PSC_PERSONAS_EXACT nodes key [nodes] and tree [nodes]. The score of a node is cost + amount * affinity * slope. */
struct psc_personas {
    psc_state head;
    int64_t  nodes, types, policy, streak, beat, hold, cold, warm, warm_requests;
    double   prior, error_cost, price_weight, congestion, shift_margin, target, drain_at, shadow_rate, tolerance;
    double   weight_affinity, weight_stability, weight_cost;
    uint64_t random;
    int64_t  now, cursor, shadow_cursor, in;
    double   credit;            /* shadows that may be sent                                          */
    double   on_lead, off_lead; /* slow means of taken over expected                                 */
    double   shift;             /* their ratio, 1..2: how much longer away from the lead             */
    int64_t  compared;
    double   amount, factor;    /* slow means over outcomes                                          */
};

static ps_peer *ps_peers(const psc_personas *p) { return (ps_peer *)(uintptr_t)(p + 1); }
static ps_kind *ps_kinds(const psc_personas *p) { return (ps_kind *)(uintptr_t)(ps_peers(p) + p->nodes); }
static double *ps_cost(const psc_personas *p) { return (double *)(uintptr_t)(ps_kinds(p) + p->types); }
static double *ps_slope(const psc_personas *p) { return ps_cost(p) + p->nodes; }
static double *ps_affinity(const psc_personas *p) { return ps_cost(p) + 2 * p->nodes; }
static int64_t *ps_pairs(const psc_personas *p)
{
    return (int64_t *)(uintptr_t)(ps_affinity(p) + p->types * p->nodes);
}
static double *ps_key(const psc_personas *p) { return (double *)(uintptr_t)(ps_pairs(p) + p->types * p->nodes); }
static int64_t *ps_tree(const psc_personas *p) { return (int64_t *)(uintptr_t)(ps_key(p) + p->nodes); }

/* Words of a state of so many nodes and types. */
static uint64_t ps_personas_words(int64_t nodes, int64_t types)
{
    const uint64_t n = (uint64_t)nodes, k = (uint64_t)types;
    const uint64_t peers = n * (sizeof(ps_peer) / 8), kinds = k * (sizeof(ps_kind) / 8);

    return sizeof(psc_personas) / 8 + peers + kinds + 2 * n + 2 * n * k + (nodes > PSC_PERSONAS_EXACT ? 2 * n : 0);
}

void psc_personas_default(psc_personas_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->nodes = 1;
    config->types = 1;
    config->policy = PSC_POLICY_TIME;
    config->streak = 4;
    config->beat_ns = INT64_C(1000000000);
    config->hold_ns = INT64_C(2000000000);
    config->warm_ns = INT64_C(10000000000);
    config->warm_requests = 100;
    config->seed = 1;
    config->service = 0.025;
    config->error_cost = 1.0;
    config->congestion = 1.5;
    config->shift_margin = 8.0;
    config->target = 0.9;
    config->drain_at = 0.5;
    config->shadow_rate = 0.002;
    config->shadow_tolerance = 1.5;
    config->weight_affinity = config->weight_stability = config->weight_cost = 1.0;
}

static int ps_between(int64_t x, int64_t low, int64_t high)
{
    return x >= low && x <= high;
}

static int ps_personas_times(const psc_personas_config *c)
{
    return ps_between(c->beat_ns, PS_MILLISECOND, PS_DAY) && ps_between(c->hold_ns, PS_MILLISECOND, PS_DAY)
           && ps_between(c->cold_ns, 0, PS_DAY) && ps_between(c->warm_ns, PS_MILLISECOND, PS_DAY)
           && ps_between(c->warm_requests, 1, INT64_C(2147483648));
}

static int ps_personas_numbers(const psc_personas_config *c)
{
    const double weights = c->weight_affinity + c->weight_stability + c->weight_cost;

    return psc__within(c->service, 1e-6, 1e5) && psc__within(c->error_cost, 0.0, 1e6)
           && psc__within(c->price_weight, 0.0, 1e6) && psc__within(c->congestion, 0.0, 100.0)
           && psc__within(c->shift_margin, 0.0, 1000.0) && psc__within(c->target, 0.1, 1.0)
           && psc__within(c->drain_at, 0.0, 1.0) && psc__within(c->shadow_rate, 0.0, 1.0)
           && psc__within(c->shadow_tolerance, 0.1, 100.0) && psc__within(c->weight_affinity, 0.0, 1e6)
           && psc__within(c->weight_stability, 0.0, 1e6) && psc__within(c->weight_cost, 0.0, 1e6) && weights > 0.0;
}

static int ps_personas_fleet(const psc_personas_config *c)
{
    int32_t i;

    for (i = 0; i < c->nodes; i++)
        if ((c->workers && !psc__within(c->workers[i], 0.01, 1e6))
            || (c->speed && !psc__within(c->speed[i], 0.001, 1000.0))
            || (c->price && !psc__within(c->price[i], 0.0, 1e6)))
            return 0;
    return 1;
}

size_t psc_personas_size(const psc_personas_config *config)
{
    uint64_t words;

    if (!config || config->struct_size != sizeof *config) return 0;
    if (!ps_between(config->nodes, 1, PSC_MAX_PERSONAS) || !ps_between(config->types, 1, PSC_MAX_REQUEST_TYPES)
        || !ps_between(config->policy, PSC_POLICY_TIME, PSC_POLICY_WEIGHTED) || !ps_between(config->streak, 1, 1000)
        || !ps_between(config->cold, 0, 1))
        return 0;
    if (!ps_personas_times(config) || !ps_personas_numbers(config) || !ps_personas_fleet(config)) return 0;
    words = ps_personas_words(config->nodes, config->types);
    return words > SIZE_MAX / 8 - 1 ? 0 : (size_t)words * 8;
}

/* ---- Risk, wait, score ---- */

static int ps_is_in(const ps_peer *n)
{
    return n->state == PSC_PERSONA_WARMING || n->state == PSC_PERSONA_READY;
}

static int ps_is_held(const ps_peer *n)
{
    return n->state == PSC_PERSONA_OUT && n->cause == PS_CAUSE_HELD;
}

/* Fewer than half of the nodes are in. */
static int ps_panic(const psc_personas *p)
{
    return 2 * p->in < p->nodes;
}

static int ps_is_open(const psc_personas *p, const ps_peer *n)
{
    return ps_is_in(n) || (ps_is_held(n) && ps_panic(p));
}

static double ps_least(double a, double b) { return a < b ? a : b; }
static double ps_most(double a, double b) { return a > b ? a : b; }
static double ps_clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* The time between as a double, ns. */
static double ps_since(int64_t from, int64_t now)
{
    const uint64_t elapsed = ps_elapsed(from, now);

    return (double)elapsed;
}

/* What is left of a risk after so long. */
static double ps_left(int64_t from, int64_t now)
{
    const double left = 1.0 - ps_since(from, now) * PS_FORGET;

    return left > 0.0 ? left * left : 0.0;
}

static double ps_risk_at(const ps_peer *n, int64_t now)
{
    return ps_least(1.0, ps_most(n->error, n->beat_error) * ps_left(n->error_at, now) + PS_FAILING * n->failure);
}

/* 0..1: how far a node has warmed. */
static double ps_ramp(const psc_personas *p, const ps_peer *n, int64_t now)
{
    double by_time, by_count;

    if (n->state == PSC_PERSONA_READY) return 1.0;
    if (n->state != PSC_PERSONA_WARMING) return 0.0;
    by_time = ps_since(n->entered, now) / (double)p->warm;
    by_count = (double)n->warmed / (double)p->warm_requests;
    return ps_least(1.0, ps_most(by_time, by_count));
}

/* The workers that a node counts with: where it may be chosen in panic, as one that begins to warm. */
static double ps_workers(const psc_personas *p, const ps_peer *n, int64_t now)
{
    if (n->state == PSC_PERSONA_READY) return n->workers;
    return n->workers * (PS_RAMP_LEAST + (1.0 - PS_RAMP_LEAST) * ps_ramp(p, n, now));
}

static double ps_foreign(const ps_peer *n)
{
    return ps_least(n->foreign * n->factor, n->workers);
}

/* Wait of a request that comes now: the requests beyond the workers, at the mean service of those out. Two typical
 * ones are mixed in, so that one long request does not stand for a queue. */
static double ps_wait(const ps_peer *n, double workers, double foreign)
{
    const double out = (double)n->out, x = out + foreign + 1.0 - workers;
    const double ahead = 0.5 * (x + sqrt(x * x + foreign + 0.2 * out + 0.01));

    return (n->work + 2.0 * n->typical) * ahead / ((out + 2.0) * workers);
}

static double ps_load(const psc_personas *p, const ps_peer *n, double workers, double foreign)
{
    const double occupancy = ps_least(4.0, ((double)n->out + foreign) / workers), square = occupancy * occupancy;

    return p->congestion * square * square;
}

/* The better of two nodes for the tournament: the lower key, of equals the lower index. */
static int64_t ps_better(const double *key, int64_t a, int64_t b)
{
    if (key[a] == key[b]) return a < b ? a : b;
    return key[a] < key[b] ? a : b;
}

/* Entry j of the tournament: a leaf from nodes on. */
static int64_t ps_entry(const psc_personas *p, int64_t j)
{
    return j >= p->nodes ? j - p->nodes : ps_tree(p)[j];
}

/* After a change of node i: up to where another node wins as before; above, nothing has changed. */
static void ps_replay(psc_personas *p, int64_t i)
{
    const double *key = ps_key(p);
    int64_t *tree = ps_tree(p), j, won;

    for (j = (p->nodes + i) / 2; j >= 1; j /= 2) {
        won = ps_better(key, ps_entry(p, 2 * j), ps_entry(p, 2 * j + 1));
        if (won == tree[j] && won != i) return;
        tree[j] = won;
    }
}

/* Brings what the choice reads of a node up to date. Every change of a node ends with this. */
static void ps_refresh(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];
    const double workers = ps_workers(p, n, p->now), foreign = ps_foreign(n);

    n->wait = ps_wait(n, workers, foreign);
    n->load = ps_load(p, n, workers, foreign);
    n->risk = ps_risk_at(n, p->now);
    n->refreshed_at = p->now;
    ps_cost(p)[i] = ps_is_open(p, n) ? n->wait + p->error_cost * n->risk : PS_BARRED;
    ps_slope(p)[i] = n->factor * n->pace * (1.0 + p->price_weight * n->price + n->load);
    if (p->nodes <= PSC_PERSONAS_EXACT) return;
    ps_key(p)[i] = ps_cost(p)[i] + p->amount * ps_slope(p)[i];
    ps_replay(p, i);
}

/* ---- States of a node ---- */

static void ps_enter(psc_personas *p, int64_t i, int64_t state, int64_t cause)
{
    ps_peer *n = &ps_peers(p)[i];
    const int panic = ps_panic(p), was = ps_is_in(n);
    int64_t k;

    n->state = state;
    n->cause = cause;
    n->entered = p->now;
    n->streak = n->warmed = 0;
    p->in += ps_is_in(n) - was;
    if (state == PSC_PERSONA_READY) n->holds = 0;
    if (state == PSC_PERSONA_COLD || cause == PS_CAUSE_HELD) {
        n->ratio = 0.0;
        n->shadows = 0;
        n->verdict = PSC_VERDICT_OPEN;
    }
    if (panic == ps_panic(p)) return;
    for (k = 0; k < p->nodes; k++)
        if (ps_is_held(&ps_peers(p)[k])) ps_refresh(p, k);
}

/* What time, successes and shadows bring about. Cold and held ones warm at most once here, and READY is the end. */
static void ps_settle(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];
    const int ready = n->verdict == PSC_VERDICT_READY;

    if (n->state == PSC_PERSONA_DRAINING && n->out == 0) ps_enter(p, i, PSC_PERSONA_OUT, PS_CAUSE_DRAINED);
    if (n->state == PSC_PERSONA_COLD && (ready || ps_elapsed(n->entered, p->now) >= (uint64_t)p->cold))
        ps_enter(p, i, PSC_PERSONA_WARMING, PS_CAUSE_NONE);
    if (ps_is_held(n) && (ready || p->now >= n->until)) ps_enter(p, i, PSC_PERSONA_WARMING, PS_CAUSE_NONE);
    if (n->state == PSC_PERSONA_WARMING && ps_ramp(p, n, p->now) >= 1.0)
        ps_enter(p, i, PSC_PERSONA_READY, PS_CAUSE_NONE);
    ps_refresh(p, i);
}

/* Whether a node may leave those that are in without fewer than half of all staying. */
static int ps_may_leave(const psc_personas *p, const ps_peer *n)
{
    return !ps_is_in(n) || 2 * (p->in - 1) >= p->nodes;
}

/* Holds a node, each time twice as long, up to 64 times. */
static void ps_hold(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];
    const uint64_t length = (uint64_t)p->hold << n->holds, room = (uint64_t)INT64_MAX - (uint64_t)p->now;

    n->until = p->now > 0 && length > room ? INT64_MAX : p->now + (int64_t)length;
    if (n->holds < 6) n->holds++;
    ps_enter(p, i, PSC_PERSONA_OUT, PS_CAUSE_HELD);
}

/* A failure in a row more. */
static void ps_failed(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];

    if (n->streak < p->streak) n->streak++;
    if (n->streak >= p->streak && ps_is_in(n) && ps_may_leave(p, n)) ps_hold(p, i);
}

static void ps_drain(psc_personas *p, int64_t i, int64_t drain)
{
    ps_peer *n = &ps_peers(p)[i];

    n->drain = drain;
    if (ps_is_in(n) || n->state == PSC_PERSONA_COLD) ps_enter(p, i, PSC_PERSONA_DRAINING, PS_CAUSE_NONE);
    else if (ps_is_held(n)) ps_enter(p, i, PSC_PERSONA_OUT, PS_CAUSE_DRAINED);
}

static void ps_take_back(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];

    n->drain = PS_DRAIN_NONE;
    if (n->state == PSC_PERSONA_DRAINING || (n->state == PSC_PERSONA_OUT && n->cause == PS_CAUSE_DRAINED))
        ps_enter(p, i, PSC_PERSONA_COLD, PS_CAUSE_NONE);
    else if (ps_is_held(n)) ps_enter(p, i, PSC_PERSONA_WARMING, PS_CAUSE_NONE);
}

/* A silent node has spoken. It was restarted, so its caches are cold and its faults are gone. */
static void ps_return(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];

    n->factor = ps_clamp(PS_RESTARTED * n->slow, 1.0 / PS_FACTOR, PS_FACTOR);
    n->error = n->beat_error = 0.0;
    n->holds = 0;
    if (n->drain != PS_DRAIN_NONE) ps_enter(p, i, PSC_PERSONA_OUT, PS_CAUSE_DRAINED);
    else ps_enter(p, i, PSC_PERSONA_COLD, PS_CAUSE_NONE);
}

/* The failure probability drains a node and takes it back: at drain_at, and below half of it. */
static void ps_watch(psc_personas *p, int64_t i)
{
    ps_peer *n = &ps_peers(p)[i];

    if (n->drain == PS_DRAIN_NONE && p->drain_at < 1.0 && n->failure >= p->drain_at && ps_may_leave(p, n))
        ps_drain(p, i, PS_DRAIN_RISK);
    else if (n->drain == PS_DRAIN_RISK && n->failure < 0.5 * p->drain_at) ps_take_back(p, i);
}

psc_status psc_personas_init(psc_personas *personas, size_t bytes, const psc_personas_config *config)
{
    psc_personas *p = personas;
    psc_status status;
    int64_t i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(personas, bytes, psc_personas_size(config));
    if (status != PSC_OK) return status;

    memset(p, 0, psc_personas_size(config));
    p->head.kind = psc__kind(PSC_TYPE_PERSONAS);
    p->head.words = psc_personas_size(config) / 8;
    p->nodes = config->nodes;
    p->types = config->types;
    p->policy = config->policy;
    p->streak = config->streak;
    p->beat = config->beat_ns;
    p->hold = config->hold_ns;
    p->cold = config->cold_ns;
    p->warm = config->warm_ns;
    p->warm_requests = config->warm_requests;
    p->prior = config->service;
    p->error_cost = config->error_cost;
    p->price_weight = config->price_weight;
    p->congestion = config->congestion;
    p->shift_margin = config->shift_margin;
    p->target = config->target;
    p->drain_at = config->drain_at;
    p->shadow_rate = config->shadow_rate;
    p->tolerance = config->shadow_tolerance;
    p->weight_affinity = config->weight_affinity;
    p->weight_stability = config->weight_stability;
    p->weight_cost = config->weight_cost;
    p->random = config->seed;
    p->now = config->start_ns;
    p->in = config->cold ? 0 : p->nodes;
    p->on_lead = p->off_lead = p->shift = 1.0;
    p->amount = p->prior;
    p->factor = 1.0;
    for (i = 0; i < p->types; i++) ps_kinds(p)[i].b[0] = p->prior;
    for (i = 0; i < p->types * p->nodes; i++) ps_affinity(p)[i] = 1.0;
    for (i = 0; i < p->nodes; i++) {
        ps_peer *n = &ps_peers(p)[i];
        n->workers = config->workers ? config->workers[i] : 1.0;
        n->pace = config->speed ? 1.0 / config->speed[i] : 1.0;
        n->price = config->price ? config->price[i] : 0.0;
        n->state = config->cold ? PSC_PERSONA_COLD : PSC_PERSONA_READY;
        n->entered = n->until = n->error_at = n->beat_at = n->outcome_at = n->refreshed_at = p->now;
        n->typical = p->prior;
        n->factor = n->slow = n->uptime = 1.0;
    }
    for (i = p->nodes - 1; i >= 1 && p->nodes > PSC_PERSONAS_EXACT; i--)
        ps_tree(p)[i] = ps_better(ps_key(p), ps_entry(p, 2 * i), ps_entry(p, 2 * i + 1));
    for (i = 0; i < p->nodes; i++) ps_refresh(p, i);
    return PSC_OK;
}

/* Personas whose indices can be followed. */
static psc_status ps_personas(const psc_personas *p)
{
    psc_status status = psc__state(p, PSC_TYPE_PERSONAS);

    if (status != PSC_OK) return status;
    if (!ps_between(p->nodes, 1, PSC_MAX_PERSONAS) || !ps_between(p->types, 1, PSC_MAX_REQUEST_TYPES)
        || p->head.words != ps_personas_words(p->nodes, p->types) || !ps_between(p->cursor, 0, p->nodes - 1)
        || !ps_between(p->shadow_cursor, 0, p->nodes - 1))
        return PSC_ERR_STATE;
    return PSC_OK;
}

static psc_status ps_personas_node(const psc_personas *p, int32_t node)
{
    psc_status status = ps_personas(p);

    if (status != PSC_OK) return status;
    return node >= 0 && node < p->nodes ? PSC_OK : PSC_ERR_RANGE;
}

static void ps_time(psc_personas *p, int64_t now)
{
    if (now > p->now) p->now = now;
}

/* ---- Beats ---- */

/* NaN, or within. */
static int ps_known_within(double x, double low, double high)
{
    return psc__within(x, low, high) || psc__nan(&x);
}

static int ps_is_infinite(double x)
{
    return !psc__finite(&x) && !psc__nan(&x);
}

static psc_status ps_persona_beat_check(const psc_persona_beat *b)
{
    if (ps_known_within(b->busy, 0.0, 1.0) && ps_known_within(b->errors, 0.0, 1.0)
        && ps_known_within(b->contention, 0.0, 1.0) && ps_known_within(b->workers, 0.01, 1e6)
        && ps_known_within(b->failure, 0.0, 1.0))
        return PSC_OK;
    return ps_is_infinite(b->busy) || ps_is_infinite(b->errors) || ps_is_infinite(b->contention)
                   || ps_is_infinite(b->workers) || ps_is_infinite(b->failure)
               ? PSC_ERR_NONFINITE
               : PSC_ERR_IMPOSSIBLE;
}

/* Risks as of now. */
static void ps_forget(psc_personas *p, ps_peer *n)
{
    const double left = ps_left(n->error_at, p->now);

    n->error *= left;
    n->beat_error *= left;
    n->error_at = p->now;
}

/* What its requests will ask of a lead, and the share that is too much for it. */
static void ps_foresee(const psc_personas *p, ps_peer *n, double seconds)
{
    const double demand = n->demand / seconds, expected = n->level + n->trend, missed = demand - expected;
    double ahead, share;

    n->level = ps_clamp(expected + PS_LEVEL * missed, -1e18, 1e18);
    n->trend = ps_clamp(n->trend + PS_TREND * missed, -1e18, 1e18);
    n->demand = 0.0;
    ahead = ps_most(1e-9, n->level + PS_AHEAD * n->trend);
    share = ps_clamp((ps_foreign(n) + ahead - p->target * n->workers) / ahead, 0.0, 1.0);
    if (share < n->share) share = n->share + PS_SHARE_BACK * (share - n->share);
    n->share = share < 0.01 ? 0.0 : share;
}

static void ps_beat_learn(psc_personas *p, ps_peer *n, const psc_persona_beat *b, double seconds)
{
    if (!psc__nan(&b->workers)) n->workers = b->workers;
    if (!psc__nan(&b->failure)) n->failure = b->failure;
    if (!psc__nan(&b->contention)) n->contention += PS_BEAT_GAIN * (b->contention - n->contention);
    if (!psc__nan(&b->busy)) {
        const double others = ps_most(0.0, b->busy * n->workers - n->busy / seconds);
        n->foreign += PS_BEAT_GAIN * (others / n->factor - n->foreign);
    }
    n->busy = 0.0;
    ps_forget(p, n);
    if (!psc__nan(&b->errors)) {
        const double kept = (1.0 - PS_BEAT_GAIN) * n->beat_error + PS_BEAT_GAIN * b->errors;
        n->beat_error = ps_most(b->errors, kept);
    }
    n->uptime += 0.01 * (1.0 - n->uptime);
}

psc_status psc_personas_beat(psc_personas *personas, int64_t now, int32_t node, const psc_persona_beat *beat)
{
    psc_status status = ps_personas_node(personas, node);
    ps_peer *n;
    double seconds;

    if (status != PSC_OK) return status;
    if (!beat) return PSC_ERR_NULL;
    status = ps_persona_beat_check(beat);
    if (status != PSC_OK) return status;

    ps_time(personas, now);
    n = &ps_peers(personas)[node];
    seconds = ps_most(ps_since(n->beat_at, personas->now), (double)personas->beat / 10.0) * 1e-9;
    n->beat_at = personas->now;
    if (n->state == PSC_PERSONA_OUT && n->cause == PS_CAUSE_SILENT) ps_return(personas, node);
    ps_beat_learn(personas, n, beat, seconds);
    ps_foresee(personas, n, seconds);
    ps_watch(personas, node);
    ps_settle(personas, node);
    return PSC_OK;
}

psc_status psc_personas_silent(psc_personas *personas, int64_t now, int32_t node)
{
    psc_status status = ps_personas_node(personas, node);
    ps_peer *n;

    if (status != PSC_OK) return status;
    ps_time(personas, now);
    n = &ps_peers(personas)[node];
    n->uptime -= 0.01 * n->uptime;
    if (n->state != PSC_PERSONA_OUT || n->cause != PS_CAUSE_SILENT)
        ps_enter(personas, node, PSC_PERSONA_OUT, PS_CAUSE_SILENT);
    ps_settle(personas, node);
    return PSC_OK;
}

psc_status psc_personas_drain(psc_personas *personas, int64_t now, int32_t node)
{
    psc_status status = ps_personas_node(personas, node);

    if (status != PSC_OK) return status;
    ps_time(personas, now);
    ps_drain(personas, node, PS_DRAIN_TOLD);
    ps_settle(personas, node);
    return PSC_OK;
}

psc_status psc_personas_resume(psc_personas *personas, int64_t now, int32_t node)
{
    psc_status status = ps_personas_node(personas, node);

    if (status != PSC_OK) return status;
    ps_time(personas, now);
    ps_take_back(personas, node);
    ps_settle(personas, node);
    return PSC_OK;
}

/* ==== Assignment ================================================================================ */

static psc_status ps_request(const psc_personas *p, const psc_request *q)
{
    if (!q) return PSC_ERR_NULL;
    if (q->type < 0 || q->type >= p->types || q->lead < -1 || q->lead >= p->nodes) return PSC_ERR_RANGE;
    if (psc__within(q->size, 0.0, 1e6) && psc__within(q->complexity, 0.0, 1e6) && psc__within(q->steps, 0.0, 1e6))
        return PSC_OK;
    return psc__finite(&q->size) && psc__finite(&q->complexity) && psc__finite(&q->steps) ? PSC_ERR_RANGE
                                                                                          : PSC_ERR_NONFINITE;
}

/* Seconds at speed 1. */
static double ps_amount(const psc_personas *p, const psc_request *q)
{
    const double *b = ps_kinds(p)[q->type].b;

    return b[0] * q->size + b[1] * q->complexity + b[2] * q->steps;
}

/* How much longer a request takes on a node than on its lead. */
static double ps_shift(const psc_personas *p, const psc_request *q, int64_t i)
{
    return q->lead >= 0 && q->lead != i ? p->shift : 1.0;
}

static double ps_service(const psc_personas *p, const psc_request *q, double amount, int64_t i)
{
    const ps_peer *n = &ps_peers(p)[i];
    const double unit = ps_affinity(p)[q->type * p->nodes + i] * n->factor * n->pace;

    return ps_least(PS_LONGEST, amount * unit * ps_shift(p, q, i));
}

/* The best two so far. */
typedef struct ps_pick {
    int64_t node, second;
    double  score, other;
} ps_pick;

static void ps_offer(ps_pick *pick, int64_t i, double score)
{
    if (i == pick->node || i == pick->second || score >= PS_BARRED) return;
    if (score < pick->score || (score == pick->score && i < pick->node)) {
        pick->second = pick->node;
        pick->other = pick->score;
        pick->node = i;
        pick->score = score;
    } else if (score < pick->other || (score == pick->other && i < pick->second)) {
        pick->second = i;
        pick->other = score;
    }
}

static double ps_score(const psc_personas *p, const psc_request *q, double amount, double shifted, int64_t i)
{
    const double a = i == q->lead ? amount : shifted;

    return ps_cost(p)[i] + a * ps_affinity(p)[q->type * p->nodes + i] * ps_slope(p)[i];
}

/* Indices rise and score < other holds for few, so this loop is short of branches that cannot be foreseen. */
static void ps_choose_all(const psc_personas *p, const psc_request *q, double amount, double shifted, ps_pick *pick)
{
    const double *cost = ps_cost(p), *slope = ps_slope(p), *affinity = ps_affinity(p) + q->type * p->nodes;
    const int64_t lead = q->lead, nodes = p->nodes;
    int64_t i;

    for (i = 0; i < nodes; i++) {
        const double score = cost[i] + (i == lead ? amount : shifted) * affinity[i] * slope[i];
        if (score < pick->other) ps_offer(pick, i, score);
    }
}

static void ps_choose_some(psc_personas *p, const psc_request *q, double amount, double shifted, ps_pick *pick)
{
    int64_t i, k;

    for (k = 0; k < PS_DRAWN + 2; k++) {
        i = k < PS_DRAWN ? (int64_t)(psc__random(&p->random) % (uint64_t)p->nodes) : ps_tree(p)[k - PS_DRAWN + 2];
        ps_offer(pick, i, ps_score(p, q, amount, shifted, i));
    }
    if (q->lead >= 0) ps_offer(pick, q->lead, ps_score(p, q, amount, shifted, q->lead));
}

static double ps_stability(const ps_peer *n)
{
    return n->uptime * (1.0 - n->risk) * (1.0 - n->contention);
}

/* Mean over nodes of what a type takes at nominal speed. */
static double ps_mean_unit(const psc_personas *p, int64_t type)
{
    double sum = 0.0;
    int64_t i;

    for (i = 0; i < p->nodes; i++) sum += ps_affinity(p)[type * p->nodes + i] * ps_peers(p)[i].pace;
    return sum / (double)p->nodes;
}

static double ps_affinity_score(const psc_personas *p, int64_t type, int64_t i, double mean)
{
    return mean / (mean + ps_affinity(p)[type * p->nodes + i] * ps_peers(p)[i].pace);
}

static void ps_choose_weighted(const psc_personas *p, const psc_request *q, ps_pick *pick)
{
    const double weights = p->weight_affinity + p->weight_stability + p->weight_cost, mean = ps_mean_unit(p, q->type);
    int64_t i;

    for (i = 0; i < p->nodes; i++) {
        const ps_peer *n = &ps_peers(p)[i];
        double sum = p->weight_affinity * ps_affinity_score(p, q->type, i, mean);
        sum += p->weight_stability * ps_stability(n) + p->weight_cost / (1.0 + n->price);
        if (ps_is_open(p, n)) ps_offer(pick, i, 1.0 - sum / weights);
    }
}

/* No node is in: the lead, or the node with the least work out. */
static void ps_choose_none(const psc_personas *p, const psc_request *q, ps_pick *pick)
{
    int64_t i, least = 0;

    for (i = 1; i < p->nodes; i++)
        if (ps_peers(p)[i].work < ps_peers(p)[least].work) least = i;
    pick->node = q->lead >= 0 ? q->lead : least;
}

/* One request each time that the shares sum to 1; it waits while the lead is best all the same. */
static int ps_is_shared_out(ps_peer *lead, int best)
{
    if (lead->share <= 0.0) return 0;
    lead->carry += lead->share;
    if (lead->carry < 1.0) return 0;
    lead->carry = best ? 1.0 : lead->carry - 1.0;
    return 1;
}

/* Why a request goes where it is best served, if that is not its lead; PSC_CHOICE_LEAD: it does not. */
static int32_t ps_leave(psc_personas *p, const psc_request *q, double amount, const ps_pick *pick)
{
    ps_peer *lead = &ps_peers(p)[q->lead];
    const ps_peer *best = &ps_peers(p)[pick->node];
    const double service = ps_service(p, q, amount, q->lead);
    const int shared_out = ps_is_shared_out(lead, pick->node == q->lead);
    double gain, lasting, elsewhere;

    lead->demand = ps_least(PS_LONGEST, lead->demand + service);
    if (pick->node == q->lead) return PSC_CHOICE_LEAD;
    if (!ps_is_open(p, lead)) return PSC_CHOICE_OUT;
    if (p->policy == PSC_POLICY_WEIGHTED) return PSC_CHOICE_GAIN;
    if (shared_out) return PSC_CHOICE_SHARE;
    if (lead->risk > best->risk + PS_RISK_APART) return PSC_CHOICE_GAIN;
    elsewhere = ps_service(p, q, amount, pick->node);
    gain = ps_score(p, q, amount, amount, q->lead) - pick->score;
    lasting = service * (1.0 + p->price_weight * lead->price) - elsewhere * (1.0 + p->price_weight * best->price);
    gain += PS_LASTING * ps_most(0.0, lasting);
    return gain < p->shift_margin * (p->shift - 1.0) * service ? PSC_CHOICE_LEAD : PSC_CHOICE_GAIN;
}

/* Fills the answer from what the choice has read; nothing of the node has changed since. */
static void ps_answer(const psc_personas *p, const psc_request *q, double amount, const ps_pick *pick,
                      psc_assignment *a)
{
    const ps_peer *n = &ps_peers(p)[pick->node];

    memset(a, 0, sizeof *a);
    a->node = (int32_t)pick->node;
    a->runner_up = (int32_t)pick->second;
    a->shadow = -1;
    a->wait = n->wait;
    a->service = ps_service(p, q, amount, pick->node);
    a->price = a->service * p->price_weight * n->price;
    a->congestion = a->service * n->load;
    a->risk = p->error_cost * n->risk;
    a->score = p->policy == PSC_POLICY_WEIGHTED ? pick->score
                                                : a->wait + a->service + a->price + a->congestion + a->risk;
    a->runner_up_score = pick->second < 0 ? a->score : pick->other;
    a->use = ps_least(1e30, amount * ps_kinds(p)[q->type].use);
}

static void ps_send(psc_personas *p, int64_t i, double service)
{
    ps_peer *n = &ps_peers(p)[i];

    psc__count(&n->out);
    n->work = ps_least(1e15, n->work + service);
    ps_refresh(p, i);
}

/* Whether shadows would tell something of a node. */
static int ps_wants_shadow(const psc_personas *p, const ps_peer *n)
{
    if (n->out >= (int64_t)n->workers + 1) return 0;
    if (n->state == PSC_PERSONA_COLD || n->state == PSC_PERSONA_WARMING || ps_is_held(n)) return 1;
    return n->state == PSC_PERSONA_READY && ps_elapsed(n->outcome_at, p->now) > (uint64_t)p->beat;
}

static void ps_shadow(psc_personas *p, const psc_request *q, double amount, psc_assignment *a)
{
    const int64_t i = p->shadow_cursor;

    p->shadow_cursor = i + 1 < p->nodes ? i + 1 : 0;
    p->credit = ps_least(1.0, p->credit + p->shadow_rate);
    if (p->credit < 1.0 || i == a->node || !ps_wants_shadow(p, &ps_peers(p)[i])) return;
    p->credit -= 1.0;
    a->shadow = (int32_t)i;
    a->shadow_service = ps_service(p, q, amount, i);
    ps_send(p, i, a->shadow_service);
}

static void ps_assign(psc_personas *p, const psc_request *q, psc_assignment *a)
{
    const double amount = ps_amount(p, q), shifted = q->lead >= 0 ? amount * p->shift : amount;
    ps_pick pick = {-1, -1, PS_BARRED, PS_BARRED};
    int32_t choice = PSC_CHOICE_BEST;

    if (ps_elapsed(ps_peers(p)[p->cursor].refreshed_at, p->now) > (uint64_t)p->beat / 8) ps_settle(p, p->cursor);
    p->cursor = p->cursor + 1 < p->nodes ? p->cursor + 1 : 0;
    if (p->policy == PSC_POLICY_WEIGHTED) ps_choose_weighted(p, q, &pick);
    else if (p->nodes > PSC_PERSONAS_EXACT) ps_choose_some(p, q, amount, shifted, &pick);
    else ps_choose_all(p, q, amount, shifted, &pick);
    if (pick.node < 0) {
        ps_choose_none(p, q, &pick);
        choice = PSC_CHOICE_NONE;
    } else if (q->lead >= 0) {
        choice = ps_leave(p, q, amount, &pick);
    }
    if (choice == PSC_CHOICE_LEAD && pick.node != q->lead) {
        pick.second = pick.node;
        pick.other = pick.score;
        pick.node = q->lead;
        pick.score = ps_score(p, q, amount, shifted, q->lead);
    }
    ps_answer(p, q, amount, &pick, a);
    a->choice = choice;
    ps_send(p, pick.node, a->service);
    if (p->shadow_rate > 0.0 && choice != PSC_CHOICE_NONE) ps_shadow(p, q, amount, a);
}

psc_status psc_personas_assign(psc_personas *personas, int64_t now, const psc_request *request,
                               psc_assignment *assignment)
{
    return psc_personas_assign_all(personas, now, request, 1, assignment);
}

psc_status psc_personas_assign_all(psc_personas *personas, int64_t now, const psc_request *request, size_t count,
                                   psc_assignment *assignment)
{
    psc_status status = ps_personas(personas);
    size_t k;

    if (status != PSC_OK) return status;
    if (count > 0 && (!request || !assignment)) return PSC_ERR_NULL;
    for (k = 0; k < count; k++) {
        status = ps_request(personas, &request[k]);
        if (status != PSC_OK) return status;
    }
    ps_time(personas, now);
    for (k = 0; k < count; k++) ps_assign(personas, &request[k], &assignment[k]);
    return PSC_OK;
}

/* ---- Outcomes ---- */

static psc_status ps_outcome_check(const psc_personas *p, const psc_outcome *o)
{
    if (o->node < 0 || o->node >= p->nodes || !ps_between(o->ok, 0, 1) || !ps_between(o->shadow, 0, 1))
        return PSC_ERR_RANGE;
    if (psc__within(o->latency, 0.0, PS_LONGEST) && ps_known_within(o->expected, 0.0, PS_LONGEST)
        && ps_known_within(o->service, 0.0, PS_LONGEST) && ps_known_within(o->reference, 0.0, PS_LONGEST)
        && ps_known_within(o->use, 0.0, 1e15))
        return PSC_OK;
    return !psc__finite(&o->latency) || ps_is_infinite(o->expected) || ps_is_infinite(o->service)
                   || ps_is_infinite(o->reference) || ps_is_infinite(o->use)
               ? PSC_ERR_NONFINITE
               : PSC_ERR_IMPOSSIBLE;
}

static void ps_ended(ps_peer *n, const psc_outcome *o)
{
    if (n->out == 0) return;
    n->work -= psc__nan(&o->expected) ? n->work / (double)n->out : o->expected;
    n->out--;
    if (n->out == 0 || n->work < 0.0) n->work = 0.0;
}

/* The gain of a mean of count values, not below least. */
static double ps_gain(int64_t count, double shrink, double least)
{
    const double n = (double)count + shrink;

    return n * least >= 1.0 ? least : 1.0 / n;
}

/* The type's coefficients by normalised least mean squares; took is seconds at speed 1. */
static void ps_kind_learn(ps_kind *kind, const psc_request *q, double amount, double took)
{
    const double norm = q->size * q->size + q->complexity * q->complexity + q->steps * q->steps;
    const double error = ps_least(took, PS_CUT * amount) - amount;
    const int parts = (q->size > 0.0) + (q->complexity > 0.0) + (q->steps > 0.0);
    const double step = ps_gain(kind->count + 1, 0.0, parts > 1 ? PS_PARTS_LEAST : PS_KIND_LEAST) * error / norm;

    psc__count(&kind->count);
    kind->b[0] = ps_clamp(kind->b[0] + step * q->size, 0.0, 1e6);
    kind->b[1] = ps_clamp(kind->b[1] + step * q->complexity, 0.0, 1e6);
    kind->b[2] = ps_clamp(kind->b[2] + step * q->steps, 0.0, 1e6);
}

/* What shifting costs: the means of taken over expected, both without the shift. */
static void ps_shift_learn(psc_personas *p, int on_lead, double r)
{
    const double gain = ps_gain(p->compared / 2, 10.0, 0.002);
    double *mean = on_lead ? &p->on_lead : &p->off_lead;

    psc__count(&p->compared);
    *mean = ps_clamp(*mean + gain * (ps_least(r, PS_CUT) - *mean), 1.0 / PS_FACTOR, PS_CUT);
    p->shift = ps_clamp(p->off_lead / p->on_lead, 1.0, 2.0);
}

static void ps_use_learn(ps_kind *kind, double amount, double use)
{
    kind->use += ps_gain(kind->uses + 1, 0.0, PS_USE_LEAST) * (ps_least(use / amount, 1e24) - kind->use);
    psc__count(&kind->uses);
}

/* An outcome that served: each part in turn is corrected by what the parts before leave over. What is common to all
 * nodes' factors goes into the type's coefficients, so that a factor of 1 stays the fleet's mean. */
static void ps_served(psc_personas *p, const psc_request *q, const psc_outcome *o, double took)
{
    ps_peer *n = &ps_peers(p)[o->node];
    ps_kind *kind = &ps_kinds(p)[q->type];
    double *affinity = &ps_affinity(p)[q->type * p->nodes + o->node];
    int64_t *pairs = &ps_pairs(p)[q->type * p->nodes + o->node];
    const double amount = ps_most(1e-12, ps_amount(p, q)), shift = ps_shift(p, q, o->node);
    const double r = took / (amount * shift * n->pace);
    double off, left;

    n->typical = ps_clamp(n->typical + 0.05 * (took - n->typical), 1e-9, PS_LONGEST);
    p->amount += 0.01 * (ps_least(amount, PS_LONGEST) - p->amount);
    off = ps_least(r / (*affinity * n->factor), PS_CUT) - 1.0;
    n->factor *= 1.0 + (fabs(off) > 0.5 ? PS_GAIN_JUMP : PS_GAIN) * off;
    n->factor = ps_clamp(n->factor, 1.0 / PS_FACTOR, PS_FACTOR);
    n->slow += PS_GAIN_SLOW * (n->factor - n->slow);
    left = r / n->factor;
    *affinity += ps_gain(*pairs + 1, PS_SHRINK, PS_PAIR_LEAST) * (ps_least(left, PS_CUT) - *affinity);
    *affinity = ps_clamp(*affinity, 1.0 / PS_FACTOR, PS_FACTOR);
    psc__count(pairs);
    left /= *affinity;
    p->factor += PS_GAIN_SLOW * (n->factor - p->factor);
    ps_kind_learn(kind, q, amount, amount * left * p->factor);
    if (q->lead >= 0) ps_shift_learn(p, q->lead == o->node, shift * left);
    if (!psc__nan(&o->use)) ps_use_learn(kind, amount, o->use);
}

/* One shadow into the test; a decided one begins anew. */
static void ps_test(psc_personas *p, int64_t i, int good)
{
    ps_peer *n = &ps_peers(p)[i];

    if (n->ratio >= PS_DECIDED || n->ratio <= -PS_DECIDED) {
        n->ratio = 0.0;
        n->shadows = 0;
    }
    psc__count(&n->shadows);
    n->ratio += good ? PS_GOOD : -PS_BAD;
    if (n->ratio >= PS_DECIDED) n->verdict = PSC_VERDICT_READY;
    if (n->ratio > -PS_DECIDED) return;
    n->verdict = PSC_VERDICT_UNFIT;
    if (n->state == PSC_PERSONA_COLD) n->entered = p->now;
    if (ps_is_held(n)) ps_hold(p, i);
}

static int ps_is_good(const psc_personas *p, const psc_outcome *o)
{
    return o->ok && (psc__nan(&o->reference) || o->latency <= p->tolerance * o->reference);
}

psc_status psc_personas_outcome(psc_personas *personas, int64_t now, const psc_request *request,
                                const psc_outcome *outcome)
{
    psc_status status = ps_personas(personas);
    const psc_outcome *o = outcome;
    double took;
    ps_peer *n;

    if (status != PSC_OK) return status;
    status = ps_request(personas, request);
    if (status != PSC_OK) return status;
    if (!outcome) return PSC_ERR_NULL;
    status = ps_outcome_check(personas, outcome);
    if (status != PSC_OK) return status;

    ps_time(personas, now);
    n = &ps_peers(personas)[o->node];
    took = psc__nan(&o->service) ? ps_most(o->latency - n->wait, o->latency / 5.0) : o->service;
    ps_ended(n, o);
    ps_forget(personas, n);
    n->busy = ps_least(1e15, n->busy + took);
    n->outcome_at = personas->now;
    if (o->shadow) ps_test(personas, o->node, ps_is_good(personas, o));
    if (o->ok) {
        n->error -= PS_SERVED * n->error;
        n->streak = 0;
        if (n->state == PSC_PERSONA_WARMING) psc__count(&n->warmed);
        if (took > 0.0 && request->size + request->complexity + request->steps > 1e-6)
            ps_served(personas, request, o, took);
    } else {
        n->error += PS_FAILED * (1.0 - n->error);
        ps_failed(personas, o->node);
    }
    ps_settle(personas, o->node);
    return PSC_OK;
}

psc_status psc_personas_cost(const psc_personas *personas, const psc_request *request, double *service, double *use)
{
    psc_status status = ps_personas(personas);
    double amount;
    int64_t i;

    if (status != PSC_OK) return status;
    status = ps_request(personas, request);
    if (status != PSC_OK) return status;
    amount = ps_amount(personas, request);
    for (i = 0; i < personas->nodes; i++) {
        if (service) service[i] = ps_service(personas, request, amount, i);
        if (use) use[i] = ps_least(1e30, amount * ps_kinds(personas)[request->type].use);
    }
    return PSC_OK;
}

/* ==== Persona of a node ========================================================================= */

/* What a weighted balancer would give a node, before the largest is made 1: requests a second that it serves. */
static double ps_rate(const psc_personas *p, int64_t i, int64_t type)
{
    const ps_peer *n = &ps_peers(p)[i];
    const double unit = ps_affinity(p)[type * p->nodes + i] * n->factor * n->pace;

    return ps_is_open(p, n) ? ps_workers(p, n, p->now) / unit * (1.0 - n->risk) : 0.0;
}

static double ps_weight_of(const psc_personas *p, int64_t node, int64_t type)
{
    double most = 0.0;
    int64_t i;

    for (i = 0; i < p->nodes; i++) most = ps_most(most, ps_rate(p, i, type));
    return most > 0.0 ? ps_rate(p, node, type) / most : 0.0;
}

psc_status psc_personas_explain(const psc_personas *personas, int32_t node, int32_t type, psc_persona *persona)
{
    psc_status status = ps_personas_node(personas, node);
    const psc_personas *p = personas;
    const ps_peer *n;
    psc_request typical = {0, -1, 1.0, 0.0, 0.0};

    if (status != PSC_OK) return status;
    if (type < 0 || type >= p->types) return PSC_ERR_RANGE;
    if (!persona) return PSC_ERR_NULL;
    n = &ps_peers(p)[node];
    typical.type = type;
    memset(persona, 0, sizeof *persona);
    persona->state = (int32_t)n->state;
    persona->ramp = ps_ramp(p, n, p->now);
    persona->prefetch = n->state == PSC_PERSONA_COLD || (n->state == PSC_PERSONA_WARMING && persona->ramp < 0.5);
    persona->verdict = (int32_t)n->verdict;
    persona->held = ps_is_held(n);
    persona->workers = ps_workers(p, n, p->now);
    persona->out = (double)n->out;
    persona->foreign = ps_foreign(n);
    persona->capacity = ps_clamp(1.0 - (persona->out + persona->foreign) / persona->workers, 0.0, 1.0);
    persona->stability = ps_stability(n);
    persona->affinity = ps_affinity_score(p, type, node, ps_mean_unit(p, type));
    persona->cost = 1.0 / (1.0 + n->price);
    persona->weight = ps_weight_of(p, node, type);
    persona->wait = n->wait;
    persona->service = ps_service(p, &typical, ps_amount(p, &typical), node);
    persona->factor = n->factor;
    persona->risk = n->risk;
    persona->uptime = n->uptime;
    persona->contention = n->contention;
    persona->share = n->share;
    persona->confidence = psc__logistic(n->ratio);
    persona->shadows = n->shadows;
    return PSC_OK;
}

/* ---- Invariants of saved personas ---- */

/* Where a word is, and what it may be: 'd' a double, 'i' an integer within low..high. */
typedef struct ps_rule {
    size_t at;
    int    form;
    double low, high;
} ps_rule;

static int ps_obeys(const psc__image *image, size_t base, const ps_rule *rule, size_t rules)
{
    size_t k;

    for (k = 0; k < rules; k++) {
        const size_t at = base + rule[k].at;
        if (rule[k].form == 'd' ? !psc__real_in(image, at, rule[k].low, rule[k].high)
                                : !ps_between(psc__integer(image, at), (int64_t)rule[k].low, (int64_t)rule[k].high))
            return 0;
    }
    return 1;
}

#define PS_DAYS 86400e9                 /* a day in ns */
#define PS_MANY 1152921504606846976.0   /* PSC__COUNTS */
#define PS_HEAD(field) (offsetof(struct psc_personas, field) / 8)
#define PS_PEER(field) (offsetof(ps_peer, field) / 8)
#define PS_KIND(field) (offsetof(ps_kind, field) / 8)

static int ps_head_valid(const psc__image *image)
{
    static const ps_rule rule[] = {
        {PS_HEAD(policy), 'i', 0, 1}, {PS_HEAD(streak), 'i', 1, 1000}, {PS_HEAD(beat), 'i', 1e6, PS_DAYS},
        {PS_HEAD(hold), 'i', 1e6, PS_DAYS}, {PS_HEAD(cold), 'i', 0, PS_DAYS}, {PS_HEAD(warm), 'i', 1e6, PS_DAYS},
        {PS_HEAD(warm_requests), 'i', 1, 2147483648.0}, {PS_HEAD(prior), 'd', 1e-6, 1e5},
        {PS_HEAD(error_cost), 'd', 0, 1e6}, {PS_HEAD(price_weight), 'd', 0, 1e6}, {PS_HEAD(congestion), 'd', 0, 100},
        {PS_HEAD(shift_margin), 'd', 0, 1000}, {PS_HEAD(target), 'd', 0.1, 1}, {PS_HEAD(drain_at), 'd', 0, 1},
        {PS_HEAD(shadow_rate), 'd', 0, 1}, {PS_HEAD(tolerance), 'd', 0.1, 100}, {PS_HEAD(weight_affinity), 'd', 0, 1e6},
        {PS_HEAD(weight_stability), 'd', 0, 1e6}, {PS_HEAD(weight_cost), 'd', 0, 1e6}, {PS_HEAD(credit), 'd', 0, 1},
        {PS_HEAD(on_lead), 'd', 1.0 / PS_FACTOR, PS_CUT}, {PS_HEAD(off_lead), 'd', 1.0 / PS_FACTOR, PS_CUT},
        {PS_HEAD(shift), 'd', 1, 2}, {PS_HEAD(compared), 'i', 0, PS_MANY}, {PS_HEAD(amount), 'd', 0, PS_LONGEST},
        {PS_HEAD(factor), 'd', 1.0 / PS_FACTOR, PS_FACTOR}
    };
    const int64_t nodes = psc__integer(image, PS_HEAD(nodes));
    const double weights = psc__real(image, PS_HEAD(weight_affinity)) + psc__real(image, PS_HEAD(weight_stability))
                           + psc__real(image, PS_HEAD(weight_cost));

    return ps_obeys(image, 0, rule, sizeof rule / sizeof rule[0]) && weights > 0.0
           && ps_between(psc__integer(image, PS_HEAD(cursor)), 0, nodes - 1)
           && ps_between(psc__integer(image, PS_HEAD(shadow_cursor)), 0, nodes - 1);
}

/* A cause only where it is out, no time after now, the verdict that the test has reached. */
static int ps_peer_valid(const psc__image *image, size_t at)
{
    static const ps_rule rule[] = {
        {PS_PEER(workers), 'd', 0.01, 1e6}, {PS_PEER(pace), 'd', 0.001, 1000}, {PS_PEER(price), 'd', 0, 1e6},
        {PS_PEER(state), 'i', PSC_PERSONA_COLD, PSC_PERSONA_OUT}, {PS_PEER(cause), 'i', 0, PS_CAUSE_DRAINED},
        {PS_PEER(drain), 'i', 0, PS_DRAIN_RISK}, {PS_PEER(streak), 'i', 0, 1000}, {PS_PEER(holds), 'i', 0, 6},
        {PS_PEER(warmed), 'i', 0, PS_MANY}, {PS_PEER(out), 'i', 0, PS_MANY}, {PS_PEER(work), 'd', 0, 1e15},
        {PS_PEER(typical), 'd', 1e-9, PS_LONGEST}, {PS_PEER(factor), 'd', 1.0 / PS_FACTOR, PS_FACTOR},
        {PS_PEER(slow), 'd', 1.0 / PS_FACTOR, PS_FACTOR}, {PS_PEER(foreign), 'd', 0, 1e8 * 1.0001},
        {PS_PEER(busy), 'd', 0, 1e15}, {PS_PEER(error), 'd', 0, 1}, {PS_PEER(beat_error), 'd', 0, 1},
        {PS_PEER(failure), 'd', 0, 1}, {PS_PEER(uptime), 'd', 0, 1}, {PS_PEER(contention), 'd', 0, 1},
        {PS_PEER(demand), 'd', 0, PS_LONGEST}, {PS_PEER(level), 'd', -1e18, 1e18}, {PS_PEER(trend), 'd', -1e18, 1e18},
        {PS_PEER(share), 'd', 0, 1}, {PS_PEER(carry), 'd', 0, 1}, {PS_PEER(ratio), 'd', -5, 5},
        {PS_PEER(shadows), 'i', 0, PS_MANY}, {PS_PEER(verdict), 'i', 0, PSC_VERDICT_UNFIT},
        {PS_PEER(wait), 'd', 0, 1e32}, {PS_PEER(risk), 'd', 0, 1}, {PS_PEER(load), 'd', 0, 25600}
    };
    static const size_t times[] = {
        PS_PEER(entered), PS_PEER(error_at), PS_PEER(beat_at), PS_PEER(outcome_at), PS_PEER(refreshed_at)
    };
    const int out = psc__integer(image, at + PS_PEER(state)) == PSC_PERSONA_OUT;
    size_t k;

    if (!ps_obeys(image, at, rule, sizeof rule / sizeof rule[0])) return 0;
    for (k = 0; k < sizeof times / sizeof times[0]; k++)
        if (psc__integer(image, at + times[k]) > psc__integer(image, PS_HEAD(now))) return 0;
    return out == (psc__integer(image, at + PS_PEER(cause)) != PS_CAUSE_NONE);
}

static int ps_kind_valid(const psc__image *image, size_t at)
{
    static const ps_rule rule[] = {
        {PS_KIND(b), 'd', 0, 1e6}, {PS_KIND(b) + 1, 'd', 0, 1e6}, {PS_KIND(b) + 2, 'd', 0, 1e6},
        {PS_KIND(count), 'i', 0, PS_MANY}, {PS_KIND(use), 'd', 0, 1e24}, {PS_KIND(uses), 'i', 0, PS_MANY}
    };

    return ps_obeys(image, at, rule, sizeof rule / sizeof rule[0]);
}

/* The tournament: every entry is the better of the two below it. */
static int ps_tree_valid(const psc__image *image, size_t key, size_t tree, int64_t nodes)
{
    int64_t j, a, b, won;

    for (j = 0; j < nodes; j++)
        if (!psc__real_in(image, key + (size_t)j, 0.0, 1e61)) return 0;
    for (j = nodes - 1; j >= 1; j--) {
        double x, y;
        a = 2 * j >= nodes ? 2 * j - nodes : psc__integer(image, tree + (size_t)(2 * j));
        b = 2 * j + 1 >= nodes ? 2 * j + 1 - nodes : psc__integer(image, tree + (size_t)(2 * j + 1));
        x = psc__real(image, key + (size_t)a);
        y = psc__real(image, key + (size_t)b);
        won = x < y || (x == y && a < b) ? a : b;
        if (psc__integer(image, tree + (size_t)j) != won) return 0;
    }
    return psc__integer(image, tree) == 0;
}

static int ps_arrays_valid(const psc__image *image, size_t at, int64_t nodes, int64_t types)
{
    const size_t n = (size_t)nodes, pairs = n * (size_t)types;
    size_t k;

    for (k = 0; k < n; k++)
        if (!psc__real_in(image, at + k, 0.0, PS_BARRED) || !psc__real_in(image, at + n + k, 0.0, 1e20)) return 0;
    at += 2 * n;
    for (k = 0; k < pairs; k++)
        if (!psc__real_in(image, at + k, 1.0 / PS_FACTOR, PS_FACTOR)
            || !ps_between(psc__integer(image, at + pairs + k), 0, PSC__COUNTS))
            return 0;
    at += 2 * pairs;
    return nodes <= PSC_PERSONAS_EXACT || ps_tree_valid(image, at, at + n, nodes);
}

static int ps_personas_valid(const psc__image *image)
{
    const int64_t nodes = image->words > sizeof(psc_personas) / 8 ? psc__integer(image, PS_HEAD(nodes)) : 0;
    const int64_t types = nodes ? psc__integer(image, PS_HEAD(types)) : 0;
    size_t at = sizeof(psc_personas) / 8;
    int64_t i, in = 0;

    if (!ps_between(nodes, 1, PSC_MAX_PERSONAS) || !ps_between(types, 1, PSC_MAX_REQUEST_TYPES)
        || image->words != ps_personas_words(nodes, types) || !ps_head_valid(image))
        return 0;
    for (i = 0; i < nodes; i++, at += sizeof(ps_peer) / 8) {
        const int64_t state = psc__integer(image, at + PS_PEER(state));
        if (!ps_peer_valid(image, at)) return 0;
        in += state == PSC_PERSONA_WARMING || state == PSC_PERSONA_READY;
    }
    for (i = 0; i < types; i++, at += sizeof(ps_kind) / 8)
        if (!ps_kind_valid(image, at)) return 0;
    return in == psc__integer(image, PS_HEAD(in)) && ps_arrays_valid(image, at, nodes, types);
}
