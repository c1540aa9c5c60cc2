#include "cli/serve_batch.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "cli/play.h"
#include "cli/stored.h"
#include "net/door.h"
#include "run/registry.h"

#include "base/banned.h"

#define GRACE_MS 10000
#define MAX_SLICES 65536u

atomic_int tare_cli_serve_stop;
static atomic_int first_level = 2;

static void on_signal(int signal_number)
{
    (void)signal_number;
    int level = atomic_load(&tare_cli_serve_stop);
    atomic_store(&tare_cli_serve_stop, level ? 2 : atomic_load(&first_level));
}

void tare_cli_serve_signals(bool gentle)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    atomic_store(&first_level, gentle ? 1 : 2);
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a client that is gone is the end of a session */
}

enum tare_status tare_cli_serve_load(const struct tare_cli_serve *o, const char *protocol,
                                     struct tare_ctx *ctx, struct tare_run_solver *solver,
                                     struct tare_run_options *ro, struct tare_err *err)
{
    struct tare_suite *suite;
    enum tare_status st = tare_cli_suite(ctx, o->suite, &suite, err);
    if (st != TARE_OK)
        return st;
    if (o->task != TARE_INT_UNSET && (uint64_t)o->task > suite->n_tasks)
        return tare_usage_fail(ctx, err, "--task: the suite has %u tasks", suite->n_tasks);
    struct tare_str config = tare_arena_printf(ctx->arena, "{\"protocol\":\"%s\"}", protocol);
    *solver = (struct tare_run_solver){.name = o->solver, .ops = &tare_solver_guest};
    st = tare_json_parse(config, &tare_json_strict, ctx->arena, &solver->config, err);
    *ro = (struct tare_run_options){.size = sizeof *ro,
                                    .suite = suite,
                                    .solvers = solver,
                                    .n_solvers = 1,
                                    .k = o->k == TARE_INT_UNSET ? 0 : (uint32_t)o->k,
                                    .seed = (uint64_t)o->seed,
                                    .in_flight = o->http ? (uint32_t)o->sessions : 1,
                                    .label = o->label,
                                    .resume = o->resume.p != NULL,
                                    .resume_batch = o->resume,
                                    .clock = ctx->clock,
                                    .grace_ms = GRACE_MS,
                                    .stop = &tare_cli_serve_stop};
    if (o->task != TARE_INT_UNSET) {
        ro->task_from = (uint32_t)o->task - 1;
        ro->task_to = (uint32_t)o->task;
    }
    return st;
}

void tare_cli_serve_tell(struct tare_ctx *ctx, const struct tare_run_result *r)
{
    if (r->nothing_left)
        (void)fprintf(ctx->err, "%s: every attempt of this batch is played already\n", ctx->who);
    else if (r->played == 0)
        (void)fprintf(ctx->err, "%s: no attempt was played\n", ctx->who);
    else if (!ctx->quiet)
        (void)fprintf(ctx->err, "%s: %s stored; tare show %s\n", ctx->who,
                      r->played == 1 ? "attempt" : "attempts", r->batch.name);
    ctx->exit_code = r->played ? 0 : 3;
}

/* ---- over HTTP ----------------------------------------------------------------------------- */

struct ready {
    struct tare_ctx *ctx;
    const struct tare_server *server;
    const char *address, *path, *token, *protocol;
    bool shown_token; /* it was made here, so it has to be said */
};

/* Where it is, once: one line, or one document. */
static void say(const struct ready *r)
{
    struct tare_ctx *ctx = r->ctx;
    struct tare_str base =
        tare_arena_printf(ctx->arena, "http://%s:%u", r->address, tare_server_port(r->server));
    const char *between = r->shown_token ? "/" : "", *token = r->shown_token ? r->token : "";
    if (ctx->json) {
        struct tare_buf out;
        struct tare_json_writer w;
        struct tare_err err = {0};
        tare_buf_init(&out, NULL, 65536);
        tare_json_writer_init(&w, &out);
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.serve/1");
        tare_json_member_cstr(&w, "protocol", r->protocol);
        tare_json_member_str(
            &w, "url", tare_arena_printf(ctx->arena, "%s%s%s%s", base.p, between, token, r->path));
        tare_json_member_str(&w, "base", base);
        tare_json_member_cstr(&w, "path", r->path);
        tare_json_put_key(&w, "token");
        if (r->shown_token)
            tare_json_put_cstr(&w, token);
        else
            tare_json_put_null(&w);
        tare_json_end_object(&w);
        tare_buf_putc(&out, '\n');
        (void)tare_cli_print(ctx, &out, &err);
    } else {
        (void)fprintf(ctx->out, "%s%s%s%s\n", base.p, between, token, r->path);
    }
    (void)fflush(ctx->out);
    if (!ctx->quiet && r->shown_token)
        (void)fprintf(ctx->err,
                      "%s: who has this address may play; a client that sends headers may leave "
                      "the token out of it: Authorization: Bearer %s\n",
                      ctx->who, token);
}

