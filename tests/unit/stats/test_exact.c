/* Exact procedures against their slow, plain oracles. */
#include "stats/bootstrap_exact.h"
#include "stats/signflip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "stats/sample.h"

static bool near_rel(double got, double want, double rel)
{
    return fabs(got - want) <= rel * fabs(want);
}

/* n-fold convolution, one draw at a time; all terms positive. p[0] stands for lo. */
static double *plain_power(struct tare_arena *a, const double *p, size_t span, size_t n)
{
    double *f = TARE_NEW_N(a, double, n *span + 1), *g = TARE_NEW_N(a, double, n *span + 1);
    f[0] = 1;
    for (size_t k = 0; k < n; k++) {
        memset(g, 0, (n * span + 1) * sizeof *g);
        for (size_t i = 0; i <= k * span; i++)
            for (size_t j = 0; j <= span; j++)
                g[i + j] += f[i] * p[j];
        double *t = f;
        f = g;
        g = t;
    }
    return f;
}

static void check_trinomial(struct tare_arena *a, uint64_t w, uint64_t l, uint64_t t)
{
    struct tare_lattice_dist d;
    struct tare_err err = {0};
    double n = (double)(w + l + t);
    double p[3] = {(double)l / n, (double)t / n, (double)w / n};
    double *want = plain_power(a, p, 2, (size_t)(w + l + t));
    assert_int_equal(tare_exact_trinomial(w, l, t, a, &d, &err), TARE_OK);
    for (int64_t s = -(int64_t)n; s <= (int64_t)n; s++) {
        int64_t at = s - d.lo;
        bool on = at >= 0 && at % d.stride == 0 && (uint64_t)(at / d.stride) < d.n_points;
        double got = on ? d.pmf[at / d.stride] : 0, exact = want[s + (int64_t)n];
        if (exact > 1e-290 && !near_rel(got, exact, 1e-11))
            print_error("%d wins %d losses %d ties, sum %d: %.17g, want %.17g\n", (int)w, (int)l,
                        (int)t, (int)s, got, exact);
        if (exact > 1e-290)
            assert_true(near_rel(got, exact, 1e-11));
        else
            assert_true(got <= 1e-289);
    }
    assert_true(near_rel(d.cdf[d.n_points - 1], 1, 1e-12));
}

