/* transfer.c - moving a shard: one side under raw events; three sides whose messages are lost, repeated, reordered and whose
 * nodes crash, with one serving at most; a trial and stages; blocks in order and chosen. */
#include "states.h"

enum { SIDES = 3, FLIGHT = 16 };

typedef struct fleet {
    psc_transfer *side[SIDES];
    void *disk[SIDES];
    psc_message flight[FLIGHT];
    int flying;
    int64_t now;
} fleet;

static void *side_of(int64_t self)
{
    psc_transfer_config config;
    size_t bytes;
    void *state;

    psc_transfer_default(&config);
    config.self = self;
    config.owns = self == 0;
    bytes = psc_transfer_size(&config);
    state = block_of(bytes);
    REQUIRE(psc_transfer_init((psc_transfer *)state, bytes, &config) == PSC_OK);
    return state;
}

static int serving(const fleet *f)
{
    psc_transfer_action look;
    int i, sum = 0;

    for (i = 0; i < SIDES; i++) {
        REQUIRE(psc_transfer_look(f->side[i], &look) == PSC_OK);
        sum += look.serves;
    }
    return sum;
}

/* The event at one side; what it sends goes into the air, what it must store is stored if the disk works. */
static void act(fleet *f, int i, psc_transfer_event *event, int disk_works)
{
    psc_transfer_action action;

    if (psc_transfer_step(f->side[i], event, f->now, &action) != PSC_OK) return;
    if (action.persist && disk_works) {
        free(f->disk[i]);
        f->disk[i] = reload(f->side[i]);
        memset(event, 0, sizeof *event);
        event->kind = PSC_EVENT_STORED;
        event->version = action.version;
        REQUIRE(psc_transfer_step(f->side[i], event, f->now, &action) == PSC_OK);
    }
    if (action.send && f->flying < FLIGHT) f->flight[f->flying++] = action.message;
    else if (action.send) f->flight[f->now % FLIGHT] = action.message;
}

static void one_event(input *in, fleet *f)
{
    psc_transfer_event event;
    const uint32_t tag = take_byte(in);
    int i = (int)tag % SIDES;

    memset(&event, 0, sizeof event);
    f->now += (int64_t)take_byte(in) * 20000000;
    switch (tag / SIDES % 8) {
    case 0: event.kind = PSC_EVENT_TICK; break;
    case 1: event.kind = PSC_EVENT_PROPOSE; event.peer = (int64_t)take_byte(in) % SIDES; break;
    case 2: event.kind = PSC_EVENT_CANCEL; break;
    case 3:
        memcpy(f->side[i], f->disk[i], state_bytes(f->side[i]));
        event.kind = PSC_EVENT_RESTART;
        break;
    default:
        if (f->flying == 0) return;
        event.kind = PSC_EVENT_MESSAGE;
        event.message = f->flight[take_byte(in) % (uint32_t)f->flying];
        i = (int)event.message.to;
        if (tag > 128) f->flying--;
        break;
    }
    act(f, i, &event, take_byte(in) < 200);
}

/* All messages get through, all disks work: one owner, everyone at rest. */
static void calm_down(fleet *f)
{
    psc_transfer_event event;
    psc_transfer_action look;
    int round, i;

    for (round = 0; round < 12; round++) {
        f->now += INT64_C(1000000000);
        for (i = 0; i < SIDES; i++) {
            memset(&event, 0, sizeof event);
            event.kind = PSC_EVENT_TICK;
            act(f, i, &event, 1);
        }
        while (f->flying > 0) {
            memset(&event, 0, sizeof event);
            event.kind = PSC_EVENT_MESSAGE;
            event.message = f->flight[--f->flying];
            act(f, (int)event.message.to, &event, 1);
        }
    }
    REQUIRE(serving(f) == 1);
    for (i = 0; i < SIDES; i++)
        REQUIRE(psc_transfer_look(f->side[i], &look) == PSC_OK && look.phase >= PSC_PHASE_IDLE && !look.persist);
}

static void run_fleet(input *in)
{
    fleet f;
    int i, n;

    memset(&f, 0, sizeof f);
    for (i = 0; i < SIDES; i++) {
        f.side[i] = (psc_transfer *)side_of(i);
        f.disk[i] = reload(f.side[i]);
    }
    for (n = 0; n < 200 && in->left > 0; n++) {
        one_event(in, &f);
        REQUIRE(serving(&f) <= 1);
    }
    calm_down(&f);
    for (i = 0; i < SIDES; i++) {
        free(f.side[i]);
        free(f.disk[i]);
    }
}

