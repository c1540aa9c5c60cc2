#include "text/guide_int.h"

#include "base/limits.h"

#include "base/banned.h"

enum tare_status tare_guide_open(const struct tare_grammar *grammar,
                                 const struct tare_guide_vocab *v,
                                 const struct tare_guide_options *options, struct tare_guide **out,
                                 struct tare_err *err)
{
    const struct tare_alc *alc = options && options->alc ? options->alc : tare_alc_libc();
    struct tare__memory *m = NULL;
    if (!grammar->finished)
        return tare_fail(err, TARE_E_STATE, "a guide from a grammar that is not finished");
    struct tare_guide *g = alc->get(alc->ctx, sizeof *g);
    if (!g)
        return tare__memory_full(err);
    memset(g, 0, sizeof *g);
    g->grammar = grammar;
    g->vocab = v;
    g->alc = *alc;
    g->memo_bytes = options && options->memo_bytes ? options->memo_bytes : TARE_GUIDE_MEMO_BYTES;
    atomic_init(&g->next_mask_id, 1);
    enum tare_status st = tare__pool_take(g, &m, err);
    if (st) {
        alc->put(alc->ctx, g, sizeof *g);
        return st;
    }
    tare__memory_drop(m);
    *out = g;
    return TARE_OK;
}

void tare_guide_close(struct tare_guide *g)
{
    if (!g)
        return;
    struct tare_alc alc = g->alc;
    tare__pool_leave(g, NULL);
    alc.put(alc.ctx, g, sizeof *g);
}

void tare_guide_stats(struct tare_guide *g, struct tare_guide_stats *out)
{
    struct tare__memory *m = tare__pool_peek(g);
    *out = (struct tare_guide_stats){
        .misses = atomic_load_explicit(&g->misses, memory_order_acquire),
        .memories = atomic_load_explicit(&g->memories, memory_order_relaxed),
        .evictions = atomic_load_explicit(&g->evictions, memory_order_relaxed)};
    /* after the misses: each was asked for before it was counted */
    out->asked = atomic_load_explicit(&g->asked, memory_order_relaxed);
    out->hits = out->asked - out->misses;
    if (!m)
        return;
    (void)pthread_mutex_lock(&m->lock);
    out->states = atomic_load_explicit(&m->n_states, memory_order_relaxed);
    out->masks = m->n_masks;
    out->bytes = sizeof *m + m->arena.held_bytes;
    (void)pthread_mutex_unlock(&m->lock);
    tare__memory_drop(m);
}

/* ---- moving to another memory --------------------------------------------------------------- */

/* With all its steps; the reference is then the walk's, and that to the memory it stood on dropped.
 */
static enum tare_status move(struct tare_walk *w, struct tare__memory *to, struct tare_err *err)
{
    const struct tare_alc *alc = &w->guide->alc;
    size_t n = (size_t)w->n_history + 1;
    uint32_t *states = alc->get(alc->ctx, n * sizeof *states);
    if (!states)
        return tare__memory_full(err);
    if (w->n_history)
        memcpy(states, w->history, w->n_history * sizeof *states);
    states[w->n_history] = w->state;
    enum tare_status st = tare__memory_move(w->memory, to, states, (uint32_t)n, err);
    if (!st) {
        if (w->n_history)
            memcpy(w->history, states, w->n_history * sizeof *states);
        w->state = states[w->n_history];
        w->cut_of = NULL;
        tare__memory_drop(w->memory);
        w->memory = to;
    }
    alc->put(alc->ctx, states, n * sizeof *states);
    return st;
}

static enum tare_status follow(struct tare_walk *w, struct tare_err *err)
{
    struct tare__memory *to = NULL;
    if (atomic_load_explicit(&w->guide->memory, memory_order_acquire) == w->memory)
        return TARE_OK;
    enum tare_status st = tare__pool_take(w->guide, &to, err);
    if (st)
        return st;
    st = move(w, to, err);
    if (st) { /* it may be full: the next try begins another */
        tare__pool_leave(w->guide, to);
        tare__memory_drop(to);
    }
    return st;
}

/* A new memory is everybody's: others may have filled it before this walk has come to its turn. */
#define TRIES 8

enum tare_status tare__in_memory(struct tare_walk *w, tare__step_fn *fn, void *ctx,
                                 struct tare_err *err)
{
    struct tare_err own = {0};
    enum tare_status st = TARE_E_NOMEM;
    tare__touch(w->guide);
    for (int i = 0; i < TRIES && st == TARE_E_NOMEM; i++) {
        own = (struct tare_err){0};
        if (i)
            tare__pool_leave(w->guide, w->memory);
        st = follow(w, &own);
        if (!st)
            st = fn(w, ctx, &own);
    }
    if (st && err)
        *err = own;
    return st;
}
