/* Cases of RFC 8259, as they are sorted everywhere: texts that are JSON (y), texts that are none
 * (n, each with its fault), and texts that a reader may decide about (i), with what this one does.
 */
#include "text_test.h"

#include "../test_arena.h"

#define S(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* y: what they are printed as; NULL: as they stand. */
static const struct {
    struct tare_str text;
    const char *printed;
} yes[] = {
    {S("null"), NULL},
    {S("true"), NULL},
    {S("false"), NULL},
    {S("0"), NULL},
    {S("-0"), NULL},
    {S("42"), NULL},
    {S("-1"), NULL},
    {S("1e1"), NULL},
    {S("1E22"), NULL},
    {S("1e+2"), NULL},
    {S("1e-2"), NULL},
    {S("0e+1"), NULL},
    {S("0e1"), NULL},
    {S("1.5"), NULL},
    {S("-0.1"), NULL},
    {S("123.456e78"), NULL},
    {S("0.0000000000000000000000000001"), NULL},
    {S("\"\""), NULL},
    {S("\" \""), NULL},
    {S("\"abc\""), NULL},
    {S("\"\x7f\""), NULL},
    {S("\"\\u0000\""), NULL},
    {S("\"\\\"\\\\\\b\\f\\n\\r\\t\""), NULL},
    {S("\"\\/\""), "\"/\""},
    {S("\"\\u0041\""), "\"A\""},
    {S("\"\\uD83D\\uDE00\""), "\"\xf0\x9f\x98\x80\""},
    {S("\"\\ud83d\\ude00\\u00e9\""), "\"\xf0\x9f\x98\x80\xc3\xa9\""},
    {S("\"\\uDBFF\\uDFFF\""), "\"\xf4\x8f\xbf\xbf\""},
    {S("\"\\uffff\""), "\"\xef\xbf\xbf\""},
    {S("\"\xc3\xa9\""), NULL},
    {S("\"\xe2\x82\xac\""), NULL},
    {S("\"\xed\x9f\xbf\xee\x80\x80\""), NULL},
    {S("\"\xf4\x8f\xbf\xbf\""), NULL},
    {S("\"\xe2\x80\xa8\xe2\x80\xa9\""), NULL},
    {S("\"a/*b*/c\""), NULL},
    {S("\"{[,:]}\""), NULL},
    {S("[]"), NULL},
    {S("{}"), NULL},
    {S("[[]]"), NULL},
    {S("[{}]"), NULL},
    {S("[1,2]"), NULL},
    {S("[-1.5e+3,{\"n\":-0.25}]"), NULL},
    {S("[null, 1, \"1\", {}]"), "[null,1,\"1\",{}]"},
    {S("{\"a\":{}}"), NULL},
    {S("{\"\":0}"), NULL},
    {S("{\"a\":1,\"A\":1}"), NULL},
    {S("{\"a\":[{\"a\":1},{\"a\":2}]}"), NULL},
    {S("{\"\\u0000\":1,\"\\u0001\":2}"), NULL},
    {S(" \t\r\n[ 1 ,\n2 ]\r\n"), "[1,2]"},
    {S("{ \"a\" : \"b\" }"), "{\"a\":\"b\"}"},
};

