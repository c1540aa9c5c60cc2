/*
 * Numbers as automata over their spelling. A bound is an expression over digits, by length and
 * common prefix: "at least 25" is a longer number, or 2[6-9] or [3-9]\d, or 25. Bounds from both
 * sides, multiples and excluded values are products of automata.
 */
#include "base/limits.h"
#include "text/schema_lower.h"

#include "base/banned.h"

#define WHOLE_DIGITS 40
#define BROKEN_DIGITS 20
#define MAX_REMAINDERS 3000u

#define WHOLE "-?(0|[1-9]\\d{0,39})"
#define PLAIN WHOLE "(\\.\\d{1,20})?"
#define ANY_WHOLE "-?(0|[1-9]\\d*)"
#define COUNTED (WHOLE_DIGITS + 2) /* characters of a multiple */

/* A decimal as it is spelt: whole part, fraction without zeros at its end. */
struct spelt {
    char whole[WHOLE_DIGITS + 1], part[BROKEN_DIGITS + 1];
    uint32_t n_whole, n_part;
};

/* False: it does not fit. */
static bool spell(const struct tare__decimal *d, struct spelt *s)
{
    uint32_t at = 0;
    int64_t place = d->exp;
    *s = (struct spelt){.n_whole = 0};
    if (d->n == 0 || place <= 0)
        s->whole[s->n_whole++] = '0';
    if (d->n && (place > WHOLE_DIGITS || place < -BROKEN_DIGITS))
        return false;
    for (; d->n && place < 0; place++) {
        if (s->n_part == BROKEN_DIGITS)
            return false;
        s->part[s->n_part++] = '0';
    }
    for (size_t i = 0; i < d->digits.n && at < d->n; i++) {
        if (d->digits.p[i] == '.')
            continue;
        if ((int64_t)at < d->exp && d->exp > 0) {
            s->whole[s->n_whole++] = d->digits.p[i];
        } else {
            if (s->n_part == BROKEN_DIGITS)
                return false;
            s->part[s->n_part++] = d->digits.p[i];
        }
        at++;
    }
    for (; d->n && (int64_t)at < d->exp; at++)
        s->whole[s->n_whole++] = '0';
    return true;
}

struct text {
    struct tare_buf b;
    const char *fraction; /* any fraction, or "" for whole numbers */
    bool whole;
    bool any; /* an alternative was written */
};

static void begin(struct text *t)
{
    tare_buf_puts(&t->b, t->any ? "|" : "");
    t->any = true;
}

/* prefix of n digits, one digit of lo to hi, then exactly `rest` more (UINT32_MAX: any). */
static void digits(struct text *t, const char *prefix, uint32_t n, int lo, int hi, uint32_t rest)
{
    if (lo > hi)
        return;
    begin(t);
    tare_buf_put(&t->b, tare_str_n(prefix, n));
    tare_buf_printf(&t->b, "[%d-%d]", lo, hi);
    if (rest == UINT32_MAX)
        tare_buf_puts(&t->b, "\\d*");
    else
        tare_buf_printf(&t->b, "\\d{%u}", rest);
}

/* Fractions at least (most) that of s, which has digits; behind the point. */
static void fraction_digits(struct text *t, const struct spelt *s, bool least, bool open)
{
    t->any = false;
    for (uint32_t i = 0; i < s->n_part; i++) {
        int d = s->part[i] - '0';
        digits(t, s->part, i, least ? d + 1 : 0, least ? 9 : d - 1, UINT32_MAX);
        if (!least && i) {
            begin(t);
            tare_buf_put(&t->b, tare_str_n(s->part, i));
        }
    }
    if (least || !open) {
        begin(t);
        tare_buf_put(&t->b, tare_str_n(s->part, s->n_part));
        tare_buf_puts(&t->b, !least ? "0*" : open ? "\\d*[1-9]\\d*" : "\\d*");
    }
    t->any = true;
}

/* A whole part that equals that of s, and what may stand behind it. */
static void fraction(struct text *t, const struct spelt *s, bool least, bool open)
{
    if (s->n_part == 0 && open && (!least || t->whole))
        return;
    if (t->whole && least && s->n_part > 0)
        return;
    begin(t);
    tare_buf_put(&t->b, tare_str_n(s->whole, s->n_whole));
    if (t->whole)
        return;
    if (s->n_part == 0) {
        tare_buf_puts(&t->b, !least ? "(\\.0+)?" : open ? "\\.\\d*[1-9]\\d*" : "(\\.\\d+)?");
        return;
    }
    tare_buf_puts(&t->b, least ? "\\.(" : "(\\.(");
    fraction_digits(t, s, least, open);
    tare_buf_puts(&t->b, least ? ")" : "))?");
}

