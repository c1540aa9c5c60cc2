/* Kinds of characters: how far any text of a kind can go on, held against all such texts; the
 * tokens of a vocabulary, each in one kind or on the edge; and what they do inside a string, held
 * against each alone. */
#include "base/limits.h"
#include "base/rng.h"
#include "text/guide_inside.h"

#include "guide_test.h"

#define MOST 5u

/* Characters of each kind that the patterns below tell apart. */
static const struct {
    uint32_t chars;
    const char *texts[8];
} samples[] = {
    {TARE__CHARS_LOWER, {"a", "b", "c", "x"}},
    {TARE__CHARS_UPPER, {"A", "F", "Z"}},
    {TARE__CHARS_DIGIT, {"0", "5", "9"}},
    {TARE__CHARS_SPACE, {" "}},
    {TARE__CHARS_JOINER, {"_", "-", "."}},
    {TARE__CHARS_PUNCT, {"!", "/", ":", "@", "~", "\x7f"}},
    {TARE__CHARS_WIDE, {"\u00e9", "\u00a0", "\u20ac", "\u2027", "\u202a", "\U0001f600"}},
};

static const char *const patterns[] = {
    "^(\\S+\\s+){0,3}\\S*$",
    "^.{0,5}$",
    "^a?b?",
    "x",
    "^[^-]*$",
    "^.*$",
    "^(ab|c.)*$",
    "^(.\u00e9){2}",
    "^\\w{1,4}$",
    "^[a-z]+",
    "[0-9a-f]+",
    "^[^/@]{2}[a-zA-Z]*$",
    "^\\p{L}{0,3}!*",
    "^(a|[^a]{1,2})$",
};

/* A string of texts with a part that matches, of bounded length. */
static uint32_t string_of(struct tare_grammar *g, const char *pattern, const uint32_t bounds[2],
                          struct tare_arena *arena)
{
    const struct tare_dfa *d = NULL;
    struct tare_dfa_bounds some = {.max_states = 2000};
    assert_int_equal(tare_dfa_pattern(tare_str_of(pattern), true, some, arena, &d, NULL), TARE_OK);
    return tare_grammar_string(g, d, bounds[0], bounds[1], true);
}

/* A place in a pattern with bounds of the length. */
struct at {
    uint32_t state, need, left;
};

static bool read_text(const struct tare__node *x, bool bounded, const char *text, struct at *at)
{
    for (const char *b = text; *b; b++) {
        if (bounded ? !tare__text_step(x, (unsigned char)*b, &at->state, &at->need, &at->left)
                    : !(at->state = tare_dfa_step(x->u.dfa, at->state, (unsigned char)*b)))
            return false;
    }
    return true;
}

/* How many characters can follow whichever they are, by going through all of them. */
static uint32_t slow_reach(const struct tare__node *x, bool bounded, struct at at, uint32_t chars,
                           uint32_t level)
{
    uint32_t least = MOST;
    for (size_t k = 0; k < sizeof samples / sizeof *samples && level < MOST; k++)
        for (size_t i = 0; samples[k].chars & chars && i < 8 && samples[k].texts[i]; i++) {
            struct at to = at;
            if (!read_text(x, bounded, samples[k].texts[i], &to))
                return level;
            uint32_t n = slow_reach(x, bounded, to, chars, level + 1);
            least = n < least ? n : least;
        }
    return least;
}

static void check_reach(const struct tare_grammar *g, const struct tare_dfa *any, uint32_t id,
                        uint32_t chars, const char *pattern)
{
    const struct tare__node *x = &g->nodes[id];
    bool bounded = x->fit != NULL;
    struct tare__frame f = {.a = TARE_DFA_START, .c = x->lo, .d = x->hi};
    struct tare__reach_of of = {
        .any = any, .dfa = x->u.dfa, .bounded = bounded ? x : NULL, .state = f.a, .chars = chars};
    struct at at = {f.a, f.c, f.d};
    uint32_t n = tare__reach(&of, &f, MOST), want = slow_reach(x, bounded, at, chars, 0);
    if (n != want)
        fail_msg("%s, characters %x, %u to %u: reach %u, not %u", pattern, chars, x->lo, x->hi, n,
                 want);
}

static void test_reach(void **state)
{
    static const uint32_t bounds[][2] = {{0, TARE_GRAMMAR_ANY}, {0, 4}, {3, 6}, {5, 5}};
    static const uint32_t kinds[] = {1, 2, 3, 4, 8, 9, 16, 32, 33, 64, 65, 7};
    struct tare_arena arena;
    struct tare_grammar *g = NULL;
    uint32_t n = 0;
    (void)state;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    const struct tare_guide_vocab *v = NULL;
    const struct tare_vocab *vocab = NULL;
    struct tare_vocab_token token = {TARE_S("a"), 0};
    assert_int_equal(tare_vocab_make(&token, 1, 0, &arena, &vocab, NULL), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(vocab, &arena, &v, NULL), TARE_OK);
    assert_int_equal(tare_grammar_open(&arena, &g, NULL), TARE_OK);
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
            uint32_t id = string_of(g, patterns[p], bounds[b], &arena);
            if (g->err.code || g->nodes[id].kind != TARE_GRAMMAR_K_STRING)
                continue; /* nothing is so long */
            for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++, n++)
                check_reach(g, v->common, id, kinds[k], patterns[p]);
        }
    assert_true(n > 400);
    tare_arena_free(&arena);
}

