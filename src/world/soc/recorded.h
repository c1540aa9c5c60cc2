/*
 * Reading what others recorded of the published environment: entities in the data of a step, and
 * replies of a model that plays the attacker.
 */
#ifndef TARE_WORLD_SOC_RECORDED_H
#define TARE_WORLD_SOC_RECORDED_H

#include "text/json.h"

/*
 * Calls seen for each string that counts as evidence: all strings below the first objects that
 * have a trust_tier; trusted unless the tier is exactly "untrusted". The caller keeps those that
 * are known entities. Source: fact sheet opensec, section 12.
 */
void tare_soc_recorded_entities(struct tare_json data,
                                void (*seen)(void *ctx, struct tare_str s, bool trusted),
                                void *ctx);

/*
 * The JSON object in a model's reply: cut to the outer braces; when that is no JSON, commas before
 * a closing bracket are dropped and commas missing at line ends put in (fact sheet, section 7).
 * TARE_E_INPUT when there is none.
 */
enum tare_status tare_soc_recorded_reply(struct tare_str text, struct tare_arena *arena,
                                         struct tare_json *out, struct tare_err *err);

#endif
