/*
 * Swap test of two arms played on the same units: under the null the arms of a unit are
 * exchangeable, so each unit may be swapped or not (Good 2005, chapter 3; statistics sheet,
 * section 4, for ratios of sums in place of a sum).
 */
#ifndef TARE_STATS_SWAP_H
#define TARE_STATS_SWAP_H

#include "stats/stats.h"

#define TARE_SWAP_EXACT 14 /* up to so many units that differ, every pattern is looked at */

struct tare_swap {
    double theta;                /* sum(xb) / sum(yb) - sum(xa) / sum(ya) */
    double p_two;                /* exact, or (r + 1) / (B + 1): never 0 */
    size_t n_eff;                /* units whose two sides differ */
    uint64_t resamples, extreme; /* B and r; B 0: exact */
};

/* Difference of ratios of sums. A pattern that leaves a side without a denominator counts as
 * extreme. resamples 0: 10,000. Fails: TARE_E_INPUT (n = 0, a side sums to 0), TARE_E_NOMEM. */
enum tare_status tare_swap_ratio_diff(const double *xa, const double *ya, const double *xb,
                                      const double *yb, size_t n, uint64_t resamples, uint64_t seed,
                                      struct tare_arena *arena, struct tare_swap *out,
                                      struct tare_err *err);

#endif
