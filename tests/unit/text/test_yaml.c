#include "text/fields.h"
#include "text/yaml.h"
#include "text_test.h"

#include "../test_arena.h"
#include <fcntl.h>
#include <unistd.h>

static struct tare_json parse(const char *text)
{
    struct tare_json v = {NULL, 0};
    struct tare_err err = {0};
    struct tare_str none = {NULL, 0};
    if (tare_yaml_parse(tare_str_of(text), none, &arena, &v, &err) != TARE_OK)
        fail_msg("%u:%u: %s\n%s", err.line, err.column, err.text, text);
    return v;
}

/* YAML and the compact JSON that it means. */
static const struct {
    const char *yaml, *json;
} meanings[] = {
    {"a: 1", "{\"a\":1}"},
    {"a: [1, -2, +3, 0, -0, 1.5, .5, 5., 1e3, 1.0E-2, +.5e+1]",
     "{\"a\":[1,-2,3,0,-0,1.5,0.5,5.0,1e3,1.0E-2,0.5e+1]}"},
    {"[007, 0x1F, 0o17, 1_000, 1:30, 2026-01-20, ., 1e, .inf, .nan, 1.2.3, -.]",
     "[\"007\",\"0x1F\",\"0o17\",\"1_000\",\"1:30\",\"2026-01-20\",\".\",\"1e\",\".inf\","
     "\".nan\",\"1.2.3\",\"-.\"]"},
    {"[yes, no, on, off, y, n, true, False, TRUE, null, ~, Null, '', \"null\", 'true', \"1\"]",
     "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\",true,false,true,null,null,null,\"\",\"null\","
     "\"true\",\"1\"]"},
    {"a:\nb: \nc: ~", "{\"a\":null,\"b\":null,\"c\":null}"},
    {"- - 1\n  - 2\n-\n  - 3", "[[1,2],[3]]"},
    {"a: |\n  x\n   y\nb: >-\n  one\n  two\n", "{\"a\":\"x\\n y\\n\",\"b\":\"one two\"}"},
    {"{\"a\": {\"b\": [1, {}]}, 'c d': []}", "{\"a\":{\"b\":[1,{}]},\"c d\":[]}"},
    {"1: x\ntrue: y\n~: z", "{\"1\":\"x\",\"true\":\"y\",\"~\":\"z\"}"},
    {"a: &x {p: 1, q: [2]}\nb: *x\nc: [*x, *x]",
     "{\"a\":{\"p\":1,\"q\":[2]},\"b\":{\"p\":1,\"q\":[2]},\"c\":[{\"p\":1,\"q\":[2]},{\"p\":1,"
     "\"q\":[2]}]}"},
    {"a: &x 1\nb: &x 2\nc: *x", "{\"a\":1,\"b\":2,\"c\":2}"},
    {"base: &b {x: 1, y: {z: 2}}\nd: {<<: *b, x: 9}",
     "{\"base\":{\"x\":1,\"y\":{\"z\":2}},\"d\":{\"x\":9,\"y\":{\"z\":2}}}"},
    {"d: {<<: [{a: 1, b: [1]}, {b: 3, c: 4}], e: 5}",
     "{\"d\":{\"e\":5,\"a\":1,\"b\":[1],\"c\":4}}"},
    {"\"<<\": 1", "{\"<<\":1}"},
    {"# only a comment\na: \"\\u00e9\\n\\x41\" # end", "{\"a\":\"\xc3\xa9\\nA\"}"},
    {"--- \na: 1\n...\n", "{\"a\":1}"},
    {"just text", "\"just text\""},
    {"\xc3\xa9t\xc3\xa9: \xe2\x98\x83", "{\"\xc3\xa9t\xc3\xa9\":\"\xe2\x98\x83\"}"},
};

static void test_meanings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_json_print(parse(meanings[i].yaml), &b);
        if (!tare_str_is(tare_buf_str(&b), meanings[i].json))
            fail_msg("%s\ngot  %.*s\nwant %s", meanings[i].yaml, TARE_FMT(tare_buf_str(&b)),
                     meanings[i].json);
        tare_buf_free(&b);
    }
}

