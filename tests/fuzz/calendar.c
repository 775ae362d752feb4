/* calendar.c - calendars of any bytes, against dates found by counting years and months, and events added up row by
 * row. */
#include "fuzz.h"

enum { ROWS = 24, EVENTS = 6, GROUPS = 12 };

typedef struct arrays {
    int32_t offset[ROWS];
    psc_event event[EVENTS];
} arrays;

/* ==== Input ===================================================================================== */

/* A moment: of this century, or any. */
static int64_t take_second(input *in)
{
    uint32_t tag = take_byte(in);

    if (tag < 64) return (int64_t)(take_word(in) % 4000000000u);
    if (tag < 96) return -(int64_t)(take_word(in) % 100000000000u);
    if (tag < 112) return PSC_MAX_SECONDS - (int64_t)take_byte(in);
    if (tag < 128) return (int64_t)take_byte(in) - PSC_MAX_SECONDS;
    if (tag < 240) return 86400 * (int64_t)take_below(in, 30000) + (int64_t)take_byte(in) - 1;
    return (int64_t)take_word(in);
}

static int64_t take_step(input *in)
{
    static const int64_t steps[] = { 1, 60, 300, 900, 3600, 86400, 604800, 31622400 };
    uint32_t tag = take_byte(in);
    return tag < 200 ? steps[tag % 8] : tag < 250 ? 1 + (int64_t)take_below(in, 65535) * 400 : (int64_t)take_word(in);
}

/* Without regard to overflow: what is out of range is to be refused. */
static int64_t later(int64_t second, int64_t by)
{
    return (int64_t)((uint64_t)second + (uint64_t)by);
}

/* All fields but struct_size from raw bytes, or drawn. */
static void take_calendar(input *in, psc_calendar *c, arrays *a)
{
    const int raw = take_byte(in) > 240, offsets = take_byte(in) & 1;
    unsigned char *bytes = (unsigned char *)c;
    size_t i;

    psc_calendar_default(c);
    if (raw)
        for (i = sizeof c->struct_size; i < sizeof *c; i++) bytes[i] = (unsigned char)take_byte(in);
    else {
        c->groups = (uint32_t)take_below(in, 65535) % (PSC_CALENDAR_ALL + 1);
        c->start = take_second(in);
        c->step = take_step(in);
        c->offset_minutes = take_option(in, -1440, 1440);
        c->event_columns = take_option(in, 0, 3);
    }
    c->events = take_byte(in) % (EVENTS + 1);
    c->event = a->event;
    c->offset = offsets ? a->offset : NULL;
    for (i = 0; i < ROWS && offsets; i++) a->offset[i] = take_option(in, -1440, 1440);
    for (i = 0; i < c->events; i++) {
        const int64_t step = c->step > 0 && c->step <= PSC_MAX_STEP ? c->step : 1;
        psc_event *e = &a->event[i];
        e->start = take_byte(in) & 3 ? later(c->start, take_byte(in) * step / 8) : take_second(in);
        e->end = take_byte(in) & 3 ? later(e->start, take_byte(in) * step / 16 + 1) : take_second(in);
        e->amount = take_real(in);
        e->column = c->event_columns > 0 ? take_option(in, 0, c->event_columns < 300 ? c->event_columns - 1 : 0) : 0;
    }
}

/* What the header asks; events may lie within twice the range of row 0. */
static int calendar_valid(const psc_calendar *c)
{
    return c->groups <= PSC_CALENDAR_ALL && c->step >= 1 && c->step <= PSC_MAX_STEP && c->start >= -PSC_MAX_SECONDS
           && c->start <= PSC_MAX_SECONDS && c->event_columns >= 0 && c->event_columns <= PSC_MAX_REGRESSORS
           && c->offset_minutes >= -1440 && c->offset_minutes <= 1440;
}

