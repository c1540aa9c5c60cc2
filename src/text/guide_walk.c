/* Walks: a text under way, its mask, its steps and the way back. */
#include "text/guide_int.h"

#include "base/banned.h"

#define KEEP_STEPS 4096u /* steps that can be taken back, at least; twice as many at most */

static size_t scratch_bytes(const struct tare_guide_vocab *v)
{
    return (2 * (size_t)v->n_words + v->n_tails / 64 + 1) * sizeof(uint64_t);
}

static enum tare_status open_walk(struct tare_guide *g, struct tare_walk **out,
                                  struct tare_err *err)
{
    size_t bytes = scratch_bytes(g->vocab);
    struct tare_walk *w = g->alc.get(g->alc.ctx, sizeof *w);
    if (!w)
        return tare__memory_full(err);
    *w = (struct tare_walk){.guide = g, .state = TARE__STATE_START};
    tare__keys_open(&w->keys, g->grammar->skip, &g->alc);
    w->scratch = g->alc.get(g->alc.ctx, bytes);
    if (!w->scratch) {
        g->alc.put(g->alc.ctx, w, sizeof *w);
        return tare__memory_full(err);
    }
    memset(w->scratch, 0, bytes);
    *out = w;
    return TARE_OK;
}

enum tare_status tare_walk_open(struct tare_guide *g, struct tare_walk **out, struct tare_err *err)
{
    struct tare__memory *m = NULL;
    enum tare_status st = tare__pool_take(g, &m, err);
    if (st)
        return st;
    st = open_walk(g, out, err);
    if (st)
        tare__memory_drop(m);
    else
        (*out)->memory = m;
    return st;
}

void tare_walk_close(struct tare_walk *w)
{
    if (!w)
        return;
    const struct tare_alc alc = w->guide->alc;
    size_t bytes = scratch_bytes(w->guide->vocab);
    atomic_fetch_add_explicit(&w->guide->asked, w->asked, memory_order_relaxed);
    if (w->memory)
        tare__memory_drop(w->memory);
    if (w->history)
        alc.put(alc.ctx, w->history, w->cap_history * sizeof *w->history);
    if (w->key_history)
        alc.put(alc.ctx, w->key_history, w->cap_history * sizeof *w->key_history);
    w->keys.alc = &alc;
    tare__keys_close(&w->keys);
    alc.put(alc.ctx, w->scratch, bytes);
    alc.put(alc.ctx, w, sizeof *w);
}

/* False: no memory. */
static bool copy_history(const struct tare_walk *w, struct tare_walk *c)
{
    const struct tare_alc *alc = &w->guide->alc;
    c->cap_history = w->cap_history;
    if (!w->cap_history)
        return true;
    c->history = alc->get(alc->ctx, w->cap_history * sizeof *c->history);
    if (w->key_history)
        c->key_history = alc->get(alc->ctx, w->cap_history * sizeof *c->key_history);
    if (!c->history || (w->key_history && !c->key_history))
        return false;
    memcpy(c->history, w->history, w->n_history * sizeof *c->history);
    if (w->key_history)
        memcpy(c->key_history, w->key_history, w->n_history * sizeof *c->key_history);
    return true;
}

enum tare_status tare_walk_copy(const struct tare_walk *w, struct tare_walk **out,
                                struct tare_err *err)
{
    struct tare_guide *g = w->guide;
    struct tare_walk *c = NULL;
    enum tare_status st = open_walk(g, &c, err);
    if (st)
        return st;
    if (!copy_history(w, c) || (g->grammar->unique && !tare__keys_copy(&w->keys, &c->keys))) {
        tare_walk_close(c);
        return tare__memory_full(err);
    }
    c->n_history = w->n_history;
    c->steps = w->steps;
    c->state = w->state;
    c->done = w->done;
    c->memory = w->memory;
    atomic_fetch_add_explicit(&c->memory->refs, 1, memory_order_relaxed);
    *out = c;
    return TARE_OK;
}

static enum tare_status do_mask(struct tare_walk *w, void *ctx, struct tare_err *err)
{
    const struct tare__mask **out = ctx;
    enum tare_status st = tare__mask_of(w, out, err);
    return st || !w->guide->grammar->unique ? st : tare__mask_unique(w, *out, out, err);
}

