/* predscale.h - telemetry in, decisions out, before things go wrong.
 *
 * predscale is four files (this one, predscale.c, forecast.c, partition.c) that a server copies into its
 * tree. It computes what load is coming, with probabilities; which node is about to fail; which node
 * should take a request; how far the shards are from balance; which of them should move where, in which
 * order and how safely; what to split, merge and copy for reads. It never measures, sends, stores or
 * waits: the host does.
 *
 *     heartbeat --> node state --> instability --> failure probability --\
 *     counts ----> tracker -----> forecast (per shard, with quantiles) ---> imbalance --> plan --> waves
 *     request ---> request cost --> personas of the nodes --> assignment --> outcome (feeds back)
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
    PSC_ERR_STALE = -12,        /* a beat is older than the window of late ones                     */
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
    PSC_STRUCT_STATE = 1, PSC_STRUCT_BEAT, PSC_STRUCT_NODE_CONFIG, PSC_STRUCT_NODE_SCORE, PSC_STRUCT_FAILURE_CONFIG,
    PSC_STRUCT_TRACKER_CONFIG, PSC_STRUCT_DRIFT, PSC_STRUCT_SERIES, PSC_STRUCT_NAIVE_OPTIONS, PSC_STRUCT_SAR_OPTIONS,
    PSC_STRUCT_THETA_OPTIONS, PSC_STRUCT_DECOMPOSITION_OPTIONS, PSC_STRUCT_CROSTON_OPTIONS, PSC_STRUCT_ETS_OPTIONS,
    PSC_STRUCT_AR_OPTIONS, PSC_STRUCT_ARIMA_OPTIONS, PSC_STRUCT_ADDITIVE_OPTIONS, PSC_STRUCT_GRU_OPTIONS,
    PSC_STRUCT_FORECAST_CONFIG, PSC_STRUCT_FORECAST_INFO, PSC_STRUCT_FORECAST_MEMBER, PSC_STRUCT_BACKTEST_CONFIG,
    PSC_STRUCT_ACCURACY, PSC_STRUCT_PARTS, PSC_STRUCT_REGRESSORS_CONFIG, PSC_STRUCT_REGRESSORS_INFO, PSC_STRUCT_EVENT,
    PSC_STRUCT_CALENDAR, PSC_STRUCT_HIERARCHY, PSC_STRUCT_RECONCILE_INFO, PSC_STRUCT_CHANGES, PSC_STRUCT_RANKED,
    PSC_STRUCT_RANK_INFO, PSC_STRUCT_BALANCE, PSC_STRUCT_CLUSTER, PSC_STRUCT_IMBALANCE, PSC_STRUCT_PLAN_CONFIG,
    PSC_STRUCT_PLAN_INFO, PSC_STRUCT_REFUSAL, PSC_STRUCT_WAVES_CONFIG, PSC_STRUCT_MOVE, PSC_STRUCT_WAVES_INFO,
    PSC_STRUCT_FAILURE_REPORT, PSC_STRUCT_THRESHOLD_CONFIG, PSC_STRUCT_SHIFT, PSC_STRUCT_SILENCE_CONFIG,
    PSC_STRUCT_SILENCE_REPORT, PSC_STRUCT_RELIEF, PSC_STRUCT_RELIEF_INFO,
    PSC_STRUCT_PAIR, PSC_STRUCT_FAULT, PSC_STRUCT_PROVISION,
    PSC_STRUCT_PERSONAS_CONFIG, PSC_STRUCT_PERSONA_BEAT, PSC_STRUCT_REQUEST, PSC_STRUCT_ASSIGNMENT, PSC_STRUCT_OUTCOME,
    PSC_STRUCT_PERSONA,
    PSC_STRUCT_SPLIT_CONFIG, PSC_STRUCT_SPLIT_VIEW, PSC_STRUCT_SPLIT_ORDER, PSC_STRUCT_ECHO_CONFIG,
    PSC_STRUCT_ECHO_NODES, PSC_STRUCT_ECHO_ROUTE, PSC_STRUCT_ECHO_ORDER, PSC_STRUCT_ECHO_BLOCK, PSC_STRUCT_MAP_CONFIG,
    PSC_STRUCT_MAP_CHANGE, PSC_STRUCT_MAP_PLACE, PSC_STRUCT_MAP_FAULT,
    PSC_STRUCT_MESSAGE, PSC_STRUCT_TRANSFER_CONFIG, PSC_STRUCT_TRANSFER_EVENT, PSC_STRUCT_TRANSFER_ACTION,
    PSC_STRUCT_TRIAL_CONFIG, PSC_STRUCT_TRIAL_PAIR, PSC_STRUCT_TRIAL_INFO, PSC_STRUCT_STAGES_CONFIG,
    PSC_STRUCT_STAGES_INPUT,
    PSC_STRUCT_STAGES_OUTPUT, PSC_STRUCT_WAY, PSC_STRUCT_BLOCKS_INFO,
    PSC_STRUCT_USAGE, PSC_STRUCT_PRODUCER_CONFIG, PSC_STRUCT_SOURCE, PSC_STRUCT_REPORT, PSC_STRUCT_BOTTLENECK,
    PSC_STRUCT_DEMAND_CONFIG, PSC_STRUCT_DEMAND_NOW, PSC_STRUCT_SCALER_CONFIG, PSC_STRUCT_DECISION,
    PSC_STRUCT_OUTLOOK_CONFIG, PSC_STRUCT_SURGE, PSC_STRUCT_CONTROL, PSC_STRUCT_ORDER, PSC_STRUCT_CONTROL_INFO,
    PSC_STRUCT_END
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
    PSC_TYPE_ANY = 0, PSC_TYPE_TRACKER = 1, PSC_TYPE_NODE = 2, PSC_TYPE_FAILURE = 3, PSC_TYPE_THRESHOLD = 4,
    PSC_TYPE_SILENCE = 5, PSC_TYPE_PERSONAS = 6, PSC_TYPE_SPLIT = 7, PSC_TYPE_ECHO = 8, PSC_TYPE_MAP = 9,
    PSC_TYPE_TRANSFER = 10, PSC_TYPE_TRIAL = 11, PSC_TYPE_STAGES = 12,
    PSC_TYPE_PRODUCER = 13, PSC_TYPE_DEMAND = 14, PSC_TYPE_SCALER = 15, PSC_TYPE_OUTLOOK = 16,
    PSC_TYPE_END
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
    uint64_t sequence;          /* rises by 1 a beat within an epoch, best from 0; after 2^64 - 1 comes 0 */
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
    int64_t  learn;             /* reports of a metric before it counts, 2..2^31; 60                 */
    int64_t  memory;            /* beats that the baseline remembers, 2..2^31; 10000                 */
    int64_t  interval_ns;       /* expected time between beats, 1 ms .. 1 day; 1 s                   */
    int64_t  pause_ns;          /* lateness that is no sign of failure, 0 .. 1 day; 0                */
    int64_t  day_ns;            /* period of the load, 48 ms .. 31 days; 0: none, one bin for all times; 1 day */
    int64_t  step_ns;           /* a step of the signs, 1 ms .. 1 day; 30 s                          */
    uint64_t max_jump;          /* largest step of the sequence in one epoch, 1..2^62; 2^20          */
    double   winsor;            /* standard deviations at which a value is cut before it is learned,
                                   1..100; 5 (notes: one outlier must not widen the baseline)        */
    double   relative_floor;    /* the standard deviation of metrics 0..6 is at least this share of |mean|,
                                   0..1; 0.01. The host's own have a zero that means nothing.        */
    const double *floor;        /* [metrics] least standard deviation of each, > 0; NULL: 1 request/s,
                                   0.1 ms, 0.005, 0.01, 0.01, 1 byte/s, 1 request/s, 1e-9 for the host's */
} psc_node_config;

typedef struct psc_node psc_node;   /* a state, PSC_TYPE_NODE */

PSC_API void psc_node_default(psc_node_config *config);

/* Bytes of the state: 1344 + 1856 * metrics. 0: config is not valid. */
PSC_API size_t psc_node_size(const psc_node_config *config);

/* Makes mem the state of a node that was never heard of. Cost: O(metrics). Errors: common ones. */
PSC_API psc_status psc_node_init(psc_node *node, size_t bytes, const psc_node_config *config);

/* Takes one beat.
 *   metric  [metrics of the config], NaN: not reported
 * For a value x, after the first of its metric was taken off it, with w = max(1 / (count + 1), 1 / memory), count
 * reports taken before, and every number as it was before this beat:
 *   time of day  48 bins of day_ns by received_at, two sets of them: days 2 and 3 of each seven (Saturday and Sunday of
 *     the Unix clock) have their own. An empty bin borrows from the other set, then from the mean.
 *         r = x - bin,    bin += max(0.02, 1 / (its count + 1)) (x - bin)
 *     share = 1 - mean r^2 / mean (x - mean)^2, this beat in both, of reports from the 50th on that had a bin; where it is
 *     at most 0.3, x - mean takes the place of r in z.
 *   deviation  z = |r - mean r| / max(sd r, floor, relative_floor |mean|, 0.03 (largest - smallest), 1e-6 |mean|)
 *     sd^2 = (1 - w) (sd^2 + w (x - mean)^2), mean += w (x - mean)   (West 1979), x cut to mean +- winsor sd first
 *     held z += (z - held z) / 8            a mean of 15 beats
 *   AR residual  u[t] = (x - mean) / sd, e = |u[t] - a1 u[t-1] - a2 u[t-2] - a3 u[t-3]| in standard deviations of its
 *     own; a from running products of u and its lags, anew every 16 reports (Durbin 1960); held e += (e - held e) / 3
 *   drift  d += 2/9 ((x - m0) / s0 - d), m0 and s0 the mean and sd at the end of the learning time
 *   novelty  v1: distance of x from the nearest value seen, in widths of the range seen; at most 64 values are kept,
 *     none nearer to another than 0.02 of the range, and one that did not return for 4000 reports is forgotten.
 *     v2: the same of a mean of 6 of r, times share, where share > 0.5.   v = v1^2 + 0.8 v2^2
 * A metric has no z and no e before 30 reports.
 * Over the metrics with `learn` reports (psc_node_score gives them):
 *     z = mean of the 3 largest held z;   joint = mean ln(1 + held e / max(0.05, 3 mean of held e));
 *     drift = mean ln(1 + |d|);
 *     level = max(z joint^0.75, z1 j1 / 2), z1 and j1 as z and joint of this beat alone
 *     onset = max(0, v - 0.85 mark) min(1, quiet / 500)^2, v the largest of the metrics, mark = max(0.96 mark, v),
 *     quiet the beats since v - 0.85 mark was last above 0.001
 * The interval between two beats next to each other in number enters a mean and sd of the intervals as x does, uncut;
 * they start at interval_ns and a quarter of it, which count as one interval. Its distance |interval - mean| /
 * max(sd, interval_ns / 10, mean / 10), held as z is, is the jitter; it takes part in z after `learn` intervals. An
 * interval is left out when the clock stood or went back, when beats are missing between the two, and when it exceeds
 * ten expected ones: a pause must not teach the detector that pauses are normal (Akka, PhiAccrualFailureDetector).
 * Order. The beats of an epoch are folded in the order of their numbers. One whose predecessor has not come waits,
 * until that comes or the newest number is eight beyond it; what never comes is then given up. So the state is the same
 * whatever the order in which beats of the last 8 numbers come, and however often. psc_node_score_at looks at the
 * waiting ones as well, but for novelty, profile, intervals and signs. The numbers of an epoch are awaited from seven
 * before the first that came, or from 0. A larger epoch folds what waits, starts new numbers and keeps the baseline. A
 * sender whose counter begins anew MUST raise its epoch. Silence is counted from the newest number's received_at as it
 * is: a clock that jumped and came back does harm until the next beat and no longer.
 * Refused, with nothing changed: PSC_ERR_FORGED (beat->node is not this node, or sender is not node), PSC_ERR_STALE
 * (older epoch, or a number of this epoch 8 or more behind the newest), PSC_ERR_REPEAT (this number was taken before,
 * or lies before the 0 that the epoch began with), PSC_ERR_IMPOSSIBLE (number further ahead than max_jump, so that a
 * wild one cannot silence the node until it restarts; shards < 0; a metric outside the range above, an infinity, or
 * larger in size than PSC_MAX_METRIC). The order of these tests is the order of this list.
 * Cost: O(metrics), of up to 8 beats; 0.5 us a beat with 8 metrics, 2.1 us with 38. */
PSC_API psc_status psc_node_observe(psc_node *node, const psc_beat *beat, const double *metric);

/* Many beats in one call: nodes of one configuration that lie one after another in block.
 *   beat, of, metric, result   [count], beat i for node of[i] with metrics metric[i * metrics ..], in order; result[i]
 *                              is what psc_node_observe says of it, which does not keep the others from being taken
 * Errors: PSC_ERR_RANGE (an index outside 0..nodes-1; then none is taken). Cost: O(nodes * metrics + beats'). */
PSC_API psc_status psc_nodes_observe(void *block, size_t nodes, size_t count, const psc_beat *beat, const int32_t *of,
                                     const double *metric, psc_status *result);

/* Epoch and received_at of the newest beat. Errors: PSC_ERR_EMPTY (none was taken). Cost: O(1). */
PSC_API psc_status psc_node_heard(const psc_node *node, uint64_t *epoch, int64_t *at);

/* SIGNS. What metrics 0..5 (rate to network) say of a failure, by means of steps of step_ns. The base of each metric is
 * an exponential mean of 240 steps (two hours), cut at 0.1 (CPU, memory) or half of itself from the 30th on. It begins
 * with its first step above 0; that of errors may be 0, which counts as 0.0002 when it is cut. CPU, latency and network
 * follow the rate, which is no fault: expected is base (1 + f (rate / base rate - 1)), f learned by least squares over
 * the same 240 steps with a prior of 0.5, and what enters the base is the mean at the usual rate.
 * "Recent" is the last five steps of this epoch; a metric that was not reported in a step was as usual. */
enum {
    PSC_SIGN_MEMORY = 0,        /* recent mean, a share                                              */
    PSC_SIGN_MEMORY_ABOVE = 1,  /* the same less its base                                            */
    PSC_SIGN_MEMORY_RISE = 2,   /* newest step less the one 60 steps ago, or the first of the epoch  */
    PSC_SIGN_ERRORS = 3,        /* ln of the recent least share over its base, both + 0.0002: a burst that ends
                                   within five steps is no sign                                      */
    PSC_SIGN_LATENCY = 4,       /* ln of the recent mean over what is expected                       */
    PSC_SIGN_CPU = 5,           /* recent mean, a share                                              */
    PSC_SIGN_CPU_ABOVE = 6,     /* the same less what is expected                                    */
    PSC_SIGN_NETWORK = 7,       /* ln of the last step over what is expected: work that no request asked for */
    PSC_SIGN_LATE = 8,          /* mean interval of the last step over interval_ns, less 1           */
    PSC_SIGNS = 9
};

#define PSC_MAX_Z 1000.0        /* |z| is cut here: beyond, more says nothing                        */

/* How a node stands at a moment. */
typedef struct psc_node_score {
    double  instability;        /* 0..1: the larger of level / (level + 4) and phi / (phi + 8)       */
    double  level;              /* see above; a quiet node's is below 1                              */
    double  z;                  /* the extreme: mean of the three largest held |z|, 0..PSC_MAX_Z     */
    double  joint;              /* mean logarithm of 1 + AR errors of all metrics                    */
    double  drift;              /* mean logarithm of 1 + distance from the learning time             */
    double  phi;                /* suspicion from the missing beat, 0..PSC_MAX_PHI                   */
    double  jitter;             /* held distance of the intervals from their mean, 0..PSC_MAX_Z      */
    double  onset;              /* > 0 at a beat that announces something new: its strength. On NAB an
                                   incident is best called at PSC_ONSET and above.                   */
    double  progress;           /* beats / learn, at most 1                                          */
    int32_t metric;             /* what contributes most: a metric, or PSC_METRIC_BEATS              */
    int32_t learned;            /* 1: config.learn beats were taken (a metric often missing needs more) */
    int64_t beats;              /* beats taken                                                       */
    int64_t shards;             /* as the newest beat said; 0 before any                             */
    double  sign[PSC_SIGNS];    /* -6..6 each; 0 where signs is 0                                    */
    int32_t signs;              /* 1: there are three recent steps at least                          */
    int32_t reserved;           /* 0                                                                 */
} psc_node_score;

#define PSC_ONSET 4.6e-4        /* the threshold at which the development half of NAB scores best     */
#define PSC_MAX_PHI 300.0       /* phi is cut here: the chance of 10^-300 is no longer a number      */

/* The node at time now (nanoseconds of the observer's clock; before the newest beat counts as at it).
 *   phi = -log10 P(interval > now - newest beat - pause_ns), interval normal with the learned mean and
 *         max(sd, interval_ns / 10, mean / 10); 0 before the first beat. Hayashibara et al. 2004, eq. 1-4.
 *         By convention 8 is the point where a node is held for dead (Akka, Cassandra): half of the scale.
 * Before any beat all is 0 and metric is PSC_METRIC_BEATS. Before a metric has learned the level is 0, phi counts.
 * An observer that was late itself, or a fleet that is late as a whole, is taken into account by giving now -
 * psc_silence_report.excused_ns (Lifeguard, Dadgar et al. 2018). Cost: O(metrics), times the beats that wait. */
PSC_API psc_status psc_node_score_at(const psc_node *node, int64_t now, psc_node_score *score);

/* The metrics by how far they are held from their baselines, farthest first, equals by index.
 *   metric, z  [capacity] the first `capacity` of them, and their held |z|
 *   count      how many were written
 * Cost: O(metrics * capacity). */
PSC_API psc_status psc_node_contributors(const psc_node *node, size_t capacity, int32_t *metric, double *z,
                                         size_t *count);

/* ==== Silence =================================================================================== */

