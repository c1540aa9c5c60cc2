#include "text/regex_int.h"
#include "text/utf8.h"

#include "base/banned.h"

void *tare__regex_fail(struct tare__regex_parser *p, enum tare_status st, const char *what)
{
    if (p->status == TARE_OK) {
        p->status =
            tare_fail_at(p->err, st, p->at, "S_REGEX: %s in /%.*s/", what, TARE_FMT(p->text));
        if (st == TARE_E_LIMIT)
            tare_err_hint(p->err, "write the pattern without it: matching is done in linear time");
    }
    return NULL;
}

static void *wrong(struct tare__regex_parser *p, const char *what)
{
    return tare__regex_fail(p, TARE_E_INPUT, what);
}

static int peek(const struct tare__regex_parser *p, size_t ahead)
{
    return p->at + ahead < p->text.n ? (unsigned char)p->text.p[p->at + ahead] : -1;
}

static bool eat(struct tare__regex_parser *p, char c)
{
    if (peek(p, 0) != c)
        return false;
    p->at++;
    return true;
}

static struct tare__regex_ast *make(struct tare__regex_parser *p, enum tare__regex_kind kind)
{
    struct tare__regex_ast *n = TARE_NEW(p->arena, struct tare__regex_ast);
    if (!n)
        return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
    n->kind = kind;
    return n;
}

static struct tare__regex_ast *chars(struct tare__regex_parser *p, struct tare__regex_set s,
                                     bool negate)
{
    if (!tare__regex_tidy(p->arena, &s, negate))
        return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
    struct tare__regex_ast *n = make(p, RX_CHARS);
    if (n && !tare_work_do(p->work, 4 + 5 * (uint64_t)s.n + p->n_sets / 4))
        n = tare__regex_fail(p, TARE_E_LIMIT, "its sets of characters are too many");
    if (!n)
        return NULL;
    for (n->set = 0; n->set < p->n_sets; n->set++) {
        const struct tare__regex_set *o = &p->sets[n->set];
        if (o->n == s.n && (s.n == 0 || memcmp(o->r, s.r, s.n * sizeof *s.r) == 0))
            return n;
    }
    if (p->n_sets == p->cap_sets) {
        uint32_t cap = p->cap_sets ? p->cap_sets * 2 : 8;
        struct tare__regex_set *grown = TARE_NEW_N(p->arena, struct tare__regex_set, cap);
        if (!grown)
            return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
        if (p->n_sets)
            memcpy(grown, p->sets, p->n_sets * sizeof *grown);
        p->sets = grown;
        p->cap_sets = cap;
    }
    p->sets[p->n_sets++] = s;
    return n;
}

static int hex(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_n(struct tare__regex_parser *p, size_t n, uint32_t *cp)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        int h = hex(peek(p, i));
        if (h < 0)
            return false;
        v = v << 4 | (uint32_t)h;
    }
    p->at += n;
    *cp = v;
    return true;
}

/* After \u. */
static bool unicode_escape(struct tare__regex_parser *p, uint32_t *cp)
{
    if (eat(p, '{')) {
        uint32_t v = 0;
        size_t digits = 0;
        for (int h = hex(peek(p, 0)); h >= 0; p->at++, digits++, h = hex(peek(p, 0)))
            if ((v = v << 4 | (uint32_t)h) > TARE__REGEX_MAX_CP)
                return false;
        *cp = v;
        return digits > 0 && eat(p, '}');
    }
    if (!hex_n(p, 4, cp))
        return false;
    uint32_t low;
    if (*cp >= 0xd800 && *cp < 0xdc00 && peek(p, 0) == '\\' && peek(p, 1) == 'u') {
        size_t back = p->at;
        p->at += 2;
        if (hex_n(p, 4, &low) && low >= 0xdc00 && low < 0xe000)
            *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
        else
            p->at = back;
    }
    return true;
}

