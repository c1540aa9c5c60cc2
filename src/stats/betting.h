/*
 * Testing a mean by betting, while data arrive (statistics sheet, section 11; Waudby-Smith and
 * Ramdas 2024). Against the null "the mean of u is mu0 or less", u in [0, 1], a gambler bets the
 * share f of its wealth on each value: wealth grows by 1 + f (u / mu0 - 1), on average not at all
 * under the null. A fixed mixture of bets needs no guess of the effect, and its wealth is an
 * e-value at every moment: reject when it ever reaches 1 / alpha.
 */
#ifndef TARE_STATS_BETTING_H
#define TARE_STATS_BETTING_H

#include "stats/stats.h"

#define TARE_BETS 12

/* Wealth of each bet so far, as logarithms. All zero: nothing seen. */
struct tare_bets {
    double log_wealth[TARE_BETS];
};

/* One more value u in [0, 1]; null mean mu0 in (0, 1]. */
void tare_bets_see(struct tare_bets *b, double u, double mu0);
/* log of the mixture's wealth now. Its largest value over time is what p comes from. */
double tare_bets_log_e(const struct tare_bets *b);

/* The means that no look so far rejects at level alpha / 2 a side: valid at every look. u: n
 * values in [0, 1]. Limits to 1e-6; n * 500 logarithms. Unavailable for n = 0. */
struct tare_interval tare_cs_mean_betting(const double *u, size_t n, double alpha);

#endif
