/* The published scenarios are made again from their tables, and the generator of random numbers
 * under them gives Python's numbers. Reads $TARE_SHARED; skipped where that folder is absent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "world/soc/gen_published.h"
#include "world/soc/mt19937.h"

#include "base/banned.h"

static struct tare_arena arena;

static struct tare_str shared(const char *name)
{
    const char *root = getenv("TARE_SHARED");
    return tare_arena_printf(&arena, "%s/%s", root != NULL ? root : "../shared", name);
}

static struct tare_str slurp(const char *name)
{
    struct tare_str text = {NULL, 0};
    struct tare_err err = {0};
    struct tare_str path = shared(name);
    if (!tare_fs_exists(path))
        skip();
    assert_int_equal(tare_fs_read(path, 64 * TARE_MIB, &arena, &text, &err), TARE_OK);
    return text;
}

static bool next_line(struct tare_str *text, struct tare_str *line)
{
    while (text->n > 0) {
        const char *end = memchr(text->p, '\n', text->n);
        size_t n = end != NULL ? (size_t)(end - text->p) : text->n;
        *line = tare_str_n(text->p, n);
        n += end != NULL;
        *text = tare_str_n(text->p + n, text->n - n);
        if (line->n > 0)
            return true;
    }
    return false;
}

static struct tare_json parsed(struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    assert_int_equal(tare_json_parse(text, &tare_json_strict, &arena, &v, &err), TARE_OK);
    return v;
}

static uint32_t number(struct tare_json v)
{
    int64_t x = -1;
    assert_true(tare_json_i64(v, &x));
    return (uint32_t)x;
}

/* Each list of a vector starts from the seed anew, but getrandbits5 goes on after getrandbits32. */
static void check_vector(struct tare_json v)
{
    struct tare__mt19937 m;
    struct tare_json x;
    int64_t seed = 0;
    uint32_t order[82];
    assert_true(tare_json_i64(tare_json_get(v, "seed"), &seed));
    tare__mt19937_init(&m, (uint64_t)seed);
    x = tare_json_first(tare_json_get(v, "random"));
    for (; tare_json_present(x); x = tare_json_next(x)) {
        double want = 0;
        assert_true(tare_json_f64(x, &want));
        assert_true(tare__mt19937_unit(&m) == want);
    }
    static const struct {
        const char *key;
        uint32_t bits, below, plus;
    } lists[] = {{"getrandbits32", 32, 0, 0},
                 {"getrandbits5", 5, 0, 0},
                 {"choice_of_7", 0, 7, 0},
                 {"randint_10_99", 0, 90, 10}};
    for (uint32_t k = 0; k < 4; k++) {
        if (lists[k].bits != 5)
            tare__mt19937_init(&m, (uint64_t)seed);
        x = tare_json_first(tare_json_get(v, lists[k].key));
        for (; tare_json_present(x); x = tare_json_next(x)) {
            uint32_t got = lists[k].bits > 0
                               ? tare__mt19937_bits(&m, lists[k].bits)
                               : tare__mt19937_below(&m, lists[k].below) + lists[k].plus;
            assert_int_equal(got, number(x));
        }
    }
    tare__mt19937_init(&m, (uint64_t)seed);
    x = tare_json_first(tare_json_get(v, "sample_3_of_4"));
    for (; tare_json_present(x); x = tare_json_next(x)) {
        uint32_t got[3];
        tare__mt19937_sample(&m, 4, 3, got);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(got[i], number(tare_json_at(x, i)));
    }
    tare__mt19937_init(&m, (uint64_t)seed);
    for (uint32_t i = 0; i < 82; i++)
        order[i] = i;
    tare__mt19937_shuffle(&m, order, 82);
    for (uint32_t i = 0; i < 82; i++)
        assert_int_equal(order[i], number(tare_json_at(tare_json_get(v, "shuffle_82"), i)));
}

static void numbers(void **state)
{
    (void)state;
    struct tare_str text = slurp("vectors/opensec/mt19937.jsonl"), line;
    uint32_t cases = 0;
    while (next_line(&text, &line)) {
        check_vector(parsed(line));
        cases++;
    }
    assert_true(cases > 0);
}

/* The order of the texts, which the tables keep as well. */
static void shuffles(void **state)
{
    (void)state;
    struct tare_json tables = parsed(slurp("data/opensec/generator_tables.json"));
    struct tare_json order = tare_json_get(tables, "INJECTION_ORDER_AFTER_SHUFFLE_SEED42");
    uint32_t v[81];
    struct tare__mt19937 m;
    tare__mt19937_init(&m, 42);
    for (uint32_t i = 0; i < 81; i++)
        v[i] = i;
    tare__mt19937_shuffle(&m, v, 81);
    assert_int_equal(tare_json_count(order), 81);
    for (uint32_t i = 0; i < 81; i++)
        assert_int_equal(v[i], number(tare_json_at(order, i)));
}

static struct tare_json find(struct tare_json *lines, uint32_t n, struct tare_str id)
{
    for (uint32_t i = 0; i < n; i++) {
        struct tare_json seed = tare_json_get(lines[i], "seed");
        if (tare_str_eq(tare_json_str(tare_json_get(seed, "scenario_id")), id))
            return lines[i];
    }
    return (struct tare_json){0};
}

static void compare(enum tare_soc_edition edition, const char *const *files)
{
    struct tare_buf out;
    struct tare_err err = {0};
    struct tare_str line, made;
    struct tare_json want[256];
    uint32_t n = 0, same = 0;
    struct tare_json tables = parsed(slurp("data/opensec/generator_tables.json"));
    for (; *files != NULL; files++) {
        struct tare_str text = slurp(*files);
        while (next_line(&text, &line) && n < 256)
            want[n++] = parsed(line);
    }
    assert_int_equal(n, 220);
    tare_buf_init(&out, NULL, 64 * TARE_MIB);
    assert_int_equal(tare_soc_published(tables, edition, &arena, &out, &err), TARE_OK);
    made = tare_buf_str(&out);
    while (next_line(&made, &line)) {
        struct tare_json got = parsed(line), seed = tare_json_get(got, "seed");
        struct tare_str id = tare_json_str(tare_json_get(seed, "scenario_id"));
        struct tare_json w = find(want, n, id);
        if (!tare_json_equal(seed, tare_json_get(w, "seed")) ||
            !tare_json_equal(tare_json_get(got, "ground_truth"), tare_json_get(w, "ground_truth")))
            print_error("differs: %.*s\n", TARE_FMT(id));
        else
            same++;
    }
    assert_int_equal(same, 220);
    tare_buf_free(&out);
}

static void published(void **state)
{
    static const char *const files[] = {"data/opensec/seeds_eval.jsonl",
                                        "data/opensec/seeds_train.jsonl", NULL};
    (void)state;
    compare(TARE_SOC_EDITION_PUBLISHED, files);
}

static void current(void **state)
{
    static const char *const files[] = {"data/opensec/seeds_current_generator_seed42.jsonl", NULL};
    (void)state;
    compare(TARE_SOC_EDITION_CURRENT, files);
}

static int start(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    tare_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, start, finish),
        cmocka_unit_test_setup_teardown(shuffles, start, finish),
        cmocka_unit_test_setup_teardown(published, start, finish),
        cmocka_unit_test_setup_teardown(current, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
