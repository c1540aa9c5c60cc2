/* What becomes of one exchange: read, priced, redacted, kept, or tried again. */
#include <math.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/limits.h"
#include "solver/model_client_int.h"
#include "solver/model_price.h"

#include "base/banned.h"

#define MS INT64_C(1000000)
#define RATE_PATIENCE                                                                              \
    5 /* times the endpoint's patience: "too many" is an answer, not a failure                     \
       */

void tare__halt(struct tare_model_client *c, enum tare_reply_code code, const char *what,
                struct tare_str name, struct tare_str says)
{
    struct tare_buf raw, clean;
    if (c->halted != TARE_REPLY_OK)
        return;
    c->halted = code;
    tare_buf_init(&raw, NULL, TARE_MIB);
    tare_buf_init(&clean, NULL, TARE_MIB);
    tare_buf_printf(&raw, "%s%s%.*s%s%.*s", what, name.n ? " " : "", TARE_FMT(name),
                    says.n ? ": " : "", TARE_FMT(says));
    (void)tare_redact(c->redactor, tare_buf_str(&raw), &clean);
    int n = clean.n < sizeof c->why - 1 ? (int)clean.n : (int)sizeof c->why - 1;
    (void)snprintf(c->why, sizeof c->why, "%.*s", n, clean.p ? clean.p : what);
    tare_buf_free(&raw);
    tare_buf_free(&clean);
}

/* The document in k->reply, without secrets. */
static void write_reply(struct tare_model_client *c, struct tare__call *k,
                        const struct tare_model_reply *r)
{
    struct tare_json_writer w;
    struct tare_buf raw;
    tare_buf_init(&raw, c->alc, 2 * TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &raw);
    tare_model_reply_write(r, &w);
    tare_buf_reset(&k->reply);
    uint32_t found = tare_redact(c->redactor, tare_buf_str(&raw), &k->reply);
    c->counts.redacted += found > 0;
    if (raw.failed || k->reply.failed) { /* the one thing left to say needs no memory */
        static const char none[] = "{\"schema\":\"tare.reply/"
                                   "1\",\"ok\":false,\"cause\":\"endpoint\",\"code\":\"too_large\","
                                   "\"http\":null,\"says\":\"out of memory\",\"tries\":1,\"ms\":0}";
        k->answer.body = TARE_S(none);
        k->answer.failed = TARE_CAUSE_MEMORY;
    } else {
        k->answer.body = tare_buf_str(&k->reply);
    }
    tare_buf_free(&raw);
    k->state = TARE__CALL_READY;
}

void tare__call_fail(struct tare_model_client *c, struct tare__call *k, enum tare_reply_code code,
                     struct tare_str says, int http, int64_t now_ns)
{
    struct tare_model_reply r = {.code = code,
                                 .says = says.n ? says : tare_str_of(tare_reply_code_name(code)),
                                 .http = http,
                                 .tries = k->tries,
                                 .ms = (now_ns - k->begun_ns) / MS};
    c->counts.failures++;
    c->counts.by_code[code]++;
    if (!c->counts.first_failed && k->server) {
        c->counts.first_failed = k->server->endpoint;
        c->counts.first_code = code;
        c->counts.first_http = http;
    }
    k->answer = (struct tare_model_answer){.token = k->token, .failed = tare_reply_cause(code)};
    write_reply(c, k, &r);
}

static uint64_t text_bytes(const struct tare_model_reply *r)
{
    uint64_t n = r->content.n + r->reasoning.n + r->refusal.n;
    for (uint32_t i = 0; i < r->n_calls; i++)
        n += r->calls[i].name.n + r->calls[i].arguments.n;
    return n;
}

