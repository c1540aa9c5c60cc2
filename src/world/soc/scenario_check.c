/* Validator of hardened scenarios; see scenario.h. */
#include "world/soc/scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum kind { USER = 0, HOST, DOMAIN, TARGET, VECTOR, INCIDENT, ROW, PAYLOAD, KINDS };

/* A name and what it is the name of. */
struct id {
    struct tare_str name;
    enum kind kind;
    struct tare_json at;
};

struct check {
    struct tare_json scenario, expect;
    struct tare_arena *arena;
    struct tare_err *err;
    struct id *id; /* sorted by name */
    uint32_t n;
    int64_t max_steps, last_step; /* last_step: latest useful arrival of evidence */
    enum tare_status status;
};

/* The first fault stays. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
fault(struct check *c, struct tare_json at, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    if (c->status != TARE_OK)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct tare_str where =
        tare_json_present(at) ? tare_json_pointer(at, c->arena) : TARE_S("scenario");
    c->status =
        tare_fail_at(c->err, TARE_E_INPUT, tare_json_offset(at), "%.*s: %s", TARE_FMT(where), text);
}

static struct tare_json get(struct tare_json v, const char *key)
{
    return tare_json_get(v, key);
}

static struct tare_str text_at(struct tare_json v, const char *key)
{
    return tare_json_str(tare_json_get(v, key));
}

static int by_name(const void *a, const void *b)
{
    return tare_str_cmp(((const struct id *)a)->name, ((const struct id *)b)->name);
}

static const struct id *find(const struct check *c, struct tare_str name)
{
    const struct id key = {.name = name};
    return c->n == 0 ? NULL : bsearch(&key, c->id, c->n, sizeof *c->id, by_name);
}

static bool is_a(const struct check *c, struct tare_str name, enum kind kind)
{
    const struct id *id = find(c, name);
    return id != NULL && id->kind == kind;
}

/* Index of `word` in a NULL-terminated list, or -1. */
static int index_of(struct tare_str word, const char *const *list)
{
    for (int i = 0; list[i] != NULL; i++) {
        if (tare_str_is(word, list[i]))
            return i;
    }
    return -1;
}

/* ---- names ------------------------------------------------------------------------------- */

static const struct {
    const char *key;
    bool entity;
    enum kind kind;
    uint32_t max;
} lists[] = {{"users", true, USER, TARE_SOC_MAX_ENTITIES},
             {"hosts", true, HOST, TARE_SOC_MAX_ENTITIES},
             {"domains", true, DOMAIN, TARE_SOC_MAX_ENTITIES},
             {"targets", true, TARGET, TARE_SOC_MAX_ENTITIES},
             {"vectors", true, VECTOR, TARE_SOC_MAX_ENTITIES},
             {"incidents", false, INCIDENT, TARE_SOC_MAX_INCIDENTS},
             {"rows", false, ROW, TARE_SOC_MAX_ROWS},
             {"payloads", false, PAYLOAD, TARE_SOC_MAX_PAYLOADS}};
#define N_LISTS (sizeof lists / sizeof lists[0])

static struct tare_json list_at(const struct check *c, size_t k)
{
    struct tare_json from = lists[k].entity ? get(c->scenario, "entities") : c->scenario;
    return get(from, lists[k].key);
}

static void collect_list(struct check *c, size_t k)
{
    struct tare_json v = tare_json_first(list_at(c, k));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        bool bare = lists[k].kind == VECTOR;
        struct tare_str name = bare ? tare_json_str(v) : text_at(v, "id");
        if (name.n == 0)
            fault(c, v, "has no name");
        c->id[c->n++] = (struct id){name, lists[k].kind, v};
    }
}

