#include "solver/command_wire.h"

#include "base/limits.h"

#include "base/banned.h"

/* ---- what an agent says ------------------------------------------------------------------ */

enum tare_status tare_agent_action(struct tare_str tool, struct tare_json arguments,
                                   struct tare_arena *arena, struct tare_str *out,
                                   struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, arena->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "action_type", tool);
    tare_json_put_key(&w, "params");
    if (tare_json_present(arguments)) {
        tare_json_put_value(&w, arguments);
    } else {
        tare_json_begin_object(&w);
        tare_json_end_object(&w);
    }
    tare_json_end_object(&w);
    *out = tare_arena_copy(arena, tare_buf_str(&b));
    bool ok = !b.failed && out->p;
    tare_buf_free(&b);
    return ok ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for an agent's action");
}

enum tare_status tare_agent_answer(struct tare_str answer, struct tare_arena *arena,
                                   struct tare_str *out, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, arena->alc, TARE_MAX_JSON_STRING_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "action_type", "answer");
    tare_json_put_key(&w, "params");
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "text");
    tare_json_put_str(&w, answer);
    tare_json_end_object(&w);
    tare_json_end_object(&w);
    *out = tare_arena_copy(arena, tare_buf_str(&b));
    bool ok = !b.failed && out->p;
    tare_buf_free(&b);
    return ok ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for an answer");
}

static enum tare_status wrong(enum tare_agent_says *says, struct tare_str *text,
                              struct tare_str why)
{
    *says = TARE_AGENT_WRONG;
    *text = why;
    return TARE_OK;
}

/* {"type": "answer", "text": TEXT}: the one action of a world that talks. */
static enum tare_status answer(struct tare_json line, struct tare_arena *arena,
                               enum tare_agent_says *says, struct tare_str *text,
                               struct tare_err *err)
{
    struct tare_json said = tare_json_get(line, "text");
    if (tare_json_kind(said) != TARE_JSON_STRING)
        return wrong(says, text, TARE_S("\"answer\" needs its \"text\""));
    *says = TARE_AGENT_ACT;
    return tare_agent_answer(tare_json_str(said), arena, text, err);
}

static bool known(const struct tare_scene *scene, struct tare_str tool)
{
    for (uint32_t i = 0; i < scene->n_tools; i++)
        if (tare_str_eq(scene->tools[i].name, tool))
            return true;
    return false;
}

enum tare_status tare_agent_read(struct tare_str line, const struct tare_scene *scene,
                                 struct tare_arena *arena, enum tare_agent_says *says,
                                 struct tare_str *text, struct tare_err *err)
{
    struct tare_json v;
    struct tare_err why = {0};
    enum tare_status st = tare_json_parse(tare_str_trim(line), &tare_json_strict, arena, &v, &why);
    if (st == TARE_E_NOMEM)
        return tare_fail(err, st, "no memory for an agent's line");
    if (st != TARE_OK)
        return wrong(says, text, tare_arena_printf(arena, "no JSON: %s", why.text));
    struct tare_json type = tare_json_get(v, "type"), tool = tare_json_get(v, "tool");
    struct tare_json arguments = tare_json_get(v, "arguments");
    if (tare_json_kind(type) != TARE_JSON_STRING)
        return wrong(says, text,
                     TARE_S("a line is an object with a \"type\": act, answer, done "
                            "or fail"));
    if (tare_json_str_is(type, "done") || tare_json_str_is(type, "fail")) {
        *says = tare_json_str_is(type, "done") ? TARE_AGENT_DONE : TARE_AGENT_FAIL;
        *text = tare_json_str(tare_json_get(v, "reason"));
        return TARE_OK;
    }
    if (tare_json_str_is(type, "answer"))
        return answer(v, arena, says, text, err);
    if (!tare_json_str_is(type, "act"))
        return wrong(says, text, TARE_S("\"type\" is none of act, answer, done and fail"));
    if (tare_json_kind(tool) != TARE_JSON_STRING || tare_json_str(tool).n == 0)
        return wrong(says, text, TARE_S("\"act\" needs a \"tool\", its name"));
    if (!known(scene, tare_json_str(tool)))
        return wrong(
            says, text,
            tare_arena_printf(arena, "there is no tool '%.*s' here",
                              (int)(tare_json_str(tool).n < 100 ? tare_json_str(tool).n : 100),
                              tare_json_str(tool).p));
    if (tare_json_present(arguments) && tare_json_kind(arguments) != TARE_JSON_OBJECT)
        return wrong(says, text, TARE_S("\"arguments\" must be an object"));
    *says = TARE_AGENT_ACT;
    return tare_agent_action(tare_json_str(tool), arguments, arena, text, err);
}

/* ---- what it is told ----------------------------------------------------------------------- */

/* An object on a line. */
static void line_begin(struct tare_buf *b, struct tare_json_writer *w, struct tare_arena *arena,
                       size_t most)
{
    tare_buf_init(b, arena->alc, most);
    tare_json_writer_init(w, b);
    tare_json_begin_object(w);
}

static struct tare_str line_end(struct tare_buf *b, struct tare_json_writer *w,
                                struct tare_arena *arena)
{
    struct tare_str none = {NULL, 0};
    tare_json_end_object(w);
    tare_buf_putc(b, '\n');
    struct tare_str s = b->failed ? none : tare_arena_copy(arena, tare_buf_str(b));
    tare_buf_free(b);
    return s;
}

static void put_tools(struct tare_json_writer *w, const struct tare_scene *scene)
{
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < scene->n_tools; i++) {
        const struct tare_tool *t = &scene->tools[i];
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", t->name);
        tare_json_member_str(w, "description", t->about);
        tare_json_put_key(w, "parameters");
        tare_json_put_raw(w, t->schema.n ? t->schema : TARE_S("{\"type\":\"object\"}"));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

struct tare_str tare_agent_start(const struct tare_scene *scene, struct tare_str obs,
                                 struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer w;
    line_begin(&b, &w, arena, TARE_MAX_AGENT_UNREAD_BYTES);
    tare_json_member_cstr(&w, "schema", "tare.agent/1");
    tare_json_member_cstr(&w, "type", "start");
    tare_json_member_str(&w, "world", scene->world);
    tare_json_member_str(&w, "brief", scene->brief);
    tare_json_member_u64(&w, "attempt", (uint64_t)scene->attempt + 1);
    if (scene->max_steps)
        tare_json_member_u64(&w, "max_steps", scene->max_steps);
    tare_json_member_bool(&w, "talks", scene->talks);
    put_tools(&w, scene);
    if (scene->answer_schema.n) {
        tare_json_put_key(&w, "answer_schema");
        tare_json_put_raw(&w, scene->answer_schema);
    }
    tare_json_put_key(&w, "observation");
    tare_json_put_raw(&w, obs);
    return line_end(&b, &w, arena);
}

struct tare_str tare_agent_observation(const struct tare_obs *obs, struct tare_str body,
                                       struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer w;
    line_begin(&b, &w, arena, TARE_MAX_AGENT_UNREAD_BYTES);
    tare_json_member_cstr(&w, "type", "observation");
    tare_json_member_u64(&w, "step", obs->step);
    tare_json_member_bool(&w, "failed", obs->failed);
    tare_json_put_key(&w, "observation");
    tare_json_put_raw(&w, body);
    return line_end(&b, &w, arena);
}

struct tare_str tare_agent_error(struct tare_str what, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer w;
    line_begin(&b, &w, arena, TARE_MIB);
    tare_json_member_cstr(&w, "type", "error");
    tare_json_member_str(&w, "message", what);
    return line_end(&b, &w, arena);
}
