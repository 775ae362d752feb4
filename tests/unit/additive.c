/* Additive model and the choice of its regressors: against a second implementation, against what was put into the
 * series, and at the edges; and the sines that they need. */
#include "../../forecast.c"
#include "../test.h"
#include "../blocks.h"
#include "../series.h"
#include "../vectors/read.h"
#include "models.h"

/* ==== Helpers =================================================================================== */

enum { MOST = 4000 };

static psc_additive_options usual(void)
{
    psc_additive_options o;

    fc_additive_options_default(&o);
    return o;
}

static fc_additive *additive_fitted(const fc_task *task)
{
    fc_additive *room = (fc_additive *)fitted(&fc_additive_model, task, 0xAA, NULL);

    if (!room) exit(2);
    return room;
}

/* The path of a fit, at once. */
static void forecast(const fc_task *task, double *path)
{
    fc_additive *room = additive_fitted(task);

    fc_additive_model.path(room, (size_t)task->horizon, path);
    free(room);
}

/* ==== Sine and cosine =========================================================================== */

static void test_turn(void)
{
    const long double two_pi = 6.283185307179586476925286766559L;
    uint64_t seed = 1;
    double worst = 0.0, s, c;
    int i;

    for (i = 0; i < 200000; i++) {
        const double turn = test_uniform(&seed);
        fc_turn(turn, &s, &c);
        worst = fmax(worst, (double)fabsl(s - sinl(two_pi * (long double)turn)));
        worst = fmax(worst, (double)fabsl(c - cosl(two_pi * (long double)turn)));
    }
    CHECK(worst < 2e-16 || !test_long_double());
    for (i = 0; i <= 8; i++) {
        fc_turn(i / 8.0, &s, &c);
        if (i % 2 == 0) CHECK(fabs(s) + fabs(c) == 1.0);        /* quarters of a turn are exact */
        CHECK_NEAR(s * s + c * c, 1.0, 4e-16);
    }
}

/* ==== Against a second implementation =========================================================== */

static psc_additive_options vector_options(const double *config)
{
    psc_additive_options o = usual();
    int i;

    o.knots = (int32_t)config[1];
    for (i = 0; i < PSC_MAX_PERIODS; i++) o.harmonics[i] = (int32_t)config[2 + i];
    o.robust = (int32_t)config[6];
    o.correct = (int32_t)config[7];
    memcpy(&o.memory, config + 8, 5 * sizeof o.memory);         /* memory, reach, change, effect, damping */
    return o;
}

/* The second implementation solves the same equations by LU instead of Cholesky. Their condition is below 1e7 (Fourier
 * columns that two periods share are told apart by their penalties alone), and the passes repeat it: 1e-8 of the
 * values. The file has 12 digits. */
static void test_vectors(void)
{
    FILE *file = vector_open("tests/vectors/additive.txt");
    static double value[MOST], regressor[MOST], later[64], want[256], got[256];
    double config[14], period[PSC_MAX_PERIODS], parameters[3];
    int cases = 0;

    for (; vector_record(file, "config", config, 14) == 14; cases++) {
        const psc_additive_options o = vector_options(config);
        const long h = (long)config[0];
        fc_task task = task_of(value, 0, (int32_t)h, &o);
        fc_additive *room;
        double largest = 0.0, *estimate;
        long n, i;
        task.periods = (int32_t)vector_record(file, "period", period, PSC_MAX_PERIODS);
        for (i = 0; i < task.periods; i++) task.period[i] = (int32_t)period[i];
        task.n = (size_t)vector_record(file, "value", value, MOST);
        for (i = 0; i < (long)task.n; i++) largest = fmax(largest, fabs(value[i]));
        (void)vector_record(file, "regressor", regressor, MOST);
        task.regressors = (int32_t)config[13];
        task.regressor = regressor;
        n = vector_record(file, "later", later, 64);
        room = additive_fitted(&task);
        estimate = (double *)block_new(fc_additive_model.parameters(room, NULL) * 8, 0);
        (void)fc_additive_model.parameters(room, estimate);
        CHECK_INT(vector_record(file, "parameters", parameters, 3), 3);
        CHECK_NEAR(estimate[0], parameters[0], 1e-8);
        CHECK_NEAR(room->level, parameters[1], 1e-8 * largest);
        CHECK_NEAR(room->slope, parameters[2], 1e-8 * largest);
        CHECK_INT(vector_record(file, "point", want, 256), 2 * h);
        fc_additive_model.path(room, (size_t)h, got);
        for (i = 0; i < n; i++) fc_additive_model.observe(room, later[i]);
        fc_additive_model.path(room, (size_t)h, got + h);
        for (i = 0; i < 2 * h; i++) CHECK_NEAR(got[i], want[i], 1e-8 * largest);
        free(estimate);
        free(room);
    }
    CHECK_INT(cases, 6);
    fclose(file);
}

