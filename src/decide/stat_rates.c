/*
 * Calculators of rates, power and sample size.
 */
#include "decide/stat_int.h"
#include "stats/power.h"
#include "stats/proportion.h"
#include "stats/signflip.h"

#include "base/banned.h"

static void proportion_ci(struct tare__stat *s)
{
    struct tare_count c = {.k = tare__in_count(s, "successes"), .n = tare__in_count(s, "n")};
    double level = tare__in_level(s, "confidence", 0.95);
    if (tare__stat_ok(s) && c.k > c.n)
        tare__stat_fail(s, "successes must be at most n");
    if (!tare__stat_ok(s))
        return;
    tare__out_interval(s, "wilson", tare_wilson(c, level));
    tare__out_interval(s, "clopper_pearson", tare_clopper_pearson(c, level));
    tare__out_interval(s, "jeffreys", tare_jeffreys(c, level));
    tare__out_interval(s, "agresti_coull", tare_agresti_coull(c, level));
    tare__out_interval(s, "wald_clipped", tare_wald_clipped(c, level));
    if (c.k == 0)
        tare__out_value(s, "one_sided_upper_when_none", tare_rule_of_three(c.n, level));
}

static struct tare_count read_arm(struct tare__stat *s, const char *name)
{
    struct tare_json o = tare_fields_kind(&s->f, name, true, TARE_JSON_OBJECT);
    double k = -1, n = -1;
    bool ok = tare_json_f64(tare_json_get(o, "x"), &k) && tare_json_f64(tare_json_get(o, "n"), &n);
    ok = ok && k >= 0 && k <= n && n < 9e15 && k == floor(k) && n == floor(n);
    if (tare__stat_ok(s) && !ok)
        tare_fields_fail(&s->f, o, "%s needs whole numbers x and n, with x at most n", name);
    return ok ? (struct tare_count){(uint64_t)k, (uint64_t)n} : (struct tare_count){0, 0};
}

static void unpaired_ci(struct tare__stat *s)
{
    struct tare_count a = read_arm(s, "baseline"), b = read_arm(s, "candidate");
    double level = tare__in_level(s, "confidence", 0.95);
    if (!tare__stat_ok(s))
        return;
    tare__out_interval(s, "wald", tare_diff_wald(a, b, level));
    tare__out_interval(s, "agresti-caffo", tare_diff_agresti_caffo(a, b, level));
    tare__out_interval(s, "newcomb", tare_diff_newcombe(a, b, level));
    tare__out_interval(s, "miettinen_nurminen", tare_diff_score(a, b, level));
    /* the key other tools' tables use, with the value of statsmodels 0.13.5 */
    tare__out_interval(s, "score", tare_diff_score_statsmodels(a, b, level));
    tare__out_text(s, "score_note",
                   "as statsmodels 0.13.5 computes it; miettinen_nurminen is the published method");
    tare__out_value(s, "pooled_z_p", tare_diff_z_test(a, b, TARE_TWO_SIDED));
    tare__out_value(s, "fisher_p", tare_fisher_exact(a, b));
}

static int read_sides(struct tare__stat *s)
{
    uint64_t sides = tare__in_count_or(s, "sides", 2);
    if (tare__stat_ok(s) && sides != 1 && sides != 2)
        tare__stat_fail(s, "sides must be 1 or 2");
    return sides == 1 ? 1 : 2;
}

static void power_two(struct tare__stat *s)
{
    double p1 = tare__in_num(s, "p1"), p2 = tare__in_num(s, "p2");
    double n = tare__in_num(s, "n_per_group"), a = tare__in_level(s, "alpha", 0.05);
    int k = read_sides(s);
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "pooled_one_tail",
                    tare_power_two(p1, p2, n, a, k, TARE_POWER_POOLED, false));
    tare__out_value(s, "pooled_both_tails",
                    tare_power_two(p1, p2, n, a, k, TARE_POWER_POOLED, true));
    tare__out_value(s, "unpooled_one_tail",
                    tare_power_two(p1, p2, n, a, k, TARE_POWER_UNPOOLED, false));
    tare__out_value(s, "arcsine_both_tails",
                    tare_power_two(p1, p2, n, a, k, TARE_POWER_ARCSINE, true));
}

