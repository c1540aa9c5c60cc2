#include "text/grammar_tools.h"

#include "base/buf.h"
#include "base/limits.h"
#include "text/json.h"

#include "base/banned.h"

#define MAX_TOOLS 1000u

static struct tare_json parameters_of(struct tare_json tool)
{
    static const char *const names[] = {"parameters", "input_schema", "inputSchema"};
    struct tare_json found = tare_json_get(tool, names[0]);
    for (size_t i = 1; i < 3 && tare_json_kind(found) == TARE_JSON_ABSENT; i++)
        found = tare_json_get(tool, names[i]);
    return found;
}

/* The schema of the arguments, a resource of its own: "#/$defs/x" in it means its own. */
static void put_parameters(struct tare_json_writer *w, struct tare_json schema, uint32_t i,
                           struct tare_buf *id)
{
    if (tare_json_kind(schema) != TARE_JSON_OBJECT) {
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "object");
        tare_json_end_object(w);
        return;
    }
    tare_buf_reset(id);
    tare_buf_printf(id, "tare:tool/%u", i);
    tare_json_begin_object(w);
    if (tare_json_kind(tare_json_get(schema, "$id")) == TARE_JSON_ABSENT)
        tare_json_member_str(w, "$id", tare_buf_str(id));
    for (struct tare_json m = tare_json_first(schema); tare_json_kind(m) != TARE_JSON_ABSENT;
         m = tare_json_next(m)) {
        tare_json_put_key_str(w, tare_json_key(m));
        tare_json_put_value(w, m);
    }
    tare_json_end_object(w);
}

static void put_tool(struct tare_json_writer *w, struct tare_str name, struct tare_str arguments,
                     struct tare_json schema, uint32_t i, struct tare_buf *id)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "object");
    tare_json_put_key(w, "properties");
    tare_json_begin_object(w);
    tare_json_put_key(w, "name");
    tare_json_begin_object(w);
    tare_json_member_str(w, "const", name);
    tare_json_end_object(w);
    tare_json_put_key_str(w, arguments);
    put_parameters(w, schema, i, id);
    tare_json_end_object(w);
    tare_json_put_key(w, "required");
    tare_json_begin_array(w);
    tare_json_put_cstr(w, "name");
    tare_json_put_str(w, arguments);
    tare_json_end_array(w);
    tare_json_member_bool(w, "additionalProperties", false);
    tare_json_end_object(w);
}

static enum tare_status put_tools(struct tare_json tools, struct tare_str arguments,
                                  struct tare_buf *out, struct tare_buf *id, struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare_str names[MAX_TOOLS];
    uint32_t n = 0;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "anyOf");
    tare_json_begin_array(&w);
    for (struct tare_json t = tare_json_first(tools); tare_json_kind(t) != TARE_JSON_ABSENT;
         t = tare_json_next(t)) {
        struct tare_json inner = tare_json_get(t, "function");
        struct tare_json tool = tare_json_kind(inner) == TARE_JSON_OBJECT ? inner : t;
        struct tare_str name = tare_json_str(tare_json_get(tool, "name"));
        if (name.n == 0)
            return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(t), "a tool without a name");
        if (n == MAX_TOOLS)
            return tare_fail(err, TARE_E_LIMIT, "more than %u tools", MAX_TOOLS);
        for (uint32_t i = 0; i < n; i++)
            if (tare_str_eq(names[i], name))
                return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(t),
                                    "two tools with the name \"%.*s\"", TARE_FMT(name));
        put_tool(&w, name, arguments, parameters_of(tool), n, id);
        names[n++] = name;
    }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "the tools are not a list with at least one");
    return out->failed ? tare_fail(err, TARE_E_NOMEM, "no memory for the tools' grammar") : TARE_OK;
}

/* The finished grammar with text before and after it. */
static enum tare_status wrap(struct tare_grammar *g, const struct tare_tool_envelope *e,
                             struct tare_err *err)
{
    uint32_t parts[3] = {tare_grammar_bytes(g, e->before), tare_grammar_root(g),
                         tare_grammar_bytes(g, e->after)};
    enum tare_status st = tare_grammar_finish(g, tare_grammar_seq(g, parts, 3), err);
    tare_grammar_unique_keys(g, e->before.n);
    return st;
}

enum tare_status tare_tools_schema(struct tare_json tools, struct tare_str arguments,
                                   struct tare_arena *arena, struct tare_json *out,
                                   struct tare_err *err)
{
    struct tare_buf text, id;
    struct tare_str kept = {0};
    if (tare_json_kind(tools) != TARE_JSON_ARRAY)
        return tare_fail(err, TARE_E_INPUT, "the tools are not a list");
    tare_buf_init(&text, arena->alc, TARE_MAX_JSON_BYTES);
    tare_buf_init(&id, arena->alc, TARE_KIB);
    enum tare_status st = put_tools(tools, arguments, &text, &id, err);
    if (!st) {
        kept = tare_arena_copy(arena, tare_buf_str(&text));
        st = kept.p ? tare_json_parse(kept, NULL, arena, out, err)
                    : tare_fail(err, TARE_E_NOMEM, "no memory for the tools' grammar");
    }
    tare_buf_free(&id);
    tare_buf_free(&text);
    return st;
}

enum tare_status tare_grammar_from_tools(struct tare_json tools,
                                         const struct tare_tool_envelope *envelope,
                                         const struct tare_schema_grammar_options *options,
                                         struct tare_arena *arena, struct tare_schema_grammar *out,
                                         struct tare_err *err)
{
    struct tare_json schema;
    struct tare_str arguments = envelope->arguments.n ? envelope->arguments : TARE_S("arguments");
    enum tare_status st = tare_tools_schema(tools, arguments, arena, &schema, err);
    if (!st)
        st = tare_schema_grammar_make(schema, options, arena, out, err);
    if (!st && !out->refused && (envelope->before.n || envelope->after.n))
        st = wrap(out->grammar, envelope, err);
    return st;
}
