/*
 * Reading a store: batches and runs, addresses, attempts by page, scores as columns, outlines and
 * steps. Nothing here writes. Results live in the arena given. Each call sees one committed state;
 * a writer in another process is never waited for.
 *
 * Errors: TARE_E_IO (cannot read), TARE_E_INPUT (damaged; the message says what, the remedy is
 * `tare doctor --repair`), TARE_E_USAGE (an address that names nothing; the remedy lists what there
 * is), TARE_E_NOMEM.
 */
#ifndef TARE_RECORD_QUERY_H
#define TARE_RECORD_QUERY_H

#include "record/store.h"

/* Grows with every committed change: two equal readings mean that nothing was written. */
enum tare_status tare_store_change(struct tare_store *s, uint64_t *out, struct tare_err *err);

/* ---- batches and runs -------------------------------------------------------------------- */

/* One solver of a batch. */
struct tare_run_view {
    int64_t id;
    char name[17];             /* public id: 'r' and 15 hex digits */
    uint32_t index;            /* in the plan */
    struct tare_str solver;    /* as shown: "verify-first" */
    struct tare_str identity;  /* canonical JSON of the resolved configuration */
    struct tare_digest digest; /* SHA-256 of it */
    bool control;
    bool baseline; /* of its suite: what others are compared with */
    uint64_t n_planned, n_done, n_failed, n_missing;
    uint64_t tokens_in, tokens_out;
    double cost_usd;
};

struct tare_batch_view {
    struct tare_batch_info info; /* id, name, finished, counts over all runs */
    struct tare_str label;       /* may be empty */
    struct tare_str suite_name, suite_version, suite_json;
    struct tare_digest suite_digest, identity;
    uint32_t n_tasks, k;
    uint64_t seed;
    int64_t wall_start_ns; /* when it was planned */
    int64_t wall_end_ns;   /* when it was finished; 0: not yet */
    struct tare_str env_json;
    const struct tare_run_view *runs;
    uint32_t n_runs;
    bool running; /* some process holds work of it and is alive as far as can be seen from here */
    const struct tare_metric *metrics; /* scores' metric numbers index these */
    uint32_t n_metrics;
};

/* Everything that is set must hold. */
struct tare_batch_filter {
    struct tare_str label;  /* equal */
    struct tare_str suite;  /* suite's name, equal, or a hex prefix of its digest */
    struct tare_str solver; /* a run's solver name contains it */
    struct tare_str id;     /* public id of the batch starts with it */
    bool only_unfinished;
    uint32_t offset, limit; /* limit 0: 100 */
};

/* Newest first. *total counts what matches without offset and limit (may be NULL). filter NULL:
 * all. */
enum tare_status tare_store_batches(struct tare_store *s, const struct tare_batch_filter *filter,
                                    struct tare_arena *arena, struct tare_batch_view **out,
                                    uint32_t *n, uint32_t *total, struct tare_err *err);
/* One batch by its number. */
enum tare_status tare_store_batch(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                  struct tare_batch_view *out, struct tare_err *err);

struct tare_address {
    int64_t batch;      /* number of the batch */
    int64_t run;        /* number of the run; 0: the batch as a whole */
    uint32_t run_index; /* its place in the batch's runs; meaningless when run is 0 */
};

/*
 * What a person typed: `LABEL` (the newest batch with it), `@last`, `@last~N` (N batches before),
 * a prefix of a batch's or run's public id (at least 2 characters; unique), each also with
 * `/SOLVER` after it (its name, or a prefix of it that is unique). want_run: one run is needed; a
 * batch of one solver will do, otherwise TARE_E_USAGE and the remedy lists the solvers.
 */
enum tare_status tare_store_resolve(struct tare_store *s, struct tare_str text, bool want_run,
                                    struct tare_arena *arena, struct tare_address *out,
                                    struct tare_err *err);

/* ---- tasks ------------------------------------------------------------------------------- */

struct tare_task_view {
    uint32_t index;
    struct tare_str id;
    struct tare_digest digest;
    const struct tare_tag *tags;
    uint32_t n_tags;
};

/* All tasks of the batch's suite, by index: out[i].index is i. */
enum tare_status tare_store_tasks(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                  struct tare_task_view **out, uint32_t *n, struct tare_err *err);
/* Value of a tag, or {NULL, 0}. */
struct tare_str tare_task_view_tag(const struct tare_task_view *task, struct tare_str key);
/* The task with that id, or with the only id that starts so. TARE_E_USAGE lists near ones. */
enum tare_status tare_store_find_task(struct tare_store *s, int64_t batch, struct tare_str id,
                                      struct tare_arena *arena, uint32_t *task,
                                      struct tare_err *err);
