/*
 * What tokens do inside a string or a key, found once for each state of its automaton: most of a
 * mask depends on nothing else. A token that ends the string has a tail, what it holds behind the
 * quote; only tails are read by what stands around the string, and there are few of them.
 */
#include "text/guide_int.h"

#include "base/hash.h"

#include "base/banned.h"

/* A place in the tree and the string's registers there. */
struct place {
    uint32_t end;
    struct tare__frame f;
};

/* The string (or key) that is walked, and what was found. */
struct inside {
    const struct tare_guide_vocab *v;
    const struct tare__node *x; /* a string, or NULL */
    const struct tare_dfa *key; /* of a key, else NULL */
    const struct tare_dfa *dfa; /* that alone reads what is no quote and no escape, or NULL */
    const uint8_t *slack;       /* of its states, or NULL */
    uint64_t *words;            /* tokens that stay inside */
    uint32_t *ends, n_ends;     /* those that end it */
};

static void stays(struct inside *in, uint32_t id)
{
    const uint32_t *same = in->v->v->same;
    for (; id != TARE_VOCAB_NONE; id = same ? same[id] : TARE_VOCAB_NONE)
        in->words[id / 64] |= (uint64_t)1 << (id % 64);
}

static void all_stay(struct inside *in, uint32_t i)
{
    const struct tare_vocab_node *trie = in->v->v->trie;
    for (uint32_t end = i + tare_vocab_node_size(trie[i]); i < end; i++)
        if (trie[i].token != TARE_VOCAB_NONE)
            stays(in, trie[i].token);
}

/* All tokens of the subtree: they end the string by the byte that leads there. */
static void all_end(struct inside *in, uint32_t i)
{
    const struct tare_vocab *v = in->v->v;
    for (uint32_t end = i + tare_vocab_node_size(v->trie[i]); i < end; i++)
        for (uint32_t id = v->trie[i].token; id != TARE_VOCAB_NONE;
             id = v->same ? v->same[id] : TARE_VOCAB_NONE)
            in->ends[in->n_ends++] = id;
}

/* Nodes [i, end) and what is below them, all of one depth, with all registers. */
static void walk_slow(struct inside *in, uint32_t i, uint32_t end, const struct tare__frame *f,
                      struct place *stack)
{
    const struct tare_vocab_node *trie = in->v->v->trie;
    uint32_t depth = 0;
    stack[0] = (struct place){end, *f};
    while (i < end) {
        while (i >= stack[depth].end)
            depth--;
        struct tare_vocab_node node = trie[i];
        uint32_t size = tare_vocab_node_size(node);
        struct tare__frame at = stack[depth].f;
        unsigned char byte = tare_vocab_node_byte(node);
        enum tare__move how =
            in->key ? tare__extra_move(in->key, &at, byte) : tare__string_move(in->x, &at, byte);
        if (how == TARE__MOVE_ENDS)
            all_end(in, i);
        if (how != TARE__MOVE_READS) {
            i += size;
            continue;
        }
        if (node.token != TARE_VOCAB_NONE)
            stays(in, node.token);
        if (size > 1)
            stack[++depth] = (struct place){i + size, at};
        i++;
    }
}

/* The same by the automaton alone; behind a backslash the slow way. */
static void walk_quick(struct inside *in, const struct tare__frame *f, struct place *stack)
{
    const struct tare_vocab_node *trie = in->v->v->trie;
    const struct tare_dfa *d = in->dfa;
    uint32_t depth = 0, i = 1, n = in->v->v->n_nodes;
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
            walk_slow(in, i, i + size, &at, stack + depth + 1);
        } else if (byte == '"') {
            if (d->accepts[state])
                all_end(in, i);
        } else if (byte >= 0x20) {
            to = tare_dfa_step(d, state, byte);
        }
        if (to != TARE_DFA_DEAD && in->slack && in->v->below[i] < TARE_DFA_ENDLESS &&
            in->v->below[i] <= in->slack[to]) {
            all_stay(in, i);
            to = TARE_DFA_DEAD;
        }
        if (to == TARE_DFA_DEAD) {
            i += size;
            continue;
        }
        if (node.token != TARE_VOCAB_NONE)
            stays(in, node.token);
        if (size > 1) {
            stack[++depth].end = i + size;
            stack[depth].f.a = to;
        }
        i++;
    }
}

static void walk(struct inside *in, const struct tare__frame *f, struct place *stack)
{
    if (in->dfa)
        walk_quick(in, f, stack);
    else
        walk_slow(in, 1, in->v->v->n_nodes, f, stack);
}

/* The tokens that end the string, sorted by tail, into the arena. NULL: no memory. */
static const struct tare__inner *keep(const struct inside *in, struct tare_arena *arena)
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

/* Room for a walk in one piece: the stack, the words, the tokens that end the string. */
struct room {
    const struct tare_alc *alc;
    size_t bytes;
    struct place *stack;
};

