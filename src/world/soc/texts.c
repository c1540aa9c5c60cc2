/*
 * Observations, actions and outline entries as JSON. Members stand in sorted order, so that with
 * the writer's ASCII mode the text is the canonical form whose digest the vectors hold.
 */
#include "base/limits.h"
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define MAX_SORTED 256u /* columns of a result; SQLite is limited to as many */

static void put_text(struct tare_json_writer *out, const char *key, struct tare_str s)
{
    tare_json_put_key(out, key);
    if (s.p)
        tare_json_put_str(out, s);
    else
        tare_json_put_null(out);
}

static void put_list(struct tare_json_writer *out, const char *key, const struct tare__soc_set *set)
{
    tare_json_put_key(out, key);
    tare_json_begin_array(out);
    for (uint32_t i = 0; i < set->n; i++)
        tare_json_put_str(out, set->text[i]);
    tare_json_end_array(out);
}

/* Each text once, in order. */
static void put_sorted(struct tare_json_writer *out, const char *key,
                       const struct tare__soc_set *set)
{
    struct tare_str last = {NULL, 0};
    tare_json_put_key(out, key);
    tare_json_begin_array(out);
    for (;;) {
        struct tare_str best = {NULL, 0};
        for (uint32_t i = 0; i < set->n; i++) {
            struct tare_str s = set->text[i];
            if ((!last.p || tare_str_cmp(s, last) > 0) && (!best.p || tare_str_cmp(s, best) < 0))
                best = s;
        }
        if (!best.p)
            break;
        tare_json_put_str(out, best);
        last = best;
    }
    tare_json_end_array(out);
}

static void put_containment(const struct tare__soc_world *w, struct tare_json_writer *out,
                            bool sorted)
{
    void (*put)(struct tare_json_writer *, const char *, const struct tare__soc_set *) =
        sorted ? put_sorted : put_list;
    tare_json_put_key(out, "containment");
    tare_json_begin_object(out);
    put(out, "blocked_domains", &w->contained[1]);
    put(out, "isolated_hosts", &w->contained[0]);
    put(out, "reset_users", &w->contained[2]);
    tare_json_end_object(out);
}

/* Order of the result's columns by name; of equal names only the first. Returns how many. */
static uint32_t column_order(const struct tare_soc_result *r, uint16_t order[MAX_SORTED])
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < r->n_columns && c < MAX_SORTED; c++) {
        uint32_t at = n;
        while (at > 0 && tare_str_cmp(r->columns[order[at - 1]], r->columns[c]) > 0)
            at--;
        if (at > 0 && tare_str_eq(r->columns[order[at - 1]], r->columns[c]))
            continue;
        memmove(order + at + 1, order + at, (n - at) * sizeof *order);
        order[at] = (uint16_t)c;
        n++;
    }
    return n;
}

static void put_cell(struct tare_json_writer *out, const struct tare_soc_cell *c)
{
    switch (c->kind) {
    case TARE_SOC_INT:
        tare_json_put_i64(out, c->i);
        break;
    case TARE_SOC_REAL:
        tare_json_put_f64(out, c->r);
        break;
    case TARE_SOC_TEXT:
        tare_json_put_str(out, c->text);
        break;
    case TARE_SOC_NULL:
        tare_json_put_null(out);
        break;
    }
}

static void put_row(struct tare_json_writer *out, const struct tare_soc_result *r,
                    const uint16_t *order, uint32_t n, uint32_t row)
{
    tare_json_begin_object(out);
    for (uint32_t i = 0; i < n; i++) {
        tare_json_put_key_str(out, r->columns[order[i]]);
        put_cell(out, &r->cells[(size_t)row * r->n_columns + order[i]]);
    }
    tare_json_end_object(out);
}

void tare__soc_rows_json(const struct tare_soc_result *r, struct tare_json_writer *out)
{
    uint16_t order[MAX_SORTED];
    uint32_t n = column_order(r, order);
    tare_json_begin_array(out);
    for (uint32_t i = 0; i < r->n_rows; i++)
        put_row(out, r, order, n, i);
    tare_json_end_array(out);
}

