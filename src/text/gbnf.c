/* GBNF, as llama.cpp's grammars/README.md describes it; and regular expressions as grammars. */
#include "text/grammar.h"

#include "base/buf.h"
#include "base/limits.h"
#include "text/utf8.h"
#include "text/vocab.h"

#include "base/banned.h"

#define MAX_DEPTH 200u
#define MAX_TEXT TARE_MIB

struct reader {
    struct tare_str text;
    const struct tare_vocab *vocab; /* or NULL */
    size_t at;
    struct tare_grammar *g;
    struct tare_arena *arena;
    struct tare_work work;
    struct tare_err *err;
    enum tare_status status;
    struct tare_str *names; /* of rules, by number */
    uint32_t n_names, cap_names, depth;
};

/* Nodes of a sequence or an alternative under way. */
struct list {
    uint32_t *v;
    uint32_t n, cap;
};

static uint32_t fault(struct reader *r, enum tare_status st, const char *what)
{
    if (!r->status)
        r->status = tare_fail_at(r->err, st, r->at, "%s", what);
    return TARE_GRAMMAR_NEVER;
}

static bool put(struct reader *r, struct list *l, uint32_t node)
{
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 8;
        uint32_t *more = TARE_NEW_N(r->arena, uint32_t, cap);
        if (!more)
            return fault(r, TARE_E_NOMEM, "no memory for a grammar");
        if (l->n)
            memcpy(more, l->v, l->n * sizeof *more);
        l->v = more;
        l->cap = cap;
    }
    l->v[l->n++] = node;
    return true;
}

static char peek(const struct reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool take(struct reader *r, char c)
{
    if (r->at >= r->text.n || r->text.p[r->at] != c)
        return false;
    r->at++;
    return true;
}

static void skip(struct reader *r, bool lines)
{
    while (r->at < r->text.n) {
        char c = r->text.p[r->at];
        if (c == '#')
            while (r->at < r->text.n && r->text.p[r->at] != '\n' && r->text.p[r->at] != '\r')
                r->at++;
        else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r')))
            r->at++;
        else
            break;
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static struct tare_str name(struct reader *r)
{
    size_t from = r->at;
    while (r->at < r->text.n && is_name(r->text.p[r->at]))
        r->at++;
    if (r->at == from)
        (void)fault(r, TARE_E_INPUT, "a rule's name is expected here");
    return tare_str_n(r->text.p + from, r->at - from);
}

static uint32_t rule_of(struct reader *r, struct tare_str word)
{
    for (uint32_t i = 0; i < r->n_names; i++)
        if (tare_str_eq(r->names[i], word))
            return i;
    if (r->n_names == r->cap_names) {
        uint32_t cap = r->cap_names ? r->cap_names * 2 : 32;
        struct tare_str *more = TARE_NEW_N(r->arena, struct tare_str, cap);
        if (!more)
            return fault(r, TARE_E_NOMEM, "no memory for a grammar");
        if (r->n_names)
            memcpy(more, r->names, r->n_names * sizeof *more);
        r->names = more;
        r->cap_names = cap;
    }
    if (r->n_names >= TARE_MAX_GRAMMAR_RULES)
        return fault(r, TARE_E_LIMIT, "more rules than a grammar may have");
    r->names[r->n_names++] = word;
    return tare_grammar_rule(r->g, word);
}

/* n hexadecimal digits. */
static uint32_t hex(struct reader *r, unsigned n)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < n; i++) {
        char c = peek(r);
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return fault(r, TARE_E_INPUT, "a hexadecimal digit is expected here");
        r->at++;
    }
    return value;
}

/* The code point of one character of a literal or a class, escapes undone. */
static uint32_t character(struct reader *r)
{
    uint32_t cp = 0;
    if (!take(r, '\\')) {
        unsigned n = tare_utf8_decode(r->text.p + r->at, r->text.p + r->text.n, &cp);
        if (n == 0)
            return fault(r, TARE_E_INPUT, "the grammar is not valid UTF-8 here");
        r->at += n;
        return cp;
    }
    char c = peek(r);
    r->at += r->at < r->text.n;
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x':
        return hex(r, 2);
    case 'u':
        cp = hex(r, 4);
        break;
    case 'U':
        cp = hex(r, 8);
        break;
    case '\\':
    case '"':
    case '[':
    case ']':
    case '-':
    case '^':
        return (unsigned char)c;
    default:
        r->at--;
        return fault(r, TARE_E_INPUT, "there is no such escape");
    }
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return fault(r, TARE_E_INPUT, "that is no code point");
    return cp;
}