/* ==== What was put in =========================================================================== */

/* A known event moves the forecast by what it did in the past, and nothing else does. */
static void test_event(void)
{
    enum { N = 400, H = 24 };
    static double y[N], known[N + H], none[N + H];
    double with[H], without[H];
    const psc_additive_options o = usual();
    fc_task task = task_of(y, N, H, &o);
    uint64_t seed = 5;
    int t;

    for (t = 0; t < N + H; t++) none[t] = known[t] = t == 70 || t == 71 || t == 333 || t == 334;
    known[N + 5] = known[N + 6] = 1.0;
    for (t = 0; t < N; t++) y[t] = 100.0 + 10.0 * (t % 24 < 12) + noise(&seed) + 30.0 * known[t];
    task_season(&task, 24);
    task.regressors = 1;
    task.regressor = known;
    forecast(&task, with);
    task.regressor = none;
    forecast(&task, without);
    for (t = 0; t < H; t++) {
        if (t == 5 || t == 6) CHECK_NEAR(with[t] - without[t], 30.0, 3.0);      /* 4 rows: 1.5 sigma each */
        else CHECK(with[t] == without[t]);
        CHECK_NEAR(without[t], 100.0 + 10.0 * ((N + t) % 24 < 12), 4.0);
    }
}

static double bent(double t)
{
    return 50.0 + 0.1 * t - 0.3 * fmax(0.0, t - 200.0) + 0.6 * fmax(0.0, t - 400.0);
}

/* Three slopes: the trend finds them, and the forecast goes on with the last. */
static void test_bends(void)
{
    enum { N = 600, H = 50 };
    static const double at[3] = {100.0, 300.0, 550.0}, want[3] = {0.1, -0.2, 0.4};
    static double y[N];
    double path[H], slope;
    psc_additive_options o = usual();
    const fc_task task = task_of(y, N, H, &o);
    fc_additive *room;
    uint64_t seed = 6;
    int t;

    for (t = 0; t < N; t++) y[t] = bent(t) + 0.5 * noise(&seed);
    o.knots = 25;
    o.memory = 1e15;
    o.change = 1.0;
    o.damping = 1.0;
    room = additive_fitted(&task);
    for (t = 0; t < 3; t++) {
        (void)fc_add_trend(room, at[t], &slope);
        CHECK_NEAR(slope, want[t], 0.02);
    }
    fc_additive_model.path(room, H, path);
    for (t = 0; t < H; t++) CHECK_NEAR(path[t], bent(N + t), 2.0);
    free(room);
}