/* What the walk asked for goes with its misses, so that hits write nothing that is shared. */
static void count_miss(struct tare_walk *w)
{
    atomic_fetch_add_explicit(&w->guide->asked, w->asked, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->guide->misses, 1, memory_order_release);
    w->asked = 0;
}

static enum tare_status find_mask(struct tare_walk *w, const struct tare__mask **out,
                                  struct tare_err *err)
{
    w->computed = false;
    enum tare_status st = tare__in_memory(w, do_mask, out, err);
    if (w->computed)
        count_miss(w);
    return st;
}

enum tare_status tare_walk_mask(struct tare_walk *w, struct tare_mask_view *out,
                                struct tare_err *err)
{
    static const uint32_t none[1];
    const struct tare__mask *mask = NULL;
    if (w->done) {
        *out = (struct tare_mask_view){.ids = none};
        return TARE_OK;
    }
    w->asked++;
    if (!w->guide->grammar->unique &&
        atomic_load_explicit(&w->guide->memory, memory_order_acquire) == w->memory)
        mask =
            atomic_load_explicit(&tare__state_at(w->memory, w->state)->mask, memory_order_acquire);
    if (mask)
        tare__touch(w->guide);
    enum tare_status st = mask ? TARE_OK : find_mask(w, &mask, err);
    if (!st)
        *out = mask->view;
    return st;
}

static bool key_history_room(struct tare_walk *w, uint32_t cap)
{
    const struct tare_alc *alc = &w->guide->alc;
    struct tare__keys_at *more = alc->get(alc->ctx, cap * sizeof *more);
    if (!more)
        return false;
    if (w->key_history) {
        memcpy(more, w->key_history, w->n_history * sizeof *more);
        alc->put(alc->ctx, w->key_history, w->cap_history * sizeof *more);
    }
    w->key_history = more;
    return true;
}

/* Room to take the next step back; the oldest are forgotten. */
static bool history_room(struct tare_walk *w)
{
    const struct tare_alc *alc = &w->guide->alc;
    if (w->n_history < w->cap_history)
        return true;
    if (w->n_history >= 2 * KEEP_STEPS) {
        memmove(w->history, w->history + w->n_history - KEEP_STEPS,
                KEEP_STEPS * sizeof *w->history);
        if (w->key_history)
            memmove(w->key_history, w->key_history + w->n_history - KEEP_STEPS,
                    KEEP_STEPS * sizeof *w->key_history);
        w->n_history = KEEP_STEPS;
        return true;
    }
    uint32_t cap = w->cap_history ? w->cap_history * 2 : 64;
    uint32_t *more = alc->get(alc->ctx, cap * sizeof *more);
    if (!more)
        return false;
    if (w->guide->grammar->unique && !key_history_room(w, cap)) {
        alc->put(alc->ctx, more, cap * sizeof *more);
        return false;
    }
    if (w->n_history)
        memcpy(more, w->history, w->n_history * sizeof *more);
    if (w->history)
        alc->put(alc->ctx, w->history, w->cap_history * sizeof *more);
    w->history = more;
    w->cap_history = cap;
    return true;
}

struct bytes_step {
    struct tare_str bytes;
    uint32_t token; /* instead of bytes */
    uint32_t to;
};

static enum tare_status do_bytes(struct tare_walk *w, void *ctx, struct tare_err *err)
{
    struct bytes_step *b = ctx;
    uint32_t state = w->state;
    for (size_t i = 0; i < b->bytes.n && state != TARE__STATE_DEAD; i++) {
        enum tare_status st =
            tare__step(w->memory, state, (unsigned char)b->bytes.p[i], &state, err);
        if (st)
            return st;
    }
    b->to = state;
    return TARE_OK;
}

/* Where every step was made before, and the memory is the one in use: nothing can fail. */
static bool known_step(const struct tare_walk *w, struct tare_str bytes, uint32_t *to)
{
    uint32_t state = w->state;
    if (atomic_load_explicit(&w->guide->memory, memory_order_acquire) != w->memory)
        return false;
    tare__touch(w->guide);
    for (size_t i = 0; i < bytes.n && state > TARE__STATE_DEAD; i++)
        state = tare__peek(w->memory, state, (unsigned char)bytes.p[i]);
    *to = state;
    return state != TARE__STATE_UNKNOWN;
}

