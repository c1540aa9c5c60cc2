/* Whole answers: chat, plain completions, errors. */
#include <math.h>

#include "solver/model_wire_int.h"

#include "base/limits.h"

#include "base/banned.h"

const struct tare_json_policy tare_wire_policy = {.allow_nan = true, .allow_lone_surrogates = true};

struct tare_str tare__wire_text(struct tare_json v)
{
    struct tare_str s = tare_json_str(v);
    if (tare_json_kind(v) != TARE_JSON_STRING)
        return (struct tare_str){NULL, 0};
    return s.p ? s : TARE_S("");
}

void tare__wire_fail(struct tare_model_reply *out, enum tare_reply_code code, const char *says)
{
    out->code = code;
    out->says = tare_str_of(says);
}

bool tare__wire_count(struct tare_json v, uint64_t *out)
{
    int64_t n;
    if (!tare_json_i64(v, &n) || n < 0 || n > INT64_C(9007199254740992))
        return false;
    *out = (uint64_t)n;
    return true;
}

/* ---- errors -------------------------------------------------------------------------------- */

bool tare__wire_is_error(struct tare_json root)
{
    struct tare_json e = tare_json_get(root, "error");
    return tare_json_kind(e) == TARE_JSON_OBJECT || tare_json_kind(e) == TARE_JSON_STRING ||
           (tare_json_str_is(tare_json_get(root, "type"), "error"));
}

static bool has(struct tare_str text, const char *word)
{
    return tare_str_find(text, tare_str_of(word)) != SIZE_MAX;
}

/* The sentence of an error body, whatever its shape. */
static struct tare_str message_of(struct tare_json root)
{
    static const char *const keys[] = {"message", "detail", "error_message", "error", "msg"};
    struct tare_json e = tare_json_get(root, "error");
    struct tare_json from = tare_json_kind(e) == TARE_JSON_OBJECT ? e : root;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct tare_json v = tare_json_get(from, keys[i]);
        if (tare_json_kind(v) == TARE_JSON_STRING)
            return tare_json_str(v);
    }
    return (struct tare_str){NULL, 0};
}

static bool is_quota(struct tare_str code, struct tare_str type, struct tare_str says)
{
    return has(code, "quota") || has(type, "quota") || has(code, "billing") ||
           has(type, "billing") || has(says, "insufficient_quota") ||
           has(says, "exceeded your current quota") || has(says, "credit balance") ||
           has(says, "per day");
}

static bool is_context(struct tare_str code, struct tare_str says)
{
    return has(code, "context_length") || has(says, "context_length") ||
           has(says, "maximum context length") || has(says, "prompt is too long") ||
           has(says, "context window") || has(says, "exceeds the available context size");
}

static enum tare_reply_code code_of(int status, struct tare_str code, struct tare_str type,
                                    struct tare_str says)
{
    if (status == 402 ||
        ((status == 429 || status == 403 || status == 200) && is_quota(code, type, says)))
        return TARE_REPLY_QUOTA;
    if (status == 429 || tare_str_is(type, "rate_limit_error") || has(code, "rate_limit"))
        return TARE_REPLY_RATE_LIMITED;
    if ((status == 400 || status == 413 || status == 422 || status == 200 || status == 500) &&
        is_context(code, says))
        return TARE_REPLY_CONTEXT;
    if (status >= 300 && status < 400)
        return TARE_REPLY_HTTP_3XX;
    if (status >= 400 && status < 500)
        return TARE_REPLY_HTTP_4XX;
    return TARE_REPLY_HTTP_5XX; /* an error object with status 200 too: tried again */
}

void tare_wire_read_error(int status, struct tare_str body, struct tare_arena *arena,
                          struct tare_model_reply *out)
{
    struct tare_json root = {NULL, 0};
    struct tare_str says = {NULL, 0}, code = {NULL, 0}, type = {NULL, 0};
    if (tare_json_parse(body, &tare_wire_policy, arena, &root, NULL) == TARE_OK) {
        struct tare_json e = tare_json_get(root, "error");
        says = message_of(root);
        code = tare_json_str(tare_json_get(e, "code"));
        type = tare_json_str(tare_json_get(e, "type"));
    } else {
        size_t n = body.n < 200 ? body.n : 200;
        says = tare_str_trim(tare_str_n(body.p, n)); /* plain text, HTML */
    }
    if (says.n > 600)
        says.n = 600;
    out->http = status;
    out->code = code_of(status, code, type, says);
    /* content_filter as an error is the model's answer, not the server's failure */
    if (has(code, "content_filter")) {
        out->code = TARE_REPLY_OK;
        out->finish = TARE_FINISH_CONTENT_FILTER;
        out->finish_raw = TARE_S("content_filter");
        out->refusal = says;
    }
    out->says = says.n ? tare_arena_printf(arena, "HTTP %d: %.*s", status, TARE_FMT(says))
                       : tare_arena_printf(arena, "HTTP %d", status);
}

