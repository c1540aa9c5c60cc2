/*
 * A port of ours: where a server listens and with which limits. Needs libmicrohttpd.
 */
#ifndef TARE_NET_LISTEN_H
#define TARE_NET_LISTEN_H

#include <microhttpd.h>

#include "base/err.h"

struct tare_listen {
    size_t size;         /* sizeof(struct tare_listen) */
    const char *address; /* an IPv4 address in digits; NULL: 127.0.0.1 */
    uint16_t port;       /* 0: any that is free */
    unsigned threads;    /* 0: the caller drives it (its descriptor: MHD_DAEMON_INFO_EPOLL_FD) */
    unsigned connections, idle_seconds;
    MHD_AccessHandlerCallback answer;
    /* Called with the target as it was received, before `answer`: makes the request's own place. */
    void *(*first)(void *ctx, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback done;
    void *ctx;
};

/* TARE_E_USAGE: no such address. TARE_E_IO: the port is taken, or no socket or thread is to be had.
 * port: the one that was bound. */
enum tare_status tare_listen_start(const struct tare_listen *options, struct MHD_Daemon **out,
                                   unsigned *port, struct tare_err *err);

#endif
