/*
 * The plainest way to play a world with a model: the brief as system message, the observation as
 * user message, every tool of the world; each call of the model is one action, its observation goes
 * back as the call's result. No switch, no repair: that is what a harness is for.
 */
#include "solver/model_solver.h"

#include "base/limits.h"
#include "record/task.h"
#include "solver/model_reply.h"

#include "base/banned.h"

#define MAX_NUDGES 2u /* answers without a call, one after the other */

struct state {
    struct tare_buf messages; /* members of the list, with commas */
    struct tare_buf tools;    /* the list */
    struct tare_buf queue;    /* calls of one reply that were not played yet: NUL between parts */
    size_t queue_at;
    struct tare_str task_input;
    struct tare_str call_id; /* of the call that is being played, in the attempt's arena */
    struct tare_arena *arena;
    uint64_t next_id;
    uint32_t nudges;
};

static enum tare_status model_open(struct tare_json config, struct tare_arena *arena, void **shared,
                                   struct tare_err *err)
{
    (void)arena;
    *shared = NULL;
    if (tare_json_count(config) == 0)
        return TARE_OK;
    struct tare_str key = tare_json_key(tare_json_first(config));
    enum tare_status st =
        tare_fail_at(err, TARE_E_INPUT, tare_json_offset(tare_json_first(config)),
                     "\"%.*s\" is no switch of this tare's harness", TARE_FMT(key));
    tare_err_hint(err, "leave `harness:` out: the model is given brief, tools and observations");
    return st;
}

static void model_identity(const void *shared, struct tare_json_writer *out)
{
    (void)shared;
    tare_json_begin_object(out);
    tare_json_member_cstr(out, "harness", "plain");
    tare_json_end_object(out);
}

static enum tare_status model_start(const void *shared, void *state, const struct tare_task *task,
                                    struct tare_rng *rng, struct tare_arena *arena,
                                    struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng, (void)err;
    s->arena = arena;
    tare_buf_init(&s->messages, arena->alc, TARE_ARENA_ATTEMPT_BYTES / 4);
    tare_buf_init(&s->tools, arena->alc, TARE_MIB);
    tare_buf_init(&s->queue, arena->alc, TARE_MAX_JSON_STRING_BYTES);
    s->task_input = tare_json_str(task->input);
    return TARE_OK;
}

static void model_stop(const void *shared, void *state)
{
    struct state *s = state;
    (void)shared;
    tare_buf_free(&s->messages);
    tare_buf_free(&s->tools);
    tare_buf_free(&s->queue);
}

/* ---- what the model is told ---------------------------------------------------------------- */

static void begin_message(struct state *s, struct tare_json_writer *w, const char *role)
{
    if (s->messages.n)
        tare_buf_putc(&s->messages, ',');
    tare_json_writer_init(w, &s->messages);
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "role", role);
}

static void say(struct state *s, const char *role, struct tare_str text)
{
    struct tare_json_writer w;
    begin_message(s, &w, role);
    tare_json_put_key(&w, "content");
    tare_json_put_str(&w, text);
    tare_json_end_object(&w);
}

static void begin_talk(struct state *s, const struct tare_event *event)
{
    const struct tare_scene *scene = event->scene;
    struct tare_json_writer w;
    say(s, "system",
        scene->brief.n ? scene->brief : TARE_S("Act with the tools until the task is done."));
    if (s->task_input.n)
        say(s, "user", s->task_input);
    say(s, "user", event->body);
    tare_json_writer_init(&w, &s->tools);
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < scene->n_tools; i++) {
        tare_json_begin_object(&w);
        tare_json_member_str(&w, "name", scene->tools[i].name);
        tare_json_member_str(&w, "description", scene->tools[i].about);
        tare_json_put_key(&w, "parameters");
        tare_json_put_raw(&w, scene->tools[i].schema);
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
}

static void put_result(struct state *s, struct tare_str body)
{
    struct tare_json_writer w;
    begin_message(s, &w, "tool");
    tare_json_member_str(&w, "tool_call_id", s->call_id);
    tare_json_put_key(&w, "content");
    tare_json_put_str(&w, body);
    tare_json_end_object(&w);
}

static void put_answer(struct state *s, const struct tare_model_reply *r)
{
    struct tare_json_writer w;
    begin_message(s, &w, "assistant");
    tare_json_put_key(&w, "content");
    tare_json_put_str(&w, r->content);
    if (r->n_calls) {
        tare_json_put_key(&w, "tool_calls");
        tare_json_begin_array(&w);
        for (uint32_t i = 0; i < r->n_calls; i++) {
            tare_json_begin_object(&w);
            tare_json_member_str(&w, "id", r->calls[i].id);
            tare_json_member_str(&w, "name", r->calls[i].name);
            tare_json_put_key(&w, "arguments");
            tare_json_put_str(&w, r->calls[i].arguments);
            tare_json_end_object(&w);
        }
        tare_json_end_array(&w);
    }
    tare_json_end_object(&w);
}

