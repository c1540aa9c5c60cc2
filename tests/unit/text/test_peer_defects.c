/* tests/cases/peer-defects.jsonl: faults that other programs had, each with where it was told; here
 * those of schemas and masks (those of calls are read by test_calls.c). */
#include "guide_test.h"

#include "text/jsonl.h"
#include "text/schema_grammar.h"

static uint32_t seen;

static bool valid(struct tare_json schema, struct tare_str text, struct tare_arena *arena)
{
    const struct tare_schema *s;
    struct tare_json value;
    struct tare_err err = {0};
    bool yes = false;
    if (tare_json_parse(text, NULL, arena, &value, &err) != TARE_OK)
        return false;
    assert_int_equal(tare_schema_compile(schema, NULL, arena, &s, &err), TARE_OK);
    assert_int_equal(tare_schema_valid(s, value, arena, &yes, &err), TARE_OK);
    return yes;
}

static void schema_case(struct tare_json v, struct tare_arena *arena)
{
    for (struct tare_json t = tare_json_first(tare_json_get(v, "tests")); t.doc;
         t = tare_json_next(t)) {
        struct tare_str text = tare_json_str(tare_json_get(t, "text"));
        if (valid(tare_json_get(v, "schema"), text, arena) !=
            tare_json_true(tare_json_get(t, "valid")))
            fail_msg("%.*s: %.*s", TARE_FMT(tare_json_str(tare_json_get(v, "id"))), TARE_FMT(text));
    }
}

/* Inside the text, no token that is special or ends the text may come. */
static void no_special(struct tare_guide *g, struct tare_str text, const struct tare_vocab *v)
{
    struct tare_walk *w = NULL;
    struct tare_mask_view m;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
    assert_int_equal(tare_walk_accept_bytes(w, text, &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    for (uint32_t t = 0; t < v->n_tokens; t++)
        if (v->flags[t])
            assert_false(tare_mask_has(&m, t));
    tare_walk_close(w);
}

static void mask_case(struct tare_json v, struct tare_arena *arena)
{
    static const char *const longer[] = {"{\"", "\":", "\": ", ",\"", "aa", "  ", "\"}", "limit"};
    const struct tare_schema_grammar_options plain = {0};
    struct tare_schema_grammar lowered;
    const struct tare_vocab *vocab;
    struct tare_err err = {0};
    bool narrower = tare_json_true(tare_json_get(v, "valid_but_refused"));
    const struct tare_guide_vocab *tables = small_vocab(arena, longer, 8, &vocab);
    assert_int_equal(
        tare_schema_grammar_make(tare_json_get(v, "schema"), &plain, arena, &lowered, &err),
        TARE_OK);
    assert_null(lowered.refused);
    struct tare_guide *g = guide_of(lowered.grammar, tables);
    for (struct tare_json t = tare_json_first(tare_json_get(v, "tests")); t.doc;
         t = tare_json_next(t)) {
        struct tare_str text = tare_json_str(tare_json_get(t, "text"));
        bool want = tare_json_true(tare_json_get(t, "valid"));
        if (guide_takes(g, text) != want)
            fail_msg("%.*s: %.*s", TARE_FMT(tare_json_str(tare_json_get(v, "id"))), TARE_FMT(text));
        if (!narrower) /* else the mask is stricter than the validator, as its restrictions say */
            assert_int_equal(valid(tare_json_get(v, "schema"), text, arena), want);
    }
    if (tare_json_true(tare_json_get(v, "special")))
        no_special(g, TARE_S("\"a"), vocab);
    tare_guide_close(g);
}

static void test_cases(void **state)
{
    const char *root = getenv("TARE_ROOT");
    char path[1024];
    struct tare_arena files, arena;
    struct tare_str text;
    struct tare_json v;
    struct tare_jsonl lines;
    enum tare_status st;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/tests/cases/peer-defects.jsonl", root ? root : ".");
    tare_arena_init(&files, NULL, TARE_GIB);
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_fs_read(tare_str_of(path), TARE_GIB, &files, &text, NULL), TARE_OK);
    tare_jsonl_begin(&lines, text, NULL);
    while (tare_jsonl_next(&lines, &arena, &v, &st, NULL)) {
        struct tare_json part = tare_json_get(v, "part");
        assert_true(tare_json_str(tare_json_get(v, "source")).n > 0);
        if (tare_json_str_is(part, "schema"))
            schema_case(v, &arena);
        else if (tare_json_str_is(part, "mask"))
            mask_case(v, &arena);
        else
            assert_true(tare_json_str_is(part, "calls"));
        seen++;
        tare_arena_reset(&arena);
    }
    assert_int_equal(st, TARE_OK);
    assert_true(seen >= 24);
    tare_arena_free(&files);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
