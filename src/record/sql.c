#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "record/store_int.h"

#include "base/banned.h"

/* Byte ranges SQLite locks: 120 to 127 of the -shm file (write-ahead log), and around 2^30 of the
 * file itself. */
#define SHM_LOCKS 120
#define SHM_LOCKS_N 8
#define FILE_LOCKS 0x40000000
#define FILE_LOCKS_N 512

static int64_t find_holder(const struct tare_store *s)
{
    int64_t pid = tare_os_lock_holder(s->shm.p, SHM_LOCKS, SHM_LOCKS_N);
    return pid ? pid : tare_os_lock_holder(s->path.p, FILE_LOCKS, FILE_LOCKS_N);
}

static enum tare_status fail_busy(struct tare_store *s, struct tare_err *err)
{
    if (s->gave_up)
        return tare_fail(err, TARE_E_CANCELLED, "stopped while waiting for the store's lock");
    int64_t pid = s->holder ? s->holder : find_holder(s);
    char who[48];
    (void)snprintf(who, sizeof who, pid ? "process %lld" : "another process", (long long)pid);
    int64_t now = tare_clock_system()->mono_ns(tare_clock_system()->ctx);
    (void)tare_fail(err, TARE_E_IO, "the store is locked by %s; waited %.1f s", who,
                    s->wait_from_ns ? (double)(now - s->wait_from_ns) / 1e9 : 0.0);
    tare_err_hint(err, "wait for it to end or stop it, then run the same command again");
    return TARE_E_IO;
}

static enum tare_status fail_full(struct tare_store *s, struct tare_err *err)
{
    s->no_room = true;
    int64_t left = tare_os_free_bytes(s->folder.p);
    (void)tare_fail(err, TARE_E_IO,
                    "the disk is full (%lld KiB left); what was committed before is safe",
                    (long long)(left < 0 ? 0 : left / 1024));
    tare_err_hint(err, "free at least 16 MiB there, then run the same command with --resume");
    return TARE_E_IO;
}

static enum tare_status fail_io(struct tare_store *s, int rc, const char *doing,
                                struct tare_err *err)
{
    int e = s->db ? sqlite3_system_errno(s->db) : 0;
    if (e == ENOSPC || e == EDQUOT)
        return fail_full(s, err);
    (void)tare_fail(err, TARE_E_IO, "cannot %s: %s", doing,
                    e && rc != SQLITE_IOERR_SHORT_READ ? strerror(e) : sqlite3_errstr(rc));
    if (e == EACCES || e == EPERM || e == EROFS || (rc & 0xff) == SQLITE_READONLY)
        tare_err_hint(err, "check the permissions of the file and its folder");
    else
        tare_err_hint(err, "what was committed before is safe; look at it with: tare doctor");
    return TARE_E_IO;
}

enum tare_status tare__damaged(struct tare_store *s, struct tare_err *err, const char *what)
{
    tare_err_file(err, s->path);
    (void)tare_fail(err, TARE_E_INPUT, "the store is damaged: %s", what);
    tare_err_hint(err, "tare doctor --repair NEW.db saves what can be read; this file is kept");
    return TARE_E_INPUT;
}

enum tare_status tare__sql_fail(struct tare_store *s, int rc, const char *doing,
                                struct tare_err *err)
{
    tare_err_file(err, s->path);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_busy(s, err);
    case SQLITE_NOMEM:
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to %s", doing);
    case SQLITE_FULL:
        return fail_full(s, err);
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
        return tare__damaged(s, err, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    case SQLITE_NOTADB:
        (void)tare_fail(err, TARE_E_INPUT, "this is not a tare store");
        tare_err_hint(err, "name another file with --store");
        return TARE_E_INPUT;
    case SQLITE_ERROR: /* a table or column that must be there is not */
        return tare__damaged(s, err, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    case SQLITE_TOOBIG:
        return tare_fail(err, TARE_E_LIMIT, "cannot %s: larger than a record can be", doing);
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return tare_fail(err, TARE_E_STATE, "cannot %s: %s", doing, sqlite3_errmsg(s->db));
    default:
        return rc == SQLITE_IOERR_NOMEM
                   ? tare_fail(err, TARE_E_NOMEM, "not enough memory to %s", doing)
                   : fail_io(s, rc, doing, err);
    }
}

/* ---- statements ---------------------------------------------------------------------------- */

static const char *doing(const struct tare_store *s)
{
    return sqlite3_get_autocommit(s->db) || s->nested ? "read the store" : "write to the store";
}

sqlite3_stmt *tare__sql(struct tare_store *s, const char *sql, struct tare_err *err)
{
    size_t i = 0;
    while (i < TARE__CACHED && s->cached[i].sql && s->cached[i].sql != sql)
        i++;
    if (i < TARE__CACHED && s->cached[i].sql)
        return s->cached[i].st;
    if (i == TARE__CACHED) {
        (void)tare_fail(err, TARE_E_STATE, "more than %d statements", TARE__CACHED);
        return NULL;
    }
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
    if (rc != SQLITE_OK) {
        (void)tare__sql_fail(s, rc, doing(s), err);
        return NULL;
    }
    s->cached[i].sql = sql;
    s->cached[i].st = st;
    return st;
}

bool tare__row(struct tare_store *s, sqlite3_stmt *st, enum tare_status *status,
               struct tare_err *err)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        return true;
    *status = rc == SQLITE_DONE ? TARE_OK : tare__sql_fail(s, rc, doing(s), err);
    return false;
}