/* An automaton too large to be asked: the answer is less than the truth, never more. */
static void test_reach_gives_up(void **state)
{
    struct tare_arena arena;
    const struct tare_dfa *d = NULL, *any = NULL;
    struct tare_dfa_bounds some = {.max_states = 20000};
    (void)state;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    assert_int_equal(tare_dfa_utf8(&arena, &any, NULL), TARE_OK);
    assert_int_equal(tare_dfa_pattern(TARE_S("[ab][a-z]{9}c"), true, some, &arena, &d, NULL),
                     TARE_OK);
    assert_true(d->n_states > 500);
    struct tare__reach_of of = {
        .any = any, .dfa = d, .state = TARE_DFA_START, .chars = TARE__CHARS_LOWER};
    struct tare__frame f = {.d = TARE_GRAMMAR_ANY};
    assert_true(tare__reach(&of, &f, 60) < 60); /* any text can follow a search */
    of.chars = TARE__CHARS_UPPER;
    assert_int_equal(tare__reach(&of, &f, 60), 60);
    tare_arena_free(&arena);
}

/* ---- the tokens of a vocabulary ------------------------------------------------------------- */

static void count_tree(const struct tare__tree *tree, uint8_t *seen)
{
    const struct tare_vocab *v = tree->v;
    for (uint32_t i = 0; i < v->n_nodes; i++)
        for (uint32_t id = v->trie[i].token; id != TARE_VOCAB_NONE;
             id = v->same ? v->same[id] : TARE_VOCAB_NONE)
            seen[id]++;
}

/* The path of bytes to each token of the tree is its text. */
static void check_paths(const struct tare_vocab *whole, const struct tare__tree *tree)
{
    const struct tare_vocab *v = tree->v;
    for (uint32_t id = 0; id < whole->n_tokens; id++) {
        struct tare_str t = tare_vocab_text(whole, id);
        uint32_t at = t.n ? tree->first[(unsigned char)t.p[0]] : 0;
        for (size_t i = 1; i < t.n && at; i++) {
            uint32_t end = at + tare_vocab_node_size(v->trie[at]), k = at + 1;
            while (k < end && tare_vocab_node_byte(v->trie[k]) != (unsigned char)t.p[i])
                k += tare_vocab_node_size(v->trie[k]);
            at = k < end ? k : 0;
        }
        if (at && v->trie[at].token != TARE_VOCAB_NONE)
            assert_true(tare_str_eq(tare_vocab_text(whole, v->trie[at].token), t));
    }
}

static void check_kinds(const struct tare_guide_vocab *g)
{
    const struct tare_vocab *v = g->v;
    uint8_t seen[2048] = {0};
    count_tree(&g->edge, seen);
    for (uint32_t k = 0; k < g->n_kinds; k++) {
        const struct tare__kind *kind = &g->kinds[k];
        uint8_t of_kind[2048] = {0};
        count_tree(&kind->tree, of_kind);
        check_paths(v, &kind->tree);
        for (uint32_t id = 0; id < v->n_tokens; id++) {
            struct tare_str t = tare_vocab_text(v, id);
            assert_int_equal(of_kind[id], kind->words[id / 64] >> (id % 64) & 1);
            seen[id] = (uint8_t)(seen[id] + of_kind[id]);
            for (size_t i = 0; of_kind[id] && i < t.n; i++)
                assert_true(tare__chars_of((unsigned char)t.p[i]) & kind->chars);
            assert_true(!of_kind[id] ||
                        (tare_dfa_run(g->common, t) && g->length[id] <= kind->longest));
        }
    }
    for (uint32_t id = 0; id < v->n_tokens; id++)
        assert_int_equal(seen[id], v->flags[id] == 0);
}

