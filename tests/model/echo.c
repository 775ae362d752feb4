/* echo.c - every run of the echo protocol with one block, its primary, two holders and three versions of its contents.
 * The steps are the library's own functions (partition.c is included, so that its states can be compared): reads,
 * writes that may be sent anew, copies ordered, made, confirmed, given up and dropped, holders that forget, a block
 * that is no longer tracked. The network is the set of all messages ever sent: any of them arrives any number of
 * times, in any order, or never.  * Must hold: a read returns what the primary had when the read began, or something
 * newer; a write that was done is never undone by an older one. Then the same with one step made wrong, eight times:
 * each must be found.  * A state is what the protocol hangs on: the directory's entry, the primary's number and
 * contents, the messages. Counts and backlogs choose among valid echoes only; here all choices are taken. What a
 * holder has is no part of it: as it may forget at any time and every copy sent may arrive again, it may have any one
 * of them, or none, at any time, and may have confirmed it; all of these are tried at each step that asks it. */
#include "../../partition.c"

#include <stdio.h>
#include <stdlib.h>

enum {
    HOLDERS = 2, WRITES = 2, EPOCHS = 5, TABLE = 1 << 23, STATES = 1 << 21,
    BLOCK = 77
};

enum {                      /* one step made wrong */
    RIGHT, KEEPS_ECHOES, SERVES_ANY, UNFENCED_COPY, TAKES_OLD_WRITES, SHARED_EPOCH, TOLD_LATE, EPOCHS_AGAIN, LOSES_NUMBER,
    MUTANTS
};

static const char *const mutant_name[MUTANTS] = {
    "the protocol", "a write leaves the echoes", "a holder serves any epoch", "a copy is sent without the primary's number",
    "a primary does overtaken writes", "copies bear the epoch of the write", "psc_echo is told of a write after the primary",
    "epochs begin again", "a primary loses its number"
};

typedef struct world {
    uint8_t tracked, epoch, clock, copies, node[HOLDERS], status[HOLDERS];      /* the directory */
    uint8_t seen, value, version[WRITES + 1];                                   /* the primary; version 0: not done */
    uint8_t begun, retries;                                                     /* writes */
    uint8_t read_epoch, read_node, read_need;                                   /* the one read on its way, epoch 0: none */
    uint8_t pad[3];
    uint64_t writes, orders;                                                    /* messages: a bit each */
    uint64_t sent[HOLDERS];                                                     /* copies by epoch and contents */
} world;

static world *states;
static uint32_t *table, *parent;
static size_t count;
static int mutant, wrong;
static psc_echo *echo;
static size_t echo_bytes;
static const int64_t service[3] = {1, 1, 1};

static uint64_t bit(int i) { return UINT64_C(1) << i; }

/* ==== The directory, as psc_echo holds it ======================================================= */

static void unpack(const world *w)
{
    psc_echo_config config;
    psc_echo_route route;
    pt_hot_block *b;
    int k, i;

    psc_echo_default(&config);
    config.nodes = 1 + HOLDERS;
    config.tracked = PT_WAYS;
    config.echoes = HOLDERS;
    if (psc_echo_init(echo, echo_bytes, &config) != PSC_OK) exit(2);
    for (i = 1; i < PT_WAYS; i++)               /* a full set, in which ours is the lightest: the next one takes its place */
        for (k = 0; k < 2; k++) (void)psc_echo_read(echo, (uint64_t)(BLOCK + i), 0, 0, &route);
    if (w->tracked) (void)psc_echo_read(echo, BLOCK, 0, 0, &route);
    else (void)psc_echo_read(echo, BLOCK + 100, 0, 0, &route);
    echo->epoch = w->clock;
    if (!w->tracked) return;
    b = &pt_blocks(echo)[pt_find_block(echo, BLOCK)];
    b->epoch = w->epoch;
    b->copies = w->copies;
    for (k = 0; k < w->copies; k++) {
        b->copy[k].node = w->node[k];
        b->copy[k].status = w->status[k];
        pt_nodes(echo)[w->node[k]].held++;
    }
}

