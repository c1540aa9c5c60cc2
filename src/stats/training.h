/*
 * Losses of preference training and group advantages, for reading training logs. Closed forms.
 */
#ifndef TARE_STATS_TRAINING_H
#define TARE_STATS_TRAINING_H

#include "stats/stats.h"

/* log(1 / (1 + exp(-x))) without overflow. */
double tare_log_sigmoid(double x);

struct tare_dpo_in {
    double policy_chosen, policy_rejected, ref_chosen, ref_rejected; /* sums of log p */
    double beta, label_smoothing;
};
struct tare_dpo {
    double reward_chosen, reward_rejected, margin, accuracy;
    double loss, ipo_loss, hinge, grad_coefficient;
};
/* Rafailov et al. 2023; IPO (Azar 2023) and hinge on the same log ratios. beta > 0. */
struct tare_dpo tare_dpo(struct tare_dpo_in in);

struct tare_simpo {
    double avg_chosen, avg_rejected, reward_margin, loss, loss_gamma_inside, total_logp_gap;
};
/* Meng et al. 2024: -log sigmoid(beta (r_c - r_r) - gamma); lengths >= 1. */
struct tare_simpo tare_simpo(double logp_chosen, double len_chosen, double logp_rejected,
                             double len_rejected, double beta, double gamma);

struct tare_orpo {
    double log_odds, ratio_loss, loss;
};
/* Hong et al. 2024; average log p < 0. */
struct tare_orpo tare_orpo(double avg_logp_chosen, double avg_logp_rejected, double nll_chosen,
                           double lambda);

/* (r - mean) / (sd + eps), sd with ddof 1, of one group of n rewards; all 0 when every reward is
 * the same. Returns whether they are (no gradient). n = 1 counts as the same. */
bool tare_group_advantages(const double *reward, size_t n, double eps, double *advantage);

#endif
