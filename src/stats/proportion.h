/*
 * Rates: k passes of n, one rate or two independent ones (statistics sheet, section 6).
 *
 * Unavailable when n is 0. TARE_E_INPUT is never returned: k > n is a caller's error and gives an
 * unavailable interval with that reason.
 */
#ifndef TARE_STATS_PROPORTION_H
#define TARE_STATS_PROPORTION_H

#include "stats/stats.h"

struct tare_count {
    uint64_t k; /* passes */
    uint64_t n; /* trials */
};

/* Two-sided intervals of level `confidence` in (0, 1). */
struct tare_interval tare_wilson(struct tare_count c, double confidence);
struct tare_interval tare_clopper_pearson(struct tare_count c, double confidence);
/* Equal-tailed Beta(k + 1/2, n - k + 1/2); end points are not reset at k = 0 or n. */
struct tare_interval tare_jeffreys(struct tare_count c, double confidence);
struct tare_interval tare_agresti_coull(struct tare_count c, double confidence);
/* Normal approximation cut to [0, 1]; for comparison only. */
struct tare_interval tare_wald_clipped(struct tare_count c, double confidence);
/* Upper limit after no pass in n trials, one-sided: 1 - (1 - confidence)^(1/n). */
struct tare_value tare_rule_of_three(uint64_t n, double confidence);
/* Exact test of rate p0; two-sided sums all outcomes not more likely than the observed one. */
struct tare_value tare_binom_test(struct tare_count c, double p0, enum tare_sides sides);

/* Difference b minus a of two independent rates. */
struct tare_interval tare_diff_wald(struct tare_count a, struct tare_count b, double confidence);
struct tare_interval tare_diff_newcombe(struct tare_count a, struct tare_count b,
                                        double confidence);
struct tare_interval tare_diff_agresti_caffo(struct tare_count a, struct tare_count b,
                                             double confidence);
/* Miettinen-Nurminen 1985 score interval (with the N/(N-1) factor). */
struct tare_interval tare_diff_score(struct tare_count a, struct tare_count b, double confidence);
/* The same with the slip of statsmodels 0.13.5 (a count where the cubic wants a size): only to
 * compare with numbers that program printed. Published check (56/70 against 48/80: 0.0528 to
 * 0.3382) holds for tare_diff_score, not for this one. */
struct tare_interval tare_diff_score_statsmodels(struct tare_count a, struct tare_count b,
                                                 double confidence);
/* Pooled z test of equal rates. */
struct tare_value tare_diff_z_test(struct tare_count a, struct tare_count b, enum tare_sides sides);
/* Fisher's exact test of a 2x2 table {a passes, a fails, b passes, b fails}, two-sided by
 * probability. */
struct tare_value tare_fisher_exact(struct tare_count a, struct tare_count b);

#endif
