/* Who may ask a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "net/door.h"

static void test_secrets(void **state)
{
    char a[TARE_DOOR_SECRET_BYTES], b[TARE_DOOR_SECRET_BYTES];
    (void)state;
    tare_door_secret(a);
    tare_door_secret(b);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_true(tare_door_same(tare_str_of(a), tare_str_of(a)));
    assert_false(tare_door_same(tare_str_of(a), tare_str_of(b)));
    assert_false(tare_door_same(tare_str_of(a), tare_str_n(a, 31)));
    assert_false(tare_door_same(TARE_S(""), TARE_S("")));
}

static void test_hosts(void **state)
{
    static const char *const own[] = {"127.0.0.1:4711", "localhost:4711", "[::1]:4711"};
    static const char *const other[] = {
        "127.0.0.1", "127.0.0.1:4712",  "localhost:47110", "evil.example:4711",
        "",          "127.0.0.1:04711",
    };
    (void)state;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_true(tare_door_own_host(tare_str_of(own[i]), 4711));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_false(tare_door_own_host(tare_str_of(other[i]), 4711));
}

static void test_origins(void **state)
{
    const struct tare_str none = {NULL, 0};
    (void)state;
    assert_true(tare_door_own_origin(none, none, 80));
    assert_true(tare_door_own_origin(TARE_S("http://localhost:80"), TARE_S("same-origin"), 80));
    assert_false(tare_door_own_origin(TARE_S("https://localhost:80"), none, 80));
    assert_false(tare_door_own_origin(TARE_S("null"), none, 80));
    assert_false(tare_door_own_origin(none, TARE_S("cross-site"), 80));
    assert_false(tare_door_own_origin(TARE_S("http://localhost:80"), TARE_S("cross-site"), 80));
}

static void test_bearer(void **state)
{
    (void)state;
    assert_true(tare_str_is(tare_door_bearer(TARE_S("Bearer abc")), "abc"));
    assert_true(tare_str_is(tare_door_bearer(TARE_S("bEARER  abc ")), "abc"));
    assert_int_equal(tare_door_bearer(TARE_S("Bearer ")).n, 0);
    assert_int_equal(tare_door_bearer(TARE_S("Bearerabc")).n, 0);
    assert_int_equal(tare_door_bearer(TARE_S("Basic abc")).n, 0);
    assert_int_equal(tare_door_bearer((struct tare_str){NULL, 0}).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_bearer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
