/* For the files of the Monte-Carlo bootstrap only. */
#ifndef TARE_STATS_BOOTSTRAP_INT_H
#define TARE_STATS_BOOTSTRAP_INT_H

#include "base/rng.h"
#include "stats/bootstrap.h"

#define TARE__DRAW_BLOCK 1024

/*
 * Indices in [0, n) without bias, several from one random word: Brackett-Rozinsky and Lemire,
 * "Batched Ranged Random Integer Generation" (2024). Multiplying the word by n gives an index in
 * the high half and a fresh word in the low half; after `batch` of them the last low half decides
 * whether the whole word is drawn again.
 */
struct tare__draw {
    struct tare_rng rng;
    uint64_t word[TARE__DRAW_BLOCK / 2];
    size_t used; /* of word; all of them: empty */
    uint32_t n, batch;
    uint64_t product, threshold; /* n^batch; 2^64 mod product */
};
/* Names the stream; no words are left over from another. */
void tare__draw_begin(struct tare__draw *d, uint64_t seed, uint64_t resample);
/* Range of the indices that follow, 1 <= n < 2^32. */
void tare__draw_range(struct tare__draw *d, uint32_t n);
void tare__draw_indices(struct tare__draw *d, uint32_t *out, size_t count);

/* What is known once all replicates are there. */
struct tare__boot_facts {
    double theta;
    double se; /* of theta, ddof 1; for the studentised interval */
    struct tare_value accel;
    double *replicate, *t; /* resamples each; t NULL: no studentised interval. Overwritten. */
    uint64_t resamples, seed;
    double confidence;
    size_t n;
};
enum tare_status tare__boot_finish(const struct tare__boot_facts *f, struct tare_arena *arena,
                                   struct tare_boot *out, struct tare_err *err);

/* sum u^3 / (6 (sum u^2)^1.5). */
struct tare_value tare__accel(const double *u, size_t n);
/* From sums U^3 / n_j^3 and U^2 / n_j^2 over several samples. */
struct tare_value tare__accel_sums(double cubes, double squares);

#endif
