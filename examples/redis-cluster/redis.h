/* redis.h - what the client and the controller share: the tenants, the clock of the run, and a command to a node. */
#ifndef REDIS_EXAMPLE_H
#define REDIS_EXAMPLE_H

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A tenant is one slot; a day has 24 ticks. */
enum { NODES = 6, TENANTS = 60, KEYS = 20, KEY_BYTES = 1000, DAY = 24, FIRST_PORT = 7301 };

static redisContext *connection[NODES];

/* One command to a node. NULL if there was no answer: whether it was carried out is then not known. The caller frees. */
static redisReply *ask(int node, const char *format, ...)
{
    const struct timeval patience = {5, 0};
    redisReply *reply;
    va_list arguments;

    if (!connection[node]) {
        connection[node] = redisConnectWithTimeout("127.0.0.1", FIRST_PORT + node, patience);
        if (connection[node] && !connection[node]->err) redisSetTimeout(connection[node], patience);
    }
    if (!connection[node]) return NULL;
    va_start(arguments, format);
    reply = connection[node]->err ? NULL : (redisReply *)redisvCommand(connection[node], format, arguments);
    va_end(arguments);
    if (!reply) {
        redisFree(connection[node]);
        connection[node] = NULL;
    }
    return reply;
}

static void nap(int ms)
{
    const struct timespec span = {ms / 1000, ms % 1000 * 1000000L};

    nanosleep(&span, NULL);
}

static long long now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

#endif
