/* What tokens do inside strings, remembered by the state of the string's automaton. */
#include "text/guide_inside.h"

#include "base/hash.h"

#include "base/banned.h"

static uint64_t hash_of(const struct tare__inner_key *k)
{
    return tare_hash64(tare_str_n((const char *)k, sizeof *k), 0);
}

/* Where the key stands, or would. */
static uint32_t *slot_of(const struct tare__memory *m, const struct tare__inner_key *k)
{
    const struct tare__table *t = &m->inner_table;
    for (uint64_t h = hash_of(k);; h++) {
        uint32_t *slot = &t->slots[h & (t->cap - 1)];
        if (!*slot || memcmp(&m->inners[*slot - 1].key, k, sizeof *k) == 0)
            return slot;
    }
}

static bool table_room(struct tare__memory *m)
{
    struct tare__table *t = &m->inner_table;
    if (t->n * 2 < t->cap)
        return true;
    uint32_t cap = t->cap ? t->cap * 2 : 16;
    uint32_t *slots = TARE_NEW_N(&m->arena, uint32_t, cap);
    if (!slots)
        return false;
    t->slots = slots;
    t->cap = cap;
    for (uint32_t i = 0; i < t->n; i++)
        *slot_of(m, &m->inners[i].key) = i + 1;
    return true;
}

static const struct tare__inner *recall(struct tare__memory *m, const struct tare__inner_key *k)
{
    uint32_t at = m->inner_table.cap ? *slot_of(m, k) : 0;
    return at ? m->inners[at - 1].inner : NULL;
}

/* Remembers it, unless somebody was quicker. NULL: no memory. */
static const struct tare__inner *remember(struct tare__memory *m, const struct tare__inner_key *k,
                                          const struct tare__inside *in,
                                          const struct tare__inner *known)
{
    const struct tare__inner *found = recall(m, k);
    if (found)
        return found;
    found = !table_room(m) ? NULL : known ? known : tare__inside_keep(in, &m->arena);
    if (!found || !tare__vector_room(&m->arena, (void **)&m->inners, m->inner_table.n,
                                     &m->cap_inners, sizeof *m->inners))
        return NULL;
    m->inners[m->inner_table.n] = (struct tare__inner_known){*k, found};
    *slot_of(m, k) = ++m->inner_table.n;
    return found;
}

/* Whether from this state the automaton takes what `any` takes: a search that has found its match,
 * a name that no pattern can match any more. Few states, or it is not so. */
static bool takes_any(const struct tare_dfa *d, uint32_t state, const struct tare_dfa *any)
{
    enum { PAIRS = 16 };
    uint32_t pairs[PAIRS][2] = {{state, TARE_DFA_START}}, n = 1;
    for (uint32_t i = 0; i < n; i++) {
        if (d->accepts[pairs[i][0]] != any->accepts[pairs[i][1]])
            return false;
        for (unsigned b = 0; b < 256; b++) {
            uint32_t s = tare_dfa_step(d, pairs[i][0], (unsigned char)b), k = 0;
            uint32_t u = tare_dfa_step(any, pairs[i][1], (unsigned char)b);
            if ((s == TARE_DFA_DEAD) != (u == TARE_DFA_DEAD))
                return false;
            while (s && k < n && !(pairs[k][0] == s && pairs[k][1] == u))
                k++;
            if (!s || k < n)
                continue;
            if (n == PAIRS)
                return false;
            pairs[n][0] = s;
            pairs[n++][1] = u;
        }
    }
    return true;
}

/* Tables of the vocabulary serve what every grammar has. */
static const struct tare__inner *usual(const struct tare__memory *m, const struct tare__node *x,
                                       const struct tare_dfa *key, const struct tare__frame *f)
{
    const struct tare_guide_vocab *v = m->guide->vocab;
    if (key)
        return key == m->guide->grammar->names && f->b == TARE_DFA_START ? v->names : NULL;
    if (!x->free || f->a != TARE_DFA_START)
        return NULL;
    return x->escapes ? v->text : v->plain;
}

