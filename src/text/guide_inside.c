/*
 * What tokens do inside a string or a key, found once for each state of its automaton: most of a
 * mask depends on nothing else. A token that ends the string has a tail, what it holds behind the
 * quote; only tails are read by what stands around the string, and there are few of them.
 */
#include "text/guide_inside.h"

#include "base/banned.h"

/* A place in the tree and the string's registers there. */
struct tare__inside_place {
    uint32_t end;
    struct tare__frame f;
};

static void stays(struct tare__inside *in, uint32_t id)
{
    const uint32_t *same = in->v->v->same;
    for (; id != TARE_VOCAB_NONE; id = same ? same[id] : TARE_VOCAB_NONE)
        in->words[id / 64] |= (uint64_t)1 << (id % 64);
}

/* All tokens of the subtree: they end the string by the byte that leads there. */
static void all_end(struct tare__inside *in, const struct tare_vocab *v, uint32_t i)
{
    for (uint32_t end = i + tare_vocab_node_size(v->trie[i]); i < end; i++)
        for (uint32_t id = v->trie[i].token; id != TARE_VOCAB_NONE;
             id = v->same ? v->same[id] : TARE_VOCAB_NONE)
            in->ends[in->n_ends++] = id;
}

static enum tare__move move(const struct tare__inside *in, struct tare__frame *f,
                            unsigned char byte)
{
    return in->key ? tare__extra_move(in->key, f, byte) : tare__string_move(in->x, f, byte);
}

/* Nodes [i, end) and what is below them, all of one depth, with all registers. */
static void walk_slow(struct tare__inside *in, const struct tare_vocab *v, uint32_t i, uint32_t end,
                      const struct tare__frame *f, struct tare__inside_place *stack)
{
    const struct tare_vocab_node *trie = v->trie;
    uint32_t depth = 0;
    stack[0] = (struct tare__inside_place){end, *f};
    while (i < end) {
        while (i >= stack[depth].end)
            depth--;
        struct tare_vocab_node node = trie[i];
        uint32_t size = tare_vocab_node_size(node);
        struct tare__frame at = stack[depth].f;
        unsigned char byte = tare_vocab_node_byte(node);
        enum tare__move how = move(in, &at, byte);
        if (how == TARE__MOVE_ENDS)
            all_end(in, v, i);
        if (how != TARE__MOVE_READS) {
            i += size;
            continue;
        }
        if (node.token != TARE_VOCAB_NONE)
            stays(in, node.token);
        if (size > 1)
            stack[++depth] = (struct tare__inside_place){i + size, at};
        i++;
    }
}

#define LARGE 64u /* nodes of a subtree that is worth a question */

/* Whether any common text may follow the automaton's state; asked once of a state, and of few. */
static bool is_endless(struct tare__inside *in, uint32_t state)
{
    uint32_t k = 0, longest = in->v->v->longest;
    while (k < in->n_asked && in->asked[k].state != state)
        k++;
    if (k == sizeof in->asked / sizeof *in->asked)
        return false;
    if (k == in->n_asked) {
        struct tare__reach_of of = {
            .any = in->v->common, .dfa = in->dfa, .state = state, .chars = TARE__CHARS_ALL};
        struct tare__frame f = {.d = TARE_GRAMMAR_ANY};
        bool endless = tare__reach(&of, &f, longest) == longest;
        in->asked[in->n_asked++] = (struct tare__inside_asked){state, endless};
    }
    return in->asked[k].endless;
}

static void all_stay(struct tare__inside *in, const struct tare_vocab *v, uint32_t i, uint32_t end)
{
    for (; i < end; i++)
        if (v->trie[i].token != TARE_VOCAB_NONE)
            stays(in, v->trie[i].token);
}

/* The same by the automaton alone; behind a backslash the slow way. common: no token of the tree
 * leads out of the string. */
static void walk_quick(struct tare__inside *in, const struct tare_vocab *v, bool common,
                       const struct tare__frame *f, struct tare__inside_place *stack)
{
    const struct tare_vocab_node *trie = v->trie;
    const struct tare_dfa *d = in->dfa;
    uint32_t depth = 0, i = 1, n = v->n_nodes;
    struct tare__frame at = *f;
    stack[0].end = n;
    stack[0].f.a = in->key ? f->b : f->a;
    while (i < n) {
        while (i >= stack[depth].end)
            depth--;
        struct tare_vocab_node node = trie[i];
        uint32_t size = tare_vocab_node_size(node), state = stack[depth].f.a, to = TARE_DFA_DEAD;
        unsigned char byte = tare_vocab_node_byte(node);
        if (byte == '\\') {
            *(in->key ? &at.b : &at.a) = state;
            walk_slow(in, v, i, i + size, &at, stack + depth + 1);
        } else if (byte == '"') {
            if (d->accepts[state])
                all_end(in, v, i);
        } else if (byte >= 0x20) {
            to = tare_dfa_step(d, state, byte);
        }
        if (to == TARE_DFA_DEAD) {
            i += size;
            continue;
        }
        if (node.token != TARE_VOCAB_NONE)
            stays(in, node.token);
        if (common && size >= LARGE && is_endless(in, to)) {
            all_stay(in, v, i + 1, i + size);
            i += size;
            continue;
        }
        if (size > 1) {
            stack[++depth].end = i + size;
            stack[depth].f.a = to;
        }
        i++;
    }
}

