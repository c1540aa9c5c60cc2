/*
 * Cross references of a published seed: what names something must name something that is there.
 * Source: fact sheet opensec, section 2. All published seeds pass; one that contradicts itself is
 * refused with the place. What is left out is not looked at.
 */
#include <stdio.h>

#include "world/soc/soc_int.h"

#include "base/banned.h"

/* The string at o.key must be an entity of the kind. */
static void known(struct tare__soc_build *b, struct tare_json o, const char *key, uint8_t kind,
                  const char *what)
{
    struct tare_json v = tare_json_get(o, key);
    if (tare_json_kind(v) != TARE_JSON_STRING)
        return;
    uint32_t name = tare__soc_find(&b->sc->names, tare_json_str(v));
    if (name == TARE_SOC_NONE || !(b->sc->names.kind[name] & kind))
        tare__soc_fault(b, v, "there is no %s \"%.*s\" among the entities", what,
                        TARE_FMT(tare_json_str(v)));
}

static void plan(struct tare__soc_build *b, struct tare_json p)
{
    struct tare_json lateral = tare_json_get(p, "lateral_path");
    struct tare_json email = tare_json_get(p, "phishing_email_id");
    known(b, tare_json_get(p, "credentials_used"), "user_id", TARE__SOC_IS_USER, "user");
    for (struct tare_json e = tare_json_first(lateral); tare_json_present(e);
         e = tare_json_next(e)) {
        known(b, e, "src_host", TARE__SOC_IS_HOST, "host");
        known(b, e, "dst_host", TARE__SOC_IS_HOST, "host");
    }
    known(b, tare_json_get(p, "data_access"), "target_id", TARE__SOC_IS_TARGET, "data target");
    known(b, tare_json_get(p, "exfiltration"), "destination_domain", TARE__SOC_IS_DOMAIN, "domain");
    bool found = tare_json_kind(email) != TARE_JSON_STRING;
    for (uint32_t i = 0; i < b->sc->n_tpl && !found; i++)
        found = b->sc->tpl[i].table == TARE_SOC_EMAIL &&
                tare_str_eq(b->sc->names.v[b->sc->tpl[i].id], tare_json_str(email));
    if (!found)
        tare__soc_fault(b, email, "there is no email \"%.*s\"", TARE_FMT(tare_json_str(email)));
}

static void variants(struct tare__soc_build *b, struct tare_json timeline)
{
    static const char *const names[] = {"lateral_move", "lateral_move_alt", "exfiltrate",
                                        "exfiltrate_alt", NULL};
    for (struct tare_json t = tare_json_first(timeline); tare_json_present(t);
         t = tare_json_next(t)) {
        struct tare_json list = tare_json_get(t, "artifacts");
        for (struct tare_json e = tare_json_first(list); tare_json_present(e);
             e = tare_json_next(e)) {
            struct tare_json v = tare_json_get(e, "variant_action_type");
            const char *const *n = names;
            while (*n && !tare_json_str_is(v, *n))
                n++;
            if (tare_json_kind(v) == TARE_JSON_STRING && !*n)
                tare__soc_fault(b, v, "there is no variant \"%.*s\"", TARE_FMT(tare_json_str(v)));
        }
    }
}

/* The artifact that carries an injection; NONE: none does. */
static uint32_t carrier(struct tare_json seed, struct tare_str injection)
{
    static const char *const groups[] = {"emails", "log_templates"};
    struct tare_json art = tare_json_get(seed, "seed_artifacts");
    uint32_t at = 0;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        struct tare_json list = tare_json_get(art, groups[g]);
        for (struct tare_json e = tare_json_first(list); tare_json_present(e);
             e = tare_json_next(e), at++)
            if (tare_str_eq(tare_json_str(tare_json_get(e, "injection_id")), injection))
                return at;
    }
    return TARE_SOC_NONE;
}

