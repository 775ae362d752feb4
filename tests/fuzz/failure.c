/* failure.c - a fleet's failure model, threshold and silence limit under any sequence of calls: whatever is told, they
 * answer with a chance, a limit, a decision, and a copy through psc_save goes on bit for bit. */
#include "states.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t model[4096], threshold[64], silence[256];
    input in = { data, size, 0 };
    psc_failure_config failure_config;
    psc_threshold_config threshold_config;
    psc_silence_config silence_config;
    void *twin;
    int n;

    psc_failure_default(&failure_config);
    failure_config.capacity = (int32_t)take_byte(&in) % 8;
    failure_config.horizon_ns = 1 + take_integer(&in) % 1000;
    failure_config.base = take_real(&in);
    failure_config.slope_phi = take_share(&in);
    failure_config.correct_from = 1.0 + (double)(take_byte(&in) % 8);
    if (psc_failure_size(&failure_config) == 0) psc_failure_default(&failure_config);
    if (failure_config.capacity > 8) failure_config.capacity = 8;
    REQUIRE(psc_failure_init((psc_failure *)model, sizeof model, &failure_config) == PSC_OK);
    psc_threshold_default(&threshold_config);
    threshold_config.gain = take_share(&in);
    threshold_config.needless = take_share(&in);
    threshold_config.hold_ns = take_byte(&in);
    if (psc_threshold_size(&threshold_config) == 0) psc_threshold_default(&threshold_config);
    REQUIRE(psc_threshold_init((psc_threshold *)threshold, sizeof threshold, &threshold_config) == PSC_OK);
    psc_silence_default(&silence_config);
    silence_config.interval_ns = 1000000 * (1 + (int64_t)take_byte(&in));
    silence_config.round_ns = 1000000 * (1 + (int64_t)take_byte(&in));
    REQUIRE(psc_silence_init((psc_silence *)silence, sizeof silence, &silence_config) == PSC_OK);
    for (n = 0; n < 60 && in.left > 0; n++) {
        ask_failure(&in, (const psc_failure *)model);
        feed_failure(&in, (psc_failure *)model);
        feed_threshold(&in, (psc_threshold *)threshold);
        feed_silence(&in, (psc_silence *)silence);
    }
    twin = reload(model);
    REQUIRE(psc_failure_happened((psc_failure *)twin, 1, 50) == PSC_OK);
    REQUIRE(psc_failure_happened((psc_failure *)model, 1, 50) == PSC_OK);
    REQUIRE(memcmp(twin, model, state_bytes(model)) == 0);
    free(twin);
    free(reload(threshold));
    free(reload(silence));
    return 0;
}