static bool room_open(struct room *r, struct inside *in, const struct tare_alc *alc)
{
    size_t stack = 2 * ((size_t)in->v->v->longest + 2) * sizeof(struct place);
    size_t words = in->v->n_words * sizeof *in->words;
    *r = (struct room){.alc = alc, .bytes = stack + words};
    r->bytes += ((size_t)in->v->n_closing + 1) * sizeof *in->ends;
    char *p = alc->get(alc->ctx, r->bytes);
    if (!p)
        return false;
    r->stack = (struct place *)(void *)p;
    in->words = (uint64_t *)(void *)(p + stack);
    in->ends = (uint32_t *)(void *)(p + stack + words);
    memset(in->words, 0, words);
    return true;
}

static void room_close(struct room *r)
{
    r->alc->put(r->alc->ctx, r->stack, r->bytes);
}

/* Without bounds (or behind them far enough that they do not matter) the automaton is all. */
static struct inside inside_of(const struct tare_guide_vocab *v, const struct tare__node *x,
                               const struct tare_dfa *key, const struct tare__frame *f)
{
    bool alone = x && f->c == 0 && f->d == TARE_GRAMMAR_ANY;
    return (struct inside){.v = v, .x = x, .key = key, .dfa = key ? key : alone ? x->u.dfa : NULL};
}

const struct tare__inner *tare__inner_make(const struct tare_guide_vocab *v,
                                           const struct tare__node *x, const struct tare_dfa *key,
                                           struct tare_arena *arena)
{
    struct tare__frame f = {.a = TARE_DFA_START, .d = TARE_GRAMMAR_ANY};
    if (key)
        f = (struct tare__frame){.a = TARE__OBJECT_EXTRA, .b = TARE_DFA_START};
    struct inside in = inside_of(v, x, key, &f);
    struct room room;
    if (!room_open(&room, &in, arena->alc))
        return NULL;
    walk(&in, &f, room.stack);
    const struct tare__inner *out = keep(&in, arena);
    room_close(&room);
    return out;
}

