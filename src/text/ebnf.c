/*
 * EBNF as the W3C writes it (XML 1.0, section 6), told anew as GBNF: rules may span lines, strings
 * have no escapes, characters are #xN, comments stand in slashes and stars. A list of places leads
 * from the GBNF back, so that faults are told where they are in the source.
 */
#include "text/grammar.h"

#include "base/buf.h"
#include "base/limits.h"
#include "text/utf8.h"

#include "base/banned.h"

#define MAX_TEXT TARE_MIB
#define MAX_TOLD (32 * TARE_MIB) /* of GBNF: a character takes ten bytes */

struct spot {
    size_t in, out;
};

struct source {
    struct tare_str text;
    size_t at;
    struct tare_buf out;
    struct tare_buf spots;   /* of struct spot, ascending */
    struct tare_str first;   /* rule */
    bool has_root, numbered; /* the first rule is "[1] name ::=" */
    enum tare_status status;
    struct tare_err *err;
};

static void fault(struct source *s, enum tare_status st, const char *what)
{
    if (s->status == TARE_OK)
        s->status = tare_fail_at(s->err, st, s->at, "%s", what);
}

static char peek(const struct source *s, size_t ahead)
{
    return s->at + ahead < s->text.n ? s->text.p[s->at + ahead] : '\0';
}

static bool take(struct source *s, const char *what)
{
    struct tare_str rest = tare_str_n(s->text.p + s->at, s->text.n - s->at);
    if (!tare_str_starts(rest, tare_str_of(what)))
        return false;
    s->at += strlen(what);
    return true;
}

/* What is written next comes from here. */
static void mark(struct source *s)
{
    struct spot spot = {s->at, s->out.n};
    tare_buf_put(&s->spots, tare_str_n((const char *)&spot, sizeof spot));
}

static void skip(struct source *s)
{
    for (;;) {
        while (s->at < s->text.n && strchr(" \t\r\n", s->text.p[s->at]))
            s->at++;
        if (peek(s, 0) != '/' || peek(s, 1) != '*')
            return;
        size_t end = tare_str_find(tare_str_n(s->text.p + s->at, s->text.n - s->at), TARE_S("*/"));
        if (end == SIZE_MAX) {
            fault(s, TARE_E_INPUT, "this comment does not end");
            return;
        }
        s->at += end + 2;
    }
}

/* #xN, or a character as it stands. */
static uint32_t character(struct source *s)
{
    uint32_t cp = 0;
    if (peek(s, 0) != '#' || peek(s, 1) != 'x') {
        unsigned n = tare_utf8_decode(s->text.p + s->at, s->text.p + s->text.n, &cp);
        if (n == 0)
            fault(s, TARE_E_INPUT, "the grammar is not valid UTF-8 here");
        s->at += n;
        return cp;
    }
    size_t from = s->at;
    for (s->at += 2; peek(s, 0); s->at++) {
        char c = peek(s, 0), letter = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            cp = cp << 4 | (uint32_t)(c - '0');
        else if (letter >= 'a' && letter <= 'f')
            cp = cp << 4 | (uint32_t)(letter - 'a' + 10);
        else
            break;
        if (cp > 0x10ffff)
            break;
    }
    if (s->at == from + 2 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) {
        s->at = from;
        fault(s, TARE_E_INPUT, "that is no code point");
    }
    return cp;
}

static void put_character(struct source *s, uint32_t cp)
{
    tare_buf_printf(&s->out, "\\U%08x", cp);
}

static void string(struct source *s)
{
    char quote = peek(s, 0);
    size_t from = s->at++;
    tare_buf_putc(&s->out, '"');
    while (s->status == TARE_OK && s->at < s->text.n && s->text.p[s->at] != quote) {
        uint32_t cp = 0;
        unsigned n = tare_utf8_decode(s->text.p + s->at, s->text.p + s->text.n, &cp);
        if (n == 0)
            fault(s, TARE_E_INPUT, "the grammar is not valid UTF-8 here");
        put_character(s, cp);
        s->at += n;
    }
    if (s->at >= s->text.n) {
        s->at = from;
        fault(s, TARE_E_INPUT, "the text in quotes does not end");
    }
    s->at++;
    tare_buf_putc(&s->out, '"');
}

