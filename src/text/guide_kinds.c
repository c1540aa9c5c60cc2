/*
 * The tokens of a vocabulary that lie inside a string, by the kinds of characters they hold: where
 * a string takes any text of some kinds, all their tokens are allowed at once, without a look at
 * each. Every kind has a tree of its own for where it does not.
 */
#include "text/guide_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define ALL_CHARS 128u

/* A token's characters; 0: not of the common text, whole. */
static uint32_t chars_of_token(const struct tare_guide_vocab *g, uint32_t id)
{
    const struct tare_vocab *v = g->v;
    struct tare_str t = tare_vocab_text(v, id);
    uint32_t chars = 0;
    if (v->flags[id] || !tare_dfa_run(g->common, t))
        return 0;
    for (size_t i = 0; i < t.n; i++)
        chars |= tare__chars_of((unsigned char)t.p[i]);
    return chars;
}

/* The sets of characters that many tokens have get a kind each, those of few share the last one.
 * Returns kind + 1 of each set. */
static void choose_kinds(struct tare_guide_vocab *g, const uint32_t count[ALL_CHARS],
                         uint8_t kind_of[ALL_CHARS])
{
    uint32_t few = 0, few_chars = 0;
    for (uint32_t c = 1; c < ALL_CHARS; c++) {
        if (!count[c])
            continue;
        if (count[c] >= g->v->n_tokens / 256 && g->n_kinds < TARE__KINDS - 1) {
            g->kinds[g->n_kinds].chars = c;
            kind_of[c] = (uint8_t)++g->n_kinds;
        } else {
            few++;
            few_chars |= c;
        }
    }
    if (few)
        g->kinds[g->n_kinds++].chars = few_chars;
    for (uint32_t c = 1; c < ALL_CHARS; c++)
        if (count[c] && !kind_of[c])
            kind_of[c] = (uint8_t)g->n_kinds;
}

static void add_token(const struct tare_guide_vocab *g, struct tare__kind *kind, uint32_t id,
                      uint64_t *words)
{
    words[id / 64] |= (uint64_t)1 << (id % 64);
    if (g->length[id] > kind->longest)
        kind->longest = g->length[id];
    for (uint32_t n = 0; n < TARE__LENGTHS && n < g->length[id]; n++)
        kind->longer[n]++;
}

/* A tree that grows in the order of the whole one. */
struct growing {
    struct tare_vocab_node *trie; /* NULL: nodes are counted only */
    uint32_t n, depth;
    uint32_t *whole,
        *own; /* the path to the last token: nodes of the whole tree, and of this one */
};

static void close_path(struct growing *t, uint32_t depth)
{
    for (; t->depth > depth; t->depth--)
        if (t->trie)
            t->trie[t->own[t->depth]].packed |= (t->n - t->own[t->depth]) << 8;
}

/* The token at the end of the path of nodes of the whole tree. */
static void grow(struct growing *t, const struct tare_vocab *v, const uint32_t *path,
                 uint32_t depth)
{
    uint32_t keep = 0;
    while (keep < depth && keep < t->depth && t->whole[keep + 1] == path[keep + 1])
        keep++;
    close_path(t, keep);
    while (t->depth < depth) {
        uint32_t at = path[++t->depth];
        t->whole[t->depth] = at;
        t->own[t->depth] = t->n;
        if (t->trie)
            t->trie[t->n] =
                (struct tare_vocab_node){TARE_VOCAB_NONE, tare_vocab_node_byte(v->trie[at])};
        t->n++;
    }
    if (t->trie)
        t->trie[t->own[depth]].token = v->trie[path[depth]].token;
}

/* Depth first through the whole tree; each token goes to the tree of its kind. */
static void split(const struct tare_guide_vocab *g, const uint8_t *kind_of, uint32_t *path,
                  uint32_t *ends, struct growing *trees)
{
    const struct tare_vocab *v = g->v;
    uint32_t depth = 0;
    ends[0] = v->n_nodes;
    for (uint32_t i = 1; i < v->n_nodes; i++) {
        while (i >= ends[depth])
            depth--;
        path[++depth] = i;
        ends[depth] = i + tare_vocab_node_size(v->trie[i]);
        if (v->trie[i].token != TARE_VOCAB_NONE && kind_of[v->trie[i].token])
            grow(&trees[kind_of[v->trie[i].token] - 1], v, path, depth);
    }
    for (uint32_t k = 0; k < g->n_kinds; k++) {
        close_path(&trees[k], 0);
        if (trees[k].trie)
            trees[k].trie[0] = (struct tare_vocab_node){TARE_VOCAB_NONE, trees[k].n << 8};
    }
}