/* The task as one line of JSON: id, input, expect, tags. */
enum tare_status tare_store_task_line(struct tare_store *s, int64_t batch, uint32_t task,
                                      struct tare_arena *arena, struct tare_str *out,
                                      struct tare_err *err);

/* ---- attempts ---------------------------------------------------------------------------- */

/* What a list shows of an attempt. */
struct tare_attempt_row {
    uint32_t task, index;
    enum tare_attempt_status status;
    enum tare_cause cause;
    struct tare_str cause_text;
    uint32_t n_steps;
    uint64_t seed;
    int64_t wall_start_ns, dur_ns;
    uint64_t tokens_in, tokens_out;
    double cost_usd;
    struct tare_digest digest;
    const double *value;  /* a metric each, of the batch; NaN where state is not OK */
    const uint8_t *state; /* enum tare_score_state */
};

struct tare_where; /* record/where.h */

struct tare_attempt_page {
    const struct tare_attempt_row *rows;
    uint32_t n;
    uint64_t total; /* attempts that match */
};

/* Attempts of one run in order of task and index, filtered. where NULL: all. limit 0: 200. */
enum tare_status tare_store_attempts(struct tare_store *s, int64_t run,
                                     const struct tare_where *where, uint64_t offset,
                                     uint32_t limit, struct tare_arena *arena,
                                     struct tare_attempt_page *out, struct tare_err *err);

/* An attempt of a run. */
struct tare_attempt_at {
    uint32_t task, index;
};
/* Those attempts of a run, in the order given; what is not there is left out. total is n. */
enum tare_status tare_store_attempts_at(struct tare_store *s, int64_t run,
                                        const struct tare_attempt_at *at, uint32_t n,
                                        struct tare_arena *arena, struct tare_attempt_page *out,
                                        struct tare_err *err);

/* One metric over all attempts of a run. */
struct tare_score_column {
    double *value;     /* n; NaN where state is not OK */
    double *num, *den; /* n; NULL unless the metric is a ratio of sums */
    uint8_t *state;    /* n; enum tare_score_state */
};

/* All attempts of a run as arrays, in order of task and index. */
struct tare_columns {
    uint32_t n;
    uint32_t *task, *index;
    uint8_t *status, *cause;
    uint32_t *n_steps;
    double *tokens, *cost_usd; /* in and out together; 0 also where nothing was recorded */
    uint32_t n_metrics;
    struct tare_score_column *metrics; /* n_metrics, as in the batch */
};

/* metrics: which ones to fill (indices, n_want); NULL: all. Others have NULL arrays. 1,000,000
 * attempts and one metric: 20 MB and well under a second. */
enum tare_status tare_store_columns(struct tare_store *s, int64_t run, const uint32_t *metrics,
                                    uint32_t n_want, struct tare_arena *arena,
                                    struct tare_columns *out, struct tare_err *err);

struct tare_missing {
    enum tare_cause cause;
    struct tare_str text; /* of one of them */
    uint64_t n;
};
/* Causes of missing attempts of a run, most frequent first. */
enum tare_status tare_store_missing(struct tare_store *s, int64_t run, struct tare_arena *arena,
                                    struct tare_missing **out, uint32_t *n, struct tare_err *err);

#define TARE_WITH_SCORES 1u
#define TARE_WITH_OUTLINE 2u /* outline and detail */
#define TARE_WITH_STEPS 4u
#define TARE_WITH_ALL 7u

/* One attempt, all its fields; those parts not asked for are empty. TARE_E_USAGE when it is not
 * there (planned, but not finished, or beyond k). */
enum tare_status tare_store_attempt(struct tare_store *s, int64_t run, uint32_t task,
                                    uint32_t index, unsigned with, struct tare_arena *arena,
                                    struct tare_attempt *out, struct tare_err *err);
/* Lines [from, to) of its step bodies, without their line ends; fewer where it has fewer. */
enum tare_status tare_store_steps(struct tare_store *s, int64_t run, uint32_t task, uint32_t index,
                                  uint32_t from, uint32_t to, struct tare_arena *arena,
                                  struct tare_str **out, uint32_t *n, struct tare_err *err);

/* "done", "missing" …; "endpoint" …; "ok", "not_applicable" …: for tables and JSON. */
const char *tare_attempt_status_name(enum tare_attempt_status status);
const char *tare_cause_name(enum tare_cause cause);
const char *tare_score_state_name(enum tare_score_state state);

#endif
