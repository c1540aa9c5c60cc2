/*
 * One figure a line, for bench/run: what, value, unit, remark, separated by tabs.
 */
#ifndef TARE_BENCH_BENCH_H
#define TARE_BENCH_BENCH_H

#include <stdio.h>

#include "base/clock.h"

/* Seconds on the monotonic clock. */
static inline double bench_now(void)
{
    const struct tare_clock *c = tare_clock_system();
    return (double)c->mono_ns(c->ctx) * 1e-9;
}

static inline void bench_row(const char *what, double value, const char *unit, const char *remark)
{
    printf("%s\t%.4g\t%s\t%s\n", what, value, unit, remark);
    (void)fflush(stdout);
}

/* Runs fn(ctx, n) with n doubling until a run takes 0.2 s; returns the seconds of one of the n,
 * the best of three such runs. */
static inline double bench_each(void (*fn)(void *ctx, size_t n), void *ctx)
{
    size_t n = 1;
    double best = 0;
    for (int left = 3; left > 0;) {
        double start = bench_now();
        fn(ctx, n);
        double each = (bench_now() - start) / (double)n;
        if (each * (double)n < 0.2 && left == 3) {
            n *= 2;
            continue;
        }
        best = left == 3 || each < best ? each : best;
        left--;
    }
    return best;
}

#endif
