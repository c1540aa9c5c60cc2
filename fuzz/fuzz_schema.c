/* Any document as a schema: refused or compiled, and then both ways to check agree. */
#include "fuzz.h"
#include "text/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str text = fuzz_text(data, size);
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_json v;
    const struct tare_schema *s = NULL;
    struct tare_schema_options o = {.formats = size % 2};
    tare_arena_init(&arena, NULL, TARE_GIB);
    if (tare_json_parse(text, NULL, &arena, &v, NULL) == TARE_OK &&
        tare_schema_compile(v, &o, &arena, &s, &err) == TARE_OK) {
        struct tare_schema_fault *f = NULL;
        bool valid = false;
        if (tare_schema_valid(s, v, &arena, &valid, &err) == TARE_OK &&
            tare_schema_check(s, v, &arena, &f, &err) == TARE_OK)
            fuzz_must(valid == (f == NULL));
    }
    tare_arena_free(&arena);
    return 0;
}
