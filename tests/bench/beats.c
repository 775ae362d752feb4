/* beats.so: the policy of score/beats_policy.h, as a host would build it on predscale.h: every node its state; one
 * silence limit, one failure model and one threshold for the fleet. Once a minute each node's score becomes a
 * probability and a row that waits for its outcome. The threshold stays where costs and patience put it: told of its
 * outcomes it goes to a wanted rate of needless shifts, and J rises by 2 % at 0.35 and by 23 % at 0.75 (calm).
 * RELIABILITY=1 in the environment: what was told against what came, after a fleet's first day and at its end. */
#include "predscale.h"
#include "beats_policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1e9
#define MINUTE (60.0 * SECOND)
#define LABEL (660.0 * SECOND)      /* a failure is told ten minutes after it happened; one more to be sure */

enum { METRICS = 6, ROWS = 64 };    /* rows of a node that can wait: more than horizon and LABEL take */

typedef struct policy {
    bp_conf conf;
    unsigned char *nodes;           /* states, one after another */
    size_t node_bytes;
    psc_silence *silence;
    psc_failure *failure;
    psc_threshold *threshold;
    psc_shift *shift;
    double *p;
    int64_t *heard, next_minute, next_table;
    int32_t *suspected;
} policy;

static void *take(size_t count, size_t bytes)
{
    void *block = calloc(count, bytes);

    if (!block) abort();
    return block;
}

static void must(psc_status status)
{
    if (status != PSC_OK) abort();
}

static int64_t ns(double seconds) { return (int64_t)llround(seconds * SECOND); }

static psc_node *node_at(const policy *p, int i) { return (psc_node *)(void *)(p->nodes + (size_t)i * p->node_bytes); }

static void make_nodes(policy *p)
{
    psc_node_config config;
    int i;

    psc_node_default(&config);
    config.metrics = METRICS;
    config.interval_ns = ns(p->conf.beat_s);
    config.day_ns = ns(p->conf.day_s);
    p->node_bytes = psc_node_size(&config);
    p->nodes = (unsigned char *)take((size_t)p->conf.nodes, p->node_bytes);
    for (i = 0; i < p->conf.nodes; i++) {
        config.id = i;
        must(psc_node_init(node_at(p, i), p->node_bytes, &config));
    }
}

static void make_fleet(policy *p)
{
    psc_silence_config silence;
    psc_failure_config failure;
    psc_threshold_config threshold;

    psc_silence_default(&silence);
    silence.interval_ns = ns(p->conf.beat_s);
    silence.round_ns = ns(p->conf.query_s);
    silence.cost_suspect = p->conf.suspect_s;
    silence.cost_late = p->conf.late;
    p->silence = (psc_silence *)take(1, psc_silence_size(&silence));
    must(psc_silence_init(p->silence, psc_silence_size(&silence), &silence));
    psc_failure_default(&failure);
    failure.capacity = ROWS * p->conf.nodes;
    failure.horizon_ns = ns(p->conf.horizon_s);
    failure.wait_ns = (int64_t)LABEL;
    p->failure = (psc_failure *)take(1, psc_failure_size(&failure));
    must(psc_failure_init(p->failure, psc_failure_size(&failure), &failure));
    psc_threshold_default(&threshold);
    threshold.cost_act = p->conf.shift_s;
    threshold.cost_fail = p->conf.miss_s + p->conf.late * 5.0 * p->conf.beat_s;
    threshold.hold_ns = ns(300.0);
    p->threshold = (psc_threshold *)take(1, psc_threshold_size(&threshold));
    must(psc_threshold_init(p->threshold, psc_threshold_size(&threshold), &threshold));
}

void *bp_new(const bp_conf *conf)
{
    policy *p = (policy *)take(1, sizeof *p);
    const size_t n = (size_t)conf->nodes;
    int i;

    p->conf = *conf;
    make_nodes(p);
    make_fleet(p);
    p->shift = (psc_shift *)take(n, sizeof *p->shift);
    p->p = (double *)take(n, sizeof *p->p);
    p->heard = (int64_t *)take(n, sizeof *p->heard);
    p->suspected = (int32_t *)take(n, sizeof *p->suspected);
    for (i = 0; i < conf->nodes; i++) p->heard[i] = INT64_MIN;
    p->next_table = getenv("RELIABILITY") ? ns(conf->day_s) : INT64_MAX;
    return p;
}

