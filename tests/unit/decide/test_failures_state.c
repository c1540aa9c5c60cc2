/* Detectors of what was forgotten: state_corruption and lost_in_the_middle, from step bodies as
 * they are recorded. Each with a trace that shows it and one that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "decide/failures.h"

#define MAX_STEPS 12

/* A step: the action as JSON, the members of its state, the members of its trace. */
struct step {
    const char *use, *state, *trace;
};

#define SHELL(command) "{\"action_type\":\"shell\",\"params\":{\"command\":\"" command "\"}}"
#define EDIT "{\"action_type\":\"edit\",\"params\":{\"path\":\"src/a.py\"}}"
#define A(op, digest) "{\"op\":\"" op "\",\"name\":\"src/a.py\",\"sha256\":\"" digest "\"}"
#define PLAN(text) "{\"e\":\"plan\",\"tool\":\"update_plan\",\"plan\":\"" text "\"}"

static struct tare_failure *found;
static uint32_t n_found;

/* How often a subtype of a mode is found in the attempt of these steps; the last has use NULL. */
static uint32_t count(enum tare_failure_mode mode, const char *subtype, const struct step *v)
{
    struct tare_str lines[MAX_STEPS + 1] = {TARE_S("{}")};
    struct tare_trail t;
    struct tare_err err = {0};
    uint32_t n = 0, all = 0;
    for (; v[n].use; n++)
        lines[n + 1] = tare_arena_printf(
            &arena,
            "{\"parts\":[{\"data\":%s},{\"data\":{\"n\":%u}}],\"state\":[%s],"
            "\"trace\":[%s]}",
            v[n].use, n, v[n].state ? v[n].state : "", v[n].trace ? v[n].trace : "");
    struct tare_attempt a = {.status = TARE_ATTEMPT_DONE, .n_steps = n};
    if (tare_trail_read(&a, lines, n + 1, NULL, 0, 0, &arena, &t, &err) != TARE_OK ||
        tare_failures(&t, &arena, &found, &n_found, &err) != TARE_OK)
        fail_msg("%s", err.text);
    for (uint32_t i = 0; i < n_found; i++)
        all += found[i].mode == mode && strcmp(found[i].subtype, subtype) == 0;
    return all;
}

#define STALE(...) count(TARE_FAIL_STATE, "stale_write", (const struct step[]){__VA_ARGS__, {0}})
#define LOST(...) count(TARE_FAIL_STATE, "lost_item", (const struct step[]){__VA_ARGS__, {0}})
#define MIDDLE(...) count(TARE_FAIL_MIDDLE, "rule", (const struct step[]){__VA_ARGS__, {0}})

static void test_read_back(void **state)
{
    (void)state;
    assert_int_equal(STALE({EDIT, A("create", "11"), NULL}, {EDIT, A("read", "22"), NULL}), 1);
    assert_int_equal(found[0].from_step, 1);
    assert_int_equal(found[0].to_step, 2);
    assert_int_equal(STALE({EDIT, A("create", "11"), NULL}, {EDIT, A("read", "11"), NULL}), 0);
    /* a command of the attempt's own wrote between: it is as it should be */
    assert_int_equal(STALE({EDIT, A("create", "11"), NULL},
                           {SHELL("make format"), A("change", "22"), NULL},
                           {EDIT, A("read", "22"), NULL}),
                     0);
    /* a command wrote, and then it is yet another */
    assert_int_equal(STALE({EDIT, A("create", "11"), NULL},
                           {SHELL("make format"), A("change", "22"), NULL},
                           {EDIT, A("read", "33"), NULL}),
                     1);
    assert_int_equal(found[0].from_step, 2);
    /* never written by the attempt: nothing is known of what it should be */
    assert_int_equal(STALE({EDIT, A("read", "11"), NULL}, {EDIT, A("read", "22"), NULL}), 0);
    /* removed and made again */
    assert_int_equal(STALE({EDIT, A("create", "11"), NULL},
                           {SHELL("git clean"), A("remove", ""), NULL},
                           {EDIT, A("read", "22"), NULL}),
                     0);
    /* told once: the second read is as the first */
    assert_int_equal(STALE({EDIT, A("edit", "11"), NULL}, {EDIT, A("read", "22"), NULL},
                           {EDIT, A("read", "22"), NULL}),
                     1);
}

static void test_written_over(void **state)
{
    (void)state;
    assert_int_equal(STALE({EDIT, A("read", "11"), NULL},
                           {SHELL("make format"), A("change", "22"), NULL},
                           {EDIT, A("create", "33"), NULL}),
                     1);
    assert_int_equal(found[0].from_step, 2);
    assert_int_equal(found[0].to_step, 3);
    assert_string_equal(found[0].severity, "error");
    /* looked at since, by the editor or by a command that names it */
    assert_int_equal(STALE({EDIT, A("read", "11"), NULL},
                           {SHELL("make format"), A("change", "22"), NULL},
                           {EDIT, A("read", "22"), NULL}, {EDIT, A("create", "33"), NULL}),
                     0);
    assert_int_equal(STALE({EDIT, A("read", "11"), NULL},
                           {SHELL("make format"), A("change", "22"), NULL},
                           {SHELL("cat src/a.py"), "", NULL}, {EDIT, A("create", "33"), NULL}),
                     0);
    /* changed by name: the attempt knows */
    assert_int_equal(STALE({EDIT, A("read", "11"), NULL},
                           {SHELL("sed -i s/x/y/ src/a.py"), A("change", "22"), NULL},
                           {EDIT, A("create", "33"), NULL}),
                     0);
    /* a part of it, as it stood */
    assert_int_equal(STALE({EDIT, A("read", "11"), NULL},
                           {SHELL("make format"), A("change", "22"), NULL},
                           {EDIT, A("edit", "33"), NULL}),
                     0);
    /* made by a command and never met by the attempt */
    assert_int_equal(
        STALE({SHELL("make all"), A("change", "22"), NULL}, {EDIT, A("create", "33"), NULL}), 0);
}

