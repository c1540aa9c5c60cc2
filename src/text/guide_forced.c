/* Text that must come next, and how much of it may be kept as tokens. */
#include "text/guide_int.h"

#include "base/banned.h"

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
    enum tare_status st = tare__in_memory(w, do_forced, &f, err);
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
        struct tare_str bytes = tare_vocab_text(v, k->tokens[i]);
        for (size_t c = 0; c < bytes.n && state != TARE__STATE_DEAD; c++) {
            enum tare_status st =
                tare__step(w->memory, state, (unsigned char)bytes.p[c], &state, err);
            if (st)
                return st;
        }
        if (i >= from && n + bytes.n <= sizeof tail) {
            memcpy(tail + n, bytes.p, bytes.n);
            n += bytes.n;
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
    enum tare_status st = tare__in_memory(w, do_keep, &k, err);
    if (!st)
        *n_keep = k.n_keep;
    return st;
}
