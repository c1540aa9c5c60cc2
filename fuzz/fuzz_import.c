/* Every reader of other tools' results, on one file, a target a reader: built with the name of a
 * format in FUZZ_FORMAT the input is a file of it, listed and read.
 * Without, the first byte chooses the format (or lets the content decide). What is read holds
 * together. */
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "fuzz.h"
#include "lint/lint.h"

static void check_table(const struct tare_import_table *t)
{
    fuzz_must(t->n_runs > 0 && t->n_attempts > 0 && t->n_tasks > 0);
    for (uint32_t i = 0; i < t->n_attempts; i++)
        fuzz_must(t->attempts[i].run < t->n_runs && t->attempts[i].task < t->n_tasks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    uint32_t n_formats = 0;
    while (tare_import_formats()[n_formats])
        n_formats++;
#ifdef FUZZ_FORMAT
    uint32_t choice = n_formats, skip = 0;
#else
    if (size < 1)
        return 0;
    uint32_t choice = data[0] % (n_formats + 1), skip = 1;
#endif
    snprintf(path, sizeof path, "/tmp/fuzz-import-%ld.jsonl", (long)getpid());
    FILE *f = fopen(path, "wb");
    fuzz_must(f != NULL);
    fuzz_must(fwrite(data + skip, 1, size - skip, f) == size - skip);
    fuzz_must(fclose(f) == 0);
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_import_table *t = NULL;
    struct tare_import_options options = {.size = sizeof options, .keep_texts = true};
    if (choice < n_formats)
        options.format = tare_import_formats()[choice];
#ifdef FUZZ_FORMAT
    options.format = FUZZ_FORMAT;
#endif
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_import_listing listing;
    struct tare_lint *l = TARE_NEW(&arena, struct tare_lint);
    struct tare_str name = tare_str_of(path);
    fuzz_must(l != NULL);
    l->arena = &arena;
    if (tare_import_list(name, &options, &arena, &listing, &err) != TARE_OK)
        fuzz_must(err.text[0] != 0);
    err = (struct tare_err){0};
    if (tare_import_read(name, &options, &arena, &t, &err) == TARE_OK) {
        check_table(t);
        tare_lint_table(t, l);
        tare_lint_two(t, 0, t, 0, l);
    } else {
        fuzz_must(err.text[0] != 0);
    }
    options.labels = true; /* the same rows as what people said */
    err = (struct tare_err){0};
    if (tare_import_read(name, &options, &arena, &t, &err) == TARE_OK)
        check_table(t);
    else
        fuzz_must(err.text[0] != 0);
    fuzz_must(tare_lint_rows(&name, 1, l, NULL, &err) == TARE_OK);
    tare_arena_free(&arena);
    unlink(path);
    return 0;
}
