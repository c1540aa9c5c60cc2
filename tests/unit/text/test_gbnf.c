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

static const struct {
    const char *grammar, *yes[5], *no[5];
} ebnf[] = {
    {"/* numbers,\n   and calls */\n[1] Expr ::= Term (('+' | \"-\") Term)*\n[2]\tTerm\n  ::= "
     "Number\n  | Name '(' Expr ')'\n[3] Number ::= [0-9]+ ( #x2E [#x30-#x39]+ )?\n[4] Name ::= "
     "[a-zA-Z_] [^()#x0-#x20\"']*\n",
     {"1+2.5-3", "f(1)", "f1(g(2)-3)"},
     {"", "1+", "f(1", "f 1(2)", "f(1))"}},
    {"a ::= b [1]\nb ::= 'x'?\n", {"1", "x1"}, {"", "x", "11"}}, /* a class, not a number */
    {"x ::= 'no'\nroot ::= '\\' \"'\" '\"' #x1F600 |\ny ::= x",
     {"\\'\"\xf0\x9f\x98\x80", ""},
     {"no", "\\"}},
    {"a ::= [-a] [b-] [#x5D^]", {"-b]", "a-^"}, {"bb]", "abb"}},
};

static void test_ebnf(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ebnf / sizeof *ebnf; i++) {
        struct tare_grammar *g = NULL;
        struct tare_err err = {0};
        if (tare_grammar_from_ebnf(tare_str_of(ebnf[i].grammar), &arena, &g, &err) != TARE_OK)
            fail_msg("grammar %zu, %u:%u: %s", i, err.line, err.column, err.text);
        struct tare_guide *guide = guide_of(g, tables);
        for (size_t k = 0; k < 5 && ebnf[i].yes[k]; k++)
            if (!guide_takes(guide, tare_str_of(ebnf[i].yes[k])))
                fail_msg("grammar %zu: not %s", i, ebnf[i].yes[k]);
        for (size_t k = 0; k < 5 && ebnf[i].no[k]; k++)
            if (guide_takes(guide, tare_str_of(ebnf[i].no[k])))
                fail_msg("grammar %zu: %s", i, ebnf[i].no[k]);
        tare_guide_close(guide);
    }
}

static void test_ebnf_faults(void **state)
{
    static const struct {
        const char *grammar;
        unsigned line, column;
    } faults[] = {
        {"", 1, 1},
        {"a := 'x'", 1, 1},
        {"a = 'x';", 1, 1},
        {"a ::= 'x", 1, 7},
        {"a ::= [a-", 1, 7},
        {"a ::= 'x'\nb ::= a - 'y'", 2, 9},
        {"a ::= 'x' )", 1, 11},
        {"a ::= ('x'\nb ::= 'y'", 2, 1},
        {"a ::= 'x'\n b ::= #xD800", 2, 8},
        {"a ::= /* x", 1, 7},
        {"a ::= \"\xff\"", 1, 8},
        {"a ::= 'x'\nb ::= [z-a]", 2, 7},
        {"a ::= 'x'\na ::= 'y'", 2, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct tare_grammar *g = NULL;
        struct tare_err err = {0};
        assert_int_not_equal(
            tare_grammar_from_ebnf(tare_str_of(faults[i].grammar), &arena, &g, &err), TARE_OK);
        if (err.line != faults[i].line || err.column != faults[i].column || !err.text[0])
            fail_msg("%s: %u:%u %s", faults[i].grammar, (unsigned)err.line, (unsigned)err.column,
                     err.text);
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

/* Anything but one special token, as often as it takes. */
static void test_other_tokens(void **state)
{
    enum { A, LESS, TOOL, THINK, END, N };
    const struct tare_vocab_token tokens[N] = {
        [A] = {TARE_S("a"), 0},
        [LESS] = {TARE_S("<"), 0},
        [TOOL] = {TARE_S("<tool>"), TARE_VOCAB_SPECIAL},
        [THINK] = {TARE_S("<think>"), TARE_VOCAB_SPECIAL},
        [END] = {TARE_S("<end>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END}};
    static const struct {
        uint8_t tokens[6], n;
        bool taken, can_end;
    } texts[] = {{{A, LESS, THINK, TOOL, A}, 5, true, true},
                 {{TOOL, THINK}, 2, true, true},
                 {{TOOL}, 1, true, false},
                 {{A, A, THINK}, 3, true, false},
                 {{A, TOOL, TOOL}, 3, false, false}};
    struct tare_grammar *g = NULL;
    const struct tare_vocab *v = NULL;
    const struct tare_guide_vocab *gv = NULL;
    (void)state;
    assert_int_equal(tare_vocab_make(tokens, N, N, &arena, &v, NULL), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(v, &arena, &gv, NULL), TARE_OK);
    assert_int_equal(tare_grammar_from_gbnf(TARE_S("root ::= !<tool>* <tool> ( !<tool>\n + )"), v,
                                            &arena, &g, NULL),
                     TARE_OK);
    struct tare_guide *guide = guide_of(g, gv);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tare_walk *w = NULL;
        enum tare_walk_answer a = TARE_WALK_OK;
        assert_int_equal(tare_walk_open(guide, &w, NULL), TARE_OK);
        for (size_t k = 0; k < texts[i].n; k++) {
            check_mask(w, v);
            assert_int_equal(a, TARE_WALK_OK);
            assert_int_equal(tare_walk_accept(w, texts[i].tokens[k], &a, NULL), TARE_OK);
        }
        assert_int_equal(a == TARE_WALK_OK, texts[i].taken);
        assert_int_equal(tare_walk_can_end(w), texts[i].can_end);
        tare_walk_close(w);
    }
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
        {"root ::= !<tool>?", 1, 10},       {"root ::= !<[98]>{2}", 1, 10},
        {"root ::= !\"a\"*", 1, 11},        {"root ::= !<nobody>*", 1, 11},
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
        cmocka_unit_test_setup_teardown(test_ebnf, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ebnf_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down)};
    return cmocka_run_group_tests_name("gbnf", tests, NULL, NULL);
}
