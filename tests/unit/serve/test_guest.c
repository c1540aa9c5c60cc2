/* The solver that does what its session says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "serve/serve.h"

static char state_of[64];
static const struct tare_tool look = {.name = {"look", 4}, .about = {"Look.", 5}};
static const struct tare_scene scene = {
    .world = {"w", 1}, .brief = {"b", 1}, .tools = &look, .n_tools = 1};

static struct tare_yield next(struct tare_event event)
{
    struct tare_yield out = {0};
    struct tare_err err = {0};
    event.scene = &scene;
    assert_int_equal(tare_solver_guest.next(NULL, state_of, &event, NULL, &arena, &out, &err),
                     TARE_OK);
    return out;
}

static struct tare_str member(struct tare_str text, const char *key)
{
    struct tare_json v;
    struct tare_err err = {0};
    assert_int_equal(tare_json_parse(text, &tare_json_strict, &arena, &v, &err), TARE_OK);
    struct tare_json m = tare_json_get(v, key);
    return tare_json_kind(m) == TARE_JSON_STRING ? tare_json_str(m) : tare_json_lexeme(m);
}

static void begin(void)
{
    struct tare_err err = {0};
    assert_true(tare_solver_guest.state_bytes <= sizeof state_of);
    assert_int_equal(tare_solver_guest.start(NULL, state_of, NULL, NULL, &arena, &err), TARE_OK);
}

static void test_a_whole_episode(void **state)
{
    struct tare_obs obs = {0};
    (void)state;
    begin();
    struct tare_yield y =
        next((struct tare_event){.kind = TARE_EVENT_OBS, .obs = &obs, .body = TARE_S("{\"a\":1}")});
    assert_int_equal(y.kind, TARE_YIELD_REQUEST);
    assert_true(tare_str_is(member(y.request.body, "type"), "start"));
    assert_true(tare_str_is(member(y.request.body, "observation"), "{\"a\":1}"));
    uint64_t first = y.id;
    y = next((struct tare_event){
        .kind = TARE_EVENT_REPLY, .id = first, .body = TARE_S("{\"action_type\":\"look\"}")});
    assert_int_equal(y.kind, TARE_YIELD_ACT);
    assert_true(tare_str_is(y.json, "{\"action_type\":\"look\"}"));
    obs = (struct tare_obs){.step = 1, .failed = true};
    y = next((struct tare_event){.kind = TARE_EVENT_OBS, .obs = &obs, .body = TARE_S("{}")});
    assert_true(tare_str_is(member(y.request.body, "type"), "observation"));
    assert_true(tare_str_is(member(y.request.body, "failed"), "true"));
    assert_true(y.id != first);
    obs = (struct tare_obs){.step = 2, .done = true};
    y = next((struct tare_event){.kind = TARE_EVENT_OBS, .obs = &obs, .body = TARE_S("{\"z\":0}")});
    assert_true(tare_str_is(member(y.request.body, "type"), "end"));
    assert_true(tare_str_is(member(y.request.body, "observation"), "{\"z\":0}"));
    y = next((struct tare_event){.kind = TARE_EVENT_REPLY, .id = y.id});
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    assert_int_equal(y.cause, TARE_CAUSE_NONE);
}

static void test_ends(void **state)
{
    static const enum tare_cause causes[] = {TARE_CAUSE_NONE, TARE_CAUSE_LIMIT,
                                             TARE_CAUSE_CANCELLED};
    (void)state;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        begin();
        struct tare_yield y = next(
            (struct tare_event){.kind = TARE_EVENT_REPLY, .failed = causes[i], .body = TARE_S("")});
        assert_int_equal(y.kind, TARE_YIELD_DONE);
        assert_int_equal(y.cause, causes[i]);
    }
    begin();
    assert_int_equal(next((struct tare_event){.kind = TARE_EVENT_CANCEL}).kind, TARE_YIELD_DONE);
}

static void test_identity(void **state)
{
    void *shared;
    struct tare_json config;
    struct tare_json_writer w;
    struct tare_buf out;
    struct tare_err err = {0};
    (void)state;
    assert_int_equal(
        tare_json_parse(TARE_S("{\"protocol\":\"mcp\"}"), &tare_json_strict, &arena, &config, &err),
        TARE_OK);
    assert_int_equal(tare_solver_guest.open(config, &arena, &shared, &err), TARE_OK);
    tare_buf_init(&out, NULL, 4096);
    tare_json_writer_init(&w, &out);
    tare_solver_guest.identity(shared, &w);
    assert_true(tare_str_is(tare_buf_str(&out), "{\"protocol\":\"mcp\"}"));
    tare_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_episode),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
