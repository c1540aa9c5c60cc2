#include "solver/answer.h"

#include "base/limits.h"
#include "solver/command_wire.h"
#include "solver/model_reply.h"
#include "solver/talk_prompt.h"

#include "base/banned.h"

struct shared {
    struct tare_talk_prompt prompt;
};

struct state {
    const struct tare_task *task;
    struct tare_arena *arena;
    struct tare_buf messages; /* members of the list, with commas */
    struct tare_str last;     /* text of the last of them */
    uint64_t next_id;
};

static enum tare_status answer_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    struct shared *s = TARE_NEW(arena, struct shared);
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a solver");
    *shared = s;
    if (!tare_json_present(config))
        return TARE_OK;
    tare_fields_begin(&f, config, none, none, err);
    enum tare_status st = tare_talk_prompt_read(&f, arena, &s->prompt, err);
    return st == TARE_OK ? tare_fields_end(&f) : st;
}

static void answer_identity(const void *shared, struct tare_json_writer *out)
{
    const struct shared *s = shared;
    tare_json_begin_object(out);
    tare_json_member_bool(out, "lenient", s->prompt.lenient);
    tare_json_member_str(out, "prompt", s->prompt.text);
    tare_json_end_object(out);
}

static enum tare_status answer_start(const void *shared, void *state, const struct tare_task *task,
                                     struct tare_rng *rng, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng, (void)err;
    s->task = task;
    s->arena = arena;
    tare_buf_init(&s->messages, arena->alc, TARE_ARENA_ATTEMPT_BYTES / 4);
    return TARE_OK;
}

static void answer_stop(const void *shared, void *state)
{
    struct state *s = state;
    (void)shared;
    tare_buf_free(&s->messages);
}

/* ---- what is said ------------------------------------------------------------------------ */

static void put(struct state *s, struct tare_str role, struct tare_str content)
{
    struct tare_json_writer w;
    if (s->messages.n)
        tare_buf_putc(&s->messages, ',');
    tare_json_writer_init(&w, &s->messages);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "role");
    tare_json_put_str(&w, role);
    tare_json_put_key(&w, "content");
    tare_json_put_str(&w, content);
    tare_json_end_object(&w);
}

/* All of a list of messages; false, and nothing said, where it is none. */
static bool put_all(struct state *s, struct tare_json list)
{
    if (!tare_talk_is_messages(list))
        return false;
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m)) {
        s->last = tare_json_str(tare_json_get(m, "content"));
        put(s, tare_json_str(tare_json_get(m, "role")), s->last);
    }
    return true;
}

/* The solver's own prompt, filled in; a JSON list of messages is a conversation. */
static enum tare_status put_prompt(const struct shared *c, struct state *s, struct tare_err *err)
{
    struct tare_json list;
    struct tare_str text;
    enum tare_status st = tare_talk_prompt_fill(&c->prompt, s->task, s->arena, &list, &text, err);
    if (st != TARE_OK || put_all(s, list))
        return st;
    s->last = text;
    put(s, TARE_S("user"), text);
    return TARE_OK;
}

