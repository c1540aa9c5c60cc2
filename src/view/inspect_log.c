#include "view/inspect_log.h"

#include <math.h>

#include "base/clock.h"
#include "base/limits.h"
#include "record/task.h"

#include "base/banned.h"

struct out {
    const struct tare_inspect_log *log;
    struct tare_store *store;
    struct tare_arena arena; /* of one sample */
    struct tare_buf b;
    struct tare_err *err;
    uint64_t n;
};

static void text(struct tare_json_writer *w, const char *key, struct tare_str s)
{
    tare_json_put_key(w, key);
    tare_json_put_str(w, s);
}

static void empty(struct tare_json_writer *w, const char *key, const char *what)
{
    tare_json_put_key(w, key);
    tare_json_put_raw(w, tare_str_of(what));
}

static void when(struct tare_json_writer *w, const char *key, int64_t wall_ns)
{
    char iso[32] = "";
    if (wall_ns)
        tare_time_format(wall_ns, iso);
    if (wall_ns) /* Inspect wants an offset */
        memcpy(iso + 19, "+00:00", 7);
    tare_json_member_cstr(w, key, iso);
}

/* Inspect's marker of "no score": the bare word NaN. */
static void number(struct tare_json_writer *w, const char *key, double x)
{
    tare_json_put_key(w, key);
    if (isfinite(x))
        tare_json_put_f64(w, x);
    else
        tare_json_put_raw(w, TARE_S("NaN"));
}

static enum tare_status flush(struct out *o)
{
    if (o->b.failed)
        return tare_fail(o->err, TARE_E_NOMEM, "a sample of the log is too large");
    if (!o->log->put(o->log->ctx, tare_buf_str(&o->b)))
        return tare_fail(o->err, TARE_E_IO, "could not write the log");
    tare_buf_reset(&o->b);
    return TARE_OK;
}

static struct tare_str model_of(const struct out *o, struct tare_arena *arena)
{
    return tare_arena_printf(arena, "tare/%.*s", TARE_FMT(o->log->run->solver));
}

/* ---- the head ---------------------------------------------------------------------------- */

static void put_eval(struct out *o, struct tare_json_writer *w)
{
    const struct tare_batch_view *b = o->log->batch;
    tare_json_put_key(w, "eval");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "eval_id", o->log->run->name);
    tare_json_member_cstr(w, "run_id", b->info.name);
    when(w, "created", b->wall_start_ns);
    text(w, "task", b->suite_name);
    tare_json_member_cstr(w, "task_id", o->log->run->name);
    text(w, "task_version", b->suite_version);
    empty(w, "task_attribs", "{}");
    empty(w, "task_args", "{}");
    text(w, "solver", o->log->run->solver);
    tare_json_put_key(w, "dataset");
    tare_json_begin_object(w);
    text(w, "name", b->suite_name);
    tare_json_member_u64(w, "samples", o->log->n_tasks);
    tare_json_end_object(w);
    text(w, "model", model_of(o, &o->arena));
    empty(w, "model_args", "{}");
    tare_json_put_key(w, "config");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "epochs", b->k);
    tare_json_end_object(w);
    empty(w, "packages", "{}");
    tare_json_put_key(w, "metadata");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "written_by", "tare " TARE_VERSION);
    text(w, "label", b->label);
    tare_json_put_key(w, "solver_identity");
    tare_json_put_raw(w, o->log->run->identity.n ? o->log->run->identity : TARE_S("{}"));
    tare_json_end_object(w);
    tare_json_end_object(w);
    empty(w, "plan", "{\"name\":\"plan\",\"steps\":[],\"config\":{}}");
}

static void put_metric(struct tare_json_writer *w, struct tare_str name,
                       const struct tare_score_column *c, uint32_t n)
{
    double sum = 0;
    uint32_t scored = 0;
    for (uint32_t i = 0; i < n; i++)
        if (c->state[i] == TARE_SCORE_OK) {
            sum += c->value[i];
            scored++;
        }
    tare_json_begin_object(w);
    text(w, "name", name);
    text(w, "scorer", name);
    tare_json_member_u64(w, "scored_samples", scored);
    tare_json_member_u64(w, "unscored_samples", n - scored);
    empty(w, "params", "{}");
    tare_json_put_key(w, "metrics");
    tare_json_begin_object(w);
    tare_json_put_key(w, "mean");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "name", "mean");
    number(w, "value", scored ? sum / scored : (double)NAN);
    empty(w, "params", "{}");
    tare_json_end_object(w);
    tare_json_end_object(w);
    tare_json_end_object(w);
}