static void test_places(void **state)
{
    (void)state;
    const char *text = "# c\nsuite: x\nworld:\n  soc: {profile: hard}\nn: 1.50\n";
    struct tare_json r = parse(text), soc = tare_json_get(tare_json_get(r, "world"), "soc");
    assert_memory_equal(text + tare_json_offset(soc), "{profile", 8);
    assert_memory_equal(text + tare_json_key_offset(soc), "soc:", 4);
    struct tare_json p = tare_json_get(soc, "profile");
    assert_memory_equal(text + tare_json_offset(p), "hard}", 5);
    assert_int_equal(tare_json_source_end(p) - tare_json_offset(p), 4);
    assert_true(tare_str_is(tare_json_lexeme(tare_json_get(r, "n")), "1.50"));
    assert_true(tare_str_is(tare_json_pointer(p, &arena), "/world/soc/profile"));
}

static const struct {
    const char *text;
    uint32_t line, column;
    enum tare_status status;
} faults[] = {
    {"", 1, 1, TARE_E_INPUT},
    {"# nothing\n", 1, 1, TARE_E_INPUT},
    {"a: 1\nb: 2\na: 3\n", 3, 1, TARE_E_INPUT},
    {"x: {a: 1, b: {c: 1, \"c\": 2}}", 1, 21, TARE_E_INPUT},
    {"a:\n\t- 1\n", 2, 1, TARE_E_INPUT},
    {"a: [1, 2\nb: 3\n", 2, 5, TARE_E_INPUT},
    {"a: 1\n---\nb: 2\n", 2, 1, TARE_E_INPUT},
    {"a: !foo 1", 1, 9, TARE_E_INPUT},
    {"a: !!str 1", 1, 10, TARE_E_INPUT},
    {"a: &x [*x]", 1, 9, TARE_E_INPUT},
    {"a: *q", 1, 5, TARE_E_INPUT},
    {"a: \"x\n", 1, 5, TARE_E_INPUT},
    {"? [a]\n: b\n", 1, 3, TARE_E_INPUT},
    {"a: b: c\n", 1, 5, TARE_E_INPUT},
    {"a: \"\\q\"", 1, 5, TARE_E_INPUT},
    {"a: \x01", 1, 4, TARE_E_INPUT},
    {"a: \xff", 1, 4, TARE_E_INPUT},
    {"a: {<<: 1}", 1, 9, TARE_E_INPUT},
    {"a: {<<: [1]}", 1, 10, TARE_E_INPUT},
    {": x", 1, 1, TARE_E_INPUT},
    {"%YAML 9.9\n---\na: 1", 1, 1, TARE_E_INPUT},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct tare_err err = {0};
        struct tare_json v;
        struct tare_str text = tight(faults[i].text, strlen(faults[i].text));
        enum tare_status st = tare_yaml_parse(text, TARE_S("f.yaml"), &arena, &v, &err);
        if (st != faults[i].status || err.line != faults[i].line || err.column != faults[i].column)
            fail_msg("%s\nstatus %d at %u:%u: %s", faults[i].text, (int)st, err.line, err.column,
                     err.text);
        assert_string_equal(err.file, "f.yaml");
        free((void *)(uintptr_t)text.p);
    }
}

static enum tare_status status_of(struct tare_buf *b)
{
    struct tare_err err = {0};
    struct tare_json v;
    struct tare_str none = {NULL, 0};
    enum tare_status st = tare_yaml_parse(tare_buf_str(b), none, &arena, &v, &err);
    tare_buf_reset(b);
    return st;
}