static void pack(world *w)
{
    const int64_t at = pt_find_block(echo, BLOCK);
    const pt_hot_block *b;
    int k;

    w->clock = (uint8_t)echo->epoch;
    w->tracked = at >= 0;
    w->epoch = w->copies = 0;
    for (k = 0; k < HOLDERS; k++) w->node[k] = w->status[k] = 0;
    if (at < 0) return;
    b = &pt_blocks(echo)[at];
    w->epoch = (uint8_t)b->epoch;
    w->copies = (uint8_t)b->copies;
    for (k = 0; k < b->copies; k++) {
        w->node[k] = (uint8_t)b->copy[k].node;
        w->status[k] = (uint8_t)b->copy[k].status;
    }
}

/* ==== States seen =============================================================================== */

static void show(const world *w)
{
    int k;

    printf("   epoch %d of %d, copies", w->epoch, w->clock);
    for (k = 0; k < w->copies; k++) printf(" %d:%d", w->node[k], w->status[k]);
    printf("; primary %d has %d; read %d at %d needs version %d\n", w->seen, w->value, w->read_epoch, w->read_node, w->read_need);
}

static void violated(const world *w, size_t from, const char *what)
{
    if (wrong++ > 0 || mutant != RIGHT) return;
    printf("VIOLATED: %s; backwards:\n", what);
    show(w);
    for (;; from = parent[from]) {
        show(&states[from]);
        if (from == 0) break;
    }
}

/* The holders are alike: of a state and its mirror one is kept. */
static world mirrored(const world *w)
{
    const int half = EPOCHS + 1;
    const uint64_t low = bit(half) - 1;
    world m = *w;
    int k;

    for (k = 0; k < w->copies; k++) m.node[k] = (uint8_t)(3 - w->node[k]);
    if (w->read_epoch) m.read_node = (uint8_t)(3 - w->read_node);
    for (k = 0; k < HOLDERS; k++) {
        m.sent[k] = w->sent[1 - k];
    }
    m.orders = w->orders >> half | (w->orders & low) << half;
    return m;
}

