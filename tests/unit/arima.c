/* Autoregression and ARIMA: against R's ar() and arima(), against what must hold, and at the edges. */
#include "../../forecast.c"
#include "../test.h"
#include "../blocks.h"
#include "../series.h"
#include "../vectors/read.h"
#include "models.h"

/* ==== Helpers =================================================================================== */

enum { MOST = 4096 };

static fc_task season_task(const double *y, size_t n, int32_t m, const void *options)
{
    fc_task task = task_of(y, n, 64, options);

    if (m > 1) task.period[task.periods++] = m;
    return task;
}

/* Relative to the size of what is expected, and to `size` where that is small. */
static void near_each(const double *got, const double *want, size_t n, double size, double tolerance)
{
    size_t i;

    for (i = 0; i < n; i++) CHECK_NEAR(got[i], want[i], tolerance * (fabs(want[i]) + size));
}

/* The name of the next record, without taking it. 0 at the end of the file. */
static int peek(FILE *file, char *word)
{
    const long at = ftell(file);
    const int more = vector_word(file, word);

    fseek(file, at, SEEK_SET);
    return more;
}

/* The parameters after a fit, in got. 0: the model is not for this series. */
static int estimated(const fc_model *model, const fc_task *task, double *got)
{
    void *room = fitted(model, task, 0xFF, NULL);

    if (!room) return 0;
    (void)model->parameters(room, got);
    free(room);
    return 1;
}

/* ==== Autoregression ============================================================================ */

static psc_ar_options ar_options(int32_t method, int32_t order, int32_t order_max)
{
    psc_ar_options o;

    fc_ar_options_default(&o);
    o.method = method;
    o.order = order;
    o.order_max = order_max;
    return o;
}

/* The data have 5 digits, the results 13: what differs is rounding, times the condition of the equations (<= 1e4). */
static void test_ar_vectors(void)
{
    static double y[MOST], config[3], want[80], path[12];
    FILE *file = vector_open("tests/vectors/autoregression.txt");
    char word[40];
    long n = 0, k, cases = 0;

    while (peek(file, word)) {
        double got[80], ahead[12];
        psc_ar_options o;
        fc_task task;
        void *room;
        if (strcmp(word, "value") == 0) {
            n = vector_record(file, "value", y, MOST);
            continue;
        }
        (void)vector_record(file, "config", config, 3);
        k = vector_record(file, "result", want, 80);
        (void)vector_record(file, "path", path, 12);
        o = ar_options((int32_t)config[0], (int32_t)config[1], (int32_t)config[2]);
        task = season_task(y, (size_t)n, 0, &o);
        room = fitted(&fc_ar_model, &task, 0xAA, NULL);
        CHECK_INT(fc_ar_model.parameters(room, got), k);
        CHECK_INT(got[0], want[0]);
        near_each(got + 1, want + 1, (size_t)k - 1, 1e-2, 1e-9);
        fc_ar_model.path(room, 12, ahead);
        near_each(ahead, path, 12, 1.0, 1e-9);
        free(room);
        cases++;
    }
    CHECK_INT(cases, 54);
    fclose(file);
}

static void test_ar_options(void)
{
    static const struct {
        int32_t method, order, order_max;
        int good;
    } cases[] = {
        {PSC_AR_BURG, -1, 0, 1}, {0, 0, 1, 1}, {2, 64, 64, 1}, {3, -1, 0, 0}, {-1, -1, 0, 0}, {1, 65, 0, 0},
        {1, -2, 0, 0}, {1, -1, -1, 0}, {1, -1, 65, 0}
    };
    const double y[3] = {1.0, 2.0, 4.0};
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const psc_ar_options o = ar_options(cases[i].method, cases[i].order, cases[i].order_max);
        const fc_task task = season_task(y, 3, 0, &o);
        CHECK_INT(fc_ar_options_valid(&o), cases[i].good);
        CHECK_INT(fc_ar_model.words(&task) > 0, cases[i].good);
        if (i == 0) check_too_long(&fc_ar_model, &task);
        if (i == 0) CHECK(fc_ar_most(&o, 10) == 9 && fc_ar_most(&o, 1000) == 30 && fc_ar_most(&o, 1000000000) == 64);
    }
}

/* Units: a pass over the values each, and one for the orders. */
static void test_ar_edges(void)
{
    static const size_t lengths[] = {1, 2, 3, 4, 7, 50, 65, 129};
    static const int32_t orders[4] = {-1, 0, 3, 64};
    double y[129];
    int i, which, method, k;

    for (i = 0; i < 8; i++)
        for (which = 0; which < STRANGE; which++) {
            strange(which, y, lengths[i]);
            for (method = 0; method < 3; method++)
                for (k = 0; k < 4; k++) {
                    const psc_ar_options o = ar_options(method, orders[k], 0);
                    const fc_task task = season_task(y, lengths[i], 0, &o);
                    CHECK(check_model(&fc_ar_model, &task, 131, 1));    /* 65 lags, 64 orders, begin and end */
                }
        }
}

