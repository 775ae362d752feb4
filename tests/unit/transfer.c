/* Transfers: the protocol step by step (tests/model/transfer.c explores it), the trial's error probabilities, stages with
 * their way back, routing, and blocks. */
#include "predscale.h"
#include "../test.h"
#include "../blocks.h"
#include "../saved.h"

#include <math.h>
#include <stdlib.h>

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define SHARD 7
#define TOP ((UINT64_C(1) << 60) - 1)

/* ==== Two sides ================================================================================= */

typedef union side {
    uint64_t word[10];
    psc_state head;
} side;

static psc_transfer *state_of(side *s) { return (psc_transfer *)(void *)s; }

static void begin(side *s, int64_t self, int32_t owns, uint64_t epoch)
{
    psc_transfer_config config;

    psc_transfer_default(&config);
    config.self = self;
    config.shard = SHARD;
    config.owns = owns;
    config.epoch = epoch;
    CHECK_INT(psc_transfer_size(&config), sizeof *s);
    CHECK_STATUS(psc_transfer_init(state_of(s), sizeof *s, &config), PSC_OK);
}

static psc_transfer_action act(side *s, psc_transfer_event event, int64_t now, psc_status want)
{
    psc_transfer_action action;
    const side before = *s;

    memset(&action, 0, sizeof action);
    CHECK_STATUS(psc_transfer_step(state_of(s), &event, now, &action), want);
    if (want != PSC_OK) CHECK(memcmp(&before, s, sizeof before) == 0);
    return action;
}

static psc_transfer_action simple(side *s, int32_t kind, int64_t now)
{
    psc_transfer_event event;
    psc_transfer_action look;

    memset(&event, 0, sizeof event);
    memset(&look, 0, sizeof look);
    CHECK_STATUS(psc_transfer_look(state_of(s), &look), PSC_OK);
    event.kind = kind;
    event.version = look.version;
    return act(s, event, now, PSC_OK);
}

static psc_transfer_action told(side *s, int32_t kind, int64_t from, int64_t to, uint64_t epoch)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_MESSAGE;
    event.message.kind = kind;
    event.message.shard = SHARD;
    event.message.from = from;
    event.message.to = to;
    event.message.epoch = epoch;
    return act(s, event, 0, PSC_OK);
}

static psc_transfer_action propose(side *s, int64_t peer, psc_status want)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_PROPOSE;
    event.peer = peer;
    return act(s, event, 0, want);
}

static void cancel(side *s, psc_status want)
{
    psc_transfer_event event;

    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_CANCEL;
    (void)act(s, event, 0, want);
}

/* The node's phase, whether it serves and waits for its disk, and what it has sent. */
static void is(const char *what, psc_transfer_action a, int32_t phase, int serves, int persist, int32_t sent)
{
    char text[128];

    snprintf(text, sizeof text, "%s: phase", what);
    test_int(__FILE__, __LINE__, text, a.phase, phase);
    snprintf(text, sizeof text, "%s: serves", what);
    test_int(__FILE__, __LINE__, text, a.serves, serves);
    snprintf(text, sizeof text, "%s: persist", what);
    test_int(__FILE__, __LINE__, text, a.persist, persist);
    snprintf(text, sizeof text, "%s: message", what);
    test_int(__FILE__, __LINE__, text, a.send ? a.message.kind : 0, sent);
}

static psc_transfer_action stored(side *s) { return simple(s, PSC_EVENT_STORED, 0); }

/* Node 1 owns and offers to node 2, epoch 1, up to a point. */
enum { OFFERED, ACCEPTED, RELEASED, TAKEN };
static void upto(int point, side *source, side *target)
{
    begin(source, 1, 1, 0);
    begin(target, 2, 0, 0);
    (void)propose(source, 2, PSC_OK);
    (void)stored(source);
    if (point < ACCEPTED) return;
    (void)told(target, PSC_MESSAGE_OFFER, 1, 2, 1);
    (void)stored(target);
    if (point < RELEASED) return;
    (void)told(source, PSC_MESSAGE_ACCEPT, 2, 1, 1);
    (void)stored(source);
    if (point < TAKEN) return;
    (void)told(target, PSC_MESSAGE_COMMIT, 1, 2, 1);
    (void)stored(target);
}

static void test_the_way(void)
{
    side s, t;
    psc_transfer_action a;

    begin(&s, 1, 1, 0);
    begin(&t, 2, 0, 0);
    is("owner", simple(&s, PSC_EVENT_TICK, 0), PSC_PHASE_OWNER, 1, 0, 0);
    a = propose(&s, 2, PSC_OK);
    is("proposes", a, PSC_PHASE_OFFERING, 1, 1, 0);
    CHECK(a.version == 8 && a.epoch == 1 && a.peer == 2 && a.wake == INT64_MAX);
    a = stored(&s);
    is("has stored", a, PSC_PHASE_OFFERING, 1, 0, PSC_MESSAGE_OFFER);
    CHECK(a.message.shard == SHARD && a.message.from == 1 && a.message.to == 2 && a.message.epoch == 1 && a.wake == 1000 * MS);
    is("offer", told(&t, PSC_MESSAGE_OFFER, 1, 2, 1), PSC_PHASE_ACCEPTED, 0, 1, 0);
    is("target stored", stored(&t), PSC_PHASE_ACCEPTED, 0, 0, PSC_MESSAGE_ACCEPT);
    is("accept", told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 1), PSC_PHASE_RELEASED, 0, 1, 0);
    is("source stored", stored(&s), PSC_PHASE_RELEASED, 0, 0, PSC_MESSAGE_COMMIT);
    is("commit", told(&t, PSC_MESSAGE_COMMIT, 1, 2, 1), PSC_PHASE_OWNER, 0, 1, 0);
    is("target owns", stored(&t), PSC_PHASE_OWNER, 1, 0, PSC_MESSAGE_DONE);
    is("done", told(&s, PSC_MESSAGE_DONE, 2, 1, 1), PSC_PHASE_IDLE, 0, 1, 0);
    a = stored(&s);
    is("source idle", a, PSC_PHASE_IDLE, 0, 0, 0);
    CHECK(a.wake == INT64_MAX && a.version == 12);
}

static void test_repetitions_and_time(void)
{
    side s, t;
    psc_transfer_action a;

    upto(ACCEPTED, &s, &t);
    is("too early", simple(&s, PSC_EVENT_TICK, 1000 * MS - 1), PSC_PHASE_OFFERING, 1, 0, 0);
    a = simple(&s, PSC_EVENT_TICK, 1000 * MS);
    is("repeats", a, PSC_PHASE_OFFERING, 1, 0, PSC_MESSAGE_OFFER);
    CHECK(a.wake == 2000 * MS);
    is("offer again", told(&t, PSC_MESSAGE_OFFER, 1, 2, 1), PSC_PHASE_ACCEPTED, 0, 0, PSC_MESSAGE_ACCEPT);
    a = simple(&t, PSC_EVENT_TICK, 29500 * MS);
    CHECK(a.send && a.wake == 30000 * MS);
    is("out of patience", simple(&t, PSC_EVENT_TICK, 30000 * MS), PSC_PHASE_WITHDRAWN, 0, 1, 0);
    is("unstored waits", simple(&t, PSC_EVENT_TICK, 90000 * MS), PSC_PHASE_WITHDRAWN, 0, 1, 0);
    is("refuses", stored(&t), PSC_PHASE_WITHDRAWN, 0, 0, PSC_MESSAGE_REFUSE);
    is("stored twice", stored(&t), PSC_PHASE_WITHDRAWN, 0, 0, 0);
    is("refuses again", simple(&t, PSC_EVENT_TICK, 90000 * MS), PSC_PHASE_WITHDRAWN, 0, 0, PSC_MESSAGE_REFUSE);
    is("offer to withdrawn", told(&t, PSC_MESSAGE_OFFER, 1, 2, 1), PSC_PHASE_WITHDRAWN, 0, 0, PSC_MESSAGE_REFUSE);
    is("source out of patience", simple(&s, PSC_EVENT_TICK, 31000 * MS), PSC_PHASE_KEPT, 1, 1, 0);
    is("aborts", stored(&s), PSC_PHASE_KEPT, 1, 0, PSC_MESSAGE_ABORT);
    is("asked again", told(&s, PSC_MESSAGE_REFUSE, 2, 1, 1), PSC_PHASE_KEPT, 1, 0, PSC_MESSAGE_ABORT);
    is("by another", told(&s, PSC_MESSAGE_REFUSE, 3, 1, 1), PSC_PHASE_KEPT, 1, 0, 0);
    is("abort", told(&t, PSC_MESSAGE_ABORT, 1, 2, 1), PSC_PHASE_IDLE, 0, 1, 0);
    is("idle", stored(&t), PSC_PHASE_IDLE, 0, 0, 0);
    is("nothing waits", simple(&t, PSC_EVENT_TICK, INT64_MAX), PSC_PHASE_IDLE, 0, 0, 0);
    upto(RELEASED, &s, &t);
    a = simple(&s, PSC_EVENT_TICK, INT64_MAX);
    is("a release has no patience", a, PSC_PHASE_RELEASED, 0, 0, PSC_MESSAGE_COMMIT);
    CHECK(a.wake == INT64_MAX);
}

