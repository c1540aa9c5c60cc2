/* Recordings: one episode a line. */
#include "experiment/tools.h"

#include "experiment/chat.h"
#include "experiment/lines.h"

#include "base/banned.h"

const char *tare_tools_arm_name(enum tare_tools_arm a)
{
    static const char *const names[] = {"auto-strict", "auto-lenient", "required",
                                        "named",       "constrained",  "constrained-order"};
    return names[a];
}

const char *tare_tools_rate_name(enum tare_tools_rate r)
{
    static const char *const names[] = {
        "success",  "first_try_ok", "order_violation", "malformed",  "truncated",
        "repaired", "missed",       "phantom",         "wrong_tool", "argument_violation"};
    return names[r];
}

struct reader {
    struct tare_arena *arena;
    const struct tare_calls_tool *tools; /* of the defaults, compiled once */
    uint32_t n_tools;
};

static enum tare_status read_defaults(void *ctx, struct tare_json v, struct tare_err *err)
{
    struct reader *rd = ctx;
    struct tare_json tools = tare_json_get(v, "tools");
    rd->tools = NULL;
    rd->n_tools = 0;
    return tare_json_present(tools)
               ? tare_tools_read(tools, rd->arena, &rd->tools, &rd->n_tools, err)
               : TARE_OK;
}

static enum tare_status read_regime(struct tare_json v, enum tare_tools_arm *out,
                                    struct tare_err *err)
{
    *out = TARE_ARM_STRICT;
    if (!tare_json_present(v) || tare_json_str_is(v, "auto"))
        return TARE_OK;
    for (int a = TARE_ARM_REQUIRED; a < TARE_TOOLS_ARMS; a++)
        if (tare_json_str_is(v, tare_tools_arm_name((enum tare_tools_arm)a))) {
            *out = (enum tare_tools_arm)a;
            return TARE_OK;
        }
    tare_err_hint(err, "regimes are auto, required, named, constrained and constrained-order");
    return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "the \"regime\" is not known");
}

/* Of the line, or of the request that it logs. */
static struct tare_json tools_of(struct tare_json v)
{
    struct tare_json own = tare_json_get(v, "tools"), request = tare_json_get(v, "request");
    struct tare_json body = tare_json_get(request, "body");
    if (tare_json_present(own))
        return own;
    return tare_json_get(tare_json_present(body) ? body : request, "tools");
}

static enum tare_status no_text(struct tare_json m, struct tare_err *err)
{
    tare_err_hint(err,
                  "a message is {\"text\": what the model wrote, \"expect\": [...]}, or a chat "
                  "log's {\"role\", \"content\", \"tool_calls\"}");
    return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(m), "a message has no \"text\"");
}

static enum tare_status read_episode(void *ctx, const struct tare__line *l, void *item,
                                     struct tare_err *err)
{
    const struct reader *rd = ctx;
    struct tare_tools_episode *e = item;
    struct tare_json v = l->v;
    struct tare_json tools = tools_of(v);
    *e =
        (struct tare_tools_episode){.id = tare__line_name(l, rd->arena, "id"),
                                    .workflow = tare_json_str(tare__line_member(l, "workflow")),
                                    .factor = tare_json_str(tare__line_member(l, "factor")),
                                    .dialect = tare_json_str(tare__line_member(l, "dialect")),
                                    .tools = rd->tools,
                                    .n_tools = rd->n_tools,
                                    .order = tare_json_get(tare__line_member(l, "policy"), "order"),
                                    .messages = tare_json_get(v, "messages"),
                                    .success = tare_json_get(v, "success")};
    if (e->id.n == 0) {
        tare_err_hint(err, "give each line \"id\": the name of its case");
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "the episode has no \"id\"");
    }
    if (tare__chat_is(v)) {
        enum tare_status read = tare__chat_read(v, rd->arena, &e->messages, err);
        if (read != TARE_OK)
            return read;
        e->dialect = e->dialect.n ? e->dialect : TARE_S("hermes"); /* as the reader spells it */
    }
    if (tare_json_kind(e->messages) != TARE_JSON_ARRAY)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "the episode has no list \"messages\"");
    for (struct tare_json m = tare_json_first(e->messages); m.doc; m = tare_json_next(m))
        if (tare_json_kind(tare_json_get(m, "text")) != TARE_JSON_STRING)
            return no_text(m, err);
    if (e->workflow.n == 0)
        e->workflow = e->id;
    (void)tare_json_i64(tare_json_get(v, "seed"), &e->seed);
    enum tare_status st = read_regime(tare_json_get(v, "regime"), &e->regime, err);
    if (st == TARE_OK && tare_json_present(tools))
        st = tare_tools_read(tools, rd->arena, &e->tools, &e->n_tools, err);
    if (st == TARE_OK && e->n_tools == 0) {
        tare_err_hint(err, "add \"tools\", here or in a line {\"defaults\": {\"tools\": [...]}}");
        st = tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "the episode has no tools");
    }
    return st;
}

enum tare_status tare_tools_recordings_read(struct tare_str jsonl, struct tare_arena *arena,
                                            struct tare_tools_recordings *out, struct tare_err *err)
{
    struct reader rd = {.arena = arena};
    const struct tare__lines how = {.ctx = &rd,
                                    .item_bytes = sizeof(struct tare_tools_episode),
                                    .defaults = read_defaults,
                                    .read = read_episode};
    void *list;
    *out = (struct tare_tools_recordings){0};
    enum tare_status st = tare__lines_read(jsonl, &how, arena, &list, &out->n, err);
    out->v = list;
    for (size_t i = 0; i < out->n; i++)
        out->has[out->v[i].regime] = true;
    return st;
}
