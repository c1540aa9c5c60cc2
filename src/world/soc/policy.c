/* What the scripted attacker chooses, and what is valid. Source: fact sheet opensec, section 7. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

/* The k-th name of a sorted list that is not contained, or NONE. */
static uint32_t available(const struct tare__soc_list *list, const uint8_t *flags, uint8_t bit,
                          uint32_t k)
{
    for (uint32_t i = 0; i < list->n; i++)
        if ((flags[list->v[i]] & bit) == 0 && k-- == 0)
            return list->v[i];
    return TARE_SOC_NONE;
}

static uint32_t nth(const struct tare__soc_list *list, uint32_t i)
{
    return i < list->n ? list->v[i] : TARE_SOC_NONE;
}

static uint32_t or_else(uint32_t name, uint32_t other)
{
    return name != TARE_SOC_NONE ? name : other;
}

static void param(struct tare__soc_move *m, uint32_t key, uint32_t value)
{
    m->key[m->n] = key;
    m->value[m->n++] = value;
}

void tare__soc_choose(const struct tare_soc_scenario *sc, uint32_t state, const uint8_t *flags,
                      struct tare__soc_move *out)
{
    uint32_t user = or_else(available(&sc->sorted_users, flags, FLAG_RESET, 0), nth(&sc->users, 0));
    uint32_t host =
        or_else(available(&sc->sorted_hosts, flags, FLAG_ISOLATED, 0), nth(&sc->hosts, 0));
    uint32_t dst = or_else(available(&sc->sorted_hosts, flags, FLAG_ISOLATED, 1),
                           or_else(nth(&sc->hosts, 1), host));
    uint32_t domain =
        or_else(available(&sc->sorted_attackers, flags, FLAG_BLOCKED, 0), sc->attacker_domain);
    out->n = 0;
    switch (state) {
    case N_RECON:
        out->type = N_SEND_PHISH;
        param(out, N_TARGET_USER, user);
        break;
    case N_ACCESS:
    case N_PHISH_SENT:
        out->type = N_REUSE_CREDENTIALS;
        param(out, N_HOST, host);
        param(out, N_USER, user);
        break;
    case N_PERSISTENCE:
        out->type = N_ESTABLISH_PERSISTENCE;
        param(out, N_HOST, host);
        break;
    case N_LATERAL_SPREAD:
    case N_CREDS_USED:
        out->type = N_LATERAL_MOVE;
        param(out, N_DST, dst);
        param(out, N_SRC, host);
        break;
    case N_STAGING:
        out->type = N_STAGE_DATA;
        param(out, N_HOST, host);
        param(out, N_TARGET, nth(&sc->targets, 0));
        break;
    case N_LATERAL_MOVE:
        out->type = N_ACCESS_DATA;
        param(out, N_TARGET, nth(&sc->targets, 0));
        break;
    case N_EXFIL:
    case N_DATA_ACCESS:
        out->type = N_EXFILTRATE;
        param(out, N_CHANNEL, N_HTTPS);
        param(out, N_DESTINATION_DOMAIN, domain);
        break;
    default:
        out->type = N_NO_OP;
        break;
    }
}

static uint32_t add_sorted(const struct tare_soc_scenario *sc, uint32_t *out, uint32_t n,
                           uint32_t cap, uint32_t type)
{
    uint32_t at = n;
    while (at > 0 && tare_str_cmp(sc->names.v[out[at - 1]], sc->names.v[type]) > 0)
        at--;
    if ((at > 0 && out[at - 1] == type) || n == cap)
        return n;
    memmove(out + at + 1, out + at, (n - at) * sizeof *out);
    out[at] = type;
    return n + 1;
}

/* Actions of a state that has no graph. */
static const uint32_t legacy[5][2] = {
    [N_PHISH_SENT] = {N_REUSE_CREDENTIALS, N_REUSE_CREDENTIALS},
    [N_CREDS_USED] = {N_LATERAL_MOVE, N_LATERAL_MOVE_ALT},
    [N_LATERAL_MOVE] = {N_ACCESS_DATA, N_ACCESS_DATA},
    [N_DATA_ACCESS] = {N_EXFILTRATE, N_EXFILTRATE_ALT},
    [N_EXFIL_ATTEMPT] = {N_EXFILTRATE, N_EXFILTRATE_ALT},
};

