/* Exponential smoothing and the simplex search: against R, against their own equations, and at the edges. */
#include "../../forecast.c"
#include "../test.h"
#include "../blocks.h"
#include "../series.h"
#include "../vectors/read.h"
#include "models.h"

/* ==== Rough states ============================================================================== */

/* Two cycles of 65536 on a line: the slope goes over 2^32 differences of places, more than a size_t of 32 bits holds. */
static void test_rough_season_long(void)
{
    enum { M = 65536 };
    static double y[2 * M], s[M];
    fc_ets_model f;
    int64_t t;

    for (t = 0; t < 2 * M; t++) y[t] = 0.5 * (double)t + (double)(t % 2);
    fc_ets_model_set(&f, 6);
    f.period = M;
    CHECK(f.season == FC_ETS_ADD);
    fc_ets_rough_season(y, 2 * M, &f, s);
    for (t = 0; t < M; t++) CHECK_NEAR(s[t], (double)(t % 2) - 0.5, 1e-6);     /* sums of 65536 values of 65536 */
}

/* ==== Simplex search ============================================================================ */

/* Values until the search ends. */
static int simplex_run(fc_simplex *s, double (*f)(const double *x, int64_t size))
{
    int count = 1;

    while (fc_simplex_tell(s, f(fc_simplex_next(s), s->size))) count++;
    return count;
}

/* The best point so far and its value. */
static double simplex_best(const fc_simplex *s, double *x)
{
    int64_t i;

    for (i = 0; i < s->size; i++) x[i] = fc_simplex_outer(s, i, s->corner[0][i]);
    return s->value[0];
}

static double banana(const double *x, int64_t size)
{
    const double a = 1.0 - x[0], b = x[1] - x[0] * x[0];
    (void)size;
    return a * a + 100.0 * b * b;
}

/* The minimum of Rosenbrock's valley is (1, 1) with value 0. A spread of 1e-14 among corners allows x about the root of
 * it, 1e-7, times the root of the condition, 50. A copy made on the way ends at the same bits. */
static void test_simplex_valley(void)
{
    fc_simplex s, copy;
    double x[2], twin[2];
    int i;

    fc_simplex_open(&s, 1e-14, 1000);
    fc_simplex_add(&s, -1.2, 0.1, 0.0, 0.0);
    fc_simplex_add(&s, 1.0, 0.1, 0.0, 0.0);
    for (i = 0; i < 57; i++) CHECK(fc_simplex_tell(&s, banana(fc_simplex_next(&s), 2)));
    copy = s;
    CHECK(simplex_run(&s, banana) < 340);
    CHECK_NEAR(simplex_best(&s, x), 0.0, 1e-12);
    CHECK_NEAR(x[0], 1.0, 5e-6);
    CHECK_NEAR(x[1], 1.0, 1e-5);
    (void)simplex_run(&copy, banana);
    (void)simplex_best(&copy, twin);
    CHECK(memcmp(x, twin, sizeof x) == 0);
}

static double box(const double *x, int64_t size)
{
    (void)size;
    CHECK(x[0] >= 0.0 && x[0] <= 1.0 && x[1] >= 2.0 && x[1] <= 3.0 && x[2] >= -1.0 && x[2] <= 1.0);
    return (x[0] - 0.3) * (x[0] - 0.3) + x[1] - 2.0 * x[2];
}

/* One minimum inside, one at the lower bound, one at the upper: every point handed out is within the bounds. */
static void test_simplex_bounds(void)
{
    fc_simplex s;
    double x[3];

    fc_simplex_open(&s, 1e-12, 600);
    fc_simplex_add(&s, 0.5, 0.1, 0.0, 1.0);
    fc_simplex_add(&s, 2.9, 0.3, 2.0, 3.0);         /* the step would leave the bounds: it goes the other way */
    fc_simplex_add(&s, -5.0, -0.1, -1.0, 1.0);      /* so would this one; a start outside counts as the nearest bound */
    (void)simplex_run(&s, box);
    CHECK_NEAR(simplex_best(&s, x), 0.0, 1e-9);
    CHECK_NEAR(x[0], 0.3, 1e-5);
    CHECK_NEAR(x[1], 2.0, 1e-9);
    CHECK_NEAR(x[2], 1.0, 1e-9);
}

