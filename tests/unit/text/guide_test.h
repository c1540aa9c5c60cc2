/* Vocabularies and walks for the tests of guides. */
#ifndef TARE_TESTS_GUIDE_TEST_H
#define TARE_TESTS_GUIDE_TEST_H

#include "base/rng.h"
#include "text/guide.h"
#include "text_test.h"

/* Every byte, some merged tokens with twins, a special one (its name can be written by bytes), an
 * end, a hole, and padding behind. */
static inline const struct tare_guide_vocab *small_vocab(struct tare_arena *arena,
                                                         const char *const *extra, size_t n_extra,
                                                         const struct tare_vocab **vocab)
{
    struct tare_vocab_token t[700] = {{{0}, 0}};
    static char bytes[256];
    uint32_t n = 0;
    for (unsigned b = 0; b < 256; b++) {
        bytes[b] = (char)b;
        t[n++] = (struct tare_vocab_token){{bytes + b, 1}, 0};
    }
    for (size_t i = 0; i < n_extra && n < 650; i++)
        t[n++] = (struct tare_vocab_token){tare_str_of(extra[i]), 0};
    t[n++] = (struct tare_vocab_token){{0}, TARE_VOCAB_EMPTY};
    t[n++] = (struct tare_vocab_token){TARE_S("<tool>"), TARE_VOCAB_SPECIAL};
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    struct tare_err err = {0};
    const struct tare_guide_vocab *g = NULL;
    assert_int_equal(tare_vocab_make(t, n, n + 61, arena, vocab, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(*vocab, arena, &g, &err), TARE_OK);
    return g;
}

static inline struct tare_guide *guide_of(const struct tare_grammar *g,
                                          const struct tare_guide_vocab *v)
{
    struct tare_guide *guide = NULL;
    struct tare_err err = {0};
    if (tare_guide_open(g, v, NULL, &guide, &err))
        fail_msg("guide: %s", err.text);
    return guide;
}

/* Whether the whole text is in the grammar's language. */
static inline bool guide_takes(struct tare_guide *g, struct tare_str text)
{
    struct tare_walk *w = NULL;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
    assert_int_equal(tare_walk_accept_bytes(w, text, &a, NULL), TARE_OK);
    bool takes = a == TARE_WALK_OK && tare_walk_can_end(w);
    tare_walk_close(w);
    return takes;
}

/* The promise: bit t of the mask is set exactly when accept(t) does not reject. */
static inline void check_mask(struct tare_walk *w, const struct tare_vocab *v)
{
    struct tare_mask_view m;
    uint32_t allowed = 0;
    uint32_t words[64];
    assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    assert_true(v->size <= 64 * 32);
    tare_mask_fill(&m, v->size, words);
    uint32_t n_allowed = m.n_allowed, steps = tare_walk_steps(w); /* m lives until the next call */
    for (uint32_t t = 0; t < v->size; t++)
        assert_int_equal(tare_mask_has(&m, t), words[t / 32] >> (t % 32) & 1);
    for (uint32_t t = 0; t < v->size; t++) {
        enum tare_walk_answer a = TARE_WALK_OK;
        assert_int_equal(tare_walk_accept(w, t, &a, NULL), TARE_OK);
        bool ok = a != TARE_WALK_REJECT;
        assert_int_equal(tare_walk_steps(w), steps + ok);
        if (ok)
            assert_int_equal(tare_walk_rollback(w, 1, NULL), TARE_OK);
        if ((words[t / 32] >> (t % 32) & 1) != ok)
            fail_msg("token %u: mask says %d, accept says %d", t, !ok, ok);
        allowed += ok;
    }
    assert_int_equal(n_allowed, allowed);
}

/* A random allowed token, or UINT32_MAX. */
static inline uint32_t pick(struct tare_walk *w, uint32_t size, struct tare_rng *r)
{
    struct tare_mask_view m;
    assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    if (m.n_allowed == 0)
        return UINT32_MAX;
    uint32_t k = tare_rng_below(r, m.n_allowed);
    for (uint32_t t = 0; t < size; t++)
        if (tare_mask_has(&m, t) && k-- == 0)
            return t;
    return UINT32_MAX;
}

#endif
