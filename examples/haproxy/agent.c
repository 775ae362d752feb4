/* agent.c - predscale behind HAProxy's agent-check: heartbeats of servers in, weights out.
 *
 *     agent BEATS-PORT AGENT-PORT SERVERS
 *
 * Each server sends a heartbeat by UDP to 127.0.0.1:BEATS-PORT every tenth of a second, one line of text:
 *     SERVER SEQUENCE REQUESTS ERRORS LATENCY-SECONDS BUSY MEMORY     (of the tenth; shares 0..1)
 * HAProxy asks 127.0.0.1:AGENT-PORT + SERVER what to think of a server and gets one line: "ready up 40%" is a share of the
 * weight in its configuration, "drain" no new sessions. Node state and failure probability (Part 1 of predscale.h) say
 * how sick a server looks; the personas (Part 4) turn that and what its requests took into a state and a weight. A
 * server that was drained comes back cold, warms with a rising weight, and is ready then.
 *
 * A demonstration: it trusts whoever can send to a port of this machine. A host authenticates its heartbeats. */
#define _POSIX_C_SOURCE 200809L
#include "predscale.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 16, SILENT_BEATS = 5 };
#define TENTH INT64_C(100000000)

static psc_node *node[MAX];
static psc_failure *failure;         /* its stated prior: this demonstration ends before there are outcomes to learn from */
static psc_personas *personas;
static int64_t heard[MAX];
static int servers;

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void stop(const char *why)
{
    perror(why);
    exit(1);
}

static void must(psc_status status)
{
    if (status == PSC_OK) return;
    fprintf(stderr, "agent: %s\n", psc_strerror(status));
    exit(1);
}

static void *need(size_t bytes)
{
    void *p = bytes ? malloc(bytes) : NULL;

    if (!p) stop("agent: memory");
    return p;
}

static int socket_at(int type, int port)
{
    struct sockaddr_in at;
    int one = 1, s = socket(AF_INET, type, 0);

    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons((uint16_t)port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s < 0) stop("agent: socket");
    (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&at, sizeof at) != 0) stop("agent: bind");
    if (type == SOCK_STREAM && listen(s, 16) != 0) stop("agent: listen");
    return s;
}

static void prepare(void)
{
    psc_personas_config fleet;
    psc_failure_config prior;
    psc_node_config one;
    size_t bytes;
    int i;

    psc_node_default(&one);
    one.interval_ns = TENTH;
    one.learn = 30;                                 /* three seconds of health */
    for (i = 0; i < servers; i++) {
        one.id = i;
        bytes = psc_node_size(&one);
        node[i] = (psc_node *)need(bytes);
        must(psc_node_init(node[i], bytes, &one));
        heard[i] = now_ns();
    }
    psc_failure_default(&prior);
    prior.capacity = 0;
    bytes = psc_failure_size(&prior);
    failure = (psc_failure *)need(bytes);
    must(psc_failure_init(failure, bytes, &prior));
    psc_personas_default(&fleet);
    fleet.nodes = servers;
    fleet.beat_ns = TENTH;
    fleet.warm_ns = INT64_C(3000000000);
    fleet.start_ns = now_ns();
    fleet.shadow_rate = 0.0;                        /* HAProxy sends no duplicates */
    bytes = psc_personas_size(&fleet);
    personas = (psc_personas *)need(bytes);
    must(psc_personas_init(personas, bytes, &fleet));
}

/* What a tenth of a second of requests took, as one outcome; the agent does not see them one by one. */
static void learn(int i, int64_t now, double latency, int ok)
{
    const psc_request request = {0, -1, 1.0, 0.0, 0.0};
    psc_outcome o = {0, 1, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0};

    o.node = i;
    o.ok = ok;
    o.latency = o.service = latency;
    (void)psc_personas_outcome(personas, now, &request, &o);            /* an impossible latency teaches nothing */
}

