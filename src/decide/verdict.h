/*
 * The verdict: what the evidence supports, from an estimate, two intervals, a corrected p and a
 * margin (statistics sheet, section 15). One rule decides: the test. Pure; no data, no statistics.
 */
#ifndef TARE_DECIDE_VERDICT_H
#define TARE_DECIDE_VERDICT_H

#include "stats/stats.h"

enum tare_verdict {
    TARE_VERDICT_INCONCLUSIVE = 0,
    TARE_VERDICT_IMPROVED,
    TARE_VERDICT_REGRESSED,
    TARE_VERDICT_EQUIVALENT,
    TARE_VERDICT_INVALID /* cannot be judged: contaminated */
};

/* What is said beside the word. */
enum tare_verdict_tag {
    TARE_TAG_NONE = 0,
    TARE_TAG_AT_LEAST_MARGIN,       /* the near limit is beyond the margin */
    TARE_TAG_POSSIBLY_BELOW_MARGIN, /* it is not */
    TARE_TAG_NONZERO_BELOW_MARGIN   /* equivalent, yet 0 is excluded */
};

/* Why nothing could be concluded. */
enum tare_verdict_reason {
    TARE_REASON_NONE = 0,
    TARE_REASON_NO_DATA,    /* no pair */
    TARE_REASON_ONE_PAIR,   /* one pair: an estimate, no evidence */
    TARE_REASON_ALL_ALIKE,  /* every pair is a tie, and no margin was given (or too wide) */
    TARE_REASON_TOO_FEW,    /* so few differences that no p of this level is possible */
    TARE_REASON_NOT_SHOWN,  /* the test is silent */
    TARE_REASON_MANY_DROPS, /* too large a share of the pairs has no value */
    TARE_REASON_REVERSIBLE, /* what is missing could reverse it */
    TARE_REASON_UNFINISHED, /* the run goes on: looking early */
    TARE_REASON_NO_TEST,    /* no test is defined for these data */
    TARE_REASON_CONTAMINATED
};

struct tare_verdict_in {
    uint64_t n_used;
    double diff;                    /* better is positive; NaN: no estimate */
    struct tare_interval ci;        /* level 1 - alpha, in the same orientation */
    struct tare_interval ci_narrow; /* level 1 - 2 alpha */
    double p;                       /* corrected, two-sided; NaN: no test */
    double smallest_p;              /* the smallest p these data could give; 0: any */
    double alpha;
    double margin;     /* NaN: none */
    double drop_share; /* pairs without a value, of all pairs */
    double drop_limit; /* 0.20 */
    bool all_alike;    /* no pair differs */
    bool unfinished, reversible, contaminated;
};

struct tare_verdict_out {
    enum tare_verdict verdict;
    enum tare_verdict_tag tag;
    enum tare_verdict_reason reason;
    bool interval_disagrees; /* the interval's near end is on the other side of 0 than the test */
};

struct tare_verdict_out tare_verdict(const struct tare_verdict_in *in);

/* "improved", "regressed", "equivalent", "inconclusive", "invalid": for JSON. */
const char *tare_verdict_name(enum tare_verdict v);
/* "at least the margin" …; "" for none. */
const char *tare_tag_name(enum tare_verdict_tag t);
/* One clause: "the test does not show a difference" …; "" for none. */
const char *tare_reason_text(enum tare_verdict_reason r);

#endif
