/*
 * What a model costs: built-in list prices with their date, a person's own file above them.
 */
#ifndef TARE_SOLVER_MODEL_PRICE_H
#define TARE_SOLVER_MODEL_PRICE_H

#include "solver/model.h"
#include "solver/model_reply.h"

/* Sets e->price where provider and name are in the built-in table. */
void tare_price_built_in(struct tare_endpoint *e);
/* Reads a price file (YAML or JSON: `date`, `models: {NAME or PROVIDER/NAME: {input, cached,
 * output}}`, US dollars a million tokens) over what the endpoints have; a price in the solver file
 * stands. Fails: TARE_E_IO, TARE_E_INPUT with the place, TARE_E_NOMEM. */
enum tare_status tare_price_file(struct tare_str path, struct tare_endpoint *const *endpoints,
                                 uint32_t n, struct tare_arena *arena, struct tare_err *err);
/* False: not known (no price or no usage). */
bool tare_price_of(const struct tare_price *p, const struct tare_model_reply *r, double *usd);

#endif
