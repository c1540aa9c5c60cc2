/*
 * Values as models write them: JSON with the faults of the closed list, Python literals, Gemma's
 * own. One pass finds the end of the value (aware of strings) and writes it as JSON, which then
 * has to pass the strict parser.
 */
#include "text/calls_int.h"

#include "base/limits.h"

#include "base/banned.h"

struct reader {
    struct tare__calls *c;
    enum tare__calls_mode mode;
    const char *stop, *quote;
    int depth, appended;
};

static enum tare__calls_read value(struct reader *r);

static char peek(const struct tare__calls *c, size_t ahead)
{
    if (c->i + ahead >= c->text.n)
        tare__calls_touch(c);
    return c->i + ahead < c->text.n ? c->text.p[c->i + ahead] : '\0';
}

/* Blanks and, in JSON, comments. False: a comment is not closed. */
static bool blank(struct reader *r)
{
    struct tare__calls *c = r->c;
    for (;;) {
        tare__calls_blank(c);
        if (r->mode != TARE__JSON || peek(c, 0) != '/')
            return true;
        if (c->i + 1 == c->text.n)
            return false;
        const char *close = peek(c, 1) == '/' ? "\n" : peek(c, 1) == '*' ? "*/" : NULL;
        if (!close)
            return true;
        size_t end = tare__calls_find(c, close, c->i + 2);
        if (end == SIZE_MAX) {
            c->i = c->text.n;
            return false;
        }
        c->i = end + strlen(close);
        c->rep |= TARE_R_COMMENT;
    }
}

static void put_code_point(struct tare_buf *b, uint32_t u)
{
    if (u >= 0x10000)
        tare_buf_printf(b, "\\u%04x\\u%04x", 0xd800 + ((u - 0x10000) >> 10),
                        0xdc00 + ((u - 0x10000) & 0x3ff));
    else
        tare_buf_printf(b, "\\u%04x", u);
}

static bool hex(const struct tare__calls *c, size_t at, int digits, uint32_t *out)
{
    *out = 0;
    for (int k = 0; k < digits; k++) {
        char h = at + (size_t)k < c->text.n ? c->text.p[at + (size_t)k] : '\0';
        uint32_t d = h >= '0' && h <= '9'   ? (uint32_t)(h - '0')
                     : h >= 'a' && h <= 'f' ? (uint32_t)(h - 'a' + 10)
                     : h >= 'A' && h <= 'F' ? (uint32_t)(h - 'A' + 10)
                                            : 99;
        if (d == 99)
            return false;
        *out = *out * 16 + d;
    }
    return *out < 0x110000;
}

/* A backslash of a Python string, standing at c->i. */
static bool python_escape(struct tare__calls *c)
{
    static const char from[] = "abfnrtv\\'\"",
                      to[][7] = {"\\u0007", "\\b",     "\\f",  "\\n", "\\r",
                                 "\\t",     "\\u000b", "\\\\", "'",   "\\\""};
    char e = peek(c, 1);
    const char *at = e ? strchr(from, e) : NULL;
    int digits = e == 'x' ? 2 : e == 'u' ? 4 : e == 'U' ? 8 : 0;
    uint32_t u;
    if (at) {
        tare_buf_puts(&c->json, to[at - from]);
        c->i += 2;
    } else if (e == '\n') {
        c->i += 2;
    } else if (digits && hex(c, c->i + 2, digits, &u)) {
        put_code_point(&c->json, u);
        c->i += 2 + (size_t)digits;
    } else if (digits && c->i + 2 + (size_t)digits > c->text.n) {
        c->i = c->text.n;
    } else if (digits) {
        return false;
    } else { /* unknown escapes keep their backslash */
        tare_buf_puts(&c->json, "\\\\");
        c->i++;
    }
    return true;
}

static void json_escape(struct tare__calls *c)
{
    char e = peek(c, 1);
    if (e == '\'') { /* only needed inside single quotes */
        c->rep |= TARE_R_SINGLE_QUOTES;
        tare_buf_putc(&c->json, '\'');
    } else {
        tare_buf_putc(&c->json, '\\');
        tare_buf_putc(&c->json, e ? e : ' ');
    }
    c->i += c->i + 1 < c->text.n ? 2 : 1;
}

