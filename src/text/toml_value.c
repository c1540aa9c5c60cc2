/* Keys, strings, numbers, lists and inline tables. */
#include "text/toml_int.h"
#include "text/utf8.h"

#include "base/banned.h"

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool bare(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* ---- strings ------------------------------------------------------------------------------ */

static int hex(char c)
{
    return digit(c)               ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static enum tare_status unicode(struct tare__toml *p, int digits)
{
    uint32_t cp = 0;
    char out[4];
    for (int i = 0; i < digits; i++) {
        int h = hex(tare__toml_peek(p, 0));
        if (h < 0)
            return tare__toml_fail(p, "\\u needs four digits and \\U eight");
        cp = cp * 16 + (uint32_t)h;
        p->at++;
    }
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return tare__toml_fail(p, "this is no character");
    tare_buf_put(&p->work, tare_str_n(out, tare_utf8_encode(cp, out)));
    return TARE_OK;
}

/* Behind a backslash. */
static enum tare_status escape(struct tare__toml *p, bool several)
{
    static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
    char c = tare__toml_peek(p, 0);
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        tare_buf_putc(&p->work, to[at - from]);
        p->at++;
        return TARE_OK;
    }
    if (c == 'u' || c == 'U') {
        p->at++;
        return unicode(p, c == 'u' ? 4 : 8);
    }
    size_t k = 0;
    while (tare__toml_peek(p, k) == ' ' || tare__toml_peek(p, k) == '\t' ||
           tare__toml_peek(p, k) == '\r')
        k++;
    if (!several || tare__toml_peek(p, k) != '\n')
        return tare__toml_fail(p, "no such escape in TOML");
    for (;; k++) { /* a line that is continued: white space up to the next character goes */
        char s = tare__toml_peek(p, k);
        if (s != ' ' && s != '\t' && s != '\r' && s != '\n')
            break;
    }
    p->at += k;
    return TARE_OK;
}

/* Whether the string ends here; a long one may have up to two quotes before its end. */
static bool ends(struct tare__toml *p, char quote, bool several)
{
    if (tare__toml_peek(p, 0) != quote)
        return false;
    if (!several)
        return true;
    if (tare__toml_peek(p, 1) != quote || tare__toml_peek(p, 2) != quote)
        return false;
    while (tare__toml_peek(p, 3) == quote && p->work.n < TARE_MAX_JSON_BYTES) {
        tare_buf_putc(&p->work, quote); /* belongs to the text */
        p->at++;
    }
    return true;
}

/* One character (or escape) of a string into work. */
static enum tare_status character(struct tare__toml *p, char quote, bool several)
{
    if (p->at >= p->text.n)
        return tare__toml_fail(p, "the text ends inside a string");
    unsigned char c = (unsigned char)p->text.p[p->at];
    bool line = c == '\n' || (c == '\r' && tare__toml_peek(p, 1) == '\n');
    if ((c < 0x20 && c != '\t' && !(several && line)) || c == 0x7f)
        return tare__toml_fail(p, line ? "a string ends on its line" : "a control character");
    p->at++;
    if (c == '\\' && quote == '"')
        return escape(p, several);
    tare_buf_putc(&p->work, (char)c);
    return TARE_OK;
}

enum tare_status tare__toml_string(struct tare__toml *p, bool key, struct tare_str *out)
{
    char quote = tare__toml_peek(p, 0);
    bool several = tare__toml_peek(p, 1) == quote && tare__toml_peek(p, 2) == quote;
    enum tare_status st = TARE_OK;
    if (several && key)
        return tare__toml_fail(p, "a key has one line");
    tare_buf_reset(&p->work);
    p->at += several ? 3 : 1;
    if (several && tare__toml_peek(p, 0) == '\r' && tare__toml_peek(p, 1) == '\n')
        p->at++;
    if (several && tare__toml_peek(p, 0) == '\n')
        p->at++;
    while (st == TARE_OK && !ends(p, quote, several))
        st = character(p, quote, several);
    if (st != TARE_OK)
        return st;
    p->at += several ? 3 : 1;
    struct tare_str s = tare_buf_str(&p->work);
    if (tare_utf8_valid_bytes(s) != s.n)
        return tare__toml_fail(p, "a string is not UTF-8");
    *out = tare_arena_copy(p->arena, s);
    return out->p ? TARE_OK : tare_fail(p->err, TARE_E_NOMEM, "out of memory while reading TOML");
}

enum tare_status tare__toml_key(struct tare__toml *p, struct tare_str *out)
{
    char c = tare__toml_peek(p, 0);
    size_t from = p->at;
    if (c == '"' || c == '\'')
        return tare__toml_string(p, true, out);
    while (bare(tare__toml_peek(p, 0)))
        p->at++;
    if (p->at == from)
        return tare__toml_fail(p, "a key is made of letters, digits, '_' and '-', or quoted");
    *out = tare_arena_copy(p->arena, tare_str_n(p->text.p + from, p->at - from));
    return out->p ? TARE_OK : tare_fail(p->err, TARE_E_NOMEM, "out of memory while reading TOML");
}

/* ---- numbers, booleans, dates ------------------------------------------------------------- */

/* Digits of a base, '_' between two of them; the digits alone into work. */
static bool take_digits(struct tare__toml *p, struct tare_str s, size_t *at, int base)
{
    size_t from = *at;
    for (; *at < s.n; ++*at) {
        int h = hex(s.p[*at]);
        if (h >= 0 && h < base)
            tare_buf_putc(&p->work, s.p[*at]);
        else if (s.p[*at] != '_' || *at == from || s.p[*at - 1] == '_' || *at + 1 == s.n ||
                 hex(s.p[*at + 1]) < 0 || hex(s.p[*at + 1]) >= base)
            break;
    }
    return *at > from;
}

static bool based(struct tare__toml *p, struct tare_str s)
{
    int base = s.p[1] == 'x' ? 16 : s.p[1] == 'o' ? 8 : 2;
    uint64_t x = 0;
    size_t at = 2;
    tare_buf_reset(&p->work);
    if (!take_digits(p, s, &at, base) || at != s.n)
        return false;
    for (size_t i = 0; i < p->work.n; i++) {
        if (x > (INT64_MAX - (uint64_t)hex(p->work.p[i])) / (uint64_t)base)
            return false;
        x = x * (uint64_t)base + (uint64_t)hex(p->work.p[i]);
    }
    tare_buf_reset(&p->work);
    tare_buf_printf(&p->work, "%llu", (unsigned long long)x);
    return true;
}

/* A decimal number as JSON writes it, into work. */
static bool decimal(struct tare__toml *p, struct tare_str s)
{
    size_t at = 0;
    tare_buf_reset(&p->work);
    if (s.n && (s.p[0] == '-' || s.p[0] == '+') && s.p[at++] == '-')
        tare_buf_putc(&p->work, '-');
    size_t first = p->work.n;
    if (!take_digits(p, s, &at, 10))
        return false;
    if (p->work.p[first] == '0' && p->work.n > first + 1)
        return false; /* a zero before others */
    if (at < s.n && s.p[at] == '.') {
        tare_buf_putc(&p->work, '.');
        at++;
        if (!take_digits(p, s, &at, 10))
            return false;
    }
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
        tare_buf_putc(&p->work, 'e');
        at++;
        if (at < s.n && (s.p[at] == '-' || s.p[at] == '+'))
            tare_buf_putc(&p->work, s.p[at++]);
        if (!take_digits(p, s, &at, 10))
            return false;
    }
    return at == s.n;
}