/* ---- chat ---------------------------------------------------------------------------------- */

static enum tare_finish finish_of(struct tare_str raw, bool calls)
{
    static const struct {
        const char *raw;
        enum tare_finish finish;
    } table[] = {
        {"stop", TARE_FINISH_STOP},
        {"length", TARE_FINISH_LENGTH},
        {"max_tokens", TARE_FINISH_LENGTH},
        {"tool_calls", TARE_FINISH_TOOL_CALLS},
        {"function_call", TARE_FINISH_TOOL_CALLS},
        {"content_filter", TARE_FINISH_CONTENT_FILTER},
        {"eos", TARE_FINISH_STOP},
        {"eos_token", TARE_FINISH_STOP},
        {"stop_sequence", TARE_FINISH_STOP},
    };
    enum tare_finish f = raw.p ? TARE_FINISH_OTHER : TARE_FINISH_NONE;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (tare_str_is(raw, table[i].raw))
            f = table[i].finish;
    return f == TARE_FINISH_STOP && calls ? TARE_FINISH_TOOL_CALLS : f;
}

/* Text as a string or as a list of parts. */
static struct tare_str content_of(struct tare_json v, struct tare_arena *arena)
{
    struct tare_buf b;
    if (tare_json_kind(v) != TARE_JSON_ARRAY)
        return tare__wire_text(v);
    tare_buf_init(&b, NULL, TARE_MAX_JSON_STRING_BYTES);
    for (struct tare_json p = tare_json_first(v); tare_json_present(p); p = tare_json_next(p))
        tare_buf_put(&b, tare_json_str(tare_json_get(p, "text")));
    struct tare_str s = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

/* Raw text; an object is printed. */
static struct tare_str arguments_of(struct tare_json v, struct tare_arena *arena)
{
    struct tare_buf b;
    if (tare_json_kind(v) == TARE_JSON_STRING)
        return tare__wire_text(v);
    if (tare_json_kind(v) != TARE_JSON_OBJECT)
        return TARE_S("");
    tare_buf_init(&b, NULL, TARE_MAX_JSON_STRING_BYTES);
    tare_json_print(v, &b);
    struct tare_str s = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static bool take_calls(struct tare_json message, struct tare_arena *arena,
                       struct tare_model_reply *out)
{
    struct tare_json list = tare_json_get(message, "tool_calls");
    struct tare_json old = tare_json_get(message, "function_call");
    uint32_t n = tare_json_count(list);
    struct tare_reply_call *calls = TARE_NEW_N(arena, struct tare_reply_call, n + 1);
    if (!calls || n > TARE_MAX_REPLY_CALLS)
        return false;
    for (struct tare_json c = tare_json_first(list); tare_json_present(c); c = tare_json_next(c)) {
        struct tare_json f = tare_json_get(c, "function");
        struct tare_str id = tare__wire_text(tare_json_get(c, "id"));
        uint32_t at = out->n_calls++;
        if (!id.n)
            id = tare_arena_printf(arena, "call_%u", at + 1);
        calls[at] = (struct tare_reply_call){id, tare__wire_text(tare_json_get(f, "name")),
                                             arguments_of(tare_json_get(f, "arguments"), arena)};
    }
    if (n == 0 && tare_json_kind(old) == TARE_JSON_OBJECT)
        calls[out->n_calls++] =
            (struct tare_reply_call){TARE_S("call_1"), tare__wire_text(tare_json_get(old, "name")),
                                     arguments_of(tare_json_get(old, "arguments"), arena)};
    out->calls = calls;
    return true;
}

static void take_usage(struct tare_json usage, struct tare_model_reply *out)
{
    double cost;
    uint64_t more = 0;
    out->has_usage = tare__wire_count(tare_json_get(usage, "prompt_tokens"), &out->input) &&
                     tare__wire_count(tare_json_get(usage, "completion_tokens"), &out->output);
    if (tare_json_f64(tare_json_get(usage, "cost"), &cost) && isfinite(cost) && cost >= 0) {
        out->has_cost = true;
        out->cost_usd = cost;
    }
    if (!out->has_usage) {
        out->input = out->output = 0;
        return;
    }
    struct tare_json in = tare_json_get(usage, "prompt_tokens_details");
    struct tare_json made = tare_json_get(usage, "completion_tokens_details");
    if (tare__wire_count(tare_json_get(in, "cached_tokens"), &more) && more <= out->input)
        out->cached = more;
    if (tare__wire_count(tare_json_get(made, "reasoning_tokens"), &more))
        out->reasoning_tokens = more;
}

/* What is above 0 is no logarithm of a probability. */
static double logprob_of(struct tare_json v)
{
    double x;
    return tare_json_f64(v, &x) && isfinite(x) && x <= 1e-6 ? x : (double)NAN;
}

static bool take_logprobs(struct tare_json list, struct tare_arena *arena,
                          struct tare_model_reply *out)
{
    struct tare_reply_token *all =
        TARE_NEW_N(arena, struct tare_reply_token, tare_json_count(list));
    if (!all)
        return false;
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_reply_token *t = &all[out->n_tokens++];
        struct tare_json top = tare_json_get(v, "top_logprobs"), bytes = tare_json_get(v, "bytes");
        struct tare_reply_top *tops =
            TARE_NEW_N(arena, struct tare_reply_top, tare_json_count(top));
        if (!tops)
            return false;
        t->token = tare__wire_text(tare_json_get(v, "token"));
        t->logprob = logprob_of(tare_json_get(v, "logprob"));
        if (tare_json_kind(bytes) == TARE_JSON_ARRAY)
            t->bytes = tare_json_lexeme(bytes);
        for (struct tare_json p = tare_json_first(top); tare_json_present(p); p = tare_json_next(p))
            tops[t->n_top++] = (struct tare_reply_top){tare__wire_text(tare_json_get(p, "token")),
                                                       logprob_of(tare_json_get(p, "logprob"))};
        t->top = tops;
    }
    out->tokens = all;
    out->has_logprobs = true;
    return true;
}

/* ---- plain completions --------------------------------------------------------------------- */

static bool take_top(struct tare_json object, struct tare_arena *arena, struct tare_reply_token *t)
{
    struct tare_reply_top *tops = TARE_NEW_N(arena, struct tare_reply_top, tare_json_count(object));
    if (!tops)
        return false;
    if (tare_json_kind(object) == TARE_JSON_OBJECT)
        for (struct tare_json v = tare_json_first(object); tare_json_present(v);
             v = tare_json_next(v))
            tops[t->n_top++] = (struct tare_reply_top){tare_json_key(v), logprob_of(v)};
    t->top = tops;
    return true;
}

static bool take_old_logprobs(struct tare_json lists, struct tare_arena *arena,
                              struct tare_model_reply *out)
{
    struct tare_json tokens = tare_json_get(lists, "tokens");
    struct tare_json value = tare_json_first(tare_json_get(lists, "token_logprobs"));
    struct tare_json top = tare_json_first(tare_json_get(lists, "top_logprobs"));
    struct tare_reply_token *all =
        TARE_NEW_N(arena, struct tare_reply_token, tare_json_count(tokens));
    if (!all)
        return false;
    for (struct tare_json v = tare_json_first(tokens); tare_json_present(v);
         v = tare_json_next(v)) {
        struct tare_reply_token *t = &all[out->n_tokens++];
        t->token = tare__wire_text(v);
        t->logprob = logprob_of(value);
        if (!take_top(top, arena, t))
            return false;
        value = tare_json_next(value);
        top = tare_json_next(top);
    }
    out->tokens = all;
    out->has_logprobs = true;
    return true;
}

/* ---- all ----------------------------------------------------------------------------------- */

/* The choice numbered 0, wherever it stands. */
static struct tare_json choice_of(struct tare_json root)
{
    struct tare_json choices = tare_json_get(root, "choices"), first = tare_json_first(choices);
    for (struct tare_json c = first; tare_json_present(c); c = tare_json_next(c)) {
        int64_t index;
        if (tare_json_i64(tare_json_get(c, "index"), &index) && index == 0)
            return c;
    }
    return tare_json_kind(choices) == TARE_JSON_ARRAY ? first : (struct tare_json){NULL, 0};
}

static bool read_choice(struct tare_json choice, bool prompt, struct tare_arena *arena,
                        struct tare_model_reply *out)
{
    struct tare_json message = tare_json_get(choice, "message");
    struct tare_json thought = tare_json_get(message, "reasoning_content");
    struct tare_json logprobs = tare_json_get(choice, "logprobs");
    struct tare_json tokens = tare_json_get(logprobs, "content");
    bool good = true;
    if (prompt) {
        out->content = tare__wire_text(tare_json_get(choice, "text"));
        if (tare_json_kind(tare_json_get(logprobs, "tokens")) == TARE_JSON_ARRAY)
            good = take_old_logprobs(logprobs, arena, out);
    } else {
        if (tare_json_kind(thought) != TARE_JSON_STRING)
            thought = tare_json_get(message, "reasoning");
        out->content = content_of(tare_json_get(message, "content"), arena);
        out->reasoning = tare__wire_text(thought);
        out->refusal = tare__wire_text(tare_json_get(message, "refusal"));
        good = take_calls(message, arena, out);
        if (good && tare_json_kind(tokens) == TARE_JSON_ARRAY)
            good = take_logprobs(tokens, arena, out);
    }
    out->finish_raw = tare__wire_text(tare_json_get(choice, "finish_reason"));
    out->finish = finish_of(out->finish_raw, out->n_calls > 0);
    if (out->finish == TARE_FINISH_STOP && out->refusal.n)
        out->finish = TARE_FINISH_REFUSAL;
    return good;
}

static void read_chat(struct tare_json request, struct tare_json root, struct tare_arena *arena,
                      struct tare_model_reply *out)
{
    bool prompt = tare_json_present(tare_json_get(request, "prompt"));
    struct tare_json choice = choice_of(root);
    struct tare_json message = tare_json_get(choice, prompt ? "text" : "message");
    enum tare_json_kind wanted = prompt ? TARE_JSON_STRING : TARE_JSON_OBJECT;
    if (tare_json_kind(message) != wanted) {
        tare__wire_fail(out, TARE_REPLY_BAD_JSON, "the answer has no choice with a message");
        return;
    }
    out->model = tare__wire_text(tare_json_get(root, "model"));
    out->id = tare__wire_text(tare_json_get(root, "id"));
    out->fingerprint = tare__wire_text(tare_json_get(root, "system_fingerprint"));
    take_usage(tare_json_get(root, "usage"), out);
    if (!read_choice(choice, prompt, arena, out))
        tare__wire_fail(out, TARE_REPLY_TOO_LARGE, "the answer is too large");
}

/* {"data": [{"index", "embedding": […]}]}: the vectors in the order of the texts. */
static void read_embeddings(struct tare_json request, struct tare_json root,
                            struct tare_arena *arena, struct tare_model_reply *out)
{
    struct tare_json data = tare_json_get(root, "data");
    uint32_t n = tare_json_count(tare_json_get(request, "embed"));
    struct tare_json *at = TARE_NEW_N(arena, struct tare_json, n + 1u);
    struct tare_buf b;
    uint32_t i = 0;
    for (struct tare_json v = tare_json_first(data); at && tare_json_present(v);
         v = tare_json_next(v), i++) {
        int64_t k = i;
        (void)tare_json_i64(tare_json_get(v, "index"), &k);
        if (k >= 0 && k < n)
            at[k] = tare_json_get(v, "embedding");
    }
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    for (i = 0; at && i < n; i++) {
        tare_buf_putc(&b, i ? ',' : '[');
        if (tare_json_kind(at[i]) == TARE_JSON_ARRAY)
            tare_json_print(at[i], &b);
        else
            out->code = TARE_REPLY_WRONG_TYPE;
    }
    tare_buf_putc(&b, ']');
    if (b.failed || !at)
        tare__wire_fail(out, TARE_REPLY_TOO_LARGE, "the embeddings are too large");
    else if (out->code != TARE_REPLY_OK)
        tare__wire_fail(out, TARE_REPLY_WRONG_TYPE, "an embedding is missing");
    out->content = tare_arena_copy(arena, tare_buf_str(&b));
    out->finish = TARE_FINISH_STOP;
    out->model = tare__wire_text(tare_json_get(root, "model"));
    take_usage(tare_json_get(root, "usage"), out);
    tare_buf_free(&b);
}

void tare_wire_read(const struct tare_endpoint *e, struct tare_json request, struct tare_str body,
                    struct tare_arena *arena, struct tare_model_reply *out)
{
    struct tare_json root;
    struct tare_err err = {0};
    *out = (struct tare_model_reply){.ttft_ms = -1};
    enum tare_status st = tare_json_parse(body, &tare_wire_policy, arena, &root, &err);
    if (st == TARE_E_LIMIT || st == TARE_E_NOMEM) {
        tare__wire_fail(out, TARE_REPLY_TOO_LARGE, "the answer is larger or deeper than is read");
        return;
    }
    if (st != TARE_OK || tare_json_kind(root) != TARE_JSON_OBJECT) {
        out->code = TARE_REPLY_BAD_JSON;
        out->says = st == TARE_OK
                        ? TARE_S("the answer is no JSON object")
                        : tare_arena_printf(arena, "the answer is no JSON: %s at byte %zu",
                                            err.text, err.offset);
        return;
    }
    if (tare__wire_is_error(root)) {
        tare_wire_read_error(200, body, arena, out);
        return;
    }
    if (tare_wire_embeds(request))
        read_embeddings(request, root, arena, out);
    else if (e->wire == TARE_WIRE_MESSAGES)
        tare__wire_read_messages(e, request, root, arena, out);
    else
        read_chat(request, root, arena, out);
    if (out->code == TARE_REPLY_OK && out->finish == TARE_FINISH_NONE)
        tare__wire_fail(out, TARE_REPLY_CUT, "the answer does not say why it ended");
}
