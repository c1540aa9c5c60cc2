#include "plain_grammar.h"

#include <assert.h>

#define MAX_SYMBOLS 512
#define MAX_PRODUCTIONS 1024
#define MAX_ITEMS 1500 /* of one set */

/* Numbers below MAX_SYMBOLS are nonterminals; a set of characters is its node behind them. */
#define TERMINAL 0x10000u

struct production {
    uint32_t from, n, to[4];
};

struct item {
    uint32_t production, dot, origin;
};

struct set {
    struct item v[MAX_ITEMS];
    uint32_t n;
};

struct plain_chart {
    struct production v[MAX_PRODUCTIONS];
    uint32_t n, n_symbols, root;
    bool nullable[MAX_SYMBOLS], productive[MAX_SYMBOLS], left[MAX_SYMBOLS][MAX_SYMBOLS];
    struct set sets[PLAIN_SYMBOLS + 1];
    uint32_t read[PLAIN_SYMBOLS], n_read; /* characters */
    bool lost;
};

/* ---- characters ----------------------------------------------------------------------------- */

static const uint32_t characters[] = {'a',    'b',     'c',     'a',  0xe9, 0xea,
                                      0x20ac, 0x1f600, 0x1f603, '\n', '"',  'b'};

uint32_t plain_character(struct tare_rng *r)
{
    return characters[tare_rng_below(r, sizeof characters / sizeof *characters)];
}

void plain_utf8(uint32_t cp, struct tare_buf *out)
{
    if (cp < 0x80) {
        tare_buf_putc(out, (char)cp);
        return;
    }
    uint32_t more = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
    tare_buf_putc(out, (char)((0xff00u >> (more + 1) & 0xffu) | cp >> 6 * more));
    while (more--)
        tare_buf_putc(out, (char)(0x80 | (cp >> 6 * more & 0x3f)));
}

/* The characters that begin with these bytes; 0 when there are none. *used: bytes of the first. */
static bool decode(const uint32_t *b, uint32_t n, uint32_t *lo, uint32_t *hi, uint32_t *used)
{
    uint32_t more = b[0] < 0x80 ? 0 : b[0] < 0xe0 ? 1 : b[0] < 0xf0 ? 2 : 3;
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    *used = 1;
    *lo = *hi = b[0];
    if (more == 0)
        return true;
    if (b[0] < 0xc2 || b[0] > 0xf4)
        return false;
    *lo = b[0] & (0x3fu >> more);
    for (; *used <= more && *used < n; ++*used) {
        if (b[*used] < 0x80 || b[*used] > 0xbf)
            return false;
        *lo = *lo << 6 | (b[*used] & 0x3f);
    }
    uint32_t missing = more + 1 - *used;
    *hi = (*lo + 1) << 6 * missing;
    *lo <<= 6 * missing;
    --*hi;
    if (*lo < least[more])
        *lo = least[more];
    if (*lo >= 0xd800 && *lo <= 0xdfff)
        *lo = 0xe000;
    if (*hi >= 0xd800 && *hi <= 0xdfff)
        *hi = 0xd7ff;
    if (*hi > 0x10ffff)
        *hi = 0x10ffff;
    return *lo <= *hi;
}

/* Any character and any special token but one. */
static bool is_other(const struct plain_node *x)
{
    return x->kind == PLAIN_SET && x->negated && x->n && x->lo[0] >= PLAIN_TOKEN;
}

/* Whether the set has something of lo … hi. */
static bool meets(const struct plain_node *x, uint32_t lo, uint32_t hi)
{
    uint32_t at = lo;
    if (is_other(x))
        return lo != x->lo[0];
    for (uint32_t k = 0; k < x->n && !x->negated; k++)
        if (x->lo[k] <= hi && lo <= x->hi[k])
            return true;
    if (!x->negated || lo >= PLAIN_TOKEN)
        return false;
    for (uint32_t turn = 0; turn < x->n; turn++) /* ranges in any order */
        for (uint32_t k = 0; k < x->n; k++)
            if (x->lo[k] <= at && at <= x->hi[k])
                at = x->hi[k] + 1;
    return at <= hi;
}

