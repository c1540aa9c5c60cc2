/* Helpers shared by the tests of the text room. */
#ifndef TARE_TESTS_TEXT_TEST_H
#define TARE_TESTS_TEXT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "text/json.h"

/* An allocator that refuses the request number `refuse_at` (from 0) and all after it, and counts
 * what is not given back. */
struct failing {
    struct tare_alc alc;
    long requests, refuse_at;
    long live;
};

static inline void *failing_get(void *ctx, size_t n)
{
    struct failing *f = ctx;
    if (f->requests++ >= f->refuse_at)
        return NULL;
    void *p = malloc(n);
    f->live += p != NULL;
    return p;
}

static inline void failing_put(void *ctx, void *p, size_t n)
{
    struct failing *f = ctx;
    (void)n;
    f->live--;
    free(p);
}

static inline void failing_init(struct failing *f, long refuse_at)
{
    *f = (struct failing){.alc = {.get = failing_get, .put = failing_put, .ctx = f},
                          .refuse_at = refuse_at};
}

/* Path of a file in the shared folder, or NULL when the folder is not there. */
static inline const char *shared_path(const char *name, char out[1024])
{
    const char *dir = getenv("TARE_SHARED");
    snprintf(out, 1024, "%s/%s", dir ? dir : "../shared", name);
    FILE *f = fopen(out, "r");
    if (f)
        fclose(f);
    return f ? out : NULL;
}

/* A copy of `text` in memory of exactly its size, so that a sanitizer sees every byte read beyond.
 * Free it. */
static inline struct tare_str tight(const char *text, size_t n)
{
    char *p = malloc(n ? n : 1);
    assert_non_null(p);
    memcpy(p, text, n);
    return tare_str_n(p, n);
}

#endif
