/* text/json.h against jansson: files of others, random documents, damaged documents. */
#include "base/rng.h"
#include "text_test.h"

#include "../test_arena.h"
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

static bool same(struct tare_json a, const json_t *b);

static bool same_members(struct tare_json a, const json_t *b)
{
    if (tare_json_count(a) != json_object_size(b))
        return false;
    for (struct tare_json v = tare_json_first(a); v.doc; v = tare_json_next(v)) {
        struct tare_str k = tare_json_key(v);
        char *key = strndup(k.p, k.n); /* jansson's keys end at NUL */
        const json_t *other = json_object_get(b, key);
        free(key);
        if (!other || !same(v, other))
            return false;
    }
    return true;
}

static bool same_elements(struct tare_json a, const json_t *b)
{
    size_t i = 0;
    if (tare_json_count(a) != json_array_size(b))
        return false;
    for (struct tare_json v = tare_json_first(a); v.doc; v = tare_json_next(v))
        if (!same(v, json_array_get(b, i++)))
            return false;
    return true;
}

static bool same(struct tare_json a, const json_t *b)
{
    double x;
    switch (tare_json_kind(a)) {
    case TARE_JSON_OBJECT:
        return json_is_object(b) && same_members(a, b);
    case TARE_JSON_ARRAY:
        return json_is_array(b) && same_elements(a, b);
    case TARE_JSON_STRING:
        return json_is_string(b) &&
               tare_str_eq(tare_json_str(a),
                           tare_str_n(json_string_value(b), json_string_length(b)));
    case TARE_JSON_NUMBER:
        return json_is_number(b) && tare_json_f64(a, &x) && x == json_number_value(b);
    case TARE_JSON_TRUE:
        return json_is_true(b);
    case TARE_JSON_FALSE:
        return json_is_false(b);
    default:
        return json_is_null(b);
    }
}

/* Where both policies agree, both take it or both refuse it, and the values are the same. Returns
 * whether it was taken. */
static bool agree(struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    json_error_t jerr;
    struct tare_arena_mark mark = tare_arena_mark(&arena);
    bool ours = tare_json_parse(text, NULL, &arena, &v, &err) == TARE_OK;
    json_t *theirs = json_loadb(
        text.p, text.n,
        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &jerr);
    bool differs = ours != (theirs != NULL);
    /* jansson has no number beyond a double and no key with a NUL inside */
    if (ours && !theirs &&
        (json_error_code(&jerr) == json_error_numeric_overflow ||
         json_error_code(&jerr) == json_error_null_byte_in_key))
        differs = false;
    if (differs)
        fail_msg("%.*s\nours: %s\ntheirs: %s", (int)(text.n < 2000 ? text.n : 2000), text.p,
                 ours ? "taken" : err.text, theirs ? "taken" : jerr.text);
    if (ours && theirs && !same(v, theirs))
        fail_msg("read differently: %.*s", (int)(text.n < 2000 ? text.n : 2000), text.p);
    json_decref(theirs);
    tare_arena_rewind(&arena, mark);
    return ours;
}

/* ---- files of others --------------------------------------------------------------------- */

static unsigned walk(const char *dir)
{
    unsigned n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[2048];
        struct stat st;
        struct tare_str text, name = tare_str_of(e->d_name);
        struct tare_err err = {0};
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] == '.' || stat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode)) {
            n += walk(path);
        } else if (tare_str_ends(name, TARE_S(".json"))) {
            assert_int_equal(
                tare_fs_read(tare_str_of(path), TARE_MAX_JSON_BYTES, &arena, &text, &err), TARE_OK);
            if (!agree(text))
                fail_msg("%s is refused", path);
            tare_arena_reset(&arena);
            n++;
        }
    }
    closedir(d);
    return n;
}

static void test_schema_suite(void **state)
{
    (void)state;
    char path[1024];
    if (!shared_path("data/json-schema-test-suite", path))
        skip();
    assert_true(walk(path) > 100);
}

/* ---- random documents -------------------------------------------------------------------- */

static void random_string(struct tare_json_writer *w, struct tare_rng *rng, bool key, uint32_t i)
{
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\n",
                                         "\t",
                                         "\x01",
                                         "\x7f",
                                         "\xc3\xa9",
                                         "\xe2\x98\x83",
                                         "\xf0\x9f\x98\x80",
                                         "0123456789abcdef0123456789",
                                         " ",
                                         "\xef\xbf\xbd",
                                         "{",
                                         ":",
                                         ","};
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    for (uint32_t n = tare_rng_below(rng, 9); n > 0; n--)
        tare_buf_puts(&b, pieces[tare_rng_below(rng, sizeof pieces / sizeof pieces[0])]);
    if (key) {
        tare_buf_printf(&b, "%u", i);
        tare_json_put_key_str(w, tare_buf_str(&b));
    } else {
        tare_json_put_str(w, b.n ? tare_buf_str(&b) : TARE_S(""));
    }
    tare_buf_free(&b);
}

