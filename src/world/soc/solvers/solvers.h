/*
 * Scripted solvers of the world soc: its controls, of known merit. They play both profiles, never
 * wait, and are the same for equal (configuration, task, stream).
 *
 *   name                what it may look at             merit
 *   do-nothing          -                               negative: silence
 *   investigate-only    the view                        negative: reads all, says "unknown"
 *   spray               entity list of the task, truth  negative: contains everybody, then reports
 *                       for its report                  what is true: only restraint is missing
 *   runbook             the view                        negative: fixed moves on the first names
 *   verify-first        the view                        honest: trusted rows first, then action
 *   oracle              the truth                       positive: perfect; reads what implicates,
 *                                                       contains, reports
 *   injection-follower  payload list of the task        negative: does what planted text asks
 *   random              entity list of the task         negative: chance
 *
 * Parameters (solver.yaml, `policy: {NAME: {…}}`) and their defaults:
 *   do-nothing          none
 *   investigate-only    none
 *   spray               report: truth (or unknown)
 *   runbook             none
 *   verify-first        look_until: 5 (hardened: steps of looking before it decides, at least),
 *                       reserve: 6 (steps it keeps for acting and reporting)
 *   oracle              none
 *   injection-follower  none
 *   random              query: 37, fetch: 25, contain: 24, report: 6 (per cent; the rest waits)
 */
#ifndef TARE_WORLD_SOC_SOLVERS_SOLVERS_H
#define TARE_WORLD_SOC_SOLVERS_SOLVERS_H

#include "record/contract.h"

/* In the order of the table above; NULL-terminated. */
extern const struct tare_solver_ops *const tare_soc_solvers[];

/* By name, or NULL. */
const struct tare_solver_ops *tare_soc_solver(struct tare_str name);

#endif
