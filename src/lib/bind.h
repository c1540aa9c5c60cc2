/*
 * Solvers as the library's callers write them.
 */
#ifndef TARE_LIB_BIND_H
#define TARE_LIB_BIND_H

#include "record/contract.h"
#include "suite/suite.h"

struct tare__lib_solver {
    const struct tare_solver_ops *ops;
    void *shared;
    struct tare_suite_limits limits; /* its own; zero: the suite's */
};

/* Loads the suite with the sources of tasks that are built in. */
enum tare_status tare__lib_suite(struct tare_str what, struct tare_arena *arena,
                                 struct tare_suite **out, struct tare_err *err);
/* `what`: a scripted solver of the world, or a solver.yaml; opened, living in the arena. */
enum tare_status tare__lib_solver(struct tare_str what, struct tare_str world,
                                  struct tare_arena *arena, struct tare__lib_solver *out,
                                  struct tare_err *err);

#endif
