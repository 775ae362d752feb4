/* json_libraries : what the library writes, read by jansson and cJSON; what they write again, read by the library; and
 * what an orchestrator gets, held against the published schemas. Needs libjansson-dev and libcjson-dev.
 *
 *     cc -I. -Itests tests/check/json_libraries.c libpredscale.a -ljansson -lcjson -lm */
#include "predscale.h"
#include "test.h"

#include <cjson/cJSON.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 4000 };

static const char *const resource[] = {"requests_per_s", "cpu_s_per_s", "memory_bytes", "network_bytes_per_s"};
static const char *const reason[] = {"none", "full", "growth", "idle"};

/* ==== Numbers of every length ==================================================================== */

static uint64_t seed = 9;

/* A load: 0, a whole number, one with a few decimals, any bits up to 10^15. */
static double any_load(void)
{
    uint64_t bits = test_random(&seed) & UINT64_C(0x430fffffffffffff);
    double x;

    switch (test_random(&seed) % 4) {
    case 0: return (double)(test_random(&seed) % 1000);
    case 1: return (double)(test_random(&seed) % 1000000000) / 1000.0;
    case 2: return 0.0;
    default: memcpy(&x, &bits, sizeof x); return x < 1e15 ? x : 1e15;
    }
}

static int64_t any_integer(uint64_t limit) { return (int64_t)(test_random(&seed) % limit); }

static void any_report(psc_report *r)
{
    int p, k;

    psc_report_default(r);
    r->points = 1 + (int32_t)(test_random(&seed) % PSC_REPORT_POINTS);
    for (p = 0; p < r->points; p++) r->horizon[p] = (p + 1) * INT64_C(100000000000) + any_integer(1000000);
    r->producer = any_integer(65536);
    r->epoch = test_random(&seed) % 1000000000000000;       /* cJSON has doubles only */
    r->sequence = test_random(&seed) % 1000000000000000;
    r->made_at = any_integer(1000000000000000);
    r->level = 0.5 + 0.4 * test_uniform(&seed);
    r->confidence = test_uniform(&seed);
    for (k = 0; k < PSC_RESOURCES; k++) {
        r->now[k] = any_load();
        if (test_random(&seed) % 2) r->capacity[k] = any_load();
        for (p = 0; p < r->points; p++) {
            double x[3] = {any_load(), any_load(), any_load()};
            const double low = fmin(x[0], fmin(x[1], x[2])), high = fmax(x[0], fmax(x[1], x[2]));
            r->lower[p * PSC_RESOURCES + k] = low;
            r->upper[p * PSC_RESOURCES + k] = high;
            r->expected[p * PSC_RESOURCES + k] = fmax(fmin(x[0], x[1]), fmin(fmax(x[0], x[1]), x[2]));
        }
    }
    r->advice = (int32_t)(test_random(&seed) % 4);
    r->advice_resource = (int32_t)(test_random(&seed) % PSC_RESOURCES);
    r->advice_share = test_uniform(&seed) * 3.0 - 1.0;
    r->advice_amount = r->advice_share * any_load() + 0.0;      /* no -0, which is an integer to jansson */
}

/* ==== Two readers under one name ================================================================= */

/* A value of a tree, by jansson or by cJSON; NULL in both: there is none. */
typedef struct value {
    json_t *jansson;
    cJSON  *cjson;
} value;

static value member(value v, const char *name)
{
    v.jansson = v.jansson ? json_object_get(v.jansson, name) : NULL;
    v.cjson = v.cjson ? cJSON_GetObjectItemCaseSensitive(v.cjson, name) : NULL;
    return v;
}

static value element(value v, int i)
{
    v.jansson = v.jansson ? json_array_get(v.jansson, (size_t)i) : NULL;
    v.cjson = v.cjson ? cJSON_GetArrayItem(v.cjson, i) : NULL;
    return v;
}

static int length_of(value v)
{
    return v.jansson ? (int)json_array_size(v.jansson) : v.cjson ? cJSON_GetArraySize(v.cjson) : -1;
}

