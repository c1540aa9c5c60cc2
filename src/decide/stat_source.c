/*
 * Calculators of signal detection beyond one table: the bootstrap of d', contrasts of conditions,
 * and counts behind printed rows (metacognition sheet).
 */
#include "decide/stat_int.h"
#include "stats/sample.h"
#include "stats/signal.h"
#include "stats/special.h"

#include "base/banned.h"

#define GRID_MAX 4000000.0
/* Pairs of counts that may print one d'. */
#define RECOVER_MAX 256u

static struct tare_sdt_counts read_counts(struct tare__stat *s)
{
    return (struct tare_sdt_counts){.hits = tare__in_count(s, "hits"),
                                    .n_signal = tare__in_count(s, "n_signal"),
                                    .false_alarms = tare__in_count(s, "false_alarms"),
                                    .n_noise = tare__in_count(s, "n_noise")};
}

/* Signal and noise trials resampled apart: d' takes (n1 + 1)(n0 + 1) values, each with the product
 * of two binomial masses. Nothing is random. */
static void dprime_grid(struct tare_sdt_counts c, double *value, double *mass)
{
    double p1 = (double)c.hits / (double)c.n_signal,
           p0 = (double)c.false_alarms / (double)c.n_noise;
    for (uint64_t h = 0; h <= c.n_signal; h++) {
        double mh = tare_binom_pmf((int64_t)h, (int64_t)c.n_signal, p1);
        for (uint64_t f = 0; f <= c.n_noise; f++) {
            struct tare_sdt_counts at = {h, c.n_signal, f, c.n_noise};
            *value++ = tare_sdt(at, TARE_SDT_LOGLINEAR_CLIP).d_prime.v;
            *mass++ = mh * tare_binom_pmf((int64_t)f, (int64_t)c.n_noise, p0);
        }
    }
}

/* Exact limits of the resampled d', and its mean; false after an error. */
static bool dprime_limits(struct tare__stat *s, struct tare_sdt_counts c, double level,
                          double limit[2], double *mean)
{
    size_t n = (size_t)((c.n_signal + 1) * (c.n_noise + 1)), lo = n, hi = n;
    double *value = TARE_NEW_N(s->arena, double, n), *mass = TARE_NEW_N(s->arena, double, n);
    uint32_t *order = TARE_NEW_N(s->arena, uint32_t, n);
    if (!value || !mass || !order)
        return tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "the table is too large"));
    dprime_grid(c, value, mass);
    if (!tare__stat_check(s, tare_sort_index(value, n, order, s->arena, s->err)))
        return false;
    double sum = 0;
    *mean = 0;
    for (size_t i = 0; i < n; i++) {
        sum += mass[order[i]];
        *mean += mass[order[i]] * value[order[i]];
        if (lo == n && sum >= (1 - level) / 2 - 1e-14)
            lo = i;
        if (hi == n && sum >= (1 + level) / 2 - 1e-14)
            hi = i;
    }
    limit[0] = value[order[lo < n ? lo : n - 1]];
    limit[1] = value[order[hi < n ? hi : n - 1]];
    return true;
}

static void bootstrap_dprime(struct tare__stat *s)
{
    struct tare_sdt_counts c = read_counts(s);
    double level = tare__in_level(s, "level", 0.95), limit[2], mean;
    tare__in_note(s, "resamples");
    tare__in_note(s, "method");
    double cells = ((double)c.n_signal + 1) * ((double)c.n_noise + 1);
    bool fine = c.n_signal > 0 && c.n_noise > 0 && c.hits <= c.n_signal &&
                c.false_alarms <= c.n_noise && cells <= GRID_MAX;
    if (tare__stat_ok(s) && !fine)
        tare__stat_fail(s, "need trials of both kinds, responses within them, and a table below "
                           "4,000,000 cells");
    if (!tare__stat_ok(s))
        return;
    if (!dprime_limits(s, c, level, limit, &mean))
        return;
    tare__out_num(s, "d_prime", tare_sdt(c, TARE_SDT_LOGLINEAR_CLIP).d_prime.v);
    tare__out_nums(s, "exact_limit", limit, 2);
    tare__out_num(s, "mean_of_resamples", mean);
}

/* Count under cells.NAME. */
static double cell(struct tare__stat *s, struct tare_json o, const char *name, const char *key)
{
    double v = 0;
    struct tare_json c = tare_json_get(o, name);
    bool fine = tare_json_f64(tare_json_get(c, key), &v) && v >= 0 && v == floor(v);
    if (tare__stat_ok(s) && !fine)
        tare_fields_fail(&s->f, o, "%s needs whole numbers n and false_alarms", name);
    return v;
}