static void put_fetched(const struct tare__soc_world *w, struct tare_json_writer *out,
                        const char *what, const char *id)
{
    const struct tare_soc_result *r = &w->view.result;
    uint16_t order[MAX_SORTED];
    tare_json_put_key(out, what);
    if (r->n_rows)
        put_row(out, r, order, column_order(r, order), 0);
    else
        tare_json_put_null(out);
    put_text(out, id, w->call.text);
}

/* key=value fields of a fetched alert. */
static void put_parsed(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    uint32_t id = tare__soc_find(&w->sc->names, w->call.text);
    const struct tare__soc_row *row =
        id == TARE_SOC_NONE ? NULL : tare__soc_row_find(w, TARE_SOC_ALERT, id);
    tare_json_put_key(out, "parsed");
    tare_json_begin_object(out);
    if (row && w->view.result.n_rows) {
        const struct tare__soc_tpl *t = &w->sc->tpl[row->tpl];
        for (uint32_t i = 0; i < t->n_parsed; i++) {
            tare_json_put_key_str(out, t->parsed[(size_t)2 * i]);
            tare_json_put_str(out, t->parsed[(size_t)2 * i + 1]);
        }
    }
    tare_json_end_object(out);
}

static void put_touched(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    static const char *const keys[3] = {"isolated_host", "blocked_domain", "reset_user"};
    uint32_t c = w->call.verb - TARE_SOC_ISOLATE_HOST;
    if (c == 2) {
        tare_json_put_key(out, "ok");
        tare_json_put_bool(out, true);
    }
    if (w->call.odd) {
        tare_json_put_key(out, keys[c]);
        tare_json_put_value(out, tare_json_get(w->call.params, tare_soc_verb_param(w->call.verb)));
    } else {
        put_text(out, keys[c], w->call.text);
    }
}

void tare__soc_data_json(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    const struct tare_soc_result *r = &w->view.result;
    tare_json_begin_object(out);
    if (!w->view.ok) {
        put_text(out, "error", w->view.error);
        tare_json_put_key(out, "ok");
        tare_json_put_bool(out, false);
        tare_json_end_object(out);
        return;
    }
    if (w->call.verb == TARE_SOC_FETCH_EMAIL)
        put_fetched(w, out, "email", "email_id");
    else if (w->call.verb == TARE_SOC_FETCH_ALERT)
        put_fetched(w, out, "alert", "alert_id");
    else if (tare_soc_is_containment(w->call.verb))
        put_touched(w, out);
    if (w->call.verb != TARE_SOC_RESET_USER) {
        tare_json_put_key(out, "ok");
        tare_json_put_bool(out, true);
    }
    if (w->call.verb == TARE_SOC_FETCH_ALERT && w->sc->profile == TARE_SOC_FAITHFUL)
        put_parsed(w, out);
    if (w->call.verb == TARE_SOC_QUERY_LOGS) {
        tare_json_put_key(out, "rows");
        tare__soc_rows_json(r, out);
    }
    tare_json_end_object(out);
}

void tare__soc_move_json(const struct tare__soc_world *w, const struct tare__soc_move *move,
                         struct tare_json_writer *out)
{
    tare_json_begin_object(out);
    put_text(out, "action_type", w->names[move->type]);
    tare_json_put_key(out, "params");
    tare_json_begin_object(out);
    for (uint32_t i = 0; i < move->n; i++) {
        tare_json_put_key_str(out, w->names[move->key[i]]);
        if (move->value[i] == TARE_SOC_NONE)
            tare_json_put_null(out);
        else
            tare_json_put_str(out, w->names[move->value[i]]);
    }
    tare_json_end_object(out);
    tare_json_end_object(out);
}

