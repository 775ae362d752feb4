/* controller.c - forecasts the load of each tenant's slot, plans, and moves slots of a live Redis Cluster.
 *
 *     controller DIR predict|react|shuffle CAPACITY RATE
 *
 * Reads DIR/load, a line of counts a tick, which the client writes. predict: one psc_tracker a slot; the mean
 * that it expects in each PARTS-th of the coming day is a resource of its own for psc_plan, so that slots which peak at
 * different times may share a node. react: the mean of the last two ticks, for any time to come. shuffle: any slot to any
 * node, again and again, to try the moves. Keys are copied at RATE bytes a second. Everything that must survive a crash
 * is in DIR: the telemetry, and DIR/move-T while the slot of tenant T moves.
 *
 * A move in Redis, phase by phase of its psc_transfer. Both sides of it live here, for Redis has none of its own:
 *     OFFER      target IMPORTING, source MIGRATING: the source serves the keys it has and sends the rest on
 *     stages     keys go over, at the rate that psc_stages grants; Redis itself serves each where it is
 *     RELEASED   no key is left at the source, and none can come to be there
 *     COMMIT     SETSLOT NODE on the target: it owns the slot
 *                as soon as its config epoch is the largest of all: see lead()
 *     DONE       SETSLOT NODE on the source and all others, as soon as all have heard of that epoch: see spread()
 * Each of these commands may be repeated. Whatever has not been stored was not done; whatever was stored is done again
 * after a restart. There is no shadowing of requests here, so no trial: its verdict is given as PASS. */
#include "predscale.h"
#include "redis.h"

#include <unistd.h>

enum { PARTS = 12, BATCH = 10, SIDE = 10, STAGES = 21, RECENT = 2, PAUSE_MS = 20 };

/* What one move must remember; words, so that it is its own file. */
typedef struct move {
    int64_t  tenant, from, to;
    uint64_t side[2][SIDE];             /* source, target */
    uint64_t stages[STAGES];
} move;

static const char *dir;
static char id[NODES][64];              /* Redis's names of the nodes */
static int slot[TENANTS];
static int32_t home[TENANTS];
static double recent[RECENT][TENANTS];
static psc_tracker *tracker[TENANTS];
static long ticks;
static int64_t rate;

static void must(psc_status status)
{
    if (status >= 0) return;
    fprintf(stderr, "controller: %s\n", psc_strerror(status));
    exit(1);
}

/* ==== Redis ===================================================================================== */

/* Until it is answered: a node that is down comes back. Redis's own refusals are final. */
static redisReply *until_answered(int node, const char *command)
{
    for (;;) {
        redisReply *reply = ask(node, command);
        if (reply && !(reply->type == REDIS_REPLY_ERROR && !strncmp(reply->str, "LOADING", 7))) return reply;
        if (reply) freeReplyObject(reply);
        nap(PAUSE_MS);
    }
}

static void set_slot(int node, int which, const char *how, const char *whom)
{
    char command[160];
    redisReply *reply;

    snprintf(command, sizeof command, "CLUSTER SETSLOT %d %s %s", which, how, whom);
    reply = until_answered(node, command);
    if (reply->type == REDIS_REPLY_ERROR) {             /* then what we believe is wrong: move nothing on such a belief */
        fprintf(stderr, "controller: node %d: %s: %s\n", node, command, reply->str);
        exit(1);
    }
    freeReplyObject(reply);
}

/* A number of CLUSTER INFO. */
static long info_of(int node, const char *field)
{
    redisReply *reply = until_answered(node, "CLUSTER INFO");
    const char *line = reply->str ? strstr(reply->str, field) : NULL;
    const long value = line ? atol(line + strlen(field) + 1) : -1;

    freeReplyObject(reply);
    return value;
}

