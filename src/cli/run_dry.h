/*
 * tare run --dry-run: what would be asked of models, and what it could cost.
 */
#ifndef TARE_CLI_RUN_DRY_H
#define TARE_CLI_RUN_DRY_H

#include "cli/cmd.h"
#include "run/batch.h"

/* Prints the plan; nothing is asked and nothing stored. */
enum tare_status tare_cli_dry_run(struct tare_ctx *ctx, const struct tare_run_options *ro,
                                  struct tare_err *err);

#endif
