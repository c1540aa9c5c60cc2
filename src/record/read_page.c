/* Attempts by page: one walk over the narrow tables, rows kept only where they are shown. */
#include <math.h>

#include "record/query_int.h"
#include "record/where.h"

#include "base/banned.h"

/* What a filter looks at; the long texts follow for the rows that are kept. */
static const char walk[] =
    "SELECT a.task, a.idx, a.status, a.cause, a.n_steps, a.dur_ns, a.tokens_in, a.tokens_out, "
    "a.cost_usd, s.v, a.seed, a.wall_start_ns, a.digest, a.cause_text "
    "FROM attempt a LEFT JOIN score s ON s.run = a.run AND s.task = a.task AND s.idx = a.idx "
    "WHERE a.run = ?1 ORDER BY a.task, a.idx";
static const char plain_total[] = "SELECT count(*) FROM attempt WHERE run = ?1";
static const char plain_page[] =
    "SELECT a.task, a.idx, a.status, a.cause, a.n_steps, a.dur_ns, a.tokens_in, a.tokens_out, "
    "a.cost_usd, s.v, a.seed, a.wall_start_ns, a.digest, a.cause_text "
    "FROM (SELECT * FROM attempt WHERE run = ?1 ORDER BY task, idx LIMIT ?2 OFFSET ?3) a "
    "LEFT JOIN score s ON s.run = a.run AND s.task = a.task AND s.idx = a.idx "
    "ORDER BY a.task, a.idx";

static const char one_row[] =
    "SELECT a.task, a.idx, a.status, a.cause, a.n_steps, a.dur_ns, a.tokens_in, a.tokens_out, "
    "a.cost_usd, s.v, a.seed, a.wall_start_ns, a.digest, a.cause_text "
    "FROM attempt a LEFT JOIN score s ON s.run = a.run AND s.task = a.task AND s.idx = a.idx "
    "WHERE a.run = ?1 AND a.task = ?2 AND a.idx = ?3";

struct page {
    struct tare_store *s;
    struct tare_arena *arena;
    const struct tare_where *where;
    struct tare_attempt_row *rows;
    double *value; /* of the row being looked at */
    uint8_t *state;
    uint32_t n_metrics, n, room, limit;
    uint64_t offset, total;
};

static bool read_scores(struct page *p, struct tare_str v)
{
    const uint8_t *b = (const uint8_t *)v.p;
    struct tare__scores r = {b, b + v.n};
    for (uint32_t m = 0; m < p->n_metrics; m++) {
        struct tare_score score = {.state = TARE_SCORE_MISSING};
        if (r.p < r.end && !tare__scores_next(&r, &score))
            return false;
        p->state[m] = (uint8_t)score.state;
        p->value[m] = score.state == TARE_SCORE_OK ? score.value : (double)NAN;
    }
    return true;
}

static bool read_short(struct page *p, sqlite3_stmt *st, struct tare_attempt_row *r)
{
    bool ok = true;
    uint32_t status = tare__col_u32(st, 2, &ok), cause = tare__col_u32(st, 3, &ok);
    *r = (struct tare_attempt_row){.task = tare__col_u32(st, 0, &ok),
                                   .index = tare__col_u32(st, 1, &ok),
                                   .status = (enum tare_attempt_status)status,
                                   .cause = (enum tare_cause)cause,
                                   .n_steps = tare__col_u32(st, 4, &ok),
                                   .dur_ns = sqlite3_column_int64(st, 5),
                                   .tokens_in = (uint64_t)sqlite3_column_int64(st, 6),
                                   .tokens_out = (uint64_t)sqlite3_column_int64(st, 7),
                                   .cost_usd = sqlite3_column_double(st, 8),
                                   .value = p->value,
                                   .state = p->state};
    return ok && status <= TARE_ATTEMPT_MISSING && cause <= TARE_CAUSE_CANCELLED &&
           read_scores(p, tare__col_peek(st, 9));
}

static bool grow(struct page *p)
{
    if (p->n < p->room)
        return true;
    uint32_t room = p->room ? p->room > UINT32_MAX / 2 ? UINT32_MAX : p->room * 2 : 256;
    struct tare_attempt_row *rows = TARE_NEW_N(p->arena, struct tare_attempt_row, room);
    if (!rows)
        return false;
    if (p->n)
        memcpy(rows, p->rows, p->n * sizeof *rows);
    p->rows = rows;
    p->room = room;
    return true;
}

