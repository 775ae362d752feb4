/* assign.c - a made-up minute of a small balancer: four nodes, two types of request, and a node that begins to fail.
 * Prints where requests went every ten seconds, why one of them went where it did, and the personas at the end.
 *
 * A real server calls psc_personas_assign when a request comes, psc_personas_outcome when it has ended, and
 * psc_personas_beat at each heartbeat; here a simple model of the nodes stands in for all three. */
#include "predscale.h"
#include <stdio.h>
#include <stdlib.h>

#define MS INT64_C(1000000)
enum { NODES = 4, RATE = 400, SECONDS = 60, PENDING = 1024 };

/* What is out: when it ends, and what the assignment expected. */
typedef struct flight {
    int64_t start, end;
    psc_request request;
    psc_assignment answer;
    int ok;
} flight;

static flight pending[PENDING];
static uint64_t draws = 1;

static double draw(void)                /* 0..1, a linear congruence is enough here */
{
    draws = draws * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(draws >> 11) / 9007199254740992.0;
}

/* The nodes as they are, which the balancer has to find out: node 2 does type 1 in half of the time, node 3 is slow in
 * general, and node 1 fails more and more from second 30 on, quickly, so that it looks idle. */
static int serve(int32_t node, int32_t type, int64_t now, double *seconds)
{
    const double failing = node == 1 && now > 30000 * MS ? (double)(now - 30000 * MS) / (10000.0 * (double)MS) : 0.0;

    *seconds = 0.020 * (0.8 + 0.4 * draw()) * (node == 2 && type == 1 ? 0.5 : 1.0) * (node == 3 ? 1.5 : 1.0);
    if (draw() >= failing) return 1;
    *seconds = 0.001;
    return 0;
}

static void end_those_due(psc_personas *personas, int64_t now, int *failed)
{
    int i;

    for (i = 0; i < PENDING; i++) {
        flight *f = &pending[i];
        psc_outcome o = {0, 1, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0};
        if (f->end == 0 || f->end > now) continue;
        o.node = f->answer.node;
        o.ok = f->ok;
        o.expected = f->answer.service;
        o.latency = o.service = (double)(f->end - f->start) * 1e-9;
        if (psc_personas_outcome(personas, f->end, &f->request, &o) != PSC_OK) exit(1);
        *failed += !f->ok;
        f->end = 0;
    }
}

static void send(psc_personas *personas, int64_t now, int *count)
{
    flight *f = pending;
    double seconds;

    while (f->end != 0 && f < pending + PENDING - 1) f++;
    f->start = now;
    f->request.type = draw() < 0.5;
    f->request.lead = -1;
    f->request.size = 1.0;
    if (psc_personas_assign(personas, now, &f->request, &f->answer) != PSC_OK) exit(1);
    f->ok = serve(f->answer.node, f->request.type, now, &seconds);
    f->end = now + (int64_t)(seconds * 1e9);
    count[f->answer.node]++;
}

static void explain(const psc_personas *personas)
{
    static const char *const state[] = {"cold", "warming", "ready", "draining", "out"};
    psc_persona x;
    int32_t i;

    printf("\nnode  state     capacity stability affinity(1)  ms a request of type 1   risk\n");
    for (i = 0; i < NODES; i++) {
        if (psc_personas_explain(personas, i, 1, &x) != PSC_OK) exit(1);
        printf("%4d  %-8s  %8.2f %9.2f %11.2f  %22.1f   %4.2f\n", (int)i, state[x.state], x.capacity, x.stability,
               x.affinity, 1000.0 * x.service, x.risk);
    }
}

int main(void)
{
    static const double workers[NODES] = {4, 4, 4, 4};
    static uint64_t memory[512];                    /* the state is ours to keep; psc_personas_size says how much */
    psc_personas *personas = (psc_personas *)memory;
    psc_personas_config config;
    psc_assignment last = {0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    psc_request request = {1, -1, 1.0, 0.0, 0.0};
    int count[NODES] = {0}, failed = 0, i, k;

    psc_personas_default(&config);
    config.nodes = NODES;
    config.types = 2;
    config.workers = workers;
    config.shadow_rate = 0.0;                       /* nothing here sends duplicates */
    if (psc_personas_init(personas, sizeof memory, &config) != PSC_OK) return 1;
    printf("seconds   requests to node 0     1     2     3   failed\n");
    for (i = 0; i < SECONDS * RATE; i++) {
        const int64_t now = (i + 1) * (1000 * MS / RATE);
        end_those_due(personas, now, &failed);
        send(personas, now, count);
        if ((i + 1) % (10 * RATE) != 0) continue;
        printf("%3d..%-3d %20d %5d %5d %5d %8d\n", i / RATE - 9, i / RATE + 1, count[0], count[1], count[2], count[3], failed);
        for (k = 0; k < NODES; k++) count[k] = 0;
        failed = 0;
    }
    if (psc_personas_assign(personas, SECONDS * 1000 * MS, &request, &last) != PSC_OK) return 1;
    printf("\nnext, of type 1: node %d, else %d: %.1f ms wait + %.1f ms service + %.1f ms congestion + %.1f ms risk\n",
           (int)last.node, (int)last.runner_up, 1000.0 * last.wait, 1000.0 * last.service, 1000.0 * last.congestion,
           1000.0 * last.risk);
    explain(personas);
    return 0;
}
