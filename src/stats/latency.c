#include "stats/latency.h"
#include "stats/association.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

/* Largest r with 1 - 2 P(Bin(n, 1/2) <= r - 1) >= level, or 0. */
static size_t median_rank(size_t n, double level, double *coverage)
{
    size_t r = 0;
    *coverage = (double)NAN;
    for (size_t try = 1; 2 * try <= n; try++) {
        double c = 1 - 2 * tare_binom_cdf((int64_t)try - 1, (int64_t)n, 0.5);
        if (c < level)
            break;
        r = try;
        *coverage = c;
    }
    return r;
}

static struct tare_value needs(double v, size_t n, size_t least, const char *why)
{
    return n >= least ? tare_value(v) : tare_no_value(why);
}

static void quantiles(const double *s, size_t n, struct tare_latency *r)
{
    r->median = tare_quantile_sorted(s, n, 0.5, 7);
    r->p95_raw = tare_quantile_sorted(s, n, 0.95, 7);
    r->p99_raw = tare_quantile_sorted(s, n, 0.99, 7);
    r->p50 = tare_value(r->median);
    r->p95 = needs(r->p95_raw, n, 20, "p95 needs at least 20 values");
    r->p99 = needs(r->p99_raw, n, 100, "p99 needs at least 100 values");
    size_t nearest = (size_t)ceil(0.95 * (double)n - 1e-9);
    r->p95_nearest_rank = s[nearest > 0 ? nearest - 1 : 0];
}

enum tare_status tare_latency(const double *x, size_t n, double confidence,
                              struct tare_arena *scratch, struct tare_latency *out,
                              struct tare_err *err)
{
    enum tare_status st =
        n ? tare_sample_check(x, n, "x", err) : tare_fail(err, TARE_E_INPUT, "no data");
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *s = TARE_NEW_N(scratch, double, n), *off = TARE_NEW_N(scratch, double, n);
    if (!s || !off)
        return tare__no_mem(err);
    memcpy(s, x, n * sizeof *x);
    tare_sort(s, n);
    struct tare_latency r = {.n = n, .mean = tare_mean(x, n)};
    quantiles(s, n, &r);
    for (size_t i = 0; i < n; i++)
        off[i] = fabs(x[i] - r.median);
    r.mad = tare_median(off, n, scratch);
    r.sd = n > 1 ? tare_value(tare_sd(x, n, 1)) : tare_no_value("one value");
    r.cv = n < 2         ? tare_no_value("one value")
           : r.mean == 0 ? tare_no_value("the mean is 0")
                         : tare_value(r.sd.v / r.mean);
    r.median_rank = median_rank(n, confidence, &r.median_coverage);
    r.median_ci = r.median_rank ? tare_interval(s[r.median_rank - 1], s[n - r.median_rank])
                                : tare_no_interval("too few values for an interval of this level");
    tare_arena_rewind(scratch, mark);
    *out = r;
    return TARE_OK;
}

enum tare_status tare_drift(const double *x, size_t n, struct tare_arena *scratch,
                            struct tare_drift *out, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct tare_correlation c;
    double *index = TARE_NEW_N(scratch, double, n);
    if (!index)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        index[i] = (double)i;
    enum tare_status st = tare_spearman(index, x, n, 0.95, scratch, &c, err);
    if (st == TARE_OK)
        *out = (struct tare_drift){c.r, c.p,
                                   !c.r.why && !c.p.why && fabs(c.r.v) > 0.5 && c.p.v < 0.05};
    tare_arena_rewind(scratch, mark);
    return st;
}
