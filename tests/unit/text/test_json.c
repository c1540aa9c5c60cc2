#include "../test_arena.h"
#include "base/hash.h"
#include "text/jsonl.h"
#include "text_test.h"

static struct tare_json parse_with(const char *text, const struct tare_json_policy *policy)
{
    struct tare_json v = {NULL, 0};
    struct tare_err err = {0};
    enum tare_status st = tare_json_parse(tare_str_of(text), policy, &arena, &v, &err);
    if (st != TARE_OK)
        fail_msg("%s: %s", text, err.text);
    return v;
}

static struct tare_json parse(const char *text)
{
    return parse_with(text, &tare_json_strict);
}

static struct tare_str printed(struct tare_json v, bool canonical)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    if (canonical)
        tare_json_canonical(v, &b);
    else
        tare_json_print(v, &b);
    assert_false(b.failed);
    struct tare_str s = tare_arena_copy(&arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static void check_str(struct tare_str got, const char *want)
{
    if (!tare_str_is(got, want))
        fail_msg("got %.*s, want %s", TARE_FMT(got), want);
}

/* ---- faults ------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    uint32_t line, column;
    const char *kind, *path;
} faults[] = {
    {"", 1, 1, "J_EMPTY", ""},
    {"  ", 1, 3, "J_EMPTY", ""},
    {"{", 1, 2, "J_EOF", ""},
    {"[1,2", 1, 5, "J_EOF", "/1"},
    {"[1,]", 1, 4, "J_TOKEN", "/1"},
    {"{\"a\":1,}", 1, 8, "J_TOKEN", ""},
    {"{\"a\" 1}", 1, 6, "J_TOKEN", "/a"},
    {"{a:1}", 1, 2, "J_TOKEN", ""},
    {"{'a':1}", 1, 2, "J_TOKEN", ""},
    {"[1 2]", 1, 4, "J_TOKEN", ""},
    {"[1}", 1, 3, "J_TOKEN", "/0"},
    {"{\"a\":1]", 1, 7, "J_TOKEN", "/a"},
    {"1 2", 1, 3, "J_TRAILING", ""},
    {"]", 1, 1, "J_TOKEN", ""},
    {"tru", 1, 1, "J_EOF", ""},
    {"nulL", 1, 1, "J_TOKEN", ""},
    {"True", 1, 1, "J_TOKEN", ""},
    {"NaN", 1, 1, "J_NUMBER", ""},
    {"Infinity", 1, 1, "J_NUMBER", ""},
    {"-Infinity", 1, 2, "J_NUMBER", ""},
    {"01", 1, 2, "J_NUMBER", ""},
    {"-", 1, 2, "J_NUMBER", ""},
    {"+1", 1, 1, "J_NUMBER", ""},
    {".5", 1, 1, "J_NUMBER", ""},
    {"1.", 1, 3, "J_NUMBER", ""},
    {"1.e3", 1, 3, "J_NUMBER", ""},
    {"1e", 1, 3, "J_NUMBER", ""},
    {"1e+", 1, 4, "J_NUMBER", ""},
    {"0x10", 1, 2, "J_NUMBER", ""},
    {"\"abc", 1, 1, "J_EOF", ""},
    {"\"abc\\", 1, 1, "J_EOF", ""},
    {"\"abc\\\"", 1, 1, "J_EOF", ""},
    {"\"a\\q\"", 1, 3, "J_ESCAPE", ""},
    {"\"\\u12\"", 1, 2, "J_ESCAPE", ""},
    {"\"\\u12g4\"", 1, 2, "J_ESCAPE", ""},
    {"\"\\ud800\"", 1, 2, "J_SURROGATE", ""},
    {"\"\\udc00\"", 1, 2, "J_SURROGATE", ""},
    {"\"\\ud800\\u0041\"", 1, 2, "J_SURROGATE", ""},
    {"\"\\ud800\\n\"", 1, 2, "J_SURROGATE", ""},
    {"\"a\tb\"", 1, 3, "J_CONTROL", ""},
    {"\"line one\nline two\"", 1, 10, "J_CONTROL", ""},
    {"{\"a\":1,\"b\":2,\"a\":3}", 1, 14, "J_DUP", ""},
    {"{\"a\":1,\"\\u0061\":3}", 1, 8, "J_DUP", ""},
    {"[\n  {\"x\": 1,\n   \"x\": 2}]", 3, 4, "J_DUP", "/0"},
    {"[\n1,\n\n  oops]", 4, 3, "J_TOKEN", "/1"},
    {"[\"h\xc3\xa9llo\", oops]", 1, 11, "J_TOKEN", "/1"},
    {"[\"ok\", \"\xff\"]", 1, 9, "J_UTF8", "/1"},
    {"[\"\xc0\xaf\"]", 1, 3, "J_UTF8", "/0"},         /* overlong */
    {"[\"\xed\xa0\x80\"]", 1, 3, "J_UTF8", "/0"},     /* surrogate */
    {"[\"\xf4\x90\x80\x80\"]", 1, 3, "J_UTF8", "/0"}, /* above U+10FFFF */
    {"[\"\xe2\x82", 1, 2, "J_EOF", "/0"},        /* the string is open, too, and begins earlier */
    {"[oops, \"\xff\"]", 1, 2, "J_TOKEN", "/0"}, /* the first fault counts */
    {"\xef\xbb\xbf{}", 1, 1, "J_BOM", ""},
    {"[1,2]x", 1, 6, "J_TRAILING", ""},
    {"/* no */ 1", 1, 1, "J_TOKEN", ""},
    {"{\"a\":{\"b~/\":[1,{\"c\":01}]}}", 1, 22, "J_NUMBER", "/a/b~0~1/1/c"},
    {"{\"a\":{\"x\":[{}],\"b\\u0063\":[tru", 1, 27, "J_EOF", "/a/bc/0"},
    {"{\"a\":[1,2],\"b\":[[],\"\\ud800x\"]}", 1, 21, "J_SURROGATE", "/b/1"},
    {"{\"a\":{},\"b\":[1_000]}", 1, 15, "J_NUMBER", "/b/0"},
    {"{\"a\": 1, \"b", 1, 10, "J_EOF", ""},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct tare_err err = {0};
        struct tare_json v;
        struct tare_str text = tight(faults[i].text, strlen(faults[i].text));
        enum tare_status st = tare_json_parse(text, NULL, &arena, &v, &err);
        if (st != TARE_E_INPUT || err.line != faults[i].line || err.column != faults[i].column)
            fail_msg("%s: status %d at %u:%u: %s", faults[i].text, (int)st, err.line, err.column,
                     err.text);
        assert_true(err.text[0] != '\0' && err.has_offset);
        if (strcmp(err.fault, faults[i].kind) != 0 || strcmp(err.path, faults[i].path) != 0)
            fail_msg("%s: %s at %s", faults[i].text, err.fault, err.path);
        free((void *)(uintptr_t)text.p);
    }
    assert_int_equal(arena.used_bytes, 0);
}