static void test_kinds(void **state)
{
    static const char pieces[] =
        "abcXYZ09 _-.!\"\\\n\t/\xc3\xa9\xe2\x80\xa8\xe2\x82\xac\xf0\x9f\x98\x80zq";
    struct tare_rng r;
    (void)state;
    tare_rng_init(&r, 7, TARE_S("kinds"), 0);
    for (uint32_t n = 1; n < 2000; n = n * 3 + 1) {
        struct tare_arena arena;
        const struct tare_vocab *v = NULL;
        const struct tare_guide_vocab *g = NULL;
        struct tare_vocab_token tokens[2048];
        tare_arena_init(&arena, NULL, 64 * TARE_MIB);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t at = tare_rng_below(&r, sizeof pieces - 1);
            uint32_t most = (uint32_t)(sizeof pieces - 1) - at;
            uint32_t len = 1 + tare_rng_below(&r, most < 4 ? most : 4);
            tokens[i] = (struct tare_vocab_token){tare_str_n(pieces + at, len),
                                                  (uint8_t)(tare_rng_below(&r, 40) == 0)};
        }
        assert_int_equal(tare_vocab_make(tokens, n, n + 5, &arena, &v, NULL), TARE_OK);
        assert_int_equal(tare_guide_vocab_open(v, &arena, &g, NULL), TARE_OK);
        check_kinds(g);
        tare_arena_free(&arena);
    }
}

/* ---- what tokens do inside a string --------------------------------------------------------- */

/* Every token alone, byte by byte: 0 dead, 1 stays, 2 ends the string. */
static int slow_token(const struct tare__node *x, struct tare__frame f, struct tare_str t)
{
    for (size_t i = 0; i < t.n; i++) {
        enum tare__move how = tare__string_move(x, &f, (unsigned char)t.p[i]);
        if (how != TARE__MOVE_READS)
            return how == TARE__MOVE_ENDS ? 2 : 0;
    }
    return 1;
}

static void check_inside(const struct tare_guide_vocab *g, const struct tare__node *x,
                         const struct tare__frame *f, const char *pattern)
{
    struct tare__inside in = tare__inside_of(g, x, NULL, f);
    int8_t ends[2048] = {0};
    assert_true(tare__inside_open(&in, tare_alc_libc()));
    tare__inside_walk(&in, f);
    for (uint32_t i = 0; i < in.n_ends; i++)
        ends[in.ends[i]]++;
    for (uint32_t id = 0; id < g->v->n_tokens; id++) {
        struct tare_str t = tare_vocab_text(g->v, id);
        int want = g->v->flags[id] ? 0 : slow_token(x, *f, t);
        int have = (int)(in.words[id / 64] >> (id % 64) & 1) + 2 * ends[id];
        if (have != want)
            fail_msg("%s, %u to %u: token \"%.*s\" has %d, not %d", pattern, f->c, f->d, (int)t.n,
                     t.p, have, want);
    }
    tare__inside_close(&in);
}

/* Long tokens of few characters, so that kinds are large and bounds cut them everywhere. */
static const struct tare_guide_vocab *long_tokens(struct tare_rng *r, struct tare_arena *arena)
{
    static const char letters[] = "aabbcx0 9f_-.!Z/\"\\n\xc3\xa9";
    static char bytes[2000][14];
    struct tare_vocab_token tokens[2000];
    const struct tare_vocab *v = NULL;
    const struct tare_guide_vocab *g = NULL;
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t n = 1 + tare_rng_below(r, 13), few = 1 + tare_rng_below(r, sizeof letters - 1);
        uint32_t from = tare_rng_below(r, (uint32_t)sizeof letters - few);
        for (uint32_t k = 0; k < n; k++)
            bytes[i][k] = letters[from + tare_rng_below(r, few)];
        tokens[i] = (struct tare_vocab_token){tare_str_n(bytes[i], n), 0};
    }
    assert_int_equal(tare_vocab_make(tokens, 2000, 0, arena, &v, NULL), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(v, arena, &g, NULL), TARE_OK);
    return g;
}

static void test_inside(void **state)
{
    static const uint32_t bounds[][2] = {{0, TARE_GRAMMAR_ANY}, {0, 4}, {6, 9}, {12, 12}, {0, 300}};
    static const char *const before[] = {"", "a", "0f", "ab ", "x-x", "abcabcab"};
    struct tare_rng r;
    struct tare_arena arena;
    struct tare_grammar *grammar = NULL;
    uint32_t n = 0;
    (void)state;
    tare_rng_init(&r, 11, TARE_S("inside"), 0);
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    const struct tare_guide_vocab *g = long_tokens(&r, &arena);
    assert_int_equal(tare_grammar_open(&arena, &grammar, NULL), TARE_OK);
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
            uint32_t id = string_of(grammar, patterns[p], bounds[b], &arena);
            const struct tare__node *x = &grammar->nodes[id];
            for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
                struct at at = {TARE_DFA_START, x->lo, x->hi};
                if (grammar->err.code || x->kind != TARE_GRAMMAR_K_STRING ||
                    !read_text(x, x->fit != NULL, before[k], &at))
                    continue;
                struct tare__frame f = {.a = at.state, .c = at.need, .d = at.left};
                check_inside(g, x, &f, patterns[p]);
                n++;
            }
        }
    assert_true(n > 150);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_reach_gives_up),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
