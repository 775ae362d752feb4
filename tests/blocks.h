/* blocks.h - memory and numbers that tests try functions on. */
#ifndef PSC_TEST_BLOCKS_H
#define PSC_TEST_BLOCKS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SPECIALS = 12 };

/* Numbers that break careless code. */
static inline double special(int i)
{
    static const uint64_t bits[SPECIALS] = {
        UINT64_C(0x7ff8000000000000), UINT64_C(0xfff4000000000001), UINT64_C(0x7ff0000000000000),   /* NaN, NaN, inf */
        UINT64_C(0xfff0000000000000), 0, UINT64_C(0x8000000000000000), 1,                       /* -inf, 0, -0, least */
        /* subnormal, +-largest */
        UINT64_C(0x800fffffffffffff), UINT64_C(0x7fefffffffffffff), UINT64_C(0xffefffffffffffff),
        UINT64_C(0x7fe1ccf385ebc8a0), UINT64_C(0xffe1ccf385ebc8a0)                                  /* +-1e308 */
    };
    double x;

    memcpy(&x, &bits[i], sizeof x);
    return x;
}

/* A block of exactly so many bytes, so that a sanitizer sees the first byte beyond it. */
static inline void *block_new(size_t bytes, int fill)
{
    void *block = malloc(bytes);

    if (!block) exit(2);
    memset(block, fill, bytes);
    return block;
}

static inline void *block_copy(const void *from, size_t bytes)
{
    void *block = block_new(bytes, 0);

    memcpy(block, from, bytes);
    return block;
}

#endif
