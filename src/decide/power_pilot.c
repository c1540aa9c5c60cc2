/*
 * What earlier runs say of the spread: discordance, standard deviation, and how much of it is
 * between tasks and how much between attempts (statistics sheet, section 7).
 */
#include <math.h>

#include "decide/compare.h"
#include "decide/power_plan.h"
#include "stats/power.h"
#include "stats/sample.h"

#include "base/banned.h"

/* Attempts of one task on one side. */
struct spread {
    double *mean, *ss; /* n_tasks: mean, sum of squared deviations */
    uint32_t *n;       /* n_tasks */
};

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the plan");
}

static enum tare_status read_spread(const struct tare_results *r, uint32_t run, uint32_t metric,
                                    struct tare_arena *arena, struct spread *out,
                                    struct tare_err *err)
{
    const struct tare_results_run *x = &r->runs[run];
    struct tare_results_column c;
    enum tare_status st = tare_results_read(x, metric, arena, &c, err);
    if (st)
        return st;
    out->mean = TARE_NEW_N(arena, double, r->n_tasks);
    out->ss = TARE_NEW_N(arena, double, r->n_tasks);
    out->n = TARE_NEW_N(arena, uint32_t, r->n_tasks);
    if (!out->mean || !out->ss || !out->n)
        return no_memory(err);
    for (uint32_t i = 0; i < x->n_attempts; i++) {
        uint32_t t = x->task[i];
        if (t >= r->n_tasks || c.state[i] != TARE_SCORE_OK || !isfinite(c.value[i]))
            continue;
        double step = c.value[i] - out->mean[t]; /* Welford 1962 */
        out->mean[t] += step / ++out->n[t];
        out->ss[t] += step * (c.value[i] - out->mean[t]);
    }
    return TARE_OK;
}

/* Sums over tasks of one side: variance within, its share in the mean, attempts. */
struct parts {
    double sigma2, in_mean, k;
    uint32_t n; /* tasks that have two attempts or more */
};

static void add_part(struct parts *p, const struct spread *s, uint32_t t)
{
    p->k += s->n[t];
    if (s->n[t] < 2)
        return;
    double variance = s->ss[t] / (s->n[t] - 1);
    p->sigma2 += variance;
    p->in_mean += variance / s->n[t];
    p->n++;
}

static void take_parts(struct parts a, struct parts b, double n, double variance,
                       struct tare_power_plan_pilot *out)
{
    if (a.n < 2 || b.n < 2) {
        out->why_no_parts = "needs two attempts a task or more on each side";
        return;
    }
    out->sigma2_a = a.sigma2 / a.n;
    out->sigma2_b = b.sigma2 / b.n;
    out->k_a = a.k / n;
    out->k_b = b.k / n;
    out->omega2 = fmax(0, variance - a.in_mean / a.n - b.in_mean / b.n);
}

static bool all_binary(const struct spread *s, uint32_t n_tasks)
{
    for (uint32_t t = 0; t < n_tasks; t++)
        if (s->n[t] > 1 || (s->n[t] == 1 && s->mean[t] != 0 && s->mean[t] != 1))
            return false;
    return true;
}

static double mean_known(const double *x, uint32_t n)
{
    double sum = 0;
    uint32_t known = 0;
    for (uint32_t i = 0; x && i < n; i++)
        if (isfinite(x[i])) {
            sum += x[i];
            known++;
        }
    return known ? sum / known : (double)NAN;
}

/* Attempts that do not say what they took are left out, not taken as free. */
static struct tare_power_plan_price price_of(const struct tare_results_run *run)
{
    return (struct tare_power_plan_price){.cost_usd = mean_known(run->cost_usd, run->n_attempts),
                                          .tokens = mean_known(run->tokens, run->n_attempts)};
}

static enum tare_status too_few(struct tare_err *err)
{
    (void)tare_fail(err, TARE_E_USAGE, "fewer than two tasks have a value");
    tare_err_hint(err, "a plan needs the spread between tasks: name a larger run, or give "
                       "--discordance or --sd");
    return TARE_E_USAGE;
}

/* Nothing is known of the candidate: it is given the same rates and no agreement beyond chance, so
 * differences have twice the variance of the scores. */
static enum tare_status from_one(const struct tare_results *r, uint32_t run, uint32_t metric,
                                 struct tare_arena *arena, struct tare_power_plan_pilot *out,
                                 struct tare_err *err)
{
    struct spread s;
    struct parts parts = {0};
    enum tare_status st = read_spread(r, run, metric, arena, &s, err);
    double *means = st ? NULL : TARE_NEW_N(arena, double, r->n_tasks);
    if (st || !means)
        return st ? st : no_memory(err);
    size_t n = 0;
    for (uint32_t t = 0; t < r->n_tasks; t++) {
        if (s.n[t] == 0)
            continue;
        means[n++] = s.mean[t];
        add_part(&parts, &s, t);
    }
    if (n < 2)
        return too_few(err);
    out->n = n;
    out->one_run = true;
    out->mean = tare_mean(means, n);
    double variance = 2 * tare_sd(means, n, 1) * tare_sd(means, n, 1);
    if (all_binary(&s, r->n_tasks)) {
        out->design = TARE_PLAN_PAIRED;
        out->discordance = 2 * out->mean * (1 - out->mean);
    } else {
        out->sd = sqrt(variance);
    }
    take_parts(parts, parts, (double)n, variance, out);
    return TARE_OK;
}

