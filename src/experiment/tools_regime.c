#include "experiment/tools_regime.h"

#include "experiment/chat.h"

#include "base/limits.h"

#include "base/banned.h"

#define DEPTH 64 /* of a tool's parameters */

bool tare__regime_masked(enum tare_tools_arm a)
{
    return a == TARE_ARM_CONSTRAINED || a == TARE_ARM_ORDERED;
}

static bool arm_of(struct tare_str name, enum tare_tools_arm *out)
{
    *out = TARE_ARM_STRICT;
    if (tare_str_is(name, "auto"))
        return true;
    for (int a = TARE_ARM_REQUIRED; a < TARE_TOOLS_ARMS; a++)
        if (tare_str_is(name, tare_tools_arm_name((enum tare_tools_arm)a))) {
            *out = (enum tare_tools_arm)a;
            return true;
        }
    return false;
}

enum tare_status tare__regimes_read(const struct tare_live *live, enum tare_tools_arm *out,
                                    struct tare_err *err)
{
    for (uint32_t i = 0; i < live->n_arms; i++) {
        struct tare_str s = live->arms[i];
        if (!arm_of(s, &out[i])) {
            tare_err_hint(err, "auto, required, named, constrained and constrained-order");
            return tare_fail(err, TARE_E_USAGE, "the regime \"%.*s\" cannot be drawn", TARE_FMT(s));
        }
        if (!live->native && (out[i] == TARE_ARM_REQUIRED || out[i] == TARE_ARM_NAMED)) {
            tare_err_hint(err, "add --native: all regimes then go through the server's own "
                               "interface for tools");
            return tare_fail(err, TARE_E_USAGE, "only a server can force a call (%.*s)",
                             TARE_FMT(s));
        }
        if (tare__regime_masked(out[i]) && live->wire == TARE_WIRE_MESSAGES) {
            tare_err_hint(err, "leave it out: it is then replayed from auto (--vocab)");
            return tare_fail(err, TARE_E_USAGE,
                             "the endpoint has no field that holds a call to a schema (%.*s on "
                             "api: messages)",
                             TARE_FMT(s));
        }
    }
    return TARE_OK;
}

/* ---- what the model is told --------------------------------------------------------------- */

struct tare_str tare__regime_instruction(struct tare_json tools, bool masked,
                                         struct tare_arena *arena)
{
    static const char hermes[] =
        "<tool_call>\n{\"name\": NAME, \"arguments\": {...}}\n</tool_call>";
    static const char form[] =
        "{\"call\": {\"name\": NAME, \"arguments\": {...}}}\n"
        "and several as {\"calls\": [{\"name\": NAME, \"arguments\": {...}}, ...]}";
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_print(tools, &b);
    struct tare_str text = tare_arena_printf(
        arena,
        "You can call these tools: %.*s\nTo call one, write exactly this, with its name and "
        "arguments as JSON:\n%s",
        TARE_FMT(tare_buf_str(&b)), masked ? form : hermes);
    tare_buf_free(&b);
    return text;
}

/* ---- what the server is asked ------------------------------------------------------------- */

static struct tare_json function_of(struct tare_json tool)
{
    struct tare_json f = tare_json_get(tool, "function");
    return tare_json_present(f) ? f : tool;
}

static bool has_ref(struct tare_json v, int depth)
{
    if (depth > DEPTH || tare_json_present(tare_json_get(v, "$ref")) ||
        tare_json_present(tare_json_get(v, "$dynamicRef")))
        return true;
    if (tare_json_kind(v) != TARE_JSON_OBJECT && tare_json_kind(v) != TARE_JSON_ARRAY)
        return false;
    for (struct tare_json e = tare_json_first(v); e.doc; e = tare_json_next(e))
        if (has_ref(e, depth + 1))
            return true;
    return false;
}

bool tare__regime_fits(struct tare_json tools)
{
    for (struct tare_json t = tare_json_first(tools); t.doc; t = tare_json_next(t))
        if (has_ref(tare_json_get(function_of(t), "parameters"), 0))
            return false;
    return true;
}

static bool may_come(const struct tare__regime *r, struct tare_json function)
{
    return !r->order || tare_order_allows(r->order, tare_json_str(tare_json_get(function, "name")));
}

static uint32_t offered(const struct tare__regime *r)
{
    uint32_t n = 0;
    for (struct tare_json t = tare_json_first(r->tools); t.doc; t = tare_json_next(t))
        n += may_come(r, function_of(t));
    return n;
}

/* The tools' list as the server's interface takes it. */
static void put_tools(const struct tare__regime *r, struct tare_json_writer *w)
{
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    for (struct tare_json t = tare_json_first(r->tools); t.doc; t = tare_json_next(t)) {
        struct tare_json f = function_of(t);
        if (!may_come(r, f))
            continue;
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
}

static void put_native(const struct tare__regime *r, struct tare_json_writer *w)
{
    struct tare_str name = tare_json_str(tare_json_get(tare_json_first(r->expect), "name"));
    bool one = tare_json_count(r->expect) == 1 && name.n;
    if (offered(r) == 0)
        return;
    put_tools(r, w);
    if (tare__regime_masked(r->arm))
        tare_json_member_bool(w, "strict", true);
    if (tare_json_count(r->expect) == 0 || r->arm == TARE_ARM_STRICT)
        return;
    tare_json_put_key(w, "tool_choice");
    if (r->arm == TARE_ARM_NAMED && one) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", name);
        tare_json_end_object(w);
    } else {
        tare_json_put_cstr(w, "required");
    }
}

