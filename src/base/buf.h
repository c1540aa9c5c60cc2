/*
 * Bytes that grow up to a stated maximum.
 *
 * Failure is sticky: after the first append that does not fit (or finds no memory) `failed` is
 * set, later appends do nothing, and the caller checks once at the end. What was appended
 * before stays readable.
 */
#ifndef TARE_BASE_BUF_H
#define TARE_BASE_BUF_H

#include "base/alc.h"
#include "base/str.h"

struct tare_buf {
    const struct tare_alc *alc;
    char *p;
    size_t n, cap, max;
    bool failed;
};

/* Takes no memory yet. alc NULL means libc. */
void tare_buf_init(struct tare_buf *b, const struct tare_alc *alc, size_t max_bytes);
void tare_buf_free(struct tare_buf *b);
/* Empties it, keeps the memory, clears `failed`. */
void tare_buf_reset(struct tare_buf *b);

void tare_buf_put(struct tare_buf *b, struct tare_str s);
void tare_buf_putc(struct tare_buf *b, char c);
void tare_buf_puts(struct tare_buf *b, const char *cstr);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void tare_buf_printf(struct tare_buf *b, const char *fmt, ...);
/* Room for n more bytes at the end, or NULL (and failed). The caller then adds to b->n. */
char *tare_buf_room(struct tare_buf *b, size_t n);

static inline struct tare_str tare_buf_str(const struct tare_buf *b)
{
    return (struct tare_str){b->p, b->n};
}

#endif