/* No unit looks at the values more often than once a term: a lag, or an order, each. */
static void test_ar_units(void)
{
    double y[300];
    uint64_t seed = 3;
    int method, t;

    for (t = 0; t < 300; t++) y[t] = test_uniform(&seed);
    for (method = PSC_AR_YULE_WALKER; method <= PSC_AR_LEAST_SQUARES; method++) {
        const psc_ar_options o = ar_options(method, 40, 0);
        const fc_task task = season_task(y, 300, 0, &o);
        long units = 0;
        free(fitted(&fc_ar_model, &task, 0, &units));
        CHECK(units >= 40);
    }
}

/* ==== ARIMA against R =========================================================================== */

/* config as in the file; the coefficients are estimated if given is NULL. */
static psc_arima_options options_of(const double *config, const double *given)
{
    psc_arima_options o;
    int i;

    fc_arima_options_default(&o);
    o.p = (int32_t)config[1];
    o.d = (int32_t)config[2];
    o.q = (int32_t)config[3];
    o.seasonal_p = (int32_t)config[4];
    o.seasonal_d = (int32_t)config[5];
    o.seasonal_q = (int32_t)config[6];
    o.constant = (int32_t)config[7];
    o.given = given != NULL;
    for (i = 0; given && i < o.p; i++) o.ar[i] = *given++;
    for (i = 0; given && i < o.q; i++) o.ma[i] = *given++;
    for (i = 0; given && i < o.seasonal_p; i++) o.seasonal_ar[i] = *given++;
    for (i = 0; given && i < o.seasonal_q; i++) o.seasonal_ma[i] = *given++;
    if (given && o.constant) o.mean = *given;
    return o;
}

/* The results have 13 digits; both sides lose some where the variance of the start is large and a moving average
 * forgets it slowly (theta -0.99: 100 rows). The conditional sum of squares of what is not invertible is refused. */
static void test_arima_vectors(void)
{
    static double y[MOST];
    FILE *file = vector_open("tests/vectors/arima.txt");
    char word[40];
    long n = 0, k, cases = 0, refused = 0;

    while (peek(file, word)) {
        double config[8], given[24], want[17], got[40], path[15];
        int method;
        if (strcmp(word, "value") == 0) {
            n = vector_record(file, "value", y, MOST);
            continue;
        }
        (void)vector_record(file, "config", config, 8);
        k = vector_record(file, "given", given, 24);
        for (method = PSC_ARIMA_SUM_OF_SQUARES; method >= PSC_ARIMA_LIKELIHOOD; method--) {
            psc_arima_options o = options_of(config, given);
            const fc_task task = season_task(y, (size_t)n, (int32_t)config[0], &o);
            void *room;
            o.method = method;
            (void)vector_record(file, method ? "squares" : "exact", want, 17);
            room = fitted(&fc_arima_model, &task, 0xFF, NULL);
            refused += room == NULL;
            if (!room) continue;
            CHECK_INT(fc_arima_model.parameters(room, got), 12 + k);
            near_each(got + 12, given, (size_t)k, 0.0, 1e-14);
            CHECK_INT(got[7], 0);
            near_each(got + 9, want, 2, 1.0, 1e-9);
            fc_arima_model.path(room, 15, path);
            near_each(path, want + 2, 15, 1.0, 1e-9);
            free(room);
            cases++;
        }
    }
    CHECK_INT(cases, 27);
    CHECK_INT(refused, 1);
    fclose(file);
}

/* ==== ARIMA by what must hold =================================================================== */

/* A sample of (1 - 0.6 B)(1 - B)(1 - B^m) y = (1 + 0.4 B)(1 - 0.7 B^m) e, or of its like without differences. */
static void sample(double *y, size_t n, size_t m, int integrated, uint64_t seed)
{
    static double e[MOST], u[MOST];
    size_t t;

    for (t = 0; t < n; t++) {
        e[t] = noise(&seed);
        u[t] = e[t] + (t ? 0.4 * e[t - 1] + 0.6 * u[t - 1] : 0.0) - (t >= m ? 0.7 * e[t - m] : 0.0)
               - (t > m ? 0.28 * e[t - m - 1] : 0.0);
        y[t] = u[t];
        if (integrated) y[t] += (t ? y[t - 1] : 100.0) + (t >= m ? y[t - m] : 0.0) - (t > m ? y[t - m - 1] : 0.0);
    }
}