static void test_fault_without_err(void **state)
{
    (void)state;
    struct tare_json v;
    assert_int_equal(tare_json_parse(TARE_S("[1,"), NULL, &arena, &v, NULL), TARE_E_INPUT);
}

/* ---- limits ------------------------------------------------------------------------------ */

static enum tare_status status_of(struct tare_str text, const struct tare_json_policy *policy)
{
    struct tare_err err = {0};
    struct tare_json v;
    return tare_json_parse(text, policy, &arena, &v, &err);
}

static struct tare_str nested(size_t depth)
{
    char *p = tare_arena_alloc(&arena, 2 * depth);
    memset(p, '[', depth);
    memset(p + depth, ']', depth);
    return tare_str_n(p, 2 * depth);
}

static void test_depth(void **state)
{
    (void)state;
    struct tare_json_policy wild = {.max_depth = 100000};
    assert_int_equal(status_of(nested(TARE_MAX_JSON_DEPTH), NULL), TARE_OK);
    assert_int_equal(status_of(nested(TARE_MAX_JSON_DEPTH + 1), NULL), TARE_E_LIMIT);
    assert_int_equal(status_of(nested(TARE_MAX_JSON_DEPTH_IMPORT), &tare_json_log), TARE_OK);
    assert_int_equal(status_of(nested(TARE_MAX_JSON_DEPTH_IMPORT + 1), &tare_json_log),
                     TARE_E_LIMIT);
    assert_int_equal(status_of(nested(TARE_MAX_JSON_DEPTH_IMPORT + 1), &wild), TARE_E_LIMIT);
    assert_int_equal(status_of(nested(1000000), &wild), TARE_E_LIMIT);
}

