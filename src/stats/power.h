/*
 * Planning: power, minimum detectable effect (MDE), needed size (statistics sheet, section 8).
 * alpha is the total error; sides 1 or 2. Rates in [0, 1], power in (0, 1). Sizes are real
 * numbers: round up. What cannot be reached is unavailable with a reason.
 */
#ifndef TARE_STATS_POWER_H
#define TARE_STATS_POWER_H

#include "stats/stats.h"

/* Variants of the two-group formula; POOLED is the default (and R's power.prop.test). */
enum tare_power_formula {
    TARE_POWER_POOLED = 0,
    TARE_POWER_MEAN_P, /* size only */
    TARE_POWER_UNPOOLED,
    TARE_POWER_ARCSINE,
    TARE_POWER_CONTINUITY, /* size only */
    TARE_POWER_BASELINE    /* size only */
};

/* Two independent groups of n each. both_tails adds the far tail (2 sides only). */
struct tare_value tare_power_two(double p1, double p2, double n, double alpha, int sides,
                                 enum tare_power_formula f, bool both_tails);
struct tare_value tare_size_two(double p1, double p2, double alpha, int sides, double power,
                                enum tare_power_formula f);
/* Distance of p2 from p1 in `direction` (+1 or -1). POOLED, UNPOOLED or BASELINE. */
struct tare_value tare_mde_two(double p1, double n, double alpha, int sides, double power,
                               int direction, enum tare_power_formula f);

/* Paired binary (McNemar): b = P(baseline only), c = P(candidate only), psi = b + c. */
struct tare_value tare_power_mcnemar(double b, double c, double n, double alpha, int sides);
/* Exact power of the exact (mid_p false) or mid-p test; n up to 100,000. */
struct tare_value tare_power_mcnemar_exact(double b, double c, uint64_t n, double alpha,
                                           bool mid_p);
struct tare_value tare_size_mcnemar(double b, double c, double alpha, int sides, double power);
/* Size for a difference d at discordance psi >= |d|. */
struct tare_value tare_size_paired(double d, double psi, double alpha, int sides, double power);
struct tare_value tare_mde_paired(double psi, double n, double alpha, double power);
/* Size for TOST of the paired rates at true difference 0: (z_(1-a) + z_(1-b/2))^2 psi / margin^2.
 */
struct tare_value tare_size_tost_paired(double psi, double margin, double alpha, double power);
/* Discordance for planning from a pilot: (wins + losses + 1) / (n + 2). */
double tare_psi_from_pilot(uint64_t discordant, uint64_t n);

/* Mean of paired differences with standard deviation sd > 0. */
struct tare_value tare_power_mean_t(double sd, double n, double delta, double alpha);
struct tare_value tare_size_mean_t(double sd, double delta, double alpha, double power);
struct tare_value tare_size_mean_normal(double sd, double delta, double alpha, double power);
/* (z_a + z_b) * se. */
double tare_mde_from_se(double se, double alpha, double power);

/* Tasks for a paired difference with k attempts a task: (z_a + z_b)^2 (omega2 + s2a/ka + s2b/kb) /
 * delta^2; omega2 is the variance of the true difference per task (Miller 2024). */
struct tare_miller {
    double omega2, sigma2_a, sigma2_b, k_a, k_b;
};
struct tare_value tare_size_miller(struct tare_miller m, double delta, double alpha, double power);

#endif
