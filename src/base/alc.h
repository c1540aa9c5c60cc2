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
    /* An arena or a buffer refused by its own ceiling, without asking here; may be NULL. */
    void (*full)(void *ctx);
};

/* malloc and free. Never NULL; process-wide constant. */
const struct tare_alc *tare_alc_libc(void);

/*
 * Passes everything on to another allocator and remembers why something was refused since the last
 * tare_alc_watch_clear: by an own ceiling of an arena or buffer, or by the allocator below. One
 * thread at a time; lives longer than what it gave is used through it, and what it gave may be put
 * back below.
 */
struct tare_alc_watch {
    struct tare_alc alc;
    const struct tare_alc *below;
    bool full, refused;
};
/* below NULL means libc. The watch stays where it is: its address is its context. */
void tare_alc_watch_init(struct tare_alc_watch *w, const struct tare_alc *below);
void tare_alc_watch_clear(struct tare_alc_watch *w);
/* A ceiling was met and the machine gave all it was asked for. False for NULL. */
bool tare_alc_watch_own(const struct tare_alc_watch *w);

/* a + b (a * b) into *out; false, and *out untouched, when it does not fit. */
bool tare_size_add(size_t a, size_t b, size_t *out);
bool tare_size_mul(size_t a, size_t b, size_t *out);

#endif