static void test_limits(void **state)
{
    (void)state;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    for (int extra = 0; extra < 2; extra++) {
        enum tare_status want = extra ? TARE_E_LIMIT : TARE_OK;
        for (int i = 0; i < TARE_MAX_YAML_DEPTH + extra; i++)
            tare_buf_putc(&b, '[');
        for (int i = 0; i < TARE_MAX_YAML_DEPTH + extra; i++)
            tare_buf_putc(&b, ']');
        assert_int_equal(status_of(&b), want);
        tare_buf_puts(&b, "- &a 1\n");
        for (int i = 0; i < TARE_MAX_YAML_ALIASES + extra; i++)
            tare_buf_puts(&b, "- *a\n");
        assert_int_equal(status_of(&b), want);
        tare_buf_putc(&b, '[');
        for (int i = 0; i < TARE_MAX_YAML_NODES - 1 + extra; i++)
            tare_buf_puts(&b, "1,\n");
        tare_buf_putc(&b, ']');
        assert_int_equal(status_of(&b), want);
        tare_buf_puts(&b, "a: ");
        for (size_t i = 3; i < TARE_MAX_YAML_LINE_BYTES + (size_t)extra; i++)
            tare_buf_putc(&b, 'x');
        assert_int_equal(status_of(&b), want);
        tare_buf_puts(&b, "a: |\n  x\n");
        for (int i = 0; i < TARE_MAX_YAML_BLANK_LINES + extra; i++)
            tare_buf_puts(&b, " \n");
        assert_int_equal(status_of(&b), want);
        tare_buf_puts(&b, "a: |\n  ");
        for (int i = 0; i < TARE_MAX_YAML_OPEN_BRACKETS + extra; i++)
            tare_buf_putc(&b, '{');
        assert_int_equal(status_of(&b), want);
    }
    /* a billion laughs */
    tare_buf_puts(&b, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (char c = 'b'; c < 'k'; c++)
        tare_buf_printf(&b, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1,
                        c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
    assert_int_equal(status_of(&b), TARE_E_LIMIT);
    tare_buf_free(&b);
}

static void test_memory(void **state)
{
    (void)state;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_buf_puts(&b, "a: &x {p: 1, q: [2]}\nb: {<<: *x, c: 1}\n");
    for (int i = 0; i < 300; i++)
        tare_buf_printf(&b, "k%d: [*x, text %d, 1.5]\n", i, i);
    for (long limit = 0;; limit++) {
        struct failing f;
        struct tare_arena a;
        struct tare_err err = {0};
        struct tare_json v;
        struct tare_str none = {NULL, 0};
        failing_init(&f, limit);
        tare_arena_init(&a, &f.alc, TARE_GIB);
        enum tare_status st = tare_yaml_parse(tare_buf_str(&b), none, &a, &v, &err);
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK) {
            assert_true(limit > 1);
            break;
        }
        assert_int_equal(st, TARE_E_NOMEM);
    }
    tare_buf_free(&b);
}

/* libfyaml must stay silent: standard error goes to a file that stays empty. */
static void test_prints_nothing(void **state)
{
    (void)state;
    char name[] = "/tmp/tare-yaml-XXXXXX";
    struct tare_err err = {0};
    struct tare_json v;
    struct tare_str none = {NULL, 0};
    int fd = mkstemp(name), saved = dup(STDERR_FILENO);
    assert_true(fd >= 0 && saved >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        (void)tare_yaml_parse(tare_str_of(faults[i].text), none, &arena, &v, &err);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    off_t end = lseek(fd, 0, SEEK_END);
    close(saved);
    close(fd);
    unlink(name);
    assert_int_equal(end, 0);
}

/* ---- fields ------------------------------------------------------------------------------ */

struct form {
    struct tare_str name;
    int64_t count;
    double share;
    bool flag;
    int tier;
};

static enum tare_status read_form(const char *text, struct form *form, struct tare_err *err)
{
    static const char *const tiers[] = {"easy", "standard", "hard", NULL};
    struct tare_fields f;
    *form = (struct form){.count = 4, .tier = 1};
    tare_fields_begin(&f, parse(text), tare_str_of(text), TARE_S("form.yaml"), err);
    tare_fields_str(&f, "name", true, &form->name);
    tare_fields_i64(&f, "count", false, 1, 100, &form->count);
    tare_fields_f64(&f, "share", false, 0, 1, &form->share);
    tare_fields_bool(&f, "flag", false, &form->flag);
    tare_fields_choice(&f, "tier", false, tiers, &form->tier);
    tare_fields_kind(&f, "list", false, TARE_JSON_ARRAY);
    return tare_fields_end(&f);
}

static void test_fields(void **state)
{
    (void)state;
    struct form form;
    struct tare_err err = {0};
    assert_int_equal(read_form("name: x\ncount: 9\nshare: 1\nflag: true\ntier: hard\nmeta: {any: 1}"
                               "\nlist: []",
                               &form, &err),
                     TARE_OK);
    assert_true(tare_str_is(form.name, "x") && form.count == 9 && form.share == 1 && form.flag);
    assert_int_equal(form.tier, 2);
    assert_int_equal(read_form("name: x\ncount: null", &form, &err), TARE_OK);
    assert_int_equal(form.count, 4);
}

static const struct {
    const char *text;
    uint32_t line, column;
    const char *says, *hint;
} wrong[] = {
    {"count: 1", 1, 1, "\"name\" is missing", ""},
    {"nmae: x", 1, 1, "\"name\" is missing", "\"name\" instead of \"nmae\""},
    {"name:", 1, 5, "\"name\" must not be empty", ""},
    {"name: 1.0", 1, 7, "must be text, found the number 1.0", "quotes: \"1.0\""},
    {"name: [x]", 1, 7, "must be text, found a list", ""},
    {"name: x\ncount: 0", 2, 8, "a whole number from 1 to 100, found the number 0", ""},
    {"name: x\ncount: 2.0", 2, 8, "a whole number from 1 to 100", ""},
    {"name: x\ncount: many", 2, 8, "found the text many", ""},
    {"name: x\nshare: 1.01", 2, 8, "a number from 0.0 to 1.0", ""},
    {"name: x\nflag: yes", 2, 7, "true or false, found the text yes", ""},
    {"name: x\ntier: standrad", 2, 7, "easy, standard or hard", "\"standard\""},
    {"name: x\nlist: {}", 2, 7, "a list, found a mapping", ""},
    {"name: x\n\n  # c\ncuont: 3", 4, 1, "unknown key \"cuont\"", "did you mean \"count\"?"},
    {"name: x\nzebra: 3", 2, 1, "unknown key \"zebra\"", "known here: name, count, share"},
    {"[1]", 1, 1, "expected a mapping of keys to values, found a list", ""},
};

static void test_wrong_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct form form;
        struct tare_err err = {0};
        assert_int_equal(read_form(wrong[i].text, &form, &err), TARE_E_INPUT);
        if (err.line != wrong[i].line || err.column != wrong[i].column ||
            !strstr(err.text, wrong[i].says) || !strstr(err.hint, wrong[i].hint))
            fail_msg("%s\n%u:%u: %s (%s)", wrong[i].text, err.line, err.column, err.text, err.hint);
        assert_string_equal(err.file, "form.yaml");
    }
}

static void test_suggest(void **state)
{
    (void)state;
    static const char *const names[] = {"attempts", "tasks", "metrics", "by", "world", "k", NULL};
    assert_string_equal(tare_suggest(TARE_S("atempts"), names), "attempts");
    assert_string_equal(tare_suggest(TARE_S("Attempts"), names), "attempts");
    assert_string_equal(tare_suggest(TARE_S("tsaks"), names), "tasks");
    assert_string_equal(tare_suggest(TARE_S("task"), names), "tasks");
    assert_string_equal(tare_suggest(TARE_S("wrold"), names), "world");
    assert_null(tare_suggest(TARE_S("zebra"), names));
    assert_null(tare_suggest(TARE_S(""), names));
    assert_null(tare_suggest(TARE_S("x"), names));
    char word[200];
    memset(word, 'a', sizeof word);
    assert_null(tare_suggest(tare_str_n(word, sizeof word), names));
}

#define T(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_meanings), T(test_places),       T(test_faults),
        T(test_limits),   T(test_memory),       T(test_prints_nothing),
        T(test_fields),   T(test_wrong_fields), T(test_suggest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