/* What the walks read of a tree. */
static bool tree_of(const struct tare_guide_vocab *g, const struct growing *t,
                    struct tare_arena *arena, struct tare__tree *out)
{
    struct tare_vocab *v = TARE_NEW(arena, struct tare_vocab);
    uint32_t *first = TARE_NEW_N(arena, uint32_t, 256);
    if (!v || !first)
        return false;
    *v = (struct tare_vocab){.same = g->v->same, .trie = t->trie, .n_nodes = t->n};
    for (uint32_t i = 1; i < t->n; i += tare_vocab_node_size(t->trie[i]))
        first[tare_vocab_node_byte(t->trie[i])] = i;
    *out = (struct tare__tree){.v = v, .first = first};
    return true;
}

static bool plant(struct tare_guide_vocab *g, const uint8_t *kind_of, struct tare_arena *arena,
                  struct tare_arena *scratch)
{
    struct growing trees[TARE__KINDS] = {0};
    uint32_t deepest = g->v->longest + 2;
    uint32_t *path = TARE_NEW_N(scratch, uint32_t, deepest),
             *ends = TARE_NEW_N(scratch, uint32_t, deepest);
    if (!path || !ends)
        return false;
    for (uint32_t k = 0; k < g->n_kinds; k++) {
        trees[k] = (struct growing){.n = 1,
                                    .whole = TARE_NEW_N(scratch, uint32_t, deepest),
                                    .own = TARE_NEW_N(scratch, uint32_t, deepest)};
        if (!trees[k].whole || !trees[k].own)
            return false;
    }
    split(g, kind_of, path, ends, trees);
    for (uint32_t k = 0; k < g->n_kinds; k++) {
        trees[k].trie = TARE_NEW_N(arena, struct tare_vocab_node, trees[k].n);
        if (!trees[k].trie)
            return false;
        trees[k].n = 1;
    }
    split(g, kind_of, path, ends, trees);
    for (uint32_t k = 0; k < g->n_kinds; k++)
        if (!tree_of(g, &trees[k], arena, &g->kinds[k].tree))
            return false;
    return true;
}

static bool sort_tokens(struct tare_guide_vocab *g, struct tare_arena *arena,
                        struct tare_arena *scratch)
{
    const struct tare_vocab *v = g->v;
    uint32_t count[ALL_CHARS] = {0};
    uint64_t *words[TARE__KINDS] = {0};
    uint8_t of_chars[ALL_CHARS] = {0};
    uint8_t *kind_of = TARE_NEW_N(scratch, uint8_t, v->n_tokens + 1);
    if (!kind_of)
        return false;
    for (uint32_t id = 0; id < v->n_tokens; id++)
        count[chars_of_token(g, id)]++;
    choose_kinds(g, count, of_chars);
    for (uint32_t k = 0; k < g->n_kinds; k++) {
        words[k] = TARE_NEW_N(arena, uint64_t, g->n_words);
        if (!words[k])
            return false;
        g->kinds[k].words = words[k];
    }
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        kind_of[id] = of_chars[chars_of_token(g, id)];
        if (kind_of[id])
            add_token(g, &g->kinds[kind_of[id] - 1], id, words[kind_of[id] - 1]);
    }
    uint64_t *inside = TARE_NEW_N(arena, uint64_t, g->n_words);
    if (!inside)
        return false;
    for (uint32_t k = 0; k < g->n_kinds; k++)
        for (uint32_t i = 0; i < g->n_words; i++)
            inside[i] |= words[k][i];
    g->inside = inside;
    return plant(g, kind_of, arena, scratch);
}

bool tare__kinds_make(struct tare_guide_vocab *g, struct tare_arena *arena)
{
    struct tare_arena scratch;
    tare_arena_init(&scratch, arena->alc, TARE_GIB);
    bool ok = sort_tokens(g, arena, &scratch);
    tare_arena_free(&scratch);
    return ok;
}
