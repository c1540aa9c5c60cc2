/* Any text as promptfooconfig.yaml, and as CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "suite/promptfoo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_promptfoo *config;
    struct tare_arena arena;
    struct tare_json rows;
    struct tare_err err = {0};
    char path[] = "/tmp/fuzz-promptfoo-XXXXXX";
    int fd = mkstemp(path);
    fuzz_must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    tare_arena_init(&arena, NULL, 512 << 20);
    if (tare_promptfoo_load(tare_str_of(path), size % 2, &arena, &config, &err) == TARE_OK)
        fuzz_must(config->suite->n_tasks > 0 && config->n_prompts > 0);
    (void)tare_csv_rows(fuzz_text(data, size), TARE_S("f.csv"), &arena, &rows, &err);
    unlink(path);
    tare_arena_free(&arena);
    return 0;
}