static void on_plan(void *ctx, const struct tare_batch_info *batch)
{
    if (!batch->finished)
        say(ctx);
}

/* The token: from the environment, or a new one; empty with --open. */
static enum tare_status token_of(const struct tare_cli_serve *o, struct tare_ctx *ctx,
                                 struct ready *r, char made[TARE_DOOR_SECRET_BYTES],
                                 struct tare_err *err)
{
    const char *given = getenv("TARE_SERVE_TOKEN");
    struct tare_str t = tare_str_of(given);
    if (o->open && !tare_str_is(o->bind, "127.0.0.1"))
        return tare_usage_fail(ctx, err,
                               "--open is for 127.0.0.1 alone; beyond it a token is "
                               "asked for");
    r->token = "";
    if (o->open)
        return TARE_OK;
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] <= ' ' || t.p[i] == '/' || t.p[i] == '?' || (unsigned char)t.p[i] > 126)
            return tare_usage_fail(ctx, err, "TARE_SERVE_TOKEN: letters, digits and -._~ alone");
    if (t.n && t.n < 16)
        return tare_usage_fail(ctx, err, "TARE_SERVE_TOKEN: at least 16 characters");
    if (!t.n)
        tare_door_secret(made);
    r->token = t.n ? given : made;
    r->shown_token = t.n == 0;
    return TARE_OK;
}

/* Every slice of the batch at once, so that a session may choose its task. */
static uint32_t slices(const struct tare_run_options *ro)
{
    uint64_t tasks = ro->task_to ? ro->task_to - ro->task_from : ro->suite->n_tasks;
    uint64_t n = tasks * (ro->k ? ro->k : ro->suite->attempts);
    return n < MAX_SLICES ? (uint32_t)n : MAX_SLICES;
}

static enum tare_status play(struct tare_ctx *ctx, struct tare_server *server,
                             struct tare_run_options *ro, struct tare_err *err)
{
    struct tare_store_options so = {.size = sizeof so, .create = true, .clock = ctx->clock};
    struct tare_run_result result = {0};
    struct tare_store *store = NULL;
    enum tare_status st = tare_store_open(ctx->store, &so, &store, err);
    if (st != TARE_OK)
        return st;
    st = tare_run_batch(store, ro, ctx->arena, &result, err);
    if (st == TARE_OK) {
        tare_cli_serve_tell(ctx, &result);
        if (result.interrupted) {
            (void)fprintf(ctx->err, "%s: interrupted; go on with the same arguments and --resume\n",
                          ctx->who);
            ctx->exit_code = 130;
        }
        tare_server_linger(server, ctx->clock ? ctx->clock : tare_clock_system());
    }
    tare_store_close(store);
    return st;
}

enum tare_status tare_cli_serve_http(const struct tare_cli_serve *o,
                                     enum tare_serve_protocol protocol, const char *path,
                                     struct tare_ctx *ctx, struct tare_run_options *ro,
                                     struct tare_err *err)
{
    char made[TARE_DOOR_SECRET_BYTES] = "";
    struct tare_server *server = NULL;
    struct tare_str address = tare_arena_printf(ctx->arena, "%.*s", TARE_FMT(o->bind));
    struct ready ready = {.ctx = ctx, .path = path, .address = address.p};
    enum tare_status st = token_of(o, ctx, &ready, made, err);
    if (st != TARE_OK)
        return st;
    struct tare_serve_options_http so = {.size = sizeof so,
                                         .protocol = protocol,
                                         .address = address.p,
                                         .port = (uint16_t)o->port,
                                         .token = ready.token,
                                         .hosts = o->hosts.v,
                                         .n_hosts = o->hosts.n,
                                         .sessions = (uint32_t)o->sessions,
                                         .idle_ns = (int64_t)(o->idle * 1e9),
                                         .stop = &tare_cli_serve_stop,
                                         .suite = ro->suite,
                                         .task_from = ro->task_from,
                                         .task_to = ro->task_to ? ro->task_to : ro->suite->n_tasks,
                                         .world = tare_registry_world(ro->suite->world)};
    tare_cli_serve_signals(true);
    st = tare_server_open(&so, &server, err);
    if (st != TARE_OK)
        return st;
    ready.server = server;
    ready.protocol = protocol == TARE_SERVE_MCP ? "mcp" : "openenv";
    ro->transport = tare_server_transport(server);
    ro->ahead = slices(ro);
    ro->on_plan = on_plan;
    ro->ctx = &ready;
    st = play(ctx, server, ro, err);
    tare_server_close(server);
    return st;
}
