/* Vocabularies; and that masks of a schema let through what its validator accepts, no more. */
#include "text_test.h"

#include "../test_arena.h"
#include "base/rng.h"
#include "text/jsonl.h"
#include "text/mask_try.h"
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

/* ---- mask equals validator ----------------------------------------------------------------- */

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

static void random_schema(struct tare_rng *rng, struct tare_buf *b, unsigned depth);

static void random_members(struct tare_rng *rng, struct tare_buf *b, unsigned depth)
{
    static const char *const names[] = {"a", "b", "ab", "c"};
    tare_buf_puts(b, "\"properties\":{");
    for (uint32_t i = 0, n = tare_rng_below(rng, 4); i < n; i++) {
        tare_buf_printf(b, "%s\"%s\":", i ? "," : "", names[i]);
        random_schema(rng, b, depth + 1);
    }
    tare_buf_puts(b, "}");
    if (tare_rng_below(rng, 2))
        tare_buf_printf(b, ",\"required\":[\"%s\"]", names[tare_rng_below(rng, 4)]);
    if (tare_rng_below(rng, 2))
        tare_buf_puts(b, ",\"additionalProperties\":false");
    if (tare_rng_below(rng, 4) == 0) {
        tare_buf_puts(b, ",\"patternProperties\":{\"^a\":");
        random_schema(rng, b, depth + 1);
        tare_buf_puts(b, "}");
    }
    if (tare_rng_below(rng, 4) == 0)
        tare_buf_printf(b, ",\"maxProperties\":%u", tare_rng_below(rng, 3));
    if (tare_rng_below(rng, 5) == 0)
        tare_buf_puts(b, ",\"propertyNames\":{\"maxLength\":1}");
    if (tare_rng_below(rng, 5) == 0)
        tare_buf_puts(b, ",\"dependentRequired\":{\"a\":[\"b\"]}");
}

static void random_list(struct tare_rng *rng, struct tare_buf *b, unsigned depth, const char *key)
{
    tare_buf_printf(b, "\"%s\":[", key);
    for (uint32_t i = 0, n = 1 + tare_rng_below(rng, 3); i < n; i++) {
        tare_buf_puts(b, i ? "," : "");
        random_schema(rng, b, depth + 1);
    }
    tare_buf_puts(b, "]");
}

static void random_schema(struct tare_rng *rng, struct tare_buf *b, unsigned depth)
{
    static const char *const simple[] = {"\"type\":\"integer\"",
                                         "\"type\":[\"string\",\"null\"]",
                                         "\"minimum\":-3,\"maximum\":12.5",
                                         "\"type\":\"number\",\"exclusiveMinimum\":0",
                                         "\"multipleOf\":3,\"type\":\"integer\"",
                                         "\"enum\":[1,\"a\",null,{\"a\":1}]",
                                         "\"const\":\"ab\"",
                                         "\"type\":\"boolean\"",
                                         "\"type\":\"string\",\"minLength\":1,\"maxLength\":2",
                                         "\"type\":\"string\",\"pattern\":\"a|b$\"",
                                         "\"multipleOf\":0.25,\"type\":\"number\"",
                                         "\"not\":{\"type\":\"string\"}",
                                         "\"uniqueItems\":true,\"type\":\"array\",\"items\":{"
                                         "\"type\":\"string\",\"maxLength\":2}",
                                         "\"$ref\":\"#\""};
    tare_buf_putc(b, '{');
    switch (depth > 2 ? 0 : tare_rng_below(rng, 9)) {
    case 1:
    case 2:
        random_members(rng, b, depth);
        break;
    case 3:
        tare_buf_puts(b, "\"items\":");
        random_schema(rng, b, depth + 1);
        tare_buf_printf(b, ",\"minItems\":%u", tare_rng_below(rng, 2));
        break;
    case 4:
        random_list(rng, b, depth, "anyOf");
        break;
    case 5:
        random_list(rng, b, depth, "oneOf");
        break;
    case 6:
        random_list(rng, b, depth, "allOf");
        break;
    case 7:
        tare_buf_puts(b, "\"not\":");
        random_schema(rng, b, depth + 1);
        break;
    case 8:
        random_list(rng, b, depth, "prefixItems");
        break;
    default:
        tare_buf_puts(b, simple[tare_rng_below(rng, sizeof simple / sizeof *simple)]);
        break;
    }
    tare_buf_putc(b, '}');
}