static void test_cancel_and_refuse(void)
{
    side s, t;

    upto(OFFERED, &s, &t);
    cancel(&s, PSC_OK);
    cancel(&s, PSC_ERR_STATE);                          /* not stored yet */
    (void)propose(&s, 2, PSC_ERR_STATE);
    (void)stored(&s);
    cancel(&s, PSC_ERR_STATE);
    is("proposes anew", propose(&s, 3, PSC_OK), PSC_PHASE_OFFERING, 1, 1, 0);
    (void)stored(&s);
    (void)propose(&s, 2, PSC_ERR_STATE);
    is("offer to who offers", told(&s, PSC_MESSAGE_OFFER, 2, 1, 9), PSC_PHASE_OFFERING, 1, 0, 0);
    is("old answer", told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 1), PSC_PHASE_OFFERING, 1, 0, PSC_MESSAGE_ABORT);
    is("wrong node", told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 2), PSC_PHASE_OFFERING, 1, 0, 0);
    is("refused", told(&s, PSC_MESSAGE_REFUSE, 3, 1, 2), PSC_PHASE_KEPT, 1, 1, 0);
    (void)stored(&s);
    is("accept after all", told(&s, PSC_MESSAGE_ACCEPT, 3, 1, 2), PSC_PHASE_KEPT, 1, 0, PSC_MESSAGE_ABORT);
    upto(ACCEPTED, &s, &t);
    cancel(&t, PSC_OK);
    (void)stored(&t);
    cancel(&t, PSC_ERR_STATE);
    is("takes it all the same", told(&t, PSC_MESSAGE_COMMIT, 1, 2, 1), PSC_PHASE_OWNER, 0, 1, 0);
    upto(RELEASED, &s, &t);
    cancel(&s, PSC_ERR_STATE);
    is("no way back", told(&s, PSC_MESSAGE_REFUSE, 2, 1, 1), PSC_PHASE_RELEASED, 0, 0, PSC_MESSAGE_COMMIT);
    is("nor for ABORT", told(&s, PSC_MESSAGE_ABORT, 2, 1, 1), PSC_PHASE_RELEASED, 0, 0, 0);
    is("accept again", told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 1), PSC_PHASE_RELEASED, 0, 0, PSC_MESSAGE_COMMIT);
    is("accept of another", told(&s, PSC_MESSAGE_ACCEPT, 3, 1, 1), PSC_PHASE_RELEASED, 0, 0, 0);
    is("done of another", told(&s, PSC_MESSAGE_DONE, 3, 1, 1), PSC_PHASE_RELEASED, 0, 0, 0);
    is("done of a later epoch", told(&s, PSC_MESSAGE_DONE, 2, 1, 2), PSC_PHASE_RELEASED, 0, 0, 0);
    is("a later offer", told(&s, PSC_MESSAGE_OFFER, 3, 1, 5), PSC_PHASE_ACCEPTED, 0, 1, 0);
}

