/*
 * Is the store whole? Invariants I1 to I6 of docs/concepts/reliability.md. What is found is
 * gathered, not returned as an error: looking goes on behind damage as far as that is possible.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/limits.h"
#include "record/digest.h"
#include "record/query_int.h"
#include "record/upkeep.h"
#include "text/json.h"

#include "base/banned.h"

#define KEPT 100
#define LARGE_WAL_BYTES ((int64_t)1 << 30)

struct checker {
    struct tare_store *s;
    struct tare_arena *arena; /* findings */
    struct tare_arena work;   /* one attempt */
    struct tare_check_report *out;
    struct tare_fault_found *v;
    bool deep, no_memory;
};

__attribute__((format(printf, 5, 6))) static void found(struct checker *c, const char *invariant,
                                                        bool warning, const char *where,
                                                        const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (char *p = text; *p; p++) /* SQLite's findings have several lines */
        *p = *p == '\n' ? ' ' : *p;
    c->out->n_all += !warning;
    c->out->n_warnings += warning;
    if (c->out->n == KEPT)
        return;
    struct tare_fault_found *f = &c->v[c->out->n++];
    *f = (struct tare_fault_found){.invariant = invariant,
                                   .warning = warning,
                                   .where = tare_arena_copy(c->arena, tare_str_of(where)),
                                   .what = tare_arena_copy(c->arena, tare_str_of(text))};
    c->no_memory = c->no_memory || !f->where.p || !f->what.p;
}

/* An error while looking: damage is a finding, all else ends the check. */
static enum tare_status judge(struct checker *c, enum tare_status status, const char *invariant,
                              const char *where, const struct tare_err *why, struct tare_err *err)
{
    if (status == TARE_E_INPUT)
        found(c, invariant, false, where, "%s", why->text);
    else if (status && err)
        *err = *why;
    return status == TARE_E_INPUT ? TARE_OK : status;
}

/* ---- I1: the file -------------------------------------------------------------------------- */

static enum tare_status check_file(struct checker *c, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status status = TARE_OK;
    sqlite3_stmt *st = tare__sql(c->s, "PRAGMA integrity_check(20)", &why);
    while (st && tare__row(c->s, st, &status, &why)) {
        struct tare_str line = tare__col_peek(st, 0);
        if (!tare_str_is(line, "ok"))
            found(c, "I1", false, "file", "%.*s", TARE_FMT(line));
    }
    status = tare__end(c->s, st, st ? status : tare__no_sql(&why), &why);
    status = judge(c, status, "I1", "file", &why, err);
    if (status)
        return status;
    st = tare__sql(c->s,
                   "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check "
                   "GROUP BY 1, 2",
                   &why);
    while (st && tare__row(c->s, st, &status, &why)) {
        struct tare_str table = tare__col_peek(st, 0), parent = tare__col_peek(st, 1);
        found(c, "I1", false, "file", "%" PRId64 " rows of %.*s refer to %.*s that are not there",
              (int64_t)sqlite3_column_int64(st, 2), TARE_FMT(table), TARE_FMT(parent));
    }
    status = tare__end(c->s, st, st ? status : tare__no_sql(&why), &why);
    return judge(c, status, "I1", "file", &why, err);
}

/* ---- one statement, one invariant ---------------------------------------------------------- */