static enum tare_status do_special(struct tare_walk *w, void *ctx, struct tare_err *err)
{
    struct bytes_step *b = ctx;
    return tare__step_token(w->memory, w->state, b->token, &b->to, err);
}

static enum tare_status advance(struct tare_walk *w, uint32_t to, struct tare_str bytes,
                                enum tare_walk_answer *out, struct tare_err *err)
{
    *out = TARE_WALK_REJECT;
    if (to == TARE__STATE_DEAD)
        return TARE_OK;
    if (w->guide->grammar->unique) {
        struct tare__keys_at before = w->keys.at;
        struct tare__lists lists = tare__lists_from(w, bytes);
        enum tare__keys_answer a = tare__keys_read(&w->keys, bytes, &lists);
        if (a != TARE__KEYS_OK)
            return a == TARE__KEYS_TWICE ? TARE_OK : tare__memory_full(err);
        enum tare_status st = tare__lists_end(&lists, &to, err);
        if (st || to == TARE__STATE_DEAD ||
            (w->guide->grammar->scarce && !tare__alive(w->memory, &w->keys, to))) {
            w->keys.at = before;
            return st;
        }
        w->key_history[w->n_history] = before;
    }
    w->history[w->n_history++] = w->state;
    w->steps++;
    w->state = to;
    *out = TARE_WALK_OK;
    return TARE_OK;
}

enum tare_status tare_walk_accept_bytes(struct tare_walk *w, struct tare_str bytes,
                                        enum tare_walk_answer *out, struct tare_err *err)
{
    struct bytes_step b = {.bytes = bytes};
    *out = TARE_WALK_REJECT;
    if (w->done)
        return TARE_OK;
    if (!history_room(w))
        return tare__memory_full(err);
    if (known_step(w, bytes, &b.to))
        return advance(w, b.to, bytes, out, err);
    enum tare_status st = tare__in_memory(w, do_bytes, &b, err);
    return st ? st : advance(w, b.to, bytes, out, err);
}

enum tare_status tare_walk_accept(struct tare_walk *w, uint32_t token, enum tare_walk_answer *out,
                                  struct tare_err *err)
{
    const struct tare_vocab *v = w->guide->vocab->v;
    const struct tare_str nothing = {0};
    *out = TARE_WALK_REJECT;
    if (w->done || token >= v->n_tokens || v->flags[token] & TARE_VOCAB_EMPTY)
        return TARE_OK;
    if (!(v->flags[token] & TARE_VOCAB_SPECIAL))
        return tare_walk_accept_bytes(w, tare_vocab_text(v, token), out, err);
    if (!history_room(w))
        return tare__memory_full(err);
    if (v->flags[token] & TARE_VOCAB_END && tare_walk_can_end(w)) {
        enum tare_status st = advance(w, w->state, nothing, out, err);
        w->done = true;
        *out = TARE_WALK_DONE;
        return st;
    }
    struct bytes_step b = {.token = token};
    enum tare_status st = tare__in_memory(w, do_special, &b, err);
    return st ? st : advance(w, b.to, nothing, out, err);
}

enum tare_status tare_walk_rollback(struct tare_walk *w, uint32_t n, struct tare_err *err)
{
    if (n > w->n_history)
        return tare_fail(err, TARE_E_STATE, "%u steps to be taken back, but only %u are kept", n,
                         w->n_history);
    if (n == 0)
        return TARE_OK;
    w->n_history -= n;
    w->steps -= n;
    w->state = w->history[w->n_history];
    if (w->key_history)
        w->keys.at = w->key_history[w->n_history];
    w->cut_of = NULL;
    w->done = false;
    return TARE_OK;
}

uint32_t tare_walk_steps(const struct tare_walk *w)
{
    return w->steps;
}

bool tare_walk_can_end(const struct tare_walk *w)
{
    return !w->done && tare__state_at(w->memory, w->state)->can_end;
}

bool tare_walk_is_done(const struct tare_walk *w)
{
    return w->done;
}

enum tare_status tare_walk_is_dead(struct tare_walk *w, bool *out, struct tare_err *err)
{
    struct tare_mask_view m;
    enum tare_status st = tare_walk_mask(w, &m, err);
    if (!st)
        *out = !w->done && m.n_allowed == 0 && !tare_walk_can_end(w);
    return st;
}
