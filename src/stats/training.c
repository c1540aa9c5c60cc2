#include "stats/training.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

double tare_log_sigmoid(double x)
{
    return x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

struct tare_dpo tare_dpo(struct tare_dpo_in in)
{
    struct tare_dpo r = {.reward_chosen = in.beta * (in.policy_chosen - in.ref_chosen),
                         .reward_rejected = in.beta * (in.policy_rejected - in.ref_rejected)};
    double ratio = (in.policy_chosen - in.ref_chosen) - (in.policy_rejected - in.ref_rejected);
    double e = in.label_smoothing, target = 1 / (2 * in.beta);
    r.margin = r.reward_chosen - r.reward_rejected;
    r.accuracy = r.margin > 0 ? 1 : r.margin < 0 ? 0 : 0.5;
    double x = in.beta * ratio;
    r.loss = -(1 - e) * tare_log_sigmoid(x) - e * tare_log_sigmoid(-x);
    r.ipo_loss = (ratio - target) * (ratio - target);
    r.hinge = fmax(0, 1 - x);
    r.grad_coefficient = -in.beta * exp(tare_log_sigmoid(-x));
    return r;
}

struct tare_simpo tare_simpo(double logp_chosen, double len_chosen, double logp_rejected,
                             double len_rejected, double beta, double gamma)
{
    struct tare_simpo r = {.avg_chosen = logp_chosen / len_chosen,
                           .avg_rejected = logp_rejected / len_rejected,
                           .total_logp_gap = logp_chosen - logp_rejected};
    double gap = r.avg_chosen - r.avg_rejected;
    r.reward_margin = beta * gap;
    r.loss = -tare_log_sigmoid(beta * gap - gamma);
    r.loss_gamma_inside = -tare_log_sigmoid(beta * (gap - gamma));
    return r;
}

/* log of the odds of exp(logp). */
static double log_odds(double logp)
{
    return logp - log(-expm1(logp));
}

struct tare_orpo tare_orpo(double avg_logp_chosen, double avg_logp_rejected, double nll_chosen,
                           double lambda)
{
    struct tare_orpo r = {.log_odds = log_odds(avg_logp_chosen) - log_odds(avg_logp_rejected)};
    r.ratio_loss = -tare_log_sigmoid(r.log_odds);
    r.loss = nll_chosen + lambda * r.ratio_loss;
    return r;
}

bool tare_group_advantages(const double *reward, size_t n, double eps, double *advantage)
{
    bool same = true;
    for (size_t i = 1; i < n; i++)
        same = same && reward[i] == reward[0];
    double mean = n ? tare_mean(reward, n) : 0, sd = same ? 0 : tare_sd(reward, n, 1);
    for (size_t i = 0; i < n; i++)
        advantage[i] = same ? 0 : (reward[i] - mean) / (sd + eps);
    return same;
}