static void random_number(struct tare_json_writer *w, struct tare_rng *rng)
{
    double x;
    uint64_t bits = tare_rng_u64(rng);
    switch (tare_rng_below(rng, 4)) {
    case 0:
        tare_json_put_i64(w, (int64_t)bits);
        break;
    case 1:
        tare_json_put_i64(w, (int64_t)tare_rng_below(rng, 100));
        break;
    case 2:
        tare_json_put_f64(w, (double)tare_rng_below(rng, 100000) / 1000);
        break;
    default:
        memcpy(&x, &bits, sizeof x);
        tare_json_put_f64(w, isfinite(x) ? x : 0.5);
    }
}

static void random_value(struct tare_json_writer *w, struct tare_rng *rng, unsigned depth)
{
    uint32_t kind = tare_rng_below(rng, depth ? 7 : 5), n = tare_rng_below(rng, 30);
    n = tare_rng_below(rng, 8) ? n % 4 : n;
    switch (kind) {
    case 0:
        tare_json_put_null(w);
        break;
    case 1:
        tare_json_put_bool(w, n & 1);
        break;
    case 2:
    case 3:
        random_number(w, rng);
        break;
    case 4:
        random_string(w, rng, false, 0);
        break;
    case 5:
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < n; i++)
            random_value(w, rng, depth - 1);
        tare_json_end_array(w);
        break;
    default:
        tare_json_begin_object(w);
        for (uint32_t i = 0; i < n; i++) {
            random_string(w, rng, true, i);
            random_value(w, rng, depth - 1);
        }
        tare_json_end_object(w);
    }
}

static struct tare_json parse_all(struct tare_str text)
{
    struct tare_json v = {NULL, 0};
    struct tare_err err = {0};
    if (tare_json_parse(text, NULL, &arena, &v, &err) != TARE_OK)
        fail_msg("%s at %u: %.*s", err.text, err.column, (int)(text.n < 2000 ? text.n : 2000),
                 text.p);
    return v;
}

static void round_trip(struct tare_str text)
{
    struct tare_json v = parse_all(text), again;
    struct tare_buf print, canonical, twice;
    tare_buf_init(&print, NULL, TARE_GIB);
    tare_buf_init(&canonical, NULL, TARE_GIB);
    tare_buf_init(&twice, NULL, TARE_GIB);
    tare_json_print(v, &print);
    tare_json_canonical(v, &canonical);
    assert_true(tare_json_equal(v, parse_all(tare_buf_str(&print))));
    again = parse_all(tare_buf_str(&canonical));
    assert_true(tare_json_equal(again, v));
    tare_json_canonical(again, &twice);
    assert_true(tare_str_eq(tare_buf_str(&canonical), tare_buf_str(&twice)));
    tare_buf_free(&print);
    tare_buf_free(&canonical);
    tare_buf_free(&twice);
}

/* Some bytes of `text` are changed, moved or cut. */
static void damage(struct tare_buf *text, struct tare_rng *rng)
{
    static const char bytes[] = "{}[]\",:\\ \n\t0123456789-+.eEtrufalsn\x01\x7f\xc3\xa9\xff";
    for (uint32_t n = 1 + tare_rng_below(rng, 3); n > 0 && text->n > 0; n--) {
        size_t at = tare_rng_below(rng, (uint32_t)text->n);
        switch (tare_rng_below(rng, 3)) {
        case 0:
            text->p[at] = bytes[tare_rng_below(rng, sizeof bytes - 1)];
            break;
        case 1:
            memmove(text->p + at, text->p + at + 1, text->n - at - 1);
            text->n--;
            break;
        default:
            text->n = tare_rng_below(rng, 4) ? text->n : at;
        }
    }
}

static void test_random(void **state)
{
    (void)state;
    struct tare_rng rng;
    unsigned taken = 0, refused = 0;
    tare_rng_init(&rng, 20260120, TARE_S("test.json"), 0);
    for (int i = 0; i < 4000; i++) {
        struct tare_buf text;
        struct tare_json_writer w;
        tare_buf_init(&text, NULL, TARE_GIB);
        tare_json_writer_init(&w, &text);
        w.ascii = i & 1;
        w.indent = i & 2 ? 3 : 0;
        random_value(&w, &rng, 5);
        struct tare_str copy = tight(text.p, text.n);
        assert_true(agree(copy));
        round_trip(copy);
        free((void *)(uintptr_t)copy.p);
        damage(&text, &rng);
        copy = tight(text.p, text.n);
        if (agree(copy))
            taken++;
        else
            refused++;
        free((void *)(uintptr_t)copy.p);
        tare_buf_free(&text);
        tare_arena_reset(&arena);
    }
    assert_true(taken > 200 && refused > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_schema_suite, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_random, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
