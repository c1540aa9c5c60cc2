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
            (void)tare__lower_ok(l, tare_fail(l->err, TARE_E_LIMIT,
                                              "a bound of over %d digits, or %d after the point",
                                              WHOLE_DIGITS, BROKEN_DIGITS));
        return NULL;
    }
    tare_buf_init(&t.b, l->arena->alc, TARE_MIB);
    bounded(&t, d, &s, least, least ? c->min_open : c->max_open);
    struct tare_str e = tare_arena_copy(l->arena, tare_buf_str(&t.b));
    bool failed = t.b.failed || !e.p;
    tare_buf_free(&t.b);
    if (failed) {
        (void)tare__lower_ok(l, tare_fail(l->err, TARE_E_NOMEM, "not enough memory"));
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

/* Numbers that are multiples of m / 10^e, with at most e digits after the point. States: 3 for a
 * single 0, then m remainders for each of: before the point, at it, after 1 to e digits. */
static const struct tare_dfa *remainders(struct tare__lower *l, uint32_t m, uint32_t e)
{
    uint32_t n = 4 + m * (e + 2);
    struct tare_dfa *d = tare__lower_new(l, sizeof *d);
    uint32_t *next = tare__lower_new(l, (size_t)n * N_CLASSES * sizeof *next);
    uint8_t *accepts = tare__lower_new(l, n);
    if (!d || !next || !accepts)
        return NULL;
    for (unsigned b = 0; b < 10; b++)
        d->class_of['0' + b] = (uint8_t)(C_DIGIT + b);
    d->class_of['-'] = C_MINUS;
    d->class_of['.'] = C_POINT;
    next[1 * N_CLASSES + C_MINUS] = 2;
    for (uint32_t from = 1; from <= 2; from++)
        for (uint32_t b = 0; b < 10; b++)
            next[from * N_CLASSES + C_DIGIT + b] = b ? 4 + b % m : 3;
    accepts[3] = 1;
    next[3 * N_CLASSES + C_POINT] = e ? 4 + m : 0;
    for (uint32_t layer = 0; layer < e + 2; layer++) {
        uint64_t left = power(layer ? e + 1 - layer : e, m);
        uint32_t to = layer == 0 ? 0 : layer + 1;
        for (uint32_t r = 0; r < m; r++) {
            uint32_t s = 4 + layer * m + r;
            accepts[s] = layer != 1 && r * left % m == 0;
            for (uint32_t b = 0; b < 10 && to < e + 2; b++)
                next[(size_t)s * N_CLASSES + C_DIGIT + b] =
                    4 + to * m + (uint32_t)(((uint64_t)r * 10 + b) % m);
            if (layer == 0 && e)
                next[(size_t)s * N_CLASSES + C_POINT] = 4 + m + r;
        }
    }
    d->n_states = n;
    d->n_classes = N_CLASSES;
    d->next = next;
    d->accepts = accepts;
    return d;
}

static const struct tare_dfa *multiple(struct tare__lower *l, const struct tare__schema_rule *r)
{
    uint64_t m = 0;
    int64_t e = (int64_t)r->number.n - r->number.exp;
    for (size_t i = 0; i < r->number.digits.n; i++)
        if (r->number.digits.p[i] != '.')
            m = m * 10 + (uint64_t)(r->number.digits.p[i] - '0');
    for (; e < 0 && m <= MAX_REMAINDERS; e++)
        m *= 10;
    if (e < 0 || e > BROKEN_DIGITS || m > MAX_REMAINDERS ||
        m * (uint64_t)(e + 2) > MAX_REMAINDERS) {
        (void)tare__lower_refuse(l, r, "it has too many remainders for an automaton");
        return NULL;
    }
    return remainders(l, (uint32_t)m, (uint32_t)e);
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
            dfa = e.p ? tare__lower_product(l, dfa, tare__lower_expression(l, e.p), TARE_DFA_MINUS)
                      : dfa;
        }
    }
    return dfa;
}

uint32_t tare__lower_number(struct tare__lower *l, const struct tare__case *c)
{
    bool free = !c->min && !c->max && !c->multiples && !c->out && !c->broken;
    const char *base = c->whole ? WHOLE : PLAIN;
    if (c->broken)
        base = WHOLE "\\.\\d{0,19}[1-9]";
    else if (free && !c->whole)
        base = PLAIN "([eE][+-]?\\d{1,3})?";
    const struct tare_dfa *dfa = tare__lower_expression(l, base), *b;
    if (c->min && (b = bound(l, c, true)) != NULL)
        dfa = tare__lower_product(l, dfa, b, TARE_DFA_AND);
    if (c->max && (b = bound(l, c, false)) != NULL)
        dfa = tare__lower_product(l, dfa, b, TARE_DFA_AND);
    for (const struct tare__rule_link *k = c->multiples; k && !l->stopped; k = k->next)
        if ((b = multiple(l, k->rule)) != NULL)
            dfa = tare__lower_product(l, dfa, b, TARE_DFA_AND);
    if (c->out)
        dfa = without(l, c, dfa);
    if (l->stopped || !dfa || dfa->empty)
        return TARE_GRAMMAR_NEVER;
    return tare_grammar_lex(l->g, dfa, 0, TARE_GRAMMAR_ANY);
}
