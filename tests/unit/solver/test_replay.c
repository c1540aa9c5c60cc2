/*
 * Recorded actions as a solver: what is played, what is missing, and what is wrong with a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "record/task.h"
#include "solver/replay.h"

struct fixture {
    struct tare_arena arena;
    char path[64];
};

static struct tare_json config(struct fixture *f, const char *more)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_str text =
        tare_arena_printf(&f->arena, "{\"actions\":\"%s\"%s}", f->path, more ? more : "");
    assert_int_equal(tare_json_parse(text, &tare_json_strict, &f->arena, &root, &err), TARE_OK);
    return root;
}

static enum tare_status open_file(struct fixture *f, const char *text, const char *more,
                                  void **shared, struct tare_err *err)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    *err = (struct tare_err){0};
    return tare_solver_replay.open(config(f, more), &f->arena, shared, err);
}

static const char two[] =
    "{\"task\":\"b\",\"policy\":\"x\",\"steps\":[{\"a\":{\"n\":1}},{\"a\":{\"n\": 2}}]}\n"
    "{\"scenario_id\":\"a\",\"policy\":\"x\",\"steps\":[]}\n"
    "{\"task\":\"b\",\"policy\":\"y\",\"steps\":[{\"a\":{\"n\":3}}]}\n";

/* The actions played for a task, joined; then why it was done. */
static struct tare_str play(struct fixture *f, const void *shared, const char *task,
                            enum tare_cause *cause)
{
    void *state = tare_arena_alloc(&f->arena, tare_solver_replay.state_bytes);
    struct tare_task t = {.id = tare_str_of(task)};
    struct tare_obs obs = {0};
    struct tare_event event = {.kind = TARE_EVENT_OBS, .obs = &obs};
    struct tare_yield y = {0};
    struct tare_err err = {0};
    struct tare_str all = TARE_S("");
    assert_int_equal(tare_solver_replay.start(shared, state, &t, NULL, &f->arena, &err), TARE_OK);
    for (;;) {
        y = (struct tare_yield){0};
        assert_int_equal(tare_solver_replay.next(shared, state, &event, NULL, &f->arena, &y, &err),
                         TARE_OK);
        if (y.kind != TARE_YIELD_ACT)
            break;
        all = tare_arena_printf(&f->arena, "%.*s%.*s;", TARE_FMT(all), TARE_FMT(y.json));
    }
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    tare_solver_replay.stop(shared, state);
    *cause = y.cause;
    return all;
}

static void test_plays_what_was_recorded(void **state)
{
    struct fixture *f = *state;
    struct tare_err err;
    enum tare_cause cause;
    void *shared;
    assert_int_equal(open_file(f, two, NULL, &shared, &err), TARE_OK);
    assert_true(tare_str_is(play(f, shared, "b", &cause), "{\"n\":1};{\"n\": 2};"));
    assert_int_equal(cause, TARE_CAUSE_NONE);
    assert_int_equal(play(f, shared, "a", &cause).n, 0);
    assert_int_equal(cause, TARE_CAUSE_NONE);
    assert_int_equal(play(f, shared, "c", &cause).n, 0);
    assert_int_equal(cause, TARE_CAUSE_ENDPOINT); /* nothing was recorded: missing, not a failure */
    assert_int_equal(open_file(f, two, ",\"policy\":\"y\"", &shared, &err), TARE_OK);
    assert_true(tare_str_is(play(f, shared, "b", &cause), "{\"n\":3};"));
}

static void test_stops_when_the_world_does(void **state)
{
    struct fixture *f = *state;
    struct tare_err err;
    void *shared, *s;
    struct tare_task t = {.id = TARE_S("b")};
    struct tare_obs obs = {.done = true};
    struct tare_event event = {.kind = TARE_EVENT_OBS, .obs = &obs};
    struct tare_yield y = {0};
    assert_int_equal(open_file(f, two, NULL, &shared, &err), TARE_OK);
    s = tare_arena_alloc(&f->arena, tare_solver_replay.state_bytes);
    assert_int_equal(tare_solver_replay.start(shared, s, &t, NULL, &f->arena, &err), TARE_OK);
    assert_int_equal(tare_solver_replay.next(shared, s, &event, NULL, &f->arena, &y, &err),
                     TARE_OK);
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    tare_solver_replay.stop(shared, s);
}

static void test_wrong_files(void **state)
{
    static const struct {
        const char *text, *more;
        uint32_t line;
    } cases[] = {
        {"{\"steps\":[]}\n", NULL, 1},
        {"{\"task\":7,\"steps\":[]}\n", NULL, 1},
        {"\n{\"task\":\"t\"}\n", NULL, 2},
        {"{\"task\":\"t\",\"steps\":{}}\n", NULL, 1},
        {"{\"task\":\"t\",\"steps\":[{}]}\n", NULL, 1},
        {"{\"task\":\"t\",\"steps\":[{\"a\":\"noop\"}]}\n", NULL, 1},
        {"{\"task\":\"t\",\"steps\":[1]}\n", NULL, 1},
        {"{\"task\":", NULL, 1},
        {"", NULL, 0},
        {two, ",\"policy\":\"z\"", 0},
        {two, ",\"polcy\":\"y\"", 0},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tare_err err;
        void *shared;
        enum tare_status st = open_file(f, cases[i].text, cases[i].more, &shared, &err);
        if (st != TARE_E_INPUT || err.line != cases[i].line || !err.text[0])
            fail_msg("case %zu: status %d, line %u: %s", i, (int)st, (unsigned)err.line, err.text);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    tare_arena_init(&f->arena, NULL, TARE_ARENA_LOAD_BYTES);
    (void)snprintf(f->path, sizeof f->path, "/tmp/tare-replay-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    tare_arena_free(&f->arena);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plays_what_was_recorded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stops_when_the_world_does, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_files, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
