/*
 * Task folders of Harbor (task.toml) and Terminal-Bench (task.yaml) as a suite of the world
 * workspace, where they need no image: what a Dockerfile says beyond its base, its folder and the
 * files it copies cannot be had without one, nor can a network.
 */
#ifndef TARE_SUITE_HARBOR_H
#define TARE_SUITE_HARBOR_H

#include "suite/suite.h"

#define TARE_HARBOR_TASKS 2000u

struct tare_harbor_refused {
    struct tare_str task, why;
};

struct tare_harbor {
    struct tare_suite *suite;                  /* of the tasks that can be played */
    uint32_t n_folders;                        /* tasks in the folder, refused ones too */
    const struct tare_harbor_refused *refused; /* in order of their names */
    uint32_t n_refused;
};

/* A folder with task.toml or task.yaml, or one whose folders have, and no suite.yaml. */
bool tare_harbor_is(struct tare_str path);
/*
 * Links are not followed. Everything lives in the arena. Fails: TARE_E_INPUT with file:line (a
 * task.toml that is none; no task that can be played), TARE_E_IO, TARE_E_LIMIT, TARE_E_NOMEM.
 */
enum tare_status tare_harbor_load(struct tare_str path, struct tare_arena *arena,
                                  struct tare_harbor **out, struct tare_err *err);

#endif