static void put_byte(struct tare__calls *c, bool raw_is_repair)
{
    unsigned char b = (unsigned char)c->text.p[c->i++];
    if (b < 0x20) {
        static const char hex_digits[] = "0123456789abcdef";
        if (raw_is_repair)
            c->rep |= TARE_R_RAW_CONTROL;
        tare_buf_puts(&c->json, "\\u00");
        tare_buf_putc(&c->json, hex_digits[b >> 4]);
        tare_buf_putc(&c->json, hex_digits[b & 15]);
    } else if (b == '"' || b == '\\') {
        tare_buf_putc(&c->json, '\\');
        tare_buf_putc(&c->json, (char)b);
    } else {
        tare_buf_putc(&c->json, (char)b);
    }
}

/* One character that may stand here. */
static bool skip_one(struct tare__calls *c, char ch)
{
    bool here = peek(c, 0) == ch && c->i < c->text.n;
    c->i += here;
    return here;
}

/* What stands for itself in any string. */
static void plain_run(struct tare__calls *c, char close)
{
    size_t from = c->i;
    for (; c->i < c->text.n; c->i++) {
        unsigned char b = (unsigned char)c->text.p[c->i];
        if (b < 0x20 || b >= 0x80 || b == '"' || b == '\\' || (char)b == close)
            break;
    }
    tare_buf_put(&c->json, tare__calls_slice(c, from, c->i));
}

/* The rest of a string that `close` ends. */
static enum tare__calls_read string_rest(struct reader *r, const char *close)
{
    struct tare__calls *c = r->c;
    bool triple = r->mode == TARE__PYTHON && strlen(close) == 3;
    tare_buf_putc(&c->json, '"');
    for (;;) {
        plain_run(c, close[0]);
        if (c->i >= c->text.n)
            break;
        if (tare__calls_skip(c, close)) {
            tare_buf_putc(&c->json, '"');
            return TARE__READ_OK;
        }
        if (c->text.p[c->i] != '\\' || r->mode == TARE__GEMMA)
            put_byte(c, r->mode != TARE__GEMMA && !triple);
        else if (r->mode == TARE__JSON)
            json_escape(c);
        else if (!python_escape(c))
            return TARE__READ_BAD;
    }
    tare__calls_touch_string(c, r->mode == TARE__JSON, close[0]);
    return TARE__READ_END;
}

static enum tare__calls_read string(struct reader *r, bool *is_string)
{
    static const struct {
        const char *open, *close;
        uint32_t json;
    } quotes[] = {
        {"\"\"\"", "\"\"\"", 1},
        {"'''", "'''", 1},
        {"\"", "\"", 0},
        {"'", "'", TARE_R_SINGLE_QUOTES},
        {"“", "”", TARE_R_SMART_QUOTES},
        {"‘", "’", TARE_R_SMART_QUOTES},
    };
    unsigned char first = r->c->i < r->c->text.n ? (unsigned char)r->c->text.p[r->c->i] : '"';
    *is_string = r->mode == TARE__GEMMA || first == '"' || first == '\'' || first == 0xe2;
    if (!*is_string)
        return TARE__READ_BAD;
    if (r->mode == TARE__GEMMA && tare__calls_skip(r->c, r->quote))
        return string_rest(r, r->quote);
    if (r->mode == TARE__GEMMA && tare__calls_cut_in(r->c, r->quote))
        return TARE__READ_END;
    for (size_t k = r->mode == TARE__PYTHON ? 0 : 2; k < 6 && r->mode != TARE__GEMMA; k++) {
        if (r->mode == TARE__PYTHON && k > 3)
            break;
        if (tare__calls_skip(r->c, quotes[k].open)) {
            if (r->mode == TARE__JSON)
                r->c->rep |= quotes[k].json;
            return string_rest(r, quotes[k].close);
        }
        if (tare__calls_cut_in(r->c, quotes[k].open)) /* a part of a quotation mark */
            return TARE__READ_END;
    }
    *is_string = false;
    return TARE__READ_BAD;
}