static int rows_valid(const psc_calendar *c, size_t rows)
{
    size_t i;

    for (i = 0; c->offset && i < rows; i++)
        if (c->offset[i] < -1440 || c->offset[i] > 1440) return 0;
    for (i = 0; i < c->events; i++) {
        const psc_event *e = &c->event[i];
        if (e->start >= e->end || e->start < -2 * PSC_MAX_SECONDS || e->end > 2 * PSC_MAX_SECONDS) return 0;
        if (e->column < 0 || e->column >= c->event_columns) return 0;
        if (!is_within(e->amount, -PSC_MAX_VALUE, PSC_MAX_VALUE)) return 0;
    }
    return 1;
}

/* ==== Dates, the slow way ======================================================================= */

typedef struct date {
    int32_t month, day, days, yearday, yeardays;    /* from 0; days of the month */
    int32_t weekday, second;                        /* Monday 0; of the day */
} date;

static int leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static date date_of(int64_t local)
{
    static const int32_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t day = local / 86400 - (local % 86400 < 0), left;
    int32_t year = 1970;
    date d;

    d.second = (int32_t)(local - day * 86400);
    d.weekday = (int32_t)(((day + 3) % 7 + 7) % 7);             /* 1970-01-01 was a Thursday */
    left = (day % 146097 + 146097) % 146097;                    /* 400 years have so many days and are alike */
    for (; left >= 365 + leap(year); year++) left -= 365 + leap(year);
    d.yeardays = 365 + leap(year);
    d.yearday = (int32_t)left;
    for (d.month = 0; left >= days[d.month] + (d.month == 1 && leap(year)); d.month++)
        left -= days[d.month] + (d.month == 1 && leap(year));
    d.day = (int32_t)left;
    d.days = days[d.month] + (d.month == 1 && leap(year));
    return d;
}

/* ==== Claims ==================================================================================== */

static void check_indicators(const double *x, int32_t count, int32_t kind)
{
    int32_t i;

    for (i = 0; i < count; i++) REQUIRE(x[i] == (i == kind - 1 ? 1.0 : 0.0));
}

/* Cosine and sine of 1, 2, ... turns: on the circle, and each the one before turned by the first. Tolerance: fc_turn is
 * within 1.7e-16 of the true sine and cosine, of an angle with two roundings (quotient, product) below 2^-53 of 2 pi
 * each, 7e-16; a sum of two products of numbers up to 1 thus within 5e-15. */
static void check_waves(const double *x, int32_t turns)
{
    int32_t k;

    for (k = 0; k < turns; k++) {
        const double c = x[2 * k], s = x[2 * k + 1], circle = c * c + s * s;
        REQUIRE(is_within(circle, 1.0 - 5e-15, 1.0 + 5e-15));
        if (k == 0) continue;
        REQUIRE(is_within(x[2 * k - 2] * x[0] - x[2 * k - 1] * x[1] - c, -5e-15, 5e-15));
        REQUIRE(is_within(x[2 * k - 1] * x[0] + x[2 * k - 2] * x[1] - s, -5e-15, 5e-15));
    }
}

/* The sign of sine and cosine tells the quarter of the cycle in which its second lies. */
static void check_quarter(const double *x, int64_t second, int64_t cycle)
{
    const int64_t quarter = 4 * second / cycle;

    if (4 * second % cycle == 0) return;
    REQUIRE((x[1] > 0.0) == (quarter < 2) && (x[0] > 0.0) == (quarter == 0 || quarter == 3));
}

