/*
 * The arena of a test program: `arena` lives from setup to teardown of the group.
 */
#ifndef TARE_TESTS_TEST_ARENA_H
#define TARE_TESTS_TEST_ARENA_H

#include "base/arena.h"
#include "base/limits.h"

static struct tare_arena arena;

static inline int arena_setup(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    return 0;
}

static inline int arena_teardown(void **state)
{
    (void)state;
    tare_arena_free(&arena);
    return 0;
}

#endif
