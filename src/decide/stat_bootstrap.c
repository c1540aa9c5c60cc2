/*
 * Calculators of the bootstrap, exact and by Monte Carlo.
 */
#include "decide/stat_int.h"
#include "stats/bootstrap.h"
#include "stats/bootstrap_exact.h"
#include "stats/cluster.h"
#include "stats/sample.h"

#include "base/banned.h"

static void out_sums(struct tare__stat *s, const char *key, struct tare_exact_interval i)
{
    if (i.mean.why) {
        tare__out_unavailable(s, key, i.mean.why);
        return;
    }
    tare_json_put_key(s->w, key);
    tare_json_begin_array(s->w);
    tare_json_put_i64(s->w, i.lo_sum);
    tare_json_put_i64(s->w, i.hi_sum);
    tare_json_end_array(s->w);
}

static void out_levels(struct tare__stat *s, const char *key, double lo, double hi, const char *why)
{
    if (why)
        tare__out_unavailable(s, key, why);
    else
        tare__out_nums(s, key, (const double[]){lo, hi}, 2);
}

static void out_bca_95(struct tare__stat *s, const struct tare_exact_boot *b)
{
    tare__out_value(s, "bca_z0", b->z0);
    tare__out_value(s, "bca_accel", b->accel);
    out_levels(s, "bca_probs_95", b->bca_level_lo, b->bca_level_hi, b->bca.mean.why);
    tare__out_interval(s, "bca_95", b->bca.mean);
}

static void read_signs(struct tare__stat *s, uint64_t *wins, uint64_t *losses, uint64_t *ties)
{
    *wins = tare__in_count(s, "wins");
    *losses = tare__in_count(s, "losses");
    uint64_t sum = *wins + *losses, n = tare__in_count_or(s, "n", sum);
    *ties = tare__in_count_or(s, "ties", n > sum ? n - sum : 0);
    if (tare__in_has(s, "n") && n != sum + *ties)
        tare__stat_fail(s, "n must be wins + losses + ties");
}

static void exact_trinomial(struct tare__stat *s)
{
    static const struct {
        double level;
        const char *percentile, *sum, *basic;
    } rows[] = {{0.95, "percentile_95", "percentile_95_sum", "basic_95"},
                {0.90, "percentile_90", "percentile_90_sum", "basic_90"},
                {0.99, "percentile_99", "percentile_99_sum", "basic_99"}};
    uint64_t wins, losses, ties;
    struct tare_lattice_dist d;
    struct tare_exact_boot b;
    tare__in_note(s, "statistic");
    read_signs(s, &wins, &losses, &ties);
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_exact_trinomial(wins, losses, ties, s->arena, &d, s->err)))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tare_exact_boot(&d, rows[i].level, &b);
        tare__out_interval(s, rows[i].percentile, b.percentile.mean);
        out_sums(s, rows[i].sum, b.percentile);
        tare__out_interval(s, rows[i].basic, b.basic.mean);
        if (i == 0)
            out_bca_95(s, &b);
    }
    tare__out_num(s, "mean", b.mean);
    tare__out_num(s, "bootstrap_sd", b.sd);
    tare__out_num(s, "prob_sum_le_0", b.p_sum_le_0);
    tare__out_num(s, "prob_sum_lt_0", b.p_sum_lt_0);
    tare__out_num(s, "prob_sum_ge_0", b.p_sum_ge_0);
    tare__out_num(s, "cdf_at_observed", b.cdf_at_observed);
    tare__out_text(s, "method", d.method);
}

static int32_t *read_units(struct tare__stat *s, const char *key, size_t *n)
{
    struct tare__nums x = tare__in_nums(s, key, false);
    int32_t *d = TARE_NEW_N(s->arena, int32_t, x.n);
    *n = x.n;
    if (!d)
        tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "%s is too long", key));
    else if (tare__stat_ok(s) && !tare_on_lattice(x.v, x.n, 1, d))
        tare__stat_fail(s, "differences_in_lattice_units must be whole numbers below 2^30");
    return d;
}