static enum tare_status hear(const struct shared *c, struct state *s,
                             const struct tare_event *event, struct tare_err *err)
{
    struct tare_json obs;
    if (c->prompt.compiled && event->obs->step == 0)
        return put_prompt(c, s, err);
    struct tare_str body = tare_arena_copy(s->arena, event->body);
    if (!body.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a prompt");
    enum tare_status st = tare_json_parse(body, &tare_json_log, s->arena, &obs, err);
    if (st == TARE_OK && !put_all(s, tare_json_get(obs, "messages")) && s->messages.n == 0)
        st = tare_fail(err, TARE_E_STATE, "the world said nothing");
    return st;
}

static enum tare_status ask(struct state *s, const struct tare_event *event,
                            struct tare_arena *turn, struct tare_yield *out, struct tare_err *err)
{
    struct tare_str schema = event->scene->answer_schema, format = TARE_S("");
    if (schema.n > 2)
        format = tare_arena_printf(turn,
                                   ",\"response_format\":{\"type\":\"json_schema\",\"name\":"
                                   "\"answer\",\"schema\":%.*s}",
                                   TARE_FMT(schema));
    else if (schema.n)
        format = TARE_S(",\"response_format\":{\"type\":\"json_object\"}");
    out->kind = TARE_YIELD_REQUEST;
    out->id = ++s->next_id;
    out->request.body = tare_arena_printf(
        turn, "{\"schema\":\"tare.request/1\",\"messages\":[%.*s]%.*s,\"purpose\":\"act\"}",
        TARE_FMT(tare_buf_str(&s->messages)), TARE_FMT(format));
    return out->request.body.p && format.p && !s->messages.failed
               ? TARE_OK
               : tare_fail(err, TARE_E_NOMEM, "the talk with the model is too long");
}

/* ---- what it says ------------------------------------------------------------------------ */

static enum tare_status act(struct tare_str text, struct tare_arena *turn, struct tare_yield *out,
                            struct tare_err *err)
{
    out->kind = TARE_YIELD_ACT;
    return tare_agent_answer(text, turn, &out->json, err);
}

static enum tare_status on_reply(struct state *s, const struct tare_event *event,
                                 struct tare_arena *turn, struct tare_yield *out,
                                 struct tare_err *err)
{
    struct tare_model_reply r;
    enum tare_status st = tare_model_reply_read(event->body, turn, &r, err);
    if (st != TARE_OK)
        return st;
    if (r.code != TARE_REPLY_OK) {
        out->kind = TARE_YIELD_DONE;
        out->cause = tare_reply_cause(r.code);
        out->cause_text =
            tare_arena_printf(turn, "%s: %.*s", tare_reply_code_name(r.code), TARE_FMT(r.says));
        return TARE_OK;
    }
    struct tare_str text = r.content.n ? r.content : r.refusal;
    put(s, TARE_S("assistant"), text);
    return act(text, turn, out, err);
}

static enum tare_status answer_next(const void *shared, void *state, const struct tare_event *event,
                                    struct tare_rng *rng, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    (void)rng;
    out->kind = TARE_YIELD_DONE;
    if (event->kind == TARE_EVENT_REPLY)
        return on_reply(s, event, turn, out, err);
    if (event->kind == TARE_EVENT_CHUNK) {
        out->kind = TARE_YIELD_REQUEST;
        return TARE_OK;
    }
    if (event->kind != TARE_EVENT_OBS || event->obs->done)
        return TARE_OK;
    enum tare_status st = hear(shared, s, event, err);
    return st == TARE_OK ? ask(s, event, turn, out, err) : st;
}

static enum tare_status echo_next(const void *shared, void *state, const struct tare_event *event,
                                  struct tare_rng *rng, struct tare_arena *turn,
                                  struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    (void)rng;
    out->kind = TARE_YIELD_DONE;
    if (event->kind != TARE_EVENT_OBS || event->obs->done)
        return TARE_OK;
    enum tare_status st = hear(shared, s, event, err);
    return st == TARE_OK ? act(s->last, turn, out, err) : st;
}

const struct tare_solver_ops tare_solver_answer = {
    .version = TARE_CONTRACT_VERSION,
    .name = "answer",
    .about = "a model whose reply is the answer",
    .waits = true,
    .reads = true,
    .state_bytes = sizeof(struct state),
    .open = answer_open,
    .identity = answer_identity,
    .start = answer_start,
    .next = answer_next,
    .stop = answer_stop,
};

const struct tare_solver_ops tare_solver_answer_echo = {
    .version = TARE_CONTRACT_VERSION,
    .name = "answer-echo",
    .about = "says its own prompt",
    .reads = true,
    .state_bytes = sizeof(struct state),
    .open = answer_open,
    .identity = answer_identity,
    .start = answer_start,
    .next = echo_next,
    .stop = answer_stop,
};
