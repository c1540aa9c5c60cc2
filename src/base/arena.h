/*
 * One arena per unit of work: a load, an attempt, a request, a report.
 *
 * Invariants: what is allocated lives until reset, rewind or free; nothing is freed alone;
 * the sum of all live chunks never exceeds the ceiling.
 * Threads: an arena belongs to one thread at a time.
 */
#ifndef TARE_BASE_ARENA_H
#define TARE_BASE_ARENA_H

#include "base/alc.h"
#include "base/str.h"

struct tare_arena_chunk;

struct tare_arena {
    const struct tare_alc *alc;
    struct tare_arena_chunk *head;  /* newest chunk first */
    struct tare_arena_chunk *spare; /* largest chunk out of use, or NULL; counts as held */
    size_t used_bytes;              /* handed out since the last reset, padding included */
    size_t held_bytes;              /* taken from alc */
    size_t ceiling_bytes;
};

/* A place to come back to. */
struct tare_arena_mark {
    struct tare_arena_chunk *head;
    size_t head_used_bytes;
    size_t used_bytes;
};

/* Takes no memory yet. alc NULL means libc. */
void tare_arena_init(struct tare_arena *a, const struct tare_alc *alc, size_t ceiling_bytes);
/* Gives all memory back; the arena may be used again. */
void tare_arena_free(struct tare_arena *a);
/* Forgets all contents, keeps the largest chunk for reuse. */
void tare_arena_reset(struct tare_arena *a);

struct tare_arena_mark tare_arena_mark(const struct tare_arena *a);
void tare_arena_rewind(struct tare_arena *a, struct tare_arena_mark m);

/* Zeroed, aligned to 16 bytes. NULL when out of memory or over the ceiling. n_bytes 0 gives a
 * non-NULL pointer that must not be read. */
void *tare_arena_alloc(struct tare_arena *a, size_t n_bytes);
/* n elements of size bytes; NULL also on overflow. */
void *tare_arena_array(struct tare_arena *a, size_t n, size_t size_bytes);
/* Copies s and appends a NUL that n does not count. {NULL, 0} when out of memory. */
struct tare_str tare_arena_copy(struct tare_arena *a, struct tare_str s);
/* printf into the arena, NUL-terminated. {NULL, 0} when out of memory. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
struct tare_str
tare_arena_printf(struct tare_arena *a, const char *fmt, ...);

#define TARE_NEW(arena, type) ((type *)tare_arena_alloc((arena), sizeof(type)))
#define TARE_NEW_N(arena, type, n) ((type *)tare_arena_array((arena), (n), sizeof(type)))

#endif
