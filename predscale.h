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
 * FUNCTIONS OF THE SAME NAME DO THE SAME (not repeated below). psc_x_default sets every field of a
 * configuration or view to the default that its comment names; NULL is passed over. psc_x_size gives the bytes of
 * a block, 0 if the arguments are not valid; the block of psc_x_init, psc_x_fit or of work has at least so many.
 * psc_x_init makes a block a state or a search that has seen nothing, whatever the memory held. Cost of the
 * first two: O(1); of init: O(bytes), if no other is stated.
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
 * Baseline of each metric, w = max(1 / (count + 1), 1 / memory), count beats that reported it; from `learn` of them
 * on, x is cut to mean +- winsor * max(sd, ...) before it is learned, and z is smoothed (it is 0 until then):
 *     z  = (x - mean) / max(sd, floor, relative_floor * |mean|)        against the baseline before this beat
 *     sd^2 = (1 - w) (sd^2 + w (x - mean)^2),  mean += w (x - mean)    (West 1979, exponential weights)
 *     smoothed |z| += (min(|z|, PSC_MAX_Z) - smoothed |z|) / 3         a mean of about 5 beats
 * The interval since the last beat enters mean and sd of the intervals the same way, uncut; they start at
 * interval_ns and a quarter of it, which count as one interval. It is left out when
 * the clock stood or went back, when beats are missing between the two, and when it exceeds ten expected
 * intervals: a pause must not teach the detector that pauses are normal (Akka, PhiAccrualFailureDetector).
 * A larger epoch starts a new sequence and keeps the baseline. Silence is counted from the newest beat's
 * received_at as it is: a clock that jumped and came back does harm until the next beat and no longer.
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
    int32_t learned;            /* 1: config.learn beats were taken (a metric often missing needs more) */
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
    int32_t  reserved;          /* not read                                                          */
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
 * this one, k1 and k2 cycles begun. The first observation is the level. In the first m1 steps the level is the
 * running mean of the observations, there is no trend, and s1 is no part of a forecast: it takes the
 * observations as they are (the level where one is missing); after step m1 the level is taken off s1. So the
 * tracker starts from nothing and settles by itself. An error is cut only after max(10, 2 m1) observations; the
 * fourth in a row and those after it, until one lies within the cut, are taken whole: a new level and no outlier.
 * sigma^2 += max(0.02, 1 / max(1, n - 1 - m1)) (e^2 - sigma^2), the mean square of the last 50 errors about; it
 * starts anew after the first cycle.
 * The tracker's own past forecasts of 1, 2, 4, ..., 64 steps are held against what came. That gives the spread at
 * these leads; between them it is linear, beyond 64 it rises by sigma^2 alpha^2 a step. The shape is a running
 * table of errors over sigma, which begins as a normal one of 8 errors. */
typedef struct psc_tracker_config {
    uint32_t struct_size;
    int32_t  period1;           /* m1, first season in observations, 2..PSC_MAX_PERIOD; 0 or 1: none; 0 */
    int32_t  period2;           /* m2, second season, longer than m1; 0 or 1: none; 0                */
    int32_t  reserved;          /* not read                                                          */
    double   alpha;             /* gain of the level, 0..1; 0.1 (a series without season wants more) */
    double   beta;              /* gain of the trend, as a share of alpha, 0..1; 0: no trend         */
    double   phi;               /* what is left of the trend at each step, 0..0.999; 0.9             */
    double   gamma1, gamma2;    /* gains of the seasons, 0..1; 0.3, 0.3. The defaults are round numbers
                                   near the best of nine settings on M4 Hourly, Weekly and load series */
    double   lower, upper;      /* forecasts are cut to this range, lower <= upper, at most 1e18 in size;
                                   NaN: no bound; NaN, NaN. A count or a load has lower = 0.         */
} psc_tracker_config;

enum { PSC_MAX_PERIOD = 100000 };

#define PSC_MAX_VALUE 1e15      /* no observation may be larger in size */