static void factorial(struct tare__stat *s)
{
    static const char *const names[] = {"high_H__high_V", "high_H__low_V", "low_H__high_V",
                                        "low_H__low_V"};
    struct tare_json cells = tare_fields_kind(&s->f, "cells", true, TARE_JSON_OBJECT);
    double n = 0, fa = 0, far[4];
    const char *why = NULL;
    for (size_t i = 0; i < 4; i++) {
        double trials = cell(s, cells, names[i], "n"),
               alarms = cell(s, cells, names[i], "false_alarms");
        n += trials;
        fa += alarms;
        why = trials > 0 ? why : "a cell has no trials";
        far[i] = alarms / trials;
    }
    if (!tare__stat_ok(s))
        return;
    tare_json_put_key(s->w, "far");
    tare_json_begin_object(s->w);
    for (size_t i = 0; i < 4; i++)
        tare__out_num(s, names[i], far[i]);
    tare_json_end_object(s->w);
    tare__out_count(s, "total_n", (uint64_t)n);
    tare__out_count(s, "total_fa", (uint64_t)fa);
    tare__out_value(s, "main_effect_V",
                    why ? tare_no_value(why) : tare_value((far[0] - far[1] + far[2] - far[3]) / 2));
    tare__out_value(s, "main_effect_H",
                    why ? tare_no_value(why) : tare_value((far[0] - far[2] + far[1] - far[3]) / 2));
}

/* One condition's table; hits may be null. */
static struct tare_sdt condition(struct tare__stat *s, const char *name, uint64_t n1, uint64_t n0)
{
    struct tare_json o = tare_fields_kind(&s->f, name, true, TARE_JSON_OBJECT);
    double h = 0, f = -1;
    bool fine = tare_json_f64(tare_json_get(o, "false_alarms"), &f) && f >= 0 && f <= (double)n0;
    (void)tare_json_f64(tare_json_get(o, "hits"), &h);
    fine = fine && h >= 0 && h <= (double)n1;
    if (tare__stat_ok(s) && !fine)
        tare_fields_fail(&s->f, o, "%s needs hits and false_alarms within the trials", name);
    struct tare_sdt_counts c = {fine ? (uint64_t)h : 0, n1, fine ? (uint64_t)f : 0, n0};
    return tare_sdt(c, TARE_SDT_LOGLINEAR_CLIP);
}

static void source_summary(struct tare__stat *s)
{
    uint64_t n1 = tare__in_count(s, "n_signal"), n0 = tare__in_count(s, "n_noise");
    struct tare_sdt base = condition(s, "baseline", n1, n0);
    struct tare_sdt same = condition(s, "congruent", n1, n0);
    struct tare_sdt against = condition(s, "conflict", n1, n0);
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "baseline_d", base.d_prime);
    tare__out_value(s, "conflict_d", against.d_prime);
    tare__out_value(s, "conflict_retention",
                    base.d_prime.why || base.d_prime.v == 0
                        ? tare_no_value("the baseline's d' is 0 or unavailable")
                        : tare_value(against.d_prime.v / base.d_prime.v));
    tare__out_value(s, "far_congruent_corrected", same.fa_rate);
    tare__out_value(s, "far_conflict_corrected", against.fa_rate);
}

/* A printed row: each number with half a unit of its last place (three places, c two). */
struct row {
    double hit, fa, d, c;
};

static bool rounds_to(struct tare_value v, double printed, double half)
{
    return !v.why && fabs(v.v - printed) <= half + 1e-9;
}

static void out_matches(struct tare__stat *s, const char *key, enum tare_sdt_correction how,
                        uint64_t n1, uint64_t n0, struct row p)
{
    tare_json_put_key(s->w, key);
    tare_json_begin_array(s->w);
    for (uint64_t h = 0; h <= n1; h++) {
        if (!rounds_to(tare_sdt((struct tare_sdt_counts){h, n1, 0, n0}, how).hit_rate, p.hit,
                       0.0005))
            continue;
        for (uint64_t f = 0; f <= n0; f++) {
            struct tare_sdt r = tare_sdt((struct tare_sdt_counts){h, n1, f, n0}, how);
            if (!rounds_to(r.fa_rate, p.fa, 0.0005) || !rounds_to(r.d_prime, p.d, 0.0005) ||
                !rounds_to(r.criterion, p.c, 0.005))
                continue;
            tare_json_begin_array(s->w);
            tare_json_put_u64(s->w, h);
            tare_json_put_u64(s->w, f);
            tare_json_end_array(s->w);
        }
    }
    tare_json_end_array(s->w);
}

static void recover_counts(struct tare__stat *s)
{
    uint64_t n1 = tare__in_count(s, "n_signal"), n0 = tare__in_count(s, "n_noise");
    struct row p = {.hit = tare__in_num(s, "printed_hit_rate"),
                    .fa = tare__in_num(s, "printed_fa_rate"),
                    .d = tare__in_num(s, "printed_d_prime"),
                    .c = tare__in_num(s, "printed_c")};
    if (tare__stat_ok(s) && (n1 == 0 || n0 == 0 || n1 > 100000 || n0 > 100000))
        tare__stat_fail(s, "trials of both kinds, at most 100,000 each");
    if (!tare__stat_ok(s))
        return;
    out_matches(s, "loglinear_clip", TARE_SDT_LOGLINEAR_CLIP, n1, n0, p);
    out_matches(s, "half_trial", TARE_SDT_HALF_TRIAL, n1, n0, p);
    out_matches(s, "none", TARE_SDT_RAW, n1, n0, p);
}

