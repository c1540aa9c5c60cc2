/*
 * Of decide/ alone: the data-generating processes of the self-test.
 */
#ifndef TARE_DECIDE_SELFTEST_INT_H
#define TARE_DECIDE_SELFTEST_INT_H

#include "base/rng.h"
#include "decide/selftest.h"

enum tare__process_kind {
    TARE__BINARY = 0, /* pass or fail, by discordance */
    TARE__DROPS,      /* the same, some scores missing at random on either side */
    TARE__GRADED,     /* quarters between 0 and 1 */
    TARE__ATTEMPTS,   /* pass or fail, several attempts, tasks of different difficulty */
    TARE__THESE,      /* the same, and the verdict is about these very tasks */
    TARE__NORMAL,     /* real scores, normal differences */
    TARE__HEAVY,      /* log-normal costs */
    TARE__SKEWED,     /* differences with mean 0 that are not symmetric */
    TARE__CLUSTERS,   /* normal differences with a part shared by a cluster */
    TARE__RATIO       /* ratio of sums, denominators that vary */
};

struct tare__process {
    const char *name, *about;
    enum tare__process_kind kind;
    uint32_t tasks, attempts, cluster_size; /* cluster_size 0: none */
    double spread; /* BINARY, DROPS: discordance; GRADED: share of tasks that can differ */
    double effect; /* true difference of the second arm */
    double most;   /* false verdicts at alpha 0.05; NaN: no promise */
    double least;  /* coverage at level 0.95; NaN: no promise */
    double margin; /* false verdicts with a margin at alpha 0.05; NaN: no promise */
    double slack;  /* how far the predicted power may be off; NaN: no promise */
};

/* tasks * attempts values a side; NaN: missing. num and den only for ratios. */
struct tare__draw {
    double *a, *b;
    double *num_a, *den_a, *num_b, *den_b;
};

/* The i-th process, NULL past the last. */
const struct tare__process *tare__process_at(uint32_t i);
/* One data set. shift: true difference, 0 or the process's effect. */
void tare__process_draw(const struct tare__process *p, double shift, struct tare_rng *rng,
                        struct tare__draw *out);
/* Chance that the test finds the effect, by the planning formulas. */
struct tare_value tare__process_power(const struct tare__process *p, double alpha);

/* What both self-tests play: rows of two arms (nothing there, something there), each arm in blocks
 * whose sums do not depend on order. */
struct tare__selftest_job {
    uint64_t seed, replicates, blocks; /* blocks an arm */
    uint32_t rows;
    void *ctx; /* of play */
    enum tare_status (*play)(void *ctx, uint64_t block, struct tare_arena *arena,
                             struct tare_err *err);
    struct tare_err *faults; /* of tare__selftest_play */
};
#define TARE__SELFTEST_BLOCK 50u /* replicates: same streams on any number of threads */
/* Sets the sizes. Returns how many blocks there are in all. */
uint64_t tare__selftest_size(const struct tare_selftest_opts *opts, uint32_t rows,
                             struct tare__selftest_job *job);
/* Plays them all on the threads of opts. TARE_E_NOMEM, or the first block's failure. */
enum tare_status tare__selftest_play(const struct tare_selftest_opts *opts,
                                     struct tare__selftest_job *job, struct tare_arena *arena,
                                     struct tare_err *err);

enum tare__promise { TARE__AT_MOST, TARE__AT_LEAST, TARE__CLOSE };
/* Whether k of n keeps a promise within `slack`; NaN: nothing is promised. */
enum tare_selftest_state tare__selftest_state(uint64_t k, uint64_t n, enum tare__promise kind,
                                              double promise, double slack);
/* The rate with its error bar, and whether it keeps its promise. */
struct tare_selftest_rate tare__selftest_judge(uint64_t k, uint64_t n, enum tare__promise kind,
                                               double promise, double slack);

#endif
