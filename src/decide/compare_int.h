/*
 * Of decide/ alone: pairs as columns, and the evidence of a set of them.
 */
#ifndef TARE_DECIDE_COMPARE_INT_H
#define TARE_DECIDE_COMPARE_INT_H

#include "decide/compare.h"
#include "stats/bootstrap.h"

/* Pairs as columns, same index, same task. */
struct tare__pairs {
    size_t n;
    double *a, *b;                         /* means within the task; ratios: NaN when none */
    double *num_a, *den_a, *num_b, *den_b; /* ratios of sums; else NULL */
    uint32_t *k_a, *k_b;                   /* attempts behind them */
    const double **x_a, **x_b; /* the k values behind the means; NULL unless about these tasks */
    uint32_t *cluster;         /* labels; NULL: every task for itself */
};

/* How to look at them. */
struct tare__look {
    enum tare_direction direction;
    enum tare_about about;
    bool ratio;
    double range; /* max - min of the metric; infinity when open */
    double alpha, power, margin, discordance;
    bool exact, sequential;
    uint32_t method_version; /* 0: the latest */
    uint64_t seed, resamples, test_resamples;
    unsigned threads;
};

/* What the picture needs besides the evidence. */
struct tare__shape {
    struct tare_lattice_dist dist; /* n_points 0: none */
    struct tare_boot boot;         /* resamples 0: none */
    const double *scores;          /* n: what the test flips */
};

/* Room for n pairs. False when out of memory. */
bool tare__pairs_room(struct tare_arena *arena, size_t n, bool ratio, bool cluster,
                      struct tare__pairs *out);
/* Room for their attempts too. */
bool tare__pairs_tries(struct tare_arena *arena, size_t n, struct tare__pairs *out);
/* Copies pair i of `from` to the end of `to`, which has room. */
void tare__pairs_add(struct tare__pairs *to, const struct tare__pairs *from, size_t i);

/* Counts, means, difference, design, discordance. Uses the arena for n differences. */
enum tare_status tare__describe(const struct tare__look *look, const struct tare__pairs *p,
                                struct tare_arena *arena, struct tare_evidence *out, double **diffs,
                                struct tare_err *err);
/* The test: p, its method, the smallest p there could be. Needs tare__describe before. */
enum tare_status tare__test(const struct tare__look *look, const struct tare__pairs *p,
                            const double *diffs, struct tare_arena *arena, struct tare_evidence *ev,
                            struct tare_err *err);
/* The same while data arrive: an e-value over the pairs in their order, for the side that leads. */
enum tare_status tare__test_sequential(const struct tare__look *look, const struct tare__pairs *p,
                                       const double *diffs, struct tare_arena *arena,
                                       struct tare_evidence *ev, struct tare_err *err);
/* Whether these data allow that; else a usage failure with the remedy. */
enum tare_status tare__sequential_fits(const struct tare__look *look,
                                       const struct tare_evidence *ev, struct tare_err *err);
/* Test and intervals about these very tasks, from the attempts. */
enum tare_status tare__within(const struct tare__look *look, const struct tare__pairs *p,
                              struct tare_arena *arena, struct tare_evidence *ev,
                              struct tare_err *err);
/* Whether these data allow that; else a usage failure with the remedy. */
enum tare_status tare__within_fits(const struct tare__look *look, const struct tare__pairs *p,
                                   struct tare_err *err);
/* The intervals. Needs tare__describe before; shape may be NULL. */
enum tare_status tare__intervals(const struct tare__look *look, const struct tare__pairs *p,
                                 const double *diffs, struct tare_arena *arena,
                                 struct tare_evidence *ev, struct tare__shape *shape,
                                 struct tare_err *err);
/* Intervals for few units, from the spread of their differences. Leaves them as they are where
 * nothing varies. Needs the other intervals before. */
enum tare_status tare__few_units(const struct tare__look *look, const struct tare__pairs *p,
                                 const double *diffs, struct tare_arena *arena,
                                 struct tare_evidence *ev, struct tare_err *err);
/* How far the estimate lies beyond the margin, on either side; NaN: no margin, no estimate. */
double tare__beyond_margin(const struct tare__look *look, const struct tare_evidence *ev);
/* All of it, and what could have been detected. shape may be NULL. */
enum tare_status tare__evidence(const struct tare__look *look, const struct tare__pairs *p,
                                struct tare_arena *arena, struct tare_evidence *out,
                                struct tare__shape *shape, struct tare_err *err);

/* Step of the lattice on which all x stand, given that values were averaged over up to k attempts;
 * 0 when there is none. units[n]: x in steps. */
double tare__lattice_step(const double *x, size_t n, const uint32_t *k_a, const uint32_t *k_b,
                          int32_t *units);

/* Step of the lattice on which values stand that nothing averaged; 0 when there is none. */
double tare__value_step(const double *x, size_t n, int32_t *units);

/* Joins the two runs by task id and fills sides, pairs and columns of `out`. */
struct tare__joined {
    struct tare__pairs pairs;  /* used */
    struct tare__pairs all;    /* every pair there should be; NaN where a side has no value */
    uint32_t *miss_a, *miss_b; /* of `all`: attempts missing */
    bool any_missing;
};
enum tare_status tare__join(const struct tare_results *ra, uint32_t a,
                            const struct tare_results *rb, uint32_t b, uint32_t metric_a,
                            uint32_t metric_b, const struct tare_compare_opts *opts,
                            struct tare_arena *arena, struct tare_compare *out,
                            struct tare__joined *joined, struct tare_err *err);

/* The verdict under the worst cases (and, where the cause is unknown, under the other reading) of
 * what is missing; fills out->readings. */
enum tare_status tare__readings(const struct tare__look *look, const struct tare__joined *joined,
                                double worst, double best, struct tare_arena *arena,
                                struct tare_compare *out, struct tare_err *err);

/* Slices of the pairs by tag, with Holm over all of them. */
enum tare_status tare__slices(const struct tare__look *look, const struct tare_results *ra,
                              const struct tare__pairs *pairs, const struct tare_str *by,
                              uint32_t n_by, struct tare_arena *arena, struct tare_compare *out,
                              struct tare_err *err);

/* What the tasks cost, where the runs say it; fills out->spend. */
enum tare_status tare__spend(const struct tare__look *look, const struct tare_results *ra,
                             uint32_t a, const struct tare_results *rb, uint32_t b,
                             uint32_t metric_a, uint32_t metric_b,
                             const struct tare_compare_opts *opts, struct tare_arena *arena,
                             struct tare_compare *out, struct tare_err *err);

/* Decides from what stands in c: readings first, then the verdict. */
void tare__decide(struct tare_compare *c);

#endif
