#include "stats/association.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define KENDALL_EXACT_MAX 170

static const char constant[] = "one of the variables is constant";

static enum tare_status check_two(const double *x, const double *y, size_t n, struct tare_err *err)
{
    enum tare_status st = n ? TARE_OK : tare_fail(err, TARE_E_INPUT, "no data");
    if (st == TARE_OK)
        st = tare_sample_check(x, n, "x", err);
    return st == TARE_OK ? tare_sample_check(y, n, "y", err) : st;
}

static struct tare_value raw_pearson(const double *x, const double *y, size_t n)
{
    double mx = tare_mean(x, n), my = tare_mean(y, n), xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    if (!(xx > 0) || !(yy > 0))
        return tare_no_value(constant);
    return tare_value(fmax(-1, fmin(1, xy / sqrt(xx) / sqrt(yy))));
}

static struct tare_value p_of_r(struct tare_value r, double df)
{
    if (r.why)
        return tare_no_value(r.why);
    if (!(df >= 1))
        return tare_no_value("too few values for a test");
    if (fabs(r.v) >= 1)
        return tare_value(0);
    return tare_value(tare_t_p2(r.v * sqrt(df / (1 - r.v * r.v)), df));
}

static struct tare_interval fisher_interval(struct tare_value r, double n, double confidence)
{
    if (r.why || !(n >= 4))
        return tare_no_interval(r.why ? r.why : "need at least 4 values");
    if (fabs(r.v) >= 1)
        return tare_interval(r.v, r.v);
    double z = atanh(r.v), half = tare__z_two(confidence) / sqrt(n - 3);
    return tare_interval(tanh(z - half), tanh(z + half));
}

static void fill(const double *x, const double *y, size_t n, double confidence,
                 struct tare_correlation *out)
{
    out->r = raw_pearson(x, y, n);
    out->p = p_of_r(out->r, (double)n - 2);
    out->ci = fisher_interval(out->r, (double)n, confidence);
}

enum tare_status tare_pearson(const double *x, const double *y, size_t n, double confidence,
                              struct tare_correlation *out, struct tare_err *err)
{
    enum tare_status st = check_two(x, y, n, err);
    if (st == TARE_OK)
        fill(x, y, n, confidence, out);
    return st;
}

enum tare_status tare_spearman(const double *x, const double *y, size_t n, double confidence,
                               struct tare_arena *scratch, struct tare_correlation *out,
                               struct tare_err *err)
{
    enum tare_status st = check_two(x, y, n, err);
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *rx = TARE_NEW_N(scratch, double, n), *ry = TARE_NEW_N(scratch, double, n);
    if (st == TARE_OK && (!rx || !ry))
        return tare__no_mem(err);
    if (st == TARE_OK)
        st = tare_mid_ranks(x, n, rx, NULL, scratch, err);
    if (st == TARE_OK)
        st = tare_mid_ranks(y, n, ry, NULL, scratch, err);
    if (st == TARE_OK)
        fill(rx, ry, n, confidence, out);
    tare_arena_rewind(scratch, mark);
    return st;
}

enum tare_status tare_partial(const double *x, const double *y, const double *z, size_t n,
                              bool ranks, struct tare_arena *scratch, struct tare_correlation *out,
                              struct tare_err *err)
{
    enum tare_status st = check_two(x, y, n, err);
    if (st == TARE_OK)
        st = tare_sample_check(z, n, "control", err);
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    const double *v[3] = {x, y, z};
    for (int i = 0; i < 3 && ranks; i++) {
        double *r = TARE_NEW_N(scratch, double, n);
        if (!r)
            return tare__no_mem(err);
        st = tare_mid_ranks(v[i], n, r, NULL, scratch, err);
        if (st != TARE_OK)
            return st;
        v[i] = r;
    }
    struct tare_value xy = raw_pearson(v[0], v[1], n), xz = raw_pearson(v[0], v[2], n);
    struct tare_value yz = raw_pearson(v[1], v[2], n);
    tare_arena_rewind(scratch, mark);
    const char *why = xy.why ? xy.why : xz.why ? xz.why : yz.why;
    double rest = (1 - xz.v * xz.v) * (1 - yz.v * yz.v);
    if (!why && !(rest > 0))
        why = "the control explains one of the variables completely";
    out->r =
        why ? tare_no_value(why) : tare_value(fmax(-1, fmin(1, (xy.v - xz.v * yz.v) / sqrt(rest))));
    out->p = p_of_r(out->r, (double)n - 3);
    out->ci = fisher_interval(out->r, (double)n - 1, 0.95);
    return TARE_OK;
}

/* Pairs i < j in `order` whose y falls: merge sort counting exchanges. y is sorted in place. */
static uint64_t count_falls(double *y, double *temp, size_t n)
{
    uint64_t falls = 0;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t mid = at + width < n ? at + width : n, end = mid + width < n ? mid + width : n;
            size_t i = at, j = mid, k = at;
            while (i < mid || j < end) {
                bool left = i < mid && (j >= end || y[i] <= y[j]);
                falls += !left && i < mid ? mid - i : 0;
                temp[k++] = left ? y[i++] : y[j++];
            }
        }
        memcpy(y, temp, n * sizeof *y);
    }
    return falls;
}

