/*
 * Of view/ alone: ink, marks, padding and wrapping on a terminal. Only marks are coloured; words
 * are bold, dim or italic (design/ui.md, section 7.1).
 */
#ifndef TARE_VIEW_PAINT_H
#define TARE_VIEW_PAINT_H

#include "base/buf.h"
#include "decide/verdict.h"
#include "view/style.h"

enum tare__ink {
    TARE__PLAIN = 0,
    TARE__BOLD,
    TARE__DIM,
    TARE__ITALIC,
    TARE__UP,
    TARE__DOWN,
    TARE__SAME,
    TARE__OPEN,
    TARE__WARN,
    TARE__UP_BOLD,
    TARE__DOWN_BOLD,
    TARE__SAME_BOLD,
    TARE__OPEN_BOLD
};

/* Text of ours in an ink; nothing but the text without colour. */
void tare__put(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink,
               const char *text);
/* Outside text, harmless, cut to `columns` and padded to it (pad false: only cut). */
void tare__put_cell(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink,
                    struct tare_str text, size_t columns, bool right, bool pad);
void tare__pad(struct tare_buf *out, size_t columns);
/* Words of `text` broken before column `width`, each line indented; ends with a line feed. A word
 * that is too long is cut. The text is ours or harmless already. */
void tare__wrap(struct tare_buf *out, struct tare_str text, size_t indent, size_t width);
/* Removes spaces before line ends from byte `from` on. */
void tare__trim_lines(struct tare_buf *out, size_t from);

enum tare__mark {
    TARE__MARK_UP = 0,
    TARE__MARK_DOWN,
    TARE__MARK_SAME,
    TARE__MARK_OPEN,
    TARE__MARK_INVALID,
    TARE__MARK_MEASURED,
    TARE__MARK_CONTROL,
    TARE__MARK_PUBLISHED,
    TARE__MARK_DOT,
    TARE__MARK_LINE,
    TARE__MARK_ZERO,
    TARE__MARK_BAND,
    TARE__MARK_MDE,
    TARE__MARK_DASH,
    TARE__MARK_TIMES,
    TARE__MARK_QUERY,
    TARE__MARK_RIGHT,
    TARE__MARK_HARM,
    TARE__MARK_PERMITTED,
    TARE__MARK_REFUSED,
    TARE__MARK_REPORT,
    TARE__MARK_ERROR,
    TARE__MARK_TRUSTED,
    TARE__MARK_UNTRUSTED,
    TARE__MARK_INJECTION,
    TARE__MARK_STEP,
    TARE__MARK_STOPPED,
    TARE__MARK_STALLED,
    TARE__MARK_BAR,
    TARE__MARK_BAR_HALF,
    TARE__MARK_ELLIPSIS,
    TARE__MARK_ARROW_DOWN
};
/* One column wide (BAR too). */
const char *tare__mark(enum tare__mark m, bool unicode);
enum tare__mark tare__verdict_mark(enum tare_verdict v);
enum tare__ink tare__verdict_ink(enum tare_verdict v, bool bold);
/* "improved" …, "cannot be judged". */
const char *tare__verdict_word(enum tare_verdict v);

#endif
