#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "serve/gate.h"
#include "serve/server_int.h"

#include "base/banned.h"

#define SESSIONS 100u
#define LINGER_NS (INT64_C(10) * 1000000000)

/* ---- answers ------------------------------------------------------------------------------- */

bool tare__names_type(struct tare_str header, const char *type)
{
    size_t n = strlen(type);
    for (size_t i = 0; i + n <= header.n; i++)
        if (strncasecmp(header.p + i, type, n) == 0)
            return true;
    return tare_str_find(header, TARE_S("*/*")) != SIZE_MAX;
}

void tare__answer_json(struct tare_ask *ask, unsigned http, struct tare_str json)
{
    tare_ask_answer(ask, http, "application/json", json);
}

void tare__answer_text(struct tare_ask *ask, unsigned http, const char *text)
{
    tare_ask_answer(ask, http, "text/plain; charset=utf-8", tare_str_of(text));
}

/* ---- who asks ------------------------------------------------------------------------------ */

static struct tare_gate_says says(struct tare_server *s, struct tare_ask *ask)
{
    struct tare_gate g = {.port = s->port,
                          .token = tare_str_of(s->o.token),
                          .hosts = s->o.hosts,
                          .n_hosts = s->o.n_hosts};
    struct tare_gate_ask a = {.path = ask->path,
                              .host = tare_ask_header(ask, "Host"),
                              .origin = tare_ask_header(ask, "Origin"),
                              .fetch_site = tare_ask_header(ask, "Sec-Fetch-Site"),
                              .authorization = tare_ask_header(ask, "Authorization")};
    return tare_gate(&g, &a);
}

static void door(void *ctx, struct tare_ask *ask)
{
    struct tare_gate_says g = says(ctx, ask);
    if (!g.http)
        return;
    if (g.http == 401)
        tare_ask_put_header(ask, "WWW-Authenticate", "Bearer");
    struct tare_str text = tare_arena_printf(&ask->arena, "tare serve: refused: %s\n", g.why);
    tare_ask_answer(ask, g.http, "text/plain; charset=utf-8", text);
}

static void asked(void *ctx, struct tare_ask *ask)
{
    struct tare_server *s = ctx;
    if (ask->fault == TARE_ASK_TOO_LARGE)
        tare__answer_text(ask, 413, "tare serve: a message has at most 1 MiB\n");
    else if (ask->fault == TARE_ASK_NO_MEMORY || s->stops)
        tare__answer_text(ask, 503, "tare serve: not now\n");
    else
        s->protocol->ask(s, ask, says(s, ask).path);
}

/* ---- the event loop's ---------------------------------------------------------------------- */

static void on(void *ctx, struct tare_session *session)
{
    struct tare_server *s = ctx;
    s->protocol->on(s, session);
}

static uint32_t wait_for(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms)
{
    struct tare_server *s = ctx;
    return tare_asks_wait(s->asks, fds, max, timeout_ms);
}

static void work(void *ctx, int64_t now_ns)
{
    struct tare_server *s = ctx;
    tare_asks_work(s->asks, now_ns);
}

/* ---- life ---------------------------------------------------------------------------------- */

enum tare_status tare_server_open(const struct tare_serve_options_http *options,
                                  struct tare_server **out, struct tare_err *err)
{
    struct tare_server *s = calloc(1, sizeof *s);
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a server");
    s->o = *options;
    s->protocol = options->protocol == TARE_SERVE_MCP ? &tare__mcp_http : &tare__openenv;
    struct tare_sessions_options so = {.size = sizeof so,
                                       .max = options->sessions ? options->sessions : SESSIONS,
                                       .idle_ns = options->idle_ns,
                                       .stop = options->stop,
                                       .alc = options->alc,
                                       .on = on,
                                       .wait = wait_for,
                                       .work = work,
                                       .ctx = s};
    struct tare_asks_options ao = {.size = sizeof ao,
                                   .address = options->address,
                                   .port = options->port,
                                   .max_body_bytes = TARE_MAX_AGENT_LINE_BYTES,
                                   .door = door,
                                   .ask = asked,
                                   .ctx = s};
    enum tare_status st = tare_sessions_open(&so, &s->sessions, err);
    if (st == TARE_OK)
        st = s->protocol->open(s, err);
    if (st == TARE_OK)
        st = tare_asks_open(&ao, &s->asks, err);
    if (st != TARE_OK) {
        tare_server_close(s);
        return st;
    }
    s->port = tare_asks_port(s->asks);
    *out = s;
    return TARE_OK;
}

const struct tare_transport *tare_server_transport(const struct tare_server *s)
{
    return tare_sessions_transport(s->sessions);
}

unsigned tare_server_port(const struct tare_server *s)
{
    return s->port;
}

void tare_server_linger(struct tare_server *s, const struct tare_clock *clock)
{
    tare_sessions_linger(s->sessions, clock, LINGER_NS);
}

void tare_server_close(struct tare_server *s)
{
    if (!s)
        return;
    s->stops = true;
    tare_asks_close(s->asks);
    if (s->own)
        s->protocol->close(s);
    tare_sessions_close(s->sessions);
    free(s);
}