/* Numbers without a sign that are at least (or at most) s; open: and not s. */
static void compared(struct text *t, const struct spelt *s, bool least, bool open)
{
    uint32_t n = s->n_whole;
    if (least) {
        begin(t);
        tare_buf_printf(&t->b, "[1-9]\\d{%u,}%s", n, t->fraction);
    } else if (n > 1) {
        begin(t);
        tare_buf_printf(&t->b, "(0|[1-9]\\d{0,%u})%s", n - 2, t->fraction);
    }
    for (uint32_t i = 0; i < n; i++) {
        int d = s->whole[i] - '0', lowest = i == 0 && n > 1 ? 1 : 0;
        size_t before = t->b.n;
        if (least)
            digits(t, s->whole, i, d + 1, 9, n - i - 1);
        else
            digits(t, s->whole, i, lowest, d - 1, n - i - 1);
        if (t->b.n != before)
            tare_buf_puts(&t->b, t->fraction);
    }
    fraction(t, s, least, open);
}

static void group(struct text *t, const char *sign)
{
    begin(t);
    tare_buf_puts(&t->b, sign);
    tare_buf_putc(&t->b, '(');
    t->any = false;
}

/* Numbers at least (most) d, as an expression. */
static void bounded(struct text *t, const struct tare__decimal *d, const struct spelt *s,
                    bool least, bool open)
{
    bool zero = d->n == 0, minus = d->negative && !zero;
    if (least && !minus) {
        compared(t, s, true, open);
    } else if (!least && minus) {
        group(t, "-");
        compared(t, s, true, open);
        tare_buf_putc(&t->b, ')');
    } else if (!least && zero && open) {
        group(t, "-");
        compared(t, s, true, true);
        tare_buf_putc(&t->b, ')');
    } else {
        begin(t);
        tare_buf_printf(&t->b, "%s(0|[1-9]\\d*)%s", least ? "" : "-", t->fraction);
        struct text inner = *t;
        size_t mark = t->b.n;
        group(&inner, least ? "-" : "");
        size_t empty = inner.b.n;
        compared(&inner, s, false, open);
        bool nothing = inner.b.n == empty;
        tare_buf_putc(&inner.b, ')');
        t->b = inner.b;
        if (nothing)
            t->b.n = mark;
    }
    t->any = true;
}

static const struct tare_dfa *bound(struct tare__lower *l, const struct tare__case *c, bool least)
{
    const struct tare__decimal *d = least ? c->min : c->max;
    struct text t = {.fraction = c->whole ? "" : "(\\.\\d+)?", .whole = c->whole};
    struct spelt s;
    if (!spell(d, &s)) {
        bool harmless = d->exp > WHOLE_DIGITS && (least ? d->negative : !d->negative);
        if (!harmless)
            (void)tare__lower_refuse(l, least ? c->min_rule : c->max_rule,
                                     "a bound of over 40 digits, or 20 after the point");
        return NULL;
    }
    tare_buf_init(&t.b, l->arena->alc, TARE_MIB);
    bounded(&t, d, &s, least, least ? c->min_open : c->max_open);
    struct tare_str e = tare_arena_copy(l->arena, tare_buf_str(&t.b));
    bool failed = t.b.failed || !e.p;
    tare_buf_free(&t.b);
    if (failed) {
        (void)tare__lower_ok(l, tare_fail(&l->err, TARE_E_NOMEM, "not enough memory"));
        return NULL;
    }
    return tare__lower_expression(l, e.p);
}

/* ---- multiples --------------------------------------------------------------------------- */

enum { C_OTHER, C_DIGIT, C_MINUS = 11, C_POINT, N_CLASSES };

/* 10^n modulo m. */
static uint64_t power(uint32_t n, uint32_t m)
{
    uint64_t p = 1 % m;
    while (n-- > 0)
        p = p * 10 % m;
    return p;
}

/*
 * Numbers that are multiples of m × 10^z / 10^e; z or e is 0. States: 3 for a single 0, then layers
 * of m remainders: before the point, at it, behind 1 to e digits (or one zero); behind the last of
 * them only zeros follow. With z, states behind the layers count the zeros since a multiple of m.
 */
struct remainders {
    uint32_t m, e, z, layers, tail, n;
    uint32_t *next;
    uint8_t *accepts;
};

#define FIRST_LAYER 4u

