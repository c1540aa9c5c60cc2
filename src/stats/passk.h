/*
 * Any of k, all of k (statistics sheet, section 12). n attempts, c passes, 1 <= k.
 */
#ifndef TARE_STATS_PASSK_H
#define TARE_STATS_PASSK_H

#include "stats/stats.h"

/* 1 - C(n-c, k) / C(n, k): unbiased "any of k" (Chen et al. 2021). Unavailable when k > n. */
struct tare_value tare_pass_at_k(uint64_t n, uint64_t c, uint64_t k);
/* C(c, k) / C(n, k): unbiased "all of k" (Yao et al. 2024). */
struct tare_value tare_pass_hat_k(uint64_t n, uint64_t c, uint64_t k);
/* Plug-ins, biased; for comparison only. */
struct tare_value tare_naive_pass_at_k(uint64_t n, uint64_t c, uint64_t k);
struct tare_value tare_naive_pass_hat_k(uint64_t n, uint64_t c, uint64_t k);

/* Mean over tasks, SE = SD over tasks (ddof 1) / sqrt(tasks); unavailable with one task. */
struct tare_pass_table {
    struct tare_value at_k, hat_k, at_k_se, hat_k_se;
};
/* attempts[t], passes[t] of task t; unavailable as a whole when some task has fewer than k. */
enum tare_status tare_pass_table(const uint64_t *attempts, const uint64_t *passes, size_t tasks,
                                 uint64_t k, struct tare_pass_table *out, struct tare_err *err);

/* Expected maximum of a random k-subset without replacement of `reward`. 1 <= k <= n. */
enum tare_status tare_expected_best(const double *reward, size_t n, size_t k,
                                    struct tare_arena *scratch, struct tare_value *out,
                                    struct tare_err *err);

#endif
