/* The swap test against the sign test it contains, and against its own error rate. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/rng.h"
#include "stats/signflip.h"
#include "stats/swap.h"

static struct tare_swap swap(const double *xa, const double *xb, const double *y, size_t n,
                             struct tare_arena *arena)
{
    struct tare_swap out = {0};
    struct tare_err err = {0};
    if (tare_swap_ratio_diff(xa, y, xb, y, n, 4000, 1, arena, &out, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return out;
}

/* Outcomes of 0 and 1, a unit each: the patterns are those of McNemar's exact test. */
static void test_is_mcnemar(void **state)
{
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    for (uint64_t wins = 0; wins <= 7; wins++)
        for (uint64_t losses = 0; losses + wins <= 14 && losses <= 7; losses++) {
            double xa[40] = {0}, xb[40] = {0}, y[40];
            for (size_t i = 0; i < 40; i++) {
                y[i] = 1;
                xb[i] = i < wins || i >= 30;
                xa[i] = (i >= wins && i < wins + losses) || i >= 30;
            }
            struct tare_swap s = swap(xa, xb, y, 40, &arena);
            assert_int_equal(s.resamples, 0);
            assert_int_equal(s.n_eff, wins + losses);
            double want = tare_sign_test(wins, losses).p_two;
            if (fabs(s.p_two - want) > 1e-12)
                fail_msg("%d wins, %d losses: %g, not %g", (int)wins, (int)losses, s.p_two, want);
        }
    tare_arena_free(&arena);
}

/* Beyond the exact limit the drawn p is near the exact one of the same data, and never 0. */
static void test_drawn(void **state)
{
    struct tare_arena arena;
    double xa[30] = {0}, xb[30] = {0}, y[30], far[30];
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    for (size_t i = 0; i < 30; i++) {
        y[i] = 1;
        far[i] = 1;
        xb[i] = i < 14;
        xa[i] = i >= 14 && i < 20;
    }
    struct tare_swap s = swap(xa, xb, y, 30, &arena);
    double want = tare_sign_test(14, 6).p_two;
    assert_int_equal(s.resamples, 4000);
    assert_true(fabs(s.p_two - want) < 5 * sqrt(want * (1 - want) / 4000) + 1.0 / 4001);
    double none[30] = {0};
    s = swap(none, far, y, 30, &arena);
    assert_true(s.p_two > 0);
    assert_true(fabs(s.p_two - 1.0 / 4001) < 1e-12);
    tare_arena_free(&arena);
}

/* Ratios whose denominators differ, nothing between the arms: p below 0.05 in at most 5 % of 2,000
 * experiments and five of its errors. */
static void test_level(void **state)
{
    struct tare_arena arena;
    int below = 0;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    for (uint64_t e = 0; e < 2000; e++) {
        struct tare_arena_mark mark = tare_arena_mark(&arena);
        double x[2][10], y[2][10];
        struct tare_swap out;
        struct tare_rng r;
        tare_rng_init(&r, 5, TARE_S("test-swap"), e);
        for (size_t i = 0; i < 10; i++) {
            double rate = tare_rng_unit(&r);
            for (int side = 0; side < 2; side++) {
                y[side][i] = 1 + tare_rng_below(&r, 5);
                x[side][i] = 0;
                for (int k = 0; k < (int)y[side][i]; k++)
                    x[side][i] += tare_rng_unit(&r) < rate;
            }
        }
        assert_int_equal(tare_swap_ratio_diff(x[0], y[0], x[1], y[1], 10, 0, 1, &arena, &out, NULL),
                         TARE_OK);
        below += out.p_two <= 0.05;
        tare_arena_rewind(&arena, mark);
    }
    if (below > 100 + 5 * 10 || below < 40)
        fail_msg("%d of 2000 below 0.05", below);
    tare_arena_free(&arena);
}

static void test_refused(void **state)
{
    struct tare_arena arena;
    struct tare_swap out;
    double one[1] = {1}, zero[1] = {0};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_swap_ratio_diff(one, zero, one, one, 1, 0, 1, &arena, &out, NULL),
                     TARE_E_INPUT);
    assert_int_equal(tare_swap_ratio_diff(one, one, one, one, 0, 0, 1, &arena, &out, NULL),
                     TARE_E_INPUT);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_mcnemar),
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
