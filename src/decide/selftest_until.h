/*
 * Weighing the stopping rule of `tare run --until decided`: runs of known truth are played task by
 * task until it stops them. How often it was wrong, how often it found what was there, and after
 * how many tasks.
 */
#ifndef TARE_DECIDE_SELFTEST_UNTIL_H
#define TARE_DECIDE_SELFTEST_UNTIL_H

#include "decide/selftest.h"

struct tare_selftest_until_row {
    const char *name, *about;
    uint32_t tasks, attempts;
    double effect, margin;                    /* margin 0: none */
    struct tare_selftest_rate false_verdicts; /* a wrong answer, where nothing (or just the margin)
                                                 differs; promised: alpha */
    struct tare_selftest_rate found;          /* the right answer where there is one */
    double mean_looked;                       /* tasks until then, of those found; NaN: none */
};

struct tare_selftest_until {
    uint64_t seed, replicates;
    double alpha;
    const struct tare_selftest_until_row *rows;
    uint32_t n_rows, n_off;
};

/* As tare_selftest. */
enum tare_status tare_selftest_until(const struct tare_selftest_opts *opts,
                                     struct tare_arena *arena, struct tare_selftest_until *out,
                                     struct tare_err *err);

#endif
