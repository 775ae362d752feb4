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

/* CRC-64/GO-ISO as its catalogue entry says: polynomial 0x1b, reflected, start and end inverted; a byte at a time, by a
 * table that is made bit by bit. */
static inline uint64_t crc_of(const unsigned char *bytes, size_t n)
{
    static uint64_t table[256];
    static int made;
    uint64_t crc = UINT64_MAX;
    size_t i;
    int k;

    for (i = 0; i < 256 && !made; i++) {
        table[i] = i;
        for (k = 0; k < 8; k++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? UINT64_C(0xd800000000000000) : 0);
    }
    made = 1;
    for (i = 0; i < n; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return ~crc;
}

/* Makes the CRC of altered bytes right again. */
static inline void repair(unsigned char *saved, size_t bytes)
{
    word_put(saved + bytes - 8, crc_of(saved, bytes - 8));
}

#endif
