/* Objects under way: which members may still come, and what their keys read. */
#include "text/guide_int.h"

#include "base/banned.h"

#define EXTRA_MEMBER 0x10000u

static uint64_t seen_of(const struct tare__frame *f)
{
    return (uint64_t)f->c << 32 | f->b;
}

static uint32_t bits(uint64_t x)
{
    uint32_t n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

/* Extras that must still come when one that meets `now` is written. Wants that were met stand in
 * register c, in any order behind the members in the set of those seen. */
static uint32_t wanted_left(const struct tare__object *o, const struct tare__frame *f, unsigned now)
{
    if (!o->wants)
        return 0;
    return o->cover[o->wants & ~(o->any_order ? (unsigned)(seen_of(f) >> o->n) : f->c) & ~now];
}

/* Members that must still come when member j (or none: n) is written now. */
static uint32_t required_left(const struct tare__object *o, const struct tare__frame *f, uint32_t j)
{
    if (!o->any_order)
        return o->required_after[j < o->n ? j + 1 : f->b] + wanted_left(o, f, 0);
    uint64_t open = o->required_set & ~seen_of(f);
    return bits(j < o->n ? open & ~((uint64_t)1 << j) : open) + wanted_left(o, f, 0);
}

static bool member_allowed(const struct tare__memory *m, const struct tare__object *o,
                           const struct tare__frame *f, uint32_t j)
{
    uint64_t count = (uint64_t)f->d + 1;
    if (!m->guide->grammar->nodes[o->values[j]].productive)
        return false;
    if (o->any_order ? seen_of(f) >> j & 1 : j < f->b || j > o->next_required[f->b])
        return false;
    if (count + required_left(o, f, j) > o->max)
        return false;
    return o->any_order || o->has_extra || count + o->open_after[j + 1] >= o->min;
}

/* Whether extra i may come, as far as counts tell. */
static bool extra_allowed(const struct tare__object *o, const struct tare__frame *f, uint32_t i)
{
    if (!o->has_extra || (!o->any_order && o->next_required[f->b] != o->n))
        return false;
    return (uint64_t)f->d + 1 + required_left(o, f, o->n) - wanted_left(o, f, 0) +
               wanted_left(o, f, o->extras[i].meets) <=
           o->max;
}

static bool extra_usable(const struct tare__memory *m, const struct tare__object *o, uint32_t i)
{
    return !o->extras[i].key->empty && m->guide->grammar->nodes[o->extras[i].value].productive;
}

static bool any_allowed(const struct tare__memory *m, const struct tare__object *o,
                        const struct tare__frame *f)
{
    for (uint32_t i = 0; i < o->n_extras; i++)
        if (extra_usable(m, o, i) && extra_allowed(o, f, i))
            return true;
    for (uint32_t j = o->any_order ? 0 : f->b; j < o->n; j++) {
        if (member_allowed(m, o, f, j))
            return true;
        if (!o->any_order && j >= o->next_required[f->b])
            break;
    }
    return false;
}

static bool closable(const struct tare__object *o, const struct tare__frame *f)
{
    return f->d >= o->min && required_left(o, f, o->n) == 0;
}

/* Whether a key of the range can be one that may come. */
static bool range_allowed(const struct tare__memory *m, const struct tare__object *o,
                          const struct tare__frame *hold, uint32_t lo, uint32_t hi)
{
    for (uint32_t i = lo; i < hi; i++)
        if (member_allowed(m, o, hold, o->keys[i].member))
            return true;
    return false;
}

static bool begin_key(struct tare__memory *m, const struct tare__object *o, struct tare__frame f)
{
    uint32_t hold = 0;
    f.a = TARE__OBJECT_HOLD;
    if (tare__frame(m, f, &hold))
        return false;
    struct tare__frame key = {
        .node = f.node, .parent = hold, .a = TARE__OBJECT_KEY, .b = 0, .c = o->n};
    if (range_allowed(m, o, &f, 0, o->n) && !tare__reads(m, key))
        return false;
    for (uint32_t i = 0; i < o->n_extras; i++) {
        if (!extra_usable(m, o, i) || !extra_allowed(o, &f, i))
            continue;
        key.a = TARE__OBJECT_EXTRA | i << 8;
        key.b = TARE_DFA_START;
        key.c = o->n; /* the range 0 to n */
        if (!tare__reads(m, key))
            return false;
    }
    return true;
}

/* Behind a member: on to the next one or to the end. */
static bool after_member(struct tare__memory *m, const struct tare__object *o, struct tare__frame f)
{
    f.a = TARE__OBJECT_COMMA;
    if (any_allowed(m, o, &f) && !tare__enter_then(m, o->gap_before, f))
        return false;
    f.a = TARE__OBJECT_CLOSE;
    return !closable(o, &f) || tare__enter_then(m, o->gap_close, f);
}

/* The key is complete: on to the colon, or in a list behind it. x: the member, or an extra. */
static bool end_key(struct tare__memory *m, const struct tare__object *o, uint32_t hold_id,
                    uint32_t x)
{
    struct tare__frame f = m->frames[hold_id];
    if (x >= EXTRA_MEMBER && o->any_order) {
        uint64_t met = o->wants ? (uint64_t)o->extras[x & 0xff].meets << o->n : 0;
        f.b |= (uint32_t)met;
        f.c |= (uint32_t)(met >> 32);
    } else if (x >= EXTRA_MEMBER) {
        f.b = o->n;
        f.c |= o->extras[x & 0xff].meets;
    } else if (o->any_order) {
        uint64_t seen = seen_of(&f) | (uint64_t)1 << x;
        f.b = (uint32_t)seen;
        f.c = (uint32_t)(seen >> 32);
    } else {
        f.b = x + 1;
    }
    if (o->max != TARE_GRAMMAR_ANY || f.d < o->min)
        f.d++; /* above min it does not matter */
    if (o->list)
        return after_member(m, o, f);
    f.a = TARE__OBJECT_COLON | x << 8;
    return tare__enter_then(m, o->gap_before, f);
}

static bool read_key(struct tare__memory *m, const struct tare__object *o, struct tare__frame f,
                     unsigned char byte)
{
    struct tare__frame hold = m->frames[f.parent];
    if (!tare__keys_narrow(o, f.d, byte, &f.b, &f.c) || !range_allowed(m, o, &hold, f.b, f.c))
        return true;
    f.d++;
    if (o->keys[f.b].text.n == f.d)
        return end_key(m, o, f.parent, o->keys[f.b].member);
    return tare__reads(m, f);
}

/* Whether a backslash can begin an escape in this state of an extra's key. */
static bool can_escape(const struct tare_dfa *d, uint32_t state)
{
    static const unsigned char all[] = "\"\\\b\f\n\r\t";
    for (unsigned i = 0; i < sizeof all - 1; i++)
        if (tare_dfa_step(d, state, all[i]))
            return true;
    return false;
}

enum tare__move tare__extra_move(const struct tare_dfa *d, struct tare__frame *f,
                                 unsigned char byte)
{
    bool escaped = f->a & TARE__KEY_ESCAPED;
    if (byte < 0x20)
        return TARE__MOVE_DEAD;
    if (byte == '"' && !escaped)
        return d->accepts[f->b] ? TARE__MOVE_ENDS : TARE__MOVE_DEAD;
    if (byte == '\\' && !escaped) {
        f->a |= TARE__KEY_ESCAPED;
        return can_escape(d, f->b) ? TARE__MOVE_READS : TARE__MOVE_DEAD;
    }
    byte = escaped ? tare__short_escape(byte) : byte;
    f->a &= ~TARE__KEY_ESCAPED;
    f->b = byte ? tare_dfa_step(d, f->b, byte) : TARE_DFA_DEAD;
    return f->b == TARE_DFA_DEAD ? TARE__MOVE_DEAD : TARE__MOVE_READS;
}

bool tare__extra_end(struct tare__memory *m, const struct tare__frame *f)
{
    const struct tare__object *o = m->guide->grammar->nodes[f->node].u.object;
    return end_key(m, o, f->parent, EXTRA_MEMBER | (f->a >> 8 & 0xff));
}

/* Keys that are declared are compared as they are spelt, the automaton reads the text. */
static bool read_extra(struct tare__memory *m, const struct tare__object *o, struct tare__frame f,
                       unsigned char byte)
{
    uint32_t lo = f.c >> 16, hi = f.c & 0xffff;
    bool declared = lo < hi && tare__keys_narrow(o, f.d, byte, &lo, &hi);
    switch (tare__extra_move(o->extras[f.a >> 8 & 0xff].key, &f, byte)) {
    case TARE__MOVE_READS:
        f.c = declared ? lo << 16 | hi : 0;
        f.d = declared ? f.d + 1 : 0;
        return tare__reads(m, f);
    case TARE__MOVE_ENDS:
        return declared || tare__extra_end(m, &f);
    case TARE__MOVE_DEAD:
        break;
    }
    return true;
}

bool tare__key_goes(const struct tare_dfa *d, uint32_t state, bool escaped, struct tare_str rest)
{
    for (size_t i = 0; i < rest.n && state; i++) {
        unsigned char byte = (unsigned char)rest.p[i];
        if (byte == '\\' && !escaped) {
            escaped = true;
            continue;
        }
        byte = escaped ? tare__short_escape(byte) : byte;
        escaped = false;
        state = byte ? tare_dfa_step(d, state, byte) : TARE_DFA_DEAD;
    }
    return state && !escaped && d->accepts[state];
}

static unsigned char opening(const struct tare__object *o)
{
    return o->list ? '[' : '{';
}

static unsigned char closing(const struct tare__object *o)
{
    return o->list ? ']' : '}';
}

bool tare__object_step(struct tare__memory *m, struct tare__frame f, unsigned char byte)
{
    const struct tare__object *o = m->guide->grammar->nodes[f.node].u.object;
    switch ((enum tare__phase)(f.a & 0xff)) {
    case TARE__OBJECT_START:
        f.a = TARE__OBJECT_FIRST;
        return byte != opening(o) || tare__enter_then(m, o->gap_open, f);
    case TARE__OBJECT_FIRST:
        if (byte == closing(o))
            return !closable(o, &f) || tare__resume(m, f.parent);
        return byte != '"' || begin_key(m, o, f);
    case TARE__OBJECT_NEXT:
        return byte != '"' || begin_key(m, o, f);
    case TARE__OBJECT_COLON:
        f.a = TARE__OBJECT_VALUE | (f.a & ~0xffu);
        return byte != ':' || tare__enter_then(m, o->gap_after, f);
    case TARE__OBJECT_COMMA:
        f.a = TARE__OBJECT_NEXT;
        return byte != ',' || tare__enter_then(m, o->gap_open, f);
    case TARE__OBJECT_CLOSE:
        return byte != closing(o) || tare__resume(m, f.parent);
    case TARE__OBJECT_KEY:
        return read_key(m, o, f, byte);
    case TARE__OBJECT_EXTRA:
        return read_extra(m, o, f, byte);
    case TARE__OBJECT_HOLD:
    case TARE__OBJECT_VALUE:
    case TARE__OBJECT_AFTER:
        break;
    }
    return true;
}

bool tare__object_resume(struct tare__memory *m, struct tare__frame f)
{
    const struct tare__object *o = m->guide->grammar->nodes[f.node].u.object;
    uint32_t x = f.a >> 8;
    if ((f.a & 0xff) == TARE__OBJECT_VALUE) {
        f.a = TARE__OBJECT_AFTER;
        return tare__enter_then(m, x >= EXTRA_MEMBER ? o->extras[x & 0xffff].value : o->values[x],
                                f);
    }
    return after_member(m, o, f);
}

static void one(uint64_t out[4], unsigned char byte)
{
    out[byte / 64] |= (uint64_t)1 << (byte % 64);
}

void tare__object_out(const struct tare__memory *m, const struct tare__frame *f, uint64_t out[4])
{
    const struct tare__object *o = m->guide->grammar->nodes[f->node].u.object;
    switch ((enum tare__phase)(f->a & 0xff)) {
    case TARE__OBJECT_START:
        one(out, opening(o));
        break;
    case TARE__OBJECT_FIRST:
        if (closable(o, f))
            one(out, closing(o));
        if (any_allowed(m, o, f))
            one(out, '"');
        break;
    case TARE__OBJECT_NEXT:
        one(out, '"');
        break;
    case TARE__OBJECT_COLON:
        one(out, ':');
        break;
    case TARE__OBJECT_COMMA:
        one(out, ',');
        break;
    case TARE__OBJECT_CLOSE:
        one(out, closing(o));
        break;
    case TARE__OBJECT_KEY:
        for (uint32_t i = f->b; i < f->c; i++)
            if (member_allowed(m, o, &m->frames[f->parent], o->keys[i].member))
                one(out, (unsigned char)o->keys[i].text.p[f->d]);
        break;
    case TARE__OBJECT_EXTRA:
        memset(out, 0xff, 4 * sizeof *out);
        break;
    case TARE__OBJECT_HOLD:
    case TARE__OBJECT_VALUE:
    case TARE__OBJECT_AFTER:
        break;
    }
}

/* ---- lists of texts ------------------------------------------------------------------------ */

struct tare__lists tare__lists_from(struct tare_walk *w, struct tare_str bytes)
{
    return (struct tare__lists){
        .memory = w->guide->grammar->lists ? w->memory : NULL, .state = w->state, .bytes = bytes};
}

static bool list_at(struct tare__lists *x, size_t at)
{
    struct tare_err err = {0};
    for (; x->memory && x->at < at && !x->failed; x->at++)
        x->failed =
            tare__step(x->memory, x->state, (unsigned char)x->bytes.p[x->at], &x->state, &err);
    return x->memory && !x->failed;
}

static bool in_list(const struct tare__memory *m, const struct tare__frame *f)
{
    const struct tare__node *n = &m->guide->grammar->nodes[f->node];
    return n->kind == TARE_GRAMMAR_K_OBJECT && n->u.object->list;
}

bool tare__list_begins(struct tare__lists *x, size_t at)
{
    if (!list_at(x, at))
        return false;
    const struct tare__state *s = tare__state_at(x->memory, x->state);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct tare__frame *f = &x->memory->frames[s->frames[i]];
        if (s->frames[i] != TARE__FRAME_BOTTOM && in_list(x->memory, f) &&
            (f->a & 0xff) == TARE__OBJECT_START)
            return true;
    }
    return false;
}

bool tare__list_ends(struct tare__lists *x, size_t at)
{
    struct tare__memory *m = x->memory;
    struct tare_err err = {0};
    if (!list_at(x, at))
        return false;
    const struct tare__state *s = tare__state_at(m, x->state);
    (void)pthread_mutex_lock(&m->lock);
    enum tare_status st = tare__closure_begin(m);
    for (uint32_t i = 0; i < s->n && !st; i++) {
        const struct tare__frame f = m->frames[s->frames[i]];
        if (s->frames[i] != TARE__FRAME_BOTTOM && !in_list(m, &f))
            st = tare__reads(m, f) ? TARE_OK : TARE_E_NOMEM;
    }
    if (!st)
        st = tare__closure_end(m, &x->state, &err);
    (void)pthread_mutex_unlock(&m->lock);
    x->failed = st != TARE_OK;
    x->fewer = true;
    return !x->failed && x->state != TARE__STATE_DEAD;
}

enum tare_status tare__lists_end(struct tare__lists *x, uint32_t *to, struct tare_err *err)
{
    if (x->fewer && !list_at(x, x->bytes.n))
        return tare__memory_full(err);
    if (x->fewer)
        *to = x->state;
    return TARE_OK;
}
