/* One message in, at most one out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "serve/mcp.h"

static struct tare_buf out;
static struct tare_mcp mcp;
static struct tare_mcp_call call;

static void begin(const char *scene, bool initialized)
{
    struct tare_err err = {0};
    mcp = (struct tare_mcp){.initialized = initialized};
    assert_int_equal(
        tare_json_parse(tare_str_of(scene), &tare_json_strict, &arena, &mcp.scene, &err), TARE_OK);
}

static struct tare_json answer(void)
{
    struct tare_json v;
    struct tare_err err = {0};
    assert_true(out.n && out.p[out.n - 1] == '\n');
    assert_int_equal(tare_json_parse(tare_arena_copy(&arena, tare_buf_str(&out)), &tare_json_strict,
                                     &arena, &v, &err),
                     TARE_OK);
    return v;
}

static struct tare_json say(const char *text)
{
    struct tare_err err = {0};
    tare_buf_reset(&out);
    assert_int_equal(tare_mcp_message(&mcp, tare_str_of(text), &arena, &out, &call, &err), TARE_OK);
    return out.n ? answer() : (struct tare_json){NULL, 0};
}

static int64_t code(const char *text)
{
    int64_t n = 0;
    assert_true(tare_json_i64(tare_json_get(tare_json_get(say(text), "error"), "code"), &n));
    return n;
}

static struct tare_json result(const char *text)
{
    return tare_json_get(say(text), "result");
}

static const char tools[] =
    "{\"brief\":\"Find it.\",\"talks\":false,\"tools\":[{\"name\":\"look\",\"description\":\"d\","
    "\"parameters\":{\"type\":\"object\"}}],\"observation\":{\"a\":1}}";
static const char talk[] = "{\"brief\":\"\",\"talks\":true,\"tools\":[],\"observation\":1}";

static void test_initialize(void **state)
{
    (void)state;
    begin(tools, false);
    assert_int_equal(code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"), -32601);
    struct tare_json r = result("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
                                "\"params\":{\"protocolVersion\":\"2024-11-05\"}}");
    assert_true(tare_json_str_is(tare_json_get(r, "protocolVersion"), "2024-11-05"));
    assert_true(tare_json_str_is(tare_json_get(r, "instructions"), "Find it."));
    r = result("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"initialize\",\"params\":"
               "{\"protocolVersion\":\"2099-01-01\"}}");
    assert_true(tare_mcp_speaks(tare_json_str(tare_json_get(r, "protocolVersion"))));
    assert_false(tare_mcp_speaks(TARE_S("2099-01-01")));
    assert_false(tare_mcp_speaks(TARE_S("")));
    assert_false(
        tare_json_present(say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}")));
}

static void test_calls(void **state)
{
    (void)state;
    begin(tools, true);
    assert_false(tare_json_present(
        say("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"look\","
            "\"arguments\":{\"at\":\"x\"}}}")));
    assert_true(tare_str_is(call.action, "{\"action_type\":\"look\",\"params\":{\"at\":\"x\"}}"));
    tare_mcp_played(&call, TARE_S("{\"seen\":\"\\u00e9\"}"), true, &out);
    struct tare_json v = answer(), r = tare_json_get(v, "result");
    assert_true(tare_str_is(tare_json_lexeme(tare_json_get(v, "id")), "7"));
    assert_true(tare_json_true(tare_json_get(r, "isError")));
    struct tare_json text = tare_json_get(tare_json_at(tare_json_get(r, "content"), 0), "text");
    assert_true(tare_json_str_is(text, "{\"seen\":\"\\u00e9\"}"));
    say("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/call\",\"params\":{\"name\":\"look\"}}");
    assert_true(tare_str_is(call.action, "{\"action_type\":\"look\",\"params\":{}}"));
    assert_int_equal(code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
                          "{\"name\":\"answer\"}}"),
                     -32602);
    assert_null(call.action.p);
    assert_int_equal(code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
                          "{\"name\":\"look\",\"arguments\":[]}}"),
                     -32602);
}

static void test_a_talk_has_one_tool(void **state)
{
    (void)state;
    begin(talk, true);
    struct tare_json list =
        tare_json_get(result("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"), "tools");
    assert_int_equal(tare_json_count(list), 1);
    assert_true(tare_json_str_is(tare_json_get(tare_json_first(list), "name"), "answer"));
    say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"answer\","
        "\"arguments\":{\"text\":\"4\"}}}");
    assert_non_null(call.action.p);
}

static void test_faults(void **state)
{
    static const struct {
        const char *text;
        int code;
    } rows[] = {
        {"{", -32700},
        {"", -32700},
        {"1", -32600},
        {"[]", -32600},
        {"{\"id\":1,\"method\":\"ping\"}", -32600},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", -32600},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", -32600},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no\"}", -32601},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{}}", -32602},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/get\",\"params\":{}}", -32602},
    };
    (void)state;
    begin(tools, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(code(rows[i].text), rows[i].code);
}

static int setup(void **state)
{
    tare_buf_init(&out, NULL, TARE_MIB);
    return arena_setup(state);
}

static int teardown(void **state)
{
    tare_buf_free(&out);
    return arena_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initialize),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_a_talk_has_one_tool),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
