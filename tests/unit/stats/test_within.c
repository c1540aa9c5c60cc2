/* Dealing attempts again within each task: against every deal written out, and against chance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "stats/within.h"

#define TASKS 4u
#define MOST 4u

struct data {
    double a[TASKS][MOST], b[TASKS][MOST];
    const double *pa[2 * TASKS], *pb[2 * TASKS];
    uint32_t ka[2 * TASKS], kb[2 * TASKS];
};

static struct tare_within_in input(struct data *d, double step)
{
    return (struct tare_within_in){
        .n = TASKS, .a = d->pa, .b = d->pb, .k_a = d->ka, .k_b = d->kb, .step = step};
}

static void draw(struct data *d, struct tare_rng *rng, uint32_t levels, double step)
{
    for (uint32_t t = 0; t < TASKS; t++) {
        d->ka[t] = 1 + tare_rng_below(rng, MOST - 1);
        d->kb[t] = 1 + tare_rng_below(rng, MOST - 1);
        for (uint32_t j = 0; j < MOST; j++) {
            d->a[t][j] = step * tare_rng_below(rng, levels);
            d->b[t][j] = step * tare_rng_below(rng, levels);
        }
        d->pa[t] = d->a[t];
        d->pb[t] = d->b[t];
    }
}

static unsigned bits(unsigned x)
{
    unsigned n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

/* Share of all deals at least as far from 0 as `seen`, task by task, each deal equally likely. */
static double every_deal(const struct data *d, uint32_t t, double sum, double seen)
{
    if (t == TASKS)
        return fabs(sum) >= seen - 1e-9;
    uint32_t k = d->ka[t] + d->kb[t], deals = 0;
    double p = 0;
    for (unsigned to_b = 0; to_b < 1u << k; to_b++) {
        if (bits(to_b) != d->kb[t])
            continue;
        double a = 0, b = 0;
        for (uint32_t j = 0; j < k; j++) {
            double x = j < d->ka[t] ? d->a[t][j] : d->b[t][j - d->ka[t]];
            *(to_b >> j & 1 ? &b : &a) += x;
        }
        deals++;
        p += every_deal(d, t + 1, sum + b / d->kb[t] - a / d->ka[t], seen);
    }
    return p / deals;
}

static void test_exact_is_every_deal(void **state)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_rng rng;
    (void)state;
    tare_rng_init(&rng, 5, TARE_S("within"), 0);
    tare_arena_init(&arena, NULL, (size_t)1 << 26);
    static const struct {
        uint32_t levels;
        double step;
    } kinds[] = {{2, 1}, {5, 0.25}, {4, 1.0 / 3}};
    for (int i = 0; i < 60; i++) {
        struct data d;
        struct tare_within_test got, mc;
        draw(&d, &rng, kinds[i % 3].levels, kinds[i % 3].step);
        struct tare_within_in in = input(&d, kinds[i % 3].step);
        assert_int_equal(tare_within_permutation(&in, &arena, &got, &err), TARE_OK);
        assert_int_equal(got.resamples, 0);
        double want = every_deal(&d, 0, 0, fabs(got.diff) * TASKS);
        assert_true(fabs(got.p_two - want) < 1e-12);
        assert_true(got.smallest_p <= got.p_two + 1e-12);
        in.step = 0;
        in.resamples = 4000;
        assert_int_equal(tare_within_permutation(&in, &arena, &mc, &err), TARE_OK);
        if (got.informative) {
            assert_int_equal(mc.resamples, 4000);
            assert_true(fabs(mc.p_two - want) < 4 * sqrt(want * (1 - want) / 4000) + 1e-3);
        }
    }
    tare_arena_free(&arena);
}

