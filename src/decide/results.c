#include "decide/results.h"

#include <math.h>

#include "base/limits.h"

#include "base/banned.h"

uint32_t tare_results_metric(const struct tare_results *r, struct tare_str name)
{
    if (name.n == 0)
        return r->n_metrics ? 0 : UINT32_MAX;
    for (uint32_t i = 0; i < r->n_metrics; i++)
        if (tare_str_eq(r->metrics[i].name, name))
            return i;
    return UINT32_MAX;
}

struct tare_str tare_results_tag(const struct tare_results_task *task, struct tare_str key)
{
    for (uint32_t i = 0; i < task->n_tags; i++)
        if (tare_str_eq(task->tags[i].key, key))
            return task->tags[i].value;
    return (struct tare_str){NULL, 0};
}

/* What one attempt says about one metric. */
enum mark { MARK_OK, MARK_NA, MARK_MISSING, MARK_OPEN };

static enum mark mark_of(const struct tare_results_run *run, const struct tare_results_column *col,
                         uint32_t i)
{
    if (run->status[i] == TARE_ATTEMPT_PLANNED || run->status[i] == TARE_ATTEMPT_RUNNING)
        return MARK_OPEN;
    if (run->status[i] == TARE_ATTEMPT_MISSING || col->state[i] == TARE_SCORE_MISSING)
        return MARK_MISSING;
    return col->state[i] == TARE_SCORE_OK ? MARK_OK : MARK_NA;
}

static enum tare_status check_row(const struct tare_results *r, const struct tare_results_run *run,
                                  uint32_t i, struct tare_err *err)
{
    uint32_t t = run->task[i];
    if (t >= r->n_tasks)
        return tare_fail_at(err, TARE_E_INPUT, i, "attempt %u is of task %u, there are %u", i, t,
                            r->n_tasks);
    if (i > 0 && run->task[i - 1] == t && run->attempt[i - 1] == run->attempt[i]) {
        tare_err_task(err, r->tasks[t].id);
        return tare_fail_at(err, TARE_E_INPUT, i, "attempt %u stands there twice",
                            run->attempt[i] + 1);
    }
    return TARE_OK;
}

static enum tare_status add_value(const struct tare_results *r,
                                  const struct tare_results_column *col, uint32_t i, uint32_t t,
                                  struct tare_task_scores *out, struct tare_err *err)
{
    if (!isfinite(col->value[i]) ||
        (col->num && !(isfinite(col->num[i]) && isfinite(col->den[i])))) {
        tare_err_task(err, r->tasks[t].id);
        return tare_fail_at(err, TARE_E_INPUT, i, "a score is not a finite number");
    }
    out->mean[t] += col->value[i];
    out->n_ok[t]++;
    if (out->num) {
        out->num[t] += col->num[i];
        out->den[t] += col->den[i];
    }
    return TARE_OK;
}

/* Turns sums into means and counts what was planned and is not there. */
static void close_tasks(const struct tare_results *r, const struct tare_results_run *run,
                        struct tare_task_scores *out)
{
    for (uint32_t t = 0; t < r->n_tasks; t++) {
        uint32_t have = out->n_ok[t] + out->n_na[t] + out->n_missing[t];
        uint32_t before = out->n_missing[t];
        if (have < run->k)
            out->n_missing[t] += run->k - have;
        else if (have == 0)
            out->n_missing[t] = 1;
        if (!run->finished && out->n_missing[t] > before)
            out->n_open[t] = out->n_missing[t] - before;
        out->attempts_missing += out->n_missing[t];
        out->mean[t] = out->n_ok[t] ? out->mean[t] / out->n_ok[t] : (double)NAN;
        if (out->num && out->n_ok[t])
            out->mean[t] = out->den[t] > 0 ? out->num[t] / out->den[t] : (double)NAN;
    }
}

