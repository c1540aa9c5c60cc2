#include "text/grammar_int.h"

#include "base/limits.h"

#include "base/banned.h"

static void spoil(struct tare_grammar *g, enum tare_status st)
{
    if (!g->err.code && st == TARE_E_NOMEM)
        (void)tare_fail(&g->err, TARE_E_NOMEM, "no memory for a grammar");
}

enum tare_status tare_grammar_open(struct tare_arena *arena, struct tare_grammar **out,
                                   struct tare_err *err)
{
    struct tare_grammar *g = TARE_NEW(arena, struct tare_grammar);
    if (!g)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
    g->arena = arena;
    g->cap = 64;
    g->nodes = TARE_NEW_N(arena, struct tare__node, g->cap);
    if (!g->nodes)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
    g->nodes[TARE_GRAMMAR_NEVER].kind = TARE_GRAMMAR_K_NEVER;
    g->nodes[TARE_GRAMMAR_EMPTY].kind = TARE_GRAMMAR_K_EMPTY;
    g->n = 2;
    *out = g;
    return TARE_OK;
}

void tare_grammar_limit(struct tare_grammar *g, struct tare_work *work)
{
    g->work = work;
}

const struct tare_err *tare_grammar_fault(const struct tare_grammar *g)
{
    return &g->err;
}

enum tare_status tare__grammar_over(struct tare_err *err)
{
    return tare_fail(err, TARE_E_LIMIT, "the grammar needs more steps than one compile may take");
}

/* A new node, NEVER when there is none to have. */
static uint32_t add(struct tare_grammar *g, struct tare__node node)
{
    if (!g->err.code && !tare_work_do(g->work, 10))
        (void)tare__grammar_over(&g->err);
    if (g->err.code)
        return TARE_GRAMMAR_NEVER;
    if (g->n >= TARE_MAX_GRAMMAR_NODES) {
        (void)tare_fail(&g->err, TARE_E_LIMIT, "a grammar of more than %u nodes",
                        TARE_MAX_GRAMMAR_NODES);
        return TARE_GRAMMAR_NEVER;
    }
    if (g->n == g->cap) {
        struct tare__node *more = TARE_NEW_N(g->arena, struct tare__node, (size_t)g->cap * 2);
        if (!more) {
            spoil(g, TARE_E_NOMEM);
            return TARE_GRAMMAR_NEVER;
        }
        memcpy(more, g->nodes, g->n * sizeof *more);
        g->nodes = more;
        g->cap *= 2;
    }
    g->nodes[g->n] = node;
    return g->n++;
}

uint32_t tare_grammar_bytes(struct tare_grammar *g, struct tare_str bytes)
{
    if (bytes.n == 0)
        return TARE_GRAMMAR_EMPTY;
    struct tare_str copy = tare_arena_copy(g->arena, bytes);
    if (!copy.p || copy.n > UINT32_MAX) {
        spoil(g, TARE_E_NOMEM);
        return TARE_GRAMMAR_NEVER;
    }
    return add(g, (struct tare__node){.kind = TARE_GRAMMAR_K_BYTES,
                                      .n = (uint32_t)copy.n,
                                      .u.bytes = (const uint8_t *)copy.p});
}

/* A lexeme or a string: the automaton with its lengths. */
static uint32_t add_text(struct tare_grammar *g, struct tare__node node)
{
    if (g->err.code || node.u.dfa->empty || node.lo > node.hi)
        return TARE_GRAMMAR_NEVER;
    if (node.lo || node.hi != TARE_GRAMMAR_ANY)
        g->counts = true;
    if (!node.free && (node.lo || node.hi != TARE_GRAMMAR_ANY)) {
        enum tare_status st =
            tare__fit_make(node.u.dfa, node.lo, node.hi, g->work, g->arena, &node.fit, &g->err);
        if (st || !tare__fit_has(node.fit, TARE_DFA_START, node.lo, node.hi))
            return TARE_GRAMMAR_NEVER;
    }
    return add(g, node);
}

uint32_t tare_grammar_lex(struct tare_grammar *g, const struct tare_dfa *dfa, uint32_t lo,
                          uint32_t hi)
{
    return add_text(
        g, (struct tare__node){.kind = TARE_GRAMMAR_K_LEX, .lo = lo, .hi = hi, .u.dfa = dfa});
}

/* Makes the automata of any text and of text without need of escapes, once. */
static bool ready_texts(struct tare_grammar *g)
{
    if (g->err.code)
        return false;
    if (g->plain)
        return true;
    if (tare_dfa_utf8(g->arena, &g->utf8, &g->err))
        return false;
    struct tare_dfa *plain = TARE_NEW(g->arena, struct tare_dfa);
    struct tare_dfa *names = TARE_NEW(g->arena, struct tare_dfa);
    uint32_t n = g->utf8->n_states, k = g->utf8->n_classes;
    uint32_t *next = TARE_NEW_N(g->arena, uint32_t, (size_t)n * (k + 1));
    if (!plain || !names || !next) {
        spoil(g, TARE_E_NOMEM);
        return false;
    }
    *plain = *g->utf8; /* one class more, which leads nowhere */
    for (uint32_t s = 0; s < n; s++)
        memcpy(next + (size_t)s * (k + 1), g->utf8->next + (size_t)s * k, k * sizeof *next);
    plain->next = next;
    plain->n_classes = k + 1;
    for (unsigned b = 0; b < 0x20; b++)
        plain->class_of[b] = (uint8_t)k;
    *names = *plain;
    for (const char *letter = "\"\\bfnrt"; *letter; letter++) {
        unsigned char text = tare__short_escape((unsigned char)*letter);
        names->class_of[text] = g->utf8->class_of[text];
    }
    plain->class_of['"'] = plain->class_of['\\'] = (uint8_t)k;
    g->plain = plain;
    g->names = names;
    return true;
}