/* ---- a random grammar ----------------------------------------------------------------------- */

static uint32_t grow(struct plain *p, const struct plain_options *o, struct tare_rng *r,
                     uint32_t depth);

static void grow_set(struct plain_node *x, const struct plain_options *o, struct tare_rng *r)
{
    x->negated = tare_rng_below(r, 6) == 0;
    x->n = x->negated ? tare_rng_below(r, 3) : 1 + tare_rng_below(r, 2);
    if (o->tokens && tare_rng_below(r, 8) == 0) {
        x->negated = false;
        x->n = 1;
        x->lo[0] = x->hi[0] = PLAIN_TOKEN + o->first_token + tare_rng_below(r, o->tokens);
        return;
    }
    for (uint32_t k = 0; k < x->n; k++) {
        x->lo[k] = plain_character(r);
        x->hi[k] = x->lo[k] + (tare_rng_below(r, 3) ? 0 : tare_rng_below(r, 4));
    }
}

/* !<[token]>* or + as node i. */
static uint32_t grow_others(struct plain *p, const struct plain_options *o, struct tare_rng *r,
                            uint32_t i)
{
    uint32_t token = PLAIN_TOKEN + o->first_token + tare_rng_below(r, o->tokens), kid = p->n++;
    p->v[kid] = (struct plain_node){
        .kind = PLAIN_SET, .negated = true, .n = 1, .lo = {token}, .hi = {token}};
    p->v[i] = (struct plain_node){
        .kind = PLAIN_REPEAT, .n = 1, .kid = {kid}, .min = tare_rng_below(r, 2), .max = PLAIN_ANY};
    return i;
}

static uint32_t grow(struct plain *p, const struct plain_options *o, struct tare_rng *r,
                     uint32_t depth)
{
    uint32_t i = p->n++, kind = depth && p->n < PLAIN_NODES - 12 ? tare_rng_below(r, 10) : 0;
    struct plain_node x = {.kind = PLAIN_SET};
    if (kind >= 8 && !o->regex) {
        x.kind = PLAIN_CALL;
        x.min = tare_rng_below(r, PLAIN_RULES);
    } else if (kind >= 6) {
        x.kind = PLAIN_REPEAT;
        x.n = 1;
        x.min = tare_rng_below(r, 3);
        x.max = tare_rng_below(r, 3) ? x.min + tare_rng_below(r, 4) : PLAIN_ANY;
        if (x.max == 0)
            x.max = 1;
        if (o->tokens && tare_rng_below(r, 4) == 0)
            return grow_others(p, o, r, i);
    } else if (kind >= 2) {
        x.kind = kind >= 4 ? PLAIN_SEQ : PLAIN_ALT;
        x.n = 1 + tare_rng_below(r, 3);
        if (x.kind == PLAIN_ALT && tare_rng_below(r, 8) == 0)
            x.n = 0; /* the empty text */
    } else {
        grow_set(&x, o, r);
    }
    for (uint32_t k = 0; k < x.n && x.kind != PLAIN_SET; k++)
        x.kid[k] = grow(p, o, r, depth - 1);
    p->v[i] = x;
    return i;
}

/* ---- productions ---------------------------------------------------------------------------- */

static uint32_t symbol_of(const struct plain *p, uint32_t node)
{
    const struct plain_node *x = &p->v[node];
    if (x->kind == PLAIN_SET)
        return TERMINAL + node;
    return x->kind == PLAIN_CALL ? x->min : PLAIN_RULES + node;
}

static struct production *produce(struct plain_chart *c, uint32_t from)
{
    assert(c->n < MAX_PRODUCTIONS);
    c->v[c->n] = (struct production){.from = from};
    return &c->v[c->n++];
}

static void into(struct production *q, uint32_t symbol)
{
    q->to[q->n++] = symbol;
}

/* x{min,max}: so many copies in a row, each its own symbol; at the end nothing or, without a bound,
 * a loop. */
