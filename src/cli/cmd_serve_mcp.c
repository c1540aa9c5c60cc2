/*
 * tare serve mcp: one attempt of a suite for an MCP client that started this program.
 */
#include <signal.h>
#include <stdlib.h>

#include "cli/cmd.h"
#include "run/batch.h"
#include "run/registry.h"
#include "serve/serve.h"

#include "base/limits.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_serve_mcp;

struct mcp_opts {
    struct tare_str suite, solver, label, resume;
    int64_t k, seed, task;
};

static const struct tare_arg mcp_args[] = {
    {"SUITE", "a folder with suite.yaml, a suite.yaml, or a built-in suite's name", 1, 1,
     offsetof(struct mcp_opts, suite)},
    {0},
};

static const struct tare_opt mcp_options[] = {
    {.name = "solver",
     .letter = 's',
     .aliases = {"agent"},
     .type = TARE_OPT_STRING,
     .metavar = "NAME",
     .def = "mcp",
     .help = "what the agent is called in the store",
     .at = offsetof(struct mcp_opts, solver)},
    {.name = "task",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = TARE_MAX_TASKS,
     .help = "only this task of the suite, from 1 (default: the next that is not played)",
     .at = offsetof(struct mcp_opts, task)},
    {.name = "attempts",
     .letter = 'k',
     .aliases = {"n-attempts", "epochs", "repeat", "num-trials"},
     .type = TARE_OPT_INT,
     .min = 1,
     .max = TARE_MAX_ATTEMPTS_PER_TASK,
     .help = "attempts a task (default: the suite's)",
     .at = offsetof(struct mcp_opts, k)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 9e15,
     .def = "1",
     .help = "names all chance; equal seeds give equal worlds",
     .at = offsetof(struct mcp_opts, seed)},
    {.name = "label",
     .letter = 'l',
     .type = TARE_OPT_STRING,
     .help = "a name to find the batch by",
     .at = offsetof(struct mcp_opts, label)},
    {.name = "resume",
     .type = TARE_OPT_MAYBE,
     .metavar = "BATCH",
     .help = "go on with the batch of the same arguments; where none was begun, begin it",
     .at = offsetof(struct mcp_opts, resume)},
    {0},
};

static const struct tare_example mcp_examples[] = {
    {"tare serve mcp incident-response --label mine --resume",
     "the command of an MCP client's configuration: each start plays the next attempt"},
    {"tare serve mcp incident-response --task 3 -k 1", "the third task, once"},
    {0},
};

/* The signal handler's only word. */
static atomic_int stop_level;

static void on_signal(int signal_number)
{
    (void)signal_number;
    atomic_store(&stop_level, 2);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a client that is gone is the end of a session */
}

static enum tare_status load(const struct mcp_opts *o, struct tare_ctx *ctx,
                             struct tare_run_solver *solver, struct tare_run_options *ro,
                             struct tare_err *err)
{
    struct tare_suite_options so = {.size = sizeof so,
                                    .search = tare_str_of(getenv("TARE_SUITES"))};
    struct tare_suite *suite;
    so.sources = tare_registry_sources(&so.n_sources);
    enum tare_status st = tare_suite_load(o->suite, &so, ctx->arena, &suite, err);
    if (st != TARE_OK)
        return st;
    solver->name = o->solver;
    solver->ops = &tare_solver_guest;
    st = tare_json_parse(TARE_S("{\"protocol\":\"mcp\"}"), &tare_json_strict, ctx->arena,
                         &solver->config, err);
    ro->suite = suite;
    ro->solvers = solver;
    ro->n_solvers = 1;
    ro->k = o->k == TARE_INT_UNSET ? 0 : (uint32_t)o->k;
    ro->seed = (uint64_t)o->seed;
    ro->task_from = o->task == TARE_INT_UNSET ? 0 : (uint32_t)o->task - 1;
    ro->task_to = o->task == TARE_INT_UNSET ? 0 : (uint32_t)o->task;
    ro->in_flight = 1;
    ro->label = o->label;
    ro->resume = o->resume.p != NULL;
    ro->resume_batch = o->resume;
    ro->clock = ctx->clock;
    ro->stop = &stop_level;
    return st;
}

/* What happened, for people, on standard error: standard output belongs to the client. */
static void tell(struct tare_ctx *ctx, const struct tare_run_result *r)
{
    if (r->nothing_left)
        (void)fputs("tare serve mcp: every attempt of this batch is played already\n", ctx->err);
    else if (r->played == 0)
        (void)fputs("tare serve mcp: no attempt was played\n", ctx->err);
    else if (!ctx->quiet)
        (void)fprintf(ctx->err, "tare serve mcp: attempt stored; tare show %s\n", r->batch.name);
}

static enum tare_status mcp_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct mcp_opts *o = opts;
    struct tare_run_solver solver = {0};
    struct tare_run_options ro = {.size = sizeof ro};
    struct tare_store_options so = {.size = sizeof so, .create = true, .clock = ctx->clock};
    struct tare_run_result result = {0};
    struct tare_store *store = NULL;
    struct tare_mcp_stdio *mcp = NULL;
    enum tare_status st = load(o, ctx, &solver, &ro, err);
    if (st == TARE_OK)
        st = tare_store_open(ctx->store, &so, &store, err);
    if (st != TARE_OK)
        return st;
    catch_signals();
    st = tare_mcp_stdio_open(0, 1, NULL, &mcp, err);
    if (st == TARE_OK) {
        ro.transport = tare_mcp_stdio_transport(mcp);
        st = tare_run_batch(store, &ro, ctx->arena, &result, err);
    }
    if (st == TARE_OK) {
        tell(ctx, &result);
        ctx->exit_code = result.played ? 0 : 3;
        if (!result.nothing_left)
            tare_mcp_stdio_linger(mcp, &stop_level);
    }
    tare_mcp_stdio_close(mcp);
    tare_store_close(store);
    return st;
}

const struct tare_cmd tare_cmd_serve_mcp = {
    .name = "mcp",
    .summary = "one attempt for an MCP client, on standard input and output",
    .usage = "SUITE [options]",
    .about =
        "An MCP client starts this program as its server. The world's tools are its tools, the "
        "task is\na resource and a prompt. Each start is one session and one attempt: played, "
        "scored and stored\nas any other. When the client leaves after it has acted, that is "
        "its end of the episode; when\nit leaves before, nothing was played.",
    .examples = mcp_examples,
    .args = mcp_args,
    .opts = mcp_options,
    .opts_size = sizeof(struct mcp_opts),
    .run = mcp_run,
    .no_json = true,
};
