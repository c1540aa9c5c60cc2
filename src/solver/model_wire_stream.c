/* Streams of both wires, gathered into the body the server would have sent whole. One reader of
 * answers then serves both ways. */
#include <stdlib.h>

#include "solver/model_wire_int.h"

#include "base/limits.h"

#include "base/banned.h"

void tare_wire_stream_init(struct tare_wire_stream *s, const struct tare_endpoint *e,
                           const struct tare_alc *alc)
{
    struct tare_buf *const all[] = {&s->content, &s->reasoning, &s->refusal, &s->logprobs,
                                    &s->meta,    &s->usage,     &s->finish,  &s->fault};
    *s = (struct tare_wire_stream){.endpoint = e};
    tare_sse_init(&s->sse, alc);
    tare_arena_init(&s->scratch, alc, 32 * TARE_MIB);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tare_buf_init(all[i], alc, TARE_MAX_JSON_STRING_BYTES);
}

void tare_wire_stream_free(struct tare_wire_stream *s)
{
    struct tare_buf *const all[] = {&s->content, &s->reasoning, &s->refusal, &s->logprobs,
                                    &s->meta,    &s->usage,     &s->finish,  &s->fault};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tare_buf_free(all[i]);
    for (uint32_t i = 0; i < s->n_calls; i++) {
        tare_buf_free(&s->calls[i].id);
        tare_buf_free(&s->calls[i].name);
        tare_buf_free(&s->calls[i].arguments);
    }
    free(s->calls);
    tare_sse_free(&s->sse);
    tare_arena_free(&s->scratch);
}

static struct tare_wire_call *call_at(struct tare_wire_stream *s, int64_t index)
{
    for (uint32_t i = 0; i < s->n_calls; i++)
        if (s->calls[i].index == index)
            return &s->calls[i];
    if (s->n_calls == s->cap_calls) {
        uint32_t cap = s->cap_calls ? 2 * s->cap_calls : 4;
        struct tare_wire_call *more =
            cap > TARE_MAX_REPLY_CALLS + 4 ? NULL : realloc(s->calls, cap * sizeof *more);
        if (!more) {
            s->too_large = true;
            return NULL;
        }
        s->calls = more;
        s->cap_calls = cap;
    }
    struct tare_wire_call *c = &s->calls[s->n_calls++];
    c->index = index;
    tare_buf_init(&c->id, NULL, 64 * TARE_KIB);
    tare_buf_init(&c->name, NULL, 64 * TARE_KIB);
    tare_buf_init(&c->arguments, NULL, TARE_MAX_JSON_STRING_BYTES);
    return c;
}

/* Appends a piece of text; remembers that there was some. */
static bool add(struct tare_wire_stream *s, struct tare_buf *to, struct tare_json piece)
{
    struct tare_str text = tare_json_str(piece);
    if (tare_json_kind(piece) != TARE_JSON_STRING)
        return false;
    tare_buf_put(to, text);
    s->has_text = s->has_text || text.n > 0;
    return true;
}

static void replace(struct tare_buf *to, struct tare_json v)
{
    if (!tare_json_present(v) || tare_json_kind(v) == TARE_JSON_NULL)
        return;
    tare_buf_reset(to);
    tare_json_print(v, to);
}

/* "id", "model" …: the first that is said. */
static void keep_meta(struct tare_wire_stream *s, struct tare_json root, const char *const *keys)
{
    if (s->meta.n)
        return;
    for (; *keys; keys++) {
        struct tare_json v = tare_json_get(root, *keys);
        if (tare_json_kind(v) != TARE_JSON_STRING)
            continue;
        tare_buf_printf(&s->meta, "\"%s\":", *keys);
        tare_json_print(v, &s->meta);
        tare_buf_putc(&s->meta, ',');
    }
}

/* ---- chat and completions ------------------------------------------------------------------ */

