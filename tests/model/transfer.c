/* transfer.c - explores the transfer protocol exhaustively, with the library's own step function: every state that three
 * nodes can reach when messages are lost, repeated and reordered without bound, when each node crashes at any point,
 * with a write that was acknowledged, done but not acknowledged, or lost, and when any timer runs out at any moment.
 *
 *     transfer                    a small bound of it, for `make test`
 *     transfer EPOCHS [lost]      all epochs up to EPOCHS; lost: one node may be lost for good, and an authority fences
 *
 * The network is the set of all messages ever sent: what is in it may arrive never, once or often, in any order. Time is
 * taken out: whenever a side waits its next repetition may be due, or its patience over. A transition is one event to
 * one node. Claims, held against every state:
 *     at most one node serves, and who serves would serve after a crash
 *     without losses, stored states alone let the shard be served again: a node serves, or one has released the shard to
 *     one that will take it; with a node lost, a survivor or the lost node serves or has released it
 *     from every state, when messages get through, crashes cease and no one proposes, all sides come to rest within ROUNDS
 *     repetitions, and exactly one serves; from every state at rest a proposal then succeeds
 * PARTITION is the source to explore, so that tests/model/mutants.sh can give it broken ones. */
#ifndef PARTITION
#define PARTITION "../../partition.c"
#endif
#include PARTITION

#include "../test.h"

#include <stdlib.h>

enum { NODES = 3, MOST_EPOCHS = 6, AUTHORITY = NODES, PAIRS = NODES * (NODES - 1), ROUNDS = 12, NOBODY = 255 };

#define RETRY INT64_C(1000000)              /* 1 ms */
#define PATIENCE INT64_C(2000000)           /* 2 ms */

/* ==== A state of all, in few bytes ============================================================== */

typedef struct node {
    uint8_t version, held, old_version, old_held;       /* old: on disk, while the new one waits to be stored */
    uint8_t peer, old_peer, pending;                    /* peer: plus 1 */
} node;

typedef struct world {
    node n[NODES];
    uint8_t lost;                           /* a node, or NOBODY */
    uint8_t fenced;                         /* 0: no fence; 1: fencing; 2: chosen */
    uint8_t choice;
    uint8_t answer[NODES];                  /* held of each node's answer to the fence */
    uint8_t unused[5];
    uint64_t net[6 * MOST_EPOCHS * PAIRS / 64 + 1];
    uint64_t authority;                     /* messages to and from it: 8 bits a node */
} world;

static int epochs, with_loss;

static int message_bit(int kind, int epoch, int from, int to)
{
    return ((kind - 1) * MOST_EPOCHS + epoch - 1) * PAIRS + from * (NODES - 1) + (to < from ? to : to - 1);
}

static int has(const world *w, int kind, int epoch, int from, int to)
{
    const int bit = message_bit(kind, epoch, from, to);

    return (int)(w->net[bit / 64] >> bit % 64 & 1);
}

static int authority_has(const world *w, int kind, int i)
{
    return (int)(w->authority >> (8 * i + kind) & 1);
}

static int fence_epoch(void)
{
    return epochs + 1;
}

/* The library's state of a node, as at time 0 with its timers set. */
static void unpack(const world *w, int i, psc_transfer *t)
{
    const node *n = &w->n[i];
    psc_transfer_config config;

    psc_transfer_default(&config);
    config.self = i;
    config.shard = 7;
    config.retry_ms = 1;
    config.patience_ms = 2;
    (void)psc_transfer_init(t, sizeof *t, &config);
    t->version = n->version;
    t->held = n->held;
    t->peer = (int64_t)n->peer - 1;
    t->due = RETRY;
    t->ends = PATIENCE;
    if (n->pending) t->timing |= PT_PENDING;
}

/* Back; a state that begins to wait for its disk leaves the old one there. */
static void pack(world *w, int i, const psc_transfer *t)
{
    node *n = &w->n[i];
    const node before = *n;

    n->version = (uint8_t)t->version;
    n->held = (uint8_t)t->held;
    n->peer = (uint8_t)(t->peer + 1);
    n->pending = (t->timing & PT_PENDING) != 0;
    if (n->pending && !before.pending) {
        n->old_version = before.version;
        n->old_held = before.held;
        n->old_peer = before.peer;
    }
    if (!n->pending) n->old_version = n->old_held = n->old_peer = 0;
}

