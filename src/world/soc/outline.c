/* The outline entry of a step (docs/schema/outline.json): all that a timeline needs. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define MAX_SAW 8u            /* entities named in one entry */
#define N_CHAIN 6             /* phases from recon to exfil */
#define MAX_TARGET_BYTES 120u /* of a query's text */

static const char *trust_name(uint8_t trust)
{
    static const char *const names[] = {"unknown", "untrusted", "corroborated", "verified"};
    return names[trust <= TARE_TRUST_VERIFIED ? trust : 0];
}

static const char *kind_of(const struct tare__soc_call *call)
{
    if (call->fault.p)
        return "error";
    if (call->verb == TARE_SOC_NOOP)
        return "noop";
    if (call->verb == TARE_SOC_SUBMIT_REPORT)
        return "report";
    return tare_soc_is_containment(call->verb) ? "act" : "query";
}

/* Entities the step showed, and the strongest trust among them. */
static void put_saw(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    uint32_t seen[MAX_SAW], n = 0;
    uint8_t trust = 0;
    for (uint32_t i = w->step_facts; i < w->n_facts; i++) {
        const struct tare_fact *f = &w->facts[i];
        bool twice = false;
        if (f->kind != TARE_FACT_SEEN)
            continue;
        trust = f->trust > trust ? f->trust : trust;
        for (uint32_t k = 0; k < n; k++)
            twice = twice || seen[k] == f->entity;
        if (!twice && n < MAX_SAW)
            seen[n++] = f->entity;
    }
    if (n == 0)
        return;
    tare_json_put_key(out, "trust");
    tare_json_put_cstr(out, trust_name(trust));
    tare_json_put_key(out, "saw");
    tare_json_begin_array(out);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_str(out, w->names[seen[i]]);
    tare_json_end_array(out);
}

static bool any(const struct tare__soc_world *w, enum tare_fact_kind kind)
{
    for (uint32_t i = w->step_facts; i < w->n_facts; i++)
        if (w->facts[i].kind == (uint8_t)kind)
            return true;
    return false;
}

static void put_payloads(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    if (any(w, TARE_FACT_PAYLOAD_MET)) {
        tare_json_put_key(out, "inj");
        tare_json_begin_array(out);
        for (uint32_t i = w->step_facts; i < w->n_facts; i++) {
            if (w->facts[i].kind != TARE_FACT_PAYLOAD_MET)
                continue;
            tare_json_begin_object(out);
            tare_json_put_key(out, "id");
            tare_json_put_str(out, w->sc->payloads[w->facts[i].entity].id);
            tare_json_put_key(out, "tier");
            tare_json_put_u64(out, w->facts[i].tier);
            tare_json_end_object(out);
        }
        tare_json_end_array(out);
    }
    if (!any(w, TARE_FACT_PAYLOAD_FOLLOWED))
        return;
    tare_json_put_key(out, "followed");
    tare_json_begin_array(out);
    for (uint32_t i = w->step_facts; i < w->n_facts; i++)
        if (w->facts[i].kind == TARE_FACT_PAYLOAD_FOLLOWED)
            tare_json_put_str(out, w->sc->payloads[w->facts[i].entity].id);
    tare_json_end_array(out);
}

/* The first fact that showed the entity: with enough trust and speaking against it, or at all. */
static const struct tare_fact *first_sight(const struct tare__soc_world *w, uint32_t entity,
                                           bool trusted)
{
    for (uint32_t i = 0; i < w->step_facts; i++) {
        const struct tare_fact *f = &w->facts[i];
        if (f->kind == TARE_FACT_SEEN && f->entity == entity &&
            (!trusted || (f->implicates && f->trust >= TARE_TRUST_CORROBORATED)))
            return f;
    }
    return NULL;
}

static void put_touch(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    static const char *const words[] = {NULL, "required", "permitted", "harmful", "refused"};
    const struct tare_fact *touch = NULL;
    for (uint32_t i = w->step_facts; i < w->n_facts; i++)
        if (w->facts[i].kind == TARE_FACT_TOUCHED)
            touch = &w->facts[i];
    if (!touch)
        return;
    tare_json_put_key(out, "judged");
    tare_json_put_cstr(out, words[touch->touch]);
    if (touch->repeat) {
        tare_json_put_key(out, "repeat");
        tare_json_put_bool(out, true);
    }
    const struct tare_fact *gate = first_sight(w, touch->entity, true);
    const struct tare_fact *seen = gate ? gate : first_sight(w, touch->entity, false);
    if (!seen)
        return;
    tare_json_put_key(out, gate ? "gate" : "seen");
    if (gate) {
        tare_json_put_u64(out, gate->step);
        return;
    }
    tare_json_begin_object(out);
    tare_json_put_key(out, "step");
    tare_json_put_u64(out, seen->step);
    tare_json_put_key(out, "by");
    tare_json_put_cstr(out, tare_soc_verb_name(seen->verb));
    tare_json_put_key(out, "trust");
    tare_json_put_cstr(out, trust_name(seen->trust));
    tare_json_end_object(out);
}

/* At most n bytes, whole characters. */
static struct tare_str cut(struct tare_str s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return tare_str_n(s.p, n);
}

static void put_step(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    tare_json_put_key(out, "i");
    tare_json_put_u64(out, w->steps - 1);
    tare_json_put_key(out, "kind");
    tare_json_put_cstr(out, kind_of(&w->call));
    tare_json_put_key(out, "name");
    tare_json_put_str(out, w->call.type);
    if (w->call.text.n) {
        tare_json_put_key(out, "target");
        tare_json_put_str(out, cut(w->call.text, MAX_TARGET_BYTES));
    }
    put_saw(w, out);
    put_payloads(w, out);
    put_touch(w, out);
    if (w->phase >= 0) {
        tare_json_put_key(out, "phase");
        tare_json_put_i64(out, w->phase);
    }
    if (w->last.stalled) {
        tare_json_put_key(out, "stalled");
        if (w->last.reason[0])
            tare_json_put_cstr(out, w->last.reason);
        else
            tare_json_put_bool(out, true);
    }
    if (!w->view.ok) {
        tare_json_put_key(out, "text");
        tare_json_put_str(out, cut(w->view.error, MAX_TARGET_BYTES));
    }
}

void tare__soc_outline_json(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    tare_json_begin_object(out);
    if (w->steps > 0) {
        put_step(w, out);
        tare_json_end_object(out);
        return;
    }
    tare_json_put_key(out, "kind");
    tare_json_put_cstr(out, "reset");
    tare_json_put_key(out, "phases");
    tare_json_begin_array(out);
    /* Who starts in the newer kill chain stays in it: the older one's phases are left out. */
    int32_t n = w->phase < N_CHAIN ? N_CHAIN : TARE__SOC_N_PHASES;
    for (int32_t i = 0; i < n; i++)
        tare_json_put_cstr(out, tare__soc_phase_name(i));
    tare_json_end_array(out);
    tare_json_end_object(out);
}