static double bowl(const double *x, int64_t size)
{
    double value = 0.0;
    int64_t i;

    for (i = 0; i < size; i++) value += (double)(i + 1) * (x[i] - 0.1 * (double)i) * (x[i] - 0.1 * (double)i);
    return value;
}

static double falling(const double *x, int64_t size)
{
    (void)size;
    return -x[0];
}

static double no_number(const double *x, int64_t size)
{
    (void)size;
    CHECK(x[0] >= 0.0 && x[0] <= 2.0);
    return (double)NAN;
}

/* Any number of variables, the limit of values, values that are no numbers, and what knows no minimum. */
static void test_simplex_edges(void)
{
    fc_simplex s;
    double x[FC_SIMPLEX_MOST];
    int n, i;

    for (n = 1; n <= FC_SIMPLEX_MOST; n++) {
        fc_simplex_open(&s, 1e-10, 4000);
        for (i = 0; i < n; i++) fc_simplex_add(&s, -1.0, 0.3, -3.0, 3.0);
        (void)simplex_run(&s, bowl);
        CHECK(s.left > 0);
        (void)simplex_best(&s, x);
        for (i = 0; i < n; i++) CHECK_NEAR(x[i], 0.1 * i, 1e-4);
    }
    fc_simplex_open(&s, 0.0, 17);
    fc_simplex_add(&s, 1.0, 1.0, 0.0, 0.0);
    CHECK_INT(simplex_run(&s, falling), 17);
    fc_simplex_open(&s, 0.0, 5000);
    fc_simplex_add(&s, 1.0, 1.0, 0.0, 0.0);
    fc_simplex_add(&s, 1.0, 1.0, 0.0, 0.0);
    (void)simplex_run(&s, falling);
    (void)simplex_best(&s, x);
    CHECK(x[0] >= 1e15 && x[0] <= FC_SIMPLEX_FAR && fabs(x[1]) <= FC_SIMPLEX_FAR);
    fc_simplex_open(&s, 0.0, 100);
    fc_simplex_add(&s, 1.0, 1.0, 0.0, 2.0);
    (void)simplex_run(&s, no_number);
    CHECK(simplex_best(&s, x) == DBL_MAX);
}

/* ==== Helpers =================================================================================== */

enum { KINDS = 15 };

/* Error, trend, season of all models. */
static const int32_t kinds[KINDS][3] = {
    {2, 1, 1}, {2, 2, 1}, {2, 4, 1}, {2, 1, 2}, {2, 2, 2}, {2, 4, 2}, {3, 1, 1}, {3, 2, 1}, {3, 4, 1},
    {3, 1, 2}, {3, 2, 2}, {3, 4, 2}, {3, 1, 3}, {3, 2, 3}, {3, 4, 3}
};

static psc_ets_options options_of(int32_t error, int32_t trend, int32_t season)
{
    psc_ets_options o;

    fc_ets_options_default(&o);
    o.error = error;
    o.trend = trend;
    o.season = season;
    return o;
}

/* The options of kind k; KINDS: all left open. */
static psc_ets_options kind_options(int k)
{
    return k < KINDS ? options_of(kinds[k][0], kinds[k][1], kinds[k][2]) : options_of(0, 0, 0);
}

static fc_task season_task(const double *y, size_t n, int32_t m, const psc_ets_options *o)
{
    fc_task task = task_of(y, n, 40, o);

    if (m > 1) task.period[task.periods++] = m;
    return task;
}

static fc_ets *ets_fitted(const fc_task *task)
{
    fc_ets *e = (fc_ets *)fitted(&fc_ets_functions, task, 0xAA, NULL);

    if (!e) exit(2);
    return e;
}

/* Level, slope, a season of period m and noise; above 0 for a slope that is not below it. */
static void draw(double *y, size_t n, size_t m, double slope, double width, uint64_t seed)
{
    size_t t;

    for (t = 0; t < n; t++)
        y[t] = 2.0 + slope * (double)t + 0.8 * sin(FC_2PI * (double)(t % m) / (double)m)
               + width * (test_uniform(&seed) - 0.5);
}

