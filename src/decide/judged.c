#include "decide/judged.h"

#include "record/family.h"
#include "record/where.h"
#include "text/json.h"

#include "base/banned.h"

/* Attempts looked at before giving up: one that was judged is among them, or none was. */
#define LOOKED_AT 8u

/* Whether a model of the solver is of this family. */
static bool is_of(const struct tare_run_view *run, struct tare_json identity,
                  struct tare_str family)
{
    struct tare_json models = tare_json_get(identity, "models");
    for (struct tare_json m = tare_json_first(models); tare_json_present(m); m = tare_json_next(m))
        if (tare_str_eq(tare_model_family(tare_json_str(tare_json_get(m, "model"))), family))
            return true;
    return tare_json_count(models) == 0 && tare_str_eq(tare_model_family(run->solver), family);
}

static bool look(const struct tare_run_view *run, struct tare_json identity,
                 struct tare_json detail, struct tare_arena *arena, struct tare_judged *out)
{
    struct tare_json checks = tare_json_get(detail, "checks");
    bool any = false;
    for (struct tare_json c = tare_json_first(checks); tare_json_present(c);
         c = tare_json_next(c)) {
        struct tare_str family = tare_json_str(tare_json_get(c, "family"));
        if (!tare_json_present(tare_json_get(c, "judge")))
            continue;
        if (!any)
            out->hash = tare_arena_copy(arena, tare_json_str(tare_json_get(c, "hash")));
        any = true;
        if (family.n == 0 || !is_of(run, identity, family))
            continue;
        out->judge = tare_arena_copy(arena, tare_json_str(tare_json_get(c, "judge")));
        out->family = tare_arena_copy(arena, family);
        return true;
    }
    return any;
}

enum tare_status tare_judged_read(struct tare_store *s, const struct tare_run_view *run,
                                  struct tare_arena *arena, struct tare_judged *out,
                                  struct tare_err *err)
{
    struct tare_attempt_page page;
    struct tare_json identity = {NULL, 0}, detail;
    *out = (struct tare_judged){0};
    if (tare_json_parse(run->identity, &tare_json_strict, arena, &identity, NULL) != TARE_OK)
        identity = (struct tare_json){NULL, 0};
    enum tare_status st = tare_store_attempts(s, run->id, NULL, 0, LOOKED_AT, arena, &page, err);
    for (uint32_t i = 0; i < page.n && st == TARE_OK; i++) {
        struct tare_attempt a;
        if (page.rows[i].status == TARE_ATTEMPT_MISSING)
            continue;
        st = tare_store_attempt(s, run->id, page.rows[i].task, page.rows[i].index,
                                TARE_WITH_OUTLINE, arena, &a, err);
        if (st == TARE_OK && a.detail.n &&
            tare_json_parse(a.detail, &tare_json_strict, arena, &detail, NULL) == TARE_OK &&
            look(run, identity, detail, arena, out))
            break;
    }
    return st;
}
