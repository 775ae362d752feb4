/* json.c - reports and heartbeats as text: numbers to the bit against the C library, every refusal, what is
 * rendered. */
#include "predscale.h"
#include "test.h"
#include "blocks.h"

#include <math.h>
#include <stdlib.h>

static void make_report(psc_report *r)
{
    int i, k;

    psc_report_default(r);
    r->producer = 7;
    r->epoch = UINT64_MAX;
    r->sequence = 12;
    r->made_at = INT64_C(1234567890123456789);
    r->confidence = 0.875;
    for (k = 0; k < PSC_RESOURCES; k++) {
        r->now[k] = 100.5 * (k + 1);
        if (k < 2) r->capacity[k] = 250.0 * (k + 1);
        for (i = 0; i < r->points; i++) {
            r->expected[i * PSC_RESOURCES + k] = 110.25 * (k + 1) + i;
            r->lower[i * PSC_RESOURCES + k] = 90.125 * (k + 1);
            r->upper[i * PSC_RESOURCES + k] = 150.7 * (k + 1) + i;
        }
    }
    r->advice = PSC_ADVICE_GROWTH;
    r->advice_resource = PSC_RESOURCE_CPU;
    r->advice_share = 0.2;
    r->advice_amount = 1.5;
}

static size_t write_report(const psc_report *r, char *text)
{
    size_t n = 0;

    CHECK_STATUS(psc_report_write(r, text, PSC_MAX_JSON - 1, &n), PSC_OK);
    text[n] = 0;
    return n;
}

static void test_report_text(void)
{
    static const char want[] =
        "{\"version\":1,\"kind\":\"report\",\"producer\":7,\"epoch\":18446744073709551615,\"sequence\":12,"
        "\"made_at_ns\":1234567890123456789,\"level\":0.9,\"confidence\":0.875,"
        "\"horizon_ns\":[300000000000,600000000000,900000000000],"
        "\"requests_per_s\":{\"now\":100.5,\"capacity\":250,\"expected\":[110.25,111.25,112.25],"
        "\"lower\":[90.125,90.125,90.125],\"upper\":[150.7,151.7,152.7]},"
        "\"cpu_s_per_s\":{\"now\":201,\"capacity\":500,\"expected\":[220.5,221.5,222.5],"
        "\"lower\":[180.25,180.25,180.25],\"upper\":[301.4,302.4,303.4]},"
        "\"memory_bytes\":{\"now\":301.5,\"capacity\":null,\"expected\":[330.75,331.75,332.75],"
        "\"lower\":[270.375,270.375,270.375],\"upper\":[452.09999999999997,453.09999999999997,454.09999999999997]},"
        "\"network_bytes_per_s\":{\"now\":402,\"capacity\":null,\"expected\":[441,442,443],"
        "\"lower\":[360.5,360.5,360.5],\"upper\":[602.8,603.8,604.8]},"
        "\"advice\":{\"reason\":\"growth\",\"resource\":\"cpu_s_per_s\",\"share\":0.2,\"amount\":1.5}}";
    psc_report r, back;
    char text[PSC_MAX_JSON], small[64];
    size_t n, length = 77, k;

    make_report(&r);
    n = write_report(&r, text);
    text[n] = 0;
    CHECK_INT(psc_report_read(text, n, &back), PSC_OK);
    CHECK(memcmp(&r, &back, sizeof r) == 0);
    /* 452.09999999999997 is written in another form, with the same bits: only the rest is compared as text */
    CHECK(strncmp(text, want, 500) == 0);
    CHECK_INT(psc_report_read(want, sizeof want - 1, &back), PSC_OK);
    CHECK(memcmp(&r, &back, sizeof r) == 0);
    memset(small, 'x', sizeof small);
    CHECK_STATUS(psc_report_write(&r, small, sizeof small, &length), PSC_ERR_SPACE);
    for (k = 0; k < sizeof small; k++) CHECK(small[k] == 'x');
    CHECK_INT(length, 77);
    {
        char *exact = (char *)block_new(n, 0);
        CHECK_STATUS(psc_report_write(&r, exact, n, &length), PSC_OK);
        CHECK(length == n && memcmp(exact, text, n) == 0);
        CHECK_STATUS(psc_report_write(&r, exact, n - 1, &length), PSC_ERR_SPACE);
        free(exact);
    }
}

