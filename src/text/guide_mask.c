/* A mask that is not remembered: found by walking the tree of the vocabulary along the states. */
#include "text/guide_int.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

static void add(struct tare__gather *g, uint32_t id)
{
    if (g->n < TARE__SPARSE)
        g->ids[g->n] = id;
    g->words[id / 64] |= (uint64_t)1 << (id % 64);
    g->n++;
}

static void add_all(struct tare__gather *g, const struct tare_vocab *v, uint32_t id)
{
    for (; id != TARE_VOCAB_NONE; id = v->same ? v->same[id] : TARE_VOCAB_NONE)
        add(g, id);
}

struct place {
    uint32_t end; /* of the nodes below */
    uint32_t state;
};

/* Visits the nodes of the subtree at `at`, whose state is known, and all below it that can be
 * reached. */
static enum tare_status walk_below(struct tare__memory *m, const struct tare_vocab *v, uint32_t at,
                                   uint32_t state, struct place *stack, struct tare__gather *g,
                                   struct tare_err *err)
{
    const struct tare_vocab_node *trie = v->trie;
    uint32_t depth = 0, end = at + tare_vocab_node_size(trie[at]), i = at + 1;
    stack[0] = (struct place){end, state};
    while (i < end) {
        uint32_t to = 0;
        while (i >= stack[depth].end)
            depth--;
        struct tare_vocab_node node = trie[i];
        enum tare_status st =
            tare__step(m, stack[depth].state, tare_vocab_node_byte(node), &to, err);
        if (st)
            return st;
        if (to == TARE__STATE_DEAD) {
            i += tare_vocab_node_size(node);
            continue;
        }
        if (node.token != TARE_VOCAB_NONE)
            add_all(g, v, node.token);
        if (tare_vocab_node_size(node) > 1)
            stack[++depth] = (struct place){i + tare_vocab_node_size(node), to};
        i++;
    }
    return TARE_OK;
}

/* Follows a state with one way on: from node `at`, nothing else of the tree is looked at. Returns
 * when there are several ways (*at and *state say where) or none (*at 0). */
static enum tare_status walk_single(struct tare__memory *m, const struct tare__tree *t,
                                    uint32_t *at, uint32_t *state, struct tare__gather *g,
                                    struct tare_err *err)
{
    const struct tare_vocab_node *trie = t->v->trie;
    uint32_t depth = *at ? UINT32_MAX : 0, first = 0;
    for (;;) {
        const struct tare__state *s = tare__state_at(m, *state);
        uint32_t next = 0, to = 0, end = *at + tare_vocab_node_size(trie[*at]);
        if (s->n_out == 0)
            *at = 0;
        if (s->n_out != 1)
            return TARE_OK;
        if (depth == 0)
            next = t->first[s->only];
        else if (depth == 1)
            next = t->second[first << 8 | s->only];
        else
            for (uint32_t k = *at + 1; k < end && !next; k += tare_vocab_node_size(trie[k]))
                if (tare_vocab_node_byte(trie[k]) >= s->only)
                    next = tare_vocab_node_byte(trie[k]) == s->only ? k : end;
        if (next == 0 || (depth > 1 && next == end)) {
            *at = 0;
            return TARE_OK;
        }
        enum tare_status st = tare__step(m, *state, s->only, &to, err);
        if (st)
            return st;
        if (to == TARE__STATE_DEAD) {
            *at = 0;
            return TARE_OK;
        }
        if (trie[next].token != TARE_VOCAB_NONE)
            add_all(g, t->v, trie[next].token);
        first = depth == 0 ? s->only : first;
        depth = depth > 1 ? depth : depth + 1;
        *at = next;
        *state = to;
    }
}

/* From the root: with few ways on only their branches are entered. */
static enum tare_status walk_tree(struct tare__memory *m, const struct tare__tree *t,
                                  uint32_t state, struct place *stack, struct tare__gather *g,
                                  struct tare_err *err)
{
    const struct tare__state *s = tare__state_at(m, state);
    enum tare_status st = TARE_OK;
    if (s->n_out == 1 && t->second) {
        uint32_t at = 0;
        st = walk_single(m, t, &at, &state, g, err);
        return st || at == 0 ? st : walk_below(m, t->v, at, state, stack, g, err);
    }
    for (unsigned w = 0; w < 4 && !st; w++)
        for (uint64_t left = s->out[w]; left && !st; left &= left - 1) {
            unsigned b = w * 64 + (unsigned)__builtin_ctzll(left);
            uint32_t at = t->first[b], to = 0;
            if (!at)
                continue;
            st = tare__step(m, state, (unsigned char)b, &to, err);
            if (st || to == TARE__STATE_DEAD)
                continue;
            if (t->v->trie[at].token != TARE_VOCAB_NONE)
                add_all(g, t->v, t->v->trie[at].token);
            st = walk_below(m, t->v, at, to, stack, g, err);
        }
    return st;
}