static void test_trinomial_against_convolution(void **state)
{
    static const uint64_t cases[][3] = {{26, 1, 21}, {1, 26, 21}, {36, 0, 11},  {0, 5, 0},
                                        {0, 3, 9},   {4, 3, 0},   {1, 0, 0},    {0, 0, 4},
                                        {1, 1, 1},   {1, 1, 298}, {150, 2, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tare_arena_reset(*state);
        check_trinomial(*state, cases[i][0], cases[i][1], cases[i][2]);
    }
}

/* Far tails of a large n underflow on the way; the moments still have to come out. */
static void test_trinomial_large(void **state)
{
    static const uint64_t cases[][3] = {
        {2100, 1900, 6000}, {9999, 1, 10000}, {3, 19990, 7}, {100000, 90000, 10}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct tare_lattice_dist d;
        struct tare_err err = {0};
        double mean = 0, var = 0, n = (double)(cases[c][0] + cases[c][1] + cases[c][2]);
        tare_arena_reset(*state);
        assert_int_equal(
            tare_exact_trinomial(cases[c][0], cases[c][1], cases[c][2], *state, &d, &err), TARE_OK);
        for (size_t i = 0; i < d.n_points; i++)
            mean += d.pmf[i] * (double)(d.lo + (int64_t)i * d.stride);
        for (size_t i = 0; i < d.n_points; i++) {
            double u = (double)(d.lo + (int64_t)i * d.stride) - mean;
            var += d.pmf[i] * u * u;
        }
        assert_true(near_rel(mean, (double)d.observed, 1e-10));
        assert_true(near_rel(sqrt(var) / n, d.sd, 1e-9));
    }
}

static void check_multinomial(struct tare_arena *a, const int32_t *x, size_t n, int32_t lo,
                              size_t span, double abs_error)
{
    struct tare_lattice_dist d;
    struct tare_err err = {0};
    double *p = TARE_NEW_N(a, double, span + 1);
    for (size_t i = 0; i < n; i++)
        p[x[i] - lo] += 1 / (double)n;
    double *want = plain_power(a, p, span, n);
    assert_int_equal(tare_exact_multinomial(x, n, 0.5, a, &d, &err), TARE_OK);
    for (size_t i = 0; i <= n * span; i++) {
        int64_t at = (int64_t)i + lo * (int64_t)n - d.lo;
        bool on = at >= 0 && at % d.stride == 0 && (uint64_t)(at / d.stride) < d.n_points;
        double got = on ? d.pmf[at / d.stride] : 0;
        assert_true(fabs(got - want[i]) <= 1e-11 * want[i] + abs_error);
    }
}

static void test_multinomial_against_convolution(void **state)
{
    struct tare_rng r;
    int32_t x[900];
    tare_rng_init(&r, 3, TARE_S("test"), 0);
    for (size_t i = 0; i < 900; i++)
        x[i] = (int32_t)tare_rng_below(&r, 8) - 3;
    x[0] = -3;
    x[1] = 4;
    check_multinomial(*state, x, 40, -3, 7, 0); /* direct */
    tare_arena_reset(*state);
    check_multinomial(*state, x, 900, -3, 7, 1e-13); /* through the characteristic function */
    tare_arena_reset(*state);
    for (size_t i = 0; i < 60; i++)
        x[i] *= 4; /* a coarser lattice */
    check_multinomial(*state, x, 60, -12, 28, 0);
}

static void test_quantile_and_degenerate(void **state)
{
    struct tare_lattice_dist d;
    struct tare_exact_boot b;
    struct tare_err err = {0};
    assert_int_equal(tare_exact_trinomial(0, 0, 0, *state, &d, &err), TARE_E_INPUT);
    assert_int_equal(tare_exact_trinomial(5, 0, 0, *state, &d, &err), TARE_OK);
    tare_exact_boot(&d, 0.95, &b);
    assert_true(b.percentile.mean.lo == 1 && b.percentile.mean.hi == 1);
    assert_non_null(b.bca.mean.why);
    assert_int_equal(tare_exact_trinomial(1, 0, 0, *state, &d, &err), TARE_OK);
    tare_exact_boot(&d, 0.95, &b);
    assert_non_null(b.percentile.mean.why);
}

static void test_unpaired_against_grid(void **state)
{
    struct tare_exact_unpaired u;
    struct tare_err err = {0};
    assert_int_equal(tare_exact_unpaired_binary((struct tare_count){3, 7},
                                                (struct tare_count){8, 11}, 0.9, *state, &u, &err),
                     TARE_OK);
    double best_lo = 9, best_hi = 9;
    for (int v = -77; v <= 77; v++) { /* plain: F(v / 77) by summing every pair of counts */
        double f = 0;
        for (int i = 0; i <= 7; i++)
            for (int j = 0; j <= 11; j++)
                if (7 * j - 11 * i <= v)
                    f += exp(lgamma(8) - lgamma(i + 1) - lgamma(8 - i) + i * log(3 / 7.0) +
                             (7 - i) * log(4 / 7.0) + lgamma(12) - lgamma(j + 1) - lgamma(12 - j) +
                             j * log(8 / 11.0) + (11 - j) * log(3 / 11.0));
        if (f >= 0.05 - 1e-12 && best_lo > 1)
            best_lo = v / 77.0;
        if (f >= 0.95 - 1e-12 && best_hi > 1)
            best_hi = v / 77.0;
    }
    assert_true(fabs(u.percentile.lo - best_lo) < 1e-12);
    assert_true(fabs(u.percentile.hi - best_hi) < 1e-12);
}

/* Every pattern, the plain way. */
static void enumerate(const double *d, size_t n, double *greater, double *two)
{
    double t = 0, eps = 0;
    *greater = *two = 0;
    for (size_t i = 0; i < n; i++) {
        t += d[i];
        eps += 1e-9 * fabs(d[i]);
    }
    for (uint32_t bits = 0; bits < 1u << n; bits++) {
        double s = 0;
        for (size_t i = 0; i < n; i++)
            s += bits >> i & 1u ? d[i] : -d[i];
        *greater += s >= t - eps;
        *two += fabs(s) >= fabs(t) - eps;
    }
    *greater /= exp2((double)n);
    *two /= exp2((double)n);
}

static void test_sign_flip_methods_agree(void **state)
{
    struct tare_rng r;
    struct tare_err err = {0};
    tare_rng_init(&r, 11, TARE_S("test"), 1);
    for (int round = 0; round < 30; round++) {
        double d[16], greater, two;
        size_t n = 1 + tare_rng_below(&r, 16);
        for (size_t i = 0; i < n; i++)
            d[i] = 0.25 * ((double)tare_rng_below(&r, 13) - 5);
        enumerate(d, n, &greater, &two);
        struct tare_sign_flip gray, lattice;
        struct tare_flip_opts o = {.step = 0.25};
        assert_int_equal(tare_sign_flip(d, n, NULL, *state, &gray, &err), TARE_OK);
        assert_int_equal(tare_sign_flip(d, n, &o, *state, &lattice, &err), TARE_OK);
        assert_true(near_rel(gray.p_greater, greater, 1e-12));
        assert_true(near_rel(gray.p_two, two, 1e-12));
        assert_true(near_rel(lattice.p_greater, greater, 1e-12));
        assert_true(near_rel(lattice.p_two, two, 1e-12));
    }
}

static void test_sign_flip_meet_in_the_middle(void **state)
{
    struct tare_err err = {0};
    double d[30];
    struct tare_sign_flip meet, lattice;
    struct tare_flip_opts o = {.step = 0.5};
    for (int i = 0; i < 30; i++)
        d[i] = 0.5 * ((i * 7) % 11 - 4.5 > 0 ? (i % 5) + 1 : -(i % 3) - 1);
    assert_int_equal(tare_sign_flip(d, 30, NULL, *state, &meet, &err), TARE_OK);
    assert_int_equal(tare_sign_flip(d, 30, &o, *state, &lattice, &err), TARE_OK);
    assert_int_equal(meet.method, TARE_FLIP_MEET);
    assert_int_equal(lattice.method, TARE_FLIP_LATTICE);
    assert_true(near_rel(meet.p_two, lattice.p_two, 1e-11));
    assert_true(near_rel(meet.p_less, lattice.p_less, 1e-11));
}

static void test_sign_flip_monte_carlo_is_near(void **state)
{
    static const double d[] = {0.7, 0.01, -0.02, 0.6, 0.55, -0.4, 0.3, 0.2, 0.9, 0.1, -0.05, 0.33};
    struct tare_err err = {0};
    struct tare_sign_flip exact, mc[3];
    assert_int_equal(tare_sign_flip(d, 12, NULL, *state, &exact, &err), TARE_OK);
    for (unsigned t = 0; t < 3; t++) {
        struct tare_flip_opts o = {
            .resamples = 100000, .seed = 5, .threads = 1u << (t + (t == 2)), .monte_carlo = true};
        assert_int_equal(tare_sign_flip(d, 12, &o, *state, &mc[t], &err), TARE_OK);
        assert_true(mc[t].extreme == mc[0].extreme); /* 1, 2 and 8 threads */
    }
    double p = exact.p_two;
    assert_true(fabs(mc[0].p_two - p) <= 5 * sqrt(p * (1 - p) / 100000));
}

static void test_sign_flip_edges(void **state)
{
    struct tare_err err = {0};
    struct tare_sign_flip r;
    double bad[2] = {1, (double)NAN}, zero[3] = {0, 0, 0}, one[1] = {2.5};
    assert_int_equal(tare_sign_flip(bad, 2, NULL, *state, &r, &err), TARE_E_INPUT);
    assert_int_equal(err.offset, 1);
    assert_int_equal(tare_sign_flip(zero, 3, NULL, *state, &r, &err), TARE_OK);
    assert_true(r.p_two == 1 && r.n_eff == 0);
    assert_int_equal(tare_sign_flip(one, 1, NULL, *state, &r, &err), TARE_OK);
    assert_true(r.p_two == 1 && r.p_greater == 0.5);
    /* one sign a cluster: three clusters of the same sign */
    static const double d[6] = {1, 2, 1, 1, 3, 1};
    static const uint32_t c[6] = {7, 7, 9, 9, 1, 1};
    assert_int_equal(tare_sign_flip_cluster(d, c, 6, NULL, *state, &r, &err), TARE_OK);
    assert_true(r.n_eff == 3 && r.p_two == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trinomial_against_convolution),
        cmocka_unit_test(test_trinomial_large),
        cmocka_unit_test(test_multinomial_against_convolution),
        cmocka_unit_test(test_quantile_and_degenerate),
        cmocka_unit_test(test_unpaired_against_grid),
        cmocka_unit_test(test_sign_flip_methods_agree),
        cmocka_unit_test(test_sign_flip_meet_in_the_middle),
        cmocka_unit_test(test_sign_flip_monte_carlo_is_near),
        cmocka_unit_test(test_sign_flip_edges),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