/* From when on a silent node is held for dead: one limit for the whole fleet, chosen by cost from the intervals between
 * beats as they were seen, all nodes together, because what matters is the rare long one. With rate(L) the number of
 * intervals above L (+ 0.2) a second of watching, in bins 2 % wide,
 *     L = argmin cost_suspect rate(L) + cost_late failures(a second) L,     rate(L) at most most_false a year,
 * or, where no limit can keep that, as low as can be; no less than 1.5 expected intervals. Failures a second are those
 * told plus one in prior_ns. On the fleets of score/beats.c this beats phi accrual, which is offered in psc_node_score
 * for those who know it.
 * The observer doubts itself: after a round that came later than 1.5 round_ns nothing is suspected for 2.5 expected
 * intervals; while more than an eighth of the nodes is overdue (silent for 3 to 24 expected intervals), and 2.5
 * intervals beyond, the limit is doubled. What came in between teaches nothing, as intervals above 24 do not.
 * A state of its own, PSC_TYPE_SILENCE. */
typedef struct psc_silence_config {
    uint32_t struct_size;
    int32_t  reserved;          /* not read                                                          */
    int64_t  interval_ns;       /* expected time between beats, 1 ms .. 1 day; 1 s                   */
    int64_t  round_ns;          /* expected time between rounds, 1 ms .. 1 day; 1 s                  */
    double   cost_suspect;      /* of suspecting a node that is up, 1e-9..1e9; 30                    */
    double   cost_late;         /* of a second in which a failure is not seen, 1e-9..1e9; 4          */
    double   most_false;        /* false suspicions a node and year, 1e-9..1e9; 15                   */
    int64_t  prior_ns;          /* time to a failure of a node as far as known, 1 ms .. 36600 days; 7 days */
} psc_silence_config;

typedef struct psc_silence psc_silence;     /* a state, PSC_TYPE_SILENCE */

PSC_API void psc_silence_default(psc_silence_config *config);
PSC_API size_t psc_silence_size(const psc_silence_config *config);
PSC_API psc_status psc_silence_init(psc_silence *silence, size_t bytes, const psc_silence_config *config);

/* An interval between two arrivals of one node in one epoch, lost beats or not: psc_node_heard before and after a beat
 * was taken gives both ends. Cost: O(1). */
PSC_API psc_status psc_silence_learn(psc_silence *silence, int64_t from, int64_t to);

/* A failure of any node was confirmed. Cost: O(1). */
PSC_API psc_status psc_silence_failed(psc_silence *silence);

/* A round: the observer looks at all nodes at `now`.
 *   heard_at   [nodes] as psc_node_heard says; INT64_MIN: never heard, never suspected
 *   suspected  [nodes] out: 1 or 0
 * Before anything was learned the limit is 6 intervals. Errors: PSC_ERR_RANGE (nodes above 2^31 - 1).
 * Cost: O(nodes). */
PSC_API psc_status psc_silence_round(psc_silence *silence, int64_t now, size_t nodes, const int64_t *heard_at,
                                     int32_t *suspected);

typedef struct psc_silence_report {
    int64_t limit_ns;           /* L                                                                 */
    int64_t excused_ns;         /* silence of the median node at the last round, beyond one interval */
    int64_t overdue;            /* nodes at the last round                                           */
    int64_t trusted_from;       /* before this time nothing is suspected: the observer was late      */
    int64_t doubted_until;      /* before this time the limit is doubled: the fleet was late         */
    double  gaps, failures;     /* learned                                                           */
    double  false_a_year;       /* expected suspicions of nodes that are up, a node and year         */
} psc_silence_report;

/* Cost: O(1). */
PSC_API psc_status psc_silence_report_of(const psc_silence *silence, psc_silence_report *report);

/* ==== Failure model ============================================================================= */

/* From scores to the probability that a node fails within a horizon: one model for the whole fleet, because one node
 * fails too rarely to learn from, apart from the nodes' states. A logistic,
 *     odds = w0 + w1 ln(z + 0.02) + w2 ln(joint + 0.02) + w3 ln(drift + 0.02) + the signs,   p = 1 / (1 + exp(-odds))
 * The signs, where there are any, give 15 terms, cut at 6: 4 (m - 0.5), 6 max(0, m - 0.7), 4 a, 5 r, 10 a r of memory
 * m, above a, rise r; e, 0.3 e^2 of errors; 2 l, 2 l^2 of latency; 6 max(0, c - 0.7), 3 b, 6 max(0, b)^2 of CPU c,
 * above b; n, 3 b n of network n; 5 times lateness.
 * The weights are a normal belief (mean w, covariance P) that each outcome y, 0 or 1, moves by
 *     w += P x (y - p) / (1 + p (1-p) x'Px),      P -= p (1-p) Px (Px)' / (1 + p (1-p) x'Px)
 * (the extended Kalman filter; Newton's method, one outcome at a time). It begins at w0 = logit(base), w1 = slope_z,
 * the others 0, and P = diag(4, 1, 1, ...): before any outcome a documented prior and no measurement.
 * Once correct_from rows with a failure were learned (rows of one failure go together, so hundreds of failures), p is
 * corrected by isotonic regression on 20 steps of half a unit of odds from -7 on: mean outcome of each step, neighbours
 * pooled until the means rise (Ayer et al. 1955), linear between.
 * A missing beat is added at the end: p' = 1 - (1 - p) 10^(-slope_phi phi).
 * Outcomes that come late wait in a ring of rows; all failures of a row's node within horizon_ns after it make it 1,
 * horizon_ns + wait_ns without one make it 0. */
typedef struct psc_failure_config {
    uint32_t struct_size;
    int32_t  capacity;          /* rows that can wait, 0..PSC_MAX_WAITING; 4096                      */
    int64_t  horizon_ns;        /* what p looks ahead, 1 ns .. 36600 days; 30 min                    */
    int64_t  wait_ns;           /* how late a failure may be told, 0 .. 36600 days; 0                */
    double   base;              /* chance of a failure within the horizon at z = 1, 1e-9..0.5; 0.01  */
    double   slope_z;           /* prior log odds a unit of ln z, 0..100; 2: a half at z = 10        */
    double   slope_phi;         /* see above, 0..100; 0.5: phi = 2 is 0.9, phi = 8 is 0.9999         */
    double   correct_from;      /* failed rows from which p is corrected, 1..1e15; 10000: at 300 the
                                   skill on SMD fell from 0.19 to 0.13                               */
} psc_failure_config;

enum { PSC_MAX_WAITING = 1048576, PSC_REPORT_BINS = 10 };

typedef struct psc_failure psc_failure;     /* a state, PSC_TYPE_FAILURE */

PSC_API void psc_failure_default(psc_failure_config *config);

/* Bytes of the state: 3864 + 136 * capacity. 0: config is not valid. */
PSC_API size_t psc_failure_size(const psc_failure_config *config);

PSC_API psc_status psc_failure_init(psc_failure *model, size_t bytes, const psc_failure_config *config);

/* p, in 0..1, of a node that stands as score says. Not decreasing in phi. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (a
 * field that is read lies outside its range: z, joint, drift, phi, the signs). Cost: O(1). */
PSC_API psc_status psc_failure_probability(const psc_failure *model, const psc_node_score *score, double *p);

/* One outcome that is known already: failed 1 or 0. A fit on stored rows feeds them all, in the order of time,
 * then calls psc_failure_loosen and feeds them again: three rounds give what five give on C-MAPSS, SMD and ASD.
 * Errors as above. Cost: O(1). */
PSC_API psc_status psc_failure_learn(psc_failure *model, const psc_node_score *score, int32_t failed);

/* Keeps the weights and the rows that wait; forgets how sure the weights are (P as at the start), the correction and
 * the report. For another round, or for a fleet that changed. */
PSC_API psc_status psc_failure_loosen(psc_failure *model);

/* Puts a row into the ring: this node stood so at `now`. Rows that are due are learned as 0 first; where the ring is
 * full the oldest row goes unlearned. Once a minute and node is enough. Errors as above; PSC_ERR_SPACE (capacity is 0).
 * Cost: O(1) and O(1) for each row that is due. */
PSC_API psc_status psc_failure_watch(psc_failure *model, int64_t node, int64_t now, const psc_node_score *score);

/* The node failed at `at`: its rows of the horizon before are learned as 1, those of `at` and later are left out.
 * Cost: O(capacity). */
PSC_API psc_status psc_failure_happened(psc_failure *model, int64_t node, int64_t at);

/* The host moved the node's load away at `at`: what would have come is not known, so the rows of the horizon before and
 * all later ones that wait are left out. Cost: O(capacity). */
PSC_API psc_status psc_failure_censor(psc_failure *model, int64_t node, int64_t at);

/* What was told against what came, each outcome judged by the p of before it was learned. */
typedef struct psc_failure_report {
    double  outcomes, failures; /* learned                                                           */
    double  brier;              /* mean (p - y)^2                                                    */
    double  skill;              /* 1 - brier / that of always telling the share of failures; 0 before any */
    double  ece;                /* expected calibration error, ten bins of equal width               */
    double  rows[PSC_REPORT_BINS], told[PSC_REPORT_BINS], came[PSC_REPORT_BINS];   /* mean p, share of failures */
    int64_t waiting, dropped;   /* rows in the ring; rows that went unlearned                        */
    int64_t corrected;          /* 1: p is corrected                                                 */
} psc_failure_report;

PSC_API psc_status psc_failure_report_of(const psc_failure *model, psc_failure_report *report);

/* ==== Threshold ================================================================================= */

/* When to act on a probability, learned from what came of acting. It starts at the ratio of the costs,
 *     theta0 = cost_act / (cost_fail * effect),    l0 = logit theta0 + patience
 * and moves on the scale of log odds, l, by the outcomes (u the weight of their kind, below):
 *     l += gain u - pull (l - l0),    kept within reach of l0
 * so that it settles where needless acts make out the share `needless` of all acts: an unnecessary one raises by
 * 1 - needless, a good one lowers by needless (the rule of adaptive conformal inference, Gibbs and Candes 2021).
 * A missed failure lowers by needless, too: tell those only whose p had risen, for what came without a sign is no fault
 * of the threshold. A disruptive act raises by 1. The environment term is taken on top: where the whole fleet
 * is elevated, a single node's elevation says less. A node is on from p >= threshold, and stays so for hold_ns at least
 * and until p < threshold - the odds of hysteresis.
 * Patience: while p rises, acting later is still in time and more often right, so the bare ratio acts too early: on the
 * development fleets of score/beats.c a prototype's J fell from 17.4 to 12.9 with about 2.3. */
typedef struct psc_threshold_config {
    uint32_t struct_size;
    int32_t  reserved;          /* not read                                                          */
    double   cost_act;          /* of moving a node's load, 1e-9..1e9; 15                            */
    double   cost_fail;         /* of a failure that was not foreseen, cost_act..1e9; 120            */
    double   effect;            /* share of it that acting saves, 0.001..1, effect * cost_fail > cost_act; 0.9 */
    double   needless;          /* share of acts that may be needless, 0..1; 0.75                    */
    double   gain;              /* of one outcome, in log odds, 0..1; 0.1                            */
    double   pull;              /* back to the start at each outcome, 0..1; 0.01                     */
    double   reach;             /* farthest from it, in log odds, 0..10; 2                           */
    double   patience;          /* log odds above the ratio of the costs, 0..10; 2.3                 */
    double   hysteresis;        /* log odds between on and off, 0..10; 0.9                           */
    double   environment;       /* log odds a unit of ln(fleet's median level + 1), 0..10; 0.5       */
    int64_t  hold_ns;           /* shortest time on, 0 .. 36600 days; 10 min                         */
} psc_threshold_config;

typedef struct psc_threshold psc_threshold;     /* a state, PSC_TYPE_THRESHOLD */

enum {
    PSC_ACT_PREEMPTIVE = 1,     /* acted, and the condition was confirmed                            */
    PSC_ACT_UNNECESSARY = 2,    /* acted, and nothing came of the node                               */
    PSC_ACT_DISRUPTIVE = 3,     /* acted, and the act did harm                                       */
    PSC_ACT_MISSED = 4          /* did not act, and the node failed                                  */
};

PSC_API void psc_threshold_default(psc_threshold_config *config);
PSC_API size_t psc_threshold_size(const psc_threshold_config *config);
PSC_API psc_status psc_threshold_init(psc_threshold *threshold, size_t bytes, const psc_threshold_config *config);

/* One outcome, PSC_ACT_... Errors: PSC_ERR_RANGE. Cost: O(1). */
PSC_API psc_status psc_threshold_learn(psc_threshold *threshold, int32_t outcome);

/* What the fleet is like now: the median of the nodes' levels, 0..1e6. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE.
 * Cost: O(1). */
PSC_API psc_status psc_threshold_fleet(psc_threshold *threshold, double median_level);

/* What the host keeps of each node: all 0 before the first decision. */
typedef struct psc_shift {
    int64_t on;                 /* 1: its load should be elsewhere                                   */
    int64_t since;              /* the time at which it was switched on                              */
} psc_shift;

/* Whether a node of probability p should be shifted at `now`.
 *   shift  in and out
 *   value  the probability at which a node is switched on now; NULL: not wanted
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (p outside 0..1). Cost: O(1). */
PSC_API psc_status psc_threshold_decide(const psc_threshold *threshold, double p, int64_t now, psc_shift *shift,
                                        double *value);

/* ==== Relief ==================================================================================== */

/* What to shift from nodes that are likely to fail. A node is drained if it crossed its threshold, the likeliest to
 * fail first, equals by index, as long as in_service of the fleet's capacity stays on nodes that are not: when all look
 * failing at once it is the measurement, and someone must serve. Of the shards of drained nodes those are chosen whose
 * shift pays,
 *     p(home) impact - disruption - ties to shards of the home that stay + ties to those that go with it > 0
 * beginning with all of them and dropping, in order of index, what does not pay, then sets of tied ones that do not as
 * a whole, until all that is left does (at most 16 rounds); then, by that gain for its disruption, as many as the
 * budget allows, and dropping once more. */
typedef struct psc_relief {
    uint32_t struct_size;
    int32_t  nodes;             /* 1..2^26                                                           */
    int32_t  shards;            /* 0..2^26                                                           */
    int32_t  reserved;          /* not read                                                          */
    const double *p;            /* [nodes] probability of failure, 0..1                              */
    const int32_t *crossed;     /* [nodes] not 0: psc_threshold_decide says it should be shifted     */
    const double *capacity;     /* [nodes] in any unit, 0..1e15; NULL: 1 each                        */
    const int32_t *home;        /* [shards] node that serves it                                      */
    const double *impact;       /* [shards] cost if its node fails under it, 0..1e15                 */
    const double *disruption;   /* [shards] cost of shifting it, 0..1e15; NULL: 0                    */
    const int64_t *tied_from;   /* [shards + 1] shard s works together with tied_to[tied_from[s] .. tied_from[s + 1]),
                                   at most 2^31 in all; list each tie in both rows; NULL: none       */
    const int32_t *tied_to;
    const double *tie;          /* cost of having the two on different nodes, 0..1e15                */
    double   budget;            /* sum of disruption at most, 0..1e15; 1e15                          */
    double   in_service;        /* share of the capacity that is never drained, 0..1; 0.5            */
} psc_relief;

typedef struct psc_relief_info {
    int32_t shards;             /* listed                                                            */
    int32_t drained, kept;      /* nodes that crossed: drained, and in service for want of capacity  */
    int32_t reserved;           /* 0                                                                 */
    double  risk;               /* sum of p impact of the shards listed                              */
    double  disruption;         /* sum of theirs                                                     */
} psc_relief_info;

PSC_API void psc_relief_default(psc_relief *relief);

/* Bytes of work. */
PSC_API size_t psc_relief_size(const psc_relief *relief);

/* drain  [nodes] draining weight: p of a node that is drained, 0 of the others
 * shard  [shards] those to shift, by gain for disruption, best first, equals by index; info->shards of them
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE. Cost: O(nodes log nodes + (shards + ties) log shards), at most 32 rounds
 * over the shards and ties. */
PSC_API psc_status psc_relief_of(const psc_relief *relief, void *work, size_t work_bytes, double *drain, int32_t *shard,
                                 psc_relief_info *info);

