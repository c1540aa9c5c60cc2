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

static struct tare_arena arena;
static char folder[64];

static struct tare_str in_folder(const char *name)
{
    return tare_arena_printf(&arena, "%s/%s", folder, name);
}

static void put(const char *name, struct tare_str bytes)
{
    struct tare_err err = {0};
    if (tare_fs_write(in_folder(name), bytes, 0644, &err) != TARE_OK)
        fail_msg("%s: %s", err.file, err.text);
}

static int setup(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_ARENA_LOAD_BYTES);
    snprintf(folder, sizeof folder, "/tmp/tare-suite-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"suite.yaml", "tasks.jsonl", "solver.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(in_folder(names[i]).p);
    (void)rmdir(folder);
    tare_arena_free(&arena);
    return 0;
}

static const char good_suite[] = "suite: tiny\n"
                                 "version: 1.0.0\n"
                                 "world: {soc: {profile: hardened, seed: 1.50}}\n"
                                 "tasks: tasks.jsonl\n"
                                 "attempts: 4\n"
                                 "metrics: [reward, egar]\n"
                                 "by: [family]\n"
                                 "limits: {steps: 18}\n";
static const char good_tasks[] =
    "{\"id\": \"t1\", \"input\": {\"b\": 1, \"a\": [2]}, \"expect\": 3, \"tags\": "
    "{\"family\": \"x\", \"tier\": 1, \"hot\": true, \"none\": null}, \"meta\": {\"any\": 1}}\n"
    "\n"
    "{\"id\": \"t2\", \"input\": \"caf\\u00e9\"}\n";

static struct tare_suite *load(const char *yaml, const char *tasks,
                               const struct tare_suite_options *options)
{
    struct tare_suite *suite = NULL;
    struct tare_err err = {0};
    put("suite.yaml", tare_str_of(yaml));
    put("tasks.jsonl", tare_str_of(tasks));
    if (tare_suite_load(tare_str_of(folder), options, &arena, &suite, &err) != TARE_OK)
        fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
    return suite;
}

static void test_good(void **state)
{
    (void)state;
    struct tare_suite *s = load(good_suite, good_tasks, NULL);
    char hex[65];
    assert_true(tare_str_is(s->name, "tiny") && tare_str_is(s->version, "1.0.0"));
    assert_true(tare_str_is(s->world, "soc") && s->attempts == 4 && s->limits.steps == 18);
    assert_true(tare_json_str_is(tare_json_get(s->world_config, "profile"), "hardened"));
    assert_int_equal(s->n_tasks, 2);
    assert_int_equal(s->n_metrics, 2);
    assert_true(tare_str_is(s->metrics[0], "reward") && tare_str_is(s->by[0], "family"));
    const struct tare_task *t = &s->tasks[0];
    assert_true(tare_str_is(t->id, "t1") && t->index == 0 && s->tasks[1].index == 1);
    assert_int_equal(tare_json_count(t->input), 2);
    assert_int_equal(t->n_tags, 3);
    assert_true(tare_str_is(t->tags[1].value, "1") && tare_str_is(t->tags[2].value, "true"));
    assert_false(tare_json_present(s->tasks[1].expect));
    /* SHA-256 of {"id":"t2","input":"caf\u00e9"}, made with sha256sum */
    tare_digest_hex(s->tasks[1].digest, hex);
    assert_string_equal(hex, "54bb681dd1af4493a538e2d67d19de38007ae1779039938838adc97cd11770f4");
    tare_digest_hex(s->digest, hex);
    tare_digest_hex(tare_sha256_of(s->manifest), hex);
    assert_true(tare_digest_eq(s->digest, tare_sha256_of(s->manifest)));
}

