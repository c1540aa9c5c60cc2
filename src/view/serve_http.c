/* One request: who asks, for what, and the answer. */
#include <stdio.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/limits.h"
#include "view/assets.h"
#include "view/gzip.h"
#include "view/html.h"
#include "view/serve_int.h"

#include "base/banned.h"

#define GZIP_FROM ((size_t)1024)
#define GZIP_LEVEL 4
#define MAX_ASSET_BYTES (16 * TARE_MIB)

static const char csp[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                          "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                          "frame-ancestors 'none'";

void tare__serve_headers(struct MHD_Response *r, const char *type)
{
    (void)MHD_add_response_header(r, "Content-Type", type);
    (void)MHD_add_response_header(r, "Content-Security-Policy", csp);
    (void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
    (void)MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
    (void)MHD_add_response_header(r, "Cache-Control", "no-cache");
    (void)MHD_add_response_header(r, "Vary", "Accept-Encoding, Cookie");
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* Whether gzip is listed (and not with q=0). */
static bool takes_gzip(struct MHD_Connection *connection)
{
    struct tare_str list = tare_str_of(header(connection, "Accept-Encoding"));
    size_t at = tare_str_find(list, TARE_S("gzip"));
    if (at == SIZE_MAX)
        return false;
    struct tare_str rest = tare_str_n(list.p + at + 4, list.n - at - 4);
    return !tare_str_starts(rest, TARE_S(";q=0,")) && !tare_str_is(rest, ";q=0");
}

/* What is about to be sent. */
struct reply {
    int http;
    const char *type, *etag;
    struct tare_str body;
    bool gzipped; /* the body is already */
    const char *cookie;
};

static enum MHD_Result send_reply(struct MHD_Connection *connection, const struct reply *a)
{
    struct tare_buf zipped;
    struct tare_str body = a->body;
    bool gzip = a->gzipped;
    tare_buf_init(&zipped, NULL, body.n + TARE_MIB);
    if (!gzip && body.n >= GZIP_FROM && takes_gzip(connection) &&
        tare__gzip(body, GZIP_LEVEL, &zipped)) {
        body = tare_buf_str(&zipped);
        gzip = true;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(
        body.n, (void *)(uintptr_t)(body.n ? body.p : ""), MHD_RESPMEM_MUST_COPY);
    tare_buf_free(&zipped);
    if (!r)
        return MHD_NO;
    tare__serve_headers(r, a->type);
    if (gzip)
        (void)MHD_add_response_header(r, "Content-Encoding", "gzip");
    if (a->etag)
        (void)MHD_add_response_header(r, "ETag", a->etag);
    if (a->cookie)
        (void)MHD_add_response_header(r, "Set-Cookie", a->cookie);
    if (a->http == 405)
        (void)MHD_add_response_header(r, "Allow", "GET, HEAD");
    enum MHD_Result sent = MHD_queue_response(connection, (unsigned)a->http, r);
    MHD_destroy_response(r);
    return sent;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, int http, const char *text)
{
    struct reply a = {.http = http, .type = "text/plain; charset=utf-8", .body = tare_str_of(text)};
    return send_reply(connection, &a);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const char *why)
{
    char text[256];
    (void)snprintf(text, sizeof text, "tare view: refused: %s\n", why);
    return send_text(connection, 403, text);
}

/* ---- the page -------------------------------------------------------------------------------- */

static enum MHD_Result send_asset(struct tare__server *s, struct MHD_Connection *connection,
                                  const struct tare__asset *asset, const char *file,
                                  const char *type)
{
    struct reply a = {.http = 200, .type = type};
    struct tare_arena arena;
    enum MHD_Result sent;
    if (s->options->web.n) {
        struct tare_str path, bytes;
        struct tare_err err = {0};
        tare_arena_init(&arena, NULL, 2 * MAX_ASSET_BYTES);
        path = tare_arena_printf(&arena, "%.*s/%s", TARE_FMT(s->options->web), file);
        if (path.p && tare_fs_read(path, MAX_ASSET_BYTES, &arena, &bytes, &err) == TARE_OK) {
            a.body = bytes;
            sent = send_reply(connection, &a);
        } else {
            sent = send_text(connection, 404, err.text);
        }
        tare_arena_free(&arena);
        return sent;
    }
    if (!asset->gzip)
        return send_text(connection, 404, "this tare was built without the page of web/\n");
    a.body = tare_str_n((const char *)asset->gzip, asset->gzip_bytes);
    a.gzipped = true;
    return send_reply(connection, &a);
}

static const char index_page[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"tare-source\" content=\"http\">\n"
    "<title>tare</title>\n<link rel=\"stylesheet\" href=\"app.css\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<script src=\"app.js\" defer></script>\n</head>\n<body>\n<div id=\"app\"></div>\n"
    "<noscript><p>This page needs a script. Without: <a href=\"static/runs\">plain pages</a>, "
    "or <code>tare runs</code>.</p></noscript>\n</body>\n</html>\n";

static enum MHD_Result send_static(struct tare__server *s, struct MHD_Connection *connection,
                                   struct tare_api *api, struct tare_str target,
                                   const char *cookie);

static enum MHD_Result send_page(struct tare__server *s, struct MHD_Connection *connection,
                                 struct tare_api *api, const char *cookie)
{
    struct reply a = {
        .http = 200, .type = "text/html; charset=utf-8", .body = tare_str_of(index_page)};
    a.cookie = cookie;
    if (!s->options->web.n && !tare__app_js.gzip)
        return send_static(s, connection, api, TARE_S("/runs"), a.cookie);
    return send_reply(connection, &a);
}

/* ---- documents ------------------------------------------------------------------------------- */

static void make_etag(const struct tare__server *s, uint64_t change, struct tare_str target,
                      char out[64])
{
    (void)snprintf(out, 64, "W/\"%llx-%016llx\"", (unsigned long long)change,
                   (unsigned long long)tare_hash64(target, s->etag_key));
}

/* Whether the reader has this state already; then nothing is worked out. */
static bool not_modified(struct tare__server *s, struct MHD_Connection *connection,
                         struct tare_api *api, struct tare_str target, char etag[64])
{
    struct tare_err err = {0};
    uint64_t change;
    const char *has = header(connection, "If-None-Match");
    if (!has || tare_api_change(api, &change, &err) || change == 0)
        return false;
    make_etag(s, change, target, etag);
    return strcmp(has, etag) == 0;
}

static enum MHD_Result send_document(struct tare__server *s, struct MHD_Connection *connection,
                                     struct tare_api *api, struct tare_str target)
{
    char etag[64];
    struct tare_api_answer answer;
    if (not_modified(s, connection, api, target, etag))
        return send_reply(connection,
                          &(struct reply){.http = 304, .type = "application/json", .etag = etag});
    tare_api_get(api, target, &answer);
    make_etag(s, answer.change, target, etag);
    return send_reply(connection,
                      &(struct reply){.http = answer.http,
                                      .type = answer.type,
                                      .etag = answer.http == 200 && answer.change ? etag : NULL,
                                      .body = answer.body});
}

static enum MHD_Result send_change(struct MHD_Connection *connection, struct tare_api *api,
                                   struct tare_str target, const struct tare__asked *asked)
{
    struct tare_api_answer done;
    if (asked->too_long)
        return send_text(connection, 413, "tare view: the body is too long\n");
    tare_api_post(api, target, tare_str_n(asked->body, asked->n_body), &done);
    return send_reply(connection,
                      &(struct reply){.http = done.http, .type = done.type, .body = done.body});
}

static enum MHD_Result send_static(struct tare__server *s, struct MHD_Connection *connection,
                                   struct tare_api *api, struct tare_str target, const char *cookie)
{
    struct tare_buf page;
    (void)s;
    if (tare_str_is(target, "/style.css"))
        return send_reply(connection, &(struct reply){.http = 200,
                                                      .type = "text/css; charset=utf-8",
                                                      .body = tare_str_of(tare__html_style)});
    tare_buf_init(&page, NULL, TARE_MAX_JSON_BYTES);
    int http = tare__html_page(api, target, &page);
    enum MHD_Result sent =
        send_reply(connection, &(struct reply){.http = http,
                                               .type = "text/html; charset=utf-8",
                                               .body = tare_buf_str(&page),
                                               .cookie = cookie});
    tare_buf_free(&page);
    return sent;
}

static struct tare_api *take_handle(struct tare__server *s)
{
    struct tare_api *api = NULL;
    (void)pthread_mutex_lock(&s->lock);
    if (s->n_free)
        api = s->free[--s->n_free];
    (void)pthread_mutex_unlock(&s->lock);
    return api;
}

static void give_handle(struct tare__server *s, struct tare_api *api)
{
    (void)pthread_mutex_lock(&s->lock);
    s->free[s->n_free++] = api;
    (void)pthread_mutex_unlock(&s->lock);
}

/* There are as many handles as threads, so one is always free. */
static enum MHD_Result with_handle(struct tare__server *s, struct MHD_Connection *connection,
                                   const struct tare__guarded *g, const struct tare__asked *asked)
{
    enum MHD_Result sent;
    char text[160], *cookie = g->enters ? text : NULL;
    struct tare_api *api = take_handle(s);
    (void)snprintf(text, sizeof text, "tare_%u=%s; HttpOnly; SameSite=Strict; Path=/", s->port,
                   s->token);
    if (!api)
        return send_text(connection, 503, "tare view: too many requests at once\n");
    if (g->kind == TARE__ANSWER_DOCUMENT)
        sent = send_document(s, connection, api, g->rest);
    else if (g->kind == TARE__ANSWER_CHANGE)
        sent = send_change(connection, api, g->rest, asked);
    else if (g->kind == TARE__ANSWER_STATIC)
        sent = send_static(s, connection, api, g->rest, cookie);
    else
        sent = send_page(s, connection, api, cookie);
    give_handle(s, api);
    return sent;
}

static enum MHD_Result answer(struct tare__server *s, struct MHD_Connection *connection,
                              const struct tare__guarded *g, const struct tare__asked *asked)
{
    switch (g->kind) {
    case TARE__ANSWER_REFUSED:
        return refuse(connection, g->why);
    case TARE__ANSWER_METHOD:
        return send_text(connection, 405, "tare view: only GET, and one POST: /api/v1/baseline\n");
    case TARE__ANSWER_NOT_FOUND:
        return send_text(connection, 404, "tare view: there is nothing at this address\n");
    case TARE__ANSWER_SCRIPT:
        return send_asset(s, connection, &tare__app_js, "app.js", "text/javascript; charset=utf-8");
    case TARE__ANSWER_STYLE:
        return send_asset(s, connection, &tare__app_css, "app.css", "text/css; charset=utf-8");
    case TARE__ANSWER_EVENTS:
        return tare__serve_events(s, connection);
    default:
        return with_handle(s, connection, g, asked);
    }
}

/* Takes what comes of a body. True: more may come. */
static bool read_body(struct tare__asked *asked, const char *body, size_t *bytes)
{
    if (*bytes == 0)
        return false;
    if (asked->begun && *bytes <= sizeof asked->body - asked->n_body) {
        memcpy(asked->body + asked->n_body, body, *bytes);
        asked->n_body += *bytes;
    } else if (asked->begun) {
        asked->too_long = true;
    } /* else nobody may send one: it is not kept */
    *bytes = 0;
    return true;
}

enum MHD_Result tare__serve_request(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *body,
                                    size_t *body_bytes, void **request)
{
    struct tare__server *s = cls;
    struct tare__asked *asked = *request;
    (void)url;
    (void)version;
    if (!asked)
        return MHD_NO; /* no memory for it */
    if (read_body(asked, body, body_bytes))
        return MHD_YES;
    struct tare__request r = {.method = tare_str_of(method),
                              .target = tare_str_n(asked->target, asked->n),
                              .host = tare_str_of(header(connection, "Host")),
                              .origin = tare_str_of(header(connection, "Origin")),
                              .fetch_site = tare_str_of(header(connection, "Sec-Fetch-Site")),
                              .cookie = tare_str_of(header(connection, "Cookie")),
                              .token = tare_str_of(header(connection, "X-Tare-Token")),
                              .content = tare_str_of(header(connection, "Content-Type"))};
    struct tare__guarded g = tare__guard(&r, s->port, s->token);
    if (g.kind == TARE__ANSWER_CHANGE && !asked->begun) {
        asked->begun = true; /* only now is a body worth reading */
        return MHD_YES;
    }
    return answer(s, connection, &g, asked);
}