static void walk_tree(struct tare__inside *in, const struct tare_vocab *v,
                      const struct tare__frame *f)
{
    if (in->dfa)
        walk_quick(in, v, v != in->v->edge.v, f, in->stack);
    else
        walk_slow(in, v, 1, v->n_nodes, f, in->stack);
}

void tare__inside_try(struct tare__inside *in, const struct tare__frame *f, uint32_t id)
{
    struct tare_str t = tare_vocab_text(in->v->v, id);
    struct tare__frame at = *f;
    for (size_t i = 0; i < t.n; i++) {
        enum tare__move how = move(in, &at, (unsigned char)t.p[i]);
        if (how == TARE__MOVE_ENDS)
            in->ends[in->n_ends++] = id;
        if (how != TARE__MOVE_READS)
            return;
    }
    in->words[id / 64] |= (uint64_t)1 << (id % 64);
}

/* Characters whose first bytes all lead on from these registers. */
static uint32_t sure_chars(const struct tare__inside *in, const struct tare__frame *f)
{
    const struct tare_dfa *d = in->dfa ? in->dfa : in->x->u.dfa, *any = in->v->common;
    uint8_t known[256] = {0}; /* of each class of bytes: 1 leads on, 2 does not */
    uint32_t dead = 0;
    for (unsigned b = 0x20; b < 0xf5; b++) {
        uint32_t state = in->key ? f->b : f->a, need = f->c, left = f->d;
        uint8_t *k = &known[d->class_of[b]];
        if (*k == 1 || !tare_dfa_step(any, TARE_DFA_START, (unsigned char)b))
            continue;
        if (!*k) {
            bool on = in->dfa ? tare_dfa_step(d, state, (unsigned char)b) != TARE_DFA_DEAD
                              : tare__text_step(in->x, (unsigned char)b, &state, &need, &left);
            *k = on ? 1 : 2;
        }
        if (*k == 2)
            dead |= tare__chars_of((unsigned char)b);
    }
    return TARE__CHARS_ALL & ~dead;
}

uint32_t tare__inside_reach(struct tare__inside *in, const struct tare__frame *f, uint32_t chars,
                            uint32_t longest)
{
    struct tare__reach_of of = {.any = in->v->common,
                                .dfa = in->dfa ? in->dfa : in->x->u.dfa,
                                .bounded = in->dfa ? NULL : in->x,
                                .state = in->key ? f->b : f->a,
                                .chars = chars};
    if (!in->asked_sure)
        in->sure = sure_chars(in, f);
    in->asked_sure = true;
    return chars & ~in->sure ? 0 : tare__reach(&of, f, longest);
}

/* Whether a token of the common text stays inside. */
static bool stays_inside(const struct tare__inside *in, const struct tare__frame *f,
                         struct tare_str t)
{
    uint32_t state = in->key ? f->b : f->a, need = f->c, left = f->d;
    for (size_t i = 0; i < t.n; i++) {
        unsigned char byte = (unsigned char)t.p[i];
        if (!in->dfa && !tare__text_step(in->x, byte, &state, &need, &left))
            return false;
        if (in->dfa)
            state = tare_dfa_step(in->dfa, state, byte);
        if (state == TARE_DFA_DEAD)
            return false;
    }
    return true;
}

/* Word i of the kind's tokens of more than n characters that bounds leave room for. */
static uint64_t longer_ones(const struct tare_guide_vocab *v, const struct tare__kind *kind,
                            uint32_t n, uint32_t left, uint32_t i)
{
    return kind->words[i] & ~v->within[n][i] &
           (left < TARE__LENGTHS ? v->within[left][i] : ~UINT64_C(0));
}

#define NODES_A_TOKEN 3u /* of a tree, that cost what one token costs alone */

/* All tokens of the kind stay that have at most n characters; the longer ones are tried one by one,
 * or along the tree, whichever is less. Where not even the first character is sure the tree soon
 * comes to an end. */
static void walk_kind(struct tare__inside *in, const struct tare__kind *kind, uint32_t n,
                      const struct tare__frame *f)
{
    const struct tare_guide_vocab *v = in->v;
    uint32_t left = in->dfa ? TARE_GRAMMAR_ANY : f->d;
    n = n < TARE__LENGTHS ? n : TARE__LENGTHS - 1;
    uint32_t count = kind->longer[n] - (left < TARE__LENGTHS ? kind->longer[left] : 0);
    if (n == 0 || count > kind->tree.v->n_nodes / NODES_A_TOKEN) {
        walk_tree(in, kind->tree.v, f);
        return;
    }
    for (uint32_t i = 0; i < v->n_words; i++) {
        in->words[i] |= kind->words[i] & v->within[n][i];
        for (uint64_t more = longer_ones(v, kind, n, left, i); more; more &= more - 1) {
            uint32_t id = i * 64 + (uint32_t)__builtin_ctzll(more);
            if (stays_inside(in, f, tare_vocab_text(v->v, id)))
                in->words[i] |= more & -more;
        }
    }
}

