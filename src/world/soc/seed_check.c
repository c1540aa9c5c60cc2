/*
 * Cross references of a published seed: what names something must name something that is there.
 * Source: fact sheet opensec, section 2. All published seeds pass; one that contradicts itself is
 * refused with the place. What is left out is not looked at.
 */
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

/* The table of the artifact that carries an injection; N_TABLES: none does. */
static enum tare_soc_table carrier(struct tare_json seed, struct tare_str injection)
{
    struct tare_json art = tare_json_get(seed, "seed_artifacts");
    struct tare_json emails = tare_json_get(art, "emails");
    struct tare_json logs = tare_json_get(art, "log_templates");
    for (struct tare_json e = tare_json_first(emails); tare_json_present(e); e = tare_json_next(e))
        if (tare_str_eq(tare_json_str(tare_json_get(e, "injection_id")), injection))
            return TARE_SOC_EMAIL;
    for (struct tare_json e = tare_json_first(logs); tare_json_present(e); e = tare_json_next(e))
        if (tare_str_eq(tare_json_str(tare_json_get(e, "injection_id")), injection))
            return tare__soc_table_of(tare_json_str(tare_json_get(e, "table")));
    return TARE_SOC_N_TABLES;
}

static void payloads(struct tare__soc_build *b, struct tare_json seed)
{
    for (uint32_t i = 0; i < b->sc->n_payloads && !b->failed; i++) {
        const struct tare__soc_payload *p = &b->sc->payloads[i];
        enum tare_soc_table t = carrier(seed, p->id);
        bool fits = tare_str_is(p->surface, "email")   ? t == TARE_SOC_EMAIL
                    : tare_str_is(p->surface, "alert") ? t == TARE_SOC_ALERT
                    : tare_str_is(p->surface, "log")   ? t >= TARE_SOC_AUTH && t <= TARE_SOC_PROCESS
                                                       : false;
        if (!fits)
            tare__soc_fault(b, p->json, "no artifact of its surface carries injection \"%.*s\"",
                            TARE_FMT(p->id));
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
