/* predscale.c - nodes as they live: heartbeats, instability, failure probability; save and load; requests and the
 * personas of nodes that take them; scaling; the control loop from loads to moves.
 *
 * What is here: what is known of one node from its heartbeats, how unstable it looks and since when, how late
 * its next beat is, what that says of a failure, and when to act on it; and the bytes of every state. What is not:
 * what to do then; whether a beat is authentic, which only the host can know.
 *
 * A node is held against itself. Each metric has a baseline, an exponentially weighted mean and variance [1] that
 * learns values cut at five standard deviations, so that an incident does not become the new normal at once, and a
 * profile of the day, believed where it explains enough. Four members look at a value: its distance from what the
 * time of day lets expect; the error of an autoregression solved from running products by the recursion of Durbin
 * and Levinson [3]; the way it has come from the learning time; and whether it was seen before. Distances keep their
 * size: turned into tail probabilities metric by metric they saturate, and the score loses a third of its precision
 * on SMD. Over the metrics two blends are made, the extreme (mean of the three largest) and the joint (mean
 * logarithm of all), and their product is the level. Novelty makes the announcement: what rises above a high mark,
 * by the square of the quiet before it; for an alarm after a quiet time is more often true than one after an alarm.
 * The absence of beats is a channel of its own, phi accrual [2]. What the numbers say of a failure the fleet's model
 * learns from outcomes, a logistic by an extended Kalman filter [4].
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
 * [3] Durbin 1960, The fitting of time-series models
 * [4] Fahrmeir 1992, Posterior mode estimation by extended Kalman filtering for multivariate dynamic generalized linear
 *     models
 *
 * Contents, by the texts of the banners:
 *     Status, version, sizes
 *     Node state
 *     Time of day
 *     Members
 *     Novelty
 *     Signs
 *     Beats
 *     Score
 *     Silence
 *     Failure model
 *     Outcomes that come late
 *     Thresholds
 *     Relief
 *     Save and load
 *     Personas
 *     Assignment
 *     Persona of a node
 *     Producer
 *     Report
 *     Demand
 *     Scaler
 *     JSON
 *     Outlook
 *     Control
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
        sizeof(psc_state), sizeof(psc_beat), sizeof(psc_node_config), sizeof(psc_node_score),
        sizeof(psc_failure_config),
        sizeof(psc_tracker_config), sizeof(psc_drift), sizeof(psc_series), sizeof(psc_naive_options),
        sizeof(psc_sar_options), sizeof(psc_theta_options), sizeof(psc_decomposition_options),
        sizeof(psc_croston_options), sizeof(psc_ets_options), sizeof(psc_ar_options), sizeof(psc_arima_options),
        sizeof(psc_additive_options), sizeof(psc_gru_options), sizeof(psc_forecast_config), sizeof(psc_forecast_info),
        sizeof(psc_forecast_member), sizeof(psc_backtest_config), sizeof(psc_accuracy), sizeof(psc_parts),
        sizeof(psc_regressors_config), sizeof(psc_regressors_info), sizeof(psc_event), sizeof(psc_calendar),
        sizeof(psc_hierarchy), sizeof(psc_reconcile_info), sizeof(psc_changes), sizeof(psc_ranked),
        sizeof(psc_rank_info), sizeof(psc_balance), sizeof(psc_cluster), sizeof(psc_imbalance), sizeof(psc_plan_config),
        sizeof(psc_plan_info), sizeof(psc_refusal), sizeof(psc_waves_config), sizeof(psc_move),
        sizeof(psc_waves_info), sizeof(psc_failure_report), sizeof(psc_threshold_config),
        sizeof(psc_shift), sizeof(psc_silence_config), sizeof(psc_silence_report), sizeof(psc_relief),
        sizeof(psc_relief_info), sizeof(psc_pair), sizeof(psc_fault), sizeof(psc_provision),
        sizeof(psc_personas_config), sizeof(psc_persona_beat), sizeof(psc_request), sizeof(psc_assignment),
        sizeof(psc_outcome), sizeof(psc_persona), sizeof(psc_split_config), sizeof(psc_split_view),
        sizeof(psc_split_order), sizeof(psc_echo_config), sizeof(psc_echo_nodes), sizeof(psc_echo_route),
        sizeof(psc_echo_order), sizeof(psc_echo_block), sizeof(psc_map_config), sizeof(psc_map_change),
        sizeof(psc_map_place), sizeof(psc_map_fault), sizeof(psc_message), sizeof(psc_transfer_config),
        sizeof(psc_transfer_event), sizeof(psc_transfer_action), sizeof(psc_trial_config), sizeof(psc_trial_pair),
        sizeof(psc_trial_info), sizeof(psc_stages_config), sizeof(psc_stages_input), sizeof(psc_stages_output),
        sizeof(psc_way), sizeof(psc_blocks_info), sizeof(psc_usage), sizeof(psc_producer_config),
        sizeof(psc_source), sizeof(psc_report), sizeof(psc_bottleneck), sizeof(psc_demand_config),
        sizeof(psc_demand_now), sizeof(psc_scaler_config), sizeof(psc_decision),
        sizeof(psc_outlook_config), sizeof(psc_surge), sizeof(psc_control), sizeof(psc_order), sizeof(psc_control_info)
    };

    return which >= PSC_STRUCT_STATE && which < PSC_STRUCT_END ? bytes[which - PSC_STRUCT_STATE] : 0;
}

/* ==== Node state ================================================================================ */

#define PS_MILLISECOND INT64_C(1000000)             /* in ns */
#define PS_DAY INT64_C(86400000000000)              /* in ns */
#define PS_CENTURIES (36600 * PS_DAY)               /* no horizon and no wait are longer */
#define PS_MAX_JUMP (UINT64_C(1) << 62)
#define PS_LEVEL_GAIN 0.125     /* of |z|: mean of 15 beats, 2 / (15 + 1); 9 and 20 are within 0.01 on SMD    */
#define PS_PAUSE 10         /* an interval of more than so many expected ones is an outage, and teaches nothing */
#define PS_TIME_VARIANCE 1e32   /* no interval is longer than 10 days, 8.64e14 ns; its square is below this */

enum {
    PS_BINS = 48,           /* of a day's profile: half an hour each                                          */
    PS_WEEK = 7,            /* days; two of them have a profile of their own                                  */
    PS_LAGS = 3,            /* of the autoregression: SMD and ASD gained nothing from more                    */
    PS_SEEN = 64,           /* values remembered; 50 fill the range at PS_RESOLUTION                          */
    PS_SETTLE = 30,         /* reports of a metric before its spread is taken for one                         */
    PS_WINDOW = 8,          /* sequence numbers that a late beat may be behind the newest one, itself counted */
    PS_SIGNED = 6,          /* metrics that the signs look at: PSC_METRIC_RATE .. PSC_METRIC_NETWORK          */
    PS_RECENT = 5,          /* steps whose mean is "now": bursts of errors are shorter                        */
    PS_MEMORIES = 61        /* steps over which the memory's rise is taken                                    */
};

/* What a beat moves of a metric but for the profile and the sets. The AR lives on the standardised value u. */
typedef struct ps_motion {
    int64_t  count;                         /* reports taken                                                  */
    double   floor;                         /* least standard deviation                                       */
    double   low, high;                     /* range of the value                                             */
    double   origin;                        /* first value; all below is about values less this one           */
    double   mean, variance;                /* of the value                                                   */
    double   level, rest_error, total_error;/* mean uncut; mean squares about the profile and about the level */
    double   rest_mean, rest_variance;      /* of the residual                                                */
    double   z, z_held;                     /* |z| of the residual, newest and held                           */
    double   product[PS_LAGS + 1];          /* running products of u and its lags                             */
    double   lag[PS_LAGS], weight[PS_LAGS];
    double   error_variance;                /* of the AR's errors                                             */
    double   e, e_held, e_usual;            /* |AR residual| in standard deviations: newest, held, its mean   */
    double   start_mean, start_sd, drift;   /* of the learning time, and the smoothed distance from it        */
} ps_motion;

/* What is known of one metric. */
typedef struct ps_metric {
    ps_motion move;
    double   rest, rest_low, rest_high;     /* smoothed residual, and its range                               */
    int64_t  values, rests;                 /* values in the two sets below                                   */
    uint64_t profile[PS_BINS];              /* two floats a word: workday, weekend                            */
    uint64_t filled[PS_BINS / 4];           /* eight counts of 8 bits a word                                  */
    uint64_t value[PS_SEEN], rested[PS_SEEN];   /* float in bits 32..63, report it was last near in 0..31     */
} ps_metric;

/* Steps of half a minute or so, and the signs of a failure that they show; of the first PS_SIGNED metrics of a beat. */
typedef struct ps_signs {
    int64_t  beats, steps, memories;        /* beats in this step; steps in the rings below, of this epoch    */
    int64_t  from, learned;                 /* begin of this step; steps in the baseline                      */
    double   sum[PS_SIGNED], reports[PS_SIGNED];
    double   late, gaps;                    /* of this step: sum and number of intervals, in expected ones    */
    double   recent[PS_RECENT * PS_SIGNED]; /* means of the last steps, newest first                          */
    double   memory[PS_MEMORIES];           /* of the memory, newest first                                    */
    double   base[PS_SIGNED];               /* usual mean of a step at the usual rate                         */
    double   load_square, load_product[3];  /* of the relative rate less 1, and with CPU, latency, network    */
    double   sign[PSC_SIGNS];
} ps_signs;

/* Then the metrics; then PS_WINDOW places for beats that wait, each its received_at and its metrics: the beat of
 * sequence s has place s % PS_WINDOW, and one that is empty is zero. */
struct psc_node {
    psc_state head;
    int64_t  id, metrics, learn, memory, interval, pause, day, step;
    uint64_t max_jump;
    double   winsor, relative_floor;
    uint64_t epoch, newest;                 /* of the newest beat                                             */
    int64_t  sent_at, received_at, shards, beats;
    uint64_t next, waiting;                 /* next number to be folded; places in use, by bits               */
    int64_t  folded_at, chained;            /* the last beat folded; whether the next one follows on it       */
    double   gap_mean, gap_variance;        /* of the intervals between beats, ns                             */
    double   gap_z, gap_held;               /* distance of the last interval from it, and held                */
    int64_t  gaps;                          /* intervals learned                                              */
    double   mark, onset;                   /* high mark of the novelty, and the newest beat's onset          */
    int64_t  quiet;                         /* beats since the last novelty that counts                       */
    ps_signs signs;
};

#define PS_AT(field) (offsetof(struct psc_node, field) / 8)
#define PS_METRIC_WORDS (sizeof(ps_metric) / 8)

static ps_metric *ps_metrics(const psc_node *n) { return (ps_metric *)(uintptr_t)(n + 1); }

/* Place of a beat that waits: received_at, then its metrics, as words. */
static uint64_t *ps_place(const psc_node *n, uint64_t sequence)
{
    uint64_t *first = (uint64_t *)(uintptr_t)(ps_metrics(n) + n->metrics);
    return first + (size_t)(sequence % PS_WINDOW) * (1 + (size_t)n->metrics);
}

static size_t ps_node_bytes(int64_t metrics)
{
    return sizeof(psc_node) + (size_t)metrics * sizeof(ps_metric) + PS_WINDOW * (1 + (size_t)metrics) * 8;
}

/* The numbers that a configuration and a saved state have in common. */
static int ps_node_parameters(int64_t metrics, int64_t learn, int64_t memory, int64_t interval, int64_t pause,
                              int64_t step)
{
    return metrics >= 1 && metrics <= PSC_MAX_METRICS && memory >= 2 && memory <= INT64_C(2147483648) && learn >= 2
           && learn <= INT64_C(2147483648) && interval >= PS_MILLISECOND && interval <= PS_DAY && pause >= 0
           && pause <= PS_DAY && step >= PS_MILLISECOND && step <= PS_DAY;
}

static int ps_day_possible(int64_t day)
{
    return day == 0 || (day >= PS_BINS * PS_MILLISECOND && day <= 31 * PS_DAY);
}

void psc_node_default(psc_node_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->metrics = PSC_METRIC_HOST;
    config->learn = 60;
    config->memory = 10000;
    config->interval_ns = INT64_C(1000000000);
    config->day_ns = PS_DAY;
    config->step_ns = INT64_C(30000000000);
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
    if (!ps_node_parameters(config->metrics, config->learn, config->memory, config->interval_ns, config->pause_ns,
                            config->step_ns)
        || !ps_day_possible(config->day_ns) || config->max_jump < 1 || config->max_jump > PS_MAX_JUMP
        || !psc__within(config->winsor, 1.0, 100.0)
        || !psc__within(config->relative_floor, 0.0, 1.0))
        return 0;
    for (k = 0; k < config->metrics; k++)
        if (!psc__within(ps_floor_of(config, k), DBL_MIN, PSC_MAX_METRIC)) return 0;
    return ps_node_bytes(config->metrics);
}

psc_status psc_node_init(psc_node *node, size_t bytes, const psc_node_config *config)
{
    psc_status status;
    int k;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(node, bytes, psc_node_size(config), PSC_TYPE_NODE);
    if (status != PSC_OK) return status;

    node->id = config->id;
    node->metrics = config->metrics;
    node->learn = config->learn;
    node->memory = config->memory;
    node->interval = config->interval_ns;
    node->pause = config->pause_ns;
    node->day = config->day_ns;
    node->step = config->step_ns;
    node->max_jump = config->max_jump;
    node->winsor = config->winsor;
    node->relative_floor = config->relative_floor;
    node->gap_mean = (double)config->interval_ns;
    node->gap_variance = node->gap_mean * node->gap_mean / 16.0;    /* Akka's start: mean +- a quarter of it */
    for (k = 0; k < config->metrics; k++) ps_metrics(node)[k].move.floor = ps_floor_of(config, k);
    return PSC_OK;
}

/* A node whose indices can be followed. */
static psc_status ps_node(const psc_node *n)
{
    psc_status status = psc__state(n, PSC_TYPE_NODE);
    int64_t k;

    if (status != PSC_OK) return status;
    if (n->metrics < 1 || n->metrics > PSC_MAX_METRICS
        || n->head.words != ps_node_bytes(n->metrics) / 8 || n->day < 0 || n->signs.steps < 0
        || n->signs.steps > PS_RECENT || n->signs.memories < 0 || n->signs.memories > PS_MEMORIES)
        return PSC_ERR_STATE;
    for (k = 0; k < n->metrics; k++) {
        const ps_metric *m = &ps_metrics(n)[k];
        if (m->values < 0 || m->values > PS_SEEN || m->rests < 0 || m->rests > PS_SEEN) return PSC_ERR_STATE;
    }
    return PSC_OK;
}

static int ps_metric_possible(int k, double x)
{
    const int share = k == PSC_METRIC_ERRORS || k == PSC_METRIC_CPU || k == PSC_METRIC_MEMORY;

    if (psc__nan(&x)) return 1;
    return psc__within(x, k < PSC_METRIC_HOST ? 0.0 : -PSC_MAX_METRIC, share ? 1.0 : PSC_MAX_METRIC);
}

/* Where a beat stands in its epoch. The numbers wrap: a distance of less than half of them is ahead. A number before
 * `next` that lies in the window was folded, for one is given up only when it leaves the window. */
