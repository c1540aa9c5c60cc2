/*
 * The world `prompt`: a question or a talk of several turns; the answer is a text. What it is
 * worth is the checks' business (check/answer.h). docs/concepts/prompt.md
 *
 * A task's input is a text; or a mapping whose members are variables of the templates. Two of them
 * have a meaning: `turns`, a list of texts said one after the other, and `messages`, a list of
 * {role, content} said at once.
 */
#ifndef TARE_WORLD_PROMPT_PROMPT_H
#define TARE_WORLD_PROMPT_PROMPT_H

#include "record/contract.h"
#include "record/task.h"

enum tare_prompt_verb { TARE_PROMPT_ANSWER = 1 };

/* Parameters of ANSWER. */
struct tare_prompt_answer {
    struct tare_str text;
};

/* The view of an observation. */
struct tare_prompt_view {
    struct tare_str messages; /* those new in this turn: a JSON list */
    struct tare_str asked;    /* the text of the last of them that is the user's */
    struct tare_str error;    /* the last action was none: why; else empty */
    uint32_t turn, n_turns;   /* 1-based; turn n_turns + 1: it is over */
};

/* Its controls: NULL-terminated. */
extern const struct tare_solver_ops *const tare_prompt_solvers[];
/* Looks at tasks before anything runs; makes none. */
extern const struct tare_task_source tare_task_source_prompt;

#endif
