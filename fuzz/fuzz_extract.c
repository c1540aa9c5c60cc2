/* Any text as a model's: a value found in it is JSON where it says, one that was mended is JSON. */
#include "fuzz.h"
#include "text/json_extract.h"

static void find(struct tare_str text, struct tare_arena *arena)
{
    struct tare_json_extract x;
    struct tare_json v;
    struct tare_err err = {0};
    enum tare_status st = tare_json_extract(text, NULL, arena, &x, &err);
    if (st) {
        fuzz_check_err(st, &err, text.n);
        return;
    }
    fuzz_must(tare_json_present(x.value) == (x.found <= TARE_X_EXTRACTED));
    if (!tare_json_present(x.value))
        return;
    fuzz_must(x.off < x.end && x.end <= text.n);
    fuzz_must(tare_json_parse(tare_str_n(text.p + x.off, x.end - x.off), NULL, arena, &v, NULL) ==
              TARE_OK);
    fuzz_must(tare_json_equal(v, x.value));
}

static void mend(struct tare_str text, struct tare_arena *arena)
{
    struct tare_json v, again;
    struct tare_err err = {0};
    struct tare_buf b;
    uint32_t repairs = 0;
    enum tare_status st = tare_json_mend(text, arena, &v, &repairs, &err);
    if (st) {
        fuzz_check_err(st, &err, text.n);
        fuzz_must(st == TARE_E_NOMEM || err.fault);
        return;
    }
    fuzz_must((repairs == 0) == (tare_json_parse(text, NULL, arena, &again, NULL) == TARE_OK));
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_print(v, &b);
    fuzz_must(tare_json_parse(tare_buf_str(&b), NULL, arena, &again, NULL) == TARE_OK);
    fuzz_must(tare_json_equal(v, again));
    tare_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str text = fuzz_text(data, size < 4000 ? size : 4000);
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    find(text, &arena);
    mend(text, &arena);
    tare_arena_free(&arena);
    return 0;
}
