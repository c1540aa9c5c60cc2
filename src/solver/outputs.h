/*
 * Answers that were given elsewhere, given again: what `tare score` plays. The configuration is
 * {"source": TEXT, "outputs": [{"task": ID, "attempt": N from 0, "text": TEXT, "failed": WHY,
 * "cause": "solver" | "limit" | "other"}]}; without text the attempt failed. What is not there is
 * missing.
 */
#ifndef TARE_SOLVER_OUTPUTS_H
#define TARE_SOLVER_OUTPUTS_H

#include "record/contract.h"

extern const struct tare_solver_ops tare_solver_outputs;

#endif
