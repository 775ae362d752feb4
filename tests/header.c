/* header.c - what predscale.h promises about itself: layouts, sizes, versions, texts, defaults. */
#include "predscale.h"
#include "test.h"

typedef struct field {
    size_t offset, bytes;
} field;

#define F(name) { offsetof(T, name), sizeof(((T *)0)->name) }
#define TILED(which, fields) tiled(#which, which, sizeof(T), fields, sizeof fields / sizeof fields[0])

/* The library agrees about the size, and the fields follow one another without a hole (where pointers and size_t
 * have 8 bytes), so that a binding may declare them one by one. */
static void tiled(const char *name, int32_t which, size_t size, const field *f, size_t fields)
{
    size_t i, at = 0;
    char text[128];

    snprintf(text, sizeof text, "psc_struct_bytes(%s)", name);
    test_int(__FILE__, __LINE__, text, (long long)psc_struct_bytes(which), (long long)size);
    if (sizeof(void *) != 8 || sizeof(size_t) != 8) return;
    for (i = 0; i < fields; i++) {
        snprintf(text, sizeof text, "%s: offset of field %lu", name, (unsigned long)i);
        test_int(__FILE__, __LINE__, text, (long long)f[i].offset, (long long)at);
        at += f[i].bytes;
    }
    snprintf(text, sizeof text, "%s: sum of the fields", name);
    test_int(__FILE__, __LINE__, text, (long long)at, (long long)size);
}

static void test_state_layout(void)
{
    typedef psc_state T;
    static const field f[] = { F(kind), F(words) };
    TILED(PSC_STRUCT_STATE, f);
}

static void test_beat_layout(void)
{
    typedef psc_beat T;
    static const field f[] = {
        F(node), F(sender), F(epoch), F(sequence), F(sent_at), F(received_at), F(shards)
    };
    TILED(PSC_STRUCT_BEAT, f);
}

static void test_node_config_layout(void)
{
    typedef psc_node_config T;
    static const field f[] = {
        F(struct_size), F(metrics), F(id), F(learn), F(memory), F(interval_ns), F(pause_ns), F(max_jump),
        F(winsor), F(relative_floor), F(floor)
    };
    TILED(PSC_STRUCT_NODE_CONFIG, f);
}

static void test_node_score_layout(void)
{
    typedef psc_node_score T;
    static const field f[] = {
        F(instability), F(z), F(phi), F(onset), F(metric), F(learned), F(beats), F(shards)
    };
    TILED(PSC_STRUCT_NODE_SCORE, f);
}

static void test_failure_config_layout(void)
{
    typedef psc_failure_config T;
    static const field f[] = { F(struct_size), F(reserved), F(base), F(slope_z), F(slope_phi) };
    TILED(PSC_STRUCT_FAILURE_CONFIG, f);
}

static void test_tracker_config_layout(void)
{
    typedef psc_tracker_config T;
    static const field f[] = {
        F(struct_size), F(period1), F(period2), F(reserved), F(alpha), F(beta), F(phi), F(gamma1), F(gamma2),
        F(lower), F(upper)
    };
    TILED(PSC_STRUCT_TRACKER_CONFIG, f);
}

static void test_series_layout(void)
{
    typedef psc_series T;
    static const field f[] = { F(struct_size), F(periods), F(value), F(n), F(period), F(lower), F(upper) };
    TILED(PSC_STRUCT_SERIES, f);
}

static void test_forecast_config_layout(void)
{
    typedef psc_forecast_config T;
    static const field f[] = {
        F(struct_size), F(model), F(horizon), F(lags), F(transform), F(window), F(origins), F(reserved),
        F(ridge), F(clip)
    };
    TILED(PSC_STRUCT_FORECAST_CONFIG, f);
}

static void test_forecast_info_layout(void)
{
    typedef psc_forecast_info T;
    static const field f[] = { F(model), F(transform), F(terms), F(note), F(used), F(origins), F(sigma) };
    TILED(PSC_STRUCT_FORECAST_INFO, f);
}

