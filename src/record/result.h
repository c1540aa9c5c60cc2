/*
 * What a tool gave back, without what changes each time anyway.
 */
#ifndef TARE_RECORD_RESULT_H
#define TARE_RECORD_RESULT_H

#include "base/arena.h"
#include "base/hash.h"
#include "text/json.h"

/*
 * SHA-256 of an observation's canonical JSON without the members that count steps or tell times
 * ("step", "step_index", "turn", "reward", "t_ms", "dur_ms" …); where the observation has a member
 * "last_action_result", of that alone. Two calls with equal digests brought the same. Text that is
 * no JSON counts as it is. arena: scratch.
 */
struct tare_digest tare_result_digest(struct tare_str observation, struct tare_arena *arena);
struct tare_digest tare_result_digest_of(struct tare_json observation, struct tare_arena *arena);

#endif
