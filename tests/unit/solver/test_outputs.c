/*
 * Answers given elsewhere as a solver: which one an attempt gets, what a failed and a missing one
 * are, and what counts for the identity.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "record/task.h"
#include "solver/outputs.h"

static const char some[] =
    "{\"source\":\"elsewhere\",\"outputs\":["
    "{\"task\":\"b\",\"attempt\":1,\"text\":\"second \\\"of\\\" b\\n\"},"
    "{\"task\":\"a\",\"attempt\":0,\"text\":\"\"},"
    "{\"task\":\"b\",\"attempt\":0,\"text\":\"first of b\"},"
    "{\"task\":\"c\",\"attempt\":0,\"failed\":\"it crashed\",\"cause\":\"solver\"},"
    "{\"task\":\"c\",\"attempt\":1,\"failed\":\"too long\",\"cause\":\"limit\"},"
    "{\"task\":\"c\",\"attempt\":2,\"failed\":\"no network\",\"cause\":\"other\"},"
    "{\"task\":\"c\",\"attempt\":3}]}";

static enum tare_status open_text(const char *text, void **shared, struct tare_err *err)
{
    struct tare_json v;
    *err = (struct tare_err){0};
    assert_int_equal(tare_json_parse(tare_str_of(text), &tare_json_strict, &arena, &v, err), 0);
    return tare_solver_outputs.open(v, &arena, shared, err);
}

/* The one turn of an attempt; done: the world has ended already. */
static struct tare_yield turn(const void *shared, const char *task, uint32_t attempt, bool done)
{
    void *state = tare_arena_alloc(&arena, tare_solver_outputs.state_bytes);
    struct tare_task t = {.id = tare_str_of(task)};
    struct tare_scene scene = {.attempt = attempt};
    struct tare_obs obs = {.done = done};
    struct tare_event event = {.kind = TARE_EVENT_OBS, .obs = &obs, .scene = &scene};
    struct tare_yield y = {0};
    struct tare_err err = {0};
    assert_int_equal(tare_solver_outputs.start(shared, state, &t, NULL, &arena, &err), TARE_OK);
    assert_int_equal(tare_solver_outputs.next(shared, state, &event, NULL, &arena, &y, &err),
                     TARE_OK);
    tare_solver_outputs.stop(shared, state);
    return y;
}

static void answers(const void *shared, const char *task, uint32_t attempt, const char *text)
{
    struct tare_yield y = turn(shared, task, attempt, false);
    struct tare_json v;
    struct tare_err err = {0};
    assert_int_equal(y.kind, TARE_YIELD_ACT);
    assert_int_equal(tare_json_parse(y.json, &tare_json_strict, &arena, &v, &err), TARE_OK);
    assert_true(tare_json_str_is(tare_json_get(v, "action_type"), "answer"));
    struct tare_json got = tare_json_get(tare_json_get(v, "params"), "text");
    if (tare_json_kind(got) != TARE_JSON_STRING || !tare_json_str_is(got, text))
        fail_msg("task %s, attempt %u: %.*s", task, (unsigned)attempt, TARE_FMT(y.json));
}

static void ends(const void *shared, const char *task, uint32_t attempt, enum tare_cause cause,
                 const char *why)
{
    struct tare_yield y = turn(shared, task, attempt, false);
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    if (y.cause != cause || !tare_str_is(y.cause_text, why))
        fail_msg("task %s, attempt %u: cause %d: %.*s", task, (unsigned)attempt, (int)y.cause,
                 TARE_FMT(y.cause_text));
}

static void test_each_attempt_gets_its_own(void **state)
{
    struct tare_err err;
    void *shared;
    (void)state;
    assert_int_equal(open_text(some, &shared, &err), TARE_OK);
    answers(shared, "b", 0, "first of b");
    answers(shared, "b", 1, "second \"of\" b\n");
    answers(shared, "a", 0, ""); /* an empty answer is one */
    assert_int_equal(turn(shared, "b", 0, true).kind, TARE_YIELD_DONE);
    assert_int_equal(turn(shared, "b", 0, true).cause, TARE_CAUSE_NONE);
}

static void test_failed_and_missing(void **state)
{
    struct tare_err err;
    void *shared;
    (void)state;
    assert_int_equal(open_text(some, &shared, &err), TARE_OK);
    ends(shared, "c", 0, TARE_CAUSE_SOLVER, "it crashed");
    ends(shared, "c", 1, TARE_CAUSE_LIMIT, "too long");
    ends(shared, "c", 2, TARE_CAUSE_ENDPOINT, "no network");
    ends(shared, "c", 3, TARE_CAUSE_ENDPOINT, "the file says that this attempt failed");
    ends(shared, "a", 1, TARE_CAUSE_STORE, "the file has no output for this attempt");
    ends(shared, "d", 0, TARE_CAUSE_STORE, "the file has no output for this attempt");
    assert_int_equal(open_text("{\"source\":\"x\",\"outputs\":[]}", &shared, &err), TARE_OK);
    ends(shared, "a", 0, TARE_CAUSE_STORE, "the file has no output for this attempt");
    assert_int_equal(open_text("{\"outputs\":[{\"task\":\"a\",\"text\":\"x\"}]}", &shared, &err),
                     TARE_E_INPUT);
}

static struct tare_str identity(const char *text)
{
    struct tare_err err;
    struct tare_json_writer w;
    struct tare_buf b;
    void *shared;
    assert_int_equal(open_text(text, &shared, &err), TARE_OK);
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_solver_outputs.identity(shared, &w);
    struct tare_str s = tare_arena_copy(&arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static void test_identity(void **state)
{
    (void)state;
#define A "{\"task\":\"a\",\"attempt\":0,\"text\":\"x\"}"
#define B "{\"task\":\"b\",\"attempt\":0,\"text\":\"x\"}"
    struct tare_str one = identity("{\"source\":\"s\",\"outputs\":[" A "," B "]}");
    static const char *const others[] = {
        "{\"source\":\"t\",\"outputs\":[" A "," B "]}", "{\"source\":\"s\",\"outputs\":[" A "]}",
        "{\"source\":\"s\",\"outputs\":[" A ",{\"task\":\"b\",\"attempt\":0,\"text\":\"y\"}]}",
        "{\"source\":\"s\",\"outputs\":[" A ",{\"task\":\"b\",\"attempt\":1,\"text\":\"x\"}]}"};
    /* The order of the lines says nothing. */
    assert_true(tare_str_eq(one, identity("{\"source\":\"s\",\"outputs\":[" B "," A "]}")));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(tare_str_eq(one, identity(others[i])));
#undef A
#undef B
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attempt_gets_its_own),
        cmocka_unit_test(test_failed_and_missing),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
