/* Between the files of the room. */
#ifndef TARE_RUN_RUN_INT_H
#define TARE_RUN_RUN_INT_H

#include "base/limits.h"
#include "run/attempt.h"

/* Room for scoring beyond the attempt's own ceiling. */
#define TARE__SCORING_BYTES (TARE_ARENA_ATTEMPT_BYTES / 4)

/* What an attempt leaves as text: step bodies (one JSON object a line) and the outline. */
void tare__record_begin(struct tare_play *p);
/* False: no room, by the record's ceiling or the machine's. A step without room leaves a mark in
 * its place: the record stays one line a step. */
bool tare__record_reset(struct tare_play *p);
bool tare__record_step(struct tare_play *p);
/* The totals of a harness: taken before its solver is stopped, put into the attempt's detail as
 * member "harness" when that is known. */
void tare__record_account(struct tare_play *p);
void tare__record_detail(struct tare_play *p);
void tare__record_end(struct tare_play *p);
/* A missing attempt keeps no half-made account. */
void tare__record_missing(struct tare_play *p);

/* For a solver that reads: the scene, once, and an observation as JSON. False: out of memory. */
bool tare__read_scene(struct tare_play *p, uint32_t index);
bool tare__read_obs(struct tare_play *p, struct tare_event *event);

void tare__settle_done(struct tare_play *p);

/* What is refused from here on is looked at. */
void tare__watch_anew(const struct tare_play *p);

/* grade.c: the checks, after the solver has ended. */
/* Has the world tell the outcome and begins the checks that wait. True: none has to be waited for
 * (any more); false: p->yield says what is asked for. */
bool tare__checks_begin(struct tare_play *p);
bool tare__checks_event(struct tare_play *p, const struct tare_event *event);
/* Nothing can be found out any more: the attempt is missing. */
void tare__checks_cancel(struct tare_play *p, enum tare_cause why);
/* Scores of a finished attempt; every metric of the batch gets a state. */
void tare__scores(struct tare_play *p);

#endif
