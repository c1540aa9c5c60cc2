#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "record/query_int.h"
#include "text/json.h"

#include "base/banned.h"

struct columns_of {
    sqlite3_stmt *st;
    int64_t outline;
    struct tare__place place;
};

static const char one_attempt[] =
    "SELECT status, cause, cause_text, n_steps, seed, wall_start_ns, dur_ns, tokens_in, "
    "tokens_out, "
    "cost_usd, digest, outline, pack, pack_at, steps_bytes FROM attempt "
    "WHERE run = ?1 AND task = ?2 AND idx = ?3";

static enum tare_status read_row(struct tare_store *s, sqlite3_stmt *st, struct tare_arena *arena,
                                 struct tare_attempt *a, struct columns_of *c, struct tare_err *err)
{
    bool ok = true;
    uint32_t status = tare__col_u32(st, 0, &ok), cause = tare__col_u32(st, 1, &ok);
    int64_t bytes = sqlite3_column_int64(st, 14);
    a->status = (enum tare_attempt_status)status;
    a->cause = (enum tare_cause)cause;
    a->cause_text = tare__col_str(s, st, 2, arena);
    a->n_steps = tare__col_u32(st, 3, &ok);
    a->seed = (uint64_t)sqlite3_column_int64(st, 4);
    a->wall_start_ns = sqlite3_column_int64(st, 5);
    a->dur_ns = sqlite3_column_int64(st, 6);
    a->tokens_in = (uint64_t)sqlite3_column_int64(st, 7);
    a->tokens_out = (uint64_t)sqlite3_column_int64(st, 8);
    a->cost_usd = sqlite3_column_double(st, 9);
    c->outline = sqlite3_column_int64(st, 11);
    c->place = (struct tare__place){.first = sqlite3_column_int64(st, 12),
                                    .at = tare__col_u32(st, 13, &ok),
                                    .n = (uint64_t)bytes};
    if (!ok || bytes < 0 || status > TARE_ATTEMPT_MISSING || cause > TARE_CAUSE_CANCELLED ||
        !tare__col_digest(st, 10, &a->digest))
        return tare__damaged(s, err, "an attempt has impossible numbers");
    return TARE_OK;
}

static enum tare_status find(struct tare_store *s, int64_t run, uint32_t task, uint32_t index,
                             struct tare_arena *arena, struct tare_attempt *out,
                             struct columns_of *c, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, one_attempt, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int64(st, 2, task);
    (void)sqlite3_bind_int64(st, 3, index);
    *out = (struct tare_attempt){.task = task, .index = index};
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err)) {
        status = read_row(s, st, arena, out, c, err);
    } else if (!status) {
        status = tare_fail(err, TARE_E_USAGE,
                           "attempt %" PRIu32 " of that task is not there (not finished, or beyond "
                           "what was planned)",
                           index + 1);
        tare_err_hint(err, "tare show RUN lists the attempts there are");
    }
    return tare__end(s, st, status, err);
}

/* ---- scores -------------------------------------------------------------------------------- */

static enum tare_status read_reasons(struct tare_store *s, struct tare_str why,
                                     struct tare_arena *arena, struct tare_score *v, uint32_t n,
                                     struct tare_err *err)
{
    struct tare_json doc;
    struct tare_err what = {0};
    if (tare_json_parse(why, NULL, arena, &doc, &what) != TARE_OK)
        return what.code == TARE_E_NOMEM ? tare_fail(err, TARE_E_NOMEM, "%s", what.text)
                                         : tare__damaged(s, err, "reasons of scores are not JSON");
    for (struct tare_json m = tare_json_first(doc); tare_json_present(m); m = tare_json_next(m)) {
        uint64_t i = 0;
        if (tare_str_to_u64(tare_json_key(m), &i) && i < n)
            v[i].reason = tare_json_str(m);
    }
    return TARE_OK;
}

static enum tare_status decode_scores(struct tare_store *s, sqlite3_stmt *st,
                                      struct tare_arena *arena, struct tare_attempt *out,
                                      struct tare_err *err)
{
    struct tare_str v = tare__col_peek(st, 0);
    /* A score takes at least a byte. */
    struct tare_score *scores = TARE_NEW_N(arena, struct tare_score, v.n + 1);
    if (!scores)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for scores");
    const uint8_t *p = (const uint8_t *)v.p;
    struct tare__scores r = {p, p + v.n};
    uint32_t n = 0;
    while (r.p < r.end) {
        if (!tare__scores_next(&r, &scores[n]))
            return tare__damaged(s, err, "scores of an attempt cannot be read");
        scores[n].metric = n;
        n++;
    }
    out->scores = scores;
    out->n_scores = n;
    struct tare_str why = tare__col_str(s, st, 1, arena);
    return why.n ? read_reasons(s, why, arena, scores, n, err) : TARE_OK;
}

