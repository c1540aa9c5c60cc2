/* The attacker's state machine. Source: fact sheet opensec, section 6. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

uint32_t tare__soc_move_get(const struct tare__soc_move *move, uint32_t key)
{
    for (uint32_t i = 0; i < move->n; i++)
        if (move->key[i] == key)
            return move->value[i];
    return TARE_SOC_NONE;
}

bool tare__soc_move_matches(const struct tare__soc_move *move, const struct tare__soc_pairs *pairs)
{
    for (uint32_t i = 0; i < pairs->n; i++)
        if (tare__soc_move_get(move, pairs->key[i]) != pairs->value[i])
            return false;
    return true;
}

const struct tare__soc_state *tare__soc_state_find(const struct tare_soc_scenario *sc,
                                                   uint32_t state)
{
    for (uint32_t i = 0; i < sc->graph.n_states; i++)
        if (sc->graph.states[i].name == state)
            return &sc->graph.states[i];
    return NULL;
}

static bool has(const uint8_t *flags, uint32_t name, uint8_t bit)
{
    return name != TARE_SOC_NONE && (flags[name] & bit) != 0;
}

static bool in(const struct tare__soc_list *list, uint32_t name)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (list->v[i] == name)
            return true;
    return false;
}

/* Next of the five states of the default chain; the last and unknown ones as published. */
static uint32_t legacy_next(uint32_t state, bool *end)
{
    uint32_t at = state <= N_EXFIL_ATTEMPT ? state : 0;
    *end = at == N_EXFIL_ATTEMPT;
    return *end ? state : at + 1;
}

static struct tare__soc_advance stall(uint32_t state, const char *reason)
{
    return (struct tare__soc_advance){.next = state, .stalled = true, .reason = reason};
}

static struct tare__soc_advance go(uint32_t next, const char *reason)
{
    return (struct tare__soc_advance){.next = next, .reason = reason};
}

static struct tare__soc_advance without_action(const struct tare_soc_scenario *sc, uint32_t state,
                                               const uint8_t *flags)
{
    if (has(flags, sc->attacker_domain, FLAG_BLOCKED))
        return stall(state, "attacker_domain_blocked");
    if (has(flags, sc->patient_zero, FLAG_ISOLATED))
        return stall(state, "patient_zero_isolated");
    if (has(flags, sc->victim, FLAG_RESET))
        return stall(state, "compromised_user_reset");
    bool end;
    uint32_t next = legacy_next(state, &end);
    return go(next, end ? "terminal_state" : "advanced");
}

/* What containment and the foothold forbid; NULL when nothing does. */
static const char *forbidden(const struct tare__soc_move *move, const struct tare__soc_ctx *ctx,
                             const uint8_t *flags)
{
    switch (move->type) {
    case TARE_SOC_NONE:
    case N_NO_OP:
    case N_EMPTY:
        return "no_op";
    case N_REUSE_CREDENTIALS:
        return has(flags, tare__soc_move_get(move, N_USER), FLAG_RESET) ? "user_reset" : NULL;
    case N_LATERAL_MOVE:
    case N_LATERAL_MOVE_ALT: {
        uint32_t src = tare__soc_move_get(move, N_SRC);
        if (ctx->hosts.n == 0)
            return "no_foothold";
        if (has(flags, src, FLAG_ISOLATED))
            return "src_host_isolated";
        return has(flags, src, FLAG_COMP_HOST) ? NULL : "src_host_uncompromised";
    }
    case N_ACCESS_DATA:
        if (ctx->host == TARE_SOC_NONE)
            return "no_current_host";
        return has(flags, ctx->host, FLAG_ISOLATED) ? "current_host_isolated" : NULL;
    case N_EXFILTRATE:
    case N_EXFILTRATE_ALT:
        if (ctx->host == TARE_SOC_NONE)
            return "no_current_host";
        if (has(flags, tare__soc_move_get(move, N_DESTINATION_DOMAIN), FLAG_BLOCKED))
            return "destination_blocked";
        return has(flags, ctx->host, FLAG_ISOLATED) ? "current_host_isolated" : NULL;
    default:
        return NULL;
    }
}

static uint32_t attr_value(const struct tare__soc_ctx *ctx, uint8_t attr)
{
    switch (attr) {
    case ATTR_FOOTHOLD:
        return ctx->hosts.n > 0 ? TARE__SOC_TRUE : TARE__SOC_FALSE;
    case ATTR_HOST:
        return ctx->host;
    case ATTR_USER:
        return ctx->user;
    case ATTR_TARGET:
        return ctx->target;
    case ATTR_EXFIL:
        return ctx->exfil;
    case ATTR_OTHER:
        return TARE_SOC_NONE;
    default:
        return ctx->flag[attr] ? TARE__SOC_TRUE : TARE__SOC_FALSE;
    }
}

static bool requires_hold(const struct tare__soc_graph_action *a, const struct tare__soc_ctx *ctx)
{
    for (uint32_t i = 0; i < a->n_requires; i++)
        if (!in(&a->requires[i].values, attr_value(ctx, a->requires[i].attr)))
            return false;
    return true;
}

