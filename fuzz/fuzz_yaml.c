/* What YAML means is a JSON document within the limits, with places inside the text. */
#include "fuzz.h"
#include "text/yaml.h"

/* libfyaml 0.7.12 loses a buffer of a long quoted text when it finds a fault in it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml\n";
}

static void walk(struct tare_json v, size_t size)
{
    fuzz_must(tare_json_offset(v) <= tare_json_source_end(v) && tare_json_source_end(v) <= size);
    for (struct tare_json c = tare_json_first(v); c.doc; c = tare_json_next(c))
        walk(c, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_buf b;
    struct tare_err err = {0};
    struct tare_json v, again;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_buf_init(&b, NULL, TARE_GIB);
    enum tare_status st =
        tare_yaml_parse(fuzz_text(data, size), TARE_S("f.yaml"), &arena, &v, &err);
    if (st == TARE_OK) {
        walk(v, size);
        tare_json_print(v, &b);
        fuzz_must(tare_json_parse(tare_buf_str(&b), NULL, &arena, &again, &err) == TARE_OK);
        fuzz_must(tare_json_equal(v, again));
    } else {
        fuzz_check_err(st, &err, size);
    }
    tare_buf_free(&b);
    tare_arena_free(&arena);
    return 0;
}
