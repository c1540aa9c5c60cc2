#include "stats/sample.h"
#include "stats/stats_int.h"

#include <stdlib.h>

#include "base/banned.h"

enum tare_status tare_sample_check(const double *x, size_t n, const char *what,
                                   struct tare_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return tare_fail_at(err, TARE_E_INPUT, i, "%s[%zu] is not a finite number", what, i);
    return TARE_OK;
}

double tare_mean(const double *x, size_t n)
{
    double sum = 0, rest = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    double m = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        rest += x[i] - m;
    return m + rest / (double)n;
}

double tare_sum_sq_dev(const double *x, size_t n)
{
    double m = tare_mean(x, n), s = 0;
    for (size_t i = 0; i < n; i++)
        s += (x[i] - m) * (x[i] - m);
    return s;
}

double tare_sd(const double *x, size_t n, unsigned ddof)
{
    return n > ddof ? sqrt(tare_sum_sq_dev(x, n) / (double)(n - ddof)) : (double)NAN;
}

static int by_value(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

void tare_sort(double *x, size_t n)
{
    if (n > 1)
        qsort(x, n, sizeof *x, by_value);
}

struct keyed {
    double v;
    uint32_t i;
};

static int by_key(const void *pa, const void *pb)
{
    const struct keyed *a = pa, *b = pb;
    if (a->v != b->v)
        return a->v > b->v ? 1 : -1;
    return (a->i > b->i) - (a->i < b->i);
}

enum tare_status tare_sort_index(const double *x, size_t n, uint32_t *idx,
                                 struct tare_arena *scratch, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct keyed *k = TARE_NEW_N(scratch, struct keyed, n);
    if (!k || n > UINT32_MAX)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        k[i] = (struct keyed){x[i], (uint32_t)i};
    if (n > 1)
        qsort(k, n, sizeof *k, by_key);
    for (size_t i = 0; i < n; i++)
        idx[i] = k[i].i;
    tare_arena_rewind(scratch, mark);
    return TARE_OK;
}

/* Value at 1-based real position h, linear between neighbours. */
static double at_position(const double *x, size_t n, double h)
{
    if (h <= 1)
        return x[0];
    if (h >= (double)n)
        return x[n - 1];
    size_t k = (size_t)h;
    double w = h - (double)k;
    return w == 0 ? x[k - 1] : x[k - 1] + w * (x[k] - x[k - 1]);
}

double tare_quantile_sorted(const double *x, size_t n, double p, int type)
{
    double np = (double)n * p, fuzz = 4 * 2.220446049250313e-16 * fmax(1, np);
    switch (type) {
    case 1: { /* smallest x with F(x) >= p */
        double k = ceil(np - fuzz);
        return at_position(x, n, fmax(1, k));
    }
    case 2: { /* the same, averaged at the jumps */
        double k = floor(np + fuzz);
        if (np - k > fuzz)
            return at_position(x, n, k + 1);
        return (at_position(x, n, k) + at_position(x, n, k + 1)) / 2;
    }
    case 6:
        return at_position(x, n, ((double)n + 1) * p);
    case 7:
        return at_position(x, n, ((double)n - 1) * p + 1);
    case 8:
        return at_position(x, n, ((double)n + 1.0 / 3) * p + 1.0 / 3);
    default:
        return (double)NAN;
    }
}

double tare_median(const double *x, size_t n, struct tare_arena *scratch)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *copy = n > 0 ? TARE_NEW_N(scratch, double, n) : NULL;
    if (!copy)
        return (double)NAN;
    memcpy(copy, x, n * sizeof *x);
    tare_sort(copy, n);
    double m = n % 2 ? copy[n / 2] : (copy[n / 2 - 1] + copy[n / 2]) / 2;
    tare_arena_rewind(scratch, mark);
    return m;
}

enum tare_status tare_mid_ranks(const double *x, size_t n, double *rank, double *ties,
                                struct tare_arena *scratch, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    uint32_t *idx = TARE_NEW_N(scratch, uint32_t, n);
    if (!idx)
        return tare__no_mem(err);
    enum tare_status st = tare_sort_index(x, n, idx, scratch, err);
    double sum = 0;
    for (size_t i = 0, j; st == TARE_OK && i < n; i = j) {
        for (j = i + 1; j < n && x[idx[j]] == x[idx[i]]; j++)
            continue;
        double t = (double)(j - i);
        for (size_t k = i; k < j; k++)
            rank[idx[k]] = ((double)(i + 1) + (double)j) / 2;
        sum += t * t * t - t;
    }
    if (ties)
        *ties = sum;
    tare_arena_rewind(scratch, mark);
    return st;
}

enum tare_status tare_rank_u(const double *a, size_t na, const double *b, size_t nb, double *u,
                             double *ties, struct tare_arena *scratch, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *both = TARE_NEW_N(scratch, double, na + nb);
    double *rank = TARE_NEW_N(scratch, double, na + nb), sum = 0;
    if (!both || !rank)
        return tare__no_mem(err);
    if (na)
        memcpy(both, a, na * sizeof *a);
    if (nb)
        memcpy(both + na, b, nb * sizeof *b);
    enum tare_status st = tare_mid_ranks(both, na + nb, rank, ties, scratch, err);
    for (size_t i = na; st == TARE_OK && i < na + nb; i++)
        sum += rank[i];
    *u = sum - (double)nb * ((double)nb + 1) / 2;
    tare_arena_rewind(scratch, mark);
    return st;
}

bool tare_on_lattice(const double *x, size_t n, double step, int32_t *k)
{
    for (size_t i = 0; i < n; i++) {
        double units = x[i] / step, whole = nearbyint(units);
        if (!(fabs(whole) < 1073741824.0) || fabs(units - whole) > 1e-9)
            return false;
        k[i] = (int32_t)whole;
    }
    return true;
}
