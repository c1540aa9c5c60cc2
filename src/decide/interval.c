#include "decide/compare_int.h"

#include <math.h>

#include "stats/cluster.h"
#include "stats/paired.h"
#include "stats/sample.h"

#include "base/banned.h"

/* Tasks from which on 10,000 resamples take seconds. */
#define MANY_TASKS ((size_t)100000)
/* Lattice points of the resampled sum beyond which chance is cheaper than the exact answer. */
#define MAX_LATTICE_POINTS ((int64_t)1 << 19)

static struct tare_interval scaled(struct tare_interval ci, double by)
{
    if (!ci.why) {
        ci.lo *= by;
        ci.hi *= by;
    }
    return ci;
}

/* Binary metrics where less is better count wins as falls of the value. */
static struct tare_paired_table table_of(const struct tare__look *look, const struct tare__pairs *p,
                                         const struct tare_evidence *ev)
{
    bool up = look->direction != TARE_LOWER_BETTER;
    struct tare_paired_table t = {.candidate_only = up ? ev->wins : ev->losses,
                                  .baseline_only = up ? ev->losses : ev->wins};
    for (size_t i = 0; i < p->n; i++) {
        t.both += p->a[i] == 1 && p->b[i] == 1;
        t.neither += p->a[i] == 0 && p->b[i] == 0;
    }
    return t;
}

static enum tare_status binary(const struct tare__look *look, const struct tare__pairs *p,
                               struct tare_arena *arena, struct tare_evidence *ev,
                               struct tare__shape *shape, struct tare_err *err)
{
    struct tare_paired_table t = table_of(look, p, ev);
    ev->ci = tare_tango(t, 1 - look->alpha);
    ev->ci_narrow = tare_tango(t, 1 - 2 * look->alpha);
    ev->ci_method = "Tango";
    struct tare_lattice_dist dist;
    enum tare_status st = tare_exact_trinomial(t.candidate_only, t.baseline_only,
                                               t.both + t.neither, arena, &dist, err);
    if (st)
        return st;
    struct tare_exact_boot boot;
    tare_exact_boot(&dist, 1 - look->alpha, &boot);
    ev->boot = boot.percentile.mean;
    if (shape)
        shape->dist = dist;
    return TARE_OK;
}

/* Every difference is 0: resampling shows nothing. What chance could still hide is bounded by
 * Tango's limit for n ties, times the width of the metric; an open metric has no such bound. */
static void all_alike(const struct tare__look *look, struct tare_evidence *ev)
{
    struct tare_paired_table t = {.neither = ev->n};
    ev->ci_method = "none (all alike)";
    ev->ci = ev->ci_narrow = tare_no_interval("all alike, and the metric has no bounds");
    if (!isfinite(look->range))
        return;
    ev->ci_method = "Tango, all alike";
    ev->ci = scaled(tare_tango(t, 1 - look->alpha), look->range);
    ev->ci_narrow = scaled(tare_tango(t, 1 - 2 * look->alpha), look->range);
}

static int64_t lattice_points(const int32_t *units, size_t n)
{
    int32_t lo = units[0], hi = units[0];
    for (size_t i = 1; i < n; i++) {
        lo = units[i] < lo ? units[i] : lo;
        hi = units[i] > hi ? units[i] : hi;
    }
    return ((int64_t)hi - lo) * (int64_t)n;
}

static void take_exact(const struct tare_lattice_dist *dist, double alpha, struct tare_evidence *ev)
{
    struct tare_exact_boot wide, narrow;
    tare_exact_boot(dist, 1 - alpha, &wide);
    tare_exact_boot(dist, 1 - 2 * alpha, &narrow);
    bool bca = !wide.bca.mean.why && !narrow.bca.mean.why;
    ev->ci = bca ? wide.bca.mean : wide.percentile.mean;
    ev->ci_narrow = bca ? narrow.bca.mean : narrow.percentile.mean;
    ev->ci_method = bca ? "exact bootstrap BCa" : "exact bootstrap percentile";
}

/* Narrow limits from the replicates themselves, at the level BCa adjusts. */
static struct tare_interval narrow_of(const struct tare_boot *boot, double alpha, bool bca)
{
    if (boot->n_replicates == 0)
        return tare_no_interval("no replicates");
    return bca ? tare_boot_bca(boot, 1 - 2 * alpha)
               : tare_interval(
                     tare_quantile_sorted(boot->replicates, boot->n_replicates, alpha, 7),
                     tare_quantile_sorted(boot->replicates, boot->n_replicates, 1 - alpha, 7));
}

static void take_boot(const struct tare_boot *boot, double alpha, struct tare_evidence *ev)
{
    bool bca = !boot->bca.why;
    ev->ci = bca ? boot->bca : boot->percentile;
    ev->ci_narrow = narrow_of(boot, alpha, bca);
    ev->ci_method = bca ? "bootstrap BCa" : "bootstrap percentile";
    ev->resamples = boot->resamples;
}

