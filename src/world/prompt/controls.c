/* Solvers of known merit: they say what the task expects, nothing, always the same, the longest
 * thing at hand, or what they were told. */
#include "text/fields.h"
#include "world/prompt/prompt.h"

#include "base/banned.h"

struct shared {
    struct tare_str text; /* of `constant` */
};

struct state {
    const struct tare_task *task;
    struct tare_arena *arena;
    struct tare_prompt_answer answer;
};

static enum tare_status open_plain(struct tare_json config, struct tare_arena *arena, void **shared,
                                   struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    (void)arena;
    *shared = NULL;
    if (!tare_json_present(config))
        return TARE_OK;
    tare_fields_begin(&f, config, none, none, err);
    return tare_fields_end(&f);
}

static void identity_plain(const void *shared, struct tare_json_writer *out)
{
    (void)shared;
    tare_json_begin_object(out);
    tare_json_end_object(out);
}

static enum tare_status start(const void *shared, void *state, const struct tare_task *task,
                              struct tare_rng *rng, struct tare_arena *arena, struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng, (void)err;
    s->task = task;
    s->arena = arena;
    return TARE_OK;
}

static void stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

/* False when there is nothing to answer. */
static bool asked(const struct tare_event *event, struct tare_yield *out)
{
    *out = (struct tare_yield){.kind = TARE_YIELD_DONE};
    if (event->kind == TARE_EVENT_CANCEL)
        out->cause = TARE_CAUSE_CANCELLED;
    return event->kind == TARE_EVENT_OBS && event->obs && !event->obs->done && event->obs->view;
}

static void say(struct state *s, struct tare_str text, struct tare_yield *out)
{
    s->answer.text = text.p ? text : TARE_S("");
    out->kind = TARE_YIELD_ACT;
    out->action = (struct tare_action){TARE_PROMPT_ANSWER, &s->answer};
}

static enum tare_status oracle_next(const void *shared, void *state, const struct tare_event *event,
                                    struct tare_rng *rng, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng, (void)turn, (void)err;
    if (asked(event, out))
        say(s, tare_task_answer(s->task->expect, s->arena), out);
    return TARE_OK;
}

static enum tare_status empty_next(const void *shared, void *state, const struct tare_event *event,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    (void)shared, (void)rng, (void)turn, (void)err;
    if (asked(event, out))
        say(state, TARE_S(""), out);
    return TARE_OK;
}

static enum tare_status constant_open(struct tare_json config, struct tare_arena *arena,
                                      void **shared, struct tare_err *err)
{
    struct shared *s = TARE_NEW(arena, struct shared);
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a solver");
    s->text = TARE_S("yes");
    *shared = s;
    if (!tare_json_present(config))
        return TARE_OK;
    tare_fields_begin(&f, config, none, none, err);
    tare_fields_str(&f, "text", false, &s->text);
    return tare_fields_end(&f);
}

static void constant_identity(const void *shared, struct tare_json_writer *out)
{
    const struct shared *s = shared;
    tare_json_begin_object(out);
    tare_json_put_key(out, "text");
    tare_json_put_str(out, s->text);
    tare_json_end_object(out);
}

static enum tare_status constant_next(const void *shared, void *state,
                                      const struct tare_event *event, struct tare_rng *rng,
                                      struct tare_arena *turn, struct tare_yield *out,
                                      struct tare_err *err)
{
    const struct shared *c = shared;
    (void)rng, (void)turn, (void)err;
    if (asked(event, out))
        say(state, c->text, out);
    return TARE_OK;
}

/* The longest text below a value, in order of its members. */
static void longest(struct tare_json v, struct tare_str *best, unsigned depth)
{
    if (tare_json_kind(v) == TARE_JSON_STRING && tare_json_str(v).n > best->n)
        *best = tare_json_str(v);
    if (tare_json_kind(v) != TARE_JSON_ARRAY && tare_json_kind(v) != TARE_JSON_OBJECT)
        return;
    for (v = tare_json_first(v); depth > 0 && tare_json_present(v); v = tare_json_next(v))
        longest(v, best, depth - 1);
}

static enum tare_status longest_next(const void *shared, void *state,
                                     const struct tare_event *event, struct tare_rng *rng,
                                     struct tare_arena *turn, struct tare_yield *out,
                                     struct tare_err *err)
{
    struct state *s = state;
    struct tare_str best = TARE_S("");
    (void)shared, (void)rng, (void)turn, (void)err;
    if (!asked(event, out))
        return TARE_OK;
    static const char *const keys[] = {"choices", "options"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys && best.n == 0; i++)
        longest(tare_json_get(s->task->input, keys[i]), &best, 4);
    if (best.n == 0)
        longest(s->task->input, &best, 8);
    say(s, best, out);
    return TARE_OK;
}

static enum tare_status echo_next(const void *shared, void *state, const struct tare_event *event,
                                  struct tare_rng *rng, struct tare_arena *turn,
                                  struct tare_yield *out, struct tare_err *err)
{
    (void)shared, (void)rng, (void)turn, (void)err;
    if (asked(event, out)) {
        const struct tare_prompt_view *v = event->obs->view;
        say(state, v->asked, out);
    }
    return TARE_OK;
}

#define CONTROL(id, word, says, open_, identity_, next_)                                           \
    static const struct tare_solver_ops id = {.version = TARE_CONTRACT_VERSION,                    \
                                              .name = word,                                        \
                                              .about = says,                                       \
                                              .control = true,                                     \
                                              .state_bytes = sizeof(struct state),                 \
                                              .open = open_,                                       \
                                              .identity = identity_,                               \
                                              .start = start,                                      \
                                              .next = next_,                                       \
                                              .stop = stop}

CONTROL(oracle, "oracle", "says what the task expects", open_plain, identity_plain, oracle_next);
CONTROL(empty, "empty", "says nothing", open_plain, identity_plain, empty_next);
CONTROL(constant, "constant", "says the same to everything: its parameter text, or yes",
        constant_open, constant_identity, constant_next);
CONTROL(longest_, "longest", "says the longest of the choices, or of the input's texts", open_plain,
        identity_plain, longest_next);
CONTROL(echo, "echo", "repeats what it was told", open_plain, identity_plain, echo_next);

const struct tare_solver_ops *const tare_prompt_solvers[] = {&empty,    &constant, &echo,
                                                             &longest_, &oracle,   NULL};
