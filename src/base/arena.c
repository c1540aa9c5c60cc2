#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/poison.h"

#include "base/banned.h"

#define ALIGN 16u
#define FIRST_CHUNK_BYTES ((size_t)4096)
#define MAX_CHUNK_BYTES ((size_t)1024 * 1024)

/*
 * A chunk:   | header | a | gap | b | gap | … free … |
 *                     ^ data                         ^ data + size
 * The gaps exist only under the address sanitizer; they and the free part are poisoned.
 */
struct tare_arena_chunk {
    struct tare_arena_chunk *next; /* older */
    size_t size, used;             /* of the data part */
};

#define HEADER_BYTES ((sizeof(struct tare_arena_chunk) + ALIGN - 1) / ALIGN * ALIGN)

static char *chunk_data(struct tare_arena_chunk *c)
{
    return (char *)c + HEADER_BYTES;
}

void tare_arena_init(struct tare_arena *a, const struct tare_alc *alc, size_t ceiling_bytes)
{
    *a = (struct tare_arena){.alc = alc ? alc : tare_alc_libc(), .ceiling_bytes = ceiling_bytes};
}

static void chunk_free(struct tare_arena *a, struct tare_arena_chunk *c)
{
    size_t n = HEADER_BYTES + c->size;
    TARE_UNPOISON(chunk_data(c), c->size);
    a->held_bytes -= n;
    a->alc->put(a->alc->ctx, c, n);
}

void tare_arena_free(struct tare_arena *a)
{
    if (a->spare)
        chunk_free(a, a->spare);
    a->spare = NULL;
    while (a->head) {
        struct tare_arena_chunk *c = a->head;
        a->head = c->next;
        chunk_free(a, c);
    }
    a->used_bytes = 0;
}

/* Takes a chunk out of use; the largest such chunk is kept, so that a loop of mark and rewind
 * does not ask the allocator each time. */
static void chunk_retire(struct tare_arena *a, struct tare_arena_chunk *c)
{
    TARE_POISON(chunk_data(c), c->size);
    if (a->spare && a->spare->size >= c->size) {
        chunk_free(a, c);
        return;
    }
    if (a->spare)
        chunk_free(a, a->spare);
    a->spare = c;
}

void tare_arena_reset(struct tare_arena *a)
{
    tare_arena_rewind(a, (struct tare_arena_mark){0});
}

struct tare_arena_mark tare_arena_mark(const struct tare_arena *a)
{
    return (struct tare_arena_mark){a->head, a->head ? a->head->used : 0, a->used_bytes};
}

void tare_arena_rewind(struct tare_arena *a, struct tare_arena_mark m)
{
    while (a->head != m.head) {
        struct tare_arena_chunk *c = a->head;
        a->head = c->next;
        chunk_retire(a, c);
    }
    if (a->head) {
        TARE_POISON(chunk_data(a->head) + m.head_used_bytes, a->head->used - m.head_used_bytes);
        a->head->used = m.head_used_bytes;
    }
    a->used_bytes = m.used_bytes;
}

static void chunk_push(struct tare_arena *a, struct tare_arena_chunk *c)
{
    c->used = 0;
    c->next = a->head;
    a->head = c;
}

/* A new head with room for n bytes (already rounded); false when over the ceiling or refused. */
static bool chunk_add(struct tare_arena *a, size_t n)
{
    if (a->spare && a->spare->size >= n) {
        struct tare_arena_chunk *c = a->spare;
        a->spare = NULL;
        chunk_push(a, c);
        return true;
    }
    size_t want = a->head ? a->head->size * 2 : FIRST_CHUNK_BYTES - HEADER_BYTES;
    if (want > MAX_CHUNK_BYTES - HEADER_BYTES)
        want = MAX_CHUNK_BYTES - HEADER_BYTES;
    if (want < n)
        want = n;
    if (a->spare && a->held_bytes + HEADER_BYTES + want > a->ceiling_bytes) {
        chunk_free(a, a->spare);
        a->spare = NULL;
    }
    size_t left = a->ceiling_bytes > a->held_bytes ? a->ceiling_bytes - a->held_bytes : 0;
    if (left < HEADER_BYTES || left - HEADER_BYTES < n) {
        if (a->alc->full)
            a->alc->full(a->alc->ctx);
        return false;
    }
    if (left - HEADER_BYTES < want)
        want = n; /* near the ceiling: only what is asked for */
    struct tare_arena_chunk *c = a->alc->get(a->alc->ctx, HEADER_BYTES + want);
    if (!c)
        return false;
    c->size = want;
    a->held_bytes += HEADER_BYTES + want;
    TARE_POISON(chunk_data(c), want);
    chunk_push(a, c);
    return true;
}

void *tare_arena_alloc(struct tare_arena *a, size_t n_bytes)
{
    size_t n = 0;
    if (!tare_size_add(n_bytes ? n_bytes : 1, ALIGN - 1 + TARE_RED_ZONE_BYTES, &n))
        return NULL;
    n = n / ALIGN * ALIGN;
    if ((!a->head || a->head->size - a->head->used < n) && !chunk_add(a, n))
        return NULL;
    char *p = chunk_data(a->head) + a->head->used;
    a->head->used += n;
    a->used_bytes += n;
    TARE_UNPOISON(p, n_bytes);
    if (n_bytes)
        memset(p, 0, n_bytes);
    return p;
}

void *tare_arena_array(struct tare_arena *a, size_t n, size_t size_bytes)
{
    size_t total = 0;
    return tare_size_mul(n, size_bytes, &total) ? tare_arena_alloc(a, total) : NULL;
}

struct tare_str tare_arena_copy(struct tare_arena *a, struct tare_str s)
{
    size_t n = 0;
    char *p = tare_size_add(s.n, 1, &n) ? tare_arena_alloc(a, n) : NULL;
    if (!p)
        return (struct tare_str){NULL, 0};
    if (s.n)
        memcpy(p, s.p, s.n);
    return tare_str_n(p, s.n);
}

struct tare_str tare_arena_printf(struct tare_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n >= 0 ? tare_arena_alloc(a, (size_t)n + 1) : NULL;
    if (p)
        n = vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p && n >= 0 ? tare_str_n(p, (size_t)n) : (struct tare_str){NULL, 0};
}
