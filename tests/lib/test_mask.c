/* Token masks through include/tare/mask.h and nothing else. */
#include <math.h>

#include "mask_test.h"

static int compile(const struct tare_mask_vocabulary *v, int kind, const char *text,
                   struct tare_mask_program **out, struct tare_fault *fault)
{
    struct tare_mask_options o = {.size = sizeof o,
                                  .kind = kind,
                                  .text = text,
                                  .n_text = strlen(text),
                                  .vocabulary = v,
                                  .compact = 1,
                                  .before = "<tool_call>\n",
                                  .after = "\n</tool_call>"};
    return tare_mask_compile(&o, out, fault);
}

/* 1: the whole text is allowed and may end there. */
static int takes(struct tare_mask_program *p, const char *text)
{
    struct tare_mask_state *s = NULL;
    int answer = 0;
    assert_int_equal(tare_mask_start(p, &s, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_accept_text(s, text, strlen(text), &answer, NULL), TARE_CODE_OK);
    int yes = answer == TARE_MASK_OK && tare_mask_can_end(s);
    tare_mask_end(s);
    return yes;
}

static void test_kinds(void **state)
{
    (void)state;
    struct tare_mask_vocabulary *v = vocabulary();
    struct tare_mask_program *p = NULL;
    assert_int_equal(compile(v, TARE_MASK_REGEX, "a+b", &p, NULL), TARE_CODE_OK);
    assert_true(takes(p, "aab"));
    assert_false(takes(p, "aa"));
    assert_false(takes(p, "aabb"));
    tare_mask_close(p);
    assert_int_equal(compile(v, TARE_MASK_GBNF, "root ::= \"x\" [0-9]{2,3} # digits", &p, NULL),
                     TARE_CODE_OK);
    assert_true(takes(p, "x12"));
    assert_false(takes(p, "x1"));
    assert_false(takes(p, "x1234"));
    tare_mask_close(p);
    assert_int_equal(compile(v, TARE_MASK_SCHEMA, "{\"type\":\"integer\",\"maximum\":9}", &p, NULL),
                     TARE_CODE_OK);
    assert_true(takes(p, "9"));
    assert_false(takes(p, "10"));
    tare_mask_close(p);
    assert_int_equal(compile(v, TARE_MASK_TOOLS,
                             "[{\"name\":\"get\",\"parameters\":{\"$defs\":{\"n\":{\"type\":"
                             "\"integer\"}},\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":"
                             "\"#/$defs/n\"}},\"required\":[\"n\"],\"additionalProperties\":"
                             "false}},{\"type\":\"function\",\"function\":{\"name\":\"stop\"}}]",
                             &p, NULL),
                     TARE_CODE_OK);
    assert_true(takes(p, "<tool_call>\n{\"name\":\"get\",\"arguments\":{\"n\":4}}\n</tool_call>"));
    assert_true(takes(p, "<tool_call>\n{\"name\":\"stop\",\"arguments\":{}}\n</tool_call>"));
    assert_false(
        takes(p, "<tool_call>\n{\"name\":\"get\",\"arguments\":{\"n\":\"4\"}}\n</tool_call>"));
    assert_false(takes(p, "<tool_call>\n{\"name\":\"put\",\"arguments\":{}}\n</tool_call>"));
    assert_false(takes(p, "{\"name\":\"stop\",\"arguments\":{}}"));
    tare_mask_close(p);
    struct tare_mask_options o = {.size = sizeof o,
                                  .kind = TARE_MASK_TOOLS,
                                  .text = "[{\"name\":\"stop\"}]",
                                  .n_text = 17,
                                  .vocabulary = v,
                                  .dialect = "llama_function_tag"};
    assert_int_equal(tare_mask_compile(&o, &p, NULL), TARE_CODE_OK);
    assert_true(takes(p, "<function=stop>{}</function>"));
    assert_false(takes(p, "{\"name\":\"stop\",\"arguments\":{}}"));
    tare_mask_close(p);
    o.dialect = "nobody";
    assert_int_equal(tare_mask_compile(&o, &p, NULL), TARE_CODE_INPUT);
    tare_mask_vocabulary_close(v);
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        int kind, code;
        const char *text, *says;
    } rows[] = {
        {TARE_MASK_GBNF, TARE_CODE_INPUT, "root ::= root \"a\" | \"a\"", "\"root\""},
        {TARE_MASK_GBNF, TARE_CODE_INPUT, "root ::= x", "\"x\""},
        {TARE_MASK_GBNF, TARE_CODE_INPUT, "a ::= \"b\"", "\"root\""},
        {TARE_MASK_GBNF, TARE_CODE_INPUT, "root ::= \"b", "quotes"},
        {TARE_MASK_GBNF, TARE_CODE_INPUT, "root ::= \"a\" root", "no text"},
        {TARE_MASK_REGEX, TARE_CODE_INPUT, "a(", ""},
        {TARE_MASK_REGEX, TARE_CODE_LIMIT, "(?=a)b", "S_REGEX"},
        {TARE_MASK_SCHEMA, TARE_CODE_INPUT, "{", ""},
        {TARE_MASK_SCHEMA, TARE_CODE_INPUT, "false", ""},
        {TARE_MASK_TOOLS, TARE_CODE_INPUT, "[]", "tools"},
        {77, TARE_CODE_USAGE, "", "77"},
    };
    struct tare_mask_vocabulary *v = vocabulary();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tare_fault fault = {.size = sizeof fault};
        struct tare_mask_program *p = NULL;
        int code = compile(v, rows[i].kind, rows[i].text, &p, &fault);
        if (code != rows[i].code || p || !strstr(fault.text, rows[i].says) || !fault.text[0])
            fail_msg("row %zu: code %d, \"%s\"", i, code, fault.text);
    }
    struct tare_mask_options none = {.size = 0};
    struct tare_mask_program *p = NULL;
    assert_int_equal(tare_mask_compile(&none, &p, NULL), TARE_CODE_STATE);
    tare_mask_vocabulary_close(v);
}

