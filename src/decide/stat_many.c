/*
 * Calculators of multiplicity, sequential looking, and repeated attempts.
 */
#include "decide/stat_int.h"
#include "stats/multiplicity.h"
#include "stats/passk.h"
#include "stats/sequential.h"

#include "base/banned.h"

static void multiplicity(struct tare__stat *s)
{
    static const struct {
        const char *key;
        enum tare_adjust how;
    } rows[] = {{"bonferroni", TARE_ADJUST_BONFERRONI},
                {"holm", TARE_ADJUST_HOLM},
                {"hochberg", TARE_ADJUST_HOCHBERG},
                {"bh", TARE_ADJUST_BH},
                {"by", TARE_ADJUST_BY},
                {"sidak_single", TARE_ADJUST_SIDAK}};
    struct tare__nums p = tare__in_nums(s, "p", true);
    double *q = TARE_NEW_N(s->arena, double, p.n);
    size_t family = 0;
    for (size_t r = 0; q && r < sizeof rows / sizeof *rows && tare__stat_ok(s); r++)
        if (tare__stat_check(s, tare_adjust_p(p.v, p.n, rows[r].how, q, &family, s->arena, s->err)))
            tare__out_nums(s, rows[r].key, q, p.n);
    if (tare__stat_ok(s))
        tare__out_count(s, "family", family);
}

static void romano_wolf(struct tare__stat *s)
{
    struct tare__nums t = tare__in_nums(s, "observed", false);
    struct tare__table null = tare__in_table(s, "null_stats", false);
    double *q = TARE_NEW_N(s->arena, double, t.n);
    if (tare__stat_ok(s) && null.cols != t.n)
        tare__stat_fail(s, "each row of null_stats needs one number a hypothesis");
    if (tare__stat_ok(s) && q &&
        tare__stat_check(s, tare_romano_wolf(t.v, t.n, null.v, null.rows, q, s->arena, s->err)))
        tare__out_nums(s, "adjusted", q, t.n);
}

/* Two positive numbers under `key`; both 1/2 when absent. */
static void read_prior(struct tare__stat *s, double *a, double *b)
{
    *a = *b = 0.5;
    if (!tare__in_has(s, "beta_prior"))
        return;
    struct tare__nums p = tare__in_nums(s, "beta_prior", false);
    if (tare__stat_ok(s) && !(p.n == 2 && p.v[0] > 0 && p.v[1] > 0))
        tare__stat_fail(s, "beta_prior needs two numbers above 0");
    if (!tare__stat_ok(s))
        return;
    *a = p.v[0];
    *b = p.v[1];
}

static void e_value(struct tare__stat *s)
{
    uint64_t w = tare__in_count(s, "wins"), l = tare__in_count(s, "losses");
    double a, b;
    read_prior(s, &a, &b);
    if (!tare__stat_ok(s))
        return;
    double log_e = tare_log_e_paired(w, l, a, b);
    tare__out_num(s, "log_e", log_e);
    tare__out_num(s, "e", exp(log_e));
    tare__out_num(s, "p_anytime", tare_p_anytime(log_e));
    tare__out_num(s, "e_fixed_bet_0.2", exp(tare_log_e_fixed_bet(w, l, 0.2)));
    tare__out_num(s, "e_fixed_bet_0.5", exp(tare_log_e_fixed_bet(w, l, 0.5)));
}

static void e_bounded(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "x", false);
    double lo = tare__in_num_or(s, "min", 0), hi = tare__in_num_or(s, "max", 1);
    double mu0 = tare__in_num(s, "null_mean"), bet = tare__in_num_or(s, "bet", 0.25), now, most;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_log_e_bounded(x.v, x.n, lo, hi, mu0, bet, &now, &most, s->err)))
        return;
    tare__out_num(s, "log_e", now);
    tare__out_num(s, "e", exp(now));
    tare__out_num(s, "p_anytime", tare_p_anytime(most));
}

static void beta_cs(struct tare__stat *s)
{
    uint64_t k = tare__in_count(s, "successes"), n = tare__in_count(s, "n");
    double alpha = tare__in_level(s, "alpha", 0.05), a, b;
    read_prior(s, &a, &b);
    if (tare__stat_ok(s))
        tare__out_interval(s, "interval", tare_cs_rate(k, n, alpha, a, b));
}

static void normal_cs(struct tare__stat *s)
{
    double n = tare__in_num(s, "n"), sd = tare__in_num(s, "sd");
    double rho = tare__in_num_or(s, "rho", 0.3), alpha = tare__in_level(s, "alpha", 0.05);
    if (tare__stat_ok(s))
        tare__out_value(s, "half_width", tare_cs_mean_half_width(n, sd, rho, alpha));
}

