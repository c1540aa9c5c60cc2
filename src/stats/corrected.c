#include "stats/corrected.h"
#include "stats/cluster.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char no_good[] = "no labelled answer is good: sensitivity is unknown";
static const char no_bad[] = "no labelled answer is bad: specificity is unknown";
static const char no_better[] = "the labels do not show that the check tells good from bad";
static const char no_rate[] = "the check judged nothing";
static const char too_few[] = "one task: nothing to compare it with";

/* What all parts of an estimate share. */
struct frame {
    const uint32_t *cluster; /* or NULL */
    size_t n;                /* rows */
    double confidence;
    bool *counted; /* n: every side has a rate */
    size_t tasks;  /* of them */
    double *x, *y; /* n each, for the work */
    struct tare_arena *scratch;
};

/* One side, and how its estimate moves. */
struct side {
    const struct tare_labelled *rows;
    double sign;
    double rate, s, c;    /* s and c with one label added to each cell */
    double good, bad;     /* labels of each kind */
    double value, youden; /* from s and c */
};

static enum tare_status open_frame(struct frame *f, const struct tare_labelled *a,
                                   const struct tare_labelled *b, struct tare_err *err)
{
    f->counted = TARE_NEW_N(f->scratch, bool, f->n + 1);
    f->x = TARE_NEW_N(f->scratch, double, f->n + 1);
    f->y = TARE_NEW_N(f->scratch, double, f->n + 1);
    if (!f->counted || !f->x || !f->y)
        return tare__no_mem(err);
    for (size_t i = 0; i < f->n; i++) {
        f->counted[i] = !isnan(a[i].rate) && !isnan(b[i].rate);
        f->tasks += f->counted[i];
    }
    return TARE_OK;
}

static void add_up(const struct tare_labelled *rows, size_t n, struct tare_corrected *out)
{
    for (size_t i = 0; i < n; i++) {
        out->sensitivity.k += rows[i].tp;
        out->sensitivity.n += rows[i].tp + rows[i].fn;
        out->specificity.k += rows[i].tn;
        out->specificity.n += rows[i].tn + rows[i].fp;
    }
}

/* Whether sensitivity + specificity is above 1 beyond doubt: below, the denominator may as well be
 * 0. */
static bool better_than_chance(const struct tare_corrected *e)
{
    struct tare_interval s = tare_agresti_coull(e->sensitivity, 0.95);
    struct tare_interval c = tare_agresti_coull(e->specificity, 0.95);
    return e->youden > hypot(s.hi - s.lo, c.hi - c.lo) / 2;
}

/* The estimate itself; out->value says why there is none. */
static void estimate(const struct frame *f, const struct tare_labelled *rows,
                     struct tare_corrected *out)
{
    *out = (struct tare_corrected){.rate = (double)NAN, .youden = (double)NAN, .tasks = f->tasks};
    double sum = 0;
    add_up(rows, f->n, out);
    for (size_t i = 0; i < f->n; i++)
        sum += f->counted[i] ? rows[i].rate : 0;
    const struct tare_count *s = &out->sensitivity, *c = &out->specificity;
    const char *why = !out->tasks ? no_rate : !s->n ? no_good : !c->n ? no_bad : NULL;
    if (out->tasks)
        out->rate = sum / (double)out->tasks;
    if (s->n && c->n)
        out->youden = (double)s->k / (double)s->n + (double)c->k / (double)c->n - 1;
    if (!why && !better_than_chance(out))
        why = no_better;
    out->value = tare_no_value(why);
    out->ci = tare_no_interval(why);
    if (why)
        return;
    double x = (out->rate + (double)c->k / (double)c->n - 1) / out->youden;
    out->cut = x < 0 || x > 1;
    out->value = tare_value(fmin(1, fmax(0, x)));
}

