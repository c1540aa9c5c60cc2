/*
 * Moments, quantiles and ranks of a sample.
 *
 * Every function borrows its input. Those that sort take an arena for a copy of n doubles.
 */
#ifndef TARE_STATS_SAMPLE_H
#define TARE_STATS_SAMPLE_H

#include "stats/stats.h"

/* TARE_E_INPUT naming the first NaN or infinity in x (what = its name for the message). */
enum tare_status tare_sample_check(const double *x, size_t n, const char *what,
                                   struct tare_err *err);

/* Arithmetic mean, n >= 1; two-pass, so that a constant sample gives exactly that constant. */
double tare_mean(const double *x, size_t n);
/* Sum of squared deviations from the mean. */
double tare_sum_sq_dev(const double *x, size_t n);
/* Standard deviation with n - ddof in the denominator; n > ddof. */
double tare_sd(const double *x, size_t n, unsigned ddof);

/* Ascending, in place. No NaN. */
void tare_sort(double *x, size_t n);
/* Order of x: idx[0] is the index of the smallest; equal values keep their order. */
enum tare_status tare_sort_index(const double *x, size_t n, uint32_t *idx,
                                 struct tare_arena *scratch, struct tare_err *err);
/* Quantile of ascending x, n >= 1, p in [0, 1], Hyndman-Fan type 1, 2, 6, 7 or 8 (7 is numpy's and
 * R's default; NaN for another type). */
double tare_quantile_sorted(const double *x, size_t n, double p, int type);
/* Median of unsorted x; uses scratch. NaN when out of memory or n is 0. */
double tare_median(const double *x, size_t n, struct tare_arena *scratch);

/* Mid-ranks (1-based, ties averaged) into rank[n]; *ties is the sum of t^3 - t over groups of
 * equal values (may be NULL). */
enum tare_status tare_mid_ranks(const double *x, size_t n, double *rank, double *ties,
                                struct tare_arena *scratch, struct tare_err *err);

/* Mann-Whitney's U of the second sample, *u = #(b > a) + #(b = a) / 2 over all na * nb pairs, from
 * mid-ranks of both samples together; *ties as in tare_mid_ranks. Fails: TARE_E_NOMEM. */
enum tare_status tare_rank_u(const double *a, size_t na, const double *b, size_t nb, double *u,
                             double *ties, struct tare_arena *scratch, struct tare_err *err);

/* Writes integers k[i] with x[i] = k[i] * step into k and returns true, only when every value is a
 * multiple of step to within 1e-9 of a step and |k| < 2^30. step > 0. */
bool tare_on_lattice(const double *x, size_t n, double step, int32_t *k);

#endif
