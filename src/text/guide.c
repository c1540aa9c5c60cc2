#include "text/guide_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define KEEP_STEPS 4096u /* steps that can be taken back, at least; twice as many at most */

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
    if (pthread_mutex_init(&g->lock, NULL)) {
        alc->put(alc->ctx, g, sizeof *g);
        return tare__memory_full(err);
    }
    enum tare_status st = tare__memory_open(g, &m, err);
    if (st) {
        (void)pthread_mutex_destroy(&g->lock);
        alc->put(alc->ctx, g, sizeof *g);
        return st;
    }
    atomic_init(&g->memory, m);
    *out = g;
    return TARE_OK;
}

void tare_guide_close(struct tare_guide *g)
{
    if (!g)
        return;
    struct tare_alc alc = g->alc;
    tare__memory_drop(atomic_load(&g->memory));
    (void)pthread_mutex_destroy(&g->lock);
    alc.put(alc.ctx, g, sizeof *g);
}

/* The memory in use, with a reference for the caller. */
static struct tare__memory *take_memory(struct tare_guide *g)
{
    (void)pthread_mutex_lock(&g->lock);
    struct tare__memory *m = atomic_load_explicit(&g->memory, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&g->lock);
    return m;
}

void tare_guide_stats(struct tare_guide *g, struct tare_guide_stats *out)
{
    struct tare__memory *m = take_memory(g);
    (void)pthread_mutex_lock(&m->lock);
    *out = (struct tare_guide_stats){
        .states = atomic_load_explicit(&m->n_states, memory_order_relaxed),
        .masks = m->n_masks,
        .misses = atomic_load_explicit(&g->misses, memory_order_relaxed),
        .memories = atomic_load_explicit(&g->memories, memory_order_relaxed),
        .bytes = m->arena.held_bytes};
    (void)pthread_mutex_unlock(&m->lock);
    tare__memory_drop(m);
}

/* ---- moving to another memory --------------------------------------------------------------- */

/* Begins a new memory, unless somebody has done so since the walk looked. */
static enum tare_status renew(struct tare_walk *w, struct tare_err *err)
{
    struct tare_guide *g = w->guide;
    struct tare__memory *fresh = NULL, *old = NULL;
    enum tare_status st = TARE_OK;
    (void)pthread_mutex_lock(&g->lock);
    if (atomic_load_explicit(&g->memory, memory_order_relaxed) == w->memory) {
        st = tare__memory_open(g, &fresh, err);
        if (!st) {
            old = w->memory;
            atomic_store_explicit(&g->memory, fresh, memory_order_release);
        }
    }
    (void)pthread_mutex_unlock(&g->lock);
    if (old)
        tare__memory_drop(old);
    return st;
}

static enum tare_status follow(struct tare_walk *w, struct tare_err *err)
{
    const struct tare_alc *alc = &w->guide->alc;
    if (atomic_load_explicit(&w->guide->memory, memory_order_acquire) == w->memory)
        return TARE_OK;
    struct tare__memory *to = take_memory(w->guide);
    size_t n = (size_t)w->n_history + 1;
    uint32_t *states = alc->get(alc->ctx, n * sizeof *states);
    enum tare_status st = states ? TARE_OK : tare__memory_full(err);
    if (!st) {
        if (w->n_history)
            memcpy(states, w->history, w->n_history * sizeof *states);
        states[w->n_history] = w->state;
        st = tare__memory_move(w->memory, to, states, (uint32_t)n, err);
    }
    if (!st) {
        struct tare__memory *from = w->memory;
        if (w->n_history)
            memcpy(w->history, states, w->n_history * sizeof *states);
        w->state = states[w->n_history];
        w->cut_of = NULL;
        w->memory = to;
        to = from;
    }
    if (states)
        alc->put(alc->ctx, states, n * sizeof *states);
    tare__memory_drop(to); /* the one it stands on no longer, or could not move to */
    return st;
}

typedef enum tare_status step_fn(struct tare_walk *w, void *ctx, struct tare_err *err);