static psc_status ps_order_check(const psc_node *n, uint64_t epoch, uint64_t sequence)
{
    if (n->beats == 0 || epoch > n->epoch) return PSC_OK;
    if (epoch < n->epoch) return PSC_ERR_STALE;
    if (sequence != n->newest && sequence - n->newest < UINT64_C(1) << 63)
        return sequence - n->newest <= n->max_jump ? PSC_OK : PSC_ERR_IMPOSSIBLE;
    if (n->newest - sequence >= PS_WINDOW) return PSC_ERR_STALE;
    if (sequence - n->next >= UINT64_C(1) << 63 || n->waiting >> sequence % PS_WINDOW & 1) return PSC_ERR_REPEAT;
    return PSC_OK;
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

/* Whether a beat may be taken; the order of the tests is the header's. */
static psc_status ps_beat_check(const psc_node *n, const psc_beat *beat, const double *metric)
{
    psc_status status;

    if (beat->node != n->id || beat->sender != beat->node) return PSC_ERR_FORGED;
    status = ps_order_check(n, beat->epoch, beat->sequence);
    return status == PSC_OK ? ps_beat_possible(beat, metric, (int32_t)n->metrics) : status;
}

/* b - a in ns, 0 if b is not after a. Unsigned, so that no pair of times overflows. */
static uint64_t ps_elapsed(int64_t a, int64_t b)
{
    return b > a ? (uint64_t)b - (uint64_t)a : 0;
}

/* at + d, d in ns from 0 to 1e17, or the end of time. */
static int64_t ps_later(int64_t at, double d)
{
    return at > INT64_MAX - (int64_t)d ? INT64_MAX : at + (int64_t)d;
}

static double ps_least(double a, double b) { return a < b ? a : b; }
static double ps_most(double a, double b) { return a > b ? a : b; }
static double ps_clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

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

static double ps_cut(double x, double limit)
{
    if (x > limit) return limit;
    return x < -limit ? -limit : x;
}

/* The interval between a beat and the one before it in number: its own metric, whose deviation is jitter. */
static void ps_gap_learn(psc_node *n, int64_t at)
{
    const uint64_t gap = ps_elapsed(n->folded_at, at);
    const double least = 0.1 * ps_most((double)n->interval, n->gap_mean);

    if (!n->chained || gap == 0 || gap > PS_PAUSE * (uint64_t)n->interval) return;
    n->gap_z = n->gaps < PS_SETTLE ? 0.0
               : ps_cut(fabs((double)gap - n->gap_mean) / ps_most(sqrt(n->gap_variance), least), PSC_MAX_Z);
    n->gap_held += PS_LEVEL_GAIN * (n->gap_z - n->gap_held);
    ps_learn(&n->gap_mean, &n->gap_variance, (double)gap, ps_weight(n->gaps + 1, n->memory));
    psc__count(&n->gaps);
    n->signs.late += (gap > 3 * (uint64_t)n->interval ? 3.0 * (double)n->interval : (double)gap) / (double)n->interval;
    n->signs.gaps += 1.0;
}

/* ==== Time of day =============================================================================== */

#define PS_PROFILE_RATE 0.02    /* least gain of a bin: SMD and ASD lose at 0.05 and at 0.01                      */
#define PS_EXPLAINS 0.3         /* share of the variance from which the profile is believed: 0.1 to 0.3 alike     */

static float ps_low_float(uint64_t w)
{
    const uint32_t bits = (uint32_t)(w & 0xffffffffu);
    float f;

    memcpy(&f, &bits, 4);
    return f;
}

static float ps_high_float(uint64_t w) { return ps_low_float(w >> 32); }

static uint64_t ps_float_bits(double x)
{
    const float f = (float)x;
    uint32_t bits;

    memcpy(&bits, &f, 4);
    return bits;
}

/* Place of a moment in the two profiles: bin of the day, and PS_BINS more on the last two days of a week. */
static int ps_slot(const psc_node *n, int64_t at)
{
    int64_t days, within;

    if (n->day == 0) return 0;
    days = at / n->day;
    within = at % n->day;
    if (within < 0) { within += n->day; days--; }
    days = (days % PS_WEEK + PS_WEEK) % PS_WEEK;
    /* Day 0 of the clock is a Thursday in Unix time: 2 and 3 are its Saturday and Sunday. */
    return (int)((double)within / (double)n->day * (double)PS_BINS) % PS_BINS + (days == 2 || days == 3 ? PS_BINS : 0);
}

static int ps_filled(const ps_metric *m, int slot) { return (int)(m->filled[slot / 8] >> slot % 8 * 8 & 0xff); }

static double ps_profile(const ps_metric *m, int slot)
{
    const uint64_t w = m->profile[slot % PS_BINS];
    return slot < PS_BINS ? (double)ps_low_float(w) : (double)ps_high_float(w);
}

static void ps_profile_learn(ps_metric *m, int slot, double x)
{
    const int count = ps_filled(m, slot), half = slot < PS_BINS ? 0 : 32;
    const double past = ps_profile(m, slot), first = 1.0 / (count + 1);
    const double y = past + (first > PS_PROFILE_RATE ? first : PS_PROFILE_RATE) * (x - past);
    uint64_t *w = &m->profile[slot % PS_BINS];

    *w = (*w & ~(UINT64_C(0xffffffff) << half)) | ps_float_bits(y) << half;
    if (count < 255) m->filled[slot / 8] += UINT64_C(1) << slot % 8 * 8;
}

/* Share of the variance that the profile explains. */
static double ps_explained(const ps_motion *m)
{
    return m->total_error > 0.0 ? 1.0 - m->rest_error / m->total_error : 0.0;
}

/* What is left of x after the time of day, and what the profile is worth. A bin that was never met borrows from the
 * other kind of day; where both are empty the mean is expected. */
static double ps_residual(const ps_metric *metric, ps_motion *m, int64_t memory, int slot, double x)
{
    const double weight = ps_weight(m->count, memory);
    double r, d;

    if (!ps_filled(metric, slot)) slot = (slot + PS_BINS) % (2 * PS_BINS);
    r = m->count == 0 ? 0.0 : x - (ps_filled(metric, slot) ? ps_profile(metric, slot) : m->mean);
    if (ps_filled(metric, slot) && m->count > PS_BINS) {
        d = x - m->level;
        m->rest_error += weight * (r * r - m->rest_error);
        m->total_error += weight * (d * d - m->total_error);
    }
    m->level += weight * (x - m->level);
    return r;
}

/* ==== Members =================================================================================== */

#define PS_RANGE_FLOOR 0.03     /* least standard deviation as a share of the range seen                      */
#define PS_TINY_FLOOR 1e-6      /* and of the size of the mean: a constant that moves by less has not moved   */
#define PS_ERROR_GAIN (1.0 / 3.0)   /* of the AR's errors: mean of 5 beats                                    */
#define PS_DRIFT_GAIN (2.0 / 9.0)   /* of the distance from the start: mean of 8 beats; 8 to 32 alike         */
#define PS_LAG_LIMIT 20.0       /* of a standardised value that the AR looks back on                          */
#define PS_ERROR_FLOOR 0.02     /* least standard deviation of the AR's errors, of a value of spread 1        */
#define PS_REFIT 16             /* reports between two solutions of the AR                                    */
#define PS_USUAL 3.0            /* times its mean: about the 99th centile of a held AR error                      */
#define PS_USUAL_FLOOR 0.05     /* least scale of it, in standard deviations                                  */
#define PS_SUDDEN 0.5           /* weight of what this beat says alone beside what is held                    */
#define PS_TOP 3                /* metrics that make the extreme: 2 to 5 are alike                            */

static double ps_spread(const ps_motion *m, double variance, double relative)
{
    double least = ps_most(m->floor, PS_RANGE_FLOOR * (m->high - m->low));

    least = ps_most(least, ps_most(relative, PS_TINY_FLOOR) * fabs(m->origin + m->mean));
    return ps_most(sqrt(variance), least);
}

/* Distance of the residual from its own mean, newest and held. */
static void ps_deviation(ps_motion *m, const psc_node *n, double r, double relative)
{
    const double sd = ps_spread(m, m->rest_variance, relative);
    const int settled = m->count >= PS_SETTLE;
    const double z = settled ? ps_cut((r - m->rest_mean) / sd, PSC_MAX_Z) : 0.0;

    ps_learn(&m->rest_mean, &m->rest_variance, settled ? m->rest_mean + ps_cut(r - m->rest_mean, n->winsor * sd) : r,
             ps_weight(m->count, n->memory));
    m->z = fabs(z);
    m->z_held += PS_LEVEL_GAIN * (m->z - m->z_held);
}

/* Durbin and Levinson's recursion: weights from the products of lags 0..PS_LAGS. Partial correlations are kept
 * inside the unit circle, so the weights are bounded whatever the products. */
static void ps_solve_lags(ps_motion *m)
{
    double next[PS_LAGS], left = m->product[0] * 1.0001 + 1e-9;
    int i, k;

    for (k = 0; k < PS_LAGS; k++) {
        double part = m->product[k + 1];
        for (i = 0; i < k; i++) part -= m->weight[i] * m->product[k - i];
        part = ps_cut(part / left, 0.999);
        for (i = 0; i < k; i++) next[i] = m->weight[i] - part * m->weight[k - 1 - i];
        memcpy(m->weight, next, (size_t)k * sizeof next[0]);
        m->weight[k] = part;
        left *= 1.0 - part * part;
    }
}

static void ps_products(ps_motion *m, double u, double winsor, double weight)
{
    const double cut = ps_cut(u, winsor);
    int i;

    m->product[0] += weight * (cut * cut - m->product[0]);
    for (i = 0; i < PS_LAGS; i++)
        m->product[i + 1] += weight * (cut * ps_cut(m->lag[i], winsor) - m->product[i + 1]);
    for (i = PS_LAGS - 1; i > 0; i--) m->lag[i] = m->lag[i - 1];
    m->lag[0] = ps_cut(u, PS_LAG_LIMIT);
}

/* What the last three values do not tell of this one. */
static void ps_autoregress(ps_motion *m, const psc_node *n, double u)
{
    const double sd = ps_most(sqrt(m->error_variance), PS_ERROR_FLOOR), weight = ps_weight(m->count, n->memory);
    const int settled = m->count >= PS_SETTLE;
    double e = u, cut;
    int i;

    if (m->count % PS_REFIT == 0) ps_solve_lags(m);
    for (i = 0; i < PS_LAGS; i++) e -= m->weight[i] * m->lag[i];
    cut = settled ? ps_cut(e, n->winsor * sd) : e;
    m->error_variance += weight * (cut * cut - m->error_variance);
    m->e = settled ? ps_cut(fabs(e) / sd, PSC_MAX_Z) : 0.0;
    m->e_held += PS_ERROR_GAIN * (m->e - m->e_held);
    m->e_usual += weight * ((settled ? ps_cut(m->e_held, 4.0 * m->e_usual + 0.1) : m->e_held) - m->e_usual);
    ps_products(m, u, n->winsor, weight);
}

/* How far the metric has come from its learning time. */
static void ps_drift(ps_motion *m, const psc_node *n, double x)
{
    if (m->count + 1 < n->learn) return;
    if (m->count + 1 == n->learn) {
        m->start_mean = m->mean;
        m->start_sd = ps_spread(m, m->variance, 0.0);
        return;
    }
    m->drift += PS_DRIFT_GAIN * (ps_cut((x - m->start_mean) / m->start_sd, PSC_MAX_Z) - m->drift);
}

/* One value, as distance from the origin and from what the time of day lets expect, into all that moves. */
static void ps_move(const psc_node *n, ps_motion *m, int k, double x, double r)
{
    const double relative = k < PSC_METRIC_HOST ? n->relative_floor : 0.0;
    const double d = x - m->mean, rest = ps_explained(m) > PS_EXPLAINS ? r : d, weight = ps_weight(m->count, n->memory);
    double sd;

    ps_deviation(m, n, rest, relative);
    sd = ps_spread(m, m->variance, 0.0);
    ps_autoregress(m, n, m->count < PS_SETTLE / 3 ? 0.0 : ps_cut(d / sd, PSC_MAX_Z));
    ps_learn(&m->mean, &m->variance, m->count >= PS_SETTLE ? m->mean + ps_cut(d, n->winsor * sd) : x, weight);
    ps_drift(m, n, x);
    psc__count(&m->count);
}

/* ==== Novelty =================================================================================== */

#define PS_RESOLUTION 0.02      /* of the range: what is nearer to a value seen is that value                 */
#define PS_FORGET 4000u         /* reports after which a value that did not return is new again                */
#define PS_REST_GAIN (2.0 / 7.0)    /* of the smoothed residual: mean of 6                                    */
#define PS_BELIEVED 0.5         /* share explained from which a residual can be new                           */
#define PS_REST_WEIGHT 0.8      /* of its square beside that of a value                                       */
#define PS_MAX_NOVELTY 10.0     /* ranges                                                                     */
#define PS_HELD 0.96            /* how much of the high mark is left after a beat                             */
#define PS_NEW 0.85             /* share of the high mark that a new incident must exceed                     */
#define PS_COUNTS 1e-3          /* novelty from which the quiet is over: 3 % of a range                       */
#define PS_QUIET 500            /* beats of quiet after which an announcement has its full weight             */

/* A set of values seen, ascending; each holds the report at which a value was last near it. */
typedef struct ps_set {
    uint64_t *entry;
    int64_t  *count;
    double   *low, *high;
} ps_set;

static void ps_set_remove(const ps_set *s, int64_t i)
{
    memmove(s->entry + i, s->entry + i + 1, (size_t)(*s->count - i - 1) * 8);
    (*s->count)--;
}

/* First entry not below x. */
static int64_t ps_set_find(const ps_set *s, double x)
{
    int64_t low = 0, high = *s->count;

    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if ((double)ps_high_float(s->entry[middle]) < x) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Entry nearest to x, the lower one of equals; those last near more than PS_FORGET reports ago are dropped when met.
 * -1: the set is empty. */
static int64_t ps_set_nearest(const ps_set *s, double x, uint32_t now)
{
    for (;;) {
        int64_t i = ps_set_find(s, x);
        if (*s->count == 0) return -1;
        if (i == *s->count || (i > 0 && x - (double)ps_high_float(s->entry[i - 1])
                                        <= (double)ps_high_float(s->entry[i]) - x))
            i--;
        if ((uint32_t)(now - (uint32_t)(s->entry[i] & 0xffffffffu)) <= PS_FORGET) return i;
        ps_set_remove(s, i);
    }
}

/* Room for one more: the entry goes whose neighbours are closest, for it is missed least. */
static void ps_set_thin(const ps_set *s)
{
    int64_t i, least = 1;
    double width = DBL_MAX;

    for (i = 1; i + 1 < *s->count; i++) {
        const double d = (double)ps_high_float(s->entry[i + 1]) - (double)ps_high_float(s->entry[i - 1]);
        if (d < width) { width = d; least = i; }
    }
    ps_set_remove(s, least);
}

static void ps_set_add(const ps_set *s, double x, uint64_t entry)
{
    int64_t i;

    if (*s->count == PS_SEEN) ps_set_thin(s);
    i = ps_set_find(s, x);
    memmove(s->entry + i + 1, s->entry + i, (size_t)(*s->count - i) * 8);
    s->entry[i] = entry;
    (*s->count)++;
}

/* Distance of x from what was seen, in ranges seen before x; x then belongs to what was seen. */
static double ps_novelty(const ps_set *s, double x, uint32_t now)
{
    const double y = (double)(float)x, range = *s->high - *s->low;
    const uint64_t entry = ps_float_bits(x) << 32 | now;
    const int64_t i = ps_set_nearest(s, y, now);
    const double d = i < 0 ? 0.0 : fabs(y - (double)ps_high_float(s->entry[i]));
    double out = range > 0.0 ? d / range : d > 0.0 ? 1.0 : 0.0;

    if (*s->count == 0 && range <= 0.0) *s->low = *s->high = y;
    if (y < *s->low) *s->low = y;
    if (y > *s->high) *s->high = y;
    if (i < 0 || d > PS_RESOLUTION * (*s->high - *s->low)) ps_set_add(s, y, entry);
    else s->entry[i] = (s->entry[i] & ~UINT64_C(0xffffffff)) | now;
    return out < PS_MAX_NOVELTY ? out : PS_MAX_NOVELTY;
}

/* Novelty of the value and, where the time of day explains much, of what it leaves. */
static double ps_metric_novelty(ps_metric *m, double x, double r)
{
    const double explained = ps_explained(&m->move);
    const uint32_t now = (uint32_t)(m->move.count & 0xffffffff);
    ps_set values, rests;
    double a, b;

    values.entry = m->value;
    values.count = &m->values;
    values.low = &m->move.low;
    values.high = &m->move.high;
    rests.entry = m->rested;
    rests.count = &m->rests;
    rests.low = &m->rest_low;
    rests.high = &m->rest_high;
    m->rest += m->move.count == 0 ? 0.0 : PS_REST_GAIN * (r - m->rest);
    a = ps_novelty(&values, x, now);
    b = ps_novelty(&rests, m->rest, now);
    b = explained > PS_BELIEVED ? b * explained : 0.0;
    return a * a + PS_REST_WEIGHT * b * b;
}

/* From novelty to announcement: what rises above the mark, by how long it was quiet before. */
static void ps_onset(psc_node *n, double s)
{
    const double new_ = s - PS_NEW * n->mark;
    double share;

    n->mark = ps_most(PS_HELD * n->mark, s);
    psc__count(&n->quiet);
    share = n->quiet < PS_QUIET ? (double)n->quiet / PS_QUIET : 1.0;
    n->onset = new_ > 0.0 ? new_ * share * share : 0.0;
    if (new_ > PS_COUNTS) n->quiet = 0;
}

/* ==== Signs ===================================================================================== */

#define PS_BASE_STEPS 240       /* steps that the base remembers: two hours of half minutes                     */
#define PS_BASE_SETTLE 30       /* steps before a mean is cut when it is learned                              */
#define PS_SHARE_CUT 0.1        /* a share (CPU, memory) moves the base by no more than if it were this far   */
#define PS_RELATIVE_CUT 0.5     /* and another metric than if it were this share of the base away             */
#define PS_FEW_ERRORS 2e-4      /* share of errors that says nothing: added before a logarithm                */
#define PS_TINY 1e-9            /* added to what is divided by or taken the logarithm of                      */
#define PS_LOAD_PRIOR 0.5       /* relative change of CPU, latency, network by that of the rate, unmeasured   */
#define PS_LOAD_RIDGE 0.005     /* mean square of the rate's relative change that weighs as much as the prior */
#define PS_SIGN_LIMIT 6.0       /* no sign is larger in size                                                  */

static double ps_ratio_log(double a, double b, double least)
{
    return psc__log((a + least) / (b + least));
}

/* By how much a metric follows the rate: i is 0 for CPU, 1 for latency, 2 for the network. */
static double ps_follows(const ps_signs *s, int i)
{
    return (s->load_product[i] + PS_LOAD_RIDGE * PS_LOAD_PRIOR) / (s->load_square + PS_LOAD_RIDGE);
}

static const int ps_follower[3] = {PSC_METRIC_CPU, PSC_METRIC_LATENCY, PSC_METRIC_NETWORK};

/* What the base lets expect of follower i at a relative rate of `load`, at least a fifth of the base. */
static double ps_expected(const ps_signs *s, int i, double load)
{
    return s->base[ps_follower[i]] * ps_most(1.0 + ps_follows(s, i) * (load - 1.0), 0.2);
}

/* Mean and least of the last steps of metric k. */
static double ps_recent_mean(const ps_signs *s, int k)
{
    double sum = 0.0;
    int64_t i;

    for (i = 0; i < s->steps; i++) sum += s->recent[i * PS_SIGNED + k];
    return sum / (double)s->steps;
}

static double ps_recent_least(const ps_signs *s, int k)
{
    double least = s->recent[k];
    int64_t i;

    for (i = 1; i < s->steps; i++)
        if (s->recent[i * PS_SIGNED + k] < least) least = s->recent[i * PS_SIGNED + k];
    return least;
}

static double ps_load(const ps_signs *s, double rate)
{
    const double base = s->base[PSC_METRIC_RATE] + PS_TINY;
    const double load = (rate + PS_TINY) / base;

    return load < 4.0 ? load : 4.0;
}

/* The signs at the end of a step whose means are the newest in the rings. */
static void ps_signs_show(ps_signs *s)
{
    const double load = ps_load(s, ps_recent_mean(s, PSC_METRIC_RATE));
    double *sign = s->sign;
    int i;

    sign[PSC_SIGN_MEMORY] = ps_recent_mean(s, PSC_METRIC_MEMORY);
    sign[PSC_SIGN_MEMORY_ABOVE] = sign[PSC_SIGN_MEMORY] - s->base[PSC_METRIC_MEMORY];
    sign[PSC_SIGN_MEMORY_RISE] = s->memory[0] - s->memory[s->memories - 1];
    sign[PSC_SIGN_ERRORS] = ps_ratio_log(ps_recent_least(s, PSC_METRIC_ERRORS), s->base[PSC_METRIC_ERRORS],
                                         PS_FEW_ERRORS);
    sign[PSC_SIGN_LATENCY] = ps_ratio_log(ps_recent_mean(s, PSC_METRIC_LATENCY), ps_expected(s, 1, load), PS_TINY);
    sign[PSC_SIGN_CPU] = ps_recent_mean(s, PSC_METRIC_CPU);
    sign[PSC_SIGN_CPU_ABOVE] = sign[PSC_SIGN_CPU] - ps_expected(s, 0, load);
    sign[PSC_SIGN_NETWORK] = ps_ratio_log(s->recent[PSC_METRIC_NETWORK],
                                          ps_expected(s, 2, ps_load(s, s->recent[PSC_METRIC_RATE])), PS_TINY);
    sign[PSC_SIGN_LATE] = s->gaps > 0.0 ? s->late / s->gaps - 1.0 : 0.0;
    for (i = 0; i < PSC_SIGNS; i++) sign[i] = ps_cut(sign[i], PS_SIGN_LIMIT);
}

/* The means of a step into the base: each as it would be at the usual rate, cut. */
static void ps_base_learn(ps_signs *s, const double *mean)
{
    const double load = ps_load(s, mean[PSC_METRIC_RATE]), away = load - 1.0;
    const double weight = ps_weight(s->learned, PS_BASE_STEPS);
    double usual[PS_SIGNED];
    int i, k;

    memcpy(usual, mean, sizeof usual);
    s->load_square += weight * (away * away - s->load_square);
    for (i = 0; i < 3; i++) {
        const int f = ps_follower[i];
        const double by = ps_cut(mean[f] / (s->base[f] + PS_TINY) - 1.0, PS_RELATIVE_CUT);
        usual[f] = mean[f] * s->base[f] / (ps_expected(s, i, load) + PS_TINY);
        s->load_product[i] += weight * (away * by - s->load_product[i]);
    }
    for (k = 0; k < PS_SIGNED; k++) {
        const int share = k == PSC_METRIC_CPU || k == PSC_METRIC_MEMORY;
        const double part = PS_RELATIVE_CUT * (s->base[k] > 0.0 ? s->base[k] : PS_FEW_ERRORS);     /* 0: of errors */
        const double cut = share ? PS_SHARE_CUT : part, d = usual[k] - s->base[k];
        s->base[k] = ps_cut(s->base[k] + weight * (s->learned >= PS_BASE_SETTLE ? ps_cut(d, cut) : d), PSC_MAX_METRIC);
    }
    psc__count(&s->learned);
}

/* Puts x in front of a ring's items of `width` numbers. */
static void ps_ring_push(double *ring, int64_t *count, int64_t most, size_t width, const double *x)
{
    if (*count < most) (*count)++;
    memmove(ring + width, ring, (size_t)(*count - 1) * width * sizeof *ring);
    memcpy(ring, x, width * sizeof *x);
}

/* The end of a step. What was not reported in it is as usual. A base of 0 says nothing of what is usual, but for the
 * errors: no share of it would ever lead away from it. */
static void ps_step_end(ps_signs *s)
{
    double mean[PS_SIGNED];
    int k;

    memcpy(mean, s->base, sizeof mean);
    for (k = 0; k < PS_SIGNED; k++) {
        if (s->reports[k] > 0.0) mean[k] = ps_cut(s->sum[k] / s->reports[k], PSC_MAX_METRIC);
        if (s->learned == 0 || (s->base[k] <= 0.0 && k != PSC_METRIC_ERRORS)) s->base[k] = mean[k];
    }
    ps_ring_push(s->recent, &s->steps, PS_RECENT, PS_SIGNED, mean);
    ps_ring_push(s->memory, &s->memories, PS_MEMORIES, 1, &mean[PSC_METRIC_MEMORY]);
    ps_signs_show(s);
    ps_base_learn(s, mean);
    memset(s->sum, 0, sizeof s->sum);
    memset(s->reports, 0, sizeof s->reports);
    s->late = s->gaps = 0.0;
    s->beats = 0;
}

/* A restart, or a silence of some steps: what was recent is so no more, what is usual stays. */
static void ps_signs_restart(ps_signs *s)
{
    s->beats = s->steps = s->memories = 0;
    s->late = s->gaps = 0.0;
    memset(s->sum, 0, sizeof s->sum);
    memset(s->reports, 0, sizeof s->reports);
    memset(s->recent, 0, sizeof s->recent);
    memset(s->memory, 0, sizeof s->memory);
    memset(s->sign, 0, sizeof s->sign);
}

static void ps_signs_take(psc_node *n, int64_t at, const double *metric)
{
    ps_signs *s = &n->signs;
    const int signed_ = n->metrics < PS_SIGNED ? (int)n->metrics : PS_SIGNED;
    int k, any = 0;

    if (s->beats > 0 && (at < s->from || ps_elapsed(s->from, at) >= (uint64_t)n->step)) {
        const int broken = at < s->from || ps_elapsed(s->from, at) >= 3 * (uint64_t)n->step;
        ps_step_end(s);
        if (broken) ps_signs_restart(s);
    }
    for (k = 0; k < signed_; k++) {
        if (psc__nan(&metric[k])) continue;
        s->sum[k] += metric[k];
        s->reports[k] += 1.0;
        any = 1;
    }
    if (!any) return;
    if (s->beats == 0) s->from = at;
    psc__count(&s->beats);
}

/* ==== Beats ===================================================================================== */

/* One value into everything that is known of its metric; returns its novelty. */
static double ps_metric_take(psc_node *n, int k, int slot, double value)
{
    ps_metric *metric = &ps_metrics(n)[k];
    ps_motion *m = &metric->move;
    double x, r, novelty;

    if (m->count == 0) m->origin = value;
    x = value - m->origin;
    r = ps_residual(metric, m, n->memory, slot, x);
    novelty = ps_metric_novelty(metric, x, r);
    ps_move(n, m, k, x, r);
    ps_profile_learn(metric, slot, x);
    return novelty;
}

/* One beat, in the order of the numbers. */
static void ps_fold(psc_node *n, int64_t at, const double *metric)
{
    const int slot = ps_slot(n, at);
    double novelty = 0.0;
    int k;

    ps_gap_learn(n, at);
    for (k = 0; k < n->metrics; k++)
        if (!psc__nan(&metric[k])) novelty = ps_most(novelty, ps_metric_take(n, k, slot, metric[k]));
    ps_onset(n, novelty);
    ps_signs_take(n, at, metric);
    n->folded_at = at;
    n->chained = 1;
}

/* Folds the beat that waits at `next`. */
static void ps_fold_waiting(psc_node *n)
{
    uint64_t *place = ps_place(n, n->next);
    double metric[PSC_MAX_METRICS];
    int64_t at;

    memcpy(&at, place, 8);
    memcpy(metric, place + 1, (size_t)n->metrics * 8);
    memset(place, 0, (1 + (size_t)n->metrics) * 8);
    n->waiting &= ~(UINT64_C(1) << n->next % PS_WINDOW);
    n->next++;
    ps_fold(n, at, metric);
}

/* Folds what is in order, and gives up the numbers before `least`: they are not waited for any more. */
static void ps_advance(psc_node *n, uint64_t least)
{
    for (;;) {
        if (n->waiting >> n->next % PS_WINDOW & 1) ps_fold_waiting(n);
        else if (least - n->next - 1 < UINT64_C(1) << 63) {         /* next is before least */
            n->next = n->waiting ? n->next + 1 : least;
            n->chained = 0;
        } else return;
    }
}

/* A new epoch: what waits of the old one is folded. Its numbers may begin anywhere: one below the first that came is
 * waited for as if it had been lost. */
static void ps_epoch(psc_node *n, const psc_beat *beat)
{
    if (n->beats > 0) ps_advance(n, n->newest + 1);
    n->epoch = beat->epoch;
    n->next = beat->sequence < PS_WINDOW ? 0 : beat->sequence - (PS_WINDOW - 1);
    n->chained = 0;
    ps_signs_restart(&n->signs);
}

psc_status psc_node_observe(psc_node *node, const psc_beat *beat, const double *metric)
{
    psc_status status = ps_node(node);
    int ahead;
    uint64_t *place;

    if (status != PSC_OK) return status;
    if (!beat || !metric) return PSC_ERR_NULL;
    status = ps_beat_check(node, beat, metric);
    if (status != PSC_OK) return status;

    ahead = node->beats == 0 || beat->epoch != node->epoch || beat->sequence - node->newest < UINT64_C(1) << 63;
    if (node->beats == 0 || beat->epoch != node->epoch) ps_epoch(node, beat);
    else if (ahead) ps_advance(node, beat->sequence - (PS_WINDOW - 1));
    if (ahead) {
        node->newest = beat->sequence;
        node->sent_at = beat->sent_at;
        node->received_at = beat->received_at;
        node->shards = beat->shards;
    }
    place = ps_place(node, beat->sequence);
    memcpy(place, &beat->received_at, 8);
    memcpy(place + 1, metric, (size_t)node->metrics * 8);
    node->waiting |= UINT64_C(1) << beat->sequence % PS_WINDOW;
    psc__count(&node->beats);
    ps_advance(node, node->next);
    return PSC_OK;
}

psc_status psc_nodes_observe(void *block, size_t nodes, size_t count, const psc_beat *beat, const int32_t *of,
                             const double *metric, psc_status *result)
{
    const psc_node *first = (const psc_node *)block;
    psc_status status;
    size_t i, width, bytes;

    if (count > 0 && (!beat || !of || !metric || !result)) return PSC_ERR_NULL;
    status = nodes > 0 ? ps_node(first) : PSC_OK;
    if (status != PSC_OK) return status;
    width = nodes > 0 ? (size_t)first->metrics : 0;
    bytes = nodes > 0 ? (size_t)first->head.words * 8 : 0;
    for (i = 0; i < nodes; i++) {
        const psc_node *n = (const psc_node *)(const void *)((const unsigned char *)block + i * bytes);
        if (ps_node(n) != PSC_OK || n->metrics != first->metrics) return PSC_ERR_STATE;
    }
    for (i = 0; i < count; i++)
        if (of[i] < 0 || (size_t)of[i] >= nodes) return PSC_ERR_RANGE;
    for (i = 0; i < count; i++) {
        void *n = (unsigned char *)block + (size_t)of[i] * bytes;
        result[i] = psc_node_observe((psc_node *)n, &beat[i], metric + i * width);
    }
    return PSC_OK;
}

/* ==== Score ===================================================================================== */

#define PS_HALF_LEVEL 4.0   /* the level at which instability is one half: a quiet node's is below 1           */
#define PS_HALF_PHI 8.0     /* the phi at which it is: the usual threshold of Akka and Cassandra               */
#define PS_1_LN10 0.4342944819032518        /* 1 / ln 10 */

/* Metric k as it would be if the beats that wait had been folded; the profile and the sets, which need room, stay. */
static void ps_look_ahead(const psc_node *n, int k, ps_motion *m)
{
    const ps_metric *metric = &ps_metrics(n)[k];
    uint64_t s;

    *m = metric->move;
    for (s = n->next; n->waiting && s - n->next < PS_WINDOW; s++) {
        const uint64_t *place = ps_place(n, s);
        int64_t at;
        double value, x;
        if (!(n->waiting >> s % PS_WINDOW & 1)) continue;
        memcpy(&at, place, 8);
        memcpy(&value, place + 1 + k, 8);
        if (psc__nan(&value)) continue;
        if (m->count == 0) m->origin = value;
        x = value - m->origin;
        if (x < m->low) m->low = x;
        if (x > m->high) m->high = x;
        ps_move(n, m, k, x, ps_residual(metric, m, n->memory, ps_slot(n, at), x));
    }
}

/* Puts x into a descending list. */
static void ps_top(double *top, double x)
{
    int i;

    for (i = 0; i < PS_TOP; i++)
        if (x > top[i]) {
            const double y = top[i];
            top[i] = x;
            x = y;
        }
}

/* What the metrics say together: sums over those that were learned. */
typedef struct ps_blend {
    double held[PS_TOP], now[PS_TOP];       /* largest z, descending                                          */
    double joint, joint_now, drift;         /* products of 1 + x; no product overflows: a factor is below     */
    int64_t used;                           /*   1 + PSC_MAX_Z / 0.05, and its 64th power below 1e276         */
    double worst;
    int32_t metric;
} ps_blend;

static void ps_blend_add(ps_blend *b, const ps_motion *m, int32_t k)
{
    const double usual = ps_most(PS_USUAL * m->e_usual, PS_USUAL_FLOOR);

    ps_top(b->held, m->z_held);
    ps_top(b->now, m->z);
    b->joint *= 1.0 + m->e_held / usual;
    b->joint_now *= 1.0 + m->e / usual;
    b->drift *= 1.0 + fabs(m->drift);
    b->used++;
    if (m->z_held > b->worst) {
        b->worst = m->z_held;
        b->metric = k;
    }
}

static void ps_blend_of(const psc_node *n, ps_blend *b)
{
    ps_motion m;
    int32_t k;

    memset(b, 0, sizeof *b);
    b->joint = b->joint_now = b->drift = 1.0;
    for (k = 0; k < (int32_t)n->metrics; k++) {
        ps_look_ahead(n, k, &m);
        if (m.count >= n->learn) ps_blend_add(b, &m, k);
    }
    if (b->used == 0 || n->gaps < n->learn) return;
    ps_top(b->held, n->gap_held);               /* the intervals count as one metric more, of the extreme only */
    ps_top(b->now, n->gap_z);
    if (n->gap_held > b->worst) b->metric = PSC_METRIC_BEATS;
}

static double ps_mean(const double *x, int64_t n)
{
    double sum = 0.0;
    int64_t i;

    for (i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

/* Mean of the logarithms of `used` numbers from their product. */
static double ps_mean_log(double product, int64_t used)
{
    return psc__log(product) / (double)used;
}

/* Extreme, joint, drift and level of what was learned. */
static void ps_level(const ps_blend *b, psc_node_score *score)
{
    const int64_t top = b->used < PS_TOP ? b->used : PS_TOP;
    double now;

    if (b->used == 0) return;
    score->z = ps_mean(b->held, top);
    score->joint = ps_mean_log(b->joint, b->used);
    score->drift = ps_mean_log(b->drift, b->used);
    now = PS_SUDDEN * ps_mean(b->now, top) * ps_mean_log(b->joint_now, b->used);
    score->level = ps_most(score->z * sqrt(score->joint * sqrt(score->joint)), now);
}

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
    double by_level, by_phi;
    ps_blend blend;

    if (status != PSC_OK) return status;
    if (!score) return PSC_ERR_NULL;
    ps_blend_of(node, &blend);
    memset(score, 0, sizeof *score);
    ps_level(&blend, score);
    score->phi = ps_phi(node, now);
    score->learned = node->beats >= node->learn;
    score->progress = score->learned ? 1.0 : (double)node->beats / (double)node->learn;
    score->beats = node->beats;
    score->shards = node->shards;
    score->onset = node->onset;
    score->jitter = node->gap_held;
    by_level = score->level / (score->level + PS_HALF_LEVEL);
    by_phi = score->phi / (score->phi + PS_HALF_PHI);
    score->instability = ps_most(by_level, by_phi);
    score->metric = by_level > by_phi ? blend.metric : PSC_METRIC_BEATS;
    score->signs = node->signs.steps > PS_RECENT / 2;
    if (score->signs) memcpy(score->sign, node->signs.sign, sizeof score->sign);
    return PSC_OK;
}

psc_status psc_node_contributors(const psc_node *node, size_t capacity, int32_t *metric, double *z, size_t *count)
{
    const psc_status status = ps_node(node);
    size_t n = 0, i;
    ps_motion m;
    int32_t k;

    if (status != PSC_OK) return status;
    if (!count || (capacity > 0 && (!metric || !z))) return PSC_ERR_NULL;
    for (k = 0; k < (int32_t)node->metrics; k++) {
        ps_look_ahead(node, k, &m);
        /* Invariant: metric[0..n) descends by z, equals by index. */
        for (i = n; i > 0 && z[i - 1] < m.z_held; i--) {
            if (i == capacity) continue;
            z[i] = z[i - 1];
            metric[i] = metric[i - 1];
        }
        if (i == capacity) continue;
        z[i] = m.z_held;
        metric[i] = k;
        if (n < capacity) n++;
    }
    *count = n;
    return PSC_OK;
}

psc_status psc_node_heard(const psc_node *node, uint64_t *epoch, int64_t *at)
{
    const psc_status status = ps_node(node);

    if (status != PSC_OK) return status;
    if (!epoch || !at) return PSC_ERR_NULL;
    if (node->beats == 0) return PSC_ERR_EMPTY;
    *epoch = node->epoch;
    *at = node->received_at;
    return PSC_OK;
}

/* ==== Silence =================================================================================== */

#define PS_SILENCE_STEP 0.02    /* relative width of a bin of the histogram                                   */
#define PS_SILENCE_MARGIN 1.04  /* a limit lies two bins above the intervals that it was chosen by            */
#define PS_SILENCE_LEAST 1.5    /* expected intervals: no limit is shorter                                    */
#define PS_SILENCE_OVERDUE 3.0  /* and a node that was silent for longer is overdue                           */
#define PS_SILENCE_LONGEST 24.0 /* until so many: beyond, it is an outage and no late beat                    */
#define PS_SILENCE_FLEET 8      /* one node of so many overdue at once: it is the network or the observer     */
#define PS_SILENCE_GRACE 2.5    /* expected intervals after a late round in which nothing is suspected        */
#define PS_SILENCE_DOUBT 2.0    /* times the limit while many nodes are overdue                               */
#define PS_SILENCE_HALF 0.2     /* of an interval longer than any seen is reckoned with                       */
#define PS_SILENCE_DEAR 1e12    /* cost of a false suspicion where no limit keeps them few enough               */
#define PS_SILENCE_MOST 9007199254740992.0  /* 2^53: a count or sum of seconds that stops there               */
#define PS_SECONDS 1e-9         /* of a ns */
#define PS_YEAR 31557600.0      /* s */

enum { PS_SILENCE_BINS = 160 };     /* 1.02^160 = 23.8 expected intervals                                      */

struct psc_silence {
    psc_state head;
    int64_t  interval, round;
    double   cost_suspect, cost_late, most_false, prior_failures, prior_seconds;
    int64_t  last_round, rounds, trusted_from, doubted_until, overdue, excused;
    double   failures, node_seconds;        /* that the fleet was watched                                     */
    double   gaps, gap_seconds;             /* intervals learned and their sum                                */
    double   limit, false_rate;             /* s; false suspicions a node-second at it                        */
    double   bin[PS_SILENCE_BINS];          /* intervals by the logarithm of their length                     */
};

void psc_silence_default(psc_silence_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->interval_ns = INT64_C(1000000000);
    config->round_ns = INT64_C(1000000000);
    config->cost_suspect = 30.0;
    config->cost_late = 4.0;
    config->most_false = 15.0;
    config->prior_ns = 7 * PS_DAY;
}

size_t psc_silence_size(const psc_silence_config *config)
{
    if (!config || config->struct_size != sizeof *config) return 0;
    if (config->interval_ns < PS_MILLISECOND || config->interval_ns > PS_DAY || config->round_ns < PS_MILLISECOND
        || config->round_ns > PS_DAY || !psc__within(config->cost_suspect, 1e-9, 1e9)
        || !psc__within(config->cost_late, 1e-9, 1e9) || !psc__within(config->most_false, 1e-9, 1e9)
        || config->prior_ns < PS_MILLISECOND || config->prior_ns > PS_CENTURIES)
        return 0;
    return sizeof(psc_silence);
}

psc_status psc_silence_init(psc_silence *silence, size_t bytes, const psc_silence_config *config)
{
    psc_status status;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(silence, bytes, psc_silence_size(config), PSC_TYPE_SILENCE);
    if (status != PSC_OK) return status;
    silence->interval = config->interval_ns;
    silence->round = config->round_ns;
    silence->cost_suspect = config->cost_suspect;
    silence->cost_late = config->cost_late;
    silence->most_false = config->most_false;
    silence->prior_failures = 1.0;
    silence->prior_seconds = (double)config->prior_ns * PS_SECONDS;
    silence->limit = 6.0 * (double)config->interval_ns * PS_SECONDS;
    return PSC_OK;
}

/* An interval in expected ones. */
static double ps_silence_length(const psc_silence *s, int64_t from, int64_t to)
{
    const uint64_t ns = ps_elapsed(from, to);
    return (double)ns / (double)s->interval;
}

/* Bin of a length in expected intervals; -1: shorter than one. */
static int ps_silence_bin(double length)
{
    const double k = length >= 1.0 ? psc__log(length) / psc__log1p(PS_SILENCE_STEP) : -1.0;

    if (k < 0.0) return -1;
    return k < PS_SILENCE_BINS - 1 ? (int)k : PS_SILENCE_BINS - 1;
}

psc_status psc_silence_learn(psc_silence *silence, int64_t from, int64_t to)
{
    const psc_status status = psc__state(silence, PSC_TYPE_SILENCE);
    double length;
    int bin;

    if (status != PSC_OK) return status;
    length = ps_silence_length(silence, from, to);
    if (!(length > 0.0) || length > PS_SILENCE_LONGEST || to < silence->trusted_from || to < silence->doubted_until)
        return PSC_OK;
    bin = ps_silence_bin(length);
    if (bin >= 0) silence->bin[bin] += 1.0;
    silence->gaps += 1.0;
    length *= (double)silence->interval * PS_SECONDS;
    silence->gap_seconds = ps_cut(silence->gap_seconds + length, PS_SILENCE_MOST);
    return PSC_OK;
}

psc_status psc_silence_failed(psc_silence *silence)
{
    const psc_status status = psc__state(silence, PSC_TYPE_SILENCE);

    if (status != PSC_OK) return status;
    silence->failures += 1.0;
    return PSC_OK;
}

/* The limit of least cost a node-second, from the long end: what it costs to wait for it at each failure, and each
 * interval that exceeds it. On that way the rate only rises: one that has too many false suspicions ends it, unless all
 * have. */
static void ps_silence_choose(psc_silence *s)
{
    const double interval = (double)s->interval * PS_SECONDS;
    const double failures = (s->failures + s->prior_failures) / (s->node_seconds + s->prior_seconds);
    double longer = PS_SILENCE_HALF, edge = interval * psc__exp((double)PS_SILENCE_BINS * psc__log1p(PS_SILENCE_STEP));
    double least = DBL_MAX;
    int k, kept = 0;

    for (k = PS_SILENCE_BINS - 1; k >= 0; k--) {
        double rate, cost;
        longer += s->bin[k];
        edge /= 1.0 + PS_SILENCE_STEP;
        if (edge * PS_SILENCE_MARGIN < PS_SILENCE_LEAST * interval) break;
        rate = longer / (s->gap_seconds + interval);
        cost = s->cost_suspect * rate + s->cost_late * failures * edge;
        if (rate * PS_YEAR <= s->most_false) kept = 1;
        else if (kept) break;
        else cost += PS_SILENCE_DEAR * rate;
        if (cost >= least) continue;
        least = cost;
        s->limit = edge * PS_SILENCE_MARGIN;
        s->false_rate = rate;
    }
}

/* How long the median node has been silent, in expected intervals, rounded down to a bin; and how many are overdue. */
static double ps_silence_median(const psc_silence *s, int64_t now, size_t nodes, const int64_t *heard_at,
                                int64_t *overdue)
{
    uint32_t count[PS_SILENCE_BINS] = {0};
    size_t i, seen = 0, below = 0;
    int bin, k;

    *overdue = 0;
    for (i = 0; i < nodes; i++) {
        double length;
        if (heard_at[i] == INT64_MIN) continue;
        length = ps_silence_length(s, heard_at[i], now);
        *overdue += length > PS_SILENCE_OVERDUE && length < PS_SILENCE_LONGEST;
        bin = ps_silence_bin(length);
        if (bin >= 0) count[bin]++;
        else below++;
        seen++;
    }
    for (k = 0; k < PS_SILENCE_BINS; k++) {
        if (2 * below >= seen) break;
        below += count[k];
    }
    return k == 0 ? 0.0 : psc__exp((k - 1) * psc__log1p(PS_SILENCE_STEP));
}

/* Whether the observer comes late itself, and what to excuse. */
static void ps_silence_doubt(psc_silence *s, int64_t now, size_t nodes, const int64_t *heard_at)
{
    const double median = ps_silence_median(s, now, nodes, heard_at, &s->overdue);
    const uint64_t since = ps_elapsed(s->last_round, now);
    const double interval = (double)s->interval;

    if (s->rounds > 0 && since > (uint64_t)s->round + (uint64_t)s->round / 2)
        s->trusted_from = ps_later(now, PS_SILENCE_GRACE * interval);
    if (s->overdue * PS_SILENCE_FLEET > (int64_t)nodes) s->doubted_until = ps_later(now, PS_SILENCE_GRACE * interval);
    s->excused = median > 1.0 ? (int64_t)((median - 1.0) * interval) : 0;
    if (s->rounds > 0) s->node_seconds += (double)since * PS_SECONDS * (double)nodes;
    s->node_seconds = ps_cut(s->node_seconds, PS_SILENCE_MOST);
    s->last_round = now;
    psc__count(&s->rounds);
}

psc_status psc_silence_round(psc_silence *silence, int64_t now, size_t nodes, const int64_t *heard_at,
                             int32_t *suspected)
{
    const psc_status status = psc__state(silence, PSC_TYPE_SILENCE);
    double limit;
    size_t i;

    if (status != PSC_OK) return status;
    if (nodes > 0 && (!heard_at || !suspected)) return PSC_ERR_NULL;
    if (nodes > INT32_MAX) return PSC_ERR_RANGE;
    ps_silence_doubt(silence, now, nodes, heard_at);
    if (silence->gaps > 0.0) ps_silence_choose(silence);
    limit = silence->limit / ((double)silence->interval * PS_SECONDS);
    if (now < silence->doubted_until) limit *= PS_SILENCE_DOUBT;
    for (i = 0; i < nodes; i++)
        suspected[i] = heard_at[i] != INT64_MIN && now >= silence->trusted_from
                       && ps_silence_length(silence, heard_at[i], now) > limit;
    return PSC_OK;
}

psc_status psc_silence_report_of(const psc_silence *silence, psc_silence_report *report)
{
    const psc_status status = psc__state(silence, PSC_TYPE_SILENCE);

    if (status != PSC_OK) return status;
    if (!report) return PSC_ERR_NULL;
    report->limit_ns = (int64_t)(silence->limit / PS_SECONDS);
    report->excused_ns = silence->excused;
    report->overdue = silence->overdue;
    report->trusted_from = silence->trusted_from;
    report->doubted_until = silence->doubted_until;
    report->gaps = silence->gaps;
    report->failures = silence->failures;
    report->false_a_year = silence->false_rate * PS_YEAR;
    return PSC_OK;
}

/* ==== Failure model ============================================================================= */

#define PS_SMALL 0.02       /* added before a logarithm: below it a blend says nothing                        */
#define PS_MAX_WEIGHT 1e3
#define PS_FULL 0.7         /* share of CPU or memory from which being full is a cause of its own             */
#define PS_LN10 2.302585092994046
#define PS_STEP_FROM (-7.0) /* log odds where the steps begin; they are half a unit wide                      */

enum {
    PS_INPUTS = 3 + PSC_SIGNS,      /* logarithms of three blends, then the signs                             */
    PS_TERMS = 19,
    PS_STEPS = 20           /* of the correction: log odds -7 to 3, a chance of 0.0009 to 0.95                */
};

/* A row that waits for its outcome. */
typedef struct ps_row {
    int64_t node, at, settled, signs;
    double  input[PS_INPUTS], p;
} ps_row;

/* Then `capacity` rows, a ring: the oldest is `first`. */
struct psc_failure {
    psc_state head;
    int64_t  horizon, wait, capacity, first, rows, dropped;
    double   slope_phi, correct_from;
    double   weight[PS_TERMS], spread[PS_TERMS * PS_TERMS];     /* normal belief of the weights: mean, covariance */
    double   outcomes, failures, brier;
    double   bin_rows[PSC_REPORT_BINS], bin_p[PSC_REPORT_BINS], bin_failures[PSC_REPORT_BINS];
    double   step_rows[PS_STEPS], step_p[PS_STEPS], step_failures[PS_STEPS];    /* by what the logistic said  */
};

#define PS_ROW_WORDS (sizeof(ps_row) / 8)
#define PS_SUMS offsetof(struct psc_failure, outcomes)      /* from here on the state is sums of outcomes        */

static ps_row *ps_row_at(const psc_failure *f, int64_t i)
{
    return (ps_row *)(uintptr_t)(f + 1) + (f->first + i) % f->capacity;
}

void psc_failure_default(psc_failure_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->capacity = 4096;
    config->horizon_ns = INT64_C(1800000000000);
    config->base = 0.01;
    config->slope_z = 2.0;
    config->slope_phi = 0.5;
    config->correct_from = 10000.0;
}

size_t psc_failure_size(const psc_failure_config *config)
{
    if (!config || config->struct_size != sizeof *config) return 0;
    if (config->capacity < 0 || config->capacity > PSC_MAX_WAITING || config->horizon_ns < 1
        || config->horizon_ns > PS_CENTURIES || config->wait_ns < 0 || config->wait_ns > PS_CENTURIES
        || !psc__within(config->base, 1e-9, 0.5) || !psc__within(config->slope_z, 0.0, 100.0)
        || !psc__within(config->slope_phi, 0.0, 100.0) || !psc__within(config->correct_from, 1.0, 1e15))
        return 0;
    return sizeof(psc_failure) + (size_t)config->capacity * sizeof(ps_row);
}

/* The spread of weights that nothing is known of: odds within e^2 of the prior's, slopes within 1. */
static void ps_loosen(psc_failure *f)
{
    int i;

    memset(f->spread, 0, sizeof f->spread);
    for (i = 0; i < PS_TERMS; i++) f->spread[i * PS_TERMS + i] = i == 0 ? 4.0 : 1.0;
}

psc_status psc_failure_init(psc_failure *model, size_t bytes, const psc_failure_config *config)
{
    psc_status status;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(model, bytes, psc_failure_size(config), PSC_TYPE_FAILURE);
    if (status != PSC_OK) return status;
    model->horizon = config->horizon_ns;
    model->wait = config->wait_ns;
    model->capacity = config->capacity;
    model->slope_phi = config->slope_phi;
    model->correct_from = config->correct_from;
    model->weight[0] = psc__log(config->base / (1.0 - config->base));
    model->weight[1] = config->slope_z;
    ps_loosen(model);
    return PSC_OK;
}

/* A model whose ring can be followed. */
static psc_status ps_failure(const psc_failure *f)
{
    psc_status status = psc__state(f, PSC_TYPE_FAILURE);

    if (status != PSC_OK) return status;
    if (f->capacity < 0 || f->capacity > PSC_MAX_WAITING
        || f->head.words != sizeof(psc_failure) / 8 + (uint64_t)f->capacity * PS_ROW_WORDS
        || f->first < 0 || f->rows < 0 || f->rows > f->capacity || (f->first > 0 && f->first >= f->capacity))
        return PSC_ERR_STATE;
    return PSC_OK;
}

static psc_status ps_score_check(const psc_node_score *score)
{
    int i;

    if (!score) return PSC_ERR_NULL;
    if (!psc__finite(&score->z) || !psc__finite(&score->joint) || !psc__finite(&score->drift)
        || !psc__finite(&score->phi))
        return PSC_ERR_NONFINITE;
    for (i = 0; i < PSC_SIGNS; i++)
        if (!psc__finite(&score->sign[i])) return PSC_ERR_NONFINITE;
    if (!psc__within(score->z, 0.0, PSC_MAX_Z) || !psc__within(score->joint, 0.0, PSC_MAX_Z)
        || !psc__within(score->drift, 0.0, PSC_MAX_Z) || !psc__within(score->phi, 0.0, PSC_MAX_PHI))
        return PSC_ERR_RANGE;
    for (i = 0; i < PSC_SIGNS; i++)
        if (!psc__within(score->sign[i], -PS_SIGN_LIMIT, PS_SIGN_LIMIT)) return PSC_ERR_RANGE;
    return PSC_OK;
}

/* What a row keeps of a score. */
static void ps_row_make(const psc_node_score *score, ps_row *row)
{
    memset(row, 0, sizeof *row);
    row->input[0] = psc__log(score->z + PS_SMALL);
    row->input[1] = psc__log(score->joint + PS_SMALL);
    row->input[2] = psc__log(score->drift + PS_SMALL);
    row->signs = score->signs != 0;
    memcpy(row->input + 3, score->sign, sizeof score->sign);
}

/* What the logistic is about. The signs enter in units that make a weight of 1 plausible; where the way from harmless
 * to fatal is not straight, with a square, a part above a mark, or a product of two. */
static void ps_terms(const ps_row *row, double *term)
{
    const double *x = row->input + 3;
    const double above = x[PSC_SIGN_MEMORY_ABOVE], rise = x[PSC_SIGN_MEMORY_RISE], memory = x[PSC_SIGN_MEMORY];
    const double errors = x[PSC_SIGN_ERRORS], latency = x[PSC_SIGN_LATENCY], network = x[PSC_SIGN_NETWORK];
    const double cpu = x[PSC_SIGN_CPU], busy = x[PSC_SIGN_CPU_ABOVE];
    int i;

    memset(term, 0, PS_TERMS * sizeof *term);
    term[0] = 1.0;
    memcpy(term + 1, row->input, 3 * sizeof *term);
    if (!row->signs) return;
    term[4] = 4.0 * (memory - 0.5);
    term[5] = 6.0 * ps_most(memory - PS_FULL, 0.0);
    term[6] = 4.0 * above;
    term[7] = 5.0 * rise;
    term[8] = 10.0 * above * rise;
    term[9] = errors;
    term[10] = 0.3 * errors * errors;
    term[11] = 2.0 * latency;
    term[12] = 2.0 * latency * latency;
    term[13] = 6.0 * ps_most(cpu - PS_FULL, 0.0);
    term[14] = 3.0 * busy;
    term[15] = busy > 0.0 ? 6.0 * busy * busy : 0.0;
    term[16] = network;
    term[17] = 3.0 * busy * network;
    term[18] = 5.0 * x[PSC_SIGN_LATE];
    for (i = 4; i < PS_TERMS; i++) term[i] = ps_cut(term[i], PS_SIGN_LIMIT);
}

static double ps_odds(const psc_failure *f, const double *term)
{
    double odds = 0.0;
    int i;

    for (i = 0; i < PS_TERMS; i++) odds += f->weight[i] * term[i];
    return odds;
}

static int ps_step(double odds)
{
    const double step = (odds - PS_STEP_FROM) * 2.0;

    if (step < 0.0) return 0;
    return step < PS_STEPS - 1 ? (int)step : PS_STEPS - 1;
}

/* Isotonic regression on the steps, by pooling neighbours whose rates do not rise; linear between the pools' mean
 * predictions, constant outside. */
static double ps_corrected(const psc_failure *f, double p)
{
    double rows[PS_STEPS], sum_p[PS_STEPS], sum_y[PS_STEPS], a, b, low, high;
    int n = 0, i;

    for (i = 0; i < PS_STEPS; i++) {
        if (!(f->step_rows[i] > 0.0)) continue;
        rows[n] = f->step_rows[i];
        sum_p[n] = f->step_p[i];
        sum_y[n++] = f->step_failures[i];
        for (; n > 1 && sum_y[n - 1] * rows[n - 2] <= sum_y[n - 2] * rows[n - 1]; n--) {
            rows[n - 2] += rows[n - 1];
            sum_p[n - 2] += sum_p[n - 1];
            sum_y[n - 2] += sum_y[n - 1];
        }
    }
    for (i = 0; i < n && sum_p[i] / rows[i] < p; i++) { }
    if (n == 0) return p;
    if (i == 0 || i == n) return i == 0 ? sum_y[0] / rows[0] : sum_y[n - 1] / rows[n - 1];
    low = sum_p[i - 1] / rows[i - 1];
    high = sum_p[i] / rows[i];
    a = sum_y[i - 1] / rows[i - 1];
    b = sum_y[i] / rows[i];
    return high > low ? ps_least(b, a + (b - a) * (p - low) / (high - low)) : b;     /* whatever the roundings */
}

/* Probability of the terms alone, as the host is told it. */
static double ps_told(const psc_failure *f, double odds)
{
    const double p = psc__logistic(odds);
    return f->failures >= f->correct_from ? ps_corrected(f, p) : p;
}

/* What was told against what came. */
static void ps_report(psc_failure *f, double odds, double told, double y)
{
    const int step = ps_step(odds), bin = told < 1.0 ? (int)(told * (double)PSC_REPORT_BINS) : PSC_REPORT_BINS - 1;

    f->outcomes += 1.0;
    f->failures += y;
    f->brier += (told - y) * (told - y);
    f->bin_rows[bin] += 1.0;
    f->bin_p[bin] += told;
    f->bin_failures[bin] += y;
    f->step_rows[step] += 1.0;
    f->step_p[step] += psc__logistic(odds);
    f->step_failures[step] += y;
}

/* One outcome into the normal belief of the weights: a step of Newton's method from their mean, with the curvature of
 * all outcomes before (the extended Kalman filter of a logistic observation). */
static void ps_outcome(psc_failure *f, const ps_row *row, double y)
{
    double term[PS_TERMS], reach[PS_TERMS], total = 1.0, odds, q, s;
    int i, j;

    ps_terms(row, term);
    odds = ps_odds(f, term);
    q = psc__logistic(odds);
    s = q * (1.0 - q);
    for (i = 0; i < PS_TERMS; i++) {
        reach[i] = 0.0;
        for (j = 0; j < PS_TERMS; j++) reach[i] += f->spread[i * PS_TERMS + j] * term[j];
    }
    for (i = 0; i < PS_TERMS; i++) total += s * term[i] * reach[i];
    total = ps_most(total, 1.0);
    for (i = 0; i < PS_TERMS; i++) f->weight[i] = ps_cut(f->weight[i] + reach[i] / total * (y - q), PS_MAX_WEIGHT);
    for (i = 0; i < PS_TERMS; i++)
        for (j = 0; j < PS_TERMS; j++) {
            double *p = &f->spread[i * PS_TERMS + j];
            *p = ps_cut(*p - s * reach[i] * reach[j] / total, PS_MAX_WEIGHT);
        }
    ps_report(f, odds, row->p, y);
}

/* What the host is told of a row, which it is judged by. */
static void ps_row_tell(const psc_failure *f, ps_row *row)
{
    double term[PS_TERMS];

    ps_terms(row, term);
    row->p = ps_told(f, ps_odds(f, term));
}

psc_status psc_failure_probability(const psc_failure *model, const psc_node_score *score, double *p)
{
    psc_status status = ps_failure(model);
    double term[PS_TERMS], told;
    ps_row row;

    if (status != PSC_OK) return status;
    if (!p) return PSC_ERR_NULL;
    status = ps_score_check(score);
    if (status != PSC_OK) return status;
    ps_row_make(score, &row);
    ps_terms(&row, term);
    told = ps_told(model, ps_odds(model, term));
    *p = told + (1.0 - told) * (1.0 - psc__exp(-model->slope_phi * score->phi * PS_LN10));
    return PSC_OK;
}

psc_status psc_failure_loosen(psc_failure *model)
{
    const psc_status status = ps_failure(model);

    if (status != PSC_OK) return status;
    ps_loosen(model);
    memset((unsigned char *)model + PS_SUMS, 0, sizeof *model - PS_SUMS);
    return PSC_OK;
}

psc_status psc_failure_learn(psc_failure *model, const psc_node_score *score, int32_t failed)
{
    psc_status status = ps_failure(model);
    ps_row row;

    if (status != PSC_OK) return status;
    status = ps_score_check(score);
    if (status != PSC_OK) return status;
    if (failed != 0 && failed != 1) return PSC_ERR_RANGE;
    ps_row_make(score, &row);
    ps_row_tell(model, &row);
    ps_outcome(model, &row, (double)failed);
    return PSC_OK;
}

/* ==== Outcomes that come late =================================================================== */

/* Takes the oldest row off the ring. */
static void ps_row_drop(psc_failure *f)
{
    f->first = (f->first + 1) % f->capacity;
    f->rows--;
}

/* Rows whose time has passed without a failure. */
static void ps_settle(psc_failure *f, int64_t now)
{
    while (f->rows > 0) {
        ps_row *row = ps_row_at(f, 0);
        if (!row->settled && ps_elapsed(row->at, now) <= (uint64_t)f->horizon + (uint64_t)f->wait) return;
        if (!row->settled) ps_outcome(f, row, 0.0);
        ps_row_drop(f);
    }
}

psc_status psc_failure_watch(psc_failure *model, int64_t node, int64_t now, const psc_node_score *score)
{
    psc_status status = ps_failure(model);
    ps_row *row;

    if (status != PSC_OK) return status;
    status = ps_score_check(score);
    if (status != PSC_OK) return status;
    if (model->capacity == 0) return PSC_ERR_SPACE;
    ps_settle(model, now);
    if (model->rows == model->capacity) {
        ps_row_drop(model);
        psc__count(&model->dropped);
    }
    row = ps_row_at(model, model->rows++);
    ps_row_make(score, row);
    row->node = node;
    row->at = now;
    ps_row_tell(model, row);
    return PSC_OK;
}

psc_status psc_failure_happened(psc_failure *model, int64_t node, int64_t at)
{
    const psc_status status = ps_failure(model);
    int64_t i;

    if (status != PSC_OK) return status;
    for (i = 0; i < model->rows; i++) {
        ps_row *row = ps_row_at(model, i);
        if (row->node != node || row->settled) continue;
        if (row->at < at && ps_elapsed(row->at, at) > (uint64_t)model->horizon) continue;
        if (row->at < at) ps_outcome(model, row, 1.0);
        row->settled = 1;
    }
    return PSC_OK;
}

psc_status psc_failure_censor(psc_failure *model, int64_t node, int64_t at)
{
    const psc_status status = ps_failure(model);
    int64_t i;

    if (status != PSC_OK) return status;
    for (i = 0; i < model->rows; i++) {
        ps_row *row = ps_row_at(model, i);
        if (row->node == node && ps_elapsed(row->at, at) <= (uint64_t)model->horizon) row->settled = 1;
    }
    return PSC_OK;
}

psc_status psc_failure_report_of(const psc_failure *model, psc_failure_report *report)
{
    const psc_status status = ps_failure(model);
    double base;
    int i;

    if (status != PSC_OK) return status;
    if (!report) return PSC_ERR_NULL;
    memset(report, 0, sizeof *report);
    report->outcomes = model->outcomes;
    report->failures = model->failures;
    report->waiting = model->rows;
    report->dropped = model->dropped;
    report->corrected = model->failures >= model->correct_from;
    memcpy(report->rows, model->bin_rows, sizeof report->rows);
    if (!(model->outcomes > 0.0)) return PSC_OK;
    base = model->failures / model->outcomes;
    report->brier = model->brier / model->outcomes;
    report->skill = base > 0.0 && base < 1.0 ? 1.0 - report->brier / (base * (1.0 - base)) : 0.0;
    for (i = 0; i < PSC_REPORT_BINS; i++) {
        if (!(model->bin_rows[i] > 0.0)) continue;
        report->told[i] = model->bin_p[i] / model->bin_rows[i];
        report->came[i] = model->bin_failures[i] / model->bin_rows[i];
        report->ece += fabs(model->bin_p[i] - model->bin_failures[i]) / model->outcomes;
    }
    return PSC_OK;
}

/* ==== Thresholds ================================================================================ */

#define PS_MAX_ODDS 30.0        /* log odds that a threshold starts from stay within this                     */

struct psc_threshold {
    psc_state head;
    int64_t  hold, preemptive, unnecessary, disruptive, missed;
    double   start, odds, needless, gain, pull, reach, hysteresis, environment;
    double   raised;                        /* by the fleet's elevation                                       */
};

void psc_threshold_default(psc_threshold_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->cost_act = 15.0;
    config->cost_fail = 120.0;
    config->effect = 0.9;
    config->needless = 0.75;
    config->gain = 0.1;
    config->pull = 0.01;
    config->reach = 2.0;
    config->hysteresis = 0.9;
    config->patience = 2.3;
    config->environment = 0.5;
    config->hold_ns = INT64_C(600000000000);
}

size_t psc_threshold_size(const psc_threshold_config *config)
{
    if (!config || config->struct_size != sizeof *config) return 0;
    if (!psc__within(config->cost_act, 1e-9, 1e9) || !psc__within(config->cost_fail, 1e-9, 1e9)
        || !psc__within(config->effect, 1e-3, 1.0) || !(config->effect * config->cost_fail > config->cost_act)
        || !psc__within(config->needless, 0.0, 1.0) || !psc__within(config->gain, 0.0, 1.0)
        || !psc__within(config->pull, 0.0, 1.0) || !psc__within(config->reach, 0.0, 10.0)
        || !psc__within(config->hysteresis, 0.0, 10.0) || !psc__within(config->patience, 0.0, 10.0)
        || !psc__within(config->environment, 0.0, 10.0)
        || config->hold_ns < 0 || config->hold_ns > PS_CENTURIES)
        return 0;
    return sizeof(psc_threshold);
}

psc_status psc_threshold_init(psc_threshold *threshold, size_t bytes, const psc_threshold_config *config)
{
    psc_status status;
    double theta;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(threshold, bytes, psc_threshold_size(config), PSC_TYPE_THRESHOLD);
    if (status != PSC_OK) return status;
    theta = config->cost_act / (config->cost_fail * config->effect);
    threshold->start = ps_cut(psc__log(theta) - psc__log1p(-theta) + config->patience, PS_MAX_ODDS);
    threshold->odds = threshold->start;
    threshold->needless = config->needless;
    threshold->gain = config->gain;
    threshold->pull = config->pull;
    threshold->reach = config->reach;
    threshold->hysteresis = config->hysteresis;
    threshold->environment = config->environment;
    threshold->hold = config->hold_ns;
    return PSC_OK;
}

psc_status psc_threshold_learn(psc_threshold *threshold, int32_t outcome)
{
    const psc_status status = psc__state(threshold, PSC_TYPE_THRESHOLD);
    double u, away;

    if (status != PSC_OK) return status;
    switch (outcome) {
    case PSC_ACT_PREEMPTIVE: u = -threshold->needless; psc__count(&threshold->preemptive); break;
    case PSC_ACT_UNNECESSARY: u = 1.0 - threshold->needless; psc__count(&threshold->unnecessary); break;
    case PSC_ACT_DISRUPTIVE: u = 1.0; psc__count(&threshold->disruptive); break;
    case PSC_ACT_MISSED: u = -threshold->needless; psc__count(&threshold->missed); break;
    default: return PSC_ERR_RANGE;
    }
    away = threshold->odds - threshold->start;
    threshold->odds = threshold->start + ps_cut((1.0 - threshold->pull) * away + threshold->gain * u, threshold->reach);
    return PSC_OK;
}

psc_status psc_threshold_fleet(psc_threshold *threshold, double median_level)
{
    const psc_status status = psc__state(threshold, PSC_TYPE_THRESHOLD);

    if (status != PSC_OK) return status;
    if (!psc__finite(&median_level)) return PSC_ERR_NONFINITE;
    if (!psc__within(median_level, 0.0, 1e6)) return PSC_ERR_RANGE;
    threshold->raised = threshold->environment * psc__log1p(median_level);
    return PSC_OK;
}

psc_status psc_threshold_decide(const psc_threshold *threshold, double p, int64_t now, psc_shift *shift, double *value)
{
    const psc_status status = psc__state(threshold, PSC_TYPE_THRESHOLD);
    double odds;

    if (status != PSC_OK) return status;
    if (!shift) return PSC_ERR_NULL;
    if (!psc__finite(&p)) return PSC_ERR_NONFINITE;
    if (!psc__within(p, 0.0, 1.0)) return PSC_ERR_RANGE;
    odds = threshold->odds + threshold->raised;
    if (value) *value = psc__logistic(odds);
    if (!shift->on && p >= psc__logistic(odds)) {
        shift->on = 1;
        shift->since = now;
    } else if (shift->on && p < psc__logistic(odds - threshold->hysteresis)
               && ps_elapsed(shift->since, now) >= (uint64_t)threshold->hold)
        shift->on = 0;
    return PSC_OK;
}

/* ==== Relief ==================================================================================== */

#define PS_RELIEF_ROUNDS 16     /* rounds of dropping shards whose shift does not pay; few are ever needed    */

void psc_relief_default(psc_relief *relief)
{
    if (!relief) return;
    memset(relief, 0, sizeof *relief);
    relief->struct_size = (uint32_t)sizeof *relief;
    relief->budget = 1e15;
    relief->in_service = 0.5;
}

/* Work memory: a key, a place in the order, and whether it is chosen; of as many items as nodes or shards there are. */
typedef struct ps_relief_work {
    double *key;
    int32_t *order, *chosen;
} ps_relief_work;

static size_t ps_relief_layout(const psc_relief *r, void *mem, ps_relief_work *w)
{
    const size_t n = (size_t)(r->nodes > r->shards ? r->nodes : r->shards);    /* 2^26 at most */
    const size_t keys = n * 8, marks = (n * 4 + 7) / 8 * 8;
    unsigned char *at = (unsigned char *)mem;

    if (w) {
        w->key = (double *)(void *)at;
        w->order = (int32_t *)(void *)(at + keys);
        w->chosen = (int32_t *)(void *)(at + keys + marks);
    }
    return keys + 2 * marks;
}

size_t psc_relief_size(const psc_relief *relief)
{
    if (!relief || relief->struct_size != sizeof *relief) return 0;
    if (relief->nodes < 1 || relief->nodes > (1 << 26) || relief->shards < 0 || relief->shards > (1 << 26)
        || !psc__within(relief->budget, 0.0, 1e15) || !psc__within(relief->in_service, 0.0, 1.0))
        return 0;
    return ps_relief_layout(relief, NULL, NULL);
}

static psc_status ps_relief_numbers(const double *x, size_t n, double most)
{
    size_t i;

    for (i = 0; x && i < n; i++) {
        if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
        if (!psc__within(x[i], 0.0, most)) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

/* The graph: rows that do not fall, ends that exist. */
static psc_status ps_relief_graph(const psc_relief *r)
{
    int32_t s;
    int64_t e;

    if (!r->tied_from) return PSC_OK;
    if (r->tied_from[0] != 0) return PSC_ERR_RANGE;
    for (s = 0; s < r->shards; s++)
        if (r->tied_from[s + 1] < r->tied_from[s] || r->tied_from[s + 1] > (INT64_C(1) << 31)) return PSC_ERR_RANGE;
    if (r->tied_from[r->shards] > 0 && (!r->tied_to || !r->tie)) return PSC_ERR_NULL;
    for (e = 0; e < r->tied_from[r->shards]; e++)
        if (r->tied_to[e] < 0 || r->tied_to[e] >= r->shards) return PSC_ERR_RANGE;
    return ps_relief_numbers(r->tie, (size_t)r->tied_from[r->shards], 1e15);
}

static psc_status ps_relief_check(const psc_relief *r)
{
    const size_t shards = (size_t)r->shards, nodes = (size_t)r->nodes;
    psc_status status;
    size_t i;

    if (!r->p || !r->crossed || (shards > 0 && (!r->home || !r->impact))) return PSC_ERR_NULL;
    for (i = 0; i < shards; i++)
        if (r->home[i] < 0 || r->home[i] >= r->nodes) return PSC_ERR_RANGE;
    status = ps_relief_numbers(r->p, nodes, 1.0);
    if (status == PSC_OK) status = ps_relief_numbers(r->capacity, nodes, 1e15);
    if (status == PSC_OK) status = ps_relief_numbers(r->impact, shards, 1e15);
    if (status == PSC_OK) status = ps_relief_numbers(r->disruption, shards, 1e15);
    return status == PSC_OK ? ps_relief_graph(r) : status;
}

/* Sifts item i down a heap of n whose top is the smallest key, of equals the largest index. */
static void ps_relief_sift(const ps_relief_work *w, int32_t i, int32_t n)
{
    const int32_t item = w->order[i];

    for (;;) {
        int32_t child = 2 * i + 1, a, b;
        if (child >= n) break;
        a = w->order[child];
        b = child + 1 < n ? w->order[child + 1] : a;
        if (w->key[b] < w->key[a] || (!(w->key[a] < w->key[b]) && b > a)) {
            child++;
            a = b;
        }
        if (w->key[item] < w->key[a] || (!(w->key[a] < w->key[item]) && item > a)) break;
        w->order[i] = a;
        i = child;
    }
    w->order[i] = item;
}

/* Sorts order[0..n) by key, largest first, of equals the lower index. */
static void ps_relief_sort(const ps_relief_work *w, int32_t n)
{
    int32_t i;

    for (i = n / 2 - 1; i >= 0; i--) ps_relief_sift(w, i, n);
    for (i = n - 1; i > 0; i--) {
        const int32_t top = w->order[0];
        w->order[0] = w->order[i];
        w->order[i] = top;
        ps_relief_sift(w, 0, i);
    }
}

/* Nodes that are drained: those that crossed, the likeliest to fail first, as long as enough capacity stays. */
static void ps_relief_nodes(const psc_relief *r, const ps_relief_work *w, double *drain, psc_relief_info *info)
{
    double total = 0.0, left;
    int32_t n, i, crossed = 0;

    for (n = 0; n < r->nodes; n++) {
        drain[n] = 0.0;
        w->key[n] = r->p[n];
        total += r->capacity ? r->capacity[n] : 1.0;
        if (r->crossed[n]) w->order[crossed++] = n;
    }
    ps_relief_sort(w, crossed);
    left = total;
    for (i = 0; i < crossed; i++) {
        const double own = r->capacity ? r->capacity[w->order[i]] : 1.0;
        if (left - own < r->in_service * total) {
            info->kept++;
            continue;
        }
        left -= own;
        drain[w->order[i]] = r->p[w->order[i]];
        info->drained++;
    }
}

static double ps_relief_price(const psc_relief *r, int32_t s) { return r->disruption ? r->disruption[s] : 0.0; }

/* What shifting shard s saves if the other chosen ones are shifted: ties to shards of its node that stay are cut, ties
 * to those that go with it would be cut if it stayed. */
static double ps_relief_gain(const psc_relief *r, const ps_relief_work *w, const double *drain, int32_t s)
{
    double gain = drain[r->home[s]] * r->impact[s] - ps_relief_price(r, s);
    int64_t e;

    if (!r->tied_from) return gain;
    for (e = r->tied_from[s]; e < r->tied_from[s + 1]; e++) {
        const int32_t other = r->tied_to[e];
        if (other != s && r->home[other] == r->home[s]) gain += w->chosen[other] ? r->tie[e] : -r->tie[e];
    }
    return gain;
}

/* Whether shards s and `other` are chosen and go together. */
static int ps_relief_tied(const psc_relief *r, const ps_relief_work *w, int32_t s, int32_t other)
{
    return w->chosen[s] && w->chosen[other] && r->home[s] == r->home[other];
}

/* The shard that stands for all that are tied to s, by halving the way to it. */
static int32_t ps_relief_root(int32_t *parent, int32_t s)
{
    while (parent[s] != s) s = parent[s] = parent[parent[s]];
    return s;
}

/* Drops sets of tied shards that do not pay as a whole, though none could be dropped alone; 1: one was. order[] holds
 * the parents, key[] the worth of each set at its root. */
static int32_t ps_relief_drop_sets(const psc_relief *r, const ps_relief_work *w, const double *drain)
{
    int32_t s, dropped = 0;
    int64_t e;

    if (!r->tied_from) return 0;
    for (s = 0; s < r->shards; s++) {
        w->order[s] = s;
        w->key[s] = 0.0;
    }
    for (s = 0; s < r->shards; s++)
        for (e = r->tied_from[s]; e < r->tied_from[s + 1]; e++)
            if (ps_relief_tied(r, w, s, r->tied_to[e]))
                w->order[ps_relief_root(w->order, s)] = ps_relief_root(w->order, r->tied_to[e]);
    for (s = 0; s < r->shards; s++) {
        double *sum = &w->key[ps_relief_root(w->order, s)];
        if (!w->chosen[s]) continue;
        *sum += ps_relief_gain(r, w, drain, s);
        for (e = r->tied_from[s]; e < r->tied_from[s + 1]; e++)     /* what is within the set is no gain of it */
            if (r->tied_to[e] != s && ps_relief_tied(r, w, s, r->tied_to[e])) *sum -= r->tie[e];
    }
    for (s = 0; s < r->shards; s++)
        if (w->chosen[s] && !(w->key[ps_relief_root(w->order, s)] > 0.0)) {
            w->chosen[s] = 0;
            dropped = 1;
        }
    return dropped;
}

/* Drops shards, and sets of tied ones, whose shift does not pay, until all that is left does. */
static void ps_relief_drop(const psc_relief *r, const ps_relief_work *w, const double *drain)
{
    int32_t s, round, dropped = 1;

    for (round = 0; round < PS_RELIEF_ROUNDS && dropped; round++) {
        for (s = 0, dropped = 0; s < r->shards; s++)
            if (w->chosen[s] && !(ps_relief_gain(r, w, drain, s) > 0.0)) {
                w->chosen[s] = 0;
                dropped = 1;
            }
        if (!dropped) dropped = ps_relief_drop_sets(r, w, drain);
    }
}

/* The chosen shards in order[], by gain for the price, best first; returns how many. */
static int32_t ps_relief_order(const psc_relief *r, const ps_relief_work *w, const double *drain)
{
    int32_t s, n = 0;

    for (s = 0; s < r->shards; s++) {
        if (!w->chosen[s]) continue;
        w->key[s] = ps_relief_gain(r, w, drain, s) / (ps_relief_price(r, s) + 1e-9);
        w->order[n++] = s;
    }
    ps_relief_sort(w, n);
    return n;
}

psc_status psc_relief_of(const psc_relief *relief, void *work, size_t work_bytes, double *drain, int32_t *shard,
                         psc_relief_info *info)
{
    ps_relief_work w;
    psc_status status;
    double spent = 0.0;
    int32_t i, n, listed = 0;

    if (!relief || !drain || !info) return PSC_ERR_NULL;
    if (relief->struct_size != sizeof *relief) return PSC_ERR_VERSION;
    status = psc__block(work, work_bytes, psc_relief_size(relief));
    if (status != PSC_OK) return status;
    if (relief->shards > 0 && !shard) return PSC_ERR_NULL;
    status = ps_relief_check(relief);
    if (status != PSC_OK) return status;

    ps_relief_layout(relief, work, &w);
    memset(info, 0, sizeof *info);
    ps_relief_nodes(relief, &w, drain, info);
    for (i = 0; i < relief->shards; i++) w.chosen[i] = drain[relief->home[i]] > 0.0;
    ps_relief_drop(relief, &w, drain);
    n = ps_relief_order(relief, &w, drain);
    for (i = 0; i < n; i++) {
        const double price = ps_relief_price(relief, w.order[i]);
        if (spent + price > relief->budget) w.chosen[w.order[i]] = 0;
        else spent += price;
    }
    ps_relief_drop(relief, &w, drain);
    n = ps_relief_order(relief, &w, drain);
    for (i = 0; i < n; i++) {
        const int32_t s = w.order[i];
        shard[listed++] = s;
        info->risk += drain[relief->home[s]] * relief->impact[s];
        info->disruption += ps_relief_price(relief, s);
    }
    info->shards = listed;
    return PSC_OK;
}

psc_status psc_relief_soft(const double *drain, size_t nodes, size_t resources, const int64_t *amount, int64_t *soft)
{
    size_t i;

    if (nodes == 0 || resources == 0) return PSC_OK;
    if (!drain || !amount || !soft) return PSC_ERR_NULL;
    for (i = 0; i < nodes; i++) {
        if (!psc__finite(&drain[i])) return PSC_ERR_NONFINITE;
        if (!psc__within(drain[i], 0.0, 1.0)) return PSC_ERR_RANGE;
    }
    for (i = 0; i < nodes * resources; i++)
        if (amount[i] < 0 || amount[i] > PSC_MAX_AMOUNT) return PSC_ERR_RANGE;
    for (i = 0; i < nodes * resources; i++)
        soft[i] = (int64_t)((double)amount[i] * (1.0 - drain[i / resources]));
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

int32_t psc_state_type(const void *state)
{
    int32_t type;

    for (type = PSC_TYPE_TRACKER; type < PSC_TYPE_END; type++) {
        psc_status status = psc__state(state, type);
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

/* Where a number of a state lies and what it may be. */
typedef struct ps_bound {
    size_t at;
    double low, high;
} ps_bound;

static int ps_bounded(const psc__image *image, size_t from, const ps_bound *bound, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!psc__real_in(image, from + bound[i].at, bound[i].low, bound[i].high)) return 0;
    return 1;
}

static int ps_counted(const psc__image *image, size_t i, int64_t most)
{
    return psc__integer(image, i) >= 0 && psc__integer(image, i) <= most;
}

#define PS_IN(type, field) (offsetof(type, field) / 8)
#define PS_FAR (4.0 * PSC_MAX_METRIC)       /* a value less the first is at most half of this, a residual all  */
#define PS_SQUARE (PS_FAR * PS_FAR)
#define PS_WITHIN_METRIC(field, low, high) {PS_IN(ps_metric, field), low, high}

/* A set of values: finite, ascending, and no more than there is room for. */
static int ps_set_valid(const psc__image *image, size_t at, size_t count_at)
{
    const int64_t n = psc__integer(image, count_at);
    int64_t i;

    if (n < 0 || n > PS_SEEN) return 0;
    for (i = 0; i < n; i++) {
        const double x = (double)ps_high_float(psc__word(image, at + (size_t)i));
        if (!psc__within(x, -2.0 * PS_FAR, 2.0 * PS_FAR)) return 0;
        if (i > 0 && x < (double)ps_high_float(psc__word(image, at + (size_t)i - 1))) return 0;
    }
    return 1;
}

static int ps_profile_valid(const psc__image *image, size_t at)
{
    size_t i;

    for (i = 0; i < PS_BINS; i++) {
        const uint64_t w = psc__word(image, at + i);
        if (!psc__within((double)ps_low_float(w), -PS_FAR, PS_FAR)
            || !psc__within((double)ps_high_float(w), -PS_FAR, PS_FAR))
            return 0;
    }
    return 1;
}

static int ps_metric_valid(const psc__image *image, size_t at, int64_t learn)
{
    static const ps_bound bound[] = {
        PS_WITHIN_METRIC(move.floor, DBL_MIN, PSC_MAX_METRIC),
        PS_WITHIN_METRIC(move.origin, -PSC_MAX_METRIC, PSC_MAX_METRIC), PS_WITHIN_METRIC(move.mean, -PS_FAR, PS_FAR),
        PS_WITHIN_METRIC(move.variance, 0.0, PS_SQUARE), PS_WITHIN_METRIC(move.low, -PS_FAR, PS_FAR),
        PS_WITHIN_METRIC(move.high, -PS_FAR, PS_FAR), PS_WITHIN_METRIC(move.level, -PS_FAR, PS_FAR),
        PS_WITHIN_METRIC(move.rest_error, 0.0, PS_SQUARE), PS_WITHIN_METRIC(move.total_error, 0.0, PS_SQUARE),
        PS_WITHIN_METRIC(move.rest_mean, -PS_FAR, PS_FAR), PS_WITHIN_METRIC(move.rest_variance, 0.0, PS_SQUARE),
        PS_WITHIN_METRIC(move.z, 0.0, PSC_MAX_Z), PS_WITHIN_METRIC(move.z_held, 0.0, PSC_MAX_Z),
        PS_WITHIN_METRIC(move.product[0], 0.0, 1e4), PS_WITHIN_METRIC(move.product[1], -1e4, 1e4),
        PS_WITHIN_METRIC(move.product[2], -1e4, 1e4), PS_WITHIN_METRIC(move.product[3], -1e4, 1e4),
        PS_WITHIN_METRIC(move.lag[0], -PS_LAG_LIMIT, PS_LAG_LIMIT),
        PS_WITHIN_METRIC(move.lag[1], -PS_LAG_LIMIT, PS_LAG_LIMIT),
        PS_WITHIN_METRIC(move.lag[2], -PS_LAG_LIMIT, PS_LAG_LIMIT), PS_WITHIN_METRIC(move.weight[0], -8.0, 8.0),
        PS_WITHIN_METRIC(move.weight[1], -8.0, 8.0), PS_WITHIN_METRIC(move.weight[2], -8.0, 8.0),
        PS_WITHIN_METRIC(move.error_variance, 0.0, 1e7), PS_WITHIN_METRIC(move.e, 0.0, PSC_MAX_Z),
        PS_WITHIN_METRIC(move.e_held, 0.0, PSC_MAX_Z), PS_WITHIN_METRIC(move.e_usual, 0.0, PSC_MAX_Z),
        PS_WITHIN_METRIC(move.start_mean, -PS_FAR, PS_FAR),
        PS_WITHIN_METRIC(move.start_sd, 0.0, PS_FAR), PS_WITHIN_METRIC(move.drift, -PSC_MAX_Z, PSC_MAX_Z),
        PS_WITHIN_METRIC(rest, -PS_FAR, PS_FAR), PS_WITHIN_METRIC(rest_low, -2.0 * PS_FAR, 2.0 * PS_FAR),
        PS_WITHIN_METRIC(rest_high, -2.0 * PS_FAR, 2.0 * PS_FAR)
    };

    if (!ps_bounded(image, at, bound, sizeof bound / sizeof bound[0])) return 0;
    if (psc__integer(image, at + PS_IN(ps_metric, move.count)) >= learn
        && !(psc__real(image, at + PS_IN(ps_metric, move.start_sd)) > 0.0))
        return 0;
    return ps_profile_valid(image, at + PS_IN(ps_metric, profile))
           && ps_set_valid(image, at + PS_IN(ps_metric, value), at + PS_IN(ps_metric, values))
           && ps_set_valid(image, at + PS_IN(ps_metric, rested), at + PS_IN(ps_metric, rests));
}

/* Beats that were folded: those taken but for those that wait. */
static int64_t ps_folded(const psc__image *image)
{
    uint64_t waiting = psc__word(image, PS_AT(waiting));
    int64_t n = psc__integer(image, PS_AT(beats));

    for (; waiting; waiting &= waiting - 1) n--;
    return n;
}

static int ps_counts_valid(const psc__image *image)
{
    return psc__integer(image, PS_AT(shards)) >= 0 && ps_counted(image, PS_AT(beats), PSC__COUNTS)
           && ps_folded(image) >= 0 && ps_counted(image, PS_AT(gaps), ps_folded(image))
           && ps_counted(image, PS_AT(quiet), ps_folded(image));
}

/* Beats that wait: their places are within the window, what they hold can be taken, and the other places are zero. */
static int ps_waiting_valid(const psc__image *image, size_t at, int64_t metrics)
{
    const uint64_t waiting = psc__word(image, PS_AT(waiting)), next = psc__word(image, PS_AT(next));
    const uint64_t newest = psc__word(image, PS_AT(newest));
    const size_t width = 1 + (size_t)metrics;
    uint64_t s;
    int64_t k;

    if (waiting >> PS_WINDOW || newest + 1 - next > PS_WINDOW || (waiting && newest + 1 == next)
        || (waiting >> next % PS_WINDOW & 1) || !ps_counted(image, PS_AT(chained), 1))
        return 0;
    for (s = next; s != next + PS_WINDOW; s++) {
        const size_t place = at + (size_t)(s % PS_WINDOW) * width;
        const int used = (int)(waiting >> s % PS_WINDOW & 1);
        if (used && newest - s >= PS_WINDOW) return 0;
        if (!used && psc__word(image, place) != 0) return 0;
        for (k = 0; k < metrics; k++) {
            const double x = psc__real(image, place + 1 + (size_t)k);
            if (used ? !ps_metric_possible((int)k, x) : psc__word(image, place + 1 + (size_t)k) != 0) return 0;
        }
    }
    return 1;
}

static int ps_signs_valid(const psc__image *image, int64_t beats)
{
    const size_t at = PS_AT(signs);
    size_t i;

    if (!ps_counted(image, at + PS_IN(ps_signs, beats), beats)
        || !ps_counted(image, at + PS_IN(ps_signs, steps), PS_RECENT)
        || !ps_counted(image, at + PS_IN(ps_signs, memories), PS_MEMORIES)
        || !ps_counted(image, at + PS_IN(ps_signs, learned), PSC__COUNTS))
        return 0;
    for (i = PS_IN(ps_signs, sum); i < PS_IN(ps_signs, sign); i++)      /* sums of PSC__COUNTS metrics at most */
        if (!psc__real_in(image, at + i, -PSC_MAX_METRIC, PSC_MAX_METRIC * (double)PSC__COUNTS)) return 0;
    for (i = PS_IN(ps_signs, sum); i < PS_IN(ps_signs, recent); i++)
        if (psc__real(image, at + i) < 0.0) return 0;
    for (i = PS_IN(ps_signs, base); i <= PS_IN(ps_signs, load_square); i++)
        if (!psc__real_in(image, at + i, 0.0, PSC_MAX_METRIC)) return 0;
    for (i = PS_IN(ps_signs, recent); i < PS_IN(ps_signs, base); i++)
        if (!psc__real_in(image, at + i, 0.0, PSC_MAX_METRIC)) return 0;
    for (i = PS_IN(ps_signs, load_product); i < PS_IN(ps_signs, sign); i++)
        if (!psc__real_in(image, at + i, -10.0, 10.0)) return 0;
    for (i = 0; i < PSC_SIGNS; i++)
        if (!psc__real_in(image, at + PS_IN(ps_signs, sign) + i, -PS_SIGN_LIMIT, PS_SIGN_LIMIT)) return 0;
    return 1;
}

static int ps_node_valid(const psc__image *image)
{
    static const ps_bound bound[] = {
        {PS_AT(winsor), 1.0, 100.0}, {PS_AT(relative_floor), 0.0, 1.0}, {PS_AT(gap_mean), 0.0, 1e16},
        {PS_AT(gap_variance), 0.0, PS_TIME_VARIANCE}, {PS_AT(gap_z), 0.0, PSC_MAX_Z}, {PS_AT(gap_held), 0.0, PSC_MAX_Z},
        {PS_AT(mark), 0.0, PSC_MAX_Z}, {PS_AT(onset), 0.0, PSC_MAX_Z}
    };
    const size_t head = sizeof(psc_node) / 8;
    const int64_t metrics = image->words > head ? psc__integer(image, PS_AT(metrics)) : 0;
    size_t k;

    if (metrics < 1 || metrics > PSC_MAX_METRICS || image->words != ps_node_bytes(metrics) / 8) return 0;
    if (!ps_node_parameters(metrics, psc__integer(image, PS_AT(learn)), psc__integer(image, PS_AT(memory)),
                            psc__integer(image, PS_AT(interval)), psc__integer(image, PS_AT(pause)),
                            psc__integer(image, PS_AT(step)))
        || !ps_day_possible(psc__integer(image, PS_AT(day))) || psc__word(image, PS_AT(max_jump)) < 1
        || psc__word(image, PS_AT(max_jump)) > PS_MAX_JUMP)
        return 0;
    if (!ps_bounded(image, 0, bound, sizeof bound / sizeof bound[0]) || !ps_counts_valid(image)
        || !ps_signs_valid(image, ps_folded(image))
        || !ps_waiting_valid(image, head + PS_METRIC_WORDS * (size_t)metrics, metrics))
        return 0;
    for (k = 0; k < (size_t)metrics; k++) {
        const size_t at = head + PS_METRIC_WORDS * k;
        if (!ps_counted(image, at + PS_IN(ps_metric, move.count), ps_folded(image))
            || !ps_metric_valid(image, at, psc__integer(image, PS_AT(learn))))
            return 0;
    }
    return 1;
}

static int ps_silence_valid(const psc__image *image)
{
    static const ps_bound bound[] = {
        {PS_IN(psc_silence, cost_suspect), 1e-9, 1e9}, {PS_IN(psc_silence, cost_late), 1e-9, 1e9},
        {PS_IN(psc_silence, most_false), 1e-9, 1e9}, {PS_IN(psc_silence, prior_failures), 1.0, 1.0},
        {PS_IN(psc_silence, prior_seconds), 1e-4, 1e10},
        {PS_IN(psc_silence, failures), 0.0, PS_SILENCE_MOST}, {PS_IN(psc_silence, node_seconds), 0.0, PS_SILENCE_MOST},
        {PS_IN(psc_silence, gaps), 0.0, PS_SILENCE_MOST}, {PS_IN(psc_silence, gap_seconds), 0.0, PS_SILENCE_MOST},
        {PS_IN(psc_silence, limit), 0.0, 1e7}, {PS_IN(psc_silence, false_rate), 0.0, 1e23}
    };
    const int64_t interval = psc__integer(image, PS_IN(psc_silence, interval));
    const int64_t round = psc__integer(image, PS_IN(psc_silence, round));
    size_t i;

    if (image->words != sizeof(psc_silence) / 8 || interval < PS_MILLISECOND || interval > PS_DAY
        || round < PS_MILLISECOND || round > PS_DAY || !ps_counted(image, PS_IN(psc_silence, rounds), PSC__COUNTS)
        || !ps_counted(image, PS_IN(psc_silence, overdue), INT32_MAX)
        || !ps_counted(image, PS_IN(psc_silence, excused), PS_CENTURIES))
        return 0;
    for (i = 0; i < PS_SILENCE_BINS; i++)
        if (!psc__real_in(image, PS_IN(psc_silence, bin) + i, 0.0, PS_SILENCE_MOST)) return 0;
    return ps_bounded(image, 0, bound, sizeof bound / sizeof bound[0])
           && psc__real(image, PS_IN(psc_silence, limit)) >= PS_SILENCE_LEAST * ((double)interval * PS_SECONDS);
}

static int ps_row_valid(const psc__image *image, size_t at)
{
    size_t i;

    for (i = 0; i < PS_INPUTS; i++)
        if (!psc__real_in(image, at + PS_IN(ps_row, input) + i, -10.0, 10.0)) return 0;
    return psc__real_in(image, at + PS_IN(ps_row, p), 0.0, 1.0) && ps_counted(image, at + PS_IN(ps_row, settled), 1)
           && ps_counted(image, at + PS_IN(ps_row, signs), 1);
}

/* A count of outcomes, and a sum of numbers from 0 to 1 over so many. */
static int ps_count_valid(const psc__image *image, size_t i, double most)
{
    return psc__real_in(image, i, 0.0, most) && floor(psc__real(image, i)) == psc__real(image, i);
}

static int ps_bins_valid(const psc__image *image, size_t rows, size_t p, size_t failures, size_t bins, double most)
{
    size_t i;

    for (i = 0; i < bins; i++)
        if (!ps_count_valid(image, rows + i, most) || !psc__real_in(image, p + i, 0.0, psc__real(image, rows + i))
            || !ps_count_valid(image, failures + i, psc__real(image, rows + i)))
            return 0;
    return 1;
}

/* Sums and the belief: none is negative but weights and covariances, and no part is more than the whole. */
static int ps_sums_valid(const psc__image *image)
{
    double outcomes;
    size_t i;

    for (i = 0; i < PS_TERMS; i++)
        if (!psc__real_in(image, PS_IN(psc_failure, weight) + i, -PS_MAX_WEIGHT, PS_MAX_WEIGHT)) return 0;
    for (i = 0; i < PS_TERMS * PS_TERMS; i++)
        if (!psc__real_in(image, PS_IN(psc_failure, spread) + i, -PS_MAX_WEIGHT, PS_MAX_WEIGHT)) return 0;
    if (!ps_count_valid(image, PS_IN(psc_failure, outcomes), (double)PSC__COUNTS)) return 0;
    outcomes = psc__real(image, PS_IN(psc_failure, outcomes));
    return ps_count_valid(image, PS_IN(psc_failure, failures), outcomes)
           && psc__real_in(image, PS_IN(psc_failure, brier), 0.0, outcomes)
           && ps_bins_valid(image, PS_IN(psc_failure, bin_rows), PS_IN(psc_failure, bin_p),
                            PS_IN(psc_failure, bin_failures), PSC_REPORT_BINS, outcomes)
           && ps_bins_valid(image, PS_IN(psc_failure, step_rows), PS_IN(psc_failure, step_p),
                            PS_IN(psc_failure, step_failures), PS_STEPS, outcomes);
}

static int ps_failure_valid(const psc__image *image)
{
    const size_t head = sizeof(psc_failure) / 8;
    const int64_t capacity = image->words >= head ? psc__integer(image, PS_IN(psc_failure, capacity)) : -1;
    size_t i;

    if (capacity < 0 || capacity > PSC_MAX_WAITING || image->words != head + (size_t)capacity * PS_ROW_WORDS) return 0;
    if (psc__integer(image, PS_IN(psc_failure, horizon)) < 1
        || !ps_counted(image, PS_IN(psc_failure, horizon), PS_CENTURIES)
        || !ps_counted(image, PS_IN(psc_failure, wait), PS_CENTURIES)
        || !ps_counted(image, PS_IN(psc_failure, first), capacity > 0 ? capacity - 1 : 0)
        || !ps_counted(image, PS_IN(psc_failure, rows), capacity)
        || !ps_counted(image, PS_IN(psc_failure, dropped), PSC__COUNTS)
        || !psc__real_in(image, PS_IN(psc_failure, slope_phi), 0.0, 100.0)
        || !psc__real_in(image, PS_IN(psc_failure, correct_from), 1.0, 1e15) || !ps_sums_valid(image))
        return 0;
    for (i = 0; i < (size_t)capacity; i++)
        if (!ps_row_valid(image, head + i * PS_ROW_WORDS)) return 0;
    return 1;
}

static int ps_threshold_valid(const psc__image *image)
{
    static const ps_bound bound[] = {
        {PS_IN(psc_threshold, start), -PS_MAX_ODDS, PS_MAX_ODDS}, {PS_IN(psc_threshold, odds), -40.0, 40.0},
        {PS_IN(psc_threshold, needless), 0.0, 1.0}, {PS_IN(psc_threshold, gain), 0.0, 1.0},
        {PS_IN(psc_threshold, pull), 0.0, 1.0}, {PS_IN(psc_threshold, reach), 0.0, 10.0},
        {PS_IN(psc_threshold, hysteresis), 0.0, 10.0}, {PS_IN(psc_threshold, environment), 0.0, 10.0},
        {PS_IN(psc_threshold, raised), 0.0, 140.0}
    };
    size_t i;

    if (image->words != sizeof(psc_threshold) / 8 || !ps_counted(image, PS_IN(psc_threshold, hold), PS_CENTURIES))
        return 0;
    for (i = PS_IN(psc_threshold, preemptive); i <= PS_IN(psc_threshold, missed); i++)
        if (!ps_counted(image, i, PSC__COUNTS)) return 0;
    return ps_bounded(image, 0, bound, sizeof bound / sizeof bound[0]);
}

/* The chapters that have these states follow. */
static int ps_personas_valid(const psc__image *image);
static int ps_producer_valid(const psc__image *image);
static int ps_demand_valid(const psc__image *image);
static int ps_scaler_valid(const psc__image *image);
static int ps_outlook_valid(const psc__image *image);

/* Every invariant of the type; an unknown type has none that could hold. */
static int ps_valid(const psc__image *image, int32_t type)
{
    switch (type) {
    case PSC_TYPE_TRACKER: return psc__tracker_valid(image);
    case PSC_TYPE_NODE: return ps_node_valid(image);
    case PSC_TYPE_FAILURE: return ps_failure_valid(image);
    case PSC_TYPE_THRESHOLD: return ps_threshold_valid(image);
    case PSC_TYPE_SILENCE: return ps_silence_valid(image);
    case PSC_TYPE_PERSONAS: return ps_personas_valid(image);
    case PSC_TYPE_SPLIT: return psc__split_valid(image);
    case PSC_TYPE_ECHO: return psc__echo_valid(image);
    case PSC_TYPE_MAP: return psc__map_valid(image);
    case PSC_TYPE_TRANSFER: return psc__transfer_valid(image);
    case PSC_TYPE_TRIAL: return psc__trial_valid(image);
    case PSC_TYPE_STAGES: return psc__stages_valid(image);
    case PSC_TYPE_PRODUCER: return ps_producer_valid(image);
    case PSC_TYPE_DEMAND: return ps_demand_valid(image);
    case PSC_TYPE_SCALER: return ps_scaler_valid(image);
    case PSC_TYPE_OUTLOOK: return ps_outlook_valid(image);
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

    if (type < PSC_TYPE_ANY || type >= PSC_TYPE_END) return PSC_ERR_RANGE;
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) crc = ps_crc(crc, psc__word(&image, i));
    if (~crc != psc__word(&image, image.words)) return PSC_ERR_CHECKSUM;
    held = (int32_t)(psc__word(&image, 0) >> 16 & 0xffffff);
    if (type != PSC_TYPE_ANY && held != type) return PSC_ERR_STATE;
    if (!ps_valid(&image, held)) return PSC_ERR_CORRUPT;
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
#define PS_PARTS_LEAST 0.02     /* of several coefficients: they part slowly, and a mean would stop before they have */
#define PS_USE_LEAST 0.01
#define PS_FAILED 0.1           /* a failure takes away so much of the own share of successes                     */
#define PS_SERVED 0.03          /* and a success so much of the own share of failures                             */
#define PS_RISK_FORGET 6.25e-11 /* 1 / 16 s, a ns: risk is forgotten like exp(-t / 8 s), as (1 - t / 16 s)^2 a step */
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

/* The time between as a double, ns. */
static double ps_since(int64_t from, int64_t now)
{
    const uint64_t elapsed = ps_elapsed(from, now);

    return (double)elapsed;
}

/* What is left of a risk after so long. */
static double ps_left(int64_t from, int64_t now)
{
    const double left = 1.0 - ps_since(from, now) * PS_RISK_FORGET;

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

static double ps_peer_load(const psc_personas *p, const ps_peer *n, double workers, double foreign)
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
    n->load = ps_peer_load(p, n, workers, foreign);
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
static void ps_peer_settle(psc_personas *p, int64_t i)
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
    status = psc__new(personas, bytes, psc_personas_size(config), PSC_TYPE_PERSONAS);
    if (status != PSC_OK) return status;

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
    ps_peer_settle(personas, node);
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
    ps_peer_settle(personas, node);
    return PSC_OK;
}

psc_status psc_personas_drain(psc_personas *personas, int64_t now, int32_t node)
{
    psc_status status = ps_personas_node(personas, node);

    if (status != PSC_OK) return status;
    ps_time(personas, now);
    ps_drain(personas, node, PS_DRAIN_TOLD);
    ps_peer_settle(personas, node);
    return PSC_OK;
}

psc_status psc_personas_resume(psc_personas *personas, int64_t now, int32_t node)
{
    psc_status status = ps_personas_node(personas, node);

    if (status != PSC_OK) return status;
    ps_time(personas, now);
    ps_take_back(personas, node);
    ps_peer_settle(personas, node);
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

static double ps_weighted_score(const psc_personas *p, int64_t type, int64_t i, double mean)
{
    const double weights = p->weight_affinity + p->weight_stability + p->weight_cost;
    const ps_peer *n = &ps_peers(p)[i];
    double sum = p->weight_affinity * ps_affinity_score(p, type, i, mean);

    sum += p->weight_stability * ps_stability(n) + p->weight_cost / (1.0 + n->price);
    return 1.0 - sum / weights;
}

static void ps_choose_weighted(const psc_personas *p, const psc_request *q, ps_pick *pick)
{
    const double mean = ps_mean_unit(p, q->type);
    int64_t i;

    for (i = 0; i < p->nodes; i++)
        if (ps_is_open(p, &ps_peers(p)[i])) ps_offer(pick, i, ps_weighted_score(p, q->type, i, mean));
}

/* No node is in: the lead, or the node with the least work out. */
static void ps_choose_none(const psc_personas *p, const psc_request *q, ps_pick *pick)
{
    int64_t i, least = 0;

    for (i = 1; i < p->nodes; i++)
        if (ps_peers(p)[i].work < ps_peers(p)[least].work) least = i;
    pick->node = q->lead >= 0 ? q->lead : least;
    if (p->policy == PSC_POLICY_WEIGHTED)
        pick->score = ps_weighted_score(p, q->type, pick->node, ps_mean_unit(p, q->type));
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

    if (ps_elapsed(ps_peers(p)[p->cursor].refreshed_at, p->now) > (uint64_t)p->beat / 8) ps_peer_settle(p, p->cursor);
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
    ps_peer_settle(personas, o->node);
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

/* A cause only where it is out, and no time after now. */
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

/* ==== Producer ================================================================================== */

#define PS_SECOND 1e9               /* ns */
#define PS_BINS_AHEAD 256                /* bins that one call may close: bounds its cost                  */
#define PS_WAYS 4                   /* sources in a set: a set of 96 bytes is two cache lines         */
#define PS_COST_FADE (1.0 / 1000.0)    /* of a cost model a request: a few minutes of a busy producer    */
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
    const double *end = ps_costs(p, p->types);

    return (uint64_t *)(uintptr_t)end;
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
    status = psc__new(producer, bytes, psc_producer_size(config), PSC_TYPE_PRODUCER);
    if (status != PSC_OK) return status;

    producer->id = config->id;
    producer->types = config->types;
    producer->sources = config->sources;
    producer->window = config->window;
    producer->bin = config->bin_ns;
    producer->period1 = config->period1;
    producer->period2 = config->period2;
    producer->newest = -1;
    for (i = 0; i < ps_trackers(config->types); i++)
        (void)ps_tracker_begin(ps_producer_tracker(producer, i), config->period1, config->period2);
    return PSC_OK;
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

/* The rates of a bin into the trackers; NaN where nobody has seen it. */
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

/* Moves to bin b, at most PS_BINS_AHEAD bins; 1 when there. */
static int ps_bin_go(psc_producer *p, int64_t b)
{
    int steps;

    if (p->newest < 0) p->first = p->newest = b;
    for (steps = 0; steps < PS_BINS_AHEAD && p->newest < b; steps++) ps_bin_next(p);
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
    if (sets == 0 || size <= 0.0) return;
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
static double ps_cost_of(double *model, double size, double cost)
{
    double x;

    if (!psc__nan(&cost)) {
        model[0] += size - PS_COST_FADE * model[0];
        model[1] += cost - PS_COST_FADE * model[1];
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

psc_status psc_producer_observe(psc_producer *producer, const psc_usage *request)
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
    if (producer->newest >= 0 && b > producer->newest + PS_BINS_AHEAD) return PSC_ERR_RANGE;
    if (producer->newest >= 0 && b <= producer->newest - producer->window) return PSC_ERR_STALE;

    (void)ps_bin_go(producer, b);
    if (b < producer->first) producer->first = b;
    bin = ps_bin(producer, b);
    model = ps_costs(producer, request->type);
    bin[0] = 1.0;
    bin[1 + request->type] += 1.0;
    bin += 1 + producer->types;
    bin[0] += ps_cost_of(model, request->size, request->cpu);
    bin[1] += ps_cost_of(model + 2, request->size, request->memory);
    bin[2] += ps_cost_of(model + 4, request->size, request->network);
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
    return psc__word(&part, 0) == psc__kind(PSC_TYPE_TRACKER) && psc__word(&part, 1) == part.words
           && psc__tracker_valid(&part);
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
    types = psc__integer(image, PS_IN(psc_producer, types));
    sources = psc__integer(image, PS_IN(psc_producer, sources));
    window = psc__integer(image, PS_IN(psc_producer, window));
    period1 = psc__integer(image, PS_IN(psc_producer, period1));
    period2 = psc__integer(image, PS_IN(psc_producer, period2));
    words = ps_producer_words(types, sources, window, psc__integer(image, PS_IN(psc_producer, bin)), period1, period2);
    if (words == 0 || words != image->words || psc__integer(image, PS_IN(psc_producer, id)) < 0) return 0;
    first = psc__integer(image, PS_IN(psc_producer, first));
    newest = psc__integer(image, PS_IN(psc_producer, newest));
    closed = psc__integer(image, PS_IN(psc_producer, closed));
    if (newest < -1 || newest > INT64_MAX / PS_MILLISECOND || first < 0 || (newest >= 0 && first > newest)
        || closed < 0 || closed > PSC__COUNTS)
        return 0;
    if (!psc__real_in(image, PS_IN(psc_producer, cover), 0.0, 1.0)
        || !psc__real_in(image, PS_IN(psc_producer, total), 0.0, PS_LARGEST)
        || !ps_reals_in(image, PS_IN(psc_producer, last), PSC_RESOURCES, 0.0, PSC_MAX_METRIC)
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
    while (x * ten[places] >= 1e6) places--;
    return floor(x * ten[places] + 0.5) / ten[places];
}

/* The fields that the caller sets. */
static psc_status ps_report_asked(const psc_report *r)
{
    const int level = r->level > 0.0 && r->level < 1.0;
    int i;

    if (r->struct_size != sizeof *r) return PSC_ERR_VERSION;
    if (r->points < 1 || r->points > PSC_REPORT_POINTS || !level) return PSC_ERR_RANGE;
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
    int64_t newest;
    psc_report r;
    int p, k;

    if (status != PSC_OK) return status;
    if (!report) return PSC_ERR_NULL;
    status = ps_report_asked(report);
    if (status != PSC_OK) return status;
    if (!psc__within(target, 0.05, 1.0) || now < 0 || now > PS_TIMES || now / producer->bin < producer->newest)
        return PSC_ERR_RANGE;
    newest = producer->newest < 0 ? now / producer->bin : producer->newest;     /* before the first bin: of now */
    r = *report;
    r.producer = producer->id;
    r.made_at = now;
    r.confidence = ps_producer_confidence(producer);
    for (k = 0; k < PSC_RESOURCES; k++) r.now[k] = ps_short(producer->last[k]);
    for (p = 0; p < r.points; p++) {
        const int64_t bins = (now + r.horizon[p]) / producer->bin - (newest - producer->window);
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
    if (a->seconds >= 0.0 && b->seconds >= 0.0) return a->seconds < b->seconds;
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

#define PS_STEP 0.004           /* of a Newton step, in mean errors; 0.002 and 0.008 cost 0.5 %                 */
#define PS_RIDGE 1e-4           /* of the diagonal of the moments; 1e-3 does as well                             */
#define PS_MOMENT_GAIN 1e-4     /* least gain of the moments: 10000 outcomes; 1000 do as well                    */
#define PS_MISS_GAIN 0.01       /* least gain of the mean error                                                  */
#define PS_PHASE_STEP 0.2       /* of the table over the phase, in roots of units; 0.1 costs 0.5 %               */
#define PS_OFFSET_STEP 0.005    /* of the conformal offset: 200 misses move it by a mean error                   */
#define PS_ALIKE 0.0003         /* an error of less than this share of the root teaches no weight               */
#define PS_WEIGHTS 1e3          /* no weight grows beyond                                                        */
#define PS_LEAST_UNIT 1e-9      /* of load                                                                       */
#define PS_UNITS 1e15           /* loads in units are cut here                                                   */
#define PS_ROOTS 3.3e7          /* above the root of PS_UNITS, and one step of the table more                    */
#define PS_KEPT 1.2             /* keep is at most so many times order and a unit; 1.5 costs 0.3 %               */

enum {
    PS_EXPERTS = 6, PS_MOMENTS = PS_EXPERTS * (PS_EXPERTS + 1) / 2, PS_DUES = 2 * PSC_MAX_LEAD, PS_DUE = PS_EXPERTS + 2
};

/* Nothing but 8-byte words; then PS_DUES forecasts that have not come due (step, quantile as it was said, terms), the
 * table over the phase and the tracker. */
struct psc_demand {
    psc_state head;
    int64_t  period1, period2, phase;
    double   unit, level;
    int64_t  steps;                     /* taken, missing ones too                                   */
    int64_t  values;                    /* taken, but for the missing                                */
    int64_t  outcomes, above;
    double   last, fast, slow;          /* newest load and means, in units                           */
    double   error, offset;             /* mean |error| of the last value as a forecast; conformal part; roots */
    double   weight[PS_EXPERTS];
    double   moment[PS_MOMENTS];        /* means of the products of terms, lower triangle by rows    */
};

static double *ps_due(const psc_demand *d, int64_t step)
{
    return (double *)(uintptr_t)(d + 1) + (size_t)(step % PS_DUES) * PS_DUE;
}

static int64_t *ps_due_step(double *due) { return (int64_t *)(void *)due; }
static double *ps_phases(const psc_demand *d) { return (double *)(uintptr_t)(d + 1) + PS_DUES * PS_DUE; }

static psc_tracker *ps_demand_tracker(const psc_demand *d)
{
    return (psc_tracker *)(uintptr_t)(ps_phases(d) + d->phase);
}

/* Words of a demand of these numbers; 0: they are not valid. */
static size_t ps_demand_words(int64_t period1, int64_t period2, int64_t phase)
{
    const size_t tracker = ps_tracker_words(period1, period2);

    if (tracker == 0 || phase < 0 || phase > PSC_MAX_PERIOD) return 0;
    return sizeof(psc_demand) / 8 + PS_DUES * PS_DUE + (size_t)phase + tracker;
}

static int ps_demand_numbers(double unit, double level)
{
    return psc__within(unit, PS_LEAST_UNIT, PSC_MAX_VALUE) && psc__within(level, 0.5, 0.9999);
}

void psc_demand_default(psc_demand_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->unit = 1.0;
    config->level = 0.93;
}

size_t psc_demand_size(const psc_demand_config *config)
{
    if (!config || config->struct_size != sizeof *config || !ps_demand_numbers(config->unit, config->level)) return 0;
    return 8 * ps_demand_words(config->period1, config->period2, config->phase);
}

psc_status psc_demand_init(psc_demand *demand, size_t bytes, const psc_demand_config *config)
{
    psc_status status;
    int64_t i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(demand, bytes, psc_demand_size(config), PSC_TYPE_DEMAND);
    if (status != PSC_OK) return status;

    demand->period1 = config->period1;
    demand->period2 = config->period2;
    demand->phase = config->phase;
    demand->unit = config->unit;
    demand->level = config->level;
    demand->weight[0] = 1.0;
    for (i = 0; i < PS_DUES; i++) *ps_due_step(ps_due(demand, i)) = -1;
    return ps_tracker_begin(ps_demand_tracker(demand), config->period1, config->period2);
}

/* A demand whose indices, and those of its tracker, can be followed: nothing below fails after this. */
static psc_status ps_demand(const psc_demand *d)
{
    const psc_status status = psc__state(d, PSC_TYPE_DEMAND);
    const psc_tracker *tracker;
    psc_drift drift;

    if (status != PSC_OK) return status;
    if (d->head.words == 0 || d->head.words != ps_demand_words(d->period1, d->period2, d->phase)) return PSC_ERR_STATE;
    tracker = ps_demand_tracker(d);
    if (((const psc_state *)(const void *)tracker)->words != ps_tracker_words(d->period1, d->period2))
        return PSC_ERR_STATE;
    return psc_tracker_drift(tracker, &drift);
}

/* The root of a load in units. */
static double ps_root(double load, double unit)
{
    const double units = load / unit;

    return sqrt(units > 0.0 ? ps_least(units, PS_UNITS) : 0.0);
}

static double ps_mixture(const psc_demand *d, const double *term)
{
    double q = d->offset;
    int i;

    for (i = 0; i < PS_EXPERTS; i++) q += d->weight[i] * term[i];
    return q;
}

/* The inverse of the moments times the terms: the direction of a Newton step, up to its length. */
static void ps_direction(const psc_demand *d, const double *term, double *direction)
{
    double a[PS_EXPERTS * PS_EXPERTS];
    int i, j, m = 0;

    for (i = 0; i < PS_EXPERTS; i++) {
        for (j = 0; j <= i; j++) a[i * PS_EXPERTS + j] = d->moment[m++];
        a[i * PS_EXPERTS + i] *= 1.0 + PS_RIDGE;
        direction[i] = term[i];
    }
    (void)psc__solve(a, direction, PS_EXPERTS, 0.0);
}

/* A step down the pinball loss by miss, level or level - 1. None moves the forecast at hand by more than an error. */
static void ps_weights_learn(psc_demand *d, const double *term, double miss)
{
    double direction[PS_EXPERTS], lever = 0.0, length = PS_STEP * d->error;
    int i;

    ps_direction(d, term, direction);
    for (i = 0; i < PS_EXPERTS; i++) lever += direction[i] * term[i];
    if (!psc__within(lever, 0.0, PSC_MAX_VALUE)) return;
    if (length * lever > d->error) length = d->error / lever;
    for (i = 0; i < PS_EXPERTS; i++)
        d->weight[i] = ps_clamp(d->weight[i] + length * miss * direction[i], -PS_WEIGHTS, PS_WEIGHTS);
}

static void ps_moments_learn(psc_demand *d, const double *term)
{
    const double gain = ps_most(1.0 / (double)d->outcomes, PS_MOMENT_GAIN);
    int i, j, m = 0;

    for (i = 0; i < PS_EXPERTS; i++)
        for (j = 0; j <= i; j++, m++) d->moment[m] += gain * (term[i] * term[j] - d->moment[m]);
}

/* What was said about this step is held against what came. */
static void ps_demand_learn(psc_demand *d, double load)
{
    double *due = ps_due(d, d->steps), z = ps_root(load, d->unit), q, rise, *phase;
    const double *term = due + 2;
    double miss;

    if (*ps_due_step(due) != d->steps) return;
    psc__count(&d->outcomes);
    if (load > due[1]) psc__count(&d->above);
    ps_moments_learn(d, term);
    rise = z - term[1];
    d->error += ps_most(1.0 / (double)d->outcomes, PS_MISS_GAIN) * (fabs(rise) - d->error);
    q = ps_mixture(d, term);
    if (fabs(z - q) >= PS_ALIKE * z) ps_weights_learn(d, term, z > q ? d->level : d->level - 1.0);
    miss = load > due[1] ? d->level : d->level - 1.0;
    d->offset += PS_OFFSET_STEP * d->error * miss;
    if (d->phase < 2) return;
    phase = &ps_phases(d)[d->steps % d->phase];
    *phase += PS_PHASE_STEP * (rise > *phase ? d->level : d->level - 1.0);
}

static void ps_demand_take(psc_demand *d, double load)
{
    const double w = 1.0 / (double)(d->values + 1);

    d->last = ps_least(load / d->unit, PS_UNITS);
    d->fast += ps_most(w, 0.3) * (d->last - d->fast);
    d->slow += ps_most(w, 0.05) * (d->last - d->slow);
    psc__count(&d->values);
}

/* The terms of the mixture for the step `at`, the tracker's quantile first. */
static void ps_experts(const psc_demand *d, int64_t at, double quantile, double *term)
{
    term[0] = ps_root(quantile, d->unit);
    term[1] = sqrt(d->last);
    term[2] = sqrt(d->fast);
    term[3] = sqrt(d->slow);
    term[4] = 1.0;
    term[5] = d->phase > 1 ? ps_phases(d)[at % d->phase] : 0.0;
}

/* Largest quantile that was said about the `lead` steps that come. */
static double ps_demand_peak(const psc_demand *d, int32_t lead)
{
    double peak = 0.0;
    int64_t step;

    for (step = d->steps; step < d->steps + lead; step++) {
        double *due = ps_due(d, step);
        if (*ps_due_step(due) == step && due[1] > peak) peak = due[1];
    }
    return peak;
}

/* What is needed at the lead and until then, into the ring and into now. */
static void ps_demand_say(psc_demand *d, int32_t lead, psc_demand_now *now)
{
    double point[PSC_MAX_LEAD], quantile[PSC_MAX_LEAD], q;
    const int64_t at = d->steps - 1 + lead;
    double *due = ps_due(d, at);

    (void)psc_tracker_predict(ps_demand_tracker(d), (size_t)lead, &d->level, 1, point, quantile);
    ps_experts(d, at, quantile[lead - 1], due + 2);
    q = ps_mixture(d, due + 2);
    *ps_due_step(due) = at;
    due[1] = q > 0.0 ? ps_least(q * q * d->unit, PSC_MAX_VALUE) : 0.0;
    now->expected = ps_most(point[lead - 1], 0.0);
    now->order = ps_most(due[1], ps_least(d->last * d->unit, PSC_MAX_VALUE));
    now->keep = ps_most(now->order, ps_least(ps_demand_peak(d, lead), PS_KEPT * now->order + d->unit));
    now->outcomes = d->outcomes;
    now->violated = d->outcomes > 0 ? (double)d->above / (double)d->outcomes : 0.0;
}

psc_status psc_demand_observe(psc_demand *demand, double load, int32_t lead, psc_demand_now *now)
{
    const psc_status status = ps_demand(demand);
    const int missing = psc__nan(&load);

    if (status != PSC_OK) return status;
    if (!now) return PSC_ERR_NULL;
    if (!missing && !psc__finite(&load)) return PSC_ERR_NONFINITE;
    if (lead < 1 || lead > PSC_MAX_LEAD || (!missing && !psc__within(load, 0.0, PSC_MAX_VALUE))) return PSC_ERR_RANGE;

    if (!missing) {
        ps_demand_learn(demand, load);
        ps_demand_take(demand, load);
    }
    (void)psc_tracker_observe(ps_demand_tracker(demand), load);
    psc__count(&demand->steps);
    ps_demand_say(demand, lead, now);
    return PSC_OK;
}

static int ps_dues_valid(const psc__image *image, size_t at)
{
    int64_t i;

    for (i = 0; i < PS_DUES; i++, at += PS_DUE) {
        const int64_t step = psc__integer(image, at);
        if (step < -1 || step > PSC__COUNTS + PSC_MAX_LEAD || (step >= 0 && step % PS_DUES != i)) return 0;
        if (!psc__real_in(image, at + 1, 0.0, PSC_MAX_VALUE)
            || !ps_reals_in(image, at + 2, PS_EXPERTS, -PS_ROOTS, PS_ROOTS))
            return 0;
    }
    return 1;
}

/* What was counted and learned. */
static int ps_demand_learned(const psc__image *image)
{
    static const ps_bound bound[] = {
        {PS_IN(psc_demand, last), 0.0, PS_UNITS}, {PS_IN(psc_demand, fast), 0.0, PS_UNITS},
        {PS_IN(psc_demand, slow), 0.0, PS_UNITS}, {PS_IN(psc_demand, error), 0.0, PS_ROOTS},
        {PS_IN(psc_demand, offset), -1e30, 1e30}
    };

    return ps_counted(image, PS_IN(psc_demand, steps), PSC__COUNTS)
           && ps_counted(image, PS_IN(psc_demand, values), psc__integer(image, PS_IN(psc_demand, steps)))
           && ps_counted(image, PS_IN(psc_demand, outcomes), psc__integer(image, PS_IN(psc_demand, values)))
           && ps_counted(image, PS_IN(psc_demand, above), psc__integer(image, PS_IN(psc_demand, outcomes)))
           && ps_bounded(image, 0, bound, sizeof bound / sizeof bound[0])
           && ps_reals_in(image, PS_IN(psc_demand, weight), PS_EXPERTS, -PS_WEIGHTS, PS_WEIGHTS)
           && ps_reals_in(image, PS_IN(psc_demand, moment), PS_MOMENTS, -PS_ROOTS * PS_ROOTS, PS_ROOTS * PS_ROOTS);
}

static int ps_demand_valid(const psc__image *image)
{
    const size_t phases = sizeof(psc_demand) / 8 + PS_DUES * PS_DUE;
    int64_t period1, period2, phase;
    size_t words;

    if (image->words < phases) return 0;
    period1 = psc__integer(image, PS_IN(psc_demand, period1));
    period2 = psc__integer(image, PS_IN(psc_demand, period2));
    phase = psc__integer(image, PS_IN(psc_demand, phase));
    words = ps_demand_words(period1, period2, phase);
    if (words == 0 || words != image->words
        || !ps_demand_numbers(psc__real(image, PS_IN(psc_demand, unit)), psc__real(image, PS_IN(psc_demand, level))))
        return 0;
    return ps_demand_learned(image) && ps_dues_valid(image, sizeof(psc_demand) / 8)
           && ps_reals_in(image, phases, (size_t)phase, -PS_ROOTS, PS_ROOTS)
           && ps_tracker_within(image, phases + (size_t)phase, period1, period2);
}

/* ==== Scaler ==================================================================================== */

#define PS_MOST_UNITS INT64_C(2147483648)
#define PS_HEARD_GAIN (1.0 / 20.0)       /* gain of what a producer usually reports, and of its errors    */
#define PS_SPARE 1.5                /* price of a unit too many: the header says why                 */
#define PS_TRUSTED 0.25             /* least confidence that margins are divided by                  */

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
    const ps_heard *end = ps_heard_of(s, s->producers);

    return (psc_demand *)((uintptr_t)end + i * ps_demand_words(s->period1, s->period2, s->phase) * 8);
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

/* The level of the header, of a demand that starts at 0.5. */
static double ps_scaler_level(const psc_scaler *s)
{
    return ps_most(s->miss_price / (s->miss_price + PS_SPARE), 0.5);
}

static void ps_scaler_demands(const psc_scaler *s, psc_demand_config *c, double unit)
{
    psc_demand_default(c);
    c->level = ps_scaler_level(s);
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
    memset(&s, 0, sizeof s);
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
    status = psc__new(scaler, bytes, psc_scaler_size(config), PSC_TYPE_SCALER);
    if (status != PSC_OK) return status;

    ps_scaler_numbers(scaler, config);
    for (k = 0; k < PSC_RESOURCES; k++) {
        if (scaler->unit[k] <= 0.0) continue;
        ps_scaler_demands(scaler, &demand, scaler->unit[k]);
        (void)psc_demand_init(ps_scaler_demand(scaler, i++), psc_demand_size(&demand), &demand);
    }
    return PSC_OK;
}

/* A scaler whose indices can be followed. */
static psc_status ps_scaler(const psc_scaler *s)
{
    const psc_status status = psc__state(s, PSC_TYPE_SCALER);

    if (status != PSC_OK) return status;
    return ps_scaler_parameters(s) && s->head.words == ps_scaler_words(s) ? PSC_OK : PSC_ERR_STATE;
}

/* One whose demands can be asked too: checked before a step, so that none is left half done. */
static psc_status ps_scaler_whole(const psc_scaler *s)
{
    const size_t words = ps_demand_words(s->period1, s->period2, s->phase);
    psc_status status = PSC_OK;
    size_t i;

    for (i = 0; i < ps_limits(s->unit) && status == PSC_OK; i++) {
        const psc_demand *demand = ps_scaler_demand(s, i);
        status = demand->head.words == words ? ps_demand(demand) : PSC_ERR_STATE;
    }
    return status;
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

/* One resource of a report, cut to what is believed. before: the path of the report before this, to its age. */
static void ps_hear(psc_scaler *s, ps_heard *h, const psc_report *r, int k, double before)
{
    const double most = ps_believed(s, h, k), normal = psc__normal_quantile(0.5 * (1.0 + r->level));
    const double now = ps_least(r->now[k], most), old = h->usual[k];
    int p;

    if (h->reports > 0) {
        h->error[k] = now - before;
        h->variance[k] += PS_HEARD_GAIN * (h->error[k] * h->error[k] - h->variance[k]);
    }
    h->usual[k] = h->reports > 0 ? old + PS_HEARD_GAIN * (now - old) : now;
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
    scaler->boot_mean += (w > PS_HEARD_GAIN ? w : PS_HEARD_GAIN) * (x - scaler->boot_mean);
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
        s->joint[k] += PS_HEARD_GAIN * (sum * sum - squares - s->joint[k]);
        s->apart[k] += PS_HEARD_GAIN * ((width * width > widths ? width * width - widths : 0.0) - s->apart[k]);
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
        sum.sd += lost * each;
        sum.square += lost * each * each;
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
    if (now < 0 || now > PS_TIMES) return PSC_ERR_RANGE;
    ps_total(scaler, now, out);
    return PSC_OK;
}

static int64_t ps_units(double load, double unit)
{
    const double n = load / unit, whole = floor(n);

    if (!(n < (double)PS_MOST_UNITS)) return PS_MOST_UNITS;
    return (int64_t)whole + (n > whole);
}

/* Units to order and to keep by the resource that needs most. load[k] NaN: missing. least[k]: of what is ordered. */
static void ps_scaler_needs(psc_scaler *s, const double *load, const double *least, psc_decision *d, int64_t *order,
                            int64_t *keep)
{
    const double margin = ps_most(d->confidence, PS_TRUSTED);
    psc_demand_now now;
    size_t i = 0;
    int k;

    *order = *keep = -1;
    memset(&now, 0, sizeof now);
    for (k = 0; k < PSC_RESOURCES; k++) {
        double want;
        int64_t n;
        if (s->unit[k] <= 0.0) continue;
        (void)psc_demand_observe(ps_scaler_demand(s, i++), load[k], d->lead, &now);
        want = now.expected + ps_most(now.order - now.expected, 0.0) / margin;
        want = ps_most(ps_most(want, now.order), least[k]);
        n = ps_units(ps_most(now.keep, want), s->unit[k]);
        if (n > *keep) *keep = n;
        n = ps_units(want, s->unit[k]);
        if (n <= *order) continue;
        *order = n;
        d->resource = k;
        d->expected = now.expected;
        d->upper = want;
        d->violated = now.violated;
    }
}

/* Starts that the budget still has at `now`. */
static int64_t ps_starts_left(psc_scaler *s, int64_t now)
{
    const uint64_t passed = ps_elapsed(s->starts_at, now);
    const double filled = (double)passed / (double)s->starts_window * (double)s->max_starts;
    double left;

    s->starts = ps_least(s->starts + filled, (double)s->max_starts);
    if (now > s->starts_at) s->starts_at = now;
    left = floor(s->starts + 1e-9);
    return (int64_t)left;
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

/* Loads of this step from the reports, and what they say of the lead at the level of the order, by their intervals and
 * the correlation of their errors. */
static void ps_scaler_from_reports(psc_scaler *s, int64_t now, double *load, double *least, psc_decision *d)
{
    const double normal = psc__normal_quantile(ps_scaler_level(s));
    double capacity[PSC_RESOURCES], counted, half;
    int k;

    ps_rho_learn(s);
    counted = ps_total_heads(s, now, capacity, &d->confidence);
    for (k = 0; k < PSC_RESOURCES; k++) {
        load[k] = ps_missing();
        if (s->unit[k] <= 0.0 || counted <= 0.0) continue;
        ps_total_at(s, now, 0, k, counted, normal, &load[k], &half);
        ps_total_at(s, now, d->lead * s->step, k, counted, normal, &least[k], &half);
        least[k] += half;
    }
}

psc_status psc_scaler_step(psc_scaler *scaler, int64_t now, const double *load, int64_t active, int64_t pending,
                           psc_decision *decision)
{
    psc_status status = ps_scaler(scaler);
    double taken[PSC_RESOURCES], least[PSC_RESOURCES] = {0.0, 0.0, 0.0, 0.0};
    psc_decision d;
    int64_t order, keep;
    int k;

    if (status == PSC_OK) status = ps_scaler_whole(scaler);
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
    if (!load) ps_scaler_from_reports(scaler, now, taken, least, &d);
    ps_scaler_needs(scaler, taken, least, &d, &order, &keep);
    d.rho = ps_rho(scaler, d.resource);
    ps_scaler_decide(scaler, now, active + pending, order, keep, &d);
    d.vertical_units = active + pending;
    if (order > d.vertical_units && d.vertical_units > 0)
        d.vertical = (double)order / (double)d.vertical_units - 1.0;
    psc__count(&scaler->steps);
    *decision = d;
    return PSC_OK;
}

/* When a producer was heard, and of what horizons. */
static int ps_heard_times_valid(const psc__image *image, size_t at)
{
    const int64_t points = psc__integer(image, at + PS_IN(ps_heard, points));
    int64_t before = 0;
    size_t p;

    if (!ps_counted(image, at + PS_IN(ps_heard, reports), PSC__COUNTS)
        || !ps_counted(image, at + PS_IN(ps_heard, at), PS_TIMES)
        || !ps_counted(image, at + PS_IN(ps_heard, points), PSC_REPORT_POINTS)
        || !ps_counted(image, at + PS_IN(ps_heard, fresh), 1)
        || (points == 0 && psc__integer(image, at + PS_IN(ps_heard, reports)) > 0))
        return 0;
    for (p = 0; p < (size_t)points; p++) {
        const int64_t horizon = psc__integer(image, at + PS_IN(ps_heard, horizon) + p);
        if (horizon <= before || horizon > PS_TIMES) return 0;
        before = horizon;
    }
    return 1;
}

static int ps_heard_valid(const psc__image *image, size_t at)
{
    const double most = PSC_MAX_METRIC;
    size_t k;

    if (!ps_heard_times_valid(image, at) || !psc__real_in(image, at + PS_IN(ps_heard, confidence), 0.0, 1.0)) return 0;
    for (k = 0; k < PSC_RESOURCES; k++)
        if (!ps_cost_possible(psc__real(image, at + PS_IN(ps_heard, capacity) + k))) return 0;
    return ps_reals_in(image, at + PS_IN(ps_heard, now), PSC_RESOURCES, 0.0, most)
           && ps_reals_in(image, at + PS_IN(ps_heard, expected), 2 * PSC_REPORT_POINTS * PSC_RESOURCES, 0.0, most)
           && ps_reals_in(image, at + PS_IN(ps_heard, usual), PSC_RESOURCES, 0.0, most)
           && ps_reals_in(image, at + PS_IN(ps_heard, variance), PSC_RESOURCES, 0.0, most * most)
           && ps_reals_in(image, at + PS_IN(ps_heard, error), PSC_RESOURCES, -most, most);
}

static int ps_scaler_counts_valid(const psc__image *image, const psc_scaler *s)
{
    const double pairs = 65536.0 * 65536.0 * PSC_MAX_METRIC * PSC_MAX_METRIC, longest = 31.0 * (double)s->step;

    return s->steps >= 0 && s->steps <= PSC__COUNTS && s->boots >= 0
           && s->boots <= PSC__COUNTS && psc__within(s->boot_mean, 0.0, longest)
           && psc__within(s->boot_high, 0.0, longest)
           && ps_reals_in(image, PS_IN(psc_scaler, usual), PSC_RESOURCES, 0.0, 65537.0 * PSC_MAX_METRIC)
           && ps_reals_in(image, PS_IN(psc_scaler, joint), PSC_RESOURCES, -pairs, pairs)
           && ps_reals_in(image, PS_IN(psc_scaler, apart), PSC_RESOURCES, 0.0, pairs);
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
    return psc__word(&part, 0) == psc__kind(PSC_TYPE_DEMAND) && psc__word(&part, 1) == part.words
           && ps_demand_valid(&part)
           && psc__integer(&part, PS_IN(psc_demand, period1)) == s->period1
           && psc__integer(&part, PS_IN(psc_demand, phase)) == s->phase;
}

static int ps_scaler_valid(const psc__image *image)
{
    psc_scaler s;
    uint64_t word;
    int64_t heard = 0;
    size_t i, at = sizeof(psc_scaler) / 8;

    if (image->words < at) return 0;
    for (i = 0; i < at; i++) {
        word = psc__word(image, i);
        memcpy((unsigned char *)&s + 8 * i, &word, 8);
    }
    if (!ps_scaler_parameters(&s) || ps_scaler_words(&s) != image->words || !ps_scaler_counts_valid(image, &s)
        || !ps_scaler_times_valid(&s))
        return 0;
    for (i = 0; i < (size_t)s.producers; i++, at += sizeof(ps_heard) / 8) {
        if (!ps_heard_valid(image, at)) return 0;
        heard += psc__integer(image, at + PS_IN(ps_heard, reports)) > 0;
    }
    if (heard != s.heard) return 0;
    for (i = 0; i < ps_limits(s.unit); i++, at += ps_demand_words(s.period1, s.period2, s.phase))
        if (!ps_demand_within(image, at, &s)) return 0;
    return 1;
}

/* ==== JSON ====================================================================================== */

#define PS_WORDS 54             /* of 32 bits: 10^31 shifted by 64 + 4 * 400 bits, the largest that reading makes */
#define PS_NUMBER_LENGTH 32           /* characters of a number; 17 digits, signs, point and exponent are 24  */
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

/* 17 significant digits of x, 0 < x <= PSC_MAX_METRIC, correctly rounded, half to even: x = digits * 10^*exponent. The
 * last power of two of x gives the power of ten within one, so that 18 to 20 digits are made, exactly, and then
 * rounded. For such x two < 0 < ten: what is exact comes first. */
static uint64_t ps_shortened(double x, int *exponent)
{
    uint64_t bits, digits, unit = 1, rest;
    double tens;
    int two, ten;
    ps_big b;

    memcpy(&bits, &x, sizeof bits);
    two = (int)(bits >> 52);
    bits &= (UINT64_C(1) << 52) - 1;
    if (two > 0) bits |= UINT64_C(1) << 52;
    else two = 1;
    for (; bits < UINT64_C(1) << 52; bits <<= 1) two--;
    two -= 1075;
    tens = floor((two + 52) * 0.30103);
    ten = 17 - (int)tens;
    ps_big_of(&b, bits);
    ps_big_scale(&b, ten);
    ps_big_shift(&b, two);
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
    char digit[PS_NUMBER_LENGTH];
} ps_number;

/* A run of digits, at least one; leading zeros of the number are dropped. */
static void ps_read_digits(ps_reader *r, const char *start, ps_number *x)
{
    if (!ps_is_digit(r)) ps_refuse(r, PSC_ERR_FORMAT);
    for (; ps_is_digit(r); r->at++) {
        if (r->at - start >= PS_NUMBER_LENGTH) {
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
    if (r->status == PSC_OK && r->at - start > PS_NUMBER_LENGTH) ps_refuse(r, PSC_ERR_FORMAT);
}

/* b * 2^-shift, correctly rounded to a double, half to even; infinite if it is too large. b has 54 bits or more. */
static double ps_rounded(ps_big *b, int shift)
{
    int drop = ps_big_bits(b) - 53, odd;
    uint64_t m;
    double x;

    if (drop < shift - 1074) drop = shift - 1074;           /* a subnormal has fewer bits */
    ps_big_shift(b, 1 - drop);
    odd = (int)(ps_big_low(b) & 1);
    m = ps_big_low(b) >> 1;
    if (odd && (b->lost || (m & 1) != 0)) m++;
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
    PS_R_VERSION, PS_R_KIND, PS_R_PRODUCER, PS_R_EPOCH, PS_R_SEQUENCE, PS_R_MADE, PS_R_LEVEL, PS_R_CONFIDENCE,
    PS_R_HORIZON, PS_R_RESOURCE, PS_R_ADVICE = 13, PS_R_MEMBERS
};

static const char *const ps_report_names[] = {
    "version", "kind", "producer", "epoch", "sequence", "made_at_ns", "level", "confidence", "horizon_ns",
    "requests_per_s", "cpu_s_per_s", "memory_bytes", "network_bytes_per_s", "advice"
};
static const char *const ps_load_names[] = {"now", "capacity", "expected", "lower", "upper"};
static const char *const ps_advice_names[] = {"reason", "resource", "share", "amount"};
static const char *const ps_reasons[] = {"none", "full", "growth", "idle"};
static const char *const ps_report_kind[] = {"report"};

static void ps_report_load_text(ps_text *t, const psc_report *r, int k)
{
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
    for (k = 0; k < PSC_RESOURCES; k++) ps_report_load_text(t, r, k);
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

/* A text that is known to fit is written at once; else it is counted first, so that nothing is written in vain. */
psc_status psc_report_write(const psc_report *report, char *text, size_t capacity, size_t *length)
{
    psc_status status = psc_report_check(report);
    ps_text t;

    if (status != PSC_OK) return status;
    if (!text || !length) return PSC_ERR_NULL;
    if (capacity < PS_ENOUGH) {
        t = ps_text_of(text, 0);
        ps_report_text(&t, report);
        if (t.length > capacity) return PSC_ERR_SPACE;
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
        if (t.length > capacity) return PSC_ERR_SPACE;
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

psc_status psc_decision_hpa(const psc_decision *decision, int64_t max_units, char *text, size_t capacity,
                            size_t *length)
{
    char buffer[256];
    ps_text t;

    if (!decision || !text || !length) return PSC_ERR_NULL;
    if (decision->units < 1 || max_units > INT32_MAX || decision->units > max_units) return PSC_ERR_RANGE;
    t = ps_text_of(buffer, sizeof buffer);
    ps_write_string(&t, "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
                        "\"spec\":{\"minReplicas\":");
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

/* Seconds since 1970 as RFC 3339 has it. Years begin in March, so that a leap day is the last of its year; 719468 days
 * lie between 0000-03-01 and 1970-01-01, 146097 are four centuries. */
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

psc_status psc_decision_group(const psc_decision *decision, const char *name, char *text, size_t capacity,
                              size_t *length)
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

/* ==== Outlook =================================================================================== */

#define PS_NEAR 6               /* slots of the coming hour at most                                              */
#define PS_LEARN 0.02           /* gain of mean square errors: 50 forecasts; those of long leads end more rarely */
#define PS_LEARN_STEP 0.003     /* the gain is at least so much for each step of the lead                        */
#define PS_LEAST_ERROR 1e-12    /* beside a mean square error, in case it is 0                                   */
#define PS_MAX_LOAD 1e12        /* of a shard in a step; loads over the measured factors stay below 1e15         */
#define PS_WORST 1e36           /* a mean square error is never larger                                           */
#define PS_FACTOR_MOST 8.0      /* measured of an event                                                          */
#define PS_GRAM_DAYS 5.0        /* sums of the regression fade by 1 / e in so many days; not tuned               */
#define PS_PULL 1e-4            /* of their mean diagonal, towards the mean of the members; 1e-3 .. 1e-6 do as well */
#define PS_PART_MOST 10.0       /* a part and a load, in mean loads of its series: one outlier is one; not tuned */
#define PS_WEIGHT_MOST 100.0    /* of a part; a solution beyond it is not used                                   */
#define PS_WORSE 1.5            /* times the mean's square error: the regression is not for that series; 1 less good */

enum { PS_TRACKERS = 3, PS_MEMBERS = PS_TRACKERS + 1, PS_MEAN = PS_MEMBERS, PS_REGRESSED, PS_TOLD };
enum { PS_PARTS = 7, PS_GRAM = PS_PARTS * (PS_PARTS + 1) };

/* Then trackers by kind and series, and arrays: tag [series]; last, base and level [series], the newest load without
 * events, the forecast of the next and the mean; past [series][ring], loads without events; error and told
 * [series][slots][PS_TOLD], the members', their mean's and the forecast's; gram [slots][PS_GRAM], sums of products of
 * parts, then of parts and loads; weight [slots][PS_PARTS]; factor [tags], measured. */
struct psc_outlook {
    psc_state head;
    int64_t series, hour, far, week, tags;
    int64_t seen;               /* steps                                                             */
    int64_t due[PSC_MAX_SLOTS]; /* step at whose end told is judged; 0: nothing was told             */
};

/* Slot k covers the steps from..to - 1 ahead. */
static int64_t ps_slots(int64_t hour, int64_t far)
{
    return (hour < PS_NEAR ? hour : PS_NEAR) + far;
}

static int64_t ps_slot_from(int64_t hour, int64_t k)
{
    const int64_t near_slots = hour < PS_NEAR ? hour : PS_NEAR;

    return k < near_slots ? k * hour / near_slots : (k - near_slots + 1) * hour;
}

static int64_t ps_slot_to(int64_t hour, int64_t k)
{
    return ps_slot_from(hour, k + 1);
}

/* Steps after the end of a slot until its next forecast is laid by: an hour where the lead goes into a day fewer than
 * five times, for without it the same few times of the day would judge that lead for ever. */
static int64_t ps_slot_pause(int64_t hour, int64_t k)
{
    const int64_t lead = ps_slot_to(hour, k), day = 24 * hour;

    return day % lead == 0 && day / lead < 5 ? hour : 0;
}

/* Trackers of day, day and week, hour and day; not all outlooks have all. */
static int ps_has_tracker(int64_t hour, int64_t week, int kind)
{
    return kind == 0 || (kind == 1 ? week != 0 : hour > 1);
}

static void ps_outlook_tracker(int64_t hour, int kind, psc_tracker_config *config)
{
    psc_tracker_default(config);
    config->lower = 0.0;
    config->period1 = (int32_t)(kind == 2 ? hour : 24 * hour);
    config->period2 = (int32_t)(kind == 0 ? 0 : kind == 1 ? 168 * hour : 24 * hour);
}

static size_t ps_tracker_bytes(int64_t hour, int64_t week, int kind)
{
    psc_tracker_config config;

    if (!ps_has_tracker(hour, week, kind)) return 0;
    ps_outlook_tracker(hour, kind, &config);
    return psc_tracker_size(&config);
}

enum {
    PS_AT_TAG = PS_TRACKERS, PS_AT_LAST, PS_AT_BASE, PS_AT_LEVEL, PS_AT_PAST, PS_AT_ERROR, PS_AT_TOLD, PS_AT_FACTOR,
    PS_AT_GRAM, PS_AT_WEIGHT, PS_AT_END
};

/* Loads kept of a series: of the longest season before what was foretold longest ago. */
static int64_t ps_outlook_ring(const psc_outlook *o)
{
    return (o->week ? 168 : 24) * o->hour + (o->far + 1) * o->hour + 1;
}

/* Elements of an array, and bytes of one. */
static size_t ps_outlook_count(const psc_outlook *o, int place)
{
    if (place == PS_AT_FACTOR) return (size_t)o->tags;
    return (size_t)(place > PS_AT_FACTOR ? ps_slots(o->hour, o->far) : o->series);
}

static size_t ps_outlook_element(const psc_outlook *o, int place)
{
    switch (place) {
    case PS_AT_PAST: return 8 * (size_t)ps_outlook_ring(o);
    case PS_AT_ERROR:
    case PS_AT_TOLD: return 8 * PS_TOLD * (size_t)ps_slots(o->hour, o->far);
    case PS_AT_GRAM: return 8 * PS_GRAM;
    case PS_AT_WEIGHT: return 8 * PS_PARTS;
    default: return place < PS_TRACKERS ? ps_tracker_bytes(o->hour, o->week, place) : 8;
    }
}

/* Bytes before the array of that place; 0: too many. */
static size_t ps_outlook_place(const psc_outlook *o, int place)
{
    size_t bytes = sizeof(psc_outlook);
    int i;

    for (i = 0; i < place; i++) {
        const size_t element = ps_outlook_element(o, i);
        if (element > 0 && !psc__grow(&bytes, ps_outlook_count(o, i), element)) return 0;
    }
    return bytes;
}

static const void *ps_outlook_at(const psc_outlook *o, int place)
{
    return (const unsigned char *)o + ps_outlook_place(o, place);
}

static const double *ps_outlook_read(const psc_outlook *o, int place)
{
    return (const double *)ps_outlook_at(o, place);
}

static double *ps_outlook_reals(psc_outlook *o, int place)
{
    return (double *)(void *)((unsigned char *)o + ps_outlook_place(o, place));
}

void psc_outlook_default(psc_outlook_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = sizeof *config;
    config->series = 1;
    config->hour = 6;
    config->far = 12;
    config->week = 1;
}

static int ps_outlook_head_valid(const psc_outlook *o)
{
    return ps_between(o->series, 1, INT64_C(1) << 26) && ps_between(o->hour, 1, 60) && ps_between(o->far, 0, 24)
           && ps_between(o->week, 0, 1) && ps_between(o->tags, 0, INT64_C(1) << 26)
           && ps_between(o->seen, 0, PSC__COUNTS);
}

static void ps_outlook_head(psc_outlook *o, const psc_outlook_config *config)
{
    o->series = config->series;
    o->hour = config->hour;
    o->far = config->far;
    o->week = config->week != 0;
    o->tags = config->tags;
}

size_t psc_outlook_size(const psc_outlook_config *config)
{
    psc_outlook head;
    int32_t i;

    if (!config || config->struct_size != sizeof *config) return 0;
    memset(&head, 0, sizeof head);
    ps_outlook_head(&head, config);
    if (!ps_outlook_head_valid(&head)) return 0;
    for (i = 0; i < config->series && config->tag; i++)
        if (!ps_between(config->tag[i], -1, head.tags - 1)) return 0;
    return ps_outlook_place(&head, PS_AT_END);
}

psc_status psc_outlook_init(psc_outlook *outlook, size_t bytes, const psc_outlook_config *config)
{
    psc_status status;
    int64_t *tag;
    int64_t i;
    int kind;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__new(outlook, bytes, psc_outlook_size(config), PSC_TYPE_OUTLOOK);
    if (status != PSC_OK) return status;

    ps_outlook_head(outlook, config);
    tag = (int64_t *)(void *)ps_outlook_reals(outlook, PS_AT_TAG);
    for (i = 0; i < outlook->series; i++) tag[i] = config->tag ? config->tag[i] : -1;
    for (i = 0; i < outlook->tags; i++) ps_outlook_reals(outlook, PS_AT_FACTOR)[i] = 1.0;
    for (i = 0; i < ps_slots(outlook->hour, outlook->far); i++)
        ps_outlook_reals(outlook, PS_AT_WEIGHT)[i * PS_PARTS] = 1.0;
    for (kind = 0; kind < PS_TRACKERS; kind++) {
        const size_t size = ps_tracker_bytes(outlook->hour, outlook->week, kind);
        psc_tracker_config tracker;
        ps_outlook_tracker(outlook->hour, kind, &tracker);
        for (i = 0; i < outlook->series && size > 0; i++) {
            double *at = ps_outlook_reals(outlook, kind) + (size_t)i * (size / 8);
            (void)psc_tracker_init((psc_tracker *)(void *)at, size, &tracker);     /* what has a size is valid */
        }
    }
    return PSC_OK;
}

static psc_status ps_outlook(const psc_outlook *o)
{
    psc_status status = psc__state(o, PSC_TYPE_OUTLOOK);
    size_t bytes;

    if (status != PSC_OK) return status;
    if (!ps_outlook_head_valid(o)) return PSC_ERR_STATE;
    bytes = ps_outlook_place(o, PS_AT_END);
    return bytes != 0 && o->head.words == bytes / 8 ? PSC_OK : PSC_ERR_STATE;
}

static psc_status ps_surges_check(const psc_surge *surge, size_t surges)
{
    size_t i;

    if (surges > 0 && !surge) return PSC_ERR_NULL;
    for (i = 0; i < surges; i++) {
        if (!psc__finite(&surge[i].from) || !psc__finite(&surge[i].to) || !psc__finite(&surge[i].factor))
            return PSC_ERR_NONFINITE;
        if (!psc__within(surge[i].from, -1e6, 1e6) || !psc__within(surge[i].to, -1e6, 1e6)
            || !psc__within(surge[i].factor, 0.0, 1000.0))
            return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

/* ---- Events ---- */

/* Share of the step that ends `end` steps from now which the event takes. */
static double ps_surge_share(const psc_surge *e, double end)
{
    const double from = e->from - 0.5 > end - 1.0 ? e->from - 0.5 : end - 1.0;
    const double to = e->to + 1.0 < end ? e->to + 1.0 : end;

    return to > from ? to - from : 0.0;
}

/* What the events make of a load in that step; those that run already by the measured factor. */
static double ps_surge_factor(const psc_surge *surge, size_t surges, int64_t tag, double end, double measured)
{
    double factor = 1.0;
    size_t i;

    for (i = 0; i < surges; i++) {
        const psc_surge *e = &surge[i];
        if (e->tag != tag) continue;
        factor *= 1.0 + ps_surge_share(e, end) * ((e->from <= -1.0 ? measured : e->factor) - 1.0);
        if (factor > 1000.0) factor = 1000.0;
    }
    return factor;
}

/* What the events make of a series in a step; measured is by tag. */
static double ps_outlook_factor(const psc_surge *surge, size_t surges, int64_t tag, double end, const double *measured)
{
    return tag < 0 ? 1.0 : ps_surge_factor(surge, surges, tag, end, measured[tag]);
}

/* ---- Observe ---- */

/* The factor of each tag: load over forecast without events, where one of its events runs. sum is [2 * tags]. */
static void ps_outlook_measure(psc_outlook *o, const double *load, const psc_surge *surge, size_t surges, double *sum)
{
    const int64_t *tag = (const int64_t *)ps_outlook_at(o, PS_AT_TAG);
    const double *base = ps_outlook_read(o, PS_AT_BASE);
    double *factor = ps_outlook_reals(o, PS_AT_FACTOR);
    size_t i;

    memset(sum, 0, 2 * (size_t)o->tags * sizeof *sum);
    for (i = 0; i < (size_t)o->series && surges > 0; i++) {
        if (tag[i] < 0 || psc__nan(&load[i])) continue;
        sum[2 * tag[i]] += load[i];
        sum[2 * tag[i] + 1] += base[i];
    }
    for (i = 0; i < (size_t)o->tags; i++) factor[i] = 1.0;
    if (o->seen <= 24 * o->hour) return;
    for (i = 0; i < surges; i++) {
        const psc_surge *e = &surge[i];
        double x;
        if (!ps_between(e->tag, 0, o->tags - 1) || e->from - 1.0 >= 0.0 || e->to + 2.0 <= -1.0) continue;
        if (!(sum[2 * e->tag + 1] > 0.0)) continue;
        x = sum[2 * e->tag] / sum[2 * e->tag + 1];
        factor[e->tag] = x > PS_FACTOR_MOST ? PS_FACTOR_MOST : x > 1.0 ? x : 1.0;
    }
}

/* Whether a forecast of that slot is to be laid by. */
static int ps_outlook_tells(const psc_outlook *o, int64_t k)
{
    return o->due[k] + ps_slot_pause(o->hour, k) <= o->seen;
}

/* The shares of the members by what each has missed of so far in a slot, [PS_MEMBERS]; those there are not get 0. */
static void ps_outlook_shares(const psc_outlook *o, const double *error, double *share)
{
    double sum = 0.0;
    int m;

    for (m = 0; m < PS_MEMBERS; m++) {
        const double e = error[m] + PS_LEAST_ERROR;
        share[m] = m > 0 && !ps_has_tracker(o->hour, o->week, m - 1) ? 0.0 : 1.0 / (e * e);
        sum += share[m];
    }
    for (m = 0; m < PS_MEMBERS; m++) share[m] /= sum;
}

/* Path of a member: the last value, or that of a tracker. */
static psc_status ps_outlook_member(const psc_outlook *o, size_t i, int member, size_t steps, double *path)
{
    const size_t words = member > 0 ? ps_tracker_bytes(o->hour, o->week, member - 1) / 8 : 0;
    size_t t;

    if (words > 0)
        return psc_tracker_predict((const psc_tracker *)(const void *)(ps_outlook_read(o, member - 1) + i * words),
                                   steps, NULL, 0, path, NULL);
    for (t = 0; t < steps; t++) path[t] = member > 0 ? 0.0 : ps_outlook_read(o, PS_AT_LAST)[i];
    return PSC_OK;
}

/* ---- Regression ---- */

/* The newest loads of a series, in a ring. */
typedef struct ps_past {
    const double *value;
    int64_t newest, ring;
    double level;
} ps_past;

static ps_past ps_outlook_past(const psc_outlook *o, size_t i)
{
    ps_past p;

    p.ring = ps_outlook_ring(o);
    p.newest = (o->seen - 1) % p.ring;
    p.value = ps_outlook_read(o, PS_AT_PAST) + i * (size_t)p.ring;
    p.level = ps_outlook_read(o, PS_AT_LEVEL)[i];
    return p;
}

static double ps_ago(const ps_past *p, int64_t steps)
{
    const int64_t at = p->newest - steps;

    return p->value[at < 0 ? at + p->ring : at];
}

/* The parts of a forecast that was or is made `ago` steps before the newest load, `lead` steps ahead. Before a week
 * has been seen the day stands for it. */
static void ps_outlook_parts(const psc_outlook *o, const ps_past *p, int64_t ago, int64_t lead, double mean,
                             double *part)
{
    const int64_t day = 24 * o->hour, week = o->week && o->seen > 7 * day + ago ? 7 * day : day;
    const int64_t more = lead > day ? day : 0;

    part[0] = mean;
    part[1] = ps_ago(p, ago);
    part[2] = ps_ago(p, ago + day + more - lead);
    part[3] = ps_ago(p, ago + day);
    part[4] = ps_ago(p, ago + week + (week > day ? 0 : more) - lead);
    part[5] = ps_ago(p, ago + week);
    part[6] = p->level;
}

/* The regression's forecast of a slot's step from the mean of the members. */
static double ps_outlook_regressed(const psc_outlook *o, const ps_past *p, const double *weight, int64_t lead,
                                   double mean)
{
    double part[PS_PARTS], x = 0.0;
    int j;

    ps_outlook_parts(o, p, 0, lead, mean, part);
    for (j = 0; j < PS_PARTS; j++) x += weight[j] * part[j];
    return x > PS_MAX_LOAD ? PS_MAX_LOAD : x > 0.0 ? x : 0.0;
}

/* Whether the regression is of use for a series in a slot, by the errors of what was told. */
static int ps_outlook_regular(const double *error)
{
    return error[PS_REGRESSED] <= PS_WORSE * error[PS_MEAN];
}

static double ps_outlook_spread(const double *error)
{
    return error[ps_outlook_regular(error) ? PS_REGRESSED : PS_MEAN];
}

/* Adds a series to the sums of a slot: what it was foretold from, and what came, in mean loads. */
static void ps_outlook_add(double *sums, double *part, double load, double level)
{
    int i, j;

    for (j = 0; j < PS_PARTS; j++) part[j] = part[j] < PS_PART_MOST * level ? part[j] / level : PS_PART_MOST;
    load = load < PS_PART_MOST * level ? load / level : PS_PART_MOST;
    for (i = 0; i < PS_PARTS; i++) {
        for (j = 0; j <= i; j++) sums[i * PS_PARTS + j] += part[i] * part[j];
        sums[PS_PARTS * PS_PARTS + i] += part[i] * load;
    }
}

/* The weights of the least squares, drawn towards 1, 0, 0, ..; as they were if there are none of use. */
static void ps_outlook_solve(const double *sums, double *weight)
{
    double gram[PS_PARTS * PS_PARTS], x[PS_PARTS];
    int i;

    memcpy(gram, sums, sizeof gram);
    for (i = 0; i < PS_PARTS; i++) x[i] = sums[PS_PARTS * PS_PARTS + i] - sums[i * PS_PARTS];
    if (psc__solve(gram, x, PS_PARTS, PS_PULL) != PS_PARTS) return;
    x[0] += 1.0;
    for (i = 0; i < PS_PARTS; i++)
        if (!psc__within(x[i], -PS_WEIGHT_MOST, PS_WEIGHT_MOST)) return;
    memcpy(weight, x, sizeof x);
}

/* What was foretold of a slot that ends now, by all series, goes into its regression. */
static void ps_outlook_regress(psc_outlook *o, const double *load, int64_t k)
{
    const int64_t slots = ps_slots(o->hour, o->far), lead = ps_slot_to(o->hour, k);
    const double *told = ps_outlook_read(o, PS_AT_TOLD) + k * PS_TOLD + PS_MEAN;
    const double *last = ps_outlook_read(o, PS_AT_LAST);
    const double steps = (double)(lead + ps_slot_pause(o->hour, k));
    const double keep = psc__exp(-steps / (PS_GRAM_DAYS * 24.0 * (double)o->hour));
    double *sums = ps_outlook_reals(o, PS_AT_GRAM) + k * PS_GRAM, part[PS_PARTS];
    int64_t i;

    for (i = 0; i < PS_GRAM; i++) sums[i] *= keep;
    for (i = 0; i < o->series; i++) {
        const ps_past p = ps_outlook_past(o, (size_t)i);
        ps_outlook_parts(o, &p, lead, lead, told[i * slots * PS_TOLD], part);
        if (psc__nan(&load[i]) || !(part[1] > 0.0)) continue;       /* of nothing nothing is learned */
        ps_outlook_add(sums, part, last[i], p.level);
    }
    ps_outlook_solve(sums, ps_outlook_reals(o, PS_AT_WEIGHT) + k * PS_PARTS);
}

/* ---- Foretelling ---- */

/* What was foretold of the slots that end now is judged by the newest values. */
static void ps_outlook_judge(psc_outlook *o, const double *load)
{
    const int64_t slots = ps_slots(o->hour, o->far);
    const double *told = ps_outlook_read(o, PS_AT_TOLD), *last = ps_outlook_read(o, PS_AT_LAST);
    double *error = ps_outlook_reals(o, PS_AT_ERROR);
    int64_t i, k;
    int m;

    for (k = 0; k < slots; k++) {
        const int64_t to = ps_slot_to(o->hour, k);
        const double slow = PS_LEARN_STEP * (double)to, gain = slow > PS_LEARN ? slow : PS_LEARN;
        if (o->due[k] != o->seen) continue;
        for (i = 0; i < o->series; i++) {
            const size_t at = (size_t)(i * slots + k) * PS_TOLD;
            if (psc__nan(&load[i])) continue;
            for (m = 0; m < PS_TOLD; m++) {
                const double e = told[at + (size_t)m] - last[i];
                double *square = &error[at + (size_t)m];
                *square += (*square > 0.0 ? gain : 1.0) * (e * e - *square);
                if (*square > PS_WORST) *square = PS_WORST;
            }
        }
    }
}

/* A new forecast is laid by where none is, and the next step's is kept. path is [steps]. */
static psc_status ps_outlook_tell(psc_outlook *o, size_t i, double *path)
{
    const int64_t slots = ps_slots(o->hour, o->far);
    double *told = ps_outlook_reals(o, PS_AT_TOLD) + i * (size_t)slots * PS_TOLD;
    const double *error = ps_outlook_read(o, PS_AT_ERROR) + i * (size_t)slots * PS_TOLD;
    int64_t farthest = 0, k;
    const double *weight = ps_outlook_read(o, PS_AT_WEIGHT);
    const ps_past past = ps_outlook_past(o, i);
    double share[PS_MEMBERS], base = 0.0;
    psc_status status;
    int m;

    for (k = 0; k < slots; k++)
        if (ps_outlook_tells(o, k)) farthest = k;
    ps_outlook_shares(o, error, share);
    for (m = 0; m < PS_MEMBERS; m++) {
        status = ps_outlook_member(o, i, m, (size_t)ps_slot_to(o->hour, farthest), path);
        if (status != PSC_OK) return status;
        for (k = 0; k <= farthest; k++)
            if (ps_outlook_tells(o, k)) told[k * PS_TOLD + m] = path[ps_slot_to(o->hour, k) - 1];
        base += share[m] * path[0];
    }
    ps_outlook_reals(o, PS_AT_BASE)[i] = base;
    for (k = 0; k <= farthest; k++) {
        double *t = &told[k * PS_TOLD];
        if (!ps_outlook_tells(o, k)) continue;
        ps_outlook_shares(o, error + k * PS_TOLD, share);
        for (t[PS_MEAN] = 0.0, m = 0; m < PS_MEMBERS; m++) t[PS_MEAN] += share[m] * t[m];
        t[PS_REGRESSED] = ps_outlook_regressed(o, &past, weight + k * PS_PARTS, ps_slot_to(o->hour, k), t[PS_MEAN]);
    }
    return PSC_OK;
}

static psc_status ps_loads_check(const double *load, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (psc__nan(&load[i])) continue;
        if (!psc__finite(&load[i])) return PSC_ERR_NONFINITE;
        if (!psc__within(load[i], 0.0, PS_MAX_LOAD)) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

/* The newest loads without events; a missing one is what was forecast. */
static void ps_outlook_take(psc_outlook *o, const double *load)
{
    const int64_t *tag = (const int64_t *)ps_outlook_at(o, PS_AT_TAG);
    const double *base = ps_outlook_read(o, PS_AT_BASE), *factor = ps_outlook_read(o, PS_AT_FACTOR);
    double *last = ps_outlook_reals(o, PS_AT_LAST), *level = ps_outlook_reals(o, PS_AT_LEVEL);
    double *past = ps_outlook_reals(o, PS_AT_PAST);
    const int64_t ring = ps_outlook_ring(o), week = 168 * o->hour;
    size_t i;

    psc__count(&o->seen);
    for (i = 0; i < (size_t)o->series; i++) {
        last[i] = psc__nan(&load[i]) ? base[i] : tag[i] < 0 ? load[i] : load[i] / factor[tag[i]];
        past[i * (size_t)ring + (size_t)((o->seen - 1) % ring)] = last[i];
        level[i] += (last[i] - level[i]) / (double)(o->seen < week ? o->seen : week);
    }
}

psc_status psc_outlook_observe(psc_outlook *outlook, const double *load, const psc_surge *surge, size_t surges,
                               double *work)
{
    psc_outlook *o = outlook;
    psc_status status = ps_outlook(o);
    const int64_t slots = status == PSC_OK ? ps_slots(o->hour, o->far) : 0;
    int64_t i, k;
    int m;

    if (status != PSC_OK) return status;
    if (!load || !work) return PSC_ERR_NULL;
    status = ps_loads_check(load, (size_t)o->series);
    if (status == PSC_OK) status = ps_surges_check(surge, surges);
    if (status != PSC_OK) return status;

    ps_outlook_measure(o, load, surge, surges, work);
    ps_outlook_take(o, load);
    for (m = 0; m < PS_TRACKERS; m++)
        if (ps_has_tracker(o->hour, o->week, m)) {
            status = psc_trackers_observe(ps_outlook_reals(o, m), (size_t)o->series, ps_outlook_read(o, PS_AT_LAST));
            if (status != PSC_OK) return status;
        }
    if (o->seen <= 24 * o->hour) return PSC_OK;
    for (k = 0; k < slots; k++)
        if (o->due[k] == o->seen) ps_outlook_regress(o, load, k);
    ps_outlook_judge(o, load);
    for (i = 0; i < o->series; i++) {
        status = ps_outlook_tell(o, (size_t)i, work);
        if (status != PSC_OK) return status;
    }
    for (k = 0; k < slots; k++)
        if (ps_outlook_tells(o, k)) o->due[k] = o->seen + ps_slot_to(o->hour, k);
    return PSC_OK;
}

/* ---- Predict ---- */

/* Path of a series without events, [steps]; work is [PS_MEMBERS * steps]. */
static psc_status ps_outlook_path(const psc_outlook *o, size_t i, const double *error, double *path, double *work)
{
    const int64_t slots = ps_slots(o->hour, o->far), steps = ps_slot_to(o->hour, slots - 1);
    const double *weight = ps_outlook_read(o, PS_AT_WEIGHT);
    const ps_past past = ps_outlook_past(o, i);
    double share[PS_MEMBERS];
    int64_t k, t;
    int m;

    for (m = 0; m < PS_MEMBERS; m++) {
        const psc_status status = ps_outlook_member(o, i, m, (size_t)steps, work + m * steps);
        if (status != PSC_OK) return status;
    }
    memcpy(path, work, (size_t)steps * sizeof *path);       /* the last value, for the first day */
    for (k = 0; k < slots && o->seen > 24 * o->hour; k++) {
        const int regular = ps_outlook_regular(error + k * PS_TOLD);
        ps_outlook_shares(o, error + k * PS_TOLD, share);
        for (t = ps_slot_from(o->hour, k); t < ps_slot_to(o->hour, k); t++) {
            for (path[t] = 0.0, m = 0; m < PS_MEMBERS; m++) path[t] += share[m] * work[m * steps + t];
            if (regular) path[t] = ps_outlook_regressed(o, &past, weight + k * PS_PARTS, t + 1, path[t]);
        }
    }
    return PSC_OK;
}

psc_status psc_outlook_predict(const psc_outlook *outlook, size_t first, size_t count, const psc_surge *surge,
                               size_t surges, double *path, double *spread, double *work)
{
    const psc_outlook *o = outlook;
    psc_status status = ps_outlook(o);
    const int64_t slots = status == PSC_OK ? ps_slots(o->hour, o->far) : 0;
    const double *error, *factor;
    const int64_t *tag;
    int64_t steps, k, t;
    size_t i;

    if (status != PSC_OK) return status;
    if (!path || !work) return PSC_ERR_NULL;
    if (first > (size_t)o->series || count > (size_t)o->series - first) return PSC_ERR_RANGE;
    status = ps_surges_check(surge, surges);
    if (status != PSC_OK) return status;

    steps = ps_slot_to(o->hour, slots - 1);
    error = ps_outlook_read(o, PS_AT_ERROR) + first * (size_t)slots * PS_TOLD;
    factor = ps_outlook_read(o, PS_AT_FACTOR);
    tag = (const int64_t *)ps_outlook_at(o, PS_AT_TAG);
    for (i = first; i < first + count; i++) {
        status = ps_outlook_path(o, i, error, path, work);
        if (status != PSC_OK) return status;
        for (t = 0; t < steps && surges > 0; t++)
            path[t] *= ps_outlook_factor(surge, surges, tag[i], (double)(t + 1), factor);
        for (k = 0; k < slots && spread; k++) *spread++ = ps_outlook_spread(error + k * PS_TOLD);
        path += steps;
        error += slots * PS_TOLD;
    }
    return PSC_OK;
}

/* Every number is finite and no sum of them large; the trackers hold what trackers may. */
static int ps_outlook_valid(const psc__image *image)
{
    psc_outlook head;
    psc__image part;
    size_t i, kind, at, words;

    if (image->words < sizeof head / 8) return 0;
    memset(&head, 0, sizeof head);
    head.series = psc__integer(image, PS_IN(psc_outlook, series));
    head.hour = psc__integer(image, PS_IN(psc_outlook, hour));
    head.far = psc__integer(image, PS_IN(psc_outlook, far));
    head.week = psc__integer(image, PS_IN(psc_outlook, week));
    head.tags = psc__integer(image, PS_IN(psc_outlook, tags));
    head.seen = psc__integer(image, PS_IN(psc_outlook, seen));
    if (!ps_outlook_head_valid(&head) || ps_outlook_place(&head, PS_AT_END) != image->words * 8) return 0;
    for (i = 0; i < PSC_MAX_SLOTS; i++)
        if (!ps_counted(image, PS_IN(psc_outlook, due) + i, PSC__COUNTS + PSC_MAX_HORIZON)) return 0;
    for (kind = 0; kind < PS_TRACKERS; kind++) {
        words = ps_tracker_bytes(head.hour, head.week, (int)kind) / 8;
        at = ps_outlook_place(&head, (int)kind) / 8;
        for (i = 0; i < (size_t)head.series && words > 0; i++) {
            part.bytes = image->bytes + 8 * (at + i * words);
            part.words = words;
            if (psc__word(&part, 0) != psc__kind(PSC_TYPE_TRACKER) || psc__word(&part, 1) != words
                || !psc__tracker_valid(&part))
                return 0;
        }
    }
    at = ps_outlook_place(&head, PS_AT_TAG) / 8;
    for (i = 0; i < (size_t)head.series; i++)
        if (!ps_between(psc__integer(image, at + i), -1, head.tags - 1)) return 0;
    at = ps_outlook_place(&head, PS_AT_WEIGHT) / 8;
    for (i = ps_outlook_place(&head, PS_AT_LAST) / 8; i < at; i++)
        if (!psc__real_in(image, i, 0.0, PS_WORST)) return 0;
    for (i = at; i < image->words; i++)
        if (!psc__real_in(image, i, -PS_WEIGHT_MOST, PS_WEIGHT_MOST)) return 0;
    return 1;
}

/* ==== Control =================================================================================== */

#define PS_USES 257             /* table of late requests: uses 0..2 in steps of 1 / 128                         */
#define PS_DEVIATIONS 17        /* and standard deviations of use 0..0.32 in steps of 0.02                       */
#define PS_NOISE 0.01           /* standard deviation of use that is there in any case: minutes within a step    */
#define PS_CHOOSE 12.0          /* steepness by which the step that stands for a slot is chosen: a soft one      */
#define PS_CROWD 0.05           /* a copy more or less on the target of a shard that must leave, in its load     */
#define PS_WAIT_LANDINGS 5.0    /* times the landing, for copies queue and slow down,                            */
#define PS_WAIT_HOURS 0.5       /* and so many hours: a move may be ordered later if it then still is in time    */
#define PS_WAIT_PRICE 0.1       /* that is, if what is lost by then is below so many prices                      */
#define PS_SWAP_PRICE 2.0       /* times the margin, what two shards that change places must save, for both must land;
                                   1 and 3 did less well in ../shared/score/loop.c                               */
#define PS_SWAP_TARGETS 16      /* coolest nodes with which a node changes shards                                */
#define PS_SWAP_TRIES 16        /* nodes in a step that look for shards to change: these two bound its cost      */
#define PS_NOTHING 1e-300       /* cost of a step in which nothing is late                                       */
#define PS_BUSY_LEAST 0.02      /* below, use says nothing of what a node can give                               */
#define PS_BUSY_FULL 0.97       /* above, not how far it is beyond                                               */
#define PS_ABLE_LEAST 0.3       /* a node is not believed to have lost more                                      */

/* Work: what psc_control_of computes with, laid out by ps_desk. */
typedef struct ps_desk {
    const psc_control *c;
    size_t steps, slots, cells;                     /* H, K, K F                                        */
    double *table;                                  /* [PS_DEVIATIONS * PS_USES]                        */
    double *weight, *fade;                          /* [K] of slots                                     */
    double *cost_at;                                /* [H]                                              */
    double *profile;                                /* [S K] of the first flow                          */
    double *ratio;                                  /* [S F]                                            */
    double *deviation;                              /* [S K] of a shard's forecasts                     */
    double *flow, *variance, *cost, *held;          /* of nodes [N K F], [N K], [N], [N]                */
    double *kin;                                    /* [N kins K] sums of the deviations of one kin     */
    double *sum;                                    /* [N H]                                            */
    double *out, *in;                               /* [K F + K] change of flows and variances by a move */
    double *back_out, *back_in;                     /* and by one the other way                         */
    int32_t *step;                                  /* [K] that stands for the slot                     */
    int32_t *at, *busy, *cool, *first, *next;       /* [S] node; [N] copies; [N] order; shards of nodes */
    int32_t *ring;                                  /* [S] next shard of its group                      */
    int32_t *tie_from, *tie;                        /* [S + 1], [2 pairs] who talks to a shard          */
    int32_t *stays;                                 /* [S]                                              */
    int32_t *done;                                  /* [N]                                              */
} ps_desk;

static size_t ps_take(unsigned char *base, size_t *bytes, size_t n, size_t element, void *array)
{
    unsigned char *p = base ? base + *bytes : NULL;

    if (!psc__grow(bytes, n, element)) *bytes = SIZE_MAX;
    memcpy(array, &p, sizeof p);
    return *bytes;
}

/* Lays the desk out in work; NULL: only counts. Bytes, 0: too many. */
static size_t ps_desk_on(ps_desk *d, const psc_control *c, void *work)
{
    unsigned char *b = (unsigned char *)work;
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, f = (size_t)c->flows;
    size_t bytes = 0, k;

    memset(d, 0, sizeof *d);
    d->c = c;
    k = d->slots = (size_t)ps_slots(c->hour, c->far);
    d->steps = (size_t)c->hour * (size_t)(c->far + 1);
    d->cells = k * f;
    ps_take(b, &bytes, PS_DEVIATIONS * PS_USES, 8, &d->table);
    ps_take(b, &bytes, k, 8, &d->weight);
    ps_take(b, &bytes, k, 8, &d->fade);
    ps_take(b, &bytes, d->steps, 8, &d->cost_at);
    ps_take(b, &bytes, s, k * 8, &d->profile);
    ps_take(b, &bytes, s, f * 8, &d->ratio);
    ps_take(b, &bytes, s, k * 8, &d->deviation);
    ps_take(b, &bytes, n, d->cells * 8, &d->flow);
    ps_take(b, &bytes, n, k * 8, &d->variance);
    ps_take(b, &bytes, n, 8, &d->cost);
    ps_take(b, &bytes, n, 8, &d->held);
    if (c->kins > 0) ps_take(b, &bytes, n * (size_t)c->kins, k * 8, &d->kin);
    ps_take(b, &bytes, n, d->steps * 8, &d->sum);
    ps_take(b, &bytes, d->cells + k, 8, &d->out);
    ps_take(b, &bytes, d->cells + k, 8, &d->in);
    ps_take(b, &bytes, d->cells + k, 8, &d->back_out);
    ps_take(b, &bytes, d->cells + k, 8, &d->back_in);
    ps_take(b, &bytes, k, 4, &d->step);
    ps_take(b, &bytes, s, 4, &d->at);
    ps_take(b, &bytes, n, 4, &d->busy);
    ps_take(b, &bytes, n, 4, &d->cool);
    ps_take(b, &bytes, n, 4, &d->first);
    ps_take(b, &bytes, s, 4, &d->next);
    ps_take(b, &bytes, s, 4, &d->ring);
    ps_take(b, &bytes, s + 1, 4, &d->tie_from);
    ps_take(b, &bytes, (size_t)c->pairs, 8, &d->tie);
    ps_take(b, &bytes, s, 4, &d->stays);
    ps_take(b, &bytes, n, 4, &d->done);
    return bytes == SIZE_MAX ? 0 : bytes;
}

void psc_control_default(psc_control *c)
{
    if (!c) return;
    memset(c, 0, sizeof *c);
    c->struct_size = sizeof *c;
    c->flows = 1;
    c->hour = 6;
    c->far = 12;
    c->targets = 64;
    c->copies = 2;
    c->moves = 16;
    c->rest = 8;
    c->steep = 24.0;
    c->caution = 0.75;
    c->margin = 2.5;
    c->fade = 0.93;
    c->ill = 0.3;
}

size_t psc_control_size(const psc_control *c)
{
    ps_desk d;

    if (!c || c->struct_size != sizeof *c) return 0;
    if (!ps_between(c->nodes, 1, 1 << 20) || !ps_between(c->shards, 0, 1 << 26)
        || !ps_between(c->flows, 1, PSC_MAX_FLOWS) || !ps_between(c->hour, 1, 60) || !ps_between(c->far, 0, 24)
        || !ps_between(c->pairs, 0, 1 << 30) || !ps_between(c->kins, 0, 1 << 26)
        || (size_t)c->kins > SIZE_MAX / (size_t)c->nodes)
        return 0;
    return ps_desk_on(&d, c, NULL);
}

/* ---- The view's numbers ---- */

static psc_status ps_reals_check(const double *x, size_t n, double low, double high)
{
    size_t i;

    for (i = 0; i < n && x; i++)
        if (!psc__within(x[i], low, high)) return psc__finite(&x[i]) ? PSC_ERR_RANGE : PSC_ERR_NONFINITE;
    return PSC_OK;
}

static psc_status ps_indices_check(const int32_t *x, size_t n, int32_t low, int32_t high)
{
    size_t i;

    for (i = 0; i < n && x; i++)
        if (x[i] < low || x[i] > high) return PSC_ERR_RANGE;
    return PSC_OK;
}

static psc_status ps_pairs_check(const psc_control *c)
{
    int32_t i;

    if (c->pairs > 0 && !c->pair) return PSC_ERR_NULL;
    for (i = 0; i < c->pairs; i++)
        if (!ps_between(c->pair[i].a, 0, c->shards - 1) || !ps_between(c->pair[i].b, 0, c->shards - 1)
            || c->pair[i].a == c->pair[i].b)
            return PSC_ERR_RANGE;
    return PSC_OK;
}

/* What psc_control_able reads, too. */
static psc_status ps_view_check(const psc_control *c)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, f = (size_t)c->flows;
    psc_status status;

    if (!c->capacity || (s > 0 && (!c->load || !c->home))) return PSC_ERR_NULL;
    status = ps_reals_check(c->capacity, n * f, 1e-6, 1e15);
    if (status == PSC_OK) status = ps_reals_check(c->failure, n, 0.0, 1.0);
    if (status == PSC_OK) status = ps_reals_check(c->load, s * f, 0.0, PS_MAX_LOAD);
    if (status == PSC_OK) status = ps_indices_check(c->home, s, 0, c->nodes - 1);
    if (status == PSC_OK) status = ps_reals_check(c->talk, PSC_MAX_FLOWS, 0.0, 1.0);
    return status == PSC_OK ? ps_pairs_check(c) : status;
}

static psc_status ps_settings_check(const psc_control *c)
{
    const struct { double x, low, high; } real[] = {
        {c->steep, 1.0, 100.0}, {c->caution, 0.0, 10.0}, {c->margin, 0.0, 1000.0}, {c->fade, 0.1, 1.0},
        {c->ill, 1e-6, 1.0}
    };
    size_t i;

    for (i = 0; i < sizeof real / sizeof real[0]; i++)
        if (!psc__within(real[i].x, real[i].low, real[i].high))
            return psc__finite(&real[i].x) ? PSC_ERR_RANGE : PSC_ERR_NONFINITE;
    return c->targets >= 1 && c->copies >= 1 && c->copies <= 1 << 20 && c->moves >= 0 && c->rest >= 0 ? PSC_OK
                                                                                                   : PSC_ERR_RANGE;
}

/* What waits is not on its way, and it waits to leave. */
static psc_status ps_waiting_check(const psc_control *c)
{
    int32_t s;

    for (s = 0; s < c->shards && c->waiting; s++)
        if (!ps_between(c->waiting[s], -1, c->nodes - 1) || c->waiting[s] == c->home[s]
            || (c->waiting[s] >= 0 && c->going && c->going[s] != c->home[s]))
            return PSC_ERR_RANGE;
    return PSC_OK;
}

static psc_status ps_control_check(const psc_control *c, const ps_desk *d)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards;
    psc_status status = ps_view_check(c);

    if (status == PSC_OK && s > 0 && !c->path) status = PSC_ERR_NULL;
    if (status == PSC_OK) status = ps_settings_check(c);
    if (status == PSC_OK) status = ps_reals_check(c->able, n, 0.05, 1.0);
    if (status == PSC_OK) status = ps_reals_check(c->room, n, 0.0, 1e15);
    if (status == PSC_OK) status = ps_reals_check(c->path, s * d->steps, 0.0, 1e15);
    if (status == PSC_OK) status = ps_reals_check(c->spread, s * d->slots, 0.0, PS_WORST);
    if (status == PSC_OK) status = ps_reals_check(c->stock, s, 0.0, 1e15);
    if (status == PSC_OK) status = ps_indices_check(c->going, s, 0, c->nodes - 1);
    if (status == PSC_OK) status = ps_waiting_check(c);
    if (status == PSC_OK) status = ps_indices_check(c->group, s, -1, c->shards - 1);
    if (status == PSC_OK) status = ps_indices_check(c->kin, s, -1, c->kins - 1);
    if (status == PSC_OK) status = ps_indices_check(c->rested, s, 0, INT32_MAX);
    if (status == PSC_OK) status = ps_reals_check(c->price, s, 0.0, 1e15);
    if (status == PSC_OK) status = ps_reals_check(c->landing, s, 0.0, 1e6);
    if (status == PSC_OK) status = ps_reals_check(c->impact, s, 0.0, 1e6);
    return status;
}

static double ps_failure_at(const psc_control *c, int32_t node)
{
    return c->failure ? c->failure[node] : 0.0;
}

/* What a node can give of a flow. Only the first is seen to shrink. */
static double ps_give(const psc_control *c, int32_t node, size_t flow)
{
    const double whole = c->capacity[(size_t)node * (size_t)c->flows + flow];

    return flow == 0 && c->able ? whole * c->able[node] : whole;
}

/* ---- Late requests ---- */

/* Share of requests late at use u, for one that is certain; above 1 what waits grows. */
static double ps_late_plain(double steep, double u)
{
    return u < 1.0 ? psc__exp(-steep * (1.0 - u)) : 1.0 + steep * (u - 1.0);
}

/* Its mean for a normal use of that mean and standard deviation. */
static double ps_late_mean(double steep, double u, double deviation)
{
    const double z = deviation > 0.0 ? (u - 1.0) / deviation : 0.0, pull = steep * deviation;
    double below, above;

    if (!(deviation > 0.0)) return ps_late_plain(steep, u);
    below = psc__normal_cdf(-z - pull);
    below = below > 0.0 ? psc__exp(-steep * (1.0 - u) + 0.5 * pull * pull) * below : 0.0;
    above = psc__normal_cdf(z);
    return below + above + steep * ((u - 1.0) * above + deviation * psc__exp(-0.5 * z * z) * 0.3989422804014327);
}

static void ps_table_make(ps_desk *d)
{
    size_t i, j;

    for (j = 0; j < PS_DEVIATIONS; j++)
        for (i = 0; i < PS_USES; i++)
            d->table[j * PS_USES + i] = ps_late_mean(d->c->steep, (double)i / 128.0, 0.02 * (double)j);
}

/* From the table, linear in both; deviations and uses beyond it count as its ends, uses in proportion. */
static double ps_late(const ps_desk *d, double u, double deviation)
{
    const double more = u > 2.0 ? u / 2.0 : 1.0;
    double x = (u > 2.0 ? 2.0 : u) * 128.0, y = (deviation < 0.32 ? deviation : 0.32) * 50.0;
    size_t i = (size_t)x, j = (size_t)y;
    const double *p;

    if (i > PS_USES - 2) i = PS_USES - 2;
    if (j > PS_DEVIATIONS - 2) j = PS_DEVIATIONS - 2;
    x -= (double)i;
    y -= (double)j;
    p = d->table + j * PS_USES + i;
    return more * ((1.0 - y) * (p[0] + x * (p[1] - p[0])) + y * (p[PS_USES] + x * (p[PS_USES + 1] - p[PS_USES])));
}

/* ---- Profile ---- */

/* Where each shard will be, rings of groups, lists of who talks, what is held and copied. */
static void ps_desk_place(ps_desk *d)
{
    const psc_control *c = d->c;
    int32_t *last = d->next;            /* of each group, while rings are made; next is filled later */
    int32_t s, e;

    memset(d->busy, 0, (size_t)c->nodes * sizeof *d->busy);
    memset(d->held, 0, (size_t)c->nodes * sizeof *d->held);
    for (s = 0; s < c->shards; s++) last[s] = -1;
    for (s = 0; s < c->shards; s++) {
        const int32_t home = c->home[s], to = c->going ? c->going[s] : home, g = c->group ? c->group[s] : -1;
        const double stock = c->stock ? c->stock[s] : 0.0;
        d->at[s] = to;
        d->held[home] += stock;
        d->stays[s] = to != home || (c->rested && c->rested[s] < c->rest);
        if (to != home) {
            d->held[to] += stock;
            d->busy[home]++;
            d->busy[to]++;
        }
        d->ring[s] = g >= 0 && last[g] >= 0 ? d->ring[last[g]] : s;
        if (g >= 0 && last[g] >= 0) d->ring[last[g]] = s;
        if (g >= 0) last[g] = s;
    }
    memset(d->tie_from, 0, ((size_t)c->shards + 1) * sizeof *d->tie_from);
    for (e = 0; e < c->pairs; e++) {
        d->tie_from[c->pair[e].a]++;
        d->tie_from[c->pair[e].b]++;
    }
    for (s = 0; s < c->shards; s++) d->tie_from[s + 1] += d->tie_from[s];
    for (e = 0; e < c->pairs; e++) {
        d->tie[--d->tie_from[c->pair[e].a]] = c->pair[e].b;
        d->tie[--d->tie_from[c->pair[e].b]] = c->pair[e].a;
    }
}

/* Each slot is stood for by the step that costs the fleet most, with the weight of all of its steps. */
static void ps_desk_profile(ps_desk *d)
{
    const psc_control *c = d->c;
    const size_t h = d->steps;
    size_t t, k, i;
    int32_t s, n;

    memset(d->sum, 0, (size_t)c->nodes * h * sizeof *d->sum);
    for (s = 0; s < c->shards; s++)
        for (t = 0; t < h; t++) d->sum[(size_t)d->at[s] * h + t] += c->path[(size_t)s * h + t];
    for (t = 0; t < h; t++) {
        d->cost_at[t] = PS_NOTHING;
        for (n = 0; n < c->nodes; n++) {
            const double x = d->sum[(size_t)n * h + t];
            d->cost_at[t] += x * ps_late_plain(PS_CHOOSE, x / ps_give(c, n, 0));
        }
    }
    for (k = 0; k < d->slots; k++) {
        const size_t from = (size_t)ps_slot_from(c->hour, (int64_t)k), to = (size_t)ps_slot_to(c->hour, (int64_t)k);
        double whole = 0.0;
        size_t at = from;
        for (t = from; t < to; t++) {
            whole += d->cost_at[t];
            if (d->cost_at[t] > d->cost_at[at]) at = t;
        }
        d->step[k] = (int32_t)at;
        d->weight[k] = whole / d->cost_at[at]
                       * psc__exp(psc__log(c->fade) * 0.5 * (double)(from + to) / (double)c->hour);
        for (s = 0; s < c->shards; s++) d->profile[(size_t)s * d->slots + k] = c->path[(size_t)s * h + at];
    }
    for (k = 0; k < (size_t)c->shards * d->slots; k++) d->deviation[k] = c->spread ? sqrt(c->spread[k]) : 0.0;
    for (s = 0; s < c->shards; s++)
        for (i = 0; i < (size_t)c->flows; i++) {
            const double *load = c->load + (size_t)s * (size_t)c->flows;
            const double x = load[0] > 0.0 ? load[i] / load[0] : 0.0;
            d->ratio[(size_t)s * (size_t)c->flows + i] = i == 0 ? 1.0 : x < 1e15 ? x : 1e15;
        }
}

/* The flow that shards a and b cost each of two nodes by talking, in a slot. */
static double ps_talk(const ps_desk *d, int32_t a, int32_t b, size_t k, size_t i)
{
    const size_t f = (size_t)d->c->flows;
    const double x = d->profile[(size_t)a * d->slots + k] * d->ratio[(size_t)a * f + i];
    const double y = d->profile[(size_t)b * d->slots + k] * d->ratio[(size_t)b * f + i];

    return d->c->talk[i] * (x < y ? x : y);
}

/* Sums of the deviations on a node of the shards of the kin of s, [K]; NULL: of no kin. */
static double *ps_kin_at(const ps_desk *d, int32_t s, int32_t node)
{
    const int32_t kin = d->c->kin ? d->c->kin[s] : -1;

    return kin < 0 ? NULL : d->kin + ((size_t)node * (size_t)d->c->kins + (size_t)kin) * d->slots;
}

/* How the variances of a node, -1: one that is empty, change when shard s comes, which is 1, or goes, -1. */
static void ps_change_spread(const ps_desk *d, int32_t s, int32_t node, double which, double *change)
{
    const double *e = d->deviation + (size_t)s * d->slots, *kin = node >= 0 ? ps_kin_at(d, s, node) : NULL;
    size_t k;

    for (k = 0; k < d->slots; k++) change[k] = kin ? e[k] * (2.0 * which * kin[k] + e[k]) : which * e[k] * e[k];
}

/* How `from` and `to` change when shard s moves: flows [K F], then variances [K]. */
static void ps_change(const ps_desk *d, int32_t s, int32_t from, int32_t to, double *out, double *in)
{
    const size_t f = (size_t)d->c->flows;
    size_t k, i;
    int32_t e;

    for (k = 0; k < d->slots; k++)
        for (i = 0; i < f; i++) {
            in[k * f + i] = d->profile[(size_t)s * d->slots + k] * d->ratio[(size_t)s * f + i];
            out[k * f + i] = -in[k * f + i];
        }
    ps_change_spread(d, s, from, -1.0, out + d->cells);
    ps_change_spread(d, s, to, 1.0, in + d->cells);
    for (e = d->tie_from[s]; e < d->tie_from[s + 1]; e++) {
        const int32_t other = d->tie[e], at = d->at[other];
        for (k = 0; k < d->slots; k++)
            for (i = 0; i < f; i++) {
                const double x = ps_talk(d, s, other, k, i);
                out[k * f + i] += at == from ? x : -x;
                in[k * f + i] += at == to ? -x : x;
            }
    }
}

/* Cost of a node, with a change from slot `from` on, or NULL. */
static double ps_node_cost(const ps_desk *d, int32_t n, const double *change, size_t from)
{
    const psc_control *c = d->c;
    const size_t f = (size_t)c->flows;
    const double give = ps_give(c, n, 0), noise = PS_NOISE * give;
    double cost = 0.0;
    size_t k, i;

    if (ps_failure_at(c, n) >= 1.0) return 0.0;
    for (k = 0; k < d->slots; k++) {
        const double *flow = d->flow + (size_t)n * d->cells + k * f;
        const int changed = change && k >= from;
        double load = flow[0], use = 0.0, variance = d->variance[(size_t)n * d->slots + k];
        for (i = 0; i < f; i++) {
            const double x = (flow[i] + (changed ? change[k * f + i] : 0.0)) / ps_give(c, n, i);
            if (x > use) use = x;
        }
        if (changed) load += change[k * f];
        if (changed) variance += change[d->cells + k];
        if (!(load > 0.0)) continue;
        variance = noise * noise + c->caution * c->caution * (variance > 0.0 ? variance : 0.0);
        cost += d->weight[k] * load * ps_late(d, use, sqrt(variance) / give);
    }
    return cost;
}

/* Shard s comes, which is 1, or goes, -1. */
static void ps_desk_put(ps_desk *d, int32_t n, int32_t s, const double *change, double which)
{
    double *kin = ps_kin_at(d, s, n);
    size_t k;

    for (k = 0; k < d->cells; k++) d->flow[(size_t)n * d->cells + k] += change[k];
    for (k = 0; k < d->slots; k++) d->variance[(size_t)n * d->slots + k] += change[d->cells + k];
    for (k = 0; k < d->slots && kin; k++) kin[k] += which * d->deviation[(size_t)s * d->slots + k];
}

/* All shards onto nodes, talk of pairs that are apart, lists of shards by node, highest index first. */
static void ps_desk_load(ps_desk *d)
{
    const psc_control *c = d->c;
    int32_t s, n;

    memset(d->flow, 0, (size_t)c->nodes * d->cells * sizeof *d->flow);
    memset(d->variance, 0, (size_t)c->nodes * d->slots * sizeof *d->variance);
    if (c->kins > 0) memset(d->kin, 0, (size_t)c->nodes * (size_t)c->kins * d->slots * sizeof *d->kin);
    for (n = 0; n < c->nodes; n++) d->first[n] = -1;
    for (s = c->shards; s-- > 0;) {
        const int32_t at = d->at[s];
        int32_t e;
        size_t k, i;
        ps_change(d, s, -1, -1, d->out, d->in);
        ps_change_spread(d, s, at, 1.0, d->in + d->cells);
        for (e = d->tie_from[s]; e < d->tie_from[s + 1]; e++)
            for (k = 0; k < d->slots && d->at[d->tie[e]] == at; k++)
                for (i = 0; i < (size_t)c->flows; i++)
                    d->in[k * (size_t)c->flows + i] -= ps_talk(d, s, d->tie[e], k, i);
        ps_desk_put(d, at, s, d->in, 1.0);
        d->next[s] = d->first[at];
        d->first[at] = s;
    }
    for (n = 0; n < c->nodes; n++) d->cost[n] = ps_node_cost(d, n, NULL, 0);
}

/* ---- Moves ---- */

/* n is not the shard's own node. */
static int ps_may_take(const ps_desk *d, int32_t s, int32_t n)
{
    const psc_control *c = d->c;
    int32_t other;

    if (ps_failure_at(c, n) >= c->ill) return 0;
    if (c->room && d->held[n] + (c->stock ? c->stock[s] : 0.0) > c->room[n]) return 0;
    for (other = d->ring[s]; other != s; other = d->ring[other])
        if (c->home[other] == n || d->at[other] == n) return 0;
    return 1;
}

/* What a move must save. */
static double ps_price(const psc_control *c, int32_t s)
{
    return c->price ? c->margin * c->price[s] : 0.0;
}

static double ps_landing(const psc_control *c, int32_t s)
{
    return c->landing ? c->landing[s] : 0.0;
}

/* First slot that ends after the move has landed. */
static size_t ps_lands_in(const ps_desk *d, double t)
{
    size_t k;

    for (k = 0; k + 1 < d->slots; k++) {
        const int64_t to = ps_slot_to(d->c->hour, (int64_t)k);
        if ((double)to - 0.5 >= t) break;
    }
    return k;
}

/* The slot by which a move that is not ordered now must have landed: after five copies and half an hour. */
static size_t ps_waits_for(const ps_desk *d, double landing)
{
    const size_t now = ps_lands_in(d, landing);
    const size_t then = ps_lands_in(d, PS_WAIT_LANDINGS * landing + PS_WAIT_HOURS * (double)d->c->hour);

    return then > now ? then : now + 1;
}

/* Orders a move; 0: it is what waits already, 1: new. */
static size_t ps_desk_move(ps_desk *d, int32_t s, int32_t to, int32_t cause, double gain, psc_order *order)
{
    const int32_t from = d->at[s];
    int32_t *link = &d->first[from];

    ps_change(d, s, from, to, d->out, d->in);
    ps_desk_put(d, from, s, d->out, -1.0);
    ps_desk_put(d, to, s, d->in, 1.0);
    while (*link != s) link = &d->next[*link];
    *link = d->next[s];
    d->next[s] = d->first[to];
    d->first[to] = s;
    d->at[s] = to;
    d->stays[s] = 1;
    d->held[to] += d->c->stock ? d->c->stock[s] : 0.0;
    d->busy[from]++;
    d->busy[to]++;
    d->cost[from] = ps_node_cost(d, from, NULL, 0);
    d->cost[to] = ps_node_cost(d, to, NULL, 0);
    order->shard = s;
    order->from = from;
    order->to = to;
    order->cause = cause;
    order->gain = gain;
    return !d->c->waiting || d->c->waiting[s] != to;
}

/* Where a shard that must leave costs least; -1: nowhere. A node that is down gives without copying from itself. */
static int32_t ps_refuge(ps_desk *d, int32_t s, int down)
{
    const psc_control *c = d->c;
    int32_t n, best = -1;
    double least = 0.0;

    for (n = 0; n < c->nodes; n++) {
        double cost;
        if (d->busy[n] >= c->copies + (down ? 2 : 0) || !ps_may_take(d, s, n)) continue;
        ps_change(d, s, d->at[s], n, d->out, d->in);
        cost = ps_node_cost(d, n, d->in, 0) - d->cost[n]
               + PS_CROWD * (double)d->busy[n] * c->load[(size_t)s * (size_t)c->flows];
        if (best >= 0 && cost >= least) continue;
        best = n;
        least = cost;
    }
    return best;
}

/* Urgency of a shard's leave; not above 0: none. */
static double ps_urgency(const ps_desk *d, int32_t s)
{
    const psc_control *c = d->c;
    const double p = ps_failure_at(c, d->at[s]);

    if (p < c->ill || d->at[s] != c->home[s] || d->stays[s] == 2) return 0.0;
    if (p < 1.0 && (d->stays[s] || d->busy[d->at[s]] > c->copies)) return 0.0;
    return (1e-9 + c->load[(size_t)s * (size_t)c->flows]) * (c->impact ? c->impact[s] : 1.0)
           / (1.0 + ps_landing(c, s));
}

static size_t ps_evacuate(ps_desk *d, psc_order *order, size_t capacity)
{
    size_t moves = 0;                   /* a shard moves once */
    int32_t s, best, to;

    while (moves < capacity) {
        double most = 0.0;
        best = -1;
        for (s = 0; s < d->c->shards; s++)
            if (ps_urgency(d, s) > most) {
                most = ps_urgency(d, s);
                best = s;
            }
        if (best < 0) break;
        to = ps_refuge(d, best, ps_failure_at(d->c, d->at[best]) >= 1.0);
        if (to < 0) d->stays[best] = 2;
        else {
            const int32_t cause = ps_failure_at(d->c, d->at[best]) >= 1.0 ? PSC_CAUSE_DOWN : PSC_CAUSE_FAILING;
            moves += ps_desk_move(d, best, to, cause, 0.0, &order[moves]);
        }
    }
    return moves;
}

/* The nodes that may take a shard, those of least use in the first slot first, at most `targets`. */
static void ps_cool(ps_desk *d, int32_t targets)
{
    const psc_control *c = d->c;
    int32_t n, i, count = 0;

    for (n = 0; n < c->nodes; n++) {
        const double x = d->flow[(size_t)n * d->cells] / ps_give(c, n, 0);
        if (ps_failure_at(c, n) >= c->ill || d->busy[n] >= 2 * c->copies) continue;
        for (i = count < targets ? count : targets; i > 0; i--) {
            const int32_t m = d->cool[i - 1];
            if (d->flow[(size_t)m * d->cells] / ps_give(c, m, 0) <= x) break;
            if (i < targets) d->cool[i] = m;
        }
        if (i < targets) d->cool[i] = n;
        if (count < targets) count++;
    }
    for (i = count; i < targets; i++) d->cool[i] = -1;
}

/* What a change of two nodes saves between slots from and later: that is lost if it comes later. */
static double ps_lost_by_waiting(const ps_desk *d, int32_t hot, const double *out, int32_t n, const double *in,
                                 size_t from, size_t later)
{
    return ps_node_cost(d, hot, out, later) - ps_node_cost(d, hot, out, from) + ps_node_cost(d, n, in, later)
           - ps_node_cost(d, n, in, from);
}

/* The best move off a node; its gain, 0: none pays. */
static double ps_best_off(ps_desk *d, int32_t hot, int32_t targets, int32_t *shard, int32_t *to)
{
    const psc_control *c = d->c;
    double best = 0.0;
    int32_t s, i;

    for (s = d->first[hot]; s >= 0; s = d->next[s]) {
        const double price = ps_price(c, s), landing = ps_landing(c, s);
        const size_t from = ps_lands_in(d, landing), later = ps_waits_for(d, landing);
        const int tied = d->tie_from[s + 1] > d->tie_from[s];
        double saved, gain;
        if (d->stays[s]) continue;
        ps_change(d, s, hot, -1, d->out, d->in);
        saved = d->cost[hot] - ps_node_cost(d, hot, d->out, from);
        if (!tied && saved - price <= best) continue;
        for (i = 0; i < targets && d->cool[i] >= 0; i++) {
            const int32_t n = d->cool[i];
            if (n == hot || !ps_may_take(d, s, n)) continue;
            if (tied) {
                ps_change(d, s, hot, n, d->out, d->in);
                saved = d->cost[hot] - ps_node_cost(d, hot, d->out, from);
            } else {
                ps_change_spread(d, s, n, 1.0, d->in + d->cells);
            }
            gain = saved - (ps_node_cost(d, n, d->in, from) - d->cost[n]) - price;
            if (!(gain > best)) continue;
            if (ps_lost_by_waiting(d, hot, d->out, n, d->in, from, later) < PS_WAIT_PRICE * price) continue;
            best = gain;
            *shard = s;
            *to = n;
        }
    }
    return best;
}

/* Two shards that may change places. */
typedef struct ps_swap {
    int32_t shard, other, to;           /* shard goes to `to`, other comes from there                       */
    double gain;
} ps_swap;

static int ps_talks(const ps_desk *d, int32_t a, int32_t b)
{
    int32_t e;

    for (e = d->tie_from[a]; e < d->tie_from[a + 1]; e++)
        if (d->tie[e] == b) return 1;
    return 0;
}

/* Shards s and r of one kin that change places: what each brings and takes of the variance counts as one. */
static void ps_change_kin(ps_desk *d, int32_t s, int32_t r)
{
    const double *a = d->deviation + (size_t)s * d->slots, *b = d->deviation + (size_t)r * d->slots;
    const int32_t *kin = d->c->kin;
    size_t k;

    if (!kin || kin[s] < 0 || kin[s] != kin[r]) return;
    for (k = 0; k < d->slots; k++) {
        d->back_in[d->cells + k] -= 2.0 * a[k] * b[k];
        d->back_out[d->cells + k] -= 2.0 * a[k] * b[k];
    }
}

/* Looks for a shard of node n to take the place of shard s of the node hot, whose move is d->out and d->in. */
static void ps_swap_with(ps_desk *d, int32_t hot, int32_t s, int32_t n, ps_swap *best)
{
    const psc_control *c = d->c;
    const size_t cells = d->cells + d->slots;
    int32_t r;
    size_t k;

    for (r = d->first[n]; r >= 0; r = d->next[r]) {
        const double price = PS_SWAP_PRICE * (ps_price(c, s) + ps_price(c, r));
        const double landing = ps_landing(c, s) > ps_landing(c, r) ? ps_landing(c, s) : ps_landing(c, r);
        const size_t from = ps_lands_in(d, landing);
        double gain;
        if (d->stays[r] || c->load[(size_t)r * (size_t)c->flows] >= c->load[(size_t)s * (size_t)c->flows]) continue;
        if (!ps_may_take(d, r, hot) || ps_talks(d, s, r)) continue;
        ps_change(d, r, n, hot, d->back_out, d->back_in);
        for (k = 0; k < cells; k++) d->back_in[k] += d->out[k];
        ps_change_kin(d, s, r);
        gain = d->cost[hot] - ps_node_cost(d, hot, d->back_in, from) - price;
        if (!(gain > best->gain)) continue;
        for (k = 0; k < cells; k++) d->back_out[k] += d->in[k];
        gain += d->cost[n] - ps_node_cost(d, n, d->back_out, from);
        if (!(gain > best->gain)) continue;
        best->gain = gain;
        best->shard = s;
        best->other = r;
        best->to = n;
    }
}

/* The best change of two shards' places that eases a node from which no single move pays now; shard -1: none. */
static ps_swap ps_best_swap(ps_desk *d, int32_t hot, int32_t targets)
{
    const psc_control *c = d->c;
    ps_swap best = {-1, -1, -1, 0.0};
    int32_t s, i;

    for (s = d->first[hot]; s >= 0; s = d->next[s]) {
        const double price = PS_SWAP_PRICE * ps_price(c, s);
        const size_t from = ps_lands_in(d, ps_landing(c, s));
        if (d->stays[s]) continue;
        for (i = 0; i < targets && i < PS_SWAP_TARGETS && d->cool[i] >= 0; i++) {
            const int32_t n = d->cool[i];
            if (n == hot || d->busy[n] + 1 >= 2 * c->copies || !ps_may_take(d, s, n)) continue;
            ps_change(d, s, hot, n, d->out, d->in);
            if (d->cost[hot] - ps_node_cost(d, hot, d->out, from) - price <= best.gain) continue;
            ps_swap_with(d, hot, s, n, &best);
        }
    }
    return best;
}

/* The least that a move must save. */
static double ps_least_price(const psc_control *c)
{
    double least = c->shards > 0 ? ps_price(c, 0) : 0.0;
    int32_t s;

    for (s = 1; s < c->shards; s++)
        if (ps_price(c, s) < least) least = ps_price(c, s);
    return least;
}

/* Orders the best move off a node, or the best change of places; how many orders are new. Nothing pays: done. */
static size_t ps_relieve(ps_desk *d, int32_t hot, int32_t targets, psc_order *order, size_t capacity, int *tries)
{
    int32_t shard = -1, to = -1;
    const double gain = ps_best_off(d, hot, targets, &shard, &to);
    ps_swap swap = {-1, -1, -1, 0.0};
    size_t moves;

    if (shard >= 0) return ps_desk_move(d, shard, to, PSC_CAUSE_LOAD, gain, order);
    if (capacity >= 2 && *tries > 0 && d->busy[hot] + 1 < 2 * d->c->copies) {
        --*tries;
        swap = ps_best_swap(d, hot, targets);
    }
    d->done[hot] = swap.shard < 0;
    if (swap.shard < 0) return 0;
    moves = ps_desk_move(d, swap.shard, swap.to, PSC_CAUSE_LOAD, 0.5 * swap.gain, order);
    return moves + ps_desk_move(d, swap.other, hot, PSC_CAUSE_LOAD, 0.5 * swap.gain, order + moves);
}

static size_t ps_relieve_hot(ps_desk *d, psc_order *order, size_t capacity)
{
    const psc_control *c = d->c;
    const double least = ps_least_price(c);
    const int32_t targets = c->targets < c->nodes ? c->targets : c->nodes;
    int tries = PS_SWAP_TRIES;
    size_t moves = 0;

    memset(d->done, 0, (size_t)c->nodes * sizeof *d->done);
    while (moves < capacity) {
        int32_t n, hot = -1;
        for (n = 0; n < c->nodes; n++)
            if (!d->done[n] && d->busy[n] < 2 * c->copies && (hot < 0 || d->cost[n] > d->cost[hot])) hot = n;
        if (hot < 0 || d->cost[hot] <= least) break;
        ps_cool(d, targets);
        moves += ps_relieve(d, hot, targets, order + moves, capacity - moves, &tries);
    }
    return moves;
}

/* Recalls what waits and is not ordered again. */
static size_t ps_recall(const ps_desk *d, psc_order *order, size_t capacity)
{
    const psc_control *c = d->c;
    size_t recalls = 0;
    int32_t s;

    for (s = 0; s < c->shards && recalls < capacity; s++) {
        const psc_order recall = {s, c->home[s], c->home[s], PSC_CAUSE_GONE, 0.0};
        if (c->waiting[s] >= 0 && d->at[s] == c->home[s]) order[recalls++] = recall;
    }
    return recalls;
}

/* Highest use foreseen, of the slots' steps. */
static void ps_control_peak(const ps_desk *d, psc_control_info *info)
{
    const psc_control *c = d->c;
    size_t k, i;
    int32_t n;

    for (n = 0; n < c->nodes; n++)
        for (k = 0; k < d->slots && ps_failure_at(c, n) < 1.0; k++)
            for (i = 0; i < (size_t)c->flows; i++) {
                const double u = d->flow[(size_t)n * d->cells + k * (size_t)c->flows + i] / ps_give(c, n, i);
                if (!(u > info->peak)) continue;
                info->peak = u;
                info->node = n;
                info->step = d->step[k];
            }
}

static double ps_control_cost(const ps_desk *d)
{
    double sum = 0.0;
    int32_t n;

    for (n = 0; n < d->c->nodes; n++) sum += d->cost[n];
    return sum;
}

psc_status psc_control_of(const psc_control *control, void *work, size_t bytes, psc_order *order, size_t capacity,
                          psc_control_info *info)
{
    const psc_control *c = control;
    psc_control_info result;
    psc_status status;
    size_t left, more;
    ps_desk d;

    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (psc_control_size(c) == 0) return PSC_ERR_RANGE;
    if (!info || (!order && capacity > 0)) return PSC_ERR_NULL;
    status = psc__block(work, bytes, psc_control_size(c));
    if (status != PSC_OK) return status;
    (void)ps_desk_on(&d, c, work);
    status = ps_control_check(c, &d);
    if (status != PSC_OK) return status;

    memset(&result, 0, sizeof result);
    ps_table_make(&d);
    ps_desk_place(&d);
    ps_desk_profile(&d);
    ps_desk_load(&d);
    ps_control_peak(&d, &result);
    result.before = ps_control_cost(&d);
    result.moves = (int32_t)ps_evacuate(&d, order, capacity);
    left = capacity - (size_t)result.moves;
    if (left > (size_t)c->moves) left = (size_t)c->moves;
    more = ps_relieve_hot(&d, result.moves > 0 ? order + result.moves : order, left);
    result.moves += (int32_t)more;
    if (c->waiting && more < left)
        result.recalls = (int32_t)ps_recall(&d, order + result.moves, capacity - (size_t)result.moves);
    result.after = ps_control_cost(&d);
    *info = result;
    return PSC_OK;
}

/* Load of all shards and of their talk, by node, added to x. */
static void ps_loads_by_node(const psc_control *c, double *x)
{
    const size_t f = (size_t)c->flows;
    int32_t i;

    for (i = 0; i < c->shards; i++) x[c->home[i]] += c->load[(size_t)i * f];
    for (i = 0; i < c->pairs; i++) {
        const int32_t a = c->pair[i].a, b = c->pair[i].b;
        const double p = c->load[(size_t)a * f], q = c->load[(size_t)b * f], talk = c->talk[0] * (p < q ? p : q);
        if (c->home[a] == c->home[b]) continue;
        x[c->home[a]] += talk;
        x[c->home[b]] += talk;
    }
}

psc_status psc_control_able(const psc_control *control, const double *busy, double *extra, double *able)
{
    const psc_control *c = control;
    psc_status status;
    int32_t n;

    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (psc_control_size(c) == 0) return PSC_ERR_RANGE;
    if (!busy || !extra || !able) return PSC_ERR_NULL;
    status = ps_view_check(c);
    for (n = 0; n < c->nodes && status == PSC_OK; n++)
        if (!psc__nan(&busy[n])) status = ps_reals_check(&busy[n], 1, 0.0, 1.0);
    if (status == PSC_OK) status = ps_reals_check(able, (size_t)c->nodes, 0.05, 1.0);
    if (status == PSC_OK) status = ps_reals_check(extra, (size_t)c->nodes, 0.0, 1e15);
    if (status != PSC_OK) return status;

    ps_loads_by_node(c, extra);
    for (n = 0; n < c->nodes; n++) {
        double x;
        if (ps_failure_at(c, n) >= 1.0) able[n] = 1.0;
        if (psc__nan(&busy[n]) || busy[n] < PS_BUSY_LEAST || ps_failure_at(c, n) >= 1.0) continue;
        x = extra[n] / (busy[n] * c->capacity[(size_t)n * (size_t)c->flows]);
        x = x < PS_ABLE_LEAST ? PS_ABLE_LEAST : x > 1.0 ? 1.0 : x;
        if (busy[n] < PS_BUSY_FULL || x < able[n]) able[n] += 0.5 * (x - able[n]);
    }
    return PSC_OK;
}
