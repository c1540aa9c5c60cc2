#include "stats/sequential.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define LOG_2 0.69314718055994530942

double tare_log_e_paired(uint64_t wins, uint64_t losses, double a, double b)
{
    double w = (double)wins, l = (double)losses;
    if (!(a > 0) || !(b > 0))
        return (double)NAN;
    return (w + l) * LOG_2 + tare_log_beta(a + w, b + l) - tare_log_beta(a, b);
}

double tare_log_e_fixed_bet(uint64_t wins, uint64_t losses, double lambda)
{
    return (double)wins * log1p(lambda) + (double)losses * log1p(-lambda);
}

double tare_p_anytime(double log_e)
{
    return fmin(1, exp(-log_e));
}

enum tare_status tare_log_e_bounded(const double *x, size_t n, double lo, double hi, double mu0,
                                    double lambda, double *log_e, double *max_log_e,
                                    struct tare_err *err)
{
    if (!(hi > lo) || !(mu0 >= lo && mu0 <= hi) || !(lambda >= 0 && lambda <= 0.5))
        return tare_fail(err, TARE_E_INPUT,
                         "need lo < hi, the null mean between them, and a bet in 0 to 0.5");
    double null = (mu0 - lo) / (hi - lo), wealth = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        double u = (x[i] - lo) / (hi - lo);
        if (!(u >= 0 && u <= 1))
            return tare_fail_at(err, TARE_E_INPUT, i, "score %zu lies outside the declared range",
                                i);
        wealth += log1p(lambda * (u - null));
        most = fmax(most, wealth);
    }
    *log_e = wealth;
    *max_log_e = most;
    return TARE_OK;
}

struct mixture {
    double k, n, log_limit; /* log of mixture times alpha */
};

/* Likelihood of rate p against the mixture: positive inside the confidence set. */
static double mixture_gap(const void *ctx, double p)
{
    const struct mixture *m = ctx;
    double miss = m->n - m->k;
    return (m->k > 0 ? m->k * log(p) : 0) + (miss > 0 ? miss * log1p(-p) : 0) - m->log_limit;
}

struct tare_interval tare_cs_rate(uint64_t k, uint64_t n, double alpha, double a, double b)
{
    if (k > n || !(alpha > 0 && alpha < 1) || !(a > 0) || !(b > 0))
        return tare_no_interval("need passes <= trials, alpha between 0 and 1, a prior above 0");
    double s = (double)k, f = (double)(n - k);
    struct mixture m = {s, (double)n,
                        tare_log_beta(a + s, b + f) - tare_log_beta(a, b) + log(alpha)};
    if (n == 0)
        return tare_interval(0, 1);
    double mode = s / (double)n, tiny = 1e-300;
    double lo = k == 0 ? 0 : tare__bisect(mixture_gap, &m, tiny, mode);
    double hi = k == n ? 1 : tare__bisect(mixture_gap, &m, mode, 1);
    return tare_interval(lo, hi);
}

struct tare_value tare_cs_mean_half_width(double n, double sd, double rho, double alpha)
{
    if (!(n > 0) || !(sd >= 0) || !(rho > 0) || !(alpha > 0 && alpha < 1))
        return tare_no_value("need n and rho above 0, sd at least 0, alpha between 0 and 1");
    double r = n * rho * rho + 1;
    return tare_value(sd * sqrt(r / (n * n * rho * rho) * log(r / (alpha * alpha))));
}

struct tare_sprt_result tare_sprt(uint64_t wins, uint64_t losses, double p0, double p1,
                                  double alpha, double beta)
{
    struct tare_sprt_result r = {
        .llr = (double)wins * log(p1 / p0) + (double)losses * log((1 - p1) / (1 - p0)),
        .upper = log((1 - beta) / alpha),
        .lower = log(beta / (1 - alpha)),
    };
    r.decision = r.llr >= r.upper   ? TARE_SPRT_H1
                 : r.llr <= r.lower ? TARE_SPRT_H0
                                    : TARE_SPRT_CONTINUE;
    return r;
}