/* Notes of the harness: a sub-task wrote behind the back of the one who writes over it. */
static void test_notes(void **state)
{
    (void)state;
#define NOTE(op, digest)                                                                           \
    "{\"e\":\"state\",\"op\":\"" op "\",\"name\":\"note log\",\"sha256\":\"" digest "\"}"
    assert_int_equal(STALE({SHELL("x"), NULL,
                            NOTE("create", "1") "," NOTE("change", "2") "," NOTE("create", "3")}),
                     1);
    assert_int_equal(STALE({SHELL("x"), NULL,
                            NOTE("create", "1") "," NOTE("change", "2") "," NOTE(
                                "read", "2") "," NOTE("create", "3")}),
                     0);
}

static void test_plans(void **state)
{
    (void)state;
    assert_int_equal(LOST({SHELL("a"), NULL, PLAN("- [x] read the alerts\\n- [ ] write it up")},
                          {SHELL("b"), NULL, PLAN("- [ ] read the alerts\\n- [ ] write it up")}),
                     1);
    assert_int_equal(found[0].from_step, 1);
    assert_int_equal(found[0].to_step, 2);
    assert_int_equal(LOST({SHELL("a"), NULL, PLAN("1. [ ] read the alerts\\n2. [ ] call home")},
                          {SHELL("b"), NULL, PLAN("1. [x] read the alerts")}),
                     1);
    /* as it should go on */
    assert_int_equal(LOST({SHELL("a"), NULL, PLAN("- [ ] read the alerts\\n- [ ] write it up")},
                          {SHELL("b"), NULL, PLAN("- [x] read the alerts\\n- [ ] write it up")},
                          {SHELL("c"), NULL, PLAN("- [ ] write it up")}),
                     0);
    /* in other words; split in two; no checklist at all */
    assert_int_equal(LOST({SHELL("a"), NULL, PLAN("- [ ] read the alerts\\n- [ ] call home")},
                          {SHELL("b"), NULL, PLAN("- [ ] look at the alerts, read each")}),
                     1); /* "call home" */
    assert_int_equal(LOST({SHELL("a"), NULL, PLAN("- [ ] read the alerts")},
                          {SHELL("b"), NULL, PLAN("- [ ] first half\\n- [ ] second half")}),
                     0);
    assert_int_equal(LOST({SHELL("a"), NULL, PLAN("read the alerts, then write")},
                          {SHELL("b"), NULL, PLAN("write")}),
                     0);
}

/* What is open in the last plan, for premature_termination. */
static void test_open_items(void **state)
{
    (void)state;
    static const struct step open[] = {
        {SHELL("a"), NULL, PLAN("- [x] one\\n- [ ] two\\n- [ ] three")}, {0}};
    static const struct step shut[] = {{SHELL("a"), NULL, PLAN("- [x] one\\n- [x] two")}, {0}};
    assert_int_equal(count(TARE_FAIL_PREMATURE, "open_items", open), 1);
    assert_int_equal(count(TARE_FAIL_PREMATURE, "open_items", shut), 0);
}

#define RULE(kept, at, prompt)                                                                     \
    "{\"e\":\"rule\",\"tool\":\"t\",\"kept\":" kept ",\"at\":" at ",\"prompt_tokens\":" prompt "}"

static void test_middle(void **state)
{
    (void)state;
    const char *kept = RULE("true", "2000", "3000");
    assert_int_equal(
        MIDDLE({SHELL("a"), NULL, kept}, {SHELL("b"), NULL, RULE("false", "2000", "8000")}), 1);
    assert_int_equal(found[n_found - 1].from_step, 2);
    /* never kept before; at the beginning; near the end; too little behind it; no longer
     * there */
    assert_int_equal(MIDDLE({SHELL("a"), NULL, RULE("false", "2000", "8000")}), 0);
    assert_int_equal(
        MIDDLE({SHELL("a"), NULL, kept}, {SHELL("b"), NULL, RULE("false", "100", "8000")}), 0);
    assert_int_equal(
        MIDDLE({SHELL("a"), NULL, kept}, {SHELL("b"), NULL, RULE("false", "28000", "32001")}), 0);
    assert_int_equal(
        MIDDLE({SHELL("a"), NULL, kept}, {SHELL("b"), NULL, RULE("false", "2000", "5999")}), 0);
    assert_int_equal(
        MIDDLE({SHELL("a"), NULL, kept}, {SHELL("b"), NULL,
                                          "{\"e\":\"rule\",\"tool\":\"t\",\"kept\":false,"
                                          "\"prompt_tokens\":8000}"}),
        0);
    assert_int_equal(
        MIDDLE({SHELL("a"), NULL, kept}, {SHELL("b"), NULL, RULE("true", "2000", "8000")}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_back),  cmocka_unit_test(test_written_over),
        cmocka_unit_test(test_notes),      cmocka_unit_test(test_plans),
        cmocka_unit_test(test_open_items), cmocka_unit_test(test_middle),
    };
    return cmocka_run_group_tests_name("decide/failures_state", tests, arena_setup, arena_teardown);
}
