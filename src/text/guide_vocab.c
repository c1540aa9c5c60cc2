/* Tables of a vocabulary that every grammar over it shares: which tokens lie inside a JSON string
 * whatever the grammar is, by their length, and the tree of the others. */
#include "text/guide_int.h"

#include "text/utf8.h"

#include "base/banned.h"

/* Code points of a token that can stand inside any JSON string, or 0 when it cannot everywhere. */
static uint32_t inside_length(struct tare_str t)
{
    if (tare_utf8_valid_bytes(t) != t.n)
        return 0;
    for (size_t i = 0; i < t.n; i++) {
        unsigned char b = (unsigned char)t.p[i];
        if (b < 0x20 || b == '"' || b == '\\')
            return 0;
    }
    return (uint32_t)tare_utf8_count(t);
}

static bool is_text(const struct tare_vocab *v, uint32_t id)
{
    return v->flags[id] == 0;
}

/* Nodes by their first byte and their first two. */
static bool index_tree(const struct tare_vocab *v, struct tare_arena *arena, const uint32_t **first,
                       const uint32_t **second)
{
    uint32_t *one = TARE_NEW_N(arena, uint32_t, 256);
    uint32_t *two = TARE_NEW_N(arena, uint32_t, 65536);
    if (!one || !two)
        return false;
    for (uint32_t i = 1; i < v->n_nodes; i += tare_vocab_node_size(v->trie[i])) {
        uint32_t b = tare_vocab_node_byte(v->trie[i]);
        uint32_t end = i + tare_vocab_node_size(v->trie[i]);
        one[b] = i;
        for (uint32_t k = i + 1; k < end; k += tare_vocab_node_size(v->trie[k]))
            two[b << 8 | tare_vocab_node_byte(v->trie[k])] = k;
    }
    *first = one;
    *second = two;
    return true;
}

static bool inside_tables(struct tare_guide_vocab *g, const uint32_t *length,
                          struct tare_arena *arena)
{
    const struct tare_vocab *v = g->v;
    for (uint32_t n = 0; n <= TARE__LENGTHS; n++) {
        uint64_t *words = TARE_NEW_N(arena, uint64_t, g->n_words);
        if (!words)
            return false;
        for (uint32_t id = 0; id < v->n_tokens; id++)
            if (length[id] && (length[id] <= n || n == TARE__LENGTHS)) {
                words[id / 64] |= (uint64_t)1 << (id % 64);
                g->n_inside[n]++;
            }
        g->inside[n] = words;
    }
    return true;
}

enum tare_status tare_guide_vocab_open(const struct tare_vocab *v, struct tare_arena *arena,
                                       const struct tare_guide_vocab **out, struct tare_err *err)
{
    struct tare_guide_vocab *g = TARE_NEW(arena, struct tare_guide_vocab);
    struct tare_vocab_token *edge = TARE_NEW_N(arena, struct tare_vocab_token, v->n_tokens + 1);
    uint32_t *length = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1);
    bool any = false;
    if (!g || !edge || !length)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    g->v = v;
    g->n_words = (v->size + 63) / 64;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        edge[id].flags = TARE_VOCAB_EMPTY;
        if (!is_text(v, id))
            continue;
        length[id] = inside_length(tare_vocab_text(v, id));
        g->longest = length[id] > g->longest ? length[id] : g->longest;
        if (length[id])
            continue;
        edge[id] = (struct tare_vocab_token){.bytes = tare_vocab_text(v, id)};
        any = true;
    }
    if (!any) /* one that never matches, so that there is a tree */
        edge[v->n_tokens] =
            (struct tare_vocab_token){.bytes = TARE_S("none"), .flags = TARE_VOCAB_SPECIAL};
    enum tare_status st = tare_vocab_make(edge, v->n_tokens + !any, 0, arena, &g->edge, err);
    if (st)
        return st;
    if (!inside_tables(g, length, arena) || !index_tree(v, arena, &g->first, &g->second) ||
        !index_tree(g->edge, arena, &g->edge_first, &g->edge_second))
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    *out = g;
    return TARE_OK;
}
