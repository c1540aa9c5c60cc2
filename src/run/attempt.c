#include "run/attempt.h"

#include "run/run_int.h"

#include "base/limits.h"
#include "record/digest.h"

#include "base/banned.h"

/* Text of an error, as a cause is told. */
static struct tare_str cause_text(struct tare_play *p, const struct tare_err *err)
{
    struct tare_str s = tare_str_of(err->text);
    struct tare_str copy = tare_arena_copy(p->arena, s);
    return copy.p ? copy : TARE_S("out of memory");
}

static void finish(struct tare_play *p)
{
    struct tare_attempt *a = &p->attempt;
    p->state = TARE_PLAY_FINISHED;
    tare__scores(p);
    tare__record_detail(p);
    if (p->setup->record)
        tare__record_end(p);
    if (a->status == TARE_ATTEMPT_MISSING)
        tare__record_missing(p);
    a->digest = tare_attempt_digest(a);
}

static void settle(struct tare_play *p, enum tare_attempt_status status, enum tare_cause cause,
                   struct tare_str why)
{
    struct tare_attempt *a = &p->attempt;
    if (p->state == TARE_PLAY_FINISHED || p->checking)
        return;
    if (p->started) {
        tare__record_account(p);
        p->setup->solver->stop(p->setup->shared, p->solver_state);
        p->started = false;
    }
    a->status = status;
    a->cause = cause;
    a->cause_text =
        why.n > TARE_MAX_ERROR_TEXT_BYTES ? tare_str_n(why.p, TARE_MAX_ERROR_TEXT_BYTES) : why;
    if (tare__checks_begin(p))
        finish(p);
}

/* The solver has played on until a ceiling was met. */
static void settle_limit(struct tare_play *p, const char *what, struct tare_str more)
{
    struct tare_str why =
        tare_arena_printf(&p->turn, "%s%s%.*s", what, more.n ? ": " : "", TARE_FMT(more));
    struct tare_str copy = tare_arena_copy(p->arena, why);
    settle(p, TARE_ATTEMPT_FAILED, TARE_CAUSE_LIMIT, copy.n ? copy : tare_str_of(what));
}

/* by_solver: it came of what the solver said or did, not of the task alone. */
static void settle_err(struct tare_play *p, enum tare_cause cause, bool by_solver,
                       const struct tare_err *err)
{
    bool own = err->code == TARE_E_NOMEM && tare_alc_watch_own(p->setup->watch);
    if (by_solver && (own || (err->code == TARE_E_LIMIT && cause == TARE_CAUSE_WORLD))) {
        settle_limit(p,
                     own ? "the attempt came to more than its ceiling of memory"
                         : "an action met a ceiling",
                     tare_str_of(err->text));
        return;
    }
    if (err->code == TARE_E_NOMEM)
        cause = TARE_CAUSE_MEMORY;
    else if (err->code == TARE_E_CANCELLED)
        cause = TARE_CAUSE_CANCELLED;
    else if (cause == TARE_CAUSE_WORLD && err->code == TARE_E_IO && p->setup->world->boxed)
        cause = TARE_CAUSE_SANDBOX;
    p->outgrown = own;
    settle(p, cause == TARE_CAUSE_SOLVER ? TARE_ATTEMPT_FAILED : TARE_ATTEMPT_MISSING, cause,
           cause_text(p, err));
}

/* Memory was refused while something was written down. */
static void settle_full(struct tare_play *p, const char *what, bool by_solver)
{
    bool own = tare_alc_watch_own(p->setup->watch);
    p->outgrown = own && !by_solver;
    if (own && by_solver)
        settle_limit(p, what, (struct tare_str){NULL, 0});
    else
        settle(p, TARE_ATTEMPT_MISSING, TARE_CAUSE_MEMORY,
               own ? tare_str_of(what) : TARE_S("out of memory"));
}

/* What has to hold before an action. False when the attempt is settled. */
static bool may_act(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    uint32_t ceiling = s->max_steps ? s->max_steps : TARE_MAX_STEPS;
    if (p->attempt.n_steps >= ceiling) {
        settle(p, TARE_ATTEMPT_FAILED, TARE_CAUSE_LIMIT, TARE_S("the limit of steps was reached"));
        return false;
    }
    if (s->cancel && atomic_load_explicit(s->cancel, memory_order_relaxed) >= 2) {
        settle(p, TARE_ATTEMPT_MISSING, TARE_CAUSE_CANCELLED, TARE_S("cancelled"));
        return false;
    }
    if (p->deadline_ns && s->clock->mono_ns(s->clock->ctx) >= p->deadline_ns) {
        settle(p, TARE_ATTEMPT_FAILED, TARE_CAUSE_LIMIT, TARE_S("the limit of time was reached"));
        return false;
    }
    if (p->yield.json.n > TARE_MAX_STEP_BODY_BYTES) {
        settle(p, TARE_ATTEMPT_FAILED, TARE_CAUSE_LIMIT, TARE_S("an action was larger than 4 MiB"));
        return false;
    }
    return true;
}

