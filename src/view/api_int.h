/*
 * What the files of the API share: one call under way, its parameters, what it looked up.
 */
#ifndef TARE_VIEW_API_INT_H
#define TARE_VIEW_API_INT_H

#include "decide/from_store.h"
#include "decide/item.h"
#include "record/query.h"
#include "record/where.h"
#include "text/json.h"
#include "view/api.h"
#include "view/doc.h"

#define TARE__API_SEGMENTS 8u
#define TARE__API_PARAMS 16u
#define TARE__API_TARGET_BYTES ((size_t)8192)
#define TARE__API_BODY_CUT ((size_t)64 * 1024) /* of one step's body in tare.steps/1 */
#define TARE__API_MAX_ROWS 1000u               /* of one page of a list */
#define TARE__API_MAX_STEPS 500u               /* of one page of steps */
#define TARE__API_HEADLINES 512u
#define TARE__API_MAX_RUNS 64u /* beside each other */

struct tare__param {
    struct tare_str key, value;
    bool used;
};

/* An order of a run's attempts that was asked for, kept while the reader scrolls through it. */
struct tare__order {
    uint64_t change;
    int64_t run;
    char key[512]; /* sort and where; longer ones are not kept */
    struct tare_attempt_at *at;
    uint32_t n, room;
};

/* Tasks of the batch that was last looked at: they never change, and every page of a long list
 * needs them. */
struct tare__kept_tasks {
    struct tare_arena arena;
    int64_t batch; /* 0: none */
    struct tare_task_view *tasks;
    uint32_t n;
};

/* A run's headline estimate as it was last written. */
struct tare__headline {
    int64_t run;
    uint64_t counted; /* attempts it was made of */
    uint32_t n;
    char json[620];
};

struct tare_api {
    struct tare_arena own;  /* path */
    struct tare_arena work; /* of one answer */
    struct tare_buf out;
    struct tare_str path;
    const struct tare_clock *clock;
    struct tare_store *store; /* NULL: not there yet */
    bool whole;               /* for a report: lists come in one piece */
    struct tare__order order;
    struct tare__kept_tasks kept_tasks;
    struct tare__headline headlines[TARE__API_HEADLINES];
};

struct tare__call {
    struct tare_api *api;
    struct tare_arena *arena;
    struct tare_store *store; /* NULL: there is none yet */
    struct tare_str segments[TARE__API_SEGMENTS];
    uint32_t n_segments;
    struct tare__param params[TARE__API_PARAMS];
    uint32_t n_params;
    struct tare_json_writer w;
    uint64_t change;
    const char *type;
    int http;           /* what a TARE_E_USAGE means where the call stands: 400 or 404 */
    uint64_t steps_cut; /* bodies that were written without their end */
};

/* ---- api_target.c ------------------------------------------------------------------------ */

/* Splits a target. TARE_E_USAGE: not a target of ours (a bad escape, NUL, too long, a parameter
 * twice). */
enum tare_status tare__call_target(struct tare__call *c, struct tare_str target,
                                   struct tare_err *err);
/* Value of a parameter; {NULL, 0} when it is not given or empty. */
struct tare_str tare__param(struct tare__call *c, const char *key);
/* A whole number in [min, max]; def when not given. */
enum tare_status tare__param_u64(struct tare__call *c, const char *key, uint64_t def, uint64_t min,
                                 uint64_t max, uint64_t *out, struct tare_err *err);
/* A finite number in [min, max]; def when not given. */
enum tare_status tare__param_f64(struct tare__call *c, const char *key, double def, double min,
                                 double max, double *out, struct tare_err *err);
/* Comma-separated parts (at most TARE__API_MAX_RUNS), trimmed, without empty ones. */
enum tare_status tare__param_list(struct tare__call *c, const char *key, struct tare_str **out,
                                  uint32_t *n, struct tare_err *err);
/* Fails where a parameter was given that nobody asked for. */
enum tare_status tare__params_done(struct tare__call *c, struct tare_err *err);
/* Percent-encodes one segment of a path, as encodeURIComponent does. */
void tare__put_escaped(struct tare_buf *out, struct tare_str s);

/* ---- api_find.c -------------------------------------------------------------------------- */

/* The address a person pasted: "@label" is a label. */
struct tare_str tare__address(struct tare_str text);
/* A run by its address; *c->http is 404 while looking. */
enum tare_status tare__find_run(struct tare__call *c, struct tare_str text, struct tare_address *at,
                                struct tare_batch_view *batch, const struct tare_run_view **run,
                                struct tare_err *err);
/* A run with its results (alone in them, index 0). */
enum tare_status tare__find_results(struct tare__call *c, struct tare_str text,
                                    struct tare_results *out, struct tare_err *err);
/* Tasks of a batch; they live until those of another are asked for. */
enum tare_status tare__tasks_of(struct tare__call *c, int64_t batch, struct tare_task_view **out,
                                uint32_t *n, struct tare_err *err);
/* The newest batch of a suite, by hex prefix of its digest or by name. */
enum tare_status tare__find_suite(struct tare__call *c, struct tare_str text,
                                  struct tare_batch_view *out, struct tare_err *err);
