/* Recurrent network: against a second implementation, its gradient against differences, what it learns, the edges. */
#include "../../forecast.c"
#include "../test.h"
#include "../blocks.h"
#include "../series.h"
#include "../vectors/read.h"
#include "models.h"

/* ==== Helpers =================================================================================== */

enum { MOST = 2000 };

static psc_gru_options options_of(int32_t units, int32_t steps, int32_t window, double rate)
{
    psc_gru_options o;

    fc_gru_options_default(&o);
    o.units = units;
    o.steps = steps;
    o.window = window;
    o.rate = rate;
    return o;
}

static psc_gru_options usual(void)
{
    psc_gru_options o;

    fc_gru_options_default(&o);
    return o;
}

static void *gru_fitted(const fc_task *task, long *units)
{
    void *room = fitted(&fc_gru_model, task, 0xAA, units);

    if (!room) exit(2);
    return room;
}

static void draw(double *y, size_t n, uint64_t seed)
{
    size_t t;

    for (t = 0; t < n; t++) y[t] = 1.0 + 0.5 * wave(t, 24) + 0.2 * wave(t, 168) + 0.05 * noise(&seed);
}

/* ==== Options =================================================================================== */

static void test_options(void)
{
    static const struct {
        int32_t units, steps, window;
        double rate;
        int good;
    } limits[] = {
        {8, 500, 32, 0.003, 1}, {1, 0, 4, 1e-6, 1}, {16, 100000, 256, 1.0, 1}, {0, 500, 32, 0.01, 0},
        {17, 500, 32, 0.01, 0}, {INT32_MAX, 500, 32, 0.01, 0}, {8, -1, 32, 0.01, 0}, {8, 100001, 32, 0.01, 0},
        {8, 500, 3, 0.01, 0}, {8, 500, 257, 0.01, 0}, {8, 500, INT32_MIN, 0.01, 0}, {8, 500, 32, 0.0, 0},
        {8, 500, 32, 1.1, 0}, {8, 500, 32, NAN, 0}, {8, 500, 32, INFINITY, 0}
    };
    const psc_gru_options standard = usual();
    const double y[3] = {1.0, 2.0, 3.0};
    size_t i;

    CHECK(standard.units == 8 && standard.steps == 500 && standard.window == 32 && standard.rate == 0.003);
    CHECK(standard.seed == 1 && standard.reserved == 0);
    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const psc_gru_options o = options_of(limits[i].units, limits[i].steps, limits[i].window, limits[i].rate);
        const fc_task task = task_of(y, 3, 5, &o);
        CHECK_INT(fc_gru_options_valid(&o), limits[i].good);
        CHECK_INT(fc_gru_model.words(&task) != 0, limits[i].good);
    }
}

/* ==== Against the second implementation ========================================================= */

/* Both round each operation to 1.1e-16; a mini-batch sums some 1000 products, and Adam divides by the gradient's size,
 * which is above 1e-6 wherever it is not 0: 1e-13 / 1e-6 of the rate a step, times 10 steps of at most 0.3. That is
 * 3e-7 at worst, in a weight that hardly matters; seen is 2e-12, 1e-9 is asked for, and a wrong term shows at 1e-3. */
static void near_each(const double *got, const double *want, long n)
{
    long i;

    for (i = 0; i < n; i++) CHECK_NEAR(got[i], want[i], 1e-9);
}

static void test_vectors(void)
{
    FILE *file = vector_open("tests/vectors/gru.txt");
    static double y[MOST], want[MOST], got[MOST], period[PSC_MAX_PERIODS], config[6];
    long n, i;
    int cases = 0;

    for (; vector_record(file, "config", config, 6) == 6; cases++) {
        psc_gru_options o = options_of((int32_t)config[0], (int32_t)config[1], (int32_t)config[2], config[3]);
        fc_task task = task_of(y, 0, (int32_t)config[5], &o);
        void *room;
        o.seed = (uint64_t)config[4];
        task.periods = (int32_t)vector_record(file, "period", period, PSC_MAX_PERIODS);
        for (i = 0; i < task.periods; i++) task.period[i] = (int32_t)period[i];
        task.n = (size_t)vector_record(file, "value", y, MOST);
        room = gru_fitted(&task, NULL);
        n = vector_record(file, "parameters", want, MOST);
        CHECK_INT(fc_gru_model.parameters(room, got), n);
        near_each(got, want, n);
        n = vector_record(file, "point", want, MOST);
        fc_gru_model.path(room, (size_t)n, got);
        near_each(got, want, n);
        n = vector_record(file, "more", want, MOST);
        for (i = 0; i < n; i++) fc_gru_model.observe(room, want[i]);
        n = vector_record(file, "again", want, MOST);
        fc_gru_model.path(room, (size_t)n, got);
        near_each(got, want, n);
        free(room);
    }
    fclose(file);
    CHECK_INT(cases, 6);
}