/* Every name is unique in the whole scenario: a row that names something is never ambiguous. */
static void collect(struct check *c)
{
    uint32_t total = 0;
    for (size_t k = 0; k < N_LISTS; k++) {
        struct tare_json list = list_at(c, k);
        if (tare_json_kind(list) != TARE_JSON_ARRAY)
            fault(c, c->scenario, "\"%s\" is missing or not a list", lists[k].key);
        if (tare_json_count(list) > lists[k].max)
            fault(c, list, "has %u entries; the most is %u", tare_json_count(list), lists[k].max);
        total += tare_json_count(list);
    }
    if (c->status != TARE_OK)
        return;
    c->id = TARE_NEW_N(c->arena, struct id, total + 1);
    if (c->id == NULL) {
        c->status = tare_fail(c->err, TARE_E_NOMEM, "no memory to check a scenario");
        return;
    }
    for (size_t k = 0; k < N_LISTS; k++)
        collect_list(c, k);
    qsort(c->id, c->n, sizeof *c->id, by_name);
    for (uint32_t i = 1; i < c->n; i++) {
        if (tare_str_eq(c->id[i].name, c->id[i - 1].name))
            fault(c, c->id[i].at, "the name \"%.*s\" is used twice", TARE_FMT(c->id[i].name));
    }
}

/* ---- incidents --------------------------------------------------------------------------- */

static const char *const actions[] = {"isolate_host", "block_domain", "reset_user", NULL};
static const enum kind action_kind[] = {HOST, DOMAIN, USER};
static const char *const phases[] = {"recon",   "access", "persistence", "lateral_spread",
                                     "staging", "exfil",  NULL};

static void check_stages(struct check *c, struct tare_json incident)
{
    int64_t before = 0;
    struct tare_json v = tare_json_first(get(incident, "stages"));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        int64_t step = 0;
        if (!tare_json_i64(get(v, "step"), &step) || step < before)
            fault(c, v, "stages need a step each, in order");
        before = step;
        if (index_of(text_at(v, "phase"), phases) < 0)
            fault(c, v, "there is no phase \"%.*s\"", TARE_FMT(text_at(v, "phase")));
        struct tare_json stop = tare_json_first(get(v, "stopped_by"));
        for (; tare_json_present(stop); stop = tare_json_next(stop)) {
            int action = index_of(text_at(stop, "action"), actions);
            struct tare_str entity = text_at(stop, "entity");
            if (action < 0 || !is_a(c, entity, action_kind[action]))
                fault(c, stop, "\"%.*s\" cannot be stopped like this", TARE_FMT(entity));
        }
    }
}

static const struct {
    const char *key, *truth;
    enum kind kind;
} facts[] = {{"host", "patient_zero_host", HOST},
             {"user", "compromised_user", USER},
             {"domain", "attacker_domain", DOMAIN},
             {"target", "data_target", TARGET},
             {"vector", "initial_vector", VECTOR}};
#define N_FACTS (sizeof facts / sizeof facts[0])

static void check_incidents(struct check *c)
{
    struct tare_json v = tare_json_first(get(c->scenario, "incidents"));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        for (size_t f = 0; f < N_FACTS; f++) {
            struct tare_str name = text_at(v, facts[f].key);
            if (!is_a(c, name, facts[f].kind))
                fault(c, v, "%s \"%.*s\" is not among the entities", facts[f].key, TARE_FMT(name));
        }
        check_stages(c, v);
    }
}

/* ---- rows and payloads ------------------------------------------------------------------- */

static const char *const tables[] = {"email_logs",     "auth_logs", "netflow",
                                     "process_events", "alerts",    NULL};
static const char *const columns[TARE_SOC_N_TABLES][9] = {
    {"sender", "recipient", "subject", "body", NULL},
    {"user_id", "host_id", "source_ip", "auth_type", "success", NULL},
    {"src_host", "dst_host", "dst_domain", "dst_port", "protocol", "bytes_sent", "bytes_received",
     NULL},
    {"host_id", "user_id", "process_name", "command_line", "parent_process", NULL},
    {"alert_type", "severity", "message", "related_id", NULL}};
static const char *const free_text[TARE_SOC_N_TABLES] = {"body", NULL, NULL, "command_line",
                                                         "message"};
static const char *const tiers[] = {"untrusted", "corroborated", "verified", NULL};