static enum tare_status read_scores(struct tare_store *s, int64_t run, struct tare_arena *arena,
                                    struct tare_attempt *out, struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(s, "SELECT v, why FROM score WHERE run = ?1 AND task = ?2 AND idx = ?3", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int64(st, 2, out->task);
    (void)sqlite3_bind_int64(st, 3, out->index);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err))
        status = decode_scores(s, st, arena, out, err);
    else if (!status)
        status = tare__damaged(s, err, "the scores of an attempt are gone");
    return tare__end(s, st, status, err);
}

/* ---- outline and steps --------------------------------------------------------------------- */

static enum tare_status read_outline(struct tare_store *s, int64_t id, struct tare_arena *arena,
                                     struct tare_attempt *out, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(
        s, "SELECT detail_bytes, outline_bytes, zipped, body FROM outline WHERE id = ?1", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, id);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err)) {
        bool ok = true;
        uint32_t detail = tare__col_u32(st, 0, &ok), outline = tare__col_u32(st, 1, &ok);
        struct tare_str both = TARE_S("");
        status = ok ? tare__unzip(s, tare__col_peek(st, 3), sqlite3_column_int(st, 2) != 0,
                                  (uint64_t)detail + outline, arena, &both, err)
                    : tare__damaged(s, err, "an outline has an impossible size");
        if (!status) {
            out->detail = tare_str_n(both.p, detail);
            out->outline = tare_str_n(both.p + detail, outline);
        }
    } else if (!status) {
        status = tare__damaged(s, err, "the outline of an attempt is gone");
    }
    return tare__end(s, st, status, err);
}

static enum tare_status attempt_in_read(struct tare_store *s, int64_t run, uint32_t task,
                                        uint32_t index, unsigned with, struct tare_arena *arena,
                                        struct tare_attempt *out, struct tare_err *err)
{
    struct columns_of c;
    enum tare_status status = find(s, run, task, index, arena, out, &c, err);
    if (!status && (with & TARE_WITH_SCORES))
        status = read_scores(s, run, arena, out, err);
    if (!status && (with & TARE_WITH_OUTLINE))
        status = read_outline(s, c.outline, arena, out, err);
    if (!status && (with & TARE_WITH_STEPS))
        status = tare__pack_read(s, &c.place, arena, &out->steps, err);
    return status;
}

enum tare_status tare_store_attempt(struct tare_store *s, int64_t run, uint32_t task,
                                    uint32_t index, unsigned with, struct tare_arena *arena,
                                    struct tare_attempt *out, struct tare_err *err)
{
    enum tare_status status = tare__begin_read(s, err);
    if (status)
        return status;
    status = attempt_in_read(s, run, task, index, with, arena, out, err);
    return tare__end_read(s, status, err);
}

enum tare_status tare_store_steps(struct tare_store *s, int64_t run, uint32_t task, uint32_t index,
                                  uint32_t from, uint32_t to, struct tare_arena *arena,
                                  struct tare_str **out, uint32_t *n, struct tare_err *err)
{
    struct tare_attempt a;
    enum tare_status status =
        tare_store_attempt(s, run, task, index, TARE_WITH_STEPS, arena, &a, err);
    if (status)
        return status;
    uint32_t lines = 0;
    for (const char *p = a.steps.p, *end = p + a.steps.n; p < end; lines++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        p = nl ? nl + 1 : end;
    }
    uint32_t last = to < lines ? to : lines;
    uint32_t room = last > from ? last - from : 0;
    *out = TARE_NEW_N(arena, struct tare_str, room + 1u);
    if (!*out)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for steps");
    *n = 0;
    uint32_t line = 0;
    for (const char *p = a.steps.p, *end = p + a.steps.n; p < end && *n < room; line++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        if (line >= from)
            (*out)[(*n)++] = tare_str_n(p, (size_t)((nl ? nl : end) - p));
        p = nl ? nl + 1 : end;
    }
    return TARE_OK;
}

/* ---- missing ------------------------------------------------------------------------------- */

enum tare_status tare_store_missing(struct tare_store *s, int64_t run, struct tare_arena *arena,
                                    struct tare_missing **out, uint32_t *n, struct tare_err *err)
{
    enum { KINDS = TARE_CAUSE_CANCELLED + 1 };
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT cause, count(*) AS many, cause_text FROM attempt "
                                 "WHERE run = ?1 AND status = 4 GROUP BY cause "
                                 "ORDER BY many DESC, cause",
                                 err);
    if (!st)
        return tare__no_sql(err);
    *out = TARE_NEW_N(arena, struct tare_missing, KINDS);
    if (!*out)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for causes");
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    *n = 0;
    while (*n < KINDS && tare__row(s, st, &status, err))
        (*out)[(*n)++] = (struct tare_missing){.cause = (enum tare_cause)sqlite3_column_int(st, 0),
                                               .n = (uint64_t)sqlite3_column_int64(st, 1),
                                               .text = tare__col_str(s, st, 2, arena)};
    return tare__end(s, st, status, err);
}
