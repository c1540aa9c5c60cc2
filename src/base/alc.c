#include "base/alc.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/os.h"

#include "base/banned.h"

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define HUGE_FROM_BYTES ((size_t)4 << 20) /* below, what is left over of a page would count */

static void *libc_get(void *ctx, size_t n_bytes)
{
    (void)ctx;
    if (n_bytes < HUGE_FROM_BYTES || n_bytes > SIZE_MAX - HUGE_PAGE_BYTES)
        return malloc(n_bytes ? n_bytes : 1);
    size_t whole = n_bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    size_t rounded = whole == n_bytes ? whole : whole + HUGE_PAGE_BYTES;
    void *p = aligned_alloc(HUGE_PAGE_BYTES, rounded);
    if (p)
        tare_os_want_huge(p, whole);
    return p;
}

static void libc_put(void *ctx, void *p, size_t n_bytes)
{
    (void)ctx;
    (void)n_bytes;
    free(p);
}

const struct tare_alc *tare_alc_libc(void)
{
    static const struct tare_alc libc_alc = {libc_get, libc_put, NULL, NULL};
    return &libc_alc;
}

static void *watch_get(void *ctx, size_t n_bytes)
{
    struct tare_alc_watch *w = ctx;
    void *p = w->below->get(w->below->ctx, n_bytes);
    w->refused = w->refused || !p;
    return p;
}

static void watch_put(void *ctx, void *p, size_t n_bytes)
{
    const struct tare_alc_watch *w = ctx;
    w->below->put(w->below->ctx, p, n_bytes);
}

static void watch_full(void *ctx)
{
    struct tare_alc_watch *w = ctx;
    w->full = true;
    if (w->below->full)
        w->below->full(w->below->ctx);
}

void tare_alc_watch_init(struct tare_alc_watch *w, const struct tare_alc *below)
{
    *w = (struct tare_alc_watch){.alc = {watch_get, watch_put, w, watch_full},
                                 .below = below ? below : tare_alc_libc()};
}

void tare_alc_watch_clear(struct tare_alc_watch *w)
{
    w->full = w->refused = false;
}

bool tare_alc_watch_own(const struct tare_alc_watch *w)
{
    return w && w->full && !w->refused;
}

bool tare_size_add(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a)
        return false;
    *out = a + b;
    return true;
}

bool tare_size_mul(size_t a, size_t b, size_t *out)
{
    if (a != 0 && b > SIZE_MAX / a)
        return false;
    *out = a * b;
    return true;
}
