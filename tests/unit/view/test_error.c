#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "text/json.h"
#include "view/error.h"

static void expect(const struct tare_err *err, int width, bool color, const char *want)
{
    struct tare_buf out;
    struct tare_style style = {.width = width, .color = color};
    tare_buf_init(&out, NULL, 1 << 16);
    tare_view_error(&out, "tare run", err, &style);
    tare_buf_putc(&out, '\0');
    assert_string_equal(out.p, want);
    tare_buf_free(&out);
}

static void four_parts(void **state)
{
    (void)state;
    struct tare_err e = {0};
    struct tare_str text = TARE_S("suite: x\nversion: 1\natempts: 4\n");
    (void)tare_fail_at(&e, TARE_E_INPUT, 20, "unknown key \"atempts\"");
    tare_err_hint(&e, "did you mean \"attempts\"?");
    tare_err_file(&e, TARE_S("suites/ir/suite.yaml"));
    tare_err_locate(&e, text);
    expect(&e, 80, false,
           "tare run: suite.yaml: unknown key \"atempts\"\n"
           "  suites/ir/suite.yaml:3:1\n"
           "    3 | atempts: 4\n"
           "      | ^^^^^^^ did you mean \"attempts\"?\n");
    expect(&e, 30, false,
           "tare run: suite.yaml: unknown key \"atempts\"\n"
           "  suites/ir/suite.yaml:3:1\n"
           "    3 | atempts: 4\n"
           "      | ^^^^^^^\n"
           "  did you mean \"attempts\"?\n");
    expect(&e, 80, true,
           "tare run: suite.yaml: \x1b[1munknown key \"atempts\"\x1b[0m\n"
           "  suites/ir/suite.yaml:3:1\n"
           "    3 | atempts: 4\n"
           "      | \x1b[93m^^^^^^^\x1b[0m did you mean \"attempts\"?\n");
}

static void only_what_is_known(void **state)
{
    (void)state;
    struct tare_err e = {0};
    (void)tare_fail(&e, TARE_E_USAGE, "SUITE is missing");
    expect(&e, 80, false, "tare run: SUITE is missing\n");
    tare_err_hint(&e, "two\n  lines");
    expect(&e, 80, false, "tare run: SUITE is missing\n  two\n    lines\n");
    tare_err_file(&e, TARE_S("none.yaml"));
    tare_err_task(&e, TARE_S("sc-1"));
    e.attempt = 2;
    e.hint[0] = '\0';
    expect(&e, 80, false, "tare run: none.yaml: SUITE is missing\n  task sc-1, attempt 2\n");
    struct tare_err empty = {.code = TARE_E_NOMEM};
    expect(&empty, 80, false, "tare run: memory\n");
    (void)tare_fail_at(&empty, TARE_E_INPUT, 7, "torn");
    expect(&empty, 80, false, "tare run: torn\n  byte 7\n");
}

/* Wide and combining characters before the fault; control characters inside the line. */
static void marks_stand_below_the_fault(void **state)
{
    (void)state;
    struct tare_err e = {0};
    struct tare_str text = TARE_S("\xe6\x97\xa5\xe6\x9c\xac: \x1b[2J!x");
    (void)tare_fail_at(&e, TARE_E_INPUT, 12, "no\x1b[31mred");
    tare_err_locate(&e, text);
    expect(&e, 80, false,
           "tare run: no\\u{1b}[31mred\n"
           "  line 1, column 9\n"
           "    1 | \xe6\x97\xa5\xe6\x9c\xac: \\u{1b}[2J!x\n"
           "      |                ^\n");
}

static void the_end_of_a_long_line(void **state)
{
    (void)state;
    char line[500];
    memset(line, 'a', sizeof line);
    line[300] = '!';
    struct tare_err e = {0};
    (void)tare_fail_at(&e, TARE_E_INPUT, 300, "bad");
    tare_err_locate(&e, tare_str_n(line, sizeof line));
    struct tare_buf out;
    struct tare_style style = {.width = 80};
    tare_buf_init(&out, NULL, 1 << 16);
    tare_view_error(&out, "x", &e, &style);
    tare_buf_putc(&out, '\0');
    const char *bang = strchr(out.p, '!'), *mark = strchr(out.p, '^');
    assert_non_null(bang);
    assert_non_null(mark);
    const char *above = bang, *below = mark;
    while (above[-1] != '\n')
        above--;
    while (below[-1] != '\n')
        below--;
    assert_int_equal(bang - above, mark - below);
    tare_buf_free(&out);
}

static void one_document(void **state)
{
    (void)state;
    struct tare_err e = {0};
    struct tare_buf out;
    struct tare_arena a;
    struct tare_json root;
    struct tare_err bad = {0};
    int64_t line = 0;
    (void)tare_fail_at(&e, TARE_E_INPUT, 3, "a \"quoted\"\nreason");
    tare_err_locate(&e, TARE_S("a\nbc"));
    tare_buf_init(&out, NULL, 1 << 16);
    tare_arena_init(&a, NULL, 1 << 20);
    tare_view_error_json(&out, "tare run", &e);
    assert_int_equal(tare_json_parse(tare_buf_str(&out), NULL, &a, &root, &bad), TARE_OK);
    assert_true(tare_json_str_is(tare_json_get(root, "schema"), "tare.error/1"));
    assert_true(tare_json_str_is(tare_json_get(root, "code"), "input"));
    assert_true(tare_json_str_is(tare_json_get(root, "text"), "a \"quoted\"\nreason"));
    struct tare_json where = tare_json_get(root, "where");
    assert_true(tare_json_i64(tare_json_get(where, "line"), &line) && line == 2);
    assert_true(tare_json_str_is(tare_json_get(where, "excerpt"), "bc"));
    tare_arena_free(&a);
    tare_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_parts),
        cmocka_unit_test(only_what_is_known),
        cmocka_unit_test(marks_stand_below_the_fault),
        cmocka_unit_test(the_end_of_a_long_line),
        cmocka_unit_test(one_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
