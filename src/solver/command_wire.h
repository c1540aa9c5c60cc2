/* The lines of tare.agent/1, without a process behind them. */
#ifndef TARE_SOLVER_COMMAND_WIRE_H
#define TARE_SOLVER_COMMAND_WIRE_H

#include "record/contract.h"

enum tare_agent_says {
    TARE_AGENT_ACT = 1, /* text: the action for step_json */
    TARE_AGENT_DONE,
    TARE_AGENT_FAIL, /* text: why, perhaps empty */
    TARE_AGENT_WRONG /* text: what is wrong with the line */
};

/* Reads one line of an agent that plays in the scene; text lives in the arena. Never fails but for
 * memory. */
enum tare_status tare_agent_read(struct tare_str line, const struct tare_scene *scene,
                                 struct tare_arena *arena, enum tare_agent_says *says,
                                 struct tare_str *text, struct tare_err *err);
/* A call of a tool as an action for step_json. arguments: an object, or absent: none. */
enum tare_status tare_agent_action(struct tare_str tool, struct tare_json arguments,
                                   struct tare_arena *arena, struct tare_str *out,
                                   struct tare_err *err);
/* An answer as the one action of a world that talks. */
enum tare_status tare_agent_answer(struct tare_str answer, struct tare_arena *arena,
                                   struct tare_str *out, struct tare_err *err);
/* The lines to an agent, each with its end. obs: the observation as JSON. p NULL: no memory. */
struct tare_str tare_agent_start(const struct tare_scene *scene, struct tare_str obs,
                                 struct tare_arena *arena);
struct tare_str tare_agent_observation(const struct tare_obs *obs, struct tare_str body,
                                       struct tare_arena *arena);
struct tare_str tare_agent_error(struct tare_str what, struct tare_arena *arena);

#endif
