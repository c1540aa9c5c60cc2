/* Episodes of tool calls drawn from a model. */
#include "experiment/live_int.h"
#include "experiment/tools.h"

#include "base/limits.h"

#include "base/banned.h"

/* One case, one seed, one regime. */
struct talk {
    const struct tare__case *c;
    enum tare_tools_arm regime;
    uint32_t seed;
    struct tare_arena arena;
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
    struct tare_str dialect, opening;
};

struct lab {
    const struct tare_live *live;
    const struct tare__case *cases;
    struct reading *read;
    size_t n_cases;
    struct talk *talks;
    size_t n;
};

static const struct reading *reading_of(const struct lab *l, const struct talk *t)
{
    return &l->read[t->c - l->cases];
}

/* ---- cases -------------------------------------------------------------------------------- */

/* What the model is told of the tools where the server is not: the dialect's own spelling. */
static struct tare_str instruction(struct tare_json tools, struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_print(tools, &b);
    struct tare_str text = tare_arena_printf(
        arena,
        "You can call these tools: %.*s\nTo call one, write exactly this, with its name and "
        "arguments as JSON:\n<tool_call>\n{\"name\": NAME, \"arguments\": {...}}\n</tool_call>",
        TARE_FMT(tare_buf_str(&b)));
    tare_buf_free(&b);
    return text;
}

static enum tare_status read_opening(const struct lab *l, const struct tare__case *c,
                                     struct reading *r, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct tare_str own = tare_json_str(tare_json_get(c->v, "system"));
    if (!own.n)
        own = tare_json_str(tare__case_member(c, "system"));
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
    struct tare_str told = instruction(tare__case_member(c, "tools"), arena);
    r->opening =
        tare_arena_printf(arena, "%.*s%s%.*s", TARE_FMT(own), own.n ? "\n\n" : "", TARE_FMT(told));
    return r->opening.p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "out of memory");
}

static enum tare_status read_case(const struct lab *l, const struct tare__case *c,
                                  struct reading *r, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json tools = tare__case_member(c, "tools");
    struct tare_json messages = tare_json_get(c->v, "messages");
    enum tare_status st = TARE_OK;
    r->dialect = tare_json_str(tare__case_member(c, "dialect"));
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
    return st == TARE_OK ? read_opening(l, c, r, arena, err) : st;
}