static uint32_t *row_of(const struct remainders *t, uint32_t state)
{
    return t->next + (size_t)state * N_CLASSES;
}

/* Up to the first digit. */
static void begin_multiples(struct remainders *t)
{
    row_of(t, 1)[C_MINUS] = 2;
    for (uint32_t from = 1; from <= 2; from++)
        for (uint32_t b = 0; b < 10; b++)
            row_of(t, from)[C_DIGIT + b] = b ? FIRST_LAYER + b % t->m : 3;
    t->accepts[3] = 1;
    row_of(t, 3)[C_POINT] = FIRST_LAYER + t->m;
}

/* Digits before the point. */
static void whole_layer(struct remainders *t)
{
    uint64_t left = power(t->e, t->m);
    for (uint32_t r = 0; r < t->m; r++) {
        uint32_t s = FIRST_LAYER + r, *row = row_of(t, s);
        t->accepts[s] = !t->z && r * left % t->m == 0;
        for (uint32_t b = 0; b < 10; b++)
            row[C_DIGIT + b] = FIRST_LAYER + (uint32_t)(((uint64_t)r * 10 + b) % t->m);
        if (!t->z && (r == 0 || t->e))
            row[C_POINT] = FIRST_LAYER + t->m + r;
        if (t->z && r == 0)
            row[C_DIGIT] = t->tail;
    }
}

/* The point and the digits behind it. */
static void broken_layer(struct remainders *t, uint32_t layer)
{
    uint32_t behind = layer - 1, to = layer + 1 < t->layers ? layer + 1 : layer;
    bool zeros = behind >= t->e;
    uint64_t left = power(zeros ? 0 : t->e - behind, t->m);
    for (uint32_t r = 0; r < t->m; r++) {
        uint32_t s = FIRST_LAYER + layer * t->m + r, *row = row_of(t, s);
        t->accepts[s] = behind && r * left % t->m == 0;
        for (uint32_t b = 0; b < (zeros ? 1u : 10u); b++)
            row[C_DIGIT + b] =
                FIRST_LAYER + to * t->m + (zeros ? r : (uint32_t)(((uint64_t)r * 10 + b) % t->m));
    }
}

/* k + 1 zeros since a multiple of m. */
static void zeros_since(struct remainders *t, uint32_t k)
{
    uint32_t *row = row_of(t, t->tail + k);
    bool enough = k + 1 == t->z;
    t->accepts[t->tail + k] = enough;
    row[C_DIGIT] = t->tail + k + !enough;
    for (uint32_t b = 1; b < 10; b++)
        row[C_DIGIT + b] = FIRST_LAYER + b % t->m;
    if (enough)
        row[C_POINT] = FIRST_LAYER + t->m;
}

static const struct tare_dfa *remainders(struct tare__lower *l, uint32_t m, uint32_t e, uint32_t z)
{
    struct remainders t = {.m = m, .e = e, .z = z, .layers = (e ? e : 1) + 2};
    t.tail = FIRST_LAYER + m * t.layers;
    t.n = t.tail + z;
    struct tare_dfa *d = tare__lower_new(l, sizeof *d);
    t.next = tare__lower_new(l, (size_t)t.n * N_CLASSES * sizeof *t.next);
    t.accepts = tare__lower_new(l, t.n);
    if (!d || !t.next || !t.accepts)
        return NULL;
    *d = (struct tare_dfa){
        .n_states = t.n, .n_classes = N_CLASSES, .next = t.next, .accepts = t.accepts};
    for (unsigned b = 0; b < 10; b++)
        d->class_of['0' + b] = (uint8_t)(C_DIGIT + b);
    d->class_of['-'] = C_MINUS;
    d->class_of['.'] = C_POINT;
    begin_multiples(&t);
    whole_layer(&t);
    for (uint32_t layer = 1; layer < t.layers; layer++)
        broken_layer(&t, layer);
    for (uint32_t k = 0; k < z; k++)
        zeros_since(&t, k);
    return d;
}

/* NULL: stopped, or too many. */
static const struct tare_dfa *multiple(struct tare__lower *l, const struct tare__schema_rule *r)
{
    uint64_t m = 0;
    int64_t e = (int64_t)r->number.n - r->number.exp;
    for (size_t i = 0; i < r->number.digits.n; i++)
        if (r->number.digits.p[i] != '.')
            m = m * 10 + (uint64_t)(r->number.digits.p[i] - '0');
    uint64_t layers = e > 0 ? (uint64_t)e + 2 : 3;
    if (e < -WHOLE_DIGITS || e > BROKEN_DIGITS || m > MAX_REMAINDERS ||
        m * layers > MAX_REMAINDERS * 3)
        return NULL;
    return remainders(l, (uint32_t)m, e > 0 ? (uint32_t)e : 0, e < 0 ? (uint32_t)-e : 0);
}

