/*
 * Names of suites, worlds and solvers as the library's callers write them.
 */
#ifndef TARE_LIB_BIND_H
#define TARE_LIB_BIND_H

#include "record/contract.h"
#include "suite/suite.h"

enum tare_status tare__lib_suite(struct tare_str what, struct tare_arena *arena,
                                 struct tare_suite **out, struct tare_err *err);
/* NULL, and err, when there is none of that name. */
const struct tare_world_ops *tare__lib_world(struct tare_str name, struct tare_err *err);
const struct tare_check_ops *tare__lib_check(void);
/* `what`: a scripted solver of the world, or a solver.yaml; opened, with shared in the arena. */
enum tare_status tare__lib_solver(struct tare_str what, struct tare_str world,
                                  struct tare_arena *arena, const struct tare_solver_ops **out,
                                  void **shared, struct tare_err *err);

#endif
