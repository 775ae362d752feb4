/* fan - a series on stdin, its forecast as a fan chart.
 *
 *     fan [--horizon H] [--period P]... [--svg FILE] < numbers
 *
 * One number a line, oldest first; a line that is no number is a missing value. Without --period the seasons are
 * looked for. Prints what was chosen and what it is worth, the forecast, and how high its peak may be; FILE gets a
 * picture.
 *
 *     cut -d, -f4 examples/data/shards.csv | tail -n +2 | build/fan --horizon 48 --svg fan.svg */
#include "predscale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 7, PATHS = 200, WIDTH = 960, HEIGHT = 320, LEFT = 60, BOTTOM = 30, TOP = 20 };

/* Ends of the 95, 80 and 50 % bands, and the middle. */
static const double level[LEVELS] = {0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975};

static struct {
    double *value;
    size_t n, room;
    int32_t period[PSC_MAX_PERIODS], periods;
    psc_forecast_config config;
    const char *svg;
} given;

static void *need(size_t bytes)
{
    void *p = malloc(bytes + 8);

    if (!p) {
        fprintf(stderr, "fan: out of memory\n");
        exit(1);
    }
    return p;
}

static void must(psc_status status, const char *what)
{
    if (status >= 0) return;
    fprintf(stderr, "fan: %s: %s\n", what, psc_strerror(status));
    exit(1);
}

static void read_numbers(void)
{
    char line[256], *end;

    while (fgets(line, sizeof line, stdin)) {
        double y = strtod(line, &end);
        if (end == line || isinf(y)) y = (double)NAN;
        if (given.n == given.room) {
            given.room = 2 * given.room + 1024;
            given.value = (double *)realloc(given.value, given.room * sizeof(double));
            if (!given.value) must(PSC_ERR_SPACE, "series");
        }
        given.value[given.n++] = y;
    }
}

static void find_periods(void)
{
    const size_t bytes = psc_periods_size(given.n);
    void *work = need(bytes);

    must(psc_periods_of(given.value, given.n, work, bytes, given.period, &given.periods), "periods");
    free(work);
}

