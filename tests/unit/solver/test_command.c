/*
 * A program as an agent, without the program: the lines of tare.agent/1 both ways, what its state
 * machine does with them, and how `command:` is resolved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "record/task.h"
#include "solver/command.h"
#include "solver/command_wire.h"

static const struct tare_tool tools[] = {
    {.name = {"look", 4}, .about = {"looks", 5}},
    {.name = {"touch", 5}, .about = {"touches", 7}, .schema = {"{\"type\":\"array\"}", 16}}};
static const struct tare_scene scene = {.world = {"w", 1},
                                        .brief = {"be \"brief\"", 10},
                                        .tools = tools,
                                        .n_tools = 2,
                                        .attempt = 2,
                                        .max_steps = 9,
                                        .answer_schema = {"{\"type\":\"string\"}", 17}};

static struct tare_json json(struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    if (tare_json_parse(text, &tare_json_strict, &arena, &v, &err) != TARE_OK)
        fail_msg("%s: %.*s", err.text, TARE_FMT(text));
    return v;
}

/* ---- what it says --------------------------------------------------------------------------- */

static void test_lines_of_the_agent(void **state)
{
    static const struct {
        const char *line;
        enum tare_agent_says says;
        const char *text; /* WRONG: a part of it */
    } cases[] = {
        {" {\"type\":\"act\",\"tool\":\"look\"}\r\n", TARE_AGENT_ACT,
         "{\"action_type\":\"look\",\"params\":{}}"},
        {"{\"type\":\"act\",\"tool\":\"touch\",\"arguments\":{\"a\":[1]},\"x\":0}", TARE_AGENT_ACT,
         "{\"action_type\":\"touch\",\"params\":{\"a\":[1]}}"},
        {"{\"type\":\"answer\",\"text\":\"a\\nb\"}", TARE_AGENT_ACT,
         "{\"action_type\":\"answer\",\"params\":{\"text\":\"a\\nb\"}}"},
        {"{\"type\":\"done\"}", TARE_AGENT_DONE, ""},
        {"{\"type\":\"done\",\"reason\":\"found\"}", TARE_AGENT_DONE, "found"},
        {"{\"type\":\"fail\",\"reason\":\"lost\"}", TARE_AGENT_FAIL, "lost"},
        {"hello", TARE_AGENT_WRONG, "no JSON"},
        {"", TARE_AGENT_WRONG, "no JSON"},
        {"[1]", TARE_AGENT_WRONG, "\"type\": act"},
        {"{\"type\":1}", TARE_AGENT_WRONG, "\"type\": act"},
        {"{\"type\":\"say\"}", TARE_AGENT_WRONG, "none of act"},
        {"{\"type\":\"answer\"}", TARE_AGENT_WRONG, "needs its \"text\""},
        {"{\"type\":\"act\"}", TARE_AGENT_WRONG, "needs a \"tool\""},
        {"{\"type\":\"act\",\"tool\":\"\"}", TARE_AGENT_WRONG, "needs a \"tool\""},
        {"{\"type\":\"act\",\"tool\":\"loo\"}", TARE_AGENT_WRONG, "no tool 'loo'"},
        {"{\"type\":\"act\",\"tool\":\"look\",\"arguments\":[]}", TARE_AGENT_WRONG,
         "must be an object"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum tare_agent_says says = 0;
        struct tare_str text = {NULL, 0}, want = tare_str_of(cases[i].text);
        struct tare_err err = {0};
        assert_int_equal(
            tare_agent_read(tare_str_of(cases[i].line), &scene, &arena, &says, &text, &err),
            TARE_OK);
        bool same = says == TARE_AGENT_WRONG ? tare_str_find(text, want) != SIZE_MAX
                                             : tare_str_eq(text, want);
        if (says != cases[i].says || !same)
            fail_msg("%s: %d, %.*s", cases[i].line, (int)says, TARE_FMT(text));
    }
}

/* ---- what it is told ------------------------------------------------------------------------ */

static void test_lines_to_the_agent(void **state)
{
    struct tare_obs obs = {.step = 3, .failed = true};
    (void)state;
    struct tare_str line = tare_agent_start(&scene, TARE_S("{\"o\":1}"), &arena);
    assert_true(line.n && memchr(line.p, '\n', line.n) == line.p + line.n - 1);
    assert_true(tare_json_equal(
        json(line),
        json(
            TARE_S("{\"schema\":\"tare.agent/1\",\"type\":\"start\",\"world\":\"w\",\"brief\":\"be "
                   "\\\"brief\\\"\",\"attempt\":3,\"max_steps\":9,\"talks\":false,\"tools\":[{"
                   "\"name\":\"look\",\"description\":\"looks\",\"parameters\":{\"type\":"
                   "\"object\"}},{\"name\":\"touch\",\"description\":\"touches\",\"parameters\":{"
                   "\"type\":\"array\"}}],\"answer_schema\":{\"type\":\"string\"},\"observation\":"
                   "{\"o\":1}}"))));
    line = tare_agent_observation(&obs, TARE_S("[2]"), &arena);
    assert_true(tare_str_is(
        line, "{\"type\":\"observation\",\"step\":3,\"failed\":true,\"observation\":[2]}\n"));
    line = tare_agent_error(TARE_S("a\nb"), &arena);
    assert_true(tare_str_is(line, "{\"type\":\"error\",\"message\":\"a\\nb\"}\n"));
}

/* ---- the state machine ---------------------------------------------------------------------- */

struct agent {
    void *shared, *state;
};

static struct agent agent_open(void)
{
    struct agent a;
    struct tare_task task = {.id = TARE_S("t")};
    struct tare_err err = {0};
    struct tare_json config =
        json(TARE_S("{\"argv\":[\"/bin/agent\",\"x\"],\"files\":{},\"env\":[],\"values\":[\"A=b\"],"
                    "\"timeout\":1.5}"));
    a.state = tare_arena_alloc(&arena, tare_solver_command.state_bytes);
    assert_int_equal(tare_solver_command.open(config, &arena, &a.shared, &err), TARE_OK);
    assert_int_equal(tare_solver_command.start(a.shared, a.state, &task, NULL, &arena, &err), 0);
    return a;
}

static struct tare_yield next(const struct agent *a, const struct tare_event *event)
{
    struct tare_yield y = {0};
    struct tare_err err = {0};
    assert_int_equal(tare_solver_command.next(a->shared, a->state, event, NULL, &arena, &y, &err),
                     TARE_OK);
    return y;
}

static struct tare_yield observe(const struct agent *a, bool done)
{
    struct tare_obs obs = {.step = 1, .done = done};
    struct tare_event e = {
        .kind = TARE_EVENT_OBS, .obs = &obs, .scene = &scene, .body = TARE_S("{}")};
    return next(a, &e);
}

static struct tare_yield says(const struct agent *a, const char *line)
{
    struct tare_event e = {.kind = TARE_EVENT_CHILD, .body = tare_str_of(line), .exit_status = -1};
    return next(a, &e);
}

static struct tare_str type_of(const struct tare_yield *y)
{
    assert_int_equal(y->kind, TARE_YIELD_SPAWN);
    return tare_json_str(tare_json_get(json(y->spawn.input), "type"));
}

static void test_a_talk(void **state)
{
    struct agent a = agent_open();
    (void)state;
    struct tare_yield y = observe(&a, false);
    assert_true(tare_str_is(type_of(&y), "start"));
    assert_string_equal(y.spawn.argv[1], "x");
    assert_string_equal(y.spawn.env[0], "A=b");
    assert_null(y.spawn.argv[2]);
    assert_null(y.spawn.env[1]);
    assert_int_equal(y.spawn.timeout_ms, 1500);
    assert_true(y.spawn.talks);
    y = says(&a, "{\"type\":\"act\",\"tool\":\"look\"}");
    assert_int_equal(y.kind, TARE_YIELD_ACT);
    y = observe(&a, false);
    assert_true(tare_str_is(type_of(&y), "observation"));
    y = says(&a, "{\"type\":\"done\",\"reason\":\"r\"}");
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    assert_int_equal(y.cause, TARE_CAUSE_NONE);
    a = agent_open();
    y = observe(&a, true);
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    assert_int_equal(y.cause, TARE_CAUSE_NONE);
}

/* Wrong lines are answered until there are too many in a row; one step starts the count anew. */
static void test_wrong_lines(void **state)
{
    struct agent a = agent_open();
    struct tare_yield y = observe(&a, false);
    (void)state;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 1; i < TARE_MAX_AGENT_WRONG_LINES; i++) {
            y = says(&a, "hello");
            assert_true(tare_str_is(type_of(&y), "error"));
        }
        if (round == 0)
            y = observe(&a, false);
    }
    y = says(&a, "hello");
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    assert_int_equal(y.cause, TARE_CAUSE_SOLVER);
    assert_true(tare_str_find(y.cause_text, TARE_S("no JSON")) != SIZE_MAX);
}

