/* Many forecasts at once: reconciliation and the ranked list, against second implementations and by what must hold. */
#include "../../forecast.c"
#include "../test.h"
#include "../blocks.h"
#include "../series.h"
#include "../vectors/read.h"

/* ==== Reconcile ================================================================================= */

/* A record, or NULL where it is empty. */
static const double *optional(FILE *file, const char *name, double *value, long most)
{
    return vector_record(file, name, value, most) ? value : NULL;
}

/* Numbers near 10; numpy's inverse is the less exact side. */
static void test_reconcile_vectors(void)
{
    FILE *file = vector_open("tests/vectors/reconcile.txt");
    double config[3], number[16], point[16], spread[16], share[16], result[16], deviation[16], got[16], sd[16];
    int cases = 0;

    for (; vector_record(file, "config", config, 3) == 3; cases++) {
        const long n = (long)config[2];
        psc_reconcile_info info;
        psc_hierarchy h;
        int32_t parent[16];
        size_t bytes;
        void *work;
        long i;
        psc_reconcile_default(&h);
        h.method = (int32_t)config[0];
        h.nonnegative = (int32_t)config[1];
        h.series = (size_t)n;
        (void)vector_record(file, "parent", number, 16);
        for (i = 0; i < n; i++) parent[i] = (int32_t)number[i];
        h.parent = parent;
        h.point = optional(file, "point", point, 16);
        h.spread = optional(file, "spread", spread, 16);
        h.share = optional(file, "share", share, 16);
        (void)vector_record(file, "result", result, 16);
        (void)vector_record(file, "deviation", deviation, 16);
        bytes = psc_reconcile_size(&h);
        work = block_new(bytes, 0xFF);
        CHECK_STATUS(psc_reconcile_run(&h, work, bytes, got, sd, &info), PSC_OK);
        for (i = 0; i < n; i++) {
            CHECK_NEAR(got[i], result[i], 1e-11);
            CHECK_NEAR(sd[i], deviation[i], 1e-10);
        }
        CHECK_STATUS(psc_reconcile_run(&h, work, bytes, point, h.spread ? spread : sd, NULL), PSC_OK);
        CHECK(memcmp(got, point, (size_t)n * 8) == 0);      /* in place */
        free(work);
    }
    CHECK_INT(cases, 64);
    fclose(file);
}

/* Conditions of a step of a big tree: parents are sums to the bit, nothing is below 0, and at the leaves the derivative
 * of the cost is 0, or upwards where a leaf is held (Karush, Kuhn and Tucker). */
static void check_tree(const psc_hierarchy *h, const double *got, size_t k)
{
    enum { N = 3000 };
    static double sum[N], pull[N];
    static int inner[N];
    size_t i;

    memset(sum, 0, sizeof sum);
    memset(inner, 0, sizeof inner);
    for (i = h->series; i-- > 1;) {
        inner[h->parent[i]] = 1;
        sum[h->parent[i]] += got[i * h->steps + k];
    }
    for (i = 0; i < h->series; i++) {
        const size_t at = i * h->steps + k;
        pull[i] = (got[at] - h->point[at]) / (h->spread[at] * h->spread[at]) + (i ? pull[h->parent[i]] : 0.0);
        CHECK(got[at] >= 0.0);
        if (inner[i]) CHECK(got[at] == sum[i]);
        else if (got[at] > 0.0) CHECK_NEAR(pull[i], 0.0, 1e-7);
        else CHECK(pull[i] > -1e-7);
    }
}

