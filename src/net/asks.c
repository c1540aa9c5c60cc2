#include "net/asks.h"

#include <stdlib.h>

#include "base/limits.h"
#include "net/asks_int.h"
#include "net/listen.h"

#include "base/banned.h"

#define CONNECTIONS 1024u
#define IDLE_SECONDS 120u
#define ARENA_BYTES (16 * TARE_MIB)
#define STREAM_BYTES TARE_MIB                     /* unread events */
#define STILL_THERE_NS (INT64_C(15) * 1000000000) /* a comment line, so that nobody hangs up */

struct tare_stream {
    struct tare_ask *ask;
    struct tare_buf waits;
    size_t sent;
    int64_t told_ns;
    bool idle; /* its connection is suspended */
    bool ended;
    void (*gone)(void *ctx);
    void *ctx;
    struct tare_stream *next;
};

/* ---- one ask ------------------------------------------------------------------------------- */

static void *first(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct tare_asks *all = cls;
    struct tare_ask *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->all = all;
    a->connection = connection;
    tare_arena_init(&a->arena, NULL, ARENA_BYTES);
    tare_buf_init(&a->body, NULL, all->o.max_body_bytes);
    struct tare_str t = tare_arena_copy(&a->arena, tare_str_of(target));
    size_t q = t.p ? tare_str_find(t, TARE_S("?")) : SIZE_MAX;
    a->path = q == SIZE_MAX ? t : tare_str_n(t.p, q);
    a->query = q == SIZE_MAX ? TARE_S("") : tare_str_n(t.p + q + 1, t.n - q - 1);
    return a;
}

static void forget_stream(struct tare_stream *s)
{
    struct tare_stream **at = &s->ask->all->streams;
    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
    s->ask->stream = NULL;
    s->gone(s->ctx);
    tare_buf_free(&s->waits);
    free(s);
}

static void unlist(struct tare_ask *a)
{
    struct tare_ask **at = &a->all->suspended;
    while (*at && *at != a)
        at = &(*at)->waits;
    if (*at)
        *at = a->waits;
    a->suspended = false;
}

static void done(void *cls, struct MHD_Connection *connection, void **request,
                 enum MHD_RequestTerminationCode why)
{
    struct tare_ask *a = *request;
    (void)cls, (void)connection, (void)why;
    *request = NULL;
    if (!a)
        return;
    if (a->suspended)
        unlist(a);
    if (a->stream)
        forget_stream(a->stream);
    if (a->socket)
        tare__socket_unborn(a->socket);
    if (a->response)
        MHD_destroy_response(a->response);
    tare_buf_free(&a->body);
    tare_arena_free(&a->arena);
    free(a);
}

static enum MHD_Result queue(struct tare_ask *a)
{
    struct MHD_Response *r = a->response;
    a->response = NULL;
    enum MHD_Result sent = MHD_queue_response(a->connection, a->http, r);
    MHD_destroy_response(r);
    return sent;
}

static void take(struct tare_ask *a, const char *p, size_t n)
{
    if (a->fault == TARE_ASK_WHOLE && n > a->body.max - a->body.n)
        a->fault = TARE_ASK_TOO_LARGE;
    if (a->fault == TARE_ASK_WHOLE)
        tare_buf_put(&a->body, tare_str_n(p, n));
    if (a->body.failed)
        a->fault = TARE_ASK_NO_MEMORY;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_bytes, void **request)
{
    struct tare_asks *all = cls;
    struct tare_ask *a = *request;
    (void)url, (void)version, (void)connection;
    if (!a || !a->path.p)
        return MHD_NO;
    if (!a->begun) {
        a->begun = true;
        a->method = tare_arena_copy(&a->arena, tare_str_of(method));
        a->inside = true;
        all->o.door(all->o.ctx, a);
        a->inside = false;
        return a->response ? queue(a) : MHD_YES;
    }
    if (*body_bytes) {
        take(a, body, *body_bytes);
        *body_bytes = 0;
        return MHD_YES;
    }
    if (!a->asked) {
        a->asked = a->inside = true;
        all->o.ask(all->o.ctx, a);
        a->inside = false;
        if (!a->response) {
            a->suspended = true;
            a->waits = all->suspended;
            all->suspended = a;
            MHD_suspend_connection(a->connection);
            return MHD_YES;
        }
    }
    return a->response ? queue(a) : MHD_NO; /* there was no memory for an answer */
}

struct tare_str tare_ask_header(const struct tare_ask *ask, const char *name)
{
    return tare_str_of(MHD_lookup_connection_value(ask->connection, MHD_HEADER_KIND, name));
}

void tare_ask_put_header(struct tare_ask *ask, const char *name, const char *value)
{
    if (ask->n_headers == sizeof ask->headers / sizeof *ask->headers)
        return;
    struct tare_str v = tare_arena_printf(&ask->arena, "%s", value);
    if (v.p)
        ask->headers[ask->n_headers++] = (struct tare_ask_header){name, v.p};
}

