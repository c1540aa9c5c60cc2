#include "view/serve_guard.h"

#include <stdio.h>

#include "net/door.h"

#include "base/banned.h"

static bool is_delimiter(char c)
{
    return c == '&' || c == ';' || c == ' ' || c == '?';
}

/* Value of NAME=… in a list; empty when absent. */
static struct tare_str value_of(struct tare_str list, struct tare_str name)
{
    for (size_t i = 0; i + name.n <= list.n; i++) {
        if (i > 0 && !is_delimiter(list.p[i - 1]))
            continue;
        if (memcmp(list.p + i, name.p, name.n) != 0)
            continue;
        size_t from = i + name.n, to = from;
        while (to < list.n && !is_delimiter(list.p[to]))
            to++;
        return tare_str_n(list.p + from, to - from);
    }
    return (struct tare_str){NULL, 0};
}

static struct tare_str query_of(struct tare_str target)
{
    size_t at = tare_str_find(target, TARE_S("?"));
    return at == SIZE_MAX ? TARE_S("") : tare_str_n(target.p + at + 1, target.n - at - 1);
}

static bool has_token(const struct tare__request *r, unsigned port, struct tare_str token,
                      bool *in_url)
{
    char name[32];
    (void)snprintf(name, sizeof name, "tare_%u=", port);
    *in_url = tare_door_same(value_of(query_of(r->target), TARE_S("token=")), token);
    return *in_url || tare_door_same(r->token, token) ||
           tare_door_same(value_of(r->cookie, tare_str_of(name)), token);
}

static struct tare__guarded refused(const char *why)
{
    return (struct tare__guarded){.kind = TARE__ANSWER_REFUSED, .why = why};
}

static struct tare__guarded route(struct tare_str target, bool enters)
{
    static const struct tare_str api = {"/api/v1", 7};
    size_t q = tare_str_find(target, TARE_S("?"));
    struct tare_str path = q == SIZE_MAX ? target : tare_str_n(target.p, q);
    struct tare__guarded g = {.kind = TARE__ANSWER_NOT_FOUND};
    if (tare_str_is(path, "/"))
        g.kind = TARE__ANSWER_PAGE;
    else if (tare_str_is(path, "/app.js"))
        g.kind = TARE__ANSWER_SCRIPT;
    else if (tare_str_is(path, "/app.css"))
        g.kind = TARE__ANSWER_STYLE;
    else if (tare_str_is(path, "/api/v1/events"))
        g.kind = TARE__ANSWER_EVENTS;
    else if (tare_str_starts(path, TARE_S("/api/v1/")))
        g = (struct tare__guarded){.kind = TARE__ANSWER_DOCUMENT,
                                   .rest = tare_str_n(target.p + api.n, target.n - api.n)};
    else if (tare_str_starts(path, TARE_S("/static/")))
        g = (struct tare__guarded){.kind = TARE__ANSWER_STATIC,
                                   .rest = tare_str_n(target.p + 7, target.n - 7)};
    g.enters = enters && (g.kind == TARE__ANSWER_PAGE || g.kind == TARE__ANSWER_STATIC);
    return g;
}

/*
 * A change needs more than a look: the token in its header, which no page elsewhere can send, or
 * the cookie together with an Origin that is the server's own (browsers name one with every POST;
 * a cookie alone would go out to any port of this machine). A form cannot send JSON.
 */
static struct tare__guarded guard_change(const struct tare__request *r, unsigned port,
                                         struct tare_str token)
{
    bool in_url;
    struct tare__guarded g = route(r->target, false);
    bool header = tare_door_same(r->token, token);
    if (!tare_str_starts(r->target, TARE_S("/api/v1/baseline")) || g.kind != TARE__ANSWER_DOCUMENT)
        return (struct tare__guarded){.kind = TARE__ANSWER_METHOD};
    if (!tare_door_own_origin(r->origin, r->fetch_site, port))
        return refused("the request comes from another origin");
    if (!has_token(r, port, token, &in_url) || (!header && !r->origin.p))
        return refused("a change needs the token of the URL that `tare view` printed");
    if (!tare_str_starts(r->content, TARE_S("application/json")))
        return refused("the body of a change is application/json");
    g.kind = TARE__ANSWER_CHANGE;
    return g;
}

struct tare__guarded tare__guard(const struct tare__request *r, unsigned port, const char *token)
{
    bool in_url;
    if (!r->host.p || !tare_door_own_host(r->host, port))
        return refused("the Host is not this server's own");
    if (tare_str_is(r->method, "POST"))
        return guard_change(r, port, tare_str_of(token));
    if (!tare_str_is(r->method, "GET") && !tare_str_is(r->method, "HEAD"))
        return (struct tare__guarded){.kind = TARE__ANSWER_METHOD};
    bool known = has_token(r, port, tare_str_of(token), &in_url);
    /* A link from elsewhere may open the page with its token; nothing else may come from there. */
    struct tare__guarded g = route(r->target, in_url);
    if (!tare_door_own_origin(r->origin, r->fetch_site, port) && !(g.enters && !r->origin.p))
        return refused("the request comes from another origin");
    if (!known)
        return refused("the token is missing or wrong: open the URL that `tare view` printed");
    return g;
}