/* Sums over groups of equal values of ascending x: t(t-1)/2, t(t-1)(t-2), t(t-1)(2t+5). */
struct tie_sums {
    double pairs, triples, spread;
};

static struct tie_sums tie_groups(const double *x, size_t n)
{
    struct tie_sums s = {0};
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && x[j] == x[i]; j++)
            continue;
        double t = (double)(j - i);
        s.pairs += t * (t - 1) / 2;
        s.triples += t * (t - 1) * (t - 2);
        s.spread += t * (t - 1) * (2 * t + 5);
    }
    return s;
}

/* P(at most `falls` exchanges) of a random order of n, doubled: counts by Mahonian recurrence. */
static double kendall_exact(uint64_t falls, size_t n, double *p)
{
    size_t most = n * (n - 1) / 2;
    uint64_t tail = falls <= most - falls ? falls : most - falls;
    double sum = 0;
    memset(p, 0, (most + 1) * sizeof *p);
    p[0] = 1;
    for (size_t k = 2; k <= n; k++) {
        size_t top = k * (k - 1) / 2;
        double window = 0, *q = p + most + 1;
        for (size_t s = 0; s <= top; s++) { /* q[s] = mean of the last k of p */
            window += p[s];
            if (s >= k)
                window -= p[s - k];
            q[s] = window / (double)k;
        }
        memcpy(p, q, (top + 1) * sizeof *p);
    }
    for (uint64_t s = 0; s <= tail; s++)
        sum += p[s];
    return fmin(1, 2 * sum);
}

struct kendall_data {
    double *x, *y, *temp; /* sorted by x, then y */
    size_t n, joint;      /* joint: pairs tied in both */
};

static enum tare_status kendall_sort(const double *x, const double *y, size_t n,
                                     struct kendall_data *k, struct tare_arena *scratch,
                                     struct tare_err *err)
{
    uint32_t *order = TARE_NEW_N(scratch, uint32_t, n);
    k->x = TARE_NEW_N(scratch, double, n);
    k->y = TARE_NEW_N(scratch, double, n);
    k->temp = TARE_NEW_N(scratch, double, n);
    k->n = n;
    if (!order || !k->x || !k->y || !k->temp)
        return tare__no_mem(err);
    enum tare_status st = tare_sort_index(x, n, order, scratch, err);
    for (size_t i = 0; st == TARE_OK && i < n; i++) {
        k->x[i] = x[order[i]];
        k->y[i] = y[order[i]];
    }
    for (size_t i = 0, j; st == TARE_OK && i < n; i = j) {
        for (j = i + 1; j < n && k->x[j] == k->x[i]; j++)
            continue;
        tare_sort(k->y + i, j - i);
        k->joint += (size_t)tie_groups(k->y + i, j - i).pairs;
    }
    return st;
}

static void kendall_tests(struct tare_kendall *r, double n, struct tie_sums tx, struct tie_sums ty)
{
    double s = (double)r->concordant_minus_discordant, n0 = n * (n - 1) / 2;
    double var = (n * (n - 1) * (2 * n + 5) - tx.spread - ty.spread) / 18 +
                 2 * tx.pairs * ty.pairs / (n * (n - 1));
    if (n > 2)
        var += tx.triples * ty.triples / (9 * n * (n - 1) * (n - 2));
    double scale = (n0 - tx.pairs) * (n0 - ty.pairs);
    if (!(scale > 0)) {
        r->tau_b = r->p_asymptotic = r->p_exact = tare_no_value(constant);
        return;
    }
    r->tau_b = tare_value(s / sqrt(n0 - tx.pairs) / sqrt(n0 - ty.pairs));
    r->p_asymptotic = tare_value(2 * tare_norm_sf(fabs(s) / sqrt(var)));
    r->p_exact = tare_no_value(tx.pairs + ty.pairs > 0 ? "ties: the exact distribution needs none"
                                                       : "too many values for the exact test");
}

/* Knight 1966: O(n log n). */
enum tare_status tare_kendall(const double *x, const double *y, size_t n,
                              struct tare_arena *scratch, struct tare_kendall *out,
                              struct tare_err *err)
{
    enum tare_status st = check_two(x, y, n, err);
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct kendall_data k = {0};
    if (st == TARE_OK)
        st = kendall_sort(x, y, n, &k, scratch, err);
    if (st != TARE_OK)
        return st;
    struct tie_sums tx = tie_groups(k.x, n);
    uint64_t falls = count_falls(k.y, k.temp, n);
    struct tie_sums ty = tie_groups(k.y, n);
    double n0 = (double)n * ((double)n - 1) / 2;
    struct tare_kendall r = {0};
    r.concordant_minus_discordant =
        (int64_t)(n0 - tx.pairs - ty.pairs + (double)k.joint - 2 * (double)falls);
    kendall_tests(&r, (double)n, tx, ty);
    if (!r.tau_b.why && tx.pairs + ty.pairs == 0 && n <= KENDALL_EXACT_MAX) {
        double *p = TARE_NEW_N(scratch, double, n *(n - 1) + 2);
        if (!p)
            return tare__no_mem(err);
        r.p_exact = tare_value(kendall_exact(falls, n, p));
    }
    tare_arena_rewind(scratch, mark);
    *out = r;
    return TARE_OK;
}
