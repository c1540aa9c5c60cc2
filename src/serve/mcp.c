#include "serve/mcp.h"

#include "base/limits.h"
#include "solver/command_wire.h"

#include "base/banned.h"

#define TASK_URI "tare://task"

enum { PARSE = -32700, INVALID = -32600, NO_METHOD = -32601, BAD_PARAMS = -32602 };

static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

bool tare_mcp_speaks(struct tare_str version)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (tare_str_is(version, versions[i]))
            return true;
    return false;
}

/* One request, while it is answered. */
struct call {
    struct tare_mcp *m;
    struct tare_json id, params;
    struct tare_json_writer *w;
    struct tare_arena *arena;
    struct tare_mcp_call *played;
};

static void begin(struct call *c)
{
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "jsonrpc", "2.0");
    tare_json_put_key(c->w, "id");
    if (tare_json_present(c->id))
        tare_json_put_value(c->w, c->id);
    else
        tare_json_put_null(c->w);
}

static void refuse(struct call *c, int code, const char *message)
{
    begin(c);
    tare_json_put_key(c->w, "error");
    tare_json_begin_object(c->w);
    tare_json_put_key(c->w, "code");
    tare_json_put_i64(c->w, code);
    tare_json_member_cstr(c->w, "message", message);
    tare_json_end_object(c->w);
    tare_json_end_object(c->w);
}

static void begin_result(struct call *c)
{
    begin(c);
    tare_json_put_key(c->w, "result");
    tare_json_begin_object(c->w);
}

static void end_result(struct call *c)
{
    tare_json_end_object(c->w);
    tare_json_end_object(c->w);
}

static struct tare_json scene(const struct call *c)
{
    return c->m->scene;
}

static void put_empty(struct tare_json_writer *w, const char *key)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_end_object(w);
}

static void initialize(struct call *c)
{
    struct tare_json asked = tare_json_get(c->params, "protocolVersion");
    const char *version = versions[0];
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (tare_json_str_is(asked, versions[i]))
            version = versions[i];
    c->m->initialized = true;
    begin_result(c);
    tare_json_member_cstr(c->w, "protocolVersion", version);
    tare_json_put_key(c->w, "capabilities");
    tare_json_begin_object(c->w);
    put_empty(c->w, "tools");
    put_empty(c->w, "resources");
    put_empty(c->w, "prompts");
    tare_json_end_object(c->w);
    tare_json_put_key(c->w, "serverInfo");
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "name", "tare");
    tare_json_member_cstr(c->w, "version", TARE_VERSION);
    tare_json_end_object(c->w);
    tare_json_member_str(c->w, "instructions", tare_json_str(tare_json_get(scene(c), "brief")));
    end_result(c);
}

static void put_tool(struct call *c, struct tare_json tool)
{
    tare_json_begin_object(c->w);
    tare_json_member_str(c->w, "name", tare_json_str(tare_json_get(tool, "name")));
    tare_json_member_str(c->w, "description", tare_json_str(tare_json_get(tool, "description")));
    tare_json_put_key(c->w, "inputSchema");
    tare_json_put_value(c->w, tare_json_get(tool, "parameters"));
    tare_json_end_object(c->w);
}

static void tools_list(struct call *c)
{
    struct tare_json start = scene(c), tools = tare_json_get(start, "tools");
    begin_result(c);
    tare_json_put_key(c->w, "tools");
    tare_json_begin_array(c->w);
    for (struct tare_json t = tare_json_first(tools); tare_json_present(t); t = tare_json_next(t))
        put_tool(c, t);
    if (tare_json_true(tare_json_get(start, "talks"))) {
        tare_json_begin_object(c->w);
        tare_json_member_cstr(c->w, "name", "answer");
        tare_json_member_cstr(c->w, "description", "Say your answer.");
        tare_json_put_key(c->w, "inputSchema");
        tare_json_put_raw(c->w, TARE_S("{\"type\":\"object\",\"additionalProperties\":false,"
                                       "\"required\":[\"text\"],\"properties\":{\"text\":{\"type\":"
                                       "\"string\"}}}"));
        tare_json_end_object(c->w);
    }
    tare_json_end_array(c->w);
    end_result(c);
}

