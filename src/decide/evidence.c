#include "decide/compare_int.h"

#include <float.h>
#include <math.h>

#include "stats/cluster.h"
#include "stats/paired.h"
#include "stats/power.h"
#include "stats/sample.h"
#include "stats/signflip.h"

#include "base/banned.h"

/* Differences below this share of the larger value are rounding, not evidence. */
#define TIE_REL 1e-12
/* Additions of the exact sign-flip table that are still quick (a second is about 2^30). */
#define MAX_FLIP_WORK ((double)(1u << 28))
/* Signs drawn by a Monte-Carlo test in about a second. */
#define MAX_MC_FLIPS ((uint64_t)1 << 31)

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the comparison");
}

bool tare__pairs_room(struct tare_arena *arena, size_t n, bool ratio, bool cluster,
                      struct tare__pairs *out)
{
    *out = (struct tare__pairs){0};
    out->a = TARE_NEW_N(arena, double, n);
    out->b = TARE_NEW_N(arena, double, n);
    out->k_a = TARE_NEW_N(arena, uint32_t, n);
    out->k_b = TARE_NEW_N(arena, uint32_t, n);
    bool ok = out->a && out->b && out->k_a && out->k_b;
    if (ratio) {
        out->num_a = TARE_NEW_N(arena, double, n);
        out->den_a = TARE_NEW_N(arena, double, n);
        out->num_b = TARE_NEW_N(arena, double, n);
        out->den_b = TARE_NEW_N(arena, double, n);
        ok = ok && out->num_a && out->den_a && out->num_b && out->den_b;
    }
    if (cluster) {
        out->cluster = TARE_NEW_N(arena, uint32_t, n);
        ok = ok && out->cluster;
    }
    return ok;
}

bool tare__pairs_tries(struct tare_arena *arena, size_t n, struct tare__pairs *out)
{
    out->x_a = TARE_NEW_N(arena, const double *, n);
    out->x_b = TARE_NEW_N(arena, const double *, n);
    return out->x_a && out->x_b;
}

void tare__pairs_add(struct tare__pairs *to, const struct tare__pairs *from, size_t i)
{
    size_t at = to->n++;
    to->a[at] = from->a[i];
    to->b[at] = from->b[i];
    to->k_a[at] = from->k_a[i];
    to->k_b[at] = from->k_b[i];
    if (to->num_a) {
        to->num_a[at] = from->num_a[i];
        to->den_a[at] = from->den_a[i];
        to->num_b[at] = from->num_b[i];
        to->den_b[at] = from->den_b[i];
    }
    if (to->x_a) {
        to->x_a[at] = from->x_a[i];
        to->x_b[at] = from->x_b[i];
    }
    if (to->cluster)
        to->cluster[at] = from->cluster[i];
}

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static bool is_tie(double a, double b)
{
    return fabs(b - a) <= TIE_REL * fmax(1.0, fmax(fabs(a), fabs(b)));
}

static void count_cells(const struct tare__look *look, const struct tare__pairs *p, double *diffs,
                        struct tare_evidence *out)
{
    for (size_t i = 0; i < p->n; i++) {
        if (isnan(p->a[i]) || isnan(p->b[i])) {
            out->undefined++;
            diffs[i] = 0;
            continue;
        }
        diffs[i] = is_tie(p->a[i], p->b[i]) ? 0 : p->b[i] - p->a[i];
        double gain = diffs[i] * (double)look->direction;
        out->wins += gain > 0;
        out->losses += gain < 0;
        out->ties += diffs[i] == 0;
    }
    out->discordance = (double)(out->wins + out->losses) / (double)p->n;
}

static bool is_binary(const struct tare__pairs *p)
{
    for (size_t i = 0; i < p->n; i++)
        if ((p->a[i] != 0 && p->a[i] != 1) || (p->b[i] != 0 && p->b[i] != 1) || p->k_a[i] != 1 ||
            p->k_b[i] != 1)
            return false;
    return true;
}

/* Clusters only where some task shares one. */
static uint32_t count_clusters(const struct tare__pairs *p, const double *diffs,
                               struct tare_arena *arena, enum tare_status *st, struct tare_err *err)
{
    struct tare_cluster_totals totals;
    if (!p->cluster)
        return 0;
    *st = tare_cluster_totals(diffs, p->cluster, p->n, arena, &totals, err);
    return !*st && totals.clusters < p->n ? (uint32_t)totals.clusters : 0;
}

/* What task i adds to the difference of two pooled ratios when both were r0: the score whose sum
 * has the sign of the difference, and which flips its sign exactly when the sides are swapped. */
static void ratio_scores(const struct tare__pairs *p, double *u)
{
    double num = sum_of(p->num_a, p->n) + sum_of(p->num_b, p->n);
    double den = sum_of(p->den_a, p->n) + sum_of(p->den_b, p->n);
    double r0 = num / den;
    for (size_t i = 0; i < p->n; i++) {
        double x = (p->num_b[i] - r0 * p->den_b[i]) - (p->num_a[i] - r0 * p->den_a[i]);
        u[i] = fabs(x) <= TIE_REL * (p->den_a[i] + p->den_b[i]) ? 0 : x;
    }
}

