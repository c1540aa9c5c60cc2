/*
 * What the result of a query shows.
 *
 * faithful: by the names of the result's columns, as published (fact sheet, sections 5 and 12).
 * hardened: by the identity of the rows. A result column counts only when SQLite says that it is a
 * column of one of the log tables, and a value only through rows that are there and agree with
 * every such column of the result; where several do, the weakest of them speaks. So literals,
 * aliases, expressions and compound selects show nothing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "world/soc/sql_int.h"

#include "base/banned.h"

static const char *const id_columns[] = {"email_id", "alert_id", "auth_id", "flow_id", "event_id"};

static uint32_t known(const struct tare__soc_names *names, struct tare_str s)
{
    uint64_t bit = (uint64_t)1 << (s.n < 63 ? s.n : 63);
    if ((names->known_lengths & bit) == 0)
        return TARE_SOC_NONE;
    uint32_t name = tare__soc_find(names, s);
    return name != TARE_SOC_NONE && (names->kind[name] & TARE__SOC_IS_KNOWN) ? name : TARE_SOC_NONE;
}

/* Python's str of a value; NULL shows nothing. */
static struct tare_str as_text(const struct tare_soc_cell *c, char text[32])
{
    switch (c->kind) {
    case TARE_SOC_TEXT:
        return c->text;
    case TARE_SOC_INT:
        snprintf(text, 32, "%" PRId64, c->i);
        return tare_str_of(text);
    case TARE_SOC_REAL:
        return tare_str_n(text, tare_num_repr(c->r, text));
    case TARE_SOC_NULL:
        break;
    }
    return (struct tare_str){NULL, 0};
}

/* Of columns with the same name the first holds the value; the others are not in the row. */
static bool shadowed(const struct tare_soc_result *r, uint32_t column)
{
    for (uint32_t i = 0; i < column; i++)
        if (tare_str_eq(r->columns[i], r->columns[column]))
            return true;
    return false;
}

static void see_row(struct tare__soc_world *w, uint32_t row, uint32_t trust_column)
{
    const struct tare_soc_result *r = &w->view.result;
    const struct tare_soc_cell *cells = &r->cells[(size_t)row * r->n_columns];
    const struct tare_soc_cell *tier = &cells[trust_column];
    enum tare_trust trust = TARE_TRUST_CORROBORATED; /* also NULL and unheard-of tiers */
    if (tier->kind == TARE_SOC_TEXT && tare_str_is(tier->text, "untrusted"))
        trust = TARE_TRUST_UNTRUSTED;
    else if (tier->kind == TARE_SOC_TEXT && tare_str_is(tier->text, "verified"))
        trust = TARE_TRUST_VERIFIED;
    for (uint32_t c = 0; c < r->n_columns; c++) {
        if (cells[c].kind != TARE_SOC_TEXT)
            continue;
        uint32_t name = known(&w->sc->names, cells[c].text);
        if (name != TARE_SOC_NONE && !shadowed(r, c))
            tare__soc_see(w, name, trust, true);
    }
}

void tare__soc_evidence_faithful(struct tare__soc_world *w)
{
    const struct tare_soc_result *r = &w->view.result;
    uint32_t trust = tare_soc_column(r, "trust_tier");
    char text[32];
    for (uint32_t row = 0; row < r->n_rows; row++) {
        for (size_t k = 0; k < sizeof id_columns / sizeof id_columns[0]; k++) {
            uint32_t c = tare_soc_column(r, id_columns[k]);
            if (c == UINT32_MAX)
                continue;
            struct tare_str s = as_text(&r->cells[(size_t)row * r->n_columns + c], text);
            if (s.n)
                tare__soc_expose(w, tare__soc_episode_name(w, s));
        }
        if (trust != UINT32_MAX)
            see_row(w, row, trust);
    }
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

/* End of the token at i: a comment, a quoted text, a word, or one character. */
static size_t token_end(struct tare_str s, size_t i)
{
    char c = s.p[i];
    size_t left = s.n - i;
    if (left > 1 && c == '-' && s.p[i + 1] == '-') {
        const char *end = memchr(s.p + i, '\n', left);
        return end ? (size_t)(end - s.p) : s.n;
    }
    if (left > 1 && c == '/' && s.p[i + 1] == '*') {
        size_t end = tare_str_find(tare_str_n(s.p + i + 2, left - 2), TARE_S("*/"));
        return end == SIZE_MAX ? s.n : i + 2 + end + 2;
    }
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
        const char *end = memchr(s.p + i + 1, c == '[' ? ']' : c, left - 1);
        return end ? (size_t)(end - s.p) + 1 : s.n;
    }
    if (!is_word(c))
        return i + 1;
    while (i < s.n && is_word(s.p[i]))
        i++;
    return i;
}

