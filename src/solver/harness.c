/*
 * The loop: assemble, ask, read, guard, act, observe, record. A state machine between a world's
 * observations and a model's replies; it holds no clock, no thread and no network.
 */
#include "solver/harness_int.h"

#include "record/task.h"

#include "base/banned.h"

#define VERIFY_REFUSALS 2u /* of one call; then it is played */

static enum tare_status open_switches(struct tare_json switches, struct tare_arena *arena,
                                      struct tare__hs_config **out, struct tare_err *err)
{
    struct tare__hs_config *c = TARE_NEW(arena, struct tare__hs_config);
    if (!c)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a harness");
    enum tare_status st = tare__hs_config_read(switches, c, err);
    struct tare_order *order;
    if (st == TARE_OK && tare_json_present(c->v[HS_TOOLS_ORDER].json))
        st = tare_order_open(c->v[HS_TOOLS_ORDER].json, arena, &order, err);
    *out = c;
    return st;
}

static enum tare_status hs_open(struct tare_json config, struct tare_arena *arena, void **shared,
                                struct tare_err *err)
{
    struct tare__hs_config *c = NULL;
    enum tare_status st = open_switches(config, arena, &c, err);
    *shared = c;
    return st;
}

/* {"harness": switches, "talk": {"prompt", "lenient"}}; other members are not its business. */
static enum tare_status talk_open(struct tare_json config, struct tare_arena *arena, void **shared,
                                  struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_json talk = tare_json_get(config, "talk");
    struct tare__hs_config *c = NULL;
    struct tare_fields f;
    enum tare_status st = open_switches(tare_json_get(config, "harness"), arena, &c, err);
    if (st == TARE_OK && tare_json_kind(talk) == TARE_JSON_OBJECT) {
        tare_fields_begin(&f, talk, none, none, err);
        st = tare_talk_prompt_read(&f, arena, &c->prompt, err);
        st = st == TARE_OK ? tare_fields_end(&f) : st;
    }
    if (st == TARE_OK)
        c->talk = true;
    *shared = c;
    return st;
}

static void hs_identity(const void *shared, struct tare_json_writer *out)
{
    tare_json_begin_object(out);
    tare_json_put_key(out, "harness");
    tare__hs_config_write(shared, out);
    const struct tare__hs_config *c = shared;
    if (c->talk) {
        tare_json_member_bool(out, "lenient", c->prompt.lenient);
        tare_json_member_str(out, "prompt", c->prompt.text);
    }
    tare_json_end_object(out);
}

