/* The validator of soc scenarios, the parameters of `generate`, and lists of families: no input
 * crashes, and what the generator is asked for is either refused or passes the validator. */
#include "base/limits.h"
#include "fuzz.h"
#include "world/soc/gen.h"
#include "world/soc/scenario.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_soc_gen g;
    struct tare_str text = fuzz_text(data, size);
    int64_t count = 0;
    tare_soc_gen_default(&g);
    (void)tare_soc_gen_families(&g, text, size % 2 == 0, &err);
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    if (tare_json_parse(text, &tare_json_strict, &arena, &root, &err) == TARE_OK) {
        struct tare_json scenario = tare_json_get(tare_json_get(root, "input"), "scenario");
        (void)tare_soc_check(scenario, tare_json_get(root, "expect"), &arena, &err);
        if (tare_json_i64(tare_json_get(root, "count"), &count) && count <= 2) {
            struct tare_buf out;
            tare_buf_init(&out, NULL, TARE_MIB);
            err = (struct tare_err){0};
            struct tare_json world = tare_json_get(root, "meta");
            fuzz_must(tare_task_source_soc.make(root, world, &arena, &out, &err) != TARE_E_STATE);
            tare_buf_free(&out);
        }
    }
    tare_arena_free(&arena);
    return 0;
}
