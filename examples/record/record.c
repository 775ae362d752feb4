/* record.c - drives a six-node Redis Cluster and writes down what a host would see of it.
 *
 * Not part of the library: this program made examples/data/, which the demo reads. Start it through record.sh, which
 * starts and stops the servers; on its own it needs six nodes that already form a cluster.
 *
 *     record OUTDIR TICKS SEED PORT:PID ... (six times)      record and write nodes.csv shards.csv cluster.csv run.csv
 *     record -n TICKS SEED                                   no servers: print the load that would be offered
 *
 * The picture. Sixty tenants, each one hash slot of fifty keys, ten on each node. Time is compressed: a tick is one
 * second of wall time and stands for one hour, so a day has 24 ticks and a week 168. What a tenant wants in an hour
 * follows a daily and a weekly shape, slow noise, and for some growth or bursts. Slot counts are even but load is not:
 * the tenants of node 0 peak together by day and those of node 1 in the evening, while the rest of the cluster has room.
 *
 * The load is open: arrivals are a Poisson process of its own seeded generator and never wait for an answer. The latency
 * of a request is counted from the moment it was due, so a slow server (or a late driver) cannot hide its queue. A
 * request is a GET or SET and a DEBUG SLEEP in one pipeline. The sleep is the node's limited capacity: queues are real,
 * answers are real, and hardly any processor time is used. At most INFLIGHT requests are under way per node, because
 * Redis runs a whole read buffer before it turns to the cluster bus; the rest waits here, until TIMEOUT_US.
 *
 * At the end of each tick every node is asked for INFO on a connection of its own. A row exists only if the answer came
 * before the next tick ended; when it was asked and when it came are in the row, so jitter is in the data as it was.
 *
 * One node fails, and only after `onset': each request sleeps longer, memory leaks, the process stops for moments
 * (SIGSTOP) that become longer and more frequent, and at `kill' it is killed. Nothing else is injected.
 *
 * One thread, one loop: advance (arrivals and ticks that are due), expire, send, wait for the next event, read.
 *
 * Contents (grep '^/\* ====')
 *   Sizes and names          Random numbers          Tenants and what they ask for          Talking to a node, waiting
 *   Set-up                   Requests                Heartbeats                             Faults
 *   The loop                 Main
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <hiredis/hiredis.h>

/* ==== Sizes and names =========================================================== */

enum {
    NODES = 6, PER_NODE = 10, TENANTS = NODES * PER_NODE, KEYS = 50, SLOTS = 16384,
    DAY = 24, WEEK = 168,              /* in ticks                                                     */
    TICK_US = 1000000,                 /* one tick of wall time, one hour of the story                 */
    SLEEP_US = 1500,                   /* server-side cost of a request; about 600 requests/s per node */
    INFLIGHT = 4, TIMEOUT_US = 1000000,
    QUEUE = 4096,                      /* more than a node can get in TIMEOUT_US; a power of two       */
    MAX_VALUE = 8192,
    FAILING = 4,                       /* the node that fails: neither of the two hot ones             */
    AFTER = 48, ONSET_BEFORE = 26, KILL_AFTER = 15      /* ticks after, before and after `now'         */
};
#define NEVER INT64_MAX

struct tenant {
    char tag[24];                      /* {tag} is the hash tag of all its keys                        */
    int kind, node, slot;
    double share;                      /* Zipf weight within its node                                  */
    double shift, calm, write_share;   /* peak moved by hours, how strong the weekend is, SETs of all  */
    int value_bytes;
    double scale;                      /* requests/s at shape 1, from the node's target and capacity   */
    double drift, burst;               /* slow noise (log), and the burst that is under way            */
    int64_t arrivals;                  /* in the current tick                                          */
};

struct request { int64_t due; int tenant, key, set_bytes, given_up; };

struct counters { int64_t busy_us, cpu_us, memory, net_in, net_out; };          /* as INFO tells       */
struct tally { int64_t requests, errors, latency_us; };                         /* as the driver saw   */

struct beat {
    int waiting, skip, valid;          /* an INFO is out; replies before its own; a row for this tick  */
    int64_t tick, sent, received;
    struct tally seen, last_seen;      /* at the time of asking, and the same of the last written row  */
    struct counters now, last;
};

struct node {
    int port;
    pid_t pid;
    redisContext *data, *control;      /* NULL while the connection is lost                            */
    int data_unsent, control_unsent;   /* the socket took only a part: wait until it is writable       */
    struct request flying[INFLIGHT];   /* oldest first, as replies come in order                       */
    int n_flying, replies;             /* replies: of the oldest one, 0 or 1                           */
    int failed;                        /* the oldest one's first reply was an error                    */
    struct request queue[QUEUE];
    unsigned head, tail;
    int sleep_us;
    struct tally tally;
    struct beat beat;
};

struct run {
    int ticks, now, onset, kill;
    uint64_t seed;
    double capacity;                   /* requests/s of one node, measured                             */
    int64_t tick, next_arrival;        /* current tick; when the next request is due                   */
    double drift;                      /* slow noise common to all tenants (log)                       */
    double cumulative[TENANTS];        /* running sum of the tenants' rates in this tick, requests/s   */
    int64_t pause_at, pause_length, pause_end;         /* NEVER: none planned                          */
    int64_t pauses, paused_us, killed_us;
    char leak_tag[24];
    FILE *nodes_csv, *shards_csv;
};

