/* What the metrics of other tools' files mean: which direction is better, what is a share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "decide/from_import.h"

/* The one metric of a table with one value. */
static struct tare_metric metric(const char *name, double value, const char *const *lower,
                                 struct tare_arena *arena)
{
    struct tare_str names[] = {tare_str_of(name)};
    struct tare_import_attempt attempt = {0};
    struct tare_import_table t = {
        .metrics = names, .n_metrics = 1, .attempts = &attempt, .n_attempts = 1, .values = &value};
    struct tare_metric *m = tare_import_metrics(&t, lower, arena);
    assert_non_null(m);
    return *m;
}

static void spent_is_better_when_less(void **state)
{
    static const char *const spent[] = {
        "cost",        "cost_usd",  "total_tokens", "latency",       "latency_ms", "mean latency",
        "Latency P95", "tokens_in", "wall.seconds", "run-duration_", "USD"};
    for (size_t i = 0; i < sizeof spent / sizeof spent[0]; i++) {
        struct tare_metric m = metric(spent[i], 0.25, NULL, *state);
        if (m.direction != TARE_LOWER_BETTER || m.max <= 1 || tare_str_is(m.unit, "share"))
            fail_msg("%s is something spent", spent[i]);
    }
}

static void other_names_are_not(void **state)
{
    static const char *const other[] = {"score",
                                        "accuracy",
                                        "tokens_per_second",
                                        "cost_effect",
                                        "latency_score",
                                        "tokens per seconds",
                                        "accost",
                                        "_",
                                        "",
                                        "in"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        struct tare_metric m = metric(other[i], 0.25, NULL, *state);
        if (m.direction != TARE_HIGHER_BETTER || !tare_str_is(m.unit, "share"))
            fail_msg("\"%s\" is a share, more is better", other[i]);
    }
    static const char *const lower[] = {"errors", NULL};
    assert_int_equal(metric("errors", 3, lower, *state).direction, TARE_LOWER_BETTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spent_is_better_when_less, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(other_names_are_not, arena_open, arena_close),
    };
    return cmocka_run_group_tests_name("decide/from_import", tests, NULL, NULL);
}
