/*
 * What the files of record/ share: the handle, statements, errors of SQLite.
 */
#ifndef TARE_RECORD_STORE_INT_H
#define TARE_RECORD_STORE_INT_H

#include <sqlite3.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/os_fs.h"
#include "record/store.h"

#define TARE__APPLICATION_ID 0x74617265 /* "tare" */
#define TARE__SCHEMA 1
#define TARE__CACHED 96
#define TARE__SPARE_BYTES ((int64_t)1 << 20)
#define TARE__ZSTD_LEVEL 1

struct tare_store {
    const struct tare_alc *alc;
    const struct tare_clock *clock;
    sqlite3 *db;
    struct tare_arena arena; /* path and file names */
    struct tare_str path;    /* NUL-terminated */
    struct tare_str shm, spare, folder;
    bool (*on_wait)(void *ctx, int64_t waited_ms, int64_t holder_pid);
    void *on_wait_ctx;
    int busy_ms;
    int64_t wait_from_ns; /* of the wait under way; 0: none */
    int64_t waited_ns;    /* when it was last asked to wait */
    int64_t holder;       /* who held the lock when the last wait failed */
    char boot[TARE_OS_BOOT_BYTES];
    bool read_only;
    bool gave_up;    /* on_wait said so */
    bool broken;     /* a write or flush failed: nothing more is written */
    bool full;       /* the disk was full and the spare file is used up */
    bool no_room;    /* the last writing transaction failed for want of room */
    bool has_spare;  /* made by this handle */
    bool no_memory;  /* an arena refused while a row was copied */
    unsigned nested; /* open read transactions */
    struct {
        const char *sql;
        sqlite3_stmt *st;
    } cached[TARE__CACHED];
    ZSTD_CCtx *zc;
    ZSTD_DCtx *zd;
    struct tare_buf raw, packed; /* of the pack being filled; compressed bytes */
};

/* ---- sql.c ------------------------------------------------------------------------------- */

/* A prepared statement, kept for next time under the address of its text (a literal). NULL and err
 * set when it cannot be made. Give it back with tare__end. */
sqlite3_stmt *tare__sql(struct tare_store *s, const char *sql, struct tare_err *err);
/* What to return after tare__sql gave NULL. */
static inline enum tare_status tare__no_sql(const struct tare_err *err)
{
    return err && err->code ? err->code : TARE_E_IO;
}
/* Next row. False at the end (*status TARE_OK) and on failure (*status and err set). */
bool tare__row(struct tare_store *s, sqlite3_stmt *st, enum tare_status *status,
               struct tare_err *err);
/* Runs to the end and gives the statement back. */
enum tare_status tare__run(struct tare_store *s, sqlite3_stmt *st, struct tare_err *err);
/* Gives a statement back (NULL allowed). Turns a refused copy since the last call into NOMEM. */
enum tare_status tare__end(struct tare_store *s, sqlite3_stmt *st, enum tare_status status,
                           struct tare_err *err);
/* A fixed statement without parameters or rows. */
enum tare_status tare__exec(struct tare_store *s, const char *sql, struct tare_err *err);
/* What a SQLite result means to people. */
enum tare_status tare__sql_fail(struct tare_store *s, int rc, const char *doing,
                                struct tare_err *err);
/* The stored bytes cannot be what we wrote. */
enum tare_status tare__damaged(struct tare_store *s, struct tare_err *err, const char *what);

void tare__bind_str(sqlite3_stmt *st, int i, struct tare_str text);
void tare__bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n);
static inline void tare__bind_u64(sqlite3_stmt *st, int i, uint64_t v)
{
    (void)sqlite3_bind_int64(st, i, (sqlite3_int64)v); /* the same bits; read back likewise */
}
/* Copies of columns; on refusal s->no_memory is set. */
struct tare_str tare__col_str(struct tare_store *s, sqlite3_stmt *st, int i,
                              struct tare_arena *arena);
/* Borrowed until the next row. */
struct tare_str tare__col_peek(sqlite3_stmt *st, int i);
bool tare__col_digest(sqlite3_stmt *st, int i, struct tare_digest *out);
/* A number that must fit in 32 bits; otherwise 0 and *ok false. */
uint32_t tare__col_u32(sqlite3_stmt *st, int i, bool *ok);

