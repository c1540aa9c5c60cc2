/*
 * What sets an arm apart from the baseline, on the pairs that both have. A workflow is what chance
 * is drawn over: its episodes and seeds belong together.
 */
#include "experiment/tools_int.h"

#include <math.h>

#include "stats/bootstrap.h"
#include "stats/multiplicity.h"
#include "stats/paired.h"
#include "stats/power.h"
#include "stats/signflip.h"
#include "stats/swap.h"

#include "base/banned.h"

#define POWER 0.80

/* Sums over the pairs both sides have, a workflow each. */
struct sums {
    double *xa, *ya, *xb, *yb;
    size_t n;
};

static bool new_sums(const struct tare__tools_lab *l, struct sums *s)
{
    *s = (struct sums){TARE_NEW_N(l->arena, double, l->clusters),
                       TARE_NEW_N(l->arena, double, l->clusters),
                       TARE_NEW_N(l->arena, double, l->clusters),
                       TARE_NEW_N(l->arena, double, l->clusters), l->clusters};
    return s->xa && s->ya && s->xb && s->yb;
}

static double total(const double *x, size_t n)
{
    double t = 0;
    for (size_t i = 0; i < n; i++)
        t += x[i];
    return t;
}

static struct tare_boot_opts resampling(const struct tare__tools_lab *l)
{
    return (struct tare_boot_opts){
        .resamples = l->opts->resamples, .seed = l->opts->seed, .confidence = l->opts->confidence};
}

static struct tare_interval best(const struct tare_boot *b)
{
    return b->bca.why ? b->percentile : b->bca;
}

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing arms");
}

/* The pairs whose outcome both sides know. */
struct outcomes {
    struct tare_paired_table table;
    double *change;
    uint32_t *cluster;
    size_t n;
    bool clustered; /* some of them share a workflow */
};

static bool gather(const struct tare__tools_lab *l, int a, enum tare_tools_rate r,
                   struct outcomes *o)
{
    *o = (struct outcomes){.change = TARE_NEW_N(l->arena, double, l->n),
                           .cluster = TARE_NEW_N(l->arena, uint32_t, l->n)};
    if (!o->change || !o->cluster)
        return false;
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *x = tare__tools_at(l, (int)l->opts->baseline, i);
        const struct tare__tools_unit *y = tare__tools_at(l, a, i);
        if (!tare__tools_counts(x) || !tare__tools_counts(y) || !x->n[r] || !y->n[r])
            continue;
        o->table.both += x->k[r] && y->k[r];
        o->table.baseline_only += x->k[r] && !y->k[r];
        o->table.candidate_only += !x->k[r] && y->k[r];
        o->table.neither += !x->k[r] && !y->k[r];
        o->clustered |= o->n && o->cluster[o->n - 1] == l->pairs[i].cluster;
        o->cluster[o->n] = l->pairs[i].cluster;
        o->change[o->n++] = (double)y->k[r] - (double)x->k[r];
    }
    return true;
}

/* The rate of an arm and the baseline's: k of n, summed over the pairs both have. */
static enum tare_status sum_rate(const struct tare__tools_lab *l, int a, enum tare_tools_rate r,
                                 struct sums *c, struct tare_err *err)
{
    if (!new_sums(l, c))
        return no_memory(err);
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *x = tare__tools_at(l, (int)l->opts->baseline, i);
        const struct tare__tools_unit *y = tare__tools_at(l, a, i);
        uint32_t k = l->pairs[i].cluster;
        if (!tare__tools_counts(x) || !tare__tools_counts(y))
            continue;
        c->xa[k] += x->k[r];
        c->ya[k] += x->n[r];
        c->xb[k] += y->k[r];
        c->yb[k] += y->n[r];
    }
    return TARE_OK;
}

static enum tare_status boot_rate(const struct tare__tools_lab *l, int a, enum tare_tools_rate r,
                                  struct sums *c, struct tare_boot *boot, bool *any,
                                  struct tare_err *err)
{
    struct tare_boot_opts o = resampling(l);
    enum tare_status st = sum_rate(l, a, r, c, err);
    *any = st == TARE_OK && total(c->ya, c->n) > 0 && total(c->yb, c->n) > 0;
    return *any ? tare_bootstrap_ratio_diff(c->xa, c->ya, c->xb, c->yb, c->n, &o, l->arena, boot,
                                            err)
                : st;
}

/* Success, first try, order: one outcome an episode. The signs of whole workflows are turned; where
 * each workflow is one pair, that is McNemar's exact test. */
