/* A task folder: a configuration and a Dockerfile ('\n---\n' between them) are refused with a
 * reason, or give a suite. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "fuzz.h"
#include "suite/harbor.h"

static void put(const char *folder, const char *name, struct tare_str text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    fuzz_must(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[64], sub[96];
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_harbor *h;
    struct tare_str text = fuzz_text(data, size);
    size_t cut = tare_str_find(text, TARE_S("\n---\n"));
    struct tare_str config = tare_str_n(text.p, cut == SIZE_MAX ? text.n : cut);
    struct tare_str image =
        cut == SIZE_MAX ? (struct tare_str){"", 0} : tare_str_n(text.p + cut + 5, text.n - cut - 5);
    snprintf(folder, sizeof folder, "/tmp/fuzz-harbor-%ld", (long)getpid());
    (void)mkdir(folder, 0755);
    for (int i = 0; i < 2; i++) {
        snprintf(sub, sizeof sub, "%s/%s", folder, i ? "tests" : "environment");
        (void)mkdir(sub, 0755);
    }
    put(folder, "task.toml", config);
    put(folder, "instruction.md", TARE_S("Do it."));
    put(folder, "environment/Dockerfile", image);
    put(folder, "environment/a.txt", TARE_S("a"));
    put(folder, "tests/test.sh", TARE_S("true"));
    tare_arena_init(&arena, NULL, TARE_GIB);
    fuzz_must(tare_harbor_is(tare_str_of(folder)));
    if (tare_harbor_load(tare_str_of(folder), &arena, &h, &err) == TARE_OK)
        fuzz_must(h->suite->n_tasks == 1 && h->n_refused == 0);
    else
        fuzz_must(err.text[0] != 0);
    tare_arena_free(&arena);
    return 0;
}
