#include "solver/model_reply.h"

#include <math.h>

#include "base/limits.h"

#include "base/banned.h"

static const struct {
    const char *name;
    enum tare_cause cause;
    const char *says;
} codes[TARE_REPLY_CODES] = {
    [TARE_REPLY_OK] = {"ok", TARE_CAUSE_NONE, ""},
    [TARE_REPLY_RATE_LIMITED] = {"rate_limited", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_QUOTA] = {"quota", TARE_CAUSE_ENDPOINT, "config"},
    [TARE_REPLY_CONTEXT] = {"context", TARE_CAUSE_LIMIT, "limit"},
    [TARE_REPLY_TIMEOUT_CONNECT] = {"timeout_connect", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_TIMEOUT_FIRST_BYTE] = {"timeout_first_byte", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_TIMEOUT_STALL] = {"timeout_stall", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_TIMEOUT_WHOLE] = {"timeout_whole", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_RESET] = {"reset", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_CUT] = {"cut", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_HTTP_3XX] = {"http_3xx", TARE_CAUSE_ENDPOINT, "config"},
    [TARE_REPLY_HTTP_4XX] = {"http_4xx", TARE_CAUSE_ENDPOINT, "config"},
    [TARE_REPLY_HTTP_5XX] = {"http_5xx", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_BAD_JSON] = {"bad_json", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_TOO_LARGE] = {"too_large", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_WRONG_TYPE] = {"wrong_type", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_REFUSED] = {"refused", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_DNS] = {"dns", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_TLS] = {"tls", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_DOWN] = {"down", TARE_CAUSE_ENDPOINT, "endpoint"},
    [TARE_REPLY_NOT_RECORDED] = {"not_recorded", TARE_CAUSE_ENDPOINT, "config"},
    [TARE_REPLY_BUDGET] = {"budget", TARE_CAUSE_CANCELLED, "cancelled"},
    [TARE_REPLY_BAD_REQUEST] = {"bad_request", TARE_CAUSE_SOLVER, "config"},
    [TARE_REPLY_CANCELLED] = {"cancelled", TARE_CAUSE_CANCELLED, "cancelled"},
};

static const char *const finishes[] = {
    [TARE_FINISH_NONE] = "none",
    [TARE_FINISH_STOP] = "stop",
    [TARE_FINISH_LENGTH] = "length",
    [TARE_FINISH_TOOL_CALLS] = "tool_calls",
    [TARE_FINISH_CONTENT_FILTER] = "content_filter",
    [TARE_FINISH_REFUSAL] = "refusal",
    [TARE_FINISH_OTHER] = "other",
};

const char *tare_reply_code_name(enum tare_reply_code code)
{
    return codes[code < TARE_REPLY_CODES ? code : TARE_REPLY_CANCELLED].name;
}

enum tare_reply_code tare_reply_code_of(struct tare_str name)
{
    for (int i = 1; i < TARE_REPLY_CODES; i++)
        if (tare_str_is(name, codes[i].name))
            return (enum tare_reply_code)i;
    return TARE_REPLY_OK;
}

const char *tare_finish_name(enum tare_finish finish)
{
    return finishes[finish <= TARE_FINISH_OTHER ? finish : TARE_FINISH_OTHER];
}

enum tare_cause tare_reply_cause(enum tare_reply_code code)
{
    return codes[code < TARE_REPLY_CODES ? code : TARE_REPLY_CANCELLED].cause;
}