static void class_of(struct source *s)
{
    size_t from = s->at++;
    tare_buf_puts(&s->out, take(s, "^") ? "[^" : "[");
    while (s->status == TARE_OK && s->at < s->text.n && peek(s, 0) != ']') {
        put_character(s, character(s));
        if (peek(s, 0) == '-' && peek(s, 1) && peek(s, 1) != ']') {
            s->at++;
            tare_buf_putc(&s->out, '-');
            put_character(s, character(s));
        }
    }
    if (s->at >= s->text.n) {
        s->at = from;
        fault(s, TARE_E_INPUT, "the class of characters does not end");
    }
    s->at++;
    tare_buf_putc(&s->out, ']');
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* The name of a rule that is used, or that begins here: "name ::=". */
static void name(struct source *s)
{
    size_t from = s->at;
    while (is_name(peek(s, 0)))
        s->at++;
    struct tare_str word = tare_str_n(s->text.p + from, s->at - from);
    skip(s);
    if (!take(s, "::=")) {
        if (!s->first.p) {
            s->at = from;
            fault(s, TARE_E_INPUT, "a rule is expected here: name ::= ...");
        }
        tare_buf_printf(&s->out, " %.*s ", TARE_FMT(word));
        return;
    }
    if (s->first.p)
        tare_buf_puts(&s->out, ")\n");
    else
        s->first = word;
    s->has_root = s->has_root || tare_str_is(word, "root");
    tare_buf_printf(&s->out, "%.*s ::= (", TARE_FMT(word));
}

/* "[12]" before a rule, as in the standards: its number, where the first rule has one too. */
static bool rule_number(struct source *s)
{
    size_t was = s->at, i = 1;
    if (s->first.p && !s->numbered)
        return false;
    while (peek(s, i) >= '0' && peek(s, i) <= '9')
        i++;
    i += peek(s, i) >= 'a' && peek(s, i) <= 'z' && i > 1;
    if (i == 1 || peek(s, i) != ']')
        return false;
    s->at += i + 1;
    skip(s);
    size_t end = s->at;
    while (is_name(peek(s, 0)))
        s->at++;
    bool named = s->at > end;
    skip(s);
    bool rule = named && peek(s, 0) == ':' && peek(s, 1) == ':' && peek(s, 2) == '=';
    s->at = rule ? end : was;
    s->numbered = s->numbered || rule;
    return rule;
}

static void item(struct source *s)
{
    char c = peek(s, 0);
    mark(s);
    if (c == '[' && rule_number(s))
        return;
    if (is_name(c) && c != '-')
        name(s);
    else if (!s->first.p)
        fault(s, TARE_E_INPUT, "a rule is expected here: name ::= ...");
    else if (c == '"' || c == '\'')
        string(s);
    else if (c == '#') {
        tare_buf_putc(&s->out, '"');
        put_character(s, character(s));
        tare_buf_putc(&s->out, '"');
    } else if (c == '[')
        class_of(s);
    else if (c && strchr("()|*+?", c)) {
        tare_buf_putc(&s->out, c);
        s->at++;
    } else if (c == '-')
        fault(s, TARE_E_LIMIT,
              "an exception (A - B) cannot be enforced: write what may come, as [^...]");
    else
        fault(s, TARE_E_INPUT,
              "this means nothing here: rules are written name ::= 'text' | [a-z]+ #xA (group)?");
}

/* The place in the source of a fault in what was told. */
static void told_place(const struct source *s)
{
    size_t at = 0;
    for (size_t i = 0; i + sizeof(struct spot) <= s->spots.n; i += sizeof(struct spot)) {
        struct spot spot;
        memcpy(&spot, s->spots.p + i, sizeof spot);
        if (spot.out > s->err->offset)
            break;
        at = spot.in;
    }
    s->err->offset = at;
}

/* Reads the source into s->out. */
static void tell(struct source *s)
{
    for (skip(s); s->status == TARE_OK && s->at < s->text.n; skip(s))
        item(s);
    if (s->status == TARE_OK && !s->first.p)
        fault(s, TARE_E_INPUT, "there is no rule");
    tare_buf_puts(&s->out, ")\n");
    if (!s->has_root)
        tare_buf_printf(&s->out, "root ::= %.*s\n", TARE_FMT(s->first));
    if (s->out.failed || s->spots.failed)
        fault(s, TARE_E_LIMIT, "the grammar is too long");
}

enum tare_status tare_grammar_from_ebnf(struct tare_str text, struct tare_arena *arena,
                                        struct tare_grammar **out, struct tare_err *err)
{
    struct tare_err own = {0};
    struct source s = {.text = text, .err = err ? err : &own};
    if (text.n > MAX_TEXT)
        return tare_fail(err, TARE_E_LIMIT, "a grammar of more than %zu bytes", (size_t)MAX_TEXT);
    tare_buf_init(&s.out, arena->alc, MAX_TOLD);
    tare_buf_init(&s.spots, arena->alc, MAX_TOLD);
    tell(&s);
    if (s.status == TARE_OK) {
        /* names are borrowed for as long as the grammar lives */
        struct tare_str told = tare_arena_copy(arena, tare_buf_str(&s.out));
        s.status = told.p ? tare_grammar_from_gbnf(told, NULL, arena, out, s.err)
                          : tare_fail(s.err, TARE_E_NOMEM, "no memory for a grammar");
        if (s.status != TARE_OK && s.err->has_offset)
            told_place(&s);
    }
    if (s.status != TARE_OK && s.status != TARE_E_NOMEM)
        tare_err_locate(s.err, text);
    tare_buf_free(&s.out);
    tare_buf_free(&s.spots);
    return s.status;
}
