/* controller - a host's control loop on what a real Redis Cluster sent (examples/data/README.md).
 *
 *     build/controller [DATA_FOLDER [SVG_FILE]]
 *
 * Every hour (a tick) of the recording: take the beats and counts, foresee the next twelve hours, plan, move. It prints
 * what it sees, foresees, plans and why, for a day and a half around the failure. A recording does not answer: the moves
 * are made on paper, and a node's load is that of the shards it would have. The failing node is a real one. */
#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICKS = 840, NODES = 6, SHARDS = 60, DAY = 24, WEEK = 168, AHEAD = 12, SLOT = 2, SLOTS = AHEAD / SLOT,
    METRICS = 7, FIRST = 780, LAST = 816, MOST = 3
};

#define CAPACITY 626.0                              /* requests a tick that a node serves, as measured */
#define FULL 0.8                                    /* of it; above, requests wait */
#define LEVEL 0.9                                   /* quantile that is planned for */
#define SECOND INT64_C(1000000000)

static struct { int here; double sent, received, requests, errors, latency, busy, memory, bytes; } beat[TICKS][NODES];
static double load[TICKS][SHARDS], fleet[TICKS], use[TICKS][NODES];
static int moves_at[TICKS];
static int32_t home[SHARDS];
static int64_t rested[SHARDS];
static psc_node *node[NODES];
static unsigned char *trackers;
static size_t tracker_bytes;

static void must(psc_status status)
{
    if (status >= 0) return;
    fprintf(stderr, "controller: %s\n", psc_strerror(status));
    exit(1);
}

static void *memory_for(size_t bytes)
{
    void *p = calloc(1, bytes);
    if (!p) exit(1);
    return p;
}

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

static void read_data(const char *folder)
{
    static char line[8192];
    FILE *f = open_data(folder, "nodes.csv");
    double sent, received, v[8];
    int tick, i, s;

    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%d,%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &tick, &i, &sent, &received, v, v + 1, v + 2, v + 3,
                   v + 4, v + 5, v + 6, v + 7) != 12 || tick < 0 || tick >= TICKS || i < 0 || i >= NODES) continue;
        beat[tick][i].here = 1;
        beat[tick][i].sent = sent;
        beat[tick][i].received = received;
        beat[tick][i].requests = v[0];
        beat[tick][i].errors = v[1];
        beat[tick][i].latency = v[2];
        beat[tick][i].busy = v[3];
        beat[tick][i].memory = v[5];
        beat[tick][i].bytes = v[6] + v[7];
    }
    fclose(f);
    f = open_data(folder, "cluster.csv");
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%d,%*d,%d", &s, &i) == 2 && s >= 0 && s < SHARDS && i >= 0 && i < NODES) home[s] = i;
    fclose(f);
    f = open_data(folder, "shards.csv");
    while (fgets(line, sizeof line, f)) {
        char *at;
        tick = (int)strtol(line, &at, 10);
        if (at == line || tick < 0 || tick >= TICKS) continue;
        for (s = 0; s < SHARDS && *at == ','; s++) load[tick][s] = strtod(at + 1, &at);
    }
    fclose(f);
}

static void start(void)
{
    psc_tracker_config tracker;
    psc_node_config config;
    int i;

    psc_tracker_default(&tracker);
    tracker.period1 = DAY;
    tracker.period2 = WEEK;
    tracker_bytes = psc_tracker_size(&tracker);
    trackers = (unsigned char *)memory_for(SHARDS * tracker_bytes);
    for (i = 0; i < SHARDS; i++) {
        must(psc_tracker_init((psc_tracker *)(trackers + (size_t)i * tracker_bytes), tracker_bytes, &tracker));
        rested[i] = INT64_MAX;
    }
    for (i = 0; i < NODES; i++) {
        psc_node_default(&config);
        config.id = i;
        config.metrics = METRICS;
        config.learn = WEEK;
        config.memory = 4 * WEEK;
        node[i] = (psc_node *)memory_for(psc_node_size(&config));
        must(psc_node_init(node[i], psc_node_size(&config), &config));
    }
}

