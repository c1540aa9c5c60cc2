/*
 * Where memory comes from: one small interface, so that tests can fail the n-th request.
 */
#ifndef TARE_BASE_ALC_H
#define TARE_BASE_ALC_H

#include <stdbool.h>
#include <stddef.h>

struct tare_alc {
    void *(*get)(void *ctx, size_t n_bytes);         /* NULL when refused */
    void (*put)(void *ctx, void *p, size_t n_bytes); /* p from get, never NULL */
    void *ctx;
};

/* malloc and free. Never NULL; process-wide constant. */
const struct tare_alc *tare_alc_libc(void);

/* a + b (a * b) into *out; false, and *out untouched, when it does not fit. */
bool tare_size_add(size_t a, size_t b, size_t *out);
bool tare_size_mul(size_t a, size_t b, size_t *out);

#endif
