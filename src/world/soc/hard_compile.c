/* Compiles a scenario of the hardened profile (docs/schema/soc-scenario.json). */
#include "base/limits.h"
#include "world/soc/soc_int.h"

#include "base/banned.h"

static const char *const containments[3] = {"isolate_hosts", "block_domains", "reset_users"};
static const uint8_t containment_kind[3] = {TARE__SOC_IS_HOST, TARE__SOC_IS_DOMAIN,
                                            TARE__SOC_IS_USER};
static const char *const incident_keys[5] = {"host", "user", "domain", "target", "vector"};
static const uint8_t incident_kind[5] = {TARE__SOC_IS_HOST, TARE__SOC_IS_USER, TARE__SOC_IS_DOMAIN,
                                         TARE__SOC_IS_TARGET, TARE__SOC_IS_VECTOR};

static int64_t number(struct tare__soc_build *b, struct tare_json o, const char *key, int64_t min,
                      int64_t max)
{
    int64_t x = 0;
    struct tare_json v = tare_json_get(o, key);
    if (!tare_json_i64(v, &x) || x < min || x > max) {
        tare__soc_fault(b, tare_json_present(v) ? v : o,
                        "\"%s\" must be an integer from %lld to %lld", key, (long long)min,
                        (long long)max);
        return min;
    }
    return x;
}

/* A string that must be an entity of the kind. */
static uint32_t entity(struct tare__soc_build *b, struct tare_json o, const char *key, uint8_t kind)
{
    struct tare_str s = tare__soc_text(b, o, key, true);
    if (b->failed)
        return 0;
    uint32_t name = tare__soc_find(&b->sc->names, s);
    if (name == TARE_SOC_NONE || !(b->sc->names.kind[name] & kind)) {
        tare__soc_fault(b, tare_json_get(o, key), "\"%.*s\" is not among the entities",
                        TARE_FMT(s));
        return 0;
    }
    return name;
}

static struct tare__soc_list group(struct tare__soc_build *b, struct tare_json entities,
                                   const char *key, uint8_t kind)
{
    struct tare__soc_list out = {NULL, 0};
    struct tare_json list = tare_json_get(entities, key);
    if (tare_json_kind(list) != TARE_JSON_ARRAY || tare_json_count(list) > TARE_SOC_MAX_ENTITIES) {
        tare__soc_fault(b, entities, "\"%s\" must be a list of at most %u", key,
                        TARE_SOC_MAX_ENTITIES);
        return out;
    }
    uint32_t *v = tare__soc_new(b, tare_json_count(list), sizeof *v);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        bool plain = kind == TARE__SOC_IS_VECTOR;
        struct tare_str s = plain ? tare_json_str(e) : tare__soc_text(b, e, "id", true);
        if (s.n == 0) {
            tare__soc_fault(b, e, "an entity needs a name");
            return out;
        }
        v[out.n] = tare__soc_name(b, s);
        if (b->sc->names.kind[v[out.n]])
            tare__soc_fault(b, e, "\"%.*s\" is there twice", TARE_FMT(s));
        tare__soc_mark_known(&b->sc->names, v[out.n++], kind);
    }
    out.v = v;
    return out;
}

static void head(struct tare__soc_build *b, struct tare_json o)
{
    struct tare_soc_scenario *sc = b->sc;
    struct tare_json entities = tare_json_get(o, "entities");
    int64_t ns;
    sc->id = tare__soc_text(b, o, "id", true);
    sc->max_steps = (uint32_t)number(b, o, "max_steps", 1, TARE_MAX_STEPS);
    sc->par_steps = (uint32_t)number(b, o, "par_steps", 1, TARE_MAX_STEPS);
    struct tare_str at = tare__soc_text(b, o, "created_at", true);
    if (!b->failed && !tare_time_parse(at.p, at.n, &ns))
        tare__soc_fault(b, tare_json_get(o, "created_at"),
                        "must be a time such as 2031-03-04T08:00:00Z");
    if (b->failed)
        return;
    tare__soc_times(b, at);
    sc->users = group(b, entities, "users", TARE__SOC_IS_USER);
    sc->hosts = group(b, entities, "hosts", TARE__SOC_IS_HOST);
    sc->domains = group(b, entities, "domains", TARE__SOC_IS_DOMAIN);
    sc->targets = group(b, entities, "targets", TARE__SOC_IS_TARGET);
    group(b, entities, "vectors", TARE__SOC_IS_VECTOR);
}

static uint32_t verb_of_stop(struct tare__soc_build *b, struct tare_json o)
{
    uint32_t verb = tare__soc_verb_of(tare__soc_text(b, o, "action", true));
    if (!tare_soc_is_containment(verb)) {
        tare__soc_fault(b, o, "\"action\" must be isolate_host, block_domain or reset_user");
        return TARE_SOC_ISOLATE_HOST;
    }
    return verb;
}

