/*
 * The lab of tool-call regimes: the same raw generations read by a strict parser, a lenient one,
 * under a forced tool choice and under a mask, compared pair by pair.
 *
 * Source: spec/tool-calls.md of the shared sheets, section 8. Recordings are JSON Lines, one
 * episode a line (docs/verbs/experiment.md):
 *
 *   {"id", "seed", "workflow", "factor", "regime":
 * "auto|required|named|constrained|constrained-order", "dialect", "tools", "policy": {"order"},
 * "success", "messages": [{"text", "finish_reason", "think_prefilled", "expect": [{"name",
 * "arguments"}], "results": [{"error", "content"}], "tokens", "ms", "mass_allowed", "logprobs":
 * [{"token", "logprob", "top_logprobs"}], "tries": [{"text", "finish_reason", "tokens", "ms"}]}]}
 *
 * A line {"defaults": {...}} gives members for the lines after it. An arm whose regime nobody
 * recorded is replayed from the "auto" recording: what the choice or the mask would have refused is
 * then known, what the model would have written instead is not, and such episodes count as unknown.
 * "tries" are what the model wrote when it was asked again: an arm takes them one after the other
 * for as long as it cannot act upon what it has. All rates but success are of the first texts. With
 * a vocabulary the masks themselves are run over each text (struct tare_tools_masks).
 */
#ifndef TARE_EXPERIMENT_TOOLS_H
#define TARE_EXPERIMENT_TOOLS_H

#include "base/clock.h"
#include "stats/stats.h"
#include "text/calls_retry.h"
#include "text/guide.h"

enum tare_tools_arm {
    TARE_ARM_STRICT, /* free decoding, a parser that mends nothing */
    TARE_ARM_LENIENT,
    TARE_ARM_REQUIRED,    /* a call is forced, which one and its arguments are free */
    TARE_ARM_NAMED,       /* the tool that is expected is forced, its arguments are free */
    TARE_ARM_CONSTRAINED, /* wrapper and arguments are masked */
    TARE_ARM_ORDERED,     /* also the names that the order rules do not allow */
    TARE_TOOLS_ARMS
};

/* Each a share k / n; what n counts stands beside it. */
enum tare_tools_rate {
    TARE_RATE_SUCCESS,    /* episodes: every message usable, nothing violated, as expected */
    TARE_RATE_FIRST_TRY,  /* episodes: the same, and no message was asked for again */
    TARE_RATE_ORDER,      /* episodes with an order violation */
    TARE_RATE_MALFORMED,  /* messages that have or should have a call */
    TARE_RATE_TRUNCATED,  /* the same */
    TARE_RATE_REPAIRED,   /* the same */
    TARE_RATE_MISSED,     /* messages where a call is expected: none was parsed */
    TARE_RATE_PHANTOM,    /* messages where none is expected: one was parsed */
    TARE_RATE_WRONG_TOOL, /* messages where a call is expected and one was parsed */
    TARE_RATE_ARGUMENTS,  /* parsed calls that do not fit their tool */
    TARE_TOOLS_RATES
};
const char *tare_tools_arm_name(enum tare_tools_arm a);
const char *tare_tools_rate_name(enum tare_tools_rate r);

struct tare_tools_episode {
    struct tare_str id, workflow, dialect, factor;
    enum tare_tools_arm regime; /* STRICT stands for "auto" */
    int64_t seed;
    const struct tare_calls_tool *tools;
    uint32_t n_tools;
    struct tare_json order, messages, success; /* order and success: perhaps absent */
};

struct tare_tools_recordings {
    const struct tare_tools_episode *v;
    size_t n;
    bool has[TARE_TOOLS_ARMS]; /* regimes that were recorded */
};

/* TARE_E_INPUT (err->line), TARE_E_NOMEM. Borrows the text. */
enum tare_status tare_tools_recordings_read(struct tare_str jsonl, struct tare_arena *arena,
                                            struct tare_tools_recordings *out,
                                            struct tare_err *err);

/*
 * Masks of the dialect's envelope with each tool's schema, compiled over a vocabulary when they are
 * first needed. They check the texts of the constrained arms (up to the first token the mask would
 * not have allowed) and write those of the scripted generator.
 *
 * clock: NULL: nothing is timed. Close after use; the vocabulary is borrowed. One thread at a time.
 */
struct tare_tools_masks;
enum tare_status tare_tools_masks_open(const struct tare_vocab *v,
                                       const struct tare_guide_vocab *tables,
                                       const struct tare_clock *clock, const struct tare_alc *alc,
                                       struct tare_arena *arena, struct tare_tools_masks **out,
                                       struct tare_err *err);
void tare_tools_masks_close(struct tare_tools_masks *m); /* NULL is allowed */

struct tare_tools_mask_times { /* of everything since open */
    bool timed;
    uint64_t compiled; /* envelopes, each once */
    double compile_ms, compile_max_ms, mask_p50_us, mask_p99_us, accept_p50_us;
};
void tare_tools_masks_times(struct tare_tools_masks *m, struct tare_tools_mask_times *out);

/* What masks did with the messages of an arm that have or should have a call. */
struct tare_tools_masked {
    uint64_t messages;   /* walked */
    uint64_t changed;    /* of them: could not have been written so */
    uint64_t unenforced; /* no envelope for the dialect, or a schema that masks cannot enforce */
    uint64_t tokens, forced; /* walked; of them the only ones allowed */
    uint64_t masses;         /* tokens whose alternatives were recorded */
    double mass_sum, mass_min;
};