/* "format" is a note, unless it is asked for; one that has no grammar is refused then. */
static void test_formats(void **state)
{
    static const char schema[] = "{\"type\":\"string\",\"format\":\"date\"}";
    static const char tools[] = "[{\"name\":\"f\",\"parameters\":{\"properties\":{\"a\":{\"type\":"
                                "\"string\",\"format\":\"date\"}}}}]";
    (void)state;
    struct tare_mask_vocabulary *v = vocabulary();
    for (int on = 0; on < 2; on++) {
        struct tare_mask_program *p = NULL;
        struct tare_mask_options o = {.size = sizeof o,
                                      .kind = TARE_MASK_SCHEMA,
                                      .text = schema,
                                      .n_text = strlen(schema),
                                      .vocabulary = v,
                                      .compact = 1,
                                      .formats = on};
        assert_int_equal(tare_mask_compile(&o, &p, NULL), TARE_CODE_OK);
        assert_true(takes(p, "\"2026-02-03\""));
        assert_int_equal(takes(p, "\"soon\""), !on);
        tare_mask_close(p);
        o.kind = TARE_MASK_TOOLS;
        o.text = tools;
        o.n_text = strlen(tools);
        assert_int_equal(tare_mask_compile(&o, &p, NULL), TARE_CODE_OK);
        assert_true(takes(p, "{\"name\":\"f\",\"arguments\":{\"a\":\"2026-02-03\"}}"));
        assert_int_equal(takes(p, "{\"name\":\"f\",\"arguments\":{\"a\":\"soon\"}}"), !on);
        tare_mask_close(p);
        p = NULL;
        o.kind = TARE_MASK_SCHEMA;
        o.text = "{\"format\":\"regex\"}";
        o.n_text = strlen(o.text);
        assert_int_equal(tare_mask_compile(&o, &p, NULL), on ? TARE_CODE_LIMIT : TARE_CODE_OK);
        tare_mask_close(p);
    }
    tare_mask_vocabulary_close(v);
}