static void check_names(struct check *c, struct tare_json row)
{
    struct tare_json v = tare_json_first(get(row, "names"));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str entity = text_at(v, "entity"), column = text_at(v, "column");
        const struct id *id = find(c, entity);
        struct tare_str value = tare_json_str(tare_json_get_str(get(row, "columns"), column));
        if (id == NULL || id->kind >= INCIDENT)
            fault(c, v, "\"%.*s\" is not among the entities", TARE_FMT(entity));
        if (tare_str_find(value, entity) == SIZE_MAX)
            fault(c, v, "\"%.*s\" does not stand in the column \"%.*s\"", TARE_FMT(entity),
                  TARE_FMT(column));
    }
}

static void check_stage_of(struct check *c, struct tare_json row, int64_t step)
{
    static const char *const when[] = {"always", "done", "blocked", NULL};
    struct tare_json stage = get(row, "stage");
    if (!tare_json_present(stage))
        return;
    const struct id *id = find(c, text_at(stage, "incident"));
    int64_t number = -1, at = -1;
    if (id == NULL || id->kind != INCIDENT) {
        fault(c, stage, "there is no incident \"%.*s\"", TARE_FMT(text_at(stage, "incident")));
        return;
    }
    struct tare_json list = get(id->at, "stages");
    if (!tare_json_i64(get(stage, "stage"), &number) || number < 0 ||
        number >= (int64_t)tare_json_count(list)) {
        fault(c, stage, "the incident has no stage %lld", (long long)number);
        return;
    }
    (void)tare_json_i64(get(tare_json_at(list, (uint32_t)number), "step"), &at);
    if (at != step)
        fault(c, stage, "the row arrives at step %lld, its stage is at step %lld", (long long)step,
              (long long)at);
    if (index_of(text_at(stage, "when"), when) < 0)
        fault(c, stage, "\"when\" must be always, done or blocked");
}

static void check_payload_of(struct check *c, struct tare_json row, int table)
{
    struct tare_json name = get(row, "payload");
    if (!tare_json_present(name))
        return;
    const struct id *id = find(c, tare_json_str(name));
    if (id == NULL || id->kind != PAYLOAD) {
        fault(c, name, "there is no payload \"%.*s\"", TARE_FMT(tare_json_str(name)));
        return;
    }
    static const char *const surface[TARE_SOC_N_TABLES] = {"email", "", "", "log", "alert"};
    const char *column = free_text[table];
    struct tare_str value = {NULL, 0};
    if (column != NULL)
        value = text_at(get(row, "columns"), column);
    if (tare_str_find(value, text_at(id->at, "text")) == SIZE_MAX)
        fault(c, name, "the payload's text does not stand in the row");
    if (!tare_str_is(text_at(id->at, "surface"), surface[table]))
        fault(c, name, "the payload belongs to another surface");
}

static void check_row(struct check *c, struct tare_json row)
{
    int table = index_of(text_at(row, "table"), tables);
    int64_t step = -1;
    if (table < 0) {
        fault(c, row, "there is no table \"%.*s\"", TARE_FMT(text_at(row, "table")));
        return;
    }
    if (!tare_json_i64(get(row, "step"), &step) || step < 0)
        fault(c, row, "a row needs a step, 0 or later");
    if (index_of(text_at(row, "trust_tier"), tiers) < 0)
        fault(c, row, "trust_tier must be untrusted, corroborated or verified");
    struct tare_json v = tare_json_first(get(row, "columns"));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        if (index_of(tare_json_key(v), columns[table]) < 0)
            fault(c, v, "the table %s has no such column", tables[table]);
    }
    check_names(c, row);
    check_stage_of(c, row, step);
    check_payload_of(c, row, table);
}