static void stage(struct tare__soc_build *b, struct tare_json o, struct tare__soc_stage *s)
{
    struct tare_json stops = tare_json_get(o, "stopped_by");
    struct tare__soc_stop *v = tare__soc_new(b, tare_json_count(stops), sizeof *v);
    s->step = (uint32_t)number(b, o, "step", 0, TARE_MAX_STEPS);
    struct tare_str phase = tare__soc_text(b, o, "phase", true);
    s->phase = tare__soc_phase_of(phase);
    if (s->phase < 0)
        tare__soc_fault(b, o, "there is no phase \"%.*s\"", TARE_FMT(phase));
    for (struct tare_json e = tare_json_first(stops); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        uint32_t verb = verb_of_stop(b, e);
        v[s->n_stops++] = (struct tare__soc_stop){
            verb, entity(b, e, "entity", containment_kind[verb - TARE_SOC_ISOLATE_HOST])};
    }
    s->stops = v;
}

static void incident(struct tare__soc_build *b, struct tare_json o, struct tare__soc_incident *in)
{
    struct tare_json list = tare_json_get(o, "stages");
    uint32_t n = tare_json_count(list);
    if (n > TARE_SOC_MAX_STAGES) {
        tare__soc_fault(b, list, "more than %u stages", TARE_SOC_MAX_STAGES);
        return;
    }
    struct tare__soc_stage *v = tare__soc_new(b, n, sizeof *v);
    in->id = tare__soc_text(b, o, "id", true);
    for (uint32_t i = 0; i < 5; i++)
        in->field[i] = entity(b, o, incident_keys[i], incident_kind[i]);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        stage(b, e, &v[in->n_stages]);
        if (in->n_stages > 0 && v[in->n_stages].step <= v[in->n_stages - 1].step)
            tare__soc_fault(b, e, "stages of an incident must come at growing steps");
        in->n_stages++;
    }
    in->stages = v;
}

static void incidents(struct tare__soc_build *b, struct tare_json o)
{
    struct tare_json list = tare_json_get(o, "incidents");
    uint32_t n = tare_json_count(list);
    if (tare_json_kind(list) != TARE_JSON_ARRAY || n > TARE_SOC_MAX_INCIDENTS) {
        tare__soc_fault(b, o, "\"incidents\" must be a list of at most %u", TARE_SOC_MAX_INCIDENTS);
        return;
    }
    struct tare__soc_incident *v = tare__soc_new(b, n, sizeof *v);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e))
        incident(b, e, &v[b->sc->n_incidents++]);
    b->sc->incidents = v;
    b->sc->benign = n == 0;
}

static void need(struct tare__soc_build *b, struct tare_json o, bool required)
{
    for (uint32_t c = 0; c < 3 && !b->failed; c++) {
        struct tare_json list = tare_json_get(o, containments[c]);
        struct tare__soc_list raw = {NULL, 0};
        uint32_t *v = tare__soc_new(b, tare_json_count(list), sizeof *v);
        for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
             e = tare_json_next(e)) {
            uint32_t name = tare__soc_find(&b->sc->names, tare_json_str(e));
            if (name == TARE_SOC_NONE || !(b->sc->names.kind[name] & containment_kind[c])) {
                tare__soc_fault(b, e, "\"%.*s\" is not among the entities",
                                TARE_FMT(tare_json_str(e)));
                return;
            }
            v[raw.n++] = name;
            b->sc->need[name] |= (uint8_t)(required ? TARE__SOC_NEED(c) : TARE__SOC_MAY(c));
        }
        raw.v = v;
        if (required && !b->failed)
            b->sc->required[c] = tare__soc_sorted(b, raw, 0);
    }
}

static void truth_of(struct tare__soc_build *b, struct tare_json truth)
{
    struct tare_soc_scenario *sc = b->sc;
    if (!tare_json_str_is(tare_json_get(truth, "schema"), "tare.soc.truth/1")) {
        tare__soc_fault(b, truth, "\"expect\" must be of schema tare.soc.truth/1");
        return;
    }
    struct tare_str verdict = tare__soc_text(b, truth, "verdict", true);
    bool benign = tare_str_is(verdict, "no_incident");
    if (benign != sc->benign || (!benign && !tare_str_is(verdict, "incident")))
        tare__soc_fault(b, truth, "the verdict \"%.*s\" does not fit %u incidents",
                        TARE_FMT(verdict), sc->n_incidents);
    sc->need = tare__soc_new(b, sc->names.cap, 1);
    if (b->failed)
        return;
    need(b, tare_json_get(truth, "required"), true);
    need(b, tare_json_get(truth, "permitted"), false);
}

