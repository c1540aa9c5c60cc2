/*
 * Planning for two groups and for paired binary outcomes. Means are in power_mean.c.
 */
#include "stats/power.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char bad_plan[] = "alpha, power and rates must be probabilities, sides 1 or 2";
static const char no_effect[] = "the two rates are the same: no size is enough";

static double z_alpha(double alpha, int sides)
{
    return -tare_norm_quantile(alpha / sides);
}

static bool plan_bad(double p1, double p2, double alpha, int sides)
{
    return !(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1) || !(alpha > 0 && alpha < 1) ||
           (sides != 1 && sides != 2);
}

/* Per-group standard deviations times sqrt n: under the null, and under p1, p2. */
static void group_sds(double p1, double p2, enum tare_power_formula f, double *null_sd,
                      double *alt_sd)
{
    double mean = (p1 + p2) / 2, pooled = sqrt(2 * mean * (1 - mean));
    double own = sqrt(p1 * (1 - p1) + p2 * (1 - p2)), base = sqrt(2 * p1 * (1 - p1));
    *null_sd = f == TARE_POWER_UNPOOLED ? own : f == TARE_POWER_BASELINE ? base : pooled;
    *alt_sd = f == TARE_POWER_MEAN_P ? pooled : f == TARE_POWER_BASELINE ? base : own;
}

static double arcsine_distance(double p1, double p2)
{
    return fabs(2 * asin(sqrt(p2)) - 2 * asin(sqrt(p1)));
}

struct tare_value tare_power_two(double p1, double p2, double n, double alpha, int sides,
                                 enum tare_power_formula f, bool both_tails)
{
    if (plan_bad(p1, p2, alpha, sides) || !(n > 0))
        return tare_no_value(bad_plan);
    double za = z_alpha(alpha, sides), d = fabs(p2 - p1), s0, s1;
    group_sds(p1, p2, f, &s0, &s1);
    if (f == TARE_POWER_ARCSINE) {
        d = arcsine_distance(p1, p2);
        s0 = s1 = sqrt(2.0);
    }
    if (s1 == 0)
        return tare_no_value("both rates are 0 or 1: nothing varies");
    double power = tare_norm_cdf((sqrt(n) * d - za * s0) / s1);
    if (both_tails && sides == 2)
        power += tare_norm_cdf((-sqrt(n) * d - za * s0) / s1);
    return tare_value(power);
}

struct tare_value tare_size_two(double p1, double p2, double alpha, int sides, double power,
                                enum tare_power_formula f)
{
    if (plan_bad(p1, p2, alpha, sides) || !(power > 0 && power < 1))
        return tare_no_value(bad_plan);
    if (p1 == p2)
        return tare_no_value(no_effect);
    double za = z_alpha(alpha, sides), zb = tare_norm_quantile(power), d = fabs(p2 - p1), s0, s1;
    if (f == TARE_POWER_ARCSINE) {
        double r = (za + zb) / arcsine_distance(p1, p2);
        return tare_value(2 * r * r);
    }
    group_sds(p1, p2, f, &s0, &s1);
    double r = (za * s0 + zb * s1) / d, n = r * r;
    if (f == TARE_POWER_CONTINUITY) {
        double root = 1 + sqrt(1 + 4 / (n * d));
        n = n / 4 * root * root;
    }
    return tare_value(n);
}

struct mde_two {
    double p1, n, alpha, power;
    int sides, direction;
    enum tare_power_formula f;
};

static double mde_two_gap(const void *ctx, double d)
{
    const struct mde_two *m = ctx;
    double p2 = fmax(0, fmin(1, m->p1 + m->direction * d));
    struct tare_value v = tare_power_two(m->p1, p2, m->n, m->alpha, m->sides, m->f, false);
    /* Nothing varies: alike at 0, told apart for sure at the far end. */
    return (!v.why ? v.v : d > 0 ? 1 : 0) - m->power;
}

struct tare_value tare_mde_two(double p1, double n, double alpha, int sides, double power,
                               int direction, enum tare_power_formula f)
{
    if (plan_bad(p1, p1, alpha, sides) || !(power > 0 && power < 1) || !(n > 0))
        return tare_no_value(bad_plan);
    double most = direction > 0 ? 1 - p1 : p1;
    if (f == TARE_POWER_BASELINE) {
        double d =
            (z_alpha(alpha, sides) + tare_norm_quantile(power)) * sqrt(2 * p1 * (1 - p1) / n);
        return d <= most ? tare_value(d) : tare_no_value("no difference is detectable at this n");
    }
    struct mde_two m = {p1, n, alpha, power, sides, direction > 0 ? 1 : -1, f};
    if (mde_two_gap(&m, most) < 0)
        return tare_no_value("no difference is detectable at this n");
    return tare_value(tare__bisect(mde_two_gap, &m, 0, most));
}

