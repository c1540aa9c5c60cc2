/*
 * Text on a terminal: columns, cutting, and making outside text harmless. Uses utf8proc.
 */
#ifndef TARE_TEXT_WIDTH_H
#define TARE_TEXT_WIDTH_H

#include "base/buf.h"

/* Columns that `s` takes; control characters and invalid bytes count as they are shown by
 * tare_text_safe. */
size_t tare_text_columns(struct tare_str s);
/* Appends `s` with C0, C1, ESC, bidi controls and zero-width characters shown as \u{…}, invalid
 * bytes as \x{..}, at most 16 combining marks in a row; newline and tab too. */
void tare_text_safe(struct tare_buf *out, struct tare_str s);
/* tare_text_safe cut to `columns` with "…" as its last column when something is missing. */
void tare_text_safe_cut(struct tare_buf *out, struct tare_str s, size_t columns);
bool tare_text_is_utf8(struct tare_str s);

#endif
