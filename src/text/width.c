#include "text/width.h"

#include "text/utf8.h"

#include <stdio.h>
#include <utf8proc.h>

#include "base/banned.h"

#define MOST_MARKS 16 /* combining marks shown in a row; more of them climb over other lines */

/* One character as it is shown: its text and how many columns that takes. */
struct shown {
    char text[16];
    struct tare_str s; /* into the source or into text */
    unsigned columns;
    unsigned taken; /* bytes of the source */
};

/* Invisible, or changes how its neighbours are shown. */
static bool is_hidden(utf8proc_int32_t cp)
{
    switch (utf8proc_category(cp)) {
    case UTF8PROC_CATEGORY_CC: /* controls */
    case UTF8PROC_CATEGORY_CF: /* bidi controls, zero-width space and joiners, soft hyphen */
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL: /* line and paragraph separators */
    case UTF8PROC_CATEGORY_ZP:
        return true;
    default:
        /* fillers that are letters by category; the combining grapheme joiner */
        return cp == 0x115f || cp == 0x1160 || cp == 0x3164 || cp == 0xffa0 || cp == 0x034f;
    }
}

static void escaped(struct shown *out, bool byte, unsigned x)
{
    int n = byte ? snprintf(out->text, sizeof out->text, "\\x{%02x}", x)
                 : snprintf(out->text, sizeof out->text, "\\u{%x}", x);
    out->s = tare_str_n(out->text, n > 0 ? (size_t)n : 0);
    out->columns = (unsigned)out->s.n;
}

/* The character at s.p (s.n > 0). *marks counts zero-width characters in a row; it begins at
 * MOST_MARKS, so that a text cannot put a mark on what stands before it. */
static void next(struct tare_str s, unsigned *marks, struct shown *out)
{
    uint32_t cp;
    uint8_t c = (uint8_t)s.p[0];
    if (c >= 0x20 && c < 0x7f) {
        out->s = tare_str_n(s.p, 1);
        out->columns = out->taken = 1;
        *marks = 0;
        return;
    }
    out->taken = tare_utf8_decode(s.p, s.p + s.n, &cp);
    if (out->taken == 0) {
        out->taken = 1;
        escaped(out, true, c);
        *marks = 0;
        return;
    }
    int columns = utf8proc_charwidth((utf8proc_int32_t)cp);
    bool mark = columns <= 0;
    if (is_hidden((utf8proc_int32_t)cp) || (mark && *marks >= MOST_MARKS)) {
        escaped(out, false, cp);
        *marks = 0;
        return;
    }
    *marks = mark ? *marks + 1 : 0;
    out->s = tare_str_n(s.p, out->taken);
    out->columns = mark ? 0 : (unsigned)columns;
}

static struct tare_str after(struct tare_str s, unsigned n)
{
    return tare_str_n(s.p + n, s.n - n);
}

/* Bytes of s that take at most `columns`, marks of the last character included; *fits is set when
 * that is all of it. */
static size_t fitting(struct tare_str s, size_t columns, bool *fits)
{
    unsigned marks = MOST_MARKS;
    struct tare_str rest = s;
    while (rest.n > 0) {
        struct shown c;
        next(rest, &marks, &c);
        if (c.columns > columns)
            break;
        columns -= c.columns;
        rest = after(rest, c.taken);
    }
    *fits = rest.n == 0;
    return s.n - rest.n;
}

size_t tare_text_columns(struct tare_str s)
{
    unsigned marks = MOST_MARKS;
    size_t columns = 0;
    while (s.n > 0) {
        struct shown c;
        next(s, &marks, &c);
        columns += c.columns;
        s = after(s, c.taken);
    }
    return columns;
}

void tare_text_safe(struct tare_buf *out, struct tare_str s)
{
    unsigned marks = MOST_MARKS;
    while (s.n > 0) {
        struct shown c;
        next(s, &marks, &c);
        tare_buf_put(out, c.s);
        s = after(s, c.taken);
    }
}

void tare_text_safe_cut(struct tare_buf *out, struct tare_str s, size_t columns)
{
    bool fits;
    size_t n = fitting(s, columns, &fits);
    if (fits) {
        tare_text_safe(out, s);
    } else if (columns > 0) {
        n = fitting(s, columns - 1, &fits);
        tare_text_safe(out, tare_str_n(s.p, n));
        tare_buf_puts(out, "\xe2\x80\xa6");
    }
}

bool tare_text_is_utf8(struct tare_str s)
{
    return tare_utf8_valid_bytes(s) == s.n;
}