static void test_backtest_config_layout(void)
{
    typedef psc_backtest_config T;
    static const field f[] = { F(struct_size), F(origins), F(stride), F(reserved), F(level) };
    TILED(PSC_STRUCT_BACKTEST_CONFIG, f);
}

static void test_accuracy_layout(void)
{
    typedef psc_accuracy T;
    static const field f[] = { F(smape), F(mase), F(msis), F(coverage), F(scale), F(steps), F(origins) };
    TILED(PSC_STRUCT_ACCURACY, f);
}

static void test_ranked_layout(void)
{
    typedef psc_ranked T;
    static const field f[] = { F(index), F(change), F(now), F(next) };
    TILED(PSC_STRUCT_RANKED, f);
}

static void test_balance_layout(void)
{
    typedef psc_balance T;
    static const field f[] = { F(first), F(second), F(ratio), F(weight) };
    TILED(PSC_STRUCT_BALANCE, f);
}

static void test_cluster_layout(void)
{
    typedef psc_cluster T;
    static const field f[] = {
        F(struct_size), F(resources), F(nodes), F(shards), F(groups), F(balances), F(places), F(reserved),
        F(capacity), F(soft), F(domain), F(zone), F(place), F(closed), F(demand), F(home), F(group),
        F(move_cost), F(pinned), F(spread), F(depend_from), F(depend), F(transient), F(weight), F(balance),
        F(distance), F(weight_move), F(weight_group), F(weight_distance)
    };
    TILED(PSC_STRUCT_CLUSTER, f);
}

static void test_imbalance_layout(void)
{
    typedef psc_imbalance T;
    static const field f[] = { F(fleet), F(rms), F(peak), F(node), F(resource), F(above), F(overloaded) };
    TILED(PSC_STRUCT_IMBALANCE, f);
}

static void test_plan_config_layout(void)
{
    typedef psc_plan_config T;
    static const field f[] = { F(struct_size), F(targets), F(max_moves), F(max_move_cost) };
    TILED(PSC_STRUCT_PLAN_CONFIG, f);
}

static void test_plan_info_layout(void)
{
    typedef psc_plan_info T;
    static const field f[] = {
        F(cost), F(load), F(balance), F(move), F(group), F(distance), F(cost_before), F(overload),
        F(overload_before), F(moves), F(evaluations), F(done), F(reserved)
    };
    TILED(PSC_STRUCT_PLAN_INFO, f);
}

static void test_refusal_layout(void)
{
    typedef psc_refusal T;
    static const field f[] = { F(block), F(node), F(resource), F(count), F(reserved), F(gain) };
    TILED(PSC_STRUCT_REFUSAL, f);
}

static void test_waves_config_layout(void)
{
    typedef psc_waves_config T;
    static const field f[] = { F(struct_size), F(per_node), F(total), F(reserved) };
    TILED(PSC_STRUCT_WAVES_CONFIG, f);
}

static void test_move_layout(void)
{
    typedef psc_move T;
    static const field f[] = { F(shard), F(from), F(to), F(wave), F(block), F(resource) };
    TILED(PSC_STRUCT_MOVE, f);
}

static void test_waves_info_layout(void)
{
    typedef psc_waves_info T;
    static const field f[] = { F(waves), F(moves), F(stuck), F(reserved) };
    TILED(PSC_STRUCT_WAVES_INFO, f);
}

static void test_unknown_struct(void)
{
    static const int32_t unknown[] = { 0, -1, PSC_STRUCT_WAVES_INFO + 1, 1000, INT32_MAX, INT32_MIN };
    size_t i;

    for (i = 0; i < sizeof unknown / sizeof unknown[0]; i++) CHECK_INT(psc_struct_bytes(unknown[i]), 0);
    CHECK_INT(PSC_STRUCT_STATE, 1);
    CHECK_INT(PSC_STRUCT_WAVES_INFO, 21);
}

static void test_version(void)
{
    char text[32];

    CHECK_INT(psc_version(), PSC_VERSION_MAJOR * 10000 + PSC_VERSION_MINOR * 100 + PSC_VERSION_PATCH);
    CHECK_INT(strcmp(psc_version_string(), PSC_VERSION_STRING), 0);
    snprintf(text, sizeof text, "%d.%d.%d", PSC_VERSION_MAJOR, PSC_VERSION_MINOR, PSC_VERSION_PATCH);
    CHECK_INT(strcmp(text, PSC_VERSION_STRING), 0);
}