static uint32_t column_of(enum tare_soc_table table, struct tare_str name)
{
    const struct tare__soc_table_def *d = tare__soc_table(TARE_SOC_HARDENED, table);
    uint32_t c = 0;
    while (c < d->n_columns && !tare_str_is(name, d->columns[c]))
        c++;
    return c < d->n_columns && c != d->id && c != d->step && c != d->trust && c != d->source &&
                   c != d->created
               ? c
               : TARE__SOC_NO_COLUMN;
}

static void columns(struct tare__soc_build *b, struct tare_json o, struct tare__soc_tpl *t)
{
    for (struct tare_json e = tare_json_first(o); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        uint32_t c = column_of((enum tare_soc_table)t->table, tare_json_key(e));
        enum tare_json_kind kind = tare_json_kind(e);
        int64_t i = 0;
        if (c == TARE__SOC_NO_COLUMN) {
            tare__soc_fault(b, e, "the table has no column \"%.*s\" to be given",
                            TARE_FMT(tare_json_key(e)));
        } else if (kind == TARE_JSON_STRING) {
            t->cells[c] = (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = tare_json_str(e)};
        } else if (kind == TARE_JSON_NUMBER && tare_json_i64(e, &i)) {
            t->cells[c] = (struct tare_soc_cell){.kind = TARE_SOC_INT, .i = i};
        } else if (kind != TARE_JSON_NULL) {
            tare__soc_fault(b, e, "must be a string, an integer or null");
        }
    }
}

static void mentions(struct tare__soc_build *b, struct tare_json list, struct tare__soc_tpl *t)
{
    struct tare__soc_mention *v = tare__soc_new(b, tare_json_count(list), sizeof *v);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        struct tare_str column = tare__soc_text(b, e, "column", true);
        uint32_t c = column_of((enum tare_soc_table)t->table, column);
        uint32_t name = entity(b, e, "entity", 0xff);
        if (c == TARE__SOC_NO_COLUMN) {
            tare__soc_fault(b, e, "the table has no column \"%.*s\"", TARE_FMT(column));
            return;
        }
        v[t->n_mentions++] = (struct tare__soc_mention){
            name, (uint8_t)c, tare_json_true(tare_json_get(e, "implicates"))};
    }
    t->mentions = v;
}

static void stage_ref(struct tare__soc_build *b, struct tare_json o, struct tare__soc_tpl *t)
{
    static const char *const when[3] = {"always", "done", "blocked"};
    t->incident = TARE_SOC_NONE;
    if (!tare_json_present(o))
        return;
    struct tare_str id = tare__soc_text(b, o, "incident", true);
    struct tare_str w = tare__soc_text(b, o, "when", true);
    for (uint32_t i = 0; i < b->sc->n_incidents; i++)
        if (tare_str_eq(b->sc->incidents[i].id, id))
            t->incident = i;
    if (t->incident == TARE_SOC_NONE) {
        tare__soc_fault(b, o, "there is no incident \"%.*s\"", TARE_FMT(id));
        return;
    }
    const struct tare__soc_incident *in = &b->sc->incidents[t->incident];
    t->stage = (uint32_t)number(b, o, "stage", 0, (int64_t)in->n_stages - 1);
    while (t->when < 3 && !tare_str_is(w, when[t->when]))
        t->when++;
    if (t->when == 3)
        tare__soc_fault(b, o, "\"when\" must be always, done or blocked");
    else if (!b->failed && in->stages[t->stage].step != t->step)
        tare__soc_fault(b, o, "the row comes at step %u, its stage at step %u", t->step,
                        in->stages[t->stage].step);
}

static void trust_of(struct tare__soc_build *b, struct tare_json o, struct tare__soc_tpl *t)
{
    static const char *const tiers[4] = {"", "untrusted", "corroborated", "verified"};
    const struct tare__soc_table_def *d =
        tare__soc_table(TARE_SOC_HARDENED, (enum tare_soc_table)t->table);
    struct tare_str tier = tare__soc_text(b, o, "trust_tier", true);
    struct tare_str source = tare__soc_text(b, o, "source", false);
    for (uint8_t i = 1; i < 4; i++)
        if (tare_str_is(tier, tiers[i]))
            t->trust = i;
    if (t->trust == 0)
        tare__soc_fault(b, o, "\"trust_tier\" must be untrusted, corroborated or verified");
    t->cells[d->trust] = (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = tier};
    if (source.p)
        t->cells[d->source] = (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = source};
}

