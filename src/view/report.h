/*
 * One file that shows runs: drawn pages first, so that it reads without a script, then the page of
 * web/ (where it is built in) with its data compressed inside. It asks the network for nothing.
 */
#ifndef TARE_VIEW_REPORT_H
#define TARE_VIEW_REPORT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

struct tare_report_options {
    size_t size; /* sizeof(struct tare_report_options) */
    struct tare_str store;
    const struct tare_str *names; /* runs and batches, of one suite; the first is the baseline */
    uint32_t n_names;
    size_t max_bytes;        /* of the file: bodies are left out above it; 0: 25 MiB */
    bool stamp;              /* says when it was written: then equal input gives other bytes */
    struct tare_str command; /* what makes it again, for the Markdown */
    const struct tare_clock *clock;
};

/* What is inside. */
struct tare_report_contents {
    uint64_t tasks, attempts, bodies, bodies_left_out;
    const char *why_left_out; /* NULL: nothing was */
    uint64_t steps_cut;       /* of those inside: longer than a page shows, their end left out */
    uint64_t redactions;      /* places that read [secret:NAME]: keys that were taken out */
    char written[21];         /* when, UTC; empty: no stamp was asked for */
    bool bundle;              /* the page of web/ is in it */
};

/* The whole file into `out`; equal input gives equal bytes. Fails as reading the store does;
 * TARE_E_USAGE for runs of different suites; TARE_E_LIMIT when it is too large without any body. */
enum tare_status tare_report_html(const struct tare_report_options *options, struct tare_buf *out,
                                  struct tare_report_contents *contents, struct tare_err *err);
/* Leaderboard and verdicts as Markdown, for a pull request. */
enum tare_status tare_report_md(const struct tare_report_options *options, struct tare_buf *out,
                                struct tare_err *err);

#endif
