/* A grammar of objects that lean on each part of the engine, and tokens that end inside of its
 * keys, escapes and characters; for the tests of guides. */
#ifndef TARE_TESTS_GUIDE_OBJECT_H
#define TARE_TESTS_GUIDE_OBJECT_H

#include "guide_test.h"

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
static inline struct tare_grammar *object_grammar(struct tare_arena *arena, bool any_order)
{
    const struct tare_dfa_bounds bounds = {.max_states = 100};
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

#endif
