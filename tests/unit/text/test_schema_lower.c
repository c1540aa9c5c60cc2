/* Schemas, one a row: texts their masks let through, texts they do not, what is refused and where.
 * Each text is held against the validator too, so a wrong row fails. */
#include "guide_test.h"
#include "text/mask_try.h"
#include "text/schema_grammar.h"

#define MAX_TEXTS 8

static struct tare_arena arena;
static const struct tare_vocab *vocab;
static const struct tare_guide_vocab *tables;

struct row {
    const char *schema;
    const char *yes[MAX_TEXTS], *no[MAX_TEXTS];
    const char *narrowed; /* valid ones are missed: where; then `no` may hold valid texts */
};

static const struct row rows[] = {
    /* a member that breaks a rule about names there must be */
    {"{\"type\":\"object\",\"not\":{\"patternProperties\":{\"^a\":{\"type\":\"string\"}}}}",
     {"{\"a\":1}", "{\"b\":2,\"ab\":null}", "{\"ab\":\"x\",\"ac\":1}"},
     {"{}", "{\"a\":\"x\"}", "{\"b\":1}"},
     NULL},
    {"{\"type\":\"object\",\"properties\":{\"a\":{}},\"not\":{\"patternProperties\":{\"a\":{"
     "\"type\":\"string\"}}}}",
     {"{\"a\":1}", "{\"a\":\"x\",\"ba\":1}"},
     {"{}", "{\"a\":\"x\"}", "{\"b\":1}"},
     NULL},
    {"{\"type\":\"object\",\"not\":{\"propertyNames\":{\"pattern\":\"^a\"}}}",
     {"{\"b\":1}", "{\"a\":1,\"\":2}"},
     {"{}", "{\"a\":1}"},
     NULL},
    {"{\"type\":\"object\",\"not\":{\"additionalProperties\":{\"type\":\"boolean\"},\"properties\":"
     "{"
     "\"foo\":{}}}}",
     {"{\"foo\":1,\"x\":1}", "{\"x\":true,\"y\":null}"},
     {"{}", "{\"foo\":1}", "{\"x\":true}"},
     NULL},
    {"{\"type\":\"object\",\"properties\":{\"foo\":{},\"bar\":{}},\"not\":{"
     "\"additionalProperties\":"
     "false,\"properties\":{\"foo\":{}}}}",
     {"{\"bar\":1}", "{\"foo\":1,\"z\":2}"},
     {"{}", "{\"foo\":1}"},
     NULL},
    /* two wants that one member may meet, and a most */
    {"{\"type\":\"object\",\"maxProperties\":1,\"not\":{\"anyOf\":[{\"patternProperties\":{\"a\":"
     "false}},{\"patternProperties\":{\"b\":false}}]}}",
     {"{\"ab\":1}", "{\"ba\":[]}"},
     {"{\"a\":1}", "{\"b\":1}", "{}", "{\"a\":1,\"b\":2}"},
     NULL},
    {"{\"type\":\"object\",\"patternProperties\":{\"^[0-9]$\":{\"type\":\"array\",\"minItems\":1}},"
     "\"additionalProperties\":false,\"not\":{\"anyOf\":[{\"propertyNames\":{\"not\":{\"enum\":["
     "\"1\","
     "\"3\"]}}},{\"propertyNames\":{\"not\":{\"enum\":[\"2\",\"3\"]}}}]},\"maxProperties\":2}",
     {"{\"3\":[1]}", "{\"1\":[1],\"2\":[2]}"},
     {"{\"1\":[1]}", "{\"1\":[1],\"4\":[2]}", "{\"3\":[]}"},
     NULL},
    /* values that differ from arrays and objects */
    {"{\"allOf\":[{\"enum\":[{\"foo\":false},{\"foo\":12}]},{\"not\":{\"enum\":[6,[],true,{\"foo\":"
     "12}"
     "]}}]}",
     {"{\"foo\":false}"},
     {"{\"foo\":12}"},
     NULL},
    {"{\"not\":{\"enum\":[{\"a\":1},[1,2],\"x\",3]}}",
     {"{\"a\":2}", "{}", "{\"a\":1,\"b\":2}", "[1]", "[1,3]", "[1,2,3]", "\"y\"", "4"},
     {"{\"a\":1}", "[1,2]", "\"x\"", "3"},
     NULL},
    {"{\"not\":{\"const\":{\"a\":[1,{\"b\":null}]}}}",
     {"{\"a\":[1,{\"b\":0}]}", "{\"a\":[1]}", "[]", "{\"a\":[1,{}]}", "null"},
     {"{\"a\":[1,{\"b\":null}]}"},
     NULL},
    /* texts that come once */
    {"{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"string\"}}",
     {"[]", "[\"a\"]", "[\"a\",\"aa\",\"\"]"},
     {"[\"a\",\"a\"]", "[\"\",\"b\",\"\"]", "[1]", "[\"a\",1]", "{}"},
     NULL},
    {"{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":2,\"items\":{\"enum\":[\"a\",\"b\","
     "\"ab\",\"a\"]}}",
     {"[\"b\",\"a\"]", "[\"ab\",\"a\",\"b\"]"},
     {"[\"a\"]", "[\"a\",\"a\"]", "[\"a\",\"b\",\"ab\",\"a\"]", "[\"a\",\"c\"]"},
     NULL},
    {"{\"type\":\"array\",\"uniqueItems\":true,\"maxItems\":3,\"items\":{\"type\":\"string\","
     "\"pattern\":\"^[ab]\",\"maxLength\":2}}",
     {"[]", "[\"ab\",\"a\",\"b\"]"},
     {"[\"ab\",\"ab\"]", "[\"abc\"]", "[\"a\",\"b\",\"aa\",\"bb\"]", "[\"\"]"},
     NULL},
    {"{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"array\",\"items\":{\"type\":"
     "\"string\"}}},"
     "\"additionalProperties\":{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":"
     "\"string\"}}}",
     {"{\"x\":[\"a\",\"a\"],\"y\":[\"a\"],\"z\":[\"a\"]}", "{\"y\":[\"y\",\"z\"],\"z\":[]}"},
     {"{\"x\":[],\"y\":[\"b\",\"b\"]}", "{\"y\":[\"a\",\"a\"],\"z\":[]}"},
     NULL},
    {"{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"enum\":[\"a\",\"b\"],\"type\":"
     "\"object\"}}",
     {"[]"},
     {"[\"a\"]", "[\"a\",\"b\"]", "[{}]"},
     NULL},
    {"{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"anyOf\":[{\"enum\":[\"a\",1],\"type\":"
     "\"boolean\"},{\"type\":\"string\",\"enum\":[\"b\",2]},{\"enum\":[\"c\"],\"pattern\":\"d\"}]}"
     "}",
     {"[]", "[\"b\"]"},
     {"[\"a\"]", "[\"b\",\"b\"]", "[1]", "[2]", "[\"c\"]"},
     NULL},
    /* an array that may be such a list or another: a text that comes twice leaves the other */
    {"{\"anyOf\":[{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"string\"}},{"
     "\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}]}",
     {"[\"a\",\"b\"]", "[[\"a\",\"a\"],[\"a\"]]", "[]"},
     {"[\"a\",\"a\"]", "[\"a\",[\"a\"]]"},
     NULL},
    {"{\"anyOf\":[{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"string\","
     "\"pattern\":\"^[bc]$\"},\"maxItems\":4},{\"type\":\"array\",\"items\":{\"const\":\"b\"}}]}",
     {"[\"b\",\"b\",\"b\"]", "[\"c\",\"b\"]", "[\"b\",\"b\"]"},
     {"[\"c\",\"c\"]", "[\"c\",\"b\",\"b\"]", "[\"b\",\"b\",\"c\"]"},
     NULL},
    {"{\"type\":\"object\",\"anyOf\":[{\"properties\":{\"x\":{\"type\":\"array\",\"uniqueItems\":"
     "true,\"items\":{\"type\":\"string\"}},\"y\":{\"const\":1}},\"required\":[\"y\"]},{"
     "\"properties\":{\"x\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"y\":{\"const\":"
     "2}},\"required\":[\"y\"]}]}",
     {"{\"x\":[\"a\",\"b\"],\"y\":1}", "{\"x\":[\"a\",\"a\"],\"y\":2}",
      "{\"x\":[\"a\",\"b\",\"a\",\"c\",\"c\"],\"y\":2}"},
     {"{\"x\":[\"a\",\"a\"],\"y\":1}"},
     NULL},
    /* members and items that nothing looked at */
    {"{\"type\":\"object\",\"properties\":{\"a\":{}},\"anyOf\":[{\"properties\":{\"b\":{\"const\":"
     "1}},\"required\":[\"b\"]},{\"properties\":{\"c\":{}},\"required\":[\"c\"]}],"
     "\"unevaluatedProperties\":false}",
     {"{\"a\":1,\"b\":1}", "{\"c\":2}", "{\"b\":1,\"c\":2}"},
     {"{}", "{\"a\":1}", "{\"b\":2,\"c\":1}", "{\"b\":1,\"d\":1}"},
     NULL},
    {"{\"type\":\"object\",\"allOf\":[{\"properties\":{\"a\":{}}},{\"patternProperties\":{\"^x\":{}"
     "}}],\"not\":{\"not\":{\"properties\":{\"b\":{}}}},\"unevaluatedProperties\":{\"type\":"
     "\"null\"}}",
     {"{\"a\":1,\"xy\":2}", "{\"b\":null}", "{}"},
     {"{\"b\":1}", "{\"a\":1,\"y\":2}"},
     NULL},
    {"{\"type\":\"object\",\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]},"
     "\"then\":{\"properties\":{\"b\":{}}},\"else\":{\"properties\":{\"c\":{}}},"
     "\"unevaluatedProperties\":false}",
     {"{\"a\":1,\"b\":2}", "{\"c\":1}", "{}"},
     {"{\"a\":1,\"c\":1}", "{\"b\":1}", "{\"a\":2}"},
     NULL},
    {"{\"type\":\"object\",\"allOf\":[{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}],"
     "\"properties\":{\"b\":{}}}",
     {"{\"a\":1}", "{}"},
     {"{\"b\":1}", "{\"a\":1,\"b\":1}"},
     NULL},
    {"{\"type\":\"object\",\"oneOf\":[{\"properties\":{\"a\":{\"type\":\"null\"}},"
     "\"additionalProperties\":{\"type\":\"integer\"},\"minProperties\":2},{\"properties\":{\"b\":{"
     "}},\"required\":[\"b\"],\"maxProperties\":1}],\"unevaluatedProperties\":false}",
     {"{\"a\":null,\"z\":1}", "{\"b\":\"x\"}"},
     {"{\"z\":1}", "{\"b\":\"x\",\"z\":1}"},
     NULL},
    {"{\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"}],\"anyOf\":[{\"prefixItems\":["
     "true,{\"type\":\"string\"}],\"minItems\":2},{\"maxItems\":1}],\"unevaluatedItems\":false}",
     {"[1]", "[]", "[1,\"a\"]"},
     {"[\"a\"]", "[1,\"a\",2]", "[1,2]"},
     NULL},
    {"{\"type\":\"object\",\"if\":{\"patternProperties\":{\"foo\":{\"type\":\"string\"}}},"
     "\"unevaluatedProperties\":false}",
     {"{\"foo\":\"a\"}", "{}"},
     {"{\"bar\":1}", "{\"foo\":1}"},
     NULL},
    /* many patterns of which few find the same names */
    {"{\"type\":\"object\",\"patternProperties\":{\"^a\":{\"const\":0},\"^b\":{\"const\":1},\"^c\":"
     "{\"const\":2},\"^d\":{\"const\":3},\"^e\":{\"const\":4},\"^f\":{\"const\":5},\"^g\":{"
     "\"const\":6},\"^h\":{\"const\":7},\"z$\":{\"type\":\"integer\"}},\"additionalProperties\":{"
     "\"type\":\"null\"}}",
     {"{\"a\":0,\"bx\":1,\"h\":7}", "{\"x\":null,\"xz\":5}", "{\"hz\":7}"},
     {"{\"a\":1}", "{\"x\":1}", "{\"hz\":null}", "{\"xz\":null}"},
     NULL},
    /* references that are dynamic and lead to one place all the same */
    {"{\"$id\":\"http://x.example/"
     "root\",\"$dynamicAnchor\":\"n\",\"type\":\"object\",\"properties\":{\"c\":{\"$ref\":"
     "\"inner\"}},\"additionalProperties\":false,\"$defs\":{\"inner\":{\"$id\":\"inner\",\"$"
     "dynamicAnchor\":\"n\",\"type\":\"array\",\"items\":{\"$dynamicRef\":\"#n\"}}}}",
     {"{\"c\":[]}", "{\"c\":[{},{\"c\":[]}]}", "{}"},
     {"{\"c\":[[]]}", "{\"c\":[1]}", "[]"},
     NULL},
    {"{\"$schema\":\"https://json-schema.org/draft/2019-09/"
     "schema\",\"$recursiveAnchor\":true,\"type\":\"object\",\"properties\":{\"c\":{\"type\":"
     "\"array\",\"items\":{\"$recursiveRef\":\"#\"}}},\"additionalProperties\":false}",
     {"{\"c\":[{\"c\":[]}]}", "{}"},
     {"{\"c\":[1]}", "{\"c\":[{\"d\":1}]}"},
     NULL},
    /* items */
    {"{\"type\":\"array\",\"not\":{\"items\":{\"type\":\"string\"}}}",
     {"[1]", "[\"a\",1]", "[1,\"a\"]"},
     {"[]", "[\"a\"]"},
     NULL},
    {"{\"type\":\"array\",\"not\":{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"null\"}]}}",
     {"[1]", "[\"a\",1]", "[\"a\",1,2]"},
     {"[]", "[\"a\"]", "[\"a\",null]"},
     NULL},
    {"{\"type\":\"array\",\"contains\":{\"type\":\"null\"},\"minItems\":2,\"maxItems\":3}",
     {"[1,null]", "[null,1,2]", "[1,2,null]"},
     {"[]", "[null]", "[1,2]", "[1,2,3,null]", "[1,2,3]"},
     NULL},
    {"{\"type\":\"array\",\"contains\":{\"type\":\"null\"},\"minContains\":2,\"maxContains\":2}",
     {"[null,null]", "[null,1,null]"},
     {"[]", "[null]", "[null,null,null]"},
     NULL},
    {"{\"type\":\"array\",\"not\":{\"contains\":{\"type\":\"null\"},\"minContains\":2}}",
     {"[]", "[null]", "[1,null]"},
     {"[null,null]", "[null,1,null]"},
     NULL},
    {"{\"type\":\"array\",\"contains\":{\"const\":1},\"maxContains\":1,\"prefixItems\":[{\"const\":"
     "1}"
     "]}",
     {"[1]", "[1,2]"},
     {"[]", "[2,1]", "[1,1]", "[1,2,1]"},
     NULL},
    {"{\"type\":\"array\",\"allOf\":[{\"contains\":{\"const\":1}},{\"contains\":{\"const\":2}}]}",
     {"[1,2]", "[2,3,1]"},
     {"[1]", "[2,2]", "[]"},
     NULL},
    {"{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"not\":{\"items\":{\"minimum\":0}}}",
     {"[-1]", "[1,-1,2]"},
     {"[1]", "[]", "[null]"},
     NULL},
    /* multiples */
    {"{\"type\":\"integer\",\"multipleOf\":1000000}",
     {"0", "3000000", "-1000000", "10000000"},
     {"100000", "3000001", "10"},
     NULL},
    {"{\"type\":\"number\",\"multipleOf\":0.01}",
     {"0", "1.25", "-3.5", "7", "1.250"},
     {"1.255", "0.001"},
     NULL},
    {"{\"type\":\"integer\",\"multipleOf\":1500,\"minimum\":1}",
     {"1500", "3000", "45000"},
     {"0", "150", "1501"},
     NULL},
    {"{\"type\":\"number\",\"not\":{\"multipleOf\":0.5}}",
     {"0.25", "1.75", "3.1"},
     {"1.50", "2", "0", "0.5", "1.0"},
     NULL},
    {"{\"type\":\"integer\",\"multipleOf\":4,\"not\":{\"multipleOf\":6}}",
     {"4", "8", "16"},
     {"0", "12", "6", "24"},
     NULL},
    {"{\"type\":\"number\",\"multipleOf\":3,\"maximum\":10}",
     {"9", "6.0", "-3"},
     {"12", "6.5", "1"},
     NULL},
    /* a rule whose negation cannot be written: less, never more */
    {"{\"not\":{\"type\":\"array\",\"uniqueItems\":true}}",
     {"1", "{}"},
     {"[1,2]", "[1,1]"},
     "/not/uniqueItems"},
    {"{\"if\":{\"type\":\"array\",\"uniqueItems\":false},\"then\":{\"maxItems\":1},\"else\":{"
     "\"type\":\"null\"}}",
     {"null", "[1]"},
     {"1", "[1,2]"},
     NULL},
};

