#include "experiment/chat.h"

#include "base/limits.h"

#include "base/banned.h"

struct reading {
    struct tare_arena *arena;
    struct tare_json_writer w;
    struct tare_buf out, text;
    struct tare_str input; /* what the user said last */
    bool open;             /* the object of an assistant's message */
    bool results;          /* and its list of results */
    uint32_t n;            /* assistant's messages so far */
    bool apart;            /* the answer stands apart: what was said before is not measured */
};

/* Where the answer stands apart from what was asked: a response's first choice, or the reply of an
 * exchange that tare recorded. Absent: it does not. */
static struct tare_json choice_of(struct tare_json line)
{
    struct tare_json reply = tare_json_get(line, "reply");
    struct tare_json response = tare_json_get(line, "response");
    struct tare_json body = tare_json_get(response, "body");
    struct tare_json in = tare_json_present(body)       ? body
                          : tare_json_present(response) ? response
                                                        : line;
    return tare_json_present(reply) ? reply : tare_json_first(tare_json_get(in, "choices"));
}

static struct tare_json messages_of(struct tare_json line)
{
    struct tare_json own = tare_json_get(line, "messages");
    struct tare_json request = tare_json_get(line, "request");
    struct tare_json body = tare_json_get(request, "body");
    if (tare_json_present(own))
        return own;
    return tare_json_get(tare_json_present(body) ? body : request, "messages");
}

bool tare__chat_is(struct tare_json line)
{
    return tare_json_present(tare_json_get(tare_json_first(messages_of(line)), "role"));
}

void tare__chat_spell(struct tare_buf *b, struct tare_str name, struct tare_str arguments,
                      bool last, struct tare_arena *arena)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    struct tare_json_writer w;
    struct tare_json v;
    bool cut = last && tare_json_parse(arguments, NULL, arena, &v, NULL) != TARE_OK;
    tare_arena_rewind(arena, mark);
    tare_buf_puts(b, b->n ? "\n<tool_call>\n{\"name\": " : "<tool_call>\n{\"name\": ");
    tare_json_writer_init(&w, b);
    tare_json_put_str(&w, name);
    tare_buf_puts(b, ", \"arguments\": ");
    tare_buf_put(b, arguments.n || cut ? arguments : TARE_S("{}"));
    if (!cut)
        tare_buf_puts(b, "}\n</tool_call>");
}

/* Text, or the texts among its parts. */
static void put_content(struct tare_buf *b, struct tare_json content)
{
    if (tare_json_kind(content) == TARE_JSON_STRING)
        tare_buf_put(b, tare_json_str(content));
    if (tare_json_kind(content) != TARE_JSON_ARRAY)
        return;
    for (struct tare_json p = tare_json_first(content); p.doc; p = tare_json_next(p))
        tare_buf_put(b, tare_json_str(tare_json_get(p, "text")));
}

static void spell(struct reading *r, struct tare_json function, bool last)
{
    struct tare_json arguments = tare_json_get(function, "arguments");
    struct tare_buf raw;
    tare_buf_init(&raw, NULL, TARE_MAX_JSON_BYTES);
    if (tare_json_kind(arguments) == TARE_JSON_STRING)
        tare_buf_put(&raw, tare_json_str(arguments));
    else if (tare_json_present(arguments))
        tare_json_print(arguments, &raw);
    tare__chat_spell(&r->text, tare_json_str(tare_json_get(function, "name")), tare_buf_str(&raw),
                     last, r->arena);
    r->text.failed |= raw.failed;
    tare_buf_free(&raw);
}

static struct tare_json function_of(struct tare_json call)
{
    struct tare_json f = tare_json_get(call, "function");
    return tare_json_present(f) ? f : call;
}

static void close_message(struct reading *r)
{
    if (r->results)
        tare_json_end_array(&r->w);
    if (r->open)
        tare_json_end_object(&r->w);
    r->open = r->results = false;
}

