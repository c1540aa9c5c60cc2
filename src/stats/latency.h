/*
 * Durations and costs (statistics sheet, section 14).
 */
#ifndef TARE_STATS_LATENCY_H
#define TARE_STATS_LATENCY_H

#include "stats/stats.h"

struct tare_latency {
    size_t n;
    double mean, median, mad;
    struct tare_value sd, cv;        /* ddof 1; n >= 2 */
    struct tare_value p50, p95, p99; /* type 7; p95 needs n >= 20, p99 n >= 100 */
    double p95_raw, p99_raw;         /* the same without that rule */
    double p95_nearest_rank;         /* value at rank ceil(0.95 n) */
    struct tare_interval median_ci;  /* order statistics r and n + 1 - r */
    size_t median_rank;              /* r; 0 when unavailable */
    double median_coverage;          /* exact level of that interval; NaN when unavailable */
};
/* x without the warm-up runs; n >= 1. */
enum tare_status tare_latency(const double *x, size_t n, double confidence,
                              struct tare_arena *scratch, struct tare_latency *out,
                              struct tare_err *err);

/* Spearman of value with run index: |rho| > 0.5 and p < 0.05 is a drift. */
struct tare_drift {
    struct tare_value rho, p;
    bool drifts;
};
enum tare_status tare_drift(const double *x, size_t n, struct tare_arena *scratch,
                            struct tare_drift *out, struct tare_err *err);

#endif
