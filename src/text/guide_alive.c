/*
 * Whether a text under way can be ended, where members that are not declared have few keys left: no
 * key comes twice (text/guide_keys.h), so those that were written are used up. Everything else is
 * settled when a grammar is finished; only grammars with such objects (`scarce`) are looked at
 * here.
 *
 * What is asked of an object is such that when it holds, some next step keeps it: of each kind of
 * member that may have to come, as many keys are left as kinds have to come.
 */
#include "text/guide_int.h"

#include "base/banned.h"

#define EXTRA_MEMBER 0x10000u
#define KEY_ESCAPED 0x10000u

/* An object under way: what its frame knows. */
struct open {
    const struct tare__object *o;
    uint32_t entry; /* in the list of keys; 0: it has none yet */
    uint64_t seen;  /* any order: members and wants seen, as in the frame */
    uint32_t next;  /* else: the next member, and wants that were met */
    unsigned met;
    uint64_t count;
};

static struct open open_of(const struct tare__object *o, const struct tare__frame *f,
                           uint32_t entry)
{
    struct open x = {.o = o, .entry = entry, .next = f->b, .met = f->c, .count = f->d};
    if (o->any_order) {
        x.seen = (uint64_t)f->c << 32 | f->b;
        x.met = o->wants ? (unsigned)(x.seen >> o->n) : 0;
    }
    return x;
}

static struct open with_member(struct open x, uint32_t j)
{
    x.seen |= x.o->any_order ? (uint64_t)1 << j : 0;
    x.next = j + 1;
    x.count++;
    return x;
}

static struct open with_extra(struct open x, uint32_t i)
{
    x.next = x.o->any_order ? x.next : x.o->n;
    x.met |= x.o->extras[i].meets;
    x.count++;
    return x;
}

/* Keys of the automaton that the object does not have yet; `state` and `prefix`: of those that go
 * on so. */
static uint32_t unused(const struct tare__keys *k, const struct open *x, uint32_t i, uint32_t state,
                       struct tare_str prefix, bool escaped)
{
    const struct tare__extra *e = &x->o->extras[i];
    uint32_t left = e->left ? e->left[state] : UINT32_MAX, used = 0;
    if (escaped && e->left) { /* behind a backslash: those of the characters it can spell */
        uint64_t sum = 0;
        for (unsigned c = 0; c < 256; c++) {
            unsigned char byte = tare__short_escape((unsigned char)c);
            uint32_t to = byte ? tare_dfa_step(e->key, state, byte) : TARE_DFA_DEAD;
            sum += to ? e->left[to] : 0;
        }
        left = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
    }
    if (left == UINT32_MAX || !x->entry)
        return left;
    for (uint32_t at = tare__keys_of(k, x->entry); at; at = tare__keys_next(k, at)) {
        struct tare_str key = tare__keys_text(k, at);
        if (key.n >= prefix.n && (!prefix.n || memcmp(key.p, prefix.p, prefix.n) == 0))
            used += tare__key_goes(e->key, state, escaped,
                                   tare_str_n(key.p + prefix.n, key.n - prefix.n));
    }
    return left > used ? left - used : 0;
}

static uint32_t wants_left(const struct open *x)
{
    return (uint32_t)__builtin_popcount(x->o->wants & ~x->met);
}

/* Members that must still come; UINT32_MAX: they cannot all come. `gone`: one key of each kind may
 * have been used up meanwhile. *most: keys left of the kind with the most. */
static uint32_t must_come(const struct tare_grammar *g, const struct tare__keys *k,
                          const struct open *x, uint32_t gone, uint32_t *most)
{
    const struct tare__object *o = x->o;
    const struct tare_str start = {0};
    uint8_t cover[256] = {0};
    unsigned want = o->wants & ~x->met;
    uint32_t need = wants_left(x), required = 0;
    memset(cover + 1, 255, want);
    *most = 0;
    for (uint32_t i = 0; i < o->n_extras; i++) {
        const struct tare__extra *e = &o->extras[i];
        if (e->key->empty || !g->nodes[e->value].productive)
            continue;
        uint32_t left = unused(k, x, i, TARE_DFA_START, start, false);
        left -= left != UINT32_MAX && left ? (left < gone ? left : gone) : 0;
        *most = left > *most ? left : *most;
        if (left < need || !(e->meets & want))
            continue;
        for (unsigned set = 1; set <= want; set++) { /* again for each kind: least ones come down */
            unsigned rest = set & ~(unsigned)e->meets;
            if (rest != set && cover[rest] < 254 && cover[rest] + 1u < cover[set])
                cover[set] = (uint8_t)(cover[rest] + 1u);
        }
    }
    if (want && cover[want] == 255)
        return UINT32_MAX;
    if (!o->any_order)
        required = o->required_after[x->next];
    else
        required = (uint32_t)__builtin_popcountll(o->required_set & ~x->seen);
    return required + cover[want];
}

