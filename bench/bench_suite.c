/* Task lines on the way into a suite. */
#include <stdlib.h>

#include "base/limits.h"
#include "bench.h"
#include "suite/suite.h"

struct work {
    struct tare_buf text;
    struct tare_arena arena;
};

static void load(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct tare_err err = {0};
    struct tare_task *tasks;
    uint32_t count;
    for (size_t i = 0; i < n; i++) {
        tare_arena_reset(&w->arena);
        if (tare_suite_tasks(tare_buf_str(&w->text), TARE_S("tasks.jsonl"), &w->arena, &tasks,
                             &count, &err) != TARE_OK)
            abort();
    }
}

int main(void)
{
    struct work w;
    tare_buf_init(&w.text, NULL, TARE_GIB);
    tare_arena_init(&w.arena, NULL, TARE_ARENA_LOAD_BYTES);
    for (int i = 0; i < 10000; i++)
        tare_buf_printf(&w.text,
                        "{\"id\": \"task-%07d\", \"input\": {\"question\": \"What is the sum of %d "
                        "and %d? Answer with a number.\", \"seed\": %d}, \"expect\": {\"answer\": "
                        "%d}, \"tags\": {\"family\": \"sum\", \"tier\": \"easy\"}}\n",
                        i, i, i * 7, i, i * 8);
    bench_row("10,000 tasks read, checked and hashed", bench_each(load, &w) * 1e3, "ms",
              "2 MB, one thread");
    tare_buf_free(&w.text);
    tare_arena_free(&w.arena);
    return 0;
}