static void produce_repeat(struct plain_chart *c, const struct plain_node *x, uint32_t from,
                           uint32_t kid)
{
    uint32_t most = x->max == PLAIN_ANY ? x->min : x->max;
    for (uint32_t k = 0; k < most; k++) {
        struct production *q = produce(c, from);
        into(q, kid);
        if (k >= x->min)
            (void)produce(c, from);
        assert(c->n_symbols < MAX_SYMBOLS);
        into(q, c->n_symbols);
        from = c->n_symbols++;
    }
    if (x->max == PLAIN_ANY) {
        struct production *q = produce(c, from);
        into(q, kid);
        into(q, from);
    }
    (void)produce(c, from);
}

static void produce_node(struct plain *p, uint32_t i)
{
    struct plain_chart *c = p->chart;
    const struct plain_node *x = &p->v[i];
    uint32_t from = PLAIN_RULES + i;
    if (x->kind == PLAIN_REPEAT)
        produce_repeat(c, x, from, symbol_of(p, x->kid[0]));
    if (x->kind == PLAIN_SEQ) {
        struct production *q = produce(c, from);
        for (uint32_t k = 0; k < x->n; k++)
            into(q, symbol_of(p, x->kid[k]));
    }
    for (uint32_t k = 0; k < x->n && x->kind == PLAIN_ALT; k++)
        into(produce(c, from), symbol_of(p, x->kid[k]));
    if (x->kind == PLAIN_ALT && x->n == 0)
        (void)produce(c, from);
}

/* Of all symbols at once, until nothing changes. */
static void settle(struct plain_chart *c)
{
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < c->n; i++) {
            const struct production *q = &c->v[i];
            bool null = true, lives = true;
            for (uint32_t k = 0; k < q->n; k++) {
                bool terminal = q->to[k] >= TERMINAL;
                if (null && !terminal && !c->left[q->from][q->to[k]])
                    c->left[q->from][q->to[k]] = more = true;
                null = null && !terminal && c->nullable[q->to[k]];
                lives = lives && (terminal || c->productive[q->to[k]]);
            }
            more |= (null && !c->nullable[q->from]) || (lives && !c->productive[q->from]);
            c->nullable[q->from] |= null;
            c->productive[q->from] |= lives;
        }
    }
    for (uint32_t k = 0; k < c->n_symbols; k++)
        for (uint32_t i = 0; i < c->n_symbols; i++)
            for (uint32_t j = 0; c->left[i][k] && j < c->n_symbols; j++)
                c->left[i][j] |= c->left[k][j];
}

void plain_grow(struct plain *p, const struct plain_options *o, struct tare_rng *r,
                struct tare_arena *arena)
{
    *p = (struct plain){.n_rules = o->regex ? 1 : PLAIN_RULES};
    p->chart = TARE_NEW(arena, struct plain_chart);
    assert(p->chart);
    for (uint32_t k = 0; k < p->n_rules; k++)
        p->body[k] = grow(p, o, r, k ? 2 : 4);
    p->chart->n_symbols = PLAIN_RULES + p->n;
    for (uint32_t k = 0; k < p->n_rules; k++)
        into(produce(p->chart, k), symbol_of(p, p->body[k]));
    for (uint32_t i = 0; i < p->n; i++)
        produce_node(p, i);
    settle(p->chart);
    p->chart->n_read = UINT32_MAX;
}

bool plain_is_empty(const struct plain *p)
{
    return !p->chart->productive[0];
}

bool plain_is_left_recursive(const struct plain *p)
{
    for (uint32_t k = 0; k < p->chart->n_symbols; k++)
        if (p->chart->left[k][k])
            return true;
    return false;
}

/* ---- recognising ---------------------------------------------------------------------------- */

static void add(struct plain_chart *c, struct set *s, struct item x)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (memcmp(&s->v[i], &x, sizeof x) == 0)
            return;
    if (s->n < MAX_ITEMS)
        s->v[s->n++] = x;
    else
        c->lost = true;
}

bool plain_is_lost(const struct plain *p)
{
    return p->chart->lost;
}