/* Each row is a fault: the first column says where, the second what. */
static const struct {
    const char *invariant;
    const char *sql;
    bool warning;
} questions[] = {
    {"I3",
     "SELECT 'run ' || r.name || ', task ' || a.task || ', attempt ' || (a.idx + 1), "
     "'not planned: beyond the tasks or attempts of its batch' FROM attempt a "
     "JOIN run r ON r.id = a.run JOIN batch b ON b.id = r.batch JOIN suite s ON s.id = b.suite "
     "WHERE a.task < 0 OR a.task >= s.n_tasks OR a.idx < 0 OR a.idx >= b.k LIMIT 20",
     false},
    {"I4",
     "SELECT 'run ' || r.name, 'counts differ: says ' || r.n_done || ' done, ' || r.n_failed || "
     "' failed, ' || r.n_missing || ' missing; stored are ' || count(a.run) FROM run r "
     "LEFT JOIN attempt a ON a.run = r.id GROUP BY r.id HAVING "
     "r.n_done <> coalesce(sum(a.status = 2), 0) OR r.n_failed <> coalesce(sum(a.status = 3), 0) "
     "OR r.n_missing <> coalesce(sum(a.status = 4), 0) LIMIT 20",
     false},
    {"I4",
     "SELECT 'run ' || r.name || ', task ' || a.task || ', attempt ' || (a.idx + 1), "
     "CASE WHEN a.status = 4 THEN 'missing without a cause' ELSE 'status ' || a.status || "
     "' is not a final one' END FROM attempt a JOIN run r ON r.id = a.run "
     "WHERE a.status NOT IN (2, 3, 4) OR (a.status = 4 AND a.cause = 0) LIMIT 20",
     false},
    {"I4",
     "SELECT 'run ' || r.name, 'plans ' || r.n_planned || ' attempts; its batch has ' || "
     "(s.n_tasks * b.k) FROM run r JOIN batch b ON b.id = r.batch JOIN suite s ON s.id = b.suite "
     "WHERE r.n_planned <> s.n_tasks * b.k OR (b.wall_end_ns <> 0 AND "
     "r.n_done + r.n_failed + r.n_missing <> r.n_planned) LIMIT 20",
     false},
    {"I4",
     "SELECT 'run ' || r.name || ', tasks ' || w.task_from || ' to ' || (w.task_to - 1), "
     "'marked done, but not all its attempts are there' FROM work w JOIN run r ON r.id = w.run "
     "JOIN batch b ON b.id = w.batch WHERE w.state = 2 AND (SELECT count(*) FROM attempt a "
     "WHERE a.run = w.run AND a.task >= w.task_from AND a.task < w.task_to) < "
     "(w.task_to - w.task_from) * b.k LIMIT 20",
     false},
    {"I5",
     "SELECT 'suite ' || s.name, 'has ' || count(t.suite) || ' tasks, not ' || s.n_tasks "
     "FROM suite s LEFT JOIN task t ON t.suite = s.id GROUP BY s.id "
     "HAVING count(t.suite) <> s.n_tasks LIMIT 20",
     false},
    {"I6",
     "SELECT 'run ' || r.name, 'tokens or cost are not the sum over its attempts' FROM run r "
     "LEFT JOIN attempt a ON a.run = r.id GROUP BY r.id HAVING "
     "r.tokens_in <> coalesce(sum(a.tokens_in), 0) OR "
     "r.tokens_out <> coalesce(sum(a.tokens_out), 0) OR "
     "abs(r.cost_usd - coalesce(sum(a.cost_usd), 0)) > 1e-9 * (1 + abs(r.cost_usd)) LIMIT 20",
     false},
};

static enum tare_status ask(struct checker *c, size_t i, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status status = TARE_OK;
    sqlite3_stmt *st = tare__sql(c->s, questions[i].sql, &why);
    while (st && tare__row(c->s, st, &status, &why)) {
        char where[160];
        struct tare_str w = tare__col_peek(st, 0), what = tare__col_peek(st, 1);
        (void)snprintf(where, sizeof where, "%.*s", (int)(w.n < 150 ? w.n : 150), w.p);
        found(c, questions[i].invariant, questions[i].warning, where, "%.*s", TARE_FMT(what));
    }
    status = tare__end(c->s, st, st ? status : tare__no_sql(&why), &why);
    return judge(c, status, questions[i].invariant, "tables", &why, err);
}

/* ---- deep: every text ---------------------------------------------------------------------- */

/* Step numbers (member "n", where a line has one) follow each other; as many lines as steps, or one
 * more for what was seen before the first. */
static const char *check_steps(struct checker *c, const struct tare_attempt *a)
{
    uint32_t lines = 0;
    int64_t last = 0;
    bool numbered = false;
    for (const char *p = a->steps.p, *end = p + a->steps.n; p < end; lines++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        struct tare_json line;
        int64_t n = 0;
        if (!nl)
            return "the last step is cut off";
        if (tare_json_parse(tare_str_n(p, (size_t)(nl - p)), &tare_json_log, &c->work, &line, NULL))
            return "a step is not JSON";
        if (tare_json_i64(tare_json_get(line, "n"), &n)) {
            if (numbered && n != last + 1)
                return "step numbers have holes";
            numbered = true;
            last = n;
        }
        p = nl + 1;
    }
    if (lines && lines != a->n_steps && lines != a->n_steps + 1)
        return "there are more or fewer steps than it says";
    return NULL;
}

