/*
 * An HTTP server without a thread of its own: who has an event loop waits for its descriptors and
 * calls tare_asks_work. A request (an "ask") may be answered at once or later, by a whole answer, a
 * stream of events, or a WebSocket. Not for several threads. Needs libmicrohttpd.
 */
#ifndef TARE_NET_ASKS_H
#define TARE_NET_ASKS_H

#include <poll.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct tare_asks;
struct tare_ask;
struct tare_stream;
struct tare_socket;

enum tare_ask_body { TARE_ASK_WHOLE = 0, TARE_ASK_TOO_LARGE, TARE_ASK_NO_MEMORY };

struct tare_ask {
    struct tare_str method, path, query; /* as sent; query without '?' */
    struct tare_buf body;
    enum tare_ask_body fault;
    struct tare_arena arena; /* lives as long as the ask: until it is answered */
    /* The handler's own. */
    void *mine;
    struct tare_ask *next;

    struct tare_asks *all;
    struct MHD_Connection *connection;
    struct MHD_Response *response;
    struct tare_stream *stream;
    struct tare_socket *socket;
    unsigned http;
    bool begun, asked, inside, suspended;
    struct tare_ask *waits; /* list of the suspended */
    struct tare_ask_header {
        const char *name, *value;
    } headers[4];
    unsigned n_headers;
};

struct tare_asks_options {
    size_t size;
    const char *address; /* as struct tare_listen */
    uint16_t port;
    size_t max_body_bytes;
    /* The head has come, the body not yet: may answer, and then no body is read. */
    void (*door)(void *ctx, struct tare_ask *ask);
    /* The ask is whole: answer it now or later. */
    void (*ask)(void *ctx, struct tare_ask *ask);
    void *ctx;
};

/* Listens. As tare_listen_start, and TARE_E_NOMEM. */
enum tare_status tare_asks_open(const struct tare_asks_options *options, struct tare_asks **out,
                                struct tare_err *err);
unsigned tare_asks_port(const struct tare_asks *all);
/* As struct tare_transport's wait. */
uint32_t tare_asks_wait(struct tare_asks *all, struct pollfd *fds, uint32_t max, int *timeout_ms);
/* Does what can be done without blocking. */
void tare_asks_work(struct tare_asks *all, int64_t now_ns);
/* Answers what still waits with 503, ends streams and sockets, and the server. */
void tare_asks_close(struct tare_asks *all);

/* A header of the request; p NULL: it was not sent. Lives until the ask is answered. */
struct tare_str tare_ask_header(const struct tare_ask *ask, const char *name);
/* A header of the answer to come; kept until it is given. */
void tare_ask_put_header(struct tare_ask *ask, const char *name, const char *value);
/* The answer. type NULL: no body. The ask may be gone when this returns. */
void tare_ask_answer(struct tare_ask *ask, unsigned http, const char *type, struct tare_str body);

/* Answers with server-sent events. gone: the other side, or the server, has ended it; the stream is
 * no more. NULL: no memory, and the ask was answered. */
struct tare_stream *tare_ask_stream(struct tare_ask *ask, void (*gone)(void *ctx), void *ctx);
void tare_stream_put(struct tare_stream *stream, struct tare_str event);
/* Ends it after what was put; gone is not called any more. */
void tare_stream_end(struct tare_stream *stream);

struct tare_socket_ops {
    /* One text message of the other side. May put and end. */
    void (*text)(void *ctx, struct tare_socket *socket, struct tare_str text);
    /* The socket is no more. Once; not after tare_socket_drop. */
    void (*gone)(void *ctx);
};
/* Answers with a WebSocket (RFC 6455), or refuses what is no proper request for one and returns
 * NULL. max_bytes: of one message; beyond it the socket ends with 1009. */
struct tare_socket *tare_ask_socket(struct tare_ask *ask, size_t max_bytes,
                                    const struct tare_socket_ops *ops, void *ctx);
void tare_socket_put(struct tare_socket *socket, struct tare_str text);
/* Sends a close of that code after what was put. */
void tare_socket_end(struct tare_socket *socket, uint16_t code);

/* The value of Sec-WebSocket-Accept for a key (RFC 6455, section 4.2.2): 28 characters and a NUL.
 */
void tare_socket_accept(struct tare_str key, char out[29]);

#endif