/* One writing transaction: waits for the lock; refuses on a broken or moved store. */
enum tare_status tare__begin_write(struct tare_store *s, struct tare_err *err);
/* Counts the change and commits when status is TARE_OK, else rolls back; the final status. */
enum tare_status tare__end_write(struct tare_store *s, enum tare_status status,
                                 struct tare_err *err);
/* One state for several reading statements; may nest. */
enum tare_status tare__begin_read(struct tare_store *s, struct tare_err *err);
enum tare_status tare__end_read(struct tare_store *s, enum tare_status status,
                                struct tare_err *err);

/* ---- schema.c ---------------------------------------------------------------------------- */

/* Brings a database from version i to i + 1. */
struct tare__step {
    const char *const *sql; /* NULL-terminated statements */
};
extern const struct tare__step tare__steps[TARE__SCHEMA];
/* Applies steps [from, n) in one transaction and stamps the file. */
enum tare_status tare__migrate(struct tare_store *s, const struct tare__step *steps, uint32_t from,
                               uint32_t n, struct tare_err *err);
/* Whole copy of a store that is open, complete under its new name or absent. */
enum tare_status tare__copy_to(struct tare_store *s, struct tare_str path, struct tare_err *err);

/* ---- pack.c ------------------------------------------------------------------------------ */

/* Where an attempt's step bodies are: bytes [at, at + n) of the packs first, first + 1, … */
struct tare__place {
    int64_t first;
    uint32_t at;
    uint64_t n;
};
/* Between begin_write and end_write: begin, put for each attempt, end. */
enum tare_status tare__pack_begin(struct tare_store *s, int64_t *next, struct tare_err *err);
enum tare_status tare__pack_put(struct tare_store *s, int64_t batch, int64_t *next,
                                struct tare_str steps, struct tare__place *place,
                                struct tare_err *err);
enum tare_status tare__pack_end(struct tare_store *s, int64_t batch, int64_t *next,
                                struct tare_err *err);
/* Reads them back into the arena. */
enum tare_status tare__pack_read(struct tare_store *s, const struct tare__place *place,
                                 struct tare_arena *arena, struct tare_str *out,
                                 struct tare_err *err);

/* Compresses where that saves an eighth; *zipped says so. Result borrows from s->packed or in. */
enum tare_status tare__zip(struct tare_store *s, struct tare_str in, struct tare_str *out,
                           bool *zipped, struct tare_err *err);
/* Back again; raw_bytes is what it must give. */
enum tare_status tare__unzip(struct tare_store *s, struct tare_str in, bool zipped,
                             uint64_t raw_bytes, struct tare_arena *arena, struct tare_str *out,
                             struct tare_err *err);
/* Number of the blob with these bytes, stored once. */
enum tare_status tare__blob_put(struct tare_store *s, struct tare_str bytes, int64_t *id,
                                struct tare_err *err);
enum tare_status tare__blob_get(struct tare_store *s, int64_t id, struct tare_arena *arena,
                                struct tare_str *out, struct tare_err *err);

/* ---- scores.c ---------------------------------------------------------------------------- */

/* All scores of an attempt (in metric order) as bytes: see docs/concepts/store.md. */
void tare__scores_put(struct tare_buf *out, const struct tare_score *scores, uint32_t n_scores,
                      uint32_t n_metrics);
/* Reads one score after the other. */
struct tare__scores {
    const uint8_t *p, *end;
};
bool tare__scores_next(struct tare__scores *r, struct tare_score *out);

/* ---- plan.c ------------------------------------------------------------------------------ */

/* Cuts a batch into slices, task by task over all runs: a batch that is cut short has its solvers
 * on the same tasks. runs: their numbers. order: as in struct tare_plan; may be NULL. */
enum tare_status tare__put_work(struct tare_store *s, int64_t batch, uint32_t n_tasks, uint32_t k,
                                const uint32_t *order, const int64_t *runs, uint32_t n_runs,
                                struct tare_err *err);

/* ---- owner.c ----------------------------------------------------------------------------- */

/* Whether a lease has not expired: it is of this boot, and its time has not come. */
bool tare__lease_runs(const struct tare_store *s, struct tare_str boot, int64_t until_ns,
                      int64_t now_ns);
/* Is the process that owner names gone? False when that cannot be known here. */
bool tare__owner_dead(const char *boot, struct tare_str owner);

#endif
