#include "serve/openenv_wire.h"

#include <math.h>

#include "base/limits.h"
#include "solver/command_wire.h"

#include "base/banned.h"

/* ---- what is said -------------------------------------------------------------------------- */

static enum tare_status wrong(struct tare_oe_message *m, const char *code, const char *why)
{
    m->says = TARE_OE_WRONG;
    m->code = code;
    m->why = why;
    return TARE_OK;
}

static enum tare_status read_call(struct tare_json data, struct tare_arena *arena,
                                  struct tare_oe_message *m, struct tare_err *err)
{
    struct tare_json name = tare_json_get(data, "tool_name");
    struct tare_json arguments = tare_json_get(data, "arguments");
    if (tare_json_kind(name) != TARE_JSON_STRING)
        return wrong(m, "VALIDATION_ERROR", "call_tool needs a \"tool_name\"");
    if (tare_json_present(arguments) && tare_json_kind(arguments) != TARE_JSON_OBJECT)
        return wrong(m, "VALIDATION_ERROR", "\"arguments\" must be an object");
    m->tool = tare_json_str(name);
    return tare_agent_action(m->tool, arguments, arena, &m->action, err);
}

static enum tare_status read_action(struct tare_json data, struct tare_arena *arena,
                                    struct tare_oe_message *m, struct tare_err *err)
{
    struct tare_json name = tare_json_get(data, "action_type"), type = tare_json_get(data, "type");
    struct tare_json params = tare_json_get(data, "params");
    if (tare_json_kind(data) != TARE_JSON_OBJECT)
        return wrong(m, "VALIDATION_ERROR", "an action is an object");
    if (tare_json_str_is(type, "list_tools")) {
        m->says = TARE_OE_TOOLS;
        return TARE_OK;
    }
    if (tare_json_str_is(type, "call_tool"))
        return read_call(data, arena, m, err);
    if (tare_json_kind(name) != TARE_JSON_STRING || tare_json_str(name).n == 0)
        return wrong(m, "VALIDATION_ERROR",
                     "an action is {\"action_type\": NAME, \"params\": {...}}, or of type "
                     "call_tool or list_tools");
    if (tare_json_present(params) && tare_json_kind(params) != TARE_JSON_OBJECT)
        return wrong(m, "VALIDATION_ERROR", "\"params\" must be an object");
    return tare_agent_action(tare_json_str(name), params, arena, &m->action, err);
}

static enum tare_status read_reset(struct tare_json data, struct tare_oe_message *m)
{
    struct tare_json seed = tare_json_get(data, "seed"), task = tare_json_get(data, "task");
    m->seed = -1;
    if (tare_json_present(seed) && tare_json_kind(seed) != TARE_JSON_NULL &&
        (!tare_json_is_integer(seed) || !tare_json_i64(seed, &m->seed) || m->seed < 0))
        return wrong(m, "VALIDATION_ERROR", "\"seed\" is a whole number from 0");
    if (tare_json_kind(task) == TARE_JSON_STRING)
        m->task_id = tare_json_str(task);
    else if (tare_json_present(task) && tare_json_kind(task) != TARE_JSON_NULL &&
             (!tare_json_is_integer(task) || !tare_json_i64(task, &m->task) || m->task < 1))
        return wrong(m, "VALIDATION_ERROR", "\"task\" is the id of a task, or its number from 1");
    return TARE_OK;
}

static enum tare_status read_episode(struct tare_json data, struct tare_oe_message *m)
{
    struct tare_json episode = tare_json_get(data, "episode_id");
    if (!tare_json_present(episode) || tare_json_kind(episode) == TARE_JSON_NULL)
        return TARE_OK;
    m->episode = tare_json_str(episode);
    if (tare_json_kind(episode) != TARE_JSON_STRING || m->episode.n == 0 || m->episode.n > 128)
        return wrong(m, "VALIDATION_ERROR", "\"episode_id\" is a text of 1 to 128 bytes");
    return TARE_OK;
}

static enum tare_status parse(struct tare_str text, struct tare_arena *arena, struct tare_json *v,
                              struct tare_oe_message *m, struct tare_err *err)
{
    *m = (struct tare_oe_message){.seed = -1};
    enum tare_status st =
        tare_json_parse(text.n ? text : TARE_S("{}"), &tare_json_strict, arena, v, NULL);
    if (st == TARE_E_NOMEM)
        return tare_fail(err, st, "no memory for a message");
    if (st != TARE_OK)
        return wrong(m, "INVALID_JSON", "the message is no JSON");
    if (tare_json_kind(*v) != TARE_JSON_OBJECT)
        return wrong(m, "VALIDATION_ERROR", "the message is no object");
    return TARE_OK;
}