static int is_null(value v) { return v.jansson ? json_is_null(v.jansson) : cJSON_IsNull(v.cjson); }

/* The same bits; a whole number without a point is an integer of jansson's. */
static void same_real(value v, double x)
{
    double y;

    CHECK(v.jansson ? json_is_number(v.jansson) : cJSON_IsNumber(v.cjson));
    y = v.jansson ? json_number_value(v.jansson) : cJSON_GetNumberValue(v.cjson);
    CHECK(x >= y && x <= y);
}

static void same_integer(value v, int64_t x)
{
    if (v.jansson) CHECK(json_is_integer(v.jansson) && json_integer_value(v.jansson) == x);
    else same_real(v, (double)x);
}

static int is_string(value v, const char *x)
{
    const char *s = v.jansson ? json_string_value(v.jansson) : cJSON_GetStringValue(v.cjson);

    return s && strcmp(s, x) == 0;
}

static value parse(int which, const char *text, size_t length)
{
    json_error_t error;
    value v = {NULL, NULL};

    if (which == 0) v.jansson = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    else v.cjson = cJSON_ParseWithLength(text, length);
    CHECK(v.jansson != NULL || v.cjson != NULL);
    return v;
}

static void drop(value v)
{
    json_decref(v.jansson);
    cJSON_Delete(v.cjson);
}

/* The same as jansson writes it, to be freed. */
static char *jansson_text(const char *text, size_t length)
{
    value v = parse(0, text, length);
    char *again = json_dumps(v.jansson, JSON_REAL_PRECISION(17));

    drop(v);
    return again;
}

/* ==== Reports and beats ========================================================================== */

static void same_load(value v, const psc_report *r, int k)
{
    const double *const loads[] = {r->expected, r->lower, r->upper};
    static const char *const name[] = {"expected", "lower", "upper"};
    int i, p;

    same_real(member(v, "now"), r->now[k]);
    if (isnan(r->capacity[k])) CHECK(is_null(member(v, "capacity")));
    else same_real(member(v, "capacity"), r->capacity[k]);
    for (i = 0; i < 3; i++) {
        CHECK_INT(length_of(member(v, name[i])), r->points);
        for (p = 0; p < r->points; p++) same_real(element(member(v, name[i]), p), loads[i][p * PSC_RESOURCES + k]);
    }
}

static void same_report(value v, const psc_report *r)
{
    value advice = member(v, "advice");
    int p, k;

    same_integer(member(v, "version"), 1);
    CHECK(is_string(member(v, "kind"), "report"));
    same_integer(member(v, "producer"), r->producer);
    same_integer(member(v, "epoch"), (int64_t)r->epoch);
    same_integer(member(v, "sequence"), (int64_t)r->sequence);
    same_integer(member(v, "made_at_ns"), r->made_at);
    same_real(member(v, "level"), r->level);
    same_real(member(v, "confidence"), r->confidence);
    CHECK_INT(length_of(member(v, "horizon_ns")), r->points);
    for (p = 0; p < r->points; p++) same_integer(element(member(v, "horizon_ns"), p), r->horizon[p]);
    for (k = 0; k < PSC_RESOURCES; k++) same_load(member(v, resource[k]), r, k);
    CHECK(is_string(member(advice, "reason"), reason[r->advice]));
    CHECK(is_string(member(advice, "resource"), resource[r->advice_resource]));
    same_real(member(advice, "share"), r->advice_share);
    same_real(member(advice, "amount"), r->advice_amount);
}

static void test_reports(void)
{
    char text[PSC_MAX_JSON], *again;
    psc_report r, back;
    size_t length;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        value v;
        any_report(&r);
        CHECK_STATUS(psc_report_write(&r, text, sizeof text, &length), PSC_OK);
        v = parse(i % 2, text, length);
        same_report(v, &r);
        drop(v);
        if (i % 2) continue;                /* cJSON 1.7 prints 15 digits where they are near enough: bits are lost */
        again = jansson_text(text, length);
        memset(&back, 0, sizeof back);
        CHECK_STATUS(psc_report_read(again, strlen(again), &back), PSC_OK);
        CHECK_STATUS(psc_report_write(&back, again, strlen(again), &length), PSC_OK);
        CHECK(memcmp(again, text, length) == 0);
        free(again);
    }
}

