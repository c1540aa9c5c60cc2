/* Between the server over HTTP and the protocols that it speaks. */
#ifndef TARE_SERVE_SERVER_INT_H
#define TARE_SERVE_SERVER_INT_H

#include "net/asks.h"
#include "serve/serve.h"
#include "serve/sessions.h"

struct tare_server {
    struct tare_serve_options_http o;
    const struct tare__protocol *protocol;
    struct tare_sessions *sessions;
    struct tare_asks *asks;
    unsigned port;
    bool stops; /* the server ends: nobody is waited for */
    void *own;  /* the protocol's */
};

struct tare__protocol {
    enum tare_status (*open)(struct tare_server *s, struct tare_err *err);
    void (*close)(struct tare_server *s);
    /* A request that may ask; path: without the token, if it began with it. */
    void (*ask)(struct tare_server *s, struct tare_ask *ask, struct tare_str path);
    /* As tare_sessions_options.on. */
    void (*on)(struct tare_server *s, struct tare_session *session);
};

extern const struct tare__protocol tare__mcp_http, tare__openenv;

/* Whether a header names a media type ("application/json; charset=utf-8" does), or takes any. */
bool tare__names_type(struct tare_str header, const char *type);
/* Answers with one JSON document. */
void tare__answer_json(struct tare_ask *ask, unsigned http, struct tare_str json);
void tare__answer_text(struct tare_ask *ask, unsigned http, const char *text);

#endif
