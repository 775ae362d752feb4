/* rank.c - ranking, accuracy and amounts of any numbers, against a plain computation of the same. */
#include "fuzz.h"

enum { MOST = 48 };

/* Place of shard i among those that change in its direction, the farthest first. */
static size_t place_of(const double *change, size_t n, size_t i)
{
    size_t k, place = 0;
    double sign = change[i] > 0.0 ? 1.0 : -1.0;

    for (k = 0; k < n; k++)
        if (sign * change[k] > sign * change[i] || (change[k] == change[i] && k < i)) place++;
    return place;
}

static void check_side(const psc_ranked *list, size_t count, size_t capacity, const double *change, size_t n, double sign)
{
    size_t i, have = 0;

    for (i = 0; i < n; i++) {
        if (!(sign * change[i] > 0.0)) continue;
        have++;
        if (place_of(change, n, i) < capacity) REQUIRE(list[place_of(change, n, i)].index == (int64_t)i);
    }
    REQUIRE(count == (have < capacity ? have : capacity));
    for (i = 0; i < count; i++) REQUIRE(list[i].change == change[list[i].index]);
}

static void rank(const double *now, const double *next, size_t n, size_t ups_wanted, size_t downs_wanted)
{
    psc_ranked *up = (psc_ranked *)block_of(ups_wanted * sizeof *up);
    psc_ranked *down = (psc_ranked *)block_of(downs_wanted * sizeof *down);
    double change[MOST];
    size_t i, ups = 99, downs = 99;
    psc_status status;
    int valid = 1;

    for (i = 0; i < n; i++) {
        change[i] = next[i] - now[i];
        valid = valid && now[i] <= PSC_MAX_VALUE && now[i] >= -PSC_MAX_VALUE;
        valid = valid && next[i] <= PSC_MAX_VALUE && next[i] >= -PSC_MAX_VALUE;
    }
    status = psc_rank_shards(now, next, n, up, ups_wanted, &ups, down, downs_wanted, &downs);
    REQUIRE((status == PSC_OK) == valid);
    if (valid) {
        check_side(up, ups, ups_wanted, change, n, 1.0);
        check_side(down, downs, downs_wanted, change, n, -1.0);
    } else {
        REQUIRE(ups == 99 && downs == 99);
        REQUIRE(untouched(up, ups_wanted * sizeof *up) && untouched(down, downs_wanted * sizeof *down));
    }
    free(up);
    free(down);
}

static void accuracy(input *in, const double *actual, const double *point, size_t n)
{
    psc_accuracy a, before;
    double level = take_share(in), scale = take_real(in);
    psc_status status;

    memset(&a, 0x5a, sizeof a);
    before = a;
    status = psc_accuracy_of(actual, point, actual, point, n, level, scale, &a);
    if (status != PSC_OK) {
        REQUIRE(status < 0 && memcmp(&a, &before, sizeof a) == 0);
        return;
    }
    REQUIRE(level > 0.0 && level < 1.0 && scale >= 0.0 && is_finite(scale));
    REQUIRE(is_finite(a.smape) && is_finite(a.mase) && is_finite(a.msis) && is_finite(a.scale));
    REQUIRE(a.coverage >= 0.0 && a.coverage <= 1.0 && a.smape >= 0.0 && a.smape <= 200.0 + 1e-9 && a.mase >= 0.0);
    REQUIRE(a.steps >= 0 && a.steps <= (int64_t)n && a.origins == 1);
    if (scale == 0.0) REQUIRE(a.mase == 0.0 && a.msis == 0.0);
    if (a.steps == 0) REQUIRE(a.smape == 0.0 && a.mase == 0.0 && a.msis == 0.0 && a.coverage == 0.0);
}

static void amounts(input *in, const double *x, size_t n)
{
    int64_t *out = (int64_t *)block_of(n * 8);
    double unit = take_real(in);
    psc_status status = psc_amounts_of(x, n, unit, out);
    size_t i;

    if (status != PSC_OK) REQUIRE(status < 0 && untouched(out, n * 8));
    for (i = 0; status == PSC_OK && i < n; i++) {
        REQUIRE(is_finite(x[i]) && out[i] >= 0 && out[i] <= PSC_MAX_AMOUNT);
        REQUIRE((out[i] == 0) == (x[i] <= 0.0) || x[i] / unit == 0.0);
        if (out[i] < 1 << 30 && x[i] > 0.0) REQUIRE((double)out[i] >= x[i] / unit && (double)out[i] - 1.0 < x[i] / unit);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size };
    size_t i, n = take_byte(&in) % MOST, ups_wanted = take_byte(&in) % 12, downs_wanted = take_byte(&in) % 12;
    uint32_t tame = take_byte(&in);
    double now[MOST], next[MOST];

    for (i = 0; i < n; i++) {
        now[i] = tame ? (double)(take_byte(&in) % 16) : take_real(&in);
        next[i] = tame ? (double)(take_byte(&in) % 16) : take_real(&in);
    }
    rank(now, next, n, ups_wanted, downs_wanted);
    accuracy(&in, now, next, n);
    amounts(&in, now, n);
    return 0;
}