static void row(struct tare__soc_build *b, struct tare_json o, struct tare__soc_tpl *t)
{
    struct tare_str id = tare__soc_text(b, o, "id", true);
    struct tare_str table = tare__soc_text(b, o, "table", true);
    t->table = (uint8_t)tare__soc_table_of(table);
    if (t->table == TARE_SOC_N_TABLES)
        tare__soc_fault(b, o, "there is no log table \"%.*s\"", TARE_FMT(table));
    if (b->failed)
        return;
    t->id = tare__soc_name(b, id);
    t->step = (uint32_t)number(b, o, "step", 0, TARE_MAX_STEPS);
    t->clears = tare_json_true(tare_json_get(o, "clears"));
    trust_of(b, o, t);
    columns(b, tare_json_get(o, "columns"), t);
    mentions(b, tare_json_get(o, "names"), t);
    stage_ref(b, tare_json_get(o, "stage"), t);
    struct tare_str payload = tare__soc_text(b, o, "payload", false);
    t->payload = TARE_SOC_NONE;
    for (uint32_t i = 0; payload.p && i < b->sc->n_payloads; i++)
        if (tare_str_eq(b->sc->payloads[i].id, payload))
            t->payload = i;
    if (payload.p && t->payload == TARE_SOC_NONE)
        tare__soc_fault(b, o, "there is no payload \"%.*s\"", TARE_FMT(payload));
}

static void payload(struct tare__soc_build *b, struct tare_json o, struct tare__soc_payload *p)
{
    struct tare_json params = tare_json_get(o, "params");
    uint32_t n = tare_json_count(params);
    struct tare_str *key = tare__soc_new(b, n, sizeof *key);
    struct tare_str *value = tare__soc_new(b, n, sizeof *value);
    p->json = o;
    p->id = tare__soc_text(b, o, "id", true);
    p->surface = tare__soc_text(b, o, "surface", true);
    p->text = tare__soc_text(b, o, "text", true);
    p->target_action = tare__soc_text(b, o, "action", true);
    p->tier = (uint8_t)number(b, o, "tier", 1, 3);
    p->verb = tare__soc_verb_of(p->target_action);
    if (p->verb == TARE_SOC_N_VERBS || p->text.n == 0)
        tare__soc_fault(b, o, "a payload needs a known action and a text");
    for (struct tare_json e = tare_json_first(params); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        key[p->n_params] = tare_json_key(e);
        value[p->n_params++] = tare_json_str(e);
    }
    p->key = key;
    p->value = value;
}

static void payloads(struct tare__soc_build *b, struct tare_json list)
{
    uint32_t n = tare_json_count(list);
    if (n > TARE_SOC_MAX_PAYLOADS) {
        tare__soc_fault(b, list, "more than %u payloads", TARE_SOC_MAX_PAYLOADS);
        return;
    }
    struct tare__soc_payload *v = tare__soc_new(b, n, sizeof *v);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e))
        payload(b, e, &v[b->sc->n_payloads++]);
    b->sc->payloads = v;
}

/* Rows in order of arrival; rows of one step keep their order. */
static void arrivals(struct tare__soc_build *b, uint32_t n)
{
    uint32_t *v = tare__soc_new(b, n, sizeof *v);
    for (uint32_t i = 0; v && i < n; i++) {
        uint32_t at = i;
        while (at > 0 && b->sc->tpl[v[at - 1]].step > b->sc->tpl[i].step)
            at--;
        memmove(v + at + 1, v + at, (i - at) * sizeof *v);
        v[at] = i;
    }
    b->sc->by_step = v;
}

static void rows(struct tare__soc_build *b, struct tare_json list)
{
    uint32_t n = tare_json_count(list), i = 0;
    if (tare_json_kind(list) != TARE_JSON_ARRAY || n > TARE_SOC_MAX_ROWS) {
        tare__soc_fault(b, list, "\"rows\" must be a list of at most %u", TARE_SOC_MAX_ROWS);
        return;
    }
    struct tare__soc_tpl *v = tare__soc_new(b, n, sizeof *v);
    uint8_t *taken = tare__soc_new(b, b->sc->names.cap, 1);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e) && !b->failed;
         e = tare_json_next(e)) {
        row(b, e, &v[i]);
        if (!b->failed && taken[v[i].id]++)
            tare__soc_fault(b, e, "the id \"%.*s\" is there twice",
                            TARE_FMT(b->sc->names.v[v[i].id]));
        i++;
    }
    b->sc->tpl = v;
    b->sc->n_tpl = i;
    if (!b->failed)
        arrivals(b, i);
}

enum tare_status tare__soc_compile_hard(struct tare__soc_build *b, struct tare_json scenario,
                                        struct tare_json truth)
{
    head(b, scenario);
    if (!b->failed)
        incidents(b, scenario);
    if (!b->failed)
        truth_of(b, truth);
    if (!b->failed)
        payloads(b, tare_json_get(scenario, "payloads"));
    if (!b->failed)
        rows(b, tare_json_get(scenario, "rows"));
    return b->failed ? b->err->code : TARE_OK;
}
