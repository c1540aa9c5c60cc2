/*
 * The Model Context Protocol, server side, without a descriptor: one message in, at most one out.
 * Revisions 2024-11-05 to 2025-11-25 (docs/verbs/serve.md).
 */
#ifndef TARE_SERVE_MCP_H
#define TARE_SERVE_MCP_H

#include "base/arena.h"
#include "base/buf.h"
#include "text/json.h"

struct tare_mcp {
    struct tare_json scene; /* tare.agent/1's start of the episode */
    bool initialized;
};

/* A tool call that is a step of the world. */
struct tare_mcp_call {
    struct tare_json id;
    struct tare_str action; /* for step_json; p NULL: the message was none */
};

/*
 * Takes one message (without its line end). out: the answer with a line end, or nothing where there
 * is none, or not yet: call->action is to be played then, and tare_mcp_played answers. arena: what
 * lives until the answer is there. TARE_E_NOMEM alone.
 */
enum tare_status tare_mcp_message(struct tare_mcp *m, struct tare_str text,
                                  struct tare_arena *arena, struct tare_buf *out,
                                  struct tare_mcp_call *call, struct tare_err *err);
/* Whether a revision of the protocol is one of ours. */
bool tare_mcp_speaks(struct tare_str version);
/* Answers a call that was played. seen: the observation as JSON, or a sentence. */
void tare_mcp_played(const struct tare_mcp_call *call, struct tare_str seen, bool failed,
                     struct tare_buf *out);
/* What a call gets once there is nothing to play any more. */
#define TARE_MCP_OVER TARE_S("The episode has ended; nothing was done.")

#endif
