#include "run/estimate.h"

#include "base/limits.h"
#include "run/registry.h"
#include "solver/harness.h"

#include "base/banned.h"

#define TRIED_TASKS 20u
#define MOST_STEPS 200u /* an episode that needs more is taken to have so many */
#define WRAP_BYTES 120u /* names, ids and quotes around an observation and the call before it */

struct tried {
    uint64_t first_bytes; /* of the first request, mean */
    uint64_t obs_bytes;   /* of an observation, mean */
    uint64_t steps;       /* of the longest episode */
};

static uint64_t tools_bytes(const struct tare_world_ops *ops, const void *w)
{
    uint32_t n;
    const struct tare_tool *tools = ops->tools(w, &n);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += tools[i].name.n + tools[i].about.n + tools[i].schema.n + WRAP_BYTES;
    return bytes;
}

static uint64_t obs_bytes(const struct tare_world_ops *ops, const void *w, struct tare_buf *b)
{
    struct tare_json_writer out;
    tare_buf_reset(b);
    tare_json_writer_init(&out, b);
    ops->obs_json(w, &out);
    return b->n;
}

/* One episode in which nothing is done: the world ends it by itself, or the limit of steps does. A
 * talk goes on only where it is answered. */
static enum tare_status try_task(const struct tare_world_ops *ops, void *w,
                                 const struct tare_task *task, uint64_t most, struct tare_buf *b,
                                 struct tried *sum, uint64_t *n_obs, struct tare_err *err)
{
    struct tare_rng rng;
    struct tare_obs obs = {0};
    uint64_t steps = 0;
    struct tare_str action = ops->talks
                                 ? TARE_S("{\"action_type\":\"answer\",\"params\":{\"text\":\"\"}}")
                                 : TARE_S("{}");
    tare_rng_init(&rng, 1, TARE_S("estimate"), task->index);
    enum tare_status st = ops->reset(w, task, &rng, &obs, err);
    if (st != TARE_OK)
        return st;
    tare_buf_reset(b);
    if (ops->brief)
        ops->brief(w, b);
    sum->first_bytes += b->n + tools_bytes(ops, w);
    sum->first_bytes += obs_bytes(ops, w, b);
    while (st == TARE_OK && !obs.done && steps < most) {
        st = ops->step_json(w, action, &rng, &obs, err);
        sum->obs_bytes += obs_bytes(ops, w, b);
        ++*n_obs;
        steps++;
    }
    sum->steps = steps > sum->steps ? steps : sum->steps;
    return st;
}

static enum tare_status try_out(const struct tare_run_options *o, uint64_t most, struct tried *out,
                                struct tare_err *err)
{
    const struct tare_suite *suite = o->suite;
    const struct tare_world_ops *ops = o->world ? o->world : tare_registry_world(suite->world);
    uint32_t from = o->task_from, to = o->task_to ? o->task_to : suite->n_tasks;
    uint32_t tried = 0;
    uint64_t n_obs = 0;
    struct tare_arena arena;
    struct tare_buf b;
    void *w;
    to = to < suite->n_tasks ? to : suite->n_tasks;
    if (!ops || from >= to)
        return tare_fail(err, TARE_E_USAGE, "there is no task to look at");
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&b, NULL, TARE_MAX_STEP_BODY_BYTES);
    uint32_t stride = (to - from + TRIED_TASKS - 1) / TRIED_TASKS;
    enum tare_status st = ops->open(suite->world_config, tare_alc_libc(), &arena, &w, err);
    if (st == TARE_OK) {
        for (uint32_t i = from; st == TARE_OK && i < to; i += stride, tried++)
            st = try_task(ops, w, &suite->tasks[i], most, &b, out, &n_obs, err);
        ops->close(w);
    }
    tare_buf_free(&b);
    tare_arena_free(&arena);
    out->first_bytes /= tried ? tried : 1;
    out->obs_bytes /= n_obs ? n_obs : 1;
    return st;
}

enum tare_status tare_run_estimate(const struct tare_run_options *o, uint32_t solver,
                                   struct tare_arena *arena, struct tare_run_estimate *out,
                                   struct tare_err *err)
{
    const struct tare_run_solver *s = &o->solvers[solver];
    uint32_t limit = s->limits.steps ? s->limits.steps : o->suite->limits.steps;
    uint32_t n_tasks = o->suite->n_tasks;
    uint32_t to = o->task_to && o->task_to < n_tasks ? o->task_to : n_tasks;
    int64_t most_out = TARE_ESTIMATE_OUT_HIGH;
    struct tried t = {0};
    (void)arena;
    *out = (struct tare_run_estimate){.solver = s};
    if (s->n_endpoints == 0)
        return TARE_OK;
    enum tare_status st = try_out(o, limit && limit < MOST_STEPS ? limit : MOST_STEPS, &t, err);
    if (st != TARE_OK)
        return st;
    const struct tare_endpoint *e = s->endpoints[0];
    (void)tare_json_i64(tare_json_get(e->sampling, "max_tokens"), &most_out);
    uint64_t steps = t.steps ? t.steps : 1;
    uint32_t least = 1, most = 1;
    if (s->ops == &tare_solver_model)
        tare_harness_requests(s->config, false, &least, &most);
    else if (s->ops == &tare_solver_talk)
        tare_harness_requests(tare_json_get(s->config, "harness"), true, &least, &most);
    uint64_t growth = t.obs_bytes + WRAP_BYTES;
    out->attempts = (uint64_t)(to - o->task_from) * (o->k ? o->k : o->suite->attempts);
    out->steps = steps;
    out->calls_low = out->attempts * least;
    out->calls_high = out->attempts * steps * most;
    out->in_low = out->calls_low * (t.first_bytes / 4);
    out->in_high = out->attempts * most *
                   ((steps * t.first_bytes + growth * (steps * (steps - 1) / 2)) / 4 +
                    (uint64_t)most_out * (steps * (steps - 1) / 2));
    out->out_low = out->calls_low * TARE_ESTIMATE_OUT_LOW;
    out->out_high = out->calls_high * (uint64_t)most_out;
    out->priced = e->price.known;
    if (out->priced) {
        out->usd_low =
            ((double)out->in_low * e->price.input + (double)out->out_low * e->price.output) / 1e6;
        out->usd_high =
            ((double)out->in_high * e->price.input + (double)out->out_high * e->price.output) / 1e6;
    }
    return TARE_OK;
}
