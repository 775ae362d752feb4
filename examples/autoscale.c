/* autoscale - load on stdin, and how many units would have run: a producer's report, a scaler's decisions, and what the
 * rule that is common in alerts, predict_linear, makes of the same numbers.
 *
 *     autoscale [--unit LOAD] [--boot STEPS] [--step SECONDS] [--season STEPS] [--svg FILE] [--csv FILE] < numbers
 *
 * One number a line, 0 to 1e9, the load of a step, oldest first; other lines are left out. The last season is what is counted and
 * drawn, all before it is for learning; the report and the decision that are printed are those of its largest order.
 * Units are ordered and released as the scaler says, and one that is ordered serves after BOOT steps; the rule is given
 * the head-room that an autoscaler's target of 70 % leaves. With --csv each step is a row: its load, what predscale and
 * the rule expect BOOT + 1 steps on, and the units either wants. examples/prometheus/run.sh reads a Prometheus with it.
 *
 *     build/autoscale --svg autoscale.svg < examples/data/requests.csv */
#include "predscale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 960, HEIGHT = 420, LEFT = 50, RIGHT = 24, TOP = 44, FLOOR = 350 };
enum { WINDOW = 30, SAMPLE = 100, MOST_BOOT = 30, MISS_PRICE = 20, MOST_UNITS = 1000000, MOST_PODS = 1000 };

static struct {
    double *load;
    int     n, room;
    double  unit;
    int     boot, step, season;
    const char *svg, *csv;
} given = {NULL, 0, 0, 4900.0, 5, 60, 1440, NULL, NULL};

/* Units of one policy: what serves, and what comes when. */
typedef struct fleet {
    int active, pending, coming[MOST_BOOT + 1];
    int *served, *wanted;           /* of each step: units that serve; in all, as was decided after it */
    double *expected;               /* of each step: the load BOOT + 1 steps on, as was foretold after it */
} fleet;

static void must(psc_status status, const char *what)
{
    if (status >= 0) return;
    fprintf(stderr, "autoscale: %s: %s\n", what, psc_strerror(status));
    exit(1);
}

static void *need(size_t bytes)
{
    void *p = malloc(bytes + 8);

    if (!p) must(PSC_ERR_SPACE, "memory");
    return p;
}

static FILE *create(const char *name)
{
    FILE *out = fopen(name, "w");

    if (!out) {
        fprintf(stderr, "autoscale: cannot write %s\n", name);
        exit(1);
    }
    return out;
}

static void read_numbers(void)
{
    char line[256], *end;

    while (fgets(line, sizeof line, stdin)) {
        const double x = strtod(line, &end);
        if (end == line || !(x >= 0.0 && x <= 1e9)) continue;
        if (given.n == given.room) {
            given.room = 2 * given.room + 4096;
            given.load = (double *)realloc(given.load, (size_t)given.room * sizeof(double));
            if (!given.load) must(PSC_ERR_SPACE, "numbers");
        }
        given.load[given.n++] = x;
    }
}

/* ==== Two policies ================================================================================ */

static void fleet_begin(fleet *f)
{
    memset(f, 0, sizeof *f);
    f->active = 1;
    f->served = (int *)need((size_t)given.n * sizeof(int));
    f->wanted = (int *)need((size_t)given.n * sizeof(int));
    f->expected = (double *)need((size_t)given.n * sizeof(double));
}

static void fleet_end(fleet *f)
{
    free(f->served);
    free(f->wanted);
    free(f->expected);
}

/* Before step t: what was ordered BOOT steps ago serves. */
static void fleet_step(fleet *f, int t)
{
    int *slot = &f->coming[t % (given.boot + 1)];

    f->active += *slot;
    f->pending -= *slot;
    *slot = 0;
    f->served[t] = f->active;
}

/* After step t: an order, or a release, that of the newest orders first. */
static void fleet_want(fleet *f, int t, int units)
{
    int change = units - f->active - f->pending, i;

    f->wanted[t] = units;
    if (change > 0) {
        f->coming[t % (given.boot + 1)] += change;
        f->pending += change;
    }
    for (i = 0; change < 0 && i < given.boot; i++) {
        int *slot = &f->coming[(t + given.boot + 1 - i) % (given.boot + 1)];
        const int less = -change < *slot ? -change : *slot;
        *slot -= less;
        f->pending -= less;
        change += less;
    }
    if (change < 0) f->active += change;
}

