#include "guess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- world ------------------------------------------------------------------------------- */

struct world {
    uint32_t target, last, steps;
    bool right;
    struct tare_fact facts[64];
    uint32_t n_facts;
    struct tare_str names[10];
};

static enum tare_status w_open(struct tare_json config, const struct tare_alc *alc,
                               struct tare_arena *arena, void **out, struct tare_err *err)
{
    (void)config, (void)alc, (void)err;
    *out = TARE_NEW(arena, struct world);
    return *out ? TARE_OK : TARE_E_NOMEM;
}

static void w_close(void *w)
{
    (void)w;
}

static enum tare_status w_reset(void *p, const struct tare_task *task, struct tare_rng *rng,
                                struct tare_obs *obs, struct tare_err *err)
{
    struct world *w = p;
    (void)task, (void)err;
    *w = (struct world){.target = tare_rng_below(rng, 10)};
    for (int i = 0; i < 10; i++)
        w->names[i] = TARE_S("number");
    *obs = (struct tare_obs){.view = w};
    return TARE_OK;
}

static enum tare_status w_step(void *p, const struct tare_action *a, struct tare_rng *rng,
                               struct tare_obs *obs, struct tare_err *err)
{
    struct world *w = p;
    (void)rng, (void)err;
    w->last = a->verb;
    w->right = a->verb == w->target;
    w->facts[w->n_facts++] =
        (struct tare_fact){.step = w->steps,
                           .entity = a->verb % 10,
                           .kind = TARE_FACT_TOUCHED,
                           .touch = w->right ? TARE_TOUCH_REQUIRED : TARE_TOUCH_HARMFUL};
    w->steps++;
    *obs = (struct tare_obs){.view = w, .step = w->steps, .done = w->right || w->steps == 10};
    return TARE_OK;
}

static enum tare_status w_step_json(void *p, struct tare_str text, struct tare_rng *rng,
                                    struct tare_obs *obs, struct tare_err *err)
{
    int64_t n = 0;
    tare_str_to_i64(tare_str_trim(text), &n);
    struct tare_action a = {.verb = (uint32_t)n};
    return w_step(p, &a, rng, obs, err);
}

static struct tare_facts w_facts(const void *p)
{
    const struct world *w = p;
    return (struct tare_facts){w->facts, w->n_facts, w->names, 10};
}

static enum tare_status w_outcome(const void *p, struct tare_arena *arena, struct tare_outcome *out,
                                  struct tare_err *err)
{
    const struct world *w = p;
    (void)err;
    *out = (struct tare_outcome){.reward = w->right ? 1 - w->steps / 16.0 : 0,
                                 .reward_max = (double)NAN,
                                 .detail = tare_arena_printf(arena, "{\"steps\":%u}", w->steps)};
    return TARE_OK;
}

static void w_number(const void *p, struct tare_json_writer *out)
{
    const struct world *w = p;
    tare_json_put_u64(out, w->last);
}

static void w_outline(const void *p, struct tare_json_writer *out)
{
    const struct world *w = p;
    tare_json_begin_object(out);
    tare_json_put_key(out, "i");
    tare_json_put_u64(out, w->steps - 1);
    tare_json_end_object(out);
}

static const char *w_name(uint32_t verb)
{
    (void)verb;
    return "guess";
}

const struct tare_world_ops guess_world = {.version = TARE_CONTRACT_VERSION,
                                           .name = "guess",
                                           .about = "a number to guess",
                                           .open = w_open,
                                           .close = w_close,
                                           .reset = w_reset,
                                           .step = w_step,
                                           .step_json = w_step_json,
                                           .facts = w_facts,
                                           .outcome = w_outcome,
                                           .action_json = w_number,
                                           .obs_json = w_number,
                                           .outline_json = w_outline,
                                           .verb_name = w_name};

/* ---- solvers ------------------------------------------------------------------------------- */

struct state {
    uint32_t next, turn;
    char line[16];
};

static enum tare_status s_open(struct tare_json config, struct tare_arena *arena, void **shared,
                               struct tare_err *err)
{
    (void)config, (void)arena, (void)err;
    *shared = NULL;
    return TARE_OK;
}

static void s_identity(const void *shared, struct tare_json_writer *out)
{
    (void)shared;
    tare_json_begin_object(out);
    tare_json_end_object(out);
}

static enum tare_status s_start(const void *shared, void *state, const struct tare_task *task,
                                struct tare_rng *rng, struct tare_arena *arena,
                                struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)task, (void)arena, (void)err;
    s->next = tare_rng_below(rng, 10);
    return TARE_OK;
}

static void s_stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