static enum tare_status parts_of_two(const struct tare_results *ra, uint32_t a,
                                     const struct tare_results *rb, uint32_t b, uint32_t metric_b,
                                     uint32_t metric, const struct tare_compare *c,
                                     struct tare_arena *arena, struct tare_power_plan_pilot *out,
                                     struct tare_err *err)
{
    struct spread sa, sb;
    struct parts pa = {0}, pb = {0};
    enum tare_status st = read_spread(ra, a, metric, arena, &sa, err);
    if (!st)
        st = read_spread(rb, b, metric_b, arena, &sb, err);
    if (st)
        return st;
    for (uint32_t i = 0; i < c->n_pairs; i++) {
        const struct tare_pair *pair = &c->pairs[i];
        add_part(&pa, &sa, pair->task_a);
        add_part(&pb, &sb, pair->task_b);
    }
    /* Of clusters, sd holds how tasks go together; attempts differ each for itself. */
    take_parts(pa, pb, (double)c->n_pairs, c->ev.sd * c->ev.sd, out);
    return TARE_OK;
}

static enum tare_status from_two(const struct tare_results *ra, uint32_t a,
                                 const struct tare_results *rb, uint32_t b, uint32_t metric,
                                 struct tare_str cluster, struct tare_arena *arena,
                                 struct tare_power_plan_pilot *out, struct tare_err *err)
{
    /* Only the spread is wanted: few resamples, no slices. */
    struct tare_compare_opts opts = {.size = sizeof opts,
                                     .metric = ra->metrics[metric].name,
                                     .cluster = cluster,
                                     .no_slices = true,
                                     .resamples = 2000};
    struct tare_compare c;
    enum tare_status st = tare_compare(ra, a, rb, b, &opts, arena, &c, err);
    if (st)
        return st;
    if (c.ev.n < 2)
        return too_few(err);
    out->n = c.ev.n;
    out->mean = c.ev.mean_a;
    out->clusters = c.ev.clusters;
    if (c.ev.design == TARE_DESIGN_BINARY) {
        out->design = TARE_PLAN_PAIRED;
        out->discordance = tare_psi_from_pilot(c.ev.wins + c.ev.losses, c.ev.n);
    } else {
        out->sd = c.ev.sd;
    }
    if (c.ev.design == TARE_DESIGN_RATIO) {
        out->why_no_parts = "a ratio of sums has no variance within a task";
        return TARE_OK;
    }
    uint32_t metric_b = tare_results_metric(rb, ra->metrics[metric].name);
    return parts_of_two(ra, a, rb, b, metric_b, metric, &c, arena, out, err);
}

enum tare_status tare_power_plan_read(const struct tare_results *ra, uint32_t a,
                                      const struct tare_results *rb, uint32_t b,
                                      struct tare_str metric, struct tare_str cluster,
                                      struct tare_arena *arena, struct tare_power_plan_pilot *out,
                                      struct tare_err *err)
{
    uint32_t at = tare_results_metric(ra, metric);
    *out = (struct tare_power_plan_pilot){.design = TARE_PLAN_MEAN,
                                          .mean = (double)NAN,
                                          .discordance = (double)NAN,
                                          .sd = (double)NAN};
    if (at == UINT32_MAX) {
        (void)tare_fail(err, TARE_E_USAGE, "there is no metric \"%.*s\"", TARE_FMT(metric));
        tare_err_hint(err, "`tare show RUN` lists a run's metrics");
        return TARE_E_USAGE;
    }
    out->metric = ra->metrics[at];
    out->price_a = price_of(&ra->runs[a]);
    out->price_b = rb ? price_of(&rb->runs[b]) : out->price_a;
    if (rb)
        return from_two(ra, a, rb, b, at, cluster, arena, out, err);
    if (out->metric.aggregation == TARE_AGG_RATIO_OF_SUMS) {
        (void)tare_fail(err, TARE_E_USAGE,
                        "\"%.*s\" is a ratio of sums: one run does not say how "
                        "its difference varies",
                        TARE_FMT(out->metric.name));
        tare_err_hint(err, "name two runs: --from BASELINE,CANDIDATE");
        return TARE_E_USAGE;
    }
    return from_one(ra, a, at, arena, out, err);
}
