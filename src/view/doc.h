/*
 * Results as JSON documents: what --json prints and what the page will read. Schemas in
 * docs/schema/.
 */
#ifndef TARE_VIEW_DOC_H
#define TARE_VIEW_DOC_H

#include "decide/compare.h"
#include "decide/leaderboard.h"
#include "record/query.h"
#include "text/json.h"

/* tare.compare/1; gate: the one asked for, and whether it passed. */
void tare_doc_compare(struct tare_json_writer *w, const struct tare_compare *c,
                      enum tare_gate gate);
/* Members of tare.leaderboard/1 (`leaderboard` is the array of rows) into an object that is open:
 * `tare run --json` puts them beside its own. */
void tare_doc_board(struct tare_json_writer *w, const struct tare_board *board);

/* One estimate of a leaderboard, as an object. */
void tare_doc_cell(struct tare_json_writer *w, const struct tare_metric *m,
                   const struct tare_board_cell *cell, double level);
/* How metrics are measured: an array of objects under "metric_list". */
void tare_doc_metrics(struct tare_json_writer *w, const struct tare_metric *metrics, uint32_t n);
/* A time, or null for 0; and text that is JSON already, or null. */
void tare_doc_time(struct tare_json_writer *w, const char *key, int64_t wall_ns);
void tare_doc_raw(struct tare_json_writer *w, const char *key, struct tare_str json);
/* Members of tare.attempt/1 from "run" on, into an object that is open. */
void tare_doc_attempt_members(struct tare_json_writer *w, const struct tare_batch_view *batch,
                              const struct tare_run_view *run, struct tare_str task,
                              const struct tare_attempt *attempt);

/* tare.runs/1: batches with their runs. */
void tare_doc_runs(struct tare_json_writer *w, const struct tare_batch_view *batches, uint32_t n,
                   uint32_t total);
/* The members with which all that is said of a batch begins: its names, suite, size and seed. */
void tare_doc_batch_head(struct tare_json_writer *w, const struct tare_batch_view *batch);
/* Members of one batch (without its runs' list) and of one run, into an open object. */
void tare_doc_batch(struct tare_json_writer *w, const struct tare_batch_view *batch);
void tare_doc_run(struct tare_json_writer *w, const struct tare_run_view *run);
/* "done", "incomplete" (all were tried, some are missing), "running" (some process works on its
 * batch), "unfinished". */
const char *tare_doc_run_status(const struct tare_batch_view *batch,
                                const struct tare_run_view *run);
/* tare.attempts/1 members, as columns, into an open object. */
void tare_doc_attempts(struct tare_json_writer *w, const struct tare_batch_view *batch,
                       const struct tare_task_view *tasks, const struct tare_attempt_page *page,
                       uint64_t offset);
/* tare.attempt/1: header, scores, detail, outline; steps (n lines of JSON) when given. */
void tare_doc_attempt(struct tare_json_writer *w, const struct tare_batch_view *batch,
                      const struct tare_run_view *run, struct tare_str task,
                      const struct tare_attempt *attempt, const struct tare_str *steps,
                      uint32_t n_steps);

#endif
