/* Episodes of tool calls drawn from a model. */
#include "experiment/tools_int.h"
#include "experiment/tools_regime.h"

#include "base/limits.h"

#include "base/banned.h"

/* One case, one seed, one regime. */
struct talk {
    struct tare__talk_of of;
    enum tare_tools_arm regime;
    struct tare_arena arena;
    struct tare_order *order; /* constrained-order: where the calls stand; else NULL */
    struct tare_json message; /* of the case, now; absent: it is over */
    bool begun;
    struct tare_buf history; /* messages as JSON, ',' between them, what came before this one */
    struct tare_buf asked;   /* behind it: the failing text and what was said of it */
    struct tare_buf first, tries; /* the message as recorded; its further tries */
    uint32_t n_tries;
    uint64_t max_tokens; /* of the next reply; 0: as set */
    struct tare_buf out; /* messages of the recording */
};

/* One case as read. */
struct reading {
    const struct tare_calls_tool *tools;
    uint32_t n_tools;
    struct tare_str dialect;
    struct tare_str opening, form_opening; /* the second: of masked arms that are not native */
};

struct lab {
    const struct tare_live *live;
    enum tare_tools_arm regimes[TARE_LIVE_ARMS];
    const struct tare__line *cases;
    struct reading *read;
    size_t n_cases;
    void *talks; /* struct talk */
};

static struct talk *talk_at(const struct lab *l, size_t i)
{
    return (struct talk *)l->talks + i;
}

static const struct reading *reading_of(const struct lab *l, const struct talk *t)
{
    return &l->read[t->of.in_case];
}

/* ---- cases -------------------------------------------------------------------------------- */

static bool draws(const struct lab *l, bool (*that)(enum tare_tools_arm))
{
    for (uint32_t i = 0; i < l->live->n_arms; i++)
        if (that(l->regimes[i]))
            return true;
    return false;
}

static bool ordered(enum tare_tools_arm a)
{
    return a == TARE_ARM_ORDERED;
}

/* The case's own words and those about its tools. p NULL: no memory. */
static struct tare_str told(const struct tare__line *c, struct tare_str own, bool masked,
                            struct tare_arena *arena)
{
    struct tare_str says = tare__regime_instruction(tare__line_member(c, "tools"), masked, arena);
    return says.p ? tare_arena_printf(arena, "%.*s%s%.*s", TARE_FMT(own), own.n ? "\n\n" : "",
                                      TARE_FMT(says))
                  : says;
}

/* Masked arms that are not native: the form has to hold the tools. */
static enum tare_status read_form(const struct tare__line *c, const struct reading *r,
                                  struct tare_err *err)
{
    if (!tare_str_is(r->dialect, "hermes")) {
        tare_err_hint(err, "leave \"dialect\" out, or draw the masked arms with --native");
        return tare_fail(err, TARE_E_INPUT, "a server's form cannot hold calls as %.*s writes them",
                         TARE_FMT(r->dialect));
    }
    if (!tare__regime_fits(tare__line_member(c, "tools"))) {
        tare_err_hint(err, "write the schema out, or draw the masked arms with --native");
        return tare_fail(err, TARE_E_INPUT,
                         "a tool's \"parameters\" refer to another place "
                         "(\"$ref\"), which a server's form cannot hold");
    }
    return TARE_OK;
}

static enum tare_status read_opening(const struct lab *l, const struct tare__line *c,
                                     struct reading *r, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct tare_str own = tare_json_str(tare_json_get(c->v, "system"));
    if (!own.n)
        own = tare_json_str(tare__line_member(c, "system"));
    r->opening = own;
    if (l->live->native)
        return TARE_OK;
    if (!tare_str_is(r->dialect, "hermes")) {
        if (own.n)
            return TARE_OK;
        tare_err_hint(err, "say in \"system\" which tools there are and how a call is written");
        return tare_fail(err, TARE_E_INPUT,
                         "the model has to be told how calls are written in %.*s",
                         TARE_FMT(r->dialect));
    }
    r->opening = told(c, own, false, arena);
    r->form_opening = told(c, own, true, arena);
    return r->opening.p && r->form_opening.p ? TARE_OK
                                             : tare_fail(err, TARE_E_NOMEM, "out of memory");
}

