/*
 * Sign-flip test of paired differences: under the null each difference is as likely as its
 * negative, so all 2^n sign patterns are equally likely (statistics sheet, section 4).
 * Statistic: the sum. Zeros double every pattern and change nothing; they are dropped.
 */
#ifndef TARE_STATS_SIGNFLIP_H
#define TARE_STATS_SIGNFLIP_H

#include "stats/stats.h"

enum tare_flip_method {
    TARE_FLIP_NONE = 0, /* no difference left: every p is 1 */
    TARE_FLIP_BINOMIAL, /* all of one size: the sign test */
    TARE_FLIP_LATTICE,  /* integers: dynamic programming over sums */
    TARE_FLIP_GRAY,     /* n <= 20: every pattern, one addition each */
    TARE_FLIP_MEET,     /* n <= 40: two sorted halves */
    TARE_FLIP_MONTE_CARLO
};

struct tare_sign_flip {
    enum tare_flip_method method;
    size_t n, n_eff;                 /* all; without zeros */
    double mean;                     /* of all n */
    double p_greater, p_less, p_two; /* Monte Carlo: (r + 1) / (B + 1), never 0 */
    uint64_t resamples;              /* B; 0: exact */
    uint64_t extreme;                /* r of the two-sided p; Monte Carlo only */
    double smallest_p; /* 2^(1 - n_eff): no two-sided p below this is possible (exact) */
};

/* "exact (lattice)" and so on. */
const char *tare_flip_method_name(enum tare_flip_method m);

struct tare_flip_opts {
    double step;        /* > 0: try the lattice of its multiples first; 0: real values */
    uint64_t resamples; /* Monte Carlo; 0: 100,000 */
    uint64_t seed;
    unsigned threads; /* 0: 1. The result does not depend on it */
    bool monte_carlo; /* even where an exact method would do */
};

/* Exact whenever a method above allows it (lattice tables up to 2^32 additions), else Monte
 * Carlo. opts NULL: defaults. n = 0 gives p 1 and method NONE.
 * Memory: arena for tables, at most 64 MiB. Fails: TARE_E_INPUT, TARE_E_NOMEM. */
enum tare_status tare_sign_flip(const double *d, size_t n, const struct tare_flip_opts *opts,
                                struct tare_arena *arena, struct tare_sign_flip *out,
                                struct tare_err *err);
/* One sign a cluster: sums d within equal labels, then as above. */
enum tare_status tare_sign_flip_cluster(const double *d, const uint32_t *cluster, size_t n,
                                        const struct tare_flip_opts *opts, struct tare_arena *arena,
                                        struct tare_sign_flip *out, struct tare_err *err);
/* Integers (lattice units), always exact. */
enum tare_status tare_sign_flip_lattice(const int32_t *d, size_t n, struct tare_arena *arena,
                                        struct tare_sign_flip *out, struct tare_err *err);
/* Wins and losses of size one: the sign test, which is McNemar's exact test. */
struct tare_sign_flip tare_sign_test(uint64_t wins, uint64_t losses);

/* p of r extreme among B resamples: (r + 1) / (B + 1); and its Monte-Carlo standard error. */
double tare_mc_p(uint64_t r, uint64_t resamples);
double tare_mc_p_se(uint64_t r, uint64_t resamples);

#endif
