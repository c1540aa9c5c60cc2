/* Everything that can be read, as JSON lines. Attempts are fetched one by one through the tree, so
 * that a damaged page costs only the attempts on it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "record/query_int.h"
#include "record/upkeep.h"
#include "text/json.h"

#include "base/banned.h"

struct exporting {
    struct tare_store *s;
    struct tare_arena batch, attempt;
    struct tare_buf line;
    FILE *out;
    bool steps;
    uint64_t lost;
};

static void begin(struct exporting *x, struct tare_json_writer *w, const char *kind)
{
    tare_buf_reset(&x->line);
    tare_json_writer_init(w, &x->line);
    tare_json_begin_object(w);
    tare_json_put_key(w, "schema");
    tare_json_put_cstr(w, "tare.export/1");
    tare_json_put_key(w, "kind");
    tare_json_put_cstr(w, kind);
}

static enum tare_status end(struct exporting *x, struct tare_json_writer *w, struct tare_err *err)
{
    tare_json_end_object(w);
    tare_buf_putc(&x->line, '\n');
    if (x->line.failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for a line of the export");
    if (fwrite(x->line.p, 1, x->line.n, x->out) != x->line.n)
        return tare_fail(err, TARE_E_IO, "cannot write the export");
    return TARE_OK;
}

static void text(struct tare_json_writer *w, const char *key, struct tare_str v)
{
    tare_json_put_key(w, key);
    tare_json_put_str(w, v);
}

static void number(struct tare_json_writer *w, const char *key, uint64_t v)
{
    tare_json_put_key(w, key);
    tare_json_put_u64(w, v);
}

static void digest(struct tare_json_writer *w, const char *key, struct tare_digest d)
{
    char hex[65];
    tare_digest_hex(d, hex);
    tare_json_put_key(w, key);
    tare_json_put_cstr(w, hex);
}

/* Stored JSON goes in as it is, unless damage made it something else. */
static void json(struct exporting *x, struct tare_json_writer *w, const char *key,
                 struct tare_str v)
{
    struct tare_json doc;
    tare_json_put_key(w, key);
    if (v.n && tare_json_parse(v, &tare_json_log, &x->attempt, &doc, NULL) == TARE_OK)
        tare_json_put_value(w, doc);
    else
        tare_json_put_null(w);
}

static enum tare_status put_batch(struct exporting *x, const struct tare_batch_view *b,
                                  struct tare_err *err)
{
    struct tare_json_writer w;
    begin(x, &w, "batch");
    text(&w, "batch", tare_str_of(b->info.name));
    text(&w, "label", b->label);
    text(&w, "suite", b->suite_name);
    text(&w, "version", b->suite_version);
    digest(&w, "suite_digest", b->suite_digest);
    number(&w, "tasks", b->n_tasks);
    number(&w, "k", b->k);
    number(&w, "seed", b->seed);
    tare_json_put_key(&w, "finished");
    tare_json_put_bool(&w, b->info.finished);
    tare_json_put_key(&w, "wall_start_ns");
    tare_json_put_i64(&w, b->wall_start_ns);
    json(x, &w, "env", b->env_json);
    tare_json_put_key(&w, "metrics");
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < b->n_metrics; i++)
        tare_json_put_str(&w, b->metrics[i].name);
    tare_json_end_array(&w);
    return end(x, &w, err);
}

static enum tare_status put_run(struct exporting *x, const struct tare_batch_view *b,
                                const struct tare_run_view *r, struct tare_err *err)
{
    struct tare_json_writer w;
    begin(x, &w, "run");
    text(&w, "run", tare_str_of(r->name));
    text(&w, "batch", tare_str_of(b->info.name));
    text(&w, "solver", r->solver);
    json(x, &w, "identity", r->identity);
    tare_json_put_key(&w, "control");
    tare_json_put_bool(&w, r->control);
    tare_json_put_key(&w, "baseline");
    tare_json_put_bool(&w, r->baseline);
    number(&w, "planned", r->n_planned);
    number(&w, "done", r->n_done);
    number(&w, "failed", r->n_failed);
    number(&w, "missing", r->n_missing);
    return end(x, &w, err);
}

static void put_scores(struct tare_json_writer *w, const struct tare_batch_view *b,
                       const struct tare_attempt *a)
{
    tare_json_put_key(w, "scores");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < a->n_scores && i < b->n_metrics; i++) {
        const struct tare_score *s = &a->scores[i];
        tare_json_put_key_str(w, b->metrics[i].name);
        tare_json_begin_object(w);
        tare_json_put_key(w, "state");
        tare_json_put_cstr(w, tare_score_state_name(s->state));
        tare_json_put_key(w, "value");
        tare_json_put_f64(w, s->value);
        tare_json_put_key(w, "num");
        tare_json_put_f64(w, s->num);
        tare_json_put_key(w, "den");
        tare_json_put_f64(w, s->den);
        if (s->reason.n)
            text(w, "reason", s->reason);
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
}

static void put_steps(struct exporting *x, struct tare_json_writer *w, struct tare_str steps)
{
    tare_json_put_key(w, "steps");
    tare_json_begin_array(w);
    for (const char *p = steps.p, *e = p + steps.n; p < e;) {
        const char *nl = memchr(p, '\n', (size_t)(e - p));
        struct tare_str line = tare_str_n(p, (size_t)((nl ? nl : e) - p));
        struct tare_json doc;
        if (tare_json_parse(line, &tare_json_log, &x->attempt, &doc, NULL) == TARE_OK)
            tare_json_put_value(w, doc);
        else
            tare_json_put_str(w, line);
        p = nl ? nl + 1 : e;
    }
    tare_json_end_array(w);
}