/* Keeps the row: the rest of its columns, and its own copy of the scores. */
static bool keep(struct page *p, sqlite3_stmt *st, struct tare_attempt_row *r)
{
    r->seed = (uint64_t)sqlite3_column_int64(st, 10);
    r->wall_start_ns = sqlite3_column_int64(st, 11);
    r->cause_text = tare__col_str(p->s, st, 13, p->arena);
    double *value = TARE_NEW_N(p->arena, double, p->n_metrics + 1u);
    uint8_t *state = TARE_NEW_N(p->arena, uint8_t, p->n_metrics + 1u);
    if (!value || !state || !grow(p)) {
        p->s->no_memory = true;
        return false;
    }
    memcpy(value, p->value, p->n_metrics * sizeof *value);
    memcpy(state, p->state, p->n_metrics);
    r->value = value;
    r->state = state;
    bool fine = tare__col_digest(st, 12, &r->digest);
    p->rows[p->n++] = *r;
    return fine;
}

static enum tare_status walk_rows(struct page *p, sqlite3_stmt *st, struct tare_err *err)
{
    enum tare_status status = TARE_OK;
    bool ok = true;
    while (ok && tare__row(p->s, st, &status, err)) {
        struct tare_attempt_row r;
        ok = read_short(p, st, &r);
        if (!ok || (p->where && !tare_where_match(p->where, &r)))
            continue;
        uint64_t place = p->total++;
        if (place >= p->offset && p->n < p->limit)
            ok = keep(p, st, &r);
    }
    if (!ok && !p->s->no_memory)
        status = tare__damaged(p->s, err, "an attempt has impossible numbers");
    return tare__end(p->s, st, status, err);
}

/* Without a filter the database counts and skips by itself. */
static enum tare_status plain(struct page *p, int64_t run, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(p->s, plain_total, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    uint64_t total = tare__row(p->s, st, &status, err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    status = tare__end(p->s, st, status, err);
    st = status ? NULL : tare__sql(p->s, plain_page, err);
    if (!st)
        return status ? status : tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int64(st, 2, p->limit);
    (void)sqlite3_bind_int64(st, 3, p->offset > INT64_MAX ? INT64_MAX : (int64_t)p->offset);
    p->offset = 0;
    status = walk_rows(p, st, err);
    p->total = total;
    return status;
}

static enum tare_status filtered(struct page *p, int64_t run, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(p->s, walk, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    return walk_rows(p, st, err);
}

/* Chosen ones, one look-up each. */
static enum tare_status chosen(struct page *p, int64_t run, const struct tare_attempt_at *at,
                               uint32_t n, struct tare_err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        sqlite3_stmt *st = tare__sql(p->s, one_row, err);
        if (!st)
            return tare__no_sql(err);
        (void)sqlite3_bind_int64(st, 1, run);
        (void)sqlite3_bind_int64(st, 2, at[i].task);
        (void)sqlite3_bind_int64(st, 3, at[i].index);
        enum tare_status status = walk_rows(p, st, err);
        if (status)
            return status;
    }
    return TARE_OK;
}

static enum tare_status page_in_read(struct page *p, int64_t run, const struct tare_attempt_at *at,
                                     uint32_t n_at, struct tare_err *err)
{
    int64_t batch = 0;
    struct tare_metric *metrics = NULL;
    enum tare_status status = tare__batch_of(p->s, run, &batch, err);
    if (!status)
        status = tare__metrics(p->s, batch, p->arena, &metrics, &p->n_metrics, err);
    if (status)
        return status;
    p->value = TARE_NEW_N(p->arena, double, p->n_metrics + 1u);
    p->state = TARE_NEW_N(p->arena, uint8_t, p->n_metrics + 1u);
    if (!p->value || !p->state)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to list attempts");
    if (at)
        return chosen(p, run, at, n_at, err);
    return p->where ? filtered(p, run, err) : plain(p, run, err);
}

static enum tare_status whole_page(struct page *p, int64_t run, const struct tare_attempt_at *at,
                                   uint32_t n_at, struct tare_attempt_page *out,
                                   struct tare_err *err)
{
    enum tare_status status = tare__begin_read(p->s, err);
    if (status)
        return status;
    status = tare__end_read(p->s, page_in_read(p, run, at, n_at, err), err);
    if (!status)
        *out = (struct tare_attempt_page){.rows = p->rows, .n = p->n, .total = p->total};
    return status;
}

enum tare_status tare_store_attempts(struct tare_store *s, int64_t run,
                                     const struct tare_where *where, uint64_t offset,
                                     uint32_t limit, struct tare_arena *arena,
                                     struct tare_attempt_page *out, struct tare_err *err)
{
    struct page p = {
        .s = s, .arena = arena, .where = where, .offset = offset, .limit = limit ? limit : 200};
    return whole_page(&p, run, NULL, 0, out, err);
}

enum tare_status tare_store_attempts_at(struct tare_store *s, int64_t run,
                                        const struct tare_attempt_at *at, uint32_t n,
                                        struct tare_arena *arena, struct tare_attempt_page *out,
                                        struct tare_err *err)
{
    static const struct tare_attempt_at nowhere = {0, 0};
    struct page p = {.s = s, .arena = arena, .limit = UINT32_MAX};
    return whole_page(&p, run, n ? at : &nowhere, n, out, err);
}