static void size_two(struct tare__stat *s)
{
    static const struct {
        const char *key;
        enum tare_power_formula f;
    } rows[] = {{"unpooled", TARE_POWER_UNPOOLED},
                {"mean_p_variance", TARE_POWER_MEAN_P},
                {"baseline_variance", TARE_POWER_BASELINE},
                {"arcsine", TARE_POWER_ARCSINE},
                {"fleiss_continuity", TARE_POWER_CONTINUITY}};
    double p1 = tare__in_num(s, "p1"), p2 = tare__in_num(s, "p2");
    double a = tare__in_level(s, "alpha", 0.05), power = tare__in_level(s, "power", 0.8);
    int k = read_sides(s);
    if (!tare__stat_ok(s))
        return;
    struct tare_value n = tare_size_two(p1, p2, a, k, power, TARE_POWER_POOLED);
    tare__out_value(s, "pooled", n);
    tare__out_value(s, "pooled_ceil", n.why ? n : tare_value(ceil(n.v - 1e-9)));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        tare__out_value(s, rows[i].key, tare_size_two(p1, p2, a, k, power, rows[i].f));
}

static void mde_two(struct tare__stat *s)
{
    double p1 = tare__in_num(s, "p1"), n = tare__in_num(s, "n_per_group");
    double a = tare__in_level(s, "alpha", 0.05), power = tare__in_level(s, "power", 0.8);
    int k = read_sides(s), up = tare__in_num_or(s, "direction", 1) < 0 ? -1 : 1;
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "pooled", tare_mde_two(p1, n, a, k, power, up, TARE_POWER_POOLED));
    tare__out_value(s, "unpooled", tare_mde_two(p1, n, a, k, power, up, TARE_POWER_UNPOOLED));
    tare__out_value(s, "baseline_variance_closed_form",
                    tare_mde_two(p1, n, a, k, power, up, TARE_POWER_BASELINE));
}

static void power_mcnemar(struct tare__stat *s)
{
    double b = tare__in_num(s, "p_baseline_only"), c = tare__in_num(s, "p_candidate_only");
    uint64_t n = tare__in_count(s, "n");
    double a = tare__in_level(s, "alpha", 0.05), power = tare__in_level(s, "power_for_n", 0.8);
    int k = read_sides(s);
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "normal_power_one_tail", tare_power_mcnemar(b, c, (double)n, a, k));
    tare__out_value(s, "exact_conditional_power", tare_power_mcnemar_exact(b, c, n, a, false));
    tare__out_value(s, "mid_p_power", tare_power_mcnemar_exact(b, c, n, a, true));
    struct tare_value size = tare_size_mcnemar(b, c, a, k, power);
    tare__out_value(s, "n_normal", size);
    if (power == 0.8)
        tare__out_value(s, "n_normal_80", size);
}

static void mde_paired(struct tare__stat *s)
{
    double psi = tare__in_num(s, "discordance"), n = tare__in_num(s, "n");
    double a = tare__in_level(s, "alpha", 0.05), power = tare__in_level(s, "power", 0.8);
    if (tare__stat_ok(s))
        tare__out_value(s, "normal", tare_mde_paired(psi, n, a, power));
}

static void size_paired(struct tare__stat *s)
{
    double d = tare__in_num(s, "difference"), psi = tare__in_num(s, "discordance");
    double a = tare__in_level(s, "alpha", 0.05), power = tare__in_level(s, "power", 0.8);
    if (!tare__stat_ok(s))
        return;
    struct tare_value n = tare_size_paired(d, psi, a, 2, power);
    tare__out_value(s, "n", n);
    tare__out_value(s, "n_ceil", n.why ? n : tare_value(ceil(n.v - 1e-9)));
    tare__out_value(s, "n_equivalence", tare_size_tost_paired(psi, fabs(d), a, power));
}

