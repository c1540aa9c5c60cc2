/*
 * Step bodies: within one commit they are one stream of bytes, cut every 64 KiB into packs with
 * numbers that follow each other; an attempt is a range of that stream. So small attempts share a
 * pack (and compress well) and a long one spans several, of which a reader needs only some.
 */
#include <stdio.h>

#include "base/limits.h"
#include "record/store_int.h"

#include "base/banned.h"

#define SMALLEST_ZIPPED 64 /* bytes; below it compression saves nothing */

enum tare_status tare__zip(struct tare_store *s, struct tare_str in, struct tare_str *out,
                           bool *zipped, struct tare_err *err)
{
    *out = in;
    *zipped = false;
    if (in.n < SMALLEST_ZIPPED)
        return TARE_OK;
    if (!s->zc)
        s->zc = ZSTD_createCCtx();
    tare_buf_reset(&s->packed);
    size_t room = ZSTD_compressBound(in.n);
    char *p = s->zc ? tare_buf_room(&s->packed, room) : NULL;
    if (!p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to compress %zu bytes", in.n);
    size_t n = ZSTD_compressCCtx(s->zc, p, room, in.p, in.n, TARE__ZSTD_LEVEL);
    if (ZSTD_isError(n))
        return tare_fail(err, TARE_E_NOMEM, "cannot compress: %s", ZSTD_getErrorName(n));
    if (n < in.n - in.n / 8) {
        *out = tare_str_n(p, n);
        *zipped = true;
    }
    return TARE_OK;
}

enum tare_status tare__unzip(struct tare_store *s, struct tare_str in, bool zipped,
                             uint64_t raw_bytes, struct tare_arena *arena, struct tare_str *out,
                             struct tare_err *err)
{
    if (raw_bytes > TARE_MAX_BLOB_BYTES || (!zipped && in.n != raw_bytes))
        return tare__damaged(s, err, "a compressed text has the wrong size");
    if (!zipped) {
        *out = tare_arena_copy(arena, in);
        return out->p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "not enough memory to read it");
    }
    if (ZSTD_getFrameContentSize(in.p, in.n) != raw_bytes)
        return tare__damaged(s, err, "a compressed text has the wrong size");
    if (!s->zd)
        s->zd = ZSTD_createDCtx();
    char *p = s->zd ? tare_arena_alloc(arena, (size_t)raw_bytes + 1) : NULL;
    if (!p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to read %llu bytes",
                         (unsigned long long)raw_bytes);
    (void)ZSTD_DCtx_setParameter(s->zd, ZSTD_d_windowLogMax, TARE_MAX_ZSTD_WINDOW_LOG);
    size_t n = ZSTD_decompressDCtx(s->zd, p, (size_t)raw_bytes, in.p, in.n);
    if (ZSTD_isError(n) || n != raw_bytes)
        return tare__damaged(s, err, "a compressed text cannot be read back");
    p[n] = '\0';
    *out = tare_str_n(p, n);
    return TARE_OK;
}

/* ---- packs --------------------------------------------------------------------------------- */

enum tare_status tare__pack_begin(struct tare_store *s, int64_t *next, struct tare_err *err)
{
    tare_buf_reset(&s->raw);
    sqlite3_stmt *st = tare__sql(s, "SELECT coalesce(max(id), 0) + 1 FROM pack", err);
    enum tare_status status = TARE_OK;
    if (!st)
        return tare__no_sql(err);
    if (tare__row(s, st, &status, err)) {
        *next = sqlite3_column_int64(st, 0);
        status = TARE_OK;
    }
    return tare__end(s, st, status, err);
}

static enum tare_status flush(struct tare_store *s, int64_t batch, int64_t *next,
                              struct tare_err *err)
{
    struct tare_str raw = tare_buf_str(&s->raw), body;
    bool zipped;
    enum tare_status status = tare__zip(s, raw, &body, &zipped, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(s,
                                 "INSERT INTO pack(id, batch, raw_bytes, zipped, body) "
                                 "VALUES(?1, ?2, ?3, ?4, ?5)",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, (*next)++);
    (void)sqlite3_bind_int64(st, 2, batch);
    (void)sqlite3_bind_int64(st, 3, (sqlite3_int64)raw.n);
    (void)sqlite3_bind_int(st, 4, zipped);
    tare__bind_blob(st, 5, body.p, body.n);
    status = tare__run(s, st, err);
    tare_buf_reset(&s->raw);
    return status;
}

enum tare_status tare__pack_put(struct tare_store *s, int64_t batch, int64_t *next,
                                struct tare_str steps, struct tare__place *place,
                                struct tare_err *err)
{
    place->first = steps.n ? *next : 0;
    place->at = steps.n ? (uint32_t)s->raw.n : 0;
    place->n = steps.n;
    while (steps.n) {
        size_t room = TARE_PACK_BYTES - s->raw.n;
        size_t n = steps.n < room ? steps.n : room;
        tare_buf_put(&s->raw, tare_str_n(steps.p, n));
        if (s->raw.failed)
            return tare_fail(err, TARE_E_NOMEM, "not enough memory to gather step bodies");
        steps = tare_str_n(steps.p + n, steps.n - n);
        enum tare_status st = s->raw.n == TARE_PACK_BYTES ? flush(s, batch, next, err) : TARE_OK;
        if (st)
            return st;
    }
    return TARE_OK;
}

enum tare_status tare__pack_end(struct tare_store *s, int64_t batch, int64_t *next,
                                struct tare_err *err)
{
    return s->raw.n ? flush(s, batch, next, err) : TARE_OK;
}

static enum tare_status read_one(struct tare_store *s, int64_t id, struct tare_arena *arena,
                                 struct tare_str *out, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT raw_bytes, zipped, body FROM pack WHERE id = ?1", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, id);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err)) {
        int64_t raw = sqlite3_column_int64(st, 0);
        status = raw < 0 || raw > (int64_t)TARE_PACK_BYTES
                     ? tare__damaged(s, err, "a pack of steps has an impossible size")
                     : tare__unzip(s, tare__col_peek(st, 2), sqlite3_column_int(st, 1) != 0,
                                   (uint64_t)raw, arena, out, err);
    } else if (!status) {
        char what[64];
        (void)snprintf(what, sizeof what, "pack %lld of steps is gone", (long long)id);
        status = tare__damaged(s, err, what);
    }
    return tare__end(s, st, status, err);
}

