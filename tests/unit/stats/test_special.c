/* Distribution functions against 60-digit values (tests/ref/special.py), and their identities. */
#include "stats/special.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../ref/special.h"

static double value(size_t i, double *tolerance)
{
    double a = ref_rows[i].a, b = ref_rows[i].b, c = ref_rows[i].c;
    *tolerance = 2e-12;
    switch (ref_rows[i].fn) {
    case REF_NORM_CDF:
        return tare_norm_cdf(a);
    case REF_NORM_QUANTILE:
        return tare_norm_quantile(a);
    case REF_LOG_GAMMA:
        return tare_log_gamma(a);
    case REF_LOG_BETA:
        return tare_log_beta(a, b);
    case REF_BETA_CDF:
        return tare_beta_cdf(a, b, c);
    case REF_BETA_SF:
        return tare_beta_sf(a, b, c);
    case REF_BETA_QUANTILE:
        return tare_beta_quantile(a, b, c);
    case REF_T_SF:
        return tare_t_sf(a, b);
    case REF_T_QUANTILE:
        return tare_t_quantile(a, b);
    case REF_NCT_CDF:
        *tolerance = 1e-10;
        return tare_nct_cdf(a, b, c);
    case REF_BINOM_PMF:
        return tare_binom_pmf((int64_t)a, (int64_t)b, c);
    case REF_BINOM_CDF:
        return tare_binom_cdf((int64_t)a, (int64_t)b, c);
    case REF_BINOM_UPPER:
        return tare_binom_upper((int64_t)a, (int64_t)b, c);
    }
    return (double)NAN;
}

static void test_table(void **state)
{
    size_t n = sizeof ref_rows / sizeof *ref_rows, wrong = 0;
    (void)state;
    assert_true(n > 150);
    for (size_t i = 0; i < n; i++) {
        double tolerance, got = value(i, &tolerance), want = ref_rows[i].want;
        bool near = want == 0 ? fabs(got) < 1e-15 : fabs(got - want) <= tolerance * fabs(want);
        if (!near)
            print_error("row %zu: fn %d (%g, %g, %g): got %.17g, want %.17g\n", i, ref_rows[i].fn,
                        ref_rows[i].a, ref_rows[i].b, ref_rows[i].c, got, want);
        wrong += !near;
    }
    assert_int_equal(wrong, 0);
}

static void test_inverses(void **state)
{
    (void)state;
    for (double p = 1e-12; p < 1; p += 0.0173) {
        assert_true(fabs(tare_norm_cdf(tare_norm_quantile(p)) - p) <= 1e-13 * p + 1e-16);
        assert_true(fabs(tare_t_cdf(tare_t_quantile(p, 3.5), 3.5) - p) <= 1e-12);
        assert_true(fabs(tare_beta_cdf(tare_beta_quantile(p, 2.5, 7), 2.5, 7) - p) <= 1e-12);
    }
}

static void test_ends_and_refusals(void **state)
{
    (void)state;
    assert_true(isinf(tare_norm_quantile(0)) && tare_norm_quantile(0) < 0);
    assert_true(isinf(tare_norm_quantile(1)) && tare_norm_quantile(1) > 0);
    assert_true(isnan(tare_norm_quantile(1.5)));
    assert_true(isnan(tare_log_gamma(0)));
    assert_true(isnan(tare_beta_cdf(0.5, -1, 2)));
    assert_true(isnan(tare_t_sf(1, 0)));
    assert_true(tare_binom_cdf(-1, 5, 0.5) == 0 && tare_binom_cdf(5, 5, 0.5) == 1);
    assert_true(tare_binom_upper(0, 5, 0.5) == 1 && tare_binom_upper(6, 5, 0.5) == 0);
    assert_true(tare_binom_pmf(3, 5, 0) == 0 && tare_binom_pmf(0, 5, 0) == 1);
    assert_true(tare_t_sf((double)INFINITY, 4) == 0);
}

static void test_hypergeometric_adds_up(void **state)
{
    double sum = 0;
    (void)state;
    for (int64_t k = 0; k <= 12; k++)
        sum += tare_hyper_pmf(k, 12, 30, 17);
    assert_true(fabs(sum - 1) < 1e-13);
    /* 4 of 5 from 10 marked and 8 others: C(10,4) C(8,1) / C(18,5) */
    assert_true(fabs(tare_hyper_pmf(4, 10, 8, 5) - 210.0 * 8 / 8568) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_inverses),
        cmocka_unit_test(test_ends_and_refusals),
        cmocka_unit_test(test_hypergeometric_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
