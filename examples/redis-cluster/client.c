/* client.c - sixty tenants that write to a Redis Cluster, and the oracle of what was acknowledged.
 *
 *     client DIR SEED TICKS MS CAPACITY
 *
 * A tick takes MS milliseconds. In each, every tenant writes rising numbers to its keys, as often as its daily pattern says:
 * the tenants of one node peak together. The number of requests of each tenant in a tick is appended to DIR/load, which is
 * the telemetry of the controller. At the end every key is read back: it must hold a number from the last one acknowledged
 * to the last one tried. Prints one line: acknowledged, lost, unanswered, redirected; and from the third day on, which is
 * when forecasts are used, the requests above CAPACITY a node and tick, in thousandths of all, and how long requests would
 * wait where a node serves CAPACITY a tick and the rest queues: mean and 99th percentile, in ticks. */
#include "redis.h"

#include <math.h>

static int owner[TENANTS];
static long tried[TENANTS][KEYS], acknowledged[TENANTS][KEYS], sum_acknowledged, unanswered, redirected;
static int served[NODES];
static char padding[KEY_BYTES];         /* behind the number in each value */

/* What node capacity would make of it. Waits are counted in hundredths of a tick. */
enum { WAITS = 10000 };
static long all, above, waits[WAITS];
static double backlog[NODES], sum_wait;

static unsigned long long seed;

static double uniform(void)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* Requests of a tenant in a tick: a base, a peak at its node's time of day, and noise. */
static int requests(int tenant, int tick)
{
    const double wave = sin(2.0 * 3.14159265358979 * ((double)tick / DAY - (double)(tenant % NODES) / NODES));

    return (int)((4.0 + (wave > 0.0 ? 12.0 * wave : 0.0)) * (0.8 + 0.4 * uniform()) + 0.5);
}

/* Which node a redirection names: "MOVED 1234 127.0.0.1:7303". */
static int node_in(const char *text)
{
    const char *colon = strrchr(text, ':');

    return colon ? atoi(colon + 1) - FIRST_PORT : -1;
}

/* A command about a key, to its slot's owner and on to where it points; NULL after ten redirections or no answer. */
static redisReply *request(int tenant, int key, const char *verb, long value)
{
    int node = owner[tenant], hops, asking = 0;

    for (hops = 0; hops < 10; hops++) {
        redisReply *reply;
        if (asking) freeReplyObject(ask(node, "ASKING"));
        reply = value ? ask(node, "%s {t%d}:%d %ld%s", verb, tenant, key, value, padding)
                      : ask(node, "%s {t%d}:%d", verb, tenant, key);
        if (!reply) {
            owner[tenant] = (owner[tenant] + 1) % NODES;        /* any other one will point to the owner */
            return NULL;
        }
        if (reply->type != REDIS_REPLY_ERROR) {
            if (value) served[node]++;
            return reply;
        }
        redirected++;
        asking = !strncmp(reply->str, "ASK", 3);
        if (asking || !strncmp(reply->str, "MOVED", 5)) {
            node = node_in(reply->str);
            if (!asking) owner[tenant] = node;
        } else {
            nap(20);                            /* TRYAGAIN, CLUSTERDOWN, LOADING */
        }
        freeReplyObject(reply);
    }
    return NULL;
}

static void write_one(int tenant)
{
    const int key = (int)(uniform() * KEYS);
    const long value = ++tried[tenant][key];
    redisReply *reply = request(tenant, key, "SET", value);

    if (reply && reply->type == REDIS_REPLY_STATUS) {
        acknowledged[tenant][key] = value;
        sum_acknowledged++;
    } else {
        unanswered++;
    }
    if (reply) freeReplyObject(reply);
}

/* Keys that do not hold what was acknowledged, or something later that was tried. */
static int lost(void)
{
    int tenant, key, patience, count = 0;

    for (tenant = 0; tenant < TENANTS; tenant++)
        for (key = 0; key < KEYS; key++) {
            redisReply *reply = NULL;
            long value;
            if (acknowledged[tenant][key] == 0) continue;
            for (patience = 0; !reply && patience < 100; patience++) {
                reply = request(tenant, key, "GET", 0);
                if (!reply) nap(50);
            }
            value = reply && reply->type == REDIS_REPLY_STRING ? atol(reply->str) : -1;
            if (value < acknowledged[tenant][key] || value > tried[tenant][key]) {
                fprintf(stderr, "tenant %d key %d: %ld, acknowledged %ld, tried %ld\n", tenant, key, value,
                        acknowledged[tenant][key], tried[tenant][key]);
                count++;
            }
            if (reply) freeReplyObject(reply);
        }
    return count;
}

/* A tick's requests at their nodes: a queue each, of which requests find the mean of begin and end before them. */
static void queue_up(int tick, int capacity)
{
    int i, k;

    for (i = 0; i < NODES; i++) {
        const double left = backlog[i] + served[i] - capacity, end = left > 0.0 ? left : 0.0;
        const double wait = (backlog[i] + end) / 2.0 / capacity;
        backlog[i] = end;
        if (tick < 2 * DAY) continue;
        k = (int)(wait * 100.0);
        waits[k < WAITS ? k : WAITS - 1] += served[i];
        sum_wait += wait * served[i];
        all += served[i];
        above += served[i] > capacity ? served[i] - capacity : 0;
    }
}

static double percentile(double p)
{
    long sum = 0;
    int k = 0;

    for (; k < WAITS - 1 && (double)(sum += waits[k]) < p * (double)all; k++) { }
    return k / 100.0;
}

int main(int argc, char **argv)
{
    char path[512];
    FILE *load;
    int tick, tenant, i, ticks, ms, capacity;

    if (argc != 6) {
        fprintf(stderr, "usage: client DIR SEED TICKS MS CAPACITY\n");
        return 2;
    }
    seed = (unsigned long long)atoi(argv[2]) * 7919 + 1;
    ticks = atoi(argv[3]);
    ms = atoi(argv[4]);
    capacity = atoi(argv[5]);
    snprintf(path, sizeof path, "%s/load", argv[1]);
    load = fopen(path, "w");
    if (!load) {
        fprintf(stderr, "client: cannot write %s\n", path);
        return 2;
    }
    memset(padding, '.', sizeof padding - 1);
    for (tick = 0; tick < ticks; tick++) {
        const long long start = now_ns();
        int count[TENANTS];
        memset(served, 0, sizeof served);
        for (tenant = 0; tenant < TENANTS; tenant++) {
            count[tenant] = requests(tenant, tick);
            for (i = 0; i < count[tenant]; i++) write_one(tenant);
        }
        for (tenant = 0; tenant < TENANTS; tenant++) fprintf(load, "%d ", count[tenant]);
        fprintf(load, "\n");
        fflush(load);
        queue_up(tick, capacity);
        while (now_ns() - start < ms * 1000000LL) nap(1);
    }
    fclose(load);
    snprintf(path, sizeof path, "%s/over", argv[1]);    /* tells the controller to finish what it has begun */
    load = fopen(path, "w");
    if (load) fclose(load);
    nap(1500);
    i = lost();
    printf("acknowledged %ld lost %d unanswered %ld redirected %ld above %.1f wait %.3f p99 %.2f\n", sum_acknowledged, i,
           unanswered, redirected, all ? 1000.0 * (double)above / (double)all : 0.0, all ? sum_wait / (double)all : 0.0,
           percentile(0.99));
    return i != 0;
}