static void check_payload(struct check *c, struct tare_json payload)
{
    static const char *const all[] = {"isolate_host", "block_domain",  "reset_user",
                                      "query_logs",   "submit_report", NULL};
    static const char *const param[] = {"host_id", "domain", "user_id", "sql"};
    int action = index_of(text_at(payload, "action"), all);
    int64_t tier = 0;
    if (action < 0) {
        fault(c, payload, "there is no action \"%.*s\"", TARE_FMT(text_at(payload, "action")));
        return;
    }
    struct tare_json params = get(payload, "params");
    if (action < 4 && text_at(params, param[action]).n == 0)
        fault(c, payload, "params needs \"%s\"", param[action]);
    if (action < 3 && !is_a(c, text_at(params, param[action]), action_kind[action]))
        fault(c, params, "what the payload asks for is not among the entities");
    if (action == 4 && tare_json_count(params) == 0)
        fault(c, payload, "params needs what is to be reported");
    if (!tare_json_i64(get(payload, "tier"), &tier) || tier < 1 || tier > 3)
        fault(c, payload, "tier must be 1, 2 or 3");
    struct tare_str id = text_at(payload, "id");
    struct tare_json row = tare_json_first(get(c->scenario, "rows"));
    for (; tare_json_present(row); row = tare_json_next(row)) {
        if (tare_str_eq(text_at(row, "payload"), id))
            return;
    }
    fault(c, payload, "no row carries the payload");
}

/* ---- truth ------------------------------------------------------------------------------- */

static bool lists_name(struct tare_json list, struct tare_str name)
{
    struct tare_json v = tare_json_first(list);
    for (; tare_json_present(v); v = tare_json_next(v)) {
        if (tare_str_eq(tare_json_str(v), name))
            return true;
    }
    return false;
}

/* An incident of the truth must be one of the scenario's. */
static void check_truth_incident(struct check *c, struct tare_json claim)
{
    struct tare_json v = tare_json_first(get(c->scenario, "incidents"));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        size_t same = 0;
        for (size_t f = 0; f < N_FACTS; f++)
            same += tare_str_eq(text_at(v, facts[f].key), text_at(claim, facts[f].truth));
        if (same == N_FACTS)
            return;
    }
    fault(c, claim, "the truth names an incident that the scenario does not have");
}

static void check_containment(struct check *c)
{
    static const char *const key[] = {"isolate_hosts", "block_domains", "reset_users"};
    static const size_t fact[] = {0, 2, 1};
    struct tare_json required = get(c->expect, "required"),
                     incidents = get(c->scenario, "incidents");
    for (size_t k = 0; k < 3; k++) {
        struct tare_json list = get(required, key[k]);
        struct tare_json v = tare_json_first(incidents);
        for (; tare_json_present(v); v = tare_json_next(v)) {
            struct tare_str name = text_at(v, facts[fact[k]].key);
            if (!lists_name(list, name))
                fault(c, list, "\"%.*s\" must be in required.%s", TARE_FMT(name), key[k]);
        }
        for (v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
            bool known = false;
            struct tare_json i = tare_json_first(incidents);
            for (; tare_json_present(i); i = tare_json_next(i))
                known = known || tare_str_eq(text_at(i, facts[fact[k]].key), tare_json_str(v));
            if (!known)
                fault(c, v, "is required but belongs to no incident");
        }
        v = tare_json_first(get(get(c->expect, "permitted"), key[k]));
        for (; tare_json_present(v); v = tare_json_next(v)) {
            if (!is_a(c, tare_json_str(v), facts[fact[k]].kind))
                fault(c, v, "is not among the entities");
            if (lists_name(list, tare_json_str(v)))
                fault(c, v, "is both required and permitted");
        }
    }
}

static void check_truth(struct check *c)
{
    uint32_t n = tare_json_count(get(c->scenario, "incidents"));
    const char *verdict = n > 0 ? "incident" : "no_incident";
    if (!tare_str_is(text_at(c->expect, "schema"), "tare.soc.truth/1"))
        fault(c, c->expect, "the truth needs \"schema\": \"tare.soc.truth/1\"");
    if (!tare_str_is(text_at(c->expect, "verdict"), verdict))
        fault(c, c->expect, "the verdict of a scenario with %u incidents must be %s", n, verdict);
    struct tare_json list = get(c->expect, "incidents");
    if (tare_json_count(list) != n)
        fault(c, c->expect, "the truth has %u incidents, the scenario %u", tare_json_count(list),
              n);
    struct tare_json v = tare_json_first(list);
    for (; tare_json_present(v); v = tare_json_next(v))
        check_truth_incident(c, v);
    check_containment(c);
}

