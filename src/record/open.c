#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "record/store_int.h"

#include "base/banned.h"

#define PATH_ARENA_BYTES (64 * TARE_KIB)
#define CACHE_KIB 4096
#define PAGE_BYTES 8192
#define WAL_PAGES 1024          /* a checkpoint about each 8 MiB */
#define WAL_KEEP_BYTES 16777216 /* the log is cut to this after a checkpoint */

/* ---- waiting for a lock -------------------------------------------------------------------- */

/* Real time, also where the store's clock is one of a test: another process holds the lock. */
static int wait_a_little(void *ctx, int n_waits)
{
    struct tare_store *s = ctx;
    int64_t now = tare_clock_system()->mono_ns(tare_clock_system()->ctx);
    /* SQLite does not start its count anew while it prepares a statement: a pause is a new wait. */
    if (n_waits == 0 || now - s->waited_ns > 1000000000) {
        s->wait_from_ns = now;
        s->holder = 0;
    }
    s->waited_ns = now;
    int64_t waited_ms = (now - s->wait_from_ns) / 1000000;
    bool look = n_waits >= 10;
    if (look && s->on_wait) {
        s->holder = tare_os_lock_holder(s->shm.p, 120, 8);
        if (!s->on_wait(s->on_wait_ctx, waited_ms, s->holder)) {
            s->gave_up = true;
            return 0;
        }
    }
    if (waited_ms >= s->busy_ms) {
        s->holder = tare_os_lock_holder(s->shm.p, 120, 8);
        return 0;
    }
    long ms = look ? 100 : 1 + n_waits;
    struct timespec t = {.tv_sec = 0, .tv_nsec = ms * 1000000};
    (void)nanosleep(&t, NULL);
    return 1;
}

/* ---- life ---------------------------------------------------------------------------------- */

static struct tare_store *make(struct tare_str path, const struct tare_store_options *o)
{
    const struct tare_alc *alc = o->alc ? o->alc : tare_alc_libc();
    struct tare_store *s = alc->get(alc->ctx, sizeof *s);
    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    s->alc = alc;
    s->clock = o->clock ? o->clock : tare_clock_system();
    s->busy_ms = o->busy_ms ? o->busy_ms : 30000;
    s->read_only = o->read_only;
    s->on_wait = o->on_wait;
    s->on_wait_ctx = o->on_wait_ctx;
    tare_arena_init(&s->arena, alc, PATH_ARENA_BYTES);
    tare_buf_init(&s->raw, alc, 2 * TARE_PACK_BYTES);
    tare_buf_init(&s->packed, alc, TARE_MAX_BLOB_BYTES);
    s->path = tare_arena_printf(&s->arena, "%.*s", TARE_FMT(path));
    s->shm = tare_arena_printf(&s->arena, "%.*s-shm", TARE_FMT(path));
    s->spare = tare_arena_printf(&s->arena, "%.*s-spare", TARE_FMT(path));
    s->folder = tare_fs_join_dir(&s->arena, s->path, TARE_S("."));
    s->folder = s->folder.p ? tare_arena_printf(&s->arena, "%.*s", TARE_FMT(s->folder)) : s->folder;
    tare_os_boot(s->boot);
    if (s->path.p && s->shm.p && s->spare.p && s->folder.p)
        return s;
    tare_arena_free(&s->arena);
    alc->put(alc->ctx, s, sizeof *s);
    return NULL;
}

void tare_store_close(struct tare_store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < TARE__CACHED && s->cached[i].sql; i++)
        (void)sqlite3_finalize(s->cached[i].st);
    (void)sqlite3_close(s->db);
    if (s->has_spare)
        (void)unlink(s->spare.p);
    (void)ZSTD_freeCCtx(s->zc);
    (void)ZSTD_freeDCtx(s->zd);
    tare_buf_free(&s->raw);
    tare_buf_free(&s->packed);
    tare_arena_free(&s->arena);
    s->alc->put(s->alc->ctx, s, sizeof *s);
}

struct tare_str tare_store_path(const struct tare_store *s)
{
    return s->path;
}

/* ---- opening ------------------------------------------------------------------------------- */

static enum tare_status pragma_i64(struct tare_store *s, const char *sql, int64_t *out,
                                   struct tare_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(st);
        *out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    }
    (void)sqlite3_finalize(st);
    return rc == SQLITE_ROW ? TARE_OK : tare__sql_fail(s, rc, "open the store", err);
}

/* Before anything is believed: a file made by somebody else may hold views, triggers and
 * functions in its schema. */
static void harden(struct tare_store *s)
{
    (void)sqlite3_extended_result_codes(s->db, 1);
    (void)sqlite3_busy_handler(s->db, wait_a_little, s);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)NULL);
    (void)sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO needs one */
}

