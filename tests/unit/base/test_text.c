#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "base/err.h"
#include "base/num.h"
#include "base/rng.h"

static void slices(void **state)
{
    (void)state;
    struct tare_str s = TARE_S("hello world");
    assert_true(tare_str_starts(s, TARE_S("hello")) && !tare_str_starts(s, TARE_S("hello world!")));
    assert_true(tare_str_ends(s, TARE_S("world")) && !tare_str_ends(s, TARE_S("word")));
    assert_true(tare_str_starts(s, TARE_S("")) && tare_str_ends(s, TARE_S("")));
    assert_int_equal(tare_str_find(s, TARE_S("o w")), 4);
    assert_int_equal(tare_str_find(s, TARE_S("world")), 6);
    assert_true(tare_str_find(s, TARE_S("worlds")) == SIZE_MAX);
    assert_int_equal(tare_str_find(tare_str_n("aab\0ab", 6), tare_str_n("\0ab", 3)), 3);
    assert_int_equal(tare_str_find(tare_str_n(NULL, 0), TARE_S("")), 0);
    assert_true(tare_str_find(tare_str_n(NULL, 0), TARE_S("a")) == SIZE_MAX);
    assert_true(tare_str_cmp(TARE_S("a"), TARE_S("ab")) < 0);
    assert_true(tare_str_cmp(TARE_S("b"), TARE_S("ab")) > 0);
    assert_true(tare_str_cmp(TARE_S("\xc3\xa4"), TARE_S("z")) > 0);
    assert_int_equal(tare_str_cmp(tare_str_n(NULL, 0), TARE_S("")), 0);
    assert_true(tare_str_is(tare_str_trim(TARE_S(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(tare_str_trim(TARE_S("  \n")).n, 0);
}

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t want;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1e3", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t v = 99;
        assert_int_equal(tare_str_to_i64(tare_str_of(rows[i].text), &v), rows[i].ok);
        assert_int_equal(v, rows[i].ok ? rows[i].want : 99);
    }
    uint64_t u = 1;
    assert_true(tare_str_to_u64(TARE_S("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_false(tare_str_to_u64(TARE_S("18446744073709551616"), &u));
    assert_false(tare_str_to_u64(TARE_S("-1"), &u));
}

static void decimal_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    ".",    "-",     "+",     "1.",  "1e", "1e+",
                                      "01",  "nan",  "inf",   "1e999", "0x1", "1 ", " 1",
                                      "--1", "1..2", "1e1.5", "1,5",   "-01", "e5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double v = 5;
        assert_false(tare_str_to_f64(tare_str_of(bad[i]), &v));
        assert_true(v == 5);
    }
    static const char *const good[] = {
        "0",
        "-0",
        "1",
        "0.1",
        ".5",
        "+.5",
        "-.5e-3",
        "1e22",
        "1e23",
        "123456789012345678",
        "4.9e-324",
        "2.4703282292062328e-324",
        "1.7976931348623157e308",
        "1e-400",
        "0e999999999999",
        "9007199254740993",
        "0.000000000000000000000000000000000001",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "8"
        "548458177115317644757302700698555713669596228429148198608349364752927190741684443655107043"
        "4"
        "2711559699508093042880"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double v = NAN;
        double want = strtod(good[i], NULL);
        bool ok = tare_str_to_f64(tare_str_of(good[i]), &v);
        assert_int_equal(ok, isfinite(want));
        assert_true(!ok || (v == want && signbit(v) == signbit(want)));
    }
}

/* Halfway between two doubles, decided by a digit far behind the 800th. */
static void decides_by_the_last_digit(void **state)
{
    (void)state;
    char text[1200];
    (void)snprintf(text, sizeof text, "9007199254740993.");
    size_t n = strlen(text);
    memset(text + n, '0', 1000);
    double v = 0;
    assert_true(tare_str_to_f64(tare_str_n(text, n + 1000), &v));
    assert_true(v == 9007199254740992.0);
    text[n + 999] = '1';
    assert_true(tare_str_to_f64(tare_str_n(text, n + 1000), &v));
    assert_true(v == 9007199254740994.0);
}

static void expect_repr(double x, const char *want)
{
    char out[32];
    size_t n = tare_num_repr(x, out);
    assert_string_equal(out, want);
    assert_int_equal(n, strlen(want));
}

/* Spellings as Python 3.11's repr gives them. */
static void shortest_spelling(void **state)
{
    (void)state;
    expect_repr(0.1, "0.1");
    expect_repr(2.0, "2.0");
    expect_repr(-0.0, "-0.0");
    expect_repr(1e21, "1e+21");
    expect_repr(1e-5, "1e-05");
    expect_repr(0.0001, "0.0001");
    expect_repr(1e16, "1e+16");
    expect_repr(9999999999999998.0, "9999999999999998.0");
    expect_repr(123456789.125, "123456789.125");
    expect_repr(1.0 / 3, "0.3333333333333333");
    expect_repr(5e-324, "5e-324");
    expect_repr(0x1p-44, "5.684341886080802e-14");
    expect_repr(1.7976931348623157e308, "1.7976931348623157e+308");
    expect_repr(-1.5e-100, "-1.5e-100");
    expect_repr(NAN, "nan");
    expect_repr(-INFINITY, "-inf");
    char out[32];
    assert_int_equal(tare_num_json(NAN, out), 4);
    assert_string_equal(out, "null");
    assert_int_equal(tare_num_json(3, out), 3);
    assert_string_equal(out, "3.0");
}

static void every_double_comes_back(void **state)
{
    (void)state;
    struct tare_rng r;
    tare_rng_init(&r, 1, TARE_S("doubles"), 0);
    for (int i = 0; i < 20000; i++) {
        union {
            uint64_t u;
            double x;
        } v = {tare_rng_u64(&r)};
        char out[32];
        double back = 0;
        if (!isfinite(v.x))
            continue;
        size_t n = tare_num_repr(v.x, out);
        assert_true(tare_str_to_f64(tare_str_n(out, n), &back));
        assert_true(back == v.x);
        /* No shorter decimal reads back. */
        char shorter[64];
        int digits = 0;
        for (size_t k = 0; k < n && out[k] != 'e'; k++)
            digits += out[k] >= '0' && out[k] <= '9';
        if (digits > 1 && strchr(out, 'e')) {
            (void)snprintf(shorter, sizeof shorter, "%.*e", digits - 2, v.x);
            assert_true(strtod(shorter, NULL) != v.x);
        }
    }
}

static void comma_locales_change_nothing(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip();
    char out[32];
    double v = 0;
    (void)tare_num_repr(0.1 + 0.2, out);
    assert_string_equal(out, "0.30000000000000004");
    assert_true(tare_str_to_f64(TARE_S("0.30000000000000004"), &v) && v == 0.1 + 0.2);
    (void)setlocale(LC_NUMERIC, "C");
}

static void errors_are_cut(void **state)
{
    (void)state;
    struct tare_err e = {0};
    char longer[900];
    memset(longer, 'x', sizeof longer);
    assert_int_equal(tare_fail(&e, TARE_E_INPUT, "%.*s", 511, longer), TARE_E_INPUT);
    assert_int_equal(strlen(e.text), 511);
    assert_int_equal(e.text[510], 'x');
    (void)tare_fail(&e, TARE_E_INPUT, "%.*s", 512, longer);
    assert_int_equal(strlen(e.text), 511);
    assert_string_equal(e.text + 508, "...");
    tare_err_file(&e, tare_str_n(longer, sizeof longer));
    assert_int_equal(strlen(e.file), 255);
    /* Not inside a code point. */
    char umlauts[900];
    for (size_t i = 0; i < sizeof umlauts; i++)
        umlauts[i] = i % 2 ? (char)0xa4 : (char)0xc3;
    tare_err_task(&e, tare_str_n(umlauts, sizeof umlauts));
    size_t n = strlen(e.task);
    assert_string_equal(e.task + n - 3, "...");
    assert_int_equal((unsigned char)e.task[n - 4], 0xa4);
    assert_int_equal(tare_fail(NULL, TARE_E_IO, "x"), TARE_E_IO);
    tare_err_hint(NULL, "x");
}

static void errors_find_their_place(void **state)
{
    (void)state;
    struct tare_err e = {0};
    struct tare_str text = TARE_S("a: 1\r\n\xc3\xa4\xc3\xb6: bad\nlast");
    (void)tare_fail_at(&e, TARE_E_INPUT, 12, "bad");
    tare_err_locate(&e, text);
    assert_int_equal(e.line, 2);
    assert_int_equal(e.column, 5);
    assert_string_equal(e.excerpt, "\xc3\xa4\xc3\xb6: bad");
    (void)tare_fail_at(&e, TARE_E_INPUT, 3, "bad");
    tare_err_locate(&e, text);
    assert_string_equal(e.excerpt, "a: 1");
    (void)tare_fail_at(&e, TARE_E_INPUT, 999, "end");
    tare_err_locate(&e, text);
    assert_int_equal(e.line, 3);
    assert_int_equal(e.column, 5);
    tare_err_locate(&e, tare_str_n(NULL, 0));
    assert_int_equal(e.line, 1);
    assert_string_equal(e.excerpt, "");
}

static void long_lines_are_shown_around_the_fault(void **state)
{
    (void)state;
    char line[2000];
    memset(line, 'x', sizeof line);
    line[1500] = '!';
    struct tare_err e = {0};
    (void)tare_fail_at(&e, TARE_E_INPUT, 1500, "bad");
    tare_err_locate(&e, tare_str_n(line, sizeof line));
    assert_int_equal(e.column, 1501);
    assert_int_equal(e.excerpt[e.column - 1 - e.excerpt_skip], '!');
}

static void statuses_have_exits(void **state)
{
    (void)state;
    static const int want[] = {0, 3, 4, 3, 70, 2, 4, 130};
    for (int i = 0; i < 8; i++) {
        assert_int_equal(tare_status_exit((enum tare_status)i), want[i]);
        assert_string_not_equal(tare_status_name((enum tare_status)i), "unknown");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(decimal_numbers),
        cmocka_unit_test(decides_by_the_last_digit),
        cmocka_unit_test(shortest_spelling),
        cmocka_unit_test(every_double_comes_back),
        cmocka_unit_test(comma_locales_change_nothing),
        cmocka_unit_test(errors_are_cut),
        cmocka_unit_test(errors_find_their_place),
        cmocka_unit_test(long_lines_are_shown_around_the_fault),
        cmocka_unit_test(statuses_have_exits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
