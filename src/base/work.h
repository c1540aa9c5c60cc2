/*
 * A count of steps: what bounds the cost of hostile input by the input alone, so that what is
 * refused on one machine is refused on all. A step stands for about ten nanoseconds' worth.
 */
#ifndef TARE_BASE_WORK_H
#define TARE_BASE_WORK_H

#include <stdbool.h>
#include <stdint.h>

struct tare_work {
    uint64_t done, max;
};

/* Counts n steps. False: more than max were counted. w NULL: without a bound. */
static inline bool tare_work_do(struct tare_work *w, uint64_t n)
{
    if (!w)
        return true;
    w->done = w->done > UINT64_MAX - n ? UINT64_MAX : w->done + n;
    return w->done <= w->max;
}

static inline bool tare_work_over(const struct tare_work *w)
{
    return w && w->done > w->max;
}

#endif
