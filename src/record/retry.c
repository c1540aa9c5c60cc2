/* Missing attempts are planned again: their records go, and with them what they counted. */
#include "record/store_int.h"

#include "base/banned.h"

/* A slice that holds a missing attempt may be taken again; one that is leased stays its owner's,
 * who leaves what is not there to the next. */
static const char *const free_slices =
    "UPDATE work SET state = 0, owner = '', boot = '', lease_until_ns = 0 WHERE batch = ?1 AND "
    "state = 2 AND EXISTS(SELECT 1 FROM attempt a WHERE a.run = work.run AND a.status = 4 AND "
    "a.task >= work.task_from AND a.task < work.task_to)";
static const char *const drop_scores =
    "DELETE FROM score WHERE run IN (SELECT id FROM run WHERE batch = ?1) AND EXISTS("
    "SELECT 1 FROM attempt a WHERE a.run = score.run AND a.task = score.task AND "
    "a.idx = score.idx AND a.status = 4)";
/* Before the attempts that name them: references are looked at when the transaction ends. */
static const char *const drop_outlines =
    "DELETE FROM outline WHERE id IN (SELECT a.outline FROM run r JOIN attempt a ON a.run = r.id "
    "WHERE r.batch = ?1 AND a.status = 4)";
static const char *const drop_attempts =
    "DELETE FROM attempt WHERE status = 4 AND run IN (SELECT id FROM run WHERE batch = ?1)";
static const char *const count_again =
    "UPDATE run SET n_missing = 0, "
    "tokens_in = coalesce((SELECT sum(a.tokens_in) FROM attempt a WHERE a.run = run.id), 0), "
    "tokens_out = coalesce((SELECT sum(a.tokens_out) FROM attempt a WHERE a.run = run.id), 0), "
    "cost_usd = coalesce((SELECT sum(a.cost_usd) FROM attempt a WHERE a.run = run.id), 0.0) "
    "WHERE batch = ?1 AND n_missing > 0";
static const char *const open_batch = "UPDATE batch SET wall_end_ns = 0 WHERE id = ?1";

static enum tare_status of_batch(struct tare_store *s, const char *sql, int64_t batch,
                                 struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, sql, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    return tare__run(s, st, err);
}

static enum tare_status count_missing(struct tare_store *s, int64_t batch, uint64_t *n,
                                      struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(s, "SELECT coalesce(sum(n_missing), 0) FROM run WHERE batch = ?1", err);
    enum tare_status status = TARE_OK;
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    *n = tare__row(s, st, &status, err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    return tare__end(s, st, *n ? TARE_OK : status, err);
}

enum tare_status tare_store_retry_missing(struct tare_store *s, int64_t batch, uint64_t *n,
                                          struct tare_err *err)
{
    const char *const all[] = {free_slices,   drop_scores, drop_outlines,
                               drop_attempts, count_again, open_batch};
    *n = 0;
    enum tare_status status = tare__begin_write(s, err);
    if (status)
        return status;
    status = count_missing(s, batch, n, err);
    if (!status && *n)
        status = tare__exec(s, "PRAGMA defer_foreign_keys = ON", err);
    for (size_t i = 0; !status && *n && i < sizeof all / sizeof *all; i++)
        status = of_batch(s, all[i], batch, err);
    status = tare__end_write(s, status, err);
    if (status)
        *n = 0;
    return status;
}
