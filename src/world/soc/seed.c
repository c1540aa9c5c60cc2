/* Compiles a published seed and its ground truth. Source: fact sheet opensec, sections 2 and 3. */
#include "world/soc/soc_int.h"

#include "base/limits.h"

#include "base/banned.h"

static struct tare__soc_list entities(struct tare__soc_build *b, struct tare_json seed,
                                      const char *group, const char *key, uint8_t kind)
{
    struct tare_json list = tare_json_get(tare_json_get(seed, "entities"), group);
    struct tare__soc_list out = {NULL, 0};
    if (tare_json_kind(list) != TARE_JSON_ARRAY) {
        tare__soc_fault(b, seed, "entities.%s must be a list", group);
        return out;
    }
    uint32_t *v = tare__soc_new(b, tare_json_count(list), sizeof *v);
    if (!v)
        return out;
    for (struct tare_json e = tare_json_first(list); tare_json_present(e); e = tare_json_next(e)) {
        struct tare_str s = tare__soc_text(b, e, key, true);
        if (b->failed)
            return out;
        v[out.n] = tare__soc_name(b, s);
        tare__soc_mark_known(&b->sc->names, v[out.n++], kind);
        if (tare_json_str_is(tare_json_get(e, "domain_type"), "attacker"))
            tare__soc_mark_known(&b->sc->names, v[out.n - 1], TARE__SOC_IS_ATTACKER);
    }
    out.v = v;
    return out;
}

/* A top-level id: it must be an entity of that kind. */
static uint32_t top_id(struct tare__soc_build *b, struct tare_json seed, const char *key,
                       uint8_t kind)
{
    struct tare_str s = tare__soc_text(b, seed, key, true);
    if (b->failed)
        return TARE_SOC_NONE;
    uint32_t name = tare__soc_name(b, s);
    if ((b->sc->names.kind[name] & kind) == 0)
        tare__soc_fault(b, tare_json_get(seed, key), "\"%.*s\" is not among the entities",
                        TARE_FMT(s));
    return name;
}

static void containment(struct tare__soc_build *b, struct tare_json truth)
{
    static const char *const keys[3] = {"isolate_hosts", "block_domains", "reset_users"};
    struct tare_json need = tare_json_get(truth, "containment_requirements");
    for (uint32_t c = 0; c < 3; c++) {
        struct tare_json list = tare_json_get(need, keys[c]);
        struct tare__soc_list raw = {NULL, 0};
        uint32_t *v = tare__soc_new(b, tare_json_count(list), sizeof *v);
        if (!v)
            return;
        for (struct tare_json e = tare_json_first(list); tare_json_present(e);
             e = tare_json_next(e)) {
            if (tare_json_kind(e) != TARE_JSON_STRING)
                tare__soc_fault(b, e, "must be a string");
            v[raw.n++] = tare__soc_name(b, tare_json_str(e));
        }
        raw.v = v;
        b->sc->required[c] = tare__soc_sorted(b, raw, 0);
    }
}

static void truth_of(struct tare__soc_build *b, struct tare_json truth)
{
    static const char *const fields[5] = {"patient_zero_host", "compromised_user",
                                          "attacker_domain", "data_target", "initial_vector"};
    if (tare_json_kind(truth) != TARE_JSON_OBJECT) {
        tare__soc_fault(b, truth, "the ground truth (\"expect\") is missing");
        return;
    }
    struct tare_str id = tare__soc_text(b, truth, "scenario_id", false);
    if (id.p && !tare_str_eq(id, b->sc->id))
        tare__soc_fault(b, tare_json_get(truth, "scenario_id"),
                        "the ground truth is of \"%.*s\", the seed is \"%.*s\"", TARE_FMT(id),
                        TARE_FMT(b->sc->id));
    struct tare_json a = tare_json_get(truth, "attribution");
    for (uint32_t i = 0; i < 5; i++)
        b->sc->truth[i] = tare__soc_text(b, a, fields[i], false);
    containment(b, truth);
    b->sc->need = tare__soc_new(b, b->sc->names.cap, 1);
    if (!b->sc->need)
        return;
    for (uint32_t c = 0; c < 3; c++)
        for (uint32_t i = 0; i < b->sc->required[c].n; i++)
            b->sc->need[b->sc->required[c].v[i]] |= (uint8_t)TARE__SOC_NEED(c);
}