/* The orders of the sample, m 12; and all of them open. */
static const double true_orders[8] = {12, 1, 1, 1, 0, 1, 1, 0};
static const double open_orders[8] = {0, -1, -1, -1, -1, -1, -1, -1};

/* An estimate is a maximum: the likelihood of coefficients near by, given, is not higher (beyond the tolerance that
 * the estimation stops at, 1e-6 of twice its logarithm), and at the estimate it is the same. The coefficients are those
 * of the sample but for four standard errors of 0.05 or less. */
static void test_arima_maximum(void)
{
    static const double truth[3] = {0.6, 0.4, -0.7};
    double y[400];
    int method, i;

    sample(y, 400, 12, 1, 3);
    for (method = 0; method < 2; method++) {
        psc_arima_options o = options_of(true_orders, NULL);
        const fc_task task = season_task(y, 400, 12, &o);
        double got[40], other[40], given[3];
        o.method = method;
        CHECK(estimated(&fc_arima_model, &task, got));
        for (i = 0; i < 3; i++) CHECK_NEAR(got[12 + i], truth[i], 0.2);
        for (i = 0; i < 7; i++) {
            memcpy(given, got + 12, sizeof given);
            if (i < 6) given[i / 2] += i % 2 ? 0.003 : -0.003;
            o = options_of(true_orders, given);
            o.method = method;
            CHECK(estimated(&fc_arima_model, &task, other));
            CHECK(other[10] <= got[10] + 1e-6);
            if (i == 6) CHECK_NEAR(other[10], got[10], 1e-7);
        }
    }
}

/* Orders that are left open are found: both differences, and a likelihood about that of the true model. */
static void test_arima_search(void)
{
    static double y[400];
    double truth[40], got[40];
    psc_arima_options o = options_of(true_orders, NULL);
    const fc_task task = season_task(y, 400, 12, &o);

    sample(y, 400, 12, 1, 9);
    CHECK(estimated(&fc_arima_model, &task, truth));
    o = options_of(open_orders, NULL);
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK_INT(got[1], 1);
    CHECK_INT(got[4], 1);
    CHECK(got[11] < truth[11] + 6.0);       /* the search compares sums of squares: a few units of AICc may be lost */
    CHECK(got[8] > 5 && got[8] <= 40);
    o.models = 3;
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK_INT(got[8], 3);
}

/* Models without coefficients are the naive forecasts, to the rounding of sums and differences. */
static void test_arima_naive(void)
{
    static const double orders[4][8] = {
        {12, 0, 1, 0, 0, 0, 0, 0}, {12, 0, 0, 0, 0, 1, 0, 0}, {12, 0, 0, 0, 0, 0, 0, 1}, {12, 0, 0, 0, 0, 1, 0, 1}
    };
    double y[200], path[30], sum = 0.0, slope = 0.0;
    int i, k;

    sample(y, 200, 12, 0, 4);
    for (k = 0; k < 200; k++) sum += y[k] / 200.0;
    for (k = 12; k < 200; k++) slope += (y[k] - y[k - 12]) / 188.0;
    for (i = 0; i < 4; i++) {
        const psc_arima_options o = options_of(orders[i], NULL);
        const fc_task task = season_task(y, 200, 12, &o);
        void *room = fitted(&fc_arima_model, &task, 0, NULL);
        fc_arima_model.path(room, 30, path);
        for (k = 0; k < 30; k++) {
            const double want[4] = {y[199], y[188 + k % 12], sum, y[188 + k % 12] + slope * (1 + k / 12)};
            CHECK_NEAR(path[k], want[i], 1e-9);
        }
        free(room);
    }
}

/* The share by its definition: a moving mean of m (the outermost of m + 1 count half where m is even) is taken off,
 * then the variance between phases, adjusted for their number. Sums in another order: 1e-12. */
