#include "serve/gate.h"

#include "net/door.h"

#include "base/banned.h"

static struct tare_gate_says refused(unsigned http, const char *why)
{
    return (struct tare_gate_says){.http = http, .why = why};
}

/* NAME, or NAME:PORT where the entry says so. */
static bool listed(const struct tare_gate *g, struct tare_str host)
{
    for (size_t i = 0; i < g->n_hosts; i++) {
        struct tare_str name = g->hosts[i];
        if (name.n == 0 || !tare_str_starts(host, name))
            continue;
        if (host.n == name.n || (host.p[name.n] == ':' && !memchr(name.p, ':', name.n)))
            return true;
    }
    return false;
}

static bool own_host(const struct tare_gate *g, struct tare_str host)
{
    return host.p && (tare_door_own_host(host, g->port) || listed(g, host));
}

/* A browser says where a request comes from; other programs need not. */
static bool own_origin(const struct tare_gate *g, const struct tare_gate_ask *a)
{
    struct tare_str o = a->origin;
    size_t scheme = tare_str_starts(o, TARE_S("http://"))    ? 7
                    : tare_str_starts(o, TARE_S("https://")) ? 8
                                                             : 0;
    if (tare_door_own_origin(o, a->fetch_site, g->port))
        return true;
    return o.p && scheme && listed(g, tare_str_n(o.p + scheme, o.n - scheme));
}

/* /TOKEN/… → /…; p NULL: the path does not begin with it. */
static struct tare_str after_token(struct tare_str path, struct tare_str token)
{
    struct tare_str none = {NULL, 0};
    if (token.n == 0 || path.n <= token.n || path.p[0] != '/' ||
        !tare_door_same(tare_str_n(path.p + 1, token.n), token))
        return none;
    if (path.n == token.n + 1)
        return TARE_S("/");
    return path.p[token.n + 1] == '/' ? tare_str_n(path.p + token.n + 1, path.n - token.n - 1)
                                      : none;
}

struct tare_gate_says tare_gate(const struct tare_gate *g, const struct tare_gate_ask *ask)
{
    struct tare_str rest = after_token(ask->path, g->token);
    if (!own_host(g, ask->host))
        return refused(403, "the Host is not this server's own (--allow-host NAME lets it be)");
    if (!own_origin(g, ask))
        return refused(403, "a page of another origin asks");
    if (g->token.n && !rest.p && !tare_door_same(tare_door_bearer(ask->authorization), g->token))
        return refused(401, "the token that was printed at the start is missing or wrong: "
                            "Authorization: Bearer TOKEN, or the address with it");
    return (struct tare_gate_says){.path = rest.p ? rest : ask->path};
}
