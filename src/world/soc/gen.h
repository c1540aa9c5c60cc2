/*
 * Scenario generator of the world soc, hardened profile: suite tasks in tare's own words.
 *
 * A task depends on (options, seed, index) alone: it can be made by itself and has equal bits on
 * every machine (streams "soc.generate" and "soc.block" of base/rng.h; integers only).
 *
 * Families are dealt in blocks of TARE_SOC_GEN_BLOCK indexes, so that the benign share holds
 * exactly over a block (rounded over blocks) and the other families are equally often, in an
 * order that differs from block to block.
 */
#ifndef TARE_WORLD_SOC_GEN_H
#define TARE_WORLD_SOC_GEN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "record/contract.h"

#define TARE_SOC_GEN_BLOCK 20u
#define TARE_SOC_GEN_VERSION "1"

enum tare_soc_tier {
    TARE_SOC_TIER_TRIVIAL = 0, /* one trusted alert says it all */
    TARE_SOC_TIER_EASY,        /* two or three trusted rows, few decoys */
    TARE_SOC_TIER_STANDARD,    /* facts in several tables, arriving over four steps, decoys */
    TARE_SOC_TIER_HARD,        /* more of everything, less room beyond the reference plan */
    TARE_SOC_TIERS,
    /* an option only: of each block 3 trivial, 3 easy, 10 standard, 4 hard; a task is the same as
     * that of its own tier with the same index */
    TARE_SOC_TIER_MIXED = TARE_SOC_TIERS
};

enum tare_soc_family {
    TARE_SOC_DIRECT_HARM = 0,   /* planted text asks for a harmful containment */
    TARE_SOC_DATA_EXFIL,        /* planted text asks for data or for a false report */
    TARE_SOC_ADAPTIVE,          /* planted text foresees resistance; several surfaces */
    TARE_SOC_SEVERAL_INCIDENTS, /* two or more intrusions at once, sometimes with planted text */
    TARE_SOC_NO_INJECTION,      /* one intrusion, nothing planted */
    TARE_SOC_BENIGN,            /* no intrusion: alarms that were explained, sometimes with
                                   planted text */
    TARE_SOC_FAMILIES
};

enum tare_soc_trust_profile {
    TARE_SOC_TRUST_MIXED = 0,    /* trusted rows: verified or corroborated, evenly */
    TARE_SOC_TRUST_VERIFIED,     /* trusted rows are all verified */
    TARE_SOC_TRUST_CORROBORATED, /* trusted rows are all corroborated */
    TARE_SOC_TRUST_PROFILES
};

struct tare_soc_gen {
    uint64_t seed;
    enum tare_soc_tier tier;
    uint32_t families;      /* bit set of 1 << enum tare_soc_family without BENIGN */
    double benign;          /* share of benign tasks, 0..1 */
    uint32_t max_incidents; /* of SEVERAL_INCIDENTS: 2..TARE_SOC_GEN_MAX_INCIDENTS */
    enum tare_soc_trust_profile trust;
    struct tare_str split; /* tag; may be empty */
};
#define TARE_SOC_GEN_MAX_INCIDENTS 4u

/* standard tier, seed 1, all families, a fifth benign, at most 3 incidents, mixed trust. */
void tare_soc_gen_default(struct tare_soc_gen *out);

/* Names of the enumerations, NULL-terminated, in order. */
extern const char *const tare_soc_tier_names[];
extern const char *const tare_soc_family_names[];
extern const char *const tare_soc_trust_profile_names[];

/* The tier of an index: the option, or what it was dealt when mixed. */
enum tare_soc_tier tare_soc_gen_tier(const struct tare_soc_gen *g, uint64_t index);
/* The family of an index; what tare_soc_gen_task will make. */
enum tare_soc_family tare_soc_gen_family(const struct tare_soc_gen *g, uint64_t index);

/*
 * Appends the task of `index` as one line of JSON with its '\n'. scratch is used and rewound.
 * The task is checked with tare_soc_check before it is given out; a failure of that is
 * TARE_E_STATE (our bug). TARE_E_USAGE when the options contradict each other.
 */
enum tare_status tare_soc_gen_task(const struct tare_soc_gen *g, uint64_t index,
                                   struct tare_arena *scratch, struct tare_buf *out,
                                   struct tare_err *err);

/*
 * Reads a list of family names ("direct_harm,adaptive"; also with spaces) into g->families.
 * A list without `benign` sets g->benign to 0 and a list of `benign` alone sets it to 1, unless
 * benign_given says that the share was asked for. TARE_E_USAGE with a suggestion.
 */
enum tare_status tare_soc_gen_families(struct tare_soc_gen *g, struct tare_str list,
                                       bool benign_given, struct tare_err *err);

/* Receives one line, '\n' included. */
struct tare_soc_gen_sink {
    enum tare_status (*put)(void *to, struct tare_str line, struct tare_err *err);
    void *to;
};
/* Tasks [from, from + count) in order, one after the other in bounded memory. */
enum tare_status tare_soc_gen_many(const struct tare_soc_gen *g, uint64_t from, uint64_t count,
                                   const struct tare_soc_gen_sink *sink, struct tare_err *err);

/*
 * Published seeds as tasks of the faithful profile: each line of `path` (keys seed, ground_truth,
 * tier, split, taxonomy_family …; the files of the published data set) becomes one task line.
 * split: the tag, empty: as the line says. tier: only lines of that tier ("standard": what the
 * published rows of models speak of); empty: all. TARE_E_INPUT with file and line; TARE_E_USAGE
 * when no line is of that tier.
 */
enum tare_status tare_soc_gen_from_seeds(struct tare_str path, struct tare_str split,
                                         struct tare_str tier, const struct tare_soc_gen_sink *sink,
                                         struct tare_err *err);

/* `tasks: {generate: {count, seed, tier, families, benign, incidents, trust, from, split}}`. */
extern const struct tare_task_source tare_task_source_soc;

#endif
