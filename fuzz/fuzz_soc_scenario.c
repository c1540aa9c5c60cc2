/* Scenarios of both formats with their truth, {"scenario": …, "expect": …}: compiled and played,
 * or one place is named. What the validator passes can be played to its end. */
#include "fuzz_soc.h"
#include "world/soc/scenario.h"

static void play(void *world, const struct tare_task *task)
{
    struct tare_obs obs;
    struct tare_err err = {0};
    struct tare_soc_params p = {.text = TARE_S("SELECT * FROM alerts")};
    if (tare_world_soc.reset(world, task, NULL, &obs, &err) != TARE_OK) {
        fuzz_must(err.text[0]);
        return;
    }
    for (uint32_t i = 0; i < 12 && !obs.done; i++) {
        struct tare_action a = {i % TARE_SOC_N_VERBS, &p};
        if (tare_world_soc.step(world, &a, NULL, &obs, &err) != TARE_OK) {
            fuzz_must(err.text[0]);
            return;
        }
        fuzz_soc_look(world);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_soc worlds[2];
    struct tare_arena arena;
    struct tare_json root;
    struct tare_err err = {0};
    tare_arena_init(&arena, NULL, TARE_GIB);
    if (tare_json_parse(fuzz_text(data, size), &tare_json_strict, &arena, &root, &err) == TARE_OK) {
        struct tare_task task = {
            .id = TARE_S("fuzz"), .input = root, .expect = tare_json_get(root, "expect")};
        (void)tare_soc_check(tare_json_get(root, "scenario"), task.expect, &arena, &err);
        for (int p = 0; p < 2; p++) {
            fuzz_soc_open(&worlds[p], (enum tare_soc_profile)p);
            play(worlds[p].world, &task);
        }
    }
    tare_arena_free(&arena);
    return 0;
}
