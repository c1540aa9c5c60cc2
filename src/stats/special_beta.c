/*
 * Incomplete beta function and what follows from it: beta quantiles, Student's t, noncentral t.
 */
#include "stats/special.h"
#include "stats/stats_int.h"

#include <math.h>

#include "base/banned.h"

/* The continued fraction of DLMF 8.17.22 by the modified Lentz method; converges fast for
 * x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 200000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        double step = d * c;
        h *= step;
        if (fabs(step - 1) < 3e-16)
            break;
    }
    return h;
}

void tare__beta_both(double x, double y, double a, double b, double *lower, double *upper)
{
    if (x <= 0 || y <= 0) {
        *lower = x <= 0 ? 0 : 1;
        *upper = 1 - *lower;
        return;
    }
    double mass = tare__binom_raw(a, a + b, x, y); /* x^a y^b (a+b) / (a b B(a, b)) */
    if (x < (a + 1) / (a + b + 2)) {
        *lower = fmin(1, mass * b / (a + b) * beta_fraction(x, a, b));
        *upper = 1 - *lower;
    } else {
        *upper = fmin(1, mass * a / (a + b) * beta_fraction(y, b, a));
        *lower = 1 - *upper;
    }
}

static bool beta_args_bad(double x, double a, double b)
{
    return !(a > 0) || !(b > 0) || !(x >= 0) || !(x <= 1) || isinf(a) || isinf(b);
}

double tare_beta_cdf(double x, double a, double b)
{
    double lower, upper;
    if (beta_args_bad(x, a, b))
        return (double)NAN;
    tare__beta_both(x, 1 - x, a, b, &lower, &upper);
    return lower;
}

double tare_beta_sf(double x, double a, double b)
{
    double lower, upper;
    if (beta_args_bad(x, a, b))
        return (double)NAN;
    tare__beta_both(x, 1 - x, a, b, &lower, &upper);
    return upper;
}

static double beta_middle(double lo, double hi)
{
    if (lo > 0 && hi > 4 * lo)
        return sqrt(lo) * sqrt(hi);
    if (lo == 0 && hi < 0.25)
        return hi * 1e-3;
    return lo + (hi - lo) / 2;
}

double tare_beta_quantile(double p, double a, double b)
{
    if (beta_args_bad(p, a, b))
        return (double)NAN;
    if (p == 0 || p == 1)
        return p;
    double lo = 0, hi = 1, x = a / (a + b);
    for (int i = 0; i < 400; i++) {
        double lower, upper;
        tare__beta_both(x, 1 - x, a, b, &lower, &upper);
        /* the smaller tail is the precise one */
        double off = p < 0.5 ? lower - p : (1 - p) - upper;
        if (off == 0)
            return x;
        if (off > 0)
            hi = x;
        else
            lo = x;
        double density = tare__binom_raw(a, a + b, x, 1 - x) * a * b / (a + b) / (x * (1 - x));
        double next = x - off / density;
        if (!(next > lo && next < hi) || i % 8 == 7)
            next = beta_middle(lo, hi);
        if (fabs(next - x) <= 1e-16 * x || next == lo || next == hi)
            return next;
        x = next;
    }
    return x;
}

double tare_t_sf(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return (double)NAN;
    if (isinf(t))
        return t > 0 ? 0 : 1;
    double lower, upper, t2 = t * t;
    if (isinf(t2))
        return t > 0 ? 0 : 1;
    tare__beta_both(df / (df + t2), t2 / (df + t2), df / 2, 0.5, &lower, &upper);
    return t >= 0 ? lower / 2 : 0.5 + upper / 2;
}

double tare_t_cdf(double t, double df)
{
    return tare_t_sf(-t, df);
}

double tare_t_p2(double t, double df)
{
    return fmin(1, 2 * tare_t_sf(fabs(t), df));
}

struct t_tail {
    double q, df;
};

static double t_tail_gap(const void *ctx, double t)
{
    const struct t_tail *c = ctx;
    return tare_t_sf(t, c->df) - c->q;
}

double tare_t_quantile(double p, double df)
{
    if (isnan(p) || p < 0 || p > 1 || !(df > 0))
        return (double)NAN;
    if (p == 0.5)
        return 0;
    struct t_tail c = {p < 0.5 ? p : 1 - p, df};
    if (c.q == 0)
        return p < 0.5 ? -(double)INFINITY : (double)INFINITY;
    double hi = 1;
    while (tare_t_sf(hi, df) > c.q && hi < 1e150)
        hi *= 2;
    double t = tare__bisect(t_tail_gap, &c, hi > 1 ? hi / 2 : 0, hi);
    return p < 0.5 ? -t : t;
}

/* Lenth's series for t >= 0: even and odd terms of a Poisson mixture of incomplete betas. */
static double nct_positive(double t, double df, double ncp)
{
    double t2 = t * t, x = t2 / (df + t2), y = df / (df + t2), half = ncp * ncp / 2;
    double p = exp(-half), q = ncp * sqrt(2 / acos(-1.0)) * p, sum = 0, seen = p;
    for (int j = 0; j < 20000; j++) {
        double even, odd, unused;
        tare__beta_both(x, y, j + 0.5, df / 2, &even, &unused);
        tare__beta_both(x, y, j + 1.0, df / 2, &odd, &unused);
        sum += 0.5 * (p * even + q * odd);
        if (j > half && 1 - seen < 1e-15 && p < 1e-17)
            break;
        p *= half / (j + 1);
        q *= half / (j + 1.5);
        seen += p;
    }
    return fmin(1, fmax(0, tare_norm_cdf(-ncp) + sum));
}

double tare_nct_cdf(double t, double df, double ncp)
{
    if (isnan(t) || !(df > 0) || !(fabs(ncp) <= 37))
        return (double)NAN;
    if (t < 0)
        return 1 - nct_positive(-t, df, -ncp);
    return nct_positive(t, df, ncp);
}
