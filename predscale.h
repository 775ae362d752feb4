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
    PSC_ERR_STALE = -11,        /* a beat is older than the newest one taken                        */
    PSC_ERR_REPEAT = -12,       /* this very beat was taken before                                  */
    PSC_ERR_FORGED = -13,       /* a beat speaks for a node other than its sender, or than this one */
    PSC_ERR_IMPOSSIBLE = -14    /* a beat holds a value that no healthy or sick node can have       */
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
    PSC_STRUCT_STATE = 1, PSC_STRUCT_BEAT, PSC_STRUCT_NODE_CONFIG, PSC_STRUCT_NODE_SCORE, PSC_STRUCT_FAILURE_CONFIG,
    PSC_STRUCT_TRACKER_CONFIG, PSC_STRUCT_DRIFT, PSC_STRUCT_SERIES, PSC_STRUCT_NAIVE_OPTIONS, PSC_STRUCT_SAR_OPTIONS,
    PSC_STRUCT_THETA_OPTIONS, PSC_STRUCT_DECOMPOSITION_OPTIONS, PSC_STRUCT_CROSTON_OPTIONS, PSC_STRUCT_ETS_OPTIONS,
    PSC_STRUCT_AR_OPTIONS, PSC_STRUCT_ARIMA_OPTIONS, PSC_STRUCT_ADDITIVE_OPTIONS, PSC_STRUCT_GRU_OPTIONS,
    PSC_STRUCT_FORECAST_CONFIG, PSC_STRUCT_FORECAST_INFO, PSC_STRUCT_FORECAST_MEMBER, PSC_STRUCT_BACKTEST_CONFIG,
    PSC_STRUCT_ACCURACY, PSC_STRUCT_PARTS, PSC_STRUCT_REGRESSORS_CONFIG, PSC_STRUCT_REGRESSORS_INFO, PSC_STRUCT_EVENT,
    PSC_STRUCT_CALENDAR, PSC_STRUCT_HIERARCHY, PSC_STRUCT_RECONCILE_INFO, PSC_STRUCT_CHANGES, PSC_STRUCT_RANKED,
    PSC_STRUCT_RANK_INFO, PSC_STRUCT_BALANCE, PSC_STRUCT_CLUSTER, PSC_STRUCT_IMBALANCE, PSC_STRUCT_PLAN_CONFIG,
    PSC_STRUCT_PLAN_INFO, PSC_STRUCT_REFUSAL, PSC_STRUCT_WAVES_CONFIG, PSC_STRUCT_MOVE, PSC_STRUCT_WAVES_INFO,
    PSC_STRUCT_REQUEST, PSC_STRUCT_PRODUCER_CONFIG, PSC_STRUCT_SOURCE, PSC_STRUCT_REPORT, PSC_STRUCT_BOTTLENECK,
    PSC_STRUCT_DEMAND_CONFIG, PSC_STRUCT_DEMAND_NOW, PSC_STRUCT_SCALER_CONFIG, PSC_STRUCT_DECISION
};
PSC_API size_t psc_struct_bytes(int32_t which);

/* ==== State, save and load ====================================================================== */

/* The first two words of every state. kind holds a mark, the type and the format version; words is the
 * length of the whole block in 8-byte words, this header included. Read them, never write them. */
typedef struct psc_state {
    uint64_t kind;
    uint64_t words;
} psc_state;

enum {
    PSC_TYPE_ANY = 0, PSC_TYPE_TRACKER = 1, PSC_TYPE_NODE = 2,
    PSC_TYPE_PRODUCER = 50, PSC_TYPE_DEMAND = 51, PSC_TYPE_SCALER = 52
};

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

/* An autoregression on five terms that learns its weights by least squares as the values come. With z the
 * square root of the value (the value itself from the first negative one on), z' the last one, and all terms
 * taken before it is seen:
 *     z^ = z' + k0 (level - z') + k1 (a - z') + k2 (a' - z') + k3 (b - z') + k4 (b' - z')
 *     level += g(alpha, n) (z' - level)        n values seen; g(x, n) = max(x, 1/n)
 *     a: the value one short period ago;   b: b += g(gamma, c) (z - b) at its place in the c-th long period,
 *     first z;   a', b': a and b of the step before
 * Where there is one season only it is the long one; a term of a season whose first cycle is not over is 0. k
 * solves (X'X + 2 sigma^2 I) k = X'd, X the rows of terms and d = z - z'; it is solved anew when a quarter of
 * the rows is new, or 48, say f; then the sums are scaled by 1 - f/500. They begin anew where a season becomes
 * known, and at the first negative value. sigma^2 += g(0.03, r) (e^2 - sigma^2) in the r-th row since. A path
 * takes its own forecasts for values and is cut to the range of values seen, wider by 0.3 of its width at both
 * ends. A missing value is replaced by its forecast, and leaves a and b that are known as they are; before the
 * first value time does not begin.
 * An error beyond 5 sigma is cut to that, from 10 rows on; sigma is that before the first of errors in a row
 * beyond. The fourth in a row is taken whole; if all four have one sign, not as an error: from then on every z
 * is less an offset, into which that error goes, and level and z' are what z then is. So one outlier does
 * little, and after a step of the level the fifth forecast stands on the new one, seasons kept.
 * The tracker's own past forecasts of 4, 16 and 64 steps are held against what came. The mean of e^2 / sigma,
 * over 8 of them, times sigma of today is the variance at that lead; as 2 errors more counts what an
 * autoregression of order one has. Between the leads it is linear, beyond 64 it goes on as before. The shape is
 * a running table of errors of one step over sigma, which begins as a normal one of 8 errors.
 * Sources: Hyndman and Athanasopoulos, Forecasting, 3rd ed., ch. 8 (level, seasons); Brown 1963 (discounted
 * least squares); Hoerl and Kennard 1970 (ridge); Bartlett 1936 (root).
 *
 * On M4 Hourly, M4 Weekly and 68 load series (dev halves, last origin): OWA 0.40, 0.75, 0.76; share within the
 * 80 % and 95 % intervals 0.80 / 0.95, 0.82 / 0.97, 0.80 / 0.96. */
typedef struct psc_tracker_config {
    uint32_t struct_size;
    int32_t  period1;           /* first season in observations, 2..PSC_MAX_PERIOD; 0 or 1: none; 0      */
    int32_t  period2;           /* second season, longer than the first; 0 or 1: none; 0                 */
    int32_t  reserved;          /* not read                                                              */
    double   alpha;             /* gain of the level, 0..1; 0.05                                         */
    double   gamma;             /* gain of the longest season, 0..1; 0.5. From 0.03 to 0.07 and from 0.3 to
                                   0.8 both do as well on the series above; noisy ones want less         */
    double   lower, upper;      /* forecasts are cut to this range, lower <= upper, at most 1e18 in size;
                                   NaN: no bound; NaN, NaN. While no value was negative, no forecast is. */
} psc_tracker_config;

enum { PSC_MAX_PERIOD = 100000 };

#define PSC_MAX_VALUE 1e15      /* no observation may be larger in size */

typedef struct psc_tracker psc_tracker;     /* a state, PSC_TYPE_TRACKER */

PSC_API void psc_tracker_default(psc_tracker_config *config);

/* Bytes of the state: (95 + period1 + period2) * 8, periods of 1 counted as 0. 0: config is not valid. */
PSC_API size_t psc_tracker_size(const psc_tracker_config *config);

PSC_API psc_status psc_tracker_init(psc_tracker *tracker, size_t bytes, const psc_tracker_config *config);

/* Takes the next observation; NaN: missing, only time goes on. Errors: PSC_ERR_NONFINITE (an infinity),
 * PSC_ERR_RANGE (larger in size than PSC_MAX_VALUE). Cost: O(1), in the mean 2.5 steps of a path and 1/48 of
 * a solution of five equations; O(period1 + period2) once, at the first negative value. */
PSC_API psc_status psc_tracker_observe(psc_tracker *tracker, double y);

/* The next h observations as a distribution each.
 *   h         steps, 1..PSC_MAX_HORIZON
 *   level     [levels] each in (0, 1), in any order; may be NULL with levels = 0
 *   point     [h] the path of the model, about the median, or NULL
 *   quantile  [h * levels], quantile[i * levels + j] of step i + 1 and level[j]; not falling in the level;
 *             or NULL
 * Everything is finite and within lower..upper. Before the first observation all is 0, cut to the bounds;
 * before the second the spread is 0. Cost: O(h * levels). */
PSC_API psc_status psc_tracker_predict(const psc_tracker *tracker, size_t h, const double *level, size_t levels,
                                       double *point, double *quantile);

/* Whether a series still behaves as it was learned. The errors of one step are watched from the end of the first long
 * season on. 500 of them teach what is usual: their mean, their mean square, and the mean size of u, the standardised
 * error cut at +- 3. From the 129th on three sums are kept, rise = max(0, rise + u - 0.5),
 * fall = max(0, fall - u - 0.5), swell = max(0, swell + |u| - usual - 0.3) (CUSUM, Page 1954). One above 9 is an alarm;
 * then all begins anew, so that a lasting change is told once. A caller keeps the number of alarms and acts when it has
 * risen: it plans anew, or refits its models.
 * Measured on seeded noise: alarms in 10,000 errors without drift 0.3 (normal), 0.5 (Student, 4 degrees), 0.7
 * (Laplace); errors from a change to its alarm: shift of 1 sigma 17, of 2 sigma 7, of 5 sigma 4, growth to the double
 * 22, to the threefold 11. A tracker follows a small shift before it is an alarm; a model that stays as it is,
 * does not. */
enum {
    PSC_DRIFT_NONE = 0,
    PSC_DRIFT_HIGHER = 1,       /* values come higher than forecast                                      */
    PSC_DRIFT_LOWER = 2,        /* lower                                                                 */
    PSC_DRIFT_LARGER = 3        /* errors have grown                                                     */
};

typedef struct psc_drift {
    int64_t alarms;             /* so far                                                                */
    int64_t seen;               /* errors since the last one, or since the start                         */
    int32_t last;               /* PSC_DRIFT_... of the last one                                         */
    int32_t ready;              /* 1: enough errors were seen (128) for the next one                     */
    double  shift;              /* the larger of rise and fall as a share of 9, fall negative: -1..1     */
    double  size;               /* swell as a share of 9: 0..1                                           */
} psc_drift;

/* Cost: O(1). */
PSC_API psc_status psc_tracker_drift(const psc_tracker *tracker, psc_drift *drift);

/* count trackers of one configuration that lie one after another in block (a million shards: one call).
 * observe takes y[i] into the i-th; all y are checked before the first is taken.
 * predict gives out[i], the quantile of one level at step h of the i-th.
 * Cost: count times that of one. Errors as for one; then no tracker has changed. */
PSC_API psc_status psc_trackers_observe(void *block, size_t count, const double *y);
PSC_API psc_status psc_trackers_predict(const void *block, size_t count, size_t h, double level, double *out);

/* ==== Series ==================================================================================== */

/* View of a history at even steps, and of what is known of it and of the future. */
typedef struct psc_series {
    uint32_t struct_size;
    int32_t  periods;           /* length of period, 0..PSC_MAX_PERIODS; 0                           */
    const double *value;        /* [n], oldest first; NaN: missing                                   */
    size_t   n;                 /* 0..2^31                                                           */
    const int32_t *period;      /* [periods] seasons in steps, 1..PSC_MAX_PERIOD each, in any order; a period of 1
                                   says "no season". The first as listed scales the errors of a backtest. */
    double   lower, upper;      /* forecasts are cut to this range, lower <= upper, at most 1e18 in size;
                                   NaN: no bound; NaN, NaN                                           */
    const double *regressor;    /* [(n + horizon) * regressors] by rows: row t belongs to value[t], the last
                                   `horizon` rows to the future; finite, at most PSC_MAX_VALUE in size; NULL */
    int32_t  regressors;        /* columns of regressor, 0..PSC_MAX_REGRESSORS; only PSC_MODEL_ADDITIVE reads
                                   them; 0                                                           */
    int32_t  reserved;          /* not read                                                          */
} psc_series;

