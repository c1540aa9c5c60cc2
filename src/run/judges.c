#include "run/judges.h"

#include "base/limits.h"
#include "check/answer.h"
#include "run/solvers.h"

#include "base/banned.h"

#define MAX_JUDGES 64u

struct finder {
    struct tare_arena *arena;
    struct tare_str names[MAX_JUDGES];
    struct tare_json models[MAX_JUDGES];
    bool stand_in; /* one judge stands in for all but those that embed */
    uint32_t n;
    bool too_many;
};

static void see(void *ctx, struct tare_json model, bool like)
{
    struct finder *f = ctx;
    if (!tare_json_present(model) || (f->stand_in && !like))
        return;
    struct tare_str name = tare_check_judge_endpoint(model, f->arena);
    for (uint32_t i = 0; i < f->n; i++)
        if (tare_str_eq(f->names[i], name))
            return;
    f->too_many = f->too_many || f->n == MAX_JUDGES || !name.p;
    if (f->too_many)
        return;
    f->names[f->n] = name;
    f->models[f->n++] = model;
}

static enum tare_status identity(const struct tare_endpoint *e, struct tare_digest *out,
                                 struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_endpoint_identity(e, &w);
    *out = tare_sha256_of(tare_buf_str(&b));
    bool failed = b.failed;
    tare_buf_free(&b);
    return failed ? tare_fail(err, TARE_E_NOMEM, "out of memory while looking for judges")
                  : TARE_OK;
}

static enum tare_status resolve(const struct finder *f, uint32_t i, struct tare_str stand_in,
                                const struct tare_run_names *names, struct tare_endpoint **out,
                                struct tare_err *err)
{
    if (i == f->n)
        return tare_endpoint_of_string(stand_in, TARE_S("judge"), names->env, names->offline,
                                       f->arena, out, err);
    if (tare_json_kind(f->models[i]) == TARE_JSON_STRING)
        return tare_endpoint_of_string(tare_json_str(f->models[i]), f->names[i], names->env,
                                       names->offline, f->arena, out, err);
    return tare_endpoint_resolve(f->models[i], f->names[i], names->env, names->offline, f->arena,
                                 out, err);
}

enum tare_status tare_run_find_judges(const struct tare_suite *suite, struct tare_str stand_in,
                                      const struct tare_run_names *names, struct tare_arena *arena,
                                      struct tare_run_judges *out, struct tare_err *err)
{
    struct finder f = {.arena = arena, .stand_in = stand_in.n > 0};
    enum tare_status st = TARE_OK;
    tare_check_judges(suite->checks, see, &f);
    for (uint32_t i = 0; i < suite->n_tasks; i++)
        tare_check_judges(suite->tasks[i].checks, see, &f);
    if (f.too_many)
        return tare_fail(err, TARE_E_LIMIT, "more than %u judges", MAX_JUDGES);
    uint32_t n = f.n + (stand_in.n > 0);
    struct tare_endpoint *e;
    const struct tare_endpoint **list = TARE_NEW_N(arena, const struct tare_endpoint *, n);
    struct tare_check_model *models = TARE_NEW_N(arena, struct tare_check_model, n);
    *out = (struct tare_run_judges){.endpoints = list, .models = models};
    if (!list || !models)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for judges");
    for (uint32_t i = 0; i < n && st == TARE_OK; i++) {
        st = resolve(&f, i, stand_in, names, &e, err);
        if (st != TARE_OK)
            break;
        list[i] = e;
        models[i] = (struct tare_check_model){.name = e->name, .family = e->family};
        st = identity(e, &models[i].identity, err);
        out->n = i + 1;
    }
    return st;
}