static void test_how_it_ends(void **state)
{
    static const struct {
        int status;
        enum tare_cause failed;
        const char *body;
        enum tare_cause cause;
        const char *text;
    } cases[] = {
        {0, TARE_CAUSE_NONE, "", TARE_CAUSE_SOLVER, "without a last word"},
        {3, TARE_CAUSE_NONE, "", TARE_CAUSE_SOLVER, "exit status 3"},
        {128, TARE_CAUSE_NONE, "", TARE_CAUSE_SOLVER, "exit status 128"},
        {137, TARE_CAUSE_NONE, "", TARE_CAUSE_SOLVER, "signal 9"},
        {137, TARE_CAUSE_LIMIT, "", TARE_CAUSE_LIMIT, "said nothing for 1.5 s"},
        {137, TARE_CAUSE_LIMIT, "too much", TARE_CAUSE_SOLVER, "the agent: too much"},
        {1, TARE_CAUSE_SANDBOX, "no box", TARE_CAUSE_SANDBOX, "no box"},
        {-1, TARE_CAUSE_LIMIT, "", TARE_CAUSE_SOLVER, "longer than 1 MiB"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct agent a = agent_open();
        struct tare_event e = {.kind = TARE_EVENT_CHILD,
                               .body = tare_str_of(cases[i].body),
                               .failed = cases[i].failed,
                               .exit_status = cases[i].status};
        (void)observe(&a, false);
        struct tare_yield y = next(&a, &e);
        assert_int_equal(y.kind, TARE_YIELD_DONE);
        if (y.cause != cases[i].cause ||
            tare_str_find(y.cause_text, tare_str_of(cases[i].text)) == SIZE_MAX)
            fail_msg("case %zu: cause %d: %.*s", i, (int)y.cause, TARE_FMT(y.cause_text));
    }
}

/* ---- command: -------------------------------------------------------------------------------- */

struct place {
    char folder[32];
    struct tare_str agent; /* a program of its own */
};

static const char *variable(void *ctx, const char *name)
{
    const struct place *p = ctx;
    if (strcmp(name, "PATH") == 0)
        return p->folder;
    return strcmp(name, "MY_KEY") == 0 ? "sk-CANARY" : NULL;
}

static void write_file(struct place *p, const char *text)
{
    FILE *f = fopen(p->agent.p, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(p->agent.p, 0755), 0);
}

static int place_open(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/tare-command-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->agent = tare_arena_printf(&arena, "%s/agent", p->folder);
    write_file(p, "one");
    *state = p;
    return 0;
}

static int place_close(void **state)
{
    struct place *p = *state;
    unlink(p->agent.p);
    rmdir(p->folder);
    free(p);
    return 0;
}

static enum tare_status resolve(struct place *p, const char *given, struct tare_json *out,
                                struct tare_err *err)
{
    struct tare_model_env env = {variable, p};
    *err = (struct tare_err){0};
    return tare_command_resolve(json(tare_str_of(given)), tare_str_of(p->folder), &env, &arena, out,
                                err);
}

static struct tare_str identity(struct tare_json config)
{
    struct tare_json_writer w;
    struct tare_err err = {0};
    struct tare_buf b;
    void *shared;
    assert_int_equal(tare_solver_command.open(config, &arena, &shared, &err), TARE_OK);
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_solver_command.identity(shared, &w);
    struct tare_str s = tare_arena_copy(&arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static bool has(struct tare_json list, struct tare_str what)
{
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v))
        if (tare_str_eq(tare_json_str(v), what))
            return true;
    return false;
}

static void test_resolved(void **state)
{
    struct place *p = *state;
    struct tare_json v;
    struct tare_err err;
    double seconds;
    assert_int_equal(resolve(p, "[\"agent\",\"-x\",\"agent\",\"word\"]", &v, &err), TARE_OK);
    struct tare_json argv = tare_json_get(v, "argv");
    assert_true(tare_str_eq(tare_json_str(tare_json_at(argv, 0)), p->agent)); /* of $PATH */
    assert_true(tare_json_str_is(tare_json_at(argv, 1), "-x"));
    assert_true(tare_str_eq(tare_json_str(tare_json_at(argv, 2)), p->agent)); /* of the folder */
    assert_true(tare_json_str_is(tare_json_at(argv, 3), "word"));
    assert_true(tare_json_f64(tare_json_get(v, "timeout"), &seconds) && seconds == 60);
    assert_int_equal(tare_json_count(tare_json_get(v, "values")), 2);
    assert_false(has(tare_json_get(v, "values"), TARE_S("MY_KEY=sk-CANARY"))); /* not asked for */
    assert_int_equal(
        resolve(p, "{\"argv\":[\"./agent\"],\"timeout\":0.5,\"env\":[\"MY_KEY\"]}", &v, &err), 0);
    assert_true(tare_json_f64(tare_json_get(v, "timeout"), &seconds) && seconds == 0.5);
    assert_true(has(tare_json_get(v, "values"), TARE_S("MY_KEY=sk-CANARY")));
    assert_true(has(tare_json_get(v, "values"), TARE_S("LC_ALL=C.UTF-8")));
    assert_true(has(tare_json_get(v, "env"), TARE_S("MY_KEY")));
}

/* The identity: files by content, neither the folder nor the values of variables. */
static void test_what_counts(void **state)
{
    struct place *p = *state;
    struct tare_json v;
    struct tare_err err;
    static const char given[] = "{\"argv\":[\"./agent\",\"agent\"],\"env\":[\"MY_KEY\"]}";
    assert_int_equal(resolve(p, given, &v, &err), TARE_OK);
    struct tare_str one = identity(v);
    assert_true(tare_str_find(one, TARE_S("CANARY")) == SIZE_MAX);
    assert_true(tare_str_find(one, tare_str_of(p->folder)) == SIZE_MAX);
    assert_true(tare_str_find(one, TARE_S("MY_KEY")) != SIZE_MAX);
    assert_int_equal(resolve(p, given, &v, &err), TARE_OK);
    assert_true(tare_str_eq(one, identity(v)));
    write_file(p, "two");
    assert_int_equal(resolve(p, given, &v, &err), TARE_OK);
    assert_false(tare_str_eq(one, identity(v)));
}

/* Files of one name in two folders, and one file twice: each counts by what is in it. */
static void test_files_of_one_name(void **state)
{
    struct place *p = *state;
    struct tare_json v;
    struct tare_err err;
    char at[64], file[80];
    (void)snprintf(at, sizeof at, "%s/sub", p->folder);
    (void)snprintf(file, sizeof file, "%s/agent", at);
    assert_int_equal(mkdir(at, 0700), 0);
    FILE *f = fopen(file, "w");
    assert_true(f && fputs("other", f) >= 0 && fclose(f) == 0);
    enum tare_status st = resolve(p, "[\"agent\",\"agent\",\"agent\",\"sub/agent\"]", &v, &err);
    unlink(file);
    rmdir(at);
    if (st != TARE_OK)
        fail_msg("%s", err.text);
    struct tare_json files = tare_json_get(v, "files");
    assert_int_equal(tare_json_count(files), 3);
    assert_true(tare_json_equal(tare_json_get(files, "agent"), tare_json_get(files, "2/agent")));
    assert_false(tare_json_equal(tare_json_get(files, "agent"), tare_json_get(files, "3/agent")));
}

static void test_wrong_commands(void **state)
{
    static const struct {
        const char *given;
        enum tare_status status;
        const char *text;
    } cases[] = {
        {"[]", TARE_E_INPUT, "a program and its arguments"},
        {"\"agent\"", TARE_E_INPUT, "a program and its arguments"},
        {"[\"\"]", TARE_E_INPUT, "must be a text"},
        {"[\"agent\",1]", TARE_E_INPUT, "must be a text"},
        {"[\"agent\",\"a\\u0000b\"]", TARE_E_INPUT, "must be a text"},
        {"[\"nobody\"]", TARE_E_USAGE, "there is no program 'nobody'"},
        {"[\"./nobody\"]", TARE_E_USAGE, "there is no program './nobody'"},
        {"{\"argv\":[\"agent\"],\"timeout\":0}", TARE_E_INPUT, "timeout"},
        {"{\"argv\":[\"agent\"],\"time\":1}", TARE_E_INPUT, "time"},
        {"{\"argv\":[\"agent\"],\"env\":[\"A=b\"]}", TARE_E_INPUT, "without their values"},
        {"{\"argv\":[\"agent\"],\"env\":[\"NOT_SET\"]}", TARE_E_USAGE, "NOT_SET is not set"},
    };
    struct place *p = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tare_json v;
        struct tare_err err;
        enum tare_status st = resolve(p, cases[i].given, &v, &err);
        if (st != cases[i].status || !strstr(err.text, cases[i].text) || !err.has_offset)
            fail_msg("%s: status %d: %s", cases[i].given, (int)st, err.text);
    }
}

