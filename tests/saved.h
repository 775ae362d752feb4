/* saved.h - the bytes of a saved state, read and written without the library's code. */
#ifndef PSC_TEST_SAVED_H
#define PSC_TEST_SAVED_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t word_get(const unsigned char *bytes)
{
    uint64_t w = 0;
    int k;

    for (k = 7; k >= 0; k--) w = w << 8 | bytes[k];
    return w;
}

static inline void word_put(unsigned char *bytes, uint64_t w)
{
    int k;

    for (k = 0; k < 8; k++) bytes[k] = (unsigned char)(w >> 8 * k & 0xff);
}

/* CRC-64/GO-ISO bit by bit, as its catalogue entry says: polynomial 0x1b, reflected, start and end inverted. */
static inline uint64_t crc_of(const unsigned char *bytes, size_t n)
{
    uint64_t crc = UINT64_MAX;
    size_t i;
    int k;

    for (i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0xd800000000000000) : 0);
    }
    return ~crc;
}

/* Makes the CRC of altered bytes right again. */
static inline void repair(unsigned char *saved, size_t bytes)
{
    word_put(saved + bytes - 8, crc_of(saved, bytes - 8));
}

#endif