/* Connor 1987, Miettinen 1968: normal power of McNemar's test. */
static struct tare_value paired_power(double d, double psi, double n, double alpha, int sides)
{
    double rest = psi - d * d;
    if (!(psi > 0) || psi < fabs(d) || psi > 1)
        return tare_no_value("the discordance must be at least the difference, and at most 1");
    double gap = sqrt(n) * fabs(d) - z_alpha(alpha, sides) * sqrt(psi);
    if (rest <= 0) /* every task is a win */
        return tare_value(gap > 0 ? 1 : 0);
    return tare_value(tare_norm_cdf(gap / sqrt(rest)));
}

struct tare_value tare_power_mcnemar(double b, double c, double n, double alpha, int sides)
{
    if (plan_bad(b, c, alpha, sides) || !(n > 0))
        return tare_no_value(bad_plan);
    return paired_power(c - b, b + c, n, alpha, sides);
}

/* Largest k <= m / 2 with two-sided p of (k, m - k) at most alpha, starting from the answer for
 * m - 1, which is at most one below; -1: never. */
static int64_t critical_count(int64_t m, double alpha, bool mid_p, int64_t from)
{
    int64_t k = from;
    for (;; k++) {
        int64_t next = k + 1;
        if (2 * next >= m)
            return k;
        double p =
            2 * tare_binom_cdf(next - 1, m, 0.5) + (mid_p ? 1 : 2) * tare_binom_pmf(next, m, 0.5);
        if (p > alpha)
            return k;
    }
}

struct tare_value tare_power_mcnemar_exact(double b, double c, uint64_t n, double alpha, bool mid_p)
{
    double psi = b + c, power = 0;
    if (plan_bad(b, c, alpha, 2) || psi > 1 || n == 0 || n > 100000)
        return tare_no_value(psi > 1      ? "the two discordant shares add to more than 1"
                             : n > 100000 ? "exact power is computed up to 100,000 tasks"
                                          : bad_plan);
    if (psi == 0)
        return tare_value(0);
    int64_t crit = -1, last = (int64_t)n;
    double win = c / psi, sd = sqrt((double)n * psi * (1 - psi)), mean = (double)n * psi;
    for (int64_t m = 1; m <= last; m++) {
        if ((double)m > mean + 40 * sd + 40)
            break;
        if ((double)m < mean - 40 * sd - 40)
            continue; /* below 1e-300 */
        crit = critical_count(m, alpha, mid_p, crit);
        if (crit < 0)
            continue;
        double reject = tare_binom_cdf(crit, m, win) + tare_binom_upper(m - crit, m, win);
        power += tare_binom_pmf(m, last, psi) * fmin(1, reject);
    }
    return tare_value(fmin(1, power));
}

struct tare_value tare_size_paired(double d, double psi, double alpha, int sides, double power)
{
    if (!(alpha > 0 && alpha < 1) || !(power > 0 && power < 1) || (sides != 1 && sides != 2))
        return tare_no_value(bad_plan);
    if (d == 0)
        return tare_no_value(no_effect);
    if (!(psi >= fabs(d) && psi <= 1))
        return tare_no_value("the discordance must be at least the difference, and at most 1");
    double root =
        z_alpha(alpha, sides) * sqrt(psi) + tare_norm_quantile(power) * sqrt(fmax(0, psi - d * d));
    return tare_value(root * root / (d * d));
}

struct tare_value tare_size_mcnemar(double b, double c, double alpha, int sides, double power)
{
    if (plan_bad(b, c, alpha, sides))
        return tare_no_value(bad_plan);
    return tare_size_paired(c - b, b + c, alpha, sides, power);
}

struct mde_paired {
    double psi, n, alpha, power;
};

static double mde_paired_gap(const void *ctx, double d)
{
    const struct mde_paired *m = ctx;
    return paired_power(d, m->psi, m->n, m->alpha, 2).v - m->power;
}

struct tare_value tare_mde_paired(double psi, double n, double alpha, double power)
{
    if (!(alpha > 0 && alpha < 1) || !(power > 0 && power < 1) || !(n > 0))
        return tare_no_value(bad_plan);
    if (!(psi > 0 && psi <= 1))
        return tare_no_value("without discordant tasks no effect can be seen");
    struct mde_paired m = {psi, n, alpha, power};
    if (mde_paired_gap(&m, psi) < 0)
        return tare_no_value("no effect of this discordance is detectable at this n");
    return tare_value(tare__bisect(mde_paired_gap, &m, 0, psi));
}

struct tare_value tare_size_tost_paired(double psi, double margin, double alpha, double power)
{
    if (!(alpha > 0 && alpha < 1) || !(power > 0 && power < 1) || !(psi >= 0 && psi <= 1))
        return tare_no_value(bad_plan);
    if (!(margin > 0))
        return tare_no_value("the margin must be above 0");
    double z = -tare_norm_quantile(alpha) - tare_norm_quantile((1 - power) / 2);
    return tare_value(z * z * psi / (margin * margin));
}

double tare_psi_from_pilot(uint64_t discordant, uint64_t n)
{
    return ((double)discordant + 1) / ((double)n + 2);
}