static void take_beat(const char *line)
{
    unsigned long long sequence;
    const double missing = (double)NAN;
    double requests, errors, latency, busy, memory, metric[PSC_METRIC_HOST];
    psc_node_score score;
    psc_persona_beat told;
    psc_beat beat;
    int i, k;

    if (sscanf(line, "%d %llu %lf %lf %lf %lf %lf", &i, &sequence, &requests, &errors, &latency, &busy, &memory) != 7) return;
    if (i < 0 || i >= servers) return;
    for (k = 0; k < PSC_METRIC_HOST; k++) metric[k] = missing;
    metric[PSC_METRIC_LATENCY] = requests > 0.0 ? latency : missing;
    metric[PSC_METRIC_ERRORS] = requests > 0.0 ? errors : missing;
    metric[PSC_METRIC_MEMORY] = memory;
    memset(&beat, 0, sizeof beat);
    beat.node = beat.sender = i;
    beat.sequence = sequence;
    beat.received_at = beat.sent_at = now_ns();
    if (psc_node_observe(node[i], &beat, metric) != PSC_OK) return;     /* repeated, or impossible: not news */
    heard[i] = beat.received_at;
    must(psc_node_score_at(node[i], beat.received_at, &score));
    told.busy = busy;
    told.errors = requests > 0.0 ? errors : missing;
    told.contention = memory;
    told.workers = missing;
    must(psc_failure_probability(failure, &score, &told.failure));
    if (psc_personas_beat(personas, beat.received_at, i, &told) != PSC_OK) return;
    if (requests > 0.0 && latency > 0.0) learn(i, beat.received_at, latency, errors < 0.5);
}

/* One line for HAProxy, and the same on the standard output whenever it changes. */
static void answer(int s, int i)
{
    static char last[MAX][64];
    char line[64];
    psc_persona x;
    int c = accept(s, NULL, NULL);

    if (c < 0) return;
    must(psc_personas_explain(personas, i, 0, &x));
    if (x.weight <= 0.0) snprintf(line, sizeof line, "drain\n");
    else snprintf(line, sizeof line, "ready up %d%%\n", x.weight < 0.01 ? 1 : (int)(100.0 * x.weight + 0.5));
    if (write(c, line, strlen(line)) < 0) perror("agent: write");
    close(c);
    if (strcmp(line, last[i]) == 0) return;
    strcpy(last[i], line);
    printf("%.1f server %d risk %.2f factor %.2f %s", (double)now_ns() * 1e-9, i, x.risk, x.factor, line);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct pollfd at[MAX + 1];
    char line[256];
    int i, beats, first;

    beats = argc == 4 ? atoi(argv[1]) : 0;
    first = argc == 4 ? atoi(argv[2]) : 0;
    servers = argc == 4 ? atoi(argv[3]) : 0;
    if (servers < 1 || servers > MAX || beats < 1 || beats > 65535 || first < 1 || first + servers > 65536) {
        fprintf(stderr, "usage: agent BEATS-PORT AGENT-PORT SERVERS (1..%d)\n", (int)MAX);
        return 2;
    }
    prepare();
    for (i = 0; i <= servers; i++) {
        at[i].fd = i < servers ? socket_at(SOCK_STREAM, first + i) : socket_at(SOCK_DGRAM, beats);
        at[i].events = POLLIN;
    }
    for (;;) {
        const int64_t now = now_ns();
        if (poll(at, (nfds_t)(servers + 1), 100) < 0) stop("agent: poll");
        if (at[servers].revents & POLLIN) {
            const ssize_t n = recv(at[servers].fd, line, sizeof line - 1, 0);
            line[n > 0 ? n : 0] = '\0';
            take_beat(line);
        }
        for (i = 0; i < servers; i++) {
            if (now - heard[i] > SILENT_BEATS * TENTH) {
                must(psc_personas_silent(personas, now, i));
                heard[i] = now;                     /* told again after as many beats more */
            }
            if (at[i].revents & POLLIN) answer(at[i].fd, i);
        }
    }
}