static bool make_room(uint32_t n, bool ratio, struct tare_arena *arena,
                      struct tare_task_scores *out)
{
    out->mean = TARE_NEW_N(arena, double, n);
    out->n_ok = TARE_NEW_N(arena, uint32_t, n);
    out->n_missing = TARE_NEW_N(arena, uint32_t, n);
    out->n_open = TARE_NEW_N(arena, uint32_t, n);
    out->n_na = TARE_NEW_N(arena, uint32_t, n);
    bool ok = out->mean && out->n_ok && out->n_open && out->n_missing && out->n_na;
    if (ratio) {
        out->num = TARE_NEW_N(arena, double, n);
        out->den = TARE_NEW_N(arena, double, n);
        ok = ok && out->num && out->den;
    }
    return ok;
}

/* Folds one column into sums a task. */
static enum tare_status fold(const struct tare_results *r, const struct tare_results_run *run,
                             uint32_t metric, const struct tare_results_column *col,
                             struct tare_arena *arena, struct tare_task_scores *out,
                             struct tare_err *err)
{
    bool ratio = r->metrics[metric].aggregation == TARE_AGG_RATIO_OF_SUMS && col->num && col->den;
    if (!make_room(r->n_tasks, ratio, arena, out))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for %u tasks", r->n_tasks);
    for (uint32_t i = 0; i < run->n_attempts; i++) {
        enum tare_status st = check_row(r, run, i, err);
        uint32_t t = run->task[i];
        enum mark mark = st ? MARK_OPEN : mark_of(run, col, i);
        if (mark == MARK_OK)
            st = add_value(r, col, i, t, out, err);
        else if (mark == MARK_NA)
            out->n_na[t]++;
        else if (mark == MARK_MISSING)
            out->n_missing[t]++;
        if (st)
            return st;
    }
    close_tasks(r, run, out);
    return TARE_OK;
}

enum tare_status tare_results_read(const struct tare_results_run *run, uint32_t metric,
                                   struct tare_arena *arena, struct tare_results_column *out,
                                   struct tare_err *err)
{
    if (!run->columns)
        return run->fetch(run->fetch_ctx, metric, arena, out, err);
    *out = run->columns[metric];
    return TARE_OK;
}

enum tare_status tare_task_tries(const struct tare_results *r, uint32_t run_index, uint32_t metric,
                                 struct tare_arena *arena, const double *const **tries,
                                 struct tare_err *err)
{
    const struct tare_results_run *run = &r->runs[run_index];
    struct tare_results_column col;
    const double **of = TARE_NEW_N(arena, const double *, r->n_tasks);
    double *flat = TARE_NEW_N(arena, double, run->n_attempts);
    if (!of || !flat)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for %u attempts", run->n_attempts);
    enum tare_status st = tare_results_read(run, metric, arena, &col, err);
    for (uint32_t i = 0, n = 0; i < run->n_attempts && !st; i++) {
        if (i == 0 || run->task[i] != run->task[i - 1])
            of[run->task[i]] = flat + n;
        if (mark_of(run, &col, i) == MARK_OK)
            flat[n++] = col.value[i];
    }
    *tries = of;
    return st;
}

enum tare_status tare_task_scores(const struct tare_results *r, uint32_t run_index, uint32_t metric,
                                  struct tare_arena *arena, struct tare_task_scores *out,
                                  struct tare_err *err)
{
    const struct tare_results_run *run = &r->runs[run_index];
    struct tare_results_column fetched = {0};
    struct tare_arena scratch;
    *out = (struct tare_task_scores){0};
    if (run->columns)
        return fold(r, run, metric, &run->columns[metric], arena, out, err);
    tare_arena_init(&scratch, arena->alc, TARE_ARENA_REPORT_BYTES);
    enum tare_status st = run->fetch(run->fetch_ctx, metric, &scratch, &fetched, err);
    if (st == TARE_OK)
        st = fold(r, run, metric, &fetched, arena, out, err);
    tare_arena_free(&scratch);
    return st;
}