static void test_found_by_name(void **state)
{
    (void)state;
    struct tare_suite *s = NULL;
    struct tare_err err = {0};
    put("suite.yaml", tare_str_of(good_suite));
    put("tasks.jsonl", tare_str_of(good_tasks));
    assert_int_equal(tare_suite_load(in_folder("suite.yaml"), NULL, &arena, &s, &err), TARE_OK);
    struct tare_suite_options options = {.size = sizeof options,
                                         .search = TARE_S("/nowhere::/tmp")};
    assert_int_equal(tare_suite_load(tare_str_of(folder + 5), &options, &arena, &s, &err), TARE_OK);
    assert_int_equal(tare_suite_load(tare_str_of(folder + 5), NULL, &arena, &s, &err),
                     TARE_E_USAGE);
    char wrong[64];
    snprintf(wrong, sizeof wrong, "%s", folder + 5);
    wrong[6] = '#';
    assert_int_equal(tare_suite_load(tare_str_of(wrong), &options, &arena, &s, &err), TARE_E_USAGE);
    assert_non_null(strstr(err.text, "looked in /nowhere, /tmp, suites"));
    assert_non_null(strstr(err.hint, "did you mean \"tare-suite-"));
    assert_int_equal(tare_suite_load(TARE_S("./nowhere"), NULL, &arena, &s, &err), TARE_E_USAGE);
    assert_int_equal(tare_suite_load(TARE_S(""), NULL, &arena, &s, &err), TARE_E_USAGE);
}

/* Changes that must not change the identity, and changes that must. */
static const struct {
    const char *from, *to;
    bool same;
} edits[] = {
    {"attempts: 4", "attempts:   4 # four", true},
    {"suite: tiny\nversion: 1.0.0\n", "version: '1.0.0'\nsuite: tiny\n", true},
    {"{profile: hardened, seed: 1.50}", "{seed: 1.5, profile: \"hardened\"}", true},
    {"limits: {steps: 18}\n", "limits: {steps: 18}\nabout: words\nmeta: {x: 1}\n", true},
    {"limits: {steps: 18}\n", "limits: {steps: 18}\ncluster: null\nmargin: {}\n", true},
    {"{soc: {", "&a {soc: {", true},
    {"attempts: 4", "attempts: 5", false},
    {"1.0.0", "1.0.1", false},
    {"tiny", "tiny2", false},
    {"hardened", "faithful", false},
    {"[reward, egar]", "[egar, reward]", false},
    {"steps: 18", "steps: 19", false},
    {"limits: {steps: 18}\n", "limits: {steps: 18}\nmargin: {reward: 0.1}\n", false},
    {"limits: {steps: 18}\n", "limits: {steps: 18}\ncluster: family\n", false},
};
static const struct {
    const char *from, *to;
    bool same;
} task_edits[] = {
    {"{\"b\": 1, \"a\": [2]}", "{ \"a\":[2],\"b\":1 }", true},
    {"\"caf\\u00e9\"", "\"caf\xc3\xa9\"", true},
    {"\"any\": 1", "\"any\": 2", true},
    {"\n\n", "\n", true},
    {"[2]", "[3]", false},
    {"\"expect\": 3", "\"expect\": 4", false},
    {"\"t2\"", "\"t3\"", false},
    {"\"tier\": 1", "\"tier\": 2", false},
};

static const char *edited(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    return tare_arena_printf(&arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)).p;
}

static void test_identity(void **state)
{
    (void)state;
    struct tare_digest want = load(good_suite, good_tasks, NULL)->digest;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        const char *yaml = edited(good_suite, edits[i].from, edits[i].to);
        if (tare_digest_eq(load(yaml, good_tasks, NULL)->digest, want) != edits[i].same)
            fail_msg("%s -> %s", edits[i].from, edits[i].to);
    }
    for (size_t i = 0; i < sizeof task_edits / sizeof task_edits[0]; i++) {
        const char *tasks = edited(good_tasks, task_edits[i].from, task_edits[i].to);
        if (tare_digest_eq(load(good_suite, tasks, NULL)->digest, want) != task_edits[i].same)
            fail_msg("%s -> %s", task_edits[i].from, task_edits[i].to);
    }
}

/* ---- generated tasks --------------------------------------------------------------------- */

