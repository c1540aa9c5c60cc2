/*
 * Calculators of tests on pairs: sign-flip, McNemar, and intervals of paired rates.
 */
#include "decide/stat_int.h"
#include "stats/cluster.h"
#include "stats/equivalence.h"
#include "stats/paired.h"
#include "stats/proportion.h"
#include "stats/signflip.h"

#include "base/banned.h"

static void out_flip(struct tare__stat *s, const struct tare_sign_flip *r)
{
    tare__out_num(s, "p_greater", r->p_greater);
    tare__out_num(s, "p_less", r->p_less);
    tare__out_num(s, "p_two_sided", r->p_two);
    tare__out_num(s, "observed_mean", r->mean);
}

static void flip_exact(struct tare__stat *s)
{
    struct tare__nums d = tare__in_nums(s, "differences", false);
    double step = tare__in_num_or(s, "lattice_step", 0);
    struct tare_flip_opts o = {.step = step,
                               .resamples = tare__in_count_or(s, "B", 0),
                               .seed = tare__in_count_or(s, "seed", 1),
                               .threads = s->threads};
    struct tare_sign_flip r;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_sign_flip(d.v, d.n, &o, s->arena, &r, s->err)))
        return;
    out_flip(s, &r);
    double patterns = exp2((double)d.n);
    if (patterns < 9e15)
        tare__out_count(s, "patterns", (uint64_t)patterns);
    else
        tare__out_num(s, "patterns", patterns);
    tare__out_count(s, "n_eff", r.n_eff);
    tare__out_text(s, "method", tare_flip_method_name(r.method));
}

/* Monte Carlo whatever the size, beside the exact answer where there is one. */
static void flip_mc(struct tare__stat *s)
{
    struct tare__nums d = tare__in_nums(s, "differences", false);
    uint64_t resamples = tare__in_count_or(s, "B", 100000), seed = tare__in_count_or(s, "seed", 1);
    struct tare_flip_opts o = {.resamples = resamples, .seed = seed, .threads = s->threads};
    struct tare_sign_flip r, exact;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_sign_flip(d.v, d.n, &o, s->arena, &exact, s->err)))
        return;
    o.monte_carlo = true;
    if (!tare__stat_check(s, tare_sign_flip(d.v, d.n, &o, s->arena, &r, s->err)))
        return;
    out_flip(s, &r);
    tare__out_num(s, "p", r.p_two);
    if (exact.resamples == 0)
        tare__out_num(s, "p_exact", exact.p_two);
    else
        tare__out_unavailable(s, "p_exact", "more than 40 differences off a lattice");
    tare__out_count(s, "r", r.extreme);
    tare__out_count(s, "B", r.resamples);
    tare__out_count(s, "seed", seed);
    tare__out_num(s, "mc_standard_error", tare_mc_p_se(r.extreme, r.resamples));
}

static void flip_binary(struct tare__stat *s)
{
    uint64_t wins = tare__in_count(s, "wins"), losses = tare__in_count(s, "losses");
    if (!tare__stat_ok(s))
        return;
    struct tare_sign_flip r = tare_sign_test(wins, losses);
    tare__out_num(s, "p_two_sided", r.p_two);
    tare__out_num(s, "p_greater", r.p_greater);
    tare__out_num(s, "p_less", r.p_less);
}

static void monte_carlo_p(struct tare__stat *s)
{
    uint64_t r = tare__in_count(s, "r"), b = tare__in_count(s, "B");
    if (tare__stat_ok(s) && (b == 0 || r > b))
        tare__stat_fail(s, "r must be at most B, and B at least 1");
    if (!tare__stat_ok(s))
        return;
    tare__out_num(s, "p_corrected", tare_mc_p(r, b));
    tare__out_num(s, "p_uncorrected", (double)r / (double)b);
    tare__out_num(s, "mc_standard_error", tare_mc_p_se(r, b));
    tare__out_interval(s, "clopper_pearson95_of_r_over_B",
                       tare_clopper_pearson((struct tare_count){r, b}, 0.95));
}

