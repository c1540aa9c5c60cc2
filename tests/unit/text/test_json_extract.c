/* JSON in a model's text: found in prose, mended by the closed list, or in pieces. */
#include "text_test.h"

#include "text/calls.h"
#include "text/json_extract.h"
#include "text/json_feed.h"

static struct tare_arena arena;

static int setup(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tare_arena_free(&arena);
    return 0;
}

static const struct tare_schema *schema_of(const char *text)
{
    const struct tare_schema *s = NULL;
    struct tare_json v;
    if (!text)
        return NULL;
    assert_int_equal(tare_json_parse(tare_str_of(text), NULL, &arena, &v, NULL), TARE_OK);
    assert_int_equal(tare_schema_compile(v, NULL, &arena, &s, NULL), TARE_OK);
    return s;
}

static const struct {
    const char *text, *schema, *found, *value;
} prose[] = {
    {" {\"a\": 1}\n", NULL, "whole", "{\"a\": 1}"},
    {"7", NULL, "whole", "7"},
    {"", NULL, "X_NONE", NULL},
    {"no value here", NULL, "X_NONE", NULL},
    {"7 and 8", NULL, "X_NONE", NULL}, /* numbers and words are prose */
    {"Sure: {\"a\": 1}.", NULL, "X_EXTRACTED", "{\"a\": 1}"},
    {"{\"a\":1} {\"b\":2}", NULL, "X_AMBIGUOUS", NULL},
    {"{\"a\":1} {\"a\":1}", NULL, "X_AMBIGUOUS", NULL}, /* not even when they are equal */
    {"{\"a\":1} {\"b\":2}", "{\"required\":[\"b\"]}", "X_EXTRACTED", "{\"b\":2}"},
    {"{\"a\":1} {\"b\":2}", "{\"required\":[\"c\"]}", "X_NONE", NULL},
    {"with {braces} and {\"a\":\"}{\\\"\"}", NULL, "X_EXTRACTED", "{\"a\":\"}{\\\"\"}"},
    {"{'x': {\"a\":1}}", NULL, "X_NONE", NULL}, /* a part of what is none is none */
    {"an open { and {\"a\":1}", NULL, "X_EXTRACTED", "{\"a\":1}"},
    {"a quote \" and {\"a\":1}", NULL, "X_EXTRACTED", "{\"a\":1}"},
    {"```json\n[1]\n```", NULL, "X_EXTRACTED", "[1]"},
    {"```\n7\n```", NULL, "X_EXTRACTED", "7"},
    {"{\"a\":1} so\n```json\n[1]\n```", NULL, "X_EXTRACTED", "[1]"},
    {"```py\n{}\n```\n```json\n[1]\n```", NULL, "X_EXTRACTED", "[1]"},
    {"```json\n[1]\n```\n```json\n[2]\n```", NULL, "X_AMBIGUOUS", NULL},
    {"```json\n{\"c\": \"```\"}\n```", NULL, "X_EXTRACTED", "{\"c\": \"```\"}"},
    {"```json\n[1,]\n```", NULL, "X_NONE", NULL},
    {"{\"a\":1,\"a\":2}", NULL, "X_NONE", NULL}, /* as strict as ever */
};

static void test_extract(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prose / sizeof prose[0]; i++) {
        struct tare_json_extract x;
        struct tare_err err = {0};
        struct tare_str text = tare_str_of(prose[i].text);
        assert_int_equal(tare_json_extract(text, schema_of(prose[i].schema), &arena, &x, &err),
                         TARE_OK);
        if (strcmp(tare_json_found_name(x.found), prose[i].found) != 0)
            fail_msg("%s: %s", prose[i].text, tare_json_found_name(x.found));
        assert_int_equal(tare_json_present(x.value), prose[i].value != NULL);
        if (!prose[i].value)
            continue;
        assert_true(tare_str_is(tare_json_lexeme(x.value), prose[i].value));
        assert_memory_equal(prose[i].text + x.off, prose[i].value, x.end - x.off);
    }
}

static void test_extract_stays_short(void **state)
{
    (void)state;
    struct tare_json_extract x;
    struct tare_err err = {0};
    char *p = malloc(400000);
    assert_non_null(p);
    memset(p, '[', 400000);
    assert_int_equal(tare_json_extract(tare_str_n(p, 400000), NULL, &arena, &x, &err),
                     TARE_E_LIMIT);
    free(p);
}

static const struct {
    const char *text, *value;
    uint32_t repairs;
} faulty[] = {
    {"{\"a\":1}", "{\"a\":1}", 0},
    {"{\"a\":1,}", "{\"a\":1}", TARE_R_TRAILING_COMMA},
    {"{'a':True}", "{\"a\":true}", TARE_R_SINGLE_QUOTES | TARE_R_PY_LITERAL},
    {"{a:1}", "{\"a\":1}", TARE_R_UNQUOTED_KEY},
    {"```json\n{}\n```", "{}", TARE_R_FENCE},
    {"[1]]", "[1]", TARE_R_EXTRA_CLOSER},
    {"[1]]]]]", NULL, 0},
    {"// why\n[1]", "[1]", TARE_R_COMMENT},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}", TARE_R_DUP_KEY},
    {"[\"x\ny\"]", "[\"x\\u000ay\"]", TARE_R_RAW_CONTROL},
    {"[NaN]", NULL, 0},
    {"[Infinity]", NULL, 0},
    {"[01]", NULL, 0},
    {"[1", NULL, 0},
    {"[\"x", NULL, 0},
    {"{\"a\":}", NULL, 0},
    {"{\"a\": word}", NULL, 0},
    {"[1] [2]", NULL, 0},
    {"so [1]", NULL, 0},
    {"\v0", NULL, 0}, /* no white space of JSON */
    {"```json\n{}", NULL, 0},
    {"", NULL, 0},
};

