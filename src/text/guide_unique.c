/* A mask without the tokens that write a key twice, or lead to where an object lacks keys to go on
 * with: what depends on the keys that were written. */
#include "text/guide_int.h"

#include "base/banned.h"

static void drop(struct tare__gather *g, uint32_t id)
{
    g->words[id / 64] &= ~((uint64_t)1 << (id % 64));
    g->n--;
}

/* The first token to be dropped copies the mask. */
static void copy_mask(const struct tare_guide_vocab *v, const struct tare_mask_view *all,
                      struct tare__gather *g)
{
    for (uint32_t k = 0; all->words && k < v->n_words; k++)
        g->words[k] = all->words[k];
    for (uint32_t k = 0; !all->words && k < all->n_allowed; k++)
        g->words[all->ids[k] / 64] |= (uint64_t)1 << (all->ids[k] % 64);
}

/* Looks at the tokens with enough quotes. */
static enum tare_status drop_twice(struct tare_walk *w, const struct tare__mask *all,
                                   struct tare__gather *g, struct tare_err *err)
{
    const struct tare_guide_vocab *v = w->guide->vocab;
    uint32_t least = tare__keys_quotes(&w->keys);
    const uint32_t *ids = least == 1 ? v->quoted : all->quoted;
    uint32_t n = least == 1 ? v->n_quoted : all->n_quoted;
    for (uint32_t i = 0; i < n && v->quotes[ids[i]] >= least; i++) {
        if (least == 1 && !tare_mask_has(&all->view, ids[i]))
            continue;
        struct tare_str text = tare_vocab_text(v->v, ids[i]);
        struct tare__lists lists = tare__lists_from(w, text);
        uint32_t to = TARE__STATE_START;
        enum tare__keys_answer a = tare__keys_try(&w->keys, text, &lists);
        if (a == TARE__KEYS_NO_MEMORY || tare__lists_end(&lists, &to, err))
            return tare__memory_full(err);
        if (a == TARE__KEYS_OK && to != TARE__STATE_DEAD)
            continue;
        if (g->n == all->view.n_allowed)
            copy_mask(v, &all->view, g);
        drop(g, ids[i]);
    }
    return TARE_OK;
}

#define LOOKED 64u /* states whose answer is remembered, while the keys stay the same */

struct looked {
    uint32_t state[LOOKED];
    bool alive[LOOKED];
};

/* The state behind a token. */
static enum tare_status behind(struct tare_walk *w, uint32_t id, bool special, uint32_t *to,
                               struct tare_err *err)
{
    struct tare_str text = tare_vocab_text(w->guide->vocab->v, id);
    enum tare_status st = TARE_OK;
    *to = w->state;
    if (special)
        return tare__step_token(w->memory, w->state, id, to, err);
    for (size_t i = 0; i < text.n && !st; i++)
        st = tare__step(w->memory, *to, (unsigned char)text.p[i], to, err);
    return st;
}

/* Whether the text can be ended from there; same: the keys are as they were. */
static bool alive_at(struct tare_walk *w, uint32_t to, bool same, struct looked *seen)
{
    if (same && seen->state[to % LOOKED] == to)
        return seen->alive[to % LOOKED];
    bool alive = tare__alive(w->memory, &w->keys, to);
    if (same) {
        seen->state[to % LOOKED] = to;
        seen->alive[to % LOOKED] = alive;
    }
    return alive;
}

/* Whether the token leads to where the text can be ended. */
static enum tare_status leads_on(struct tare_walk *w, uint32_t id, struct looked *seen, bool *out,
                                 struct tare_err *err)
{
    struct tare_str text = tare_vocab_text(w->guide->vocab->v, id);
    struct tare__keys_at begin = w->keys.at;
    uint32_t to = 0;
    bool special = w->guide->vocab->v->flags[id] & TARE_VOCAB_SPECIAL;
    *out = true;
    if (special && w->guide->vocab->v->flags[id] & TARE_VOCAB_END && tare_walk_can_end(w))
        return TARE_OK;
    enum tare_status st = behind(w, id, special, &to, err);
    if (st)
        return st;
    struct tare__lists lists = tare__lists_from(w, text);
    enum tare__keys_answer a = special ? TARE__KEYS_OK : tare__keys_read(&w->keys, text, &lists);
    if (a == TARE__KEYS_OK && tare__lists_end(&lists, &to, err) != TARE_OK)
        a = TARE__KEYS_NO_MEMORY;
    bool same = w->keys.at.head == begin.head && w->keys.at.n_text == begin.n_text;
    *out = a == TARE__KEYS_OK && alive_at(w, to, same, seen);
    w->keys.at = begin;
    return a == TARE__KEYS_NO_MEMORY ? tare__memory_full(err) : TARE_OK;
}

static void mark_all(const struct tare_vocab *v, uint32_t i, uint64_t *marks)
{
    for (uint32_t end = i + tare_vocab_node_size(v->trie[i]); i < end; i++)
        for (uint32_t id = v->trie[i].token; id != TARE_VOCAB_NONE;
             id = v->same ? v->same[id] : TARE_VOCAB_NONE)
            marks[id / 64] |= (uint64_t)1 << (id % 64);
}

#define MARKED_BYTES 256u /* of a token */

struct marking {
    const struct tare_vocab *v;
    const struct tare__keys *keys;
    const struct tare__few *few;
    uint32_t written;
    uint64_t *marks;
    char text[MARKED_BYTES];
};

/* Marks the tokens below the node that lead to few keys, of which some were written, or hold an
 * escape. As deep as a token. */