static enum tare_status put_results(struct out *o, struct tare_json_writer *w)
{
    const struct tare_batch_view *b = o->log->batch;
    struct tare_columns c;
    enum tare_status st =
        tare_store_columns(o->store, o->log->run->id, NULL, 0, &o->arena, &c, o->err);
    if (st != TARE_OK)
        return st;
    tare_json_put_key(w, "results");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "total_samples", (uint64_t)o->log->n_tasks * b->k);
    tare_json_member_u64(w, "completed_samples", c.n);
    tare_json_put_key(w, "scores");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c.n_metrics; i++)
        put_metric(w, b->metrics[i].name, &c.metrics[i], c.n);
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_put_key(w, "stats");
    tare_json_begin_object(w);
    when(w, "started_at", b->wall_start_ns);
    when(w, "completed_at", b->wall_end_ns);
    empty(w, "model_usage", "{}");
    tare_json_end_object(w);
    return TARE_OK;
}

/* ---- samples ----------------------------------------------------------------------------- */

static void message(struct tare_json_writer *w, struct tare_str role, struct tare_json content)
{
    struct tare_buf b;
    tare_json_begin_object(w);
    text(w, "role", role);
    tare_json_put_key(w, "content");
    if (tare_json_kind(content) == TARE_JSON_STRING) {
        tare_json_put_value(w, content);
    } else { /* an action or observation of another world */
        tare_buf_init(&b, NULL, TARE_MAX_STEP_BODY_BYTES);
        tare_json_print(content, &b);
        tare_json_put_str(w, tare_buf_str(&b));
        tare_buf_free(&b);
    }
    tare_json_end_object(w);
}

/* The data of a step's part of that kind. */
static struct tare_json part(struct tare_json step, const char *kind)
{
    struct tare_json parts = tare_json_get(step, "parts");
    for (struct tare_json p = tare_json_first(parts); tare_json_present(p); p = tare_json_next(p))
        if (tare_json_str_is(tare_json_get(p, "kind"), kind))
            return tare_json_get(p, "data");
    return (struct tare_json){NULL, 0};
}

static void observed(struct tare_json_writer *w, struct tare_json obs)
{
    struct tare_json list = tare_json_get(obs, "messages");
    if (!tare_json_present(obs))
        return;
    if (tare_json_kind(list) != TARE_JSON_ARRAY) {
        message(w, TARE_S("user"), obs);
        return;
    }
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m))
        message(w, tare_json_str(tare_json_get(m, "role")), tare_json_get(m, "content"));
}

/* All that was said, and the last thing the solver did. */
static void put_messages(struct out *o, struct tare_json_writer *w, struct tare_str steps,
                         struct tare_json *last)
{
    tare_json_put_key(w, "messages");
    tare_json_begin_array(w);
    while (steps.n) {
        size_t end = tare_str_find(steps, TARE_S("\n"));
        struct tare_str line = tare_str_n(steps.p, end == SIZE_MAX ? steps.n : end);
        struct tare_json step;
        steps = end == SIZE_MAX ? tare_str_n(NULL, 0)
                                : tare_str_n(steps.p + end + 1, steps.n - end - 1);
        if (tare_json_parse(line, &tare_json_log, &o->arena, &step, NULL) != TARE_OK)
            continue;
        struct tare_json act = part(step, "tool_use"), said;
        said = tare_json_get(tare_json_get(act, "params"), "text");
        if (tare_json_present(act)) {
            *last = tare_json_str_is(tare_json_get(act, "action_type"), "answer") ? said : act;
            message(w, TARE_S("assistant"), *last);
        }
        observed(w, part(step, "data"));
        observed(w, part(step, "tool_result"));
    }
    tare_json_end_array(w);
}

static void put_output(struct out *o, struct tare_json_writer *w, struct tare_json last)
{
    tare_json_put_key(w, "output");
    tare_json_begin_object(w);
    text(w, "model", model_of(o, &o->arena));
    tare_json_put_key(w, "choices");
    tare_json_begin_array(w);
    if (tare_json_present(last)) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "message");
        message(w, TARE_S("assistant"), last);
        tare_json_member_cstr(w, "stop_reason", "stop");
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_scores(struct out *o, struct tare_json_writer *w, const struct tare_attempt *a,
                       struct tare_json last)
{
    tare_json_put_key(w, "scores");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < a->n_scores; i++) {
        const struct tare_score *s = &a->scores[i];
        tare_json_put_key_str(w, o->log->batch->metrics[s->metric].name);
        tare_json_begin_object(w);
        number(w, "value", s->state == TARE_SCORE_OK ? s->value : (double)NAN);
        if (tare_json_kind(last) == TARE_JSON_STRING) {
            tare_json_put_key(w, "answer");
            tare_json_put_value(w, last);
        }
        if (s->reason.n)
            text(w, "explanation", s->reason);
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
}