/* A double through text and back, and what the C library makes of the text. */
static void trip(double x)
{
    psc_report r, back;
    char text[PSC_MAX_JSON], *at;

    make_report(&r);
    r.now[0] = x;
    write_report(&r, text);
    CHECK_STATUS(psc_report_read(text, strlen(text), &back), PSC_OK);
    CHECK(memcmp(&r.now[0], &back.now[0], 8) == 0);
    at = strstr(text, "\"now\":") + 6;
    CHECK(strtod(at, NULL) == x);
    CHECK(strcspn(at, ",") <= 32);
}

/* What is read where a load of 100.5 stood. */
static void whole(double x, const char *number)
{
    char text[PSC_MAX_JSON], all[PSC_MAX_JSON], *at;
    psc_report r;

    make_report(&r);
    write_report(&r, text);
    at = strstr(text, "100.5");
    sprintf(all, "%.*s%s%s", (int)(at - text), text, number, at + 5);
    CHECK_STATUS(psc_report_read(all, strlen(all), &r), PSC_OK);
    CHECK(memcmp(&r.now[0], &x, 8) == 0);
}

static void test_numbers_round_trip(void)
{
    uint64_t seed = 5, bits;
    double x;
    int i;

    trip(0.0);
    trip(5e-324);
    trip(2.2250738585072014e-308);
    trip(2.2250738585072011e-308);
    trip(1e15);
    trip(9007199254740991.0 / 16.0);
    trip(0.1);
    trip(1.0 / 3.0);
    trip(123456.789);
    whole(562949953421312.0, "562949953421312.0625");       /* half of the last bit: to the even one, down and up */
    whole(562949953421312.25, "562949953421312.1875");
    whole(562949953421312.125, "562949953421312.06250001");
    for (i = 0; i < 20000; i++) {
        bits = test_random(&seed) >> 1;
        memcpy(&x, &bits, sizeof x);
        if (!(x <= 1e15)) {
            bits &= UINT64_C(0x42ffffffffffffff);
            memcpy(&x, &bits, sizeof x);
        }
        if (x <= 1e15) trip(x);
        trip(floor(test_uniform(&seed) * 1e6) / 1000.0);
    }
}

/* Any decimal text reads as strtod reads it. */
static void reads_as(const char *number)
{
    char text[PSC_MAX_JSON], all[PSC_MAX_JSON];
    const char *at;
    psc_report r;
    double want = strtod(number, NULL);

    make_report(&r);
    write_report(&r, text);
    at = strstr(text, "100.5");
    snprintf(all, sizeof all, "%.*s%s%s", (int)(at - text), text, number, at + 5);
    CHECK_STATUS(psc_report_read(all, strlen(all), &r), PSC_OK);
    if (memcmp(&r.now[0], &want, 8) != 0) {
        printf("%s reads as %.17g\n", number, r.now[0]);
        CHECK(0);
    }
}

static void test_numbers_as_strtod(void)
{
    static const char *const hard[] = {
        "0", "0.0", "0e5", "1e-400", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
        "7.4109846876186982e-324", "2.2250738585072011e-308", "2.2250738585072012e-308", "9007199254740993e-2",
        "9007199254740993e-1", "12345678901234567890123456e-20", "8.5e-319", "1E+2", "1e02", "0.30000000000000004",
        "9214843084008499e-3", "1.00000000000000011102230246251", "1.0000000000000001110223024626", "3e-3",
        "1.0000000000000001110223024625", "0e123456", "1e-99999999"
    };
    char text[64];
    uint64_t seed = 9;
    int i;

    for (i = 0; i < (int)(sizeof hard / sizeof hard[0]); i++) reads_as(hard[i]);
    for (i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "%llu.%llue-%d", (unsigned long long)(test_random(&seed) % 1000),
                 (unsigned long long)(test_random(&seed) >> (test_random(&seed) % 60)),
                 (int)(test_random(&seed) % 340));
        if (strlen(text) <= 32) reads_as(text);
    }
}