/* A word that needs no escapes, as a string. */
static void put_quoted(struct tare_buf *b, struct tare_str w)
{
    tare_buf_putc(b, '"');
    tare_buf_put(b, w);
    tare_buf_putc(b, '"');
}

static bool word_byte(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '_' || ch == '-' || ch == '.' || ch == '+';
}

static struct tare_str word(struct tare__calls *c)
{
    size_t from = c->i;
    while (c->i < c->text.n && word_byte(c->text.p[c->i]))
        c->i++;
    if (c->i == c->text.n)
        tare__calls_touch(c);
    return tare__calls_slice(c, from, c->i);
}

/* A bare word in the place of a value: a text, if the schema asks for one (checked with the call).
 */
static bool unquoted(struct reader *r, struct tare_str w)
{
    struct tare__calls *c = r->c;
    size_t end = tare__calls_blank_from(c, c->i);
    bool letter = w.n && ((w.p[0] >= 'a' && w.p[0] <= 'z') || (w.p[0] >= 'A' && w.p[0] <= 'Z') ||
                          w.p[0] == '_');
    if (r->mode != TARE__JSON || !letter || r->depth == 0 || c->n_words == TARE__CALLS_WORDS ||
        tare_str_is(w, "NaN") || tare_str_is(w, "Infinity") || end >= c->text.n ||
        !strchr(",}]", c->text.p[end]))
        return false;
    c->rep |= TARE_R_UNQUOTED_VALUE;
    c->words[c->n_words++] = c->json.n;
    c->unit_words++;
    put_quoted(&c->json, w);
    return true;
}

/* A number or a named constant. */
static enum tare__calls_read scalar(struct reader *r)
{
    static const char *const json[] = {"true", "false", "null"};
    static const char *const python[] = {"True", "False", "None"};
    struct tare__calls *c = r->c;
    struct tare_str w = word(c);
    if (c->i == c->text.n && (r->depth > 0 || r->mode == TARE__PYTHON))
        return TARE__READ_END;
    for (int k = 0; k < 3; k++) {
        bool is_python = tare_str_is(w, python[k]);
        if (!is_python && !tare_str_is(w, json[k]))
            continue;
        if (is_python != (r->mode == TARE__PYTHON))
            c->rep |= TARE_R_PY_LITERAL;
        tare_buf_puts(&c->json, json[k]);
        return TARE__READ_OK;
    }
    if (unquoted(r, w))
        return TARE__READ_OK;
    if (w.n == 0 || !((w.p[0] >= '0' && w.p[0] <= '9') || w.p[0] == '-'))
        return r->mode == TARE__PYTHON ? TARE__READ_SHAPE : TARE__READ_BAD;
    tare_buf_put(&c->json, w);
    return TARE__READ_OK;
}

/* Key and colon of a member. */
static enum tare__calls_read key(struct reader *r)
{
    struct tare__calls *c = r->c;
    bool is_string;
    enum tare__calls_read st = string(r, &is_string);
    if (!is_string) {
        struct tare_str w = word(c);
        if (w.n == 0 || r->mode == TARE__PYTHON)
            return c->i == c->text.n ? TARE__READ_END : TARE__READ_BAD;
        if (r->mode == TARE__JSON)
            c->rep |= TARE_R_UNQUOTED_KEY;
        put_quoted(&c->json, w);
    } else if (st != TARE__READ_OK) {
        return st;
    }
    if (!blank(r) || tare__calls_done(c))
        return TARE__READ_END;
    if (!skip_one(c, ':'))
        return TARE__READ_BAD;
    tare_buf_putc(&c->json, ':');
    return TARE__READ_OK;
}

