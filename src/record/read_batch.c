#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "record/query_int.h"

#include "base/banned.h"

enum tare_status tare_store_change(struct tare_store *s, uint64_t *out, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT n FROM counter WHERE name = 'change'", err);
    if (!st)
        return tare__no_sql(err);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err))
        *out = (uint64_t)sqlite3_column_int64(st, 0);
    else if (!status)
        status = tare__damaged(s, err, "the change counter is gone");
    return tare__end(s, st, status, err);
}

/* ---- metrics and runs ---------------------------------------------------------------------- */

static enum tare_status count_rows(struct tare_store *s, const char *sql, int64_t key, uint32_t *n,
                                   struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, sql, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, key);
    enum tare_status status = TARE_OK;
    bool ok = true;
    *n = tare__row(s, st, &status, err) ? tare__col_u32(st, 0, &ok) : 0;
    if (!ok)
        status = tare__damaged(s, err, "a table has impossibly many rows");
    return tare__end(s, st, status, err);
}

static void read_metric(struct tare_store *s, sqlite3_stmt *st, struct tare_arena *arena,
                        struct tare_metric *m)
{
    int direction = sqlite3_column_int(st, 4), aggregation = sqlite3_column_int(st, 5);
    *m = (struct tare_metric){.name = tare__col_str(s, st, 0, arena),
                              .title = tare__col_str(s, st, 1, arena),
                              .about = tare__col_str(s, st, 2, arena),
                              .unit = tare__col_str(s, st, 3, arena),
                              .direction = direction > 0   ? TARE_HIGHER_BETTER
                                           : direction < 0 ? TARE_LOWER_BETTER
                                                           : TARE_NO_DIRECTION,
                              .aggregation = aggregation == TARE_AGG_RATIO_OF_SUMS
                                                 ? TARE_AGG_RATIO_OF_SUMS
                                             : aggregation == TARE_AGG_MEDIAN ? TARE_AGG_MEDIAN
                                                                              : TARE_AGG_MEAN,
                              .min = sqlite3_column_double(st, 6),
                              .max = sqlite3_column_double(st, 7)};
}

enum tare_status tare__metrics(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                               struct tare_metric **out, uint32_t *n, struct tare_err *err)
{
    uint32_t room = 0;
    enum tare_status status =
        count_rows(s, "SELECT count(*) FROM metric WHERE batch = ?1", batch, &room, err);
    struct tare_metric *v = status ? NULL : TARE_NEW_N(arena, struct tare_metric, room + 1u);
    if (status || !v)
        return status ? status : tare_fail(err, TARE_E_NOMEM, "not enough memory for metrics");
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT name, title, about, unit, direction, aggregation, lo, hi "
                                 "FROM metric WHERE batch = ?1 ORDER BY idx",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    *n = 0;
    while (*n < room && tare__row(s, st, &status, err))
        read_metric(s, st, arena, &v[(*n)++]);
    *out = v;
    return tare__end(s, st, status, err);
}

static enum tare_status read_run(struct tare_store *s, sqlite3_stmt *st, struct tare_arena *arena,
                                 struct tare_run_view *r, struct tare_err *err)
{
    bool ok = true;
    *r = (struct tare_run_view){.id = sqlite3_column_int64(st, 0),
                                .index = tare__col_u32(st, 2, &ok),
                                .solver = tare__col_str(s, st, 3, arena),
                                .identity = tare__col_str(s, st, 4, arena),
                                .control = sqlite3_column_int(st, 6) != 0,
                                .n_planned = (uint64_t)sqlite3_column_int64(st, 7),
                                .n_done = (uint64_t)sqlite3_column_int64(st, 8),
                                .n_failed = (uint64_t)sqlite3_column_int64(st, 9),
                                .n_missing = (uint64_t)sqlite3_column_int64(st, 10),
                                .tokens_in = (uint64_t)sqlite3_column_int64(st, 11),
                                .tokens_out = (uint64_t)sqlite3_column_int64(st, 12),
                                .cost_usd = sqlite3_column_double(st, 13),
                                .baseline = sqlite3_column_int(st, 14) != 0};
    struct tare_str name = tare__col_peek(st, 1);
    (void)snprintf(r->name, sizeof r->name, "%.*s", (int)(name.n < 16 ? name.n : 16), name.p);
    if (!ok || !tare__col_digest(st, 5, &r->digest))
        return tare__damaged(s, err, "a run has impossible numbers");
    return TARE_OK;
}

