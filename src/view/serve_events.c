/* What changes while people look: server-sent events, made by one watcher for all readers. */
#include <stdio.h>

#include "base/fs.h"
#include "record/query.h"
#include "text/json.h"
#include "view/doc.h"
#include "view/serve_int.h"

#include "base/banned.h"

#define STILL_THERE_NS (INT64_C(15) * 1000000000)
#define RATE_NS (INT64_C(30) * 1000000000)
#define LOOK_AGAIN_NS (INT64_C(2) * 1000000000)
#define MAX_LISTENERS 512u

/* ---- readers --------------------------------------------------------------------------------- */

static ssize_t read_events(void *cls, uint64_t pos, char *out, size_t max)
{
    struct tare__listener *l = cls;
    struct tare__server *s = l->server;
    ssize_t n = 0;
    (void)pos;
    (void)pthread_mutex_lock(&s->lock);
    if (l->at == l->n && l->seen < s->event) {
        memcpy(l->text, s->event_text, s->event_n);
        l->n = s->event_n;
        l->at = 0;
        l->seen = s->event;
    }
    if (s->stopping) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (l->at < l->n) {
        size_t part = l->n - l->at < max ? l->n - l->at : max;
        memcpy(out, l->text + l->at, part);
        l->at += part;
        n = (ssize_t)part;
    } else {
        l->suspended = true;
        MHD_suspend_connection(l->connection);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return n;
}

static void forget_listener(void *cls)
{
    const struct tare_alc *alc = tare_alc_libc();
    struct tare__listener *l = cls, **at;
    struct tare__server *s = l->server;
    (void)pthread_mutex_lock(&s->lock);
    for (at = &s->listeners; *at && *at != l; at = &(*at)->next)
        ;
    if (*at)
        *at = l->next;
    (void)pthread_mutex_unlock(&s->lock);
    alc->put(alc->ctx, l, sizeof *l);
}

/* False: there are too many, or the server stops. */
static bool add_listener(struct tare__server *s, struct tare__listener *l)
{
    unsigned n = 0;
    (void)pthread_mutex_lock(&s->lock);
    for (struct tare__listener *x = s->listeners; x; x = x->next)
        n++;
    bool fine = n < MAX_LISTENERS && !s->stopping;
    if (fine) {
        l->seen = s->event; /* what was before is in the documents */
        l->n = (size_t)snprintf(l->text, sizeof l->text, "retry: 1000\n\n");
        l->next = s->listeners;
        s->listeners = l;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return fine;
}

enum MHD_Result tare__serve_events(struct tare__server *s, struct MHD_Connection *connection)
{
    const struct tare_alc *alc = tare_alc_libc();
    struct tare__listener *l = alc->get(alc->ctx, sizeof *l);
    if (!l)
        return MHD_NO;
    memset(l, 0, sizeof *l);
    l->server = s;
    l->connection = connection;
    if (!add_listener(s, l)) {
        alc->put(alc->ctx, l, sizeof *l);
        return MHD_NO;
    }
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_events, l, forget_listener);
    if (!r) {
        forget_listener(l);
        return MHD_NO;
    }
    tare__serve_headers(r, "text/event-stream");
    enum MHD_Result sent = MHD_queue_response(connection, 200, r);
    MHD_destroy_response(r);
    return sent;
}

static void wake(struct tare__server *s)
{
    for (struct tare__listener *l = s->listeners; l; l = l->next)
        if (l->suspended) {
            l->suspended = false;
            MHD_resume_connection(l->connection);
        }
}

void tare__wake_listeners(struct tare__server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    wake(s);
    (void)pthread_mutex_unlock(&s->lock);
}

static void publish(struct tare__server *s, struct tare_str text)
{
    (void)pthread_mutex_lock(&s->lock);
    s->event++;
    s->event_n = text.n < sizeof s->event_text ? text.n : 0;
    if (s->event_n)
        memcpy(s->event_text, text.p, s->event_n);
    wake(s);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- the watcher ----------------------------------------------------------------------------- */

/* Moves the two marks on, so that the rate is that of the last half to whole minute: a run that
 * rested for an hour does not count that hour. */
static void note_count(struct tare__watched *w, uint64_t counted, int64_t now)
{
    if (now - w->young.ns < RATE_NS)
        return;
    w->old = w->young;
    w->young = (struct tare__count_at){counted, now};
}

/* What is left, at the rate seen; negative: not known. */
static double seconds_left(const struct tare__watched *w, const struct tare_run_view *r,
                           uint64_t counted, int64_t now)
{
    double took = (double)(now - w->old.ns) / 1e9;
    if (counted >= r->n_planned)
        return 0;
    if (counted <= w->old.counted || took <= 0)
        return -1;
    return took * (double)(r->n_planned - counted) / (double)(counted - w->old.counted);
}

static void put_run(struct tare_buf *out, const struct tare_run_view *r, const char *status,
                    double left)
{
    struct tare_json_writer w;
    tare_buf_puts(out, "event: run\ndata: ");
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "id", r->name);
    tare_json_member_cstr(&w, "status", status);
    tare_json_member_u64(&w, "done", r->n_done);
    tare_json_member_u64(&w, "failed", r->n_failed);
    tare_json_member_u64(&w, "missing", r->n_missing);
    tare_json_member_u64(&w, "total", r->n_planned);
    tare_json_put_key(&w, "eta_s");
    if (left < 0)
        tare_json_put_null(&w);
    else
        tare_json_put_u64(&w, (uint64_t)left);
    tare_json_end_object(&w);
    tare_buf_puts(out, "\n\n");
}

/* Tells a run whose counts moved, or that is no longer what it was, since the last look. What was
 * there at the first look is in the documents. */
static void look_at_run(struct tare__watch *w, const struct tare_batch_view *b,
                        const struct tare_run_view *r, int64_t now, struct tare_buf *out)
{
    uint64_t counted = r->n_done + r->n_failed + r->n_missing;
    const char *status = tare_doc_run_status(b, r);
    uint32_t i = 0;
    while (i < w->n_runs && w->runs[i].run != r->id)
        i++;
    if (i == w->n_runs) {
        if (w->n_runs < TARE__WATCHED_RUNS)
            w->n_runs++;
        else
            i = (uint32_t)((uint64_t)r->id % TARE__WATCHED_RUNS);
        w->runs[i] = (struct tare__watched){
            .run = r->id, .counted = counted, .status = status, .old = {counted, now}};
        w->runs[i].young = w->runs[i].old;
        if (w->looked)
            put_run(out, r, status, -1);
        return;
    }
    struct tare__watched *x = &w->runs[i];
    if (x->counted == counted && strcmp(x->status, status) == 0)
        return;
    x->counted = counted;
    x->status = status;
    note_count(x, counted, now);
    bool goes_on = strcmp(status, "running") == 0;
    put_run(out, r, status, goes_on ? seconds_left(x, r, counted, now) : -1);
}

static bool open_watched(struct tare__server *s, struct tare__watch *w)
{
    struct tare_err err = {0};
    struct tare_store_options o = {
        .size = sizeof o, .read_only = true, .busy_ms = 200, .clock = s->options->clock};
    if (!w->store && tare_fs_exists(s->options->store) &&
        tare_store_open(s->options->store, &o, &w->store, &err) != TARE_OK)
        w->store = NULL;
    return w->store != NULL;
}

/* moved: something was written since the last look. */
static void look_at_store(struct tare__server *s, struct tare__watch *w, uint64_t change,
                          bool moved, int64_t now)
{
    struct tare_err err = {0};
    struct tare_batch_view *v;
    struct tare_buf text;
    uint32_t n = 0;
    struct tare_batch_filter newest = {.limit = 16};
    tare_buf_init(&text, NULL, TARE__EVENT_BYTES - 1);
    if (moved)
        tare_buf_printf(&text, "event: store\ndata: {\"counter\":%llu}\n\n",
                        (unsigned long long)change);
    tare_arena_reset(&w->arena);
    w->running = false;
    if (tare_store_batches(w->store, &newest, &w->arena, &v, &n, NULL, &err) == TARE_OK)
        for (uint32_t i = 0; i < n; i++) {
            w->running = w->running || v[i].running;
            for (uint32_t r = 0; r < v[i].n_runs; r++) {
                size_t before = text.n;
                look_at_run(w, &v[i], &v[i].runs[r], now, &text);
                if (text.failed) { /* only whole events; the rest at the next look */
                    text.n = before;
                    text.failed = false;
                }
            }
        }
    w->change = change;
    w->looked_ns = now;
    if (text.n) {
        w->told_ns = now;
        publish(s, tare_buf_str(&text));
    }
    tare_buf_free(&text);
}

void tare__watch_look(struct tare__server *s, struct tare__watch *w)
{
    struct tare_err err = {0};
    uint64_t change = 0;
    int64_t now = s->clock->mono_ns(s->clock->ctx);
    bool open = open_watched(s, w) && tare_store_change(w->store, &change, &err) == TARE_OK;
    bool moved = open && change != w->change;
    /* A process that was killed writes nothing any more: its runs are looked at all the same. */
    if (moved || (open && w->running && now - w->looked_ns > LOOK_AGAIN_NS))
        look_at_store(s, w, change, moved, now);
    else if (now - w->told_ns > STILL_THERE_NS) {
        w->told_ns = now;
        publish(s, TARE_S(": still here\n\n"));
    }
    w->looked = true;
}

void tare__watch_end(struct tare__watch *w)
{
    tare_store_close(w->store);
    tare_arena_free(&w->arena);
}
