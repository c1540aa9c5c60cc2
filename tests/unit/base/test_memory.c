#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "fail_alc.h"

static void sizes_refuse_overflow(void **state)
{
    (void)state;
    size_t v = 7;
    assert_true(tare_size_add(SIZE_MAX - 1, 1, &v) && v == SIZE_MAX);
    v = 7;
    assert_false(tare_size_add(SIZE_MAX, 1, &v));
    assert_int_equal(v, 7);
    assert_true(tare_size_mul(SIZE_MAX / 3, 3, &v));
    assert_false(tare_size_mul(SIZE_MAX / 3 + 1, 3, &v));
    assert_true(tare_size_mul(0, SIZE_MAX, &v) && v == 0);
}

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct tare_arena a;
    tare_arena_init(&a, NULL, 1 << 24);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 5000; n += 13) {
            unsigned char *p = tare_arena_alloc(&a, n);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xAB, n);
        }
        tare_arena_reset(&a);
        assert_int_equal(a.used_bytes, 0);
    }
    tare_arena_free(&a);
    assert_int_equal(a.held_bytes, 0);
}

static void arena_comes_back_to_a_mark(void **state)
{
    (void)state;
    struct fail_alc f;
    struct tare_arena a;
    fail_alc_init(&f, 1000);
    tare_arena_init(&a, &f.alc, 1 << 24);
    char *keep = tare_arena_copy(&a, TARE_S("keep")).p ? tare_arena_alloc(&a, 8) : NULL;
    assert_non_null(keep);
    memcpy(keep, "1234567", 8);
    struct tare_arena_mark m = tare_arena_mark(&a);
    size_t used = a.used_bytes;
    assert_non_null(tare_arena_alloc(&a, 100000));
    long asked = 0;
    for (int i = 0; i < 100; i++) {
        tare_arena_rewind(&a, m);
        assert_int_equal(a.used_bytes, used);
        assert_non_null(tare_arena_alloc(&a, 100000));
        if (i == 0)
            asked = f.asked;
    }
    /* The chunk that a rewind frees is used again. */
    assert_int_equal(f.asked, asked);
    assert_string_equal(keep, "1234567");
    tare_arena_free(&a);
    assert_int_equal(f.live, 0);
    assert_int_equal(f.live_bytes, 0);
}

/* The ceiling is on what is held: one byte below, at, and above a single chunk. */
static void arena_ceiling(void **state)
{
    (void)state;
    struct tare_arena probe;
    tare_arena_init(&probe, NULL, SIZE_MAX);
    assert_non_null(tare_arena_alloc(&probe, 10000));
    size_t need = probe.held_bytes;
    tare_arena_free(&probe);
    for (int delta = -1; delta <= 1; delta++) {
        struct tare_arena a;
        tare_arena_init(&a, NULL, need + (size_t)delta);
        void *p = tare_arena_alloc(&a, 10000);
        assert_int_equal(p != NULL, delta >= 0);
        assert_true(a.held_bytes <= a.ceiling_bytes);
        tare_arena_free(&a);
    }
}

static void arena_ceiling_holds_under_small_requests(void **state)
{
    (void)state;
    struct tare_arena a;
    tare_arena_init(&a, NULL, 100000);
    size_t given = 0;
    while (tare_arena_alloc(&a, 40)) {
        given += 40;
        assert_true(a.held_bytes <= a.ceiling_bytes);
    }
    /* Most of the room is usable although chunks double. */
    assert_true(given > 30000);
    tare_arena_free(&a);
}