/* ---- remembered ---------------------------------------------------------------------------- */

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
                                          const struct inside *in, const struct tare__inner *known)
{
    const struct tare__inner *found = recall(m, k);
    if (found)
        return found;
    found = !table_room(m) ? NULL : known ? known : keep(in, &m->arena);
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

/* A string or key under way, and what is counted in it. */
struct string {
    struct tare__frame f;
    const struct tare__inner *inner; /* NULL: not known */
    uint32_t need, left;             /* code points, of any text; else 0 and ANY */
    bool declared;                   /* a key that may turn out to be a declared one */
    bool done;
};

static const struct tare__node *string_node(const struct tare__memory *m, const struct string *s,
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
static bool know(struct tare__memory *m, struct string *s)
{
    const struct tare_dfa *key = NULL;
    const struct tare__node *x = string_node(m, s, &key);
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

/* How far any text can go on in the automaton's states, found once. NULL: not known. */
static const uint8_t *slack_of(struct tare__memory *m, const struct tare_dfa *dfa)
{
    const uint8_t *slack = NULL;
    uint32_t i = 0;
    (void)pthread_mutex_lock(&m->lock);
    while (i < m->n_slacks && m->slacks[i].dfa != dfa)
        i++;
    if (i < m->n_slacks) {
        slack = m->slacks[i].slack;
    } else if (tare__vector_room(&m->arena, (void **)&m->slacks, i, &m->cap_slacks,
                                 sizeof *m->slacks)) {
        slack = tare_dfa_slack(dfa, m->guide->vocab->common, &m->guide->alc, &m->arena);
        m->slacks[m->n_slacks++] = (struct tare__slack_known){dfa, slack};
    }
    (void)pthread_mutex_unlock(&m->lock);
    return slack;
}

/* A token from the string's registers, byte by byte. */
static void try_token(struct inside *in, const struct tare__frame *f, uint32_t id)
{
    struct tare_str t = tare_vocab_text(in->v->v, id);
    struct tare__frame at = *f;
    for (size_t i = 0; i < t.n; i++) {
        enum tare__move how = tare__string_move(in->x, &at, (unsigned char)t.p[i]);
        if (how == TARE__MOVE_ENDS)
            in->ends[in->n_ends++] = id;
        if (how != TARE__MOVE_READS)
            return;
    }
    in->words[id / 64] |= (uint64_t)1 << (id % 64);
}

static bool find_out(struct tare__memory *m, struct string *s);

/* Bounds that short tokens cannot use up: those do what they do without, the others are tried. */
static bool near_bounds(struct tare__memory *m, const struct string *s, struct inside *in)
{
    const struct tare_guide_vocab *v = in->v;
    struct string without = *s;
    without.f.d = TARE_GRAMMAR_ANY;
    (void)pthread_mutex_lock(&m->lock);
    bool ok = know(m, &without);
    (void)pthread_mutex_unlock(&m->lock);
    if (!ok || (!without.inner && !find_out(m, &without)))
        return false;
    const struct tare__inner *all = without.inner;
    for (uint32_t i = 0; i < v->n_words; i++)
        in->words[i] = all->words[i] & v->within[TARE__SHORT][i];
    for (uint32_t i = 0; i < all->first[v->n_tails + 1]; i++)
        if (v->length[all->ends[i]] <= TARE__SHORT)
            in->ends[in->n_ends++] = all->ends[i];
    for (uint32_t i = 0; i < v->n_longer; i++)
        try_token(in, &s->f, v->longer[i]);
    return true;
}

/* What is not known is found by a walk. False: no memory. */
static bool find_out(struct tare__memory *m, struct string *s)
{
    const struct tare_dfa *key = NULL;
    const struct tare__node *x = string_node(m, s, &key);
    struct inside in = inside_of(m->guide->vocab, x, key, &s->f);
    struct tare__inner_key k = key_of(x, key, &s->f);
    struct room room;
    bool near = k.fit && s->f.c == 0 && s->f.d > (uint64_t)x->fit->last + TARE__SHORT;
    if (!room_open(&room, &in, &m->guide->alc))
        return false;
    if (in.dfa)
        in.slack = slack_of(m, in.dfa);
    bool ok = !near || near_bounds(m, s, &in); /* once deep: those have no bounds */
    if (!near)
        walk(&in, &s->f, room.stack);
    if (ok) {
        (void)pthread_mutex_lock(&m->lock);
        s->inner = remember(m, &k, &in, NULL);
        (void)pthread_mutex_unlock(&m->lock);
    }
    room_close(&room);
    return ok && s->inner != NULL;
}

/* ---- strings of a state --------------------------------------------------------------------- */

bool tare__is_string(const struct tare__node *x, const struct tare__frame *f)
{
    if (x->kind == TARE_GRAMMAR_K_STRING)
        return !f->b;
    return x->kind == TARE_GRAMMAR_K_OBJECT && (f->a & 0xff) == TARE__OBJECT_EXTRA &&
           !(f->a & TARE__KEY_ESCAPED);
}

static struct string string_of(const struct tare_grammar *g, struct tare__frame f)
{
    const struct tare__node *x = &g->nodes[f.node];
    struct string s = {.f = f, .left = TARE_GRAMMAR_ANY};
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
static enum tare_status behind(struct tare__memory *m, struct string *s, uint32_t n,
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
    const struct tare_vocab_node *trie = v->edge->trie;
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
                 id = v->edge->same ? v->edge->same[id] : TARE_VOCAB_NONE)
                marks[id / 64] |= (uint64_t)1 << (id % 64);
    }
}

static void add_inside(const struct tare_guide_vocab *v, const struct string *s, uint64_t *words)
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
static void add_ends(const struct tare_guide_vocab *v, const struct string *s, uint32_t tail,
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
static enum tare_status add_group(struct tare_walk *w, struct string *s, uint32_t n,
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

static bool covers(const struct tare_guide_vocab *v, const struct string *s)
{
    return (s->inner == v->text || s->inner == v->plain || s->inner == v->names ||
            s->inner == v->matched) &&
           s->left >= v->v->longest;
}

/* The strings of the state, those that are known with what tokens do in them. */
static enum tare_status strings_in(struct tare__memory *m, const struct tare__state *s,
                                   struct string *strings, uint32_t *n, uint32_t *n_unknown)
{
    const struct tare_grammar *g = m->guide->grammar;
    bool ok = true;
    (void)pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < s->n && ok; i++) {
        const struct tare__frame *f = &m->frames[s->frames[i]];
        if (s->frames[i] == TARE__FRAME_BOTTOM || !tare__is_string(&g->nodes[f->node], f))
            continue;
        strings[*n] = string_of(g, *f);
        ok = know(m, &strings[*n]);
        *n_unknown += !strings[*n].inner;
        ++*n;
    }
    (void)pthread_mutex_unlock(&m->lock);
    return ok ? TARE_OK : TARE_E_NOMEM;
}

/* The state of all frames but the strings that are known. */
static enum tare_status others(struct tare__memory *m, const struct tare__state *s,
                               const struct string *strings, uint32_t *state, struct tare_err *err)
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

static enum tare_status strings_of(struct tare_walk *w, struct string *strings, uint64_t *words,
                                   struct tare__strings *out, struct tare_err *err)
{
    const struct tare__state *s = tare__state_at(w->memory, w->state);
    uint32_t n = 0, n_unknown = 0;
    enum tare_status st = strings_in(w->memory, s, strings, &n, &n_unknown);
    for (uint32_t i = 0; i < n && n_unknown <= MOST_UNKNOWN && !st; i++)
        if (!strings[i].inner && !find_out(w->memory, &strings[i]))
            st = TARE_E_NOMEM;
    if (!st)
        st = others(w->memory, s, strings, &out->rest, err);
    for (uint32_t i = 0; i < n && !st; i++) {
        if (strings[i].done || !strings[i].inner)
            continue;
        out->any = true;
        out->cover = out->cover || covers(w->guide->vocab, &strings[i]);
        st = add_group(w, &strings[i], n - i, words, err);
    }
    return st;
}

enum tare_status tare__strings_of(struct tare_walk *w, uint64_t *words, struct tare__strings *out,
                                  struct tare_err *err)
{
    const struct tare_alc *alc = &w->guide->alc;
    const struct tare__state *s = tare__state_at(w->memory, w->state);
    struct string few[8], *strings = few;
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
