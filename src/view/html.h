/*
 * Pages drawn without a script: what the report shows before (and without) the bundle, and what
 * `tare view` shows where there is none. Outside text is escaped and made visible
 * (control characters, bidi).
 */
#ifndef TARE_VIEW_HTML_H
#define TARE_VIEW_HTML_H

#include "base/buf.h"
#include "decide/compare.h"
#include "decide/leaderboard.h"
#include "record/query.h"
#include "view/api.h"

/* ---- pieces ------------------------------------------------------------------------------ */

/* Text between tags or in a double-quoted attribute. */
void tare__html_text(struct tare_buf *out, struct tare_str s);
/* The style sheet of all pages drawn here. */
extern const char tare__html_style[];

/* Heading, table with dots and whiskers as SVG, findings. link: of each run's name, NULL: none. */
void tare__html_board(struct tare_buf *out, const struct tare_board *b, const char *link);
/* Verdict, sentence, interval as SVG, slices, what was left out. */
void tare__html_compare(struct tare_buf *out, const struct tare_compare *c);

/* ---- pages of the server ----------------------------------------------------------------- */

/* target: "/runs", "/board", "/board/BATCH", "/run/R?offset=", "/run/R/TASK/N?from=",
 * "/compare?a=&b=", "/suites", "/suite/HASH", "/task/SUITE/TASK", "/power?…". Returns
 * the HTTP status; errors are pages too. */
int tare__html_page(struct tare_api *api, struct tare_str target, struct tare_buf *out);

#endif
