/* The moves the scripted solvers share. */
#include "world/soc/solvers/play.h"

#include "text/fields.h"
#include "world/soc/solvers/solvers.h"

#include "base/banned.h"

const struct tare_solver_ops *const tare_soc_solvers[] = {&tare__solver_do_nothing,
                                                          &tare__solver_investigate_only,
                                                          &tare__solver_spray,
                                                          &tare__solver_runbook,
                                                          &tare__solver_verify_first,
                                                          &tare__solver_oracle,
                                                          &tare__solver_injection_follower,
                                                          &tare__solver_random,
                                                          NULL};

const struct tare_solver_ops *tare_soc_solver(struct tare_str name)
{
    for (uint32_t i = 0; tare_soc_solvers[i] != NULL; i++) {
        if (tare_str_is(name, tare_soc_solvers[i]->name))
            return tare_soc_solvers[i];
    }
    return NULL;
}

void tare__play_start(struct tare__play *p, const struct tare_task *task, struct tare_arena *arena)
{
    p->task = task;
    p->arena = arena;
    p->report.claims = p->claim;
}

void tare__play_push(struct tare__play *p, uint32_t verb, struct tare_str text)
{
    if (p->n_moves < PLAY_LIST_MAX)
        p->move[p->n_moves++] = (struct tare__play_move){verb, text};
}

void tare__play_query(struct tare__play *p, const char *sql)
{
    tare__play_push(p, TARE_SOC_QUERY_LOGS, tare_str_of(sql));
}

void tare__play_push_report(struct tare__play *p)
{
    tare__play_push(p, TARE_SOC_SUBMIT_REPORT, tare_str_n(NULL, 0));
}

void tare__play_yield(struct tare__play *p, struct tare_yield *out)
{
    *out = (struct tare_yield){.kind = TARE_YIELD_DONE};
    if (p->at >= p->n_moves)
        return;
    const struct tare__play_move *m = &p->move[p->at++];
    p->params.text = m->text;
    p->params.report = m->verb == TARE_SOC_SUBMIT_REPORT ? &p->report : NULL;
    out->kind = TARE_YIELD_ACT;
    out->action = (struct tare_action){m->verb, &p->params};
}

bool tare__play_event(struct tare__play *p, const struct tare_event *event, struct tare_yield *out)
{
    *out = (struct tare_yield){.kind = TARE_YIELD_DONE};
    if (event->kind == TARE_EVENT_CANCEL) {
        out->cause = TARE_CAUSE_CANCELLED;
        return false;
    }
    if (event->kind != TARE_EVENT_OBS || event->obs == NULL || event->obs->done)
        return false;
    p->view = event->obs->view;
    return p->view != NULL;
}

bool tare__play_add(struct tare__play_list *l, struct tare_str name, struct tare_arena *arena)
{
    if (name.n == 0 || l->n == PLAY_LIST_MAX)
        return false;
    for (uint32_t i = 0; i < l->n; i++) {
        if (tare_str_eq(l->v[i], name))
            return false;
    }
    struct tare_str copy = tare_arena_copy(arena, name);
    if (copy.p == NULL)
        return false;
    l->v[l->n++] = copy;
    return true;
}

struct tare_json tare__play_scenario(const struct tare_task *task)
{
    return tare_json_get(task->input, "scenario");
}

bool tare__play_is_faithful(const struct tare_task *task)
{
    return !tare_json_present(tare_json_get(tare__play_scenario(task), "schema"));
}

void tare__play_entities(const struct tare_task *task, enum tare__play_kind kind,
                         struct tare_arena *arena, struct tare__play_list *out)
{
    static const char *const key[PLAY_KINDS][2] = {{"users", "users"},
                                                   {"hosts", "hosts"},
                                                   {"domains", "domains"},
                                                   {"targets", "data_targets"},
                                                   {"vectors", "vectors"}};
    static const char *const id[PLAY_KINDS][2] = {
        {"id", "user_id"}, {"id", "host_id"}, {"id", "domain"}, {"id", "target_id"}, {"", ""}};
    uint32_t profile = tare__play_is_faithful(task) ? 1 : 0;
    struct tare_json list =
        tare_json_get(tare_json_get(tare__play_scenario(task), "entities"), key[kind][profile]);
    for (struct tare_json e = tare_json_first(list); tare_json_present(e); e = tare_json_next(e)) {
        bool bare = tare_json_kind(e) == TARE_JSON_STRING;
        struct tare_json name = bare ? e : tare_json_get(e, id[kind][profile]);
        (void)tare__play_add(out, tare_json_str(name), arena);
    }
}

static struct tare_soc_claim claim_of(struct tare_json v)
{
    return (struct tare_soc_claim){
        .patient_zero_host = tare_json_str(tare_json_get(v, "patient_zero_host")),
        .compromised_user = tare_json_str(tare_json_get(v, "compromised_user")),
        .attacker_domain = tare_json_str(tare_json_get(v, "attacker_domain")),
        .data_target = tare_json_str(tare_json_get(v, "data_target")),
        .initial_vector = tare_json_str(tare_json_get(v, "initial_vector")),
    };
}

void tare__play_truth(struct tare__play *p, struct tare__play_list required[3])
{
    static const char *const key[3] = {"isolate_hosts", "block_domains", "reset_users"};
    bool faithful = tare__play_is_faithful(p->task);
    struct tare_json expect = p->task->expect;
    struct tare_json need =
        tare_json_get(expect, faithful ? "containment_requirements" : "required");
    for (uint32_t k = 0; k < 3; k++) {
        struct tare_json v = tare_json_first(tare_json_get(need, key[k]));
        for (; tare_json_present(v); v = tare_json_next(v))
            (void)tare__play_add(&required[k], tare_json_str(v), p->arena);
    }
    p->report.verdict = TARE_SOC_VERDICT_INCIDENT;
    if (faithful) {
        p->claim[0] = claim_of(tare_json_get(expect, "attribution"));
        p->report.n_claims = 1;
        return;
    }
    if (tare_json_str_is(tare_json_get(expect, "verdict"), "no_incident"))
        p->report.verdict = TARE_SOC_VERDICT_NO_INCIDENT;
    struct tare_json v = tare_json_first(tare_json_get(expect, "incidents"));
    for (; tare_json_present(v) && p->report.n_claims < TARE_SOC_MAX_CLAIMS; v = tare_json_next(v))
        p->claim[p->report.n_claims++] = claim_of(v);
}

enum tare_status tare__play_open_plain(struct tare_json config, struct tare_arena *arena,
                                       void **shared, struct tare_err *err)
{
    (void)arena;
    *shared = NULL;
    if (!tare_json_present(config) || tare_json_kind(config) == TARE_JSON_NULL)
        return TARE_OK;
    struct tare_fields f;
    tare_fields_begin(&f, config, tare_str_n(NULL, 0), tare_str_n(NULL, 0), err);
    return tare_fields_end(&f);
}

void tare__play_identity_plain(const void *shared, struct tare_json_writer *out)
{
    (void)shared;
    tare_json_begin_object(out);
    tare_json_end_object(out);
}

void tare__play_stop(const void *shared, void *state)
{
    (void)shared;
    (void)state;
}
