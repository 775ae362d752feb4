/* Calendar: every day of 9999 years and moments of each kind against Python's datetime, events against a count of
 * seconds, and the ends of time. */
#include "../../forecast.c"
#include "../test.h"
#include "../blocks.h"
#include "../series.h"
#include "../vectors/read.h"

/* First indicator that is 1, counted from 1; 0: none is. */
static int which(const double *x, int count)
{
    int i, found = 0;

    for (i = 0; i < count; i++) {
        CHECK(x[i] == 0.0 || (x[i] == 1.0 && !found));
        if (x[i] > 0.0) found = i + 1;
    }
    return found;
}

/* The day of the year from the yearly wave, given that the year has so many days. */
static int yearday_of(const double *x, int days)
{
    const double turn = atan2(x[1], x[0]) / FC_2PI;
    return (int)floor((turn < 0.0 ? turn + 1.0 : turn) * days + 0.5) % days;
}

/* All 3,652,059 days from year 1 to 9999, folded as vectors_additive.py does. */
static void test_days(void)
{
    FILE *file = vector_open("tests/vectors/calendar.txt");
    static double want[400], out[366 * 24];
    psc_calendar c;
    int year, t;
    int64_t day = -719162;                      /* 0001-01-01 */
    uint64_t hash = 0;

    CHECK_INT(vector_record(file, "days", want, 400), 400);
    fclose(file);
    psc_calendar_default(&c);
    c.step = 86400;
    c.groups = PSC_CALENDAR_WEEKDAY | PSC_CALENDAR_MONTH_FIRST | PSC_CALENDAR_MONTH_LAST | PSC_CALENDAR_MONTH
               | PSC_CALENDAR_YEAR_WAVE | PSC_CALENDAR_WEEKEND;
    CHECK_INT(psc_calendar_columns(&c), 24);
    for (year = 1; year <= 9999; year++) {
        const int days = 365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
        c.start = day * 86400;
        CHECK_STATUS(psc_calendar_fill(&c, (size_t)days, out, 24), PSC_OK);
        for (t = 0; t < days; t++) {
            const double *x = out + t * 24;     /* weekday 6, weekend, first, last, month 11, wave 4 */
            const int weekday = which(x, 6), month = which(x + 9, 11);
            CHECK(x[6] == (weekday >= 5));
            hash = (hash * 31 + (uint64_t)(weekday + 7 * (int)x[7] + 14 * (int)x[8] + 28 * month
                                           + 336 * yearday_of(x + 20, days))) % (1u << 31);
        }
        day += days;
        if (year % 25 != 0 && year != 9999) continue;
        CHECK_INT(hash, want[(year - 1) / 25]);
        hash = 0;
    }
}

/* The waves of a period of so many seconds, at a second of it. */
static void check_waves(const double *x, int count, double second, double period)
{
    int k;

    for (k = 1; k <= count; k++) {
        const double turn = FC_2PI * k * second / period;
        CHECK_NEAR(x[2 * k - 2], cos(turn), 1e-13);         /* turn is rounded to 4e-15 */
        CHECK_NEAR(x[2 * k - 1], sin(turn), 1e-13);
    }
}

/* All groups at one moment, in their order: 23, 6, 6, 6, 1, 1, 1, 11, 4, 3, 4, 1. */
static void test_moments(void)
{
    FILE *file = vector_open("tests/vectors/calendar.txt");
    static double skip[400];
    double m[10], x[67];
    int cases = 0, day;

    (void)vector_record(file, "days", skip, 400);
    for (; vector_record(file, "moment", m, 10) == 10; cases++) {
        const int64_t local = (int64_t)m[0] + 60 * (int64_t)m[2], second = (local % 86400 + 86400) % 86400;
        psc_calendar c;
        psc_calendar_default(&c);
        c.start = (int64_t)m[0];
        c.step = (int64_t)m[1];
        c.offset_minutes = (int32_t)m[2];
        c.groups = PSC_CALENDAR_ALL;
        CHECK_INT(psc_calendar_columns(&c), 67);
        CHECK_STATUS(psc_calendar_fill(&c, 1, x, 67), PSC_OK);
        CHECK_INT(which(x, 23), m[3]);
        check_waves(x + 23, 3, (double)second, 86400.0);
        CHECK_INT(which(x + 29, 6), m[4]);
        check_waves(x + 35, 3, m[4] * 86400.0 + (double)second, 604800.0);
        CHECK_INT(x[41], m[4] >= 5);
        CHECK_INT(which(x + 44, 11), m[5]);
        day = (yearday_of(x + 55, (int)m[7]) - (int)m[6] + (int)m[7]) % (int)m[7];
        CHECK(day == 0 || day == 1);            /* rounded, the second half of a day counts as the next */
        CHECK_INT(which(x + 59, 3), m[8]);
        check_waves(x + 62, 2, (double)(second % 3600), 3600.0);
        CHECK_INT(x[66], m[9]);
    }
    CHECK_INT(cases, 400);
    fclose(file);
}

