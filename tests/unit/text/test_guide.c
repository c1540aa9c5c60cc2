/* Guides against a plain matcher: random grammars, random vocabularies, random walks. */
#include "guide_test.h"
#include "text/schema_grammar.h"

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

static const struct tare_dfa_bounds bounds = {.max_states = 100};

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
        assert_int_equal(tare_dfa_pattern(tare_str_of(pattern), false, bounds, arena, &d, NULL), 0);
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

/* ---- objects and strings -------------------------------------------------------------------- */

static const char *const json_tokens[] = {"\":",
                                          "\": ",
                                          "\",\"",
                                          "{\"",
                                          "\"}",
                                          "\"}}",
                                          "\",",
                                          "}}",
                                          "\\\"",
                                          "\\\\",
                                          "\\u",
                                          "\\u00",
                                          "\\ud83d",
                                          "\\ude00",
                                          "\\ud83d\\ude00",
                                          "a\"",
                                          "abc\",\"b",
                                          "\\n\\n",
                                          "x\\",
                                          "\xc3\xa9",
                                          "\xc3",
                                          "\xa9\"",
                                          "key",
                                          "\"key",
                                          "kind\":",
                                          "ab\":\"",
                                          "0\"",
                                          "\xf0\x9f\x98\x80",
                                          "\xf0\x9f",
                                          "aaaaaaaa",
                                          "<tool>",
                                          "\n  \""};
#define N_JSON (sizeof json_tokens / sizeof json_tokens[0])

/* {"key": 2 to 4 characters, "kind"?: a pattern of 1 to 3, others: a string of 70 at most, or in
 * any order one with two letters in a row}, two to four members; in order or in any. */
static struct tare_grammar *object_grammar(struct tare_arena *arena, bool any_order)
{
    struct tare_grammar *g = NULL;
    const struct tare_dfa *pattern = NULL, *x_keys = NULL, *x_find = NULL, *space = NULL;
    assert_int_equal(tare_grammar_open(arena, &g, NULL), TARE_OK);
    assert_int_equal(
        tare_dfa_pattern(TARE_S("(a|\\n|\\u00e9|[x-z]{2})*"), false, bounds, arena, &pattern, NULL),
        TARE_OK);
    assert_int_equal(tare_dfa_pattern(TARE_S("[ \\n]?"), false, bounds, arena, &space, NULL),
                     TARE_OK);
    assert_int_equal(tare_dfa_pattern(TARE_S("^(k|a)"), true, bounds, arena, &x_keys, NULL),
                     TARE_OK);
    assert_int_equal(tare_dfa_pattern(TARE_S("[a-z]{2}"), true, bounds, arena, &x_find, NULL),
                     TARE_OK);
    uint32_t quote = tare_grammar_bytes(g, TARE_S("\""));
    uint32_t key[2] = {quote, tare_grammar_string(g, NULL, 2, 4, true)};
    uint32_t kind[2] = {quote, tare_grammar_string(g, pattern, 1, 3, true)};
    uint32_t other[2] = {quote, any_order
                                    ? tare_grammar_string(g, x_find, 0, TARE_GRAMMAR_ANY, true)
                                    : tare_grammar_string(g, NULL, 0, 70, true)};
    struct tare_grammar_member members[] = {{TARE_S("key"), tare_grammar_seq(g, key, 2), true},
                                            {TARE_S("kind"), tare_grammar_seq(g, kind, 2), false},
                                            {TARE_S("ab"), TARE_GRAMMAR_NEVER, false}};
    struct tare_grammar_extra extra = {.key = any_order ? x_keys : NULL,
                                       .value = tare_grammar_seq(g, other, 2)};
    uint32_t gap = tare_grammar_lex(g, space, 0, TARE_GRAMMAR_ANY);
    struct tare_grammar_object o = {.members = members,
                                    .n_members = 3,
                                    .extras = &extra,
                                    .n_extras = 1,
                                    .min = 2,
                                    .max = 4,
                                    .any_order = any_order,
                                    .gap_open = gap,
                                    .gap_close = gap,
                                    .gap_before = TARE_GRAMMAR_EMPTY,
                                    .gap_after = gap};
    assert_int_equal(tare_grammar_finish(g, tare_grammar_object(g, &o), NULL), TARE_OK);
    return g;
}

