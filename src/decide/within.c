/*
 * About these very tasks: has the solver changed on them? Chance is in the attempts alone
 * (statistics sheet, section 15). The test deals the attempts of each task to the two sides again;
 * the intervals come from the spread of attempts at the same task, and margins rest on them.
 */
#include <float.h>

#include "decide/compare_int.h"
#include "stats/power.h"
#include "stats/within.h"

#include "base/banned.h"

static uint32_t most(const uint32_t *k, size_t n)
{
    uint32_t max = 0;
    for (size_t i = 0; i < n; i++)
        max = k[i] > max ? k[i] : max;
    return max;
}

enum tare_status tare__within_fits(const struct tare__look *look, const struct tare__pairs *p,
                                   struct tare_err *err)
{
    const char *about = "--about these-tasks";
    if (look->ratio) {
        (void)tare_fail(err, TARE_E_USAGE, "%s has no test for a ratio of sums", about);
        tare_err_hint(err, "choose a metric that is a mean over attempts with --metric");
        return TARE_E_USAGE;
    }
    bool few_a = most(p->k_a, p->n) < 2, few_b = most(p->k_b, p->n) < 2;
    if (p->n == 0 || (!few_a && !few_b))
        return TARE_OK;
    (void)tare_fail(err, TARE_E_USAGE, "%s needs two attempts a task or more, and %s has one",
                    about,
                    few_a && few_b ? "each side"
                    : few_a        ? "the baseline"
                                   : "the candidate");
    tare_err_hint(err, "with one attempt nobody knows how a solver varies on a task: run with -k 2 "
                       "or more, or leave out --about");
    return TARE_E_USAGE;
}

/* The lattice on which all attempts stand; 0: none. */
static enum tare_status step_of(const struct tare__pairs *p, struct tare_arena *arena, double *step,
                                struct tare_err *err)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < p->n; i++)
        n += (size_t)p->k_a[i] + p->k_b[i];
    double *all = TARE_NEW_N(arena, double, n);
    int32_t *units = TARE_NEW_N(arena, int32_t, n);
    if (!all || !units)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the attempts");
    for (size_t i = 0; i < p->n; i++) {
        memcpy(all + at, p->x_a[i], p->k_a[i] * sizeof *all);
        at += p->k_a[i];
        memcpy(all + at, p->x_b[i], p->k_b[i] * sizeof *all);
        at += p->k_b[i];
    }
    *step = tare__value_step(all, n, units);
    return TARE_OK;
}

/* What could have been seen, and how many attempts show the margin: the error falls with the root
 * of the attempts. */
static void plan(const struct tare__look *look, const struct tare__pairs *p, double se,
                 struct tare_evidence *ev)
{
    double mde = tare_mde_from_se(se, look->alpha, look->power), k = 0;
    for (size_t i = 0; i < p->n; i++)
        k += (p->k_a[i] + p->k_b[i]) / 2.0 / (double)p->n;
    ev->mde = tare_value(mde);
    ev->k_for_margin = look->margin > 0
                           ? tare_value(k * (mde / look->margin) * (mde / look->margin))
                           : tare_no_value("no margin");
    double gap = tare__beyond_margin(look, ev);
    ev->k_beyond_margin = gap > 0 ? tare_value(k * (mde / gap) * (mde / gap))
                                  : tare_no_value("the estimate is not beyond the margin");
}

enum tare_status tare__within(const struct tare__look *look, const struct tare__pairs *p,
                              struct tare_arena *arena, struct tare_evidence *ev,
                              struct tare_err *err)
{
    struct tare_within_in in = {.n = p->n,
                                .a = p->x_a,
                                .b = p->x_b,
                                .k_a = p->k_a,
                                .k_b = p->k_b,
                                .resamples = look->test_resamples,
                                .seed = look->seed};
    struct tare_within_test test;
    enum tare_status st = step_of(p, arena, &in.step, err);
    if (!st)
        st = tare_within_permutation(&in, arena, &test, err);
    if (st)
        return st;
    ev->p = fmax(test.p_two, DBL_MIN);
    ev->p_method = test.resamples ? "Monte Carlo permutation of attempts within tasks"
                                  : "exact permutation of attempts within tasks";
    ev->smallest_p = test.smallest_p;
    ev->test_resamples = test.resamples;
    struct tare_within_se se = tare_within_se(&in);
    ev->ci = tare_within_interval(ev->diff, &se, 1 - look->alpha);
    ev->ci_narrow = tare_within_interval(ev->diff, &se, 1 - 2 * look->alpha);
    ev->ci_method = se.se.why ? "none" : "t of the attempts";
    ev->n_for_margin = ev->n_beyond_margin = tare_no_value("these tasks are all there are");
    ev->mde = tare_no_value(se.se.why ? se.se.why : "no spread");
    if (se.se.why)
        return TARE_OK;
    ev->sd = se.se.v * sqrt((double)p->n);
    plan(look, p, se.se.v, ev);
    return TARE_OK;
}
