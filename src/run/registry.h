/*
 * The only place that binds names to implementations.
 */
#ifndef TARE_RUN_REGISTRY_H
#define TARE_RUN_REGISTRY_H

#include "record/contract.h"
#include "record/reference.h"

/* The world of that name, or NULL. */
const struct tare_world_ops *tare_registry_world(struct tare_str name);
/* NULL-terminated names, for suggestions. */
const char *const *tare_registry_world_names(void);

/* The scripted solver of that name that plays in that world, or NULL. `replay` plays in each. */
const struct tare_solver_ops *tare_registry_solver(struct tare_str world, struct tare_str name);
/* Those of a world, in the order in which help shows them. */
const struct tare_solver_ops *const *tare_registry_solvers(struct tare_str world, uint32_t *n);

/* Checks that score every attempt in that world, in order. asked: the suite has `checks`. */
const struct tare_check_ops *const *tare_registry_checks(struct tare_str world, bool asked,
                                                         uint32_t *n);

/* What makes tasks for `tasks: {generate: …}`. */
const struct tare_task_source *const *tare_registry_sources(uint32_t *n);

/* Published rows and classes of a world under its configuration; none: *n 0, NULL. */
const struct tare_reference *tare_registry_references(struct tare_str world,
                                                      struct tare_json config, uint32_t *n);
const struct tare_classes *tare_registry_classes(struct tare_str world, struct tare_json config);

#endif