/* Tokens and cost of a reply, for limits: estimated at four bytes a token where nothing is said. */
static void weigh(struct tare_model_client *c, struct tare__call *k,
                  const struct tare_model_reply *r, bool paid)
{
    uint64_t in = r->has_usage ? r->input : (k->text.n + 3) / 4;
    uint64_t out = r->has_usage ? r->output : (text_bytes(r) + 3) / 4;
    k->answer = (struct tare_model_answer){.token = k->token,
                                           .tokens_in = in,
                                           .tokens_out = out,
                                           .cost_usd = r->has_cost ? r->cost_usd : 0};
    c->counts.replies++;
    c->counts.no_usage += !r->has_usage;
    c->counts.no_price += !r->has_cost;
    if (!paid)
        return;
    c->counts.tokens_in += in;
    c->counts.tokens_cached += r->cached;
    c->counts.tokens_out += out;
    c->counts.tokens_estimated += r->has_usage ? 0 : in + out;
    c->counts.cost_usd += r->has_cost ? r->cost_usd : 0;
    static const struct tare_str none = {NULL, 0};
    if (c->max_tokens && c->counts.tokens_in + c->counts.tokens_out >= c->max_tokens)
        tare__halt(c, TARE_REPLY_BUDGET, "the run's budget of tokens is spent", none, none);
    if (c->max_cost_usd > 0 && c->counts.cost_usd >= c->max_cost_usd)
        tare__halt(c, TARE_REPLY_BUDGET, "the run's budget of money is spent", none, none);
}

bool tare__call_from_kept(struct tare_model_client *c, struct tare__call *k, struct tare_str kept,
                          bool from_cache, int64_t now_ns)
{
    struct tare_model_reply r;
    (void)now_ns;
    if (tare_model_reply_read(kept, &k->arena, &r, NULL) != TARE_OK)
        return false;
    r.from_cache = from_cache;
    if (r.code == TARE_REPLY_OK) {
        weigh(c, k, &r, false);
    } else {
        c->counts.failures++;
        c->counts.by_code[r.code]++;
        k->answer =
            (struct tare_model_answer){.token = k->token, .failed = tare_reply_cause(r.code)};
    }
    write_reply(c, k, &r);
    return true;
}

/* ---- a good answer ------------------------------------------------------------------------- */

/* What is no failure but wants to be known. */
static void notice(struct tare_model_client *c, struct tare__server *s,
                   const struct tare_model_reply *r)
{
    bool odd = s->endpoint->model.n && r->model.n && !tare_str_eq(r->model, s->endpoint->model) &&
               tare_str_find(r->model, s->endpoint->model) == SIZE_MAX;
    for (uint32_t i = 0; i < r->n_calls; i++)
        for (uint32_t j = 0; j < i; j++)
            odd = odd || tare_str_eq(r->calls[i].id, r->calls[j].id);
    if (r->fingerprint.n && r->fingerprint.n < sizeof s->fingerprint) {
        odd = odd || (s->fingerprint[0] && !tare_str_is(r->fingerprint, s->fingerprint));
        memcpy(s->fingerprint, r->fingerprint.p, r->fingerprint.n);
        s->fingerprint[r->fingerprint.n] = 0;
    }
    c->counts.odd += odd;
}

void tare__call_record(struct tare_model_client *c, struct tare__call *k)
{
    static const struct tare_str none = {NULL, 0};
    if (c->record && !tare_tape_put(c->record, k->key, k->asked->endpoint->name,
                                    k->server->endpoint->name, k->text, k->answer.body))
        tare__halt(c, TARE_REPLY_CANCELLED,
                   "a reply could not be written to the recording: the disk may be full", none,
                   none);
}

static void keep(struct tare_model_client *c, struct tare__call *k)
{
    static const struct tare_str none = {NULL, 0};
    bool good = k->answer.failed != TARE_CAUSE_MEMORY;
    tare_fault_point("model.reply");
    if (c->cache && good && k->answer.failed == TARE_CAUSE_NONE &&
        !tare_cache_put(c->cache, k->key, k->answer.body))
        tare__halt(c, TARE_REPLY_CANCELLED,
                   "a reply could not be kept in the cache: the disk may be full", none, none);
    if (good)
        tare__call_record(c, k);
}

static void succeed(struct tare_model_client *c, struct tare__call *k, struct tare_model_reply *r,
                    int64_t now_ns)
{
    double usd;
    r->tries = k->tries;
    r->ms = (now_ns - k->sent_ns) / MS;
    r->ttft_ms = k->ttft_ms;
    if (!r->has_cost && tare_price_of(&k->server->endpoint->price, r, &usd)) {
        r->has_cost = true;
        r->cost_usd = usd;
    }
    c->counts.by_code[TARE_REPLY_OK]++;
    notice(c, k->server, r);
    weigh(c, k, r, true);
    write_reply(c, k, r);
    keep(c, k);
}

