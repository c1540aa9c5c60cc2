/* Numbers, and strings that hold escapes. */
#include "text/json_parse_int.h"
#include "text/json_scan.h"
#include "text/utf8.h"

#include "base/banned.h"

static bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static const uint8_t *not_a_number(struct tare__json_parser *ps, const uint8_t *p)
{
    char what[24];
    return tare__json_fault(ps, p, TARE_E_INPUT, "J_NUMBER", "a digit is missing: found %s",
                            tare__json_what(ps, p, what));
}

/* -Infinity, where the policy has it; p stands after the sign. */
static const uint8_t *after_sign(struct tare__json_parser *ps, const uint8_t *p)
{
    if (ps->policy->allow_nan && ps->end - p >= 8 && memcmp(p, "Infinity", 8) == 0)
        return p + 8;
    return not_a_number(ps, p);
}

/* Fraction and exponent; *integer says whether there is neither. */
static const uint8_t *rest(struct tare__json_parser *ps, const uint8_t *p, bool *integer)
{
    const uint8_t *end = ps->end;
    if (p < end && *p == '.') {
        *integer = false;
        if (digits(p + 1, end) == p + 1)
            return not_a_number(ps, p + 1);
        p = digits(p + 1, end);
    }
    if (p < end && (*p | 0x20) == 'e') {
        *integer = false;
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (digits(p, end) == p)
            return not_a_number(ps, p);
        p = digits(p, end);
    }
    return p;
}

const uint8_t *tare__json_number(struct tare__json_parser *ps, const uint8_t *p,
                                 struct tare__json_node *v)
{
    const uint8_t *start = p, *end = ps->end;
    bool integer = true;
    if (*p == '-')
        p++;
    if (p == end || !is_digit(*p)) {
        integer = false;
        p = after_sign(ps, p);
    } else if (*p == '0') {
        p++;
        if (p < end && is_digit(*p))
            return tare__json_fault(ps, p, TARE_E_INPUT, "J_NUMBER",
                                    "a number must not begin with 0");
    } else {
        p = digits(p, end);
    }
    if (p && p < end && (*p == '.' || (*p | 0x20) == 'e'))
        p = rest(ps, p, &integer);
    if (!p)
        return NULL;
    if (p - start > TARE_MAX_JSON_NUMBER_DIGITS)
        return tare__json_fault(ps, start, TARE_E_LIMIT, "J_SIZE",
                                "a number of %zu characters (at most %d)", (size_t)(p - start),
                                TARE_MAX_JSON_NUMBER_DIGITS);
    v->off = (uint32_t)(start - ps->text);
    v->end = (uint32_t)(p - ps->text);
    v->u.s = (const char *)start;
    v->len = (uint32_t)(p - start);
    v->flags |= integer ? TARE__JSON_INTEGER : 0;
    return p;
}

/* n bytes for decoded text. The pool takes what the rest of the source could need at most. */
static char *pool_take(struct tare__json_parser *ps, const uint8_t *p, size_t n)
{
    if (ps->pool_left < n) {
        size_t want = (size_t)(ps->end - p);
        want = want < 16 * TARE_KIB ? want : 16 * TARE_KIB;
        want = want < n ? n : want;
        ps->pool = tare_arena_alloc(ps->arena, want);
        ps->pool_left = ps->pool ? want : 0;
    }
    return ps->pool;
}

/* Four hex digits at p, or -1. */
static int hex4(const uint8_t *p, const uint8_t *end)
{
    int x = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], letter = (uint8_t)((c | 0x20) - 'a');
        if (is_digit(c))
            x = x * 16 + (c - '0');
        else if (letter < 6)
            x = x * 16 + letter + 10;
        else
            return -1;
    }
    return x;
}

static const uint8_t *lone_surrogate(struct tare__json_parser *ps, const uint8_t *p, char **to)
{
    if (!ps->policy->allow_lone_surrogates)
        return tare__json_fault(ps, p, TARE_E_INPUT, "J_SURROGATE",
                                "half of a surrogate pair stands alone: %.6s", (const char *)p);
    *to += tare_utf8_encode(0xfffd, *to);
    return p + 6;
}

/* The \u escape at p. */
static const uint8_t *unescape_u(struct tare__json_parser *ps, const uint8_t *p, char **to)
{
    int high = hex4(p + 2, ps->end), low;
    if (high < 0)
        return tare__json_fault(ps, p, TARE_E_INPUT, "J_ESCAPE",
                                "\\u needs four hexadecimal digits");
    if (high < 0xd800 || high > 0xdfff) {
        *to += tare_utf8_encode((uint32_t)high, *to);
        return p + 6;
    }
    if (high >= 0xdc00 || ps->end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return lone_surrogate(ps, p, to);
    low = hex4(p + 8, ps->end);
    if (low < 0xdc00 || low > 0xdfff)
        return lone_surrogate(ps, p, to);
    *to += tare_utf8_encode(0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00),
                            *to);
    return p + 12;
}

/* The escape at p; the closing quote comes later, so p[1] is inside the text. */
static const uint8_t *unescape(struct tare__json_parser *ps, const uint8_t *p, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *hit = p[1] ? memchr(from, p[1], sizeof from - 1) : NULL;
    if (hit) {
        *(*to)++ = into[hit - from];
        return p + 2;
    }
    if (p[1] == 'u')
        return unescape_u(ps, p, to);
    char what[24];
    tare__json_fault(ps, p, TARE_E_INPUT, "J_ESCAPE", "a backslash before %s means nothing in JSON",
                     tare__json_what(ps, p + 1, what));
    tare_err_hint(ps->err, "write \\\\ for a backslash");
    return NULL;
}

/* The closing quote of a string, searched from the first special byte of it. */
static const uint8_t *closing(struct tare__json_parser *ps, const uint8_t *open,
                              const uint8_t *special)
{
    unsigned high = 0;
    while (special < ps->end && *special == '\\' && ps->end - special >= 2)
        special = tare__scan_string(special + 2, ps->end, &high);
    if (special < ps->end && *special == '"')
        return special;
    if (special == ps->end || *special == '\\')
        return tare__json_fault(ps, open, TARE_E_INPUT, "J_EOF",
                                "this string has no closing quote");
    tare__json_fault(ps, special, TARE_E_INPUT, "J_CONTROL",
                     "a control character (0x%02x) inside a string", (unsigned)*special);
    tare_err_hint(ps->err, "write \\n for a line break, \\t for a tab, \\u%04x in general",
                  (unsigned)*special);
    return NULL;
}

const uint8_t *tare__json_string_slow(struct tare__json_parser *ps, const uint8_t *p,
                                      const uint8_t *special, struct tare__json_node *v)
{
    const uint8_t *start = p + 1, *stop = closing(ps, p, special);
    if (!stop)
        return NULL;
    char *text = pool_take(ps, start, (size_t)(stop - start)), *to = text;
    if (!text)
        return tare__json_no_memory(ps, p);
    for (const uint8_t *from = start;;) {
        memcpy(to, from, (size_t)(special - from));
        to += special - from;
        if (special == stop)
            break;
        from = unescape(ps, special, &to);
        if (!from)
            return NULL;
        unsigned high = 0;
        special = tare__scan_string(from, stop, &high);
    }
    ps->pool += to - text;
    ps->pool_left -= (size_t)(to - text);
    v->off = (uint32_t)(p - ps->text);
    v->end = (uint32_t)(stop + 1 - ps->text);
    v->u.s = text;
    v->len = (uint32_t)(to - text);
    return stop + 1;
}