typedef struct psc_tracker psc_tracker;     /* a state, PSC_TYPE_TRACKER */

PSC_API void psc_tracker_default(psc_tracker_config *config);

/* Bytes of the state: (64 + period1 + period2) * 8, periods of 1 counted as 0. 0: config is not valid. */
PSC_API size_t psc_tracker_size(const psc_tracker_config *config);

PSC_API psc_status psc_tracker_init(psc_tracker *tracker, size_t bytes, const psc_tracker_config *config);

/* Takes the next observation; NaN: missing, only time goes on. Errors: PSC_ERR_NONFINITE (an infinity),
 * PSC_ERR_RANGE (larger in size than PSC_MAX_VALUE). Cost: O(1), about 2 leads looked at a step; O(period1) once,
 * at the end of the first cycle. */
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
    const int32_t *period;      /* [periods] seasons in steps, shortest first, 1..PSC_MAX_PERIOD each; the AR
                                   passes over a period of 1, which says "no season". The first is that of
                                   seasonal naive and of the scale of errors.                        */
    double   lower, upper;      /* forecasts are cut to this range, lower <= upper, at most 1e18 in size;
                                   NaN: no bound; NaN, NaN                                           */
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
    int32_t  reserved;          /* not read                                                          */
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
 *   PSC_MODEL_AR: x = transformed value less its mean over the window, least squares with a ridge penalty on
 *       x[t] = c + sum_j a_j x[t-j],   j in 1..lags and m-1, m, m+1 for every period m > 1 that fits,
 *   the a_j fitted without c, c the mean of what they then leave (rows with a missing x[t] left out, missing
 *   lags filled as below), iterated for h steps, each step cut to the range seen +- clip of its width. A
 *   period fits if m + 1 <= n - n/3 (whole division). Fewer than two rows a lag: seasonal naive instead.
 *   PSC_MODEL_SEASONAL_NAIVE: x[t] = x[t-m], m the first period as listed; x[t-1] without one, or with n <= m.
 *   A gap is filled by the value (filled, if need be) one period back, of the first period that fits, else by
 *   that one period ahead, else by the value before it, and at the start by the first value there is.
 *   Intervals: the fitted equation is run from up to `origins` past origins, evenly spaced. Of the errors of each
 *   step 33 quantiles (type 7) are taken at normal scores evenly from -2.8 to 2.8, averaged with those of the two
 *   steps on either side, and widened by 1.05 sqrt(1 + p/n); between them, and beyond, linear in the score. A
 *   step with fewer than 8 errors has those of the last that had enough, times the root of the ratio of the two
 *   leads; without any, normal errors of standard deviation sigma sqrt(step).
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
    int32_t  reserved;          /* not read                                                          */
    double   level;             /* 1 - a, of the central interval, in (0, 1); 0.95                   */
} psc_backtest_config;

/* Accuracy of n forecasts against what came. Formulas above: Makridakis et al. 2020 (M4), eq. 1-3;
 * Gneiting and Raftery 2007, eq. 43 for the interval score.
 *   actual  [n], NaN: missing       point, lower, upper  [n]; lower and upper may be NULL: then msis and
 *           coverage are 0          level  in (0, 1)     scale  > 0; a scale of 0 gives mase = msis = 0
 * origins is set to 1, with no pair every mean is 0. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (level, scale; a value
 * above 1e18 in size). Cost: O(n). */
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
int psc__within(double x, double low, double high);     /* finite and in low..high */

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

/* Counts in states stop at a limit, so that they never overflow and a state saved there loads again. */
#define PSC__COUNTS (INT64_C(1) << 60)      /* 36 years of one event a nanosecond */
void psc__count(int64_t *count);

/* State headers, and the invariants of each type on an image: 1 if all hold. */
uint64_t   psc__kind(int32_t type);
psc_status psc__state(const void *state, int32_t type);
int        psc__tracker_valid(const psc__image *image);

#ifdef __cplusplus
}
#endif

#endif /* PSC_INTERNAL */
