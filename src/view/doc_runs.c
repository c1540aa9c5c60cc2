#include <math.h>
#include <stdio.h>

#include "view/doc.h"

#include "base/banned.h"

void tare_doc_time(struct tare_json_writer *w, const char *key, int64_t wall_ns)
{
    char text[21];
    bool known = wall_ns >= 1000000000; /* what files hold has no time: 0, or just above */
    tare_time_format(wall_ns, text);
    tare_json_member_cstr(w, key, known ? text : NULL);
}

void tare_doc_raw(struct tare_json_writer *w, const char *key, struct tare_str json)
{
    tare_json_put_key(w, key);
    if (json.n)
        tare_json_put_raw(w, json);
    else
        tare_json_put_null(w);
}

static void put_counts(struct tare_json_writer *w, uint64_t planned, uint64_t done, uint64_t failed,
                       uint64_t missing)
{
    tare_json_member_u64(w, "planned", planned);
    tare_json_member_u64(w, "done", done);
    tare_json_member_u64(w, "failed", failed);
    tare_json_member_u64(w, "missing", missing);
}

void tare_doc_run(struct tare_json_writer *w, const struct tare_run_view *run)
{
    char hex[65];
    tare_digest_hex(run->digest, hex);
    tare_json_member_cstr(w, "run", run->name);
    tare_json_member_str(w, "solver", run->solver);
    tare_json_put_key(w, "control");
    tare_json_put_bool(w, run->control);
    tare_json_member_bool(w, "baseline", run->baseline);
    tare_json_member_cstr(w, "solver_digest", hex);
    put_counts(w, run->n_planned, run->n_done, run->n_failed, run->n_missing);
    tare_json_member_u64(w, "tokens_in", run->tokens_in);
    tare_json_member_u64(w, "tokens_out", run->tokens_out);
    tare_json_member_f64(w, "cost_usd", run->cost_usd);
}

const char *tare_doc_run_status(const struct tare_batch_view *batch,
                                const struct tare_run_view *run)
{
    if (run->n_done + run->n_failed + run->n_missing < run->n_planned)
        return batch->running ? "running" : "unfinished";
    return run->n_missing ? "incomplete" : "done";
}

void tare_doc_batch_head(struct tare_json_writer *w, const struct tare_batch_view *b)
{
    char hex[65];
    tare_digest_hex(b->suite_digest, hex);
    tare_json_member_cstr(w, "batch", b->info.name);
    tare_json_member_str(w, "label", b->label);
    tare_json_member_str(w, "suite", b->suite_name);
    tare_json_member_str(w, "version", b->suite_version);
    tare_json_member_cstr(w, "suite_digest", hex);
    tare_json_member_u64(w, "n_tasks", b->n_tasks);
    tare_json_member_u64(w, "k", b->k);
    tare_json_member_u64(w, "seed", b->seed);
}

void tare_doc_batch(struct tare_json_writer *w, const struct tare_batch_view *b)
{
    tare_doc_batch_head(w, b);
    tare_json_put_key(w, "finished");
    tare_json_put_bool(w, b->info.finished);
    tare_json_member_bool(w, "running", b->running);
    put_counts(w, b->info.n_planned, b->info.n_done, b->info.n_failed, b->info.n_missing);
    tare_doc_time(w, "planned_at", b->wall_start_ns);
    tare_doc_time(w, "finished_at", b->wall_end_ns);
}

void tare_doc_runs(struct tare_json_writer *w, const struct tare_batch_view *batches, uint32_t n,
                   uint32_t total)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.runs/1");
    tare_json_member_u64(w, "total", total);
    tare_json_put_key(w, "batches");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++) {
        tare_json_begin_object(w);
        tare_doc_batch(w, &batches[i]);
        tare_json_put_key(w, "runs");
        tare_json_begin_array(w);
        for (uint32_t r = 0; r < batches[i].n_runs; r++) {
            tare_json_begin_object(w);
            tare_doc_run(w, &batches[i].runs[r]);
            tare_json_end_object(w);
        }
        tare_json_end_array(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
}

void tare_doc_metrics(struct tare_json_writer *w, const struct tare_metric *metrics, uint32_t n)
{
    static const char *const better[] = {"lower", NULL, "higher"};
    static const char *const how[] = {"mean", "ratio_of_sums", "median"};
    tare_json_put_key(w, "metric_list");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++) {
        const struct tare_metric *m = &metrics[i];
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", m->name);
        tare_json_member_str(w, "title", m->title);
        tare_json_member_str(w, "about", m->about);
        tare_json_member_str(w, "unit", m->unit);
        tare_json_member_cstr(w, "better", better[m->direction + 1]);
        tare_json_member_cstr(w, "aggregation", how[m->aggregation]);
        tare_json_member_f64(w, "min", m->min);
        tare_json_member_f64(w, "max", m->max);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

/* ---- attempts
 * ------------------------------------------------------------------------------------ */

static void put_row_metric(struct tare_json_writer *w, const struct tare_attempt_page *page,
                           uint32_t m)
{
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < page->n; i++)
        tare_json_put_f64(w, page->rows[i].state[m] == TARE_SCORE_OK ? page->rows[i].value[m]
                                                                     : (double)NAN);
    tare_json_end_array(w);
}

enum column { COL_TASK, COL_ATTEMPT, COL_STATUS, COL_CAUSE, COL_STEPS, COL_MS, COL_TOKENS };

static void put_column(struct tare_json_writer *w, const char *key, enum column column,
                       const struct tare_task_view *tasks, const struct tare_attempt_page *page)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < page->n; i++) {
        const struct tare_attempt_row *r = &page->rows[i];
        switch (column) {
        case COL_TASK:
            tare_json_put_str(w, tasks[r->task].id);
            break;
        case COL_ATTEMPT:
            tare_json_put_u64(w, (uint64_t)r->index + 1);
            break;
        case COL_STATUS:
            tare_json_put_cstr(w, tare_attempt_status_name(r->status));
            break;
        case COL_CAUSE:
            tare_json_put_cstr(w, r->cause ? tare_cause_name(r->cause) : NULL);
            break;
        case COL_STEPS:
            tare_json_put_u64(w, r->n_steps);
            break;
        case COL_MS:
            tare_json_put_f64(w, (double)r->dur_ns / 1e6);
            break;
        case COL_TOKENS:
            tare_json_put_u64(w, r->tokens_in + r->tokens_out);
            break;
        }
    }
    tare_json_end_array(w);
}

