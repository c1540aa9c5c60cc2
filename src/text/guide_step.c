/* From a state to the next: each of its frames reads the byte, and what can then be entered or
 * gone on with without reading is found (the closure). */
#include "text/guide_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define GO_ON UINT32_MAX

enum tare_status tare__closure_begin(struct tare__memory *m)
{
    m->serial++;
    m->n_work = m->n_found = m->closure_steps = 0;
    return TARE_OK;
}

static bool push(struct tare__memory *m, uint32_t node, uint32_t cont)
{
    if (!tare__vector_room(&m->arena, (void **)&m->work, m->n_work, &m->cap_work, sizeof *m->work))
        return false;
    m->work[m->n_work++] = (struct tare__work){node, cont};
    return true;
}

/* True when the closure under way has been there. */
static bool entered(struct tare__memory *m, uint32_t node, uint32_t cont)
{
    uint32_t h = (node * 0x9e3779b1u ^ cont * 0x85ebca77u) >> 16;
    struct tare__entered *e = &m->entered[h % TARE__ENTERED];
    if (e->serial == m->serial && e->what.node == node && e->what.cont == cont)
        return true;
    *e = (struct tare__entered){{node, cont}, m->serial};
    return false;
}

bool tare__enter(struct tare__memory *m, uint32_t node, uint32_t cont)
{
    return !m->guide->grammar->nodes[node].productive || entered(m, node, cont) ||
           push(m, node, cont);
}

bool tare__resume(struct tare__memory *m, uint32_t frame)
{
    return push(m, GO_ON, frame);
}

static bool found(struct tare__memory *m, uint32_t id)
{
    if (id != TARE__FRAME_BOTTOM && m->frames[id].stamp == m->serial)
        return true;
    for (uint32_t i = 0; id == TARE__FRAME_BOTTOM && i < m->n_found; i++)
        if (m->found[i] == id)
            return true;
    if (!tare__vector_room(&m->arena, (void **)&m->found, m->n_found, &m->cap_found,
                           sizeof *m->found))
        return false;
    m->frames[id].stamp = m->serial;
    m->found[m->n_found++] = id;
    return true;
}

/* A frame too deep is no way on: mask and step agree in this. */
static bool too_deep(const struct tare__memory *m, uint32_t parent)
{
    return m->frames[parent].depth + 1 > TARE_MAX_GUIDE_DEPTH;
}

bool tare__reads(struct tare__memory *m, struct tare__frame f)
{
    uint32_t id = 0;
    if (too_deep(m, f.parent))
        return true;
    return tare__frame(m, f, &id) == TARE_OK && found(m, id);
}

bool tare__enter_then(struct tare__memory *m, uint32_t node, struct tare__frame f)
{
    uint32_t id = 0;
    if (too_deep(m, f.parent))
        return true;
    return tare__frame(m, f, &id) == TARE_OK && tare__enter(m, node, id);
}

static bool repeat(struct tare__memory *m, uint32_t node, uint32_t parent, uint32_t need,
                   uint32_t left)
{
    const struct tare__node *x = &m->guide->grammar->nodes[node];
    struct tare__frame f = {.node = node, .parent = parent};
    if (need == 0 && !tare__resume(m, parent))
        return false;
    if (left == 0)
        return true;
    f.c = need ? need - 1 : 0;
    f.d = left == TARE_GRAMMAR_ANY ? left : left - 1;
    return f.d == 0 ? tare__enter(m, x->n, parent) : tare__enter_then(m, x->n, f);
}

static bool lex(struct tare__memory *m, struct tare__frame f)
{
    const struct tare__node *x = &m->guide->grammar->nodes[f.node];
    if (f.c == 0 && x->u.dfa->accepts[f.a] && !tare__resume(m, f.parent))
        return false;
    return tare__reads(m, f);
}

