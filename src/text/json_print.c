/* Values as text: canonical (for identities) and compact. */
#include "text/json_int.h"
#include "text/json_scan.h"
#include "text/utf8.h"

#include "base/banned.h"

#define FEW 24

static void put_unit(struct tare_buf *out, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    char *p = tare_buf_room(out, 6);
    if (!p)
        return;
    p[0] = '\\';
    p[1] = 'u';
    for (int i = 0; i < 4; i++)
        p[2 + i] = hex[unit >> (12 - 4 * i) & 15];
    out->n += 6;
}

static void put_code_point(struct tare_buf *out, uint32_t cp)
{
    if (cp >= 0x10000) {
        put_unit(out, 0xd800 + ((cp - 0x10000) >> 10));
        put_unit(out, 0xdc00 + ((cp - 0x10000) & 0x3ff));
    } else {
        put_unit(out, cp);
    }
}

/* A quote, a backslash or a control character. */
static void put_escape(struct tare_buf *out, uint8_t c)
{
    static const char from[] = "\"\\\b\f\n\r\t", into[] = "\"\\bfnrt";
    const char *hit = c ? memchr(from, c, sizeof from - 1) : NULL;
    if (hit) {
        tare_buf_putc(out, '\\');
        tare_buf_putc(out, into[hit - from]);
    } else {
        put_unit(out, c);
    }
}

/* One character above 0x7e; how many bytes of [p, end) it took. */
static unsigned put_high(struct tare_buf *out, const char *p, const char *end, bool ascii)
{
    uint32_t cp;
    unsigned n = tare_utf8_decode(p, end, &cp);
    if (ascii)
        put_code_point(out, n ? cp : 0xfffd);
    else
        tare_buf_put(out, n ? tare_str_n(p, n) : TARE_S("\xef\xbf\xbd"));
    return n ? n : 1;
}

void tare__json_quote(struct tare_buf *out, struct tare_str s, bool ascii)
{
    const char *p = s.p, *end = s.n ? s.p + s.n : s.p;
    tare_buf_putc(out, '"');
    while (p < end) {
        unsigned high = 0;
        const char *q =
            (const char *)tare__scan_string((const uint8_t *)p, (const uint8_t *)end, &high);
        while (high && p < q) {
            const char *h = (const char *)tare__scan_high((const uint8_t *)p, (const uint8_t *)q);
            tare_buf_put(out, tare_str_n(p, (size_t)(h - p)));
            p = h;
            if (p < q)
                p += put_high(out, p, q, ascii);
        }
        tare_buf_put(out, tare_str_n(p, (size_t)(q - p)));
        p = q;
        if (p < end)
            put_escape(out, (uint8_t)*p++);
    }
    tare_buf_putc(out, '"');
}

static void put_string(struct tare_buf *out, const struct tare_json_doc *doc,
                       const struct tare__json_node *n, bool ascii)
{
    uint8_t plain = ascii ? TARE__JSON_RAW | TARE__JSON_ASCII : TARE__JSON_RAW;
    if ((n->flags & plain) == plain)
        tare_buf_put(out, tare_str_n(doc->text.p + n->off, n->end - n->off));
    else
        tare__json_quote(out, tare_str_n(n->u.s, n->len), ascii);
}

static void canonical_object(struct tare_json v, struct tare_buf *out)
{
    struct tare__json_member small[FEW], *m;
    size_t big_bytes;
    uint32_t n = 0;
    const struct tare_alc *alc = out->alc ? out->alc : tare_alc_libc();
    m = tare__json_sorted(v, small, FEW, alc, &n, &big_bytes);
    if (!m) {
        out->failed = true;
        return;
    }
    tare_buf_putc(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            tare_buf_putc(out, ',');
        put_string(out, v.doc, &v.doc->nodes[m[i].value - 1], true);
        tare_buf_putc(out, ':');
        tare_json_canonical((struct tare_json){v.doc, m[i].value}, out);
    }
    tare_buf_putc(out, '}');
    if (big_bytes)
        alc->put(alc->ctx, m, big_bytes);
}

static void canonical_array(struct tare_json v, struct tare_buf *out)
{
    tare_buf_putc(out, '[');
    bool first = true;
    for (v = tare_json_first(v); v.doc; v = tare_json_next(v)) {
        if (!first)
            tare_buf_putc(out, ',');
        first = false;
        tare_json_canonical(v, out);
    }
    tare_buf_putc(out, ']');
}

static void put_word(enum tare_json_kind kind, struct tare_buf *out)
{
    tare_buf_puts(out, kind == TARE_JSON_TRUE    ? "true"
                       : kind == TARE_JSON_FALSE ? "false"
                                                 : "null");
}

void tare_json_canonical(struct tare_json v, struct tare_buf *out)
{
    enum tare_json_kind kind = tare_json_kind(v);
    switch (kind) {
    case TARE_JSON_OBJECT:
        canonical_object(v, out);
        break;
    case TARE_JSON_ARRAY:
        canonical_array(v, out);
        break;
    case TARE_JSON_STRING:
        put_string(out, v.doc, &v.doc->nodes[v.node], true);
        break;
    case TARE_JSON_NUMBER:
        tare__json_canonical_number(&v.doc->nodes[v.node], out);
        break;
    default:
        put_word(kind, out);
    }
}

/* Recursion is bounded by the depth of the document. */
void tare__json_print(struct tare_json v, struct tare_buf *out, bool ascii)
{
    enum tare_json_kind kind = tare_json_kind(v);
    bool object = kind == TARE_JSON_OBJECT;
    if (kind == TARE_JSON_STRING) {
        put_string(out, v.doc, &v.doc->nodes[v.node], ascii);
    } else if (kind == TARE_JSON_NUMBER) {
        tare_buf_put(out, tare_json_lexeme(v));
    } else if (!object && kind != TARE_JSON_ARRAY) {
        put_word(kind, out);
    } else {
        char sep = object ? '{' : '[';
        for (struct tare_json c = tare_json_first(v); c.doc; c = tare_json_next(c), sep = ',') {
            tare_buf_putc(out, sep);
            if (object) {
                put_string(out, c.doc, &c.doc->nodes[c.node - 1], ascii);
                tare_buf_putc(out, ':');
            }
            tare__json_print(c, out, ascii);
        }
        if (tare_json_count(v) == 0)
            tare_buf_putc(out, sep);
        tare_buf_putc(out, object ? '}' : ']');
    }
}

void tare_json_print(struct tare_json v, struct tare_buf *out)
{
    tare__json_print(v, out, false);
}