/* {"name": one of theirs, "arguments": as it takes them} */
static void put_call_schema(struct tare_json f, struct tare_json_writer *w)
{
    struct tare_json parameters = tare_json_get(f, "parameters");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "object");
    tare_json_put_key(w, "properties");
    tare_json_begin_object(w);
    tare_json_put_key(w, "name");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "string");
    tare_json_put_key(w, "enum");
    tare_json_begin_array(w);
    tare_json_put_str(w, tare_json_str(tare_json_get(f, "name")));
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_put_key(w, "arguments");
    if (tare_json_present(parameters))
        tare_json_put_value(w, parameters);
    else
        tare_json_put_raw(w, TARE_S("{\"type\":\"object\"}"));
    tare_json_end_object(w);
    tare_json_put_key(w, "required");
    tare_json_put_raw(w, TARE_S("[\"name\",\"arguments\"]"));
    tare_json_member_bool(w, "additionalProperties", false);
    tare_json_end_object(w);
}

/* An object with one member, since servers want one at the root: "call", or "calls" where several
 * are expected. */
static void put_form_schema(const struct tare__regime *r, struct tare_json_writer *w)
{
    bool many = tare_json_count(r->expect) > 1;
    const char *key = many ? "calls" : "call";
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "object");
    tare_json_put_key(w, "properties");
    tare_json_begin_object(w);
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    if (many) {
        tare_json_member_cstr(w, "type", "array");
        tare_json_member_u64(w, "minItems", 1);
        tare_json_put_key(w, "items");
        tare_json_begin_object(w);
    }
    tare_json_put_key(w, "anyOf");
    tare_json_begin_array(w);
    for (struct tare_json t = tare_json_first(r->tools); t.doc; t = tare_json_next(t))
        if (may_come(r, function_of(t)))
            put_call_schema(function_of(t), w);
    tare_json_end_array(w);
    if (many)
        tare_json_end_object(w);
    tare_json_end_object(w);
    tare_json_end_object(w);
    tare_json_put_key(w, "required");
    tare_json_begin_array(w);
    tare_json_put_cstr(w, key);
    tare_json_end_array(w);
    tare_json_member_bool(w, "additionalProperties", false);
    tare_json_end_object(w);
}

static void put_form(const struct tare__regime *r, struct tare_json_writer *w)
{
    static const char *const fields[] = {"", "json_schema", "structured_outputs", "guided_json"};
    if (r->form == TARE_FORM_RESPONSE_FORMAT) {
        tare_json_put_key(w, "response_format");
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "json_schema");
        tare_json_member_cstr(w, "name", "call");
        tare_json_put_key(w, "schema");
        put_form_schema(r, w);
        tare_json_end_object(w);
        tare_json_member_bool(w, "strict", true);
        return;
    }
    tare_json_put_key(w, "extra");
    tare_json_begin_object(w);
    tare_json_put_key(w, fields[r->form]);
    if (r->form == TARE_FORM_STRUCTURED_OUTPUTS) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "json");
    }
    put_form_schema(r, w);
    if (r->form == TARE_FORM_STRUCTURED_OUTPUTS)
        tare_json_end_object(w);
    tare_json_end_object(w);
}

void tare__regime_put(const struct tare__regime *r, struct tare_json_writer *w)
{
    if (r->native)
        put_native(r, w);
    else if (tare__regime_masked(r->arm) && tare_json_count(r->expect) && offered(r))
        put_form(r, w);
}

/* ---- what came back ----------------------------------------------------------------------- */

/* A call of the form; what else the server let stand in it is kept, so that it is seen. */
static void spell_value(struct tare_buf *b, struct tare_json call)
{
    tare_buf_puts(b, b->n ? "\n<tool_call>\n" : "<tool_call>\n");
    tare_json_print(call, b);
    tare_buf_puts(b, "\n</tool_call>");
}

/* A form that is cut: what stands behind its key, as a call that is cut. */
static void spell_cut(struct tare_buf *b, struct tare_str text)
{
    size_t at = tare_str_find(text, TARE_S(":"));
    tare_buf_puts(b, "<tool_call>\n");
    while (at != SIZE_MAX && ++at < text.n && text.p[at] != '{')
        ;
    if (at < text.n)
        tare_buf_put(b, tare_str_n(text.p + at, text.n - at));
}

static void put_content(const struct tare__regime *r, const struct tare_model_reply *reply,
                        struct tare_arena *arena, struct tare_buf *b)
{
    struct tare_json v, call;
    bool asked = !r->native && tare__regime_masked(r->arm) && tare_json_count(r->expect);
    bool whole = asked && tare_json_parse(reply->content, NULL, arena, &v, NULL) == TARE_OK &&
                 tare_json_kind(v) == TARE_JSON_OBJECT && tare_json_count(v) == 1;
    struct tare_json calls = whole ? tare_json_get(v, "calls") : (struct tare_json){NULL, 0};
    call = whole ? tare_json_get(v, "call") : (struct tare_json){NULL, 0};
    if (tare_json_present(call))
        spell_value(b, call);
    else if (tare_json_kind(calls) == TARE_JSON_ARRAY)
        for (struct tare_json c = tare_json_first(calls); c.doc; c = tare_json_next(c))
            spell_value(b, c);
    else if (asked && reply->finish == TARE_FINISH_LENGTH && reply->content.n &&
             reply->content.p[0] == '{')
        spell_cut(b, reply->content);
    else
        tare_buf_put(b, reply->content);
}

struct tare_str tare__regime_text(const struct tare__regime *r,
                                  const struct tare_model_reply *reply, struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    put_content(r, reply, arena, &b);
    for (uint32_t i = 0; r->native && i < reply->n_calls; i++)
        tare__chat_spell(&b, reply->calls[i].name, reply->calls[i].arguments,
                         reply->finish == TARE_FINISH_LENGTH && i + 1 == reply->n_calls, arena);
    struct tare_str s =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}