static enum tare_status compare_outcome(const struct tare__tools_lab *l, int a,
                                        enum tare_tools_rate r, struct tare_err *err)
{
    struct tare_tools_row *row = &l->out->arm[a];
    struct tare_tools_share *s = &row->rate[r];
    const struct tare_flip_opts flip = {
        .step = 1, .resamples = l->opts->resamples, .seed = l->opts->seed};
    struct tare_sign_flip test;
    struct outcomes o;
    struct tare_boot boot;
    struct sums c;
    bool any = false;
    s->p = s->p_holm = (double)NAN;
    if (!gather(l, a, r, &o))
        return no_memory(err);
    struct tare_mcnemar m = tare_mcnemar(o.table);
    s->diff = m.diff;
    s->diff_ci = tare_tango(o.table, l->opts->confidence);
    s->p_mcnemar = m.n ? m.exact_p : (double)NAN;
    if (o.n == 0)
        return TARE_OK;
    enum tare_status st =
        tare_sign_flip_cluster(o.change, o.cluster, o.n, &flip, l->arena, &test, err);
    if (st != TARE_OK)
        return st;
    s->p = test.p_two;
    if (o.clustered)
        st = boot_rate(l, a, r, &c, &boot, &any, err);
    if (any)
        s->diff_ci = best(&boot);
    if (r == TARE_RATE_SUCCESS)
        row->mde = any ? tare_value(tare_mde_from_se(boot.se, 1 - l->opts->confidence, POWER))
                       : tare_mde_paired(tare_psi_from_pilot(m.discordant, m.n), (double)m.n,
                                         1 - l->opts->confidence, POWER);
    return st;
}

/* Rates whose units are messages or calls. */
static enum tare_status compare_share(const struct tare__tools_lab *l, int a,
                                      enum tare_tools_rate r, struct tare_err *err)
{
    struct tare_tools_share *s = &l->out->arm[a].rate[r];
    struct tare_swap swap;
    struct tare_boot boot;
    struct sums c;
    bool any;
    s->p = s->p_holm = s->p_mcnemar = (double)NAN;
    s->diff = tare_no_value("nothing of the kind on one side");
    s->diff_ci = tare_no_interval("nothing of the kind on one side");
    enum tare_status st = boot_rate(l, a, r, &c, &boot, &any, err);
    if (st != TARE_OK || !any)
        return st;
    s->diff = tare_value(boot.theta);
    s->diff_ci = best(&boot);
    st = tare_swap_ratio_diff(c.xa, c.ya, c.xb, c.yb, c.n, l->opts->resamples, l->opts->seed,
                              l->arena, &swap, err);
    if (st != TARE_OK)
        return st;
    s->p = swap.p_two;
    if (swap.n_eff == 0 || total(c.xa, c.n) + total(c.xb, c.n) == 0)
        s->diff_ci = tare_no_interval("no workflow tells the arms apart");
    return TARE_OK;
}

/* What an episode costs: tokens, milliseconds. */
struct cost {
    double (*of)(const struct tare__tools_unit *u);
    bool (*known)(const struct tare__tools_unit *u);
};

static double tokens_of(const struct tare__tools_unit *u)
{
    return u->tokens;
}

static bool has_tokens(const struct tare__tools_unit *u)
{
    return u->has_tokens;
}

static double ms_of(const struct tare__tools_unit *u)
{
    return u->ms;
}

static bool has_ms(const struct tare__tools_unit *u)
{
    return u->has_ms;
}

static const struct cost tokens = {tokens_of, has_tokens}, ms = {ms_of, has_ms};

/* A ratio of sums with its interval over workflows. */
static enum tare_status ratio_of(const struct tare__tools_lab *l, const double *x, const double *y,
                                 struct tare_value *ratio, struct tare_interval *ci,
                                 struct tare_err *err)
{
    struct tare_boot_opts o = resampling(l);
    struct tare_boot boot;
    if (!(total(y, l->clusters) > 0))
        return TARE_OK;
    enum tare_status st = tare_bootstrap(x, y, l->clusters, &o, l->arena, &boot, err);
    if (st != TARE_OK)
        return st;
    *ratio = tare_value(boot.theta);
    *ci = best(&boot);
    return TARE_OK;
}

/* Costs as a ratio to the baseline's. */
static enum tare_status compare_cost(const struct tare__tools_lab *l, int a,
                                     const struct cost *cost, struct tare_value *ratio,
                                     struct tare_interval *ci, struct tare_err *err)
{
    struct sums c;
    *ratio = tare_no_value("one side has no figures");
    *ci = tare_no_interval("one side has no figures");
    if (!new_sums(l, &c))
        return no_memory(err);
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *x = tare__tools_at(l, (int)l->opts->baseline, i);
        const struct tare__tools_unit *y = tare__tools_at(l, a, i);
        if (!tare__tools_counts(x) || !tare__tools_counts(y) || !cost->known(x) || !cost->known(y))
            continue;
        c.ya[l->pairs[i].cluster] += cost->of(x);
        c.xb[l->pairs[i].cluster] += cost->of(y);
    }
    return ratio_of(l, c.xb, c.ya, ratio, ci, err);
}

