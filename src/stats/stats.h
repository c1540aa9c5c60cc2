/*
 * What every procedure of this room shares: values that may be unavailable.
 *
 * The room takes arrays and gives evidence. It does no I/O, reads no clock, keeps no state and
 * draws chance only from the streams of base/rng.h under a seed that is passed in. Memory comes
 * from the arena passed in; everything returned by pointer lives there.
 *
 * Conventions (statistics sheet, section 0): a difference is candidate minus baseline; a pass is
 * 1; a win is a pass of the candidate only. Sample variances divide by n - 1 and bootstrap
 * moments by n; each field says which. An undefined result (0/0, too few data) is unavailable
 * with a reason: never 0, never a silent NaN. NaN or infinity in the input is TARE_E_INPUT with
 * err->offset set to the index of the first such value.
 */
#ifndef TARE_STATS_STATS_H
#define TARE_STATS_STATS_H

#include <math.h>

#include "base/arena.h"
#include "base/err.h"

/* A number, or the reason why there is none. why is a constant string; NULL: v holds. */
struct tare_value {
    double v; /* NaN when unavailable */
    const char *why;
};

/* Two limits, or the reason why there are none. */
struct tare_interval {
    double lo, hi; /* lo <= hi; NaN when unavailable */
    const char *why;
};

static inline struct tare_value tare_value(double v)
{
    return (struct tare_value){v, NULL};
}

static inline struct tare_value tare_no_value(const char *why)
{
    return (struct tare_value){(double)NAN, why};
}

static inline struct tare_interval tare_interval(double lo, double hi)
{
    return (struct tare_interval){lo, hi, NULL};
}

static inline struct tare_interval tare_no_interval(const char *why)
{
    return (struct tare_interval){(double)NAN, (double)NAN, why};
}

/* Which side of the null counts as evidence. */
enum tare_sides { TARE_TWO_SIDED = 0, TARE_GREATER, TARE_LESS };

#endif