static enum tare_status add_specials(struct tare__memory *m, const struct tare_guide_vocab *v,
                                     uint32_t state, struct tare__gather *g)
{
    const struct tare__state *s = tare__state_at(m, state);
    if (s->can_end)
        for (uint32_t i = 0; i < v->v->n_end; i++)
            add(g, v->v->end[i]);
    if (!s->names_tokens)
        return TARE_OK;
    (void)pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct tare__node *x = &m->guide->grammar->nodes[m->frames[s->frames[i]].node];
        if (s->frames[i] == TARE__FRAME_BOTTOM || x->kind != TARE_GRAMMAR_K_TOKEN ||
            x->n >= v->v->n_tokens || !(v->v->flags[x->n] & TARE_VOCAB_SPECIAL))
            continue;
        if (!(g->words[x->n / 64] >> (x->n % 64) & 1))
            add(g, x->n);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return TARE_OK;
}

void tare__gather_list(struct tare__gather *g, uint32_t n_words)
{
    for (uint32_t i = 0, k = 0; g->n <= TARE__SPARSE && i < n_words; i++)
        for (uint64_t left = g->words[i]; left; left &= left - 1)
            g->ids[k++] = i * 64 + (uint32_t)__builtin_ctzll(left);
}

enum tare_status tare__gather_from(struct tare_walk *w, const struct tare__tree *t, uint32_t state,
                                   struct tare__gather *g, struct tare_err *err)
{
    const struct tare_alc *alc = &w->guide->alc;
    struct place stack[256], *deep = stack;
    size_t bytes = ((size_t)w->guide->vocab->v->longest + 2) * sizeof *stack;
    if (state == TARE__STATE_DEAD)
        return TARE_OK;
    if (bytes > sizeof stack) {
        deep = alc->get(alc->ctx, bytes);
        if (!deep)
            return tare__memory_full(err);
    }
    enum tare_status st = walk_tree(w->memory, t, state, deep, g, err);
    if (deep != stack)
        alc->put(alc->ctx, deep, bytes);
    return st;
}

enum tare_status tare__tails_of(struct tare_walk *w, uint32_t state, uint64_t *tails,
                                struct tare_err *err)
{
    struct tare__gather g;
    g.words = tails;
    g.n = 0;
    return tare__gather_from(w, &w->guide->vocab->tails, state, &g, err);
}

static uint32_t count_bits(const uint64_t *words, uint32_t n_words)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        uint64_t x = words[i];
        x -= x >> 1 & UINT64_C(0x5555555555555555);
        x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
        x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
        sum += x * UINT64_C(0x0101010101010101) >> 56;
    }
    return (uint32_t)sum;
}

static enum tare_status gather(struct tare_walk *w, struct tare__gather *g, struct tare_err *err)
{
    const struct tare_guide_vocab *v = w->guide->vocab;
    struct tare__strings strings;
    enum tare_status st = tare__strings_of(w, g->words, &strings, err);
    if (!st)
        st = tare__gather_from(w, strings.kinds ? &v->edge : &v->full, strings.rest, g, err);
    for (uint32_t k = 0; k < v->n_kinds && strings.kinds && !st; k++)
        if (!(strings.kinds >> k & 1))
            st = tare__gather_from(w, &v->kinds[k].tree, strings.rest, g, err);
    if (!st)
        st = add_specials(w->memory, v, w->state, g);
    if (!st && strings.any) { /* some were found twice */
        g->n = count_bits(g->words, v->n_words);
        tare__gather_list(g, v->n_words);
    }
    return st;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool same_mask(const struct tare__mask *have, uint64_t hash, const struct tare__gather *g,
                      uint32_t n_words)
{
    if (have->hash != hash || have->view.n_allowed != g->n)
        return false;
    if (have->view.ids)
        return memcmp(have->view.ids, g->ids, g->n * sizeof *g->ids) == 0;
    return memcmp(have->view.words, g->words, n_words * sizeof *g->words) == 0;
}

/* Notes the allowed tokens with several quotes. */
static bool list_quoted(struct tare__memory *m, struct tare__mask *made)
{
    const struct tare_guide_vocab *v = m->guide->vocab;
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->n_quoted && v->quotes[v->quoted[i]] > 1; i++)
        n += tare_mask_has(&made->view, v->quoted[i]);
    uint32_t *ids = TARE_NEW_N(&m->arena, uint32_t, n + 1);
    if (!ids)
        return false;
    for (uint32_t i = 0; made->n_quoted < n; i++)
        if (tare_mask_has(&made->view, v->quoted[i]))
            ids[made->n_quoted++] = v->quoted[i];
    made->quoted = ids;
    return true;
}