/* What a success costs: of all episodes with figures, failed ones too. */
static enum tare_status success_cost(const struct tare__tools_lab *l, int a,
                                     const struct cost *cost, struct tare_value *each,
                                     struct tare_interval *ci, struct tare_err *err)
{
    struct sums c;
    *each = tare_no_value("no success, or no figures");
    *ci = tare_no_interval("no success, or no figures");
    if (!new_sums(l, &c))
        return no_memory(err);
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *u = tare__tools_at(l, a, i);
        if (!tare__tools_counts(u) || !cost->known(u))
            continue;
        c.xb[l->pairs[i].cluster] += cost->of(u);
        c.ya[l->pairs[i].cluster] += u->k[TARE_RATE_SUCCESS];
    }
    return ratio_of(l, c.xb, c.ya, each, ci, err);
}

static bool is_outcome(int r)
{
    return r == TARE_RATE_SUCCESS || r == TARE_RATE_FIRST_TRY || r == TARE_RATE_ORDER;
}

static enum tare_status costs(const struct tare__tools_lab *l, int a, struct tare_err *err)
{
    struct tare_tools_row *row = &l->out->arm[a];
    struct tare_arena_mark mark = tare_arena_mark(l->arena);
    enum tare_status st =
        success_cost(l, a, &tokens, &row->success_tokens, &row->success_tokens_ci, err);
    if (st == TARE_OK)
        st = success_cost(l, a, &ms, &row->success_ms, &row->success_ms_ci, err);
    if (st == TARE_OK && a != (int)l->opts->baseline)
        st = compare_cost(l, a, &tokens, &row->tokens_ratio, &row->tokens_ci, err);
    if (st == TARE_OK && a != (int)l->opts->baseline)
        st = compare_cost(l, a, &ms, &row->ms_ratio, &row->ms_ci, err);
    tare_arena_rewind(l->arena, mark);
    return st;
}

static void no_comparison(struct tare_tools_row *row)
{
    static const char why[] = "this is the baseline";
    for (int r = 0; r < TARE_TOOLS_RATES; r++) {
        row->rate[r].diff = tare_no_value(why);
        row->rate[r].diff_ci = tare_no_interval(why);
        row->rate[r].p = row->rate[r].p_holm = row->rate[r].p_mcnemar = (double)NAN;
    }
    row->tokens_ratio = row->ms_ratio = row->mde = tare_no_value(why);
    row->tokens_ci = row->ms_ci = tare_no_interval(why);
}

static enum tare_status compare_arm(const struct tare__tools_lab *l, int a, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(l->arena);
    enum tare_status st = TARE_OK;
    l->out->arm[a].mde = tare_no_value("no pairs");
    for (int r = 0; r < TARE_TOOLS_RATES && st == TARE_OK; r++) {
        st = is_outcome(r) ? compare_outcome(l, a, (enum tare_tools_rate)r, err)
                           : compare_share(l, a, (enum tare_tools_rate)r, err);
        tare_arena_rewind(l->arena, mark);
    }
    return st;
}

static enum tare_status holm(const struct tare__tools_lab *l, int r, struct tare_err *err)
{
    double p[TARE_TOOLS_ARMS], adjusted[TARE_TOOLS_ARMS];
    for (int a = 0; a < TARE_TOOLS_ARMS; a++)
        p[a] = l->out->arm[a].rate[r].p;
    enum tare_status st =
        tare_adjust_p(p, TARE_TOOLS_ARMS, TARE_ADJUST_HOLM, adjusted, NULL, l->arena, err);
    for (int a = 0; a < TARE_TOOLS_ARMS && st == TARE_OK; a++)
        l->out->arm[a].rate[r].p_holm = adjusted[a];
    return st;
}

enum tare_status tare__tools_compare(const struct tare__tools_lab *l, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (int a = 0; a < TARE_TOOLS_ARMS && st == TARE_OK; a++) {
        if (a == (int)l->opts->baseline)
            no_comparison(&l->out->arm[a]);
        else
            st = compare_arm(l, a, err);
        if (st == TARE_OK)
            st = costs(l, a, err);
    }
    for (int r = 0; r < TARE_TOOLS_RATES && st == TARE_OK; r++)
        st = holm(l, r, err);
    return st;
}
