/* fleet.c - forecasts of random trees with any numbers, reconciled: they add up to the bit, are not negative, and lie
 * as near to the forecasts as the method says. */
#include "fuzz.h"

enum { SERIES = 24, STEPS = 3, CELLS = SERIES * STEPS };

typedef struct arrays {
    int32_t parent[SERIES];
    double point[CELLS], spread[CELLS], share[SERIES];
} arrays;

/* A tree of small whole numbers, as forecasts of counts, or of any. */
static void take_hierarchy(input *in, psc_hierarchy *h, arrays *a)
{
    uint32_t tag = take_byte(in);
    int bushy = take_byte(in) & 1;
    size_t i;

    in->tame = take_byte(in) % 4 > 0;
    psc_reconcile_default(h);
    h->series = 1 + take_byte(in) % SERIES;
    h->steps = 1 + take_byte(in) % STEPS;
    h->method = take_option(in, PSC_RECONCILE_TRACE, PSC_RECONCILE_DOWN);
    h->nonnegative = tag & 1;
    h->parent = a->parent;
    h->point = a->point;
    if (tag & 2) h->spread = a->spread;
    if (tag & 4) h->share = a->share;
    for (i = 0; i < h->series; i++) {
        a->parent[i] = take_option(in, i > 0 && bushy ? 0 : -1, (int32_t)i - 1);
        if (bushy && a->parent[i] > 0) a->parent[i] /= 2;
        a->share[i] = in->tame ? (double)(take_byte(in) % 8) : take_real(in);
    }
    for (i = 0; i < h->series * h->steps; i++) {
        a->point[i] = in->tame ? (double)take_byte(in) - 64.0 : take_real(in);
        a->spread[i] = in->tame ? (double)(take_byte(in) % 16) : take_real(in);
    }
}

static int hierarchy_valid(const psc_hierarchy *h)
{
    size_t i;

    if (h->method < PSC_RECONCILE_TRACE || h->method > PSC_RECONCILE_DOWN) return 0;
    for (i = 0; i < h->series; i++) {
        if (h->parent[i] < -1 || h->parent[i] >= (int32_t)i) return 0;
        if (h->share && !is_within(h->share[i], 0.0, PSC_MAX_VALUE)) return 0;
    }
    for (i = 0; i < h->series * h->steps; i++) {
        if (!is_within(h->point[i], -PSC_MAX_VALUE, PSC_MAX_VALUE)) return 0;
        if (h->spread && !is_within(h->spread[i], 0.0, PSC_MAX_VALUE)) return 0;
    }
    return 1;
}

/* ==== Claims ==================================================================================== */

/* sum[i] = x of the children of i at this step, from the last to the first; leaf[i]: it has none. */
static void sum_children(const psc_hierarchy *h, const double *x, size_t step, double *sum, int *leaf)
{
    size_t i;

    for (i = 0; i < h->series; i++) {
        sum[i] = 0.0;
        leaf[i] = 1;
    }
    for (i = h->series; i-- > 0;) {
        if (h->parent[i] < 0) continue;
        sum[h->parent[i]] += x[i * h->steps + step];
        leaf[h->parent[i]] = 0;
    }
}

static void check_result(const psc_hierarchy *h, const double *x, const double *spread, const psc_reconcile_info *info)
{
    double sum[SERIES], before = 0.0, moved = 0.0;
    int64_t zeros = 0, leaves = 0;
    int leaf[SERIES];
    size_t step, i;

    REQUIRE(are_finite(x, h->series * h->steps) && are_finite(spread, h->series * h->steps));
    for (step = 0; step < h->steps; step++) {
        sum_children(h, h->point, step, sum, leaf);
        for (i = 0; i < h->series; i++) {
            const double point = h->point[i * h->steps + step], d = size_of(x[i * h->steps + step] - point);
            if (!leaf[i] && size_of(point - sum[i]) > before) before = size_of(point - sum[i]);
            if (d > moved) moved = d;
        }
        sum_children(h, x, step, sum, leaf);
        for (i = 0; i < h->series; i++) {
            const double value = x[i * h->steps + step];
            if (!leaf[i]) REQUIRE(value == sum[i]);
            if (h->nonnegative) REQUIRE(value >= 0.0);
            REQUIRE(spread[i * h->steps + step] >= 0.0);
            zeros += leaf[i] && value == 0.0;
            leaves += leaf[i];
        }
    }
    REQUIRE(info->before == before && info->moved == moved);
    REQUIRE(info->held >= 0 && info->held <= zeros && (h->nonnegative || info->held == 0));
    REQUIRE(info->rounds >= 1 && info->rounds <= 1 + leaves / (int64_t)h->steps);
}