/* Prometheus' predict_linear: the least-squares line through the last WINDOW values, BOOT + 1 steps on. */
static double predict_linear(int t)
{
    const int from = t + 1 > WINDOW ? t + 1 - WINDOW : 0, n = t + 1 - from;
    double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, slope;
    int i;

    for (i = from; i <= t; i++) {
        x += i - t;
        y += given.load[i];
        xx += (double)(i - t) * (i - t);
        xy += (i - t) * given.load[i];
    }
    slope = n > 1 ? (n * xy - x * y) / (n * xx - x * x) : 0.0;
    return (y - slope * x) / n + slope * (given.boot + 1);
}

static void rule_run(fleet *f)
{
    int t;

    fleet_begin(f);
    for (t = 0; t < given.n; t++) {
        fleet_step(f, t);
        f->expected[t] = predict_linear(t);
        fleet_want(f, t, (int)fmin(fmax(1.0, ceil(f->expected[t] / (0.7 * given.unit))), MOST_UNITS));
    }
}

/* ==== predscale =================================================================================== */

static psc_producer *producer_new(void)
{
    psc_producer_config config;
    psc_producer *producer;

    psc_producer_default(&config);
    config.bin_ns = given.step * INT64_C(1000000000);
    config.period1 = given.season;
    producer = (psc_producer *)need(psc_producer_size(&config));
    must(psc_producer_init(producer, psc_producer_size(&config), &config), "producer");
    return producer;
}

static psc_scaler *scaler_new(void)
{
    psc_scaler_config config;
    psc_scaler *scaler;

    psc_scaler_default(&config);
    config.step_ns = given.step * INT64_C(1000000000);
    config.boot_ns = given.boot * config.step_ns;
    config.max_units = MOST_UNITS;
    config.miss_price = MISS_PRICE;
    config.unit[PSC_RESOURCE_REQUESTS] = given.unit;
    config.period1 = given.season;
    config.phase = given.step < 1800 ? 3600 / given.step : 0;
    scaler = (psc_scaler *)need(psc_scaler_size(&config));
    must(psc_scaler_init(scaler, psc_scaler_size(&config), &config), "scaler");
    return scaler;
}

/* The requests of step t, one in SAMPLE of them: a busy server need not fold them all. */
static void fold(psc_producer *producer, int t)
{
    const int64_t step = given.step * INT64_C(1000000000);
    const int n = (int)(given.load[t] / SAMPLE + 0.5);
    psc_usage usage;
    int i;

    memset(&usage, 0, sizeof usage);
    usage.size = 1.0;
    for (i = 0; i < n; i++) {
        usage.at = t * step + step / n * i;
        must(psc_producer_observe(producer, &usage), "usage");
    }
    must(psc_producer_advance(producer, (t + 1) * step - 1), "time");
}

/* What is printed: the largest order of the last season, and the producer's report of that step. */
typedef struct moment {
    int t;
    psc_decision decision;
    psc_report report;
} moment;

static void look_closer(moment *m, int t, const psc_decision *d, const psc_producer *producer, const fleet *f)
{
    if (m->t >= 0 && (t < given.n - given.season || d->change <= m->decision.change)) return;
    m->t = t;
    m->decision = *d;
    psc_report_default(&m->report);
    m->report.capacity[PSC_RESOURCE_REQUESTS] = f->active * given.unit / given.step / SAMPLE;
    must(psc_producer_report(producer, (t + 1) * (given.step * INT64_C(1000000000)) - 1, 0.9, &m->report), "report");
}

static void scaler_run(fleet *f, moment *m)
{
    psc_producer *producer = producer_new();
    psc_scaler *scaler = scaler_new();
    psc_decision d;
    int t;

    fleet_begin(f);
    for (t = 0; t < given.n; t++) {
        const double load[PSC_RESOURCES] = {given.load[t], 0.0, 0.0, 0.0};
        fleet_step(f, t);
        fold(producer, t);
        must(psc_scaler_step(scaler, t * (given.step * INT64_C(1000000000)), load, f->active, f->pending, &d), "step");
        look_closer(m, t, &d, producer, f);
        f->expected[t] = d.expected;
        fleet_want(f, t, (int)d.units);
    }
    free(producer);
    free(scaler);
}

/* ==== What is printed ============================================================================= */

static void tell_report(const psc_report *r)
{
    char text[PSC_MAX_JSON];
    size_t n;
    int p;

    must(psc_report_write(r, text, sizeof text, &n), "JSON");
    printf("its report, of one request in %d: %d bytes of JSON\n  %.*s...\n", SAMPLE, (int)n, 115, text);
    for (p = 0; p < r->points; p++)
        printf("  in %2d min %.0f requests/s, 90 %% within %.0f to %.0f\n", (int)(r->horizon[p] / INT64_C(60000000000)),
               r->expected[p * PSC_RESOURCES] * SAMPLE, r->lower[p * PSC_RESOURCES] * SAMPLE,
               r->upper[p * PSC_RESOURCES] * SAMPLE);
    must(psc_report_advice(r, text, sizeof text, &n), "advice");
    printf("  advice: %.*s\n", (int)n, text);
}

