#define PSC_INTERNAL
/* predscale.h - telemetry in, decisions out, before things go wrong.
 *
 * predscale is four files (this one, predscale.c, forecast.c, partition.c) that a server copies into its
 * tree. It computes what load is coming, with probabilities; which node is about to fail; how far the
 * shards are from balance; which of them should move where, and in which order. It never measures, sends,
 * stores or waits: the host does.
 *
 *     heartbeat --> node state --> instability --> failure probability --\
 *     counts ----> tracker -----> forecast (per shard, with quantiles) ---> imbalance --> plan --> waves
 *
 * WORDS. A node is a machine or process that serves. A shard is what is moved between nodes. A group is a
 * set of shards that must not share a node (the replicas of one data set). A failure domain is what fails
 * together (a rack). A beat is one heartbeat. A level is a probability in (0, 1); the quantile of level p
 * is the value that is not exceeded with probability p.
 *
 * THE CONTRACT
 *
 * 1. Pure. No function allocates, does I/O, reads a clock, starts a thread, or keeps anything outside the
 *    memory that it is given. Time comes in as int64_t nanoseconds of any monotonic clock. Randomness is a
 *    seed in a configuration. Of libc only memcpy, memmove, memset and sqrt are called.
 *
 * 2. Memory is the caller's, of three kinds.
 *      state  lives between calls. It is one block of 8-byte words: a psc_state header, then only double,
 *             int64_t and uint64_t; no pointers, no padding. memcpy of the block is a snapshot; the block
 *             may live in shared memory or in a file. psc_save and psc_load serve every type of state.
 *      work   scratch of one computation. What it holds before and after means nothing, unless the function
 *             says that a later call reads it; then it may be moved with memcpy, but not saved.
 *      out    results. Arrays come with their capacity or with a size that is stated.
 *    A size function says how many bytes a state or a work block needs; 0 means that the arguments are not
 *    valid. State and work MUST be aligned to 8 bytes. Blocks and arrays of one call MUST NOT overlap.
 *    Pointers in a view (psc_series, psc_cluster) are read during the call and never kept.
 *
 * 3. Validate, compute, commit. A call that returns an error (a negative psc_status) has changed nothing
 *    that the caller can see: no state and no output. Work may have been written.
 *
 * 4. Total. Any bit pattern in any number that is pointed to gives an error or a finite result. NaN means
 *    "missing" where the function says so and is refused elsewhere. A state must have been made by its init
 *    function or by psc_load; a function checks its header and every index that it follows.
 *
 * 5. A statistical non-success is not an error. A series that is too short, a node that has not learned yet,
 *    a shard that fits nowhere are fields of the result, with the best answer so far and the reason.
 *
 * 6. Bounded. Each function states its cost. Long work is a step function with a budget (PSC_MORE, PSC_OK);
 *    k slices of a budget give the same result as one call with the sum. No recursion; at most 2 KiB of stack.
 *
 * 7. Deterministic. The same inputs give the same bits with every compiler, optimisation level and machine
 *    that has IEEE-754 doubles. The sources refuse to compile under -ffast-math and on the x87. Ties are
 *    broken by the lower index. Two replicas that are fed the same telemetry agree without talking.
 *    One thing cannot be seen from the source: clang's -ffp-contract=fast; do not use it on these files.
 *
 * 8. Bindable. Fixed-width types, double, size_t and pointers to them; no struct by value, no varargs, no
 *    callback, no macro that is needed for a call. Every configuration and view begins with struct_size,
 *    which psc_x_default sets and every function checks.
 *
 * 9. Not locked. One state is used by one thread at a time; different states by any number of threads.
 *
 * ERRORS COMMON TO ALL FUNCTIONS (not repeated below). PSC_ERR_NULL: a pointer is NULL that may not be;
 * an array of no elements may. PSC_ERR_ALIGN: a block is not aligned to 8 bytes. PSC_ERR_SPACE: a block or
 * an output array is too small. PSC_ERR_VERSION: struct_size is not of this version. PSC_ERR_STATE: the
 * memory does not hold what the function needs. PSC_ERR_RANGE: a parameter lies outside its stated range.
 */
#ifndef PREDSCALE_H
#define PREDSCALE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef PSC_API
#define PSC_API                 /* a host may define it as static, dllexport or a visibility attribute */
#endif

/* ==== Status, version, sizes ==================================================================== */

#define PSC_VERSION_MAJOR 0
#define PSC_VERSION_MINOR 1
#define PSC_VERSION_PATCH 0
#define PSC_VERSION_STRING "0.1.0"

typedef int32_t psc_status;
enum {
    PSC_OK = 0,                 /* done                                                             */
    PSC_MORE = 1,               /* a step function has work left: call it again                     */
    PSC_ERR_NULL = -1,          /* a pointer that must not be NULL is NULL                          */
    PSC_ERR_RANGE = -2,         /* a parameter lies outside its documented range                    */
    PSC_ERR_NONFINITE = -3,     /* an input is an infinity, or NaN where nothing may be missing     */
    PSC_ERR_SPACE = -4,         /* the memory or an output array is too small                       */
    PSC_ERR_ALIGN = -5,         /* the memory is not aligned to 8 bytes                             */
    PSC_ERR_STATE = -6,         /* the memory does not hold a state of the type that is needed      */
    PSC_ERR_VERSION = -7,       /* struct_size or the format of saved bytes is of another version   */
    PSC_ERR_FORMAT = -8,        /* these bytes are not what psc_save writes, or not all of it       */
    PSC_ERR_CHECKSUM = -9,      /* the saved bytes were altered                                     */
    PSC_ERR_CORRUPT = -10,      /* the saved bytes are whole, but no state of this library          */
    PSC_ERR_EMPTY = -11,        /* there is no observation at all to compute from                   */
    PSC_ERR_STALE = -12,        /* a beat is older than the newest one taken                        */
    PSC_ERR_REPEAT = -13,       /* this very beat was taken before                                  */
    PSC_ERR_FORGED = -14,       /* a beat speaks for a node other than its sender, or than this one */
    PSC_ERR_IMPOSSIBLE = -15    /* a beat holds a value that no healthy or sick node can have       */
};

/* English text for a status: static, lower case, ASCII, no newline; never NULL, for unknown codes too. */
PSC_API const char *psc_strerror(psc_status status);

/* The version of the compiled library: major * 10000 + minor * 100 + patch, and as text. A program that
 * loads the library at run time compares them with the macros above. */
PSC_API int32_t     psc_version(void);
PSC_API const char *psc_version_string(void);

/* sizeof of a public struct in the compiled library, so that a binding can hold its own declaration
 * against it when it loads; 0 for an unknown number. */
enum {
    PSC_STRUCT_STATE = 1, PSC_STRUCT_BEAT, PSC_STRUCT_NODE_CONFIG, PSC_STRUCT_NODE_SCORE,
    PSC_STRUCT_FAILURE_CONFIG, PSC_STRUCT_TRACKER_CONFIG, PSC_STRUCT_SERIES, PSC_STRUCT_FORECAST_CONFIG,
    PSC_STRUCT_FORECAST_INFO, PSC_STRUCT_BACKTEST_CONFIG, PSC_STRUCT_ACCURACY, PSC_STRUCT_RANKED,
    PSC_STRUCT_BALANCE, PSC_STRUCT_CLUSTER, PSC_STRUCT_IMBALANCE, PSC_STRUCT_PLAN_CONFIG,
    PSC_STRUCT_PLAN_INFO, PSC_STRUCT_REFUSAL, PSC_STRUCT_WAVES_CONFIG, PSC_STRUCT_MOVE,
    PSC_STRUCT_WAVES_INFO
};
PSC_API size_t psc_struct_bytes(int32_t which);

/* ==== State, save and load ====================================================================== */

/* The first two words of every state. kind holds a mark, the type and the format version; words is the
 * length of the whole block in 8-byte words, this header included. Read them, never write them. */
typedef struct psc_state {
    uint64_t kind;
    uint64_t words;
} psc_state;

enum { PSC_TYPE_ANY = 0, PSC_TYPE_TRACKER = 1, PSC_TYPE_NODE = 2 };

#define PSC_FORMAT 1            /* the format version that psc_save writes; psc_load reads 1..PSC_FORMAT */

/* Type of a state (PSC_TYPE_...), or PSC_ERR_NULL, PSC_ERR_ALIGN, PSC_ERR_STATE. Reads 16 bytes. */
PSC_API int32_t psc_state_type(const void *state);

/* Bytes that psc_save writes for this state: 8 more than the state has. 0: not a state. */
PSC_API size_t psc_save_size(const void *state);

/* A state as bytes that any machine can load: its words in little-endian order, then a CRC-64 of them.
 *   saved   bytes of any alignment; capacity at least psc_save_size(state)
 *   written bytes written
 * Every truncation, every flip of one bit and every burst of up to 64 bits is found by psc_load. The CRC is
 * no signature: where an adversary can write the bytes, the host authenticates them; a hostile content with
 * a right CRC is refused or harmless.
 * CRC: ISO 3309 polynomial x^64 + x^4 + x^3 + x + 1, reflected, start and end inverted (CRC-64/GO-ISO).
 * Cost: O(bytes). */
PSC_API psc_status psc_save(const void *state, void *saved, size_t capacity, size_t *written);

/* Bytes of the state that these saved bytes hold, read from their head only. 0: not what psc_save writes. */
PSC_API size_t psc_load_size(const void *saved, size_t saved_bytes);

/* Saved bytes back to a state in mem.
 *   type       the type the caller expects, or PSC_TYPE_ANY
 *   mem        of at least psc_load_size() bytes, aligned to 8; not overlapping saved
 * Every invariant of the type is checked before mem is written: a load that returns PSC_OK has made a state
 * that continues bit for bit where the saved one stood.
 * Errors: PSC_ERR_FORMAT (too short, wrong mark or length), PSC_ERR_VERSION (a later format),
 * PSC_ERR_CHECKSUM, PSC_ERR_STATE (another type than asked for), PSC_ERR_CORRUPT. Cost: O(bytes). */
PSC_API psc_status psc_load(int32_t type, const void *saved, size_t saved_bytes, void *mem, size_t mem_bytes);

/* =================================================================================================
 * PART 1 - NODES (predscale.c): heartbeats, instability, failure probability
 * ============================================================================================== */

/* ==== Heartbeat ================================================================================= */

/* Metrics of a beat, by their place in the array that goes with it. A metric that the node does not report
 * is NaN. A host's own metrics (disk, IOPS, queue length) follow from PSC_METRIC_HOST on, in any unit. */
enum {
    PSC_METRIC_BEATS = -1,      /* not in the array: names missing beats where a metric is named     */
    PSC_METRIC_RATE = 0,        /* requests a second, >= 0                                           */
    PSC_METRIC_LATENCY = 1,     /* seconds a request, >= 0                                           */
    PSC_METRIC_ERRORS = 2,      /* share of requests that failed, 0..1                               */
    PSC_METRIC_CPU = 3,         /* busy share of the CPU, 0..1                                       */
    PSC_METRIC_MEMORY = 4,      /* used share of the memory, 0..1                                    */
    PSC_METRIC_NETWORK = 5,     /* bytes a second in and out, >= 0                                   */
    PSC_METRIC_CAPACITY = 6,    /* requests a second that the node could still take, >= 0            */
    PSC_METRIC_HOST = 7,        /* first metric of the host's own                                    */
    PSC_MAX_METRICS = 64
};

#define PSC_MAX_METRIC 1e15     /* no metric may be larger in size: its square stays far from overflow */

/* One heartbeat but for its metrics. The host authenticates who sent it: node is whom the beat speaks for,
 * sender is who sent it as the host knows from the connection or the signature, not from the beat. */
typedef struct psc_beat {
    int64_t  node;
    int64_t  sender;
    uint64_t epoch;             /* rises when the node restarts (a boot time, a counter)             */
    uint64_t sequence;          /* rises by 1 a beat within an epoch                                 */
    int64_t  sent_at;           /* nanoseconds, the sender's clock                                   */
    int64_t  received_at;       /* nanoseconds, the observer's monotonic clock                       */
    int64_t  shards;            /* number of shards that the node serves, >= 0                       */
} psc_beat;

/* ==== Node state ================================================================================ */

/* What is known of one node. Field, range, default. */
typedef struct psc_node_config {
    uint32_t struct_size;
    int32_t  metrics;           /* length of the metric array, 1..PSC_MAX_METRICS; 7                 */
    int64_t  id;                /* the node that this state is about; 0                              */
    int64_t  learn;             /* beats before instability is given, 2..memory; 60                  */
    int64_t  memory;            /* beats that the baseline remembers, 2..2^31; 600                   */
    int64_t  interval_ns;       /* expected time between beats, 1 ms .. 1 day; 1 s                   */
    int64_t  pause_ns;          /* lateness that is no sign of failure, 0 .. 1 day; 0                */
    uint64_t max_jump;          /* largest step of the sequence in one epoch, >= 1; 2^20             */
    double   winsor;            /* standard deviations at which a value is cut before it is learned,
                                   1..100; 5 (notes: one outlier must not widen the baseline)        */
    double   relative_floor;    /* the standard deviation is at least this share of |mean|, 0..1; 0.01 */
    const double *floor;        /* [metrics] least standard deviation of each, > 0; NULL: 1 request/s,
                                   0.1 ms, 0.005, 0.01, 0.01, 1 byte/s, 1 request/s, 1e-9 for the host's */
} psc_node_config;

typedef struct psc_node psc_node;   /* a state, PSC_TYPE_NODE */

PSC_API void psc_node_default(psc_node_config *config);

/* Bytes of the state: (22 + 5 * metrics) * 8. 0: config is not valid. */
PSC_API size_t psc_node_size(const psc_node_config *config);

/* Makes mem the state of a node that was never heard of. Cost: O(metrics). Errors: common ones. */
PSC_API psc_status psc_node_init(psc_node *node, size_t bytes, const psc_node_config *config);

/* Takes one beat.
 *   metric  [metrics of the config], NaN: not reported
 * Baseline of each metric, x cut to mean +- winsor * sd, w = max(1 / (beats + 1), 1 / memory):
 *     z  = (x - mean) / max(sd, floor, relative_floor * |mean|)        against the baseline before this beat
 *     sd^2 = (1 - w) (sd^2 + w (x - mean)^2),  mean += w (x - mean)    (West 1979, exponential weights)
 *     smoothed |z| += (min(|z|, PSC_MAX_Z) - smoothed |z|) / 3         a mean of about 5 beats
 * The interval since the last beat enters mean and sd of the intervals the same way. It is left out when
 * the clock stood or went back, when beats are missing between the two, and when it exceeds ten expected
 * intervals: a pause must not teach the detector that pauses are normal (Akka, PhiAccrualFailureDetector).
 * A larger epoch starts a new sequence and keeps the baseline.
 * Refused, with nothing changed: PSC_ERR_FORGED (beat->node is not this node, or sender is not node),
 * PSC_ERR_STALE (older epoch, or older sequence of this epoch), PSC_ERR_REPEAT (epoch and sequence of the
 * newest beat), PSC_ERR_IMPOSSIBLE (shards < 0; a metric outside the range above, an infinity, or larger in
 * size than PSC_MAX_METRIC; sequence further ahead than max_jump, so that a wild one cannot silence the
 * node until it restarts). The order of these tests is the order of this list.
 * Cost: O(metrics). */
PSC_API psc_status psc_node_observe(psc_node *node, const psc_beat *beat, const double *metric);

#define PSC_MAX_Z 1000.0        /* |z| is cut here: beyond, more says nothing                        */

/* How a node stands at a moment. */
typedef struct psc_node_score {
    double  instability;        /* 0..1: the larger of z / (z + 5) and phi / (phi + 8)               */
    double  z;                  /* largest smoothed |z| of any metric; 0 until learned               */
    double  phi;                /* suspicion from the missing beat, 0..PSC_MAX_PHI                   */
    double  onset;              /* > 0 at a beat that announces a new incident: its strength, in z   */
    int32_t metric;             /* what contributes most: a metric, or PSC_METRIC_BEATS              */
    int32_t learned;            /* 1: the baseline has seen config.learn beats                       */
    int64_t beats;              /* beats taken                                                       */
    int64_t shards;             /* as the newest beat said; 0 before any                             */
} psc_node_score;

#define PSC_MAX_PHI 300.0       /* phi is cut here: the chance of 10^-300 is no longer a number      */

/* The node at time now (nanoseconds of the observer's clock; before the newest beat counts as at it).
 *   phi = -log10 P(interval > now - newest beat - pause_ns), interval normal with the learned mean and
 *         max(sd, interval_ns / 10, mean / 10); 0 before the first beat. Hayashibara et al. 2004, eq. 1-4.
 *         By convention 8 is the point where a node is held for dead (Akka, Cassandra): half of the scale.
 *   onset: s = z, h = its decaying high mark, h = max(0.98 h, s) at each beat; onset = max(0, s - 0.9 h before).
 * Before any beat all is 0 and metric is PSC_METRIC_BEATS. Before the baseline is learned z is 0, phi counts.
 * Cost: O(metrics). */
PSC_API psc_status psc_node_score_at(const psc_node *node, int64_t now, psc_node_score *score);

/* ==== Failure probability ======================================================================= */

/* From score to probability, before any failure was seen: a stated prior. */
typedef struct psc_failure_config {
    uint32_t struct_size;
    int32_t  reserved;          /* 0                                                                 */
    double   base;              /* chance of a failure within the horizon for a node that looks as
                                   always, 1e-9..0.5; 0.01                                           */
    double   slope_z;           /* log odds a unit of ln(z / 3), 0..100; 2                           */
    double   slope_phi;         /* log odds a unit of phi ln 10, 0..100; 0.5                         */
} psc_failure_config;

PSC_API void psc_failure_default(psc_failure_config *config);

/* p = logistic(logit(base) + slope_z * ln(max(z, 3) / 3) + slope_phi * phi * ln 10)
 * z <= 3 and phi = 0 give base; with the defaults z = 30 gives 0.50 and phi = 8 gives 0.99. The slopes are
 * a prior and no measurement; the horizon is the one that base is about. p is in [0, 1], both rising in z
 * and in phi. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (score->z or phi outside 0..their maximum).
 * Cost: O(1). */
PSC_API psc_status psc_failure_probability(const psc_failure_config *config, const psc_node_score *score,
                                           double *p);

/* =================================================================================================
 * PART 2 - FORECASTS (forecast.c): numbers in, distributions out; knows no node and no shard
 * ============================================================================================== */

/* ==== Tracker: the O(1) model of one shard ======================================================= */

/* Exponential smoothing with a damped trend and one or two seasons, additive, kept current at each
 * observation (Holt-Winters; Taylor 2003 for two seasons; Gardner and McKenzie 1985 for the damping):
 *     y^[t]  = level + phi trend + s1[t mod m1] + s2[t mod m2],      e = y - y^, cut at +- 4 sigma
 *     level += phi trend + a e,   trend = phi trend + a b e,   s1[.] += g1 (1-a) e,   s2[.] += g2 (1-a) (1-g1) e
 * with the gains a = max(alpha, 1/n), g1 = max(gamma1, 1/k1), g2 = max(gamma2, 1/(k2+1)); n counts observations with
 * this one, k1 and k2 cycles begun. In the first m1 steps the level is the running mean of the observations, there
 * is no trend, and s1 takes the observations as they are (the level where one is missing); after step m1 the level
 * is taken off s1. So it starts from nothing and settles by itself. An error is cut only after 10 observations and two
 * cycles of m1, and the fourth in a row is taken whole: it is a new level and no outlier.
 * sigma^2 += max(0.02, 1 / max(1, n - 1 - m1)) (e^2 - sigma^2), the mean square of the last 50 errors about; it
 * starts anew after the first cycle. The tracker's own past forecasts of 1, 2, 4, ..., 64 steps are held against
 * what came, which gives the spread at each lead; the shape is a running table of errors over sigma. */
typedef struct psc_tracker_config {
    uint32_t struct_size;
    int32_t  period1;           /* m1, first season in observations, 2..PSC_MAX_PERIOD; 0 or 1: none; 0 */
    int32_t  period2;           /* m2, second season, longer than m1; 0 or 1: none; 0                */
    int32_t  reserved;          /* 0                                                                 */
    double   alpha;             /* gain of the level, 0..1; 0.1 (a series without season wants more) */
    double   beta;              /* gain of the trend, as a share of alpha, 0..1; 0: no trend         */
    double   phi;               /* what is left of the trend at each step, 0..0.999; 0.9             */
    double   gamma1, gamma2;    /* gains of the seasons, 0..1; 0.3, 0.3. The defaults are round numbers
                                   near the best of nine settings on M4 Hourly, Weekly and load series */
    double   lower, upper;      /* forecasts are cut to this range; NaN: no bound; NaN, NaN.
                                   A count or a load has lower = 0.                                  */
} psc_tracker_config;

enum { PSC_MAX_PERIOD = 100000 };

#define PSC_MAX_VALUE 1e15      /* no observation may be larger in size */

typedef struct psc_tracker psc_tracker;     /* a state, PSC_TYPE_TRACKER */

PSC_API void psc_tracker_default(psc_tracker_config *config);

/* Bytes of the state: (64 + period1 + period2) * 8, periods of 1 counted as 0. 0: config is not valid. */
PSC_API size_t psc_tracker_size(const psc_tracker_config *config);

PSC_API psc_status psc_tracker_init(psc_tracker *tracker, size_t bytes, const psc_tracker_config *config);

/* Takes the next observation; NaN: missing, only time goes on. Errors: PSC_ERR_NONFINITE (an infinity),
 * PSC_ERR_RANGE (larger in size than PSC_MAX_VALUE). Cost: O(1), about 2 leads looked at a step; O(period1) once, at the end of the first cycle. */
PSC_API psc_status psc_tracker_observe(psc_tracker *tracker, double y);

/* The next h observations as a distribution each.
 *   h         steps, 1..PSC_MAX_HORIZON
 *   level     [levels] each in (0, 1), in any order; may be NULL with levels = 0
 *   point     [h] the median path of the model, or NULL
 *   quantile  [h * levels], quantile[i * levels + j] of step i + 1 and level[j]; rising in the level;
 *             or NULL
 * Everything is finite and within lower..upper. Before the first observation all is 0, cut to the bounds;
 * before the second the spread is 0. Cost: O(h * levels). */
PSC_API psc_status psc_tracker_predict(const psc_tracker *tracker, size_t h, const double *level, size_t levels,
                                       double *point, double *quantile);

/* count trackers of one configuration that lie one after another in block (a million shards: one call).
 * observe takes y[i] into the i-th; all y are checked before the first is taken.
 * predict gives out[i], the quantile of one level at step h of the i-th.
 * Cost: count times that of one. Errors as for one; then no tracker has changed. */
PSC_API psc_status psc_trackers_observe(void *block, size_t count, const double *y);
PSC_API psc_status psc_trackers_predict(const void *block, size_t count, size_t h, double level, double *out);

/* ==== Series and forecast ======================================================================= */

/* View of a history at even steps. */
typedef struct psc_series {
    uint32_t struct_size;
    int32_t  periods;           /* length of period, 0..PSC_MAX_PERIODS; 0                           */
    const double *value;        /* [n], oldest first; NaN: missing                                   */
    size_t   n;                 /* 1..2^31                                                           */
    const int32_t *period;      /* [periods] seasons in steps, shortest first, 1..PSC_MAX_PERIOD each;
                                   a period of 1 says "no season" and is passed over                 */
    double   lower, upper;      /* forecasts are cut to this range; NaN: no bound; NaN, NaN          */
} psc_series;

enum {
    PSC_MAX_PERIODS = 4,
    PSC_MAX_HORIZON = 4096,
    PSC_MAX_LAGS = 64,          /* the largest psc_forecast_config.lags                              */
    PSC_MODEL_AR = 1,           /* ridge seasonal autoregression                                     */
    PSC_MODEL_SEASONAL_NAIVE = 2,
    PSC_TRANSFORM_AUTO = 0,     /* the logarithm if all values are > 0, else none                    */
    PSC_TRANSFORM_NONE = 1,
    PSC_TRANSFORM_LOG = 2
};

