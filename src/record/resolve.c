/* Addresses of batches and runs, as people type them. */
#include <inttypes.h>
#include <stdio.h>

#include "record/query_int.h"

#include "base/banned.h"

#define SHOWN 12

enum tare_status tare__batch_of(struct tare_store *s, int64_t run, int64_t *batch,
                                struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT batch FROM run WHERE id = ?1", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err))
        *batch = sqlite3_column_int64(st, 0);
    else if (!status)
        status = tare_fail(err, TARE_E_USAGE, "there is no run number %" PRId64, run);
    return tare__end(s, st, status, err);
}

/* Up to two numbers of what the statement finds, with ?1 the text and ?2 a number. */
static enum tare_status find_two(struct tare_store *s, const char *sql, struct tare_str text,
                                 int64_t number, int64_t ids[2], uint32_t *n, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, sql, err);
    if (!st)
        return tare__no_sql(err);
    tare__bind_str(st, 1, text);
    if (sqlite3_bind_parameter_count(st) > 1)
        (void)sqlite3_bind_int64(st, 2, number);
    enum tare_status status = TARE_OK;
    *n = 0;
    while (*n < 2 && tare__row(s, st, &status, err))
        ids[(*n)++] = sqlite3_column_int64(st, 0);
    return tare__end(s, st, status, err);
}

/* ---- which batch --------------------------------------------------------------------------- */

static enum tare_status recent(struct tare_store *s, struct tare_arena *arena,
                               struct tare_str *list, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT CASE label WHEN '' THEN substr(name, 1, 6) ELSE label END "
                                 "FROM batch ORDER BY id DESC LIMIT 12",
                                 err);
    if (!st)
        return tare__no_sql(err);
    struct tare_str names[SHOWN];
    uint32_t n = 0;
    enum tare_status status = TARE_OK;
    while (n < SHOWN && tare__row(s, st, &status, err))
        names[n++] = tare__col_str(s, st, 0, arena);
    *list = tare__names(arena, names, n, SHOWN);
    return tare__end(s, st, status, err);
}

static enum tare_status nothing(struct tare_store *s, struct tare_str text,
                                struct tare_arena *arena, struct tare_err *err)
{
    struct tare_str list = TARE_S("");
    enum tare_status status = recent(s, arena, &list, err);
    if (status)
        return status;
    tare_err_file(err, s->path);
    (void)tare_fail(err, TARE_E_USAGE, "no batch or run is called \"%.*s\"", TARE_FMT(text));
    if (list.n)
        tare_err_hint(err, "newest first: %.*s; all of them: tare runs", TARE_FMT(list));
    else
        tare_err_hint(err, "the store is empty: tare run SUITE --solver NAME fills it");
    return TARE_E_USAGE;
}

/* "@last" and "@last~N"; false when it is neither. */
static bool is_last(struct tare_str text, uint64_t *back)
{
    *back = 0;
    if (tare_str_is(text, "@last"))
        return true;
    return tare_str_starts(text, TARE_S("@last~")) &&
           tare_str_to_u64(tare_str_n(text.p + 6, text.n - 6), back) && *back < INT64_MAX;
}

static bool all_hex(struct tare_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!memchr("0123456789abcdef", text.p[i], 16))
            return false;
    return text.n > 0;
}

static enum tare_status several(struct tare_str text, struct tare_err *err)
{
    (void)tare_fail(err, TARE_E_USAGE, "several ids begin with \"%.*s\"", TARE_FMT(text));
    tare_err_hint(err, "give more digits; tare runs shows them");
    return TARE_E_USAGE;
}

/* A batch, or (ids of runs) a run. out->batch 0: nothing is called so. */
static enum tare_status by_head(struct tare_store *s, struct tare_str text,
                                struct tare_address *out, struct tare_err *err)
{
    int64_t ids[2];
    uint32_t n = 0;
    uint64_t back = 0;
    enum tare_status status;
    *out = (struct tare_address){0};
    if (is_last(text, &back)) {
        status = find_two(s,
                          "SELECT id FROM batch WHERE ?1 <> '' ORDER BY id DESC LIMIT 1 "
                          "OFFSET ?2",
                          text, (int64_t)back, ids, &n, err);
        out->batch = n ? ids[0] : 0;
        return status;
    }
    status = find_two(s,
                      "SELECT id FROM batch WHERE label = ?1 AND label <> '' ORDER BY id DESC "
                      "LIMIT 1",
                      text, 0, ids, &n, err);
    if (status || n) {
        out->batch = n ? ids[0] : 0;
        return status;
    }
    bool run_id = text.n >= 2 && text.p[0] == 'r' && all_hex(tare_str_n(text.p + 1, text.n - 1));
    if (run_id) {
        status = find_two(s, "SELECT id FROM run WHERE substr(name, 1, length(?1)) = ?1 LIMIT 2",
                          text, 0, ids, &n, err);
        if (!status && n == 1)
            status = tare__batch_of(s, out->run = ids[0], &out->batch, err);
        if (status || n)
            return status ? status : n > 1 ? several(text, err) : TARE_OK;
        text = tare_str_n(text.p + 1, text.n - 1); /* people write r before a batch's digits too */
    }
    if (text.n < 2 || !all_hex(text))
        return TARE_OK;
    status = find_two(s, "SELECT id FROM batch WHERE substr(name, 1, length(?1)) = ?1 LIMIT 2",
                      text, 0, ids, &n, err);
    out->batch = n == 1 ? ids[0] : 0;
    return !status && n > 1 ? several(text, err) : status;
}

