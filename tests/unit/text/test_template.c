/* Templates: what is filled in, and where a wrong one is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "text/template.h"

static const char vars[] = "{\"name\":\"Ada\",\"n\":3,\"list\":[\"a\",\"b\",\"c\"],\"o\":{\"k\":"
                           "[1,2.50]},\"yes\":true,\"none\":null,\"evil\":\"{{ name }}\"}";

static enum tare_status fill(const char *text, bool lenient, char *out, size_t n,
                             struct tare_err *err)
{
    struct tare_arena arena;
    struct tare_json v, none = {NULL, 0};
    struct tare_template *t;
    struct tare_buf b;
    tare_arena_init(&arena, NULL, 16 << 20);
    tare_buf_init(&b, NULL, 4096);
    assert_int_equal(tare_json_parse(tare_str_of(vars), NULL, &arena, &v, NULL), TARE_OK);
    *err = (struct tare_err){0};
    enum tare_status st = tare_template_compile(tare_str_of(text), &arena, &t, err);
    if (st == TARE_OK)
        st = tare_template_fill(t, v, none, lenient, &arena, &b, err);
    assert_true(b.n < n);
    memcpy(out, b.p ? b.p : "", b.n);
    out[b.n] = 0;
    tare_buf_free(&b);
    tare_arena_free(&arena);
    return st;
}

static void test_filled(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"plain { text }", "plain { text }"},
        {"Hi {{ name }}!", "Hi Ada!"},
        {"{{name|upper}} {{ name | lower | upper }}", "ADA ADA"},
        {"{{ list[1] }}{{ list[-1] }}{{ list.0 }}", "bca"},
        {"{{ o.k }} {{ o.k[1] }} {{ o['k'] | length }}", "[1,2.50] 2.50 2"},
        {"{{ list | join(', ') }}", "a, b, c"},
        {"{{ nothing | default('x') }}{{ none | default(\"y\") }}", "xy"},
        {"{{ name | json }}{{ name | replace('A', '\"') }}", "\"Ada\"\"da"},
        {"{% if yes and not none %}A{% else %}B{% endif %}", "A"},
        {"{% if n > 3 %}A{% elif n == 3 %}B{% else %}C{% endif %}", "B"},
        {"{% if 'b' in list %}in{% endif %}{% if name != 'Ada' %}no{% endif %}", "in"},
        {"{% for x in list %}{{ loop.index }}{{ x }}{% if not loop.last %};{% endif %}{% endfor %}",
         "1a;2b;3c"},
        {"{% for k in o %}{{ k }}{% endfor %}", "k"},
        {"a {#- gone -#} b", "ab"},
        {"{% raw %}{{ name }}{% endraw %}", "{{ name }}"},
        {"{{ '}}' }}", "}}"},
        {"{{ evil }}", "{{ name }}"}, /* never read again */
    };
    char out[256];
    struct tare_err err;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum tare_status st = fill(rows[i].text, false, out, sizeof out, &err);
        if (st != TARE_OK)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_string_equal(out, rows[i].want);
    }
}

static void test_faults(void **state)
{
    static const struct {
        const char *text;
        size_t offset;
    } rows[] = {{"a {{ name", 2},        {"{% if yes %}x", 0},   {"{{ name | nofilter }}", 10},
                {"{% while x %}", 0},    {"{{ name name }}", 8}, {"{{ }}", 3},
                {"{% for x list %}", 0}, {"{{ nmae }}", 3},      {"{% endif %}", 0}};
    char out[256];
    struct tare_err err;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(fill(rows[i].text, false, out, sizeof out, &err), TARE_E_INPUT);
        if (!err.has_offset || err.offset != rows[i].offset)
            fail_msg("%s: at %zu, not %zu", rows[i].text, err.offset, rows[i].offset);
    }
    assert_int_equal(fill("{{ nmae }}", false, out, sizeof out, &err), TARE_E_INPUT);
    assert_non_null(strstr(err.hint, "name"));
    assert_int_equal(fill("<{{ nmae }}>", true, out, sizeof out, &err), TARE_OK);
    assert_string_equal(out, "<>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_filled),
                                       cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
