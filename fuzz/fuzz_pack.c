/* A compressed step body and a score blob that somebody has changed: read back to the size that
 * was promised, or an error; never more memory than the promise. */
#include "fuzz.h"
#include "record/store_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_store s = {.path = TARE_S("fuzz.db")};
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_str out;
    if (size < 4)
        return 0;
    uint64_t raw = (uint64_t)data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] << 16;
    struct tare_str body = fuzz_text(data + 4, size - 4);
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    enum tare_status st = tare__unzip(&s, body, data[3] & 1, raw, &arena, &out, &err);
    if (st == TARE_OK)
        fuzz_must(out.n == raw);
    else
        fuzz_check_err(st, &err, SIZE_MAX);
    struct tare__scores r = {data, data + size};
    struct tare_score score;
    const uint8_t *last = r.p;
    while (tare__scores_next(&r, &score)) {
        fuzz_must(r.p > last && r.p <= r.end && (unsigned)score.state <= TARE_SCORE_MISSING);
        last = r.p;
    }
    (void)ZSTD_freeDCtx(s.zd);
    tare_arena_free(&arena);
    return 0;
}
