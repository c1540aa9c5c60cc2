/*
 * Server-sent events, fed in pieces cut anywhere (WHATWG HTML, section 9.2.6): `data:` lines joined
 * by line feeds, comments and unknown fields ignored, an event ends with a blank line.
 */
#ifndef TARE_NET_SSE_H
#define TARE_NET_SSE_H

#include "base/buf.h"
#include "base/err.h"

struct tare_sse {
    struct tare_buf line, data, name;
    uint64_t n_events;
    bool started;  /* past a byte order mark */
    bool after_cr; /* a line feed that comes now belongs to the line before */
    bool has_data;
};

/* Takes no memory yet. */
void tare_sse_init(struct tare_sse *s, const struct tare_alc *alc);
void tare_sse_free(struct tare_sse *s);
/* For another stream; keeps the memory. */
void tare_sse_reset(struct tare_sse *s);
/* Hands over each whole event; `name` is empty where the stream names none. Stops early when
 * `event` returns false. Fails: TARE_E_LIMIT (TARE_MAX_SSE_EVENT_BYTES, TARE_MAX_SSE_EVENTS),
 * TARE_E_NOMEM. */
enum tare_status tare_sse_feed(struct tare_sse *s, struct tare_str bytes,
                               bool (*event)(void *to, struct tare_str name, struct tare_str data),
                               void *to, struct tare_err *err);
/* True when the stream ended in the middle of an event. */
bool tare_sse_half(const struct tare_sse *s);

#endif
