/*
 * The server behind `tare view`: the page, its documents, and what changes, on loopback alone.
 *
 * Who may ask: a request whose Host is this server's own, and that carries the token of the start
 * URL (as ?token=, as the cookie that the page was given with it, or in the header X-Tare-Token).
 * Others get nothing. No cross-origin header is ever sent. Only GET and HEAD, and one POST, which
 * marks a baseline.
 */
#ifndef TARE_VIEW_SERVE_H
#define TARE_VIEW_SERVE_H

#include "base/clock.h"
#include "base/err.h"

struct tare_serve_options {
    size_t size;           /* sizeof(struct tare_serve_options) */
    struct tare_str store; /* may not be there yet */
    struct tare_str web;   /* folder with app.js and app.css in place of the built-in ones; empty */
    uint16_t port;         /* 0: any */
    unsigned threads;      /* 0: 4 */
    const struct tare_clock *clock;
    /* Called once when it answers. base: "http://127.0.0.1:PORT"; the page is at base/?token=TOKEN.
     * Both NUL-terminated, borrowed. */
    void (*on_ready)(void *ctx, const char *base, const char *token);
    void *ctx;
    /* Asked ten times a second; true ends the server. */
    bool (*stop)(void *ctx);
};

/* Serves until `stop` says so. TARE_E_IO: the port is taken, or no thread or socket is to be had.
 * Where tare was built without libmicrohttpd: TARE_E_USAGE, with what to install. */
enum tare_status tare_serve(const struct tare_serve_options *options, struct tare_err *err);

/* "bundle" when the page of web/ is built in, else "static". */
const char *tare_web_kind(void);

#endif