typedef struct psc_forecast_config {
    uint32_t struct_size;
    int32_t  model;             /* PSC_MODEL_...; PSC_MODEL_AR                                       */
    int32_t  horizon;           /* longest forecast that will be asked for, 1..PSC_MAX_HORIZON; 24   */
    int32_t  lags;              /* the AR's recent lags 1..lags, 1..PSC_MAX_LAGS; 3                  */
    int32_t  transform;         /* PSC_TRANSFORM_...; PSC_TRANSFORM_AUTO. LOG with a value <= 0 in the
                                   series is PSC_TRANSFORM_NONE, with a note.                        */
    int32_t  window;            /* fit on the last so many values, 0: all, else >= 2; 0              */
    int32_t  origins;           /* past origins that the intervals are measured at, 2..10000; 300    */
    int32_t  reserved;          /* 0                                                                 */
    double   ridge;             /* penalty on the AR's coefficients, as a share of the mean diagonal of
                                   their normal equations, 1e-12..1; 1e-4                            */
    double   clip;              /* a forecast may leave the range seen by this share of its width, 0..10; 0.3 */
} psc_forecast_config;

/* What a fit has done. note is a sum of the following. */
enum {
    PSC_NOTE_SHORT = 1,         /* too few values for the AR: seasonal naive, or the last value      */
    PSC_NOTE_SEASON_DROPPED = 2,/* a period is too long for this history and was left out            */
    PSC_NOTE_GAPS = 4,          /* missing values were filled                                        */
    PSC_NOTE_NO_LOG = 8,        /* the logarithm was asked for, and a value is <= 0                  */
    PSC_NOTE_NO_INTERVAL = 16   /* too few past origins: the spread is that of the steps alone       */
};

typedef struct psc_forecast_info {
    int32_t model;              /* the model that was fitted                                         */
    int32_t transform;          /* PSC_TRANSFORM_NONE or PSC_TRANSFORM_LOG                           */
    int32_t terms;              /* number of lags in use                                             */
    int32_t note;               /* sum of PSC_NOTE_...                                               */
    int64_t used;               /* values that the fit looked at                                     */
    int64_t origins;            /* past origins behind the intervals                                 */
    double  sigma;              /* root mean square error of one step in the sample, transformed     */
} psc_forecast_info;

typedef struct psc_forecast psc_forecast;   /* work: a fitted model; psc_forecast_predict reads it */

PSC_API void psc_series_default(psc_series *series);
PSC_API void psc_forecast_default(psc_forecast_config *config);

/* Bytes that psc_forecast_fit needs for this series (its values are not read). 0: not valid.
 * About 8 * (n + (origins + 35) * horizon + p^2), p = lags + 3 * periods. */
PSC_API size_t psc_forecast_size(const psc_series *series, const psc_forecast_config *config);

/* Fits a model to the series; the fitted model lies in fit and needs the series no more.
 *   PSC_MODEL_AR: x = transformed value, least squares with a ridge penalty on
 *       x[t] = c + sum_j a_j x[t-j],   j in 1..lags and m-1, m, m+1 for every period m > 1
 *   (rows with a missing x[t] left out, missing lags filled as below), iterated for h steps, each step cut
 *   to the range seen +- clip of its width.
 *   PSC_MODEL_SEASONAL_NAIVE: x[t] = x[t-m], m the first period; x[t-1] without one or with n <= m.
 *   A gap is filled one period back or ahead, else by the nearest value.
 *   Intervals: the fitted equation is run from up to `origins` past origins, evenly spaced. Of the errors of each
 *   step 33 quantiles are taken, averaged with those of the two steps on either side, and widened by
 *   1.05 sqrt(1 + p/n). A step with fewer than 8 errors has those of the last that had enough, times the root of
 *   the ratio of the two leads; without any, normal errors of standard deviation sigma sqrt(step).
 * info may be NULL. Errors: PSC_ERR_NONFINITE (an infinity), PSC_ERR_RANGE (a value larger in size than
 * PSC_MAX_VALUE), PSC_ERR_EMPTY (nothing but missing values).
 * Cost: O(n p^2 + p^3 + origins * horizon * p). */
PSC_API psc_status psc_forecast_fit(const psc_series *series, const psc_forecast_config *config,
                                    psc_forecast *fit, size_t bytes, psc_forecast_info *info);

/* The distribution of the next h <= config.horizon values; arguments, rules and shapes as in
 * psc_tracker_predict. Cost: O(h (p + levels)). */
PSC_API psc_status psc_forecast_predict(const psc_forecast *fit, size_t h, const double *level, size_t levels,
                                        double *point, double *quantile);

/* ==== Accuracy and backtest ===================================================================== */

typedef struct psc_accuracy {
    double  smape;              /* mean of 200 |y - f| / (|y| + |f|), 0 where both are 0: per cent   */
    double  mase;               /* mean of |y - f| / scale                                           */
    double  msis;               /* mean of [u - l + 2/a max(l-y, 0) + 2/a max(y-u, 0)] / scale       */
    double  coverage;           /* share of y in [l, u]                                              */
    double  scale;              /* mean of |y[t] - y[t-m]| of the history, m the first period or 1   */
    int64_t steps;              /* pairs (y, f) counted; a missing y is passed over                  */
    int64_t origins;            /* origins that could be fitted                                      */
} psc_accuracy;

typedef struct psc_backtest_config {
    uint32_t struct_size;
    int32_t  origins;           /* how many, 1..1000; 3                                              */
    int32_t  stride;            /* steps between two origins, >= 1; 24                               */
    int32_t  reserved;          /* 0                                                                 */
    double   level;             /* 1 - a, of the central interval, in (0, 1); 0.95                   */
} psc_backtest_config;

/* Accuracy of n forecasts against what came. Formulas above: Makridakis et al. 2020 (M4), eq. 1-3;
 * Gneiting and Raftery 2007, eq. 43 for the interval score.
 *   actual  [n], NaN: missing       point, lower, upper  [n]; lower and upper may be NULL: then msis and
 *           coverage are 0          level  in (0, 1)     scale  > 0; a scale of 0 gives mase = msis = 0
 * origins is set to 1, with no pair every mean is 0. Errors: PSC_ERR_NONFINITE. Cost: O(n). */
PSC_API psc_status psc_accuracy_of(const double *actual, const double *point, const double *lower,
                                   const double *upper, size_t n, double level, double scale,
                                   psc_accuracy *accuracy);

PSC_API void psc_backtest_default(psc_backtest_config *config);

/* Bytes of work. 0: not valid. */
PSC_API size_t psc_backtest_size(const psc_series *series, const psc_forecast_config *forecast);

/* What this model is worth on this series: at each of `origins` past moments, `stride` apart and the last one
 * horizon steps before the end, it is fitted to what came before and judged on the horizon that followed.
 * The means are over all steps of all origins. Origins with fewer than two values before them are left
 * out. If none is left, origins is 0 and every mean is 0. Cost: origins times that of a fit. */
PSC_API psc_status psc_backtest_run(const psc_series *series, const psc_forecast_config *forecast,
                                    const psc_backtest_config *config, void *work, size_t bytes,
                                    psc_accuracy *accuracy);

/* ==== Rank ====================================================================================== */

typedef struct psc_ranked {
    int64_t index;              /* of the shard                                                      */
    double  change;             /* next - now                                                        */
    double  now, next;
} psc_ranked;

/* Which of n shards will grow most and which will shrink most: the workload forecast as a ranked list.
 *   now, next  [n] load now and as predicted (a point or a quantile)
 *   up         at most up_capacity shards with change > 0, largest first; *ups were written
 *   down       at most down_capacity shards with change < 0, most negative first; *downs were written
 * Equal changes: the lower index first. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (larger in size than
 * PSC_MAX_VALUE). Cost: O(n log capacity). */
PSC_API psc_status psc_rank_shards(const double *now, const double *next, size_t n,
                                   psc_ranked *up, size_t up_capacity, size_t *ups,
                                   psc_ranked *down, size_t down_capacity, size_t *downs);

/* =================================================================================================
 * PART 3 - PARTITION (partition.c): demands and capacities in; imbalance, plan and waves out
 * ============================================================================================== */

/* ==== Cluster =================================================================================== */

/* Amounts are whole numbers in the host's units, one unit a resource, so that sums are exact and a plan is
 * the same everywhere. Units that make a node about a million in every resource let weights of 1 mean the
 * same for all of them; psc_amounts_of converts. */

enum { PSC_MAX_RESOURCES = 16 };

#define PSC_MAX_AMOUNT INT64_C(1125899906842624)    /* 2^50: of one capacity or demand */

/* A balance target: of a node's free amount in `first` there should be `ratio` times as much in `second`;
 * what is missing costs weight a unit: weight * max(0, ratio * free(first) - free(second)). */
typedef struct psc_balance {
    int32_t first, second;
    int64_t ratio, weight;      /* >= 0 */
} psc_balance;

/* View of nodes, shards and what binds them. Only the fields marked * must be given; NULL in another means
 * the default named there. All indices from 0; all amounts, costs and weights >= 0. */
typedef struct psc_cluster {
    uint32_t struct_size;
    int32_t  resources;         /* * R, 1..PSC_MAX_RESOURCES                                         */
    int32_t  nodes;             /* * N, >= 1                                                         */
    int32_t  shards;            /* * S, >= 0                                                         */
    int32_t  groups;            /*   G, >= 0; 0 with group = NULL                                    */
    int32_t  balances;          /*   length of balance                                               */
    int32_t  places;            /*   side of distance                                                */
    int32_t  reserved;
    /* of nodes */
    const int64_t *capacity;    /* * [N * R] never exceeded, by moves                                */
    const int64_t *soft;        /*   [N * R] what lies above it costs; NULL: capacity                */
    const int32_t *domain;      /*   [N] failure domain, 0..N-1; NULL: each node its own             */
    const int32_t *zone;        /*   [N] where a dependency must be near, 0..N-1; NULL: all nodes in one */
    const int32_t *place;       /*   [N] row of distance; NULL: no distance                          */
    const int32_t *closed;      /*   [N] not 0: takes no shard (draining, suspected); NULL: none.
                                     A node is drained by closing it and setting its soft amounts to 0. */
    /* of shards */
    const int64_t *demand;      /* * [S * R] of the coming period: a forecast's point or quantile    */
    const int32_t *home;        /* * [S] node that serves it now                                     */
    const int32_t *group;       /*   [S] shards of one group never share a node; NULL: each alone    */
    const int64_t *move_cost;   /*   [S] price of moving it; NULL: 1                                 */
    const int32_t *pinned;      /*   [S] not 0: stays; NULL: none                                    */
    /* of groups */
    const int32_t *spread;      /*   [G] least number of domains it touches; NULL: 1                 */
    const int32_t *depend_from; /*   [G + 1] group g depends on depend[depend_from[g] .. depend_from[g+1]):
                                     in each zone of a shard of g there is one of those groups'; NULL: none */
    const int32_t *depend;      /*   [depend_from[G]] groups                                         */
    /* of resources */
    const int32_t *transient;   /*   [R] not 0: a moved shard counts on both nodes to the plan's end; NULL: none */
    const int64_t *weight;      /*   [R] cost of a unit above soft; NULL: 1                          */
    const psc_balance *balance; /*   [balances]                                                      */
    const int64_t *distance;    /*   [places * places] cost of moving a shard from row to column     */
    int64_t  weight_move;       /*   times the sum of move_cost of moved shards; 1                   */
    int64_t  weight_group;      /*   times the largest number of moved shards in any group; 0        */
    int64_t  weight_distance;   /*   times the sum of distances; 1                                   */
} psc_cluster;

/* No resource, node or shard; weights of 1, 0, 1. */
PSC_API void psc_cluster_default(psc_cluster *cluster);

/* Every index, range and sum. Errors: PSC_ERR_NULL (a * field), PSC_ERR_RANGE (an index or amount outside its
 * range, nodes * resources above 2^26, a resource whose demand or capacity sums to more than 2^60, or a cost
 * that could exceed 2^62: the sum of upper bounds of the terms, each product on the way included). All functions
 * below assume that it has returned PSC_OK for these arrays: it reads all of them, once; the others test
 * only struct_size, the sizes and the pointers. group must be NULL if groups is 0 and there are shards.
 * A home may break any constraint: reality does. Cost: O(N R + S R + places^2). */
PSC_API psc_status psc_cluster_check(const psc_cluster *cluster);

/* out[i] = x[i] / unit rounded up, 0 if x[i] <= 0, at most PSC_MAX_AMOUNT. unit > 0.
 * Errors: PSC_ERR_NONFINITE (NaN too). Cost: O(n). */
PSC_API psc_status psc_amounts_of(const double *x, size_t n, double unit, int64_t *out);

/* Soft amounts that mean balance: soft[n][r] = min(capacity, capacity * (1 + margin) * fleet's mean
 * utilisation of r), rounded up; 0 for closed nodes, whose capacity also does not count in the mean.
 *   margin  0..100: how far above the mean is still well          soft  [N * R]
 * Cost: O(N R + S R). */
PSC_API psc_status psc_soft_amounts(const psc_cluster *cluster, double margin, int64_t *soft);

/* ==== Imbalance ================================================================================= */

typedef struct psc_imbalance {
    double  fleet;              /* largest score of any node                                         */
    double  rms;                /* root of the mean square of the nodes' scores                      */
    double  peak;               /* largest utilisation of any node and resource                      */
    int32_t node, resource;     /* where the largest score is                                        */
    int32_t above;              /* nodes with a score above the threshold                            */
    int32_t overloaded;         /* nodes above capacity in any resource                              */
} psc_imbalance;

PSC_API size_t psc_imbalance_size(const psc_cluster *cluster);

/* How far from balance, free of scale. u[n][r] = demand on n / capacity, mean[r] = the fleet's demand /
 * capacity:
 *     node_score[n]  = max over r of u[n][r] / mean[r] - 1    (-1: an empty node)
 *     shard_score[s] = node_score of its node - what it would be without s: the relief of moving s away
 * A resource with mean[r] = 0 is left out; where none is left the score is 0 and `resource` -1. A capacity of
 * 0 counts as 1 in u and mean. Ties: lower node, lower resource.
 *   assignment  [S] node of each shard; NULL: home
 *   threshold   of the count `above`, any finite number
 *   node_score  [N] or NULL         shard_score  [S] or NULL
 * Cost: O((N + S) R). Errors: PSC_ERR_NONFINITE. */
PSC_API psc_status psc_imbalance_of(const psc_cluster *cluster, const int32_t *assignment, double threshold,
                                    void *work, size_t bytes, double *node_score, double *shard_score,
                                    psc_imbalance *imbalance);

/* ==== Plan ====================================================================================== */

/* Cost of an assignment, each term weighted (Google ROADEF/EURO challenge 2012, section 2):
 *   load      sum of weight[r] * max(0, demand on n - soft[n][r])
 *   balance   sum of the balance targets
 *   move      weight_move * move_cost of moved shards
 *   group     weight_group * largest number of moved shards of any group
 *   distance  weight_distance * distances of moved shards
 * overload comes before cost: the sum over nodes and resources of the demand above capacity, in millionths of
 * the capacity (of 1, if that is 0), each part rounded up and at most 2^36. A move may not add to it: the target
 * must have room for all of the shard. */
typedef struct psc_plan_info {
    int64_t cost, load, balance, move, group, distance;
    int64_t cost_before;        /* of home                                                           */
    int64_t overload, overload_before;
    int64_t moves;              /* shards not at home                                                */
    int64_t evaluations;        /* shard-target pairs looked at so far                               */
    int32_t done;               /* 1: no single move would improve it further, or the budget is used */
    int32_t reserved;
} psc_plan_info;

typedef struct psc_plan_config {
    uint32_t struct_size;
    int32_t  targets;           /* nodes tried for each shard, 0: all; else 1.. the emptiest ones (least of
                                   their largest utilisation, closed nodes last) and its home; 0     */
    int64_t  max_moves;         /* shards not at home, >= 0; INT64_MAX: no limit                     */
    int64_t  max_move_cost;     /* sum of their move_cost, >= 0; INT64_MAX: no limit                 */
} psc_plan_config;

typedef struct psc_plan psc_plan;   /* work: a search in progress */

PSC_API void   psc_plan_default(psc_plan_config *config);
PSC_API size_t psc_plan_size(const psc_cluster *cluster, const psc_plan_config *config);   /* 0: not valid */

/* Lays out the search in plan, at home. The same cluster, unchanged, goes with every later call; a block that
 * init has not made, or for a cluster of other sizes, is refused with PSC_ERR_STATE.
 * Cost: O((N + S) R + N log N + G + dependencies). */
PSC_API psc_status psc_plan_init(psc_plan *plan, size_t bytes, const psc_cluster *cluster,
                                 const psc_plan_config *config);

/* Goes on for `evaluations` (>= 1) more shard-target pairs: PSC_MORE while there is work left, PSC_OK when done.
 * In rounds, each with all nodes in play, it takes the hottest node in play (largest overload, then largest cost
 * of its own), looks at all its shards the first time it does so in a round, and moves the shard with the
 * largest gain to its best target. Gains are those last seen, but the shard in front is looked at again if
 * anything has moved since. A node on which no shard has a gain is out of play; a round without a move ends the
 * search: no single move to a node tried would improve it. Ties: lower node, lower shard, lower target.
 * A move is made only if every hard constraint holds after it, or is broken no more than before: capacity,
 * transient capacity, one shard of a group a node, spread, dependencies both ways; and closed, pinned, the
 * budgets. A shard that has left home uses no more of the budgets by moving on.
 * The unit of work is one look at a shard, nodes tried (or 1 where none can help) pairs. What a call
 * looks at beyond its grant, less than one look, is taken off the next call's, so that k calls leave exactly the state
 * of one call with the sum; a call may find its grant used already and return PSC_MORE at once.
 * Cost of a look: O(shards of its group and of the groups tied to it), of a pair: O(R + balances). */
PSC_API psc_status psc_plan_step(psc_plan *plan, const psc_cluster *cluster, int64_t evaluations);

/* The best assignment so far, valid after init and after each step.
 *   assignment  [S] or NULL          info  or NULL          Cost: O(S + N R). */
PSC_API psc_status psc_plan_best(psc_plan *plan, const psc_cluster *cluster, int32_t *assignment,
                                 psc_plan_info *info);

/* Why a shard cannot go to a node, in the order of the tests. */
enum {
    PSC_BLOCK_NONE = 0,         /* it could, and gain: counts as furthest in the order               */
    PSC_BLOCK_HERE = 1,         /* it is there                                                       */
    PSC_BLOCK_PINNED = 2,
    PSC_BLOCK_CLOSED = 3,
    PSC_BLOCK_BUDGET = 4,       /* max_moves or max_move_cost                                        */
    PSC_BLOCK_CAPACITY = 5,
    PSC_BLOCK_TRANSIENT = 6,    /* with both copies counted                                          */
    PSC_BLOCK_CONFLICT = 7,     /* one of its group is there                                         */
    PSC_BLOCK_SPREAD = 8,
    PSC_BLOCK_DEPENDENCY = 9,
    PSC_BLOCK_NO_GAIN = 10,     /* allowed, but it would cost more than it saves                     */
    PSC_BLOCK_BUSY = 11,        /* waves: too many moves at once                                     */
    PSC_BLOCK_COUNT = 12
};

/* English text for a block: static, lower case; never NULL. */
PSC_API const char *psc_block_text(int32_t block);

/* Why a shard stays where the plan has it. */
typedef struct psc_refusal {
    int32_t block;              /* of the best target: the one that comes furthest in the order above,
                                   at equal blocks the largest gain, then the lower index            */
    int32_t node;               /* that target; -1: there is no other node                           */
    int32_t resource;           /* that lacks room (capacity, transient), else -1                    */
    int32_t count[PSC_BLOCK_COUNT];     /* nodes by block                                            */
    int32_t reserved;
    int64_t gain;               /* fall of the cost by moving there, where it is allowed; else 0     */
} psc_refusal;

/* Looks at one shard and all nodes, whatever `targets` says; leaves marks in plan, but nothing that a later
 * call reads. Cost: one look and N pairs. Errors: PSC_ERR_RANGE (shard). */
PSC_API psc_status psc_plan_explain(psc_plan *plan, const psc_cluster *cluster, int32_t shard, psc_refusal *refusal);

/* ==== Waves ===================================================================================== */

typedef struct psc_waves_config {
    uint32_t struct_size;
    int32_t  per_node;          /* moves at once that touch a node, >= 1; 2                          */
    int32_t  total;             /* moves at once in the fleet, >= 1; INT32_MAX                       */
    int32_t  reserved;
} psc_waves_config;

typedef struct psc_move {
    int32_t shard, from, to;
    int32_t wave;               /* from 0; -1: cannot be done                                        */
    int32_t block;              /* PSC_BLOCK_NONE, or why it cannot                                  */
    int32_t resource;           /* that lacks room, else -1                                          */
} psc_move;

typedef struct psc_waves_info {
    int32_t waves;              /* number of waves                                                   */
    int32_t moves;              /* moves in waves                                                    */
    int32_t stuck;              /* moves that cannot be done                                         */
    int32_t reserved;
} psc_waves_info;

PSC_API void   psc_waves_default(psc_waves_config *config);
PSC_API size_t psc_waves_size(const psc_cluster *cluster);      /* 0: not valid */

/* An order in which a plan can be carried out. All moves of a wave may run at once and end in any order; a
 * wave starts when the one before has ended. In a wave every resource of a moving shard counts on both
 * nodes; no capacity is exceeded that was not exceeded before, no shard arrives where one of its group is or
 * is leaving; only one shard of a group moves; spread and dependencies hold whatever the order in which the
 * wave's moves end; what is broken already gets no worse. A transient resource stays counted on the old node
 * after the wave too, to the plan's end. What fits into no wave any more comes last with wave = -1 and the
 * reason with nothing in flight: it may be pinned or its target closed, too.
 *   assignment  [S] where the plan wants each shard
 *   order       [S] at least as many as there are shards that move; written by wave, then by shard
 * Pending moves are tried in the order: from nodes above capacity first, then larger move (share of its target
 * that the shard takes, in the resource where that is largest), then lower shard.
 * Errors: PSC_ERR_RANGE (an assignment that is no node), PSC_ERR_SPACE (capacity too small for all moves).
 * Cost: O(moves * waves) tests of O(R + group + ties). */
PSC_API psc_status psc_waves_of(const psc_cluster *cluster, const psc_waves_config *config,
                                const int32_t *assignment, void *work, size_t bytes,
                                psc_move *order, size_t capacity, psc_waves_info *info);

#ifdef __cplusplus
}
#endif

#endif /* PREDSCALE_H */

/* ==== Inside: shared by the three sources, not API ============================================== */

#if defined(PSC_INTERNAL) && !defined(PSC_INTERNAL_H)
#define PSC_INTERNAL_H

#ifdef __cplusplus
extern "C" {
#endif

/* Tests on the bits, of the double at an address: comparisons are folded away under careless flags. */
int psc__finite(const double *x);
int psc__nan(const double *x);

/* Memory. grow: *total += n * element rounded up to 8; 0 and nothing done if that does not fit in size_t.
 * block: the status of a block that should have `need` bytes and has `bytes`. */
int        psc__grow(size_t *total, size_t n, size_t element);
psc_status psc__block(const void *block, size_t bytes, size_t need);

/* Kernels: only + - * / sqrt and bits, so the same everywhere. Errors are stated in forecast.c. */
double psc__exp(double x);
double psc__expm1(double x);
double psc__log(double x);
double psc__log1p(double x);
double psc__tanh(double x);
double psc__logistic(double x);
double psc__normal_cdf(double x);
double psc__normal_quantile(double p);
void   psc__sort(double *x, size_t n);
double psc__quantile(const double *sorted, size_t n, double p);
uint64_t psc__random(uint64_t *state);
double psc__uniform(uint64_t *state);
int    psc__solve(double *a, double *b, size_t n, double ridge);

/* Saved words, read where they lie. */
typedef struct psc__image {
    const unsigned char *bytes;
    size_t words;
} psc__image;
uint64_t psc__word(const psc__image *image, size_t i);
int64_t  psc__integer(const psc__image *image, size_t i);
double   psc__real(const psc__image *image, size_t i);
int      psc__real_in(const psc__image *image, size_t i, double low, double high);   /* finite and within */

/* State headers, and the invariants of each type on an image: 1 if all hold. */
uint64_t   psc__kind(int32_t type);
psc_status psc__state(const void *state, int32_t type);
int        psc__tracker_valid(const psc__image *image);

#ifdef __cplusplus
}
#endif

