/* All published episodes, played again: every field of every line equal. */
#include "../shared.h"

#include "world/soc/replay.h"

static void test_trajectories(void **state)
{
    (void)state;
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_ARENA_REPORT_BYTES);
    struct tare_str scenarios[2] = {shared_path(&arena, "data/opensec/seeds_train.jsonl"),
                                    shared_path(&arena, "data/opensec/seeds_eval.jsonl")};
    struct tare_soc_replay_in in = {.profile = TARE_SOC_FAITHFUL,
                                    .scenarios = scenarios,
                                    .n_scenarios = 2,
                                    .actions =
                                        shared_path(&arena, "vectors/opensec/trajectories.jsonl"),
                                    .check = true};
    struct tare_soc_replay_sum sum;
    struct tare_err err = {0};
    enum tare_status st = tare_soc_replay(&in, &arena, &sum, &err);
    if (st != TARE_OK)
        fail_msg("%s:%u: %s", err.file, err.line, err.text);
    if (sum.first.n)
        print_message("first difference: %.*s\n", TARE_FMT(sum.first));
    assert_int_equal(sum.episodes, 1176);
    assert_int_equal(sum.equal_steps, sum.steps);
    assert_int_equal(sum.equal_episodes, 1176);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_trajectories)};
    return cmocka_run_group_tests_name("world/soc_replay", tests, NULL, NULL);
}
