/*
 * The solvers of a promptfooconfig.yaml: providers × prompts.
 */
#ifndef TARE_RUN_PROMPTFOO_H
#define TARE_RUN_PROMPTFOO_H

#include "run/solvers.h"
#include "suite/promptfoo.h"

/*
 * names: solvers and models given in place of the config's providers, when there are any; env and
 * offline hold for both. A provider that tare cannot play is left out and named in `skipped` (text,
 * may be empty). Fails: TARE_E_USAGE (none is left), as tare_run_solvers and tare_endpoint_resolve.
 */
enum tare_status tare_run_promptfoo(const struct tare_promptfoo *config,
                                    const struct tare_run_names *names, struct tare_arena *arena,
                                    struct tare_run_solver **out, uint32_t *n,
                                    struct tare_str *skipped, struct tare_err *err);

#endif
