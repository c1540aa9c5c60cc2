#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

/* Ends text that was cut at cap - 1 bytes with "...", not inside a code point. */
static void mark_cut(char *text, size_t cap)
{
    size_t at = cap - 4;
    while (at > 0 && ((unsigned char)text[at] & 0xC0u) == 0x80u)
        at--;
    memcpy(text + at, "...", 4);
}

static void put_text(char *out, size_t cap, struct tare_str s)
{
    size_t n = s.n < cap - 1 ? s.n : cap - 1;
    if (n)
        memcpy(out, s.p, n);
    out[n] = '\0';
    if (n < s.n)
        mark_cut(out, cap);
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 0)))
#endif
static void
put_format(char *out, size_t cap, const char *fmt, va_list ap)
{
    int n = fmt ? vsnprintf(out, cap, fmt, ap) : -1;
    if (n < 0)
        put_text(out, cap, TARE_S("(the message could not be written)"));
    else if ((size_t)n >= cap)
        mark_cut(out, cap);
}

enum tare_status tare_fail(struct tare_err *err, enum tare_status code, const char *fmt, ...)
{
    if (!err)
        return code;
    err->code = code;
    va_list ap;
    va_start(ap, fmt);
    put_format(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return code;
}

enum tare_status tare_fail_at(struct tare_err *err, enum tare_status code, size_t offset,
                              const char *fmt, ...)
{
    if (!err)
        return code;
    err->code = code;
    err->fault = NULL;
    err->path[0] = '\0';
    err->offset = offset;
    err->has_offset = true;
    va_list ap;
    va_start(ap, fmt);
    put_format(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return code;
}

void tare_err_hint(struct tare_err *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list ap;
    va_start(ap, fmt);
    put_format(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
}

void tare_err_file(struct tare_err *err, struct tare_str path)
{
    if (err)
        put_text(err->file, sizeof err->file, path);
}

void tare_err_fault(struct tare_err *err, const char *fault, struct tare_str path)
{
    if (!err)
        return;
    err->fault = fault;
    put_text(err->path, sizeof err->path, path);
}

void tare_err_task(struct tare_err *err, struct tare_str task_id)
{
    if (err)
        put_text(err->task, sizeof err->task, task_id);
}

static bool starts_code_point(char c)
{
    return ((unsigned char)c & 0xC0u) != 0x80u;
}

void tare_err_locate(struct tare_err *err, struct tare_str input)
{
    if (!err || !err->has_offset)
        return;
    size_t at = err->offset < input.n ? err->offset : input.n;
    size_t start = 0;
    err->line = 1;
    for (size_t i = 0; i < at; i++) {
        if (input.p[i] == '\n') {
            start = i + 1;
            err->line++;
        }
    }
    size_t end = at;
    while (end < input.n && input.p[end] != '\n')
        end++;
    if (end > start && input.p[end - 1] == '\r')
        end--;
    /* On a long line the excerpt begins shortly before the fault. */
    size_t from = start;
    if (end - start >= sizeof err->excerpt && at - start > 60) {
        from = at - 60;
        while (from > start && !starts_code_point(input.p[from]))
            from--;
    }
    err->column = 1;
    err->excerpt_skip = 0;
    for (size_t i = start; i < at; i++) {
        if (!starts_code_point(input.p[i]))
            continue;
        err->column++;
        err->excerpt_skip += i < from;
    }
    put_text(err->excerpt, sizeof err->excerpt, tare_str_n(input.p + from, end - from));
}

const char *tare_status_name(enum tare_status code)
{
    switch (code) {
    case TARE_OK:
        return "ok";
    case TARE_E_NOMEM:
        return "memory";
    case TARE_E_INPUT:
        return "input";
    case TARE_E_IO:
        return "io";
    case TARE_E_STATE:
        return "state";
    case TARE_E_USAGE:
        return "usage";
    case TARE_E_LIMIT:
        return "limit";
    case TARE_E_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

int tare_status_exit(enum tare_status code)
{
    switch (code) {
    case TARE_OK:
        return 0;
    case TARE_E_NOMEM:
    case TARE_E_IO:
        return 3;
    case TARE_E_INPUT:
    case TARE_E_LIMIT:
        return 4;
    case TARE_E_USAGE:
        return 2;
    case TARE_E_CANCELLED:
        return 130;
    case TARE_E_STATE:
        break;
    }
    return 70;
}
