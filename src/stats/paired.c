#include "stats/paired.h"
#include "stats/proportion.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char no_pairs[] = "no pairs";
static const char bad_level[] = "confidence must lie between 0 and 1";

static double total(struct tare_paired_table t)
{
    return (double)t.both + (double)t.baseline_only + (double)t.candidate_only + (double)t.neither;
}

static const char *refuse(struct tare_paired_table t, double confidence)
{
    return total(t) == 0 ? no_pairs : confidence > 0 && confidence < 1 ? NULL : bad_level;
}

static void chi_squares(double b, double c, struct tare_mcnemar *out)
{
    double m = b + c, gap = fabs(b - c), less = fmax(gap - 1, 0);
    if (m == 0) {
        out->chi2 = out->chi2_corrected = tare_no_value("nothing is discordant");
        out->chi2_p = out->chi2_corrected_p = 1;
        return;
    }
    out->chi2 = tare_value(gap * gap / m);
    out->chi2_corrected = tare_value(less * less / m);
    out->chi2_p = tare_chi2_1_sf(out->chi2.v);
    out->chi2_corrected_p = tare_chi2_1_sf(out->chi2_corrected.v);
}

/* Tests of McNemar 1947 in exact form; mid-p as in Fagerland, Lydersen and Laake 2013. */
struct tare_mcnemar tare_mcnemar(struct tare_paired_table t)
{
    struct tare_mcnemar out = {0};
    double n = total(t), b = (double)t.baseline_only, c = (double)t.candidate_only;
    out.n = t.both + t.baseline_only + t.candidate_only + t.neither;
    out.discordant = t.baseline_only + t.candidate_only;
    out.diff = n > 0 ? tare_value((c - b) / n) : tare_no_value(no_pairs);
    out.discordance = n > 0 ? tare_value((b + c) / n) : tare_no_value(no_pairs);
    chi_squares(b, c, &out);
    out.exact_p = out.mid_p = out.exact_p_greater = 1;
    out.mid_p_greater = 1;
    if (out.discordant == 0)
        return out;
    int64_t m = (int64_t)out.discordant, wins = (int64_t)t.candidate_only;
    int64_t few =
        (int64_t)(t.candidate_only < t.baseline_only ? t.candidate_only : t.baseline_only);
    double point = tare_binom_pmf(few, m, 0.5), below = tare_binom_cdf(few - 1, m, 0.5);
    out.exact_p = fmin(1, 2 * (below + point));
    out.mid_p = 2 * few == m ? 1 : fmin(1, 2 * below + point);
    out.exact_p_greater = tare_binom_upper(wins, m, 0.5);
    out.mid_p_greater = tare_binom_upper(wins + 1, m, 0.5) + 0.5 * tare_binom_pmf(wins, m, 0.5);
    return out;
}

struct tare_interval tare_paired_wald(struct tare_paired_table t, double confidence)
{
    const char *why = refuse(t, confidence);
    if (why)
        return tare_no_interval(why);
    double n = total(t), b = (double)t.baseline_only, c = (double)t.candidate_only;
    double d = (c - b) / n, half = tare__z_two(confidence) * sqrt((b + c) / n - d * d) / sqrt(n);
    return tare_interval(d - half, d + half);
}

/* Bonett and Price 2012. */
struct tare_interval tare_bonett_price(struct tare_paired_table t, double confidence)
{
    const char *why = refuse(t, confidence);
    if (why)
        return tare_no_interval(why);
    double n = total(t) + 2;
    double pb = ((double)t.baseline_only + 1) / n, pc = ((double)t.candidate_only + 1) / n;
    double d = pc - pb, half = tare__z_two(confidence) * sqrt((pb + pc - d * d) / n);
    return tare_interval(d - half, d + half);
}

/* Agresti and Min 2005: half a pair more in every cell. */
struct tare_interval tare_agresti_min(struct tare_paired_table t, double confidence)
{
    const char *why = refuse(t, confidence);
    if (why)
        return tare_no_interval(why);
    double n = total(t) + 2, b = (double)t.baseline_only, c = (double)t.candidate_only;
    double d = (c - b) / n;
    double half = tare__z_two(confidence) * sqrt(b + c + 1 - (c - b) * (c - b) / n) / n;
    return tare_interval(d - half, d + half);
}

struct tango_ctx {
    double b, c, n, z;
};

/* Tango 1998, equation of the score statistic, less z. Falls as delta rises. */
static double tango_gap(const void *ctx, double delta)
{
    const struct tango_ctx *t = ctx;
    double a2 = 2 * t->n;
    double b2 = -t->b - t->c + (2 * t->n - t->c + t->b) * delta;
    double c2 = -t->b * delta * (1 - delta);
    double q = (sqrt(fmax(0, b2 * b2 - 4 * a2 * c2)) - b2) / (2 * a2);
    double var = t->n * (2 * q + delta * (1 - delta));
    double gap = t->c - t->b - t->n * delta;
    if (var <= 0)
        return gap > 0 ? 1e300 : gap < 0 ? -1e300 : -t->z;
    return gap / sqrt(var) - t->z;
}

struct tare_interval tare_tango(struct tare_paired_table t, double confidence)
{
    const char *why = refuse(t, confidence);
    if (why)
        return tare_no_interval(why);
    double z = tare__z_two(confidence);
    struct tango_ctx c = {(double)t.baseline_only, (double)t.candidate_only, total(t), z};
    if (c.b + c.c == 0) /* closed form: the statistic is -n delta / sqrt(n |delta| (1 - |delta|)) */
        return tare_interval(-z * z / (c.n + z * z), z * z / (c.n + z * z));
    double d = (c.c - c.b) / c.n;
    double lo = d <= -1 ? -1 : tare__bisect(tango_gap, &c, -1, d);
    c.z = -z;
    double hi = d >= 1 ? 1 : tare__bisect(tango_gap, &c, d, 1);
    return tare_interval(lo, hi);
}

static double newcombe_phi(struct tare_paired_table t, bool corrected)
{
    double a = (double)t.both, b = (double)t.baseline_only, c = (double)t.candidate_only;
    double d = (double)t.neither;
    double margins = (a + b) * (c + d) * (a + c) * (b + d), cross = a * d - b * c;
    if (margins == 0)
        return 0;
    if (corrected && cross > 0)
        cross = fmax(cross - total(t) / 2, 0);
    return cross / sqrt(margins);
}

struct tare_interval tare_newcombe10(struct tare_paired_table t, double confidence, bool corrected,
                                     double *phi)
{
    const char *why = refuse(t, confidence);
    if (why)
        return tare_no_interval(why);
    uint64_t n = t.both + t.baseline_only + t.candidate_only + t.neither;
    struct tare_count c = {t.both + t.candidate_only, n}, b = {t.both + t.baseline_only, n};
    struct tare_interval wc = tare_wilson(c, confidence), wb = tare_wilson(b, confidence);
    double pc = (double)c.k / (double)n, pb = (double)b.k / (double)n, d = pc - pb;
    double f = newcombe_phi(t, corrected);
    double dl = pc - wc.lo, eu = wb.hi - pb, du = wc.hi - pc, el = pb - wb.lo;
    if (phi)
        *phi = f;
    return tare_interval(d - sqrt(fmax(0, dl * dl - 2 * f * dl * eu + eu * eu)),
                         d + sqrt(fmax(0, du * du - 2 * f * du * el + el * el)));
}