static void mark_few(struct marking *m, uint32_t node, uint32_t state, uint32_t depth)
{
    const struct tare_vocab *v = m->v;
    uint32_t end = node + tare_vocab_node_size(v->trie[node]);
    for (uint32_t k = node + 1; k < end; k += tare_vocab_node_size(v->trie[k])) {
        unsigned char byte = tare_vocab_node_byte(v->trie[k]);
        uint32_t to = tare_dfa_step(m->few->key, state, byte);
        if (byte == '\\' || depth == MARKED_BYTES)
            mark_all(v, k, m->marks);
        if (byte == '\\' || byte == '"' || to == TARE_DFA_DEAD || depth == MARKED_BYTES)
            continue;
        m->text[depth] = (char)byte;
        if (!tare__keys_begin_so(m->keys, tare_str_n(m->text, depth + 1)))
            continue; /* nothing that goes on so was used */
        for (uint32_t id = m->few->left[to] <= m->written ? v->trie[k].token : TARE_VOCAB_NONE;
             id != TARE_VOCAB_NONE; id = v->same ? v->same[id] : TARE_VOCAB_NONE)
            m->marks[id / 64] |= (uint64_t)1 << (id % 64);
        if (tare_vocab_node_size(v->trie[k]) > 1)
            mark_few(m, k, to, depth + 1);
    }
}

/* Marks the tokens to be looked at when the text is inside a string: those that a reading in doubt
 * takes. *inside false: all. */
static enum tare_status mark_doubt(struct tare_walk *w, uint64_t *marks, bool *inside,
                                   struct tare_err *err)
{
    const struct tare_guide_vocab *v = w->guide->vocab;
    struct tare__doubt doubt;
    struct tare__gather g;
    enum tare_status st = tare__in_doubt(w->memory, &w->keys, w->state, &doubt, err);
    *inside = doubt.inside;
    g.words = marks;
    g.n = 0;
    for (uint32_t i = 0; i < doubt.n_few && doubt.inside && !st; i++) {
        struct marking of = {.v = v->v,
                             .keys = &w->keys,
                             .few = &doubt.few[i],
                             .written = doubt.written,
                             .marks = marks};
        mark_few(&of, 0, doubt.few[i].at, 0);
    }
    return st || !doubt.inside ? st : tare__gather_from(w, &v->full, doubt.state, &g, err);
}

struct doubting {
    struct tare_walk *w;
    const struct tare__mask *all;
    struct tare__gather *g;
    struct looked seen;
};

static enum tare_status drop_if_dead(struct doubting *d, uint32_t id, struct tare_err *err)
{
    bool on = true;
    enum tare_status st = leads_on(d->w, id, &d->seen, &on, err);
    if (st || on)
        return st;
    if (d->g->n == d->all->view.n_allowed)
        copy_mask(d->w->guide->vocab, &d->all->view, d->g);
    drop(d->g, id);
    return TARE_OK;
}

/* Looks at every token that may lead to where nothing leads on: of a grammar whose objects can run
 * out of keys. */
static enum tare_status drop_dead(struct tare_walk *w, const struct tare__mask *all,
                                  struct tare__gather *g, struct tare_err *err)
{
    const struct tare_guide_vocab *v = w->guide->vocab;
    const struct tare_mask_view *m = &all->view;
    struct doubting d = {.w = w, .all = all, .g = g};
    uint64_t *marks = w->scratch + v->n_words;
    bool inside = false;
    enum tare_status st = mark_doubt(w, marks, &inside, err);
    for (uint32_t k = 0; m->ids && k < m->n_allowed && !st; k++) {
        uint32_t id = m->ids[k];
        if (!inside || (v->leaving[id / 64] | marks[id / 64]) >> (id % 64) & 1)
            st = drop_if_dead(&d, id, err);
    }
    for (uint32_t i = 0; !m->ids && i < v->n_words; i++) {
        uint64_t left = m->words[i] & (inside ? v->leaving[i] | marks[i] : UINT64_MAX);
        for (; left && !st; left &= left - 1)
            st = drop_if_dead(&d, i * 64 + (uint32_t)__builtin_ctzll(left), err);
    }
    memset(marks, 0, v->n_words * sizeof *marks);
    return st;
}

static bool same_place(const struct tare__keys_at *a, const struct tare__keys_at *b)
{
    return a->head == b->head && a->top == b->top && a->n == b->n && a->mode == b->mode;
}

enum tare_status tare__mask_unique(struct tare_walk *w, const struct tare__mask *all,
                                   const struct tare__mask **out, struct tare_err *err)
{
    struct tare__memory *m = w->memory;
    struct tare__gather g;
    bool in_value = tare__keys_in_value(&w->keys);
    *out = all;
    if (in_value && w->cut_of == all && same_place(&w->cut_at, &w->keys.at) &&
        (!w->guide->grammar->scarce || w->cut_state == w->state)) {
        *out = w->cut;
        return TARE_OK;
    }
    g.words = w->scratch;
    g.n = all->view.n_allowed;
    enum tare_status st =
        w->guide->grammar->scarce ? drop_dead(w, all, &g, err) : drop_twice(w, all, &g, err);
    if (!st && g.n != all->view.n_allowed) {
        tare__gather_list(&g, w->guide->vocab->n_words);
        (void)pthread_mutex_lock(&m->lock);
        *out = tare__mask_intern(m, &g, w->guide->vocab->n_words);
        (void)pthread_mutex_unlock(&m->lock);
        memset(w->scratch, 0, w->guide->vocab->n_words * sizeof *w->scratch);
        if (!*out)
            st = tare__memory_full(err);
    } else if (st) {
        memset(w->scratch, 0, w->guide->vocab->n_words * sizeof *w->scratch);
    }
    if (!st && in_value) {
        w->cut_of = all;
        w->cut_state = w->state;
        w->cut = *out;
        w->cut_at = w->keys.at;
    }
    return st;
}
