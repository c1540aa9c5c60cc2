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

/* tare.runs/1: batches with their runs. */
void tare_doc_runs(struct tare_json_writer *w, const struct tare_batch_view *batches, uint32_t n,
                   uint32_t total);
/* Members of one batch (without its runs' list) and of one run, into an open object. */
void tare_doc_batch(struct tare_json_writer *w, const struct tare_batch_view *batch);
void tare_doc_run(struct tare_json_writer *w, const struct tare_run_view *run);
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
