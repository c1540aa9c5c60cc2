/*
 * A model without a harness: it is told the brief, given the tools, and plays call by call.
 */
#ifndef TARE_SOLVER_MODEL_SOLVER_H
#define TARE_SOLVER_MODEL_SOLVER_H

#include "record/contract.h"

extern const struct tare_solver_ops tare_solver_model;

#endif
