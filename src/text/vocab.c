#include "text/vocab.h"

#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

struct entry {
    struct tare_str s;
    uint32_t id;
};

static int by_bytes(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = tare_str_cmp(x->s, y->s);
    return c ? c : (x->id > y->id) - (x->id < y->id);
}

static size_t common(struct tare_str a, struct tare_str b)
{
    size_t n = a.n < b.n ? a.n : b.n, i = 0;
    while (i < n && a.p[i] == b.p[i])
        i++;
    return i;
}

/* The tokens of the trie in order; scratch memory. NULL: no memory. */
static struct entry *sorted(const struct tare_vocab *v, struct tare_arena *arena, size_t *n)
{
    struct entry *e = TARE_NEW_N(arena, struct entry, v->n_tokens);
    *n = 0;
    for (uint32_t i = 0; e && i < v->n_tokens; i++)
        if (!(v->flags[i] & (TARE_VOCAB_SPECIAL | TARE_VOCAB_EMPTY)))
            e[(*n)++] = (struct entry){tare_vocab_text(v, i), i};
    if (e)
        qsort(e, *n, sizeof *e, by_bytes);
    return e;
}

static uint32_t *links(const struct entry *e, size_t n, uint32_t n_tokens, struct tare_arena *arena)
{
    uint32_t *same = TARE_NEW_N(arena, uint32_t, n_tokens);
    for (uint32_t i = 0; same && i < n_tokens; i++)
        same[i] = TARE_VOCAB_NONE;
    for (size_t i = 1; same && i < n; i++)
        if (tare_str_eq(e[i - 1].s, e[i].s))
            same[e[i - 1].id] = e[i].id;
    return same;
}

/* Depth first: each token adds the nodes that it does not share with the one before; a node's size
 * is known when a later token leaves its subtree. */
static void grow(struct tare_vocab_node *t, uint32_t *path, const struct entry *e, size_t n)
{
    uint32_t n_nodes = 1;
    size_t depth = 0;
    t[0] = (struct tare_vocab_node){TARE_VOCAB_NONE, 0};
    path[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t keep = i ? common(e[i - 1].s, e[i].s) : 0;
        for (; depth > keep; depth--)
            t[path[depth]].packed |= (n_nodes - path[depth]) << 8;
        for (; depth < e[i].s.n; n_nodes++) {
            t[n_nodes].token = TARE_VOCAB_NONE;
            t[n_nodes].packed = (unsigned char)e[i].s.p[depth];
            path[++depth] = n_nodes;
        }
        if (t[path[depth]].token == TARE_VOCAB_NONE)
            t[path[depth]].token = e[i].id;
    }
    for (; depth; depth--)
        t[path[depth]].packed |= (n_nodes - path[depth]) << 8;
    t[0].packed = n_nodes << 8;
}

static enum tare_status plant(struct tare_vocab *v, struct tare_arena *arena,
                              struct tare_arena *scratch, struct tare_err *err)
{
    size_t n, nodes = 1;
    struct entry *e = sorted(v, scratch, &n);
    if (!e)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
    for (size_t i = 0; i < n; i++) {
        nodes += e[i].s.n - (i ? common(e[i - 1].s, e[i].s) : 0);
        if (e[i].s.n > v->longest)
            v->longest = (uint32_t)e[i].s.n;
        if (i && !v->same && tare_str_eq(e[i - 1].s, e[i].s)) {
            v->same = links(e, n, v->n_tokens, arena);
            if (!v->same)
                return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
        }
    }
    if (nodes > TARE_MAX_VOCAB_NODES)
        return tare_fail(err, TARE_E_LIMIT, "the vocabulary's trie has over %u nodes",
                         TARE_MAX_VOCAB_NODES);
    struct tare_vocab_node *t = TARE_NEW_N(arena, struct tare_vocab_node, nodes);
    uint32_t *path = TARE_NEW_N(scratch, uint32_t, (size_t)v->longest + 1);
    if (!t || !path)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
    grow(t, path, e, n);
    v->trie = t;
    v->n_nodes = (uint32_t)nodes;
    return TARE_OK;
}

