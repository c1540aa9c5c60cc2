/* What compiling a mask may cost: schemas made to be dear are refused by a count of steps, at a
 * place, with a remedy; the count is the same every time and bounds time and memory. */
#include "text_test.h"

#include "base/buf.h"
#include "base/limits.h"
#include "text/schema_grammar.h"

/* A part of a schema that is written again and again, %u being its number; "" ends the list. */
struct dear {
    const char *name, *before, *each, *behind;
    unsigned n;
    bool refused;   /* else it must be made */
    const char *at; /* the refusal's place begins so */
};

static const struct dear schemas[] = {
    {"repeats beside a window", "{\"allOf\":[", "{\"pattern\":\"a[ab]{9}%u\"}",
     "{\"type\":\"string\"}]}", 8, true, ""},
    {"nested repeats", "{\"properties\":{", "\"p%u\":{\"pattern\":\"^([a-z]{1,30}-?%u){1,20}$\"}",
     "\"z\":{}}}", 400, true, "/properties"},
    {"patternProperties", "{\"patternProperties\":{", "\"a.{3}b%u\":{\"maxLength\":%u}",
     "\"^x\":{}}}", 5, true, "/patternProperties"},
    {"few patternProperties", "{\"patternProperties\":{", "\"a%u\":{\"maxLength\":%u}",
     "\"^x\":{}}}", 3, false, ""},
    {"a huge enum of texts", "{\"properties\":{\"e\":{\"enum\":[", "\"value-%u\"", "\"z\"]}}}",
     200000, true, "/properties/e"},
    {"a large enum of texts", "{\"enum\":[", "\"value-%u\"", "\"z\"]}", 10000, false, ""},
    {"a large enum of numbers", "{\"enum\":[", "%u", "-1]}", 20000, false, ""},
    {"numbers within bounds", "{\"type\":\"integer\",\"minimum\":3,\"enum\":[", "%u", "-1]}", 5000,
     false, ""},
    {"two enums", "{\"allOf\":[{\"enum\":[\"x\",\"value-1\"]},{\"enum\":[", "\"value-%u\"",
     "\"z\"]}]}", 20000, false, ""},
    {"not of many numbers", "{\"type\":\"number\",\"not\":{\"enum\":[", "%u", "-1]}}", 600, true,
     ""},
    {"a product of alternatives", "{\"allOf\":[",
     "{\"anyOf\":[{\"required\":[\"a%u\"]},{\"required\":[\"b%u\"]},{\"required\":[\"c%u\"]}]}",
     "{\"type\":\"object\"}]}", 12, true, "/allOf"},
    {"oneOf of objects alike", "{\"oneOf\":[",
     "{\"type\":\"object\",\"properties\":{\"k%u\":{\"type\":\"integer\"},\"c\":{\"minLength\":%u}}"
     "}",
     "{\"type\":\"null\"}]}", 120, true, ""},
    {"required", "{\"required\":[", "\"k%u\"", "\"z\"]}", 30000, true, "/required"},
    {"members", "{\"properties\":{", "\"k%u\":{\"type\":\"string\"}", "\"z\":{}}}", 90000, true,
     ""},
    {"references into a large list", "{\"$defs\":{\"q\":true},\"anyOf\":[",
     "{\"$ref\":\"#/$defs/q\"}", "{}]}", 30000, true, ""},
    {"sets of characters", "{\"pattern\":\"^(", "\\\\p{L}%u|", "z)$\"}", 1500, true, "/pattern"},
    {"", "", "", "", 0, false, ""}};