const struct tare__mask *tare__mask_intern(struct tare__memory *m, const struct tare__gather *g,
                                           uint32_t n_words)
{
    bool sparse = g->n <= TARE__SPARSE;
    const void *content = sparse ? (const void *)g->ids : g->words;
    size_t bytes = sparse ? g->n * sizeof *g->ids : n_words * sizeof *g->words;
    uint64_t hash = tare_hash64(tare_str_n(content, bytes), 0);
    struct tare__table *t = &m->mask_table;
    if (t->n * 2 >= t->cap) {
        uint32_t cap = t->cap ? t->cap * 2 : 64;
        uint32_t *slots = TARE_NEW_N(&m->arena, uint32_t, cap);
        if (!slots)
            return NULL;
        for (uint32_t i = 0; i < m->n_masks; i++) {
            uint64_t h = m->masks[i]->hash;
            while (slots[h & (cap - 1)])
                h++;
            slots[h & (cap - 1)] = i + 1;
        }
        t->slots = slots;
        t->cap = cap;
    }
    uint64_t h = hash;
    for (; t->slots[h & (t->cap - 1)]; h++)
        if (same_mask(m->masks[t->slots[h & (t->cap - 1)] - 1], hash, g, n_words))
            return m->masks[t->slots[h & (t->cap - 1)] - 1];
    struct tare__mask *made = TARE_NEW(&m->arena, struct tare__mask);
    void *copy = tare_arena_alloc(&m->arena, bytes);
    if (!made || !copy ||
        !tare__vector_room(&m->arena, (void **)&m->masks, m->n_masks, &m->cap_masks,
                           sizeof *m->masks))
        return NULL;
    if (bytes)
        memcpy(copy, content, bytes);
    made->hash = hash;
    made->view = (struct tare_mask_view){.id = atomic_fetch_add(&m->guide->next_mask_id, 1),
                                         .n_allowed = g->n,
                                         .ids = sparse ? copy : NULL,
                                         .words = sparse ? NULL : copy};
    if (m->guide->grammar->unique && !list_quoted(m, made))
        return NULL;
    m->masks[m->n_masks] = made;
    t->slots[h & (t->cap - 1)] = ++m->n_masks;
    t->n++;
    return made;
}

/* ---- masks shared by states that differ only in counts no token can use up ------------------- */

static bool key_word(struct tare__memory *m, uint32_t word)
{
    if (!tare__vector_room(&m->arena, (void **)&m->key, m->n_key, &m->cap_key, sizeof *m->key))
        return false;
    m->key[m->n_key++] = word;
    return true;
}

/* A frame's contents, with counts above the longest token made alike. */
static bool key_frame(struct tare__memory *m, const struct tare__frame *f)
{
    const struct tare__node *x = &m->guide->grammar->nodes[f->node];
    uint32_t longest = m->guide->vocab->v->longest, c = f->c, d = f->d;
    bool text = x->kind == TARE_GRAMMAR_K_LEX || x->kind == TARE_GRAMMAR_K_STRING;
    if (x->kind == TARE_GRAMMAR_K_REPEAT || (text && !x->fit)) {
        c = c > longest ? longest + 1 : c;
        d = d > longest ? TARE_GRAMMAR_ANY : d;
    } else if (text && c == 0 && d > longest + x->fit->last) {
        d = TARE_GRAMMAR_ANY;
    }
    return key_word(m, f->node) && key_word(m, f->a) && key_word(m, f->b) && key_word(m, c) &&
           key_word(m, d);
}