/* Draining weights for the planner: soft = amount (1 - drain of the node), rounded down, [nodes * resources], for
 * psc_cluster.soft; soft may be amount. A node of weight above 0 belongs into psc_cluster.closed, too.
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (drain outside 0..1, an amount outside 0..PSC_MAX_AMOUNT). */
PSC_API psc_status psc_relief_soft(const double *drain, size_t nodes, size_t resources, const int64_t *amount,
                                   int64_t *soft);

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
 * over 8 of them (each cut at 25 times the larger of that mean and sigma), times sigma of today is the variance at
 * that lead; as 2 errors more counts what an autoregression of order one has. Between the leads it is linear, beyond
 * 64 it goes on as before. The shape is a running table of errors of one step over sigma, which begins as a normal
 * one of 8 errors.
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
 * then all begins anew, so that a lasting change is told once. It does so without an alarm at the first negative value,
 * from which on errors are not of roots. A caller keeps the number of alarms and acts when it has risen: it plans anew,
 * or refits its models.
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
                                   says "no season". Models take those that fit, the shortest first. The first as
                                   listed scales the errors of a backtest. */
    double   lower, upper;      /* forecasts are cut to this range, lower <= upper, at most 1e18 in size;
                                   NaN: no bound; NaN, NaN                                           */
    const double *regressor;    /* [(n + horizon) * regressors] by rows: row t belongs to value[t], the last
                                   `horizon` rows to the future; finite, at most PSC_MAX_VALUE in size; NULL */
    int32_t  regressors;        /* columns of regressor, 0..PSC_MAX_REGRESSORS; only PSC_MODEL_ADDITIVE and
                                   psc_regressors read them; 0                                       */
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
 * Cost: fit O(n), ADJUSTED O(n log n), 0.04 ms at n = 1000. Memory: m words, ADJUSTED up to 6 (n + m) more.
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
 * Cost: 39 passes over n, 0.17 ms at n = 1000. Memory: 3 n + m words, with periods up to 6 n + 7 m. */

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
    int32_t reserved;   /* not read                                                                            */
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
 * Parameters: rho, standard deviation of u (0 without the robust option), the slope a step at the start, its change at
 * each knot, c in units of y, then a[i,1], b[i,1], a[i,2], ... of each period, in units of y.
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
 *   Intervals are empirical (Williams and Goodman 1971): with its parameters kept the fit is run from up to
 *   `origins` past origins in the last six horizons, at least 48 steps, evenly spaced. Of the errors of each
 *   step 33 quantiles (type 7 of Hyndman and Fan 1996) are taken at normal scores evenly from -2.8 to 2.8,
 *   averaged with those of two steps on either side. About their median they are widened by two factors:
 *   r^(3/4), r = errors in the backtests over errors in the sample, cut to 1..2.5; and Student's quantile over
 *   the normal one (by 1 + (z^2 + 1) / 4 v + ..., three terms in 1 / v) with as many degrees of freedom v as
 *   there are horizons (3..6), since overlapping paths err together. Between the scores, and beyond, linear. A
 *   step with fewer than 8 errors has those of the last that had enough, times the root of the ratio of the
 *   leads; without any, normal errors of standard deviation sigma sqrt(step).
 *   A forecast may leave the range of the values by r = `clip` of its width + (width + largest size) / n, or by as much
 *   as the last horizon went up or down; what lies d beyond that is brought to r ln(1 + d / r) beyond it. Forecasts
 *   that were made on logarithms are at least 0. All are cut to lower..upper.
 *
 * init takes a copy of the series. step goes on for so many units (>= 1): PSC_MORE while there is work left. One
 * unit is about 65,536 multiplications at most, or one pass over the values, one solution of p equations (p^3 / 6),
 * one path, or one column of errors sorted: below 0.1 ms at n = 1000 (0.12 ms with the recurrent network); ARIMA takes
 * up to 33 passes to decide on a difference. k slices give the same bits as one. info may be NULL. Errors:
 * PSC_ERR_NONFINITE (an infinity; a regressor that is no number), PSC_ERR_RANGE (a value larger in size than
 * PSC_MAX_VALUE). Cost of AUTO: 1.7 ms at n = 960, periods 24 and 168, horizon 48; O(n) in the length. Memory:
 * psc_forecast_size(); about 600 KB there. */
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
    int32_t  transform;         /* PSC_TRANSFORM_...; PSC_TRANSFORM_AUTO                             */
    int32_t  blocks;            /* parts of the later history that are predicted in turn, 2..32; 5   */
    int32_t  most;              /* stop after so many, 1..PSC_MAX_REGRESSORS; PSC_MAX_REGRESSORS     */
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
 * The candidates are the series' own, K = series->regressors, at least one; rows of the future are not read.
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
    int64_t start, end;         /* seconds since 1970-01-01 00:00 UTC, start < end, +-2 PSC_MAX_SECONDS each */
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

/* Two shards that work on each other's data: weight is what it costs that they are on different nodes, and how much
 * of the one is disturbed when the other moves. */
typedef struct psc_pair {
    int32_t a, b;               /* different shards                                                  */
    int64_t weight;             /* >= 0                                                              */
} psc_pair;

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
    int32_t  pairs;             /*   length of pair, at most 2^30 - 1                                */
    /* of nodes */
    const int64_t *capacity;    /* * [N * R] never exceeded, by moves                                */
    const int64_t *soft;        /*   [N * R] what lies above it costs; NULL: capacity                */
    const int32_t *domain;      /*   [N] failure domain, 0..N-1; NULL: each node its own             */
    const int32_t *zone;        /*   [N] where a dependency must be near, 0..N-1; NULL: all nodes in one */
    const int32_t *place;       /*   [N] row of distance; NULL: no distance                          */
    const int32_t *closed;      /*   [N] not 0: takes no shard (draining, suspected); NULL: none.
                                     A node is drained by closing it and setting its soft amounts to 0. */
    const int64_t *load_weight; /*   [N] times the cost of what lies above soft there; NULL: 1       */
    const int32_t *risk;        /*   [N] probability that it fails, in millionths, 0..10^6; NULL: 0  */
    /* of shards */
    const int64_t *demand;      /* * [S * R] of the coming period: a forecast's point or quantile    */
    const int32_t *home;        /* * [S] node that serves it now                                     */
    const int32_t *group;       /*   [S] shards of one group never share a node, and one that is on every
                                   open node stays, as no order could exchange its shards; NULL: each alone */
    const int64_t *move_cost;   /*   [S] price of moving it; NULL: 1                                 */
    const int64_t *size;        /*   [S] bytes to copy when it moves, at most 2^60 in all; NULL: 0   */
    const int32_t *pinned;      /*   [S] not 0: stays; NULL: none                                    */
    const int32_t *going;       /*   [S] node to which it is on its way now, its home if it is not; NULL: none.
                                     It stays in what follows and counts there; its home has no room for others. */
    const int64_t *impact;      /*   [S] cost if its node fails, 0..2^42; NULL: 0                    */
    const int64_t *rested;      /*   [S] nanoseconds since it moved last; NULL: long ago             */
    /* of groups */
    const int32_t *spread;      /*   [G] least number of domains it touches; NULL: 1                 */
    const int32_t *depend_from; /*   [G + 1] group g depends on depend[depend_from[g] .. depend_from[g+1]):
                                     in each zone of a shard of g there is one of those groups'; NULL: none */
    const int32_t *depend;      /*   [depend_from[G]] groups                                         */
    /* of resources */
    const int32_t *transient;   /*   [R] not 0: a moved shard counts on both nodes to the plan's end; NULL: none */
    const int64_t *weight;      /*   [R] cost of a unit above soft; NULL: 1                          */
    const psc_balance *balance; /*   [balances]                                                      */
    const psc_pair *pair;       /*   [pairs] in any order                                            */
    const int64_t *distance;    /*   [places * places] cost of moving a shard from row to column     */
    int64_t  weight_move;       /*   times the sum of move_cost of moved shards; 1                   */
    int64_t  weight_group;      /*   times the largest number of moved shards in any group; 0        */
    int64_t  weight_distance;   /*   times the sum of distances; 1                                   */
    int64_t  weight_apart;      /*   times the weights of pairs whose shards are on different nodes; 1 */
    int64_t  weight_disruption; /*   times the weights of the pairs of each moved shard; 0           */
} psc_cluster;

/* No resource, node or shard; weights of 1, 0, 1, 1, 0. */
PSC_API void psc_cluster_default(psc_cluster *cluster);

/* Every index, range and sum. Errors: PSC_ERR_NULL (a * field), PSC_ERR_RANGE (an index or amount outside its
 * range, nodes * resources above 2^26, a resource whose demand or capacity sums to more than 2^60, or a cost
 * that could exceed 2^62: the sum of upper bounds of the terms, each product on the way included). All functions
 * below assume that it has returned PSC_OK for these arrays: it reads all of them, once; the others test
 * only struct_size, the sizes and the pointers. group must be NULL if groups is 0 and there are shards.
 * A home may break any constraint: reality does. Cost: O(N R + S R + places^2 + groups + dependencies + pairs). */
PSC_API psc_status psc_cluster_check(const psc_cluster *cluster);

/* What psc_cluster_check refuses, by field. */
enum {
    PSC_FIELD_NONE = 0, PSC_FIELD_CLUSTER, PSC_FIELD_COUNTS, PSC_FIELD_CAPACITY, PSC_FIELD_SOFT, PSC_FIELD_DOMAIN,
    PSC_FIELD_ZONE, PSC_FIELD_PLACE, PSC_FIELD_LOAD_WEIGHT, PSC_FIELD_RISK, PSC_FIELD_DEMAND, PSC_FIELD_HOME,
    PSC_FIELD_GROUP, PSC_FIELD_MOVE_COST, PSC_FIELD_SIZE, PSC_FIELD_GOING, PSC_FIELD_IMPACT, PSC_FIELD_RESTED,
    PSC_FIELD_SPREAD, PSC_FIELD_DEPEND_FROM, PSC_FIELD_DEPEND, PSC_FIELD_WEIGHT, PSC_FIELD_BALANCE, PSC_FIELD_PAIR,
    PSC_FIELD_DISTANCE, PSC_FIELD_SUMS, PSC_FIELD_COUNT
};

typedef struct psc_fault {
    psc_status status;          /* what psc_cluster_check returns                                    */
    int32_t    field;           /* PSC_FIELD_...; COUNTS: one of resources .. pairs; SUMS: of costs or sizes */
    int64_t    index;           /* element of that array; of CAPACITY or DEMAND with too large a sum the first of the
                                   resource's column; -1: the array is missing, or it is none        */
} psc_fault;

/* psc_cluster_check, and where the first fault is: struct_size, counts, arrays that are missing, wrong elements, these
 * in the order of the enumeration, then sums of a resource, then SUMS.
 * Returns PSC_OK unless an argument is NULL. Cost: as psc_cluster_check. */
PSC_API psc_status psc_cluster_fault(const psc_cluster *cluster, psc_fault *fault);

/* Name of a field as in psc_cluster: static; never NULL. */
PSC_API const char *psc_field_text(int32_t field);

/* out[i] = x[i] / unit rounded up, 0 if x[i] <= 0, at most PSC_MAX_AMOUNT. unit > 0.
 * Errors: PSC_ERR_NONFINITE (NaN too). Cost: O(n). */
PSC_API psc_status psc_amounts_of(const double *x, size_t n, double unit, int64_t *out);

/* What resources can say besides what they are named for. Several targets with a weight each: the amounts of a resource
 * as several resources that differ in soft and weight; what lies above them then costs in steps, as any convex cost can
 * be drawn. Demands known as scenarios, drawn from a forecast or the hours of a day: a resource for each of them, with
 * the demands in it, the same capacity, and a share of the weight; then no move exceeds a capacity in any of them, the
 * load is the mean over them, and shards that peak in different ones share a node. All are PSC_MAX_RESOURCES at most.
 */

/* Amounts for demands that are not known, so that a plan under them keeps the probability of overload low. A node whose
 * shards have means m and standard deviations d is above its capacity in a resource with a probability of at most
 * 1 - level, the demands being independent and their sum normal, if sum(m) + z sqrt(sum(d^2)) <= capacity, z the
 * quantile of level. The root lies below each of its tangents, so the linear
 *     sum(m + z d^2 / (2 t)) <= capacity - z t / 2,   t > 0,
 * is enough, and it is all but the same where sqrt(sum(d^2)) is near t: it asks for z (sqrt(sum(d^2)) - t)^2 / (2 t)
 * more. t is taken for each resource as the root of all d^2 over the open nodes. Where t is 0 amounts are means.
 *   cluster    its resources, nodes, shards, capacity and closed are read; capacity in whole units
 *   mean, deviation  [S * R] >= 0, of a shard in each resource, in units
 *   level      0.5 .. 0.999999
 *   demand     [S * R], capacity [N * R]: what to put into the cluster, demands rounded up, capacities down, >= 0
 * The soft amounts are taken from these anew (psc_soft_amounts). Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (a negative
 * mean or deviation, or one above PSC_MAX_AMOUNT). Cost: O(N R + S R). Source of the tangent: effective bandwidths,
 * F. Kelly, Notes on effective bandwidths, 1996, sec. 2. */
PSC_API psc_status psc_risk_amounts(const psc_cluster *cluster, const double *mean, const double *deviation,
                                    double level, int64_t *demand, int64_t *capacity);

/* Probability of each node to be above its capacity in any resource, under the same assumptions, the resources being
 * independent: 1 - product of P(demand <= capacity).
 *   assignment  [S] or NULL: home       work  psc_overload_size bytes       probability  [N]
 * Cost: O(N R + S R). Errors as above. */
PSC_API size_t psc_overload_size(const psc_cluster *cluster);
PSC_API psc_status psc_overload_of(const psc_cluster *cluster, const double *mean, const double *deviation,
                                   const int32_t *assignment, void *work, size_t bytes, double *probability);

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

/* The scores of two nodes if a shard moved from its node to `to`, after psc_imbalance_of with the same cluster,
 * assignment and work, which it reads and leaves as it is. The fleet's means stay, so all other scores do.
 *   from_score, to_score  or NULL       Cost: O(R). Errors: PSC_ERR_RANGE (shard, to). */
PSC_API psc_status psc_imbalance_move(const psc_cluster *cluster, const int32_t *assignment, const void *work,
                                      size_t bytes, int32_t shard, int32_t to, double *from_score, double *to_score);

/* ==== Provision ================================================================================= */

enum {
    PSC_FLEET_ENOUGH = 0,       /* the fleet's use lies between low and high                         */
    PSC_FLEET_SHORT = 1,        /* too little of `resource`: nodes are missing                       */
    PSC_FLEET_AMPLE = 2,        /* some nodes could go: their number is nodes                        */
    PSC_FLEET_SHARD = 3         /* a shard alone exceeds every open node: split it, or get larger nodes */
};

typedef struct psc_provision {
    double  use;                /* demand / capacity of the open nodes in that resource              */
    int32_t verdict;            /* PSC_FLEET_...                                                     */
    int32_t resource;           /* that binds: with the largest use; SHARD: where it exceeds         */
    int32_t nodes;              /* SHORT: mean open nodes missing, AMPLE: too many, so that all have use <= high */
    int32_t shard;              /* SHARD: the first such; else -1                                    */
} psc_provision;

/* Is the fleet large enough, whatever the plan? Closed nodes do not count; a capacity of 0 in all counts as 1.
 *   low, high  0 < low <= high <= 1 of the use, for example 0.4 and 0.7
 * Verdicts are tried in the order SHARD, SHORT, AMPLE (which asks that at least one node could go), ENOUGH.
 * Cost: O(N R + S R). Errors: PSC_ERR_RANGE. */
PSC_API psc_status psc_provision_of(const psc_cluster *cluster, double low, double high, psc_provision *provision);

/* ==== Plan ====================================================================================== */

/* Cost of an assignment, each term weighted (Google ROADEF/EURO challenge 2012, section 2):
 *   load      sum of load_weight[n] * weight[r] * max(0, demand on n - soft[n][r])
 *   balance   sum of the balance targets
 *   move      weight_move * move_cost of moved shards
 *   group     weight_group * largest number of moved shards of any group
 *   distance  weight_distance * distances of moved shards
 * and of this library
 *   apart     weight_apart * weights of the pairs whose shards are on different nodes
 *   disruption  weight_disruption * weights of the pairs of moved shards, once for each shard of a pair that moves
 *   risk      sum over shards of risk[its node] * impact / 10^6, each rounded down: the expected cost of failures
 * overload comes before cost: the sum over nodes and resources of the demand above capacity, in millionths of
 * the capacity (of 1, if that is 0), each part rounded up and at most 2^36. A move may not add to it: the target
 * must have room for all of the shard, or for what it demands more than one that leaves in exchange. */
typedef struct psc_plan_info {
    int64_t cost, load, balance, move, group, distance, apart, disruption, risk;
    int64_t cost_before;        /* of home                                                           */
    int64_t bound;              /* no assignment costs less: load and balance of the fleet as one node, and the
                                   least risk of each shard                                          */
    int64_t overload, overload_before;
    int64_t moves, bytes;       /* shards not at home, and their sizes                               */
    int64_t evaluations;        /* shard-target pairs looked at so far                               */
    int32_t done;               /* 1: the horizon is reached, and no single move would improve it further */
    int32_t reserved;
} psc_plan_info;

typedef struct psc_plan_config {
    uint32_t struct_size;
    int32_t  targets;           /* nodes tried for each shard, 0: all; else 1.. the emptiest ones (least of
                                   their largest utilisation, closed nodes last) and its home; 0     */
    int32_t  max_node_moves;    /* moved shards whose home or new node is the same node, >= 0; INT32_MAX */
    int32_t  reserved;
    int64_t  max_moves;         /* shards not at home, >= 0; INT64_MAX: no limit                     */
    int64_t  max_move_cost;     /* sum of their move_cost, >= 0; INT64_MAX: no limit                 */
    int64_t  max_bytes;         /* sum of their sizes, >= 0; INT64_MAX: no limit                     */
    int64_t  cooldown;          /* a shard that has `rested` for less stays, nanoseconds >= 0; 0     */
    int64_t  horizon;           /* pairs to anneal for, >= 0; 0: none, descent only; 0                */
    uint64_t seed;              /* of the annealing, any; 0                                          */
} psc_plan_config;

typedef struct psc_plan psc_plan;   /* work: a search in progress */

PSC_API void   psc_plan_default(psc_plan_config *config);
PSC_API size_t psc_plan_size(const psc_cluster *cluster, const psc_plan_config *config);   /* 0: not valid */

/* Lays out the search in plan, at home. The same cluster, unchanged, goes with every later call; a block that
 * init has not made, or for a cluster of other sizes, is refused with PSC_ERR_STATE.
 * Cost: O((N + S) (R + balances) + N log N + sum of squares of group sizes + dependencies + pairs), with a horizon also
 * O(S log S). */
PSC_API psc_status psc_plan_init(psc_plan *plan, size_t bytes, const psc_cluster *cluster,
                                 const psc_plan_config *config);

/* Goes on for `evaluations` (>= 1) more shard-target pairs: PSC_MORE while there is work left, PSC_OK when done.
 *
 * First a descent: in rounds, each with all nodes in play, it takes the hottest node in play (largest overload, then
 * largest cost of its own), looks at all its shards the first time it does so in a round, and moves the shard with
 * the largest gain to its best target. Gains are those last seen, but the shard in front is looked at again if
 * anything has moved since. A node on which no shard has a gain is out of play; a round without a move ends the
 * descent: no single move to a node tried would improve it. Ties: lower node, lower shard, lower target.
 *
 * Then, with a horizon, annealing for so many pairs: random shifts and swaps, and rebuildings, in which 8 to 64
 * shards of 2 to 5 nodes, one of them hot, are lifted and placed again, on 16 to 64 nodes that include these; a step is
 * kept if the cost rises by no more than the temperature allows. It begins cold at home, so that what a few moves can
 * do is done with few; goes on hot, twice, unless the bound is all but reached; and ends cold. The longer the
 * horizon, the better the plan: 10^3 pairs a shard are a start, 10^5 are much. `targets` plays no part in it.
 *
 * Last, every shard that can go home at no cost does so, and descents and this take turns until neither moves.
 *
 * A move is made only if every hard constraint holds after it, or is broken no more than before: capacity,
 * transient capacity, one shard of a group a node, spread, dependencies both ways; and closed, pinned, the
 * budgets. A shard that has left home uses no more of the budgets by moving on.
 * The units of work are one look at a shard (nodes tried, or 1 where none can help, pairs) and, annealing, up to 1,024
 * tries and one rebuilding (about 8,200 pairs at most, and 64 more for each two shards of it that a pair or a
 * dependency ties). What a call looks at beyond its grant, less than one unit, is taken off the next call's, so that k
 * calls leave exactly the state of one call with the sum; a call may find its grant used already and return PSC_MORE at
 * once.
 * Cost of a pair: O(R + balances + pairs of the shard), and where the move would pay O(shards of its group and of the
 * groups tied to it). Beside these, a look of the descent takes O(shards on its node), for the one with the largest
 * gain, and a move there O(N) with `targets`, else O(log N); a rebuilding O(shards on its nodes). */