/* n */
static const struct {
    struct tare_str text;
    const char *kind;
} no[] = {
    {S(""), "J_EMPTY"},
    {S(" \n"), "J_EMPTY"},
    {S("["), "J_EOF"},
    {S("[1,"), "J_EOF"},
    {S("[1"), "J_EOF"},
    {S("[["), "J_EOF"},
    {S("{"), "J_EOF"},
    {S("{\"a\""), "J_EOF"},
    {S("{\"a\":"), "J_EOF"},
    {S("{\"a\":1"), "J_EOF"},
    {S("{\"a\":1,"), "J_EOF"},
    {S("\""), "J_EOF"},
    {S("\"a"), "J_EOF"},
    {S("\"\\"), "J_EOF"},
    {S("\"\\u00"), "J_EOF"},
    {S("[1,]"), "J_TOKEN"},
    {S("[,1]"), "J_TOKEN"},
    {S("[1,,2]"), "J_TOKEN"},
    {S("[1 2]"), "J_TOKEN"},
    {S("[1:2]"), "J_TOKEN"},
    {S("[1}"), "J_TOKEN"},
    {S("{\"a\":1]"), "J_TOKEN"},
    {S("{\"a\":1,}"), "J_TOKEN"},
    {S("{,}"), "J_TOKEN"},
    {S("{\"a\" 1}"), "J_TOKEN"},
    {S("{\"a\":1 \"b\":2}"), "J_TOKEN"},
    {S("{\"a\":}"), "J_TOKEN"},
    {S("{\"a\"::1}"), "J_TOKEN"},
    {S("{1:1}"), "J_TOKEN"},
    {S("{null:1}"), "J_TOKEN"},
    {S("{a:1}"), "J_TOKEN"},
    {S("{'a':1}"), "J_TOKEN"},
    {S("['a']"), "J_TOKEN"},
    {S("[`a`]"), "J_TOKEN"},
    {S("True"), "J_TOKEN"},
    {S("nul1"), "J_TOKEN"},
    {S("[tru]"), "J_TOKEN"},
    {S("undefined"), "J_TOKEN"},
    {S("]"), "J_TOKEN"},
    {S("}"), "J_TOKEN"},
    {S(","), "J_TOKEN"},
    {S("<null>"), "J_TOKEN"},
    {S("[a]"), "J_TOKEN"},
    {S("[\\n]"), "J_TOKEN"},
    {S("[\"a\",\n4\n,1,"), "J_EOF"},
    {S("// c\n1"), "J_TOKEN"},
    {S("[1]/**/"), "J_TRAILING"},
    {S("[1]#"), "J_TRAILING"},
    {S("1 2"), "J_TRAILING"},
    {S("{}{}"), "J_TRAILING"},
    {S("[]]"), "J_TRAILING"},
    {S("\"a\"b"), "J_TRAILING"},
    {S("nulll"), "J_TRAILING"},
    {S("\"a\",\"b\""), "J_TRAILING"},
    {S("01"), "J_NUMBER"},
    {S("-01"), "J_NUMBER"},
    {S("[-]"), "J_NUMBER"},
    {S("[-a]"), "J_NUMBER"},
    {S("[1.]"), "J_NUMBER"},
    {S("[1.e1]"), "J_NUMBER"},
    {S("[1e]"), "J_NUMBER"},
    {S("[1e+]"), "J_NUMBER"},
    {S("[1eE2]"), "J_NUMBER"},
    {S("[1.2.3]"), "J_NUMBER"},
    {S("[.5]"), "J_NUMBER"},
    {S("[+1]"), "J_NUMBER"},
    {S("[NaN]"), "J_NUMBER"},
    {S("[Infinity]"), "J_NUMBER"},
    {S("[-Infinity]"), "J_NUMBER"},
    {S("[0x1]"), "J_NUMBER"},
    {S("[1_000]"), "J_NUMBER"},
    {S("[\xef\xbc\x91]"), "J_TOKEN"},
    {S("\"\\x41\""), "J_ESCAPE"},
    {S("\"\\a\""), "J_ESCAPE"},
    {S("\"\\'\""), "J_ESCAPE"},
    {S("\"\\U0041\""), "J_ESCAPE"},
    {S("\"\\u00G0\""), "J_ESCAPE"},
    {S("\"\\u 041\""), "J_ESCAPE"},
    {S("\"\\\xf0\x9f\x98\x80\""), "J_ESCAPE"},
    {S("\"a\nb\""), "J_CONTROL"},
    {S("\"a\tb\""), "J_CONTROL"},
    {S("\"a\0b\""), "J_CONTROL"},
    {S("\"\x1f\""), "J_CONTROL"},
    {S("\x0c[]"), "J_TOKEN"},
    {S("[\x0b]"), "J_TOKEN"},
    {S("[\xc2\xa0]"), "J_TOKEN"},
    {S("[\xe2\x81\xa0]"), "J_TOKEN"},
    {S("\0"), "J_TOKEN"},
    {S("[]\0"), "J_TRAILING"},
    {S("\"\xff\""), "J_UTF8"},
    {S("\"\xc3\x28\""), "J_UTF8"},
    {S("\"\xe2\x82\""), "J_UTF8"},
    {S("\"\x80\""), "J_UTF8"},
    {S("\"\xc0\x80\""), "J_UTF8"},
    {S("\"\xe0\x80\xaf\""), "J_UTF8"},
    {S("\"\xf0\x80\x80\xaf\""), "J_UTF8"},
    {S("\"\xed\xa0\x80\""), "J_UTF8"},
    {S("\"\xf4\x90\x80\x80\""), "J_UTF8"},
    {S("\"\xf8\x88\x80\x80\x80\""), "J_UTF8"},
    {S("[\"\xe9\"]"), "J_UTF8"},
    {S("{\"a\":1,\"a\":2}"), "J_DUP"},
    {S("{\"\\u0061\":1,\"a\":1}"), "J_DUP"},
};