static enum tare_status read_case(const struct lab *l, const struct tare__line *c,
                                  struct reading *r, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json tools = tare__line_member(c, "tools");
    struct tare_json messages = tare_json_get(c->v, "messages");
    enum tare_status st = TARE_OK;
    r->dialect = tare_json_str(tare__line_member(c, "dialect"));
    if (!r->dialect.n || l->live->native)
        r->dialect = TARE_S("hermes");
    if (tare_json_str(tare_json_get(c->v, "id")).n == 0)
        return tare_fail(err, TARE_E_INPUT, "the case has no \"id\"");
    if (tare_json_kind(messages) != TARE_JSON_ARRAY || tare_json_count(messages) == 0)
        return tare_fail(err, TARE_E_INPUT, "the case has no list \"messages\"");
    struct tare_json first = tare_json_get(tare_json_first(messages), "input");
    if (tare_json_kind(first) != TARE_JSON_STRING)
        return tare_fail(err, TARE_E_INPUT, "the first message has no \"input\"");
    if (tare_json_present(tools))
        st = tare_tools_read(tools, arena, &r->tools, &r->n_tools, err);
    if (st == TARE_OK && r->n_tools == 0)
        st = tare_fail(err, TARE_E_INPUT, "the case has no tools");
    struct tare_json order = tare_json_get(tare__line_member(c, "policy"), "order");
    if (st == TARE_OK && draws(l, ordered) && !tare_json_present(order)) {
        tare_err_hint(err, "add \"policy\": {\"order\": [...]}, or leave constrained-order out");
        st = tare_fail(err, TARE_E_INPUT, "the case has no order rules");
    }
    if (st == TARE_OK && !l->live->native && draws(l, tare__regime_masked))
        st = read_form(c, r, err);
    return st == TARE_OK ? read_opening(l, c, r, arena, err) : st;
}

/* ---- asking ------------------------------------------------------------------------------- */

static void put(struct tare_buf *list, struct tare_str object)
{
    if (list->n)
        tare_buf_putc(list, ',');
    tare_buf_put(list, object);
}

static void add_said(struct tare_buf *list, const char *role, struct tare_str text)
{
    struct tare_json_writer w;
    if (list->n)
        tare_buf_putc(list, ',');
    tare_json_writer_init(&w, list);
    tare__live_say(&w, role, text);
}

static struct tare__regime regime_of(const struct lab *l, const struct talk *t)
{
    return (struct tare__regime){.arm = t->regime,
                                 .native = l->live->native,
                                 .form = l->live->form,
                                 .tools = tare__line_member(t->of.c, "tools"),
                                 .expect = tare_json_get(t->message, "expect"),
                                 .order = t->order};
}

static bool ask(void *ctx, size_t i, struct tare_buf *body)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    struct tare_json_writer w;
    struct tare_json input = tare_json_get(t->message, "input");
    if (!tare_json_present(t->message))
        return false;
    if (!t->begun && tare_json_kind(input) == TARE_JSON_STRING)
        add_said(&t->history, "user", tare_json_str(input));
    t->begun = true;
    struct tare__regime regime = regime_of(l, t);
    bool form = !l->live->native && tare__regime_masked(t->regime);
    const struct reading *rd = reading_of(l, t);
    struct tare_str opening = form ? rd->form_opening : rd->opening;
    tare__live_begin(&w, body, opening, &t->history, &t->asked);
    tare__regime_put(&regime, &w);
    if (l->live->top_logprobs) {
        tare_json_member_bool(&w, "logprobs", true);
        tare_json_member_u64(&w, "top_logprobs", l->live->top_logprobs);
    }
    tare__live_settings(&w, l->live, t->max_tokens, (uint64_t)t->of.seed * 100 + t->n_tries);
    tare_json_end_object(&w);
    return true;
}