/* 1979-05-27, with a time behind it or a time alone: kept as written. */
static bool date(struct tare_str s)
{
    bool day = s.n >= 10 && s.p[4] == '-' && s.p[7] == '-';
    bool hour = s.n >= 8 && s.p[2] == ':' && s.p[5] == ':';
    for (size_t i = 0; i < s.n; i++)
        if (!digit(s.p[i]) && !strchr("-:.+TtZz ", s.p[i]))
            return false;
    return s.n <= 40 && (day || hour) && digit(s.p[0]) && digit(s.p[1]);
}

/* Length of the word at p->at; a time may stand behind a date and a space. */
static size_t word_length(const struct tare__toml *p)
{
    size_t n = 0;
    for (char c = tare__toml_peek(p, n); bare(c) || (c && strchr(".+:", c));
         c = tare__toml_peek(p, n))
        n++;
    if (n != 10 || p->text.p[p->at + 4] != '-' || tare__toml_peek(p, n) != ' ' ||
        !digit(tare__toml_peek(p, n + 1)))
        return n;
    n++;
    for (char c = tare__toml_peek(p, n); digit(c) || (c && strchr(":.+-Zz", c));
         c = tare__toml_peek(p, n))
        n++;
    return n;
}

static enum tare_status scalar(struct tare__toml *p, struct tare_str *raw)
{
    struct tare_str s = tare_str_n(p->text.p + p->at, word_length(p));
    bool prefix = s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'o' || s.p[1] == 'b');
    if (tare_str_is(s, "true") || tare_str_is(s, "false")) {
        *raw = s;
    } else if (prefix ? based(p, s) : s.n && decimal(p, s)) {
        *raw = tare_buf_str(&p->work);
    } else if (s.n && date(s)) {
        tare_buf_reset(&p->work);
        tare_buf_printf(&p->work, "\"%.*s\"", TARE_FMT(s));
        *raw = tare_buf_str(&p->work);
    } else {
        return tare__toml_fail(p,
                               "this is no value: texts stand in quotes, numbers have no needless "
                               "zeros, and inf and nan are not taken");
    }
    p->at += s.n;
    *raw = tare_arena_copy(p->arena, *raw);
    return raw->p ? TARE_OK : tare_fail(p->err, TARE_E_NOMEM, "out of memory while reading TOML");
}

