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
        sizeof(psc_waves_info), sizeof(psc_split_config), sizeof(psc_split_view), sizeof(psc_split_order),
        sizeof(psc_echo_config), sizeof(psc_echo_nodes), sizeof(psc_echo_route), sizeof(psc_echo_order),
        sizeof(psc_echo_block), sizeof(psc_map_config), sizeof(psc_map_change), sizeof(psc_map_place),
        sizeof(psc_map_fault)
    };

    return which >= PSC_STRUCT_STATE && which <= PSC_STRUCT_MAP_FAULT ? bytes[which - PSC_STRUCT_STATE] : 0;
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

static const int32_t ps_types[] = {PSC_TYPE_TRACKER, PSC_TYPE_NODE, PSC_TYPE_SPLIT, PSC_TYPE_ECHO, PSC_TYPE_MAP};

static int ps_type_known(int32_t type)
{
    size_t i;

    for (i = 0; i < sizeof ps_types / sizeof *ps_types; i++) if (ps_types[i] == type) return 1;
    return 0;
}

int32_t psc_state_type(const void *state)
{
    size_t i;

    for (i = 0; i < sizeof ps_types / sizeof *ps_types; i++) {
        psc_status status = psc__state(state, ps_types[i]);
        if (status != PSC_ERR_STATE) return status == PSC_OK ? ps_types[i] : status;
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

/* Whether an image holds a state of this type with all its invariants. */
static int ps_image_valid(int32_t type, const psc__image *image)
{
    switch (type) {
    case PSC_TYPE_TRACKER: return psc__tracker_valid(image);
    case PSC_TYPE_NODE: return ps_node_valid(image);
    case PSC_TYPE_SPLIT: return psc__split_valid(image);
    case PSC_TYPE_ECHO: return psc__echo_valid(image);
    case PSC_TYPE_MAP: return psc__map_valid(image);
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