/* Of two nodes that claim a slot the one with the larger config epoch has it, and the other deletes its keys. SETSLOT NODE
 * takes one above all that the target has heard of, if that is not its own: too little if others rose a moment ago, or
 * while it was down. So a node claims only above what each of the others says of itself, and rises only when it has heard
 * of the largest, so that no two get the same. None can rise meanwhile but by us. */
static void lead(int node)
{
    for (;;) {
        long largest = 0, epoch;
        int i;
        for (i = 0; i < NODES; i++) {
            epoch = i == node ? 0 : info_of(i, "cluster_my_epoch");
            if (epoch > largest) largest = epoch;
        }
        if (info_of(node, "cluster_current_epoch") >= largest) freeReplyObject(until_answered(node, "CLUSTER BUMPEPOCH"));
        if (info_of(node, "cluster_my_epoch") > largest) return;
        nap(1);
    }
}

/* The config epoch of a node as another has heard it: the seventh word of its line. */
static long heard_of(int node, int whom)
{
    redisReply *reply = until_answered(node, "CLUSTER NODES");
    const char *line = reply->str;
    long epoch = -1;

    while (line && epoch < 0) {
        if (!strncmp(line, id[whom], strlen(id[whom]))) sscanf(line, "%*s %*s %*s %*s %*s %*s %ld", &epoch);
        line = strchr(line, '\n');
        if (line) line++;
    }
    freeReplyObject(reply);
    return epoch;
}

/* A node that has not heard of it takes a late packet of the old owner for news, and from then on tells others so. */
static void spread(int node)
{
    const long epoch = info_of(node, "cluster_my_epoch");
    int i;

    for (i = 0; i < NODES; i++)
        while (i != node && heard_of(i, node) < epoch) nap(1);
}

static void learn_nodes(void)
{
    char command[64];
    int i;

    for (i = 0; i < NODES; i++) {
        redisReply *reply = until_answered(i, "CLUSTER MYID");
        snprintf(id[i], sizeof id[i], "%s", reply->str);
        freeReplyObject(reply);
    }
    for (i = 0; i < TENANTS; i++) {
        redisReply *reply;
        snprintf(command, sizeof command, "CLUSTER KEYSLOT {t%d}", i);
        reply = until_answered(0, command);
        slot[i] = (int)reply->integer;
        freeReplyObject(reply);
    }
}

/* Who owns each tenant's slot, as each node says of itself: what it says of others may be old, above all after a restart.
 * Returns how many claims there are. */
static int claims(void)
{
    size_t i;
    int node, k, count = 0;

    for (node = 0; node < NODES; node++) {
        redisReply *reply = until_answered(node, "CLUSTER SLOTS");
        for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
            redisReply **range = reply->element[i]->element;
            if (range[2]->element[1]->integer != FIRST_PORT + node) continue;
            for (k = 0; k < TENANTS; k++) {
                if (slot[k] < range[0]->integer || slot[k] > range[1]->integer) continue;
                home[k] = node;
                count++;
            }
        }
        freeReplyObject(reply);
    }
    return count;
}

/* Nodes that were down may still claim what has gone, until they have heard. */
static void learn_owners(void)
{
    while (claims() != TENANTS) nap(PAUSE_MS);
}

static int64_t keys_left(const move *m)
{
    char command[64];
    redisReply *reply;
    int64_t n;

    snprintf(command, sizeof command, "CLUSTER COUNTKEYSINSLOT %d", slot[m->tenant]);
    reply = until_answered((int)m->from, command);
    n = reply->integer;
    freeReplyObject(reply);
    return n;
}

/* Moves up to n keys. Returns how many; what failed is found at the source again. REPLACE, for a key of which the target
 * has a copy and the source still has its own was never served by the target. */
