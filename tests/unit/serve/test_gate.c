/* Who may ask a server of worlds, and for what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/gate.h"

static const struct tare_str hosts[] = {{"worlds.example", 14}, {"proxy.example:8443", 18}};
static const struct tare_gate closed = {.port = 4711,
                                        .token = {"0123456789abcdef", 16},
                                        .hosts = hosts,
                                        .n_hosts = sizeof hosts / sizeof *hosts};

static struct tare_gate_ask ask(const char *path)
{
    return (struct tare_gate_ask){.path = tare_str_of(path), .host = TARE_S("127.0.0.1:4711")};
}

static void test_token(void **state)
{
    static const struct {
        const char *path, *authorization, *rest;
        unsigned http;
    } rows[] = {
        {"/mcp", NULL, NULL, 401},
        {"/mcp", "Bearer 0123456789abcdef", "/mcp", 0},
        {"/mcp", "bearer 0123456789abcdef", "/mcp", 0},
        {"/mcp", "Bearer 0123456789abcdeF", NULL, 401},
        {"/mcp", "Bearer 0123456789abcdef0", NULL, 401},
        {"/mcp", "Basic 0123456789abcdef", NULL, 401},
        {"/0123456789abcdef/mcp", NULL, "/mcp", 0},
        {"/0123456789abcdef", NULL, "/", 0},
        {"/0123456789abcdef/", NULL, "/", 0},
        {"/0123456789abcdef/mcp", "Bearer wrong", "/mcp", 0},
        {"/0123456789abcdefmcp", NULL, NULL, 401},
        {"/0123456789abcde/mcp", NULL, NULL, 401},
        {"//0123456789abcdef/mcp", NULL, NULL, 401},
        {"0123456789abcdef/mcp", NULL, NULL, 401},
        {"", NULL, NULL, 401},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_gate_ask a = ask(rows[i].path);
        a.authorization = tare_str_of(rows[i].authorization);
        struct tare_gate_says got = tare_gate(&closed, &a);
        assert_int_equal(got.http, rows[i].http);
        if (rows[i].rest)
            assert_true(tare_str_is(got.path, rows[i].rest));
        else
            assert_non_null(got.why);
    }
}

static void test_open(void **state)
{
    const struct tare_gate open = {.port = 4711};
    struct tare_gate_ask a = ask("/mcp");
    (void)state;
    assert_int_equal(tare_gate(&open, &a).http, 0);
    a.host = TARE_S("evil.example:4711");
    assert_int_equal(tare_gate(&open, &a).http, 403);
    a = ask("/mcp");
    a.origin = TARE_S("http://evil.example");
    assert_int_equal(tare_gate(&open, &a).http, 403);
}

static void test_hosts(void **state)
{
    static const struct {
        const char *host;
        bool in;
    } rows[] = {
        {"worlds.example", true},       {"worlds.example:80", true},
        {"worlds.example.evil", false}, {"worlds.example0:80", false},
        {"proxy.example", false},       {"proxy.example:8443", true},
        {"proxy.example:8444", false},  {"localhost:4711", true},
        {"localhost:4712", false},      {"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_gate_ask a = ask("/0123456789abcdef/mcp");
        a.host = tare_str_of(rows[i].host);
        assert_int_equal(tare_gate(&closed, &a).http, rows[i].in ? 0 : 403);
    }
    struct tare_gate_ask a = ask("/0123456789abcdef/mcp");
    a.host = (struct tare_str){NULL, 0};
    assert_int_equal(tare_gate(&closed, &a).http, 403);
    a = ask("/0123456789abcdef/mcp");
    a.origin = TARE_S("https://worlds.example");
    assert_int_equal(tare_gate(&closed, &a).http, 0);
    a.origin = TARE_S("ftp://worlds.example");
    assert_int_equal(tare_gate(&closed, &a).http, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