/* Logits, mass, batch, forced, clone and rollback on one program. */
static void test_state(void **state)
{
    (void)state;
    struct tare_mask_vocabulary *v = vocabulary();
    struct tare_mask_program *p = NULL;
    struct tare_mask_state *s = NULL, *c = NULL;
    float logits[ROW];
    double mass = 0;
    int answer = 0;
    size_t n = 0;
    char forced[16];
    assert_int_equal(compile(v, TARE_MASK_REGEX, "abab[xy]", &p, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_start(p, &s, NULL), TARE_CODE_OK);
    for (int i = 0; i < ROW; i++)
        logits[i] = 0;
    assert_int_equal(tare_mask_to_logits(s, logits, &mass, NULL), TARE_CODE_OK);
    assert_true(fabs(mass - 2.0 / ROW) < 1e-12); /* "a" and "ab" */
    assert_true(logits['a'] == 0 && logits[256] == 0 && isinf(logits['b']) && isinf(logits[299]));
    assert_int_equal(tare_mask_forced(s, forced, sizeof forced, &n, NULL), TARE_CODE_OK);
    assert_true(n == 4 && memcmp(forced, "abab", 4) == 0);
    assert_int_equal(tare_mask_forced(s, forced, 3, &n, NULL), TARE_CODE_OK);
    assert_int_equal(n, 3);
    /* of "a" "ba" the last could be "b" and "ab" after: "ab" reaches beyond, so "ba" may not stay
     */
    uint32_t parts[] = {'a', 'b', 'a'}, whole[] = {256, 256};
    assert_int_equal(tare_mask_forced_keep(s, parts, 3, &n, NULL), TARE_CODE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(tare_mask_forced_keep(s, whole, 2, &n, NULL), TARE_CODE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(tare_mask_accept(s, 256, &answer, NULL), TARE_CODE_OK);
    assert_int_equal(answer, TARE_MASK_OK);
    assert_int_equal(tare_mask_accept(s, 'x', &answer, NULL), TARE_CODE_OK);
    assert_int_equal(answer, TARE_MASK_REJECT);
    assert_int_equal(tare_mask_clone(s, &c, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_accept_text(s, "abx", 3, &answer, NULL), TARE_CODE_OK);
    assert_true(tare_mask_can_end(s) && !tare_mask_can_end(c));
    assert_int_equal(tare_mask_accept(s, END, &answer, NULL), TARE_CODE_OK);
    assert_int_equal(answer, TARE_MASK_DONE);
    struct tare_mask_bits m = {.size = sizeof m};
    assert_int_equal(tare_mask_next(s, &m, NULL), TARE_CODE_OK);
    assert_int_equal(m.n_allowed, 0);
    assert_int_equal(tare_mask_rollback(s, 4, NULL), TARE_CODE_STATE);
    assert_int_equal(tare_mask_rollback(s, 2, NULL), TARE_CODE_OK);
    struct tare_mask_state *both[2] = {s, c};
    uint32_t rows[2][10], ids[2];
    assert_int_equal(tare_mask_batch(both, 2, rows[0], 10, ids, NULL), TARE_CODE_OK);
    assert_int_equal(ids[0], ids[1]);
    assert_memory_equal(rows[0], rows[1], sizeof rows[0]);
    assert_int_equal(rows[0]['a' / 32] >> ('a' % 32) & 1, 1);
    assert_int_equal(tare_mask_batch(both, 2, rows[0], 9, ids, NULL), TARE_CODE_USAGE);
    tare_mask_end(s);
    tare_mask_end(c);
    tare_mask_close(p);
    tare_mask_vocabulary_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