/* Of the texts those that are multiples, and those that are not. */
static const struct tare_dfa *multiples(struct tare__lower *l, const struct tare__case *c,
                                        const struct tare_dfa *dfa)
{
    for (const struct tare__rule_link *k = c->multiples; k && !l->stopped; k = k->next) {
        const struct tare_dfa *b = multiple(l, k->rule);
        b = b ? tare__lower_product(l, dfa, b, k->no ? TARE_DFA_MINUS : TARE_DFA_AND) : NULL;
        if (!b && !l->stopped && k->no) {
            tare__lower_narrow(l, k->rule, "too many remainders for an automaton");
            return NULL;
        }
        if (!b && !l->stopped)
            (void)tare__lower_refuse(l, k->rule,
                                     "it has too many remainders for an automaton (3,000, together "
                                     "with bounds and other multiples)");
        dfa = b ? b : dfa;
    }
    return dfa;
}

/* ---- excluded values --------------------------------------------------------------------- */

static const struct tare_dfa *without(struct tare__lower *l, const struct tare__case *c,
                                      const struct tare_dfa *dfa)
{
    for (const struct tare__value_link *k = c->out; k; k = k->next) {
        struct tare_json v = k->list ? tare_json_first(k->v) : k->v;
        for (; v.doc; v = k->list ? tare_json_next(v) : (struct tare_json){0}) {
            struct spelt s;
            struct tare__decimal d = tare__decimal_of(tare_json_lexeme(v));
            if (tare_json_kind(v) != TARE_JSON_NUMBER || !spell(&d, &s))
                continue;
            struct tare_str e =
                tare_arena_printf(l->arena, "%s%.*s%s%.*s%s",
                                  d.n == 0     ? "-?"
                                  : d.negative ? "-"
                                               : "",
                                  (int)s.n_whole, s.whole, s.n_part ? "\\." : "", (int)s.n_part,
                                  s.part, s.n_part ? "0*" : "(\\.0+)?");
            const struct tare_dfa *rest =
                e.p ? tare__lower_product(l, dfa, tare__lower_expression(l, e.p), TARE_DFA_MINUS)
                    : dfa;
            struct tare__schema_rule r = {.keyword = k->list ? "enum" : "const", .at = k->v};
            if (!rest && !l->stopped)
                tare__lower_narrow(l, &r, "numbers without these have too large an automaton");
            if (!rest)
                return NULL;
            dfa = rest;
        }
    }
    return dfa;
}

static const struct tare_dfa *within(struct tare__lower *l, const struct tare__case *c,
                                     const struct tare_dfa *dfa, bool least)
{
    const struct tare_dfa *b = bound(l, c, least);
    const struct tare_dfa *both = b ? tare__lower_product(l, dfa, b, TARE_DFA_AND) : dfa;
    if (!both && !l->stopped)
        (void)tare__lower_refuse(l, least ? c->min_rule : c->max_rule,
                                 "with what else bounds the number its automaton is too large");
    return both ? both : dfa;
}

/* All numbers of the case's kind. The length of multiples is counted: else each digit would have
 * all remainders. */
static const char *spellings(const struct tare__case *c)
{
    bool free = !c->min && !c->max && !c->out;
    if (c->broken)
        return c->multiples ? ANY_WHOLE "\\.\\d*[1-9]" : WHOLE "\\.\\d{0,19}[1-9]";
    if (c->multiples)
        return c->whole ? ANY_WHOLE : ANY_WHOLE "(\\.\\d+)?";
    if (free && !c->whole)
        return PLAIN "([eE][+-]?\\d{1,3})?";
    return c->whole ? WHOLE : PLAIN;
}

uint32_t tare__lower_number(struct tare__lower *l, const struct tare__case *c)
{
    const struct tare_dfa *dfa = tare__lower_expression(l, spellings(c));
    if (c->min)
        dfa = within(l, c, dfa, true);
    if (c->max && dfa)
        dfa = within(l, c, dfa, false);
    if (dfa)
        dfa = multiples(l, c, dfa);
    if (c->out && dfa)
        dfa = without(l, c, dfa);
    if (l->stopped || !dfa || dfa->empty)
        return TARE_GRAMMAR_NEVER;
    return tare_grammar_lex(l->g, dfa, 0, c->multiples ? COUNTED : TARE_GRAMMAR_ANY);
}