void tare_doc_attempts(struct tare_json_writer *w, const struct tare_batch_view *batch,
                       const struct tare_task_view *tasks, const struct tare_attempt_page *page,
                       uint64_t offset)
{
    tare_json_member_u64(w, "total", page->total);
    tare_json_member_u64(w, "offset", offset);
    tare_json_member_u64(w, "n", page->n);
    put_column(w, "task", COL_TASK, tasks, page);
    put_column(w, "attempt", COL_ATTEMPT, tasks, page);
    put_column(w, "status", COL_STATUS, tasks, page);
    put_column(w, "cause", COL_CAUSE, tasks, page);
    put_column(w, "steps", COL_STEPS, tasks, page);
    put_column(w, "ms", COL_MS, tasks, page);
    put_column(w, "tokens", COL_TOKENS, tasks, page);
    tare_json_put_key(w, "metrics");
    tare_json_begin_object(w);
    for (uint32_t m = 0; m < batch->n_metrics; m++) {
        tare_json_put_key_str(w, batch->metrics[m].name);
        put_row_metric(w, page, m);
    }
    tare_json_end_object(w);
}

/* ---- one attempt
 * ---------------------------------------------------------------------------------- */

static void put_scores(struct tare_json_writer *w, const struct tare_batch_view *batch,
                       const struct tare_attempt *a)
{
    tare_json_put_key(w, "scores");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < a->n_scores; i++) {
        const struct tare_score *s = &a->scores[i];
        bool ok = s->state == TARE_SCORE_OK;
        if (s->metric >= batch->n_metrics)
            continue;
        tare_json_put_key_str(w, batch->metrics[s->metric].name);
        tare_json_begin_object(w);
        tare_json_member_f64(w, "value", ok ? s->value : (double)NAN);
        if (batch->metrics[s->metric].aggregation == TARE_AGG_RATIO_OF_SUMS) {
            tare_json_member_f64(w, "num", s->num);
            tare_json_member_f64(w, "den", s->den);
        }
        tare_json_member_cstr(w, "state", tare_score_state_name(s->state));
        tare_json_member_str(w, "reason", s->reason);
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
}

void tare_doc_attempt_members(struct tare_json_writer *w, const struct tare_batch_view *batch,
                              const struct tare_run_view *run, struct tare_str task,
                              const struct tare_attempt *attempt)
{
    char hex[65], seed[24];
    tare_digest_hex(attempt->digest, hex);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)attempt->seed);
    tare_json_member_cstr(w, "run", run->name);
    tare_json_member_str(w, "solver", run->solver);
    tare_json_member_str(w, "suite", batch->suite_name);
    tare_json_member_str(w, "task", task);
    tare_json_member_u64(w, "attempt", (uint64_t)attempt->index + 1);
    tare_json_member_cstr(w, "status", tare_attempt_status_name(attempt->status));
    tare_json_member_cstr(w, "cause", attempt->cause ? tare_cause_name(attempt->cause) : NULL);
    tare_json_member_str(w, "cause_text", attempt->cause_text);
    tare_json_member_u64(w, "n_steps", attempt->n_steps);
    tare_json_member_cstr(w, "seed", seed);
    tare_json_member_cstr(w, "digest", hex);
    tare_doc_time(w, "started_at", attempt->wall_start_ns);
    tare_json_member_f64(w, "ms", (double)attempt->dur_ns / 1e6);
    put_scores(w, batch, attempt);
    tare_doc_raw(w, "detail", attempt->detail);
    tare_doc_raw(w, "outline", attempt->outline);
}

void tare_doc_attempt(struct tare_json_writer *w, const struct tare_batch_view *batch,
                      const struct tare_run_view *run, struct tare_str task,
                      const struct tare_attempt *attempt, const struct tare_str *steps,
                      uint32_t n_steps)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.attempt/1");
    tare_doc_attempt_members(w, batch, run, task, attempt);
    if (steps) {
        tare_json_put_key(w, "steps");
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < n_steps; i++)
            tare_json_put_raw(w, steps[i]);
        tare_json_end_array(w);
    }
    tare_json_end_object(w);
}
