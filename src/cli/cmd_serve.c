/* Worlds for agents that run elsewhere; each protocol is a file cmd_serve_NAME.c. */
#include "cli/cmd.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_serve_mcp;

static const struct tare_cmd *const serve_subs[] = {&tare_cmd_serve_mcp, NULL};

static const struct tare_example serve_examples[] = {
    {"tare serve mcp incident-response --label mine --resume", "one attempt for an MCP client"},
    {0},
};

const struct tare_cmd tare_cmd_serve = {
    .name = "serve",
    .summary = "let agents that run elsewhere play a suite",
    .usage = "mcp SUITE [options]",
    .examples = serve_examples,
    .subs = serve_subs,
};
