#include "stats/effect.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

double tare_cohens_h(double p1, double p2)
{
    return 2 * asin(sqrt(p2)) - 2 * asin(sqrt(p1));
}

/* Hedges 1981: exact small-sample factor, gamma functions in logarithms. */
static double hedges_factor(double df)
{
    return exp(tare_log_gamma(df / 2) - tare_log_gamma((df - 1) / 2) - 0.5 * log(df / 2));
}

static struct tare_value over(double gap, double sd, const char *why)
{
    return sd > 0 ? tare_value(gap / sd) : tare_no_value(why);
}

/* P(b > a) - P(b < a) from mid-ranks. */
static enum tare_status dominance(const double *a, size_t na, const double *b, size_t nb,
                                  struct tare_arena *scratch, struct tare_value *out,
                                  struct tare_err *err)
{
    double u;
    enum tare_status st = tare_rank_u(a, na, b, nb, &u, NULL, scratch, err);
    if (st == TARE_OK)
        *out = tare_value(2 * u / ((double)na * (double)nb) - 1);
    return st;
}

static struct tare_value paired_effect(const double *a, const double *b, size_t n, double gap,
                                       struct tare_arena *scratch)
{
    double *d = TARE_NEW_N(scratch, double, n);
    if (!d)
        return tare_no_value("not enough memory");
    for (size_t i = 0; i < n; i++)
        d[i] = b[i] - a[i];
    return over(gap, tare_sd(d, n, 1), "the differences do not vary");
}

enum tare_status tare_effects(const double *a, size_t na, const double *b, size_t nb,
                              struct tare_arena *scratch, struct tare_effects *out,
                              struct tare_err *err)
{
    enum tare_status st = na && nb ? TARE_OK : tare_fail(err, TARE_E_INPUT, "no data on one side");
    if (st == TARE_OK)
        st = tare_sample_check(a, na, "a", err);
    if (st == TARE_OK)
        st = tare_sample_check(b, nb, "b", err);
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct tare_effects r = {0};
    double gap = tare_mean(b, nb) - tare_mean(a, na), df = (double)na + (double)nb - 2;
    double pooled = df > 0 ? sqrt((tare_sum_sq_dev(a, na) + tare_sum_sq_dev(b, nb)) / df) : 0;
    r.cohens_d = over(gap, pooled, "nothing varies within the groups");
    r.hedges_g = r.hedges_g_approx = r.cohens_d;
    if (!r.cohens_d.why) {
        r.hedges_g_approx.v *= 1 - 3 / (4 * df - 1);
        r.hedges_g = df > 1 ? tare_value(r.cohens_d.v * hedges_factor(df))
                            : tare_no_value("need at least 4 values");
    }
    r.cohens_dz = na == nb && na > 1 ? paired_effect(a, b, na, gap, scratch)
                                     : tare_no_value("not paired: the sizes differ");
    r.glass_delta = over(gap, na > 1 ? tare_sd(a, na, 1) : 0, "the baseline does not vary");
    st = dominance(a, na, b, nb, scratch, &r.cliffs_delta, err);
    tare_arena_rewind(scratch, mark);
    if (st == TARE_OK)
        *out = r;
    return st;
}
