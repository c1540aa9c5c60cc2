/* The official suite, the sample of schemas in the wild, and what a person is told. */
#include "text_test.h"

#include <dirent.h>

#include "base/thread.h"
#include "text/dfa.h"
#include "text/jsonl.h"
#include "text/regex.h"
#include "text/schema.h"

#define MAX_DOCS 256

struct suite {
    struct tare_arena arena;
    struct tare_schema_doc docs[MAX_DOCS];
    size_t n_docs;
    unsigned right, wrong;
};

static struct tare_json load(struct tare_arena *arena, const char *path)
{
    struct tare_str text;
    struct tare_json v = {0};
    struct tare_err err = {0};
    assert_int_equal(tare_fs_read(tare_str_of(path), TARE_MAX_JSON_BYTES, arena, &text, &err),
                     TARE_OK);
    if (tare_json_parse(text, &tare_json_strict, arena, &v, &err) != TARE_OK)
        fail_msg("%s: %s", path, err.text);
    return v;
}

static void remotes(struct suite *s, const char *dir, const char *uri)
{
    DIR *d = opendir(dir);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char path[1500], name[1500];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        snprintf(name, sizeof name, "%s/%s", uri, e->d_name);
        if (!strstr(e->d_name, ".json")) {
            remotes(s, path, name);
            continue;
        }
        assert_true(s->n_docs < MAX_DOCS);
        s->docs[s->n_docs++] = (struct tare_schema_doc){
            tare_arena_copy(&s->arena, tare_str_of(name)), load(&s->arena, path)};
    }
    if (d)
        closedir(d);
}

static void one_case(struct suite *s, const char *file, struct tare_json c,
                     struct tare_schema_options *o)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    const struct tare_schema *schema = NULL;
    tare_arena_init(&arena, NULL, TARE_GIB);
    enum tare_status st = tare_schema_compile(tare_json_get(c, "schema"), o, &arena, &schema, &err);
    for (struct tare_json t = tare_json_first(tare_json_get(c, "tests")); t.doc;
         t = tare_json_next(t)) {
        bool valid = false, want = tare_json_true(tare_json_get(t, "valid"));
        struct tare_schema_fault *faults = NULL;
        enum tare_status ts = st;
        if (st == TARE_OK)
            ts = tare_schema_valid(schema, tare_json_get(t, "data"), &arena, &valid, &err);
        if (ts == TARE_OK) {
            ts = tare_schema_check(schema, tare_json_get(t, "data"), &arena, &faults, &err);
            assert_int_equal(ts, TARE_OK);
            assert_int_equal(valid, faults == NULL);
        }
        if (ts == TARE_OK && valid == want) {
            s->right++;
            continue;
        }
        s->wrong++;
        printf("  %s: %.*s: %.*s%s%s\n", file,
               TARE_FMT(tare_json_str(tare_json_get(c, "description"))),
               TARE_FMT(tare_json_str(tare_json_get(t, "description"))), ts ? ": " : "",
               ts ? err.text : "");
    }
    tare_arena_free(&arena);
}