/* The document of a request, put together without a formatter: it is long. */
static void ask(struct state *s, struct tare_arena *turn, struct tare_yield *out)
{
    const struct tare_str parts[] = {TARE_S("{\"schema\":\"tare.request/1\",\"messages\":["),
                                     tare_buf_str(&s->messages), TARE_S("],\"tools\":"),
                                     tare_buf_str(&s->tools),
                                     TARE_S(",\"tool_choice\":\"auto\",\"purpose\":\"act\"}")};
    size_t n = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        n += parts[i].n;
    char *p = tare_arena_alloc(turn, n);
    out->kind = TARE_YIELD_REQUEST;
    out->id = ++s->next_id;
    out->request.body = tare_str_n(p, p ? n : 0);
    for (size_t i = 0; p && i < sizeof parts / sizeof *parts; i++) {
        memcpy(p, parts[i].p, parts[i].n);
        p += parts[i].n;
    }
}

/* ---- what it does -------------------------------------------------------------------------- */

static void put_part(struct state *s, struct tare_str part)
{
    uint64_t n = part.n;
    tare_buf_put(&s->queue, tare_str_n((const char *)&n, sizeof n));
    tare_buf_put(&s->queue, part);
}

static struct tare_str take_part(struct state *s)
{
    uint64_t n;
    memcpy(&n, s->queue.p + s->queue_at, sizeof n);
    struct tare_str part = tare_str_n(s->queue.p + s->queue_at + sizeof n, (size_t)n);
    s->queue_at += sizeof n + (size_t)n;
    return part;
}

static bool is_json(struct tare_str text, struct tare_arena *arena)
{
    struct tare_json root;
    return tare_json_parse(text, &tare_json_strict, arena, &root, NULL) == TARE_OK;
}

/* The next call as an action. Arguments that are no JSON go to the world as they are: what is wrong
 * with them is its answer. */
static void act(struct state *s, struct tare_arena *turn, struct tare_yield *out)
{
    struct tare_str id = take_part(s), name = take_part(s), raw = take_part(s);
    struct tare_buf b;
    struct tare_json_writer w;
    s->call_id = tare_arena_copy(s->arena, id);
    out->kind = TARE_YIELD_ACT;
    if (raw.n && !is_json(raw, turn)) {
        out->json = tare_arena_copy(turn, raw);
        return;
    }
    tare_buf_init(&b, turn->alc, TARE_MAX_JSON_STRING_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "action_type");
    tare_json_put_str(&w, name);
    tare_json_put_key(&w, "params");
    tare_json_put_raw(&w, raw.n ? raw : TARE_S("{}"));
    tare_json_end_object(&w);
    out->json = tare_arena_copy(turn, tare_buf_str(&b));
    tare_buf_free(&b);
}

static void finish(struct tare_yield *out, enum tare_cause cause, struct tare_str why)
{
    out->kind = TARE_YIELD_DONE;
    out->cause = cause;
    out->cause_text = why;
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
        finish(out, tare_reply_cause(r.code),
               tare_arena_printf(turn, "%s: %.*s", tare_reply_code_name(r.code), TARE_FMT(r.says)));
        return TARE_OK;
    }
    put_answer(s, &r);
    tare_buf_reset(&s->queue);
    s->queue_at = 0;
    for (uint32_t i = 0; i < r.n_calls; i++) {
        put_part(s, r.calls[i].id);
        put_part(s, r.calls[i].name);
        put_part(s, r.calls[i].arguments);
    }
    if (r.n_calls) {
        s->nudges = 0;
        act(s, turn, out);
    } else if (r.finish == TARE_FINISH_STOP && s->nudges++ < MAX_NUDGES) {
        say(s, "user", TARE_S("Go on by calling a tool; the episode ends with its last tool."));
        ask(s, turn, out);
    } else {
        finish(out, TARE_CAUSE_NONE, (struct tare_str){NULL, 0});
    }
    return TARE_OK;
}

static enum tare_status model_next(const void *shared, void *state, const struct tare_event *event,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng;
    enum tare_status st = TARE_OK;
    if (event->kind == TARE_EVENT_REPLY) {
        st = on_reply(s, event, turn, out, err);
    } else if (event->kind != TARE_EVENT_OBS || event->obs->done) {
        finish(out, TARE_CAUSE_NONE, (struct tare_str){NULL, 0});
    } else {
        if (s->messages.n == 0)
            begin_talk(s, event);
        else
            put_result(s, event->body);
        if (s->queue_at < s->queue.n)
            act(s, turn, out);
        else
            ask(s, turn, out);
    }
    if (st == TARE_OK && (s->messages.failed || s->tools.failed || s->queue.failed ||
                          (out->kind == TARE_YIELD_REQUEST && !out->request.body.p)))
        return tare_fail(err, TARE_E_NOMEM, "the talk with the model is too long");
    return st;
}

const struct tare_solver_ops tare_solver_model = {
    .version = TARE_CONTRACT_VERSION,
    .name = "model",
    .about = "a model with the world's tools and no harness",
    .waits = true,
    .reads = true,
    .state_bytes = sizeof(struct state),
    .open = model_open,
    .identity = model_identity,
    .start = model_start,
    .next = model_next,
    .stop = model_stop,
};
