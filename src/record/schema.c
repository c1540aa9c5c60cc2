#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "record/store_int.h"

#include "base/banned.h"

/*
 * Version 1. Types and clauses are those PostgreSQL has too, but for STRICT and WITHOUT ROWID.
 * Attempts and scores are narrow rows in the order (run, task, idx): a million of them are read
 * without touching an outline or a step.
 */
static const char *const version_1[] = {
    "CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE counter(name TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT, "
    "WITHOUT ROWID",
    "INSERT INTO counter(name, n) VALUES('change', 0)",
    "CREATE TABLE blob(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, "
    "raw_bytes INTEGER NOT NULL, zipped INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
    "CREATE TABLE suite(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL, "
    "version TEXT NOT NULL, manifest TEXT NOT NULL, n_tasks INTEGER NOT NULL) STRICT",
    "CREATE TABLE task(suite INTEGER NOT NULL REFERENCES suite(id), idx INTEGER NOT NULL, "
    "name TEXT NOT NULL, digest BLOB NOT NULL, tags TEXT NOT NULL, "
    "line INTEGER NOT NULL REFERENCES blob(id), PRIMARY KEY(suite, idx)) STRICT, WITHOUT ROWID",
    "CREATE UNIQUE INDEX task_name ON task(suite, name)",
    "CREATE TABLE solver(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, "
    "identity TEXT NOT NULL) STRICT",
    "CREATE TABLE batch(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "identity BLOB NOT NULL, suite INTEGER NOT NULL REFERENCES suite(id), k INTEGER NOT NULL, "
    "seed INTEGER NOT NULL, label TEXT NOT NULL, env TEXT NOT NULL, "
    "wall_start_ns INTEGER NOT NULL, wall_end_ns INTEGER NOT NULL) STRICT",
    "CREATE INDEX batch_identity ON batch(identity)",
    "CREATE INDEX batch_label ON batch(label)",
    "CREATE TABLE metric(batch INTEGER NOT NULL REFERENCES batch(id), idx INTEGER NOT NULL, "
    "name TEXT NOT NULL, title TEXT NOT NULL, about TEXT NOT NULL, unit TEXT NOT NULL, "
    "direction INTEGER NOT NULL, aggregation INTEGER NOT NULL, lo REAL NOT NULL, "
    "hi REAL NOT NULL, PRIMARY KEY(batch, idx)) STRICT, WITHOUT ROWID",
    "CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "batch INTEGER NOT NULL REFERENCES batch(id), idx INTEGER NOT NULL, "
    "solver INTEGER NOT NULL REFERENCES solver(id), shown TEXT NOT NULL, "
    "control INTEGER NOT NULL, n_planned INTEGER NOT NULL, n_done INTEGER NOT NULL DEFAULT 0, "
    "n_failed INTEGER NOT NULL DEFAULT 0, n_missing INTEGER NOT NULL DEFAULT 0, "
    "tokens_in INTEGER NOT NULL DEFAULT 0, tokens_out INTEGER NOT NULL DEFAULT 0, "
    "cost_usd REAL NOT NULL DEFAULT 0, UNIQUE(batch, idx)) STRICT",
    /* state: 0 free, 1 leased, 2 done */
    "CREATE TABLE work(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batch(id), "
    "run INTEGER NOT NULL REFERENCES run(id), task_from INTEGER NOT NULL, "
    "task_to INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, "
    "fence INTEGER NOT NULL DEFAULT 0, owner TEXT NOT NULL DEFAULT '', "
    "boot TEXT NOT NULL DEFAULT '', lease_until_ns INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE INDEX work_state ON work(batch, state, id)",
    "CREATE TABLE pack(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batch(id), "
    "raw_bytes INTEGER NOT NULL, zipped INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
    "CREATE TABLE outline(id INTEGER PRIMARY KEY, detail_bytes INTEGER NOT NULL, "
    "outline_bytes INTEGER NOT NULL, zipped INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
    "CREATE TABLE attempt(run INTEGER NOT NULL REFERENCES run(id), task INTEGER NOT NULL, "
    "idx INTEGER NOT NULL, status INTEGER NOT NULL, cause INTEGER NOT NULL, "
    "cause_text TEXT NOT NULL, n_steps INTEGER NOT NULL, seed INTEGER NOT NULL, "
    "wall_start_ns INTEGER NOT NULL, dur_ns INTEGER NOT NULL, tokens_in INTEGER NOT NULL, "
    "tokens_out INTEGER NOT NULL, cost_usd REAL NOT NULL, digest BLOB NOT NULL, "
    "fence INTEGER NOT NULL, outline INTEGER NOT NULL REFERENCES outline(id), "
    "pack INTEGER NOT NULL, pack_at INTEGER NOT NULL, steps_bytes INTEGER NOT NULL, "
    "PRIMARY KEY(run, task, idx)) STRICT, WITHOUT ROWID",
    "CREATE INDEX attempt_missing ON attempt(run, cause) WHERE status = 4",
    "CREATE TABLE score(run INTEGER NOT NULL REFERENCES run(id), task INTEGER NOT NULL, "
    "idx INTEGER NOT NULL, v BLOB NOT NULL, why TEXT NOT NULL, "
    "PRIMARY KEY(run, task, idx)) STRICT, WITHOUT ROWID",
    NULL,
};