static void run_raw(input *in)
{
    psc_transfer_config config;
    psc_transfer *transfer;
    size_t bytes;
    int n;

    take_transfer_config(in, &config);
    bytes = psc_transfer_size(&config);
    transfer = (psc_transfer *)block_of(bytes ? bytes : 8);
    if (bytes == 0) REQUIRE(psc_transfer_init(transfer, 4096, &config) < 0 && untouched(transfer, 8));
    else REQUIRE(psc_transfer_init(transfer, bytes, &config) == PSC_OK);
    for (n = 0; bytes > 0 && n < 60 && in->left > 0; n++) {
        feed_transfer(in, transfer);
        if (n % 16 == 0) free(reload(transfer));
    }
    free(transfer);
}

static void run_trial(input *in)
{
    psc_trial_config config;
    psc_trial *trial;
    size_t bytes;
    int n;

    take_trial_config(in, &config);
    bytes = psc_trial_size(&config);
    trial = (psc_trial *)block_of(bytes ? bytes : 8);
    if (bytes == 0) REQUIRE(psc_trial_init(trial, 4096, &config) < 0 && untouched(trial, 8));
    else REQUIRE(psc_trial_init(trial, bytes, &config) == PSC_OK);
    for (n = 0; bytes > 0 && n < 40 && in->left > 0; n++) {
        feed_trial(in, trial);
        free(reload(trial));
    }
    free(trial);
}

static void run_stages(input *in)
{
    psc_stages_config config;
    psc_stages *stages;
    size_t bytes;
    int n;

    take_stages_config(in, &config);
    bytes = psc_stages_size(&config);
    stages = (psc_stages *)block_of(bytes ? bytes : 8);
    if (bytes == 0) REQUIRE(psc_stages_init(stages, 4096, &config) < 0 && untouched(stages, 8));
    else REQUIRE(psc_stages_init(stages, bytes, &config) == PSC_OK);
    for (n = 0; bytes > 0 && n < 60 && in->left > 0; n++) {
        feed_stages(in, stages);
        free(reload(stages));
    }
    free(stages);
}

static int is_order(const int32_t *order, size_t n)
{
    unsigned char *seen = (unsigned char *)calloc(n + 1, 1);
    size_t i;
    int sound = 1;

    REQUIRE(seen != NULL);
    for (i = 0; i < n; i++) sound = sound && order[i] >= 0 && (size_t)order[i] < n && !seen[order[i]]++;
    free(seen);
    return sound;
}

static void run_blocks(input *in)
{
    const size_t n = take_byte(in) % 40;
    double *heat = (double *)block_of(n * 8);
    int64_t *load = (int64_t *)block_of(n * 8), *bytes = (int64_t *)block_of(n * 8), *work = (int64_t *)block_of(n * 8);
    int32_t *order = (int32_t *)block_of(n * 4), *move = (int32_t *)block_of(n * 4);
    const int64_t need = take_integer(in);
    psc_blocks_info relief;
    int64_t sum = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        heat[i] = take_real(in);
        load[i] = take_integer(in);
        bytes[i] = take_integer(in);
    }
    if (psc_blocks_order(heat, take_byte(in) & 1 ? bytes : NULL, n, work, order) == PSC_OK) REQUIRE(is_order(order, n));
    else REQUIRE(untouched(order, n * 4));
    memset(order, 0xa5, n * 4);
    if (psc_blocks_relieve(load, bytes, n, need, work, order, move, &relief) == PSC_OK) {
        REQUIRE(is_order(order, n));
        for (i = 0; i < n; i++) {
            REQUIRE(move[i] == 0 || move[i] == 1);
            if (move[i]) sum += load[i];
        }
        REQUIRE(sum == relief.load && relief.reached == (sum >= need));
    } else {
        REQUIRE(untouched(order, n * 4) && untouched(move, n * 4));
    }
    free(heat);
    free(load);
    free(bytes);
    free(work);
    free(order);
    free(move);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };

    switch (take_byte(&in) % 8) {
    case 0: run_raw(&in); break;
    case 1: run_trial(&in); break;
    case 2: run_stages(&in); break;
    case 3: run_blocks(&in); break;
    default: run_fleet(&in); break;
    }
    return 0;
}