static void check_group(const psc_calendar *c, int32_t group, const double *x, int64_t local)
{
    const date d = date_of(local);
    const int64_t week = d.weekday * INT64_C(86400) + d.second, year = d.yearday * INT64_C(86400) + d.second;
    int64_t full = local / 3600 * 3600;         /* a full hour from the row's first second on */

    while (full < local) full += 3600;
    while (full - 3600 >= local) full -= 3600;
    switch (group) {
    case PSC_CALENDAR_HOUR: check_indicators(x, 23, d.second / 3600); break;
    case PSC_CALENDAR_WEEKDAY: check_indicators(x, 6, d.weekday); break;
    case PSC_CALENDAR_WEEKEND: check_indicators(x, 1, d.weekday >= 5); break;
    case PSC_CALENDAR_MONTH_FIRST: check_indicators(x, 1, d.day == 0); break;
    case PSC_CALENDAR_MONTH_LAST: check_indicators(x, 1, d.day == d.days - 1); break;
    case PSC_CALENDAR_MONTH: check_indicators(x, 11, d.month); break;
    case PSC_CALENDAR_QUARTER: check_indicators(x, 3, d.second % 3600 / 900); break;
    case PSC_CALENDAR_FULL_HOUR: check_indicators(x, 1, full < local + c->step); break;
    case PSC_CALENDAR_DAY_WAVE: check_waves(x, 3); check_quarter(x, d.second, 86400); break;
    case PSC_CALENDAR_WEEK_WAVE: check_waves(x, 3); check_quarter(x, week, 604800); break;
    case PSC_CALENDAR_YEAR_WAVE: check_waves(x, 2); check_quarter(x, year, d.yeardays * INT64_C(86400)); break;
    case PSC_CALENDAR_HOUR_WAVE: check_waves(x, 2); check_quarter(x, d.second % 3600, 3600); break;
    default: REQUIRE(0);
    }
}

/* Sum of what the events add to one cell. */
static double event_sum(const psc_calendar *c, int64_t row, int32_t column)
{
    const int64_t from = c->start + row * c->step, to = from + c->step;
    double sum = 0.0;
    size_t i;

    for (i = 0; i < c->events; i++) {
        const psc_event *e = &c->event[i];
        const int64_t common = (e->end < to ? e->end : to) - (e->start > from ? e->start : from);
        if (e->column != column || common <= 0) continue;
        sum += e->amount * ((double)common / (double)c->step);
        sum = sum > PSC_MAX_VALUE ? PSC_MAX_VALUE : sum < -PSC_MAX_VALUE ? -PSC_MAX_VALUE : sum;
    }
    return sum;
}

static void check_row(const psc_calendar *c, size_t row, const double *x, size_t columns)
{
    const int64_t minutes = c->offset ? c->offset[row] : c->offset_minutes;
    int32_t group = 0, index = 0, last = 0;
    size_t i;

    for (i = 0; i < columns; i++) {
        REQUIRE(psc_calendar_column(c, i, &group, &index) == PSC_OK && group >= last);
        if (group == PSC_CALENDAR_EVENTS) REQUIRE(x[i] == event_sum(c, (int64_t)row, index));
        else if (group > last) check_group(c, group, x + i, c->start + (int64_t)row * c->step + 60 * minutes);
        REQUIRE(group > last ? index == 0 : index > 0);
        last = group;
    }
    REQUIRE(columns == 0 || index == c->event_columns - 1 || group != PSC_CALENDAR_EVENTS);
    REQUIRE(psc_calendar_column(c, columns, &group, &index) == PSC_ERR_RANGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_calendar c;
    arrays a;
    size_t rows, stride, columns, gap, t;
    double *out;
    psc_status status;
    int valid;

    take_calendar(&in, &c, &a);
    rows = take_byte(&in) % (ROWS + 1);
    gap = take_byte(&in) % 3;
    columns = psc_calendar_columns(&c);
    stride = columns + gap;
    out = (double *)block_of(rows * stride * 8);
    valid = calendar_valid(&c);
    if (!valid) REQUIRE(columns == 0);
    status = psc_calendar_fill(&c, rows, out, stride);
    REQUIRE((status == PSC_OK) == (valid && rows_valid(&c, rows)));
    if (status != PSC_OK) REQUIRE(status < 0 && untouched(out, rows * stride * 8));
    for (t = 0; status == PSC_OK && t < rows; t++) {
        check_row(&c, t, out + t * stride, columns);
        REQUIRE(untouched(out + t * stride + columns, gap * 8));
    }
    if (status == PSC_OK && columns > 0) REQUIRE(psc_calendar_fill(&c, rows, out, columns - 1) == PSC_ERR_RANGE);
    free(out);
    return 0;
}
