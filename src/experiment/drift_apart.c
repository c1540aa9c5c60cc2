/* Adherence taken apart: by rule, by the tokens since the rules were stated, over groups of runs;
 * and what an external guard prevented. */
#include "experiment/drift_int.h"

#include <math.h>

#include "base/banned.h"

static void add(struct tare_count *c, uint8_t outcome)
{
    c->k += outcome == TARE_DRIFT_PASS;
    c->n += outcome != TARE_DRIFT_NA;
}

/* 0: none; then below 64, 128, 256 … tokens, the last without an end. */
static uint32_t bin_of(double since)
{
    uint32_t bin = since > 0 ? 1 : 0;
    for (double end = TARE_DRIFT_BIN_TOKENS; since >= end && bin + 1 < TARE_DRIFT_BINS; end *= 2)
        bin++;
    return bin;
}

double tare_drift_bin_from(uint32_t bin)
{
    return bin < 2 ? bin : ldexp(TARE_DRIFT_BIN_TOKENS, (int)bin - 2);
}

static void one_turn(const struct tare_drift_run *r, uint32_t t, struct tare_drift_row *row)
{
    struct tare_count kept = tare__drift_kept(r, t);
    for (uint32_t k = 0; k < r->n_rules; k++)
        if (r->rule_no[k] < TARE_DRIFT_RULES)
            add(&row->rule[r->rule_no[k]], r->pass[(size_t)t * r->n_rules + k]);
    if (!isnan(r->since[t])) {
        struct tare_count *bin = &row->since[bin_of(r->since[t])];
        bin->k += kept.k;
        bin->n += kept.n;
    }
    if (kept.k < kept.n)
        add(&row->prevented, r->guarded[t]);
}

static void costs(const struct tare__drift_arm *a, struct tare_drift_row *row)
{
    double tokens = 0, turns = 0;
    for (size_t i = 0; i < a->n; i++)
        for (uint32_t t = 0; t < a->runs[i]->n_turns; t++)
            if (!isnan(a->runs[i]->tokens[t])) {
                tokens += a->runs[i]->tokens[t];
                turns += 1;
            }
    row->tokens =
        turns > 0 ? tare_value(tokens / turns) : tare_no_value("the turns have no \"tokens\"");
}

/* Spread of A(t) over groups of runs, averaged over turns. group: of each run, numbers below n;
 * UINT32_MAX: in none. x, c: room for n. */
static struct tare_value spread(const struct tare__drift_arm *a, const uint32_t *group, uint32_t n,
                                uint32_t turns, double *x, struct tare_count *c)
{
    double total = 0, used = 0;
    for (uint32_t t = 0; t < turns; t++) {
        double sum = 0, squares = 0;
        uint32_t m = 0;
        memset(c, 0, n * sizeof *c);
        for (size_t i = 0; i < a->n; i++)
            if (t < a->runs[i]->n_turns && group[i] != UINT32_MAX) {
                struct tare_count one = tare__drift_kept(a->runs[i], t);
                c[group[i]].k += one.k;
                c[group[i]].n += one.n;
            }
        for (uint32_t s = 0; s < n; s++)
            if (c[s].n) {
                x[m] = (double)c[s].k / (double)c[s].n;
                sum += x[m++];
            }
        for (uint32_t s = 0; s < m; s++)
            squares += (x[s] - sum / m) * (x[s] - sum / m);
        if (m < 2)
            continue;
        total += sqrt(squares / (m - 1));
        used += 1;
    }
    return used > 0 ? tare_value(total / used) : tare_no_value("fewer than two of them");
}

/* Numbers of the runs' labels: paraphrase or position. */
static uint32_t number(const struct tare__drift_arm *a, bool position, int64_t *seen,
                       uint32_t *group)
{
    uint32_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        int64_t label = position ? a->runs[i]->position : a->runs[i]->paraphrase;
        uint32_t k = 0;
        while (k < n && seen[k] != label)
            k++;
        if (label != TARE_DRIFT_NO_LABEL && k == n)
            seen[n++] = label;
        group[i] = label == TARE_DRIFT_NO_LABEL ? UINT32_MAX : k;
    }
    return n;
}

enum tare_status tare__drift_apart(const struct tare__drift_arm *a, uint32_t turns,
                                   struct tare_drift_row *row, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(a->arena);
    double *x = TARE_NEW_N(a->arena, double, a->n + 1);
    struct tare_count *c = TARE_NEW_N(a->arena, struct tare_count, a->n + 1);
    uint32_t *group = TARE_NEW_N(a->arena, uint32_t, a->n + 1);
    int64_t *seen = TARE_NEW_N(a->arena, int64_t, a->n + 1);
    if (!x || !c || !group || !seen)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while taking adherence apart");
    for (size_t i = 0; i < a->n; i++)
        for (uint32_t t = 0; t < a->runs[i]->n_turns; t++)
            one_turn(a->runs[i], t, row);
    costs(a, row);
    row->seed_sd = spread(a, a->seed, a->n_seeds, turns, x, c);
    row->paraphrase_sd = spread(a, group, number(a, false, seen, group), turns, x, c);
    row->position_sd = spread(a, group, number(a, true, seen, group), turns, x, c);
    tare_arena_rewind(a->arena, mark);
    return TARE_OK;
}