/* ---- values ------------------------------------------------------------------------------- */

static enum tare_status array(struct tare__toml *p, struct tare__toml_node *n)
{
    p->at++;
    for (;;) {
        struct tare__toml_node *item;
        enum tare_status st = tare__toml_space(p);
        if (st == TARE_OK && tare__toml_peek(p, 0) == ']')
            break;
        if (st == TARE_OK)
            st = tare__toml_value(p, (struct tare_str){NULL, 0}, &item);
        if (st != TARE_OK)
            return st;
        tare__toml_add(n, item);
        st = tare__toml_space(p);
        if (st != TARE_OK)
            return st;
        if (tare__toml_peek(p, 0) == ']')
            break;
        if (tare__toml_peek(p, 0) != ',')
            return tare__toml_fail(p,
                                   "values of a list have commas between them, and ']' at the end");
        p->at++;
    }
    p->at++;
    return TARE_OK;
}

static void close_all(struct tare__toml_node *n)
{
    n->closed = true;
    for (struct tare__toml_node *c = n->first; c; c = c->next)
        close_all(c);
}

static enum tare_status inline_table(struct tare__toml *p, struct tare__toml_node *n)
{
    p->at++;
    tare__toml_blank(p);
    while (tare__toml_peek(p, 0) != '}') {
        enum tare_status st = tare__toml_pair(p, n);
        tare__toml_blank(p);
        if (st != TARE_OK)
            return st;
        if (tare__toml_peek(p, 0) == '}')
            break;
        if (tare__toml_peek(p, 0) != ',')
            return tare__toml_fail(p, "keys of an inline table have commas between them");
        p->at++;
        tare__toml_blank(p);
        if (tare__toml_peek(p, 0) == '}')
            return tare__toml_fail(p, "no comma before the end of an inline table");
    }
    p->at++;
    close_all(n);
    return TARE_OK;
}

enum tare_status tare__toml_value(struct tare__toml *p, struct tare_str key,
                                  struct tare__toml_node **out)
{
    char c = tare__toml_peek(p, 0);
    struct tare__toml_node *n = tare__toml_new(p,
                                               c == '['   ? TOML_ARRAY
                                               : c == '{' ? TOML_TABLE
                                                          : TOML_RAW,
                                               key);
    enum tare_status st = TARE_OK;
    if (!n)
        return p->err->code;
    *out = n;
    if (++p->depth > TARE_MAX_YAML_DEPTH)
        return tare_fail(p->err, TARE_E_LIMIT, "values deeper than %u", TARE_MAX_YAML_DEPTH);
    if (c == '[') {
        st = array(p, n);
    } else if (c == '{') {
        st = inline_table(p, n);
    } else if (c == '"' || c == '\'') {
        struct tare_json_writer w;
        struct tare_str s;
        st = tare__toml_string(p, false, &s);
        if (st == TARE_OK) {
            tare_buf_reset(&p->work);
            tare_json_writer_init(&w, &p->work);
            tare_json_put_str(&w, s);
            n->raw = tare_arena_copy(p->arena, tare_buf_str(&p->work));
            if (!n->raw.p)
                st = tare_fail(p->err, TARE_E_NOMEM, "out of memory while reading TOML");
        }
    } else {
        st = scalar(p, &n->raw);
    }
    p->depth--;
    return st;
}

enum tare_status tare__toml_pair(struct tare__toml *p, struct tare__toml_node *table)
{
    struct tare_str key;
    uint32_t depth = 0;
    for (;;) {
        enum tare_status st = tare__toml_key(p, &key);
        if (st != TARE_OK)
            return st;
        tare__toml_blank(p);
        if (tare__toml_peek(p, 0) != '.')
            break;
        p->at++;
        tare__toml_blank(p);
        struct tare__toml_node *n = tare__toml_find(table, key);
        if (n && (n->kind != TOML_TABLE || n->closed))
            return tare__toml_fail(p, "this key has a value already");
        if (!n) {
            n = tare__toml_new(p, TOML_TABLE, key);
            if (!n)
                return p->err->code;
            tare__toml_add(table, n);
        }
        n->defined = true;
        table = n;
        if (++depth > TARE_MAX_YAML_DEPTH)
            return tare_fail(p->err, TARE_E_LIMIT, "keys deeper than %u", TARE_MAX_YAML_DEPTH);
    }
    if (tare__toml_find(table, key))
        return tare__toml_fail(p, "this key stands here for the second time");
    if (tare__toml_peek(p, 0) != '=')
        return tare__toml_fail(p, "behind a key comes '='");
    p->at++;
    tare__toml_blank(p);
    struct tare__toml_node *n;
    enum tare_status st = tare__toml_value(p, key, &n);
    if (st == TARE_OK)
        tare__toml_add(table, n);
    return st;
}
