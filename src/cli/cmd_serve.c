/* Worlds for agents that run elsewhere; each protocol is a file cmd_serve_NAME.c. */
#include "cli/cmd.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_serve_mcp, tare_cmd_serve_openenv;

static const struct tare_cmd *const serve_subs[] = {&tare_cmd_serve_mcp, &tare_cmd_serve_openenv,
                                                    NULL};

static const struct tare_example serve_examples[] = {
    {"tare serve mcp incident-response --label mine --resume", "one attempt for an MCP client"},
    {"tare serve mcp incident-response --http --label mine", "many, at an address that it prints"},
    {"tare serve openenv incident-response --label trained -k 100", "for clients of OpenEnv"},
    {0},
};

const struct tare_cmd tare_cmd_serve = {
    .name = "serve",
    .summary = "let agents that run elsewhere play a suite",
    .usage = "mcp|openenv SUITE [options]",
    .examples = serve_examples,
    .subs = serve_subs,
};
