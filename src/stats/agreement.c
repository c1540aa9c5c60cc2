#include "stats/agreement.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define CATEGORIES_MAX 1000

static const char one_category[] = "only one category was used: 0/0";

/* Ascending distinct values of x (NaN skipped), in the arena. */
static enum tare_status distinct(const double *x, size_t n, double **out, size_t *q,
                                 struct tare_arena *arena, struct tare_err *err)
{
    double *v = TARE_NEW_N(arena, double, n);
    size_t m = 0, k = 0;
    if (!v)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            v[m++] = x[i];
    tare_sort(v, m);
    for (size_t i = 0; i < m; i++)
        if (k == 0 || v[i] != v[k - 1])
            v[k++] = v[i];
    if (k > CATEGORIES_MAX)
        return tare_fail(err, TARE_E_LIMIT, "more than %d categories", CATEGORIES_MAX);
    *out = v;
    *q = k;
    return TARE_OK;
}

/* Position of x in ascending v, or q. */
static size_t rank_of(const double *v, size_t q, double x)
{
    size_t lo = 0, hi = q;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (v[mid] < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < q && v[lo] == x ? lo : q;
}

/* Shares: table[i * q + j], margins of rater 1 and 2. */
struct cross {
    const double *table, *m1, *m2;
    size_t q;
    double n;
};

/* power 0: all disagreements weigh the same; 1: distance of ranks; 2: its square. */
static struct tare_value weighted_kappa(const struct cross *c, int power)
{
    double seen = 0, chance = 0;
    for (size_t i = 0; i < c->q; i++)
        for (size_t j = 0; j < c->q; j++) {
            double gap = i > j ? (double)(i - j) : (double)(j - i);
            double w = power == 0 ? i != j : power == 1 ? gap : gap * gap;
            seen += w * c->table[i * c->q + j];
            chance += w * c->m1[i] * c->m2[j];
        }
    return chance > 0 ? tare_value(1 - seen / chance) : tare_no_value(one_category);
}

/* Large-sample variance of Cohen's kappa: Fleiss, Cohen and Everitt 1969, equation 13. */
static struct tare_value kappa_error(const struct cross *c, double kappa)
{
    double a = 0, b = 0, pe = 0;
    for (size_t i = 0; i < c->q; i++)
        pe += c->m1[i] * c->m2[i];
    if (pe >= 1)
        return tare_no_value(one_category);
    for (size_t i = 0; i < c->q; i++)
        for (size_t j = 0; j < c->q; j++) {
            double p = c->table[i * c->q + j];
            if (i == j) {
                double t = 1 - (c->m1[i] + c->m2[i]) * (1 - kappa);
                a += p * t * t;
            } else {
                double t = c->m2[i] + c->m1[j];
                b += p * t * t;
            }
        }
    double d = kappa - pe * (1 - kappa);
    double var = (a + (1 - kappa) * (1 - kappa) * b - d * d) / ((1 - pe) * (1 - pe) * c->n);
    return tare_value(sqrt(fmax(0, var)));
}

static struct tare_value beyond_chance(double seen, double chance)
{
    return chance < 1 ? tare_value((seen - chance) / (1 - chance)) : tare_no_value(one_category);
}

static void coefficients(const struct cross *c, double confidence, struct tare_two_raters *r)
{
    double pi = 0, ac = 0;
    for (size_t i = 0; i < c->q; i++) {
        double m = (c->m1[i] + c->m2[i]) / 2;
        r->agreement += c->table[i * c->q + i];
        pi += m * m;
        ac += m * (1 - m);
    }
    r->kappa = weighted_kappa(c, 0);
    r->kappa_linear = weighted_kappa(c, 1);
    r->kappa_quadratic = weighted_kappa(c, 2);
    r->scott_pi = beyond_chance(r->agreement, pi);
    r->gwet_ac1 = c->q > 1 ? beyond_chance(r->agreement, ac / ((double)c->q - 1))
                           : tare_no_value(one_category);
    r->kappa_se = r->kappa.why ? tare_no_value(r->kappa.why) : kappa_error(c, r->kappa.v);
    double half = tare__z_two(confidence) * r->kappa_se.v;
    r->kappa_ci = r->kappa_se.why ? tare_no_interval(r->kappa_se.why)
                                  : tare_interval(r->kappa.v - half, r->kappa.v + half);
}

enum tare_status tare_two_raters(const double *r1, const double *r2, size_t n, const double *scale,
                                 size_t n_scale, double confidence, struct tare_arena *scratch,
                                 struct tare_two_raters *out, struct tare_err *err)
{
    enum tare_status st = n ? TARE_OK : tare_fail(err, TARE_E_INPUT, "no data");
    if (st == TARE_OK)
        st = tare_sample_check(r1, n, "rater1", err);
    if (st == TARE_OK)
        st = tare_sample_check(r2, n, "rater2", err);
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *both = TARE_NEW_N(scratch, double, 2 * n + n_scale), *label = NULL;
    size_t q = 0;
    if (st != TARE_OK)
        return st;
    if (!both)
        return tare__no_mem(err);
    memcpy(both, r1, n * sizeof *both);
    memcpy(both + n, r2, n * sizeof *both);
    if (scale)
        memcpy(both + 2 * n, scale, n_scale * sizeof *both);
    st = distinct(both, 2 * n + (scale ? n_scale : 0), &label, &q, scratch, err);
    if (st != TARE_OK)
        return st;
    double *table = TARE_NEW_N(scratch, double, q *q), *m = TARE_NEW_N(scratch, double, 2 * q);
    if (!table || !m)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        table[rank_of(label, q, r1[i]) * q + rank_of(label, q, r2[i])] += 1;
    for (size_t i = 0; i < q * q; i++) {
        table[i] /= (double)n;
        m[i / q] += table[i];
        m[q + i % q] += table[i];
    }
    struct tare_two_raters r = {.n = n, .categories = q};
    coefficients(&(struct cross){table, m, m + q, q, (double)n}, confidence, &r);
    tare_arena_rewind(scratch, mark);
    *out = r;
    return TARE_OK;
}

enum tare_status tare_fleiss_kappa(const double *counts, size_t items, size_t q,
                                   struct tare_value *out, struct tare_err *err)
{
    double raters = 0, seen = 0, chance = 0;
    if (items == 0 || q == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    for (size_t j = 0; j < q; j++)
        raters += counts[j];
    for (size_t i = 0; i < items; i++) {
        double sum = 0, same = 0;
        for (size_t j = 0; j < q; j++) {
            double c = counts[i * q + j];
            sum += c;
            same += c * (c - 1);
        }
        if (sum != raters || !(raters >= 2))
            return tare_fail_at(err, TARE_E_INPUT, i,
                                "item %zu has %g ratings; every item needs the same number, at "
                                "least 2",
                                i, sum);
        seen += same / (raters * (raters - 1));
    }
    for (size_t j = 0; j < q; j++) {
        double p = 0;
        for (size_t i = 0; i < items; i++)
            p += counts[i * q + j];
        p /= raters * (double)items;
        chance += p * p;
    }
    *out = beyond_chance(seen / (double)items, chance);
    return TARE_OK;
}

/* Krippendorff 2011: coincidences of labels within units. */
struct coincidence {
    const double *label;
    double *o, *margin; /* o[c * q + k] */
    size_t q;
    double n;
};

static void add_unit(struct coincidence *c, const double *rating, size_t raters, size_t units,
                     size_t u)
{
    size_t m = 0;
    for (size_t r = 0; r < raters; r++)
        m += isnan(rating[r * units + u]) ? 0u : 1u;
    if (m < 2)
        return;
    for (size_t r = 0; r < raters; r++)
        for (size_t s = 0; s < raters; s++) {
            double a = rating[r * units + u], b = rating[s * units + u];
            if (r == s || isnan(a) || isnan(b))
                continue;
            size_t i = rank_of(c->label, c->q, a), j = rank_of(c->label, c->q, b);
            c->o[i * c->q + j] += 1 / (double)(m - 1);
        }
    c->n += (double)m;
}

enum distance { NOMINAL, ORDINAL, INTERVAL, RATIO };

static double square_distance(const struct coincidence *c, size_t i, size_t j, enum distance d)
{
    double a = c->label[i], b = c->label[j], gap = 0;
    switch (d) {
    case NOMINAL:
        return i != j;
    case INTERVAL:
        return (a - b) * (a - b);
    case RATIO:
        return i == j ? 0 : (a - b) / (a + b) * ((a - b) / (a + b));
    case ORDINAL:
        for (size_t g = i < j ? i : j; g <= (i < j ? j : i); g++)
            gap += c->margin[g];
        gap -= (c->margin[i] + c->margin[j]) / 2;
        return gap * gap;
    }
    return 0;
}

static struct tare_value alpha(const struct coincidence *c, enum distance d)
{
    double seen = 0, chance = 0;
    for (size_t i = 0; i < c->q; i++) {
        if (d == RATIO && c->label[i] < 0)
            return tare_no_value("a ratio scale has no negative labels");
        for (size_t j = 0; j < c->q; j++) {
            double w = square_distance(c, i, j, d);
            seen += w * c->o[i * c->q + j];
            chance += w * c->margin[i] * c->margin[j];
        }
    }
    if (!(chance > 0))
        return tare_no_value("the ratings do not vary: 0/0");
    return tare_value(1 - (c->n - 1) * seen / chance);
}

enum tare_status tare_krippendorff(const double *rating, size_t raters, size_t units,
                                   struct tare_arena *scratch, struct tare_krippendorff *out,
                                   struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct coincidence c = {0};
    double *label = NULL;
    for (size_t i = 0; i < raters * units; i++)
        if (isinf(rating[i]))
            return tare_fail_at(err, TARE_E_INPUT, i, "rating[%zu] is infinite", i);
    enum tare_status st = distinct(rating, raters * units, &label, &c.q, scratch, err);
    if (st != TARE_OK)
        return st;
    c.label = label;
    c.o = TARE_NEW_N(scratch, double, c.q *c.q);
    c.margin = TARE_NEW_N(scratch, double, c.q);
    if (!c.o || !c.margin)
        return tare__no_mem(err);
    for (size_t u = 0; u < units; u++)
        add_unit(&c, rating, raters, units, u);
    for (size_t i = 0; i < c.q * c.q; i++)
        c.margin[i / c.q] += c.o[i];
    *out = (struct tare_krippendorff){.nominal = alpha(&c, NOMINAL),
                                      .ordinal = alpha(&c, ORDINAL),
                                      .interval = alpha(&c, INTERVAL),
                                      .ratio = alpha(&c, RATIO),
                                      .pairable = (size_t)c.n};
    tare_arena_rewind(scratch, mark);
    return TARE_OK;
}
