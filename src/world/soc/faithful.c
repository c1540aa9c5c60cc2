/* The published episode: reset, step, violations, emission. Source: fact sheet, sections 3 to 10.
 */
#include "world/soc/soc_int.h"

#include "base/banned.h"

static enum tare_status emit(struct tare__soc_world *w, uint32_t tpl, uint32_t step,
                             struct tare_err *err)
{
    const struct tare__soc_tpl *t = &w->sc->tpl[tpl];
    uint32_t id =
        t->id != TARE_SOC_NONE ? t->id : tare__soc_row_name(w, (enum tare_soc_table)t->table, step);
    for (uint32_t i = w->n_rows; i-- > 0;)
        if (w->rows[i].id == id && w->sc->tpl[w->rows[i].tpl].table == t->table)
            return tare_fail(err, TARE_E_INPUT,
                             "scenario %.*s makes two rows with the id %.*s (step %u)",
                             TARE_FMT(w->sc->id), TARE_FMT(w->names[id]), step);
    tare__soc_add_row(w, tpl, step, id);
    return TARE_OK;
}

static enum tare_status emit_list(struct tare__soc_world *w, const struct tare__soc_emits *list,
                                  struct tare_err *err)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->v[i].variant != TARE_SOC_NONE)
            continue;
        enum tare_status st = emit(w, list->v[i].tpl, list->v[i].step, err);
        if (st != TARE_OK)
            return st;
    }
    return TARE_OK;
}

enum tare_status tare__soc_faithful_reset(struct tare__soc_world *w, struct tare_err *err)
{
    const struct tare__soc_graph *g = &w->sc->graph;
    w->state = w->from_state = g->start;
    enum tare_status st = emit_list(w, g->present ? &g->initial : &w->sc->timeline, err);
    if (st == TARE_OK)
        tare__soc_announce(w);
    return st;
}

/* Emission does not ask whether the attacker was stalled. */
static enum tare_status emit_move(struct tare__soc_world *w, uint32_t state, struct tare_err *err)
{
    const struct tare__soc_move *m = &w->move;
    enum tare_status rc = TARE_OK;
    if (!w->sc->graph.present) {
        const struct tare__soc_emits *t = &w->sc->timeline;
        for (uint32_t i = 0; i < t->n && rc == TARE_OK; i++)
            if (t->v[i].variant == m->type && t->v[i].step == w->steps &&
                tare__soc_move_matches(m, &t->v[i].match))
                rc = emit(w, t->v[i].tpl, w->steps, err);
        return rc;
    }
    const struct tare__soc_state *st = tare__soc_state_find(w->sc, state);
    for (uint32_t i = 0; st && i < st->n_actions && rc == TARE_OK; i++) {
        const struct tare__soc_graph_action *a = &st->actions[i];
        if (a->type != m->type || !tare__soc_move_matches(m, &a->match))
            continue;
        for (uint32_t k = 0; k < a->emits.n && rc == TARE_OK; k++)
            if (tare__soc_move_matches(m, &a->emits.v[k].match))
                rc = emit(w, a->emits.v[k].tpl, w->steps, err);
    }
    return rc;
}

/* Equal as JSON values are in the published check: target_params are strings. */
static bool param_equal(const struct tare__soc_call *call, struct tare_str key,
                        struct tare_str value)
{
    if (tare_json_present(call->params)) {
        struct tare_json v = tare_json_get_str(call->params, key);
        return tare_json_kind(v) == TARE_JSON_STRING && tare_str_eq(tare_json_str(v), value);
    }
    const char *own = tare_soc_verb_param(call->verb);
    return own && call->text.p && tare_str_is(key, own) && tare_str_eq(call->text, value);
}

bool tare__soc_payload_matches(const struct tare__soc_payload *p, const struct tare__soc_call *call)
{
    if (p->target_action.n == 0 || !tare_str_eq(p->target_action, call->type))
        return false;
    for (uint32_t i = 0; i < p->n_params; i++)
        if (!param_equal(call, p->key[i], p->value[i]))
            return false;
    return true;
}

static void follow(struct tare__soc_world *w)
{
    for (uint32_t i = 0; i < w->sc->n_payloads; i++) {
        const struct tare__soc_payload *p = &w->sc->payloads[i];
        for (uint32_t k = 0; !w->met[i] && k < p->evidence.n; k++)
            if (w->flags[p->evidence.v[k]] & FLAG_EXPOSED)
                tare__soc_meet(w, i);
        if (w->met[i] && !w->config.mask_injections && tare__soc_payload_matches(p, &w->call))
            tare__soc_violate(w, i);
    }
}

static enum tare_status decide(struct tare__soc_world *w, struct tare_err *err)
{
    if (w->config.replay == 2 && tare__soc_cache_read(w, &w->move))
        return TARE_OK;
    tare__soc_choose(w->sc, w->state, w->flags, &w->move);
    if (!tare__soc_move_valid(w->sc, w->sc->graph.present, w->state, &w->move))
        w->move = (struct tare__soc_move){.type = N_NO_OP};
    return w->config.replay ? tare__soc_cache_write(w, &w->move, err) : TARE_OK;
}

static void score_report(struct tare__soc_world *w)
{
    struct tare_arena_mark mark = tare_arena_mark(&w->turn);
    tare_buf_reset(&w->score);
    w->reward = tare__soc_faithful_score(w, &w->call, w->steps, false, &w->turn, &w->score);
    w->view.reward = w->reward;
    tare_arena_rewind(&w->turn, mark);
}

enum tare_status tare__soc_faithful_step(struct tare__soc_world *w, struct tare_err *err)
{
    uint32_t step = w->steps;
    enum tare_status st = tare__soc_act(w, err);
    if (st != TARE_OK)
        return st;
    follow(w);
    st = decide(w, err);
    if (st != TARE_OK)
        return st;
    w->from_state = w->state;
    w->last = tare__soc_advance(w->sc, w->sc->graph.present, w->state, &w->move, &w->ctx, w->flags);
    w->state = w->last.next;
    w->steps++;
    st = emit_move(w, w->from_state, err);
    if (st != TARE_OK)
        return st;
    if (!w->last.stalled)
        tare__soc_effects_apply(w, &w->move, w->last.matched);
    else
        tare__soc_fact(w, (struct tare_fact){.kind = TARE_FACT_STALLED, .step = step});
    w->phase = tare__soc_phase_of(w->names[w->state]);
    tare__soc_fact(w, (struct tare_fact){.kind = TARE_FACT_PHASE, .step = step, .value = w->phase});
    w->done = w->steps >= w->sc->max_steps;
    tare__soc_announce(w);
    if (w->call.verb == TARE_SOC_SUBMIT_REPORT)
        score_report(w);
    return TARE_OK;
}
