/* Between the files of the server without a thread. */
#ifndef TARE_NET_ASKS_INT_H
#define TARE_NET_ASKS_INT_H

#include <microhttpd.h>

#include "net/asks.h"

struct tare_asks {
    struct tare_asks_options o;
    struct MHD_Daemon *daemon;
    unsigned port;
    int epoll_fd;
    bool stirred; /* something is to be done before anything is waited for */
    bool closing;
    int64_t now_ns;
    struct tare_ask *suspended; /* waiting for an answer */
    struct tare_stream *streams;
    struct tare_socket *sockets;
    uint32_t n_sockets;
};

/* asks_socket.c, or asks_socket_none.c */
uint32_t tare__sockets_wait(struct tare_asks *all, struct pollfd *fds, uint32_t max);
void tare__sockets_work(struct tare_asks *all);
/* Says goodbye and forgets. */
void tare__sockets_close(struct tare_asks *all);
/* The connection ended before it became a socket. */
void tare__socket_unborn(struct tare_socket *s);
/* Gives an answer that MHD made elsewhere. */
void tare__ask_give(struct tare_ask *ask, unsigned http, struct MHD_Response *response);

#endif
