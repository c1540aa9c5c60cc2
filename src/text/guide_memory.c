#include "text/guide_int.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

enum tare_status tare__memory_full(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "no memory for the states of a grammar");
}

bool tare__vector_room(struct tare_arena *a, void **p, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : 64;
    void *q = tare_arena_array(a, more, size);
    if (!q)
        return false;
    if (*cap)
        memcpy(q, *p, *cap * size);
    *p = q;
    *cap = more;
    return true;
}

static uint64_t hash_words(const uint32_t *w, size_t n)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ n;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ w[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

/* Room for one more; hash_at gives the hash of a number that is in the table. */
static bool table_room(struct tare__memory *m, struct tare__table *t,
                       uint64_t (*hash_at)(const struct tare__memory *, uint32_t))
{
    if (t->cap && t->n * 2 < t->cap)
        return true;
    uint32_t cap = t->cap ? t->cap * 2 : 256;
    uint32_t *slots = TARE_NEW_N(&m->arena, uint32_t, cap);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < t->cap; i++) {
        if (!t->slots[i])
            continue;
        uint64_t h = hash_at(m, t->slots[i] - 1);
        while (slots[h & (cap - 1)])
            h++;
        slots[h & (cap - 1)] = t->slots[i];
    }
    t->slots = slots;
    t->cap = cap;
    return true;
}

static uint64_t frame_hash(const struct tare__memory *m, uint32_t id)
{
    return hash_words(&m->frames[id].node, 6);
}

static uint64_t state_hash(const struct tare__memory *m, uint32_t id)
{
    const struct tare__state *s = tare__state_at(m, id);
    return hash_words(s->frames, s->n);
}

