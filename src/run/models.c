#include "run/models.h"

#include "base/limits.h"

#include "base/banned.h"

struct tare_models {
    struct tare_model_client *client;
    struct tare_transport transport;
};

bool tare_models_wanted(const struct tare_run_solver *solvers, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (solvers[i].n_endpoints)
            return true;
    return false;
}

static enum tare_status begin(void *ctx, uint64_t token, const struct tare_request *request,
                              int64_t now_ns, struct tare_err *err)
{
    const struct tare_models *m = ctx;
    return tare_model_begin(m->client, token, request, now_ns, err);
}

static void cancel(void *ctx, uint64_t token)
{
    const struct tare_models *m = ctx;
    tare_model_cancel(m->client, token);
}

static bool held(void *ctx, uint64_t token)
{
    const struct tare_models *m = ctx;
    return tare_model_held(m->client, token);
}

static uint32_t wait_for(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms,
                         int64_t now_ns)
{
    const struct tare_models *m = ctx;
    return tare_model_wait(m->client, fds, max, timeout_ms, now_ns);
}

struct receiver {
    void (*give)(void *to, const struct tare_reply *reply);
    void *to;
};

static void pass_on(void *to, const struct tare_model_answer *a)
{
    const struct receiver *r = to;
    struct tare_reply reply = {.token = a->token,
                               .body = a->body,
                               .failed = a->failed,
                               .tokens_in = a->tokens_in,
                               .tokens_out = a->tokens_out,
                               .cost_usd = a->cost_usd};
    r->give(r->to, &reply);
}

static void work(void *ctx, int64_t now_ns, void (*give)(void *to, const struct tare_reply *reply),
                 void *to)
{
    const struct tare_models *m = ctx;
    struct receiver r = {give, to};
    tare_model_work(m->client, now_ns, pass_on, &r);
}

static struct tare_str halted(void *ctx)
{
    const struct tare_models *m = ctx;
    return tare_model_halted(m->client);
}

enum tare_status tare_models_open(const struct tare_run_solver *solvers, uint32_t n,
                                  const struct tare_model_options *options,
                                  struct tare_arena *arena, struct tare_models **out,
                                  struct tare_err *err)
{
    struct tare_models *m = TARE_NEW(arena, struct tare_models);
    struct tare_model_options o = *options;
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += solvers[i].n_endpoints;
    const struct tare_endpoint **all = TARE_NEW_N(arena, const struct tare_endpoint *, total);
    if (!m || !all)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening models");
    if (total > TARE_MAX_ENDPOINTS)
        return tare_fail(err, TARE_E_LIMIT, "more than %u models in one batch", TARE_MAX_ENDPOINTS);
    o.n_endpoints = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t e = 0; e < solvers[i].n_endpoints; e++)
            all[o.n_endpoints++] = solvers[i].endpoints[e];
    for (uint32_t i = 0; i < total; i++)
        for (uint32_t j = 0; j < i; j++)
            if (tare_str_eq(all[i]->name, all[j]->name))
                return tare_fail(err, TARE_E_USAGE, "two solvers or models are called '%.*s'",
                                 TARE_FMT(all[i]->name));
    o.endpoints = all;
    enum tare_status st = tare_model_client_open(&o, &m->client, err);
    m->transport = (struct tare_transport){.ctx = m,
                                           .begin = begin,
                                           .cancel = cancel,
                                           .wait = wait_for,
                                           .work = work,
                                           .held = held,
                                           .halted = halted};
    *out = st == TARE_OK ? m : NULL;
    return st;
}

const struct tare_transport *tare_models_transport(const struct tare_models *m)
{
    return m ? &m->transport : NULL;
}

const struct tare_model_counts *tare_models_counts(const struct tare_models *m)
{
    return tare_model_counts(m->client);
}

void tare_models_close(struct tare_models *m)
{
    if (m)
        tare_model_client_close(m->client);
}