/* What is on the node's disk. */
static node disk(const world *w, int i)
{
    node n = w->n[i];

    if (n.pending) {
        n.version = n.old_version;
        n.held = n.old_held;
        n.peer = n.old_peer;
    }
    n.pending = n.old_version = n.old_held = n.old_peer = 0;
    return n;
}

/* ==== One event ================================================================================= */

static void post(world *w, const psc_message *m)
{
    const int from = (int)m->from, to = (int)m->to;

    if (to == AUTHORITY) {
        w->authority |= UINT64_C(1) << (8 * from + m->kind);
        if (m->kind == PSC_MESSAGE_ACCEPT && m->held != 0) w->answer[from] = (uint8_t)m->held;
    } else {
        const int bit = message_bit(m->kind, (int)m->epoch, from, to);
        w->net[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

/* One step of node i. Returns 1 if the library took the event; *sent is what it sent, kind 0 if nothing. */
static int act(world *w, int i, const psc_transfer_event *event, int64_t now, psc_message *sent)
{
    psc_transfer_action action;
    psc_transfer t;

    memset(sent, 0, sizeof *sent);
    unpack(w, i, &t);
    if (psc_transfer_step(&t, event, now, &action) != PSC_OK) return 0;
    pack(w, i, &t);
    if (action.send) {
        post(w, &action.message);
        *sent = action.message;
    }
    return 1;
}

static int simple(world *w, int i, int32_t kind, int64_t now, psc_message *sent)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.version = w->n[i].version;
    return act(w, i, &event, now, sent);
}

static int propose(world *w, int i, int to, psc_message *sent)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_PROPOSE;
    event.peer = to;
    return act(w, i, &event, 0, sent);
}

static int deliver(world *w, int kind, int epoch, int from, int to, psc_message *sent)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_MESSAGE;
    event.message.kind = kind;
    event.message.epoch = (uint64_t)epoch;
    event.message.from = from;
    event.message.to = to;
    event.message.shard = 7;
    return act(w, to, &event, 0, sent);
}

/* ==== Claims ==================================================================================== */

static int is_serving(int version)
{
    return (version & 7) == PSC_PHASE_OFFERING || (version & 7) == PSC_PHASE_OWNER || (version & 7) == PSC_PHASE_KEPT;
}

static int serves(const world *w, int i)
{
    psc_transfer_action action;
    psc_transfer t;

    unpack(w, i, &t);
    return psc_transfer_look(&t, &action) == PSC_OK && action.serves;
}

/* What a fence has interrupted counts. */
static int effective(const node *n)
{
    return n->held ? n->held : n->version;
}

/* The disks alone: the shard can be served again. */
static int recoverable(const world *w)
{
    int i, epoch;

    for (i = 0; i < NODES; i++) {
        const node s = disk(w, i);
        const int v = effective(&s);
        if (is_serving(v)) return 1;
        if ((v & 7) != PSC_PHASE_RELEASED) continue;
        if (with_loss) return 1;
        epoch = v >> 3;
        if (s.peer > 0 && s.peer <= NODES) {
            const node t = disk(w, s.peer - 1);
            const int phase = t.version & 7;
            if (t.version >> 3 == epoch && t.peer == i + 1 && (phase == PSC_PHASE_ACCEPTED || phase == PSC_PHASE_WITHDRAWN))
                return 1;
        }
    }
    return w->fenced == 2 && disk(w, w->choice).version >> 3 <= fence_epoch();
}

static const char *broken(const world *w)
{
    int i, sum = 0;

    for (i = 0; i < NODES; i++) {
        const node on_disk = disk(w, i);
        if (i == w->lost || !serves(w, i)) continue;
        sum++;
        if (!is_serving(on_disk.version)) return "a node serves what it would not own after a crash";
    }
    if (sum > 1) return "two nodes serve";
    if (!recoverable(w)) return "no owner can be recovered";
    return NULL;
}

/* ==== The authority ============================================================================= */

