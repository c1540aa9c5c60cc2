/* Any text that masks let somebody begin can be ended: random schemas of objects that run out of
 * keys, random vocabularies, random texts; then the shortest way out. */
#include "guide_test.h"

#include "text/mask_try.h"
#include "text/schema_grammar.h"

static struct tare_arena arena;

/* Few bytes, so that keys come again soon; and pieces that end inside of keys and behind them. */
static const struct tare_guide_vocab *random_vocab(struct tare_rng *r, const struct tare_vocab **v)
{
    static const char bytes[] = "{}[]\":,ab\\n-.0123456789truefalsn";
    static const char text[] =
        "{\"a\":1,\"b\":true},\"ab\":{\"\\n\":null}]}\"\":\"aab\",\"ba\":\"b\"";
    struct tare_vocab_token t[96];
    struct tare_err err = {0};
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0;
    for (; bytes[n]; n++)
        t[n] = (struct tare_vocab_token){tare_str_n(bytes + n, 1), 0};
    for (uint32_t i = 0; i < 40; i++, n++)
        t[n] = (struct tare_vocab_token){
            tare_str_n(text + tare_rng_below(r, sizeof text - 8), 2 + tare_rng_below(r, 6)), 0};
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_END | TARE_VOCAB_SPECIAL};
    assert_int_equal(tare_vocab_make(t, n, n + 5, &arena, v, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(*v, &arena, &gv, &err), TARE_OK);
    return gv;
}

static const char *one_of(struct tare_rng *r, const char *const *list, uint32_t n)
{
    return list[tare_rng_below(r, n)];
}
#define ONE_OF(r, list) one_of(r, list, sizeof(list) / sizeof *(list))

static const char *const patterns[] = {
    "^(a|b)$",  "^(a|b[ab]*)$", "^[ab]{1,2}$",         "^a?b?$", "a", "^(a|\\\\n)$",
    "^[ab]{2}", "^b",           "^(ab|ba|a[ab]{0,3})$"};
static const char *const values[] = {
    "true",
    "{\"type\":\"boolean\"}",
    "{\"enum\":[1,{\"a\":1,\"b\":{}}]}",
    "{\"type\":\"integer\",\"maximum\":9,\"minimum\":0}",
    "{\"const\":null}",
    "{\"type\":\"string\",\"maxLength\":1}",
    "{\"type\":\"array\",\"uniqueItems\":true,\"items\":{"
    "\"type\":\"string\",\"pattern\":\"^[ab]{1,2}$\"}}",
    "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":2,"
    "\"items\":{\"enum\":[\"a\",\"b\",\"ab\"]}}",
    "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":3,"
    "\"items\":{\"type\":\"string\",\"pattern\":\"^(a|b|aba?)$\"}}",
    "false"};

static void random_object(struct tare_rng *r, struct tare_buf *b, unsigned depth);

static void random_value(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    if (depth < 2 && tare_rng_below(r, 4) == 0)
        random_object(r, b, depth + 1);
    else
        tare_buf_puts(b, ONE_OF(r, values));
}

static void random_patterns(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    tare_buf_printf(b, "\"patternProperties\":{\"%s\":", ONE_OF(r, patterns));
    random_value(r, b, depth);
    tare_buf_putc(b, '}');
}

static void random_object(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    static const char *const names[] = {
        "{\"maxLength\":1}", "{\"enum\":[\"a\",\"b\",\"ab\"]}", "{\"maxLength\":2,\"minLength\":1}",
        "{\"pattern\":\"^(a|b.+)$\"}", "{\"not\":{\"const\":\"a\"}}"};
    static const char *const negated[] = {"{\"propertyNames\":{\"pattern\":\"^a\"}}",
                                          "{\"patternProperties\":{\"b\":{\"type\":\"boolean\"}}}",
                                          "{\"additionalProperties\":{\"type\":\"integer\"}}",
                                          "{\"patternProperties\":{\"^(a|b)$\":false}}",
                                          "{\"const\":{\"a\":1}}"};
    tare_buf_puts(b, "{\"type\":\"object\"");
    if (tare_rng_below(r, 3)) {
        tare_buf_putc(b, ',');
        random_patterns(r, b, depth);
    }
    if (tare_rng_below(r, 3) == 0) {
        tare_buf_puts(b, ",\"properties\":{\"a\":");
        random_value(r, b, depth);
        tare_buf_puts(b, ",\"bb\":true}");
    }
    if (tare_rng_below(r, 3))
        tare_buf_puts(b, ",\"additionalProperties\":false");
    if (tare_rng_below(r, 2))
        tare_buf_printf(b, ",\"propertyNames\":%s", ONE_OF(r, names));
    if (tare_rng_below(r, 3) == 0)
        tare_buf_printf(b, ",\"minProperties\":%u", 1 + tare_rng_below(r, 3));
    if (tare_rng_below(r, 4) == 0)
        tare_buf_printf(b, ",\"maxProperties\":%u", 1 + tare_rng_below(r, 3));
    if (tare_rng_below(r, 4) == 0)
        tare_buf_puts(b, ",\"required\":[\"bb\"]");
    if (tare_rng_below(r, 2))
        tare_buf_printf(b, ",\"not\":%s", ONE_OF(r, negated));
    if (tare_rng_below(r, 4) == 0)
        tare_buf_printf(b, ",\"allOf\":[{\"not\":%s}]", ONE_OF(r, negated));
    tare_buf_putc(b, '}');
}

