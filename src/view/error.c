#include "view/error.h"

#include <stdio.h>

#include "base/limits.h"
#include "text/json.h"
#include "text/width.h"

#include "base/banned.h"

static void put_color(struct tare_buf *out, const struct tare_style *style, const char *sgr)
{
    if (style->color)
        tare_buf_printf(out, "\x1b[%sm", sgr);
}

static struct tare_str base_name(struct tare_str path)
{
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '/')
        at--;
    return at < path.n ? tare_str_n(path.p + at, path.n - at) : path;
}

/* "suites/x/suite.yaml:6:1, task sc-1, attempt 2" as far as known; nothing that the first line
 * has said already. */
static void put_place(struct tare_buf *out, const struct tare_err *err)
{
    struct tare_str file = tare_str_of(err->file);
    const char *sep = "  ";
    if (file.n && (err->line || base_name(file).n < file.n)) {
        tare_buf_puts(out, sep);
        tare_text_safe(out, file);
        if (err->line)
            tare_buf_printf(out, ":%u", (unsigned)err->line);
        if (err->line && err->column)
            tare_buf_printf(out, ":%u", (unsigned)err->column);
        sep = ", ";
    } else if (err->line) {
        tare_buf_printf(out, "%sline %u, column %u", sep, (unsigned)err->line,
                        (unsigned)err->column);
        sep = ", ";
    }
    if (err->task[0]) {
        tare_buf_printf(out, "%stask ", sep);
        tare_text_safe(out, tare_str_of(err->task));
        sep = ", ";
    }
    if (err->attempt) {
        tare_buf_printf(out, "%sattempt %d", sep, (int)err->attempt);
        sep = ", ";
    }
    if (err->has_offset && !err->line) {
        tare_buf_printf(out, "%sbyte %zu", sep, err->offset);
        sep = ", ";
    }
    if (sep[0] == ',')
        tare_buf_putc(out, '\n');
}

/* Bytes of the first n code points of s. */
static size_t bytes_of(struct tare_str s, uint32_t n)
{
    size_t i = 0;
    while (i < s.n && n > 0) {
        i++;
        while (i < s.n && ((unsigned char)s.p[i] & 0xC0u) == 0x80u)
            i++;
        n--;
    }
    return i;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || ((unsigned char)c & 0x80u);
}

/* How much of the text at the fault to underline: a word, else one column. */
static size_t fault_columns(struct tare_str rest)
{
    size_t n = 0;
    while (n < rest.n && is_word_byte(rest.p[n]))
        n++;
    size_t columns = tare_text_columns(tare_str_n(rest.p, n));
    return columns ? columns : 1;
}

/* A remedy goes beside the mark when it is one line and fits. */
static bool fits_beside(const struct tare_err *err, const struct tare_style *style, size_t at)
{
    return err->hint[0] && !strchr(err->hint, '\n') &&
           at + 1 + tare_text_columns(tare_str_of(err->hint)) <= (size_t)style->width;
}

/* The line of the input with the fault underlined; true when the remedy was put beside it. */
static bool put_excerpt(struct tare_buf *out, const struct tare_err *err,
                        const struct tare_style *style)
{
    struct tare_str line = tare_str_of(err->excerpt);
    if (line.n == 0)
        return false;
    char number[16] = "";
    if (err->line)
        (void)snprintf(number, sizeof number, "%u", (unsigned)err->line);
    int gutter = err->line ? (int)strlen(number) + 4 : 4;
    tare_buf_printf(out, "%*s | ", gutter, number);
    tare_text_safe(out, line);
    tare_buf_putc(out, '\n');
    if (err->column <= err->excerpt_skip)
        return false;
    size_t at = bytes_of(line, err->column - 1 - err->excerpt_skip);
    size_t before = tare_text_columns(tare_str_n(line.p, at));
    size_t marks = fault_columns(tare_str_n(line.p + at, line.n - at));
    tare_buf_printf(out, "%*s | %*s", gutter, "", (int)before, "");
    put_color(out, style, "93");
    for (size_t i = 0; i < marks; i++)
        tare_buf_putc(out, '^');
    put_color(out, style, "0");
    bool beside = fits_beside(err, style, (size_t)gutter + 3 + before + marks);
    if (beside) {
        tare_buf_putc(out, ' ');
        tare_text_safe(out, tare_str_of(err->hint));
    }
    tare_buf_putc(out, '\n');
    return beside;
}

static void put_hint(struct tare_buf *out, struct tare_str hint)
{
    while (hint.n) {
        const char *end = memchr(hint.p, '\n', hint.n);
        size_t n = end ? (size_t)(end - hint.p) : hint.n;
        tare_buf_puts(out, "  ");
        /* Further indentation of ours stays; the rest may hold outside text. */
        tare_text_safe(out, tare_str_n(hint.p, n));
        tare_buf_putc(out, '\n');
        hint = end ? tare_str_n(end + 1, hint.n - n - 1) : tare_str_n(hint.p + n, 0);
    }
}

void tare_view_error(struct tare_buf *out, const char *who, const struct tare_err *err,
                     const struct tare_style *style)
{
    tare_buf_printf(out, "%s: ", who);
    if (err->file[0]) {
        tare_text_safe(out, base_name(tare_str_of(err->file)));
        tare_buf_puts(out, ": ");
    }
    put_color(out, style, "1");
    tare_text_safe(out, tare_str_of(err->text[0] ? err->text : tare_status_name(err->code)));
    put_color(out, style, "0");
    tare_buf_putc(out, '\n');
    put_place(out, err);
    if (!put_excerpt(out, err, style))
        put_hint(out, tare_str_of(err->hint));
}

static void put_text(struct tare_json_writer *w, const char *key, const char *text)
{
    if (!text[0])
        return;
    tare_json_put_key(w, key);
    tare_json_put_cstr(w, text);
}

static void put_number(struct tare_json_writer *w, const char *key, uint64_t n)
{
    tare_json_put_key(w, key);
    tare_json_put_u64(w, n);
}

void tare_view_error_json(struct tare_buf *out, const char *who, const struct tare_err *err)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    put_text(&w, "schema", "tare.error/1");
    put_text(&w, "command", who);
    put_text(&w, "code", tare_status_name(err->code));
    tare_json_put_key(&w, "exit");
    tare_json_put_i64(&w, tare_status_exit(err->code));
    put_text(&w, "fault", err->fault ? err->fault : "");
    put_text(&w, "text", err->text);
    put_text(&w, "hint", err->hint);
    tare_json_put_key(&w, "where");
    tare_json_begin_object(&w);
    put_text(&w, "file", err->file);
    if (err->line) {
        put_number(&w, "line", err->line);
        put_number(&w, "column", err->column);
    }
    if (err->has_offset)
        put_number(&w, "byte", err->offset);
    put_text(&w, "path", err->path);
    put_text(&w, "task", err->task);
    if (err->attempt > 0)
        put_number(&w, "attempt", (uint64_t)err->attempt);
    put_text(&w, "excerpt", err->excerpt);
    tare_json_end_object(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}