/* Whether the object can still be ended, or (`now`) may be ended at once. */
static bool can_finish(const struct tare_grammar *g, const struct tare__keys *k,
                       const struct open *x, uint32_t gone)
{
    const struct tare__object *o = x->o;
    uint32_t most = 0, must = must_come(g, k, x, gone, &most);
    uint64_t open = o->any_order ? 0 : o->open_after[x->next];
    for (uint32_t j = 0; o->any_order && j < o->n; j++)
        open += !(x->seen >> j & 1) && g->nodes[o->values[j]].productive;
    return must != UINT32_MAX && x->count + must <= o->max && x->count + open + most >= o->min;
}

static bool ended(const struct open *x)
{
    const struct tare__object *o = x->o;
    bool none = o->any_order ? (o->required_set & ~x->seen) == 0 : o->required_after[x->next] == 0;
    return none && !wants_left(x) && x->count >= o->min;
}

static bool member_possible(const struct tare_grammar *g, const struct tare__keys *k,
                            const struct open *x, uint32_t j)
{
    const struct tare__object *o = x->o;
    if (!g->nodes[o->values[j]].productive)
        return false;
    if (o->any_order ? x->seen >> j & 1 : j < x->next || j > o->next_required[x->next])
        return false;
    struct open then = with_member(*x, j);
    return can_finish(g, k, &then, 0);
}

static bool extra_possible(const struct tare_grammar *g, const struct tare__keys *k,
                           const struct open *x, uint32_t i, uint32_t state, struct tare_str prefix,
                           bool escaped)
{
    const struct tare__object *o = x->o;
    const struct tare__extra *e = &o->extras[i];
    if (e->key->empty || !g->nodes[e->value].productive ||
        (!o->any_order && o->next_required[x->next] != o->n) ||
        unused(k, x, i, state, prefix, escaped) == 0)
        return false;
    struct open then = with_extra(*x, i);
    return can_finish(g, k, &then, 1);
}

/* Whether another member can come. */
static bool another(const struct tare_grammar *g, const struct tare__keys *k, const struct open *x)
{
    const struct tare_str start = {0};
    for (uint32_t i = 0; i < x->o->n_extras; i++)
        if (extra_possible(g, k, x, i, TARE_DFA_START, start, false))
            return true;
    for (uint32_t j = 0; j < x->o->n; j++)
        if (member_possible(g, k, x, j))
            return true;
    return false;
}

/* Whether the object of this frame can go on from it. */
static bool object_alive(const struct tare__memory *m, const struct tare__keys *k,
                         const struct tare__frame *f, uint32_t entry)
{
    const struct tare_grammar *g = m->guide->grammar;
    const struct tare__object *o = g->nodes[f->node].u.object;
    uint32_t phase = f->a & 0xff;
    bool in_key = phase == TARE__OBJECT_KEY || phase == TARE__OBJECT_EXTRA;
    struct open x = open_of(o, in_key ? &m->frames[f->parent] : f, entry);
    if (!o->scarce)
        return true;
    switch ((enum tare__phase)phase) {
    case TARE__OBJECT_FIRST:
        return ended(&x) || another(g, k, &x);
    case TARE__OBJECT_NEXT:
    case TARE__OBJECT_COMMA:
        return another(g, k, &x);
    case TARE__OBJECT_KEY:
        for (uint32_t i = f->b; i < f->c; i++)
            if (member_possible(g, k, &x, o->keys[i].member))
                return true;
        return false;
    case TARE__OBJECT_EXTRA:
        return extra_possible(g, k, &x, f->a >> 8 & 0xff, f->b, tare__keys_begun(k),
                              (f->a & KEY_ESCAPED) != 0);
    case TARE__OBJECT_START:
    case TARE__OBJECT_COLON:
    case TARE__OBJECT_CLOSE:
    case TARE__OBJECT_HOLD:
    case TARE__OBJECT_VALUE:
    case TARE__OBJECT_AFTER:
        break;
    }
    return can_finish(g, k, &x, 0);
}