/* Probability that a node fails soon, from its beats up to this tick. */
static double failure_of(int i, int tick)
{
    static double sent[NODES], received[NODES];
    psc_failure_config failure;
    psc_node_score score;
    double p;

    if (beat[tick][i].here) {
        const double asked = (beat[tick][i].sent - sent[i]) / 1e6, answered = (beat[tick][i].received - received[i]) / 1e6;
        const double busy = beat[tick][i].busy / 1e6 / answered, failed = beat[tick][i].errors;
        double metric[METRICS] = { 0 };
        psc_beat b = { 0 };
        b.node = b.sender = i;
        b.sequence = (uint64_t)tick + 1;
        b.sent_at = (int64_t)(beat[tick][i].sent * 1e3);
        b.received_at = (int64_t)(beat[tick][i].received * 1e3);
        metric[PSC_METRIC_RATE] = beat[tick][i].requests / asked;
        metric[PSC_METRIC_LATENCY] = beat[tick][i].latency / 1e6;
        metric[PSC_METRIC_ERRORS] = failed > 0 ? failed / (failed + beat[tick][i].requests) : 0;
        metric[PSC_METRIC_CPU] = busy < 1 ? busy : 1;
        metric[PSC_METRIC_MEMORY] = beat[tick][i].memory / 200e6;
        metric[PSC_METRIC_NETWORK] = beat[tick][i].bytes / answered;
        metric[PSC_METRIC_CAPACITY] = busy < 1 ? (1 - busy) * CAPACITY : 0;
        sent[i] = beat[tick][i].sent;
        received[i] = beat[tick][i].received;
        must(psc_node_observe(node[i], &b, metric));
    }
    must(psc_node_score_at(node[i], (tick + 1) * SECOND + SECOND / 4, &score));
    psc_failure_default(&failure);
    must(psc_failure_probability(&failure, &score, &p));
    return p;
}

/* The controller: one step after each tick. */
static void control(int tick, const double *failing)
{
    static int64_t capacity[NODES * SLOTS], soft[NODES * SLOTS], demand[SHARDS * SLOTS], price[SHARDS], impact[SHARDS];
    static int32_t closed[NODES], risk[NODES], goal[SHARDS];
    static psc_move order[2 * SHARDS];
    const double level = LEVEL;
    psc_cluster c;
    psc_plan_config config;
    psc_waves_config waves;
    psc_waves_info info;
    double peak[NODES] = { 0 };
    int hour[NODES] = { 0 }, i, s, k, leave = 0;

    must(psc_trackers_observe(trackers, SHARDS, load[tick]));
    if (tick < 2 * WEEK) return;
    for (s = 0; s < SHARDS; s++) {                  /* the largest hour of each slot, at the level */
        double ahead[AHEAD];
        must(psc_tracker_predict((psc_tracker *)(trackers + (size_t)s * tracker_bytes), AHEAD, &level, 1, NULL, ahead));
        for (k = 0; k < SLOTS; k++)
            demand[s * SLOTS + k] = (int64_t)(ahead[k * SLOT] > ahead[k * SLOT + 1] ? ahead[k * SLOT] : ahead[k * SLOT + 1]) + 1;
        price[s] = 30;                              /* requests that a move must keep from waiting */
        impact[s] = 4 * demand[s * SLOTS];          /* hours until a lost shard is back */
        rested[s] += rested[s] < INT64_MAX - 3600 * SECOND ? 3600 * SECOND : 0;
    }
    for (i = 0; i < NODES; i++) {
        closed[i] = failing[i] > 0.3;
        risk[i] = (int32_t)(failing[i] * 1e6);
        leave |= failing[i] > 0.5;
        for (k = 0; k < SLOTS; k++) {
            double u = 0;
            capacity[i * SLOTS + k] = (int64_t)(4 * CAPACITY);
            soft[i * SLOTS + k] = (int64_t)(FULL * CAPACITY);
            for (s = 0; s < SHARDS; s++) u += home[s] == i ? (double)demand[s * SLOTS + k] / CAPACITY : 0;
            if (u > peak[i]) peak[i] = u, hour[i] = k * SLOT;
        }
    }
    psc_cluster_default(&c);
    c.resources = SLOTS; c.nodes = NODES; c.shards = SHARDS;
    c.capacity = capacity; c.soft = soft; c.closed = closed; c.risk = risk;
    c.demand = demand; c.home = home; c.move_cost = price; c.impact = impact; c.rested = rested;
    psc_plan_default(&config);
    config.cooldown = 6 * 3600 * SECOND;
    config.max_node_moves = leave ? INT32_MAX : MOST;
    psc_waves_default(&waves);
    {
        psc_plan *plan = (psc_plan *)memory_for(psc_plan_size(&c, &config));
        void *work = memory_for(psc_waves_size(&c));
        must(psc_cluster_check(&c));
        must(psc_plan_init(plan, psc_plan_size(&c, &config), &c, &config));
        must(psc_plan_step(plan, &c, INT64_MAX / 2));
        must(psc_plan_best(plan, &c, goal, NULL));
        must(psc_waves_of(&c, &waves, goal, work, psc_waves_size(&c), order, 2 * SHARDS, &info));
        free(work);
        free(plan);
    }
    if (tick >= FIRST && tick < LAST) {
        printf("%3d |", tick);
        for (i = 0; i < NODES; i++) printf(" %3.0f>%3.0f%%", 100 * use[tick][i], 100 * peak[i]);
        printf(" |");
        for (i = 0; i < NODES; i++) if (failing[i] > 0.3) printf(" node %d fails with p = %.2f;", i, failing[i]);
        if (!info.moves) printf(" nothing pays");
        printf("\n");
    }
    for (i = 0; i < info.moves; i++) {
        const psc_move *m = &order[i];
        if (tick >= FIRST && tick < LAST) {
            printf("    |   wave %d: shard %2d from node %d to %d, ", m->wave, m->shard, m->from, m->to);
            if (closed[m->from]) printf("since node %d may fail\n", m->from);
            else if (peak[m->from] <= FULL) printf("to make room\n");
            else printf("since node %d would be at %.0f %% in %d hours\n", m->from, 100 * peak[m->from], hour[m->from] + 1);
        }
        home[m->shard] = m->to;
        rested[m->shard] = 0;
        moves_at[tick]++;
    }
}