static void folder(struct suite *s, const char *name, enum tare_schema_draft draft, bool formats)
{
    char base[1024], path[1500];
    assert_non_null(shared_path("data/json-schema-test-suite", base));
    snprintf(path, sizeof path, "%s/tests/%s", base, name);
    DIR *d = opendir(path);
    struct tare_schema_options o = {
        .draft = draft, .formats = formats, .docs = s->docs, .n_docs = s->n_docs};
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (!strstr(e->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/tests/%s/%s", base, name, e->d_name);
        struct tare_json doc = load(&s->arena, path);
        for (struct tare_json c = tare_json_first(doc); c.doc; c = tare_json_next(c))
            one_case(s, e->d_name, c, &o);
    }
    if (d)
        closedir(d);
    printf("%s: %u right, %u wrong\n", name, s->right, s->wrong);
}

static void run_suite(const char *name, enum tare_schema_draft draft, bool formats, unsigned n,
                      unsigned allowed)
{
    char path[1024], dir[1500];
    if (!shared_path("data/json-schema-test-suite", path))
        skip();
    struct suite *s = calloc(1, sizeof *s);
    assert_non_null(s);
    tare_arena_init(&s->arena, NULL, TARE_GIB);
    snprintf(dir, sizeof dir, "%s/remotes", path);
    remotes(s, dir, "http://localhost:1234");
    folder(s, name, draft, formats);
    unsigned right = s->right, wrong = s->wrong;
    tare_arena_free(&s->arena);
    free(s);
    if (n == 0 && right + wrong == 0) /* the copy has no such draft */
        skip();
    if (n > 0)
        assert_int_equal(right + wrong, n);
    assert_true(wrong <= allowed);
}

/* The shared copy has neither draft 4 nor 6; with TARE_SHARED a whole one can be tried. */
static void required_4(void **state)
{
    (void)state;
    run_suite("draft4", TARE_SCHEMA_DRAFT4, false, 0, 0);
}

static void required_6(void **state)
{
    (void)state;
    run_suite("draft6", TARE_SCHEMA_DRAFT6, false, 0, 0);
}

static void required_7(void **state)
{
    (void)state;
    run_suite("draft7", TARE_SCHEMA_DRAFT7, false, 927, 0);
}

static void required_2019(void **state)
{
    (void)state;
    run_suite("draft2019-09", TARE_SCHEMA_2019_09, false, 1259, 0);
}

static void required_2020(void **state)
{
    (void)state;
    run_suite("draft2020-12", TARE_SCHEMA_2020_12, false, 1299, 0);
}

/* The optional tests are listed with their outcome; the bounds keep them from getting worse. */
static void optional(void **state)
{
    (void)state;
    run_suite("draft7/optional", TARE_SCHEMA_DRAFT7, false, 118, 4);
    run_suite("draft2019-09/optional", TARE_SCHEMA_2019_09, false, 158, 0);
    run_suite("draft2020-12/optional", TARE_SCHEMA_2020_12, false, 162, 0);
}

static void formats(void **state)
{
    (void)state;
    /* of directions in names libidn2 looks at less than RFC 5893; without it only shapes are known
     */
    unsigned wrong = tare_schema_idn() ? 3 : 77;
    run_suite("draft7/optional/format", TARE_SCHEMA_DRAFT7, true, 676, wrong);
    run_suite("draft2019-09/optional/format", TARE_SCHEMA_2019_09, true, 757, wrong);
    run_suite("draft2020-12/optional/format", TARE_SCHEMA_2020_12, true, 764, wrong);
}

static void sample(void **state)
{
    (void)state;
    char path[1024];
    if (!shared_path("data/jsonschemabench/sample.jsonl", path))
        skip();
    struct tare_arena arena, each;
    struct tare_str text;
    struct tare_err err = {0};
    struct tare_jsonl j;
    struct tare_json line;
    enum tare_status st = TARE_OK;
    unsigned right = 0, wrong = 0, refused = 0;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_arena_init(&each, NULL, TARE_GIB);
    assert_int_equal(tare_fs_read(tare_str_of(path), TARE_GIB, &arena, &text, &err), TARE_OK);
    tare_jsonl_begin(&j, text, NULL);
    while (tare_jsonl_next(&j, &each, &line, &st, &err)) {
        const struct tare_schema *s = NULL;
        if (tare_schema_compile(tare_json_get(line, "schema"), NULL, &each, &s, &err) != TARE_OK) {
            refused++;
            printf("  refused %.*s: %s\n", TARE_FMT(tare_json_str(tare_json_get(line, "id"))),
                   err.text);
        }
        for (struct tare_json t = tare_json_first(tare_json_get(line, "tests")); t.doc && s;
             t = tare_json_next(t)) {
            bool valid = false, want = tare_json_true(tare_json_get(t, "valid"));
            assert_int_equal(tare_schema_valid(s, tare_json_get(t, "data"), &each, &valid, &err),
                             TARE_OK);
            want |= tare_json_true(tare_json_get(t, "needs_format"));
            right += valid == want;
            wrong += valid != want;
            if (valid != want)
                printf("  wrong %.*s\n", TARE_FMT(tare_json_str(tare_json_get(line, "id"))));
        }
        tare_arena_reset(&each);
    }
    assert_int_equal(st, TARE_OK);
    printf("sample: %u right, %u wrong, %u schemas refused\n", right, wrong, refused);
    tare_arena_free(&each);
    tare_arena_free(&arena);
    assert_int_equal(wrong, 0);
    assert_true(refused <= 1);
}

static const char small[] =
    "{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{\"a\":{\"type\":\"integer\"},"
    "\"c\":{\"pattern\":\"^x+$\"}},\"unevaluatedProperties\":false,"
    "\"anyOf\":[{\"$ref\":\"#/$defs/d\"},true],\"$defs\":{\"d\":{\"minProperties\":3}}}";

static void all_faults(void **state)
{
    (void)state;
    static const char wrong[] = "{\"a\":1.5,\"c\":\"y\",\"z\":0}";
    static const char *const want[] = {"required  #", "type /a", "pattern /c",
                                       "unevaluatedProperties /z"};
    struct tare_arena arena;
    struct tare_json schema, value;
    struct tare_schema_fault *f = NULL;
    const struct tare_schema *s = NULL;
    struct tare_err err = {0};
    size_t n = 0;
    tare_arena_init(&arena, NULL, TARE_MIB);
    assert_int_equal(tare_json_parse(TARE_S(small), NULL, &arena, &schema, &err), TARE_OK);
    assert_int_equal(tare_json_parse(TARE_S(wrong), NULL, &arena, &value, &err), TARE_OK);
    assert_int_equal(tare_schema_compile(schema, NULL, &arena, &s, &err), TARE_OK);
    assert_int_equal(tare_schema_check(s, value, &arena, &f, &err), TARE_OK);
    for (; f; f = f->next, n++) {
        char got[64];
        snprintf(got, sizeof got, "%.*s %.*s%s", TARE_FMT(f->keyword), TARE_FMT(f->at),
                 f->at.n ? "" : " #");
        assert_true(n < 4);
        assert_string_equal(got, want[n]);
        assert_true(f->says.n > 0 && f->remedy.n > 0);
    }
    assert_int_equal(n, 4);
    tare_arena_free(&arena);
}

/* Of alternatives none of which fits, the remedy says what the nearest lacks. */
static void nearest_alternative(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *value, *remedy;
    } rows[] = {
        {"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":3}]}", "2",
         "match at least one of them; nearest is number 2: 2 is not at least 3"},
        {"{\"oneOf\":[{\"required\":[\"a\",\"b\"]},{\"properties\":{\"c\":{\"type\":\"null\"}},"
         "\"minProperties\":1}]}",
         "{\"c\":1}",
         "match exactly one of them; nearest is number 2: /c: is number, not \"null\""},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "2",
         "match at least one of them"},
        {"{\"oneOf\":[true,true]}", "2", "match exactly one of them"},
        /* alternatives inside are not looked at again */
        {"{\"anyOf\":[{\"anyOf\":[{\"minimum\":3}]}]}", "2",
         "match at least one of them; nearest is number 1: matches 0 of the 1 alternatives"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_arena arena;
        struct tare_json schema, value;
        struct tare_schema_fault *f = NULL;
        const struct tare_schema *s = NULL;
        tare_arena_init(&arena, NULL, TARE_MIB);
        assert_int_equal(tare_json_parse(tare_str_of(rows[i].schema), NULL, &arena, &schema, NULL),
                         TARE_OK);
        assert_int_equal(tare_json_parse(tare_str_of(rows[i].value), NULL, &arena, &value, NULL),
                         TARE_OK);
        assert_int_equal(tare_schema_compile(schema, NULL, &arena, &s, NULL), TARE_OK);
        assert_int_equal(tare_schema_check(s, value, &arena, &f, NULL), TARE_OK);
        if (!f || f->next || !tare_str_is(f->remedy, rows[i].remedy))
            fail_msg("row %zu: %.*s", i, f ? (int)f->remedy.n : 0, f ? f->remedy.p : "");
        tare_arena_free(&arena);
    }
}