static bool is_letter(int c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* The u flag allows only syntax characters after a backslash; the wild also escapes other
 * punctuation. */
static bool is_punctuation(int c)
{
    return c > 31 && c < 127 && !is_letter(c) && !(c >= '0' && c <= '9');
}

/* An escape that is one character; the backslash is eaten. False: it is not (status set). */
static bool char_escape(struct tare__regex_parser *p, bool in_class, uint32_t *cp)
{
    static const char from[] = "tnvfr", to[] = "\t\n\v\f\r";
    int c = peek(p, 0);
    p->at++;
    const char *f = c > 0 ? strchr(from, c) : NULL;
    if (f) {
        *cp = (uint32_t)to[f - from];
        return true;
    }
    if (c == '0' && !(peek(p, 0) >= '0' && peek(p, 0) <= '9')) {
        *cp = 0;
        return true;
    }
    if (c == 'c' && is_letter(peek(p, 0))) {
        *cp = (uint32_t)p->text.p[p->at++] & 31;
        return true;
    }
    if (c == 'x' && hex_n(p, 2, cp))
        return true;
    if (c == 'u' && unicode_escape(p, cp))
        return true;
    if (in_class && c == 'b') {
        *cp = 8;
        return true;
    }
    if (is_punctuation(c)) {
        *cp = (uint32_t)c;
        return true;
    }
    p->at--;
    (void)wrong(p, "an escape that is none");
    return false;
}

/* \d, \p{…} and the like into the set; 1 done, 0 none of them, -1 failed. */
static int set_escape(struct tare__regex_parser *p, struct tare__regex_set *s)
{
    int c = peek(p, 0);
    if (c > 0 && strchr("dDwWsS", c)) {
        p->at++;
        if (tare__regex_add_letter(p->arena, s, (char)c))
            return 1;
        (void)tare__regex_fail(p, TARE_E_NOMEM, "no memory");
        return -1;
    }
    if (c != 'p' && c != 'P')
        return 0;
    struct tare_str rest = tare_str_n(p->text.p + p->at, p->text.n - p->at);
    size_t close = tare_str_find(rest, TARE_S("}"));
    if (rest.n < 2 || rest.p[1] != '{' || close == SIZE_MAX) {
        (void)wrong(p, "\\p without {name}");
        return -1;
    }
    struct tare_str name = tare_str_n(rest.p + 2, close - 2);
    int known = tare__regex_add_property(p->arena, s, name, c == 'P');
    if (known < 0)
        (void)tare__regex_fail(p, TARE_E_NOMEM, "no memory");
    else if (known == 0)
        (void)tare__regex_fail(p, TARE_E_LIMIT, "a \\p{} that is not a general category");
    p->at += close + 1;
    return known == 1 ? 1 : -1;
}

static bool literal(struct tare__regex_parser *p, uint32_t *cp)
{
    unsigned n = tare_utf8_decode(p->text.p + p->at, p->text.p + p->text.n, cp);
    if (n == 0)
        return wrong(p, "bytes that are no UTF-8");
    p->at += n;
    return true;
}

/* One member of [...]: 1 a character, 2 a set, 0 failed. */
static int class_atom(struct tare__regex_parser *p, struct tare__regex_set *s, uint32_t *cp)
{
    if (!eat(p, '\\'))
        return literal(p, cp) ? 1 : 0;
    int known = set_escape(p, s);
    if (known)
        return known > 0 ? 2 : 0;
    return char_escape(p, true, cp) ? 1 : 0;
}

static struct tare__regex_ast *char_class(struct tare__regex_parser *p)
{
    struct tare__regex_set s = {0};
    bool negate = eat(p, '^');
    while (!eat(p, ']')) {
        uint32_t lo = 0, hi = 0;
        if (p->at >= p->text.n)
            return wrong(p, "a [ without its ]");
        int kind = class_atom(p, &s, &lo);
        if (!kind)
            return NULL;
        hi = lo;
        if (peek(p, 0) == '-' && peek(p, 1) >= 0 && peek(p, 1) != ']') {
            size_t dash = p->at++;
            int end = class_atom(p, &s, &hi);
            if (!end)
                return NULL;
            if (kind == 2 || end == 2) { /* the - stands for itself, as engines in use have it */
                if (!tare__regex_add(p->arena, &s, '-', '-') ||
                    (end == 1 && !tare__regex_add(p->arena, &s, hi, hi)))
                    return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
                hi = lo;
            } else if (hi < lo) {
                p->at = dash;
                return wrong(p, "a range that runs backwards");
            }
        }
        if (kind == 1 && !tare__regex_add(p->arena, &s, lo, hi))
            return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
    }
    return chars(p, s, negate);
}

static struct tare__regex_ast *alternatives(struct tare__regex_parser *p);

static struct tare__regex_ast *group(struct tare__regex_parser *p)
{
    if (eat(p, '?')) {
        int c = peek(p, 0), d = peek(p, 1);
        if (c == '=' || c == '!' || (c == '<' && (d == '=' || d == '!')))
            return tare__regex_fail(p, TARE_E_LIMIT, "look-around");
        if (c == '<') {
            while (p->at < p->text.n && p->text.p[p->at] != '>')
                p->at++;
            if (!eat(p, '>'))
                return wrong(p, "a group name without its >");
        } else if (!eat(p, ':')) {
            return wrong(p, "a group of unknown kind");
        }
    }
    if (++p->depth > TARE__REGEX_MAX_DEPTH)
        return tare__regex_fail(p, TARE_E_LIMIT, "groups nested too deeply");
    struct tare__regex_ast *n = alternatives(p);
    p->depth--;
    if (n && !eat(p, ')'))
        return wrong(p, "a ( without its )");
    return n;
}

static struct tare__regex_ast *assertion(struct tare__regex_parser *p, enum tare__regex_op op)
{
    struct tare__regex_ast *n = make(p, RX_ASSERT);
    if (n)
        n->assert = op;
    return n;
}

static struct tare__regex_ast *escape(struct tare__regex_parser *p)
{
    struct tare__regex_set s = {0};
    uint32_t cp = 0;
    int c = peek(p, 0);
    if (c == 'b' || c == 'B') {
        p->at++;
        return assertion(p, c == 'b' ? RX_WORD : RX_NOT_WORD);
    }
    if ((c >= '1' && c <= '9') || c == 'k')
        return tare__regex_fail(p, TARE_E_LIMIT, "a back reference");
    int known = set_escape(p, &s);
    if (known < 0 || (known == 0 && !char_escape(p, false, &cp)))
        return NULL;
    if (known == 0 && !tare__regex_add(p->arena, &s, cp, cp))
        return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
    return chars(p, s, false);
}

static struct tare__regex_ast *dot(struct tare__regex_parser *p)
{
    struct tare__regex_set s = {0};
    if (!tare__regex_add(p->arena, &s, '\n', '\n') || !tare__regex_add(p->arena, &s, '\r', '\r') ||
        !tare__regex_add(p->arena, &s, 0x2028, 0x2029))
        return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
    return chars(p, s, true);
}

static struct tare__regex_ast *atom(struct tare__regex_parser *p)
{
    struct tare__regex_set s = {0};
    uint32_t cp;
    int c = peek(p, 0);
    switch (c) {
    case '^':
    case '$':
        p->at++;
        return assertion(p, c == '^' ? RX_START : RX_END);
    case '(':
        p->at++;
        return group(p);
    case '[':
        p->at++;
        return char_class(p);
    case '.':
        p->at++;
        return dot(p);
    case '\\':
        p->at++;
        return escape(p);
    case '*':
    case '+':
    case '?':
        return wrong(p, "nothing to repeat");
    default:
        if (!literal(p, &cp))
            return NULL;
        if (!tare__regex_add(p->arena, &s, cp, cp))
            return tare__regex_fail(p, TARE_E_NOMEM, "no memory");
        return chars(p, s, false);
    }
}

/* {n}, {n,} or {n,m}; false, and nothing eaten, when it is none (then { is a character). */
static bool braces(struct tare__regex_parser *p, uint32_t *min, uint32_t *max)
{
    size_t back = p->at++;
    uint32_t v[2] = {0, UINT32_MAX};
    int i = 0;
    for (size_t from = p->at;; from = p->at) {
        uint32_t x = 0;
        for (; peek(p, 0) >= '0' && peek(p, 0) <= '9'; p->at++)
            x = x > 100000 ? x : x * 10 + (uint32_t)(peek(p, 0) - '0');
        if (p->at > from)
            v[i] = x;
        else if (i == 0)
            break;
        if (eat(p, '}')) {
            *min = v[0];
            *max = i ? v[1] : v[0];
            return true;
        }
        if (i++ == 1 || !eat(p, ','))
            break;
    }
    p->at = back;
    return false;
}

static struct tare__regex_ast *repeated(struct tare__regex_parser *p)
{
    struct tare__regex_ast *n = atom(p);
    uint32_t min = 0, max = UINT32_MAX;
    int c = peek(p, 0);
    if (!n || !(c == '*' || c == '+' || c == '?' || c == '{'))
        return n;
    if (c == '{') {
        if (!braces(p, &min, &max))
            return n;
    } else {
        p->at++;
        min = c == '+';
        max = c == '?' ? 1 : UINT32_MAX;
    }
    (void)eat(p, '?'); /* lazy: the same texts match */
    if (max < min)
        return wrong(p, "a repeat whose numbers run backwards");
    if (n->kind == RX_ASSERT)
        return wrong(p, "an assertion that is repeated");
    struct tare__regex_ast *r = make(p, RX_REPEAT);
    if (r) {
        r->min = min;
        r->max = max;
        r->child = n;
    }
    c = peek(p, 0);
    return c == '*' || c == '+' || c == '?' ? wrong(p, "a repeat of a repeat") : r;
}

static struct tare__regex_ast *sequence(struct tare__regex_parser *p)
{
    struct tare__regex_ast *cat = make(p, RX_CAT), **tail = cat ? &cat->child : NULL;
    while (tail && p->at < p->text.n && peek(p, 0) != '|' && peek(p, 0) != ')') {
        if (!(*tail = repeated(p)))
            return NULL;
        tail = &(*tail)->next;
    }
    return cat;
}

static struct tare__regex_ast *alternatives(struct tare__regex_parser *p)
{
    struct tare__regex_ast *first = sequence(p);
    if (!first || peek(p, 0) != '|')
        return first;
    struct tare__regex_ast *alt = make(p, RX_ALT), *last = first;
    if (!alt)
        return NULL;
    alt->child = first;
    while (eat(p, '|')) {
        if (!(last->next = sequence(p)))
            return NULL;
        last = last->next;
    }
    return alt;
}

struct tare__regex_ast *tare__regex_parse(struct tare__regex_parser *p)
{
    struct tare__regex_ast *n = alternatives(p);
    if (n && p->at < p->text.n)
        return wrong(p, "a ) without its (");
    return n;
}