static enum tare_status put_attempt(struct exporting *x, const struct tare_batch_view *b,
                                    const struct tare_run_view *r, struct tare_str task,
                                    const struct tare_attempt *a, struct tare_err *err)
{
    struct tare_json_writer w;
    begin(x, &w, "attempt");
    text(&w, "run", tare_str_of(r->name));
    text(&w, "task", task);
    number(&w, "attempt", a->index + 1u);
    tare_json_put_key(&w, "status");
    tare_json_put_cstr(&w, tare_attempt_status_name(a->status));
    tare_json_put_key(&w, "cause");
    tare_json_put_cstr(&w, tare_cause_name(a->cause));
    if (a->cause_text.n)
        text(&w, "cause_text", a->cause_text);
    number(&w, "seed", a->seed);
    number(&w, "n_steps", a->n_steps);
    tare_json_put_key(&w, "dur_ns");
    tare_json_put_i64(&w, a->dur_ns);
    number(&w, "tokens_in", a->tokens_in);
    number(&w, "tokens_out", a->tokens_out);
    tare_json_put_key(&w, "cost_usd");
    tare_json_put_f64(&w, a->cost_usd);
    digest(&w, "digest", a->digest);
    put_scores(&w, b, a);
    json(x, &w, "detail", a->detail);
    json(x, &w, "outline", a->outline);
    if (x->steps)
        put_steps(x, &w, a->steps);
    return end(x, &w, err);
}

/* TARE_E_USAGE: not finished yet; TARE_E_INPUT: damaged, and counted. */
static enum tare_status one_attempt(struct exporting *x, const struct tare_batch_view *b,
                                    const struct tare_run_view *r, struct tare_str id,
                                    uint32_t task, uint32_t index, struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_err why = {0};
    tare_arena_reset(&x->attempt);
    enum tare_status st =
        tare_store_attempt(x->s, r->id, task, index, TARE_WITH_ALL, &x->attempt, &a, &why);
    if (st == TARE_OK)
        return put_attempt(x, b, r, id, &a, err);
    x->lost += st == TARE_E_INPUT;
    if (st == TARE_E_INPUT || st == TARE_E_USAGE)
        return TARE_OK;
    if (err)
        *err = why;
    return st;
}

static enum tare_status one_run(struct exporting *x, const struct tare_batch_view *b,
                                const struct tare_run_view *r, const struct tare_task_view *tasks,
                                uint32_t n_tasks, struct tare_err *err)
{
    enum tare_status st = put_run(x, b, r, err);
    for (uint32_t t = 0; t < b->n_tasks && !st; t++)
        for (uint32_t k = 0; k < b->k && !st; k++) {
            char number_text[16];
            (void)snprintf(number_text, sizeof number_text, "#%" PRIu32, t);
            struct tare_str id = t < n_tasks ? tasks[t].id : tare_str_of(number_text);
            st = one_attempt(x, b, r, id, t, k, err);
        }
    return st;
}

static enum tare_status one_batch(struct exporting *x, int64_t id, struct tare_err *err)
{
    struct tare_batch_view b;
    struct tare_task_view *tasks = NULL;
    uint32_t n_tasks = 0;
    tare_arena_reset(&x->batch);
    enum tare_status st = tare_store_batch(x->s, id, &x->batch, &b, err);
    if (st == TARE_E_INPUT || st == TARE_E_USAGE) {
        x->lost++;
        return TARE_OK;
    }
    if (!st)
        st = put_batch(x, &b, err);
    if (!st && tare_store_tasks(x->s, id, &x->batch, &tasks, &n_tasks, NULL) != TARE_OK)
        n_tasks = 0; /* ids are lost; numbers stand in for them */
    for (uint32_t i = 0; i < b.n_runs && !st; i++)
        st = one_run(x, &b, &b.runs[i], tasks, n_tasks, err);
    return st;
}

static enum tare_status all(struct exporting *x, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(x->s, "SELECT id FROM batch ORDER BY id", err);
    enum tare_status ended = TARE_OK, status = TARE_OK;
    if (!st)
        return tare__no_sql(err);
    struct tare_err why = {0};
    while (!status && tare__row(x->s, st, &ended, &why))
        status = one_batch(x, sqlite3_column_int64(st, 0), err);
    x->lost += ended == TARE_E_INPUT;
    ended = tare__end(x->s, st, ended == TARE_E_INPUT ? TARE_OK : ended, &why);
    if (ended && !status && err)
        *err = why;
    return status ? status : ended;
}

enum tare_status tare_store_export(struct tare_store *s, bool steps, FILE *out, uint64_t *n_lost,
                                   struct tare_err *err)
{
    struct exporting x = {.s = s, .out = out, .steps = steps};
    tare_arena_init(&x.batch, s->alc, TARE_GIB);
    tare_arena_init(&x.attempt, s->alc, 2 * TARE_GIB);
    tare_buf_init(&x.line, s->alc, TARE_GIB);
    enum tare_status status = tare__begin_read(s, err);
    if (!status)
        status = tare__end_read(s, all(&x, err), err);
    if (!status && fflush(out) != 0)
        status = tare_fail(err, TARE_E_IO, "cannot write the export");
    *n_lost = x.lost;
    tare_buf_free(&x.line);
    tare_arena_free(&x.attempt);
    tare_arena_free(&x.batch);
    return status;
}