static void test_reconcile_big(void)
{
    enum { N = 3000, H = 3 };
    static int32_t parent[N];
    static double point[N * H], spread[N * H], got[N * H];
    uint64_t seed = 13;
    int round, i;

    for (round = 0; round < 6; round++) {       /* a chain, a star, and trees */
        psc_reconcile_info info;
        psc_hierarchy h;
        void *work;
        double before = 0.0, moved = 0.0;
        parent[0] = -1;
        for (i = 1; i < N; i++) parent[i] = round == 0 ? i - 1 : round == 1 ? 0 : (int32_t)(i * test_uniform(&seed));
        for (i = 0; i < N * H; i++) {
            point[i] = 3.0 * noise(&seed) + 1.0;
            spread[i] = 0.1 + test_uniform(&seed);
        }
        psc_reconcile_default(&h);
        h.series = N;
        h.steps = H;
        h.parent = parent;
        h.point = point;
        h.spread = spread;
        work = block_new(psc_reconcile_size(&h), 0xAA);
        CHECK_STATUS(psc_reconcile_run(&h, work, psc_reconcile_size(&h), got, NULL, &info), PSC_OK);
        CHECK(info.rounds >= 1 && info.rounds < 12);
        CHECK(round == 0 || (info.held > 0 && info.held < N * H));
        for (i = 0; i < H; i++) check_tree(&h, got, (size_t)i);
        for (i = 0; i < N * H; i++) moved = fmax(moved, fabs(got[i] - point[i]));
        CHECK(info.moved == moved);
        for (i = 0; round == 0 && i < (N - 1) * H; i++) before = fmax(before, fabs(point[i] - point[i + H]));
        if (round == 0) CHECK(info.before == before);       /* in a chain a parent has one child */
        free(work);
    }
}

/* A tree of three with everything given, in the arrays of the caller. */
typedef struct small {
    int32_t parent[3];
    double  point[3], spread[3], share[3];
} small;

static const small small_tree = {{-1, 0, 0}, {5.0, 2.0, 2.0}, {1.0, 1.0, 1.0}, {1.0, 1.0, 1.0}};

static psc_hierarchy hierarchy_of(const small *s)
{
    psc_hierarchy h;

    psc_reconcile_default(&h);
    h.series = 3;
    h.parent = s->parent;
    h.point = s->point;
    h.spread = s->spread;
    h.share = s->share;
    return h;
}

static void test_reconcile_errors(void)
{
    double out[3] = {9.0, 9.0, 9.0}, work[18];
    psc_hierarchy h;
    int k;

    psc_reconcile_default(NULL);
    psc_reconcile_default(&h);
    CHECK_INT(psc_reconcile_size(&h), 0);
    CHECK_INT(psc_reconcile_size(NULL), 0);
    h.series = 3;
    h.struct_size++;
    CHECK_INT(psc_reconcile_size(&h), 0);
    for (k = 0; k < 22; k++) {
        psc_status want = PSC_ERR_RANGE;
        small s = small_tree;
        size_t bytes = sizeof work;
        double *to = out;
        h = hierarchy_of(&s);
        CHECK_INT(psc_reconcile_size(&h), sizeof work);
        if (k == 0) h.series = 0;
        if (k == 1) h.series = SIZE_MAX;
        if (k == 2) h.steps = 0;
        if (k == 3) h.steps = PSC_MAX_HORIZON + 1;
        if (k == 4) h.method = 0;
        if (k == 5) h.method = 4;
        if (k == 6) s.parent[1] = 1;
        if (k == 7) s.parent[1] = -2;
        if (k == 8) s.parent[1] = INT32_MAX;
        if (k == 9) s.spread[2] = -1e-9;
        if (k == 10) s.share[2] = -1.0;
        if (k == 11) s.point[2] = 2e15;
        if (k == 12) s.point[2] = NAN, want = PSC_ERR_NONFINITE;
        if (k == 13) s.spread[2] = INFINITY, want = PSC_ERR_NONFINITE;
        if (k == 14) s.share[0] = NAN, want = PSC_ERR_NONFINITE;
        if (k == 15) h.parent = NULL, want = PSC_ERR_NULL;
        if (k == 16) h.point = NULL, want = PSC_ERR_NULL;
        if (k == 17) h.struct_size--, want = PSC_ERR_VERSION;
        if (k == 18) bytes--, want = PSC_ERR_SPACE;
        if (k == 19) to = NULL, want = PSC_ERR_NULL;
        if (k == 20) s.spread[0] = 2e15;
        if (k == 21) s.share[1] = 2e15;
        CHECK_STATUS(psc_reconcile_run(&h, work, bytes, to, NULL, NULL), want);
        CHECK_STATUS(psc_reconcile_run(NULL, work, sizeof work, out, NULL, NULL), PSC_ERR_NULL);
    }
    CHECK(out[0] == 9.0 && out[1] == 9.0 && out[2] == 9.0);
}