/* text with the first `from` replaced by `to` is refused with this status and changes nothing. */
static void refused(const char *text, const char *from, const char *to, psc_status status)
{
    char all[PSC_MAX_JSON];
    const char *at = strstr(text, from);
    psc_report r, before;

    if (!at) {
        CHECK(at != NULL);
        return;
    }
    memset(&r, 0x5a, sizeof r);
    before = r;
    snprintf(all, sizeof all, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    if (psc_report_read(all, strlen(all), &r) != status) printf("%s -> %s:\n", from, to);
    CHECK_STATUS(psc_report_read(all, strlen(all), &r), status);
    CHECK(memcmp(&r, &before, sizeof r) == 0);
}

static void test_refusals(void)
{
    static const char *const format[][2] = {
        {"\"kind\":\"report\"", "\"kind\":\"beat\""}, {"\"level\":0.9,", ""},
        {"\"level\":0.9", "\"level\":0.9,\"level\":0.9"},
        {"\"level\"", "\"Level\""}, {"\"level\":0.9", "\"level\":NaN"}, {"\"level\":0.9", "\"level\":Infinity"},
        {"\"level\":0.9", "\"level\":null"}, {"\"level\":0.9", "\"level\":\"0.9\""}, {"\"level\":0.9", "\"level\":.9"},
        {"\"level\":0.9", "\"level\":0.9e0000000000000000000000000000000000000"},
        {"\"level\":0.9", "\"level\":0."}, {"\"level\":0.9", "\"level\":+0.9"}, {"\"level\":0.9", "\"level\":00.9"},
        {"\"level\":0.9", "\"level\":0.9e"}, {"\"level\":0.9", "\"level\":0.9e+"}, {"\"level\":0.9", "\"level\":-"},
        {"\"level\":0.9", "\"level\":[0.9]"}, {"\"level\":0.9", "\"level\":{\"level\":0.9}"},
        {"\"level\":0.9", "\"level\" 0.9"}, {"\"level\":0.9", "\"level\":0.9000000000000000000000000000000"},
        {"\"level\":0.9", "\"lev\\u0065l\":0.9"}, {"\"level\":0.9", "level:0.9"}, {"\"level\":0.9", "\"level\":0.9,"},
        {"\"producer\":7", "\"producer\":7.0"}, {"\"producer\":7", "\"producer\":7e0"},
        {"\"producer\":7", "\"producer\":9223372036854775808"}, {"\"producer\":7", "\"producer\":-9223372036854775809"},
        {"\"sequence\":12", "\"sequence\":-12"}, {"\"epoch\":18446744073709551615", "\"epoch\":18446744073709551616"},
        {"\"now\":100.5", "\"now\":1e400"}, {"\"now\":100.5", "\"now\":1e30"}, {"\"now\":100.5", "\"now\":2e308"},
        {"\"now\":100.5", "\"now\":1e123456"}, {"\"now\":100.5,", ""},
        {"\"now\":100.5", "\"now\":100.5,\"now\":100.5"}, {"\"capacity\":250", "\"capacity\":nul"},
        {"[90.125,90.125,90.125]", "[90.125,90.125]"}, {"[90.125,90.125,90.125]", "[]"},
        {"[90.125,90.125,90.125]", "[1,2,3,4,5]"}, {"[90.125,90.125,90.125]", "[90.125,90.125,90.125,]"},
        {"[300000000000,", "["}, {"[300000000000,", "[1,2,3,"}, {"[300000000000,", "[3e11,"},
        {"\"growth\"", "\"grow\""},
        {"\"growth\"", "\"growth \""}, {"\"cpu_s_per_s\",\"share\"", "\"gpu\",\"share\""}, {",\"amount\":1.5", ""},
        {"\"amount\":1.5}}", "\"amount\":1.5}"}, {"\"amount\":1.5}}", "\"amount\":1.5}}}"},
        {"\"amount\":1.5}}", "\"amount\":1.5}}x"},
        {"\"amount\":1.5}}", "\"amount\":1.5]}"}, {"{\"version\"", "[\"version\""}, {"{\"version\"", "{{\"version\""},
        {"{\"version\":1,", "{"}, {"{\"version\":1", "{\"version\":\"1\""}, {"{\"version\":1", "{\"version\":1.0"}
    };
    static const char *const range[][2] = {
        {"\"producer\":7", "\"producer\":-9223372036854775808"}, {"\"level\":0.9", "\"level\":1"},
        {"\"level\":0.9", "\"level\":-0.5"}, {"\"now\":100.5", "\"now\":-1"}, {"\"now\":100.5", "\"now\":2e15"},
        {"[90.125,90.125,90.125]", "[90.125,999,90.125]"}, {"[300000000000,", "[600000000000,"},
        {"[300000000000,", "[-1,"}, {"\"confidence\":0.875", "\"confidence\":1.5"}, {"\"share\":0.2", "\"share\":-2"}
    };
    char text[PSC_MAX_JSON], *huge;
    psc_report r;
    size_t i, n;

    make_report(&r);
    n = write_report(&r, text);
    for (i = 0; i < sizeof format / sizeof format[0]; i++) refused(text, format[i][0], format[i][1], PSC_ERR_FORMAT);
    for (i = 0; i < sizeof range / sizeof range[0]; i++) refused(text, range[i][0], range[i][1], PSC_ERR_RANGE);
    refused(text, "\"version\":1", "\"version\":2", PSC_ERR_VERSION);
    for (i = 0; i < n; i++) {                           /* every beginning, in a block of just that length */
        char *part = (char *)block_new(i + 1, 0);
        memcpy(part, text, i);
        CHECK_STATUS(psc_report_read(part, i, &r), PSC_ERR_FORMAT);
        free(part);
    }
    huge = (char *)block_new(PSC_MAX_JSON + 1, ' ');
    memcpy(huge, text, n);
    CHECK_STATUS(psc_report_read(huge, PSC_MAX_JSON, &r), PSC_OK);      /* blanks at the end */
    CHECK_STATUS(psc_report_read(huge, PSC_MAX_JSON + 1, &r), PSC_ERR_SPACE);
    memset(huge, '[', PSC_MAX_JSON);
    CHECK_STATUS(psc_report_read(huge, PSC_MAX_JSON, &r), PSC_ERR_FORMAT);
    memset(huge, '9', PSC_MAX_JSON);
    CHECK_STATUS(psc_report_read(huge, PSC_MAX_JSON, &r), PSC_ERR_FORMAT);
    free(huge);
    CHECK_STATUS(psc_report_read(NULL, 0, &r), PSC_ERR_NULL);
    CHECK_STATUS(psc_report_read(text, n, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_report_write(&r, NULL, 0, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_report_write(&r, text, sizeof text, NULL), PSC_ERR_NULL);
    r.now[0] = -1.0;
    CHECK_STATUS(psc_report_write(&r, text, sizeof text, &n), PSC_ERR_RANGE);
}

/* Members in another order, blanks of all sorts, exponents. */
static void test_liberties(void)
{
    static const char text[] = "\t{ \"advice\" : {\"amount\":15e-1,\"share\":2.0E-1,\"resource\":\"cpu_s_per_s\","
        "\"reason\":\"growth\"},\n\"horizon_ns\":[5 , 6],\r\"kind\":\"report\",\"version\":1,\"producer\":0,"
        "\"epoch\":0,"
        "\"sequence\":0,\"made_at_ns\":0,\"level\":0.5,\"confidence\":0,"
        "\"network_bytes_per_s\":{\"upper\":[1,2],\"lower\":[0,0],\"expected\":[1,2],\"capacity\":null,\"now\":-0},"
        "\"memory_bytes\":{\"now\":1,\"capacity\":0,\"expected\":[1,2],\"lower\":[0,0],\"upper\":[1,2]},"
        "\"cpu_s_per_s\":{\"now\":1,\"capacity\":null,\"expected\":[1,2],\"lower\":[0,0],\"upper\":[1,2]},"
        "\"requests_per_s\":{\"now\":1,\"capacity\":null,\"expected\":[1,2],\"lower\":[0,0],\"upper\":[1,2]}} ";
    psc_report r;

    CHECK_STATUS(psc_report_read(text, sizeof text - 1, &r), PSC_OK);
    CHECK_INT(r.points, 2);
    CHECK_INT(r.horizon[1], 6);
    CHECK(r.advice_amount == 1.5 && r.advice_share == 0.2 && r.now[3] == 0.0);
}

static void test_beats(void)
{
    static const char want[] = "{\"version\":1,\"kind\":\"beat\",\"node\":-9223372036854775808,"
                               "\"epoch\":4,\"sequence\":9,"
                               "\"sent_at_ns\":-5,\"shards\":3,\"metrics\":[12.5,null,0.25]}";
    double metric[3] = {12.5, 0.0, 0.25}, back[4] = {1, 2, 3, 4};
    psc_beat beat, got;
    char text[512];
    size_t n, i;

    memset(&beat, 0, sizeof beat);
    beat.node = beat.sender = INT64_MIN;
    beat.epoch = 4;
    beat.sequence = 9;
    beat.sent_at = -5;
    beat.shards = 3;
    metric[1] = special(0);
    CHECK_STATUS(psc_beat_write(&beat, metric, 3, text, sizeof text, &n), PSC_OK);
    CHECK(n == sizeof want - 1 && memcmp(text, want, n) == 0);
    CHECK_STATUS(psc_beat_write(&beat, metric, 3, text, n - 1, &n), PSC_ERR_SPACE);
    CHECK_STATUS(psc_beat_read(want, n, &got, back, 4), PSC_OK);
    CHECK(memcmp(&got, &beat, sizeof beat) == 0);
    CHECK(back[0] == 12.5 && back[1] != back[1] && back[2] == 0.25 && back[3] != back[3]);
    memset(&got, 1, sizeof got);
    for (i = 0; i < n; i++) CHECK_STATUS(psc_beat_read(want, i, &got, back, 4), PSC_ERR_FORMAT);
    CHECK_STATUS(psc_beat_read(want, n, &got, back, 2), PSC_ERR_SPACE);
    CHECK_STATUS(psc_beat_read(want, n, &got, back, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_beat_read(want, n, NULL, back, 4), PSC_ERR_NULL);
    CHECK_STATUS(psc_beat_read(want, n, &got, NULL, 4), PSC_ERR_NULL);
    CHECK_STATUS(psc_beat_read(NULL, n, &got, back, 4), PSC_ERR_NULL);
    metric[2] = 1.5;                                    /* a share of errors */
    CHECK_STATUS(psc_beat_write(&beat, metric, 3, text, sizeof text, &n), PSC_ERR_IMPOSSIBLE);
    metric[2] = 0.5;
    CHECK_STATUS(psc_beat_write(&beat, metric, 0, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_beat_write(&beat, metric, 65, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_beat_write(NULL, metric, 3, text, sizeof text, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_beat_write(&beat, NULL, 3, text, sizeof text, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_beat_write(&beat, metric, 3, NULL, sizeof text, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_beat_write(&beat, metric, 3, text, sizeof text, NULL), PSC_ERR_NULL);
    beat.shards = -1;
    CHECK_STATUS(psc_beat_write(&beat, metric, 3, text, sizeof text, &n), PSC_ERR_IMPOSSIBLE);
    memcpy(text, want, sizeof want);
    *strstr(text, "3,\"metrics") = '-';                 /* "shards":-,  */
    CHECK_STATUS(psc_beat_read(text, sizeof want - 1, &got, back, 4), PSC_ERR_FORMAT);
}

/* Metrics of the host's own may be negative. A buffer for any text is written at once. */
static void test_beat_of_many_metrics(void)
{
    double metric[PSC_METRIC_HOST + 2] = {0.0}, back[PSC_METRIC_HOST + 2];
    char text[PSC_MAX_JSON], small[512];
    psc_beat beat, got;
    size_t n, same;

    memset(&beat, 0, sizeof beat);
    metric[PSC_METRIC_HOST] = -0.1;
    metric[PSC_METRIC_HOST + 1] = -1e-22;                /* one digit, no point */
    CHECK_STATUS(psc_beat_write(&beat, metric, PSC_METRIC_HOST + 2, text, sizeof text, &n), PSC_OK);
    CHECK_STATUS(psc_beat_write(&beat, metric, PSC_METRIC_HOST + 2, small, sizeof small, &same), PSC_OK);
    CHECK(n == same && memcmp(text, small, n) == 0);
    CHECK_STATUS(psc_beat_read(text, n, &got, back, PSC_METRIC_HOST + 2), PSC_OK);
    CHECK(memcmp(back, metric, sizeof metric) == 0);
}

static void is_text(const char *text, size_t n, const char *want)
{
    if (n != strlen(want) || memcmp(text, want, n) != 0) {
        printf("%.*s\n", (int)n, text);
        CHECK(0);
    }
}

static void test_advice(void)
{
    psc_report r;
    char text[128];
    size_t n = 0;

    make_report(&r);
    CHECK_STATUS(psc_report_advice(&r, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "cpu +20 % (will be short)");
    r.advice = PSC_ADVICE_IDLE;
    r.advice_resource = PSC_RESOURCE_REQUESTS;
    r.advice_share = -0.625;
    CHECK_STATUS(psc_report_advice(&r, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "requests -63 % (idle)");
    r.advice = PSC_ADVICE_FULL;
    r.advice_resource = PSC_RESOURCE_MEMORY;
    r.advice_share = 0.5;
    r.advice_amount = 1024.0 * 1024.0 * 1536.0;
    CHECK_STATUS(psc_report_advice(&r, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "memory +1.5 GiB (full now)");
    CHECK_STATUS(psc_report_advice(&r, text, n - 1, &n), PSC_ERR_SPACE);
    r.advice_amount = 20e15;
    CHECK_STATUS(psc_report_advice(&r, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "memory +17.8 PiB (full now)");
    r.advice = PSC_ADVICE_NONE;
    CHECK_STATUS(psc_report_advice(&r, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "no change");
    CHECK_STATUS(psc_report_advice(&r, NULL, sizeof text, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_report_advice(&r, text, sizeof text, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_report_advice(NULL, text, sizeof text, &n), PSC_ERR_NULL);
}

static void test_decisions(void)
{
    static const char *const bad[] = {
        "", "A", "a_b", "a~b", "a:b", "-a", "a-", ".a", "a.", "a b", "a\"b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    psc_decision d;
    char text[512];
    size_t n = 0, i;

    memset(&d, 0, sizeof d);
    d.units = 12;
    CHECK_STATUS(psc_decision_hpa(&d, 40, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
                     "\"spec\":{\"minReplicas\":12,\"maxReplicas\":40}}");
    CHECK_STATUS(psc_decision_hpa(&d, 11, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_hpa(&d, INT64_C(2147483648), text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_hpa(&d, 40, text, 10, &n), PSC_ERR_SPACE);
    CHECK_STATUS(psc_decision_hpa(NULL, 40, text, 10, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_hpa(&d, 40, NULL, 10, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_hpa(&d, 40, text, 10, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_metrics(&d, "web-1.units", 1709164799 + 1, text, sizeof text, &n), PSC_OK);
    is_text(text, n, "{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/v1beta1\","
                     "\"metadata\":{},"
                     "\"items\":[{\"metricName\":\"web-1.units\",\"metricLabels\":{},"
                     "\"timestamp\":\"2024-02-29T00:00:00Z\","
                     "\"value\":\"12\"}]}");
    CHECK_STATUS(psc_decision_metrics(&d, "a", INT64_C(253402300799), text, sizeof text, &n), PSC_OK);
    CHECK(strstr(text, "9999-12-31T23:59:59Z") != NULL);
    CHECK_STATUS(psc_decision_metrics(&d, "a", 0, text, sizeof text, &n), PSC_OK);
    CHECK(strstr(text, "1970-01-01T00:00:00Z") != NULL);
    CHECK_STATUS(psc_decision_metrics(&d, "a", -1, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_metrics(&d, "a", INT64_C(253402300800), text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_metrics(&d, "a", 0, text, 20, &n), PSC_ERR_SPACE);
    CHECK_STATUS(psc_decision_metrics(NULL, "a", 0, text, 20, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_metrics(&d, NULL, 0, text, 20, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_metrics(&d, "a", 0, NULL, 20, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_metrics(&d, "a", 0, text, 20, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_group(&d, "web.9", text, sizeof text, &n), PSC_OK);
    is_text(text, n, "{\"AutoScalingGroupName\":\"web.9\",\"DesiredCapacity\":12,\"HonorCooldown\":false}");
    CHECK_STATUS(psc_decision_group(&d, "a", text, 20, &n), PSC_ERR_SPACE);
    CHECK_STATUS(psc_decision_group(NULL, "a", text, 20, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_group(&d, NULL, text, 20, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_group(&d, "a", NULL, 20, &n), PSC_ERR_NULL);
    CHECK_STATUS(psc_decision_group(&d, "a", text, 20, NULL), PSC_ERR_NULL);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(psc_decision_metrics(&d, bad[i], 0, text, sizeof text, &n), PSC_ERR_RANGE);
        CHECK_STATUS(psc_decision_group(&d, bad[i], text, sizeof text, &n), PSC_ERR_RANGE);
    }
    d.units = 0;
    CHECK_STATUS(psc_decision_hpa(&d, 40, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_metrics(&d, "a", 0, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_group(&d, "a", text, sizeof text, &n), PSC_OK);
    d.units = -1;
    CHECK_STATUS(psc_decision_group(&d, "a", text, sizeof text, &n), PSC_ERR_RANGE);
    d.units = INT64_C(2147483649);
    CHECK_STATUS(psc_decision_metrics(&d, "a", 0, text, sizeof text, &n), PSC_ERR_RANGE);
    CHECK_STATUS(psc_decision_group(&d, "a", text, sizeof text, &n), PSC_ERR_RANGE);
}

int main(void)
{
    RUN(test_report_text);
    RUN(test_numbers_round_trip);
    RUN(test_numbers_as_strtod);
    RUN(test_refusals);
    RUN(test_liberties);
    RUN(test_beats);
    RUN(test_beat_of_many_metrics);
    RUN(test_advice);
    RUN(test_decisions);
    return test_end();
}