static void predict(struct plain_chart *c, struct set *s, uint32_t symbol, uint32_t at)
{
    for (uint32_t i = 0; i < c->n; i++) {
        bool lives = c->v[i].from == symbol;
        for (uint32_t k = 0; k < c->v[i].n && lives; k++)
            lives = c->v[i].to[k] >= TERMINAL || c->productive[c->v[i].to[k]];
        if (lives)
            add(c, s, (struct item){i, 0, at});
    }
}

/* What follows from the items without reading. */
static void close_set(struct plain_chart *c, uint32_t at)
{
    struct set *s = &c->sets[at];
    for (uint32_t i = 0; i < s->n; i++) {
        struct item x = s->v[i];
        const struct production *q = &c->v[x.production];
        if (x.dot < q->n && q->to[x.dot] < TERMINAL) {
            predict(c, s, q->to[x.dot], at);
            if (c->nullable[q->to[x.dot]])
                add(c, s, (struct item){x.production, x.dot + 1, x.origin});
        } else if (x.dot == q->n) {
            const struct set *from = &c->sets[x.origin];
            for (uint32_t k = 0; k < from->n; k++) { /* grows while it is read, where it is s */
                struct item y = from->v[k];
                const struct production *z = &c->v[y.production];
                if (y.dot < z->n && z->to[y.dot] == q->from)
                    add(c, s, (struct item){y.production, y.dot + 1, y.origin});
            }
        }
    }
}

static bool can_read(const struct plain *p, uint32_t at, uint32_t lo, uint32_t hi)
{
    const struct set *s = &p->chart->sets[at];
    for (uint32_t i = 0; i < s->n; i++) {
        const struct production *q = &p->chart->v[s->v[i].production];
        uint32_t to = s->v[i].dot < q->n ? q->to[s->v[i].dot] : 0;
        if (to >= TERMINAL && meets(&p->v[to - TERMINAL], lo, hi))
            return true;
    }
    return false;
}

static void read(struct plain *p, uint32_t at, uint32_t character)
{
    struct plain_chart *c = p->chart;
    const struct set *s = &c->sets[at];
    struct set *next = &c->sets[at + 1];
    next->n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct production *q = &c->v[s->v[i].production];
        uint32_t to = s->v[i].dot < q->n ? q->to[s->v[i].dot] : 0;
        if (to >= TERMINAL && meets(&p->v[to - TERMINAL], character, character))
            add(c, next, (struct item){s->v[i].production, s->v[i].dot + 1, s->v[i].origin});
    }
    c->read[at] = character;
    close_set(c, at + 1);
}

bool plain_begins(struct plain *p, const uint32_t *symbols, uint32_t n, bool *complete)
{
    struct plain_chart *c = p->chart;
    uint32_t at = 0;
    *complete = false;
    if (c->n_read == UINT32_MAX) {
        c->sets[0].n = 0;
        predict(c, &c->sets[0], 0, 0);
        close_set(c, 0);
        c->n_read = 0;
    }
    for (uint32_t i = 0, used; i < n; i += used, at++) {
        uint32_t lo = symbols[i], hi = lo;
        used = 1;
        if (lo < PLAIN_TOKEN && !decode(symbols + i, n - i, &lo, &hi, &used))
            return false;
        if (lo != hi) /* begun only */
            return can_read(p, at, lo, hi);
        if (at >= c->n_read || c->read[at] != lo) { /* else it was read before */
            read(p, at, lo);
            c->n_read = at + 1;
        }
        if (c->sets[at + 1].n == 0)
            return false;
    }
    for (uint32_t i = 0; i < c->sets[at].n; i++) {
        struct item x = c->sets[at].v[i];
        *complete |= x.origin == 0 && c->v[x.production].from == 0 && x.dot == c->v[x.production].n;
    }
    return true;
}

/* ---- as text -------------------------------------------------------------------------------- */