#endif /* PSC_INTERNAL */
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
        sizeof(psc_state), sizeof(psc_beat), sizeof(psc_node_config), sizeof(psc_node_score),
        sizeof(psc_failure_config), sizeof(psc_tracker_config), sizeof(psc_series), sizeof(psc_forecast_config),
        sizeof(psc_forecast_info), sizeof(psc_backtest_config), sizeof(psc_accuracy), sizeof(psc_ranked),
        sizeof(psc_balance), sizeof(psc_cluster), sizeof(psc_imbalance), sizeof(psc_plan_config),
        sizeof(psc_plan_info), sizeof(psc_refusal), sizeof(psc_waves_config), sizeof(psc_move),
        sizeof(psc_waves_info)
    };

    return which >= PSC_STRUCT_STATE && which <= PSC_STRUCT_WAVES_INFO ? bytes[which - PSC_STRUCT_STATE] : 0;
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

static int ps_within(double x, double low, double high)
{
    return psc__finite(&x) && x >= low && x <= high;
}

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
        || config->max_jump < 1 || !ps_within(config->winsor, 1.0, 100.0)
        || !ps_within(config->relative_floor, 0.0, 1.0))
        return 0;
    for (k = 0; k < config->metrics; k++)
        if (!ps_within(ps_floor_of(config, k), DBL_MIN, PSC_MAX_METRIC)) return 0;
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
    return ps_within(x, k < PSC_METRIC_HOST ? 0.0 : -PSC_MAX_METRIC, share ? 1.0 : PSC_MAX_METRIC);
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
    n->gaps++;
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
    ps_count(n)[k]++;
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
    if (node->beats == 0 || beat->received_at > node->received_at) node->received_at = beat->received_at;
    node->epoch = beat->epoch;
    node->sequence = beat->sequence;
    node->sent_at = beat->sent_at;
    node->shards = beat->shards;
    node->beats++;
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
    if (!ps_within(config->base, 1e-9, 0.5) || !ps_within(config->slope_z, 0.0, 100.0)
        || !ps_within(config->slope_phi, 0.0, 100.0) || !ps_within(score->z, 0.0, PSC_MAX_Z)
        || !ps_within(score->phi, 0.0, PSC_MAX_PHI))
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

int32_t psc_state_type(const void *state)
{
    int32_t type;

    for (type = PSC_TYPE_TRACKER; type <= PSC_TYPE_NODE; type++) {
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
    if (kind >> 40 != psc__kind(0) >> 40 || psc__word(image, 1) != bytes / 8 - 1 || bytes % 8 != 0) return PSC_ERR_FORMAT;
    if ((kind & 0xffff) < 1 || (kind & 0xffff) > PSC_FORMAT) return PSC_ERR_VERSION;
    image->words = bytes / 8 - 1;
    return PSC_OK;
}

size_t psc_load_size(const void *saved, size_t saved_bytes)
{
    psc__image image;
    return ps_frame(&image, saved, saved_bytes) == PSC_OK ? image.words * 8 : 0;
}

static int ps_metric_valid(const psc__image *image, size_t metrics, int64_t learn)
{
    const size_t at = sizeof(psc_node) / 8;
    size_t k;

    for (k = 0; k < metrics; k++) {
        if (!psc__real_in(image, at + k, -PSC_MAX_METRIC, PSC_MAX_METRIC)
            || !psc__real_in(image, at + metrics + k, 0.0, 4.0 * PSC_MAX_METRIC * PSC_MAX_METRIC)
            || !psc__real_in(image, at + 2 * metrics + k, 0.0, PSC_MAX_Z)
            || !psc__real_in(image, at + 3 * metrics + k, DBL_MIN, PSC_MAX_METRIC)
            || psc__integer(image, at + 4 * metrics + k) < 0)
            return 0;
        if (psc__integer(image, at + 4 * metrics + k) < learn && psc__real(image, at + 2 * metrics + k) > 0.0) return 0;
    }
    return 1;
}

static int ps_node_valid(const psc__image *image)
{
    const int64_t metrics = image->words > sizeof(psc_node) / 8 ? psc__integer(image, PS_AT(metrics)) : 0;
    const int64_t learn = metrics ? psc__integer(image, PS_AT(learn)) : 0;

    if (metrics < 1 || metrics > PSC_MAX_METRICS || image->words != sizeof(psc_node) / 8 + 5 * (size_t)metrics) return 0;
    if (!ps_node_parameters(metrics, learn, psc__integer(image, PS_AT(memory)), psc__integer(image, PS_AT(interval)),
                            psc__integer(image, PS_AT(pause)))
        || psc__word(image, PS_AT(max_jump)) < 1 || !psc__real_in(image, PS_AT(winsor), 1.0, 100.0)
        || !psc__real_in(image, PS_AT(relative_floor), 0.0, 1.0))
        return 0;
    if (psc__integer(image, PS_AT(shards)) < 0 || psc__integer(image, PS_AT(beats)) < 0
        || psc__integer(image, PS_AT(gaps)) < 0 || psc__integer(image, PS_AT(gaps)) > psc__integer(image, PS_AT(beats))
        || !psc__real_in(image, PS_AT(gap_mean), 0.0, 1e16)
        || !psc__real_in(image, PS_AT(gap_variance), 0.0, PS_TIME_VARIANCE)
        || !psc__real_in(image, PS_AT(mark), 0.0, PSC_MAX_Z) || !psc__real_in(image, PS_AT(onset), 0.0, PSC_MAX_Z))
        return 0;
    return ps_metric_valid(image, (size_t)metrics, learn);
}

psc_status psc_load(int32_t type, const void *saved, size_t saved_bytes, void *mem, size_t mem_bytes)
{
    psc__image image;
    psc_status status = ps_frame(&image, saved, saved_bytes);
    uint64_t crc = UINT64_MAX, word;
    int32_t held;
    size_t i;

    if (type < PSC_TYPE_ANY || type > PSC_TYPE_NODE) return PSC_ERR_RANGE;
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) crc = ps_crc(crc, psc__word(&image, i));
    if (~crc != psc__word(&image, image.words)) return PSC_ERR_CHECKSUM;
    held = (int32_t)(psc__word(&image, 0) >> 16 & 0xffffff);
    if (type != PSC_TYPE_ANY && held != type) return PSC_ERR_STATE;
    if (held != PSC_TYPE_TRACKER && held != PSC_TYPE_NODE) return PSC_ERR_CORRUPT;
    if (!(held == PSC_TYPE_TRACKER ? psc__tracker_valid(&image) : ps_node_valid(&image))) return PSC_ERR_CORRUPT;
    status = psc__block(mem, mem_bytes, image.words * 8);
    if (status != PSC_OK) return status;
    for (i = 0; i < image.words; i++) {
        word = psc__word(&image, i);
        memcpy((unsigned char *)mem + 8 * i, &word, 8);
    }
    return PSC_OK;
}
/* forecast.c - numbers in, distributions out. Knows no node and no shard.
 *
 * What is here: the kernels of the whole library (functions of one number, samples, random numbers, linear
 * equations, saved words) and what predicts a series of numbers: a tracker of a few hundred bytes that is
 * kept current at each observation, a fitted model with empirical intervals, its backtest, and the ranking
 * of shards by predicted change. What is not: choosing among models, ARIMA, states of the fitted models.
 *
 * The tracker is additive exponential smoothing with a damped trend and one or two seasons [1][2]. It needs no start
 * values: the first cycle is only written down, then its gains fall to their settled values. Its spread is measured, not
 * assumed: forecasts of 1, 2, 4, ..., 64 steps are kept until their time comes, at multiples of their lead
 * only, so that two of them fall due at an observation on average.
 *
 * The forecaster is one linear equation, x[t] = c + sum a_j x[t - lag_j], fitted by least squares with a
 * ridge penalty [3] on logarithms where the values allow it. The lags are the recent ones and those around each
 * season. Iterated h times it gives the path. A seasonal naive forecast is the same equation with one lag and
 * a coefficient of 1, so everything behind the fit (path, intervals, prediction) is written once. The
 * intervals are quantiles of the errors that the same equation made from past origins, step by step [4].
 *
 * [1] Holt 1957, Winters 1960; form and names as in Hyndman and Athanasopoulos, Forecasting, 3rd ed., ch. 8
 * [2] Taylor 2003, Short-term electricity demand forecasting using double seasonal exponential smoothing
 * [3] Hoerl and Kennard 1970, Ridge regression
 * [4] Williams and Goodman 1971, A simple method for the construction of empirical confidence limits
 *
 * Contents, by the texts of the banners:
 *     Bits and memory
 *     Exponential and logarithm
 *     Normal distribution
 *     Samples and random numbers
 *     Linear equations
 *     Saved words
 *     Tracker
 *     Series and transform
 *     Linear model
 *     Intervals
 *     Forecast
 *     Accuracy and backtest
 *     Rank
 */
#ifndef PSC_INTERNAL
#define PSC_INTERNAL
#endif

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

/* ==== Bits and memory =========================================================================== */

#define FC_EXPONENT UINT64_C(0x7ff0000000000000)    /* exponent bits of a double: all set in inf and NaN */
#define FC_MANTISSA UINT64_C(0x000fffffffffffff)

static uint64_t fc_bits(const double *x)
{
    uint64_t u;
    memcpy(&u, x, sizeof u);
    return u;
}