PSC_API psc_status psc_plan_step(psc_plan *plan, const psc_cluster *cluster, int64_t evaluations);

/* How often plans can move shards, if each is carried out and the next begins there:
 *     a descent (horizon 0) without budgets, transient resources, distances and weight_group leaves nothing to do: the
 *       same input once more gives zero moves, if a move has a price
 *     weight_move * move_cost of the moves of a plan <= fall of its other costs, where overload does not fall. So over
 *       any number of plans the price of all moves is at most the cost at first plus what the input has added to it
 *       from plan to plan
 *     with a cool-down and `rested` kept by the host, a shard moves at most once in each cool-down
 * A host whose input swings sets weight_move to what a move must gain, and a cool-down longer than the swing. */

/* Sets the horizon of a search that has one anew, so that a host with a deadline in time can end the annealing there:
 * after each step, horizon = evaluations so far * time granted / time used. Calls that differ give plans that differ.
 * Errors: PSC_ERR_RANGE (horizon < 1, or the search has none). Cost: O(1). */
PSC_API psc_status psc_plan_aim(psc_plan *plan, const psc_cluster *cluster, int64_t horizon);

/* The best assignment so far, valid after init and after each step.
 *   assignment  [S] or NULL          info  or NULL          Cost: O(S). */
PSC_API psc_status psc_plan_best(psc_plan *plan, const psc_cluster *cluster, int32_t *assignment,
                                 psc_plan_info *info);