/* Outliers move the robust fit less. */
static void test_robust(void)
{
    enum { N = 500, H = 24 };
    static double y[N];
    double path[H], error[2] = {0.0, 0.0};
    psc_additive_options o = usual();
    fc_task task = task_of(y, N, H, &o);
    uint64_t seed = 7;
    int t;

    for (t = 0; t < N; t++) y[t] = 20.0 + 5.0 * (t % 24 < 8) + 0.3 * noise(&seed) + (t % 29 == 3 ? 60.0 : 0.0);
    task_season(&task, 24);
    for (o.robust = 0; o.robust < 2; o.robust++) {
        forecast(&task, path);
        for (t = 0; t < H; t++) error[o.robust] += fabs(path[t] - 20.0 - 5.0 * ((N + t) % 24 < 8)) / H;
    }
    CHECK(error[1] < 1.0 && error[1] < 0.5 * error[0]);
}

/* ==== On everything ============================================================================= */

/* Paths from within the sample and from beyond the known rows of regressors. */
static void test_beyond_rows(void)
{
    enum { N = 300, H = 30 };
    static double y[N], regressor[2 * (N + H)];
    double path[2 * H];
    const psc_additive_options o = usual();
    fc_task task = task_of(y, N, H, &o);
    fc_additive *room;
    uint64_t seed = 8;
    int t;

    for (t = 0; t < 2 * (N + H); t++) regressor[t] = noise(&seed);
    for (t = 0; t < N; t++) y[t] = 5.0 * (t % 7) + 2.0 * regressor[2 * t] + noise(&seed);
    task_season(&task, 7);
    task_season(&task, 28);
    task.regressors = 2;
    task.regressor = regressor;
    CHECK(check_model(&fc_additive_model, &task, 40, 1));
    room = additive_fitted(&task);
    (void)fc_additive_model.rewind(&task, room);
    for (t = 0; t < N + 2 * H; t++) {
        fc_additive_model.path(room, 2 * H, path);
        CHECK(all_within(path, 2 * H, -100.0, 100.0));
        fc_additive_model.observe(room, t < N ? y[t] : 5.0 * (t % 7));
    }
    for (t = 0; t < H; t++) CHECK_NEAR(path[t], 5.0 * ((N + 2 * H - 1 + t) % 7), 6.0);      /* no regressor left */
    free(room);
}

/* A constant is forecast as itself. */
static void test_constant(void)
{
    static const double constant[3] = {0.0, 7.25, -1e15};
    double y[40], path[24];
    const psc_additive_options o = usual();
    int k, t;

    for (k = 0; k < 3; k++) {
        size_t n;
        for (t = 0; t < 40; t++) y[t] = constant[k];
        for (n = 1; n <= 40; n++) {
            fc_task task = task_of(y, n, 24, &o);
            task_season(&task, 2);
            task_season(&task, 5);
            forecast(&task, path);
            for (t = 0; t < 24; t++) CHECK(path[t] == constant[k]);
        }
    }
}

/* Units: 3 passes, each a few of sums, three solutions and one of residuals; n is small. */
static void test_edges(void)
{
    static const size_t lengths[] = {1, 2, 3, 4, 5, 8, 9, 17, 40, 121};
    static double y[128], regressor[3 * 160], column[160];
    uint64_t seed = 9;
    int i, which, k;
    size_t t;

    for (i = 0; i < 10; i++)
        for (which = 0; which < STRANGE; which++) {
            const size_t n = lengths[i];
            psc_additive_options o = usual();
            fc_task task = task_of(y, n, 12, &o);
            strange(which, y, n);
            for (k = 0; k < 3; k++) {
                strange((which + k) % STRANGE, column, n + 12);
                for (t = 0; t < n + 12; t++) regressor[3 * t + (size_t)k] = column[t];
            }
            if (which % 2) o.memory = 1.0;
            if (which % 3 == 0) o.change = 1e6;
            if (which % 3 == 1) o.damping = 1.0;
            if (test_random(&seed) % 4 == 0) o.correct = 0;
            task_season(&task, 2);
            task_season(&task, 5);
            CHECK(check_model(&fc_additive_model, &task, 40, 1));
            task.regressors = 3;
            task.regressor = regressor;
            CHECK(check_model(&fc_additive_model, &task, 40, 1));
        }
}

