/* The suites and solver files that are part of tare load, and name what exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "suite/solver_file.h"
#include "suite/suite.h"
#include "world/soc/gen.h"
#include "world/soc/solvers/solvers.h"

#include "base/banned.h"

static struct tare_arena arena;

static struct tare_str place(const char *name)
{
    const char *root = getenv("TARE_ROOT");
    return tare_arena_printf(&arena, "%s/%s", root != NULL ? root : ".", name);
}

static enum tare_status load(const char *name, struct tare_suite **out, struct tare_err *err)
{
    static const struct tare_task_source *const sources[] = {&tare_task_source_soc};
    const struct tare_suite_options options = {
        .size = sizeof options, .sources = sources, .n_sources = 1};
    return tare_suite_load(place(name), &options, &arena, out, err);
}

static void suites(void **state)
{
    static const struct {
        const char *name;
        uint32_t tasks;
    } want[] = {{"suites/incident-response", 60}, {"suites/incident-response-train", 160}};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct tare_suite *s = NULL;
        struct tare_err err = {0};
        if (load(want[i].name, &s, &err) != TARE_OK)
            fail_msg("%s: %s", want[i].name, err.text);
        assert_int_equal(s->n_tasks, want[i].tasks);
        assert_true(tare_str_is(s->world, "soc"));
        assert_true(tare_str_is(s->metrics[0], "reward"));
    }
}

/* Without its seeds the faithful suite says what is missing. */
static void faithful(void **state)
{
    struct tare_suite *s = NULL;
    struct tare_err err = {0};
    (void)state;
    if (tare_fs_exists(place("suites/opensec-faithful/tasks.jsonl")))
        skip();
    assert_int_not_equal(load("suites/opensec-faithful", &s, &err), TARE_OK);
    assert_string_equal(err.text, "the tasks file does not exist");
    assert_non_null(strstr(err.hint, "opensec-faithful/tasks.jsonl"));
}

static void solver_files(void **state)
{
    (void)state;
    for (uint32_t i = 0; tare_soc_solvers[i] != NULL; i++) {
        struct tare_solver_file *file = NULL;
        struct tare_err err = {0};
        void *shared = NULL;
        char name[128];
        (void)snprintf(name, sizeof name, "examples/solvers/%s.yaml", tare_soc_solvers[i]->name);
        if (tare_solver_file_load(place(name), &arena, &file, &err) != TARE_OK)
            fail_msg("%s: %s", name, err.text);
        assert_ptr_equal(tare_soc_solver(file->policy), tare_soc_solvers[i]);
        assert_int_equal(tare_soc_solvers[i]->open(file->config, &arena, &shared, &err), TARE_OK);
    }
    assert_null(tare_soc_solver(TARE_S("orakel")));
}

/* Wrong parameters are refused by name. */
static void parameters(void **state)
{
    static const char *const bad[][2] = {{"spray", "{\"report\":\"lie\"}"},
                                         {"verify-first", "{\"look_untli\":3}"},
                                         {"random", "{\"query\":80,\"fetch\":40}"},
                                         {"oracle", "{\"look_until\":3}"}};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct tare_json v;
        struct tare_err err = {0};
        void *shared = NULL;
        assert_int_equal(
            tare_json_parse(tare_str_of(bad[i][1]), &tare_json_strict, &arena, &v, &err), 0);
        const struct tare_solver_ops *s = tare_soc_solver(tare_str_of(bad[i][0]));
        assert_non_null(s);
        assert_int_not_equal(s->open(v, &arena, &shared, &err), TARE_OK);
        assert_true(err.text[0] != '\0');
    }
}

static int start(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_ARENA_LOAD_BYTES);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    tare_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(suites, start, finish),
        cmocka_unit_test_setup_teardown(faithful, start, finish),
        cmocka_unit_test_setup_teardown(solver_files, start, finish),
        cmocka_unit_test_setup_teardown(parameters, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
