#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/limits.h"
#include "record/store_int.h"
#include "text/json.h"

#include "base/banned.h"

#define SLICE_ATTEMPTS 16 /* about; a slice is what one lease takes */
#define MAX_SLICES 4096   /* of one run: a plan of millions of tasks stays small */

struct tare_str tare_task_tag(const struct tare_task *task, const char *key)
{
    for (uint32_t i = 0; i < task->n_tags; i++)
        if (tare_str_is(task->tags[i].key, key))
            return task->tags[i].value;
    return tare_str_n(NULL, 0);
}

/* The number in the first column of the first row, or 0 when there is no row. */
static enum tare_status one_id(struct tare_store *s, sqlite3_stmt *st, int64_t *id,
                               struct tare_err *err)
{
    enum tare_status status = TARE_OK;
    *id = tare__row(s, st, &status, err) ? sqlite3_column_int64(st, 0) : 0;
    return tare__end(s, st, status, err);
}

/* ---- suite and tasks ----------------------------------------------------------------------- */

static void tags_json(const struct tare_task *t, struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    for (uint32_t i = 0; i < t->n_tags; i++) {
        tare_json_put_key_str(&w, t->tags[i].key);
        tare_json_put_str(&w, t->tags[i].value);
    }
    tare_json_end_object(&w);
}

/* The task as a line again, from its parts: with this no file is needed to look at it later. */
static void line_json(const struct tare_task *t, struct tare_str tags, struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    tare_json_put_str(&w, t->id);
    if (tare_json_present(t->input)) {
        tare_json_put_key(&w, "input");
        tare_json_put_value(&w, t->input);
    }
    if (tare_json_present(t->expect)) {
        tare_json_put_key(&w, "expect");
        tare_json_put_value(&w, t->expect);
    }
    tare_json_put_key(&w, "tags");
    tare_json_put_raw(&w, tags);
    tare_json_end_object(&w);
}

