#include "text/schema_int.h"

#include "base/banned.h"

void tare__uri_split(struct tare_str uri, struct tare_str *base, struct tare_str *fragment)
{
    const char *hash = uri.n ? memchr(uri.p, '#', uri.n) : NULL;
    size_t n = hash ? (size_t)(hash - uri.p) : uri.n;
    *base = tare_str_n(uri.p, n);
    *fragment = hash ? tare_str_n(hash + 1, uri.n - n - 1) : tare_str_n("", 0);
}

/* Bytes up to and with the scheme's colon; 0: none. */
static size_t scheme_bytes(struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alpha = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (c == ':')
            return i ? i + 1 : 0;
        if (!alpha && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return 0;
    }
    return 0;
}

/* Bytes before the path. */
static size_t authority_end(struct tare_str s)
{
    size_t i = scheme_bytes(s);
    if (i + 1 < s.n && s.p[i] == '/' && s.p[i + 1] == '/')
        for (i += 2; i < s.n && s.p[i] != '/' && s.p[i] != '?'; i++)
            ;
    return i;
}

/* Section 5.2.4, on the n bytes at p; returns how many are left. */
static size_t remove_dots(char *p, size_t n)
{
    size_t in = 0, out = 0;
    while (in < n) {
        size_t end = in + 1;
        while (end < n && p[end] != '/')
            end++;
        size_t len = end - in;
        bool one = len == 2 && p[in + 1] == '.',
             two = len == 3 && p[in + 1] == '.' && p[in + 2] == '.';
        if (p[in] == '/' && (one || two)) {
            while (two && out && p[--out] != '/')
                ;
            if (end == n)
                p[out++] = '/';
        } else {
            memmove(p + out, p + in, len);
            out += len;
        }
        in = end;
    }
    return out;
}

/* How much of the base stays before a reference without scheme and authority. */
static size_t kept(struct tare_str base, struct tare_str ref, size_t path)
{
    size_t keep = path;
    if (ref.n == 0 || ref.p[0] == '#')
        return base.n;
    if (ref.p[0] == '?') {
        while (keep < base.n && base.p[keep] != '?')
            keep++;
    } else if (ref.p[0] != '/') {
        for (size_t i = path; i < base.n && base.p[i] != '?'; i++)
            keep = base.p[i] == '/' ? i + 1 : keep;
    }
    return keep;
}

struct tare_str tare__uri_resolve(struct tare_str base, struct tare_str ref,
                                  struct tare_arena *arena)
{
    size_t keep = authority_end(base), path = keep;
    if (scheme_bytes(ref))
        return tare_arena_copy(arena, ref);
    if (ref.n >= 2 && ref.p[0] == '/' && ref.p[1] == '/')
        return tare_arena_printf(arena, "%.*s%.*s", (int)scheme_bytes(base), base.p, TARE_FMT(ref));
    keep = kept(base, ref, keep);
    struct tare_str s =
        tare_arena_printf(arena, "%.*s%.*s", (int)keep, keep ? base.p : "", TARE_FMT(ref));
    char *p = s.n ? tare_arena_alloc(arena, s.n + 1) : NULL;
    if (!p)
        return s;
    memcpy(p, s.p, s.n);
    size_t end = path;
    while (end < s.n && p[end] != '?' && p[end] != '#')
        end++;
    size_t left = p[path] == '/' ? remove_dots(p + path, end - path) : end - path;
    memmove(p + path + left, p + end, s.n - end);
    return tare_str_n(p, path + left + s.n - end);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct tare_str tare__uri_decode(struct tare_str s, struct tare_arena *arena)
{
    char *p = tare_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; p && i < s.n; i++) {
        bool escape = s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0;
        p[n++] =
            escape ? (char)((unsigned)hex(s.p[i + 1]) << 4 | (unsigned)hex(s.p[i + 2])) : s.p[i];
        i += escape ? 2 : 0;
    }
    return tare_str_n(p, n);
}
