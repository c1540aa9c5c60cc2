/*
 * Planning for the mean of paired differences.
 */
#include "stats/power.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char bad_plan[] = "alpha and power must lie between 0 and 1, sd must be above 0";

struct tare_value tare_power_mean_t(double sd, double n, double delta, double alpha)
{
    if (!(sd > 0) || !(alpha > 0 && alpha < 1))
        return tare_no_value(bad_plan);
    if (!(n > 1))
        return tare_no_value("need more than one pair");
    double ncp = sqrt(n) * fabs(delta) / sd, df = n - 1;
    double crit = -tare_t_quantile(alpha / 2, df);
    if (ncp > 37) /* the normal shift is exact to double precision here */
        return tare_value(tare_norm_cdf(ncp - crit));
    return tare_value(1 - tare_nct_cdf(crit, df, ncp) + tare_nct_cdf(-crit, df, ncp));
}

struct size_t_ctx {
    double sd, delta, alpha, power;
};

static double size_gap(const void *ctx, double n)
{
    const struct size_t_ctx *c = ctx;
    return tare_power_mean_t(c->sd, n, c->delta, c->alpha).v - c->power;
}

struct tare_value tare_size_mean_normal(double sd, double delta, double alpha, double power)
{
    if (!(sd > 0) || !(alpha > 0 && alpha < 1) || !(power > 0 && power < 1))
        return tare_no_value(bad_plan);
    if (delta == 0)
        return tare_no_value("a difference of 0 needs infinitely many");
    double z = tare_norm_quantile(power) - tare_norm_quantile(alpha / 2), r = z * sd / delta;
    return tare_value(r * r);
}

struct tare_value tare_size_mean_t(double sd, double delta, double alpha, double power)
{
    struct tare_value normal = tare_size_mean_normal(sd, delta, alpha, power);
    if (normal.why)
        return normal;
    struct size_t_ctx c = {sd, delta, alpha, power};
    double lo = fmax(2, normal.v * 0.9), hi = normal.v + 4;
    if (size_gap(&c, lo) >= 0) {
        lo = 1.0000001;
        if (size_gap(&c, lo) >= 0)
            return tare_value(2);
    }
    while (size_gap(&c, hi) < 0 && hi < 1e15)
        hi *= 1.5;
    return tare_value(tare__bisect(size_gap, &c, lo, hi));
}

double tare_mde_from_se(double se, double alpha, double power)
{
    return (tare_norm_quantile(power) - tare_norm_quantile(alpha / 2)) * se;
}

struct tare_value tare_size_miller(struct tare_miller m, double delta, double alpha, double power)
{
    if (!(m.k_a >= 1) || !(m.k_b >= 1) || !(m.omega2 >= 0) || !(m.sigma2_a >= 0) ||
        !(m.sigma2_b >= 0))
        return tare_no_value("variances must not be negative, attempts at least 1");
    if (delta == 0)
        return tare_no_value("a difference of 0 needs infinitely many");
    double z = tare_norm_quantile(power) - tare_norm_quantile(alpha / 2);
    double var = m.omega2 + m.sigma2_a / m.k_a + m.sigma2_b / m.k_b;
    return tare_value(z * z * var / (delta * delta));
}