static void tell_decision(const psc_decision *d)
{
    static const char *const reason[] = {"hold", "order", "release", "cool-down", "budget", "bound"};
    char text[PSC_MAX_JSON];
    size_t n;

    printf("the decision: %s, %d units in all (%+d): in %d steps %.0f are expected, and %.0f provided for\n",
           reason[d->reason], (int)d->units, (int)d->change, (int)d->lead, d->expected, d->upper);
    if (d->units <= MOST_PODS) {
        must(psc_decision_hpa(d, MOST_PODS, text, sizeof text, &n), "HPA");
        printf("  %.*s\n", (int)n, text);
    } else {
        printf("  more than the %d pods that the HorizontalPodAutoscaler would be allowed\n", MOST_PODS);
    }
    must(psc_decision_group(d, "web", text, sizeof text, &n), "group");
    printf("  %.*s\n", (int)n, text);
}

static void tell_cost(const char *name, const fleet *f)
{
    const int from = given.n > given.season ? given.n - given.season : 0;
    double units = 0.0, missing = 0.0, lost = 0.0, all = 0.0;
    int t, late = 0;

    for (t = from; t < given.n; t++) {
        units += f->served[t];
        all += given.load[t];
        if (given.load[t] <= f->served[t] * given.unit) continue;
        lost += given.load[t] - f->served[t] * given.unit;
        missing += ceil(given.load[t] / given.unit) - f->served[t];
        late++;
    }
    printf("%-16s %9.2f %17d %14.3f %% %11.2f\n", name, units / (given.n - from), late, 100.0 * lost / all,
           (units + MISS_PRICE * missing) / (given.n - from));
}

/* %.17g, so that another program reads the very same numbers. */
static void tell_steps(const fleet *ours, const fleet *rule)
{
    FILE *out = create(given.csv);
    int t;

    fprintf(out, "load,expected,units,linear,linear_units\n");
    for (t = 0; t < given.n; t++)
        fprintf(out, "%.17g,%.17g,%d,%.17g,%d\n", given.load[t], ours->expected[t], ours->wanted[t], rule->expected[t],
                rule->wanted[t]);
    fclose(out);
}

/* ==== The picture ================================================================================= */

static double most_units(const fleet *a, const fleet *b, int from)
{
    double most = 1.0;
    int t;

    for (t = from; t < given.n; t++) {
        most = fmax(most, given.load[t] / given.unit);
        most = fmax(most, a->served[t]);
        most = fmax(most, b->served[t]);
    }
    return most;
}

static double x_of(int t, int from)
{
    return LEFT + (double)(t - from) * (WIDTH - LEFT - RIGHT) / (given.n - from);
}

static double y_of(double units, double most) { return FLOOR - units / most * (FLOOR - TOP); }

/* A curve of steps through units that serve. */
static void draw_units(FILE *out, const fleet *f, int from, double most, const char *style)
{
    int t;

    fprintf(out, "<path fill='none' %s d='M%.1f %.1f", style, x_of(from, from), y_of(f->served[from], most));
    for (t = from + 1; t < given.n; t++)
        if (f->served[t] != f->served[t - 1])
            fprintf(out, "H%.1fV%.1f", x_of(t, from), y_of(f->served[t], most));
    fprintf(out, "H%.1f'/>\n", x_of(given.n, from));
}

/* The load as an area, cut at what serves; what is above it in a colour of its own. */
static void draw_load(FILE *out, const fleet *f, int from, double most)
{
    int t;

    fprintf(out, "<path fill='#9ecae1' d='M%.1f %d", x_of(from, from), FLOOR);
    for (t = from; t < given.n; t++)
        fprintf(out, "L%.1f %.1f", x_of(t, from), y_of(fmin(given.load[t] / given.unit, f->served[t]), most));
    fprintf(out, "V%dZ'/>\n<path stroke='#d62728' stroke-width='1.6' d='", FLOOR);
    for (t = from; t < given.n; t++)
        if (given.load[t] > f->served[t] * given.unit)
            fprintf(out, "M%.1f %.1fV%.1f", x_of(t, from), y_of(f->served[t], most),
                    y_of(given.load[t] / given.unit, most));
    fprintf(out, "'/>\n");
}