static double fc_double(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

int psc__finite(const double *x)
{
    return (fc_bits(x) & FC_EXPONENT) != FC_EXPONENT;
}

int psc__nan(const double *x)
{
    uint64_t u = fc_bits(x);
    return (u & FC_EXPONENT) == FC_EXPONENT && (u & FC_MANTISSA) != 0;
}

/* A number in low..high: a test that NaN does not pass. */
static int fc_within(double x, double low, double high)
{
    return psc__finite(&x) && x >= low && x <= high;
}

static double fc_clamp(double x, double low, double high)
{
    if (!(x >= low)) return low;
    return x > high ? high : x;
}

static double fc_max(double a, double b)
{
    return a > b ? a : b;
}

int psc__grow(size_t *total, size_t n, size_t element)
{
    size_t bytes;

    if (element != 0 && n > (SIZE_MAX - 7) / element) return 0;
    bytes = (n * element + 7) & ~(size_t)7;
    if (bytes > SIZE_MAX - *total) return 0;
    *total += bytes;
    return 1;
}

psc_status psc__block(const void *block, size_t bytes, size_t need)
{
    if (!block) return PSC_ERR_NULL;
    if (((uintptr_t)block & 7) != 0) return PSC_ERR_ALIGN;
    if (need == 0) return PSC_ERR_RANGE;
    return bytes < need ? PSC_ERR_SPACE : PSC_OK;
}

/* ==== Exponential and logarithm ================================================================= */

/* Largest error in units of the last place, measured by tests/unit/kernels.c on 200,000 arguments a range against
 * 64-bit long double: exp 0.9, expm1 1.5, log 0.9, log1p 1.1, tanh 2.0, logistic 2.2. An argument outside the domain
 * counts as the nearest one in it, NaN as the lower end; a result beyond the doubles is the largest double or 0. */

#define FC_LN2_HIGH 0.6931471803691238      /* ln 2 to 32 bits: k times it is exact for |k| < 2^21 */
#define FC_LN2_LOW 1.9082149292705877e-10   /* ln 2 - FC_LN2_HIGH                                   */
#define FC_1_LN2 1.4426950408889634         /* 1 / ln 2                                             */
#define FC_EXP_MAX 709.782712893384         /* ln of the largest double                             */
#define FC_EXP_MIN (-745.1332191019411)     /* ln of half the smallest double                       */
#define FC_TINY 4.9406564584124654e-324     /* the smallest double above 0                          */

/* 2^k, k in -1022..1023 */
static double fc_power2(int64_t k)
{
    return fc_double((uint64_t)(k + 1023) << 52);
}

/* x 2^k, k in -1100..1024, rounded once */
static double fc_scale(double x, int64_t k)
{
    if (k > 1023) return x * 2.0 * fc_power2(k - 1);
    if (k < -1021) return x * fc_power2(k + 64) * fc_power2(-64);
    return x * fc_power2(k);
}

/* e^r - 1 with x = k ln 2 + r, |r| <= ln(2) / 2, x in FC_EXP_MIN..FC_EXP_MAX. Taylor's series: the first term
 * left out is below 2^-58 of the sum. */
static double fc_exp_rest(double x, int64_t *k)
{
    static const double inverse_factorial[] = {
        1.6059043836821613e-10, 2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07,
        2.7557319223985893e-06, 2.48015873015873e-05, 1.984126984126984e-04, 1.388888888888889e-03,
        8.333333333333333e-03, 4.1666666666666664e-02, 1.6666666666666666e-01, 0.5
    };                                          /* 1/13!, 1/12!, ..., 1/2! */
    double high, low, r, q = 0.0;
    size_t i;

    *k = (int64_t)(x * FC_1_LN2 + (x < 0.0 ? -0.5 : 0.5));
    high = x - (double)*k * FC_LN2_HIGH;
    low = (double)*k * FC_LN2_LOW;
    r = high - low;
    for (i = 0; i < sizeof inverse_factorial / sizeof inverse_factorial[0]; i++)
        q = q * r + inverse_factorial[i];
    return r + ((high - r) - low + r * r * q);
}

double psc__exp(double x)
{
    int64_t k;
    double p;

    if (!(x > FC_EXP_MIN)) return 0.0;
    if (x > FC_EXP_MAX) return DBL_MAX;
    p = fc_exp_rest(x, &k);
    return fc_scale(1.0 + p, k);
}

double psc__expm1(double x)
{
    int64_t k;
    double p;

    if (!(x > -40.0)) return -1.0;          /* e^-40 is below half a unit in the last place of 1 */
    if (x > 40.0) return psc__exp(x);       /* so is 1 beside e^40 */
    p = fc_exp_rest(x, &k);
    if (k == 0) return p;
    return fc_power2(k) * p + (fc_power2(k) - 1.0);
}

/* k ln 2 + ln(1 + f) + c for 1 + f in sqrt(1/2)..sqrt(2): with s = f / (2 + f),
 * ln(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R), R = 2/3 s^2 + 2/5 s^4 + ... */
static double fc_log_sum(double f, int64_t k, double c)
{
    const double s = f / (2.0 + f), s2 = s * s, half = 0.5 * f * f;
    double r = 0.0;
    int i;

    for (i = 23; i >= 3; i -= 2) r = (r + 2.0 / i) * s2;
    return (double)k * FC_LN2_HIGH + (f - (half - (s * (half + r) + ((double)k * FC_LN2_LOW + c))));
}

/* x > 0 = (1 + f) 2^k with 1 + f in sqrt(1/2)..sqrt(2) */
static double fc_log_split(double x, int64_t *k)
{
    const uint64_t root = UINT64_C(0x3fe6a09e667f3bcd);     /* bits of sqrt(1/2) */
    uint64_t u;

    *k = 0;
    if (x < DBL_MIN) {
        x *= fc_power2(64);
        *k = -64;
    }
    u = fc_bits(&x) - root;
    *k += (int64_t)(u >> 52) - (u >> 63 ? 4096 : 0);
    u = (u & FC_MANTISSA) + root;
    return fc_double(u) - 1.0;
}

double psc__log(double x)
{
    int64_t k;
    double f;

    if (!(x >= FC_TINY)) x = FC_TINY;
    if (x > DBL_MAX) x = DBL_MAX;
    f = fc_log_split(x, &k);
    return fc_log_sum(f, k, 0.0);
}

/* For u = 1 + x as rounded, ln(1 + x) = ln u + (1 + x - u) / u to first order. */
double psc__log1p(double x)
{
    double u, c, f;
    int64_t k;

    if (x > -0.25 && x < 0.4) return fc_log_sum(x, 0, 0.0);
    if (!(x > -1.0)) return psc__log(FC_TINY);
    if (x > 1e17) return psc__log(x);
    u = 1.0 + x;
    c = (x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    f = fc_log_split(u, &k);
    return fc_log_sum(f, k, c);
}

double psc__tanh(double x)
{
    double a = fabs(x), t;

    if (!(a < 22.0)) return x < 0.0 ? -1.0 : 1.0;       /* 1 - tanh(22) is below half a unit of 1 */
    t = psc__expm1(2.0 * a);
    t = a < 0.5 ? t / (t + 2.0) : 1.0 - 2.0 / (t + 2.0);
    return x < 0.0 ? -t : t;
}

double psc__logistic(double x)
{
    double e;

    if (x >= 0.0) return 1.0 / (1.0 + psc__exp(-x));
    e = psc__exp(x);
    return e / (1.0 + e);
}

/* ==== Normal distribution ======================================================================= */

#define FC_1_SQRT_2PI 0.3989422804014327

/* Upper tail for a >= 0 as density(a) / (1 + a) * Chebyshev series in t = (a - 4) / (a + 4) (the map of
 * Shepherd and Laframboise 1981; coefficients by tests/check/normal_coefficients.py). Error below 8 units
 * in the last place (as above) up to a = 37; beyond 38 the tail leaves the doubles. */
static double fc_normal_tail(double a)
{
    static const double c[] = {
        1.1670525350882472055, -0.1610195767134653891, -0.02800282182545297472, 0.03167452189239265886,
        -0.01210323116234536866, 0.002705612976216709515, -0.0002993163620270316593,
        -0.00001716686526879361022, 0.00001017848926410986744, -4.894829570004191772e-7,
        -2.844006500151047843e-7, 3.076628371381150396e-8, 9.180378674469537201e-9, -1.275610221380873622e-9,
        -3.660279376104133827e-10, 4.592635934859520519e-11, 1.718931468764652685e-11,
        -1.272683369870069402e-12, -8.668081913316188435e-13, 1.106155720413674086e-15,
        4.275021077010333383e-14, 3.790937692263904548e-15, -1.847410301059233151e-15,
        -4.041909413070817789e-16
    };
    const double t = (a - 4.0) / (a + 4.0);
    double b0 = 0.0, b1 = 0.0, b2, high;
    size_t i;

    for (i = sizeof c / sizeof c[0] - 1; i > 0; i--) {      /* Clenshaw's recurrence */
        b2 = b1;
        b1 = b0;
        b0 = 2.0 * t * b1 - b2 + c[i];
    }
    /* a^2 in two parts, the first exact, so that exp sees no rounded argument */
    high = (double)(int64_t)(a * 16.0) / 16.0;
    return FC_1_SQRT_2PI * psc__exp(-0.5 * high * high) * psc__exp(-0.5 * (a - high) * (a + high))
           * (t * b0 - b1 + c[0]) / (1.0 + a);
}

double psc__normal_cdf(double x)
{
    double a = fabs(x), q = a < 39.0 ? fc_normal_tail(a) : 0.0;
    return x > 0.0 ? 1.0 - q : q;
}

/* c[0] + c[1] x + ... + c[7] x^7 */
static double fc_poly7(const double *c, double x)
{
    double y = c[7];
    int i;

    for (i = 6; i >= 0; i--) y = y * x + c[i];
    return y;
}

/* Wichura 1988, algorithm AS 241 (PPND16), whose coefficients these are: relative error about 1e-15. */
double psc__normal_quantile(double p)
{
    static const double a[] = {
        3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
        45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727
    }, b[] = {
        1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
        21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610
    }, c[] = {
        1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
        1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4
    }, d[] = {
        1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
        0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9
    }, e[] = {
        6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
        0.0265321895265761230930, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7
    }, f[] = {
        1.0, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15
    };
    double q, r, x;

    p = fc_clamp(p, FC_TINY, 1.0 - DBL_EPSILON / 2.0);
    q = p - 0.5;
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        return q * fc_poly7(a, r) / fc_poly7(b, r);
    }
    r = sqrt(-psc__log(q < 0.0 ? p : 1.0 - p));
    x = r <= 5.0 ? fc_poly7(c, r - 1.6) / fc_poly7(d, r - 1.6) : fc_poly7(e, r - 5.0) / fc_poly7(f, r - 5.0);
    return q < 0.0 ? -x : x;
}

/* ==== Samples and random numbers ================================================================ */

/* Lets x[root] sink in the heap x[0..n). */
static void fc_sink(double *x, size_t root, size_t n)
{
    const double top = x[root];
    size_t child;

    while ((child = 2 * root + 1) < n) {
        if (child + 1 < n && x[child + 1] > x[child]) child++;
        if (!(x[child] > top)) break;
        x[root] = x[child];
        root = child;
    }
    x[root] = top;
}

/* Rising order, in place, n log n in every case (heapsort). x holds no NaN. */
void psc__sort(double *x, size_t n)
{
    size_t i;

    for (i = n / 2; i > 0; i--) fc_sink(x, i - 1, n);
    for (i = n; i > 1; i--) {
        const double top = x[0];
        x[0] = x[i - 1];
        x[i - 1] = top;
        fc_sink(x, 0, i - 1);
    }
}

/* Type 7 of Hyndman and Fan 1996: linear between order statistics. n >= 1, p cut to 0..1. */
double psc__quantile(const double *sorted, size_t n, double p)
{
    const double at = fc_clamp(p, 0.0, 1.0) * (double)(n - 1);
    const size_t i = (size_t)at;

    if (i + 1 >= n) return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* splitmix64, Steele, Lea and Flood 2014: every seed is good, the period is 2^64. */
uint64_t psc__random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* In [0, 1), a multiple of 2^-53. */
double psc__uniform(uint64_t *state)
{
    return (double)(psc__random(state) >> 11) * (1.0 / 9007199254740992.0);
}

/* ==== Linear equations ========================================================================== */

#define FC_PIVOT 1e-12      /* a pivot below this share of its diagonal holds rounding errors only */

/* One column of the Cholesky factor: a[j][j] from what is left of the diagonal, then what lies below it. A column
 * without a usable pivot is cleared: its variable is dropped. */
static int fc_factor_column(double *a, size_t n, size_t j, double diagonal)
{
    double sum = diagonal;
    size_t i, k;

    for (k = 0; k < j; k++) sum -= a[j * n + k] * a[j * n + k];
    if (!(sum > FC_PIVOT * diagonal)) {
        for (i = j; i < n; i++) a[i * n + j] = 0.0;
        return 0;
    }
    a[j * n + j] = sqrt(sum);
    for (i = j + 1; i < n; i++) {
        sum = a[i * n + j];
        for (k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
        a[i * n + j] = sum / a[j * n + j];
    }
    return 1;
}

/* Solves (A + ridge * mean diagonal * I) x = b by Cholesky. A is n x n, its lower triangle by rows, and is lost;
 * b becomes x. A variable that depends on those before it gets 0. Returns the number of variables kept. */
int psc__solve(double *a, double *b, size_t n, double ridge)
{
    double mean = 0.0;
    size_t i, k;
    int kept = 0;

    for (i = 0; i < n; i++) mean += a[i * n + i] / (double)n;
    for (i = 0; i < n; i++) kept += fc_factor_column(a, n, i, a[i * n + i] + ridge * mean);
    for (i = 0; i < n; i++) {                   /* L y = b */
        for (k = 0; k < i; k++) b[i] -= a[i * n + k] * b[k];
        b[i] = a[i * n + i] > 0.0 ? b[i] / a[i * n + i] : 0.0;
    }
    for (i = n; i-- > 0;) {                     /* L' x = y */
        for (k = i + 1; k < n; k++) b[i] -= a[k * n + i] * b[k];
        b[i] = a[i * n + i] > 0.0 ? b[i] / a[i * n + i] : 0.0;
    }
    return kept;
}

/* ==== Saved words =============================================================================== */

uint64_t psc__word(const psc__image *image, size_t i)
{
    const unsigned char *b = image->bytes + 8 * i;

    /* written out, because compilers then make one load of it */
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24
           | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* Two's complement, without a conversion that C leaves to the compiler. */
int64_t psc__integer(const psc__image *image, size_t i)
{
    uint64_t w = psc__word(image, i);
    return w >> 63 ? -(int64_t)(~w) - 1 : (int64_t)w;
}

double psc__real(const psc__image *image, size_t i)
{
    return fc_double(psc__word(image, i));
}

int psc__real_in(const psc__image *image, size_t i, double low, double high)
{
    return fc_within(psc__real(image, i), low, high);
}

/* 'P' 'S' 'C', the type and the format version in one word. */
uint64_t psc__kind(int32_t type)
{
    return UINT64_C(0x505343) << 40 | (uint64_t)(uint32_t)type << 16 | PSC_FORMAT;
}

psc_status psc__state(const void *state, int32_t type)
{
    if (!state) return PSC_ERR_NULL;
    if (((uintptr_t)state & 7) != 0) return PSC_ERR_ALIGN;
    return ((const psc_state *)state)->kind == psc__kind(type) ? PSC_OK : PSC_ERR_STATE;
}

/* ==== Tracker =================================================================================== */

#define FC_FAR 1e18         /* level, trend, seasons and forecasts are cut here: squares stay finite    */
#define FC_LEADS 7          /* leads 1, 2, 4, ..., 64 whose errors are measured                         */
#define FC_BINS 24          /* of the table of standardised errors                                      */
#define FC_BIN_FULL 256.0   /* a count at which the table is halved: it remembers about 1000 errors     */
#define FC_PRIOR 8.0        /* errors that the assumed spread and shape count as                        */
#define FC_MEMORY 64.0      /* errors that the spread at a lead remembers                               */
#define FC_SLOW 0.02        /* gain of the variance: it remembers about 50 errors                       */
#define FC_CUT 4.0          /* an error beyond so many sigma is cut: one in 16,000 of a normal sample   */
#define FC_CUTS 3           /* so many in a row are no outliers but a new level, and are taken whole    */
#define FC_WARM 10          /* observations, and two cycles, before anything is cut                     */

/* Nothing but 8-byte words; period1 + period2 seasonal terms follow. */
struct psc_tracker {
    psc_state head;
    int64_t period1, period2;           /* 0: none */
    double  alpha, beta, phi, gamma1, gamma2, lower, upper;
    int64_t time, seen;                 /* observations with and without the missing ones */
    int64_t phase1, phase2;             /* time mod period */
    int64_t cuts;                       /* errors cut in a row */
    double  level, trend, variance;     /* variance of the errors of one step */
    double  pending[FC_LEADS];          /* forecast of 2^j steps that falls due next; NaN: none */
    double  spread[FC_LEADS];           /* mean square of its errors */
    int64_t scored[FC_LEADS];           /* how many */
    double  bin[FC_BINS];               /* standardised errors u by v = u / (2 + |u|) in equal bins of -1..1 */
};

#define FC_AT(field) (offsetof(struct psc_tracker, field) / 8)

static double *fc_season1(const psc_tracker *t)
{
    return (double *)(uintptr_t)(t + 1);
}

static double *fc_season2(const psc_tracker *t)
{
    return fc_season1(t) + t->period1;
}

/* A period as stored: 0 where there is none; -1: not valid. */
static int64_t fc_period(int32_t period)
{
    if (period < 0 || period > PSC_MAX_PERIOD) return -1;
    return period == 1 ? 0 : period;
}

static int fc_tracker_periods(int64_t period1, int64_t period2)
{
    return period1 >= 0 && period1 <= PSC_MAX_PERIOD && period1 != 1 && period2 >= 0
           && period2 <= PSC_MAX_PERIOD && period2 != 1 && (period2 == 0 || period2 > period1);
}

static int fc_tracker_gains(const double *gain, double phi)
{
    int i;

    for (i = 0; i < 4; i++)
        if (!fc_within(gain[i], 0.0, 1.0)) return 0;
    return fc_within(phi, 0.0, 0.999);
}

/* NaN: the far end. */
static double fc_bound(double x, double none)
{
    return psc__nan(&x) ? none : x;
}

static int fc_bounds(double lower, double upper)
{
    const double low = fc_bound(lower, -FC_FAR), high = fc_bound(upper, FC_FAR);
    return fc_within(low, -FC_FAR, FC_FAR) && fc_within(high, low, FC_FAR);
}

void psc_tracker_default(psc_tracker_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->alpha = 0.1;
    config->phi = 0.9;
    config->gamma1 = 0.3;
    config->gamma2 = 0.3;
    config->lower = config->upper = fc_double(FC_EXPONENT | 1);
}

size_t psc_tracker_size(const psc_tracker_config *config)
{
    double gain[4];
    int64_t m1, m2;

    if (!config || config->struct_size != sizeof *config) return 0;
    m1 = fc_period(config->period1);
    m2 = fc_period(config->period2);
    gain[0] = config->alpha;
    gain[1] = config->beta;
    gain[2] = config->gamma1;
    gain[3] = config->gamma2;
    if (!fc_tracker_periods(m1, m2) || !fc_tracker_gains(gain, config->phi)
        || !fc_bounds(config->lower, config->upper))
        return 0;
    return sizeof(psc_tracker) + (size_t)(m1 + m2) * 8;
}

/* Standardised error at an edge of the table; the outermost are set where no error of a sane series is. */
static double fc_bin_edge(int i)
{
    const double v = 2.0 * i / FC_BINS - 1.0;

    if (i <= 0) return -40.0;
    if (i >= FC_BINS) return 40.0;
    return 2.0 * v / (1.0 - fabs(v));
}

psc_status psc_tracker_init(psc_tracker *tracker, size_t bytes, const psc_tracker_config *config)
{
    psc_status status;
    int i;

    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    status = psc__block(tracker, bytes, psc_tracker_size(config));
    if (status != PSC_OK) return status;

    memset(tracker, 0, psc_tracker_size(config));
    tracker->head.kind = psc__kind(PSC_TYPE_TRACKER);
    tracker->head.words = psc_tracker_size(config) / 8;
    tracker->period1 = fc_period(config->period1);
    tracker->period2 = fc_period(config->period2);
    tracker->alpha = config->alpha;
    tracker->beta = config->beta;
    tracker->phi = config->phi;
    tracker->gamma1 = config->gamma1;
    tracker->gamma2 = config->gamma2;
    tracker->lower = fc_bound(config->lower, -FC_FAR);
    tracker->upper = fc_bound(config->upper, FC_FAR);
    for (i = 0; i < FC_LEADS; i++) tracker->pending[i] = fc_double(FC_EXPONENT | 1);
    for (i = 0; i < FC_BINS; i++)
        tracker->bin[i] = FC_PRIOR * (psc__normal_cdf(fc_bin_edge(i + 1)) - psc__normal_cdf(fc_bin_edge(i)));
    return PSC_OK;
}

/* Numbers of an image that are sound each by itself. */
static int fc_tracker_numbers(const psc__image *image)
{
    size_t i;

    for (i = FC_AT(level); i <= FC_AT(trend); i++)
        if (!psc__real_in(image, i, -FC_FAR, FC_FAR)) return 0;
    if (!psc__real_in(image, FC_AT(variance), 0.0, FC_FAR * FC_FAR * 4.0)) return 0;
    for (i = 0; i < FC_LEADS; i++) {
        const double pending = psc__real(image, FC_AT(pending) + i);
        if (!psc__nan(&pending) && !fc_within(pending, -4.0 * FC_FAR, 4.0 * FC_FAR)) return 0;
        if (!psc__real_in(image, FC_AT(spread) + i, 0.0, FC_FAR * FC_FAR * 100.0)) return 0;
        if (psc__integer(image, FC_AT(scored) + i) < 0) return 0;
    }
    for (i = 0; i < FC_BINS; i++)
        if (!psc__real_in(image, FC_AT(bin) + i, 0.0, 2.0 * FC_BIN_FULL)) return 0;
    for (i = sizeof(psc_tracker) / 8; i < image->words; i++)
        if (!psc__real_in(image, i, -FC_FAR, FC_FAR)) return 0;
    return 1;
}

int psc__tracker_valid(const psc__image *image)
{
    int64_t m1, m2, time, seen, cuts;
    double gain[4], low, high;

    if (image->words < sizeof(psc_tracker) / 8) return 0;
    m1 = psc__integer(image, FC_AT(period1));
    m2 = psc__integer(image, FC_AT(period2));
    if (!fc_tracker_periods(m1, m2) || image->words != sizeof(psc_tracker) / 8 + (size_t)(m1 + m2)) return 0;
    gain[0] = psc__real(image, FC_AT(alpha));
    gain[1] = psc__real(image, FC_AT(beta));
    gain[2] = psc__real(image, FC_AT(gamma1));
    gain[3] = psc__real(image, FC_AT(gamma2));
    low = psc__real(image, FC_AT(lower));
    high = psc__real(image, FC_AT(upper));
    if (!fc_tracker_gains(gain, psc__real(image, FC_AT(phi)))) return 0;
    if (!fc_within(low, -FC_FAR, FC_FAR) || !fc_within(high, low, FC_FAR)) return 0;
    time = psc__integer(image, FC_AT(time));
    seen = psc__integer(image, FC_AT(seen));
    cuts = psc__integer(image, FC_AT(cuts));
    if (time < 0 || seen < 0 || seen > time || cuts < 0 || cuts > FC_CUTS) return 0;
    if (psc__integer(image, FC_AT(phase1)) != (m1 ? time % m1 : 0)) return 0;
    if (psc__integer(image, FC_AT(phase2)) != (m2 ? time % m2 : 0)) return 0;
    return fc_tracker_numbers(image);
}

/* A tracker whose indices can be followed. */
static psc_status fc_tracker(const psc_tracker *t)
{
    psc_status status = psc__state(t, PSC_TYPE_TRACKER);

    if (status != PSC_OK) return status;
    if (!fc_tracker_periods(t->period1, t->period2)
        || t->head.words != sizeof(psc_tracker) / 8 + (uint64_t)(t->period1 + t->period2)
        || t->phase1 < 0 || t->phase1 >= t->period1 + !t->period1
        || t->phase2 < 0 || t->phase2 >= t->period2 + !t->period2 || t->time < 0)
        return PSC_ERR_STATE;
    return PSC_OK;
}

static psc_status fc_value(double y)
{
    if (psc__nan(&y)) return PSC_OK;
    if (!psc__finite(&y)) return PSC_ERR_NONFINITE;
    return fabs(y) <= PSC_MAX_VALUE ? PSC_OK : PSC_ERR_RANGE;
}

/* Forecast of h steps, given phi + phi^2 + ... + phi^h. */
static double fc_tracker_ahead(const psc_tracker *t, size_t h, double trend_sum)
{
    double y = t->level + trend_sum * t->trend;

    if (t->period1 && t->time >= t->period1)
        y += fc_season1(t)[((uint64_t)t->phase1 + h - 1) % (uint64_t)t->period1];
    if (t->period2) y += fc_season2(t)[((uint64_t)t->phase2 + h - 1) % (uint64_t)t->period2];
    return y;
}

static void fc_count_error(double *bin, double u)
{
    const double v = u / (2.0 + fabs(u)), place = fc_clamp((v + 1.0) * (FC_BINS / 2), 0.0, FC_BINS - 1.0);
    const int at = (int)place;
    int i;

    bin[at] += 1.0;
    if (bin[at] < FC_BIN_FULL) return;
    for (i = 0; i < FC_BINS; i++) bin[i] *= 0.5;
}

/* The error that may teach: cut unless the level has plainly moved. */
static double fc_tracker_cut(psc_tracker *t, double e)
{
    const double limit = FC_CUT * sqrt(t->variance);

    if (t->seen < FC_WARM || t->seen < 2 * t->period1 || fabs(e) <= limit || t->cuts >= FC_CUTS) {
        t->cuts = fabs(e) <= limit ? 0 : t->cuts;
        return e;
    }
    t->cuts++;
    return fc_clamp(e, -limit, limit);
}

static void fc_season_learn(double *s, double change)
{
    *s = fc_clamp(*s + change, -FC_FAR, FC_FAR);
}

/* In the first cycle of the first season: the level is the running mean, the season holds the values themselves. */
static void fc_tracker_begin(psc_tracker *t, double y)
{
    if (!psc__nan(&y)) {
        t->seen++;
        t->variance += ((y - t->level) * (y - t->level) - t->variance) / (double)t->seen;
        t->level += (y - t->level) / (double)t->seen;
    }
    fc_season1(t)[t->phase1] = psc__nan(&y) ? t->level : y;
}

/* At its end: the season becomes what the values have over the level. */
static void fc_tracker_center(psc_tracker *t)
{
    int64_t i;

    for (i = 0; i < t->period1; i++) fc_season1(t)[i] -= t->level;
}

static void fc_tracker_learn(psc_tracker *t, double y)
{
    const double error = y - fc_tracker_ahead(t, 1, t->phi);
    const double e = t->seen ? fc_tracker_cut(t, error) : y;
    const double a = fc_max(t->alpha, 1.0 / (double)(t->seen + 1));
    const double g1 = t->period1 ? fc_max(t->gamma1, 1.0 / (double)(t->time / t->period1 + 1)) : 0.0;
    const double g2 = t->period2 ? fc_max(t->gamma2, 1.0 / (double)(t->time / t->period2 + 2)) : 0.0;
    const double after = (double)(t->seen - t->period1);        /* observations since the first cycle, about */

    if (t->seen > 0) {
        if (t->variance > 0.0) fc_count_error(t->bin, error / sqrt(t->variance));
        t->variance += fc_max(FC_SLOW, after > 1.0 ? 1.0 / after : 1.0) * (e * e - t->variance);
    }
    t->level = fc_clamp(t->level + t->phi * t->trend + a * e, -FC_FAR, FC_FAR);
    t->trend = t->seen ? fc_clamp(t->phi * t->trend + a * t->beta * e, -FC_FAR, FC_FAR) : 0.0;
    if (t->period1) fc_season_learn(&fc_season1(t)[t->phase1], g1 * (1.0 - a) * e);
    if (t->period2) fc_season_learn(&fc_season2(t)[t->phase2], g2 * (1.0 - a) * (1.0 - g1) * e);
    t->seen++;
}

/* Forecasts of 2^j steps that are due now are held against y and made anew. Of lead 2^j there is one at a time,
 * made where time is a multiple of 2^j. */
static void fc_tracker_leads(psc_tracker *t, double y, uint64_t time)
{
    double sum = t->phi, power = t->phi;
    int j;

    for (j = 0; j < FC_LEADS && time % (UINT64_C(1) << j) == 0; j++) {
        if (!psc__nan(&t->pending[j]) && !psc__nan(&y)) {
            const double e = y - t->pending[j];
            const double limit = 25.0 * fc_max(t->spread[j], t->variance);     /* (5 sigma)^2 */
            const double square = limit > 0.0 && e * e > limit ? limit : e * e;
            if (t->scored[j] < INT32_MAX) t->scored[j]++;
            t->spread[j] += fc_max(1.0 / (double)t->scored[j], 1.0 / FC_MEMORY) * (square - t->spread[j]);
        }
        if (t->seen > 0) t->pending[j] = fc_tracker_ahead(t, (size_t)1 << j, sum);
        sum *= 1.0 + power;
        power *= power;
    }
}

static void fc_tracker_take(psc_tracker *t, double y)
{
    const int64_t time = t->time;

    if (time < t->period1) fc_tracker_begin(t, y);
    else if (!psc__nan(&y)) fc_tracker_learn(t, y);
    if (t->period1 && ++t->phase1 == t->period1) t->phase1 = 0;
    if (t->period2 && ++t->phase2 == t->period2) t->phase2 = 0;
    t->time++;
    if (t->time == t->period1) fc_tracker_center(t);
    if (t->time > t->period1) fc_tracker_leads(t, y, (uint64_t)time);
}

psc_status psc_tracker_observe(psc_tracker *tracker, double y)
{
    psc_status status = fc_tracker(tracker);

    if (status == PSC_OK) status = fc_value(y);
    if (status == PSC_OK) fc_tracker_take(tracker, y);
    return status;
}

/* Mean square error to be expected at lead 2^j: what was measured, and FC_PRIOR errors of what simple smoothing
 * with gain alpha has (Hyndman et al. 2008, table 6.2: sigma^2 (1 + (h-1) alpha^2)). */
static double fc_lead_variance(const psc_tracker *t, int j)
{
    const double n = (double)t->scored[j];
    const double assumed = t->variance * (1.0 + ((double)((uint64_t)1 << j) - 1.0) * t->alpha * t->alpha);
    return (n * t->spread[j] + FC_PRIOR * assumed) / (n + FC_PRIOR);
}

/* At any lead: linear between the measured ones, beyond the last with the assumed slope. */
static double fc_tracker_variance(const psc_tracker *t, size_t h)
{
    double near_, far_, share;
    int j = 0;

    if (t->seen < 2) return 0.0;
    while (j + 1 < FC_LEADS && ((size_t)2 << j) <= h) j++;
    near_ = fc_lead_variance(t, j);
    share = (double)h / (double)((size_t)1 << j) - 1.0;
    if (j + 1 == FC_LEADS)
        return near_ + t->variance * (double)(h - ((size_t)1 << j)) * t->alpha * t->alpha;
    far_ = fc_lead_variance(t, j + 1);
    return near_ + share * (far_ - near_);
}

/* Quantile of the table of standardised errors: linear within a bin. */
static double fc_shape_quantile(const double *bin, double p)
{
    double total = 0.0, below = 0.0, low, want;
    int i;

    for (i = 0; i < FC_BINS; i++) total += bin[i];
    want = p * total;
    for (i = 0; i < FC_BINS - 1 && below + bin[i] < want; i++) below += bin[i];
    if (!(bin[i] > 0.0)) return fc_bin_edge(i);
    low = fc_bin_edge(i);
    return low + fc_clamp((want - below) / bin[i], 0.0, 1.0) * (fc_bin_edge(i + 1) - low);
}

/* The arguments that every prediction checks. */
static psc_status fc_levels(size_t h, size_t longest, const double *level, size_t levels)
{
    size_t i;

    if (h < 1 || h > longest) return PSC_ERR_RANGE;
    if (levels > 0 && !level) return PSC_ERR_NULL;
    for (i = 0; i < levels; i++)
        if (!fc_within(level[i], 0.0, 1.0) || level[i] <= 0.0 || level[i] >= 1.0) return PSC_ERR_RANGE;
    return PSC_OK;
}

psc_status psc_tracker_predict(const psc_tracker *tracker, size_t h, const double *level, size_t levels,
                               double *point, double *quantile)
{
    psc_status status = fc_tracker(tracker);
    double sum = 0.0, power = 1.0;
    size_t i, j;

    if (status == PSC_OK) status = fc_levels(h, PSC_MAX_HORIZON, level, levels);
    if (status != PSC_OK) return status;
    for (i = 0; i < h; i++) {
        double y, sigma;
        power *= tracker->phi;
        sum += power;
        y = fc_tracker_ahead(tracker, i + 1, sum);
        sigma = sqrt(fc_tracker_variance(tracker, i + 1));
        if (point) point[i] = fc_clamp(y, tracker->lower, tracker->upper);
        for (j = 0; quantile && j < levels; j++)
            quantile[i * levels + j] = fc_clamp(y + sigma * fc_shape_quantile(tracker->bin, level[j]),
                                                tracker->lower, tracker->upper);
    }
    return PSC_OK;
}

/* The i-th of many trackers that lie one after another. */
static psc_tracker *fc_tracker_at(const void *block, size_t i)
{
    return (psc_tracker *)((uintptr_t)block + i * (size_t)((const psc_state *)block)->words * 8);
}

static psc_status fc_trackers(const void *block, size_t count)
{
    psc_status status = PSC_OK;
    size_t i;

    for (i = 0; i < count && status == PSC_OK; i++) {
        status = fc_tracker(fc_tracker_at(block, i));
        if (status == PSC_OK && fc_tracker_at(block, i)->head.words != ((const psc_state *)block)->words)
            status = PSC_ERR_STATE;
    }
    return status;
}

psc_status psc_trackers_observe(void *block, size_t count, const double *y)
{
    psc_status status;
    size_t i;

    if (count == 0) return PSC_OK;
    if (!block || !y) return PSC_ERR_NULL;
    status = fc_trackers(block, count);
    for (i = 0; i < count && status == PSC_OK; i++) status = fc_value(y[i]);
    if (status != PSC_OK) return status;
    for (i = 0; i < count; i++) fc_tracker_take(fc_tracker_at(block, i), y[i]);
    return PSC_OK;
}

psc_status psc_trackers_predict(const void *block, size_t count, size_t h, double level, double *out)
{
    psc_status status = fc_levels(h, PSC_MAX_HORIZON, &level, 1);
    double sum = 0.0, power = 1.0;
    size_t i;

    if (status != PSC_OK || count == 0) return status;
    if (!block || !out) return PSC_ERR_NULL;
    status = fc_trackers(block, count);
    if (status != PSC_OK) return status;
    for (i = 0; i < count; i++) {
        const psc_tracker *t = fc_tracker_at(block, i);
        size_t k;
        for (sum = 0.0, power = 1.0, k = 0; k < h; k++) sum += power *= t->phi;
        out[i] = fc_clamp(fc_tracker_ahead(t, h, sum)
                              + sqrt(fc_tracker_variance(t, h)) * fc_shape_quantile(t->bin, level),
                          t->lower, t->upper);
    }
    return PSC_OK;
}

/* ==== Series and transform ====================================================================== */

#define FC_GRID 33          /* quantiles a step, evenly spaced in the normal score z                    */
#define FC_GRID_END 2.8     /* from -2.8 to 2.8, levels 0.0026 to 0.9974                                */
#define FC_EXP_RANGE 700.0  /* logarithms are cut here: their exponentials are doubles                  */

void psc_series_default(psc_series *series)
{
    if (!series) return;
    memset(series, 0, sizeof *series);
    series->struct_size = (uint32_t)sizeof *series;
    series->lower = series->upper = fc_double(FC_EXPONENT | 1);
}

void psc_forecast_default(psc_forecast_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->model = PSC_MODEL_AR;
    config->horizon = 24;
    config->lags = 3;
    config->origins = 300;
    config->ridge = 1e-4;
    config->clip = 0.3;
}

static psc_status fc_series_check(const psc_series *s)
{
    int i;

    if (!s) return PSC_ERR_NULL;
    if (s->struct_size != sizeof *s) return PSC_ERR_VERSION;
    if (s->periods < 0 || s->periods > PSC_MAX_PERIODS || s->n < 1 || s->n > (size_t)INT32_MAX) return PSC_ERR_RANGE;
    if (!s->value || (s->periods > 0 && !s->period)) return PSC_ERR_NULL;
    for (i = 0; i < s->periods; i++)
        if (s->period[i] < 1 || s->period[i] > PSC_MAX_PERIOD) return PSC_ERR_RANGE;
    return fc_bounds(s->lower, s->upper) ? PSC_OK : PSC_ERR_RANGE;
}

static psc_status fc_config_check(const psc_forecast_config *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->model != PSC_MODEL_AR && c->model != PSC_MODEL_SEASONAL_NAIVE) return PSC_ERR_RANGE;
    if (c->horizon < 1 || c->horizon > PSC_MAX_HORIZON || c->lags < 1 || c->lags > PSC_MAX_LAGS) return PSC_ERR_RANGE;
    if (c->transform < PSC_TRANSFORM_AUTO || c->transform > PSC_TRANSFORM_LOG) return PSC_ERR_RANGE;
    if (c->window < 0 || c->window == 1 || c->origins < 2 || c->origins > 10000) return PSC_ERR_RANGE;
    return fc_within(c->ridge, 1e-12, 1.0) && fc_within(c->clip, 0.0, 10.0) ? PSC_OK : PSC_ERR_RANGE;
}

/* Status of the values, how many are there, and whether all are above 0. */
static psc_status fc_values(const double *value, size_t n, size_t *present, int *positive)
{
    psc_status status = PSC_OK;
    size_t i;

    *present = 0;
    *positive = 1;
    for (i = 0; i < n && status == PSC_OK; i++) {
        status = fc_value(value[i]);
        if (psc__nan(&value[i])) continue;
        ++*present;
        if (!(value[i] > 0.0)) *positive = 0;
    }
    return status == PSC_OK && *present == 0 ? PSC_ERR_EMPTY : status;
}

/* Fills one gap from a period back (filled before), a period ahead, or the last value before it. */
static double fc_fill(const double *x, const double *value, size_t n, size_t t, size_t m, double first)
{
    if (m > 0 && t >= m) return x[t - m];
    if (m > 0 && t + m < n && !psc__nan(&value[t + m])) return value[t + m];
    return t > 0 ? x[t - 1] : first;
}

/* x[0..n) = the values with their gaps filled, then transformed. m: first period that fits, or 0. */
static void fc_prepare(double *x, const double *value, size_t n, size_t m, int take_log)
{
    double first = 0.0;
    size_t t;

    for (t = n; t-- > 0;)
        if (!psc__nan(&value[t])) first = value[t];
    for (t = 0; t < n; t++) x[t] = psc__nan(&value[t]) ? fc_fill(x, value, n, t, m, first) : value[t];
    for (t = 0; take_log && t < n; t++) x[t] = psc__log(x[t]);
}

/* ==== Linear model ============================================================================== */

/* x[t] = center + intercept + sum a[j] (x[t - lag[j]] - center), cut to center + low..high. The head of the fitted
 * block; path[horizon] and grid[horizon * FC_GRID] follow it, and are all that a prediction needs. */
struct psc_forecast {
    uint64_t mark;
    int64_t  terms, longest, horizon, take_log;
    double   center, intercept, low, high, lower, upper;
};

#define FC_FIT_MARK UINT64_C(0x5053434649540001)    /* 'PSCFIT' and a version */

/* One fit: what it is given and where everything lies in its block. */
typedef struct fc_job {
    const psc_series *series;
    const psc_forecast_config *config;
    const double *value;            /* the window of the series that is looked at, [n] */
    size_t n, terms_most, total;    /* total: bytes of the block */
    psc_forecast *fit;
    double *path, *grid;            /* kept: [horizon], [horizon * FC_GRID] */
    double *coefficient, *x;        /* [terms_most], [n] transformed and centred */
    double *gram, *error;           /* [terms_most^2], [horizon * origins] */
    int64_t *lag, *count;           /* [terms_most], [horizon] errors of each step */
} fc_job;

/* Lays the block out: sizes only if block is NULL. The kept parts come first. */
static int fc_lay(fc_job *job, void *block)
{
    const size_t h = (size_t)job->config->horizon, origins = (size_t)job->config->origins;
    const size_t p = (size_t)job->config->lags + 3 * (size_t)job->series->periods;
    const size_t size[8] = {h, h * FC_GRID, p, p, job->n, p * p, h * origins, h};
    size_t at[8], i;

    job->terms_most = p;
    job->total = sizeof(psc_forecast);
    for (i = 0; i < 8; i++) {
        at[i] = job->total;
        if (!psc__grow(&job->total, size[i], 8)) return 0;
    }
    if (!block) return 1;
    job->fit = (psc_forecast *)block;
    job->path = (double *)((uintptr_t)block + at[0]);
    job->grid = (double *)((uintptr_t)block + at[1]);
    job->coefficient = (double *)((uintptr_t)block + at[2]);
    job->lag = (int64_t *)((uintptr_t)block + at[3]);
    job->x = (double *)((uintptr_t)block + at[4]);
    job->gram = (double *)((uintptr_t)block + at[5]);
    job->error = (double *)((uintptr_t)block + at[6]);
    job->count = (int64_t *)((uintptr_t)block + at[7]);
    return 1;
}

/* Checks the arguments of a fit and measures its block. */
static psc_status fc_job_open(fc_job *job, const psc_series *series, const psc_forecast_config *config)
{
    psc_status status = fc_series_check(series);

    if (status == PSC_OK) status = fc_config_check(config);
    if (status != PSC_OK) return status;
    memset(job, 0, sizeof *job);
    job->series = series;
    job->config = config;
    job->n = config->window > 0 && (size_t)config->window < series->n ? (size_t)config->window : series->n;
    job->value = series->value + (series->n - job->n);
    return fc_lay(job, NULL) ? PSC_OK : PSC_ERR_RANGE;
}

/* A season must be seen once and a half. */
static int fc_season_fits(int32_t period, size_t n)
{
    return period > 1 && (size_t)period + 1 <= n - n / 3;
}

static void fc_lag_add(fc_job *job, int64_t k)
{
    int64_t i;

    for (i = 0; i < job->fit->terms; i++)
        if (job->lag[i] == k) return;
    job->lag[job->fit->terms++] = k;
    if (k > job->fit->longest) job->fit->longest = k;
}

static void fc_lags_ar(fc_job *job, int32_t *note)
{
    const psc_series *s = job->series;
    int i, k;

    for (i = 1; i <= job->config->lags; i++) fc_lag_add(job, i);
    for (i = 0; i < s->periods; i++) {
        if (s->period[i] > 1 && !fc_season_fits(s->period[i], job->n)) *note |= PSC_NOTE_SEASON_DROPPED;
        if (!fc_season_fits(s->period[i], job->n)) continue;
        for (k = -1; k <= 1; k++) fc_lag_add(job, s->period[i] + k);
    }
}

/* The normal equations of the rows whose value is there: lower triangle of gram, right side in coefficient. Values are
 * centred, so the intercept needs no column: it is what the mean residual leaves. Returns the number of rows. */
static size_t fc_normal_equations(fc_job *job)
{
    const size_t p = (size_t)job->fit->terms;
    size_t t, i, j, rows = 0;

    memset(job->gram, 0, p * p * sizeof *job->gram);
    memset(job->coefficient, 0, p * sizeof *job->coefficient);
    for (t = (size_t)job->fit->longest; t < job->n; t++) {
        const double *now = job->x + t;
        if (psc__nan(&job->value[t])) continue;
        rows++;
        for (i = 0; i < p; i++) {
            const double xi = *(now - job->lag[i]);
            job->coefficient[i] += xi * *now;
            for (j = 0; j <= i; j++) job->gram[i * p + j] += xi * *(now - job->lag[j]);
        }
    }
    return rows;
}

/* Step k of a path that starts after start[-1]: lags reach into the path, then into the history. */
static double fc_step(const fc_job *job, const double *start, const double *path, int64_t k)
{
    double y = job->fit->intercept;
    int64_t i;

    for (i = 0; i < job->fit->terms; i++) {
        const int64_t at = k - job->lag[i];
        y += job->coefficient[i] * (at >= 0 ? path[at] : start[at]);
    }
    return fc_clamp(y, job->fit->low, job->fit->high);
}

/* Mean and root mean square of the residuals of one step. */
static double fc_residuals(const fc_job *job, double *mean)
{
    double sum = 0.0, square = 0.0;
    size_t t, rows = 0;

    for (t = (size_t)job->fit->longest; t < job->n; t++) {
        double e;
        if (psc__nan(&job->value[t])) continue;
        e = job->x[t] - fc_step(job, job->x + t, job->path, 0);
        sum += e;
        square += e * e;
        rows++;
    }
    *mean = rows ? sum / (double)rows : 0.0;
    return rows ? sqrt(square / (double)rows) : 0.0;
}

/* Too few rows give 0. Otherwise the coefficients and the intercept are set. */
static int fc_fit_ar(fc_job *job, int32_t *note)
{
    psc_forecast *f = job->fit;
    double mean;

    fc_lags_ar(job, note);
    if ((size_t)f->longest >= job->n || fc_normal_equations(job) < 2 * (size_t)f->terms) return 0;
    psc__solve(job->gram, job->coefficient, (size_t)f->terms, job->config->ridge);
    (void)fc_residuals(job, &mean);
    f->intercept = mean;
    return 1;
}

/* One lag, the first period, with a coefficient of 1; the last value if the history is not longer. */
static void fc_fit_naive(fc_job *job)
{
    const psc_series *s = job->series;
    psc_forecast *f = job->fit;

    f->terms = f->longest = job->lag[0] = 1;
    job->coefficient[0] = 1.0;
    if (s->periods > 0 && (size_t)s->period[0] < job->n) f->longest = job->lag[0] = s->period[0];
}

/* ==== Intervals ================================================================================= */

/* The errors of each step from past origins, error[k * origins + i]. Returns the number of origins. */
static int64_t fc_origin_errors(fc_job *job)
{
    const int64_t most = job->config->origins, n = (int64_t)job->n, horizon = job->fit->horizon;
    const int64_t room = n > job->fit->longest ? n - job->fit->longest : 0, used = room < most ? room : most;
    int64_t i, k;

    memset(job->count, 0, (size_t)horizon * sizeof *job->count);
    for (i = 0; i < used; i++) {
        const int64_t origin = job->fit->longest + i * room / used;
        for (k = 0; k < horizon && origin + k < n; k++) {
            job->path[k] = fc_step(job, job->x + origin, job->path, k);
            if (psc__nan(&job->value[origin + k])) continue;
            job->error[k * most + job->count[k]++] = job->x[origin + k] - job->path[k];
        }
    }
    for (k = 0; k < horizon; k++) psc__sort(job->error + k * most, (size_t)job->count[k]);
    return used;
}

#define FC_ERRORS_LEAST 8   /* fewer errors say nothing of a tail: the last step that had enough is widened */

#define FC_WIDEN 1.05       /* the equation was fitted to the very values it is judged on: with this, 95 % intervals held 93.7 to
                               95.3 % on M4 Hourly, Weekly and the load series of the development half */

/* Normal score of the i-th quantile of a grid row. */
static double fc_grid_score(int i)
{
    return FC_GRID_END * (2.0 * i / (FC_GRID - 1) - 1.0);
}

/* The i-th quantile of the errors of step k: mean over the steps k-2..k+2 that have enough errors. */
static double fc_error_quantile(const fc_job *job, int64_t k, double level)
{
    double sum = 0.0;
    int64_t j;
    int columns = 0;

    for (j = k - 2; j <= k + 2; j++) {
        if (j < 0 || j >= job->fit->horizon || job->count[j] < FC_ERRORS_LEAST) continue;
        sum += psc__quantile(job->error + j * job->config->origins, (size_t)job->count[j], level);
        columns++;
    }
    return sum / columns;
}

/* Table of the quantiles of each step's errors; 0 if no step had errors enough. */
static int fc_grid_fill(fc_job *job, double widen, double sigma)
{
    double level[FC_GRID];
    int64_t k, good = -1;
    int i;

    for (i = 0; i < FC_GRID; i++) level[i] = psc__normal_cdf(fc_grid_score(i));
    for (k = 0; k < job->fit->horizon; k++) {
        const double *last = job->grid + (good < 0 ? 0 : good) * FC_GRID;
        double *row = job->grid + k * FC_GRID;
        const int enough = job->count[k] >= FC_ERRORS_LEAST;
        for (i = 0; i < FC_GRID; i++) {
            if (enough)
                row[i] = FC_WIDEN * widen * fc_error_quantile(job, k, level[i]);
            else if (good >= 0)
                row[i] = sqrt((double)(k + 1) / (double)(good + 1)) * last[i];
            else
                row[i] = fc_grid_score(i) * sigma * sqrt((double)(k + 1));
        }
        if (enough) good = k;
    }
    return good >= 0;
}

/* Error at normal score z: linear in z, and on beyond the ends of the row. */
static double fc_grid_at(const double *row, double z)
{
    const double at = fc_clamp((z / FC_GRID_END + 1.0) * ((FC_GRID - 1) / 2.0), -1.0 * FC_GRID, 2.0 * FC_GRID);
    const double place = fc_clamp(at, 0.0, FC_GRID - 2.0);
    const int i = (int)place;
    return row[i] + (at - i) * (row[i + 1] - row[i]);
}

/* ==== Forecast ================================================================================== */

size_t psc_forecast_size(const psc_series *series, const psc_forecast_config *config)
{
    fc_job job;
    return fc_job_open(&job, series, config) == PSC_OK ? job.total : 0;
}

/* The values into x: filled, transformed, centred. Sets the range that a path may not leave. */
static void fc_load(fc_job *job)
{
    psc_forecast *f = job->fit;
    double sum = 0.0, low, high, width;
    size_t t, season = 0;
    int i;

    for (i = job->series->periods - 1; i >= 0; i--)
        if (fc_season_fits(job->series->period[i], job->n)) season = (size_t)job->series->period[i];
    fc_prepare(job->x, job->value, job->n, season, f->take_log != 0);
    low = high = job->x[0];
    for (t = 0; t < job->n; t++) {
        sum += job->x[t];
        if (job->x[t] < low) low = job->x[t];
        if (job->x[t] > high) high = job->x[t];
    }
    f->center = sum / (double)job->n;
    width = high - low;
    f->low = low - job->config->clip * width - f->center;
    f->high = high + job->config->clip * width - f->center;
    for (t = 0; t < job->n; t++) job->x[t] -= f->center;
}

/* Fits, measures, and leaves the path and the grid; the values are in x. */
static void fc_fit(fc_job *job, psc_forecast_info *done)
{
    psc_forecast *f = job->fit;
    double mean;
    int64_t k;

    done->model = job->config->model;
    if (done->model == PSC_MODEL_AR && !fc_fit_ar(job, &done->note)) {
        done->model = PSC_MODEL_SEASONAL_NAIVE;
        done->note |= PSC_NOTE_SHORT;
    }
    if (done->model == PSC_MODEL_SEASONAL_NAIVE) fc_fit_naive(job);
    done->terms = (int32_t)f->terms;
    done->sigma = fc_residuals(job, &mean);
    done->origins = fc_origin_errors(job);
    if (!fc_grid_fill(job, sqrt(1.0 + (double)f->terms / (double)job->n), done->sigma))
        done->note |= PSC_NOTE_NO_INTERVAL;
    for (k = 0; k < f->horizon; k++) job->path[k] = fc_step(job, job->x + job->n, job->path, k);
}

psc_status psc_forecast_fit(const psc_series *series, const psc_forecast_config *config, psc_forecast *fit,
                            size_t bytes, psc_forecast_info *info)
{
    psc_forecast_info done;
    fc_job job;
    size_t present = 0;
    int positive = 0;
    psc_status status = fc_job_open(&job, series, config);

    if (status == PSC_OK) status = psc__block(fit, bytes, job.total);
    if (status == PSC_OK) status = fc_values(job.value, job.n, &present, &positive);
    if (status != PSC_OK) return status;
    (void)fc_lay(&job, fit);
    memset(fit, 0, sizeof *fit);
    memset(&done, 0, sizeof done);
    fit->horizon = config->horizon;
    fit->lower = fc_bound(series->lower, -FC_FAR);
    fit->upper = fc_bound(series->upper, FC_FAR);
    fit->take_log = positive && config->transform != PSC_TRANSFORM_NONE;
    if (present < job.n) done.note |= PSC_NOTE_GAPS;
    if (config->transform == PSC_TRANSFORM_LOG && !positive) done.note |= PSC_NOTE_NO_LOG;
    done.transform = fit->take_log ? PSC_TRANSFORM_LOG : PSC_TRANSFORM_NONE;
    done.used = (int64_t)job.n;
    fc_load(&job);
    fc_fit(&job, &done);
    fit->mark = FC_FIT_MARK;
    if (info) *info = done;
    return PSC_OK;
}

/* Back from the transformed, centred scale. */
static double fc_restore(const psc_forecast *f, double x)
{
    const double y = x + f->center;
    return fc_clamp(f->take_log ? psc__exp(fc_clamp(y, -FC_EXP_RANGE, FC_EXP_RANGE)) : y, f->lower, f->upper);
}

psc_status psc_forecast_predict(const psc_forecast *fit, size_t h, const double *level, size_t levels,
                                double *point, double *quantile)
{
    const double *path, *grid;
    psc_status status;
    size_t i, j;

    if (!fit) return PSC_ERR_NULL;
    if (((uintptr_t)fit & 7) != 0) return PSC_ERR_ALIGN;
    if (fit->mark != FC_FIT_MARK || fit->horizon < 1 || fit->horizon > PSC_MAX_HORIZON) return PSC_ERR_STATE;
    status = fc_levels(h, (size_t)fit->horizon, level, levels);
    if (status != PSC_OK) return status;
    path = (const double *)(fit + 1);
    grid = path + fit->horizon;
    for (i = 0; point && i < h; i++) point[i] = fc_restore(fit, path[i]);
    for (j = 0; quantile && j < levels; j++) {
        const double z = psc__normal_quantile(level[j]);
        for (i = 0; i < h; i++)
            quantile[i * levels + j] = fc_restore(fit, path[i] + fc_grid_at(grid + i * FC_GRID, z));
    }
    return PSC_OK;
}

/* ==== Accuracy and backtest ===================================================================== */

/* Sums behind the means of psc_accuracy. */
static void fc_accuracy_add(psc_accuracy *sum, double y, double f, double low, double high, double level)
{
    const double error = fabs(y - f), size = fabs(y) + fabs(f), a = 1.0 - level;

    sum->steps++;
    sum->mase += error;
    if (size > 0.0) sum->smape += 200.0 * error / size;
    sum->msis += (high - low) + 2.0 / a * (fc_max(low - y, 0.0) + fc_max(y - high, 0.0));
    if (y >= low && y <= high) sum->coverage += 1.0;
}

static void fc_accuracy_mean(psc_accuracy *a, double scale)
{
    const double n = a->steps ? (double)a->steps : 1.0;

    a->smape /= n;
    a->coverage /= n;
    a->mase = scale > 0.0 ? fc_clamp(a->mase / n / scale, 0.0, DBL_MAX) : 0.0;
    a->msis = scale > 0.0 ? fc_clamp(a->msis / n / scale, 0.0, DBL_MAX) : 0.0;
    a->scale = scale;
}

static psc_status fc_accuracy_check(const double *x, size_t n, int missing)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (missing && psc__nan(&x[i])) continue;
        if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
        if (fabs(x[i]) > FC_FAR) return PSC_ERR_RANGE;
    }
    return PSC_OK;
}

psc_status psc_accuracy_of(const double *actual, const double *point, const double *lower, const double *upper,
                           size_t n, double level, double scale, psc_accuracy *accuracy)
{
    const int interval = lower && upper;
    psc_accuracy sum;
    psc_status status;
    size_t i;

    if (!accuracy || (n > 0 && (!actual || !point))) return PSC_ERR_NULL;
    if (!fc_within(level, 1e-9, 1.0 - 1e-9) || !fc_within(scale, 0.0, DBL_MAX)) return PSC_ERR_RANGE;
    status = fc_accuracy_check(actual, n, 1);
    if (status == PSC_OK) status = fc_accuracy_check(point, n, 0);
    if (status == PSC_OK && interval) status = fc_accuracy_check(lower, n, 0);
    if (status == PSC_OK && interval) status = fc_accuracy_check(upper, n, 0);
    if (status != PSC_OK) return status;
    memset(&sum, 0, sizeof sum);
    for (i = 0; i < n; i++)
        if (!psc__nan(&actual[i]))
            fc_accuracy_add(&sum, actual[i], point[i], interval ? lower[i] : actual[i],
                            interval ? upper[i] : actual[i], level);
    fc_accuracy_mean(&sum, scale);
    if (!interval) sum.coverage = 0.0;
    sum.origins = 1;
    *accuracy = sum;
    return PSC_OK;
}

void psc_backtest_default(psc_backtest_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->origins = 3;
    config->stride = 24;
    config->level = 0.95;
}

size_t psc_backtest_size(const psc_series *series, const psc_forecast_config *forecast)
{
    size_t total = psc_forecast_size(series, forecast);

    if (total == 0 || !psc__grow(&total, 3 * (size_t)forecast->horizon, sizeof(double))) return 0;
    return total;
}

/* Mean of |y[t] - y[t-m]|, m the first period or 1; 0 if there is no pair. */
static double fc_naive_scale(const psc_series *s)
{
    const size_t m = s->periods > 0 ? (size_t)s->period[0] : 1;
    double sum = 0.0;
    size_t t, pairs = 0;

    for (t = m; t < s->n; t++) {
        if (psc__nan(&s->value[t]) || psc__nan(&s->value[t - m])) continue;
        sum += fabs(s->value[t] - s->value[t - m]);
        pairs++;
    }
    return pairs ? sum / (double)pairs : 0.0;
}

/* One origin: fits to what lies before it and adds the errors of the horizon after it. room[3 * horizon]. */
static psc_status fc_backtest_origin(const psc_series *series, const psc_forecast_config *forecast, double level,
                                     size_t origin, psc_forecast *fit, size_t bytes, psc_accuracy *sum)
{
    const size_t h = (size_t)forecast->horizon;
    double *point = (double *)((uintptr_t)fit + bytes), *bounds = point + h, ends[2];
    psc_series past = *series;
    psc_status status;
    size_t i;

    past.n = origin;
    ends[0] = 0.5 - level / 2.0;
    ends[1] = 0.5 + level / 2.0;
    status = psc_forecast_fit(&past, forecast, fit, bytes, NULL);
    if (status == PSC_ERR_EMPTY) return PSC_OK;
    if (status == PSC_OK) status = psc_forecast_predict(fit, h, ends, 2, point, bounds);
    if (status != PSC_OK) return status;
    for (i = 0; i < h; i++)
        if (!psc__nan(&series->value[origin + i]))
            fc_accuracy_add(sum, series->value[origin + i], point[i], bounds[2 * i], bounds[2 * i + 1], level);
    sum->origins++;
    return PSC_OK;
}

psc_status psc_backtest_run(const psc_series *series, const psc_forecast_config *forecast,
                            const psc_backtest_config *config, void *work, size_t bytes, psc_accuracy *accuracy)
{
    psc_accuracy sum;
    psc_status status;
    size_t present, back;
    int positive, i;
    fc_job job;

    if (!config || !accuracy) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->origins < 1 || config->origins > 1000 || config->stride < 1
        || !fc_within(config->level, 1e-9, 1.0 - 1e-9))
        return PSC_ERR_RANGE;
    status = fc_job_open(&job, series, forecast);
    if (status == PSC_OK) status = psc__block(work, bytes, psc_backtest_size(series, forecast));
    if (status == PSC_OK) status = fc_values(series->value, series->n, &present, &positive);
    memset(&sum, 0, sizeof sum);
    for (i = config->origins - 1; i >= 0 && status == PSC_OK; i--) {
        back = (size_t)forecast->horizon + (size_t)i * (size_t)config->stride;
        if (back + 2 > series->n) continue;
        status = fc_backtest_origin(series, forecast, config->level, series->n - back, (psc_forecast *)work, job.total,
                                    &sum);
    }
    if (status != PSC_OK) return status;
    fc_accuracy_mean(&sum, fc_naive_scale(series));
    *accuracy = sum;
    return PSC_OK;
}

