/* For the files of the exact bootstrap only. */
#ifndef TARE_STATS_BOOTSTRAP_EXACT_INT_H
#define TARE_STATS_BOOTSTRAP_EXACT_INT_H

#include "stats/bootstrap_exact.h"

/* pmf of Binomial(n, p), n + 1 values, from the mode outwards. 0 < p < 1. */
void tare__binom_table(uint64_t n, double p, double *pmf);
/* Coefficients of (a + b x + c x^2)^n for a, b, c > 0 adding to 1: 2n + 1 values. */
enum tare_status tare__trinomial_table(uint64_t n, double a, double b, double c,
                                       struct tare_arena *arena, double *pmf, struct tare_err *err);
/* Coefficients of (sum_j p_j x^j)^n, j = 0 … span: n * span + 1 values, by direct convolution. */
enum tare_status tare__power_direct(const double *p, size_t span, uint64_t n,
                                    struct tare_arena *arena, double *pmf, struct tare_err *err);
/* The same through the characteristic function; absolute error about 1e-15 * sqrt n. */
enum tare_status tare__power_fft(const double *p, size_t span, uint64_t n, struct tare_arena *arena,
                                 double *pmf, struct tare_err *err);
/* Fills cdf from pmf. */
enum tare_status tare__lattice_finish(struct tare_lattice_dist *d, struct tare_arena *arena,
                                      struct tare_err *err);

#endif