static void authority_begins(world *w)
{
    int i;

    w->fenced = 1;
    for (i = 0; i < NODES; i++) w->authority |= UINT64_C(1) << (8 * i + PSC_MESSAGE_FENCE);
}

/* All survivors have answered: chooses, as the header says. Returns 1 if it did. */
static int authority_chooses(world *w)
{
    uint64_t best = 0;
    int i, choice = -1;

    if (w->fenced != 1) return 0;
    for (i = 0; i < NODES; i++) {
        if (i == w->lost) continue;
        if (w->answer[i] == 0) return 0;
        if (choice < 0 || psc_transfer_claim(w->answer[i]) > best) {
            best = psc_transfer_claim(w->answer[i]);
            choice = i;
        }
    }
    w->fenced = 2;
    w->choice = (uint8_t)choice;
    for (i = 0; i < NODES; i++)
        w->authority |= UINT64_C(1) << (8 * i + (i == choice ? PSC_MESSAGE_COMMIT : PSC_MESSAGE_ABORT));
    return 1;
}

/* A lost node is back: it hears of the fence and stores that before anything else. */
static void comes_back(world *w)
{
    const int i = w->lost;
    psc_message sent;
    node n = disk(w, i);

    w->n[i] = n;
    w->lost = NOBODY;
    (void)deliver(w, PSC_MESSAGE_FENCE, fence_epoch(), AUTHORITY, i, &sent);
    if (w->n[i].pending) (void)simple(w, i, PSC_EVENT_STORED, 0, &sent);
}

/* ==== Rest ====================================================================================== */

static int at_rest(const world *w)
{
    int i;

    for (i = 0; i < NODES; i++)
        if (i != w->lost && (w->n[i].pending || (w->n[i].version & 7) < PSC_PHASE_IDLE)) return 0;
    return 1;
}

/* Carries a message and what follows from it, each write acknowledged at once. What came to the authority waits there. */
static void carry(world *w, psc_message m)
{
    psc_message sent;
    int steps;

    for (steps = 0; m.kind != 0 && m.to != AUTHORITY && (int)m.to != w->lost && steps < 50; steps++) {
        const int to = (int)m.to;
        if (w->n[to].pending) {
            (void)simple(w, to, PSC_EVENT_STORED, 0, &sent);
            if (sent.kind == 0 || sent.to == AUTHORITY) (void)deliver(w, m.kind, (int)m.epoch, (int)m.from, to, &sent);
        } else {
            (void)deliver(w, m.kind, (int)m.epoch, (int)m.from, to, &sent);
        }
        if (w->n[to].pending) (void)simple(w, to, PSC_EVENT_STORED, 0, &sent);
        m = sent;
    }
}

static void authority_round(world *w)
{
    static const int kinds[3] = {PSC_MESSAGE_FENCE, PSC_MESSAGE_COMMIT, PSC_MESSAGE_ABORT};
    psc_message m;
    int i, k;

    if (w->fenced == 0 && w->lost != NOBODY) authority_begins(w);
    (void)authority_chooses(w);
    memset(&m, 0, sizeof m);
    m.from = AUTHORITY;
    m.epoch = (uint64_t)fence_epoch();
    for (i = 0; i < NODES; i++) {
        m.to = i;
        for (k = 0; k < 3; k++) {
            m.kind = kinds[k];
            if (authority_has(w, m.kind, i)) carry(w, m);
        }
    }
}

/* Messages get through, repetitions come: all sides come to rest, with one owner. */
static int settles(world *w)
{
    psc_message sent;
    int round, i, sum = 0;

    for (round = 0; round < ROUNDS && !(at_rest(w) && w->lost == NOBODY && w->fenced == 0); round++) {
        for (i = 0; i < NODES; i++) {
            if (i == w->lost) continue;
            if (w->n[i].pending) (void)simple(w, i, PSC_EVENT_STORED, 0, &sent);
            else (void)simple(w, i, PSC_EVENT_TICK, RETRY, &sent);
            carry(w, sent);
        }
        if (with_loss) authority_round(w);
    }
    for (i = 0; i < NODES; i++) sum += i != w->lost && serves(w, i);
    return at_rest(w) && sum == 1;
}