/* EXTRA is FULL and one flush of the folder more, when a rollback journal is deleted. A store has
 * one while it is made; if it came back after a power cut it would undo the whole store. */
static enum tare_status settings(struct tare_store *s, struct tare_err *err)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA cache_size=-%d; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; "
                   "PRAGMA synchronous=EXTRA; PRAGMA wal_autocheckpoint=%d; "
                   "PRAGMA journal_size_limit=%d",
                   CACHE_KIB, WAL_PAGES, WAL_KEEP_BYTES);
    return tare__exec(s, sql, err);
}

static enum tare_status refuse_newer(struct tare_store *s, int64_t version, struct tare_err *err)
{
    sqlite3_stmt *st = NULL;
    char need[64] = "a newer version";
    int64_t readable_from = INT64_MAX;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT (SELECT value FROM meta WHERE name = 'written_by'), "
                           "(SELECT value FROM meta WHERE name = 'readable_from')",
                           -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW) {
        if (sqlite3_column_type(st, 0) == SQLITE_TEXT)
            (void)snprintf(need, sizeof need, "%.40s or later", sqlite3_column_text(st, 0));
        if (sqlite3_column_type(st, 1) == SQLITE_TEXT)
            readable_from = sqlite3_column_int64(st, 1);
    }
    (void)sqlite3_finalize(st);
    if (s->read_only && readable_from <= TARE__SCHEMA)
        return TARE_OK;
    (void)tare_fail(err, TARE_E_IO,
                    "the store has tables of version %lld; this tare %s knows version %d",
                    (long long)version, TARE_VERSION, TARE__SCHEMA);
    tare_err_hint(err, "use tare %s, or another file with --store", need);
    return TARE_E_IO;
}

