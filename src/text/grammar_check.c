/* What is found out about a grammar before it is run. */
#include "text/grammar_int.h"

#include "base/limits.h"

#include "base/banned.h"

static bool object_productive(const struct tare_grammar *g, struct tare__object *o)
{
    uint32_t open = 0, required = 0, cover = tare__grammar_cover(g, o, true);
    uint64_t extra = tare__grammar_keys(g, o);
    for (uint32_t i = 0; i < o->n; i++) {
        bool can = g->nodes[o->values[i]].productive;
        if (o->required[i] && !can)
            return false;
        open += can;
        required += o->required[i];
    }
    return cover < 255 && (uint64_t)required + cover <= o->max && open + extra >= o->min;
}

static bool productive(const struct tare_grammar *g, const struct tare__node *x)
{
    switch ((enum tare_grammar_kind)x->kind) {
    case TARE_GRAMMAR_K_NEVER:
        return false;
    case TARE_GRAMMAR_K_SEQ:
        for (uint32_t i = 0; i < x->n; i++)
            if (!g->nodes[x->u.kids[i]].productive)
                return false;
        return true;
    case TARE_GRAMMAR_K_ALT:
        for (uint32_t i = 0; i < x->n; i++)
            if (g->nodes[x->u.kids[i]].productive)
                return true;
        return false;
    case TARE_GRAMMAR_K_REPEAT:
        return x->lo == 0 || g->nodes[x->n].productive;
    case TARE_GRAMMAR_K_CALL:
        return g->nodes[g->rules[x->n].body].productive;
    case TARE_GRAMMAR_K_OBJECT:
        return object_productive(g, x->u.object);
    case TARE_GRAMMAR_K_EMPTY:
    case TARE_GRAMMAR_K_BYTES:
    case TARE_GRAMMAR_K_LEX:
    case TARE_GRAMMAR_K_STRING:
    case TARE_GRAMMAR_K_TOKEN:
        break;
    }
    return true;
}

static bool nullable(const struct tare_grammar *g, const struct tare__node *x)
{
    switch ((enum tare_grammar_kind)x->kind) {
    case TARE_GRAMMAR_K_EMPTY:
        return true;
    case TARE_GRAMMAR_K_LEX:
        return x->lo == 0 && x->u.dfa->accepts[TARE_DFA_START];
    case TARE_GRAMMAR_K_SEQ:
        for (uint32_t i = 0; i < x->n; i++)
            if (!g->nodes[x->u.kids[i]].nullable)
                return false;
        return true;
    case TARE_GRAMMAR_K_ALT:
        for (uint32_t i = 0; i < x->n; i++)
            if (g->nodes[x->u.kids[i]].nullable)
                return true;
        return false;
    case TARE_GRAMMAR_K_REPEAT:
        return x->lo == 0 || g->nodes[x->n].nullable;
    case TARE_GRAMMAR_K_CALL:
        return g->nodes[g->rules[x->n].body].nullable;
    case TARE_GRAMMAR_K_NEVER:
    case TARE_GRAMMAR_K_BYTES:
    case TARE_GRAMMAR_K_STRING:
    case TARE_GRAMMAR_K_OBJECT:
    case TARE_GRAMMAR_K_TOKEN:
        break;
    }
    return false;
}

/* Both are least fixed points. Nodes stand after their kids, so only calls need more rounds; the
 * count of rounds is bounded, so that a long chain of calls backwards is refused, not slow. */
static enum tare_status settle(struct tare_grammar *g, struct tare_err *err)
{
    bool changed = true;
    for (uint32_t round = 0; changed; round++) {
        if (!tare_work_do(g->work, g->n))
            return tare__grammar_over(err);
        if (round > 64 && (uint64_t)round * g->n > 20000000)
            return tare_fail(err, TARE_E_LIMIT,
                             "the rules of the grammar call each other in too "
                             "long chains");
        changed = false;
        for (uint32_t i = 0; i < g->n; i++) {
            struct tare__node *x = &g->nodes[i];
            bool p = x->productive || productive(g, x), e = x->nullable || nullable(g, x);
            changed |= p != x->productive || e != x->nullable;
            x->productive = p;
            x->nullable = e;
        }
    }
    return TARE_OK;
}

/* The i-th node that may stand at the very left of x, or NEVER when there is none left. */
static uint32_t leftmost(const struct tare_grammar *g, const struct tare__node *x, uint32_t i)
{
    switch ((enum tare_grammar_kind)x->kind) {
    case TARE_GRAMMAR_K_SEQ:
        return i < x->n && (i == 0 || g->nodes[x->u.kids[i - 1]].nullable) ? x->u.kids[i]
                                                                           : TARE_GRAMMAR_NEVER;
    case TARE_GRAMMAR_K_ALT:
        return i < x->n ? x->u.kids[i] : TARE_GRAMMAR_NEVER;
    case TARE_GRAMMAR_K_REPEAT:
        return i == 0 ? x->n : TARE_GRAMMAR_NEVER;
    case TARE_GRAMMAR_K_CALL:
        return i == 0 ? g->rules[x->n].body : TARE_GRAMMAR_NEVER;
    case TARE_GRAMMAR_K_NEVER:
    case TARE_GRAMMAR_K_EMPTY:
    case TARE_GRAMMAR_K_BYTES:
    case TARE_GRAMMAR_K_LEX:
    case TARE_GRAMMAR_K_STRING:
    case TARE_GRAMMAR_K_OBJECT:
    case TARE_GRAMMAR_K_TOKEN:
        break;
    }
    return TARE_GRAMMAR_NEVER;
}

