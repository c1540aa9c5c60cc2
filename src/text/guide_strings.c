/* What the strings of a state allow, and the state of what is left to be walked. */
#include "text/guide_inside.h"

#include "base/banned.h"

bool tare__is_string(const struct tare__node *x, const struct tare__frame *f)
{
    if (x->kind == TARE_GRAMMAR_K_STRING)
        return !f->b;
    return x->kind == TARE_GRAMMAR_K_OBJECT && (f->a & 0xff) == TARE__OBJECT_EXTRA &&
           !(f->a & TARE__KEY_ESCAPED);
}

static struct tare__string string_of(const struct tare_grammar *g, struct tare__frame f)
{
    const struct tare__node *x = &g->nodes[f.node];
    struct tare__string s = {.f = f, .left = TARE_GRAMMAR_ANY};
    if (x->kind == TARE_GRAMMAR_K_OBJECT) {
        s.declared = f.c >> 16 < (f.c & 0xffff);
    } else if (x->free) { /* bounds are cut off what is without */
        s.need = f.c;
        s.left = f.d;
        s.f.c = 0;
        s.f.d = TARE_GRAMMAR_ANY;
    }
    return s;
}

/* The state behind the quote that ends these strings: of the first and all that are like it. */
static enum tare_status behind(struct tare__memory *m, struct tare__string *s, uint32_t n,
                               uint32_t *state, struct tare_err *err)
{
    (void)pthread_mutex_lock(&m->lock);
    enum tare_status st = tare__closure_begin(m);
    for (uint32_t i = 0; i < n && !st; i++) {
        bool like =
            i == 0 || (!s[i].done && !s[0].declared && !s[i].declared && s[i].inner == s[0].inner &&
                       s[i].need == s[0].need && s[i].left == s[0].left);
        if (!like)
            continue;
        s[i].done = true;
        bool key = m->guide->grammar->nodes[s[i].f.node].kind == TARE_GRAMMAR_K_OBJECT;
        if (key ? !tare__extra_end(m, &s[i].f) : !tare__resume(m, s[i].f.parent))
            st = TARE_E_NOMEM;
    }
    if (!st)
        st = tare__closure_end(m, state, err);
    (void)pthread_mutex_unlock(&m->lock);
    return st == TARE_E_NOMEM ? tare__memory_full(err) : st;
}

/* Marks the tokens that end a key which is declared: keys [lo, hi) have the same first `depth`
 * bytes, and the tree's node stands for those behind them that were read. As deep as a token. */
static void mark_declared(const struct tare_guide_vocab *v, const struct tare__object *o,
                          uint32_t node, uint32_t depth, uint32_t lo, uint32_t hi, uint64_t *marks)
{
    const struct tare_vocab_node *trie = v->edge.v->trie;
    uint32_t end = node + tare_vocab_node_size(trie[node]);
    for (uint32_t k = node + 1; k < end; k += tare_vocab_node_size(trie[k])) {
        unsigned char byte = tare_vocab_node_byte(trie[k]);
        uint32_t from = lo, to = hi;
        if (!tare__keys_narrow(o, depth, byte, &from, &to))
            continue;
        if (o->keys[from].text.n > depth + 1) {
            mark_declared(v, o, k, depth + 1, from, to, marks);
            continue;
        }
        for (uint32_t i = k; i < k + tare_vocab_node_size(trie[k]); i++)
            for (uint32_t id = trie[i].token; id != TARE_VOCAB_NONE;
                 id = v->edge.v->same ? v->edge.v->same[id] : TARE_VOCAB_NONE)
                marks[id / 64] |= (uint64_t)1 << (id % 64);
    }
}

