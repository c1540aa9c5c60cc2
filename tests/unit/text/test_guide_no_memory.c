/* Grammars, guides and schemas that are lowered, with each request for memory refused in turn. */
#include "guide_object.h"

#include "text/schema_grammar.h"

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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_memory),
                                       cmocka_unit_test(test_no_memory_schema),
                                       cmocka_unit_test(test_full_arena)};
    return cmocka_run_group_tests_name("guides without memory", tests, NULL, NULL);
}