static void draw(const char *path)
{
    FILE *f = fopen(path, "w");
    int i, t;

    if (!f) return;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"330\" font-family=\"sans-serif\" font-size=\"11\">\n"
               "<rect width=\"760\" height=\"330\" fill=\"white\"/>\n<text x=\"10\" y=\"18\">Use of six nodes with the moves made, "
               "per cent of what a node serves; below: moves an hour</text>\n");
    for (i = 0; i <= 4; i++)
        fprintf(f, "<line x1=\"40\" x2=\"750\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/><text x=\"8\" y=\"%d\">%d %%</text>\n",
                250 - 50 * i, 250 - 50 * i, 254 - 50 * i, 30 * i);
    for (i = 0; i < NODES; i++) {
        fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"", i == 4 ? "#c0392b" : "#5b7a99", i == 4 ? "2" : "1");
        for (t = FIRST - DAY; t < LAST; t++) fprintf(f, "%.1f,%.1f ", 40 + (t - FIRST + DAY) * 710.0 / (LAST - FIRST + DAY), 250 - use[t][i] / 0.3 * 50);
        fprintf(f, "\"/>\n");
    }
    for (t = FIRST - DAY; t < LAST; t++)
        if (moves_at[t])
            fprintf(f, "<rect x=\"%.1f\" y=\"%d\" width=\"8\" height=\"%d\" fill=\"#2c7a4b\"/>\n", 38 + (t - FIRST + DAY) * 710.0 / (LAST - FIRST + DAY),
                    315 - 4 * moves_at[t], 4 * moves_at[t]);
    fprintf(f, "<text x=\"40\" y=\"327\">ticks %d to %d; red: the node that fails</text>\n</svg>\n", FIRST - DAY, LAST);
    fclose(f);
}

int main(int argc, char **argv)
{
    double failing[NODES], over = 0, over_still = 0;
    int32_t still[SHARDS];
    int t, i, s, moved = 0;

    read_data(argc > 1 ? argv[1] : "examples/data");
    memcpy(still, home, sizeof still);
    start();
    printf("hour | use now > highest of the next %d hours, of each node, at quantile %.1f | why\n", AHEAD, LEVEL);
    for (t = 0; t < TICKS; t++) {
        double idle[NODES] = { 0 };
        for (s = 0; s < SHARDS; s++) {
            use[t][home[s]] += load[t][s] / CAPACITY;
            idle[still[s]] += load[t][s] / CAPACITY;
            fleet[t] += load[t][s];
        }
        for (i = 0; i < NODES; i++) {
            over += t >= 2 * WEEK && use[t][i] > FULL ? (use[t][i] - FULL) * CAPACITY : 0;
            over_still += t >= 2 * WEEK && idle[i] > FULL ? (idle[i] - FULL) * CAPACITY : 0;
            failing[i] = failure_of(i, t);
        }
        control(t, failing);
        moved += moves_at[t];
    }
    printf("\nFrom tick %d on: %d moves; requests above %.0f %% of a node %.0f, without any move %.0f\n", 2 * WEEK, moved, 100 * FULL, over, over_still);
    if (argc > 2) draw(argv[2]);
    for (i = 0; i < NODES; i++) free(node[i]);
    free(trackers);
    return 0;
}