static void test_number_digits(void **state)
{
    (void)state;
    char *p = tare_arena_alloc(&arena, TARE_MAX_JSON_NUMBER_DIGITS + 1);
    memset(p, '7', TARE_MAX_JSON_NUMBER_DIGITS + 1);
    assert_int_equal(status_of(tare_str_n(p, TARE_MAX_JSON_NUMBER_DIGITS), NULL), TARE_OK);
    assert_int_equal(status_of(tare_str_n(p, TARE_MAX_JSON_NUMBER_DIGITS + 1), NULL), TARE_E_LIMIT);
}

static void test_bytes(void **state)
{
    (void)state;
    struct tare_json_policy ten = {.max_bytes = 10};
    assert_int_equal(status_of(TARE_S("[1,2,3,45]"), &ten), TARE_OK);
    assert_int_equal(status_of(TARE_S("[1,2,3,456]"), &ten), TARE_E_LIMIT);
}

/* {"k0":0,"k1":0,…} with n keys; when `again` is set the first one comes again at the end. */
static struct tare_str many_keys(uint32_t n, bool again)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    for (uint32_t i = 0; i < n; i++)
        tare_buf_printf(&b, "%s\"k%u\":0", i ? "," : "{", again && i + 1 == n ? 0 : i);
    tare_buf_putc(&b, '}');
    struct tare_str s = tare_arena_copy(&arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static void test_keys(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {2, 3, 15, 16, 17, 18, 64, 65, 66, 1000, TARE_MAX_JSON_KEYS};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(status_of(many_keys(sizes[i], false), NULL), TARE_OK);
        assert_int_equal(status_of(many_keys(sizes[i], true), NULL), TARE_E_INPUT);
        assert_int_equal(status_of(many_keys(sizes[i], true), &tare_json_log), TARE_OK);
    }
    assert_int_equal(status_of(many_keys(TARE_MAX_JSON_KEYS + 1, false), NULL), TARE_E_LIMIT);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void test_read(void **state)
{
    (void)state;
    const char *text = " {\"a\": [1, -2.5e3, \"x\\u0000y\"], \"b/~\": {\"c\": true}, \"e\": [] ,"
                       "\"n\": null}";
    struct tare_json r = parse(text), a = tare_json_get(r, "a"), b = tare_json_get(r, "b/~");
    int64_t i = 7;
    double d;
    assert_int_equal(tare_json_count(r), 4);
    assert_int_equal(tare_json_count(a), 3);
    assert_true(tare_json_i64(tare_json_at(a, 0), &i) && i == 1);
    assert_false(tare_json_i64(tare_json_at(a, 1), &i));
    assert_int_equal(i, 1);
    assert_true(tare_json_f64(tare_json_at(a, 1), &d) && d == -2500);
    check_str(tare_json_lexeme(tare_json_at(a, 1)), "-2.5e3");
    assert_true(tare_str_eq(tare_json_str(tare_json_at(a, 2)), TARE_S("x\0y")));
    assert_false(tare_json_present(tare_json_at(a, 3)));
    assert_true(tare_json_true(tare_json_get(b, "c")));
    check_str(tare_json_pointer(tare_json_get(b, "c"), &arena), "/b~1~0/c");
    check_str(tare_json_pointer(tare_json_at(a, 2), &arena), "/a/2");
    check_str(tare_json_pointer(r, &arena), "");
    check_str(tare_json_lexeme(b), "{\"c\": true}");
    check_str(tare_json_key(b), "b/~");
    assert_int_equal(text[tare_json_key_offset(b)], '"');
    assert_int_equal(text[tare_json_source_end(a) - 1], ']');
    assert_int_equal(tare_json_count(tare_json_get(r, "e")), 0);
    assert_false(tare_json_present(tare_json_first(tare_json_get(r, "e"))));
    assert_int_equal(tare_json_kind(tare_json_get(r, "n")), TARE_JSON_NULL);
    assert_int_equal(tare_json_kind(tare_json_get(r, "zz")), TARE_JSON_ABSENT);
    assert_string_equal(tare_json_kind_name(tare_json_get(r, "zz")), "absent");
    uint32_t seen = 0;
    for (struct tare_json v = tare_json_first(r); tare_json_present(v); v = tare_json_next(v))
        seen++;
    assert_int_equal(seen, 4);
}

static void test_absent(void **state)
{
    (void)state;
    struct tare_json none = {NULL, 0};
    int64_t i;
    double d;
    assert_int_equal(tare_json_kind(none), TARE_JSON_ABSENT);
    assert_int_equal(tare_json_count(none), 0);
    assert_false(tare_json_present(tare_json_first(none)));
    assert_false(tare_json_present(tare_json_next(none)));
    assert_false(tare_json_present(tare_json_get(none, "a")));
    assert_false(tare_json_present(tare_json_at(none, 0)));
    assert_int_equal(tare_json_str(none).n + tare_json_key(none).n + tare_json_lexeme(none).n, 0);
    assert_false(tare_json_i64(none, &i) || tare_json_f64(none, &d) || tare_json_true(none));
    assert_int_equal(tare_json_offset(none) + tare_json_source_end(none), 0);
    assert_true(tare_json_equal(none, none));
}

static void test_integers(void **state)
{
    (void)state;
    int64_t i;
    assert_true(tare_json_i64(parse("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(tare_json_i64(parse("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_false(tare_json_i64(parse("9223372036854775808"), &i));
    assert_true(tare_json_is_integer(parse("9223372036854775808")));
    assert_true(tare_json_i64(parse("-0"), &i) && i == 0);
    assert_false(tare_json_is_integer(parse("1.0")));
    assert_false(tare_json_is_integer(parse("1e3")));
    assert_false(tare_json_i64(parse("\"1\""), &i));
}

static void test_doubles(void **state)
{
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0.0",
                                        "0.1",
                                        "123456789.125",
                                        "9007199254740993",
                                        "1e22",
                                        "1e23",
                                        "5e-324",
                                        "1.7976931348623157e308",
                                        "2.2250738585072011e-308",
                                        "0.000001",
                                        "3.141592653589793",
                                        "100000000000000000000000",
                                        "0.30000000000000004",
                                        "9007199254740992",
                                        "1234567890.12345678"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double d;
        assert_true(tare_json_f64(parse(texts[i]), &d));
        double want = strtod(texts[i], NULL);
        assert_memory_equal(&d, &want, sizeof d);
    }
    double d;
    assert_false(tare_json_f64(parse("1e400"), &d));
}

static void test_log_policy(void **state)
{
    (void)state;
    struct tare_json r = parse_with("\xef\xbb\xbf{\"a\":NaN,\"b\":[-Infinity,Infinity],\"s\":"
                                    "\"x\\ud800y\",\"a\":2}",
                                    &tare_json_log);
    double d;
    int64_t i;
    assert_int_equal(tare_json_count(r), 4);
    assert_true(tare_json_i64(tare_json_get(r, "a"), &i) && i == 2);
    assert_true(tare_json_f64(tare_json_first(r), &d) && d != d);
    assert_true(tare_json_f64(tare_json_first(tare_json_get(r, "b")), &d) && d < -1e308);
    check_str(tare_json_str(tare_json_get(r, "s")), "x\xef\xbf\xbdy");
    check_str(printed(r, true), "{\"a\":2,\"b\":[-Infinity,Infinity],\"s\":\"x\\ufffdy\"}");
}

static void test_trailing(void **state)
{
    (void)state;
    struct tare_json_policy p = {.allow_trailing = true};
    const char *text = "  [1] then prose \xff";
    struct tare_json r = parse_with(text, &p);
    assert_int_equal(tare_json_source_end(r), 5);
}

/* ---- output ------------------------------------------------------------------------------ */

static const struct {
    const char *text, *canonical;
} spellings[] = {
    {"{\"b\":1,\"a\":{\"z\":[],\"y\":{}}}", "{\"a\":{\"y\":{},\"z\":[]},\"b\":1}"},
    {"[ -0 , -0.0, 0.0, 1.50, 1.0, 1E2, 1e21, 1e16, 1e15, 0.0001, 0.00001, 1e-7]",
     "[0,-0.0,0.0,1.5,1.0,100.0,1e+21,1e+16,1000000000000000.0,0.0001,1e-05,1e-07]"},
    {"[123456789.125,0.1,2.5e-8,100000000000000000000,1e400,-1e400]",
     "[123456789.125,0.1,2.5e-08,100000000000000000000,Infinity,-Infinity]"},
    {"[0.10,0.100000000000000005551115123125782702118158340454101562,1234567890123456.7]",
     "[0.1,0.1,1234567890123456.8]"},
    {"\"\\u00e9\xc3\xa9\xf0\x9f\x98\x80\\/\\b\\f\\n\\r\\t\\u001f\\u007f\x7f\"",
     "\"\\u00e9\\u00e9\\ud83d\\ude00/\\b\\f\\n\\r\\t\\u001f\\u007f\\u007f\""},
    {"{\"\xf0\x9f\x98\x80\":1,\"\xef\xbf\xbd\":2,\"a\":3,\"A\":4,\"\":5,\"aa\":6}",
     "{\"\":5,\"A\":4,\"a\":3,\"aa\":6,\"\\ufffd\":2,\"\\ud83d\\ude00\":1}"},
    {"[true,false,null]", "[true,false,null]"},
};

static void test_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        check_str(printed(parse(spellings[i].text), true), spellings[i].canonical);
}

static void test_canonical_large_object(void **state)
{
    (void)state;
    struct tare_str s =
        printed(parse("{\"k09\":0,\"k25\":0,\"k11\":0,\"k24\":0,\"k23\":0,\"k22\":0,"
                      "\"k21\":0,\"k20\":0,\"k19\":0,\"k18\":0,\"k17\":0,\"k16\":0,"
                      "\"k15\":0,\"k14\":0,\"k13\":0,\"k12\":0,\"k10\":0,\"k08\":0,"
                      "\"k07\":0,\"k06\":0,\"k05\":0,\"k04\":0,\"k03\":0,\"k02\":0,"
                      "\"k01\":0,\"k00\":0}"),
                true);
    for (unsigned i = 0; i < 26; i++) {
        char want[8];
        snprintf(want, sizeof want, "\"k%02u\"", i);
        assert_memory_equal(s.p + 1 + i * 8, want, 5);
    }
}

static void test_print(void **state)
{
    (void)state;
    check_str(
        printed(parse(" { \"b\" : 1.50 , \"a\" : [ \"\\u00e9\\n\" , \"\xc3\xa9\" ] , \"c\":{} }"),
                false),
        "{\"b\":1.50,\"a\":[\"\xc3\xa9\\n\",\"\xc3\xa9\"],\"c\":{}}");
}

static void test_hashes(void **state)
{
    (void)state;
    char name[1024], hex[65];
    struct tare_str text;
    struct tare_err err = {0};
    enum tare_status st;
    struct tare_jsonl lines;
    struct tare_json row, inner;
    unsigned checked = 0;
    if (!shared_path("vectors/opensec/hashes.jsonl", name))
        skip();
    assert_int_equal(tare_fs_read(tare_str_of(name), TARE_MIB, &arena, &text, &err), TARE_OK);
    tare_jsonl_begin(&lines, text, NULL);
    while (tare_jsonl_next(&lines, &arena, &row, &st, &err)) {
        struct tare_json canonical = tare_json_get(row, "canonical");
        if (!tare_json_present(canonical))
            continue;
        assert_int_equal(tare_json_parse(tare_json_str(canonical), NULL, &arena, &inner, &err), 0);
        tare_digest_hex(tare_sha256_of(printed(inner, true)), hex);
        assert_true(tare_json_str_is(tare_json_get(row, "sha256"), hex));
        checked++;
    }
    assert_int_equal(st, TARE_OK);
    assert_int_equal(checked, 6);
}

static void test_writer(void **state)
{
    (void)state;
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "i");
    tare_json_put_i64(&w, INT64_MIN);
    tare_json_put_key(&w, "u");
    tare_json_put_u64(&w, UINT64_MAX);
    tare_json_put_key(&w, "l");
    tare_json_begin_array(&w);
    tare_json_put_f64(&w, 0.1);
    tare_json_put_bool(&w, true);
    tare_json_put_null(&w);
    tare_json_put_cstr(&w, NULL);
    tare_json_put_str(&w, TARE_S("\xff\x01\"\xc3\xa9"));
    tare_json_put_value(&w, parse("{ \"x\": [ ] }"));
    tare_json_end_array(&w);
    tare_json_put_key(&w, "r");
    tare_json_put_raw(&w, TARE_S("[1]"));
    tare_json_end_object(&w);
    check_str(tare_buf_str(&b),
              "{\"i\":-9223372036854775808,\"u\":18446744073709551615,\"l\":[0.1,true,"
              "null,null,\"\xef\xbf\xbd\\u0001\\\"\xc3\xa9\",{\"x\":[]}],\"r\":[1]}");
    tare_buf_reset(&b);
    tare_json_writer_init(&w, &b);
    w.indent = 2;
    w.ascii = true;
    tare_json_put_value(&w, parse("{\"a\":[1,{\"\xc3\xa9\":[]}],\"b\":{}}"));
    check_str(tare_buf_str(&b),
              "{\n  \"a\": [\n    1,\n    {\n      \"\\u00e9\": []\n    }\n  ],\n  \"b\": {}\n}");
    tare_buf_free(&b);
}

/* ---- equality ---------------------------------------------------------------------------- */

static const struct {
    const char *a, *b;
    bool equal;
} pairs[] = {
    {"1", "1.0", true},
    {"10", "1e1", true},
    {"100e-2", "1", true},
    {"0", "-0.0e7", true},
    {"0.001", "1e-3", true},
    {"120", "12", false},
    {"1e5", "1e6", false},
    {"1", "-1", false},
    {"9007199254740993", "9007199254740992.0", false},
    {"123456789012345678901234567890", "1.2345678901234567890123456789e29", true},
    {"1e99999999999999999999", "1e99999999999999999998", false},
    {"1e99999999999999999999", "1e99999999999999999999", true},
    {"0.1", "0.10000000000000001", false},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
    {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
    {"{\"a\":1}", "{\"b\":1}", false},
    {"[1,2]", "[2,1]", false},
    {"[1,2]", "[1,2,3]", false},
    {"\"\\u0061\"", "\"a\"", true},
    {"\"1\"", "1", false},
    {"null", "false", false},
    {"[[],{}]", "[[],{}]", true},
    {"[]", "{}", false},
};

static void test_equal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct tare_json a = parse(pairs[i].a), b = parse(pairs[i].b);
        if (tare_json_equal(a, b) != pairs[i].equal || tare_json_equal(b, a) != pairs[i].equal)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
    }
    assert_true(
        tare_json_equal(parse_with("{\"a\":1,\"a\":2}", &tare_json_log), parse("{\"a\":2}")));
}

