/*
 * A connection for hostile text: it may only read the log tables, cannot leave memory, sees the
 * episode's clock and chance, and is stopped when it runs away.
 *
 * No process-wide hook stays behind: the file system interface of SQLite is registered only for
 * the moment of opening, under a name of its own.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "world/soc/sql_int.h"

#include "base/banned.h"

#define UNIX_EPOCH_JULIAN_MS 210866760000000 /* 1970-01-01 in SQLite's milliseconds */
#define MAX_QUERY_NS 5000000000              /* last resort: single instructions can be slow */

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    const struct tare__soc_sql *s = vfs->pAppData;
    *out = UNIX_EPOCH_JULIAN_MS + s->w->sc->start_ns / 1000000 + (int64_t)s->w->steps * 60000;
    return SQLITE_OK;
}

static int vfs_time_double(sqlite3_vfs *vfs, double *out)
{
    sqlite3_int64 ms = 0;
    vfs_time(vfs, &ms);
    *out = (double)ms / 86400000.0;
    return SQLITE_OK;
}

/* Sorters and temporary tables that outgrow memory stop here instead of filling a disk. */
static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags, (void)out;
    file->pMethods = NULL;
    return SQLITE_FULL;
}

static int may_read(const struct tare__soc_sql *s, const char *table)
{
    static const char *const both[] = {
        "sqlite_master",      "sqlite_schema",     "sqlite_temp_master",
        "sqlite_temp_schema", "json_each",         "json_tree",
        "pragma_table_info",  "pragma_table_list", NULL};
    static const char *const published[] = {"prompt_injections", "attacker_decisions",
                                            "agent_actions", NULL};
    for (uint32_t t = 0; t < TARE_SOC_N_TABLES; t++)
        if (sqlite3_stricmp(table, tare__soc_table(TARE_SOC_FAITHFUL, t)->name) == 0)
            return SQLITE_OK;
    for (const char *const *p = both; *p; p++)
        if (sqlite3_stricmp(table, *p) == 0)
            return SQLITE_OK;
    for (const char *const *p = published; *p && s->w->config.profile == TARE_SOC_FAITHFUL; p++)
        if (sqlite3_stricmp(table, *p) == 0)
            return SQLITE_OK;
    return SQLITE_DENY;
}

static int authorize(void *ctx, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    (void)c, (void)d;
    const struct tare__soc_sql *s = ctx;
    if (!s->guard)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        return a ? may_read(s, a) : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return b && sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return a && (sqlite3_stricmp(a, "table_info") == 0 || sqlite3_stricmp(a, "table_list") == 0)
                   ? SQLITE_OK
                   : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static int tick(void *ctx)
{
    struct tare__soc_sql *s = ctx;
    s->ticks++;
    if (s->ticks * TARE__SOC_TICK + s->extra > TARE_MAX_SQL_VM_STEPS)
        return 1;
    const struct tare_clock *clock = tare_clock_system();
    return (s->ticks & 15) == 0 && clock->mono_ns(clock->ctx) > s->deadline_ns;
}

void tare__soc_sql_arm(struct tare__soc_sql *s)
{
    const struct tare_clock *clock = tare_clock_system();
    s->ticks = s->extra = 0;
    s->deadline_ns = clock->mono_ns(clock->ctx) + MAX_QUERY_NS;
    tare_rng_init(&s->rng, s->w->seed, TARE_S("soc.sql"), s->w->steps);
}

static void sql_random(sqlite3_context *ctx, int n, sqlite3_value **v)
{
    (void)n, (void)v;
    struct tare__soc_sql *s = sqlite3_user_data(ctx);
    sqlite3_result_int64(ctx, (sqlite3_int64)tare_rng_u64(&s->rng));
}

static void sql_randomblob(sqlite3_context *ctx, int n, sqlite3_value **v)
{
    (void)n;
    struct tare__soc_sql *s = sqlite3_user_data(ctx);
    sqlite3_int64 len = sqlite3_value_int64(v[0]);
    len = len < 1 ? 1 : len;
    if (len > (sqlite3_int64)TARE_MAX_SQL_BYTES) {
        sqlite3_result_error_toobig(ctx);
        return;
    }
    s->extra += (uint64_t)len; /* a byte costs like an instruction */
    unsigned char *p = sqlite3_malloc64((sqlite3_uint64)len);
    if (!p) {
        sqlite3_result_error_nomem(ctx);
        return;
    }
    for (sqlite3_int64 i = 0; i < len; i++)
        p[i] = (unsigned char)tare_rng_u32(&s->rng);
    sqlite3_result_blob64(ctx, p, (sqlite3_uint64)len, sqlite3_free);
}

/* The published environment asks on a fresh connection: nothing was inserted there. */
static void sql_zero(sqlite3_context *ctx, int n, sqlite3_value **v)
{
    (void)n, (void)v;
    sqlite3_result_int(ctx, 0);
}

static int functions(struct tare__soc_sql *s)
{
    static const char *const zero[] = {"last_insert_rowid", "changes", "total_changes"};
    int rc = sqlite3_create_function(s->db, "random", 0, SQLITE_UTF8, s, sql_random, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function(s->db, "randomblob", 1, SQLITE_UTF8, s, sql_randomblob, NULL,
                                     NULL);
    for (size_t i = 0; i < 3 && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function(s->db, zero[i], 0, SQLITE_UTF8, s, sql_zero, NULL, NULL);
    return rc;
}

static void limits(sqlite3 *db)
{
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)TARE_MAX_SQL_RESULT_BYTES);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, (int)TARE_MAX_SQL_BYTES);
    sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
    sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 256);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 200);
    sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 50);
}

static int open_db(struct tare__soc_sql *s)
{
    const sqlite3_vfs *base = sqlite3_vfs_find(NULL);
    if (!base)
        return SQLITE_ERROR;
    s->vfs = *base;
    s->vfs.iVersion = 2;
    s->vfs.pNext = NULL;
    s->vfs.zName = s->vfs_name;
    s->vfs.pAppData = s;
    s->vfs.xOpen = vfs_open;
    s->vfs.xCurrentTime = vfs_time_double;
    s->vfs.xCurrentTimeInt64 = vfs_time;
    snprintf(s->vfs_name, sizeof s->vfs_name, "tare-soc-%p", (void *)s);
    int rc = sqlite3_vfs_register(&s->vfs, 0);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_open_v2(":memory:", &s->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                         s->vfs_name);
    sqlite3_vfs_unregister(&s->vfs);
    return rc;
}

enum tare_status tare__soc_sql_open(struct tare__soc_world *w, struct tare_err *err)
{
    if (w->sql)
        return TARE_OK;
    struct tare__soc_sql *s = w->alc->get(w->alc->ctx, sizeof *s);
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the log store");
    memset(s, 0, sizeof *s);
    s->w = w;
    w->sql = s;
    int rc = open_db(s);
    enum tare_status st = TARE_OK;
    if (rc == SQLITE_OK) {
        limits(s->db);
        rc = functions(s);
        if (rc == SQLITE_OK)
            st = tare__soc_sql_schema(s, err);
    }
    if (rc == SQLITE_OK && st == TARE_OK) {
        sqlite3_set_authorizer(s->db, authorize, s);
        sqlite3_progress_handler(s->db, TARE__SOC_TICK, tick, s);
        return TARE_OK;
    }
    if (st == TARE_OK)
        st = tare_fail(err, rc == SQLITE_NOMEM ? TARE_E_NOMEM : TARE_E_IO,
                       "cannot make the log store: %s", sqlite3_errstr(rc));
    tare__soc_sql_close(w);
    return st;
}
