/* forecast [--model auto|ar|snaive|tracker] [--lags N]
 * stdin:  lines id,horizon,p1;p2,v1 v2 ...      (NaN: missing)
 * stdout: id,step,mean,lo80,hi80,lo95,hi95, step from 1 */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct line_buffer {
    char *text;
    size_t size;
} line_buffer;

typedef struct values {
    double *value;
    size_t n, size;
} values;

static void *must(void *p)
{
    if (!p) {
        fprintf(stderr, "forecast: out of memory\n");
        exit(1);
    }
    return p;
}

static int read_line(FILE *in, line_buffer *line)
{
    size_t n = 0;

    for (;;) {
        if (line->size - n < 2) line->text = (char *)must(realloc(line->text, line->size = 2 * line->size + 65536));
        if (!fgets(line->text + n, (int)(line->size - n), in)) return n > 0;
        n += strlen(line->text + n);
        if (line->text[n - 1] == '\n') return 1;
    }
}

static void parse_values(char *text, values *v)
{
    char *end;

    for (v->n = 0;; text = end) {
        double x = strtod(text, &end);
        if (end == text) return;
        if (v->n == v->size) v->value = (double *)must(realloc(v->value, (v->size = 2 * v->size + 1024) * sizeof(double)));
        v->value[v->n++] = x;
    }
}

/* Splits "id,horizon,periods,values"; returns the values' text, or NULL. */
static char *parse_head(char *text, psc_forecast_config *config, int32_t *period, int32_t *periods)
{
    char *at = strchr(text, ',');

    if (!at) return NULL;
    *at++ = 0;
    config->horizon = (int32_t)strtol(at, &at, 10);
    *periods = 0;
    while (*at == ',' || *at == ';') {
        if (*at == ',' && *periods > 0) return at + 1;
        if (*periods == PSC_MAX_PERIODS) return NULL;
        period[(*periods)++] = (int32_t)strtol(at + 1, &at, 10);
    }
    return NULL;
}

static const double level[4] = {0.1, 0.9, 0.025, 0.975};

static psc_status run_forecast(const psc_series *series, const psc_forecast_config *config, double *point, double *quantile)
{
    size_t bytes = psc_forecast_size(series, config);
    psc_forecast *fit = (psc_forecast *)must(malloc(bytes + 8));
    psc_status status = psc_forecast_fit(series, config, fit, bytes, NULL);

    if (status == PSC_OK) status = psc_forecast_predict(fit, (size_t)config->horizon, level, 4, point, quantile);
    free(fit);
    return status;
}

static psc_status run_tracker(const psc_series *series, size_t h, double *point, double *quantile)
{
    psc_tracker_config config;
    psc_tracker *tracker;
    psc_status status;
    size_t bytes, i;

    psc_tracker_default(&config);
    if (series->periods > 0) config.period1 = series->period[0];
    if (series->periods > 1) config.period2 = series->period[1];
    bytes = psc_tracker_size(&config);
    tracker = (psc_tracker *)must(malloc(bytes + 8));
    status = psc_tracker_init(tracker, bytes, &config);
    for (i = 0; status == PSC_OK && i < series->n; i++) status = psc_tracker_observe(tracker, series->value[i]);
    if (status == PSC_OK) status = psc_tracker_predict(tracker, h, level, 4, point, quantile);
    free(tracker);
    return status;
}

static psc_status run(const psc_series *series, const psc_forecast_config *config, const char *id)
{
    size_t h = (size_t)config->horizon, i;
    double *out = (double *)must(malloc(5 * h * sizeof(double))), *q = out + h;
    psc_status status = config->model ? run_forecast(series, config, out, q) : run_tracker(series, h, out, q);

    for (i = 0; status == PSC_OK && i < h; i++, q += 4)
        printf("%s,%lu,%.10g,%.10g,%.10g,%.10g,%.10g\n", id, (unsigned long)i + 1, out[i], q[0], q[1], q[2], q[3]);
    free(out);
    return status;
}

static int options(int argc, char **argv, psc_forecast_config *config)
{
    int i;

    for (i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--lags")) config->lags = (int32_t)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--model")) return 0;
        else if (!strcmp(argv[i + 1], "snaive")) config->model = PSC_MODEL_SEASONAL_NAIVE;
        else if (!strcmp(argv[i + 1], "tracker")) config->model = 0;
        else if (strcmp(argv[i + 1], "ar") && strcmp(argv[i + 1], "auto")) return 0;
    }
    return i == argc;
}

int main(int argc, char **argv)
{
    line_buffer line = {NULL, 0};
    values v = {NULL, 0, 0};
    psc_forecast_config config;
    int failed = 0;

    psc_forecast_default(&config);
    if (!options(argc, argv, &config)) {
        fprintf(stderr, "usage: forecast [--model auto|ar|snaive|tracker] [--lags N] < series\n");
        return 2;
    }
    while (read_line(stdin, &line)) {
        int32_t period[PSC_MAX_PERIODS], periods;
        psc_series series;
        psc_status status = PSC_ERR_FORMAT;
        char *text = parse_head(line.text, &config, period, &periods);
        if (text) {
            parse_values(text, &v);
            psc_series_default(&series);
            series.value = v.value;
            series.n = v.n;
            series.period = period;
            series.periods = periods;
            status = run(&series, &config, line.text);
        }
        if (status == PSC_OK) continue;
        fprintf(stderr, "forecast: %s: %s\n", line.text, psc_strerror(status));
        failed = 1;
    }
    free(line.text);
    free(v.value);
    return failed;
}
