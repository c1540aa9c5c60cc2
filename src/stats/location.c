/*
 * Wilcoxon's signed-rank test and what goes with it. Two samples are in location_two.c.
 */
#include "stats/location.h"
#include "stats/sample.h"
#include "stats/signflip.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define WALSH_MAX 4000
#define EXACT_MAX 2000

static enum tare_status walsh_averages(const double *d, size_t n, double **out, size_t *count,
                                       struct tare_arena *scratch, struct tare_err *err)
{
    size_t m = 0;
    double *w = TARE_NEW_N(scratch, double, n *(n + 1) / 2);
    if (!w)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            w[m++] = (d[i] + d[j]) / 2;
    tare_sort(w, m);
    *out = w;
    *count = m;
    return TARE_OK;
}

static double middle(const double *sorted, size_t n)
{
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Ranks of |x| with the sign of x, doubled so that mid-ranks are whole. */
static enum tare_status signed_ranks(const double *x, size_t n, int32_t *twice, double *w_plus,
                                     double *ties, struct tare_arena *scratch, struct tare_err *err)
{
    double *size = TARE_NEW_N(scratch, double, n), *rank = TARE_NEW_N(scratch, double, n);
    if (!size || !rank)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        size[i] = fabs(x[i]);
    enum tare_status st = tare_mid_ranks(size, n, rank, ties, scratch, err);
    for (size_t i = 0; st == TARE_OK && i < n; i++) {
        int32_t r = (int32_t)(2 * rank[i]);
        twice[i] = x[i] > 0 ? r : -r;
        *w_plus += x[i] > 0 ? rank[i] : 0;
    }
    return st;
}

/* Normal approximation with the variance corrected for ties and half a unit for continuity. */
static struct tare_value rank_approx(double w, double n, double ties)
{
    double var = n * (n + 1) * (2 * n + 1) / 24 - ties / 48, gap = fabs(w - n * (n + 1) / 4);
    if (!(var > 0))
        return tare_no_value("no differences");
    return tare_value(fmin(1, 2 * tare_norm_sf(fmax(0, gap - 0.5) / sqrt(var))));
}

/* Order statistics q, M + 1 - q of the Walsh averages, q the quantile of the signed-rank sum. */
static enum tare_status walsh_interval(const double *w, size_t count, size_t n, double confidence,
                                       struct tare_interval *out, struct tare_arena *scratch,
                                       struct tare_err *err)
{
    double *p = TARE_NEW_N(scratch, double, count + 1), sum = 0;
    if (!p)
        return tare__no_mem(err);
    p[0] = 1;
    for (size_t k = 1, top = 0; k <= n; k++) {
        top += k;
        for (size_t s = top + 1; s-- > 0;)
            p[s] = (p[s] + (s >= k ? p[s - k] : 0)) / 2;
    }
    size_t q = 0;
    double tail = (1 - confidence) / 2;
    while (q < count && sum + p[q] < tail)
        sum += p[q++];
    /* q is the smallest value with P(W <= q) >= tail */
    *out = q == 0 ? tare_no_interval("too few differences for an interval of this level")
                  : tare_interval(w[q - 1], w[count - q]);
    return TARE_OK;
}

static void sign_part(const double *d, size_t n, struct tare_signed_rank *r)
{
    uint64_t wins = 0, losses = 0;
    for (size_t i = 0; i < n; i++) {
        wins += d[i] > 0;
        losses += d[i] < 0;
    }
    struct tare_sign_flip s = tare_sign_test(wins, losses);
    r->sign_p_two = s.p_two;
    r->sign_p_greater = s.p_greater;
}

static enum tare_status exact_p(const double *x, size_t n, struct tare_signed_rank *r,
                                struct tare_arena *scratch, struct tare_err *err)
{
    double ties = 0;
    int32_t *twice = TARE_NEW_N(scratch, int32_t, n);
    if (!twice)
        return tare__no_mem(err);
    enum tare_status st = signed_ranks(x, n, twice, &r->w_plus, &ties, scratch, err);
    if (st != TARE_OK)
        return st;
    r->ties = ties > 0;
    r->p_approx = rank_approx(r->w_plus, (double)n, ties);
    r->p = tare_no_value("too many differences for the exact test");
    if (n > EXACT_MAX)
        return TARE_OK;
    struct tare_sign_flip f;
    st = tare_sign_flip_lattice(twice, n, scratch, &f, err);
    if (st == TARE_OK)
        r->p = tare_value(f.p_two);
    return st;
}

static enum tare_status shifts(const double *d, size_t n, const double *x, size_t m,
                               double confidence, struct tare_signed_rank *r,
                               struct tare_arena *scratch, struct tare_err *err)
{
    double *w = NULL;
    size_t count = 0;
    r->hl = r->hl_nonzero = tare_no_value("too many differences for all their averages");
    r->hl_ci = tare_no_interval("too many differences for all their averages");
    if (n > WALSH_MAX)
        return TARE_OK;
    enum tare_status st = walsh_averages(d, n, &w, &count, scratch, err);
    if (st != TARE_OK)
        return st;
    r->hl = tare_value(middle(w, count));
    r->hl_nonzero = tare_no_value("no differences");
    r->hl_ci = tare_no_interval("zeros or ties: the exact interval needs none");
    if (m == 0)
        return TARE_OK;
    if (m < n)
        st = walsh_averages(x, m, &w, &count, scratch, err);
    if (st != TARE_OK)
        return st;
    r->hl_nonzero = tare_value(middle(w, count));
    if (m == n && !r->ties && n <= EXACT_MAX)
        st = walsh_interval(w, count, n, confidence, &r->hl_ci, scratch, err);
    return st;
}

enum tare_status tare_signed_rank(const double *d, size_t n, double confidence,
                                  struct tare_arena *scratch, struct tare_signed_rank *out,
                                  struct tare_err *err)
{
    enum tare_status st =
        n ? tare_sample_check(d, n, "d", err) : tare_fail(err, TARE_E_INPUT, "no data");
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct tare_signed_rank r = {.n = n};
    double *x = TARE_NEW_N(scratch, double, n);
    if (!x)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0)
            x[r.n_eff++] = d[i];
    sign_part(d, n, &r);
    r.p = r.p_approx = tare_no_value("no differences");
    if (r.n_eff > 0)
        st = exact_p(x, r.n_eff, &r, scratch, err);
    if (st == TARE_OK)
        st = shifts(d, n, x, r.n_eff, confidence, &r, scratch, err);
    tare_arena_rewind(scratch, mark);
    if (st == TARE_OK)
        *out = r;
    return st;
}
