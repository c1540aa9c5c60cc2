/*
 * What one task says about the solvers that played it: how hard it was for them, and whether it
 * sorts them as the rest of the suite does. Classical test theory (Lord and Novick 1968, chapter
 * 15): an item whose corrected item-total correlation is about 0 or below is broken or measures
 * something else.
 */
#ifndef TARE_DECIDE_ITEM_H
#define TARE_DECIDE_ITEM_H

#include "decide/results.h"
#include "stats/association.h"

/* One metric of every run, by task. */
struct tare_item_table {
    const struct tare_results *results;
    struct tare_task_scores *scores; /* n_runs */
    double *total;                   /* n_runs: sum of the means of tasks that have one */
    uint32_t *n_total;               /* n_runs: such tasks */
};

struct tare_item {
    uint32_t n_solvers;  /* runs with a value at the task */
    uint64_t n_attempts; /* attempts with a value, of all runs */
    double mean;         /* of the runs' means; NaN: nobody has a value */
    double lo, hi;       /* the lowest and the highest of them */
    /* Pearson between a run's mean at the task and its mean over all others, over the
     * n_discrimination runs that have both. */
    struct tare_correlation discrimination;
    uint32_t n_discrimination;
};

/* Reads metric `metric` of all runs into the arena; `results` is borrowed. Errors as
 * tare_task_scores. */
enum tare_status tare_item_read(const struct tare_results *results, uint32_t metric,
                                struct tare_arena *arena, struct tare_item_table *out,
                                struct tare_err *err);
/* Task `task` (below n_tasks); `scratch` is given back. confidence: of the interval, in (0, 1). */
enum tare_status tare_item(const struct tare_item_table *table, uint32_t task, double confidence,
                           struct tare_arena *scratch, struct tare_item *out, struct tare_err *err);

#endif
