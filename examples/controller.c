/* controller - a host's control loop on what a real Redis Cluster sent (examples/data/README.md).
 *
 *     build/controller [DATA_FOLDER [SVG_FILE]]
 *
 * At each tick, which stands for an hour: take counts and heartbeats, foresee the next twelve hours of each shard, say
 * what should move now and why. It goes through the recording three times: with no moves, with moves by the counts of
 * the last hour alone, and with moves by the forecast. A recording does not answer, so moves are made on paper: a
 * shard's requests count at its new node from the hour after next. */
#include "predscale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICKS = 840, NODES = 6, SHARDS = 60,            /* of the recording */
    DAY = 24, WEEK = 168, FAR = 12, AHEAD = FAR + 1,
    METRICS = PSC_METRIC_CAPACITY + 1,
    LEARN = 2 * WEEK,                               /* ticks before the first move */
    FIRST = 780, LAST = 828                         /* what is printed and drawn */
};

#define SECOND INT64_C(1000000000)
#define MAX_MEMORY 200e6                            /* bytes, of a recorded server */

typedef struct beat_row {
    int here;
    double sent, received, requests, errors, latency, busy, memory, bytes;
} beat_row;

static struct {
    double capacity;                                /* requests a tick that a node serves */
    beat_row beat[TICKS][NODES];
    double load[TICKS][SHARDS];
    int32_t home[SHARDS];
    double failing[TICKS][NODES];                   /* probability, from the beats up to this tick */
} data;

/* The three ways to go through the recording, and what became of the requests. */
enum { STILL, REACT, FORESEE, WAYS };
static struct {
    double use[TICKS][NODES];
    int came[TICKS];                                /* moves ordered */
    double late, lost;                              /* requests */
    int moves;
} result[WAYS];

static void must(psc_status status, const char *what)
{
    if (status >= 0) return;
    fprintf(stderr, "controller: %s: %s\n", what, psc_strerror(status));
    exit(1);
}

static void *memory_for(size_t bytes)
{
    void *p = bytes ? calloc(1, bytes) : NULL;

    if (!p) must(PSC_ERR_SPACE, "memory");
    return p;
}

/* ---- reading --------------------------------------------------------------------------------- */

static FILE *open_data(const char *folder, const char *name)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "r");
    if (f) return f;
    fprintf(stderr, "controller: %s cannot be read; run from the top folder, or name the data folder\n", path);
    exit(1);
}

static void read_shards(const char *folder)
{
    static char line[8192];
    FILE *f = open_data(folder, "run.csv");
    int s, i;

    while (fgets(line, sizeof line, f)) (void)sscanf(line, "capacity_rps,%lf", &data.capacity);
    fclose(f);
    f = open_data(folder, "cluster.csv");
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%d,%*d,%d", &s, &i) == 2 && s >= 0 && s < SHARDS && i >= 0 && i < NODES) data.home[s] = i;
    fclose(f);
    f = open_data(folder, "shards.csv");
    while (fgets(line, sizeof line, f)) {
        char *at;
        const long tick = strtol(line, &at, 10);
        if (at == line || tick < 0 || tick >= TICKS) continue;
        for (s = 0; s < SHARDS && *at == ','; s++) data.load[tick][s] = strtod(at + 1, &at);
    }
    fclose(f);
    if (!(data.capacity > 0.0)) must(PSC_ERR_RANGE, "capacity_rps in run.csv");
}

static void read_beats(const char *folder)
{
    FILE *f = open_data(folder, "nodes.csv");
    char line[512];
    double in, out;
    int tick, i;

    while (fgets(line, sizeof line, f)) {
        beat_row b = {1, 0, 0, 0, 0, 0, 0, 0, 0};
        if (sscanf(line, "%d,%d,%lf,%lf,%lf,%lf,%lf,%lf,%*f,%lf,%lf,%lf", &tick, &i, &b.sent, &b.received, &b.requests,
                   &b.errors, &b.latency, &b.busy, &b.memory, &in, &out) != 11
            || tick < 0 || tick >= TICKS || i < 0 || i >= NODES)
            continue;
        b.bytes = in + out;
        data.beat[tick][i] = b;
    }
    fclose(f);
}

/* ---- heartbeats to probabilities of failure ---------------------------------------------------- */

