/*
 * All attempts of a run as arrays. Two tables in the same order are walked side by side; no outline
 * or step is touched.
 */
#include <math.h>

#include "base/limits.h"
#include "record/query_int.h"

#include "base/banned.h"

struct filling {
    struct tare_columns *c;
    uint32_t room;
    bool *wanted; /* n_metrics */
};

static enum tare_status count_attempts(struct tare_store *s, int64_t run, uint32_t *n,
                                       struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s, "SELECT count(*) FROM attempt WHERE run = ?1", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    bool ok = true;
    *n = tare__row(s, st, &status, err) ? tare__col_u32(st, 0, &ok) : 0;
    if (!ok)
        status = tare__damaged(s, err, "a run has impossibly many attempts");
    return tare__end(s, st, status, err);
}

static bool make_column(struct tare_arena *arena, const struct tare_metric *m, uint32_t n,
                        struct tare_score_column *col)
{
    bool ratio = m->aggregation == TARE_AGG_RATIO_OF_SUMS;
    *col = (struct tare_score_column){.value = TARE_NEW_N(arena, double, n + 1u),
                                      .state = TARE_NEW_N(arena, uint8_t, n + 1u)};
    if (ratio) {
        col->num = TARE_NEW_N(arena, double, n + 1u);
        col->den = TARE_NEW_N(arena, double, n + 1u);
    }
    return col->value && col->state && (!ratio || (col->num && col->den));
}

static enum tare_status make(struct tare_store *s, int64_t run, const uint32_t *want,
                             uint32_t n_want, struct tare_arena *arena, struct filling *f,
                             struct tare_err *err)
{
    int64_t batch = 0;
    struct tare_metric *metrics = NULL;
    struct tare_columns *c = f->c;
    enum tare_status status = tare__batch_of(s, run, &batch, err);
    if (!status)
        status = tare__metrics(s, batch, arena, &metrics, &c->n_metrics, err);
    if (!status)
        status = count_attempts(s, run, &f->room, err);
    if (status)
        return status;
    size_t n = (size_t)f->room + 1;
    c->task = TARE_NEW_N(arena, uint32_t, n);
    c->index = TARE_NEW_N(arena, uint32_t, n);
    c->n_steps = TARE_NEW_N(arena, uint32_t, n);
    c->tokens = TARE_NEW_N(arena, double, n);
    c->cost_usd = TARE_NEW_N(arena, double, n);
    c->status = TARE_NEW_N(arena, uint8_t, n);
    c->cause = TARE_NEW_N(arena, uint8_t, n);
    c->metrics = TARE_NEW_N(arena, struct tare_score_column, c->n_metrics + 1u);
    f->wanted = TARE_NEW_N(arena, bool, c->n_metrics + 1u);
    bool ok = c->task && c->index && c->n_steps && c->status && c->cause && c->metrics &&
              c->tokens && c->cost_usd && f->wanted;
    for (uint32_t m = 0; m < c->n_metrics && ok; m++) {
        f->wanted[m] = want == NULL;
        for (uint32_t i = 0; want && i < n_want; i++)
            f->wanted[m] = f->wanted[m] || want[i] == m;
        c->metrics[m] = (struct tare_score_column){0};
        ok = !f->wanted[m] || make_column(arena, &metrics[m], f->room, &c->metrics[m]);
    }
    return ok ? TARE_OK
              : tare_fail(err, TARE_E_NOMEM, "not enough memory for %u attempts", f->room);
}

static enum tare_status read_attempts(struct tare_store *s, int64_t run, struct filling *f,
                                      struct tare_err *err)
{
    struct tare_columns *c = f->c;
    sqlite3_stmt *st =
        tare__sql(s,
                  "SELECT task, idx, status, cause, n_steps, tokens_in + tokens_out, "
                  "cost_usd FROM attempt "
                  "WHERE run = ?1 ORDER BY task, idx",
                  err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    bool ok = true;
    while (c->n < f->room && tare__row(s, st, &status, err)) {
        uint32_t i = c->n++, state = tare__col_u32(st, 2, &ok), cause = tare__col_u32(st, 3, &ok);
        c->task[i] = tare__col_u32(st, 0, &ok);
        c->index[i] = tare__col_u32(st, 1, &ok);
        c->n_steps[i] = tare__col_u32(st, 4, &ok);
        c->tokens[i] = sqlite3_column_double(st, 5);
        c->cost_usd[i] = sqlite3_column_double(st, 6);
        ok = ok && state <= TARE_ATTEMPT_MISSING && cause <= TARE_CAUSE_CANCELLED;
        c->status[i] = (uint8_t)state;
        c->cause[i] = (uint8_t)cause;
    }
    if (!ok && !status)
        status = tare__damaged(s, err, "an attempt has impossible numbers");
    return tare__end(s, st, status, err);
}

static void put(struct tare_score_column *col, uint32_t i, const struct tare_score *score)
{
    bool fine = score->state == TARE_SCORE_OK;
    col->value[i] = fine ? score->value : (double)NAN;
    col->state[i] = (uint8_t)score->state;
    if (col->num) {
        col->num[i] = fine ? score->num : 0;
        col->den[i] = fine ? score->den : 0;
    }
}

static bool decode(struct filling *f, uint32_t i, struct tare_str v)
{
    static const struct tare_score none = {.state = TARE_SCORE_MISSING};
    const uint8_t *p = (const uint8_t *)v.p;
    struct tare__scores r = {p, p + v.n};
    bool ok = true;
    for (uint32_t m = 0; m < f->c->n_metrics; m++) {
        struct tare_score score = none;
        if (r.p < r.end)
            ok = tare__scores_next(&r, &score) && ok;
        if (f->wanted[m])
            put(&f->c->metrics[m], i, ok ? &score : &none);
    }
    return ok;
}

static enum tare_status read_scores(struct tare_store *s, int64_t run, struct filling *f,
                                    struct tare_err *err)
{
    struct tare_columns *c = f->c;
    sqlite3_stmt *st =
        tare__sql(s, "SELECT task, idx, v FROM score WHERE run = ?1 ORDER BY task, idx", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    uint32_t i = 0;
    bool ok = true;
    while (ok && i < c->n && tare__row(s, st, &status, err)) {
        ok = sqlite3_column_int64(st, 0) == c->task[i] &&
             sqlite3_column_int64(st, 1) == c->index[i] && decode(f, i, tare__col_peek(st, 2));
        i++;
    }
    if (!status && (!ok || i < c->n))
        status = tare__damaged(s, err, "scores of attempts are gone or cannot be read");
    return tare__end(s, st, status, err);
}

enum tare_status tare_store_columns(struct tare_store *s, int64_t run, const uint32_t *metrics,
                                    uint32_t n_want, struct tare_arena *arena,
                                    struct tare_columns *out, struct tare_err *err)
{
    enum tare_status status = tare__begin_read(s, err);
    if (status)
        return status;
    *out = (struct tare_columns){0};
    struct filling f = {.c = out};
    status = make(s, run, metrics, n_want, arena, &f, err);
    if (!status)
        status = read_attempts(s, run, &f, err);
    if (!status && (!metrics || n_want))
        status = read_scores(s, run, &f, err);
    return tare__end_read(s, status, err);
}
