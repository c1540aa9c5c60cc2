/*
 * Counter-based random streams: Philox 4x32-10 (Salmon et al. 2011). A stream is named by
 * (seed, purpose, index); equal names give equal numbers on every machine and thread count, and
 * streams of different names are independent. Nothing else in tare makes chance.
 */
#ifndef TARE_BASE_RNG_H
#define TARE_BASE_RNG_H

#include "base/str.h"

struct tare_rng {
    uint32_t key[2];
    uint32_t ctr[4]; /* ctr[0..1] block number, ctr[2..3] stream */
    uint32_t out[4];
    uint32_t used; /* words of out already given, 4: none left */
};

/* purpose is a short constant such as "attacker"; it is hashed into the stream's name. */
void tare_rng_init(struct tare_rng *r, uint64_t seed, struct tare_str purpose, uint64_t index);
uint32_t tare_rng_u32(struct tare_rng *r);
uint64_t tare_rng_u64(struct tare_rng *r);
/* out[0 ... n-1] as from n calls of tare_rng_u64, several blocks at once. */
void tare_rng_fill_u64(struct tare_rng *r, uint64_t *out, size_t n);
/* Uniform in [0, n), without bias (multiply-shift with rejection). n >= 1. */
uint32_t tare_rng_below(struct tare_rng *r, uint32_t n);
/* Uniform in [0, 1), a multiple of 2^-53. */
double tare_rng_unit(struct tare_rng *r);
/* One raw block: the reference function of the paper, for tests. */
void tare_philox4x32_10(const uint32_t key[2], const uint32_t ctr[4], uint32_t out[4]);

#endif