/* ==== Rank ====================================================================================== */

/* Whether a comes before b: the larger change in the direction sign, then the lower index. */
static int fc_before(const psc_ranked *a, const psc_ranked *b, double sign)
{
    if (a->change != b->change) return sign * a->change > sign * b->change;
    return a->index < b->index;
}

/* A heap with the entry that comes last at its top; lets `entry` sink from the top. */
static void fc_rank_sink(psc_ranked *heap, size_t n, psc_ranked entry, double sign)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && fc_before(&heap[child], &heap[child + 1], sign)) child++;
        if (!fc_before(&entry, &heap[child], sign)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = entry;
}

static void fc_rank_rise(psc_ranked *heap, size_t at, psc_ranked entry, double sign)
{
    while (at > 0 && fc_before(&heap[(at - 1) / 2], &entry, sign)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = entry;
}

/* The first `capacity` in the direction sign, in order: a heap of the best so far, then sorted in place. */
static size_t fc_rank(const double *now, const double *next, size_t n, double sign, psc_ranked *out, size_t capacity)
{
    size_t i, count = 0, left;

    for (i = 0; i < n && capacity > 0; i++) {
        psc_ranked entry;
        entry.index = (int64_t)i;
        entry.change = next[i] - now[i];
        entry.now = now[i];
        entry.next = next[i];
        if (!(sign * entry.change > 0.0)) continue;
        if (count < capacity)
            fc_rank_rise(out, count++, entry, sign);
        else if (fc_before(&entry, &out[0], sign))
            fc_rank_sink(out, count, entry, sign);
    }
    for (left = count; left > 1; left--) {
        const psc_ranked last = out[left - 1];
        out[left - 1] = out[0];
        fc_rank_sink(out, left - 1, last, sign);
    }
    return count;
}

psc_status psc_rank_shards(const double *now, const double *next, size_t n, psc_ranked *up, size_t up_capacity,
                           size_t *ups, psc_ranked *down, size_t down_capacity, size_t *downs)
{
    size_t i;

    if (!ups || !downs || (n > 0 && (!now || !next))) return PSC_ERR_NULL;
    if ((up_capacity > 0 && !up) || (down_capacity > 0 && !down)) return PSC_ERR_NULL;
    for (i = 0; i < n; i++) {
        if (!psc__finite(&now[i]) || !psc__finite(&next[i])) return PSC_ERR_NONFINITE;
        if (fabs(now[i]) > PSC_MAX_VALUE || fabs(next[i]) > PSC_MAX_VALUE) return PSC_ERR_RANGE;
    }
    *ups = fc_rank(now, next, n, 1.0, up, up_capacity);
    *downs = fc_rank(now, next, n, -1.0, down, down_capacity);
    return PSC_OK;
}
/* partition.c - predscale: imbalance, plan and waves. Interface and contract: predscale.h, Part 3.
 *
 * HERE: tests of a cluster, amounts, the imbalance of nodes and shards, a search for better assignments
 * under hard constraints, the reasons for what stays, and an order in which a plan can be carried out.
 * NOT HERE: what will be demanded (forecast.c), which node is sick (predscale.c), the moving itself (host).
 *
 * THE PROBLEM is machine reassignment as in the Google ROADEF/EURO challenge 2012 [1], with two additions: a
 * start that breaks constraints is legal, and the number and the cost of moves may be limited. A constraint
 * that a start breaks must not get worse, counted so that each is a number that no move raises:
 *     capacity     of each node and resource, the demand above it. A shard goes only where all of it fits.
 *     transient    the same, with the demand of shards that have left this home added
 *     conflict     pairs of one group on one node
 *     spread       domains that a group lacks
 *     dependency   pairs (shard, group that its group depends on) with none of that group in the shard's zone
 *
 * THE SEARCH is a descent of single moves, hot nodes first, in rounds:
 *     each round puts all nodes in play; while there are any:
 *         n = the hottest node in play: largest overload, then largest cost of its own
 *         at the first visit in a round, the best target of each of its shards is found
 *         s = its shard with the largest gain as last seen; no gain: n leaves the game
 *         the gain was seen before the last move: look at s again; else: move s
 *     a round without a move ends the search: no single move improves the assignment.
 * Looking again only at the shard in front is the lazy evaluation of Minoux [2]: while gains mostly shrink, as
 * they do on a node that is being emptied, the move made is the best of the node, for few of the looks.
 * A look first gathers what does not depend on the target: the cost that leaving saves, the nodes, domains
 * and zones of the group and of the groups tied to it, as marks; each target then costs O(R + balances). Sums
 * are integers and incremental, so a plan is the same on every machine, and every slice of work goes on
 * exactly where the one before stopped.
 *
 * THE WAVES follow from one rule: the moves of a wave may end in any order, so every constraint must hold for
 * every subset of ended moves. Capacity counts both copies. One shard of a group moves in a wave; a shard in
 * flight is where another needs it only if it stays in that zone, and is everywhere it may be where it could
 * do harm. With that, the test of one more move against those begun covers all subsets.
 * This is a list schedule: moves in order of size [3], each in the first wave that takes it.
 *
 *   [1] Google ROADEF/EURO challenge 2011-2012: Machine Reassignment, problem definition, section 2.
 *   [2] M. Minoux, Accelerated greedy algorithms for maximizing submodular set functions, 1978.
 *   [3] R. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969.
 *
 * CONTENTS
 *   Cluster
 *   Imbalance
 *   Groups and their ties
 *   Memory of a search
 *   Cost
 *   A shard and its targets
 *   Moving a shard
 *   Search
 *   Plan
 *   Reasons
 *   Order of moves
 *   Waves
 */
#ifndef PSC_INTERNAL
#define PSC_INTERNAL
#endif
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

/* ==== Cluster =================================================================================== */

#define PT_MAX_COST (INT64_C(1) << 62)      /* of an assignment: two of them can be subtracted       */
#define PT_MAX_TOTAL (INT64_C(1) << 60)     /* of demand or capacity of a resource: four can be added */
#define PT_MAX_CELLS (INT64_C(1) << 26)     /* nodes times resources: so many PT_MAX_PARTS are < 2^62 */
#define PT_MAX_PARTS (INT64_C(1) << 36)     /* overload of one node and resource, in millionths       */

void psc_cluster_default(psc_cluster *cluster)
{
    if (!cluster) return;
    memset(cluster, 0, sizeof *cluster);
    cluster->struct_size = (uint32_t)sizeof *cluster;
    cluster->weight_move = 1;
    cluster->weight_distance = 1;
}

static size_t pt_cell(const psc_cluster *c, int32_t row)
{
    return (size_t)row * (size_t)c->resources;
}

static size_t pt_depends(const psc_cluster *c)
{
    return c->groups > 0 && c->depend_from ? (size_t)c->depend_from[c->groups] : 0;
}

static int32_t pt_domain(const psc_cluster *c, int32_t n) { return c->domain ? c->domain[n] : n; }
static int32_t pt_zone(const psc_cluster *c, int32_t n) { return c->zone ? c->zone[n] : 0; }
static int32_t pt_group(const psc_cluster *c, int32_t s) { return c->group ? c->group[s] : -1; }
static int64_t pt_weight(const psc_cluster *c, int32_t r) { return c->weight ? c->weight[r] : 1; }
static int64_t pt_move_cost(const psc_cluster *c, int32_t s) { return c->move_cost ? c->move_cost[s] : 1; }
static int pt_transient(const psc_cluster *c, int32_t r) { return c->transient && c->transient[r] != 0; }
static int pt_pinned(const psc_cluster *c, int32_t s) { return c->pinned && c->pinned[s] != 0; }
static int pt_closed(const psc_cluster *c, int32_t n) { return c->closed && c->closed[n] != 0; }

static int64_t pt_distance(const psc_cluster *c, int32_t from, int32_t to)
{
    if (!c->place) return 0;
    return c->distance[(size_t)c->place[from] * (size_t)c->places + (size_t)c->place[to]];
}

/* Version, sizes and pointers: what every function tests. */
static psc_status pt_shape(const psc_cluster *c)
{
    if (!c) return PSC_ERR_NULL;
    if (c->struct_size != sizeof *c) return PSC_ERR_VERSION;
    if (c->resources < 1 || c->resources > PSC_MAX_RESOURCES) return PSC_ERR_RANGE;
    if (c->nodes < 1 || (int64_t)c->nodes * c->resources > PT_MAX_CELLS) return PSC_ERR_RANGE;
    if (c->shards < 0 || c->groups < 0 || c->balances < 0 || c->places < 0) return PSC_ERR_RANGE;
    if (!c->capacity) return PSC_ERR_NULL;
    if (c->shards > 0 && (!c->demand || !c->home)) return PSC_ERR_NULL;
    if (c->balances > 0 && !c->balance) return PSC_ERR_NULL;
    if (c->place && !c->distance) return PSC_ERR_NULL;
    if (c->groups > 0 && !c->group) return PSC_ERR_NULL;
    if (c->groups == 0 && c->group && c->shards > 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

static int pt_amounts_valid(const int64_t *x, size_t n, int64_t max)
{
    size_t i;

    if (!x) return 1;
    for (i = 0; i < n; i++) if (x[i] < 0 || x[i] > max) return 0;
    return 1;
}

static int pt_indices_valid(const int32_t *x, size_t n, int32_t end)
{
    size_t i;

    if (!x) return 1;
    for (i = 0; i < n; i++) if (x[i] < 0 || x[i] >= end) return 0;
    return 1;
}

/* CSR of the dependencies, and the least spreads. */
static psc_status pt_check_groups(const psc_cluster *c)
{
    int32_t g;

    if (c->groups == 0) return PSC_OK;
    if (c->spread && !pt_indices_valid(c->spread, (size_t)c->groups, INT32_MAX)) return PSC_ERR_RANGE;
    if (!c->depend_from) return PSC_OK;
    if (c->depend_from[0] != 0) return PSC_ERR_RANGE;
    for (g = 0; g < c->groups; g++) if (c->depend_from[g + 1] < c->depend_from[g]) return PSC_ERR_RANGE;
    if (pt_depends(c) > 0 && !c->depend) return PSC_ERR_NULL;
    return pt_indices_valid(c->depend, pt_depends(c), c->groups) ? PSC_OK : PSC_ERR_RANGE;
}

static int pt_check_arrays(const psc_cluster *c)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, r = (size_t)c->resources;
    const size_t side = c->place ? (size_t)c->places : 0;

    return pt_amounts_valid(c->capacity, n * r, PSC_MAX_AMOUNT)
        && pt_amounts_valid(c->soft, n * r, PSC_MAX_AMOUNT)
        && pt_amounts_valid(c->demand, s * r, PSC_MAX_AMOUNT)
        && pt_amounts_valid(c->move_cost, s, PT_MAX_COST)
        && pt_amounts_valid(c->weight, r, PT_MAX_COST)
        && pt_amounts_valid(c->distance, side * side, PT_MAX_COST)
        && pt_indices_valid(c->domain, n, c->nodes) && pt_indices_valid(c->zone, n, c->nodes)
        && pt_indices_valid(c->place, n, c->places) && pt_indices_valid(c->home, s, c->nodes)
        && pt_indices_valid(c->group, s, c->groups);
}

/* Sum and product of numbers >= 0, or -1 if it would exceed the limit or an operand is -1 already. */
static int64_t pt_add(int64_t a, int64_t b, int64_t limit)
{
    return a < 0 || b < 0 || a > limit - b ? -1 : a + b;
}

static int64_t pt_times(int64_t a, int64_t b, int64_t limit)
{
    if (a < 0 || b < 0) return -1;
    return a != 0 && b > limit / a ? -1 : a * b;
}

/* Sum of a column of a matrix of resources; -1: above PT_MAX_TOTAL. */
static int64_t pt_total(const psc_cluster *c, const int64_t *x, int32_t rows, int32_t r)
{
    int64_t sum = 0;
    int32_t i;

    for (i = 0; i < rows; i++) sum = pt_add(sum, x[pt_cell(c, i) + (size_t)r], PT_MAX_TOTAL);
    return sum;
}

/* An upper bound of a balance term, for any assignment and with every product on the way; -1: too large. */
static int64_t pt_balance_bound(const psc_balance *b, const int64_t *capacity, const int64_t *demand)
{
    int64_t x = pt_add(capacity[b->first], demand[b->first], PT_MAX_COST);

    x = pt_times(x, b->ratio, PT_MAX_COST);
    x = pt_add(x, pt_add(capacity[b->second], demand[b->second], PT_MAX_COST), PT_MAX_COST);
    return pt_times(x, b->weight, PT_MAX_COST);
}

/* An upper bound of load and balance of any assignment; -1: too large. */
static int64_t pt_nodes_bound(const psc_cluster *c)
{
    int64_t capacity[PSC_MAX_RESOURCES], demand[PSC_MAX_RESOURCES], sum = 0;
    int32_t r, b;

    for (r = 0; r < c->resources; r++) {
        capacity[r] = pt_total(c, c->capacity, c->nodes, r);
        demand[r] = pt_total(c, c->demand, c->shards, r);
        if (capacity[r] < 0) return -1;
        sum = pt_add(sum, pt_times(pt_weight(c, r), demand[r], PT_MAX_COST), PT_MAX_COST);
    }
    for (b = 0; b < c->balances; b++) {
        const psc_balance *one = &c->balance[b];
        if (one->first < 0 || one->first >= c->resources) return -1;
        if (one->second < 0 || one->second >= c->resources) return -1;
        sum = pt_add(sum, pt_balance_bound(one, capacity, demand), PT_MAX_COST);
    }
    return sum;
}

/* An upper bound of the terms of moving; -1: too large. */
static int64_t pt_moves_bound(const psc_cluster *c)
{
    const size_t cells = c->place ? (size_t)c->places * (size_t)c->places : 0;
    int64_t sum = 0, far = 0, bound;
    int32_t s;
    size_t i;

    for (s = 0; s < c->shards; s++) sum = pt_add(sum, pt_move_cost(c, s), PT_MAX_COST);
    for (i = 0; i < cells; i++) if (c->distance[i] > far) far = c->distance[i];
    bound = pt_times(sum, c->weight_move, PT_MAX_COST);
    bound = pt_add(bound, pt_times(c->shards, c->weight_group, PT_MAX_COST), PT_MAX_COST);
    far = pt_times(far, c->shards, PT_MAX_COST);
    return pt_add(bound, pt_times(far, c->weight_distance, PT_MAX_COST), PT_MAX_COST);
}

psc_status psc_cluster_check(const psc_cluster *cluster)
{
    psc_status status = pt_shape(cluster);

    if (status != PSC_OK) return status;
    if (!pt_check_arrays(cluster)) return PSC_ERR_RANGE;
    status = pt_check_groups(cluster);
    if (status != PSC_OK) return status;
    if (pt_add(pt_nodes_bound(cluster), pt_moves_bound(cluster), PT_MAX_COST) < 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

/* x >= 0 rounded up, at most max. */
static int64_t pt_round_up(double x, int64_t max)
{
    int64_t whole;

    if (x >= (double)max) return max;
    whole = (int64_t)x;
    return (double)whole < x ? whole + 1 : whole;
}

psc_status psc_amounts_of(const double *x, size_t n, double unit, int64_t *out)
{
    size_t i;

    if (n > 0 && (!x || !out)) return PSC_ERR_NULL;
    if (!psc__finite(&unit)) return PSC_ERR_NONFINITE;
    if (unit <= 0.0) return PSC_ERR_RANGE;
    for (i = 0; i < n; i++) if (!psc__finite(&x[i])) return PSC_ERR_NONFINITE;
    for (i = 0; i < n; i++) out[i] = x[i] > 0.0 ? pt_round_up(x[i] / unit, PSC_MAX_AMOUNT) : 0;
    return PSC_OK;
}

psc_status psc_soft_amounts(const psc_cluster *cluster, double margin, int64_t *soft)
{
    const psc_cluster *c = cluster;
    const psc_status status = pt_shape(c);
    int32_t n, r, s;

    if (status != PSC_OK) return status;
    if (!soft) return PSC_ERR_NULL;
    if (!psc__finite(&margin)) return PSC_ERR_NONFINITE;
    if (margin < 0.0 || margin > 100.0) return PSC_ERR_RANGE;
    for (r = 0; r < c->resources; r++) {
        int64_t open = 0, demand = 0;
        double share;
        for (n = 0; n < c->nodes; n++) if (!pt_closed(c, n)) open += c->capacity[pt_cell(c, n) + (size_t)r];
        for (s = 0; s < c->shards; s++) demand += c->demand[pt_cell(c, s) + (size_t)r];
        share = (1.0 + margin) * ((double)demand / (double)(open > 0 ? open : 1));
        for (n = 0; n < c->nodes; n++) {
            const size_t i = pt_cell(c, n) + (size_t)r;
            soft[i] = pt_closed(c, n) ? 0 : pt_round_up((double)c->capacity[i] * share, c->capacity[i]);
        }
    }
    return PSC_OK;
}

/* use[n][r] = demand on n of the shards that are there. */
static void pt_fill_use(const psc_cluster *c, const int32_t *at, int64_t *use)
{
    int32_t s, r;

    memset(use, 0, pt_cell(c, c->nodes) * sizeof *use);
    for (s = 0; s < c->shards; s++) {
        const int64_t *d = c->demand + pt_cell(c, s);
        int64_t *u = use + pt_cell(c, at[s]);
        for (r = 0; r < c->resources; r++) u[r] += d[r];
    }
}

/* ==== Imbalance ================================================================================= */

size_t psc_imbalance_size(const psc_cluster *cluster)
{
    size_t total = 0;

    if (pt_shape(cluster) != PSC_OK) return 0;
    return psc__grow(&total, pt_cell(cluster, cluster->nodes), sizeof(int64_t)) ? total : 0;
}

static double pt_share(int64_t use, int64_t capacity)
{
    return (double)use / (double)(capacity > 0 ? capacity : 1);
}

/* Mean utilisation of each resource over the fleet. */
static void pt_means(const psc_cluster *c, const int64_t *use, double *mean)
{
    int32_t n, r;

    for (r = 0; r < c->resources; r++) {
        int64_t sum = 0, capacity = 0;
        for (n = 0; n < c->nodes; n++) {
            sum += use[pt_cell(c, n) + (size_t)r];
            capacity += c->capacity[pt_cell(c, n) + (size_t)r];
        }
        mean[r] = pt_share(sum, capacity);
    }
}

/* Score of a node, without the demand `less` if that is given, and the resource it comes from. */
static double pt_score(const psc_cluster *c, int32_t n, const int64_t *use, const int64_t *less,
                       const double *mean, int32_t *resource)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    double best = 0.0;
    int32_t r;

    *resource = -1;
    for (r = 0; r < c->resources; r++) {
        const double u = pt_share(use[r] - (less ? less[r] : 0), capacity[r]);
        if (mean[r] <= 0.0 || (*resource >= 0 && u / mean[r] - 1.0 <= best)) continue;
        best = u / mean[r] - 1.0;
        *resource = r;
    }
    return best;
}

/* Peak utilisation and overload of a node into the summary. */
static void pt_note_use(const psc_cluster *c, int32_t n, const int64_t *use, psc_imbalance *sum)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int32_t r, over = 0;

    for (r = 0; r < c->resources; r++) {
        const double u = pt_share(use[r], capacity[r]);
        if (u > sum->peak) sum->peak = u;
        if (use[r] > capacity[r]) over = 1;
    }
    sum->overloaded += over;
}

static void pt_score_nodes(const psc_cluster *c, const int64_t *use, const double *mean, double threshold,
                           double *node_score, psc_imbalance *sum)
{
    double squares = 0.0;
    int32_t n, resource;

    memset(sum, 0, sizeof *sum);
    for (n = 0; n < c->nodes; n++) {
        const double score = pt_score(c, n, use + pt_cell(c, n), NULL, mean, &resource);
        if (n == 0 || score > sum->fleet) {
            sum->fleet = score;
            sum->node = n;
            sum->resource = resource;
        }
        squares += score * score;
        if (score > threshold) sum->above++;
        if (node_score) node_score[n] = score;
        pt_note_use(c, n, use + pt_cell(c, n), sum);
    }
    sum->rms = sqrt(squares / (double)c->nodes);
}

psc_status psc_imbalance_of(const psc_cluster *cluster, const int32_t *assignment, double threshold,
                            void *work, size_t bytes, double *node_score, double *shard_score,
                            psc_imbalance *imbalance)
{
    const psc_cluster *c = cluster;
    double mean[PSC_MAX_RESOURCES];
    int64_t *use = (int64_t *)work;
    psc_status status = pt_shape(c);
    int32_t s, unused;

    if (status != PSC_OK) return status;
    status = psc__block(work, bytes, psc_imbalance_size(c));
    if (status != PSC_OK) return status;
    if (!imbalance) return PSC_ERR_NULL;
    if (!psc__finite(&threshold)) return PSC_ERR_NONFINITE;
    if (!pt_indices_valid(assignment, (size_t)c->shards, c->nodes)) return PSC_ERR_RANGE;
    if (!assignment) assignment = c->home;
    pt_fill_use(c, assignment, use);
    pt_means(c, use, mean);
    pt_score_nodes(c, use, mean, threshold, node_score, imbalance);
    for (s = 0; shard_score && s < c->shards; s++) {
        const int32_t n = assignment[s];
        const int64_t *u = use + pt_cell(c, n);
        shard_score[s] = pt_score(c, n, u, NULL, mean, &unused)
                       - pt_score(c, n, u, c->demand + pt_cell(c, s), mean, &unused);
    }
    return PSC_OK;
}

/* ==== Groups and their ties ===================================================================== */

/* Lays one array after another in a block, or with base = NULL only counts: the one that measures a layout and
 * the one that uses it are the same code. */
typedef struct pt_layout {
    unsigned char *base;
    size_t total;
    int ok;
} pt_layout;

static void *pt_take(pt_layout *lay, size_t n, size_t element)
{
    const size_t at = lay->total;

    if (!psc__grow(&lay->total, n, element)) lay->ok = 0;
    return lay->base ? (void *)(lay->base + at) : NULL;
}

static int64_t *pt_take_wide(pt_layout *lay, size_t n) { return (int64_t *)pt_take(lay, n, sizeof(int64_t)); }
static int32_t *pt_take_index(pt_layout *lay, size_t n) { return (int32_t *)pt_take(lay, n, sizeof(int32_t)); }

/* Members of group g: member[from[g] .. from[g + 1]), by index. Groups that depend on g: back[back_from[g] .. ). */
typedef struct pt_ties {
    int32_t *from, *member, *back_from, *back;
} pt_ties;

static void pt_lay_ties(pt_layout *lay, const psc_cluster *c, pt_ties *ties)
{
    ties->from = pt_take_index(lay, (size_t)c->groups + 1);
    ties->member = pt_take_index(lay, c->groups > 0 ? (size_t)c->shards : 0);
    ties->back_from = pt_take_index(lay, (size_t)c->groups + 1);
    ties->back = pt_take_index(lay, pt_depends(c));
}

/* From counts at from[k] to ends of each k, and after the items were put from the back, starts. */
static void pt_count_up(int32_t *from, int32_t groups)
{
    int32_t g, sum = 0;

    for (g = 0; g < groups; g++) {
        sum += from[g];
        from[g] = sum;
    }
    from[groups] = sum;
}

static void pt_init_ties(const psc_cluster *c, const pt_ties *ties)
{
    const int32_t depends = (int32_t)pt_depends(c);
    int32_t i, g;

    memset(ties->from, 0, ((size_t)c->groups + 1) * sizeof *ties->from);
    memset(ties->back_from, 0, ((size_t)c->groups + 1) * sizeof *ties->back_from);
    if (c->groups == 0) return;
    for (i = 0; i < c->shards; i++) ties->from[c->group[i]]++;
    pt_count_up(ties->from, c->groups);
    for (i = c->shards - 1; i >= 0; i--) ties->member[--ties->from[c->group[i]]] = i;
    for (i = 0; i < depends; i++) ties->back_from[c->depend[i]]++;
    pt_count_up(ties->back_from, c->groups);
    for (g = c->groups - 1; depends > 0 && g >= 0; g--) {
        for (i = c->depend_from[g + 1] - 1; i >= c->depend_from[g]; i--) {
            ties->back[--ties->back_from[c->depend[i]]] = g;
        }
    }
}

/* 1 if a shard of the group is in the zone. */
static int pt_in_zone(const psc_cluster *c, const pt_ties *ties, const int32_t *at, int32_t group, int32_t zone)
{
    int32_t i;

    for (i = ties->from[group]; i < ties->from[group + 1]; i++) {
        if (pt_zone(c, at[ties->member[i]]) == zone) return 1;
    }
    return 0;
}

/* Sorts indices by their keys, then by themselves: a heap sort, in place, the same everywhere. */
static int pt_after(const int64_t *key, int32_t a, int32_t b)
{
    return key[a] != key[b] ? key[a] > key[b] : a > b;
}

static void pt_sink(int32_t *index, size_t i, size_t n, const int64_t *key)
{
    const int32_t x = index[i];

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && pt_after(key, index[child + 1], index[child])) child++;
        if (!pt_after(key, index[child], x)) break;
        index[i] = index[child];
        i = child;
    }
    index[i] = x;
}