/* ---- which of its runs --------------------------------------------------------------------- */

static enum tare_status list_solvers(const struct tare_batch_view *b, struct tare_str text,
                                     const char *reason, bool given, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct tare_str *names = TARE_NEW_N(arena, struct tare_str, b->n_runs + 1u);
    if (!names)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to list solvers");
    for (uint32_t i = 0; i < b->n_runs; i++)
        names[i] = b->runs[i].solver;
    struct tare_str list = tare__names(arena, names, b->n_runs, SHOWN);
    (void)tare_fail(err, TARE_E_USAGE, "\"%.*s\" %s", TARE_FMT(text), reason);
    if (given)
        tare_err_hint(err, "its solvers: %.*s", TARE_FMT(list));
    else
        tare_err_hint(err, "add /SOLVER, one of: %.*s", TARE_FMT(list));
    return TARE_E_USAGE;
}

static enum tare_status pick_solver(const struct tare_batch_view *b, struct tare_str text,
                                    struct tare_str solver, struct tare_arena *arena,
                                    struct tare_address *out, struct tare_err *err)
{
    uint32_t found = 0, at = 0;
    for (uint32_t i = 0; i < b->n_runs; i++) {
        if (tare_str_eq(b->runs[i].solver, solver)) {
            found = 1;
            at = i;
            break;
        }
        if (solver.n && tare_str_starts(b->runs[i].solver, solver)) {
            found++;
            at = i;
        }
    }
    if (found != 1)
        return list_solvers(b, text,
                            found ? "fits several solvers" : "names no solver of that batch", true,
                            arena, err);
    out->run = b->runs[at].id;
    out->run_index = at;
    return TARE_OK;
}

static enum tare_status settle(struct tare_store *s, struct tare_str text, struct tare_str solver,
                               bool want_run, struct tare_arena *arena, struct tare_address *out,
                               struct tare_err *err)
{
    struct tare_batch_view b;
    enum tare_status status = tare_store_batch(s, out->batch, arena, &b, err);
    if (status)
        return status;
    if (solver.p)
        return pick_solver(&b, text, solver, arena, out, err);
    for (uint32_t i = 0; i < b.n_runs && out->run; i++)
        if (b.runs[i].id == out->run)
            out->run_index = i;
    if (out->run || !want_run)
        return TARE_OK;
    if (b.n_runs != 1)
        return list_solvers(&b, text, "is a batch of several solvers; one run is needed", false,
                            arena, err);
    out->run = b.runs[0].id;
    out->run_index = 0;
    return TARE_OK;
}

static enum tare_status resolve(struct tare_store *s, struct tare_str text, bool want_run,
                                struct tare_arena *arena, struct tare_address *out,
                                struct tare_err *err)
{
    enum tare_status status = by_head(s, text, out, err);
    if (status || out->batch)
        return status ? status : settle(s, text, tare_str_n(NULL, 0), want_run, arena, out, err);
    /* A label may hold a slash: the longest label counts. */
    for (size_t i = text.n; i-- > 0;) {
        if (text.p[i] != '/')
            continue;
        status = by_head(s, tare_str_n(text.p, i), out, err);
        if (status)
            return status;
        if (out->batch)
            return settle(s, text, tare_str_n(text.p + i + 1, text.n - i - 1), want_run, arena, out,
                          err);
    }
    return nothing(s, text, arena, err);
}

enum tare_status tare_store_resolve(struct tare_store *s, struct tare_str text, bool want_run,
                                    struct tare_arena *arena, struct tare_address *out,
                                    struct tare_err *err)
{
    enum tare_status status = tare__begin_read(s, err);
    return status ? status : tare__end_read(s, resolve(s, text, want_run, arena, out, err), err);
}