enum tare_status tare_oe_read(struct tare_str text, struct tare_arena *arena,
                              struct tare_oe_message *out, struct tare_err *err)
{
    struct tare_json v;
    enum tare_status st = parse(text, arena, &v, out, err);
    if (st != TARE_OK || out->says == TARE_OE_WRONG)
        return st;
    struct tare_json type = tare_json_get(v, "type"), data = tare_json_get(v, "data");
    if (tare_json_present(data) && tare_json_kind(data) != TARE_JSON_OBJECT)
        return wrong(out, "VALIDATION_ERROR", "\"data\" must be an object");
    if (tare_json_str_is(type, "reset")) {
        out->says = TARE_OE_RESET;
        st = read_reset(data, out);
        return out->says == TARE_OE_RESET ? read_episode(data, out) : st;
    }
    if (tare_json_str_is(type, "step")) {
        struct tare_json inner = tare_json_get(data, "action");
        bool wrapped = tare_json_kind(inner) == TARE_JSON_OBJECT &&
                       !tare_json_present(tare_json_get(data, "action_type"));
        out->says = TARE_OE_STEP;
        return read_action(wrapped ? inner : data, arena, out, err);
    }
    out->says = tare_json_str_is(type, "state")   ? TARE_OE_STATE
                : tare_json_str_is(type, "close") ? TARE_OE_CLOSE
                                                  : TARE_OE_WRONG;
    if (out->says == TARE_OE_WRONG)
        return wrong(out, "UNKNOWN_TYPE", "\"type\" is reset, step, state or close");
    return TARE_OK;
}

enum tare_status tare_oe_read_body(enum tare_oe_says what, struct tare_str text,
                                   struct tare_arena *arena, struct tare_oe_message *out,
                                   struct tare_err *err)
{
    struct tare_json v;
    enum tare_status st = parse(text, arena, &v, out, err);
    if (st != TARE_OK || out->says == TARE_OE_WRONG)
        return st;
    out->says = what;
    st = what == TARE_OE_RESET  ? read_reset(v, out)
         : what == TARE_OE_STEP ? read_action(tare_json_get(v, "action"), arena, out, err)
                                : TARE_OK;
    if (st != TARE_OK || out->says == TARE_OE_WRONG)
        return st;
    return read_episode(v, out);
}

bool tare_oe_has_action(struct tare_json start, struct tare_str name)
{
    struct tare_json tools = tare_json_get(start, "tools");
    for (struct tare_json t = tare_json_first(tools); tare_json_present(t); t = tare_json_next(t))
        if (tare_str_eq(tare_json_str(tare_json_get(t, "name")), name))
            return true;
    return tare_json_true(tare_json_get(start, "talks")) && tare_str_is(name, "answer");
}

/* ---- what is told -------------------------------------------------------------------------- */

static void put_observation(struct tare_json_writer *w, const struct tare_oe_result *r,
                            struct tare_arena *arena)
{
    static const char *const apart[] = {"reward", "done", "metadata"};
    struct tare_json v;
    if (r->observation.n == 0) {
        tare_json_put_raw(w, TARE_S("{}"));
        return;
    }
    if (tare_json_parse(r->observation, &tare_json_log, arena, &v, NULL) != TARE_OK ||
        tare_json_kind(v) != TARE_JSON_OBJECT) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "value");
        tare_json_put_raw(w, r->observation);
        tare_json_end_object(w);
        return;
    }
    tare_json_begin_object(w);
    for (struct tare_json m = tare_json_first(v); tare_json_present(m); m = tare_json_next(m)) {
        bool kept = true;
        for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
            kept = kept && !tare_str_is(tare_json_key(m), apart[i]);
        if (!kept)
            continue;
        tare_json_put_key_str(w, tare_json_key(m));
        tare_json_put_value(w, m);
    }
    tare_json_end_object(w);
}

/* As a call of a tool is observed: {"tool_name", "result", "error"}. */
static void put_called(struct tare_json_writer *w, const struct tare_oe_result *r,
                       struct tare_arena *arena)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "tool_name", r->tool);
    tare_json_put_key(w, "result");
    put_observation(w, r, arena);
    tare_json_put_key(w, "error");
    if (r->failed.n) {
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "error_type", "execution_error");
        tare_json_member_str(w, "message", r->failed);
        tare_json_end_object(w);
    } else {
        tare_json_put_null(w);
    }
    tare_json_end_object(w);
}