/* All batches, newest first, as many as match the suite (empty: all). */
enum tare_status tare__all_batches(struct tare__call *c, struct tare_str suite,
                                   struct tare_batch_view **out, uint32_t *n, struct tare_err *err);
enum tare_status tare__no_memory(struct tare_err *err);

/* ---- api_board.c ------------------------------------------------------------------------- */

/* Leaderboard of the results with the published rows and classes of its world. metric: put first
 * (empty: as the suite says). by: a tag to slice by, or empty. all: every metric, no published
 * rows. */
enum tare_status tare__board(struct tare__call *c, const struct tare_results *r,
                             struct tare_str metric, struct tare_str by, bool all,
                             struct tare_board *out, struct tare_err *err);
/* Runs `names` (n) as one set of results; all must be of one suite. n 0: the newest run of each
 * solver of the suite `suite` (empty: the newest batch). */
enum tare_status tare__gather(struct tare__call *c, struct tare_str suite,
                              const struct tare_str *names, uint32_t n, struct tare_results *out,
                              struct tare_err *err);

/* The plan that the parameters of /power ask for; *from: it was read from runs, which *pilot
 * holds. */
struct tare_power_plan;
struct tare_power_plan_pilot;
enum tare_status tare__plan(struct tare__call *c, struct tare_power_plan *plan,
                            struct tare_power_plan_pilot *pilot, bool *from, struct tare_err *err);

/* One attempt, found. */
struct tare__place {
    struct tare_address at;
    struct tare_batch_view batch;
    const struct tare_run_view *run;
    const struct tare_task_view *tasks;
    uint32_t task, index;
};
/* Of segments as in /runs/R/attempts/TASK/N. */
enum tare_status tare__find_place(struct tare__call *c, struct tare__place *p,
                                  struct tare_err *err);
/* tare.attempt/1 and tare.steps/1 of steps [from, to). */
enum tare_status tare__put_attempt(struct tare__call *c, const struct tare__place *p,
                                   struct tare_err *err);
enum tare_status tare__put_steps(struct tare__call *c, const struct tare__place *p, uint32_t from,
                                 uint32_t to, struct tare_err *err);
/* "d", "f", "m" …: a status in a string of them. */
const char *tare__status_letter(enum tare_attempt_status status);

/* ---- api_suite.c, api_task.c ------------------------------------------------------------- */

/* Members of every document that is about a suite. */
void tare__put_digest(struct tare_json_writer *w, const char *key, struct tare_digest d);
void tare__put_suite_head(struct tare_json_writer *w, const struct tare_batch_view *b);

/* The headline of some runs, read once for any number of their tasks. */
struct tare__tasks {
    struct tare_batch_view batch; /* one of the suite */
    const struct tare_results *results;
    struct tare_item_table items;
    struct tare_results_column *columns; /* one a run; items and columns: with a metric only */
};
/* Reads into `arena`; results is borrowed. */
enum tare_status tare__tasks_read(const struct tare_batch_view *batch,
                                  const struct tare_results *results, struct tare_arena *arena,
                                  struct tare__tasks *out, struct tare_err *err);
/* tare.task/1 */
enum tare_status tare__put_task(struct tare__call *c, const struct tare__tasks *x, uint32_t task,
                                struct tare_err *err);

/* ---- api_order.c ------------------------------------------------------------------------- */

/* What rows are sorted by. */
struct tare__keys {
    const double *number;        /* a row each, NaN last; or NULL */
    const struct tare_str *text; /* a row each; or NULL */
    bool down;
};
/* Sorts n row numbers, those of equal keys as they stood: a stable merge sort, bottom up. room: n
 * of them. */
void tare__sort_rows(uint32_t *v, uint32_t *room, uint32_t n, const struct tare__keys *k);
/* Makes room for n places; false: no memory. */
bool tare__order_room(struct tare__order *o, uint32_t n);
/* The tag by which tasks are told apart at a glance: the suite's first, or a usual one. */
struct tare_str tare__family_tag(const struct tare_task_view *tasks, uint32_t n_tasks,
                                 const struct tare_results *r);

/* ---- api_baseline.c ---------------------------------------------------------------------- */

/* "baselines": which runs are marked, of these batches. */
void tare__put_baselines(struct tare_json_writer *w, const struct tare_batch_view *v, uint32_t n);
/* Marks a run, or takes its mark away, as the body says; writes tare.baseline/1. */
enum tare_status tare__post_baseline(struct tare__call *c, struct tare_str body,
                                     struct tare_err *err);

/* ---- one function a document ------------------------------------------------------------- */

typedef enum tare_status tare__call_fn(struct tare__call *c, struct tare_err *err);
tare__call_fn tare__get_runs, tare__get_run, tare__get_run_tasks, tare__get_attempts,
    tare__get_attempt, tare__get_steps, tare__get_body, tare__get_leaderboard, tare__get_compare,
    tare__get_power, tare__get_task, tare__get_suites, tare__get_suite, tare__get_findings,
    tare__get_find;

#endif