static void power_mean(struct tare__stat *s)
{
    double sd = tare__in_num(s, "sd_diff"), n = tare__in_num(s, "n");
    double delta = tare__in_num(s, "delta"), a = tare__in_level(s, "alpha", 0.05);
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "t_power", tare_power_mean_t(sd, n, delta, a));
    tare__out_value(s, "t_n80", tare_size_mean_t(sd, delta, a, 0.8));
    tare__out_value(s, "normal_n80", tare_size_mean_normal(sd, delta, a, 0.8));
    tare__out_num(s, "mde_from_se", tare_mde_from_se(sd / sqrt(n), a, 0.8));
}

static void miller(struct tare__stat *s)
{
    struct tare_miller m = {.omega2 = tare__in_num(s, "omega2"),
                            .sigma2_a = tare__in_num(s, "sigma2_A"),
                            .sigma2_b = tare__in_num(s, "sigma2_B"),
                            .k_a = tare__in_num_or(s, "K_A", 1),
                            .k_b = tare__in_num_or(s, "K_B", 1)};
    double delta = tare__in_num(s, "delta"), a = tare__in_level(s, "alpha", 0.05);
    double power = tare__in_level(s, "power", 0.8);
    if (tare__stat_ok(s))
        tare__out_value(s, "n", tare_size_miller(m, delta, a, power));
}

struct tare__stat_part tare__stat_rates(void)
{
    static const struct tare_stat_proc procs[] = {
        {"proportion_ci", TARE_STAT_RATES, "interval of one rate",
         "Wilson 1927; Clopper & Pearson 1934; Brown et al. 2001", "{\"successes\":7,\"n\":47}",
         proportion_ci, NULL},
        {"unpaired_proportion_ci", TARE_STAT_RATES, "difference of two independent rates",
         "Newcombe 1998; Agresti & Caffo 2000; Miettinen & Nurminen 1985",
         "{\"baseline\":{\"x\":16,\"n\":48},\"candidate\":{\"x\":41,\"n\":48}}", unpaired_ci, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}

struct tare__stat_part tare__stat_planning(void)
{
    static const struct tare_stat_proc procs[] = {
        {"power_two_proportions", TARE_STAT_PLANNING, "power of two independent groups",
         "Fleiss et al. 2003", "{\"p1\":0.74,\"p2\":0.79,\"n_per_group\":216}", power_two, NULL},
        {"sample_size_two_proportions", TARE_STAT_PLANNING, "size of two independent groups",
         "Fleiss et al. 2003; Cohen 1988", "{\"p1\":0.74,\"p2\":0.79}", size_two, NULL},
        {"mde_two_proportions", TARE_STAT_PLANNING, "smallest difference two groups can show",
         "the power formula, solved", "{\"p1\":0.74,\"n_per_group\":216}", mde_two, NULL},
        {"power_mcnemar", TARE_STAT_PLANNING, "power of paired passes: normal, exact, mid-p",
         "Connor 1987; exact by summation",
         "{\"p_baseline_only\":0.05,\"p_candidate_only\":0.1,\"n\":216}", power_mcnemar, NULL},
        {"mde_paired", TARE_STAT_PLANNING, "smallest difference paired passes can show",
         "Connor 1987, solved", "{\"discordance\":0.2,\"n\":216}", mde_paired, NULL},
        {"sample_size_paired", TARE_STAT_PLANNING, "tasks needed for a paired difference",
         "Connor 1987", "{\"difference\":0.05,\"discordance\":0.2}", size_paired, NULL},
        {"power_paired_mean", TARE_STAT_PLANNING, "power and size for a mean difference",
         "noncentral t", "{\"sd_diff\":0.5,\"n\":100,\"delta\":0.1}", power_mean, NULL},
        {"power_miller_n", TARE_STAT_PLANNING, "tasks needed with several attempts a task",
         "Miller 2024",
         "{\"omega2\":0.111,\"sigma2_A\":0.1,\"sigma2_B\":0.1,\"K_A\":4,\"K_B\":4,"
         "\"delta\":0.03}",
         miller, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