static bool enter(struct tare__memory *m, uint32_t node, uint32_t cont)
{
    const struct tare__node *x = &m->guide->grammar->nodes[node];
    struct tare__frame f = {.node = node, .parent = cont};
    switch ((enum tare_grammar_kind)x->kind) {
    case TARE_GRAMMAR_K_NEVER:
        return true;
    case TARE_GRAMMAR_K_EMPTY:
        return tare__resume(m, cont);
    case TARE_GRAMMAR_K_BYTES:
    case TARE_GRAMMAR_K_TOKEN:
    case TARE_GRAMMAR_K_OBJECT: /* phase START is 0 */
        return tare__reads(m, f);
    case TARE_GRAMMAR_K_LEX:
    case TARE_GRAMMAR_K_STRING:
        f.a = TARE_DFA_START;
        f.c = x->lo;
        f.d = x->hi;
        return x->kind == TARE_GRAMMAR_K_LEX ? lex(m, f) : tare__reads(m, f);
    case TARE_GRAMMAR_K_SEQ:
        f.a = 1;
        return tare__enter_then(m, x->u.kids[0], f);
    case TARE_GRAMMAR_K_ALT:
        for (uint32_t i = 0; i < x->n; i++)
            if (!tare__enter(m, x->u.kids[i], cont))
                return false;
        return true;
    case TARE_GRAMMAR_K_REPEAT:
        return repeat(m, node, cont, x->lo, x->hi);
    case TARE_GRAMMAR_K_CALL:
        return tare__enter(m, m->guide->grammar->rules[x->n].body, cont);
    }
    return true;
}

static bool go_on(struct tare__memory *m, uint32_t id)
{
    if (id == TARE__FRAME_BOTTOM)
        return found(m, id);
    struct tare__frame f = m->frames[id];
    const struct tare__node *x = &m->guide->grammar->nodes[f.node];
    if (f.stamp == m->serial)
        return true; /* once is enough; a loop of empty repetitions ends here */
    if (x->kind == TARE_GRAMMAR_K_OBJECT && (f.a & 0xff) < TARE__OBJECT_HOLD)
        return found(m, id);
    m->frames[id].stamp = m->serial;
    if (x->kind == TARE_GRAMMAR_K_OBJECT)
        return tare__object_resume(m, f);
    if (x->kind == TARE_GRAMMAR_K_REPEAT)
        return repeat(m, f.node, f.parent, f.c, f.d);
    uint32_t next = x->u.kids[f.a];
    if (++f.a == x->n)
        return tare__enter(m, next, f.parent);
    return tare__enter_then(m, next, f);
}

enum tare_status tare__closure_end(struct tare__memory *m, uint32_t *state, struct tare_err *err)
{
    while (m->n_work) {
        struct tare__work w = m->work[--m->n_work];
        if (++m->closure_steps > TARE_MAX_GUIDE_CLOSURE || m->n_found > TARE_MAX_GUIDE_CONFIGS)
            return tare_fail(err, TARE_E_LIMIT,
                             "the grammar is too ambiguous here: more than %u "
                             "readings of one text",
                             TARE_MAX_GUIDE_CONFIGS);
        if (w.node == GO_ON ? !go_on(m, w.cont) : !enter(m, w.node, w.cont))
            return TARE_E_NOMEM;
    }
    return tare__state_of_found(m, state);
}

static bool read_byte(struct tare__memory *m, uint32_t id, unsigned char byte)
{
    struct tare__frame f = m->frames[id];
    const struct tare__node *x = &m->guide->grammar->nodes[f.node];
    switch ((enum tare_grammar_kind)x->kind) {
    case TARE_GRAMMAR_K_BYTES:
        if (x->u.bytes[f.a] != byte)
            return true;
        if (++f.a == x->n)
            return tare__resume(m, f.parent);
        return tare__reads(m, f);
    case TARE_GRAMMAR_K_LEX:
        return !tare__text_step(x, byte, &f.a, &f.c, &f.d) || lex(m, f);
    case TARE_GRAMMAR_K_STRING:
        return tare__string_step(m, f, byte);
    case TARE_GRAMMAR_K_OBJECT:
        return tare__object_step(m, f, byte);
    case TARE_GRAMMAR_K_NEVER:
    case TARE_GRAMMAR_K_EMPTY:
    case TARE_GRAMMAR_K_SEQ:
    case TARE_GRAMMAR_K_ALT:
    case TARE_GRAMMAR_K_REPEAT:
    case TARE_GRAMMAR_K_CALL:
    case TARE_GRAMMAR_K_TOKEN:
        break;
    }
    return true;
}