/* What was gathered, or a fault. */
static struct tare_str gathered(struct reader *r, const struct tare_buf *b)
{
    if (b->failed)
        (void)fault(r, TARE_E_NOMEM, "no memory for a grammar");
    return tare_buf_str(b);
}

static uint32_t literal(struct reader *r)
{
    struct tare_buf b;
    tare_buf_init(&b, r->arena->alc, MAX_TEXT);
    while (!r->status && !take(r, '"')) {
        char utf8[4];
        if (r->at >= r->text.n) {
            (void)fault(r, TARE_E_INPUT, "the text in quotes does not end");
            break;
        }
        uint32_t cp = character(r);
        if (!r->status)
            tare_buf_put(&b, tare_str_n(utf8, tare_utf8_encode(cp, utf8)));
    }
    struct tare_str text = gathered(r, &b);
    uint32_t node = r->status ? TARE_GRAMMAR_NEVER : tare_grammar_bytes(r->g, text);
    tare_buf_free(&b);
    return node;
}

static uint32_t lexeme(struct reader *r, struct tare_str pattern)
{
    const struct tare_dfa *dfa = NULL;
    enum tare_status st = tare_dfa_pattern(
        pattern, false, (struct tare_dfa_bounds){TARE_MAX_GRAMMAR_DFA_STATES, &r->work}, r->arena,
        &dfa, NULL);
    if (st)
        return fault(r, st,
                     st == TARE_E_NOMEM ? "no memory for a grammar"
                                        : "the characters in brackets are too many");
    return tare_grammar_lex(r->g, dfa, 0, TARE_GRAMMAR_ANY);
}

/* One character or range of a class. */
static void class_range(struct reader *r, struct tare_buf *b)
{
    uint32_t lo = character(r), hi = lo;
    if (!r->status && peek(r) == '-' && r->at + 1 < r->text.n && r->text.p[r->at + 1] != ']') {
        r->at++;
        hi = character(r);
    }
    if (!r->status && hi < lo)
        (void)fault(r, TARE_E_INPUT, "a range of characters that ends before it begins");
    tare_buf_printf(b, "\\u{%x}-\\u{%x}", lo, hi);
}

/* [a-z] as the class of a regular expression, every character by its number. */
static uint32_t class_of(struct reader *r)
{
    struct tare_buf b;
    bool not = take(r, '^'), any = false;
    tare_buf_init(&b, r->arena->alc, MAX_TEXT);
    tare_buf_puts(&b, not ? "[^" : "[");
    while (!r->status && !take(r, ']')) {
        if (r->at >= r->text.n)
            (void)fault(r, TARE_E_INPUT, "the class of characters does not end");
        else
            class_range(r, &b);
        any = true;
    }
    tare_buf_putc(&b, ']');
    struct tare_str pattern = gathered(r, &b);
    uint32_t node = TARE_GRAMMAR_NEVER;
    if (!r->status && (any || not ))
        node = lexeme(r, any ? pattern : TARE_S("[\\s\\S]"));
    tare_buf_free(&b);
    return node;
}

static uint32_t number(struct reader *r)
{
    uint64_t n = 0;
    size_t from = r->at;
    for (; peek(r) >= '0' && peek(r) <= '9'; r->at++)
        n = n < 100000000 ? n * 10 + (uint64_t)(peek(r) - '0') : n;
    if (r->at == from)
        return fault(r, TARE_E_INPUT, "a number is expected here");
    return (uint32_t)n;
}