/* ---- what came back ----------------------------------------------------------------------- */

static bool spells(const struct tare_model_reply *r, struct tare_str text)
{
    size_t at = 0;
    for (uint32_t i = 0; i < r->n_tokens; i++) {
        struct tare_str t = r->tokens[i].token;
        if (t.n > text.n - at || memcmp(t.p ? t.p : "", text.p + at, t.n) != 0)
            return false;
        at += t.n;
    }
    return at == text.n && r->n_tokens > 0;
}

/* The tokens with their alternatives, where they spell what is recorded (calls of the server's own
 * interface have none, and tokens may hold parts of a character). */
static void put_tokens(struct tare_json_writer *w, struct tare_str text,
                       const struct tare_model_reply *r)
{
    if (!r->has_logprobs || !spells(r, text))
        return;
    tare_json_put_key(w, "logprobs");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_tokens; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "token", r->tokens[i].token);
        tare_json_put_key(w, "top_logprobs");
        tare_json_begin_array(w);
        for (uint32_t k = 0; k < r->tokens[i].n_top; k++) {
            tare_json_begin_object(w);
            tare_json_member_str(w, "token", r->tokens[i].top[k].token);
            tare_json_member_f64(w, "logprob", r->tokens[i].top[k].logprob);
            tare_json_end_object(w);
        }
        tare_json_end_array(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

/* A text as recorded. */
static void put_text(struct tare_buf *to, struct tare_str text, const struct tare_model_reply *r,
                     uint64_t max_tokens)
{
    struct tare_json_writer w;
    if (to->n)
        tare_buf_putc(to, ',');
    tare_json_writer_init(&w, to);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "text");
    tare_json_put_str(&w, text);
    if (r->finish == TARE_FINISH_LENGTH)
        tare_json_member_cstr(&w, "finish_reason", "length");
    if (r->has_usage)
        tare_json_member_u64(&w, "tokens", r->output);
    if (max_tokens)
        tare_json_member_u64(&w, "max_tokens", max_tokens);
    if (!r->from_cache)
        tare_json_member_u64(&w, "ms", r->ms > 0 ? (uint64_t)r->ms : 0);
    if (!r->from_cache && r->ttft_ms >= 0)
        tare_json_member_u64(&w, "first_ms", (uint64_t)r->ttft_ms);
    put_tokens(&w, text, r);
    tare_json_end_object(&w);
}

/* The assistant's turn and what its calls gave, for what comes after; `says` in place of results:
 * what is said of a failing one. */
static void remember(const struct tare_live *live, struct talk *t, struct tare_buf *to,
                     const struct tare_model_reply *r, struct tare_str says)
{
    struct tare_json result = tare_json_first(tare_json_get(t->message, "results"));
    struct tare_json_writer w;
    uint32_t n = live->native ? r->n_calls : 0;
    if (n == 0)
        add_said(to, "assistant", r->content.p ? r->content : TARE_S(""));
    if (n) {
        if (to->n)
            tare_buf_putc(to, ',');
        tare_json_writer_init(&w, to);
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "role", "assistant");
        tare_json_member_str(&w, "content", r->content);
        tare_json_put_key(&w, "tool_calls");
        tare_json_begin_array(&w);
        for (uint32_t i = 0; i < n; i++) {
            tare_json_begin_object(&w);
            tare_json_member_str(&w, "id", r->calls[i].id);
            tare_json_member_str(&w, "name", r->calls[i].name);
            tare_json_member_str(&w, "arguments", r->calls[i].arguments);
            tare_json_end_object(&w);
        }
        tare_json_end_array(&w);
        tare_json_end_object(&w);
    }
    for (uint32_t i = 0; i < n || (i == 0 && (says.n || result.doc)); i++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
        struct tare_json content = tare_json_get(result, "content");
        if (says.n)
            tare_buf_put(&b, i == 0 ? says : TARE_S("not run"));
        else if (tare_json_kind(content) == TARE_JSON_STRING)
            tare_buf_put(&b, tare_json_str(content));
        else if (tare_json_present(content))
            tare_json_print(content, &b);
        else
            tare_buf_puts(&b, tare_json_true(tare_json_get(result, "error")) ? "error" : "done");
        if (n == 0) {
            add_said(to, "user", tare_buf_str(&b));
        } else {
            tare_buf_putc(to, ',');
            tare_json_writer_init(&w, to);
            tare_json_begin_object(&w);
            tare_json_member_cstr(&w, "role", "tool");
            tare_json_member_str(&w, "tool_call_id", r->calls[i].id);
            tare_json_put_key(&w, "content");
            tare_json_put_str(&w, tare_buf_str(&b));
            tare_json_end_object(&w);
        }
        tare_buf_free(&b);
        result = result.doc ? tare_json_next(result) : result;
    }
}

