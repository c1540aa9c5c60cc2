/* Streams of events, cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "net/sse.h"

struct got {
    struct tare_buf all; /* name=data; of each event */
    uint32_t n, stop_after;
};

static bool on_event(void *to, struct tare_str name, struct tare_str data)
{
    struct got *g = to;
    tare_buf_put(&g->all, name);
    tare_buf_putc(&g->all, '=');
    tare_buf_put(&g->all, data);
    tare_buf_putc(&g->all, ';');
    return ++g->n != g->stop_after;
}

/* Fed whole, then cut in two at each place, then byte by byte: always the same events. */
static void expect(const char *stream, const char *events, bool half)
{
    size_t n = strlen(stream);
    for (size_t cut = 0; cut <= n + 1; cut++) {
        struct tare_sse s;
        struct got g = {0};
        tare_sse_init(&s, NULL);
        tare_buf_init(&g.all, NULL, TARE_MIB);
        if (cut <= n) {
            assert_int_equal(tare_sse_feed(&s, tare_str_n(stream, cut), on_event, &g, NULL), 0);
            assert_int_equal(
                tare_sse_feed(&s, tare_str_n(stream + cut, n - cut), on_event, &g, NULL), 0);
        } else {
            for (size_t i = 0; i < n; i++)
                assert_int_equal(tare_sse_feed(&s, tare_str_n(stream + i, 1), on_event, &g, NULL),
                                 0);
        }
        if (!tare_str_is(tare_buf_str(&g.all), events) || tare_sse_half(&s) != half)
            fail_msg("cut at %zu: got '%.*s', wanted '%s'", cut, TARE_FMT(tare_buf_str(&g.all)),
                     events);
        tare_sse_free(&s);
        tare_buf_free(&g.all);
    }
}

static void test_events(void **state)
{
    (void)state;
    expect("data: a\n\ndata: b\n\n", "=a;=b;", false);
    expect("data: a\r\n\r\ndata:b\r\rdata:  c\n\n", "=a;=b;= c;", false);
    expect(": hello\n\nevent: ping\ndata: {}\nid: 7\n\n", "ping={};", false);
    expect("data: one\ndata: two\n\n", "=one\ntwo;", false);
    expect("data\n\n", "=;", false);
    expect("event: only\n\ndata: x\n\n", "=x;", false); /* without data there is no event */
    expect("\xef\xbb\xbf"
           "data: a\n\n",
           "=a;", false);
    expect("data: a\n\ndata: b\n", "=a;", true);
    expect("data: a\n\ndat", "=a;", true);
    expect("", "", false);
    expect("data: :colon: \n\n", "=:colon: ;", false);
}

static void test_stops(void **state)
{
    struct tare_sse s;
    struct got g = {.stop_after = 1};
    (void)state;
    tare_sse_init(&s, NULL);
    tare_buf_init(&g.all, NULL, TARE_MIB);
    tare_sse_feed(&s, TARE_S("data: a\n\ndata: b\n\n"), on_event, &g, NULL);
    assert_int_equal(g.n, 1);
    tare_sse_free(&s);
    tare_buf_free(&g.all);
}

/* One event below, at and above its ceiling. */
static void test_ceiling(void **state)
{
    char *long_line = malloc(TARE_MAX_SSE_EVENT_BYTES + 16);
    (void)state;
    assert_non_null(long_line);
    for (int more = -1; more <= 1; more++) {
        struct tare_sse s;
        struct got g = {0};
        struct tare_err err = {0};
        size_t n = (size_t)((int64_t)TARE_MAX_SSE_EVENT_BYTES + more);
        tare_sse_init(&s, NULL);
        tare_buf_init(&g.all, NULL, 2 * TARE_MAX_SSE_EVENT_BYTES);
        memset(long_line, 'x', n);
        memcpy(long_line, "data: ", 6);
        enum tare_status st = tare_sse_feed(&s, tare_str_n(long_line, n), on_event, &g, &err);
        if (st == TARE_OK)
            st = tare_sse_feed(&s, TARE_S("\n\n"), on_event, &g, &err);
        assert_int_equal(st, more <= 0 ? TARE_OK : TARE_E_LIMIT);
        assert_int_equal(g.n, more <= 0);
        tare_sse_free(&s);
        tare_buf_free(&g.all);
    }
    free(long_line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