/* i: kind NULL: taken. */
static const struct {
    struct tare_str text;
    const char *kind;
} either[] = {
    {S("\xef\xbb\xbf{}"), "J_BOM"},
    {S("\"\\uD800\""), "J_SURROGATE"},
    {S("\"\\uDC00\""), "J_SURROGATE"},
    {S("\"\\uDC00\\uD800\""), "J_SURROGATE"},
    {S("\"\\uD800\\uD800\\n\""), "J_SURROGATE"},
    {S("\"\\uD800\\u0041\""), "J_SURROGATE"},
    {S("\"\\uD800a\""), "J_SURROGATE"},
    {S("[1e400]"), NULL},
    {S("[-1e99999]"), NULL},
    {S("[1e-400]"), NULL},
    {S("[123456789012345678901234567890]"), NULL},
    {S("[0.4e006699999999999999999999999999]"), NULL},
    {S("\"\\uFDD0\\uFFFE\""), NULL},
    {S("\"\xef\xb7\x90\xef\xbf\xbe\""), NULL},
    {S("[\0\"\0a\0\"\0]\0"), "J_TOKEN"}, /* UTF-16 */
};

static enum tare_status read_it(struct tare_str text, struct tare_json *v, struct tare_err *err)
{
    struct tare_str copy = tight(text.p, text.n); /* for the sanitizers */
    struct tare_arena own;
    tare_arena_init(&own, NULL, TARE_MIB);
    *err = (struct tare_err){0};
    enum tare_status st = tare_json_parse(copy, NULL, &own, v, err);
    tare_arena_free(&own);
    free((void *)(uintptr_t)copy.p);
    if (st == TARE_OK) /* of the text that stays */
        assert_int_equal(tare_json_parse(text, NULL, &arena, v, NULL), TARE_OK);
    return st;
}

static void refused(struct tare_str text, const char *kind)
{
    struct tare_json v;
    struct tare_err err;
    enum tare_status st = read_it(text, &v, &err);
    if (st != TARE_E_INPUT || !err.fault || strcmp(err.fault, kind) != 0 || !err.has_offset ||
        err.offset > text.n)
        fail_msg("%.*s: status %d, %s, not %s: %s\n", TARE_FMT(text), (int)st, err.fault, kind,
                 err.text);
}

static void test_no(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        refused(no[i].text, no[i].kind);
}

static void test_either(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof either / sizeof *either; i++) {
        struct tare_json v;
        struct tare_err err;
        if (either[i].kind)
            refused(either[i].text, either[i].kind);
        else if (read_it(either[i].text, &v, &err) != TARE_OK)
            fail_msg("%.*s: %s\n", TARE_FMT(either[i].text), err.text);
    }
}

static void test_yes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        struct tare_json v;
        struct tare_err err;
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MIB);
        if (read_it(yes[i].text, &v, &err) != TARE_OK)
            fail_msg("%.*s: %s", TARE_FMT(yes[i].text), err.text);
        tare_json_print(v, &b);
        struct tare_str want = yes[i].printed ? tare_str_of(yes[i].printed) : yes[i].text;
        if (!tare_str_eq(tare_buf_str(&b), want))
            fail_msg("%.*s, not %.*s", TARE_FMT(tare_buf_str(&b)), TARE_FMT(want));
        tare_buf_free(&b);
    }
}

/* Cut anywhere, it is a text that ends too early: also of a number, or that is another one. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        struct tare_str text = yes[i].text;
        while (text.n && strchr(" \t\r\n", text.p[text.n - 1]))
            text.n--;
        for (size_t n = 0; n < text.n; n++) {
            struct tare_json v;
            struct tare_err err;
            struct tare_str part = tare_str_n(text.p, n);
            enum tare_status st = read_it(part, &v, &err);
            const char *fault = err.fault ? err.fault : "none";
            bool number = st == TARE_OK ? tare_json_kind(v) == TARE_JSON_NUMBER
                                        : strcmp(fault, "J_NUMBER") == 0 && err.offset == n;
            if (!number && strcmp(fault, "J_EOF") != 0 && strcmp(fault, "J_EMPTY") != 0)
                fail_msg("%.*s: %s\n", TARE_FMT(part), fault);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_yes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_no, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_either, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_cut, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests_name("JSON cases", tests, NULL, NULL);
}