/* One task of passes and fails is Fisher's exact test: 3 of 4 against 0 of 4 is 2 * 4 / 56. */
static void test_one_task_is_fishers(void **state)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_within_test got;
    const double a[] = {0, 0, 0, 0}, b[] = {1, 1, 1, 0};
    const double *pa = a, *pb = b;
    const uint32_t k = 4;
    struct tare_within_in in = {.n = 1, .a = &pa, .b = &pb, .k_a = &k, .k_b = &k, .step = 1};
    (void)state;
    tare_arena_init(&arena, NULL, 1 << 20);
    assert_int_equal(tare_within_permutation(&in, &arena, &got, &err), TARE_OK);
    assert_true(fabs(got.p_two - 2 * 4.0 / 56) < 1e-12);
    assert_true(fabs(got.diff - 0.75) < 1e-15);
    in.b = &pa;
    assert_int_equal(tare_within_permutation(&in, &arena, &got, &err), TARE_OK);
    assert_true(got.p_two == 1 && got.informative == 0);
    struct tare_within_se se = tare_within_se(&in);
    assert_non_null(se.se.why);
    assert_non_null(tare_within_interval(0, &se, 0.95).why);
    tare_arena_free(&arena);
}

static void test_swap_and_double(void **state)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_rng rng;
    (void)state;
    tare_rng_init(&rng, 6, TARE_S("within"), 1);
    tare_arena_init(&arena, NULL, (size_t)1 << 24);
    for (int i = 0; i < 20; i++) {
        struct data d;
        struct tare_within_test x, y;
        draw(&d, &rng, 2, 1);
        for (uint32_t t = 0; t < TASKS; t++)
            d.ka[t] = d.kb[t] = MOST;
        struct tare_within_in in = input(&d, 1), turned = in;
        turned.a = in.b;
        turned.b = in.a;
        assert_int_equal(tare_within_permutation(&in, &arena, &x, &err), TARE_OK);
        assert_int_equal(tare_within_permutation(&turned, &arena, &y, &err), TARE_OK);
        assert_true(fabs(x.p_two - y.p_two) < 1e-12 && fabs(x.diff + y.diff) < 1e-15);
        struct tare_within_se one = tare_within_se(&in);
        for (uint32_t t = 0; t < TASKS; t++) {
            d.pa[TASKS + t] = d.pa[t];
            d.pb[TASKS + t] = d.pb[t];
            d.ka[TASKS + t] = d.kb[TASKS + t] = MOST;
        }
        in.n = 2 * TASKS;
        struct tare_within_se two = tare_within_se(&in);
        if (!one.se.why)
            assert_true(fabs(one.se.v / two.se.v - sqrt(2)) < 1e-12);
    }
    tare_arena_free(&arena);
}

/* Where nothing changed the test errs in at most its level, and the interval holds 0. */
static void test_keeps_its_level(void **state)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    uint32_t wrong = 0, covered = 0, with = 0, rounds = 2000;
    (void)state;
    tare_arena_init(&arena, NULL, (size_t)1 << 24);
    for (uint32_t r = 0; r < rounds; r++) {
        enum { N = 20, K = 4 };
        double a[N][K], b[N][K];
        const double *pa[N], *pb[N];
        uint32_t k[N];
        struct tare_rng rng;
        struct tare_arena_mark mark = tare_arena_mark(&arena);
        tare_rng_init(&rng, 7, TARE_S("within"), r);
        for (int t = 0; t < N; t++) {
            double rate = 0.2 + 0.6 * tare_rng_unit(&rng);
            for (int j = 0; j < K; j++) {
                a[t][j] = tare_rng_unit(&rng) < rate;
                b[t][j] = tare_rng_unit(&rng) < rate;
            }
            pa[t] = a[t];
            pb[t] = b[t];
            k[t] = K;
        }
        struct tare_within_in in = {.n = N, .a = pa, .b = pb, .k_a = k, .k_b = k, .step = 1};
        struct tare_within_test got;
        assert_int_equal(tare_within_permutation(&in, &arena, &got, &err), TARE_OK);
        struct tare_within_se se = tare_within_se(&in);
        struct tare_interval ci = tare_within_interval(got.diff, &se, 0.95);
        wrong += got.p_two <= 0.05;
        with += !ci.why;
        covered += !ci.why && ci.lo <= 0 && ci.hi >= 0;
        tare_arena_rewind(&arena, mark);
    }
    assert_true(wrong <= 0.05 * rounds + 3 * sqrt(0.05 * 0.95 * rounds));
    assert_true(wrong >= 0.02 * rounds);
    assert_int_equal(with, rounds);
    assert_true(covered >= 0.935 * rounds && covered <= 0.97 * rounds);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_is_every_deal),
        cmocka_unit_test(test_one_task_is_fishers),
        cmocka_unit_test(test_swap_and_double),
        cmocka_unit_test(test_keeps_its_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
