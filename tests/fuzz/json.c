/* json.c - any bytes to the readers, which refuse them and touch nothing or make what writes and reads back the
 * same; and reports and beats of any numbers to the writers, with some bytes of the text then changed. */
#include "fuzz.h"

static void read_any(const char *text, size_t length)
{
    psc_report r, again;
    psc_beat beat, other;
    double metric[PSC_MAX_METRICS], back[PSC_MAX_METRICS];
    char *out = (char *)block_of(PSC_MAX_JSON);
    size_t n = 0;
    int i, metrics = 0;

    memset(&r, 0xa5, sizeof r);
    memset(&beat, 0xa5, sizeof beat);
    if (psc_report_read(text, length, &r) == PSC_OK) {
        REQUIRE(psc_report_check(&r) == PSC_OK);
        REQUIRE(psc_report_write(&r, out, PSC_MAX_JSON, &n) == PSC_OK && n < 4096);
        REQUIRE(psc_report_read(out, n, &again) == PSC_OK);
        REQUIRE(memcmp(&r, &again, sizeof r) == 0);
        REQUIRE(psc_report_write(&r, out, n - 1, &n) == PSC_ERR_SPACE);
        REQUIRE(psc_report_advice(&r, out, PSC_MAX_JSON, &n) == PSC_OK);
    } else {
        REQUIRE(untouched(&r, sizeof r));
    }
    if (psc_beat_read(text, length, &beat, metric, PSC_MAX_METRICS) == PSC_OK) {
        for (i = 0; i < PSC_MAX_METRICS; i++)
            if (!is_nan(metric[i])) metrics = i + 1;
        if (metrics == 0) metrics = 1;
        REQUIRE(psc_beat_write(&beat, metric, metrics, out, PSC_MAX_JSON, &n) == PSC_OK && n < 4096);
        REQUIRE(psc_beat_read(out, n, &other, back, PSC_MAX_METRICS) == PSC_OK);
        REQUIRE(memcmp(&beat, &other, sizeof beat) == 0);
        for (i = 0; i < PSC_MAX_METRICS; i++)
            REQUIRE(is_nan(metric[i]) ? is_nan(back[i]) : memcmp(&metric[i], &back[i], 8) == 0);
    } else {
        REQUIRE(untouched(&beat, sizeof beat));
    }
    free(out);
}

static void take_report(input *in, psc_report *r)
{
    int i, k;

    psc_report_default(r);
    r->points = 1 + (int32_t)take_byte(in) % PSC_REPORT_POINTS;
    r->horizon[3] = r->horizon[2] + 1 + take_byte(in);
    r->producer = (int64_t)(take_word(in) >> 1);
    r->epoch = take_word(in);
    r->sequence = (uint64_t)take_integer(in);
    r->level = take_number(in, 0.01, 0.99);
    r->confidence = take_share(in);
    for (k = 0; k < PSC_RESOURCES; k++) {
        r->now[k] = take_real(in);
        if (take_byte(in) & 1) r->capacity[k] = take_real(in);
        for (i = 0; i < r->points; i++) {
            r->lower[i * PSC_RESOURCES + k] = take_byte(in) & 1 ? 0.0 : take_real(in);
            r->expected[i * PSC_RESOURCES + k] = r->lower[i * PSC_RESOURCES + k] + take_byte(in) / 3.0;
            r->upper[i * PSC_RESOURCES + k] = r->expected[i * PSC_RESOURCES + k] + take_byte(in) / 7.0;
        }
    }
    r->advice = take_byte(in) % 5;
    r->advice_resource = take_byte(in) % 5;
    r->advice_share = take_real(in);
    r->advice_amount = take_real(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    char *text;
    psc_report r;
    size_t n = 0;
    int changes;

    if (take_byte(&in) & 1) {
        text = (char *)copy_of(in.byte, in.left);
        read_any(text, in.left);
        free(text);
        return 0;
    }
    take_report(&in, &r);
    text = (char *)block_of(PSC_MAX_JSON);
    if (psc_report_write(&r, text, PSC_MAX_JSON, &n) != PSC_OK) {
        REQUIRE(psc_report_check(&r) != PSC_OK && untouched(text, PSC_MAX_JSON));
    } else {
        psc_report back;
        REQUIRE(psc_report_read(text, n, &back) == PSC_OK);
        REQUIRE(psc_report_check(&back) == PSC_OK && back.now[0] == r.now[0] && back.upper[0] == r.upper[0]);
        for (changes = (int)take_byte(&in) % 6; changes > 0; changes--) {
            const size_t at = (size_t)take_below(&in, (int32_t)n);
            text[at] = take_byte(&in) & 1 ? (char)take_byte(&in) : text[take_below(&in, (int32_t)n)];
        }
        text = (char *)realloc(text, n);
        REQUIRE(text != NULL);
        read_any(text, n);
    }
    free(text);
    return 0;
}
