/* Guides: special tokens, and memory that is begun anew. Random grammars: test_guide_oracle.c. */
#include "guide_object.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_special),
                                       cmocka_unit_test(test_renewal)};
    return cmocka_run_group_tests_name("guides", tests, NULL, NULL);
}
