/*
 * Worlds for agents that run elsewhere. A session is one attempt of a batch: its solver is a guest
 * whose next action is asked for with a REQUEST, and the transport of the batch is the server that
 * has the session. So plans, limits, records, scores and resuming are those of every run.
 */
#ifndef TARE_SERVE_SERVE_H
#define TARE_SERVE_SERVE_H

#include <stdatomic.h>

#include "run/transport.h"

/* A solver that does what its session says. A REQUEST holds tare.agent/1's start, observation, or
 * {"type": "end", …} with the last observation; the reply is an action for step_json, or empty: the
 * guest has finished. config: {"protocol": NAME}. */
extern const struct tare_solver_ops tare_solver_guest;

struct tare_mcp_stdio;

/*
 * MCP on two descriptors, which stay the caller's: one session, one attempt. max_line_bytes of a
 * message: TARE_MAX_AGENT_LINE_BYTES. alc: NULL for libc. TARE_E_NOMEM.
 */
enum tare_status tare_mcp_stdio_open(int in_fd, int out_fd, const struct tare_alc *alc,
                                     struct tare_mcp_stdio **out, struct tare_err *err);
const struct tare_transport *tare_mcp_stdio_transport(const struct tare_mcp_stdio *m);
/* After the batch: answers what the client still asks until it closes its end, or *stop is set. */
void tare_mcp_stdio_linger(struct tare_mcp_stdio *m, const atomic_int *stop);
/* Tool calls that were steps of the world. */
uint64_t tare_mcp_stdio_steps(const struct tare_mcp_stdio *m);
void tare_mcp_stdio_close(struct tare_mcp_stdio *m);

#endif
