/* The pairs of a recording under each arm, and what each arm shows. */
#include "experiment/tools_int.h"

#include <math.h>
#include <stdlib.h>

#include "stats/proportion.h"

#include "base/banned.h"

static int by_pair(const void *a, const void *b)
{
    const struct tare_tools_episode *x = *(const struct tare_tools_episode *const *)a;
    const struct tare_tools_episode *y = *(const struct tare_tools_episode *const *)b;
    int c = tare_str_cmp(x->workflow, y->workflow);
    c = c ? c : tare_str_cmp(x->id, y->id);
    c = c ? c : tare_str_cmp(x->factor, y->factor);
    c = c ? c : (x->seed > y->seed) - (x->seed < y->seed);
    return c ? c : (x->regime > y->regime) - (x->regime < y->regime);
}

static bool same_pair(const struct tare_tools_episode *x, const struct tare_tools_episode *y)
{
    return x->seed == y->seed && tare_str_eq(x->id, y->id) && tare_str_eq(x->factor, y->factor) &&
           tare_str_eq(x->workflow, y->workflow);
}

/* The number of a seed among those seen; few are. */
static uint32_t seed_number(struct tare__tools_lab *l, int64_t *seen, int64_t seed)
{
    uint32_t k = 0;
    while (k < l->seeds && seen[k] != seed)
        k++;
    if (k == l->seeds)
        seen[l->seeds++] = seed;
    return k;
}

static enum tare_status pair_up(struct tare__tools_lab *l, struct tare_err *err)
{
    size_t n = l->rec->n;
    const struct tare_tools_episode **order =
        TARE_NEW_N(l->arena, const struct tare_tools_episode *, n);
    int64_t *seen = TARE_NEW_N(l->arena, int64_t, n);
    l->pairs = TARE_NEW_N(l->arena, struct tare__tools_pair, n);
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
            l->pairs[l->n++] = (struct tare__tools_pair){.cluster = l->clusters - 1,
                                                         .seed = seed_number(l, seen, e->seed),
                                                         .factor = e->factor};
        struct tare__tools_pair *p = &l->pairs[l->n - 1];
        if (p->of[e->regime]) {
            tare_err_hint(err, "give each attempt its own \"seed\"");
            return tare_fail(err, TARE_E_INPUT, "episode \"%.*s\" is recorded twice with one seed",
                             TARE_FMT(e->id));
        }
        p->of[e->regime] = e;
    }
    return TARE_OK;
}

static enum tare_status measure_all(struct tare__tools_lab *l, struct tare_err *err)
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
            enum tare_status st = tare__tools_measure(l, e, (enum tare_tools_arm)a,
                                                      &l->units[(size_t)a * l->n + i], err);
            tare_arena_rewind(l->arena, mark);
            if (st != TARE_OK)
                return st;
        }
    return TARE_OK;
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

static void describe(const struct tare__tools_lab *l, int a)
{
    struct tare_tools_row *row = &l->out->arm[a];
    double mass = 0, tokens = 0, ms = 0, first_ms = 0, least = 0;
    uint64_t masses = 0, has_tokens = 0, has_ms = 0, firsts = 0;
    row->recorded = a < TARE_ARM_REQUIRED || l->rec->has[a];
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *u = tare__tools_at(l, a, i);
        row->missing += !u->present;
        row->unknown += u->unknown;
        add_masked(&row->masked, &u->masked);
        if (!tare__tools_counts(u))
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
        first_ms += u->first_ms;
        firsts += u->firsts;
        row->limited += u->limited;
        row->near += u->near;
        row->promised += u->promised;
        row->broken += u->broken;
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
    row->first_ms = firsts ? tare_value(first_ms / (double)firsts)
                           : tare_no_value("the recordings have no \"first_ms\"");
    if (row->masked.masses) { /* of tokens, changed episodes included */
        least = masses && least < row->masked.mass_min ? least : row->masked.mass_min;
        mass += row->masked.mass_sum;
        masses += row->masked.masses;
    }
    row->mass_mean = masses ? tare_value(mass / (double)masses)
                            : tare_no_value("the recordings have no \"mass_allowed\"");
    row->mass_min = masses ? tare_value(least) : row->mass_mean;
}

/* The factor by its name; NULL: it has none, or there are too many. */
static struct tare_tools_factor *factor_of(struct tare_tools_report *out, struct tare_str name)
{
    for (uint32_t i = 0; i < out->n_factors; i++)
        if (tare_str_eq(out->factor[i].name, name))
            return &out->factor[i];
    if (!name.n || out->n_factors == TARE_TOOLS_FACTORS)
        return NULL;
    out->factor[out->n_factors].name = name;
    return &out->factor[out->n_factors++];
}

static void by_factor(const struct tare__tools_lab *l, int a)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct tare__tools_unit *u = tare__tools_at(l, a, i);
        struct tare_tools_factor *f = factor_of(l->out, l->pairs[i].factor);
        if (!f || !tare__tools_counts(u))
            continue;
        f->arm[a].k += u->k[TARE_RATE_SUCCESS];
        f->arm[a].n += u->n[TARE_RATE_SUCCESS];
    }
}

static enum tare_status over_seeds(const struct tare__tools_lab *l, int a, struct tare_err *err)
{
    struct tare_tools_row *row = &l->out->arm[a];
    double *k = TARE_NEW_N(l->arena, double, l->seeds), *n = TARE_NEW_N(l->arena, double, l->seeds);
    double sum = 0, squares = 0, used = 0;
    if (!k || !n)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing seeds");
    for (size_t i = 0; i < l->n; i++)
        if (tare__tools_counts(tare__tools_at(l, a, i))) {
            k[l->pairs[i].seed] += tare__tools_at(l, a, i)->k[TARE_RATE_SUCCESS];
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

enum tare_status tare_tools_experiment(const struct tare_tools_recordings *r,
                                       const struct tare_tools_opts *opts, struct tare_arena *arena,
                                       struct tare_tools_report *out, struct tare_err *err)
{
    struct tare__tools_lab l = {.rec = r, .opts = opts, .arena = arena, .out = out};
    *out = (struct tare_tools_report){.baseline = opts->baseline, .confidence = opts->confidence};
    if (!r->has[TARE_ARM_STRICT]) {
        tare_err_hint(err, "the parser arms are computed from the regime \"auto\": record it");
        return tare_fail(err, TARE_E_INPUT, "no episode of free decoding is recorded");
    }
    enum tare_status st = pair_up(&l, err);
    if (st == TARE_OK)
        st = tare__tools_rules_open(&l, err);
    if (st == TARE_OK)
        st = measure_all(&l, err);
    for (int a = 0; a < TARE_TOOLS_ARMS && st == TARE_OK; a++) {
        describe(&l, a);
        by_factor(&l, a);
        st = over_seeds(&l, a, err);
    }
    if (st == TARE_OK)
        st = tare__tools_compare(&l, err);
    out->masks = opts->masks != NULL;
    if (opts->masks)
        tare_tools_masks_times(opts->masks, &out->times);
    out->pairs = l.n;
    out->workflows = l.clusters;
    out->seeds = l.seeds;
    return st;
}