static bool two_letters(struct tare_str s)
{
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i - 1] >= 'a' && s.p[i - 1] <= 'z' && s.p[i] >= 'a' && s.p[i] <= 'z')
            return true;
    return false;
}

/* The text read by the strict reader, and looked at. Keys that are not declared may come twice: no
 * automaton can know. */
static void check_object(struct tare_str text, bool any_order, struct tare_arena *arena)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_json_policy twice = {.allow_duplicates = true};
    if (tare_json_parse(text, &twice, arena, &root, &err))
        fail_msg("%s: %.*s", err.text, TARE_FMT(text));
    uint32_t n = 0, keys = 0, kinds = 0, at_key = 0;
    for (struct tare_json m = tare_json_first(root); tare_json_kind(m) != TARE_JSON_ABSENT;
         m = tare_json_next(m), n++) {
        struct tare_str k = tare_json_key(m);
        size_t cps = tare_utf8_count(tare_json_str(m));
        if (tare_str_is(k, "key")) {
            assert_in_range(cps, 2, 4);
            at_key = n;
            keys++;
        } else if (tare_str_is(k, "kind")) {
            assert_in_range(cps, 1, 3);
            kinds++;
        } else {
            assert_true(any_order || cps <= 70);
            assert_true(!any_order || two_letters(tare_json_str(m)));
            assert_true(!any_order || (k.n && (k.p[0] == 'k' || k.p[0] == 'a')));
        }
        assert_false(tare_str_is(k, "ab"));
    }
    assert_true(keys == 1 && kinds <= 1 && n >= 2 && n <= 4);
    assert_true(any_order || at_key == 0);
}

static void object_walk(struct tare_guide *guide, const struct tare_vocab *v, bool any_order,
                        struct tare_rng *r, struct tare_arena *arena)
{
    struct tare_walk *w = NULL;
    char text[8192];
    size_t n = 0;
    assert_int_equal(tare_walk_open(guide, &w, NULL), TARE_OK);
    for (;;) {
        enum tare_walk_answer a = TARE_WALK_REJECT;
        check_mask(w, v);
        /* quotes and braces more often, so that texts end; else any token */
        uint32_t t = tare_rng_below(r, 3) ? UINT32_MAX : (uint32_t) "\"}:,"[tare_rng_below(r, 4)];
        if (t != UINT32_MAX)
            assert_int_equal(tare_walk_accept(w, t, &a, NULL), TARE_OK);
        if (a == TARE_WALK_REJECT) {
            t = pick(w, v->size, r);
            assert_true(t != UINT32_MAX);
            assert_int_equal(tare_walk_accept(w, t, &a, NULL), TARE_OK);
        }
        if (a == TARE_WALK_DONE)
            break;
        assert_int_equal(a, TARE_WALK_OK);
        struct tare_str bytes = tare_vocab_text(v, t);
        assert_true(n + bytes.n < sizeof text);
        memcpy(text + n, bytes.p, bytes.n);
        n += bytes.n;
    }
    check_object(tare_str_n(text, n), any_order, arena);
    tare_walk_close(w);
}

static void test_objects(void **state)
{
    (void)state;
    for (int any_order = 0; any_order < 2; any_order++) {
        struct tare_arena arena, scratch;
        struct tare_rng r;
        const struct tare_vocab *v = NULL;
        tare_arena_init(&arena, NULL, 256 * TARE_MIB);
        tare_arena_init(&scratch, NULL, 256 * TARE_MIB);
        tare_rng_init(&r, 11, TARE_S("objects"), 0);
        const struct tare_guide_vocab *gv = small_vocab(&arena, json_tokens, N_JSON, &v);
        struct tare_guide *guide = guide_of(object_grammar(&arena, any_order), gv);
        for (int i = 0; i < 40; i++)
            object_walk(guide, v, any_order, &r, &scratch);
        assert_true(guide_takes(guide, TARE_S("{\"key\":\"ab\",\"kind\":\"xy\"}")));
        assert_true(guide_takes(guide, TARE_S("{\"key\":\"\\ud83d\\ude00\\n\",\"k\":\"aa\"}")));
        assert_false(guide_takes(guide, TARE_S("{\"key\":\"\\ud83dx\",\"k\":\"aa\"}")));
        assert_false(guide_takes(guide, TARE_S("{\"key\":\"ab\"}")));
        assert_false(guide_takes(guide, TARE_S("{\"key\":\"ab\",\"ab\":\"\"}")));
        assert_false(guide_takes(guide, TARE_S("{\"key\":\"a\",\"k\":\"aa\"}")));
        assert_false(guide_takes(guide, TARE_S("{\"key\":\"ab\",\"kind\":\"x\"}")));
        assert_int_equal(guide_takes(guide, TARE_S("{\"k\":\"aa\",\"key\":\"ab\"}")), any_order);
        tare_guide_close(guide);
        tare_arena_free(&scratch);
        tare_arena_free(&arena);
    }
}