static void options(int argc, char **argv)
{
    int i;

    psc_forecast_default(&given.config);
    for (i = 1; i + 1 < argc; i += 2) {
        const int32_t number = (int32_t)strtol(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--horizon")) given.config.horizon = number;
        else if (!strcmp(argv[i], "--svg")) given.svg = argv[i + 1];
        else if (strcmp(argv[i], "--period") || given.periods == PSC_MAX_PERIODS) break;
        else given.period[given.periods++] = number;
    }
    if (i == argc) return;
    fprintf(stderr, "usage: fan [--horizon H] [--period P]... [--svg FILE] < numbers\n");
    exit(2);
}

static const char *model_name(const psc_forecast_member *m)
{
    static const char *const naive[] = {"seasonally adjusted last value", "last value", "drift", "seasonal naive"};
    static const char *const form[] = {"autoregression", "autoregression of changes", "autoregression on profiles"};

    return m->model == PSC_MODEL_NAIVE ? naive[m->kind] : form[m->kind];
}

static void show_choice(const psc_series *series, const psc_forecast *fit)
{
    psc_forecast_member member[PSC_MAX_MEMBERS];
    psc_backtest_config backtest;
    psc_forecast_info info;
    psc_accuracy worth;
    size_t members, bytes, i;
    void *work;

    must(psc_forecast_describe(fit, &info, member, PSC_MAX_MEMBERS, &members), "describe");
    printf("%lu values, seasons of", (unsigned long)given.n);
    for (i = 0; i < (size_t)given.periods; i++) printf(" %d", (int)given.period[i]);
    printf("%s\n\n  weight  loss  member\n", given.periods ? "" : " no length");
    for (i = 0; i < members; i++) {
        if (!(member[i].weight > 0.0)) continue;
        printf("  %5.2f  %5.2f  %s", member[i].weight, member[i].loss, model_name(&member[i]));
        if (member[i].lags) printf(", %d lags", (int)member[i].lags);
        if (member[i].window) printf(", last %d values", (int)member[i].window);
        putchar('\n');
    }
    psc_backtest_default(&backtest);
    backtest.stride = given.config.horizon;
    bytes = psc_backtest_size(series, &given.config, &backtest);
    work = need(bytes);
    must(psc_backtest_run(series, &given.config, &backtest, work, bytes, &worth), "backtest");
    printf("\nin %d backtests of %d steps: sMAPE %.1f %%, MASE %.2f, %.0f %% of the values in the 95 %% interval\n",
           (int)worth.origins, (int)given.config.horizon, worth.smape, worth.mase, 100.0 * worth.coverage);
    free(work);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The peak of the horizon is not the peak of a quantile: it needs whole paths. */
static void show_peak(const psc_forecast *fit)
{
    const size_t h = (size_t)given.config.horizon;
    double *path = (double *)need(PATHS * h * sizeof(double)), peak[PATHS];
    size_t i, k;

    must(psc_forecast_paths(fit, h, PATHS, path), "paths");
    for (i = 0; i < PATHS; i++)
        for (peak[i] = path[i * h], k = 1; k < h; k++) peak[i] = fmax(peak[i], path[i * h + k]);
    qsort(peak, PATHS, sizeof *peak, by_size);
    printf("highest of the next %d values: below %.4g with 50 %%, below %.4g with 90 %%, below %.4g with 99 %%\n\n",
           (int)h, peak[PATHS / 2], peak[PATHS * 9 / 10], peak[PATHS * 99 / 100]);
    free(path);
}

/* ---- picture ----------------------------------------------------------------------------------- */

static struct {
    FILE *file;
    double low, high;
    size_t first, count;        /* of the values from `first` on and the forecast */
} chart;

static double at_x(size_t i)
{
    return LEFT + (WIDTH - LEFT - 10.0) * (double)i / (double)(chart.count - 1);
}

static double at_y(double y)
{
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (y - chart.low) / (chart.high - chart.low);
}

static void see(double y)
{
    if (y < chart.low) chart.low = y;
    if (y > chart.high) chart.high = y;
}

static void put_point(size_t i, double y)
{
    fprintf(chart.file, "%.1f,%.1f ", at_x(i), at_y(y));
}

/* The band between two levels, there and back. */
static void draw_band(const double *quantile, size_t h, int low, int high, const char *colour)
{
    const size_t start = given.n - chart.first;
    size_t i;

    fprintf(chart.file, "<polygon fill=\"%s\" points=\"", colour);
    for (i = 0; i < h; i++) put_point(start + i, quantile[i * LEVELS + (size_t)high]);
    for (i = h; i-- > 0;) put_point(start + i, quantile[i * LEVELS + (size_t)low]);
    fprintf(chart.file, "\"/>\n");
}

static void draw_history(void)
{
    size_t i;
    int open = 0;

    for (i = chart.first; i < given.n; i++) {
        if (!isnan(given.value[i])) {
            if (!open) fprintf(chart.file, "<polyline class=\"seen\" points=\"");
            put_point(i - chart.first, given.value[i]);
            open = 1;
        } else if (open) {
            fprintf(chart.file, "\"/>\n");
            open = 0;
        }
    }
    if (open) fprintf(chart.file, "\"/>\n");
}

static void draw(const double *point, const double *quantile, size_t h)
{
    const size_t start = given.n > 3 * h ? given.n - 3 * h : 0;
    size_t i;

    chart.file = fopen(given.svg, "w");
    if (!chart.file) {
        fprintf(stderr, "fan: cannot write %s\n", given.svg);
        exit(1);
    }
    chart.first = start;
    chart.count = given.n - start + h;
    chart.low = chart.high = point[0];
    for (i = start; i < given.n; i++)
        if (!isnan(given.value[i])) see(given.value[i]);
    for (i = 0; i < h * LEVELS; i++) see(quantile[i]);
    if (!(chart.high > chart.low)) chart.high = chart.low + 1.0;
    fprintf(chart.file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
            "font-size=\"12\">\n<style>.seen{fill:none;stroke:#333;stroke-width:1.2}"
            ".mid{fill:none;stroke:#b3441e;stroke-width:1.6}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw_band(quantile, h, 0, 6, "#fbe6da");
    draw_band(quantile, h, 1, 5, "#f5c7ac");
    draw_band(quantile, h, 2, 4, "#eda27a");
    draw_history();
    fprintf(chart.file, "<polyline class=\"mid\" points=\"");
    for (i = 0; i < h; i++) put_point(given.n - start + i, point[i]);
    fprintf(chart.file, "\"/>\n<text x=\"4\" y=\"%d\">%.4g</text>", TOP + 4, chart.high);
    fprintf(chart.file, "<text x=\"4\" y=\"%d\">%.4g</text>\n", HEIGHT - BOTTOM, chart.low);
    fprintf(chart.file, "<text x=\"%d\" y=\"%d\">last %lu values</text>", LEFT, HEIGHT - 8,
            (unsigned long)(given.n - start));
    fprintf(chart.file, "<text x=\"%.1f\" y=\"%d\">next %lu: 50, 80 and 95 %% bands</text>\n</svg>\n",
            at_x(given.n - start), HEIGHT - 8, (unsigned long)h);
    fclose(chart.file);
}

int main(int argc, char **argv)
{
    double *point, *quantile;
    psc_forecast *fit;
    psc_series series;
    size_t bytes, h, i;

    options(argc, argv);
    read_numbers();
    if (given.n == 0) must(PSC_ERR_EMPTY, "no line on stdin");
    if (given.periods == 0) find_periods();
    psc_series_default(&series);
    series.value = given.value;
    series.n = given.n;
    series.period = given.period;
    series.periods = given.periods;
    bytes = psc_forecast_size(&series, &given.config);
    if (bytes == 0) must(PSC_ERR_RANGE, "horizon or period");
    fit = (psc_forecast *)need(bytes);
    must(psc_forecast_fit(fit, bytes, &series, &given.config, NULL), "series");
    h = (size_t)given.config.horizon;
    point = (double *)need(h * sizeof(double));
    quantile = (double *)need(h * LEVELS * sizeof(double));
    must(psc_forecast_predict(fit, h, level, LEVELS, point, quantile), "forecast");
    show_choice(&series, fit);
    show_peak(fit);
    printf("step  forecast      80 %% of what comes\n");
    for (i = 0; i < h && i < 6; i++)
        printf("%4lu  %8.4g  %8.4g to %.4g\n", (unsigned long)i + 1, point[i], quantile[i * LEVELS + 1],
               quantile[i * LEVELS + 5]);
    if (given.svg) draw(point, quantile, h);
    free(point);
    free(quantile);
    free(fit);
    free(given.value);
    return 0;
}
