/*
 * Intervals that hold their level with few tasks or clusters. The bootstrap draws from what was
 * seen, and few values seen are too narrow a picture: BCa covers 90 % with 10 tasks, 88 % with 8
 * clusters (`tare selftest`, docs/concepts/statistics.md). Below TARE_FEW_UNITS units the spread of
 * the differences with Student's quantile is used in its place; where the differences are skewed,
 * the studentised bootstrap (Efron, Tibshirani 1993, section 12.5), whose t quantiles are drawn.
 */
#include <math.h>

#include "decide/compare_int.h"
#include "stats/cluster.h"
#include "stats/sample.h"
#include "stats/special.h"

#include "base/banned.h"

/* Real scores whose differences lean to one side by more than this, of at least so many tasks. */
#define LEAN 0.15
#define LEAN_TASKS 20u

static struct tare_interval around(double diff, double se, double df, double confidence)
{
    double half = tare_t_quantile(0.5 + confidence / 2, df) * se;
    return tare_interval(diff - half, diff + half);
}

static void use_t(const struct tare__look *look, double se, double df, const char *method,
                  struct tare_evidence *ev)
{
    ev->ci = around(ev->diff, se, df, 1 - look->alpha);
    ev->ci_narrow = around(ev->diff, se, df, 1 - 2 * look->alpha);
    ev->ci_method = method;
    ev->resamples = 0;
}

/* Where every unit differs by the same, the interval has no width whatever the method: it stays as
 * it is and is flagged (statistics sheet, section 10: the mean against the margin decides). */
static bool no_spread(double sd, struct tare_evidence *ev)
{
    if (sd > 1e-12 * fabs(ev->diff))
        return false;
    ev->degenerate = true;
    return true;
}

/* Distance of mean and median in standard deviations: 0.31 for an exponential, 0 for anything
 * symmetric, and one far value hardly moves it, as it would the third moment (Hotelling, Solomons
 * 1932). 0 when out of memory or where nothing varies. */
static double lean(const double *x, size_t n, double sd, struct tare_arena *arena)
{
    double *sorted = TARE_NEW_N(arena, double, n);
    if (!sorted || !(sd > 0))
        return 0;
    memcpy(sorted, x, n * sizeof *sorted);
    tare_sort(sorted, n);
    return fabs(tare_mean(x, n) - tare_quantile_sorted(sorted, n, 0.5, 7)) / sd;
}

/* Where most tasks are alike, the few that differ say little of how far others would: one
 * difference up and one down are added, of the usual size of those seen, as Bonett and Price (2012)
 * add a win and a loss to a table. */
static void with_ties(const struct tare__look *look, const double *diffs, size_t n,
                      struct tare_evidence *ev)
{
    double squares = 0, m = (double)(ev->wins + ev->losses), all = (double)n + 2;
    for (size_t i = 0; i < n; i++)
        squares += diffs[i] * diffs[i];
    double mean = ev->diff * (double)n / all;
    double variance = (squares + 2 * squares / m - all * mean * mean) / (all - 1);
    double se = sqrt(variance / all), diff = ev->diff;
    ev->diff = mean;
    use_t(look, se, (double)n - 1, "t adjusted for ties", ev);
    ev->diff = diff;
}

static enum tare_status tasks(const struct tare__look *look, const double *diffs, size_t n,
                              struct tare_arena *arena, struct tare_evidence *ev,
                              struct tare_err *err)
{
    double sd = tare_sd(diffs, n, 1);
    if (no_spread(sd, ev))
        return TARE_OK;
    use_t(look, sd / sqrt((double)n), (double)n - 1, "t", ev);
    if (2 * ev->ties >= n)
        with_ties(look, diffs, n, ev);
    if (ev->design != TARE_DESIGN_REAL || n < LEAN_TASKS || lean(diffs, n, sd, arena) <= LEAN)
        return TARE_OK;
    struct tare_boot_opts opts = {.resamples = look->resamples,
                                  .seed = look->seed,
                                  .confidence = 1 - look->alpha,
                                  .threads = look->threads,
                                  .studentised = true};
    struct tare_boot wide, narrow;
    enum tare_status st = tare_bootstrap(diffs, NULL, n, &opts, arena, &wide, err);
    opts.confidence = 1 - 2 * look->alpha;
    if (!st)
        st = tare_bootstrap(diffs, NULL, n, &opts, arena, &narrow, err);
    if (st || wide.studentised.why || narrow.studentised.why)
        return st;
    ev->ci = wide.studentised;
    ev->ci_narrow = narrow.studentised;
    ev->ci_method = "studentised bootstrap";
    ev->resamples = wide.resamples;
    return TARE_OK;
}

static enum tare_status clusters(const struct tare__look *look, const struct tare__pairs *p,
                                 const double *diffs, struct tare_arena *arena,
                                 struct tare_evidence *ev, struct tare_err *err)
{
    struct tare_cluster_se se;
    enum tare_status st =
        tare_cluster_se(diffs, p->cluster, p->n, 1 - look->alpha, arena, &se, err);
    if (!st && !se.se_cr1.why && !no_spread(se.se_cr1.v, ev))
        use_t(look, se.se_cr1.v, (double)se.clusters - 1, "cluster t", ev);
    return st;
}

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* What each task adds to the error of the difference of two pooled ratios, to first order. */
static enum tare_status ratio(const struct tare__look *look, const struct tare__pairs *p,
                              struct tare_arena *arena, struct tare_evidence *ev,
                              struct tare_err *err)
{
    double den_a = sum_of(p->den_a, p->n), den_b = sum_of(p->den_b, p->n);
    double *part = TARE_NEW_N(arena, double, p->n), squares = 0;
    size_t units = p->n;
    if (!part)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the comparison");
    for (size_t i = 0; i < p->n; i++)
        part[i] = (p->num_b[i] - ev->mean_b * p->den_b[i]) / den_b -
                  (p->num_a[i] - ev->mean_a * p->den_a[i]) / den_a;
    if (ev->clusters) {
        struct tare_cluster_totals t;
        enum tare_status st = tare_cluster_totals(part, p->cluster, p->n, arena, &t, err);
        if (st)
            return st;
        part = t.sum;
        units = t.clusters;
    }
    for (size_t i = 0; i < units; i++)
        squares += part[i] * part[i];
    if (squares > 0)
        use_t(look, sqrt(squares * (double)units / ((double)units - 1)), (double)units - 1,
              ev->clusters ? "linearised cluster t" : "linearised t", ev);
    return TARE_OK;
}

enum tare_status tare__few_units(const struct tare__look *look, const struct tare__pairs *p,
                                 const double *diffs, struct tare_arena *arena,
                                 struct tare_evidence *ev, struct tare_err *err)
{
    size_t units = ev->clusters ? ev->clusters : p->n;
    if (look->method_version == 1 || units < 2 || units >= TARE_FEW_UNITS || ev->ci.why ||
        ev->design == TARE_DESIGN_BINARY)
        return TARE_OK;
    if (ev->design == TARE_DESIGN_RATIO)
        return ratio(look, p, arena, ev, err);
    if (ev->wins + ev->losses == 0)
        return TARE_OK;
    return ev->clusters ? clusters(look, p, diffs, arena, ev, err)
                        : tasks(look, diffs, p->n, arena, ev, err);
}
