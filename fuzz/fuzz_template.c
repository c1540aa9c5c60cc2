/* A template of any text over a fixed input: compiled, filled, its faults inside the text. */
#include "fuzz.h"
#include "text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str input =
        TARE_S("{\"a\":\"x\",\"l\":[1,{\"b\":[2,3]},\"z\"],\"o\":{\"k\":null}}");
    struct tare_json vars, none = {NULL, 0};
    struct tare_template *t;
    struct tare_arena arena;
    struct tare_buf b;
    struct tare_err err = {0};
    tare_arena_init(&arena, NULL, 256 << 20);
    tare_buf_init(&b, NULL, 1 << 20);
    fuzz_must(tare_json_parse(input, NULL, &arena, &vars, NULL) == TARE_OK);
    enum tare_status st = tare_template_compile(fuzz_text(data, size), &arena, &t, &err);
    if (st == TARE_OK)
        st = tare_template_fill(t, vars, none, size % 2, &arena, &b, &err);
    if (st != TARE_OK)
        fuzz_check_err(st, &err, size);
    tare_buf_free(&b);
    tare_arena_free(&arena);
    return 0;
}