/* A file name for the copy that a migration leaves: store.db.v1 */
static enum tare_status keep_copy(struct tare_store *s, int64_t version, struct tare_err *err)
{
    struct tare_str copy =
        tare_arena_printf(&s->arena, "%.*s.v%lld", TARE_FMT(s->path), (long long)version);
    if (!copy.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to open the store");
    return tare_fs_exists(copy) ? TARE_OK : tare__copy_to(s, copy, err);
}

/* Two processes that make the store at once both hold a shared lock when they ask for the log;
 * SQLite then refuses one of them at once, without asking the busy handler. That one tries again
 * until the other is through. */
static enum tare_status turn_on_log(struct tare_store *s, struct tare_err *err)
{
    const struct tare_clock *clock = tare_clock_system();
    int64_t from = clock->mono_ns(clock->ctx);
    for (;;) {
        int rc = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return TARE_OK;
        int64_t waited_ms = (clock->mono_ns(clock->ctx) - from) / 1000000;
        if ((rc & 0xff) != SQLITE_BUSY || s->gave_up || waited_ms >= s->busy_ms)
            return tare__sql_fail(s, rc, "make the store", err);
        struct timespec pause = {.tv_sec = 0, .tv_nsec = 5000000};
        (void)nanosleep(&pause, NULL);
    }
}

static enum tare_status make_tables(struct tare_store *s, struct tare_err *err)
{
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d", PAGE_BYTES);
    enum tare_status st = tare__exec(s, sql, err);
    if (!st)
        st = turn_on_log(s, err);
    return st ? st : tare__migrate(s, tare__steps, 0, TARE__SCHEMA, err);
}

static enum tare_status upgrade(struct tare_store *s, int64_t version, struct tare_err *err)
{
    if (s->read_only) {
        (void)tare_fail(err, TARE_E_IO, "the store is of an older version and open for reading");
        tare_err_hint(err, "bring it up to date first: tare store check");
        return TARE_E_IO;
    }
    enum tare_status st = keep_copy(s, version, err);
    return st ? st : tare__migrate(s, tare__steps, (uint32_t)version, TARE__SCHEMA, err);
}

/* What a file says of itself. */
struct marks {
    int64_t pages, id, version, tables;
};

/* All at one moment: another process may be making the store right now. */
static enum tare_status read_marks(struct tare_store *s, struct marks *m, struct tare_err *err)
{
    enum tare_status st = tare__exec(s, "BEGIN", err);
    if (st)
        return st;
    st = pragma_i64(s, "PRAGMA page_count", &m->pages, err);
    if (!st)
        st = pragma_i64(s, "PRAGMA application_id", &m->id, err);
    if (!st)
        st = pragma_i64(s, "PRAGMA user_version", &m->version, err);
    if (!st && m->pages)
        st = pragma_i64(s, "SELECT count(*) FROM sqlite_schema", &m->tables, err);
    (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return st;
}

/* What kind of file is it? Nothing is written before that is known. */
static enum tare_status recognise(struct tare_store *s, bool create, struct tare_err *err)
{
    struct marks m = {0};
    enum tare_status st = read_marks(s, &m, err);
    if (st)
        return st;
    /* One page without a table: made, but the process died before the first commit. */
    if (m.tables == 0 && m.id == 0) {
        if (create)
            return make_tables(s, err);
        (void)tare_fail(err, TARE_E_INPUT, "the file is empty: no tare store");
        tare_err_hint(err, "tare run makes one, or name another file with --store");
        return TARE_E_INPUT;
    }
    if (m.id != TARE__APPLICATION_ID || m.version < 1) {
        (void)tare_fail(err, TARE_E_INPUT, "this SQLite database is not a tare store");
        tare_err_hint(err, "name another file with --store");
        return TARE_E_INPUT;
    }
    if (m.version > TARE__SCHEMA)
        return refuse_newer(s, m.version, err);
    return m.version < TARE__SCHEMA ? upgrade(s, m.version, err) : TARE_OK;
}

static enum tare_status folder_given(struct tare_err *err)
{
    (void)tare_fail(err, TARE_E_IO, "this is a folder, not a store");
    tare_err_hint(err, "name the file in it, for example its tare.db");
    return TARE_E_IO;
}

static enum tare_status find_file(struct tare_store *s, bool create, struct tare_err *err)
{
    bool there = tare_fs_exists(s->path);
    if (!there && !create) {
        (void)tare_fail(err, TARE_E_IO, "there is no store here");
        tare_err_hint(err, "tare run makes one; another is named with --store or TARE_STORE");
        return TARE_E_IO;
    }
    if (there && tare_fs_is_dir(s->path))
        return folder_given(err);
    enum tare_status st = there ? TARE_OK : tare_fs_mkdirs(s->folder, err);
    if (st)
        return st;
    const char *net = tare_os_network_fs(there ? s->path.p : s->folder.p);
    if (!net)
        return TARE_OK;
    (void)tare_fail(err, TARE_E_IO,
                    "the store lies on a network file system (%s), where it could "
                    "be damaged",
                    net);
    tare_err_hint(err, "keep it on a local disk: --store FILE or TARE_STORE");
    return TARE_E_IO;
}

/*
 * A reader that may write would tidy up after itself (the empty log and its index are removed when
 * the last one leaves); one that may not leaves them lying. So a reader opens for writing, and
 * writes nothing, where there is nothing in a log that closing would bring into the file.
 */
static bool may_tidy(const struct tare_store *s)
{
    char name[4096 + 16];
    struct stat st;
    (void)snprintf(name, sizeof name, "%s-wal", s->path.p);
    if (stat(name, &st) == 0 && st.st_size > 0)
        return false;
    (void)snprintf(name, sizeof name, "%s-journal", s->path.p);
    return stat(name, &st) != 0 && access(s->path.p, W_OK) == 0 && access(s->folder.p, W_OK) == 0;
}

static enum tare_status connect(struct tare_store *s, const struct tare_store_options *o,
                                struct tare_err *err)
{
    enum tare_status st = o->vfs ? TARE_OK : find_file(s, o->create && !o->read_only, err);
    if (st)
        return st;
    bool readonly = o->read_only && (o->vfs || !may_tidy(s));
    int flags = SQLITE_OPEN_NOMUTEX | (readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (o->create && !o->read_only)
        flags |= SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(s->path.p, &s->db, flags, o->vfs);
    if (rc != SQLITE_OK)
        return tare__sql_fail(s, rc, "open the store", err);
    if (!o->read_only && sqlite3_db_readonly(s->db, "main") == 1) {
        (void)tare_fail(err, TARE_E_IO, "the store cannot be written: %s", strerror(EACCES));
        tare_err_hint(err, "check the permissions of the file and its folder");
        return TARE_E_IO;
    }
    harden(s);
    st = settings(s, err);
    if (!st && o->read_only)
        st = tare__exec(s, "PRAGMA query_only=ON", err);
    return st ? st : recognise(s, o->create && !o->read_only, err);
}

enum tare_status tare_store_open(struct tare_str path, const struct tare_store_options *options,
                                 struct tare_store **out, struct tare_err *err)
{
    struct tare_store_options o = {.size = sizeof o};
    if (options)
        memcpy(&o, options, options->size && options->size < sizeof o ? options->size : sizeof o);
    if (path.n == 0 || memchr(path.p, '\0', path.n) || path.n >= 4000)
        return tare_fail(err, TARE_E_USAGE, "this cannot be the name of a store");
    struct tare_store *s = make(path, &o);
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to open the store");
    enum tare_status st = connect(s, &o, err);
    if (st) {
        if (err && !err->file[0])
            tare_err_file(err, path);
        tare_store_close(s);
        return st;
    }
    *out = s;
    return TARE_OK;
}
