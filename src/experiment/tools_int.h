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
    double first_ms; /* sum over `firsts` messages */
    uint32_t firsts;
    uint32_t limited, near;    /* messages with a limit of tokens; of them close to it */
    uint32_t promised, broken; /* messages of a recorded regime; of them not as it promises */
    uint32_t tries;            /* beyond the first */
    double tries_tokens, tries_ms;
    struct tare_tools_masked masked;
};

/* What a message's calls gave back, as recorded; how many of them. */
#define TARE__TOOLS_RESULTS 64
uint32_t tare__tools_results(struct tare_json message,
                             struct tare_order_result out[TARE__TOOLS_RESULTS]);

/* One (id, seed): its recording in each regime, and its place in the table of units. */
struct tare__tools_pair {
    const struct tare_tools_episode *of[TARE_TOOLS_ARMS];
    uint32_t cluster, seed;
    struct tare_str factor;
};

struct tare__tools_lab {
    const struct tare_tools_recordings *rec;
    const struct tare_tools_opts *opts;
    struct tare_arena *arena;
    struct tare_tools_report *out;
    struct tare__tools_pair *pairs; /* by workflow */
    size_t n;
    uint32_t clusters, seeds;
    struct tare__tools_unit *units; /* [arm * n + pair] */
};

static inline const struct tare__tools_unit *tare__tools_at(const struct tare__tools_lab *l,
                                                            int arm, size_t pair)
{
    return &l->units[(size_t)arm * l->n + pair];
}

static inline bool tare__tools_counts(const struct tare__tools_unit *u)
{
    return u->present && !u->unknown;
}

/* The order rules of all recordings into the report, by what they say. */
enum tare_status tare__tools_rules_open(struct tare__tools_lab *l, struct tare_err *err);
/* Adds the breaches of an episode under an arm; the lab's arena is scratch. */
enum tare_status tare__tools_rules_add(const struct tare__tools_lab *l, enum tare_tools_arm arm,
                                       const struct tare_order *order, struct tare_err *err);
/* Scratch in the lab's arena, rewound by the caller. */
enum tare_status tare__tools_measure(const struct tare__tools_lab *l,
                                     const struct tare_tools_episode *e, enum tare_tools_arm arm,
                                     struct tare__tools_unit *out, struct tare_err *err);
enum tare_status tare__tools_compare(const struct tare__tools_lab *l, struct tare_err *err);

#endif