/* Whether all common tokens stay, or all that bounds leave room for: then they are noted. */
static bool all_common(struct tare__inside *in, const struct tare__frame *f)
{
    const struct tare_guide_vocab *v = in->v;
    uint32_t longest = v->v->longest; /* in bytes: no token has more characters */
    uint32_t n = tare__inside_reach(in, f, TARE__CHARS_ALL, longest);
    bool short_ones = !in->dfa && n == f->d && n < TARE__LENGTHS;
    if (n != longest && !short_ones)
        return false;
    for (uint32_t i = 0; i < v->n_words; i++)
        in->words[i] |= v->inside[i] & (n == longest ? ~UINT64_C(0) : v->within[n][i]);
    return true;
}

void tare__inside_walk(struct tare__inside *in, const struct tare__frame *f)
{
    const struct tare_guide_vocab *v = in->v;
    walk_tree(in, v->edge.v, f);
    if (all_common(in, f))
        return;
    for (uint32_t k = 0; k < v->n_kinds; k++) {
        const struct tare__kind *kind = &v->kinds[k];
        walk_kind(in, kind, tare__inside_reach(in, f, kind->chars, kind->longest), f);
    }
}

const struct tare__inner *tare__inside_keep(const struct tare__inside *in, struct tare_arena *arena)
{
    const struct tare_guide_vocab *v = in->v;
    struct tare__inner *out = TARE_NEW(arena, struct tare__inner);
    uint64_t *words = TARE_NEW_N(arena, uint64_t, v->n_words);
    uint32_t *ends = TARE_NEW_N(arena, uint32_t, in->n_ends + 1);
    uint32_t *first = TARE_NEW_N(arena, uint32_t, v->n_tails + 3); /* tails count from 0 */
    if (!out || !words || !ends || !first)
        return NULL;
    memcpy(words, in->words, v->n_words * sizeof *words);
    for (uint32_t i = 0; i < in->n_ends; i++)
        first[v->tail_of[in->ends[i]] + 2]++;
    for (uint32_t t = 2; t < v->n_tails + 3; t++)
        first[t] += first[t - 1];
    for (uint32_t i = 0; i < in->n_ends; i++)
        ends[first[v->tail_of[in->ends[i]] + 1]++] = in->ends[i];
    *out = (struct tare__inner){.words = words, .ends = ends, .first = first};
    return out;
}

bool tare__inside_open(struct tare__inside *in, const struct tare_alc *alc)
{
    size_t stack = 2 * ((size_t)in->v->v->longest + 2) * sizeof *in->stack;
    size_t words = in->v->n_words * sizeof *in->words;
    in->bytes = stack + words + ((size_t)in->v->n_closing + 1) * sizeof *in->ends;
    in->alc = alc;
    char *p = alc->get(alc->ctx, in->bytes);
    if (!p)
        return false;
    in->stack = (struct tare__inside_place *)(void *)p;
    in->words = (uint64_t *)(void *)(p + stack);
    in->ends = (uint32_t *)(void *)(p + stack + words);
    memset(in->words, 0, words);
    return true;
}

void tare__inside_close(struct tare__inside *in)
{
    in->alc->put(in->alc->ctx, in->stack, in->bytes);
}

struct tare__inside tare__inside_of(const struct tare_guide_vocab *v, const struct tare__node *x,
                                    const struct tare_dfa *key, const struct tare__frame *f)
{
    bool alone = x && f->c == 0 && f->d == TARE_GRAMMAR_ANY;
    return (struct tare__inside){.v = v,
                                 .x = x,
                                 .key = key,
                                 .dfa = key     ? key
                                        : alone ? x->u.dfa
                                                : NULL};
}

const struct tare__inner *tare__inner_make(const struct tare_guide_vocab *v,
                                           const struct tare__node *x, const struct tare_dfa *key,
                                           struct tare_arena *arena)
{
    struct tare__frame f = {.a = TARE_DFA_START, .d = TARE_GRAMMAR_ANY};
    if (key)
        f = (struct tare__frame){.a = TARE__OBJECT_EXTRA, .b = TARE_DFA_START};
    struct tare__inside in = tare__inside_of(v, x, key, &f);
    if (!tare__inside_open(&in, arena->alc))
        return NULL;
    tare__inside_walk(&in, &f);
    const struct tare__inner *out = tare__inside_keep(&in, arena);
    tare__inside_close(&in);
    return out;
}
