/*
 * Binds the model client to the event loop, for all solvers of a batch.
 */
#ifndef TARE_RUN_MODELS_H
#define TARE_RUN_MODELS_H

#include "run/batch.h"
#include "solver/model_client.h"

struct tare_models;

/* True where one of the solvers has a model. */
bool tare_models_wanted(const struct tare_run_solver *solvers, uint32_t n);
/*
 * Opens the client for the endpoints of the solvers (`options->endpoints` is filled in here).
 * Fails: TARE_E_USAGE (two endpoints of one name; no libcurl; no recording), TARE_E_IO (cache),
 * TARE_E_NOMEM.
 */
enum tare_status tare_models_open(const struct tare_run_solver *solvers, uint32_t n,
                                  const struct tare_model_options *options,
                                  struct tare_arena *arena, struct tare_models **out,
                                  struct tare_err *err);
/* For tare_run_options; lives as long as the models. */
const struct tare_transport *tare_models_transport(const struct tare_models *m);
const struct tare_model_counts *tare_models_counts(const struct tare_models *m);
void tare_models_close(struct tare_models *m);

#endif