/* Forecasts that are exact. */
static void test_reconcile_exact(void)
{
    static const struct { double spread[3], want[3]; } cases[] = {
        {{0.0, 0.0, 0.0}, {4.0, 2.0, 2.0}},             /* nothing may move: the children count */
        {{0.0, 0.0, 1e-300}, {4.0, 2.0, 2.0}},          /* its square is 0 */
        {{0.0, 1e15, 1e15}, {5.0, 2.5, 2.5}},           /* the total is exact, and shared out */
        {{0.0, 0.0, 1.0}, {5.0, 2.0, 3.0}}              /* so it is, to the one that may move */
    };
    double out[3], work[18];
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        small s = small_tree;
        const psc_hierarchy h = hierarchy_of(&s);
        memcpy(s.spread, cases[i].spread, sizeof s.spread);
        CHECK_STATUS(psc_reconcile_run(&h, work, sizeof work, out, NULL, NULL), PSC_OK);
        CHECK(memcmp(out, cases[i].want, sizeof out) == 0);
    }
}

/* ==== Rank ====================================================================================== */

/* The entries of one side against the file: the order to the bit, z and p to their rounding. */
static void check_ranked(FILE *file, const char *name, const psc_ranked *got, int64_t count, const double *z,
                         const double *p)
{
    static double list[200];
    int64_t i;

    CHECK_INT(count, vector_record(file, name, list, 200));
    for (i = 0; i < count; i++) {
        const int64_t k = got[i].index;
        CHECK_INT(k, list[i]);
        CHECK(got[i].change == got[i].next - got[i].now);
        CHECK_NEAR(got[i].z, z[k], 1e-13 * fabs(z[k]) + 1e-14);
        CHECK_NEAR(got[i].p, p[k], 1e-12 * p[k]);
        CHECK_NEAR(got[i].probability, 1.0 - 0.5 * p[k], 1e-14);
    }
}

static void test_rank_vectors(void)
{
    FILE *file = vector_open("tests/vectors/rank.txt");
    static double config[4], now[200], next[200], spread[200], lower[200], upper[200], z[200], p[200];
    static psc_ranked up[200], down[200];
    int cases = 0;

    for (; vector_record(file, "config", config, 4) == 4; cases++) {
        psc_rank_info info;
        psc_changes c;
        void *work;
        psc_changes_default(&c);
        c.decision = (int32_t)config[0];
        c.rate = config[1];
        c.level = config[2];
        c.n = (size_t)vector_record(file, "now", now, 200);
        c.now = now;
        c.next = optional(file, "next", next, 200);
        c.spread = optional(file, "spread", spread, 200);
        c.lower = optional(file, "lower", lower, 200);
        c.upper = optional(file, "upper", upper, 200);
        (void)vector_record(file, "z", z, 200);
        (void)vector_record(file, "p", p, 200);
        work = block_new(psc_rank_size(&c), 0xAA);
        CHECK_STATUS(psc_rank_shards(&c, work, psc_rank_size(&c), up, 200, down, 200, &info), PSC_OK);
        check_ranked(file, "up", up, info.ups, z, p);
        check_ranked(file, "down", down, info.downs, z, p);
        CHECK(info.up_total == info.ups && info.down_total == info.downs);
        free(work);
    }
    CHECK_INT(cases, 6);
    fclose(file);
}

/* 400 fleets of 500 shards. The share of false ones among those that count is rate * (share that do not change) at
 * most in expectation; its standard error over the fleets is below 0.01 (0.015 where nothing changes: it is 0 or 1). */
static void test_rank_rate(void)
{
    enum { N = 500, FLEETS = 400 };
    static double now[N], next[N], spread[N];
    static psc_ranked up[N], down[N];
    static uint64_t work[2 * N + 1];
    static const int changing[4] = {0, 25, 100, 250};
    int k, fleet, i;

    for (k = 0; k < 4; k++) {
        double share = 0.0, power = 0.0;
        uint64_t seed = 900 + (uint64_t)k;
        for (fleet = 0; fleet < FLEETS; fleet++) {
            psc_rank_info info;
            psc_changes c;
            double wrong = 0.0, all;
            for (i = 0; i < N; i++) {
                const double change = i >= changing[k] ? 0.0 : i % 2 ? 4.0 : -4.0;
                spread[i] = 0.5 + 2.0 * test_uniform(&seed);
                now[i] = 10.0 * test_uniform(&seed);
                next[i] = now[i] + spread[i] * (psc__normal_quantile(0.5 * DBL_EPSILON + test_uniform(&seed)) + change);
            }
            psc_changes_default(&c);
            c.n = N;
            c.now = now;
            c.next = next;
            c.spread = spread;
            CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, up, N, down, N, &info), PSC_OK);
            for (i = 0; i < info.ups; i++) wrong += up[i].index >= changing[k];
            for (i = 0; i < info.downs; i++) wrong += down[i].index >= changing[k];
            all = (double)(info.ups + info.downs);
            if (all > 0.0) share += wrong / all / FLEETS;
            if (changing[k]) power += (all - wrong) / changing[k] / FLEETS;
        }
        CHECK(share < 0.1 * (N - changing[k]) / N + 3.0 * (changing[k] ? 0.01 : 0.015));
        CHECK(power > 0.75 || !changing[k]);
    }
}