static enum tare_status read_runs(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                  struct tare_run_view **out, uint32_t *n, struct tare_err *err)
{
    uint32_t room = 0;
    enum tare_status status =
        count_rows(s, "SELECT count(*) FROM run WHERE batch = ?1", batch, &room, err);
    struct tare_run_view *v = status ? NULL : TARE_NEW_N(arena, struct tare_run_view, room + 1u);
    if (status || !v)
        return status ? status : tare_fail(err, TARE_E_NOMEM, "not enough memory for runs");
    sqlite3_stmt *st =
        tare__sql(s,
                  "SELECT r.id, r.name, r.idx, r.shown, v.identity, v.digest, r.control, "
                  "r.n_planned, r.n_done, r.n_failed, r.n_missing, r.tokens_in, r.tokens_out, "
                  "r.cost_usd, EXISTS(SELECT 1 FROM meta m WHERE m.name = 'baseline.' || b.suite "
                  "AND m.value = r.name) FROM run r JOIN batch b ON b.id = r.batch "
                  "JOIN solver v ON v.id = r.solver WHERE r.batch = ?1 "
                  "ORDER BY r.idx",
                  err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    *n = 0;
    bool more = true;
    while (!status && *n < room && (more = tare__row(s, st, &status, err)))
        status = read_run(s, st, arena, &v[(*n)++], err);
    *out = v;
    return tare__end(s, st, status, err);
}

/* Whether somebody works on it now. A lease alone does not say so: who held it may have died. */
static enum tare_status look_who_works(struct tare_store *s, struct tare_batch_view *b,
                                       struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT owner, boot, max(lease_until_ns) FROM work WHERE "
                                 "batch = ?1 AND state = 1 GROUP BY owner, boot",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, b->info.id);
    enum tare_status status = TARE_OK;
    int64_t now_ns = s->clock->mono_ns(s->clock->ctx);
    while (!b->running && tare__row(s, st, &status, err))
        b->running =
            tare__lease_runs(s, tare__col_peek(st, 1), sqlite3_column_int64(st, 2), now_ns) &&
            !tare__owner_dead(s->boot, tare__col_peek(st, 0));
    return tare__end(s, st, status, err);
}

/* ---- batches ------------------------------------------------------------------------------- */

static enum tare_status read_head(struct tare_store *s, sqlite3_stmt *st, struct tare_arena *arena,
                                  struct tare_batch_view *b, struct tare_err *err)
{
    bool ok = true;
    *b = (struct tare_batch_view){.label = tare__col_str(s, st, 2, arena),
                                  .suite_name = tare__col_str(s, st, 3, arena),
                                  .suite_version = tare__col_str(s, st, 4, arena),
                                  .suite_json = tare__col_str(s, st, 5, arena),
                                  .n_tasks = tare__col_u32(st, 8, &ok),
                                  .k = tare__col_u32(st, 9, &ok),
                                  .seed = (uint64_t)sqlite3_column_int64(st, 10),
                                  .wall_start_ns = sqlite3_column_int64(st, 11),
                                  .wall_end_ns = sqlite3_column_int64(st, 12),
                                  .env_json = tare__col_str(s, st, 13, arena)};
    struct tare_str name = tare__col_peek(st, 1);
    b->info.id = sqlite3_column_int64(st, 0);
    b->info.finished = b->wall_end_ns != 0;
    (void)snprintf(b->info.name, sizeof b->info.name, "%.*s", (int)(name.n < 16 ? name.n : 16),
                   name.p);
    if (!ok || !tare__col_digest(st, 6, &b->suite_digest) || !tare__col_digest(st, 7, &b->identity))
        return tare__damaged(s, err, "a batch has impossible numbers");
    return TARE_OK;
}

static enum tare_status read_parts(struct tare_store *s, struct tare_arena *arena,
                                   struct tare_batch_view *b, struct tare_err *err)
{
    struct tare_run_view *runs = NULL;
    struct tare_metric *metrics = NULL;
    enum tare_status status = read_runs(s, b->info.id, arena, &runs, &b->n_runs, err);
    if (!status)
        status = tare__metrics(s, b->info.id, arena, &metrics, &b->n_metrics, err);
    if (!status && !b->info.finished)
        status = look_who_works(s, b, err);
    b->runs = runs;
    b->metrics = metrics;
    for (uint32_t i = 0; i < b->n_runs && !status; i++) {
        b->info.n_planned += runs[i].n_planned;
        b->info.n_done += runs[i].n_done;
        b->info.n_failed += runs[i].n_failed;
        b->info.n_missing += runs[i].n_missing;
    }
    return status;
}

