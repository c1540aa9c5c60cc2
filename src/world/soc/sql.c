/* One query of the agent: prepared (and kept), run within limits, its result as typed cells. */
#include <stdio.h>

#include "base/limits.h"
#include "world/soc/sql_int.h"

#include "base/banned.h"

static void fail(struct tare__soc_world *w, const char *why)
{
    size_t at = w->bytes.n;
    w->view.ok = false;
    w->view.result = (struct tare_soc_result){0};
    tare_buf_puts(&w->bytes, why);
    w->view.error = w->bytes.failed ? TARE_S("the error does not fit")
                                    : tare_str_n(w->bytes.p + at, w->bytes.n - at);
}

static void forget(struct tare__soc_sql *s, struct tare__soc_query *q)
{
    const struct tare_alc *alc = s->w->alc;
    sqlite3_finalize(q->stmt);
    if (q->text)
        alc->put(alc->ctx, q->text, q->n + 1);
    if (q->origin)
        alc->put(alc->ctx, q->origin, q->n_columns * sizeof *q->origin);
    memset(q, 0, sizeof *q);
}

static struct tare__soc_query *kept(struct tare__soc_sql *s, struct tare_str sql,
                                    struct tare__soc_query **oldest)
{
    *oldest = &s->kept[0];
    for (uint32_t i = 0; i < TARE__SOC_KEPT_QUERIES; i++) {
        struct tare__soc_query *q = &s->kept[i];
        if (q->stmt && q->n == sql.n && memcmp(q->text, sql.p, sql.n) == 0)
            return q;
        if (q->used < (*oldest)->used)
            *oldest = q;
    }
    return NULL;
}

/* Whether only white space and comments follow a statement. */
static bool nothing_left(struct tare_str tail)
{
    size_t i = 0;
    while (i < tail.n) {
        char c = tail.p[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            i++;
        } else if (c == '-' && i + 1 < tail.n && tail.p[i + 1] == '-') {
            while (i < tail.n && tail.p[i] != '\n')
                i++;
        } else if (c == '/' && i + 1 < tail.n && tail.p[i + 1] == '*') {
            struct tare_str rest = tare_str_n(tail.p + i + 2, tail.n - i - 2);
            size_t end = tare_str_find(rest, TARE_S("*/"));
            i = end == SIZE_MAX ? tail.n : i + 2 + end + 2;
        } else {
            return false;
        }
    }
    return true;
}

/* Messages for what SQLite itself does not refuse are those of the published environment. */
static struct tare__soc_query *prepare(struct tare__soc_sql *s, struct tare_str sql,
                                       struct tare__soc_query *q)
{
    struct tare__soc_world *w = s->w;
    const char *tail = NULL;
    forget(s, q);
    s->guard = true;
    tare__soc_sql_arm(s);
    int rc =
        sqlite3_prepare_v3(s->db, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT, &q->stmt, &tail);
    s->guard = false;
    if (rc != SQLITE_OK || !q->stmt) {
        fail(w, rc != SQLITE_OK ? sqlite3_errmsg(s->db) : "the query is empty");
        return NULL;
    }
    int n_params = sqlite3_bind_parameter_count(q->stmt);
    char text[160] = "";
    if (!nothing_left(tare_str_n(tail, (size_t)(sql.p + sql.n - tail))))
        snprintf(text, sizeof text, "You can only execute one statement at a time.");
    else if (n_params > 0)
        snprintf(text, sizeof text,
                 "Incorrect number of bindings supplied. The current statement uses %d, and there "
                 "are 0 supplied.",
                 n_params);
    q->text = text[0] ? NULL : w->alc->get(w->alc->ctx, sql.n + 1);
    if (!q->text) {
        w->broken = w->broken || !text[0];
        fail(w, text[0] ? text : "out of memory");
        forget(s, q);
        return NULL;
    }
    memcpy(q->text, sql.p, sql.n);
    q->text[sql.n] = '\0';
    q->n = sql.n;
    if (w->config.profile == TARE_SOC_HARDENED)
        tare__soc_origins(w, q);
    return q;
}

/* Texts go to w->bytes, which may move: cells hold offsets until the end. */
static void put_cell(struct tare__soc_world *w, sqlite3_stmt *st, int i, struct tare_soc_cell *c)
{
    *c = (struct tare_soc_cell){.kind = TARE_SOC_NULL};
    switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER:
        c->kind = TARE_SOC_INT;
        c->i = sqlite3_column_int64(st, i);
        break;
    case SQLITE_FLOAT:
        c->kind = TARE_SOC_REAL;
        c->r = sqlite3_column_double(st, i);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const char *p = sqlite3_column_blob(st, i);
        size_t n = (size_t)sqlite3_column_bytes(st, i);
        c->kind = TARE_SOC_TEXT;
        c->i = (int64_t)w->bytes.n;
        c->text.n = n;
        tare_buf_put(&w->bytes, tare_str_n(p, n));
        break;
    }
    default:
        break;
    }
}