/* ==== Against R ================================================================================= */

/* The same model, parameters and states give R's likelihood, AICc, variance and forecasts; both sum about 100 terms, so
 * that 1e-11 is a thousand roundings more than expected. */
static void check_vector(const double *model, const double *y, size_t n, const double *state, const double *want,
                         const double *point)
{
    const psc_ets_options o = options_of((int32_t)model[0], (int32_t)model[1], (int32_t)model[2]);
    const fc_task task = season_task(y, n, (int32_t)model[3], &o);
    fc_ets *e = (fc_ets *)block_new(8 * fc_ets_words(&task), 0xAA);
    fc_ets_model *f = &e->model[0];
    double out[64], got[30];
    int i;

    CHECK(fc_ets_begin(&task, e));
    CHECK_INT(e->running, 1);
    f->alpha = model[4];
    if (f->trend) f->beta = model[5];
    if (f->season) f->gamma = model[6];
    if (f->damped) f->phi = model[7];
    memcpy(fc_ets_states(e, 0), state, (size_t)(f->period + 2) * sizeof *state);
    fc_ets_take(&task, f, fc_ets_value(&task, e, f, fc_ets_states(e, 0)));
    fc_ets_finish(&task, e);
    (void)fc_ets_parameters(e, out);
    CHECK_NEAR(out[9], want[0], 1e-11 * fabs(want[0]));
    CHECK_NEAR(out[10], want[1], 1e-11 * fabs(want[1]));
    CHECK_NEAR(out[8], want[2], 1e-11 * want[2]);
    fc_ets_path(e, 30, got);
    for (i = 0; i < 30; i++) CHECK_NEAR(got[i], point[i], 1e-11 * fabs(point[i]));
    free(e);
    e = ets_fitted(&task);                      /* not worse than R's search by what may decide between models */
    (void)fc_ets_parameters(e, out);
    CHECK(out[10] <= want[3] + 0.5);
    free(e);
}

static void test_vectors(void)
{
    FILE *file = vector_open("tests/vectors/ets.txt");
    double model[8], y[300], state[20], want[4], point[30];
    long n;
    int count = 0;

    for (; vector_record(file, "model", model, 8) == 8; count++) {
        n = vector_record(file, "value", y, 300);
        (void)vector_record(file, "state", state, 20);
        CHECK_INT(vector_record(file, "fit", want, 4), 4);
        CHECK_INT(vector_record(file, "point", point, 30), 30);
        check_vector(model, y, (size_t)n, state, want, point);
    }
    CHECK_INT(count, 39);
    fclose(file);
}

/* ==== Against its own equations ================================================================= */

/* The recursion as predscale.h has it, in l, b and s. Returns D. */
static double plain_value(const fc_ets_model *f, const double *x, const double *y, size_t n)
{
    double l = x[0], b = x[1], s[64], square = 0.0, logs = 0.0;
    const size_t m = f->period ? (size_t)f->period : 1;
    size_t t;

    memcpy(s, x + 2, (size_t)f->period * sizeof *s);
    for (t = 0; t < n; t++) {
        const double now = f->season ? s[t % m] : 0.0, q = l + f->phi * b;
        const double expected = f->season == FC_ETS_MULTIPLY ? q * now : q + now, e = y[t] - expected;
        const double u = f->season == FC_ETS_MULTIPLY ? e / now : e, v = f->season == FC_ETS_MULTIPLY ? e / q : e;
        square += f->multiplicative ? e * e / (expected * expected) : e * e;
        logs += f->multiplicative ? log(expected) : 0.0;
        l = q + f->alpha * u;
        b = f->phi * b + f->beta * u;
        if (f->season) s[t % m] = now + f->gamma * v;
    }
    return (double)n * log(square) + 2.0 * logs;
}

