/* What tasks cost: unknown is unknown, and a solved task costs what all attempts together cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "maker.h"

static struct tare_compare compare(struct made *m, uint32_t a, uint32_t b, struct tare_arena *arena)
{
    struct tare_compare_opts opts = {.size = sizeof opts};
    struct tare_compare c;
    struct tare_err err = {0};
    if (tare_compare(&m->results, a, &m->results, b, &opts, arena, &c, &err))
        fail_msg("%s", err.text);
    return c;
}

/* Four tasks; A solves 2, B solves 3. The cost of B's last task is not known. */
static void make(struct made *m, struct tare_arena *arena)
{
    static const double a[] = {1, 1, 0, 0}, b[] = {1, 1, 1, 0};
    static const double cost_a[] = {1, 2, 3, 6}, cost_b[] = {2, 2, 5, (double)NAN};
    made_init(m, arena, made_share("solved"), 4, 1);
    (void)made_add(m, arena, "a", a);
    (void)made_add(m, arena, "b", b);
    m->runs[0].cost_usd = cost_a;
    m->runs[1].cost_usd = cost_b;
}

static void known_and_unknown(void **state)
{
    struct made m;
    make(&m, *state);
    struct tare_compare c = compare(&m, 0, 1, *state), turned = compare(&m, 1, 0, *state);
    assert_int_equal(c.n_spend, 2);
    const struct tare_spend *task = &c.spend[0], *solved = &c.spend[1];
    assert_string_equal(task->name, "cost_usd");
    assert_int_equal(task->n, 3);
    assert_int_equal(task->unknown, 1);
    assert_near(task->a, 2, 1e-12);
    assert_near(task->b, 3, 1e-12);
    /* Differences 1, 0, 2: t with 2 degrees of freedom. */
    assert_near(task->ci.hi - task->diff, 4.302652729911275 / sqrt(3), 1e-9);
    assert_string_equal(solved->name, "cost_usd_per_solved");
    assert_int_equal(solved->unknown, 1);
    assert_near(solved->a, 6.0 / 2, 1e-12);
    assert_near(solved->b, 9.0 / 3, 1e-12);
    assert_near(turned.spend[0].diff, -task->diff, 1e-12);
    assert_near(turned.spend[0].ci.lo, -task->ci.hi, 1e-9);
}

static void nothing_solved_or_said(void **state)
{
    static const double none[] = {0, 0, 0, 0};
    struct made m;
    make(&m, *state);
    uint32_t c = made_add(&m, *state, "c", none);
    m.runs[c].cost_usd = m.runs[0].cost_usd;
    struct tare_compare x = compare(&m, 0, c, *state);
    assert_int_equal(x.n_spend, 2);
    assert_true(isnan(x.spend[1].b) && isnan(x.spend[1].diff));
    assert_string_equal(x.spend[1].why, "the candidate solved nothing");
    assert_non_null(x.spend[1].ci.why);
    m.runs[c].cost_usd = NULL;
    assert_int_equal(compare(&m, 0, c, *state).n_spend, 0);
}

/* Scores between 0 and 1 do not say what is solved. */
static void graded_scores_have_no_cost_per_solved(void **state)
{
    static const double graded[] = {0.5, 1, 0, 0.25}, tokens[] = {10, 20, 30, 40};
    struct made m;
    made_init(&m, *state, made_share("grade"), 4, 1);
    (void)made_add(&m, *state, "a", graded);
    (void)made_add(&m, *state, "b", graded);
    m.runs[0].tokens = m.runs[1].tokens = tokens;
    struct tare_compare c = compare(&m, 0, 1, *state);
    assert_int_equal(c.n_spend, 1);
    assert_string_equal(c.spend[0].name, "tokens");
    assert_near(c.spend[0].diff, 0, 0);
}

int main(void)
{
#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, arena_open, arena_close)
    const struct CMUnitTest tests[] = {
        WITH_ARENA(known_and_unknown),
        WITH_ARENA(nothing_solved_or_said),
        WITH_ARENA(graded_scores_have_no_cost_per_solved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
