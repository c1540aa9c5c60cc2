/* Between the files of the world. */
#ifndef TARE_WORLD_PROMPT_PROMPT_INT_H
#define TARE_WORLD_PROMPT_PROMPT_INT_H

#include "base/buf.h"
#include "text/template.h"
#include "world/prompt/prompt.h"

#define TARE__PROMPT_TURNS 1000u

struct tare__prompt_config {
    struct tare_str preamble; /* template text; empty: no system message */
    struct tare_template *preamble_template;
    struct tare_template *template; /* NULL: the turn's text as it is */
    struct tare_json schema;        /* of the answers; absent: text */
    struct tare_str schema_text;    /* the same, printed; empty: text; "{}": any JSON */
    bool json;
};

struct tare__prompt_world {
    struct tare__prompt_config config;
    const struct tare_alc *alc;
    struct tare_arena arena; /* of the episode */
    struct tare_buf messages, text;
    const struct tare_task *task;
    struct tare_prompt_view view;
    struct tare_str answers[TARE__PROMPT_TURNS]; /* of the turns so far */
    struct tare_fact fact;
    struct tare_str said; /* the last action */
    bool done;
};

enum tare_status tare__prompt_config_read(struct tare_json config, struct tare_arena *arena,
                                          struct tare__prompt_config *out, struct tare_err *err);
/* How many turns the task has; TARE_E_INPUT with the offset of what is wrong. */
enum tare_status tare__prompt_turns(const struct tare_task *task,
                                    const struct tare__prompt_config *config, uint32_t *n,
                                    struct tare_err *err);
/* Makes the messages of turn w->view.turn. */
enum tare_status tare__prompt_ask(struct tare__prompt_world *w, struct tare_err *err);

#endif
