/* instability [--learn N] [--horizon H] [FILE]
 * A CSV t,m1,m2,... with a header, from FILE or stdin; one line a row: score,pfp,onset, of rows up to it only.
 * --learn N    rows that are healthy learning time (default: the library's)
 * --horizon H  rows that pfp looks ahead; the prior knows no horizon, so it is read and not used
 * A row is a beat of one node; its columns are the host's own metrics. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 65536 };

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

static psc_node *make_node(int columns, int64_t learn)
{
    psc_node_config config;
    psc_node *node;
    size_t bytes;

    psc_node_default(&config);
    config.metrics = PSC_METRIC_HOST + columns;
    if (learn > 0) config.learn = learn;
    if (config.memory < config.learn) config.memory = config.learn;
    bytes = psc_node_size(&config);
    node = (psc_node *)malloc(bytes + 8);
    if (!node || psc_node_init(node, bytes, &config) != PSC_OK) {
        fprintf(stderr, "instability: this many columns or learning rows are not possible\n");
        exit(1);
    }
    return node;
}

static int row(psc_node *node, uint64_t sequence, int64_t t, const double *metric)
{
    psc_failure_config failure;
    psc_node_score score;
    psc_beat beat = {0, 0, 1, 0, 0, 0, 0};
    psc_status status;
    double pfp = 0.0;

    psc_failure_default(&failure);
    beat.sequence = sequence;
    beat.sent_at = beat.received_at = t * INT64_C(1000000000);
    status = psc_node_observe(node, &beat, metric);
    if (status == PSC_OK) status = psc_node_score_at(node, beat.received_at, &score);
    if (status == PSC_OK) status = psc_failure_probability(&failure, &score, &pfp);
    if (status == PSC_OK) return printf("%.9g,%.9g,%.9g\n", score.instability, pfp, score.onset) < 0;
    fprintf(stderr, "instability: row %lu: %s\n", (unsigned long)sequence, psc_strerror(status));
    return 1;
}

static int run(FILE *in, int64_t learn)
{
    static char line[LINE];
    double metric[PSC_MAX_METRICS];
    psc_node *node = NULL;
    uint64_t sequence = 0;
    int64_t t;
    int k, failed = 0;

    for (k = 0; k < PSC_METRIC_HOST; k++) metric[k] = strtod("nan", NULL);
    if (!fgets(line, LINE, in)) return 1;
    while (!failed && fgets(line, LINE, in)) {
        const int columns = parse_row(line, &t, metric);
        if (columns < 1) {
            fprintf(stderr, "instability: a row needs 1 to %d columns\n", PSC_MAX_METRICS - PSC_METRIC_HOST);
            failed = 1;
            break;
        }
        if (!node) node = make_node(columns, learn);
        failed = row(node, sequence++, t, metric);
    }
    free(node);
    return failed;
}

int main(int argc, char **argv)
{
    int64_t learn = 0;
    FILE *in = stdin;
    int i, failed;

    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--learn") && i + 1 < argc) learn = (int64_t)strtoll(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--horizon") && i + 1 < argc) i++;
        else if (argv[i][0] != '-' && in == stdin) in = fopen(argv[i], "r");
        else in = NULL;
        if (!in) {
            fprintf(stderr, "usage: instability [--learn N] [--horizon H] [FILE]\n");
            return 2;
        }
    }
    failed = run(in, learn);
    if (in != stdin) fclose(in);
    return failed;
}