/* At rest, the owner can give the shard to any other node. */
static int can_move(const world *w)
{
    psc_message sent;
    int i, to;

    for (i = 0; i < NODES; i++) {
        if (i == w->lost || !serves(w, i) || w->n[i].version >> 3 >= MOST_EPOCHS) continue;
        for (to = 0; to < NODES; to++) {
            world next = *w;
            if (to == i || to == w->lost) continue;
            (void)propose(&next, i, to, &sent);
            if (!settles(&next) || !serves(&next, to)) return 0;
        }
    }
    return 1;
}

/* ==== Search ==================================================================================== */

static world *seen;
static uint32_t *table, *parent;
static uint64_t states, edges, room, slots;         /* slots: of the hash table, a power of 2 */
static const char *violation;

static uint64_t hash_of(const world *w)
{
    uint64_t word[sizeof(world) / 8], h = UINT64_C(0x9e3779b97f4a7c15);
    size_t i;

    memcpy(word, w, sizeof word);
    for (i = 0; i < sizeof word / sizeof word[0]; i++) {
        h = (h ^ word[i]) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    return h;
}

static void show(const world *w)
{
    static const char *name[8] = {"OFFERING", "ACCEPTED", "RELEASED", "WITHDRAWN", "IDLE", "OWNER", "KEPT", "?"};
    int i;

    for (i = 0; i < NODES; i++)
        printf("  %d: %-9s e%d peer %2d%s%s", i, name[w->n[i].version & 7], w->n[i].version >> 3, w->n[i].peer - 1,
               w->n[i].pending ? " unstored" : "", i == w->lost ? " LOST" : w->n[i].held ? " fenced" : "");
    printf("\n");
}

static void report(const char *what)
{
    uint64_t s = states - 1;

    violation = what;
    printf("VIOLATED after %llu states: %s; backwards:\n", (unsigned long long)states, what);
    for (;;) {
        show(&seen[s]);
        if (s == 0) break;
        s = parent[s];
    }
}

static void reach(const world *w, uint64_t from)
{
    uint64_t at = hash_of(w) & (slots - 1);
    const char *what;
    world copy;

    edges++;
    for (; table[at]; at = (at + 1) & (slots - 1))
        if (memcmp(&seen[table[at] - 1], w, sizeof *w) == 0) return;
    if (states == room) {
        room *= 2;
        seen = (world *)realloc(seen, room * sizeof *seen);
        parent = (uint32_t *)realloc(parent, room * sizeof *parent);
    }
    if (!seen || !parent || states > slots / 2) {
        printf("out of memory after %llu states\n", (unsigned long long)states);
        exit(3);
    }
    seen[states] = *w;
    parent[states] = (uint32_t)from;
    table[at] = (uint32_t)++states;
    what = broken(w);
    if (what) {
        report(what);
        return;
    }
    copy = *w;
    if (!settles(&copy)) report("sides do not come to rest with one owner");
    else if (!can_move(&copy)) report("a proposal from rest does not succeed");
}

static void reach_if(int taken, const world *w, uint64_t from)
{
    if (taken && !violation) reach(w, from);
}

/* A crash: the node comes back with what is on its disk. */
static void crash(const world *w, int i, uint64_t from)
{
    psc_message sent;
    world next = *w;

    next.n[i] = disk(w, i);
    (void)simple(&next, i, PSC_EVENT_RESTART, 0, &sent);
    reach_if(1, &next, from);
    if (!w->n[i].pending) return;
    next = *w;                                          /* the write was done, but not acknowledged */
    (void)simple(&next, i, PSC_EVENT_RESTART, 0, &sent);
    reach_if(1, &next, from);
}

static void own_events(const world *w, int i, uint64_t from)
{
    psc_message sent;
    psc_transfer_event event;
    world next;
    int to;

    next = *w; reach_if(simple(&next, i, PSC_EVENT_TICK, RETRY, &sent), &next, from);
    next = *w; reach_if(simple(&next, i, PSC_EVENT_TICK, PATIENCE, &sent), &next, from);
    next = *w; reach_if(simple(&next, i, PSC_EVENT_CANCEL, 0, &sent), &next, from);
    next = *w; reach_if(simple(&next, i, PSC_EVENT_STORED, 0, &sent), &next, from);
    for (to = 0; to < NODES && w->n[i].version >> 3 < epochs; to++) {
        next = *w;
        reach_if(propose(&next, i, to, &sent), &next, from);
    }
    if (w->n[i].pending) {                              /* the acknowledgement of the version before comes late */
        next = *w;
        memset(&event, 0, sizeof event);
        event.kind = PSC_EVENT_STORED;
        event.version = w->n[i].old_version;
        if (act(&next, i, &event, 0, &sent) && memcmp(&next, w, sizeof next) != 0 && !violation)
            report("a late acknowledgement counts");
    }
    crash(w, i, from);
}

static void deliveries(const world *w, int to, uint64_t from)
{
    psc_message sent;
    world next;
    int kind, epoch, i;

    if (w->n[to].pending) return;           /* nothing would change: tests/unit/transfer.c */
    for (kind = PSC_MESSAGE_OFFER; kind <= PSC_MESSAGE_REFUSE; kind++)
        for (epoch = 1; epoch <= epochs; epoch++)
            for (i = 0; i < NODES; i++) {
                if (i == to || !has(w, kind, epoch, i, to)) continue;
                next = *w;
                reach_if(deliver(&next, kind, epoch, i, to, &sent), &next, from);
            }
    for (kind = PSC_MESSAGE_COMMIT; kind <= PSC_MESSAGE_FENCE; kind++) {
        if (kind == PSC_MESSAGE_DONE || kind == PSC_MESSAGE_REFUSE || !authority_has(w, kind, to)) continue;
        next = *w;
        reach_if(deliver(&next, kind, fence_epoch(), AUTHORITY, to, &sent), &next, from);
    }
}

static void loss_events(const world *w, uint64_t from)
{
    world next;
    int i;

    if (w->lost == NOBODY && w->fenced == 0) {
        for (i = 0; i < NODES; i++) {
            next = *w;
            next.lost = (uint8_t)i;
            reach_if(1, &next, from);
        }
    }
    if (w->lost == NOBODY) return;
    next = *w;
    if (w->fenced == 0) {
        authority_begins(&next);
        reach_if(1, &next, from);
    } else if (w->fenced == 1) {
        reach_if(authority_chooses(&next), &next, from);
    } else {
        comes_back(&next);
        reach_if(1, &next, from);
    }
}

static void explore(int up_to, int loss)
{
    world first;
    uint64_t s;
    int i;

    epochs = up_to;
    with_loss = loss;
    violation = NULL;
    states = edges = 0;
    room = 1 << 14;
    slots = UINT64_C(1) << (up_to + loss < 3 ? 16 : 27);
    seen = (world *)malloc(room * sizeof *seen);
    parent = (uint32_t *)malloc(room * sizeof *parent);
    table = (uint32_t *)calloc(slots, sizeof *table);
    if (!seen || !parent || !table) exit(3);
    memset(&first, 0, sizeof first);
    first.lost = NOBODY;
    for (i = 0; i < NODES; i++) first.n[i].version = i == 0 ? PSC_PHASE_OWNER : PSC_PHASE_IDLE;
    reach(&first, 0);
    for (s = 0; s < states && !violation; s++) {
        const world w = seen[s];
        for (i = 0; i < NODES; i++) {
            if (i == w.lost) continue;
            own_events(&w, i, s);
            deliveries(&w, i, s);
        }
        if (loss) loss_events(&w, s);
    }
    printf("%d nodes, %d epochs, crashes%s: %llu states, %llu transitions, %s\n", NODES, up_to,
           loss ? ", one node lost, a fence" : "", (unsigned long long)states, (unsigned long long)edges,
           violation ? "VIOLATED" : "all claims hold");
    free(table);
    free(parent);
    free(seen);
}

static void test_small(void)
{
    explore(2, 0);
    CHECK(!violation);
}

static void test_small_with_loss(void)
{
    explore(1, 1);
    CHECK(!violation);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        const int up_to = atoi(argv[1]);
        if (up_to < 1 || up_to > MOST_EPOCHS - 1) return 2;
        explore(up_to, argc > 2);
        return violation != NULL;
    }
    RUN(test_small);
    RUN(test_small_with_loss);
    return test_end();
}
