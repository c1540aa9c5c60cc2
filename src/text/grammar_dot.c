/* A picture of a grammar, as text for Graphviz: what can be reached from its root; white space
 * between the parts of objects is left out. */
#include "text/grammar_int.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"

#include "base/banned.h"

#define MAX_SHOWN 40u   /* bytes of a text */
#define MAX_WORDS 4u    /* of an automaton */
#define MAX_LOOKS 4000u /* transitions followed to find them */
#define MAX_WORD 24u

/* One byte of a label. */
static void put_byte(struct tare_buf *b, uint8_t c)
{
    if (c == '"' || c == '\\')
        tare_buf_printf(b, "\\%c", (char)c);
    else if (c < 0x20 || c >= 0x7f)
        tare_buf_printf(b, "<%02x>", c);
    else
        tare_buf_putc(b, (char)c);
}

static void put_text(struct tare_buf *b, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n && i < MAX_SHOWN; i++)
        put_byte(b, p[i]);
    if (n > MAX_SHOWN)
        tare_buf_puts(b, "...");
}

/* Texts that an automaton accepts, a few of the first. */
struct words {
    const struct tare_dfa *dfa;
    struct tare_buf *out;
    uint8_t word[MAX_WORD];
    uint32_t n, looks;
    bool all; /* there are no others */
};

/* Deep first, a byte at a time; depth is bounded by the length of a word. */
static void gather(struct words *w, uint32_t state, uint32_t depth)
{
    if (w->dfa->accepts[state]) {
        if (w->n == MAX_WORDS) {
            w->all = false;
            return;
        }
        tare_buf_puts(w->out, w->n++ ? " | " : "");
        put_text(w->out, w->word, depth);
    }
    for (unsigned c = 0; c < 256 && w->all; c++) {
        uint32_t next = tare_dfa_step(w->dfa, state, (unsigned char)c);
        if (next == TARE_DFA_DEAD)
            continue;
        w->all = depth < MAX_WORD && ++w->looks < MAX_LOOKS;
        if (!w->all)
            return;
        w->word[depth] = (uint8_t)c;
        gather(w, next, depth + 1);
    }
}

/* Nothing comes after this state. */
static bool is_end(const struct tare_dfa *d, uint32_t state)
{
    for (unsigned c = 0; c < 256; c++)
        if (tare_dfa_step(d, state, (unsigned char)c) != TARE_DFA_DEAD)
            return false;
    return d->accepts[state];
}

/* [a-z], where the automaton is of single bytes; false: it is not. */
static bool put_class(struct tare_buf *b, const struct tare_dfa *d)
{
    uint8_t in[257] = {0};
    for (unsigned c = 0; c < 256; c++) {
        uint32_t next = tare_dfa_step(d, TARE_DFA_START, (unsigned char)c);
        in[c] = next != TARE_DFA_DEAD;
        if (in[c] && !is_end(d, next))
            return false;
    }
    tare_buf_putc(b, '[');
    for (unsigned c = 0, from; c < 256; c++) {
        if (!in[c])
            continue;
        for (from = c; in[c + 1];)
            c++;
        put_byte(b, (uint8_t)from);
        if (c > from)
            tare_buf_putc(b, '-');
        if (c > from)
            put_byte(b, (uint8_t)c);
    }
    tare_buf_putc(b, ']');
    return true;
}

/* All texts where there are few, else how many states it takes. */
static void put_automaton(struct tare_buf *b, const struct tare_grammar *g,
                          const struct tare__node *x)
{
    struct tare_buf words;
    struct words w = {.dfa = x->u.dfa, .out = &words, .all = true};
    tare_buf_init(&words, g->arena->alc, TARE_KIB * 16);
    gather(&w, TARE_DFA_START, 0);
    if (w.all && w.n > 0)
        tare_buf_put(b, tare_buf_str(&words));
    else if (x->kind == TARE_GRAMMAR_K_STRING && x->free)
        tare_buf_puts(b, "any text");
    else if (!put_class(b, x->u.dfa))
        tare_buf_printf(b, "%s of %u states", x->kind == TARE_GRAMMAR_K_STRING ? "text" : "lexeme",
                        x->u.dfa->n_states);
    tare_buf_free(&words);
}

static void label(struct tare_buf *b, const struct tare_grammar *g, const struct tare__node *x)
{
    switch (x->kind) {
    case TARE_GRAMMAR_K_BYTES:
        put_text(b, x->u.bytes, x->n);
        break;
    case TARE_GRAMMAR_K_LEX:
    case TARE_GRAMMAR_K_STRING:
        put_automaton(b, g, x);
        break;
    case TARE_GRAMMAR_K_SEQ:
        tare_buf_puts(b, "sequence");
        break;
    case TARE_GRAMMAR_K_ALT:
        tare_buf_puts(b, "one of");
        break;
    case TARE_GRAMMAR_K_REPEAT:
        tare_buf_puts(b, "repeat");
        break;
    case TARE_GRAMMAR_K_CALL:
        tare_buf_puts(b, "rule ");
        put_text(b, (const uint8_t *)g->rules[x->n].name.p, g->rules[x->n].name.n);
        break;
    case TARE_GRAMMAR_K_TOKEN:
        tare_buf_printf(b, "token %u", x->n);
        break;
    case TARE_GRAMMAR_K_OBJECT:
        tare_buf_puts(b, "{ }");
        break;
    default:
        tare_buf_puts(b, x->kind == TARE_GRAMMAR_K_EMPTY ? "nothing" : "never");
    }
    if (x->hi == TARE_GRAMMAR_ANY && x->lo)
        tare_buf_printf(b, " {%u,}", x->lo);
    else if (x->hi && x->hi != TARE_GRAMMAR_ANY)
        tare_buf_printf(b, " {%u,%u}", x->lo, x->hi);
}