/* Before an element: OK and *more, OK and not (closed here), or a fault. */
static enum tare__calls_read element(struct reader *r, char close, bool first, bool *more)
{
    struct tare__calls *c = r->c;
    *more = false;
    if (!blank(r) || tare__calls_done(c))
        return TARE__READ_END;
    if (skip_one(c, close))
        return TARE__READ_OK;
    if (r->stop && tare__calls_cut_in(c, r->stop))
        return TARE__READ_END;
    if (r->stop && tare__calls_at(c, r->stop) && r->appended < 3 && r->mode == TARE__JSON) {
        r->appended++;
        c->rep |= TARE_R_MISSING_CLOSER;
        return TARE__READ_OK;
    }
    if (!first && !skip_one(c, ','))
        return TARE__READ_BAD;
    if (!first && (!blank(r) || tare__calls_done(c)))
        return TARE__READ_END;
    if (!first && skip_one(c, close)) {
        if (r->mode != TARE__PYTHON)
            c->rep |= TARE_R_TRAILING_COMMA;
        return TARE__READ_OK;
    }
    if (!first)
        tare_buf_putc(&c->json, ',');
    *more = true;
    return TARE__READ_OK;
}

static enum tare__calls_read box(struct reader *r, char open)
{
    struct tare__calls *c = r->c;
    char close = open == '{' ? '}' : open == '(' ? ')' : ']';
    bool more = true;
    enum tare__calls_read st = TARE__READ_OK;
    if (++r->depth > TARE__CALLS_DEPTH)
        return TARE__READ_BAD;
    c->i++;
    tare_buf_putc(&c->json, open == '{' ? '{' : '[');
    for (bool first = true; st == TARE__READ_OK; first = false) {
        st = element(r, close, first, &more);
        if (st != TARE__READ_OK || !more)
            break;
        if (open == '{')
            st = key(r);
        if (st == TARE__READ_OK)
            st = value(r);
    }
    tare_buf_putc(&c->json, open == '{' ? '}' : ']');
    r->depth--;
    return st;
}

static enum tare__calls_read value(struct reader *r)
{
    if (!blank(r) || tare__calls_done(r->c))
        return TARE__READ_END;
    char ch = peek(r->c, 0);
    if (ch == '{' || ch == '[' || (ch == '(' && r->mode == TARE__PYTHON))
        return box(r, ch);
    bool is_string;
    enum tare__calls_read st = string(r, &is_string);
    return is_string ? st : scalar(r);
}

enum tare__calls_read tare__calls_literal(struct tare__calls *c, enum tare__calls_mode mode,
                                          const char *stop, const char *quote)
{
    struct reader r = {.c = c, .mode = mode, .stop = stop, .quote = quote};
    c->n_words = 0;
    c->inside = true;
    enum tare__calls_read st = value(&r);
    c->inside = false;
    return st;
}

/* The document again with the last of equal keys only. */
static bool once(struct tare__calls *c, struct tare_json *v)
{
    struct tare_buf b;
    tare_buf_init(&b, c->arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_canonical(*v, &b);
    struct tare_str s = tare_arena_copy(c->arena, tare_buf_str(&b));
    c->nomem |= b.failed || !s.p;
    tare_buf_free(&b);
    enum tare_status st = c->nomem ? TARE_E_NOMEM : tare_json_parse(s, NULL, c->arena, v, NULL);
    c->nomem |= st == TARE_E_NOMEM;
    c->rep |= TARE_R_DUP_KEY;
    return st == TARE_OK;
}

bool tare__calls_document(struct tare__calls *c, size_t from, struct tare_json *out)
{
    static const struct tare_json_policy twice = {.allow_duplicates = true};
    if (c->json.failed) {
        c->nomem = true;
        return false;
    }
    struct tare_str s = tare_arena_copy(c->arena, tare_str_n(c->json.p + from, c->json.n - from));
    if (!s.p) {
        c->nomem = true;
        return false;
    }
    enum tare_status st = tare_json_parse(s, NULL, c->arena, out, NULL);
    if (st == TARE_E_INPUT) {
        st = tare_json_parse(s, &twice, c->arena, out, NULL);
        if (st == TARE_OK)
            return once(c, out);
    }
    c->nomem |= st == TARE_E_NOMEM;
    return st == TARE_OK;
}
