#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../decide/maker.h"
#include "../state_arena.h"
#include "base/fs.h"
#include "boards.h"
#include "schema.h"
#include "view/doc.h"

static struct tare_json schema_of(struct tare_arena *arena, const char *name)
{
    struct tare_str path = tare_arena_printf(arena, "%s/docs/schema/%s", getenv("TARE_ROOT"), name);
    struct tare_str text;
    struct tare_err err = {0};
    if (tare_fs_read(path, 1 << 20, arena, &text, &err))
        fail_msg("%s", err.text);
    return document_of(arena, text);
}

/* NULL when it conforms. */
static const char *conforms(struct tare_arena *arena, const char *name, struct tare_json doc)
{
    static char fault[256];
    struct schema s = {.root = schema_of(arena, name)};
    bool ok = schema_check(&s, s.root, doc, "");
    memcpy(fault, s.fault, sizeof fault);
    return ok ? NULL : fault;
}

static struct tare_json compare_doc(struct tare_arena *arena, const struct tare_compare *c,
                                    enum tare_gate gate)
{
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, 1 << 24);
    tare_json_writer_init(&w, &out);
    tare_doc_compare(&w, c, gate);
    struct tare_str copy = tare_arena_copy(arena, tare_buf_str(&out));
    tare_buf_free(&out);
    return document_of(arena, copy);
}

static struct tare_compare compared(struct tare_arena *arena, struct made *m, double margin)
{
    struct tare_compare c;
    struct tare_err err = {0};
    struct tare_compare_opts opts = {.size = sizeof opts, .margin = margin};
    if (tare_compare(&m->results, 0, &m->results, 1, &opts, arena, &c, &err))
        fail_msg("%s", err.text);
    return c;
}

static void compare_conforms(void **state)
{
    static const uint32_t tables[][4] = {{15, 1, 26, 6}, {3, 1, 2, 16},  {0, 0, 0, 0},
                                         {0, 0, 1, 0},   {30, 0, 0, 18}, {0, 0, 9, 0}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct made m;
        const uint32_t *t = tables[i];
        made_table(&m, *state, t[0], t[1], t[2], t[3]);
        struct tare_compare c = compared(*state, &m, i % 2 ? 0.05 : 0);
        struct tare_json doc =
            compare_doc(*state, &c, i % 2 ? TARE_GATE_REQUIRE_NOT_WORSE : TARE_GATE_NONE);
        const char *fault = conforms(*state, "compare.json", doc);
        if (fault)
            fail_msg("table %zu: %s", i, fault);
    }
}

/* A check that cannot fail is none: a member too many, a wrong word, a missing member. */
static void the_check_refuses(void **state)
{
    const char *bad[] = {"{\"schema\":\"tare.compares/1\",\"comparisons\":[],\"more\":1}",
                         "{\"schema\":\"tare.compares/2\",\"comparisons\":[]}",
                         "{\"schema\":\"tare.compares/1\"}",
                         "{\"schema\":\"tare.compares/1\",\"comparisons\":{}}"};
    for (size_t i = 0; i < 4; i++)
        assert_non_null(
            conforms(*state, "compares.json", document_of(*state, tare_str_of(bad[i]))));
    assert_null(conforms(*state, "compares.json",
                         document_of(*state, TARE_S("{\"schema\":\"tare.compares/1\","
                                                    "\"comparisons\":[]}"))));
}

/* What the document says is what was computed: nothing is rounded on the way. */
static void the_published_example(void **state)
{
    struct made m;
    double x;
    int64_t n;
    made_table(&m, *state, 15, 1, 26, 6);
    struct tare_compare c = compared(*state, &m, 0);
    struct tare_json doc = compare_doc(*state, &c, TARE_GATE_NONE);
    assert_true(tare_json_str_is(tare_json_get(doc, "verdict"), "improved"));
    assert_true(tare_json_f64(tare_json_get(doc, "p"), &x) && x == c.p_adjusted);
    assert_true(tare_json_i64(tare_json_get(doc, "wins"), &n) && n == 26);
    struct tare_json boot = tare_json_get(doc, "ci_bootstrap");
    assert_true(tare_json_f64(tare_json_at(boot, 0), &x));
    assert_near(x, 0.375, 1e-12);
    assert_true(tare_json_f64(tare_json_at(boot, 1), &x));
    assert_near(x, 2.0 / 3, 1e-12);
    struct tare_str sentence = tare_json_str(tare_json_get(doc, "sentence"));
    assert_true(tare_str_find(sentence, TARE_S("solves 26 that plain does not and loses 1; 21 are "
                                               "alike")) != SIZE_MAX);
    assert_true(tare_str_find(sentence, TARE_S("+52.1 points")) != SIZE_MAX);
    assert_true(tare_str_find(sentence, TARE_S("exact bootstrap +37.5 to +66.7")) != SIZE_MAX);
    assert_true(tare_str_find(sentence, TARE_S("p = 2.2e\xe2\x88\x92"
                                               "7, one test")) != SIZE_MAX);
    /* The picture's shares add up to 1 around the estimate. */
    struct tare_json dist = tare_json_get(doc, "dist");
    double from, lattice, sum = 0, mean = 0;
    assert_true(tare_json_f64(tare_json_get(dist, "from"), &from));
    assert_true(tare_json_f64(tare_json_get(dist, "lattice"), &lattice));
    struct tare_json p = tare_json_first(tare_json_get(dist, "p"));
    for (int i = 0; tare_json_present(p); p = tare_json_next(p), i++) {
        assert_true(tare_json_f64(p, &x));
        sum += x;
        mean += x * (from + i * lattice);
    }
    assert_near(sum, 1, 1e-6);
    assert_near(mean, 25.0 / 48, 1e-5);
}

static void missing_is_said(void **state)
{
    struct made m;
    double a[10], b[10];
    for (int i = 0; i < 10; i++) {
        a[i] = 0;
        b[i] = i == 4 ? (double)NAN : 1;
    }
    made_init(&m, *state, made_share("solved"), 10, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare c = compared(*state, &m, 0);
    struct tare_json doc = compare_doc(*state, &c, TARE_GATE_NONE);
    assert_null(conforms(*state, "compare.json", doc));
    assert_int_equal(tare_json_count(tare_json_get(doc, "readings")), 2);
    struct tare_str sentence = tare_json_str(tare_json_get(doc, "sentence"));
    assert_true(tare_str_find(sentence, TARE_S("Left out: 1 task without a score on side B")) !=
                SIZE_MAX);
}

static void board_conforms(void **state)
{
    struct sample_board s;
    struct tare_buf out;
    struct tare_json_writer w;
    sample_board_make(&s);
    tare_buf_init(&out, NULL, 1 << 20);
    tare_json_writer_init(&w, &out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.leaderboard/1");
    tare_doc_board(&w, &s.board);
    tare_json_end_object(&w);
    struct tare_json doc = document_of(*state, tare_buf_str(&out));
    const char *fault = conforms(*state, "leaderboard.json", doc);
    if (fault)
        fail_msg("%s", fault);
    struct tare_json third = tare_json_at(tare_json_get(doc, "leaderboard"), 2);
    assert_true(tare_json_str_is(tare_json_get(third, "kind"), "published"));
    assert_int_equal(tare_json_kind(tare_json_get(third, "rank")), TARE_JSON_NULL);
    tare_buf_free(&out);
}

#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_ARENA(compare_conforms), WITH_ARENA(the_check_refuses),
                                       WITH_ARENA(the_published_example),
                                       WITH_ARENA(missing_is_said), WITH_ARENA(board_conforms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