static enum tare_status hs_start(const void *shared, void *state, const struct tare_task *task,
                                 struct tare_rng *rng, struct tare_arena *arena,
                                 struct tare_err *err)
{
    struct tare__hs *s = state;
    const struct tare__hs_config *c = shared;
    enum tare_status st = TARE_OK;
    (void)rng;
    s->c = c;
    s->arena = arena;
    s->task = task;
    s->task_input = tare_json_str(task->input);
    s->candidates = TARE_NEW_N(arena, struct tare__hs_answer, (size_t)c->v[HS_BEST_OF].i);
    tare_buf_init(&s->trace, arena->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_buf_init(&s->text, arena->alc, TARE_ARENA_ATTEMPT_BYTES / 2);
    for (uint32_t i = 0; i < HS_THREADS; i++)
        tare_buf_init(&s->thread[i].last, arena->alc, TARE_ARENA_ATTEMPT_BYTES / 4);
    if (!s->candidates)
        st = tare_fail(err, TARE_E_NOMEM, "out of memory while starting a harness");
    else if (tare_json_present(c->v[HS_TOOLS_ORDER].json))
        st = tare_order_open(c->v[HS_TOOLS_ORDER].json, arena, &s->order, err);
    return st;
}

static void hs_stop(const void *shared, void *state)
{
    struct tare__hs *s = state;
    (void)shared;
    tare_buf_free(&s->trace);
    tare_buf_free(&s->text);
    for (uint32_t i = 0; i < HS_THREADS; i++)
        tare_buf_free(&s->thread[i].last);
}

static void finish(struct tare__hs *s, struct tare_yield *out, const char *stop,
                   enum tare_cause cause, struct tare_str why)
{
    s->stop = stop;
    out->kind = TARE_YIELD_DONE;
    out->cause = cause;
    out->cause_text = why;
}

static void request(struct tare__hs *s, enum tare__hs_phase phase, struct tare_str body,
                    struct tare_yield *out)
{
    s->phase = phase;
    out->kind = TARE_YIELD_REQUEST;
    out->id = ++s->next_id;
    out->request.body = body;
}

/* ---- beginning ----------------------------------------------------------------------------- */

static void pin(struct tare__hs *s, enum tare__hs_kind kind, struct tare_str text)
{
    struct tare__hs_item *it = tare__hs_add(s, kind, tare__hs_keep(s, text));
    if (it)
        it->pinned = true;
}

static enum tare_status begin(struct tare__hs *s, const struct tare_event *event,
                              struct tare_arena *turn, struct tare_err *err)
{
    const struct tare_scene *scene = event->scene;
    struct tare_str rules = s->c->v[HS_RULES].s;
    s->begun = true;
    s->plain = scene->n_tools == 0;
    s->world_tools = scene->tools;
    s->n_world_tools = scene->n_tools;
    s->brief = scene->brief.n || s->plain ? tare__hs_keep(s, scene->brief)
                                          : TARE_S("Act with the tools until the task is done.");
    s->rules = rules.n ? rules : s->brief;
    enum tare_status st = tare__hs_tools_open(s, scene, err);
    if (st != TARE_OK)
        return st;
    if (s->brief.n)
        pin(s, HS_SYSTEM, s->brief);
    if (s->plain)
        return tare__hs_talk_begin(s, event, turn, err);
    if (s->task_input.n)
        pin(s, HS_USER, s->task_input);
    pin(s, HS_USER, event->body);
    return TARE_OK;
}

/* ---- asking -------------------------------------------------------------------------------- */

void tare__hs_step(struct tare__hs *s)
{
    s->retry =
        (struct tare_retry){.limit = (uint32_t)HS_INT(s, HS_RETRY_PARSE), .cap_tokens = 65536};
    s->retry_said = s->retry_told = (struct tare_str){NULL, 0};
}

void tare__hs_think(struct tare__hs *s, struct tare_arena *turn, struct tare_yield *out)
{
    struct tare_str transcript;
    if (s->model_calls >= (uint64_t)HS_INT(s, HS_CIRCUIT_CALLS)) {
        s->counters[HS_CIRCUIT_CALLS]++;
        finish(s, out, "call_limit", TARE_CAUSE_LIMIT, TARE_S("circuit.calls was reached"));
        return;
    }
    switch (tare__hs_make_room(s, turn, &transcript)) {
    case HS_ROOM:
        request(s, HS_ACTING, tare__hs_ask(s, turn), out);
        break;
    case HS_ROOM_SUMMARY:
        request(s, HS_SUMMARISING, tare__hs_ask_summary(s, transcript, turn), out);
        break;
    case HS_NO_ROOM:
        finish(s, out, "context_overflow", TARE_CAUSE_LIMIT,
               TARE_S("the prompt is longer than context.budget_tokens and nothing can leave it"));
        break;
    }
}

/* ---- playing calls ------------------------------------------------------------------------- */

void tare__hs_act(struct tare__hs *s, const struct tare__hs_call *call, int64_t now,
                  struct tare_arena *turn, struct tare_yield *out)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, turn->alc, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "action_type", call->name);
    tare_json_put_key(&w, "params");
    tare_json_put_raw(&w, call->args);
    tare_json_end_object(&w);
    s->current = *call;
    s->current_ns = now;
    out->kind = TARE_YIELD_ACT;
    out->json = tare_arena_copy(turn, tare_buf_str(&b));
    s->failed = s->failed || b.failed || !out->json.p;
    tare_buf_free(&b);
}