static enum tare_status lowered(const char *text, const struct tare_schema_grammar_options *o,
                                struct tare_schema_grammar *out, struct tare_err *err)
{
    struct tare_json schema;
    if (tare_json_parse(tare_str_of(text), NULL, &arena, &schema, err) != TARE_OK)
        fail_msg("%s: %s", text, err->text);
    return tare_schema_grammar_make(schema, o, &arena, out, err);
}

static bool is_valid(const struct tare_schema *s, struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    bool valid = false;
    if (tare_json_parse(text, NULL, &arena, &v, &err) != TARE_OK)
        fail_msg("%.*s: %s", TARE_FMT(text), err.text);
    assert_int_equal(tare_schema_valid(s, v, &arena, &valid, &err), TARE_OK);
    return valid;
}

static bool noted(const struct tare_schema_unenforced *u, const char *at)
{
    for (; u; u = u->next)
        if (tare_str_is(u->at, at))
            return true;
    return false;
}

/* Random texts of the mask are valid. */
static void write_seeded(struct tare_guide *g, const struct tare_schema *s, const char *schema,
                         unsigned seed)
{
    struct tare_rng rng;
    struct tare_buf b;
    tare_rng_init(&rng, 3, TARE_S("rows"), seed);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (int i = 0; i < 20; i++) {
        struct tare_mask_wander w;
        tare_buf_reset(&b);
        assert_int_equal(tare_mask_wander(g, vocab, &rng, 200, &b, &w, NULL), TARE_OK);
        if (w.dead || (w.ended && !is_valid(s, tare_buf_str(&b))))
            fail_msg("%s writes %.*s", schema, TARE_FMT(tare_buf_str(&b)));
    }
    tare_buf_free(&b);
}