static void guess(struct state *s, struct tare_yield *out)
{
    out->kind = TARE_YIELD_ACT;
    out->action.verb = s->next++ % 10;
}

static enum tare_status plain_next(const void *shared, void *state, const struct tare_event *e,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    (void)shared, (void)rng, (void)turn, (void)err;
    if (e->obs && e->obs->done)
        out->kind = TARE_YIELD_DONE;
    else
        guess(state, out);
    return TARE_OK;
}

static enum tare_status asks_next(const void *shared, void *state, const struct tare_event *e,
                                  struct tare_rng *rng, struct tare_arena *turn,
                                  struct tare_yield *out, struct tare_err *err)
{
    static const char *const argv[] = {"/bin/echo", "7", NULL};
    static const char *const env[] = {NULL};
    struct state *s = state;
    (void)shared, (void)rng;
    out->id = ++s->turn;
    if (e->kind == TARE_EVENT_CANCEL || (e->obs && e->obs->done)) {
        out->kind = TARE_YIELD_DONE;
    } else if ((e->kind == TARE_EVENT_REPLY || e->kind == TARE_EVENT_CHILD) && e->failed) {
        out->kind = TARE_YIELD_DONE;
        out->cause = e->failed;
        out->cause_text = tare_arena_copy(turn, e->body);
    } else if (e->kind == TARE_EVENT_CHUNK) {
        s->line[0] = e->body.n ? e->body.p[0] : '0';
        out->kind = TARE_YIELD_REQUEST; /* still waiting for the rest of it */
        out->id = e->id;
    } else if (e->kind == TARE_EVENT_CHILD && e->exit_status < 0) {
        s->line[0] = e->body.n ? e->body.p[0] : '0';
        out->kind = TARE_YIELD_SPAWN; /* until it has ended */
        out->id = e->id;
    } else if (e->kind == TARE_EVENT_REPLY || e->kind == TARE_EVENT_CHILD) {
        out->kind = TARE_YIELD_ACT;
        out->json = tare_arena_printf(turn, "%c", s->line[0]);
        if (!out->json.p)
            return tare_fail(err, TARE_E_NOMEM, "out of memory for a guess");
    } else if (e->kind == TARE_EVENT_OBS && s->next % 50 == 3) {
        s->next++;
        out->kind = TARE_YIELD_SPAWN;
        out->spawn = (struct tare_spawn){.argv = argv, .env = env};
    } else if (e->kind == TARE_EVENT_OBS && s->next % 7 == 5) {
        s->next++;
        out->kind = TARE_YIELD_WAIT;
        out->wait_until_ns = e->now_ns + 1000000;
    } else {
        out->kind = TARE_YIELD_REQUEST;
        out->request.body = tare_arena_printf(turn, "%u", s->next++ % 10);
        if (!out->request.body.p)
            return tare_fail(err, TARE_E_NOMEM, "out of memory for a question");
    }
    return TARE_OK;
}

static enum tare_status breaks_next(const void *shared, void *state, const struct tare_event *e,
                                    struct tare_rng *rng, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    if (s->turn++ == 1)
        return tare_fail(err, TARE_E_INPUT, "the solver lost its way");
    return plain_next(shared, state, e, rng, turn, out, err);
}

static enum tare_status waits_next(const void *shared, void *state, const struct tare_event *e,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    (void)shared, (void)state, (void)rng, (void)turn, (void)err;
    out->kind = TARE_YIELD_WAIT;
    out->wait_until_ns = e->now_ns + INT64_C(3600000000000);
    return TARE_OK;
}

static enum tare_status hangs_next(const void *shared, void *state, const struct tare_event *e,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    static const char *const argv[] = {"/bin/sleep", "1000", NULL};
    static const char *const env[] = {NULL};
    (void)shared, (void)state, (void)rng, (void)turn, (void)err;
    out->kind = e->kind == TARE_EVENT_CANCEL ? TARE_YIELD_DONE : TARE_YIELD_SPAWN;
    out->spawn = (struct tare_spawn){.argv = argv, .env = env};
    return TARE_OK;
}

static enum tare_status forlorn_next(const void *shared, void *state, const struct tare_event *e,
                                     struct tare_rng *rng, struct tare_arena *turn,
                                     struct tare_yield *out, struct tare_err *err)
{
    if (e->kind != TARE_EVENT_OBS)
        return asks_next(shared, state, e, rng, turn, out, err);
    out->kind = TARE_YIELD_REQUEST;
    out->request.body = TARE_S("down");
    return TARE_OK;
}

