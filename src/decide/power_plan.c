#include "decide/power_plan.h"

#include <math.h>

#include "stats/power.h"

#include "base/banned.h"

static struct tare_value times(struct tare_value v, double by)
{
    return v.why ? v : tare_value(v.v * by);
}

/* ---- one design at a time -------------------------------------------------------------------- */

static struct tare_value need_of(const struct tare_power_plan *p)
{
    switch (p->design) {
    case TARE_PLAN_TWO:
        return tare_size_two(p->baseline, p->baseline + p->effect, p->alpha, 2, p->power,
                             TARE_POWER_POOLED);
    case TARE_PLAN_PAIRED:
        return tare_size_paired(p->effect, p->discordance, p->alpha, 2, p->power);
    default:
        return tare_size_mean_t(p->sd, p->effect, p->alpha, p->power);
    }
}

struct tare_value tare_power_plan_power(const struct tare_power_plan *p, double n, double effect)
{
    double m = n / p->deff, d = fabs(effect), second = p->baseline + effect;
    switch (p->design) {
    case TARE_PLAN_TWO:
        return tare_power_two(p->baseline, second, m, p->alpha, 2, TARE_POWER_POOLED, false);
    case TARE_PLAN_PAIRED:
        if (d > p->discordance)
            return tare_no_value("the effect is larger than the discordance");
        return tare_power_mcnemar((p->discordance - d) / 2, (p->discordance + d) / 2, m, p->alpha,
                                  2);
    default:
        return tare_power_mean_t(p->sd, m, d, p->alpha);
    }
}

/* Smallest effect for which the power of the t test reaches what is asked: bisection. */
static struct tare_value mde_mean(const struct tare_power_plan *p)
{
    double lo = 0, hi = p->sd;
    if (!(p->sd > 0))
        return tare_value(0);
    if (!(p->n / p->deff > 1))
        return tare_no_value("need more than one pair");
    for (int i = 0; i < 64; i++, hi *= 2) {
        struct tare_value v = tare_power_plan_power(p, p->n, hi);
        if (v.why || v.v >= p->power)
            break;
    }
    for (int i = 0; i < 200 && hi - lo > 1e-10 * p->sd; i++) {
        double mid = lo + (hi - lo) / 2;
        struct tare_value v = tare_power_plan_power(p, p->n, mid);
        if (v.why || v.v >= p->power)
            hi = mid;
        else
            lo = mid;
    }
    return tare_value(hi);
}

static struct tare_value mde_of(const struct tare_power_plan *p)
{
    double m = p->n / p->deff;
    switch (p->design) {
    case TARE_PLAN_TWO:
        return tare_mde_two(p->baseline, m, p->alpha, 2, p->power, p->effect < 0 ? -1 : 1,
                            TARE_POWER_POOLED);
    case TARE_PLAN_PAIRED:
        return tare_mde_paired(p->discordance, m, p->alpha, p->power);
    default:
        return mde_mean(p);
    }
}

/* ---- more tasks or more attempts? ------------------------------------------------------------ */

static double sd_with(const struct tare_power_plan_pilot *pilot, double k)
{
    return sqrt(pilot->omega2 + (pilot->sigma2_a + pilot->sigma2_b) / k);
}

static struct tare_power_plan_bill bill_of(const struct tare_power_plan_pilot *pilot, double tasks,
                                           double k)
{
    double each = ceil(tasks - 1e-9) * k;
    return (struct tare_power_plan_bill){
        .attempts = 2 * each,
        .cost_usd = each * (pilot->price_a.cost_usd + pilot->price_b.cost_usd),
        .tokens = each * (pilot->price_a.tokens + pilot->price_b.tokens)};
}

/* The whole plan with another k: the same formulas, another standard deviation. */
static struct tare_power_plan with_k(const struct tare_power_plan *p, double sd)
{
    struct tare_power_plan q = *p;
    q.design = TARE_PLAN_MEAN;
    q.sd = sd;
    return q;
}

