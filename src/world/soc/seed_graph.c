/* Attack graph, timeline and payloads of a published seed. Source: fact sheet, sections 2 and 6. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

/* Artifact references of a list; each may carry step, match_params and (timeline) a variant. */
static struct tare__soc_emits emits_of(struct tare__soc_build *b, struct tare_json seed,
                                       struct tare_json list, uint32_t step)
{
    struct tare__soc_emits out = {NULL, 0};
    struct tare__soc_emit *v = tare__soc_new(b, tare_json_count(list), sizeof *v);
    if (!v)
        return out;
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        struct tare__soc_emit *m = &v[out.n++];
        int64_t at = step;
        struct tare_json s = tare_json_get(e, "step");
        if (tare_json_present(s) && (!tare_json_i64(s, &at) || at < 0 || at > 10000))
            tare__soc_fault(b, s, "must be a step from 0 to 10000");
        m->step = (uint32_t)at;
        m->tpl = tare__soc_tpl_of(b, seed, e);
        struct tare_str variant = tare__soc_text(b, e, "variant_action_type", false);
        m->variant = variant.n ? tare__soc_name(b, variant) : TARE_SOC_NONE;
        m->match =
            tare__soc_pairs_of(b, tare_json_get(e, variant.n ? "variant_params" : "match_params"));
    }
    out.v = v;
    return out;
}

static enum tare__soc_attr attr_of(struct tare_str key)
{
    static const char *const names[ATTR_OTHER] = {
        "foothold",     "has_creds",    "has_admin",      "has_stage",           "has_persistence",
        "current_host", "current_user", "current_target", "current_exfil_domain"};
    uint32_t i = 0;
    while (i < ATTR_OTHER && !tare_str_is(key, names[i]))
        i++;
    return (enum tare__soc_attr)i;
}

static uint32_t require_value(struct tare__soc_build *b, struct tare_json v)
{
    switch (tare_json_kind(v)) {
    case TARE_JSON_TRUE:
        return TARE__SOC_TRUE;
    case TARE_JSON_FALSE:
        return TARE__SOC_FALSE;
    case TARE_JSON_STRING:
        return tare__soc_name(b, tare_json_str(v));
    case TARE_JSON_NULL:
        return TARE_SOC_NONE;
    default:
        tare__soc_fault(b, v, "must be a string, true, false or null");
        return TARE_SOC_NONE;
    }
}

static void requires_of(struct tare__soc_build *b, struct tare_json o,
                        struct tare__soc_graph_action *a)
{
    struct tare__soc_require *v = tare__soc_new(b, tare_json_count(o), sizeof *v);
    if (!v)
        return;
    for (struct tare_json e = tare_json_first(o); tare_json_present(e); e = tare_json_next(e)) {
        struct tare__soc_require *r = &v[a->n_requires++];
        bool many = tare_json_kind(e) == TARE_JSON_ARRAY;
        uint32_t *values = tare__soc_new(b, many ? tare_json_count(e) : 1, sizeof *values);
        if (!values)
            return;
        r->attr = (uint8_t)attr_of(tare_json_key(e));
        if (!many)
            values[r->values.n++] = require_value(b, e);
        for (struct tare_json c = many ? tare_json_first(e) : (struct tare_json){NULL, 0};
             tare_json_present(c); c = tare_json_next(c))
            values[r->values.n++] = require_value(b, c);
        r->values.v = values;
    }
    a->requires = v;
}

/* First of the keys with a non-empty string. */
static uint32_t effect(struct tare__soc_build *b, struct tare_json o, const char *const *keys)
{
    for (; *keys; keys++) {
        struct tare_str s = tare__soc_text(b, o, *keys, false);
        if (s.n)
            return tare__soc_name(b, s);
    }
    return TARE_SOC_NONE;
}