static void test_options(void)
{
    const double y[4] = {1, 2, 3, 4};
    int k;

    for (k = 0; k < 19; k++) {
        psc_additive_options o = usual();
        const fc_task task = task_of(y, 4, 2, &o);
        CHECK_INT(fc_additive_options_valid(&o), 1);
        if (k == 0) o.struct_size--;
        if (k == 1) o.knots = -1;
        if (k == 2) o.knots = PSC_MAX_KNOTS + 1;
        if (k == 3) o.harmonics[3] = -2;
        if (k == 4) o.harmonics[0] = PSC_MAX_HARMONICS + 1;
        if (k == 5) o.robust = 9;
        if (k == 6) o.robust = -1;
        if (k == 7) o.correct = 2;
        if (k == 8) o.memory = 0.5;
        if (k == 9) o.memory = 2e15;
        if (k == 10) o.reach = 0.05;
        if (k == 11) o.reach = 1.1;
        if (k == 12) o.change = 0.0;
        if (k == 13) o.effect = NAN;
        if (k == 14) o.damping = -0.1;
        if (k == 15) o.damping = 1.0 + 1e-15;
        if (k == 16) o.change = 1e7;
        if (k == 17) o.effect = 1e-7;
        if (k == 18) o.correct = -1;
        CHECK_INT(fc_additive_options_valid(&o), 0);
        CHECK_INT(fc_additive_model.words(&task), 0);
    }
    CHECK_INT(fc_additive_options_valid(NULL), 0);
}

/* Only the rows of regressors take room. */
static void test_too_long(void)
{
    const double x[6] = {1, 2, 3, 4, 5, 6};
    const psc_additive_options o = usual();
    fc_task task = task_of(x, 4, 2, &o);

    task.regressors = 1;
    task.regressor = x;
    check_too_long(&fc_additive_model, &task);
}

/* ==== Regressors that help ====================================================================== */

static psc_series series_of(const double *value, size_t n, const int32_t *period, int32_t periods,
                            const double *regressor, int32_t regressors)
{
    psc_series series;

    psc_series_default(&series);
    series.value = value;
    series.n = n;
    series.period = period;
    series.periods = periods;
    series.regressor = regressor;
    series.regressors = regressors;
    return series;
}

/* A selection from start to end, in steps of so many units. Returns its steps. */
static int select_all(const psc_series *series, const psc_regressors_config *config, int64_t units, int32_t *order,
                      double *gain, psc_regressors_info *info)
{
    const size_t bytes = psc_regressors_size(series, config);
    psc_regressors *work = (psc_regressors *)block_new(bytes, 0xAA);
    int steps = 1;

    CHECK_STATUS(psc_regressors_init(work, bytes, series, config), PSC_OK);
    while (psc_regressors_step(work, series, config, units) == PSC_MORE) steps++;
    CHECK_STATUS(psc_regressors_step(work, series, config, units), PSC_OK);
    CHECK_STATUS(psc_regressors_best(work, order, gain, info), PSC_OK);
    CHECK_INT(info->done, 1);
    free(work);
    return steps;
}