static void put_failure(struct tare_json_writer *w, const struct tare_attempt *a)
{
    if (a->status == TARE_ATTEMPT_MISSING) {
        tare_json_put_key(w, "error");
        tare_json_begin_object(w);
        text(w, "message", a->cause_text);
        tare_json_member_cstr(w, "traceback", "");
        tare_json_member_cstr(w, "traceback_ansi", "");
        tare_json_end_object(w);
    } else if (a->cause == TARE_CAUSE_LIMIT) {
        empty(w, "limit", "{\"type\":\"custom\",\"limit\":1}");
    }
}

static void put_target(struct out *o, struct tare_json_writer *w, struct tare_json expect)
{
    tare_json_put_key(w, "target");
    if (tare_json_kind(expect) != TARE_JSON_ARRAY) {
        struct tare_str one = tare_task_answer(expect, &o->arena);
        tare_json_put_str(w, one);
        return;
    }
    tare_json_begin_array(w);
    for (struct tare_json v = tare_json_first(expect); tare_json_present(v); v = tare_json_next(v))
        tare_json_put_str(w, tare_task_answer(v, &o->arena));
    tare_json_end_array(w);
}

static enum tare_status put_sample(struct out *o, uint32_t task, uint32_t index)
{
    const struct tare_task_view *view = &o->log->tasks[task];
    struct tare_attempt a;
    struct tare_str line;
    struct tare_json root, last = {NULL, 0};
    struct tare_json_writer w;
    struct tare_err ignored = {0};
    tare_arena_reset(&o->arena);
    enum tare_status st = tare_store_attempt(o->store, o->log->run->id, task, index, TARE_WITH_ALL,
                                             &o->arena, &a, &ignored);
    if (st == TARE_E_USAGE) /* not played */
        return TARE_OK;
    if (st == TARE_OK)
        st = tare_store_task_line(o->store, o->log->batch->info.id, task, &o->arena, &line, o->err);
    if (st == TARE_OK)
        st = tare_json_parse(line, &tare_json_log, &o->arena, &root, o->err);
    if (st != TARE_OK)
        return st;
    if (o->n++)
        tare_buf_putc(&o->b, ',');
    tare_json_writer_init(&w, &o->b);
    tare_json_begin_object(&w);
    text(&w, "id", view->id);
    tare_json_member_u64(&w, "epoch", index + 1);
    tare_json_put_key(&w, "input");
    struct tare_str input = tare_task_answer(tare_json_get(root, "input"), &o->arena);
    tare_json_put_str(&w, input);
    put_target(o, &w, tare_json_get(root, "expect"));
    put_messages(o, &w, a.steps, &last);
    put_output(o, &w, last);
    put_scores(o, &w, &a, last);
    tare_json_put_key(&w, "metadata");
    tare_json_begin_object(&w);
    for (uint32_t i = 0; i < view->n_tags; i++) {
        tare_json_put_key_str(&w, view->tags[i].key);
        tare_json_put_str(&w, view->tags[i].value);
    }
    if (a.detail.n) {
        tare_json_put_key(&w, "tare");
        tare_json_put_raw(&w, a.detail);
    }
    tare_json_end_object(&w);
    empty(&w, "store", "{}");
    empty(&w, "events", "[]");
    empty(&w, "model_usage", "{}");
    tare_json_member_f64(&w, "total_time", (double)a.dur_ns / 1e9);
    put_failure(&w, &a);
    empty(&w, "attachments", "{}");
    tare_json_end_object(&w);
    return flush(o);
}

enum tare_status tare_inspect_log_write(struct tare_store *store,
                                        const struct tare_inspect_log *log, uint64_t *n,
                                        struct tare_err *err)
{
    struct out o = {.log = log, .store = store, .err = err};
    struct tare_json_writer w;
    tare_arena_init(&o.arena, NULL, TARE_ARENA_REPORT_BYTES);
    tare_buf_init(&o.b, NULL, TARE_MAX_BLOB_BYTES);
    tare_json_writer_init(&w, &o.b);
    tare_json_begin_object(&w);
    tare_json_member_u64(&w, "version", 2);
    tare_json_member_cstr(&w, "status", log->batch->info.finished ? "success" : "started");
    put_eval(&o, &w);
    enum tare_status st = put_results(&o, &w);
    empty(&w, "tags", "[]");
    empty(&w, "metadata", "{}");
    tare_buf_puts(&o.b, ",\"samples\":[");
    if (st == TARE_OK)
        st = flush(&o);
    for (uint32_t t = 0; t < log->n_tasks && st == TARE_OK; t++)
        for (uint32_t i = 0; i < log->batch->k && st == TARE_OK; i++)
            st = put_sample(&o, t, i);
    tare_buf_puts(&o.b, "]}\n");
    if (st == TARE_OK)
        st = flush(&o);
    *n = o.n;
    tare_arena_free(&o.arena);
    tare_buf_free(&o.b);
    return st;
}