static void test_season_strength(void)
{
    static double y[200], rest[200];
    double mean[8];
    int m, t, k;

    for (m = 2; m <= 8; m++) {
        const int half = m / 2, used = 200 - 2 * half;
        double total = 0.0, square = 0.0, within = 0.0;
        sample(y, 200, m, 0, m);
        for (t = 0; t < 200; t++) y[t] += 3.0 * t + (t % m == 0 ? 4.0 : 0.0);
        for (t = half; t < 200 - half; t++) {
            double sum = 0.0;
            for (k = -half; k <= half; k++) sum += y[t + k] * (m % 2 || (k > -half && k < half) ? 1.0 : 0.5);
            rest[t] = y[t] - sum / m;
            total += rest[t] / used;
        }
        for (k = 0; k < m; k++) {
            double phase = 0.0, count = 0.0;
            for (t = half; t < 200 - half; t++)
                if (t % m == k) phase += rest[t], count += 1.0;
            for (t = half; t < 200 - half; t++)
                if (t % m == k) within += (rest[t] - phase / count) * (rest[t] - phase / count);
        }
        for (t = half; t < 200 - half; t++) square += (rest[t] - total) * (rest[t] - total);
        CHECK_NEAR(fc_season_strength(y, 200, m, mean), 1.0 - within / square * (used - 1) / (used - m), 1e-12);
    }
}

/* A power of two in the data is a power of two in the result, and nothing else. */
static void test_arima_scale(void)
{
    static double y[300], scaled[300];
    double path[24], other[24], got[40], want[40];
    const psc_arima_options o = options_of(open_orders, NULL);
    const fc_task task = season_task(y, 300, 7, &o), twin = season_task(scaled, 300, 7, &o);
    void *room, *second;
    size_t i, n;

    sample(y, 300, 7, 0, 12);
    for (i = 0; i < 300; i++) scaled[i] = y[i] * 1048576.0;
    room = fitted(&fc_arima_model, &task, 0, NULL);
    second = fitted(&fc_arima_model, &twin, 0, NULL);
    n = fc_arima_model.parameters(room, want);
    CHECK_INT(fc_arima_model.parameters(second, got), n);
    for (i = 0; i < 7; i++) CHECK(got[i] == want[i]);
    for (i = 12; i + 1 < n; i++) CHECK(got[i] == want[i]);
    fc_arima_model.path(room, 24, path);
    fc_arima_model.path(second, 24, other);
    for (i = 0; i < 24; i++) CHECK(other[i] == path[i] * 1048576.0);
    free(room);
    free(second);
}

/* A long season falls back as the header says. */
static void test_arima_notes(void)
{
    static const double seasonal[8] = {500, 1, 0, 0, 0, 0, 1, 0};
    static double y[MOST];
    psc_arima_options o = options_of(open_orders, NULL);
    double got[40];
    fc_task task;

    sample(y, MOST, 500, 0, 2);
    o.models = 4;
    task = season_task(y, MOST, PSC_ARIMA_MAX_SEASON + 1, &o);
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK_INT(got[7], PSC_ARIMA_NOTE_SEASON);
    CHECK(got[3] == 0 && got[5] == 0);
    o = options_of(seasonal, NULL);
    task = season_task(y, MOST, 500, &o);
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK_INT(got[7], PSC_ARIMA_NOTE_SQUARES);
    CHECK_NEAR(got[13], -0.7, 0.1);             /* seven cycles: standard error 0.02, start unknown */
    o.p = -1;
    o.models = 2;
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK_INT(got[7], PSC_ARIMA_NOTE_SQUARES);
    o.p = 1;
    o.method = PSC_ARIMA_SUM_OF_SQUARES;        /* as asked for: no note */
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK_INT(got[7], 0);
}

/* Orders that fit the sample, but not what is left of it when it turns out to need a difference. */
static void test_arima_short(void)
{
    static const double orders[8] = {1, 3, -1, 3, 0, 0, 0, 0};
    static double y[11];
    const psc_arima_options o = options_of(orders, NULL);
    const fc_task task = season_task(y, 11, 0, &o);
    double got[40];
    int t;

    for (t = 0; t < 11; t++) y[t] = t % 2;
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK(got[0] == 3.0 && got[1] == 0.0 && got[7] == 0.0);
    for (t = 0; t < 11; t++) y[t] = t * t;
    CHECK(estimated(&fc_arima_model, &task, got));
    CHECK(got[0] == 0.0 && got[1] > 0.0 && got[7] == PSC_ARIMA_NOTE_SHORT);
}

