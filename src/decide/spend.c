/*
 * What the tasks cost: money and tokens a task, and for each task that was solved. The same joining
 * and the same intervals as for any metric; attempts whose spending is not recorded are unknown,
 * never free. Per solved task: all that was spent over all that was solved, a ratio of sums, with
 * the bootstrap over tasks, which draws both sums together (the number solved may be small, and
 * then the ratio is far from normal).
 */
#include <math.h>

#include "decide/compare_int.h"

#include "base/banned.h"

/* One run with its spending as a metric. */
struct spent {
    struct tare_metric metric;
    struct tare_results_column column;
    struct tare_results_run run;
    struct tare_results results;
};

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for what was spent");
}

/* solved NULL: the mean of x; else sum of x over sum of solved. */
static bool make(const struct tare_results *r, uint32_t run, const double *x,
                 const struct tare_results_column *solved, struct tare_arena *arena,
                 struct spent *out)
{
    const struct tare_results_run *from = &r->runs[run];
    uint32_t n = from->n_attempts;
    uint8_t *state = TARE_NEW_N(arena, uint8_t, n);
    double *value = TARE_NEW_N(arena, double, n);
    if (!state || !value)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        bool known = isfinite(x[i]) && (!solved || solved->state[i] == TARE_SCORE_OK);
        state[i] = known ? TARE_SCORE_OK : TARE_SCORE_MISSING;
        value[i] = known ? x[i] : (double)NAN;
    }
    out->metric =
        (struct tare_metric){.name = TARE_S("spent"),
                             .direction = TARE_LOWER_BETTER,
                             .aggregation = solved ? TARE_AGG_RATIO_OF_SUMS : TARE_AGG_MEAN,
                             .min = 0,
                             .max = (double)INFINITY};
    out->column = (struct tare_results_column){.value = value,
                                               .num = solved ? value : NULL,
                                               .den = solved ? solved->value : NULL,
                                               .state = state};
    out->run = *from;
    out->run.columns = &out->column;
    out->results = *r;
    out->results.metrics = &out->metric;
    out->results.n_metrics = 1;
    out->results.runs = &out->run;
    out->results.n_runs = 1;
    return true;
}

static void take(const struct tare_compare *c, const struct tare_evidence *ev,
                 struct tare_spend *out)
{
    out->n = ev->n;
    out->unknown = c->n_tasks - ev->n;
    out->a = ev->mean_a;
    out->b = ev->mean_b;
    out->diff = ev->diff;
    out->ci = ev->ci;
    out->ci_method = ev->ci_method;
    out->resamples = ev->resamples;
    if (ev->n == 0)
        out->why = "no task says it on both sides";
    else if (out->per_solved && isnan(ev->diff))
        out->why = isnan(ev->mean_a) && isnan(ev->mean_b) ? "neither side solved anything"
                   : isnan(ev->mean_a)                    ? "the baseline solved nothing"
                                                          : "the candidate solved nothing";
}

/* Per solved task nothing is permuted: a ratio has no mean within a task. */
static struct tare__look look_at(const struct tare__look *look, bool per_solved)
{
    struct tare__look l = *look;
    l.direction = TARE_LOWER_BETTER;
    l.ratio = per_solved;
    l.range = (double)INFINITY;
    l.margin = (double)NAN;
    l.discordance = 0;
    l.exact = l.sequential = false;
    l.test_resamples = 1000; /* its p is not shown */
    if (per_solved) {
        l.method_version = 1;
        l.about = TARE_ABOUT_NEW_TASKS;
    }
    return l;
}

static enum tare_status one(const struct tare__look *look, struct spent *a, struct spent *b,
                            const struct tare_compare_opts *opts, struct tare_arena *arena,
                            const struct tare_compare *main, struct tare_spend *out,
                            struct tare_err *err)
{
    struct tare_compare c = {.cluster = main->cluster, .metric = a->metric};
    struct tare__joined joined;
    struct tare_evidence ev;
    struct tare__look l = look_at(look, out->per_solved);
    struct tare_compare_opts o = *opts;
    o.about = l.about;
    enum tare_status st =
        tare__join(&a->results, 0, &b->results, 0, 0, 0, &o, arena, &c, &joined, err);
    if (!st)
        st = tare__evidence(&l, &joined.pairs, arena, &ev, NULL, err);
    if (st)
        return st;
    take(&c, &ev, out);
    if (out->per_solved && main->about == TARE_ABOUT_THESE_TASKS)
        out->ci = tare_no_interval("a ratio of sums, for fixed tasks");
    if (look->sequential)
        out->ci = tare_no_interval("a fixed-size interval is not valid for peeking");
    if (out->ci.why)
        out->ci_method = "none";
    return TARE_OK;
}

/* Whether every attempt with a score either solves its task or does not. */
static bool says_solved(const struct tare_metric *m, const struct tare_results_column *col,
                        uint32_t n)
{
    if (m->direction != TARE_HIGHER_BETTER || m->aggregation == TARE_AGG_RATIO_OF_SUMS)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (col->state[i] == TARE_SCORE_OK && col->value[i] != 0 && col->value[i] != 1)
            return false;
    return true;
}

static bool any_known(const double *x, uint32_t n)
{
    for (uint32_t i = 0; x && i < n; i++)
        if (isfinite(x[i]))
            return true;
    return false;
}

enum tare_status tare__spend(const struct tare__look *look, const struct tare_results *ra,
                             uint32_t a, const struct tare_results *rb, uint32_t b,
                             uint32_t metric_a, uint32_t metric_b,
                             const struct tare_compare_opts *opts, struct tare_arena *arena,
                             struct tare_compare *out, struct tare_err *err)
{
    const struct tare_results_run *xa = &ra->runs[a], *xb = &rb->runs[b];
    struct tare_results_column ca, cb;
    const double *spent_a[] = {xa->cost_usd, xa->tokens}, *spent_b[] = {xb->cost_usd, xb->tokens};
    static const char *const names[2][2] = {{"cost_usd", "cost_usd_per_solved"},
                                            {"tokens", "tokens_per_solved"}};
    for (int i = 0; i < 2; i++) {
        if (!any_known(spent_a[i], xa->n_attempts) || !any_known(spent_b[i], xb->n_attempts))
            continue;
        enum tare_status st = tare_results_read(xa, metric_a, arena, &ca, err);
        if (!st)
            st = tare_results_read(xb, metric_b, arena, &cb, err);
        if (st)
            return st;
        bool solved = says_solved(&ra->metrics[metric_a], &ca, xa->n_attempts) &&
                      says_solved(&rb->metrics[metric_b], &cb, xb->n_attempts);
        for (int per = 0; per < 1 + solved; per++) {
            struct spent sa, sb;
            struct tare_spend *s = &out->spend[out->n_spend++];
            *s = (struct tare_spend){.name = names[i][per], .money = i == 0, .per_solved = per};
            if (!make(ra, a, spent_a[i], per ? &ca : NULL, arena, &sa) ||
                !make(rb, b, spent_b[i], per ? &cb : NULL, arena, &sb))
                return no_memory(err);
            st = one(look, &sa, &sb, opts, arena, out, s, err);
            if (st)
                return st;
        }
    }
    return TARE_OK;
}