static enum tare_status measure(const struct tare_vocab_token *tokens, size_t n, size_t *bytes,
                                uint32_t *ends, struct tare_err *err)
{
    *bytes = 0;
    *ends = 0;
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].bytes.n > TARE_MAX_VOCAB_TOKEN_BYTES)
            return tare_fail(err, TARE_E_LIMIT, "token %zu has %zu bytes; %u at most", i,
                             tokens[i].bytes.n, TARE_MAX_VOCAB_TOKEN_BYTES);
        *bytes += tokens[i].bytes.n;
        *ends += (tokens[i].flags & TARE_VOCAB_END) != 0;
    }
    if (*bytes > TARE_MAX_VOCAB_BYTES)
        return tare_fail(err, TARE_E_LIMIT, "the vocabulary's tokens have over %zu bytes together",
                         TARE_MAX_VOCAB_BYTES);
    return TARE_OK;
}

/* Bytes, offsets, flags and ends. */
static bool fill(struct tare_vocab *v, const struct tare_vocab_token *tokens, size_t bytes,
                 struct tare_arena *arena)
{
    char *blob = tare_arena_alloc(arena, bytes + 1);
    uint32_t *offset = TARE_NEW_N(arena, uint32_t, (size_t)v->n_tokens + 1);
    uint8_t *flags = TARE_NEW_N(arena, uint8_t, v->n_tokens);
    uint32_t *end = TARE_NEW_N(arena, uint32_t, v->n_end), at = 0, ends = 0;
    if (!blob || !offset || !flags || !end)
        return false;
    for (uint32_t i = 0; i < v->n_tokens; i++) {
        struct tare_str s = tokens[i].bytes;
        offset[i] = at;
        flags[i] = tokens[i].flags;
        if (flags[i] & TARE_VOCAB_END) {
            flags[i] |= TARE_VOCAB_SPECIAL;
            end[ends++] = i;
        }
        if (!s.n) {
            flags[i] |= TARE_VOCAB_EMPTY;
            continue;
        }
        memcpy(blob + at, s.p, s.n);
        at += (uint32_t)s.n;
    }
    offset[v->n_tokens] = at;
    v->bytes = blob;
    v->offset = offset;
    v->flags = flags;
    v->end = end;
    return true;
}

enum tare_status tare_vocab_make(const struct tare_vocab_token *tokens, size_t n, uint32_t size,
                                 struct tare_arena *arena, const struct tare_vocab **out,
                                 struct tare_err *err)
{
    struct tare_arena scratch;
    size_t bytes;
    uint32_t ends;
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "the vocabulary has no tokens");
    if (n > TARE_MAX_VOCAB_TOKENS || size > TARE_MAX_VOCAB_TOKENS)
        return tare_fail(err, TARE_E_LIMIT, "a vocabulary of over %u tokens",
                         TARE_MAX_VOCAB_TOKENS);
    if (size && size < n)
        return tare_fail(err, TARE_E_INPUT, "the row of logits has %u places for %zu tokens", size,
                         n);
    enum tare_status st = measure(tokens, n, &bytes, &ends, err);
    if (st != TARE_OK)
        return st;
    struct tare_vocab *v = TARE_NEW(arena, struct tare_vocab);
    if (!v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
    v->n_tokens = (uint32_t)n;
    v->size = size ? size : (uint32_t)n;
    v->n_end = ends;
    if (!fill(v, tokens, bytes, arena))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
    tare_arena_init(&scratch, arena->alc, TARE_GIB);
    st = plant(v, arena, &scratch, err);
    tare_arena_free(&scratch);
    *out = st == TARE_OK ? v : NULL;
    return st;
}

uint32_t tare_vocab_special(const struct tare_vocab *v, struct tare_str name)
{
    for (uint32_t i = 0; i < v->n_tokens; i++)
        if ((v->flags[i] & TARE_VOCAB_SPECIAL) && tare_str_eq(tare_vocab_text(v, i), name))
            return i;
    return TARE_VOCAB_NONE;
}

uint32_t tare_vocab_longest(const struct tare_vocab *v, struct tare_str text, size_t *n)
{
    uint32_t found = TARE_VOCAB_NONE, at = 1, end = v->n_nodes;
    for (size_t i = 0; i < text.n && at < end;) {
        struct tare_vocab_node node = v->trie[at];
        unsigned char want = (unsigned char)text.p[i], have = tare_vocab_node_byte(node);
        if (have > want)
            break;
        if (have < want) {
            at += tare_vocab_node_size(node);
            continue;
        }
        i++;
        if (node.token != TARE_VOCAB_NONE) {
            found = node.token;
            *n = i;
        }
        end = at + tare_vocab_node_size(node);
        at++;
    }
    return found;
}
