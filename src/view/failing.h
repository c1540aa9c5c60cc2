/*
 * Of view/ alone: what an attempt failed at, in few words.
 */
#ifndef TARE_VIEW_FAILING_H
#define TARE_VIEW_FAILING_H

#include "base/arena.h"
#include "record/query.h"

struct tare__failing {
    struct tare_str check; /* its name; empty: nothing is known to have failed */
    struct tare_str says;  /* what it said; may be empty */
};

/*
 * The first of an attempt's checks that did not pass, by what is kept of it (`detail`, JSON):
 * checks of answers, then commands of a workspace. Where a world lists none: the first metric
 * beside the headline that is bounded and at its worst end ("false_positive_rate", "100.0 %").
 * Lives in the arena; detail that is no JSON has none.
 */
struct tare__failing tare__failing_check(const struct tare_batch_view *batch, uint32_t headline,
                                         const struct tare_attempt *attempt,
                                         struct tare_arena *arena);

/* One letter a try: y at the best end of its metric, n at the worst, p between, d where it has no
 * best end or no value; f failed, m missing, o not played. */
char tare__try_letter(const struct tare_metric *m, enum tare_attempt_status status, bool has,
                      double value);

#endif