/* In a compound select the origin of a column is that of its first part only. Every one of its
 * operators is a bare word; as a name it would have to be quoted. */
static bool has_compound(struct tare_str sql)
{
    static const char *const words[] = {"union", "intersect", "except", "values"};
    for (size_t i = 0; i < sql.n;) {
        size_t end = token_end(sql, i);
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
            if (end - i == strlen(words[k]) &&
                sqlite3_strnicmp(sql.p + i, words[k], (int)(end - i)) == 0)
                return true;
        i = end;
    }
    return false;
}

static struct tare__soc_origin origin_of(const struct tare__soc_world *w, sqlite3_stmt *st, int i)
{
    struct tare__soc_origin none = {TARE_SOC_N_TABLES, 0};
    const char *table = sqlite3_column_table_name(st, i);
    const char *column = sqlite3_column_origin_name(st, i);
    if (!table || !column)
        return none;
    enum tare_soc_table t = tare__soc_table_of(tare_str_of(table));
    if (t == TARE_SOC_N_TABLES)
        return none;
    const struct tare__soc_table_def *d = tare__soc_table(w->config.profile, t);
    for (uint8_t c = 0; c < d->n_columns; c++)
        if (strcmp(d->columns[c], column) == 0)
            return (struct tare__soc_origin){(uint8_t)t, c};
    return none;
}

void tare__soc_origins(struct tare__soc_world *w, struct tare__soc_query *q)
{
    q->plain = !has_compound(tare_str_n(q->text, q->n));
    q->n_columns = (uint32_t)sqlite3_column_count(q->stmt);
    q->origin = w->alc->get(w->alc->ctx, q->n_columns * sizeof *q->origin);
    if (!q->origin) {
        q->plain = false;
        w->broken = true;
        return;
    }
    for (uint32_t i = 0; i < q->n_columns; i++)
        q->origin[i] = origin_of(w, q->stmt, (int)i);
}

static bool cell_equal(const struct tare_soc_cell *a, const struct tare_soc_cell *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == TARE_SOC_TEXT)
        return tare_str_eq(a->text, b->text);
    return a->kind == TARE_SOC_NULL || (a->kind == TARE_SOC_INT && a->i == b->i);
}

/* Whether a row of the store agrees with all columns of that table in the result's row. */
static bool agrees(struct tare__soc_world *w, const struct tare__soc_query *q,
                   const struct tare_soc_cell *cells, uint8_t table,
                   const struct tare__soc_row *row)
{
    if (w->sc->tpl[row->tpl].table != table)
        return false;
    for (uint32_t c = 0; c < q->n_columns; c++) {
        if (q->origin[c].table != table)
            continue;
        struct tare_soc_cell own = tare__soc_row_cell(w, row, q->origin[c].column);
        if (!cell_equal(&cells[c], &own))
            return false;
    }
    return true;
}

static bool returned(const struct tare__soc_query *q, uint8_t table, uint8_t column)
{
    for (uint32_t c = 0; c < q->n_columns; c++)
        if (q->origin[c].table == table && q->origin[c].column == column)
            return true;
    return false;
}

/* What the candidates agree on about one mention of the first of them. */
static void see_mention(struct tare__soc_world *w, const uint32_t *rows, uint32_t n,
                        const struct tare__soc_mention *m)
{
    enum tare_trust trust = TARE_TRUST_VERIFIED;
    bool implicates = true;
    for (uint32_t i = 0; i < n; i++) {
        const struct tare__soc_tpl *t = &w->sc->tpl[w->rows[rows[i]].tpl];
        bool here = false, speaks = false;
        for (uint32_t k = 0; k < t->n_mentions; k++)
            if (t->mentions[k].name == m->name && t->mentions[k].column == m->column) {
                here = true;
                speaks = speaks || t->mentions[k].implicates;
            }
        if (!here)
            return;
        trust = t->trust < (uint8_t)trust ? (enum tare_trust)t->trust : trust;
        implicates = implicates && speaks;
    }
    tare__soc_see(w, m->name, trust, implicates);
}

#define MAX_CANDIDATES 64u /* more rows than that agree: the result says nothing definite */