#define SOLVER(id, text, does, waiting)                                                            \
    const struct tare_solver_ops id = {.version = TARE_CONTRACT_VERSION,                           \
                                       .name = text,                                               \
                                       .about = text,                                              \
                                       .waits = waiting,                                           \
                                       .state_bytes = sizeof(struct state),                        \
                                       .open = s_open,                                             \
                                       .identity = s_identity,                                     \
                                       .start = s_start,                                           \
                                       .next = does,                                               \
                                       .stop = s_stop}
SOLVER(guess_plain, "plain", plain_next, false);
SOLVER(guess_asks, "asks", asks_next, true);
SOLVER(guess_breaks, "breaks", breaks_next, false);
SOLVER(guess_lies, "lies", waits_next, false);
SOLVER(guess_hangs, "hangs", hangs_next, true);
SOLVER(guess_forlorn, "forlorn", forlorn_next, true);

/* ---- suite and endpoint -------------------------------------------------------------------- */

struct tare_suite *guess_suite(struct tare_arena *arena, uint32_t n_tasks, uint32_t k)
{
    struct tare_suite *s = TARE_NEW(arena, struct tare_suite);
    struct tare_task *tasks = TARE_NEW_N(arena, struct tare_task, n_tasks);
    struct tare_str *metrics = TARE_NEW_N(arena, struct tare_str, 1);
    if (!s || !tasks || !metrics)
        abort();
    metrics[0] = TARE_S("reward");
    for (uint32_t i = 0; i < n_tasks; i++) {
        tasks[i].index = i;
        tasks[i].id = tare_arena_printf(arena, "g-%04u", i);
        tasks[i].digest = tare_sha256_of(tasks[i].id);
    }
    *s = (struct tare_suite){.name = TARE_S("guessing"),
                             .version = TARE_S("1.0.0"),
                             .world = TARE_S("guess"),
                             .tasks = tasks,
                             .n_tasks = n_tasks,
                             .attempts = k,
                             .metrics = metrics,
                             .n_metrics = 1,
                             .manifest = TARE_S("{\"suite\":\"guessing\"}"),
                             .digest = tare_sha256_of(TARE_S("guessing"))};
    return s;
}

static enum tare_status e_begin(void *ctx, uint64_t token, const struct tare_request *request,
                                int64_t now_ns, struct tare_err *err)
{
    struct guess_endpoint *e = ctx;
    if (e->n == sizeof e->pending / sizeof *e->pending)
        return tare_fail(err, TARE_E_IO, "the endpoint is full");
    struct guess_pending *p = &e->pending[e->n++];
    p->token = token;
    p->due_ns = now_ns + e->delay_ns + (int64_t)(token * 7919 % 17) * e->delay_ns / 16;
    p->down = tare_str_is(request->body, "down");
    snprintf(p->body, sizeof p->body, "%.*s", TARE_FMT(request->body));
    if (e->n > e->most)
        e->most = e->n;
    return TARE_OK;
}

static void e_cancel(void *ctx, uint64_t token)
{
    struct guess_endpoint *e = ctx;
    for (uint32_t i = 0; i < e->n; i++)
        if (e->pending[i].token == token)
            e->pending[i--] = e->pending[--e->n];
}

static uint32_t e_wait(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms, int64_t now_ns)
{
    struct guess_endpoint *e = ctx;
    (void)fds, (void)max;
    for (uint32_t i = 0; i < e->n; i++) {
        int64_t ms = e->pending[i].due_ns <= now_ns ? 0 : (e->pending[i].due_ns - now_ns) / 1000000;
        if (ms < *timeout_ms)
            *timeout_ms = (int)ms;
    }
    return 0;
}

static void e_work(void *ctx, int64_t now_ns,
                   void (*give)(void *to, const struct tare_reply *reply), void *to)
{
    struct guess_endpoint *e = ctx;
    for (uint32_t i = 0; i < e->n;) {
        struct guess_pending p = e->pending[i];
        if (p.due_ns > now_ns) {
            i++;
            continue;
        }
        e->pending[i] = e->pending[--e->n];
        e->served++;
        struct tare_reply r = {.token = p.token, .chunk = true, .body = tare_str_of(p.body)};
        if (p.down)
            r = (struct tare_reply){.token = p.token,
                                    .body = TARE_S("connection refused"),
                                    .failed = TARE_CAUSE_ENDPOINT};
        give(to, &r);
        if (!p.down) {
            r.chunk = false;
            give(to, &r);
        }
    }
}

void guess_endpoint_init(struct guess_endpoint *e, int64_t delay_ns)
{
    memset(e, 0, sizeof *e);
    e->delay_ns = delay_ns;
    e->transport = (struct tare_transport){
        .ctx = e, .begin = e_begin, .cancel = e_cancel, .wait = e_wait, .work = e_work};
}
