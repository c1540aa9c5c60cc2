/* Files of the shared folder, read at run time; where it is absent, tests are skipped. */
#ifndef TARE_TESTS_SHARED_H
#define TARE_TESTS_SHARED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/limits.h"

/* Path below $TARE_SHARED, or skips the test. */
static inline struct tare_str shared_path(struct tare_arena *arena, const char *name)
{
    const char *root = getenv("TARE_SHARED");
    struct tare_str path = tare_arena_printf(arena, "%s/%s", root ? root : "../shared", name);
    if (!tare_fs_exists(path)) {
        tare_arena_free(arena);
        skip();
    }
    return path;
}

#endif