enum {
    PSC_MAX_PERIODS = 4,
    PSC_MAX_HORIZON = 4096,
    PSC_MAX_REGRESSORS = 256
};

PSC_API void psc_series_default(psc_series *series);

/* ==== Models and their options ================================================================== */

/* A model is given a name here and its options below. Each options struct is a part of psc_forecast_config, which sets
 * their defaults; the options of a model that is not asked for are checked, too. */
enum {
    PSC_MODEL_AUTO = 0,         /* a combination, chosen and weighed by backtests: see psc_forecast_fit */
    PSC_MODEL_NAIVE = 1,        /* last value, drift, seasonal naive, Naive2                         */
    PSC_MODEL_SEASONAL_AR = 2,  /* ridge seasonal autoregression                                     */
    PSC_MODEL_THETA = 3,
    PSC_MODEL_DECOMPOSITION = 4,
    PSC_MODEL_CROSTON = 5,
    PSC_MODEL_ETS = 6,
    PSC_MODEL_AR = 7,
    PSC_MODEL_ARIMA = 8,
    PSC_MODEL_ADDITIVE = 9,
    PSC_MODEL_GRU = 10,
    PSC_MODEL_COUNT = 11
};

/* SEASONAL AUTOREGRESSION. x[t] = c + sum_j a_j x[t-j], j in 1..lags and, if seasonal, m-1, m, m+1 of every period m
 * that fits (m + 1 <= n - n/3, whole division), by least squares with a ridge penalty on all a_j, none on c (Hoerl and
 * Kennard 1970). What x is, is the form:
 *     PSC_SAR_LEVEL        the value
 *     PSC_SAR_DIFFERENCE   value[t] - value[t-1]
 *     PSC_SAR_PROFILE      the value less the profile of each period that was seen twice, shortest first; a profile is,
 *                          slot by slot, the mean of what the values have over their moving mean of one period, less
 *                          the mean of the slots. The window of m values is that around t (an even m: m/2 before it,
 *                          m/2 - 1 behind it), at the ends the first and the last that there is
 * The mean of x is taken off before the fit (not from differences): c is that of what remains.
 * Parameters: number of lags, c, then lag and coefficient of each. Needs two rows a lag. Cost: O(n p + p^3) for p
 * lags, since sums of products whose lags are both one larger differ in their two ends only; an observation O(1). */
enum { PSC_SAR_LEVEL = 0, PSC_SAR_DIFFERENCE = 1, PSC_SAR_PROFILE = 2, PSC_MAX_LAGS = 64 };

typedef struct psc_sar_options {
    int32_t lags;               /* 1..PSC_MAX_LAGS; 3                                                */
    int32_t seasonal;           /* 1: lags around each period too; 1                                 */
    int32_t form;               /* PSC_SAR_...; PSC_SAR_LEVEL                                        */
    int32_t window;             /* fit on the last so many values, 0: all; else >= 2; 0              */
    double  ridge;              /* penalty, as a share of the mean diagonal of the normal equations,
                                   1e-12..1; 1e-4                                                    */
} psc_sar_options;

/* SIMPLE MODELS. With n values y[1..n] and a period m, the forecast of h steps is
 *     PSC_NAIVE_LAST       y[n]
 *     PSC_NAIVE_DRIFT      y[n] + h (y[n] - y[1]) / (n - 1)
 *     PSC_NAIVE_SEASONAL   the newest value that lies a whole number of periods before n + h
 *     PSC_NAIVE_ADJUSTED   Naive2 of the M4 competition: the last value, seasonally adjusted, times (plus) the index
 *                          of its season; adjusted only if the series is seasonal by the test below
 * Seasonal adjustment, here and in Theta: the series is seasonal if n >= 3 m and, r being its autocorrelations,
 *     |r[m]| > 1.645 sqrt((1 + 2 (r[1]^2 + ... + r[m-1]^2)) / n)
 * The index of a season is the mean over its values of y / T (of y - T if a value is not above 0), T the centred moving
 * mean of width m; the m indices are scaled to mean 1 (shifted to mean 0). As in R's decompose.
 * Parameters: LAST and SEASONAL none; DRIFT the slope; ADJUSTED the indices from y[1] on, none if it is not seasonal.
 * Cost: fit O(n), ADJUSTED O(n log n), 0.04 ms at n = 1000. Memory: m words, ADJUSTED up to 12 (n + m).
 * Makridakis, Spiliotis and Assimakopoulos 2020, The M4 competition. */

enum {
    PSC_NAIVE_ADJUSTED = 0,
    PSC_NAIVE_LAST = 1,
    PSC_NAIVE_DRIFT = 2,
    PSC_NAIVE_SEASONAL = 3,
    PSC_INDEX_AUTO = 0,
    PSC_INDEX_ADDITIVE = 1
};

typedef struct psc_naive_options {
    int32_t kind;       /* PSC_NAIVE_...; PSC_NAIVE_SEASONAL                                                   */
    int32_t period;     /* which of the periods that fit the series: 0 the first, 1 the next, ..., 3, the last one
                           if there are fewer; -1 the last one. 0                                              */
    int32_t index;      /* PSC_INDEX_AUTO: indices multiply if all values are above 0; PSC_INDEX_ADDITIVE: they add,
                           as they should where the values are logarithms; AUTO                                */
    int32_t reserved;   /* not read                                                                            */
} psc_naive_options;

/* THETA. The series is seasonally adjusted if it is seasonal (test and indices as above), forecast, and put back.
 * PSC_THETA_STANDARD: simple smoothing with half the slope b of the regression of y on time, in the closed form of
 * Hyndman and Billah 2003, as in R's thetaf:
 *     l[t] = alpha y[t] + (1 - alpha) l[t-1]
 *     forecast of h steps = l[n] + b / 2 (h - 1 + (1 - (1 - alpha)^n) / alpha)
 * PSC_THETA_DYNAMIC: the dynamic optimised theta model of Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler 2016,
 * whose regression line A + B t is kept current:
 *     f[t+1] = l[t] + (1 - 1 / theta) ((1 - alpha)^t A[t] + B[t] (1 - (1 - alpha)^(t+1)) / alpha)
 *     l[t] as above, M[t] = M[t-1] + (y[t] - M[t-1]) / t
 *     B[t] = ((t - 2) B[t-1] + 6 / t (y[t] - M[t-1])) / (t + 1), B[1] = 0, A[t] = M[t] - B[t] (t + 1) / 2
 * and a forecast of h steps takes the forecasts of 1..h-1 steps for the values. What is not given minimises the sum of
 * (y[t] - f[t])^2 over the sample (standard: f[t] = l[t-1]). Given alpha the error is linear in l[0] and in
 * 1 - 1 / theta, which are solved for, so that the search is over alpha alone: a grid of 16, then golden section.
 * Parameters: alpha, theta (standard: 2), l[0], b (dynamic: B[n]), then the m indices if adjusted.
 * Cost: 39 passes over n, 0.17 ms at n = 1000. Memory: 3 n + m words, with periods up to 12 (n + m) more. */

enum {
    PSC_THETA_STANDARD = 0,
    PSC_THETA_DYNAMIC = 1
};

typedef struct psc_theta_options {
    int32_t kind;       /* PSC_THETA_...; PSC_THETA_STANDARD                                                   */
    int32_t period;     /* which period is adjusted for, as in psc_naive_options; 0                            */
    int32_t index;      /* PSC_INDEX_..., as in psc_naive_options; PSC_INDEX_AUTO                              */
    int32_t reserved;   /* not read                                                                            */
    double  alpha;      /* gain of the level, 0.0001..1; NaN: estimated; NaN                                   */
    double  theta;      /* weight of the curvature, 1..1000, 1 is simple smoothing; NaN: estimated; NaN. Not read
                           by the standard model, which is theta = 2                                           */
} psc_theta_options;

/* DECOMPOSITION. y = trend + season of each period + remainder, by backfitting: in turn, shortest period first, the
 * season of a period is taken from what the trend and the other seasons leave of y. The mean over its cycles is
 * weighted by (1 - g)^distance in cycles, then its own moving mean is taken off and it is shrunk by b <= 1. Of g =
 * 0.1, 0.3, 0.6 the one is taken that best predicts a cycle from those before it, and b is the slope of that
 * regression, so a season that does not repeat shrinks to 0. The trend is a centred moving mean; in the first round
 * each season is taken from a moving mean of its own period. After the last round the season of a phase is carried
 * forward as it stands at the end; what is left, z, is forecast by
 *     q = l + phi b, l' = q + alpha (z - q), b' = phi b + alpha beta (z - q), r = z - l'
 *     z[n + h] = l + b (phi + ... + phi^h) + rho^h r
 * a level, a damped trend, and a deviation that dies out. Of 57 sets of gains the one is taken whose errors at 1,
 * h/4, h/2 and h steps (h the horizon) have the smallest sum of root mean squares. On observing, a season learns half
 * a period late, from the moving mean of its period, with the gain max(g, 1 / cycles seen).
 * Parameters: alpha, beta, phi, rho, then g and b of each period.
 * Cost: O(n (iterations periods + 57)), 0.45 ms at n = 1000; observe O(periods), each season O(m) once in m values.
 * Memory: (periods + 3) n + 2 times the longest period + the sum of the periods.
 * The idea is that of STL (Cleveland et al. 1990) and MSTL (Bandara, Hyndman and Bergmeir 2021). */

typedef struct psc_decomposition_options {
    int32_t iterations; /* rounds of backfitting, 1..10; 2                                                     */
    int32_t reserved;   /* 0                                                                                   */
    double  trend;      /* width of the trend's moving mean, as a share of the longest period, 0.01..4; 0.2    */
} psc_decomposition_options;

/* INTERMITTENT DEMAND. For values >= 0 that are mostly 0. z is the smoothed size of what is above 0, p the smoothed
 * number of steps from one such value to the next (both start at the first one, p with the steps up to it):
 *     PSC_CROSTON_PLAIN    z / p                    Croston 1972; z and p learn where y > 0, with alpha and beta
 *     PSC_CROSTON_SBA      (1 - beta / 2) z / p     Syntetos and Boylan 2005: Croston's, without its bias
 *     PSC_CROSTON_TSB      z q                      Teunter, Syntetos and Babai 2011; q is the chance that y > 0,
 *                                                   starts at 1 / p and learns at every step, so demand can die
 * at every horizon; 0 before the first y > 0. Gains that are not given are those of 0.05, 0.1, 0.15, 0.2, 0.3 that
 * minimise the criterion of the one-step errors from the first y > 0 on.
 * Always of the values themselves: in a combination on logarithms it takes them back. Parameters: alpha, beta,
 * z, p (TSB: q). Cost: at most 25 passes over n, 0.13 ms at n = 1000 (on logarithms 0.5 ms). Memory: 19 words. */

enum {
    PSC_CROSTON_TSB = 0,
    PSC_CROSTON_PLAIN = 1,
    PSC_CROSTON_SBA = 2,
    PSC_CRITERION_SQUARE = 0,   /* mean square error: forecasts the mean */
    PSC_CRITERION_ABSOLUTE = 1  /* mean absolute error: drawn to 0 where most values are 0 */
};