static void pt_sort(int32_t *index, size_t n, const int64_t *key)
{
    size_t i;

    for (i = n / 2; i-- > 0;) pt_sink(index, i, n, key);
    for (i = n; i-- > 1;) {
        const int32_t x = index[0];
        index[0] = index[i];
        index[i] = x;
        pt_sink(index, 0, i, key);
    }
}

/* ==== Memory of a search ======================================================================== */

#define PT_MARK UINT64_C(0x70736370706c616e)    /* "pscpplan" */

enum { PT_OUT = 0, PT_UNSEEN = 1, PT_SEEN = 2 };    /* a node in a round: left it, not yet looked at, looked at */

/* Head of the block. The arrays follow; where, pt_search_of works out from the sizes of the cluster. */
struct psc_plan {
    uint64_t mark;
    int32_t  resources, nodes, shards, groups, balances, places;
    int64_t  depends;
    int64_t  max_moves, max_move_cost;
    int64_t  allowed, evaluations;      /* pairs granted by all steps, and looked at                  */
    int64_t  clock;                     /* moves made                                                 */
    int64_t  mark_now;                  /* value of the marks of the shard in hand                    */
    int64_t  moves, move_cost, distance;    /* of shards not at home: number and sums, not weighted   */
    int64_t  node_cost, overload;       /* sums over the nodes                                        */
    int64_t  cost_before, overload_before;
    int64_t  clock_at_round;
    int32_t  most;                      /* largest number of moved shards of any group                */
    int32_t  targets;                   /* tried for each shard; 0: all                               */
    int32_t  cursor;                    /* shard last looked at on the node that is being scanned; -1 */
    int32_t  done;
};