/* 10,000 resamples; for very many tasks fewer, which are still enough for a limit. */
static uint64_t enough_resamples(const struct tare__look *look, size_t n)
{
    if (look->resamples || n <= MANY_TASKS)
        return look->resamples ? look->resamples : 10000;
    uint64_t b = (uint64_t)MANY_TASKS * 10000 / n;
    return b < 4000 ? 4000 : b;
}

static struct tare_boot_opts boot_opts(const struct tare__look *look, size_t n)
{
    return (struct tare_boot_opts){.resamples = enough_resamples(look, n),
                                   .seed = look->seed,
                                   .confidence = 1 - look->alpha,
                                   .threads = look->threads};
}

/* Sums by cluster of one column; x itself without clusters. */
static enum tare_status totals(const struct tare__pairs *p, bool clustered, double *x,
                               struct tare_arena *arena, double **sum, double **size, size_t *n,
                               struct tare_err *err)
{
    *sum = x;
    *n = p->n;
    if (!clustered)
        return TARE_OK;
    struct tare_cluster_totals t;
    enum tare_status st = tare_cluster_totals(x, p->cluster, p->n, arena, &t, err);
    if (st)
        return st;
    *sum = t.sum;
    *n = t.clusters;
    if (size)
        *size = t.size;
    return TARE_OK;
}

static enum tare_status ratio(const struct tare__look *look, const struct tare__pairs *p,
                              struct tare_arena *arena, struct tare_evidence *ev,
                              struct tare__shape *shape, struct tare_err *err)
{
    double *columns[4] = {p->num_a, p->den_a, p->num_b, p->den_b}, *sums[4];
    size_t n = p->n;
    enum tare_status st = TARE_OK;
    for (int i = 0; i < 4 && !st; i++)
        st = totals(p, ev->clusters > 0, columns[i], arena, &sums[i], NULL, &n, err);
    struct tare_boot_opts opts = boot_opts(look, n);
    struct tare_boot boot;
    if (!st)
        st = tare_bootstrap_ratio_diff(sums[0], sums[1], sums[2], sums[3], n, &opts, arena, &boot,
                                       err);
    if (st)
        return st;
    take_boot(&boot, look->alpha, ev);
    ev->sd = boot.se * sqrt((double)p->n);
    if (ev->wins + ev->losses == 0 && ev->ci.lo == 0 && ev->ci.hi == 0)
        all_alike(look, ev);
    if (shape)
        shape->boot = boot;
    return TARE_OK;
}

static enum tare_status real(const struct tare__look *look, const struct tare__pairs *p,
                             double *diffs, struct tare_arena *arena, struct tare_evidence *ev,
                             struct tare__shape *shape, struct tare_err *err)
{
    double *sum, *size = NULL;
    size_t n;
    enum tare_status st = totals(p, ev->clusters > 0, diffs, arena, &sum, &size, &n, err);
    struct tare_boot_opts opts = boot_opts(look, n);
    struct tare_boot boot;
    if (!st)
        st = tare_bootstrap(sum, size, n, &opts, arena, &boot, err);
    if (st)
        return st;
    take_boot(&boot, look->alpha, ev);
    if (ev->clusters)
        ev->ci_method = boot.bca.why ? "cluster bootstrap percentile" : "cluster bootstrap BCa";
    if (shape)
        shape->boot = boot;
    return TARE_OK;
}

enum tare_status tare__intervals(const struct tare__look *look, const struct tare__pairs *p,
                                 const double *diffs, struct tare_arena *arena,
                                 struct tare_evidence *ev, struct tare__shape *shape,
                                 struct tare_err *err)
{
    if (isnan(ev->diff)) {
        ev->ci = ev->ci_narrow = tare_no_interval("a side has no ratio");
        return TARE_OK;
    }
    if (ev->design == TARE_DESIGN_BINARY)
        return binary(look, p, arena, ev, shape, err);
    if (ev->design == TARE_DESIGN_RATIO)
        return ratio(look, p, arena, ev, shape, err);
    if (ev->wins + ev->losses == 0) {
        all_alike(look, ev);
        return TARE_OK;
    }
    double *copy = TARE_NEW_N(arena, double, p->n);
    int32_t *units = TARE_NEW_N(arena, int32_t, p->n);
    if (!copy || !units)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the comparison");
    memcpy(copy, diffs, p->n * sizeof *copy);
    bool exact = ev->design == TARE_DESIGN_LATTICE && ev->clusters == 0 &&
                 tare_on_lattice(diffs, p->n, ev->step, units) &&
                 lattice_points(units, p->n) <= MAX_LATTICE_POINTS;
    if (!exact)
        return real(look, p, copy, arena, ev, shape, err);
    struct tare_lattice_dist dist;
    enum tare_status st = tare_exact_multinomial(units, p->n, ev->step, arena, &dist, err);
    if (st)
        return st;
    take_exact(&dist, look->alpha, ev);
    if (shape)
        shape->dist = dist;
    return TARE_OK;
}
