/* The outline entry of a step: all that a timeline needs (design/ui.md, section 4). */
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define MAX_SAW 8u /* entities named in one entry */

static void put_name(const struct tare__soc_world *w, struct tare_json_writer *out, uint32_t name)
{
    tare_json_put_str(out, w->names[name]);
}

/* Entities that trusted evidence of this step speaks against. */
static void put_saw(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    uint32_t n = 0;
    tare_json_put_key(out, "saw");
    tare_json_begin_array(out);
    for (uint32_t i = w->step_facts; i < w->n_facts && n < MAX_SAW; i++) {
        const struct tare_fact *f = &w->facts[i];
        if (f->kind != TARE_FACT_SEEN || !f->implicates || f->trust < TARE_TRUST_CORROBORATED)
            continue;
        put_name(w, out, f->entity);
        n++;
    }
    tare_json_end_array(out);
}

static void put_payloads(const struct tare__soc_world *w, struct tare_json_writer *out,
                         const char *key, enum tare_fact_kind kind)
{
    tare_json_put_key(out, key);
    tare_json_begin_array(out);
    for (uint32_t i = w->step_facts; i < w->n_facts; i++)
        if (w->facts[i].kind == (uint8_t)kind)
            tare_json_put_str(out, w->sc->payloads[w->facts[i].entity].id);
    tare_json_end_array(out);
}

static void put_touch(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    static const char *const words[] = {NULL, "required", "permitted", "harmful", "refused"};
    const struct tare_fact *touch = NULL;
    for (uint32_t i = w->step_facts; i < w->n_facts; i++)
        if (w->facts[i].kind == TARE_FACT_TOUCHED)
            touch = &w->facts[i];
    tare_json_put_key(out, "judged");
    tare_json_put_cstr(out, touch ? words[touch->touch] : NULL);
    tare_json_put_key(out, "gate");
    if (touch)
        tare_json_put_bool(out, (w->flags[touch->entity] & FLAG_TRUSTED) != 0);
    else
        tare_json_put_null(out);
}

void tare__soc_outline_json(const struct tare__soc_world *w, struct tare_json_writer *out)
{
    bool act = w->steps > 0;
    tare_json_begin_object(out);
    tare_json_put_key(out, "i");
    tare_json_put_i64(out, (int64_t)w->steps - 1);
    tare_json_put_key(out, "kind");
    tare_json_put_cstr(out, act ? "act" : "reset");
    tare_json_put_key(out, "name");
    if (act)
        tare_json_put_str(out, w->call.type);
    else
        tare_json_put_null(out);
    tare_json_put_key(out, "target");
    if (act && w->call.text.p && w->call.verb != TARE_SOC_QUERY_LOGS)
        tare_json_put_str(out, w->call.text);
    else
        tare_json_put_null(out);
    tare_json_put_key(out, "ok");
    tare_json_put_bool(out, w->view.ok);
    put_saw(w, out);
    put_payloads(w, out, "inj", TARE_FACT_PAYLOAD_MET);
    put_payloads(w, out, "followed", TARE_FACT_PAYLOAD_FOLLOWED);
    put_touch(w, out);
    tare_json_put_key(out, "phase");
    tare_json_put_cstr(out, tare__soc_phase_name(w->phase));
    tare_json_put_key(out, "stalled");
    tare_json_put_bool(out, act && w->last.stalled);
    tare_json_end_object(out);
}
