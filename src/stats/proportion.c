#include "stats/proportion.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char no_trials[] = "no trials";
static const char too_many[] = "more passes than trials";
static const char bad_level[] = "confidence must lie between 0 and 1";

/* NULL when the count can be used. */
static const char *refuse(struct tare_count c, double confidence)
{
    if (!(confidence > 0 && confidence < 1))
        return bad_level;
    return c.k > c.n ? too_many : c.n == 0 ? no_trials : NULL;
}

struct tare_interval tare_wilson(struct tare_count c, double confidence)
{
    const char *why = refuse(c, confidence);
    if (why)
        return tare_no_interval(why);
    double k = (double)c.k, n = (double)c.n, z = tare__z_two(confidence), z2 = z * z;
    double mid = (k + z2 / 2) / (n + z2);
    double half = z * sqrt(k * (n - k) / n + z2 / 4) / (n + z2);
    /* at the ends one limit is exactly 0 or 1; rounding must not say otherwise */
    return tare_interval(c.k == 0 ? 0 : mid - half, c.k == c.n ? 1 : mid + half);
}

struct tare_interval tare_clopper_pearson(struct tare_count c, double confidence)
{
    const char *why = refuse(c, confidence);
    if (why)
        return tare_no_interval(why);
    double k = (double)c.k, n = (double)c.n, a = (1 - confidence) / 2;
    return tare_interval(c.k == 0 ? 0 : tare_beta_quantile(a, k, n - k + 1),
                         c.k == c.n ? 1 : tare_beta_quantile(1 - a, k + 1, n - k));
}

struct tare_interval tare_jeffreys(struct tare_count c, double confidence)
{
    const char *why = refuse(c, confidence);
    if (why)
        return tare_no_interval(why);
    double a = (double)c.k + 0.5, b = (double)(c.n - c.k) + 0.5, tail = (1 - confidence) / 2;
    return tare_interval(tare_beta_quantile(tail, a, b), tare_beta_quantile(1 - tail, a, b));
}

struct tare_interval tare_agresti_coull(struct tare_count c, double confidence)
{
    const char *why = refuse(c, confidence);
    if (why)
        return tare_no_interval(why);
    double z = tare__z_two(confidence), n = (double)c.n + z * z;
    double p = ((double)c.k + z * z / 2) / n, half = z * sqrt(p * (1 - p) / n);
    return tare_interval(fmax(0, p - half), fmin(1, p + half));
}

struct tare_interval tare_wald_clipped(struct tare_count c, double confidence)
{
    const char *why = refuse(c, confidence);
    if (why)
        return tare_no_interval(why);
    double n = (double)c.n, p = (double)c.k / n;
    double half = tare__z_two(confidence) * sqrt(p * (1 - p) / n);
    return tare_interval(fmax(0, p - half), fmin(1, p + half));
}

struct tare_value tare_rule_of_three(uint64_t n, double confidence)
{
    if (n == 0 || !(confidence > 0 && confidence < 1))
        return tare_no_value(n == 0 ? no_trials : bad_level);
    return tare_value(-expm1(log1p(-confidence) / (double)n));
}

/* All outcomes on the far side of the mode that are not more likely than `limit`; the mass falls
 * away from the mode, so the boundary is found by halving. */
static double far_tail(int64_t n, double p, double limit, bool upper)
{
    int64_t mode = (int64_t)floor((double)(n + 1) * p);
    int64_t in = upper ? n + 1 : -1, out = mode > n ? n : mode;
    while (in - out > 1 || out - in > 1) {
        int64_t mid = out + (in - out) / 2;
        if (tare_binom_pmf(mid, n, p) <= limit)
            in = mid;
        else
            out = mid;
    }
    return upper ? tare_binom_upper(in, n, p) : tare_binom_cdf(in, n, p);
}

struct tare_value tare_binom_test(struct tare_count c, double p0, enum tare_sides sides)
{
    if (c.n == 0 || c.k > c.n)
        return tare_no_value(c.n == 0 ? no_trials : too_many);
    if (!(p0 >= 0 && p0 <= 1))
        return tare_no_value("the null rate must lie in 0 to 1");
    int64_t k = (int64_t)c.k, n = (int64_t)c.n;
    if (sides == TARE_GREATER)
        return tare_value(tare_binom_upper(k, n, p0));
    if (sides == TARE_LESS)
        return tare_value(tare_binom_cdf(k, n, p0));
    double limit = tare_binom_pmf(k, n, p0) * (1 + 1e-7); /* equal masses differ in rounding */
    double mean = (double)n * p0;
    if ((double)k == mean)
        return tare_value(1);
    double near = (double)k < mean ? tare_binom_cdf(k, n, p0) : tare_binom_upper(k, n, p0);
    return tare_value(fmin(1, near + far_tail(n, p0, limit, (double)k < mean)));
}

static const char *refuse_two(struct tare_count a, struct tare_count b, double confidence)
{
    const char *why = refuse(a, confidence);
    return why ? why : refuse(b, confidence);
}

struct tare_interval tare_diff_wald(struct tare_count a, struct tare_count b, double confidence)
{
    const char *why = refuse_two(a, b, confidence);
    if (why)
        return tare_no_interval(why);
    double na = (double)a.n, nb = (double)b.n, pa = (double)a.k / na, pb = (double)b.k / nb;
    double half = tare__z_two(confidence) * sqrt(pa * (1 - pa) / na + pb * (1 - pb) / nb);
    return tare_interval(pb - pa - half, pb - pa + half);
}

