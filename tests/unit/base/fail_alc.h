/*
 * An allocator that refuses the request after the first `limit` ones and counts what is live, for
 * the loop "fail each request in turn".
 */
#ifndef TARE_TESTS_FAIL_ALC_H
#define TARE_TESTS_FAIL_ALC_H

#include <stdlib.h>

#include "base/alc.h"

struct fail_alc {
    struct tare_alc alc;
    long limit, asked, live;
    size_t live_bytes;
};

static inline void *fail_alc_get(void *ctx, size_t n_bytes)
{
    struct fail_alc *f = ctx;
    if (f->asked++ >= f->limit)
        return NULL;
    void *p = malloc(n_bytes ? n_bytes : 1);
    if (p) {
        f->live++;
        f->live_bytes += n_bytes;
    }
    return p;
}

static inline void fail_alc_put(void *ctx, void *p, size_t n_bytes)
{
    struct fail_alc *f = ctx;
    f->live--;
    f->live_bytes -= n_bytes;
    free(p);
}

static inline void fail_alc_init(struct fail_alc *f, long limit)
{
    *f = (struct fail_alc){{fail_alc_get, fail_alc_put, f, NULL}, limit, 0, 0, 0};
}

#endif
