#include "lib/bind.h"

#include "check/restraint.h"
#include "suite/solver_file.h"
#include "text/fields.h"
#include "world/soc/gen.h"
#include "world/soc/solvers/solvers.h"
#include "world/world.h"

#include "base/banned.h"

enum tare_status tare__lib_suite(struct tare_str what, struct tare_arena *arena,
                                 struct tare_suite **out, struct tare_err *err)
{
    static const struct tare_task_source *const sources[] = {&tare_task_source_soc};
    const struct tare_suite_options options = {
        .size = sizeof options, .sources = sources, .n_sources = 1};
    return tare_suite_load(what, &options, arena, out, err);
}

const struct tare_world_ops *tare__lib_world(struct tare_str name, struct tare_err *err)
{
    if (tare_str_is(name, tare_world_soc.name))
        return &tare_world_soc;
    (void)tare_fail(err, TARE_E_USAGE, "there is no world \"%.*s\"", TARE_FMT(name));
    tare_err_hint(err, "worlds: %s", tare_world_soc.name);
    return NULL;
}

const struct tare_check_ops *tare__lib_check(void)
{
    return &tare_check_restraint;
}

static enum tare_status unknown_solver(struct tare_str name, struct tare_err *err)
{
    const char *names[64];
    size_t n = 0;
    for (; tare_soc_solvers[n] && n < 63; n++)
        names[n] = tare_soc_solvers[n]->name;
    names[n] = NULL;
    const char *near = tare_suggest(name, names);
    (void)tare_fail(err, TARE_E_USAGE, "there is no solver \"%.*s\"", TARE_FMT(name));
    tare_err_hint(err, near ? "did you mean \"%s\"?" : "for example \"%s\", or a file solver.yaml",
                  near ? near : names[0]);
    return TARE_E_USAGE;
}

static bool is_path(struct tare_str what)
{
    return tare_str_ends(what, TARE_S(".yaml")) || tare_str_ends(what, TARE_S(".yml")) ||
           tare_str_find(what, TARE_S("/")) != SIZE_MAX;
}

enum tare_status tare__lib_solver(struct tare_str what, struct tare_str world,
                                  struct tare_arena *arena, const struct tare_solver_ops **out,
                                  void **shared, struct tare_err *err)
{
    struct tare_solver_file *file = NULL;
    struct tare_json config = {0};
    struct tare_str policy = what;
    if (!tare_str_is(world, tare_world_soc.name))
        return tare_fail(err, TARE_E_USAGE, "the world has no scripted solvers");
    if (is_path(what)) {
        enum tare_status st = tare_solver_file_load(what, arena, &file, err);
        if (st)
            return st;
        if (file->kind != TARE_SOLVER_POLICY)
            return tare_fail(err, TARE_E_USAGE, "the library plays scripted solvers only");
        policy = file->policy;
        config = file->config;
    }
    *out = tare_soc_solver(policy);
    if (!*out)
        return unknown_solver(policy, err);
    enum tare_status st = (*out)->open(config, arena, shared, err);
    if (st && file) {
        tare_err_file(err, file->path);
        tare_err_locate(err, file->text);
    }
    return st;
}
