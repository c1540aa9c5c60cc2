/*
 * The exact bootstrap of several independent samples: strata, and two groups of passes.
 */
#include "stats/bootstrap_exact_int.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define STRATA_WORK 400000000.0 /* multiplications of one convolution */
#define SLACK 1e-14

/* Sum of two independent sums, on the finer common lattice of stride 1 unless both agree. */
static enum tare_status add_independent(struct tare_lattice_dist *a,
                                        const struct tare_lattice_dist *b, struct tare_arena *arena,
                                        struct tare_err *err)
{
    int64_t stride = a->n_points == 1 ? b->stride : b->n_points == 1 ? a->stride : 1;
    if (a->stride == b->stride)
        stride = a->stride;
    size_t fa = (size_t)(a->stride / stride), fb = (size_t)(b->stride / stride);
    fa = fa ? fa : 1;
    fb = fb ? fb : 1;
    size_t n = (a->n_points - 1) * fa + (b->n_points - 1) * fb + 1;
    if ((double)a->n_points * (double)b->n_points > STRATA_WORK)
        return tare_fail(err, TARE_E_LIMIT, "the strata are too large for the exact bootstrap");
    double *pmf = TARE_NEW_N(arena, double, n);
    if (!pmf)
        return tare__no_mem(err);
    for (size_t i = 0; i < a->n_points; i++)
        for (size_t j = 0; j < b->n_points; j++)
            pmf[i * fa + j * fb] += a->pmf[i] * b->pmf[j];
    a->pmf = pmf;
    a->n_points = n;
    a->stride = stride;
    a->lo += b->lo;
    return TARE_OK;
}

/* Central sums of one stratum about its own mean. */
static void own_moments(const int32_t *x, size_t n, double *m2, double *m3)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    for (size_t i = 0; i < n; i++) {
        double u = x[i] - sum / (double)n;
        *m2 += u * u;
        *m3 += u * u * u;
    }
}

enum tare_status tare_exact_stratified(const int32_t *d, const uint32_t *stratum, size_t n,
                                       uint32_t n_strata, double step, struct tare_arena *arena,
                                       struct tare_lattice_dist *out, struct tare_err *err)
{
    struct tare_lattice_dist r = {.n_points = 0};
    int32_t *part = TARE_NEW_N(arena, int32_t, n);
    double m2 = 0, m3 = 0;
    if (!part)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        if (stratum[i] >= n_strata)
            return tare_fail_at(err, TARE_E_INPUT, i, "stratum[%zu] is out of range", i);
    for (uint32_t h = 0; h < n_strata; h++) {
        size_t m = 0;
        struct tare_lattice_dist one;
        for (size_t i = 0; i < n; i++)
            if (stratum[i] == h)
                part[m++] = d[i];
        if (m == 0)
            continue;
        enum tare_status st = tare_exact_multinomial(part, m, step, arena, &one, err);
        if (st != TARE_OK)
            return st;
        own_moments(part, m, &m2, &m3);
        int64_t observed = r.observed + one.observed;
        double abs_error = r.abs_error + one.abs_error;
        if (r.n_points == 0)
            r = one;
        else
            st = add_independent(&r, &one, arena, err);
        if (st != TARE_OK)
            return st;
        r.observed = observed;
        r.abs_error = abs_error;
    }
    if (r.n_points == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    r.n = n;
    r.step = step;
    r.method = "convolution of strata";
    r.sd = step * sqrt(m2) / (double)n;
    r.accel = m2 > 0 ? tare_value(m3 / (6 * m2 * sqrt(m2)))
                     : tare_no_value("no stratum has differences that differ");
    enum tare_status st = tare__lattice_finish(&r, arena, err);
    if (st == TARE_OK)
        *out = r;
    return st;
}

struct two_groups {
    int64_t na, nb;
    const double *mass_a, *below_b; /* mass of a's passes; P(b's passes <= j) */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* P(nb-scaled difference j na - i nb <= v). */
static double difference_cdf(const struct two_groups *g, int64_t v)
{
    double sum = 0;
    for (int64_t i = 0; i <= g->na; i++) {
        int64_t j = floor_div(v + i * g->nb, g->na);
        if (j >= 0)
            sum += g->mass_a[i] * g->below_b[j < g->nb ? j : g->nb];
    }
    return sum;
}

/* Smallest v with F(v) >= p; F jumps only at attained differences, so v is one of them. */
static double difference_quantile(const struct two_groups *g, double p)
{
    int64_t lo = -g->na * g->nb, hi = g->na * g->nb;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (difference_cdf(g, mid) >= p - SLACK)
            hi = mid;
        else
            lo = mid + 1;
    }
    return (double)lo / ((double)g->na * (double)g->nb);
}

static double *group_masses(struct tare_count c, bool cumulative, struct tare_arena *arena)
{
    double *m = TARE_NEW_N(arena, double, c.n + 1), sum = 0;
    if (!m)
        return NULL;
    if (c.k == 0 || c.k == c.n)
        m[c.k] = 1;
    else
        tare__binom_table(c.n, (double)c.k / (double)c.n, m);
    for (uint64_t i = 0; cumulative && i <= c.n; i++)
        m[i] = sum += m[i];
    return m;
}

enum tare_status tare_exact_unpaired_binary(struct tare_count a, struct tare_count b,
                                            double confidence, struct tare_arena *arena,
                                            struct tare_exact_unpaired *out, struct tare_err *err)
{
    if (a.n == 0 || b.n == 0)
        return tare_fail(err, TARE_E_INPUT, "no trials on one side");
    if (a.k > a.n || b.k > b.n)
        return tare_fail(err, TARE_E_INPUT, "more passes than trials");
    if (a.n > TARE_MAX_EXACT_GROUP || b.n > TARE_MAX_EXACT_GROUP)
        return tare_fail(err, TARE_E_LIMIT, "more than %u trials on one side",
                         TARE_MAX_EXACT_GROUP);
    struct tare_arena_mark mark = tare_arena_mark(arena);
    struct two_groups g = {(int64_t)a.n, (int64_t)b.n, group_masses(a, false, arena),
                           group_masses(b, true, arena)};
    if (!g.mass_a || !g.below_b)
        return tare__no_mem(err);
    double na = (double)a.n, nb = (double)b.n, pa = (double)a.k / na, pb = (double)b.k / nb;
    double tail = (1 - confidence) / 2;
    *out = (struct tare_exact_unpaired){
        .diff = pb - pa,
        .sd = sqrt(pa * (1 - pa) / na + pb * (1 - pb) / nb),
        .percentile =
            tare_interval(difference_quantile(&g, tail), difference_quantile(&g, 1 - tail)),
        .p_le_0 = fmin(1, difference_cdf(&g, 0)),
    };
    tare_arena_rewind(arena, mark);
    return TARE_OK;
}
