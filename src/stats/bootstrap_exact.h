/*
 * The bootstrap without Monte Carlo: on a lattice the resampling distribution of a sum is the
 * n-fold convolution of the empirical distribution (statistics sheet, section 3).
 *
 * These intervals picture the resampling distribution; tests and default intervals of binary
 * pairs are in paired.h.
 */
#ifndef TARE_STATS_BOOTSTRAP_EXACT_H
#define TARE_STATS_BOOTSTRAP_EXACT_H

#include "stats/proportion.h"
#include "stats/stats.h"

/* P(sum = lo + i * stride) = pmf[i], i < n_points; sums in lattice units. cdf[i] adds pmf from the
 * left, smallest terms first, so that a lower tail keeps its relative precision. */
struct tare_lattice_dist {
    int64_t lo, stride;
    size_t n_points;
    const double *pmf, *cdf; /* in the arena they were made in */
    uint64_t n;              /* resampled units */
    double step;             /* mean = sum * step / n */
    int64_t observed;        /* sum of the data */
    double sd;               /* of the mean, exact: sqrt(sum (x - mean)^2) / n, in data units */
    struct tare_value accel; /* jackknife acceleration of BCa */
    const char *method;      /* "trinomial recurrence", "binomial", "convolution" ... */
    double abs_error;        /* of one probability: 0 (relative 1e-12) or about 1e-15 */
};

/*
 * Sum of n = wins + losses + ties draws from {-1, 0, 1} with the observed shares. O(n) time and
 * memory (about 10 doubles a unit from arena). n in [1, 2,000,000].
 */
enum tare_status tare_exact_trinomial(uint64_t wins, uint64_t losses, uint64_t ties,
                                      struct tare_arena *arena, struct tare_lattice_dist *out,
                                      struct tare_err *err);
/*
 * Sum of n draws from d[0..n-1], integers in lattice units of `step` (> 0, for the printed mean).
 * Direct convolution up to n * span 4,096, FFT above; n * span at most 2^22.
 */
enum tare_status tare_exact_multinomial(const int32_t *d, size_t n, double step,
                                        struct tare_arena *arena, struct tare_lattice_dist *out,
                                        struct tare_err *err);
/*
 * Stratified: distribution of the sum over strata h of independent resamples of stratum h (own
 * size kept), for weights n_h / n. stratum[i] < n_strata.
 */
enum tare_status tare_exact_stratified(const int32_t *d, const uint32_t *stratum, size_t n,
                                       uint32_t n_strata, double step, struct tare_arena *arena,
                                       struct tare_lattice_dist *out, struct tare_err *err);

/* Interval in lattice sums beside the interval of the mean. */
struct tare_exact_interval {
    int64_t lo_sum, hi_sum;
    struct tare_interval mean; /* unavailable: BCa without acceleration, n < 2 */
};

struct tare_exact_boot {
    double mean, sd; /* observed mean; exact bootstrap SD of the mean */
    struct tare_exact_interval percentile, basic, bca;
    struct tare_value z0, accel;
    double bca_level_lo, bca_level_hi;         /* adjusted levels; NaN when BCa is unavailable */
    double p_sum_le_0, p_sum_lt_0, p_sum_ge_0; /* shares of resamples; not p-values */
    double cdf_at_observed;
};
/* Quantiles are the smallest sum with F >= level (slack 1e-14). confidence in (0, 1). */
void tare_exact_boot(const struct tare_lattice_dist *dist, double confidence,
                     struct tare_exact_boot *out);

/* Difference b minus a of two independent resampled rates. O(n_a log(n_a n_b)). At most this many
 * trials a side. */
#define TARE_MAX_EXACT_GROUP 1000000u
struct tare_exact_unpaired {
    double diff, sd;
    struct tare_interval percentile;
    double p_le_0;
};
enum tare_status tare_exact_unpaired_binary(struct tare_count a, struct tare_count b,
                                            double confidence, struct tare_arena *arena,
                                            struct tare_exact_unpaired *out, struct tare_err *err);

#endif