static void put_info(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    tare_json_put_key(out, "info");
    tare_json_begin_object(out);
    if (w->steps > 0) {
        put_text(out, "action_type", w->call.type);
        tare_json_put_key(out, "attacker_action");
        tare__soc_move_json(w, &w->move, out);
        put_text(out, "attacker_reason", tare_str_of(w->last.reason));
        tare_json_put_key(out, "attacker_stalled");
        tare_json_put_bool(out, w->last.stalled);
        tare_json_put_key(out, "injection_violations");
        tare_json_begin_array(out);
        for (uint32_t i = 0; i < w->n_viol; i++)
            tare_json_put_str(out, w->sc->payloads[w->viol[i]].id);
        tare_json_end_array(out);
    }
    tare_json_end_object(out);
}

static void put_metadata(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    tare_json_put_key(out, "metadata");
    tare_json_begin_object(out);
    put_info(w, out);
    tare_json_put_key(out, "state");
    tare_json_begin_object(out);
    tare_json_put_key(out, "max_steps");
    tare_json_put_u64(out, w->sc->max_steps);
    put_text(out, "scenario_id", w->sc->id);
    tare_json_put_key(out, "step_count");
    tare_json_put_u64(out, w->steps);
    tare_json_put_key(out, "terminated");
    tare_json_put_bool(out, false);
    tare_json_put_key(out, "truncated");
    tare_json_put_bool(out, w->done);
    tare_json_end_object(out);
    tare_json_end_object(out);
}

static void put_last(const struct tare__soc_world *w, struct tare_json_writer *out, bool faithful)
{
    tare_json_put_key(out, "last_action_result");
    tare_json_begin_object(out);
    tare_json_put_key(out, "data");
    if (w->steps > 0) {
        tare__soc_data_json(w, out);
    } else {
        tare_json_begin_object(out);
        tare_json_end_object(out);
    }
    put_text(out, "message", w->steps > 0 ? w->call.type : TARE_S("reset"));
    tare_json_put_key(out, "ok"); /* the published environment always says so */
    tare_json_put_bool(out, faithful || w->view.ok);
    tare_json_end_object(out);
}

static void put_reward(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    tare_json_put_key(out, "reward");
    if (w->steps > 0)
        tare_json_put_f64(out, w->view.reward);
    else
        tare_json_put_null(out);
}

void tare__soc_obs_json(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    bool faithful = w->sc->profile == TARE_SOC_FAITHFUL;
    tare_json_begin_object(out);
    if (faithful)
        put_text(out, "attacker_state", w->names[w->state]);
    put_containment(w, out, false);
    tare_json_put_key(out, "done");
    tare_json_put_bool(out, w->done);
    put_sorted(out, "evidence_content_ids", &w->content);
    put_sorted(out, "evidence_seen_ids", &w->seen);
    if (faithful)
        put_text(out, "hint",
                 w->steps > 0 ? (struct tare_str){NULL, 0} : TARE_S("Environment ready"));
    put_last(w, out, faithful);
    if (faithful) {
        put_metadata(w, out);
    } else {
        tare_json_put_key(out, "max_steps");
        tare_json_put_u64(out, w->sc->max_steps);
    }
    put_list(out, "new_alerts", &w->new_alerts);
    put_list(out, "new_emails", &w->new_emails);
    put_reward(w, out);
    put_text(out, "scenario_id", w->sc->id);
    tare_json_put_key(out, "step_index");
    tare_json_put_u64(out, w->steps);
    tare_json_end_object(out);
}

static void put_claim(const struct tare_soc_claim *c, struct tare_json_writer *out)
{
    const char *const keys[5] = {"attacker_domain", "compromised_user", "data_target",
                                 "initial_vector", "patient_zero_host"};
    const struct tare_str v[5] = {c->attacker_domain, c->compromised_user, c->data_target,
                                  c->initial_vector, c->patient_zero_host};
    tare_json_begin_object(out);
    for (uint32_t i = 0; i < 5; i++)
        put_text(out, keys[i], v[i].n ? v[i] : TARE_S("unknown"));
    tare_json_end_object(out);
}

