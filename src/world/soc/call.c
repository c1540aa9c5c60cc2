/* The action in hand: one shape for typed actions and for JSON text. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

static const struct {
    const char *name, *param;
} verbs[TARE_SOC_N_VERBS] = {
    [TARE_SOC_NOOP] = {"noop", NULL},
    [TARE_SOC_QUERY_LOGS] = {"query_logs", "sql"},
    [TARE_SOC_FETCH_EMAIL] = {"fetch_email", "email_id"},
    [TARE_SOC_FETCH_ALERT] = {"fetch_alert", "alert_id"},
    [TARE_SOC_ISOLATE_HOST] = {"isolate_host", "host_id"},
    [TARE_SOC_BLOCK_DOMAIN] = {"block_domain", "domain"},
    [TARE_SOC_RESET_USER] = {"reset_user", "user_id"},
    [TARE_SOC_SUBMIT_REPORT] = {"submit_report", "summary_json"},
};

bool tare_soc_is_containment(uint32_t verb)
{
    return verb >= TARE_SOC_ISOLATE_HOST && verb <= TARE_SOC_RESET_USER;
}

const char *tare_soc_verb_name(uint32_t verb)
{
    return verbs[verb < TARE_SOC_N_VERBS ? verb : TARE_SOC_NOOP].name;
}

const char *tare_soc_verb_param(uint32_t verb)
{
    return verbs[verb < TARE_SOC_N_VERBS ? verb : TARE_SOC_NOOP].param;
}

uint32_t tare__soc_verb_of(struct tare_str type)
{
    uint32_t v = 0;
    while (v < TARE_SOC_N_VERBS && !tare_str_is(type, verbs[v].name))
        v++;
    return v;
}

uint32_t tare_soc_column(const struct tare_soc_result *result, const char *name)
{
    for (uint32_t i = 0; i < result->n_columns; i++)
        if (tare_str_is(result->columns[i], name))
            return i;
    return UINT32_MAX;
}

void tare__soc_call_typed(struct tare__soc_call *call, const struct tare_action *action)
{
    const struct tare_soc_params *p = action->params;
    memset(call, 0, sizeof *call);
    call->verb = action->verb < TARE_SOC_N_VERBS ? action->verb : TARE_SOC_NOOP;
    call->type = tare_str_of(verbs[call->verb].name);
    if (!p)
        return;
    call->text = p->text;
    call->report = p->report;
    if (call->verb == TARE_SOC_NOOP && p->text.n)
        call->type = p->text;
}

void tare__soc_call_value(struct tare__soc_call *call, struct tare_json action)
{
    memset(call, 0, sizeof *call);
    struct tare_json type = tare_json_get(action, "action_type");
    call->type = TARE_S("noop");
    call->params = tare_json_get(action, "params");
    if (tare_json_kind(action) != TARE_JSON_OBJECT) {
        call->fault = TARE_S("an action must be an object with action_type and params");
        return;
    }
    if (tare_json_kind(type) != TARE_JSON_STRING) {
        call->fault = TARE_S("action_type must be a string");
        return;
    }
    enum tare_json_kind kind = tare_json_kind(call->params);
    if (kind != TARE_JSON_OBJECT && kind != TARE_JSON_ABSENT && kind != TARE_JSON_NULL) {
        call->fault = TARE_S("params must be an object");
        call->params = (struct tare_json){NULL, 0};
        return;
    }
    call->type = tare_json_str(type);
    call->verb = tare__soc_verb_of(call->type);
    if (call->verb >= TARE_SOC_N_VERBS)
        call->verb = TARE_SOC_NOOP;
    const char *key = verbs[call->verb].param;
    struct tare_json v = key ? tare_json_get(call->params, key) : (struct tare_json){NULL, 0};
    if (call->verb == TARE_SOC_SUBMIT_REPORT) {
        struct tare_json report = tare_json_get(call->params, "report");
        call->summary = tare_json_present(v) ? v : report;
        return;
    }
    kind = tare_json_kind(v);
    call->odd = kind != TARE_JSON_STRING && kind != TARE_JSON_ABSENT && kind != TARE_JSON_NULL;
    if (kind == TARE_JSON_STRING) {
        call->text = tare_json_str(v);
        if (!call->text.p)
            call->text = TARE_S("");
    }
}

void tare__soc_call_json(struct tare__soc_call *call, struct tare_str text,
                         struct tare_arena *arena)
{
    struct tare_json root;
    struct tare_err err = {0};
    if (tare_json_parse(text, &tare_json_strict, arena, &root, &err) == TARE_OK) {
        tare__soc_call_value(call, root);
        return;
    }
    memset(call, 0, sizeof *call);
    call->type = TARE_S("noop");
    call->fault = tare_arena_printf(arena, "not JSON at byte %zu: %s", err.offset, err.text);
    if (!call->fault.p)
        call->fault = TARE_S("not JSON");
}
