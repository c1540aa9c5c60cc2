/*
 * The replay cache: decisions of the attacker by (scenario, step, state, hash of the defender's
 * action, hash of the attacker's context). Source: fact sheet opensec, section 8. The id of a
 * decision is the hash of its key; the original's millisecond clock loses decisions.
 */
#include <sqlite3.h>

#include "base/hash.h"
#include "base/limits.h"
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define WAIT_MS 30000 /* for another worker's write */

struct tare__soc_cache {
    sqlite3 *db;
    sqlite3_stmt *get, *put;
};

struct key {
    char id[65], action[65], context[65];
};

static void hash_hex(struct tare_buf *b, char hex[65])
{
    tare_digest_hex(tare_sha256_of(tare_buf_str(b)), hex);
    tare_buf_reset(b);
}

static bool key_of(const struct tare__soc_world *w, struct key *k)
{
    struct tare_buf b;
    struct tare_json_writer out;
    tare_buf_init(&b, w->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&out, &b);
    out.ascii = true;
    tare__soc_action_json(w, &out);
    hash_hex(&b, k->action);
    tare_json_writer_init(&out, &b);
    out.ascii = true;
    tare__soc_context_json(w, &out);
    hash_hex(&b, k->context);
    tare_buf_printf(&b, "%.*s|%u|%.*s|%s|%s", TARE_FMT(w->sc->id), w->steps,
                    TARE_FMT(w->names[w->state]), k->action, k->context);
    bool ok = !b.failed;
    hash_hex(&b, k->id);
    tare_buf_free(&b);
    return ok;
}

