/* A table of tasks, as the lines that tasks.jsonl would have. */
#include <stdio.h>

#include "base/limits.h"
#include "suite/promptfoo.h"
#include "suite/suite_int.h"

#include "base/banned.h"

static const char id_column[] = "id", input_column[] = "input", expect_column[] = "expect";

/* "input.city": the part behind the dot; empty: another column. */
static struct tare_str part_of(struct tare_str key, const char *whole)
{
    size_t n = strlen(whole);
    bool is = key.n > n + 1 && tare_str_starts(key, tare_str_of(whole)) && key.p[n] == '.';
    return is ? tare_str_n(key.p + n + 1, key.n - n - 1) : (struct tare_str){NULL, 0};
}

static bool wanted(struct tare_json cell)
{
    return tare_json_kind(cell) == TARE_JSON_STRING && tare_json_str(cell).n > 0;
}

/* `whole` as a text, or as a mapping of its parts; false: the row has neither. */
static bool put_value(struct tare_json row, const char *whole, struct tare_json_writer *w)
{
    struct tare_json text = tare_json_get(row, whole);
    bool any = false;
    if (wanted(text)) {
        tare_json_put_key(w, whole);
        tare_json_put_str(w, tare_json_str(text));
        return true;
    }
    for (struct tare_json c = tare_json_first(row); tare_json_present(c); c = tare_json_next(c)) {
        struct tare_str part = part_of(tare_json_key(c), whole);
        if (!part.n || !wanted(c))
            continue;
        if (!any) {
            tare_json_put_key(w, whole);
            tare_json_begin_object(w);
        }
        any = true;
        tare_json_put_key_str(w, part);
        tare_json_put_str(w, tare_json_str(c));
    }
    if (any)
        tare_json_end_object(w);
    return any;
}

static void put_tags(struct tare_json row, struct tare_json_writer *w)
{
    tare_json_put_key(w, "tags");
    tare_json_begin_object(w);
    for (struct tare_json c = tare_json_first(row); tare_json_present(c); c = tare_json_next(c)) {
        struct tare_str key = tare_json_key(c), tag = part_of(key, "tags");
        if (tare_str_is(key, id_column) || tare_str_is(key, input_column) ||
            tare_str_is(key, expect_column) || part_of(key, input_column).n ||
            part_of(key, expect_column).n || !wanted(c))
            continue;
        tare_json_put_key_str(w, tag.n ? tag : key);
        tare_json_put_str(w, tare_json_str(c));
    }
    tare_json_end_object(w);
}

static enum tare_status put_row(struct tare_json row, uint32_t n, struct tare_buf *lines,
                                struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare_json id = tare_json_get(row, id_column);
    tare_json_writer_init(&w, lines);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    if (wanted(id)) {
        tare_json_put_str(&w, tare_json_str(id));
    } else {
        char name[24];
        (void)snprintf(name, sizeof name, "row-%u", n);
        tare_json_put_cstr(&w, name);
    }
    if (!put_value(row, input_column, &w)) {
        tare_err_hint(err, "a column `input` holds the question, or columns `input.NAME` the "
                           "variables of a template");
        return tare_fail(err, TARE_E_INPUT, "row %u has no input", n);
    }
    (void)put_value(row, expect_column, &w);
    put_tags(row, &w);
    tare_json_end_object(&w);
    tare_buf_putc(lines, '\n');
    return TARE_OK;
}

enum tare_status tare__suite_csv_tasks(struct tare_str text, struct tare_str path,
                                       struct tare_arena *arena, struct tare_str *out,
                                       struct tare_err *err)
{
    struct tare_json rows;
    struct tare_buf lines;
    uint32_t n = 0;
    enum tare_status st = tare_csv_rows(text, path, arena, &rows, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&lines, NULL, TARE_MAX_TASKS_FILE_BYTES);
    tare_buf_putc(&lines, '\n'); /* the head's line: faults carry the row's */
    for (struct tare_json r = tare_json_first(rows); tare_json_present(r) && st == TARE_OK;
         r = tare_json_next(r))
        st = put_row(r, ++n, &lines, err);
    if (st == TARE_OK) {
        *out = tare_arena_copy(arena, tare_buf_str(&lines));
        if (lines.failed || !out->p)
            st = tare_fail(err, TARE_E_NOMEM, "not enough memory for the tasks");
    } else {
        tare_err_file(err, path);
    }
    tare_buf_free(&lines);
    return st;
}