/* Why a shard cannot go to a node, in the order of the tests. */
enum {
    PSC_BLOCK_NONE = 0,         /* it could, and gain: counts as furthest in the order               */
    PSC_BLOCK_HERE = 1,         /* it is there                                                       */
    PSC_BLOCK_PINNED = 2,
    PSC_BLOCK_GOING = 3,        /* it is on its way already                                          */
    PSC_BLOCK_RESTING = 4,      /* it moved less than cooldown ago                                   */
    PSC_BLOCK_CLOSED = 5,
    PSC_BLOCK_BUDGET = 6,       /* max_moves, max_move_cost, max_bytes or max_node_moves             */
    PSC_BLOCK_CAPACITY = 7,
    PSC_BLOCK_TRANSIENT = 8,    /* with all copies counted                                           */
    PSC_BLOCK_CONFLICT = 9,     /* one of its group is there                                         */
    PSC_BLOCK_SPREAD = 10,
    PSC_BLOCK_DEPENDENCY = 11,
    PSC_BLOCK_NO_GAIN = 12,     /* allowed, but it would cost more than it saves                     */
    PSC_BLOCK_BUSY = 13,        /* waves: too many moves at once                                     */
    PSC_BLOCK_COUNT = 14
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

/* Looks at one shard and all nodes, whatever `targets` says, and leaves the plan as it is. Of a search that is not done
 * it tells about the assignment in hand, which while annealing is not the best one. Cost: N pairs. Errors:
 * PSC_ERR_RANGE (shard). */
PSC_API psc_status psc_plan_explain(psc_plan *plan, const psc_cluster *cluster, int32_t shard, psc_refusal *refusal);

/* ==== Waves ===================================================================================== */

typedef struct psc_waves_config {
    uint32_t struct_size;
    int32_t  per_node;          /* moves at once that touch a node, >= 1; 2                          */
    int32_t  total;             /* moves at once in the fleet, >= 1; INT32_MAX                       */
    int32_t  parks;             /* hops to parking places, >= 0; INT32_MAX                           */
    int32_t  strict;            /* not 0: spread and dependencies are never broken on the way; 0     */
    int32_t  trials;            /* orders that are tried, 1 .. 1,024; 8                              */
    int64_t  bytes;             /* copied in one wave, >= 1; a larger shard has a wave for itself; INT64_MAX */
} psc_waves_config;

typedef struct psc_move {
    int32_t shard, from, to;
    int32_t wave;               /* from 0; -1: cannot be done                                        */
    int32_t block;              /* PSC_BLOCK_NONE; SPREAD, DEPENDENCY: it breaks that on the way; or why it cannot */
    int32_t resource;           /* that lacks room, else -1                                          */
} psc_move;

typedef struct psc_waves_info {
    int32_t waves;              /* number of waves                                                   */
    int32_t moves;              /* moves in waves                                                    */
    int32_t stuck;              /* moves that cannot be done                                         */
    int32_t parks;              /* of the moves, those to parking places                             */
    int32_t strained;           /* of the moves, those that break spread or a dependency on the way  */
    int32_t reserved;
} psc_waves_info;

PSC_API void   psc_waves_default(psc_waves_config *config);
PSC_API size_t psc_waves_size(const psc_cluster *cluster);      /* 0: not valid */

/* An order in which a plan can be carried out. All moves of a wave may run at once and end in any order; a
 * wave starts when the one before has ended.
 * At every instant of a wave, whichever of its moves have ended:
 *   capacity    every resource of a moving shard, transient or not, counts on both nodes until its move has ended, and
 *               a shard that is `going` counts on both throughout; no capacity is exceeded that was not before.
 *               What a shard has left is free when its move has ended: unlike in a plan, where transient resources stay
 *               taken at home to the end, the next wave may use it
 *   conflict    only one shard of a group moves; none arrives where one of its group is or is leaving
 *   spread, dependency
 *               no worse than when the wave began, but for moves that say otherwise in `block`
 * Two groups that depend on each other cannot change zones one after the other, so that a plan may be legal and the
 * way to it not. Unless the order is to be strict, moves that break spread or a dependency on the way are made when
 * nothing else can be, or too few to end in the least number of waves, and say so in `block`, SPREAD if both. When all
 * moves have ended, both are as good as the plan.
 * The least number of waves is that which the node with most moves needs, by per_node, or the group. Where moves wait
 * for each other in circles, or too few can begin for that number, shards are parked: a move whose `to` is not the
 * plan's node is followed by another of the same shard in a later wave. A shard is parked on the node that is emptiest
 * with it, at most six times. Where that does not help, a node is cleared for one shard: the target of a move of
 * others that are to leave it, or a third node of any shards; those that the plan wants where they were come back, so
 * that shards that stay can have moves, too. While other moves can begin, a tenth of the moves are parked at most;
 * when none can, as many as `parks` allows.
 * What fits into no wave any more comes last with wave = -1, from where it is then, and the
 * reason with nothing in flight: it may be pinned, on its way elsewhere, or its target closed, too.
 *   assignment  [S] where the plan wants each shard
 *   order       at least as many as there are shards that move; with more, up to `parks` shards are parked, each for
 *               one entry more, or for two if it was where the plan wants it.
 *               info->moves + info->stuck are written, by wave, then by shard
 * Pending moves are tried in the order: from nodes above capacity first, then what they are worth: the size of the
 * shard (share of its target, in the resource where that is largest) in the first trial, twice that in the second and
 * so on, and the sizes of the moves that it lets in where it leaves, less those that it keeps out where it goes, of 64
 * at each node; then lower shard. To be parked, that shard of the 1,024 smallest is chosen that most moves could
 * follow, by room and conflicts; then the next, while half as many could follow. Of the trials the one is kept with
 * the fewest moves stuck, then waves, then parkings; the first that needs no parking and no wave beyond the least
 * number ends them.
 * Errors: PSC_ERR_RANGE (an assignment that is no node), PSC_ERR_SPACE (capacity too small for all moves).
 * Cost of a trial: O(moves * waves) tests of O(R + group + ties), and of O(R) for 256 others. To choose a shard to park
 * takes O(N R) and for 1,024 shards the moves that follow, each O(R + group) times the moves to the node it leaves; it
 * is done once a wave and parking, and at most `moves` times more where the one chosen finds no place. To clear a node
 * takes 4,096 times O(shards on it * R) and O(N R) for each that could be parked. */
PSC_API psc_status psc_waves_of(const psc_cluster *cluster, const psc_waves_config *config,
                                const int32_t *assignment, void *work, size_t bytes,
                                psc_move *order, size_t capacity, psc_waves_info *info);

/* =================================================================================================
 * PART 4 - REQUESTS (predscale.c): personas, assignment, shadowing
 * ============================================================================================== */

/* ==== Personas ================================================================================== */

/* All nodes as a balancer sees them, in one state: what each can take, how it has done, how well it does each type of
 * request, what it costs. psc_personas_assign chooses a node for a request; psc_personas_outcome tells how it went.
 *
 * EXPECTED SERVICE, in seconds on a worker, of request q of type k on node i:
 *     service = amount(q) * affinity[i][k] * factor[i] / speed[i] * shift      (shift only away from q's lead)
 *     amount  = b[k] . (size, complexity, steps)         seconds at speed 1, learned by normalised least mean squares
 * Each outcome that served corrects all of it by what it took over what was expected, r, cut at 4: one outlier does
 * little. factor follows with gain 0.15, 0.3 where it is off by more than a half (antagonists, cold caches, a wrong
 * speed). affinity, which is shrunk to 1, that is to the product of the type's and the node's mean, follows with gain
 * max(1 / (n + 4), 0.005) in the n-th outcome of the pair; b with max(1 / n, 0.0005), of requests of more than one part
 * 0.02 at least, and takes over what all factors have in common. shift is the ratio of two slow means of r, away from
 * the lead and on it, 1..2. A failure teaches nothing about speed, so a node that fails fast does not look fast.
 *
 * SCORE of a node, in seconds; the least is chosen, of equals the lower index:
 *     score = wait + service * (1 + price_weight * price + congestion * occupancy^4) + error_cost * risk
 *     wait      own requests out and foreign ones against the workers: mean service / workers * h(out + foreign + 1 -
 *               workers), h(x) = (x + sqrt(x^2 + foreign + out / 5)) / 2 about, the softened positive part
 *     foreign   busy workers as beats tell less what own outcomes account for, smoothed over about 3 beats
 *     occupancy (out + foreign) / workers, at most 4: a full node is dear to those who come next, not to this one only
 *     risk      share of requests that will fail: the larger of own failures (a failure adds a tenth of what is
 *               missing to 1, a success takes 3 %, all halves in 5.5 s) and the beats' error share (halved in the same
 *               way), and 0.02 of the failure probability that the host gives with a beat
 * Nodes that were warmed (below) count with a share of their workers.
 *
 * THE LEAD of a request, the node that holds its state, is left only where that pays: it keeps the request while its
 * risk is not above the best node's by more than 0.001 and
 *     its score - best score + 4 * max(0, its (service + price) - best (service + price))
 *         < shift_margin * (shift - 1) * its service
 * so that a lasting gain counts more than a queue that will be gone, and what shifting costs sets the margin.
 * Before overload: at each of the lead's beats the load that its requests ask for is forecast two beats ahead (level
 * and trend, Holt 1957, gains 0.4 and 0.1). The share by which it and the foreign load exceed target * workers needs
 * no margin; it rises at once, falls by a fifth a beat, and is taken evenly, without draws (one request each time
 * the shares sum to 1).
 *
 * STATES of a node
 *     PSC_PERSONA_COLD      up, but not ready: the host should prefetch; gets shadows only. For cold_ns, or until the
 *                           shadow verdict says ready
 *     PSC_PERSONA_WARMING   counts with 0.2 to 1 of its workers, rising with the time in warm_ns or with the successes
 *                           in warm_requests, whichever is further
 *     PSC_PERSONA_READY
 *     PSC_PERSONA_DRAINING  gets nothing new; until nothing is out
 *     PSC_PERSONA_OUT       drained, silent (psc_personas_silent) or held
 * All nodes begin ready, unless config.cold. `streak` failures in a row hold a node for hold_ns, doubled at each
 * further hold up to 64 times until it is ready again; then it warms. It is not held if that would leave less than
 * half of all nodes in (warming and ready), and while fewer than half are in the held ones may be chosen too: the
 * panic floor. A silent node comes back cold with its next beat. A failure probability of drain_at drains a node, by
 * the same rule of half of all nodes, and below half of drain_at it comes back cold. If no node is in, the lead, or
 * else the node with the least work out, is given: the host decides whether to send.
 *
 * SHADOWS. At most shadow_rate of the requests are to be sent to a second node too, whose answer is thrown away:
 * nodes that are cold, warming or held, or had no outcome for a beat, in turn. Their outcomes teach service and
 * failures as others do, and a test says when such a node is ready: an outcome is good if it is ok and took no
 * longer than shadow_tolerance times `reference`, the primary's latency. Wald's sequential probability ratio test
 * (1945) of a share of 0.9 good against 0.6, both errors 5 %. An unfit node that is held is held again, an unfit cold
 * one stays cold for another cold_ns; any other goes on as it was and is tested anew.
 *
 * Up to PSC_PERSONAS_EXACT nodes a request looks at all of them; above, at its lead, four nodes drawn, and the
 * winners of the two halves of a tournament by the score of a request of the mean amount. What is read of a node is
 * of its last event, or of its turn: each assignment brings one node up to date if that is an eighth of a beat ago.
 *
 * PSC_POLICY_WEIGHTED is the plain weighted sum instead, largest first (given as 1 - sum, so that less is better
 * here too):
 *     score = 1 - (weight_affinity * affinity + weight_stability * stability + weight_cost * cost) / sum of the weights
 * with the scores of psc_persona. No wait enters it, so it sends all to the same node while the scores stand: it is
 * for hosts that balance by other means. The lead is not considered, but named in `choice`.
 *
 * Sources: Little 1961; Kleinrock 1975 (waits, occupancy); James and Stein 1961 (shrinkage); Widrow and Hoff 1960 (b);
 * Wydrowski, Kleinberg, Rumble and Archer 2024 (Prequal: fast failures attract); Envoy (ejection, panic threshold). */
enum { PSC_POLICY_TIME = 0, PSC_POLICY_WEIGHTED = 1 };

enum { PSC_MAX_PERSONAS = 65536, PSC_MAX_REQUEST_TYPES = 64, PSC_PERSONAS_EXACT = 64 };

typedef struct psc_personas_config {
    uint32_t struct_size;
    int32_t  nodes;             /* 1..PSC_MAX_PERSONAS; 1                                            */
    int32_t  types;             /* of requests, 1..PSC_MAX_REQUEST_TYPES; 1                          */
    int32_t  policy;            /* PSC_POLICY_...; PSC_POLICY_TIME                                   */
    int32_t  streak;            /* failures in a row that hold a node, 1..1000; 4                    */
    int32_t  cold;              /* 1: nodes begin cold, 0: ready; 0                                  */
    int64_t  beat_ns;           /* time between beats, 1 ms .. 1 day; 1 s                            */
    int64_t  hold_ns;           /* of the first hold, 1 ms .. 1 day; 2 s                             */
    int64_t  cold_ns;           /* time for a prefetch, 0 .. 1 day; 0                                */
    int64_t  warm_ns;           /* length of the ramp, 1 ms .. 1 day; 10 s                           */
    int64_t  warm_requests;     /* or so many successes, 1..2^31; 100                                */
    uint64_t seed;              /* of the draws; 1                                                   */
    int64_t  start_ns;          /* the time of init; 0                                               */
    double   service;           /* guess before any outcome: seconds at size 1 and speed 1, 1e-6..1e5; 0.025 */
    double   error_cost;        /* what a failed request costs, in seconds, 0..1e6; 1                */
    double   price_weight;      /* seconds a unit of price and second of service, 0..1e6; 0          */
    double   congestion;        /* 0..100; 1.5. 1 to 2.5 do as well in the scenarios of score/route.c */
    double   shift_margin;      /* 0..1000; 8. Larger keeps more requests on their lead              */
    double   target;            /* utilisation of a lead beyond which its requests need no margin, 0.1..1; 0.9 */
    double   drain_at;          /* failure probability that drains a node, 0..1; 1: none does; 0.5 */
    double   shadow_rate;       /* shadows a request, 0..1; 0.002                                    */
    double   shadow_tolerance;  /* of the reference latency, 0.1..100; 1.5                           */
    double   weight_affinity;   /* of PSC_POLICY_WEIGHTED, each 0..1e6, not all 0; 1                 */
    double   weight_stability;  /* 1                                                                 */
    double   weight_cost;       /* 1                                                                 */
    const double *workers;      /* [nodes] requests that a node works on at once, 0.01..1e6; NULL: 1 */
    const double *speed;        /* [nodes] nominal, 1 = average, 0.001..1000; NULL: 1                */
    const double *price;        /* [nodes] of a second of service, in any unit, 0..1e6; NULL: 0      */
} psc_personas_config;

typedef struct psc_personas psc_personas;   /* a state, PSC_TYPE_PERSONAS */

PSC_API void   psc_personas_default(psc_personas_config *config);

/* Bytes of the state: (35 + 40 nodes + 6 types + 2 nodes * types) * 8, above PSC_PERSONAS_EXACT nodes 16 more a node:
 * 320 bytes a node, 16 a node and type. 0: config is not valid. Cost: O(nodes). */
PSC_API size_t psc_personas_size(const psc_personas_config *config);

PSC_API psc_status psc_personas_init(psc_personas *personas, size_t bytes, const psc_personas_config *config);

/* Time is nanoseconds of the host's monotonic clock; one before the newest that was given counts as that one. */

/* What a node tells in a beat; NaN: not known. */
typedef struct psc_persona_beat {
    double busy;                /* share of its workers busy since the last beat, all callers, 0..1  */
    double errors;              /* share of requests that failed, all callers, 0..1                  */
    double contention;          /* how hard anything else presses it (memory, disk, I/O wait), 0..1  */
    double workers;             /* requests it can work on at once from now on, 0.01..1e6            */
    double failure;             /* chance that it fails within the host's horizon (Part 1), 0..1     */
} psc_persona_beat;

/* A beat of a node; ends its silence. Errors: PSC_ERR_RANGE (node), PSC_ERR_NONFINITE, PSC_ERR_IMPOSSIBLE
 * (a value outside its range). Cost: O(log nodes), and O(nodes log nodes) when the panic floor is crossed. */
PSC_API psc_status psc_personas_beat(psc_personas *personas, int64_t now, int32_t node, const psc_persona_beat *beat);

/* The node's beat is overdue: out, until its next beat. Cost as for a beat. */
PSC_API psc_status psc_personas_silent(psc_personas *personas, int64_t now, int32_t node);

/* Drains a node, or takes it back: a drained or draining one becomes cold, a held one may be tried at once; one that is
 * silent stays silent. Draining one that is silent keeps it out when it speaks again. Cost as for a beat. */
PSC_API psc_status psc_personas_drain(psc_personas *personas, int64_t now, int32_t node);
PSC_API psc_status psc_personas_resume(psc_personas *personas, int64_t now, int32_t node);

/* ==== Assignment ================================================================================ */

/* A request. What it is made of is learned by its type; a host that knows one number gives it as size. */
typedef struct psc_request {
    int32_t type;               /* 0..types-1                                                        */
    int32_t lead;               /* the node that holds its state, -1: none                           */
    double  size;               /* each 0..1e6, of a typical request about 1                         */
    double  complexity;         /* 0 where it is not known                                           */
    double  steps;
} psc_request;

enum {
    PSC_CHOICE_BEST = 0,        /* the least score, and there is no lead that it was taken from      */
    PSC_CHOICE_LEAD = 1,        /* the lead: the best, or not enough worse                           */
    PSC_CHOICE_GAIN = 2,        /* away from the lead: the gain exceeds the margin, or its risk is higher */
    PSC_CHOICE_SHARE = 3,       /* away from the lead, before it is overloaded                       */
    PSC_CHOICE_OUT = 4,         /* away from a lead that is not in                                   */
    PSC_CHOICE_NONE = 5         /* no node is in                                                     */
};

/* Where a request goes, and why: the terms sum to the score (under PSC_POLICY_WEIGHTED the score is another). */
typedef struct psc_assignment {
    int32_t node;
    int32_t runner_up;          /* next best of those looked at, -1: none                            */
    int32_t shadow;             /* send a duplicate there too; -1: none                              */
    int32_t choice;             /* PSC_CHOICE_...                                                    */
    double  score, runner_up_score;     /* seconds; equal where there is no runner_up                */
    double  wait, service, price, congestion, risk;     /* terms, seconds                            */
    double  shadow_service;     /* expected on the shadow's node, 0: no shadow                       */
    double  use;                /* what it will use of the host's resource (psc_outcome.use)         */
} psc_assignment;

/* Chooses a node and counts the request as out there, the shadow too if one is asked for. Each is
 * ended by one psc_personas_outcome. Cost: O(nodes) up to PSC_PERSONAS_EXACT, O(log nodes) above; O(nodes) always under
 * PSC_POLICY_WEIGHTED, and where no node is in; as for a beat when the panic floor is crossed. Errors: PSC_ERR_RANGE,
 * PSC_ERR_NONFINITE (request). */
PSC_API psc_status psc_personas_assign(psc_personas *personas, int64_t now, const psc_request *request,
                                       psc_assignment *assignment);

/* The same for count requests one after another: the same answers as count calls. All are checked first. */
PSC_API psc_status psc_personas_assign_all(psc_personas *personas, int64_t now, const psc_request *request,
                                           size_t count, psc_assignment *assignment);

/* How a request ended. */
typedef struct psc_outcome {
    int32_t node;
    int32_t ok;                 /* 1 or 0                                                            */
    int32_t shadow;             /* 1: the shadow, 0: the request itself                              */
    int32_t reserved;           /* not read                                                          */
    double  expected;           /* service (or shadow_service) of its assignment; NaN: not kept      */
    double  latency;            /* seconds from assignment to end, 0..1e9                            */
    double  service;            /* of it on a worker, 0: it never started; NaN: not known, then it is the latency
                                   less the wait that is expected now, at least a fifth of it        */
    double  reference;          /* of a shadow: latency of the primary, seconds; NaN: not known      */
    double  use;                /* of any one resource, in the host's unit, 0..1e15; NaN: not known  */
} psc_outcome;

/* Takes an outcome. One without an assignment only teaches. Errors: PSC_ERR_RANGE (request, node, ok and shadow
 * not 0 or 1), PSC_ERR_NONFINITE, PSC_ERR_IMPOSSIBLE (a number outside its range). Cost: as for a beat. */
PSC_API psc_status psc_personas_outcome(psc_personas *personas, int64_t now, const psc_request *request,
                                        const psc_outcome *outcome);

/* What a request would take and use on each node.
 *   service  [nodes] seconds on a worker, or NULL
 *   use      [nodes] or NULL: the type's mean use a second at speed 1, times the amount: the same on all nodes
 * Cost: O(nodes). */
PSC_API psc_status psc_personas_cost(const psc_personas *personas, const psc_request *request, double *service,
                                     double *use);

/* ==== Persona of a node ========================================================================= */

enum {
    PSC_PERSONA_COLD = 0, PSC_PERSONA_WARMING = 1, PSC_PERSONA_READY = 2, PSC_PERSONA_DRAINING = 3, PSC_PERSONA_OUT = 4
};

enum { PSC_VERDICT_OPEN = 0, PSC_VERDICT_READY = 1, PSC_VERDICT_UNFIT = 2 };

/* A node as it stands. Scores are 0..1, more is better. */
typedef struct psc_persona {
    int32_t state;              /* PSC_PERSONA_...                                                   */
    int32_t prefetch;           /* 1: cold, or warming with less than half of the ramp done          */
    int32_t verdict;            /* PSC_VERDICT_... of its shadows                                    */
    int32_t held;               /* 1: out because of a streak                                        */
    double  capacity;           /* free workers over workers, as ramped and with foreign ones        */
    double  stability;          /* uptime * (1 - risk) * (1 - contention)                            */
    double  affinity;           /* of the type asked for: mean / (mean + own) of its service at nominal speeds, the
                                   mean over all nodes: 1/2 is as they are                           */
    double  cost;               /* 1 / (1 + price)                                                   */
    double  weight;             /* share of a weighted balancer's requests: workers * ramp / service * (1 - risk), the
                                   largest node 1; 0: not in                                         */
    double  workers, out, foreign;      /* workers as ramped, own requests out, busy with others'   */
    double  wait, service;      /* seconds, of a request of the type with size 1                     */
    double  factor;             /* how much slower than its nominal speed it is now                  */
    double  risk;               /* share of requests that will fail                                  */
    double  uptime;             /* share of beats not missed, remembered over about 100              */
    double  contention;         /* as beats say, smoothed over about 3                               */
    double  ramp;               /* 0..1: how far it has warmed                                       */
    double  share;              /* of the requests it leads, to be shifted                           */
    double  confidence;         /* of the shadow test that it is ready, 0..1; 1/2: no shadows yet    */
    int64_t shadows;            /* outcomes of shadows in the test                                   */
} psc_persona;

/* The persona of a node for a type, at the newest time given. Cost: O(nodes). Errors: PSC_ERR_RANGE. */
PSC_API psc_status psc_personas_explain(const psc_personas *personas, int32_t node, int32_t type,
                                        psc_persona *persona);

/* =================================================================================================
 * PART 5 - BLOCKS (partition.c): split and merge, echoes, the map
 * ============================================================================================== */

/* ==== Split: where a key space is cut =========================================================== */

/* Shards that are ranges of 64-bit keys, next to each other: which to cut, and where, and which to join. Time goes
 * in ticks of the host's (10 s, say). A shard is worth its load in a tick and its size, both in any unit; what it
 * can bear of each is its mark. All costs are in the unit of one shard kept for one tick:
 *     over  * (load - max(mark, its hottest key)) / mark     for each shard and tick, where above 0
 *     big   * (size - size mark) / size mark                 the same
 *     order for each cut and each merge, undo for one that takes back another of the last `settle` ticks
 * CUTS. Each shard has a debt, the cost of its overload so far, which fades by 1/25 a tick. A cut is paid for when the
 * debt has reached 0.3 of what a cut costs in the end (two orders, and a shard kept for `settle` ticks), so that what
 * passes by itself costs little and what stays costs little more (ski rental, Karlin et al. 1988); it is made while
 * the load is above the mark. A shard is cut at once into ceil(load / (1.15 mark)) pieces, at least two, at quantiles
 * of the load over its keys. A key hotter than 0.9 of the mark is set apart instead, by a cut on each side where there
 * is anything else, and then left alone; one hotter than the mark is reported, PSC_SPLIT_ECHO, in every tick in which
 * its shard is not busy and not cut. Where a forecast is given, a cut waits while its mean is not above the mark (or
 * the hottest key). A size debt works the same way, with 0.6 for 0.3 and no fading; the keys are taken as even over
 * the range, and the cut is where the smaller piece will go with a neighbour, else in the middle.
 * MERGES. Neighbours are joined when over the last 24 ticks one shard would have cost less than two by 0.6 a tick,
 * their load in the last 4 is below 0.75 of the mark, so that both are on the mean below half of it, their common
 * boundary is older than `settle`, and a forecast, if given, says so too. A joint size of up to 1.25 of the mark will
 * do where another neighbour is small enough to take the rest: three shards become two. A cut of a shard joined in
 * the last `settle` ticks must have a debt higher by 1.8 undo a cut.
 * SAMPLE. Keys of the last 4 ticks are kept by a sample stratified over the load: of each stratum of equal load the
 * key at one random place of it. Which keys are hot, the quantiles and what a new shard takes over from the old one's
 * past are read from there. The rules of others, for comparison: TiKV split_controller.rs, CockroachDB
 * split/decider.go and merge_queue.go. */
typedef struct psc_split_config {
    uint32_t struct_size;
    int32_t  shards;            /* most shards, 1..PSC_MAX_RANGES; 1024                              */
    int32_t  samples;           /* keys in the sample, a multiple of 4, 256..2^20; 8192              */
    int32_t  settle;            /* ticks, 0..1000000; 60                                             */
    double   mark;              /* load in a tick that a shard can bear, 1e-9..1e12; 100             */
    double   size;              /* size that a shard can bear, 1e-9..1e12; 100                       */
    double   over;              /* 0..1e6; 20                                                        */
    double   big;               /* 0..1e6; 5                                                         */
    double   order;             /* 0..1e6; 20                                                        */
    double   undo;              /* 0..1e6; 100                                                       */
    uint64_t seed;              /* of the sample; 1                                                  */
} psc_split_config;

enum {
    PSC_MAX_RANGES = 1 << 20,   /* shards of a splitter, areas and partitions of a map               */
    PSC_MAX_CUTS = 64           /* cuts of one shard in one tick                                     */
};

typedef struct psc_split psc_split;     /* a state, PSC_TYPE_SPLIT */

/* What the host knows of the shards in this tick; all arrays have the length of the last psc_split_shards. */
typedef struct psc_split_view {
    uint32_t struct_size;
    int32_t  leads;             /* ticks of the forecast, 0..4096; 0                                 */
    const double *size;         /* [shards] each 0..1e15; NULL: size does not matter                 */
    const uint8_t *busy;        /* [shards] not 0: takes no order now; NULL: none                    */
    const double *forecast;     /* [shards * leads] load expected in each of the next ticks, by shards; finite, at most
                                   PSC_MAX_VALUE in size; NULL with leads 0. A median makes cuts late, a high quantile
                                   makes merges rare: about 0.7, and none where days do not repeat   */
} psc_split_view;

enum {
    PSC_SPLIT_CUT = 1,          /* a shard shall begin at key                                        */
    PSC_SPLIT_MERGE = 2,        /* the shard that begins at key shall be joined to its left neighbour */
    PSC_SPLIT_ECHO = 3          /* no order: key alone is above the mark; copy it, do not split      */
};

typedef struct psc_split_order {
    uint64_t key;
    int32_t  kind;              /* PSC_SPLIT_...                                                     */
    int32_t  shard;             /* index of the shard concerned                                      */
} psc_split_order;

PSC_API void   psc_split_default(psc_split_config *config);
PSC_API size_t psc_split_size(const psc_split_config *config);
PSC_API psc_status psc_split_init(psc_split *split, size_t bytes, const psc_split_config *config);
PSC_API void   psc_split_view_default(psc_split_view *view);

/* The first 8 bytes of a byte string as a key, in the order of memcmp; a shorter one is filled with 0. */
PSC_API uint64_t psc_split_key(const void *bytes, size_t length);

/* The shards as they are now: at the start, and whenever a cut or a merge has taken effect.
 *   start  [n] first keys, rising; keys below start[0] count to the first shard. n: 1..config.shards
 * A shard of the same range goes on as it was. Another takes over the past of those that it overlaps, by the share of
 * their sampled load that lies in it. Errors: PSC_ERR_RANGE (n, order). Cost: O((n + old n) log samples). */
PSC_API psc_status psc_split_shards(psc_split *split, const uint64_t *start, size_t n);

/* One access, or several of one key. weight: its cost, 0..PSC_MAX_VALUE. Errors: PSC_ERR_EMPTY (no shards yet),
 * PSC_ERR_NONFINITE, PSC_ERR_RANGE. Cost: O(log shards), now and then O(samples). */
PSC_API psc_status psc_split_observe(psc_split *split, uint64_t key, double weight);

/* Ends the tick and says what to do.
 *   orders  cuts of all shards by rising key, with echoes among them, then merges. Those of a shard are all there or
 *           none; where the array is full, or config.shards would be exceeded, they wait for a later tick. An order
 *           that the host does not follow needs no answer: psc_split_shards tells what became of it. One that takes
 *           longer than a tick is given again, unless the shards concerned are marked busy.
 *   load    [shards] what each took in this tick, for the host's forecasts; or NULL
 * Errors: PSC_ERR_EMPTY (no shards yet), PSC_ERR_NONFINITE, PSC_ERR_RANGE.
 * Cost: O(samples log samples + shards (24 + leads) + merges * shards). */
PSC_API psc_status psc_split_tick(psc_split *split, const psc_split_view *view, psc_split_order *orders,
                                  size_t capacity, size_t *count, double *load);

/* ==== Echo: copies of hot blocks ================================================================ */

/* An echo is a read-only copy of a block on a node other than its primary. psc_echo is the one place that knows which
 * echoes there are: it counts reads and writes, says where a read goes, and orders copies. It moves no data.
 * COUNTS. Blocks are tracked by Space-Saving (Metwally et al. 2005) in sets of 8, the set being chosen by a seeded
 * hash: a block that is not tracked takes the place of the lightest one of its set that has no echo, and its weight,
 * so that weight is never below, and reads never above the decayed number of reads. (Where all 8 have echoes it is not
 * counted.) Each tracked block has rates of reads and writes a tick at two speeds, exponential means over 16 and 160
 * ticks; the larger one counts.
 * BENEFIT. Pressure of a node = busy share, an exponential mean over 10 ticks, + backlog / 15 ticks. f = reads expected
 * in the next 10 ticks before the next write = r (1 - exp(-10 w)) / w, r and w being rates, or forecast. One more echo
 * is worth
 *     yield f (least pressure where the block is - pressure of the new holder - distance / 15 ticks + 0.2)
 * 0.2 being what a second place is worth by itself, for times when the first is down or slow for a moment. yield, at
 * most 1, is what past echoes have served, against what was expected of them. An echo is ordered above `gain`, best
 * first; a full holder gives up its least useful echo for one of twice the use; a block that has all its echoes moves
 * the one under the highest pressure to where pressure, its own load included, is at most half of the least so far.
 * Below f = 0.2 the echoes of a block are dropped: an echo comes at several times what it goes at. Holders in failure
 * domains that the block is not in yet come first.
 * CONSISTENCY. Epochs are numbers that never repeat. A write takes a new one, which ends all echoes of its block at
 * once; the first copy ordered after it takes another one, which all copies of these contents bear. The host sends
 * the epoch with each message and keeps one number for a block at the primary and one for each echo at its holder;
 * the two functions psc_echo_primary and psc_echo_holder are all that either does. A read that begins after a write
 * was acknowledged then never sees older contents, whatever messages are lost, repeated, late or overtaken, and no
 * acknowledged write is lost; what cannot be known to be fresh is served by the primary. (tests/model/echo.c explores
 * all orders.) It holds if all reads and writes of a block pass one psc_echo, if that is told of a write
 * (psc_echo_write) before the primary is, and if a primary that moves takes the block's number along. */
typedef struct psc_echo_config {
    uint32_t struct_size;
    int32_t  nodes;             /* 2..PSC_MAX_ECHO_NODES; 2                                          */
    int32_t  tracked;           /* blocks tracked, a power of 2, 8..2^20; 4096                       */
    int32_t  echoes;            /* most echoes of a block, 1..PSC_MAX_ECHOES; 4                      */
    int32_t  copies;            /* most copies ordered in a tick, 0..2^20; 16                        */
    int32_t  node_copies;       /* of these from one primary, 0..2^20; 4                             */
    int64_t  interval_ns;       /* time between ticks, 1 us..1 day: some few reads of a node; 10 ms  */
    double   gain;              /* least worth of a new echo, 0..1e6; 1.5                            */
    uint64_t seed;              /* of the hash; a secret one where clients choose the blocks; 1      */
    uint64_t epoch;             /* above all epochs of an earlier run (a boot time), 0..2^62; 0      */
} psc_echo_config;

enum {
    PSC_MAX_ECHO_NODES = 4096,
    PSC_MAX_ECHOES = 8
};

typedef struct psc_echo psc_echo;       /* a state, PSC_TYPE_ECHO */

PSC_API void   psc_echo_default(psc_echo_config *config);
PSC_API size_t psc_echo_size(const psc_echo_config *config);
PSC_API psc_status psc_echo_init(psc_echo *echo, size_t bytes, const psc_echo_config *config);

/* The nodes at a tick. */
typedef struct psc_echo_nodes {
    uint32_t struct_size;
    int32_t  reserved;          /* not read                                                          */
    const int64_t *backlog_ns;  /* * [nodes] time to serve what waits, 0..1 day; -1: down            */
    const int64_t *service_ns;  /* * [nodes] time of one read, 1 ns..1 day                           */
    const int32_t *places;      /* * [nodes] echoes that each may hold, >= 0                         */
    const int32_t *domain;      /* [nodes] failure domain, any number; NULL: each node its own       */
    const int64_t *distance_ns; /* [nodes * nodes] added to a read of primary i that holder j serves, at i * nodes + j,
                                   0..1 day; NULL: 0                                                 */
} psc_echo_nodes;

PSC_API void psc_echo_nodes_default(psc_echo_nodes *nodes);

typedef struct psc_echo_route {
    uint64_t epoch;             /* to be sent along with a read of an echo; 0: the primary serves it */
    int32_t  node;
    int32_t  echo;              /* 1: node holds an echo                                             */
} psc_echo_route;

/* Counts a read and says where it goes: to the place with the least estimated backlog + service time + distance among
 * the primary and its valid echoes. A backlog is that of the last tick, less the time since, plus the service of what
 * was sent there since. Nodes that are down are left out; if all are, the primary is named. Ties: the primary, then
 * older echoes. An echo that refuses (psc_echo_holder says 0): ask the primary, and tell psc_echo_lost. A primary
 * other than the one last named ends the block's echoes. Errors: PSC_ERR_RANGE (primary is no node). Cost: O(1). */
PSC_API psc_status psc_echo_read(psc_echo *echo, uint64_t block, int32_t primary, int64_t now, psc_echo_route *route);

/* Counts a write and ends all echoes of its block; epoch goes to the primary with the write. To be called before the
 * write is sent. If the primary refuses (psc_echo_primary says 0), the write was overtaken: call this again
 * and send it anew. Errors: PSC_ERR_RANGE (primary; or epochs are used up, after 2^62). Cost: O(1). */
PSC_API psc_status psc_echo_write(psc_echo *echo, uint64_t block, int32_t primary, int64_t now, uint64_t *epoch);

/* A host's forecast of reads of a block in the mean of the next ticks, 0..1e12; it counts where it is above the rates
 * seen and fades with the slow rate. Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE; PSC_ERR_EMPTY (not tracked). Cost:
 * O(1). */
PSC_API psc_status psc_echo_expect(psc_echo *echo, uint64_t block, double reads);

enum {
    PSC_ECHO_COPY = 1,          /* the primary shall send the block to the node, if psc_echo_primary agrees */
    PSC_ECHO_DROP = 2,          /* the node shall forget its echo, if psc_echo_holder agrees         */
    PSC_ECHO_READ = 3,          /* messages, not orders                                              */
    PSC_ECHO_WRITE = 4
};

typedef struct psc_echo_order {
    uint64_t block, epoch;
    int32_t  kind;              /* PSC_ECHO_COPY, PSC_ECHO_DROP                                      */
    int32_t  primary, node;
    int32_t  reserved;          /* 0                                                                 */
} psc_echo_order;

/* Once an interval: takes the nodes' backlogs, and says which echoes to create and drop.
 *   orders  drops and copies in the order in which they count on each other's places; an array that is too small
 *           gives fewer, the rest comes later; copies need room for 3. A drop says that the place counts as free.
 * A copy that is not confirmed within 10 ticks is given up.
 * Errors: PSC_ERR_RANGE. Cost: O(tracked + nodes), and O(log tracked + nodes * echoes) for each copy and for each block
 * that would be worth one on the node under the least pressure; with distance_ns the test of nodes^2 numbers. */
PSC_API psc_status psc_echo_tick(psc_echo *echo, const psc_echo_nodes *nodes, int64_t now, psc_echo_order *orders,
                                 size_t capacity, size_t *count);

/* A holder has stored the copy of this epoch: from now on it is read. PSC_ERR_STALE: no longer wanted (a write came,
 * or it was given up); nothing has changed. Cost: O(1). */
PSC_API psc_status psc_echo_confirm(psc_echo *echo, uint64_t block, int32_t node, uint64_t epoch);

/* A holder does not have the echo that it should have (restarted, evicted). Cost: O(1). */
PSC_API psc_status psc_echo_lost(psc_echo *echo, uint64_t block, int32_t node);

/* After psc_load of a state that may be older than the last write: ends all echoes and goes on with epochs above
 * `epoch`, which the host takes to be above all that were ever given. Errors: PSC_ERR_RANGE (above 2^62). Cost:
 * O(tracked). */
PSC_API psc_status psc_echo_restart(psc_echo *echo, uint64_t epoch);

/* A hot block. reads <= decayed number of reads, over 160, <= weight: both as means a tick. */
typedef struct psc_echo_block {
    uint64_t block;
    double   reads, weight, writes;
    int32_t  primary;
    int32_t  echoes;            /* valid ones                                                        */
    int32_t  node[PSC_MAX_ECHOES];      /* that hold them; -1 beyond                                 */
} psc_echo_block;

/* The blocks with the highest rates of reads, falling; ties: lower block. Written: at most capacity. Cost:
 * O(tracked * capacity). */
PSC_API psc_status psc_echo_hot(const psc_echo *echo, psc_echo_block *blocks, size_t capacity, size_t *count);

/* What the primary of a block does with a message: 1 do it, 0 refuse, or an error. seen: the primary's number of this
 * block, 0 at first. PSC_ECHO_WRITE and PSC_ECHO_COPY are done if nothing of a higher epoch was done before: the
 * write is applied and acknowledged, the copy sent with this epoch. PSC_ECHO_READ is always served. Errors:
 * PSC_ERR_NULL, PSC_ERR_RANGE (another message). */
PSC_API int32_t psc_echo_primary(uint64_t *seen, int32_t message, uint64_t epoch);

/* What a holder does: 1 do it, 0 refuse. held: the holder's number of this block, 0 where it has none. PSC_ECHO_COPY,
 * with the contents: store it, if newer. PSC_ECHO_READ: serve it, if it is the very epoch. PSC_ECHO_DROP: forget it,
 * unless newer. */
PSC_API int32_t psc_echo_holder(uint64_t *held, int32_t message, uint64_t epoch);

/* ==== Map ======================================================================================= */

/* Where everything is: partition -> node, area (a range of keys) -> partition, block -> echoes. Partitions are numbers
 * 0..partitions-1; areas cover all keys. One change makes the next version, so replicas that apply the same changes in
 * order hold the same words. */
typedef struct psc_map_config {
    uint32_t struct_size;
    int32_t  partitions;        /* 1..PSC_MAX_RANGES; 1                                              */
    int32_t  areas;             /* most areas, 1..PSC_MAX_RANGES; 1                                  */
    int32_t  echoes;            /* most echoes, 0..2^24; 0                                           */
} psc_map_config;

typedef struct psc_map psc_map;         /* a state, PSC_TYPE_MAP */

PSC_API void   psc_map_default(psc_map_config *config);
PSC_API size_t psc_map_size(const psc_map_config *config);

/* Version 0: one area, that of all keys, of partition 0; no partition has a node; no echo. */
PSC_API psc_status psc_map_init(psc_map *map, size_t bytes, const psc_map_config *config);

enum {
    PSC_MAP_PARTITION = 1,      /* `partition` is on `node` (-1: on none)                            */
    PSC_MAP_AREA = 2,           /* from `key` to the end of the area it lies in belongs to `partition` */
    PSC_MAP_JOIN = 3,           /* the area that begins at `key` (> 0) is part of its left neighbour */
    PSC_MAP_ECHO = 4,           /* `node` holds the echo of block `key` with `epoch`                 */
    PSC_MAP_DROP = 5            /* `node` holds no echo of block `key` (-1: no node does)            */
};

typedef struct psc_map_change {
    uint64_t key, epoch;
    int32_t  kind;              /* PSC_MAP_...                                                       */
    int32_t  partition, node;
    int32_t  reserved;          /* not read                                                          */
} psc_map_change;

PSC_API psc_status psc_map_version(const psc_map *map, uint64_t *version);

/* Makes version + 1 of `version`. Errors: PSC_ERR_STALE (the map is beyond: this change or another was made),
 * PSC_ERR_EMPTY (the map is behind: changes are missing between), PSC_ERR_RANGE (no such kind, partition, node < -1 or
 * < 0 for an echo, area to join or echo to drop; epoch 0; more than PSC_MAX_ECHOES of a block; versions are used up,
 * after 2^62), PSC_ERR_SPACE (more areas or echoes than in the configuration). Cost: O(log n) and a move of what lies
 * behind. */
PSC_API psc_status psc_map_apply(psc_map *map, uint64_t version, const psc_map_change *change);

typedef struct psc_map_place {
    uint64_t first, last;       /* keys of the area                                                  */
    int32_t  partition;
    int32_t  node;              /* -1: none                                                          */
    int32_t  echoes;
    int32_t  reserved;
    int32_t  echo[PSC_MAX_ECHOES];      /* nodes, rising; -1 beyond                                  */
    uint64_t epoch[PSC_MAX_ECHOES];     /* 0 beyond                                                  */
} psc_map_place;

/* Where a key is. Cost: O(log areas + log echoes). */
PSC_API psc_status psc_map_find(const psc_map *map, uint64_t key, psc_map_place *place);

enum {
    PSC_CLAIM_TWICE = 1,        /* by several nodes                                                  */
    PSC_CLAIM_NOBODY = 2,       /* by none, though its node was heard                                */
    PSC_CLAIM_WRONG = 3,        /* by one node, which is not that of the map                         */
    PSC_CLAIM_UNKNOWN = 4       /* a partition that the map does not have                            */
};

typedef struct psc_map_fault {
    int32_t partition;
    int32_t kind;               /* PSC_CLAIM_...                                                     */
    int32_t node;               /* TWICE, WRONG, UNKNOWN: the lowest claimant that is not the map's; NOBODY: -1 */
    int32_t wanted;             /* node of the map, -1: none                                         */
} psc_map_fault;

PSC_API size_t psc_map_claims_size(const psc_map *map);

/* Holds the nodes' own lists of partitions against the map.
 *   from       [nodes + 1] node n claims claim[from[n]] .. claim[from[n + 1] - 1], rising from 0
 *   heard      [nodes] 0: its list is not known, so what the map has there is no fault; NULL: all were heard. A
 *              claim in the list of a node that was not heard counts as the others do. A node of the map that is not
 *              among `nodes` has been heard and claims nothing.
 *   fault      unknown partitions by node and place in its list, then the rest by partition
 *   count      all faults, even where more than capacity
 * A partition that the map has nowhere and nobody claims is no fault. One that is claimed twice in one list counts
 * once.
 * Errors: PSC_ERR_RANGE (nodes < 0, from). Cost: O(claims + partitions + nodes). */
PSC_API psc_status psc_map_claims(const psc_map *map, const int32_t *from, const int32_t *claim, const uint8_t *heard,
                                  int32_t nodes, void *work, size_t bytes, psc_map_fault *fault, size_t capacity,
                                  size_t *count);

/* =================================================================================================
 * PART 6 - TRANSFER (partition.c): ownership, stages, routing while a shard moves
 * ============================================================================================== */

/* ==== Transfer ================================================================================== */

/* The ownership of one shard passes from a source to a target. Each node that owns the shard, or may, keeps one state
 * for it; the states exchange messages, which the host carries. Messages may be lost, repeated, reordered and late
 * without bound, and each side may crash at any point. Then always
 *     at most one side serves,
 *     the shard is never lost: a side serves once all are up, or one has released it to one that will take it,
 *     when messages get through and no side waits, exactly one serves.
 * No protocol can promise the last one while a side is gone (two generals); then an authority decides, see below.
 *
 *     source                       target
 *     OWNER, KEPT     serves
 *     OFFERING(e)     serves  --OFFER(e)-->   ACCEPTED(e)    from any phase that does not own
 *     RELEASED(e)             <--ACCEPT(e)--                 the source stops serving here
 *                             --COMMIT(e)-->  OWNER(e)       serves once this is stored
 *     IDLE(e)                 <--DONE(e)--                   the source may drop its copy here
 *
 *     OFFERING(e), cancelled, out of patience, or REFUSE(e) came:  KEPT(e) serves, --ABORT(e)--> IDLE(e)
 *     ACCEPTED(e), cancelled or out of patience:  WITHDRAWN(e), --REFUSE(e)--> the source; it still takes COMMIT(e),
 *                             for the source may have released already and cannot go back
 *
 * e is the epoch of the proposal, one more than the owner's: fresh, so that no message of an older one can be taken for
 * it. A phase and its epoch are the version of a state, epoch * 8 + phase; it only rises.
 *
 * WHAT THE HOST DOES
 *   1. Stores before it sends. After a step with action.persist it saves the whole state (psc_save) where a crash of
 *      the node cannot take it, then tells PSC_EVENT_STORED with action.version. Only that step's action sends what
 *      the version says. Until then the state takes nothing else. Storing the same version twice is harmless.
 *   2. Serves the shard only while action.serves is 1, from one step's return to the next's.
 *   3. After a crash: psc_load of the newest stored state, then PSC_EVENT_RESTART, before anything else.
 *   4. Sends action.message when action.send is 1, once; calls PSC_EVENT_TICK at action.wake or a little later.
 *   5. Passes OFFER to the state of a node only when the node has the data (a repeated OFFER comes) and may take it.
 *      Sends what the target lacks before or with COMMIT: after the release nothing changes at the source.
 *   6. Keeps a copy of the data in every phase but IDLE.
 *   7. Authenticates messages: message.from is who the host knows has sent it.
 *
 * AUTHORITY. A source in RELEASED waits for its target, however long. If the target is lost for good, or an owner is,
 * who may decide so (an operator, a consensus store) makes sure that the lost node is stopped and will hear of the
 * fence before it serves again, takes an epoch above every one in use (say a generation times 2^32) and a node id of
 * its own, and
 *   1. sends FENCE(e) to every node but the lost, until each has answered ACCEPT(e): none of them serves then;
 *   2. chooses the node with the largest psc_transfer_claim(message.held) of the answers, lower id at equal ones,
 *      and stores the choice;
 *   3. sends COMMIT(e) to it until DONE(e), and ABORT(e) to the others. A lost node that is back gets FENCE(e),
 *      then ABORT(e).
 * A larger epoch begins anew, whatever became of the first.
 *
 * Transactions between two sides: J. Gray, Notes on Data Base Operating Systems, 1978 (two-phase commit). Explored
 * exhaustively on this code by tests/model/transfer.c. */

enum {
    PSC_PHASE_OFFERING = 0,     /* source, serves: has offered                                       */
    PSC_PHASE_ACCEPTED = 1,     /* target: has agreed; or fenced                                     */
    PSC_PHASE_RELEASED = 2,     /* source: has stopped serving for good                              */
    PSC_PHASE_WITHDRAWN = 3,    /* target: would rather not, but takes what is released              */
    PSC_PHASE_IDLE = 4,         /* owns nothing, needs no copy                                       */
    PSC_PHASE_OWNER = 5,        /* serves: the first owner, or by COMMIT                             */
    PSC_PHASE_KEPT = 6          /* serves: its last proposal came to nothing                         */
};

enum {
    PSC_MESSAGE_OFFER = 1, PSC_MESSAGE_ACCEPT, PSC_MESSAGE_COMMIT, PSC_MESSAGE_DONE, PSC_MESSAGE_ABORT,
    PSC_MESSAGE_REFUSE, PSC_MESSAGE_FENCE
};

typedef struct psc_message {
    int64_t  shard;
    int64_t  from, to;          /* nodes, >= 0                                                       */
    uint64_t epoch;             /* 1..2^60 - 1                                                       */
    uint64_t held;              /* of ACCEPT in answer to FENCE: the version it stopped; else 0      */
    int32_t  kind;              /* PSC_MESSAGE_...                                                   */
    int32_t  reserved;          /* 0                                                                 */
} psc_message;

/* One side. Field, range, default. */
typedef struct psc_transfer_config {
    uint32_t struct_size;
    int32_t  owns;              /* 1: the first owner of the shard, else 0; of all sides one has 1; 0 */
    int64_t  self;              /* this node, >= 0; 0                                                */
    int64_t  shard;             /* any; 0                                                            */
    uint64_t epoch;             /* to start from, < 2^60: 0, or above every one ever used where a shard's
                                   states are made anew; 0                                           */
    int32_t  retry_ms;          /* time to a repetition, >= 1; 1000                                  */
    int32_t  patience_ms;       /* time to a cancellation, >= retry_ms; 30000                        */
} psc_transfer_config;

typedef struct psc_transfer psc_transfer;   /* a state, PSC_TYPE_TRANSFER: 80 bytes with its header */

PSC_API void       psc_transfer_default(psc_transfer_config *config);
PSC_API size_t     psc_transfer_size(const psc_transfer_config *config);
PSC_API psc_status psc_transfer_init(psc_transfer *transfer, size_t bytes, const psc_transfer_config *config);

enum {
    PSC_EVENT_TICK = 0,         /* time has passed                                                   */
    PSC_EVENT_MESSAGE = 1,      /* message came                                                      */
    PSC_EVENT_PROPOSE = 2,      /* the owner offers the shard to node peer                           */
    PSC_EVENT_CANCEL = 3,       /* in OFFERING: keeps it; in ACCEPTED: withdraws                     */
    PSC_EVENT_STORED = 4,       /* version is stored                                                 */
    PSC_EVENT_RESTART = 5       /* the state was loaded after a crash: times begin anew              */
};

typedef struct psc_transfer_event {
    int32_t  kind;              /* PSC_EVENT_...; what it does not name is not read                  */
    int32_t  reserved;
    int64_t  peer;              /* PROPOSE                                                           */
    uint64_t version;           /* STORED: action.version of the step that asked for it              */
    psc_message message;        /* MESSAGE                                                           */
} psc_transfer_event;

typedef struct psc_transfer_action {
    int32_t  persist;           /* 1: store the state, then PSC_EVENT_STORED                         */
    int32_t  send;              /* 1: send message                                                   */
    int32_t  serves;            /* 1: this node serves the shard                                     */
    int32_t  phase;             /* PSC_PHASE_...                                                     */
    uint64_t version, epoch;
    int64_t  peer;              /* the other side of the newest proposal; -1: there was none         */
    int64_t  wake;              /* when to call PSC_EVENT_TICK; INT64_MAX: not needed                */
    psc_message message;
} psc_transfer_action;

/* One event at time now. Messages that say nothing new, that are stale or come while a version waits to be stored
 * change nothing and are no error. Errors: PSC_ERR_RANGE (an unknown kind of event or message, a message of another
 * shard, for another node or from this one, an epoch outside its range, a peer that is no other node), PSC_ERR_STATE
 * (PROPOSE where nothing is owned or an offer is open, CANCEL where there is nothing to cancel, either while a version
 * waits to be stored). Cost: O(1). */
PSC_API psc_status psc_transfer_step(psc_transfer *transfer, const psc_transfer_event *event, int64_t now,
                                     psc_transfer_action *action);

/* How a side stands: the action of a step in which nothing happens. Cost: O(1). */
PSC_API psc_status psc_transfer_look(const psc_transfer *transfer, psc_transfer_action *action);

/* What a fenced side's version is worth to the authority: epoch * 4 + 3 for a side that served, + 2 for one that had
 * released, + 1 for a target with a copy; 0 for one that holds nothing. Cost: O(1). */
PSC_API uint64_t psc_transfer_claim(uint64_t held);

/* ==== Trial ===================================================================================== */

/* Whether the target does as well as the source, from requests that both have answered. Of each pair and channel only a
 * difference d is used, -1, 0 or 1:
 *     quantile q   d = [target latency > (1 + slack) x] - [source latency > x], x the source's q-quantile so far
 *     errors       d = [target failed] - [source failed]
 * and two hypotheses about its mean given all pairs before: H0, <= 0: the target is no worse; H1, >= harm. Against each
 * of them four stakes are bet, w = 1/16, 3/16, 1/2, 15/16, and the mean of the wealths counts:
 *     against H0   prod (1 + w d)              >= channels / alpha: the channel fails, and with it the trial
 *     against H1   prod (1 - w (d - harm))     >= 1 / beta: the channel passes; all: the trial does
 * A wealth has no positive drift while its hypothesis holds, so it ever exceeds 1 / p with probability at most p
 * (Ville's inequality). So, whatever the distributions, the dependence of requests and the moments at which one looks:
 *     a target that is no worse in any channel fails with probability <= alpha,
 *     a target that is worse by harm in some channel passes with probability <= beta;
 * if neither is shown within max_pairs and max_ns the verdict is EXPIRED: do not move.
 * x moves by factors 1 + 0.05 q and 1 - 0.05 (1 - q), up where the source's latency lies above it; the first `learn`
 * pairs only move it. A latency that is NaN (no answer) is above every x.
 * Pairs needed, about: 2 ln(1 / beta) s^2 / harm^2 for s^2 = P(d != 0), or 2 ln(1 / beta) / harm where d is
 * nearly always 0.
 * Waudby-Smith & Ramdas 2024, Estimating means of bounded random variables by betting; Robbins & Monro 1951 for x. */

enum { PSC_TRIAL_PENDING = 0, PSC_TRIAL_PASS = 1, PSC_TRIAL_FAIL = 2, PSC_TRIAL_EXPIRED = 3 };

typedef struct psc_trial_config {
    uint32_t struct_size;
    int32_t  quantiles;         /* channels of latency, 0..3; 3                                      */
    double   quantile[3];       /* 0.01..0.999; 0.5, 0.95, 0.99                                      */
    double   harm[3];           /* more of the requests above, 0.0001..0.5; 0.1, 0.03, 0.01          */
    double   error_harm;        /* more of the requests failed, 0.0001..0.5; 0.005                   */
    double   slack;             /* 0..10: that much slower is still well; 0.1                        */
    double   alpha, beta;       /* 0.000001..0.5; 0.05, 0.05                                         */
    int64_t  learn;             /* 1..2^31; 200                                                      */
    int64_t  max_pairs;         /* 1..2^31; 20000                                                    */
    int64_t  max_ns;            /* >= 1, from the first pair; 600 s                                  */
} psc_trial_config;

/* One request that both sides have answered. */
typedef struct psc_trial_pair {
    double  source_latency, target_latency;     /* seconds, 0..1e15; NaN: none                       */
    int32_t source_failed, target_failed;       /* not 0: failed                                     */
} psc_trial_pair;

typedef struct psc_trial_info {
    int32_t verdict;            /* PSC_TRIAL_...                                                     */
    int32_t channel;            /* that failed: 0..2 a quantile, 3 the errors; else -1               */
    int32_t passed;             /* bit k: channel k has passed                                       */
    int32_t reserved;
    int64_t pairs;
    double  threshold[3];       /* x of each quantile; 0: none yet, or not used                      */
    double  harmless[4];        /* wealth against H1 by channel                                      */
    double  harmful[4];         /* wealth against H0 by channel                                      */
} psc_trial_info;

typedef struct psc_trial psc_trial;         /* a state, PSC_TYPE_TRIAL */

PSC_API void       psc_trial_default(psc_trial_config *config);
PSC_API size_t     psc_trial_size(const psc_trial_config *config);
PSC_API psc_status psc_trial_init(psc_trial *trial, size_t bytes, const psc_trial_config *config);

/* Takes a pair at time now; after the verdict pairs change nothing. Errors: PSC_ERR_RANGE. Cost: O(channels). */
PSC_API psc_status psc_trial_observe(psc_trial *trial, const psc_trial_pair *pair, int64_t now);
PSC_API psc_status psc_trial_verdict(const psc_trial *trial, psc_trial_info *info);

/* ==== Stages ==================================================================================== */

/* The way of one shard from its source to its target, and back:
 *     SHADOW        copies data in the background, hot blocks first, and sends the target a copy of each write; until
 *                   all is copied and warm_ns have passed
 *     VALIDATE      sends the target a copy of each request and observes a trial; until that says PASS
 *     CUTOVER       the target serves a share of the keys: `first`, times `growth` each hold_ns; until all were held
 *     HANDOVER      the source's psc_transfer offers the shard; until the target owns it
 *     DECOMMISSION  the target serves, the source still gets each write; for grace_ns
 *     DONE          the source's copy may go
 * Who owns the shard decides who takes part: until HANDOVER the source owns it and lets the target serve a share; both
 * get every write, so that any key can go back. What speaks against going on is tested first in each step: cancel, an
 * instability of the target above `unstable`, a verdict FAIL in any stage, EXPIRED before CUTOVER, patience_ns over
 * before the handover is. Then:
 *     SHADOW, VALIDATE, CUTOVER   ROLLED_BACK at once: the source serves all keys again
 *     HANDOVER                    CANCELLING until it is known who owns: source, ROLLED_BACK; target, RETURNING
 *     DECOMMISSION                RETURNING: the target's psc_transfer offers the shard to the source, until it owns
 *     ROLLED_BACK                 the target's copy may go
 * A copied byte costs a token; there are at most copy_burst of them, and copy_rate more a second. A clock that went
 * back starts the spans anew. */
enum {
    PSC_STAGE_SHADOW = 0, PSC_STAGE_VALIDATE, PSC_STAGE_CUTOVER, PSC_STAGE_HANDOVER, PSC_STAGE_DECOMMISSION,
    PSC_STAGE_CANCELLING, PSC_STAGE_RETURNING, PSC_STAGE_DONE, PSC_STAGE_ROLLED_BACK
};

enum {
    PSC_REASON_NONE = 0,
    PSC_REASON_CANCELLED,       /* input.cancel                                                      */
    PSC_REASON_UNSTABLE,        /* the target's instability                                          */
    PSC_REASON_WORSE,           /* verdict FAIL                                                      */
    PSC_REASON_UNDECIDED,       /* verdict EXPIRED                                                   */
    PSC_REASON_LATE             /* patience_ns                                                       */
};

enum {
    PSC_STAGES_NOTHING = 0,
    PSC_STAGES_PROPOSE,         /* PSC_EVENT_PROPOSE to the source's transfer; PSC_ERR_STATE: later again */
    PSC_STAGES_CANCEL,          /* PSC_EVENT_CANCEL to the source's transfer; PSC_ERR_STATE is well  */
    PSC_STAGES_RETURN,          /* PSC_EVENT_PROPOSE to the target's transfer                        */
    PSC_STAGES_DROP_SOURCE,     /* the source's copy may go, once its transfer is IDLE               */
    PSC_STAGES_DROP_TARGET      /* the target's copy may go, once its transfer is IDLE               */
};

/* Who owns, as the two transfers say: SOURCE, its phase is OWNER or KEPT and stored; TARGET, likewise; else MOVING. */
enum { PSC_OWNER_SOURCE = 0, PSC_OWNER_TARGET = 1, PSC_OWNER_MOVING = 2 };

#define PSC_SHARE_ALL 65536     /* a share of all keys */

/* Field, range, default. Spans are at most 366 days. */
typedef struct psc_stages_config {
    uint32_t struct_size;
    int32_t  reserved;
    int64_t  source, target;    /* nodes, >= 0, not the same; 0, 1                                   */
    int64_t  copy_rate;         /* bytes a second, 1..2^50; 10^7                                     */
    int64_t  copy_burst;        /* bytes, 1..2^50; 10^6                                              */
    int64_t  warm_ns;           /* >= 0; 30 s                                                        */
    int64_t  hold_ns;           /* >= 0; 60 s                                                        */
    int64_t  grace_ns;          /* >= 0; 600 s                                                       */
    int64_t  patience_ns;       /* from the first step to the end of the handover, >= 1; 3600 s      */
    double   first;             /* share of the keys, 0.0001..1; 0.01                                */
    double   growth;            /* 1.1..1000; 3                                                      */
    double   unstable;          /* 0..1; 0.5                                                         */
} psc_stages_config;

/* What has become since the step before. */
typedef struct psc_stages_input {
    int64_t copied;             /* bytes copied since then, 0..2^50                                  */
    int64_t left;               /* bytes still to copy, >= 0                                         */
    double  instability;        /* of the target, 0..1 (psc_node_score)                              */
    int32_t verdict;            /* of the trial: PSC_TRIAL_...                                       */
    int32_t owner;              /* PSC_OWNER_...                                                     */
    int32_t cancel;             /* not 0: the host wants it back                                     */
    int32_t reserved;
} psc_stages_input;

typedef struct psc_stages_output {
    int32_t stage;              /* PSC_STAGE_...                                                     */
    int32_t share;              /* of the keys that the target serves, 0..PSC_SHARE_ALL              */
    int32_t action;             /* PSC_STAGES_..., repeated until it has shown effect                */
    int32_t reason;             /* PSC_REASON_..., for which it went back                            */
    int64_t copy_bytes;         /* that may be copied now; a block that has begun may be finished    */
} psc_stages_output;

typedef struct psc_stages psc_stages;       /* a state, PSC_TYPE_STAGES: kept, saved and stepped where the source is */

PSC_API void       psc_stages_default(psc_stages_config *config);
PSC_API size_t     psc_stages_size(const psc_stages_config *config);
PSC_API psc_status psc_stages_init(psc_stages *stages, size_t bytes, const psc_stages_config *config);

/* One step, a few times a second: at most one stage or one share further. Errors: PSC_ERR_RANGE. Cost: O(1). */
PSC_API psc_status psc_stages_step(psc_stages *stages, const psc_stages_input *input, int64_t now,
                                   psc_stages_output *output);

/* ==== Route ===================================================================================== */

typedef struct psc_way {
    int64_t serve;              /* node that answers                                                 */
    int64_t shadow;             /* node that gets a copy: of writes, in VALIDATE of all; -1: none    */
} psc_way;

/* Which node serves this request now. A key, mixed (splitmix64), has a place among PSC_SHARE_ALL; the target serves the
 * places below the share. As the share only grows, a key changes its node once on the way there, and once where the
 * shard goes back. Between the source's release and the target's ownership the target holds requests. Who routes with
 * an older state than the source's sends some keys to the side that no longer serves them, which passes them on.
 *   key   any 64 bits of the request's key          Cost: O(1). */
PSC_API psc_status psc_route(const psc_stages *stages, uint64_t key, psc_way *way);

/* ==== Hot blocks first ========================================================================== */

/* The order in which to copy the blocks of a shard: those with the most heat a byte first, ties by lower index; so
 * after any part of the copying the target holds about the most heat that so many bytes can hold.
 *   heat    [n] reads and writes of late, >= 0       bytes  [n] >= 0, at most PSC_MAX_AMOUNT, 0 counts as 1; NULL: 1
 *   work    [n]                                     order  [n] out: indices
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (also n above 2^31 - 1). Cost: O(n log n). */
PSC_API psc_status psc_blocks_order(const double *heat, const int64_t *bytes, size_t n, int64_t *work,
                                    int32_t *order);

typedef struct psc_blocks_info {
    int64_t load, bytes;        /* of the blocks chosen                                              */
    int32_t blocks;
    int32_t reached;            /* 1: load >= need; 0: all load together does not reach it           */
} psc_blocks_info;

/* Which blocks to move off a hot shard so that at least `need` of its load goes with few bytes: a covering knapsack.
 * Blocks are taken by load a byte, those of no bytes first; each that would reach the need is tried as the last one,
 * the cheapest such cover is kept and what it can do without is dropped. At most twice the least bytes (Csirik, Frenk,
 * Labbe & Zhang 1991).
 *   load   [n] 0..PSC_MAX_AMOUNT, sum at most 2^60    bytes  [n] the same; NULL: 1 each     need  0..2^60
 *   work   [n]          order  [n] out: blocks by load a byte          move  [n] out: 1 for a block to move, else 0
 * Where need is not reached, every block with a load is chosen. Cost: O(n log n). */
PSC_API psc_status psc_blocks_relieve(const int64_t *load, const int64_t *bytes, size_t n, int64_t need,
                                      int64_t *work, int32_t *order, int32_t *move, psc_blocks_info *relief);

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

typedef struct psc_usage {
    int64_t  at;                /* nanoseconds since an epoch of the producer's own, >= 0            */
    uint64_t source;            /* who asked: an id or a hash                                        */
    int32_t  type;              /* 0..types-1                                                        */
    int32_t  reserved;
    double   size;              /* complexity in any unit that the type's requests share, >= 0; 1 if unknown */
    double   cpu;               /* CPU seconds                              >= 0, NaN: not measured  */
    double   memory;            /* bytes times the seconds they were held   >= 0, NaN: not measured  */
    double   network;           /* bytes in and out                         >= 0, NaN: not measured  */
} psc_usage;

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
 * Cost: O(1); O(types) trackers and O(sources) for each bin that it opens. */
PSC_API psc_status psc_producer_observe(psc_producer *producer, const psc_usage *request);

/* It is `now`, and the producer is up: the bin of now is seen, even if no request comes. Bins that are seen and have
 * no request count as 0; bins that nobody has seen (the process was down) are missing, and not 0. Closes at most 256
 * bins a call: PSC_MORE if there are more. Errors: PSC_ERR_RANGE (now < 0). Cost: as observe. */
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
PSC_API psc_status psc_producer_type(const psc_producer *producer, int32_t type, size_t bins, double level,
                                     double *out);

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
 *     advice     need = largest of now and the upper bounds / target, of each resource with a capacity; the resource
 *                with the largest need / capacity. FULL if now / target > capacity, else GROWTH if need > capacity,
 *                IDLE if need < capacity / 2; share = need / capacity - 1
 *   target     share of the capacity that should be in use, 0.05..1
 * Errors: PSC_ERR_RANGE (now before the newest bin, a horizon beyond PSC_MAX_HORIZON bins, the fields read).
 * Cost: 12 predictions of a tracker a point. */
PSC_API psc_status psc_producer_report(const psc_producer *producer, int64_t now, double target, psc_report *report);

/* Every range stated above. lower <= expected <= upper; all loads finite, 0..PSC_MAX_METRIC.
 * Errors: PSC_ERR_VERSION, PSC_ERR_RANGE (NaN and infinities too). Cost: O(points). */
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
PSC_API psc_status psc_report_bottlenecks(const psc_report *report, psc_bottleneck *out, size_t capacity,
                                          size_t *count);

/* ==== Demand ==================================================================================== */

/* The load a boot time ahead that will not be exceeded with a given probability, learned as it goes. With u = load /
 * unit, all on square roots, the quantile is a linear mixture
 *     q = w1 quantile of a tracker at that lead + w2 last value + w3, w4 means with gains 0.3 and 0.05 + w5
 *       + w6 rise at this phase + offset
 * that starts as the tracker's. Weights follow the pinball loss by Newton steps,
 *     w += (level - [u <= q]) * 0.004 * e * M^-1 x,       x: the terms, M: mean of x x', e: mean error of the last
 * value none of which moves the forecast at hand by more than e. Steps along M^-1 x reach the quantile of a weighted
 * least-squares regression at the same speed in every direction (the stochastic Newton method: Bottou and Le Cun
 * 2004); by the gradient alone they stay far from it, as the terms are nearly the same. The table of rises over the
 * phase (bursts on the hour) holds the quantile of last value to value, by steps of 1/5. The offset is the online
 * conformal part (Gibbs and Candes 2021): each outcome above the quantile moves it by g * e * level, each below by
 * -g * e * (1 - level), g = 0.005; so that over T steps the share of outcomes above differs from 1 - level by no
 * more than (change of the offset) / (g * e * T), whatever the series does, as long as e stays what it is. */
typedef struct psc_demand_config {
    uint32_t struct_size;
    int32_t  period1, period2;  /* seasons in steps, as psc_tracker_config has them; 0, 0            */
    int32_t  phase;             /* steps of a clock period whose phase matters (an hour), 0 or 1: none, at most
                                   PSC_MAX_PERIOD; 0                                                 */
    double   unit;              /* load that one unit serves within its objective, 1e-9..PSC_MAX_VALUE; 1 */
    double   level;             /* of the quantile, 0.5..0.9999; 0.93                                */
} psc_demand_config;

enum { PSC_MAX_LEAD = 32 };

typedef struct psc_demand psc_demand;       /* a state, PSC_TYPE_DEMAND */

typedef struct psc_demand_now {
    double  expected;           /* median load at the lead                                           */
    double  order;              /* the quantile at the lead, and no less than the newest load        */
    double  keep;               /* the largest that was said of the steps up to the lead; between order and
                                   1.2 * order + one unit                                            */
    double  violated;           /* share of the outcomes so far above the quantile; 0 before any     */
    int64_t outcomes;           /* how many there were                                               */
} psc_demand_now;

PSC_API void       psc_demand_default(psc_demand_config *config);
PSC_API size_t     psc_demand_size(const psc_demand_config *config);
PSC_API psc_status psc_demand_init(psc_demand *demand, size_t bytes, const psc_demand_config *config);

/* Takes the load of the next step (>= 0; NaN: missing, only time goes on) and says what is needed `lead` steps after
 * it. A jump may stay, so order is no less than the newest load, though the quantile may be; violated is of the
 * quantile.
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
 * for beats. Values above the cap of config.jump are cut to it; the usual value follows what is taken with gain
 * 1/20, so that a liar's part grows by at most a factor of 1 + (jump - 1) / 20 a report. Cost: O(1). */
PSC_API psc_status psc_scaler_report(psc_scaler *scaler, const psc_report *report, int64_t received_at);

/* A unit that was ordered serves after boot_ns >= 0. From the third on the lead is the 0.9 quantile of what was seen,
 * by gradient steps of 1/20 of mean and quantile; before, and if none is ever told, it is config.boot_ns. Cost:
 * O(1). */
PSC_API psc_status psc_scaler_booted(psc_scaler *scaler, int64_t boot_ns);

/* The reports of all producers as one, at time now: a producer's forecast at a horizon is read from the line through
 * its points at its age + horizon. Errors of producers have the correlation rho that was seen at the steps before,
 *     sd^2 = (1 - rho) sum s_i^2 + rho (sum s_i)^2,     s_i: half the width of an interval over its normal score
 * Beyond stale_ns the width grows by sqrt(1 + age / stale_ns). A producer that was dropped, or not heard yet, counts as
 * the mean of the others with a standard deviation as large. Capacities are summed where all of them are known.
 * confidence is the mean of the reports', a stale one's halved, a missing one's 0.
 *   out  horizons, points, level, epoch, sequence as the caller has set them (psc_report_default); the rest is filled
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
    double  violated;           /* psc_demand_now.violated of that resource: `upper` is no less than the quantile */
    double  vertical;           /* instead: each active unit larger by this share, 0: no need        */
    int64_t vertical_units;     /* the units that would do with, units - change                      */
} psc_decision;

