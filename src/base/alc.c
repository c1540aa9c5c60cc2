#include "base/alc.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/banned.h"

static void *libc_get(void *ctx, size_t n_bytes)
{
    (void)ctx;
    return malloc(n_bytes ? n_bytes : 1);
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