static struct tare_str written(const struct dear *d, struct tare_arena *arena)
{
    struct tare_buf b;
    bool pattern = d->each[0] == '\\';
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_buf_puts(&b, d->before);
    for (unsigned i = 0; i < d->n; i++) {
        for (const char *p = d->each; *p; p++)
            if (p[0] == '%' && p[1] == 'u')
                tare_buf_printf(&b, "%u", i), p++;
            else
                tare_buf_putc(&b, *p);
        tare_buf_puts(&b, pattern ? "" : ",");
    }
    tare_buf_puts(&b, d->behind);
    struct tare_str s = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

/* "not" of "allOf" of "anyOf", each twice what the one below is. */
static struct tare_str deep_negation(unsigned deep, struct tare_arena *arena)
{
    struct tare_str s =
        TARE_S("{\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"minimum\":3}},"
               "\"required\":[\"a\"]}");
    for (unsigned i = 0; i < deep; i++)
        s = tare_arena_printf(arena,
                              "{\"not\":{\"allOf\":[%.*s,{\"anyOf\":[%.*s,{\"required\":[\"c%u\"]}]"
                              "}]}}",
                              TARE_FMT(s), TARE_FMT(s), i);
    return s;
}

/* Where it was refused, "" when it was not. Steps and place are the same twice. */
static struct tare_str compiled(struct tare_str text, const char *name, struct tare_arena *arena)
{
    struct tare_json schema;
    struct tare_schema_grammar_options o = {.space = TARE_SCHEMA_SPACE_NONE};
    struct tare_err err[2] = {{.code = TARE_OK}, {.code = TARE_OK}};
    struct tare_schema_grammar out[2];
    struct tare_str at = TARE_S("");
    assert_int_equal(tare_json_parse(text, NULL, arena, &schema, NULL), TARE_OK);
    for (int k = 0; k < 2; k++) {
        struct tare_arena own;
        tare_arena_init(&own, NULL, TARE_GIB);
        if (k) /* other addresses */
            assert_non_null(tare_arena_alloc(&own, 100000));
        enum tare_status st = tare_schema_grammar_make(schema, &o, &own, &out[k], &err[k]);
        bool refused = st == TARE_E_LIMIT || out[k].refused;
        if (st != TARE_OK && st != TARE_E_LIMIT)
            fail_msg("%s: %s", name, err[k].text);
        if (out[k].steps > TARE_MAX_GRAMMAR_WORK + TARE_MAX_GRAMMAR_WORK / 10)
            fail_msg("%s: %llu steps", name, (unsigned long long)out[k].steps);
        if (own.held_bytes > 200 * TARE_MIB)
            fail_msg("%s: %zu bytes", name, own.held_bytes);
        if (refused && out[k].refused) {
            at = tare_arena_copy(arena, out[k].refused->at);
            bool over = out[k].steps > TARE_MAX_GRAMMAR_WORK; /* else it may be relaxed */
            if ((over && !out[k].refused->remedy.n) || !out[k].refused->reason.n)
                fail_msg("%s: no remedy", name);
        } else if (refused) {
            const char *from = strstr(err[k].text, "at \"");
            if (!from || !err[k].hint[0])
                fail_msg("%s: no place or remedy: %s", name, err[k].text);
            at = tare_arena_printf(arena, "%s", from + 4);
        }
        if (refused && at.n == 0)
            at = TARE_S(" "); /* the root */
        tare_arena_free(&own);
    }
    if (out[0].steps != out[1].steps)
        fail_msg("%s: %llu steps, then %llu", name, (unsigned long long)out[0].steps,
                 (unsigned long long)out[1].steps);
    return at;
}

static void dear_schemas(void **state)
{
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    for (const struct dear *d = schemas; d->name[0]; d++) {
        struct tare_str at = compiled(written(d, &arena), d->name, &arena);
        if ((at.n != 0) != d->refused)
            fail_msg("%s: %s at \"%.*s\"", d->name, at.n ? "refused" : "made", TARE_FMT(at));
        if (!tare_str_starts(at, tare_str_of(d->at)))
            fail_msg("%s: refused at \"%.*s\"", d->name, TARE_FMT(at));
        tare_arena_reset(&arena);
    }
    assert_int_equal(compiled(deep_negation(3, &arena), "negation", &arena).n, 0);
    assert_int_not_equal(compiled(deep_negation(7, &arena), "deep negation", &arena).n, 0);
    tare_arena_free(&arena);
}

/* A pattern that is too large may be relaxed; then the rest is enforced and it is named. */
static void relaxed_pattern(void **state)
{
    struct tare_arena arena;
    struct tare_json schema;
    struct tare_schema_grammar out;
    struct tare_str relax = TARE_S("pattern");
    struct tare_schema_grammar_options o = {.space = TARE_SCHEMA_SPACE_NONE};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_json_parse(TARE_S("{\"items\":{\"type\":\"string\",\"maxLength\":3,"
                                            "\"pattern\":\"a[ab]{13}\"}}"),
                                     NULL, &arena, &schema, NULL),
                     TARE_OK);
    assert_int_equal(tare_schema_grammar_make(schema, &o, &arena, &out, NULL), TARE_OK);
    assert_non_null(out.refused);
    assert_true(tare_str_is(out.refused->at, "/items/pattern"));
    assert_int_equal(out.refused->remedy.n, 0);
    o.relax = &relax;
    o.n_relax = 1;
    assert_int_equal(tare_schema_grammar_make(schema, &o, &arena, &out, NULL), TARE_OK);
    assert_null(out.refused);
    assert_non_null(out.grammar);
    assert_non_null(out.unenforced);
    assert_true(tare_str_is(out.unenforced->at, "/items/pattern"));
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dear_schemas),
                                       cmocka_unit_test(relaxed_pattern)};
    return cmocka_run_group_tests_name("mask bounds", tests, NULL, NULL);
}