static void write_some(struct tare_guide *g, const struct tare_schema *s, const char *schema)
{
    write_seeded(g, s, schema, 0);
}

static void test_rows(void **state)
{
    static const struct tare_schema_grammar_options ways[] = {
        {.space = TARE_SCHEMA_SPACE_NONE}, {.any_order = true}, {.no_escapes = true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            const struct row *r = &rows[i];
            struct tare_schema_grammar sg;
            struct tare_err err = {0};
            if (lowered(r->schema, &ways[k], &sg, &err) != TARE_OK || sg.refused)
                fail_msg("%s: %s", r->schema, err.text);
            struct tare_guide *g = guide_of(sg.grammar, tables);
            for (size_t t = 0; t < MAX_TEXTS && r->yes[t]; t++)
                if (!is_valid(sg.schema, tare_str_of(r->yes[t])) ||
                    !guide_takes(g, tare_str_of(r->yes[t])))
                    fail_msg("%s: not %s", r->schema, r->yes[t]);
            for (size_t t = 0; t < MAX_TEXTS && r->no[t]; t++)
                if ((!r->narrowed && is_valid(sg.schema, tare_str_of(r->no[t]))) ||
                    guide_takes(g, tare_str_of(r->no[t])))
                    fail_msg("%s: %s", r->schema, r->no[t]);
            if (r->narrowed ? !noted(sg.narrowed, r->narrowed) : sg.narrowed != NULL)
                fail_msg("%s: narrowed at %.*s", r->schema,
                         TARE_FMT(sg.narrowed ? sg.narrowed->at : TARE_S("no place")));
            write_some(g, sg.schema, r->schema);
            tare_guide_close(g);
        }
}

/* Many kinds of object are told apart by what they must have, not pair by pair in full. */
static void test_unions(void **state)
{
    (void)state;
    for (unsigned closed = 0; closed < 2; closed++) {
        struct tare_buf b;
        struct tare_schema_grammar sg;
        struct tare_err err = {0};
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_buf_puts(&b, "{\"oneOf\":[");
        for (unsigned i = 0; i < 150; i++) {
            tare_buf_printf(&b, "%s{\"type\":\"object\",\"properties\":{\"%s%u\":{\"const\":%u}",
                            i ? "," : "", closed ? "kind" : "", closed ? i : 0, i);
            for (unsigned k = 1; k < 20; k++)
                tare_buf_printf(&b, ",\"%u\":{\"type\":\"integer\"}", k);
            tare_buf_printf(&b, "},\"required\":[\"%s%u\",\"1\",\"2\",\"3\"]%s}",
                            closed ? "kind" : "", closed ? i : 0,
                            closed ? ",\"additionalProperties\":false" : "");
        }
        tare_buf_puts(&b, "]}");
        struct tare_str text = tare_arena_copy(&arena, tare_buf_str(&b));
        assert_int_equal(lowered(text.p, NULL, &sg, &err), TARE_OK);
        assert_null(sg.refused);
        assert_null(sg.narrowed);
        if (sg.steps > 1000000)
            fail_msg("%u: %llu steps", closed, (unsigned long long)sg.steps);
        struct tare_guide *g = guide_of(sg.grammar, tables);
        const char *yes =
            closed ? "{\"kind7\":7,\"1\":0,\"2\":0,\"3\":0}" : "{\"0\":7,\"1\":0,\"2\":0,\"3\":0}";
        const char *no = closed ? "{\"kind7\":8,\"1\":0,\"2\":0,\"3\":0}"
                                : "{\"0\":150,\"1\":0,\"2\":0,\"3\":0}";
        assert_true(guide_takes(g, tare_str_of(yes)));
        assert_false(guide_takes(g, tare_str_of(no)));
        tare_guide_close(g);
        tare_buf_free(&b);
    }
}

/* Subschemas that lead to each other in a chain longer than any text is deep. */
static void test_chain(void **state)
{
    struct tare_buf b;
    struct tare_schema_grammar sg;
    struct tare_err err = {0};
    (void)state;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_buf_puts(&b, "{\"additionalProperties\":false,\"properties\":{\"p\":{}");
    for (unsigned i = 0; i < 160; i++)
        tare_buf_printf(&b, ",\"p%u\":{\"type\":\"object\",\"$ref\":\"#\"}", i);
    tare_buf_puts(&b, "}}");
    struct tare_str text = tare_arena_copy(&arena, tare_buf_str(&b));
    assert_int_equal(lowered(text.p, NULL, &sg, &err), TARE_OK);
    assert_null(sg.refused);
    struct tare_guide *g = guide_of(sg.grammar, tables);
    assert_true(guide_takes(g, TARE_S("{\"p0\":{\"p159\":{\"p158\":{},\"p159\":{\"p\":1}}}}")));
    assert_false(guide_takes(g, TARE_S("{\"p0\":{\"p159\":{\"p158\":{},\"p159\":1}}}")));
    assert_false(guide_takes(g, TARE_S("{\"p150\":{\"q\":{}}}")));
    tare_guide_close(g);
    tare_buf_free(&b);
}

/* What is refused says where; what no relaxing helps is refused with it too. */
static void test_refusals(void **state)
{
    static const struct {
        const char *schema, *at;
        bool always;
    } refused[] = {
        {"{\"items\":{\"uniqueItems\":true}}", "/items/uniqueItems", false},
        {"{\"properties\":{\"a\":{\"multipleOf\":0.123457}}}", "/properties/a/multipleOf", false},
        {"{\"properties\":{\"a\":{\"pattern\":\"(a|b)*a(a|b){12}\"}}}", "/properties/a/pattern",
         false},
        {"{\"minimum\":1e60}", "/minimum", false},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":"
         "\"#/$defs/a\"}}}",
         "/$defs/a/$ref", true},
        {"{\"type\":\"array\",\"not\":{\"uniqueItems\":true}}", "/not/uniqueItems", true},
        {"{\"$id\":\"http://x.example/"
         "r\",\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"a\"},\"y\":{\"$ref\":\"b\"}},"
         "\"$defs\":{\"a\":{\"$id\":\"a\",\"$dynamicAnchor\":\"n\",\"items\":{\"$dynamicRef\":\"#"
         "n\"}},\"b\":{\"$id\":\"b\",\"$dynamicAnchor\":\"n\",\"type\":\"array\"}}}",
         "/$defs/a/items/$dynamicRef", false},
        {"{\"type\":\"array\",\"contains\":{\"const\":1},\"minItems\":9000}", "/contains", false},
    };
    static const struct tare_str all = {"*", 1};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        for (int relaxed = 0; relaxed < 2; relaxed++) {
            struct tare_schema_grammar sg;
            struct tare_err err = {0};
            struct tare_schema_grammar_options o = {.relax = &all, .n_relax = relaxed ? 1 : 0};
            if (lowered(refused[i].schema, &o, &sg, &err) != TARE_OK)
                fail_msg("%s: %s", refused[i].schema, err.text);
            bool want = !relaxed || refused[i].always;
            if ((sg.refused != NULL) != want)
                fail_msg("%s: refused %d", refused[i].schema, sg.refused != NULL);
            if (!noted(want ? sg.refused : sg.unenforced, refused[i].at))
                fail_msg("%s: at %.*s", refused[i].schema,
                         TARE_FMT(sg.refused ? sg.refused->at : TARE_S("no place")));
            if (want)
                assert_int_equal(sg.refused->remedy.n != 0, refused[i].always);
        }
}