typedef struct pt_search {
    const psc_cluster *c;
    psc_plan *head;
    pt_ties  ties;
    int64_t *use, *away;            /* [N * R] demand of the shards here; of those that left this home */
    int64_t *cost, *over;           /* [N] load and balance; overload                                 */
    int64_t *fill;                  /* [N] largest utilisation, in millionths                         */
    int64_t *gain_over, *gain;      /* [S] as last seen; 0: none                                      */
    int64_t *seen;                  /* [S] clock of that look                                         */
    int64_t *node_mark, *domain_mark, *zone_mark;   /* [N] = mark_now: see "A shard and its targets"  */
    int32_t *zone_hits;             /* [N]                                                            */
    int32_t *now, *target;          /* [S] node of each shard; best target as last seen               */
    int32_t *first, *next, *prev;   /* [N], [S], [S] shards of each node, linked; -1: end             */
    int32_t *moved;                 /* [G] shards not at home                                         */
    int32_t *groups_with;           /* [S + 1] number of groups with so many moved shards             */
    int32_t *play;                  /* [N] PT_OUT, PT_UNSEEN or PT_SEEN                               */
    int32_t *tree;                  /* [2 * leaves] tournament: tree[i] is the hotter of tree[2 i], tree[2 i + 1] */
    int32_t *order, *rank;          /* [N] nodes, emptiest first; place of each in it                 */
    int32_t  leaves;
} pt_search;

static int32_t pt_leaves(int32_t nodes)
{
    int32_t n = 1;

    while (n < nodes) n *= 2;
    return n;
}

/* Bytes of the block, and with base its arrays in v; 0: too large. */
static size_t pt_lay_search(const psc_cluster *c, unsigned char *base, pt_search *v)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, cells = pt_cell(c, c->nodes);
    pt_layout lay;

    lay.base = base;
    lay.total = 0;
    lay.ok = 1;
    v->c = c;
    v->leaves = pt_leaves(c->nodes);
    v->head = (psc_plan *)pt_take(&lay, 1, sizeof(psc_plan));
    v->use = pt_take_wide(&lay, cells);
    v->away = pt_take_wide(&lay, cells);
    v->cost = pt_take_wide(&lay, n);
    v->over = pt_take_wide(&lay, n);
    v->fill = pt_take_wide(&lay, n);
    v->node_mark = pt_take_wide(&lay, n);
    v->domain_mark = pt_take_wide(&lay, n);
    v->zone_mark = pt_take_wide(&lay, n);
    v->gain_over = pt_take_wide(&lay, s);
    v->gain = pt_take_wide(&lay, s);
    v->seen = pt_take_wide(&lay, s);
    v->zone_hits = pt_take_index(&lay, n);
    v->now = pt_take_index(&lay, s);
    v->target = pt_take_index(&lay, s);
    v->first = pt_take_index(&lay, n);
    v->next = pt_take_index(&lay, s);
    v->prev = pt_take_index(&lay, s);
    v->moved = pt_take_index(&lay, (size_t)c->groups);
    v->groups_with = pt_take_index(&lay, s + 1);
    v->play = pt_take_index(&lay, n);
    v->tree = pt_take_index(&lay, 2 * (size_t)v->leaves);
    v->order = pt_take_index(&lay, n);
    v->rank = pt_take_index(&lay, n);
    pt_lay_ties(&lay, c, &v->ties);
    return lay.ok ? lay.total : 0;
}

/* The arrays of a plan, if the block is one and was made for a cluster of these sizes. */
static psc_status pt_search_of(psc_plan *plan, const psc_cluster *c, pt_search *v)
{
    psc_status status = pt_shape(c);

    if (status != PSC_OK) return status;
    status = psc__block(plan, sizeof *plan, sizeof *plan);
    if (status != PSC_OK) return status;
    if (plan->mark != PT_MARK || plan->resources != c->resources || plan->nodes != c->nodes) return PSC_ERR_STATE;
    if (plan->shards != c->shards || plan->groups != c->groups) return PSC_ERR_STATE;
    if (plan->balances != c->balances || plan->places != c->places) return PSC_ERR_STATE;
    if (plan->depends != (int64_t)pt_depends(c)) return PSC_ERR_STATE;
    (void)pt_lay_search(c, (unsigned char *)plan, v);
    return PSC_OK;
}

/* ==== Cost ====================================================================================== */

/* ceil(10^6 * part / whole), at most PT_MAX_PARTS; a whole of 0 counts as 1. Two digits of base 1000, since
 * 10^6 * 2^50 has no room. */
static int64_t pt_parts(int64_t part, int64_t whole)
{
    int64_t quotient, rest, high;

    if (whole < 1) whole = 1;
    quotient = part / whole;
    if (quotient >= PT_MAX_PARTS / 1000000) return PT_MAX_PARTS;
    rest = part % whole * 1000;
    high = rest / whole;
    rest = rest % whole * 1000;
    return (quotient * 1000 + high) * 1000 + rest / whole + (rest % whole > 0);
}

static int64_t pt_load(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *soft = (c->soft ? c->soft : c->capacity) + pt_cell(c, n);
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) if (use[r] > soft[r]) sum += pt_weight(c, r) * (use[r] - soft[r]);
    return sum;
}

static int64_t pt_balance(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t sum = 0;
    int32_t i;

    for (i = 0; i < c->balances; i++) {
        const psc_balance *b = &c->balance[i];
        const int64_t want = b->ratio * (capacity[b->first] - use[b->first]);
        const int64_t have = capacity[b->second] - use[b->second];
        if (want > have) sum += b->weight * (want - have);
    }
    return sum;
}

static int64_t pt_node_cost(const psc_cluster *c, int32_t n, const int64_t *use)
{
    return pt_load(c, n, use) + pt_balance(c, n, use);
}

static int64_t pt_overload(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t sum = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) if (use[r] > capacity[r]) sum += pt_parts(use[r] - capacity[r], capacity[r]);
    return sum;
}

/* How full a node is, for the choice of targets: one that takes no shard is full. */
static int64_t pt_fullness(const psc_cluster *c, int32_t n, const int64_t *use)
{
    const int64_t *capacity = c->capacity + pt_cell(c, n);
    int64_t most = 0;
    int32_t r;

    if (pt_closed(c, n)) return INT64_MAX;
    for (r = 0; r < c->resources; r++) {
        const int64_t parts = pt_parts(use[r], capacity[r]);
        if (parts > most) most = parts;
    }
    return most;
}

/* Largest number of moved shards of any group, if the group had `step` (-1, 0, 1) more of them. */
static int32_t pt_most_after(const pt_search *v, int32_t group, int32_t step)
{
    const psc_plan *h = v->head;
    int32_t m;

    if (step == 0) return h->most;
    if (group < 0) return h->moves + step > 0;
    m = v->moved[group];
    if (step > 0) return m + 1 > h->most ? m + 1 : h->most;
    return m == h->most && v->groups_with[m] == 1 ? m - 1 : h->most;
}

static int64_t pt_total_cost(const pt_search *v)
{
    const psc_plan *h = v->head;

    return h->node_cost + v->c->weight_move * h->move_cost + v->c->weight_group * h->most
         + v->c->weight_distance * h->distance;
}

/* ==== A shard and its targets =================================================================== */

/* What is known of a shard in hand before a target is tried. Of the other shards of its group, node_mark and
 * domain_mark are set where they are. zone_mark and zone_hits = zones_least: the zone holds all that it needs. */
typedef struct pt_hand {
    int32_t shard, from, home, group;
    int32_t block;              /* that holds for every target, or PSC_BLOCK_NONE                    */
    int32_t domains_kept;       /* domains of the others                                             */
    int32_t domains_least;      /* that must remain                                                  */
    int32_t zones_least;        /* dependencies that hold now and must go on to                      */
    int32_t bound;              /* 1: it must not leave its zone                                     */
    int64_t over_fall;          /* fall of the overload by leaving                                   */
    int64_t leave_fall;         /* fall of the node's own cost by leaving                            */
    int64_t terms_now, terms_home, terms_away;  /* moving terms now; at home; away, without distance */
    const int64_t *demand;
} pt_hand;

static void pt_mark_group(const pt_search *v, pt_hand *p)
{
    const psc_cluster *c = v->c;
    const int64_t mark = v->head->mark_now;
    const int32_t spread = c->spread ? c->spread[p->group] : 1;
    int32_t i;

    for (i = v->ties.from[p->group]; i < v->ties.from[p->group + 1]; i++) {
        const int32_t s = v->ties.member[i], n = v->now[s], domain = pt_domain(c, n);
        if (s == p->shard) continue;
        v->node_mark[n] = mark;
        if (v->domain_mark[domain] != mark) p->domains_kept++;
        v->domain_mark[domain] = mark;
    }
    p->domains_least = p->domains_kept + (v->domain_mark[pt_domain(c, p->from)] != mark);
    if (p->domains_least > spread) p->domains_least = spread;
}

/* Zones that hold the first k of the needed groups have k hits; so a zone with more than one shard of a group
 * is counted once. A dependency that is broken already asks for nothing. */
static void pt_mark_zones(const pt_search *v, pt_hand *p)
{
    const psc_cluster *c = v->c;
    const int64_t mark = v->head->mark_now;
    int32_t d, i;

    for (d = c->depend_from[p->group]; d < c->depend_from[p->group + 1]; d++) {
        const int32_t needed = c->depend[d];
        if (needed == p->group) continue;
        if (!pt_in_zone(c, &v->ties, v->now, needed, pt_zone(c, p->from))) continue;
        for (i = v->ties.from[needed]; i < v->ties.from[needed + 1]; i++) {
            const int32_t zone = pt_zone(c, v->now[v->ties.member[i]]);
            if (v->zone_mark[zone] != mark) v->zone_hits[zone] = 0;
            v->zone_mark[zone] = mark;
            if (v->zone_hits[zone] == p->zones_least) v->zone_hits[zone]++;
        }
        p->zones_least++;
    }
}

/* 1 if the shard is the last of its group in its zone and one of a group that depends on it is there. */
static int pt_is_needed(const pt_search *v, const pt_hand *p)
{
    const psc_cluster *c = v->c;
    const pt_ties *t = &v->ties;
    const int32_t zone = pt_zone(c, p->from);
    int32_t i;

    if (t->back_from[p->group] == t->back_from[p->group + 1]) return 0;
    for (i = t->from[p->group]; i < t->from[p->group + 1]; i++) {
        if (t->member[i] != p->shard && pt_zone(c, v->now[t->member[i]]) == zone) return 0;
    }
    for (i = t->back_from[p->group]; i < t->back_from[p->group + 1]; i++) {
        if (t->back[i] != p->group && pt_in_zone(c, t, v->now, t->back[i], zone)) return 1;
    }
    return 0;
}

/* The terms of a shard that do not depend on the target, in p; O(R + balances). */
static void pt_weigh(const pt_search *v, int32_t shard, pt_hand *p)
{
    const psc_cluster *c = v->c;
    const psc_plan *h = v->head;
    const int64_t price = pt_move_cost(c, shard);
    int64_t rest[PSC_MAX_RESOURCES];
    int32_t r, is_home;

    memset(p, 0, sizeof *p);
    p->shard = shard;
    p->from = v->now[shard];
    p->home = c->home[shard];
    p->group = pt_group(c, shard);
    p->demand = c->demand + pt_cell(c, shard);
    is_home = p->from == p->home;
    if (pt_pinned(c, shard)) p->block = PSC_BLOCK_PINNED;
    else if (is_home && (h->moves >= h->max_moves || price > h->max_move_cost - h->move_cost)) p->block = PSC_BLOCK_BUDGET;
    for (r = 0; r < c->resources; r++) rest[r] = v->use[pt_cell(c, p->from) + (size_t)r] - p->demand[r];
    p->over_fall = v->over[p->from] == 0 ? 0 : v->over[p->from] - pt_overload(c, p->from, rest);
    p->leave_fall = v->cost[p->from] - pt_node_cost(c, p->from, rest);
    p->terms_home = c->weight_group * pt_most_after(v, p->group, is_home ? 0 : -1);
    p->terms_away = c->weight_group * pt_most_after(v, p->group, is_home ? 1 : 0) + c->weight_move * price;
    p->terms_now = is_home ? p->terms_home
                           : p->terms_away + c->weight_distance * pt_distance(c, p->home, p->from);
}

/* Marks what the group and its ties allow; O(group + groups tied to it). */
static void pt_mark(const pt_search *v, pt_hand *p)
{
    if (p->group < 0) return;
    v->head->mark_now++;
    pt_mark_group(v, p);
    if (!v->c->depend_from) return;
    pt_mark_zones(v, p);
    p->bound = pt_is_needed(v, p);
}

/* PSC_BLOCK_CAPACITY, PSC_BLOCK_TRANSIENT or PSC_BLOCK_NONE, and the resource. At home, what it has left behind
 * is its own. */
static int32_t pt_room(const pt_search *v, const pt_hand *p, int32_t to, int32_t *resource)
{
    const psc_cluster *c = v->c;
    const int64_t *use = v->use + pt_cell(c, to), *away = v->away + pt_cell(c, to);
    const int64_t *capacity = c->capacity + pt_cell(c, to), *d = p->demand;
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (d[r] > 0 && use[r] + d[r] > capacity[r]) { *resource = r; return PSC_BLOCK_CAPACITY; }
    }
    if (!c->transient || to == p->home) return PSC_BLOCK_NONE;
    for (r = 0; r < c->resources; r++) {
        if (d[r] == 0 || c->transient[r] == 0) continue;
        if (use[r] + away[r] + d[r] > capacity[r]) { *resource = r; return PSC_BLOCK_TRANSIENT; }
    }
    return PSC_BLOCK_NONE;
}

/* What hinders the shard in hand, weighed and marked, from going there: one of the hard constraints, or none. */
static int32_t pt_block(const pt_search *v, const pt_hand *p, int32_t to, int32_t *resource)
{
    const psc_cluster *c = v->c;
    const int64_t mark = v->head->mark_now;
    int32_t block, zone;

    if (to == p->from) return PSC_BLOCK_HERE;
    if (p->block == PSC_BLOCK_PINNED) return PSC_BLOCK_PINNED;
    if (pt_closed(c, to)) return PSC_BLOCK_CLOSED;
    if (p->block != PSC_BLOCK_NONE) return p->block;
    block = pt_room(v, p, to, resource);
    if (block != PSC_BLOCK_NONE || p->group < 0) return block;
    if (v->node_mark[to] == mark) return PSC_BLOCK_CONFLICT;
    if (p->domains_kept + (v->domain_mark[pt_domain(c, to)] != mark) < p->domains_least) return PSC_BLOCK_SPREAD;
    zone = pt_zone(c, to);
    if (zone == pt_zone(c, p->from)) return PSC_BLOCK_NONE;
    if (p->bound) return PSC_BLOCK_DEPENDENCY;
    if (p->zones_least == 0) return PSC_BLOCK_NONE;
    return v->zone_mark[zone] == mark && v->zone_hits[zone] == p->zones_least ? PSC_BLOCK_NONE : PSC_BLOCK_DEPENDENCY;
}

/* Fall of the cost by going there but for what the target's own cost rises by. */
static int64_t pt_gain_bound(const pt_search *v, const pt_hand *p, int32_t to)
{
    const psc_cluster *c = v->c;
    const int64_t terms = to == p->home ? p->terms_home
                        : p->terms_away + c->weight_distance * pt_distance(c, p->home, to);

    return p->leave_fall + p->terms_now - terms;
}

static int64_t pt_arrival(const pt_search *v, const pt_hand *p, int32_t to)
{
    const psc_cluster *c = v->c;
    const int64_t *use = v->use + pt_cell(c, to);
    int64_t sum[PSC_MAX_RESOURCES];
    int32_t r;

    for (r = 0; r < c->resources; r++) sum[r] = use[r] + p->demand[r];
    return pt_node_cost(c, to, sum) - v->cost[to];
}

/* ==== Moving a shard ============================================================================ */

static void pt_unlink(const pt_search *v, int32_t shard)
{
    const int32_t before = v->prev[shard], behind = v->next[shard];

    if (before >= 0) v->next[before] = behind;
    else v->first[v->now[shard]] = behind;
    if (behind >= 0) v->prev[behind] = before;
}

static void pt_link(const pt_search *v, int32_t shard, int32_t node)
{
    const int32_t behind = v->first[node];

    v->prev[shard] = -1;
    v->next[shard] = behind;
    if (behind >= 0) v->prev[behind] = shard;
    v->first[node] = shard;
    v->now[shard] = node;
}

static int pt_hotter(const pt_search *v, int32_t a, int32_t b)
{
    if (v->over[a] != v->over[b]) return v->over[a] > v->over[b];
    if (v->cost[a] != v->cost[b]) return v->cost[a] > v->cost[b];
    return a < b;
}

static int32_t pt_winner(const pt_search *v, int32_t a, int32_t b)
{
    if (a < 0 || b < 0) return a < 0 ? b : a;
    return pt_hotter(v, a, b) ? a : b;
}

/* Plays the matches of a node again, after its heat or its place in the game has changed. */
static void pt_replay(const pt_search *v, int32_t node)
{
    int32_t i = v->leaves + node;

    v->tree[i] = v->play[node] == PT_OUT ? -1 : node;
    for (i /= 2; i > 0; i /= 2) v->tree[i] = pt_winner(v, v->tree[2 * i], v->tree[2 * i + 1]);
}

static void pt_put(const pt_search *v, int32_t node, int32_t place)
{
    v->order[place] = node;
    v->rank[node] = place;
}

/* Moves a node to its place in the order by fullness, which all others keep. */
static void pt_rerank(const pt_search *v, int32_t node)
{
    int32_t i = v->rank[node];

    v->fill[node] = pt_fullness(v->c, node, v->use + pt_cell(v->c, node));
    for (; i > 0 && pt_after(v->fill, v->order[i - 1], node); i--) pt_put(v, v->order[i - 1], i);
    for (; i + 1 < v->c->nodes && pt_after(v->fill, node, v->order[i + 1]); i++) pt_put(v, v->order[i + 1], i);
    pt_put(v, node, i);
}

/* Everything that hangs on what a node holds, after its use has changed. */
static void pt_refresh(const pt_search *v, int32_t node)
{
    const psc_cluster *c = v->c;
    const int64_t *use = v->use + pt_cell(c, node);
    const int64_t cost = pt_node_cost(c, node, use), over = pt_overload(c, node, use);

    v->head->node_cost += cost - v->cost[node];
    v->head->overload += over - v->over[node];
    v->cost[node] = cost;
    v->over[node] = over;
    if (v->head->targets > 0) pt_rerank(v, node);
    pt_replay(v, node);
}

/* Counts a shard of the group as moved (step 1) or as back at home (-1). */
static void pt_count_moved(const pt_search *v, int32_t shard, int32_t step)
{
    psc_plan *h = v->head;
    const int32_t group = pt_group(v->c, shard), most = pt_most_after(v, group, step);
    const int64_t *d = v->c->demand + pt_cell(v->c, shard);
    int64_t *away = v->away + pt_cell(v->c, v->c->home[shard]);
    int32_t r;

    if (group >= 0) {
        v->groups_with[v->moved[group]]--;
        v->moved[group] += step;
        v->groups_with[v->moved[group]]++;
    }
    h->most = most;
    h->moves += step;
    h->move_cost += step * pt_move_cost(v->c, shard);
    for (r = 0; r < v->c->resources; r++) away[r] += step * d[r];
}

static void pt_move(const pt_search *v, int32_t shard, int32_t to)
{
    const psc_cluster *c = v->c;
    const int32_t from = v->now[shard], home = c->home[shard];
    const int64_t *d = c->demand + pt_cell(c, shard);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        v->use[pt_cell(c, from) + (size_t)r] -= d[r];
        v->use[pt_cell(c, to) + (size_t)r] += d[r];
    }
    if (from == home) pt_count_moved(v, shard, 1);
    else v->head->distance -= pt_distance(c, home, from);
    if (to == home) pt_count_moved(v, shard, -1);
    else v->head->distance += pt_distance(c, home, to);
    pt_unlink(v, shard);
    pt_link(v, shard, to);
    pt_refresh(v, from);
    pt_refresh(v, to);
    v->head->clock++;
}

/* ==== Search ==================================================================================== */

/* Keeps the target if it is better than the best so far, *gain. */
static void pt_try(const pt_search *v, const pt_hand *p, int32_t to, int64_t *gain)
{
    int64_t x = pt_gain_bound(v, p, to);
    int32_t resource;

    if (v->c->balances == 0 && x < *gain) return;
    if (pt_block(v, p, to, &resource) != PSC_BLOCK_NONE) return;
    x -= pt_arrival(v, p, to);
    if (x < *gain || (x == *gain && v->target[p->shard] >= 0 && v->target[p->shard] < to)) return;
    *gain = x;
    v->target[p->shard] = to;
}

/* 1 if leaving can save nothing wherever it goes: most shards of a fleet that is well. */
static int pt_hopeless(const pt_search *v, const pt_hand *p)
{
    if (p->block != PSC_BLOCK_NONE) return 1;
    return v->c->balances == 0 && p->from == p->home && p->over_fall == 0 && p->leave_fall <= 0;
}

/* Finds the best target of a shard and what it gains. Gains are at least 1, or any if overload falls. */
static void pt_look(const pt_search *v, int32_t shard)
{
    psc_plan *h = v->head;
    int64_t gain;
    int32_t i, tried = 1;
    pt_hand p;

    pt_weigh(v, shard, &p);
    gain = p.over_fall > 0 ? INT64_MIN : 1;
    v->target[shard] = -1;
    if (!pt_hopeless(v, &p)) {
        tried = h->targets > 0 ? h->targets : v->c->nodes;
        pt_mark(v, &p);
        for (i = 0; i < tried; i++) pt_try(v, &p, h->targets > 0 ? v->order[i] : i, &gain);
        if (h->targets > 0 && v->rank[p.home] >= h->targets) {
            pt_try(v, &p, p.home, &gain);
            tried++;
        }
    }
    h->evaluations += tried;
    v->seen[shard] = h->clock;
    v->gain_over[shard] = v->target[shard] < 0 ? 0 : p.over_fall;
    v->gain[shard] = v->target[shard] < 0 ? 0 : gain;
}

/* Shard of the node with the largest gain as last seen, the lower one of equals; -1: none has any. */
static int32_t pt_front(const pt_search *v, int32_t node)
{
    int32_t s, best = -1;

    for (s = v->first[node]; s >= 0; s = v->next[s]) {
        if (v->target[s] < 0) continue;
        if (best < 0 || v->gain_over[s] > v->gain_over[best]) { best = s; continue; }
        if (v->gain_over[s] < v->gain_over[best] || v->gain[s] < v->gain[best]) continue;
        if (v->gain[s] > v->gain[best] || s < best) best = s;
    }
    return best;
}

