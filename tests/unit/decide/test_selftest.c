/*
 * The self-test under test: its solvers have the truth that is claimed, its numbers do not depend
 * on threads, and it notices a scale that is off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "decide/selftest.h"
#include "decide/selftest_int.h"
#include "maker.h"

#define DRAWS 400u

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += isnan(x[i]) ? 0 : x[i];
    return sum;
}

static size_t count_of(const double *x, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += isnan(x[i]) ? 0 : 1;
    return count;
}

/* Mean difference of one data set, as the process defines it. */
static double difference(const struct tare__process *p, const struct tare__draw *d)
{
    size_t n = (size_t)p->tasks * p->attempts;
    if (p->kind == TARE__RATIO)
        return sum_of(d->num_b, n) / sum_of(d->den_b, n) -
               sum_of(d->num_a, n) / sum_of(d->den_a, n);
    return sum_of(d->b, n) / (double)count_of(d->b, n) -
           sum_of(d->a, n) / (double)count_of(d->a, n);
}

static void truths_are_true(void **state)
{
    const struct tare__process *p;
    for (uint32_t i = 0; (p = tare__process_at(i)) != NULL; i++)
        for (int arm = 0; arm < 2; arm++) {
            struct tare__draw d;
            double **columns[6] = {&d.a, &d.b, &d.num_a, &d.den_a, &d.num_b, &d.den_b};
            double sum = 0, squares = 0, shift = arm ? p->effect : 0;
            for (int c = 0; c < 6; c++)
                *columns[c] = TARE_NEW_N(*state, double, (size_t)p->tasks * p->attempts);
            for (uint32_t r = 0; r < DRAWS; r++) {
                struct tare_rng rng;
                tare_rng_init(&rng, 11, TARE_S("truth"), r);
                tare__process_draw(p, shift, &rng, &d);
                double x = difference(p, &d);
                sum += x;
                squares += x * x;
            }
            double mean = sum / DRAWS, se = sqrt((squares / DRAWS - mean * mean) / DRAWS);
            if (!(fabs(mean - shift) <= 4.5 * se))
                fail_msg("%s: mean %g, not %g (standard error %g)", p->name, mean, shift, se);
        }
}

static void predictions_exist(void **state)
{
    const struct tare__process *p;
    (void)state;
    for (uint32_t i = 0; (p = tare__process_at(i)) != NULL; i++) {
        struct tare_value v = tare__process_power(p, 0.05);
        assert_null(v.why);
        assert_true(v.v > 0.2 && v.v < 0.95); /* elsewhere a formula is not tried */
    }
}

static struct tare_selftest weigh(struct tare_arena *arena, uint64_t seed, unsigned threads)
{
    struct tare_selftest out;
    struct tare_err err = {0};
    struct tare_selftest_opts opts = {
        .size = sizeof opts, .seed = seed, .replicates = 100, .threads = threads};
    if (tare_selftest(&opts, arena, &out, &err))
        fail_msg("%s", err.text);
    return out;
}

static void threads_do_not_matter(void **state)
{
    struct tare_selftest one = weigh(*state, 5, 1), eight = weigh(*state, 5, 8),
                         other = weigh(*state, 6, 2);
    bool differs = false;
    assert_true(one.n_rows >= 12);
    assert_int_equal(one.n_rows, eight.n_rows);
    for (uint32_t i = 0; i < one.n_rows; i++) {
        const struct tare_selftest_row *a = &one.rows[i], *b = &eight.rows[i];
        assert_int_equal(a->false_verdicts.k, b->false_verdicts.k);
        assert_int_equal(a->coverage.k, b->coverage.k);
        assert_int_equal(a->power.k, b->power.k);
        assert_int_equal(a->false_verdicts.n, 100);
        assert_int_equal(a->coverage.n + a->no_interval, 200);
        differs = differs || a->power.k != other.rows[i].power.k;
    }
    assert_true(differs);
}

/* What a promise is worth: rates on both sides of it. */
static void notices_what_is_off(void **state)
{
    struct tare_selftest s = weigh(*state, 5, 2);
    uint32_t off = 0;
    for (uint32_t i = 0; i < s.n_rows; i++) {
        const struct tare_selftest_row *r = &s.rows[i];
        off += (uint32_t)(r->false_verdicts.state == TARE_SELFTEST_OFF) +
               (uint32_t)(r->coverage.state == TARE_SELFTEST_OFF) +
               (uint32_t)(r->false_margin.state == TARE_SELFTEST_OFF) +
               (uint32_t)(r->power.state == TARE_SELFTEST_OFF);
    }
    assert_int_equal(off, s.n_off);
    assert_int_equal(tare__selftest_state(50, 1000, TARE__AT_MOST, 0.05, 0), TARE_SELFTEST_HOLDS);
    assert_int_equal(tare__selftest_state(90, 1000, TARE__AT_MOST, 0.05, 0), TARE_SELFTEST_OFF);
    assert_int_equal(tare__selftest_state(5, 1000, TARE__AT_MOST, 0.05, 0), TARE_SELFTEST_HOLDS);
    assert_int_equal(tare__selftest_state(900, 1000, TARE__AT_LEAST, 0.95, 0), TARE_SELFTEST_OFF);
    assert_int_equal(tare__selftest_state(999, 1000, TARE__AT_LEAST, 0.95, 0), TARE_SELFTEST_HOLDS);
    assert_int_equal(tare__selftest_state(600, 1000, TARE__CLOSE, 0.7, 0.02), TARE_SELFTEST_OFF);
    assert_int_equal(tare__selftest_state(800, 1000, TARE__CLOSE, 0.7, 0.02), TARE_SELFTEST_OFF);
    assert_int_equal(tare__selftest_state(690, 1000, TARE__CLOSE, 0.7, 0.02), TARE_SELFTEST_HOLDS);
    assert_int_equal(tare__selftest_state(0, 1000, TARE__AT_LEAST, (double)NAN, 0),
                     TARE_SELFTEST_NO_PROMISE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truths_are_true),
        cmocka_unit_test(predictions_exist),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(notices_what_is_off),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
