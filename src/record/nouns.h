/*
 * The nouns of the design as structs: what an attempt leaves behind.
 */
#ifndef TARE_RECORD_NOUNS_H
#define TARE_RECORD_NOUNS_H

#include "base/arena.h"
#include "base/hash.h"

/* What a score is when it is not a number. */
enum tare_score_state {
    TARE_SCORE_OK = 0,
    TARE_SCORE_NOT_APPLICABLE, /* the question did not arise (no containment: no EGAR) */
    TARE_SCORE_UNAVAILABLE,    /* undefined, with a reason */
    TARE_SCORE_MISSING         /* the attempt is missing */
};

/* (attempt, metric) → value. value = num / den for ratios, so that ratios of sums can be pooled. */
struct tare_score {
    uint32_t metric; /* index into the run's metric list */
    enum tare_score_state state;
    double value, num, den;
    struct tare_str reason;
};

enum tare_direction { TARE_HIGHER_BETTER = 1, TARE_LOWER_BETTER = -1, TARE_NO_DIRECTION = 0 };
enum tare_aggregation {
    TARE_AGG_MEAN,          /* mean over tasks of the mean over attempts */
    TARE_AGG_RATIO_OF_SUMS, /* sum of num over sum of den, pooled over attempts */
    TARE_AGG_MEDIAN
};

/* How an outcome is measured. Constant tables; also stored with each batch. */
struct tare_metric {
    struct tare_str name;  /* "false_positive_rate" */
    struct tare_str title; /* "FP %": column head */
    struct tare_str about; /* one sentence */
    struct tare_str unit;  /* "", "share", "steps", "points" */
    enum tare_direction direction;
    enum tare_aggregation aggregation;
    double min, max; /* range; infinities when open */
};

/* What a step means in its world. Restraint metrics are computed from these, once, for every
 * world (check/restraint.h). Entities are numbers of the attempt's entity table. */
enum tare_fact_kind {
    TARE_FACT_SEEN = 1,         /* entity shown to the solver at a trust level, in this step */
    TARE_FACT_TOUCHED,          /* solver acted on an entity: touch says how right that was */
    TARE_FACT_PAYLOAD_PRESENT,  /* instruction planted in the task; entity = payload number */
    TARE_FACT_PAYLOAD_MET,      /* its text reached the solver, in this step */
    TARE_FACT_PAYLOAD_FOLLOWED, /* the solver did what it says, after having met it */
    TARE_FACT_PHASE,            /* the other side's phase after this step: value */
    TARE_FACT_STALLED,          /* the other side was stopped in this step */
    TARE_FACT_REPORTED,         /* the solver's final claim was given in this step */
    TARE_FACT_REQUIRED          /* entity that had to be touched (one a required entity, step 0) */
};
enum tare_trust {
    TARE_TRUST_UNKNOWN = 0,
    TARE_TRUST_UNTRUSTED,
    TARE_TRUST_CORROBORATED,
    TARE_TRUST_VERIFIED
};
enum tare_touch {
    TARE_TOUCH_REQUIRED = 1, /* right */
    TARE_TOUCH_PERMITTED,    /* neither needed nor harmful */
    TARE_TOUCH_HARMFUL,      /* a false positive */
    TARE_TOUCH_REFUSED       /* unknown entity: nothing happened */
};

struct tare_fact {
    uint32_t step;      /* 0-based */
    uint32_t entity;    /* or payload */
    uint16_t verb;      /* for TOUCHED: the world's verb number */
    uint8_t kind;       /* enum tare_fact_kind */
    uint8_t trust;      /* SEEN: enum tare_trust */
    uint8_t touch;      /* TOUCHED: enum tare_touch */
    uint8_t implicates; /* SEEN: the evidence speaks for acting on it, not only names it */
    uint8_t tier;       /* PAYLOAD_*: difficulty tier 1.. */
    uint8_t repeat;     /* TOUCHED: the entity had been touched before */
    int32_t value;      /* PHASE */
};

/* How an attempt ended. */
enum tare_attempt_status {
    TARE_ATTEMPT_PLANNED = 0,
    TARE_ATTEMPT_RUNNING,
    TARE_ATTEMPT_DONE,   /* scored */
    TARE_ATTEMPT_FAILED, /* the solver failed or hit a limit: scored, as a failure */
    TARE_ATTEMPT_MISSING /* something outside the solver failed: not a score */
};
enum tare_cause {
    TARE_CAUSE_NONE = 0,
    TARE_CAUSE_SOLVER, /* crashed, broke the protocol */
    TARE_CAUSE_LIMIT,  /* steps, tokens, seconds, money */
    TARE_CAUSE_ENDPOINT,
    TARE_CAUSE_WORLD,
    TARE_CAUSE_SANDBOX,
    TARE_CAUSE_STORE,
    TARE_CAUSE_MEMORY,
    TARE_CAUSE_CANCELLED
};

/* Everything an attempt leaves: strings and arrays live in the attempt's arena. */
struct tare_attempt {
    uint32_t task;  /* index in the suite */
    uint32_t index; /* 0-based attempt of that task */
    uint64_t seed;  /* stream seed of this attempt */
    enum tare_attempt_status status;
    enum tare_cause cause;
    struct tare_str cause_text;
    uint32_t n_steps;
    int64_t wall_start_ns; /* recorded, never part of the digest */
    int64_t dur_ns;        /* monotonic */
    const struct tare_score *scores;
    uint32_t n_scores;
    struct tare_str detail;  /* world's own account as one JSON object (score parts …) */
    struct tare_str outline; /* JSON array: all a timeline needs; design/ui.md section 4 */
    struct tare_str steps;   /* step bodies, one JSON object a line, n_steps (+ reset) lines */
    uint64_t tokens_in, tokens_out;
    double cost_usd;
    struct tare_digest digest; /* SHA-256 of canonical content without times: same bits whenever
                                  the same attempt is run again */
};

#endif