typedef struct psc_croston_options {
    int32_t kind;       /* PSC_CROSTON_...; PSC_CROSTON_TSB                                                    */
    int32_t criterion;  /* PSC_CRITERION_...; PSC_CRITERION_SQUARE                                             */
    double  alpha;      /* gain of the size, 0..1; NaN: chosen; NaN                                            */
    double  beta;       /* gain of the interval, of TSB's chance, 0..1; NaN: chosen; NaN                       */
} psc_croston_options;

/* ---- Exponential smoothing ----------------------------------------------------------------------
 *
 * A level l, a trend b damped by phi, and a season s of period m, each corrected by a share of the last error. With
 * q = l + phi b, the forecast of one step is f = q + s, or q s for a multiplicative season, and after the value y
 *
 *     season additive or none          season multiplicative
 *     l' = q + alpha (y - f)           l' = q + alpha (y - f) / s
 *     b' = phi b + beta (y - f)        b' = phi b + beta (y - f) / s
 *     s' = s + gamma (y - f)           s' = s + gamma (y - f) / q
 *
 * So it is simple smoothing without trend and season, Holt with a trend (phi = 1), damped Holt (phi < 1), and
 * Holt-Winters with a trend and a season. The errors of constant variance are y - f (additive) or (y - f) / f
 * (multiplicative): the family ETS(error, trend, season) of Hyndman, Koehler, Ord and Snyder 2008, Forecasting with
 * Exponential Smoothing, without its multiplicative trends. A multiplicative season needs a multiplicative error, and
 * either needs values above 0. The season is the first period of the series, of any length.
 *
 * Of the errors e the fit minimises D = n ln sum e^2 (+ 2 sum ln |f| if they are multiplicative), which is minus twice
 * the Gaussian log likelihood but for a constant, as in R's ets. It does so over the parameters within 0.0001 <= beta
 * <= alpha <= 0.9999, 0.0001 <= gamma <= 1 - alpha, 0.8 <= phi <= 0.98, and over the states before the first value.
 * What the options leave open is chosen by AICc = D + 2 k n / (n - k - 1), where k counts estimated parameters, free
 * states (1, trend 1, season m - 1) and the variance; an undamped trend is not tried unless asked for. A model with n
 * <= k + 1 has no AICc (the largest double is reported); it is fitted only if no other is left, from rough states
 * before the first value.
 *
 * Parameters, in this order: error, trend, season (as in the options), m (0: no season), alpha, beta, gamma, phi
 * (0, 0, 0, 1 where the model has none), sigma2 = sum e^2 / (n - parameters - free states), log likelihood -D / 2,
 * AICc, and the states before the first value: l, b (0: no trend), then the season of the first, ..., m-th value.
 * All of them are those of the values as they were fitted: transformed and scaled.
 *
 * Cost: one model at most 175 evaluations of D and 40 steps of refining, the choice among all 10 at most 551 and 76;
 * for n = 1000 and m = 24 about 0.5 to 1.3 ms and 2.9 ms. A value observed O(1), a path O(h). */

enum {
    PSC_ETS_AUTO = 0,               /* chosen by AICc */
    PSC_ETS_NONE = 1,
    PSC_ETS_ADDITIVE = 2,
    PSC_ETS_MULTIPLICATIVE = 3,
    PSC_ETS_DAMPED = 4              /* a trend with phi < 1 */
};

typedef struct psc_ets_options {
    int32_t error;      /* PSC_ETS_AUTO (default), ADDITIVE or MULTIPLICATIVE                                  */
    int32_t trend;      /* PSC_ETS_AUTO (default: NONE or DAMPED), NONE, ADDITIVE or DAMPED                    */
    int32_t season;     /* PSC_ETS_AUTO (default), NONE, ADDITIVE or MULTIPLICATIVE; MULTIPLICATIVE not with
                           additive error; other than AUTO and NONE it needs a series with a period           */
    int32_t reserved;   /* 0 */
    double  alpha;      /* share of the level, 0..1; NaN (default): estimated                                  */
    double  beta;       /* share of the trend, 0..alpha; NaN (default): estimated; unused without a trend      */
    double  gamma;      /* share of the season, 0..1 - alpha; NaN (default): estimated; unused without one     */
    double  phi;        /* damping, 0..1; NaN (default): estimated; unused unless the trend is damped          */
} psc_ets_options;

/* AUTOREGRESSION. With x[t] = y[t] - mean(y):
 *     x[t] = c + a_1 x[t-1] + ... + a_p x[t-p] + e[t]
 * a by Yule-Walker (Levinson 1947, Durbin 1960), Burg 1975, or least squares (then with c). The order is the one with
 * the least AIC = n log(variance) + 2 p among 0..order_max. Same order, coefficients and variance as R's ar().
 * Parameters: p, mean, c, variance of e, a_1..a_p.
 * Cost of the fit: O(n M) (Yule-Walker, Burg), O(n M + M^4) (least squares), M = order_max; of an observation O(p). */
enum { PSC_AR_YULE_WALKER = 0, PSC_AR_BURG = 1, PSC_AR_LEAST_SQUARES = 2 };

typedef struct psc_ar_options {
    int32_t method;             /* PSC_AR_...; PSC_AR_BURG                                           */
    int32_t order;              /* p, 0..64; -1: by AIC; -1                                          */
    int32_t order_max;          /* largest order AIC may choose, 1..64; 0: 10 log10(n), at most 64; 0 */
    int32_t reserved;           /* not read                                                          */
} psc_ar_options;

/* ARIMA(p,d,q)(P,D,Q)[m], m the first period (1 without one). B shifts back by one:
 *     phi(B) Phi(B^m) (w[t] - mu) = theta(B) Theta(B^m) e[t],     w = (1-B)^d (1-B^m)^D y
 *     phi(B) = 1 - ar_1 B - ..., theta(B) = 1 + ma_1 B + ..., the seasonal ones likewise
 * mu is the mean of w. As the parameter "constant" it is the mean of y if d + D = 0, and the drift a step, mu or (if
 * d = 0) mu / m, if d + D = 1; above there is none. Coefficients are estimated from the conditional sum of squares,
 * then by the exact Gaussian likelihood (Levenberg-Marquardt on partial autocorrelations; Jones 1980). A state of more
 * than PSC_ARIMA_EXACT values stays with the former. An order of -1 is chosen: D by the strength of the season, d by
 * KPSS tests, the rest by a stepwise search for the least AICc (Hyndman and Khandakar 2008) by conditional sums of
 * squares of the last 1000 + 5 m rows, among p, q <= 5, P, Q <= 2, p + q + P + Q <= 7, none above a third of the
 * sample. Fails (not for this series) if all orders are asked for and the rows are not more than the coefficients, 1
 * and p + m P, or if given coefficients are not stationary (and, for sums of squares, invertible).
 * Parameters: p, d, q, P, D, Q, constant or not, note (sum of PSC_ARIMA_NOTE_...), models tried, sigma^2, log
 * likelihood, AICc, then ar_1.., ma_1.., seasonal ar_1.., seasonal ma_1.., and the constant if there is one. sigma^2 is
 * the mean of e^2 / v over the rows of w, without the first p + m P if by sums of squares; the likelihood and AICc are
 * those of w, by sums of squares with sigma^2 in place of the maximum, as in R's arima(). Scaling y by s scales
 * sigma^2 by s^2 and the constant by s, and adds -log(s) a row of w to the likelihood.
 * Cost of the fit: a pass over n rows is O(n k (k + terms)), terms = (p+1)(P+1) + (q+1)(Q+1), k coefficients, and
 * O(n k r) with the exact likelihood until that has settled, r = max(p + m P, q + m Q); 4 to 12 passes a model. An
 * observation O(r), a forecast of h steps O(h terms). Memory O(n + k r). */
enum {
    PSC_ARIMA_MAX_ORDER = 8,    /* of p and q                                                        */
    PSC_ARIMA_MAX_SEASONAL = 2, /* of P and Q                                                        */
    PSC_ARIMA_MAX_SEASON = 2048,/* longer periods have P = Q = 0 (D may be 1), with a note           */
    PSC_ARIMA_EXACT = 400       /* longest state r with the exact likelihood                         */
};

enum { PSC_ARIMA_LIKELIHOOD = 0, PSC_ARIMA_SUM_OF_SQUARES = 1 };

enum {
    PSC_ARIMA_NOTE_SQUARES = 1, /* likelihood asked for, sum of squares taken: the state is too long */
    PSC_ARIMA_NOTE_SEASON = 2,  /* the period is above PSC_ARIMA_MAX_SEASON: no seasonal coefficients */
    PSC_ARIMA_NOTE_SHORT = 4    /* no model fits in so few values: that without coefficients          */
};

typedef struct psc_arima_options {
    int32_t p, d, q;            /* 0..8, 0..2, 0..8; -1: choose; -1                                  */
    int32_t seasonal_p, seasonal_d, seasonal_q;     /* 0..2, 0..1, 0..2; -1: choose; -1              */
    int32_t constant;           /* 0: none, 1: mean or drift if d + D <= 1, -1: choose; -1           */
    int32_t method;             /* PSC_ARIMA_...; PSC_ARIMA_LIKELIHOOD                               */
    int32_t models;             /* most models that the search tries, 1..100; 40                     */
    int32_t given;              /* 1: nothing is estimated, the coefficients are those below, and no
                                   order is -1; 0                                                    */
    double  ar[8], ma[8];       /* read if given; phi(B) and Phi(B) stationary                       */
    double  seasonal_ar[2], seasonal_ma[2], mean;   /* mean: the constant as above                   */
} psc_arima_options;

/* ADDITIVE MODEL. Trend, seasons and known events, fitted together (after Taylor and Letham 2018, Forecasting at
 * scale, but by penalised least squares, with the errors taken for an AR(1), and with old rows counting less):
 *     y[t] = level + slope s + sum_j d[j] max(0, s - s[j])                 s = t / (n - 1)
 *            + sum_i sum_k a[i,k] cos(2 pi k t / m[i]) + b[i,k] sin(2 pi k t / m[i])
 *            + sum_k c[k] r[t,k] + e[t],                                   e[t] = rho e[t-1] + u[t]
 * The knots s[j] are the times floor(reach (n - 1) j / (knots + 1)), j = 1..knots. y and the regressors r are
 * standardised by their mean and standard deviation over the history (a constant one counts as 0).
 * 1 + correct + robust passes, each of
 *   - the normal equations of the rows of u: row t less rho times row t-1 (the first row times sqrt(1 - rho^2)), with
 *     weight exp(-(n - 1 - t) / memory), and from the second pass on with the robust option times
 *     min(1, 1.345 scale / |u|) (Huber 1964), u by the coefficients of the pass before;
 *   - three solutions, with penalties added to the diagonal: variance / (change max(|d[j]|, change / 1000)) for a
 *     change of slope (Laplace's prior; d = change at the start), variance / season[i] for a Fourier coefficient,
 *     variance / effect^2 for a regressor. After each, variance is the weighted sum of u^2 over n (0.1 at the
 *     start, at least 1e-10), season[i] the mean square of the coefficients of season i (1 at the start, at least
 *     1e-6);
 *   - the residuals e, and with correct rho = sum e[t] e[t-1] / sum e[t-1]^2, cut to +-0.99; with the robust option
 *     e cut to 3 standard deviations of the pass before. limit and scale are 1.4826 times the median size of e
 *     and of u, over every (1 + n/256)-th row from row 0 on, row 0 left out.
 * Forecast of k steps after y[t]: trend[t] + slope (damping + ... + damping^k), slope a step at t, plus seasons, plus
 * regressors as known (at their means where the rows end), plus rho^k e[t]. Values observed after the fit move t on.
 * A forecast of more steps than there are rows, or observed on beyond them, has the regressors at their means.
 * Cost: a fit passes * (n p^2 / 2 + 3 p^3 / 6), p = 3 + Fourier columns + K + knots; units of about 160,000
 * multiply-adds, or one solution; an observation O(knots), a step of the forecast O(periods). Memory
 * 8 (2 p^2 + n + sum of periods). */
