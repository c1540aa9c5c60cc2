/* Between the files of the detectors. */
#ifndef TARE_DECIDE_FAILURES_INT_H
#define TARE_DECIDE_FAILURES_INT_H

#include "decide/failures.h"

#define TARE__MAX_FOUND 256u

/* The findings of one attempt, while they are made. */
struct tare__found {
    const struct tare_trail *t;
    struct tare_arena *arena;
    struct tare_failure v[TARE__MAX_FOUND];
    uint32_t n;
    bool failed;
};

/* Beyond the ceiling nothing more is kept. evidence p NULL: no memory. */
void tare__found_add(struct tare__found *f, enum tare_failure_mode mode, const char *subtype,
                     uint32_t from, uint32_t to, const char *severity, struct tare_str evidence);

/* failures_state.c */
void tare__state_corruption(struct tare__found *f);
/* Items of the last plan that are still open; 0: none, or it is no checklist. */
uint32_t tare__open_items(const struct tare_trail_event *events, uint32_t n);

#endif
