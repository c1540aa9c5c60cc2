/* What OpenEnv's clients say, and what they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "serve/openenv_wire.h"

#include "../test_arena.h"

static struct tare_oe_message read_text(const char *text)
{
    struct tare_oe_message m;
    struct tare_err err = {0};
    assert_int_equal(tare_oe_read(tare_str_of(text), &arena, &m, &err), TARE_OK);
    return m;
}

static void test_messages(void **state)
{
    (void)state;
    struct tare_oe_message m = read_text("{\"type\":\"reset\",\"data\":{\"seed\":7}}");
    assert_int_equal(m.says, TARE_OE_RESET);
    assert_int_equal(m.seed, 7);
    assert_int_equal(m.task, 0);
    m = read_text("{\"type\":\"reset\"}");
    assert_int_equal(m.says, TARE_OE_RESET);
    assert_int_equal(m.seed, -1);
    m = read_text(
        "{\"type\":\"reset\",\"data\":{\"task\":\"t-1\",\"episode_id\":\"e\",\"more\":1}}");
    assert_true(tare_str_is(m.task_id, "t-1"));
    assert_true(tare_str_is(m.episode, "e"));
    assert_int_equal(read_text("{\"type\":\"state\"}").says, TARE_OE_STATE);
    assert_int_equal(read_text("{\"type\":\"close\"}").says, TARE_OE_CLOSE);
    assert_int_equal(read_text("{\"type\":\"step\",\"data\":{\"type\":\"list_tools\"}}").says,
                     TARE_OE_TOOLS);
}

static void test_actions(void **state)
{
    static const char *const same[] = {
        "{\"type\":\"step\",\"data\":{\"action_type\":\"look\",\"params\":{\"a\":1}}}",
        "{\"type\":\"step\",\"data\":{\"params\":{\"a\":1},\"metadata\":{},\"action_type\":"
        "\"look\"}}",
        "{\"type\":\"step\",\"data\":{\"action\":{\"action_type\":\"look\",\"params\":{\"a\":1}}}}",
        "{\"type\":\"step\",\"data\":{\"type\":\"call_tool\",\"tool_name\":\"look\",\"arguments\":"
        "{\"a\":1}}}"};
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct tare_oe_message m = read_text(same[i]);
        assert_int_equal(m.says, TARE_OE_STEP);
        assert_true(tare_str_is(m.action, "{\"action_type\":\"look\",\"params\":{\"a\":1}}"));
        assert_int_equal(m.tool.p != NULL, i == 3);
    }
    struct tare_oe_message m;
    struct tare_err err = {0};
    assert_int_equal(
        tare_oe_read_body(TARE_OE_STEP,
                          TARE_S("{\"action\":{\"action_type\":\"look\"},\"episode_id\":\"e\"}"),
                          &arena, &m, &err),
        TARE_OK);
    assert_true(tare_str_is(m.action, "{\"action_type\":\"look\",\"params\":{}}"));
    assert_true(tare_str_is(m.episode, "e"));
    assert_int_equal(tare_oe_read_body(TARE_OE_RESET, TARE_S(""), &arena, &m, &err), TARE_OK);
    assert_int_equal(m.says, TARE_OE_RESET);
}

static void test_faults(void **state)
{
    static const struct {
        const char *text, *code;
    } rows[] = {
        {"{", "INVALID_JSON"},
        {"1", "VALIDATION_ERROR"},
        {"{}", "UNKNOWN_TYPE"},
        {"{\"type\":1}", "UNKNOWN_TYPE"},
        {"{\"type\":\"reset\",\"data\":1}", "VALIDATION_ERROR"},
        {"{\"type\":\"reset\",\"data\":{\"seed\":-1}}", "VALIDATION_ERROR"},
        {"{\"type\":\"reset\",\"data\":{\"seed\":99999999999999999999}}", "VALIDATION_ERROR"},
        {"{\"type\":\"reset\",\"data\":{\"task\":0}}", "VALIDATION_ERROR"},
        {"{\"type\":\"reset\",\"data\":{\"task\":[]}}", "VALIDATION_ERROR"},
        {"{\"type\":\"reset\",\"data\":{\"episode_id\":7}}", "VALIDATION_ERROR"},
        {"{\"type\":\"step\"}", "VALIDATION_ERROR"},
        {"{\"type\":\"step\",\"data\":{\"action_type\":\"\"}}", "VALIDATION_ERROR"},
        {"{\"type\":\"step\",\"data\":{\"action_type\":\"a\",\"params\":1}}", "VALIDATION_ERROR"},
        {"{\"type\":\"step\",\"data\":{\"type\":\"call_tool\",\"tool_name\":\"a\",\"arguments\":1}"
         "}",
         "VALIDATION_ERROR"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_oe_message m = read_text(rows[i].text);
        assert_int_equal(m.says, TARE_OE_WRONG);
        assert_string_equal(m.code, rows[i].code);
        assert_non_null(m.why);
    }
}

static struct tare_str result(const struct tare_oe_result *r, struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_buf_reset(out);
    tare_json_writer_init(&w, out);
    tare_oe_put_result(&w, r);
    return tare_buf_str(out);
}

static void test_results(void **state)
{
    struct tare_buf out;
    struct tare_oe_result r = {
        .observation = TARE_S("{\"done\":true,\"a\":[1.50],\"reward\":3,\"metadata\":{}}"),
        .reward = NAN,
        .episode = TARE_S("e"),
        .task_id = TARE_S("t"),
        .attempt = 1};
    (void)state;
    tare_buf_init(&out, NULL, TARE_MIB);
    assert_true(tare_str_is(result(&r, &out),
                            "{\"observation\":{\"a\":[1.50]},\"reward\":null,\"done\":false,"
                            "\"metadata\":{\"episode_id\":\"e\",\"task\":\"t\",\"attempt\":1}}"));
    r.observation = TARE_S("3");
    r.reward = -2.5;
    r.done = true;
    r.ended = "failed";
    r.why = "a limit";
    assert_true(
        tare_str_is(result(&r, &out),
                    "{\"observation\":{\"value\":3},\"reward\":-2.5,\"done\":true,\"metadata\":"
                    "{\"episode_id\":\"e\",\"task\":\"t\",\"attempt\":1,\"status\":\"failed\","
                    "\"why\":\"a limit\"}}"));
    r.observation = TARE_S("");
    r.tool = TARE_S("look");
    r.failed = TARE_S("no");
    assert_true(tare_str_starts(
        result(&r, &out),
        TARE_S("{\"observation\":{\"tool_name\":\"look\",\"result\":{},\"error\":{\"error_type\":"
               "\"execution_error\",\"message\":\"no\"}},\"reward\":-2.5,")));
    tare_buf_free(&out);
}

static void test_schema(void **state)
{
    static const struct tare_tool look = {.name = {"look", 4}, .about = {"d", 1}};
    struct tare_buf out;
    struct tare_json_writer w;
    struct tare_json v;
    struct tare_err err = {0};
    (void)state;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    tare_oe_put_schema(&w, &look, 1, true);
    assert_int_equal(tare_json_parse(tare_buf_str(&out), &tare_json_strict, &arena, &v, &err),
                     TARE_OK);
    assert_int_equal(tare_json_count(tare_json_get(tare_json_get(v, "action"), "oneOf")), 2);
    tare_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages), cmocka_unit_test(test_actions),
        cmocka_unit_test(test_faults),   cmocka_unit_test(test_results),
        cmocka_unit_test(test_schema),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