static struct tare_paired_table read_table(struct tare__stat *s)
{
    return (struct tare_paired_table){.both = tare__in_count(s, "both_pass"),
                                      .baseline_only = tare__in_count(s, "baseline_only"),
                                      .candidate_only = tare__in_count(s, "candidate_only"),
                                      .neither = tare__in_count(s, "both_fail")};
}

static void mcnemar(struct tare__stat *s)
{
    struct tare_paired_table t = read_table(s);
    if (!tare__stat_ok(s))
        return;
    struct tare_mcnemar r = tare_mcnemar(t);
    tare__out_num(s, "exact_p", r.exact_p);
    tare__out_num(s, "mid_p", r.mid_p);
    tare__out_value(s, "chi2", r.chi2);
    tare__out_num(s, "chi2_p", r.chi2_p);
    tare__out_value(s, "chi2_cc", r.chi2_corrected);
    tare__out_num(s, "chi2_cc_p", r.chi2_corrected_p);
    tare__out_num(s, "exact_p_one_sided_candidate_better", r.exact_p_greater);
    tare__out_num(s, "mid_p_one_sided_candidate_better", r.mid_p_greater);
    tare__out_value(s, "diff", r.diff);
    tare__out_value(s, "discordance", r.discordance);
}

static void paired_ci(struct tare__stat *s)
{
    struct tare_paired_table t = read_table(s);
    double level = tare__in_level(s, "confidence", 0.95), phi = 0, unused = 0;
    tare__in_note(s, "direction");
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "diff", tare_mcnemar(t).diff);
    tare__out_interval(s, "wald", tare_paired_wald(t, level));
    tare__out_interval(s, "bonett_price", tare_bonett_price(t, level));
    tare__out_interval(s, "newcombe10", tare_newcombe10(t, level, true, &phi));
    tare__out_num(s, "newcombe10_phi", phi);
    tare__out_interval(s, "newcombe_square_and_add_no_cc",
                       tare_newcombe10(t, level, false, &unused));
    tare__out_interval(s, "tango", tare_tango(t, level));
    tare__out_interval(s, "agresti_min", tare_agresti_min(t, level));
}

static void clustered_se(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "x", false);
    size_t n;
    uint32_t *cluster = tare__in_groups(s, "cluster", &n);
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_cluster_se r;
    if (tare__stat_ok(s) && x.n != n)
        tare__stat_fail(s, "x and cluster must have the same length");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_cluster_se(x.v, cluster, n, level, s->arena, &r, s->err)))
        return;
    tare__out_num(s, "mean", r.mean);
    tare__out_value(s, "se_iid_ddof1", r.se_iid_ddof1);
    tare__out_value(s, "se_iid_ddof0", r.se_iid_ddof0);
    tare__out_value(s, "se_cluster_cr0", r.se_cr0);
    tare__out_value(s, "se_cluster_cr1", r.se_cr1);
    tare__out_count(s, "clusters", r.clusters);
    tare__out_value(s, "design_effect_cr0", r.design_effect);
    tare__out_value(s, "effective_n", r.effective_n);
    tare__out_interval(s, "ci", r.ci);
}

static void tost(struct tare__stat *s)
{
    struct tare__nums d = tare__in_nums(s, "differences", false);
    double margin = tare__in_num(s, "margin"), alpha = tare__in_level(s, "alpha", 0.05);
    struct tare_tost r;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_tost_mean(d.v, d.n, margin, alpha, &r, s->err)))
        return;
    tare__out_value(s, "p", r.p);
    tare__out_value(s, "t_lower", r.t_lower);
    tare__out_value(s, "p_lower", r.p_lower);
    tare__out_value(s, "t_upper", r.t_upper);
    tare__out_value(s, "p_upper", r.p_upper);
    tare__out_interval(s, "ci90", r.ci);
    tare__out_bool(s, r.degenerate ? "equivalent_degenerate" : "equivalent", r.equivalent);
    tare__out_bool(s, "not_worse", r.not_worse);
}

