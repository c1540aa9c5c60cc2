/*
 * Area under the ROC curve with DeLong's variance (DeLong et al. 1988; mid-ranks as Sun and Xu
 * 2014, O(n log n)).
 */
#ifndef TARE_STATS_AUROC_H
#define TARE_STATS_AUROC_H

#include "stats/stats.h"

struct tare_auroc {
    size_t n1, n0;           /* positives, negatives */
    struct tare_value auc;   /* P(s1 > s0) + P(equal) / 2; unavailable when a class is absent */
    struct tare_value var;   /* unavailable when a class has one member */
    struct tare_interval ci; /* normal, cut to [0, 1]; collapses on perfect separation */
    bool degenerate;         /* variance 0: print n1 and n0, not the interval */
};
/* label[i] is 0 or 1. */
enum tare_status tare_auroc(const uint8_t *label, const double *score, size_t n, double confidence,
                            struct tare_arena *scratch, struct tare_auroc *out,
                            struct tare_err *err);

struct tare_auroc_pair {
    struct tare_auroc a, b;
    struct tare_value covariance, z, p; /* of a minus b, two-sided */
};
/* Two scores of the same items. */
enum tare_status tare_auroc_paired(const uint8_t *label, const double *score_a,
                                   const double *score_b, size_t n, double confidence,
                                   struct tare_arena *scratch, struct tare_auroc_pair *out,
                                   struct tare_err *err);

#endif
