/* A document that is taken survives printing, and jansson takes and refuses the same texts. */
#include "fuzz.h"
#include "text/json.h"

#include <jansson.h>

static void round_trip(struct tare_json v, const struct tare_json_policy *policy,
                       struct tare_arena *arena)
{
    struct tare_buf a, b;
    struct tare_json again;
    tare_buf_init(&a, NULL, TARE_GIB);
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_json_print(v, &a);
    fuzz_must(tare_json_parse(tare_buf_str(&a), policy, arena, &again, NULL) == TARE_OK);
    fuzz_must(tare_json_equal(v, again));
    tare_buf_reset(&a);
    tare_json_canonical(v, &a);
    fuzz_must(!a.failed);
    if (tare_json_parse(tare_buf_str(&a), &tare_json_log, arena, &again, NULL) == TARE_OK) {
        tare_json_canonical(again, &b);
        fuzz_must(tare_str_eq(tare_buf_str(&a), tare_buf_str(&b)));
    } else {
        fuzz_must(a.n > TARE_MAX_JSON_NUMBER_DIGITS);
    }
    tare_buf_free(&a);
    tare_buf_free(&b);
}

/* Every node is reached once by walking, and lies inside its parent. */
static uint32_t walk(struct tare_json v)
{
    uint32_t n = 1, children = 0;
    double x;
    int64_t i;
    (void)tare_json_f64(v, &x);
    (void)tare_json_i64(v, &i);
    for (struct tare_json c = tare_json_first(v); c.doc; c = tare_json_next(c), children++) {
        fuzz_must(tare_json_offset(c) > tare_json_offset(v));
        fuzz_must(tare_json_source_end(c) < tare_json_source_end(v));
        n += walk(c);
    }
    fuzz_must(children == tare_json_count(v));
    return n;
}

/* jansson reads over a NUL byte after a number, so such texts are left out. */
static void against_jansson(struct tare_str text, bool taken, struct tare_err *err)
{
    json_error_t jerr;
    if (text.n == 0 || memchr(text.p, '\0', text.n))
        return;
    json_t *j = json_loadb(
        text.p, text.n,
        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &jerr);
    enum json_error_code why = j ? json_error_unknown : json_error_code(&jerr);
    bool excused =
        (taken && (why == json_error_numeric_overflow || why == json_error_null_byte_in_key)) ||
        (!taken && err->code == TARE_E_LIMIT);
    fuzz_must(excused || taken == (j != NULL));
    json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tare_json_policy *const policies[] = {&tare_json_strict, &tare_json_log};
    struct tare_str text = fuzz_text(data, size);
    for (int i = 0; i < 2; i++) {
        struct tare_arena arena;
        struct tare_err err = {0};
        struct tare_json v;
        tare_arena_init(&arena, NULL, TARE_GIB);
        enum tare_status st = tare_json_parse(text, policies[i], &arena, &v, &err);
        if (st == TARE_OK) {
            walk(v);
            round_trip(v, policies[i], &arena);
        } else {
            fuzz_check_err(st, &err, size);
        }
        if (i == 0)
            against_jansson(text, st == TARE_OK, &err);
        tare_arena_free(&arena);
    }
    return 0;
}