/* ==== Gradient ================================================================================== */

/* Narrows the range to the inner half of that of the path that was just run. */
static void inner_half(fc_gru *g)
{
    const double *path = fc_gru_at(g, g->path);
    double low = path[0], high = path[0];
    int64_t k;

    for (k = 1; k < g->ahead; k++) {
        low = fmin(low, path[k]);
        high = fmax(high, path[k]);
    }
    g->low = low + 0.25 * (high - low);
    g->high = high - 0.25 * (high - low);
}

/* Central differences with step s = 1e-4 and 2e-4 combined to fourth order: error s^4 f^(5) / 30 about 1e-16 f^(5), and
 * rounding 1e-16 / s = 1e-12 of a loss near 0.1. Against a gradient of norm above 1e-3 that is 1e-9; asked for is
 * 1e-6, in every component against the norm. */
static void check_gradient(const fc_task *task, int64_t start, int cut)
{
    static const double step[4] = {-2.0, -1.0, 1.0, 2.0}, s = 1e-4;
    fc_gru *g = (fc_gru *)block_new(8 * fc_gru_model.words(task), 0xAA);
    const double *y;
    double *w, *exact, norm = 0.0, open = 0.0;
    uint64_t seed = 7;
    int64_t i, k;

    CHECK(fc_gru_model.begin(task, g));
    w = fc_gru_at(g, 0);
    for (i = 0; i < g->weights; i++) w[i] = 0.3 * noise(&seed) / sqrt((double)g->units);
    g->low = -1e9;
    g->high = 1e9;
    y = task->y + g->longest + g->warm + start;
    (void)fc_gru_run(g, y);
    if (cut) inner_half(g);
    (void)fc_gru_run(g, y);
    for (k = 0; k < g->ahead; k++) open += *fc_gru_record_at(g, g->warm + k).open;
    CHECK(cut ? open > 0.0 && open < (double)g->ahead : open == (double)g->ahead);
    fc_gru_gradient(g);
    exact = (double *)block_copy(fc_gru_at(g, g->gradient), (size_t)g->weights * sizeof *exact);
    for (i = 0; i < g->weights; i++) norm += exact[i] * exact[i];
    norm = sqrt(norm);
    CHECK(norm > 1e-3);
    for (i = 0; i < g->weights; i++) {
        const double at = w[i];
        double f[4];
        for (k = 0; k < 4; k++) {
            w[i] = at + s * step[k];
            f[k] = fc_gru_run(g, y);
        }
        w[i] = at;
        CHECK_NEAR(exact[i], (f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / (12.0 * s), 1e-6 * norm);
    }
    free(exact);
    free(g);
}

static void test_gradient(void)
{
    static const int32_t periods[5][3] = {{0, 0, 0}, {2, 0, 0}, {5, 0, 0}, {4, 9, 0}, {3, 4, 30}};
    double y[200];
    uint64_t seed = 1;
    size_t t;
    int i, j;

    for (t = 0; t < 200; t++) y[t] = wave(t, 5) + wave(t, 9) + 0.3 * noise(&seed);
    for (i = 0; i < 5; i++) {
        const psc_gru_options o = options_of(i == 4 ? 16 : 2 * i + 1, 500, i == 4 ? 16 : 40, 0.003);
        fc_task task = task_of(y, 200, 40, &o);
        for (j = 0; j < 3; j++) task_season(&task, periods[i][j]);
        check_gradient(&task, 10 * i, 0);
        check_gradient(&task, 10 * i, 1);
    }
}

/* ==== The fit ================================================================================== */

/* Units: the values are taken in, a mini-batch each, and the replay; the seed decides. */
static void test_units_and_seed(void)
{
    static double y[400];
    double a[60], b[60];
    psc_gru_options o = usual();
    fc_task task = task_of(y, 400, 60, &o);
    void *room;
    long units;

    draw(y, 400, 3);
    task_season(&task, 24);
    task_season(&task, 168);
    room = gru_fitted(&task, &units);
    CHECK_INT(units, 1 + 400 - 169 + (400 - 169 + 63) / 64);
    CHECK_INT(fc_gru_model.step(&task, room), 0);
    fc_gru_model.path(room, 60, a);
    free(room);
    o.seed = 2;
    room = gru_fitted(&task, NULL);
    fc_gru_model.path(room, 60, b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    free(room);
}

/* Golden: the same on every compiler, level of optimisation and machine. FNV-1a of the bits of a path. */
static void test_golden(void)
{
    static double y[400];
    double out[60];
    const psc_gru_options o = usual();
    fc_task task = task_of(y, 400, 60, &o);
    uint64_t seed = 5, hash = UINT64_C(0xcbf29ce484222325), word;
    void *room;
    size_t t;
    int b;

    for (t = 0; t < 400; t++) y[t] = wave(t, 24) + 0.25 * test_uniform(&seed);
    task_season(&task, 24);
    room = gru_fitted(&task, NULL);
    fc_gru_model.path(room, 60, out);
    for (t = 0; t < 60; t++) {
        memcpy(&word, &out[t], sizeof word);
        for (b = 0; b < 64; b += 8) hash = (hash ^ (word >> b & 255)) * UINT64_C(0x100000001b3);
    }
    CHECK(hash == UINT64_C(0xf3f049024db5a580));
    free(room);
}

/* Going back and seeing the sample again: paths start where they should, and in between they stay in the range. */
static void test_rewind(void)
{
    static double y[300];
    double path[24];
    const psc_gru_options o = options_of(8, 50, 32, 0.003);
    fc_task task = task_of(y, 300, 24, &o);
    void *room;
    size_t t;

    draw(y, 300, 4);
    task_season(&task, 24);
    room = gru_fitted(&task, NULL);
    for (t = 0; t < 30; t++) fc_gru_model.observe(room, 100.0);         /* widens the range, which must not stay */
    t = fc_gru_model.rewind(&task, room);
    CHECK_INT(t, 25);
    for (; t < 300; t++) {
        CHECK_INT(((fc_gru *)room)->seen, t);
        fc_gru_model.path(room, 24, path);
        CHECK(all_within(path, 24, -1.0, 3.0));
        fc_gru_model.observe(room, y[t]);
    }
    free(room);
}

/* Observing what was forecast continues the same path: with its own forecasts as values the state is the path's. */
static void test_path_is_observation(void)
{
    static double y[300];
    double a[48], b[47];
    const psc_gru_options o = options_of(8, 100, 32, 0.003);
    fc_task task = task_of(y, 300, 48, &o);
    void *room;

    draw(y, 300, 6);
    task_season(&task, 24);
    room = gru_fitted(&task, NULL);
    fc_gru_model.path(room, 48, a);
    fc_gru_model.observe(room, a[0]);
    fc_gru_model.path(room, 47, b);
    CHECK(memcmp(a + 1, b, sizeof b) == 0);
    free(room);
}

/* ==== What it learns ============================================================================ */

static double path_error(const fc_task *task, const double *actual)
{
    double out[64], sum = 0.0;
    void *room = gru_fitted(task, NULL);
    int32_t k;

    fc_gru_model.path(room, (size_t)task->horizon, out);
    for (k = 0; k < task->horizon; k++) sum += fabs(out[k] - actual[k]);
    free(room);
    return sum / task->horizon;
}

/* A pure season is continued as it is: the linear part finds nothing to correct, and y[t-m] is exact. */
static void test_pure_season(void)
{
    static double y[240];
    const psc_gru_options o = usual();
    fc_task task = task_of(y, 192, 48, &o);
    size_t t;

    for (t = 0; t < 240; t++) y[t] = t < 24 ? wave(t, 24) + 0.1 * (double)(t * t % 24 % 7) : y[t - 24];
    task_season(&task, 24);
    CHECK(path_error(&task, y + 192) == 0.0);
}

/* Noise on a season: a seasonal naive forecast repeats the noise, error E|n1 - n2| = 1.128 sd; the mean of the season
 * has 0.798 sd. Of the way from the one to the other, 1 to 0.71, the net must make half, on average of ten series. */
static void test_better_than_naive(void)
{
    static double y[648];
    double net = 0.0, naive = 0.0;
    const psc_gru_options o = usual();
    fc_task task = task_of(y, 600, 48, &o);
    uint64_t run;
    size_t t;

    task_season(&task, 24);
    for (run = 1; run <= 10; run++) {
        uint64_t seed = run;
        for (t = 0; t < 648; t++) y[t] = 1.0 + 0.5 * wave(t, 24) + 0.05 * noise(&seed);
        net += path_error(&task, y + 600);
        for (t = 600; t < 648; t++) naive += fabs(y[t] - y[576 + t % 24]) / 48.0;
    }
    CHECK(net < 0.85 * naive);
}

/* y[t] = 1.8 |y[t-1] - 0.5| - 0.4 y[t-1] + noise is no linear matter: the linear part alone sees little of it. One
 * step ahead, over the second half, with parameters from the first. */
static double one_step_error(int32_t steps)
{
    static double y[1600];
    const psc_gru_options o = options_of(8, steps, 32, 0.01);
    const fc_task task = task_of(y, 800, 1, &o);
    uint64_t seed = 9;
    double sum = 0.0, f;
    void *room;
    size_t t;

    y[0] = 0.1;
    for (t = 1; t < 1600; t++) y[t] = 1.8 * fabs(y[t - 1] - 0.5) - 0.4 * y[t - 1] + 0.05 * noise(&seed);
    room = gru_fitted(&task, NULL);
    for (t = 800; t < 1600; t++) {
        fc_gru_model.path(room, 1, &f);
        sum += fabs(y[t] - f);
        fc_gru_model.observe(room, y[t]);
    }
    free(room);
    return sum / 800.0;
}

static void test_nonlinear(void)
{
    CHECK(one_step_error(800) < 0.7 * one_step_error(0));
}

/* ==== On everything ============================================================================= */

/* Whatever comes, the path is within the range seen, widened by 0.3 (and rounding). */
static void check_edge(const double *y, size_t n, int32_t m1, int32_t m2, int want)
{
    double out[64], low = y[0], high = y[0];
    const psc_gru_options o = options_of(3, 60, 32, 0.003);
    fc_task task = task_of(y, n, 64, &o);
    void *room;
    size_t i;

    if (m1) task.period[task.periods++] = m1;
    if (m2) task.period[task.periods++] = m2;
    CHECK_INT(check_model(&fc_gru_model, &task, 2 + 60 + (long)n / 64, 1), want);
    if (!want) return;
    for (i = 0; i < n; i++) {
        low = fmin(low, y[i]);
        high = fmax(high, y[i]);
    }
    room = gru_fitted(&task, NULL);
    fc_gru_model.path(room, 64, out);
    CHECK(all_within(out, 64, low - 0.31 * (high - low), high + 0.31 * (high - low)));
    free(room);
}

static void test_short(void)
{
    double y[60];
    uint64_t seed = 2;
    size_t n;

    for (n = 0; n < 60; n++) y[n] = noise(&seed);
    for (n = 1; n <= 60; n++) {
        check_edge(y, n, 0, 0, n >= 26);
        check_edge(y, n, 2, 3, n >= 26);        /* 3 only where it leaves 24 values; if not even 2, none */
        check_edge(y, n, 30, 0, n >= 26);
    }
}

static void test_edges(void)
{
    double y[200];
    uint64_t seed = 3;
    int which;
    size_t t;

    for (which = 0; which < STRANGE; which++) {
        strange(which, y, 200);
        check_edge(y, 200, 0, 0, 1);
        check_edge(y, 200, 7, 0, 1);
        check_edge(y, 200, 2, 90, 1);
    }
    for (which = 0; which < 10; which++) {      /* values of all sizes */
        for (t = 0; t < 200; t++) y[t] = (test_uniform(&seed) - 0.5) * exp(68.0 * (test_uniform(&seed) - 0.5));
        check_edge(y, 200, 12, 60, 1);
    }
}

/* All options at their largest and their smallest. */
static void test_extreme_options(void)
{
    static const int32_t periods[PSC_MAX_PERIODS] = {2, 3, 24, 168};
    static double y[900];
    const psc_gru_options large = options_of(16, 30, 256, 1.0), small = options_of(1, 30, 4, 1e-6);
    fc_task task = task_of(y, 900, 64, &large);
    int i;

    draw(y, 900, 8);
    for (i = 0; i < PSC_MAX_PERIODS; i++) task_season(&task, periods[i]);
    CHECK(check_model(&fc_gru_model, &task, 60, 1));
    task.options = &small;
    task.horizon = 1;
    CHECK(check_model(&fc_gru_model, &task, 60, 1));
}

int main(void)
{
    RUN(test_options);
    RUN(test_vectors);
    RUN(test_gradient);
    RUN(test_units_and_seed);
    RUN(test_golden);
    RUN(test_rewind);
    RUN(test_path_is_observation);
    RUN(test_pure_season);
    RUN(test_better_than_naive);
    RUN(test_nonlinear);
    RUN(test_short);
    RUN(test_edges);
    RUN(test_extreme_options);
    return test_end();
}