typedef struct psc_additive_options {
    uint32_t struct_size;
    int32_t  knots;             /* change points that the trend is offered, 0..PSC_MAX_KNOTS, at most one for
                                   8 values; 12                                                      */
    int32_t  harmonics[PSC_MAX_PERIODS];    /* Fourier pairs of the i-th period in use, 1..PSC_MAX_HARMONICS, never more
                                   than half the period; -1: none; 0: 12 of the first, 24 of a later one; 0 */
    int32_t  robust;            /* passes that weigh outliers down, 0..8; 1                          */
    int32_t  correct;           /* 1: the last residual decays as an AR(1); 0: it is forgotten; 1    */
    double   memory;            /* values after which the weight of a row has fallen to 1/e, 1..1e15 (all count the
                                   same); NaN: the longest period in use, at least 64; NaN           */
    double   reach;             /* knots lie in the first so large share of the history, 0.1..1; 0.8 */
    double   change;            /* scale of a change of slope, in standard deviations of y a history,
                                   1e-6..1e6; 0.05: hardly any; 1: a bent trend costs nothing        */
    double   effect;            /* scale of the effect of a regressor's standard deviation, in those of y,
                                   1e-6..1e6; 10: what the history shows is believed                 */
    double   damping;           /* what is left of the slope at each step ahead, 0..1; 0.95          */
} psc_additive_options;

enum { PSC_MAX_KNOTS = 64, PSC_MAX_HARMONICS = 64 };

/* RECURRENT NETWORK. A gated recurrent unit (Cho et al. 2014) beside a linear autoregression on the same inputs; both
 * correct the seasonal naive forecast. All in standardised numbers:
 *     y^[t] = y[t-b] + spread (c + a'x[t] + v'h[t]),     b: the first period, 1 if there is none
 *     h[t]  = z h[t-1] + (1 - z) tanh(Wc x[t] + Uc (r h[t-1]) + dc)
 *     z     = logistic(Wz x[t] + Uz h[t-1] + dz),        r = logistic(Wr x[t] + Ur h[t-1] + dr)
 * with products by element. x[t] are differences of past values, each over its root mean square, in this order:
 *     y[t-1] - mean                      how high the series stands
 *     and for each period m:
 *     y[t-1] - y[t-1-m]                  the last seasonal change
 *     y[t-m+1] - y[t-m]                  the change that the season had next
 *     y[t-m] - y[t-b], the mean for y[t-b] where m = b
 *     or, without a period:
 *     y[t-1] - y[t-2]                    the last change
 * The linear part starts at its least-squares solution, v at 0, the rest at random. Training runs the net on its own
 * forecasts: a mini-batch is one stretch of the history; its first quarter sets the state, along the rest (but no
 * longer than the horizon) each forecast is fed back as if it were the value, and the errors of all these steps count
 * (pseudo-Huber loss). The gradient is propagated back through time and through the forecasts that were fed back, to
 * the start of the stretch; its norm is cut, and Adam (Kingma and Ba 2015) follows it at a rate that falls to 0.
 * Same seed, same bits.
 * Forecasts are cut to the range seen, widened by 30 % of its width at either end. At least 24 values beyond the
 * longest lag are needed: longer periods are left out, a series of less than 26 values is refused.
 * Regressors are not used. There are X = 3 periods + 1 inputs, 2 without a period.
 * Parameters, in this order: a row of 3 U weights (to z, to r, to the tanh) for each input, for each unit of h and for
 * dz, dr, dc; v; a; c; mean; spread; the root mean squares that the inputs are divided by. These are
 * 3 U (X + U + 1) + U + 2 X + 3 numbers.
 * Cost: one mini-batch 25 us and a fit 13 ms with the defaults, n = 1000 and two periods; both grow as
 * window * units * (units + inputs). An observation, and each step of a forecast: 0.5 us. */
typedef struct psc_gru_options {
    int32_t  units;             /* U, size of h, 1..16; 8                                            */
    int32_t  steps;             /* mini-batches, 0..100000; 500 (0: the linear part alone). No more are
                                   made than there are values beyond the longest lag                 */
    int32_t  window;            /* length of a stretch, 4..256; 32                                   */
    int32_t  reserved;          /* not read                                                          */
    double   rate;              /* first learning rate, 1e-6..1; 0.003                               */
    uint64_t seed;              /* of first weights and stretches; 1                                 */
} psc_gru_options;

/* ==== Forecast ================================================================================== */

enum {
    PSC_TRANSFORM_AUTO = 0,     /* what the model is made for: the logarithm for the combination and the seasonal
                                   autoregression, if all values are >= 0 and one is above; else none */
    PSC_TRANSFORM_NONE = 1,
    PSC_TRANSFORM_LOG = 2       /* of the value, plus the smallest value above 0 if there are zeros; none, with a
                                   note, where a value is below 0 or all are 0                       */
};

typedef struct psc_forecast_config {
    uint32_t struct_size;
    int32_t  model;             /* PSC_MODEL_...; PSC_MODEL_AUTO                                     */
    int32_t  horizon;           /* longest forecast that will be asked for, 1..PSC_MAX_HORIZON; 24   */
    int32_t  transform;         /* PSC_TRANSFORM_...; PSC_TRANSFORM_AUTO                             */
    int32_t  origins;           /* past origins that the intervals are measured at, 2..10000; 150    */
    int32_t  with;              /* models that PSC_MODEL_AUTO tries beside its own, sum of 1 << PSC_MODEL_...; 0 */
    int32_t  robust;            /* 1: outliers are cut before anything is fitted; 0                  */
    int32_t  reserved;          /* not read                                                          */
    double   clip;              /* a forecast may leave the range of the values by this share of its width before it
                                   is held back, 0..1e6; 0.1                                         */
    psc_naive_options naive;
    psc_sar_options sar;
    psc_theta_options theta;
    psc_decomposition_options decomposition;
    psc_croston_options croston;
    psc_ets_options ets;
    psc_ar_options ar;
    psc_arima_options arima;
    psc_additive_options additive;
    psc_gru_options gru;
} psc_forecast_config;

/* Remarks on a fit; note is a sum of them. */
enum {
    PSC_NOTE_EMPTY = 1,         /* no value at all: the forecast is 0                                */
    PSC_NOTE_SHORT = 2,         /* too few values for the model asked for: seasonal naive or the last value */
    PSC_NOTE_CONSTANT = 4,      /* all values are the same                                           */
    PSC_NOTE_GAPS = 8,          /* missing values were filled                                        */
    PSC_NOTE_SEASON_DROPPED = 16,   /* a period is too long for this history and was left out        */
    PSC_NOTE_NO_SEASON = 32,    /* no period was given that fits                                     */
    PSC_NOTE_NO_LOG = 64,       /* the logarithm was asked for and is not possible                   */
    PSC_NOTE_NO_INTERVAL = 128, /* too few past origins: the spread is that of one step, by the root of the lead */
    PSC_NOTE_FLOOR = 256,       /* the combination was worse than a naive member, which stands in its place */
    PSC_NOTE_OUTLIERS = 512     /* outliers were cut                                                 */
};

typedef struct psc_forecast_info {
    int32_t model;              /* the model that was fitted, after any fallback                     */
    int32_t transform;          /* PSC_TRANSFORM_NONE or PSC_TRANSFORM_LOG                           */
    int32_t members;            /* members with a weight                                             */
    int32_t tests;              /* backtest origins behind the weights                               */
    int32_t note;               /* sum of PSC_NOTE_...                                               */
    int32_t refit;              /* 1: the series has drifted from what was fitted: fit anew          */
    int64_t used;               /* values that the fit looked at                                     */
    int64_t origins;            /* past origins behind the intervals                                 */
    double  sigma;              /* root mean square error of one step in the sample, transformed     */
    double  loss;               /* mean size of the errors in the backtests, transformed; 0 without any */
    double  optimism;           /* errors in the backtests over those in the sample, to the power 3/4: the
                                   intervals are wider by it                                         */
    int64_t observed;           /* values taken since the fit                                        */
    psc_drift drift;            /* of the errors of one step since then                              */
} psc_forecast_info;

/* A member of a combination. */
typedef struct psc_forecast_member {
    int32_t model;              /* PSC_MODEL_...                                                     */
    int32_t kind;               /* PSC_NAIVE_... or PSC_SAR_... of such a model, else 0              */
    int32_t lags, window;       /* of a seasonal autoregression, else 0                              */
    double  weight;             /* 0..1; the weights add up to 1                                     */
    double  loss;               /* mean error in the backtests over that of the last value carried on; -1: it could
                                   not be fitted there; 0 where there were no backtests              */
} psc_forecast_member;

typedef struct psc_forecast psc_forecast;   /* work: a fit, in progress or done; it may be moved with memcpy */

enum { PSC_MAX_MEMBERS = 24 };

PSC_API void   psc_forecast_default(psc_forecast_config *config);
PSC_API size_t psc_forecast_size(const psc_series *series, const psc_forecast_config *config);

/* Fits a model, or a combination of models, to a series; the fit needs the series no more. fit is init and all steps.
 *
 *   Gaps are filled in a straight line between their neighbours, of the values or, if that tells known values
 *   better, of what they are over the value one period (the first that fits) before, all after the transform. With
 *   robust a value that stands out beyond both its neighbours by more than 8 median steps from one value to the next,
 *   and does so from one period before too, is brought to that; the last value is left, since it may be a new level.
 *   PSC_MODEL_AUTO combines these members, each left out where it would repeat another (too few periods or cycles):
 *       last value; seasonal naive of the first and of the longest period; Naive2;
 *       seasonal AR of 3 lags, of 26 lags, of 3 lags on the last 320 values, of 50 lags on differences;
 *       AR of 26 lags without seasons; AR of 3 and of 26 lags on what the profiles leave (ridge 1e-4,
 *       and 1e-3 where more than 3 lags have no season among them or are those of differences);
 *       and the models that config.with names, with their options.
 *   Backtests: from up to 24 origins in the last six horizons (not before n/3, nor the 8th value), a quarter of
 *   a horizon apart, each member makes its path. It is fitted three times, to what lies before the 1st, 9th and
 *   17th origin (or a third each), and follows the values from there with its parameters kept. Its loss is the mean
 *   size of its errors, on the transformed scale. Its weight is loss^-6 over the sum of all; weights below 1 % of
 *   the largest are 0 (Bates and Granger 1969, with a power that picks more). Without any origin all count the same.
 *   If the combination's loss is above that of one of the four simple members, that one stands alone (PSC_NOTE_FLOOR).
 *   Then the members with a weight are fitted to all values. A model by name is fitted once (ADDITIVE and the seasonal
 *   AR on profiles are backtested too, for r below); if it cannot be, the seasonal naive or the last value stands in
 *   (PSC_NOTE_SHORT).
 *
 *   Intervals are empirical (Williams and Goodman 1971): with its parameters kept the fit is run from up to `origins`
 *   past origins in the last six horizons, evenly spaced. Of the errors of each step 33 quantiles (type 7 of Hyndman
 *   and Fan 1996) are taken at normal scores evenly from -2.8 to 2.8, averaged with those of two steps on either
 *   side. About their median they are widened by two factors: r^(3/4), r = errors in the backtests over errors in
 *   the sample, cut to 1..2.5; and Student's quantile over the normal one (by 1 + (z^2 + 1) / 4 v + ..., three
 *   terms in 1 / v) with as many degrees of freedom v as there are horizons (3..6), since overlapping paths err
 *   together. Between the scores, and beyond, linear. A step with fewer than 8 errors has those of the last that
 *   had enough, times the root of the ratio of the leads; without any, normal errors of standard deviation
 *   sigma sqrt(step).
 *   A forecast may leave the range of the values by r = `clip` of its width + (width + largest size) / n, or by as much
 *   as the last horizon went up or down; what lies d beyond that is brought to r ln(1 + d / r) beyond it. Forecasts
 *   that were made on logarithms are at least 0. All are cut to lower..upper.
 *
 * init takes a copy of the series. step goes on for so many units (>= 1): PSC_MORE while there is work left. One
 * unit is about 65,536 multiplications at most, or one pass over the values, one solution of p equations (p^3 / 6),
 * one path, or one column of errors sorted: below 0.1 ms at n = 1000 (0.12 ms with the recurrent network). k slices
 * give the same bits as one. info may be NULL. Errors: PSC_ERR_NONFINITE (an infinity; a regressor that is no
 * number), PSC_ERR_RANGE (a value larger in size than PSC_MAX_VALUE). Cost of AUTO: 1.7 ms at n = 960, periods 24
 * and 168, horizon 48; O(n) in the length. Memory: psc_forecast_size(); about 600 KB there. */
