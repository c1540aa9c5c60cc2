#include "stats/signal.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static double corrected(double x, double n, enum tare_sdt_correction how)
{
    double rate = x / n;
    switch (how) {
    case TARE_SDT_LOGLINEAR:
        return (x + 0.5) / (n + 1);
    case TARE_SDT_LOGLINEAR_CLIP:
        return fmax(0.001, fmin(0.999, (x + 0.5) / (n + 1)));
    case TARE_SDT_HALF_TRIAL:
        return rate == 0 ? 0.5 / n : rate == 1 ? 1 - 0.5 / n : rate;
    case TARE_SDT_RAW:
        break;
    }
    return rate;
}

static double z_variance(double rate, double n)
{
    double density = tare_norm_pdf(tare_norm_quantile(rate));
    return rate * (1 - rate) / (n * density * density);
}

struct tare_sdt tare_sdt(struct tare_sdt_counts c, enum tare_sdt_correction how)
{
    struct tare_sdt r;
    const char *why = c.n_signal == 0  ? "no signal trials"
                      : c.n_noise == 0 ? "no noise trials"
                      : c.hits > c.n_signal || c.false_alarms > c.n_noise
                          ? "more responses than trials"
                          : NULL;
    r.hit_rate = r.fa_rate = r.d_prime = r.criterion = r.se = tare_no_value(why);
    if (why)
        return r;
    double n1 = (double)c.n_signal, n0 = (double)c.n_noise;
    double h = corrected((double)c.hits, n1, how), f = corrected((double)c.false_alarms, n0, how);
    double zh = tare_norm_quantile(h), zf = tare_norm_quantile(f);
    r.hit_rate = tare_value(h);
    r.fa_rate = tare_value(f);
    if (isinf(zh) || isinf(zf)) {
        r.d_prime = r.criterion = r.se = tare_no_value("a rate of 0 or 1 without correction");
        return r;
    }
    r.d_prime = tare_value(zh - zf);
    r.criterion = tare_value(-(zh + zf) / 2);
    r.se = tare_value(sqrt(z_variance(h, n1) + z_variance(f, n0)));
    return r;
}