static const struct tare__inner *like_usual(const struct tare__memory *m,
                                            const struct tare__node *x, const struct tare_dfa *key,
                                            const struct tare__frame *f)
{
    const struct tare_guide_vocab *v = m->guide->vocab;
    const struct tare_grammar *g = m->guide->grammar;
    if (key)
        return takes_any(key, f->b, g->names) ? v->names : NULL;
    if (x->free || f->c || f->d != TARE_GRAMMAR_ANY)
        return NULL;
    if (x->escapes)
        return takes_any(x->u.dfa, f->a, g->utf8) ? v->matched : NULL;
    return takes_any(x->u.dfa, f->a, g->plain) ? v->plain : NULL;
}

const struct tare__node *tare__string_node(const struct tare__memory *m,
                                           const struct tare__string *s,
                                           const struct tare_dfa **key)
{
    const struct tare__node *x = &m->guide->grammar->nodes[s->f.node];
    *key = NULL;
    if (x->kind != TARE_GRAMMAR_K_OBJECT)
        return x;
    *key = x->u.object->extras[s->f.a >> 8 & 0xff].key;
    return NULL;
}

static struct tare__inner_key key_of(const struct tare__node *x, const struct tare_dfa *key,
                                     const struct tare__frame *f)
{
    if (key)
        return (struct tare__inner_key){.dfa = key, .state = f->b};
    return (struct tare__inner_key){.dfa = x->u.dfa,
                                    .fit = f->c || f->d != TARE_GRAMMAR_ANY ? x->fit : NULL,
                                    .kind = 1u + x->free + 2u * x->escapes,
                                    .state = f->a,
                                    .need = f->c,
                                    .left = f->d};
}

/* Under the lock. False: no memory. */
bool tare__string_know(struct tare__memory *m, struct tare__string *s)
{
    const struct tare_dfa *key = NULL;
    const struct tare__node *x = tare__string_node(m, s, &key);
    s->inner = usual(m, x, key, &s->f);
    if (s->inner)
        return true;
    struct tare__inner_key k = key_of(x, key, &s->f);
    s->inner = recall(m, &k);
    const struct tare__inner *like = s->inner ? NULL : like_usual(m, x, key, &s->f);
    if (like)
        s->inner = remember(m, &k, NULL, like);
    return s->inner || !like;
}

/* Bounds that short tokens cannot use up: those do what they do without, the others are tried. */
static bool near_bounds(struct tare__memory *m, const struct tare__string *s,
                        struct tare__inside *in)
{
    const struct tare_guide_vocab *v = in->v;
    struct tare__string without = *s;
    without.f.d = TARE_GRAMMAR_ANY;
    (void)pthread_mutex_lock(&m->lock);
    bool ok = tare__string_know(m, &without);
    (void)pthread_mutex_unlock(&m->lock);
    if (!ok || (!without.inner && !tare__string_find(m, &without)))
        return false;
    const struct tare__inner *all = without.inner;
    for (uint32_t i = 0; i < v->n_words; i++)
        in->words[i] = all->words[i] & v->within[TARE__SHORT][i];
    for (uint32_t i = 0; i < all->first[v->n_tails + 1]; i++)
        if (v->length[all->ends[i]] <= TARE__SHORT)
            in->ends[in->n_ends++] = all->ends[i];
    for (uint32_t i = 0; i < v->n_longer; i++)
        tare__inside_try(in, &s->f, v->longer[i]);
    return true;
}

bool tare__string_find(struct tare__memory *m, struct tare__string *s)
{
    const struct tare_dfa *key = NULL;
    const struct tare__node *x = tare__string_node(m, s, &key);
    struct tare__inside in = tare__inside_of(m->guide->vocab, x, key, &s->f);
    struct tare__inner_key k = key_of(x, key, &s->f);
    bool near = k.fit && s->f.c == 0 && s->f.d > (uint64_t)x->fit->last + TARE__SHORT;
    if (!tare__inside_open(&in, &m->guide->alc))
        return false;
    bool ok = !near || near_bounds(m, s, &in); /* once deep: those have no bounds */
    if (!near)
        tare__inside_walk(&in, &s->f);
    if (ok) {
        (void)pthread_mutex_lock(&m->lock);
        s->inner = remember(m, &k, &in, NULL);
        (void)pthread_mutex_unlock(&m->lock);
    }
    tare__inside_close(&in);
    return ok && s->inner != NULL;
}
