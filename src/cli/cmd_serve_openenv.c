/*
 * tare serve openenv: attempts of a suite for clients of OpenEnv, over WebSockets and HTTP.
 */
#include "cli/serve_batch.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_serve_openenv;

static const struct tare_arg openenv_args[] = {
    TARE_CLI_ARG_SUITE(offsetof(struct tare_cli_serve, suite)),
    {0},
};

static const struct tare_opt openenv_options[] = {
    TARE_CLI_SERVE_WHAT("openenv"),
    TARE_CLI_SERVE_WHERE,
    {0},
};

static const struct tare_example openenv_examples[] = {
    {"tare serve openenv incident-response --label trained -k 100",
     "prints the base URL for GenericEnvClient; each reset there begins an attempt"},
    {"tare serve openenv incident-response --port 8000 --open",
     "at the port that OpenEnv's clients expect, for every program of this machine"},
    {0},
};

static enum tare_status openenv_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_cli_serve o = *(const struct tare_cli_serve *)opts;
    struct tare_run_solver solver;
    struct tare_run_options ro;
    o.http = true;
    enum tare_status st = tare_cli_serve_load(&o, "openenv", ctx, &solver, &ro, err);
    return st == TARE_OK ? tare_cli_serve_http(&o, TARE_SERVE_OPENENV, "", ctx, &ro, err) : st;
}

const struct tare_cmd tare_cmd_serve_openenv = {
    .name = "openenv",
    .summary = "attempts for clients of OpenEnv, over WebSockets and HTTP",
    .usage = "SUITE [options]",
    .about =
        "Prints a base URL and plays what clients of OpenEnv ask for there: reset begins an "
        "attempt, step is\none action, the last answer has the reward: the suite's first metric. "
        "Every episode is scored and\nstored as any other attempt. reset takes `task` (an id, or a "
        "number from 1) or `seed` (task seed\nmodulo their number); else it begins the next that "
        "is not played. The token of the URL is new at\neach start, or that of TARE_SERVE_TOKEN.",
    .examples = openenv_examples,
    .args = openenv_args,
    .opts = openenv_options,
    .opts_size = sizeof(struct tare_cli_serve),
    .run = openenv_run,
};