/* A frame of an object that has been begun; of a key under way only the key's own. */
static bool is_open(const struct tare__memory *m, const struct tare__frame *f)
{
    return m->guide->grammar->nodes[f->node].kind == TARE_GRAMMAR_K_OBJECT &&
           (f->a & 0xff) != TARE__OBJECT_START && (f->a & 0xff) != TARE__OBJECT_HOLD;
}

/* Objects that are begun but have no frame are listed values, innermost: their keys are skipped. */
static bool frame_alive(const struct tare__memory *m, const struct tare__keys *k, uint32_t id)
{
    uint32_t n_frames = 0, n_entries = 0, entry = tare__keys_top(k);
    for (uint32_t i = id; i != TARE__FRAME_BOTTOM; i = m->frames[i].parent)
        n_frames += is_open(m, &m->frames[i]);
    for (uint32_t e = entry; e; e = tare__keys_outer(k, e))
        n_entries++;
    for (; n_entries > n_frames; n_entries--)
        entry = tare__keys_outer(k, entry);
    for (uint32_t i = id; i != TARE__FRAME_BOTTOM; i = m->frames[i].parent) {
        if (!is_open(m, &m->frames[i]))
            continue;
        if (!object_alive(m, k, &m->frames[i], entry))
            return false;
        entry = entry ? tare__keys_outer(k, entry) : 0;
    }
    return true;
}

/* A key of which there is no end, however it goes on. */
static bool endless(const struct tare__memory *m, const struct tare__frame *f)
{
    const struct tare__node *x = &m->guide->grammar->nodes[f->node];
    if (x->kind != TARE_GRAMMAR_K_OBJECT)
        return false;
    return !x->u.object->scarce ||
           ((f->a & 0xff) == TARE__OBJECT_EXTRA && !x->u.object->extras[f->a >> 8 & 0xff].left);
}

/* A key of a kind of which so many are left: noted. */
static bool few_left(const struct tare__memory *m, const struct tare__frame *f,
                     struct tare__doubt *out)
{
    const struct tare__object *o = m->guide->grammar->nodes[f->node].u.object;
    if ((f->a & 0xff) != TARE__OBJECT_EXTRA || f->a & KEY_ESCAPED || out->n_few == 8)
        return false;
    const struct tare__extra *e = &o->extras[f->a >> 8 & 0xff];
    out->few[out->n_few++] = (struct tare__few){e->key, e->left, f->b};
    return true;
}

enum tare_status tare__in_doubt(struct tare__memory *m, const struct tare__keys *k, uint32_t state,
                                struct tare__doubt *out, struct tare_err *err)
{
    const struct tare__state *s = tare__state_at(m, state);
    bool key = tare__keys_in_key(k);
    *out = (struct tare__doubt){.inside = key || tare__keys_in_value(k), .written = k->at.n};
    if (!out->inside)
        return TARE_OK;
    (void)pthread_mutex_lock(&m->lock);
    enum tare_status st = tare__closure_begin(m);
    for (uint32_t i = 0; i < s->n && !st && out->inside; i++) {
        const struct tare__frame f = m->frames[s->frames[i]];
        bool bottom = s->frames[i] == TARE__FRAME_BOTTOM;
        bool alive = !bottom && frame_alive(m, k, s->frames[i]);
        if (bottom || !key || endless(m, &f))
            out->inside = alive;
        else if (!alive || !few_left(m, &f, out))
            st = tare__reads(m, f) ? TARE_OK : TARE_E_NOMEM;
    }
    if (!st)
        st = tare__closure_end(m, &out->state, err);
    (void)pthread_mutex_unlock(&m->lock);
    return st == TARE_E_NOMEM ? tare__memory_full(err) : st;
}

bool tare__alive(struct tare__memory *m, const struct tare__keys *k, uint32_t state)
{
    const struct tare__state *s = tare__state_at(m, state);
    bool alive = false;
    (void)pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < s->n && !alive; i++)
        alive = s->frames[i] == TARE__FRAME_BOTTOM || frame_alive(m, k, s->frames[i]);
    (void)pthread_mutex_unlock(&m->lock);
    return alive;
}
