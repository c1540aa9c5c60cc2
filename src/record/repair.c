/*
 * A new store from what can be read of an old one. Small tables are copied row by row; attempts
 * are fetched one by one, checked against their digest and committed like new ones, so that packs,
 * counts and slices of the new store are right by construction. What was lost is simply not done
 * yet: a resume plays it again.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "record/digest.h"
#include "record/query_int.h"
#include "record/upkeep.h"

#include "base/banned.h"

#define GROUP 256

struct repairing {
    struct tare_store *from, *to;
    struct tare_arena batch, work;
    struct tare_repair_report *out;
    const struct tare_lease *leases[GROUP];
    const struct tare_attempt *held[GROUP];
    bool accepted[GROUP];
    uint32_t n_held;
};

/* Rows are copied by number: up to the damage, down to it, and one by one in between. */
static const struct table {
    const char *up, *down, *one, *put;
    int n_columns;
} tables[] = {
#define TABLE(name, columns, values, n)                                                            \
    {                                                                                              \
        "SELECT " columns " FROM " name " WHERE id > ?1 ORDER BY id",                              \
            "SELECT " columns " FROM " name " WHERE id > ?1 ORDER BY id DESC",                     \
            "SELECT " columns " FROM " name " WHERE id = ?1",                                      \
            "INSERT OR IGNORE INTO " name "(" columns ") VALUES(" values ")", n                    \
    }
    TABLE("blob", "id, digest, raw_bytes, zipped, body", "?1, ?2, ?3, ?4, ?5", 5),
    TABLE("suite", "id, digest, name, version, manifest, n_tasks", "?1, ?2, ?3, ?4, ?5, ?6", 6),
    TABLE("solver", "id, digest, identity", "?1, ?2, ?3", 3),
    TABLE("batch", "id, name, identity, suite, k, seed, label, env, wall_start_ns, wall_end_ns",
          "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 * 0", 10),
    TABLE("run", "id, name, batch, idx, solver, shown, control, n_planned",
          "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8", 8),
#undef TABLE
};

#define MOST_PROBED 100000 /* numbers tried one by one inside damage */

/* One row into the new store. A row that does not fit (its parent is lost) is left out. */
static enum tare_status put_row(struct repairing *r, const char *sql, sqlite3_stmt *row, int n,
                                struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(r->to, sql, err);
    if (!st)
        return tare__no_sql(err);
    for (int i = 0; i < n; i++)
        (void)sqlite3_bind_value(st, i + 1, sqlite3_column_value(row, i));
    struct tare_err why = {0};
    enum tare_status status = tare__run(r->to, st, &why);
    if (status == TARE_E_STATE) { /* a constraint */
        r->out->rows_unreadable++;
        return TARE_OK;
    }
    if (status && err)
        *err = why;
    return status;
}

/* Copies what the statement gives; *last is the number of the last good row, *damaged says that it
 * ended early. */
static enum tare_status copy(struct repairing *r, const char *sql, int64_t key,
                             const struct table *t, int64_t *last, bool *damaged,
                             struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status status = TARE_OK, ended = TARE_OK;
    sqlite3_stmt *st = tare__sql(r->from, sql, &why);
    *damaged = st == NULL;
    if (!st)
        return TARE_OK;
    (void)sqlite3_bind_int64(st, 1, key);
    while (!status && tare__row(r->from, st, &ended, &why)) {
        *last = sqlite3_column_int64(st, 0);
        status = put_row(r, t->put, st, t->n_columns, err);
    }
    (void)tare__end(r->from, st, TARE_OK, NULL);
    *damaged = ended == TARE_E_INPUT;
    if (!status && ended && !*damaged) {
        status = ended;
        if (err)
            *err = why;
    }
    return status;
}

