#include "text/mask_try.h"

#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

void tare_mask_times_init(struct tare_mask_times *t)
{
    tare_buf_init(&t->mask, NULL, TARE_GIB);
    tare_buf_init(&t->accept, NULL, TARE_GIB);
}

void tare_mask_times_free(struct tare_mask_times *t)
{
    tare_buf_free(&t->mask);
    tare_buf_free(&t->accept);
}

static int by_time(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double at(const struct tare_buf *b, uint64_t n, double p)
{
    uint64_t i = (uint64_t)(p * (double)n);
    uint32_t x;
    i = i >= n ? n - 1 : i;
    memcpy(&x, b->p + i * sizeof x, sizeof x);
    return x;
}

struct tare_mask_spread tare_mask_spread(struct tare_buf *b)
{
    struct tare_mask_spread s = {.n = b->n / sizeof(uint32_t)};
    double sum = 0;
    if (!s.n)
        return s;
    qsort(b->p, s.n, sizeof(uint32_t), by_time);
    for (uint64_t i = 0; i < s.n; i++) {
        uint32_t x;
        memcpy(&x, b->p + i * sizeof x, sizeof x);
        sum += x;
    }
    s.mean = sum / (double)s.n;
    s.p25 = at(b, s.n, 0.25);
    s.p50 = at(b, s.n, 0.50);
    s.p75 = at(b, s.n, 0.75);
    s.p90 = at(b, s.n, 0.90);
    s.p95 = at(b, s.n, 0.95);
    s.p99 = at(b, s.n, 0.99);
    s.p999 = at(b, s.n, 0.999);
    s.max = at(b, s.n, 1.0);
    return s;
}

void tare_mask_note(struct tare_buf *b, int64_t ns)
{
    uint32_t x = ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
    tare_buf_put(b, tare_str_n((const char *)&x, sizeof x));
}

static int64_t now(const struct tare_clock *clock)
{
    return clock ? clock->mono_ns(clock->ctx) : 0;
}

/* A token the text begins with: the longest, or any of them with equal chance. */
static uint32_t cut(const struct tare_vocab *v, struct tare_str text, struct tare_rng *rng,
                    size_t *n)
{
    uint32_t longest = tare_vocab_longest(v, text, n), count = 0;
    if (!rng || longest == TARE_VOCAB_NONE)
        return longest;
    size_t best = *n;
    for (size_t k = best; k > 0;) { /* reservoir over the prefixes that are tokens */
        size_t m = 0;
        uint32_t t = tare_vocab_longest(v, tare_str_n(text.p, k), &m);
        if (t == TARE_VOCAB_NONE)
            break;
        if (tare_rng_below(rng, ++count) == 0) {
            longest = t;
            *n = m;
        }
        k = m - 1;
    }
    return longest;
}

/* One token: mask, then accept. False: refused, or an error in *st. */
static bool step(struct tare_walk *w, uint32_t token, const struct tare_clock *clock,
                 struct tare_mask_times *times, struct tare_mask_try *out, enum tare_status *st,
                 struct tare_err *err)
{
    struct tare_mask_view view;
    enum tare_walk_answer answer = TARE_WALK_REJECT;
    int64_t t0 = now(clock);
    *st = tare_walk_mask(w, &view, err);
    int64_t t1 = now(clock);
    bool in_mask = *st == TARE_OK && tare_mask_has(&view, token);
    int64_t t2 = now(clock);
    if (*st == TARE_OK)
        *st = tare_walk_accept(w, token, &answer, err);
    int64_t t3 = now(clock);
    if (*st != TARE_OK)
        return false;
    if (times) {
        tare_mask_note(&times->mask, t1 - t0);
        tare_mask_note(&times->accept, t3 - t2);
    }
    out->contradicted = out->contradicted || in_mask != (answer != TARE_WALK_REJECT);
    return answer != TARE_WALK_REJECT;
}

enum tare_status tare_mask_try(struct tare_guide *g, const struct tare_vocab *v,
                               struct tare_str text, struct tare_rng *rng,
                               const struct tare_clock *clock, struct tare_mask_times *times,
                               struct tare_mask_try *out, struct tare_err *err)
{
    struct tare_walk *w = NULL;
    *out = (struct tare_mask_try){.token = TARE_VOCAB_NONE};
    enum tare_status st = tare_walk_open(g, &w, err);
    bool goes = st == TARE_OK;
    for (size_t n = 0; goes && out->offset < text.n; out->offset += n) {
        uint32_t token = cut(v, tare_str_n(text.p + out->offset, text.n - out->offset), rng, &n);
        if (token == TARE_VOCAB_NONE) {
            st = tare_fail_at(err, TARE_E_INPUT, out->offset,
                              "the vocabulary has no token for the byte 0x%02x",
                              (unsigned)(unsigned char)text.p[out->offset]);
            goes = false;
            break;
        }
        out->token = token;
        goes = step(w, token, clock, times, out, &st, err);
        out->n_tokens += goes;
        if (!goes)
            break;
    }
    if (goes) {
        out->token = TARE_VOCAB_NONE;
        out->accepts = tare_walk_can_end(w);
    }
    if (goes && v->n_end && step(w, v->end[0], clock, times, out, &st, err) != out->accepts)
        out->contradicted = true;
    tare_walk_close(w);
    return st;
}

/* The k-th allowed token. */
static uint32_t pick(const struct tare_mask_view *m, uint32_t k)
{
    if (m->ids)
        return m->ids[k];
    for (uint32_t word = 0;; word++) {
        uint64_t x = m->words[word];
        uint32_t n = (uint32_t)__builtin_popcountll(x);
        if (k >= n) {
            k -= n;
            continue;
        }
        for (; k; k--)
            x &= x - 1;
        return word * 64 + (uint32_t)__builtin_ctzll(x);
    }
}

enum tare_status tare_mask_wander(struct tare_guide *g, const struct tare_vocab *v,
                                  struct tare_rng *rng, size_t max, struct tare_buf *out_text,
                                  struct tare_mask_wander *out, struct tare_err *err)
{
    struct tare_walk *w = NULL;
    *out = (struct tare_mask_wander){0};
    enum tare_status st = tare_walk_open(g, &w, err);
    while (st == TARE_OK && out->n_tokens < max && !out->ended && !out->dead) {
        struct tare_mask_view view;
        enum tare_walk_answer answer;
        st = tare_walk_mask(w, &view, err);
        if (st != TARE_OK)
            break;
        if (tare_walk_can_end(w) && (view.n_allowed <= v->n_end || tare_rng_below(rng, 2))) {
            out->ended = true;
            break;
        }
        if (!view.n_allowed) {
            out->dead = true;
            break;
        }
        uint32_t token = pick(&view, tare_rng_below(rng, view.n_allowed));
        st = tare_walk_accept(w, token, &answer, err);
        if (st == TARE_OK && answer == TARE_WALK_REJECT)
            st = tare_fail(err, TARE_E_STATE, "token %u is in the mask but was refused", token);
        if (st == TARE_OK && answer == TARE_WALK_DONE)
            out->ended = true;
        else if (st == TARE_OK)
            tare_buf_put(out_text, tare_vocab_text(v, token));
        out->n_tokens++;
    }
    tare_walk_close(w);
    if (st == TARE_OK && out_text->failed)
        st = tare_fail(err, TARE_E_NOMEM, "not enough memory for the text");
    return st;
}
