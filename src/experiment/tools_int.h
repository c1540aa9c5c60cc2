/* What one episode shows under one arm. */
#ifndef TARE_EXPERIMENT_TOOLS_INT_H
#define TARE_EXPERIMENT_TOOLS_INT_H

#include "experiment/tools_mask.h"

struct tare__tools_unit {
    bool present; /* false: this arm has no recording of the pair */
    bool unknown; /* replayed, and the regime would have interfered */
    uint32_t k[TARE_TOOLS_RATES], n[TARE_TOOLS_RATES];
    uint32_t calls, breaches, masses;
    double tokens, ms, mass_sum, mass_min;
    bool has_tokens, has_ms;
    uint32_t tries; /* beyond the first */
    double tries_tokens, tries_ms;
    struct tare_tools_masked masked;
};

/* What a message's calls gave back, as recorded; how many of them. */
#define TARE__TOOLS_RESULTS 64
uint32_t tare__tools_results(struct tare_json message,
                             struct tare_order_result out[TARE__TOOLS_RESULTS]);

/* arena: scratch, rewound by the caller; masks may be NULL. */
enum tare_status tare__tools_measure(const struct tare_tools_episode *e, enum tare_tools_arm arm,
                                     struct tare_tools_masks *masks, struct tare_arena *arena,
                                     struct tare__tools_unit *out, struct tare_err *err);

#endif
