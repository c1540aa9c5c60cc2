#include "decide/compare_int.h"

#include <math.h>

#include "base/banned.h"

/* What a missing attempt is taken for on each side: the worst score or the best. */
struct reading {
    const char *name;
    bool a_best, b_best;
};

static const struct reading readings[] = {
    {"what is missing counts against B", true, false},
    {"what is missing counts against A", false, true},
    {"what is missing counts as failed", false, false},
};

struct fill {
    double worst, best;
    double den_a, den_b; /* ratios: usual denominator of an attempt */
};

/* Usual denominator of one attempt of a side, 1 when there is none. */
static double usual_den(const double *den, const uint32_t *k, size_t n)
{
    double sum = 0, attempts = 0;
    for (size_t i = 0; den && i < n; i++) {
        sum += den[i];
        attempts += k[i];
    }
    return attempts > 0 && sum > 0 ? sum / attempts : 1;
}

/* Adds `missing` attempts of score x to the mean of k attempts. */
static void fill_side(double *mean, uint32_t *k, double *num, double *den, uint32_t missing,
                      double x, double usual)
{
    if (missing == 0)
        return;
    if (num) {
        num[0] += x * usual * missing;
        den[0] += usual * missing;
        mean[0] = num[0] / den[0];
    } else {
        double sum = *k ? mean[0] * *k : 0;
        mean[0] = (sum + x * missing) / (*k + missing);
    }
    *k += missing;
}

/* The attempts of a side with `missing` of value x behind them. */
static bool fill_tries(const double **tries, uint32_t k, uint32_t missing, double x,
                       struct tare_arena *arena)
{
    if (missing == 0)
        return true;
    double *all = TARE_NEW_N(arena, double, k + missing);
    for (uint32_t i = 0; all && i < k + missing; i++)
        all[i] = i < k ? (*tries)[i] : x;
    *tries = all;
    return all != NULL;
}

static void fill_pair(const struct tare__joined *j, const struct reading *r, const struct fill *f,
                      size_t i, struct tare__pairs *to)
{
    tare__pairs_add(to, &j->all, i);
    size_t at = to->n - 1;
    double *num_a = to->num_a ? to->num_a + at : NULL, *den_a = num_a ? to->den_a + at : NULL;
    double *num_b = to->num_b ? to->num_b + at : NULL, *den_b = num_b ? to->den_b + at : NULL;
    fill_side(to->a + at, to->k_a + at, num_a, den_a, j->miss_a[i], r->a_best ? f->best : f->worst,
              f->den_a);
    fill_side(to->b + at, to->k_b + at, num_b, den_b, j->miss_b[i], r->b_best ? f->best : f->worst,
              f->den_b);
    /* Where the question did not arise on one side nothing can be filled in. */
    if (!num_a && (isnan(to->a[at]) || isnan(to->b[at])))
        to->n--;
}

static enum tare_status read_one(const struct tare__look *look, const struct tare__joined *joined,
                                 const struct reading *r, const struct fill *f,
                                 struct tare_arena *arena, struct tare_reading *out,
                                 struct tare_err *err)
{
    struct tare__pairs p;
    if (!tare__pairs_room(arena, joined->all.n, look->ratio, joined->all.cluster != NULL, &p))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the worst cases");
    bool tries = joined->all.x_a != NULL, good = true;
    if (tries && !tare__pairs_tries(arena, joined->all.n, &p))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the worst cases");
    for (size_t i = 0; i < joined->all.n; i++) {
        size_t before = p.n;
        fill_pair(joined, r, f, i, &p);
        if (!tries || p.n == before)
            continue;
        good = good &&
               fill_tries(&p.x_a[before], joined->all.k_a[i], joined->miss_a[i],
                          r->a_best ? f->best : f->worst, arena) &&
               fill_tries(&p.x_b[before], joined->all.k_b[i], joined->miss_b[i],
                          r->b_best ? f->best : f->worst, arena);
    }
    if (!good)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the worst cases");
    struct tare_evidence ev;
    enum tare_status st = tare__evidence(look, &p, arena, &ev, NULL, err);
    *out = (struct tare_reading){.name = r->name,
                                 .n = ev.n,
                                 .diff = ev.diff,
                                 .ci = ev.ci,
                                 .ci_narrow = ev.ci_narrow,
                                 .p = ev.p};
    return st;
}

enum tare_status tare__readings(const struct tare__look *look, const struct tare__joined *joined,
                                double worst, double best, struct tare_arena *arena,
                                struct tare_compare *out, struct tare_err *err)
{
    if (!joined->any_missing || joined->all.n == 0)
        return TARE_OK;
    uint32_t n = out->cause_known ? 2 : 3;
    struct tare_reading *r = TARE_NEW_N(arena, struct tare_reading, n);
    if (!r)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the worst cases");
    struct fill f = {.worst = worst, .best = best};
    f.den_a = usual_den(joined->all.den_a, joined->all.k_a, joined->all.n);
    f.den_b = usual_den(joined->all.den_b, joined->all.k_b, joined->all.n);
    for (uint32_t i = 0; i < n; i++) {
        enum tare_status st = read_one(look, joined, &readings[i], &f, arena, &r[i], err);
        if (st)
            return st;
    }
    out->readings = r;
    out->n_readings = n;
    return TARE_OK;
}
