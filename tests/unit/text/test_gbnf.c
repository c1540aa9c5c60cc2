/* GBNF: grammars as people publish them, written anew; tokens by name; faults with their place. */
#include "guide_test.h"

static struct tare_arena arena;
static const struct tare_vocab *vocab;
static const struct tare_guide_vocab *tables;

static const struct {
    const char *grammar, *yes[5], *no[5];
} rows[] = {
    {"# JSON\nroot ::= object\nvalue ::= object | array | string | number | (\"true\" | \"false\" "
     "| "
     "\"null\") ws\nobject ::= \"{\" ws ( string \":\" ws value (\",\" ws string \":\" ws value)* "
     ")? "
     "\"}\" ws\narray ::= \"[\" ws ( value (\",\" ws value)* )? \"]\" ws\nstring ::= \"\\\"\" ( "
     "[^\"\\\\\\x7F\\x00-\\x1F] | \"\\\\\" ([\"\\\\bfnrt] | \"u\" [0-9a-fA-F]{4}) )* "
     "\"\\\"\" ws\nnumber ::= (\"-\"? ([0-9] | [1-9] [0-9]{0,15})) (\".\" [0-9]+)? ([eE] [-+]? "
     "[0-9]{1,15})? ws\nws ::= | \" \" | \"\\n\" [ \\t]{0,20}\n",
     {"{}", "{\"a\": [1, -2.5e3, true]}", "{\"\\u00e9\\n\": {\"b\":null} }"},
     {"[]", "{\"a\"}", "{\"a\":01}", "{\"a\":1,}"}},
    {"root ::= (expr \"=\" ws term \"\\n\")+\nexpr ::= term ([-+*/] term)*\nterm ::= ident | num | "
     "\"(\" ws expr \")\" ws\nident ::= [a-z] [a-z0-9_]* ws\nnum ::= [0-9]+ ws\nws ::= [ "
     "\\t\\n]*\n",
     {"x+1=2\n", "(a -b) *3 = c\n"},
     {"x+1", "=2\n", "x++1=2\n"}},
    {"root ::= \"1. \" move \" \" move \"\\n\" ([1-9] [0-9]? \". \" move \" \" move "
     "\"\\n\")+\nmove "
     "::= (pawn | nonpawn | castle) [+#]?\nnonpawn ::= [NBKQR] [a-h]? [1-8]? \"x\"? [a-h] "
     "[1-8]\npawn ::= ([a-h] \"x\")? [a-h] [1-8] (\"=\" [NBKQR])?\ncastle ::= \"O-O\" \"-O\"?\n",
     {"1. e4 e5\n2. Nf3 Nc6\n", "1. e4 O-O\n2. exd5 Qxd5+\n"},
     {"1. e4 e5\n", "1. z4 e5\n2. Nf3 Nc6\n"}},
    {"root ::= item+\n# a list\nitem ::= \"- \" [^\\r\\n\\x0b\\x0c\\x85\\u2028\\u2029]+ \"\\n\"\n",
     {"- a\n", "- a b\n- \xc3\xa9\n"},
     {"", "- \n", "a\n"}},
    {"root ::= [\\u3041-\\u3096]{2,3} (\n  \"!\" |\n  \"?\"\n)?",
     {"\xe3\x81\x82\xe3\x81\x84", "\xe3\x81\x82\xe3\x81\x84!"},
     {"\xe3\x81\x82", "ab"}},
};

static void test_grammars(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_grammar *g = NULL;
        struct tare_err err = {0};
        if (tare_grammar_from_gbnf(tare_str_of(rows[i].grammar), NULL, &arena, &g, &err) != TARE_OK)
            fail_msg("grammar %zu, line %u: %s", i, err.line, err.text);
        struct tare_guide *guide = guide_of(g, tables);
        for (size_t k = 0; k < 5 && rows[i].yes[k]; k++)
            if (!guide_takes(guide, tare_str_of(rows[i].yes[k])))
                fail_msg("grammar %zu: not %s", i, rows[i].yes[k]);
        for (size_t k = 0; k < 5 && rows[i].no[k]; k++)
            if (guide_takes(guide, tare_str_of(rows[i].no[k])))
                fail_msg("grammar %zu: %s", i, rows[i].no[k]);
        tare_guide_close(guide);
    }
}

static void test_tokens(void **state)
{
    struct tare_grammar *g = NULL;
    struct tare_walk *w = NULL;
    enum tare_walk_answer a;
    (void)state;
    assert_int_equal(tare_grammar_from_gbnf(TARE_S("root ::= \"a\" <tool> <[98]>? \"c\""), vocab,
                                            &arena, &g, NULL),
                     TARE_OK);
    struct tare_guide *guide = guide_of(g, tables);
    assert_int_equal(tare_walk_open(guide, &w, NULL), TARE_OK);
    assert_int_equal(tare_walk_accept(w, 'a', &a, NULL), TARE_OK);
    assert_int_equal(tare_walk_accept_bytes(w, TARE_S("<tool>"), &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_REJECT);
    check_mask(w, vocab);
    assert_int_equal(tare_walk_accept(w, tare_vocab_special(vocab, TARE_S("<tool>")), &a, NULL),
                     TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    check_mask(w, vocab);
    assert_int_equal(tare_walk_accept(w, 'c', &a, NULL), TARE_OK);
    assert_true(tare_walk_can_end(w));
    tare_walk_close(w);
    tare_guide_close(guide);
}

static void test_faults(void **state)
{
    static const struct {
        const char *grammar;
        unsigned line, column;
    } faults[] = {
        {"root ::= \"a\n", 2, 1},           {"root ::= [a-", 1, 13},
        {"root ::= a\na := \"b\"", 2, 4},   {"root ::= \"a\"\nroot ::= \"b\"", 2, 1},
        {"root ::= \"a\" <nobody>", 1, 14}, {"root ::= <[1>", 1, 13},
        {"root ::= !<tool>", 1, 10},        {"root ::= \"a\"{3,2}", 1, 18},
        {"root ::= (\"a\"", 1, 14},         {"root ::= \"\\q\"", 1, 12},
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct tare_grammar *g = NULL;
        struct tare_err err = {0};
        assert_int_not_equal(
            tare_grammar_from_gbnf(tare_str_of(faults[i].grammar), vocab, &arena, &g, &err),
            TARE_OK);
        if (err.line != faults[i].line || err.column != faults[i].column || !err.text[0])
            fail_msg("%s: %u:%u %s", faults[i].grammar, (unsigned)err.line, (unsigned)err.column,
                     err.text);
    }
}

static int set_up(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tables = small_vocab(&arena, NULL, 0, &vocab);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tare_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_grammars, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down)};
    return cmocka_run_group_tests_name("gbnf", tests, NULL, NULL);
}
