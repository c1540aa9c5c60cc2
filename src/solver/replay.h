/*
 * The solver that plays recorded actions again, in any world that takes actions as JSON.
 *
 *     solver: theirs
 *     policy: {replay: {actions: FILE.jsonl, policy: runbook}}
 *
 * FILE: one episode a line, `scenario_id` or `task` naming the task, `steps[].a` the actions; with
 * `policy` only lines whose `policy` is that one. Of several lines for a task the first is played.
 * A task without a line makes its attempts missing: the recording lacks it, nobody failed.
 */
#ifndef TARE_SOLVER_REPLAY_H
#define TARE_SOLVER_REPLAY_H

#include "record/contract.h"

extern const struct tare_solver_ops tare_solver_replay;

#endif