/* Tolerances as for the model. */
static void test_regressors_vectors(void)
{
    FILE *file = vector_open("tests/vectors/regressors.txt");
    static double value[MOST], regressor[MOST];
    static const int32_t period[1] = {12};
    double config[4], want_order[16], want_gain[16], want_info[4], gain[16];
    int cases = 0;

    for (; vector_record(file, "config", config, 4) == 4; cases++) {
        const size_t n = (size_t)vector_record(file, "value", value, MOST);
        const psc_series series = series_of(value, n, period, 1, regressor, (int32_t)config[0]);
        psc_regressors_config c;
        psc_regressors_info info;
        int32_t order[16], k;
        int64_t units;
        psc_regressors_default(&c);
        c.blocks = (int32_t)config[1];
        c.start = config[2];
        c.margin = config[3];
        c.transform = PSC_TRANSFORM_NONE;
        (void)vector_record(file, "regressor", regressor, MOST);
        (void)vector_record(file, "order", want_order, 16);
        (void)vector_record(file, "gain", want_gain, 16);
        CHECK_INT(vector_record(file, "info", want_info, 4), 4);
        for (units = 1; units < 2000; units = units * 7 + 1) {
            (void)select_all(&series, &c, units, order, gain, &info);
            for (k = 0; k < series.regressors; k++) {
                CHECK_INT(order[k], want_order[k]);
                CHECK_NEAR(gain[k], want_gain[k], 1e-7);
            }
            CHECK_NEAR(info.before, want_info[0], 1e-7);
            CHECK_NEAR(info.after, want_info[1], 1e-7);
            CHECK_NEAR(info.needed, want_info[2], 1e-12);
            CHECK_NEAR(info.rho, want_info[3], 1e-8);
        }
    }
    CHECK_INT(cases, 3);
    fclose(file);
}

/* Three of twelve regressors help; 60 series. A noise regressor passes the second bound with a chance of about 0.1 %
 * (three standard deviations on one side) and heavier tails: of 540 draws some; 8 % of the series is allowed. */
static void test_regressors_found(void)
{
    enum { N = 500, K = 12, RUNS = 60 };
    static double value[N], regressor[N * K];
    static const int32_t period[4] = {1, 24, 24, 400};          /* one season: the others say none, repeat, do not fit */
    const psc_series series = series_of(value, N, period, 4, regressor, K);
    int run, found = 0, wrong = 0, t, k;

    for (run = 0; run < RUNS; run++) {
        uint64_t seed = 7000 + (uint64_t)run;
        psc_regressors_config c;
        psc_regressors_info info;
        int32_t order[K];
        double e = 0.0;
        for (t = 0; t < N; t++) {
            for (k = 0; k < K; k++) regressor[t * K + k] = k % 2 ? noise(&seed) : test_uniform(&seed) < 0.03;
            e = 0.6 * e + noise(&seed);
            value[t] = 80.0 + 6.0 * (t % 24 < 9) + 4.0 * regressor[t * K] + 0.5 * regressor[t * K + 1]
                       - 5.0 * regressor[t * K + 2] + e;
            if (t % 61 == 17) value[t] = NAN;
        }
        psc_regressors_default(&c);
        (void)select_all(&series, &c, 100, order, NULL, &info);
        CHECK_INT(info.transform, PSC_TRANSFORM_LOG);
        for (k = 0; k < 3; k++) found += order[k] > 0;
        wrong += info.chosen > (order[0] > 0) + (order[1] > 0) + (order[2] > 0);
    }
    CHECK(found >= 3 * RUNS * 95 / 100);
    CHECK(wrong <= RUNS * 8 / 100);
}

/* What was seen in one of the later blocks only is not believed, however much it explains; nor is more than `most`. */
static void test_regressors_once(void)
{
    enum { N = 300 };
    static double value[N], regressor[N];
    const psc_series series = series_of(value, N, NULL, 0, regressor, 1);
    uint64_t seed = 12;
    psc_regressors_config c;
    psc_regressors_info info;
    int32_t order;
    double gain;
    int t, more;

    psc_regressors_default(&c);
    for (more = 0; more < 2; more++) {
        for (t = 0; t < N; t++) {
            regressor[t] = t == 40 || t == 41 || t == 200 || t == 201 || (more && t == 270);
            value[t] = 100.0 + noise(&seed) + 20.0 * regressor[t];
        }
        (void)select_all(&series, &c, 10, &order, &gain, &info);
        CHECK(gain > 4.0 * info.needed);
        CHECK_INT(order, more);
        CHECK_INT(info.chosen, more);
    }
}