uint32_t tare__soc_allowed(const struct tare_soc_scenario *sc, bool use_graph, uint32_t state,
                           uint32_t *out, uint32_t cap, bool *all)
{
    uint32_t n = 0;
    const struct tare__soc_state *st = use_graph ? tare__soc_state_find(sc, state) : NULL;
    *all = false;
    if (st && st->n_actions > 0) {
        for (uint32_t i = 0; i < st->n_actions; i++)
            n = add_sorted(sc, out, n, cap, st->actions[i].type);
        return n;
    }
    if (state <= N_EXFIL_ATTEMPT) {
        n = add_sorted(sc, out, n, cap, legacy[state][0]);
        return add_sorted(sc, out, n, cap, legacy[state][1]);
    }
    *all = true;
    for (uint32_t i = N_LATERAL_MOVE; i < N_NO_OP; i++)
        if (i != N_DATA_ACCESS && i != N_EXFIL_ATTEMPT)
            n = add_sorted(sc, out, n, cap, i);
    return n;
}

static bool is_kind(const struct tare_soc_scenario *sc, uint32_t name, uint8_t kind)
{
    return name < sc->names.n && (sc->names.kind[name] & kind) != 0;
}

static bool absent_or(const struct tare_soc_scenario *sc, const struct tare__soc_move *m,
                      uint32_t key, uint8_t kind)
{
    uint32_t v = tare__soc_move_get(m, key);
    return v == TARE_SOC_NONE || v == N_EMPTY || is_kind(sc, v, kind);
}

static bool params_valid(const struct tare_soc_scenario *sc, const struct tare__soc_move *m)
{
    switch (m->type) {
    case N_SEND_PHISH:
    case N_REPHISH:
        return is_kind(sc, tare__soc_move_get(m, N_TARGET_USER), TARE__SOC_IS_USER);
    case N_REUSE_CREDENTIALS:
        return is_kind(sc, tare__soc_move_get(m, N_USER), TARE__SOC_IS_USER) &&
               is_kind(sc, tare__soc_move_get(m, N_HOST), TARE__SOC_IS_HOST);
    case N_LATERAL_MOVE:
    case N_LATERAL_MOVE_ALT:
    case N_LATERAL_SPREAD:
    case N_PIVOT:
        return is_kind(sc, tare__soc_move_get(m, N_SRC), TARE__SOC_IS_HOST) &&
               is_kind(sc, tare__soc_move_get(m, N_DST), TARE__SOC_IS_HOST);
    case N_ACCESS_DATA:
        return is_kind(sc, tare__soc_move_get(m, N_TARGET), TARE__SOC_IS_TARGET);
    case N_STAGE_DATA:
        return absent_or(sc, m, N_TARGET, TARE__SOC_IS_TARGET) &&
               absent_or(sc, m, N_HOST, TARE__SOC_IS_HOST);
    case N_ESTABLISH_PERSISTENCE:
        return absent_or(sc, m, N_HOST, TARE__SOC_IS_HOST);
    case N_RECON:
    case N_WAIT:
    case N_RETREAT:
        return true;
    case N_EXFILTRATE:
    case N_EXFILTRATE_ALT:
        return is_kind(sc, tare__soc_move_get(m, N_DESTINATION_DOMAIN), TARE__SOC_IS_DOMAIN);
    default:
        return false;
    }
}

static bool type_allowed(const struct tare_soc_scenario *sc, bool use_graph, uint32_t state,
                         uint32_t type)
{
    const struct tare__soc_state *st = use_graph ? tare__soc_state_find(sc, state) : NULL;
    if (st && st->n_actions > 0) {
        for (uint32_t i = 0; i < st->n_actions; i++)
            if (st->actions[i].type == type)
                return true;
        return false;
    }
    if (state > N_EXFIL_ATTEMPT)
        return true;
    return type == legacy[state][0] || type == legacy[state][1];
}

bool tare__soc_move_valid(const struct tare_soc_scenario *sc, bool use_graph, uint32_t state,
                          const struct tare__soc_move *m)
{
    return m->type != N_NO_OP && type_allowed(sc, use_graph, state, m->type) && params_valid(sc, m);
}