PSC_API psc_status psc_forecast_init(psc_forecast *fit, size_t bytes, const psc_series *series,
                                     const psc_forecast_config *config);
PSC_API psc_status psc_forecast_step(psc_forecast *fit, int64_t units);
PSC_API psc_status psc_forecast_fit(psc_forecast *fit, size_t bytes, const psc_series *series,
                                    const psc_forecast_config *config, psc_forecast_info *info);

/* All functions below need a fit that is done: PSC_ERR_STATE. */

/* The distribution of the next h <= config.horizon values; arguments, rules and shapes as in
 * psc_tracker_predict. Cost: O(h levels). */
PSC_API psc_status psc_forecast_predict(const psc_forecast *fit, size_t h, const double *level, size_t levels,
                                        double *point, double *quantile);

/* The mean of each of the next h values: of 64 quantiles, at levels 1/128, 3/128, ... On logarithms it lies above the
 * point, which is about the median. Cost: O(64 h). */
PSC_API psc_status psc_forecast_mean(const psc_forecast *fit, size_t h, double *mean);

/* Paths of h steps, each as likely as the others, so that a sum or a maximum over the horizon has a distribution too:
 * take it of each path, and sort.
 *   out  [paths * h], path i from out[i * h] on
 * A path takes its ranks, step by step, from the errors of one past origin (evenly chosen among those whose errors are
 * all known) and its values from the quantiles above (the empirical copula; Clark et al. 2004, "Schaake shuffle"):
 * what errs high together in the past does so here. With fewer than 8 such origins path i is the quantile of level
 * (i + 1/2) / paths at every step. Deterministic. Cost: O((paths log origins + origins) h). */
PSC_API psc_status psc_forecast_paths(const psc_forecast *fit, size_t h, size_t paths, double *out);

/* The next values; NaN: missing, its forecast stands in. Parameters, weights and the spread are kept; the forecasts
 * start from here, and a value beyond the range widens it. info.drift then tells whether the errors of one step are
 * still those of the fit, and info.refit that they are not. Cost: O(members) a value and one path at the end.
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE; then none was taken. */
PSC_API psc_status psc_forecast_observe(psc_forecast *fit, const double *value, size_t n);

/* What was fitted, and how well: info and members, each may be NULL.
 *   member  [capacity], PSC_MAX_MEMBERS are always enough; *members were written. Errors: PSC_ERR_SPACE. */
PSC_API psc_status psc_forecast_describe(const psc_forecast *fit, psc_forecast_info *info, psc_forecast_member *member,
                                         size_t capacity, size_t *members);

/* Parameters of the member with the largest weight (of a model by name: its own), in the order that the model
 * states, on the transformed scale. *count were written, or are needed where parameter is NULL. Errors:
 * PSC_ERR_SPACE. */
PSC_API psc_status psc_forecast_parameters(const psc_forecast *fit, double *parameter, size_t capacity, size_t *count);

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
PSC_API size_t psc_backtest_size(const psc_series *series, const psc_forecast_config *forecast,
                                 const psc_backtest_config *config);

/* What this model is worth on this series: at each of `origins` past moments, `stride` apart and the last one
 * horizon steps before the end, it is fitted to what came before and judged on the horizon that followed.
 * The means are over all steps of all origins. Origins with fewer than two steps or no value before them are left
 * out. If none is left, origins is 0 and every mean is 0. Cost: origins times that of a fit. */
PSC_API psc_status psc_backtest_run(const psc_series *series, const psc_forecast_config *forecast,
                                    const psc_backtest_config *config, void *work, size_t bytes,
                                    psc_accuracy *accuracy);

/* ---- Parts of a series --------------------------------------------------------------------------- */

/* What psc_decompose finds. Strength is in 0..1, Wang, Smith and Hyndman 2006:
 *     max(0, 1 - variance(remainder) / variance(remainder + part)) */
typedef struct psc_parts {
    int32_t note;               /* sum of PSC_NOTE_GAPS, PSC_NOTE_SEASON_DROPPED                               */
    int32_t reserved;
    double  trend;              /* strength of the trend                                                       */
    double  season[PSC_MAX_PERIODS];    /* strength of each season; 0 beyond series->periods                   */
} psc_parts;

/* Bytes of work: (3 n + 2 m + s) * 8, m the longest of the periods that fit, s their sum. 0: not valid. */
PSC_API size_t psc_decompose_size(const psc_series *series);

/* The values as trend + seasons + remainder, as described above with 2 rounds and a trend of the longest period (of a
 * tenth of the values if none fits).
 *   trend [n]; season [periods * n], that of period[i] from season[i * n] on, 0 for one that does not fit;
 *   remainder [n] = value - (trend + first season + second + ...), summed in this order, so that the parts added up
 *   give the value but for the rounding of the last sum. Where a value is missing the remainder is 0: trend and
 *   seasons are what would fill it.
 * Without any value all parts are 0. parts may be NULL. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE as in
 * psc_forecast_fit. Cost: O(n (periods + 1)), 0.1 ms at n = 1000 and two periods. */
PSC_API psc_status psc_decompose(const psc_series *series, void *work, size_t bytes, double *trend, double *season,
                                 double *remainder, psc_parts *parts);

/* ---- Periods ------------------------------------------------------------------------------------- */

enum { PSC_MAX_FOUND = 3 };

/* Bytes of work: at most (15 n + 1) * 8, and no more from n = 65536 on. 0: n is 0. */
PSC_API size_t psc_periods_size(size_t n);

/* Seasons of a series of unknown period.
 *   value   [n], oldest first; NaN: missing
 *   period  [PSC_MAX_FOUND] the periods found, shortest first; the rest 0
 *   count   how many, 0..PSC_MAX_FOUND
 * Only the newest 65536 values are looked at. A period is at least 2, was seen 2.5 times, and is no half and no third
 * of another; a multiple from 4 on (24 and 168) is another season. On white noise and random walks of 16 to 2000 values
 * something is found in at most 1 of 50 cases (measured: 0.5 % and 1.5 %); fewer than 16 values have no period.
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE as in psc_forecast_fit.
 * Cost: O(n log n), at most 6 rounds, 0.6 ms at n = 1000. */
PSC_API psc_status psc_periods_of(const double *value, size_t n, void *work, size_t bytes, int32_t *period,
                                  int32_t *count);

/* ==== Regressors that help ====================================================================== */

typedef struct psc_regressors_config {
    uint32_t struct_size;
    int32_t  regressors;        /* K, 1..PSC_MAX_REGRESSORS; 0, to be set                            */
    const double *regressor;    /* [n * K] row t belongs to value[t]; NULL, to be set                */
    int32_t  transform;         /* PSC_TRANSFORM_...; PSC_TRANSFORM_AUTO                             */
    int32_t  blocks;            /* parts of the later history that are predicted in turn, 2..32; 5   */
    int32_t  most;              /* stop after so many, 1..PSC_MAX_REGRESSORS; PSC_MAX_REGRESSORS     */
    int32_t  reserved;          /* not read                                                          */
    double   start;             /* share of the history before the first of them, 0.1..0.9; 0.5      */
    double   margin;            /* a regressor must lower the error by this share, 0..1; 0.01        */
    psc_additive_options additive;      /* of the model; memory is not read: all rows count the same */
} psc_regressors_config;

typedef struct psc_regressors_info {
    int32_t chosen;             /* regressors that help                                              */
    int32_t done;               /* 1: no other does                                                  */
    int32_t transform;          /* PSC_TRANSFORM_NONE or PSC_TRANSFORM_LOG                           */
    int32_t reserved;
    double  before, after;      /* root mean square error of one step without any and with the chosen,
                                   transformed; 0 before it is known                                 */
    double  needed;             /* share of the error that a regressor had to take away              */
    double  rho;                /* of the residuals of the model with all regressors                 */
} psc_regressors_info;

typedef struct psc_regressors psc_regressors;       /* work: a selection in progress */

PSC_API void   psc_regressors_default(psc_regressors_config *config);
PSC_API size_t psc_regressors_size(const psc_series *series, const psc_regressors_config *config);   /* 0: not valid */

/* Which regressors help to predict this series: forward selection by prequential error (Dawid 1984).
 * The additive model with all regressors is fitted to the whole history; its rho and weights hold from then on.
 * The history is cut into a start and `blocks` equal parts. The error of a set of regressors is the sum, over the
 * parts, of the squared innovations (errors of one step) of the rows of the part, by the coefficients of all rows
 * before it. From the empty set on, the regressor that lowers the error most is added (equal: the lower index) if
 *     it takes away a share of at least max(margin, 6 / sqrt(rows before * rows after)) of what the set leaves, and
 *     it lowers the error of two parts at least, and of more parts than it raises it in, each by more than that
 *     bound's share of one part (of a part in which the regressor does not move the error changes a little, too);
 * else the selection is done. A regressor of pure noise changes the error by a share of standard deviation
 * 2 / sqrt(rows before * rows after), so the second bound is three of these.
 * init takes the values in, filled and transformed as psc_forecast_fit does; series and config, unchanged, go with
 * every step. step goes on for `units` (>= 1) units: PSC_MORE while there is work left. A unit is about 160,000
 * multiply-adds of sums, or one solution of p equations (p^3 / 6), p = 2 + Fourier columns + knots + K.
 * best may be called at any time:
 *   order  [K] 1 for the regressor that was chosen first, 2, ...; 0: not chosen; or NULL
 *   gain   [K] share of the error that it took away when it was chosen; of one not chosen, what it would have
 *          taken away when it was last tried: 0 or less, it does harm; or NULL
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (a value or regressor).
 * Cost: that of a fit, n p^2 / 2, and (K + ... + K - chosen) * blocks * p^3 / 6. Memory 8 (blocks + 5) p^2 bytes. */