static void test_stale_messages(void)
{
    side s, t;

    upto(TAKEN, &s, &t);
    is("commit again", told(&t, PSC_MESSAGE_COMMIT, 1, 2, 1), PSC_PHASE_OWNER, 1, 0, PSC_MESSAGE_DONE);
    is("commit of another", told(&t, PSC_MESSAGE_COMMIT, 3, 2, 1), PSC_PHASE_OWNER, 1, 0, 0);
    is("a later commit", told(&t, PSC_MESSAGE_COMMIT, 1, 2, 2), PSC_PHASE_OWNER, 1, 0, 0);
    is("accept to an owner by commit", told(&t, PSC_MESSAGE_ACCEPT, 1, 2, 1), PSC_PHASE_OWNER, 1, 0, 0);
    is("offer to an owner", told(&t, PSC_MESSAGE_OFFER, 1, 2, 9), PSC_PHASE_OWNER, 1, 0, 0);
    is("offer again to an owner", told(&t, PSC_MESSAGE_OFFER, 1, 2, 1), PSC_PHASE_OWNER, 1, 0, 0);
    is("abort to an owner", told(&t, PSC_MESSAGE_ABORT, 1, 2, 1), PSC_PHASE_OWNER, 1, 0, 0);
    is("moves on", propose(&t, 3, PSC_OK), PSC_PHASE_OFFERING, 1, 1, 0);
    is("commit, unstored", told(&t, PSC_MESSAGE_COMMIT, 1, 2, 1), PSC_PHASE_OFFERING, 1, 1, 0);
    (void)stored(&t);
    is("old commit", told(&t, PSC_MESSAGE_COMMIT, 1, 2, 1), PSC_PHASE_OFFERING, 1, 0, PSC_MESSAGE_DONE);
    is("commit to who offers", told(&t, PSC_MESSAGE_COMMIT, 3, 2, 2), PSC_PHASE_OFFERING, 1, 0, 0);
    upto(ACCEPTED, &s, &t);
    is("offer of another", told(&t, PSC_MESSAGE_OFFER, 3, 2, 1), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("commit of another", told(&t, PSC_MESSAGE_COMMIT, 3, 2, 1), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("abort of another", told(&t, PSC_MESSAGE_ABORT, 3, 2, 1), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("abort of a later epoch", told(&t, PSC_MESSAGE_ABORT, 1, 2, 2), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("a later offer", told(&t, PSC_MESSAGE_OFFER, 1, 2, 2), PSC_PHASE_ACCEPTED, 0, 1, 0);
    (void)stored(&t);
    is("an older one", told(&t, PSC_MESSAGE_OFFER, 1, 2, 1), PSC_PHASE_ACCEPTED, 0, 0, 0);
}

static void test_crashes(void)
{
    side s, t, disk;
    psc_transfer_action a;
    psc_transfer_event event;

    upto(ACCEPTED, &s, &t);
    disk = s;
    (void)told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 1);
    s = disk;                                           /* the write was lost: nothing was told, it still serves */
    is("restarts as before", simple(&s, PSC_EVENT_RESTART, 50 * MS), PSC_PHASE_OFFERING, 1, 0, PSC_MESSAGE_OFFER);
    (void)told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 1);        /* the write was done, its acknowledgement lost */
    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_STORED;
    event.version = 8;
    is("a late acknowledgement", act(&s, event, 0, PSC_OK), PSC_PHASE_RELEASED, 0, 1, 0);
    a = simple(&s, PSC_EVENT_RESTART, 50 * MS);
    is("restarts with it", a, PSC_PHASE_RELEASED, 0, 0, PSC_MESSAGE_COMMIT);
    CHECK(a.wake == 1050 * MS);
    upto(RELEASED, &s, &t);
    (void)told(&t, PSC_MESSAGE_COMMIT, 1, 2, 1);
    is("owner after a restart", simple(&t, PSC_EVENT_RESTART, 0), PSC_PHASE_OWNER, 1, 0, PSC_MESSAGE_DONE);
    begin(&s, 1, 1, 0);
    is("first owner", simple(&s, PSC_EVENT_RESTART, 0), PSC_PHASE_OWNER, 1, 0, 0);
}

static void test_fence(void)
{
    side s, t;
    psc_transfer_action a;

    upto(RELEASED, &s, &t);
    is("fence", told(&s, PSC_MESSAGE_FENCE, 9, 1, 100), PSC_PHASE_ACCEPTED, 0, 1, 0);
    a = stored(&s);
    is("fenced", a, PSC_PHASE_ACCEPTED, 0, 0, PSC_MESSAGE_ACCEPT);
    CHECK(a.message.held == (8 | PSC_PHASE_RELEASED) && a.message.to == 9 && a.message.epoch == 100);
    is("fence again", told(&s, PSC_MESSAGE_FENCE, 9, 1, 100), PSC_PHASE_ACCEPTED, 0, 0, PSC_MESSAGE_ACCEPT);
    is("older fence", told(&s, PSC_MESSAGE_FENCE, 9, 1, 99), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("fence of another", told(&s, PSC_MESSAGE_FENCE, 8, 1, 100), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("old answer to the fenced", told(&s, PSC_MESSAGE_ACCEPT, 2, 1, 1), PSC_PHASE_ACCEPTED, 0, 0, 0);
    is("old commit to the fenced", told(&s, PSC_MESSAGE_COMMIT, 2, 1, 1), PSC_PHASE_ACCEPTED, 0, 0, 0);
    cancel(&s, PSC_ERR_STATE);
    is("waits for the authority", simple(&s, PSC_EVENT_TICK, INT64_MAX), PSC_PHASE_ACCEPTED, 0, 0, PSC_MESSAGE_ACCEPT);
    is("second fence", told(&s, PSC_MESSAGE_FENCE, 9, 1, 200), PSC_PHASE_ACCEPTED, 0, 1, 0);
    a = stored(&s);
    CHECK(a.send && a.message.held == (8 | PSC_PHASE_RELEASED) && a.message.epoch == 200);
    is("chosen", told(&s, PSC_MESSAGE_COMMIT, 9, 1, 200), PSC_PHASE_OWNER, 0, 1, 0);
    a = stored(&s);
    is("owns", a, PSC_PHASE_OWNER, 1, 0, PSC_MESSAGE_DONE);
    CHECK(a.message.to == 9);
    is("fence to who took", told(&s, PSC_MESSAGE_FENCE, 9, 1, 200), PSC_PHASE_OWNER, 1, 0, 0);
    is("goes on", propose(&s, 2, PSC_OK), PSC_PHASE_OFFERING, 1, 1, 0);
    (void)told(&t, PSC_MESSAGE_FENCE, 9, 2, 100);
    (void)stored(&t);
    is("offer to the fenced", told(&t, PSC_MESSAGE_OFFER, 1, 2, 201), PSC_PHASE_ACCEPTED, 0, 1, 0);
    a = stored(&t);
    CHECK(a.send && a.message.held == 0 && a.message.to == 1);
    upto(RELEASED, &s, &t);
    (void)told(&t, PSC_MESSAGE_FENCE, 9, 2, 100);
    (void)stored(&t);
    is("not chosen", told(&t, PSC_MESSAGE_ABORT, 9, 2, 100), PSC_PHASE_IDLE, 0, 1, 0);
    CHECK(psc_transfer_claim(8 | PSC_PHASE_RELEASED) == 6 && psc_transfer_claim(8 | PSC_PHASE_ACCEPTED) == 5);
    CHECK(psc_transfer_claim(8 | PSC_PHASE_WITHDRAWN) == 5 && psc_transfer_claim(8 | PSC_PHASE_OWNER) == 7);
    CHECK(psc_transfer_claim(16 | PSC_PHASE_OFFERING) == 11 && psc_transfer_claim(16 | PSC_PHASE_KEPT) == 11);
    CHECK(psc_transfer_claim(80 | PSC_PHASE_IDLE) == 0 && psc_transfer_claim(7) == 0);
}

static void test_transfer_arguments(void)
{
    static const struct {
        int32_t kind;
        int64_t shard, from, to;
        uint64_t epoch;
    } bad[] = {
        {0, SHARD, 2, 1, 1}, {8, SHARD, 2, 1, 1}, {PSC_MESSAGE_OFFER, 6, 2, 1, 1}, {PSC_MESSAGE_OFFER, SHARD, 2, 3, 1},
        {PSC_MESSAGE_OFFER, SHARD, -1, 1, 1}, {PSC_MESSAGE_OFFER, SHARD, 1, 1, 1}, {PSC_MESSAGE_OFFER, SHARD, 2, 1, 0},
        {PSC_MESSAGE_OFFER, SHARD, 2, 1, TOP + 1}
    };
    psc_transfer_config config;
    psc_transfer_event event;
    psc_transfer_action action;
    side s, copy;
    size_t i;

    begin(&s, 1, 1, TOP - 1);
    memset(&event, 0, sizeof event);
    event.kind = PSC_EVENT_MESSAGE;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        event.message.kind = bad[i].kind;
        event.message.shard = bad[i].shard;
        event.message.from = bad[i].from;
        event.message.to = bad[i].to;
        event.message.epoch = bad[i].epoch;
        (void)act(&s, event, 0, PSC_ERR_RANGE);
    }
    event.kind = 6;
    (void)act(&s, event, 0, PSC_ERR_RANGE);
    event.kind = -1;
    (void)act(&s, event, 0, PSC_ERR_RANGE);
    (void)propose(&s, -1, PSC_ERR_RANGE);
    (void)propose(&s, 1, PSC_ERR_RANGE);
    CHECK_STATUS(psc_transfer_step(NULL, &event, 0, &action), PSC_ERR_NULL);
    CHECK_STATUS(psc_transfer_step(state_of(&s), NULL, 0, &action), PSC_ERR_NULL);
    CHECK_STATUS(psc_transfer_step(state_of(&s), &event, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_transfer_look(state_of(&s), NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_transfer_look(NULL, &action), PSC_ERR_NULL);
    copy = s;
    copy.head.words = 9;
    CHECK_STATUS(psc_transfer_look(state_of(&copy), &action), PSC_ERR_STATE);
    copy = s;
    copy.word[5] |= 7;                                  /* no such phase */
    CHECK_STATUS(psc_transfer_look(state_of(&copy), &action), PSC_ERR_STATE);
    is("the last epoch", propose(&s, 2, PSC_OK), PSC_PHASE_OFFERING, 1, 1, 0);
    (void)stored(&s);
    cancel(&s, PSC_OK);
    (void)stored(&s);
    (void)propose(&s, 2, PSC_ERR_RANGE);                /* no epoch is left */
    begin(&s, 1, 0, 0);
    (void)propose(&s, 2, PSC_ERR_STATE);
    cancel(&s, PSC_ERR_STATE);

    psc_transfer_default(NULL);
    psc_transfer_default(&config);
    CHECK_INT(psc_transfer_size(NULL), 0);
    CHECK_STATUS(psc_transfer_init(NULL, sizeof s, &config), PSC_ERR_NULL);
    CHECK_STATUS(psc_transfer_init(state_of(&s), sizeof s - 1, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_transfer_init(state_of(&s), sizeof s, NULL), PSC_ERR_NULL);
    for (i = 0; i < 6; i++) {
        psc_transfer_default(&config);
        if (i == 0) config.self = -1;
        if (i == 1) config.retry_ms = 0;
        if (i == 2) config.patience_ms = config.retry_ms - 1;
        if (i == 3) config.epoch = TOP + 1;
        if (i == 4) config.owns = 2;
        if (i == 5) config.owns = -1;
        CHECK_STATUS(psc_transfer_init(state_of(&s), sizeof s, &config), PSC_ERR_RANGE);
    }
    config.struct_size = 1;
    CHECK_STATUS(psc_transfer_init(state_of(&s), sizeof s, &config), PSC_ERR_VERSION);
    CHECK_INT(psc_transfer_size(&config), 0);
}

/* A long way under loss, repetition, reordering and crashes, with save and load at each store: one owner at the end. */
static void test_a_lossy_network(void)
{
    enum { SIDES = 4, FLIGHT = 64 };
    side node[SIDES], disk[SIDES];
    psc_message flight[FLIGHT];
    uint64_t seed = 3;
    int64_t now = 0;
    int i, step, flying = 0, serving = 0, moved = 0;

    for (i = 0; i < SIDES; i++) {
        begin(&node[i], i, i == 0, 0);
        disk[i] = node[i];
    }
    for (step = 0; step < 40000; step++) {
        const int calm = step >= 39000;
        psc_transfer_event event;
        psc_transfer_action a;
        memset(&event, 0, sizeof event);
        now += (int64_t)(test_random(&seed) % (calm ? 2000 : 400)) * MS;
        i = (int)(test_random(&seed) % SIDES);
        event.kind = PSC_EVENT_TICK;
        switch (test_random(&seed) % (calm ? 3 : 6)) {
        case 0: break;
        case 1:
        case 2:
            if (flying > 0) {
                const int at = (int)(test_random(&seed) % (uint64_t)flying);
                event.kind = PSC_EVENT_MESSAGE;
                event.message = flight[at];
                i = (int)event.message.to;
                if (calm || test_random(&seed) % 2) flight[at] = flight[--flying];
            }
            break;
        case 3: event.kind = PSC_EVENT_PROPOSE; event.peer = (int64_t)(test_random(&seed) % SIDES); break;
        case 4: event.kind = test_random(&seed) % 20 ? PSC_EVENT_TICK : PSC_EVENT_CANCEL; break;
        default:
            if (test_random(&seed) % 10 == 0) {
                node[i] = disk[i];
                event.kind = PSC_EVENT_RESTART;
            }
            break;
        }
        if (psc_transfer_step(state_of(&node[i]), &event, now, &a) != PSC_OK) continue;
        if (a.persist && (calm || test_random(&seed) % 4)) {
            unsigned char saved[sizeof(side) + 8];
            size_t written;
            CHECK_STATUS(psc_save(&node[i], saved, sizeof saved, &written), PSC_OK);
            CHECK_STATUS(psc_load(PSC_TYPE_TRANSFER, saved, written, &disk[i], sizeof disk[i]), PSC_OK);
            memset(&event, 0, sizeof event);
            event.kind = PSC_EVENT_STORED;
            event.version = a.version;
            CHECK_STATUS(psc_transfer_step(state_of(&node[i]), &event, now, &a), PSC_OK);
            moved += a.phase == PSC_PHASE_OWNER;
        }
        if (a.send && (calm || test_random(&seed) % 3)) {
            if (flying == FLIGHT) flight[(int)(test_random(&seed) % FLIGHT)] = a.message;
            else flight[flying++] = a.message;
        }
        for (i = 0, serving = 0; i < SIDES; i++) {
            CHECK_STATUS(psc_transfer_look(state_of(&node[i]), &a), PSC_OK);
            serving += a.serves;
        }
        CHECK(serving <= 1);
    }
    CHECK_INT(serving, 1);
    CHECK(moved > 100);
}

/* ==== Trial ===================================================================================== */

static psc_trial *trial_new(const psc_trial_config *config)
{
    const size_t bytes = psc_trial_size(config);
    psc_trial *trial = (psc_trial *)block_new(bytes, 0x55);

    CHECK_STATUS(psc_trial_init(trial, bytes, config), PSC_OK);
    return trial;
}

static psc_trial_info verdict_of(const psc_trial *trial)
{
    psc_trial_info info;

    memset(&info, 0, sizeof info);
    CHECK_STATUS(psc_trial_verdict(trial, &info), PSC_OK);
    return info;
}

/* A latency: 10 ms, at the share `slow` ten times that, each with noise of a factor up to 2. */
static double latency(uint64_t *seed, double slow)
{
    const double x = 0.01 * (1.0 + test_uniform(seed));
    return test_uniform(seed) < slow ? 10.0 * x : x;
}

enum { EQUAL, WORSE_TAIL, WORSE_ERRORS, WORSE_MEDIAN, BETTER, CASES };

/* One trial of a case to its verdict; pairs is how many it took. */
static int32_t run_trial(int which, uint64_t *seed, int64_t *pairs)
{
    psc_trial_config config;
    psc_trial *trial;
    psc_trial_info info;
    psc_trial_pair pair;

    psc_trial_default(&config);
    config.slack = 0.0;
    trial = trial_new(&config);
    do {
        pair.source_latency = latency(seed, 0.02);
        pair.target_latency = latency(seed, which == WORSE_TAIL ? 0.052 : which == BETTER ? 0.0 : 0.02);
        if (which == WORSE_MEDIAN) pair.target_latency *= 1.2;
        pair.source_failed = test_uniform(seed) < 0.002;
        pair.target_failed = test_uniform(seed) < (which == WORSE_ERRORS ? 0.0075 : 0.002);
        CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
        info = verdict_of(trial);
    } while (info.verdict == PSC_TRIAL_PENDING);
    *pairs = info.pairs;
    free(trial);
    return info.verdict;
}

/* 200 trials a case. A share of at most 0.05 makes 21 of them with a chance below 0.001 (binomial, 200, 0.05). */
static void test_error_probabilities(void)
{
    static const char *name[CASES] = {"equal", "worse tail", "worse errors", "worse median", "better"};
    uint64_t seed = 11;
    int which, i;

    for (which = 0; which < CASES; which++) {
        int count[4] = {0, 0, 0, 0};
        int64_t pairs, sum = 0;
        for (i = 0; i < 200; i++) {
            count[run_trial(which, &seed, &pairs)]++;
            sum += pairs;
        }
        printf("trial, %s: %d pass, %d fail, %d expired, %ld pairs\n", name[which], count[PSC_TRIAL_PASS],
               count[PSC_TRIAL_FAIL], count[PSC_TRIAL_EXPIRED], (long)(sum / 200));
        if (which == EQUAL || which == BETTER) CHECK(count[PSC_TRIAL_FAIL] <= 20 && count[PSC_TRIAL_PASS] >= 150);
        else CHECK(count[PSC_TRIAL_PASS] <= 20 && count[PSC_TRIAL_FAIL] >= 150);
    }
}

static void test_trial_ends(void)
{
    psc_trial_config config;
    psc_trial *trial;
    psc_trial_info info;
    psc_trial_pair pair = {0.01, 0.01, 0, 0};
    int i;

    psc_trial_default(&config);
    config.max_pairs = 50;
    trial = trial_new(&config);
    for (i = 0; i < 60; i++) CHECK_STATUS(psc_trial_observe(trial, &pair, i), PSC_OK);
    info = verdict_of(trial);
    CHECK(info.verdict == PSC_TRIAL_EXPIRED && info.pairs == 50 && info.channel == -1);
    free(trial);
    config.max_pairs = 5000;
    config.max_ns = 40;
    trial = trial_new(&config);
    CHECK_STATUS(psc_trial_observe(trial, &pair, 100), PSC_OK);
    CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);           /* a clock that went back */
    CHECK_STATUS(psc_trial_observe(trial, &pair, 139), PSC_OK);
    CHECK_INT(verdict_of(trial).verdict, PSC_TRIAL_PENDING);
    CHECK_STATUS(psc_trial_observe(trial, &pair, 140), PSC_OK);
    CHECK_INT(verdict_of(trial).verdict, PSC_TRIAL_EXPIRED);
    free(trial);

    psc_trial_default(&config);                         /* errors only, none: 639 pairs pass, by ln 20 / ln(1 + w / 200) */
    config.quantiles = 0;
    trial = trial_new(&config);
    for (i = 0; verdict_of(trial).verdict == PSC_TRIAL_PENDING; i++)
        CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
    info = verdict_of(trial);
    CHECK(info.verdict == PSC_TRIAL_PASS && info.passed == 8 && i > 600 && i < 1000);
    free(trial);
    trial = trial_new(&config);
    pair.target_failed = 1;                             /* and each fails */
    for (i = 0; verdict_of(trial).verdict == PSC_TRIAL_PENDING; i++)
        CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
    info = verdict_of(trial);
    CHECK(info.verdict == PSC_TRIAL_FAIL && info.channel == 3 && i < 10);
    free(trial);
}

static void test_trial_thresholds(void)
{
    psc_trial_config config;
    psc_trial *trial;
    psc_trial_info info;
    psc_trial_pair pair = {0.0, 0.0, 0, 0};
    uint64_t seed = 5;
    int i;

    psc_trial_default(&config);
    config.learn = INT64_C(2147483648);
    trial = trial_new(&config);
    pair.source_latency = NAN;
    pair.target_latency = NAN;
    CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
    CHECK(verdict_of(trial).threshold[0] == 0.0);       /* no latency yet */
    pair.source_latency = 0.0;
    CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
    CHECK(verdict_of(trial).threshold[0] == 1e-12);     /* the least */
    CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
    CHECK(verdict_of(trial).threshold[0] == 1e-12);
    for (i = 0; i < 15000; i++) {
        pair.source_latency = 1.0 + test_uniform(&seed);
        pair.target_latency = NAN;
        if (verdict_of(trial).verdict != PSC_TRIAL_PENDING) break;
        pair.target_failed = pair.source_failed = 0;
        CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
        if (i > 5000) {
            info = verdict_of(trial);
            CHECK_NEAR(info.threshold[0], 1.5, 0.45);      /* 4.6 of sqrt(0.05 / 4 / (2 x 1.5)) x 1.5 */
            CHECK_NEAR(info.threshold[2], 1.99, 0.15);
        }
    }
    free(trial);
    psc_trial_default(&config);
    config.learn = INT64_C(2147483648);
    trial = trial_new(&config);
    pair.source_latency = 9e14;
    for (i = 0; i < 200; i++) {
        CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
        pair.source_latency = NAN;
    }
    CHECK(verdict_of(trial).threshold[0] == 1e15);      /* the most */
    free(trial);
    config.learn = 1;                                   /* a source that never answers teaches no threshold */
    trial = trial_new(&config);
    for (i = 0; i < 5; i++) CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_OK);
    CHECK(verdict_of(trial).threshold[0] == 0.0 && verdict_of(trial).harmful[0] == 1.0);
    free(trial);
}

static void test_trial_arguments(void)
{
    psc_trial_config config;
    psc_trial_info info;
    psc_trial_pair pair = {0.01, 0.01, 0, 0};
    psc_trial *trial;
    int i;

    psc_trial_default(NULL);
    psc_trial_default(&config);
    trial = trial_new(&config);
    for (i = 0; i < 4; i++) {
        const double bad = i < 2 ? -1.0 : special(2);
        pair.source_latency = i % 2 ? bad : 0.01;
        pair.target_latency = i % 2 ? 0.01 : bad;
        CHECK_STATUS(psc_trial_observe(trial, &pair, 0), PSC_ERR_RANGE);
    }
    CHECK_INT(verdict_of(trial).pairs, 0);
    CHECK_STATUS(psc_trial_observe(trial, NULL, 0), PSC_ERR_NULL);
    CHECK_STATUS(psc_trial_observe(NULL, &pair, 0), PSC_ERR_NULL);
    CHECK_STATUS(psc_trial_verdict(trial, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_trial_verdict(NULL, &info), PSC_ERR_NULL);
    CHECK_STATUS(psc_trial_init(trial, 8, &config), PSC_ERR_SPACE);
    CHECK_STATUS(psc_trial_init(trial, 8, NULL), PSC_ERR_NULL);
    ((uint64_t *)(void *)trial)[2] = 4;                 /* quantiles */
    CHECK_STATUS(psc_trial_verdict(trial, &info), PSC_ERR_STATE);
    ((int64_t *)(void *)trial)[2] = -1;
    CHECK_STATUS(psc_trial_verdict(trial, &info), PSC_ERR_STATE);
    ((uint64_t *)(void *)trial)[1]++;
    CHECK_STATUS(psc_trial_verdict(trial, &info), PSC_ERR_STATE);
    CHECK_INT(psc_trial_size(NULL), 0);
    for (i = 0; i < 15; i++) {
        psc_trial_default(&config);
        if (i == 0) config.quantiles = -1;
        if (i == 1) config.quantiles = 4;
        if (i == 2) config.error_harm = 0.0;
        if (i == 3) config.quantile[2] = 1.0;
        if (i == 4) config.harm[0] = NAN;
        if (i == 5) config.slack = -1.0;
        if (i == 6) config.alpha = 0.0;
        if (i == 7) config.beta = 1.0;
        if (i == 8) config.learn = 0;
        if (i == 9) config.max_pairs = 0;
        if (i == 10) config.max_ns = 0;
        if (i == 11) config.learn = INT64_C(2147483649);
        if (i == 12) config.max_pairs = INT64_C(2147483649);
        if (i == 13) config.quantile[0] = 0.0;
        if (i == 14) config.harm[1] = 0.6;
        CHECK_INT(psc_trial_size(&config), 0);
    }
    config.struct_size = 0;
    CHECK_INT(psc_trial_size(&config), 0);
    CHECK_STATUS(psc_trial_init(trial, 1024, &config), PSC_ERR_VERSION);
    free(trial);
}

/* ==== Stages and routing ======================================================================== */

static psc_stages *stages_new(void)
{
    psc_stages_config config;
    psc_stages *stages;
    size_t bytes;

    psc_stages_default(&config);
    config.source = 3;
    config.target = 4;
    bytes = psc_stages_size(&config);
    stages = (psc_stages *)block_new(bytes, 0x55);
    CHECK_STATUS(psc_stages_init(stages, bytes, &config), PSC_OK);
    return stages;
}

static psc_stages_output step(psc_stages *stages, psc_stages_input in, int64_t now)
{
    psc_stages_output out;

    memset(&out, 0xff, sizeof out);
    CHECK_STATUS(psc_stages_step(stages, &in, now, &out), PSC_OK);
    return out;
}

static const psc_stages_input calm = {0, 0, 0.0, PSC_TRIAL_PENDING, PSC_OWNER_SOURCE, 0, 0};

/* Stages up to one of them, from time 0; *now is when it was entered. */
static psc_stages *stages_upto(int32_t stage, int64_t *now)
{
    psc_stages *stages = stages_new();
    psc_stages_input in = calm;
    psc_stages_output out = step(stages, in, *now = 0);

    if (stage == PSC_STAGE_SHADOW) return stages;
    out = step(stages, in, *now = 30 * SECOND);
    CHECK_INT(out.stage, PSC_STAGE_VALIDATE);
    if (stage == PSC_STAGE_VALIDATE) return stages;
    in.verdict = PSC_TRIAL_PASS;
    out = step(stages, in, *now += SECOND);
    CHECK_INT(out.stage, PSC_STAGE_CUTOVER);
    while (stage > PSC_STAGE_CUTOVER && out.stage == PSC_STAGE_CUTOVER) out = step(stages, in, *now += 60 * SECOND);
    if (stage <= PSC_STAGE_HANDOVER) return stages;
    in.owner = PSC_OWNER_TARGET;
    out = step(stages, in, *now += SECOND);
    CHECK_INT(out.stage, PSC_STAGE_DECOMMISSION);
    return stages;
}

static void test_the_stages(void)
{
    psc_stages *s = stages_new();
    psc_stages_input in = calm;
    psc_stages_output out;
    int64_t now = 1000 * SECOND, share = 0;
    int steps;

    in.left = 5;
    out = step(s, in, now);
    CHECK(out.stage == PSC_STAGE_SHADOW && out.share == 0 && out.action == PSC_STAGES_NOTHING && out.copy_bytes == 5);
    CHECK_INT(step(s, in, now += 40 * SECOND).stage, PSC_STAGE_SHADOW);        /* bytes are left */
    in.left = 0;
    CHECK_INT(step(s, in, now).stage, PSC_STAGE_VALIDATE);
    CHECK_INT(step(s, in, now += 1).stage, PSC_STAGE_VALIDATE);
    in.verdict = PSC_TRIAL_PASS;
    in.left = 1;
    CHECK_INT(step(s, in, now += 1).stage, PSC_STAGE_VALIDATE);
    in.left = 0;
    out = step(s, in, now += 1);
    CHECK(out.stage == PSC_STAGE_CUTOVER && out.share == 655);
    for (steps = 0; out.stage == PSC_STAGE_CUTOVER; steps++) {
        CHECK_INT(step(s, in, now + 60 * SECOND - 1).share, out.share);
        CHECK(out.share > share);
        share = out.share;
        out = step(s, in, now += 60 * SECOND);
    }
    CHECK(steps == 6 && share == PSC_SHARE_ALL);        /* 655 x 3^4 < 65536 < 655 x 3^5 */
    CHECK(out.stage == PSC_STAGE_HANDOVER && out.action == PSC_STAGES_PROPOSE && out.share == PSC_SHARE_ALL);
    in.owner = PSC_OWNER_MOVING;
    out = step(s, in, now += 1);
    CHECK(out.stage == PSC_STAGE_HANDOVER && out.action == PSC_STAGES_NOTHING);
    in.owner = PSC_OWNER_TARGET;
    CHECK_INT(step(s, in, now += 1).stage, PSC_STAGE_DECOMMISSION);
    CHECK_INT(step(s, in, now + 600 * SECOND - 1).stage, PSC_STAGE_DECOMMISSION);
    out = step(s, in, now + 600 * SECOND);
    CHECK(out.stage == PSC_STAGE_DONE && out.action == PSC_STAGES_DROP_SOURCE && out.reason == PSC_REASON_NONE);
    in.cancel = 1;
    CHECK_INT(step(s, in, now + 601 * SECOND).stage, PSC_STAGE_DONE);          /* too late */
    free(s);
}

/* From each stage back, for each reason. */
static void test_rollback(void)
{
    static const int32_t stages[] = {
        PSC_STAGE_SHADOW, PSC_STAGE_VALIDATE, PSC_STAGE_CUTOVER, PSC_STAGE_HANDOVER, PSC_STAGE_DECOMMISSION
    };
    size_t i;
    int32_t reason;

    for (i = 0; i < 5; i++) {
        for (reason = PSC_REASON_CANCELLED; reason <= PSC_REASON_LATE; reason++) {
            psc_stages_input in = calm;
            psc_stages_output out;
            int64_t now;
            psc_stages *s = stages_upto(stages[i], &now);
            int takes = 1;
            if (stages[i] == PSC_STAGE_DECOMMISSION) in.owner = PSC_OWNER_TARGET;
            if (reason == PSC_REASON_CANCELLED) in.cancel = 1;
            if (reason == PSC_REASON_UNSTABLE) in.instability = 0.51;
            if (reason == PSC_REASON_WORSE) in.verdict = PSC_TRIAL_FAIL;
            if (reason == PSC_REASON_UNDECIDED) {
                in.verdict = PSC_TRIAL_EXPIRED;
                takes = stages[i] <= PSC_STAGE_VALIDATE;
            }
            if (reason == PSC_REASON_LATE) {
                now = 3600 * SECOND;
                takes = stages[i] < PSC_STAGE_DECOMMISSION;
            }
            out = step(s, in, now);
            CHECK_INT(out.reason, takes ? reason : PSC_REASON_NONE);
            if (!takes) {
                CHECK(out.stage != PSC_STAGE_ROLLED_BACK && out.stage != PSC_STAGE_CANCELLING && out.stage != PSC_STAGE_RETURNING);
            } else if (stages[i] <= PSC_STAGE_CUTOVER) {
                CHECK(out.stage == PSC_STAGE_ROLLED_BACK && out.share == 0 && out.action == PSC_STAGES_DROP_TARGET);
            } else if (stages[i] == PSC_STAGE_HANDOVER) {
                CHECK(out.stage == PSC_STAGE_CANCELLING && out.action == PSC_STAGES_CANCEL && out.share == PSC_SHARE_ALL);
            } else {
                CHECK(out.stage == PSC_STAGE_RETURNING && out.action == PSC_STAGES_RETURN && out.share == PSC_SHARE_ALL);
            }
            free(s);
        }
    }
}

static void test_the_way_back(void)
{
    psc_stages_input in = calm;
    psc_stages_output out;
    int64_t now;
    psc_stages *s = stages_upto(PSC_STAGE_HANDOVER, &now);

    in.cancel = 1;
    (void)step(s, in, now);
    in.owner = PSC_OWNER_MOVING;
    out = step(s, in, now);
    CHECK(out.stage == PSC_STAGE_CANCELLING && out.action == PSC_STAGES_CANCEL && out.copy_bytes == 0);
    in.owner = PSC_OWNER_SOURCE;
    CHECK_INT(step(s, in, now).stage, PSC_STAGE_ROLLED_BACK);
    free(s);
    s = stages_upto(PSC_STAGE_HANDOVER, &now);          /* the handover was faster */
    (void)step(s, in, now);
    in.owner = PSC_OWNER_TARGET;
    out = step(s, in, now);
    CHECK(out.stage == PSC_STAGE_RETURNING && out.action == PSC_STAGES_RETURN);
    CHECK_INT(step(s, in, now).stage, PSC_STAGE_RETURNING);
    in.owner = PSC_OWNER_MOVING;
    out = step(s, in, now);
    CHECK(out.stage == PSC_STAGE_RETURNING && out.action == PSC_STAGES_NOTHING && out.reason == PSC_REASON_CANCELLED);
    in.owner = PSC_OWNER_SOURCE;
    out = step(s, in, now);
    CHECK(out.stage == PSC_STAGE_ROLLED_BACK && out.share == 0);
    free(s);
}

static void test_copy_rate(void)
{
    psc_stages *s = stages_new();
    psc_stages_input in = calm;
    int64_t now = 0, copied = 0;
    psc_stages_output out;
    int i;

    in.left = INT64_C(1) << 40;
    out = step(s, in, now);
    CHECK_INT(out.copy_bytes, 1000000);
    for (i = 0; i < 1000; i++) {                        /* blocks of 300,000 bytes, as many as begin within the grant */
        in.copied = 300000 * ((out.copy_bytes + 299999) / 300000);
        copied += in.copied;
        out = step(s, in, now += 10 * MS);
    }
    CHECK(copied <= 1000000 + 10 * 10000000 + 300000 && copied >= 10 * 10000000);
    in.copied = INT64_C(1) << 50;
    for (i = 0; i < 3; i++) out = step(s, in, now);
    CHECK_INT(out.copy_bytes, 0);
    in.copied = 0;
    CHECK_INT(step(s, in, now - 5 * SECOND).copy_bytes, 0);             /* a clock that went back */
    CHECK_INT(step(s, in, now - 5 * SECOND + 1).stage, PSC_STAGE_SHADOW);
    free(s);
}

/* The spans begin anew where the clock goes back. */
static void test_a_clock_that_goes_back(void)
{
    psc_stages *s = stages_new();

    (void)step(s, calm, 5000 * SECOND);
    CHECK_INT(step(s, calm, 0).stage, PSC_STAGE_SHADOW);
    CHECK_INT(step(s, calm, 30 * SECOND - 1).stage, PSC_STAGE_SHADOW);
    CHECK_INT(step(s, calm, 30 * SECOND).stage, PSC_STAGE_VALIDATE);
    CHECK_INT(step(s, calm, 3600 * SECOND - 1).reason, PSC_REASON_NONE);
    CHECK_INT(step(s, calm, 3600 * SECOND).reason, PSC_REASON_LATE);
    free(s);
}

static void test_stages_arguments(void)
{
    psc_stages *s = stages_new();
    psc_stages_config config;
    psc_stages_input in;
    psc_stages_output out;
    psc_way way;
    int i;

    for (i = 0; i < 9; i++) {
        in = calm;
        if (i == 0) in.copied = -1;
        if (i == 1) in.copied = (INT64_C(1) << 50) + 1;
        if (i == 2) in.left = -1;
        if (i == 3) in.verdict = -1;
        if (i == 4) in.verdict = 4;
        if (i == 5) in.owner = -1;
        if (i == 6) in.owner = 3;
        if (i == 7) in.instability = 1.01;
        if (i == 8) in.instability = NAN;
        CHECK_STATUS(psc_stages_step(s, &in, 0, &out), PSC_ERR_RANGE);
    }
    in = calm;
    CHECK_STATUS(psc_stages_step(NULL, &in, 0, &out), PSC_ERR_NULL);
    CHECK_STATUS(psc_stages_step(s, NULL, 0, &out), PSC_ERR_NULL);
    CHECK_STATUS(psc_stages_step(s, &in, 0, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_route(NULL, 0, &way), PSC_ERR_NULL);
    CHECK_STATUS(psc_route(s, 0, NULL), PSC_ERR_NULL);
    ((uint64_t *)(void *)s)[1]++;
    CHECK_STATUS(psc_route(s, 0, &way), PSC_ERR_STATE);
    psc_stages_default(NULL);
    CHECK_INT(psc_stages_size(NULL), 0);
    for (i = 0; i < 18; i++) {
        psc_stages_default(&config);
        if (i == 0) config.source = -1;
        if (i == 1) config.target = -1;
        if (i == 2) config.target = config.source;
        if (i == 3) config.copy_rate = 0;
        if (i == 4) config.copy_rate = (INT64_C(1) << 50) + 1;
        if (i == 5) config.copy_burst = 0;
        if (i == 6) config.copy_burst = (INT64_C(1) << 50) + 1;
        if (i == 7) config.growth = 1.0;
        if (i == 8) config.unstable = 1.1;
        if (i == 9) config.warm_ns = -1;
        if (i == 10) config.hold_ns = -1;
        if (i == 11) config.grace_ns = -1;
        if (i == 12) config.patience_ns = 0;
        if (i == 13) config.first = 0.0;
        if (i == 14) config.first = NAN;
        if (i == 15) config.warm_ns = INT64_MAX;
        if (i == 16) config.growth = special(2);
        if (i == 17) config.unstable = NAN;
        CHECK_STATUS(psc_stages_init(s, 4096, &config), PSC_ERR_RANGE);
    }
    CHECK_STATUS(psc_stages_init(s, 4096, NULL), PSC_ERR_NULL);
    config.struct_size++;
    CHECK_STATUS(psc_stages_init(s, 4096, &config), PSC_ERR_VERSION);
    CHECK_INT(psc_stages_size(&config), 0);
    free(s);
}

static void test_route(void)
{
    enum { KEYS = 20000 };
    static unsigned char moved[KEYS];
    int64_t now;
    psc_stages *s = stages_upto(PSC_STAGE_CUTOVER, &now);
    psc_stages_input in = calm;
    psc_stages_output out;
    psc_way way;
    int i, count;

    do {
        out = step(s, in, now += 60 * SECOND);
        for (i = 0, count = 0; i < KEYS; i++) {
            CHECK_STATUS(psc_route(s, (uint64_t)i, &way), PSC_OK);
            CHECK((way.serve == 3 && way.shadow == 4) || (way.serve == 4 && way.shadow == 3));
            CHECK(!moved[i] || way.serve == 4);         /* no key goes back */
            moved[i] = way.serve == 4;
            count += moved[i];
        }
        CHECK_NEAR((double)count / KEYS, (double)out.share / PSC_SHARE_ALL, 0.02);      /* 5.6 standard deviations */
    } while (out.stage == PSC_STAGE_CUTOVER);
    CHECK_INT(count, KEYS);
    in.cancel = 1;
    (void)step(s, in, now);
    (void)step(s, in, now);
    CHECK_STATUS(psc_route(s, 1, &way), PSC_OK);
    CHECK(way.serve == 3 && way.shadow == -1);
    free(s);
}

/* ==== Blocks ==================================================================================== */

static void test_block_order(void)
{
    static const double heat[] = {1.0, 8.0, -0.0, 8.0, 3.0, 0.0};
    static const int64_t bytes[] = {1, 16, 5, 4, 0, 5};
    static const int32_t want[] = {4, 3, 0, 1, 2, 5}, by_heat[] = {1, 3, 4, 0, 2, 5};
    int64_t work[6], wrong[6] = {0, 0, 0, 0, 0, -1};
    int32_t order[6];
    double bad[2] = {1.0, 0.0};
    int i;

    CHECK_STATUS(psc_blocks_order(heat, bytes, 6, work, order), PSC_OK);
    for (i = 0; i < 6; i++) CHECK_INT(order[i], want[i]);
    CHECK_STATUS(psc_blocks_order(heat, NULL, 6, work, order), PSC_OK);
    for (i = 0; i < 6; i++) CHECK_INT(order[i], by_heat[i]);
    CHECK_STATUS(psc_blocks_order(NULL, NULL, 0, NULL, NULL), PSC_OK);
    CHECK_STATUS(psc_blocks_order(NULL, NULL, 1, work, order), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_order(heat, NULL, 1, NULL, order), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_order(heat, NULL, 1, work, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_order(heat, wrong, 6, work, order), PSC_ERR_RANGE);
    CHECK_STATUS(psc_blocks_order(heat, NULL, (size_t)INT32_MAX + 1, work, order), PSC_ERR_RANGE);
    bad[1] = -1.0;
    CHECK_STATUS(psc_blocks_order(bad, NULL, 2, work, order), PSC_ERR_RANGE);
    bad[1] = NAN;
    CHECK_STATUS(psc_blocks_order(bad, NULL, 2, work, order), PSC_ERR_NONFINITE);
}

/* Least bytes of any set of blocks that reaches the need; INT64_MAX if none does. */
static int64_t least_bytes(const int64_t *load, const int64_t *bytes, int n, int64_t need)
{
    int64_t best = INT64_MAX;
    int set, i;

    for (set = 0; set < 1 << n; set++) {
        int64_t sum = 0, cost = 0;
        for (i = 0; i < n; i++) {
            if (!(set >> i & 1)) continue;
            sum += load[i];
            cost += bytes ? bytes[i] : 1;
        }
        if (sum >= need && cost < best) best = cost;
    }
    return best;
}

static void test_relief(void)
{
    int64_t load[12], bytes[12], work[12], need, sum, exact = 0, runs = 0;
    int32_t order[12], move[12];
    psc_blocks_info r;
    uint64_t seed = 9;
    int trial, i, n;

    for (trial = 0; trial < 400; trial++) {
        int64_t total = 0, cost = 0, best;
        const int64_t *size = trial % 4 ? bytes : NULL;
        n = 1 + (int)(test_random(&seed) % 10);
        for (i = 0; i < n; i++) {
            total += load[i] = (int64_t)(test_random(&seed) % 50);
            bytes[i] = (int64_t)(test_random(&seed) % 30);
        }
        need = (int64_t)(test_random(&seed) % (uint64_t)(total + 2));
        CHECK_STATUS(psc_blocks_relieve(load, size, (size_t)n, need, work, order, move, &r), PSC_OK);
        for (i = 0, sum = 0; i < n; i++) {
            CHECK(move[i] == 0 || move[i] == 1);
            if (move[i]) {
                sum += load[i];
                cost += size ? size[i] : 1;
            }
        }
        CHECK(r.load == sum && r.bytes == cost && r.reached == (sum >= need));
        CHECK_INT(r.reached, total >= need);
        if (!r.reached) {
            CHECK_INT(sum, total);
            continue;
        }
        best = least_bytes(load, size, n, need);
        CHECK(cost <= 2 * best);
        exact += cost == best;
        runs++;
    }
    printf("relief: %ld of %ld with the least bytes\n", (long)exact, (long)runs);
    CHECK(exact * 10 >= runs * 7);
    CHECK_STATUS(psc_blocks_relieve(NULL, NULL, 0, 0, NULL, NULL, NULL, &r), PSC_OK);
    CHECK(r.reached == 1 && r.blocks == 0);
    CHECK_STATUS(psc_blocks_relieve(NULL, NULL, 0, 1, NULL, NULL, NULL, &r), PSC_OK);
    CHECK_INT(r.reached, 0);
}

/* Blocks that cost nothing come first, however much load another has for its bytes. */
static void test_relief_free(void)
{
    int64_t load[4] = {200, 1, 1, 0}, bytes[4] = {100, 0, 0, 0}, work[4];
    int32_t order[4], move[4];
    psc_blocks_info r;

    CHECK_STATUS(psc_blocks_relieve(load, bytes, 4, 2, work, order, move, &r), PSC_OK);
    CHECK(r.bytes == 0 && r.load == 2 && r.blocks == 2);
    load[0] = 1, load[1] = 2;
    bytes[0] = 1, load[3] = 1;      /* 1 for its byte, and 2, 1 and 1 for none */
    CHECK_STATUS(psc_blocks_relieve(load, bytes, 4, 4, work, order, move, &r), PSC_OK);
    CHECK(r.bytes == 0 && move[0] == 0 && r.load == 4);
    load[0] = 3, load[1] = 1;       /* 3 a byte would begin a cover that the others end without it */
    CHECK_STATUS(psc_blocks_relieve(load, bytes, 4, 3, work, order, move, &r), PSC_OK);
    CHECK(r.bytes == 0 && move[0] == 0 && r.load == 3);
    load[0] = 2;                    /* the same, but it does not reach the need by itself */
    CHECK_STATUS(psc_blocks_relieve(load, bytes, 4, 3, work, order, move, &r), PSC_OK);
    CHECK(r.bytes == 0 && move[0] == 0 && r.load == 3);
}

static void test_relief_arguments(void)
{
    int64_t load[2] = {1, 2}, work[2];
    int32_t order[2], move[2];
    psc_blocks_info r;

    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, 1, work, order, move, NULL), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_relieve(NULL, NULL, 2, 1, work, order, move, &r), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, 1, NULL, order, move, &r), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, 1, work, NULL, move, &r), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, 1, work, order, NULL, &r), PSC_ERR_NULL);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, (size_t)INT32_MAX + 1, 1, work, order, move, &r), PSC_ERR_RANGE);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, -1, work, order, move, &r), PSC_ERR_RANGE);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, (INT64_C(1) << 60) + 1, work, order, move, &r), PSC_ERR_RANGE);
    load[1] = -1;
    CHECK_STATUS(psc_blocks_relieve(load, NULL, 2, 1, work, order, move, &r), PSC_ERR_RANGE);
    load[1] = 2;
    work[0] = PSC_MAX_AMOUNT + 1;
    CHECK_STATUS(psc_blocks_relieve(load, work, 1, 1, work, order, move, &r), PSC_ERR_RANGE);
}

