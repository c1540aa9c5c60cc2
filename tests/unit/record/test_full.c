/*
 * A disk that is really full (F6): a tmpfs of a few hundred KiB, where this process may mount one;
 * skipped elsewhere. What was acknowledged is there, and after room is made a resume gives the
 * result of a run nobody disturbed.
 */
#define _DEFAULT_SOURCE /* mount(2) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "record/upkeep.h"

#include "base/banned.h"

#define TASKS 60
#define ALL (TASKS * 2 * 4)
#define STEPS 40

static bool mount_small(const char *folder, unsigned kib, bool again)
{
    char size[32];
    (void)snprintf(size, sizeof size, "size=%uk", kib);
    return mount("tmpfs", folder, "tmpfs", again ? MS_REMOUNT : 0, size) == 0;
}

static enum tare_status play(struct fixture *f, uint8_t *flags, uint32_t *n,
                             struct tare_digest *sum, struct tare_err *err)
{
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    struct tare_arena arena;
    struct tare_store_options o = {.size = sizeof o, .create = true};
    *err = (struct tare_err){0};
    tare_arena_init(&arena, NULL, (size_t)1 << 28);
    enum tare_status st = tare_store_open(tare_str_of(f->path), &o, &s, err);
    if (!st)
        st = tare_store_plan(s, &f->plan, &info, err);
    if (!st)
        st = tare_store_release(s, TARE_S("me"), err);
    if (!st)
        st = fixture_play(f, s, info.id, "me", UINT32_MAX, 16, STEPS, flags, n, err);
    if (!st)
        *sum = fixture_sum(s, info.id, &arena);
    tare_store_close(s);
    tare_arena_free(&arena);
    return st;
}

static void check_kept(struct fixture *f, const uint8_t *flags)
{
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    struct tare_batch_view b;
    struct tare_err err = {0};
    struct tare_arena arena;
    bool found = false;
    struct tare_store_options o = {.size = sizeof o};
    tare_arena_init(&arena, NULL, (size_t)1 << 28);
    assert_fine(tare_store_open(tare_str_of(f->path), &o, &s, &err), &err);
    assert_fine(tare_store_find_batch(s, &f->plan.identity, &info, &found, &err), &err);
    assert_true(found);
    assert_fine(tare_store_batch(s, info.id, &arena, &b, &err), &err);
    for (uint32_t i = 0; i < ALL; i++) {
        struct tare_attempt a;
        if (flags[i])
            assert_fine(tare_store_attempt(s, b.runs[i / (TASKS * 4)].id, i % (TASKS * 4) / 4,
                                           i % 4, TARE_WITH_ALL, &arena, &a, &err),
                        &err);
    }
    tare_store_close(s);
    tare_arena_free(&arena);
}

static void full_disks(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err;
    struct tare_digest undisturbed, sum;
    uint32_t n = 0, was_full = 0;
    fixture_begin(&f, TASKS, 2, 4);
    f.plan.reuse = true;
    assert_fine(play(&f, NULL, &n, &undisturbed, &err), &err);
    fixture_end(&f);
    for (unsigned kib = 400; kib <= 4000; kib += fixture_nightly() ? 20 : 300) {
        static uint8_t flags[ALL];
        memset(flags, 0, sizeof flags);
        n = 0;
        fixture_begin(&f, TASKS, 2, 4);
        f.plan.reuse = true;
        if (!mount_small(f.folder, kib, false)) {
            fixture_end(&f);
            skip();
        }
        enum tare_status st = play(&f, flags, &n, &sum, &err);
        if (st) {
            was_full++;
            assert_int_equal(st, TARE_E_IO);
            assert_non_null(strstr(err.text, "disk is full"));
            assert_non_null(strstr(err.hint, "free at least"));
        }
        assert_true(mount_small(f.folder, 65536, true));
        if (n)
            check_kept(&f, flags);
        assert_fine(play(&f, flags, &n, &sum, &err), &err);
        assert_int_equal(n, ALL);
        assert_true(tare_digest_eq(sum, undisturbed));
        assert_int_equal(umount(f.folder), 0);
        fixture_end(&f);
    }
    assert_true(was_full > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(full_disks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
