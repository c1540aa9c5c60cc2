/*
 * Worlds for agents that run elsewhere. A session is one attempt of a batch: its solver is a guest
 * whose next action is asked for with a REQUEST, and the transport of the batch is the server that
 * has the session. So plans, limits, records, scores and resuming are those of every run.
 */
#ifndef TARE_SERVE_SERVE_H
#define TARE_SERVE_SERVE_H

#include <stdatomic.h>

#include "run/transport.h"
#include "suite/suite.h"

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

/* ---- over HTTP ----------------------------------------------------------------------------- */

enum tare_serve_protocol { TARE_SERVE_MCP = 1, TARE_SERVE_OPENENV };

struct tare_serve_options_http {
    size_t size; /* sizeof(struct tare_serve_options_http) */
    enum tare_serve_protocol protocol;
    const char *address; /* IPv4 in digits; NULL: 127.0.0.1 */
    uint16_t port;       /* 0: any that is free */
    const char *token;   /* who asks must show it; empty: nobody must */
    /* Names besides the loopback's that Host may say: NAME or NAME:PORT. */
    const struct tare_str *hosts;
    size_t n_hosts;
    uint32_t sessions;      /* at once; 0: 100 */
    int64_t idle_ns;        /* silence for so long ends a session; 0: never */
    const atomic_int *stop; /* not 0: no new attempts; may be NULL */
    const struct tare_suite *suite;
    uint32_t task_from, task_to; /* those of it that are played */
    const struct tare_world_ops *world;
    const struct tare_alc *alc; /* NULL: libc */
};

struct tare_server;

/* Listens. TARE_E_USAGE (address; built without libmicrohttpd), TARE_E_IO (port), TARE_E_NOMEM. */
enum tare_status tare_server_open(const struct tare_serve_options_http *options,
                                  struct tare_server **out, struct tare_err *err);
const struct tare_transport *tare_server_transport(const struct tare_server *s);
unsigned tare_server_port(const struct tare_server *s);
/* After the batch: answers what open sessions still ask, until they are gone or for 10 s. */
void tare_server_linger(struct tare_server *s, const struct tare_clock *clock);
void tare_server_close(struct tare_server *s);

#endif