static void add_inside(const struct tare_guide_vocab *v, const struct tare__string *s,
                       uint64_t *words)
{
    const uint64_t *in = s->inner->words;
    if (s->left >= v->v->longest) {
        for (uint32_t i = 0; i < v->n_words; i++)
            words[i] |= in[i];
        return;
    }
    const uint64_t *within = v->within[s->left < TARE__LENGTHS ? s->left : TARE__LENGTHS - 1];
    for (uint32_t i = 0; i < v->n_words; i++)
        words[i] |= in[i] & within[i];
    for (uint32_t i = 0; s->left >= TARE__LENGTHS && i < v->n_long; i++) {
        uint32_t id = v->long_ones[i];
        if (v->length[id] <= s->left && (in[id / 64] >> (id % 64) & 1))
            words[id / 64] |= (uint64_t)1 << (id % 64);
    }
}

/* Tokens that end the string and hold this tail. marks: those that may not, or NULL. */
static void add_ends(const struct tare_guide_vocab *v, const struct tare__string *s, uint32_t tail,
                     const uint64_t *marks, uint64_t *words)
{
    const struct tare__inner *in = s->inner;
    bool bounded = s->need || s->left != TARE_GRAMMAR_ANY;
    for (uint32_t i = in->first[tail]; i < in->first[tail + 1]; i++) {
        uint32_t id = in->ends[i];
        if (bounded && (v->length[id] < s->need || v->length[id] > s->left))
            continue;
        if (!marks || !(marks[id / 64] >> (id % 64) & 1))
            words[id / 64] |= (uint64_t)1 << (id % 64);
    }
}

/* One group of strings alike, the first of s. */
static enum tare_status add_group(struct tare_walk *w, struct tare__string *s, uint32_t n,
                                  uint64_t *words, struct tare_err *err)
{
    const struct tare_guide_vocab *v = w->guide->vocab;
    uint64_t *marks = w->scratch + v->n_words, *tails = marks + v->n_words;
    uint32_t state = TARE__STATE_DEAD, n_tail_words = v->n_tails / 64 + 1;
    enum tare_status st = behind(w->memory, s, n, &state, err);
    if (st)
        return st;
    add_inside(v, s, words);
    if (state == TARE__STATE_DEAD)
        return TARE_OK;
    if (s->declared)
        mark_declared(v, w->guide->grammar->nodes[s->f.node].u.object, 0, s->f.d, s->f.c >> 16,
                      s->f.c & 0xffff, marks);
    st = tare__tails_of(w, state, tails, err);
    add_ends(v, s, 0, s->declared ? marks : NULL, words); /* nothing behind the quote */
    for (uint32_t i = 0; i < n_tail_words && !st; i++)
        for (uint64_t left = tails[i]; left; left &= left - 1)
            add_ends(v, s, i * 64 + (uint32_t)__builtin_ctzll(left) + 1, s->declared ? marks : NULL,
                     words);
    memset(tails, 0, n_tail_words * sizeof *tails);
    if (s->declared)
        memset(marks, 0, v->n_words * sizeof *marks);
    return st;
}

static bool covers(const struct tare_guide_vocab *v, const struct tare__string *s)
{
    return (s->inner == v->text || s->inner == v->plain || s->inner == v->names ||
            s->inner == v->matched) &&
           s->left >= v->v->longest;
}

/* The strings of the state, those that are known with what tokens do in them. */
static enum tare_status strings_in(struct tare__memory *m, const struct tare__state *s,
                                   struct tare__string *strings, uint32_t *n, uint32_t *n_unknown)
{
    const struct tare_grammar *g = m->guide->grammar;
    bool ok = true;
    (void)pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < s->n && ok; i++) {
        const struct tare__frame *f = &m->frames[s->frames[i]];
        if (s->frames[i] == TARE__FRAME_BOTTOM || !tare__is_string(&g->nodes[f->node], f))
            continue;
        strings[*n] = string_of(g, *f);
        ok = tare__string_know(m, &strings[*n]);
        *n_unknown += !strings[*n].inner;
        ++*n;
    }
    (void)pthread_mutex_unlock(&m->lock);
    return ok ? TARE_OK : TARE_E_NOMEM;
}

