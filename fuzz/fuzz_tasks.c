/* Task lines: all are read, or one place is named. */
#include "fuzz.h"
#include "suite/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_task *tasks;
    uint32_t n;
    tare_arena_init(&arena, NULL, TARE_GIB);
    enum tare_status st =
        tare_suite_tasks(fuzz_text(data, size), TARE_S("tasks.jsonl"), &arena, &tasks, &n, &err);
    if (st != TARE_OK)
        fuzz_check_err(st, &err, size);
    for (uint32_t i = 0; st == TARE_OK && i < n; i++)
        fuzz_must(tasks[i].index == i && tasks[i].id.n > 0 && tare_json_present(tasks[i].input));
    tare_arena_free(&arena);
    return 0;
}