/* A recorded row as a heartbeat; its counts are since the row before. */
static void observe(psc_node *node, int32_t id, int tick, const beat_row *r, const beat_row *last)
{
    const double asked = (r->sent - last->sent) / 1e6, answered = (r->received - last->received) / 1e6;
    const double busy = fmin(r->busy / 1e6 / answered, 1.0);
    double metric[METRICS];
    psc_beat beat;

    memset(&beat, 0, sizeof beat);
    beat.node = beat.sender = id;
    beat.sequence = (uint64_t)tick + 1;
    beat.sent_at = (int64_t)(r->sent * 1e3);
    beat.received_at = (int64_t)(r->received * 1e3);
    metric[PSC_METRIC_RATE] = r->requests / asked;
    metric[PSC_METRIC_LATENCY] = r->latency / 1e6;
    metric[PSC_METRIC_ERRORS] = r->errors > 0.0 ? r->errors / (r->errors + r->requests) : 0.0;
    metric[PSC_METRIC_CPU] = busy;
    metric[PSC_METRIC_MEMORY] = fmin(r->memory / MAX_MEMORY, 1.0);
    metric[PSC_METRIC_NETWORK] = r->bytes / answered;
    metric[PSC_METRIC_CAPACITY] = (1.0 - busy) * data.capacity;
    must(psc_node_observe(node, &beat, metric), "heartbeat");
}

static psc_node *node_new(int32_t id)
{
    psc_node_config config;
    psc_node *node;

    psc_node_default(&config);
    config.id = id;
    config.metrics = METRICS;
    config.learn = WEEK;
    config.memory = 4 * WEEK;
    config.day_ns = DAY * SECOND;                   /* a second of the recording stands for an hour */
    config.step_ns = SECOND;
    node = (psc_node *)memory_for(psc_node_size(&config));
    must(psc_node_init(node, psc_node_size(&config), &config), "node");
    return node;
}

/* Nothing is looked at before its time. No answer for four ticks: it is down. */
static void watch(int32_t id)
{
    psc_node *node = node_new(id);
    psc_failure_config config;
    psc_failure *model;
    psc_node_score score;
    beat_row last;
    int tick, silent = 0;

    psc_failure_default(&config);
    config.capacity = 0;                            /* no outcomes to learn from: the documented prior */
    model = (psc_failure *)memory_for(psc_failure_size(&config));
    must(psc_failure_init(model, psc_failure_size(&config), &config), "failure model");
    memset(&last, 0, sizeof last);
    for (tick = 0; tick < TICKS; tick++) {
        const beat_row *r = &data.beat[tick][id];
        silent = r->here ? 0 : silent + 1;
        if (r->here) {
            observe(node, id, tick, r, &last);
            last = *r;
        }
        must(psc_node_score_at(node, (tick + 1) * SECOND + SECOND / 4, &score), "score");
        must(psc_failure_probability(model, &score, &data.failing[tick][id]), "failure probability");
        if (silent > 3) data.failing[tick][id] = 1.0;
    }
    free(model);
    free(node);
}

/* ---- what is printed --------------------------------------------------------------------------- */

static const double *now;               /* [NODES] use in this tick */
static double most[NODES];              /* highest use foreseen of each node, and in how many hours */
static int when[NODES];

static void foreseen(const psc_control *c)
{
    int i, s, k;

    for (i = 0; i < NODES; i++) {
        most[i] = 0.0;
        for (k = 0; k < AHEAD; k++) {
            double use = 0.0;
            for (s = 0; s < SHARDS; s++) use += c->going[s] == i ? c->path[s * AHEAD + k] / data.capacity : 0.0;
            if (use <= most[i]) continue;
            most[i] = use;
            when[i] = k + 1;
        }
    }
}

static void tell(int tick, const psc_control *c, const psc_order *order, const psc_control_info *info)
{
    int i;

    foreseen(c);
    printf("%4d", tick);
    for (i = 0; i < NODES; i++) printf("  %3.0f %3.0f", 100.0 * now[i], 100.0 * most[i]);
    printf("  %6.1f", info->before);
    for (i = 0; i < NODES; i++)
        if (c->failure[i] > c->ill && now[i] > 0.0)
            printf("  node %d %s", i, c->failure[i] < 1.0 ? "may fail" : "is down");
    printf("\n");
    for (i = 0; i < info->moves; i++) {
        const psc_order *o = &order[i];
        printf("      shard %2d from node %d to %d: ", o->shard, o->from, o->to);
        if (o->cause == PSC_CAUSE_LOAD)
            printf("%d at %.0f %% in %d h; saves %.1f late requests beyond its price\n", o->from,
                   100.0 * most[o->from], when[o->from], o->gain);
        else if (o->cause == PSC_CAUSE_FAILING)
            printf("%d fails with p = %.2f\n", o->from, c->failure[o->from]);
        else
            printf("%d is down\n", o->from);
    }
}