enum tare_status tare__frame(struct tare__memory *m, struct tare__frame f, uint32_t *out)
{
    uint64_t h = hash_words(&f.node, 6);
    if (!table_room(m, &m->frame_table, frame_hash))
        return TARE_E_NOMEM;
    struct tare__table *t = &m->frame_table;
    for (; t->slots[h & (t->cap - 1)]; h++) {
        uint32_t id = t->slots[h & (t->cap - 1)] - 1;
        if (memcmp(&m->frames[id].node, &f.node, 6 * sizeof f.node) == 0) {
            *out = id;
            return TARE_OK;
        }
    }
    f.depth = m->frames[f.parent].depth + 1;
    f.stamp = 0;
    if (!tare__vector_room(&m->arena, (void **)&m->frames, m->n_frames, &m->cap_frames,
                           sizeof *m->frames))
        return TARE_E_NOMEM;
    m->frames[m->n_frames] = f;
    t->slots[h & (t->cap - 1)] = m->n_frames + 1;
    t->n++;
    *out = m->n_frames++;
    return TARE_OK;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static enum tare_status new_state(struct tare__memory *m, const uint32_t *frames, uint32_t n,
                                  uint32_t *out)
{
    uint32_t id = atomic_load_explicit(&m->n_states, memory_order_relaxed);
    uint32_t block = tare__block_of(id);
    if (block >= TARE__BLOCKS)
        return TARE_E_NOMEM;
    uint32_t *copy = TARE_NEW_N(&m->arena, uint32_t, n);
    if (!copy)
        return TARE_E_NOMEM;
    if (!atomic_load_explicit(&m->blocks[block], memory_order_relaxed)) {
        struct tare__state *more = TARE_NEW_N(&m->arena, struct tare__state, TARE__BLOCK << block);
        if (!more)
            return TARE_E_NOMEM;
        atomic_store_explicit(&m->blocks[block], more, memory_order_release);
    }
    struct tare__state *s = tare__state_at(m, id);
    if (n)
        memcpy(copy, frames, n * sizeof *copy);
    s->frames = copy;
    s->n = n;
    for (uint32_t i = 0; i < n; i++) {
        const struct tare__node *x = &m->guide->grammar->nodes[m->frames[copy[i]].node];
        s->can_end |= copy[i] == TARE__FRAME_BOTTOM;
        s->names_tokens |= copy[i] != TARE__FRAME_BOTTOM && x->kind == TARE_GRAMMAR_K_TOKEN;
        s->has_strings |= copy[i] != TARE__FRAME_BOTTOM && tare__is_string(x, &m->frames[copy[i]]);
    }
    tare__state_out(m, s);
    atomic_store_explicit(&m->n_states, id + 1, memory_order_relaxed);
    *out = id;
    return TARE_OK;
}

enum tare_status tare__state_of_found(struct tare__memory *m, uint32_t *out)
{
    struct tare__table *t = &m->state_table;
    if (m->n_found == 0) {
        *out = TARE__STATE_DEAD;
        return TARE_OK;
    }
    if (m->n_found > 1)
        qsort(m->found, m->n_found, sizeof *m->found, by_number);
    if (!table_room(m, t, state_hash))
        return TARE_E_NOMEM;
    uint64_t h = hash_words(m->found, m->n_found);
    for (; t->slots[h & (t->cap - 1)]; h++) {
        uint32_t id = t->slots[h & (t->cap - 1)] - 1;
        const struct tare__state *s = tare__state_at(m, id);
        if (s->n == m->n_found && memcmp(s->frames, m->found, s->n * sizeof *s->frames) == 0) {
            *out = id;
            return TARE_OK;
        }
    }
    enum tare_status st = new_state(m, m->found, m->n_found, out);
    if (st)
        return st;
    t->slots[h & (t->cap - 1)] = *out + 1;
    t->n++;
    return TARE_OK;
}

/* ---- where the bytes of a memory come from --------------------------------------------------- */

static void counted_full(void *ctx)
{
    struct tare__memory *m = ctx;
    const struct tare_alc *below = &m->guide->alc;
    if (below->full)
        below->full(below->ctx);
}

static void *counted_get(void *ctx, size_t n_bytes)
{
    struct tare__memory *m = ctx;
    const struct tare_alc *below = &m->guide->alc;
    if (!tare__pool_get(m, n_bytes)) {
        counted_full(m);
        return NULL;
    }
    void *p = below->get(below->ctx, n_bytes);
    if (!p)
        tare__pool_put(m, n_bytes);
    return p;
}

static void counted_put(void *ctx, void *p, size_t n_bytes)
{
    struct tare__memory *m = ctx;
    const struct tare_alc *below = &m->guide->alc;
    below->put(below->ctx, p, n_bytes);
    tare__pool_put(m, n_bytes);
}

static size_t ceiling_of(const struct tare_guide *g)
{
    size_t all = atomic_load_explicit(&g->vocab->pool->ceiling, memory_order_relaxed);
    size_t most = g->memo_bytes < all ? g->memo_bytes : all;
    return most > sizeof(struct tare__memory) ? most - sizeof(struct tare__memory) : 0;
}

static void memory_free(struct tare__memory *m)
{
    struct tare_guide *g = m->guide;
    tare_arena_free(&m->arena);
    (void)pthread_mutex_destroy(&m->lock);
    tare__pool_put(m, sizeof *m);
    g->alc.put(g->alc.ctx, m, sizeof *m);
}

void tare__memory_drop(struct tare__memory *m)
{
    if (atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1)
        memory_free(m);
}

enum tare_status tare__memory_open(struct tare_guide *g, struct tare__memory **out,
                                   struct tare_err *err)
{
    struct tare__memory *m = g->alc.get(g->alc.ctx, sizeof *m);
    uint32_t id = 0;
    if (!m)
        return tare__memory_full(err);
    memset(m, 0, sizeof *m);
    m->guide = g;
    bool counted = tare__pool_get(m, sizeof *m);
    if (!counted || pthread_mutex_init(&m->lock, NULL)) {
        if (counted)
            tare__pool_put(m, sizeof *m);
        g->alc.put(g->alc.ctx, m, sizeof *m);
        return tare__memory_full(err);
    }
    atomic_init(&m->refs, 1);
    m->alc = (struct tare_alc){counted_get, counted_put, m, counted_full};
    tare_arena_init(&m->arena, &m->alc, ceiling_of(g));
    enum tare_status st = TARE_OK;
    if (!tare__vector_room(&m->arena, (void **)&m->frames, 0, &m->cap_frames, sizeof *m->frames))
        st = TARE_E_NOMEM;
    if (!st) {
        m->n_frames = 1; /* the bottom */
        st = new_state(m, NULL, 0, &id);
    }
    if (!st)
        st = new_state(m, NULL, 0, &id); /* dead */
    if (!st)
        st = tare__closure_begin(m);
    if (!st && !tare__enter(m, g->grammar->root, TARE__FRAME_BOTTOM))
        st = TARE_E_NOMEM;
    if (!st)
        st = tare__closure_end(m, &id, err);
    if (st) {
        memory_free(m);
        return st == TARE_E_NOMEM ? tare__memory_full(err) : st;
    }
    *out = m;
    return TARE_OK;
}

/* Interns in `to` all frames of `from` that the states stand on; number[] gets their number there
 * plus 1. A frame's parent has a smaller number than the frame. */
static enum tare_status move_frames(const struct tare__memory *from, struct tare__memory *to,
                                    const uint32_t *states, uint32_t n, uint32_t *number)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct tare__state *s = tare__state_at(from, states[i]);
        for (uint32_t k = 0; k < s->n; k++)
            number[s->frames[k]] = 1;
    }
    for (uint32_t id = from->n_frames; id-- > 1;)
        if (number[id])
            number[from->frames[id].parent] = 1;
    number[TARE__FRAME_BOTTOM] = TARE__FRAME_BOTTOM + 1;
    for (uint32_t id = 1; id < from->n_frames; id++) {
        struct tare__frame f = from->frames[id];
        uint32_t to_id = 0;
        if (!number[id])
            continue;
        f.parent = number[f.parent] - 1;
        enum tare_status st = tare__frame(to, f, &to_id);
        if (st)
            return st;
        number[id] = to_id + 1;
    }
    return TARE_OK;
}