enum tare_status tare__soc_cache_open(struct tare__soc_world *w, struct tare_err *err)
{
    static const char schema[] =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE IF NOT EXISTS attacker_decisions (decision_id TEXT PRIMARY KEY,"
        " scenario_id TEXT NOT NULL, step INTEGER NOT NULL, attacker_state TEXT NOT NULL,"
        " agent_action_hash TEXT NOT NULL, attacker_context_hash TEXT NOT NULL,"
        " decision_json TEXT NOT NULL, model TEXT NOT NULL, temperature REAL NOT NULL,"
        " created_at TEXT NOT NULL)";
    struct tare__soc_cache *c = w->alc->get(w->alc->ctx, sizeof *c);
    struct tare_str path = {0};
    if (c) {
        memset(c, 0, sizeof *c);
        w->cache = c;
        path = tare_arena_copy(&w->text, w->config.cache_path);
    }
    if (!path.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the replay cache");
    int rc = sqlite3_open_v2(
        path.p, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(c->db, WAIT_MS);
        rc = sqlite3_exec(c->db, schema, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(c->db,
                                "SELECT decision_json FROM attacker_decisions WHERE scenario_id=?1"
                                " AND step=?2 AND attacker_state=?3 AND agent_action_hash=?4 AND"
                                " attacker_context_hash=?5",
                                -1, &c->get, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(
            c->db,
            "INSERT OR REPLACE INTO attacker_decisions VALUES (?6,?1,?2,?3,?4,?5,?7,"
            "'scripted',0.0,?8)",
            -1, &c->put, NULL);
    if (rc == SQLITE_OK)
        return TARE_OK;
    enum tare_status st = tare_fail(err, TARE_E_IO, "cannot open the replay cache %s: %s", path.p,
                                    c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc));
    tare__soc_cache_close(w);
    return st;
}

void tare__soc_cache_close(struct tare__soc_world *w)
{
    struct tare__soc_cache *c = w->cache;
    if (!c)
        return;
    sqlite3_finalize(c->get);
    sqlite3_finalize(c->put);
    sqlite3_close(c->db);
    w->alc->put(w->alc->ctx, c, sizeof *c);
    w->cache = NULL;
}

static void bind_text(sqlite3_stmt *st, int at, struct tare_str s)
{
    sqlite3_bind_text64(st, at, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void bind_key(const struct tare__soc_world *w, sqlite3_stmt *st, const struct key *k)
{
    bind_text(st, 1, w->sc->id);
    sqlite3_bind_int64(st, 2, w->steps);
    bind_text(st, 3, w->names[w->state]);
    bind_text(st, 4, tare_str_of(k->action));
    bind_text(st, 5, tare_str_of(k->context));
}

/* A kept decision; what is not understood counts as a miss. */
static bool parse(struct tare__soc_world *w, struct tare_str text, struct tare__soc_move *out)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_arena_mark mark = tare_arena_mark(&w->turn);
    bool ok = tare_json_parse(text, &tare_json_strict, &w->turn, &root, &err) == TARE_OK &&
              tare_json_kind(tare_json_get(root, "action_type")) == TARE_JSON_STRING;
    if (ok) {
        struct tare_json params = tare_json_get(root, "params");
        out->type = tare__soc_episode_name(w, tare_json_str(tare_json_get(root, "action_type")));
        out->n = 0;
        for (struct tare_json e = tare_json_first(params);
             tare_json_present(e) && out->n < TARE__SOC_MAX_MOVE; e = tare_json_next(e)) {
            out->key[out->n] = tare__soc_episode_name(w, tare_json_key(e));
            out->value[out->n++] = tare_json_kind(e) == TARE_JSON_STRING
                                       ? tare__soc_episode_name(w, tare_json_str(e))
                                       : TARE_SOC_NONE;
        }
    }
    tare_arena_rewind(&w->turn, mark);
    return ok;
}

bool tare__soc_cache_read(struct tare__soc_world *w, struct tare__soc_move *out)
{
    struct key k;
    sqlite3_stmt *st = w->cache->get;
    bool found = false;
    if (!key_of(w, &k))
        return false;
    bind_key(w, st, &k);
    if (sqlite3_step(st) == SQLITE_ROW) {
        const char *p = (const char *)sqlite3_column_text(st, 0);
        found = p && parse(w, tare_str_n(p, (size_t)sqlite3_column_bytes(st, 0)), out);
    }
    sqlite3_reset(st);
    return found;
}

/* Sorted keys, Python's default spacing. */
static void put_decision(const struct tare__soc_world *w, const struct tare__soc_move *move,
                         struct tare_buf *b)
{
    struct tare_json_writer out;
    tare_buf_puts(b, "{\"action_type\": ");
    tare_json_writer_init(&out, b);
    out.ascii = true;
    tare_json_put_str(&out, w->names[move->type]);
    tare_buf_puts(b, ", \"params\": {");
    for (uint32_t i = 0; i < move->n; i++) {
        tare_buf_puts(b, i ? ", " : "");
        tare_json_writer_init(&out, b);
        out.ascii = true;
        tare_json_put_str(&out, w->names[move->key[i]]);
        tare_buf_puts(b, ": ");
        tare_json_writer_init(&out, b);
        out.ascii = true;
        if (move->value[i] == TARE_SOC_NONE)
            tare_json_put_null(&out);
        else
            tare_json_put_str(&out, w->names[move->value[i]]);
    }
    tare_buf_puts(b, "}}");
}

enum tare_status tare__soc_cache_write(struct tare__soc_world *w, const struct tare__soc_move *move,
                                       struct tare_err *err)
{
    struct key k;
    struct tare_buf b;
    sqlite3_stmt *st = w->cache->put;
    tare_buf_init(&b, w->alc, TARE_MAX_STEP_BODY_BYTES);
    put_decision(w, move, &b);
    bool ok = key_of(w, &k) && !b.failed;
    int rc = SQLITE_NOMEM;
    if (ok) {
        bind_key(w, st, &k);
        bind_text(st, 6, tare_str_of(k.id));
        bind_text(st, 7, tare_buf_str(&b));
        bind_text(st, 8, tare__soc_created(w, w->steps));
        rc = sqlite3_step(st);
        sqlite3_reset(st);
    }
    tare_buf_free(&b);
    if (rc == SQLITE_DONE)
        return TARE_OK;
    return tare_fail(err, rc == SQLITE_NOMEM ? TARE_E_NOMEM : TARE_E_IO,
                     "cannot write to the replay cache: %s", sqlite3_errmsg(w->cache->db));
}