static bool is_tool(struct tare_json start, struct tare_str name)
{
    struct tare_json tools = tare_json_get(start, "tools");
    for (struct tare_json t = tare_json_first(tools); tare_json_present(t); t = tare_json_next(t))
        if (tare_str_eq(tare_json_str(tare_json_get(t, "name")), name))
            return true;
    return tare_json_true(tare_json_get(start, "talks")) && tare_str_is(name, "answer");
}

static void put_text(struct call *c, struct tare_str text)
{
    tare_json_put_key(c->w, "content");
    tare_json_begin_array(c->w);
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "type", "text");
    tare_json_member_str(c->w, "text", text);
    tare_json_end_object(c->w);
    tare_json_end_array(c->w);
}

static enum tare_status tools_call(struct call *c, struct tare_err *err)
{
    struct tare_str name = tare_json_str(tare_json_get(c->params, "name"));
    struct tare_json arguments = tare_json_get(c->params, "arguments");
    if (!is_tool(scene(c), name)) {
        refuse(c, BAD_PARAMS, "there is no tool of that name");
        return TARE_OK;
    }
    if (tare_json_present(arguments) && tare_json_kind(arguments) != TARE_JSON_OBJECT) {
        refuse(c, BAD_PARAMS, "\"arguments\" must be an object");
        return TARE_OK;
    }
    c->played->id = c->id;
    return tare_agent_action(name, arguments, c->arena, &c->played->action, err);
}

void tare_mcp_played(const struct tare_mcp_call *call, struct tare_str seen, bool failed,
                     struct tare_buf *out)
{
    struct tare_json_writer w;
    struct call c = {.w = &w, .id = call->id};
    tare_json_writer_init(&w, out);
    begin_result(&c);
    put_text(&c, seen);
    tare_json_member_bool(&w, "isError", failed);
    end_result(&c);
    tare_buf_putc(out, '\n');
}

static void resources_list(struct call *c)
{
    begin_result(c);
    tare_json_put_key(c->w, "resources");
    tare_json_begin_array(c->w);
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "uri", TASK_URI);
    tare_json_member_cstr(c->w, "name", "task");
    tare_json_member_cstr(c->w, "description", "what is asked, and what is seen at first");
    tare_json_member_cstr(c->w, "mimeType", "text/plain");
    tare_json_end_object(c->w);
    tare_json_end_array(c->w);
    end_result(c);
}

/* The brief and the first observation. */
static struct tare_str task_text(struct call *c)
{
    struct tare_json start = scene(c);
    return tare_arena_printf(c->arena, "%.*s\n\n%.*s",
                             TARE_FMT(tare_json_str(tare_json_get(start, "brief"))),
                             TARE_FMT(tare_json_lexeme(tare_json_get(start, "observation"))));
}

static void resources_read(struct call *c)
{
    if (!tare_json_str_is(tare_json_get(c->params, "uri"), TASK_URI)) {
        refuse(c, BAD_PARAMS, "there is one resource: " TASK_URI);
        return;
    }
    begin_result(c);
    tare_json_put_key(c->w, "contents");
    tare_json_begin_array(c->w);
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "uri", TASK_URI);
    tare_json_member_cstr(c->w, "mimeType", "text/plain");
    tare_json_member_str(c->w, "text", task_text(c));
    tare_json_end_object(c->w);
    tare_json_end_array(c->w);
    end_result(c);
}

static void prompts_list(struct call *c)
{
    begin_result(c);
    tare_json_put_key(c->w, "prompts");
    tare_json_begin_array(c->w);
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "name", "task");
    tare_json_member_cstr(c->w, "description", "what is asked, and what is seen at first");
    tare_json_end_object(c->w);
    tare_json_end_array(c->w);
    end_result(c);
}