static void sprt(struct tare__stat *s)
{
    static const char *const says[] = {"continue", "accept_h1", "accept_h0"};
    uint64_t w = tare__in_count(s, "wins"), l = tare__in_count(s, "losses");
    double p0 = tare__in_level(s, "p0", 0.5), p1 = tare__in_level(s, "p1", 0.75);
    double alpha = tare__in_level(s, "alpha", 0.05), beta = tare__in_level(s, "beta", 0.2);
    if (!tare__stat_ok(s))
        return;
    struct tare_sprt_result r = tare_sprt(w, l, p0, p1, alpha, beta);
    tare__out_num(s, "llr", r.llr);
    tare__out_num(s, "upper", r.upper);
    tare__out_num(s, "lower", r.lower);
    tare__out_text(s, "decision", says[r.decision]);
}

static void pass_k(struct tare__stat *s)
{
    uint64_t n = tare__in_count(s, "n"), c = tare__in_count(s, "c"), k = tare__in_count(s, "k");
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "pass_at_k", tare_pass_at_k(n, c, k));
    tare__out_value(s, "pass_hat_k", tare_pass_hat_k(n, c, k));
    tare__out_value(s, "naive_pass_at_k", tare_naive_pass_at_k(n, c, k));
    tare__out_value(s, "naive_pass_hat_k", tare_naive_pass_hat_k(n, c, k));
}

static void pass_table(struct tare__stat *s)
{
    struct tare_json list = tare_fields_kind(&s->f, "trials", true, TARE_JSON_ARRAY);
    uint64_t k = tare__in_count(s, "k");
    size_t tasks = tare_json_count(list), t = 0;
    uint64_t *n = TARE_NEW_N(s->arena, uint64_t, tasks), *c = TARE_NEW_N(s->arena, uint64_t, tasks);
    struct tare_pass_table r;
    for (struct tare_json row = tare_json_first(list);
         n && c && tare_json_present(row) && tare__stat_ok(s); row = tare_json_next(row), t++) {
        struct tare__nums x = tare__nums_of(s, row, "trials", false);
        n[t] = x.n;
        for (size_t i = 0; i < x.n; i++) {
            if (x.v[i] != 0 && x.v[i] != 1)
                tare__stat_fail(s, "every trial must be 0 or 1");
            c[t] += x.v[i] == 1;
        }
    }
    if (!tare__stat_ok(s) || !n || !c ||
        !tare__stat_check(s, tare_pass_table(n, c, tasks, k, &r, s->err)))
        return;
    tare__out_value(s, "pass_at_k", r.at_k);
    tare__out_value(s, "pass_hat_k", r.hat_k);
    tare__out_value(s, "se_across_tasks_pass_at_k", r.at_k_se);
    tare__out_value(s, "se_across_tasks_pass_hat_k", r.hat_k_se);
}

struct tare__stat_part tare__stat_many(void)
{
    static const struct tare_stat_proc procs[] = {
        {"multiplicity", TARE_STAT_MANY, "adjusted p-values of a family",
         "Holm 1979; Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001",
         "{\"p\":[0.01,0.02,0.03]}", multiplicity, NULL},
        {"romano_wolf_given_null", TARE_STAT_MANY, "step-down max |t| from null statistics",
         "Romano & Wolf 2005",
         "{\"observed\":[2.2,0.8],\"null_stats\":[[0.1,-0.3],[-0.9,0.4],[1.2,0.2]]}", romano_wolf,
         NULL},
        {"pass_k", TARE_STAT_MANY, "any of k and all of k from n attempts",
         "Chen et al. 2021; Yao et al. 2024", "{\"n\":10,\"c\":3,\"k\":5}", pass_k, NULL},
        {"pass_k_table", TARE_STAT_MANY, "the same over tasks, with standard errors",
         "Chen et al. 2021", "{\"trials\":[[1,1,0],[0,1,0]],\"k\":2}", pass_table, NULL},
        {"e_value_paired_binary", TARE_STAT_SEQUENTIAL, "evidence valid at every look",
         "Robbins 1970; Shafer 2021", "{\"wins\":26,\"losses\":1}", e_value, NULL},
        {"e_value_bounded_mean", TARE_STAT_SEQUENTIAL, "the same for bounded scores",
         "Waudby-Smith & Ramdas 2024", "{\"x\":[0.6,0.7,0.4,0.9],\"null_mean\":0.5}", e_bounded,
         NULL},
        {"beta_mixture_confidence_sequence", TARE_STAT_SEQUENTIAL,
         "interval of a rate, valid at every look", "Robbins 1970", "{\"successes\":41,\"n\":48}",
         beta_cs, NULL},
        {"normal_mixture_confidence_sequence", TARE_STAT_SEQUENTIAL,
         "half-width for a mean, valid at every look, asymptotic", "Waudby-Smith et al. 2021",
         "{\"n\":48,\"sd\":0.54,\"rho\":0.3}", normal_cs, NULL},
        {"sprt_discordant", TARE_STAT_SEQUENTIAL, "Wald's sequential test of wins", "Wald 1945",
         "{\"wins\":26,\"losses\":1}", sprt, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
