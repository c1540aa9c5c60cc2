/*
 * An arena as the state of cmocka's tests, for a group or for each of them.
 */
#ifndef TARE_TESTS_STATE_ARENA_H
#define TARE_TESTS_STATE_ARENA_H

#include "base/arena.h"
#include "base/limits.h"

static inline int arena_open(void **state)
{
    static struct tare_arena kept;
    tare_arena_init(&kept, NULL, TARE_GIB);
    *state = &kept;
    return 0;
}

static inline int arena_close(void **state)
{
    tare_arena_free(*state);
    return 0;
}

#endif
