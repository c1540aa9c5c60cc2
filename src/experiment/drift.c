/* Adherence over turns, arm by arm. */
#include "experiment/drift.h"

#include <math.h>
#include <stdlib.h>

#include "experiment/drift_int.h"
#include "stats/cluster.h"
#include "stats/multiplicity.h"
#include "stats/sample.h"

#include "base/banned.h"

#define SEEDS_FOR_SPREAD 10

static uint8_t pass_at(const struct tare_drift_run *r, uint32_t turn, uint32_t rule)
{
    return r->pass[(size_t)turn * r->n_rules + rule];
}

static void add(struct tare_count *c, uint8_t outcome)
{
    c->k += outcome == TARE_DRIFT_PASS;
    c->n += outcome != TARE_DRIFT_NA;
}

struct tare_count tare__drift_kept(const struct tare_drift_run *r, uint32_t turn)
{
    struct tare_count c = {0};
    for (uint32_t k = 0; k < r->n_rules; k++)
        add(&c, pass_at(r, turn, k));
    return c;
}

/* Share of rules kept in a whole run; NaN: none applied. */
static double score(const struct tare_drift_run *r)
{
    struct tare_count all = {0};
    for (uint32_t t = 0; t < r->n_turns; t++) {
        struct tare_count c = tare__drift_kept(r, t);
        all.k += c.k;
        all.n += c.n;
    }
    return all.n ? (double)all.k / (double)all.n : (double)NAN;
}

static void follow(struct tare_drift_row *row, const struct tare_drift_run *r)
{
    for (uint32_t k = 0; k < r->n_rules; k++)
        for (uint32_t t = 0; t + 1 < r->n_turns; t++) {
            uint8_t now = pass_at(r, t, k), next = pass_at(r, t + 1, k);
            if (now == TARE_DRIFT_NA || next == TARE_DRIFT_NA)
                continue;
            struct tare_count *c =
                now == TARE_DRIFT_FAIL ? &row->contagion_after_fail : &row->contagion_after_pass;
            c->k += next == TARE_DRIFT_FAIL;
            c->n++;
            if (now == TARE_DRIFT_FAIL)
                add(&row->recovery, next);
        }
}

/* Turn of the first violation, n_turns when there is none. */
static uint32_t first_violation(const struct tare_drift_run *r)
{
    uint32_t t = 0;
    for (; t < r->n_turns; t++) {
        struct tare_count c = tare__drift_kept(r, t);
        if (c.k < c.n)
            break;
    }
    return t;
}

/* Kaplan-Meier: a conversation that ends without a violation is censored after its last turn. */
static void survival(const struct tare__drift_arm *a, struct tare_drift_row *row, uint32_t turns)
{
    double s = 1;
    row->median_first = tare_no_value("more than half keep every rule to the end");
    for (uint32_t t = 0; t < turns; t++) {
        uint64_t at_risk = 0, events = 0;
        for (size_t i = 0; i < a->n; i++) {
            uint32_t first = first_violation(a->runs[i]);
            at_risk += first >= t && a->runs[i]->n_turns > t;
            events += first == t && a->runs[i]->n_turns > t;
        }
        if (at_risk)
            s *= 1 - (double)events / (double)at_risk;
        row->survival[t] = s;
        if (row->median_first.why && s <= 0.5)
            row->median_first = tare_value(t + 1.0);
    }
}

/* Decreasing isotonic fit (pool adjacent violators) of A(t), weights n(t), into fit. */
static void isotonic(const struct tare_count *a, uint32_t turns, double *fit, double *weight,
                     uint32_t *size)
{
    uint32_t blocks = 0;
    for (uint32_t t = 0; t < turns; t++) {
        if (a[t].n == 0)
            continue;
        fit[blocks] = (double)a[t].k / (double)a[t].n;
        weight[blocks] = (double)a[t].n;
        size[blocks++] = t;
        while (blocks > 1 && fit[blocks - 2] < fit[blocks - 1]) {
            double w = weight[blocks - 2] + weight[blocks - 1];
            fit[blocks - 2] =
                (fit[blocks - 2] * weight[blocks - 2] + fit[blocks - 1] * weight[blocks - 1]) / w;
            weight[blocks - 2] = w;
            blocks--;
        }
    }
    /* blocks back to turns, from the last one on; size[] is the first turn of each block */
    for (uint32_t t = turns; t-- > 0;) {
        while (blocks > 1 && size[blocks - 1] > t)
            blocks--;
        fit[t] = blocks ? fit[blocks - 1] : (double)NAN;
    }
}