/* One action in the world. False when the attempt is settled. */
static bool act(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_err err = {0};
    if (!may_act(p))
        return false;
    tare__watch_anew(p);
    enum tare_status st =
        p->yield.json.n ? s->world->step_json(s->w, p->yield.json, &p->world_rng, &p->obs, &err)
                        : s->world->step(s->w, &p->yield.action, &p->world_rng, &p->obs, &err);
    if (st != TARE_OK) {
        settle_err(p, TARE_CAUSE_WORLD, true, &err);
        return false;
    }
    p->attempt.n_steps++;
    tare__watch_anew(p);
    if (s->record && !tare__record_step(p)) {
        settle_full(p, "the record of the attempt came to its ceiling: its last step is not in it",
                    true);
        return false;
    }
    return true;
}

/* Answers events until the solver waits for something or is done. */
static void advance(struct tare_play *p, const struct tare_event *first)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_event event = *first;
    while (p->state != TARE_PLAY_FINISHED) {
        struct tare_err err = {0};
        tare_arena_reset(&p->turn);
        p->yield = (struct tare_yield){0};
        p->state = TARE_PLAY_IDLE;
        tare__watch_anew(p);
        enum tare_status st = s->solver->next(s->shared, p->solver_state, &event, &p->solver_rng,
                                              &p->turn, &p->yield, &err);
        if (st != TARE_OK) {
            settle_err(p, TARE_CAUSE_SOLVER, true, &err);
            return;
        }
        switch (p->yield.kind) {
        case TARE_YIELD_ACT:
            if (event.kind == TARE_EVENT_CANCEL || (event.kind == TARE_EVENT_OBS && p->obs.done)) {
                settle(p, TARE_ATTEMPT_DONE, TARE_CAUSE_NONE, (struct tare_str){NULL, 0});
                return;
            }
            if (!act(p))
                return;
            event =
                (struct tare_event){.kind = TARE_EVENT_OBS, .obs = &p->obs, .now_ns = event.now_ns};
            if (s->solver->reads && s->clock) /* who tells how long a tool took */
                event.now_ns = s->clock->mono_ns(s->clock->ctx);
            if (s->solver->reads && !tare__read_obs(p, &event)) {
                settle_full(p, "what the solver was to see is larger than its ceiling", true);
                return;
            }
            continue;
        case TARE_YIELD_REQUEST:
            p->state = TARE_PLAY_REQUEST;
            return;
        case TARE_YIELD_SPAWN:
            p->state = TARE_PLAY_SPAWN;
            return;
        case TARE_YIELD_WAIT:
            p->state = TARE_PLAY_WAIT;
            return;
        case TARE_YIELD_DONE:
            tare__settle_done(p);
            return;
        }
        settle(p, TARE_ATTEMPT_FAILED, TARE_CAUSE_SOLVER,
               TARE_S("the solver yielded something unknown"));
    }
}

/* The solver says that it is done: finished, failed by itself, or failed from outside. */
void tare__settle_done(struct tare_play *p)
{
    enum tare_cause cause = p->yield.cause;
    struct tare_str why = tare_arena_copy(p->arena, p->yield.cause_text);
    if (cause == TARE_CAUSE_NONE)
        settle(p, TARE_ATTEMPT_DONE, cause, (struct tare_str){NULL, 0});
    else if (cause == TARE_CAUSE_SOLVER || cause == TARE_CAUSE_LIMIT)
        settle(p, TARE_ATTEMPT_FAILED, cause, why);
    else
        settle(p, TARE_ATTEMPT_MISSING, cause, why);
}

