/* The signs in a published headline (sales-bench sheet, section 14) are found, with their counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../shared.h"
#include "../test_arena.h"
#include "base/fs.h"
#include "base/limits.h"
#include "lint/lint.h"

static struct tare_str data(const char *rest)
{
    char name[256];
    (void)snprintf(name, sizeof name, "data/sales-bench/%s", rest);
    return shared_path(&arena, name);
}

static bool said(const struct tare_lint *l, const char *check, const char *part)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (strcmp(l->v[i].check, check) == 0 && strstr(l->v[i].text.p, part))
            return true;
    return false;
}

static void the_headline_is_seen_through(void **state)
{
    (void)state;
    const struct tare_str paths[] = {data("ablations/held_out_preference_margins.jsonl"),
                                     data("ablations/held_out_prompt_baseline_margins.jsonl"),
                                     data("v0.2/held_out.jsonl")};
    struct tare_lint *l = TARE_NEW(&arena, struct tare_lint);
    struct tare_err err = {0};
    assert_non_null(l);
    l->arena = &arena;
    assert_int_equal(tare_lint_rows(paths, 3, l, NULL, &err), TARE_OK);
    assert_true(said(l, "longer-wins", "right on 45 of 47 tasks, prefers_reference on 41"));
    assert_true(said(l, "few-texts", "only 11 different pairs"));
    assert_true(said(l, "few-families", "only 13 values of scaled_from_task_id"));
    assert_true(said(l, "alternating", "prefers_reference alternates"));
    assert_true(said(l, "constant", "margin is 0 in all 47 rows"));
}

/* The trained judge's own file alone is no placeholder. */
static void a_measured_file_is_left_alone(void **state)
{
    (void)state;
    const struct tare_str path = data("ablations/held_out_preference_margins.jsonl");
    struct tare_lint *l = TARE_NEW(&arena, struct tare_lint);
    struct tare_err err = {0};
    assert_non_null(l);
    l->arena = &arena;
    assert_int_equal(tare_lint_rows(&path, 1, l, NULL, &err), TARE_OK);
    assert_int_equal(l->n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headline_is_seen_through),
        cmocka_unit_test(a_measured_file_is_left_alone),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
