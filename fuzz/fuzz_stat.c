/* Calculators: any line gives one line of JSON, whatever the numbers; words give JSON or a fault.
 */
#include "base/limits.h"
#include "decide/stat.h"
#include "fuzz.h"

static void batch(struct tare_str text)
{
    struct tare_arena arena;
    struct tare_buf out;
    struct tare_json root;
    struct tare_err err = {0};
    bool failed = false;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    tare_buf_init(&out, NULL, 64 * TARE_MIB);
    enum tare_status st = tare_stat_batch_line(text, 1, NULL, &arena, &out, &failed, &err);
    if (st == TARE_OK) {
        struct tare_str line = tare_buf_str(&out);
        fuzz_must(line.n > 0 && line.p[line.n - 1] == '\n');
        fuzz_must(tare_json_parse(line, &tare_json_strict, &arena, &root, &err) == TARE_OK);
    }
    tare_buf_free(&out);
    tare_arena_free(&arena);
}

static void words(struct tare_str text)
{
    struct tare_arena arena;
    struct tare_str json;
    struct tare_str word[4] = {text, text, text, text};
    struct tare_json root;
    struct tare_err err = {0};
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    if (tare_stat_words(word, 1 + text.n % 4, &arena, &json, &err) == TARE_OK)
        (void)tare_json_parse(json, &tare_json_strict, &arena, &root, &err);
    tare_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) /* procedures may be quadratic; longer inputs find nothing new */
        return 0;
    batch(fuzz_text(data, size));
    words(fuzz_text(data, size));
    return 0;
}