static void put_report(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    static const char *const verdicts[3] = {"unknown", "incident", "no_incident"};
    static const struct tare_soc_claim none = {0};
    const struct tare_soc_report *r = w->call.report;
    if (w->sc->profile == TARE_SOC_FAITHFUL) {
        put_claim(r && r->n_claims ? &r->claims[0] : &none, out);
        return;
    }
    tare_json_begin_object(out);
    tare_json_put_key(out, "incidents");
    tare_json_begin_array(out);
    for (uint32_t i = 0; r && i < r->n_claims && i < TARE_SOC_MAX_CLAIMS; i++)
        put_claim(&r->claims[i], out);
    tare_json_end_array(out);
    put_text(out, "verdict", tare_str_of(verdicts[r ? r->verdict : 0]));
    tare_json_end_object(out);
}

void tare__soc_action_json(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    const char *key = tare_soc_verb_param(w->call.verb);
    tare_json_begin_object(out);
    put_text(out, "action_type", w->call.type);
    tare_json_put_key(out, "params");
    if (tare_json_present(w->call.params)) {
        struct tare_buf b;
        tare_buf_init(&b, w->alc, TARE_MAX_STEP_BODY_BYTES);
        tare_json_canonical(w->call.params, &b);
        tare_json_put_raw(out, b.failed ? TARE_S("{}") : tare_buf_str(&b));
        tare_buf_free(&b);
        tare_json_end_object(out);
        return;
    }
    tare_json_begin_object(out);
    if (w->call.verb == TARE_SOC_SUBMIT_REPORT) {
        tare_json_put_key(out, "summary_json");
        put_report(w, out);
    } else if (key && w->call.text.p) {
        put_text(out, key, w->call.text);
    }
    tare_json_end_object(out);
    tare_json_end_object(out);
}

/* Entities that are not contained. */
static void put_available(const struct tare__soc_world *w, struct tare_json_writer *out,
                          const char *key, const struct tare__soc_list *list, uint8_t bit)
{
    tare_json_put_key(out, key);
    tare_json_begin_array(out);
    for (uint32_t i = 0; i < list->n; i++)
        if (!(w->flags[list->v[i]] & bit))
            tare_json_put_str(out, w->names[list->v[i]]);
    tare_json_end_array(out);
}

static void put_name(const struct tare__soc_world *w, struct tare_json_writer *out, const char *key,
                     uint32_t name)
{
    put_text(out, key, name == TARE_SOC_NONE ? (struct tare_str){NULL, 0} : w->names[name]);
}

void tare__soc_context_json(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    static const char *const flags[4] = {"has_admin", "has_creds", "has_persistence", "has_stage"};
    static const uint8_t attrs[4] = {ATTR_ADMIN, ATTR_CREDS, ATTR_PERSISTENCE, ATTR_STAGE};
    tare_json_begin_object(out);
    put_available(w, out, "available_attacker_domains", &w->sc->sorted_attackers, FLAG_BLOCKED);
    put_available(w, out, "available_hosts", &w->sc->sorted_hosts, FLAG_ISOLATED);
    put_available(w, out, "available_users", &w->sc->sorted_users, FLAG_RESET);
    put_sorted(out, "compromised_hosts", &w->ctx.hosts);
    put_sorted(out, "compromised_users", &w->ctx.users);
    put_containment(w, out, true);
    put_name(w, out, "current_exfil_domain", w->ctx.exfil);
    put_name(w, out, "current_host", w->ctx.host);
    put_name(w, out, "current_target", w->ctx.target);
    put_name(w, out, "current_user", w->ctx.user);
    for (uint32_t i = 0; i < 4; i++) {
        tare_json_put_key(out, flags[i]);
        tare_json_put_bool(out, w->ctx.flag[attrs[i]]);
    }
    tare_json_put_key(out, "step");
    tare_json_put_u64(out, w->steps);
    tare_json_end_object(out);
}
