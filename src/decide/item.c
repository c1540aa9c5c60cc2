#include "decide/item.h"

#include <math.h>

#include "base/banned.h"

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the tasks' statistics");
}

enum tare_status tare_item_read(const struct tare_results *results, uint32_t metric,
                                struct tare_arena *arena, struct tare_item_table *out,
                                struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    *out = (struct tare_item_table){
        .results = results,
        .scores = TARE_NEW_N(arena, struct tare_task_scores, results->n_runs + 1u),
        .total = TARE_NEW_N(arena, double, results->n_runs + 1u),
        .n_total = TARE_NEW_N(arena, uint32_t, results->n_runs + 1u)};
    if (!out->scores || !out->total || !out->n_total)
        return no_memory(err);
    for (uint32_t r = 0; r < results->n_runs && !st; r++) {
        st = tare_task_scores(results, r, metric, arena, &out->scores[r], err);
        for (uint32_t t = 0; t < results->n_tasks && !st; t++)
            if (!isnan(out->scores[r].mean[t])) {
                out->total[r] += out->scores[r].mean[t];
                out->n_total[r]++;
            }
    }
    return st;
}

enum tare_status tare_item(const struct tare_item_table *table, uint32_t task, double confidence,
                           struct tare_arena *scratch, struct tare_item *out, struct tare_err *err)
{
    uint32_t n_runs = table->results->n_runs, n = 0;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *here = TARE_NEW_N(scratch, double, n_runs + 1u);
    double *rest = TARE_NEW_N(scratch, double, n_runs + 1u);
    double sum = 0;
    if (!here || !rest)
        return no_memory(err);
    *out = (struct tare_item){.mean = (double)NAN, .lo = (double)NAN, .hi = (double)NAN};
    for (uint32_t r = 0; r < n_runs; r++) {
        double x = table->scores[r].mean[task];
        if (isnan(x))
            continue;
        out->n_solvers++;
        out->n_attempts += table->scores[r].n_ok[task];
        out->lo = fmin(out->lo, x); /* of NaN and a number: the number */
        out->hi = fmax(out->hi, x);
        sum += x;
        if (table->n_total[r] > 1) {
            here[n] = x;
            rest[n++] = (table->total[r] - x) / (double)(table->n_total[r] - 1);
        }
    }
    if (out->n_solvers)
        out->mean = sum / (double)out->n_solvers;
    out->n_discrimination = n;
    enum tare_status st = TARE_OK;
    if (n >= 3) {
        st = tare_pearson(here, rest, n, confidence, &out->discrimination, err);
    } else { /* two points are always on a line */
        out->discrimination.r = tare_no_value("need at least 3 solvers");
        out->discrimination.p = tare_no_value("need at least 3 solvers");
        out->discrimination.ci = tare_no_interval("need at least 3 solvers");
    }
    tare_arena_rewind(scratch, mark);
    return st;
}
