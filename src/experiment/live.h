/*
 * Studies drawn from a model: cases become recordings, which are then read as those of a file are.
 */
#ifndef TARE_EXPERIMENT_LIVE_H
#define TARE_EXPERIMENT_LIVE_H

#include "solver/model_client.h"

#define TARE_LIVE_ARMS 16u

/* The field that holds a server to a schema; that of tools (native) is "strict". */
enum tare_live_form {
    TARE_FORM_RESPONSE_FORMAT, /* {"type": "json_schema", "strict": true}: OpenAI and most others */
    TARE_FORM_JSON_SCHEMA,     /* llama.cpp's own */
    TARE_FORM_STRUCTURED_OUTPUTS, /* vLLM's own: {"json": …} */
    TARE_FORM_GUIDED_JSON         /* vLLM's before that */
};

struct tare_live {
    struct tare_model_client
        *client;              /* borrowed; NULL: cases are read, and every talk is missing */
    struct tare_str endpoint; /* its name */
    enum tare_wire wire;      /* 0: not known */
    const struct tare_clock *clock;
    uint32_t in_flight;                   /* talks at once; 0: 16 */
    uint32_t seeds;                       /* talks a case and arm */
    uint64_t seed;                        /* of turns that are made from a script */
    double temperature;                   /* NaN: the endpoint's */
    uint64_t max_tokens;                  /* of one reply; 0: the endpoint's */
    struct tare_str arms[TARE_LIVE_ARMS]; /* regimes or interventions */
    uint32_t n_arms;
    /* Of the lab of tool regimes. */
    uint32_t top_logprobs;    /* alternatives of each token that are asked for and kept; 0: none */
    uint32_t retries;         /* further tries at a message that cannot be acted upon */
    bool native;              /* tools are told and called by the server's own interface */
    enum tare_live_form form; /* of masked arms that are not native */
};

/* Of one arm. A talk is refused where the endpoint says that it cannot take the request: a field
 * that it does not know, a schema that it cannot hold. */
struct tare_live_arm {
    uint64_t talks, missing, refused; /* refused are missing too */
    struct tare_str says;             /* of the first that was refused */
};

/* What was drawn. */
struct tare_live_drawn {
    uint64_t talks, missing; /* missing: a request failed; no recording */
    uint64_t requests;
    struct tare_str first_failure; /* of a missing one */
    struct tare_str halted;        /* why nothing more is asked; empty: all was */
    struct tare_live_arm arm[TARE_LIVE_ARMS];
};

/*
 * Draws every case in every arm `seeds` times and appends the recordings to jsonl, in the order of
 * cases, seeds and arms whatever came first.
 *
 * Cases are recordings without what a model says: messages (turns) have "input" in place of "text";
 * docs/verbs/experiment.md. Fails: TARE_E_INPUT (err->line), TARE_E_USAGE (arms), TARE_E_NOMEM.
 */
enum tare_status tare_tools_live(struct tare_str cases, const struct tare_live *live,
                                 struct tare_arena *arena, struct tare_buf *jsonl,
                                 struct tare_live_drawn *out, struct tare_err *err);
/* arms: baseline, stateless, recap, recall, recall-masked, structured, guard; re-anchor-N, split-N,
 * checkpoint-N (every N turns). */
enum tare_status tare_drift_live(struct tare_str cases, const struct tare_live *live,
                                 struct tare_arena *arena, struct tare_buf *jsonl,
                                 struct tare_live_drawn *out, struct tare_err *err);

#endif
