/*
 * Solvers as a person names them: scripted ones by name, others by file.
 */
#ifndef TARE_RUN_SOLVERS_H
#define TARE_RUN_SOLVERS_H

#include "run/batch.h"

struct tare_run_names {
    const struct tare_str *solvers; /* a scripted solver of the suite's world, `all` (each of them),
                                       a model ("openai/NAME", "http://HOST/v1#NAME"), or a path to
                                       a solver.yaml (ends in .yaml or .yml, or holds a '/') */
    size_t n_solvers;
    const struct tare_str *models; /* models, also by a bare name where base_url is given */
    size_t n_models;
    struct tare_str base_url;         /* of `models`; empty: as the provider has it */
    double temperature;               /* of `models`; NaN: not said */
    int64_t max_tokens;               /* of `models`; 0: not said */
    bool logprobs, stream;            /* of `models` */
    const struct tare_model_env *env; /* NULL: no variables */
    bool offline;                     /* no key is needed: a recording is played */
};

/*
 * Resolves what is named, in order: solvers, then models. A solver of a model gets its endpoint.
 * Fails: TARE_E_USAGE with what there is and the nearest name; errors of the file itself.
 */
enum tare_status tare_run_solvers(const struct tare_suite *suite,
                                  const struct tare_run_names *names, struct tare_arena *arena,
                                  struct tare_run_solver **out, uint32_t *n, struct tare_err *err);

#endif