static enum tare_status half_life(const struct tare__drift_arm *a, struct tare_drift_row *row,
                                  uint32_t turns, struct tare_err *err)
{
    double *fit = TARE_NEW_N(a->arena, double, turns), *w = TARE_NEW_N(a->arena, double, turns);
    uint32_t *first = TARE_NEW_N(a->arena, uint32_t, turns);
    if (!fit || !w || !first)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while fitting adherence");
    isotonic(row->adherence, turns, fit, w, first);
    double start = fit[0], low = fit[turns - 1];
    row->half_life = tare_no_value("adherence does not fall");
    /* a fall that chance explains has no half-life */
    bool falls = row->wilson[turns - 1].hi < row->wilson[0].lo;
    for (uint32_t t = 0; t < turns && falls; t++)
        if (fit[t] <= (start + low) / 2) {
            row->half_life = tare_value(t + 1.0);
            break;
        }
    return TARE_OK;
}

static void curve(const struct tare__drift_arm *a, struct tare_drift_row *row, uint32_t turns,
                  double confidence)
{
    double sum = 0, used = 0;
    for (size_t i = 0; i < a->n; i++) {
        for (uint32_t t = 0; t < a->runs[i]->n_turns; t++) {
            struct tare_count c = tare__drift_kept(a->runs[i], t);
            row->adherence[t].k += c.k;
            row->adherence[t].n += c.n;
            add(&row->correct, a->runs[i]->correct[t]);
            add(&row->guarded, a->runs[i]->guarded[t]);
        }
        follow(row, a->runs[i]);
    }
    for (uint32_t t = 0; t < turns; t++) {
        struct tare_count c = row->adherence[t];
        row->wilson[t] = tare_wilson(c, confidence);
        row->all.k += c.k;
        row->all.n += c.n;
        sum += c.n ? (double)c.k / (double)c.n : 0;
        used += c.n > 0;
    }
    row->auc = used > 0 ? tare_value(sum / used) : tare_no_value("no rule applied");
    struct tare_count f = row->contagion_after_fail, p = row->contagion_after_pass;
    row->contagion = f.n && p.n && p.k
                         ? tare_value(((double)f.k / (double)f.n) / ((double)p.k / (double)p.n))
                         : tare_no_value("no failures to compare");
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Aptitude and unreliability: of the scores of one conversation over its seeds, then averaged. */
static enum tare_status aptitude(const struct tare__drift_arm *a, struct tare_drift_row *row,
                                 struct tare_err *err)
{
    double *x = TARE_NEW_N(a->arena, double, a->n), high = 0, wide = 0, used = 0;
    if (!x)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing conversations");
    for (size_t i = 0; i < a->n;) {
        size_t n = 0, from = i;
        for (; i < a->n && a->cluster[i] == a->cluster[from]; i++)
            if (!isnan(score(a->runs[i])))
                x[n++] = score(a->runs[i]);
        if (n < SEEDS_FOR_SPREAD)
            continue;
        qsort(x, n, sizeof *x, by_value);
        double p90 = tare_quantile_sorted(x, n, 0.9, 7);
        high += p90;
        wide += p90 - tare_quantile_sorted(x, n, 0.1, 7);
        used += 1;
    }
    static const char few[] = "no conversation has 10 seeds";
    row->p90 = used > 0 ? tare_value(high / used) : tare_no_value(few);
    row->spread = used > 0 ? tare_value(wide / used) : tare_no_value(few);
    return TARE_OK;
}

int tare__drift_by_run(const void *a, const void *b)
{
    const struct tare_drift_run *x = *(const struct tare_drift_run *const *)a;
    const struct tare_drift_run *y = *(const struct tare_drift_run *const *)b;
    int c = tare_str_cmp(x->conversation, y->conversation);
    return c ? c : (x->seed > y->seed) - (x->seed < y->seed);
}

static enum tare_status gather(const struct tare_drift_recordings *r, uint32_t arm,
                               struct tare_arena *arena, struct tare__drift_arm *out,
                               struct tare_err *err)
{
    *out = (struct tare__drift_arm){.arena = arena,
                                    .runs = TARE_NEW_N(arena, const struct tare_drift_run *, r->n),
                                    .cluster = TARE_NEW_N(arena, uint32_t, r->n),
                                    .seed = TARE_NEW_N(arena, uint32_t, r->n)};
    int64_t *seen = TARE_NEW_N(arena, int64_t, r->n);
    if (!out->runs || !out->cluster || !out->seed || !seen)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while sorting conversations");
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].arm == arm)
            out->runs[out->n++] = &r->v[i];
    qsort(out->runs, out->n, sizeof *out->runs, tare__drift_by_run);
    for (size_t i = 0; i < out->n; i++) {
        const struct tare_drift_run *x = out->runs[i], *before = i ? out->runs[i - 1] : NULL;
        uint32_t s = 0;
        if (before && tare__drift_by_run(&before, &x) == 0)
            return tare_fail(err, TARE_E_INPUT,
                             "conversation \"%.*s\" is recorded twice with one seed in one arm",
                             TARE_FMT(x->conversation));
        out->n_clusters += !before || !tare_str_eq(before->conversation, x->conversation);
        out->cluster[i] = out->n_clusters - 1;
        while (s < out->n_seeds && seen[s] != x->seed)
            s++;
        if (s == out->n_seeds)
            seen[out->n_seeds++] = x->seed;
        out->seed[i] = s;
    }
    return TARE_OK;
}

