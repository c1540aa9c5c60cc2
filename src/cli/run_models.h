/*
 * What `tare run` is told about models: options, environment, cache, recordings, budgets.
 */
#ifndef TARE_CLI_RUN_MODELS_H
#define TARE_CLI_RUN_MODELS_H

#include "cli/cmd.h"
#include "run/models.h"

extern const char *const tare_cli_cache_names[];

struct tare_cli_models {
    struct tare_strs names;
    struct tare_str judge; /* a model in place of those the suite's judges name */
    struct tare_str base_url, record, replay, prices;
    double temperature, budget_usd;
    int64_t max_tokens, budget_tokens;
    int cache;
    bool stream, dry_run;
};

/* Solvers and models as named, with the variables of the process. */
enum tare_status tare_cli_solvers(const struct tare_suite *suite, const struct tare_strs *solvers,
                                  const struct tare_cli_models *o, struct tare_arena *arena,
                                  struct tare_run_solver **out, uint32_t *n, struct tare_err *err);
/* A promptfooconfig.yaml in place of a suite: its suite, its solvers (or those given), and on
 * standard error what is run of it and what is not. */
enum tare_status tare_cli_promptfoo(struct tare_ctx *ctx, struct tare_str path,
                                    const struct tare_strs *solvers,
                                    const struct tare_cli_models *o, struct tare_suite **suite,
                                    struct tare_run_solver **out, uint32_t *n,
                                    struct tare_err *err);
/* The models of the suite's judges, into ro. */
enum tare_status tare_cli_judges(const struct tare_suite *suite, const struct tare_cli_models *o,
                                 struct tare_arena *arena, struct tare_run_options *ro,
                                 struct tare_err *err);
/* Opens the client where a solver of ro has a model, and sets ro->transport. *out NULL: none has.
 */
enum tare_status tare_cli_models_open(struct tare_ctx *ctx, const struct tare_cli_models *o,
                                      struct tare_run_options *ro, struct tare_models **out,
                                      struct tare_err *err);
/* What was asked and spent, on standard error. */
void tare_cli_models_tell(struct tare_ctx *ctx, const struct tare_models *models);
void tare_cli_model_counts_tell(struct tare_ctx *ctx, const struct tare_model_counts *c);
/* The variables of the process. */
const struct tare_model_env *tare_cli_model_env(void);
/* Where the cache of replies lies: beside the store. Makes the folder. */
enum tare_status tare_cli_cache_path(struct tare_ctx *ctx, struct tare_str *path,
                                     struct tare_err *err);

#endif