/* ---- a failed one -------------------------------------------------------------------------- */

static enum tare_reply_code code_of_fault(enum tare_http_fault fault)
{
    switch (fault) {
    case TARE_HTTP_DNS:
        return TARE_REPLY_DNS;
    case TARE_HTTP_REFUSED:
        return TARE_REPLY_REFUSED;
    case TARE_HTTP_TLS:
        return TARE_REPLY_TLS;
    case TARE_HTTP_TIMEOUT_CONNECT:
        return TARE_REPLY_TIMEOUT_CONNECT;
    case TARE_HTTP_TIMEOUT_FIRST_BYTE:
        return TARE_REPLY_TIMEOUT_FIRST_BYTE;
    case TARE_HTTP_TIMEOUT_STALL:
        return TARE_REPLY_TIMEOUT_STALL;
    case TARE_HTTP_TIMEOUT_WHOLE:
        return TARE_REPLY_TIMEOUT_WHOLE;
    case TARE_HTTP_CUT:
        return TARE_REPLY_CUT;
    case TARE_HTTP_TOO_LARGE:
        return TARE_REPLY_TOO_LARGE;
    case TARE_HTTP_PROTOCOL:
        return TARE_REPLY_WRONG_TYPE;
    case TARE_HTTP_URL:
        return TARE_REPLY_BAD_REQUEST;
    case TARE_HTTP_MEMORY:
    case TARE_HTTP_RESET:
    case TARE_HTTP_GOOD:
        break;
    }
    return TARE_REPLY_RESET;
}

static bool worth_another_try(enum tare_reply_code code, int status)
{
    switch (code) {
    case TARE_REPLY_HTTP_4XX:
        return status == 408 || status == 409 || status == 425;
    case TARE_REPLY_RATE_LIMITED:
    case TARE_REPLY_HTTP_5XX:
    case TARE_REPLY_TIMEOUT_CONNECT:
    case TARE_REPLY_TIMEOUT_FIRST_BYTE:
    case TARE_REPLY_TIMEOUT_STALL:
    case TARE_REPLY_TIMEOUT_WHOLE:
    case TARE_REPLY_RESET:
    case TARE_REPLY_CUT:
    case TARE_REPLY_BAD_JSON:
    case TARE_REPLY_WRONG_TYPE:
    case TARE_REPLY_REFUSED:
    case TARE_REPLY_DNS:
        return true;
    default:
        return false;
    }
}

/* As a server fails that is down, not as one that dislikes a request. */
static bool looks_down(enum tare_reply_code code)
{
    return code == TARE_REPLY_HTTP_5XX || code == TARE_REPLY_REFUSED || code == TARE_REPLY_DNS ||
           code == TARE_REPLY_RESET || code == TARE_REPLY_TIMEOUT_CONNECT ||
           code == TARE_REPLY_TIMEOUT_FIRST_BYTE || code == TARE_REPLY_TLS;
}

/* Some servers take only one name of the ceiling of tokens; which one is found out once. */
static bool other_name_of_max(struct tare__call *k, int status, struct tare_str says)
{
    bool about = tare_str_find(says, TARE_S("max_tokens")) != SIZE_MAX ||
                 tare_str_find(says, TARE_S("max_completion_tokens")) != SIZE_MAX;
    if (status != 400 || k->flipped || !about || k->server->endpoint->wire == TARE_WIRE_MESSAGES)
        return false;
    k->flipped = true;
    k->server->old_max = !k->server->old_max;
    k->state = TARE__CALL_QUEUED;
    return true;
}

static void try_later(struct tare_model_client *c, struct tare__call *k, int64_t wait_ms,
                      int64_t now_ns)
{
    /* "At once", said again and again, is no answer. */
    if (wait_ms < 0 || (wait_ms < 100 && k->tries > 3))
        wait_ms = tare_backoff_ms(&c->rng, k->tries ? k->tries - 1 : 0);
    c->counts.retries++;
    k->due_ns = now_ns + wait_ms * MS;
    k->state = TARE__CALL_WAITING;
}