static uint32_t repeated(struct reader *r, uint32_t node)
{
    while (!r->status) {
        uint32_t min = 0, max = TARE_GRAMMAR_ANY;
        if (take(r, '+')) {
            min = 1;
        } else if (take(r, '?')) {
            max = 1;
        } else if (take(r, '{')) {
            skip(r, true);
            max = min = number(r);
            skip(r, true);
            if (take(r, ',')) {
                skip(r, true);
                max = peek(r) == '}' ? TARE_GRAMMAR_ANY : number(r);
                skip(r, true);
            }
            if (!take(r, '}'))
                return fault(r, TARE_E_INPUT, "a repetition that does not end with }");
            if (min > max)
                return fault(r, TARE_E_INPUT, "a repetition with more at least than at most");
        } else if (!take(r, '*')) {
            break;
        }
        node = tare_grammar_repeat(r->g, node, min, max);
    }
    return node;
}

static uint32_t alternatives(struct reader *r, bool nested);

/* <[its number]>, or the name of a special token, behind the <; a fault is told. */
static uint32_t token_id(struct reader *r)
{
    size_t from = r->at - 1;
    if (take(r, '[')) {
        uint32_t id = number(r);
        if (!r->status && (!take(r, ']') || !take(r, '>')))
            (void)fault(r, TARE_E_INPUT, "a token is written <[its number]> or <its name>");
        return id;
    }
    while (r->at < r->text.n && !strchr("> \t\r\n", r->text.p[r->at]))
        r->at++;
    if (!take(r, '>')) {
        (void)fault(r, TARE_E_INPUT, "a token is written <[its number]> or <its name>");
        return TARE_VOCAB_NONE;
    }
    struct tare_str word = tare_str_n(r->text.p + from, r->at - from);
    uint32_t id = r->vocab ? tare_vocab_special(r->vocab, word) : TARE_VOCAB_NONE;
    if (id == TARE_VOCAB_NONE) {
        r->at = from;
        (void)fault(r, TARE_E_INPUT,
                    r->vocab ? "the vocabulary has no special token of this name"
                             : "a token by its name needs a vocabulary");
    }
    return id;
}

static uint32_t token(struct reader *r)
{
    uint32_t id = token_id(r);
    return r->status ? TARE_GRAMMAR_NEVER : tare_grammar_token(r->g, id);
}

/* Any text and any special token but one, and but those that end the text. A token is not counted
 * by its bytes, so only "any number" of such tokens is a language of bytes. */
static uint32_t other_tokens(struct reader *r)
{
    size_t from = r->at - 1;
    struct list l = {0};
    uint32_t not = take(r, '<') ? token_id(r) : fault(r, TARE_E_INPUT, "a token is expected here");
    if (r->status)
        return TARE_GRAMMAR_NEVER;
    if (!r->vocab || not >= r->vocab->n_tokens || !(r->vocab->flags[not ] & TARE_VOCAB_SPECIAL)) {
        r->at = from;
        return fault(r, TARE_E_LIMIT,
                     "only special tokens of a vocabulary can be left out (!<...>): write what may "
                     "come instead");
    }
    skip(r, r->depth > 0);
    if (peek(r) != '*' && peek(r) != '+') {
        r->at = from;
        return fault(r, TARE_E_LIMIT,
                     "tokens are not counted: write !<...>* or !<...>+, or what may come instead");
    }
    bool more = put(r, &l, lexeme(r, TARE_S("[\\s\\S]")));
    for (uint32_t id = 0; more && id < r->vocab->n_tokens; id++)
        if (id != not &&r->vocab->flags[id] == TARE_VOCAB_SPECIAL)
            more = put(r, &l, tare_grammar_token(r->g, id));
    return r->status ? TARE_GRAMMAR_NEVER : tare_grammar_alt(r->g, l.v, l.n);
}

/* One item without its repetition; *more false: there is none. */
static uint32_t item(struct reader *r, bool *more)
{
    if (take(r, '"'))
        return literal(r);
    if (take(r, '['))
        return class_of(r);
    if (take(r, '<'))
        return token(r);
    if (take(r, '!'))
        return other_tokens(r);
    if (take(r, '.'))
        return lexeme(r, TARE_S("[\\s\\S]"));
    if (take(r, '(')) {
        if (++r->depth > MAX_DEPTH)
            return fault(r, TARE_E_LIMIT, "groups are nested too deep");
        uint32_t node = alternatives(r, true);
        r->depth--;
        skip(r, true);
        if (!r->status && !take(r, ')'))
            return fault(r, TARE_E_INPUT, "the group does not end with )");
        return node;
    }
    if (r->at < r->text.n && is_name(peek(r))) {
        uint32_t rule = rule_of(r, name(r));
        return r->status ? TARE_GRAMMAR_NEVER : tare_grammar_call(r->g, rule);
    }
    *more = false;
    return TARE_GRAMMAR_NEVER;
}