static void exact_multinomial(struct tare__stat *s)
{
    size_t n, points = 0;
    int32_t *x = read_units(s, "differences_in_lattice_units", &n);
    double step = tare__in_num_or(s, "lattice_step", 1);
    struct tare_lattice_dist d;
    struct tare_exact_boot b;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_exact_multinomial(x, n, step, s->arena, &d, s->err)))
        return;
    tare_exact_boot(&d, 0.95, &b);
    tare__out_num(s, "mean", b.mean);
    tare__out_num(s, "bootstrap_sd", b.sd);
    tare__out_interval(s, "percentile_95", b.percentile.mean);
    out_sums(s, "percentile_95_sum", b.percentile);
    tare__out_interval(s, "basic_95", b.basic.mean);
    out_bca_95(s, &b);
    tare__out_num(s, "prob_sum_le_0", b.p_sum_le_0);
    for (size_t i = 0; i < d.n_points; i++)
        points += d.pmf[i] > 0;
    int64_t top = d.lo + (int64_t)(d.n_points - 1) * d.stride;
    tare_json_put_key(s->w, "support");
    tare_json_begin_array(s->w);
    tare_json_put_i64(s->w, d.lo);
    tare_json_put_i64(s->w, top);
    tare_json_end_array(s->w);
    tare__out_count(s, "support_points_nonzero", points);
    tare__out_text(s, "method", d.method);
}

/* An object {key: k, "n": n} under `name`. */
static struct tare_count read_group(struct tare__stat *s, const char *name, const char *key)
{
    struct tare_json o = tare_fields_kind(&s->f, name, true, TARE_JSON_OBJECT);
    double k = 0, n = 0;
    struct tare_json vk = tare_json_get(o, key), vn = tare_json_get(o, "n");
    bool whole = tare_json_f64(vk, &k) && tare_json_f64(vn, &n) && k >= 0 && n >= 0 &&
                 k == floor(k) && n == floor(n) && n < 9e15 && k <= n;
    if (tare__stat_ok(s) && !whole)
        tare_fields_fail(&s->f, o, "%s needs whole numbers %s and n, with %s at most n", name, key,
                         key);
    return whole ? (struct tare_count){(uint64_t)k, (uint64_t)n} : (struct tare_count){0, 0};
}

static void exact_unpaired(struct tare__stat *s)
{
    struct tare_count a = read_group(s, "baseline", "passes");
    struct tare_count b = read_group(s, "candidate", "passes");
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_exact_unpaired r;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_exact_unpaired_binary(a, b, level, s->arena, &r, s->err)))
        return;
    tare__out_num(s, "diff", r.diff);
    tare__out_interval(s, "percentile_95", r.percentile);
    tare__out_num(s, "bootstrap_sd", r.sd);
    tare__out_num(s, "prob_le_0", r.p_le_0);
}

static void out_boot(struct tare__stat *s, const struct tare_boot *b, const char *se)
{
    tare__out_num(s, "observed", b->theta);
    tare__out_interval(s, "percentile", b->percentile);
    tare__out_interval(s, "basic", b->basic);
    tare__out_interval(s, "bca", b->bca);
    tare__out_value(s, "bca_z0", b->z0);
    tare__out_value(s, "bca_accel", b->accel);
    out_levels(s, "bca_probs", b->bca_level_lo, b->bca_level_hi, b->bca.why);
    tare__out_interval(s, "studentized", b->studentised);
    tare__out_num(s, se, b->se);
}

/* candidate - baseline, or "x" as it is. */
static struct tare__nums read_differences(struct tare__stat *s)
{
    if (tare__in_has(s, "x"))
        return tare__in_nums(s, "x", false);
    if (tare__in_has(s, "differences"))
        return tare__in_nums(s, "differences", false);
    struct tare__nums a = tare__in_nums(s, "baseline", false);
    struct tare__nums b = tare__in_nums(s, "candidate", false);
    if (tare__stat_ok(s) && a.n != b.n)
        tare__stat_fail(s, "baseline and candidate must have the same length");
    for (size_t i = 0; tare__stat_ok(s) && i < a.n; i++)
        b.v[i] -= a.v[i];
    return b;
}

static void given_indices(struct tare__stat *s)
{
    struct tare__nums d = read_differences(s);
    struct tare__table t = tare__in_table(s, "indices", false);
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_boot b;
    tare__in_note(s, "quantile_type");
    if (tare__stat_ok(s) && t.cols != d.n)
        tare__stat_fail(s, "each row of indices must be as long as the data");
    uint32_t *index = TARE_NEW_N(s->arena, uint32_t, t.rows * t.cols);
    for (size_t i = 0; index && tare__stat_ok(s) && i < t.rows * t.cols; i++) {
        if (!(t.v[i] >= 0 && t.v[i] < (double)d.n))
            tare__stat_fail(s, "an index lies outside the data");
        else
            index[i] = (uint32_t)t.v[i];
    }
    if (!tare__stat_ok(s) || !index ||
        !tare__stat_check(
            s, tare_bootstrap_given(d.v, d.n, index, t.rows, level, s->arena, &b, s->err)))
        return;
    out_boot(s, &b, "bootstrap_se_ddof1");
}

