/*
 * What a call of `tare run` may spend: `--budget AMOUNT`, and the older spellings of two of them.
 */
#ifndef TARE_CLI_RUN_BUDGET_H
#define TARE_CLI_RUN_BUDGET_H

#include "cli/cmd.h"

struct tare_cli_budget {
    struct tare_str text;      /* the amounts as they were given; empty: none */
    uint64_t attempts, tokens; /* 0: no such budget */
    double usd;
    int64_t ns;
};

/* Amounts are "20usd", "$20", "1000attempts", "500ktokens", "2Mtokens", "90s", "30min", "2h"; of
 * several of a kind the smallest holds. usd: NaN, and tokens: TARE_INT_UNSET, where not given.
 * Fails: TARE_E_USAGE. */
enum tare_status tare_cli_budget_read(struct tare_ctx *ctx, const struct tare_strs *amounts,
                                      double usd, int64_t tokens, struct tare_cli_budget *out,
                                      struct tare_err *err);

#endif
