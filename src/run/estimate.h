/*
 * What a batch would ask of its models, before anything is asked: bounds, not a forecast.
 */
#ifndef TARE_RUN_ESTIMATE_H
#define TARE_RUN_ESTIMATE_H

#include "run/batch.h"

#define TARE_ESTIMATE_OUT_LOW 20u    /* tokens of an answer: a short call */
#define TARE_ESTIMATE_OUT_HIGH 1000u /* … where max_tokens does not say */

struct tare_run_estimate {
    const struct tare_run_solver *solver;
    uint64_t attempts;
    uint64_t steps;                              /* of the longest episode that was tried out */
    uint64_t calls_low, calls_high;              /* one turn an attempt; one turn a step */
    uint64_t in_low, in_high, out_low, out_high; /* tokens, at four bytes each */
    bool priced;
    double usd_low, usd_high;
};

/*
 * Tries out up to 20 tasks of the suite with actions that are none, to learn how long an episode is
 * and how long what a model reads. Low: every attempt ends after one turn. High: every step is a
 * turn that carries the whole talk so far; a turn is one call, or as many as the harness samples
 * and has verified, nothing is cached at the server, answers are as long as max_tokens lets them
 * be. Tries again are not in it. Fails: as tare_run_batch does for a world that cannot be opened.
 */
enum tare_status tare_run_estimate(const struct tare_run_options *options, uint32_t solver,
                                   struct tare_arena *arena, struct tare_run_estimate *out,
                                   struct tare_err *err);

#endif
