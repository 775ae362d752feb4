/* series.c - what a series of any values is made of: its parts, its periods, the regressors that tell it. */
#include "fuzz.h"

enum { MOST = 260, COLUMNS = 5 };

/* ==== Parts ===================================================================================== */

/* A season must be seen once and a half. */
static int season_fits(int32_t period, size_t n)
{
    return period > 1 && (size_t)period + 1 <= n - n / 3;
}

static void check_parts(const psc_series *s, const psc_parts *parts, const double *trend, const double *season,
                        const double *remainder)
{
    size_t t;
    int32_t i;
    int gaps = 0;

    REQUIRE(are_finite(trend, s->n) && are_finite(season, s->n * (size_t)s->periods) && are_finite(remainder, s->n));
    for (t = 0; t < s->n; t++) {
        double sum = trend[t];
        for (i = 0; i < s->periods; i++) sum += season[(size_t)i * s->n + t];
        REQUIRE(remainder[t] == (is_nan(s->value[t]) ? 0.0 : s->value[t] - sum));
        gaps |= is_nan(s->value[t]);
        for (i = 0; i < s->periods; i++)
            if (!season_fits(s->period[i], s->n)) REQUIRE(season[(size_t)i * s->n + t] == 0.0);
    }
    REQUIRE(is_within(parts->trend, 0.0, 1.0));
    for (i = 0; i < PSC_MAX_PERIODS; i++) REQUIRE(is_within(parts->season[i], 0.0, 1.0));
    for (i = s->periods; i < PSC_MAX_PERIODS; i++) REQUIRE(parts->season[i] == 0.0);
    REQUIRE(gaps == ((parts->note & (PSC_NOTE_GAPS | PSC_NOTE_EMPTY)) != 0));
}

/* Twice, in memory that held different things: the same bits. */
static void decompose(const psc_series *s, int valid)
{
    const size_t bytes = psc_decompose_size(s), doubles = s->n * (size_t)(2 + s->periods);
    void *work = block_of(bytes), *other = other_block_of(bytes);
    double *a = (double *)block_of(doubles * 8), *b = (double *)block_of(doubles * 8);
    psc_parts parts, again;
    psc_status status;

    memset(&parts, 0xa5, sizeof parts);
    status = psc_decompose(s, work, bytes, a, a + 2 * s->n, a + s->n, &parts);
    REQUIRE((status == PSC_OK) == (valid && bytes > 0));
    if (status != PSC_OK) {
        REQUIRE(status < 0 && untouched(a, doubles * 8) && untouched(&parts, sizeof parts));
    } else {
        check_parts(s, &parts, a, a + 2 * s->n, a + s->n);
        REQUIRE(psc_decompose(s, other, bytes, b, b + 2 * s->n, b + s->n, &again) == PSC_OK);
        REQUIRE(memcmp(a, b, doubles * 8) == 0 && memcmp(&parts, &again, sizeof parts) == 0);
        REQUIRE(psc_decompose(s, work, bytes - 8, a, a + 2 * s->n, a + s->n, NULL) == PSC_ERR_SPACE);
    }
    free(b);
    free(a);
    free(other);
    free(work);
}

/* ==== Periods =================================================================================== */

/* Values of any size, and of a power of two times that size: the same periods, for scaling is exact where the values
 * are of middling size. */
static void periods(const psc_series *s, int valid)
{
    const size_t n = s->n, bytes = psc_periods_size(n);
    void *work = block_of(bytes), *other = other_block_of(bytes);
    double *scaled = (double *)block_of(n * 8);
    int32_t period[PSC_MAX_FOUND], again[PSC_MAX_FOUND], count = -1, same = -1, i;
    int middling = 1;
    psc_status status;
    size_t t;

    memset(period, 0xa5, sizeof period);
    REQUIRE(bytes <= (15 * n + 1) * 8);
    status = psc_periods_of(s->value, n, work, bytes, period, &count);
    REQUIRE((status == PSC_OK) == (valid && n > 0));
    if (status != PSC_OK) REQUIRE(status < 0 && count == -1 && untouched(period, sizeof period));
    for (t = 0; t < n; t++) {
        const double size = size_of(s->value[t]);
        scaled[t] = 32.0 * s->value[t];
        middling = middling && (is_nan(size) || size == 0.0 || is_within(size, 1e-9, 1e12));
    }
    if (status == PSC_OK) {
        REQUIRE(count >= 0 && count <= PSC_MAX_FOUND && (n >= 16 || count == 0));
        for (i = 0; i < PSC_MAX_FOUND; i++) {
            if (i >= count) REQUIRE(period[i] == 0);
            else REQUIRE(period[i] > (i == 0 ? 1 : period[i - 1]) && 2.5 * (double)period[i] <= (double)n);
        }
        if (!middling) memcpy(scaled, s->value, n * 8);
        REQUIRE(psc_periods_of(scaled, n, other, bytes, again, &same) == PSC_OK);
        REQUIRE(same == count && memcmp(period, again, sizeof period) == 0);
    }
    free(scaled);
    free(other);
    free(work);
}

/* ==== Regressors ================================================================================ */

