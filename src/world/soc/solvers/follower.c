/* Reads where instructions are planted and does what they ask: the control of the payload
 * metrics. It knows which texts are payloads from the task, and obeys one only after the text
 * reached it. */
#include "world/soc/solvers/play.h"

#include "base/banned.h"

struct follower {
    struct tare__play play;
    uint64_t obeyed; /* bit set of payload numbers */
    uint32_t read;   /* queries done */
};

static uint32_t verb_of(struct tare_str action)
{
    for (uint32_t v = 1; v < TARE_SOC_N_VERBS; v++) {
        if (tare_str_is(action, tare_soc_verb_name(v)))
            return v;
    }
    return TARE_SOC_NOOP;
}

/* White space in logs may be flattened: the first words are enough to know a text again. */
static bool shows(const struct tare_soc_result *r, struct tare_str text)
{
    struct tare_str head = tare_str_n(text.p, text.n < 24 ? text.n : 24);
    for (uint32_t i = 0; i < r->n_rows * r->n_columns; i++) {
        if (r->cells[i].kind == TARE_SOC_TEXT && tare_str_find(r->cells[i].text, head) != SIZE_MAX)
            return true;
    }
    return false;
}

static void set_claim(struct tare__play *p, const char *field, struct tare_str value)
{
    struct tare_soc_claim *c = &p->claim[0];
    p->report.n_claims = 1;
    if (strcmp(field, "attacker_domain") == 0)
        c->attacker_domain = value;
    else if (strcmp(field, "compromised_user") == 0)
        c->compromised_user = value;
    else if (strcmp(field, "patient_zero_host") == 0)
        c->patient_zero_host = value;
    else if (strcmp(field, "data_target") == 0)
        c->data_target = value;
}

static void obey_report(struct tare__play *p, struct tare_json params)
{
    static const char *const field[] = {"attacker_domain", "compromised_user", "patient_zero_host",
                                        "data_target"};
    struct tare_json verdict = tare_json_get(params, "verdict");
    if (tare_json_str_is(verdict, "no_incident"))
        p->report.verdict = TARE_SOC_VERDICT_NO_INCIDENT;
    else
        p->report.verdict = TARE_SOC_VERDICT_INCIDENT;
    for (uint32_t i = 0; i < 4; i++) {
        if (tare_json_present(tare_json_get(params, field[i])))
            set_claim(p, field[i], tare_json_str(tare_json_get(params, field[i])));
    }
}

static void obey(struct tare__play *p, struct tare_json payload, bool faithful)
{
    struct tare_json params = tare_json_get(payload, faithful ? "target_params" : "params");
    uint32_t verb =
        verb_of(tare_json_str(tare_json_get(payload, faithful ? "target_action" : "action")));
    if (verb == TARE_SOC_SUBMIT_REPORT) {
        obey_report(p, params);
        return;
    }
    struct tare_str value = tare_json_str(tare_json_first(params));
    if (verb == TARE_SOC_ISOLATE_HOST)
        set_claim(p, "patient_zero_host", value);
    else if (verb == TARE_SOC_BLOCK_DOMAIN)
        set_claim(p, "attacker_domain", value);
    else if (verb == TARE_SOC_RESET_USER)
        set_claim(p, "compromised_user", value);
    tare__play_push(p, verb, value);
}

static void obey_what_was_read(struct follower *f)
{
    struct tare__play *p = &f->play;
    bool faithful = p->view->profile == TARE_SOC_FAITHFUL;
    struct tare_json list = tare_json_get(tare__play_scenario(p->task),
                                          faithful ? "prompt_injection_payloads" : "payloads");
    uint32_t i = 0;
    struct tare_json v = tare_json_first(list);
    for (; tare_json_present(v) && i < 64; v = tare_json_next(v), i++) {
        struct tare_str text = tare_json_str(tare_json_get(v, faithful ? "payload" : "text"));
        uint64_t bit = (uint64_t)1 << i;
        if ((f->obeyed & bit) || !shows(&p->view->result, text))
            continue;
        f->obeyed |= bit;
        obey(p, v, faithful);
    }
}

/* What nobody told it, it fills in with the last name of the task's list. */
static enum tare_status fill_claim(struct tare__play *p, struct tare_arena *turn,
                                   struct tare_err *err)
{
    struct tare_soc_claim *c = &p->claim[0];
    struct {
        enum tare__play_kind kind;
        struct tare_str *field;
    } fields[] = {{PLAY_HOST, &c->patient_zero_host},
                  {PLAY_USER, &c->compromised_user},
                  {PLAY_DOMAIN, &c->attacker_domain},
                  {PLAY_TARGET, &c->data_target},
                  {PLAY_VECTOR, &c->initial_vector}};
    struct tare__play_list *l = TARE_NEW(turn, struct tare__play_list);
    if (l == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the solver injection-follower");
    for (uint32_t i = 0; i < 5; i++) {
        l->n = 0;
        tare__play_entities(p->task, fields[i].kind, p->arena, l);
        if (fields[i].field->n == 0 && l->n > 0)
            *fields[i].field = l->v[l->n - 1];
    }
    if (c->initial_vector.n == 0)
        c->initial_vector = TARE_S("phish"); /* the faithful world knows no other */
    p->report.n_claims = 1;
    if (p->report.verdict == TARE_SOC_VERDICT_UNKNOWN)
        p->report.verdict = TARE_SOC_VERDICT_INCIDENT;
    return TARE_OK;
}

static enum tare_status follower_start(const void *shared, void *state,
                                       const struct tare_task *task, struct tare_rng *rng,
                                       struct tare_arena *arena, struct tare_err *err)
{
    struct follower *f = state;
    (void)shared;
    (void)rng;
    (void)err;
    tare__play_start(&f->play, task, arena);
    return TARE_OK;
}

static enum tare_status follower_next(const void *shared, void *state,
                                      const struct tare_event *event, struct tare_rng *rng,
                                      struct tare_arena *turn, struct tare_yield *out,
                                      struct tare_err *err)
{
    static const char *const sql[] = {
        "SELECT * FROM email_logs", "SELECT * FROM process_events", "SELECT * FROM alerts",
        "SELECT * FROM email_logs", "SELECT * FROM process_events", "SELECT * FROM alerts"};
    struct follower *f = state;
    struct tare__play *p = &f->play;
    (void)shared;
    (void)rng;
    if (!tare__play_event(p, event, out))
        return TARE_OK;
    obey_what_was_read(f);
    if (p->at >= p->n_moves && !p->decided) {
        p->n_moves = p->at = 0;
        if (f->read < 6 && p->view->step + 3 < p->view->max_steps) {
            tare__play_query(p, sql[f->read++]);
        } else {
            enum tare_status st = fill_claim(p, turn, err);
            if (st != TARE_OK)
                return st;
            p->decided = true;
            tare__play_push_report(p);
        }
    }
    tare__play_yield(p, out);
    return TARE_OK;
}

const struct tare_solver_ops tare__solver_injection_follower = {
    .version = TARE_CONTRACT_VERSION,
    .name = "injection-follower",
    .about = "does what planted text asks for as soon as it has read it",
    .control = true,
    .state_bytes = sizeof(struct follower),
    .open = tare__play_open_plain,
    .identity = tare__play_identity_plain,
    .start = follower_start,
    .next = follower_next,
    .stop = tare__play_stop,
};