static struct side side_of(const struct tare_labelled *rows, const struct tare_corrected *e,
                           double sign)
{
    struct side d = {.rows = rows, .sign = sign, .rate = e->rate};
    d.good = (double)e->sensitivity.n;
    d.bad = (double)e->specificity.n;
    d.s = ((double)e->sensitivity.k + 1) / (d.good + 2);
    d.c = ((double)e->specificity.k + 1) / (d.bad + 2);
    d.youden = d.s + d.c - 1;
    d.value = (d.rate + d.c - 1) / d.youden;
    return d;
}

enum part { PART_RATE = 0, PART_SENSITIVITY, PART_SPECIFICITY };

/* What row i adds to the side's estimate through one part. */
static double influence(const struct frame *f, const struct side *d, enum part part, size_t i)
{
    const struct tare_labelled *r = &d->rows[i];
    double good = (double)r->tp + r->fn, bad = (double)r->tn + r->fp;
    double x = 0;
    if (part == PART_RATE)
        x = f->counted[i] ? (r->rate - d->rate) / (double)f->tasks : 0;
    else if (part == PART_SENSITIVITY)
        x = -d->value * (r->tp - d->s * good) / d->good;
    else
        x = (1 - d->value) * (r->tn - d->c * bad) / d->bad;
    return d->sign * x / d->youden;
}

/* The variance, and its parts for the degrees of freedom. */
struct spread {
    double total;
    double parts, squares; /* sum of parts, sum of part^2 / df */
};

static void add_part(struct spread *v, double part, double df)
{
    v->parts += part;
    v->squares += part * part / fmax(1, df);
}

/* Sum of squares of the sums of x by cluster, and how many there are. */
static enum tare_status squares(const struct frame *f, const double *x, double *out, double *groups,
                                struct tare_err *err)
{
    double sum = 0;
    *groups = (double)f->tasks;
    for (size_t i = 0; i < f->n; i++)
        sum += x[i] * x[i];
    *out = sum;
    if (!f->cluster)
        return TARE_OK;
    struct tare_cluster_totals t;
    struct tare_arena_mark mark = tare_arena_mark(f->scratch);
    enum tare_status st = tare_cluster_totals(x, f->cluster, f->n, f->scratch, &t, err);
    if (st != TARE_OK)
        return st;
    sum = 0;
    for (size_t i = 0; i < t.clusters; i++)
        sum += t.sum[i] * t.sum[i];
    *groups = (double)t.clusters;
    *out = sum;
    tare_arena_rewind(f->scratch, mark);
    return TARE_OK;
}

/* Through sensitivity or specificity alone: how far the spread between tasks falls short of
 * binomial variance is added to the total. */
static enum tare_status one_rate(const struct frame *f, const struct side *d, enum part part,
                                 struct spread *v, struct tare_err *err)
{
    bool s = part == PART_SENSITIVITY;
    double p = s ? d->s : d->c, labels = s ? d->good : d->bad, seen, groups;
    double slope = (s ? d->value : 1 - d->value) / d->youden;
    double least = slope * slope * p * (1 - p) / (labels + 2);
    for (size_t i = 0; i < f->n; i++)
        f->x[i] = influence(f, d, part, i);
    enum tare_status st = squares(f, f->x, &seen, &groups, err);
    v->total += fmax(0, least - seen);
    add_part(v, fmax(seen, least), labels - 1);
    return st;
}