static int64_t migrate(const move *m, int64_t n)
{
    char command[64];
    redisReply *keys, *reply;
    size_t i;
    int64_t done = 0;

    snprintf(command, sizeof command, "CLUSTER GETKEYSINSLOT %d %d", slot[m->tenant], (int)(n < BATCH ? n : BATCH));
    keys = until_answered((int)m->from, command);
    if (keys->elements > 0) {
        const char *argv[8 + BATCH] = {"MIGRATE", "127.0.0.1", NULL, "", "0", "500", "REPLACE", "KEYS"};
        char port[16];
        int argc = 8;
        snprintf(port, sizeof port, "%d", FIRST_PORT + (int)m->to);
        argv[2] = port;
        for (i = 0; i < keys->elements && i < BATCH; i++) argv[argc++] = keys->element[i]->str;
        reply = ask((int)m->from, "PING");
        if (reply) {
            freeReplyObject(reply);
            reply = (redisReply *)redisCommandArgv(connection[m->from], argc, argv, NULL);
            if (reply && reply->type == REDIS_REPLY_STATUS) done = argc - 8;
            if (!reply) {
                redisFree(connection[m->from]);
                connection[m->from] = NULL;
            } else {
                freeReplyObject(reply);
            }
        }
    }
    freeReplyObject(keys);
    if (done == 0) nap(PAUSE_MS);
    return done;
}

/* ==== One move ================================================================================== */

static psc_transfer *side_of(move *m, int i) { return (psc_transfer *)(void *)m->side[i]; }
static psc_stages *stages_of(move *m) { return (psc_stages *)(void *)m->stages; }

static void path_of(char *path, size_t bytes, int64_t tenant, const char *end)
{
    snprintf(path, bytes, "%s/move-%d%s", dir, (int)tenant, end);
}

/* On disk, whole or not at all. */
static void store(const move *m)
{
    char path[512], draft[512];
    FILE *file;

    path_of(path, sizeof path, m->tenant, "");
    path_of(draft, sizeof draft, m->tenant, ".new");
    file = fopen(draft, "wb");
    if (!file || fwrite(m, sizeof *m, 1, file) != 1 || fflush(file) || fsync(fileno(file)) || fclose(file)
        || rename(draft, path)) {
        perror("controller: store");
        exit(1);
    }
}

/* What a message means to Redis, done before it is delivered. */
static void carry_out(const move *m, int32_t kind)
{
    int i;

    if (kind == PSC_MESSAGE_OFFER) {
        set_slot((int)m->to, slot[m->tenant], "IMPORTING", id[m->from]);
        set_slot((int)m->from, slot[m->tenant], "MIGRATING", id[m->to]);
    } else if (kind == PSC_MESSAGE_DONE) {
        lead((int)m->to);
        set_slot((int)m->to, slot[m->tenant], "NODE", id[m->to]);
        spread((int)m->to);
        set_slot((int)m->from, slot[m->tenant], "NODE", id[m->to]);
        for (i = 0; i < NODES; i++)
            if (i != m->to && i != m->from) set_slot(i, slot[m->tenant], "NODE", id[m->to]);
    }
}

/* An event at one side, and all that follows from it. */
static void happen(move *m, int i, psc_transfer_event event)
{
    psc_transfer_action action;

    for (;;) {
        psc_status status = psc_transfer_step(side_of(m, i), &event, now_ns(), &action);
        if (status == PSC_ERR_STATE) return;
        must(status);
        if (action.persist) {
            store(m);
            memset(&event, 0, sizeof event);
            event.kind = PSC_EVENT_STORED;
            event.version = action.version;
        } else if (action.send) {
            carry_out(m, action.message.kind);
            memset(&event, 0, sizeof event);
            event.kind = PSC_EVENT_MESSAGE;
            event.message = action.message;
            i = action.message.to == m->to;
        } else {
            return;
        }
    }
}

static void simple(move *m, int i, int32_t kind, int64_t peer)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.peer = peer;
    happen(m, i, event);
}

