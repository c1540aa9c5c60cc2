/*
 * A compiled scenario: immutable, shared by threads, made once a task. Names are numbers: every
 * string that can matter (entities, evidence ids, phases) is interned once.
 */
#ifndef TARE_WORLD_SOC_SCENARIO_H
#define TARE_WORLD_SOC_SCENARIO_H

#include "record/task.h"
#include "world/soc/soc.h"

#define TARE_SOC_NONE UINT32_MAX

enum tare_soc_table {
    TARE_SOC_EMAIL = 0,
    TARE_SOC_AUTH,
    TARE_SOC_NETFLOW,
    TARE_SOC_PROCESS,
    TARE_SOC_ALERT,
    TARE_SOC_N_TABLES
};

/* Ceilings of one scenario; larger ones are refused as input. */
#define TARE_SOC_MAX_ENTITIES 4096u
#define TARE_SOC_MAX_ROWS 4096u
#define TARE_SOC_MAX_PAYLOADS 256u
#define TARE_SOC_MAX_INCIDENTS 8u
#define TARE_SOC_MAX_STAGES 64u

struct tare_soc_scenario;

/*
 * Compiles task->input.scenario and task->expect. Everything lives in the arena; strings borrow
 * from the task's document. Fails with TARE_E_INPUT: offset is the place of the fault, the text
 * names the JSON pointer, the hint the remedy. Threads: safe.
 */
enum tare_status tare_soc_compile(const struct tare_task *task, enum tare_soc_profile profile,
                                  struct tare_arena *arena, const struct tare_soc_scenario **out,
                                  struct tare_err *err);

/*
 * Validator of hardened scenarios, over the same JSON: cross references, ids unique, truth equal to
 * the incidents, names really standing in their columns, payload texts in their rows, and
 * discoverability: each entity that is to be attributed or contained is implicated by a trusted
 * row (corroborated or verified) that arrives whatever the defender does, at the latest one step a
 * required action and one for the report before max_steps. The first fault is the error.
 */
enum tare_status tare_soc_check(struct tare_json scenario, struct tare_json expect,
                                struct tare_arena *scratch, struct tare_err *err);

#endif