static void test_arima_options(void)
{
    static const size_t at[] = {
        offsetof(psc_arima_options, p), offsetof(psc_arima_options, d), offsetof(psc_arima_options, q),
        offsetof(psc_arima_options, seasonal_p), offsetof(psc_arima_options, seasonal_d),
        offsetof(psc_arima_options, seasonal_q), offsetof(psc_arima_options, constant),
        offsetof(psc_arima_options, method), offsetof(psc_arima_options, models), offsetof(psc_arima_options, given)
    };
    static const int32_t low[] = {-1, -1, -1, -1, -1, -1, -1, 0, 1, 0}, high[] = {8, 2, 8, 2, 1, 2, 1, 1, 100, 1};
    psc_arima_options o = options_of(open_orders, NULL);
    const double y[2] = {1.0, 2.0};
    const fc_task task = season_task(y, 2, 0, &o);
    size_t i;

    for (i = 0; i < sizeof at / sizeof at[0]; i++) {
        const int32_t below = low[i] - 1, above = high[i] + 1;
        o = options_of(open_orders, NULL);
        CHECK(fc_arima_options_valid(&o));
        memcpy((char *)&o + at[i], &below, sizeof below);
        CHECK(!fc_arima_options_valid(&o));
        CHECK_INT(fc_arima_model.words(&task), 0);
        memcpy((char *)&o + at[i], &above, sizeof above);
        CHECK(!fc_arima_options_valid(&o));
        memcpy((char *)&o + at[i], &low[i], sizeof below);
        CHECK(fc_arima_options_valid(&o));
    }
    o.given = 1;
    CHECK(!fc_arima_options_valid(&o));         /* an order is open */
    o.p = o.d = o.q = o.seasonal_p = o.seasonal_d = o.seasonal_q = o.constant = 0;
    CHECK(fc_arima_options_valid(&o));
    for (i = 0; i < 5; i++) {
        double *const coefficient[5] = {&o.ar[7], &o.ma[0], &o.seasonal_ar[1], &o.seasonal_ma[0], &o.mean};
        *coefficient[i] = i % 2 ? (double)INFINITY : (double)NAN;
        CHECK(!fc_arima_options_valid(&o));
        *coefficient[i] = 0.0;
    }
    CHECK(fc_arima_options_valid(&o));
    check_too_long(&fc_arima_model, &task);
}

/* Given coefficients that are not stationary are refused, for sums of squares those that are not invertible, and a
 * model with more unknowns than rows. */
static void test_arima_refused(void)
{
    static const double ar[8] = {4, 2, 0, 0, 0, 0, 0, 0}, seasonal_ar[8] = {4, 0, 0, 0, 2, 0, 0, 0};
    static const double seasonal_ma[8] = {4, 0, 0, 0, 0, 0, 1, 0}, given[2] = {0.5, 0.5}, large[1] = {-1.5};
    static const double many[8] = {4, 8, 2, 8, 2, 1, 2, 0};
    static double y[40];
    psc_arima_options o[4];
    int i;

    sample(y, 40, 4, 0, 1);
    o[0] = options_of(ar, given);
    o[1] = options_of(seasonal_ar, given);
    o[2] = options_of(seasonal_ma, large);
    o[2].method = PSC_ARIMA_SUM_OF_SQUARES;
    o[3] = options_of(many, NULL);
    for (i = 0; i < 4; i++) {
        const fc_task task = season_task(y, 40, 4, &o[i]);
        CHECK(fitted(&fc_arima_model, &task, 0, NULL) == NULL);
    }
}

/* 41 models of 12 passes and 2 of 50, each a few units here: rows are few. */
static void test_arima_edges(void)
{
    static const size_t lengths[] = {1, 2, 3, 4, 7, 50, 65, 129};
    static const int32_t periods[4] = {0, 2, 5, 12};
    static const double orders[5][8] = {
        {0, -1, -1, -1, -1, -1, -1, -1}, {0, 2, 1, 1, 0, 0, 0, 1}, {0, 0, 2, 3, 1, 1, 1, 0}, {0, 8, 0, 8, 2, 0, 2, 1},
        {0, -1, 0, 1, -1, 1, -1, 1}
    };
    double y[129];
    int i, which, k;

    for (i = 0; i < 8; i++)
        for (which = 0; which < STRANGE; which++) {
            strange(which, y, lengths[i]);
            for (k = 0; k < 5; k++) {
                psc_arima_options o = options_of(orders[k], NULL);
                fc_task task = task_of(y, lengths[i], 64, &o);
                task_season(&task, periods[(i + which) % 4]);
                (void)check_model(&fc_arima_model, &task, 4000, 1);
                o.method = PSC_ARIMA_SUM_OF_SQUARES;
                (void)check_model(&fc_arima_model, &task, 4000, 1);
            }
        }
}

int main(void)
{
    RUN(test_ar_vectors);
    RUN(test_ar_options);
    RUN(test_ar_edges);
    RUN(test_ar_units);
    RUN(test_season_strength);
    RUN(test_arima_vectors);
    RUN(test_arima_maximum);
    RUN(test_arima_search);
    RUN(test_arima_naive);
    RUN(test_arima_scale);
    RUN(test_arima_notes);
    RUN(test_arima_short);
    RUN(test_arima_options);
    RUN(test_arima_refused);
    RUN(test_arima_edges);
    return test_end();
}
