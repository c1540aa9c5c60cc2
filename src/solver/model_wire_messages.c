/* Anthropic's messages: system apart, blocks of content, tools with input_schema, no schema for an
 * answer (a tool that must be called stands in for it). */
#include "solver/model_wire_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define DEFAULT_MAX_TOKENS 4096 /* the wire demands a number */

bool tare__wire_schema_tool(const struct tare_endpoint *e, struct tare_json request,
                            struct tare_str *name)
{
    struct tare_json form = tare_json_get(request, "response_format");
    *name = tare_json_str(tare_json_get(form, "name"));
    if (!name->n)
        *name = TARE_S("answer");
    return e->wire == TARE_WIRE_MESSAGES &&
           tare_json_str_is(tare_json_get(form, "type"), "json_schema") &&
           tare_json_count(tare_json_get(request, "tools")) == 0;
}

static void copy(struct tare_json_writer *w, const char *key, struct tare_json v)
{
    if (!tare_json_present(v))
        return;
    tare_json_put_key(w, key);
    tare_json_put_value(w, v);
}

static void put_text_block(struct tare_json_writer *w, struct tare_str text)
{
    if (!text.n) /* an empty block is refused */
        return;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "text");
    tare_json_member_str(w, "text", text);
    tare_json_end_object(w);
}

static void put_image_block(struct tare_json_writer *w, struct tare_json part)
{
    bool data = tare_json_present(tare_json_get(part, "data"));
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "image");
    tare_json_put_key(w, "source");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", data ? "base64" : "url");
    if (data)
        copy(w, "media_type", tare_json_get(part, "mime"));
    copy(w, data ? "data" : "url", tare_json_get(part, data ? "data" : "url"));
    tare_json_end_object(w);
    tare_json_end_object(w);
}

static void put_blocks(struct tare_json_writer *w, struct tare_json content)
{
    if (tare_json_kind(content) == TARE_JSON_STRING) {
        put_text_block(w, tare_json_str(content));
        return;
    }
    for (struct tare_json p = tare_json_first(content); tare_json_present(p); p = tare_json_next(p))
        if (tare_json_str_is(tare_json_get(p, "type"), "image"))
            put_image_block(w, p);
        else
            put_text_block(w, tare_json_str(tare_json_get(p, "text")));
}

/* The input of a call is an object on this wire. Text that is none is passed in a member. */
static void put_call_block(struct tare_json_writer *w, struct tare_json call)
{
    struct tare_str raw = tare_json_str(tare_json_get(call, "arguments"));
    struct tare_arena scratch;
    struct tare_json input;
    tare_arena_init(&scratch, NULL, TARE_ARENA_ATTEMPT_BYTES);
    bool object = tare_json_parse(raw, &tare_json_strict, &scratch, &input, NULL) == TARE_OK &&
                  tare_json_kind(input) == TARE_JSON_OBJECT;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "tool_use");
    copy(w, "id", tare_json_get(call, "id"));
    copy(w, "name", tare_json_get(call, "name"));
    tare_json_put_key(w, "input");
    if (object) {
        tare_json_put_value(w, input);
    } else {
        tare_json_begin_object(w);
        tare_json_put_key(w, "unparsed");
        tare_json_put_str(w, raw);
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
    tare_arena_free(&scratch);
}

static void put_result_block(struct tare_json_writer *w, struct tare_json message)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "tool_result");
    copy(w, "tool_use_id", tare_json_get(message, "tool_call_id"));
    tare_json_put_key(w, "content");
    tare_json_begin_array(w);
    put_blocks(w, tare_json_get(message, "content"));
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static bool role_is(struct tare_json message, const char *role)
{
    return tare_json_str_is(tare_json_get(message, "role"), role);
}

static bool is_system(struct tare_json m)
{
    return role_is(m, "system") || role_is(m, "developer");
}