/* D of the fit, which is about 500: two ways to sum 100 terms, with rounding 1e-13 of it. */
static void test_recursion(void)
{
    double y[100], out[64];
    int k, i;

    draw(y, 100, 7, 0.01, 0.5, 5);
    for (k = 0; k < KINDS; k++) {
        const psc_ets_options o = kind_options(k);
        const fc_task task = season_task(y, 100, 7, &o);
        fc_ets *e = ets_fitted(&task);
        CHECK_INT(fc_ets_parameters(e, out), 13 + (kinds[k][2] > 1 ? 7 : 0));
        for (i = 0; i < 3; i++) CHECK_INT(out[i], kinds[k][i]);
        CHECK_NEAR(-2.0 * out[9], plain_value(&e->model[0], out + 11, y, 100), 1e-9);
        free(e);
    }
}

/* The forecasts of all values, from the trace. */
static void traced(const fc_ets *e, const fc_ets_model *f, double *out)
{
    int64_t t;

    for (t = 0; t < e->n; t++) {
        const double q = fc_ets_column(e, FC_ETS_Q)[t], s = fc_ets_column(e, FC_ETS_S)[t];
        out[t] = f->season == FC_ETS_MULTIPLY ? q * s : q + s;
    }
}

/* J v by finite differences, and <J v, w> = <v, J'w>. Differences of 1e-6 leave about 1e-6 of curvature and 1e-9 of
 * rounding. */
static void test_tangent(void)
{
    double y[60], v[9], weight[60], image[60], before[60], after[60];
    uint64_t seed = 9;
    int k, j;

    draw(y, 60, 7, 0.02, 0.5, 11);
    for (k = 0; k < KINDS; k++) {
        const psc_ets_options o = kind_options(k);
        const fc_task task = season_task(y, 60, 7, &o);
        fc_ets *e = (fc_ets *)block_new(8 * fc_ets_words(&task), 0xAA);
        fc_ets_model *f = &e->model[0];
        double *x, forward = 0.0, backward = 0.0;
        CHECK(fc_ets_begin(&task, e));
        for (j = 0; j < FC_ETS_STARTS; j++) (void)fc_ets_step(&task, e);
        x = fc_ets_states(e, 0);
        for (j = 0; j < e->period + 2; j++) v[j] = test_uniform(&seed) - 0.5;
        if (!f->trend) v[1] = 0.0;
        fc_ets_trace(&task, e, f);
        fc_ets_push(&task, e, f, v);
        memcpy(image, fc_ets_column(e, FC_ETS_IMAGE), sizeof image);
        memcpy(weight, fc_ets_column(e, FC_ETS_WEIGHT), sizeof weight);
        for (j = 0; j < 60; j++) fc_ets_column(e, FC_ETS_R)[j] = test_uniform(&seed) - 0.5;
        fc_ets_pull(&task, e, f);
        for (j = 0; j < 60; j++) forward += image[j] * fc_ets_column(e, FC_ETS_R)[j];
        for (j = 0; j < (f->season ? 9 : 2); j++) backward += v[j] * fc_ets_vector(e, FC_ETS_GRADIENT)[j];
        CHECK_NEAR(forward, backward, 1e-12);
        traced(e, f, before);
        for (j = 0; j < e->period + 2; j++) x[j] += 1e-6 * v[j];
        fc_ets_trace(&task, e, f);
        traced(e, f, after);
        for (j = 0; j < 60; j++) CHECK_NEAR(-(after[j] - before[j]) * weight[j] / 1e-6, image[j], 1e-4);
        free(e);
    }
}

/* The refined states are a minimum: no change of one of them lowers D by more than what is held to be nothing, times
 * ten for what is left in directions the last steps did not go. */
static void test_states_least(void)
{
    double y[200], x[9];
    int k, j, step;

    draw(y, 200, 7, 0.01, 0.6, 21);
    for (k = 0; k < KINDS; k++) {
        const psc_ets_options o = kind_options(k);
        const fc_task task = season_task(y, 200, 7, &o);
        fc_ets *e = ets_fitted(&task);
        const fc_ets_model *f = &e->model[0];
        for (j = 0; j < (f->season ? 9 : 2); j++)
            for (step = -3; step <= 3; step++) {
                if (j == 1 && !f->trend) continue;
                memset(x, 0, sizeof x);
                memcpy(x, fc_ets_states(e, 0), (size_t)(f->period + 2) * sizeof *x);
                x[j] += step * 0.01;
                CHECK(!(plain_value(f, x, y, 200) < f->value - 10.0 * FC_ETS_CLOSE));   /* NaN: no such model */
            }
        free(e);
    }
}

