/*
 * Checks of an answer: the list `checks` of a suite and of a task. docs/concepts/prompt.md
 *
 * A check is its name alone, or a mapping with its name as key: `{contains: Paris, weight: 2}`.
 * Beside it may stand `name` (it then has a column of its own), `weight` and `threshold`.
 *
 *     exact contains starts ends regex number choice json length phrases similarity cost
 *     all any not weighted command judge
 *
 * An answer passes when all checks of suite and task pass; its score is their weighted mean. What
 * could not be found out (a judge that failed, a program that broke) is neither: `pass` is then
 * missing, unless another check settles it.
 *
 * Metrics: pass, score, one a named check (its score), and with judges judge_cost_usd,
 * judge_refusals, judge_unparsed, judge_failures.
 */
#ifndef TARE_CHECK_ANSWER_H
#define TARE_CHECK_ANSWER_H

#include "record/contract.h"

extern const struct tare_check_ops tare_check_answer;

/* The name of the endpoint that a judge with this `model` (a text, a mapping with `name`, or
 * absent: "judge") asks. A model called "judge" stands in for all that are not there. */
struct tare_str tare_check_judge_endpoint(struct tare_json model, struct tare_arena *arena);
/* Calls see() for the `model` of each judge in a list of checks, nested ones too; absent: the
 * judge names none. Faults of the list are not looked for here. */
void tare_check_judges(struct tare_json checks,
                       void (*see)(void *ctx, struct tare_json model, bool like), void *ctx);

#endif