/* ---- memory ------------------------------------------------------------------------------ */

static void test_every_refused_allocation(void **state)
{
    (void)state;
    struct tare_buf text;
    tare_buf_init(&text, NULL, TARE_MIB);
    tare_buf_putc(&text, '[');
    for (int i = 0; i < 3000; i++)
        tare_buf_printf(&text, "{\"a\\n%d\":[%d,\"x\\ty\"]},", i, i);
    tare_buf_put(&text, many_keys(100, false));
    tare_buf_putc(&text, ']');
    for (long limit = 0;; limit++) {
        struct failing f;
        struct tare_arena a;
        struct tare_err err = {0};
        struct tare_json v;
        failing_init(&f, limit);
        tare_arena_init(&a, &f.alc, TARE_GIB);
        enum tare_status st = tare_json_parse(tare_buf_str(&text), NULL, &a, &v, &err);
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK) {
            assert_true(limit > 1);
            break;
        }
        assert_int_equal(st, TARE_E_NOMEM);
    }
    tare_buf_free(&text);
}

static void test_jsonl(void **state)
{
    (void)state;
    struct tare_jsonl j;
    struct tare_json v;
    struct tare_err err = {0};
    enum tare_status st;
    tare_jsonl_begin(&j, TARE_S("{\"a\":1}\r\n\n  \n[2]\n3"), NULL);
    assert_true(tare_jsonl_next(&j, &arena, &v, &st, &err) && j.line_no == 1);
    assert_true(tare_jsonl_next(&j, &arena, &v, &st, &err) && j.line_no == 4);
    assert_true(tare_jsonl_next(&j, &arena, &v, &st, &err) && j.line_no == 5);
    assert_int_equal(j.line_offset, 17);
    assert_false(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_true(st == TARE_OK && !j.torn);
    tare_jsonl_begin(&j, TARE_S("1\n[2\n3\n"), NULL);
    assert_true(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_false(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_true(st == TARE_E_INPUT && !j.torn && err.line == 2 && err.column == 3);
    assert_int_equal(err.offset, 4);
    tare_jsonl_begin(&j, TARE_S("1\n{\"a\":"), NULL);
    assert_true(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_false(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_true(st == TARE_E_INPUT && j.torn && err.hint[0]);
    tare_jsonl_begin(&j, TARE_S("1\n{\"a\":"), NULL);
    j.drop_torn = true;
    assert_true(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_false(tare_jsonl_next(&j, &arena, &v, &st, &err));
    assert_true(st == TARE_OK && j.torn);
}

#define T(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_faults),
        T(test_fault_without_err),
        T(test_depth),
        T(test_number_digits),
        T(test_bytes),
        T(test_keys),
        T(test_read),
        T(test_absent),
        T(test_integers),
        T(test_doubles),
        T(test_log_policy),
        T(test_trailing),
        T(test_canonical),
        T(test_canonical_large_object),
        T(test_print),
        T(test_hashes),
        T(test_writer),
        T(test_equal),
        T(test_every_refused_allocation),
        T(test_jsonl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
