/* instability [--fleet MODEL] [--learn N] [--horizon H] [FILE]
 * instability --fit DIR [--only DATASET] [--horizon H] > MODEL
 * A CSV t,m1,m2,... with a header, from FILE or stdin; one line a row: score,pfp,onset, of rows up to it only.
 * --fleet MODEL  the failure model that --fit wrote; without it the prior
 * --learn N      rows that are healthy learning time (default: the library's)
 * --horizon H    rows that pfp looks ahead (default 30): of --fit; a fitted model knows its own
 * --fit DIR      learns the failure model of the streams of DIR (streams.csv, labels.csv, plain CSVs), all of them
 *                together, row by row, as a fleet would; --only DATASET takes the streams of one data set
 * A row is a beat of one node; its columns are the host's own metrics. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 65536, NAME = 256, STREAMS = 512, WINDOWS = 1024, PASSES = 3 };

typedef struct stream {
    char       name[NAME], dataset[NAME];
    FILE      *in;
    psc_node  *node;
    int64_t    start, row;
    int        fails, done;
    psc_node_score *score;      /* [horizon + 1] of the last rows, a ring */
    int64_t   *t;               /* [horizon + 1] their times */
    int64_t    window[WINDOWS][2];
    int        windows;
} stream;

/* Numbers after the first column into metric[]; returns how many, or -1 if there are too many. */
static int parse_row(char *text, int64_t *t, double *metric)
{
    char *end;
    int n = 0;

    *t = (int64_t)strtoll(text, &end, 10);
    while (*end == ',') {
        if (n == PSC_MAX_METRICS - PSC_METRIC_HOST) return -1;
        metric[PSC_METRIC_HOST + n++] = strtod(end + 1, &end);
    }
    return n;
}

static void *take(size_t bytes)
{
    void *p = malloc(bytes + 8);

    if (!p) exit(1);
    return p;
}

static psc_node *make_node(int columns, int64_t learn)
{
    psc_node_config config;
    psc_node *node;
    size_t bytes;

    psc_node_default(&config);
    config.metrics = PSC_METRIC_HOST + columns;
    if (learn > 0) config.learn = learn;
    bytes = psc_node_size(&config);
    node = (psc_node *)take(bytes);
    if (psc_node_init(node, bytes, &config) != PSC_OK) {
        fprintf(stderr, "instability: this many columns or learning rows are not possible\n");
        exit(1);
    }
    return node;
}

/* The next row of a file into the node that it is about, made at the first row; 0: there is none. */
static int feed(FILE *in, psc_node **node, int64_t learn, int64_t *row, int64_t *t, psc_node_score *score)
{
    static char line[LINE];
    double metric[PSC_MAX_METRICS];
    psc_beat beat = {0, 0, 1, 0, 0, 0, 0};
    psc_status status;
    int k, columns;

    if (!fgets(line, LINE, in)) return 0;
    for (k = 0; k < PSC_METRIC_HOST; k++) metric[k] = strtod("nan", NULL);
    columns = parse_row(line, t, metric);
    if (columns < 1) {
        fprintf(stderr, "instability: a row needs 1 to %d columns\n", PSC_MAX_METRICS - PSC_METRIC_HOST);
        exit(1);
    }
    if (!*node) *node = make_node(columns, learn);
    beat.sequence = (uint64_t)(*row)++;
    beat.sent_at = beat.received_at = *t * INT64_C(1000000000);
    status = psc_node_observe(*node, &beat, metric);
    if (status == PSC_OK) status = psc_node_score_at(*node, beat.received_at, score);
    if (status == PSC_OK) return 1;
    fprintf(stderr, "instability: row %lu: %s\n", (unsigned long)*row, psc_strerror(status));
    exit(1);
}

/* ---- fit ---- */

static FILE *open_in(const char *folder, const char *name)
{
    char path[2 * NAME];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    f = fopen(path, "r");
    if (!f) { perror(path); exit(1); }
    return f;
}

static void read_streams(const char *folder, const char *only, stream *s, int *count, int64_t horizon)
{
    char line[LINE], first[NAME];
    FILE *f = open_in(folder, "streams");
    long long start, a, b;
    int i, ends;

    while (fgets(line, LINE, f) && *count < STREAMS) {
        stream *x = &s[*count];
        memset(x, 0, sizeof *x);
        if (sscanf(line, "%255[^,],%255[^,],%*[^,],%*[^,],%*[^,],%lld,%d", x->name, x->dataset, &start, &ends) != 4)
            continue;
        if (only && strcmp(only, x->dataset)) continue;
        x->start = start;
        x->fails = ends;
        x->in = open_in(folder, x->name);
        x->score = (psc_node_score *)take((size_t)(horizon + 1) * sizeof *x->score);
        x->t = (int64_t *)take((size_t)(horizon + 1) * sizeof *x->t);
        if (!fgets(line, LINE, x->in)) exit(1);
        (*count)++;
    }
    fclose(f);
    f = open_in(folder, "labels");
    while (fgets(line, LINE, f))
        if (sscanf(line, "%255[^,],%lld,%lld", first, &a, &b) == 3)
            for (i = 0; i < *count; i++)
                if (!strcmp(s[i].name, first) && s[i].windows < WINDOWS) {
                    s[i].window[s[i].windows][0] = a;
                    s[i].window[s[i].windows++][1] = b;
                }
    fclose(f);
}