static void test_mend(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
        struct tare_json v;
        struct tare_err err = {0};
        uint32_t repairs = 77;
        enum tare_status st =
            tare_json_mend(tare_str_of(faulty[i].text), &arena, &v, &repairs, &err);
        assert_int_equal(st, faulty[i].value ? TARE_OK : TARE_E_INPUT);
        if (repairs != faulty[i].repairs)
            fail_msg("%s: repairs %x", faulty[i].text, repairs);
        if (faulty[i].value)
            assert_true(tare_str_is(tare_json_lexeme(v), faulty[i].value));
        else
            assert_non_null(err.fault);
    }
}

static const struct {
    const char *text;
    size_t taken; /* bytes of the first value; those after it are left */
} fed[] = {
    {"{\"a\": [1, \"}\\\"]\", {}], \"b\": \"\xc3\xa9\\u00e9\"} [2]", 39},
    {" \n[] x", 4},
    {"12.5e3, 4", 6},
    {"true{}", 4},
    {"\"a\\\\\"b", 5},
    {"nul", 3},
    {"[1, 02]", 7},
    {"[\"\xff\"]", 5},
    {"{\"a\": 1, \"a\": 2}", 16},
    {"{\"a\": \"x", 8},
    {"]1", 1},
    {"", 0},
    {"\xef\xbb\xbf{}", 5},
};

/* Cut at two places: the same value, or the same fault at the same place, as of the whole. */
static void feed_cut(struct tare_str text, size_t taken, size_t one, size_t two)
{
    struct tare_json_feed f;
    struct tare_json v = {0}, whole = {0};
    struct tare_err err = {0}, want = {0};
    size_t cuts[4] = {0, one, two, text.n}, total = 0, used = 0;
    enum tare_json_fed answer = TARE_JSON_NEED_MORE;
    tare_json_feed_begin(&f, NULL, NULL);
    for (int i = 0; i < 3 && answer == TARE_JSON_NEED_MORE; i++) {
        /* a copy of its size, so that a sanitizer sees what is read beyond */
        struct tare_str piece = tight(text.p + cuts[i], cuts[i + 1] - cuts[i]);
        answer = tare_json_feed_put(&f, piece, &used);
        free((void *)(uintptr_t)piece.p);
        total += used;
    }
    assert_int_equal(total, taken);
    enum tare_status st = tare_json_feed_end(&f, &arena, &v, &err);
    assert_int_equal(st, tare_json_parse(tare_str_n(text.p, taken), NULL, &arena, &whole, &want));
    if (st == TARE_OK) {
        assert_true(tare_json_equal(v, whole));
        return;
    }
    assert_string_equal(err.fault, want.fault);
    assert_string_equal(err.path, want.path);
    assert_int_equal(err.offset, want.offset);
}

static void test_feed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fed / sizeof fed[0]; i++) {
        struct tare_str text = tare_str_of(fed[i].text);
        for (size_t one = 0; one <= text.n; one++)
            for (size_t two = one; two <= text.n; two++)
                feed_cut(text, fed[i].taken, one, two);
    }
}

static void test_feed_limit(void **state)
{
    (void)state;
    struct tare_json_policy ten = {.max_bytes = 10};
    struct tare_json_feed f;
    struct tare_json v;
    struct tare_err err = {0};
    size_t used;
    tare_json_feed_begin(&f, &ten, NULL);
    assert_int_equal(tare_json_feed_put(&f, TARE_S("[1,2,3"), &used), TARE_JSON_NEED_MORE);
    assert_int_equal(tare_json_feed_put(&f, TARE_S(",4,5,6"), &used), TARE_JSON_COMPLETE);
    assert_int_equal(tare_json_feed_end(&f, &arena, &v, &err), TARE_E_LIMIT);
    assert_string_equal(err.fault, "J_SIZE");
}

static void test_every_refused_allocation(void **state)
{
    (void)state;
    const struct tare_schema *s = schema_of("{\"required\":[\"b\"]}");
    for (long limit = 0, done = 0; !done; limit++) {
        struct failing f;
        struct tare_arena a;
        struct tare_json v;
        struct tare_json_extract x;
        struct tare_err err = {0};
        uint32_t repairs;
        failing_init(&f, limit);
        tare_arena_init(&a, &f.alc, TARE_MIB);
        enum tare_status st =
            tare_json_extract(TARE_S("or {\"a\":1} {\"b\":[\"\\n\"]}"), s, &a, &x, &err);
        done = st == TARE_OK;
        if (done)
            assert_int_equal(x.found, TARE_X_EXTRACTED);
        st = tare_json_mend(TARE_S("{'a':[1,],'a':2}"), &a, &v, &repairs, &err);
        done = done && st == TARE_OK;
        assert_true(st == TARE_OK || st == TARE_E_NOMEM);
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extract),    cmocka_unit_test(test_extract_stays_short),
        cmocka_unit_test(test_mend),       cmocka_unit_test(test_feed),
        cmocka_unit_test(test_feed_limit), cmocka_unit_test(test_every_refused_allocation),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
