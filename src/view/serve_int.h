/*
 * What the files of the server share.
 */
#ifndef TARE_VIEW_SERVE_INT_H
#define TARE_VIEW_SERVE_INT_H

#include <pthread.h>

#include <microhttpd.h>

#include "base/arena.h"
#include "net/door.h"
#include "view/api.h"
#include "view/serve.h"
#include "view/serve_guard.h"

#define TARE__SERVE_THREADS 16u
#define TARE__SERVE_CONNECTIONS 1024u
#define TARE__EVENT_BYTES ((size_t)16 * 1024)
#define TARE__WATCHED_RUNS 256u

/* One reader of /events. */
struct tare__listener {
    struct tare__server *server;
    struct MHD_Connection *connection;
    struct tare__listener *next;
    uint64_t seen; /* number of the last text taken */
    size_t n, at;  /* bytes of text, sent so far */
    bool suspended;
    char text[TARE__EVENT_BYTES];
};

/* A count at a time. */
struct tare__count_at {
    uint64_t counted;
    int64_t ns;
};

/* A run as it was last told, and how fast it was: counts of half a minute ago or more, and of the
 * half minute that is going on. */
struct tare__watched {
    int64_t run;
    uint64_t counted;
    const char *status;
    struct tare__count_at old, young;
};

/* A request while it comes in. */
struct tare__asked {
    size_t n;             /* bytes of target */
    bool begun, too_long; /* the body is being read; it is longer than any body may be */
    size_t n_body;
    char body[TARE_API_MAX_BODY_BYTES];
    char target[]; /* as received, and a NUL */
};

struct tare__server {
    const struct tare_serve_options *options;
    const struct tare_clock *clock;
    struct MHD_Daemon *daemon;
    unsigned port;
    char token[TARE_DOOR_SECRET_BYTES];
    uint64_t etag_key;

    pthread_mutex_t lock; /* of everything below */
    struct tare_api *free[TARE__SERVE_THREADS];
    unsigned n_free;
    struct tare__listener *listeners;
    uint64_t event; /* number of the text below */
    size_t event_n;
    char event_text[TARE__EVENT_BYTES];
    bool stopping;
};

/* ---- serve_http.c ------------------------------------------------------------------------ */

enum MHD_Result tare__serve_request(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *body,
                                    size_t *body_bytes, void **request);
/* Headers that every answer has. */
void tare__serve_headers(struct MHD_Response *r, const char *type);

/* ---- serve_events.c ---------------------------------------------------------------------- */

/* Answers with a stream that lasts until the reader or the server goes. */
enum MHD_Result tare__serve_events(struct tare__server *s, struct MHD_Connection *connection);

/* What the watcher remembers from look to look. */
struct tare__watch {
    bool looked;  /* at least once: what comes now is new */
    bool running; /* at the last look some process worked on something */
    uint64_t change;
    int64_t told_ns, looked_ns;
    struct tare__watched runs[TARE__WATCHED_RUNS];
    uint32_t n_runs;
    struct tare_arena arena;
    struct tare_store *store;
};
/* Looks at the store and tells the readers what changed; about four times a second. */
void tare__watch_look(struct tare__server *s, struct tare__watch *w);
void tare__watch_end(struct tare__watch *w);
/* Wakes all readers, so that they see that the server stops. */
void tare__wake_listeners(struct tare__server *s);

#endif
