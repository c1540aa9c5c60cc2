/*
 * "The same" and "no worse": two one-sided tests against a margin fixed before looking
 * (statistics sheet, section 10). "Not significant" is never "equal".
 */
#ifndef TARE_STATS_EQUIVALENCE_H
#define TARE_STATS_EQUIVALENCE_H

#include "stats/stats.h"

struct tare_tost {
    double mean;
    bool degenerate; /* no variance: |mean| < margin decides, no p */
    struct tare_value p, t_lower, p_lower, t_upper, p_upper; /* lower: H0 mean <= -margin */
    struct tare_interval ci;                                 /* level 1 - 2 alpha */
    bool equivalent;
    bool not_worse; /* lower one-sided test alone */
};
/* Paired differences, t with n - 1 df; n >= 2, margin > 0. */
enum tare_status tare_tost_mean(const double *d, size_t n, double margin, double alpha,
                                struct tare_tost *out, struct tare_err *err);
/* The same from any estimate and its standard error; df 0: normal. */
struct tare_tost tare_tost_se(double mean, double se, double df, double margin, double alpha);

/* An interval inside (-margin, margin); an interval wholly above -margin. False when unavailable.
 */
bool tare_interval_equivalent(struct tare_interval ci, double margin);
bool tare_interval_not_worse(struct tare_interval ci, double margin);

struct tare_summary {
    double mean, sd; /* ddof 1 */
    double n;
};
struct tare_welch {
    double diff; /* b minus a */
    struct tare_value se, df, t, p, ratio, tost_p;
    struct tare_interval ci;
};
/* Welch's t from summaries; n >= 2 on both sides. margin 0: no TOST. */
struct tare_welch tare_welch(struct tare_summary a, struct tare_summary b, double confidence,
                             double margin);

#endif
