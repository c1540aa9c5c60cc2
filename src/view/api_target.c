/* Paths and queries: outside text until it has come through here. */
#include "view/api_int.h"

#include "base/banned.h"

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unescape(struct tare_str s, bool plus, struct tare_arena *arena, struct tare_str *out)
{
    char *p = tare_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    if (!p)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int hi = s.n - i > 2 ? hex_of(s.p[i + 1]) : -1;
            int lo = s.n - i > 2 ? hex_of(s.p[i + 2]) : -1;
            if (hi < 0 || lo < 0)
                return false;
            c = (char)(hi * 16 + lo);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == 0)
            return false;
        p[n++] = c;
    }
    *out = tare_str_n(p, n);
    return true;
}

static enum tare_status bad(struct tare_err *err, const char *what)
{
    (void)tare_fail(err, TARE_E_USAGE, "%s", what);
    tare_err_hint(err, "paths and parameters: docs/concepts/viewing.md");
    return TARE_E_USAGE;
}

/* The part before `sign`; *rest is what follows it, p NULL when there is none. */
static struct tare_str cut(struct tare_str s, char sign, struct tare_str *rest)
{
    const char *at = s.n ? memchr(s.p, sign, s.n) : NULL;
    *rest = (struct tare_str){NULL, 0};
    if (!at)
        return s;
    size_t n = (size_t)(at - s.p);
    *rest = tare_str_n(at + 1, s.n - n - 1);
    return tare_str_n(s.p, n);
}

static enum tare_status add_param(struct tare__call *c, struct tare_str text, struct tare_err *err)
{
    struct tare_str value, key = cut(text, '=', &value);
    struct tare__param p = {0};
    if (c->n_params == TARE__API_PARAMS)
        return bad(err, "too many parameters");
    if (!unescape(key, true, c->arena, &p.key) || !unescape(value, true, c->arena, &p.value))
        return bad(err, "a parameter has a broken %-escape");
    for (uint32_t i = 0; i < c->n_params; i++)
        if (tare_str_eq(c->params[i].key, p.key))
            return bad(err, "a parameter is given twice");
    c->params[c->n_params++] = p;
    return TARE_OK;
}

enum tare_status tare__call_target(struct tare__call *c, struct tare_str target,
                                   struct tare_err *err)
{
    struct tare_str query, path;
    if (target.n > TARE__API_TARGET_BYTES)
        return bad(err, "the address is too long");
    path = cut(target, '?', &query);
    if (path.n == 0 || path.p[0] != '/')
        return bad(err, "a path begins with /");
    for (struct tare_str rest = tare_str_n(path.p + 1, path.n - 1); rest.p;) {
        struct tare_str part = cut(rest, '/', &rest), plain;
        if (c->n_segments == TARE__API_SEGMENTS)
            return bad(err, "the path is too deep");
        if (!unescape(part, false, c->arena, &plain))
            return bad(err, "the path has a broken %-escape");
        c->segments[c->n_segments++] = plain;
    }
    enum tare_status st = TARE_OK;
    while (query.n && !st) {
        struct tare_str part = cut(query, '&', &query);
        if (part.n)
            st = add_param(c, part, err);
    }
    return st;
}

struct tare_str tare__param(struct tare__call *c, const char *key)
{
    for (uint32_t i = 0; i < c->n_params; i++)
        if (tare_str_is(c->params[i].key, key)) {
            c->params[i].used = true;
            return c->params[i].value.n ? c->params[i].value : (struct tare_str){NULL, 0};
        }
    return (struct tare_str){NULL, 0};
}

enum tare_status tare__param_u64(struct tare__call *c, const char *key, uint64_t def, uint64_t min,
                                 uint64_t max, uint64_t *out, struct tare_err *err)
{
    struct tare_str text = tare__param(c, key);
    *out = def;
    if (!text.p)
        return TARE_OK;
    if (tare_str_to_u64(text, out) && *out >= min && *out <= max)
        return TARE_OK;
    return tare_fail(err, TARE_E_USAGE, "%s is a whole number from %llu to %llu, not \"%.60s\"",
                     key, (unsigned long long)min, (unsigned long long)max, text.p);
}

enum tare_status tare__param_f64(struct tare__call *c, const char *key, double def, double min,
                                 double max, double *out, struct tare_err *err)
{
    struct tare_str text = tare__param(c, key);
    *out = def;
    if (!text.p)
        return TARE_OK;
    if (tare_str_to_f64(text, out) && *out >= min && *out <= max)
        return TARE_OK;
    return tare_fail(err, TARE_E_USAGE, "%s is a number from %g to %g, not \"%.60s\"", key, min,
                     max, text.p);
}

enum tare_status tare__param_list(struct tare__call *c, const char *key, struct tare_str **out,
                                  uint32_t *n, struct tare_err *err)
{
    struct tare_str rest = tare__param(c, key);
    *n = 0;
    *out = TARE_NEW_N(c->arena, struct tare_str, TARE__API_MAX_RUNS);
    if (!*out)
        return tare__no_memory(err);
    while (rest.n) {
        struct tare_str part = tare_str_trim(cut(rest, ',', &rest));
        if (part.n == 0)
            continue;
        if (*n == TARE__API_MAX_RUNS)
            return tare_fail(err, TARE_E_USAGE, "%s takes at most %u", key, TARE__API_MAX_RUNS);
        (*out)[(*n)++] = part;
    }
    return TARE_OK;
}

enum tare_status tare__params_done(struct tare__call *c, struct tare_err *err)
{
    for (uint32_t i = 0; i < c->n_params; i++)
        if (!c->params[i].used) {
            (void)tare_fail(err, TARE_E_USAGE, "there is no parameter \"%.80s\" here",
                            c->params[i].key.p);
            tare_err_hint(err, "paths and parameters: docs/concepts/viewing.md");
            return TARE_E_USAGE;
        }
    return TARE_OK;
}

void tare__put_escaped(struct tare_buf *out, struct tare_str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char b = (unsigned char)s.p[i];
        bool plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
                     (b && strchr("-_.!~*'()", b));
        if (plain) {
            tare_buf_putc(out, (char)b);
        } else {
            tare_buf_putc(out, '%');
            tare_buf_putc(out, hex[b >> 4]);
            tare_buf_putc(out, hex[b & 15]);
        }
    }
}