static void refuse(struct tare__hs *s, const struct tare__hs_call *call, const char *by,
                   struct tare_str why)
{
    struct tare_json_writer w;
    tare__hs_trace_begin(s, &w, "refuse");
    tare_json_member_str(&w, "tool", call->name);
    tare_json_member_cstr(&w, "by", by);
    tare_json_member_str(&w, "why", why);
    tare__hs_trace_end(s, &w);
    if (s->plain) {
        tare__hs_talk_refuse(s, why);
        return;
    }
    tare__hs_add_result(
        s, call, tare_arena_printf(s->arena, "Not done: %.*s. Do something else.", TARE_FMT(why)),
        true);
    s->refusals_in_row++;
}

/* True: the call was refused by the guard. */
static bool guarded(struct tare__hs *s, const struct tare__hs_call *call)
{
    s->warned = tare__hs_guard(s, call);
    if (!s->warned)
        return false;
    s->counters[HS_LOOP_GUARD]++;
    if (HS_IS(s, HS_LOOP_GUARD, HS_GUARD_WARN))
        return false;
    refuse(s, call, "loop_guard", tare_str_of(s->warned));
    s->stuck++;
    return true;
}

enum tare__hs_verdict tare__hs_verify(struct tare__hs *s, const struct tare__hs_call *call,
                                      struct tare_arena *turn, struct tare_yield *out)
{
    if (!call->decides || HS_IS(s, HS_VERIFY, HS_VERIFY_NONE))
        return HS_PLAY;
    if (!s->plain && !tare_digest_eq(s->verify_sig, call->sig))
        s->verify_refusals = 0;
    s->verify_sig = call->sig;
    if (s->verify_refusals >= VERIFY_REFUSALS)
        return HS_PLAY;
    s->counters[HS_VERIFY]++;
    if (HS_IS(s, HS_VERIFY, HS_VERIFY_CHECKS)) {
        struct tare_str why = s->plain ? tare__hs_talk_check(s) : tare__hs_check(s, call, turn);
        if (!why.n)
            return HS_PLAY;
        s->verify_refusals++;
        refuse(s, call, "checks", why);
        return HS_REFUSED;
    }
    s->current = *call;
    request(s, HS_VERIFYING, tare__hs_ask_verifier(s, call, turn), out);
    if (HS_IS(s, HS_VERIFY, HS_VERIFY_OTHER))
        out->request.endpoint = TARE_S("/verifier");
    return HS_ASKED;
}

/* The calls of the message in hand, one after the other, until the world or a model is needed. */
static void proceed(struct tare__hs *s, int64_t now, struct tare_arena *turn,
                    struct tare_yield *out)
{
    for (;;) {
        struct tare__hs_thread *t = tare__hs_here(s);
        int64_t stuck = HS_INT(s, HS_CIRCUIT_NO_PROGRESS);
        if (s->refusals_in_row >= 3 && HS_IS(s, HS_LOOP_GUARD, HS_GUARD_BREAK)) {
            finish(s, out, "loop_break", TARE_CAUSE_SOLVER,
                   TARE_S("the same failing call was made again three times"));
            return;
        }
        if (stuck && s->stuck >= (uint64_t)stuck) {
            s->counters[HS_CIRCUIT_NO_PROGRESS]++;
            finish(s, out, "no_progress", TARE_CAUSE_SOLVER,
                   TARE_S("circuit.no_progress: call after call brought nothing new"));
            return;
        }
        if (t->queue_at == t->queue_n) {
            tare__hs_step(s);
            tare__hs_think(s, turn, out);
            return;
        }
        const struct tare__hs_call *call = &t->queue[t->queue_at++];
        if (call->own >= 0) {
            (void)tare__hs_own_call(s, call);
            continue;
        }
        if (guarded(s, call))
            continue;
        enum tare__hs_verdict v = tare__hs_verify(s, call, turn, out);
        if (v == HS_REFUSED)
            continue;
        if (v == HS_PLAY)
            tare__hs_act(s, call, now, turn, out);
        return;
    }
}

/* ---- answers ------------------------------------------------------------------------------- */