/* ---- special tokens, memory ----------------------------------------------------------------- */

static void test_special(void **state)
{
    (void)state;
    struct tare_arena arena;
    const struct tare_vocab *v = NULL;
    struct tare_grammar *g = NULL;
    struct tare_walk *w = NULL;
    enum tare_walk_answer a = TARE_WALK_OK;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    const struct tare_guide_vocab *gv = small_vocab(&arena, NULL, 0, &v);
    uint32_t tool = tare_vocab_special(v, TARE_S("<tool>"));
    assert_int_equal(tare_grammar_open(&arena, &g, NULL), TARE_OK);
    uint32_t parts[3] = {tare_grammar_bytes(g, TARE_S("x")), tare_grammar_token(g, tool),
                         tare_grammar_bytes(g, TARE_S("<tool>"))};
    assert_int_equal(tare_grammar_finish(g, tare_grammar_seq(g, parts, 3), NULL), TARE_OK);
    struct tare_guide *guide = guide_of(g, gv);
    assert_int_equal(tare_walk_open(guide, &w, NULL), TARE_OK);
    assert_int_equal(tare_walk_accept(w, tool, &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_REJECT);
    check_mask(w, v);
    assert_int_equal(tare_walk_accept(w, 'x', &a, NULL), TARE_OK);
    check_mask(w, v);
    assert_int_equal(tare_walk_accept(w, '<', &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_REJECT); /* its name is not the token */
    assert_int_equal(tare_walk_accept(w, tool, &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    assert_int_equal(tare_walk_accept(w, tool, &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_REJECT); /* the token is not its name */
    check_mask(w, v);
    assert_int_equal(tare_walk_accept_bytes(w, TARE_S("<tool>"), &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    check_mask(w, v);
    assert_true(tare_walk_can_end(w));
    tare_walk_close(w);
    tare_guide_close(guide);
    tare_arena_free(&arena);
}

/* With so little memory that it is begun anew, walks, copies and steps taken back are as before. */
static void test_renewal(void **state)
{
    (void)state;
    struct tare_arena arena;
    struct tare_rng r;
    const struct tare_vocab *v = NULL;
    struct tare_walk *w = NULL, *same = NULL, *start = NULL;
    struct tare_guide_options small = {.memo_bytes = 300000};
    struct tare_guide *guide = NULL, *large = NULL;
    struct tare_guide_stats stats;
    uint32_t steps = 0;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    tare_rng_init(&r, 5, TARE_S("renewal"), 0);
    const struct tare_guide_vocab *gv = small_vocab(&arena, json_tokens, N_JSON, &v);
    struct tare_grammar *g = object_grammar(&arena, false);
    large = guide_of(g, gv);
    assert_int_equal(tare_guide_open(g, gv, &small, &guide, NULL), TARE_OK);
    assert_int_equal(tare_walk_open(guide, &start, NULL), TARE_OK);
    for (int round = 0; round < 40; round++) {
        assert_int_equal(tare_walk_copy(start, &w, NULL), TARE_OK);
        assert_int_equal(tare_walk_open(large, &same, NULL), TARE_OK);
        for (int n = 0; n < 60; n++) {
            struct tare_mask_view a, b;
            enum tare_walk_answer one = 0, two = 0;
            assert_int_equal(tare_walk_mask(w, &a, NULL), TARE_OK);
            assert_int_equal(tare_walk_mask(same, &b, NULL), TARE_OK);
            assert_int_equal(a.n_allowed, b.n_allowed);
            for (uint32_t t = 0; t < v->size; t++)
                assert_int_equal(tare_mask_has(&a, t), tare_mask_has(&b, t));
            uint32_t t = pick(w, v->size, &r), back = tare_rng_below(&r, 8) ? 0 : 2;
            if (t == UINT32_MAX)
                break;
            assert_int_equal(tare_walk_accept(w, t, &one, NULL), TARE_OK);
            assert_int_equal(tare_walk_accept(same, t, &two, NULL), TARE_OK);
            assert_true(one == two && one != TARE_WALK_REJECT);
            steps++;
            if (back && back <= tare_walk_steps(w)) {
                assert_int_equal(tare_walk_rollback(w, back, NULL), TARE_OK);
                assert_int_equal(tare_walk_rollback(same, back, NULL), TARE_OK);
            }
        }
        tare_walk_close(w);
        tare_walk_close(same);
    }
    tare_guide_stats(guide, &stats);
    if (stats.memories <= 2 || steps <= 500)
        fail_msg("%u memories, %u steps", (unsigned)stats.memories, steps);
    assert_true(stats.bytes <= small.memo_bytes);
    tare_walk_close(start);
    tare_guide_close(guide);
    tare_guide_close(large);
    tare_arena_free(&arena);
}

/* One round of everything that takes memory. */
static enum tare_status everything(const struct tare_guide_vocab *gv, const struct tare_grammar *g,
                                   struct failing *f)
{
    struct tare_arena arena;
    struct tare_grammar *made = NULL;
    struct tare_guide *guide = NULL;
    struct tare_walk *w = NULL, *copy = NULL;
    struct tare_mask_view m;
    struct tare_str forced;
    enum tare_walk_answer a;
    struct tare_guide_options o = {.alc = &f->alc};
    tare_arena_init(&arena, &f->alc, 256 * TARE_MIB);
    enum tare_status st = tare_grammar_from_gbnf(
        TARE_S("root ::= a | \"x\" [^0-9\"]{2,5} root?\na ::= \"b\" (\"c\" | .)*"), NULL, &arena,
        &made, NULL);
    if (!st)
        st = tare_guide_open(g, gv, &o, &guide, NULL);
    if (!st)
        st = tare_walk_open(guide, &w, NULL);
    if (!st)
        st = tare_walk_mask(w, &m, NULL);
    if (!st)
        st = tare_walk_accept_bytes(w, TARE_S("{\"key\":\"a"), &a, NULL);
    if (!st)
        st = tare_walk_mask(w, &m, NULL);
    if (!st)
        st = tare_walk_copy(w, &copy, NULL);
    if (!st)
        st = tare_walk_forced(copy, 10, &arena, &forced, NULL);
    tare_walk_close(copy);
    tare_walk_close(w);
    tare_guide_close(guide);
    tare_arena_free(&arena);
    return st;
}

static void test_no_memory(void **state)
{
    (void)state;
    struct tare_arena arena;
    const struct tare_vocab *v = NULL;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    const struct tare_guide_vocab *gv = small_vocab(&arena, json_tokens, N_JSON, &v);
    struct tare_grammar *g = object_grammar(&arena, false);
    long at = 0;
    for (;; at++) {
        struct failing f;
        failing_init(&f, at);
        enum tare_status st = everything(gv, g, &f);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK)
            break;
        assert_int_equal(st, TARE_E_NOMEM);
    }
    assert_true(at > 10);
    tare_arena_free(&arena);
}

/* A schema with something of everything. */
static const char full_schema[] =
    "{\"type\":\"object\",\"properties\":{\"s\":{\"pattern\":\"^a.{0,9}$\",\"maxLength\":60},"
    "\"n\":{"
    "\"type\":\"integer\",\"minimum\":-3,\"maximum\":120,\"multipleOf\":3},\"e\":{\"enum\":["
    "\"x\",\"yy\","
    "1,2.5,null,[1],{\"k\":true}]},\"o\":{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":["
    "\"b\"],"
    "\"not\":{\"required\":[\"c\"]}}],\"type\":\"object\"},\"r\":{\"$ref\":\"#\"}},"
    "\"patternProperties\":{\"^p\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},\"q$\":"
    "{}},"
    "\"additionalProperties\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":9},"
    "\"required\":[\"s\"]}";

/* A vocabulary, that schema, and a text through its strings and keys. */
static enum tare_status from_schema(struct failing *f)
{
    static const char *const texts[] = {"{\"s\":\"ab", "c\",\"n\":1", "2,\"e\":", "\"y", "y\",\"p",
                                        "x\":[1",      "],\"zz",      "\":\"w",   "\"}"};
    struct tare_arena arena;
    struct tare_json v;
    struct tare_schema_grammar sg = {0};
    const struct tare_vocab *vocab = NULL;
    const struct tare_guide_vocab *tables = NULL;
    struct tare_guide *guide = NULL;
    struct tare_walk *w = NULL;
    struct tare_vocab_token t[300] = {{{0}, 0}};
    static char bytes[256];
    struct tare_schema_grammar_options so = {.space = TARE_SCHEMA_SPACE_NONE};
    struct tare_guide_options o = {.alc = &f->alc};
    tare_arena_init(&arena, &f->alc, 256 * TARE_MIB);
    for (unsigned b = 0; b < 256; b++) {
        bytes[b] = (char)b;
        t[b].bytes = tare_str_n(bytes + b, 1);
    }
    for (size_t i = 0; i < N_JSON && i < 40; i++)
        t[256 + i].bytes = tare_str_of(json_tokens[i]);
    enum tare_status st = tare_vocab_make(t, 296, 0, &arena, &vocab, NULL);
    if (!st)
        st = tare_guide_vocab_open(vocab, &arena, &tables, NULL);
    if (!st)
        st = tare_json_parse(tare_str_of(full_schema), NULL, &arena, &v, NULL);
    if (!st)
        st = tare_schema_grammar_make(v, &so, &arena, &sg, NULL);
    if (!st && sg.refused)
        fail_msg("refused: %.*s", TARE_FMT(sg.refused->reason));
    if (!st)
        st = tare_guide_open(sg.grammar, tables, &o, &guide, NULL);
    if (!st)
        st = tare_walk_open(guide, &w, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !st; i++) {
        struct tare_mask_view m;
        enum tare_walk_answer a = TARE_WALK_OK;
        st = tare_walk_mask(w, &m, NULL);
        if (!st)
            st = tare_walk_accept_bytes(w, tare_str_of(texts[i]), &a, NULL);
        if (!st && a != TARE_WALK_OK)
            fail_msg("rejected: %s", texts[i]);
    }
    tare_walk_close(w);
    tare_guide_close(guide);
    tare_arena_free(&arena);
    return st;
}

static void test_no_memory_schema(void **state)
{
    long at = 0;
    (void)state;
    for (;; at++) {
        struct failing f;
        failing_init(&f, at);
        enum tare_status st = from_schema(&f);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK)
            break;
        if (st != TARE_E_NOMEM)
            fail_msg("request %ld: status %d", at, (int)st);
    }
    assert_true(at > 40);
}

/* Lowering in an arena that is full after ever more bytes: each of its requests fails once. */
static void test_full_arena(void **state)
{
    struct tare_arena text, arena;
    struct tare_json v;
    struct tare_schema_grammar sg;
    struct tare_schema_grammar_options so = {.space = TARE_SCHEMA_SPACE_FEW};
    unsigned failed = 0;
    enum tare_status st = TARE_E_NOMEM;
    (void)state;
    tare_arena_init(&text, NULL, TARE_MIB);
    assert_int_equal(tare_json_parse(tare_str_of(full_schema), NULL, &text, &v, NULL), TARE_OK);
    for (size_t ceiling = 1000; st != TARE_OK; ceiling += 61, failed += st != TARE_OK) {
        tare_arena_init(&arena, NULL, ceiling);
        st = tare_schema_grammar_make(v, &so, &arena, &sg, NULL);
        if (st != TARE_OK && st != TARE_E_NOMEM)
            fail_msg("%zu bytes: status %d", ceiling, (int)st);
        tare_arena_free(&arena);
    }
    if (failed <= 100)
        fail_msg("%u failed", failed);
    tare_arena_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_grammars), cmocka_unit_test(test_objects),
        cmocka_unit_test(test_special),         cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_no_memory),       cmocka_unit_test(test_no_memory_schema),
        cmocka_unit_test(test_full_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