static enum tare_status put_task(struct tare_store *s, int64_t suite, const struct tare_task *t,
                                 struct tare_buf *tags, struct tare_buf *line, struct tare_err *err)
{
    tare_buf_reset(tags);
    tare_buf_reset(line);
    tags_json(t, tags);
    line_json(t, tare_buf_str(tags), line);
    if (tags->failed || line->failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to store task %.*s",
                         TARE_FMT(t->id));
    int64_t blob = 0;
    enum tare_status status = tare__blob_put(s, tare_buf_str(line), &blob, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(s,
                                 "INSERT INTO task(suite, idx, name, digest, tags, line) "
                                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, suite);
    (void)sqlite3_bind_int64(st, 2, t->index);
    tare__bind_str(st, 3, t->id);
    tare__bind_blob(st, 4, t->digest.b, sizeof t->digest.b);
    tare__bind_str(st, 5, tare_buf_str(tags));
    (void)sqlite3_bind_int64(st, 6, blob);
    return tare__run(s, st, err);
}

static enum tare_status put_tasks(struct tare_store *s, int64_t suite, const struct tare_plan *plan,
                                  struct tare_err *err)
{
    struct tare_buf tags, line;
    tare_buf_init(&tags, s->alc, TARE_MAX_JSONL_LINE_BYTES);
    tare_buf_init(&line, s->alc, 2 * TARE_MAX_JSONL_LINE_BYTES);
    enum tare_status status = TARE_OK;
    for (uint32_t i = 0; i < plan->n_tasks && !status; i++)
        status = put_task(s, suite, &plan->tasks[i], &tags, &line, err);
    tare_buf_free(&tags);
    tare_buf_free(&line);
    return status;
}

static enum tare_status put_suite(struct tare_store *s, const struct tare_plan *plan, int64_t *id,
                                  struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT id FROM suite WHERE digest = ?1", err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, plan->suite_digest.b, sizeof plan->suite_digest.b);
    enum tare_status status = one_id(s, st, id, err);
    if (status || *id)
        return status;
    st = tare__sql(s,
                   "INSERT INTO suite(digest, name, version, manifest, n_tasks) "
                   "VALUES(?1, ?2, ?3, ?4, ?5)",
                   err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, plan->suite_digest.b, sizeof plan->suite_digest.b);
    tare__bind_str(st, 2, plan->suite_name);
    tare__bind_str(st, 3, plan->suite_version);
    tare__bind_str(st, 4, plan->suite_json);
    (void)sqlite3_bind_int64(st, 5, plan->n_tasks);
    status = tare__run(s, st, err);
    *id = sqlite3_last_insert_rowid(s->db);
    return status ? status : put_tasks(s, *id, plan, err);
}

/* ---- batch, metrics, runs ------------------------------------------------------------------ */

static void public_name(const void *a, size_t a_n, int64_t x, int64_t y, char out[17])
{
    struct tare_sha256 h;
    char hex[65];
    tare_sha256_init(&h);
    tare_sha256_add(&h, tare_str_n(a, a_n));
    tare_sha256_add(&h, tare_str_n((const char *)&x, sizeof x));
    tare_sha256_add(&h, tare_str_n((const char *)&y, sizeof y));
    tare_digest_hex(tare_sha256_end(&h), hex);
    (void)snprintf(out, 17, "%.16s", hex);
}

static enum tare_status put_batch(struct tare_store *s, const struct tare_plan *plan, int64_t suite,
                                  int64_t *id, char name[17], struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT coalesce(max(id), 0) + 1 FROM batch", err);
    enum tare_status status = st ? one_id(s, st, id, err) : tare__no_sql(err);
    if (status)
        return status;
    /* The same batch as the n-th of its kind has the same name in every store. */
    int64_t now = s->clock->wall_ns(s->clock->ctx), nth = 0;
    st = tare__sql(s, "SELECT count(*) FROM batch WHERE identity = ?1", err);
    if (st)
        tare__bind_blob(st, 1, plan->identity.b, sizeof plan->identity.b);
    status = st ? one_id(s, st, &nth, err) : tare__no_sql(err);
    if (status)
        return status;
    public_name(plan->identity.b, sizeof plan->identity.b, 0, nth, name);
    st = tare__sql(s,
                   "INSERT INTO batch(id, name, identity, suite, k, seed, label, env, "
                   "wall_start_ns, wall_end_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
                   err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, *id);
    tare__bind_str(st, 2, tare_str_of(name));
    tare__bind_blob(st, 3, plan->identity.b, sizeof plan->identity.b);
    (void)sqlite3_bind_int64(st, 4, suite);
    (void)sqlite3_bind_int64(st, 5, plan->k);
    tare__bind_u64(st, 6, plan->seed);
    tare__bind_str(st, 7, plan->label);
    tare__bind_str(st, 8, plan->env_json);
    (void)sqlite3_bind_int64(st, 9, now);
    return tare__run(s, st, err);
}

static enum tare_status put_metrics(struct tare_store *s, const struct tare_plan *plan,
                                    int64_t batch, struct tare_err *err)
{
    for (uint32_t i = 0; i < plan->n_metrics; i++) {
        const struct tare_metric *m = &plan->metrics[i];
        sqlite3_stmt *st =
            tare__sql(s,
                      "INSERT INTO metric(batch, idx, name, title, about, unit, direction, "
                      "aggregation, lo, hi) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                      err);
        if (!st)
            return tare__no_sql(err);
        (void)sqlite3_bind_int64(st, 1, batch);
        (void)sqlite3_bind_int64(st, 2, i);
        tare__bind_str(st, 3, m->name);
        tare__bind_str(st, 4, m->title);
        tare__bind_str(st, 5, m->about);
        tare__bind_str(st, 6, m->unit);
        (void)sqlite3_bind_int(st, 7, (int)m->direction);
        (void)sqlite3_bind_int(st, 8, (int)m->aggregation);
        (void)sqlite3_bind_double(st, 9, isnan(m->min) ? -(double)INFINITY : m->min);
        (void)sqlite3_bind_double(st, 10, isnan(m->max) ? (double)INFINITY : m->max);
        enum tare_status status = tare__run(s, st, err);
        if (status)
            return status;
    }
    return TARE_OK;
}

static enum tare_status put_solver(struct tare_store *s, const struct tare_plan_solver *solver,
                                   int64_t *id, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT id FROM solver WHERE digest = ?1", err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, solver->digest.b, sizeof solver->digest.b);
    enum tare_status status = one_id(s, st, id, err);
    if (status || *id)
        return status;
    st = tare__sql(s, "INSERT INTO solver(digest, identity) VALUES(?1, ?2)", err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, solver->digest.b, sizeof solver->digest.b);
    tare__bind_str(st, 2, solver->identity);
    status = tare__run(s, st, err);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

static enum tare_status put_run(struct tare_store *s, const struct tare_plan *plan, int64_t batch,
                                const char *batch_name, uint32_t index, int64_t *id,
                                struct tare_err *err)
{
    const struct tare_plan_solver *solver = &plan->solvers[index];
    int64_t solver_id = 0;
    enum tare_status status = put_solver(s, solver, &solver_id, err);
    if (status)
        return status;
    char name[17];
    public_name(batch_name, 16, 0, index, name);
    name[0] = 'r'; /* no hex digit: runs and batches cannot be taken for each other */
    sqlite3_stmt *st = tare__sql(s,
                                 "INSERT INTO run(name, batch, idx, solver, shown, control, "
                                 "n_planned) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                                 err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_str(st, 1, tare_str_of(name));
    (void)sqlite3_bind_int64(st, 2, batch);
    (void)sqlite3_bind_int64(st, 3, index);
    (void)sqlite3_bind_int64(st, 4, solver_id);
    tare__bind_str(st, 5, solver->name);
    (void)sqlite3_bind_int(st, 6, solver->control);
    (void)sqlite3_bind_int64(st, 7, (sqlite3_int64)((uint64_t)plan->n_tasks * plan->k));
    status = tare__run(s, st, err);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

/* ---- work ---------------------------------------------------------------------------------- */

static uint32_t tasks_a_slice(uint32_t n_tasks, uint32_t k)
{
    uint32_t few = (SLICE_ATTEMPTS + k - 1) / k;
    uint32_t many = (n_tasks + MAX_SLICES - 1) / MAX_SLICES;
    return few > many ? few : many;
}

static enum tare_status put_slice(struct tare_store *s, int64_t batch, int64_t run, uint64_t from,
                                  uint64_t to, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(
        s, "INSERT INTO work(batch, run, task_from, task_to) VALUES(?1, ?2, ?3, ?4)", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    (void)sqlite3_bind_int64(st, 2, run);
    (void)sqlite3_bind_int64(st, 3, (sqlite3_int64)from);
    (void)sqlite3_bind_int64(st, 4, (sqlite3_int64)to);
    return tare__run(s, st, err);
}

enum tare_status tare__put_work(struct tare_store *s, int64_t batch, uint32_t n_tasks, uint32_t k,
                                const uint32_t *order, const int64_t *runs, uint32_t n_runs,
                                struct tare_err *err)
{
    uint32_t step = order ? 1 : tasks_a_slice(n_tasks, k);
    enum tare_status status = TARE_OK;
    for (uint64_t at = 0; at < n_tasks && !status; at += step) {
        uint64_t from = order ? order[at] : at;
        uint64_t to = from + step < n_tasks ? from + step : n_tasks;
        for (uint32_t r = 0; r < n_runs && !status; r++)
            status = put_slice(s, batch, runs[r], from, to, err);
    }
    return status;
}

static enum tare_status put_runs(struct tare_store *s, const struct tare_plan *plan, int64_t batch,
                                 const char *batch_name, struct tare_err *err)
{
    struct tare_arena arena;
    tare_arena_init(&arena, s->alc, TARE_MIB);
    int64_t *ids = TARE_NEW_N(&arena, int64_t, plan->n_solvers);
    enum tare_status status =
        ids ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "not enough memory to plan the runs");
    for (uint32_t i = 0; i < plan->n_solvers && !status; i++)
        status = put_run(s, plan, batch, batch_name, i, &ids[i], err);
    if (!status)
        status = tare__put_work(s, batch, plan->n_tasks, plan->k, plan->order, ids, plan->n_solvers,
                                err);
    tare_arena_free(&arena);
    return status;
}

static enum tare_status check_plan(const struct tare_plan *p, struct tare_err *err)
{
    if (p->n_tasks == 0 || p->n_solvers == 0 || p->k == 0)
        return tare_fail(err, TARE_E_USAGE,
                         "a batch needs at least a task, a solver and an "
                         "attempt");
    if (p->n_tasks > TARE_MAX_TASKS || p->k > TARE_MAX_ATTEMPTS_PER_TASK ||
        p->n_solvers > TARE_MAX_SOLVERS)
        return tare_fail(err, TARE_E_LIMIT,
                         "%" PRIu32 " tasks, %" PRIu32 " solvers and %" PRIu32
                         " attempts a task; at most %u, %u and %u are possible",
                         p->n_tasks, p->n_solvers, p->k, TARE_MAX_TASKS, TARE_MAX_SOLVERS,
                         TARE_MAX_ATTEMPTS_PER_TASK);
    return TARE_OK;
}

static enum tare_status put_all(struct tare_store *s, const struct tare_plan *plan, int64_t *batch,
                                struct tare_err *err)
{
    int64_t suite = 0;
    char name[17];
    enum tare_status st = put_suite(s, plan, &suite, err);
    if (!st)
        st = put_batch(s, plan, suite, batch, name, err);
    if (!st)
        st = put_metrics(s, plan, *batch, err);
    if (!st)
        st = put_runs(s, plan, *batch, name, err);
    if (!st && tare_fault_point("store.plan"))
        st = tare_fail(err, TARE_E_IO, "the plan could not be stored");
    return st;
}

/* ---- what the batch is now ----------------------------------------------------------------- */

static enum tare_status batch_info(struct tare_store *s, int64_t batch, struct tare_batch_info *out,
                                   struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(s,
                  "SELECT b.name, b.wall_end_ns, sum(r.n_planned), sum(r.n_done), "
                  "sum(r.n_failed), sum(r.n_missing) FROM batch b JOIN run r ON r.batch = b.id "
                  "WHERE b.id = ?1 GROUP BY b.id",
                  err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err)) {
        struct tare_str name = tare__col_peek(st, 0);
        out->id = batch;
        (void)snprintf(out->name, sizeof out->name, "%.*s", TARE_FMT(name));
        out->finished = sqlite3_column_int64(st, 1) != 0;
        out->n_planned = (uint64_t)sqlite3_column_int64(st, 2);
        out->n_done = (uint64_t)sqlite3_column_int64(st, 3);
        out->n_failed = (uint64_t)sqlite3_column_int64(st, 4);
        out->n_missing = (uint64_t)sqlite3_column_int64(st, 5);
    } else if (!status) {
        status = tare_fail(err, TARE_E_STATE, "there is no batch %" PRId64, batch);
    }
    return tare__end(s, st, status, err);
}

static enum tare_status newest_like(struct tare_store *s, const struct tare_digest *identity,
                                    int64_t *id, struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(s, "SELECT id FROM batch WHERE identity = ?1 ORDER BY id DESC LIMIT 1", err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, identity->b, sizeof identity->b);
    return one_id(s, st, id, err);
}

enum tare_status tare_store_plan(struct tare_store *s, const struct tare_plan *plan,
                                 struct tare_batch_info *out, struct tare_err *err)
{
    enum tare_status st = check_plan(plan, err);
    if (!st)
        st = tare__begin_write(s, err);
    if (st)
        return st;
    int64_t batch = 0;
    if (plan->reuse)
        st = newest_like(s, &plan->identity, &batch, err);
    if (!st && batch == 0)
        st = put_all(s, plan, &batch, err);
    struct tare_batch_info info = {0};
    if (!st)
        st = batch_info(s, batch, &info, err);
    st = tare__end_write(s, st, err);
    if (!st)
        *out = info;
    return st;
}

enum tare_status tare_store_find_batch(struct tare_store *s, const struct tare_digest *identity,
                                       struct tare_batch_info *out, bool *found,
                                       struct tare_err *err)
{
    enum tare_status st = tare__begin_read(s, err);
    if (st)
        return st;
    int64_t batch = 0;
    st = newest_like(s, identity, &batch, err);
    *found = !st && batch != 0;
    if (*found)
        st = batch_info(s, batch, out, err);
    return tare__end_read(s, st, err);
}

enum tare_status tare_store_finish(struct tare_store *s, int64_t batch, struct tare_batch_info *out,
                                   struct tare_err *err)
{
    enum tare_status status = tare__begin_write(s, err);
    if (status)
        return status;
    sqlite3_stmt *st =
        tare__sql(s,
                  "UPDATE batch SET wall_end_ns = max(?2, 1) WHERE id = ?1 AND wall_end_ns = 0 "
                  "AND NOT EXISTS(SELECT 1 FROM run WHERE batch = ?1 "
                  "AND n_done + n_failed + n_missing < n_planned)",
                  err);
    if (st) {
        (void)sqlite3_bind_int64(st, 1, batch);
        (void)sqlite3_bind_int64(st, 2, s->clock->wall_ns(s->clock->ctx));
        status = tare__run(s, st, err);
    } else {
        status = tare__no_sql(err);
    }
    if (!status)
        status = batch_info(s, batch, out, err);
    return tare__end_write(s, status, err);
}
