/*
 * Looking while data arrive (statistics sheet, section 11). Valid at every look; the order of the
 * tasks must be random or exchangeable.
 */
#ifndef TARE_STATS_SEQUENTIAL_H
#define TARE_STATS_SEQUENTIAL_H

#include "stats/stats.h"

/* log of the e-value of wins and losses, null P(win | discordant) = 1/2:
 * E = 2^m Beta(a + w, b + l) / Beta(a, b); a = b = 1/2 by default. Reject when E >= 1/alpha. */
double tare_log_e_paired(uint64_t wins, uint64_t losses, double a, double b);
/* A fixed bet of lambda in (-1, 1) on each discordant task. */
double tare_log_e_fixed_bet(uint64_t wins, uint64_t losses, double lambda);
/* min(1, 1/E). With several looks give the largest log e of them. */
double tare_p_anytime(double log_e);

/* The same for scores in [lo, hi], null mean mu0 (or less): wealth of a fixed bet lambda in
 * [0, 1/2] on 1 + lambda (x - mu0) after rescaling to [0, 1]; *max_log_e over all looks. */
enum tare_status tare_log_e_bounded(const double *x, size_t n, double lo, double hi, double mu0,
                                    double lambda, double *log_e, double *max_log_e,
                                    struct tare_err *err);

/* Beta-mixture confidence sequence of one rate, prior Beta(a, b). */
struct tare_interval tare_cs_rate(uint64_t k, uint64_t n, double alpha, double a, double b);
/* Normal mixture, asymptotic: half-width about the mean. rho > 0 tunes when it is tightest. */
struct tare_value tare_cs_mean_half_width(double n, double sd, double rho, double alpha);

enum tare_sprt { TARE_SPRT_CONTINUE = 0, TARE_SPRT_H1, TARE_SPRT_H0 };
struct tare_sprt_result {
    double llr, upper, lower;
    enum tare_sprt decision;
};
/* Wald's test of P(win | discordant) = p0 against p1. */
struct tare_sprt_result tare_sprt(uint64_t wins, uint64_t losses, double p0, double p1,
                                  double alpha, double beta);

#endif
