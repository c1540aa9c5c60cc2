/* Reading other tools' results: rows of JSON, a thread, memory given back between files. */
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "bench.h"
#include "record/formats/import.h"

#define ROWS 200000u

static void read_file(void *ctx, size_t n)
{
    const struct tare_str *path = ctx;
    for (size_t i = 0; i < n; i++) {
        struct tare_arena arena;
        struct tare_import_table *t;
        struct tare_err err = {0};
        tare_arena_init(&arena, NULL, TARE_ARENA_LOAD_BYTES);
        if (tare_import_read(*path, NULL, &arena, &t, &err) != TARE_OK || t->n_attempts != ROWS)
            abort();
        tare_arena_free(&arena);
    }
}

static void rows(const char *what, int words, const char *more)
{
    char name[] = "/tmp/bench-formats-XXXXXX";
    int fd = mkstemp(name);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        abort();
    for (unsigned i = 0; i < ROWS; i++) {
        fprintf(f, "{\"task_id\": \"t%u\", \"score\": %u, %s\"output\": \"", i, i % 3 == 0, more);
        for (int w = 0; w < words; w++)
            fputs("word ", f);
        fputs("\"}\n", f);
    }
    long bytes = ftell(f);
    if (bytes < 0 || fclose(f) != 0)
        abort();
    struct tare_str path = tare_str_of(name);
    double seconds = bench_each(read_file, &path);
    char remark[80];
    snprintf(remark, sizeof remark, "%u rows, %.0f MB, one thread", ROWS, (double)bytes / 1e6);
    bench_row(what, (double)bytes / seconds / 1e6, "MB/s", remark);
    unlink(name);
}

int main(void)
{
    rows("JSON Lines, 5 words of output", 5, "");
    rows("JSON Lines, 30 words of output", 30, "");
    rows("JSON Lines, 300 words of output", 300, "");
    rows("JSON Lines, 30 words and 6 more columns", 30,
         "\"model\": \"m\", \"category\": \"c\", \"input_tokens\": 812, \"output_tokens\": 77, "
         "\"cost\": 0.0123, \"latency\": 1.25, ");
    return 0;
}
