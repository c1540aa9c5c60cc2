/* TOML as JSON: what it means, and what is refused where. */
#include "../test_arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/toml.h"

static const struct {
    const char *toml, *json;
} good[] = {
    {"", "{}"},
    {"# nothing\n\n", "{}"},
    {"\xef\xbb\xbf"
     "a = 1\r\nb = -2 # x",
     "{\"a\":1,\"b\":-2}"},
    {"a = +1_000\nb = 0x1f\nc = 0o17\nd = 0b101", "{\"a\":1000,\"b\":31,\"c\":15,\"d\":5}"},
    {"a = 1.5e3\nb = 0.25\nc = 1E-2\nd = 0", "{\"a\":1.5e3,\"b\":0.25,\"c\":1e-2,\"d\":0}"},
    {"a = true\nb = false", "{\"a\":true,\"b\":false}"},
    {"a = 1979-05-27\nb = 07:32:00\nc = 1979-05-27T07:32:00-08:00\nd = 1979-05-27 07:32:00Z",
     "{\"a\":\"1979-05-27\",\"b\":\"07:32:00\",\"c\":\"1979-05-27T07:32:00-08:00\","
     "\"d\":\"1979-05-27 07:32:00Z\"}"},
    {"a = \"x\\t\\\"\\u00e9\\U0001F600\"", "{\"a\":\"x\\t\\\"\xc3\xa9\xf0\x9f\x98\x80\"}"},
    {"a = 'C:\\x'", "{\"a\":\"C:\\\\x\"}"},
    {"a = \"\"\"\nx\ny \\\n   z\"\"\"", "{\"a\":\"x\\ny z\"}"},
    {"a = '''\n'x'''''", "{\"a\":\"'x''\"}"},
    {"a = \"\"\nb = ''", "{\"a\":\"\",\"b\":\"\"}"},
    {"a = [1, [2, 'x'], # c\n {b = 3},\n]", "{\"a\":[1,[2,\"x\"],{\"b\":3}]}"},
    {"a.b.c = 1\na.b.d = 2\n\"x y\".z = 3", "{\"a\":{\"b\":{\"c\":1,\"d\":2}},\"x y\":{\"z\":3}}"},
    {"[a]\nx = 1\n[b]\ny = 2\n[a.c]\nz = 3", "{\"a\":{\"x\":1,\"c\":{\"z\":3}},\"b\":{\"y\":2}}"},
    {"[a.b]\nx = 1\n[a]\ny = 2", "{\"a\":{\"b\":{\"x\":1},\"y\":2}}"},
    {"[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2", "{\"a\":[{\"x\":1},{\"b\":{\"y\":2}}]}"},
    {"a = {}", "{\"a\":{}}"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct tare_json root;
        struct tare_err err = {0};
        struct tare_buf b;
        struct tare_str none = {NULL, 0};
        if (tare_toml_parse(tare_str_of(good[i].toml), none, &arena, &root, &err) != TARE_OK)
            fail_msg("%s: %s", good[i].toml, err.text);
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_json_print(root, &b);
        tare_buf_putc(&b, 0);
        assert_string_equal(b.p, good[i].json);
        tare_buf_free(&b);
    }
}

static const struct {
    const char *toml, *says;
    uint32_t line;
} bad[] = {
    {"a", "behind a key comes '='", 1},
    {"a = ", "this is no value", 1},
    {"a = 1\na = 2", "second time", 2},
    {"[a]\n[a]", "second time", 2},
    {"a = {b = 1}\n[a]", "has a value already", 2},
    {"a = {b = 1}\na.c = 2", "has a value already", 2},
    {"a = [1]\n[[a]]", "no list of tables", 2},
    {"a.b = 1\n[a]", "second time", 2},
    {"a = 01", "this is no value", 1},
    {"a = 1__0", "this is no value", 1},
    {"a = _1", "this is no value", 1},
    {"a = 1.", "this is no value", 1},
    {"a = 0xfffffffffffffffff", "this is no value", 1},
    {"a = nan", "this is no value", 1},
    {"a = yes", "this is no value", 1},
    {"a = 'x\n'", "a string ends on its line", 1},
    {"a = \"\\q\"", "no such escape", 1},
    {"a = \"\\ud800\"", "this is no character", 1},
    {"a = \"\xff\"", "not UTF-8", 1},
    {"a = \"x", "ends inside a string", 1},
    {"a = [1, 2", "commas between", 1},
    {"a = [1 2]", "commas between", 1},
    {"a = {b = 1,}", "no comma before the end", 1},
    {"a = 1 b = 2", "one key a line", 1},
    {"[a", "ends with ']'", 1},
    {"\"\"\"a\"\"\" = 1", "a key has one line", 1},
    {"# \x01", "control character", 1},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tare_json root;
        struct tare_err err = {0};
        assert_int_equal(
            tare_toml_parse(tare_str_of(bad[i].toml), TARE_S("task.toml"), &arena, &root, &err),
            TARE_E_INPUT);
        if (!strstr(err.text, bad[i].says) || err.line != bad[i].line)
            fail_msg("%s: line %u: %s", bad[i].toml, err.line, err.text);
    }
}

static enum tare_status nested(uint32_t n)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_str none = {NULL, 0};
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_buf_puts(&b, "a = ");
    for (uint32_t i = 0; i < n; i++)
        tare_buf_putc(&b, '[');
    for (uint32_t i = 0; i < n; i++)
        tare_buf_putc(&b, ']');
    enum tare_status st = tare_toml_parse(tare_buf_str(&b), none, &arena, &root, &err);
    tare_buf_free(&b);
    return st;
}

static enum tare_status many(uint32_t n)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_buf_puts(&b, "a = [");
    for (uint32_t i = 0; i < n; i++)
        tare_buf_puts(&b, "1,");
    tare_buf_puts(&b, "]");
    enum tare_status st = tare_toml_parse(tare_buf_str(&b), TARE_S("x"), &arena, &root, &err);
    tare_buf_free(&b);
    return st;
}

/* Depth and number of keys have ceilings: at them all is well, above it is refused. */
static void test_limits(void **state)
{
    (void)state;
    assert_int_equal(nested(TARE_MAX_YAML_DEPTH - 1), TARE_OK);
    assert_int_equal(nested(TARE_MAX_YAML_DEPTH), TARE_E_LIMIT);
    assert_int_equal(many(TARE_MAX_TOML_KEYS - 2), TARE_OK); /* the table and its list count too */
    assert_int_equal(many(TARE_MAX_TOML_KEYS - 1), TARE_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests_name("text/toml", tests, arena_setup, arena_teardown);
}