static bool skip(struct tare_str *s, struct tare_str prefix)
{
    if (!tare_str_starts(*s, prefix))
        return false;
    *s = tare_str_n(s->p + prefix.n, s->n - prefix.n);
    return true;
}

/* Whether id is that of the row which tpl becomes at one of its steps; *n counts the steps. */
static bool is_row(struct tare__soc_build *b, struct tare__soc_emits emits, uint32_t tpl,
                   struct tare_str id, uint32_t *n)
{
    static const char *const prefix[TARE_SOC_N_TABLES] = {"", "auth", "flow", "proc", "alert"};
    for (uint32_t i = 0; i < emits.n; i++) {
        if (emits.v[i].tpl != tpl)
            continue;
        char step[16];
        (*n)++;
        (void)snprintf(step, sizeof step, "-%u", emits.v[i].step);
        struct tare_str rest = id;
        if (skip(&rest, tare_str_of(prefix[b->sc->tpl[tpl].table])) && skip(&rest, TARE_S("-")) &&
            skip(&rest, b->sc->id) && tare_str_is(rest, step))
            return true;
    }
    return false;
}

/* A log row only counts as evidence under the id that its schedule gives it. An alert without a
 * step of its own comes when the attacker acts: its id is not known before. */
static void evidence(struct tare__soc_build *b, const struct tare__soc_payload *p, uint32_t tpl)
{
    struct tare_json ids = tare_json_get(p->json, "evidence_ids");
    bool alert = b->sc->tpl[tpl].table == TARE_SOC_ALERT;
    uint32_t n = 0;
    (void)(is_row(b, b->sc->timeline, tpl, TARE_S(""), &n) ||
           is_row(b, b->sc->graph.initial, tpl, TARE_S(""), &n));
    if (n == 0 && !alert)
        tare__soc_fault(b, p->json, "the log template with injection \"%.*s\" is never scheduled",
                        TARE_FMT(p->id));
    for (struct tare_json e = tare_json_first(ids); tare_json_present(e) && n > 0 && !b->failed;
         e = tare_json_next(e)) {
        struct tare_str id = tare_json_str(e);
        if (is_row(b, b->sc->timeline, tpl, id, &n) || is_row(b, b->sc->graph.initial, tpl, id, &n))
            continue;
        tare__soc_fault(b, e, "\"%.*s\" is not the row that carries injection \"%.*s\"",
                        TARE_FMT(id), TARE_FMT(p->id));
        tare_err_hint(b->err, "an evidence id is alert-, auth-, flow- or proc-SCENARIO-STEP, with "
                              "a step at which its template is scheduled");
    }
}

static void payloads(struct tare__soc_build *b, struct tare_json seed)
{
    for (uint32_t i = 0; i < b->sc->n_payloads && !b->failed; i++) {
        const struct tare__soc_payload *p = &b->sc->payloads[i];
        uint32_t tpl = carrier(seed, p->id);
        uint32_t t = tpl == TARE_SOC_NONE ? TARE_SOC_N_TABLES : b->sc->tpl[tpl].table;
        bool fits = tare_str_is(p->surface, "email")   ? t == TARE_SOC_EMAIL
                    : tare_str_is(p->surface, "alert") ? t == TARE_SOC_ALERT
                    : tare_str_is(p->surface, "log")   ? t >= TARE_SOC_AUTH && t <= TARE_SOC_PROCESS
                                                       : false;
        if (!fits)
            tare__soc_fault(b, p->json, "no artifact of its surface carries injection \"%.*s\"",
                            TARE_FMT(p->id));
        else if (t != TARE_SOC_EMAIL)
            evidence(b, p, tpl);
    }
}

void tare__soc_check_seed(struct tare__soc_build *b, struct tare_json seed)
{
    struct tare_json p = tare_json_get(seed, "attack_plan");
    plan(b, p);
    if (!b->failed)
        variants(b, tare_json_get(p, "timeline"));
    if (!b->failed)
        payloads(b, seed);
}