static void write_character(uint32_t cp, bool regex, struct tare_buf *out)
{
    if (cp == '\n')
        tare_buf_puts(out, "\\n");
    else if (cp == '"' && !regex)
        tare_buf_puts(out, "\\\"");
    else if (cp > 0xffff)
        plain_utf8(cp, out);
    else if (cp >= 0x80 || cp < 0x20)
        tare_buf_printf(out, "\\u%04x", cp);
    else
        tare_buf_putc(out, (char)cp);
}

static bool is_literal(const struct plain_node *x)
{
    return x->kind == PLAIN_SET && x->n == 1 && !x->negated && x->lo[0] == x->hi[0] &&
           x->lo[0] < PLAIN_TOKEN;
}

static void write_set(const struct plain_node *x, bool regex, struct tare_buf *out)
{
    if (x->n == 0) {
        tare_buf_puts(out, regex ? "[^]" : ".");
    } else if (x->lo[0] >= PLAIN_TOKEN) {
        tare_buf_printf(out, "<[%u]>", x->lo[0] - PLAIN_TOKEN);
    } else if (is_literal(x)) {
        tare_buf_puts(out, regex ? "" : "\"");
        write_character(x->lo[0], regex, out);
        tare_buf_puts(out, regex ? "" : "\"");
    } else {
        tare_buf_puts(out, x->negated ? "[^" : "[");
        for (uint32_t k = 0; k < x->n; k++) {
            write_character(x->lo[k], regex, out);
            tare_buf_putc(out, '-');
            write_character(x->hi[k], regex, out);
        }
        tare_buf_putc(out, ']');
    }
}

/* What stands between the kids; literals of GBNF in a row are one. */
static void write_between(const struct plain *p, const struct plain_node *x, uint32_t k, bool regex,
                          struct tare_buf *out)
{
    if (x->kind == PLAIN_ALT)
        tare_buf_putc(out, '|');
    else if (!regex && is_literal(&p->v[x->kid[k - 1]]) && is_literal(&p->v[x->kid[k]]))
        out->n--;
    else if (!regex)
        tare_buf_putc(out, ' ');
}

static void write_node(const struct plain *p, const struct plain_options *o, uint32_t i,
                       struct tare_buf *out)
{
    const struct plain_node *x = &p->v[i];
    const char *open = o->regex ? "(?:" : "(";
    if (x->kind == PLAIN_SET) {
        write_set(x, o->regex, out);
        return;
    }
    if (x->kind == PLAIN_CALL) {
        tare_buf_printf(out, x->min ? "r%u" : "root", x->min);
        return;
    }
    if (x->kind == PLAIN_REPEAT && is_other(&p->v[x->kid[0]])) {
        tare_buf_printf(out, "!<[%u]>%c", p->v[x->kid[0]].lo[0] - PLAIN_TOKEN, x->min ? '+' : '*');
        return;
    }
    tare_buf_puts(out, open);
    if (x->n == 0)
        tare_buf_puts(out, o->regex ? "" : "\"\"");
    for (uint32_t k = 0; k < x->n; k++) {
        size_t at = out->n;
        if (k)
            write_between(p, x, k, o->regex, out);
        bool joined = out->n < at;
        at = out->n;
        write_node(p, o, x->kid[k], out);
        if (joined) { /* without the quotation mark that opens it */
            memmove(out->p + at, out->p + at + 1, out->n - at - 1);
            out->n--;
        }
    }
    tare_buf_putc(out, ')');
    if (x->kind != PLAIN_REPEAT)
        return;
    if (x->max == PLAIN_ANY && x->min < 2)
        tare_buf_putc(out, x->min ? '+' : '*');
    else if (x->max == PLAIN_ANY)
        tare_buf_printf(out, "{%u,}", x->min);
    else
        tare_buf_printf(out, "{%u,%u}", x->min, x->max);
}

void plain_write(const struct plain *p, const struct plain_options *o, struct tare_buf *out)
{
    for (uint32_t k = 0; k < p->n_rules; k++) {
        if (!o->regex)
            tare_buf_printf(out, k ? "r%u ::= " : "root ::= ", k);
        write_node(p, o, p->body[k], out);
        if (!o->regex)
            tare_buf_putc(out, '\n');
    }
}
