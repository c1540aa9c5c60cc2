/*
 * The models that the judges of a suite ask (check/answer.h), resolved as solvers' models are.
 */
#ifndef TARE_RUN_JUDGES_H
#define TARE_RUN_JUDGES_H

#include "run/batch.h"

struct tare_run_judges {
    const struct tare_endpoint *const *endpoints; /* named as the requests name them */
    const struct tare_check_model *models;        /* for tare_run_options.check_models */
    uint32_t n;
};

/*
 * One endpoint a model named by a judge of the suite or of a task, and where `stand_in` is not
 * empty that one, called "judge". names gives base_url (of the stand-in), env and offline.
 * Fails as tare_endpoint_resolve does.
 */
struct tare_run_names;
enum tare_status tare_run_find_judges(const struct tare_suite *suite, struct tare_str stand_in,
                                      const struct tare_run_names *names, struct tare_arena *arena,
                                      struct tare_run_judges *out, struct tare_err *err);

#endif