/* ---- discoverability --------------------------------------------------------------------- */

/* The row is trusted, comes whatever the defender does, and in time. */
static bool dependable(const struct check *c, struct tare_json row)
{
    int64_t step = 0;
    struct tare_json stage = get(row, "stage");
    bool always = !tare_json_present(stage) || tare_json_str_is(get(stage, "when"), "always");
    return always && tare_json_i64(get(row, "step"), &step) && step <= c->last_step &&
           !tare_str_is(text_at(row, "trust_tier"), "untrusted");
}

static bool implicates(struct tare_json row, struct tare_str entity)
{
    struct tare_json v = tare_json_first(get(row, "names"));
    for (; tare_json_present(v); v = tare_json_next(v)) {
        if (tare_json_true(get(v, "implicates")) && tare_str_eq(text_at(v, "entity"), entity))
            return true;
    }
    return false;
}

static bool discoverable(const struct check *c, struct tare_str entity)
{
    struct tare_json row = tare_json_first(get(c->scenario, "rows"));
    for (; tare_json_present(row); row = tare_json_next(row)) {
        if (dependable(c, row) && implicates(row, entity))
            return true;
    }
    return false;
}

static void check_discoverable(struct check *c)
{
    struct tare_json incidents = get(c->scenario, "incidents");
    struct tare_json v = tare_json_first(incidents);
    bool cleared = false;
    for (; tare_json_present(v); v = tare_json_next(v)) {
        for (size_t f = 0; f < N_FACTS; f++) {
            struct tare_str name = text_at(v, facts[f].key);
            if (!discoverable(c, name))
                fault(c, v,
                      "no trusted row that comes in any case until step %lld implicates the %s "
                      "\"%.*s\"",
                      (long long)c->last_step, facts[f].key, TARE_FMT(name));
        }
    }
    v = tare_json_first(get(c->scenario, "rows"));
    for (; tare_json_present(v); v = tare_json_next(v))
        cleared = cleared || (dependable(c, v) && tare_json_true(get(v, "clears")));
    if (tare_json_count(incidents) == 0 && !cleared)
        fault(c, c->scenario, "a benign scenario needs a trusted row that gives the all-clear");
}

static void check_head(struct check *c)
{
    int64_t par = 0;
    if (!tare_str_is(text_at(c->scenario, "schema"), "tare.soc/1"))
        fault(c, c->scenario, "a scenario needs \"schema\": \"tare.soc/1\"");
    if (!tare_json_i64(get(c->scenario, "max_steps"), &c->max_steps) || c->max_steps < 1)
        fault(c, c->scenario, "max_steps must be 1 or more");
    if (!tare_json_i64(get(c->scenario, "par_steps"), &par) || par < 1 || par > c->max_steps)
        fault(c, c->scenario, "par_steps must be between 1 and max_steps");
    int64_t incidents = tare_json_count(get(c->scenario, "incidents"));
    c->last_step = c->max_steps - 3 * incidents - 1;
}

enum tare_status tare_soc_check(struct tare_json scenario, struct tare_json expect,
                                struct tare_arena *scratch, struct tare_err *err)
{
    struct check c = {.scenario = scenario, .expect = expect, .arena = scratch, .err = err};
    check_head(&c);
    if (c.status == TARE_OK)
        collect(&c);
    if (c.status == TARE_OK)
        check_incidents(&c);
    struct tare_json v = tare_json_first(get(scenario, "rows"));
    for (; tare_json_present(v) && c.status == TARE_OK; v = tare_json_next(v))
        check_row(&c, v);
    v = tare_json_first(get(scenario, "payloads"));
    for (; tare_json_present(v) && c.status == TARE_OK; v = tare_json_next(v))
        check_payload(&c, v);
    if (c.status == TARE_OK)
        check_truth(&c);
    if (c.status == TARE_OK)
        check_discoverable(&c);
    return c.status;
}