static uint32_t n_leftmost(const struct tare__node *x)
{
    if (x->kind == TARE_GRAMMAR_K_SEQ || x->kind == TARE_GRAMMAR_K_ALT)
        return x->n;
    return x->kind == TARE_GRAMMAR_K_REPEAT || x->kind == TARE_GRAMMAR_K_CALL;
}

static enum tare_status left_recursive(const struct tare_grammar *g, const uint32_t *path,
                                       uint32_t n, uint32_t again, struct tare_err *err)
{
    uint32_t rule = 0;
    bool inside = false;
    for (uint32_t i = 0; i < n; i++) {
        inside |= path[i] == again;
        if (inside && g->nodes[path[i]].kind == TARE_GRAMMAR_K_CALL)
            rule = g->nodes[path[i]].n;
    }
    (void)tare_fail(err, TARE_E_INPUT, "the rule \"%.*s\" is left-recursive: it begins with itself",
                    TARE_FMT(g->rules[rule].name));
    tare_err_hint(err, "write the repetition with * or +, or put the recursion last");
    return TARE_E_INPUT;
}

/* Depth first over "may stand at the left of": a way back into the path would never end. */
static enum tare_status no_left_recursion(struct tare_grammar *g, struct tare_err *err)
{
    uint8_t *colour = TARE_NEW_N(g->arena, uint8_t, g->n);
    uint32_t *path = TARE_NEW_N(g->arena, uint32_t, g->n + 1);
    uint32_t *at = TARE_NEW_N(g->arena, uint32_t, g->n + 1);
    if (!colour || !path || !at)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
    if (!tare_work_do(g->work, 4 * (uint64_t)g->n))
        return tare__grammar_over(err);
    for (uint32_t root = 0; root < g->n; root++) {
        uint32_t n = 0;
        if (colour[root])
            continue;
        path[n] = root;
        at[n++] = 0;
        colour[root] = 1;
        while (n) {
            const struct tare__node *x = &g->nodes[path[n - 1]];
            uint32_t i = at[n - 1]++;
            if (i >= n_leftmost(x)) {
                colour[path[--n]] = 2;
                continue;
            }
            uint32_t to = leftmost(g, x, i);
            if (x->kind == TARE_GRAMMAR_K_SEQ && to == TARE_GRAMMAR_NEVER)
                at[n - 1] = x->n;
            if (colour[to] == 1)
                return left_recursive(g, path, n, to, err);
            if (colour[to])
                continue;
            colour[to] = 1;
            path[n] = to;
            at[n++] = 0;
        }
    }
    return TARE_OK;
}

enum tare_status tare_grammar_finish(struct tare_grammar *g, uint32_t root, struct tare_err *err)
{
    if (g->err.code) {
        if (err)
            *err = g->err;
        return g->err.code;
    }
    for (uint32_t i = 0; i < g->n; i++)
        if (g->nodes[i].kind == TARE_GRAMMAR_K_CALL && !g->rules[g->nodes[i].n].defined)
            return tare_fail(err, TARE_E_INPUT, "the rule \"%.*s\" is used but not defined",
                             TARE_FMT(g->rules[g->nodes[i].n].name));
    enum tare_status st = settle(g, err);
    if (!st)
        st = no_left_recursion(g, err);
    if (st)
        return st;
    for (uint32_t i = 0; i < g->n; i++) {
        struct tare__node *x = &g->nodes[i];
        if (x->kind == TARE_GRAMMAR_K_OBJECT)
            tare__grammar_object_settle(g, x->u.object);
        /* so often or more often nothing: as good as any number of times */
        if (x->kind == TARE_GRAMMAR_K_REPEAT && g->nodes[x->n].nullable)
            x->lo = 0;
    }
    if (!g->nodes[root].productive)
        return tare_fail(err, TARE_E_INPUT, "the grammar matches no text at all");
    g->root = root;
    g->work = NULL; /* belongs to the caller */
    g->finished = true;
    return TARE_OK;
}

bool tare_grammar_is_empty(const struct tare_grammar *g, uint32_t node)
{
    return !g->err.code && !g->nodes[node].productive;
}

void tare_grammar_unique_keys(struct tare_grammar *g, size_t skip)
{
    g->unique = false;
    g->skip = skip > UINT32_MAX ? UINT32_MAX : (uint32_t)skip;
    for (uint32_t i = 0; i < g->n && !g->unique; i++) {
        const struct tare__node *x = &g->nodes[i];
        g->unique =
            x->kind == TARE_GRAMMAR_K_OBJECT && x->u.object->has_extra && x->u.object->max > 1;
    }
    g->scarce = g->lists = false;
    for (uint32_t i = 0; i < g->n && g->unique; i++)
        if (g->nodes[i].kind == TARE_GRAMMAR_K_OBJECT) {
            g->scarce = g->scarce || g->nodes[i].u.object->scarce;
            g->lists = g->lists || g->nodes[i].u.object->list;
        }
}