/* With most = 1 the best of two is taken, and no other. */
static void test_regressors_most(void)
{
    enum { N = 300 };
    static double value[N], regressor[2 * N];
    const psc_series series = series_of(value, N, NULL, 0, regressor, 2);
    uint64_t seed = 13;
    psc_regressors_config c;
    psc_regressors_info info;
    int32_t order[2];
    int t;

    for (t = 0; t < N; t++) {
        regressor[2 * t] = noise(&seed);
        regressor[2 * t + 1] = noise(&seed);
        value[t] = 2.0 * regressor[2 * t] + 4.0 * regressor[2 * t + 1] + noise(&seed);
    }
    psc_regressors_default(&c);
    (void)select_all(&series, &c, 10, order, NULL, &info);
    CHECK(order[0] == 2 && order[1] == 1 && info.chosen == 2);
    CHECK_INT(info.transform, PSC_TRANSFORM_NONE);
    CHECK_NEAR(info.after, 1.0, 0.25);          /* 150 errors: a standard error of 6 % */
    c.most = 1;
    (void)select_all(&series, &c, 10, order, NULL, &info);
    CHECK(order[0] == 0 && order[1] == 1 && info.chosen == 1);
}

static void test_regressors_errors(void)
{
    enum { N = 40 };
    double value[N], regressor[N];
    psc_regressors_config c, good;
    psc_regressors_info info;
    psc_regressors *work, *askew;
    psc_series series;
    int32_t order[1];
    size_t bytes;
    int t;

    for (t = 0; t < N; t++) {
        value[t] = t % 5;
        regressor[t] = t % 3;
    }
    series = series_of(value, N, NULL, 0, regressor, 1);
    psc_regressors_default(&good);
    psc_regressors_default(NULL);
    bytes = psc_regressors_size(&series, &good);
    work = (psc_regressors *)block_new(bytes, 0);
    askew = (psc_regressors *)(void *)((char *)work + 4);
    CHECK(bytes > 0);
    CHECK_STATUS(psc_regressors_step(work, &series, &good, 1), PSC_ERR_STATE);
    CHECK_STATUS(psc_regressors_best(work, order, NULL, NULL), PSC_ERR_STATE);
    CHECK_STATUS(psc_regressors_init(NULL, bytes, &series, &good), PSC_ERR_NULL);
    CHECK_STATUS(psc_regressors_init(work, bytes - 1, &series, &good), PSC_ERR_SPACE);
    CHECK_STATUS(psc_regressors_init(askew, bytes, &series, &good), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_regressors_init(work, bytes, NULL, &good), PSC_ERR_NULL);
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, NULL), PSC_ERR_NULL);
    for (t = 0; t < 12; t++) {
        c = good;
        if (t == 0) series.regressors = 0;
        if (t == 1) series.regressors = PSC_MAX_REGRESSORS + 1;
        if (t == 2) c.blocks = 1;
        if (t == 3) c.blocks = 33;
        if (t == 4) c.start = 0.95;
        if (t == 5) c.margin = -1.0;
        if (t == 6) c.most = 0;
        if (t == 7) c.additive.knots = -1;
        if (t == 8) c.transform = PSC_TRANSFORM_LOG + 1;
        if (t == 9) c.start = NAN;
        if (t == 10) c.most = PSC_MAX_REGRESSORS + 1;
        if (t == 11) c.transform = PSC_TRANSFORM_AUTO - 1;
        CHECK_STATUS(psc_regressors_init(work, bytes, &series, &c), PSC_ERR_RANGE);
        CHECK_INT(psc_regressors_size(&series, &c), 0);
        series.regressors = 1;
    }
    c = good;
    c.struct_size--;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &c), PSC_ERR_VERSION);
    c = good;
    c.additive.struct_size--;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &c), PSC_ERR_VERSION);
    series.regressor = NULL;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &good), PSC_ERR_NULL);
    series.regressor = regressor;
    regressor[7] = INFINITY;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &good), PSC_ERR_NONFINITE);
    regressor[7] = 2e15;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &good), PSC_ERR_RANGE);
    regressor[7] = 0.0;
    value[5] = -2e15;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &good), PSC_ERR_RANGE);
    value[5] = 0.0;
    CHECK_STATUS(psc_regressors_best(work, order, NULL, NULL), PSC_ERR_STATE);     /* nothing was written */
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &good), PSC_OK);
    CHECK_STATUS(psc_regressors_best(work, order, NULL, &info), PSC_OK);
    CHECK(info.done == 0 && info.chosen == 0 && info.before == 0.0);
    CHECK_STATUS(psc_regressors_step(work, &series, &good, 0), PSC_ERR_RANGE);
    CHECK_STATUS(psc_regressors_step(NULL, &series, &good, 1), PSC_ERR_NULL);
    CHECK_STATUS(psc_regressors_step(work, NULL, &good, 1), PSC_ERR_NULL);
    CHECK_STATUS(psc_regressors_step(askew, &series, &good, 1), PSC_ERR_ALIGN);
    series.n--;
    CHECK_STATUS(psc_regressors_step(work, &series, &good, 1), PSC_ERR_STATE);
    series.n++;
    series.regressors++;
    CHECK_STATUS(psc_regressors_step(work, &series, &good, 1), PSC_ERR_STATE);
    series.regressors--;
    c = good;
    c.blocks++;
    CHECK_STATUS(psc_regressors_step(work, &series, &c, 1), PSC_ERR_STATE);
    while (psc_regressors_step(work, &series, &good, 1) == PSC_MORE) continue;
    CHECK_STATUS(psc_regressors_best(NULL, order, NULL, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_regressors_best(askew, order, NULL, &info), PSC_ERR_ALIGN);
    CHECK_STATUS(psc_regressors_best(work, NULL, NULL, &info), PSC_OK);
    CHECK_STATUS(psc_regressors_best(work, NULL, NULL, NULL), PSC_OK);
    CHECK_INT(info.done, 1);
    free(work);
}