struct tare_interval tare_diff_newcombe(struct tare_count a, struct tare_count b, double confidence)
{
    const char *why = refuse_two(a, b, confidence);
    if (why)
        return tare_no_interval(why);
    struct tare_interval wa = tare_wilson(a, confidence), wb = tare_wilson(b, confidence);
    double pa = (double)a.k / (double)a.n, pb = (double)b.k / (double)b.n;
    return tare_interval(pb - pa - hypot(pb - wb.lo, wa.hi - pa),
                         pb - pa + hypot(wb.hi - pb, pa - wa.lo));
}

struct tare_interval tare_diff_agresti_caffo(struct tare_count a, struct tare_count b,
                                             double confidence)
{
    const char *why = refuse_two(a, b, confidence);
    if (why)
        return tare_no_interval(why);
    a.k += 1;
    b.k += 1;
    a.n += 2;
    b.n += 2;
    return tare_diff_wald(a, b, confidence);
}

struct score_ctx {
    double xa, na, xb, nb, z;
    double l1_factor; /* na; statsmodels 0.13.5 has xa here */
};

/* Rate of a that is most likely when b's is exactly d higher: the root of a cubic (Miettinen and
 * Nurminen 1985, appendix), in its trigonometric form. */
static double restricted_rate(const struct score_ctx *c, double d)
{
    double n = c->na + c->nb, x = c->xa + c->xb;
    double l3 = n, l2 = (c->nb + 2 * c->na) * d - n - x;
    double l1 = (c->l1_factor * d - n - 2 * c->xa) * d + x, l0 = c->xa * d * (1 - d);
    double b = l2 / (3 * l3);
    double q = b * b * b - l1 * l2 / (6 * l3 * l3) + l0 / (2 * l3);
    double p = copysign(sqrt(fmax(0, b * b - l1 / (3 * l3))), q == 0 ? 1 : q);
    double u = p == 0 ? 0 : q / (p * p * p);
    double angle = (acos(-1.0) + acos(fmax(-1, fmin(1, u)))) / 3;
    return fmax(0, fmin(1, 2 * p * cos(angle) - b));
}

/* Score statistic at difference d (b minus a), less its critical value. */
static double score_gap(const void *ctx, double d)
{
    const struct score_ctx *c = ctx;
    double ra = restricted_rate(c, d), rb = fmax(0, fmin(1, ra + d)), n = c->na + c->nb;
    double var = (ra * (1 - ra) / c->na + rb * (1 - rb) / c->nb) * n / (n - 1);
    double gap = c->xb / c->nb - c->xa / c->na - d;
    if (var <= 0)
        return gap == 0 ? -c->z : gap > 0 ? 1e300 : -1e300;
    return gap / sqrt(var) - c->z;
}

static struct tare_interval score_interval(struct score_ctx c)
{
    double d = c.xb / c.nb - c.xa / c.na, z = c.z;
    double lo = d <= -1 ? -1 : tare__bisect(score_gap, &c, -1, d);
    c.z = -z;
    double hi = d >= 1 ? 1 : tare__bisect(score_gap, &c, d, 1);
    return tare_interval(lo, hi);
}

struct tare_interval tare_diff_score(struct tare_count a, struct tare_count b, double confidence)
{
    const char *why = refuse_two(a, b, confidence);
    if (why)
        return tare_no_interval(why);
    return score_interval((struct score_ctx){(double)a.k, (double)a.n, (double)b.k, (double)b.n,
                                             tare__z_two(confidence), (double)a.n});
}

struct tare_interval tare_diff_score_statsmodels(struct tare_count a, struct tare_count b,
                                                 double confidence)
{
    const char *why = refuse_two(a, b, confidence);
    if (why)
        return tare_no_interval(why);
    return score_interval((struct score_ctx){(double)a.k, (double)a.n, (double)b.k, (double)b.n,
                                             tare__z_two(confidence), (double)a.k});
}

struct tare_value tare_diff_z_test(struct tare_count a, struct tare_count b, enum tare_sides sides)
{
    const char *why = refuse_two(a, b, 0.5);
    if (why)
        return tare_no_value(why);
    double na = (double)a.n, nb = (double)b.n, p = (double)(a.k + b.k) / (na + nb);
    double se = sqrt(p * (1 - p) * (1 / na + 1 / nb));
    if (se == 0)
        return tare_no_value("every trial on both sides ended the same way");
    double z = ((double)b.k / nb - (double)a.k / na) / se;
    if (sides == TARE_TWO_SIDED)
        return tare_value(2 * tare_norm_sf(fabs(z)));
    return tare_value(sides == TARE_GREATER ? tare_norm_sf(z) : tare_norm_cdf(z));
}

struct tare_value tare_fisher_exact(struct tare_count a, struct tare_count b)
{
    const char *why = refuse_two(a, b, 0.5);
    if (why)
        return tare_no_value(why);
    int64_t k = (int64_t)a.k, na = (int64_t)a.n, nb = (int64_t)b.n, draws = k + (int64_t)b.k;
    double limit = tare_hyper_pmf(k, na, nb, draws) * (1 + 1e-7), p = 0;
    int64_t from = draws > nb ? draws - nb : 0, to = draws < na ? draws : na;
    for (int64_t i = from; i <= to; i++) {
        double mass = tare_hyper_pmf(i, na, nb, draws);
        if (mass <= limit)
            p += mass;
    }
    return tare_value(fmin(1, p));
}
