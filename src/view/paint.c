#include "view/paint.h"

#include "text/width.h"

#include "base/banned.h"

static const char *const codes[] = {
    [TARE__PLAIN] = "",         [TARE__BOLD] = "1",         [TARE__DIM] = "2",
    [TARE__ITALIC] = "3",       [TARE__UP] = "94",          [TARE__DOWN] = "33",
    [TARE__SAME] = "32",        [TARE__OPEN] = "35",        [TARE__WARN] = "93",
    [TARE__UP_BOLD] = "1;94",   [TARE__DOWN_BOLD] = "1;33", [TARE__SAME_BOLD] = "1;32",
    [TARE__OPEN_BOLD] = "1;35",
};

static void ink_on(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink)
{
    if (style->color && ink != TARE__PLAIN)
        tare_buf_printf(out, "\x1b[%sm", codes[ink]);
}

static void ink_off(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink)
{
    if (style->color && ink != TARE__PLAIN)
        tare_buf_puts(out, "\x1b[0m");
}

void tare__put(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink,
               const char *text)
{
    if (!*text)
        return;
    ink_on(out, style, ink);
    tare_buf_puts(out, text);
    ink_off(out, style, ink);
}

void tare__pad(struct tare_buf *out, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        tare_buf_putc(out, ' ');
}

void tare__put_cell(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink,
                    struct tare_str text, size_t columns, bool right, bool pad)
{
    size_t wide = tare_text_columns(text);
    size_t gap = pad && wide < columns ? columns - wide : 0;
    if (text.n == 0)
        ink = TARE__PLAIN;
    if (right)
        tare__pad(out, gap);
    ink_on(out, style, ink);
    if (wide <= columns || style->unicode) {
        tare_text_safe_cut(out, text, columns);
    } else {
        /* "..." where "…" cannot be shown. */
        size_t before = out->n;
        tare_text_safe_cut(out, text, columns > 2 ? columns - 2 : 1);
        if (out->n >= before + 3 && memcmp(out->p + out->n - 3, "\xe2\x80\xa6", 3) == 0) {
            out->n -= 3;
            tare_buf_puts(out, columns > 2 ? "..." : ".");
        }
    }
    ink_off(out, style, ink);
    if (!right)
        tare__pad(out, gap);
}

/* Spaces at the end of a line that is broken here are of no use. */
static void break_line(struct tare_buf *out, size_t from)
{
    while (out->n > from && out->p[out->n - 1] == ' ')
        out->n--;
    tare_buf_putc(out, '\n');
}

void tare__wrap(struct tare_buf *out, struct tare_str text, size_t indent, size_t width)
{
    size_t at = 0, column = 0, from = out->n;
    while (at < text.n) {
        const char *space = memchr(text.p + at, ' ', text.n - at);
        size_t end = space ? (size_t)(space - text.p) : text.n;
        struct tare_str word = tare_str_n(text.p + at, end - at);
        size_t wide = tare_text_columns(word);
        at = end + 1;
        if (column > indent && column + 1 + wide > width) {
            break_line(out, from);
            column = 0;
        }
        if (column == 0 && wide == 0)
            continue;
        if (column == 0) {
            tare__pad(out, indent);
            column = indent;
        } else {
            tare_buf_putc(out, ' ');
            column++;
        }
        if (indent + wide <= width)
            tare_buf_put(out, word);
        else
            tare_text_safe_cut(out, word, width > indent ? width - indent : 1);
        column += wide;
    }
    break_line(out, from);
}

void tare__trim_lines(struct tare_buf *out, size_t from)
{
    size_t to = from;
    if (out->failed)
        return;
    for (size_t i = from; i < out->n; i++) {
        if (out->p[i] == '\n')
            while (to > from && out->p[to - 1] == ' ')
                to--;
        out->p[to++] = out->p[i];
    }
    out->n = to;
}

