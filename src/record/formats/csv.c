/*
 * CSV (RFC 4180, and as found: LF or CRLF, comma, semicolon or tab, a BOM). Each record becomes a
 * JSON object of strings in the scratch arena, so that columns are found the same way as in rows.
 */
#include "record/formats/import_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define MAX_COLUMNS 1024u

struct csv {
    struct tare__import *im;
    size_t at;
    char separator;
    struct tare_str columns[MAX_COLUMNS];
    uint32_t n_columns;
    struct tare_buf field;
};

static char find_separator(struct tare_str text)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    for (size_t i = 0; i < text.n && text.p[i] != '\n'; i++) {
        commas += text.p[i] == ',';
        semicolons += text.p[i] == ';';
        tabs += text.p[i] == '\t';
    }
    if (tabs > commas && tabs > semicolons)
        return '\t';
    return semicolons > commas ? ';' : ',';
}

static enum tare_status quoted_field(struct csv *c)
{
    struct tare_str t = c->im->text;
    size_t from = c->at++;
    for (;;) {
        const char *q = c->at < t.n ? memchr(t.p + c->at, '"', t.n - c->at) : NULL;
        if (!q)
            return tare__import_fail(c->im, from, "a quoted field that begins here never ends");
        tare_buf_put(&c->field, tare_str_n(t.p + c->at, (size_t)(q - t.p) - c->at));
        c->at = (size_t)(q - t.p) + 1;
        if (c->at >= t.n || t.p[c->at] != '"')
            break;
        tare_buf_putc(&c->field, '"');
        c->at++;
    }
    while (c->at < t.n && (t.p[c->at] == ' ' || t.p[c->at] == '\r'))
        c->at++;
    if (c->at < t.n && t.p[c->at] != c->separator && t.p[c->at] != '\n') {
        enum tare_status st =
            tare__import_fail(c->im, c->at, "text after the closing quote of a field");
        tare_err_hint(c->im->err, "a quote inside a quoted field is written twice");
        return st;
    }
    return TARE_OK;
}

/* The next field into c->field; *last: it ended the record. */
static enum tare_status field(struct csv *c, bool *last)
{
    struct tare_str t = c->im->text;
    enum tare_status st = TARE_OK;
    tare_buf_reset(&c->field);
    if (c->at < t.n && t.p[c->at] == '"') {
        st = quoted_field(c);
    } else {
        size_t from = c->at;
        while (c->at < t.n && t.p[c->at] != c->separator && t.p[c->at] != '\n')
            c->at++;
        size_t end = c->at;
        if (end > from && t.p[end - 1] == '\r')
            end--;
        tare_buf_put(&c->field, tare_str_n(t.p + from, end - from));
    }
    if (st != TARE_OK)
        return st;
    *last = c->at >= t.n || t.p[c->at] == '\n';
    c->at += c->at < t.n;
    if (c->field.failed)
        return tare_fail(c->im->err, TARE_E_LIMIT, "a CSV field of more than %zu bytes",
                         c->field.max);
    return TARE_OK;
}

static enum tare_status header(struct csv *c)
{
    bool last = false;
    while (!last) {
        enum tare_status st = field(c, &last);
        if (st != TARE_OK)
            return st;
        if (c->n_columns == MAX_COLUMNS)
            return tare_fail(c->im->err, TARE_E_LIMIT, "more than %u columns", MAX_COLUMNS);
        struct tare_str name =
            tare_arena_copy(c->im->arena, tare_str_trim(tare_buf_str(&c->field)));
        for (uint32_t i = 0; i < c->n_columns; i++)
            if (name.n && tare_str_eq(c->columns[i], name))
                return tare__import_fail(c->im, 0, "two columns are called '%.*s'", TARE_FMT(name));
        c->columns[c->n_columns++] = name;
    }
    return TARE_OK;
}