/* One step of config.step_ns.
 *   load      [PSC_RESOURCES] measured in this step, NaN: missing; or NULL: the sums of the reports (psc_scaler_total)
 *   active    units that serve now, pending units ordered that do not serve yet, >= 0, at most 2^31
 * With order and keep of psc_demand_now at the level P / (P + 3/2), 1/2 at least, P = miss_price, and of the resource
 * that needs most:
 *     out   to ceil(order / unit), if that is more than there are
 *     in    to ceil(keep / unit), if that is less than there are
 * That is the newsvendor's quantile. A unit that runs in vain costs 1 a step; one that is ordered in vain costs
 * more, as it is paid while it boots: 3/2, chosen on the development series. keep covers all steps before a unit
 * ordered now would serve, so that a release is never undone by a forecast already known. Where the reports give the
 * load, the margin of order above `expected` is divided by max(1/4, confidence), and order is no less than their own
 * quantile of the total at the lead: median + normal quantile * sd of psc_scaler_total.
 * Then cool-downs, the budget of starts (a bucket of max_starts that fills evenly in starts_ns), min and max, which
 * comes last. Errors: PSC_ERR_RANGE, PSC_ERR_NONFINITE (load). Cost: O(producers + lead). */
PSC_API psc_status psc_scaler_step(psc_scaler *scaler, int64_t now, const double *load, int64_t active, int64_t pending,
                                   psc_decision *decision);

