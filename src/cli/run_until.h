/*
 * Of `tare run --until decided`: the rule it stops by, wired to the batch's callbacks.
 */
#ifndef TARE_CLI_RUN_UNTIL_H
#define TARE_CLI_RUN_UNTIL_H

#include "cli/cmd.h"
#include "cli/run_budget.h"
#include "run/batch.h"
#include "view/until.h"

struct tare_cli_until {
    struct tare_ctx *ctx;
    struct tare_store *store;
    struct tare_str metric;
    struct tare_cli_budget budget;
    double alpha, margin; /* 0: default, none */
    struct tare_until *rule;
    uint32_t metric_at; /* number in the batch */
    struct tare_metric what;
    int64_t started_ns;
    uint64_t attempts, missing, tokens;
    double cost_usd;
    bool spent;
    enum tare_status status; /* of a callback */
    struct tare_err err;
};

/* Two solvers, whole tasks in random order: fills what a batch needs. ro has all other fields. */
enum tare_status tare_cli_until_prepare(struct tare_cli_until *u, struct tare_run_options *ro,
                                        struct tare_err *err);
/* For the callbacks of the batch. */
void tare_cli_until_plan(struct tare_cli_until *u, const struct tare_batch_info *batch);
void tare_cli_until_attempt(struct tare_cli_until *u, uint32_t run,
                            const struct tare_attempt *attempt);
bool tare_cli_until_enough(struct tare_cli_until *u);
/* What came of it. */
void tare_cli_until_report(const struct tare_cli_until *u, const struct tare_run_options *ro,
                           const struct tare_run_result *result, struct tare_until_report *out);

#endif
