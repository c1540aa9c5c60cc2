/* The client against a server that says exactly what a test tells it to. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/http.h"

/* One connection after the other gets `text`; then it is closed, reset or left open. */
struct server {
    int fd, port;
    const char *text;
    size_t n;
    enum after { CLOSE, RESET, HOLD } then;
    char request[4096];
    pthread_t thread;
};

static void *serve(void *arg)
{
    struct server *s = arg;
    int held[64], n_held = 0, c;
    while ((c = accept(s->fd, NULL, NULL)) >= 0) {
        ssize_t n = recv(c, s->request, sizeof s->request - 1, 0);
        s->request[n > 0 ? n : 0] = 0;
        if (n > 0)
            (void)send(c, s->text, s->n, MSG_NOSIGNAL);
        if (s->then == HOLD && n_held < 64) {
            held[n_held++] = c;
            continue;
        }
        struct linger hard = {1, 0};
        if (s->then == RESET)
            setsockopt(c, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        else
            shutdown(c, SHUT_WR);
        close(c);
    }
    while (n_held)
        close(held[--n_held]);
    return NULL;
}

static void start(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->fd, 64), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end(struct server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    close(s->fd);
    pthread_join(s->thread, NULL);
}

struct seen {
    struct tare_buf body, head;
    enum tare_http_fault fault;
    int status;
    uint32_t ended;
};

static void on_event(void *to, const struct tare_http_event *e)
{
    struct seen *s = to;
    tare_buf_put(&s->body, e->data);
    if (!e->end)
        return;
    tare_buf_put(&s->head, e->head);
    s->fault = e->fault;
    s->status = e->status;
    s->ended++;
}

static int64_t now(void)
{
    const struct tare_clock *c = tare_clock_system();
    return c->mono_ns(c->ctx);
}

static struct seen ask_url(const char *url, const struct tare_http_request *more)
{
    struct tare_http_options o = {.size = sizeof o};
    struct tare_http_request r = *more;
    struct tare_http *h;
    struct tare_err err = {0};
    struct seen seen = {0};
    tare_buf_init(&seen.body, NULL, 2 * TARE_MAX_HTTP_ANSWER_BYTES);
    tare_buf_init(&seen.head, NULL, TARE_MIB);
    assert_int_equal(tare_http_open(&o, &h, &err), TARE_OK);
    r.url = tare_str_of(url);
    if (tare_http_begin(h, 7, &r, now(), &err) != TARE_OK) {
        seen.fault = TARE_HTTP_URL;
        seen.ended = 1;
    }
    int64_t give_up = now() + INT64_C(20000000000);
    while (!seen.ended && now() < give_up) {
        struct pollfd fds[8];
        int timeout = 100;
        uint32_t n = tare_http_wait(h, fds, 8, &timeout, now());
        poll(fds, n, timeout);
        tare_http_work(h, now(), on_event, &seen);
    }
    assert_int_equal(seen.ended, 1);
    tare_http_close(h);
    return seen;
}

static struct seen ask(const char *text, enum after then, const struct tare_http_request *more)
{
    struct server s = {.text = text, .n = strlen(text), .then = then};
    struct tare_http_request plain = {.timeouts = {.connect_ms = 2000, .whole_ms = 10000}};
    char url[64];
    start(&s);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/x", s.port);
    struct seen seen = ask_url(url, more ? more : &plain);
    end(&s);
    return seen;
}

static void forget(struct seen *s)
{
    tare_buf_free(&s->body);
    tare_buf_free(&s->head);
}

static void expect(const char *text, enum after then, enum tare_http_fault fault, const char *body)
{
    struct seen s = ask(text, then, NULL);
    if (s.fault != fault)
        fail_msg("'%.60s': %s, not %s", text, tare_http_fault_name(s.fault),
                 tare_http_fault_name(fault));
    if (body)
        assert_true(tare_str_is(tare_buf_str(&s.body), body));
    forget(&s);
}

static void test_answers(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", CLOSE, TARE_HTTP_GOOD, "hi");
    expect("HTTP/1.1 200 OK\r\n\r\nto the end", CLOSE, TARE_HTTP_GOOD, "to the end");
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", CLOSE,
           TARE_HTTP_GOOD, "abc");
    expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", CLOSE, TARE_HTTP_GOOD, "");
    expect("HTTP/1.1 301 M\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", CLOSE,
           TARE_HTTP_GOOD, "");
}

/* What is cut is never taken for whole. */
static void test_broken(void **state)
{
    static const char chunk[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    char text[200];
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", CLOSE, TARE_HTTP_CUT, NULL);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", RESET, TARE_HTTP_CUT, NULL);
    snprintf(text, sizeof text, "%s5\r\nabc", chunk);
    expect(text, CLOSE, TARE_HTTP_CUT, NULL);
    snprintf(text, sizeof text, "%s3\r\nabc\r\n", chunk);
    expect(text, CLOSE, TARE_HTTP_CUT, NULL);
    snprintf(text, sizeof text, "%sFFFFFFFFFFFFFFFFF\r\nabc", chunk);
    expect(text, CLOSE, TARE_HTTP_CUT, NULL);
    expect("", CLOSE, TARE_HTTP_RESET, NULL);
    expect("HTTP/1.1 200 OK\r\nConte", RESET, TARE_HTTP_RESET, NULL);
    expect("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", CLOSE,
           TARE_HTTP_PROTOCOL, NULL);
}

