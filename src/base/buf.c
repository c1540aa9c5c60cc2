#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

void tare_buf_init(struct tare_buf *b, const struct tare_alc *alc, size_t max_bytes)
{
    *b = (struct tare_buf){.alc = alc ? alc : tare_alc_libc(), .max = max_bytes};
}

void tare_buf_free(struct tare_buf *b)
{
    if (b->p)
        b->alc->put(b->alc->ctx, b->p, b->cap);
    b->p = NULL;
    b->n = b->cap = 0;
    b->failed = false;
}

void tare_buf_reset(struct tare_buf *b)
{
    b->n = 0;
    b->failed = false;
}

static bool grow(struct tare_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    char *p = b->alc->get(b->alc->ctx, cap);
    if (!p)
        return false;
    if (b->n)
        memcpy(p, b->p, b->n);
    if (b->p)
        b->alc->put(b->alc->ctx, b->p, b->cap);
    b->p = p;
    b->cap = cap;
    return true;
}

char *tare_buf_room(struct tare_buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    bool full = n > b->max - b->n;
    if (full && b->alc->full)
        b->alc->full(b->alc->ctx);
    if (full || (b->n + n > b->cap && !grow(b, b->n + n))) {
        b->failed = true;
        return NULL;
    }
    /* Nothing asked for and nothing held: still a pointer, so that NULL always means failed. */
    if (!b->p && !grow(b, 0)) {
        b->failed = true;
        return NULL;
    }
    return b->p + b->n;
}

void tare_buf_put(struct tare_buf *b, struct tare_str s)
{
    if (s.n == 0)
        return;
    char *p = tare_buf_room(b, s.n);
    if (!p)
        return;
    memcpy(p, s.p, s.n);
    b->n += s.n;
}

void tare_buf_putc(struct tare_buf *b, char c)
{
    if (b->n < b->cap && !b->failed)
        b->p[b->n++] = c;
    else
        tare_buf_put(b, tare_str_n(&c, 1));
}

void tare_buf_puts(struct tare_buf *b, const char *cstr)
{
    tare_buf_put(b, tare_str_of(cstr));
}

void tare_buf_printf(struct tare_buf *b, const char *fmt, ...)
{
    va_list ap;
    char small[128];
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if ((size_t)n < sizeof small) {
        tare_buf_put(b, tare_str_n(small, (size_t)n));
        return;
    }
    /* vsnprintf ends its text with a NUL, for which a full buffer may have no place. */
    size_t with_nul = (size_t)n + 1;
    char *p = b->alc->get(b->alc->ctx, with_nul);
    if (!p) {
        b->failed = true;
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(p, with_nul, fmt, ap);
    va_end(ap);
    tare_buf_put(b, tare_str_n(p, (size_t)n));
    b->alc->put(b->alc->ctx, p, with_nul);
}