/* ---- the loop ---------------------------------------------------------------------------------- */

static psc_outlook *outlook_new(void)
{
    psc_outlook_config config;
    psc_outlook *outlook;

    psc_outlook_default(&config);
    config.series = SHARDS;
    config.hour = 1;
    config.far = FAR;
    outlook = (psc_outlook *)memory_for(psc_outlook_size(&config));
    must(psc_outlook_init(outlook, psc_outlook_size(&config), &config), "outlook");
    return outlook;
}

/* Takes a tick's requests to the nodes that have the shards; counts what came late (by the control's own measure, for
 * want of a cluster that answers) or went to a dead node. */
static void serve(int way, int tick, const int32_t *home, double steep)
{
    double *use = result[way].use[tick];
    int i, s;

    for (s = 0; s < SHARDS; s++) use[home[s]] += data.load[tick][s] / data.capacity;
    for (i = 0; i < NODES && tick >= LEARN; i++) {
        const double load = use[i] * data.capacity, share = fmin(1.0, exp(-steep * (1.0 - use[i])));
        if (data.failing[tick][i] < 1.0) result[way].late += share * load;
        else result[way].lost += load;
    }
    now = use;
}

static void run(int way)
{
    static double capacity[NODES], path[SHARDS * AHEAD], spread[SHARDS * AHEAD], price[SHARDS], landing[SHARDS];
    double work[4 * AHEAD];
    int32_t home[SHARDS], going[SHARDS], rested[SHARDS];
    psc_order order[SHARDS];
    psc_outlook *outlook = outlook_new();
    psc_control c;
    psc_control_info info;
    void *room;
    int tick, i, s, k;

    psc_control_default(&c);
    c.nodes = NODES;
    c.shards = SHARDS;
    c.hour = 1;
    c.far = FAR;
    c.rest = 6;
    c.capacity = capacity;
    c.path = path;
    c.spread = way == FORESEE ? spread : NULL;
    c.home = home;
    c.going = going;
    c.rested = rested;
    c.price = price;
    c.landing = landing;
    c.load = data.load[0];
    c.failure = data.failing[0];
    for (i = 0; i < NODES; i++) capacity[i] = data.capacity;
    for (s = 0; s < SHARDS; s++) {
        home[s] = going[s] = data.home[s];
        rested[s] = WEEK;
        price[s] = 2.0;                             /* late requests that a move costs */
        landing[s] = 1.0;                           /* hours until it serves at its target */
    }
    room = memory_for(psc_control_size(&c));
    for (tick = 0; tick < TICKS; tick++) {
        const double *load = data.load[tick];
        serve(way, tick, home, c.steep);
        for (s = 0; s < SHARDS; s++) {              /* what was on its way has landed */
            rested[s] = home[s] == going[s] ? rested[s] + 1 : 0;
            home[s] = going[s];
        }
        must(psc_outlook_observe(outlook, load, NULL, 0, work), "counts");
        if (way == STILL || tick < LEARN) continue;
        must(psc_outlook_predict(outlook, 0, SHARDS, NULL, 0, path, spread, work), "forecast");
        for (k = 0; k < SHARDS * AHEAD && way == REACT; k++) path[k] = load[k / AHEAD];
        c.load = load;
        c.failure = data.failing[tick];
        must(psc_control_of(&c, room, psc_control_size(&c), order, SHARDS, &info), "control");
        if (way == FORESEE && tick >= FIRST && tick < LAST) tell(tick, &c, order, &info);
        for (i = 0; i < info.moves; i++) going[order[i].shard] = order[i].to;
        result[way].came[tick] = info.moves;
        result[way].moves += info.moves;
    }
    free(room);
    free(outlook);
}

/* ---- the picture ------------------------------------------------------------------------------- */

#define WIDTH 960
#define LEFT  60
#define RIGHT 20
#define PANEL 150
#define HIGH  120               /* per cent at a panel's top */

