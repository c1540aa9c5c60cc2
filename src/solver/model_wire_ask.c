/* Requests of the chat wire (OpenAI and those who speak like it) and of plain completions. */
#include "solver/model_wire_int.h"

#include "base/limits.h"

#include "base/banned.h"

struct tare_json tare__wire_setting(const struct tare_endpoint *e, struct tare_json request,
                                    const char *key)
{
    struct tare_json v = tare_json_get(request, key);
    if (!tare_json_present(v) || tare_json_kind(v) == TARE_JSON_NULL)
        v = tare_json_get(e->sampling, key);
    return tare_json_kind(v) == TARE_JSON_NULL ? (struct tare_json){NULL, 0} : v;
}

static void copy(struct tare_json_writer *w, const char *key, struct tare_json v)
{
    if (!tare_json_present(v))
        return;
    tare_json_put_key(w, key);
    tare_json_put_value(w, v);
}

void tare__wire_extra(const struct tare_endpoint *e, struct tare_json request,
                      struct tare_json_writer *w)
{
    struct tare_json own = tare_json_get(request, "extra");
    for (struct tare_json v = tare_json_first(e->extra); tare_json_present(v);
         v = tare_json_next(v)) {
        struct tare_str key = tare_json_key(v);
        if (tare_json_present(tare_json_get_str(own, key)))
            continue;
        tare_json_put_key_str(w, key);
        tare_json_put_value(w, v);
    }
    for (struct tare_json v = tare_json_first(own); tare_json_present(v); v = tare_json_next(v)) {
        tare_json_put_key_str(w, tare_json_key(v));
        tare_json_put_value(w, v);
    }
}

static bool said_by_extra(const struct tare_endpoint *e, struct tare_json request, const char *key)
{
    return tare_json_present(tare_json_get(e->extra, key)) ||
           tare_json_present(tare_json_get(tare_json_get(request, "extra"), key));
}

bool tare_wire_embeds(struct tare_json request)
{
    return tare_json_kind(tare_json_get(request, "embed")) == TARE_JSON_ARRAY;
}

struct tare_str tare_wire_url(const struct tare_endpoint *e, struct tare_json request,
                              struct tare_arena *arena)
{
    bool prompt =
        tare_json_present(tare_json_get(request, "prompt")) || e->wire == TARE_WIRE_COMPLETIONS;
    const char *what = tare_wire_embeds(request) ? "embeddings"
                       : prompt                  ? "completions"
                                                 : "chat/completions";
    switch (e->wire) {
    case TARE_WIRE_AZURE:
        return tare_arena_printf(arena, "%.*s/openai/deployments/%.*s/%s?api-version=%.*s",
                                 TARE_FMT(e->base_url), TARE_FMT(e->model), what,
                                 TARE_FMT(e->api_version));
    case TARE_WIRE_MESSAGES:
        return tare_arena_printf(arena, "%.*s/messages", TARE_FMT(e->base_url));
    case TARE_WIRE_CHAT:
    case TARE_WIRE_COMPLETIONS:
        break;
    }
    return tare_arena_printf(arena, "%.*s/%s", TARE_FMT(e->base_url), what);
}

size_t tare_wire_headers(const struct tare_endpoint *e, struct tare_http_header out[8])
{
    size_t n = 0;
    if (e->wire == TARE_WIRE_MESSAGES) {
        out[n++] = (struct tare_http_header){TARE_S("anthropic-version"), e->api_version};
        if (e->key.n)
            out[n++] = (struct tare_http_header){TARE_S("x-api-key"), e->key};
        return n;
    }
    if (e->wire == TARE_WIRE_AZURE) {
        if (e->key.n)
            out[n++] = (struct tare_http_header){TARE_S("api-key"), e->key};
        return n;
    }
    if (e->key.n)
        out[n++] = (struct tare_http_header){TARE_S("Authorization"), e->bearer};
    if (e->organization.n)
        out[n++] = (struct tare_http_header){TARE_S("OpenAI-Organization"), e->organization};
    if (e->project.n)
        out[n++] = (struct tare_http_header){TARE_S("OpenAI-Project"), e->project};
    return n;
}

/* ---- messages ------------------------------------------------------------------------------ */

static void put_image(struct tare_json_writer *w, struct tare_json part)
{
    struct tare_json data = tare_json_get(part, "data");
    tare_json_member_cstr(w, "type", "image_url");
    tare_json_put_key(w, "image_url");
    tare_json_begin_object(w);
    if (tare_json_present(data)) {
        struct tare_buf url;
        tare_buf_init(&url, NULL, TARE_MAX_JSON_STRING_BYTES);
        tare_buf_puts(&url, "data:");
        tare_buf_put(&url, tare_json_str(tare_json_get(part, "mime")));
        tare_buf_puts(&url, ";base64,");
        tare_buf_put(&url, tare_json_str(data));
        tare_json_member_str(w, "url", tare_buf_str(&url));
        w->out->failed = w->out->failed || url.failed;
        tare_buf_free(&url);
    } else {
        copy(w, "url", tare_json_get(part, "url"));
    }
    tare_json_end_object(w);
}

