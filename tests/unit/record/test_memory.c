/*
 * Memory that runs out (F12): the n-th request of SQLite, or of the store itself, is refused. The
 * call says "out of memory" (or manages without), nothing leaks (the sanitizer build looks), and
 * the store is whole afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "record/store_int.h"
#include "record/upkeep.h"

#include "base/banned.h"

/* The test program is one thread; SQLite's hooks have no context. */
static struct {
    sqlite3_mem_methods real;
    uint64_t sqlite_at, sqlite_n, ours_at, ours_n, ours_live;
    bool struck;
} memory;

static bool refuse(uint64_t at, uint64_t *n)
{
    bool now = at && ++*n == at;
    memory.struck = memory.struck || now;
    return now;
}

static void *sqlite_get(int n)
{
    return refuse(memory.sqlite_at, &memory.sqlite_n) ? NULL : memory.real.xMalloc(n);
}

static void *sqlite_resize(void *p, int n)
{
    return refuse(memory.sqlite_at, &memory.sqlite_n) ? NULL : memory.real.xRealloc(p, n);
}

static void *our_get(void *ctx, size_t n)
{
    (void)ctx;
    if (refuse(memory.ours_at, &memory.ours_n))
        return NULL;
    memory.ours_live++;
    return malloc(n);
}

static void our_put(void *ctx, void *p, size_t n)
{
    (void)ctx, (void)n;
    memory.ours_live--;
    free(p);
}

static const struct tare_alc ours = {our_get, our_put, NULL, NULL};

static int install(void **state)
{
    (void)state;
    sqlite3_mem_methods m;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real) != SQLITE_OK)
        return -1;
    m = memory.real;
    m.xMalloc = sqlite_get;
    m.xRealloc = sqlite_resize;
    /* Small requests must come through the hooks too. */
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &m) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
        return -1;
    return 0;
}

static enum tare_status everything(struct fixture *f, struct tare_err *err)
{
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    struct tare_check_report report;
    struct tare_arena arena;
    uint32_t n = 0;
    struct tare_store_options o = {.size = sizeof o, .create = true, .alc = &ours};
    *err = (struct tare_err){0};
    tare_arena_init(&arena, NULL, (size_t)1 << 28);
    enum tare_status st = tare_store_open(tare_str_of(f->path), &o, &s, err);
    if (!st)
        st = tare_store_plan(s, &f->plan, &info, err);
    if (!st)
        st = tare_store_release(s, TARE_S("me"), err);
    if (!st)
        st = fixture_play(f, s, info.id, "me", UINT32_MAX, 4, 6, NULL, &n, err);
    if (!st)
        st = tare_store_check(s, true, &arena, &report, err);
    tare_store_close(s);
    tare_arena_free(&arena);
    return st;
}

static void one(struct fixture *f, uint64_t sqlite_at, uint64_t ours_at)
{
    struct tare_err err;
    memory.sqlite_at = sqlite_at;
    memory.ours_at = ours_at;
    memory.sqlite_n = memory.ours_n = 0;
    memory.struck = false;
    enum tare_status st = everything(f, &err);
    memory.sqlite_at = memory.ours_at = 0;
    if (st != TARE_OK && st != TARE_E_NOMEM)
        fail_msg("request %llu/%llu: %s: %s", (unsigned long long)sqlite_at,
                 (unsigned long long)ours_at, tare_status_name(st), err.text);
    if (st)
        assert_true(err.text[0]);
    assert_int_equal(memory.ours_live, 0);
    st = everything(f, &err);
    if (st)
        fail_msg("after request %llu: %s", (unsigned long long)sqlite_at, err.text);
}

static void refused_requests(void **state)
{
    (void)state;
    uint64_t total = 1, ours_total = 1, step = 1, struck = 0, tried = 0;
    for (uint64_t at = 1; at <= total; at += step) {
        struct fixture f;
        fixture_begin(&f, 4, 1, 2);
        f.plan.reuse = true;
        one(&f, at, 0);
        struck += memory.struck;
        tried++;
        if (at == 1) { /* how many there are when nothing is refused */
            struct tare_err err;
            (void)unlink(f.path);
            memory.sqlite_at = memory.ours_at = UINT64_MAX;
            memory.sqlite_n = memory.ours_n = 0;
            assert_fine(everything(&f, &err), &err);
            total = memory.sqlite_n;
            ours_total = memory.ours_n;
            step = fixture_nightly() ? 1 : total / 60 + 1;
        }
        fixture_end(&f);
    }
    assert_true(struck > tried / 2);
    for (uint64_t at = 1; at <= ours_total; at++) {
        struct fixture f;
        fixture_begin(&f, 4, 1, 2);
        f.plan.reuse = true;
        one(&f, 0, at);
        fixture_end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused_requests)};
    return cmocka_run_group_tests(tests, install, NULL);
}