PSC_API psc_status psc_regressors_init(psc_regressors *select, size_t bytes, const psc_series *series,
                                       const psc_regressors_config *config);
PSC_API psc_status psc_regressors_step(psc_regressors *select, const psc_series *series,
                                       const psc_regressors_config *config, int64_t units);
PSC_API psc_status psc_regressors_best(const psc_regressors *select, int32_t *order, double *gain,
                                       psc_regressors_info *info);

/* ==== Calendar ================================================================================== */

/* An event that is known: a deployment, a batch job, a holiday. It adds amount times the share of a row's time that
 * start <= time < end covers to the row's value in its column. */
typedef struct psc_event {
    int64_t start, end;         /* seconds since 1970-01-01 00:00 UTC, start < end                   */
    double  amount;             /* at most PSC_MAX_VALUE in size; 1 for "it is on"                   */
    int32_t column;             /* event column, 0..event_columns - 1                                */
    int32_t reserved;           /* not read                                                          */
} psc_event;

/* Groups of columns, in the order in which they stand in a row. What the indicators are 0 for is what the level
 * of the series stands for. A row's calendar is that of its first second, in local time. */
enum {
    PSC_CALENDAR_HOUR = 1,          /* 23 indicators: hours 1..23                                    */
    PSC_CALENDAR_DAY_WAVE = 2,      /* 6: cosine, sine of 1, 2, 3 turns a day                        */
    PSC_CALENDAR_WEEKDAY = 4,       /* 6 indicators: Tuesday..Sunday                                 */
    PSC_CALENDAR_WEEK_WAVE = 8,     /* 6: cosine, sine of 1, 2, 3 turns a week, from Monday 0:00     */
    PSC_CALENDAR_WEEKEND = 16,      /* 1: Saturday or Sunday                                         */
    PSC_CALENDAR_MONTH_FIRST = 32,  /* 1: first day of a month                                       */
    PSC_CALENDAR_MONTH_LAST = 64,   /* 1: last day of a month                                        */
    PSC_CALENDAR_MONTH = 128,       /* 11 indicators: February..December                             */
    PSC_CALENDAR_YEAR_WAVE = 256,   /* 4: cosine, sine of 1, 2 turns a year, from January 1          */
    PSC_CALENDAR_QUARTER = 512,     /* 3 indicators: quarters of an hour from minute 15, 30, 45 on   */
    PSC_CALENDAR_HOUR_WAVE = 1024,  /* 4: cosine, sine of 1, 2 turns an hour                         */
    PSC_CALENDAR_FULL_HOUR = 2048,  /* 1: a full hour begins within the row                          */
    PSC_CALENDAR_EVENTS = 4096,     /* the event columns; never set in `groups`                      */
    PSC_CALENDAR_ALL = 4095
};

/* View: the times of the rows, and what is wanted of them. */
typedef struct psc_calendar {
    uint32_t struct_size;
    uint32_t groups;            /* sum of PSC_CALENDAR_...; 0                                        */
    int64_t  start;             /* first second of row 0 since 1970-01-01 00:00 UTC, +-PSC_MAX_SECONDS; 0 */
    int64_t  step;              /* seconds a row, 1..PSC_MAX_STEP; 3600                              */
    const int32_t *offset;      /* [rows] local time less UTC in minutes, of each row (daylight saving), -1440..1440;
                                   NULL: offset_minutes for all; NULL                                */
    const psc_event *event;     /* [events]; NULL                                                    */
    size_t   events;            /* 0..2^31; 0                                                        */
    int32_t  event_columns;     /* 0..PSC_MAX_REGRESSORS; 0                                          */
    int32_t  offset_minutes;    /* -1440..1440; 0                                                    */
} psc_calendar;

#define PSC_MAX_SECONDS INT64_C(1000000000000000)       /* 31 million years */
#define PSC_MAX_STEP INT64_C(31622400)                  /* a leap year */

PSC_API void psc_calendar_default(psc_calendar *calendar);

/* Columns of a row: those of the groups, then the events'. 0: none, or not valid (struct_size, groups, step, start,
 * event_columns, offset_minutes). */
PSC_API size_t psc_calendar_columns(const psc_calendar *calendar);

/* What column is: *group its PSC_CALENDAR_..., *index its place in the group from 0. Errors: PSC_ERR_RANGE. */
PSC_API psc_status psc_calendar_column(const psc_calendar *calendar, size_t column, int32_t *group, int32_t *index);

/* The rows as regressors, known as far ahead as one likes: row t covers start + t * step .. start + (t + 1) * step.
 *   rows    0..2^31      out  [rows * stride], row t from out[t * stride] on, columns() values; what lies between
 *           is left as it is, so that a host may keep columns of its own there         stride  >= columns()
 * Dates are proleptic Gregorian, days have 86400 seconds. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (an event; an
 * offset; a stride). Sums of events are cut at +-PSC_MAX_VALUE. Cost: O(rows * columns + rows that events touch). */
PSC_API psc_status psc_calendar_fill(const psc_calendar *calendar, size_t rows, double *out, size_t stride);

/* ==== Reconcile ================================================================================= */

enum {
    PSC_RECONCILE_TRACE = 1,    /* least squares over the whole tree, weighted by the spreads          */
    PSC_RECONCILE_UP = 2,       /* the leaves' forecasts, added up                                     */
    PSC_RECONCILE_DOWN = 3      /* the roots' forecasts, shared out                                    */
};

/* View: the forecasts of all shards, nodes and fleets of a tree (or several). */
typedef struct psc_hierarchy {
    uint32_t struct_size;
    int32_t  method;            /* PSC_RECONCILE_...; PSC_RECONCILE_TRACE                            */
    int32_t  nonnegative;       /* not 0: no result is below 0; 1                                    */
    int32_t  reserved;          /* not read                                                          */
    size_t   series;            /* S, 1..2^31; 0, to be set                                          */
    size_t   steps;             /* H of each forecast, 1..PSC_MAX_HORIZON; 1                         */
    const int32_t *parent;      /* [S] what the series is a part of, a lower index than its own; -1: of nothing.
                                   NULL, to be set                                                   */
    const double *point;        /* [S * H] forecasts, those of a series together; NULL, to be set    */
    const double *spread;       /* [S * H] standard deviation of their errors, >= 0, 0: exact; NULL: the root of
                                   the number of leaves below                                        */
    const double *share;        /* [S] DOWN: weights, >= 0, by which children share their parent's forecast (say,
                                   their past loads); NULL: their own forecasts, 0 for a negative one; children
                                   without any weight share equally. NULL                            */
} psc_hierarchy;

typedef struct psc_reconcile_info {
    double  before;             /* largest |parent - sum of its children| of the forecasts           */
    double  moved;              /* largest |result - forecast|                                       */
    int64_t rounds;             /* largest number of passes a step took: 1 where nothing was below 0 */
    int64_t held;               /* leaves and steps that stand at 0 because they would be below it   */
} psc_reconcile_info;

PSC_API void   psc_reconcile_default(psc_hierarchy *hierarchy);
PSC_API size_t psc_reconcile_size(const psc_hierarchy *hierarchy);      /* bytes of work; 0: not valid */

/* Forecasts that add up: every parent is the sum of its children, to the bit as added from the last to the first.
 *   TRACE  the coherent x that minimises sum (x[i] - point[i])^2 / spread[i]^2 : the least trace of the covariance of
 *          its errors, where those of the forecasts are independent (Wickramasuriya, Athanasopoulos and
 *          Hyndman 2019, with diagonal W). In a tree two passes give it. Upwards, what a series and all below
 *          it say of its value: with m, v the sums of the children's m[c], v[c],
 *              m[i] = m + v / (v + w[i]) (point[i] - m),   v[i] = v w[i] / (v + w[i]),   w = spread^2,
 *          and point, w at a leaf; downwards, what the parent's result leaves over is shared by variance,
 *              x[c] = m[c] + v[c] / v (x[i] - m),   variance s[c] = v[c] - v[c]^2 / v (1 - s[i] / v),
 *          from x = m, s = v at a root. Where both v and w[i] are 0 the children count.
 *          With nonnegative, leaves below 0 are held at 0 and the passes are made anew, until none is: since the
 *          inverse of the leaves' precision is an M-matrix (that precision is ultrametric; Martinez, Michon and San
 *          Martin 1994), no leaf that was held would rise again, and the result is the least-squares one under the
 *          bounds (Chandrasekaran 1970).
 *   UP     leaves as they are (0 if negative, with nonnegative); variances add up.
 *   DOWN   roots as they are (the same), shares as above; the spread is shared like the value.
 *   point   [S * H], spread [S * H] or NULL: standard deviation of the result as the method sees it, which counts the
 *           forecasts' errors as independent; a held leaf has 0. A quantile q of the forecast becomes
 *           result + (q - forecast) * result's spread / forecast's spread. May be the arrays of the hierarchy.
 *   info    or NULL
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (a parent; a value above PSC_MAX_VALUE in size; a spread or share
 * above it or below 0). Cost: O(S H rounds), rounds at most 1 + leaves, in practice below 10. */
PSC_API psc_status psc_reconcile_run(const psc_hierarchy *hierarchy, void *work, size_t bytes, double *point,
                                     double *spread, psc_reconcile_info *info);

/* ==== Rank ====================================================================================== */

enum {
    PSC_RANK_ALL = 1,           /* every change counts                                               */
    PSC_RANK_EACH = 2,          /* a change counts if p <= rate: of n shards that do not change, rate * n will */
    PSC_RANK_RATE = 3           /* of those that count, a share of rate at most is expected not to be real  */
};

/* View: loads now and as predicted, and how sure the prediction is. */
typedef struct psc_changes {
    uint32_t struct_size;
    int32_t  decision;          /* PSC_RANK_...; PSC_RANK_RATE                                       */
    size_t   n;                 /* shards, 0..2^31; 0                                                */
    const double *now, *next;   /* [n] load now and as predicted; NULL, to be set                    */
    const double *spread;       /* [n] standard deviation of the error of next - now, >= 0, 0: exact; or NULL */
    const double *lower, *upper;    /* [n] instead of it: central interval of next, lower <= next <= upper; or NULL.
                                   Without any of the three every change is taken for exact.         */
    double   level;             /* of that interval, 0.01..0.999999; 0.8                             */
    double   rate;              /* in (0, 1); 0.1                                                    */
} psc_changes;

typedef struct psc_ranked {
    int64_t index;              /* of the shard                                                      */
    double  change;             /* next - now                                                        */
    double  now, next;
    double  z;                  /* change in standard deviations, cut at +-PSC_MAX_Z                 */
    double  probability;        /* that the load will lie on this side of now: Phi(|z|)              */
    double  p;                  /* of so large a |z| where nothing changes: 2 Phi(-|z|)              */
} psc_ranked;

typedef struct psc_rank_info {
    int64_t ups, downs;         /* entries written                                                   */
    int64_t up_total, down_total;       /* changes that count, whatever the capacities               */
    double  limit;              /* largest p that counts; below 0: none does                         */
} psc_rank_info;

PSC_API void   psc_changes_default(psc_changes *changes);
PSC_API size_t psc_rank_size(const psc_changes *changes);       /* bytes of work; 0: not valid */

