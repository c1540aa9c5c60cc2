/* One compiled schema, and the tools of one list of calls, used by many threads at once: each finds
 * what one thread alone finds. */
#include "text_test.h"

#include "base/rng.h"
#include "base/thread.h"
#include "text/calls.h"

#include "../test_arena.h"

#define THREADS 6u
#define VALUES 900u

/* Whatever takes memory or makes automata while it is checked. */
static const char schema_text[] =
    "{\"$id\":\"https://example.com/root\",\"$dynamicAnchor\":\"node\",\"type\":[\"object\","
    "\"array\",\"string\",\"number\"],\"properties\":{\"a\":{\"$dynamicRef\":\"#node\"},\"b\":{"
    "\"type\":\"string\",\"pattern\":\"^([a-c]|\\\\p{L}{2})*x?$\"},\"d\":{\"type\":\"string\","
    "\"format\":\"date-time\"},\"n\":{\"multipleOf\":0.25}},\"patternProperties\":{\"^x.{1,3}$\":{"
    "\"enum\":[1,2.0,\"y\",{\"k\":[1]}]}},\"anyOf\":[{\"required\":[\"a\"]},{\"properties\":{\"c\":"
    "true}},{\"type\":\"array\"}],\"unevaluatedProperties\":false,\"prefixItems\":[{\"type\":"
    "\"number\"}],\"contains\":{\"type\":\"string\",\"pattern\":\"a+b\"},\"minContains\":0,"
    "\"unevaluatedItems\":{\"$dynamicRef\":\"#node\"},\"uniqueItems\":true}";

static const char tools_text[] =
    "[{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":"
    "\"string\",\"pattern\":\"^[a-c]*$\"},\"n\":{\"type\":\"integer\"}},\"required\":[\"b\"],"
    "\"additionalProperties\":false}},{\"name\":\"g\"}]";

static void random_value(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    static const char *const scalars[] = {
        "1",        "2.50",       "0.3",          "\"\"",
        "\"abcx\"", "\"aab\"",    "\"\\u00e9z\"", "\"2026-01-02T03:04:05Z\"",
        "null",     "{\"k\":[1]}"};
    static const char *const names[] = {"a", "b", "c", "d", "n", "x1", "xy", "q"};
    uint32_t kind = depth > 3 ? 2 : tare_rng_below(r, 3), n = tare_rng_below(r, 4);
    if (kind == 2) {
        tare_buf_puts(b, scalars[tare_rng_below(r, sizeof scalars / sizeof *scalars)]);
        return;
    }
    tare_buf_putc(b, kind ? '[' : '{');
    for (uint32_t i = 0; i < n; i++) {
        tare_buf_puts(b, i ? "," : "");
        if (!kind) /* each name once */
            tare_buf_printf(b, "\"%s\":", names[i * 2 + tare_rng_below(r, 2)]);
        random_value(r, b, depth + 1);
    }
    tare_buf_putc(b, kind ? ']' : '}');
}

struct shared {
    const struct tare_schema *schema;
    struct tare_calls_opts calls;
    struct tare_str texts[VALUES];
    struct tare_str said[VALUES]; /* by one thread */
    struct tare_arena arenas[THREADS];
    bool same[VALUES];
};

/* All that is found out about value i: faults in words, and what a call with it is. */
static struct tare_str say(struct shared *s, uint64_t i, struct tare_arena *mine)
{
    struct tare_json v;
    struct tare_buf b;
    bool valid = false;
    struct tare_schema_fault *fault = NULL;
    struct tare_calls calls;
    tare_buf_init(&b, NULL, TARE_MIB);
    if (tare_json_parse(s->texts[i], NULL, mine, &v, NULL) != TARE_OK)
        tare_buf_puts(&b, "no JSON");
    else if (tare_schema_valid(s->schema, v, mine, &valid, NULL) != TARE_OK ||
             tare_schema_check(s->schema, v, mine, &fault, NULL) != TARE_OK ||
             valid != (fault == NULL))
        tare_buf_puts(&b, "not checked");
    tare_buf_printf(&b, "%d", valid);
    for (; fault; fault = fault->next)
        tare_buf_printf(&b, " %.*s %.*s: %.*s", TARE_FMT(fault->at), TARE_FMT(fault->schema),
                        TARE_FMT(fault->says));
    struct tare_str call =
        tare_arena_printf(mine, "<tool_call>\n{\"name\": \"f\", \"arguments\": %.*s}\n</tool_call>",
                          TARE_FMT(s->texts[i]));
    if (tare_calls_parse(call, &s->calls, mine, &calls, NULL) != TARE_OK)
        tare_buf_puts(&b, "no call");
    else
        tare_buf_printf(&b, " %s %u %u", tare_calls_status_name(calls.status), calls.n_calls,
                        calls.n_findings);
    struct tare_str said = tare_arena_copy(mine, tare_buf_str(&b));
    tare_buf_free(&b);
    return said;
}

static void work(void *ctx, unsigned worker, uint64_t i)
{
    struct shared *s = ctx;
    s->same[i] = tare_str_eq(say(s, i, &s->arenas[worker]), s->said[i]);
    tare_arena_reset(&s->arenas[worker]);
}

static void test_one_schema(void **state)
{
    static struct shared s;
    struct tare_json v;
    struct tare_rng r;
    struct tare_buf b;
    struct tare_err err = {0};
    struct tare_schema_options o = {.formats = true};
    unsigned used = 0, valid = 0;
    (void)state;
    tare_rng_init(&r, 7, TARE_S("schema threads"), 0);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (size_t k = 0; k < 2; k++) { /* the second time nobody has used it before */
        assert_int_equal(tare_json_parse(TARE_S(schema_text), NULL, &arena, &v, &err), TARE_OK);
        if (tare_schema_compile(v, &o, &arena, &s.schema, &err) != TARE_OK)
            fail_msg("%s", err.text);
        assert_int_equal(tare_json_parse(TARE_S(tools_text), NULL, &arena, &v, &err), TARE_OK);
        s.calls = (struct tare_calls_opts){.dialect = TARE_S("hermes")};
        assert_int_equal(tare_tools_read(v, &arena, &s.calls.tools, &s.calls.n_tools, &err),
                         TARE_OK);
        for (uint32_t i = 0; i < VALUES && k == 0; i++) {
            tare_buf_reset(&b);
            random_value(&r, &b, 0);
            s.texts[i] = tare_arena_copy(&arena, tare_buf_str(&b));
            s.said[i] = say(&s, i, &arena);
            valid += s.said[i].p[0] == '1';
        }
    }
    assert_true(valid > VALUES / 10 && valid < VALUES * 9 / 10);
    for (unsigned i = 0; i < THREADS; i++)
        tare_arena_init(&s.arenas[i], NULL, TARE_GIB);
    assert_int_equal(tare_parallel(THREADS, VALUES, work, &s, &used, &err), TARE_OK);
    assert_true(used > 1);
    for (uint32_t i = 0; i < VALUES; i++)
        if (!s.same[i])
            fail_msg("%.*s: a thread found something else", TARE_FMT(s.texts[i]));
    for (unsigned i = 0; i < THREADS; i++)
        tare_arena_free(&s.arenas[i]);
    tare_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_schema, arena_setup, arena_teardown)};
    return cmocka_run_group_tests_name("schemas and threads", tests, NULL, NULL);
}