/* A schema without any valid value is wrong, and says so. */
static void test_nothing(void **state)
{
    static const char *const nothing[] = {
        "false",
        "{\"not\":{}}",
        "{\"type\":\"integer\",\"minimum\":2,\"maximum\":1}",
        "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":false}}",
        "{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1}",
        "{\"type\":\"object\",\"maxProperties\":0,\"not\":{\"propertyNames\":{\"const\":\"a\"}}}"};
    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        struct tare_schema_grammar sg;
        struct tare_err err = {0};
        assert_int_equal(lowered(nothing[i], NULL, &sg, &err), TARE_E_INPUT);
        if (tare_str_find(tare_str_of(err.text), TARE_S("no value is valid")) == SIZE_MAX)
            fail_msg("%s: %s", nothing[i], err.text);
    }
}

/* Under "not" a keyword that masks cannot enforce makes the language smaller, relaxed or not. */
static void test_relax_under_not(void **state)
{
    static const char *const hard[] = {
        "{\"uniqueItems\":true}",
        "{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"integer\"}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"uniqueItems\":true}}}",
        "{\"multipleOf\":0.123457}",
        "{\"type\":\"string\",\"pattern\":\"(a|b)*a(a|b){12}\"}",
        "{\"patternProperties\":{\"(a|b)*a(a|b){12}\":false}}",
        "{\"anyOf\":[{\"uniqueItems\":true},{\"type\":\"string\"}]}"};
    static const char *const around[] = {
        "{\"not\":%s}", "{\"oneOf\":[{\"minimum\":3},{\"not\":%s}]}",
        "{\"if\":%s,\"then\":{\"type\":\"null\"}}", "{\"not\":{\"not\":{\"not\":%s}}}"};
    static const struct tare_str all = {"*", 1};
    struct tare_schema_grammar_options o = {.relax = &all, .n_relax = 1};
    unsigned looked = 0;
    (void)state;
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        for (size_t k = 0; k < sizeof around / sizeof *around; k++) {
            struct tare_schema_grammar sg;
            struct tare_err err = {0};
            const char *at = strstr(around[k], "%s");
            struct tare_str text = tare_arena_printf(&arena, "%.*s%s%s", (int)(at - around[k]),
                                                     around[k], hard[i], at + 2);
            assert_int_equal(lowered(text.p, &o, &sg, &err), TARE_OK);
            if (sg.refused)
                continue;                    /* nothing is left */
            if (k % 3 == 0 && sg.unenforced) /* oneOf and if ask for it in another branch */
                fail_msg("%s: relaxed at %.*s", text.p, TARE_FMT(sg.unenforced->at));
            struct tare_guide *g = guide_of(sg.grammar, tables);
            if (!sg.unenforced)
                write_some(g, sg.schema, text.p);
            looked += !sg.unenforced;
            tare_guide_close(g);
        }
    assert_true(looked >= 10);
}