/* Daylight saving: each row has its own offset. */
static void test_offsets(void)
{
    static const int32_t offset[3] = {0, 60, -1440};
    double x[3];
    psc_calendar c;
    int i;

    psc_calendar_default(&c);
    c.groups = PSC_CALENDAR_WEEKEND;
    c.start = 86400 + 23 * 3600 + 1800;         /* Friday 1970-01-02, 23:30 */
    c.step = 1;
    c.offset_minutes = 60;                      /* not read */
    c.offset = offset;
    CHECK_STATUS(psc_calendar_fill(&c, 3, x, 1), PSC_OK);
    for (i = 0; i < 3; i++) CHECK(x[i] == (i == 1));
}

/* Shares of rows, against a count of seconds; columns of the host between them stay. */
static void test_events(void)
{
    enum { ROWS = 50, STRIDE = 5 };
    double out[ROWS * STRIDE], want;
    psc_event event[6];
    psc_calendar c;
    uint64_t seed = 11;
    int round, t, k;
    int64_t s;

    for (round = 0; round < 40; round++) {
        psc_calendar_default(&c);
        c.groups = PSC_CALENDAR_WEEKEND;
        c.start = -1000 + (int64_t)(test_random(&seed) % 2000);
        c.step = 1 + (int64_t)(test_random(&seed) % 30);
        c.event = event;
        c.events = 6;
        c.event_columns = 2;
        memset(event, 0, sizeof event);
        for (k = 0; k < 6; k++) {
            event[k].start = c.start - 300 + (int64_t)(test_random(&seed) % 2000);
            event[k].end = event[k].start + 1 + (int64_t)(test_random(&seed) % 200);
            event[k].amount = (double)(test_random(&seed) % 9) - 3.0;
            event[k].column = (int32_t)(test_random(&seed) % 2);
        }
        for (t = 0; t < ROWS * STRIDE; t++) out[t] = 77.0;
        CHECK_STATUS(psc_calendar_fill(&c, ROWS, out, STRIDE), PSC_OK);
        for (t = 0; t < ROWS * STRIDE; t++) {
            const int column = t % STRIDE - 1;
            want = 0.0;
            if (column < 0) continue;
            for (k = 0; k < 6; k++)
                for (s = c.start + t / STRIDE * c.step; s < c.start + (t / STRIDE + 1) * c.step; s++)
                    if (event[k].column == column && s >= event[k].start && s < event[k].end) want += event[k].amount;
            if (column < 2) CHECK_NEAR(out[t], want / (double)c.step, 1e-13);
            else CHECK(out[t] == 77.0);
        }
    }
}

/* Events that add up beyond the largest value are cut there. */
static void test_events_cut(void)
{
    const psc_event event[3] = {
        {0, 10, PSC_MAX_VALUE, 0, 0}, {0, 5, PSC_MAX_VALUE, 0, 0}, {5, 10, -PSC_MAX_VALUE, 0, 0}
    };
    double out[2];
    psc_calendar c;

    psc_calendar_default(&c);
    c.step = 5;
    c.event = event;
    c.events = 3;
    c.event_columns = 1;
    CHECK_STATUS(psc_calendar_fill(&c, 2, out, 1), PSC_OK);
    CHECK(out[0] == PSC_MAX_VALUE && out[1] == 0.0);
}