static int32_t owner_of(move *m)
{
    psc_transfer_action source, target;

    must(psc_transfer_look(side_of(m, 0), &source));
    must(psc_transfer_look(side_of(m, 1), &target));
    if (target.phase == PSC_PHASE_OWNER && source.phase == PSC_PHASE_IDLE) return PSC_OWNER_TARGET;
    return source.phase == PSC_PHASE_OWNER ? PSC_OWNER_SOURCE : PSC_OWNER_MOVING;
}

/* Redis lets keys go only between IMPORTING and MIGRATING, so these are set from the start; setting them again is well. */
static void finish(move *m)
{
    psc_stages_input input;
    psc_stages_output output;
    char path[512];
    long keys = 0;

    memset(&input, 0, sizeof input);
    input.verdict = PSC_TRIAL_PASS;
    if (owner_of(m) == PSC_OWNER_SOURCE) carry_out(m, PSC_MESSAGE_OFFER);
    do {
        input.owner = owner_of(m);
        input.left = input.owner == PSC_OWNER_SOURCE ? KEY_BYTES * keys_left(m) : 0;
        must(psc_stages_step(stages_of(m), &input, now_ns(), &output));
        input.copied = 0;
        if (output.action == PSC_STAGES_PROPOSE) simple(m, 0, PSC_EVENT_PROPOSE, m->to);
        else if (input.left > 0 && output.copy_bytes < KEY_BYTES) nap(1);
        else if (input.left > 0) input.copied = KEY_BYTES * migrate(m, output.copy_bytes / KEY_BYTES);
        keys += (long)(input.copied / KEY_BYTES);
    } while (output.stage < PSC_STAGE_DONE);
    home[m->tenant] = (int32_t)m->to;
    printf("moved slot %d to node %d, %ld keys\n", slot[m->tenant], (int)m->to, keys);
    fflush(stdout);
    path_of(path, sizeof path, m->tenant, "");
    remove(path);
}

static void begin(int32_t tenant, int32_t to)
{
    psc_transfer_config transfer;
    psc_stages_config stages;
    move m;
    int i;

    memset(&m, 0, sizeof m);
    m.tenant = tenant;
    m.from = home[tenant];
    m.to = to;
    for (i = 0; i < 2; i++) {
        psc_transfer_default(&transfer);
        transfer.shard = slot[tenant];
        transfer.self = i ? m.to : m.from;
        transfer.owns = i == 0;
        must(psc_transfer_init(side_of(&m, i), sizeof m.side[i], &transfer));
    }
    psc_stages_default(&stages);
    stages.source = m.from;
    stages.target = m.to;
    stages.copy_rate = rate;
    stages.copy_burst = BATCH * KEY_BYTES;
    stages.warm_ns = stages.hold_ns = stages.grace_ns = 0;
    stages.first = 1.0;
    must(psc_stages_init(stages_of(&m), sizeof m.stages, &stages));
    store(&m);
    finish(&m);
}

/* What a controller before this one has begun. */
static void resume(void)
{
    char path[512];
    int i;

    for (i = 0; i < TENANTS; i++) {
        FILE *file;
        move m;
        path_of(path, sizeof path, i, "");
        file = fopen(path, "rb");
        if (!file) continue;
        if (fread(&m, sizeof m, 1, file) == 1) {
            fclose(file);
            simple(&m, 0, PSC_EVENT_RESTART, 0);
            simple(&m, 1, PSC_EVENT_RESTART, 0);
            finish(&m);
        } else {
            fclose(file);
        }
    }
}

/* ==== Telemetry, forecast, plan ================================================================= */

static void make_trackers(void)
{
    psc_tracker_config config;
    size_t bytes;
    int i;

    psc_tracker_default(&config);
    config.period1 = DAY;
    config.lower = 0.0;
    bytes = psc_tracker_size(&config);
    for (i = 0; i < TENANTS; i++) {
        tracker[i] = (psc_tracker *)malloc(bytes);
        if (!tracker[i]) exit(1);
        must(psc_tracker_init(tracker[i], bytes, &config));
    }
}

