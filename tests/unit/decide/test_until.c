#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "decide/selftest_until.h"
#include "decide/until.h"
#include "maker.h"

static struct tare_until *must_open(struct tare_arena *arena, const struct tare_metric *m,
                                    uint32_t n, uint32_t k, const uint32_t *order, double margin)
{
    struct tare_until_opts o = {
        .size = sizeof o, .metric = m, .n_tasks = n, .k = k, .order = order, .margin = margin};
    struct tare_err err = {0};
    struct tare_until *u = NULL;
    if (tare_until_open(&o, arena, &u, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return u;
}

static void feed(struct tare_until *u, unsigned side, uint32_t task, double value)
{
    struct tare_err err = {0};
    enum tare_score_state s = isnan(value) ? TARE_SCORE_MISSING : TARE_SCORE_OK;
    if (tare_until_feed(u, side, task, s, value, &err) != TARE_OK)
        fail_msg("%s", err.text);
}

/* B wins each task: one side's half wealth is (mean of (1+f)^n) / 2. */
static void stops_when_one_side_always_wins(void **state)
{
    struct tare_metric m = made_share("solved");
    struct tare_until *u = must_open(*state, &m, 100, 1, NULL, 0);
    struct tare_until_state s;
    uint32_t i = 0;
    for (; i < 100 && !tare_until_decided(u); i++) {
        feed(u, TARE_UNTIL_A, i, 0);
        feed(u, TARE_UNTIL_B, i, 1);
    }
    tare_until_state(u, &s);
    assert_int_equal(s.verdict, TARE_VERDICT_IMPROVED);
    assert_int_equal(s.looked, i);
    assert_in_range(i, 6, 12);
    assert_true(s.p <= 0.05 && s.wins == i && s.losses == 0);
    assert_near(s.diff, 1, 1e-12);
}

/* Swapping the sides turns the answer round, and a metric where less is better does too. */
static void turns_with_its_sides(void **state)
{
    struct tare_metric up = made_share("solved"), down = up;
    down.direction = TARE_LOWER_BETTER;
    struct tare_until *u[3] = {must_open(*state, &up, 80, 1, NULL, 0),
                               must_open(*state, &up, 80, 1, NULL, 0),
                               must_open(*state, &down, 80, 1, NULL, 0)};
    struct tare_until_state s[3];
    struct tare_rng rng;
    tare_rng_init(&rng, 3, TARE_S("until"), 0);
    for (uint32_t t = 0; t < 80; t++) {
        double a = tare_rng_unit(&rng) < 0.2, b = tare_rng_unit(&rng) < 0.8;
        feed(u[0], TARE_UNTIL_A, t, a);
        feed(u[0], TARE_UNTIL_B, t, b);
        feed(u[1], TARE_UNTIL_A, t, b);
        feed(u[1], TARE_UNTIL_B, t, a);
        feed(u[2], TARE_UNTIL_A, t, a);
        feed(u[2], TARE_UNTIL_B, t, b);
    }
    for (int i = 0; i < 3; i++)
        tare_until_state(u[i], &s[i]);
    assert_int_equal(s[0].verdict, TARE_VERDICT_IMPROVED);
    assert_int_equal(s[1].verdict, TARE_VERDICT_REGRESSED);
    assert_int_equal(s[2].verdict, TARE_VERDICT_REGRESSED);
    assert_true(s[0].looked == s[1].looked && s[0].looked == s[2].looked);
    assert_true(s[0].p == s[1].p && s[0].p == s[2].p);
    struct tare_interval x = tare_until_interval(u[0]), y = tare_until_interval(u[1]);
    assert_near(x.lo, -y.hi, 1e-5);
    assert_near(x.hi, -y.lo, 1e-5);
}

/* Attempts in any order: the same bits. */
static void order_of_arrival_does_not_matter(void **state)
{
    enum { N = 40, K = 3 };
    struct tare_metric m = made_share("solved");
    uint32_t order[N];
    tare_until_order(9, order, N);
    struct tare_until_state want = {0};
    for (uint64_t trial = 0; trial < 30; trial++) {
        struct tare_until *u = must_open(*state, &m, N, K, order, 0.2);
        uint32_t events[2 * N * K];
        struct tare_rng shuffle;
        tare_rng_init(&shuffle, trial, TARE_S("arrival"), 0);
        for (uint32_t i = 0; i < 2 * N * K; i++) {
            uint32_t j = trial ? tare_rng_below(&shuffle, i + 1) : i;
            events[i] = events[j];
            events[j] = i;
        }
        for (uint32_t i = 0; i < 2 * N * K; i++) {
            struct tare_rng value;
            uint32_t e = events[i], side = e & 1;
            tare_rng_init(&value, 77, TARE_S("value"), e);
            double x = tare_rng_unit(&value);
            feed(u, side, e / 2 / K, x < 0.05 ? (double)NAN : x < (side ? 0.8 : 0.4));
        }
        struct tare_until_state s;
        tare_until_state(u, &s);
        if (trial == 0)
            want = s;
        assert_memory_equal(&s.p, &want.p, sizeof s.p);
        assert_memory_equal(&s.mean_a, &want.mean_a, sizeof s.mean_a);
        assert_true(s.looked == want.looked && s.used == want.used && s.verdict == want.verdict);
    }
    assert_int_equal(want.verdict, TARE_VERDICT_IMPROVED);
}

/* Nothing is looked at beyond a task that is not complete. */
static void waits_for_the_first_open_task(void **state)
{
    struct tare_metric m = made_share("solved");
    struct tare_until *u = must_open(*state, &m, 30, 1, NULL, 0);
    struct tare_until_state s;
    for (uint32_t t = 1; t < 30; t++) {
        feed(u, TARE_UNTIL_A, t, 0);
        feed(u, TARE_UNTIL_B, t, 1);
    }
    tare_until_state(u, &s);
    assert_int_equal(s.looked, 0);
    assert_true(s.p == 1);
    feed(u, TARE_UNTIL_A, 0, 1);
    feed(u, TARE_UNTIL_B, 0, 1);
    assert_true(tare_until_decided(u));
}

static void equivalent_within_a_margin(void **state)
{
    struct tare_metric m = made_share("solved");
    struct tare_until *u = must_open(*state, &m, 400, 1, NULL, 0.2);
    struct tare_until_state s;
    for (uint32_t t = 0; t < 400 && !tare_until_decided(u); t++) {
        feed(u, TARE_UNTIL_A, t, t % 2);
        feed(u, TARE_UNTIL_B, t, t % 2);
    }
    tare_until_state(u, &s);
    assert_int_equal(s.verdict, TARE_VERDICT_EQUIVALENT);
    assert_true(s.p_equivalent <= 0.05 && s.looked < 60);
    assert_true(s.n_fixed.why != NULL); /* no spread to plan with */
}

static void refuses(void **state)
{
    struct tare_metric ratio = made_share("r"), none = made_share("n"), open = made_points("p"),
                       share = made_share("s");
    ratio.aggregation = TARE_AGG_RATIO_OF_SUMS;
    none.direction = TARE_NO_DIRECTION;
    const struct {
        const struct tare_metric *m;
        double margin;
    } bad[] = {{&ratio, 0}, {&none, 0}, {&open, 1}, {&share, 1}, {&share, -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tare_until_opts o = {
            .size = sizeof o, .metric = bad[i].m, .n_tasks = 3, .k = 1, .margin = bad[i].margin};
        struct tare_err err = {0};
        struct tare_until *u;
        assert_int_equal(tare_until_open(&o, *state, &u, &err), TARE_E_USAGE);
        assert_true(err.text[0] && err.hint[0]);
    }
    struct tare_err err = {0};
    struct tare_until *u = must_open(*state, &share, 3, 1, NULL, 0);
    assert_int_equal(tare_until_feed(u, 0, 0, TARE_SCORE_OK, 1.5, &err), TARE_E_INPUT);
}

/* The order is a permutation; other seeds give other ones. */
static void order_is_a_permutation(void **state)
{
    uint32_t a[100], b[100], seen[100] = {0};
    (void)state;
    tare_until_order(1, a, 100);
    tare_until_order(2, b, 100);
    for (int i = 0; i < 100; i++)
        seen[a[i]]++;
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_memory_not_equal(a, b, sizeof a);
}

static void selftest_keeps_its_promise(void **state)
{
    struct tare_selftest_opts o = {.size = sizeof o, .seed = 4, .replicates = 200, .threads = 2};
    struct tare_selftest_until one, two;
    struct tare_err err = {0};
    assert_int_equal(tare_selftest_until(&o, *state, &two, &err), TARE_OK);
    o.threads = 1;
    assert_int_equal(tare_selftest_until(&o, *state, &one, &err), TARE_OK);
    assert_int_equal(one.n_off, 0);
    for (uint32_t i = 0; i < one.n_rows; i++) {
        assert_true(one.rows[i].false_verdicts.k == two.rows[i].false_verdicts.k);
        assert_true(one.rows[i].mean_looked == two.rows[i].mean_looked);
        assert_true(one.rows[i].found.rate > 0.6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stops_when_one_side_always_wins),
                                       cmocka_unit_test(turns_with_its_sides),
                                       cmocka_unit_test(order_of_arrival_does_not_matter),
                                       cmocka_unit_test(waits_for_the_first_open_task),
                                       cmocka_unit_test(equivalent_within_a_margin),
                                       cmocka_unit_test(refuses),
                                       cmocka_unit_test(order_is_a_permutation),
                                       cmocka_unit_test(selftest_keeps_its_promise)};
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
