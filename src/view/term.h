/*
 * Results on a terminal (design/ui.md, section 7). Every function appends to `out`, never wraps a
 * row, never passes style->width columns, and makes outside text harmless. Nothing here computes a
 * statistic.
 */
#ifndef TARE_VIEW_TERM_H
#define TARE_VIEW_TERM_H

#include "base/buf.h"
#include "decide/compare.h"
#include "decide/leaderboard.h"
#include "record/query.h"
#include "view/style.h"

/* Leaderboard; columns that do not fit are dropped from the right in a fixed order. all_findings:
 * each of them, else the first and a count. address: what to type to get here ("@last"). */
void tare_view_board(struct tare_buf *out, const struct tare_board *board, struct tare_str address,
                     bool all_findings, const struct tare_style *style);

/* Verdict block. explain: design, pairing, why this method, what would change the verdict. */
void tare_view_compare(struct tare_buf *out, const struct tare_compare *c, bool explain,
                       const struct tare_style *style);
/* The same as Markdown for a pull request; command: what reproduces it. */
void tare_view_compare_md(struct tare_buf *out, const struct tare_compare *c,
                          struct tare_str command);
/* All comparisons as one JUnit test suite, a case each; those that do not pass the gate failed. */
void tare_view_compare_junit(struct tare_buf *out, const struct tare_compare *c, uint32_t n,
                             enum tare_gate gate);
/* Whether the gate is passed and why; nothing for TARE_GATE_NONE. */
void tare_view_gate(struct tare_buf *out, const struct tare_compare *c, enum tare_gate gate,
                    const struct tare_style *style);
/* The one honest sentence (two or three grammatical ones), without line breaks. */
void tare_view_sentence(struct tare_buf *out, const struct tare_compare *c, bool unicode);

/* Batches, newest first; total: how many match, shown or not. */
void tare_view_runs(struct tare_buf *out, const struct tare_batch_view *batches, uint32_t n,
                    uint32_t total, const struct tare_style *style);

/* One run: what it is, each metric with its interval. board has the run as its only row. */
void tare_view_run(struct tare_buf *out, const struct tare_batch_view *batch,
                   const struct tare_run_view *run, const struct tare_board *board,
                   const struct tare_style *style);
/* Its attempts, a page of them. n_shown: how many metrics get a column. */
void tare_view_attempts(struct tare_buf *out, const struct tare_batch_view *batch,
                        const struct tare_task_view *tasks, const struct tare_attempt_page *page,
                        uint64_t offset, const struct tare_style *style);

#endif