/* A pair of counts that prints the d', and how far its interval is from the printed one. */
struct pair {
    uint64_t hits, alarms;
    double off;
};

static void put_pairs(struct tare__stat *s, const char *key, const struct pair *v, size_t n)
{
    tare_json_put_key(s->w, key);
    tare_json_begin_array(s->w);
    for (size_t i = 0; i < n; i++) {
        tare_json_begin_array(s->w);
        tare_json_put_u64(s->w, v[i].hits);
        tare_json_put_u64(s->w, v[i].alarms);
        tare_json_end_array(s->w);
    }
    tare_json_end_array(s->w);
}

/* Counts behind a printed d' (three places) and its interval: every pair that rounds to it, and the
 * two whose exact interval is closest. */
static void source_recover(struct tare__stat *s)
{
    uint64_t n1 = tare__in_count(s, "n_signal"), n0 = tare__in_count(s, "n_noise");
    double printed = tare__in_num(s, "printed_d_prime");
    struct tare__nums ci = tare__in_nums(s, "printed_ci95", false);
    struct pair v[RECOVER_MAX], best[2] = {{0, 0, INFINITY}, {0, 0, INFINITY}};
    size_t n = 0;
    if (tare__stat_ok(s) && (n1 == 0 || n0 == 0 || n1 > 400 || n0 > 400 || ci.n != 2))
        tare__stat_fail(s, "trials of both kinds, at most 400 each, and two limits");
    if (!tare__stat_ok(s))
        return;
    for (uint64_t h = 0; h <= n1; h++)
        for (uint64_t f = 0; f <= n0; f++) {
            struct tare_sdt_counts c = {h, n1, f, n0};
            double limit[2], mean;
            if (!rounds_to(tare_sdt(c, TARE_SDT_LOGLINEAR_CLIP).d_prime, printed, 0.0005))
                continue;
            struct tare_arena_mark mark = tare_arena_mark(s->arena);
            if (n == RECOVER_MAX) {
                tare__stat_fail(s, "more pairs than could be told apart print this d'");
                return;
            }
            if (!dprime_limits(s, c, 0.95, limit, &mean))
                return;
            tare_arena_rewind(s->arena, mark);
            struct pair p = {h, f, hypot(limit[0] - ci.v[0], limit[1] - ci.v[1])};
            v[n++] = p;
            if (p.off < best[0].off) {
                best[1] = best[0];
                best[0] = p;
            } else if (p.off < best[1].off) {
                best[1] = p;
            }
        }
    put_pairs(s, "pairs", v, n);
    put_pairs(s, "closest_by_ci", best, n < 2 ? n : 2);
}

struct tare__stat_part tare__stat_source(void)
{
    static const struct tare_stat_proc procs[] = {
        {"bootstrap_dprime", TARE_STAT_METACOGNITION, "interval of d' without resampling",
         "product of two binomials",
         "{\"hits\":30,\"n_signal\":40,\"false_alarms\":10,\"n_noise\":40}", bootstrap_dprime,
         NULL},
        {"factorial_2x2", TARE_STAT_METACOGNITION, "false alarms by entropy and varentropy",
         "unweighted main effects",
         "{\"cells\":{\"high_H__high_V\":{\"n\":9,\"false_alarms\":3},\"high_H__low_V\":{\"n\":9,"
         "\"false_alarms\":1},\"low_H__high_V\":{\"n\":8,\"false_alarms\":2},\"low_H__low_V\":{"
         "\"n\":8,\"false_alarms\":1}}}",
         factorial, NULL},
        {"source_summary", TARE_STAT_METACOGNITION, "d' kept when the source conflicts",
         "ratio of d', log-linear rates",
         "{\"n_signal\":120,\"n_noise\":120,\"baseline\":{\"hits\":110,\"false_alarms\":52},"
         "\"congruent\":{\"hits\":null,\"false_alarms\":18},\"conflict\":{\"hits\":61,"
         "\"false_alarms\":66}}",
         source_summary, NULL},
        {"sdt_recover_counts", TARE_STAT_METACOGNITION, "counts that could have printed a row",
         "every pair of counts",
         "{\"n_signal\":511,\"n_noise\":458,\"printed_hit_rate\":0.993,\"printed_fa_rate\":0.82,"
         "\"printed_d_prime\":1.549,\"printed_c\":-1.69}",
         recover_counts, NULL},
        {"source_recover_counts", TARE_STAT_METACOGNITION,
         "counts that could have printed a d' and its interval", "every pair; exact limits",
         "{\"n_signal\":40,\"n_noise\":40,\"printed_d_prime\":1.201,\"printed_ci95\":[0.6,1.8]}",
         source_recover, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
