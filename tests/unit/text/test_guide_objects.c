/* Objects and strings of a guide: what is walked at random is read by the strict reader and looked
 * at. */
#include "guide_object.h"

#include "text/utf8.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_objects)};
    return cmocka_run_group_tests_name("guides of objects", tests, NULL, NULL);
}