static void ratio_means(const struct tare__pairs *p, struct tare_evidence *out)
{
    double den_a = sum_of(p->den_a, p->n), den_b = sum_of(p->den_b, p->n);
    out->mean_a = den_a > 0 ? sum_of(p->num_a, p->n) / den_a : (double)NAN;
    out->mean_b = den_b > 0 ? sum_of(p->num_b, p->n) / den_b : (double)NAN;
}

enum tare_status tare__describe(const struct tare__look *look, const struct tare__pairs *p,
                                struct tare_arena *arena, struct tare_evidence *out, double **diffs,
                                struct tare_err *err)
{
    *out = (struct tare_evidence){.n = p->n,
                                  .mean_a = (double)NAN,
                                  .mean_b = (double)NAN,
                                  .diff = (double)NAN,
                                  .p = (double)NAN,
                                  .log_e = (double)NAN,
                                  .sd = (double)NAN,
                                  .ci = tare_no_interval("no pairs"),
                                  .ci_narrow = tare_no_interval("no pairs"),
                                  .boot = tare_no_interval("not binary"),
                                  .mde = tare_no_value("no pairs"),
                                  .n_for_margin = tare_no_value("no margin"),
                                  .k_for_margin = tare_no_value("not about these tasks"),
                                  .n_beyond_margin = tare_no_value("no margin"),
                                  .k_beyond_margin = tare_no_value("not about these tasks"),
                                  .ci_method = "none",
                                  .p_method = "none"};
    *diffs = TARE_NEW_N(arena, double, p->n);
    int32_t *units = TARE_NEW_N(arena, int32_t, p->n);
    if (!*diffs || !units)
        return no_memory(err);
    if (p->n == 0)
        return TARE_OK;
    enum tare_status st = TARE_OK;
    count_cells(look, p, *diffs, out);
    out->clusters = count_clusters(p, *diffs, arena, &st, err);
    out->few_clusters = out->clusters > 0 && out->clusters < 10;
    if (look->ratio) {
        out->design = TARE_DESIGN_RATIO;
        ratio_means(p, out);
        out->diff = out->mean_b - out->mean_a;
        if (!isnan(out->diff))
            ratio_scores(p, *diffs);
        return st;
    }
    out->mean_a = tare_mean(p->a, p->n);
    out->mean_b = tare_mean(p->b, p->n);
    out->diff = tare_mean(*diffs, p->n);
    if (out->clusters == 0 && is_binary(p)) {
        out->design = TARE_DESIGN_BINARY;
        out->step = 1;
        return st;
    }
    out->step = tare__lattice_step(*diffs, p->n, p->k_a, p->k_b, units);
    out->design = out->step > 0 ? TARE_DESIGN_LATTICE : TARE_DESIGN_REAL;
    return st;
}

static void test_binary(const struct tare__look *look, struct tare_evidence *ev)
{
    struct tare_paired_table t = {.baseline_only = ev->losses, .candidate_only = ev->wins};
    t.both = ev->n - ev->losses - ev->wins;
    struct tare_mcnemar m = tare_mcnemar(t);
    /* Beyond what a double can hold it is the smallest that it can: never 0. */
    ev->p = fmax(look->exact ? m.exact_p : m.mid_p, DBL_MIN);
    ev->p_method = look->exact ? "exact McNemar" : "mid-p McNemar";
    /* The smallest p: all discordant tasks on one side. */
    double all = exp2(1.0 - (double)m.discordant);
    ev->smallest_p = m.discordant == 0 ? 1 : look->exact ? fmin(1, all) : all / 2;
}

/* Ratios may weigh tasks by any real number; means stand on their lattice. */
static double flip_step(const struct tare_evidence *ev, const double *d, size_t n)
{
    if (ev->design != TARE_DESIGN_LATTICE)
        return 0;
    double units = 0;
    for (size_t i = 0; i < n; i++)
        units += fabs(d[i]) / ev->step;
    return units * (double)n <= MAX_FLIP_WORK ? ev->step : 0;
}

static const char *flip_name(enum tare_flip_method m)
{
    switch (m) {
    case TARE_FLIP_MONTE_CARLO:
        return "Monte Carlo sign-flip";
    case TARE_FLIP_BINOMIAL:
        return "sign test";
    default:
        return "exact sign-flip";
    }
}

