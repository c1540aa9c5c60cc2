/*
 * Of decide/ alone: the parts of a leaderboard.
 */
#ifndef TARE_DECIDE_BOARD_INT_H
#define TARE_DECIDE_BOARD_INT_H

#include "decide/compare_int.h"
#include "decide/leaderboard.h"

struct tare__board_look {
    double confidence;
    uint64_t seed, resamples;
};

/* Estimate and interval of one metric from the scores by task. */
enum tare_status tare__board_cell(const struct tare_metric *metric,
                                  const struct tare_task_scores *scores, uint32_t n_tasks,
                                  const struct tare__board_look *look, struct tare_arena *arena,
                                  struct tare_board_cell *out, struct tare_err *err);

/* One row before ranking: which run (UINT32_MAX: published) and its headline by task. */
struct tare__board_entry {
    struct tare_board_row row;
    uint32_t run;
    struct tare_task_scores headline;
};

/* Rank ranges of the measured rows, entries in board order. *method names the test. */
enum tare_status tare__board_rank(const struct tare_metric *metric,
                                  struct tare__board_entry *entries, uint32_t n, uint32_t n_tasks,
                                  double alpha, uint64_t seed, struct tare_arena *arena,
                                  const char **method, struct tare_err *err);

/* Any of k and all of k of metric `metric`; *out NULL where it is no pass or failure, or where some
 * task has one try alone. */
enum tare_status tare__board_tries(const struct tare_results *r, uint32_t run, uint32_t metric,
                                   const struct tare__board_look *look, struct tare_arena *arena,
                                   const struct tare_board_tries **out, struct tare_err *err);
/* Fills row->cost_usd and row->tokens. */
enum tare_status tare__board_spent(const struct tare_results *r, uint32_t run,
                                   const struct tare__board_look *look, struct tare_arena *arena,
                                   struct tare_board_row *row, struct tare_err *err);
/* Fills b->front_by and rows[].front, of the estimates. */
enum tare_status tare__board_front(struct tare_board *b, struct tare_board_row *rows,
                                   struct tare_arena *arena, struct tare_err *err);

/* What is sliced: entries in the order of the board's rows. */
struct tare__board_slicing {
    const struct tare_results *results;
    const struct tare__board_entry *entries;
    uint32_t n_entries;
    struct tare_str tag;
    struct tare__board_look look;
    struct tare_arena *arena;
    struct tare_board *board; /* its slices are filled in */
};
/* TARE_E_USAGE: no task has the tag. */
enum tare_status tare__board_slices(const struct tare__board_slicing *x, struct tare_err *err);

/* What a reader should know before believing the table. */
enum tare_status tare__board_findings(struct tare_board *board, struct tare_arena *arena,
                                      struct tare_err *err);

#endif