/* ==== What it finds ============================================================================= */

/* A series without noise is continued: a line with a season, to the tolerance of the search. */
static void test_exact(void)
{
    static double y[120];
    double path[24];
    const psc_ets_options o = options_of(PSC_ETS_ADDITIVE, PSC_ETS_ADDITIVE, PSC_ETS_ADDITIVE);
    const fc_task task = season_task(y, 96, 12, &o);
    fc_ets *e;
    int i;

    draw(y, 120, 12, 0.05, 0.0, 1);
    e = ets_fitted(&task);
    fc_ets_path(e, 24, path);
    for (i = 0; i < 24; i++) CHECK_NEAR(path[i], y[96 + i], 1e-6);
    free(e);
}

/* A constant is forecast as itself, to rounding. */
static void test_constant(void)
{
    const psc_ets_options o = options_of(0, 0, 0);
    double y[80], path[20];
    size_t n, i;

    for (i = 0; i < 80; i++) y[i] = 1.3;
    for (n = 1; n <= 80; n++) {
        const fc_task task = season_task(y, n, 7, &o);
        fc_ets *e = ets_fitted(&task);
        fc_ets_path(e, 20, path);
        for (i = 0; i < 20; i++) CHECK_NEAR(path[i], 1.3, 1e-12);
        free(e);
    }
}

/* Parameters of simulated series come back: n = 4000, standard errors below 0.02, four of them allowed; the variance
 * of the shocks is 0.09, its estimate's standard error 0.09 sqrt(2 / 4000) = 0.002, five of which are allowed. */
static void test_recovery(void)
{
    static const double want[4] = {0.5, 0.2, 0.3, 0.9};
    static double y[4000];
    const psc_ets_options o = options_of(PSC_ETS_ADDITIVE, PSC_ETS_DAMPED, PSC_ETS_ADDITIVE);
    const fc_task task = season_task(y, 4000, 12, &o);
    double l = 100.0, b = 0.3, s[12], out[32];
    uint64_t seed = 77;
    fc_ets *e;
    int t, i;

    for (i = 0; i < 12; i++) s[i] = sin(FC_2PI * i / 12.0);
    for (t = 0; t < 4000; t++) {
        const double shock = 0.3 * noise(&seed);
        y[t] = l + want[3] * b + s[t % 12] + shock;
        l += want[3] * b + want[0] * shock;
        b = want[3] * b + want[1] * shock;
        s[t % 12] += want[2] * shock;
    }
    e = ets_fitted(&task);
    (void)fc_ets_parameters(e, out);
    for (i = 0; i < 4; i++) CHECK_NEAR(out[4 + i], want[i], 0.08);
    CHECK_NEAR(out[8], 0.09, 0.01);
    free(e);
}

/* Of a fit with all left open: error, trend, season and AICc. */
static void chosen(const double *y, size_t n, double *choice)
{
    const psc_ets_options o = options_of(0, 0, 0);
    const fc_task task = season_task(y, n, 12, &o);
    fc_ets *e = ets_fitted(&task);
    double out[64];

    (void)fc_ets_parameters(e, out);
    memcpy(choice, out, 3 * sizeof *choice);
    choice[3] = out[10];
    free(e);
}

/* A season where there is one, additive or multiplicative as made, none in noise; about the best AICc of all. */
static void test_choice(void)
{
    double y[240], out[64], choice[4];
    uint64_t seed = 3;
    int t, k;

    draw(y, 240, 12, 0.0, 0.4, 31);
    chosen(y, 240, choice);
    CHECK(choice[2] >= PSC_ETS_ADDITIVE);
    for (k = 0; k < KINDS; k++) {
        const psc_ets_options o = kind_options(k);
        const fc_task task = season_task(y, 240, 12, &o);
        fc_ets *one;
        if (o.trend == PSC_ETS_ADDITIVE) continue;
        one = ets_fitted(&task);
        (void)fc_ets_parameters(one, out);
        CHECK(choice[3] <= out[10] + 0.1);
        free(one);
    }
    for (t = 0; t < 240; t++)
        y[t] = (1.0 + 0.02 * t) * (1.0 + 0.6 * sin(FC_2PI * t / 12.0)) * (1.0 + 0.1 * (test_uniform(&seed) - 0.5));
    chosen(y, 240, choice);
    CHECK(choice[0] == PSC_ETS_MULTIPLICATIVE && choice[2] == PSC_ETS_MULTIPLICATIVE);
    for (t = 0; t < 240; t++) y[t] = 1.0 + test_uniform(&seed);
    chosen(y, 240, choice);
    CHECK(choice[1] == PSC_ETS_NONE && choice[2] == PSC_ETS_NONE);
}