static void test_words(void **state)
{
    struct place *p = *state;
    struct tare_model_env env = {variable, p};
    struct tare_json v;
    struct tare_err err = {0};
    assert_int_equal(
        tare_command_of_words(TARE_S("  agent  $HOME;ls 'a b' "), &env, &arena, &v, &err), 0);
    struct tare_json argv = tare_json_get(v, "argv"); /* no shell has seen it */
    assert_int_equal(tare_json_count(argv), 4);
    assert_true(tare_json_str_is(tare_json_at(argv, 1), "$HOME;ls"));
    assert_true(tare_json_str_is(tare_json_at(argv, 2), "'a"));
    assert_int_equal(tare_command_of_words(TARE_S(" "), &env, &arena, &v, &err), TARE_E_INPUT);
    assert_false(err.has_offset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_the_agent),
        cmocka_unit_test(test_lines_to_the_agent),
        cmocka_unit_test(test_a_talk),
        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_how_it_ends),
        cmocka_unit_test_setup_teardown(test_resolved, place_open, place_close),
        cmocka_unit_test_setup_teardown(test_what_counts, place_open, place_close),
        cmocka_unit_test_setup_teardown(test_files_of_one_name, place_open, place_close),
        cmocka_unit_test_setup_teardown(test_wrong_commands, place_open, place_close),
        cmocka_unit_test_setup_teardown(test_words, place_open, place_close),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