/* System messages become one text; others keep their order, neighbours of one side join. */
static void put_messages(struct tare_json_writer *w, struct tare_json messages)
{
    int side = 0; /* 1: user, 2: assistant */
    tare_json_put_key(w, "messages");
    tare_json_begin_array(w);
    for (struct tare_json m = tare_json_first(messages); tare_json_present(m);
         m = tare_json_next(m)) {
        int own = role_is(m, "assistant") ? 2 : 1;
        struct tare_json calls = tare_json_get(m, "tool_calls");
        if (is_system(m))
            continue;
        if (side && side != own) {
            tare_json_end_array(w);
            tare_json_end_object(w);
        }
        if (side != own) {
            tare_json_begin_object(w);
            tare_json_member_cstr(w, "role", own == 2 ? "assistant" : "user");
            tare_json_put_key(w, "content");
            tare_json_begin_array(w);
        }
        side = own;
        if (role_is(m, "tool"))
            put_result_block(w, m);
        else
            put_blocks(w, tare_json_get(m, "content"));
        for (struct tare_json c = tare_json_first(calls); tare_json_present(c);
             c = tare_json_next(c))
            put_call_block(w, c);
    }
    if (side) {
        tare_json_end_array(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_system(struct tare_json_writer *w, struct tare_json messages)
{
    bool any = false;
    for (struct tare_json m = tare_json_first(messages); tare_json_present(m);
         m = tare_json_next(m)) {
        if (!is_system(m))
            continue;
        if (!any) {
            tare_json_put_key(w, "system");
            tare_json_begin_array(w);
        }
        any = true;
        put_blocks(w, tare_json_get(m, "content"));
    }
    if (any)
        tare_json_end_array(w);
}

static void put_choice(struct tare_json_writer *w, const char *type, struct tare_str name)
{
    tare_json_put_key(w, "tool_choice");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", type);
    if (name.n)
        tare_json_member_str(w, "name", name);
    tare_json_end_object(w);
}

static void put_tools(struct tare_json_writer *w, struct tare_json request)
{
    static const struct tare_str none = {NULL, 0};
    struct tare_json tools = tare_json_get(request, "tools");
    struct tare_json choice = tare_json_get(request, "tool_choice");
    if (tare_json_count(tools) == 0)
        return;
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    for (struct tare_json t = tare_json_first(tools); tare_json_present(t); t = tare_json_next(t)) {
        tare_json_begin_object(w);
        copy(w, "name", tare_json_get(t, "name"));
        copy(w, "description", tare_json_get(t, "description"));
        copy(w, "input_schema", tare_json_get(t, "parameters"));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    if (tare_json_kind(choice) == TARE_JSON_OBJECT)
        put_choice(w, "tool", tare_json_str(tare_json_get(choice, "name")));
    else if (tare_json_str_is(choice, "required"))
        put_choice(w, "any", none);
    else if (tare_json_str_is(choice, "none") || tare_json_str_is(choice, "auto"))
        put_choice(w, tare_json_str_is(choice, "none") ? "none" : "auto", none);
}

static void put_schema_tool(struct tare_json_writer *w, struct tare_json request,
                            struct tare_str name)
{
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    tare_json_begin_object(w);
    tare_json_member_str(w, "name", name);
    tare_json_member_cstr(w, "description", "Give the answer in this form.");
    copy(w, "input_schema", tare_json_get(tare_json_get(request, "response_format"), "schema"));
    tare_json_end_object(w);
    tare_json_end_array(w);
    put_choice(w, "tool", name);
}

bool tare__wire_messages_body(const struct tare_endpoint *e, struct tare_json request, bool stream,
                              struct tare_json_writer *w, struct tare_err *err)
{
    struct tare_json messages = tare_json_get(request, "messages");
    struct tare_json most = tare__wire_setting(e, request, "max_tokens");
    struct tare_str tool;
    if (tare_json_kind(messages) != TARE_JSON_ARRAY) {
        (void)tare_fail(err, TARE_E_INPUT, "the messages API takes no plain prompt");
        return false;
    }
    if (tare_json_true(tare_json_get(request, "logprobs"))) {
        (void)tare_fail(err, TARE_E_INPUT, "the messages API gives no log-probabilities");
        return false;
    }
    tare_json_begin_object(w);
    tare_json_member_str(w, "model", e->model);
    put_system(w, messages);
    put_messages(w, messages);
    if (tare__wire_schema_tool(e, request, &tool))
        put_schema_tool(w, request, tool);
    else
        put_tools(w, request);
    tare_json_put_key(w, "max_tokens");
    if (tare_json_present(most))
        tare_json_put_value(w, most);
    else
        tare_json_put_i64(w, DEFAULT_MAX_TOKENS);
    copy(w, "temperature", tare__wire_setting(e, request, "temperature"));
    copy(w, "top_p", tare__wire_setting(e, request, "top_p"));
    copy(w, "stop_sequences", tare__wire_setting(e, request, "stop"));
    if (stream)
        tare_json_member_bool(w, "stream", true);
    tare__wire_extra(e, request, w);
    tare_json_end_object(w);
    if (w->out->failed)
        (void)tare_fail(err, TARE_E_NOMEM, "the request is too large");
    return !w->out->failed;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static enum tare_finish finish_of(struct tare_json raw)
{
    static const struct {
        const char *raw;
        enum tare_finish finish;
    } table[] = {
        {"end_turn", TARE_FINISH_STOP},       {"stop_sequence", TARE_FINISH_STOP},
        {"max_tokens", TARE_FINISH_LENGTH},   {"model_context_window_exceeded", TARE_FINISH_LENGTH},
        {"tool_use", TARE_FINISH_TOOL_CALLS}, {"refusal", TARE_FINISH_REFUSAL},
    };
    if (tare_json_kind(raw) != TARE_JSON_STRING)
        return TARE_FINISH_NONE;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (tare_json_str_is(raw, table[i].raw))
            return table[i].finish;
    return TARE_FINISH_OTHER;
}

struct blocks {
    struct tare_buf text, thought;
    struct tare_reply_call *calls;
    uint32_t n;
    bool has_text, has_thought;
    struct tare_str schema_tool;
};

static bool take_block(struct blocks *b, struct tare_json block, struct tare_arena *arena)
{
    struct tare_json type = tare_json_get(block, "type");
    if (tare_json_str_is(type, "text")) {
        b->has_text = true;
        tare_buf_put(&b->text, tare_json_str(tare_json_get(block, "text")));
    } else if (tare_json_str_is(type, "thinking")) {
        b->has_thought = true;
        tare_buf_put(&b->thought, tare_json_str(tare_json_get(block, "thinking")));
    } else if (tare_json_str_is(type, "tool_use")) {
        struct tare_json name = tare_json_get(block, "name");
        struct tare_buf raw;
        tare_buf_init(&raw, NULL, TARE_MAX_JSON_STRING_BYTES);
        struct tare_json input = tare_json_get(block, "input");
        if (tare_json_kind(input) == TARE_JSON_STRING)
            tare_buf_put(&raw, tare_json_str(input)); /* a stream's, when it is no JSON */
        else
            tare_json_print(input, &raw);
        if (b->schema_tool.n && tare_str_eq(tare_json_str(name), b->schema_tool)) {
            b->has_text = true;
            tare_buf_put(&b->text, tare_buf_str(&raw));
        } else if (b->n < TARE_MAX_REPLY_CALLS) {
            struct tare_str id = tare__wire_text(tare_json_get(block, "id"));
            if (!id.n)
                id = tare_arena_printf(arena, "call_%u", b->n + 1);
            b->calls[b->n++] = (struct tare_reply_call){id, tare__wire_text(name),
                                                        tare_arena_copy(arena, tare_buf_str(&raw))};
        }
        bool good = !raw.failed;
        tare_buf_free(&raw);
        return good;
    }
    return true;
}

static void take_usage(struct tare_json usage, struct tare_model_reply *out)
{
    uint64_t made = 0, cached = 0;
    out->has_usage = tare__wire_count(tare_json_get(usage, "input_tokens"), &out->input) &&
                     tare__wire_count(tare_json_get(usage, "output_tokens"), &out->output);
    if (!out->has_usage)
        return;
    (void)tare__wire_count(tare_json_get(usage, "cache_read_input_tokens"), &cached);
    (void)tare__wire_count(tare_json_get(usage, "cache_creation_input_tokens"), &made);
    out->cached = cached;
    out->input += cached + made; /* the wire counts them apart */
}

void tare__wire_read_messages(const struct tare_endpoint *e, struct tare_json request,
                              struct tare_json root, struct tare_arena *arena,
                              struct tare_model_reply *out)
{
    struct tare_json content = tare_json_get(root, "content");
    struct blocks b = {0};
    bool good = tare_json_kind(content) == TARE_JSON_ARRAY;
    if (!good) {
        tare__wire_fail(out, TARE_REPLY_BAD_JSON, "the answer has no content");
        return;
    }
    if (!tare__wire_schema_tool(e, request, &b.schema_tool))
        b.schema_tool = (struct tare_str){NULL, 0};
    b.calls = TARE_NEW_N(arena, struct tare_reply_call, tare_json_count(content));
    tare_buf_init(&b.text, NULL, TARE_MAX_JSON_STRING_BYTES);
    tare_buf_init(&b.thought, NULL, TARE_MAX_JSON_STRING_BYTES);
    good = b.calls != NULL;
    for (struct tare_json c = tare_json_first(content); good && tare_json_present(c);
         c = tare_json_next(c))
        good = take_block(&b, c, arena);
    out->finish = finish_of(tare_json_get(root, "stop_reason"));
    out->finish_raw = tare__wire_text(tare_json_get(root, "stop_reason"));
    if (b.schema_tool.n && b.n == 0 && out->finish == TARE_FINISH_TOOL_CALLS)
        out->finish = TARE_FINISH_STOP;
    out->calls = b.calls;
    out->n_calls = b.n;
    if (b.has_text)
        out->content = tare_arena_copy(arena, tare_buf_str(&b.text));
    if (b.has_thought)
        out->reasoning = tare_arena_copy(arena, tare_buf_str(&b.thought));
    good = good && !b.text.failed && !b.thought.failed && (!b.has_text || out->content.p);
    out->model = tare__wire_text(tare_json_get(root, "model"));
    out->id = tare__wire_text(tare_json_get(root, "id"));
    take_usage(tare_json_get(root, "usage"), out);
    tare_buf_free(&b.text);
    tare_buf_free(&b.thought);
    if (!good)
        tare__wire_fail(out, TARE_REPLY_TOO_LARGE, "the answer is too large");
}
