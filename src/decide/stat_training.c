/*
 * Calculators of training losses.
 */
#include "decide/stat_int.h"
#include "stats/sample.h"
#include "stats/training.h"

#include "base/banned.h"

static void dpo(struct tare__stat *s)
{
    struct tare_dpo_in in = {.policy_chosen = tare__in_num(s, "policy_chosen"),
                             .policy_rejected = tare__in_num(s, "policy_rejected"),
                             .ref_chosen = tare__in_num(s, "ref_chosen"),
                             .ref_rejected = tare__in_num(s, "ref_rejected"),
                             .beta = tare__in_num_or(s, "beta", 0.1),
                             .label_smoothing = tare__in_num_or(s, "label_smoothing", 0)};
    if (tare__stat_ok(s) && !(in.beta > 0))
        tare__stat_fail(s, "beta must be above 0");
    if (!tare__stat_ok(s))
        return;
    struct tare_dpo r = tare_dpo(in);
    tare__out_num(s, "reward_chosen", r.reward_chosen);
    tare__out_num(s, "reward_rejected", r.reward_rejected);
    tare__out_num(s, "margin", r.margin);
    tare__out_num(s, "accuracy", r.accuracy);
    tare__out_num(s, "loss", r.loss);
    tare__out_num(s, "ipo_loss", r.ipo_loss);
    tare__out_num(s, "hinge", r.hinge);
    tare__out_num(s, "grad_coefficient", r.grad_coefficient);
}

static void simpo(struct tare__stat *s)
{
    double lc = tare__in_num(s, "logp_chosen"), nc = tare__in_num(s, "len_chosen");
    double lr = tare__in_num(s, "logp_rejected"), nr = tare__in_num(s, "len_rejected");
    double beta = tare__in_num_or(s, "beta", 2), gamma = tare__in_num_or(s, "gamma", 0.5);
    if (tare__stat_ok(s) && !(nc >= 1 && nr >= 1))
        tare__stat_fail(s, "lengths must be at least 1");
    if (!tare__stat_ok(s))
        return;
    struct tare_simpo r = tare_simpo(lc, nc, lr, nr, beta, gamma);
    tare__out_num(s, "avg_chosen", r.avg_chosen);
    tare__out_num(s, "avg_rejected", r.avg_rejected);
    tare__out_num(s, "reward_margin", r.reward_margin);
    tare__out_num(s, "loss", r.loss);
    tare__out_num(s, "loss_gamma_inside", r.loss_gamma_inside);
    tare__out_num(s, "total_logp_gap", r.total_logp_gap);
}

static void orpo(struct tare__stat *s)
{
    double c = tare__in_num(s, "avg_logp_chosen"), j = tare__in_num(s, "avg_logp_rejected");
    double nll = tare__in_num(s, "nll_chosen"), lambda = tare__in_num_or(s, "lam", 0.1);
    if (tare__stat_ok(s) && !(c < 0 && j < 0))
        tare__stat_fail(s, "average log probabilities must be below 0");
    if (!tare__stat_ok(s))
        return;
    struct tare_orpo r = tare_orpo(c, j, nll, lambda);
    tare__out_num(s, "log_odds", r.log_odds);
    tare__out_num(s, "ratio_loss", r.ratio_loss);
    tare__out_num(s, "loss", r.loss);
}

static void grpo(struct tare__stat *s)
{
    struct tare_json list = tare_fields_kind(&s->f, "rewards_by_group", true, TARE_JSON_ARRAY);
    double eps = tare__in_num_or(s, "eps", 1e-4), sum = 0, count = 0, flat = 0, groups = 0;
    if (!tare__stat_ok(s))
        return;
    tare_json_put_key(s->w, "advantages");
    tare_json_begin_array(s->w);
    for (struct tare_json g = tare_json_first(list); tare_json_present(g) && tare__stat_ok(s);
         g = tare_json_next(g), groups++) {
        struct tare__nums x = tare__nums_of(s, g, "rewards_by_group", false);
        double *a = TARE_NEW_N(s->arena, double, x.n);
        if (!a)
            break;
        flat += tare_group_advantages(x.v, x.n, eps, a);
        tare_json_begin_array(s->w);
        for (size_t i = 0; i < x.n; i++) {
            sum += x.v[i];
            tare__out_raw(s, a[i]);
        }
        tare_json_end_array(s->w);
        count += (double)x.n;
    }
    tare_json_end_array(s->w);
    tare__out_value(s, "frac_zero_std",
                    groups > 0 ? tare_value(flat / groups) : tare_no_value("no groups"));
    tare__out_value(s, "mean_reward",
                    count > 0 ? tare_value(sum / count) : tare_no_value("no rewards"));
}

struct tare__stat_part tare__stat_training(void)
{
    static const struct tare_stat_proc procs[] = {
        {"loss_dpo", TARE_STAT_TRAINING, "DPO loss, IPO and hinge on the same ratios",
         "Rafailov et al. 2023; Azar et al. 2023",
         "{\"policy_chosen\":-20,\"policy_rejected\":-25,\"ref_chosen\":-22,\"ref_rejected\":-24}",
         dpo, NULL},
        {"loss_simpo", TARE_STAT_TRAINING, "SimPO loss", "Meng et al. 2024",
         "{\"logp_chosen\":-20,\"len_chosen\":10,\"logp_rejected\":-30,\"len_rejected\":10}", simpo,
         NULL},
        {"loss_orpo", TARE_STAT_TRAINING, "ORPO loss", "Hong et al. 2024",
         "{\"avg_logp_chosen\":-0.5,\"avg_logp_rejected\":-1.2,\"nll_chosen\":0.5}", orpo, NULL},
        {"grpo_group_stats", TARE_STAT_TRAINING, "group advantages and dead groups",
         "Shao et al. 2024", "{\"rewards_by_group\":[[1,0,1],[1,1,1]]}", grpo, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