static void prompts_get(struct call *c)
{
    if (!tare_json_str_is(tare_json_get(c->params, "name"), "task")) {
        refuse(c, BAD_PARAMS, "there is one prompt: task");
        return;
    }
    begin_result(c);
    tare_json_put_key(c->w, "messages");
    tare_json_begin_array(c->w);
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "role", "user");
    tare_json_put_key(c->w, "content");
    tare_json_begin_object(c->w);
    tare_json_member_cstr(c->w, "type", "text");
    tare_json_member_str(c->w, "text", task_text(c));
    tare_json_end_object(c->w);
    tare_json_end_object(c->w);
    tare_json_end_array(c->w);
    end_result(c);
}

static void templates_list(struct call *c)
{
    begin_result(c);
    tare_json_put_key(c->w, "resourceTemplates");
    tare_json_begin_array(c->w);
    tare_json_end_array(c->w);
    end_result(c);
}

static const struct {
    const char *name;
    void (*answer)(struct call *c);
} methods[] = {
    {"tools/list", tools_list},         {"resources/list", resources_list},
    {"resources/read", resources_read}, {"resources/templates/list", templates_list},
    {"prompts/list", prompts_list},     {"prompts/get", prompts_get},
};

static enum tare_status request(struct call *c, struct tare_json method, struct tare_err *err)
{
    if (tare_json_str_is(method, "ping")) {
        begin_result(c);
        end_result(c);
        return TARE_OK;
    }
    if (tare_json_str_is(method, "initialize")) {
        initialize(c);
        return TARE_OK;
    }
    if (tare_json_str_is(method, "tools/call") && c->m->initialized)
        return tools_call(c, err);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (tare_json_str_is(method, methods[i].name) && c->m->initialized) {
            methods[i].answer(c);
            return TARE_OK;
        }
    refuse(c, NO_METHOD,
           c->m->initialized ? "no such method here"
                             : "no such method here, or not before initialize");
    return TARE_OK;
}

enum tare_status tare_mcp_message(struct tare_mcp *m, struct tare_str text,
                                  struct tare_arena *arena, struct tare_buf *out,
                                  struct tare_mcp_call *call, struct tare_err *err)
{
    struct tare_json v = {NULL, 0}, none = {NULL, 0};
    struct tare_json_writer w;
    struct call c = {.m = m, .w = &w, .arena = arena, .id = none, .played = call};
    *call = (struct tare_mcp_call){.id = none};
    size_t before = out->n;
    tare_json_writer_init(&w, out);
    enum tare_status st = tare_json_parse(tare_str_trim(text), &tare_json_strict, arena, &v, NULL);
    if (st == TARE_E_NOMEM)
        return tare_fail(err, st, "no memory for a message");
    if (st != TARE_OK) {
        refuse(&c, PARSE, "the message is no JSON");
        st = TARE_OK;
    } else {
        struct tare_json method = tare_json_get(v, "method"), id = tare_json_get(v, "id");
        bool good_id = tare_json_kind(id) == TARE_JSON_STRING ||
                       (tare_json_kind(id) == TARE_JSON_NUMBER && tare_json_is_integer(id));
        c.params = tare_json_get(v, "params");
        if (tare_json_kind(v) != TARE_JSON_OBJECT ||
            !tare_json_str_is(tare_json_get(v, "jsonrpc"), "2.0") ||
            (tare_json_present(id) && !good_id)) {
            refuse(&c, INVALID, "no request of JSON-RPC 2.0 (batches are not taken)");
        } else if (tare_json_present(id) && tare_json_kind(method) == TARE_JSON_STRING) {
            c.id = id;
            st = request(&c, method, err);
        } /* else a notification, or an answer to what was never asked */
    }
    if (out->n > before)
        tare_buf_putc(out, '\n');
    if (st == TARE_OK && out->failed)
        st = tare_fail(err, TARE_E_NOMEM, "no memory for an answer");
    return st;
}