/* The state of all frames but the strings that are known. */
static enum tare_status others(struct tare__memory *m, const struct tare__state *s,
                               const struct tare__string *strings, uint32_t *state,
                               struct tare_err *err)
{
    const struct tare_grammar *g = m->guide->grammar;
    uint32_t k = 0;
    (void)pthread_mutex_lock(&m->lock);
    enum tare_status st = tare__closure_begin(m);
    for (uint32_t i = 0; i < s->n && !st; i++) {
        const struct tare__frame f = m->frames[s->frames[i]];
        if (s->frames[i] == TARE__FRAME_BOTTOM)
            continue;
        if (tare__is_string(&g->nodes[f.node], &f) && strings[k++].inner)
            continue;
        if (!tare__reads(m, f))
            st = TARE_E_NOMEM;
    }
    if (!st)
        st = tare__closure_end(m, state, err);
    (void)pthread_mutex_unlock(&m->lock);
    return st;
}

/* Few that are unknown are found out for good; many at once are walked together, this time. */
#define MOST_UNKNOWN 2u
#define MOST_ASKED 8u

/* Kinds of which this string takes all tokens: those need no walk. */
static void ask_kinds(const struct tare__memory *m, const struct tare__string *s, uint64_t *words,
                      struct tare__strings *out)
{
    const struct tare_guide_vocab *v = m->guide->vocab;
    const struct tare_dfa *key = NULL;
    const struct tare__node *x = tare__string_node(m, s, &key);
    struct tare__inside in = tare__inside_of(v, x, key, &s->f);
    uint32_t longest = v->v->longest;
    bool all = tare__inside_reach(&in, &s->f, TARE__CHARS_ALL, longest) == longest;
    for (uint32_t k = 0; k < v->n_kinds; k++) {
        const struct tare__kind *kind = &v->kinds[k];
        uint32_t n = kind->longest;
        if (out->kinds >> k & 1 || (!all && tare__inside_reach(&in, &s->f, kind->chars, n) != n))
            continue;
        out->kinds |= (uint32_t)1 << k;
        out->any = true;
        for (uint32_t i = 0; i < v->n_words; i++)
            words[i] |= kind->words[i];
    }
}

static enum tare_status strings_of(struct tare_walk *w, struct tare__string *strings,
                                   uint64_t *words, struct tare__strings *out, struct tare_err *err)
{
    const struct tare__state *s = tare__state_at(w->memory, w->state);
    uint32_t n = 0, n_unknown = 0;
    enum tare_status st = strings_in(w->memory, s, strings, &n, &n_unknown);
    for (uint32_t i = 0; i < n && n_unknown <= MOST_UNKNOWN && !st; i++)
        if (!strings[i].inner && !tare__string_find(w->memory, &strings[i]))
            st = TARE_E_NOMEM;
    if (!st)
        st = others(w->memory, s, strings, &out->rest, err);
    for (uint32_t i = 0, asked = 0; i < n && n_unknown > MOST_UNKNOWN && asked < MOST_ASKED; i++)
        if (!strings[i].inner && strings[i].left == TARE_GRAMMAR_ANY && !st && ++asked)
            ask_kinds(w->memory, &strings[i], words, out);
    for (uint32_t i = 0; i < n && !st; i++) {
        if (strings[i].done || !strings[i].inner)
            continue;
        out->any = true;
        if (covers(w->guide->vocab, &strings[i]))
            out->kinds = UINT32_MAX;
        st = add_group(w, &strings[i], n - i, words, err);
    }
    return st;
}

enum tare_status tare__strings_of(struct tare_walk *w, uint64_t *words, struct tare__strings *out,
                                  struct tare_err *err)
{
    const struct tare_alc *alc = &w->guide->alc;
    const struct tare__state *s = tare__state_at(w->memory, w->state);
    struct tare__string few[8], *strings = few;
    size_t bytes = s->n * sizeof *strings;
    *out = (struct tare__strings){.rest = w->state};
    if (!s->has_strings)
        return TARE_OK;
    if (s->n > 8)
        strings = alc->get(alc->ctx, bytes);
    if (!strings)
        return tare__memory_full(err);
    enum tare_status st = strings_of(w, strings, words, out, err);
    if (strings != few)
        alc->put(alc->ctx, strings, bytes);
    return st == TARE_E_NOMEM ? tare__memory_full(err) : st;
}
