/*
 * Mann-Whitney's test and the Hodges-Lehmann shift of two independent samples.
 */
#include "stats/location.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define EXACT_MAX 200
#define PAIRS_MAX 4000000

/* Distribution of U by Mann and Whitney's recurrence in probabilities: the largest of m + k values
 * is from b with probability k / (m + k) and then adds m. p has room for (nb + 1) rows. */
static double *u_distribution(size_t na, size_t nb, struct tare_arena *scratch)
{
    size_t width = na * nb + 1;
    double *p = TARE_NEW_N(scratch, double, (nb + 1) * width);
    if (!p)
        return NULL;
    for (size_t k = 0; k <= nb; k++)
        p[k * width] = 1; /* m = 0: U is 0 */
    for (size_t m = 1; m <= na; m++)
        for (size_t k = 1; k <= nb; k++) { /* row k holds m - 1, row k - 1 holds m already */
            double *row = p + k * width;
            const double *less = p + (k - 1) * width;
            double from_b = (double)k / (double)(m + k), from_a = (double)m / (double)(m + k);
            for (size_t u = m * k + 1; u-- > 0;)
                row[u] = from_a * row[u] + (u >= m ? from_b * less[u - m] : 0);
        }
    return p + nb * width;
}

static double middle(const double *sorted, size_t n)
{
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static enum tare_status all_shifts(const double *a, size_t na, const double *b, size_t nb,
                                   double **out, struct tare_arena *scratch, struct tare_err *err)
{
    double *w = TARE_NEW_N(scratch, double, na *nb);
    if (!w)
        return tare__no_mem(err);
    for (size_t i = 0; i < na; i++)
        for (size_t j = 0; j < nb; j++)
            w[i * nb + j] = b[j] - a[i];
    tare_sort(w, na * nb);
    *out = w;
    return TARE_OK;
}

static enum tare_status log_ratio(const double *a, size_t na, const double *b, size_t nb,
                                  struct tare_value *out, struct tare_arena *scratch,
                                  struct tare_err *err)
{
    double *la = TARE_NEW_N(scratch, double, na), *lb = TARE_NEW_N(scratch, double, nb), *w = NULL;
    bool positive = true;
    if (!la || !lb)
        return tare__no_mem(err);
    for (size_t i = 0; i < na; i++) {
        positive = positive && a[i] > 0;
        la[i] = log(a[i]);
    }
    for (size_t j = 0; j < nb; j++) {
        positive = positive && b[j] > 0;
        lb[j] = log(b[j]);
    }
    *out = tare_no_value("not all values are above 0");
    if (!positive)
        return TARE_OK;
    enum tare_status st = all_shifts(la, na, lb, nb, &w, scratch, err);
    if (st == TARE_OK)
        *out = tare_value(exp(middle(w, na * nb)));
    return st;
}

/* Exact test and interval; no ties. */
static enum tare_status exact_part(size_t na, size_t nb, double confidence, const double *shift,
                                   struct tare_two_sample *r, struct tare_arena *scratch,
                                   struct tare_err *err)
{
    const double *p = u_distribution(na, nb, scratch);
    size_t top = na * nb, u = (size_t)r->u_b, few = u < top - u ? u : top - u, q = 0;
    double tail = 0, sum = 0, level = (1 - confidence) / 2;
    if (!p)
        return tare__no_mem(err);
    for (size_t i = 0; i <= few; i++)
        tail += p[i];
    r->p_exact = tare_value(fmin(1, 2 * tail));
    while (q < top && sum + p[q] < level)
        sum += p[q++];
    r->hl_ci = q == 0 ? tare_no_interval("too few values for an interval of this level")
                      : tare_interval(shift[q - 1], shift[top - q]);
    return TARE_OK;
}

static struct tare_value approx_p(double u, double na, double nb, double ties)
{
    double n = na + nb, var = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
    if (!(var > 0))
        return tare_no_value("all values are the same");
    double gap = fmax(0, fabs(u - na * nb / 2) - 0.5);
    return tare_value(fmin(1, 2 * tare_norm_sf(gap / sqrt(var))));
}

static enum tare_status rank_part(const double *a, size_t na, const double *b, size_t nb,
                                  struct tare_two_sample *r, double *ties,
                                  struct tare_arena *scratch, struct tare_err *err)
{
    enum tare_status st = tare_rank_u(a, na, b, nb, &r->u_b, ties, scratch, err);
    if (st == TARE_OK)
        r->p_approx = approx_p(r->u_b, (double)na, (double)nb, *ties);
    return st;
}

enum tare_status tare_two_sample(const double *a, size_t na, const double *b, size_t nb,
                                 double confidence, struct tare_arena *scratch,
                                 struct tare_two_sample *out, struct tare_err *err)
{
    enum tare_status st = na && nb ? TARE_OK : tare_fail(err, TARE_E_INPUT, "no data on one side");
    if (st == TARE_OK)
        st = tare_sample_check(a, na, "a", err);
    if (st == TARE_OK)
        st = tare_sample_check(b, nb, "b", err);
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct tare_two_sample r = {0};
    double ties = 0, ma = tare_median(a, na, scratch), mb = tare_median(b, nb, scratch), *w = NULL;
    r.median_ratio = ma != 0 ? tare_value(mb / ma) : tare_no_value("the median of a is 0");
    st = rank_part(a, na, b, nb, &r, &ties, scratch, err);
    r.p_exact = tare_no_value(ties > 0 ? "ties: the exact distribution needs none"
                                       : "too many values for the exact test");
    r.hl_ci = tare_no_interval(r.p_exact.why);
    r.hl_shift = r.hl_ratio = tare_no_value("too many pairs");
    if (st == TARE_OK && (double)na * (double)nb <= PAIRS_MAX) {
        st = all_shifts(a, na, b, nb, &w, scratch, err);
        if (st == TARE_OK)
            st = log_ratio(a, na, b, nb, &r.hl_ratio, scratch, err);
        if (st == TARE_OK)
            r.hl_shift = tare_value(middle(w, na * nb));
    }
    if (st == TARE_OK && w && ties == 0 && na <= EXACT_MAX && nb <= EXACT_MAX)
        st = exact_part(na, nb, confidence, w, &r, scratch, err);
    tare_arena_rewind(scratch, mark);
    if (st == TARE_OK)
        *out = r;
    return st;
}
