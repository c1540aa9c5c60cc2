/* The pairs of a recording under each arm, and what sets the arms apart. */
#include "experiment/tools_int.h"

#include <math.h>
#include <stdlib.h>

#include "stats/bootstrap.h"
#include "stats/multiplicity.h"
#include "stats/paired.h"
#include "stats/power.h"
#include "stats/proportion.h"

#include "base/banned.h"

/* One (id, seed): its recording in each regime, and its place in the table of units. */
struct pair {
    const struct tare_tools_episode *of[TARE_TOOLS_ARMS];
    uint32_t cluster, seed;
};

struct lab {
    const struct tare_tools_recordings *rec;
    const struct tare_tools_opts *opts;
    struct tare_arena *arena;
    struct tare_tools_report *out;
    struct pair *pairs;
    size_t n;
    uint32_t clusters, seeds;
    struct tare__tools_unit *units; /* [arm * n + pair] */
};

static int by_pair(const void *a, const void *b)
{
    const struct tare_tools_episode *x = *(const struct tare_tools_episode *const *)a;
    const struct tare_tools_episode *y = *(const struct tare_tools_episode *const *)b;
    int c = tare_str_cmp(x->workflow, y->workflow);
    c = c ? c : tare_str_cmp(x->id, y->id);
    c = c ? c : (x->seed > y->seed) - (x->seed < y->seed);
    return c ? c : (x->regime > y->regime) - (x->regime < y->regime);
}

static bool same_pair(const struct tare_tools_episode *x, const struct tare_tools_episode *y)
{
    return x->seed == y->seed && tare_str_eq(x->id, y->id) && tare_str_eq(x->workflow, y->workflow);
}

/* The number of a seed among those seen; few are. */
static uint32_t seed_number(struct lab *l, int64_t *seen, int64_t seed)
{
    uint32_t k = 0;
    while (k < l->seeds && seen[k] != seed)
        k++;
    if (k == l->seeds)
        seen[l->seeds++] = seed;
    return k;
}

static enum tare_status pair_up(struct lab *l, struct tare_err *err)
{
    size_t n = l->rec->n;
    const struct tare_tools_episode **order =
        TARE_NEW_N(l->arena, const struct tare_tools_episode *, n);
    int64_t *seen = TARE_NEW_N(l->arena, int64_t, n);
    l->pairs = TARE_NEW_N(l->arena, struct pair, n);
    if (!order || !seen || !l->pairs)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while pairing recordings");
    for (size_t i = 0; i < n; i++)
        order[i] = &l->rec->v[i];
    qsort(order, n, sizeof *order, by_pair);
    for (size_t i = 0; i < n; i++) {
        const struct tare_tools_episode *e = order[i];
        if (i == 0 || !tare_str_eq(e->workflow, order[i - 1]->workflow))
            l->clusters++;
        if (i == 0 || !same_pair(e, order[i - 1]))
            l->pairs[l->n++] =
                (struct pair){.cluster = l->clusters - 1, .seed = seed_number(l, seen, e->seed)};
        struct pair *p = &l->pairs[l->n - 1];
        if (p->of[e->regime]) {
            tare_err_hint(err, "give each attempt its own \"seed\"");
            return tare_fail(err, TARE_E_INPUT, "episode \"%.*s\" is recorded twice with one seed",
                             TARE_FMT(e->id));
        }
        p->of[e->regime] = e;
    }
    return TARE_OK;
}

static enum tare_status measure_all(struct lab *l, struct tare_err *err)
{
    l->units = TARE_NEW_N(l->arena, struct tare__tools_unit, l->n * TARE_TOOLS_ARMS);
    if (!l->units)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading recordings");
    for (int a = 0; a < TARE_TOOLS_ARMS; a++)
        for (size_t i = 0; i < l->n; i++) {
            bool own = a >= TARE_ARM_REQUIRED && l->rec->has[a];
            const struct tare_tools_episode *e = l->pairs[i].of[own ? a : TARE_ARM_STRICT];
            struct tare_arena_mark mark = tare_arena_mark(l->arena);
            if (!e)
                continue;
            enum tare_status st =
                tare__tools_measure(e, (enum tare_tools_arm)a, l->opts->masks, l->arena,
                                    &l->units[(size_t)a * l->n + i], err);
            tare_arena_rewind(l->arena, mark);
            if (st != TARE_OK)
                return st;
        }
    return TARE_OK;
}

