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

#endif
