/*
 * Outputs that another tool recorded, as solvers that say them again.
 */
#ifndef TARE_RUN_OUTPUTS_H
#define TARE_RUN_OUTPUTS_H

#include "record/formats/import.h"
#include "run/batch.h"

struct tare_run_outputs {
    struct tare_run_solver *solvers; /* one a run of the table */
    uint32_t n_solvers;
    uint32_t k;               /* most attempts at one task */
    uint32_t n_matched;       /* tasks of the suite with an output */
    uint32_t n_strangers;     /* tasks of the file that the suite has not */
    struct tare_str stranger; /* the first of them */
};

/*
 * The table must have kept its texts. Tasks are joined by id. Fails: TARE_E_USAGE (the suite's
 * world does not talk), TARE_E_INPUT (no task of the file is one of the suite), TARE_E_NOMEM.
 */
enum tare_status tare_run_outputs(const struct tare_suite *suite,
                                  const struct tare_import_table *table, struct tare_arena *arena,
                                  struct tare_run_outputs *out, struct tare_err *err);

#endif
