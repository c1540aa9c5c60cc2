/*
 * Product of two 64-bit numbers in 128 bits.
 */
#ifndef TARE_BASE_MUL64_H
#define TARE_BASE_MUL64_H

#include <stdint.h>

/* High half of a * b; the low half into *low. */
static inline uint64_t tare_mul64(uint64_t a, uint64_t b, uint64_t *low)
{
#if defined(__SIZEOF_INT128__)
    __extension__ unsigned __int128 p = (unsigned __int128)a * b;
    *low = (uint64_t)p;
    return (uint64_t)(p >> 64);
#else
    uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl;
    uint64_t mid = (ll >> 32) + (lh & 0xffffffffu) + (hl & 0xffffffffu);
    *low = a * b;
    return ah * bh + (lh >> 32) + (hl >> 32) + (mid >> 32);
#endif
}

#endif
