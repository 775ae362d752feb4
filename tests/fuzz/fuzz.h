/* fuzz.h - what the fuzz targets share: numbers out of bytes, and claims that must hold. */
#ifndef PSC_FUZZ_H
#define PSC_FUZZ_H

#include "predscale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Asks libFuzzer for inputs of any length from the start: a few bytes say little here. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char any_length[] = "-len_control=0";
    static char *all[64];
    int i;

    if (*argc > 62) return 0;
    for (i = 0; i < *argc; i++) all[i] = (*argv)[i];
    all[(*argc)++] = any_length;
    *argv = all;
    return 0;
}

#define REQUIRE(claim) \
    do { \
        if (!(claim)) { \
            fprintf(stderr, "ERROR: %s:%d: broken: %s\n", __FILE__, __LINE__, #claim); \
            abort(); \
        } \
    } while (0)

/* ==== Input: an endless stream of bytes, 0 when they are used up ================================= */

typedef struct input {
    const uint8_t *byte;
    size_t left;
    int tame;               /* 1: options stay within their ranges, so that many of them can be drawn at once */
} input;

static inline uint32_t take_byte(input *in)
{
    if (in->left == 0) return 0;
    in->left--;
    return *in->byte++;
}

static inline uint64_t take_word(input *in)
{
    uint64_t w = 0;
    int i;

    for (i = 0; i < 8; i++) w = w << 8 | take_byte(in);
    return w;
}

/* 0..n-1 */
static inline int32_t take_below(input *in, int32_t n)
{
    return (int32_t)(take_byte(in) << 8 | take_byte(in)) % n;
}

static inline double take_bits(input *in)
{
    uint64_t w = take_word(in);
    double x;

    memcpy(&x, &w, sizeof x);
    return x;
}

/* Mostly numbers as they occur, but also every edge of the doubles and of the documented ranges. */
static inline double take_real(input *in)
{
    static const double edge[] = {
        0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-9, 1e15, -1e15, 1.0000000000000002e15,
        1.7976931348623157e308, -1.7976931348623157e308, 0.9999999999999999, 1e-300, 1e100
    };
    uint32_t tag = take_byte(in);
    double x;

    if (tag < 160) return (double)tag;
    if (tag < 192) return ((double)take_byte(in) - 128.0) / 16.0;
    if (tag < 208) return edge[tag - 192];
    if (tag < 232) return (double)take_below(in, 65535) * 1000.0;
    if (tag < 240) return (double)(int64_t)take_word(in);
    if (tag < 250) return take_bits(in);
    tag = tag < 253 ? 0 : tag - 252;        /* NaN, infinity, -infinity */
    x = 1e308 * 10.0;
    return tag == 0 ? x - x : tag == 1 ? x : -x;
}

static inline double no_bound(void)
{
    double x = 1e308 * 10.0;
    return x - x;
}

/* A number that a configuration may hold most of the time. */
static inline double take_share(input *in)
{
    uint32_t tag = take_byte(in);
    return tag < 240 ? (double)tag / 239.0 : take_real(in);
}

static inline int64_t take_integer(input *in)
{
    uint32_t tag = take_byte(in);
    return tag < 224 ? (int64_t)tag : tag < 240 ? (int64_t)take_below(in, 65535) * 1000
         : (int64_t)take_word(in);
}

/* A whole number of an option: within low..high; unless tame seldom beyond. */
static inline int32_t take_option(input *in, int32_t low, int32_t high)
{
    uint32_t tag = take_byte(in);

    if (tag == 255 && !in->tame) return (int32_t)take_integer(in);
    if (tag == 254 && !in->tame) return high + 1;
    if (tag == 253 && !in->tame) return low - 1;
    return low + (int32_t)((tag << 8 | take_byte(in)) % (uint32_t)(high - low + 1));
}

/* A number of an option: within low..high, its ends too; unless tame seldom anything else. */
static inline double take_number(input *in, double low, double high)
{
    uint32_t tag = take_byte(in);

    if (in->tame && tag > 251) tag = 251;
    return tag < 252 ? low + (high - low) * ((double)tag / 251.0) : take_real(in);
}

/* The same, or NaN: the library is to choose. */
static inline double take_gain(input *in, double low, double high)
{
    uint32_t tag = take_byte(in);
    return tag % 2 == 0 ? no_bound() : take_number(in, low, high);
}

/* ==== Memory ==================================================================================== */

/* Exactly so many bytes, so that a step outside is seen, filled with what no one should rely on. */
static inline void *block_of(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);

    REQUIRE(p != NULL);
    memset(p, 0xa5, bytes);
    return p;
}

