/*
 * Filters over attempts, as people type them: `family:benign reward<0 violated missing`.
 *
 * All terms must hold. A term is
 *   TAG:VALUE       the task's tag has that value; `task:ID` the task's id starts with ID
 *   NAME<N          NAME is a metric, or one of: steps, attempt (from 1), tokens, ms, cost; also
 *                   <=, >, >=, =, !=. Where the metric has no value (not applicable, missing) no
 *                   comparison holds.
 *   done, failed, missing
 *   METRIC          the metric has a value and it is not 0
 *   !TERM           the term does not hold
 * Words are separated by spaces; a value with spaces is put in double quotes.
 */
#ifndef TARE_RECORD_WHERE_H
#define TARE_RECORD_WHERE_H

#include "record/query.h"

struct tare_where;

/* Compiles text for the runs of a batch. TARE_E_INPUT is not used: a wrong filter is TARE_E_USAGE
 * with the term as excerpt and the metrics, tags and fields there are in the remedy. Empty text
 * gives a filter that lets everything through. */
enum tare_status tare_where_compile(struct tare_str text, const struct tare_batch_view *batch,
                                    const struct tare_task_view *tasks, uint32_t n_tasks,
                                    struct tare_arena *arena, struct tare_where **out,
                                    struct tare_err *err);

bool tare_where_match(const struct tare_where *w, const struct tare_attempt_row *row);

#endif
