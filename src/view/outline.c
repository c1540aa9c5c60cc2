#include "view/episode.h"

#include "base/banned.h"

static const char *const kinds[] = {"query", "act", "report", "noop", "error", NULL};
static const char *const trusts[] = {"unknown", "untrusted", "corroborated", "verified", NULL};
static const char *const touches[] = {"", "required", "permitted", "harmful", "refused", NULL};

static int index_of(struct tare_json v, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (tare_json_str_is(v, names[i]))
            return i;
    return -1;
}

static int32_t number(struct tare_json object, const char *key, int32_t none)
{
    int64_t x;
    if (!tare_json_i64(tare_json_get(object, key), &x) || x < 0 || x > INT32_MAX)
        return none;
    return (int32_t)x;
}

static bool read_met(struct tare_json list, struct tare_arena *arena, struct tare_outline_inj **out,
                     uint32_t *n)
{
    struct tare_outline_inj *v = TARE_NEW_N(arena, struct tare_outline_inj, tare_json_count(list));
    *n = 0;
    if (!v)
        return false;
    for (struct tare_json x = tare_json_first(list); tare_json_present(x); x = tare_json_next(x))
        v[(*n)++] = tare_json_kind(x) == TARE_JSON_STRING
                        ? (struct tare_outline_inj){tare_json_str(x), 0}
                        : (struct tare_outline_inj){tare_json_str(tare_json_get(x, "id")),
                                                    number(x, "tier", 0)};
    *out = v;
    return true;
}

static void read_act(struct tare_json x, struct tare_outline_entry *e)
{
    int judged = index_of(tare_json_get(x, "judged"), touches);
    struct tare_json seen = tare_json_get(x, "seen");
    int trust = index_of(tare_json_get(seen, "trust"), trusts);
    e->judged = judged > 0 ? (enum tare_touch)judged : (enum tare_touch)0;
    e->repeat = tare_json_true(tare_json_get(x, "repeat"));
    e->gate = number(x, "gate", -1);
    e->seen_step = number(seen, "step", -1);
    e->seen_by = tare_json_str(tare_json_get(seen, "by"));
    e->seen_trust = trust > 0 ? (enum tare_trust)trust : TARE_TRUST_UNKNOWN;
}

static bool read_entry(struct tare_json x, int kind, struct tare_arena *arena,
                       struct tare_outline_entry *e)
{
    int trust = index_of(tare_json_get(x, "trust"), trusts);
    struct tare_json stalled = tare_json_get(x, "stalled");
    *e = (struct tare_outline_entry){.kind = (enum tare_outline_kind)kind,
                                     .name = tare_json_str(tare_json_get(x, "name")),
                                     .target = tare_json_str(tare_json_get(x, "target")),
                                     .text = tare_json_str(tare_json_get(x, "text")),
                                     .trust =
                                         trust > 0 ? (enum tare_trust)trust : TARE_TRUST_UNKNOWN,
                                     .has_trust = trust >= 0,
                                     .phase = number(x, "phase", -1)};
    if (tare_json_kind(stalled) == TARE_JSON_STRING)
        e->stalled = tare_json_str(stalled);
    else if (tare_json_true(stalled))
        e->stalled = TARE_S("");
    read_act(x, e);
    return read_met(tare_json_get(x, "inj"), arena, &e->inj, &e->n_inj) &&
           read_met(tare_json_get(x, "followed"), arena, &e->followed, &e->n_followed);
}

/* The tier of a followed instruction is known from where it was met. */
static void tiers_of_followed(struct tare_outline_entry *steps, uint32_t n,
                              const struct tare_outline_inj *at_reset, uint32_t n_reset)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t f = 0; f < steps[i].n_followed; f++) {
            struct tare_outline_inj *x = &steps[i].followed[f];
            for (uint32_t r = 0; r < n_reset && !x->tier; r++)
                x->tier = tare_str_eq(at_reset[r].id, x->id) ? at_reset[r].tier : 0;
            for (uint32_t k = 0; k <= i && !x->tier; k++)
                for (uint32_t m = 0; m < steps[k].n_inj && !x->tier; m++)
                    x->tier = tare_str_eq(steps[k].inj[m].id, x->id) ? steps[k].inj[m].tier : 0;
        }
}

static bool read_phases(struct tare_json list, struct tare_arena *arena, struct tare_outline *out)
{
    struct tare_str *names = TARE_NEW_N(arena, struct tare_str, tare_json_count(list));
    if (!names)
        return false;
    out->n_phases = 0; /* of two such entries the last one counts */
    for (struct tare_json x = tare_json_first(list); tare_json_present(x); x = tare_json_next(x))
        names[out->n_phases++] = tare_json_str(x);
    out->phases = names;
    return true;
}

enum tare_status tare_outline_read(struct tare_str json, struct tare_arena *arena,
                                   struct tare_outline *out, struct tare_err *err)
{
    struct tare_json root;
    struct tare_outline_inj *at_reset = NULL;
    uint32_t n_reset = 0;
    *out = (struct tare_outline){0};
    if (json.n == 0)
        return TARE_OK;
    enum tare_status st = tare_json_parse(json, &tare_json_log, arena, &root, err);
    if (st)
        return st;
    if (tare_json_kind(root) != TARE_JSON_ARRAY)
        return tare_fail_at(err, TARE_E_INPUT, 0, "an outline is a list, this is %s",
                            tare_json_kind_name(root));
    struct tare_outline_entry *steps =
        TARE_NEW_N(arena, struct tare_outline_entry, tare_json_count(root));
    bool ok = steps != NULL;
    for (struct tare_json x = tare_json_first(root); ok && tare_json_present(x);
         x = tare_json_next(x)) {
        struct tare_json kind = tare_json_get(x, "kind");
        if (tare_json_str_is(kind, "reset")) {
            ok = read_phases(tare_json_get(x, "phases"), arena, out) &&
                 read_met(tare_json_get(x, "inj"), arena, &at_reset, &n_reset);
            continue;
        }
        int k = index_of(kind, kinds);
        if (k < 0)
            return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(x),
                                "an outline entry has an unknown kind");
        ok = read_entry(x, k, arena, &steps[out->n_steps++]);
    }
    if (!ok)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the outline");
    tiers_of_followed(steps, out->n_steps, at_reset, n_reset);
    out->steps = steps;
    return TARE_OK;
}