static void test_faults_of_the_way(void **state)
{
    struct tare_http_request plain = {.timeouts = {.connect_ms = 2000, .whole_ms = 10000}};
    static const struct {
        const char *url;
        enum tare_http_fault fault;
    } rows[] = {
        {"http://127.0.0.1:9/", TARE_HTTP_REFUSED},
        {"http://no-such-host.invalid/", TARE_HTTP_DNS},
        {"ftp://127.0.0.1/", TARE_HTTP_URL},
        {"file:///etc/passwd", TARE_HTTP_URL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen s = ask_url(rows[i].url, &plain);
        assert_string_equal(tare_http_fault_name(s.fault), tare_http_fault_name(rows[i].fault));
        forget(&s);
    }
}

static void test_timeouts(void **state)
{
    struct tare_http_request first = {.timeouts = {.first_byte_ms = 100, .whole_ms = 9000}};
    struct tare_http_request stall = {.timeouts = {.stall_ms = 100, .whole_ms = 9000}};
    struct tare_http_request whole = {.timeouts = {.whole_ms = 150}};
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi";
    (void)state;
    struct seen a = ask("", HOLD, &first), b = ask(half, HOLD, &stall), c = ask(half, HOLD, &whole);
    assert_int_equal(a.fault, TARE_HTTP_TIMEOUT_FIRST_BYTE);
    assert_int_equal(b.fault, TARE_HTTP_TIMEOUT_STALL);
    assert_int_equal(c.fault, TARE_HTTP_TIMEOUT_WHOLE);
    forget(&a);
    forget(&b);
    forget(&c);
}

/* At most 200 lines of head, at most so many bytes of body: below, at, above. */
static void test_ceilings(void **state)
{
    (void)state;
    for (int more = -1; more <= 1; more++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_buf_puts(&b, "HTTP/1.1 200 OK\r\n");
        /* with the first line, the length and the blank line */
        for (int i = 0; i < (int)TARE_MAX_HTTP_HEAD_LINES - 3 + more; i++)
            tare_buf_printf(&b, "X-%d: y\r\n", i);
        tare_buf_puts(&b, "Content-Length: 0\r\n\r\n");
        tare_buf_putc(&b, 0);
        expect(b.p, CLOSE, more <= 0 ? TARE_HTTP_GOOD : TARE_HTTP_TOO_LARGE, NULL);
        tare_buf_free(&b);
        struct tare_http_request r = {.timeouts = {.whole_ms = 9000},
                                      .max_body_bytes = (size_t)(4 - more)};
        struct seen s = ask("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour", CLOSE, &r);
        assert_int_equal(s.fault, more <= 0 ? TARE_HTTP_GOOD : TARE_HTTP_TOO_LARGE);
        forget(&s);
    }
}

static void test_what_is_sent(void **state)
{
    struct server s = {.text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = CLOSE};
    struct tare_http_header h[] = {{TARE_S("Authorization"), TARE_S("Bearer k")},
                                   {TARE_S("X-Empty"), TARE_S("e")}};
    struct tare_http_request r = {
        .headers = h, .n_headers = 2, .body = TARE_S("{\"a\":1}"), .timeouts = {.whole_ms = 9000}};
    struct tare_http_header bad = {TARE_S("X"), TARE_S("a\r\nEvil: 1")};
    struct tare_http_request split = {.headers = &bad, .n_headers = 1};
    char url[64];
    (void)state;
    s.n = strlen(s.text);
    start(&s);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/chat", s.port);
    struct seen seen = ask_url(url, &r), none = ask_url(url, &split);
    end(&s);
    assert_int_equal(seen.status, 200);
    assert_non_null(strstr(s.request, "POST /v1/chat HTTP/1.1\r\n"));
    assert_non_null(strstr(s.request, "\r\nAuthorization: Bearer k\r\n"));
    assert_non_null(strstr(s.request, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(s.request, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(s.request, "Accept-Encoding"));
    assert_int_equal(none.fault, TARE_HTTP_URL); /* a value with a line end is refused */
    forget(&seen);
    forget(&none);
}

static void test_fields(void **state)
{
    struct tare_str head =
        TARE_S("HTTP/1.1 429 X\r\nRetry-After:  7 \r\nretry-after-ms: 5\r\n\r\n");
    (void)state;
    assert_true(tare_str_is(tare_http_field(head, "retry-after"), "7"));
    assert_true(tare_str_is(tare_http_field(head, "Retry-After-MS"), "5"));
    assert_int_equal(tare_http_field(head, "retry").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_faults_of_the_way),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
