/* The random numbers the published scenarios were drawn with are understood: Python's Mersenne
 * Twister, and the order of the texts that it gives. Reads $TARE_SHARED; skipped without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../shared.h"
#include "../test_arena.h"
#include "base/fs.h"
#include "base/limits.h"
#include "mt19937.h"
#include "text/json.h"

#include "base/banned.h"

static struct tare_str slurp(const char *name)
{
    struct tare_str text = {NULL, 0};
    struct tare_err err = {0};
    struct tare_str path = shared_path(&arena, name);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(shuffles),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
