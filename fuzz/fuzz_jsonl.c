/* Lines are numbered, faults stand on their line, and a torn end is told apart. */
#include "fuzz.h"
#include "text/jsonl.h"

static void read_all(struct tare_str text, bool drop_torn)
{
    struct tare_arena arena;
    struct tare_jsonl lines;
    struct tare_json v;
    struct tare_err err = {0};
    enum tare_status st;
    uint64_t last = 0;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_jsonl_begin(&lines, text, NULL);
    lines.drop_torn = drop_torn;
    while (tare_jsonl_next(&lines, &arena, &v, &st, &err)) {
        fuzz_must(lines.line_no > last && lines.line_offset + tare_json_source_end(v) <= text.n);
        last = lines.line_no;
    }
    if (st != TARE_OK) {
        fuzz_check_err(st, &err, text.n);
        fuzz_must(err.line == lines.line_no && err.offset >= lines.line_offset);
        fuzz_must(!(drop_torn && lines.torn));
    }
    tare_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(fuzz_text(data, size), false);
    read_all(fuzz_text(data, size), true);
    return 0;
}