/* ==== Options =================================================================================== */

/* What is given stays, what is estimated keeps to its region, and only that counts in AICc. */
static void test_given(void)
{
    static const double given[][4] = {
        {0.3, NAN, NAN, NAN}, {NAN, 0.4, NAN, NAN}, {NAN, NAN, 0.7, NAN}, {NAN, NAN, NAN, 0.5}, {0.2, 0.2, 0.7, 1.0},
        {0.0, NAN, NAN, NAN}, {1.0, NAN, NAN, 0.0}, {NAN, 1.0, NAN, NAN}, {NAN, NAN, 1.0, NAN}, {NAN, 0.5, 0.5, NAN},
        {NAN, 0.0, 0.0, NAN}, {1.0, 1.0, 0.0, 1.0}, {0.0, 0.0, 0.0, 0.0}
    };
    double y[100], out[64];
    size_t i;
    int k, j;

    draw(y, 100, 7, 0.01, 0.5, 41);
    for (i = 0; i < sizeof given / sizeof given[0]; i++)
        for (k = 0; k < KINDS; k++) {
            psc_ets_options o = kind_options(k);
            const fc_task task = season_task(y, 100, 7, &o);
            const int trend = o.trend != PSC_ETS_NONE, season = o.season != PSC_ETS_NONE;
            const int there[4] = {1, trend, season, o.trend == PSC_ETS_DAMPED};
            double count = 2.0 + trend + 6 * season;            /* the variance and free states; then parameters */
            fc_ets *e;
            memcpy(&o.alpha, given[i], sizeof given[i]);
            CHECK(fc_ets_options_valid(&o));
            e = ets_fitted(&task);
            (void)fc_ets_parameters(e, out);
            for (j = 0; j < 4; j++) {
                if (!there[j]) CHECK(out[4 + j] == (j == 3 ? 1.0 : 0.0));
                else if (!isnan(given[i][j])) CHECK(out[4 + j] == given[i][j]);
                count += there[j] && isnan(given[i][j]);
            }
            CHECK(out[4] >= 0.0 && out[4] <= 1.0 && out[5] >= 0.0 && out[5] <= out[4]);
            CHECK(out[6] >= 0.0 && out[6] <= 1.0 - out[4] && out[7] >= 0.0 && out[7] <= 1.0);
            CHECK_NEAR(out[10], -2.0 * out[9] + 200.0 * count / (99.0 - count), 1e-9);
            free(e);
        }
}

