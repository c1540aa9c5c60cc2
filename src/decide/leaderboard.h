/*
 * Runs of one suite beside each other: estimates with intervals, ranks as ranges, controls and
 * published rows, classes, findings.
 *
 * Intervals: Wilson for shares of tasks with one attempt each (and where every task is alike);
 * Student's t for means of 10,000 tasks or more that are not skewed;
 * bootstrap over tasks otherwise, exact on a lattice; ratios of sums by bootstrap of the ratio.
 * Ranks: measured rows only; rows that a paired comparison with Holm's correction cannot separate
 * share a range.
 */
#ifndef TARE_DECIDE_LEADERBOARD_H
#define TARE_DECIDE_LEADERBOARD_H

#include "decide/results.h"
#include "stats/stats.h"

struct tare_board_opts {
    size_t size; /* sizeof(struct tare_board_opts) */
    const struct tare_str
        *metrics; /* names, the first is the headline; NULL: those the results show */
    uint32_t n_metrics;
    double confidence;                       /* 0: 0.95 */
    uint64_t seed;                           /* of Monte Carlo */
    uint64_t resamples;                      /* 0: 4,000 */
    const struct tare_reference *references; /* published rows; may be NULL */
    uint32_t n_references;
    const struct tare_classes *classes; /* NULL: none */
    struct tare_str by;                 /* tag of the tasks to slice the headline by; empty: none */
    bool more; /* what documents say besides: tries, spend and front of each row */
};

struct tare_board_cell {
    double value;            /* NaN: none, see why */
    struct tare_interval ci; /* unavailable for published rows */
    const char *method;      /* of the interval; NULL: none */
    uint64_t n;              /* tasks (ratios: tasks with a denominator) behind it */
    const char *why;         /* why there is no value; NULL: there is */
};

/* Any of k and all of k, where the metric is a pass or a failure of each attempt. */
struct tare_board_tries {
    struct tare_str metric;
    uint32_t n_k;
    const uint32_t *k; /* 1 … 8, then doubling, up to the fewest tries a task has */
    const struct tare_board_cell *any, *all; /* n_k */
};

struct tare_board_row {
    enum tare_row_kind kind;
    struct tare_str name, id, address, source, date;
    uint32_t rank_lo, rank_hi; /* 1-based; 0: not ranked */
    uint32_t k;
    uint64_t n_planned, n_missing, n_failed;
    enum tare_cause missing_cause;        /* the most frequent one */
    const struct tare_board_cell *cells;  /* n_metrics */
    int class_level;                      /* index into classes->level; -1: none */
    uint32_t limiting;                    /* bit i: rule i of the classes is at the worst level */
    const struct tare_board_tries *tries; /* NULL: not asked for, one try a task, or no passes */
    struct tare_board_cell cost_usd, tokens; /* of an attempt; why: not asked for, or unknown */
    int front; /* 1: no row has a better headline for less; 0: one has; -1: not known */
};

/* The headline on the tasks of one value of a tag. Its intervals stand each for itself: nothing is
 * corrected, and nothing ranked. */
struct tare_board_slice {
    struct tare_str value;
    uint32_t n_tasks;
    const struct tare_board_cell *cells; /* one a row of the board, in its order */
};

enum tare_finding_level { TARE_FINDING_NOTE = 0, TARE_FINDING_WARNS, TARE_FINDING_BLOCKS };

struct tare_finding {
    struct tare_str id; /* "control-beats-solvers" */
    enum tare_finding_level level;
    struct tare_str text; /* one or two sentences */
    uint32_t row;         /* it speaks of; UINT32_MAX: of the whole */
};

struct tare_board {
    struct tare_str suite, version, variant, batch;
    struct tare_digest digest;
    bool has_digest;
    uint64_t seed;
    bool has_seed;
    uint32_t n_tasks, k;
    uint64_t n_planned, n_missing, n_failed;
    enum tare_cause missing_cause;
    double confidence;
    const struct tare_metric *metrics;
    uint32_t n_metrics;
    const struct tare_board_row *rows; /* best headline first; rows without a value last */
    uint32_t n_rows;
    const struct tare_classes *classes;
    const struct tare_finding *findings; /* most severe first */
    uint32_t n_findings;
    const char *rank_method;
    uint64_t resamples, mc_seed;
    struct tare_str slices_by;             /* empty: not asked for */
    const struct tare_board_slice *slices; /* most tasks first */
    uint32_t n_slices, slices_omitted;     /* at most 64 */
    const char *front_by; /* "cost_usd", "tokens"; NULL: fewer than two rows say what they cost */
};

/* Fails: TARE_E_USAGE (no such metric or tag, with those there are), TARE_E_INPUT, TARE_E_NOMEM. No
 * run gives a board without measured rows. */
enum tare_status tare_leaderboard(const struct tare_results *r, const struct tare_board_opts *opts,
                                  struct tare_arena *arena, struct tare_board *out,
                                  struct tare_err *err);

#endif