/* Whether a labelled window meets the time from a to b. */
static int labelled(const stream *s, int64_t a, int64_t b)
{
    int i;

    for (i = 0; i < s->windows; i++)
        if (s->window[i][0] <= b && s->window[i][1] >= a) return 1;
    return 0;
}

/* One row of a stream; the row `horizon` rows ago has its outcome now. At the end those that fail, or are labelled,
 * too. */
static void fit_row(stream *s, psc_failure *model, int64_t horizon)
{
    const int64_t size = horizon + 1, at = s->row % size;
    int64_t i, from;

    s->done = !feed(s->in, &s->node, s->start, &s->row, &s->t[at], &s->score[at]);
    if (!s->done && s->row > horizon) {
        i = (s->row - 1 - horizon) % size;
        if (s->row - 1 - horizon >= s->start) psc_failure_learn(model, &s->score[i], labelled(s, s->t[i], s->t[at]));
    }
    if (!s->done) return;
    from = s->row > horizon ? s->row - horizon : 0;
    for (i = from < s->start ? s->start : from; i < s->row; i++)
        if (s->fails || labelled(s, s->t[i % size], INT64_MAX))
            psc_failure_learn(model, &s->score[i % size], labelled(s, s->t[i % size], INT64_MAX));
}

static psc_failure *make_model(int64_t horizon)
{
    psc_failure_config config;
    psc_failure *model;

    psc_failure_default(&config);
    config.capacity = 0;
    (void)horizon;
    model = (psc_failure *)take(psc_failure_size(&config));
    if (psc_failure_init(model, psc_failure_size(&config), &config) != PSC_OK) exit(1);
    return model;
}

static int fit(const char *folder, const char *only, int64_t horizon)
{
    stream *s = (stream *)take(STREAMS * sizeof *s);
    psc_failure *model = make_model(horizon);
    unsigned char *saved;
    size_t bytes;
    int pass, i;

    for (pass = 0; pass < PASSES; pass++) {
        int count = 0, left;
        if (psc_failure_loosen(model) != PSC_OK) return 1;
        read_streams(folder, only, s, &count, horizon);
        do
            for (left = 0, i = 0; i < count; i++)
                if (!s[i].done) {
                    fit_row(&s[i], model, horizon);
                    left++;
                }
        while (left);
        for (i = 0; i < count; i++) {
            fclose(s[i].in);
            free(s[i].node);
            free(s[i].score);
            free(s[i].t);
        }
    }
    saved = (unsigned char *)take(psc_save_size(model));
    if (psc_save(model, saved, psc_save_size(model), &bytes) != PSC_OK) return 1;
    return fwrite(saved, 1, bytes, stdout) != bytes;
}

static psc_failure *read_model(const char *path)
{
    static unsigned char saved[1 << 20];
    FILE *f = fopen(path, "rb");
    psc_failure *model;
    psc_status status;
    size_t n;

    if (!f) { perror(path); exit(1); }
    n = fread(saved, 1, sizeof saved, f);
    fclose(f);
    model = (psc_failure *)take(psc_load_size(saved, n));
    status = psc_load(PSC_TYPE_FAILURE, saved, n, model, psc_load_size(saved, n));
    if (status == PSC_OK) return model;
    fprintf(stderr, "instability: %s: %s\n", path, psc_strerror(status));
    exit(1);
}

/* ---- score ---- */

static int run(FILE *in, int64_t learn, const psc_failure *model)
{
    static char header[LINE];
    psc_node *node = NULL;
    psc_node_score score;
    int64_t row = 0, t;
    double pfp;

    if (!fgets(header, LINE, in)) return 1;
    while (feed(in, &node, learn, &row, &t, &score)) {
        if (psc_failure_probability(model, &score, &pfp) != PSC_OK) return 1;
        if (printf("%.9g,%.9g,%.9g\n", score.instability, pfp, score.onset) < 0) return 1;
    }
    free(node);
    return 0;
}

int main(int argc, char **argv)
{
    const char *fleet = NULL, *folder = NULL, *only = NULL;
    int64_t learn = 0, horizon = 30;
    FILE *in = stdin;
    int i;

    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--learn") && i + 1 < argc) learn = (int64_t)strtoll(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--horizon") && i + 1 < argc) horizon = (int64_t)strtoll(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--fleet") && i + 1 < argc) fleet = argv[++i];
        else if (!strcmp(argv[i], "--fit") && i + 1 < argc) folder = argv[++i];
        else if (!strcmp(argv[i], "--only") && i + 1 < argc) only = argv[++i];
        else if (argv[i][0] != '-' && in == stdin) in = fopen(argv[i], "r");
        else in = NULL;
        if (!in || horizon < 0 || horizon > 100000) {
            fprintf(stderr, "usage: instability [--fleet MODEL] [--learn N] [--horizon H] [FILE]\n"
                            "       instability --fit DIR [--only DATASET] [--horizon H]\n");
            return 2;
        }
    }
    if (folder) return fit(folder, only, horizon);
    return run(in, learn, fleet ? read_model(fleet) : make_model(horizon));
}
