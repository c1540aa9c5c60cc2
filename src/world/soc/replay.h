/*
 * Recorded actions played again: one line an episode, in the shape of the published trajectories
 * (`tare help replay`), and a comparison with what the file holds.
 */
#ifndef TARE_WORLD_SOC_REPLAY_H
#define TARE_WORLD_SOC_REPLAY_H

#include "record/task.h"
#include "world/soc/soc.h"

struct tare_soc_replay_in {
    enum tare_soc_profile profile;
    bool mask_injections;
    /* JSON lines: published seeds ({"seed": …, "ground_truth": …}) or suite tasks; "-" is standard
     * input. An id that comes twice is an error. */
    const struct tare_str *scenarios;
    size_t n_scenarios;
    /* JSON lines: {"scenario_id": …, "steps": [{"a": {"action_type", "params"}}, …]}. */
    struct tare_str actions;
    bool check; /* compare each line with the file's */
    /* Takes each line as it is made (no newline at its end); NULL: nobody wants them. */
    enum tare_status (*sink)(void *ctx, struct tare_str line, struct tare_err *err);
    void *sink_ctx;
};

struct tare_soc_replay_sum {
    uint64_t episodes, steps;
    uint64_t equal_episodes, equal_steps; /* when checked */
    struct tare_str first;                /* the first difference, one sentence; empty: none */
};

/* Strings of *out live in the arena. Fails with the file and line of a fault. */
enum tare_status tare_soc_replay(const struct tare_soc_replay_in *in, struct tare_arena *arena,
                                 struct tare_soc_replay_sum *out, struct tare_err *err);

#endif