static enum tare_status make_tasks(struct tare_json how, struct tare_json world,
                                   struct tare_arena *scratch, struct tare_buf *out,
                                   struct tare_err *err)
{
    int64_t count = 0;
    (void)scratch;
    if (!tare_json_str_is(tare_json_get(world, "profile"), "hardened"))
        return tare_fail(err, TARE_E_STATE, "the world's values are missing");
    if (!tare_json_i64(tare_json_get(how, "count"), &count) || count < 1)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(tare_json_get(how, "count")),
                            "count must be above 0");
    for (int64_t i = 0; i < count; i++)
        tare_buf_printf(out, "{\"id\":\"g%d\",\"input\":%d,\"tags\":{\"family\":\"x\"}}\n", (int)i,
                        (int)i);
    return TARE_OK;
}

/* A world that takes only odd seeds. */
static enum tare_status odd_only(const struct tare_task *task, struct tare_json world,
                                 struct tare_arena *scratch, struct tare_err *err)
{
    int64_t seed = 0;
    (void)world, (void)scratch;
    struct tare_json v = tare_json_get(task->input, "seed");
    if (tare_json_i64(v, &seed) && seed % 2 != 0)
        return TARE_OK;
    return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "the seed is even");
}

static void test_checked_by_world(void **state)
{
    (void)state;
    static const struct tare_task_source soc = {
        .version = TARE_CONTRACT_VERSION, .name = "soc", .make = make_tasks, .check = odd_only};
    const struct tare_task_source *const sources[] = {&soc};
    struct tare_suite_options options = {
        .size = sizeof options, .sources = sources, .n_sources = 1};
    struct tare_err err = {0};
    struct tare_suite *suite;
    const char *tasks = "{\"id\": \"a\", \"input\": {\"seed\": 1}, \"tags\": {\"family\": 1}}\n"
                        "\n{\"id\": \"b\", \"input\": {\"seed\": 3}}\n";
    assert_int_equal(load(good_suite, tasks, &options)->n_tasks, 2);
    put("tasks.jsonl", tare_str_of(edited(tasks, "3}", "4}")));
    assert_int_equal(tare_suite_load(tare_str_of(folder), &options, &arena, &suite, &err),
                     TARE_E_INPUT);
    assert_true(err.line == 3 && err.column == 31 && strstr(err.file, "tasks.jsonl"));
    assert_string_equal(err.task, "b");
    assert_string_equal(err.excerpt, "{\"id\": \"b\", \"input\": {\"seed\": 4}}");
    assert_int_equal(tasks[err.offset], '3');
}

/* Every refused request for memory is an error with its name, and nothing is left behind. */
struct failing {
    struct tare_alc alc;
    long left, live;
};

static void *failing_get(void *ctx, size_t n)
{
    struct failing *f = ctx;
    void *p = f->left-- > 0 ? malloc(n) : NULL;
    f->live += p != NULL;
    return p;
}

static void failing_put(void *ctx, void *p, size_t n)
{
    struct failing *f = ctx;
    (void)n;
    f->live--;
    free(p);
}

static void test_refused_memory(void **state)
{
    (void)state;
    struct tare_buf tasks;
    tare_buf_init(&tasks, NULL, TARE_MIB);
    for (int i = 0; i < 1000; i++)
        tare_buf_printf(&tasks, "{\"id\":\"%d\",\"input\":1,\"tags\":{\"family\":\"x\"}}\n", i);
    put("suite.yaml", tare_str_of(good_suite));
    put("tasks.jsonl", tare_buf_str(&tasks));
    tare_buf_free(&tasks);
    struct tare_str what = tare_str_of(folder);
    for (long limit = 0;; limit++) {
        struct failing f = {{failing_get, failing_put, &f, NULL}, limit, 0};
        struct tare_arena a;
        struct tare_err err = {0};
        struct tare_suite *suite;
        tare_arena_init(&a, &f.alc, TARE_ARENA_LOAD_BYTES);
        enum tare_status st = tare_suite_load(what, NULL, &a, &suite, &err);
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK) {
            assert_true(limit > 3);
            break;
        }
        assert_int_equal(st, TARE_E_NOMEM);
    }
}