static struct tare_boot_opts read_opts(struct tare__stat *s)
{
    struct tare_boot_opts o = {.resamples = tare__in_count_or(s, "B", 50000),
                               .seed = tare__in_count_or(s, "seed", 1),
                               .confidence = tare__in_level(s, "confidence", 0.95),
                               .threads = s->threads};
    return o;
}

static void out_chance(struct tare__stat *s, const struct tare_boot *b)
{
    tare__out_num(s, "mean_of_resamples", b->mean);
    tare__out_num(s, "share_of_resamples_le_0", b->share_le_0);
    tare__out_count(s, "B", b->resamples);
    tare__out_count(s, "seed", b->seed);
    tare__out_count(s, "dropped", b->dropped);
}

static void bootstrap_mean(struct tare__stat *s)
{
    struct tare__nums d = read_differences(s);
    struct tare_boot_opts o = read_opts(s);
    struct tare_boot b;
    o.studentised = true;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_bootstrap(d.v, NULL, d.n, &o, s->arena, &b, s->err)))
        return;
    out_boot(s, &b, "se");
    out_chance(s, &b);
}

static void bootstrap_ratio(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "numerator", false);
    struct tare__nums y = tare__in_nums(s, "denominator", false);
    struct tare_boot_opts o = read_opts(s);
    struct tare_boot b;
    if (tare__stat_ok(s) && x.n != y.n)
        tare__stat_fail(s, "numerator and denominator must have the same length");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_bootstrap(x.v, y.v, x.n, &o, s->arena, &b, s->err)))
        return;
    out_boot(s, &b, "se");
    out_chance(s, &b);
}

static void bootstrap_cluster(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "x", false);
    size_t n;
    uint32_t *cluster = tare__in_groups(s, "cluster", &n);
    struct tare_boot_opts o = read_opts(s);
    struct tare_cluster_totals t;
    struct tare_boot b;
    if (tare__stat_ok(s) && x.n != n)
        tare__stat_fail(s, "x and cluster must have the same length");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_cluster_totals(x.v, cluster, n, s->arena, &t, s->err)) ||
        !tare__stat_check(s, tare_bootstrap(t.sum, t.size, t.clusters, &o, s->arena, &b, s->err)))
        return;
    out_boot(s, &b, "se");
    tare__out_count(s, "clusters", t.clusters);
    tare__out_text(s, "warning", t.clusters < 10 ? "few clusters" : NULL);
    out_chance(s, &b);
}

/* The binary table as differences -1, 0, 1. */
static struct tare__nums read_cells(struct tare__stat *s)
{
    uint64_t wins, losses, ties;
    if (tare__in_has(s, "both_pass")) {
        ties = tare__in_count(s, "both_pass") + tare__in_count(s, "both_fail");
        losses = tare__in_count(s, "baseline_only");
        wins = tare__in_count(s, "candidate_only");
    } else {
        read_signs(s, &wins, &losses, &ties);
    }
    struct tare__nums d = {NULL, (size_t)(wins + losses + ties)};
    d.v = tare__stat_ok(s) && d.n <= 10000000 ? TARE_NEW_N(s->arena, double, d.n) : NULL;
    if (!d.v)
        tare__stat_fail(s, "too many pairs");
    for (size_t i = 0; d.v && i < d.n; i++)
        d.v[i] = i < wins ? 1 : i < wins + losses ? -1 : 0;
    return d;
}

static void mc_paired(struct tare__stat *s)
{
    struct tare__nums d = read_cells(s);
    struct tare_boot_opts o = read_opts(s);
    struct tare_boot b;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_bootstrap(d.v, NULL, d.n, &o, s->arena, &b, s->err)))
        return;
    tare__out_num(s, "observed", b.theta);
    tare__out_num(s, "mean", b.mean);
    tare__out_num(s, "se", b.se);
    tare__out_interval(s, "percentile", b.percentile);
    tare__out_num(s, "lower", b.percentile.lo);
    tare__out_num(s, "upper", b.percentile.hi);
    tare__out_interval(s, "bca", b.bca);
    out_chance(s, &b);
}

