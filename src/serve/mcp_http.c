/* MCP over streamable HTTP: one address, a session a client, each its own attempt. */
#include <stdlib.h>

#include "base/limits.h"
#include "net/door.h"
#include "serve/mcp.h"
#include "serve/server_int.h"

#include "base/banned.h"

enum { NOT_NOW = -32000, INVALID = -32600 };

struct client {
    struct tare_server *server;
    char id[TARE_DOOR_SECRET_BYTES];
    struct tare_session *session; /* NULL: it has ended */
    struct tare_mcp mcp;
    struct tare_mcp_call call;
    struct tare_ask *now, *first, *last; /* the ask whose call is played; those behind it */
    struct tare_stream *stream;
    bool working;
    struct client *next;
};

struct own {
    struct client *first;
};

/* ---- answers ------------------------------------------------------------------------------- */

static void answer(struct tare_ask *ask, unsigned http, struct tare_str json)
{
    struct tare_str accept = tare_ask_header(ask, "Accept");
    if (!accept.p || tare__names_type(accept, "application/json")) {
        tare__answer_json(ask, http, json);
        return;
    }
    struct tare_str event =
        tare_arena_printf(&ask->arena, "event: message\ndata: %.*s\n\n", TARE_FMT(json));
    tare_ask_answer(ask, http, "text/event-stream", event);
}

static void refuse(struct tare_ask *ask, unsigned http, int code, const char *why)
{
    struct tare_str text = tare_arena_printf(
        &ask->arena, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,\"message\":\"%s\"}}",
        code, why);
    tare__answer_json(ask, http, text);
}

/* ---- one client ---------------------------------------------------------------------------- */

static void stream_gone(void *ctx)
{
    ((struct client *)ctx)->stream = NULL;
}

/* Ends the session and forgets the client; what it still waits for is refused. */
static void drop(struct client *c, unsigned http, const char *why)
{
    struct own *own = c->server->own;
    struct client **at = &own->first;
    struct tare_session *session = c->session;
    c->session = NULL;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    if (session)
        tare_session_leave(session);
    if (c->now)
        refuse(c->now, http, NOT_NOW, why);
    for (struct tare_ask *ask = c->first, *next; ask; ask = next) {
        next = ask->next;
        refuse(ask, http, NOT_NOW, why);
    }
    if (c->stream)
        tare_stream_end(c->stream);
    free(c);
}

static void play(struct client *c, struct tare_buf *out)
{
    if (c->session->state == TARE_SESSION_THINKS)
        tare_session_act(c->session, c->call.action); /* answered by `on` */
    else {
        tare_mcp_played(&c->call, TARE_MCP_OVER, true, out);
        answer(c->now, 200, tare_str_trim(tare_buf_str(out)));
        c->now = NULL;
    }
}

static void take(struct client *c, struct tare_ask *ask)
{
    struct tare_err err = {0};
    struct tare_buf out;
    tare_buf_init(&out, NULL, 2 * TARE_MAX_AGENT_UNREAD_BYTES);
    c->now = ask;
    if (tare_mcp_message(&c->mcp, tare_buf_str(&ask->body), &ask->arena, &out, &c->call, &err) !=
        TARE_OK) {
        c->now = NULL;
        refuse(ask, 503, NOT_NOW, "no memory for the answer");
    } else if (c->call.action.p) {
        play(c, &out);
    } else {
        c->now = NULL;
        if (out.n)
            answer(ask, 200, tare_str_trim(tare_buf_str(&out)));
        else
            tare_ask_answer(ask, 202, NULL, TARE_S(""));
    }
    tare_buf_free(&out);
}

/* Takes what waits, in its order, until a call has to be waited for. */
static void pump(struct client *c)
{
    if (c->working)
        return;
    c->working = true;
    while (c->first && !c->now && tare_json_present(c->mcp.scene)) {
        struct tare_ask *ask = c->first;
        c->first = ask->next;
        if (!c->first)
            c->last = NULL;
        take(c, ask);
    }
    c->working = false;
}

static void on(struct tare_server *s, struct tare_session *session)
{
    struct client *c = session->owner;
    struct tare_buf out;
    (void)s;
    if (session->expired) {
        drop(c, 404, "the session was silent for too long and has ended");
        return;
    }
    if (session->state == TARE_SESSION_IDLE) {
        drop(c, 503, session->none);
        return;
    }
    if (session->state == TARE_SESSION_THINKS && !session->observed)
        c->mcp.scene = session->start;
    if (c->now) {
        struct tare_ask *ask = c->now;
        c->now = NULL;
        tare_buf_init(&out, NULL, 2 * TARE_MAX_AGENT_UNREAD_BYTES);
        tare_mcp_played(&c->call, session->observed ? tare_buf_str(&session->seen) : TARE_MCP_OVER,
                        session->observed ? session->failed : true, &out);
        if (out.failed)
            refuse(ask, 503, NOT_NOW, "no memory for the answer");
        else
            answer(ask, 200, tare_str_trim(tare_buf_str(&out)));
        tare_buf_free(&out);
    }
    pump(c);
}

