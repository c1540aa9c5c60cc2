/* Monte Carlo: same bits for any number of threads, unbiased indices, agreement with exact. */
#include "stats/bootstrap.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "stats/bootstrap_exact.h"
#include "stats/bootstrap_int.h"
#include "stats/cluster.h"

static void random_values(double *x, size_t n, uint64_t seed)
{
    struct tare_rng r;
    tare_rng_init(&r, seed, TARE_S("test"), 0);
    for (size_t i = 0; i < n; i++)
        x[i] = tare_rng_unit(&r) - 0.3;
}

static void test_bulk_numbers_are_the_same(void **state)
{
    static uint64_t bulk[2000];
    (void)state;
    for (unsigned skip = 0; skip < 5; skip++) {
        struct tare_rng a, b;
        tare_rng_init(&a, 9, TARE_S("bulk"), skip);
        b = a;
        for (unsigned i = 0; i < skip; i++)
            assert_int_equal(tare_rng_u32(&a), tare_rng_u32(&b));
        tare_rng_fill_u64(&a, bulk, 2000);
        for (size_t i = 0; i < 2000; i++)
            assert_true(bulk[i] == tare_rng_u64(&b));
        assert_true(tare_rng_u64(&a) == tare_rng_u64(&b));
    }
}

static void test_same_bits_for_any_threads(void **state)
{
    static double x[501], y[501];
    static const unsigned threads[] = {1, 2, 8};
    struct tare_boot first[4], b;
    struct tare_err err = {0};
    random_values(x, 501, 1);
    random_values(y, 501, 2);
    for (int i = 0; i < 501; i++)
        y[i] += 1;
    for (size_t t = 0; t < 3; t++) {
        struct tare_boot_opts o = {
            .resamples = 3001, .seed = 42, .threads = threads[t], .studentised = true};
        for (int kind = 0; kind < 4; kind++) {
            uint32_t stratum[501];
            for (uint32_t i = 0; i < 501; i++)
                stratum[i] = i % 3;
            enum tare_status st =
                kind == 0   ? tare_bootstrap(x, NULL, 501, &o, *state, &b, &err)
                : kind == 1 ? tare_bootstrap(x, y, 501, &o, *state, &b, &err)
                : kind == 2 ? tare_bootstrap_unpaired(x, 300, y, 501, &o, *state, &b, &err)
                            : tare_bootstrap_stratified(x, stratum, 501, NULL, 3, &o, *state, &b,
                                                        NULL, &err);
            assert_int_equal(st, TARE_OK);
            if (t == 0)
                first[kind] = b;
            assert_memory_equal(b.replicates, first[kind].replicates, 3001 * sizeof(double));
            assert_memory_equal(&b.bca, &first[kind].bca, 2 * sizeof(double));
        }
    }
    assert_null(first[0].studentised.why);
}

/* Counts of indices over many draws: chi-squared far from its tails, for small and awkward n. */
static void test_indices_are_uniform(void **state)
{
    static const uint32_t sizes[] = {1, 2, 3, 7, 47, 1000, 65537};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint32_t n = sizes[s], *count = calloc(n, sizeof *count);
        static uint32_t index[1003];
        struct tare__draw d;
        double total = 0, chi = 0;
        assert_non_null(count);
        for (uint64_t b = 0; b < 400; b++) {
            tare__draw_begin(&d, 3, b);
            tare__draw_range(&d, n);
            tare__draw_indices(&d, index, 1003);
            for (size_t i = 0; i < 1003; i++) {
                assert_true(index[i] < n);
                count[index[i]]++;
            }
            total += 1003;
        }
        for (uint32_t i = 0; i < n; i++)
            chi += (count[i] - total / n) * (count[i] - total / n) / (total / n);
        free(count);
        if (n > 1) /* mean n - 1, SD sqrt(2 (n - 1)) */
            assert_true(fabs(chi - (n - 1)) < 5 * sqrt(2.0 * (n - 1)) + 6);
    }
}

static void check_against_exact(void *arena, uint64_t wins, uint64_t losses, uint64_t ties)
{
    double *d = calloc(wins + losses + ties, sizeof *d), n = (double)(wins + losses + ties);
    struct tare_boot b;
    struct tare_lattice_dist dist;
    struct tare_exact_boot e;
    struct tare_err err = {0};
    struct tare_boot_opts o = {.resamples = 100000, .seed = 7, .threads = 2};
    assert_non_null(d);
    for (uint64_t i = 0; i < wins + losses; i++)
        d[i] = i < wins ? 1 : -1;
    assert_int_equal(tare_bootstrap(d, NULL, (size_t)n, &o, arena, &b, &err), TARE_OK);
    free(d);
    assert_int_equal(tare_exact_trinomial(wins, losses, ties, arena, &dist, &err), TARE_OK);
    tare_exact_boot(&dist, 0.95, &e);
    assert_true(fabs(b.se - e.sd) < 0.0008);
    assert_true(fabs(b.mean - e.mean) < 0.001);
    assert_true(fabs(b.percentile.lo - e.percentile.mean.lo) < 1.01 / n);
    assert_true(fabs(b.percentile.hi - e.percentile.mean.hi) < 1.01 / n);
    assert_true(fabs(b.z0.v - e.z0.v) < 0.02); /* the half-tie rule, on a lattice */
    assert_true(fabs(b.accel.v - e.accel.v) < 1e-12);
}