struct tare__hs_item *tare__hs_put_answer(struct tare__hs *s, const struct tare__hs_answer *a)
{
    struct tare__hs_item *it = tare__hs_add(s, HS_ASSISTANT, a->content);
    if (it) {
        it->raw = a->text;
        it->calls = a->calls;
        it->n_calls = a->n_calls;
    }
    return it;
}

bool tare__hs_correct(struct tare__hs *s, const struct tare__hs_answer *a)
{
    struct tare_json_writer w;
    struct tare_retry_prompt p = {.kind = a->cut ? TARE_RETRY_LONGER : TARE_RETRY_CORRECT,
                                  .text = a->correction};
    if (a->cut && !s->retry.max_tokens)
        s->retry.max_tokens = a->output ? a->output : 1024;
    bool again = tare_retry_next(&s->retry, &p, a->text);
    s->counters[HS_RETRY_PARSE] += again;
    s->retry_told = a->correction;
    s->retry_said = a->text;
    tare__hs_trace_begin(s, &w, "retry");
    tare_json_member_u64(&w, "n", s->retry.done);
    tare_json_member_bool(&w, "again", again);
    tare_json_member_cstr(&w, "code", a->code);
    tare_json_member_str(&w, "why", a->correction);
    tare__hs_trace_end(s, &w);
    return again;
}

/* A sub-task has answered: its words are the result of the call that opened it. */
static void end_subtask(struct tare__hs *s, struct tare_str said, bool failed)
{
    struct tare__hs_call call = tare__hs_here(s)->from;
    s->depth = 0;
    tare__hs_trace_tool(s, &call, said, failed, 0);
    tare__hs_add_result(s, &call, said, failed);
}

static void without_call(struct tare__hs *s, const struct tare__hs_answer *a, int64_t now,
                         struct tare_arena *turn, struct tare_yield *out)
{
    if (s->depth) {
        end_subtask(s, a->content, false);
        proceed(s, now, turn, out);
        return;
    }
    if (s->nudges >= (uint32_t)HS_INT(s, HS_RETRY_NO_CALL) || a->cut ||
        HS_IS(s, HS_TOOL_MODE, HS_MODE_OFF)) {
        finish(s, out, "no_call", TARE_CAUSE_NONE, (struct tare_str){NULL, 0});
        return;
    }
    s->nudges++;
    s->counters[HS_RETRY_NO_CALL]++;
    (void)tare__hs_put_answer(s, a);
    (void)tare__hs_add(s, HS_USER,
                       TARE_S("Go on by calling a tool; the episode ends with its last tool."));
    tare__hs_step(s);
    tare__hs_think(s, turn, out);
}

static bool has_decision(const struct tare__hs_answer *a)
{
    for (uint32_t i = 0; i < a->n_calls; i++)
        if (a->calls[i].decides)
            return true;
    return false;
}

static void on_answer(struct tare__hs *s, const struct tare__hs_answer *a, int64_t now,
                      struct tare_arena *turn, struct tare_yield *out)
{
    if (s->depth && ++tare__hs_here(s)->calls >= (uint32_t)HS_INT(s, HS_SUBTASKS) && a->n_calls) {
        end_subtask(s, TARE_S("the sub-task used up its calls without an answer"), true);
        proceed(s, now, turn, out);
        return;
    }
    if (s->plain) {
        tare__hs_talk_answer(s, a, now, turn, out);
        return;
    }
    if (a->refused) {
        finish(s, out, "refused", TARE_CAUSE_NONE, (struct tare_str){NULL, 0});
        return;
    }
    if (!a->usable) {
        if (tare__hs_correct(s, a))
            tare__hs_think(s, turn, out);
        else
            finish(s, out, "format_errors", TARE_CAUSE_SOLVER,
                   tare_arena_printf(turn, "no usable call after %u tries", s->retry.done + 1));
        return;
    }
    if (!s->anchored && HS_IS(s, HS_ANCHOR, HS_ANCHOR_DECISION) && has_decision(a)) {
        s->anchored = true;
        s->pending = *a;
        s->counters[HS_ANCHOR]++;
        tare__hs_step(s);
        tare__hs_think(s, turn, out);
        return;
    }
    s->anchored = false;
    if (a->n_calls == 0) {
        without_call(s, a, now, turn, out);
        return;
    }
    s->nudges = 0;
    (void)tare__hs_put_answer(s, a);
    struct tare__hs_thread *t = tare__hs_here(s);
    t->queue = a->calls;
    t->queue_n = a->n_calls;
    t->queue_at = 0;
    proceed(s, now, turn, out);
}