enum tare_status tare__test(const struct tare__look *look, const struct tare__pairs *p,
                            const double *diffs, struct tare_arena *arena, struct tare_evidence *ev,
                            struct tare_err *err)
{
    if (p->n < 2 || isnan(ev->diff))
        return TARE_OK;
    if (ev->design == TARE_DESIGN_BINARY) {
        test_binary(look, ev);
        return TARE_OK;
    }
    struct tare_flip_opts opts = {.step = flip_step(ev, diffs, p->n),
                                  .resamples = look->test_resamples,
                                  .seed = look->seed,
                                  .threads = look->threads};
    if (opts.resamples == 0 && p->n > MAX_MC_FLIPS / 100000)
        opts.resamples = p->n > MAX_MC_FLIPS / 10000 ? 10000 : MAX_MC_FLIPS / p->n;
    struct tare_sign_flip flip;
    enum tare_status st =
        ev->clusters ? tare_sign_flip_cluster(diffs, p->cluster, p->n, &opts, arena, &flip, err)
                     : tare_sign_flip(diffs, p->n, &opts, arena, &flip, err);
    if (st)
        return st;
    ev->p = fmax(flip.p_two, DBL_MIN);
    ev->p_method = flip_name(flip.method);
    ev->smallest_p = flip.resamples ? 1.0 / ((double)flip.resamples + 1)
                                    : fmin(1, exp2(1.0 - (double)flip.n_eff));
    ev->test_resamples = flip.resamples;
    return TARE_OK;
}

/* Spread of the differences, with clusters as they add to it. */
static enum tare_status spread(const struct tare__pairs *p, const double *diffs,
                               struct tare_arena *arena, struct tare_evidence *ev,
                               struct tare_err *err)
{
    if (ev->design == TARE_DESIGN_RATIO) /* filled in with the bootstrap */
        return TARE_OK;
    ev->sd = tare_sd(diffs, p->n, 1);
    if (ev->clusters == 0)
        return TARE_OK;
    struct tare_cluster_se se;
    enum tare_status st = tare_cluster_se(diffs, p->cluster, p->n, 0.95, arena, &se, err);
    if (!st && !se.se_cr1.why)
        ev->sd = se.se_cr1.v * sqrt((double)p->n);
    return st;
}

static struct tare_value needed(const struct tare__look *look, const struct tare_evidence *ev)
{
    if (!(look->margin > 0))
        return tare_no_value("no margin");
    if (ev->design == TARE_DESIGN_BINARY) {
        double psi = ev->discordance > 0 ? ev->discordance : tare_psi_from_pilot(0, ev->n);
        if (look->discordance > 0)
            psi = look->discordance;
        return tare_size_paired(look->margin, psi, look->alpha, 2, look->power);
    }
    if (!(ev->sd > 0))
        return tare_no_value("no spread");
    return tare_size_mean_normal(ev->sd, look->margin, look->alpha, look->power);
}

double tare__beyond_margin(const struct tare__look *look, const struct tare_evidence *ev)
{
    return look->margin > 0 ? fabs(ev->diff) - look->margin : (double)NAN;
}

/* A difference that is to be shown to exceed a margin: superiority by a margin, the normal formula
 * with the gap as its effect (Chow, Shao, Wang: Sample Size Calculations in Clinical Research, 2nd
 * ed., section 3.1). */
static struct tare_value beyond(const struct tare__look *look, const struct tare_evidence *ev)
{
    double gap = tare__beyond_margin(look, ev);
    if (isnan(gap))
        return tare_no_value("no margin");
    if (!(gap > 0))
        return tare_no_value("the estimate is not beyond the margin");
    if (!(ev->sd > 0))
        return tare_no_value("no spread");
    return tare_size_mean_normal(ev->sd, gap, look->alpha, look->power);
}

static struct tare_value detectable(const struct tare__look *look, const struct tare_evidence *ev)
{
    double n = (double)ev->n;
    if (ev->design == TARE_DESIGN_BINARY)
        return tare_mde_paired(look->discordance > 0 ? look->discordance : ev->discordance, n,
                               look->alpha, look->power);
    if (!(ev->sd > 0))
        return tare_no_value("no spread");
    return tare_value(tare_mde_from_se(ev->sd / sqrt(n), look->alpha, look->power));
}

enum tare_status tare__evidence(const struct tare__look *look, const struct tare__pairs *p,
                                struct tare_arena *arena, struct tare_evidence *out,
                                struct tare__shape *shape, struct tare_err *err)
{
    double *diffs;
    enum tare_status st = tare__describe(look, p, arena, out, &diffs, err);
    if (shape)
        *shape = (struct tare__shape){.scores = st ? NULL : diffs};
    if (st || p->n < 2) {
        const char *why = p->n ? "one pair" : "no pairs";
        out->ci = out->ci_narrow = tare_no_interval(why);
        out->mde = tare_no_value(why);
        return st;
    }
    if (!st && look->sequential)
        return tare__test_sequential(look, p, diffs, arena, out, err);
    if (look->about == TARE_ABOUT_THESE_TASKS)
        return tare__within(look, p, arena, out, err);
    if (!st)
        st = tare__test(look, p, diffs, arena, out, err);
    if (!st)
        st = tare__intervals(look, p, diffs, arena, out, shape, err);
    if (!st)
        st = tare__few_units(look, p, diffs, arena, out, err);
    if (!st)
        st = spread(p, diffs, arena, out, err);
    out->mde = detectable(look, out);
    out->n_for_margin = needed(look, out);
    out->n_beyond_margin = beyond(look, out);
    return st;
}
