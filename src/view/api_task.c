/* One task: what it asks, how the solvers did at it, what it says about them. */
#include <math.h>

#include "view/api_int.h"

#include "base/banned.h"

#define CONFIDENCE 0.95

enum tare_status tare__tasks_read(const struct tare_batch_view *batch,
                                  const struct tare_results *results, struct tare_arena *arena,
                                  struct tare__tasks *out, struct tare_err *err)
{
    *out = (struct tare__tasks){.batch = *batch, .results = results};
    if (!results->n_metrics)
        return TARE_OK;
    out->columns = TARE_NEW_N(arena, struct tare_results_column, results->n_runs + 1u);
    if (!out->columns)
        return tare__no_memory(err);
    enum tare_status st = tare_item_read(results, 0, arena, &out->items, err);
    for (uint32_t i = 0; i < results->n_runs && !st; i++)
        st = tare_results_read(&results->runs[i], 0, arena, &out->columns[i], err);
    return st;
}

/* First of a run's attempts at the task: they are in order of tasks. */
static uint32_t first_attempt(const struct tare_results_run *x, uint32_t task)
{
    uint32_t lo = 0, hi = x->n_attempts;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (x->task[mid] < task)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* One solver's attempts at the task, and their mean as decide/ makes it. */
static void put_solver(struct tare_json_writer *w, const struct tare__tasks *t, uint32_t run,
                       uint32_t task)
{
    const struct tare_results_run *x = &t->results->runs[run];
    const struct tare_task_scores *scores = &t->items.scores[run];
    const struct tare_results_column *col = &t->columns[run];
    tare_json_begin_object(w);
    tare_json_member_str(w, "run", x->id);
    tare_json_member_str(w, "solver", x->name);
    tare_json_member_str(w, "address", x->address);
    tare_json_member_cstr(w, "kind", x->kind == TARE_ROW_CONTROL ? "control" : "run");
    tare_json_member_f64(w, "mean", scores->mean[task]);
    tare_json_member_u64(w, "n", scores->n_ok[task]);
    tare_json_member_u64(w, "missing", scores->n_missing[task]);
    tare_json_put_key(w, "attempts");
    tare_json_begin_array(w);
    for (uint32_t i = first_attempt(x, task); i < x->n_attempts && x->task[i] == task; i++) {
        tare_json_begin_object(w);
        tare_json_member_u64(w, "k", (uint64_t)x->attempt[i] + 1);
        tare_json_member_cstr(w, "status",
                              tare_attempt_status_name((enum tare_attempt_status)x->status[i]));
        tare_json_member_f64(w, "value",
                             col->state[i] == TARE_SCORE_OK ? col->value[i] : (double)NAN);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static enum tare_status put_item(struct tare__call *c, const struct tare__tasks *x, uint32_t task,
                                 struct tare_err *err)
{
    struct tare_json_writer *w = &c->w;
    struct tare_item item;
    enum tare_status st = tare_item(&x->items, task, CONFIDENCE, c->arena, &item, err);
    if (st)
        return st;
    const struct tare_correlation *d = &item.discrimination;
    tare_json_begin_object(w);
    tare_json_member_u64(w, "n_solvers", item.n_solvers);
    tare_json_member_u64(w, "n_attempts", item.n_attempts);
    tare_json_member_f64(w, "mean", item.mean);
    tare_json_member_f64(w, "lowest", item.lo);
    tare_json_member_f64(w, "highest", item.hi);
    tare_json_put_key(w, "discrimination");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "n", item.n_discrimination);
    tare_json_member_f64(w, "value", d->r.why ? (double)NAN : d->r.v);
    tare_json_member_f64(w, "lo", d->ci.why ? (double)NAN : d->ci.lo);
    tare_json_member_f64(w, "hi", d->ci.why ? (double)NAN : d->ci.hi);
    tare_json_member_f64(w, "level", CONFIDENCE);
    tare_json_member_cstr(w, "why", d->r.why ? d->r.why : d->ci.why);
    tare_json_end_object(w);
    tare_json_end_object(w);
    return TARE_OK;
}

static enum tare_status put_line(struct tare__call *c, int64_t batch, uint32_t task,
                                 struct tare_err *err)
{
    static const char *const keys[] = {"input", "expect", "tags"};
    struct tare_str line;
    struct tare_json v = {0};
    enum tare_status st = tare_store_task_line(c->store, batch, task, c->arena, &line, err);
    if (!st)
        st = tare_json_parse(line, &tare_json_log, c->arena, &v, err);
    for (size_t i = 0; i < 3 && !st; i++) {
        struct tare_json part = tare_json_get(v, keys[i]);
        tare_json_put_key(&c->w, keys[i]);
        if (tare_json_present(part))
            tare_json_put_value(&c->w, part);
        else
            tare_json_put_null(&c->w);
    }
    return st;
}

enum tare_status tare__put_task(struct tare__call *c, const struct tare__tasks *x, uint32_t task,
                                struct tare_err *err)
{
    struct tare_json_writer *w = &c->w;
    const struct tare_results *r = x->results;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.task/1");
    tare__put_suite_head(w, &x->batch);
    tare_json_put_key(w, "task");
    tare_json_put_str(w, r->tasks[task].id);
    tare__put_digest(w, "digest", r->tasks[task].digest);
    enum tare_status st = put_line(c, x->batch.info.id, task, err);
    tare_json_member_str(w, "metric", r->n_metrics ? r->metrics[0].name : TARE_S(""));
    tare_doc_metrics(w, r->metrics, r->n_metrics ? 1 : 0);
    tare_json_put_key(w, "item");
    if (!r->n_metrics)
        tare_json_put_null(w);
    else if (!st)
        st = put_item(c, x, task, err);
    tare_json_put_key(w, "rows");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_runs && r->n_metrics && !st; i++)
        put_solver(w, x, i, task);
    tare_json_end_array(w);
    tare_json_end_object(w);
    return st;
}

/* /tasks/SUITE/T?runs= */
enum tare_status tare__get_task(struct tare__call *c, struct tare_err *err)
{
    struct tare_batch_view b;
    struct tare_results r;
    struct tare__tasks tasks;
    struct tare_str *names;
    uint32_t n, task;
    enum tare_status st = tare__param_list(c, "runs", &names, &n, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st)
        st = tare__find_suite(c, c->segments[1], &b, err);
    if (!st) {
        c->http = 404;
        st = tare_store_find_task(c->store, b.info.id, c->segments[2], c->arena, &task, err);
    }
    if (!st)
        st = tare__gather(c, c->segments[1], names, n, &r, err);
    if (!st && !tare_digest_eq(r.digest, b.suite_digest))
        st = tare_fail(err, TARE_E_USAGE, "these runs weigh another suite");
    if (!st)
        st = tare__tasks_read(&b, &r, c->arena, &tasks, err);
    return st ? st : tare__put_task(c, &tasks, task, err);
}