static enum tare_status read_regimes(const struct tare_live *live, enum tare_tools_arm *out,
                                     struct tare_err *err)
{
    for (uint32_t i = 0; i < live->n_arms; i++) {
        struct tare_str s = live->arms[i];
        out[i] = tare_str_is(s, "required") ? TARE_ARM_REQUIRED
                 : tare_str_is(s, "named")  ? TARE_ARM_NAMED
                                            : TARE_ARM_STRICT;
        if (out[i] == TARE_ARM_STRICT && !tare_str_is(s, "auto")) {
            tare_err_hint(err, "auto, required and named; masked arms are replayed from auto "
                               "(--vocab)");
            return tare_fail(err, TARE_E_USAGE, "the regime \"%.*s\" cannot be drawn", TARE_FMT(s));
        }
        if (out[i] != TARE_ARM_STRICT && !live->native) {
            tare_err_hint(err, "add --native: all regimes then go through the server's own "
                               "interface for tools");
            return tare_fail(err, TARE_E_USAGE, "only a server can force a call (%.*s)",
                             TARE_FMT(s));
        }
    }
    return TARE_OK;
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

/* The name of the tool that is expected; empty: several, or none. */
static struct tare_str expected_name(struct tare_json message)
{
    struct tare_json expect = tare_json_get(message, "expect");
    return tare_json_count(expect) == 1
               ? tare_json_str(tare_json_get(tare_json_first(expect), "name"))
               : (struct tare_str){NULL, 0};
}

static void put_native(struct tare_json_writer *w, const struct talk *t)
{
    struct tare_json tools = tare__case_member(t->c, "tools");
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    for (struct tare_json v = tare_json_first(tools); v.doc; v = tare_json_next(v)) {
        struct tare_json f = tare_json_get(v, "function");
        f = tare_json_present(f) ? f : v;
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", tare_json_str(tare_json_get(f, "name")));
        if (tare_json_kind(tare_json_get(f, "description")) == TARE_JSON_STRING)
            tare_json_member_str(w, "description", tare_json_str(tare_json_get(f, "description")));
        if (tare_json_present(tare_json_get(f, "parameters"))) {
            tare_json_put_key(w, "parameters");
            tare_json_put_value(w, tare_json_get(f, "parameters"));
        }
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    bool wanted = tare_json_count(tare_json_get(t->message, "expect")) > 0;
    struct tare_str name = expected_name(t->message);
    if (!wanted || t->regime == TARE_ARM_STRICT)
        return;
    tare_json_put_key(w, "tool_choice");
    if (t->regime == TARE_ARM_NAMED && name.n) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", name);
        tare_json_end_object(w);
    } else {
        tare_json_put_cstr(w, "required");
    }
}

static bool ask(void *ctx, size_t i, struct tare_buf *body)
{
    const struct lab *l = ctx;
    struct talk *t = &l->talks[i];
    struct tare_json_writer w;
    struct tare_json input = tare_json_get(t->message, "input");
    if (!tare_json_present(t->message))
        return false;
    if (!t->begun && tare_json_kind(input) == TARE_JSON_STRING)
        add_said(&t->history, "user", tare_json_str(input));
    t->begun = true;
    struct tare_str opening = reading_of(l, t)->opening;
    tare_json_writer_init(&w, body);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.request/1");
    tare_json_put_key(&w, "messages");
    tare_json_begin_array(&w);
    if (opening.n)
        tare__live_say(&w, "system", opening);
    if (t->history.n)
        tare_json_put_raw(&w, tare_buf_str(&t->history));
    if (t->asked.n)
        tare_json_put_raw(&w, tare_buf_str(&t->asked));
    tare_json_end_array(&w);
    if (l->live->native)
        put_native(&w, t);
    tare__live_settings(&w, l->live, t->max_tokens, (uint64_t)t->seed * 100 + t->n_tries);
    tare_json_end_object(&w);
    return true;
}

/* ---- what came back ----------------------------------------------------------------------- */

/* The raw text; calls of the server's interface are spelled as hermes would. */
static struct tare_str text_of(const struct tare_live *live, const struct tare_model_reply *r,
                               struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_put(&b, r->content);
    for (uint32_t i = 0; live->native && i < r->n_calls; i++) {
        const struct tare_reply_call *c = &r->calls[i];
        struct tare_json_writer w;
        tare_buf_puts(&b, b.n ? "\n<tool_call>\n{\"name\": " : "<tool_call>\n{\"name\": ");
        tare_json_writer_init(&w, &b);
        tare_json_put_str(&w, c->name);
        tare_buf_puts(&b, ", \"arguments\": ");
        tare_buf_put(&b, c->arguments.n ? c->arguments : TARE_S("{}"));
        tare_buf_puts(&b, "}\n</tool_call>");
    }
    struct tare_str s =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

/* A text as recorded. */
static void put_text(struct tare_buf *to, struct tare_str text, const struct tare_model_reply *r)
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
    if (!r->from_cache)
        tare_json_member_u64(&w, "ms", r->ms > 0 ? (uint64_t)r->ms : 0);
    tare_json_end_object(&w);
}

/* The assistant's turn and what its calls gave, for what comes after; `says` in place of results:
 * what is said of a failing one. */
static void remember(const struct tare_live *live, struct talk *t, struct tare_buf *to,
                     const struct tare_model_reply *r, struct tare_str text, struct tare_str says)
{
    struct tare_json result = tare_json_first(tare_json_get(t->message, "results"));
    struct tare_json_writer w;
    uint32_t n = live->native ? r->n_calls : 0;
    if (n == 0)
        add_said(to, "assistant", text);
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

static enum tare_status take(void *ctx, size_t i, const struct tare_model_reply *r,
                             struct tare_err *err)
{
    const struct lab *l = ctx;
    struct talk *t = &l->talks[i];
    const struct reading *rd = reading_of(l, t);
    struct tare_arena_mark mark = tare_arena_mark(&t->arena);
    struct tare_str text = text_of(l->live, r, &t->arena);
    struct tare_calls_opts o = {.dialect = rd->dialect,
                                .tools = rd->tools,
                                .n_tools = rd->n_tools,
                                .strict = true,
                                .length = r->finish == TARE_FINISH_LENGTH};
    struct tare_calls calls;
    struct tare_retry_prompt say = {.kind = TARE_RETRY_NONE};
    if (!text.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a reply");
    put_text(t->n_tries ? &t->tries : &t->first, text, r);
    enum tare_status st = tare_calls_parse(text, &o, &t->arena, &calls, err);
    if (st == TARE_OK && t->n_tries < l->live->retries && (calls.n_errors || calls.n_findings))
        st = tare_retry_prompt(text, &o, &calls, NULL, 0, &t->arena, &say, err);
    if (st != TARE_OK)
        return st;
    if (say.kind == TARE_RETRY_NONE) {
        remember(l->live, t, &t->history, r, text, (struct tare_str){NULL, 0});
        finish_message(t);
    } else {
        uint64_t most = t->max_tokens ? t->max_tokens : l->live->max_tokens;
        tare_buf_reset(&t->asked); /* the last failure alone, never a growing list of them */
        t->n_tries++;
        if (say.kind == TARE_RETRY_LONGER)
            t->max_tokens = 2 * (most ? most : r->output);
        else
            remember(l->live, t, &t->asked, r, text, say.text);
    }
    tare_arena_rewind(&t->arena, mark);
    return TARE_OK;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void open_talk(struct talk *t)
{
    tare_arena_init(&t->arena, NULL, TARE_GIB);
    tare_buf_init(&t->history, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->asked, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->first, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->tries, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->out, NULL, TARE_MAX_JSON_BYTES);
}

static void close_talk(void *ctx, size_t i)
{
    const struct lab *l = ctx;
    struct talk *t = &l->talks[i];
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
    const struct talk *t = &l->talks[i];
    static const char *const kept[] = {"workflow", "tools", "policy"};
    struct tare_json_writer w;
    tare_json_writer_init(&w, jsonl);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "id", tare_json_str(tare_json_get(t->c->v, "id")));
    tare_json_member_u64(&w, "seed", t->seed);
    tare_json_member_cstr(&w, "regime",
                          t->regime == TARE_ARM_STRICT ? "auto" : tare_tools_arm_name(t->regime));
    tare_json_member_str(&w, "dialect", reading_of(l, t)->dialect);
    tare__case_keep(t->c, kept, sizeof kept / sizeof *kept, &w);
    tare_json_put_key(&w, "messages");
    tare_json_begin_array(&w);
    tare_json_put_raw(&w, tare_buf_str(&t->out));
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(jsonl, '\n');
    return !t->out.failed && !t->history.failed && !t->tries.failed;
}

static enum tare_status make_talks(struct lab *l, const enum tare_tools_arm *regimes,
                                   struct tare_arena *arena, struct tare_err *err)
{
    l->n = l->n_cases * l->live->seeds * l->live->n_arms;
    l->talks = TARE_NEW_N(arena, struct talk, l->n + 1);
    if (!l->talks)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while making talks");
    for (size_t i = 0; i < l->n; i++) {
        struct talk *t = &l->talks[i];
        size_t c;
        uint32_t arm;
        tare__talk_place(l->live, i, &c, &t->seed, &arm);
        t->c = &l->cases[c];
        t->regime = regimes[arm];
        t->message = tare_json_first(tare_json_get(t->c->v, "messages"));
        open_talk(t);
    }
    return TARE_OK;
}

enum tare_status tare_tools_live(struct tare_str cases, const struct tare_live *live,
                                 struct tare_arena *arena, struct tare_buf *jsonl,
                                 struct tare_live_drawn *out, struct tare_err *err)
{
    struct lab l = {.live = live};
    struct tare__case *list;
    enum tare_tools_arm regimes[TARE_LIVE_ARMS];
    *out = (struct tare_live_drawn){0};
    enum tare_status st = read_regimes(live, regimes, err);
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
            return tare__case_fault(&list[i], st, err);
    }
    st = make_talks(&l, regimes, arena, err);
    struct tare__talks talks = {
        .ctx = &l, .n = l.n, .ask = ask, .take = take, .put = put_recording, .close = close_talk};
    return st == TARE_OK ? tare__talks_play(&talks, live, arena, jsonl, out, err) : st;
}
