/*
 * Monte-Carlo bootstrap over tasks (statistics sheet, section 2), for real values. On lattice data
 * bootstrap_exact.h needs no chance.
 *
 * Resample b draws its n indices from stream (seed, "bootstrap", b): the same bits for any number
 * of threads. Two independent samples draw the second's indices after the first's.
 */
#ifndef TARE_STATS_BOOTSTRAP_H
#define TARE_STATS_BOOTSTRAP_H

#include "stats/stats.h"

struct tare_boot_opts {
    uint64_t resamples; /* 0: 10,000; at most 100,000,000 */
    uint64_t seed;
    double confidence; /* 0: 0.95 */
    unsigned threads;  /* 0: 1 */
    bool studentised;  /* also the studentised interval (mean only; two moments a resample) */
};

struct tare_boot {
    double theta; /* observed statistic */
    double se;    /* SD of the replicates, ddof 1 */
    double mean;  /* of the replicates */
    struct tare_interval percentile, basic, bca, studentised;
    struct tare_value z0, accel;
    double bca_level_lo, bca_level_hi; /* NaN when BCa is unavailable */
    double share_le_0;                 /* share of resamples <= 0; not a p-value */
    uint64_t resamples, seed;
    uint64_t dropped;         /* replicates without a value (0/0, or studentised with se* = 0) */
    const double *replicates; /* ascending, resamples - dropped of them, in the arena */
    size_t n_replicates;
};

/*
 * Statistic: mean of x (y NULL), or ratio of sums sum(x) / sum(y). For clusters pass their sums
 * as x and their sizes as y (tare_cluster_totals); the replicate draws clusters.
 * Memory: 8 bytes a resample, 16 a value. Fails: TARE_E_INPUT (NaN, n = 0, sum(y) = 0), NOMEM.
 * n = 1 gives theta and unavailable intervals.
 */
enum tare_status tare_bootstrap(const double *x, const double *y, size_t n,
                                const struct tare_boot_opts *opts, struct tare_arena *arena,
                                struct tare_boot *out, struct tare_err *err);

/* Difference of ratios of sums resampled together: sum(xb)/sum(yb) - sum(xa)/sum(ya), the same
 * tasks (or clusters) on both sides. */
enum tare_status tare_bootstrap_ratio_diff(const double *xa, const double *ya, const double *xb,
                                           const double *yb, size_t n,
                                           const struct tare_boot_opts *opts,
                                           struct tare_arena *arena, struct tare_boot *out,
                                           struct tare_err *err);

/* mean(b) - mean(a), independent samples. */
enum tare_status tare_bootstrap_unpaired(const double *a, size_t na, const double *b, size_t nb,
                                         const struct tare_boot_opts *opts,
                                         struct tare_arena *arena, struct tare_boot *out,
                                         struct tare_err *err);

/* Fixed weights: statistic sum_h w_h mean of stratum h, n_h resampled inside each stratum.
 * weight[h] NULL array: n_h / n. BCa by the leave-one-out jackknife. single_strata (may be NULL)
 * counts strata of one unit, which add no variance. */
enum tare_status tare_bootstrap_stratified(const double *x, const uint32_t *stratum, size_t n,
                                           const double *weight, uint32_t n_strata,
                                           const struct tare_boot_opts *opts,
                                           struct tare_arena *arena, struct tare_boot *out,
                                           uint32_t *single_strata, struct tare_err *err);

/* log(median(b) / median(a)); all values > 0. paired: a and b are of the same n units. Intervals
 * are on the log scale; percentile and basic only. */
enum tare_status tare_bootstrap_log_median_ratio(const double *a, size_t na, const double *b,
                                                 size_t nb, bool paired,
                                                 const struct tare_boot_opts *opts,
                                                 struct tare_arena *arena, struct tare_boot *out,
                                                 struct tare_err *err);

/* The mean with a given index table: index[b * n + i]. All four intervals, quantile type 7. */
enum tare_status tare_bootstrap_given(const double *x, size_t n, const uint32_t *index,
                                      size_t resamples, double confidence, struct tare_arena *arena,
                                      struct tare_boot *out, struct tare_err *err);

/* BCa at another level than the one asked for, from the replicates that are there. Unavailable
 * where the BCa interval is. */
struct tare_interval tare_boot_bca(const struct tare_boot *boot, double confidence);

/* Acceleration of the mean (or of anything whose leave-one-out values are u): sum u^3 /
 * (6 (sum u^2)^1.5) with u = deviations from the mean. Unavailable when they are all equal. */
struct tare_value tare_accel_mean(const double *x, size_t n);

#endif
