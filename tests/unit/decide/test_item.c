/* One task's statistics: its mean over solvers, and whether it sorts them as the other tasks do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "decide/item.h"
#include "maker.h"

/* Task 0 goes with the others, task 1 against them, task 2 is solved by everybody. */
static void make(struct made *m, struct tare_arena *arena, uint32_t n_runs)
{
    static const double table[5][6] = {{0, 1, 1, 0, 0, 0},
                                       {0, 1, 1, 1, 0, 0},
                                       {1, 0, 1, 1, 1, 0},
                                       {1, 0, 1, 1, 1, 1},
                                       {1, 0, 1, (double)NAN, 1, 1}};
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    made_init(m, arena, made_share("solved"), 6, 1);
    for (uint32_t i = 0; i < n_runs; i++)
        (void)made_add(m, arena, names[i], table[i]);
}

static struct tare_item item(struct made *m, uint32_t task, struct tare_arena *arena)
{
    struct tare_item_table table;
    struct tare_item out = {0};
    struct tare_err err = {0};
    if (tare_item_read(&m->results, 0, arena, &table, &err) ||
        tare_item(&table, task, 0.95, arena, &out, &err))
        fail_msg("%s", err.text);
    return out;
}

static void with_and_against(void **state)
{
    struct made m;
    make(&m, *state, 5);
    struct tare_item with = item(&m, 0, *state), against = item(&m, 1, *state);
    assert_int_equal(with.n_solvers, 5);
    assert_int_equal(with.n_attempts, 5);
    assert_near(with.mean, 0.6, 1e-15);
    assert_near(with.lo, 0, 0);
    assert_near(with.hi, 1, 0);
    /* by hand: x = 0 0 1 1 1, means of the rest 2/5 3/5 3/5 4/5 3/4; sums of squares around the
     * means 6/5 and 0.098, of products 0.26 */
    assert_int_equal(with.n_discrimination, 5);
    assert_null(with.discrimination.r.why);
    assert_near(with.discrimination.r.v, 0.26 / sqrt(1.2 * 0.098), 1e-12);
    assert_true(with.discrimination.ci.lo < with.discrimination.r.v &&
                with.discrimination.r.v < with.discrimination.ci.hi);
    assert_true(against.discrimination.r.v < 0);
}

static void constant_and_missing(void **state)
{
    struct made m;
    make(&m, *state, 5);
    struct tare_item constant = item(&m, 2, *state), missing = item(&m, 3, *state);
    assert_near(constant.mean, 1, 0);
    assert_non_null(constant.discrimination.r.why);
    assert_int_equal(missing.n_solvers, 4);
    assert_int_equal(missing.n_discrimination, 4);
    assert_near(missing.mean, 0.75, 1e-15);
}

static void few_solvers(void **state)
{
    struct made m;
    make(&m, *state, 2);
    struct tare_item x = item(&m, 3, *state);
    assert_near(x.mean, 0.5, 0);
    assert_non_null(x.discrimination.r.why);
    make(&m, *state, 0);
    x = item(&m, 0, *state);
    assert_int_equal(x.n_solvers, 0);
    assert_true(isnan(x.mean));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_and_against, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(constant_and_missing, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(few_solvers, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
