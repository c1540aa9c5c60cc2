/*
 * Mersenne Twister MT19937 (Matsumoto and Nishimura 1998) with the derived draws of Python's
 * random module, for one purpose: to make the published scenarios again, bit for bit. Everything
 * else in tare draws from base/rng.h.
 */
#ifndef TARE_WORLD_SOC_MT19937_H
#define TARE_WORLD_SOC_MT19937_H

#include <stddef.h>
#include <stdint.h>

struct tare__mt19937 {
    uint32_t word[624];
    uint32_t at;
};

/* init_by_array with the seed's words, lowest first: what seeding with a whole number means. */
void tare__mt19937_init(struct tare__mt19937 *m, uint64_t seed);
uint32_t tare__mt19937_u32(struct tare__mt19937 *m);
/* The upper k bits of one word, 1 <= k <= 32. */
uint32_t tare__mt19937_bits(struct tare__mt19937 *m, uint32_t k);
/* [0, 1) with 53 bits. */
double tare__mt19937_unit(struct tare__mt19937 *m);
/* [0, n), n >= 1, by rejection on the bit length of n. */
uint32_t tare__mt19937_below(struct tare__mt19937 *m, uint32_t n);
void tare__mt19937_shuffle(struct tare__mt19937 *m, uint32_t *v, uint32_t n);
/* k of the numbers 0..n-1, by drawing from a pool; k <= n <= 64. */
void tare__mt19937_sample(struct tare__mt19937 *m, uint32_t n, uint32_t k, uint32_t *out);

#endif
