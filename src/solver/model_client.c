/* The client: takes requests, sends them when their endpoint has room, hands replies over. */
#include "solver/model_client.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "solver/model_client_int.h"

#include "base/banned.h"

#define MS INT64_C(1000000)
#define MAX_REQUEST_BYTES (32 * TARE_MIB)

/* ---- open and close ------------------------------------------------------------------------ */

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "out of memory in the model client");
}

static bool set_identity(struct tare__server *s)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_endpoint_identity(s->endpoint, &w);
    tare_digest_hex(tare_sha256_of(tare_buf_str(&b)), s->identity);
    bool good = !b.failed;
    tare_buf_free(&b);
    return good;
}

/* The endpoints first, in their order; then their fallbacks. */
static bool make_servers(struct tare_model_client *c, const struct tare_model_options *o)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->n_endpoints; i++)
        for (const struct tare_endpoint *e = o->endpoints[i]; e; e = e->fallback)
            n++;
    c->servers = calloc(n ? n : 1, sizeof *c->servers);
    if (!c->servers)
        return false;
    for (uint32_t i = 0; i < o->n_endpoints; i++)
        c->servers[i].endpoint = o->endpoints[i];
    c->n_servers = o->n_endpoints;
    for (uint32_t i = 0; i < c->n_servers; i++) {
        struct tare__server *s = &c->servers[i];
        tare_pace_init(&s->pace, s->endpoint->max_concurrency);
        s->old_max = s->endpoint->old_max_tokens;
        if (!set_identity(s))
            return false;
        if (s->endpoint->fallback) {
            s->fallback = &c->servers[c->n_servers++];
            s->fallback->endpoint = s->endpoint->fallback;
        }
    }
    return true;
}

static enum tare_status open_keepers(struct tare_model_client *c,
                                     const struct tare_model_options *o, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    c->cache_reads = o->cache == TARE_CACHE_ON;
    if (o->replay_dir.n)
        return tare_tape_replay(o->replay_dir, &c->replay, err);
    if (o->record_dir.n)
        st = tare_tape_record(o->record_dir, &c->record, err);
    if (st == TARE_OK && o->cache != TARE_CACHE_OFF && o->cache_path.n)
        st = tare_cache_open(o->cache_path, &c->cache, err);
    if (st == TARE_OK) {
        struct tare_http_options h = {
            .size = sizeof h, .alc = c->alc, .keep_alive = 256, .ca_file = o->ca_file};
        st = tare_http_open(&h, &c->http, err);
    }
    return st;
}

enum tare_status tare_model_client_open(const struct tare_model_options *o,
                                        struct tare_model_client **out, struct tare_err *err)
{
    struct tare_model_client *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return no_memory(err);
    c->alc = o->alc;
    c->clock = o->clock ? o->clock : tare_clock_system();
    c->max_tokens = o->max_tokens;
    c->max_cost_usd = o->max_cost_usd;
    tare_rng_init(&c->rng, o->seed, TARE_S("model backoff"), 0);
    c->redactor = tare_redactor_open(o->endpoints, o->n_endpoints);
    enum tare_status st = c->redactor && make_servers(c, o) ? TARE_OK : no_memory(err);
    if (st == TARE_OK)
        st = open_keepers(c, o, err);
    if (st != TARE_OK) {
        tare_model_client_close(c);
        return st;
    }
    *out = c;
    return TARE_OK;
}

static void free_calls(struct tare__call *k)
{
    while (k) {
        struct tare__call *next = k->next;
        if (k->has_stream)
            tare_wire_stream_free(&k->stream);
        tare_arena_free(&k->arena);
        tare_buf_free(&k->body);
        tare_buf_free(&k->reply);
        free(k);
        k = next;
    }
}

void tare_model_client_close(struct tare_model_client *c)
{
    if (!c)
        return;
    free_calls(c->first);
    free_calls(c->spare);
    tare_http_close(c->http);
    tare_cache_close(c->cache);
    tare_tape_close(c->record);
    tare_tape_close(c->replay);
    tare_redactor_close(c->redactor);
    for (uint32_t i = 0; i < c->n_servers; i++)
        tare_endpoint_forget(c->servers[i].endpoint);
    free(c->servers);
    free(c);
}

/* ---- taking requests ----------------------------------------------------------------------- */