static void random_value(struct tare_rng *rng, struct tare_buf *b, unsigned depth)
{
    static const char *const scalars[] = {"1",    "0",     "-3",      "12.5",   "3",
                                          "0.25", "\"a\"", "\"\"",    "\"ab\"", "null",
                                          "true", "false", "\"abc\"", "100"};
    static const char *const names[] = {"a", "b", "ab", "c", "x"};
    switch (depth > 2 ? 0 : tare_rng_below(rng, 4)) {
    case 1:
        tare_buf_putc(b, '{');
        for (uint32_t i = 0, first = 1; i < 5; i++) {
            if (tare_rng_below(rng, 2))
                continue;
            tare_buf_printf(b, "%s\"%s\":", first ? "" : ",", names[i]);
            random_value(rng, b, depth + 1);
            first = 0;
        }
        tare_buf_putc(b, '}');
        break;
    case 2:
        tare_buf_putc(b, '[');
        for (uint32_t i = 0, n = tare_rng_below(rng, 3); i < n; i++) {
            tare_buf_puts(b, i ? "," : "");
            random_value(rng, b, depth + 1);
        }
        tare_buf_putc(b, ']');
        break;
    default:
        tare_buf_puts(b, scalars[tare_rng_below(rng, sizeof scalars / sizeof *scalars)]);
        break;
    }
}

struct tally {
    unsigned schemas, refused, valid, invalid, narrow, ended, dead;
};

static bool valid_text(const struct tare_schema *s, struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    bool valid = false;
    if (tare_json_parse(text, NULL, &arena, &v, &err) != TARE_OK)
        fail_msg("no JSON: %.*s: %s", TARE_FMT(text), err.text);
    assert_int_equal(tare_schema_valid(s, v, &arena, &valid, &err), TARE_OK);
    return valid;
}

/* Random instances, then random walks, against the validator. */
static void hold(struct tare_rng *rng, struct tare_guide *g, const struct tare_vocab *v,
                 const struct tare_schema_grammar *sg, struct tare_str schema, struct tally *t)
{
    struct tare_buf b;
    struct tare_err err = {0};
    bool narrowed = sg->narrowed != NULL;
    tare_buf_init(&b, NULL, TARE_MIB);
    for (int i = 0; i < 12; i++) {
        struct tare_mask_try r;
        tare_buf_reset(&b);
        random_value(rng, &b, 0);
        bool valid = valid_text(sg->schema, tare_buf_str(&b));
        assert_int_equal(
            tare_mask_try(g, v, tare_buf_str(&b), i % 2 ? rng : NULL, NULL, NULL, &r, &err),
            TARE_OK);
        assert_false(r.contradicted);
        if (r.accepts && !valid)
            fail_msg("under: %.*s lets through %.*s", TARE_FMT(schema), TARE_FMT(tare_buf_str(&b)));
        if (!r.accepts && valid && !narrowed)
            t->narrow++;
        t->valid += valid;
        t->invalid += !valid;
    }
    for (int i = 0; i < 3; i++) {
        struct tare_mask_wander w;
        tare_buf_reset(&b);
        assert_int_equal(tare_mask_wander(g, v, rng, 400, &b, &w, &err), TARE_OK);
        if (w.dead)
            fail_msg("dead: %.*s after %.*s", TARE_FMT(schema), TARE_FMT(tare_buf_str(&b)));
        t->dead += w.dead;
        if (w.ended && !valid_text(sg->schema, tare_buf_str(&b)))
            fail_msg("under: %.*s writes %.*s", TARE_FMT(schema), TARE_FMT(tare_buf_str(&b)));
        t->ended += w.ended;
    }
    tare_buf_free(&b);
}

static void mask_equals_validator(void **state)
{
    struct tally t = {0};
    struct tare_rng rng;
    struct tare_buf b;
    (void)state;
    tare_rng_init(&rng, 5, TARE_S("mask equals validator"), 0);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (int i = 0; i < 300; i++) {
        struct tare_json schema;
        struct tare_schema_grammar sg;
        struct tare_err err = {0};
        const struct tare_guide_vocab *gv = NULL;
        struct tare_guide *g = NULL;
        tare_arena_reset(&arena);
        tare_buf_reset(&b);
        const struct tare_vocab *v = random_vocab(&rng);
        random_schema(&rng, &b, 0);
        assert_int_equal(tare_json_parse(tare_buf_str(&b), NULL, &arena, &schema, &err), TARE_OK);
        struct tare_schema_grammar_options o = {.space = i % 2 ? TARE_SCHEMA_SPACE_NONE
                                                               : TARE_SCHEMA_SPACE_FEW};
        enum tare_status st = tare_schema_grammar_make(schema, &o, &arena, &sg, &err);
        t.schemas++;
        if (st != TARE_OK || sg.refused) {
            t.refused++;
            continue;
        }
        assert_int_equal(tare_guide_vocab_open(v, &arena, &gv, &err), TARE_OK);
        assert_int_equal(tare_guide_open(sg.grammar, gv, NULL, &g, &err), TARE_OK);
        hold(&rng, g, v, &sg, tare_buf_str(&b), &t);
        tare_guide_close(g);
    }
    print_message("%u schemas, %u refused; %u valid, %u invalid, %u too narrow; %u walks ended\n",
                  t.schemas, t.refused, t.valid, t.invalid, t.narrow, t.ended);
    assert_true(t.valid > 300 && t.invalid > 300 && t.ended > 100);
    assert_true(t.narrow * 100 <= t.valid && t.dead == 0);
    tare_buf_free(&b);
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
        cmocka_unit_test_setup_teardown(mask_equals_validator, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests_name("schema masks", tests, NULL, NULL);
}