/* ---- requests ------------------------------------------------------------------------------ */

static struct client *find(struct own *own, struct tare_str id)
{
    struct client *c = own->first;
    while (c && !tare_door_same(tare_str_of(c->id), id))
        c = c->next;
    return c;
}

static void enqueue(struct client *c, struct tare_ask *ask)
{
    ask->next = NULL;
    tare_session_heard(c->session);
    if (c->last)
        c->last->next = ask;
    else
        c->first = ask;
    c->last = ask;
    pump(c);
}

static void begin(struct tare_server *s, struct tare_ask *ask)
{
    struct own *own = s->own;
    struct tare_json v;
    struct client *c;
    if (tare_json_parse(tare_buf_str(&ask->body), &tare_json_strict, &ask->arena, &v, NULL) !=
            TARE_OK ||
        !tare_json_str_is(tare_json_get(v, "method"), "initialize")) {
        refuse(ask, 400, INVALID, "a session begins with initialize; then Mcp-Session-Id is sent");
        return;
    }
    c = calloc(1, sizeof *c);
    if (!c || !(c->session = tare_session_open(s->sessions, c))) {
        free(c);
        refuse(ask, 503, NOT_NOW, "there are as many sessions as there may be");
        return;
    }
    c->server = s;
    tare_door_secret(c->id);
    c->next = own->first;
    own->first = c;
    tare_ask_put_header(ask, "Mcp-Session-Id", c->id);
    tare_session_want(c->session, TARE_SESSION_ANY);
    enqueue(c, ask);
}

static void post(struct tare_server *s, struct tare_ask *ask, struct client *c, struct tare_str id)
{
    struct tare_str accept = tare_ask_header(ask, "Accept");
    if (!tare__names_type(tare_ask_header(ask, "Content-Type"), "application/json"))
        refuse(ask, 415, INVALID, "a message is application/json");
    else if (accept.p && !tare__names_type(accept, "application/json") &&
             !tare__names_type(accept, "text/event-stream"))
        refuse(ask, 406, INVALID, "an answer is application/json or text/event-stream");
    else if (c)
        enqueue(c, ask);
    else if (id.p)
        refuse(ask, 404, NOT_NOW, "there is no such session: begin with initialize");
    else
        begin(s, ask);
}

static void get(struct tare_ask *ask, struct client *c)
{
    if (!tare__names_type(tare_ask_header(ask, "Accept"), "text/event-stream"))
        refuse(ask, 406, INVALID, "a stream is text/event-stream");
    else if (c->stream)
        refuse(ask, 409, INVALID, "the session has a stream already");
    else
        c->stream = tare_ask_stream(ask, stream_gone, c);
}

static void ask_mcp(struct tare_server *s, struct tare_ask *ask, struct tare_str path)
{
    struct tare_str id = tare_ask_header(ask, "Mcp-Session-Id");
    struct tare_str version = tare_ask_header(ask, "MCP-Protocol-Version");
    struct client *c = id.p ? find(s->own, id) : NULL;
    bool reads = tare_str_is(ask->method, "GET"), ends = tare_str_is(ask->method, "DELETE");
    if (!tare_str_is(path, "/mcp") && !tare_str_is(path, "/mcp/")) {
        tare__answer_text(ask, 404, "tare serve: the address is /mcp\n");
    } else if (version.p && !tare_mcp_speaks(version)) {
        refuse(ask, 400, INVALID, "that MCP-Protocol-Version is not spoken here");
    } else if (tare_str_is(ask->method, "POST")) {
        post(s, ask, c, id);
    } else if (!reads && !ends) {
        tare_ask_put_header(ask, "Allow", "GET, POST, DELETE");
        tare__answer_text(ask, 405, "tare serve: only GET, POST and DELETE\n");
    } else if (!c) {
        refuse(ask, id.p ? 404 : 400, INVALID,
               id.p ? "there is no such session" : "Mcp-Session-Id is missing");
    } else if (reads) {
        get(ask, c);
    } else {
        drop(c, 404, "the session was ended");
        tare_ask_answer(ask, 204, NULL, TARE_S(""));
    }
}

/* ---- life ---------------------------------------------------------------------------------- */

static enum tare_status open_mcp(struct tare_server *s, struct tare_err *err)
{
    s->own = calloc(1, sizeof(struct own));
    return s->own ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for a server");
}

static void close_mcp(struct tare_server *s)
{
    struct own *own = s->own;
    for (struct client *c = own->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(own);
}

const struct tare__protocol tare__mcp_http = {
    .open = open_mcp, .close = close_mcp, .ask = ask_mcp, .on = on};