/* Sum of (x - point)^2 / spread^2 over one step. */
static double distance(const psc_hierarchy *h, const double *x, size_t step)
{
    double sum = 0.0;
    size_t i;

    for (i = 0; i < h->series; i++) {
        const double d = x[i * h->steps + step] - h->point[i * h->steps + step];
        sum += d / h->spread[i * h->steps + step] * (d / h->spread[i * h->steps + step]);
    }
    return sum;
}

/* No coherent forecast is nearer than that of TRACE: not those of UP and DOWN, and none on the way to them. Tolerance,
 * of forecasts below 2^8 and spreads from 1 on, none of them 0: results are below 2^13 and off by 100 units in the last
 * place at most, 1e-10; the distance changes by no more than 24 * 2 * 2^13 times that, 4e-5, and is itself below 2^31
 * and off by 30 roundings, 7e-6. */
static void check_nearest(const psc_hierarchy *h, void *work, size_t bytes, const double *best)
{
    double other[CELLS], between[CELLS];
    psc_hierarchy same = *h;
    size_t step, i;

    for (i = 0; i < h->series * h->steps; i++)
        if (!(h->spread[i] > 0.0)) return;
    for (same.method = PSC_RECONCILE_UP; same.method <= PSC_RECONCILE_DOWN; same.method++) {
        REQUIRE(psc_reconcile_run(&same, work, bytes, other, NULL, NULL) == PSC_OK);
        for (i = 0; i < h->series * h->steps; i++) between[i] = best[i] + (other[i] - best[i]) / 64.0;
        for (step = 0; step < h->steps; step++) {
            REQUIRE(distance(h, best, step) <= distance(h, other, step) + 1e-4);
            REQUIRE(distance(h, best, step) <= distance(h, between, step) + 1e-4);
        }
    }
}

/* Forecasts and spreads four times as large: four times the result, bit for bit, for all of it is linear and a power
 * of two is exact. The result may be written over the forecasts. */
static void check_scaled(const psc_hierarchy *h, void *work, size_t bytes, const double *x, const double *spread)
{
    double point[CELLS], spreads[CELLS];
    psc_hierarchy four = *h;
    size_t i;

    if (!h->spread) return;
    for (i = 0; i < h->series * h->steps; i++) {
        point[i] = 4.0 * h->point[i];
        spreads[i] = 4.0 * h->spread[i];
    }
    four.point = point;
    four.spread = spreads;
    REQUIRE(psc_reconcile_run(&four, work, bytes, point, spreads, NULL) == PSC_OK);
    for (i = 0; i < h->series * h->steps; i++) REQUIRE(point[i] == 4.0 * x[i] && spreads[i] == 4.0 * spread[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    psc_hierarchy h;
    psc_reconcile_info info;
    arrays a;
    size_t bytes, cells;
    double *point, *spread;
    void *work;
    psc_status status;

    take_hierarchy(&in, &h, &a);
    bytes = psc_reconcile_size(&h);
    cells = h.series * h.steps;
    work = block_of(bytes);
    point = (double *)block_of(cells * 8);
    spread = (double *)block_of(cells * 8);
    memset(&info, 0xa5, sizeof info);
    REQUIRE(psc_reconcile_run(&h, work, bytes - 8, point, spread, &info) < 0);
    status = psc_reconcile_run(&h, work, bytes, point, spread, &info);
    REQUIRE((status == PSC_OK) == hierarchy_valid(&h));
    if (status != PSC_OK) {
        REQUIRE(untouched(point, cells * 8) && untouched(spread, cells * 8) && untouched(&info, sizeof info));
    } else {
        check_result(&h, point, spread, &info);
        if (in.tame) check_scaled(&h, work, bytes, point, spread);
        if (in.tame && h.spread && h.method == PSC_RECONCILE_TRACE) check_nearest(&h, work, bytes, point);
    }
    free(spread);
    free(point);
    free(work);
    return 0;
}
