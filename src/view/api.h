/*
 * What `tare view` answers, as documents: a path with its query in, one JSON document out. No
 * network here: the server, the report and the tests ask the same function. Paths and documents:
 * docs/concepts/viewing.md, docs/schema/.
 *
 * Every number comes from decide/ and stats/; nothing is computed here. Everything but the mark of
 * a baseline is read-only.
 */
#ifndef TARE_VIEW_API_H
#define TARE_VIEW_API_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

struct tare_api;

struct tare_api_options {
    size_t size;           /* sizeof(struct tare_api_options) */
    struct tare_str store; /* path; may not be there yet: then there are no runs. Copied. */
    const struct tare_clock *clock; /* NULL: the system's */
};

/* One handle belongs to one thread at a time; several on one store do not wait for each other. */
enum tare_status tare_api_open(const struct tare_api_options *options, struct tare_api **out,
                               struct tare_err *err);
void tare_api_close(struct tare_api *api); /* NULL is allowed */

/* An answer; bytes live until the next call on the handle. */
struct tare_api_answer {
    int http;              /* 200, or what went wrong: 400, 404, 500, 503 */
    const char *type;      /* of the body: "application/json" … */
    struct tare_str body;  /* a document; errors are tare.error/1 */
    uint64_t change;       /* the store's change counter it was read at; 0: no store */
    enum tare_status code; /* TARE_OK with 200 */
};

/* target: "/runs/r7f3a?limit=20", percent-encoded, below the base /api/v1. Any bytes are allowed.
 */
void tare_api_get(struct tare_api *api, struct tare_str target, struct tare_api_answer *out);

/* The one change: target "/baseline", body {"run": "r7f3a", "baseline": true}; any bytes are
 * allowed. Answers tare.baseline/1 once it is in the store; 503 where the store cannot be written
 * or another process holds it for longer than 5 s. */
void tare_api_post(struct tare_api *api, struct tare_str target, struct tare_str body,
                   struct tare_api_answer *out);
#define TARE_API_MAX_BODY_BYTES ((size_t)4096)

/* The store's change counter now; 0: there is no store (yet). */
enum tare_status tare_api_change(struct tare_api *api, uint64_t *out, struct tare_err *err);

#endif