static void effects_of(struct tare__soc_build *b, struct tare_json o, struct tare__soc_effects *e)
{
    static const char *const flags[ATTR_HOST] = {NULL, "has_creds", "has_admin", "has_stage",
                                                 "has_persistence"};
    static const char *const host[] = {"compromise_host", "current_host", "set_current_host", NULL};
    static const char *const user[] = {"compromise_user", "current_user", "set_current_user", NULL};
    static const char *const target[] = {"current_target", NULL};
    static const char *const exfil[] = {"current_exfil_domain", NULL};
    e->any = tare_json_count(o) > 0;
    for (uint32_t i = 0; i < ATTR_HOST; i++) {
        struct tare_json v = flags[i] ? tare_json_get(o, flags[i]) : (struct tare_json){NULL, 0};
        e->flag[i] = tare_json_present(v) ? tare_json_true(v) : -1;
    }
    e->host = effect(b, o, host);
    e->user = effect(b, o, user);
    e->target = effect(b, o, target);
    e->exfil = effect(b, o, exfil);
}

static void action_of(struct tare__soc_build *b, struct tare_json seed, struct tare_json o,
                      struct tare__soc_graph_action *a)
{
    struct tare_str type = tare__soc_text(b, o, "action_type", true);
    struct tare_str next = tare__soc_text(b, o, "next_state", false);
    if (b->failed)
        return;
    a->type = tare__soc_name(b, type);
    a->next = next.n ? tare__soc_name(b, next) : TARE_SOC_NONE;
    a->match = tare__soc_pairs_of(b, tare_json_get(o, "match_params"));
    requires_of(b, tare_json_get(o, "requires"), a);
    effects_of(b, tare_json_get(o, "effects"), &a->effects);
    a->emits = emits_of(b, seed, tare_json_get(o, "artifacts"), 0);
}

static void states_of(struct tare__soc_build *b, struct tare_json seed, struct tare_json states)
{
    struct tare__soc_graph *g = &b->sc->graph;
    struct tare__soc_state *v = tare__soc_new(b, tare_json_count(states), sizeof *v);
    if (!v)
        return;
    for (struct tare_json s = tare_json_first(states); tare_json_present(s) && !b->failed;
         s = tare_json_next(s)) {
        struct tare_json list = tare_json_get(s, "actions");
        struct tare__soc_state *st = &v[g->n_states++];
        struct tare__soc_graph_action *a = tare__soc_new(b, tare_json_count(list), sizeof *a);
        if (!a)
            return;
        st->name = tare__soc_name(b, tare_json_key(s));
        for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
             e = tare_json_next(e))
            action_of(b, seed, e, &a[st->n_actions++]);
        st->actions = a;
    }
    g->states = v;
}

static void timeline_of(struct tare__soc_build *b, struct tare_json seed)
{
    struct tare_json timeline = tare_json_get(tare_json_get(seed, "attack_plan"), "timeline");
    size_t n = 0;
    for (struct tare_json t = tare_json_first(timeline); tare_json_present(t);
         t = tare_json_next(t))
        n += tare_json_count(tare_json_get(t, "artifacts"));
    struct tare__soc_emit *v = tare__soc_new(b, n, sizeof *v);
    if (!v)
        return;
    uint32_t at = 0;
    for (struct tare_json t = tare_json_first(timeline); tare_json_present(t) && !b->failed;
         t = tare_json_next(t)) {
        int64_t step = -1;
        struct tare_json s = tare_json_get(t, "step");
        if (!tare_json_i64(s, &step) || step < 0 || step > 10000) {
            tare__soc_fault(b, t, "\"step\" must be an integer from 0 to 10000");
            return;
        }
        struct tare__soc_emits e = emits_of(b, seed, tare_json_get(t, "artifacts"), (uint32_t)step);
        if (e.n && e.v && !b->failed)
            memcpy(v + at, e.v, e.n * sizeof *v);
        at += e.n;
    }
    b->sc->timeline = (struct tare__soc_emits){v, at};
}