static void test_relief_sums(void)
{
    enum { MANY = 1025 };
    static int64_t load[MANY], work[MANY];
    static int32_t order[MANY], move[MANY];
    psc_blocks_info r;
    int i;

    for (i = 0; i < MANY; i++) load[i] = PSC_MAX_AMOUNT;
    CHECK_STATUS(psc_blocks_relieve(load, NULL, MANY, 1, work, order, move, &r), PSC_ERR_RANGE);
    CHECK_STATUS(psc_blocks_relieve(load, NULL, MANY - 1, INT64_C(1) << 60, work, order, move, &r), PSC_OK);
    CHECK(r.reached && r.blocks == MANY - 1);
}

/* ==== Saved states ============================================================================== */

static uint64_t bits_of(double x)
{
    uint64_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

/* A state with one word replaced and a right CRC, back. */
static psc_status load_with(const void *state, size_t word, uint64_t value)
{
    unsigned char saved[1024];
    uint64_t mem[128];
    size_t n;

    CHECK_STATUS(psc_save(state, saved, sizeof saved, &n), PSC_OK);
    word_put(saved + 8 * word, value);
    repair(saved, n);
    return psc_load(psc_state_type(state), saved, n, mem, sizeof mem);
}

typedef struct change {
    size_t word;
    uint64_t value;
    psc_status want;
} change;

static void changes(const void *state, const change *c, size_t n)
{
    size_t i;
    char text[64];

    CHECK_STATUS(load_with(state, 0, *(const uint64_t *)state), PSC_OK);
    for (i = 0; i < n; i++) {
        snprintf(text, sizeof text, "change %lu of word %lu", (unsigned long)i, (unsigned long)c[i].word);
        test_status(__FILE__, __LINE__, text, load_with(state, c[i].word, c[i].value), c[i].want);
    }
}

#define V(epoch, phase) ((uint64_t)(epoch) << 3 | (phase))

/* Words: 2 self, 3 shard, 4 peer, 5 version, 6 held, 7 due, 8 ends, 9 timing. */
static void test_saved_transfer(void)
{
    static const change first[] = {
        {2, UINT64_MAX, PSC_ERR_CORRUPT}, {4, 1, PSC_ERR_CORRUPT}, {4, UINT64_MAX - 1, PSC_ERR_CORRUPT},
        {4, 2, PSC_ERR_CORRUPT},                                /* a peer, but of no epoch */
        {5, V(3, 5), PSC_OK}, {5, V(3, 4), PSC_OK}, {5, V(3, 6), PSC_ERR_CORRUPT}, {5, V(3, 7), PSC_ERR_CORRUPT},
        {5, V(TOP + 1, 5), PSC_ERR_CORRUPT}, {9, 0, PSC_ERR_CORRUPT},
        {9, UINT64_C(1) << 63 | UINT64_C(30000) << 32 | 1000, PSC_ERR_CORRUPT},     /* nothing to store at the start */
        {9, UINT64_C(999) << 32 | 1000, PSC_ERR_CORRUPT}, {9, UINT64_C(1000) << 32 | 1000, PSC_OK},
        {9, UINT64_C(0x7fffffff) << 32 | UINT64_C(0x80000000), PSC_ERR_CORRUPT}, {6, V(0, 4), PSC_ERR_CORRUPT}
    };
    static const change fenced[] = {
        {6, 0, PSC_OK}, {6, V(99, 4), PSC_OK}, {6, V(100, 4), PSC_ERR_CORRUPT}, {6, V(5, 7), PSC_ERR_CORRUPT},
        {5, V(100, 2), PSC_ERR_CORRUPT}, {4, UINT64_MAX, PSC_ERR_CORRUPT},
        {9, UINT64_C(1) << 63 | UINT64_C(30000) << 32 | 1000, PSC_OK}
    };
    side s, t;
    unsigned char saved[96];
    uint64_t mem[16];

    begin(&s, 1, 1, 0);
    changes(&s, first, sizeof first / sizeof first[0]);
    upto(RELEASED, &s, &t);
    (void)told(&s, PSC_MESSAGE_FENCE, 9, 1, 100);
    (void)stored(&s);
    changes(&s, fenced, sizeof fenced / sizeof fenced[0]);
    memset(saved, 0, sizeof saved);                             /* a right head with a wrong length */
    word_put(saved, s.word[0]);
    word_put(saved + 8, 9);
    repair(saved, 80);
    CHECK_STATUS(psc_load(PSC_TYPE_TRANSFER, saved, 80, mem, sizeof mem), PSC_ERR_CORRUPT);
}

/* Words: 2 quantiles, 3 learn, 4 max_pairs, 5 max_ns, 6 slack, 7 alpha, 8 beta, 9 quantile, 12 threshold, 15 harm,
 * 19 harmless, 35 harmful, 51 passed, 52 verdict, 53 channel, 54 pairs, 55 began. */
static void test_saved_trial(void)
{
    const change some[] = {
        {2, 4, PSC_ERR_CORRUPT}, {2, UINT64_MAX, PSC_ERR_CORRUPT}, {2, 3, PSC_ERR_CORRUPT}, {3, 0, PSC_ERR_CORRUPT},
        {7, 0, PSC_ERR_CORRUPT}, {9, 0, PSC_ERR_CORRUPT}, {11, bits_of(0.5), PSC_ERR_CORRUPT},
        {12, bits_of(-1.0), PSC_ERR_CORRUPT}, {14, bits_of(1.0), PSC_ERR_CORRUPT}, {15, 0, PSC_ERR_CORRUPT},
        {17, bits_of(0.1), PSC_ERR_CORRUPT}, {18, 0, PSC_ERR_CORRUPT}, {19, bits_of(1e300), PSC_ERR_CORRUPT},
        {35, bits_of(NAN), PSC_ERR_CORRUPT}, {51, UINT64_MAX, PSC_ERR_CORRUPT}, {51, 4, PSC_ERR_CORRUPT}, {51, 8, PSC_OK},
        {51, 11, PSC_ERR_CORRUPT}, {52, 1, PSC_ERR_CORRUPT}, {52, 2, PSC_ERR_CORRUPT}, {52, 3, PSC_OK},
        {52, 4, PSC_ERR_CORRUPT}, {52, UINT64_MAX, PSC_ERR_CORRUPT}, {53, 0, PSC_ERR_CORRUPT},
        {54, UINT64_MAX, PSC_ERR_CORRUPT}, {54, 19999, PSC_OK}, {54, 20000, PSC_ERR_CORRUPT},
        {55, 77, PSC_OK}
    };
    const change failed[] = {
        {53, 3, PSC_OK}, {53, 0, PSC_OK}, {53, 2, PSC_ERR_CORRUPT}, {53, 4, PSC_ERR_CORRUPT},
        {53, UINT64_MAX, PSC_ERR_CORRUPT}, {51, 11, PSC_OK}, {52, 0, PSC_ERR_CORRUPT}
    };
    psc_trial_config config;
    psc_trial *trial;
    psc_trial_pair pair = {0.01, 0.01, 0, 1};
    int i;

    psc_trial_default(&config);
    config.quantiles = 2;
    trial = trial_new(&config);
    CHECK_INT(((const psc_state *)(const void *)trial)->words, 56);
    CHECK_STATUS(psc_trial_observe(trial, &pair, 5), PSC_OK);
    changes(trial, some, sizeof some / sizeof some[0]);
    for (i = 0; i < 20; i++) CHECK_STATUS(psc_trial_observe(trial, &pair, 5), PSC_OK);
    CHECK_INT(verdict_of(trial).verdict, PSC_TRIAL_FAIL);
    changes(trial, failed, sizeof failed / sizeof failed[0]);
    ((uint64_t *)(void *)trial)[1] = 55;
    CHECK_STATUS(load_with(trial, 2, 2), PSC_ERR_CORRUPT);
    free(trial);
}

/* Words: 2 source, 3 target, 4 copy_rate, 5 copy_burst, 6 warm, 7 hold, 8 grace, 9 patience, 10 first, 11 growth,
 * 12 unstable, 13 stage, 14 share, 15 reason, 16 started, 17 began, 18 since, 19 tokens, 20 filled. */
static void test_saved_stages(void)
{
    const change fresh[] = {
        {2, UINT64_MAX, PSC_ERR_CORRUPT}, {2, 4, PSC_ERR_CORRUPT}, {6, UINT64_MAX, PSC_ERR_CORRUPT},
        {7, UINT64_MAX, PSC_ERR_CORRUPT}, {8, UINT64_MAX, PSC_ERR_CORRUPT}, {9, 0, PSC_ERR_CORRUPT},
        {10, 0, PSC_ERR_CORRUPT}, {10, 65537, PSC_ERR_CORRUPT}, {11, bits_of(1.0), PSC_ERR_CORRUPT},
        {13, 1, PSC_ERR_CORRUPT}, {13, 9, PSC_ERR_CORRUPT}, {13, UINT64_MAX, PSC_ERR_CORRUPT}, {14, 1, PSC_ERR_CORRUPT},
        {15, 1, PSC_ERR_CORRUPT}, {15, 6, PSC_ERR_CORRUPT}, {15, UINT64_MAX, PSC_ERR_CORRUPT}, {16, 2, PSC_ERR_CORRUPT},
        {16, 1, PSC_OK}, {19, bits_of(2e6), PSC_ERR_CORRUPT}, {19, bits_of(-5.0), PSC_OK}
    };
    const change cutover[] = {
        {14, 654, PSC_ERR_CORRUPT}, {14, 655, PSC_OK}, {14, 65536, PSC_OK}, {14, 65537, PSC_ERR_CORRUPT},
        {13, 1, PSC_ERR_CORRUPT}, {13, 3, PSC_ERR_CORRUPT}, {13, 6, PSC_ERR_CORRUPT}, {16, 0, PSC_ERR_CORRUPT}
    };
    const change returning[] = {
        {13, 5, PSC_OK}, {13, 8, PSC_ERR_CORRUPT}, {13, 4, PSC_ERR_CORRUPT}, {15, 0, PSC_ERR_CORRUPT}, {15, 5, PSC_OK}
    };
    psc_stages *s = stages_new();
    psc_stages_input in = calm;
    int64_t now;

    CHECK_INT(((const psc_state *)(const void *)s)->words, 21);
    changes(s, fresh, sizeof fresh / sizeof fresh[0]);
    free(s);
    s = stages_upto(PSC_STAGE_CUTOVER, &now);
    changes(s, cutover, sizeof cutover / sizeof cutover[0]);
    free(s);
    s = stages_upto(PSC_STAGE_DECOMMISSION, &now);
    in.cancel = 1;
    in.owner = PSC_OWNER_TARGET;
    (void)step(s, in, now);
    changes(s, returning, sizeof returning / sizeof returning[0]);
    (void)step(s, calm, now);
    CHECK_STATUS(load_with(s, 13, PSC_STAGE_ROLLED_BACK), PSC_OK);
    CHECK_STATUS(load_with(s, 14, 1), PSC_ERR_CORRUPT);
    ((uint64_t *)(void *)s)[1] = 20;
    CHECK_STATUS(load_with(s, 2, 3), PSC_ERR_CORRUPT);
    free(s);
}

int main(void)
{
    RUN(test_the_way);
    RUN(test_repetitions_and_time);
    RUN(test_cancel_and_refuse);
    RUN(test_stale_messages);
    RUN(test_crashes);
    RUN(test_fence);
    RUN(test_transfer_arguments);
    RUN(test_a_lossy_network);
    RUN(test_error_probabilities);
    RUN(test_trial_ends);
    RUN(test_trial_thresholds);
    RUN(test_trial_arguments);
    RUN(test_the_stages);
    RUN(test_rollback);
    RUN(test_the_way_back);
    RUN(test_copy_rate);
    RUN(test_a_clock_that_goes_back);
    RUN(test_stages_arguments);
    RUN(test_route);
    RUN(test_block_order);
    RUN(test_relief);
    RUN(test_relief_free);
    RUN(test_relief_arguments);
    RUN(test_relief_sums);
    RUN(test_saved_transfer);
    RUN(test_saved_trial);
    RUN(test_saved_stages);
    return test_end();
}