static enum tare_status copy_table(struct repairing *r, const struct table *t, struct tare_err *err)
{
    int64_t low = 0, high = 0, ignored = 0;
    bool damaged = false, still = false;
    enum tare_status status = copy(r, t->up, 0, t, &low, &damaged, err);
    if (status || !damaged)
        return status;
    high = low;
    status = copy(r, t->down, low, t, &high, &still, err);
    r->out->rows_unreadable++;
    for (int64_t id = low + 1; id < high && id - low < MOST_PROBED && !status; id++)
        status = copy(r, t->one, id, t, &ignored, &still, err);
    return status;
}

/* Tables without a number of their own: fetched by their parents' numbers. */
static const struct table tasks_table = {
    .one = "SELECT suite, idx, name, digest, tags, line FROM task WHERE suite = ?1",
    .put = "INSERT OR IGNORE INTO task(suite, idx, name, digest, tags, line) "
           "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    .n_columns = 6};
static const struct table metrics_table = {
    .one = "SELECT batch, idx, name, title, about, unit, direction, aggregation, lo, hi "
           "FROM metric WHERE batch = ?1",
    .put = "INSERT OR IGNORE INTO metric(batch, idx, name, title, about, unit, direction, "
           "aggregation, lo, hi) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    .n_columns = 10};

/* Rows of `meta` that are not about the file: which run is the baseline of a suite. Numbers of
 * suites and names of runs stay as they were. */
static const struct table baselines = {
    .one = "SELECT name, value FROM meta WHERE name GLOB 'baseline.*' AND ?1 = 0",
    .put = "INSERT OR IGNORE INTO meta(name, value) VALUES(?1, ?2)",
    .n_columns = 2};

static enum tare_status copy_baselines(struct repairing *r, struct tare_err *err)
{
    int64_t ignored = 0;
    bool damaged = false;
    enum tare_status status = copy(r, baselines.one, 0, &baselines, &ignored, &damaged, err);
    r->out->rows_unreadable += damaged;
    return status;
}

static enum tare_status copy_children(struct repairing *r, const char *parents,
                                      const struct table *t, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(r->to, parents, err);
    enum tare_status status = TARE_OK, ended = TARE_OK;
    if (!st)
        return tare__no_sql(err);
    while (!status && tare__row(r->to, st, &ended, err)) {
        int64_t ignored = 0;
        bool damaged = false;
        status = copy(r, t->one, sqlite3_column_int64(st, 0), t, &ignored, &damaged, err);
        r->out->rows_unreadable += damaged;
    }
    return tare__end(r->to, st, status ? status : ended, err);
}

static enum tare_status copy_tables(struct repairing *r, struct tare_err *err)
{
    enum tare_status status = tare__begin_write(r->to, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && !status; i++)
        status = copy_table(r, &tables[i], err);
    if (!status)
        status = copy_children(r, "SELECT id FROM suite", &tasks_table, err);
    if (!status)
        status = copy_children(r, "SELECT id FROM batch", &metrics_table, err);
    if (!status)
        status = copy_baselines(r, err);
    return tare__end_write(r->to, status, err);
}

/* ---- attempts ------------------------------------------------------------------------------ */

static enum tare_status hand_in(struct repairing *r, int64_t batch, struct tare_err *err)
{
    enum tare_status st =
        tare_store_commit(r->to, batch, r->leases, r->held, r->n_held, r->accepted, err);
    for (uint32_t i = 0; i < r->n_held && !st; i++)
        r->out->attempts += r->accepted[i];
    r->n_held = 0;
    tare_arena_reset(&r->work);
    return st;
}

static enum tare_status save(struct repairing *r, const struct tare_batch_view *b,
                             const struct tare_lease *l, uint32_t task, uint32_t index,
                             struct tare_err *err)
{
    struct tare_err why = {0};
    struct tare_attempt *a = TARE_NEW(&r->work, struct tare_attempt);
    if (!a)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to save attempts");
    enum tare_status st = tare_store_attempt(r->from, b->runs[0].id + l->run, task, index,
                                             TARE_WITH_ALL, &r->work, a, &why);
    if (st == TARE_E_USAGE)
        return TARE_OK; /* it had not been finished */
    bool good = !st && a->n_scores <= b->n_metrics && a->status >= TARE_ATTEMPT_DONE &&
                tare_digest_eq(tare_attempt_digest(a), a->digest);
    if (st == TARE_E_INPUT || (!st && !good)) {
        r->out->attempts_lost++;
        return TARE_OK;
    }
    if (st) {
        if (err)
            *err = why;
        return st;
    }
    r->leases[r->n_held] = l;
    r->held[r->n_held++] = a;
    return r->n_held == GROUP || r->work.used_bytes > 64 * TARE_MIB ? hand_in(r, b->info.id, err)
                                                                    : TARE_OK;
}

static enum tare_status save_slice(struct repairing *r, const struct tare_batch_view *b,
                                   const struct tare_lease *l, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t t = l->task_from; t < l->task_to && !st; t++)
        for (uint32_t k = 0; k < b->k && !st; k++)
            st = save(r, b, l, t, k, err);
    return st;
}

static enum tare_status save_attempts(struct repairing *r, const struct tare_batch_view *b,
                                      struct tare_err *err)
{
    struct tare_str owner = TARE_S("repair");
    uint32_t got = 1;
    enum tare_status st = TARE_OK;
    while (got && !st) {
        struct tare_lease *leases = NULL;
        bool others = false;
        st = tare_store_lease(r->to, b->info.id, owner, INT64_MAX / 4000000, 64, &r->batch, &leases,
                              &got, &others, err);
        for (uint32_t i = 0; i < got && !st; i++)
            st = save_slice(r, b, &leases[i], err);
        if (!st && r->n_held)
            st = hand_in(r, b->info.id, err);
    }
    return st ? st : tare_store_release(r->to, owner, err);
}

/* When it was finished is taken over where all of it was saved. */
static enum tare_status finish(struct repairing *r, int64_t batch, struct tare_err *err)
{
    struct tare_batch_view old;
    struct tare_batch_info info;
    enum tare_status status = tare_store_finish(r->to, batch, &info, err);
    if (status || !info.finished ||
        tare_store_batch(r->from, batch, &r->batch, &old, NULL) != TARE_OK)
        return status;
    status = tare__begin_write(r->to, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(r->to, "UPDATE batch SET wall_end_ns = ?2 WHERE id = ?1", err);
    if (st) {
        (void)sqlite3_bind_int64(st, 1, batch);
        (void)sqlite3_bind_int64(st, 2, old.wall_end_ns);
    }
    return tare__end_write(r->to, st ? tare__run(r->to, st, err) : tare__no_sql(err), err);
}

/* Slices are cut anew: those of the old store may be lost, and all are free now. */
static enum tare_status cut_work(struct repairing *r, const struct tare_batch_view *b,
                                 struct tare_err *err)
{
    int64_t *runs = TARE_NEW_N(&r->batch, int64_t, b->n_runs + 1u);
    if (!runs)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to save attempts");
    for (uint32_t i = 0; i < b->n_runs; i++)
        runs[i] = b->runs[i].id;
    enum tare_status status = tare__begin_write(r->to, err);
    if (status)
        return status;
    status = b->k ? tare__put_work(r->to, b->info.id, b->n_tasks, b->k, NULL, runs, b->n_runs, err)
                  : TARE_OK;
    return tare__end_write(r->to, status, err);
}

static enum tare_status save_batches(struct repairing *r, struct tare_err *err)
{
    struct tare_batch_view *v = NULL;
    struct tare_batch_filter all = {.limit = UINT32_MAX};
    struct tare_arena list;
    uint32_t n = 0;
    tare_arena_init(&list, NULL, TARE_GIB);
    enum tare_status st = tare_store_batches(r->to, &all, &list, &v, &n, NULL, err);
    for (uint32_t i = 0; i < n && !st; i++) {
        tare_arena_reset(&r->batch);
        r->out->batches++;
        r->out->runs += v[i].n_runs;
        st = v[i].n_runs ? cut_work(r, &v[i], err) : TARE_OK;
        if (!st && v[i].n_runs)
            st = save_attempts(r, &v[i], err);
        if (!st)
            st = finish(r, v[i].info.id, err);
    }
    tare_arena_free(&list);
    return st;
}

/* Attempts whose batch is lost were never asked for; they are lost too. */
static void count_lost(struct repairing *r)
{
    sqlite3_stmt *st = tare__sql(r->from, "SELECT count(*) FROM attempt", NULL);
    enum tare_status status = TARE_OK;
    if (!st)
        return;
    uint64_t known =
        tare__row(r->from, st, &status, NULL) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    (void)tare__end(r->from, st, TARE_OK, NULL);
    if (known > r->out->attempts + r->out->attempts_lost)
        r->out->attempts_lost = known - r->out->attempts;
}

static enum tare_status rebuild(struct tare_store *from, struct tare_store *to,
                                struct tare_repair_report *out, struct tare_err *err)
{
    struct repairing r = {.from = from, .to = to, .out = out};
    tare_arena_init(&r.batch, NULL, 2 * TARE_GIB);
    tare_arena_init(&r.work, NULL, 2 * TARE_GIB);
    enum tare_status st = copy_tables(&r, err);
    if (!st)
        st = save_batches(&r, err);
    if (!st)
        st = tare__exec(to, "PRAGMA wal_checkpoint(TRUNCATE)", err);
    struct tare_store_info info = {0};
    if (!st)
        count_lost(&r);
    if (!st)
        st = tare_store_info(to, &r.batch, &info, err);
    out->packs = info.n_packs;
    tare_arena_free(&r.batch);
    tare_arena_free(&r.work);
    return st;
}

static enum tare_status open_both(struct tare_str path, struct tare_str temp,
                                  const struct tare_store_options *options,
                                  struct tare_store **from, struct tare_store **to,
                                  struct tare_err *err)
{
    struct tare_store_options o = {.size = sizeof o};
    if (options)
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    o.read_only = true;
    o.create = false;
    enum tare_status st = tare_store_open(path, &o, from, err);
    if (st)
        return st;
    o.read_only = false;
    o.create = true;
    o.vfs = NULL;
    return tare_store_open(temp, &o, to, err);
}

enum tare_status tare_store_repair(struct tare_str path, struct tare_str new_path,
                                   const struct tare_store_options *options,
                                   struct tare_arena *arena, struct tare_repair_report *out,
                                   struct tare_err *err)
{
    struct tare_store *from = NULL, *to = NULL;
    struct tare_str name = tare_arena_printf(arena, "%.*s", TARE_FMT(new_path));
    struct tare_str temp = tare_arena_printf(arena, "%.*s.tmp", TARE_FMT(new_path));
    *out = (struct tare_repair_report){0};
    if (!name.p || !temp.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to repair the store");
    if (tare_fs_exists(new_path) || tare_fs_exists(temp)) {
        tare_err_file(err, tare_fs_exists(new_path) ? name : temp);
        (void)tare_fail(err, TARE_E_USAGE, "there is a file of that name already");
        tare_err_hint(err, "name a file that is not there yet; nothing is overwritten");
        return TARE_E_USAGE;
    }
    enum tare_status st = open_both(path, temp, options, &from, &to, err);
    if (!st)
        st = rebuild(from, to, out, err);
    tare_store_close(from);
    bool made = to != NULL;
    tare_store_close(to);
    int e = st ? 0 : tare_os_rename_synced(temp.p, name.p);
    if (e)
        st = tare_fail(err, TARE_E_IO, "cannot put the new store in place: %s", strerror(e));
    if (st && made)
        (void)unlink(temp.p);
    return st;
}
