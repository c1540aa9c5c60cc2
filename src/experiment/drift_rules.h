/* Rules as predicates of a turn. */
#ifndef TARE_EXPERIMENT_DRIFT_RULES_H
#define TARE_EXPERIMENT_DRIFT_RULES_H

#include "experiment/drift.h"
#include "text/regex.h"

struct tare__drift_rule;
struct tare__drift_rules {
    const struct tare__drift_rule *v;
    uint32_t n;
};

/* A list of {"id", "kind", "value", "when"}: 1 to TARE_DRIFT_RULES. TARE_E_INPUT, TARE_E_NOMEM. */
enum tare_status tare__drift_rules_read(struct tare_json list, struct tare_arena *arena,
                                        struct tare__drift_rules *out, struct tare_err *err);
struct tare_str tare__drift_rule_id(const struct tare__drift_rules *r, uint32_t k);
/* A model said whether it was kept. */
bool tare__drift_rule_judged(const struct tare__drift_rules *r, uint32_t k);
/* What the rule says of a text, an answer to the input; NA where it does not apply or cannot be
 * looked at. The arena is scratch. */
enum tare_drift_pass tare__drift_rule_on(const struct tare__drift_rules *r, uint32_t k,
                                         struct tare_str text, struct tare_str input,
                                         struct tare_arena *arena);
/* true: pass, false: fail, anything else: NA. */
enum tare_drift_pass tare__drift_told(struct tare_json v);
/* A regular expression of a recording. TARE_E_INPUT, TARE_E_NOMEM. */
enum tare_status tare__drift_expression(struct tare_json v, struct tare_arena *arena,
                                        const struct tare_regex **out, struct tare_err *err);

#endif
