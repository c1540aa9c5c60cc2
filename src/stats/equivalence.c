#include "stats/equivalence.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char flat[] = "no variance: only the mean is compared with the margin";

static double upper_tail(double t, double df)
{
    return df > 0 ? tare_t_sf(t, df) : tare_norm_sf(t);
}

struct tare_tost tare_tost_se(double mean, double se, double df, double margin, double alpha)
{
    struct tare_tost r = {.mean = mean, .degenerate = !(se > 0)};
    if (r.degenerate) {
        r.p = r.t_lower = r.p_lower = r.t_upper = r.p_upper = tare_no_value(flat);
        r.ci = tare_no_interval(flat);
        r.equivalent = fabs(mean) < margin;
        r.not_worse = mean > -margin;
        return r;
    }
    double tl = (mean + margin) / se, tu = (mean - margin) / se;
    r.t_lower = tare_value(tl);
    r.t_upper = tare_value(tu);
    r.p_lower = tare_value(upper_tail(tl, df));
    r.p_upper = tare_value(upper_tail(-tu, df));
    r.p = tare_value(fmax(r.p_lower.v, r.p_upper.v));
    double q = df > 0 ? -tare_t_quantile(alpha, df) : -tare_norm_quantile(alpha);
    r.ci = tare_interval(mean - q * se, mean + q * se);
    r.equivalent = r.p.v <= alpha;
    r.not_worse = r.p_lower.v <= alpha;
    return r;
}

enum tare_status tare_tost_mean(const double *d, size_t n, double margin, double alpha,
                                struct tare_tost *out, struct tare_err *err)
{
    if (n < 2)
        return tare_fail(err, TARE_E_INPUT, "need at least 2 pairs, got %zu", n);
    if (!(margin > 0) || !(alpha > 0 && alpha < 0.5))
        return tare_fail(err, TARE_E_INPUT, "the margin must be above 0, alpha between 0 and 0.5");
    enum tare_status st = tare_sample_check(d, n, "d", err);
    if (st != TARE_OK)
        return st;
    double mean = tare_mean(d, n), sd = tare_sd(d, n, 1);
    /* equal values may differ in the last bit; that is not a variance */
    if (sd <= 1e-15 * fabs(mean))
        sd = 0;
    *out = tare_tost_se(mean, sd / sqrt((double)n), (double)n - 1, margin, alpha);
    return TARE_OK;
}

bool tare_interval_equivalent(struct tare_interval ci, double margin)
{
    return !ci.why && ci.lo > -margin && ci.hi < margin;
}

bool tare_interval_not_worse(struct tare_interval ci, double margin)
{
    return !ci.why && ci.lo > -margin;
}

struct tare_welch tare_welch(struct tare_summary a, struct tare_summary b, double confidence,
                             double margin)
{
    struct tare_welch r = {.diff = b.mean - a.mean};
    double va = a.sd * a.sd / a.n, vb = b.sd * b.sd / b.n, var = va + vb;
    r.ratio = a.mean != 0 ? tare_value(b.mean / a.mean) : tare_no_value("the baseline is 0");
    const char *why = !(a.n >= 2 && b.n >= 2) ? "need at least 2 values on both sides"
                      : !(var > 0)            ? "no variance on either side"
                                              : NULL;
    if (why) {
        r.se = r.df = r.t = r.p = r.tost_p = tare_no_value(why);
        r.ci = tare_no_interval(why);
        return r;
    }
    double se = sqrt(var), df = var * var / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
    r.se = tare_value(se);
    r.df = tare_value(df);
    r.t = tare_value(r.diff / se);
    r.p = tare_value(tare_t_p2(r.t.v, df));
    double q = -tare_t_quantile((1 - confidence) / 2, df);
    r.ci = tare_interval(r.diff - q * se, r.diff + q * se);
    r.tost_p = margin > 0 ? tare_tost_se(r.diff, se, df, margin, 0.05).p
                          : tare_no_value("no margin was given");
    return r;
}