static void chat_calls(struct tare_wire_stream *s, struct tare_json list)
{
    int64_t next = 0;
    for (struct tare_json c = tare_json_first(list); tare_json_present(c); c = tare_json_next(c)) {
        struct tare_json f = tare_json_get(c, "function"), raw = tare_json_get(f, "arguments");
        int64_t index = next;
        (void)tare_json_i64(tare_json_get(c, "index"), &index);
        next = index + 1;
        struct tare_wire_call *call = call_at(s, index);
        if (!call)
            return;
        if (!call->id.n)
            (void)add(s, &call->id, tare_json_get(c, "id"));
        (void)add(s, &call->name, tare_json_get(f, "name"));
        if (!add(s, &call->arguments, raw) && tare_json_kind(raw) == TARE_JSON_OBJECT)
            tare_json_print(raw, &call->arguments);
    }
}

static void chat_choice(struct tare_wire_stream *s, struct tare_json choice)
{
    struct tare_json delta = tare_json_get(choice, "delta");
    struct tare_json thought = tare_json_get(delta, "reasoning_content");
    struct tare_json tokens = tare_json_get(tare_json_get(choice, "logprobs"), "content");
    int64_t index = 0;
    (void)tare_json_i64(tare_json_get(choice, "index"), &index);
    if (index != 0)
        return;
    if (tare_json_kind(thought) != TARE_JSON_STRING)
        thought = tare_json_get(delta, "reasoning");
    s->has_content = add(s, &s->content, tare_json_get(delta, "content")) || s->has_content;
    s->has_content = add(s, &s->content, tare_json_get(choice, "text")) || s->has_content;
    (void)add(s, &s->reasoning, thought);
    (void)add(s, &s->refusal, tare_json_get(delta, "refusal"));
    chat_calls(s, tare_json_get(delta, "tool_calls"));
    for (struct tare_json t = tare_json_first(tokens); tare_json_present(t);
         t = tare_json_next(t)) {
        if (s->logprobs.n)
            tare_buf_putc(&s->logprobs, ',');
        tare_json_print(t, &s->logprobs);
    }
    replace(&s->finish, tare_json_get(choice, "finish_reason"));
}

static void chat_event(struct tare_wire_stream *s, struct tare_json root)
{
    static const char *const keys[] = {"id", "model", "system_fingerprint", NULL};
    struct tare_json choices = tare_json_get(root, "choices");
    keep_meta(s, root, keys);
    for (struct tare_json c = tare_json_first(choices); tare_json_present(c); c = tare_json_next(c))
        chat_choice(s, c);
    replace(&s->usage, tare_json_get(root, "usage"));
}

/* ---- messages ------------------------------------------------------------------------------ */

static void block_begins(struct tare_wire_stream *s, int64_t index, struct tare_json block)
{
    if (tare_json_str_is(tare_json_get(block, "type"), "text")) {
        s->has_content = true;
        (void)add(s, &s->content, tare_json_get(block, "text"));
    } else if (tare_json_str_is(tare_json_get(block, "type"), "tool_use")) {
        struct tare_wire_call *call = call_at(s, index);
        if (!call)
            return;
        (void)add(s, &call->id, tare_json_get(block, "id"));
        (void)add(s, &call->name, tare_json_get(block, "name"));
    }
}

static void block_goes_on(struct tare_wire_stream *s, int64_t index, struct tare_json delta)
{
    (void)add(s, &s->content, tare_json_get(delta, "text"));
    (void)add(s, &s->reasoning, tare_json_get(delta, "thinking"));
    struct tare_json piece = tare_json_get(delta, "partial_json");
    struct tare_wire_call *call =
        tare_json_kind(piece) == TARE_JSON_STRING ? call_at(s, index) : NULL;
    if (call)
        (void)add(s, &call->arguments, piece);
}