static bool put_columns(struct tare__soc_world *w, sqlite3_stmt *st, uint32_t n)
{
    void *p = w->columns;
    bool ok = tare__soc_grow(w, &p, &w->cap_columns, n, sizeof *w->columns);
    w->columns = p;
    for (uint32_t i = 0; ok && i < n; i++) {
        struct tare_str name = tare_str_of(sqlite3_column_name(st, (int)i));
        w->columns[i] = (struct tare_str){NULL, name.n};
        tare_buf_put(&w->bytes, name);
    }
    return ok && !w->bytes.failed;
}

static bool put_row(struct tare__soc_world *w, sqlite3_stmt *st, uint32_t n, uint32_t row)
{
    void *p = w->cells;
    bool ok = tare__soc_grow(w, &p, &w->cap_cells, (row + 1) * n, sizeof *w->cells);
    w->cells = p;
    for (uint32_t i = 0; ok && i < n; i++)
        put_cell(w, st, (int)i, &w->cells[(size_t)row * n + i]);
    return ok;
}

/* Offsets become pointers. */
static void settle(struct tare__soc_world *w, uint32_t n, uint32_t n_rows)
{
    const char *p = w->bytes.p ? w->bytes.p : "";
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        w->columns[i].p = p + at;
        at += w->columns[i].n;
    }
    for (size_t i = 0; i < (size_t)n * n_rows; i++)
        if (w->cells[i].kind == TARE_SOC_TEXT)
            w->cells[i].text.p = p + (size_t)w->cells[i].i;
    w->view.result = (struct tare_soc_result){w->columns, w->cells, n, n_rows};
}

static bool collect(struct tare__soc_world *w, struct tare__soc_query *q)
{
    struct tare__soc_sql *s = w->sql;
    uint32_t n = (uint32_t)sqlite3_column_count(q->stmt), rows = 0;
    bool fits = put_columns(w, q->stmt, n);
    tare__soc_sql_arm(s);
    int rc = SQLITE_DONE;
    while (fits && (rc = sqlite3_step(q->stmt)) == SQLITE_ROW) {
        fits = rows < TARE_MAX_SQL_ROWS && put_row(w, q->stmt, n, rows) && !w->bytes.failed;
        rows++;
    }
    char text[256] = "";
    if (!fits)
        snprintf(text, sizeof text, "the result is larger than %u rows or %zu bytes",
                 TARE_MAX_SQL_ROWS, TARE_MAX_SQL_RESULT_BYTES);
    else if (rc == SQLITE_INTERRUPT)
        snprintf(text, sizeof text, "the query was stopped: it takes more than %u steps",
                 TARE_MAX_SQL_VM_STEPS);
    else if (rc != SQLITE_DONE)
        snprintf(text, sizeof text, "%s", sqlite3_errmsg(s->db));
    sqlite3_reset(q->stmt);
    if (!text[0]) {
        settle(w, n, rows);
        return true;
    }
    tare_buf_reset(&w->bytes);
    fail(w, text);
    return false;
}

enum tare_status tare__soc_query(struct tare__soc_world *w, struct tare_str sql,
                                 struct tare_err *err)
{
    tare_buf_reset(&w->bytes);
    enum tare_status st = tare__soc_sql_open(w, err);
    if (st != TARE_OK)
        return st;
    struct tare__soc_sql *s = w->sql;
    if (sql.n > TARE_MAX_SQL_BYTES) {
        fail(w, "the query is too long");
        return TARE_OK;
    }
    if (memchr(sql.p, '\0', sql.n)) {
        fail(w, "the query contains a null character");
        return TARE_OK;
    }
    st = tare__soc_sql_load(s, sql, err);
    if (st != TARE_OK)
        return st;
    struct tare__soc_query *slot, *q = kept(s, sql, &slot);
    if (!q)
        q = prepare(s, sql, slot);
    if (!q)
        return TARE_OK;
    q->used = ++s->clock;
    if (collect(w, q)) {
        if (w->config.profile == TARE_SOC_FAITHFUL)
            tare__soc_evidence_faithful(w);
        else
            tare__soc_evidence_hardened(w, q);
    }
    return TARE_OK;
}

void tare__soc_sql_episode(struct tare__soc_world *w)
{
    struct tare__soc_sql *s = w->sql;
    if (!s)
        return;
    for (uint32_t t = 0; t < TARE_SOC_N_TABLES; t++) {
        s->loaded[t] = 0;
        s->stale[t] = s->stale[t] || s->filled[t];
        s->filled[t] = false;
    }
    s->payloads_in = false;
}

void tare__soc_sql_close(struct tare__soc_world *w)
{
    struct tare__soc_sql *s = w->sql;
    if (!s)
        return;
    for (uint32_t i = 0; i < TARE__SOC_KEPT_QUERIES; i++)
        forget(s, &s->kept[i]);
    for (uint32_t t = 0; t < TARE_SOC_N_TABLES; t++) {
        sqlite3_finalize(s->insert[t]);
        sqlite3_finalize(s->clear[t]);
    }
    sqlite3_finalize(s->insert_payload);
    sqlite3_finalize(s->clear_payloads);
    sqlite3_close(s->db);
    w->alc->put(w->alc->ctx, s, sizeof *s);
    w->sql = NULL;
}