/* A text that a host can put into its own log line: ASCII, lower case, one line, no blank at either end. */
static int presentable(const char *text)
{
    size_t i;

    if (!text || !text[0] || text[0] == ' ' || text[strlen(text) - 1] == ' ') return 0;
    for (i = 0; text[i]; i++)
        if (text[i] < ' ' || text[i] > '~' || (text[i] >= 'A' && text[i] <= 'Z')) return 0;
    return 1;
}

/* Texts of the codes first..last differ from each other and from that of any unknown code; the same code gives the
 * same text. */
static void texts(const char *(*text)(int32_t), int32_t first, int32_t last)
{
    static const int32_t far_off[] = { 100, -100, 65536, -65536, INT32_MAX, INT32_MIN };
    const char *unknown = text(INT32_MAX);
    int32_t a, b;
    size_t i;

    for (a = first - 20; a <= last + 20; a++) {
        CHECK(presentable(text(a)));
        CHECK(text(a) == text(a));
        if (a < first || a > last) {
            CHECK_INT(strcmp(text(a), unknown), 0);
            continue;
        }
        CHECK(strcmp(text(a), unknown) != 0);
        for (b = first; b < a; b++) CHECK(strcmp(text(a), text(b)) != 0);
    }
    for (i = 0; i < sizeof far_off / sizeof far_off[0]; i++) CHECK(presentable(text(far_off[i])));
}

static void test_status_texts(void)
{
    texts(psc_strerror, PSC_ERR_IMPOSSIBLE, PSC_MORE);
}

static void test_block_texts(void)
{
    texts(psc_block_text, PSC_BLOCK_NONE, PSC_BLOCK_COUNT - 1);
}

/* Each default sets every byte of what it is given, struct_size to the size of the struct. */
#define CHECK_DEFAULT(type, set) \
    do { \
        type a, b; \
        memset(&a, 0x00, sizeof a); \
        memset(&b, 0xff, sizeof b); \
        set(&a); \
        set(&b); \
        CHECK_INT(a.struct_size, sizeof a); \
        CHECK_INT(memcmp(&a, &b, sizeof a), 0); \
        set(NULL); \
    } while (0)

static void test_defaults(void)
{
    CHECK_DEFAULT(psc_node_config, psc_node_default);
    CHECK_DEFAULT(psc_failure_config, psc_failure_default);
    CHECK_DEFAULT(psc_tracker_config, psc_tracker_default);
    CHECK_DEFAULT(psc_series, psc_series_default);
    CHECK_DEFAULT(psc_forecast_config, psc_forecast_default);
    CHECK_DEFAULT(psc_backtest_config, psc_backtest_default);
    CHECK_DEFAULT(psc_cluster, psc_cluster_default);
    CHECK_DEFAULT(psc_plan_config, psc_plan_default);
    CHECK_DEFAULT(psc_waves_config, psc_waves_default);
}

int main(void)
{
    RUN(test_state_layout);
    RUN(test_beat_layout);
    RUN(test_node_config_layout);
    RUN(test_node_score_layout);
    RUN(test_failure_config_layout);
    RUN(test_tracker_config_layout);
    RUN(test_series_layout);
    RUN(test_forecast_config_layout);
    RUN(test_forecast_info_layout);
    RUN(test_backtest_config_layout);
    RUN(test_accuracy_layout);
    RUN(test_ranked_layout);
    RUN(test_balance_layout);
    RUN(test_cluster_layout);
    RUN(test_imbalance_layout);
    RUN(test_plan_config_layout);
    RUN(test_plan_info_layout);
    RUN(test_refusal_layout);
    RUN(test_waves_config_layout);
    RUN(test_move_layout);
    RUN(test_waves_info_layout);
    RUN(test_unknown_struct);
    RUN(test_version);
    RUN(test_status_texts);
    RUN(test_block_texts);
    RUN(test_defaults);
    return test_end();
}
