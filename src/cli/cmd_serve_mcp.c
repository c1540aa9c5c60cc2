/*
 * tare serve mcp: attempts of a suite for MCP clients: one for the client that started this
 * program, or a session each over HTTP.
 */
#include "cli/serve_batch.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_serve_mcp;

static const struct tare_arg mcp_args[] = {
    TARE_CLI_ARG_SUITE(offsetof(struct tare_cli_serve, suite)),
    {0},
};

static const struct tare_opt mcp_options[] = {
    {.name = "http",
     .type = TARE_OPT_FLAG,
     .help = "serve sessions over streamable HTTP, in place of one on standard input and output",
     .at = offsetof(struct tare_cli_serve, http)},
    TARE_CLI_SERVE_WHAT("mcp"),
    TARE_CLI_SERVE_WHERE,
    {0},
};

static const struct tare_example mcp_examples[] = {
    {"tare serve mcp incident-response --label mine --resume",
     "the command of an MCP client's configuration: each start plays the next attempt"},
    {"tare serve mcp incident-response --task 3 -k 1", "the third task, once"},
    {"tare serve mcp incident-response --http --label mine --solver my-agent",
     "prints its address; each session that a client begins there is an attempt"},
    {0},
};

static enum tare_status on_streams(struct tare_ctx *ctx, struct tare_run_options *ro,
                                   struct tare_err *err)
{
    struct tare_store_options so = {.size = sizeof so, .create = true, .clock = ctx->clock};
    struct tare_run_result result = {0};
    struct tare_store *store = NULL;
    struct tare_mcp_stdio *mcp = NULL;
    enum tare_status st = tare_store_open(ctx->store, &so, &store, err);
    if (st != TARE_OK)
        return st;
    tare_cli_serve_signals(false);
    st = tare_mcp_stdio_open(0, 1, NULL, &mcp, err);
    if (st == TARE_OK) {
        ro->transport = tare_mcp_stdio_transport(mcp);
        st = tare_run_batch(store, ro, ctx->arena, &result, err);
    }
    if (st == TARE_OK) {
        tare_cli_serve_tell(ctx, &result);
        if (!result.nothing_left)
            tare_mcp_stdio_linger(mcp, &tare_cli_serve_stop);
    }
    tare_mcp_stdio_close(mcp);
    tare_store_close(store);
    return st;
}

static enum tare_status mcp_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    static const char *const of_http[] = {"port", "sessions", "idle", "bind", "allow-host", "open"};
    const struct tare_cli_serve *o = opts;
    struct tare_run_solver solver;
    struct tare_run_options ro;
    for (size_t i = 0; i < sizeof of_http / sizeof *of_http && !o->http; i++)
        if (tare_given(ctx, of_http[i]))
            return tare_usage_fail(ctx, err, "--%s goes with --http", of_http[i]);
    if (ctx->json && !o->http)
        return tare_usage_fail(ctx, err,
                               "--json goes with --http: standard output is the client's");
    enum tare_status st = tare_cli_serve_load(o, "mcp", ctx, &solver, &ro, err);
    if (st != TARE_OK)
        return st;
    return o->http ? tare_cli_serve_http(o, TARE_SERVE_MCP, "/mcp", ctx, &ro, err)
                   : on_streams(ctx, &ro, err);
}

const struct tare_cmd tare_cmd_serve_mcp = {
    .name = "mcp",
    .summary = "attempts for MCP clients, on standard input and output or over HTTP",
    .usage = "SUITE [--http] [options]",
    .about =
        "An MCP client starts this program as its server, or finds it at the address that --http "
        "prints.\nThe world's tools are its tools, the task is a resource and a prompt. A session "
        "is one attempt:\nplayed, scored and stored as any other. When the client leaves after it "
        "has acted, that is its\nend of the episode; when it leaves before, nothing was played. "
        "With --http the token of the\naddress is new at each start, or that of TARE_SERVE_TOKEN.",
    .examples = mcp_examples,
    .args = mcp_args,
    .opts = mcp_options,
    .opts_size = sizeof(struct tare_cli_serve),
    .run = mcp_run,
};