/* All whole lines that the file has beyond those read. Returns how many. */
static int read_load(void)
{
    static long at;
    char path[512], line[1024];
    FILE *file;
    int n = 0, i;

    snprintf(path, sizeof path, "%s/load", dir);
    file = fopen(path, "r");
    if (!file) return 0;
    fseek(file, at, SEEK_SET);
    while (fgets(line, sizeof line, file) && strchr(line, '\n')) {
        char *s = line;
        for (i = 0; i < TENANTS; i++) {
            const double x = (double)strtol(s, &s, 10);
            must(psc_tracker_observe(tracker[i], x));
            recent[ticks % RECENT][i] = x;
        }
        ticks++;
        n++;
        at = ftell(file);
    }
    fclose(file);
    return n;
}

/* What is expected of a slot in each part of the day that comes, in hundredths of a request a tick; or, of late. */
static void demand_of(int i, int predict, int64_t *demand)
{
    double point[DAY], sum[PARTS] = {0};
    int k;

    if (predict) must(psc_tracker_predict(tracker[i], DAY, NULL, 0, point, NULL));
    else for (k = 0; k < DAY; k++) point[k] = (recent[0][i] + recent[1][i]) / (int)RECENT;
    for (k = 0; k < DAY; k++) sum[(ticks + k) % DAY * PARTS / DAY] += point[k];
    for (k = 0; k < PARTS; k++) demand[k] = (int64_t)(sum[k] * (int)PARTS / (int)DAY * 100.0);
}

static int is_over(void)
{
    char path[512];

    snprintf(path, sizeof path, "%s/over", dir);
    return access(path, F_OK) == 0;
}

/* Makes room on nodes that are, or will be, above 0.95 of their capacity. Few moves at a time: the next plan knows more. */
static void control(int predict, int64_t capacity)
{
    static uint64_t work[1 << 16];
    int64_t demand[TENANTS * PARTS], hard[NODES * PARTS], soft[NODES * PARTS];
    int32_t assignment[TENANTS];
    psc_cluster cluster;
    psc_plan_config config;
    psc_plan_info info;
    psc_plan *plan = (psc_plan *)(void *)work;
    int i;

    for (i = 0; i < TENANTS; i++) demand_of(i, predict && ticks >= 2 * DAY, demand + i * PARTS);
    for (i = 0; i < NODES * PARTS; i++) {
        hard[i] = capacity * 100;
        soft[i] = capacity * 95;
    }
    psc_cluster_default(&cluster);
    cluster.resources = PARTS;
    cluster.nodes = NODES;
    cluster.shards = TENANTS;
    cluster.capacity = hard;
    cluster.soft = soft;
    cluster.demand = demand;
    cluster.home = home;
    cluster.weight_move = 100 * PARTS;
    psc_plan_default(&config);
    config.max_moves = 3;
    must(psc_cluster_check(&cluster));
    must(psc_plan_init(plan, sizeof work, &cluster, &config));
    while (psc_plan_step(plan, &cluster, 10000) == PSC_MORE) { }
    must(psc_plan_best(plan, &cluster, assignment, &info));
    for (i = 0; i < TENANTS && !is_over(); i++) if (assignment[i] != home[i]) begin(i, assignment[i]);
}

static void shuffle(void)
{
    const int32_t tenant = rand() % TENANTS, to = rand() % NODES;

    if (to != home[tenant]) begin(tenant, to);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: controller DIR predict|react|shuffle CAPACITY RATE\n");
        return 2;
    }
    dir = argv[1];
    rate = atol(argv[4]);
    srand((unsigned)getpid());
    make_trackers();
    learn_nodes();
    resume();
    learn_owners();
    while (!is_over()) {
        if (!strcmp(argv[2], "shuffle")) shuffle();
        else if (read_load() > 0 && ticks >= RECENT) control(!strcmp(argv[2], "predict"), atoi(argv[3]));
        else nap(5);
    }
    return 0;
}