static void put_assistant(struct reading *r, struct tare_json m, struct tare_json finish)
{
    struct tare_str thought = tare_json_str(tare_json_get(m, "reasoning_content"));
    if (!thought.n)
        thought = tare_json_str(tare_json_get(m, "reasoning"));
    struct tare_json expect = tare_json_get(m, "expect");
    bool cut = tare_json_str_is(finish, "length");
    close_message(r);
    tare_buf_reset(&r->text);
    if (thought.n)
        tare_buf_printf(&r->text, "<think>%.*s</think>\n\n", TARE_FMT(thought));
    put_content(&r->text, tare_json_get(m, "content"));
    for (struct tare_json c = tare_json_first(tare_json_get(m, "tool_calls")); c.doc;
         c = tare_json_next(c))
        spell(r, function_of(c), cut && !tare_json_next(c).doc);
    if (tare_json_present(tare_json_get(tare_json_get(m, "function_call"), "name")))
        spell(r, tare_json_get(m, "function_call"), cut);
    tare_json_begin_object(&r->w);
    r->open = true;
    r->n++;
    tare_json_put_key(&r->w, "text");
    tare_json_put_str(&r->w, r->text.p ? tare_buf_str(&r->text) : TARE_S(""));
    tare_json_put_key(&r->w, "input");
    tare_json_put_str(&r->w, r->input.p ? r->input : TARE_S(""));
    if (tare_json_kind(finish) == TARE_JSON_STRING) {
        tare_json_put_key(&r->w, "finish_reason");
        tare_json_put_value(&r->w, finish);
    }
    if (tare_json_present(expect)) {
        tare_json_put_key(&r->w, "expect");
        tare_json_put_value(&r->w, expect);
    }
}

/* What a tool gave back: as JSON where it is, since order rules may look into it. */
static void put_result(struct reading *r, struct tare_json m)
{
    struct tare_json v;
    if (!r->open)
        return;
    if (!r->results) {
        tare_json_put_key(&r->w, "results");
        tare_json_begin_array(&r->w);
        r->results = true;
    }
    tare_buf_reset(&r->text);
    put_content(&r->text, tare_json_get(m, "content"));
    struct tare_str text = tare_buf_str(&r->text);
    tare_json_begin_object(&r->w);
    tare_json_put_key(&r->w, "content");
    if (tare_json_parse(text, NULL, r->arena, &v, NULL) == TARE_OK)
        tare_json_put_value(&r->w, v);
    else
        tare_json_put_str(&r->w, text.p ? text : TARE_S(""));
    if (tare_json_true(tare_json_get(m, "is_error")) || tare_json_true(tare_json_get(m, "error")))
        tare_json_member_bool(&r->w, "error", true);
    tare_json_end_object(&r->w);
}

static enum tare_status put_message(struct reading *r, struct tare_json m, struct tare_err *err)
{
    struct tare_json role = tare_json_get(m, "role");
    if (tare_json_str_is(role, "assistant") && r->apart) {
        return TARE_OK;
    } else if (tare_json_str_is(role, "assistant")) {
        put_assistant(r, m, tare_json_get(m, "finish_reason"));
    } else if (tare_json_str_is(role, "tool") || tare_json_str_is(role, "function")) {
        put_result(r, m);
    } else if (tare_json_str_is(role, "user")) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
        put_content(&b, tare_json_get(m, "content"));
        r->input = tare_arena_copy(r->arena, tare_buf_str(&b));
        tare_buf_free(&b);
    } else if (!tare_json_str_is(role, "system") && !tare_json_str_is(role, "developer")) {
        tare_err_hint(err, "roles are system, developer, user, assistant and tool");
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(m),
                            "the role of a message is not known");
    }
    return TARE_OK;
}

static struct tare_json finish_of(struct tare_json choice)
{
    struct tare_json theirs = tare_json_get(choice, "finish_reason");
    return tare_json_present(theirs) ? theirs : tare_json_get(choice, "finish");
}

enum tare_status tare__chat_read(struct tare_json line, struct tare_arena *arena,
                                 struct tare_json *out, struct tare_err *err)
{
    struct tare_json choice = choice_of(line), request = tare_json_get(line, "request");
    struct reading r = {.arena = arena,
                        .apart = tare_json_present(choice) || tare_json_present(request)};
    enum tare_status st = TARE_OK;
    tare_buf_init(&r.out, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&r.text, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&r.w, &r.out);
    tare_json_begin_array(&r.w);
    for (struct tare_json m = tare_json_first(messages_of(line)); m.doc && st == TARE_OK;
         m = tare_json_next(m))
        st = put_message(&r, m, err);
    if (st == TARE_OK && tare_json_present(tare_json_get(choice, "message")))
        put_assistant(&r, tare_json_get(choice, "message"), finish_of(choice));
    if (st == TARE_OK && r.n == 0) {
        tare_err_hint(err, "take the line out: nothing was answered");
        st = tare_fail(err, TARE_E_INPUT, "the chat has no message of an assistant");
    }
    close_message(&r);
    tare_json_end_array(&r.w);
    struct tare_str text = r.out.failed || r.text.failed
                               ? (struct tare_str){NULL, 0}
                               : tare_arena_copy(arena, tare_buf_str(&r.out));
    if (st == TARE_OK && !text.p)
        st = tare_fail(err, TARE_E_NOMEM, "out of memory while reading a chat log");
    if (st == TARE_OK)
        st = tare_json_parse(text, NULL, arena, out, err);
    tare_buf_free(&r.out);
    tare_buf_free(&r.text);
    return st;
}