static bool is_digits(struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* A field as JSON: a number where it is one, a string otherwise, null when empty. Digits stay as
 * they are written: an id of 20 digits keeps them all, and 007 is not 7. */
static void put_value(struct tare_json_writer *w, struct tare_str s)
{
    double x;
    struct tare_str t = tare_str_trim(s);
    bool number_like = t.n > 0 && t.n < 300 && (t.p[0] == '-' || (t.p[0] >= '0' && t.p[0] <= '9'));
    bool zero_first = t.n > 1 && t.p[0] == '0' && t.p[1] != '.';
    if (t.n == 0)
        tare_json_put_null(w);
    else if (is_digits(t) && !zero_first)
        tare_json_put_raw(w, t);
    else if (number_like && !zero_first && tare_str_to_f64(t, &x))
        tare_json_put_f64(w, x);
    else
        tare_json_put_str(w, s);
}

/* One record as JSON text in `out`; *n counts its fields. */
static enum tare_status record(struct csv *c, struct tare_buf *out, uint32_t *n)
{
    struct tare_json_writer w;
    bool last = false;
    size_t from = c->at;
    tare_buf_reset(out);
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    for (*n = 0; !last; ++*n) {
        enum tare_status st = field(c, &last);
        if (st != TARE_OK)
            return st;
        if (*n == 0 && last && c->field.n == 0)
            break;
        if (*n >= c->n_columns)
            return tare__import_fail(c->im, from, "more fields than the %u columns of the header",
                                     c->n_columns);
        if (c->columns[*n].n == 0)
            continue;
        tare_json_put_key_str(&w, c->columns[*n]);
        put_value(&w, tare_buf_str(&c->field));
    }
    tare_json_end_object(&w);
    return out->failed ? tare_fail(c->im->err, TARE_E_LIMIT, "a CSV record of more than %zu bytes",
                                   out->max)
                       : TARE_OK;
}

static enum tare_status records(struct csv *c, struct tare_buf *out)
{
    struct tare__import *im = c->im;
    while (c->at < im->text.n) {
        uint32_t n;
        size_t from = c->at;
        tare_arena_reset(&im->scratch);
        enum tare_status st = record(c, out, &n);
        if (st != TARE_OK)
            return st;
        if (n == 0)
            continue;
        if (n < c->n_columns && c->at >= im->text.n && im->text.p[im->text.n - 1] != '\n') {
            im->torn = true;
            tare__import_note(im, "the last record is torn: it is left out");
            return TARE_OK;
        }
        if (n < c->n_columns)
            return tare__import_fail(im, from, "%u fields, but the header has %u columns", n,
                                     c->n_columns);
        struct tare_json row;
        st = tare_json_parse(tare_buf_str(out), &tare_json_log, &im->scratch, &row, im->err);
        tare__import_row(im)->offset = from;
        if (st == TARE_OK)
            st = tare__import_generic_row(im, row);
        if (st != TARE_OK)
            return st;
    }
    return TARE_OK;
}

static enum tare_status begin(struct csv *c, struct tare__import *im)
{
    *c = (struct csv){.im = im, .separator = find_separator(im->text)};
    if (im->text.n >= 3 && memcmp(im->text.p, "\xef\xbb\xbf", 3) == 0)
        c->at = 3;
    tare_buf_init(&c->field, NULL, TARE_MAX_JSONL_LINE_BYTES);
    return header(c);
}

enum tare_status tare_csv_lines(struct tare_str text, struct tare_arena *arena,
                                struct tare_buf *out, struct tare_err *err)
{
    struct tare__import im = {.text = text, .arena = arena, .err = err};
    struct csv c;
    struct tare_buf row;
    tare_buf_init(&row, NULL, TARE_MAX_JSON_BYTES);
    enum tare_status st = begin(&c, &im);
    while (!st && c.at < text.n) {
        uint32_t n = 0;
        st = record(&c, &row, &n);
        if (!st && n == c.n_columns) {
            tare_buf_put(out, tare_buf_str(&row));
            tare_buf_putc(out, '\n');
        }
    }
    tare_buf_free(&row);
    tare_buf_free(&c.field);
    return st || !out->failed
               ? st
               : tare_fail(err, TARE_E_LIMIT, "a CSV file of more than %zu bytes", out->max);
}

enum tare_status tare__import_csv(struct tare__import *im)
{
    struct csv c;
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    enum tare_status st = begin(&c, im);
    if (st == TARE_OK)
        st = records(&c, &out);
    tare_buf_free(&out);
    tare_buf_free(&c.field);
    return st;
}