const struct tare__step tare__steps[TARE__SCHEMA] = {{version_1}};

/* written_by: which tare can read and write this version. readable_from: the oldest version of
 * the tables whose readers understand this one. */
static enum tare_status stamp(struct tare_store *s, uint32_t version, struct tare_err *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO meta(name, value) VALUES('written_by', '%s'), "
                   "('readable_from', '%u') ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                   TARE_VERSION, version);
    enum tare_status st = tare__exec(s, sql, err);
    if (st)
        return st;
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %u", version);
    st = tare__exec(s, sql, err);
    if (st)
        return st;
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d", TARE__APPLICATION_ID);
    return tare__exec(s, sql, err);
}

static enum tare_status apply(struct tare_store *s, const struct tare__step *step,
                              struct tare_err *err)
{
    for (const char *const *sql = step->sql; *sql; sql++) {
        enum tare_status st = tare__exec(s, *sql, err);
        if (st)
            return st;
    }
    return TARE_OK;
}

static uint32_t version_now(struct tare_store *s)
{
    sqlite3_stmt *st = NULL;
    uint32_t v = 0;
    if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        v = (uint32_t)sqlite3_column_int(st, 0);
    (void)sqlite3_finalize(st);
    return v;
}

enum tare_status tare__migrate(struct tare_store *s, const struct tare__step *steps, uint32_t from,
                               uint32_t n, struct tare_err *err)
{
    enum tare_status st = tare__begin_write(s, err);
    if (st)
        return st;
    /* Another process may have done it while this one waited for the lock. */
    if (version_now(s) == from) {
        for (uint32_t i = from; i < n && !st; i++)
            st = apply(s, &steps[i], err);
        if (!st)
            st = stamp(s, n, err);
        if (!st && tare_fault_point("store.open"))
            st = tare_fail(err, TARE_E_IO, "the store could not be made");
    }
    return tare__end_write(s, st, err);
}

enum tare_status tare__copy_to(struct tare_store *s, struct tare_str path, struct tare_err *err)
{
    char temp[4096 + 8];
    if (path.n >= 4096)
        return tare_fail(err, TARE_E_IO, "the file name is too long");
    (void)snprintf(temp, sizeof temp, "%.*s.tmp", TARE_FMT(path));
    (void)unlink(temp); /* of an earlier copy that was cut off */
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, "VACUUM INTO ?1", -1, &st, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_bind_text(st, 1, temp, -1, SQLITE_STATIC);
        rc = sqlite3_step(st);
    }
    (void)sqlite3_finalize(st);
    if (rc != SQLITE_DONE) {
        (void)unlink(temp);
        return tare__sql_fail(s, rc, "copy the store", err);
    }
    char name[4096];
    (void)snprintf(name, sizeof name, "%.*s", TARE_FMT(path));
    int e = tare_os_rename_synced(temp, name);
    if (e) {
        (void)unlink(temp);
        tare_err_file(err, path);
        return tare_fail(err, TARE_E_IO, "cannot put the copy in place: %s", strerror(e));
    }
    return TARE_OK;
}
