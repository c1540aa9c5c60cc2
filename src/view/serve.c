/* Start and end of the server. */
#include "view/serve.h"

#include <stdio.h>
#include <time.h>

#include "base/limits.h"
#include "base/os.h"
#include "net/listen.h"
#include "view/serve_int.h"

#include "base/banned.h"

#define LOOK_MS 250
#define POLL_MS 50

/* The target as received: libmicrohttpd's own unescaping would lose %2F. */
static void *keep_target(void *cls, const char *uri, struct MHD_Connection *connection)
{
    const struct tare_alc *alc = tare_alc_libc();
    size_t n = strlen(uri);
    (void)cls;
    (void)connection;
    struct tare__asked *asked = alc->get(alc->ctx, sizeof *asked + n + 1);
    if (!asked)
        return NULL;
    asked->n = n;
    asked->begun = asked->too_long = false;
    asked->n_body = 0;
    memcpy(asked->target, uri, n + 1);
    return asked;
}

static void drop_target(void *cls, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode why)
{
    const struct tare_alc *alc = tare_alc_libc();
    struct tare__asked *asked = *request;
    (void)cls;
    (void)connection;
    (void)why;
    if (asked)
        alc->put(alc->ctx, asked, sizeof *asked + asked->n + 1);
    *request = NULL;
}

static enum tare_status start(struct tare__server *s, unsigned threads, struct tare_err *err)
{
    struct tare_listen o = {.size = sizeof o,
                            .port = s->options->port,
                            .threads = threads,
                            .connections = TARE__SERVE_CONNECTIONS,
                            .idle_seconds = 120,
                            .answer = tare__serve_request,
                            .first = keep_target,
                            .done = drop_target,
                            .ctx = s};
    return tare_listen_start(&o, &s->daemon, &s->port, err);
}

static void tell_ready(struct tare__server *s)
{
    char url[128];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", s->port);
    if (s->options->on_ready)
        s->options->on_ready(s->options->ctx, url, s->token);
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_nsec = ms * 1000000L};
    (void)nanosleep(&t, NULL);
}

static enum tare_status serve(struct tare__server *s, unsigned threads, struct tare_err *err)
{
    struct tare__watch watch = {0};
    enum tare_status st = start(s, threads, err);
    if (st)
        return st;
    tare_arena_init(&watch.arena, NULL, 64 * TARE_MIB);
    tell_ready(s);
    for (unsigned turn = 0; !s->options->stop(s->options->ctx); turn++) {
        if (turn % (LOOK_MS / POLL_MS) == 0)
            tare__watch_look(s, &watch);
        pause_ms(POLL_MS);
    }
    tare__wake_listeners(s);
    MHD_stop_daemon(s->daemon);
    tare__watch_end(&watch);
    return TARE_OK;
}

static enum tare_status open_handles(struct tare__server *s, unsigned threads, struct tare_err *err)
{
    struct tare_api_options o = {
        .size = sizeof o, .store = s->options->store, .clock = s->options->clock};
    uint64_t change;
    for (unsigned i = 0; i < threads; i++) {
        enum tare_status st = tare_api_open(&o, &s->free[i], err);
        if (st)
            return st;
        s->n_free++;
    }
    /* A store that cannot be read is said now, not on the page. */
    return tare_api_change(s->free[0], &change, err);
}

enum tare_status tare_serve(const struct tare_serve_options *options, struct tare_err *err)
{
    unsigned threads = options->threads ? options->threads : 4;
    const struct tare_alc *alc = tare_alc_libc();
    struct tare__server *s = alc->get(alc->ctx, sizeof *s);
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the server");
    *s = (struct tare__server){.options = options,
                               .clock = options->clock ? options->clock : tare_clock_system(),
                               .etag_key = tare_os_random()};
    tare_door_secret(s->token);
    (void)pthread_mutex_init(&s->lock, NULL);
    if (threads > TARE__SERVE_THREADS)
        threads = TARE__SERVE_THREADS;
    enum tare_status st = open_handles(s, threads, err);
    if (!st)
        st = serve(s, threads, err);
    for (unsigned i = 0; i < s->n_free; i++)
        tare_api_close(s->free[i]);
    (void)pthread_mutex_destroy(&s->lock);
    alc->put(alc->ctx, s, sizeof *s);
    return st;
}
