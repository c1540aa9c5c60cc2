/* Vocabularies, and keys that come once. Masks and the validator: test_schema_random.c. */
#include "text_test.h"

#include "../test_arena.h"
#include "base/rng.h"
#include "text/guide.h"
#include "text/schema_grammar.h"

static const struct tare_vocab *vocab(const char *text)
{
    const struct tare_vocab *v = NULL;
    struct tare_err err = {0};
    if (tare_vocab_read(tare_str_of(text), NULL, &arena, &v, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return v;
}

static void is_token(const struct tare_vocab *v, uint32_t id, const char *bytes, size_t n)
{
    struct tare_str s = tare_vocab_text(v, id);
    assert_int_equal(s.n, n);
    assert_memory_equal(s.p, bytes, n);
}

static void formats_of_files(void **state)
{
    (void)state;
    const struct tare_vocab *v = vocab("IQ== 0\nISE= 1\nIQ== 3\n");
    is_token(v, 0, "!", 1);
    is_token(v, 1, "!!", 2);
    assert_int_equal(v->same[0], 3);
    assert_true(v->flags[2] & TARE_VOCAB_EMPTY);
    assert_int_equal(v->n_end, 1); /* ranks have none: one is added */
    v = vocab("{\"special_tokens\":{\"<EOT>\":0},\"bpe_ranks\":\"! 1 IQ== Ig==\\n! 9 Iw==\"}");
    is_token(v, 9, "#", 1);
    assert_int_equal(v->end[0], 0);
    v = vocab("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\\u0120a\":0,\"\\u010a\":1}},\"decoder\":"
              "{\"type\":\"ByteLevel\"},\"added_tokens\":[{\"id\":2,\"content\":\"</s>\"}]}");
    is_token(v, 0, " a", 2);
    is_token(v, 1, "\n", 1);
    assert_int_equal(v->end[0], 2);
    v = vocab("{\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"vocab\":{\"<0xE2>\":0,"
              "\"\\u2581b\":1}},\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":"
              "\"Replace\",\"pattern\":{\"String\":\"\\u2581\"},\"content\":\" \"}]}}");
    is_token(v, 0, "\xe2", 1);
    is_token(v, 1, " b", 2);
    v = vocab("\"a\"\n{\"id\":4,\"bytes\":\"/w==\"}\n");
    is_token(v, 4, "\xff", 1);
}

/* The trie holds each token once, in order, and the longest one is found. */
static void trie(void **state)
{
    (void)state;
    const struct tare_vocab *v = vocab("[\"ab\",\"a\",\"abc\",\"b\",\"\\u00e9\",\"a\"]");
    size_t n = 0;
    assert_int_equal(tare_vocab_node_size(v->trie[0]), v->n_nodes);
    assert_int_equal(tare_vocab_longest(v, TARE_S("abd"), &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(tare_vocab_longest(v, TARE_S("abcd"), &n), 2);
    assert_int_equal(tare_vocab_longest(v, TARE_S("a"), &n), 1);
    assert_int_equal(v->same[1], 5);
    assert_int_equal(tare_vocab_longest(v, TARE_S("c"), &n), TARE_VOCAB_NONE);
    for (uint32_t i = 1; i < v->n_nodes; i++)
        assert_true(i + tare_vocab_node_size(v->trie[i]) <= v->n_nodes);
}

static void wrong_files(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{}",
                                        "IQ== x\n",
                                        "!! 1\n",
                                        "{\"model\":{}}",
                                        "[{\"id\":-1,\"text\":\"a\"}]",
                                        "[{\"id\":0,\"text\":\"a\"},{\"id\":0,\"text\":\"b\"}]",
                                        "[{\"id\":3000000,\"text\":\"a\"}]",
                                        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct tare_vocab *v = NULL;
        struct tare_err err = {0};
        assert_int_not_equal(tare_vocab_read(tare_str_of(wrong[i]), NULL, &arena, &v, &err),
                             TARE_OK);
        assert_true(err.text[0] != 0);
    }
}

/* A vocabulary of all bytes and of pieces that end inside keys, numbers and escapes. */
static const struct tare_vocab *random_vocab(struct tare_rng *rng)
{
    static const char pieces[] = "{\"a\":1,\"b\":[true,false],\"ab\":\"\\u0041x\"}null-1.50]}\"\"";
    static struct tare_vocab_token t[320];
    static char bytes[256];
    const struct tare_vocab *v = NULL;
    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        t[i] = (struct tare_vocab_token){tare_str_n(&bytes[i], 1), 0};
    }
    for (unsigned i = 256; i < 319; i++) {
        uint32_t from = tare_rng_below(rng, sizeof pieces - 6);
        t[i] = (struct tare_vocab_token){tare_str_n(pieces + from, 2 + tare_rng_below(rng, 4)), 0};
    }
    t[319] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_END};
    assert_int_equal(tare_vocab_make(t, 320, 333, &arena, &v, NULL), TARE_OK);
    return v;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static bool goes(struct tare_walk *w, const char *text)
{
    enum tare_walk_answer answer = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_accept_bytes(w, tare_str_of(text), &answer, NULL), TARE_OK);
    return answer == TARE_WALK_OK;
}

/* No key twice in one object, however it is written; others are free to have it. */
static void keys_once(void **state)
{
    struct tare_rng rng;
    struct tare_json schema;
    struct tare_schema_grammar sg;
    struct tare_err err = {0};
    const struct tare_guide_vocab *gv = NULL;
    struct tare_guide *g = NULL;
    struct tare_walk *w = NULL, *copy = NULL;
    (void)state;
    tare_rng_init(&rng, 3, TARE_S("keys once"), 0);
    const struct tare_vocab *v = random_vocab(&rng);
    assert_int_equal(tare_json_parse(TARE_S("{\"type\":\"object\",\"properties\":{\"p\":{}}}"),
                                     NULL, &arena, &schema, &err),
                     TARE_OK);
    assert_int_equal(tare_schema_grammar_make(schema, NULL, &arena, &sg, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(v, &arena, &gv, &err), TARE_OK);
    assert_int_equal(tare_guide_open(sg.grammar, gv, NULL, &g, &err), TARE_OK);
    assert_int_equal(tare_walk_open(g, &w, &err), TARE_OK);
    assert_true(goes(w, "{\"a\":{\"a\":[{\"a\":\"\\\"a\",\"b\\\\\":1}]},\"b"));
    assert_int_equal(tare_walk_copy(w, &copy, &err), TARE_OK);
    assert_true(goes(w, "\":1, \"a"));
    assert_false(goes(w, "\""));
    assert_false(goes(w, "\":1"));
    assert_true(goes(w, "b\":1,\""));
    assert_false(goes(w, "b\""));
    assert_false(goes(w, "c\":1,\"c\":"));
    assert_true(goes(w, "c\":1"));
    assert_int_equal(tare_walk_rollback(w, 3, &err), TARE_OK); /* behind "b */
    assert_true(goes(w, "c\":1,\"b\":{\"b\":1,\"p\":2},\"bc"));
    assert_false(goes(w, "\""));
    assert_true(goes(copy, "\":1}"));
    assert_true(tare_walk_can_end(copy));
    tare_walk_close(copy);
    tare_walk_close(w);
    tare_guide_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(formats_of_files, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(trie, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(wrong_files, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(keys_once, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests_name("schema masks", tests, NULL, NULL);
}
