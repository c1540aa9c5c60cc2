/*
 * A plan as a document and on a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "schema.h"
#include "text/width.h"
#include "view/plan.h"

static struct tare_power_plan a_plan(double effect, double n)
{
    struct tare_power_plan p;
    struct tare_err err = {0};
    struct tare_power_plan_opts o = {.size = sizeof o,
                                     .baseline = .74,
                                     .effect = effect,
                                     .n = n,
                                     .discordance = (double)NAN,
                                     .sd = (double)NAN,
                                     .cluster_size = (double)NAN,
                                     .icc = (double)NAN};
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_OK);
    return p;
}

static void document(void **state)
{
    struct tare_arena arena;
    struct tare_buf out;
    struct tare_json_writer w;
    struct tare_err err = {0};
    struct tare_str schema;
    struct tare_power_plan p = a_plan(.05, 216);
    (void)state;
    tare_arena_init(&arena, NULL, 16 * 1024 * 1024);
    tare_buf_init(&out, NULL, 1 << 20);
    tare_json_writer_init(&w, &out);
    tare_doc_plan(&w, &p, NULL, (struct tare_str){0});
    struct tare_str path =
        tare_arena_printf(&arena, "%s/docs/schema/power.json", getenv("TARE_ROOT"));
    assert_int_equal(tare_fs_read(path, 1 << 20, &arena, &schema, &err), TARE_OK);
    struct schema s = {.root = document_of(&arena, schema)};
    if (!schema_check(&s, s.root, document_of(&arena, tare_buf_str(&out)), ""))
        fail_msg("%s", s.fault);
    tare_buf_free(&out);
    tare_arena_free(&arena);
}

static void terminal(void **state)
{
    static const struct tare_style styles[] = {{.unicode = true, .width = 80},
                                               {.width = 80},
                                               {.width = 40},
                                               {.unicode = true, .width = 20}};
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct tare_buf out;
        struct tare_power_plan p = i < 4 ? a_plan(.05, 216) : a_plan((double)NAN, 216);
        const struct tare_style *style = &styles[i % 4];
        tare_buf_init(&out, NULL, 1 << 20);
        tare_view_plan(&out, &p, NULL, (struct tare_str){0}, style);
        struct tare_str text = tare_buf_str(&out);
        assert_true(style->width < 80 || tare_str_find(text, TARE_S("10.9 points")) < text.n);
        for (size_t at = 0; at < text.n;) {
            const char *end = memchr(text.p + at, '\n', text.n - at);
            assert_non_null(end);
            size_t n = (size_t)(end - text.p) - at;
            struct tare_str line = tare_str_n(text.p + at, n);
            if (style->width >= 40 && tare_text_columns(line) > (size_t)style->width)
                fail_msg("too wide: %.*s", TARE_FMT(line));
            for (size_t k = 0; k < n && !style->unicode; k++)
                if ((unsigned char)line.p[k] > 0x7e)
                    fail_msg("not ASCII: %.*s", TARE_FMT(line));
            at += n + 1;
        }
        tare_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(document), cmocka_unit_test(terminal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