/* The same, filled otherwise: a result that differs has read what no one had written. */
static inline void *other_block_of(size_t bytes)
{
    void *p = block_of(bytes);

    memset(p, 0x3c, bytes);
    return p;
}

static inline void *copy_of(const void *from, size_t bytes)
{
    void *p = block_of(bytes);

    memcpy(p, from, bytes);
    return p;
}

static inline int untouched(const void *block, size_t bytes)
{
    const unsigned char *b = (const unsigned char *)block;
    size_t i;

    for (i = 0; i < bytes; i++)
        if (b[i] != 0xa5) return 0;
    return 1;
}

/* ==== Claims ==================================================================================== */

static inline int is_finite(double x)
{
    return x - x == 0.0;
}

static inline int is_nan(double x)
{
    return x != x;
}

/* What may be observed: NaN is missing. */
static inline int is_value(double x)
{
    return is_nan(x) || (x <= PSC_MAX_VALUE && x >= -PSC_MAX_VALUE);
}

static inline int is_within(double x, double low, double high)
{
    return x >= low && x <= high;
}

static inline int are_finite(const double *x, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!is_finite(x[i])) return 0;
    return 1;
}

static inline double size_of(double x)
{
    return x < 0.0 ? -x : x;
}

/* Within bounds of which NaN means none. */
static inline int are_within(const double *x, size_t n, double lower, double upper)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (x[i] < lower || x[i] > upper) return 0;
    return 1;
}

/* Rising in the level, at each of h steps. */
static inline int are_monotone(const double *quantile, size_t h, const double *level, size_t levels)
{
    size_t i, j, k;

    for (i = 0; i < h; i++)
        for (j = 0; j < levels; j++)
            for (k = 0; k < levels; k++)
                if (level[j] < level[k] && quantile[i * levels + j] > quantile[i * levels + k]) return 0;
    return 1;
}

static inline void check_drift(const psc_drift *drift)
{
    REQUIRE(drift->alarms >= 0 && drift->seen >= 0 && (drift->ready == 0 || drift->ready == 1));
    REQUIRE(drift->last >= PSC_DRIFT_NONE && drift->last <= PSC_DRIFT_LARGER);
    REQUIRE(is_within(drift->shift, -1.0, 1.0) && is_within(drift->size, 0.0, 1.0));
}

/* ==== Input for several functions =============================================================== */

/* n values: as they come (wild), or counts of 0..3; what the input does not say goes on in small steps. Returns whether
 * all of them may be observed. */
static inline int take_values(input *in, double *value, size_t n)
{
    uint32_t tag = take_byte(in);
    size_t i;
    int valid = 1;

    for (i = 0; i < n; i++) {
        if (i > 0 && in->left == 0) value[i] = value[i / 2] + (double)(i % 7);
        else value[i] = tag < 32 ? (double)(take_byte(in) / 64) : take_real(in);
        if (tag >= 32 && tag < 192 && !is_value(value[i])) value[i] = 7.0;
        valid = valid && is_value(value[i]);
    }
    return valid;
}

/* 0..4 levels, seldom one that is none. Returns whether all of them are. */
static inline int take_levels(input *in, double *level, size_t *levels)
{
    size_t i;
    int valid = 1;

    *levels = take_byte(in) % 5;
    for (i = 0; i < *levels; i++) {
        uint32_t tag = take_byte(in);
        level[i] = tag < 250 ? ((double)tag + 1.0) / 251.0 : take_bits(in);
        valid = valid && level[i] > 0.0 && level[i] < 1.0;
    }
    return valid;
}

#endif
