/* Guides against a plain matcher: random grammars, random vocabularies, random walks. */
#include "guide_test.h"

#include "text/utf8.h"

/* ---- the oracle: where a text that begins at a place can end -------------------------------- */

enum kind { BYTES, RANGE, SEQ, ALT, REPEAT, CALL };

struct node {
    enum kind kind;
    char text[4];
    uint32_t n; /* of text or kids */
    uint32_t kid[3];
    uint32_t min, max;
    uint32_t made; /* node of the grammar */
};

#define MAX_NODES 24

struct plain {
    struct node v[MAX_NODES];
    uint32_t n, body; /* body of the one rule */
    uint32_t calls, loops;
};

/* Bit e: the node can match text[at … e). Recursion takes at least one byte (as it is made), so
 * depth is bounded by the text. */
static uint64_t ends(const struct plain *p, uint32_t i, struct tare_str text, size_t at);

static uint64_t ends_of_set(const struct plain *p, uint32_t i, struct tare_str text, uint64_t set)
{
    uint64_t to = 0;
    for (size_t at = 0; at <= text.n; at++)
        if (set >> at & 1)
            to |= ends(p, i, text, at);
    return to;
}

static uint64_t ends(const struct plain *p, uint32_t i, struct tare_str text, size_t at)
{
    const struct node *x = &p->v[i];
    uint64_t set = (uint64_t)1 << at, to = 0;
    switch (x->kind) {
    case BYTES:
        return at + x->n <= text.n && memcmp(text.p + at, x->text, x->n) == 0 ? set << x->n : 0;
    case RANGE:
        return at < text.n && text.p[at] >= x->text[0] && text.p[at] <= x->text[1] ? set << 1 : 0;
    case SEQ:
        for (uint32_t k = 0; k < x->n; k++)
            set = ends_of_set(p, x->kid[k], text, set);
        return set;
    case ALT:
        for (uint32_t k = 0; k < x->n; k++)
            to |= ends(p, x->kid[k], text, at);
        return to;
    case REPEAT:
        for (uint32_t k = 0; set && k <= (x->max == TARE_GRAMMAR_ANY ? 70 : x->max); k++) {
            to |= k >= x->min ? set : 0;
            set = ends_of_set(p, x->kid[0], text, set);
        }
        return to;
    case CALL:
        return ends(p, p->body, text, at);
    }
    return 0;
}

static bool plain_takes(const struct plain *p, struct tare_str text)
{
    return ends(p, p->body, text, 0) >> text.n & 1;
}

/* A random graph over a, b, c. A call stands behind a byte, so that it is not at the left; there is
 * one, not in a repetition: else readings of a text are as many as its parts, which is refused. */
static uint32_t grow(struct plain *p, struct tare_rng *r, uint32_t depth, bool first)
{
    uint32_t i = p->n++;
    struct node x = {.kind = (enum kind)(depth && p->n < MAX_NODES - 8 ? tare_rng_below(r, 5)
                                                                       : tare_rng_below(r, 2))};
    if (!first && !p->calls && !p->loops && tare_rng_below(r, 4) == 0) {
        x.kind = CALL;
        p->calls++;
    }
    if (x.kind == BYTES) {
        x.n = 1 + tare_rng_below(r, 3);
        for (uint32_t k = 0; k < x.n; k++)
            x.text[k] = (char)('a' + tare_rng_below(r, 3));
    } else if (x.kind == RANGE) {
        x.text[0] = (char)('a' + tare_rng_below(r, 3));
        x.text[1] = (char)(x.text[0] + (char)tare_rng_below(r, 2));
    } else if (x.kind == SEQ || x.kind == ALT) {
        x.n = 2;
        x.kid[0] = grow(p, r, depth - 1, first);
        bool took = x.kind == SEQ && (p->v[x.kid[0]].kind == BYTES || p->v[x.kid[0]].kind == RANGE);
        x.kid[1] = grow(p, r, depth - 1, first && !took);
    } else if (x.kind == REPEAT) {
        x.n = 1;
        x.min = tare_rng_below(r, 3);
        x.max = tare_rng_below(r, 3) ? x.min + tare_rng_below(r, 3) : TARE_GRAMMAR_ANY;
        p->loops++;
        x.kid[0] = grow(p, r, depth - 1, first);
        p->loops--;
    }
    p->v[i] = x;
    return i;
}