/* The message is as it will be: its recording is written, the talk goes on. */
static void finish_message(struct talk *t)
{
    static const char *const kept[] = {"expect", "results"};
    put(&t->out, tare_str_n(t->first.p, t->first.n - 1)); /* without its '}' */
    for (int i = 0; i < 2; i++)
        if (tare_json_present(tare_json_get(t->message, kept[i]))) {
            tare_buf_printf(&t->out, ",\"%s\":", kept[i]);
            tare_json_print(tare_json_get(t->message, kept[i]), &t->out);
        }
    if (t->tries.n)
        tare_buf_printf(&t->out, ",\"tries\":[%.*s]", TARE_FMT(tare_buf_str(&t->tries)));
    tare_buf_putc(&t->out, '}');
    tare_buf_reset(&t->asked);
    tare_buf_reset(&t->first);
    tare_buf_reset(&t->tries);
    t->n_tries = 0;
    t->max_tokens = 0;
    t->begun = false;
    t->message = tare_json_next(t->message);
}

/* The calls of a message are made: what may come next is another. */
static enum tare_status dispatch(struct talk *t, const struct tare_calls *calls,
                                 struct tare_err *err)
{
    struct tare_order_result results[TARE__TOOLS_RESULTS];
    if (calls->status == TARE_CALLS_MALFORMED || calls->status == TARE_CALLS_TRUNCATED)
        return TARE_OK;
    return tare_order_calls(t->order, calls, results, tare__tools_results(t->message, results),
                            err);
}

static enum tare_status take(void *ctx, size_t i, const struct tare_model_reply *r,
                             struct tare_err *err)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    const struct reading *rd = reading_of(l, t);
    struct tare_arena_mark mark = tare_arena_mark(&t->arena);
    struct tare__regime regime = regime_of(l, t);
    struct tare_str text = tare__regime_text(&regime, r, &t->arena);
    struct tare_calls_opts o = {.dialect = rd->dialect,
                                .tools = rd->tools,
                                .n_tools = rd->n_tools,
                                .strict = true,
                                .length = r->finish == TARE_FINISH_LENGTH};
    struct tare_calls calls;
    struct tare_retry_prompt say = {.kind = TARE_RETRY_NONE};
    if (!text.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a reply");
    put_text(t->n_tries ? &t->tries : &t->first, text, r,
             t->max_tokens ? t->max_tokens : l->live->max_tokens);
    enum tare_status st = tare_calls_parse(text, &o, &t->arena, &calls, err);
    if (st == TARE_OK && t->n_tries < l->live->retries && (calls.n_errors || calls.n_findings))
        st = tare_retry_prompt(text, &o, &calls, NULL, 0, &t->arena, &say, err);
    if (st != TARE_OK)
        return st;
    if (say.kind == TARE_RETRY_NONE) {
        remember(l->live, t, &t->history, r, (struct tare_str){NULL, 0});
        st = t->order ? dispatch(t, &calls, err) : TARE_OK;
        finish_message(t);
    } else {
        uint64_t most = t->max_tokens ? t->max_tokens : l->live->max_tokens;
        tare_buf_reset(&t->asked); /* the last failure alone, never a growing list of them */
        t->n_tries++;
        if (say.kind == TARE_RETRY_LONGER)
            t->max_tokens = 2 * (most ? most : r->output);
        else
            remember(l->live, t, &t->asked, r, say.text);
    }
    if (!t->order) /* else its rules look back at the calls */
        tare_arena_rewind(&t->arena, mark);
    return st;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static enum tare_status open_talk(void *ctx, size_t i, const struct tare__talk_of *of,
                                  struct tare_err *err)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    t->of = *of;
    t->regime = l->regimes[of->arm];
    t->message = tare_json_first(tare_json_get(of->c->v, "messages"));
    tare_arena_init(&t->arena, NULL, TARE_GIB);
    tare_buf_init(&t->history, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->asked, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->first, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->tries, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->out, NULL, TARE_MAX_JSON_BYTES);
    if (t->regime != TARE_ARM_ORDERED)
        return TARE_OK;
    return tare_order_open(tare_json_get(tare__line_member(of->c, "policy"), "order"), &t->arena,
                           &t->order, err);
}