static void put_metadata(struct tare_json_writer *w, const struct tare_oe_result *r)
{
    tare_json_put_key(w, "metadata");
    tare_json_begin_object(w);
    tare_json_member_str(w, "episode_id", r->episode);
    tare_json_member_str(w, "task", r->task_id);
    tare_json_member_u64(w, "attempt", r->attempt);
    if (r->done && r->ended) {
        tare_json_member_cstr(w, "status", r->ended);
        if (r->why && *r->why)
            tare_json_member_cstr(w, "why", r->why);
    }
    if (tare_json_present(r->start)) {
        tare_json_put_key(w, "brief");
        tare_json_put_value(w, tare_json_get(r->start, "brief"));
        tare_json_put_key(w, "tools");
        tare_json_put_value(w, tare_json_get(r->start, "tools"));
    }
    tare_json_end_object(w);
}

void tare_oe_put_result(struct tare_json_writer *w, const struct tare_oe_result *r)
{
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    tare_json_begin_object(w);
    tare_json_put_key(w, "observation");
    if (r->tool.p)
        put_called(w, r, &arena);
    else
        put_observation(w, r, &arena);
    tare_json_put_key(w, "reward");
    if (isnan(r->reward))
        tare_json_put_null(w);
    else
        tare_json_put_f64(w, r->reward);
    tare_json_member_bool(w, "done", r->done);
    put_metadata(w, r);
    tare_json_end_object(w);
    tare_arena_free(&arena);
}

void tare_oe_put_tools(struct tare_json_writer *w, struct tare_json start)
{
    struct tare_json tools = tare_json_get(start, "tools");
    tare_json_begin_object(w);
    tare_json_put_key(w, "observation");
    tare_json_begin_object(w);
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    for (struct tare_json t = tare_json_first(tools); tare_json_present(t); t = tare_json_next(t)) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", tare_json_str(tare_json_get(t, "name")));
        tare_json_member_str(w, "description", tare_json_str(tare_json_get(t, "description")));
        tare_json_put_key(w, "input_schema");
        tare_json_put_value(w, tare_json_get(t, "parameters"));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_put_key(w, "reward");
    tare_json_put_null(w);
    tare_json_member_bool(w, "done", false);
    tare_json_end_object(w);
}

static void put_action_schema(struct tare_json_writer *w, struct tare_str name,
                              struct tare_str about, struct tare_str params)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "object");
    if (about.n)
        tare_json_member_str(w, "description", about);
    tare_json_put_key(w, "required");
    tare_json_put_raw(w, TARE_S("[\"action_type\",\"params\"]"));
    tare_json_put_key(w, "properties");
    tare_json_begin_object(w);
    tare_json_put_key(w, "action_type");
    tare_json_begin_object(w);
    tare_json_member_str(w, "const", name);
    tare_json_end_object(w);
    tare_json_put_key(w, "params");
    tare_json_put_raw(w, params.n ? params : TARE_S("{\"type\":\"object\"}"));
    tare_json_end_object(w);
    tare_json_end_object(w);
}

void tare_oe_put_schema(struct tare_json_writer *w, const struct tare_tool *tools, uint32_t n,
                        bool talks)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "action");
    tare_json_begin_object(w);
    tare_json_put_key(w, "oneOf");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        put_action_schema(w, tools[i].name, tools[i].about, tools[i].schema);
    if (talks)
        put_action_schema(w, TARE_S("answer"), TARE_S("Say your answer."),
                          TARE_S("{\"type\":\"object\",\"required\":[\"text\"],\"properties\":"
                                 "{\"text\":{\"type\":\"string\"}},"
                                 "\"additionalProperties\":false}"));
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_put_key(w, "observation");
    tare_json_put_raw(w, TARE_S("{\"type\":\"object\"}"));
    tare_json_put_key(w, "state");
    tare_json_put_raw(
        w, TARE_S("{\"type\":\"object\",\"required\":[\"episode_id\",\"step_count\"],"
                  "\"properties\":{\"episode_id\":{\"type\":[\"string\",\"null\"]},"
                  "\"step_count\":{\"type\":\"integer\",\"minimum\":0},\"task\":{\"type\":"
                  "[\"string\",\"null\"]},\"attempt\":{\"type\":[\"integer\",\"null\"]},"
                  "\"done\":{\"type\":\"boolean\"}}}"));
    tare_json_end_object(w);
}
