#include "text/utf8.h"
#include "text/width.h"
#include "text_test.h"

#define LIT(s)                                                                                     \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    } /* a slice as an initializer */

/* Text, how it is shown, how many columns that takes. */
static const struct {
    struct tare_str text, shown;
    size_t columns;
} rows[] = {
    {LIT(""), LIT(""), 0},
    {LIT("abc"), LIT("abc"), 3},
    {LIT("h\xc3\xa9llo"), LIT("h\xc3\xa9llo"), 5},
    {LIT("he\xcc\x81llo"), LIT("he\xcc\x81llo"), 5},                       /* combining acute */
    {LIT("\xe6\x97\xa5\xe6\x9c\xac"), LIT("\xe6\x97\xa5\xe6\x9c\xac"), 4}, /* wide */
    {LIT("\xf0\x9f\x98\x80"), LIT("\xf0\x9f\x98\x80"), 2},
    {LIT("a\tb\nc"), LIT("a\\u{9}b\\u{a}c"), 13},
    {LIT("\x1b[31mred"), LIT("\\u{1b}[31mred"), 13},
    {LIT("\xc2\x9b"), LIT("\\u{9b}"), 6},         /* C1: CSI */
    {LIT("\xe2\x80\xae"), LIT("\\u{202e}"), 8},   /* right-to-left override */
    {LIT("\xe2\x81\xa6"), LIT("\\u{2066}"), 8},   /* isolate */
    {LIT("a\xe2\x80\x8b"), LIT("a\\u{200b}"), 9}, /* zero-width space */
    {LIT("\xef\xbb\xbf"), LIT("\\u{feff}"), 8},
    {LIT("\xe2\x80\xa8"), LIT("\\u{2028}"), 8},      /* line separator */
    {LIT("\xf3\xa0\x81\x81"), LIT("\\u{e0041}"), 9}, /* tag letter */
    {LIT("\xcc\x81x"), LIT("\\u{301}x"), 8},         /* a mark on nothing */
    {LIT("a\xff\xc3"), LIT("a\\x{ff}\\x{c3}"), 13},
    {LIT("\x7f"), LIT("\\u{7f}"), 6},
    {LIT("a\0b"), LIT("a\\u{0}b"), 7},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_text_safe(&b, rows[i].text);
        if (!tare_str_eq(tare_buf_str(&b), rows[i].shown) ||
            tare_text_columns(rows[i].text) != rows[i].columns)
            fail_msg("row %zu: %.*s in %zu columns", i, TARE_FMT(tare_buf_str(&b)),
                     tare_text_columns(rows[i].text));
        tare_buf_free(&b);
    }
}

static const struct {
    struct tare_str text;
    size_t columns;
    struct tare_str shown;
} cuts[] = {
    {LIT("abcdef"), 6, LIT("abcdef")},
    {LIT("abcdef"), 5, LIT("abcd\xe2\x80\xa6")},
    {LIT("abcdef"), 1, LIT("\xe2\x80\xa6")},
    {LIT("abcdef"), 0, LIT("")},
    {LIT("\xe6\x97\xa5\xe6\x9c\xac"), 4, LIT("\xe6\x97\xa5\xe6\x9c\xac")},
    {LIT("\xe6\x97\xa5\xe6\x9c\xac"), 3, LIT("\xe6\x97\xa5\xe2\x80\xa6")},
    {LIT("\xe6\x97\xa5\xe6\x9c\xac"), 2, LIT("\xe2\x80\xa6")},
    {LIT("ae\xcc\x81z"), 3, LIT("ae\xcc\x81z")},
    {LIT("ae\xcc\x81zz"), 3, LIT("ae\xcc\x81\xe2\x80\xa6")},
    {LIT("a\x1b[0m"), 5, LIT("a\xe2\x80\xa6")},
};

static void test_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_text_safe_cut(&b, cuts[i].text, cuts[i].columns);
        if (!tare_str_eq(tare_buf_str(&b), cuts[i].shown))
            fail_msg("cut %zu: %.*s", i, TARE_FMT(tare_buf_str(&b)));
        tare_buf_free(&b);
    }
}

static void test_many_marks(void **state)
{
    (void)state;
    struct tare_buf text, shown;
    tare_buf_init(&text, NULL, TARE_MIB);
    tare_buf_init(&shown, NULL, TARE_MIB);
    tare_buf_putc(&text, 'a');
    for (int i = 0; i < 16; i++)
        tare_buf_puts(&text, "\xcc\x81");
    assert_int_equal(tare_text_columns(tare_buf_str(&text)), 1);
    tare_buf_puts(&text, "\xcc\x81");
    assert_int_equal(tare_text_columns(tare_buf_str(&text)), 8);
    tare_text_safe(&shown, tare_buf_str(&text));
    assert_true(tare_str_ends(tare_buf_str(&shown), TARE_S("\\u{301}")));
    tare_buf_free(&text);
    tare_buf_free(&shown);
}

/* Every code point survives a round trip; every other form of bytes is refused. */
static void test_utf8(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp += cp == 0xd7ff ? 0x801 : 1) {
        char b[4];
        uint32_t back = 0;
        unsigned n = tare_utf8_encode(cp, b);
        if (tare_utf8_decode(b, b + n, &back) != n || back != cp)
            fail_msg("U+%04X", cp);
        if (n > 1 && tare_utf8_decode(b, b + n - 1, &back) != 0)
            fail_msg("U+%04X cut", cp);
    }
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xe2\x28\xa1",
                                      "\xc3("};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(tare_text_is_utf8(tare_str_of(bad[i])));
    assert_true(tare_text_is_utf8(TARE_S("0123456789abcdef\x7f\xc3\xa9 0123456789abcdef\0")));
    assert_int_equal(tare_utf8_valid_bytes(TARE_S("0123456789abcdef0123\xff")), 20);
    assert_int_equal(tare_utf8_count(TARE_S("h\xc3\xa9\xf0\x9f\x98\x80\xff")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_many_marks),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
