/*
 * HTTP client without a thread of its own: many exchanges at once over libcurl's socket interface.
 * Whoever owns it waits (poll) for the descriptors it names and then lets it work. Belongs to one
 * thread.
 *
 * What it does not do, on purpose: follow redirects, decode compressed bodies, keep cookies, read
 * .netrc. TLS is always verified.
 */
#ifndef TARE_NET_HTTP_H
#define TARE_NET_HTTP_H

#include <poll.h>

#include "base/alc.h"
#include "base/err.h"

struct tare_http;

struct tare_http_options {
    size_t size; /* sizeof(struct tare_http_options) */
    const struct tare_alc *alc;
    uint32_t keep_alive;     /* idle connections kept; 0: 64 */
    struct tare_str ca_file; /* certificates to trust; empty: the system's */
};

struct tare_http_header {
    struct tare_str name, value;
};

/* Milliseconds; 0: none. */
struct tare_http_timeouts {
    int64_t connect_ms;    /* name looked up, connected, TLS */
    int64_t first_byte_ms; /* from the begin to the first byte of the answer */
    int64_t stall_ms;      /* between two bytes */
    int64_t whole_ms;
};

struct tare_http_request {
    struct tare_str url;
    const struct tare_http_header *headers;
    size_t n_headers;
    struct tare_str body; /* POST; p NULL: GET */
    struct tare_http_timeouts timeouts;
    size_t max_body_bytes; /* of the answer */
};

enum tare_http_fault {
    TARE_HTTP_GOOD = 0, /* an answer came whole, whatever its status */
    TARE_HTTP_DNS,
    TARE_HTTP_REFUSED,
    TARE_HTTP_TLS,
    TARE_HTTP_TIMEOUT_CONNECT,
    TARE_HTTP_TIMEOUT_FIRST_BYTE,
    TARE_HTTP_TIMEOUT_STALL,
    TARE_HTTP_TIMEOUT_WHOLE,
    TARE_HTTP_RESET,     /* the connection went before a whole head came */
    TARE_HTTP_CUT,       /* … before the whole body came */
    TARE_HTTP_TOO_LARGE, /* head or body over its ceiling */
    TARE_HTTP_PROTOCOL,  /* what came is no HTTP, or an encoding nobody asked for */
    TARE_HTTP_URL,       /* not an http or https address */
    TARE_HTTP_MEMORY
};

/* Something happened to an exchange. Borrowed: valid during the call. */
struct tare_http_event {
    uint64_t id;
    bool end;                       /* the last one; false: a piece of the body */
    int status;                     /* 0: no head came */
    struct tare_str head;           /* the header lines, for tare_http_field */
    struct tare_str data;           /* a piece of the body; the end has none */
    enum tare_http_fault fault;     /* at the end */
    struct tare_str says;           /* the fault in words, without address or key */
    int64_t first_byte_ms, took_ms; /* at the end; first_byte_ms -1: none came */
};

/* Fails: TARE_E_USAGE (built without libcurl; the hint says what to install), TARE_E_NOMEM. */
enum tare_status tare_http_open(const struct tare_http_options *options, struct tare_http **out,
                                struct tare_err *err);
/* Ends all exchanges without a word. */
void tare_http_close(struct tare_http *h);

/* Starts an exchange; everything is copied. Never blocks, hands nothing over. */
enum tare_status tare_http_begin(struct tare_http *h, uint64_t id,
                                 const struct tare_http_request *request, int64_t now_ns,
                                 struct tare_err *err);
/* Forgets an exchange (unknown ids are ignored); may be called from within `give`. */
void tare_http_cancel(struct tare_http *h, uint64_t id);
/* Descriptors to wait for: fills up to max, returns how many; lowers *timeout_ms when something is
 * due earlier. */
uint32_t tare_http_wait(struct tare_http *h, struct pollfd *fds, uint32_t max, int *timeout_ms,
                        int64_t now_ns);
/* Does what can be done without blocking and hands over what happened. */
void tare_http_work(struct tare_http *h, int64_t now_ns,
                    void (*give)(void *to, const struct tare_http_event *event), void *to);

/* Value of a header line by name (any case), the last of several; empty: none. */
struct tare_str tare_http_field(struct tare_str head, const char *name);
/* One word for a fault: "timeout_stall". */
const char *tare_http_fault_name(enum tare_http_fault fault);

#endif
