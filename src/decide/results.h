/*
 * What decide/ reads: results as columns, wherever they come from. decide/from_store.h fills it
 * from a store; readers of other tools' files fill the same struct.
 *
 * All arrays are read-only and live as long as their maker says (usually one arena). Attempts of a
 * run are in order of task and attempt; there is at most one row a (task, attempt). A missing
 * attempt is a row with status TARE_ATTEMPT_MISSING or no row at all: both count as missing up to
 * `k` a task.
 */
#ifndef TARE_DECIDE_RESULTS_H
#define TARE_DECIDE_RESULTS_H

#include "record/nouns.h"
#include "record/reference.h"
#include "record/task.h"

struct tare_results_task {
    struct tare_str id;
    const struct tare_tag *tags;
    uint32_t n_tags;
    struct tare_digest digest; /* of the task's content; meaningless unless has_digest */
    bool has_digest;
};

/* One metric over the attempts of a run. */
struct tare_results_column {
    const double *value;     /* n_attempts; NaN where state is not OK */
    const double *num, *den; /* n_attempts; NULL unless the metric is a ratio of sums */
    const uint8_t *state;    /* n_attempts; enum tare_score_state */
};

enum tare_row_kind { TARE_ROW_MEASURED = 0, TARE_ROW_CONTROL, TARE_ROW_PUBLISHED };

struct tare_results_run {
    struct tare_str name;     /* as shown: "careful" */
    struct tare_str id;       /* public id: "r7f3a…"; may be empty */
    struct tare_str address;  /* what to type to get it: "@last/careful", "a.csv"; may be empty */
    struct tare_str identity; /* canonical JSON of the solver's configuration; may be empty */
    enum tare_row_kind kind;  /* MEASURED or CONTROL */
    uint32_t k;               /* attempts planned a task; 0: as many as there are */
    bool finished;            /* nothing is left to play */
    bool cause_known;         /* the source says why an attempt failed; false: both readings of
                                 a missing score are looked at */
    uint32_t n_attempts;
    const uint32_t *task;                      /* n_attempts; index into the results' tasks */
    const uint32_t *attempt;                   /* n_attempts; 0-based */
    const uint8_t *status;                     /* n_attempts; enum tare_attempt_status */
    const uint8_t *cause;                      /* n_attempts; enum tare_cause */
    const double *tokens, *cost_usd;           /* n_attempts, NaN: unknown; NULL: unknown of all */
    const struct tare_results_column *columns; /* one a metric of the results; NULL: fetched */
    /* Fetches one column into the arena when it is asked for, so that a million attempts need the
     * memory of one column. Used when columns is NULL. */
    enum tare_status (*fetch)(const void *ctx, uint32_t metric, struct tare_arena *arena,
                              struct tare_results_column *out, struct tare_err *err);
    const void *fetch_ctx;
};

struct tare_results_margin {
    struct tare_str metric;
    double margin; /* > 0, in the metric's unit */
};

struct tare_results {
    struct tare_str suite, version; /* may be empty */
    struct tare_str variant;        /* what else names it: the world's profile; may be empty */
    struct tare_str world;          /* name of the world; may be empty */
    struct tare_json world_config;  /* what stands under it; may be absent */
    struct tare_str batch;          /* public id of the batch; may be empty */
    struct tare_digest digest;      /* of the suite; meaningless unless has_digest */
    bool has_digest;
    uint64_t seed;
    bool has_seed;
    uint32_t k;                        /* attempts planned a task */
    const struct tare_metric *metrics; /* the first is the headline */
    uint32_t n_metrics;
    uint32_t n_shown; /* the first so many are what the suite asks to see; 0: all */
    const struct tare_results_task *tasks;
    uint32_t n_tasks;
    const uint32_t *order; /* n_tasks: the order they were played in; NULL: as they stand */
    const struct tare_results_run *runs;
    uint32_t n_runs;
    const struct tare_str *by; /* tags the suite slices by */
    uint32_t n_by;
    struct tare_str cluster; /* tag the suite clusters by; may be empty */
    const struct tare_results_margin *margins;
    uint32_t n_margins;
};

/* Index of the metric of that name, or UINT32_MAX. An empty name is the headline (0). */
uint32_t tare_results_metric(const struct tare_results *r, struct tare_str name);
/* Metric `metric` over the run's attempts: as it stands, or fetched into the arena. */
enum tare_status tare_results_read(const struct tare_results_run *run, uint32_t metric,
                                   struct tare_arena *arena, struct tare_results_column *out,
                                   struct tare_err *err);
/* Value of a task's tag, or {NULL, 0}. */
struct tare_str tare_results_tag(const struct tare_results_task *task, struct tare_str key);

/* One run's metric by task: what was averaged within it. */
struct tare_task_scores {
    double *mean;              /* n_tasks; NaN where no attempt has a value */
    double *num, *den;         /* n_tasks: sums over attempts; NULL unless a ratio of sums */
    uint32_t *n_ok;            /* n_tasks: attempts with a value */
    uint32_t *n_missing;       /* n_tasks: planned attempts without a score for an outside reason */
    uint32_t *n_open;          /* n_tasks: of them, not played yet: the run goes on */
    uint32_t *n_na;            /* n_tasks: attempts where the question did not arise */
    uint32_t attempts_missing; /* sum of n_missing */
};

/* Averages attempts within each task. Fails: TARE_E_INPUT (a value that is not finite where the
 * state is OK; a task number outside the tasks; two rows of one attempt), TARE_E_NOMEM. */
enum tare_status tare_task_scores(const struct tare_results *r, uint32_t run, uint32_t metric,
                                  struct tare_arena *arena, struct tare_task_scores *out,
                                  struct tare_err *err);

/* The values themselves: tries[t] holds the n_ok[t] values of task t, in order of attempt. Errors
 * as tare_task_scores, to be called before. */
enum tare_status tare_task_tries(const struct tare_results *r, uint32_t run, uint32_t metric,
                                 struct tare_arena *arena, const double *const **tries,
                                 struct tare_err *err);

#endif