const char *tare__mark(enum tare__mark m, bool unicode)
{
    static const char *const marks[][2] = {
        [TARE__MARK_UP] = {"\xe2\x96\xb2", "^"},        /* ▲ */
        [TARE__MARK_DOWN] = {"\xe2\x96\xbc", "v"},      /* ▼ */
        [TARE__MARK_SAME] = {"\xe2\x97\x86", "="},      /* ◆ */
        [TARE__MARK_OPEN] = {"\xe2\x97\x8b", "?"},      /* ○ */
        [TARE__MARK_INVALID] = {"\xe2\x8a\x98", "x"},   /* ⊘ */
        [TARE__MARK_MEASURED] = {"\xe2\x97\x8f", "o"},  /* ● */
        [TARE__MARK_CONTROL] = {"\xe2\x96\xa0", "#"},   /* ■ */
        [TARE__MARK_PUBLISHED] = {"\xe2\x97\x87", "<"}, /* ◇ */
        [TARE__MARK_DOT] = {"\xc2\xb7", "."},           /* · */
        [TARE__MARK_LINE] = {"\xe2\x94\x80", "-"},      /* ─ */
        [TARE__MARK_ZERO] = {"\xe2\x94\x82", "|"},      /* │ */
        [TARE__MARK_BAND] = {"\xe2\x96\x91", ":"},      /* ░ */
        [TARE__MARK_MDE] = {"\xe2\x94\x8a", "!"},       /* ┊ */
        [TARE__MARK_DASH] = {"\xe2\x80\x93", "-"},      /* – */
        [TARE__MARK_TIMES] = {"\xc3\x97", "x"},         /* × */
        [TARE__MARK_QUERY] = {"\xe2\x97\x8b", "o"},     /* ○ */
        [TARE__MARK_RIGHT] = {"\xe2\x9c\x93", "+"},     /* ✓ */
        [TARE__MARK_HARM] = {"\xe2\x9c\x97", "x"},      /* ✗ */
        [TARE__MARK_PERMITTED] = {"\xe2\x80\xa2", "*"}, /* • */
        [TARE__MARK_REFUSED] = {"\xe2\x8a\x98", "/"},   /* ⊘ */
        [TARE__MARK_REPORT] = {"\xe2\x9a\x91", "F"},    /* ⚑ */
        [TARE__MARK_ERROR] = {"!", "!"},
        [TARE__MARK_TRUSTED] = {"\xe2\x96\xa0", "#"},    /* ■ */
        [TARE__MARK_UNTRUSTED] = {"\xe2\x96\xa1", "-"},  /* □ */
        [TARE__MARK_INJECTION] = {"\xe2\x96\xbd", "v"},  /* ▽ */
        [TARE__MARK_STEP] = {"\xe2\x94\x81", "="},       /* ━ */
        [TARE__MARK_STOPPED] = {"\xe2\x94\xab", "|"},    /* ┫ */
        [TARE__MARK_STALLED] = {"\xe2\x94\x84", "-"},    /* ┄ */
        [TARE__MARK_BAR] = {"\xe2\x94\x81", "="},        /* ━ */
        [TARE__MARK_BAR_HALF] = {"\xe2\x95\xb8", ">"},   /* ╸ */
        [TARE__MARK_ELLIPSIS] = {"\xe2\x80\xa6", "..."}, /* … */
        [TARE__MARK_ARROW_DOWN] = {"\xe2\x86\x93", "v"}, /* ↓ */
    };
    return marks[m][unicode ? 0 : 1];
}

enum tare__mark tare__verdict_mark(enum tare_verdict v)
{
    static const enum tare__mark marks[] = {
        [TARE_VERDICT_INCONCLUSIVE] = TARE__MARK_OPEN, [TARE_VERDICT_IMPROVED] = TARE__MARK_UP,
        [TARE_VERDICT_REGRESSED] = TARE__MARK_DOWN,    [TARE_VERDICT_EQUIVALENT] = TARE__MARK_SAME,
        [TARE_VERDICT_INVALID] = TARE__MARK_INVALID,
    };
    return marks[v];
}

enum tare__ink tare__verdict_ink(enum tare_verdict v, bool bold)
{
    switch (v) {
    case TARE_VERDICT_IMPROVED:
        return bold ? TARE__UP_BOLD : TARE__UP;
    case TARE_VERDICT_REGRESSED:
        return bold ? TARE__DOWN_BOLD : TARE__DOWN;
    case TARE_VERDICT_EQUIVALENT:
        return bold ? TARE__SAME_BOLD : TARE__SAME;
    default:
        return bold ? TARE__OPEN_BOLD : TARE__OPEN;
    }
}

const char *tare__verdict_word(enum tare_verdict v)
{
    return v == TARE_VERDICT_INVALID ? "cannot be judged" : tare_verdict_name(v);
}