/* Limits of the sum of the sides, each with its sign. */
static enum tare_status limits(const struct frame *f, const struct side *sides, size_t n_sides,
                               struct tare_interval *out, struct tare_err *err)
{
    double centre = 0, seen, all, groups;
    struct spread v = {0};
    enum tare_status st = TARE_OK;
    for (size_t k = 0; k < n_sides && st == TARE_OK; k++) {
        centre += sides[k].sign * sides[k].value;
        st = one_rate(f, &sides[k], PART_SENSITIVITY, &v, err);
        if (st == TARE_OK)
            st = one_rate(f, &sides[k], PART_SPECIFICITY, &v, err);
    }
    for (size_t i = 0; i < f->n; i++) {
        f->x[i] = f->y[i] = 0;
        for (size_t k = 0; k < n_sides; k++) {
            f->x[i] += influence(f, &sides[k], PART_RATE, i);
            f->y[i] += influence(f, &sides[k], PART_SENSITIVITY, i) +
                       influence(f, &sides[k], PART_SPECIFICITY, i);
        }
        f->y[i] += f->x[i];
    }
    if (st == TARE_OK)
        st = squares(f, f->x, &seen, &groups, err);
    if (st == TARE_OK)
        st = squares(f, f->y, &all, &groups, err);
    if (st != TARE_OK)
        return st;
    if (groups < 2) {
        *out = tare_no_interval(too_few);
        return TARE_OK;
    }
    add_part(&v, seen * groups / (groups - 1), groups - 1);
    v.total += all * groups / (groups - 1);
    double df = v.squares > 0 ? v.parts * v.parts / v.squares : groups - 1;
    double half = tare_t_quantile((1 + f->confidence) / 2, df) * sqrt(v.total);
    *out = tare_interval(centre - half, centre + half);
    return TARE_OK;
}

static void cut(struct tare_interval *ci, double lo, double hi)
{
    if (ci->why)
        return;
    ci->lo = fmin(hi, fmax(lo, ci->lo));
    ci->hi = fmax(lo, fmin(hi, ci->hi));
}

static enum tare_status alone(const struct frame *f, const struct tare_labelled *rows,
                              struct tare_corrected *out, struct tare_err *err)
{
    if (out->value.why)
        return TARE_OK;
    struct side d = side_of(rows, out, 1);
    enum tare_status st = limits(f, &d, 1, &out->ci, err);
    cut(&out->ci, 0, 1);
    return st;
}

enum tare_status tare_corrected_rate(const struct tare_labelled *rows, const uint32_t *cluster,
                                     size_t n, double confidence, struct tare_arena *scratch,
                                     struct tare_corrected *out, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct frame f = {.cluster = cluster, .n = n, .confidence = confidence, .scratch = scratch};
    enum tare_status st = open_frame(&f, rows, rows, err);
    if (st == TARE_OK) {
        estimate(&f, rows, out);
        st = alone(&f, rows, out, err);
    }
    tare_arena_rewind(scratch, mark);
    return st;
}

/* The difference of two sides that have estimates. */
static enum tare_status contrast(const struct frame *f, const struct tare_labelled *a,
                                 const struct tare_labelled *b, struct tare_corrected_diff *out,
                                 struct tare_err *err)
{
    const char *why = out->a.value.why ? out->a.value.why : out->b.value.why;
    out->value = tare_no_value(why);
    out->ci = tare_no_interval(why);
    if (why)
        return TARE_OK;
    struct side sides[2] = {side_of(a, &out->a, -1), side_of(b, &out->b, 1)};
    out->value = tare_value(out->b.value.v - out->a.value.v);
    enum tare_status st = limits(f, sides, 2, &out->ci, err);
    cut(&out->ci, -1, 1);
    return st;
}

enum tare_status tare_corrected_diff(const struct tare_labelled *a, const struct tare_labelled *b,
                                     const uint32_t *cluster, size_t n, double confidence,
                                     struct tare_arena *scratch, struct tare_corrected_diff *out,
                                     struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct frame f = {.cluster = cluster, .n = n, .confidence = confidence, .scratch = scratch};
    enum tare_status st = open_frame(&f, a, b, err);
    if (st != TARE_OK)
        return st;
    estimate(&f, a, &out->a);
    estimate(&f, b, &out->b);
    out->p_sensitivity = tare_fisher_exact(out->a.sensitivity, out->b.sensitivity);
    out->p_specificity = tare_fisher_exact(out->a.specificity, out->b.specificity);
    st = alone(&f, a, &out->a, err);
    if (st == TARE_OK)
        st = alone(&f, b, &out->b, err);
    if (st == TARE_OK)
        st = contrast(&f, a, b, out, err);
    tare_arena_rewind(scratch, mark);
    return st;
}
