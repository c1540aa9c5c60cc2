#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "stats/betting.h"
#include "stats/sequential.h"

/* The mixture is the mean of fixed bets: with u in {0, 1/2, 1} and null 1/2 a bet f multiplies
 * wealth by 1 + f for a win and 1 - f for a loss. */
static void is_mean_of_fixed_bets(void **state)
{
    static const double share[TARE_BETS] = {0.95, 0.75, 0.55, 0.40, 0.30,  0.20,
                                            0.14, 0.10, 0.07, 0.05, 0.025, 0.0125};
    static const int results[] = {1, 1, 0, -1, 1, 1, 0, 1, -1, 1, 1, 1};
    struct tare_bets b = {0};
    uint64_t won = 0, lost = 0;
    double sum = 0;
    (void)state;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        tare_bets_see(&b, (results[i] + 1) / 2.0, 0.5);
        won += results[i] > 0;
        lost += results[i] < 0;
    }
    for (int i = 0; i < TARE_BETS; i++)
        sum += exp(tare_log_e_fixed_bet(won, lost, share[i]));
    assert_true(fabs(tare_bets_log_e(&b) - log(sum / TARE_BETS)) < 1e-12);
}

/* Under the null the expected wealth after any number of values is 1: all 3^6 sequences. */
static void expected_wealth_is_one(void **state)
{
    static const double value[3] = {0, 0.25, 1}, p[3] = {0.2, 0.6, 0.2};
    double mu = 0.25 * 0.6 + 0.2, expected = 0;
    (void)state;
    for (int code = 0; code < 729; code++) {
        struct tare_bets b = {0};
        double chance = 1;
        for (int i = 0, rest = code; i < 6; i++, rest /= 3) {
            tare_bets_see(&b, value[rest % 3], mu);
            chance *= p[rest % 3];
        }
        expected += chance * exp(tare_bets_log_e(&b));
    }
    assert_true(fabs(expected - 1) < 1e-12);
}

/* The sequence is wide at first, holds the truth, and shrinks about its mean. */
static void sequence_covers(void **state)
{
    enum { RUNS = 200, N = 300 };
    static double u[N];
    unsigned missed = 0;
    double width = 0, early = 0;
    (void)state;
    for (uint64_t r = 0; r < RUNS; r++) {
        struct tare_rng rng;
        tare_rng_init(&rng, 5, TARE_S("betting"), r);
        for (size_t i = 0; i < N; i++)
            u[i] = tare_rng_unit(&rng) < 0.3;
        struct tare_interval ci = tare_cs_mean_betting(u, N, 0.05);
        struct tare_interval few = tare_cs_mean_betting(u, 10, 0.05);
        assert_null(ci.why);
        missed += ci.lo > 0.3 || ci.hi < 0.3;
        width += (ci.hi - ci.lo) / RUNS;
        early += (few.hi - few.lo) / RUNS;
    }
    assert_true(missed <= 20); /* 5 % of 200 is 10; more than 20 has a chance of 0.001 */
    assert_true(width < 0.25 && early > 0.5);
}

static void limits_of_input(void **state)
{
    static const double all[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    (void)state;
    assert_non_null(tare_cs_mean_betting(all, 0, 0.05).why);
    assert_non_null(tare_cs_mean_betting(all, 12, 0).why);
    struct tare_interval ci = tare_cs_mean_betting(all, 12, 0.05);
    assert_null(ci.why);
    assert_true(ci.hi == 1 && ci.lo > 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_mean_of_fixed_bets), cmocka_unit_test(expected_wealth_is_one),
        cmocka_unit_test(sequence_covers), cmocka_unit_test(limits_of_input)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