static void put_content(struct tare_json_writer *w, struct tare_json content)
{
    tare_json_put_key(w, "content");
    if (tare_json_kind(content) != TARE_JSON_ARRAY) {
        if (tare_json_present(content))
            tare_json_put_value(w, content);
        else
            tare_json_put_null(w);
        return;
    }
    tare_json_begin_array(w);
    for (struct tare_json p = tare_json_first(content); tare_json_present(p);
         p = tare_json_next(p)) {
        if (!tare_json_str_is(tare_json_get(p, "type"), "image")) {
            tare_json_put_value(w, p);
            continue;
        }
        tare_json_begin_object(w);
        put_image(w, p);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_calls(struct tare_json_writer *w, struct tare_json calls)
{
    if (tare_json_count(calls) == 0)
        return;
    tare_json_put_key(w, "tool_calls");
    tare_json_begin_array(w);
    for (struct tare_json c = tare_json_first(calls); tare_json_present(c); c = tare_json_next(c)) {
        tare_json_begin_object(w);
        copy(w, "id", tare_json_get(c, "id"));
        tare_json_member_cstr(w, "type", "function");
        tare_json_put_key(w, "function");
        tare_json_begin_object(w);
        copy(w, "name", tare_json_get(c, "name"));
        tare_json_put_key(w, "arguments");
        tare_json_put_str(w, tare_json_str(tare_json_get(c, "arguments")));
        tare_json_end_object(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_messages(struct tare_json_writer *w, struct tare_json messages)
{
    tare_json_put_key(w, "messages");
    tare_json_begin_array(w);
    for (struct tare_json m = tare_json_first(messages); tare_json_present(m);
         m = tare_json_next(m)) {
        tare_json_begin_object(w);
        copy(w, "role", tare_json_get(m, "role"));
        put_content(w, tare_json_get(m, "content"));
        copy(w, "name", tare_json_get(m, "name"));
        copy(w, "tool_call_id", tare_json_get(m, "tool_call_id"));
        put_calls(w, tare_json_get(m, "tool_calls"));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

/* ---- tools and form ------------------------------------------------------------------------ */

static void put_tools(struct tare_json_writer *w, struct tare_json request)
{
    struct tare_json tools = tare_json_get(request, "tools");
    bool strict = tare_json_true(tare_json_get(request, "strict"));
    struct tare_json choice = tare_json_get(request, "tool_choice");
    if (tare_json_count(tools) == 0)
        return;
    tare_json_put_key(w, "tools");
    tare_json_begin_array(w);
    for (struct tare_json t = tare_json_first(tools); tare_json_present(t); t = tare_json_next(t)) {
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "function");
        tare_json_put_key(w, "function");
        tare_json_begin_object(w);
        copy(w, "name", tare_json_get(t, "name"));
        copy(w, "description", tare_json_get(t, "description"));
        copy(w, "parameters", tare_json_get(t, "parameters"));
        if (strict)
            tare_json_member_bool(w, "strict", true);
        tare_json_end_object(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    if (tare_json_kind(choice) == TARE_JSON_OBJECT) {
        tare_json_put_key(w, "tool_choice");
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "function");
        tare_json_put_key(w, "function");
        tare_json_begin_object(w);
        copy(w, "name", tare_json_get(choice, "name"));
        tare_json_end_object(w);
        tare_json_end_object(w);
    } else if (tare_json_kind(choice) == TARE_JSON_STRING) {
        copy(w, "tool_choice", choice);
    }
}

static void put_form(struct tare_json_writer *w, struct tare_json request)
{
    struct tare_json form = tare_json_get(request, "response_format");
    struct tare_json type = tare_json_get(form, "type"), name = tare_json_get(form, "name");
    if (tare_json_kind(type) != TARE_JSON_STRING || tare_json_str_is(type, "text"))
        return;
    tare_json_put_key(w, "response_format");
    tare_json_begin_object(w);
    copy(w, "type", type);
    if (tare_json_str_is(type, "json_schema")) {
        bool strict = tare_json_true(tare_json_get(request, "strict"));
        tare_json_put_key(w, "json_schema");
        tare_json_begin_object(w);
        if (tare_json_present(name))
            copy(w, "name", name);
        else
            tare_json_member_cstr(w, "name", "answer");
        copy(w, "schema", tare_json_get(form, "schema"));
        if (strict)
            tare_json_member_bool(w, "strict", true);
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
}

/* The request's own, else one drawn from the endpoint's. */
static void put_seed(const struct tare_endpoint *e, struct tare_json request, int64_t seed,
                     struct tare_json_writer *w)
{
    struct tare_json own = tare_json_get(request, "seed");
    if (said_by_extra(e, request, "seed"))
        return;
    if (tare_json_kind(own) == TARE_JSON_NUMBER) {
        copy(w, "seed", own);
    } else if (seed >= 0 && tare_json_present(tare_json_get(e->sampling, "seed"))) {
        tare_json_put_key(w, "seed");
        tare_json_put_i64(w, seed);
    }
}

/* How many candidates a token: what the request needs or the endpoint says, whichever is more. */
static int64_t most_top(const struct tare_endpoint *e, struct tare_json request, int64_t none)
{
    int64_t own = none, said = none;
    (void)tare_json_i64(tare_json_get(request, "top_logprobs"), &own);
    (void)tare_json_i64(tare_json_get(e->sampling, "top_logprobs"), &said);
    return own > said ? own : said;
}

static void put_sampling(const struct tare_endpoint *e, struct tare_json request, bool old_max,
                         bool chat, struct tare_json_writer *w)
{
    static const char *const same[] = {"temperature", "top_p", "stop"};
    struct tare_json logprobs = tare__wire_setting(e, request, "logprobs");
    struct tare_json most = tare__wire_setting(e, request, "max_tokens");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!said_by_extra(e, request, same[i]))
            copy(w, same[i], tare__wire_setting(e, request, same[i]));
    if (!said_by_extra(e, request, "max_tokens") &&
        !said_by_extra(e, request, "max_completion_tokens"))
        copy(w, old_max || !chat ? "max_tokens" : "max_completion_tokens", most);
    if (tare_json_true(logprobs) && chat) {
        /* Some servers give none unless the number is there. */
        tare_json_member_bool(w, "logprobs", true);
        tare_json_put_key(w, "top_logprobs");
        tare_json_put_i64(w, most_top(e, request, 0));
    } else if (tare_json_true(logprobs)) {
        tare_json_put_key(w, "logprobs");
        tare_json_put_i64(w, most_top(e, request, 1));
    }
}

/* Texts to be placed near each other: OpenAI's embeddings, which others speak too. */
static enum tare_status embed_body(const struct tare_endpoint *e, struct tare_json request,
                                   struct tare_buf *out, struct tare_err *err)
{
    struct tare_json_writer w;
    if (e->wire == TARE_WIRE_MESSAGES)
        return tare_fail(err, TARE_E_INPUT, "the endpoint has no embeddings (api: messages)");
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    if (e->model.n)
        tare_json_member_str(&w, "model", e->model);
    copy(&w, "input", tare_json_get(request, "embed"));
    tare__wire_extra(e, request, &w);
    tare_json_end_object(&w);
    return out->failed ? tare_fail(err, TARE_E_NOMEM, "the request is too large") : TARE_OK;
}

enum tare_status tare_wire_body(const struct tare_endpoint *e, struct tare_json request,
                                bool stream, bool old_max, int64_t seed, struct tare_buf *out,
                                struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare_json prompt = tare_json_get(request, "prompt");
    struct tare_json messages = tare_json_get(request, "messages");
    bool chat = !tare_json_present(prompt);
    if (tare_wire_embeds(request))
        return embed_body(e, request, out, err);
    if (tare_json_kind(prompt) != TARE_JSON_STRING && tare_json_kind(messages) != TARE_JSON_ARRAY)
        return tare_fail(err, TARE_E_INPUT, "the request has neither \"messages\" nor \"prompt\"");
    tare_json_writer_init(&w, out);
    if (e->wire == TARE_WIRE_MESSAGES)
        return tare__wire_messages_body(e, request, stream, &w, err) ? TARE_OK : TARE_E_INPUT;
    if (chat && e->wire == TARE_WIRE_COMPLETIONS)
        return tare_fail(err, TARE_E_INPUT,
                         "the endpoint takes prompts only (api: completions), not messages");
    tare_json_begin_object(&w);
    if (e->model.n)
        tare_json_member_str(&w, "model", e->model);
    if (chat) {
        put_messages(&w, messages);
        put_tools(&w, request);
        put_form(&w, request);
    } else {
        copy(&w, "prompt", prompt);
        copy(&w, "echo", tare_json_get(request, "echo"));
    }
    put_sampling(e, request, old_max, chat, &w);
    put_seed(e, request, seed, &w);
    if (stream) {
        tare_json_member_bool(&w, "stream", true);
        tare_json_put_key(&w, "stream_options");
        tare_json_begin_object(&w);
        tare_json_member_bool(&w, "include_usage", true);
        tare_json_end_object(&w);
    }
    tare__wire_extra(e, request, &w);
    tare_json_end_object(&w);
    return out->failed ? tare_fail(err, TARE_E_NOMEM, "the request is too large") : TARE_OK;
}