/* Orders upwards and releases downwards from a line of their own. */
static void draw_decisions(FILE *out, const fleet *f, int from)
{
    const int middle = FLOOR + 40;
    int t;

    fprintf(out, "<path stroke='#bbb' d='M%d %dH%d'/>\n", LEFT, middle, WIDTH - RIGHT);
    for (t = from; t < given.n; t++) {
        const int change = t > 0 ? f->wanted[t] - f->wanted[t - 1] : 0;
        const double length = fmin(4.0 + 3.0 * abs(change), 20.0);
        if (change == 0) continue;
        fprintf(out, "<path stroke='%s' d='M%.1f %dv%.1f'/>\n", change > 0 ? "#2ca02c" : "#777", x_of(t, from), middle,
                change > 0 ? -length : length);
    }
}

static void draw_axes(FILE *out, int from, double most)
{
    const int hour = 3600 / given.step > 0 ? 3600 / given.step : 1, each = (int)ceil(most / 5.0);
    int t, u;

    for (u = 0; u <= most; u += each)
        fprintf(out, "<path stroke='#eee' d='M%d %.1fH%d'/><text x='%d' y='%.1f' text-anchor='end'>%d</text>\n", LEFT,
                y_of(u, most), WIDTH - RIGHT, LEFT - 8, y_of(u, most) + 4.0, u);
    for (t = from; t <= given.n; t += 3 * hour)
        fprintf(out, "<text x='%.1f' y='%d' text-anchor='middle'>%02d:00</text>\n", x_of(t, from), FLOOR + 16,
                (t - from) / hour);
}

static void draw(const fleet *ours, const fleet *rule)
{
    const int from = given.n > given.season ? given.n - given.season : 0;
    const double most = most_units(ours, rule, from);
    FILE *out = create(given.svg);

    fprintf(out, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif' "
            "font-size='12'>\n"
            "<rect width='%d' height='%d' fill='white'/>\n", WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw_axes(out, from, most);
    draw_load(out, ours, from, most);
    draw_units(out, rule, from, most, "stroke='#b8860b' stroke-width='1' stroke-opacity='0.75'");
    draw_units(out, ours, from, most, "stroke='#08519c' stroke-width='1.6'");
    draw_decisions(out, ours, from);
    fprintf(out, "<text x='%d' y='20' font-size='14'>Units that serve, and the load they were ordered for %d steps "
            "before</text>\n<text x='%d' y='37'><tspan fill='#4292c6'>&#9608; load</tspan>"
            "<tspan dx='14' fill='#08519c'>&#9473; predscale</tspan>"
            "<tspan dx='14' fill='#b8860b'>&#9473; predict_linear, target 70 %%</tspan>"
            "<tspan dx='14' fill='#d62728'>&#9608; not served by predscale's units</tspan></text>\n"
            "<text x='%d' y='%d'><tspan fill='#2ca02c'>orders</tspan> and <tspan fill='#777'>releases</tspan></text>\n"
            "</svg>\n",
            LEFT, given.boot + 1, LEFT, LEFT, HEIGHT - 4);
    fclose(out);
}

static void read_options(int argc, char **argv)
{
    int i;

    for (i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--unit")) given.unit = atof(argv[i + 1]);
        else if (!strcmp(argv[i], "--boot")) given.boot = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--step")) given.step = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--season")) given.season = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--svg")) given.svg = argv[i + 1];
        else if (!strcmp(argv[i], "--csv")) given.csv = argv[i + 1];
        else break;
    }
    if (i >= argc && given.unit > 0.0 && given.boot >= 0 && given.boot <= MOST_BOOT && given.step > 0
        && given.season > 1)
        return;
    fprintf(stderr, "autoscale [--unit LOAD] [--boot STEPS, 0..%d] [--step SECONDS] [--season STEPS] [--svg FILE]"
            " [--csv FILE] < numbers\n", MOST_BOOT);
    exit(2);
}

int main(int argc, char **argv)
{
    moment largest;
    fleet ours, rule;

    read_options(argc, argv);
    read_numbers();
    if (given.n < 1) must(PSC_ERR_EMPTY, "no load on stdin");
    largest.t = -1;
    scaler_run(&ours, &largest);
    rule_run(&rule);
    printf("step %d of %d, the largest order\n", largest.t + 1, given.n);
    tell_report(&largest.report);
    tell_decision(&largest.decision);
    printf("\nlast %5d steps  mean units   steps too short   load not served   cost, %d a missing unit\n", given.season,
           MISS_PRICE);
    tell_cost("predscale", &ours);
    tell_cost("predict_linear", &rule);
    if (given.svg) draw(&ours, &rule);
    if (given.csv) tell_steps(&ours, &rule);
    fleet_end(&ours);
    fleet_end(&rule);
    free(given.load);
    return 0;
}