static void plan_row(const struct tare_power_plan_pilot *pilot, const struct tare_power_plan *p,
                     uint32_t k, struct tare_power_plan_attempts *row)
{
    struct tare_power_plan q = with_k(p, sd_with(pilot, k));
    const struct tare_power_plan_bill none = {(double)NAN, (double)NAN, (double)NAN};
    *row = (struct tare_power_plan_attempts){.k = k, .sd = q.sd, .need = none};
    row->tasks = tare_no_value("no effect asked for");
    if (!isnan(p->effect))
        row->tasks = q.sd > 0 ? times(need_of(&q), p->deff) : tare_value(2);
    if (!row->tasks.why)
        row->need = bill_of(pilot, row->tasks.v, k);
    row->mde = mde_mean(&q);
    row->at_n = bill_of(pilot, p->n, k);
}

static bool any_unreached(const struct tare_power_plan *p)
{
    for (uint32_t i = 0; i < p->n_attempts; i++)
        if (p->attempts[i].tasks.why || p->attempts[i].mde.why)
            return true;
    return p->n_attempts == 0;
}

/* One axis for all k, so that their curves can be laid beside each other. */
static void rows_curves(struct tare_power_plan *p)
{
    bool of_n = !isnan(p->effect);
    double end = 0;
    for (uint32_t i = 0; i < p->n_attempts; i++)
        end = fmax(end, of_n ? 1.25 * p->attempts[i].tasks.v : 1.25 * p->attempts[i].mde.v);
    if (of_n ? any_unreached(p) : !(end > 0))
        return;
    if (of_n)
        end = fmax(end, 20);
    p->n_tries_points = TARE_PLAN_TRIES_POINTS;
    for (uint32_t j = 0; j < TARE_PLAN_TRIES_POINTS; j++) {
        /* log n from 2 tasks a unit of information; effects from 0 */
        double at = (double)j / (TARE_PLAN_TRIES_POINTS - 1), lo = 2 * p->deff;
        p->tries_x[j] = of_n ? lo * pow(end / lo, at) : end * at;
    }
    for (uint32_t i = 0; i < p->n_attempts; i++) {
        struct tare_power_plan q = with_k(p, p->attempts[i].sd);
        for (uint32_t j = 0; j < TARE_PLAN_TRIES_POINTS; j++) {
            struct tare_value v = !(q.sd > 0)
                                      ? tare_value(1)
                                      : tare_power_plan_power(&q, of_n ? p->tries_x[j] : p->n,
                                                              of_n ? p->effect : p->tries_x[j]);
            p->attempts[i].power[j] = v.why ? 0 : fmin(1, v.v);
        }
    }
}

static void plan_attempts(const struct tare_power_plan_pilot *pilot, struct tare_power_plan *p)
{
    static const uint32_t ks[TARE_PLAN_ATTEMPTS] = {1, 2, 4, 8, 16, 32, UINT32_MAX};
    p->mde_floor = tare_no_value("no variance within and between tasks is known");
    if (!pilot)
        return;
    p->why_no_attempts = pilot->why_no_parts;
    if (p->why_no_attempts)
        return;
    uint32_t own = isnan(p->k) ? UINT32_MAX : (uint32_t)p->k;
    for (uint32_t i = 0; i < TARE_PLAN_ATTEMPTS; i++) {
        if (own < ks[i])
            plan_row(pilot, p, own, &p->attempts[p->n_attempts++]);
        if (own <= ks[i])
            own = UINT32_MAX;
        if (ks[i] != UINT32_MAX)
            plan_row(pilot, p, ks[i], &p->attempts[p->n_attempts++]);
    }
    struct tare_power_plan q = with_k(p, sqrt(pilot->omega2));
    p->mde_floor = mde_mean(&q);
    rows_curves(p);
}

/* ---- the curve ------------------------------------------------------------------------------- */

static void add_point(struct tare_power_plan *p, double x, struct tare_value y)
{
    if (y.why)
        return;
    p->x[p->n_points] = x;
    p->y[p->n_points++] = fmin(1, y.v);
}

