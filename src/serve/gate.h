/* Who may ask a server of worlds. Pure: no sockets. */
#ifndef TARE_SERVE_GATE_H
#define TARE_SERVE_GATE_H

#include "base/str.h"

struct tare_gate {
    unsigned port;
    struct tare_str token; /* empty: nobody must show one */
    const struct tare_str *hosts;
    size_t n_hosts;
};

struct tare_gate_ask {
    struct tare_str path;                                    /* as sent, without query */
    struct tare_str host, origin, fetch_site, authorization; /* headers; p NULL: not sent */
};

struct tare_gate_says {
    unsigned http;        /* 0: may ask; else the refusal */
    const char *why;      /* of a refusal */
    struct tare_str path; /* what is asked for: begins with '/', without a token */
};

/* The token is shown as "Authorization: Bearer TOKEN", or as the first part of the path: /TOKEN/…,
 * for clients that cannot send headers. */
struct tare_gate_says tare_gate(const struct tare_gate *g, const struct tare_gate_ask *ask);

#endif