static const struct tare__tools_unit *unit(const struct lab *l, int arm, size_t i)
{
    return &l->units[(size_t)arm * l->n + i];
}

static bool counts(const struct tare__tools_unit *u)
{
    return u->present && !u->unknown;
}

static void add_masked(struct tare_tools_masked *sum, const struct tare_tools_masked *x)
{
    if (x->masses && (sum->masses == 0 || x->mass_min < sum->mass_min))
        sum->mass_min = x->mass_min;
    sum->messages += x->messages;
    sum->changed += x->changed;
    sum->unenforced += x->unenforced;
    sum->tokens += x->tokens;
    sum->forced += x->forced;
    sum->masses += x->masses;
    sum->mass_sum += x->mass_sum;
}

static void add_retries(struct tare_tools_retries *sum, const struct tare__tools_unit *u)
{
    bool good = u->k[TARE_RATE_SUCCESS] > 0;
    sum->episodes += u->tries > 0;
    sum->tries += u->tries;
    sum->recovered += u->tries > 0 && good;
    sum->repaired += u->tries == 0 && good && u->k[TARE_RATE_REPAIRED] > 0;
    sum->tokens += u->tries_tokens;
    sum->ms += u->tries_ms;
}

static void describe(const struct lab *l, int a)
{
    struct tare_tools_row *row = &l->out->arm[a];
    double mass = 0, tokens = 0, ms = 0, least = 0;
    uint64_t masses = 0, has_tokens = 0, has_ms = 0;
    row->recorded = a < TARE_ARM_REQUIRED || l->rec->has[a];
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *u = unit(l, a, i);
        row->missing += !u->present;
        row->unknown += u->unknown;
        add_masked(&row->masked, &u->masked);
        if (!counts(u))
            continue;
        row->episodes++;
        for (int r = 0; r < TARE_TOOLS_RATES; r++) {
            row->rate[r].k += u->k[r];
            row->rate[r].n += u->n[r];
        }
        row->calls += u->calls;
        row->breaches += u->breaches;
        add_retries(&row->retries, u);
        tokens += u->tokens;
        ms += u->ms;
        has_tokens += u->has_tokens;
        has_ms += u->has_ms;
        if (u->masses && (masses == 0 || u->mass_min < least))
            least = u->mass_min;
        mass += u->mass_sum;
        masses += u->masses;
    }
    for (int r = 0; r < TARE_TOOLS_RATES; r++)
        row->rate[r].wilson =
            tare_wilson((struct tare_count){row->rate[r].k, row->rate[r].n}, l->opts->confidence);
    row->tokens = has_tokens ? tare_value(tokens / (double)has_tokens)
                             : tare_no_value("the recordings have no \"tokens\"");
    row->ms =
        has_ms ? tare_value(ms / (double)has_ms) : tare_no_value("the recordings have no \"ms\"");
    if (row->masked.masses) { /* of tokens, changed episodes included */
        least = masses && least < row->masked.mass_min ? least : row->masked.mass_min;
        mass += row->masked.mass_sum;
        masses += row->masked.masses;
    }
    row->mass_mean = masses ? tare_value(mass / (double)masses)
                            : tare_no_value("the recordings have no \"mass_allowed\"");
    row->mass_min = masses ? tare_value(least) : row->mass_mean;
}

static enum tare_status over_seeds(const struct lab *l, int a, struct tare_err *err)
{
    struct tare_tools_row *row = &l->out->arm[a];
    double *k = TARE_NEW_N(l->arena, double, l->seeds), *n = TARE_NEW_N(l->arena, double, l->seeds);
    double sum = 0, squares = 0, used = 0;
    if (!k || !n)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing seeds");
    for (size_t i = 0; i < l->n; i++)
        if (counts(unit(l, a, i))) {
            k[l->pairs[i].seed] += unit(l, a, i)->k[TARE_RATE_SUCCESS];
            n[l->pairs[i].seed] += 1;
        }
    for (uint32_t s = 0; s < l->seeds; s++)
        if (n[s] > 0) {
            sum += k[s] / n[s];
            used += 1;
        }
    for (uint32_t s = 0; s < l->seeds; s++)
        if (n[s] > 0)
            squares += (k[s] / n[s] - sum / used) * (k[s] / n[s] - sum / used);
    row->seed_sd =
        used >= 2 ? tare_value(sqrt(squares / (used - 1))) : tare_no_value("fewer than two seeds");
    return TARE_OK;
}

