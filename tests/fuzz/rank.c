/* rank.c - ranking, accuracy and amounts of any numbers, against a plain computation of the same. */
#include "fuzz.h"

enum { MOST = 48 };

/* ==== Rank ====================================================================================== */

typedef struct shards {
    double now[MOST], next[MOST], spread[MOST], lower[MOST], upper[MOST];
} shards;

/* What the header asks of the arguments. */
static int changes_valid(const psc_changes *c)
{
    size_t i;

    if (c->decision < PSC_RANK_ALL || c->decision > PSC_RANK_RATE || !(c->rate > 0.0 && c->rate < 1.0)
        || !is_within(c->level, 0.01, 0.999999) || (c->spread && c->lower))
        return 0;
    for (i = 0; i < c->n; i++) {
        if (!is_within(c->now[i], -PSC_MAX_VALUE, PSC_MAX_VALUE)) return 0;
        if (!is_within(c->next[i], -PSC_MAX_VALUE, PSC_MAX_VALUE)) return 0;
        if (c->spread && !is_within(c->spread[i], 0.0, PSC_MAX_VALUE)) return 0;
        if (c->lower && !(is_within(c->lower[i], -PSC_MAX_VALUE, c->next[i])
                          && is_within(c->upper[i], c->next[i], PSC_MAX_VALUE)))
            return 0;
    }
    return 1;
}

/* Place of shard i among those that count and change in its direction, the farthest first. */
static size_t place_of(const psc_changes *c, const double *p, double limit, size_t i)
{
    const double change = c->next[i] - c->now[i], sign = change > 0.0 ? 1.0 : -1.0;
    size_t k, place = 0;

    for (k = 0; k < c->n; k++) {
        const double other = c->next[k] - c->now[k];
        if (p[k] <= limit && (sign * other > sign * change || (other == change && k < i))) place++;
    }
    return place;
}

/* One list against the p-values of all shards and the largest of them that counts. */
static void check_side(const psc_changes *c, const double *p, double limit, double sign, const psc_ranked *list,
                       int64_t count, int64_t total, size_t capacity)
{
    size_t i, have = 0;

    for (i = 0; i < c->n; i++) {
        size_t place = place_of(c, p, limit, i);
        if (!(sign * (c->next[i] - c->now[i]) > 0.0) || !(p[i] <= limit)) continue;
        have++;
        if (place < capacity) REQUIRE(list[place].index == (int64_t)i);
    }
    REQUIRE(total == (int64_t)have && count == (int64_t)(have < capacity ? have : capacity));
    for (i = 0; i < (size_t)count; i++) {
        const psc_ranked *r = &list[i];
        REQUIRE(r->now == c->now[r->index] && r->next == c->next[r->index] && r->change == r->next - r->now);
        REQUIRE(is_within(sign * r->z, 0.0, PSC_MAX_Z));
        REQUIRE(is_within(r->probability, 0.5 - 8.0 * 1.2e-16, 1.0));    /* the normal distribution is within 8 units */
        REQUIRE(r->p == p[r->index] && is_within(r->p, 0.0, 1.0));
    }
}

/* The p-values of all changes, from a ranking in which each counts; that of no change is 1. */
static void all_p(psc_changes c, void *work, size_t bytes, double *p)
{
    psc_ranked up[MOST], down[MOST];
    psc_rank_info info;
    size_t i;

    c.decision = PSC_RANK_ALL;
    REQUIRE(psc_rank_shards(&c, work, bytes, up, MOST, down, MOST, &info) == PSC_OK);
    for (i = 0; i < c.n; i++) p[i] = 1.0;
    for (i = 0; i < (size_t)info.ups; i++) p[up[i].index] = up[i].p;
    for (i = 0; i < (size_t)info.downs; i++) p[down[i].index] = down[i].p;
}

/* Benjamini and Hochberg, by counting for each k how many p-values are at most k rate / n. */
static double limit_of(const psc_changes *c, const double *p)
{
    double limit = -1.0;
    size_t i, k;

    if (c->decision == PSC_RANK_ALL) return 1.0;
    if (c->decision == PSC_RANK_EACH) return c->rate;
    for (k = 1; k <= c->n; k++) {
        const double most = (double)k * (c->rate / (double)c->n);
        size_t below = 0;
        for (i = 0; i < c->n; i++) below += p[i] <= most;
        if (below >= k) limit = most;
    }
    return limit;
}

static void rank(const psc_changes *c, size_t ups, size_t downs)
{
    psc_ranked *up = (psc_ranked *)block_of(ups * sizeof *up), *down = (psc_ranked *)block_of(downs * sizeof *down);
    size_t bytes = psc_rank_size(c);
    void *work = block_of(bytes);
    double p[MOST];
    psc_rank_info info;
    psc_status status;

    REQUIRE(psc_rank_shards(c, work, bytes - 8, up, ups, down, downs, &info) < 0);
    memset(&info, 0xa5, sizeof info);
    status = psc_rank_shards(c, work, bytes, up, ups, down, downs, &info);
    REQUIRE((status == PSC_OK) == changes_valid(c));
    if (status == PSC_OK) {
        all_p(*c, work, bytes, p);
        REQUIRE(info.limit == limit_of(c, p));
        check_side(c, p, info.limit, 1.0, up, info.ups, info.up_total, ups);
        check_side(c, p, info.limit, -1.0, down, info.downs, info.down_total, downs);
    } else {
        REQUIRE(untouched(&info, sizeof info));
        REQUIRE(untouched(up, ups * sizeof *up) && untouched(down, downs * sizeof *down));
    }
    free(work);
    free(up);
    free(down);
}

static void take_changes(input *in, psc_changes *c, shards *s)
{
    uint32_t tag = take_byte(in), tame = take_byte(in) % 8;
    size_t i;

    psc_changes_default(c);
    c->decision = take_option(in, PSC_RANK_ALL, PSC_RANK_RATE);
    c->n = take_byte(in) % MOST;
    c->rate = take_share(in);
    c->level = take_number(in, 0.01, 0.999999);
    c->now = s->now;
    c->next = s->next;
    if (tag % 4 == 1 || tag == 255) c->spread = s->spread;
    if (tag % 4 == 2 || tag == 255) c->lower = s->lower;
    if (c->lower) c->upper = s->upper;
    for (i = 0; i < c->n; i++) {
        s->now[i] = tame ? (double)(take_byte(in) % 16) : take_real(in);
        s->next[i] = tame ? (double)(take_byte(in) % 16) : take_real(in);
        s->spread[i] = tame ? (double)(take_byte(in) % 8) : take_real(in);
        s->lower[i] = tame ? s->next[i] - s->spread[i] : take_real(in);
        s->upper[i] = tame ? s->next[i] + (double)(take_byte(in) % 8) : take_real(in);
    }
}

/* ==== Accuracy and amounts ====================================================================== */

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
        if (!(out[i] < 1 << 30 && x[i] > 0.0)) continue;
        REQUIRE((double)out[i] >= x[i] / unit && (double)out[i] - 1.0 < x[i] / unit);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    size_t ups = take_byte(&in) % 12, downs = take_byte(&in) % 12;
    psc_changes changes;
    shards s;

    take_changes(&in, &changes, &s);
    rank(&changes, ups, downs);
    accuracy(&in, s.now, s.next, changes.n);
    amounts(&in, s.now, changes.n);
    return 0;
}