/* Where an action leads when nothing says otherwise; NONE: nowhere known. */
static uint32_t fallback(uint32_t type)
{
    switch (type) {
    case N_REUSE_CREDENTIALS:
        return N_CREDS_USED;
    case N_LATERAL_MOVE:
    case N_LATERAL_MOVE_ALT:
        return N_LATERAL_MOVE;
    case N_ACCESS_DATA:
        return N_DATA_ACCESS;
    case N_EXFILTRATE:
    case N_EXFILTRATE_ALT:
        return N_EXFIL_ATTEMPT;
    case N_SEND_PHISH:
        return N_PHISH_SENT;
    default:
        return TARE_SOC_NONE;
    }
}

static struct tare__soc_advance by_graph(const struct tare_soc_scenario *sc,
                                         const struct tare__soc_state *st,
                                         const struct tare__soc_move *move,
                                         const struct tare__soc_ctx *ctx)
{
    const char *reason = "action_not_allowed";
    bool unsatisfied = false;
    for (uint32_t i = 0; i < st->n_actions; i++) {
        const struct tare__soc_graph_action *a = &st->actions[i];
        if (a->type != move->type)
            continue;
        if (!requires_hold(a, ctx)) {
            unsatisfied = true;
            reason = "action_requires_unsatisfied";
            continue;
        }
        if (!tare__soc_move_matches(move, &a->match)) {
            reason = unsatisfied ? reason : "action_params_mismatch";
            continue;
        }
        uint32_t next = a->next != TARE_SOC_NONE ? a->next : fallback(a->type);
        next = next == TARE_SOC_NONE ? st->name : next;
        bool outside = sc->graph.objectives.n > 0 && !in(&sc->graph.objectives, next);
        struct tare__soc_advance out =
            outside ? stall(st->name, "objective_next_state_blocked") : go(next, "advanced_graph");
        out.matched = a;
        return out;
    }
    return stall(st->name, reason);
}

struct tare__soc_advance tare__soc_advance(const struct tare_soc_scenario *sc, bool use_graph,
                                           uint32_t state, const struct tare__soc_move *move,
                                           const struct tare__soc_ctx *ctx, const uint8_t *flags)
{
    if (!move)
        return without_action(sc, state, flags);
    const char *why = forbidden(move, ctx, flags);
    if (why)
        return stall(state, why);
    if (use_graph) {
        if (sc->graph.objectives.n > 0 && !in(&sc->graph.objectives, state))
            return stall(state, "objective_state_blocked");
        const struct tare__soc_state *st = tare__soc_state_find(sc, state);
        if (st && st->n_actions > 0)
            return by_graph(sc, st, move, ctx);
    }
    uint32_t next = fallback(move->type);
    if (next != TARE_SOC_NONE)
        return go(next, "advanced_action");
    bool end;
    next = legacy_next(state, &end);
    return go(next, end ? "terminal_state" : "advanced");
}

static void capture_host(struct tare__soc_world *w, uint32_t host)
{
    if (host == TARE_SOC_NONE)
        return;
    if (!(w->flags[host] & FLAG_COMP_HOST) && tare__soc_set_add(w, &w->ctx.hosts, host))
        w->flags[host] |= FLAG_COMP_HOST;
    w->ctx.host = host;
}

static void capture_user(struct tare__soc_world *w, uint32_t user)
{
    if (user == TARE_SOC_NONE)
        return;
    if (!(w->flags[user] & FLAG_COMP_USER) && tare__soc_set_add(w, &w->ctx.users, user))
        w->flags[user] |= FLAG_COMP_USER;
    w->ctx.user = user;
}

static void keep(uint32_t *slot, uint32_t value)
{
    if (value != TARE_SOC_NONE)
        *slot = value;
}

static void by_effects(struct tare__soc_world *w, const struct tare__soc_move *move,
                       const struct tare__soc_effects *e)
{
    for (uint32_t i = ATTR_CREDS; i < ATTR_HOST; i++)
        if (e->flag[i] >= 0)
            w->ctx.flag[i] = e->flag[i] != 0;
    capture_host(w, e->host);
    capture_user(w, e->user);
    keep(&w->ctx.target, e->target);
    keep(&w->ctx.exfil, e->exfil);
    bool exfil = move->type == N_EXFILTRATE || move->type == N_EXFILTRATE_ALT;
    if (exfil && e->exfil == TARE_SOC_NONE)
        keep(&w->ctx.exfil, tare__soc_move_get(move, N_DESTINATION_DOMAIN));
}

void tare__soc_effects_apply(struct tare__soc_world *w, const struct tare__soc_move *move,
                             const struct tare__soc_graph_action *matched)
{
    if (matched && matched->effects.any) {
        by_effects(w, move, &matched->effects);
        return;
    }
    switch (move->type) {
    case N_REUSE_CREDENTIALS:
        capture_user(w, tare__soc_move_get(move, N_USER));
        capture_host(w, tare__soc_move_get(move, N_HOST));
        w->ctx.flag[ATTR_CREDS] = true;
        break;
    case N_LATERAL_MOVE:
    case N_LATERAL_MOVE_ALT:
        capture_host(w, tare__soc_move_get(move, N_DST));
        w->ctx.flag[ATTR_ADMIN] = true;
        break;
    case N_ACCESS_DATA:
        w->ctx.target = tare__soc_move_get(move, N_TARGET);
        w->ctx.flag[ATTR_STAGE] = true;
        break;
    case N_EXFILTRATE:
    case N_EXFILTRATE_ALT:
        w->ctx.exfil = tare__soc_move_get(move, N_DESTINATION_DOMAIN);
        break;
    case N_ESTABLISH_PERSISTENCE:
        w->ctx.flag[ATTR_PERSISTENCE] = true;
        break;
    default:
        break;
    }
}