/* Which of n shards will grow most and which will shrink most: the workload forecast as a ranked list. A change within
 * the noise is not ranked.
 *   z = (next - now) / sd, sd the spread, or the half of the interval on the side of now over the normal score of its
 *       end: with q = Phi^-1(1/2 + level/2), (next - lower) / q where the load grows, (upper - next) / q where it
 *       shrinks
 *   PSC_RANK_RATE: Benjamini and Hochberg 1995 over all n p-values: the largest k with p(k) <= k rate / n; those up to
 *       k rate / n count. The share of false ones among them is expected to be rate times the share of shards that do
 *       not change, at most, where errors are independent or positively dependent (Benjamini and Yekutieli 2001), as
 *       far as the spreads are right. A change of 0 never counts.
 *   up         at most up_capacity shards with change > 0 that counts, largest change first
 *   down       at most down_capacity shards with change < 0 that counts, most negative first
 * Equal changes: the lower index first. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (larger in size than
 * PSC_MAX_VALUE; a spread below 0; lower > next or next > upper; spread and interval both).
 * Cost: O(n log capacity). */
PSC_API psc_status psc_rank_shards(const psc_changes *changes, void *work, size_t bytes, psc_ranked *up,
                                   size_t up_capacity, psc_ranked *down, size_t down_capacity, psc_rank_info *info);

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

/* =================================================================================================
 * PART 7 - SCALING (predscale.c): producers, the scaler, reports as JSON
 * ============================================================================================== */

/* A producer is whatever makes load: a process, a shard, a tenant. It folds its own requests into bins of time and
 * now and then sends a report of a few hundred bytes. The scaler takes the reports of all producers, or the load as
 * the host measures it, and says how many units (machines, pods) to order or to release:
 *
 *     request --> producer --> report --(JSON)--> scaler --> decision --(JSON)--> the host's orchestrator
 */

enum {
    PSC_RESOURCE_REQUESTS = 0,  /* requests a second                                                 */
    PSC_RESOURCE_CPU = 1,       /* CPU seconds a second: cores in use                                */
    PSC_RESOURCE_MEMORY = 2,    /* bytes in use                                                      */
    PSC_RESOURCE_NETWORK = 3,   /* bytes a second                                                    */
    PSC_RESOURCES = 4,
    PSC_REPORT_POINTS = 4       /* horizons of a report, at most                                     */
};

/* ==== Producer ================================================================================== */

typedef struct psc_request {
    int64_t  at;                /* nanoseconds since an epoch of the producer's own, >= 0            */
    uint64_t source;            /* who asked: an id or a hash                                        */
    int32_t  type;              /* 0..types-1                                                        */
    int32_t  reserved;
    double   size;              /* complexity in any unit that the type's requests share, >= 0; 1 if unknown */
    double   cpu;               /* CPU seconds                              >= 0, NaN: not measured  */
    double   memory;            /* bytes times the seconds they were held   >= 0, NaN: not measured  */
    double   network;           /* bytes in and out                         >= 0, NaN: not measured  */
} psc_request;

typedef struct psc_producer_config {
    uint32_t struct_size;
    int32_t  types;             /* 1..PSC_MAX_TYPES; 1                                               */
    int64_t  id;                /* the producer's place in the scaler, >= 0; 0                       */
    int64_t  bin_ns;            /* length of a bin, 1 ms .. 1 day; 1 minute                          */
    int32_t  window;            /* bins that stay open for late requests, 1..64; 2                   */
    int32_t  sources;           /* heavy sources that are told apart, a multiple of 4, 0..4096; 16   */
    int32_t  period1, period2;  /* seasons in bins, as psc_tracker_config has them; 0, 0             */
} psc_producer_config;

enum { PSC_MAX_TYPES = 64 };

typedef struct psc_producer psc_producer;   /* a state, PSC_TYPE_PRODUCER */

PSC_API void       psc_producer_default(psc_producer_config *config);
PSC_API size_t     psc_producer_size(const psc_producer_config *config);
PSC_API psc_status psc_producer_init(psc_producer *producer, size_t bytes, const psc_producer_config *config);

/* Folds one request into its bin, floor(at / bin_ns).
 * A cost that is NaN is taken from the model of the type, size * sum(cost) / sum(size) over its requests that
 * measured it, the older ones discounted by 1/1000 a request; 0 before the first.
 * Heavy sources are counted by Space-Saving (Metwally, Agrawal and El Abbadi 2005) in sets of four by a hash of the
 * source, decayed by 1/64 a bin; what is pushed out goes to the pool of the rest.
 * A request later than the newest bin moves time on, as psc_producer_advance does.
 * Errors: PSC_ERR_STALE (its bin is closed: at or before newest bin - window); PSC_ERR_RANGE (at < 0, type, a size or
 * cost beyond 0..PSC_MAX_METRIC; more than 256 bins ahead: call psc_producer_advance first).
 * Cost: O(1); O(types) trackers for each bin that it closes. */
PSC_API psc_status psc_producer_observe(psc_producer *producer, const psc_request *request);

/* It is `now`, and the producer is up: the bin of now is seen, even if no request comes. Bins that are seen and have
 * no request count as 0; bins that nobody has seen (the process was down) are missing, and not 0. Closes at most 256
 * bins a call: PSC_MORE if there are more. Errors: PSC_ERR_RANGE (now < 0). Cost: O(types) trackers a bin closed. */
PSC_API psc_status psc_producer_advance(psc_producer *producer, int64_t now);

/* A heavy source. Its true load is at most load and at least load - error. */
typedef struct psc_source {
    uint64_t source;
    double   load, error;       /* decayed sums of size                                              */
} psc_source;

/* The heaviest sources, heaviest first, and the load of the rest. count: how many were written, <= capacity.
 * Cost: O(sources * capacity). */
PSC_API psc_status psc_producer_sources(const psc_producer *producer, psc_source *out, size_t capacity, size_t *count,
                                        double *rest);

/* Forecast of one type, `bins` bins after the newest closed one (1..PSC_MAX_HORIZON): requests a second at a level. */
PSC_API psc_status psc_producer_type(const psc_producer *producer, int32_t type, size_t bins, double level, double *out);

/* ==== Report ==================================================================================== */

enum {
    PSC_ADVICE_NONE = 0,        /* what there is suits the forecast, or no capacity is known         */
    PSC_ADVICE_FULL = 1,        /* more: the resource is above its target now                        */
    PSC_ADVICE_GROWTH = 2,      /* more: it will be above its target within the horizon              */
    PSC_ADVICE_IDLE = 3         /* less: even the upper bounds leave half of the target free         */
};

typedef struct psc_report {
    uint32_t struct_size;
    int32_t  points;            /* horizons in use, 1..PSC_REPORT_POINTS                             */
    int64_t  producer;          /* >= 0                                                              */
    uint64_t epoch, sequence;   /* as those of a beat                                                */
    int64_t  made_at;           /* nanoseconds, >= 0                                                 */
    double   level;             /* share of outcomes that lower..upper should hold, in (0, 1)        */
    double   confidence;        /* 0..1: how far the forecast was learned from whole data            */
    int64_t  horizon[PSC_REPORT_POINTS];                        /* nanoseconds ahead, > 0, rising    */
    double   now[PSC_RESOURCES];
    double   capacity[PSC_RESOURCES];                           /* NaN: not known                    */
    double   expected[PSC_REPORT_POINTS * PSC_RESOURCES];       /* of point p: [p * PSC_RESOURCES + resource] */
    double   lower[PSC_REPORT_POINTS * PSC_RESOURCES];
    double   upper[PSC_REPORT_POINTS * PSC_RESOURCES];
    int32_t  advice;            /* PSC_ADVICE_...                                                    */
    int32_t  advice_resource;   /* which                                                             */
    double   advice_share;      /* +0.2: 20 % more than capacity                                     */
    double   advice_amount;     /* the same in units of the resource                                 */
} psc_report;

/* All zero; points 3, horizons of 5, 10 and 15 minutes, level 0.9, capacity not known. */
PSC_API void psc_report_default(psc_report *report);

/* Fills now, confidence, the forecasts and the advice. Read from report, as psc_report_default sets them or the host
 * changes them: points, horizon, level, capacity, epoch, sequence. Forecasts are the trackers': the median and the
 * quantiles (1 -+ level) / 2, of the resource's total, cut to 6 significant digits so that the text is short.
 *     confidence = share of bins seen among those closed, discounted as 1/256 a bin, times min(1, closed bins / 2
 *                  periods), periods: the shortest season, 30 where there is none
 *     advice     need = largest upper bound of any point / target, of each resource with a capacity; the resource with
 *                the largest need / capacity. FULL if now / target > capacity, else GROWTH if need > capacity, IDLE if
 *                need < capacity / 2; share = need / capacity - 1
 *   target     share of the capacity that should be in use, 0.05..1
 * Errors: PSC_ERR_RANGE (now before the newest bin, a horizon beyond PSC_MAX_HORIZON bins, the fields read).
 * Cost: 12 predictions of a tracker a point. */
PSC_API psc_status psc_producer_report(const psc_producer *producer, int64_t now, double target, psc_report *report);

/* Every range stated above. lower <= expected <= upper; all loads finite, 0..PSC_MAX_METRIC.
 * Errors: PSC_ERR_VERSION, PSC_ERR_NONFINITE, PSC_ERR_RANGE. Cost: O(points). */
PSC_API psc_status psc_report_check(const psc_report *report);

/* Where a report will be short. */
typedef struct psc_bottleneck {
    int32_t resource;
    int32_t reserved;
    double  probability;        /* that the load exceeds the capacity at some point: the largest of any */
    double  seconds;            /* until the expected load reaches the capacity; -1: not within the horizons */
    double  use;                /* largest expected load / capacity                                  */
} psc_bottleneck;

/* The resources with a known capacity, the first to be short first: those with seconds >= 0 by seconds, then the others
 * by probability; ties by the lower resource. Between now and the points the expected load is a line. The
 * probability is that of a normal law through the interval, its upper half for capacities above the expected load and
 * its lower half below. count: 0..PSC_RESOURCES of out. Errors: as psc_report_check. Cost: O(points). */
PSC_API psc_status psc_report_bottlenecks(const psc_report *report, psc_bottleneck *out, size_t capacity, size_t *count);

/* ==== Demand ==================================================================================== */

/* The load a boot time ahead that will not be exceeded with a given probability, learned as it goes. In units, u = load
 * / unit, all on square roots: the quantile is a linear mixture of what several forecasters say,
 *     q = w1 quantile of a tracker at that lead + w2 its median + w3 last value + w4 largest of the last 4
 *       + w5, w6 means with gains 0.3 and 0.05 + w7 largest of the 3 values around one season before
 *       + w8 |last - mean| + w9 + w10 quantile at this phase + offset
 * The weights start at the tracker's and follow the pinball loss by gradient steps with diagonal scaling (Duchi,
 * Hazan and Singer 2011); so does the table of quantiles over the phase (bursts on the hour), by steps of 1/5 of
 * the root of a unit. The offset is the online conformal part (Gibbs and Candes 2021): each outcome above the quantile moves it by
 * g * e * level, each below by -g * e * (1 - level), e the mean error of the last value and g = 0.005; so that over T
 * steps the share of outcomes above differs from 1 - level by no more than (change of the offset) / (g * e * T),
 * whatever the series does, as long as e stays what it is. */
typedef struct psc_demand_config {
    uint32_t struct_size;
    int32_t  period1, period2;  /* seasons in steps, as psc_tracker_config has them; 0, 0            */
    int32_t  phase;             /* steps of a clock period whose phase matters (an hour), 0 or 1: none, at most
                                   PSC_MAX_PERIOD; 0                                                 */
    double   unit;              /* load that one unit serves within its objective, 1e-9..PSC_MAX_VALUE; 1 */
    double   order;             /* level at which units are ordered, 0.5..0.9999; 0.93               */
    double   keep;              /* level at which units that run are kept, 0.5..0.9999; 0.95         */
} psc_demand_config;

