/* Plays tasks of the world soc with scripted solvers and counts what the facts say. */
#ifndef TARE_TESTS_SOC_PLAY_H
#define TARE_TESTS_SOC_PLAY_H

#include "record/contract.h"
#include "record/task.h"
#include "world/soc/soc.h"
#include "world/soc/solvers/solvers.h"

struct soc_episode {
    double reward, reward_max;
    uint32_t steps;
    bool reported;
    uint32_t contained, gated;         /* containment calls; with trusted implicating evidence */
    uint32_t required, right, harmful; /* distinct */
    uint32_t refused;
    int32_t first;                            /* 0-based step of the first containment, or -1 */
    uint32_t present[4], met[4], followed[4]; /* payloads, by tier */
};

/* Parses one task line into the arena. Fails the test when it is not one. */
struct tare_task soc_task(struct tare_str line, struct tare_arena *arena);

/* Plays one episode. config: the world's, as JSON text, or empty. */
struct soc_episode soc_play(void *world, const struct tare_solver_ops *solver, const void *shared,
                            const struct tare_task *task, uint64_t seed);

#endif