static void test_generated(void **state)
{
    (void)state;
    static const struct tare_task_source soc = {
        .version = TARE_CONTRACT_VERSION, .name = "soc", .make = make_tasks, .check = odd_only};
    static const struct tare_task_source other = {
        .version = TARE_CONTRACT_VERSION, .name = "other", .make = make_tasks};
    const struct tare_task_source *const sources[] = {&other, &soc};
    struct tare_suite_options options = {
        .size = sizeof options, .sources = sources, .n_sources = 2};
    struct tare_err err = {0};
    struct tare_suite *suite;
    const char *yaml = edited(good_suite, "tasks.jsonl", "{generate: {count: 5}}");
    assert_int_equal(load(yaml, "", &options)->n_tasks, 5);
    put("suite.yaml", tare_str_of(edited(good_suite, "tasks.jsonl", "{generate: {count: 0}}")));
    assert_int_equal(tare_suite_load(tare_str_of(folder), &options, &arena, &suite, &err),
                     TARE_E_INPUT);
    assert_true(err.line == 4 && err.column == 27 && strstr(err.file, "suite.yaml"));
}

static void test_solver_files(void **state)
{
    (void)state;
    struct tare_solver_file *s = NULL;
    struct tare_err err = {0};
    put("solver.yaml", TARE_S("solver: calm\npolicy: {verify-first: {rows: 2}}\n"
                              "limits: {tokens: 40000, seconds: 1.5, cost_usd: 0.10}\n"));
    assert_int_equal(tare_solver_file_load(in_folder("solver.yaml"), &arena, &s, &err), TARE_OK);
    assert_true(s->kind == TARE_SOLVER_POLICY && tare_str_is(s->policy, "verify-first"));
    assert_int_equal(tare_json_count(s->config), 1);
    assert_true(s->limits.tokens == 40000 && s->limits.wall_ns == 1500000000);
    put("solver.yaml", TARE_S("solver: s\npolicy: spray\n"));
    assert_int_equal(tare_solver_file_load(in_folder("solver.yaml"), &arena, &s, &err), TARE_OK);
    assert_true(tare_str_is(s->policy, "spray") && !tare_json_present(s->config));
    put("solver.yaml", TARE_S("solver: careful\n"
                              "model: {name: qwen3-4b, base_url: $OPENAI_BASE_URL}\n"
                              "harness: {tool_mode: strict}\n"));
    assert_int_equal(tare_solver_file_load(in_folder("solver.yaml"), &arena, &s, &err), TARE_OK);
    assert_true(s->kind == TARE_SOLVER_MODEL && tare_json_count(s->harness) == 1);
    assert_true(tare_json_str_is(tare_json_get(s->config, "name"), "qwen3-4b"));
    assert_int_equal(tare_solver_file_load(in_folder("none.yaml"), &arena, &s, &err), TARE_E_USAGE);
}

/* Ten thousand tasks with one id twice: found, both lines named. */
static void test_many_tasks(void **state)
{
    (void)state;
    struct tare_buf b;
    struct tare_task *tasks;
    struct tare_err err = {0};
    uint32_t n;
    tare_buf_init(&b, NULL, TARE_GIB);
    for (int i = 0; i < 10000; i++)
        tare_buf_printf(&b, "{\"id\":\"task-%d\",\"input\":%d}\n", i, i);
    assert_int_equal(tare_suite_tasks(tare_buf_str(&b), TARE_S("t"), &arena, &tasks, &n, &err), 0);
    assert_int_equal(n, 10000);
    tare_buf_puts(&b, "{\"id\":\"task-4711\",\"input\":0}");
    assert_int_equal(tare_suite_tasks(tare_buf_str(&b), TARE_S("t"), &arena, &tasks, &n, &err),
                     TARE_E_INPUT);
    assert_int_equal(err.line, 10001);
    assert_non_null(strstr(err.text, "line 4712"));
    assert_string_equal(err.task, "task-4711");
    tare_buf_free(&b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_good),         T(test_found_by_name),    T(test_identity),
        T(test_generated),    T(test_checked_by_world), T(test_refused_memory),
        T(test_solver_files), T(test_many_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