uint32_t tare_grammar_string(struct tare_grammar *g, const struct tare_dfa *dfa, uint32_t lo,
                             uint32_t hi, bool escapes)
{
    struct tare__node node = {.kind = TARE_GRAMMAR_K_STRING,
                              .lo = lo,
                              .hi = hi,
                              .escapes = escapes,
                              .free = dfa == NULL,
                              .u.dfa = dfa};
    if (!ready_texts(g))
        return TARE_GRAMMAR_NEVER;
    if (!dfa)
        node.u.dfa = escapes ? g->utf8 : g->plain;
    else if (!escapes && tare_dfa_product(dfa, g->plain, TARE_DFA_AND,
                                          tare__grammar_bounds(g, TARE_MAX_GRAMMAR_DFA_STATES),
                                          g->arena, &node.u.dfa, &g->err))
        return TARE_GRAMMAR_NEVER;
    return add_text(g, node);
}

static uint32_t add_kids(struct tare_grammar *g, enum tare_grammar_kind kind, const uint32_t *nodes,
                         uint32_t n)
{
    uint32_t *kids = TARE_NEW_N(g->arena, uint32_t, n);
    (void)tare_work_do(g->work, n);
    if (!kids) {
        spoil(g, TARE_E_NOMEM);
        return TARE_GRAMMAR_NEVER;
    }
    memcpy(kids, nodes, n * sizeof *kids);
    return add(g, (struct tare__node){.kind = (uint8_t)kind, .n = n, .u.kids = kids});
}

uint32_t tare_grammar_seq(struct tare_grammar *g, const uint32_t *nodes, uint32_t n)
{
    if (n < 2)
        return n ? nodes[0] : TARE_GRAMMAR_EMPTY;
    return add_kids(g, TARE_GRAMMAR_K_SEQ, nodes, n);
}

uint32_t tare_grammar_alt(struct tare_grammar *g, const uint32_t *nodes, uint32_t n)
{
    if (n < 2)
        return n ? nodes[0] : TARE_GRAMMAR_NEVER;
    return add_kids(g, TARE_GRAMMAR_K_ALT, nodes, n);
}

uint32_t tare_grammar_repeat(struct tare_grammar *g, uint32_t node, uint32_t min, uint32_t max)
{
    if (min > max)
        return TARE_GRAMMAR_NEVER;
    if (max == 0)
        return TARE_GRAMMAR_EMPTY;
    if (min == 1 && max == 1)
        return node;
    if (min > 1 || (max != TARE_GRAMMAR_ANY && max > 1))
        g->counts = true;
    return add(g,
               (struct tare__node){.kind = TARE_GRAMMAR_K_REPEAT, .n = node, .lo = min, .hi = max});
}

uint32_t tare_grammar_object(struct tare_grammar *g, const struct tare_grammar_object *o)
{
    struct tare__object *object = NULL;
    if (o->min > o->max || !ready_texts(g) || tare__grammar_object_make(g, o, &object))
        return TARE_GRAMMAR_NEVER;
    if (o->min || o->max != TARE_GRAMMAR_ANY)
        g->counts = true;
    return add(g, (struct tare__node){.kind = TARE_GRAMMAR_K_OBJECT, .u.object = object});
}

uint32_t tare_grammar_token(struct tare_grammar *g, uint32_t token)
{
    return add(g, (struct tare__node){.kind = TARE_GRAMMAR_K_TOKEN, .n = token});
}

uint32_t tare_grammar_rule(struct tare_grammar *g, struct tare_str name)
{
    if (g->n_rules == g->cap_rules) {
        uint32_t cap = g->cap_rules ? g->cap_rules * 2 : 16;
        struct tare__rule *more = TARE_NEW_N(g->arena, struct tare__rule, cap);
        if (!more) {
            spoil(g, TARE_E_NOMEM);
            return 0;
        }
        if (g->n_rules)
            memcpy(more, g->rules, g->n_rules * sizeof *more);
        g->rules = more;
        g->cap_rules = cap;
    }
    struct tare_str copy = tare_arena_copy(g->arena, name);
    if (!copy.p)
        spoil(g, TARE_E_NOMEM);
    g->rules[g->n_rules] = (struct tare__rule){.name = copy};
    return g->n_rules++;
}

void tare_grammar_define(struct tare_grammar *g, uint32_t rule, uint32_t node)
{
    if (rule >= g->n_rules) /* after a failed tare_grammar_rule */
        return;
    g->rules[rule].body = node;
    g->rules[rule].defined = true;
}

bool tare_grammar_is_defined(const struct tare_grammar *g, uint32_t rule)
{
    return rule < g->n_rules && g->rules[rule].defined;
}

uint32_t tare_grammar_call(struct tare_grammar *g, uint32_t rule)
{
    return add(g, (struct tare__node){.kind = TARE_GRAMMAR_K_CALL, .n = rule});
}

uint32_t tare_grammar_root(const struct tare_grammar *g)
{
    return g->root;
}

uint32_t tare_grammar_nodes(const struct tare_grammar *g)
{
    return g->n;
}

enum tare_grammar_kind tare_grammar_kind_of(const struct tare_grammar *g, uint32_t node)
{
    return (enum tare_grammar_kind)g->nodes[node].kind;
}
