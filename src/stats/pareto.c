#include "stats/pareto.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define QUADRATIC_MAX 20000

/* a is no worse than b everywhere and better somewhere; smaller is better in all coordinates. */
static bool dominates(const double *a, const double *b, uint32_t dims)
{
    bool better = false;
    for (uint32_t j = 0; j < dims; j++) {
        if (a[j] > b[j])
            return false;
        better = better || a[j] < b[j];
    }
    return better;
}

static void front_by_pairs(const double *p, const bool *valid, size_t n, uint32_t dims, bool *front)
{
    for (size_t i = 0; i < n; i++) {
        front[i] = valid[i];
        for (size_t k = 0; k < n && front[i]; k++)
            if (valid[k] && dominates(p + k * dims, p + i * dims, dims))
                front[i] = false;
    }
}

/* Two dimensions: from the smallest x up, a point stays when its y is below all before it of a
 * smaller x, and the smallest of its own x. */
static enum tare_status front_by_sort(const double *p, const bool *valid, size_t n, bool *front,
                                      struct tare_arena *scratch, struct tare_err *err)
{
    double *x = TARE_NEW_N(scratch, double, n), best = (double)INFINITY;
    uint32_t *order = TARE_NEW_N(scratch, uint32_t, n);
    if (!x || !order)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        x[i] = valid[i] ? p[2 * i] : (double)INFINITY;
    enum tare_status st = tare_sort_index(x, n, order, scratch, err);
    for (size_t i = 0, j; st == TARE_OK && i < n; i = j) {
        double least = (double)INFINITY;
        for (j = i; j < n && x[order[j]] == x[order[i]]; j++)
            if (valid[order[j]])
                least = fmin(least, p[2 * order[j] + 1]);
        for (size_t k = i; k < j; k++)
            front[order[k]] = valid[order[k]] && p[2 * order[k] + 1] == least && least < best;
        best = fmin(best, least);
    }
    return st;
}

enum tare_status tare_pareto(const double *point, size_t n, uint32_t dims,
                             const bool *higher_is_better, bool *on_front, size_t *excluded,
                             struct tare_arena *scratch, struct tare_err *err)
{
    if (dims == 0 || dims > TARE_PARETO_MAX_DIMS)
        return tare_fail(err, TARE_E_INPUT, "between 1 and %d coordinates", TARE_PARETO_MAX_DIMS);
    if (dims != 2 && n > QUADRATIC_MAX)
        return tare_fail(err, TARE_E_LIMIT, "at most %d points in other than 2 dimensions",
                         QUADRATIC_MAX);
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *p = TARE_NEW_N(scratch, double, n *dims);
    bool *valid = TARE_NEW_N(scratch, bool, n);
    size_t out = 0;
    if (!p || !valid)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++) {
        valid[i] = true;
        for (uint32_t j = 0; j < dims; j++) {
            double v = point[i * dims + j];
            p[i * dims + j] = higher_is_better[j] ? -v : v;
            valid[i] = valid[i] && !isnan(v);
        }
        out += !valid[i];
    }
    enum tare_status st = TARE_OK;
    if (dims == 2)
        st = front_by_sort(p, valid, n, on_front, scratch, err);
    else
        front_by_pairs(p, valid, n, dims, on_front);
    if (excluded)
        *excluded = out;
    tare_arena_rewind(scratch, mark);
    return st;
}
