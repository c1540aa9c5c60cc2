/* Interventions, and what each has the model told and asked. */
#ifndef TARE_EXPERIMENT_DRIFT_ARM_H
#define TARE_EXPERIMENT_DRIFT_ARM_H

#include "experiment/drift_rules.h"
#include "experiment/live_int.h"

enum tare__drift_how {
    TARE__DRIFT_BASELINE,
    TARE__DRIFT_STATELESS,
    TARE__DRIFT_RECAP,
    TARE__DRIFT_RECALL,
    TARE__DRIFT_RECALL_MASKED,
    TARE__DRIFT_STRUCTURED,
    TARE__DRIFT_GUARD,
    TARE__DRIFT_RE_ANCHOR, /* from here on every so many turns */
    TARE__DRIFT_SPLIT,
    TARE__DRIFT_CHECKPOINT
};

struct tare__drift_arm_of {
    struct tare_str name;
    enum tare__drift_how how;
    uint32_t every; /* turns; 0: not of this kind */
};
/* TARE_E_USAGE: none is called so, or the endpoint has no means for it. */
enum tare_status tare__drift_arm_read(struct tare_str name, const struct tare_live *live,
                                      struct tare__drift_arm_of *out, struct tare_err *err);

/* What a request of a turn is for, in this order. */
enum tare__drift_phase {
    TARE__DRIFT_PREPARE, /* split, checkpoint: what came before is summed up */
    TARE__DRIFT_LIST,    /* recall: the rules that apply */
    TARE__DRIFT_ANSWER,
    TARE__DRIFT_MEND /* guard: the answer once more */
};
/* The first phase of a turn, and the one after PREPARE and LIST. */
enum tare__drift_phase tare__drift_begins(const struct tare__drift_arm_of *a, uint32_t turn);
enum tare__drift_phase tare__drift_after_prepare(const struct tare__drift_arm_of *a);

/* Whether the rules stand in the message of this turn. */
bool tare__drift_states(const struct tare__drift_arm_of *a, uint32_t turn, uint32_t n_turns);
/* The schema the request is held to, as members of an open tare.request/1; rules as in the case. */
void tare__drift_put_form(const struct tare__drift_arm_of *a, enum tare__drift_phase phase,
                          struct tare_json rules, struct tare_json_writer *w);
/* What is asked beside the turn's own input. */
const char *tare__drift_asks(const struct tare__drift_arm_of *a, enum tare__drift_phase phase);
/* The text of an answer: of the structured arm its "answer". Scratch in the arena. */
struct tare_str tare__drift_answer(const struct tare__drift_arm_of *a, struct tare_str text,
                                   struct tare_arena *arena);
/* A checkpoint's state: one JSON object of a bounded size and nothing else. */
bool tare__drift_is_state(struct tare_str text, struct tare_arena *arena);

#endif
