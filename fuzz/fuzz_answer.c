/* Any list of checks (first line) on any answer (the rest); JSON lines of programs and judges. */
#include <math.h>

#include "check/answer.h"
#include "fuzz.h"
#include "record/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str text = fuzz_text(data, size), head, rest;
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_json checks, input;
    size_t line = tare_str_find(text, TARE_S("\n"));
    head = tare_str_n(text.p, line == SIZE_MAX ? text.n : line);
    rest = line == SIZE_MAX ? TARE_S("") : tare_str_n(text.p + line + 1, text.n - line - 1);
    tare_arena_init(&arena, NULL, 512 << 20);
    if (tare_json_parse(TARE_S("{\"a\":\"x\",\"choices\":[\"r\",\"b\"]}"), NULL, &arena, &input,
                        NULL) != TARE_OK ||
        tare_json_parse(head, NULL, &arena, &checks, NULL) != TARE_OK ||
        tare_json_kind(checks) != TARE_JSON_ARRAY) {
        tare_arena_free(&arena);
        return 0;
    }
    struct tare_task task = {.id = TARE_S("t"), .input = input, .expect = checks};
    struct tare_check_model model = {.name = TARE_S("judge")};
    struct tare_check_setup setup = {.config = checks,
                                     .folder = TARE_S("suite.yaml"),
                                     .tasks = &task,
                                     .n_tasks = 1,
                                     .models = &model,
                                     .n_models = 1};
    void *state;
    uint32_t n;
    enum tare_status st = tare_check_answer.open(&setup, &arena, &state, &err);
    if (st == TARE_OK) {
        struct tare_outcome outcome = {.output = rest};
        struct tare_check_in in = {.task = &task, .outcome = &outcome, .status = TARE_ATTEMPT_DONE};
        (void)tare_check_answer.metrics(state, &n);
        struct tare_score *v = TARE_NEW_N(&arena, struct tare_score, n);
        fuzz_must(v != NULL);
        if (tare_check_answer.score(state, &in, &arena, v, &err) == TARE_OK)
            for (uint32_t i = 0; i < n; i++)
                fuzz_must(v[i].state != TARE_SCORE_OK || (v[i].value >= 0 && isfinite(v[i].value)));
    }
    tare_arena_free(&arena);
    return 0;
}
