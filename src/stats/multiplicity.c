#include "stats/multiplicity.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

const char *tare_adjust_name(enum tare_adjust a)
{
    static const char *const names[] = {"none",     "Bonferroni",         "Holm",
                                        "Hochberg", "Benjamini-Hochberg", "Benjamini-Yekutieli",
                                        "Sidak"};
    return (unsigned)a < sizeof names / sizeof *names ? names[a] : "unknown";
}

static double harmonic(size_t m)
{
    double s = 0;
    for (size_t i = m; i > 0; i--)
        s += 1 / (double)i;
    return s;
}

/* Factor of the i-th smallest (0-based) of m. */
static double factor(enum tare_adjust how, size_t i, size_t m)
{
    switch (how) {
    case TARE_ADJUST_BONFERRONI:
        return (double)m;
    case TARE_ADJUST_HOLM:
    case TARE_ADJUST_HOCHBERG:
        return (double)(m - i);
    case TARE_ADJUST_BH:
        return (double)m / (double)(i + 1);
    case TARE_ADJUST_BY:
        return (double)m / (double)(i + 1) * harmonic(m);
    default:
        return 1;
    }
}

/* q[m] ascending → adjusted, in place. */
static void adjust_sorted(double *q, size_t m, enum tare_adjust how)
{
    if (how == TARE_ADJUST_SIDAK) {
        for (size_t i = 0; i < m; i++)
            q[i] = -expm1((double)m * log1p(-q[i]));
        return;
    }
    for (size_t i = 0; i < m; i++)
        q[i] = fmin(1, q[i] * factor(how, i, m));
    if (how == TARE_ADJUST_HOLM)
        for (size_t i = 1; i < m; i++)
            q[i] = fmax(q[i], q[i - 1]);
    if (how == TARE_ADJUST_HOCHBERG || how == TARE_ADJUST_BH || how == TARE_ADJUST_BY)
        for (size_t i = m; i-- > 1;)
            q[i - 1] = fmin(q[i - 1], q[i]);
}

enum tare_status tare_adjust_p(const double *p, size_t n, enum tare_adjust how, double *adjusted,
                               size_t *family, struct tare_arena *scratch, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *q = TARE_NEW_N(scratch, double, n);
    uint32_t *place = TARE_NEW_N(scratch, uint32_t, n), *order = TARE_NEW_N(scratch, uint32_t, n);
    size_t m = 0;
    if (!q || !place || !order || n > UINT32_MAX)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++) {
        if (!isnan(p[i]) && !(p[i] >= 0 && p[i] <= 1))
            return tare_fail_at(err, TARE_E_INPUT, i, "p[%zu] is not a probability", i);
        if (!isnan(p[i])) {
            q[m] = p[i];
            place[m++] = (uint32_t)i;
        }
    }
    enum tare_status st = tare_sort_index(q, m, order, scratch, err);
    if (st != TARE_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        adjusted[i] = p[i];
    for (size_t i = 0; i < m; i++)
        q[i] = adjusted[place[order[i]]];
    adjust_sorted(q, m, how);
    for (size_t i = 0; i < m; i++)
        adjusted[place[order[i]]] = q[i];
    if (family)
        *family = m;
    tare_arena_rewind(scratch, mark);
    return TARE_OK;
}

enum tare_status tare_romano_wolf(const double *observed, size_t m, const double *null_stats,
                                  size_t resamples, double *adjusted, struct tare_arena *scratch,
                                  struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    if (m == 0 || resamples == 0)
        return tare_fail(err, TARE_E_INPUT, "need statistics and resamples");
    enum tare_status st = tare_sample_check(observed, m, "observed", err);
    if (st == TARE_OK)
        st = tare_sample_check(null_stats, m * resamples, "null_stats", err);
    double *size = TARE_NEW_N(scratch, double, m), *most = TARE_NEW_N(scratch, double, resamples);
    uint32_t *order = TARE_NEW_N(scratch, uint32_t, m);
    if (st != TARE_OK)
        return st;
    if (!size || !most || !order)
        return tare__no_mem(err);
    for (size_t j = 0; j < m; j++)
        size[j] = fabs(observed[j]);
    st = tare_sort_index(size, m, order, scratch, err);
    if (st != TARE_OK)
        return st;
    /* from the weakest hypothesis up: the maximum over those still there grows by one each time */
    for (size_t i = 0; i < m; i++) {
        size_t j = order[i], reached = 0;
        for (size_t b = 0; b < resamples; b++) {
            most[b] = fmax(most[b], fabs(null_stats[b * m + j]));
            reached += most[b] >= size[j];
        }
        adjusted[j] = ((double)reached + 1) / ((double)resamples + 1);
    }
    for (size_t i = m; i-- > 1;)
        adjusted[order[i - 1]] = fmax(adjusted[order[i - 1]], adjusted[order[i]]);
    tare_arena_rewind(scratch, mark);
    return TARE_OK;
}