static void close_talk(void *ctx, size_t i)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    tare_arena_free(&t->arena);
    tare_buf_free(&t->history);
    tare_buf_free(&t->asked);
    tare_buf_free(&t->first);
    tare_buf_free(&t->tries);
    tare_buf_free(&t->out);
}

static bool put_recording(void *ctx, size_t i, struct tare_buf *jsonl)
{
    const struct lab *l = ctx;
    const struct talk *t = talk_at(l, i);
    static const char *const kept[] = {"workflow", "factor", "tools", "policy"};
    struct tare_json_writer w;
    tare_json_writer_init(&w, jsonl);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "id", tare_json_str(tare_json_get(t->of.c->v, "id")));
    tare_json_member_u64(&w, "seed", t->of.seed);
    tare_json_member_cstr(&w, "regime",
                          t->regime == TARE_ARM_STRICT ? "auto" : tare_tools_arm_name(t->regime));
    tare_json_member_str(&w, "dialect", reading_of(l, t)->dialect);
    tare__line_keep(t->of.c, kept, sizeof kept / sizeof *kept, &w);
    tare_json_put_key(&w, "messages");
    tare_json_begin_array(&w);
    tare_json_put_raw(&w, tare_buf_str(&t->out));
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(jsonl, '\n');
    return !t->out.failed && !t->history.failed && !t->tries.failed;
}

enum tare_status tare_tools_live(struct tare_str cases, const struct tare_live *live,
                                 struct tare_arena *arena, struct tare_buf *jsonl,
                                 struct tare_live_drawn *out, struct tare_err *err)
{
    struct lab l = {.live = live};
    struct tare__line *list;
    *out = (struct tare_live_drawn){0};
    enum tare_status st = tare__regimes_read(live, l.regimes, err);
    if (st == TARE_OK)
        st = tare__cases_read(cases, arena, &list, &l.n_cases, err);
    if (st != TARE_OK)
        return st;
    l.cases = list;
    l.read = TARE_NEW_N(arena, struct reading, l.n_cases);
    if (!l.read)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading cases");
    for (size_t i = 0; i < l.n_cases; i++) {
        st = read_case(&l, &list[i], &l.read[i], arena, err);
        if (st != TARE_OK)
            return tare__line_fault(list[i].line, st, err);
    }
    struct tare__talks talks = {.ctx = &l,
                                .cases = list,
                                .n_cases = l.n_cases,
                                .list = &l.talks,
                                .talk_bytes = sizeof(struct talk),
                                .open = open_talk,
                                .ask = ask,
                                .take = take,
                                .put = put_recording,
                                .close = close_talk};
    return tare__talks_play(&talks, live, arena, jsonl, out, err);
}
