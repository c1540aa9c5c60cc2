/* Task lines: all are read, or one place is named. The same text as a table of tasks. */
#include "fuzz.h"
#include "suite/suite_int.h"

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
    struct tare_str lines;
    err = (struct tare_err){0};
    st = tare__suite_csv_tasks(fuzz_text(data, size), TARE_S("t.csv"), &arena, &lines, &err);
    fuzz_must(st == TARE_OK || err.text[0] != 0);
    if (st == TARE_OK) /* what it makes are lines of tasks, perhaps with ids that are not good */
        (void)tare_suite_tasks(lines, TARE_S("t.csv"), &arena, &tasks, &n, &err);
    tare_arena_free(&arena);
    return 0;
}
