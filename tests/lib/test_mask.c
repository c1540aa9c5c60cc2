/* Token masks through include/tare/mask.h and nothing else. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tare/mask.h>

#define ROW 300
#define END 262

static const char *const words[] = {"ab", "\": ", "{\"", "true", "<tool_call>\n", "}}"};

static struct tare_mask_vocabulary *vocabulary(void)
{
    char bytes[512];
    size_t ends[263], at = 0, n = 0;
    uint8_t special[263] = {0};
    for (; n < 256; n++) {
        bytes[at++] = (char)n;
        ends[n] = at;
    }
    for (size_t i = 0; i < 6; i++) {
        memcpy(bytes + at, words[i], strlen(words[i]));
        at += strlen(words[i]);
        ends[n++] = at;
    }
    memcpy(bytes + at, "<e>", 3);
    ends[n] = at + 3;
    special[n++] = 2;
    struct tare_mask_vocabulary_options o = {.size = sizeof o,
                                             .bytes = bytes,
                                             .end_tokens = ends,
                                             .special = special,
                                             .n_tokens = n,
                                             .row = ROW};
    struct tare_mask_vocabulary *v = NULL;
    assert_int_equal(tare_mask_vocabulary_open(&o, &v, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_vocabulary_row(v), ROW);
    return v;
}

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
    o.dialect = "minimax_m3";
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

struct job {
    struct tare_mask_program *program;
    uint32_t seed;
    uint64_t sum; /* of the masks' sizes */
    int code;
};

/* A walk by a small generator; all that is added up depends on the seed alone. */
static void *walk(void *arg)
{
    struct job *j = arg;
    for (int round = 0; round < 20 && !j->code; round++) {
        struct tare_mask_state *s = NULL;
        j->code = tare_mask_start(j->program, &s, NULL);
        for (int n = 0; n < 60 && !j->code; n++) {
            struct tare_mask_bits m = {.size = sizeof m};
            int answer = TARE_MASK_OK;
            j->code = tare_mask_next(s, &m, NULL);
            if (j->code || m.n_allowed == 0)
                break;
            j->seed = j->seed * 1664525u + 1013904223u;
            uint32_t k = (j->seed >> 8) % m.n_allowed, t = 0;
            while (!(m.words ? m.words[t / 64] >> (t % 64) & 1 : 0) || k--)
                if (m.ids) {
                    t = m.ids[k];
                    break;
                } else {
                    t++;
                }
            j->sum += m.n_allowed;
            j->code = tare_mask_accept(s, t, &answer, NULL);
            if (answer == TARE_MASK_REJECT)
                j->code = -1;
        }
        tare_mask_end(s);
    }
    return NULL;
}

/* Threads on one program, with so little memory that it is begun anew again and again, find the
 * same as one thread with much. */
static void test_threads(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"type\":\"array\",\"maxItems\":40,\"items\":{\"anyOf\":[{\"type\":\"string\","
        "\"maxLength\":30},{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},"
        "\"bb\":{\"type\":\"number\"}},\"required\":[\"bb\"]}]}}";
    struct tare_mask_vocabulary *v = vocabulary();
    struct tare_mask_program *large = NULL, *small = NULL;
    struct tare_mask_options o = {.size = sizeof o,
                                  .kind = TARE_MASK_SCHEMA,
                                  .text = schema,
                                  .n_text = strlen(schema),
                                  .vocabulary = v};
    assert_int_equal(tare_mask_compile(&o, &large, NULL), TARE_CODE_OK);
    o.memory_bytes = 1500000;
    assert_int_equal(tare_mask_compile(&o, &small, NULL), TARE_CODE_OK);
    struct job alone[4], shared[4];
    pthread_t threads[4];
    for (uint32_t i = 0; i < 4; i++) {
        alone[i] = (struct job){.program = large, .seed = i};
        shared[i] = (struct job){.program = small, .seed = i};
        (void)walk(&alone[i]);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, walk, &shared[i]), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(shared[i].code, 0);
        assert_int_equal(alone[i].code, 0);
        assert_true(shared[i].sum == alone[i].sum && shared[i].sum > 1000);
    }
    tare_mask_close(large);
    tare_mask_close(small);
    tare_mask_vocabulary_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