static void no_memory(void **state)
{
    (void)state;
    for (long limit = 0;; limit++) {
        struct failing f;
        struct tare_arena arena, doc;
        struct tare_json schema;
        const struct tare_schema *s = NULL;
        struct tare_err err = {0};
        failing_init(&f, limit);
        tare_arena_init(&doc, NULL, TARE_MIB);
        tare_arena_init(&arena, &f.alc, TARE_MIB);
        assert_int_equal(tare_json_parse(TARE_S(small), NULL, &doc, &schema, &err), TARE_OK);
        enum tare_status st = tare_schema_compile(schema, NULL, &arena, &s, &err);
        tare_arena_free(&arena);
        tare_arena_free(&doc);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK)
            break;
        assert_int_equal(st, TARE_E_NOMEM);
    }
}

struct shared {
    const struct tare_schema *s;
    struct tare_json v;
    bool bad[64];
};

static void use(void *ctx, unsigned worker, uint64_t i)
{
    struct shared *sh = ctx;
    struct tare_arena arena;
    bool valid = true;
    (void)worker;
    tare_arena_init(&arena, NULL, TARE_MIB);
    for (int k = 0; k < 200; k++)
        if (tare_schema_valid(sh->s, sh->v, &arena, &valid, NULL) != TARE_OK || valid)
            sh->bad[i] = true;
    tare_arena_free(&arena);
}

