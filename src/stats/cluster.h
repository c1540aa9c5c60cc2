/*
 * Several items a document, repository or conversation: cluster-robust standard errors
 * (statistics sheet, section 7; Miller 2024).
 */
#ifndef TARE_STATS_CLUSTER_H
#define TARE_STATS_CLUSTER_H

#include "stats/stats.h"

struct tare_cluster_se {
    size_t n, clusters;
    double mean;
    struct tare_value se_iid_ddof1, se_iid_ddof0;
    struct tare_value se_cr0, se_cr1; /* unavailable with one cluster */
    struct tare_value design_effect;  /* (CR0 / iid ddof 0)^2 */
    struct tare_value effective_n;    /* n / design effect */
    struct tare_interval ci;          /* mean +- t(G-1) CR1 */
    double p;                         /* two-sided, t with G - 1 df; NaN when unavailable */
    bool few_clusters;                /* fewer than 10: say so */
};
/* cluster labels are any numbers. n >= 1, confidence in (0, 1). */
enum tare_status tare_cluster_se(const double *x, const uint32_t *cluster, size_t n,
                                 double confidence, struct tare_arena *scratch,
                                 struct tare_cluster_se *out, struct tare_err *err);

/* Sums and sizes by cluster, in order of first appearance; arrays in the arena. */
struct tare_cluster_totals {
    size_t clusters;
    double *sum, *size;
    uint32_t *of; /* of[i]: position of item i's cluster */
};
enum tare_status tare_cluster_totals(const double *x, const uint32_t *cluster, size_t n,
                                     struct tare_arena *arena, struct tare_cluster_totals *out,
                                     struct tare_err *err);

/* Planning: 1 + (sum m^2 / sum m - 1) icc, sizes m. */
double tare_design_effect(const double *size, size_t clusters, double icc);

/* Variance of the mean score split into between tasks and within task (attempts).
 * score[t * k + j] is attempt j of task t; k >= 2. */
struct tare_variance_split {
    double mean;
    double within;  /* sigma^2: mean within-task variance, ddof 1 */
    double between; /* omega^2: variance of task means less within / k; never below 0 */
    double se;      /* sqrt((between + within / k) / tasks) */
};
enum tare_status tare_variance_split(const double *score, size_t tasks, size_t k,
                                     struct tare_variance_split *out, struct tare_err *err);

#endif