static int by_change(const void *a, const void *b)
{
    const psc_ranked *x = (const psc_ranked *)a, *y = (const psc_ranked *)b;
    if (x->change != y->change) return x->change > y->change ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Against a full sort, with many ties, at every capacity; without a spread every change is exact. */
static void test_rank_order(void)
{
    enum { N = 60 };
    double now[N], next[N];
    uint64_t seed = 31, work[2 * N + 1];
    int round;

    for (round = 0; round < 60; round++) {
        const uint64_t values = 1 + test_random(&seed) % 12;
        psc_ranked up[N], down[N], sorted[N];
        psc_rank_info info;
        psc_changes c;
        size_t i, growing = 0, capacity;
        psc_changes_default(&c);
        c.n = test_random(&seed) % N;
        c.now = now;
        c.next = next;
        if (round % 2) c.decision = PSC_RANK_ALL;
        for (i = 0; i < c.n; i++) {
            now[i] = (double)(test_random(&seed) % values);
            next[i] = (double)(test_random(&seed) % values);
            sorted[growing].index = (int64_t)i;
            sorted[growing].change = next[i] - now[i];
            growing += next[i] > now[i];
        }
        qsort(sorted, growing, sizeof sorted[0], by_change);
        for (capacity = 0; capacity <= c.n; capacity++) {
            CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, up, capacity, down, c.n - capacity, &info), PSC_OK);
            CHECK_INT(info.ups, growing < capacity ? growing : capacity);
            CHECK_INT(info.up_total, growing);
            for (i = 0; i < (size_t)info.ups; i++) {
                CHECK(up[i].index == sorted[i].index && up[i].change == sorted[i].change);
                CHECK(up[i].z == PSC_MAX_Z && up[i].p == 0.0 && up[i].probability == 1.0);
            }
            for (i = 0; i < (size_t)info.downs; i++) CHECK(down[i].change < 0.0 && down[i].z == -PSC_MAX_Z);
        }
    }
}

/* Three shards with everything that may be given of them. */
typedef struct fleet {
    double now[3], next[3], spread[3], lower[3], upper[3];
} fleet;

static const fleet small_fleet = {
    {1.0, 2.0, 3.0}, {2.0, 1.0, 3.0}, {1.0, 1.0, 1.0}, {1.0, 0.0, 2.0}, {3.0, 2.0, 4.0}
};

static psc_changes changes_of(const fleet *f)
{
    psc_changes c;

    psc_changes_default(&c);
    c.n = 3;
    c.now = f->now;
    c.next = f->next;
    return c;
}