static void test_monte_carlo_is_near_exact(void **state)
{
    check_against_exact(*state, 26, 1, 21);
    check_against_exact(*state, 20, 0, 27);
    check_against_exact(*state, 40, 45, 131);
}

static void test_ratio_of_equal_sizes_is_a_mean(void **state)
{
    double x[40], ones[40];
    struct tare_boot a, b;
    struct tare_err err = {0};
    struct tare_boot_opts o = {.resamples = 2000, .seed = 1};
    random_values(x, 40, 3);
    for (int i = 0; i < 40; i++)
        ones[i] = 2;
    assert_int_equal(tare_bootstrap(x, NULL, 40, &o, *state, &a, &err), TARE_OK);
    assert_int_equal(tare_bootstrap(x, ones, 40, &o, *state, &b, &err), TARE_OK);
    assert_true(fabs(2 * b.bca.lo - a.bca.lo) < 1e-12 && fabs(2 * b.bca.hi - a.bca.hi) < 1e-12);
    assert_true(fabs(b.accel.v - a.accel.v) < 1e-9);
    struct tare_boot diff;
    assert_int_equal(tare_bootstrap_ratio_diff(x, ones, x, ones, 40, &o, *state, &diff, &err),
                     TARE_OK);
    assert_true(diff.theta == 0 && diff.se < 1e-15);
}

static void test_refusals(void **state)
{
    double x[3] = {1, (double)INFINITY, 2}, zero[2] = {0, 0}, one[1] = {4};
    struct tare_boot b;
    struct tare_err err = {0};
    assert_int_equal(tare_bootstrap(x, NULL, 3, NULL, *state, &b, &err), TARE_E_INPUT);
    assert_int_equal(err.offset, 1);
    assert_int_equal(tare_bootstrap(x, NULL, 0, NULL, *state, &b, &err), TARE_E_INPUT);
    assert_int_equal(tare_bootstrap(zero, zero, 2, NULL, *state, &b, &err), TARE_E_INPUT);
    assert_int_equal(tare_bootstrap(one, NULL, 1, NULL, *state, &b, &err), TARE_OK);
    assert_true(b.theta == 4);
    assert_non_null(b.percentile.why);
    struct tare_boot_opts o = {.resamples = 100, .confidence = 1.5};
    assert_int_equal(tare_bootstrap(zero, NULL, 2, &o, *state, &b, &err), TARE_E_INPUT);
    o.confidence = 0.9;
    assert_int_equal(tare_bootstrap(zero, NULL, 2, &o, *state, &b, &err), TARE_OK);
    assert_non_null(b.bca.why); /* no variance: BCa does not exist, percentile is a point */
    assert_true(b.percentile.lo == 0 && b.percentile.hi == 0);
}

static void test_median_ratio(void **state)
{
    double a[51], b[51];
    struct tare_boot r, p;
    struct tare_err err = {0};
    struct tare_boot_opts o = {.resamples = 4000, .seed = 2};
    random_values(a, 51, 4);
    for (int i = 0; i < 51; i++) {
        a[i] += 1;
        b[i] = 2 * a[i];
    }
    assert_int_equal(tare_bootstrap_log_median_ratio(a, 51, b, 51, true, &o, *state, &p, &err),
                     TARE_OK);
    assert_int_equal(tare_bootstrap_log_median_ratio(a, 51, b, 51, false, &o, *state, &r, &err),
                     TARE_OK);
    assert_true(fabs(p.theta - log(2)) < 1e-12 && p.se < 1e-12); /* paired: nothing is left */
    assert_true(r.percentile.lo < log(2) && r.percentile.hi > log(2) && r.se > 0.01);
    a[7] = 0;
    assert_int_equal(tare_bootstrap_log_median_ratio(a, 51, b, 51, true, &o, *state, &p, &err),
                     TARE_E_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bulk_numbers_are_the_same),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_indices_are_uniform),
        cmocka_unit_test(test_monte_carlo_is_near_exact),
        cmocka_unit_test(test_ratio_of_equal_sizes_is_a_mean),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_median_ratio),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