static void quantiles(struct tare__stat *s)
{
    static const struct {
        int type;
        const char *key;
    } rows[] = {{1, "type1"}, {2, "type2"}, {6, "type6"}, {7, "type7"}, {8, "type8"}};
    struct tare__nums x = tare__in_nums(s, "x", false), p = tare__in_nums(s, "probs", false);
    if (tare__stat_ok(s) && x.n == 0)
        tare__stat_fail(s, "no data");
    for (size_t i = 0; tare__stat_ok(s) && i < p.n; i++)
        if (!(p.v[i] >= 0 && p.v[i] <= 1))
            tare__stat_fail(s, "probs must lie in 0 to 1");
    double *q = TARE_NEW_N(s->arena, double, p.n);
    if (!tare__stat_ok(s) || !q)
        return;
    tare_sort(x.v, x.n);
    for (size_t t = 0; t < sizeof rows / sizeof *rows; t++) {
        for (size_t i = 0; i < p.n; i++)
            q[i] = tare_quantile_sorted(x.v, x.n, p.v[i], rows[t].type);
        tare__out_nums(s, rows[t].key, q, p.n);
    }
}

struct tare__stat_part tare__stat_bootstrap(void)
{
    static const struct tare_stat_proc procs[] = {
        {"exact_bootstrap_trinomial", TARE_STAT_BOOTSTRAP,
         "bootstrap of paired passes without resampling", "own derivation; BCa: Efron 1987",
         "{\"wins\":26,\"losses\":1,\"ties\":21}", exact_trinomial, NULL},
        {"exact_bootstrap_multinomial", TARE_STAT_BOOTSTRAP,
         "the same for differences on a lattice", "n-fold convolution; BCa: Efron 1987",
         "{\"differences_in_lattice_units\":[2,0,1,-1,3,0],\"lattice_step\":0.25}",
         exact_multinomial, NULL},
        {"exact_bootstrap_unpaired_binary", TARE_STAT_BOOTSTRAP,
         "bootstrap of two independent rates without resampling", "difference of two binomials",
         "{\"baseline\":{\"passes\":16,\"n\":48},\"candidate\":{\"passes\":41,\"n\":48}}",
         exact_unpaired, NULL},
        {"bootstrap_given_indices", TARE_STAT_BOOTSTRAP,
         "percentile, basic, BCa, studentised from an index table", "Efron & Tibshirani 1993",
         "{\"baseline\":[1,2,3],\"candidate\":[2,2,5],\"indices\":[[0,1,2],[2,2,0],[1,0,0]]}",
         given_indices, NULL},
        {"bootstrap", TARE_STAT_BOOTSTRAP, "Monte-Carlo bootstrap of a mean (difference)",
         "Efron & Tibshirani 1993", "{\"x\":[0.1,0.4,-0.2,0.7,0.3],\"B\":10000,\"seed\":1}",
         bootstrap_mean, NULL},
        {"bootstrap_ratio", TARE_STAT_BOOTSTRAP, "Monte-Carlo bootstrap of a ratio of sums",
         "Efron & Tibshirani 1993", "{\"numerator\":[1,0,2,1],\"denominator\":[2,1,2,3]}",
         bootstrap_ratio, NULL},
        {"bootstrap_cluster", TARE_STAT_BOOTSTRAP, "resamples whole clusters, item-weighted mean",
         "Davison & Hinkley 1997, section 3.8", "{\"x\":[1,1,0,1,0,0],\"cluster\":[0,0,1,1,2,2]}",
         bootstrap_cluster, NULL},
        {"monte_carlo_bootstrap_paired", TARE_STAT_BOOTSTRAP,
         "paired passes by Monte Carlo, to compare with the exact bootstrap",
         "Efron & Tibshirani 1993", "{\"wins\":20,\"losses\":0,\"ties\":27,\"B\":50000}", mc_paired,
         NULL},
        {"quantiles", TARE_STAT_BOOTSTRAP, "sample quantiles of types 1, 2, 6, 7, 8",
         "Hyndman & Fan 1996", "{\"x\":[3,1,2],\"probs\":[0.1,0.5]}", quantiles, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