/* What a verifier said. One that cannot be read is an event of its own, and no refusal. */
static void on_verdict(struct tare__hs *s, struct tare_str said, int64_t now,
                       struct tare_arena *turn, struct tare_yield *out)
{
    struct tare_json v = {NULL, 0}, ok;
    struct tare_json_writer w;
    size_t from = tare_str_find(said, TARE_S("{")), to = said.n;
    while (to > 0 && said.p[to - 1] != '}')
        to--;
    if (from != SIZE_MAX && to > from &&
        tare_json_parse(tare_str_n(said.p + from, to - from), &tare_json_strict, turn, &v, NULL))
        v = (struct tare_json){NULL, 0};
    ok = tare_json_get(v, "ok");
    bool read = tare_json_kind(ok) == TARE_JSON_TRUE || tare_json_kind(ok) == TARE_JSON_FALSE;
    struct tare_str why = tare_json_str(tare_json_get(v, "why"));
    s->verify_unreadable += !read;
    tare__hs_trace_begin(s, &w, "verify");
    tare_json_member_str(&w, "tool", s->current.name);
    tare_json_member_cstr(&w, "by",
                          HS_IS(s, HS_VERIFY, HS_VERIFY_SELF) ? "same model" : "other model");
    tare_json_member_cstr(&w, "verdict",
                          !read                ? "unreadable"
                          : tare_json_true(ok) ? "ok"
                                               : "refused");
    tare_json_member_str(&w, "why", why);
    tare__hs_trace_end(s, &w);
    if (read && !tare_json_true(ok)) {
        s->verify_refusals++;
        s->counters[HS_VERIFIER] += HS_IS(s, HS_VERIFY, HS_VERIFY_OTHER);
        refuse(s, &s->current, "verifier", why.n ? why : TARE_S("a checker refused it"));
        proceed(s, now, turn, out);
    } else if (s->plain) {
        tare__hs_talk_play(s, now, turn, out);
    } else {
        struct tare__hs_call call = s->current;
        tare__hs_act(s, &call, now, turn, out);
    }
}

static const char *purpose_of(enum tare__hs_phase phase)
{
    return phase == HS_ACTING ? "act" : phase == HS_VERIFYING ? "verify" : "summarise";
}

static enum tare_status on_reply(struct tare__hs *s, const struct tare_event *event,
                                 struct tare_arena *turn, struct tare_yield *out,
                                 struct tare_err *err)
{
    struct tare_model_reply r;
    struct tare__hs_answer a;
    enum tare_status st = tare_model_reply_read(event->body, turn, &r, err);
    if (st != TARE_OK)
        return st;
    s->model_calls++;
    if (r.code != TARE_REPLY_OK) {
        finish(s, out, r.code == TARE_REPLY_CONTEXT ? "context_overflow" : "endpoint_failed",
               tare_reply_cause(r.code),
               tare_arena_printf(turn, "%s: %.*s", tare_reply_code_name(r.code), TARE_FMT(r.says)));
        return TARE_OK;
    }
    if (s->phase != HS_ACTING) {
        struct tare_str said = tare__hs_keep(s, r.content);
        tare__hs_trace_call(s, &r, purpose_of(s->phase), NULL);
        if (s->phase == HS_VERIFYING) {
            on_verdict(s, said, event->now_ns, turn, out);
        } else {
            tare__hs_summarised(s, said);
            tare__hs_think(s, turn, out);
        }
        return TARE_OK;
    }
    st = tare__hs_answer_read(s, &r, &a, err);
    if (st != TARE_OK)
        return st;
    tare__hs_trace_call(s, &r, "act", &a);
    if (HS_INT(s, HS_BEST_OF) > 1) {
        s->candidates[s->n_candidates++] = a;
        if (s->n_candidates < (uint32_t)HS_INT(s, HS_BEST_OF)) {
            request(s, HS_ACTING, tare__hs_ask(s, turn), out);
            return TARE_OK;
        }
        a = s->candidates[tare__hs_select(s)];
        s->n_candidates = 0;
    }
    on_answer(s, &a, event->now_ns, turn, out);
    return TARE_OK;
}