/* Ids of the rows that can come: auth-SCENARIO-STEP and so on. */
static void row_ids(struct tare__soc_build *b)
{
    static const char *const prefix[TARE_SOC_N_TABLES] = {"", "auth", "flow", "proc", "alert"};
    uint32_t *v = tare__soc_new(b, TARE__SOC_STEPS_AHEAD * TARE_SOC_N_TABLES, sizeof *v);
    if (!v)
        return;
    for (uint32_t step = 0; step < TARE__SOC_STEPS_AHEAD; step++) {
        for (uint32_t t = TARE_SOC_AUTH; t < TARE_SOC_N_TABLES; t++) {
            struct tare_str s =
                tare_arena_printf(b->arena, "%s-%.*s-%u", prefix[t], TARE_FMT(b->sc->id), step);
            v[step * TARE_SOC_N_TABLES + t] = tare__soc_name(b, s);
        }
    }
    b->sc->row_id = v;
}

static void head(struct tare__soc_build *b, struct tare_json seed)
{
    struct tare_soc_scenario *sc = b->sc;
    struct tare_json meta = tare_json_get(seed, "metadata");
    sc->id = tare__soc_text(b, seed, "scenario_id", true);
    sc->users = entities(b, seed, "users", "user_id", TARE__SOC_IS_USER);
    sc->hosts = entities(b, seed, "hosts", "host_id", TARE__SOC_IS_HOST);
    sc->domains = entities(b, seed, "domains", "domain", TARE__SOC_IS_DOMAIN);
    sc->targets = entities(b, seed, "data_targets", "target_id", TARE__SOC_IS_TARGET);
    sc->patient_zero = top_id(b, seed, "patient_zero_host", TARE__SOC_IS_HOST);
    sc->victim = top_id(b, seed, "compromised_user", TARE__SOC_IS_USER);
    sc->attacker_domain = top_id(b, seed, "attacker_domain", TARE__SOC_IS_DOMAIN);
    sc->data_target = top_id(b, seed, "data_target", TARE__SOC_IS_TARGET);
    if (b->failed)
        return;
    sc->sorted_users = tare__soc_sorted(b, sc->users, TARE__SOC_IS_USER);
    sc->sorted_hosts = tare__soc_sorted(b, sc->hosts, TARE__SOC_IS_HOST);
    sc->sorted_attackers = tare__soc_sorted(b, sc->domains, TARE__SOC_IS_ATTACKER);
    int64_t max_steps = 15;
    struct tare_json m = tare_json_get(meta, "max_steps");
    if (tare_json_kind(m) == TARE_JSON_NUMBER &&
        (!tare_json_i64(m, &max_steps) || max_steps < 1 || max_steps > TARE_MAX_STEPS))
        tare__soc_fault(b, m, "must be an integer from 1 to %u", TARE_MAX_STEPS);
    sc->max_steps = sc->par_steps = (uint32_t)max_steps;
    tare__soc_times(b, tare__soc_text(b, meta, "created_at", false));
}

enum tare_status tare__soc_compile_seed(struct tare__soc_build *b, struct tare_json seed,
                                        struct tare_json truth)
{
    head(b, seed);
    if (!b->failed)
        row_ids(b);
    if (!b->failed)
        truth_of(b, truth);
    if (!b->failed)
        tare__soc_compile_rows(b, seed);
    if (!b->failed)
        tare__soc_compile_graph(b, seed);
    if (!b->failed)
        tare__soc_compile_payloads(b, tare_json_get(seed, "prompt_injection_payloads"));
    if (!b->failed)
        tare__soc_check_seed(b, seed);
    return b->failed ? b->err->code : TARE_OK;
}
