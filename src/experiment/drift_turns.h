/* Turns of a case made from a script: templates with slots, and what distracts from the rules. */
#ifndef TARE_EXPERIMENT_DRIFT_TURNS_H
#define TARE_EXPERIMENT_DRIFT_TURNS_H

#include "text/json.h"

/*
 * The cases with "turns" in the place of "script": {"count" (24), "say": [templates], "slots":
 * {NAME: [texts]}, "distract": ["urgency", "tone", "noise"], "rate" (0.5)}, of the case or its
 * defaults; lines keep their numbers. Templates follow each other; chance is the stream of the seed
 * and the conversation's number. Lines that are no JSON stay as they are.
 * TARE_E_INPUT (err->line), TARE_E_NOMEM.
 */
enum tare_status tare__drift_turns(struct tare_str cases, uint64_t seed, struct tare_arena *arena,
                                   struct tare_str *out, struct tare_err *err);

#endif