const char *tare_reply_cause_name(enum tare_reply_code code)
{
    return codes[code < TARE_REPLY_CODES ? code : TARE_REPLY_CANCELLED].says;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* p NULL is null, as in memory. */
static void put_text(struct tare_json_writer *w, const char *key, struct tare_str s)
{
    tare_json_put_key(w, key);
    if (s.p)
        tare_json_put_str(w, s);
    else
        tare_json_put_null(w);
}

static void put_real(struct tare_json_writer *w, double x)
{
    if (isfinite(x))
        tare_json_put_f64(w, x);
    else
        tare_json_put_null(w);
}

static void put_message(struct tare_json_writer *w, const struct tare_model_reply *r)
{
    tare_json_put_key(w, "message");
    tare_json_begin_object(w);
    put_text(w, "content", r->content);
    put_text(w, "reasoning", r->reasoning);
    put_text(w, "refusal", r->refusal);
    tare_json_put_key(w, "tool_calls");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_calls; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "id");
        tare_json_put_str(w, r->calls[i].id);
        tare_json_put_key(w, "name");
        tare_json_put_str(w, r->calls[i].name);
        tare_json_put_key(w, "arguments");
        tare_json_put_str(w, r->calls[i].arguments);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_usage(struct tare_json_writer *w, const struct tare_model_reply *r)
{
    tare_json_put_key(w, "usage");
    if (!r->has_usage) {
        tare_json_put_null(w);
    } else {
        tare_json_begin_object(w);
        tare_json_member_u64(w, "input", r->input);
        tare_json_member_u64(w, "cached", r->cached);
        tare_json_member_u64(w, "output", r->output);
        tare_json_member_u64(w, "reasoning", r->reasoning_tokens);
        tare_json_end_object(w);
    }
    tare_json_put_key(w, "cost_usd");
    put_real(w, r->has_cost ? r->cost_usd : (double)NAN);
}

static void put_token(struct tare_json_writer *w, const struct tare_reply_token *t)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "token");
    tare_json_put_str(w, t->token);
    tare_json_put_key(w, "bytes");
    if (t->bytes.n)
        tare_json_put_raw(w, t->bytes);
    else
        tare_json_put_null(w);
    tare_json_put_key(w, "logprob");
    put_real(w, t->logprob);
    tare_json_put_key(w, "top");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < t->n_top; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "token");
        tare_json_put_str(w, t->top[i].token);
        tare_json_put_key(w, "logprob");
        put_real(w, t->top[i].logprob);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_logprobs(struct tare_json_writer *w, const struct tare_model_reply *r)
{
    tare_json_put_key(w, "logprobs");
    if (!r->has_logprobs) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_tokens; i++)
        put_token(w, &r->tokens[i]);
    tare_json_end_array(w);
}

void tare_model_reply_write(const struct tare_model_reply *r, struct tare_json_writer *w)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.reply/1");
    tare_json_member_bool(w, "ok", r->code == TARE_REPLY_OK);
    if (r->code == TARE_REPLY_OK) {
        put_message(w, r);
        tare_json_member_cstr(w, "finish", tare_finish_name(r->finish));
        put_text(w, "finish_raw", r->finish_raw);
        put_usage(w, r);
        put_logprobs(w, r);
        put_text(w, "model", r->model);
        put_text(w, "id", r->id);
        put_text(w, "fingerprint", r->fingerprint);
        tare_json_member_bool(w, "from_cache", r->from_cache);
        tare_json_member_u64(w, "tries", r->tries);
        tare_json_put_key(w, "ttft_ms");
        if (r->ttft_ms >= 0)
            tare_json_put_i64(w, r->ttft_ms);
        else
            tare_json_put_null(w);
    } else {
        tare_json_member_cstr(w, "cause", tare_reply_cause_name(r->code));
        tare_json_member_cstr(w, "code", tare_reply_code_name(r->code));
        tare_json_put_key(w, "http");
        if (r->http)
            tare_json_put_i64(w, r->http);
        else
            tare_json_put_null(w);
        tare_json_put_key(w, "says");
        tare_json_put_str(w, r->says);
        tare_json_member_u64(w, "tries", r->tries);
    }
    tare_json_put_key(w, "ms");
    tare_json_put_i64(w, r->ms);
    tare_json_end_object(w);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* p is not NULL for an empty string. */
static struct tare_str text_of(struct tare_json v)
{
    struct tare_str s = tare_json_str(v);
    if (tare_json_kind(v) == TARE_JSON_STRING && !s.p)
        s = TARE_S("");
    return tare_json_kind(v) == TARE_JSON_STRING ? s : (struct tare_str){NULL, 0};
}

static uint64_t count_of(struct tare_json v)
{
    int64_t n = 0;
    return tare_json_i64(v, &n) && n > 0 ? (uint64_t)n : 0;
}

static double real_of(struct tare_json v)
{
    double x = (double)NAN;
    return tare_json_f64(v, &x) ? x : (double)NAN;
}

static bool read_calls(struct tare_json list, struct tare_arena *arena,
                       struct tare_model_reply *out)
{
    uint32_t n = tare_json_count(list);
    struct tare_reply_call *calls = TARE_NEW_N(arena, struct tare_reply_call, n);
    if (!calls)
        return false;
    for (struct tare_json c = tare_json_first(list); tare_json_present(c); c = tare_json_next(c))
        calls[out->n_calls++] =
            (struct tare_reply_call){.id = text_of(tare_json_get(c, "id")),
                                     .name = text_of(tare_json_get(c, "name")),
                                     .arguments = text_of(tare_json_get(c, "arguments"))};
    out->calls = calls;
    return true;
}

