/*
 * Of view/ alone: who may ask the server, and for what. Pure: no sockets, so that it can be tested
 * and fuzzed.
 */
#ifndef TARE_VIEW_SERVE_GUARD_H
#define TARE_VIEW_SERVE_GUARD_H

#include "base/str.h"

struct tare__request {
    struct tare_str method, target;                          /* as received, percent-encoded */
    struct tare_str host, origin, fetch_site, cookie, token; /* headers; p NULL: not sent */
    struct tare_str content;                                 /* Content-Type */
};

enum tare__answer_kind {
    TARE__ANSWER_REFUSED = 0, /* 403 */
    TARE__ANSWER_METHOD,      /* 405 */
    TARE__ANSWER_NOT_FOUND,   /* 404 */
    TARE__ANSWER_PAGE,        /* the page itself */
    TARE__ANSWER_SCRIPT,      /* app.js */
    TARE__ANSWER_STYLE,       /* app.css */
    TARE__ANSWER_EVENTS,
    TARE__ANSWER_DOCUMENT, /* rest: the API's target */
    TARE__ANSWER_STATIC,   /* a page drawn here; rest: its target */
    TARE__ANSWER_CHANGE    /* a POST to the API, its body still to come; rest: the API's target */
};

struct tare__guarded {
    enum tare__answer_kind kind;
    struct tare_str rest;
    bool enters;     /* the token is in the URL of a page: the cookie is given */
    const char *why; /* REFUSED: one clause */
};

/* port: the server's own; token: its token, NUL-terminated. */
struct tare__guarded tare__guard(const struct tare__request *r, unsigned port, const char *token);

#endif