void tare_play_start(struct tare_play *p, const struct tare_play_setup *setup,
                     const struct tare_task *task, uint32_t index, int64_t wall_ns,
                     struct tare_arena *arena)
{
    struct tare_err err = {0};
    *p = (struct tare_play){.setup = setup, .task = task, .arena = arena};
    tare_arena_init(&p->turn, arena->alc, TARE_ARENA_ATTEMPT_BYTES);
    tare__record_begin(p);
    /* The world's stream has no solver in its name: two solvers meet the same world. It hangs on
     * the task's content, not its place: part of a suite plays like the whole of it. */
    uint64_t task_key;
    memcpy(&task_key, task->digest.b, sizeof task_key);
    struct tare_rng base;
    tare_rng_init(&base, setup->seed, TARE_S("task"), task_key);
    uint64_t seed = tare_rng_u64(&base);
    tare_rng_init(&p->world_rng, seed, TARE_S("world"), index);
    tare_rng_init(&p->solver_rng, seed, TARE_S("solver"), index);
    if (setup->wall_ns && setup->clock)
        p->deadline_ns = setup->clock->mono_ns(setup->clock->ctx) + setup->wall_ns;
    p->attempt = (struct tare_attempt){
        .task = task->index, .index = index, .seed = seed, .wall_start_ns = wall_ns};
    tare__watch_anew(p);
    p->scores = TARE_NEW_N(arena, struct tare_score, setup->n_metrics);
    p->solver_state = tare_arena_alloc(arena, setup->solver->state_bytes);
    if (!p->scores || !p->solver_state) {
        settle(p, TARE_ATTEMPT_MISSING, TARE_CAUSE_MEMORY, TARE_S("out of memory"));
        return;
    }
    if (setup->world->reset(setup->w, task, &p->world_rng, &p->obs, &err) != TARE_OK) {
        settle_err(p, TARE_CAUSE_WORLD, false, &err);
        return;
    }
    if (setup->record && !tare__record_reset(p)) {
        settle_full(p, "the task is larger than the record of an attempt may be", false);
        return;
    }
    if (setup->solver->start(setup->shared, p->solver_state, task, &p->solver_rng, arena, &err) !=
        TARE_OK) {
        settle_err(p, TARE_CAUSE_SOLVER, false, &err);
        return;
    }
    p->started = true;
    struct tare_event event = {.kind = TARE_EVENT_OBS, .obs = &p->obs};
    if (setup->solver->waits && setup->clock) /* who waits must know from when on */
        event.now_ns = setup->clock->mono_ns(setup->clock->ctx);
    if (setup->solver->reads && (!tare__read_scene(p, index) || !tare__read_obs(p, &event))) {
        settle_full(p, "the task is larger than what a solver can be shown", false);
        return;
    }
    advance(p, &event);
}

void tare_play_event(struct tare_play *p, const struct tare_event *event, enum tare_cause why)
{
    if (p->state == TARE_PLAY_FINISHED)
        return;
    if (p->checking) {
        if (event->kind == TARE_EVENT_CANCEL)
            tare__checks_cancel(p, why);
        if (event->kind == TARE_EVENT_CANCEL || tare__checks_event(p, event))
            finish(p);
        return;
    }
    if (event->kind != TARE_EVENT_CANCEL) {
        advance(p, event);
        return;
    }
    struct tare_err err = {0};
    tare_arena_reset(&p->turn);
    p->yield = (struct tare_yield){0};
    p->setup->solver->next(p->setup->shared, p->solver_state, event, &p->solver_rng, &p->turn,
                           &p->yield, &err);
    if (why == TARE_CAUSE_LIMIT)
        settle(p, TARE_ATTEMPT_FAILED, why,
               p->limit_text.n ? p->limit_text : TARE_S("the limit of time was reached"));
    else if (why == TARE_CAUSE_SOLVER)
        settle(p, TARE_ATTEMPT_FAILED, why,
               TARE_S("the solver waits although it says that it never does"));
    else
        settle(p, TARE_ATTEMPT_MISSING, why,
               why == TARE_CAUSE_ENDPOINT ? TARE_S("the limit of time passed while the model's "
                                                   "server kept the attempt waiting")
               : why == TARE_CAUSE_MEMORY ? TARE_S("out of memory")
                                          : TARE_S("cancelled"));
}

struct tare_play_record tare_play_take(struct tare_play *p)
{
    struct tare_play_record r = p->record;
    p->record = (struct tare_play_record){0};
    return r;
}

void tare_play_end(struct tare_play *p)
{
    if (p->started)
        p->setup->solver->stop(p->setup->shared, p->solver_state);
    p->started = false;
    tare_buf_free(&p->record.steps);
    tare_buf_free(&p->record.outline);
    tare_buf_free(&p->obs_text);
    tare_buf_free(&p->brief);
    tare_arena_free(&p->turn);
    p->arena->ceiling_bytes -= p->scoring_bytes;
    p->scoring_bytes = 0;
}
