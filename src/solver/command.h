/*
 * An agent of any language: a program that speaks JSON lines on its standard streams, started once
 * an attempt. The protocol, tare.agent/1: docs/concepts/external-agents.md.
 */
#ifndef TARE_SOLVER_COMMAND_H
#define TARE_SOLVER_COMMAND_H

#include "record/contract.h"
#include "solver/model.h"

/*
 * `command:` of solver.yaml, resolved into what tare_solver_command is opened with: a list of
 * words, or a mapping {argv, timeout, env}. Words that are files are looked up from `folder` (they
 * count by content), a bare program in the caller's PATH. The values of the variables named under
 * `env` are taken now; identity and store know their names only. Fails: TARE_E_INPUT with the place
 * in the file; TARE_E_USAGE: no such program, no such variable.
 */
enum tare_status tare_command_resolve(struct tare_json given, struct tare_str folder,
                                      const struct tare_model_env *env, struct tare_arena *arena,
                                      struct tare_json *out, struct tare_err *err);
/* The same for a text, split at spaces and never by a shell: "python3 agent.py". */
enum tare_status tare_command_of_words(struct tare_str words, const struct tare_model_env *env,
                                       struct tare_arena *arena, struct tare_json *out,
                                       struct tare_err *err);

extern const struct tare_solver_ops tare_solver_command;

#endif
