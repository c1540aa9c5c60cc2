/* The configuration under `soc` in suite.yaml. */
#include <math.h>

#include "text/fields.h"
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define MAX_WEIGHT 1000.0 /* points; far beyond any sensible switch */

static void reward(struct tare_json o, struct tare_soc_reward *r, struct tare_err *err,
                   enum tare_status *st)
{
    struct tare_fields f;
    if (!tare_json_present(o) || *st != TARE_OK)
        return;
    tare_fields_begin(&f, o, (struct tare_str){NULL, 0}, (struct tare_str){NULL, 0}, err);
    tare_fields_f64(&f, "w_missed", false, 0, MAX_WEIGHT, &r->w_missed);
    tare_fields_f64(&f, "w_egar_plus", false, 0, MAX_WEIGHT, &r->w_egar_plus);
    tare_fields_f64(&f, "w_egar_minus", false, 0, MAX_WEIGHT, &r->w_egar_minus);
    tare_fields_bool(&f, "symmetric", false, &r->symmetric);
    tare_fields_f64(&f, "w_silence", false, 0, MAX_WEIGHT, &r->w_silence);
    tare_fields_f64(&f, "w_wrong", false, 0, MAX_WEIGHT, &r->w_wrong);
    tare_fields_f64(&f, "w_late", false, 0, MAX_WEIGHT, &r->w_late);
    struct tare_json cap = tare_json_get(o, "fp_cap");
    if (tare_json_str_is(cap, "none")) {
        tare_fields_any(&f, "fp_cap", false);
        r->fp_cap = INFINITY;
    } else {
        tare_fields_f64(&f, "fp_cap", false, 0, MAX_WEIGHT, &r->fp_cap);
    }
    struct tare_json tiers = tare_fields_any(&f, "w_tier", false);
    if (tare_json_present(tiers) && tare_json_count(tiers) != 3)
        tare_fields_fail(&f, tiers, "w_tier must be a list of three weights");
    for (uint32_t i = 0; i < tare_json_count(tiers) && i < 3; i++)
        if (!tare_json_f64(tare_json_at(tiers, i), &r->w_tier[i]) || r->w_tier[i] < 0)
            tare_fields_fail(&f, tiers, "w_tier must be a list of three weights");
    *st = tare_fields_end(&f);
}

static void attacker(struct tare_json o, struct tare__soc_config *c, struct tare_err *err,
                     enum tare_status *st)
{
    static const char *const modes[] = {"off", "record", "replay", NULL};
    struct tare_fields f;
    if (!tare_json_present(o) || *st != TARE_OK)
        return;
    tare_fields_begin(&f, o, (struct tare_str){NULL, 0}, (struct tare_str){NULL, 0}, err);
    tare_fields_str(&f, "cache", false, &c->cache_path);
    c->replay = c->cache_path.n ? 1 : 0; /* as published: a path alone means record */
    tare_fields_choice(&f, "replay", false, modes, &c->replay);
    if (c->replay && c->cache_path.n == 0)
        tare_fields_fail(&f, o, "attacker.replay needs attacker.cache: the file to use");
    *st = tare_fields_end(&f);
}

enum tare_status tare__soc_config_read(struct tare_json config, struct tare__soc_config *out,
                                       struct tare_err *err)
{
    static const char *const profiles[] = {"hardened", "faithful", NULL};
    int profile = TARE_SOC_HARDENED;
    enum tare_status st = TARE_OK;
    struct tare_json weights = {NULL, 0}, att = {NULL, 0};
    memset(out, 0, sizeof *out);
    if (tare_json_present(config) && tare_json_kind(config) != TARE_JSON_NULL) {
        struct tare_fields f;
        tare_fields_begin(&f, config, (struct tare_str){NULL, 0}, (struct tare_str){NULL, 0}, err);
        tare_fields_choice(&f, "profile", false, profiles, &profile);
        tare_fields_bool(&f, "mask_injections", false, &out->mask_injections);
        weights = tare_fields_any(&f, "reward", false);
        att = tare_fields_any(&f, "attacker", false);
        if (tare_json_present(att) && profile == TARE_SOC_HARDENED)
            tare_fields_fail(&f, att, "the attacker of the hardened profile has no replay cache");
        st = tare_fields_end(&f);
    }
    out->profile = (enum tare_soc_profile)profile;
    tare_soc_reward_default(out->profile, &out->reward);
    reward(weights, &out->reward, err, &st);
    attacker(att, out, err, &st);
    return st;
}