/* One episode, one outcome: the same pairs on both sides. */
static void compare_outcome(const struct lab *l, int a, enum tare_tools_rate r)
{
    struct tare_tools_share *s = &l->out->arm[a].rate[r];
    struct tare_paired_table t = {0};
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *x = unit(l, (int)l->opts->baseline, i), *y = unit(l, a, i);
        if (!counts(x) || !counts(y) || !x->n[r] || !y->n[r])
            continue;
        t.both += x->k[r] && y->k[r];
        t.baseline_only += x->k[r] && !y->k[r];
        t.candidate_only += !x->k[r] && y->k[r];
        t.neither += !x->k[r] && !y->k[r];
    }
    struct tare_mcnemar m = tare_mcnemar(t);
    s->diff = m.diff;
    s->diff_ci = tare_tango(t, l->opts->confidence);
    s->p = m.n ? m.mid_p : (double)NAN;
    if (r == TARE_RATE_SUCCESS && m.n)
        l->out->arm[a].mde = tare_mde_paired(tare_psi_from_pilot(m.discordant, m.n), (double)m.n,
                                             1 - l->opts->confidence, 0.80);
}

/* Sums over the pairs both sides have, a cluster each. */
struct sums {
    double *xa, *ya, *xb, *yb;
    size_t n;
};

static bool new_sums(const struct lab *l, struct sums *s)
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

static struct tare_boot_opts resampling(const struct lab *l)
{
    return (struct tare_boot_opts){
        .resamples = l->opts->resamples, .seed = l->opts->seed, .confidence = l->opts->confidence};
}

static struct tare_interval best(const struct tare_boot *b)
{
    return b->bca.why ? b->percentile : b->bca;
}

static enum tare_status compare_share(const struct lab *l, int a, enum tare_tools_rate r,
                                      struct tare_err *err)
{
    struct tare_tools_share *s = &l->out->arm[a].rate[r];
    struct tare_boot_opts o = resampling(l);
    struct tare_boot boot;
    struct sums c;
    s->p = s->p_holm = (double)NAN;
    s->diff = tare_no_value("nothing of the kind on one side");
    s->diff_ci = tare_no_interval("nothing of the kind on one side");
    if (!new_sums(l, &c))
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing arms");
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *x = unit(l, (int)l->opts->baseline, i), *y = unit(l, a, i);
        if (!counts(x) || !counts(y))
            continue;
        uint32_t k = l->pairs[i].cluster;
        c.xa[k] += x->k[r];
        c.ya[k] += x->n[r];
        c.xb[k] += y->k[r];
        c.yb[k] += y->n[r];
    }
    if (total(c.ya, c.n) == 0 || total(c.yb, c.n) == 0)
        return TARE_OK;
    enum tare_status st =
        tare_bootstrap_ratio_diff(c.xa, c.ya, c.xb, c.yb, c.n, &o, l->arena, &boot, err);
    if (st != TARE_OK)
        return st;
    s->diff = tare_value(boot.theta);
    s->diff_ci = best(&boot);
    return TARE_OK;
}

