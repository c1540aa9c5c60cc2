/*
 * Correlations (statistics sheet, section 13). Constant input: unavailable.
 */
#ifndef TARE_STATS_ASSOCIATION_H
#define TARE_STATS_ASSOCIATION_H

#include "stats/stats.h"

struct tare_correlation {
    struct tare_value r;
    struct tare_value p;     /* two-sided; t with n - 2 df (n >= 3) */
    struct tare_interval ci; /* Fisher's z; n >= 4 */
};
enum tare_status tare_pearson(const double *x, const double *y, size_t n, double confidence,
                              struct tare_correlation *out, struct tare_err *err);
/* Pearson of the mid-ranks. */
enum tare_status tare_spearman(const double *x, const double *y, size_t n, double confidence,
                               struct tare_arena *scratch, struct tare_correlation *out,
                               struct tare_err *err);

struct tare_kendall {
    struct tare_value tau_b;
    struct tare_value p_asymptotic; /* two-sided, variance corrected for ties */
    struct tare_value p_exact;      /* two-sided; without ties and n <= 170 only */
    int64_t concordant_minus_discordant;
};
enum tare_status tare_kendall(const double *x, const double *y, size_t n,
                              struct tare_arena *scratch, struct tare_kendall *out,
                              struct tare_err *err);

/* First-order partial correlation of x and y given z; t with n - 3 df. ranks: of the mid-ranks. */
enum tare_status tare_partial(const double *x, const double *y, const double *z, size_t n,
                              bool ranks, struct tare_arena *scratch, struct tare_correlation *out,
                              struct tare_err *err);

#endif
