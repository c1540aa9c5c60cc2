/* The examples of docs/files.md are read by the code that reads people's files, and the schemas
 * name the keys that the code knows. */
#include "base/fs.h"
#include "base/limits.h"
#include "suite/solver_file.h"
#include "suite/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {"suite.yaml", "generated.yaml", "tasks.jsonl", "solver.yaml",
                                    "model.yaml"};
#define N_NAMES (sizeof names / sizeof names[0])

static struct tare_arena arena;
static char folder[64];

static struct tare_str in_folder(const char *name)
{
    return tare_arena_printf(&arena, "%s/%s", folder, name);
}

static struct tare_str read_doc(const char *name)
{
    const char *root = getenv("TARE_ROOT");
    struct tare_str path = tare_arena_printf(&arena, "%s/docs/%s", root ? root : ".", name), text;
    struct tare_err err = {0};
    if (tare_fs_read(path, TARE_MIB, &arena, &text, &err) != TARE_OK)
        fail_msg("%s: %s", err.file, err.text);
    return text;
}

/* Writes the block of the page that is called `name`. */
static void write_block(struct tare_str page, const char *name)
{
    struct tare_err err = {0};
    bool json = tare_str_ends(tare_str_of(name), TARE_S(".jsonl"));
    struct tare_str head = tare_arena_printf(&arena, "```%s %s\n", json ? "json" : "yaml", name);
    size_t at = tare_str_find(page, head);
    if (at == SIZE_MAX)
        fail_msg("no block %s", name);
    struct tare_str rest = tare_str_n(page.p + at + head.n, page.n - at - head.n);
    rest.n = tare_str_find(rest, TARE_S("```"));
    assert_int_equal(tare_fs_write(in_folder(name), rest, 0644, &err), TARE_OK);
}

static int setup(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_ARENA_LOAD_BYTES);
    snprintf(folder, sizeof folder, "/tmp/tare-page-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_NAMES; i++)
        (void)unlink(in_folder(names[i]).p);
    (void)rmdir(folder);
    tare_arena_free(&arena);
    return 0;
}

static enum tare_status make_sixty(struct tare_json how, struct tare_json world,
                                   struct tare_arena *scratch, struct tare_buf *out,
                                   struct tare_err *err)
{
    int64_t count = 0;
    (void)world, (void)scratch, (void)err;
    assert_true(tare_json_i64(tare_json_get(how, "count"), &count));
    for (int i = 0; i < (int)count; i++)
        tare_buf_printf(out, "{\"id\":\"%d\",\"input\":null}\n", i);
    return TARE_OK;
}

static void test_page(void **state)
{
    (void)state;
    static const struct tare_task_source soc = {
        .version = TARE_CONTRACT_VERSION, .name = "soc", .make = make_sixty};
    const struct tare_task_source *const sources[] = {&soc};
    struct tare_suite_options options = {
        .size = sizeof options, .sources = sources, .n_sources = 1};
    struct tare_str page = read_doc("files.md");
    struct tare_suite *suite;
    struct tare_solver_file *solver;
    struct tare_err err = {0};
    for (size_t i = 0; i < N_NAMES; i++)
        write_block(page, names[i]);
    for (size_t i = 0; i < 2; i++)
        if (tare_suite_load(in_folder(names[i]), &options, &arena, &suite, &err) != TARE_OK)
            fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
    assert_int_equal(suite->n_tasks, 60);
    for (size_t i = 3; i < N_NAMES; i++)
        if (tare_solver_file_load(in_folder(names[i]), &arena, &solver, &err) != TARE_OK)
            fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
    assert_int_equal(solver->kind, TARE_SOLVER_MODEL);
}

/* A file that holds one key that nobody knows is refused with the list of those that are known:
 * they are the schema's properties, in its order. */
static void check_schema(const char *name, const char *hint)
{
    struct tare_json schema;
    struct tare_err err = {0};
    struct tare_str text = read_doc(name);
    assert_int_equal(tare_json_parse(text, NULL, &arena, &schema, &err), TARE_OK);
    struct tare_json all = tare_json_get(schema, "properties");
    assert_true(tare_json_count(all) > 3);
    for (struct tare_json p = tare_json_first(all); p.doc; p = tare_json_next(p)) {
        struct tare_str key = tare_json_key(p);
        if (!tare_str_is(key, "meta") && tare_str_find(tare_str_of(hint), key) == SIZE_MAX)
            fail_msg("%s has %.*s, known are: %s", name, TARE_FMT(key), hint);
    }
    unsigned commas = 1;
    for (const char *c = hint; *c; c++)
        commas += *c == ',' || strncmp(c, " or ", 4) == 0;
    assert_int_equal(commas, tare_json_count(all) - 1);
}

static void put(const char *name, const char *text)
{
    struct tare_err err = {0};
    assert_int_equal(tare_fs_write(in_folder(name), tare_str_of(text), 0644, &err), TARE_OK);
}

static void test_schemas(void **state)
{
    (void)state;
    struct tare_suite *suite;
    struct tare_solver_file *solver;
    struct tare_err err = {0};
    put("suite.yaml",
        "suite: x\nversion: v\nworld: soc\ntasks: tasks.jsonl\nmetrics: [m]\nqqqqqqqq: 1\n");
    assert_int_equal(tare_suite_load(tare_str_of(folder), NULL, &arena, &suite, &err),
                     TARE_E_INPUT);
    check_schema("schema/suite.json", err.hint);
    put("suite.yaml", "suite: x\nversion: v\nworld: soc\ntasks: tasks.jsonl\nmetrics: [m]\n");
    put("tasks.jsonl", "{\"id\": \"a\", \"input\": 1, \"qqqqqqqq\": 1}\n");
    assert_int_equal(tare_suite_load(tare_str_of(folder), NULL, &arena, &suite, &err),
                     TARE_E_INPUT);
    check_schema("schema/task.json", err.hint);
    put("solver.yaml", "solver: x\npolicy: y\nqqqqqqqq: 1\n");
    assert_int_equal(tare_solver_file_load(in_folder("solver.yaml"), &arena, &solver, &err),
                     TARE_E_INPUT);
    check_schema("schema/solver.json", err.hint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_schemas, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