enum tare_status tare__end(struct tare_store *s, sqlite3_stmt *st, enum tare_status status,
                           struct tare_err *err)
{
    if (st) {
        (void)sqlite3_reset(st); /* its result repeats what step has said */
        (void)sqlite3_clear_bindings(st);
    }
    if (s->no_memory && status == TARE_OK)
        status = tare_fail(err, TARE_E_NOMEM, "not enough memory to read the store");
    s->no_memory = false;
    return status;
}

enum tare_status tare__run(struct tare_store *s, sqlite3_stmt *st, struct tare_err *err)
{
    enum tare_status status = TARE_OK;
    while (tare__row(s, st, &status, err))
        ;
    return tare__end(s, st, status, err);
}

enum tare_status tare__exec(struct tare_store *s, const char *sql, struct tare_err *err)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? TARE_OK : tare__sql_fail(s, rc, doing(s), err);
}

/* ---- values -------------------------------------------------------------------------------- */

void tare__bind_str(sqlite3_stmt *st, int i, struct tare_str text)
{
    (void)sqlite3_bind_text64(st, i, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
}

void tare__bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n)
{
    (void)sqlite3_bind_blob64(st, i, n ? p : "", n, SQLITE_STATIC);
}

struct tare_str tare__col_peek(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_blob(st, i); /* text too: no conversion, no NUL added */
    int n = sqlite3_column_bytes(st, i);
    return p && n > 0 ? tare_str_n(p, (size_t)n) : tare_str_n("", 0);
}

struct tare_str tare__col_str(struct tare_store *s, sqlite3_stmt *st, int i,
                              struct tare_arena *arena)
{
    struct tare_str v = tare__col_peek(st, i);
    if (v.n == 0)
        return v;
    struct tare_str copy = tare_arena_copy(arena, v);
    if (!copy.p)
        s->no_memory = true;
    return copy;
}

bool tare__col_digest(sqlite3_stmt *st, int i, struct tare_digest *out)
{
    struct tare_str v = tare__col_peek(st, i);
    if (v.n != sizeof out->b)
        return false;
    memcpy(out->b, v.p, sizeof out->b);
    return true;
}

uint32_t tare__col_u32(sqlite3_stmt *st, int i, bool *ok)
{
    int64_t v = sqlite3_column_int64(st, i);
    if (v >= 0 && v <= UINT32_MAX)
        return (uint32_t)v;
    *ok = false;
    return 0;
}

/* ---- transactions -------------------------------------------------------------------------- */

enum tare_status tare__begin_write(struct tare_store *s, struct tare_err *err)
{
    if (s->read_only)
        return tare_fail(err, TARE_E_STATE, "the store is open for reading only");
    if (s->broken) {
        tare_err_file(err, s->path);
        (void)tare_fail(err, TARE_E_IO,
                        "an earlier write to the store failed; nothing more is "
                        "written");
        tare_err_hint(err, "run the same command with --resume; committed attempts are safe");
        return TARE_E_IO;
    }
    int moved = 0;
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved) {
        s->broken = true;
        tare_err_file(err, s->path);
        (void)tare_fail(err, TARE_E_IO, "the store was deleted, moved or replaced while in use");
        tare_err_hint(err, "put it back, then run the same command with --resume");
        return TARE_E_IO;
    }
    s->gave_up = false;
    s->no_room = false;
    return tare__exec(s, "BEGIN IMMEDIATE", err);
}

/* A failed flush must not be tried again on the same handle: the kernel may have dropped the
 * pages and would report success. A write refused for want of room has left nothing behind. */
static void mark_broken(struct tare_store *s, int rc)
{
    int primary = rc & 0xff;
    bool harmless = rc == SQLITE_IOERR_NOMEM || rc == SQLITE_IOERR_LOCK ||
                    rc == SQLITE_IOERR_SHMSIZE || (rc == SQLITE_IOERR_WRITE && s->no_room);
    if (primary == SQLITE_IOERR && !harmless)
        s->broken = true;
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
        s->broken = true;
}

static enum tare_status commit(struct tare_store *s, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "UPDATE counter SET n = n + 1 WHERE name = 'change'", err);
    enum tare_status status = st ? tare__run(s, st, err) : tare__no_sql(err);
    return status ? status : tare__exec(s, "COMMIT", err);
}

enum tare_status tare__end_write(struct tare_store *s, enum tare_status status,
                                 struct tare_err *err)
{
    if (status == TARE_OK)
        status = commit(s, err);
    if (status != TARE_OK) {
        mark_broken(s, sqlite3_extended_errcode(s->db));
        if (!sqlite3_get_autocommit(s->db))
            (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

enum tare_status tare__begin_read(struct tare_store *s, struct tare_err *err)
{
    if (s->nested || !sqlite3_get_autocommit(s->db)) {
        s->nested++;
        return TARE_OK;
    }
    enum tare_status status = tare__exec(s, "BEGIN", err);
    s->nested = status == TARE_OK;
    return status;
}

enum tare_status tare__end_read(struct tare_store *s, enum tare_status status, struct tare_err *err)
{
    (void)err;
    s->nested--;
    if (s->nested == 0 && !sqlite3_get_autocommit(s->db))
        (void)sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL); /* nothing was written */
    return status;
}