static double right(const struct tare_drift_run *r)
{
    struct tare_count c = {0};
    for (uint32_t t = 0; t < r->n_turns; t++)
        add(&c, r->correct[t]);
    return c.n ? (double)c.k / (double)c.n : (double)NAN;
}

/* Mean paired difference of a score of a run; runs of one conversation belong together. */
static enum tare_status differ(const struct tare__drift_arm *base, const struct tare__drift_arm *a,
                               double (*of)(const struct tare_drift_run *), double confidence,
                               struct tare_value *diff, struct tare_interval *ci, double *p,
                               struct tare_err *err)
{
    double *x = TARE_NEW_N(a->arena, double, a->n);
    uint32_t *cluster = TARE_NEW_N(a->arena, uint32_t, a->n);
    size_t n = 0;
    struct tare_cluster_se se;
    if (!x || !cluster)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing arms");
    for (size_t i = 0, j = 0; i < a->n && j < base->n;) {
        int c = tare__drift_by_run(&a->runs[i], &base->runs[j]);
        if (c == 0 && !isnan(of(a->runs[i])) && !isnan(of(base->runs[j]))) {
            cluster[n] = a->cluster[i];
            x[n++] = of(a->runs[i]) - of(base->runs[j]);
        }
        i += c <= 0;
        j += c >= 0;
    }
    *diff = tare_no_value("no pairs");
    *ci = tare_no_interval("no pairs");
    *p = (double)NAN;
    if (n == 0)
        return TARE_OK;
    enum tare_status st = tare_cluster_se(x, cluster, n, confidence, a->arena, &se, err);
    if (st != TARE_OK)
        return st;
    *diff = tare_value(se.mean);
    *ci = se.ci;
    *p = se.p;
    return TARE_OK;
}

