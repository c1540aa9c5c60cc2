/* WebSockets: the handshake is ours, the frames are wslay's. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include <wslay/wslay.h>

#include "base/limits.h"
#include "net/asks_int.h"

#include "base/banned.h"

#define DRAIN_NS (INT64_C(2) * 1000000000)
#define MAX_UNREAD_BYTES (32 * TARE_MIB) /* put, and not read by the other side */

struct tare_socket {
    struct tare_asks *all;
    const struct tare_socket_ops *ops;
    void *ctx;
    size_t max_bytes;
    struct MHD_UpgradeResponseHandle *upgrade; /* NULL: not yet a socket */
    int fd;
    wslay_event_context_ptr frames;
    struct tare_buf early; /* read with the head of the request */
    size_t early_at;
    uint16_t end_code;  /* of our close, which follows what was put */
    bool ended, closed; /* it is wanted; it is queued */
    int64_t ended_ns;
    bool gone; /* its owner was told; what still comes is thrown away */
    int64_t gone_ns;
    struct tare_socket *next;
};

/* ---- frames -------------------------------------------------------------------------------- */

static ssize_t receive(wslay_event_context_ptr frames, uint8_t *buf, size_t n, int flags, void *own)
{
    struct tare_socket *s = own;
    (void)flags;
    if (s->early_at < s->early.n) {
        n = n < s->early.n - s->early_at ? n : s->early.n - s->early_at;
        memcpy(buf, s->early.p + s->early_at, n);
        s->early_at += n;
        return (ssize_t)n;
    }
    ssize_t got = recv(s->fd, buf, n, 0);
    if (got > 0)
        return got;
    bool later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    wslay_event_set_error(frames, later ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t transmit(wslay_event_context_ptr frames, const uint8_t *p, size_t n, int flags,
                        void *own)
{
    struct tare_socket *s = own;
    (void)flags;
    ssize_t sent = send(s->fd, p, n, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    wslay_event_set_error(frames, later ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void on_message(wslay_event_context_ptr frames,
                       const struct wslay_event_on_msg_recv_arg *arg, void *own)
{
    struct tare_socket *s = own;
    if (wslay_is_ctrl_frame(arg->opcode) || s->gone)
        return;
    if (arg->opcode != WSLAY_TEXT_FRAME)
        (void)wslay_event_queue_close(frames, WSLAY_CODE_UNSUPPORTED_DATA, NULL, 0);
    else if (!wslay_event_get_close_sent(frames))
        s->ops->text(s->ctx, s, tare_str_n((const char *)arg->msg, arg->msg_length));
}

/* ---- one socket ---------------------------------------------------------------------------- */

static void leave(struct tare_socket *s)
{
    if (s->gone)
        return;
    s->gone = true;
    s->gone_ns = s->all->now_ns;
    s->ops->gone(s->ctx);
    if (s->upgrade)
        (void)shutdown(s->fd, SHUT_WR);
}

/* A connection that is closed while something unread has come is reset, and the other side loses
 * our last word: so what comes is read for a while. True: it may be closed. */
static bool drained(const struct tare_socket *s)
{
    char waste[16384];
    ssize_t n;
    while ((n = recv(s->fd, waste, sizeof waste, 0)) > 0)
        ;
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) ||
           s->all->closing || s->all->now_ns - s->gone_ns > DRAIN_NS;
}

static void forget_gone(struct tare_asks *all)
{
    struct tare_socket **at = &all->sockets, *s;
    while ((s = *at)) {
        if (!s->gone || !s->upgrade || !drained(s)) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        wslay_event_context_free(s->frames);
        (void)MHD_upgrade_action(s->upgrade, MHD_UPGRADE_ACTION_CLOSE);
        tare_buf_free(&s->early);
        free(s);
        all->stirred = true;
    }
}

/* True: it cannot be done. A close overtakes what is queued before it, so it is queued last. */
static bool transmit_all(struct tare_socket *s)
{
    bool broken = wslay_event_want_write(s->frames) && wslay_event_send(s->frames) != 0;
    if (broken || !s->ended || s->closed || wslay_event_get_queued_msg_count(s->frames))
        return broken;
    s->closed = true;
    return wslay_event_queue_close(s->frames, s->end_code, NULL, 0) == 0 &&
           wslay_event_send(s->frames) != 0;
}

/* Sends and receives what can be; the socket is gone when nothing is left to do. */
static void work(struct tare_socket *s, bool readable)
{
    bool broken = readable && wslay_event_want_read(s->frames) && wslay_event_recv(s->frames) != 0;
    if (!broken)
        broken = transmit_all(s);
    bool late = s->ended && s->all->now_ns - s->ended_ns > DRAIN_NS; /* it does not say goodbye */
    if (broken || late || (!wslay_event_want_read(s->frames) && !wslay_event_want_write(s->frames)))
        leave(s);
}

static void upgraded(void *cls, struct MHD_Connection *connection, void *request, const char *extra,
                     size_t n_extra, MHD_socket fd, struct MHD_UpgradeResponseHandle *upgrade)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = receive, .send_callback = transmit, .on_msg_recv_callback = on_message};
    struct tare_socket *s = cls;
    int yes = 1;
    (void)connection;
    ((struct tare_ask *)request)->socket = NULL;
    s->upgrade = upgrade;
    s->fd = fd;
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    /* A frame is sent in two parts; the second must not wait until the first is acknowledged. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    tare_buf_init(&s->early, NULL, n_extra + 1);
    tare_buf_put(&s->early, tare_str_n(extra, n_extra));
    if (s->gone || s->early.failed || wslay_event_context_server_init(&s->frames, &callbacks, s)) {
        s->frames = NULL;
        leave(s);
        return;
    }
    wslay_event_config_set_max_recv_msg_length(s->frames, s->max_bytes);
    s->all->stirred = true;
}

void tare__socket_unborn(struct tare_socket *s)
{
    struct tare_socket **at = &s->all->sockets;
    if (s->upgrade)
        return;
    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
    leave(s);
    free(s);
}

static bool has_word(struct tare_str list, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= list.n; i++)
        if (strncasecmp(list.p + i, word, n) == 0)
            return true;
    return false;
}

struct tare_socket *tare_ask_socket(struct tare_ask *ask, size_t max_bytes,
                                    const struct tare_socket_ops *ops, void *ctx)
{
    struct tare_str key = tare_ask_header(ask, "Sec-WebSocket-Key");
    bool proper = has_word(tare_ask_header(ask, "Connection"), "upgrade") &&
                  has_word(tare_ask_header(ask, "Upgrade"), "websocket") && key.n == 24 &&
                  tare_str_is(ask->method, "GET");
    char accept[29];
    if (!proper || !tare_str_is(tare_ask_header(ask, "Sec-WebSocket-Version"), "13")) {
        tare_ask_put_header(ask, "Sec-WebSocket-Version", "13");
        tare_ask_answer(ask, proper ? 426 : 400, "text/plain; charset=utf-8",
                        TARE_S("this address is a WebSocket of version 13\n"));
        return NULL;
    }
    struct tare_socket *s = calloc(1, sizeof *s);
    struct MHD_Response *r = s ? MHD_create_response_for_upgrade(upgraded, s) : NULL;
    if (!r) {
        free(s);
        tare_ask_answer(ask, 503, NULL, TARE_S(""));
        return NULL;
    }
    *s = (struct tare_socket){
        .all = ask->all, .ops = ops, .ctx = ctx, .max_bytes = max_bytes, .next = ask->all->sockets};
    ask->all->sockets = s;
    ask->socket = s;
    tare_socket_accept(key, accept);
    (void)MHD_add_response_header(r, "Upgrade", "websocket");
    (void)MHD_add_response_header(r, "Sec-WebSocket-Accept", accept);
    tare__ask_give(ask, 101, r);
    return s;
}

void tare_socket_put(struct tare_socket *socket, struct tare_str text)
{
    struct wslay_event_msg m = {
        .opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text.p, .msg_length = text.n};
    if (socket->gone || socket->ended || !socket->frames)
        return;
    socket->all->stirred = true;
    /* Who does not read is not worth the memory. */
    if (wslay_event_get_queued_msg_length(socket->frames) > MAX_UNREAD_BYTES ||
        wslay_event_queue_msg(socket->frames, &m) != 0)
        wslay_event_shutdown_write(socket->frames);
}

void tare_socket_end(struct tare_socket *socket, uint16_t code)
{
    if (socket->gone || socket->ended || !socket->frames)
        return;
    socket->ended = true;
    socket->ended_ns = socket->all->now_ns;
    socket->end_code = code;
    socket->all->stirred = true;
}

/* ---- all of them --------------------------------------------------------------------------- */

uint32_t tare__sockets_wait(struct tare_asks *all, struct pollfd *fds, uint32_t max)
{
    uint32_t n = 0;
    for (struct tare_socket *s = all->sockets; s && n < max; s = s->next) {
        short events = POLLIN;
        if (!s->frames)
            continue;
        if (!s->gone && !wslay_event_want_read(s->frames))
            events = 0;
        if (!s->gone && wslay_event_want_write(s->frames))
            events |= POLLOUT;
        fds[n++] = (struct pollfd){.fd = s->fd, .events = events};
    }
    return n;
}

void tare__sockets_work(struct tare_asks *all)
{
    for (struct tare_socket *s = all->sockets, *next; s; s = next) {
        next = s->next;
        if (!s->frames || s->gone)
            continue;
        struct pollfd fd = {.fd = s->fd, .events = POLLIN};
        work(s, s->early_at < s->early.n || poll(&fd, 1, 0) > 0);
    }
    forget_gone(all);
}

void tare__sockets_close(struct tare_asks *all)
{
    for (struct tare_socket *s = all->sockets; s; s = s->next) {
        tare_socket_end(s, WSLAY_CODE_GOING_AWAY);
        if (s->frames && !s->gone)
            (void)transmit_all(s);
        leave(s);
    }
    forget_gone(all);
}