static void test_beats(void)
{
    char text[PSC_MAX_JSON], *again;
    double metric[PSC_MAX_METRICS], back_metric[PSC_MAX_METRICS];
    psc_beat beat, back;
    size_t length;
    int i, k;

    for (i = 0; i < ROUNDS; i++) {
        const int metrics = 1 + (int)(test_random(&seed) % PSC_MAX_METRICS);
        value v, m;
        memset(&beat, 0, sizeof beat);
        beat.node = any_integer(1000000);
        beat.epoch = test_random(&seed) % 1000;
        beat.sequence = test_random(&seed) % 1000000000000;
        beat.sent_at = any_integer(1000000000000000);
        beat.shards = any_integer(1000);
        for (k = 0; k < metrics; k++) metric[k] = test_random(&seed) % 5 ? test_uniform(&seed) : (double)NAN;
        CHECK_STATUS(psc_beat_write(&beat, metric, metrics, text, sizeof text, &length), PSC_OK);
        v = parse(i % 2, text, length);
        CHECK(is_string(member(v, "kind"), "beat"));
        same_integer(member(v, "node"), beat.node);
        same_integer(member(v, "sequence"), (int64_t)beat.sequence);
        same_integer(member(v, "sent_at_ns"), beat.sent_at);
        m = member(v, "metrics");
        CHECK_INT(length_of(m), metrics);
        for (k = 0; k < metrics; k++)
            if (isnan(metric[k])) CHECK(is_null(element(m, k)));
            else same_real(element(m, k), metric[k]);
        drop(v);
        again = jansson_text(text, length);
        CHECK_STATUS(psc_beat_read(again, strlen(again), &back, back_metric, PSC_MAX_METRICS), PSC_OK);
        CHECK(back.node == beat.node && back.sequence == beat.sequence && back.shards == beat.shards);
        for (k = 0; k < metrics; k++) CHECK(memcmp(&back_metric[k], &metric[k], 8) == 0 || isnan(metric[k]));
        free(again);
    }
}

/* ==== Published schemas ========================================================================== */

/* A member that a schema knows. Everything else is an unknown field, which strict decoding refuses. */
typedef struct rule {
    const char *name;
    json_type type;
    int required;
} rule;

static void check_members(json_t *object, const rule *rules, size_t n)
{
    const char *name;
    json_t *x;
    size_t i;

    CHECK(json_is_object(object));
    json_object_foreach(object, name, x) {
        for (i = 0; i < n && strcmp(rules[i].name, name) != 0; i++) continue;
        CHECK(i < n);
        if (i < n) CHECK(json_typeof(x) == rules[i].type || (json_is_boolean(x) && rules[i].type == JSON_TRUE));
    }
    for (i = 0; i < n; i++) CHECK(!rules[i].required || json_object_get(object, rules[i].name) != NULL);
}

#define MEMBERS(object, rules) check_members(object, rules, sizeof rules / sizeof rules[0])

static json_int_t integer(json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *string(json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));

    return s ? s : "";
}

/* io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler and its Spec in Kubernetes' OpenAPI; replica counts are int32,
 * minReplicas at least 1 (0 is behind a gate), maxReplicas not below minReplicas. A merge patch (RFC 7386) may leave
 * scaleTargetRef out. */
static void check_hpa(json_t *body, int64_t units, int64_t most)
{
    static const rule top[] = {
        {"apiVersion", JSON_STRING, 1}, {"kind", JSON_STRING, 1}, {"metadata", JSON_OBJECT, 0},
        {"spec", JSON_OBJECT, 1}, {"status", JSON_OBJECT, 0}
    };
    static const rule spec[] = {
        {"scaleTargetRef", JSON_OBJECT, 0}, {"minReplicas", JSON_INTEGER, 0}, {"maxReplicas", JSON_INTEGER, 1},
        {"metrics", JSON_ARRAY, 0}, {"behavior", JSON_OBJECT, 0}
    };
    json_t *s = json_object_get(body, "spec");

    MEMBERS(body, top);
    MEMBERS(s, spec);
    CHECK(strcmp(string(body, "apiVersion"), "autoscaling/v2") == 0);
    CHECK(strcmp(string(body, "kind"), "HorizontalPodAutoscaler") == 0);
    CHECK(integer(s, "minReplicas") == units && integer(s, "maxReplicas") == most);
    CHECK(units >= 1 && units <= most && most <= INT32_MAX);
}