enum tare_status tare__pack_read(struct tare_store *s, const struct tare__place *place,
                                 struct tare_arena *arena, struct tare_str *out,
                                 struct tare_err *err)
{
    if (place->n > TARE_MAX_BLOB_BYTES || place->at > TARE_PACK_BYTES || place->first < 0)
        return tare__damaged(s, err, "an attempt's steps have an impossible place");
    struct tare_str pack = {"", 0};
    if (place->n == 0) {
        *out = pack;
        return TARE_OK;
    }
    enum tare_status st = read_one(s, place->first, arena, &pack, err);
    if (st)
        return st;
    if (place->at + place->n <= pack.n) { /* the common case: nothing is copied */
        *out = tare_str_n(pack.p + place->at, (size_t)place->n);
        return TARE_OK;
    }
    char *p = tare_arena_alloc(arena, (size_t)place->n + 1);
    if (!p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to read the steps");
    size_t got = 0;
    uint32_t at = place->at;
    for (int64_t id = place->first + 1; !st; id++) {
        if (pack.n <= at || (got + pack.n - at < place->n && pack.n != TARE_PACK_BYTES))
            return tare__damaged(s, err, "a pack of steps is too short");
        size_t n = pack.n - at < place->n - got ? pack.n - at : (size_t)place->n - got;
        memcpy(p + got, pack.p + at, n);
        got += n;
        at = 0;
        if (got == place->n)
            break;
        st = read_one(s, id, arena, &pack, err);
    }
    p[got] = '\0';
    *out = tare_str_n(p, got);
    return st;
}

/* ---- blobs --------------------------------------------------------------------------------- */

static enum tare_status find_blob(struct tare_store *s, const struct tare_digest *digest,
                                  int64_t *id, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT id FROM blob WHERE digest = ?1", err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, digest->b, sizeof digest->b);
    enum tare_status status = TARE_OK;
    *id = tare__row(s, st, &status, err) ? sqlite3_column_int64(st, 0) : 0;
    return tare__end(s, st, status, err);
}

enum tare_status tare__blob_put(struct tare_store *s, struct tare_str bytes, int64_t *id,
                                struct tare_err *err)
{
    struct tare_digest digest = tare_sha256_of(bytes);
    struct tare_str body;
    bool zipped;
    enum tare_status status = find_blob(s, &digest, id, err);
    if (status || *id)
        return status;
    status = tare__zip(s, bytes, &body, &zipped, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(
        s, "INSERT INTO blob(digest, raw_bytes, zipped, body) VALUES(?1, ?2, ?3, ?4)", err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_blob(st, 1, digest.b, sizeof digest.b);
    (void)sqlite3_bind_int64(st, 2, (sqlite3_int64)bytes.n);
    (void)sqlite3_bind_int(st, 3, zipped);
    tare__bind_blob(st, 4, body.p, body.n);
    status = tare__run(s, st, err);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

enum tare_status tare__blob_get(struct tare_store *s, int64_t id, struct tare_arena *arena,
                                struct tare_str *out, struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(s, "SELECT raw_bytes, zipped, body, digest FROM blob WHERE id = ?1", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, id);
    enum tare_status status = TARE_OK;
    struct tare_digest want;
    if (!tare__row(s, st, &status, err)) {
        if (!status)
            status = tare__damaged(s, err, "a text it refers to is gone");
    } else if (sqlite3_column_int64(st, 0) < 0 || !tare__col_digest(st, 3, &want)) {
        status = tare__damaged(s, err, "a stored text has an impossible size");
    } else {
        status = tare__unzip(s, tare__col_peek(st, 2), sqlite3_column_int(st, 1) != 0,
                             (uint64_t)sqlite3_column_int64(st, 0), arena, out, err);
        if (!status && !tare_digest_eq(tare_sha256_of(*out), want))
            status = tare__damaged(s, err, "a stored text does not have its digest");
    }
    return tare__end(s, st, status, err);
}