/* ==== JSON ====================================================================================== */

/* Texts are ASCII, without blanks, not ended by a 0. Numbers are written with the shortest decimals up to 9 places that
 * give them back, else with 17 significant digits: reading gives the same bits. Readers take blanks anywhere JSON
 * does and members in any order; they refuse with PSC_ERR_FORMAT what is not JSON of exactly this schema: a member
 * missing, unknown or twice, another type, NaN, a number longer than 32 characters or beyond its range, escapes in
 * names, deeper nesting, bytes after the end; with PSC_ERR_VERSION another version; with PSC_ERR_SPACE a text longer
 * than PSC_MAX_JSON. They look at each byte once, keep no stack and read no locale. Cost: O(bytes).
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

/* sender and received_at of beat are set to node and 0 by reading: the host puts there what it knows. metric:
 * [metrics], 1..PSC_MAX_METRICS, and [capacity], filled up with NaN. Errors: PSC_ERR_RANGE (metrics, capacity below 1),
 * PSC_ERR_IMPOSSIBLE (as psc_node_observe), PSC_ERR_SPACE (more metrics than capacity). */
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
 * Errors: PSC_ERR_RANGE (a name; units outside 1..max_units, max_units above 2^31 - 1; for metrics outside 1..2^31, for
 * group outside 0..2^31 - 1; seconds outside 0..253402300799). */