static struct tare__call *new_call(struct tare_model_client *c)
{
    struct tare__call *k = c->spare;
    if (k) {
        c->spare = k->next;
    } else {
        k = calloc(1, sizeof *k);
        if (!k)
            return NULL;
        tare_arena_init(&k->arena, c->alc, 4 * TARE_MAX_JSON_BYTES);
        tare_buf_init(&k->body, c->alc, TARE_MAX_HTTP_ANSWER_BYTES);
        tare_buf_init(&k->reply, c->alc, 2 * TARE_MAX_JSON_BYTES);
    }
    struct tare__call kept = *k;
    *k = (struct tare__call){.arena = kept.arena, .body = kept.body, .reply = kept.reply};
    return k;
}

static void retire(struct tare_model_client *c, struct tare__call *k)
{
    tare_arena_reset(&k->arena);
    if (k->arena.held_bytes > 256 * TARE_KIB)
        tare_arena_free(&k->arena);
    if (k->body.cap > 256 * TARE_KIB)
        tare_buf_free(&k->body);
    if (k->reply.cap > 256 * TARE_KIB)
        tare_buf_free(&k->reply);
    tare_buf_reset(&k->body);
    tare_buf_reset(&k->reply);
    k->next = c->spare;
    c->spare = k;
}

static struct tare__server *server_of(struct tare_model_client *c, struct tare_str name)
{
    for (uint32_t i = 0; i < c->n_servers; i++)
        if (tare_str_eq(c->servers[i].endpoint->name, name))
            return &c->servers[i];
    return NULL;
}

/* A new call finds its reply among those that are kept, waits its turn, or has failed already. */
static void place(struct tare_model_client *c, struct tare__call *k,
                  const struct tare_request *request, int64_t now_ns)
{
    static const struct tare_str none = {NULL, 0};
    struct tare_err err = {0};
    k->server = k->asked = server_of(c, request->endpoint);
    if (!k->server) {
        tare__call_fail(c, k, TARE_REPLY_BAD_REQUEST,
                        tare_arena_printf(&k->arena, "no endpoint of this run is called '%.*s'",
                                          TARE_FMT(request->endpoint)),
                        0, now_ns);
        return;
    }
    if (tare_json_parse(k->text, &tare_json_strict, &k->arena, &k->request, &err) != TARE_OK ||
        tare_json_kind(k->request) != TARE_JSON_OBJECT) {
        tare__call_fail(c, k, TARE_REPLY_BAD_REQUEST, TARE_S("the request is no JSON object"), 0,
                        now_ns);
        return;
    }
    if (!tare__call_key(k, request->scope)) {
        tare__call_fail(c, k, TARE_REPLY_BAD_REQUEST, TARE_S("the request is too large"), 0,
                        now_ns);
        return;
    }
    struct tare_str kept = c->replay ? tare_tape_get(c->replay, k->key, k->asked->endpoint->name)
                           : c->cache && c->cache_reads
                               ? tare_cache_get(c->cache, k->key, &k->arena)
                               : none;
    if (kept.n && tare__call_from_kept(c, k, kept, !c->replay, now_ns)) {
        c->counts.from_cache += !c->replay;
        c->counts.from_replay += c->replay != NULL;
        tare__call_record(c, k); /* whole without the cache */
    } else if (c->replay) {
        tare__call_fail(c, k, TARE_REPLY_NOT_RECORDED,
                        tare_arena_printf(&k->arena, "the recording holds no reply %.12s…", k->key),
                        0, now_ns);
    } else if (c->halted != TARE_REPLY_OK) {
        tare__call_fail(c, k, c->halted, tare_str_of(c->why), 0, now_ns);
    }
}

enum tare_status tare_model_begin(struct tare_model_client *c, uint64_t token,
                                  const struct tare_request *request, int64_t now_ns,
                                  struct tare_err *err)
{
    struct tare__call *k = new_call(c);
    if (!k)
        return no_memory(err);
    k->token = token;
    k->order = ++c->next_order;
    k->begun_ns = now_ns;
    k->ttft_ms = -1;
    k->state = TARE__CALL_QUEUED;
    k->text = request->body.n <= MAX_REQUEST_BYTES ? tare_arena_copy(&k->arena, request->body)
                                                   : (struct tare_str){NULL, 0};
    if (!k->text.p) {
        retire(c, k);
        return no_memory(err);
    }
    c->counts.requests++;
    if (c->last)
        c->last->next = k;
    else
        c->first = k;
    c->last = k;
    k->next = NULL;
    place(c, k, request, now_ns);
    return TARE_OK;
}

