/* For the files of this room only. */
#ifndef TARE_STATS_INT_H
#define TARE_STATS_INT_H

#include "stats/stats.h"

/* Zero of f between lo and hi, which must bracket a change of sign (either way round); halves
 * until the midpoint equals an end or the width is below 1e-15 of the larger end, so at most
 * about 1,100 evaluations and usually 60. */
double tare__bisect(double (*f)(const void *ctx, double x), const void *ctx, double lo, double hi);

/* z with P(|Z| <= z) = confidence. */
double tare__z_two(double confidence);

/* log(x!) less Stirling's leading terms, x > 0 real: lgamma(x+1) - (x+1/2) log x + x - log sqrt
 * 2 pi. Loader 2000. */
double tare__stirling_rest(double x);
/* Binomial mass with real arguments 0 <= x <= n, q = 1 - p given apart so that neither tail
 * cancels. Loader 2000. */
double tare__binom_raw(double x, double n, double p, double q);
/* I_x(a, b) and its complement; y = 1 - x given apart. */
void tare__beta_both(double x, double y, double a, double b, double *lower, double *upper);

/* TARE_E_NOMEM with one sentence. */
enum tare_status tare__no_mem(struct tare_err *err);

#endif
