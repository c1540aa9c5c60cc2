/*
 * Weighing the scale: solvers of known truth are simulated and compared, through tare_compare
 * itself, again and again. Where nothing differs a verdict is a false one; the interval should hold
 * the truth; what the planning formulas predict should come true. Each rate has its own error bar.
 */
#ifndef TARE_DECIDE_SELFTEST_H
#define TARE_DECIDE_SELFTEST_H

#include "stats/stats.h"

#define TARE_SELFTEST_QUICK 1000u /* comparisons an arm: seconds */
#define TARE_SELFTEST_LONG 20000u /* a minute or two */
#define TARE_SELFTEST_MOST 200000u
#define TARE_SELFTEST_SEED 20260120u
/* A promise counts as broken when the rate's interval of this level misses it: wider than the
 * printed one, since some forty rates are looked at together. */
#define TARE_SELFTEST_LEVEL 0.999

enum tare_selftest_state {
    TARE_SELFTEST_HOLDS = 0,
    TARE_SELFTEST_NO_PROMISE, /* measured, documented, nothing is promised here */
    TARE_SELFTEST_OFF         /* beyond its error bar */
};

struct tare_selftest_rate {
    uint64_t k, n;       /* how often, of how many */
    double rate, lo, hi; /* share with its 95 % Wilson interval */
    double promise; /* most (false verdicts), least (coverage), or predicted (power); NaN: none */
    double slack;   /* POWER: how far the formula may be off */
    enum tare_selftest_state state;
};

struct tare_selftest_row {
    const char *name, *about;
    uint32_t tasks, attempts;
    const char *p_method, *ci_method;
    double effect;                            /* true difference of the second arm */
    struct tare_selftest_rate false_verdicts; /* improved or regressed where nothing differs */
    struct tare_selftest_rate coverage;       /* of the level 0.95 interval, both arms */
    /* The candidate is worse by just the margin, and still "equivalent" or "not worse" is said. */
    struct tare_selftest_rate false_margin;
    struct tare_selftest_rate power; /* improved, where B is better by `effect` */
    uint64_t no_interval;            /* comparisons without one, of both arms */
};

struct tare_selftest {
    uint64_t seed, replicates;
    double alpha;
    const struct tare_selftest_row *rows;
    uint32_t n_rows;
    uint32_t n_off; /* rates that are off */
};

struct tare_selftest_opts {
    size_t size;         /* sizeof(struct tare_selftest_opts) */
    uint64_t seed;       /* equal seeds give equal numbers on any number of threads */
    uint64_t replicates; /* comparisons an arm, 50 or more; 0: TARE_SELFTEST_QUICK */
    unsigned threads;    /* 0: 1 */
};

/* Rows live in the arena. Fails: TARE_E_NOMEM, or what a comparison failed with (a fault of ours).
 */
enum tare_status tare_selftest(const struct tare_selftest_opts *opts, struct tare_arena *arena,
                               struct tare_selftest *out, struct tare_err *err);

#endif
