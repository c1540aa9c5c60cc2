/*
 * Solvers as a person names them: scripted ones by name, others by file.
 */
#ifndef TARE_RUN_SOLVERS_H
#define TARE_RUN_SOLVERS_H

#include "run/batch.h"

/*
 * Resolves each of `names`: a scripted solver of the suite's world, `all` (each of them), or a
 * path to a solver.yaml (ends in .yaml or .yml, or holds a '/').
 * Fails: TARE_E_USAGE with what there is and the nearest name; errors of the file itself.
 */
enum tare_status tare_run_solvers(const struct tare_suite *suite, const struct tare_str *names,
                                  size_t n_names, struct tare_arena *arena,
                                  struct tare_run_solver **out, uint32_t *n, struct tare_err *err);

#endif
