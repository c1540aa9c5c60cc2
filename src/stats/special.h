/*
 * Distribution functions. Pure, thread-safe, no allocation. Arguments outside the stated range
 * give NaN (these are the bricks; the procedures above them refuse bad input with a message).
 * Relative error is below 1e-12 in both tails unless said otherwise (tests/ref/special.h).
 */
#ifndef TARE_STATS_SPECIAL_H
#define TARE_STATS_SPECIAL_H

#include <stdint.h>

/* Standard normal: lower tail, upper tail, density. Any real z. */
double tare_norm_cdf(double z);
double tare_norm_sf(double z);
double tare_norm_pdf(double z);
/* Inverse of tare_norm_cdf; p in [0, 1], the ends give -inf and inf. Wichura 1988, AS 241. */
double tare_norm_quantile(double p);

/* log Gamma(x), x > 0. Stirling series after shifting; absolute error about 1e-15 * max(1,
 * |value|). Unlike lgamma() it touches no global. */
double tare_log_gamma(double x);
/* log Beta(a, b), a and b > 0. */
double tare_log_beta(double a, double b);

/* Regularised incomplete beta I_x(a, b): lower part, and its complement without cancellation.
 * a, b > 0; x in [0, 1]. Continued fraction of DLMF 8.17.22, Lentz's method. */
double tare_beta_cdf(double x, double a, double b);
double tare_beta_sf(double x, double a, double b);
/* x with I_x(a, b) = p; p in [0, 1]. */
double tare_beta_quantile(double p, double a, double b);

/* Student t with df > 0 (any real): upper tail, two-sided p of |t|, inverse of the lower tail. */
double tare_t_sf(double t, double df);
double tare_t_cdf(double t, double df);
double tare_t_p2(double t, double df);
double tare_t_quantile(double p, double df);
/* Noncentral t, lower tail; |ncp| <= 37. Lenth 1989, AS 243; absolute error about 1e-12. */
double tare_nct_cdf(double t, double df, double ncp);

/* Chi-squared with one degree of freedom, upper tail; x >= 0. */
double tare_chi2_1_sf(double x);

/* Binomial(n, p): probability of k, lower tail P(X <= k), upper tail P(X >= k). k may lie outside
 * [0, n]. The mass is Loader's saddle-point form (2000); tails are sums of positive terms. */
double tare_binom_pmf(int64_t k, int64_t n, double p);
double tare_binom_cdf(int64_t k, int64_t n, double p);
double tare_binom_upper(int64_t k, int64_t n, double p);

/* P(X = k) for k marked items in a draw of `draws` from `marked` marked and `other` others. */
double tare_hyper_pmf(int64_t k, int64_t marked, int64_t other, int64_t draws);

#endif