static const char one_batch[] =
    "SELECT b.id, b.name, b.label, s.name, s.version, s.manifest, s.digest, b.identity, s.n_tasks, "
    "b.k, b.seed, b.wall_start_ns, b.wall_end_ns, b.env FROM batch b JOIN suite s ON s.id = "
    "b.suite WHERE b.id = ?1";

static enum tare_status batch_in_read(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                      struct tare_batch_view *out, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, one_batch, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err))
        status = read_head(s, st, arena, out, err);
    else if (!status)
        status = tare_fail(err, TARE_E_USAGE, "there is no batch number %" PRId64, batch);
    status = tare__end(s, st, status, err);
    return status ? status : read_parts(s, arena, out, err);
}

enum tare_status tare_store_batch(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                  struct tare_batch_view *out, struct tare_err *err)
{
    enum tare_status status = tare__begin_read(s, err);
    if (status)
        return status;
    return tare__end_read(s, batch_in_read(s, batch, arena, out, err), err);
}

/* Empty filter texts let everything through. The number of matches comes with each row. */
static const char matching[] =
    "SELECT b.id, count(*) OVER () FROM batch b JOIN suite s ON s.id = b.suite "
    "WHERE (?1 = '' OR b.label = ?1) "
    "AND (?2 = '' OR s.name = ?2 OR substr(lower(hex(s.digest)), 1, length(?2)) = ?2) "
    "AND (?3 = '' OR EXISTS(SELECT 1 FROM run r WHERE r.batch = b.id "
    "AND instr(r.shown, ?3) > 0)) "
    "AND (?4 = '' OR substr(b.name, 1, length(?4)) = ?4) "
    "AND (?5 = 0 OR b.wall_end_ns = 0) ORDER BY b.id DESC LIMIT ?6 OFFSET ?7";

static enum tare_status match(struct tare_store *s, const struct tare_batch_filter *f,
                              uint32_t limit, int64_t *ids, uint32_t *n, uint32_t *total,
                              struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, matching, err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_str(st, 1, f->label);
    tare__bind_str(st, 2, f->suite);
    tare__bind_str(st, 3, f->solver);
    tare__bind_str(st, 4, f->id);
    (void)sqlite3_bind_int(st, 5, f->only_unfinished);
    (void)sqlite3_bind_int64(st, 6, limit);
    (void)sqlite3_bind_int64(st, 7, f->offset);
    enum tare_status status = TARE_OK;
    bool ok = true;
    *n = 0;
    while (*n < limit && tare__row(s, st, &status, err)) {
        ids[(*n)++] = sqlite3_column_int64(st, 0);
        *total = tare__col_u32(st, 1, &ok);
    }
    return tare__end(s, st, status, err);
}

static enum tare_status batches_in_read(struct tare_store *s, const struct tare_batch_filter *f,
                                        struct tare_arena *arena, struct tare_batch_view **out,
                                        uint32_t *n, uint32_t *total, struct tare_err *err)
{
    uint32_t all = 0;
    enum tare_status status =
        count_rows(s, "SELECT count(*) FROM batch WHERE id > ?1", 0, &all, err);
    if (status)
        return status;
    uint32_t limit = f->limit ? f->limit : 100;
    limit = limit < all ? limit : all;
    int64_t *ids = TARE_NEW_N(arena, int64_t, limit + 1u);
    struct tare_batch_view *v = TARE_NEW_N(arena, struct tare_batch_view, limit + 1u);
    if (!ids || !v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to list batches");
    uint32_t matches = 0;
    status = match(s, f, limit, ids, n, &matches, err);
    for (uint32_t i = 0; i < *n && !status; i++)
        status = batch_in_read(s, ids[i], arena, &v[i], err);
    *out = v;
    if (total)
        *total = matches;
    return status;
}

enum tare_status tare_store_batches(struct tare_store *s, const struct tare_batch_filter *filter,
                                    struct tare_arena *arena, struct tare_batch_view **out,
                                    uint32_t *n, uint32_t *total, struct tare_err *err)
{
    static const struct tare_batch_filter all = {.limit = 0};
    enum tare_status status = tare__begin_read(s, err);
    if (status)
        return status;
    status = batches_in_read(s, filter ? filter : &all, arena, out, n, total, err);
    return tare__end_read(s, status, err);
}
