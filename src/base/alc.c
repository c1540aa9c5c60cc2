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
    static const struct tare_alc libc_alc = {libc_get, libc_put, NULL};
    return &libc_alc;
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
