/*
 * UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef TARE_TEXT_UTF8_H
#define TARE_TEXT_UTF8_H

#include "base/str.h"

/* Decodes the sequence at p (p < end): its length and code point, or 0 when it is not valid. */
unsigned tare_utf8_decode(const char *p, const char *end, uint32_t *cp);
/* Writes 1 to 4 bytes for a code point that is not a surrogate and not above U+10FFFF. */
unsigned tare_utf8_encode(uint32_t cp, char out[4]);
/* Offset of the first byte that does not belong to valid UTF-8, or s.n. */
size_t tare_utf8_valid_bytes(struct tare_str s);
/* Number of code points of valid text; each invalid byte counts as one. */
size_t tare_utf8_count(struct tare_str s);

#endif
