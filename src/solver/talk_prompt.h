/*
 * A solver's own prompt for worlds that talk (tare_world_ops.talks), in place of the world's:
 * `talk: {prompt: TEMPLATE, lenient: BOOL}`, filled in from the task's input.
 */
#ifndef TARE_SOLVER_TALK_PROMPT_H
#define TARE_SOLVER_TALK_PROMPT_H

#include "record/task.h"
#include "text/fields.h"
#include "text/template.h"

struct tare_talk_prompt {
    struct tare_str text;           /* empty: the world's own words */
    struct tare_template *compiled; /* NULL when text is empty */
    bool lenient;                   /* a name that is not in the input is empty, no error */
};

/* Reads the members `prompt` and `lenient` of what is being read (the caller ends it), then
 * compiles. Fails: TARE_E_INPUT with the place of the prompt, TARE_E_NOMEM. */
enum tare_status tare_talk_prompt_read(struct tare_fields *f, struct tare_arena *arena,
                                       struct tare_talk_prompt *out, struct tare_err *err);

/* Filled in from a task. A filled prompt that is a JSON list of {role, content}, both texts, is a
 * whole conversation: then *messages is that list, else it is absent and *text is what is said.
 * In the arena. Fails: TARE_E_INPUT (the input lacks a name), TARE_E_NOMEM. */
enum tare_status tare_talk_prompt_fill(const struct tare_talk_prompt *p,
                                       const struct tare_task *task, struct tare_arena *arena,
                                       struct tare_json *messages, struct tare_str *text,
                                       struct tare_err *err);

/* Whether a value is such a list, with at least one message. */
bool tare_talk_is_messages(struct tare_json list);

#endif