static bool read_top(struct tare_json list, struct tare_arena *arena, struct tare_reply_token *t)
{
    struct tare_reply_top *top = TARE_NEW_N(arena, struct tare_reply_top, tare_json_count(list));
    if (!top)
        return false;
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v))
        top[t->n_top++] = (struct tare_reply_top){.token = text_of(tare_json_get(v, "token")),
                                                  .logprob = real_of(tare_json_get(v, "logprob"))};
    t->top = top;
    return true;
}

static bool read_tokens(struct tare_json list, struct tare_arena *arena,
                        struct tare_model_reply *out)
{
    struct tare_reply_token *all =
        TARE_NEW_N(arena, struct tare_reply_token, tare_json_count(list));
    if (!all)
        return false;
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_reply_token *t = &all[out->n_tokens++];
        struct tare_json bytes = tare_json_get(v, "bytes");
        t->token = text_of(tare_json_get(v, "token"));
        t->logprob = real_of(tare_json_get(v, "logprob"));
        if (tare_json_kind(bytes) == TARE_JSON_ARRAY)
            t->bytes = tare_json_lexeme(bytes);
        if (!read_top(tare_json_get(v, "top"), arena, t))
            return false;
    }
    out->tokens = all;
    out->has_logprobs = true;
    return true;
}

static enum tare_finish finish_of(struct tare_str name)
{
    for (int i = TARE_FINISH_STOP; i < TARE_FINISH_OTHER; i++)
        if (tare_str_is(name, finishes[i]))
            return (enum tare_finish)i;
    return TARE_FINISH_OTHER;
}

static bool read_good(struct tare_json root, struct tare_arena *arena, struct tare_model_reply *out)
{
    struct tare_json message = tare_json_get(root, "message");
    struct tare_json usage = tare_json_get(root, "usage");
    struct tare_json logprobs = tare_json_get(root, "logprobs");
    int64_t ttft = -1;
    out->content = text_of(tare_json_get(message, "content"));
    out->reasoning = text_of(tare_json_get(message, "reasoning"));
    out->refusal = text_of(tare_json_get(message, "refusal"));
    out->finish = finish_of(tare_json_str(tare_json_get(root, "finish")));
    out->finish_raw = text_of(tare_json_get(root, "finish_raw"));
    out->has_usage = tare_json_kind(usage) == TARE_JSON_OBJECT;
    out->input = count_of(tare_json_get(usage, "input"));
    out->cached = count_of(tare_json_get(usage, "cached"));
    out->output = count_of(tare_json_get(usage, "output"));
    out->reasoning_tokens = count_of(tare_json_get(usage, "reasoning"));
    out->has_cost = tare_json_f64(tare_json_get(root, "cost_usd"), &out->cost_usd);
    out->model = text_of(tare_json_get(root, "model"));
    out->id = text_of(tare_json_get(root, "id"));
    out->fingerprint = text_of(tare_json_get(root, "fingerprint"));
    out->from_cache = tare_json_true(tare_json_get(root, "from_cache"));
    (void)tare_json_i64(tare_json_get(root, "ttft_ms"), &ttft);
    out->ttft_ms = ttft;
    return read_calls(tare_json_get(message, "tool_calls"), arena, out) &&
           (tare_json_kind(logprobs) != TARE_JSON_ARRAY || read_tokens(logprobs, arena, out));
}

enum tare_status tare_model_reply_read(struct tare_str text, struct tare_arena *arena,
                                       struct tare_model_reply *out, struct tare_err *err)
{
    struct tare_json root;
    int64_t http = 0;
    *out = (struct tare_model_reply){.ttft_ms = -1};
    enum tare_status st = tare_json_parse(text, &tare_json_strict, arena, &root, err);
    if (st != TARE_OK)
        return st;
    if (!tare_json_str_is(tare_json_get(root, "schema"), "tare.reply/1"))
        return tare_fail(err, TARE_E_INPUT, "the document is no tare.reply/1");
    out->tries = (uint32_t)count_of(tare_json_get(root, "tries"));
    (void)tare_json_i64(tare_json_get(root, "ms"), &out->ms);
    if (tare_json_true(tare_json_get(root, "ok")))
        return read_good(root, arena, out)
                   ? TARE_OK
                   : tare_fail(err, TARE_E_NOMEM, "out of memory while reading a reply");
    out->code = tare_reply_code_of(tare_json_str(tare_json_get(root, "code")));
    if (out->code == TARE_REPLY_OK)
        return tare_fail(err, TARE_E_INPUT, "a reply failed without a code that is known");
    (void)tare_json_i64(tare_json_get(root, "http"), &http);
    out->http = (int)http;
    out->says = text_of(tare_json_get(root, "says"));
    return TARE_OK;
}