static void curve(struct tare_power_plan *p)
{
    double end;
    p->curve_of_n = !isnan(p->effect);
    if (p->curve_of_n ? p->need.why : p->mde.why)
        return;
    if (p->curve_of_n) {
        end = fmax(2 * p->need.v, 20);
        if (!isnan(p->n))
            end = fmax(end, 1.25 * p->n);
    } else {
        end = 2 * p->mde.v;
        if (p->design == TARE_PLAN_TWO)
            end = fmin(end, 1 - p->baseline);
        if (p->design == TARE_PLAN_PAIRED)
            end = fmin(end, p->discordance);
    }
    for (uint32_t i = 1; i < TARE_PLAN_POINTS; i++) {
        double x = end * i / (TARE_PLAN_POINTS - 1);
        add_point(p, x,
                  p->curve_of_n ? tare_power_plan_power(p, x, p->effect)
                                : tare_power_plan_power(p, p->n, x));
    }
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static enum tare_status refuse(struct tare_err *err, const char *text, const char *hint)
{
    (void)tare_fail(err, TARE_E_USAGE, "%s", text);
    tare_err_hint(err, "%s", hint);
    return TARE_E_USAGE;
}

static enum tare_status design_effect(const struct tare_power_plan_opts *o,
                                      struct tare_power_plan *p, struct tare_err *err)
{
    p->deff = 1;
    if (isnan(o->cluster_size) && isnan(o->icc))
        return TARE_OK;
    if (isnan(o->cluster_size) || isnan(o->icc))
        return refuse(err, "a design effect needs the clusters' size and their ICC",
                      "give both: --cluster-size 5 --icc 0.2");
    p->deff = 1 + (o->cluster_size - 1) * o->icc;
    return TARE_OK;
}

static double first(double a, double b)
{
    return isnan(a) ? b : a;
}

/* k attempts a task on each side instead of the pilot's. */
static enum tare_status apply_k(const struct tare_power_plan_opts *o, struct tare_power_plan *p,
                                struct tare_err *err)
{
    const struct tare_power_plan_pilot *pilot = o->pilot;
    p->k = o->k >= 1 ? o->k : (double)NAN;
    if (isnan(p->k))
        return TARE_OK;
    if (!isnan(o->discordance) || !isnan(o->sd))
        return refuse(err, "a spread that is given already holds its attempts",
                      "leave out -k, or name runs: --from RUN[,RUN]");
    if (!pilot)
        return refuse(err, "what more attempts bring depends on how much they differ",
                      "name a run with two attempts a task or more: --from RUN[,RUN]");
    if (pilot->why_no_parts) {
        (void)tare_fail(err, TARE_E_USAGE, "these runs do not say what more attempts bring: %s",
                        pilot->why_no_parts);
        tare_err_hint(err, "name runs with two attempts a task or more, or leave out -k");
        return TARE_E_USAGE;
    }
    p->design = TARE_PLAN_MEAN;
    p->sd = sd_with(pilot, p->k);
    return TARE_OK;
}

static enum tare_status choose_design(const struct tare_power_plan_opts *o,
                                      struct tare_power_plan *p, struct tare_err *err)
{
    const struct tare_power_plan_pilot *pilot = o->pilot;
    if (!isnan(o->discordance) && !isnan(o->sd))
        return refuse(err, "a discordance and a standard deviation are two different designs",
                      "pass or fail: --discordance; other scores: --sd");
    p->discordance = o->discordance;
    p->sd = o->sd;
    if (pilot && isnan(o->discordance) && isnan(o->sd)) {
        p->discordance = pilot->discordance;
        p->sd = pilot->sd;
    }
    p->baseline = first(o->baseline, pilot ? pilot->mean : (double)NAN);
    p->effect = o->effect;
    p->n = first(o->n, pilot ? (double)pilot->n : (double)NAN);
    p->design = !isnan(p->discordance) ? TARE_PLAN_PAIRED
                : !isnan(p->sd)        ? TARE_PLAN_MEAN
                                       : TARE_PLAN_TWO;
    enum tare_status st = apply_k(o, p, err);
    if (st)
        return st;
    if (p->design == TARE_PLAN_TWO && isnan(p->baseline))
        return refuse(err, "nothing says how much the scores vary",
                      "give one of: --baseline P (two independent groups), --discordance PSI (the "
                      "same tasks, pass or fail), --sd S (the same tasks, other scores), "
                      "--from RUN");
    if (isnan(p->effect) && isnan(p->n))
        return refuse(err, "what should be planned?",
                      "--effect D asks how many tasks; -n N asks what they can show; both ask for "
                      "the power");
    return TARE_OK;
}

static enum tare_status check_ranges(const struct tare_power_plan *p, struct tare_err *err)
{
    double second = p->baseline + p->effect;
    if (p->effect == 0)
        return refuse(err, "an effect of 0 needs endless tasks",
                      "name the smallest difference that matters: --effect 0.05");
    if (p->design == TARE_PLAN_TWO && (second < 0 || second > 1)) {
        (void)tare_fail(err, TARE_E_USAGE, "%g and an effect of %g make a rate of %g", p->baseline,
                        p->effect, second);
        tare_err_hint(err, "rates lie between 0 and 1: 5 points are --effect 0.05");
        return TARE_E_USAGE;
    }
    if (p->design == TARE_PLAN_PAIRED && fabs(p->effect) > p->discordance) {
        (void)tare_fail(err, TARE_E_USAGE,
                        "an effect of %g needs a discordance of at least that; it is %g", p->effect,
                        p->discordance);
        tare_err_hint(err, "the discordance is the share of tasks that the two decide differently");
        return TARE_E_USAGE;
    }
    if (p->design == TARE_PLAN_MEAN && !(p->sd > 0))
        return refuse(err, "the differences do not vary: there is nothing to plan",
                      "give their standard deviation: --sd S");
    return TARE_OK;
}

static const char *method_of(const struct tare_power_plan *p)
{
    static const char *const names[] = {
        [TARE_PLAN_TWO] = "two independent groups, pooled normal formula",
        [TARE_PLAN_PAIRED] = "same tasks, pass or fail: McNemar by discordance",
        [TARE_PLAN_MEAN] = "same tasks: t test of the differences"};
    return names[p->design];
}

static void fill(const struct tare_power_plan_opts *o, struct tare_power_plan *p)
{
    const char *no_effect = "no effect asked for", *no_n = "no number of tasks given";
    bool effect = !isnan(p->effect), n = !isnan(p->n);
    p->need = effect ? times(need_of(p), p->deff) : tare_no_value(no_effect);
    p->power_at_n = effect && n ? tare_power_plan_power(p, p->n, p->effect)
                                : tare_no_value(effect ? no_n : no_effect);
    p->mde = n ? mde_of(p) : tare_no_value(no_n);
    p->exact_power = tare_no_value("only for the same tasks, pass or fail, without clusters");
    if (p->design == TARE_PLAN_PAIRED && effect && n && p->deff == 1 && p->n <= 100000)
        p->exact_power = tare_power_mcnemar_exact((p->discordance - fabs(p->effect)) / 2,
                                                  (p->discordance + fabs(p->effect)) / 2,
                                                  (uint64_t)p->n, p->alpha, true);
    p->paired_need = tare_no_value("only for two independent groups");
    p->chance_discordance = (double)NAN;
    if (p->design == TARE_PLAN_TWO && effect) {
        double p1 = p->baseline, p2 = p1 + p->effect;
        p->chance_discordance = p1 * (1 - p2) + p2 * (1 - p1);
        p->paired_need = times(
            tare_size_paired(p->effect, p->chance_discordance, p->alpha, 2, p->power), p->deff);
    }
    plan_attempts(n ? o->pilot : NULL, p);
    curve(p);
}

enum tare_status tare_power_plan(const struct tare_power_plan_opts *o, struct tare_power_plan *p,
                                 struct tare_err *err)
{
    *p = (struct tare_power_plan){.alpha = o->alpha > 0 ? o->alpha : 0.05,
                                  .power = o->power > 0 ? o->power : 0.80};
    enum tare_status st = choose_design(o, p, err);
    if (!st)
        st = design_effect(o, p, err);
    if (!st)
        st = check_ranges(p, err);
    if (st)
        return st;
    p->method = method_of(p);
    fill(o, p);
    return TARE_OK;
}
