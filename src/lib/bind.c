#include "lib/bind.h"

#include "run/registry.h"
#include "suite/solver_file.h"
#include "text/fields.h"

#include "base/banned.h"

enum tare_status tare__lib_suite(struct tare_str what, struct tare_arena *arena,
                                 struct tare_suite **out, struct tare_err *err)
{
    struct tare_suite_options options = {.size = sizeof options};
    options.sources = tare_registry_sources(&options.n_sources);
    return tare_suite_load(what, &options, arena, out, err);
}

static enum tare_status unknown_solver(struct tare_str name, struct tare_str world,
                                       struct tare_err *err)
{
    const char *names[64];
    uint32_t n = 0;
    const struct tare_solver_ops *const *all = tare_registry_solvers(world, &n);
    n = n < 63 ? n : 63;
    for (uint32_t i = 0; i < n; i++)
        names[i] = all[i]->name;
    names[n] = NULL;
    const char *near = tare_suggest(name, names);
    (void)tare_fail(err, TARE_E_USAGE, "there is no solver \"%.*s\"", TARE_FMT(name));
    if (near)
        tare_err_hint(err, "did you mean \"%s\"?", near);
    else if (n)
        tare_err_hint(err, "for example \"%s\", or a file solver.yaml", names[0]);
    return TARE_E_USAGE;
}

static bool is_path(struct tare_str what)
{
    return tare_str_ends(what, TARE_S(".yaml")) || tare_str_ends(what, TARE_S(".yml")) ||
           tare_str_find(what, TARE_S("/")) != SIZE_MAX;
}

enum tare_status tare__lib_solver(struct tare_str what, struct tare_str world,
                                  struct tare_arena *arena, struct tare__lib_solver *out,
                                  struct tare_err *err)
{
    struct tare_solver_file *file = NULL;
    struct tare_json config = {0};
    struct tare_str policy = what;
    *out = (struct tare__lib_solver){0};
    if (is_path(what)) {
        enum tare_status st = tare_solver_file_load(what, arena, &file, err);
        if (st)
            return st;
        if (file->kind != TARE_SOLVER_POLICY)
            return tare_fail(err, TARE_E_USAGE, "the library plays scripted solvers only");
        policy = file->policy;
        config = file->config;
        out->limits = file->limits;
    }
    out->ops = tare_registry_solver(world, policy);
    if (!out->ops)
        return unknown_solver(policy, world, err);
    if (out->ops->waits)
        return tare_fail(err, TARE_E_USAGE,
                         "%s waits for something outside; the library plays scripted solvers only",
                         out->ops->name);
    enum tare_status st = out->ops->open(config, arena, &out->shared, err);
    if (st && file) {
        tare_err_file(err, file->path);
        tare_err_locate(err, file->text);
    }
    return st;
}