static uint32_t sequence(struct reader *r, bool nested)
{
    struct list l = {0};
    for (;;) {
        bool more = true;
        skip(r, nested);
        uint32_t node = item(r, &more);
        if (r->status || !more)
            break;
        skip(r, nested);
        if (!put(r, &l, repeated(r, node)))
            break;
    }
    return r->status ? TARE_GRAMMAR_NEVER : tare_grammar_seq(r->g, l.v, l.n);
}

static uint32_t alternatives(struct reader *r, bool nested)
{
    struct list l = {0};
    do {
        skip(r, true);
        if (!put(r, &l, sequence(r, nested)))
            break;
        skip(r, nested);
    } while (!r->status && take(r, '|'));
    return r->status ? TARE_GRAMMAR_NEVER : tare_grammar_alt(r->g, l.v, l.n);
}

static void read_rule(struct reader *r)
{
    size_t from = r->at;
    struct tare_str word = name(r);
    if (r->status)
        return;
    uint32_t rule = rule_of(r, word);
    skip(r, false);
    if (!r->status && (!take(r, ':') || !take(r, ':') || !take(r, '='))) {
        (void)fault(r, TARE_E_INPUT, "::= is expected here");
        return;
    }
    uint32_t node = alternatives(r, false);
    if (r->status)
        return;
    if (r->at < r->text.n && peek(r) != '\n' && peek(r) != '\r') {
        (void)fault(r, TARE_E_INPUT, "the rule should end here");
        return;
    }
    if (tare_grammar_is_defined(r->g, rule)) {
        r->at = from;
        (void)fault(r, TARE_E_INPUT, "this rule is defined twice");
        return;
    }
    tare_grammar_define(r->g, rule, node);
}

enum tare_status tare_grammar_from_gbnf(struct tare_str text, const struct tare_vocab *vocab,
                                        struct tare_arena *arena, struct tare_grammar **out,
                                        struct tare_err *err)
{
    struct tare_err own = {0};
    struct reader r = {.text = text,
                       .vocab = vocab,
                       .arena = arena,
                       .work = {.max = TARE_MAX_GRAMMAR_WORK},
                       .err = err ? err : &own};
    enum tare_status st = tare_grammar_open(arena, &r.g, err);
    if (st)
        return st;
    tare_grammar_limit(r.g, &r.work);
    if (text.n > MAX_TEXT)
        return tare_fail(err, TARE_E_LIMIT, "a grammar of more than %zu bytes", (size_t)MAX_TEXT);
    for (skip(&r, true); r.at < text.n && !r.status; skip(&r, true))
        read_rule(&r);
    uint32_t root = 0;
    while (!r.status && root < r.n_names && !tare_str_is(r.names[root], "root"))
        root++;
    if (!r.status && root == r.n_names)
        (void)fault(&r, TARE_E_INPUT, "there is no rule \"root\"");
    if (r.status) {
        tare_err_locate(r.err, text);
        return r.status;
    }
    st = tare_grammar_finish(r.g, tare_grammar_call(r.g, root), err);
    if (!st)
        *out = r.g;
    return st;
}

enum tare_status tare_grammar_from_regex(struct tare_str pattern, struct tare_arena *arena,
                                         struct tare_grammar **out, struct tare_err *err)
{
    const struct tare_dfa *dfa = NULL;
    struct tare_grammar *g = NULL;
    struct tare_work work = {.max = TARE_MAX_GRAMMAR_WORK};
    struct tare_dfa_bounds bounds = {TARE_MAX_GRAMMAR_DFA_STATES, &work};
    enum tare_status st = tare_dfa_pattern(pattern, false, bounds, arena, &dfa, err);
    if (!st)
        st = tare_grammar_open(arena, &g, err);
    if (!st)
        tare_grammar_limit(g, &work);
    if (!st)
        st = tare_grammar_finish(g, tare_grammar_lex(g, dfa, 0, TARE_GRAMMAR_ANY), err);
    if (!st)
        *out = g;
    return st;
}