/* A call that flies gives its place back when it is swept. */
void tare_model_cancel(struct tare_model_client *c, uint64_t token)
{
    for (struct tare__call *k = c->first; k; k = k->next) {
        if (k->token != token || k->dropped)
            continue;
        k->dropped = true;
        if (k->state == TARE__CALL_FLYING) {
            tare_http_cancel(c->http, k->order);
            tare_pace_neither(&k->server->pace);
        }
    }
}

bool tare_model_held(const struct tare_model_client *c, uint64_t token)
{
    for (const struct tare__call *k = c->first; k; k = k->next)
        if (k->token == token && !k->dropped)
            return k->state == TARE__CALL_QUEUED || k->state == TARE__CALL_WAITING || k->tries > 0;
    return false;
}

/* A number of 31 bits from the endpoint's seed and the question's key, which names the attempt. */
static int64_t seed_of(const struct tare__call *k)
{
    int64_t given;
    if (!tare_json_i64(tare_json_get(k->server->endpoint->sampling, "seed"), &given))
        return -1;
    struct tare_rng rng;
    tare_rng_init(&rng, (uint64_t)given, tare_str_n(k->key, 64), 0);
    return tare_rng_u32(&rng) >> 1;
}

/* ---- sending ------------------------------------------------------------------------------- */

static void send_call(struct tare_model_client *c, struct tare__call *k, int64_t now_ns)
{
    const struct tare_endpoint *e = k->server->endpoint;
    struct tare_http_header headers[10];
    struct tare_buf body;
    struct tare_err err = {0};
    bool stream = e->stream && !tare_wire_embeds(k->request);
    tare_buf_init(&body, c->alc, 2 * TARE_MAX_JSON_BYTES);
    enum tare_status st =
        tare_wire_body(e, k->request, stream, k->server->old_max, seed_of(k), &body, &err);
    if (st == TARE_OK) {
        size_t n = tare_wire_headers(e, headers);
        headers[n++] =
            (struct tare_http_header){TARE_S("Content-Type"), TARE_S("application/json")};
        headers[n++] = (struct tare_http_header){
            TARE_S("Accept"), stream ? TARE_S("text/event-stream") : TARE_S("application/json")};
        struct tare_http_request r = {.url = tare_wire_url(e, k->request, &k->arena),
                                      .headers = headers,
                                      .n_headers = n,
                                      .body = tare_buf_str(&body),
                                      .timeouts = e->timeouts,
                                      .max_body_bytes = TARE_MAX_HTTP_ANSWER_BYTES};
        st = tare_http_begin(c->http, k->order, &r, now_ns, &err);
    }
    tare_buf_free(&body);
    if (st != TARE_OK) {
        tare__call_fail(c, k, TARE_REPLY_BAD_REQUEST,
                        tare_arena_copy(&k->arena, tare_str_of(err.text)), 0, now_ns);
        return;
    }
    c->counts.sent++;
    tare_pace_sent(&k->server->pace, now_ns);
    k->sent_ns = now_ns;
    if (!k->first_sent_ns)
        k->first_sent_ns = now_ns;
    k->state = TARE__CALL_FLYING;
}

/* A server that has been down for long: to its fallback, or the end. False: it waits on. */
static bool leave_server(struct tare_model_client *c, struct tare__call *k, int64_t now_ns)
{
    struct tare__server *s = k->server;
    if (!s->pace.open)
        return false;
    if (s->fallback) {
        k->server = s->fallback;
        k->tries_here = 0;
        c->counts.fallbacks++;
        return false;
    }
    if (now_ns - s->pace.open_since_ns <= s->endpoint->patience_ms * MS)
        return false;
    tare__call_fail(c, k, TARE_REPLY_DOWN,
                    tare_arena_printf(&k->arena, "%.*s has been down for %lld s",
                                      TARE_FMT(s->endpoint->name),
                                      (long long)((now_ns - s->pace.open_since_ns) / (1000 * MS))),
                    0, now_ns);
    return true;
}