/* Tokens (or milliseconds) as a ratio to the baseline's. */
static enum tare_status compare_cost(const struct lab *l, int a, bool ms, struct tare_value *ratio,
                                     struct tare_interval *ci, struct tare_err *err)
{
    struct tare_boot_opts o = resampling(l);
    struct tare_boot boot;
    struct sums c;
    *ratio = tare_no_value("one side has no figures");
    *ci = tare_no_interval("one side has no figures");
    if (!new_sums(l, &c))
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing arms");
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *x = unit(l, (int)l->opts->baseline, i), *y = unit(l, a, i);
        if (!counts(x) || !counts(y) ||
            !(ms ? x->has_ms && y->has_ms : x->has_tokens && y->has_tokens))
            continue;
        c.ya[l->pairs[i].cluster] += ms ? x->ms : x->tokens;
        c.xb[l->pairs[i].cluster] += ms ? y->ms : y->tokens;
    }
    if (!(total(c.ya, c.n) > 0))
        return TARE_OK;
    enum tare_status st = tare_bootstrap(c.xb, c.ya, c.n, &o, l->arena, &boot, err);
    if (st != TARE_OK)
        return st;
    *ratio = tare_value(boot.theta);
    *ci = best(&boot);
    return TARE_OK;
}

static enum tare_status compare_arm(const struct lab *l, int a, struct tare_err *err)
{
    struct tare_tools_row *row = &l->out->arm[a];
    struct tare_arena_mark mark = tare_arena_mark(l->arena);
    enum tare_status st = TARE_OK;
    compare_outcome(l, a, TARE_RATE_SUCCESS);
    compare_outcome(l, a, TARE_RATE_FIRST_TRY);
    compare_outcome(l, a, TARE_RATE_ORDER);
    for (int r = TARE_RATE_MALFORMED; r < TARE_TOOLS_RATES && st == TARE_OK; r++) {
        st = compare_share(l, a, (enum tare_tools_rate)r, err);
        tare_arena_rewind(l->arena, mark);
    }
    if (st == TARE_OK)
        st = compare_cost(l, a, false, &row->tokens_ratio, &row->tokens_ci, err);
    tare_arena_rewind(l->arena, mark);
    if (st == TARE_OK)
        st = compare_cost(l, a, true, &row->ms_ratio, &row->ms_ci, err);
    tare_arena_rewind(l->arena, mark);
    return st;
}

static void no_comparison(struct tare_tools_row *row)
{
    static const char why[] = "this is the baseline";
    for (int r = 0; r < TARE_TOOLS_RATES; r++) {
        row->rate[r].diff = tare_no_value(why);
        row->rate[r].diff_ci = tare_no_interval(why);
        row->rate[r].p = row->rate[r].p_holm = (double)NAN;
    }
    row->tokens_ratio = row->ms_ratio = row->mde = tare_no_value(why);
    row->tokens_ci = row->ms_ci = tare_no_interval(why);
}

static enum tare_status holm(const struct lab *l, enum tare_tools_rate r, struct tare_err *err)
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

enum tare_status tare_tools_experiment(const struct tare_tools_recordings *r,
                                       const struct tare_tools_opts *opts, struct tare_arena *arena,
                                       struct tare_tools_report *out, struct tare_err *err)
{
    struct lab l = {.rec = r, .opts = opts, .arena = arena, .out = out};
    *out = (struct tare_tools_report){.baseline = opts->baseline, .confidence = opts->confidence};
    if (!r->has[TARE_ARM_STRICT]) {
        tare_err_hint(err, "the parser arms are computed from the regime \"auto\": record it");
        return tare_fail(err, TARE_E_INPUT, "no episode of free decoding is recorded");
    }
    enum tare_status st = pair_up(&l, err);
    if (st == TARE_OK)
        st = measure_all(&l, err);
    for (int a = 0; a < TARE_TOOLS_ARMS && st == TARE_OK; a++) {
        describe(&l, a);
        out->arm[a].mde = tare_no_value("no pairs");
        st = over_seeds(&l, a, err);
        if (st == TARE_OK && a == (int)opts->baseline)
            no_comparison(&out->arm[a]);
        else if (st == TARE_OK)
            st = compare_arm(&l, a, err);
    }
    if (st == TARE_OK)
        st = holm(&l, TARE_RATE_SUCCESS, err);
    if (st == TARE_OK)
        st = holm(&l, TARE_RATE_FIRST_TRY, err);
    if (st == TARE_OK)
        st = holm(&l, TARE_RATE_ORDER, err);
    out->masks = opts->masks != NULL;
    if (opts->masks)
        tare_tools_masks_times(opts->masks, &out->times);
    out->pairs = l.n;
    out->workflows = l.clusters;
    out->seeds = l.seeds;
    return st;
}