PSC_API psc_status psc_decision_hpa(const psc_decision *decision, int64_t max_units, char *text, size_t capacity,
                                    size_t *length);
PSC_API psc_status psc_decision_metrics(const psc_decision *decision, const char *name, int64_t seconds, char *text,
                                        size_t capacity, size_t *length);
PSC_API psc_status psc_decision_group(const psc_decision *decision, const char *name, char *text, size_t capacity,
                                      size_t *length);

/* =================================================================================================
 * PART 8 - CONTROL (predscale.c): the loop of a host, from counts and beats to moves
 * ============================================================================================== */

/* ==== Outlook =================================================================================== */

/* The loads of many shards some hours ahead, each from several models, weighed by how each has done for this shard at
 * this lead, and corrected by a regression that all shards learn together.
 *
 * MEMBERS. Time is cut into slots: the coming hour into min(hour, 6) equal ones, then an hour each, `far` of them.
 * Members are the last value and up to three trackers, of the seasons (day), (day, week) and (hour, day). When a slot
 * has come to its end, what each member had foretold for its last step is held against the value,
 *     error += g ((foretold - value)^2 - error),   g = max(0.02, 0.003 steps), 1 the first time
 * and a new forecast is laid by; an hour later where the lead goes into a day fewer than five times, so that every
 * time of the day judges it. Their mean is weighed by 1 / error^2 (inverse errors as weights: Bates and Granger 1969;
 * their square does better here). So a shard whose season is worth nothing is forecast by its last value, without anyone
 * having to say so. Before the first day is over the last value goes on.
 *
 * REGRESSION. The forecast at a lead h is
 *     w0 mean + w1 x[t] + w2 x[t + h - day] + w3 x[t - day] + w4 x[t + h - week] + w5 x[t - week] + w6 level
 * of the newest load x[t], level being the mean of a week. w is the least squares of all shards, for each slot, in units
 * of their level, of which a part counts 10 at most; older sums fade by 1 / e in 5 days. So all shards together learn how
 * far what was a day and a week ago comes again, for which one alone has no time (one model of many series:
 * Montero-Manso and Hyndman 2021). Before a week is known the day stands for it. Mean and forecast are judged as the
 * members are: a shard for which the forecast's error is above 1.5 times the mean's keeps to the mean. The error of what
 * is taken is the spread.
 *
 * EVENTS that are announced multiply the loads of the series that bear their tag by `factor`, from `from` to `to`,
 * steps from now, now being the end of the step observed last. Half a step before and one step after belong to an event,
 * so it is to be passed until two steps after its end. While it runs its factor is measured, 1..8: load over forecast
 * without it, summed over the tag. What is learned is the load over the factor, so an event is no part of the season. */
typedef struct psc_outlook_config {
    uint32_t struct_size;
    int32_t  series;            /* 1..2^26; 1                                                        */
    int32_t  hour;              /* steps an hour, 1..60; 6. 1: no season of an hour                  */
    int32_t  far;               /* hours foreseen beyond the first, 0..24; 12                        */
    int32_t  week;              /* not 0: a season of seven days too; 1                              */
    int32_t  tags;              /* of events, 0..2^26; 0                                             */
    const int32_t *tag;         /* [series] events that it takes part in, -1..tags - 1; NULL: -1, none */
} psc_outlook_config;

enum { PSC_MAX_SLOTS = 30 };

/* An announced event. */
typedef struct psc_surge {
    double  from, to;           /* steps from now, at most 10^6 in size                              */
    double  factor;             /* 0..1000                                                           */
    int32_t tag;                /* of no tag of the outlook: passed over                             */
    int32_t reserved;           /* not read                                                          */
} psc_surge;

typedef struct psc_outlook psc_outlook;     /* a state, PSC_TYPE_OUTLOOK; a week of loads of each series, and more */

PSC_API void       psc_outlook_default(psc_outlook_config *config);
PSC_API size_t     psc_outlook_size(const psc_outlook_config *config);
PSC_API psc_status psc_outlook_init(psc_outlook *outlook, size_t bytes, const psc_outlook_config *config);

/* Takes the loads of a step, [series], >= 0, NaN: missing.
 *   surge  [surges] events known, in any order; those of one tag that run together are measured as one
 *   work   [hour * (far + 1) + 2 * tags]
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (a load below 0 or above 1e12, a surge outside its range).
 * Cost: O(series (surges + mean lead of the slots that end)), of which the regression is 49 products for each series and
 * slot that ends. */
PSC_API psc_status psc_outlook_observe(psc_outlook *outlook, const double *load, const psc_surge *surge, size_t surges,
                                       double *work);

/* The coming loads of the series first..first + count - 1.
 *   path    [count][hour * (far + 1)] of each step, events included
 *   spread  [count][slots] mean square error of each slot's forecasts, or NULL; slots = min(hour, 6) + far
 *   work    [4 * hour * (far + 1)], not path
 * Cost: O(count * far * hour). */
PSC_API psc_status psc_outlook_predict(const psc_outlook *outlook, size_t first, size_t count, const psc_surge *surge,
                                       size_t surges, double *path, double *spread, double *work);

/* ==== Control =================================================================================== */

/* Which shards to move now, against the whole foreseen profile. The cost of a node is the load that it is expected to
 * serve late: with L its load in a slot of weight w, u its use, the largest of its flows over what it can give, and s
 * the standard deviation of u,
 *     cost = sum over slots of w L late(u, s),   late(u, s) = E[min(1, exp(-steep (1 - x)))],  x normal (u, s)
 * Errors of shards of one kin (a tenant, a table), which go wrong together, add up, those of different kins as variances:
 * s^2 = 0.01^2 + caution^2 * sum over kins of (sum of sqrt(spread))^2 / capacity^2; a shard of no kin is one of its own.
 * A slot's weight is its steps, times fade for each hour ahead.
 *     gain of a move = fall of the cost of both nodes in the slots after it has landed - margin * price
 * It waits if that fall is below 0.1 margin * price in the slots before 5 landings and half an hour have passed:
 * what is needed later is ordered later, when more is known, if at all.
 * In turn the hottest node gives the shard whose move to any of the `targets` coolest nodes gains most, until none gains.
 * Where none does, or all wait, a shard may change places with a smaller one of the 16 coolest, at twice the price: two
 * orders, one after the other, each with half of the gain. This is tried for 16 nodes a step, and does not wait: where
 * single moves do not help, nodes are so full that copies are slow when they are needed.
 * Before that, shards leave nodes that are likely to fail, most impact for its landing first, to where they cost least.
 * Shards that talk have cost on both nodes while they are apart: talk[r] of the smaller one's flow r.
 * A shard on its way counts at its target only. One whose move is ordered and waits, its copy not yet begun, is decided
 * anew, as if nothing were ordered: the same order again is not repeated, another one takes its place, and where none is
 * due any more the move is recalled, its reason gone. */
enum { PSC_MAX_FLOWS = 4 };

typedef struct psc_control {
    uint32_t struct_size;
    int32_t  nodes;             /* * N, 1..2^20                                                      */
    int32_t  shards;            /* * S, 0..2^26                                                      */
    int32_t  flows;             /* F, what grows with a shard's load, 1..PSC_MAX_FLOWS; 1            */
    int32_t  hour, far;         /* as in the outlook; 6, 12                                          */
    int32_t  pairs;             /* length of pair; 0                                                 */
    int32_t  targets;           /* 1..; 64                                                           */
    int32_t  copies;            /* that a node may be part of at once, >= 1; twice that may wait; 2  */
    int32_t  moves;             /* ordered in one step for load, >= 0; 16                            */
    int32_t  rest;              /* steps that a shard stays after a move, >= 0; 8                    */
    int32_t  kins;              /* of shards, 0..2^26; work takes 8 bytes for each node, kin, slot; 0 */
    /* of nodes */
    const double *capacity;     /* * [N * F] nominal, 1e-6..1e15                                     */
    const double *able;         /*   [N] share of it that the node can give now, 0.05..1; NULL: 1    */
    const double *failure;      /*   [N] probability that it fails soon, 0..1; 1: it is down; NULL: 0 */
    const double *room;         /*   [N] for what does not grow with load (memory), 0..1e15; NULL: any */
    /* of shards */
    const double *load;         /* * [S * F] of the last step, 0..1e12; the others follow the first in its ratio now */
    const double *path;         /* * [S * H] of the first flow in the coming H = hour * (far + 1) steps, 0..1e15 */
    const double *spread;       /*   [S * slots] mean square error of path; NULL: 0                  */
    const double *stock;        /*   [S] of a node's room, 0..1e15; NULL: 0                          */
    const int32_t *home;        /* * [S] node that serves it                                         */
    const int32_t *going;       /*   [S] node to which it is on its way, else its home; NULL: home   */
    const int32_t *waiting;     /*   [S] node to which its move waits to begin; -1: none waits; NULL: none */
    const int32_t *group;       /*   [S] shards of one group, 0..S-1, never share a node; -1: none; NULL: none */
    const int32_t *kin;         /*   [S] shards of one kin, -1..kins - 1, err together; NULL: -1, alone */
    const int32_t *rested;      /*   [S] steps since it moved, >= 0; NULL: long ago                  */
    const double *price;        /*   [S] of a move: load times steps that may be late instead, 0..1e15; NULL: 0 */
    const double *landing;      /*   [S] steps that a move takes, 0..1e6; NULL: 0                    */
    const double *impact;       /*   [S] of its loss, against others' of the same load, 0..1e6; NULL: 1 */
    const psc_pair *pair;       /*   [pairs] shards that talk; weight is not read                    */
    double talk[PSC_MAX_FLOWS]; /* 0..1; 0                                                           */
    double steep;               /* of late requests in use, 1..100; 24                               */
    double caution;             /* times the standard deviation of forecasts, 0..10; 0.75            */
    double margin;              /* price counts so many times, 0..1000; 2.5                          */
    double fade;                /* 0.1..1; 0.93                                                      */
    double ill;                 /* a node of this probability of failure is emptied, above 0..1; 0.3 */
} psc_control;

enum { PSC_CAUSE_LOAD = 0, PSC_CAUSE_FAILING = 1, PSC_CAUSE_DOWN = 2, PSC_CAUSE_GONE = 3 };

typedef struct psc_order {
    int32_t shard, from, to;    /* in place of what waits, if anything; to == from: that is recalled  */
    int32_t cause;              /* PSC_CAUSE_...                                                     */
    double  gain;               /* of the cost, in load times steps; LOAD only, else 0               */
} psc_order;

typedef struct psc_control_info {
    double  before, after;      /* cost of all nodes as they are going, and with the moves           */
    double  peak;               /* highest use foreseen of any node                                  */
    int32_t node, step;         /* where and when (0: the coming step)                               */
    int32_t moves, recalls;     /* orders                                                            */
} psc_control_info;

PSC_API void   psc_control_default(psc_control *control);
PSC_API size_t psc_control_size(const psc_control *control);        /* of work; 0: not valid */

/*   order  [capacity] out: info->moves moves to begin now, then info->recalls recalls; S always suffices. Where it, or
 *          control->moves, leaves no room for what is due, nothing is recalled
 * Errors: PSC_ERR_NONFINITE, PSC_ERR_RANGE (also: a shard on its way that waits, one that waits to go home).
 * Cost: O((N + S) H) and for each move O(shards of a node * (targets * slots + pairs)); a step tries at most N nodes, and
 * stops at the first whose cost would not pay a move. */
PSC_API psc_status psc_control_of(const psc_control *control, void *work, size_t bytes, psc_order *order,
                                  size_t capacity, psc_control_info *info);

/* What nodes can give, from what they do: able += 0.5 (x - able), x = load on the node / (busy capacity), 0.3..1, all
 * in the first flow; where busy is above 0.97 only if x is lower, below 0.02 not at all, and 1 where a node is down.
 *   busy   [N] share, 0..1; NaN: unknown, as of a node that gave or took a shard within the step
 *   extra  [N] in: load besides the shards' (copies), 0..1e15; out: all load of the node
 *   able   [N] in and out; begin with 1
 * Of the view nodes, shards, flows, pairs, capacity, failure, load, home, pair, talk are read. Errors as above. */
PSC_API psc_status psc_control_able(const psc_control *control, const double *busy, double *extra, double *able);

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

/* State headers, and the invariants of each type on an image: 1 if all hold. new: a block all 0 but for its header. */
uint64_t   psc__kind(int32_t type);
psc_status psc__new(void *state, size_t bytes, size_t need, int32_t type);
psc_status psc__state(const void *state, int32_t type);
int        psc__tracker_valid(const psc__image *image);
int        psc__split_valid(const psc__image *image);
int        psc__echo_valid(const psc__image *image);
int        psc__map_valid(const psc__image *image);
int        psc__transfer_valid(const psc__image *image);
int        psc__trial_valid(const psc__image *image);
int        psc__stages_valid(const psc__image *image);

#ifdef __cplusplus
}
#endif

#endif /* PSC_INTERNAL */