static void send_what_may_go(struct tare_model_client *c, int64_t now_ns)
{
    for (struct tare__call *k = c->first; k; k = k->next) {
        if (k->dropped)
            continue;
        if (k->state == TARE__CALL_WAITING && now_ns >= k->due_ns)
            k->state = TARE__CALL_QUEUED;
        if (k->state != TARE__CALL_QUEUED)
            continue;
        if (c->halted != TARE_REPLY_OK)
            tare__call_fail(c, k, c->halted, tare_str_of(c->why), 0, now_ns);
        else if (!leave_server(c, k, now_ns) && tare_pace_free(&k->server->pace, now_ns))
            send_call(c, k, now_ns);
    }
}

/* ---- receiving ----------------------------------------------------------------------------- */

struct arrival {
    struct tare_model_client *c;
    int64_t now_ns;
};

static bool is_events(struct tare_str head)
{
    return tare_str_starts(tare_http_field(head, "content-type"), TARE_S("text/event-stream"));
}

static void on_http(void *to, const struct tare_http_event *e)
{
    const struct arrival *a = to;
    struct tare__call *k = a->c->first;
    while (k && k->order != e->id)
        k = k->next;
    if (!k || k->dropped || k->state != TARE__CALL_FLYING)
        return;
    if (e->data.n && !k->has_stream && e->status == 200 && is_events(e->head)) {
        tare_wire_stream_init(&k->stream, k->server->endpoint, a->c->alc);
        k->has_stream = k->streaming = true;
    }
    if (k->streaming)
        tare_wire_stream_feed(&k->stream, e->data);
    else
        tare_buf_put(&k->body, e->data);
    if (k->streaming && k->ttft_ms < 0 && k->stream.has_text)
        k->ttft_ms = (a->now_ns - k->sent_ns) / MS;
    if (e->end)
        tare__call_settle(a->c, k, e, a->now_ns);
}

uint32_t tare_model_wait(struct tare_model_client *c, struct pollfd *fds, uint32_t max,
                         int *timeout_ms, int64_t now_ns)
{
    int64_t soonest = INT64_MAX;
    for (const struct tare__call *k = c->first; k; k = k->next) {
        int64_t due = INT64_MAX;
        if (k->dropped || k->state == TARE__CALL_READY)
            due = now_ns;
        else if (k->state == TARE__CALL_WAITING)
            due = k->due_ns;
        else if (k->state == TARE__CALL_QUEUED && tare_pace_free(&k->server->pace, now_ns))
            due = now_ns;
        else if (k->state == TARE__CALL_QUEUED && tare_pace_due(&k->server->pace))
            due = tare_pace_due(&k->server->pace);
        if (due < soonest)
            soonest = due;
        if (soonest <= now_ns)
            break;
    }
    if (soonest < INT64_MAX) {
        int64_t ms = soonest <= now_ns ? 0 : (soonest - now_ns + MS - 1) / MS;
        if (ms < *timeout_ms)
            *timeout_ms = (int)ms;
    }
    return c->http ? tare_http_wait(c->http, fds, max, timeout_ms, now_ns) : 0;
}

static void sweep(struct tare_model_client *c)
{
    struct tare__call **at = &c->first, *last = NULL;
    while (*at) {
        struct tare__call *k = *at;
        if (!k->dropped) {
            last = k;
            at = &k->next;
            continue;
        }
        *at = k->next;
        if (k->has_stream)
            tare_wire_stream_free(&k->stream);
        k->has_stream = false;
        retire(c, k);
    }
    c->last = last;
}

void tare_model_work(struct tare_model_client *c, int64_t now_ns,
                     void (*give)(void *to, const struct tare_model_answer *answer), void *to)
{
    struct arrival a = {c, now_ns};
    uint64_t up_to = c->next_order;
    if (c->http)
        tare_http_work(c->http, now_ns, on_http, &a);
    send_what_may_go(c, now_ns);
    /* What begins while replies are handed over has a higher number and waits for the next time. */
    for (struct tare__call *k = c->first; k && k->order <= up_to; k = k->next) {
        if (k->dropped || k->state != TARE__CALL_READY)
            continue;
        k->dropped = true;
        give(to, &k->answer);
    }
    sweep(c);
    send_what_may_go(c, now_ns);
}

struct tare_str tare_model_halted(const struct tare_model_client *c)
{
    return c->halted == TARE_REPLY_OK ? (struct tare_str){NULL, 0} : tare_str_of(c->why);
}

const struct tare_model_counts *tare_model_counts(const struct tare_model_client *c)
{
    return &c->counts;
}