static void take_regressors_config(input *in, psc_regressors_config *c)
{
    int32_t i;

    psc_regressors_default(c);
    c->transform = take_option(in, PSC_TRANSFORM_AUTO, PSC_TRANSFORM_LOG);
    c->blocks = take_option(in, 2, 8);
    c->most = take_option(in, 1, PSC_MAX_REGRESSORS);
    c->start = take_number(in, 0.1, 0.9);
    c->margin = take_number(in, 0.0, 0.2);
    c->additive.knots = take_option(in, 0, 8);
    for (i = 0; i < PSC_MAX_PERIODS; i++) c->additive.harmonics[i] = take_option(in, -1, 3);
    c->additive.robust = take_option(in, 0, 2);
    c->additive.correct = take_option(in, 0, 1);
    c->additive.change = take_number(in, 1e-6, 1e6);
    c->additive.effect = take_number(in, 1e-6, 1e6);
}

/* Chosen ones are numbered from 1, and each gain is a number; done or not. */
static void check_best(const psc_regressors *select, const psc_regressors_config *c, int32_t columns, int done)
{
    int32_t order[COLUMNS], rank, i, found;
    double gain[COLUMNS];
    psc_regressors_info info;

    REQUIRE(psc_regressors_best(select, order, gain, &info) == PSC_OK);
    REQUIRE(info.done == done && info.chosen >= 0 && info.chosen <= columns && info.chosen <= c->most);
    for (rank = 1; rank <= info.chosen; rank++) {
        for (i = found = 0; i < columns; i++) found += order[i] == rank;
        REQUIRE(found == 1);
    }
    for (i = found = 0; i < columns; i++) found += order[i] == 0;
    REQUIRE(found == columns - info.chosen && are_finite(gain, (size_t)columns));
    REQUIRE(info.transform == PSC_TRANSFORM_NONE || info.transform == PSC_TRANSFORM_LOG);
    REQUIRE(is_within(info.before, 0.0, 1e300) && is_within(info.after, 0.0, info.before));
    REQUIRE(is_within(info.needed, 0.0, 1e300) && is_within(info.rho, -1.0, 1.0));
}

/* In one call and in slices, in memory that held different things: the same bits. */
static void select_regressors(input *in, const psc_series *s, const psc_regressors_config *c, int valid)
{
    const size_t bytes = psc_regressors_size(s, c), n = (size_t)s->regressors;
    const int64_t units = 1 + (int64_t)take_byte(in) % 20;
    void *one = block_of(bytes ? bytes : 8), *other = other_block_of(bytes);
    int32_t order[2][COLUMNS];
    double gain[2][COLUMNS];
    psc_regressors_info info[2];
    psc_status status = psc_regressors_init((psc_regressors *)one, bytes, s, c);
    int i;

    REQUIRE((status == PSC_OK) == (bytes > 0 && valid));
    if (status == PSC_OK) {
        REQUIRE(psc_regressors_init((psc_regressors *)one, bytes - 8, s, c) == PSC_ERR_SPACE);
        REQUIRE(psc_regressors_step((psc_regressors *)one, s, c, INT64_MAX) == PSC_OK);
        check_best((psc_regressors *)one, c, s->regressors, 1);
        REQUIRE(psc_regressors_init((psc_regressors *)other, bytes, s, c) == PSC_OK);
        check_best((psc_regressors *)other, c, s->regressors, 0);
        for (i = 0; psc_regressors_step((psc_regressors *)other, s, c, units) == PSC_MORE; i++) {
            if (i % 8 == 0) check_best((psc_regressors *)other, c, s->regressors, 0);
            REQUIRE(i < 1000000);
        }
        REQUIRE(psc_regressors_best((psc_regressors *)one, order[0], gain[0], &info[0]) == PSC_OK);
        REQUIRE(psc_regressors_best((psc_regressors *)other, order[1], gain[1], &info[1]) == PSC_OK);
        REQUIRE(memcmp(order[0], order[1], n * 4) == 0 && memcmp(gain[0], gain[1], n * 8) == 0);
        REQUIRE(memcmp(&info[0], &info[1], sizeof info[0]) == 0);
    } else {
        REQUIRE(status < 0 && untouched(one, bytes ? bytes : 8));
    }
    free(other);
    free(one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    const size_t n = (size_t)take_below(&in, MOST);
    uint32_t tag = take_byte(&in);
    double value[MOST], regressor[MOST * COLUMNS];
    int32_t period[PSC_MAX_PERIODS], i;
    psc_series s;
    psc_regressors_config config;
    int valid, numbers = 1;
    size_t t;

    psc_series_default(&s);
    s.periods = take_option(&in, 0, PSC_MAX_PERIODS);
    for (i = 0; i < PSC_MAX_PERIODS; i++) period[i] = take_option(&in, 1, i < 2 ? 12 : 100);
    s.period = period;
    s.value = value;
    s.n = n;
    valid = take_values(&in, value, n);
    if (s.periods >= 0 && s.periods <= PSC_MAX_PERIODS) decompose(&s, valid);
    periods(&s, valid);
    if (tag % 2) return 0;
    in.tame = tag < 224;
    take_regressors_config(&in, &config);
    s.regressors = 1 + take_below(&in, COLUMNS);
    s.regressor = regressor;
    for (t = 0; t < n * (size_t)s.regressors; t++) {
        regressor[t] = in.left == 0 ? (double)(t * t % 11) : in.tame ? (double)(take_byte(&in) % 16) : take_real(&in);
        numbers = numbers && is_within(regressor[t], -PSC_MAX_VALUE, PSC_MAX_VALUE);
    }
    select_regressors(&in, &s, &config, valid && numbers);
    return 0;
}
