/*
 * Same tasks, binary outcome, one attempt a side (statistics sheet, section 5).
 *
 * Default test: mid-p at every number of discordant tasks; default interval: Tango's score.
 */
#ifndef TARE_STATS_PAIRED_H
#define TARE_STATS_PAIRED_H

#include "stats/stats.h"

struct tare_paired_table {
    uint64_t both;           /* both pass */
    uint64_t baseline_only;  /* losses */
    uint64_t candidate_only; /* wins */
    uint64_t neither;        /* both fail */
};

struct tare_mcnemar {
    uint64_t n, discordant;
    struct tare_value diff;                 /* (wins - losses) / n; unavailable when n is 0 */
    struct tare_value discordance;          /* discordant / n */
    double exact_p, mid_p;                  /* two-sided; 1 when nothing is discordant */
    double exact_p_greater, mid_p_greater;  /* one-sided: the candidate is better */
    struct tare_value chi2, chi2_corrected; /* unavailable when nothing is discordant */
    double chi2_p, chi2_corrected_p;        /* 1 then */
};
struct tare_mcnemar tare_mcnemar(struct tare_paired_table t);

/* Difference of the two rates, candidate minus baseline. Unavailable when n is 0. Only Tango and
 * Newcombe stay within -1 and 1 by themselves; the others are given as their formulas say. */
struct tare_interval tare_tango(struct tare_paired_table t, double confidence);
struct tare_interval tare_bonett_price(struct tare_paired_table t, double confidence);
struct tare_interval tare_agresti_min(struct tare_paired_table t, double confidence);
struct tare_interval tare_paired_wald(struct tare_paired_table t, double confidence);
/* Newcombe 1998, method 10. corrected: the n/2 correction of phi's numerator (the default of the
 * method). *phi may be NULL. */
struct tare_interval tare_newcombe10(struct tare_paired_table t, double confidence, bool corrected,
                                     double *phi);

#endif