/* False: no memory. */
static bool make_key(struct tare__memory *m, const struct tare__state *s)
{
    m->n_key = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t id = s->frames[i]; id != TARE__FRAME_BOTTOM; id = m->frames[id].parent)
            if (!key_frame(m, &m->frames[id]))
                return false;
        if (!key_word(m, UINT32_MAX))
            return false;
    }
    return true;
}

static uint32_t *key_slot(struct tare__memory *m, uint64_t hash)
{
    struct tare__table *t = &m->key_table;
    for (uint64_t h = hash;; h++) {
        uint32_t *slot = &t->slots[h & (t->cap - 1)];
        if (!*slot)
            return slot;
        const struct tare__key_memo *k = &m->keys[*slot - 1];
        if (k->hash == hash && k->n == m->n_key &&
            memcmp(k->words, m->key, k->n * sizeof *k->words) == 0)
            return slot;
    }
}

static bool key_room(struct tare__memory *m)
{
    struct tare__table *t = &m->key_table;
    if (t->n * 2 < t->cap)
        return true;
    uint32_t cap = t->cap ? t->cap * 2 : 256;
    uint32_t *slots = TARE_NEW_N(&m->arena, uint32_t, cap);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < m->n_keys; i++) {
        uint64_t h = m->keys[i].hash;
        while (slots[h & (cap - 1)])
            h++;
        slots[h & (cap - 1)] = i + 1;
    }
    t->slots = slots;
    t->cap = cap;
    return true;
}

/* The mask of an equivalent state (NULL: none), or, with `put`, remembers one. Under the lock. A
 * key there is no memory for is not remembered: that costs time only. */
static const struct tare__mask *by_key(struct tare__memory *m, const struct tare__state *s,
                                       const struct tare__mask *put)
{
    if (!m->guide->grammar->counts || !key_room(m) || !make_key(m, s))
        return put;
    uint64_t hash = tare_hash64(tare_str_n((const char *)m->key, m->n_key * sizeof *m->key), 0);
    uint32_t *slot = key_slot(m, hash);
    if (*slot)
        return m->keys[*slot - 1].mask;
    if (!put)
        return NULL;
    uint32_t *words = TARE_NEW_N(&m->arena, uint32_t, m->n_key);
    if (!words ||
        !tare__vector_room(&m->arena, (void **)&m->keys, m->n_keys, &m->cap_keys, sizeof *m->keys))
        return put;
    if (m->n_key)
        memcpy(words, m->key, m->n_key * sizeof *words);
    m->keys[m->n_keys] = (struct tare__key_memo){hash, words, m->n_key, put};
    *slot = ++m->n_keys;
    m->key_table.n++;
    return put;
}

enum tare_status tare__mask_of(struct tare_walk *w, const struct tare__mask **out,
                               struct tare_err *err)
{
    struct tare__memory *m = w->memory;
    struct tare__state *s = tare__state_at(m, w->state);
    const struct tare_guide_vocab *v = w->guide->vocab;
    *out = atomic_load_explicit(&s->mask, memory_order_acquire);
    if (*out)
        return TARE_OK;
    if (w->guide->grammar->counts) {
        (void)pthread_mutex_lock(&m->lock);
        *out = by_key(m, s, NULL);
        if (*out)
            atomic_store_explicit(&s->mask, *out, memory_order_release);
        (void)pthread_mutex_unlock(&m->lock);
        if (*out)
            return TARE_OK;
    }
    struct tare__gather g;
    g.words = w->scratch;
    g.n = 0;
    w->computed = true;
    enum tare_status st = gather(w, &g, err);
    if (!st && g.n <= TARE__SPARSE && g.n)
        qsort(g.ids, g.n, sizeof *g.ids, by_number);
    if (!st) {
        (void)pthread_mutex_lock(&m->lock);
        *out = tare__mask_intern(m, &g, v->n_words);
        if (*out)
            atomic_store_explicit(&s->mask, by_key(m, s, *out), memory_order_release);
        (void)pthread_mutex_unlock(&m->lock);
        st = *out ? TARE_OK : tare__memory_full(err);
    }
    if (!st && g.n <= TARE__SPARSE)
        for (uint32_t i = 0; i < g.n; i++)
            w->scratch[g.ids[i] / 64] = 0;
    else
        memset(w->scratch, 0, v->n_words * sizeof *w->scratch);
    return st;
}