static enum tare_status check_attempt(struct checker *c, int64_t run, uint32_t task, uint32_t index,
                                      const char *where, struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_err why = {0};
    tare_arena_reset(&c->work);
    enum tare_status status =
        tare_store_attempt(c->s, run, task, index, TARE_WITH_ALL, &c->work, &a, &why);
    if (status == TARE_E_USAGE) { /* the walk saw it, its key does not lead there */
        found(c, "I1", false, where, "its place in the table does not fit its key");
        return TARE_OK;
    }
    if (status)
        return judge(c, status, "I5", where, &why, err);
    if (!tare_digest_eq(tare_attempt_digest(&a), a.digest))
        found(c, "I2", false, where, "its contents do not give the digest it was stored with");
    const char *fault = check_steps(c, &a);
    if (fault)
        found(c, "I5", false, where, "%s", fault);
    return TARE_OK;
}

static enum tare_status check_attempts(struct checker *c, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status status = TARE_OK, ended = TARE_OK;
    sqlite3_stmt *st = tare__sql(c->s,
                                 "SELECT a.run, a.task, a.idx, r.name FROM attempt a "
                                 "JOIN run r ON r.id = a.run ORDER BY a.run, a.task, a.idx",
                                 &why);
    while (st && !status && tare__row(c->s, st, &ended, &why)) {
        char where[96];
        bool ok = true;
        uint32_t task = tare__col_u32(st, 1, &ok), index = tare__col_u32(st, 2, &ok);
        struct tare_str run = tare__col_peek(st, 3);
        (void)snprintf(where, sizeof where, "run %.*s, task %" PRIu32 ", attempt %" PRIu32,
                       (int)(run.n < 20 ? run.n : 20), run.p, task, index + 1);
        c->out->attempts++;
        if (ok)
            status = check_attempt(c, sqlite3_column_int64(st, 0), task, index, where, err);
    }
    ended = tare__end(c->s, st, st ? ended : tare__no_sql(&why), &why);
    return status ? status : judge(c, ended, "I1", "attempts", &why, err);
}

/* Blobs decompress to the size and digest they were stored with. */
static enum tare_status check_blobs(struct checker *c, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status status = TARE_OK, ended = TARE_OK;
    sqlite3_stmt *st = tare__sql(c->s, "SELECT id FROM blob ORDER BY id", &why);
    while (st && !status && tare__row(c->s, st, &ended, &why)) {
        struct tare_str text;
        struct tare_err what = {0};
        char where[48];
        int64_t id = sqlite3_column_int64(st, 0);
        (void)snprintf(where, sizeof where, "blob %" PRId64, id);
        tare_arena_reset(&c->work);
        c->out->blobs++;
        status =
            judge(c, tare__blob_get(c->s, id, &c->work, &text, &what), "I5", where, &what, err);
    }
    ended = tare__end(c->s, st, st ? ended : tare__no_sql(&why), &why);
    return status ? status : judge(c, ended, "I1", "blobs", &why, err);
}

/* ---- worth knowing ------------------------------------------------------------------------- */

static void check_surroundings(struct checker *c)
{
    struct tare_store_info info;
    tare_arena_reset(&c->work);
    if (tare_store_info(c->s, &c->work, &info, NULL) == TARE_OK &&
        info.wal_bytes >= (uint64_t)LARGE_WAL_BYTES)
        found(c, "I8", true, "file",
              "the log beside it has %" PRIu64 " MiB: some process has had "
              "it open for reading very long",
              info.wal_bytes >> 20);
    if (tare_fs_exists(c->s->spare) && !c->s->has_spare && info.n_leased == 0)
        found(c, "I8", true, "file",
              "a spare file of a run that was cut off lies beside it; the "
              "next run uses it");
}

static enum tare_status check_all(struct checker *c, struct tare_err *err)
{
    enum tare_status status = check_file(c, err);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0] && !status; i++)
        status = ask(c, i, err);
    if (!status && c->deep)
        status = check_attempts(c, err);
    if (!status && c->deep)
        status = check_blobs(c, err);
    if (!status)
        check_surroundings(c);
    if (!status && c->no_memory)
        status = tare_fail(err, TARE_E_NOMEM, "not enough memory for what was found");
    return status;
}

enum tare_status tare_store_check(struct tare_store *s, bool deep, struct tare_arena *arena,
                                  struct tare_check_report *out, struct tare_err *err)
{
    *out = (struct tare_check_report){0};
    struct checker c = {.s = s,
                        .arena = arena,
                        .out = out,
                        .deep = deep,
                        .v = TARE_NEW_N(arena, struct tare_fault_found, KEPT)};
    if (!c.v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to check the store");
    out->v = c.v;
    tare_arena_init(&c.work, s->alc, 2 * TARE_GIB);
    enum tare_status status = tare__begin_read(s, err);
    if (!status)
        status = tare__end_read(s, check_all(&c, err), err);
    tare_arena_free(&c.work);
    return status;
}