static void pt_start_round(const pt_search *v)
{
    int32_t n;

    for (n = 0; n < v->c->nodes; n++) v->play[n] = PT_UNSEEN;
    for (n = 0; n < v->leaves; n++) v->tree[v->leaves + n] = n < v->c->nodes ? n : -1;
    for (n = v->leaves - 1; n > 0; n--) v->tree[n] = pt_winner(v, v->tree[2 * n], v->tree[2 * n + 1]);
    v->head->clock_at_round = v->head->clock;
    v->head->cursor = -1;
}

/* The next shard of a node that is being scanned. No move is made meanwhile, so the list stands still. */
static void pt_scan(const pt_search *v, int32_t node)
{
    psc_plan *h = v->head;

    h->cursor = h->cursor < 0 ? v->first[node] : v->next[h->cursor];
    if (h->cursor >= 0) pt_look(v, h->cursor);
    else v->play[node] = PT_SEEN;
}

/* One turn: at most one look. */
static void pt_turn(const pt_search *v)
{
    psc_plan *h = v->head;
    const int32_t node = v->tree[1];
    int32_t s;

    if (node < 0) {
        if (h->clock == h->clock_at_round) h->done = 1;
        else pt_start_round(v);
        return;
    }
    if (v->play[node] == PT_UNSEEN) { pt_scan(v, node); return; }
    s = pt_front(v, node);
    if (s < 0) {
        v->play[node] = PT_OUT;
        pt_replay(v, node);
    } else if (v->seen[s] != h->clock) {
        pt_look(v, s);
    } else {
        pt_move(v, s, v->target[s]);
        v->target[s] = -1;
    }
}

/* ==== Plan ====================================================================================== */

void psc_plan_default(psc_plan_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->max_moves = INT64_MAX;
    config->max_move_cost = INT64_MAX;
}

static psc_status pt_config(const psc_plan_config *config)
{
    if (!config) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->targets < 0 || config->max_moves < 0 || config->max_move_cost < 0) return PSC_ERR_RANGE;
    return PSC_OK;
}

size_t psc_plan_size(const psc_cluster *cluster, const psc_plan_config *config)
{
    pt_search v;

    if (pt_shape(cluster) != PSC_OK || pt_config(config) != PSC_OK) return 0;
    return pt_lay_search(cluster, NULL, &v);
}

static void pt_init_head(psc_plan *h, const psc_cluster *c, const psc_plan_config *config)
{
    memset(h, 0, sizeof *h);
    h->mark = PT_MARK;
    h->resources = c->resources;
    h->nodes = c->nodes;
    h->shards = c->shards;
    h->groups = c->groups;
    h->balances = c->balances;
    h->places = c->places;
    h->depends = (int64_t)pt_depends(c);
    h->max_moves = config->max_moves;
    h->max_move_cost = config->max_move_cost;
    h->targets = config->targets < c->nodes ? config->targets : 0;
}

static void pt_init_nodes(const pt_search *v)
{
    const psc_cluster *c = v->c;
    const size_t n = (size_t)c->nodes;
    int32_t i;

    pt_fill_use(c, c->home, v->use);
    memset(v->away, 0, pt_cell(c, c->nodes) * sizeof *v->away);
    memset(v->node_mark, 0, n * sizeof *v->node_mark);
    memset(v->domain_mark, 0, n * sizeof *v->domain_mark);
    memset(v->zone_mark, 0, n * sizeof *v->zone_mark);
    for (i = 0; i < c->nodes; i++) {
        const int64_t *use = v->use + pt_cell(c, i);
        v->zone_hits[i] = 0;
        v->first[i] = -1;
        v->order[i] = i;
        v->cost[i] = pt_node_cost(c, i, use);
        v->over[i] = pt_overload(c, i, use);
        v->fill[i] = pt_fullness(c, i, use);
        v->head->node_cost += v->cost[i];
        v->head->overload += v->over[i];
    }
    pt_sort(v->order, n, v->fill);
    for (i = 0; i < c->nodes; i++) v->rank[v->order[i]] = i;
}

static void pt_init_shards(const pt_search *v)
{
    const psc_cluster *c = v->c;
    int32_t s;

    for (s = c->shards - 1; s >= 0; s--) {
        pt_link(v, s, c->home[s]);
        v->target[s] = -1;
        v->gain_over[s] = 0;
        v->gain[s] = 0;
        v->seen[s] = -1;
    }
    memset(v->groups_with, 0, ((size_t)c->shards + 1) * sizeof *v->groups_with);
    v->groups_with[0] = c->groups;
    if (c->groups > 0) memset(v->moved, 0, (size_t)c->groups * sizeof *v->moved);
    pt_init_ties(c, &v->ties);
}

psc_status psc_plan_init(psc_plan *plan, size_t bytes, const psc_cluster *cluster, const psc_plan_config *config)
{
    pt_search v;
    psc_status status = pt_shape(cluster);

    if (status == PSC_OK) status = pt_config(config);
    if (status != PSC_OK) return status;
    status = psc__block(plan, bytes, psc_plan_size(cluster, config));
    if (status != PSC_OK) return status;
    (void)pt_lay_search(cluster, (unsigned char *)plan, &v);
    pt_init_head(plan, cluster, config);
    pt_init_nodes(&v);
    pt_init_shards(&v);
    plan->cost_before = plan->node_cost;
    plan->overload_before = plan->overload;
    pt_start_round(&v);
    return PSC_OK;
}

psc_status psc_plan_step(psc_plan *plan, const psc_cluster *cluster, int64_t evaluations)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (evaluations < 1) return PSC_ERR_RANGE;
    plan->allowed = plan->allowed > INT64_MAX - evaluations ? INT64_MAX : plan->allowed + evaluations;
    while (!plan->done && plan->evaluations < plan->allowed) pt_turn(&v);
    return plan->done ? PSC_OK : PSC_MORE;
}

static void pt_info(const pt_search *v, psc_plan_info *info)
{
    const psc_plan *h = v->head;
    int32_t n;

    memset(info, 0, sizeof *info);
    for (n = 0; n < v->c->nodes; n++) info->load += pt_load(v->c, n, v->use + pt_cell(v->c, n));
    info->cost = pt_total_cost(v);
    info->balance = h->node_cost - info->load;
    info->move = v->c->weight_move * h->move_cost;
    info->group = v->c->weight_group * h->most;
    info->distance = v->c->weight_distance * h->distance;
    info->cost_before = h->cost_before;
    info->overload = h->overload;
    info->overload_before = h->overload_before;
    info->moves = h->moves;
    info->evaluations = h->evaluations;
    info->done = h->done;
}

psc_status psc_plan_best(psc_plan *plan, const psc_cluster *cluster, int32_t *assignment, psc_plan_info *info)
{
    pt_search v;
    const psc_status status = pt_search_of(plan, cluster, &v);

    if (status != PSC_OK) return status;
    if (assignment && cluster->shards > 0) memcpy(assignment, v.now, (size_t)cluster->shards * sizeof *assignment);
    if (info) pt_info(&v, info);
    return PSC_OK;
}

/* ==== Reasons =================================================================================== */

const char *psc_block_text(int32_t block)
{
    switch (block) {
    case PSC_BLOCK_NONE: return "allowed";
    case PSC_BLOCK_HERE: return "it is there already";
    case PSC_BLOCK_PINNED: return "the shard is pinned";
    case PSC_BLOCK_CLOSED: return "the node takes no shard";
    case PSC_BLOCK_BUDGET: return "the budget of moves is used";
    case PSC_BLOCK_CAPACITY: return "not enough capacity";
    case PSC_BLOCK_TRANSIENT: return "not enough capacity for both copies";
    case PSC_BLOCK_CONFLICT: return "a shard of its group is there";
    case PSC_BLOCK_SPREAD: return "its group would touch too few domains";
    case PSC_BLOCK_DEPENDENCY: return "a dependency would not be near";
    case PSC_BLOCK_NO_GAIN: return "it would cost more than it saves";
    case PSC_BLOCK_BUSY: return "too many moves at once";
    default: return "unknown block";
    }
}

/* How near a target is to being taken: the order of the tests, and allowed beyond all of them. */
static int32_t pt_nearness(int32_t block) { return block == PSC_BLOCK_NONE ? PSC_BLOCK_COUNT : block; }

/* One target into the refusal; over_fall is the same for all, so cost alone ranks them. */
static void pt_note_target(const pt_search *v, const pt_hand *p, int32_t to, psc_refusal *out)
{
    int64_t gain = 0;
    int32_t resource = -1, block = pt_block(v, p, to, &resource);

    if (block == PSC_BLOCK_NONE) {
        gain = pt_gain_bound(v, p, to) - pt_arrival(v, p, to);
        if (p->over_fall <= 0 && gain <= 0) block = PSC_BLOCK_NO_GAIN;
    }
    out->count[block]++;
    if (block == PSC_BLOCK_HERE) return;
    if (out->node >= 0) {
        if (pt_nearness(block) < pt_nearness(out->block)) return;
        if (block == out->block && gain <= out->gain) return;
    }
    out->block = block;
    out->node = to;
    out->resource = resource;
    out->gain = gain;
}

psc_status psc_plan_explain(psc_plan *plan, const psc_cluster *cluster, int32_t shard, psc_refusal *refusal)
{
    pt_search v;
    pt_hand p;
    const psc_status status = pt_search_of(plan, cluster, &v);
    int32_t n;

    if (status != PSC_OK) return status;
    if (!refusal) return PSC_ERR_NULL;
    if (shard < 0 || shard >= cluster->shards) return PSC_ERR_RANGE;
    memset(refusal, 0, sizeof *refusal);
    refusal->block = PSC_BLOCK_HERE;
    refusal->node = -1;
    refusal->resource = -1;
    pt_weigh(&v, shard, &p);
    pt_mark(&v, &p);
    for (n = 0; n < cluster->nodes; n++) pt_note_target(&v, &p, n, refusal);
    return PSC_OK;
}

/* ==== Order of moves ============================================================================ */

/* A plan that is being carried out. Between waves `at` is where every shard is; during a wave it is where the
 * wave found it, and the shards in flight are on their way to `want`. */
typedef struct pt_run {
    const psc_cluster *c;
    const psc_waves_config *config;
    const int32_t *want;
    pt_ties  ties;
    int64_t *settled;               /* [N * R] demand of the shards by `at`                           */
    int64_t *counted;               /* [N * R] and of all copies: arriving, or left and transient     */
    int64_t *size;                  /* [S] minus the share of the target that the shard takes         */
    int64_t *domain_mark;           /* [N]                                                            */
    int32_t *at, *pending;          /* [S] where each shard is; moves not begun, in the order to try  */
    int32_t *flying;                /* [S] 1: its move is of this wave                                */
    int32_t *wave, *block, *resource;   /* [S] of the result                                          */
    int32_t *touches;               /* [N] moves of this wave that touch the node                     */
    int32_t *group_flies;           /* [G] 1: a shard of the group is in flight                       */
    int32_t *begun;                 /* [S] shards of this wave                                        */
    int64_t  mark;
    int32_t  left, flights;         /* moves not begun; moves of this wave                            */
    int32_t  waves, ended;          /* waves and moves that have ended                                */
} pt_run;

static size_t pt_lay_run(const psc_cluster *c, unsigned char *base, pt_run *run)
{
    const size_t n = (size_t)c->nodes, s = (size_t)c->shards, cells = pt_cell(c, c->nodes);
    pt_layout lay;

    lay.base = base;
    lay.total = 0;
    lay.ok = 1;
    run->settled = pt_take_wide(&lay, cells);
    run->counted = pt_take_wide(&lay, cells);
    run->size = pt_take_wide(&lay, s);
    run->domain_mark = pt_take_wide(&lay, n);
    run->at = pt_take_index(&lay, s);
    run->pending = pt_take_index(&lay, s);
    run->flying = pt_take_index(&lay, s);
    run->wave = pt_take_index(&lay, s);
    run->block = pt_take_index(&lay, s);
    run->resource = pt_take_index(&lay, s);
    run->begun = pt_take_index(&lay, s);
    run->touches = pt_take_index(&lay, n);
    run->group_flies = pt_take_index(&lay, (size_t)c->groups);
    pt_lay_ties(&lay, c, &run->ties);
    return lay.ok ? lay.total : 0;
}

/* Share of its target that a shard takes, of the resource where it is largest, in millionths. */
static int64_t pt_size_there(const psc_cluster *c, int32_t shard, int32_t to)
{
    const int64_t *d = c->demand + pt_cell(c, shard), *capacity = c->capacity + pt_cell(c, to);
    int64_t most = 0;
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        const int64_t parts = pt_parts(d[r], capacity[r]);
        if (parts > most) most = parts;
    }
    return most;
}

static void pt_init_run(pt_run *run)
{
    const psc_cluster *c = run->c;
    int32_t s;

    pt_fill_use(c, c->home, run->settled);
    memcpy(run->counted, run->settled, pt_cell(c, c->nodes) * sizeof *run->counted);
    memset(run->domain_mark, 0, (size_t)c->nodes * sizeof *run->domain_mark);
    memset(run->touches, 0, (size_t)c->nodes * sizeof *run->touches);
    if (c->groups > 0) memset(run->group_flies, 0, (size_t)c->groups * sizeof *run->group_flies);
    run->mark = 0;
    run->left = run->flights = run->waves = run->ended = 0;
    for (s = 0; s < c->shards; s++) {
        run->at[s] = c->home[s];
        run->flying[s] = 0;
        run->wave[s] = -1;
        run->block[s] = PSC_BLOCK_NONE;
        run->resource[s] = -1;
        run->size[s] = -pt_size_there(c, s, run->want[s]);
        if (run->want[s] != c->home[s]) run->pending[run->left++] = s;
    }
    pt_sort(run->pending, (size_t)run->left, run->size);
    pt_init_ties(c, &run->ties);
}

/* What the copies on a node leave no room for. Lack of room for one copy of each shard is a lack of capacity. */
static int32_t pt_run_room(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard), *capacity = c->capacity + pt_cell(c, to);
    const int64_t *settled = run->settled + pt_cell(c, to), *counted = run->counted + pt_cell(c, to);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        if (d[r] == 0 || counted[r] + d[r] <= capacity[r]) continue;
        run->resource[shard] = r;
        return settled[r] + d[r] > capacity[r] ? PSC_BLOCK_CAPACITY : PSC_BLOCK_TRANSIENT;
    }
    return PSC_BLOCK_NONE;
}

/* Conflict and spread: the others of the group stand still, since none of them is in flight. */
static int32_t pt_run_group(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int32_t group = c->group[shard], spread = c->spread ? c->spread[group] : 1;
    const int32_t *members = run->ties.member;
    int32_t i, kept = 0, before, after;

    run->mark++;
    for (i = run->ties.from[group]; i < run->ties.from[group + 1]; i++) {
        const int32_t n = run->at[members[i]], domain = pt_domain(c, n);
        if (members[i] == shard) continue;
        if (n == to) return PSC_BLOCK_CONFLICT;
        if (run->domain_mark[domain] != run->mark) kept++;
        run->domain_mark[domain] = run->mark;
    }
    before = kept + (run->domain_mark[pt_domain(c, run->at[shard])] != run->mark);
    after = kept + (run->domain_mark[pt_domain(c, to)] != run->mark);
    return after < spread && after < before ? PSC_BLOCK_SPREAD : PSC_BLOCK_NONE;
}

/* 1 if a shard of the group is in the zone whichever moves of the wave have ended. */
static int pt_stays(const pt_run *run, int32_t group, int32_t zone)
{
    const psc_cluster *c = run->c;
    int32_t i;

    for (i = run->ties.from[group]; i < run->ties.from[group + 1]; i++) {
        const int32_t s = run->ties.member[i];
        if (pt_zone(c, run->at[s]) != zone) continue;
        if (!run->flying[s] || pt_zone(c, run->want[s]) == zone) return 1;
    }
    return 0;
}

/* 1 if a shard of the group is in the zone before or after some of the moves of the wave. */
static int pt_may_be(const pt_run *run, int32_t group, int32_t zone)
{
    const psc_cluster *c = run->c;
    int32_t i;

    for (i = run->ties.from[group]; i < run->ties.from[group + 1]; i++) {
        const int32_t s = run->ties.member[i];
        if (pt_zone(c, run->at[s]) == zone) return 1;
        if (run->flying[s] && pt_zone(c, run->want[s]) == zone) return 1;
    }
    return 0;
}

/* Dependencies of the shard in its new zone, and of others on it in its old one. It is not in flight yet, so
 * when it is asked whether its group stays in the old zone, it is held not to be there by flying. */
static int32_t pt_run_zones(pt_run *run, int32_t shard, int32_t to)
{
    const psc_cluster *c = run->c;
    const int32_t group = c->group[shard], old_zone = pt_zone(c, run->at[shard]), zone = pt_zone(c, to);
    int32_t i, stays;

    if (zone == old_zone || !c->depend_from) return PSC_BLOCK_NONE;
    for (i = c->depend_from[group]; i < c->depend_from[group + 1]; i++) {
        const int32_t needed = c->depend[i];
        if (needed == group || pt_stays(run, needed, zone)) continue;
        if (pt_in_zone(c, &run->ties, run->at, needed, old_zone)) return PSC_BLOCK_DEPENDENCY;
    }
    run->flying[shard] = 1;
    stays = pt_stays(run, group, old_zone);
    run->flying[shard] = 0;
    for (i = run->ties.back_from[group]; !stays && i < run->ties.back_from[group + 1]; i++) {
        const int32_t other = run->ties.back[i];
        if (other != group && pt_may_be(run, other, old_zone)) return PSC_BLOCK_DEPENDENCY;
    }
    return PSC_BLOCK_NONE;
}

/* What hinders a pending move from joining the wave, cheap tests first. */
static int32_t pt_run_block(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int32_t from = run->at[shard], to = run->want[shard], limit = run->config->per_node;
    int32_t block;

    run->resource[shard] = -1;
    if (pt_pinned(c, shard)) return PSC_BLOCK_PINNED;
    if (pt_closed(c, to)) return PSC_BLOCK_CLOSED;
    if (run->flights >= run->config->total) return PSC_BLOCK_BUSY;
    if (run->touches[from] >= limit || run->touches[to] >= limit) return PSC_BLOCK_BUSY;
    if (c->group && run->group_flies[c->group[shard]]) return PSC_BLOCK_BUSY;
    block = pt_run_room(run, shard, to);
    if (block != PSC_BLOCK_NONE || !c->group) return block;
    block = pt_run_group(run, shard, to);
    return block != PSC_BLOCK_NONE ? block : pt_run_zones(run, shard, to);
}

/* ==== Waves ===================================================================================== */

static void pt_begin(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    int64_t *counted = run->counted + pt_cell(c, run->want[shard]);
    int32_t r;

    for (r = 0; r < c->resources; r++) counted[r] += d[r];
    run->wave[shard] = run->waves;
    run->flying[shard] = 1;
    run->touches[run->at[shard]]++;
    run->touches[run->want[shard]]++;
    if (c->group) run->group_flies[c->group[shard]] = 1;
    run->begun[run->flights++] = shard;
}

/* The move has ended: what it held on its old node is free, but for transient resources. */
static void pt_end(pt_run *run, int32_t shard)
{
    const psc_cluster *c = run->c;
    const int64_t *d = c->demand + pt_cell(c, shard);
    const size_t from = pt_cell(c, run->at[shard]), to = pt_cell(c, run->want[shard]);
    int32_t r;

    for (r = 0; r < c->resources; r++) {
        run->settled[from + (size_t)r] -= d[r];
        run->settled[to + (size_t)r] += d[r];
        if (!pt_transient(c, r)) run->counted[from + (size_t)r] -= d[r];
    }
    run->flying[shard] = 0;
    run->touches[run->at[shard]] = 0;
    run->touches[run->want[shard]] = 0;
    if (c->group) run->group_flies[c->group[shard]] = 0;
    run->at[shard] = run->want[shard];
}

/* Begins what it can of the pending moves, of those from nodes above capacity or of the others. */
static void pt_gather(pt_run *run, int overloaded)
{
    const psc_cluster *c = run->c;
    int32_t i, s;

    for (i = 0; i < run->left; i++) {
        const size_t from = pt_cell(c, run->at[run->pending[i]]);
        s = run->pending[i];
        if (run->flying[s]) continue;
        if ((pt_overload(c, run->at[s], run->settled + from) > 0) != overloaded) continue;
        run->block[s] = pt_run_block(run, s);
        if (run->block[s] == PSC_BLOCK_NONE) pt_begin(run, s);
    }
}

/* One wave; 0 if no move could begin. Every pending move was then tried with nothing in flight, so that the
 * reasons that remain are those of the cluster and not of the wave. */
static int pt_wave(pt_run *run)
{
    int32_t i, left = 0;

    run->flights = 0;
    pt_gather(run, 1);
    pt_gather(run, 0);
    if (run->flights == 0) return 0;
    for (i = 0; i < run->left; i++) {
        if (!run->flying[run->pending[i]]) run->pending[left++] = run->pending[i];
    }
    run->left = left;
    for (i = 0; i < run->flights; i++) pt_end(run, run->begun[i]);
    run->ended += run->flights;
    run->waves++;
    return 1;
}

/* Moves sorted by wave, then by shard, those without one last: a counting sort, with the starts in `begun`,
 * which no wave needs any more. There are no more waves than shards. */
static int32_t pt_write_order(const pt_run *run, psc_move *order)
{
    const psc_cluster *c = run->c;
    int32_t *start = run->begun;
    int32_t s, w, sum = 0, stuck = 0;

    for (w = 0; w < run->waves; w++) start[w] = 0;
    for (s = 0; s < c->shards; s++) if (run->wave[s] >= 0) start[run->wave[s]]++;
    for (w = 0; w < run->waves; w++) {
        const int32_t count = start[w];
        start[w] = sum;
        sum += count;
    }
    for (s = 0; s < c->shards; s++) {
        psc_move *move;
        if (run->want[s] == c->home[s]) continue;
        move = &order[run->wave[s] >= 0 ? start[run->wave[s]]++ : sum + stuck++];
        move->shard = s;
        move->from = c->home[s];
        move->to = run->want[s];
        move->wave = run->wave[s];
        move->block = run->block[s];
        move->resource = run->resource[s];
    }
    return stuck;
}

void psc_waves_default(psc_waves_config *config)
{
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->struct_size = (uint32_t)sizeof *config;
    config->per_node = 2;
    config->total = INT32_MAX;
}

size_t psc_waves_size(const psc_cluster *cluster)
{
    pt_run run;

    return pt_shape(cluster) == PSC_OK ? pt_lay_run(cluster, NULL, &run) : 0;
}

static psc_status pt_waves_arguments(const psc_cluster *c, const psc_waves_config *config,
                                     const int32_t *want, const psc_move *order, size_t capacity)
{
    size_t moves = 0;
    int32_t s;

    if (!config || (c->shards > 0 && !want)) return PSC_ERR_NULL;
    if (config->struct_size != sizeof *config) return PSC_ERR_VERSION;
    if (config->per_node < 1 || config->total < 1) return PSC_ERR_RANGE;
    if (!pt_indices_valid(want, (size_t)c->shards, c->nodes)) return PSC_ERR_RANGE;
    for (s = 0; s < c->shards; s++) if (want[s] != c->home[s]) moves++;
    if (capacity < moves) return PSC_ERR_SPACE;
    return moves > 0 && !order ? PSC_ERR_NULL : PSC_OK;
}

psc_status psc_waves_of(const psc_cluster *cluster, const psc_waves_config *config,
                        const int32_t *assignment, void *work, size_t bytes,
                        psc_move *order, size_t capacity, psc_waves_info *info)
{
    pt_run run;
    psc_status status = pt_shape(cluster);

    if (status == PSC_OK) status = pt_waves_arguments(cluster, config, assignment, order, capacity);
    if (status != PSC_OK) return status;
    if (!info) return PSC_ERR_NULL;
    status = psc__block(work, bytes, psc_waves_size(cluster));
    if (status != PSC_OK) return status;
    (void)pt_lay_run(cluster, (unsigned char *)work, &run);
    run.c = cluster;
    run.config = config;
    run.want = assignment;
    pt_init_run(&run);
    while (pt_wave(&run)) { }
    memset(info, 0, sizeof *info);
    info->stuck = pt_write_order(&run, order);
    info->waves = run.waves;
    info->moves = run.ended;
    return PSC_OK;
}