static void arena_refuses_overflow(void **state)
{
    (void)state;
    struct tare_arena a;
    tare_arena_init(&a, NULL, SIZE_MAX);
    assert_null(tare_arena_alloc(&a, SIZE_MAX));
    assert_null(tare_arena_alloc(&a, SIZE_MAX - 40));
    assert_null(tare_arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(tare_arena_copy(&a, tare_str_n("", SIZE_MAX)).p);
    assert_non_null(TARE_NEW(&a, long));
    tare_arena_free(&a);
}

static void arena_text(void **state)
{
    (void)state;
    struct tare_arena a;
    tare_arena_init(&a, NULL, 1 << 20);
    struct tare_str s = tare_arena_printf(&a, "%s-%d", "abc", 42);
    assert_int_equal(s.n, 6);
    assert_string_equal(s.p, "abc-42");
    s = tare_arena_copy(&a, tare_str_n("a\0b", 3));
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b", 4);
    s = tare_arena_copy(&a, tare_str_n(NULL, 0));
    assert_non_null(s.p);
    tare_arena_free(&a);
}

static void arena_with_each_request_refused(void **state)
{
    (void)state;
    for (long limit = 0;; limit++) {
        struct fail_alc f;
        struct tare_arena a;
        fail_alc_init(&f, limit);
        tare_arena_init(&a, &f.alc, 1 << 24);
        bool ok = true;
        for (size_t n = 1; n < 300000 && ok; n *= 3)
            ok = tare_arena_printf(&a, "%*d", (int)n, 1).n == n;
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
        if (ok)
            break;
        assert_true(limit < 100);
    }
}

static void buf_grows_to_its_maximum(void **state)
{
    (void)state;
    for (size_t n = 999; n <= 1001; n++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, 1000);
        for (size_t i = 0; i < n; i++)
            tare_buf_putc(&b, 'x');
        assert_int_equal(b.failed, n > 1000);
        assert_int_equal(b.n, n > 1000 ? 1000 : n);
        tare_buf_free(&b);
    }
}

static void buf_failure_is_sticky(void **state)
{
    (void)state;
    struct tare_buf b;
    tare_buf_init(&b, NULL, 10);
    tare_buf_puts(&b, "12345678");
    tare_buf_puts(&b, "abc");
    assert_true(b.failed);
    tare_buf_putc(&b, 'x');
    tare_buf_printf(&b, "%d", 1);
    assert_null(tare_buf_room(&b, 1));
    assert_true(tare_str_is(tare_buf_str(&b), "12345678"));
    tare_buf_reset(&b);
    tare_buf_puts(&b, "0123456789");
    assert_false(b.failed);
    assert_int_equal(b.n, 10);
    tare_buf_free(&b);
}

static void buf_prints_up_to_the_last_byte(void **state)
{
    (void)state;
    struct tare_buf b;
    tare_buf_init(&b, NULL, 300);
    tare_buf_printf(&b, "%0300d", 7);
    assert_false(b.failed);
    assert_int_equal(b.n, 300);
    assert_int_equal(b.p[299], '7');
    tare_buf_reset(&b);
    tare_buf_printf(&b, "%0301d", 7);
    assert_true(b.failed);
    tare_buf_free(&b);
    tare_buf_init(&b, NULL, 8);
    tare_buf_puts(&b, NULL);
    tare_buf_put(&b, tare_str_n(NULL, 0));
    assert_non_null(tare_buf_room(&b, 0));
    assert_false(b.failed);
    tare_buf_free(&b);
}

static void buf_with_each_request_refused(void **state)
{
    (void)state;
    for (long limit = 0;; limit++) {
        struct fail_alc f;
        struct tare_buf b;
        fail_alc_init(&f, limit);
        tare_buf_init(&b, &f.alc, 1 << 20);
        for (int i = 0; i < 200; i++)
            tare_buf_printf(&b, "%0*d", i * 3 + 1, i);
        bool ok = !b.failed;
        tare_buf_free(&b);
        assert_int_equal(f.live, 0);
        assert_int_equal(f.live_bytes, 0);
        if (ok)
            break;
        assert_true(limit < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_refuse_overflow),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_comes_back_to_a_mark),
        cmocka_unit_test(arena_ceiling),
        cmocka_unit_test(arena_ceiling_holds_under_small_requests),
        cmocka_unit_test(arena_refuses_overflow),
        cmocka_unit_test(arena_text),
        cmocka_unit_test(arena_with_each_request_refused),
        cmocka_unit_test(buf_grows_to_its_maximum),
        cmocka_unit_test(buf_failure_is_sticky),
        cmocka_unit_test(buf_prints_up_to_the_last_byte),
        cmocka_unit_test(buf_with_each_request_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