/* ---- observations -------------------------------------------------------------------------- */

/* The monitor of the order rules takes what was played. */
static enum tare_status tell_order(struct tare__hs *s, struct tare_str body, bool failed,
                                   struct tare_arena *turn, struct tare_err *err)
{
    struct tare_call call = {.name = s->current.name, .id = s->current.id};
    struct tare_calls message = {.calls = &call, .n_calls = 1};
    struct tare_order_result result = {.error = failed};
    if (!s->order)
        return TARE_OK;
    if (tare_json_parse(s->current.args, &tare_json_strict, s->arena, &call.arguments, NULL))
        return TARE_OK;
    if (tare_json_parse(body, &tare_json_log, turn, &result.content, NULL))
        result.content = (struct tare_json){NULL, 0};
    return tare_order_calls(s->order, &message, &result, 1, err);
}

static enum tare_status on_obs(struct tare__hs *s, const struct tare_event *event,
                               struct tare_arena *turn, struct tare_yield *out,
                               struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    bool failed = event->obs->failed;
    if (!s->begun) {
        st = begin(s, event, turn, err);
        tare__hs_step(s);
        if (st == TARE_OK)
            tare__hs_think(s, turn, out);
        return st;
    }
    struct tare_str body = event->body;
    tare__hs_did(s, &s->current, body, failed);
    tare__hs_trace_tool(s, &s->current, body, failed, event->now_ns - s->current_ns);
    st = tell_order(s, body, failed, turn, err);
    if (event->obs->done) {
        finish(s, out, s->current.decides ? "submitted" : "ended", TARE_CAUSE_NONE,
               (struct tare_str){NULL, 0});
        return st;
    }
    if (s->plain) {
        s->verify_refusals = 0;
        s->stuck = 0;
        tare__hs_listen(s, body, turn, false);
    } else {
        if (s->warned)
            body = tare_arena_printf(turn, "%.*s\n[Note: %s.]", TARE_FMT(body), s->warned);
        s->warned = NULL;
        tare__hs_add_result(s, &s->current, body, failed);
    }
    if (st == TARE_OK)
        proceed(s, event->now_ns, turn, out);
    return st;
}

static enum tare_status hs_next(const void *shared, void *state, const struct tare_event *event,
                                struct tare_rng *rng, struct tare_arena *turn,
                                struct tare_yield *out, struct tare_err *err)
{
    struct tare__hs *s = state;
    enum tare_status st = TARE_OK;
    (void)shared, (void)rng;
    if (event->kind == TARE_EVENT_REPLY)
        st = on_reply(s, event, turn, out, err);
    else if (event->kind == TARE_EVENT_OBS)
        st = on_obs(s, event, turn, out, err);
    else
        finish(s, out, "limit", TARE_CAUSE_NONE, (struct tare_str){NULL, 0});
    if (st == TARE_OK && s->failed)
        return tare_fail(err, TARE_E_NOMEM, "the talk with the model is too long");
    return st;
}

#define OPS(word, says, open_)                                                                     \
    {                                                                                              \
        .version = TARE_CONTRACT_VERSION, .name = word, .about = says, .waits = true,              \
        .reads = true, .state_bytes = sizeof(struct tare__hs), .open = open_,                      \
        .identity = hs_identity, .start = hs_start, .next = hs_next, .trace = tare__hs_trace,      \
        .account = tare__hs_account, .stop = hs_stop                                               \
    }

const struct tare_solver_ops tare_solver_model =
    OPS("model", "a model with the harness of solver.yaml", hs_open);
const struct tare_solver_ops tare_solver_talk =
    OPS("talk", "a model that talks, with the harness of solver.yaml", talk_open);
