#include <sqlite3.h>
#include <stdlib.h>

#include "solver/model_keep.h"

#include "base/fs.h"
#include "base/limits.h"

#include "base/banned.h"

struct tare_cache {
    sqlite3 *db;
    sqlite3_stmt *get, *put;
};

#define BUSY_MS 5000

static enum tare_status fail(struct tare_cache *c, struct tare_str path, struct tare_err *err)
{
    enum tare_status st = tare_fail(err, TARE_E_IO, "the cache of replies cannot be used: %s",
                                    c->db ? sqlite3_errmsg(c->db) : "out of memory");
    tare_err_file(err, path);
    tare_err_hint(err, "move the file away, or run with --cache off; it holds replies only, never "
                       "results");
    tare_cache_close(c);
    return st;
}

enum tare_status tare_cache_open(struct tare_str path, struct tare_cache **out,
                                 struct tare_err *err)
{
    static const char setup[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                "CREATE TABLE IF NOT EXISTS reply(key TEXT PRIMARY KEY, body TEXT "
                                "NOT NULL) WITHOUT ROWID;";
    struct tare_cache *c = calloc(1, sizeof *c);
    char name[TARE_FS_PATH_BYTES];
    *out = NULL;
    if (!c || path.n >= sizeof name) {
        free(c);
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening the cache");
    }
    memcpy(name, path.p, path.n);
    name[path.n] = 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(name, &c->db, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(c->db, BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(c->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(c->db, "SELECT body FROM reply WHERE key = ?1", -1,
                           SQLITE_PREPARE_PERSISTENT, &c->get, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(c->db, "INSERT OR REPLACE INTO reply VALUES(?1, ?2)", -1,
                           SQLITE_PREPARE_PERSISTENT, &c->put, NULL) != SQLITE_OK)
        return fail(c, path, err);
    *out = c;
    return TARE_OK;
}

void tare_cache_close(struct tare_cache *c)
{
    if (!c)
        return;
    sqlite3_finalize(c->get);
    sqlite3_finalize(c->put);
    sqlite3_close(c->db);
    free(c);
}

struct tare_str tare_cache_get(struct tare_cache *c, const char key[65], struct tare_arena *arena)
{
    struct tare_str found = {NULL, 0};
    sqlite3_bind_text(c->get, 1, key, 64, SQLITE_STATIC);
    if (sqlite3_step(c->get) == SQLITE_ROW) {
        const char *p = (const char *)sqlite3_column_text(c->get, 0);
        int n = sqlite3_column_bytes(c->get, 0);
        if (p && n > 0)
            found = tare_arena_copy(arena, tare_str_n(p, (size_t)n));
    }
    sqlite3_reset(c->get);
    return found;
}

bool tare_cache_put(struct tare_cache *c, const char key[65], struct tare_str reply)
{
    sqlite3_bind_text(c->put, 1, key, 64, SQLITE_STATIC);
    sqlite3_bind_text64(c->put, 2, reply.p, reply.n, SQLITE_STATIC, SQLITE_UTF8);
    bool good = sqlite3_step(c->put) == SQLITE_DONE;
    sqlite3_reset(c->put);
    sqlite3_clear_bindings(c->put);
    return good;
}
