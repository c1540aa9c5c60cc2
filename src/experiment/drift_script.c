/* A scripted model whose adherence decays at a known pace. */
#include <stdio.h>

#include "experiment/drift.h"

#include <math.h>

#include "base/rng.h"

#include "base/banned.h"

enum arm { BASELINE, STATELESS, ANCHOR_4, ANCHOR_8, RECALL, RECAP, ARMS };
static const char *const arms[ARMS] = {"baseline",    "stateless", "re-anchor-4",
                                       "re-anchor-8", "recall",    "recap"};

enum tare_status tare_drift_script_parse(struct tare_str spec, struct tare_drift_script *s,
                                         struct tare_err *err)
{
    while (spec.n) {
        size_t comma = tare_str_find(spec, TARE_S(",")), n = comma == SIZE_MAX ? spec.n : comma;
        struct tare_str part = tare_str_n(spec.p, n);
        size_t eq = tare_str_find(part, TARE_S("="));
        struct tare_str name = tare_str_trim(tare_str_n(part.p, eq == SIZE_MAX ? n : eq));
        double *to = tare_str_is(name, "p0")       ? &s->p0
                     : tare_str_is(name, "lambda") ? &s->lambda
                     : tare_str_is(name, "pinf")   ? &s->p_inf
                                                   : NULL;
        if (!to) {
            tare_err_hint(err, "values are p0, lambda and pinf");
            return tare_fail(err, TARE_E_USAGE, "the script has no value \"%.*s\"", TARE_FMT(name));
        }
        if (eq == SIZE_MAX || !tare_str_to_f64(tare_str_n(part.p + eq + 1, n - eq - 1), to) ||
            !(*to >= 0 && *to <= 1))
            return tare_fail(err, TARE_E_USAGE, "%.*s is no number from 0 to 1", TARE_FMT(name));
        spec =
            comma == SIZE_MAX ? (struct tare_str){0} : tare_str_n(spec.p + n + 1, spec.n - n - 1);
    }
    return s->p0 + s->p_inf <= 1 ? TARE_OK
                                 : tare_fail(err, TARE_E_USAGE, "p0 and pinf sum to more than 1");
}

/* Turns since the rules were last stated. */
static uint32_t since(enum arm a, uint32_t turn, uint32_t turns)
{
    switch (a) {
    case STATELESS:
        return 0;
    case ANCHOR_4:
        return turn % 4;
    case ANCHOR_8:
        return turn % 8;
    case RECAP:
        return turn + 1 == turns ? 0 : turn;
    default:
        return turn;
    }
}

static void put_turn(const struct tare_drift_script *s, struct tare_json_writer *w, enum arm a,
                     uint32_t turn, struct tare_rng *chance)
{
    uint32_t u = since(a, turn, s->turns);
    double p = s->p0 * exp(-(a == RECALL ? s->lambda / 3 : s->lambda) * u) + s->p_inf;
    tare_json_begin_object(w);
    tare_json_put_key(w, "pass");
    tare_json_begin_object(w);
    for (uint32_t k = 0; k < s->rules; k++) {
        char id[16];
        (void)snprintf(id, sizeof id, "rule-%u", k + 1);
        tare_json_member_bool(w, id, tare_rng_unit(chance) < p);
    }
    tare_json_end_object(w);
    tare_json_member_u64(w, "since", 150u * u);
    tare_json_member_bool(w, "correct", tare_rng_unit(chance) < 0.8);
    tare_json_end_object(w);
}

static void put_rules(const struct tare_drift_script *s, struct tare_buf *jsonl)
{
    tare_buf_puts(jsonl, "{\"defaults\":{\"rules\":[");
    for (uint32_t k = 0; k < s->rules; k++)
        tare_buf_printf(jsonl, "%s{\"id\":\"rule-%u\",\"kind\":\"recorded\"}", k ? "," : "", k + 1);
    tare_buf_puts(jsonl, "]}}\n");
}

void tare_drift_script_write(const struct tare_drift_script *s, struct tare_buf *jsonl)
{
    put_rules(s, jsonl);
    for (uint32_t c = 0; c < s->conversations; c++)
        for (uint32_t k = 0; k < s->seeds; k++)
            for (int a = 0; a < ARMS; a++) {
                struct tare_json_writer w;
                struct tare_rng chance;
                char id[24];
                (void)snprintf(id, sizeof id, "talk-%04u", c);
                tare_rng_init(&chance, s->seed, TARE_S("drift-script"),
                              ((uint64_t)c * s->seeds + k) * ARMS + (uint64_t)a);
                tare_json_writer_init(&w, jsonl);
                tare_json_begin_object(&w);
                tare_json_member_cstr(&w, "conversation", id);
                tare_json_member_u64(&w, "seed", k);
                tare_json_member_cstr(&w, "arm", arms[a]);
                tare_json_put_key(&w, "turns");
                tare_json_begin_array(&w);
                for (uint32_t t = 0; t < s->turns; t++)
                    put_turn(s, &w, (enum arm)a, t, &chance);
                tare_json_end_array(&w);
                tare_json_end_object(&w);
                tare_buf_putc(jsonl, '\n');
            }
}
