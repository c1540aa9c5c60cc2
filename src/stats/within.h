/*
 * Did the solver change on these very tasks? (statistics sheet, section 15, "Population".) The
 * tasks are fixed; chance is only in the attempts. If nothing changed, the attempts at one task
 * are exchangeable between the two sides, so every way to deal a task's attempts to the sides
 * again is equally likely. Statistic: the mean over tasks of the difference of means within the
 * task. For attempts that pass or fail each task follows the hypergeometric distribution (Fisher
 * 1935), and the sum over tasks their convolution.
 */
#ifndef TARE_STATS_WITHIN_H
#define TARE_STATS_WITHIN_H

#include "stats/stats.h"

/* a[i]: k_a[i] values of task i on the baseline's side, b[i] likewise; all finite, all k >= 1. */
struct tare_within_in {
    size_t n;
    const double *const *a, *const *b;
    const uint32_t *k_a, *k_b;
    double step;        /* > 0: all values are multiples of it, and it is exact where that is quick;
                           0: real values, Monte Carlo */
    uint64_t resamples; /* Monte Carlo; 0: 100,000 */
    uint64_t seed;
};

struct tare_within_test {
    double diff;        /* mean over tasks of mean(b) - mean(a) */
    double p_two;       /* P(|S| >= |diff|) over all deals; Monte Carlo (r + 1) / (B + 1) */
    double smallest_p;  /* no deal gives less */
    uint64_t resamples; /* 0: exact */
    size_t informative; /* tasks in which dealing again changes anything */
};

/* Memory: arena for tables of at most 64 MiB. Fails: TARE_E_INPUT (n = 0, a task without attempts,
 * values that are not finite), TARE_E_NOMEM. */
enum tare_status tare_within_permutation(const struct tare_within_in *in, struct tare_arena *arena,
                                         struct tare_within_test *out, struct tare_err *err);

/* Spread of the difference for fixed tasks. A side's task with one attempt takes the mean variance
 * of that side's other tasks. */
struct tare_within_se {
    struct tare_value se; /* of diff; unavailable when a side has no task with two attempts, or
                             when no attempt differs from another at its task */
    double df;            /* Satterthwaite 1946; NaN when se is */
};
struct tare_within_se tare_within_se(const struct tare_within_in *in);

/* diff -+ t(df) se. */
struct tare_interval tare_within_interval(double diff, const struct tare_within_se *se,
                                          double confidence);

#endif
