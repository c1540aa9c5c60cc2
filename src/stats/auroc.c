#include "stats/auroc.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

/* DeLong's components: for each positive the share of negatives below it, and the reverse. */
struct components {
    double *v10, *v01;
    size_t n1, n0;
};

/* Mid-ranks among all less mid-ranks within the class give the components (Sun and Xu 2014). */
static enum tare_status find_components(const uint8_t *label, const double *score, size_t n,
                                        struct components *c, struct tare_arena *scratch,
                                        struct tare_err *err)
{
    double *s = TARE_NEW_N(scratch, double, n), *all = TARE_NEW_N(scratch, double, n);
    double *own = TARE_NEW_N(scratch, double, n), *rank = TARE_NEW_N(scratch, double, n);
    if (!s || !all || !own || !rank)
        return tare__no_mem(err);
    size_t p = 0, q = c->n1; /* positives first */
    for (size_t i = 0; i < n; i++)
        s[label[i] ? p++ : q++] = score[i];
    enum tare_status st = tare_mid_ranks(s, n, all, NULL, scratch, err);
    if (st == TARE_OK)
        st = tare_mid_ranks(s, c->n1, own, NULL, scratch, err);
    if (st == TARE_OK)
        st = tare_mid_ranks(s + c->n1, c->n0, own + c->n1, NULL, scratch, err);
    c->v10 = rank;
    c->v01 = rank + c->n1;
    for (size_t i = 0; st == TARE_OK && i < n; i++) {
        double others = all[i] - own[i];
        rank[i] = i < c->n1 ? others / (double)c->n0 : 1 - others / (double)c->n1;
    }
    return st;
}

static double covariance(const double *x, const double *y, size_t n)
{
    double mx = tare_mean(x, n), my = tare_mean(y, n), s = 0;
    for (size_t i = 0; i < n; i++)
        s += (x[i] - mx) * (y[i] - my);
    return s / (double)(n - 1);
}

static void summarise(const struct components *c, double confidence, struct tare_auroc *r)
{
    r->auc = tare_value(tare_mean(c->v10, c->n1));
    if (c->n1 < 2 || c->n0 < 2) {
        r->var = tare_no_value("a class has one member");
        r->ci = tare_no_interval(r->var.why);
        return;
    }
    double var = covariance(c->v10, c->v10, c->n1) / (double)c->n1 +
                 covariance(c->v01, c->v01, c->n0) / (double)c->n0;
    double half = tare__z_two(confidence) * sqrt(var);
    r->var = tare_value(var);
    r->degenerate = !(var > 0);
    r->ci = tare_interval(fmax(0, r->auc.v - half), fmin(1, r->auc.v + half));
}

static enum tare_status one_curve(const uint8_t *label, const double *score, size_t n,
                                  double confidence, struct components *c,
                                  struct tare_arena *scratch, struct tare_auroc *r,
                                  struct tare_err *err)
{
    enum tare_status st = tare_sample_check(score, n, "score", err);
    *c = (struct components){0};
    for (size_t i = 0; i < n; i++)
        c->n1 += label[i] != 0;
    c->n0 = n - c->n1;
    *r = (struct tare_auroc){.n1 = c->n1, .n0 = c->n0};
    if (st != TARE_OK)
        return st;
    if (c->n1 == 0 || c->n0 == 0) {
        r->auc = r->var = tare_no_value("one of the classes is absent");
        r->ci = tare_no_interval(r->auc.why);
        return TARE_OK;
    }
    st = find_components(label, score, n, c, scratch, err);
    if (st == TARE_OK)
        summarise(c, confidence, r);
    return st;
}

enum tare_status tare_auroc(const uint8_t *label, const double *score, size_t n, double confidence,
                            struct tare_arena *scratch, struct tare_auroc *out,
                            struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct components c;
    enum tare_status st = one_curve(label, score, n, confidence, &c, scratch, out, err);
    tare_arena_rewind(scratch, mark);
    return st;
}

enum tare_status tare_auroc_paired(const uint8_t *label, const double *score_a,
                                   const double *score_b, size_t n, double confidence,
                                   struct tare_arena *scratch, struct tare_auroc_pair *out,
                                   struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct components a, b;
    struct tare_auroc_pair r = {0};
    enum tare_status st = one_curve(label, score_a, n, confidence, &a, scratch, &r.a, err);
    if (st == TARE_OK)
        st = one_curve(label, score_b, n, confidence, &b, scratch, &r.b, err);
    if (st != TARE_OK)
        return st;
    if (r.a.var.why) {
        r.covariance = r.z = r.p = tare_no_value(r.a.var.why);
    } else {
        double cov = covariance(a.v10, b.v10, a.n1) / (double)a.n1 +
                     covariance(a.v01, b.v01, a.n0) / (double)a.n0;
        double var = r.a.var.v + r.b.var.v - 2 * cov, gap = r.a.auc.v - r.b.auc.v;
        const char *why = "the two scores rank alike: no variance of the difference";
        r.covariance = tare_value(cov);
        r.z = var > 0 ? tare_value(gap / sqrt(var)) : tare_no_value(why);
        r.p = var > 0 ? tare_value(2 * tare_norm_sf(fabs(r.z.v))) : tare_no_value(why);
    }
    tare_arena_rewind(scratch, mark);
    *out = r;
    return TARE_OK;
}
