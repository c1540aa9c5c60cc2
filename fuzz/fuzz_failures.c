/* The record of an attempt as the detectors of failure modes read it: step bodies, a line each,
 * whatever models and worlds put there. Findings lie within the attempt, in order. */
#include "decide/failures.h"
#include "fuzz.h"

#define MOST_LINES 200u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct tare_arena arena;
    struct tare_str lines[MOST_LINES], text = tare_str_n((const char *)data, n);
    struct tare_trail t;
    struct tare_failure *v;
    struct tare_err err = {0};
    uint32_t n_lines = 0, found = 0;
    while (text.n && n_lines < MOST_LINES) {
        size_t at = tare_str_find(text, TARE_S("\n"));
        size_t len = at == SIZE_MAX ? text.n : at, used = at == SIZE_MAX ? text.n : at + 1;
        lines[n_lines++] = tare_str_n(text.p, len);
        text = tare_str_n(text.p + used, text.n - used);
    }
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_attempt a = {.status = TARE_ATTEMPT_DONE, .n_steps = n_lines ? n_lines - 1 : 0};
    if (tare_trail_read(&a, lines, n_lines, NULL, 0, 0, &arena, &t, &err) == TARE_OK) {
        fuzz_must(tare_failures(&t, &arena, &v, &found, &err) == TARE_OK);
        for (uint32_t i = 0; i < found; i++) {
            fuzz_must(v[i].from_step <= v[i].to_step && v[i].to_step <= a.n_steps);
            fuzz_must(i == 0 || v[i - 1].from_step <= v[i].from_step);
            fuzz_must(v[i].evidence.p && v[i].mode < TARE_FAIL_MODES);
        }
    }
    tare_arena_free(&arena);
    return 0;
}