/* Texts under a format's mask are of the format; formats without an automaton are refused. */
static void test_formats(void **state)
{
    static const char *const have[] = {"date",  "time", "date-time",   "duration",
                                       "ipv4",  "ipv6", "uuid",        "hostname",
                                       "email", "uri",  "json-pointer"};
    static const char *const lack[] = {"idn-hostname",  "idn-email", "relative-json-pointer",
                                       "uri-reference", "iri",       "iri-reference",
                                       "uri-template",  "regex"};
    struct tare_schema_grammar_options o = {.schema = {.formats = true}};
    struct tare_schema_grammar sg;
    struct tare_err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof have / sizeof *have; i++) {
        struct tare_str s =
            tare_arena_printf(&arena, "{\"type\":\"string\",\"format\":\"%s\"}", have[i]);
        assert_int_equal(lowered(s.p, &o, &sg, &err), TARE_OK);
        assert_null(sg.refused);
        struct tare_guide *g = guide_of(sg.grammar, tables);
        for (unsigned k = 0; k < 20; k++)
            write_seeded(g, sg.schema, s.p, k);
        tare_guide_close(g);
    }
    for (size_t i = 0; i < sizeof lack / sizeof *lack; i++) {
        struct tare_str s = tare_arena_printf(&arena, "{\"format\":\"%s\"}", lack[i]);
        assert_int_equal(lowered(s.p, &o, &sg, &err), TARE_OK);
        if (!sg.refused || !tare_str_is(sg.refused->at, "/format"))
            fail_msg("%s is not refused", lack[i]);
    }
    assert_int_equal(lowered("{\"format\":\"of-my-own\"}", &o, &sg, &err), TARE_OK);
    assert_null(sg.refused); /* asserts nothing */
}

static int set_up(void **state)
{
    static const char *const pieces[] = {"{\"", "\":", "\",\"", "null", "[", "1,", "]}", "\"a\":"};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tables = small_vocab(&arena, pieces, sizeof pieces / sizeof *pieces, &vocab);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tare_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_relax_under_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_formats, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("schema lowering", tests, NULL, NULL);
}