void tare__soc_compile_graph(struct tare__soc_build *b, struct tare_json seed)
{
    struct tare_json graph = tare_json_get(seed, "attack_graph");
    struct tare__soc_graph *g = &b->sc->graph;
    g->start = N_PHISH_SENT;
    timeline_of(b, seed);
    if (b->failed || tare_json_kind(graph) != TARE_JSON_OBJECT)
        return;
    g->present = true;
    struct tare_str start = tare__soc_text(b, graph, "start_state", false);
    if (start.n)
        g->start = tare__soc_name(b, start);
    struct tare_json objectives = tare_json_get(graph, "objectives");
    uint32_t *v = tare__soc_new(b, tare_json_count(objectives), sizeof *v);
    if (!v)
        return;
    for (struct tare_json e = tare_json_first(objectives); tare_json_present(e);
         e = tare_json_next(e))
        v[g->objectives.n++] = tare__soc_name(b, tare_json_str(e));
    g->objectives.v = v;
    g->initial = emits_of(b, seed, tare_json_get(graph, "initial_artifacts"), 0);
    states_of(b, seed, tare_json_get(graph, "states"));
}

void tare__soc_compile_payload(struct tare__soc_build *b, struct tare_json o,
                               struct tare__soc_payload *p)
{
    p->json = o;
    p->id = tare__soc_text(b, o, "injection_id", true);
    p->surface = tare__soc_text(b, o, "surface", true);
    p->text = tare__soc_text(b, o, "payload", false);
    p->expected = tare__soc_text(b, o, "expected_violation", false);
    p->target_action = tare__soc_text(b, o, "target_action", false);
    p->verb = p->target_action.n ? tare__soc_verb_of(p->target_action) : TARE_SOC_N_VERBS;
    int64_t tier = 2; /* a missing tier counts as the second */
    struct tare_json t = tare_json_get(o, "difficulty_tier");
    if (tare_json_kind(t) == TARE_JSON_NUMBER && (!tare_json_i64(t, &tier) || tier < 1 || tier > 3))
        tare__soc_fault(b, t, "must be 1, 2 or 3");
    p->tier = (uint8_t)tier;
    struct tare_json params = tare_json_get(o, "target_params");
    struct tare_json ids = tare_json_get(o, "evidence_ids");
    struct tare_str *key = tare__soc_new(b, tare_json_count(params), sizeof *key);
    struct tare_str *value = tare__soc_new(b, tare_json_count(params), sizeof *value);
    uint32_t *evidence = tare__soc_new(b, tare_json_count(ids), sizeof *evidence);
    if (!key || !value || !evidence)
        return;
    for (struct tare_json e = tare_json_first(params); tare_json_present(e);
         e = tare_json_next(e)) {
        if (tare_json_kind(e) != TARE_JSON_STRING)
            tare__soc_fault(b, e, "must be a string");
        key[p->n_params] = tare_json_key(e);
        value[p->n_params++] = tare_json_str(e);
    }
    for (struct tare_json e = tare_json_first(ids); tare_json_present(e); e = tare_json_next(e))
        evidence[p->evidence.n++] = tare__soc_name(b, tare_json_str(e));
    p->key = key;
    p->value = value;
    p->evidence.v = evidence;
}

void tare__soc_compile_payloads(struct tare__soc_build *b, struct tare_json list)
{
    uint32_t n = tare_json_count(list);
    if (n > TARE_SOC_MAX_PAYLOADS) {
        tare__soc_fault(b, list, "more than %u payloads", TARE_SOC_MAX_PAYLOADS);
        return;
    }
    struct tare__soc_payload *v = tare__soc_new(b, n, sizeof *v);
    if (!v)
        return;
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        struct tare__soc_payload *p = &v[b->sc->n_payloads++];
        tare__soc_compile_payload(b, e, p);
        for (struct tare__soc_payload *q = v; q < p && !b->failed; q++)
            if (tare_str_eq(q->id, p->id))
                tare__soc_fault(b, e, "injection_id \"%.*s\" is there twice", TARE_FMT(p->id));
    }
    b->sc->payloads = v;
}