/* Errors leave the output as it was. */
static void test_errors(void)
{
    double out[8], before[8];
    int32_t offset[2] = {60, 120};
    psc_event event;
    psc_calendar c;
    int k;

    memset(out, 0x5C, sizeof out);
    memcpy(before, out, sizeof out);
    psc_calendar_default(NULL);
    CHECK_INT(psc_calendar_columns(NULL), 0);
    for (k = 0; k < 20; k++) {
        psc_status want = PSC_ERR_RANGE;
        size_t stride = 2;
        psc_calendar_default(&c);
        memset(&event, 0, sizeof event);
        event.end = 1;
        c.groups = PSC_CALENDAR_WEEKEND;
        c.event = &event;
        c.events = 1;
        c.event_columns = 1;
        c.offset = offset;
        offset[1] = 120;
        CHECK_STATUS(psc_calendar_fill(&c, 2, out, 2), PSC_OK);
        memcpy(out, before, sizeof out);
        if (k == 0) c.groups = PSC_CALENDAR_EVENTS;
        if (k == 1) c.step = 0;
        if (k == 2) c.step = PSC_MAX_STEP + 1;
        if (k == 3) c.start = PSC_MAX_SECONDS + 1;
        if (k == 4) c.start = INT64_MIN;
        if (k == 5) c.event_columns = -1;
        if (k == 6) c.event_columns = PSC_MAX_REGRESSORS + 1;
        if (k == 7) c.offset_minutes = 1441;
        if (k == 8) offset[1] = -1441;
        if (k == 9) event.end = 0;
        if (k == 10) event.start = INT64_MIN;
        if (k == 11) event.end = INT64_MAX;
        if (k == 12) event.column = 1;
        if (k == 13) event.column = -1;
        if (k == 14) event.amount = 2e15;
        if (k == 15) event.amount = INFINITY, want = PSC_ERR_NONFINITE;
        if (k == 16) c.struct_size++, want = PSC_ERR_VERSION;
        if (k == 17) c.event = NULL, want = PSC_ERR_NULL;
        if (k == 18) c.events = SIZE_MAX;
        if (k == 19) stride = 1;
        CHECK_STATUS(psc_calendar_fill(&c, 2, out, stride), want);
    }
    psc_calendar_default(&c);
    CHECK_STATUS(psc_calendar_fill(&c, 2, out, SIZE_MAX / 8), PSC_ERR_RANGE);
    CHECK_STATUS(psc_calendar_fill(&c, ((size_t)1 << 31) + 1, out, 1), PSC_ERR_RANGE);
    CHECK_STATUS(psc_calendar_fill(&c, 2, NULL, 1), PSC_ERR_NULL);
    CHECK_STATUS(psc_calendar_fill(NULL, 2, out, 1), PSC_ERR_NULL);
    CHECK(memcmp(out, before, sizeof out) == 0);
    CHECK_STATUS(psc_calendar_fill(&c, 0, NULL, 0), PSC_OK);
}

static void test_columns(void)
{
    static const struct { size_t column; int32_t group, index; } want[] = {
        {0, PSC_CALENDAR_DAY_WAVE, 0}, {5, PSC_CALENDAR_DAY_WAVE, 5}, {6, PSC_CALENDAR_MONTH_LAST, 0},
        {7, PSC_CALENDAR_EVENTS, 0}, {8, PSC_CALENDAR_EVENTS, 1}
    };
    int32_t group = -7, index = -7;
    psc_calendar c;
    size_t i;

    psc_calendar_default(&c);
    c.groups = PSC_CALENDAR_DAY_WAVE | PSC_CALENDAR_MONTH_LAST;
    c.event_columns = 2;
    CHECK_INT(psc_calendar_columns(&c), 9);
    CHECK_STATUS(psc_calendar_column(&c, 9, &group, &index), PSC_ERR_RANGE);
    CHECK_STATUS(psc_calendar_column(&c, 8, NULL, &index), PSC_ERR_NULL);
    CHECK_STATUS(psc_calendar_column(&c, 8, &group, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_calendar_column(NULL, 8, &group, &index), PSC_ERR_NULL);
    CHECK(group == -7 && index == -7);
    for (i = 0; i < sizeof want / sizeof want[0]; i++) {
        CHECK_STATUS(psc_calendar_column(&c, want[i].column, &group, &index), PSC_OK);
        CHECK_INT(group, want[i].group);
        CHECK_INT(index, want[i].index);
    }
    c.step = 0;
    CHECK_STATUS(psc_calendar_column(&c, 0, &group, &index), PSC_ERR_RANGE);
    CHECK_INT(psc_calendar_columns(&c), 0);
    c.step = 1;
    c.struct_size++;
    CHECK_STATUS(psc_calendar_column(&c, 0, &group, &index), PSC_ERR_VERSION);
    CHECK_INT(psc_calendar_columns(&c), 0);
}

static void test_ends_of_time(void)
{
    double row[67];
    psc_calendar c;
    int k;

    psc_calendar_default(&c);
    c.groups = PSC_CALENDAR_ALL;
    for (k = -1; k <= 1; k += 2) {
        c.start = k * PSC_MAX_SECONDS;
        CHECK_STATUS(psc_calendar_fill(&c, 1, row, 67), PSC_OK);
        CHECK(all_within(row, 67, -1.0, 1.0));
    }
}

int main(void)
{
    RUN(test_days);
    RUN(test_moments);
    RUN(test_offsets);
    RUN(test_events);
    RUN(test_events_cut);
    RUN(test_errors);
    RUN(test_columns);
    RUN(test_ends_of_time);
    return test_end();
}