/* Short and strange series end, and with finite gains. */
static void test_regressors_edges(void)
{
    static double value[128], regressor[3 * 128], column[128];
    double gain[3];
    int which, k;
    size_t n, t;

    for (which = 0; which < STRANGE; which++)
        for (n = 1; n < 128; n = 2 * n + 1) {
            const psc_series series = series_of(value, n, NULL, 0, regressor, 3);
            psc_regressors_config c;
            psc_regressors_info info;
            int32_t order[3];
            strange(which, value, n);
            for (k = 0; k < 3; k++) {
                strange((which + k) % STRANGE, column, n);
                for (t = 0; t < n; t++) regressor[3 * t + (size_t)k] = column[t];
            }
            psc_regressors_default(&c);
            CHECK(select_all(&series, &c, 1, order, gain, &info) < 200);
            CHECK(all_within(gain, 3, -DBL_MAX, 1.0) && isfinite(info.before) && isfinite(info.after));
        }
}

/* Periods come in any order. */
static void test_regressors_periods(void)
{
    static const int32_t rising[2] = {7, 28}, falling[2] = {28, 7};
    static double value[280], regressor[280];
    const psc_series series = series_of(value, 280, rising, 2, regressor, 1);
    const psc_series other = series_of(value, 280, falling, 2, regressor, 1);
    psc_regressors_config c;
    psc_regressors_info info, twin;
    double gain, gain2;
    uint64_t seed = 5;
    int t;

    for (t = 0; t < 280; t++) {
        regressor[t] = t % 11 == 3;
        value[t] = 50.0 + noise(&seed) + 5.0 * regressor[t] + 9.0 * (t % 7) + 3.0 * (t % 28 > 20);
    }
    psc_regressors_default(&c);
    (void)select_all(&series, &c, 10, NULL, &gain, &info);
    (void)select_all(&other, &c, 10, NULL, &gain2, &twin);
    CHECK(gain == gain2 && memcmp(&info, &twin, sizeof info) == 0);
}