static struct tenant tenants[TENANTS];
static struct node nodes[NODES];
static char value[MAX_VALUE];
static struct timespec epoch;          /* the start of tick 0                                          */
static volatile sig_atomic_t interrupted;

static void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("record: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* Microseconds since the start of tick 0. */
static int64_t clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)(t.tv_sec - epoch.tv_sec) * 1000000 + (t.tv_nsec - epoch.tv_nsec) / 1000;
}

/* ==== Random numbers ============================================================ */

/* One stream per purpose, so that what the machine does to one of them does not change the others: the demand (as a
 * share of the measured capacity) and the faults of a seed are the same in every run. */
enum { R_TENANT, R_DEMAND, R_ARRIVAL, R_REQUEST, R_FAULT, R_STREAMS };
static uint64_t streams[R_STREAMS];

/* splitmix64: a counter and a mixing function (Steele, Lea, Flood 2014). */
static uint64_t random_bits(int stream)
{
    uint64_t z = streams[stream] += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void random_start(uint64_t seed)
{
    int i;

    for (i = 0; i < R_STREAMS; i++) {
        streams[i] = seed * UINT64_C(1000003) + (uint64_t)i;
        streams[i] = random_bits(i);
    }
}

static double uniform(int stream) { return (double)(random_bits(stream) >> 11) / 9007199254740992.0; }
static double between(int stream, double lo, double hi) { return lo + (hi - lo) * uniform(stream); }
static double exponential(int stream, double mean) { return -mean * log(1.0 - uniform(stream)); }

static double normal(int stream)
{
    double r = sqrt(-2.0 * log(1.0 - uniform(stream)));

    return r * cos(6.283185307179586 * uniform(stream));
}

/* ==== Tenants and what they ask for ============================================= */

/* A kind of tenant: a floor and two bumps over the day (the second with a weight), factors for Saturday and Sunday,
 * growth per week, bursts per tick, and the share of writes. */
static const struct kind {
    char letter;
    const char *name;
    double floor, hour1, hour2, weight2, width, saturday, sunday, growth, bursts, writes;
} kinds[] = {
    { 'o', "office",  0.28, 10.6, 15.2, 0.90, 1.8, 0.35, 0.28, 0.00, 0.000, 0.20 },
    { 'e', "evening", 0.27, 20.3, 12.5, 0.40, 2.1, 0.85, 0.92, 0.00, 0.000, 0.10 },
    { 'a', "asia",    0.30,  2.6,  7.2, 0.90, 1.9, 0.40, 0.30, 0.00, 0.000, 0.25 },
    { 'm', "america", 0.32, 16.6, 21.2, 0.80, 1.9, 0.40, 0.32, 0.00, 0.000, 0.20 },
    { 'n', "night",   0.14,  2.5, 23.0, 0.45, 1.3, 0.75, 1.35, 0.00, 0.000, 0.60 },
    { 'f', "flat",    1.00,  0.0,  0.0, 0.00, 1.0, 0.97, 0.95, 0.00, 0.000, 0.50 },
    { 'g', "growth",  0.35, 13.0, 17.5, 0.80, 3.0, 0.65, 0.60, 0.10, 0.000, 0.30 },
    { 'x', "burst",   0.60, 14.0, 19.0, 0.60, 3.5, 0.90, 0.85, 0.00, 0.012, 0.35 }
};

/* Who lives where, and the share of its capacity that a node gets at its weekly peak, without noise. */
static const struct { const char *kinds; double peak; } placement[NODES] = {
    { "oooooooogf", 0.98 },            /* hot by day        */
    { "eeeeeeeexf", 0.97 },            /* hot in the evening */
    { "nnnnffffgx", 0.68 },
    { "fffooegnam", 0.64 },
    { "aaaaafffng", 0.60 },            /* the one that will fail */
    { "mmmmffogen", 0.66 }
};

/* CRC16/XMODEM, the polynomial Redis Cluster maps keys to slots with (only the part within {} is hashed). */
static int slot_of(const char *tag)
{
    unsigned crc = 0;
    int bit;

    for (; *tag; tag++) {
        crc ^= (unsigned)(unsigned char)*tag << 8;
        for (bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    }
    return (int)(crc & (SLOTS - 1));
}

/* record.sh gives node n the slots [n * SLOTS / NODES, (n + 1) * SLOTS / NODES). */
static int node_of(int slot)
{
    int n = 0;

    while (slot >= (n + 1) * SLOTS / NODES) n++;
    return n;
}

static int slot_taken(int slot)
{
    int i;

    for (i = 0; i < TENANTS; i++)
        if (tenants[i].tag[0] && tenants[i].slot == slot) return 1;
    return 0;
}

/* Number the name until its slot is free and lies on the node. */
static int choose_tag(char tag[24], const char *name, int node)
{
    int number, slot;

    for (number = 1; ; number++) {
        snprintf(tag, 24, "%s-%d", name, number % 10000);
        slot = slot_of(tag);
        if (node_of(slot) == node && !slot_taken(slot)) return slot;
    }
}

static int by_slot(const void *a, const void *b)
{
    return ((const struct tenant *)a)->slot - ((const struct tenant *)b)->slot;
}

static int kind_of(char letter)
{
    int k = 0;

    while (kinds[k].letter != letter) k++;
    return k;
}

/* Who is large and who is small within a node is drawn, so that size says nothing about kind. */
static void ranks_shuffle(int rank[PER_NODE])
{
    int i, j, t;

    for (i = 0; i < PER_NODE; i++) rank[i] = i;
    for (i = PER_NODE - 1; i > 0; i--) {
        j = (int)(uniform(R_TENANT) * (i + 1));
        t = rank[i]; rank[i] = rank[j]; rank[j] = t;
    }
}

/* Draw the sixty tenants; in the end shard i is tenants[i], in the order of slots (and so of nodes). */
static void tenants_create(void)
{
    int n, i, rank[PER_NODE];

    memset(tenants, 0, sizeof tenants);
    for (n = 0; n < NODES; n++) {
        ranks_shuffle(rank);
        for (i = 0; i < PER_NODE; i++) {
            struct tenant t;

            memset(&t, 0, sizeof t);
            t.kind = kind_of(placement[n].kinds[i]);
            t.node = n;
            t.share = pow(rank[i] + 2.0, -0.9);
            t.shift = between(R_TENANT, -0.6, 0.6);
            t.calm = between(R_TENANT, 0.7, 1.2);
            t.write_share = kinds[t.kind].writes * between(R_TENANT, 0.6, 1.4);
            t.value_bytes = (int)(200.0 * pow(30.0, uniform(R_TENANT)));
            t.slot = choose_tag(t.tag, kinds[t.kind].name, n);
            t.burst = 1.0;
            tenants[n * PER_NODE + i] = t;
        }
    }
    qsort(tenants, TENANTS, sizeof tenants[0], by_slot);
}

static double bump(double hour, double centre, double width)
{
    double d = fmod(fabs(hour - centre), 24.0);

    if (d > 12.0) d = 24.0 - d;
    return exp(-0.5 * d * d / (width * width));
}

/* 0 is Monday. `now' is made to fall on a Tuesday, 00:00, whatever the length of the run. */
static int first_weekday(int now) { return ((1 - now / DAY) % 7 + 7) % 7; }

/* The regular part of what tenant t asks for in a tick, of its `scale'. */
static double shape(const struct tenant *t, int64_t tick, int first)
{
    const struct kind *k = &kinds[t->kind];
    double hour = (double)(tick % DAY) + 0.5 - t->shift;
    double day = bump(hour, k->hour1, k->width) + k->weight2 * bump(hour, k->hour2, k->width);
    int weekday = (int)((tick / DAY + first) % 7);
    double week = weekday == 5 ? k->saturday : weekday == 6 ? k->sunday : 1.0;

    if (k->floor >= 1.0) day = 0.0;
    week = 1.0 + (week - 1.0) * t->calm;
    return (k->floor + (1.0 - k->floor) * day) * week * pow(1.0 + k->growth, (double)tick / WEEK);
}

/* Set each tenant's scale so that its node's regular peak in the last full week before `now' is the node's target. */
static void scale_to_capacity(const struct run *run)
{
    int n, i, first = first_weekday(run->now), from = run->now > WEEK ? run->now - WEEK : 0;
    int64_t tick;

    for (n = 0; n < NODES; n++) {
        double peak = 0.0;

        for (tick = from; tick < from + WEEK; tick++) {
            double sum = 0.0;

            for (i = n * PER_NODE; i < (n + 1) * PER_NODE; i++)
                sum += tenants[i].share * shape(&tenants[i], tick, first);
            if (sum > peak) peak = sum;
        }
        for (i = n * PER_NODE; i < (n + 1) * PER_NODE; i++)
            tenants[i].scale = tenants[i].share * placement[n].peak * run->capacity / peak;
    }
}

/* The rates of a tick: the regular part times slow noise (own and common to all) times a burst. */
static void tick_rates(struct run *run, int64_t tick, double rate[TENANTS])
{
    int i, first = first_weekday(run->now);

    run->drift = 0.9 * run->drift + 0.012 * normal(R_DEMAND);
    for (i = 0; i < TENANTS; i++) {
        struct tenant *t = &tenants[i];

        t->drift = 0.85 * t->drift + 0.045 * normal(R_DEMAND);
        t->burst = t->burst > 1.05 ? 1.0 + (t->burst - 1.0) * between(R_DEMAND, 0.3, 0.8) : 1.0;
        if (uniform(R_DEMAND) < kinds[t->kind].bursts) t->burst = between(R_DEMAND, 2.5, 4.5);
        rate[i] = t->scale * shape(t, tick, first) * t->burst * exp(t->drift + run->drift);
    }
}

/* ==== Talking to a node, waiting ================================================ */

/* The set-up uses plain blocking connections; the load never does. */
static redisContext *connect_or_die(int port)
{
    struct timeval patience = { 5, 0 };
    redisContext *c = redisConnectWithTimeout("127.0.0.1", port, patience);

    if (!c || c->err) die("cannot connect to 127.0.0.1:%d: %s", port, c ? c->errstr : "out of memory");
    redisSetTimeout(c, patience);
    return c;
}

/* The next reply of a blocking pipeline; anything but an answer ends the program. */
static redisReply *reply_or_die(redisContext *c)
{
    void *reply = NULL;

    if (redisGetReply(c, &reply) != REDIS_OK || !reply) die("a node did not answer: %s", c->errstr);
    if (((redisReply *)reply)->type == REDIS_REPLY_ERROR) die("a node refused: %s", ((redisReply *)reply)->str);
    return reply;
}

static int64_t integer_or_die(redisContext *c)
{
    redisReply *reply = reply_or_die(c);
    int64_t number = reply->integer;

    freeReplyObject(reply);
    return number;
}

static redisContext *connect_quietly(int port)
{
    redisContext *c = redisConnectNonBlock("127.0.0.1", port);

    if (c && c->err) {
        redisFree(c);
        c = NULL;
    }
    return c;
}

/* Write what the socket takes now. Returns 0 if the connection is lost. */
static int flush(redisContext *c, int *unsent)
{
    int done = 0;

    if (redisBufferWrite(c, &done) != REDIS_OK) return 0;
    *unsent = !done;
    return 1;
}

/* ==== Set-up ==================================================================== */

static void values_load(void)
{
    int i, k;

    for (i = 0; i < MAX_VALUE; i++) value[i] = (char)('a' + (int)(uniform(R_TENANT) * 26.0));
    for (i = 0; i < TENANTS; i++) {
        redisContext *c = connect_or_die(nodes[tenants[i].node].port);

        for (k = 0; k < KEYS; k++)
            redisAppendCommand(c, "SET {%s}:%d %b", tenants[i].tag, k, value, (size_t)tenants[i].value_bytes);
        for (k = 0; k < KEYS; k++) freeReplyObject(reply_or_die(c));
        redisFree(c);
    }
}

/* cluster.csv: what it would cost to move each shard, from the servers themselves. */
static void cluster_write(const char *path)
{
    FILE *f = fopen(path, "w");
    int i, k;

    if (!f) die("cannot write %s: %s", path, strerror(errno));
    fprintf(f, "shard,slot,node,tenant,bytes,keys\n");
    for (i = 0; i < TENANTS; i++) {
        const struct tenant *t = &tenants[i];
        redisContext *c = connect_or_die(nodes[t->node].port);
        int64_t bytes = 0, keys;

        for (k = 0; k < KEYS; k++) redisAppendCommand(c, "MEMORY USAGE {%s}:%d SAMPLES 0", t->tag, k);
        for (k = 0; k < KEYS; k++) bytes += integer_or_die(c);
        redisAppendCommand(c, "CLUSTER COUNTKEYSINSLOT %d", t->slot);
        keys = integer_or_die(c);
        fprintf(f, "%d,%d,%d,%s,%lld,%lld\n", i, t->slot, t->node, t->tag, (long long)bytes, (long long)keys);
        redisFree(c);
    }
    if (fclose(f)) die("cannot write %s: %s", path, strerror(errno));
}

/* A closed loop against one idle node, INFLIGHT requests under way: what a node can do, in requests per second. */
static double capacity_measure(int port)
{
    const struct tenant *t = &tenants[TENANTS - 1];
    redisContext *c = connect_or_die(port);
    int64_t start = clock_us(), done = 0, sent = 0, end = start + 4 * TICK_US, now;

    do {
        while (sent < done + INFLIGHT) {
            redisAppendCommand(c, "GET {%s}:%d", t->tag, (int)(sent++ % KEYS));
            redisAppendCommand(c, "DEBUG SLEEP %f", SLEEP_US / 1e6);
        }
        freeReplyObject(reply_or_die(c));
        freeReplyObject(reply_or_die(c));
        done++;
        now = clock_us();
    } while (now < end);
    redisFree(c);
    return (double)done * 1e6 / (double)(now - start);
}

/* ==== Requests ================================================================== */

static void request_failed(struct node *n) { n->tally.errors++; }

/* The connection broke: everything under way or waiting has failed, as it would for any client. */
static void data_lost(struct node *n)
{
    int i;

    for (i = 0; i < n->n_flying; i++)
        if (!n->flying[i].given_up) request_failed(n);
    for (; n->head != n->tail; n->head++) request_failed(n);
    n->n_flying = n->replies = n->failed = n->data_unsent = 0;
    redisFree(n->data);
    n->data = NULL;
}

/* A request is due. Draw what it is and put it into its node's queue. */
static void request_arrive(const struct run *run, int64_t due)
{
    double u = uniform(R_REQUEST) * run->cumulative[TENANTS - 1];
    struct request r;
    struct node *n;
    int i = 0;

    while (i < TENANTS - 1 && run->cumulative[i] <= u) i++;
    tenants[i].arrivals++;
    u = uniform(R_REQUEST);
    r.due = due;
    r.tenant = i;
    r.key = (int)(u * u * KEYS);                       /* low numbers are asked for more often */
    r.set_bytes = 0;
    r.given_up = 0;
    if (uniform(R_REQUEST) < tenants[i].write_share)
        r.set_bytes = (int)(tenants[i].value_bytes * between(R_REQUEST, 0.8, 1.2));
    n = &nodes[tenants[i].node];
    if (!n->data || n->tail - n->head == QUEUE) request_failed(n);
    else n->queue[n->tail++ % QUEUE] = r;
}

/* Give up on what is older than TIMEOUT_US. One that is under way keeps its place, as its replies may still come. */
static void requests_expire(struct node *n, int64_t now)
{
    int i;

    for (i = 0; i < n->n_flying; i++) {
        if (n->flying[i].given_up || now - n->flying[i].due <= TIMEOUT_US) continue;
        n->flying[i].given_up = 1;
        request_failed(n);
    }
    for (; n->head != n->tail && now - n->queue[n->head % QUEUE].due > TIMEOUT_US; n->head++) request_failed(n);
}

/* Send from the queue while fewer than INFLIGHT are under way. */
static void requests_send(struct node *n)
{
    int added = 0;

    while (n->data && n->head != n->tail && n->n_flying < INFLIGHT) {
        struct request r = n->queue[n->head++ % QUEUE];
        const char *tag = tenants[r.tenant].tag;

        if (r.set_bytes) redisAppendCommand(n->data, "SET {%s}:%d %b", tag, r.key, value, (size_t)r.set_bytes);
        else redisAppendCommand(n->data, "GET {%s}:%d", tag, r.key);
        redisAppendCommand(n->data, "DEBUG SLEEP %f", n->sleep_us / 1e6);
        n->flying[n->n_flying++] = r;
        added = 1;
    }
    if (added && !flush(n->data, &n->data_unsent)) data_lost(n);
}

/* A request is complete when both its replies are here. */
static void request_reply(struct node *n, const redisReply *reply, int64_t now)
{
    const struct request *r = &n->flying[0];

    if (n->n_flying == 0) return;
    n->failed |= reply->type == REDIS_REPLY_ERROR;
    if (++n->replies < 2) return;
    if (!r->given_up && n->failed) request_failed(n);
    if (!r->given_up && !n->failed) {
        n->tally.requests++;
        n->tally.latency_us += now - r->due;
    }
    n->replies = n->failed = 0;
    memmove(&n->flying[0], &n->flying[1], (size_t)--n->n_flying * sizeof n->flying[0]);
}

static void data_read(struct node *n)
{
    void *reply = NULL;
    int ok = redisBufferRead(n->data) == REDIS_OK;
    int64_t now = clock_us();

    while (ok && (ok = redisReaderGetReply(n->data->reader, &reply) == REDIS_OK) && reply) {
        request_reply(n, reply, now);
        freeReplyObject(reply);
    }
    if (!ok) data_lost(n);
}

/* ==== Heartbeats ================================================================ */

static double field(const char *info, const char *name)
{
    const char *at = strstr(info, name);

    return at ? strtod(at + strlen(name), NULL) : 0.0;
}

/* busy_us is the time spent in commands, which is where DEBUG SLEEP shows; cpu_us is what the processor really did. */
static struct counters counters_of(const char *info)
{
    struct counters c = { 0, 0, 0, 0, 0 };
    const char *at = info;

    c.cpu_us = (int64_t)(1e6 * (field(info, "\nused_cpu_sys:") + field(info, "\nused_cpu_user:")));
    c.memory = (int64_t)field(info, "\nused_memory:");
    c.net_in = (int64_t)field(info, "\ntotal_net_input_bytes:");
    c.net_out = (int64_t)field(info, "\ntotal_net_output_bytes:");
    while ((at = strstr(at, ",usec=")) != NULL) {
        at += 6;
        c.busy_us += strtoll(at, NULL, 10);
    }
    return c;
}

#define ASK "INFO memory stats cpu commandstats"

/* What the first row's differences are taken from. */
static void beat_baseline(struct node *n)
{
    redisContext *c = connect_or_die(n->port);
    redisReply *reply;

    redisAppendCommand(c, ASK);
    reply = reply_or_die(c);
    n->beat.last = counters_of(reply->str);
    freeReplyObject(reply);
    redisFree(c);
}

static void control_lost(struct node *n)
{
    redisFree(n->control);
    n->control = NULL;
    n->beat.waiting = n->beat.skip = n->control_unsent = 0;
}

/* Ask for the beat of a tick that just ended. A node that still owes an answer is not asked: this beat is missing. */
static void beat_ask(struct node *n, int64_t tick)
{
    struct beat *b = &n->beat;

    if (!n->control || b->waiting) return;
    redisAppendCommand(n->control, ASK);
    b->waiting = 1;
    b->tick = tick;
    b->sent = clock_us();
    b->seen = n->tally;
    if (!flush(n->control, &n->control_unsent)) control_lost(n);
}

/* An answer: only one to the question of the tick that ended last makes a row. */
static void beat_reply(const struct run *run, struct node *n, const redisReply *reply)
{
    struct beat *b = &n->beat;

    if (b->skip > 0) {
        b->skip--;
        return;
    }
    b->waiting = 0;
    if (reply->type != REDIS_REPLY_STRING || b->tick != run->tick - 1) return;
    b->received = clock_us();
    b->now = counters_of(reply->str);
    b->valid = 1;
}

static void control_read(const struct run *run, struct node *n)
{
    void *reply = NULL;
    int ok = redisBufferRead(n->control) == REDIS_OK;

    while (ok && (ok = redisReaderGetReply(n->control->reader, &reply) == REDIS_OK) && reply) {
        beat_reply(run, n, reply);
        freeReplyObject(reply);
    }
    if (!ok) control_lost(n);
}

/* Write the rows that came in time, in the order of nodes. Differences are to the last row of the same node. */
static void beats_write(struct run *run)
{
    int i;

    for (i = 0; i < NODES; i++) {
        struct beat *b = &nodes[i].beat;
        int64_t requests = b->seen.requests - b->last_seen.requests;
        int64_t latency = b->seen.latency_us - b->last_seen.latency_us;

        if (!b->valid) continue;
        fprintf(run->nodes_csv, "%lld,%d,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld\n",
                (long long)b->tick, i, (long long)b->sent, (long long)b->received, (long long)requests,
                (long long)(b->seen.errors - b->last_seen.errors), (long long)(requests ? latency / requests : 0),
                (long long)(b->now.busy_us - b->last.busy_us), (long long)(b->now.cpu_us - b->last.cpu_us),
                (long long)b->now.memory, (long long)(b->now.net_in - b->last.net_in),
                (long long)(b->now.net_out - b->last.net_out));
        b->last = b->now;
        b->last_seen = b->seen;
        b->valid = 0;
    }
}

/* ==== Faults ==================================================================== */

/* 0 until onset, then rising to 1 at the kill. */
static double severity(const struct run *run, int64_t tick)
{
    double s = (double)(tick - run->onset) / (run->kill - run->onset);

    return s < 0.0 ? 0.0 : s > 1.0 ? 1.0 : s;
}

/* Resume a stopped node. */
static void pause_finish(struct run *run)
{
    kill(nodes[FAILING].pid, SIGCONT);
    run->pause_end = NEVER;
}

/* Leak a new key of the failing node, in a slot that is no tenant's: memory grows, traffic does not. Goes out with the
 * next INFO, hence only when one may be asked. */
static void leak(const struct run *run)
{
    struct node *n = &nodes[FAILING];

    if (run->tick < run->onset || run->tick >= run->kill || !n->control || n->beat.waiting) return;
    redisAppendCommand(n->control, "SETRANGE {%s}:%d %d x", run->leak_tag, (int)run->tick,
                       (int)(40000.0 + 200000.0 * severity(run, run->tick)));
    n->beat.skip++;
}

/* Plan the faults of a tick: how slow, and whether and when the process stops for a moment. */
static void faults_plan(struct run *run)
{
    struct node *n = &nodes[FAILING];
    double s = severity(run, run->tick);
    double chance = uniform(R_FAULT), when = uniform(R_FAULT), how_long = uniform(R_FAULT);

    if (run->tick < run->onset || run->tick >= run->kill) return;
    n->sleep_us = (int)(SLEEP_US * (1.0 + s * between(R_FAULT, 0.8, 1.0)));
    if (chance < 0.04 + 0.60 * s * s && run->pause_at == NEVER && run->pause_end == NEVER) {
        run->pause_at = run->tick * TICK_US + (int64_t)(when * TICK_US);
        run->pause_length = (int64_t)((0.4 + how_long * (0.2 + 1.9 * s * s)) * 1e6);
    }
}

/* Do what is planned for now; returns when the next thing is due. */
static int64_t faults_run(struct run *run, int64_t now)
{
    struct node *n = &nodes[FAILING];

    if (n->pid && now >= run->kill * (int64_t)TICK_US + TICK_US / 3) {
        kill(n->pid, SIGKILL);
        n->pid = 0;
        run->killed_us = now;
        run->pause_at = run->pause_end = NEVER;
    }
    if (now >= run->pause_at) {
        kill(n->pid, SIGSTOP);
        run->pause_end = now + run->pause_length;
        run->pause_at = NEVER;
        run->paused_us += run->pause_length;
        run->pauses++;
    }
    if (now >= run->pause_end) pause_finish(run);
    return run->pause_at < run->pause_end ? run->pause_at : run->pause_end;
}

/* ==== The loop ================================================================== */

/* Poisson arrivals at the tick's total rate; having no memory, the process may be drawn anew when the rate changes. */
static void arrival_next(struct run *run, int64_t from)
{
    double rate = run->cumulative[TENANTS - 1];

    run->next_arrival = rate > 0.0 ? from + (int64_t)exponential(R_ARRIVAL, 1e6 / rate) : NEVER;
}

static void tick_begin(struct run *run)
{
    double rate[TENANTS], sum = 0.0;
    int i;

    memset(rate, 0, sizeof rate);
    if (run->tick < run->ticks) tick_rates(run, run->tick, rate);
    for (i = 0; i < TENANTS; i++) {
        run->cumulative[i] = sum += rate[i];
        tenants[i].arrivals = 0;
    }
    arrival_next(run, run->tick * TICK_US);
    faults_plan(run);
}

static void progress(const struct run *run)
{
    static struct tally before[NODES];
    int i;

    fprintf(stderr, "day %2d of %d: requests per second and errors by node", (int)(run->tick / DAY), run->ticks / DAY);
    for (i = 0; i < NODES; i++) {
        fprintf(stderr, "  %lld/%lld", (long long)(nodes[i].tally.requests - before[i].requests) / DAY,
                (long long)(nodes[i].tally.errors - before[i].errors));
        before[i] = nodes[i].tally;
    }
    fputc('\n', stderr);
}

/* The current tick is over: write its demand and the last one's beats, ask for its beats, mend connections, go on. */
static void tick_end(struct run *run)
{
    int i;

    beats_write(run);
    if (run->tick < run->ticks) {
        fprintf(run->shards_csv, "%lld", (long long)run->tick);
        for (i = 0; i < TENANTS; i++) fprintf(run->shards_csv, ",%lld", (long long)tenants[i].arrivals);
        fputc('\n', run->shards_csv);
        leak(run);
        for (i = 0; i < NODES; i++) beat_ask(&nodes[i], run->tick);
    }
    for (i = 0; i < NODES; i++) {
        if (!nodes[i].data) nodes[i].data = connect_quietly(nodes[i].port);
        if (!nodes[i].control) nodes[i].control = connect_quietly(nodes[i].port);
    }
    run->tick++;
    if (run->tick % DAY == 0) progress(run);
    tick_begin(run);
}

/* Everything that is due by now, in the order it was due. */
static void advance(struct run *run, int64_t now)
{
    int64_t end;

    for (;;) {
        end = (run->tick + 1) * TICK_US;
        if (run->next_arrival < end && run->next_arrival <= now) {
            request_arrive(run, run->next_arrival);
            arrival_next(run, run->next_arrival);
        } else if (end <= now) {
            tick_end(run);
            if (run->tick > run->ticks) return;
        } else {
            return;
        }
    }
}

static void watch(const redisContext *c, int unsent, fd_set *readable, fd_set *writable, int *top)
{
    if (!c) return;
    FD_SET(c->fd, readable);
    if (unsent) FD_SET(c->fd, writable);
    if (c->fd > *top) *top = c->fd;
}

/* Sleep until `until' or until a node has something to say, and read it. */
static void wait_and_read(const struct run *run, int64_t until)
{
    fd_set readable, writable;
    int64_t left = until - clock_us();
    struct timespec patience;
    int i, top = -1;

    FD_ZERO(&readable);
    FD_ZERO(&writable);
    for (i = 0; i < NODES; i++) {
        watch(nodes[i].data, nodes[i].data_unsent, &readable, &writable, &top);
        watch(nodes[i].control, nodes[i].control_unsent, &readable, &writable, &top);
    }
    if (left < 0) left = 0;
    patience.tv_sec = (time_t)(left / 1000000);
    patience.tv_nsec = (long)(left % 1000000) * 1000;
    if (pselect(top + 1, &readable, &writable, NULL, &patience, NULL) <= 0) return;
    for (i = 0; i < NODES; i++) {
        struct node *n = &nodes[i];

        if (n->data && FD_ISSET(n->data->fd, &readable)) data_read(n);
        if (n->control && FD_ISSET(n->control->fd, &readable)) control_read(run, n);
        if (n->data && n->data_unsent && !flush(n->data, &n->data_unsent)) data_lost(n);
        if (n->control && n->control_unsent && !flush(n->control, &n->control_unsent)) control_lost(n);
    }
}

/* Ticks 0 .. ticks - 1, and one more without load in which the last beats are awaited. */
static void loop(struct run *run)
{
    int64_t now, until, fault;
    int i;

    clock_gettime(CLOCK_MONOTONIC, &epoch);
    tick_begin(run);
    while (run->tick <= run->ticks && !interrupted) {
        now = clock_us();
        advance(run, now);
        fault = faults_run(run, now);
        for (i = 0; i < NODES; i++) {
            requests_expire(&nodes[i], now);
            requests_send(&nodes[i]);
        }
        until = (run->tick + 1) * TICK_US;
        if (run->next_arrival < until) until = run->next_arrival;
        if (fault < until) until = fault;
        if (until > now + TICK_US / 100) until = now + TICK_US / 100;       /* so that time-outs are seen */
        wait_and_read(run, until);
    }
    if (run->pause_end != NEVER) pause_finish(run);
}

/* ==== Main ====================================================================== */

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static FILE *create(const char *dir, const char *name, const char *header)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    if (!f) die("cannot write %s: %s", path, strerror(errno));
    fputs(header, f);
    return f;
}

/* run.csv: the parameters, for programs. */
static void run_write(const struct run *run, const char *dir)
{
    FILE *f = create(dir, "run.csv", "key,value\n");
    int64_t requests = 0, errors = 0;
    int i;

    for (i = 0; i < NODES; i++) {
        requests += nodes[i].tally.requests;
        errors += nodes[i].tally.errors;
    }
    fprintf(f, "ticks,%d\ntick_us,%d\nday,%d\nweek,%d\nfirst_weekday,%d\n", run->ticks, TICK_US, DAY, WEEK,
            first_weekday(run->now));
    fprintf(f, "nodes,%d\nshards,%d\nslots,%d\nkeys_per_shard,%d\n", NODES, TENANTS, SLOTS, KEYS);
    fprintf(f, "now,%d\nonset,%d\nkill,%d\nfailing_node,%d\n", run->now, run->onset, run->kill, FAILING);
    fprintf(f, "pauses,%lld\npaused_us,%lld\nkilled_us,%lld\n", (long long)run->pauses, (long long)run->paused_us,
            (long long)run->killed_us);
    fprintf(f, "capacity_rps,%.1f\nsleep_us,%d\ninflight,%d\ntimeout_us,%d\nseed,%llu\n", run->capacity, SLEEP_US,
            INFLIGHT, TIMEOUT_US, (unsigned long long)run->seed);
    fprintf(f, "requests,%lld\nerrors,%lld\n", (long long)requests, (long long)errors);
    if (fclose(f)) die("cannot write run.csv: %s", strerror(errno));
}

/* -n: the offered share of capacity per tick and node, to look at a change of the tables above without servers. */
static int dry_run(struct run *run)
{
    double rate[TENANTS], sum[NODES];
    int64_t tick;
    int i;

    run->capacity = 1.0;
    scale_to_capacity(run);
    printf("tick,n0,n1,n2,n3,n4,n5\n");
    for (tick = 0; tick < run->ticks; tick++) {
        memset(sum, 0, sizeof sum);
        tick_rates(run, tick, rate);
        for (i = 0; i < TENANTS; i++) sum[tenants[i].node] += rate[i];
        printf("%lld", (long long)tick);
        for (i = 0; i < NODES; i++) printf(",%.3f", sum[i]);
        putchar('\n');
    }
    return 0;
}

static void run_start(struct run *run, const char *ticks, const char *seed)
{
    memset(run, 0, sizeof *run);
    run->ticks = atoi(ticks);
    if (run->ticks < 4 * DAY || run->ticks % DAY != 0 || run->ticks > 100 * WEEK)
        die("TICKS must be whole days (a multiple of %d), at least %d", DAY, 4 * DAY);
    run->seed = strtoull(seed, NULL, 10);
    run->now = run->ticks - AFTER;
    run->onset = run->now - ONSET_BEFORE;
    run->kill = run->now + KILL_AFTER;
    run->pause_at = run->pause_end = NEVER;
    random_start(run->seed);
    tenants_create();
}

static void nodes_read(char **arguments)
{
    long pid;
    int i;

    for (i = 0; i < NODES; i++) {
        if (sscanf(arguments[i], "%d:%ld", &nodes[i].port, &pid) != 2 || pid <= 1)
            die("%s is not PORT:PID", arguments[i]);
        nodes[i].pid = (pid_t)pid;
        nodes[i].sleep_us = SLEEP_US;
    }
}

static void record(struct run *run, const char *dir)
{
    char path[4096];
    int i;

    choose_tag(run->leak_tag, "leak", FAILING);
    values_load();
    snprintf(path, sizeof path, "%s/cluster.csv", dir);
    cluster_write(path);
    run->capacity = capacity_measure(nodes[NODES - 1].port);
    fprintf(stderr, "an idle node does %.1f requests/s; recording %d ticks\n", run->capacity, run->ticks);
    scale_to_capacity(run);
    run->nodes_csv = create(dir, "nodes.csv", "tick,node,sent_us,received_us,requests,errors,latency_us,busy_us,cpu_us,"
                            "memory_bytes,net_in_bytes,net_out_bytes\n");
    run->shards_csv = create(dir, "shards.csv", "tick");
    for (i = 0; i < TENANTS; i++) fprintf(run->shards_csv, ",s%d", i);
    fputc('\n', run->shards_csv);
    for (i = 0; i < NODES; i++) {
        beat_baseline(&nodes[i]);
        nodes[i].data = connect_quietly(nodes[i].port);
        nodes[i].control = connect_quietly(nodes[i].port);
    }
    loop(run);
    if (fclose(run->nodes_csv) || fclose(run->shards_csv)) die("cannot write the records: %s", strerror(errno));
    if (interrupted) die("interrupted after %lld ticks", (long long)run->tick);
    run_write(run, dir);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct sigaction action;

    if (argc == 4 && strcmp(argv[1], "-n") == 0) {
        run_start(&run, argv[2], argv[3]);
        return dry_run(&run);
    }
    if (argc != 4 + NODES) die("use record.sh, or: record OUTDIR TICKS SEED PORT:PID ... (%d times)", NODES);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    run_start(&run, argv[2], argv[3]);
    nodes_read(argv + 4);
    record(&run, argv[1]);
    return 0;
}
