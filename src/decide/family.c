/*
 * Several comparisons shown together (statistics sheet, section 9). Holm is the default: it holds
 * whatever the comparisons have to do with each other, and its p-values are exact where the single
 * ones are. Romano-Wolf resamples them together.
 */
#include <math.h>

#include "base/rng.h"
#include "decide/compare_int.h"
#include "stats/multiplicity.h"

#include "base/banned.h"

static enum tare_status no_memory(uint32_t n, struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for %u comparisons", n);
}

/* ---- Romano-Wolf ----------------------------------------------------------------------------- */

/* One comparison's scores summed by unit: a task of the baseline, or a cluster. */
struct units {
    double *sum; /* n_units of the family */
    double norm; /* root of the sum of squares */
};

static uint32_t unit_of(const struct tare_compare *c, uint32_t pair)
{
    return c->cluster_of ? c->cluster_of[pair] : c->pairs[pair].task_a;
}

static bool add_units(const struct tare_compare *c, uint32_t n_units, struct tare_arena *arena,
                      struct units *out)
{
    double squares = 0;
    out->sum = TARE_NEW_N(arena, double, n_units);
    if (!out->sum)
        return false;
    for (uint32_t i = 0; i < c->n_pairs; i++)
        out->sum[unit_of(c, i)] += c->scores[i];
    for (uint32_t u = 0; u < n_units; u++)
        squares += out->sum[u] * out->sum[u];
    out->norm = sqrt(squares);
    return true;
}

/* One draw of signs for all units, the statistics of all comparisons under it. */
static void draw(const struct units *units, size_t m, uint32_t n_units, uint64_t *signs,
                 struct tare_rng *rng, double *null)
{
    tare_rng_fill_u64(rng, signs, n_units / 64 + 1);
    for (size_t j = 0; j < m; j++) {
        double sum = 0;
        for (uint32_t u = 0; u < n_units; u++)
            sum += signs[u / 64] >> (u % 64) & 1 ? units[j].sum[u] : -units[j].sum[u];
        /* Rounding must not make a pattern equal to the one seen look smaller than it. */
        null[j] = units[j].norm > 0 ? sum / units[j].norm * (1 + 1e-12) : 0;
    }
}

static enum tare_status romano_wolf(const struct tare_compare *c, const uint32_t *tested, size_t m,
                                    uint64_t seed, uint64_t resamples, double *p,
                                    struct tare_arena *scratch, struct tare_err *err)
{
    uint32_t n_units = 0;
    for (size_t j = 0; j < m; j++)
        for (uint32_t i = 0; i < c[tested[j]].n_pairs; i++) {
            uint32_t u = unit_of(&c[tested[j]], i) + 1;
            n_units = u > n_units ? u : n_units;
        }
    struct units *units = TARE_NEW_N(scratch, struct units, m);
    double *seen = TARE_NEW_N(scratch, double, m);
    double *null = TARE_NEW_N(scratch, double, m *resamples);
    uint64_t *signs = TARE_NEW_N(scratch, uint64_t, n_units / 64 + 1);
    if (!units || !seen || !null || !signs)
        return no_memory((uint32_t)m, err);
    for (size_t j = 0; j < m; j++) {
        double sum = 0;
        if (!add_units(&c[tested[j]], n_units, scratch, &units[j]))
            return no_memory((uint32_t)m, err);
        for (uint32_t u = 0; u < n_units; u++)
            sum += units[j].sum[u];
        seen[j] = units[j].norm > 0 ? sum / units[j].norm : 0;
    }
    for (uint64_t b = 0; b < resamples; b++) {
        struct tare_rng rng;
        tare_rng_init(&rng, seed, TARE_S("romano-wolf"), b);
        draw(units, m, n_units, signs, &rng, null + b * m);
    }
    return tare_romano_wolf(seen, m, null, resamples, p, scratch, err);
}

static enum tare_status joint(struct tare_compare *c, uint32_t n, uint64_t seed, uint64_t resamples,
                              double *p, size_t *family, struct tare_arena *scratch,
                              struct tare_err *err)
{
    uint32_t *tested = TARE_NEW_N(scratch, uint32_t, n);
    double *q = TARE_NEW_N(scratch, double, n);
    if (!tested || !q)
        return no_memory(n, err);
    for (uint32_t i = 0; i < n; i++) {
        if (c[i].sequential || c[i].about == TARE_ABOUT_THESE_TASKS) {
            (void)tare_fail(err, TARE_E_USAGE,
                            "Romano-Wolf flips the sides of whole tasks, which "
                            "is not the test here");
            tare_err_hint(err, "--correct holm holds for any tests");
            return TARE_E_USAGE;
        }
        if (!isnan(c[i].ev.p))
            tested[(*family)++] = i;
    }
    if (*family == 0)
        return TARE_OK;
    enum tare_status st = romano_wolf(c, tested, *family, seed, resamples, q, scratch, err);
    for (size_t j = 0; j < *family && !st; j++) {
        p[tested[j]] = q[j];
        c[tested[j]].correct_resamples = resamples;
    }
    return st;
}

/* ---- front ----------------------------------------------------------------------------------- */

enum tare_status tare_compare_family(struct tare_compare *c, uint32_t n, enum tare_correct how,
                                     uint64_t seed, uint64_t resamples, struct tare_arena *scratch,
                                     struct tare_err *err)
{
    double *p = TARE_NEW_N(scratch, double, n);
    size_t family = 0;
    enum tare_status st = TARE_OK;
    if (!p)
        return no_memory(n, err);
    for (uint32_t i = 0; i < n; i++)
        p[i] = c[i].ev.p;
    if (how == TARE_CORRECT_ROMANO_WOLF)
        st = joint(c, n, seed, resamples ? resamples : 10000, p, &family, scratch, err);
    else
        st = tare_adjust_p(p, n, how == TARE_CORRECT_NONE ? TARE_ADJUST_NONE : TARE_ADJUST_HOLM, p,
                           &family, scratch, err);
    for (uint32_t i = 0; i < n && !st; i++) {
        c[i].p_adjusted = p[i];
        c[i].family = (uint32_t)family;
        c[i].correct = how;
        c[i].reversible = false;
        tare__decide(&c[i]);
    }
    return st;
}