static enum tare_status move_state(const struct tare__memory *from, struct tare__memory *to,
                                   const uint32_t *number, uint32_t *state)
{
    const struct tare__state *s = tare__state_at(from, *state);
    to->n_found = 0;
    for (uint32_t k = 0; k < s->n; k++) {
        if (!tare__vector_room(&to->arena, (void **)&to->found, to->n_found, &to->cap_found,
                               sizeof *to->found))
            return TARE_E_NOMEM;
        to->found[to->n_found++] = number[s->frames[k]] - 1;
    }
    return tare__state_of_found(to, state);
}

enum tare_status tare__memory_move(struct tare__memory *from, struct tare__memory *to,
                                   uint32_t *states, uint32_t n, struct tare_err *err)
{
    struct tare_alc *alc = &to->guide->alc;
    (void)pthread_mutex_lock(&from->lock); /* the older memory first: everybody's order */
    size_t bytes = from->n_frames * sizeof(uint32_t);
    uint32_t *number = alc->get(alc->ctx, bytes);
    if (!number) {
        (void)pthread_mutex_unlock(&from->lock);
        return tare__memory_full(err);
    }
    memset(number, 0, bytes);
    (void)pthread_mutex_lock(&to->lock);
    enum tare_status st = move_frames(from, to, states, n, number);
    for (uint32_t i = 0; i < n && !st; i++)
        st = move_state(from, to, number, &states[i]);
    (void)pthread_mutex_unlock(&to->lock);
    (void)pthread_mutex_unlock(&from->lock);
    alc->put(alc->ctx, number, bytes);
    return st ? tare__memory_full(err) : TARE_OK;
}
