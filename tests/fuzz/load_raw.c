/* load_raw.c - any bytes at all to psc_load, which must refuse them and touch nothing, or make a state that works. */
#include "states.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size, 0 };
    int32_t type = (int32_t)take_byte(&in) % 54;
    size_t saved_bytes = in.left, need;
    unsigned char *saved = (unsigned char *)copy_of(in.byte, in.left);
    void *mem;
    psc_status status;

    need = psc_load_size(saved, saved_bytes);       /* the length is the input's: psc_load must not just trust it */
    if (need > 1 << 20) need = 1 << 20;
    need = need < 16 ? 16 : need;
    mem = block_of(need);
    status = psc_load(type, saved, saved_bytes, mem, need);
    if (status != PSC_OK) {
        REQUIRE(status < 0 && untouched(mem, need));
    } else {
        REQUIRE(psc_state_type(mem) > 0);
        use_state(&in, mem);
    }
    free(mem);
    free(saved);
    return 0;
}