static struct tare_summary read_summary(struct tare__stat *s, const char *name)
{
    struct tare_json o = tare_fields_kind(&s->f, name, true, TARE_JSON_OBJECT);
    struct tare_summary r = {0, 0, 0};
    bool ok = tare_json_f64(tare_json_get(o, "mean"), &r.mean) &&
              tare_json_f64(tare_json_get(o, "sd"), &r.sd) &&
              tare_json_f64(tare_json_get(o, "n"), &r.n) && r.sd >= 0 && r.n >= 0;
    if (tare__stat_ok(s) && !ok)
        tare_fields_fail(&s->f, o, "%s needs the numbers mean, sd and n", name);
    return r;
}

static void welch(struct tare__stat *s)
{
    struct tare_summary a = read_summary(s, "baseline"), b = read_summary(s, "candidate");
    double margin = tare__in_num_or(s, "equivalence_margin", 0);
    double level = tare__in_level(s, "confidence", 0.95);
    if (!tare__stat_ok(s))
        return;
    struct tare_welch r = tare_welch(a, b, level, margin);
    tare__out_num(s, "diff", r.diff);
    tare__out_value(s, "se", r.se);
    tare__out_value(s, "df", r.df);
    tare__out_value(s, "t", r.t);
    tare__out_value(s, "p", r.p);
    tare__out_interval(s, "ci95", r.ci);
    tare__out_value(s, "ratio", r.ratio);
    tare__out_value(s, "tost_p", r.tost_p);
}

struct tare__stat_part tare__stat_tests(void)
{
    static const struct tare_stat_proc procs[] = {
        {"sign_flip_exact", TARE_STAT_TESTS, "permutation test of paired differences",
         "Fisher 1935; tables, Gray code, meet in the middle",
         "{\"differences\":[0.3,-0.1,0.2,0.5,0,0.1]}", flip_exact, NULL},
        {"sign_flip_exact_binary", TARE_STAT_TESTS, "the same for wins and losses: the sign test",
         "binomial", "{\"wins\":26,\"losses\":1}", flip_binary, NULL},
        {"monte_carlo_sign_flip", TARE_STAT_TESTS, "the same by Monte Carlo",
         "Phipson & Smyth 2010", "{\"differences\":[0.3,-0.1,0.2],\"B\":10000}", flip_mc, NULL},
        {"monte_carlo_p", TARE_STAT_TESTS, "p of r extreme among B resamples",
         "Phipson & Smyth 2010", "{\"r\":0,\"B\":2000}", monte_carlo_p, NULL},
        {"mcnemar", TARE_STAT_TESTS, "paired passes: exact, mid-p, chi-squared",
         "McNemar 1947; Fagerland et al. 2013",
         "{\"both_pass\":15,\"baseline_only\":1,\"candidate_only\":26,\"both_fail\":6}", mcnemar,
         NULL},
        {"paired_proportion_ci", TARE_STAT_TESTS, "difference of paired rates: Tango and others",
         "Tango 1998; Newcombe 1998; Agresti & Min 2005; Bonett & Price 2012",
         "{\"both_pass\":15,\"baseline_only\":1,\"candidate_only\":26,\"both_fail\":6}", paired_ci,
         NULL},
        {"clustered_se", TARE_STAT_TESTS, "standard error of a mean with clustered items",
         "Miller 2024", "{\"x\":[1,1,0,1],\"cluster\":[\"a\",\"a\",\"b\",\"b\"]}", clustered_se,
         NULL},
        {"tost_paired_mean", TARE_STAT_TESTS, "equivalence within a margin", "Schuirmann 1987",
         "{\"differences\":[0.01,-0.02,0.03,0],\"margin\":0.05}", tost, NULL},
        {"welch_from_summary", TARE_STAT_TESTS, "Welch's t from means and SDs", "Welch 1947",
         "{\"baseline\":{\"mean\":27.1,\"sd\":1,\"n\":10},"
         "\"candidate\":{\"mean\":26.5,\"sd\":1,\"n\":10},\"equivalence_margin\":1.355}",
         welch, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
