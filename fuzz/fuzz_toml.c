/* TOML: any text is refused with a place, or gives a document that JSON can write. */
#include "fuzz.h"
#include "text/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_buf b;
    tare_arena_init(&arena, NULL, 64 << 20);
    struct tare_str text = fuzz_text(data, size), none = {NULL, 0};
    enum tare_status st = tare_toml_parse(text, none, &arena, &root, &err);
    fuzz_must(st == TARE_OK ? tare_json_kind(root) == TARE_JSON_OBJECT : err.text[0] != 0);
    if (st == TARE_OK) {
        tare_buf_init(&b, NULL, 256 << 20);
        tare_json_print(root, &b);
        fuzz_must(!b.failed && b.n >= 2);
        tare_buf_free(&b);
    }
    tare_arena_free(&arena);
    return 0;
}