/* Does it in the memory in use; when that is full, once more in a new one. */
static enum tare_status in_memory(struct tare_walk *w, step_fn *fn, void *ctx, struct tare_err *err)
{
    struct tare_err own = {0};
    enum tare_status st = follow(w, &own);
    if (!st)
        st = fn(w, ctx, &own);
    if (st == TARE_E_NOMEM) {
        own = (struct tare_err){0};
        st = renew(w, &own);
        if (!st)
            st = follow(w, &own);
        if (!st)
            st = fn(w, ctx, &own);
    }
    if (st && err)
        *err = own;
    return st;
}

/* ---- walks ---------------------------------------------------------------------------------- */

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
    enum tare_status st = open_walk(g, out, err);
    if (!st)
        (*out)->memory = take_memory(g);
    return st;
}

void tare_walk_close(struct tare_walk *w)
{
    if (!w)
        return;
    const struct tare_alc alc = w->guide->alc;
    size_t bytes = scratch_bytes(w->guide->vocab);
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

enum tare_status tare_walk_mask(struct tare_walk *w, struct tare_mask_view *out,
                                struct tare_err *err)
{
    static const uint32_t none[1];
    const struct tare__mask *mask = NULL;
    if (w->done) {
        *out = (struct tare_mask_view){.ids = none};
        return TARE_OK;
    }
    if (!w->guide->grammar->unique &&
        atomic_load_explicit(&w->guide->memory, memory_order_acquire) == w->memory)
        mask =
            atomic_load_explicit(&tare__state_at(w->memory, w->state)->mask, memory_order_acquire);
    enum tare_status st = mask ? TARE_OK : in_memory(w, do_mask, &mask, err);
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
    for (size_t i = 0; i < bytes.n && state > TARE__STATE_DEAD; i++)
        state = tare__peek(w->memory, state, (unsigned char)bytes.p[i]);
    *to = state;
    return state != TARE__STATE_UNKNOWN;
}

static enum tare_status do_special(struct tare_walk *w, void *ctx, struct tare_err *err)
{
    struct bytes_step *b = ctx;
    return tare__step_token(w->memory, w->state, b->to, &b->to, err);
}

static enum tare_status advance(struct tare_walk *w, uint32_t to, struct tare_str bytes,
                                enum tare_walk_answer *out, struct tare_err *err)
{
    *out = TARE_WALK_REJECT;
    if (to == TARE__STATE_DEAD)
        return TARE_OK;
    if (w->guide->grammar->unique) {
        struct tare__keys_at before = w->keys.at;
        enum tare__keys_answer a = tare__keys_read(&w->keys, bytes);
        if (a != TARE__KEYS_OK)
            return a == TARE__KEYS_TWICE ? TARE_OK : tare__memory_full(err);
        if (w->guide->grammar->scarce && !tare__alive(w->memory, &w->keys, to)) {
            w->keys.at = before;
            return TARE_OK;
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
    enum tare_status st = in_memory(w, do_bytes, &b, err);
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
    struct bytes_step b = {.to = token};
    enum tare_status st = in_memory(w, do_special, &b, err);
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

/* ---- forced text ---------------------------------------------------------------------------- */

struct forced {
    struct tare_str out;
    char *bytes;
    size_t max;
};

static enum tare_status do_forced(struct tare_walk *w, void *ctx, struct tare_err *err)
{
    struct forced *f = ctx;
    uint32_t at = w->state;
    f->out = tare_str_n(f->bytes, 0);
    while (f->out.n < f->max) {
        const struct tare__state *s = tare__state_at(w->memory, at);
        uint32_t to = TARE__STATE_DEAD;
        if (s->n_out != 1 || s->can_end || s->names_tokens)
            break;
        enum tare_status st = tare__step(w->memory, at, s->only, &to, err);
        if (st)
            return st;
        if (to == TARE__STATE_DEAD)
            break;
        f->bytes[f->out.n++] = (char)s->only;
        at = to;
    }
    return TARE_OK;
}

enum tare_status tare_walk_forced(struct tare_walk *w, size_t max, struct tare_arena *arena,
                                  struct tare_str *out, struct tare_err *err)
{
    struct forced f = {.max = w->done ? 0 : max, .bytes = TARE_NEW_N(arena, char, max + 1)};
    if (!f.bytes)
        return tare__memory_full(err);
    enum tare_status st = in_memory(w, do_forced, &f, err);
    if (!st)
        *out = f.out;
    return st;
}

/* Whether a token below the node is allowed from the state. */
static enum tare_status reaches(struct tare__memory *m, const struct tare_vocab *v, uint32_t node,
                                uint32_t state, bool *out, struct tare_err *err)
{
    uint32_t end = node + tare_vocab_node_size(v->trie[node]);
    *out = false;
    for (uint32_t k = node + 1; k < end && !*out; k += tare_vocab_node_size(v->trie[k])) {
        uint32_t to = 0;
        enum tare_status st = tare__step(m, state, tare_vocab_node_byte(v->trie[k]), &to, err);
        if (st)
            return st;
        if (to == TARE__STATE_DEAD)
            continue;
        if (v->trie[k].token != TARE_VOCAB_NONE)
            *out = true;
        else if ((st = reaches(m, v, k, to, out, err))) /* as deep as the longest token */
            return st;
    }
    return TARE_OK;
}

static uint32_t node_of(const struct tare_vocab *v, const char *p, size_t n)
{
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t end = at + tare_vocab_node_size(v->trie[at]), k = at + 1;
        while (k < end && tare_vocab_node_byte(v->trie[k]) != (unsigned char)p[i])
            k += tare_vocab_node_size(v->trie[k]);
        if (k >= end)
            return 0;
        at = k;
    }
    return at;
}

struct keep {
    const uint32_t *tokens;
    uint32_t n, n_keep;
};

#define LOOK_BACK 4u

static enum tare_status do_keep(struct tare_walk *w, void *ctx, struct tare_err *err)
{
    struct keep *k = ctx;
    const struct tare_vocab *v = w->guide->vocab->v;
    uint32_t state = w->state;
    char tail[LOOK_BACK * 4096];
    size_t n = 0;
    uint32_t from = k->n > LOOK_BACK ? k->n - LOOK_BACK : 0;
    for (uint32_t i = 0; i < k->n && state != TARE__STATE_DEAD; i++) {
        struct bytes_step b = {.bytes = tare_vocab_text(v, k->tokens[i])};
        for (size_t c = 0; c < b.bytes.n && state != TARE__STATE_DEAD; c++) {
            enum tare_status st =
                tare__step(w->memory, state, (unsigned char)b.bytes.p[c], &state, err);
            if (st)
                return st;
        }
        if (i >= from && n + b.bytes.n <= sizeof tail) {
            memcpy(tail + n, b.bytes.p, b.bytes.n);
            n += b.bytes.n;
        }
    }
    k->n_keep = state == TARE__STATE_DEAD ? 0 : k->n;
    size_t begin = 0;
    for (uint32_t i = from; i < k->n && k->n_keep == k->n; i++) {
        size_t end = begin + tare_vocab_text(v, k->tokens[i]).n;
        for (; begin < end && begin < n && k->n_keep == k->n; begin++) {
            bool yes = false;
            uint32_t node = node_of(v, tail + begin, n - begin);
            enum tare_status st = node ? reaches(w->memory, v, node, state, &yes, err) : TARE_OK;
            if (st)
                return st;
            if (yes)
                k->n_keep = i;
        }
        begin = end;
    }
    return TARE_OK;
}

enum tare_status tare_walk_forced_keep(struct tare_walk *w, const uint32_t *tokens, uint32_t n,
                                       uint32_t *n_keep, struct tare_err *err)
{
    struct keep k = {.tokens = tokens, .n = n};
    for (uint32_t i = 0; i < n; i++)
        if (tokens[i] >= w->guide->vocab->v->n_tokens)
            return tare_fail(err, TARE_E_INPUT, "there is no token %u", tokens[i]);
    enum tare_status st = in_memory(w, do_keep, &k, err);
    if (!st)
        *n_keep = k.n_keep;
    return st;
}
