/* A picture of a grammar, as text for Graphviz. */
#include "text/grammar_int.h"

#include "base/buf.h"
#include "base/limits.h"

#include "base/banned.h"

static const char *const kind_names[] = {"never",  "empty",    "bytes",  "lexeme",
                                         "string", "sequence", "choice", "repeat",
                                         "call",   "object",   "token"};

static void label(struct tare_buf *b, const struct tare__node *x)
{
    tare_buf_puts(b, kind_names[x->kind]);
    if (x->kind == TARE_GRAMMAR_K_BYTES)
        for (uint32_t i = 0; i < x->n && i < 24; i++) {
            uint8_t c = x->u.bytes[i];
            bool plain = c > 0x20 && c < 0x7f && c != '"' && c != '\\';
            if (i == 0)
                tare_buf_putc(b, ' ');
            if (plain)
                tare_buf_putc(b, (char)c);
            else
                tare_buf_printf(b, "<%02x>", c);
        }
    else if (x->kind == TARE_GRAMMAR_K_CALL || x->kind == TARE_GRAMMAR_K_TOKEN)
        tare_buf_printf(b, " %u", x->n);
    else if (x->kind == TARE_GRAMMAR_K_LEX || x->kind == TARE_GRAMMAR_K_STRING)
        tare_buf_printf(b, " of %u states", x->u.dfa->n_states);
    if (x->hi == TARE_GRAMMAR_ANY && x->lo)
        tare_buf_printf(b, " {%u,}", x->lo);
    else if (x->hi && x->hi != TARE_GRAMMAR_ANY)
        tare_buf_printf(b, " {%u,%u}", x->lo, x->hi);
}

static void edges(struct tare_buf *b, const struct tare_grammar *g, uint32_t i)
{
    const struct tare__node *x = &g->nodes[i];
    if (x->kind == TARE_GRAMMAR_K_SEQ || x->kind == TARE_GRAMMAR_K_ALT)
        for (uint32_t k = 0; k < x->n; k++)
            tare_buf_printf(b, "  n%u -> n%u [label=\"%u\"];\n", i, x->u.kids[k], k + 1);
    else if (x->kind == TARE_GRAMMAR_K_REPEAT)
        tare_buf_printf(b, "  n%u -> n%u;\n", i, x->n);
    else if (x->kind == TARE_GRAMMAR_K_CALL)
        tare_buf_printf(b, "  n%u -> n%u [style=dashed];\n", i, g->rules[x->n].body);
    else if (x->kind == TARE_GRAMMAR_K_OBJECT) {
        const struct tare__object *o = x->u.object;
        for (uint32_t k = 0; k < o->n + o->n_extras; k++)
            tare_buf_printf(b, "  n%u -> n%u;\n", i,
                            k < o->n ? o->values[k] : o->extras[k - o->n].value);
    }
}

struct tare_str tare_grammar_dot(const struct tare_grammar *g, struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, 256 * TARE_MIB);
    tare_buf_puts(&b, "digraph grammar {\n");
    for (uint32_t i = 0; i < g->n; i++) {
        tare_buf_printf(&b, "  n%u [shape=%s, label=\"", i, i == g->root ? "box" : "oval");
        label(&b, &g->nodes[i]);
        tare_buf_puts(&b, "\"];\n");
        edges(&b, g, i);
    }
    tare_buf_puts(&b, "}\n");
    struct tare_str out =
        b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out;
}