/* Of the middle of a tick. */
static double x_of(int tick) { return LEFT + (tick - FIRST + 0.5) * (WIDTH - LEFT - RIGHT) / (double)(LAST - FIRST); }

/* The nodes' use in a panel whose floor is at y; the node that fails stands out. */
static void draw_panel(FILE *f, int way, double floor, int failing, const char *title)
{
    int i, t, level;

    for (level = 0; level <= HIGH; level += 20)
        fprintf(f, "<path stroke='%s' d='M%d %.1fH%d'/><text x='%d' y='%.1f' text-anchor='end'>%d %%</text>\n",
                level == 100 ? "#555' stroke-dasharray='6 4" : "#eee", LEFT, floor - level * (double)PANEL / HIGH,
                WIDTH - RIGHT, LEFT - 6, floor - level * (double)PANEL / HIGH + 4.0, level);
    for (i = 0; i < NODES; i++) {
        fprintf(f, "<path fill='none' stroke='%s' d='", i == failing ? "#d62728' stroke-width='2" : "#4292c6");
        for (t = FIRST; t < LAST; t++)
            fprintf(f, "%c%.1f %.1f", t == FIRST ? 'M' : 'L', x_of(t),
                    floor - fmin(100.0 * result[way].use[t][i], HIGH) * PANEL / HIGH);
        fprintf(f, "'/>\n");
    }
    fprintf(f, "<text x='%d' y='%.1f' font-size='14'>%s</text>\n", LEFT, floor - PANEL - 8.0, title);
}

static void draw_moves(FILE *f, double floor)
{
    int t;

    fprintf(f, "<path stroke='#bbb' d='M%d %.1fH%d'/><text x='%d' y='%.1f' text-anchor='end'>moves</text>\n", LEFT,
            floor, WIDTH - RIGHT, LEFT - 6, floor);
    for (t = FIRST; t < LAST; t++) {
        const int n = result[FORESEE].came[t];
        if (n == 0) continue;
        fprintf(f, "<rect x='%.1f' y='%.1f' width='10' height='%d' fill='#2ca02c'/><text x='%.1f' y='%.1f' "
                "text-anchor='middle'>%d</text>\n", x_of(t) - 5.0, floor - 4.0 * n, 4 * n, x_of(t),
                floor - 4.0 * n - 3.0, n);
    }
    for (t = FIRST; t <= LAST; t += 6)
        fprintf(f, "<text x='%.1f' y='%.1f' text-anchor='middle'>%d</text>\n", x_of(t), floor + 16.0, t);
}

static void draw(const char *path)
{
    FILE *f = fopen(path, "w");
    int failing = 0, i;

    if (!f) {
        fprintf(stderr, "controller: cannot write %s\n", path);
        exit(1);
    }
    for (i = 0; i < NODES; i++) if (data.failing[LAST - 1][i] > data.failing[LAST - 1][failing]) failing = i;
    fprintf(f, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d 464' font-family='sans-serif' font-size='12'>\n"
            "<rect width='%d' height='464' fill='white'/>\n", WIDTH, WIDTH);
    draw_panel(f, STILL, 190.0, failing, "Load of six nodes without moves, per cent of what a node serves (dashed); "
               "red: the node that is killed at 807");
    draw_panel(f, FORESEE, 385.0, failing, "The same shards moved by the forecast");
    draw_moves(f, 440.0);
    fprintf(f, "</svg>\n");
    fclose(f);
}

int main(int argc, char **argv)
{
    static const char *const name[WAYS] = {"no moves", "by the last hour", "by the forecast"};
    const char *folder = argc > 1 ? argv[1] : "examples/data";
    int i, way;

    read_shards(folder);
    read_beats(folder);
    for (i = 0; i < NODES; i++) watch(i);
    printf("tick  use of node 0..5 in %%: now, and at most in the next %d hours; late requests expected; why\n", AHEAD);
    for (way = 0; way < WAYS; way++) run(way);
    printf("\nhours %d to %d     moves   late requests   sent to a dead node\n", LEARN, TICKS - 1);
    for (way = 0; way < WAYS; way++)
        printf("%-18s %5d %15.0f %21.0f\n", name[way], result[way].moves, result[way].late, result[way].lost);
    if (argc > 2) draw(argv[2]);
    return 0;
}
