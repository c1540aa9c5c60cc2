/*
 * Runs and batches as people name them, read from the store for the commands that show and compare.
 */
#ifndef TARE_CLI_STORED_H
#define TARE_CLI_STORED_H

#include "cli/cmd.h"
#include "decide/from_store.h"
#include "decide/leaderboard.h"
#include "record/query.h"

/* Opens the store of ctx for reading. Where there is none: TARE_E_USAGE with the command that makes
 * one. */
enum tare_status tare_cli_open(struct tare_ctx *ctx, struct tare_store **out, struct tare_err *err);

/* A batch or one run of it, with its results. */
struct tare_stored {
    struct tare_address at;
    struct tare_batch_view batch;
    const struct tare_run_view *run; /* NULL: the batch as a whole */
    struct tare_results results;     /* of that run alone, or of all */
};

/* want_run: a batch of several runs is not enough (the message lists its solvers). */
enum tare_status tare_cli_stored(struct tare_ctx *ctx, struct tare_store *store,
                                 struct tare_str address, bool want_run, struct tare_stored *out,
                                 struct tare_err *err);

/* The leaderboard with the published rows and classes of its world. all_metrics: not only those the
 * suite asks to see, and no published rows. */
enum tare_status tare_cli_board(struct tare_ctx *ctx, const struct tare_results *results,
                                bool all_metrics, struct tare_board *out, struct tare_err *err);

/* Prints what was gathered and frees it. */
enum tare_status tare_cli_print(struct tare_ctx *ctx, struct tare_buf *out, struct tare_err *err);

#endif