static const char *const counted[TARE_WIRE_COUNTED] = {
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"};

/* Counts come in two parts: of the input at the start, of the output at the end; the last stands.
 */
static void messages_usage(struct tare_wire_stream *s, struct tare_json usage)
{
    for (int i = 0; i < TARE_WIRE_COUNTED; i++) {
        uint64_t n;
        if (!tare__wire_count(tare_json_get(usage, counted[i]), &n))
            continue;
        s->counts[i] = n;
        s->has_count[i] = true;
    }
}

static void messages_event(struct tare_wire_stream *s, struct tare_json root)
{
    static const char *const keys[] = {"id", "model", NULL};
    struct tare_json type = tare_json_get(root, "type");
    int64_t index = 0;
    (void)tare_json_i64(tare_json_get(root, "index"), &index);
    if (tare_json_str_is(type, "message_start")) {
        keep_meta(s, tare_json_get(root, "message"), keys);
        messages_usage(s, tare_json_get(tare_json_get(root, "message"), "usage"));
    } else if (tare_json_str_is(type, "content_block_start")) {
        block_begins(s, index, tare_json_get(root, "content_block"));
    } else if (tare_json_str_is(type, "content_block_delta")) {
        block_goes_on(s, index, tare_json_get(root, "delta"));
    } else if (tare_json_str_is(type, "message_delta")) {
        replace(&s->finish, tare_json_get(tare_json_get(root, "delta"), "stop_reason"));
        messages_usage(s, tare_json_get(root, "usage"));
    } else if (tare_json_str_is(type, "message_stop")) {
        s->ended = true;
    }
}

/* ---- both ---------------------------------------------------------------------------------- */

static bool on_event(void *to, struct tare_str name, struct tare_str data)
{
    struct tare_wire_stream *s = to;
    struct tare_json root;
    (void)name;
    if (s->ended)
        return false; /* what comes after the end does not count */
    s->any = true;
    if (tare_str_is(tare_str_trim(data), "[DONE]")) {
        s->ended = true;
        return false;
    }
    tare_arena_reset(&s->scratch);
    if (tare_json_parse(data, &tare_wire_policy, &s->scratch, &root, NULL) != TARE_OK) {
        s->bad_json = true;
        return false;
    }
    if (tare__wire_is_error(root)) {
        tare_buf_reset(&s->fault);
        tare_json_print(root, &s->fault);
        s->ended = true;
        return false;
    }
    if (s->endpoint->wire == TARE_WIRE_MESSAGES)
        messages_event(s, root);
    else
        chat_event(s, root);
    return true;
}

void tare_wire_stream_feed(struct tare_wire_stream *s, struct tare_str bytes)
{
    struct tare_err err = {0};
    if (s->ended || s->bad_json || s->too_large)
        return;
    if (tare_sse_feed(&s->sse, bytes, on_event, s, &err) != TARE_OK)
        s->too_large = true;
}

static bool full(const struct tare_wire_stream *s)
{
    bool failed = s->content.failed || s->reasoning.failed || s->refusal.failed ||
                  s->logprobs.failed || s->meta.failed || s->usage.failed || s->finish.failed;
    for (uint32_t i = 0; i < s->n_calls; i++)
        failed = failed || s->calls[i].id.failed || s->calls[i].name.failed ||
                 s->calls[i].arguments.failed;
    return failed;
}

static void put_calls(struct tare_wire_stream *s, struct tare_json_writer *w)
{
    tare_json_put_key(w, "tool_calls");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_calls; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "id", tare_buf_str(&s->calls[i].id));
        tare_json_put_key(w, "function");
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", tare_buf_str(&s->calls[i].name));
        tare_json_put_key(w, "arguments");
        tare_json_put_str(w, tare_buf_str(&s->calls[i].arguments));
        tare_json_end_object(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_chat(struct tare_wire_stream *s, bool prompt, struct tare_json_writer *w)
{
    tare_json_put_key(w, "choices");
    tare_json_begin_array(w);
    tare_json_begin_object(w);
    tare_json_member_u64(w, "index", 0);
    if (prompt) {
        tare_json_put_key(w, "text");
        tare_json_put_str(w, tare_buf_str(&s->content));
    } else {
        tare_json_put_key(w, "message");
        tare_json_begin_object(w);
        tare_json_put_key(w, "content");
        if (s->has_content)
            tare_json_put_str(w, tare_buf_str(&s->content));
        else
            tare_json_put_null(w);
        tare_json_member_str(w, "reasoning_content", tare_buf_str(&s->reasoning));
        tare_json_member_str(w, "refusal", tare_buf_str(&s->refusal));
        put_calls(s, w);
        tare_json_end_object(w);
    }
    if (s->finish.n) {
        tare_json_put_key(w, "finish_reason");
        tare_json_put_raw(w, tare_buf_str(&s->finish));
    }
    if (s->logprobs.n) {
        tare_json_put_key(w, "logprobs");
        tare_json_put_raw(w, TARE_S("{\"content\":["));
        tare_buf_put(w->out, tare_buf_str(&s->logprobs));
        tare_buf_puts(w->out, "]}");
    }
    tare_json_end_object(w);
    tare_json_end_array(w);
}

static void put_block_text(struct tare_json_writer *w, const char *type, const char *key,
                           struct tare_str text)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", type);
    tare_json_put_key(w, key);
    tare_json_put_str(w, text);
    tare_json_end_object(w);
}

/* Arguments that are no JSON object stay a string: the reader keeps them raw. */
static void put_messages(struct tare_wire_stream *s, struct tare_json_writer *w)
{
    tare_json_put_key(w, "content");
    tare_json_begin_array(w);
    if (s->reasoning.n)
        put_block_text(w, "thinking", "thinking", tare_buf_str(&s->reasoning));
    if (s->has_content)
        put_block_text(w, "text", "text", tare_buf_str(&s->content));
    for (uint32_t i = 0; i < s->n_calls; i++) {
        struct tare_str raw = tare_buf_str(&s->calls[i].arguments);
        struct tare_json input;
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "tool_use");
        tare_json_member_str(w, "id", tare_buf_str(&s->calls[i].id));
        tare_json_member_str(w, "name", tare_buf_str(&s->calls[i].name));
        tare_json_put_key(w, "input");
        tare_arena_reset(&s->scratch);
        if (raw.n == 0)
            tare_json_put_raw(w, TARE_S("{}"));
        else if (tare_json_parse(raw, &tare_wire_policy, &s->scratch, &input, NULL) == TARE_OK)
            tare_json_put_value(w, input);
        else
            tare_json_put_str(w, raw);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_put_key(w, "stop_reason");
    tare_json_put_raw(w, s->finish.n ? tare_buf_str(&s->finish) : TARE_S("null"));
}

static void put_body(struct tare_wire_stream *s, bool prompt, struct tare_buf *body)
{
    struct tare_json_writer w;
    bool messages = s->endpoint->wire == TARE_WIRE_MESSAGES;
    tare_json_writer_init(&w, body);
    tare_json_begin_object(&w);
    if (messages)
        put_messages(s, &w);
    else
        put_chat(s, prompt, &w);
    tare_json_put_key(&w, "usage");
    if (messages) {
        tare_json_begin_object(&w);
        for (int i = 0; i < TARE_WIRE_COUNTED; i++)
            if (s->has_count[i])
                tare_json_member_u64(&w, counted[i], s->counts[i]);
        tare_json_end_object(&w);
    } else {
        tare_json_put_raw(&w, s->usage.n ? tare_buf_str(&s->usage) : TARE_S("null"));
    }
    if (s->meta.n) {
        tare_buf_putc(body, ',');
        tare_buf_put(body, tare_str_n(s->meta.p, s->meta.n - 1)); /* without its last comma */
    }
    tare_json_end_object(&w);
}

void tare_wire_stream_end(struct tare_wire_stream *s, struct tare_json request,
                          struct tare_arena *arena, struct tare_model_reply *out)
{
    *out = (struct tare_model_reply){.ttft_ms = -1};
    if (s->too_large || full(s)) {
        tare__wire_fail(out, TARE_REPLY_TOO_LARGE, "the stream is larger than is read");
    } else if (s->fault.n) {
        struct tare_str fault = tare_arena_copy(arena, tare_buf_str(&s->fault));
        tare_wire_read_error(200, fault, arena, out);
    } else if (s->bad_json) {
        tare__wire_fail(out, TARE_REPLY_BAD_JSON, "an event of the stream is no JSON");
    } else if (!s->any) {
        tare__wire_fail(out, TARE_REPLY_CUT, "the stream has no event");
    } else if (!s->ended && !s->finish.n) {
        tare__wire_fail(out, TARE_REPLY_CUT, "the stream ended before the answer did");
    } else {
        struct tare_buf body;
        tare_buf_init(&body, NULL, TARE_MAX_JSON_BYTES);
        put_body(s, tare_json_present(tare_json_get(request, "prompt")), &body);
        struct tare_str text = tare_arena_copy(arena, tare_buf_str(&body));
        if (body.failed || !text.p)
            tare__wire_fail(out, TARE_REPLY_TOO_LARGE, "the stream is larger than is read");
        else
            tare_wire_read(s->endpoint, request, text, arena, out);
        tare_buf_free(&body);
    }
}
