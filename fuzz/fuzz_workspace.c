/* Tasks of work folders, and the limits a suite gives them: taken, or refused at one place. What is
 * taken names no file outside the folder. */
#include "fuzz.h"
#include "record/task.h"
#include "sandbox/box_files.h"
#include "world/workspace/workspace.h"
#include "world/world.h"

static void names_below(struct tare_json files)
{
    for (struct tare_json v = tare_json_first(files); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str name = tare_json_key(v);
        fuzz_must(tare_box_name_ok(name) && name.p[0] != '/');
        fuzz_must(!tare_str_is(name, "..") && !tare_str_starts(name, TARE_S("../")));
        fuzz_must(tare_str_find(name, TARE_S("/../")) == SIZE_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_json root, none = {NULL, 0};
    void *w = NULL;
    tare_arena_init(&arena, NULL, TARE_GIB);
    if (tare_json_parse(fuzz_text(data, size), NULL, &arena, &root, NULL) == TARE_OK) {
        struct tare_task task = {.id = TARE_S("t"),
                                 .input = tare_json_get(root, "input"),
                                 .expect = tare_json_get(root, "expect")};
        if (tare_task_source_workspace.check(&task, none, &arena, &err) == TARE_OK) {
            names_below(tare_json_get(task.input, "files"));
            names_below(tare_json_get(task.expect, "files"));
        } else {
            fuzz_check_err(err.code, &err, size);
        }
        (void)tare_world_workspace.open(tare_json_get(root, "world"), NULL, &arena, &w, NULL);
        if (w)
            tare_world_workspace.close(w);
    }
    tare_arena_free(&arena);
    return 0;
}