static void reach(const world *w, size_t from)
{
    const world other = mirrored(w);
    uint64_t word, hash = 0;
    size_t i;

    if (memcmp(&other, w, sizeof other) < 0) w = &other;

    for (i = 0; i < sizeof *w / 8; i++) {
        memcpy(&word, (const unsigned char *)w + 8 * i, 8);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    for (i = hash & (TABLE - 1); table[i]; i = (i + 1) & (TABLE - 1))
        if (memcmp(&states[table[i] - 1], w, sizeof *w) == 0) return;
    if (count == STATES) {
        printf("more than %d states\n", STATES);
        exit(2);
    }
    states[count] = *w;
    parent[count] = (uint32_t)from;
    table[i] = (uint32_t)++count;
}

/* ==== Steps ===================================================================================== */

/* A write is told to psc_echo and sent to the primary. */
static void send_write(world w, size_t from, int id)
{
    const world before = w;
    uint64_t epoch;

    if (w.clock == EPOCHS) return;
    unpack(&w);
    if (psc_echo_write(echo, BLOCK, 0, 0, &epoch) != PSC_OK) exit(2);
    pack(&w);
    if (mutant == KEEPS_ECHOES || mutant == TOLD_LATE) {
        w.epoch = before.epoch;
        memcpy(w.status, before.status, sizeof w.status);
    }
    if (mutant == SHARED_EPOCH && w.tracked) w.epoch = (uint8_t)epoch;
    w.writes |= bit(id * (EPOCHS + 1) + (int)epoch);
    reach(&w, from);
}

static void deliver_write(world w, size_t from, int id, int epoch)
{
    uint64_t seen = w.seen;
    int done = psc_echo_primary(&seen, PSC_ECHO_WRITE, (uint64_t)epoch), k, last = 0;

    if (mutant == TAKES_OLD_WRITES) done = 1;
    if (!done) {
        if (w.version[id] > 0 || w.retries == 1) return;
        w.retries++;
        send_write(w, from, id);
        return;
    }
    w.seen = (uint8_t)seen;
    if (w.version[id] > 0 && w.value != id) violated(&w, from, "a write that was done is undone by an older one");
    for (k = 0; k <= WRITES; k++) if (w.version[k] > last) last = w.version[k];
    if (w.version[id] == 0) w.version[id] = (uint8_t)(last + 1);
    w.value = (uint8_t)id;
    if (mutant == TOLD_LATE) {
        world late = w;
        reach(&w, from);
        late.epoch = 0;
        for (k = 0; k < late.copies; k++) late.status[k] = PT_VOID;
        w = late;
    }
    reach(&w, from);
}

/* A drop takes nothing but what a holder may forget at any time by itself: it need not be kept as a message. */
static void check_drop(uint64_t epoch)
{
    uint64_t held, before;

    for (before = 0; before <= EPOCHS; before++) {
        held = before;
        if (psc_echo_holder(&held, PSC_ECHO_DROP, epoch) != (held != before)) exit(2);
        if (held != before && (held != 0 || before > epoch)) exit(2);
    }
}

/* A tick at which only `holder` (1 or 2) has a place, or none (0). */
static void tick(world w, size_t from, int holder, int late)
{
    static const int64_t backlog[1 + HOLDERS] = {1000000000, 0, 0};
    int32_t places[1 + HOLDERS] = {0, 0, 0};
    psc_echo_order orders[16];
    psc_echo_nodes nodes;
    size_t n, i;
    int k;

    if (w.clock == EPOCHS && holder > 0) return;
    unpack(&w);
    for (k = 0; k < w.copies && late; k++)
        if (w.status[k] == PT_ORDERED) pt_blocks(echo)[pt_find_block(echo, BLOCK)].copy[k].served = PT_OPEN;
    (void)psc_echo_expect(echo, BLOCK, 1000.0);
    psc_echo_nodes_default(&nodes);
    if (holder > 0) places[holder] = 1;
    nodes.backlog_ns = backlog;
    nodes.service_ns = service;
    nodes.places = places;
    if (psc_echo_tick(echo, &nodes, 0, orders, 16, &n) != PSC_OK) exit(2);
    pack(&w);
    for (i = 0; i < n; i++) {
        const int at = (orders[i].node - 1) * (EPOCHS + 1) + (int)orders[i].epoch;
        if (orders[i].block != BLOCK) continue;
        if (orders[i].kind == PSC_ECHO_COPY) w.orders |= bit(at);
        else check_drop(orders[i].epoch);
    }
    reach(&w, from);
}

static void deliver_order(world w, size_t from, int holder, int epoch)
{
    uint64_t seen = w.seen;
    int done = psc_echo_primary(&seen, PSC_ECHO_COPY, (uint64_t)epoch);

    if (mutant == UNFENCED_COPY) done = 1;
    else if (done) w.seen = (uint8_t)seen;
    if (!done) return;
    w.sent[holder - 1] |= bit(epoch * (WRITES + 1) + w.value);
    reach(&w, from);
}

/* The holder has stored the copy of this epoch, of which `sent` has at least one, and says so. */
static void deliver_confirm(world w, size_t from, int holder, int epoch)
{
    uint64_t held = 0;

    if (!psc_echo_holder(&held, PSC_ECHO_COPY, (uint64_t)epoch) || held != (uint64_t)epoch) exit(2);
    unpack(&w);
    if (psc_echo_confirm(echo, BLOCK, holder, (uint64_t)epoch) != PSC_OK) return;
    pack(&w);
    reach(&w, from);
}

static void lose(world w, size_t from, int holder)
{
    unpack(&w);
    (void)psc_echo_lost(echo, BLOCK, holder);
    pack(&w);
    reach(&w, from);
}

/* Another block takes the place. */
static void untrack(world w, size_t from)
{
    psc_echo_route route;

    unpack(&w);
    (void)psc_echo_read(echo, BLOCK + 100, 0, 0, &route);
    pack(&w);
    reach(&w, from);
}

/* A read that psc_echo sends to `holder`, where it may: the others have a long queue. One at a time is enough, as reads
 * change nothing that others see. */
static void send_read(world w, size_t from, int holder)
{
    static const int32_t places[1 + HOLDERS] = {0, 0, 0};
    int64_t backlog[1 + HOLDERS] = {1000000000, 1000000000, 1000000000};
    psc_echo_nodes nodes;
    psc_echo_route route;
    size_t n;

    unpack(&w);
    backlog[holder] = 0;
    psc_echo_nodes_default(&nodes);
    nodes.backlog_ns = backlog;
    nodes.service_ns = service;
    nodes.places = places;
    if (psc_echo_tick(echo, &nodes, 0, NULL, 0, &n) != PSC_OK) exit(2);
    if (psc_echo_read(echo, BLOCK, 0, 0, &route) != PSC_OK) exit(2);
    if (w.tracked == 0) {               /* it is tracked from now on */
        pack(&w);
        reach(&w, from);
    }
    if (!route.echo || w.read_epoch != 0) return;
    w.read_epoch = (uint8_t)route.epoch;
    w.read_node = (uint8_t)route.node;
    w.read_need = w.version[w.value];
    reach(&w, from);
}

/* The read arrives, whichever of the copies sent to it the holder has. */
static void deliver_read(world w, size_t from)
{
    const int holder = w.read_node - 1;
    int e, v, served;

    for (e = 1; e <= EPOCHS; e++) {
        for (v = 0; v <= WRITES; v++) {
            uint64_t held = (uint64_t)e;
            if (!(w.sent[holder] & bit(e * (WRITES + 1) + v))) continue;
            served = psc_echo_holder(&held, PSC_ECHO_READ, w.read_epoch);
            if (mutant == SERVES_ANY) served = 1;
            if (served && w.version[v] < w.read_need) violated(&w, from, "a stale read");
        }
    }
    w.read_epoch = w.read_node = w.read_need = 0;
    reach(&w, from);
}

static void break_one(world w, size_t from)
{
    if (mutant == LOSES_NUMBER) w.seen = 0;
    else if (mutant == EPOCHS_AGAIN && w.copies == 0) w.clock = w.epoch = 0;
    else return;
    reach(&w, from);
}

/* All that can happen next. */
static void expand(size_t from)
{
    const world w = states[from];
    int k, e, v;

    if (w.begun < WRITES) {
        world next = w;
        next.begun++;
        send_write(next, from, next.begun);
    }
    for (v = 1; v <= WRITES; v++)
        for (e = 1; e <= EPOCHS; e++) if (w.writes & bit(v * (EPOCHS + 1) + e)) deliver_write(w, from, v, e);
    tick(w, from, 0, 0);
    tick(w, from, 0, 1);
    untrack(w, from);
    if (w.read_epoch) deliver_read(w, from);
    break_one(w, from);
    for (k = 1; k <= HOLDERS; k++) {
        tick(w, from, k, 0);
        send_read(w, from, k);
        lose(w, from, k);
        for (e = 1; e <= EPOCHS; e++) {
            const int at = (k - 1) * (EPOCHS + 1) + e;
            if (w.orders & bit(at)) deliver_order(w, from, k, e);
            if (w.sent[k - 1] >> e * (WRITES + 1) & (bit(WRITES + 1) - 1)) deliver_confirm(w, from, k, e);
        }
    }
}

static int explore(int which)
{
    world start;
    size_t at;

    mutant = which;
    wrong = 0;
    count = 0;
    memset(table, 0, (size_t)TABLE * sizeof *table);
    memset(&start, 0, sizeof start);
    start.tracked = 1;
    start.version[0] = 1;
    reach(&start, 0);
    for (at = 0; at < count && !wrong; at++) expand(at);
    printf("%-50s %8lu states, %s\n", mutant_name[which], (unsigned long)count, wrong ? "violated" : "holds");
    return wrong;
}

int main(void)
{
    psc_echo_config config;
    int i, passed = 0;

    psc_echo_default(&config);
    config.nodes = 1 + HOLDERS;
    config.tracked = PT_WAYS;
    echo_bytes = psc_echo_size(&config);
    echo = (psc_echo *)malloc(echo_bytes);
    states = (world *)malloc((size_t)STATES * sizeof *states);
    parent = (uint32_t *)malloc((size_t)STATES * sizeof *parent);
    table = (uint32_t *)malloc((size_t)TABLE * sizeof *table);
    if (!echo || !states || !parent || !table) return 2;
    for (i = RIGHT; i < MUTANTS; i++) passed += (explore(i) == 0) == (i == RIGHT);
    printf("%d passed, %d failed\n", passed, MUTANTS - passed);
    free(table);
    free(parent);
    free(states);
    free(echo);
    return passed != MUTANTS;
}