/* Error rates of the scripted generator, each a share of its call messages but reorder, which is
 * of episodes. Faults of one message exclude each other, so they may not sum to more than 1. */
struct tare_tools_script {
    double trailing_comma, wrong_type, missing_argument, truncate, no_call, wrong_tool, reorder;
    uint64_t seed;
    uint32_t episodes, seeds;
};
/* "trailing_comma=0.05,reorder=0.02" into it; the others become 0. TARE_E_USAGE. */
enum tare_status tare_tools_script_parse(struct tare_str spec, struct tare_tools_script *s,
                                         struct tare_err *err);
/* Recordings of that generator, in all five regimes, with the same draws in each. With masks
 * (else NULL) what the constrained regimes say is written token by token: the faulty call for as
 * long as the mask lets it, then the right one. TARE_E_NOMEM (jsonl too); others as of masks. */
enum tare_status tare_tools_script_write(const struct tare_tools_script *s,
                                         struct tare_tools_masks *masks, struct tare_buf *jsonl,
                                         struct tare_err *err);
/* The rate that is known to hold for it; NaN: not known in closed form. */
double tare_tools_script_rate(const struct tare_tools_script *s, enum tare_tools_arm a,
                              enum tare_tools_rate r);

struct tare_tools_opts {
    enum tare_tools_arm baseline;
    double confidence; /* in (0, 1) */
    uint64_t resamples, seed;
    struct tare_tools_masks *masks; /* NULL: a parser guesses what a mask would have changed */
};

struct tare_tools_share {
    uint64_t k, n;
    struct tare_interval wilson;  /* units taken as independent */
    struct tare_value diff;       /* minus the baseline's, over the pairs both have */
    struct tare_interval diff_ci; /* bootstrap over workflows; Tango's for outcomes of an episode
                                     (success, first_try_ok, order) where each is a workflow */
    double p, p_holm;             /* sides of whole workflows swapped; NaN: there is none */
    double p_mcnemar; /* outcomes of an episode: McNemar's exact test, which takes episodes as
                         independent; NaN elsewhere. Where each is a workflow, p is the same */
};

/* What became of the messages that were asked for again. */
struct tare_tools_retries {
    uint64_t episodes, tries; /* with a further try; tries beyond the first */
    uint64_t recovered;       /* of the episodes: successes */
    uint64_t repaired;        /* successes without a further try in which a parser mended */
    double tokens, ms;        /* of the further tries */
};

struct tare_tools_row {
    bool recorded; /* in its own regime; false: replayed from "auto" */
    uint64_t episodes, missing, unknown;
    struct tare_tools_share rate[TARE_TOOLS_RATES];
    uint64_t calls, breaches;
    struct tare_tools_retries retries;
    struct tare_value seed_sd;                            /* of the success rate over the seeds */
    struct tare_value tokens, ms, tokens_ratio, ms_ratio; /* an episode; ratio to the baseline's */
    struct tare_interval tokens_ci, ms_ci;
    struct tare_value first_ms;                   /* of a message: until its first text or call */
    struct tare_value success_tokens, success_ms; /* of all episodes, for each that succeeds */
    struct tare_interval success_tokens_ci, success_ms_ci;
    uint64_t limited, near;    /* messages with a limit of tokens; of them beyond TARE_TOOLS_NEAR */
    uint64_t promised, broken; /* messages of a recorded regime where a call is expected; of them
                                  not as the regime promises: the server did not enforce it */
    struct tare_value mass_mean, mass_min;
    struct tare_value mde;           /* of success against the baseline, at 80 % power */
    struct tare_tools_masked masked; /* constrained arms, with masks; episodes that became unknown
                                        count here too */
};

#define TARE_TOOLS_RULES 64u
#define TARE_TOOLS_NEAR 0.8 /* of the tokens a message may have: the next may be cut */

struct tare_tools_rule { /* of the order policies */
    struct tare_str says;
    struct {
        uint64_t episodes, broken, breaches; /* that have it; in which it was broken; how often */
    } arm[TARE_TOOLS_ARMS];
};

#define TARE_TOOLS_FACTORS 16u

/* Episodes by what else was varied: where the rules stand, how many tools there are … */
struct tare_tools_factor {
    struct tare_str name;
    struct {
        uint64_t k, n; /* successes, episodes */
    } arm[TARE_TOOLS_ARMS];
};

struct tare_tools_report {
    enum tare_tools_arm baseline;
    double confidence;
    uint64_t pairs, workflows, seeds;
    bool masks; /* were run */
    struct tare_tools_mask_times times;
    struct tare_tools_rule *rule;
    uint32_t n_rules; /* at most TARE_TOOLS_RULES: those met first */
    struct tare_tools_factor factor[TARE_TOOLS_FACTORS];
    uint32_t n_factors;
    struct tare_tools_row arm[TARE_TOOLS_ARMS];
};

/* TARE_E_INPUT (no "auto" recording), TARE_E_NOMEM and errors of order rules. */
enum tare_status tare_tools_experiment(const struct tare_tools_recordings *r,
                                       const struct tare_tools_opts *opts, struct tare_arena *arena,
                                       struct tare_tools_report *out, struct tare_err *err);

#endif
