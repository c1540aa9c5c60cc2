/* Who may ask the server, and the pieces it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/base64.h"
#include "base/limits.h"
#include "view/api.h"
#include "view/gzip.h"
#include "view/html.h"
#include "view/serve_guard.h"

#include "base/banned.h"

#define PORT 4711u
static const char token[] = "0123456789abcdef0123456789abcdef";

static struct tare__request request(const char *target)
{
    return (struct tare__request){.method = TARE_S("GET"),
                                  .target = tare_str_of(target),
                                  .host = TARE_S("127.0.0.1:4711"),
                                  .token = tare_str_of(token)};
}

static enum tare__answer_kind kind(const struct tare__request *r)
{
    return tare__guard(r, PORT, token).kind;
}

static void test_routes(void **state)
{
    static const struct {
        const char *target;
        enum tare__answer_kind kind;
        const char *rest;
    } rows[] = {
        {"/", TARE__ANSWER_PAGE, ""},
        {"/?token=x", TARE__ANSWER_PAGE, ""},
        {"/app.js", TARE__ANSWER_SCRIPT, ""},
        {"/app.css?v=1", TARE__ANSWER_STYLE, ""},
        {"/api/v1/events", TARE__ANSWER_EVENTS, ""},
        {"/api/v1/runs?limit=1", TARE__ANSWER_DOCUMENT, "/runs?limit=1"},
        {"/static/run/r1", TARE__ANSWER_STATIC, "/run/r1"},
        {"/api/v1", TARE__ANSWER_NOT_FOUND, ""},
        {"/api/v2/runs", TARE__ANSWER_NOT_FOUND, ""},
        {"/app.js/", TARE__ANSWER_NOT_FOUND, ""},
        {"/../x", TARE__ANSWER_NOT_FOUND, ""},
        {"//", TARE__ANSWER_NOT_FOUND, ""},
        {"", TARE__ANSWER_NOT_FOUND, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tare__request r = request(rows[i].target);
        struct tare__guarded g = tare__guard(&r, PORT, token);
        assert_int_equal(g.kind, rows[i].kind);
        assert_true(tare_str_is(g.rest, rows[i].rest));
    }
}

static void test_hosts(void **state)
{
    static const char *const wrong[] = {
        "",           "127.0.0.1",       "127.0.0.1:4712", "evil.example:4711",
        "127.0.0.1:", "127.0.0.1:47110", "x127.0.0.1:4711"};
    static const char *const right[] = {"127.0.0.1:4711", "localhost:4711", "[::1]:4711"};
    (void)state;
    struct tare__request r = request("/");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        r.host = tare_str_of(wrong[i]);
        assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        r.host = tare_str_of(right[i]);
        assert_int_equal(kind(&r), TARE__ANSWER_PAGE);
    }
    r.host = (struct tare_str){NULL, 0};
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
}

static void test_tokens(void **state)
{
    (void)state;
    struct tare__request r = request("/api/v1/runs");
    assert_int_equal(kind(&r), TARE__ANSWER_DOCUMENT);
    r.token = TARE_S("0123456789abcdef0123456789abcdee");
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    r.token = (struct tare_str){NULL, 0};
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    r.cookie = TARE_S("a=b; tare_4711=0123456789abcdef0123456789abcdef; c=d");
    assert_int_equal(kind(&r), TARE__ANSWER_DOCUMENT);
    r.cookie = TARE_S("tare_4712=0123456789abcdef0123456789abcdef");
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    r.cookie = TARE_S("xtare_4711=0123456789abcdef0123456789abcdef");
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    r = request("/?a=1&token=0123456789abcdef0123456789abcdef");
    r.token = (struct tare_str){NULL, 0};
    assert_true(tare__guard(&r, PORT, token).enters);
    r.target = TARE_S("/?xtoken=0123456789abcdef0123456789abcdef");
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
}

static void test_origins(void **state)
{
    static const char *const wrong[] = {"null", "https://evil.example", "https://127.0.0.1:4711",
                                        "http://127.0.0.1:4712", ""};
    (void)state;
    struct tare__request r = request("/api/v1/runs");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        r.origin = tare_str_of(wrong[i]);
        assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    }
    r.origin = TARE_S("http://127.0.0.1:4711");
    assert_int_equal(kind(&r), TARE__ANSWER_DOCUMENT);
    r.fetch_site = TARE_S("cross-site");
    assert_int_equal(kind(&r), TARE__ANSWER_REFUSED);
    r.method = TARE_S("POST");
    assert_int_equal(kind(&r), TARE__ANSWER_METHOD);
}

static void test_text(void **state)
{
    struct tare_buf out;
    (void)state;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare__html_text(&out, TARE_S("</script>\"'&\x01\xe2\x80\xae\xff"));
    assert_true(
        tare_str_is(tare_buf_str(&out), "&lt;/script&gt;&quot;&#39;&amp;\\u{1}\\u{202e}\\x{ff}"));
    tare_buf_reset(&out);
    tare_base64_put(&out, TARE_S(""));
    tare_base64_put(&out, TARE_S("f"));
    tare_base64_put(&out, TARE_S("fo"));
    tare_base64_put(&out, TARE_S("foo"));
    tare_base64_put(&out, TARE_S("foob")); /* RFC 4648, section 10 */
    assert_true(tare_str_is(tare_buf_str(&out), "Zg==Zm8=Zm9vZm9vYg=="));
    tare_buf_reset(&out);
    assert_true(tare__gzip(TARE_S(""), 6, &out));
    assert_true(out.n >= 18 && (unsigned char)out.p[0] == 0x1f && (unsigned char)out.p[1] == 0x8b);
    tare_buf_free(&out);
}

/* Without a store lists are empty, the rest says how to make one, and nothing is created. */
static void test_no_store(void **state)
{
    struct tare_api_options o = {.size = sizeof o, .store = TARE_S("no-such-folder/tare.db")};
    struct tare_api *api;
    struct tare_api_answer a;
    struct tare_err err = {0};
    (void)state;
    assert_int_equal(tare_api_open(&o, &api, &err), TARE_OK);
    static const struct {
        const char *target;
        int http;
    } rows[] = {{"/runs", 200},
                {"/suites", 200},
                {"/find?q=x", 200},
                {"/runs/x", 404},
                {"/compare", 404},
                {"/nosuch", 404},
                {"/runs?limit=x", 400},
                {"/runs?%", 400},
                {"runs", 400},
                {"", 400},
                {"/runs?x", 400},
                {"/power?baseline=0.5&effect=0.1", 200},
                {"/runs?limit=1001", 400},
                {"/runs?limit=1000", 200},
                {"/runs?cursor=-1", 400}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tare_api_get(api, tare_str_of(rows[i].target), &a);
        assert_int_equal(a.http, rows[i].http);
        assert_true(a.body.n > 2 && a.body.p[0] == '{');
        assert_int_equal(a.change, 0);
    }
    tare_api_close(api);
    tare_api_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes), cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_tokens), cmocka_unit_test(test_origins),
        cmocka_unit_test(test_text),   cmocka_unit_test(test_no_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