static uint32_t lower(struct plain *p, uint32_t i, struct tare_grammar *g, uint32_t rule,
                      struct tare_arena *arena)
{
    struct node *x = &p->v[i];
    uint32_t kids[3] = {0};
    for (uint32_t k = 0; k < x->n && x->kind >= SEQ; k++)
        kids[k] = lower(p, x->kid[k], g, rule, arena);
    switch (x->kind) {
    case BYTES:
        return tare_grammar_bytes(g, tare_str_n(x->text, x->n));
    case RANGE: {
        char pattern[8];
        const struct tare_dfa *d = NULL;
        snprintf(pattern, sizeof pattern, "[%c-%c]", x->text[0], x->text[1]);
        assert_int_equal(tare_dfa_pattern(tare_str_of(pattern), false, 100, arena, &d, NULL), 0);
        return tare_grammar_lex(g, d, 0, TARE_GRAMMAR_ANY);
    }
    case SEQ:
        return tare_grammar_seq(g, kids, x->n);
    case ALT:
        return tare_grammar_alt(g, kids, x->n);
    case REPEAT:
        return tare_grammar_repeat(g, kids[0], x->min, x->max);
    case CALL:
        return tare_grammar_call(g, rule);
    }
    return 0;
}

static struct tare_grammar *random_grammar(struct plain *p, struct tare_rng *r,
                                           struct tare_arena *arena)
{
    struct tare_grammar *g = NULL;
    *p = (struct plain){0};
    p->body = grow(p, r, 4, true);
    assert_int_equal(tare_grammar_open(arena, &g, NULL), TARE_OK);
    uint32_t rule = tare_grammar_rule(g, TARE_S("root"));
    tare_grammar_define(g, rule, lower(p, p->body, g, rule, arena));
    enum tare_status st = tare_grammar_finish(g, tare_grammar_call(g, rule), NULL);
    return st ? NULL : g; /* a rule that never ends, say */
}

static const char *const merged[] = {"ab",  "ab",  "abc",  "ba", "bb", "cc",   "aab", "cab",
                                     "bcb", "aaa", "bbbb", "ca", "cb", "abab", "ccc"};
#define N_MERGED (sizeof merged / sizeof merged[0])

/* All texts over a, b, c up to a length: in the guide's language as in the oracle's; and what is
 * refused early cannot be completed. */
static void all_texts(const struct plain *p, struct tare_guide *g, size_t max)
{
    char text[8];
    for (size_t n = 0; n <= max; n++) {
        uint32_t all = 1;
        for (size_t i = 0; i < n; i++)
            all *= 3;
        for (uint32_t k = 0; k < all; k++) {
            uint32_t rest = k;
            for (size_t i = 0; i < n; i++, rest /= 3)
                text[i] = (char)('a' + rest % 3);
            bool want = plain_takes(p, tare_str_n(text, n));
            if (guide_takes(g, tare_str_n(text, n)) != want)
                fail_msg("%.*s: the plain matcher says %d", (int)n, text, want);
        }
    }
}

/* A walk by masks alone: each mask keeps the promise; the end is a text of the language. */
static void random_walk(const struct plain *p, struct tare_guide *g, const struct tare_vocab *v,
                        struct tare_rng *r)
{
    struct tare_walk *w = NULL;
    char text[128];
    size_t n = 0;
    assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
    while (n < 50) {
        enum tare_walk_answer a = TARE_WALK_REJECT;
        bool dead = true;
        check_mask(w, v);
        uint32_t t = pick(w, v->size, r);
        if (t == UINT32_MAX)
            fail_msg("nothing is allowed after %.*s", (int)n, text);
        assert_int_equal(tare_walk_is_dead(w, &dead, NULL), TARE_OK);
        assert_false(dead);
        assert_int_equal(tare_walk_accept(w, t, &a, NULL), TARE_OK);
        if (a == TARE_WALK_DONE)
            break;
        assert_int_equal(a, TARE_WALK_OK);
        struct tare_str bytes = tare_vocab_text(v, t);
        memcpy(text + n, bytes.p, bytes.n);
        n += bytes.n;
        if (n < 50)
            assert_int_equal(tare_walk_can_end(w), plain_takes(p, tare_str_n(text, n)));
    }
    tare_walk_close(w);
}

static void test_random_grammars(void **state)
{
    (void)state;
    uint32_t made = 0;
    for (uint32_t seed = 0; seed < 400; seed++) {
        struct tare_arena arena;
        struct tare_rng r;
        struct plain p;
        const struct tare_vocab *v = NULL;
        tare_arena_init(&arena, NULL, 256 * TARE_MIB);
        tare_rng_init(&r, seed, TARE_S("guide"), 0);
        struct tare_grammar *g = random_grammar(&p, &r, &arena);
        if (g) {
            const struct tare_guide_vocab *gv = small_vocab(&arena, merged, N_MERGED, &v);
            struct tare_guide *guide = guide_of(g, gv);
            all_texts(&p, guide, 5);
            for (int k = 0; k < 3; k++)
                random_walk(&p, guide, v, &r);
            tare_guide_close(guide);
            made++;
        }
        tare_arena_free(&arena);
    }
    assert_true(made > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_grammars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
