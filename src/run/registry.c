#include "run/registry.h"

#include "check/answer.h"
#include "check/restraint.h"
#include "solver/replay.h"
#include "world/prompt/prompt.h"
#include "world/soc/gen.h"
#include "world/soc/published.h"
#include "world/soc/solvers/solvers.h"
#include "world/workspace/workspace.h"
#include "world/world.h"

#include "base/banned.h"

struct world {
    const struct tare_world_ops *ops;
    const struct tare_solver_ops *const *solvers; /* NULL-terminated */
    const struct tare_task_source *source;        /* or NULL */
};

static const struct world worlds[] = {
    {&tare_world_soc, tare_soc_solvers, &tare_task_source_soc},
    {&tare_world_prompt, tare_prompt_solvers, &tare_task_source_prompt},
    {&tare_world_workspace, tare_workspace_solvers, &tare_task_source_workspace},
};
#define N_WORLDS (sizeof worlds / sizeof *worlds)

static const struct world *find(struct tare_str name)
{
    for (size_t i = 0; i < N_WORLDS; i++)
        if (tare_str_is(name, worlds[i].ops->name))
            return &worlds[i];
    return NULL;
}

const struct tare_world_ops *tare_registry_world(struct tare_str name)
{
    const struct world *w = find(name);
    return w ? w->ops : NULL;
}

const char *const *tare_registry_world_names(void)
{
    static const char *const names[] = {"soc", "prompt", "workspace", NULL};
    return names;
}

const struct tare_solver_ops *const *tare_registry_solvers(struct tare_str world, uint32_t *n)
{
    const struct world *w = find(world);
    *n = 0;
    while (w && w->solvers[*n])
        ++*n;
    return w ? w->solvers : NULL;
}

const struct tare_solver_ops *tare_registry_solver(struct tare_str world, struct tare_str name)
{
    uint32_t n;
    const struct tare_solver_ops *const *all = tare_registry_solvers(world, &n);
    if (tare_str_is(name, tare_solver_replay.name))
        return find(world) ? &tare_solver_replay : NULL;
    for (uint32_t i = 0; i < n; i++)
        if (tare_str_is(name, all[i]->name))
            return all[i];
    return NULL;
}

const struct tare_check_ops *const *tare_registry_checks(struct tare_str world, bool asked,
                                                         uint32_t *n)
{
    static const struct tare_check_ops *const all[] = {&tare_check_restraint, &tare_check_answer};
    bool talks = tare_str_is(world, tare_world_prompt.name); /* nothing is touched there */
    *n = talks || !asked ? 1 : 2;
    return talks ? all + 1 : all;
}

const struct tare_task_source *const *tare_registry_sources(uint32_t *n)
{
    static const struct tare_task_source *const all[] = {
        &tare_task_source_soc, &tare_task_source_prompt, &tare_task_source_workspace};
    *n = sizeof all / sizeof *all;
    return all;
}

/* The profile stands under `profile:`; the world itself refuses what is wrong there. */
static enum tare_soc_profile soc_profile(struct tare_json config)
{
    return tare_json_str_is(tare_json_get(config, "profile"), "faithful") ? TARE_SOC_FAITHFUL
                                                                          : TARE_SOC_HARDENED;
}

const struct tare_reference *tare_registry_references(struct tare_str world,
                                                      struct tare_json config, uint32_t *n)
{
    *n = 0;
    return tare_str_is(world, "soc") ? tare_soc_references(soc_profile(config), n) : NULL;
}

const struct tare_classes *tare_registry_classes(struct tare_str world, struct tare_json config)
{
    return tare_str_is(world, "soc") ? tare_soc_classes(soc_profile(config)) : NULL;
}
