/*
 * A task as run/ hands it to world, solver and check: read-only, in the suite's arena.
 */
#ifndef TARE_RECORD_TASK_H
#define TARE_RECORD_TASK_H

#include "base/hash.h"
#include "text/json.h"

struct tare_tag {
    struct tare_str key, value;
};

struct tare_task {
    uint32_t index; /* place in the suite */
    uint32_t line;  /* in its file, from 1; 0: unknown */
    struct tare_str id;
    struct tare_json input;  /* what the world plays or the solver is asked */
    struct tare_json expect; /* what is expected: never shown to the solver */
    struct tare_json checks; /* its own, beside the suite's; or absent */
    const struct tare_tag *tags;
    uint32_t n_tags;
    struct tare_digest digest; /* SHA-256 of the canonical task line */
    const void *compiled;      /* the world's compiled form, made once per suite; may be NULL */
};

/* Value of a tag, or {NULL, 0}. */
struct tare_str tare_task_tag(const struct tare_task *task, const char *key);
/* An expected answer as text: a string as it is, another scalar as written, of a list its first, of
 * an object its member "answer" (else the whole as JSON). p NULL: absent or null, or no memory. */
struct tare_str tare_task_answer(struct tare_json expect, struct tare_arena *arena);

#endif
