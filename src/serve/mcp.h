/*
 * The Model Context Protocol, server side, without a descriptor: one message in, at most one out.
 * Revisions 2024-11-05 to 2025-11-25 (docs/verbs/serve.md).
 */
#ifndef TARE_SERVE_MCP_H
#define TARE_SERVE_MCP_H

#include "base/arena.h"
#include "base/buf.h"
#include "text/json.h"

/* What a session plays. */
struct tare_mcp_world {
    void *ctx;
    /* tare.agent/1's start of the episode; absent: it has not begun. */
    struct tare_json (*start)(void *ctx);
    /* One step. Gives the observation as JSON (it lives until the next call) and whether the action
     * failed; p NULL: the episode is over, and nothing was done. */
    struct tare_str (*act)(void *ctx, struct tare_str action, bool *failed, bool *over);
};

struct tare_mcp {
    const struct tare_mcp_world *world;
    bool initialized;
};

/*
 * Answers one message (without its line end). out: the answer with a line end, or nothing where
 * there is none. arena: what lives until it is written. TARE_E_NOMEM alone.
 */
enum tare_status tare_mcp_message(struct tare_mcp *m, struct tare_str text,
                                  struct tare_arena *arena, struct tare_buf *out,
                                  struct tare_err *err);

#endif
