/*
 * Rank tests and robust shifts (statistics sheet, sections 13 and 14).
 */
#ifndef TARE_STATS_LOCATION_H
#define TARE_STATS_LOCATION_H

#include "stats/stats.h"

struct tare_signed_rank {
    size_t n, n_eff; /* all; without zeros */
    double w_plus;
    double sign_p_two, sign_p_greater;
    struct tare_value p;          /* two-sided, exact with and without ties; n_eff <= 2,000 */
    struct tare_value p_approx;   /* two-sided, normal with ties and continuity correction */
    struct tare_value hl;         /* Hodges-Lehmann: median of Walsh averages of all n */
    struct tare_value hl_nonzero; /* the same without zeros (R's wilcox.test) */
    struct tare_interval hl_ci; /* exact order statistics of Walsh averages; needs no zeros or ties
                                   among |d|; n_eff <= 2,000 */
    bool ties;                  /* among the sizes of non-zero differences */
};
/* n <= 4,000 for the Walsh averages (32 MiB at n = 4,000 / 2 pairs); above: hl unavailable. */
enum tare_status tare_signed_rank(const double *d, size_t n, double confidence,
                                  struct tare_arena *scratch, struct tare_signed_rank *out,
                                  struct tare_err *err);

struct tare_two_sample {
    double u_b;                     /* Mann-Whitney U of b: pairs with b > a, ties half */
    struct tare_value p_exact;      /* two-sided; without ties, na and nb <= 200 */
    struct tare_value p_approx;     /* two-sided, normal, ties and continuity corrected */
    struct tare_value hl_shift;     /* median of b - a over all pairs; na * nb <= 4,000,000 */
    struct tare_interval hl_ci;     /* exact; as p_exact */
    struct tare_value hl_ratio;     /* exp(median of log b - log a); all values > 0 */
    struct tare_value median_ratio; /* median b / median a; median a not 0 */
};
enum tare_status tare_two_sample(const double *a, size_t na, const double *b, size_t nb,
                                 double confidence, struct tare_arena *scratch,
                                 struct tare_two_sample *out, struct tare_err *err);

#endif