static void give_up(struct tare_model_client *c, struct tare__call *k,
                    const struct tare_model_reply *r, int64_t now_ns)
{
    struct tare__server *s = k->server;
    bool mine = r->code == TARE_REPLY_CONTEXT || r->code == TARE_REPLY_BAD_REQUEST;
    if (s->fallback && !mine) {
        k->server = s->fallback;
        k->tries_here = 0;
        k->flipped = false;
        k->state = TARE__CALL_QUEUED;
        c->counts.fallbacks++;
        return;
    }
    if (r->code == TARE_REPLY_QUOTA)
        tare__halt(c, r->code, "nothing is left to spend at", s->endpoint->name, r->says);
    else if (!s->pace.ever_good &&
             (r->http == 401 || r->http == 403 || r->http == 404 || r->code == TARE_REPLY_TLS))
        tare__halt(c, r->code, "no request can succeed at", s->endpoint->name, r->says);
    tare__call_fail(c, k, r->code, r->says, r->http, now_ns);
}

static void fail(struct tare_model_client *c, struct tare__call *k,
                 const struct tare_model_reply *r, int64_t asked_ms, int64_t now_ns)
{
    struct tare_pace *pace = &k->server->pace;
    const struct tare_endpoint *e = k->server->endpoint;
    bool late = now_ns - k->first_sent_ns > RATE_PATIENCE * e->patience_ms * MS;
    if (r->code == TARE_REPLY_RATE_LIMITED) {
        tare_pace_too_many(pace, k->sent_ns, now_ns, asked_ms);
        c->counts.rate_limited++;
        k->tries_here--; /* waiting one's turn is no failed try */
    } else if (looks_down(r->code)) {
        uint64_t before = pace->times_opened;
        tare_pace_down(pace, now_ns);
        c->counts.breaker_opened += pace->times_opened - before;
    } else {
        tare_pace_neither(pace);
    }
    if (other_name_of_max(k, r->http, r->says))
        return;
    if (worth_another_try(r->code, r->http) && k->tries_here < e->max_tries &&
        !(late && r->code == TARE_REPLY_RATE_LIMITED) && c->halted == TARE_REPLY_OK)
        try_later(c, k, asked_ms, now_ns);
    else
        give_up(c, k, r, now_ns);
}

static bool says_json(struct tare_str type)
{
    return type.n == 0 || tare_str_find(type, TARE_S("json")) != SIZE_MAX;
}

static void read_answer(struct tare__call *k, const struct tare_http_event *e,
                        struct tare_model_reply *r)
{
    const struct tare_endpoint *endpoint = k->server->endpoint;
    struct tare_str body = tare_buf_str(&k->body);
    *r = (struct tare_model_reply){.ttft_ms = -1};
    if (e->fault) {
        r->code = code_of_fault(e->fault);
        r->says = e->says;
    } else if (e->status < 200 || e->status > 299) {
        tare_wire_read_error(e->status, body, &k->arena, r);
    } else if (k->streaming) {
        tare_wire_stream_end(&k->stream, k->request, &k->arena, r);
    } else if (k->body.failed) {
        r->code = TARE_REPLY_TOO_LARGE;
        r->says = TARE_S("the answer is larger than its ceiling");
    } else {
        tare_wire_read(endpoint, k->request, body, &k->arena, r);
        if (r->code == TARE_REPLY_BAD_JSON && !says_json(tare_http_field(e->head, "content-type")))
            r->code = TARE_REPLY_WRONG_TYPE;
    }
    if (r->code != TARE_REPLY_OK && !r->http)
        r->http = e->status;
}

void tare__call_settle(struct tare_model_client *c, struct tare__call *k,
                       const struct tare_http_event *e, int64_t now_ns)
{
    struct tare_model_reply r;
    int64_t wall = c->clock->wall_ns(c->clock->ctx);
    k->tries++;
    k->tries_here++;
    read_answer(k, e, &r);
    if (r.code == TARE_REPLY_OK) {
        tare_pace_good(&k->server->pace);
        succeed(c, k, &r, now_ns);
    } else {
        bool waits = r.code == TARE_REPLY_RATE_LIMITED || e->status == 503 || e->status == 529;
        fail(c, k, &r, waits ? tare_retry_after_ms(e->head, wall) : -1, now_ns);
    }
    if (k->has_stream)
        tare_wire_stream_free(&k->stream);
    k->has_stream = k->streaming = false;
    tare_buf_reset(&k->body);
}
