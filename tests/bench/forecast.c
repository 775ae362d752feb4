/* forecast [--model NAME] [--with NAME,NAME...]
 * stdin:  lines id,horizon,p1;p2,v1 v2 ...      (NaN: missing)
 * stdout: id,step,mean,lo80,hi80,lo95,hi95, step from 1
 * --with gives `auto` more members. */
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
    psc_status status = psc_forecast_fit(fit, bytes, series, config, NULL);

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

static psc_status run(const psc_series *series, const psc_forecast_config *config, int tracker, const char *id)
{
    size_t h = (size_t)config->horizon, i;
    double *out = (double *)must(malloc(5 * h * sizeof(double))), *q = out + h;
    psc_status status = tracker ? run_tracker(series, h, out, q) : run_forecast(series, config, out, q);

    for (i = 0; status == PSC_OK && i < h; i++, q += 4)
        printf("%s,%lu,%.10g,%.10g,%.10g,%.10g,%.10g\n", id, (unsigned long)i + 1, out[i], q[0], q[1], q[2], q[3]);
    free(out);
    return status;
}

/* A model's name, and the kind that its options get. */
static const struct {
    const char *name;
    int32_t model, kind;
} models[] = {
    {"auto", PSC_MODEL_AUTO, 0},
    {"naive", PSC_MODEL_NAIVE, PSC_NAIVE_LAST},
    {"drift", PSC_MODEL_NAIVE, PSC_NAIVE_DRIFT},
    {"snaive", PSC_MODEL_NAIVE, PSC_NAIVE_SEASONAL},
    {"naive2", PSC_MODEL_NAIVE, PSC_NAIVE_ADJUSTED},
    {"sar", PSC_MODEL_SEASONAL_AR, PSC_SAR_LEVEL},
    {"sar-difference", PSC_MODEL_SEASONAL_AR, PSC_SAR_DIFFERENCE},
    {"sar-profile", PSC_MODEL_SEASONAL_AR, PSC_SAR_PROFILE},
    {"theta", PSC_MODEL_THETA, PSC_THETA_STANDARD},
    {"dotm", PSC_MODEL_THETA, PSC_THETA_DYNAMIC},
    {"decomposition", PSC_MODEL_DECOMPOSITION, 0},
    {"croston", PSC_MODEL_CROSTON, PSC_CROSTON_PLAIN},
    {"sba", PSC_MODEL_CROSTON, PSC_CROSTON_SBA},
    {"tsb", PSC_MODEL_CROSTON, PSC_CROSTON_TSB},
    {"ets", PSC_MODEL_ETS, 0},
    {"yule-walker", PSC_MODEL_AR, PSC_AR_YULE_WALKER},
    {"burg", PSC_MODEL_AR, PSC_AR_BURG},
    {"least-squares", PSC_MODEL_AR, PSC_AR_LEAST_SQUARES},
    {"arima", PSC_MODEL_ARIMA, 0},
    {"additive", PSC_MODEL_ADDITIVE, 0},
    {"gru", PSC_MODEL_GRU, 0}
};

enum { MODELS = sizeof models / sizeof models[0] };

/* Index of a name of so many letters, -1: unknown. */
static int find_model(const char *name, size_t letters)
{
    int i;

    for (i = 0; i < MODELS; i++)
        if (strlen(models[i].name) == letters && !memcmp(models[i].name, name, letters)) return i;
    return -1;
}

static int set_kind(psc_forecast_config *config, int i)
{
    if (i < 0) return 0;
    if (models[i].model == PSC_MODEL_NAIVE) config->naive.kind = models[i].kind;
    if (models[i].model == PSC_MODEL_SEASONAL_AR) config->sar.form = models[i].kind;
    if (models[i].model == PSC_MODEL_THETA) config->theta.kind = models[i].kind;
    if (models[i].model == PSC_MODEL_CROSTON) config->croston.kind = models[i].kind;
    if (models[i].model == PSC_MODEL_AR) config->ar.method = models[i].kind;
    return 1;
}

static int take_with(psc_forecast_config *config, const char *names)
{
    while (*names) {
        const size_t letters = strcspn(names, ",");
        const int i = find_model(names, letters);
        if (!set_kind(config, i)) return 0;
        config->with |= 1 << models[i].model;
        names += letters + (names[letters] == ',');
    }
    return 1;
}

static int options(int argc, char **argv, psc_forecast_config *config, int *tracker)
{
    int i;

    for (i = 1; i + 1 < argc; i += 2) {
        const int m = find_model(argv[i + 1], strlen(argv[i + 1]));
        if (!strcmp(argv[i], "--with")) {
            if (!take_with(config, argv[i + 1])) return 0;
            continue;
        }
        *tracker = !strcmp(argv[i + 1], "tracker");
        if (strcmp(argv[i], "--model") || (!*tracker && !set_kind(config, m))) return 0;
        if (!*tracker) config->model = models[m].model;
    }
    return i == argc;
}

static int usage(void)
{
    int i;

    fprintf(stderr, "usage: forecast [--model NAME] [--with NAME,NAME...] < series\nnames: tracker");
    for (i = 0; i < MODELS; i++) fprintf(stderr, ", %s", models[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv)
{
    line_buffer line = {NULL, 0};
    values v = {NULL, 0, 0};
    psc_forecast_config config;
    int failed = 0, tracker = 0;

    psc_forecast_default(&config);
    if (!options(argc, argv, &config, &tracker)) return usage();
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
            status = run(&series, &config, tracker, line.text);
        }
        if (status == PSC_OK) continue;
        fprintf(stderr, "forecast: %s: %s\n", line.text, psc_strerror(status));
        failed = 1;
    }
    free(line.text);
    free(v.value);
    return failed;
}
