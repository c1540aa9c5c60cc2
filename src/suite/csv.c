/* CSV as rows of JSON. */
#include "base/limits.h"
#include "suite/promptfoo.h"

#include "base/banned.h"

struct csv {
    struct tare_str text;
    size_t at;
    uint32_t line;
    struct tare_buf cell;
};

/* The next cell into c->cell. False: the row ends with it. */
static bool next_cell(struct csv *c, bool *open)
{
    bool quoted = c->at < c->text.n && c->text.p[c->at] == '"';
    tare_buf_reset(&c->cell);
    c->at += quoted;
    *open = quoted;
    for (; c->at < c->text.n; c->at++) {
        char ch = c->text.p[c->at];
        c->line += ch == '\n';
        if (quoted && *open && ch == '"') {
            if (c->at + 1 < c->text.n && c->text.p[c->at + 1] == '"')
                c->at++;
            else {
                *open = false;
                continue;
            }
        } else if (!*open && (ch == ',' || ch == '\n')) {
            c->at++;
            return ch == ',';
        } else if (!*open && ch == '\r') {
            continue;
        }
        tare_buf_putc(&c->cell, ch);
    }
    return false;
}

static enum tare_status put_row(struct csv *c, struct tare_str *heads, uint32_t *n_heads,
                                struct tare_json_writer *w, struct tare_arena *arena,
                                struct tare_err *err)
{
    bool head = *n_heads == 0, more = true, open = false;
    uint32_t n = 0, line = c->line;
    if (!head)
        tare_json_begin_object(w);
    while (more) {
        more = next_cell(c, &open);
        if (n >= 256 || (!head && n >= *n_heads)) {
            if (err)
                err->line = line;
            return tare_fail(err, TARE_E_INPUT, "this row has more cells than the first");
        }
        if (head) {
            heads[n] = tare_arena_copy(arena, tare_str_trim(tare_buf_str(&c->cell)));
        } else if (heads[n].n) {
            tare_json_put_key_str(w, heads[n]);
            tare_json_put_str(w, tare_buf_str(&c->cell));
        }
        n++;
    }
    if (open || c->cell.failed) {
        if (err)
            err->line = line;
        return tare_fail(err, TARE_E_INPUT, "a quoted cell is never closed");
    }
    if (head)
        *n_heads = n;
    else
        tare_json_end_object(w);
    return TARE_OK;
}

enum tare_status tare_csv_rows(struct tare_str text, struct tare_str path, struct tare_arena *arena,
                               struct tare_json *out, struct tare_err *err)
{
    struct tare_str *heads = TARE_NEW_N(arena, struct tare_str, 256);
    struct csv c = {.text = text, .line = 1};
    struct tare_json_writer w;
    struct tare_buf b;
    uint32_t n_heads = 0;
    enum tare_status st = heads ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for a table");
    if (tare_str_starts(text, TARE_S("\xef\xbb\xbf")))
        c.at = 3;
    tare_buf_init(&b, NULL, TARE_MAX_TASKS_FILE_BYTES);
    tare_buf_init(&c.cell, NULL, TARE_MAX_JSON_STRING_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_array(&w);
    while (st == TARE_OK && c.at < text.n) {
        if (text.p[c.at] == '\n' || text.p[c.at] == '\r') { /* a blank line */
            c.line += text.p[c.at++] == '\n';
            continue;
        }
        st = put_row(&c, heads, &n_heads, &w, arena, err);
    }
    if (st == TARE_OK) {
        tare_json_end_array(&w);
        struct tare_str copy = tare_arena_copy(arena, tare_buf_str(&b));
        struct tare_json_policy policy = {.max_bytes = TARE_MAX_TASKS_FILE_BYTES,
                                          .allow_duplicates = true};
        st = copy.p && !b.failed ? tare_json_parse(copy, &policy, arena, out, err)
                                 : tare_fail(err, TARE_E_NOMEM, "no memory for a table");
    }
    if (st != TARE_OK)
        tare_err_file(err, path);
    tare_buf_free(&b);
    tare_buf_free(&c.cell);
    return st;
}