void tare__ask_give(struct tare_ask *a, unsigned http, struct MHD_Response *r)
{
    (void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    for (unsigned i = 0; i < a->n_headers; i++)
        (void)MHD_add_response_header(r, a->headers[i].name, a->headers[i].value);
    a->response = r;
    a->http = http;
    a->all->stirred = true;
    if (!a->suspended)
        return; /* its handler is still at work and queues it */
    unlist(a);
    MHD_resume_connection(a->connection);
}

void tare_ask_answer(struct tare_ask *ask, unsigned http, const char *type, struct tare_str body)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        body.n, (void *)(uintptr_t)(body.n ? body.p : ""), MHD_RESPMEM_MUST_COPY);
    if (!r) { /* no memory: the connection is closed at its next turn */
        if (ask->suspended) {
            unlist(ask);
            MHD_resume_connection(ask->connection);
        }
        return;
    }
    if (type)
        (void)MHD_add_response_header(r, "Content-Type", type);
    tare__ask_give(ask, http, r);
}

/* ---- streams ------------------------------------------------------------------------------- */

static ssize_t read_stream(void *cls, uint64_t pos, char *out, size_t max)
{
    struct tare_stream *s = cls;
    size_t n = s->waits.n - s->sent;
    (void)pos;
    if (n) {
        n = n < max ? n : max;
        memcpy(out, s->waits.p + s->sent, n);
        s->sent += n;
        return (ssize_t)n;
    }
    tare_buf_reset(&s->waits);
    s->sent = 0;
    if (s->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    s->idle = true;
    MHD_suspend_connection(s->ask->connection);
    return 0;
}

static void wake(struct tare_stream *s)
{
    if (!s->idle)
        return;
    s->idle = false;
    s->ask->all->stirred = true;
    MHD_resume_connection(s->ask->connection);
}

struct tare_stream *tare_ask_stream(struct tare_ask *ask, void (*gone)(void *ctx), void *ctx)
{
    struct tare_stream *s = calloc(1, sizeof *s);
    struct MHD_Response *r =
        s ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, s, NULL) : NULL;
    if (!r) {
        free(s);
        tare_ask_answer(ask, 503, NULL, TARE_S(""));
        return NULL;
    }
    *s = (struct tare_stream){.ask = ask, .gone = gone, .ctx = ctx, .told_ns = ask->all->now_ns};
    tare_buf_init(&s->waits, NULL, STREAM_BYTES);
    s->next = ask->all->streams;
    ask->all->streams = s;
    ask->stream = s;
    (void)MHD_add_response_header(r, "Content-Type", "text/event-stream");
    (void)MHD_add_response_header(r, "X-Accel-Buffering", "no");
    tare_stream_put(s, TARE_S(": here\n\n"));
    tare__ask_give(ask, 200, r);
    return s;
}

void tare_stream_put(struct tare_stream *stream, struct tare_str event)
{
    tare_buf_put(&stream->waits, event);
    if (stream->waits.failed) /* it is not read: better ended than cut */
        stream->ended = true;
    stream->told_ns = stream->ask->all->now_ns;
    wake(stream);
}

static void not_told(void *ctx)
{
    (void)ctx;
}

void tare_stream_end(struct tare_stream *stream)
{
    stream->gone = not_told;
    stream->ended = true;
    wake(stream);
}

/* ---- the server ---------------------------------------------------------------------------- */

enum tare_status tare_asks_open(const struct tare_asks_options *options, struct tare_asks **out,
                                struct tare_err *err)
{
    struct tare_asks *all = calloc(1, sizeof *all);
    if (!all)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a server");
    struct tare_listen l = {.size = sizeof l,
                            .address = options->address,
                            .port = options->port,
                            .connections = CONNECTIONS,
                            .idle_seconds = IDLE_SECONDS,
                            .answer = on_request,
                            .first = first,
                            .done = done,
                            .ctx = all};
    all->o = *options;
    enum tare_status st = tare_listen_start(&l, &all->daemon, &all->port, err);
    if (st != TARE_OK) {
        free(all);
        return st;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(all->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    all->epoll_fd = info ? info->epoll_fd : -1;
    *out = all;
    return TARE_OK;
}

unsigned tare_asks_port(const struct tare_asks *all)
{
    return all->port;
}

uint32_t tare_asks_wait(struct tare_asks *all, struct pollfd *fds, uint32_t max, int *timeout_ms)
{
    unsigned long long due;
    if (all->stirred)
        *timeout_ms = 0;
    else if (MHD_get_timeout(all->daemon, &due) == MHD_YES && due < (unsigned long long)*timeout_ms)
        *timeout_ms = (int)due;
    if (max == 0)
        return 0;
    fds[0] = (struct pollfd){.fd = all->epoll_fd, .events = POLLIN};
    return 1 + tare__sockets_wait(all, fds + 1, max - 1);
}

void tare_asks_work(struct tare_asks *all, int64_t now_ns)
{
    all->now_ns = now_ns;
    all->stirred = false;
    for (struct tare_stream *s = all->streams; s; s = s->next)
        if (now_ns - s->told_ns > STILL_THERE_NS)
            tare_stream_put(s, TARE_S(": still here\n\n"));
    (void)MHD_run(all->daemon);
    tare__sockets_work(all);
}

void tare_asks_close(struct tare_asks *all)
{
    if (!all)
        return;
    all->closing = true;
    while (all->suspended)
        tare_ask_answer(all->suspended, 503, "text/plain; charset=utf-8",
                        TARE_S("the server ends\n"));
    for (struct tare_stream *s = all->streams; s; s = s->next) {
        s->ended = true;
        wake(s);
    }
    tare__sockets_close(all);
    for (int i = 0; i < 4; i++) /* what was answered last is to be heard */
        (void)MHD_run(all->daemon);
    MHD_stop_daemon(all->daemon);
    free(all);
}