/* A time of RFC 3339 to the second, in UTC. */
static int is_time(const char *s)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    size_t i;

    for (i = 0; form[i]; i++)
        if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i]) return 0;
    return s[i] == 0;
}

/* external.metrics.k8s.io/v1beta1 ExternalMetricValueList: value is a resource.Quantity, here digits only. */
static void check_metrics(json_t *body, int64_t units)
{
    static const rule top[] = {
        {"kind", JSON_STRING, 1}, {"apiVersion", JSON_STRING, 1}, {"metadata", JSON_OBJECT, 1},
        {"items", JSON_ARRAY, 1}
    };
    static const rule item[] = {
        {"metricName", JSON_STRING, 1}, {"metricLabels", JSON_OBJECT, 1}, {"timestamp", JSON_STRING, 1},
        {"window", JSON_INTEGER, 0}, {"value", JSON_STRING, 1}
    };
    json_t *x = json_array_get(json_object_get(body, "items"), 0);

    MEMBERS(body, top);
    MEMBERS(x, item);
    CHECK(strcmp(string(body, "apiVersion"), "external.metrics.k8s.io/v1beta1") == 0);
    CHECK(strcmp(string(body, "kind"), "ExternalMetricValueList") == 0);
    CHECK(json_array_size(json_object_get(body, "items")) == 1);
    CHECK(is_time(string(x, "timestamp")));
    CHECK(strspn(string(x, "value"), "0123456789") == strlen(string(x, "value")));
    CHECK(strtoll(string(x, "value"), NULL, 10) == units);
}

/* SetDesiredCapacity of the Auto Scaling API: AutoScalingGroupName of 1..255 characters and DesiredCapacity are
 * required, HonorCooldown is a boolean. */
static void check_group(json_t *body, int64_t units)
{
    static const rule top[] = {
        {"AutoScalingGroupName", JSON_STRING, 1}, {"DesiredCapacity", JSON_INTEGER, 1},
        {"HonorCooldown", JSON_TRUE, 0}
    };

    MEMBERS(body, top);
    CHECK(strlen(string(body, "AutoScalingGroupName")) >= 1 && strlen(string(body, "AutoScalingGroupName")) <= 255);
    CHECK(integer(body, "DesiredCapacity") == units);
}

static void test_decisions(void)
{
    char text[PSC_MAX_JSON];
    psc_decision d;
    size_t length;
    int i;

    memset(&d, 0, sizeof d);
    for (i = 0; i < ROUNDS; i++) {
        const int64_t most = 1 + any_integer(i % 2 ? 20 : INT32_MAX);
        value v[3];
        int k;
        d.units = 1 + any_integer((uint64_t)most);
        CHECK_STATUS(psc_decision_hpa(&d, most, text, sizeof text, &length), PSC_OK);
        check_hpa((v[0] = parse(0, text, length)).jansson, d.units, most);
        CHECK_STATUS(psc_decision_metrics(&d, "web.units", any_integer(UINT64_C(253402300800)), text, sizeof text,
                                          &length), PSC_OK);
        check_metrics((v[1] = parse(0, text, length)).jansson, d.units);
        CHECK_STATUS(psc_decision_group(&d, "web-1", text, sizeof text, &length), PSC_OK);
        check_group((v[2] = parse(0, text, length)).jansson, d.units);
        for (k = 0; k < 3; k++) drop(v[k]);
        drop(parse(1, text, length));
    }
}

int main(void)
{
    RUN(test_reports);
    RUN(test_beats);
    RUN(test_decisions);
    return test_end();
}
