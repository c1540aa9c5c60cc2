#include "world/soc/recorded.h"

#include "base/limits.h"

#include "base/banned.h"

struct walk {
    void (*seen)(void *ctx, struct tare_str s, bool trusted);
    void *ctx;
};

static void collect(const struct walk *w, struct tare_json v, bool trusted)
{
    if (tare_json_kind(v) == TARE_JSON_STRING)
        w->seen(w->ctx, tare_json_str(v), trusted);
    for (struct tare_json c = tare_json_first(v); tare_json_present(c); c = tare_json_next(c))
        collect(w, c, trusted);
}

static void walk(const struct walk *w, struct tare_json v)
{
    struct tare_json tier = tare_json_get(v, "trust_tier");
    if (tare_json_present(tier)) {
        collect(w, v, !tare_json_str_is(tier, "untrusted"));
        return;
    }
    for (struct tare_json c = tare_json_first(v); tare_json_present(c); c = tare_json_next(c))
        walk(w, c);
}

void tare_soc_recorded_entities(struct tare_json data,
                                void (*seen)(void *ctx, struct tare_str s, bool trusted), void *ctx)
{
    struct walk w = {seen, ctx};
    walk(&w, data);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What comes after white space from i on; the newline among it is told. */
static size_t skip(struct tare_str s, size_t i, bool *newline)
{
    *newline = false;
    while (i < s.n && is_space(s.p[i]))
        *newline = s.p[i++] == '\n' || *newline;
    return i;
}

static bool ends_value(char c)
{
    return c == '"' || c == '}' || c == ']' || (c >= '0' && c <= '9') || c == 'e' || c == 'l';
}

static void repair(struct tare_str s, struct tare_buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        bool newline;
        size_t next = skip(s, i + 1, &newline);
        if (s.p[i] == ',' && next < s.n && (s.p[next] == '}' || s.p[next] == ']'))
            continue;
        tare_buf_putc(out, s.p[i]);
        if (ends_value(s.p[i]) && newline && next < s.n && s.p[next] == '"')
            tare_buf_putc(out, ',');
    }
}

enum tare_status tare_soc_recorded_reply(struct tare_str text, struct tare_arena *arena,
                                         struct tare_json *out, struct tare_err *err)
{
    const char *from = text.n ? memchr(text.p, '{', text.n) : NULL;
    size_t end = text.n;
    while (end > 0 && text.p[end - 1] != '}')
        end--;
    if (!from || end <= (size_t)(from - text.p))
        return tare_fail(err, TARE_E_INPUT, "the reply holds no JSON object");
    struct tare_str s = tare_str_n(from, end - (size_t)(from - text.p));
    struct tare_err first = {0};
    if (tare_json_parse(s, &tare_json_strict, arena, out, &first) == TARE_OK)
        return TARE_OK;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_STEP_BODY_BYTES);
    repair(s, &b);
    struct tare_str copy = tare_arena_copy(arena, tare_buf_str(&b));
    bool failed = b.failed || !copy.p;
    tare_buf_free(&b);
    if (failed)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a reply");
    return tare_json_parse(copy, &tare_json_strict, arena, out, err);
}