enum { PSC_MAX_LEAD = 32 };

typedef struct psc_demand psc_demand;       /* a state, PSC_TYPE_DEMAND */

typedef struct psc_demand_now {
    double  expected;           /* median load at the lead                                           */
    double  order;              /* load not exceeded at the lead with probability config.order       */
    double  keep;               /* largest quantile at config.keep of the steps up to the lead; between order and
                                   1.2 * order + one unit                                            */
    double  violated;           /* share of the outcomes so far above what order had said; 0 before any */
    int64_t outcomes;           /* how many there were                                               */
} psc_demand_now;

PSC_API void       psc_demand_default(psc_demand_config *config);
PSC_API size_t     psc_demand_size(const psc_demand_config *config);
PSC_API psc_status psc_demand_init(psc_demand *demand, size_t bytes, const psc_demand_config *config);

/* Takes the load of the next step (>= 0; NaN: missing, only time goes on) and says what is needed `lead` steps after it.
 *   lead  1..PSC_MAX_LEAD; may change from step to step
 * Errors: PSC_ERR_NONFINITE (an infinity), PSC_ERR_RANGE. Cost: O(lead). */
PSC_API psc_status psc_demand_observe(psc_demand *demand, double load, int32_t lead, psc_demand_now *now);

/* ==== Scaler ==================================================================================== */

typedef struct psc_scaler_config {
    uint32_t struct_size;
    int32_t  producers;         /* reports that are kept, by psc_report.producer: 0..65536; 0        */
    int64_t  step_ns;           /* time between calls of psc_scaler_step, 1 ms .. 1 day; 1 minute    */
    int64_t  boot_ns;           /* from an order to a unit that serves, 0 .. 31 steps; 5 minutes     */
    int64_t  out_cooldown_ns;   /* least time between two orders, 0 .. 1 day; 0                      */
    int64_t  in_cooldown_ns;    /* least time from an order or a release to a release, 0 .. 1 day; 0 */
    int64_t  starts_ns;         /* window of max_starts, 1 ms .. 30 days; 1 hour                     */
    int64_t  max_starts;        /* units started a window, 1 .. 2^31; 2^31                           */
    int64_t  min_units, max_units;      /* 0 <= min <= max <= 2^31, max >= 1; 1, 2^31                */
    int64_t  stale_ns;          /* age from which a report is widened, >= 0; 3 minutes               */
    int64_t  forget_ns;         /* age from which it is dropped, >= stale_ns; 1 hour                 */
    double   miss_price;        /* what a missing unit costs a step, of a running one's price, 1..1000; 20 */
    double   jump;              /* a report counts up to so many times its own usual value, or the fleet's mean one
                                   if that is more, 1..1e6; 8                                        */
    double   unit[PSC_RESOURCES];       /* load that one unit serves, of each resource; 0: does not limit;
                                           default 1 of requests, 0 of the others                    */
    int32_t  period1, period2, phase;   /* as psc_demand_config                                      */
    int32_t  reserved;
} psc_scaler_config;

typedef struct psc_scaler psc_scaler;       /* a state, PSC_TYPE_SCALER */

PSC_API void       psc_scaler_default(psc_scaler_config *config);
PSC_API size_t     psc_scaler_size(const psc_scaler_config *config);
PSC_API psc_status psc_scaler_init(psc_scaler *scaler, size_t bytes, const psc_scaler_config *config);

/* Takes a report. The host authenticates it. received_at is of the scaler's own clock, so that a producer's clock
 * does no harm. Refused, with nothing changed: PSC_ERR_RANGE and as psc_report_check; PSC_ERR_STALE, PSC_ERR_REPEAT as
 * for beats. Values above the cap of config.jump are cut to it; the usual value follows what is taken with gain 1/20, so
 * that a liar's part grows by at most a factor of 1 + (jump - 1) / 20 a report. Cost: O(1). */
PSC_API psc_status psc_scaler_report(psc_scaler *scaler, const psc_report *report, int64_t received_at);

/* A unit that was ordered serves after boot_ns >= 0. From the third on the lead is the 0.9 quantile of what was seen,
 * by gradient steps of 1/20 of mean and quantile; before, and if none is ever told, it is config.boot_ns. Cost: O(1). */
PSC_API psc_status psc_scaler_booted(psc_scaler *scaler, int64_t boot_ns);

/* The reports of all producers as one, at time now: a producer's forecast at a horizon is read from the line through
 * its points at its age + horizon. Errors of producers have the correlation rho that was seen at the steps before,
 *     sd^2 = (1 - rho) sum s_i^2 + rho (sum s_i)^2,     s_i: half the width of an interval over its normal score
 * Beyond stale_ns the width grows by sqrt(1 + age / stale_ns). A producer that was dropped, or not heard yet, counts as
 * the mean of the others with an interval from 0 to twice that. Capacities are summed where all of them are known.
 * confidence is the mean of the reports', a stale one's halved, a missing one's 0.
 *   out  horizons, points and level as the caller has set them (psc_report_default); the rest is filled
 * With no report taken all is 0. Cost: O(producers * points). */
PSC_API psc_status psc_scaler_total(const psc_scaler *scaler, int64_t now, psc_report *out);

enum {
    PSC_SCALE_HOLD = 0,         /* as many as are needed                                             */
    PSC_SCALE_OUT = 1,          /* order: the load a boot time ahead needs them                      */
    PSC_SCALE_IN = 2,           /* release: no step until a new unit could serve needs them          */
    PSC_SCALE_COOLDOWN = 3,     /* it would, but for a cool-down                                     */
    PSC_SCALE_BUDGET = 4,       /* it orders fewer than it would: the budget of starts               */
    PSC_SCALE_BOUND = 5         /* min_units or max_units decides                                    */
};

typedef struct psc_decision {
    int64_t units;              /* wanted in all: active and booting                                 */
    int64_t change;             /* units - active - pending                                          */
    int32_t reason;             /* PSC_SCALE_...                                                     */
    int32_t resource;           /* that needs the most units                                         */
    int32_t lead;               /* steps to the moment that counts: boot time, rounded up, and 1     */
    int32_t reserved;
    double  expected, upper;    /* load of that resource then: median, and what units were ordered for */
    double  confidence;         /* 0..1                                                              */
    double  rho;                /* correlation of the producers' errors; 0 with fewer than 2         */
    double  violated;           /* share of steps so far whose load was above `upper` of their time  */
    double  vertical;           /* instead: each active unit larger by this share, 0: no need        */
    int64_t vertical_units;     /* the units that would do with, units - change                      */
} psc_decision;

/* One step of config.step_ns.
 *   load      [PSC_RESOURCES] measured in this step, NaN: missing; or NULL: the sums of the reports (psc_scaler_total)
 *   active    units that serve now, pending units ordered that do not serve yet, >= 0, at most 2^31
 * With order and keep of psc_demand_now, the margin above `expected` divided by max(1/4, confidence) (1 where load is
 * given), and with the total report's median at the lead, where there is one, as a floor of both:
 *     out   to ceil(order / unit), if that is more than there are;       level P / (P + 3/2), P = miss_price
 *     in    to ceil(keep / unit), if that is less than there are;        level P / (P + 1)
 * of the resource for which they are largest: the newsvendor's quantiles. A unit that runs in vain costs 1 a step; one that
 * is ordered in vain costs more, as it is paid while it boots: 3/2, chosen on the development series. keep covers all steps before a unit ordered
 * now would serve, so that a release is never undone by a forecast already known.
 * Then cool-downs, the budget of starts (a bucket of max_starts that fills evenly in starts_ns), min and max, which
 * comes last. Errors: PSC_ERR_RANGE, PSC_ERR_NONFINITE (load). Cost: O(producers + lead). */
PSC_API psc_status psc_scaler_step(psc_scaler *scaler, int64_t now, const double *load, int64_t active, int64_t pending,
                                   psc_decision *decision);

/* ==== JSON ====================================================================================== */

/* Texts are ASCII, without blanks, not ended by a 0. Numbers are written with the shortest decimals up to 9 places that
 * give them back, else with 17 significant digits: reading gives the same bits. Readers take blanks anywhere JSON
 * does and members in any order; they refuse with PSC_ERR_FORMAT what is not JSON of exactly this schema: a member
 * missing, unknown or twice, another type, NaN, a number longer than 32 characters or beyond its range, escapes in names,
 * deeper nesting, bytes after the end; with PSC_ERR_VERSION another version; with PSC_ERR_SPACE a text longer than
 * PSC_MAX_JSON. They look at each byte once, keep no stack and read no locale. Cost: O(bytes).
 *
 * report  {"version":1,"kind":"report","producer":7,"epoch":1,"sequence":12,"made_at_ns":0,"level":0.9,"confidence":1,
 *          "horizon_ns":[300000000000],
 *          "requests_per_s":{"now":9,"capacity":null,"expected":[10],"lower":[8],"upper":[13]},
 *          "cpu_s_per_s":{...},"memory_bytes":{...},"network_bytes_per_s":{...},
 *          "advice":{"reason":"growth","resource":"cpu_s_per_s","share":0.2,"amount":1.5}}
 *         capacity null: not known; reason one of none, full, growth, idle; arrays as long as horizon_ns
 * beat    {"version":1,"kind":"beat","node":3,"epoch":1,"sequence":12,"sent_at_ns":0,"shards":4,
 *          "metrics":[12.5,null]}
 *         null: not reported. sender and received_at are not in it: the host knows them. */

#define PSC_MAX_JSON 16384      /* bytes of a text that a reader takes; no writer makes a longer one     */

/* Errors: PSC_ERR_SPACE (capacity too small), and as psc_report_check. */
PSC_API psc_status psc_report_write(const psc_report *report, char *text, size_t capacity, size_t *length);
PSC_API psc_status psc_report_read(const char *text, size_t length, psc_report *report);

/* sender and received_at of beat are set to node and 0 by reading. metric: [capacity] filled up with NaN. */
PSC_API psc_status psc_beat_write(const psc_beat *beat, const double *metric, int32_t metrics, char *text,
                                  size_t capacity, size_t *length);
PSC_API psc_status psc_beat_read(const char *text, size_t length, psc_beat *beat, double *metric, int32_t capacity);

/* The advice in words, "cpu +20 %", "memory +1.5 GiB (will be short)"; "no change". */
PSC_API psc_status psc_report_advice(const psc_report *report, char *text, size_t capacity, size_t *length);

/* A decision as what an orchestrator takes. Names: 1..63 of a-z 0-9 - ., no - or . at either end.
 *   hpa      body of a PATCH (merge) of a Kubernetes autoscaling/v2 HorizontalPodAutoscaler: minReplicas is units, so
 *            that the HPA's own rule can go above it and never below
 *   metrics  an external.metrics.k8s.io/v1beta1 ExternalMetricValueList with one value, the units; seconds since 1970
 *   group    body of a SetDesiredCapacity call of an EC2 Auto Scaling group
 * Errors: PSC_ERR_RANGE (a name; units outside 1..max_units, 0..max_units for group; seconds outside 0..253402300799). */
PSC_API psc_status psc_decision_hpa(const psc_decision *decision, int64_t max_units, char *text, size_t capacity,
                                    size_t *length);
PSC_API psc_status psc_decision_metrics(const psc_decision *decision, const char *name, int64_t seconds, char *text,
                                        size_t capacity, size_t *length);
PSC_API psc_status psc_decision_group(const psc_decision *decision, const char *name, char *text, size_t capacity,
                                      size_t *length);

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
