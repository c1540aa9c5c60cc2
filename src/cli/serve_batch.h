/*
 * What `tare serve PROTOCOL` share: a batch whose agent is a guest, and the server of its sessions.
 */
#ifndef TARE_CLI_SERVE_BATCH_H
#define TARE_CLI_SERVE_BATCH_H

#include "cli/cmd.h"
#include "cli/play.h"
#include "run/batch.h"
#include "serve/serve.h"

struct tare_cli_serve {
    struct tare_str suite, solver, label, resume;
    int64_t k, seed, task;
    /* Of a server over HTTP. */
    bool http, open;
    int64_t port, sessions;
    double idle;
    struct tare_str bind;
    struct tare_strs hosts;
};

/* Rows of the options table of a command whose options are struct tare_cli_serve. */
#define TARE_CLI_SERVE_SOLVER(name_of)                                                             \
    {                                                                                              \
        .name = "solver", .letter = 's', .aliases = {"agent"}, .type = TARE_OPT_STRING,            \
        .metavar = "NAME", .def = name_of, .help = "what the agent is called in the store",        \
        .at = offsetof(struct tare_cli_serve, solver)                                              \
    }
#define TARE_CLI_SERVE_TASK                                                                        \
    {                                                                                              \
        .name = "task", .type = TARE_OPT_INT, .min = 1, .max = TARE_MAX_TASKS,                     \
        .help = "only this task of the suite, from 1 (default: the next that is not played)",      \
        .at = offsetof(struct tare_cli_serve, task)                                                \
    }
#define TARE_CLI_SERVE_PORT                                                                        \
    {                                                                                              \
        .name = "port", .type = TARE_OPT_INT, .min = 0, .max = 65535, .def = "0",                  \
        .help = "the port; 0: one that is free", .at = offsetof(struct tare_cli_serve, port)       \
    }
#define TARE_CLI_SERVE_BIND                                                                        \
    {                                                                                              \
        .name = "bind", .type = TARE_OPT_STRING, .metavar = "ADDRESS", .def = "127.0.0.1",         \
        .help = "the IPv4 address to listen on; beyond 127.0.0.1 others can reach it",             \
        .at = offsetof(struct tare_cli_serve, bind)                                                \
    }
#define TARE_CLI_SERVE_HOSTS                                                                       \
    {                                                                                              \
        .name = "allow-host", .type = TARE_OPT_REPEAT, .metavar = "NAME",                          \
        .help = "a name besides localhost by which it may be called; may be given several times",  \
        .at = offsetof(struct tare_cli_serve, hosts)                                               \
    }
#define TARE_CLI_SERVE_SESSIONS                                                                    \
    {                                                                                              \
        .name = "sessions", .type = TARE_OPT_INT, .min = 1, .max = 1000, .def = "100",             \
        .help = "sessions at once", .at = offsetof(struct tare_cli_serve, sessions)                \
    }
#define TARE_CLI_SERVE_IDLE                                                                        \
    {                                                                                              \
        .name = "idle", .type = TARE_OPT_FLOAT, .min = 0, .max = 1e6, .def = "600",                \
        .metavar = "SECONDS", .help = "silence for so long ends a session; 0: never",              \
        .at = offsetof(struct tare_cli_serve, idle)                                                \
    }
#define TARE_CLI_SERVE_OPEN                                                                        \
    {                                                                                              \
        .name = "open", .type = TARE_OPT_FLAG,                                                     \
        .help = "ask for no token: every program of this machine may play; on 127.0.0.1 alone",    \
        .at = offsetof(struct tare_cli_serve, open)                                                \
    }
/* What is played, by whom, and how often. */
#define TARE_CLI_SERVE_WHAT(name_of)                                                               \
    TARE_CLI_SERVE_SOLVER(name_of), TARE_CLI_SERVE_TASK,                                           \
        TARE_CLI_OPT_ATTEMPTS(offsetof(struct tare_cli_serve, k)),                                 \
        TARE_CLI_OPT_SEED(offsetof(struct tare_cli_serve, seed)),                                  \
        TARE_CLI_OPT_LABEL(offsetof(struct tare_cli_serve, label)),                                \
        TARE_CLI_OPT_RESUME(offsetof(struct tare_cli_serve, resume))
/* Where it is served, and to whom. */
#define TARE_CLI_SERVE_WHERE                                                                       \
    TARE_CLI_SERVE_PORT, TARE_CLI_SERVE_SESSIONS, TARE_CLI_SERVE_IDLE, TARE_CLI_SERVE_BIND,        \
        TARE_CLI_SERVE_HOSTS, TARE_CLI_SERVE_OPEN

/* The first signal ends what is begun, the second everything; filled by tare_cli_serve_signals. */
extern atomic_int tare_cli_serve_stop;
/* gentle: a first signal lets sessions that play finish. */
void tare_cli_serve_signals(bool gentle);

/* Loads the suite and says what is played. solver: its place; protocol: "mcp", "openenv". */
enum tare_status tare_cli_serve_load(const struct tare_cli_serve *o, const char *protocol,
                                     struct tare_ctx *ctx, struct tare_run_solver *solver,
                                     struct tare_run_options *ro, struct tare_err *err);
/* Serves over HTTP until every attempt is played or a signal comes. path: what follows the port in
 * its address: "/mcp". */
enum tare_status tare_cli_serve_http(const struct tare_cli_serve *o,
                                     enum tare_serve_protocol protocol, const char *path,
                                     struct tare_ctx *ctx, struct tare_run_options *ro,
                                     struct tare_err *err);
/* What happened, for people, on standard error; and the exit status. */
void tare_cli_serve_tell(struct tare_ctx *ctx, const struct tare_run_result *r);

#endif