/* The picture under way: nodes that are reached but not drawn yet. */
struct picture {
    const struct tare_grammar *g;
    struct tare_buf *out;
    uint8_t *seen;
    uint32_t *todo, n;
};

/* An edge; a long label, of a key, is cut. */
static void edge(struct picture *p, uint32_t from, uint32_t to, const char *style,
                 struct tare_str text)
{
    tare_buf_printf(p->out, "  n%u -> n%u [style=%s, label=\"", from, to, style);
    put_text(p->out, (const uint8_t *)text.p, text.n);
    tare_buf_puts(p->out, "\"];\n");
    if (!p->seen[to]) {
        p->seen[to] = 1;
        p->todo[p->n++] = to;
    }
}

/* The key of a member, without the quote that ends it. */
static struct tare_str key_of(const struct tare__object *o, uint32_t member)
{
    for (uint32_t i = 0; i < o->n; i++)
        if (o->keys[i].member == member)
            return tare_str_n(o->keys[i].text.p, o->keys[i].text.n ? o->keys[i].text.n - 1 : 0);
    return TARE_S("");
}

static void edges(struct picture *p, uint32_t i)
{
    const struct tare__node *x = &p->g->nodes[i];
    if (x->kind == TARE_GRAMMAR_K_SEQ || x->kind == TARE_GRAMMAR_K_ALT)
        for (uint32_t k = 0; k < x->n; k++) {
            char number[16];
            int n = snprintf(number, sizeof number, "%u", k + 1);
            edge(p, i, x->u.kids[k], "solid",
                 tare_str_n(number, x->kind == TARE_GRAMMAR_K_SEQ ? (size_t)n : 0));
        }
    else if (x->kind == TARE_GRAMMAR_K_REPEAT)
        edge(p, i, x->n, "solid", TARE_S(""));
    else if (x->kind == TARE_GRAMMAR_K_CALL)
        edge(p, i, p->g->rules[x->n].body, "dotted", TARE_S(""));
    else if (x->kind == TARE_GRAMMAR_K_OBJECT) {
        const struct tare__object *o = x->u.object;
        for (uint32_t k = 0; k < o->n; k++)
            edge(p, i, o->values[k], o->required[k] ? "solid" : "dashed", key_of(o, k));
        for (uint32_t k = 0; k < o->n_extras && !o->list; k++)
            edge(p, i, o->extras[k].value, "dashed", TARE_S("(other keys)"));
    }
}

static void draw(struct picture *p)
{
    static const char *const shapes[] = {
        [TARE_GRAMMAR_K_SEQ] = "cds",       [TARE_GRAMMAR_K_ALT] = "diamond",
        [TARE_GRAMMAR_K_REPEAT] = "oval",   [TARE_GRAMMAR_K_CALL] = "hexagon",
        [TARE_GRAMMAR_K_OBJECT] = "folder", [TARE_GRAMMAR_K_TOKEN] = "component"};
    tare_buf_puts(p->out, "digraph grammar {\n  rankdir=LR;\n");
    p->seen[p->g->root] = 1;
    p->todo[p->n++] = p->g->root;
    while (p->n > 0) {
        uint32_t i = p->todo[--p->n];
        uint8_t kind = p->g->nodes[i].kind;
        const char *shape = kind < sizeof shapes / sizeof *shapes ? shapes[kind] : NULL;
        tare_buf_printf(p->out, "  n%u [shape=%s, peripheries=%d, label=\"", i,
                        shape ? shape : "box", i == p->g->root ? 2 : 1);
        label(p->out, p->g, &p->g->nodes[i]);
        tare_buf_puts(p->out, "\"];\n");
        edges(p, i);
    }
    tare_buf_puts(p->out, "}\n");
}

struct tare_str tare_grammar_dot(const struct tare_grammar *g, struct tare_arena *arena)
{
    struct tare_buf b;
    struct picture p = {.g = g,
                        .out = &b,
                        .seen = TARE_NEW_N(arena, uint8_t, g->n + 1u),
                        .todo = TARE_NEW_N(arena, uint32_t, g->n + 1u)};
    if (!p.seen || !p.todo)
        return (struct tare_str){0};
    tare_buf_init(&b, NULL, 256 * TARE_MIB);
    draw(&p);
    struct tare_str out =
        b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out;
}