static bool accepts(struct tare_walk *w, uint32_t token, struct tare_buf *text,
                    const struct tare_vocab *v, bool *done)
{
    enum tare_walk_answer a = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_accept(w, token, &a, NULL), TARE_OK);
    if (a == TARE_WALK_OK)
        tare_buf_put(text, tare_vocab_text(v, token));
    *done = a == TARE_WALK_DONE;
    return a != TARE_WALK_REJECT;
}

static bool in_string(struct tare_str text)
{
    bool in = false;
    for (size_t i = 0; i < text.n; i++) {
        if (in && text.p[i] == '\\')
            i++;
        else if (text.p[i] == '"')
            in = !in;
    }
    return in;
}

static bool takes(struct tare_walk *w, const char *bytes, struct tare_buf *text)
{
    enum tare_walk_answer a = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_accept_bytes(w, tare_str_of(bytes), &a, NULL), TARE_OK);
    if (a == TARE_WALK_OK)
        tare_buf_puts(text, bytes);
    return a == TARE_WALK_OK;
}

/* Ends a string; of a key it tries those that the schemas ask for. */
static bool end_string(struct tare_walk *w, struct tare_rng *r, struct tare_buf *text)
{
    static const char *const keys[] = {"\"",   "a\"",     "b\"",   "ab\"",   "ba\"",
                                       "aa\"", "\\n\"",   "bab\"", "abab\"", "baa\"",
                                       "c\"",  "\\nbb\"", "n\"",   "nb\""};
    const uint32_t n = sizeof keys / sizeof *keys, from = tare_rng_below(r, n);
    if (takes(w, "b\"", text) || takes(w, "bb\"", text))
        return true;
    for (uint32_t i = 0; i < n; i++)
        if (takes(w, keys[(from + i) % n], text))
            return true;
    return false;
}

/* Closes what can be closed, else ends what is under way, else takes what comes. */
static void finish(struct tare_walk *w, const struct tare_vocab *v, struct tare_rng *r,
                   struct tare_str schema, struct tare_buf *text)
{
    static const char *const orders[] = {"}]\":0n1tabulresf,{[-.", "}]\":{[n1t0abulresf,-."};
    bool done = tare_walk_is_done(w);
    for (int steps = 0; !done; steps++) {
        uint32_t t = v->end[0];
        bool in = in_string(tare_buf_str(text)), went = accepts(w, t, text, v, &done);
        went = went || (in && end_string(w, r, text));
        const char *order = orders[tare_rng_below(r, 2)];
        for (size_t i = 0; order[i] && !went && !in; i++) {
            const char one[] = {order[i], 0};
            went = takes(w, one, text);
        }
        if (!went) {
            t = pick(w, v->size, r);
            went = t != UINT32_MAX && accepts(w, t, text, v, &done);
        }
        if (!went || steps > 400)
            fail_msg("%.*s cannot be ended after %.*s", TARE_FMT(schema),
                     TARE_FMT(tare_buf_str(text)));
    }
}

static bool is_valid(const struct tare_schema *s, struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    bool valid = false;
    if (tare_json_parse(text, NULL, &arena, &v, &err) != TARE_OK)
        fail_msg("no JSON: %.*s: %s", TARE_FMT(text), err.text);
    assert_int_equal(tare_schema_valid(s, v, &arena, &valid, &err), TARE_OK);
    return valid;
}