static void threads(void **state)
{
    (void)state;
    struct shared sh = {0};
    struct tare_arena arena;
    struct tare_json schema;
    tare_arena_init(&arena, NULL, TARE_MIB);
    assert_int_equal(tare_json_parse(TARE_S(small), NULL, &arena, &schema, NULL), TARE_OK);
    assert_int_equal(
        tare_json_parse(TARE_S("{\"a\":1,\"b\":2,\"c\":\"y\"}"), NULL, &arena, &sh.v, NULL),
        TARE_OK);
    assert_int_equal(tare_schema_compile(schema, NULL, &arena, &sh.s, NULL), TARE_OK);
    assert_int_equal(tare_parallel(8, 64, use, &sh, NULL, NULL), TARE_OK);
    for (int i = 0; i < 64; i++)
        assert_false(sh.bad[i]);
    tare_arena_free(&arena);
}

static void expressions(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool found, whole;
    } rows[] = {
        {"a|b", "xb", true, false},
        {"^a{2,3}$", "aaa", true, true},
        {"^a{2,3}$", "aaaa", false, false},
        {"^\\p{L}+$", "\xc3\xa9t\xc3\xa9", true, true},
        {"\\d", "\xd9\xa3", false, false},
        {"^[\\u{e0}-\\u{10ffff}]$", "\xc3\xa9", true, true},
        {"^.$", "\xf0\x9f\x98\x80", true, true},
        {"(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false, false},
        {"^[^a-c]$", "d", true, true},
        {"\\bfoo\\b", "a foo b", true, false},
        {"", "", true, true},
        {"x?y", "y", true, true},
        {"^(?:ab|c)+$", "abcab", true, true},
        {"a$", "a\n", false, false},
        {"\\bfoo\\b", "foobar", false, false},
        {"\\bfoo\\b",
         "\xc3\xa9"
         "foo",
         true, false},
        {"^\\w+\\B.$", "ab", true, true},
        {"^\\w+\\B.$", "a-", false, false},
        {"^(?!foo).*$", "foobar", false, false},
        {"^(?!foo).*$", "a foo", true, true},
        {"^(?!(?:a|[)b])$)\\w", "bc", true, false},
        {"^(?!(?:a|[)b])$)\\w", "b", false, false},
        {"^(?!.*(foo|bar))(?=.{3,5}$)[a-z]*$", "fobao", true, true},
        {"^(?!.*(foo|bar))(?=.{3,5}$)[a-z]*$", "abar", false, false},
        {"^(?!.*(foo|bar))(?=.{3,5}$)[a-z]*$", "ab", false, false},
        {"(?!^a)^[ab]+", "bax", true, false},
        {"(?!^a)^[ab]+", "ab", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_arena arena;
        const struct tare_regex *re = NULL;
        struct tare_regex_dfa *d = NULL;
        struct tare_str text = tare_str_of(rows[i].text);
        tare_arena_init(&arena, NULL, 64 * TARE_MIB);
        assert_int_equal(tare_regex_compile(tare_str_of(rows[i].pattern), NULL, &arena, &re, NULL),
                         TARE_OK);
        assert_int_equal(tare_regex_search(re, text), rows[i].found);
        assert_int_equal(tare_regex_match(re, text), rows[i].whole);
        for (int search = 0; search < 2; search++) {
            const struct tare_dfa *whole = NULL;
            assert_int_equal(tare_dfa_regex(re, search, (struct tare_dfa_bounds){1000, NULL},
                                            &arena, &whole, NULL),
                             TARE_OK);
            assert_int_equal(tare_dfa_run(whole, text), search ? rows[i].found : rows[i].whole);
            if (tare_regex_dfa_open(re, search, 1000, NULL, &arena, &d, NULL) == TARE_OK) {
                assert_true(tare_regex_dfa_complete(d));
                assert_int_equal(tare_regex_dfa_run(d, text),
                                 search ? rows[i].found : rows[i].whole);
            }
        }
        tare_arena_free(&arena);
    }
}

static void refused_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        enum tare_status st;
    } rows[] = {{"(", TARE_E_INPUT},           {"a)", TARE_E_INPUT},
                {"[b-a]", TARE_E_INPUT},       {"a**", TARE_E_INPUT},
                {"*", TARE_E_INPUT},           {"\\a", TARE_E_INPUT},
                {"a{3,2}", TARE_E_INPUT},      {"(?=a)", TARE_E_LIMIT},
                {"^(?!a)b|c", TARE_E_LIMIT},   {"^(?!a)*b", TARE_E_LIMIT},
                {"^(?!a", TARE_E_LIMIT},       {"^a(?!b)", TARE_E_LIMIT},
                {"^(?!(?=a))b", TARE_E_LIMIT}, {"(a)\\1", TARE_E_LIMIT},
                {"[a", TARE_E_INPUT},          {"((a{999}){999}){999}", TARE_E_LIMIT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_arena arena;
        const struct tare_regex *re = NULL;
        struct tare_err err = {0};
        tare_arena_init(&arena, NULL, 64 * TARE_MIB);
        assert_int_equal(tare_regex_compile(tare_str_of(rows[i].pattern), NULL, &arena, &re, &err),
                         rows[i].st);
        assert_non_null(strstr(err.text, "S_REGEX"));
        tare_arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions),
        cmocka_unit_test(refused_expressions),
        cmocka_unit_test(all_faults),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(nearest_alternative),
        cmocka_unit_test(threads),
        cmocka_unit_test(required_4),
        cmocka_unit_test(required_6),
        cmocka_unit_test(required_7),
        cmocka_unit_test(required_2019),
        cmocka_unit_test(required_2020),
        cmocka_unit_test(optional),
        cmocka_unit_test(formats),
        cmocka_unit_test(sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