static enum tare_status make_step(struct tare__memory *m, const struct tare__state *s,
                                  unsigned char byte, uint32_t *to, struct tare_err *err)
{
    enum tare_status st = tare__closure_begin(m);
    for (uint32_t i = 0; i < s->n && !st; i++)
        if (s->frames[i] != TARE__FRAME_BOTTOM && !read_byte(m, s->frames[i], byte))
            st = TARE_E_NOMEM;
    return st ? st : tare__closure_end(m, to, err);
}

/* Where the number of the next state stands, or NULL: no memory. Under the lock. */
static _Atomic uint32_t *slot_of(struct tare__memory *m, struct tare__state *s, unsigned char byte)
{
    if (s->n_out == 1)
        return &s->only_next;
    struct tare__row *row = atomic_load_explicit(&s->row, memory_order_relaxed);
    if (!row) {
        row = TARE_NEW(&m->arena, struct tare__row);
        if (!row)
            return NULL;
        atomic_store_explicit(&s->row, row, memory_order_release);
    }
    return &row->next[byte];
}

enum tare_status tare__step(struct tare__memory *m, uint32_t state, unsigned char byte,
                            uint32_t *to, struct tare_err *err)
{
    struct tare__state *s = tare__state_at(m, state);
    *to = tare__peek(m, state, byte);
    if (*to != TARE__STATE_UNKNOWN)
        return TARE_OK;
    (void)pthread_mutex_lock(&m->lock);
    enum tare_status st = TARE_E_NOMEM;
    _Atomic uint32_t *slot = slot_of(m, s, byte);
    if (slot)
        st = make_step(m, s, byte, to, err);
    if (!st)
        atomic_store_explicit(slot, *to, memory_order_release);
    (void)pthread_mutex_unlock(&m->lock);
    return st == TARE_E_NOMEM ? tare__memory_full(err) : st;
}

enum tare_status tare__step_token(struct tare__memory *m, uint32_t state, uint32_t token,
                                  uint32_t *to, struct tare_err *err)
{
    const struct tare__state *s = tare__state_at(m, state);
    *to = TARE__STATE_DEAD;
    if (!s->names_tokens)
        return TARE_OK;
    (void)pthread_mutex_lock(&m->lock);
    enum tare_status st = tare__closure_begin(m);
    for (uint32_t i = 0; i < s->n && !st; i++) {
        const struct tare__frame *f = &m->frames[s->frames[i]];
        const struct tare__node *x = &m->guide->grammar->nodes[f->node];
        if (s->frames[i] != TARE__FRAME_BOTTOM && x->kind == TARE_GRAMMAR_K_TOKEN &&
            x->n == token && !tare__resume(m, f->parent))
            st = TARE_E_NOMEM;
    }
    if (!st)
        st = tare__closure_end(m, to, err);
    (void)pthread_mutex_unlock(&m->lock);
    return st == TARE_E_NOMEM ? tare__memory_full(err) : st;
}

static void dfa_out(const struct tare_dfa *d, uint32_t state, uint64_t out[4])
{
    for (unsigned b = 0; b < 256; b++)
        if (tare_dfa_step(d, state, (unsigned char)b))
            out[b / 64] |= (uint64_t)1 << (b % 64);
}

void tare__state_out(const struct tare__memory *m, struct tare__state *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct tare__frame *f = &m->frames[s->frames[i]];
        const struct tare__node *x = &m->guide->grammar->nodes[f->node];
        if (s->frames[i] == TARE__FRAME_BOTTOM)
            continue;
        if (x->kind == TARE_GRAMMAR_K_BYTES)
            s->out[x->u.bytes[f->a] / 64] |= (uint64_t)1 << (x->u.bytes[f->a] % 64);
        else if (x->kind == TARE_GRAMMAR_K_LEX)
            dfa_out(x->u.dfa, f->a, s->out);
        else if (x->kind == TARE_GRAMMAR_K_STRING)
            memset(s->out, 0xff, sizeof s->out);
        else if (x->kind == TARE_GRAMMAR_K_OBJECT)
            tare__object_out(m, f, s->out);
    }
    for (unsigned b = 0; b < 256; b++)
        if (s->out[b / 64] >> (b % 64) & 1) {
            s->n_out++;
            s->only = (uint8_t)b;
        }
}
