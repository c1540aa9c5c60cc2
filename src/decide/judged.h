/*
 * Who judged whom: a judge of the solver's own family likes its answers better than others do.
 */
#ifndef TARE_DECIDE_JUDGED_H
#define TARE_DECIDE_JUDGED_H

#include "record/query.h"

/* One run that a judge scored. */
struct tare_judged {
    struct tare_str judge;  /* endpoint of a judge that is of the solver's family; empty: none is */
    struct tare_str family; /* the one they share */
    struct tare_str hash;   /* of the first judge: wording, rubric, scale, votes, model */
};

/*
 * Looks at what the checks of one finished attempt saw. The solver's family is that of the models
 * in its identity, or of its name. Nothing found is no failure: *out is empty. Errors as
 * tare_store_attempt.
 */
enum tare_status tare_judged_read(struct tare_store *s, const struct tare_run_view *run,
                                  struct tare_arena *arena, struct tare_judged *out,
                                  struct tare_err *err);

#endif
