#include "run/solvers.h"

#include "run/registry.h"

#include "base/limits.h"
#include "suite/solver_file.h"
#include "text/fields.h"

#include "base/banned.h"

static bool is_file(struct tare_str name)
{
    return tare_str_ends(name, TARE_S(".yaml")) || tare_str_ends(name, TARE_S(".yml")) ||
           tare_str_find(name, TARE_S("/")) != SIZE_MAX;
}

static enum tare_status unknown(struct tare_str world, struct tare_str name, struct tare_err *err)
{
    const char *names[64];
    char list[300] = "";
    uint32_t n, len = 0;
    const struct tare_solver_ops *const *all = tare_registry_solvers(world, &n);
    for (uint32_t i = 0; i < n && i < 63; i++) {
        size_t m = strlen(all[i]->name);
        names[i] = all[i]->name;
        if (len + m + 3 < sizeof list) {
            if (len) {
                memcpy(list + len, ", ", 2);
                len += 2;
            }
            memcpy(list + len, all[i]->name, m);
            len += (uint32_t)m;
            list[len] = 0;
        }
    }
    names[n < 63 ? n : 63] = NULL;
    const char *near = tare_suggest(name, names);
    enum tare_status st = tare_fail(err, TARE_E_USAGE,
                                    "no scripted solver of the world %.*s is "
                                    "called '%.*s'",
                                    TARE_FMT(world), TARE_FMT(name));
    if (near)
        tare_err_hint(err, "did you mean %s? There are: %s", near, list);
    else
        tare_err_hint(err, "there are: %s, or give a file ending in .yaml", list);
    return st;
}

static enum tare_status from_file(const struct tare_suite *suite, struct tare_str path,
                                  struct tare_arena *arena, struct tare_run_solver *out,
                                  struct tare_err *err)
{
    struct tare_solver_file *f;
    enum tare_status st = tare_solver_file_load(path, arena, &f, err);
    if (st != TARE_OK)
        return st;
    if (f->kind != TARE_SOLVER_POLICY) {
        st = tare_fail(err, TARE_E_USAGE,
                       "this tare plays scripted solvers only: %.*s asks for a "
                       "model",
                       TARE_FMT(path));
        tare_err_hint(err, "use `policy: NAME`; `tare help run` lists the names");
        return st;
    }
    *out = (struct tare_run_solver){.name = f->name,
                                    .ops = tare_registry_solver(suite->world, f->policy),
                                    .config = f->config,
                                    .text = f->text,
                                    .path = f->path,
                                    .limits = f->limits};
    if (out->ops)
        return TARE_OK;
    st = unknown(suite->world, f->policy, err);
    tare_err_file(err, path);
    return st;
}

enum tare_status tare_run_solvers(const struct tare_suite *suite, const struct tare_str *names,
                                  size_t n_names, struct tare_arena *arena,
                                  struct tare_run_solver **out, uint32_t *n, struct tare_err *err)
{
    uint32_t n_all;
    const struct tare_solver_ops *const *all = tare_registry_solvers(suite->world, &n_all);
    struct tare_run_solver *made = TARE_NEW_N(arena, struct tare_run_solver, n_names * (n_all + 1));
    enum tare_status st = TARE_OK;
    *n = 0;
    if (!made)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    for (size_t i = 0; st == TARE_OK && i < n_names; i++) {
        if (tare_str_is(names[i], "all")) {
            for (uint32_t s = 0; s < n_all; s++)
                made[(*n)++] =
                    (struct tare_run_solver){.name = tare_str_of(all[s]->name), .ops = all[s]};
            continue;
        }
        struct tare_run_solver *s = &made[*n];
        if (is_file(names[i])) {
            st = from_file(suite, names[i], arena, s, err);
        } else {
            *s = (struct tare_run_solver){.name = names[i],
                                          .ops = tare_registry_solver(suite->world, names[i])};
            if (!s->ops)
                st = unknown(suite->world, names[i], err);
        }
        ++*n;
    }
    *out = made;
    return st;
}