/* Errors leave the output as it was. */
static void test_rank_errors(void)
{
    double work[7];
    psc_ranked up[3], down[3], before[3];
    psc_rank_info info, same;
    const psc_changes good = changes_of(&small_fleet);
    psc_changes bad;
    int k;

    memset(&info, 0x5C, sizeof info);
    memset(&same, 0x5C, sizeof same);
    memset(up, 0x5C, sizeof up);
    memset(down, 0x5C, sizeof down);
    memset(before, 0x5C, sizeof before);
    psc_changes_default(NULL);
    CHECK_INT(psc_rank_size(NULL), 0);
    for (k = 0; k < 23; k++) {
        psc_status want = PSC_ERR_RANGE;
        fleet f = small_fleet;
        size_t bytes = sizeof work;
        psc_ranked *ups = up, *downs = down;
        psc_changes c = changes_of(&f);
        CHECK_INT(psc_rank_size(&c), sizeof work);
        if (k < 9) c.spread = f.spread;
        else {
            c.lower = f.lower;
            c.upper = f.upper;
        }
        if (k == 0) c.decision = 0;
        if (k == 1) c.decision = 4;
        if (k == 2) c.rate = 0.0;
        if (k == 3) c.rate = 1.0;
        if (k == 4) c.lower = f.lower;
        if (k == 5) f.spread[1] = -1e-300;
        if (k == 6) f.spread[1] = NAN, want = PSC_ERR_NONFINITE;
        if (k == 7) f.now[1] = NAN, want = PSC_ERR_NONFINITE;
        if (k == 8) f.spread[2] = 2e15;
        if (k == 9) c.level = 0.001;
        if (k == 10) c.level = 1.0;
        if (k == 11) f.lower[1] = 1.5;
        if (k == 12) f.upper[1] = 0.5;
        if (k == 13) f.upper[1] = INFINITY, want = PSC_ERR_NONFINITE;
        if (k == 14) f.lower[1] = -2e15;
        if (k == 15) c.upper = NULL, want = PSC_ERR_NULL;
        if (k == 16) c.next = NULL, want = PSC_ERR_NULL;
        if (k == 17) c.struct_size++, want = PSC_ERR_VERSION;
        if (k == 18) f.next[2] = f.upper[2] = 2e15;
        if (k == 19) bytes--, want = PSC_ERR_SPACE;
        if (k == 20) ups = NULL, want = PSC_ERR_NULL;
        if (k == 21) downs = NULL, want = PSC_ERR_NULL;
        if (k == 22) c.now = NULL, want = PSC_ERR_NULL;
        CHECK_STATUS(psc_rank_shards(&c, work, bytes, ups, 3, downs, 3, &info), want);
    }
    bad = good;
    bad.n = SIZE_MAX / 8;
    CHECK_INT(psc_rank_size(&bad), 0);
    bad.n = 3;
    bad.struct_size--;
    CHECK_INT(psc_rank_size(&bad), 0);
    CHECK_STATUS(psc_rank_shards(&good, work, sizeof work, up, 3, down, 3, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(&good, NULL, sizeof work, up, 3, down, 3, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_rank_shards(NULL, work, sizeof work, up, 3, down, 3, &info), PSC_ERR_NULL);
    CHECK(memcmp(up, before, sizeof up) == 0 && memcmp(down, before, sizeof down) == 0);
    CHECK(memcmp(&info, &same, sizeof info) == 0);
}

/* No shard, the largest change, and one that is none. */
static void test_rank_edges(void)
{
    double work[7];
    fleet f = small_fleet;
    psc_changes c = changes_of(&f);
    psc_ranked up[3], down[3];
    psc_rank_info info;

    c.n = 0;
    CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, NULL, 0, NULL, 0, &info), PSC_OK);
    CHECK(info.ups == 0 && info.downs == 0 && info.limit < 0.0);
    c.n = 3;
    f.now[0] = -1e15;
    f.next[0] = 1e15;
    f.now[2] = 0.0;
    f.next[2] = -0.0;
    CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, up, 3, down, 3, &info), PSC_OK);
    CHECK(info.ups == 1 && info.downs == 1 && up[0].index == 0 && up[0].change == 2e15 && down[0].index == 1);
    c.rate = 4.9406564584124654e-324;           /* over 3 it is 0 */
    CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, up, 3, down, 3, &info), PSC_OK);
    CHECK(info.ups == 1 && info.downs == 1 && info.limit == 0.0);
    c.rate = 3 * 4.9406564584124654e-324;
    CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, up, 3, down, 3, &info), PSC_OK);
    CHECK(info.ups == 1 && info.downs == 1 && info.limit == 2 * 4.9406564584124654e-324);
    c.n = ((size_t)1 << 31) + 1;
    CHECK_INT(psc_rank_size(&c), 0);
    CHECK_STATUS(psc_rank_shards(&c, work, sizeof work, up, 3, down, 3, &info), PSC_ERR_RANGE);
}

int main(void)
{
    RUN(test_reconcile_vectors);
    RUN(test_reconcile_big);
    RUN(test_reconcile_errors);
    RUN(test_reconcile_exact);
    RUN(test_rank_vectors);
    RUN(test_rank_rate);
    RUN(test_rank_order);
    RUN(test_rank_errors);
    RUN(test_rank_edges);
    return test_end();
}
