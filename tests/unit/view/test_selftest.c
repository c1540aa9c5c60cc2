/*
 * The self-test's result as a document and on a terminal.
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
#include "view/selftest.h"

static struct tare_selftest sample(struct tare_arena *arena)
{
    struct tare_selftest s;
    struct tare_err err = {0};
    struct tare_selftest_opts opts = {.size = sizeof opts, .seed = 1, .replicates = 50};
    assert_int_equal(tare_selftest(&opts, arena, &s, &err), TARE_OK);
    return s;
}

static void document(void **state)
{
    struct tare_arena arena;
    struct tare_buf out;
    struct tare_json_writer w;
    struct tare_err err = {0};
    struct tare_str text;
    (void)state;
    tare_arena_init(&arena, NULL, 16 * 1024 * 1024);
    struct tare_selftest s = sample(&arena);
    tare_buf_init(&out, NULL, 1 << 20);
    tare_json_writer_init(&w, &out);
    struct tare_selftest_until_row row = {
        .name = "pairs", .about = "pass or fail", .tasks = 300, .attempts = 1, .effect = 0.1};
    struct tare_selftest_until until = {.rows = &row, .n_rows = 1};
    tare_doc_selftest(&w, &s, &until);
    struct tare_str path =
        tare_arena_printf(&arena, "%s/docs/schema/selftest.json", getenv("TARE_ROOT"));
    assert_int_equal(tare_fs_read(path, 1 << 20, &arena, &text, &err), TARE_OK);
    struct schema schema = {.root = document_of(&arena, text)};
    if (!schema_check(&schema, schema.root, document_of(&arena, tare_buf_str(&out)), ""))
        fail_msg("%s", schema.fault);
    tare_buf_free(&out);
    tare_arena_free(&arena);
}

static void terminal(void **state)
{
    static const struct tare_style styles[] = {{.unicode = true, .width = 80}, {.width = 60}};
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, 16 * 1024 * 1024);
    struct tare_selftest s = sample(&arena);
    for (int i = 0; i < 2; i++) {
        struct tare_buf out;
        tare_buf_init(&out, NULL, 1 << 20);
        tare_view_selftest(&out, &s, &styles[i]);
        struct tare_str text = tare_buf_str(&out);
        for (uint32_t r = 0; r < s.n_rows; r++)
            assert_true(tare_str_find(text, tare_str_of(s.rows[r].name)) < text.n);
        for (size_t at = 0; at < text.n;) {
            const char *end = memchr(text.p + at, '\n', text.n - at);
            assert_non_null(end);
            size_t n = (size_t)(end - text.p) - at;
            if (tare_text_columns(tare_str_n(text.p + at, n)) > (size_t)styles[i].width)
                fail_msg("too wide: %.*s", (int)n, text.p + at);
            assert_true(n == 0 || text.p[at + n - 1] != ' ');
            at += n + 1;
        }
        tare_buf_free(&out);
    }
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(document), cmocka_unit_test(terminal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