/* A schema that is said to have no value has none that is easily found. */
static void has_none(struct tare_json schema, struct tare_rng *r, struct tare_str text)
{
    static const char *const keys[] = {"a", "b", "ab", "bb", "ba", "aa", "\\n", "c", "aab"};
    static const char *const some[] = {
        "1", "true", "null", "\"x\"", "{}", "{\"a\":1,\"b\":{}}", "{\"b\":true}"};
    struct tare_schema_options o = {0};
    const struct tare_schema *s = NULL;
    struct tare_err err = {0};
    struct tare_buf b;
    assert_int_equal(tare_schema_compile(schema, &o, &arena, &s, &err), TARE_OK);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (int i = 0; i < 200; i++) {
        bool first = true;
        tare_buf_reset(&b);
        tare_buf_putc(&b, '{');
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            if (tare_rng_below(r, 3))
                continue;
            tare_buf_printf(&b, "%s\"%s\":%s", first ? "" : ",", keys[k], ONE_OF(r, some));
            first = false;
        }
        tare_buf_putc(&b, '}');
        if (is_valid(s, tare_buf_str(&b)))
            fail_msg("%.*s is said to have no value: %.*s", TARE_FMT(text),
                     TARE_FMT(tare_buf_str(&b)));
    }
    tare_buf_free(&b);
}

struct tally {
    unsigned schemas, empty, refused, texts, looked;
};

static void texts_of(struct tare_guide *g, const struct tare_schema *s, const struct tare_vocab *v,
                     struct tare_rng *r, struct tare_str schema, struct tally *t)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    for (int i = 0; i < 12; i++) {
        struct tare_walk *w = NULL;
        bool done = false;
        tare_buf_reset(&b);
        assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
        for (uint32_t n = tare_rng_below(r, 60); n > 0 && !done; n--) {
            if (tare_rng_below(r, 16) == 0) {
                check_mask(w, v);
                t->looked++;
            }
            uint32_t id = pick(w, v->size, r);
            if (id == UINT32_MAX || !accepts(w, id, &b, v, &done))
                fail_msg("%.*s: dead after %.*s", TARE_FMT(schema), TARE_FMT(tare_buf_str(&b)));
        }
        finish(w, v, r, schema, &b);
        if (!is_valid(s, tare_buf_str(&b)))
            fail_msg("%.*s writes %.*s", TARE_FMT(schema), TARE_FMT(tare_buf_str(&b)));
        tare_walk_close(w);
        t->texts++;
    }
    tare_buf_free(&b);
}

static void test_ends(void **state)
{
    struct tally t = {0};
    struct tare_rng r;
    struct tare_buf b;
    (void)state;
    tare_rng_init(&r, 11, TARE_S("mask ends"), 0);
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_arena_init(&arena, NULL, TARE_GIB);
    for (int i = 0; i < 400; i++) {
        struct tare_json schema;
        struct tare_schema_grammar sg;
        struct tare_err err = {0};
        const struct tare_vocab *v = NULL;
        struct tare_schema_grammar_options o = {.space = TARE_SCHEMA_SPACE_NONE,
                                                .any_order = i % 2 == 1};
        tare_buf_reset(&b);
        random_object(&r, &b, 0);
        assert_int_equal(tare_json_parse(tare_buf_str(&b), NULL, &arena, &schema, &err), TARE_OK);
        enum tare_status st = tare_schema_grammar_make(schema, &o, &arena, &sg, &err);
        t.schemas++;
        t.empty += st != TARE_OK;
        if (st != TARE_OK)
            has_none(schema, &r, tare_buf_str(&b));
        t.refused += st == TARE_OK && sg.refused;
        if (st == TARE_OK && !sg.refused) {
            const struct tare_guide_vocab *gv = random_vocab(&r, &v);
            struct tare_guide *g = guide_of(sg.grammar, gv);
            struct tare_str text = tare_arena_copy(&arena, tare_buf_str(&b));
            texts_of(g, sg.schema, v, &r, text, &t);
            tare_guide_close(g);
        }
        tare_arena_reset(&arena);
    }
    print_message("%u schemas, %u without a value, %u refused; %u texts ended, %u masks tried\n",
                  t.schemas, t.empty, t.refused, t.texts, t.looked);
    assert_true(t.texts > 3000 && t.looked > 1000 && t.refused < 20);
    tare_buf_free(&b);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends)};
    return cmocka_run_group_tests_name("mask ends", tests, NULL, NULL);
}