/* The last block ends with the last value, whatever the share of the start. */
static void test_regressors_last_row(void)
{
    psc_regressors s;
    psc_regressors_config c;
    int64_t n;

    memset(&s, 0, sizeof s);
    psc_regressors_default(&c);
    for (c.start = 0.1; c.start <= 0.9; c.start += 0.07)
        for (s.blocks = 2; s.blocks <= 32; s.blocks++)
            for (n = 10; n < 400; n++) {
                s.n = n;
                CHECK_INT(fc_sel_first(&s, &c, s.blocks), n);
            }
}

/* Gaps are filled on the scale of the model, as a fit does: half way from 1 to 100 is 10 by logarithms. */
static void test_regressors_gap(void)
{
    double value[16], regressor[16];
    psc_regressors_config c;
    psc_regressors *work;
    psc_series series;
    size_t bytes;
    int t;

    for (t = 0; t < 16; t++) {
        value[t] = t < 8 ? 1.0 : 100.0;
        regressor[t] = t % 3;
    }
    value[8] = NAN;
    series = series_of(value, 16, NULL, 0, regressor, 1);
    psc_regressors_default(&c);
    bytes = psc_regressors_size(&series, &c);
    work = (psc_regressors *)block_new(bytes, 0xAA);
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &c), PSC_OK);
    CHECK_NEAR(fc_sel_part(work, FC_SEL_X)[8], 2.302585092994046, 1e-15);
    c.transform = PSC_TRANSFORM_NONE;
    CHECK_STATUS(psc_regressors_init(work, bytes, &series, &c), PSC_OK);
    CHECK(fc_sel_part(work, FC_SEL_X)[8] == 50.5);
    free(work);
}

/* The one missing value that no history counts as has regressors of 0, before the rows of the future. */
static void test_no_history(void)
{
    const double regressor[2 * 3] = {1, 2, 3, 4, 5, 6};
    const psc_series series = series_of(NULL, 0, NULL, 0, regressor, 2);
    psc_forecast_config c;
    psc_forecast *fit;
    size_t bytes;
    int i;

    psc_forecast_default(&c);
    c.horizon = 3;
    bytes = psc_forecast_size(&series, &c);
    fit = (psc_forecast *)block_new(bytes, 0xFF);
    CHECK_STATUS(psc_forecast_init(fit, bytes, &series, &c), PSC_OK);
    for (i = 0; i < 8; i++) CHECK(fc_reals(fit, FC_REGRESSOR)[i] == (i < 2 ? 0.0 : i - 1.0));
    free(fit);
}

/* No value at all: no regressor helps. */
static void test_regressors_empty(void)
{
    double value[20], regressor[20];
    psc_series series;
    psc_regressors_config c;
    psc_regressors_info info;
    int32_t order = -1;
    int t;

    for (t = 0; t < 20; t++) {
        value[t] = NAN;
        regressor[t] = t;
    }
    series = series_of(value, 20, NULL, 0, regressor, 1);
    psc_regressors_default(&c);
    (void)select_all(&series, &c, 5, &order, NULL, &info);
    CHECK(order == 0 && info.chosen == 0 && info.before == 0.0 && info.after == 0.0);
}

int main(void)
{
    RUN(test_turn);
    RUN(test_vectors);
    RUN(test_event);
    RUN(test_bends);
    RUN(test_robust);
    RUN(test_beyond_rows);
    RUN(test_constant);
    RUN(test_edges);
    RUN(test_options);
    RUN(test_too_long);
    RUN(test_regressors_vectors);
    RUN(test_regressors_found);
    RUN(test_regressors_once);
    RUN(test_regressors_most);
    RUN(test_regressors_errors);
    RUN(test_regressors_edges);
    RUN(test_regressors_periods);
    RUN(test_regressors_last_row);
    RUN(test_regressors_gap);
    RUN(test_no_history);
    RUN(test_regressors_empty);
    return test_end();
}