static void show(const policy *p)
{
    psc_failure_report r;
    int i;

    must(psc_failure_report_of(p->failure, &r));
    printf("outcomes %.0f, failed %.0f, Brier skill %.3f, ECE %.4f\n", r.outcomes, r.failures, r.skill, r.ece);
    printf("| told | rows | mean told | came |\n|---|---|---|---|\n");
    for (i = 0; i < PSC_REPORT_BINS; i++)
        printf("| %.1f to %.1f | %.0f | %.3f | %.3f |\n", i / 10.0, (i + 1) / 10.0, r.rows[i], r.told[i], r.came[i]);
}

void bp_free(void *self)
{
    policy *p = (policy *)self;

    if (getenv("RELIABILITY")) show(p);
    free(p->nodes);
    free(p->silence);
    free(p->failure);
    free(p->threshold);
    free(p->shift);
    free(p->p);
    free(p->heard);
    free(p->suspected);
    free(p);
}

void bp_beat_in(void *self, const bp_beat *b)
{
    policy *p = (policy *)self;
    psc_node *node = node_at(p, b->node);
    double metric[METRICS];
    psc_beat beat;
    uint64_t epoch = 0, before = 0;
    int64_t from = 0;
    const int known = psc_node_heard(node, &before, &from) == PSC_OK;

    memset(&beat, 0, sizeof beat);
    beat.node = beat.sender = b->node;
    beat.epoch = (uint64_t)b->epoch;
    beat.sequence = (uint64_t)b->seq;
    beat.sent_at = ns(b->sent - 1.7e9);
    beat.received_at = ns(b->now);
    metric[PSC_METRIC_RATE] = b->m[BP_RATE];
    metric[PSC_METRIC_LATENCY] = b->m[BP_LAT] / 1e3;
    metric[PSC_METRIC_ERRORS] = b->m[BP_ERR] < 1.0 ? b->m[BP_ERR] : 1.0;
    metric[PSC_METRIC_CPU] = b->m[BP_CPU];
    metric[PSC_METRIC_MEMORY] = b->m[BP_MEM];
    metric[PSC_METRIC_NETWORK] = b->m[BP_NET] * 1e6;
    if (psc_node_observe(node, &beat, metric) != PSC_OK) return;
    must(psc_node_heard(node, &epoch, &p->heard[b->node]));
    if (known && epoch == before) must(psc_silence_learn(p->silence, from, p->heard[b->node]));
}

/* A minute: what each node that is heard of looks like, as of its newest beat. */
static void minute(policy *p, int64_t now)
{
    psc_failure_report report;
    psc_node_score score;
    int i;

    must(psc_failure_report_of(p->failure, &report));
    for (i = 0; i < p->conf.nodes; i++) {
        must(psc_node_score_at(node_at(p, i), p->heard[i], &score));
        p->p[i] = report.outcomes > 0.0 ? report.failures / report.outcomes : 0.0;
        if (!score.signs || p->suspected[i]) continue;      /* just started, or down: nothing to go by */
        must(psc_failure_probability(p->failure, &score, &p->p[i]));
        must(psc_failure_watch(p->failure, i, now, &score));
    }
}

void bp_query(void *self, double seconds, int i, bp_answer *answer)
{
    policy *p = (policy *)self;
    const int64_t now = ns(seconds);

    if (i == 0) {
        must(psc_silence_round(p->silence, now, (size_t)p->conf.nodes, p->heard, p->suspected));
        if (now >= p->next_minute) {
            if (now >= p->next_table) {
                show(p);
                p->next_table = INT64_MAX;
            }
            minute(p, now);
            p->next_minute = now + (int64_t)MINUTE;
        }
    }
    must(psc_threshold_decide(p->threshold, p->p[i], now, &p->shift[i], NULL));
    answer->alive = !p->suspected[i];
    answer->shift = (int)p->shift[i].on;
    answer->pfp = answer->score = p->p[i];
}

void bp_failed(void *self, double now, int i, double at)
{
    policy *p = (policy *)self;

    (void)now;
    must(psc_failure_happened(p->failure, i, ns(at)));
    must(psc_silence_failed(p->silence));
}