static void read_candidates(struct tare__soc_world *w, const struct tare__soc_query *q,
                            uint8_t table, const uint32_t *rows, uint32_t n)
{
    const struct tare__soc_table_def *d =
        tare__soc_table(TARE_SOC_HARDENED, (enum tare_soc_table)table);
    const struct tare__soc_tpl *first = &w->sc->tpl[w->rows[rows[0]].tpl];
    for (uint32_t k = 0; k < first->n_mentions; k++)
        if (returned(q, table, first->mentions[k].column))
            see_mention(w, rows, n, &first->mentions[k]);
    bool clears = true, text = d->text != TARE__SOC_NO_COLUMN && returned(q, table, d->text);
    for (uint32_t i = 0; i < n; i++) {
        const struct tare__soc_tpl *t = &w->sc->tpl[w->rows[rows[i]].tpl];
        clears = clears && t->clears && t->trust >= TARE_TRUST_CORROBORATED;
        if (text && t->payload != TARE_SOC_NONE)
            tare__soc_meet(w, t->payload);
    }
    w->cleared = w->cleared || clears;
    if (n == 1 && returned(q, table, d->id))
        tare__soc_expose(w, w->rows[rows[0]].id);
}

/* The row whose id the result gives; NULL: it gives none, or there is no such row. */
static const struct tare__soc_row *by_id(const struct tare__soc_world *w,
                                         const struct tare__soc_query *q, uint8_t table,
                                         const struct tare_soc_cell *cells)
{
    uint8_t id = tare__soc_table(TARE_SOC_HARDENED, (enum tare_soc_table)table)->id;
    for (uint32_t c = 0; c < q->n_columns; c++) {
        if (q->origin[c].table != table || q->origin[c].column != id)
            continue;
        uint32_t name = cells[c].kind == TARE_SOC_TEXT
                            ? tare__soc_find(&w->sc->names, cells[c].text)
                            : TARE_SOC_NONE;
        return tare__soc_row_find(w, (enum tare_soc_table)table, name);
    }
    return NULL;
}

static void read_table(struct tare__soc_world *w, const struct tare__soc_query *q, uint8_t table,
                       const struct tare_soc_cell *cells)
{
    uint32_t rows[MAX_CANDIDATES], n = 0;
    const struct tare__soc_row *one = by_id(w, q, table, cells);
    if (one) { /* ids are unique: no other row can agree */
        rows[0] = (uint32_t)(one - w->rows);
        if (agrees(w, q, cells, table, one))
            read_candidates(w, q, table, rows, 1);
        return;
    }
    for (uint32_t i = 0; i < w->n_rows && n < MAX_CANDIDATES; i++)
        if (agrees(w, q, cells, table, &w->rows[i]))
            rows[n++] = i;
    if (n > 0 && n < MAX_CANDIDATES)
        read_candidates(w, q, table, rows, n);
}

static bool holds(struct tare_str text, struct tare_str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (sqlite3_strnicmp(text.p + i, part.p, (int)part.n) == 0)
            return true;
    return false;
}

/* A payload's text reaches the defender in whatever column: its start, middle or end is enough. */
static void meet_by_text(struct tare__soc_world *w)
{
    const struct tare_soc_result *r = &w->view.result;
    for (uint32_t i = 0; i < w->sc->n_payloads; i++) {
        struct tare_str text = w->sc->payloads[i].text;
        size_t n = text.n < 24 ? text.n : 24;
        for (size_t c = 0; !w->met[i] && c < (size_t)r->n_rows * r->n_columns; c++) {
            const struct tare_soc_cell *cell = &r->cells[c];
            if (cell->kind == TARE_SOC_TEXT && cell->text.n >= n &&
                (holds(cell->text, tare_str_n(text.p, n)) ||
                 holds(cell->text, tare_str_n(text.p + (text.n - n) / 2, n)) ||
                 holds(cell->text, tare_str_n(text.p + text.n - n, n))))
                tare__soc_meet(w, i);
        }
    }
}

void tare__soc_evidence_hardened(struct tare__soc_world *w, const struct tare__soc_query *q)
{
    const struct tare_soc_result *r = &w->view.result;
    for (uint8_t t = 0; q->plain && t < TARE_SOC_N_TABLES; t++) {
        bool any = false;
        for (uint32_t c = 0; c < q->n_columns && !any; c++)
            any = q->origin[c].table == t;
        for (uint32_t row = 0; any && row < r->n_rows; row++)
            read_table(w, q, t, &r->cells[(size_t)row * r->n_columns]);
    }
    meet_by_text(w);
}