static void test_options(void)
{
    static const struct {
        int32_t error, trend, season;
        double alpha, beta, gamma, phi;
        int good;
    } cases[] = {
        {0, 0, 0, NAN, NAN, NAN, NAN, 1}, {2, 1, 1, 0.0, 0.0, 0.0, 0.0, 1}, {3, 4, 3, 0.5, 0.5, 0.5, 1.0, 1},
        {0, 2, 3, NAN, NAN, NAN, NAN, 1}, {1, 0, 0, NAN, NAN, NAN, NAN, 0}, {4, 0, 0, NAN, NAN, NAN, NAN, 0},
        {-1, 0, 0, NAN, NAN, NAN, NAN, 0}, {0, 3, 0, NAN, NAN, NAN, NAN, 0}, {0, 5, 0, NAN, NAN, NAN, NAN, 0},
        {0, -1, 0, NAN, NAN, NAN, NAN, 0}, {0, 0, 4, NAN, NAN, NAN, NAN, 0}, {0, 0, -1, NAN, NAN, NAN, NAN, 0},
        {2, 0, 3, NAN, NAN, NAN, NAN, 0}, {0, 0, 0, -0.1, NAN, NAN, NAN, 0}, {0, 0, 0, 1.1, NAN, NAN, NAN, 0},
        {0, 0, 0, NAN, 1.1, NAN, NAN, 0}, {0, 0, 0, NAN, NAN, 1.1, NAN, 0}, {0, 0, 0, NAN, NAN, NAN, 1.1, 0},
        {0, 0, 0, INFINITY, NAN, NAN, NAN, 0}, {0, 0, 0, 0.2, 0.3, NAN, NAN, 0}, {0, 0, 0, 0.6, NAN, 0.5, NAN, 0},
        {0, 0, 0, NAN, 0.6, 0.5, NAN, 0}
    };
    const double y[6] = {1.0, 2.0, 1.0, 2.0, -1.0, 2.0};
    psc_ets_options o;
    fc_task task;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        o = options_of(cases[i].error, cases[i].trend, cases[i].season);
        memcpy(&o.alpha, &cases[i].alpha, 4 * sizeof o.alpha);
        CHECK_INT(fc_ets_options_valid(&o), cases[i].good);
        task = season_task(y, 6, 2, &o);
        CHECK_INT(fc_ets_words(&task) > 0, cases[i].good);
    }
    o = options_of(0, 0, 0);
    o.reserved = 1;
    CHECK(!fc_ets_options_valid(&o));
    o.reserved = 0;
    task = season_task(y, 6, 2, &o);
    check_too_long(&fc_ets_functions, &task);
    o = options_of(PSC_ETS_MULTIPLICATIVE, 0, 0);           /* not for values below 0 */
    task = season_task(y, 6, 2, &o);
    CHECK(fitted(&fc_ets_functions, &task, 0, NULL) == NULL);
    o = options_of(0, 0, PSC_ETS_ADDITIVE);                 /* no period */
    task = season_task(y, 6, 0, &o);
    CHECK(fitted(&fc_ets_functions, &task, 0, NULL) == NULL);
}

/* ==== On everything ============================================================================= */

/* Units at most: those of predscale.h, and those that only open or close a stage. */
static long most_units(int k)
{
    return k < KINDS ? 175 + 40 + 11 : 551 + 76 + 36;
}

static void test_contract(void)
{
    double y[300];
    int k;

    draw(y, 300, 24, 0.01, 0.6, 51);
    for (k = 0; k <= KINDS; k++) {
        const psc_ets_options o = kind_options(k);
        const fc_task task = season_task(y, 300, 24, &o);
        CHECK(check_model(&fc_ets_functions, &task, most_units(k), 1));
    }
}

/* A season that multiplies is kept above 1e-10 by observe, but not by the fit: a replay may end elsewhere. */
static void test_edges(void)
{
    static const size_t lengths[] = {1, 2, 3, 4, 5, 6, 8, 9, 11, 13, 20, 47, 130};
    static const int32_t periods[] = {0, 2, 7, 12, 90};
    double y[130];
    int i, which, k;

    for (i = 0; i < 13; i++)
        for (which = 0; which < STRANGE; which++) {
            strange(which, y, lengths[i]);
            for (k = 0; k <= KINDS; k++) {
                psc_ets_options o = kind_options(k);
                const fc_task task = season_task(y, lengths[i], periods[(i + which) % 5], &o);
                const int exact = k < KINDS && o.season != PSC_ETS_MULTIPLICATIVE;
                (void)check_model(&fc_ets_functions, &task, most_units(k), exact);
                if (k % 5) continue;
                o.alpha = o.beta = o.phi = 1.0;
                (void)check_model(&fc_ets_functions, &task, most_units(k), exact);
            }
        }
}

int main(void)
{
    RUN(test_rough_season_long);
    RUN(test_simplex_valley);
    RUN(test_simplex_bounds);
    RUN(test_simplex_edges);
    RUN(test_vectors);
    RUN(test_recursion);
    RUN(test_tangent);
    RUN(test_states_least);
    RUN(test_exact);
    RUN(test_constant);
    RUN(test_recovery);
    RUN(test_choice);
    RUN(test_given);
    RUN(test_options);
    RUN(test_contract);
    RUN(test_edges);
    return test_end();
}