static enum tare_status describe(const struct tare__drift_arm *a, const struct tare_drift_opts *o,
                                 uint32_t turns, struct tare_drift_row *row, struct tare_err *err)
{
    row->conversations = a->n_clusters;
    row->runs = a->n;
    row->seeds = a->n_seeds;
    row->adherence = TARE_NEW_N(a->arena, struct tare_count, turns);
    row->wilson = TARE_NEW_N(a->arena, struct tare_interval, turns);
    row->survival = TARE_NEW_N(a->arena, double, turns);
    row->rule = TARE_NEW_N(a->arena, struct tare_count, TARE_DRIFT_RULES);
    if (!row->adherence || !row->wilson || !row->survival || !row->rule)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while describing an arm");
    curve(a, row, turns, o->confidence);
    survival(a, row, turns);
    enum tare_status st = half_life(a, row, turns, err);
    if (st == TARE_OK)
        st = tare__drift_apart(a, turns, row, err);
    if (st == TARE_OK)
        st = aptitude(a, row, err);
    if (st == TARE_OK)
        st = tare__drift_decay(a, o, turns, &row->decay, err);
    if (st == TARE_OK)
        st = tare__drift_slope(a, o->confidence, &row->slope, err);
    return st;
}

static enum tare_status compare(struct tare__drift_arm *arms, const struct tare_drift_opts *o,
                                struct tare_drift_report *out, struct tare_arena *arena,
                                struct tare_err *err)
{
    double p[TARE_DRIFT_ARMS], adjusted[TARE_DRIFT_ARMS], ignored;
    enum tare_status st = TARE_OK;
    for (uint32_t a = 0; a < out->n_arms && st == TARE_OK; a++) {
        struct tare_drift_row *row = &out->arm[a];
        row->auc_diff = row->correct_diff = tare_no_value("this is the baseline");
        row->auc_ci = row->correct_ci = tare_no_interval("this is the baseline");
        p[a] = (double)NAN;
        if (a == o->baseline)
            continue;
        st = differ(&arms[o->baseline], &arms[a], score, o->confidence, &row->auc_diff,
                    &row->auc_ci, &p[a], err);
        if (st == TARE_OK)
            st = differ(&arms[o->baseline], &arms[a], right, o->confidence, &row->correct_diff,
                        &row->correct_ci, &ignored, err);
    }
    if (st == TARE_OK)
        st = tare_adjust_p(p, out->n_arms, TARE_ADJUST_HOLM, adjusted, NULL, arena, err);
    for (uint32_t a = 0; a < out->n_arms && st == TARE_OK; a++) {
        out->arm[a].p = p[a];
        out->arm[a].p_holm = adjusted[a];
    }
    return st;
}

static enum tare_status judge_all(const struct tare__drift_arm *arms, struct tare_drift_report *out,
                                  struct tare_err *err)
{
    uint32_t fresh = 0;
    while (fresh < out->n_arms && !tare_str_is(out->arm[fresh].arm, "stateless"))
        fresh++;
    enum tare_status st = TARE_OK;
    for (uint32_t a = 0; a < out->n_arms && st == TARE_OK; a++)
        st = tare__drift_judge(&arms[a], fresh < out->n_arms && fresh != a ? &arms[fresh] : NULL,
                               out->confidence, &out->arm[a].judge, err);
    return st;
}

enum tare_status tare_drift_experiment(const struct tare_drift_recordings *r,
                                       const struct tare_drift_opts *opts, struct tare_arena *arena,
                                       struct tare_drift_report *out, struct tare_err *err)
{
    struct tare__drift_arm *arms = TARE_NEW_N(arena, struct tare__drift_arm, r->n_arms);
    *out = (struct tare_drift_report){.n_arms = r->n_arms,
                                      .turns = r->turns,
                                      .rule = r->rule,
                                      .n_rules = r->n_rules,
                                      .baseline = opts->baseline,
                                      .confidence = opts->confidence,
                                      .arm = TARE_NEW_N(arena, struct tare_drift_row, r->n_arms)};
    enum tare_status st = TARE_OK;
    if (!arms || !out->arm)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing arms");
    for (uint32_t a = 0; a < r->n_arms && st == TARE_OK; a++) {
        out->arm[a].arm = r->arm[a];
        st = gather(r, a, arena, &arms[a], err);
        if (st == TARE_OK)
            st = describe(&arms[a], opts, r->turns, &out->arm[a], err);
    }
    if (st == TARE_OK)
        st = judge_all(arms, out, err);
    return st == TARE_OK ? compare(arms, opts, out, arena, err) : st;
}
