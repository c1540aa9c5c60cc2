/*
 * The threads that play, and the places finished attempts travel in.
 */
#include <stdlib.h>

#include "run/batch_int.h"

#include "base/fault.h"
#include "base/limits.h"

#include "base/banned.h"

/* A place keeps at most so much between attempts: a few large ones must not swell all of them. */
#define KEPT_BYTES ((size_t)32 * 1024)

struct tare__crew {
    struct tare__batch *b;
    unsigned n;
    bool loop;
    pthread_t loop_thread;
    pthread_t threads[];
};

struct tare__done *tare__done_take(struct tare__batch *b, struct tare_alc_watch *watch)
{
    pthread_mutex_lock(&b->free_lock);
    struct tare__done *d = b->free_list;
    if (d)
        b->free_list = d->next;
    pthread_mutex_unlock(&b->free_lock);
    if (!d) {
        d = b->alc->get(b->alc->ctx, sizeof *d);
        if (!d)
            return NULL;
        memset(d, 0, sizeof *d);
        tare_arena_init(&d->arena, b->alc, TARE_ARENA_ATTEMPT_BYTES);
    }
    d->arena.alc = &watch->alc;
    d->next = NULL;
    d->job_ended = false;
    return d;
}

void tare__done_fill(struct tare__batch *b, struct tare__done *d, struct tare__job *job,
                     struct tare_play *p, int64_t started_ns)
{
    d->attempt = p->attempt;
    d->attempt.dur_ns = b->clock->mono_ns(b->clock->ctx) - started_ns;
    d->outgrown = p->outgrown;
    d->job = job;
    d->record = tare_play_take(p);
    tare_play_end(p);
    /* It travels on: the worker's watch stays behind. */
    d->arena.alc = d->record.steps.alc = d->record.outline.alc = b->alc;
}

void tare__done_give_back(struct tare__batch *b, struct tare__done *d)
{
    d->arena.alc = b->alc;
    tare_buf_free(&d->record.steps);
    tare_buf_free(&d->record.outline);
    tare_arena_reset(&d->arena);
    if (d->arena.held_bytes > KEPT_BYTES)
        tare_arena_free(&d->arena);
    pthread_mutex_lock(&b->free_lock);
    d->next = b->free_list;
    b->free_list = d;
    pthread_mutex_unlock(&b->free_lock);
}

void tare__done_free_all(struct tare__batch *b)
{
    struct tare__done *d = b->free_list;
    while (d) {
        struct tare__done *next = d->next;
        tare_arena_free(&d->arena);
        b->alc->put(b->alc->ctx, d, sizeof *d);
        d = next;
    }
    b->free_list = NULL;
}

void tare__setup(struct tare__batch *b, uint32_t run, void *w, struct tare_alc_watch *watch,
                 struct tare_play_setup *out)
{
    const struct tare__solver *s = &b->solvers[run];
    *out = (struct tare_play_setup){.world = b->world,
                                    .w = w,
                                    .solver = s->given->ops,
                                    .shared = s->shared,
                                    .checks = b->checks,
                                    .check_states = b->check_states,
                                    .n_checks = b->n_checks,
                                    .n_metrics = b->n_metrics,
                                    .metric_of = b->metric_of,
                                    .seed = b->options->seed,
                                    .run = run,
                                    .max_steps = s->max_steps,
                                    .max_tokens = s->max_tokens,
                                    .max_cost_usd = s->max_cost_usd,
                                    .record = !b->options->no_record,
                                    .clock = b->clock,
                                    .wall_ns = s->wall_ns,
                                    .cancel = &b->stop,
                                    .watch = watch};
}

/* True when the machine, not the attempt's own ceiling, had no memory: nothing is said about the
 * attempt, and it is played when the batch is resumed. */
static bool starved(const struct tare__done *d)
{
    return d->attempt.status == TARE_ATTEMPT_MISSING && d->attempt.cause == TARE_CAUSE_MEMORY &&
           !d->outgrown;
}

void tare__done_hand_in(struct tare__batch *b, struct tare__done *d)
{
    if (starved(d))
        atomic_fetch_add(&b->starved, 1);
    if (d->attempt.cause == TARE_CAUSE_CANCELLED || starved(d) || !tare_queue_push(b->done, d))
        tare__done_give_back(b, d);
}

/* Plays one attempt whole. False when there is no memory for its record. */
static bool play(struct tare__batch *b, struct tare__job *job, const struct tare_play_setup *setup,
                 uint32_t task, uint32_t index)
{
    struct tare__done *d = tare__done_take(b, setup->watch);
    struct tare_play p;
    if (!d)
        return false;
    tare_fault_point("run.attempt");
    atomic_fetch_add(&b->in_flight, 1);
    int64_t start = b->clock->mono_ns(b->clock->ctx);
    tare_play_start(&p, setup, &b->tasks[task], index, b->clock->wall_ns(b->clock->ctx), &d->arena);
    if (p.state != TARE_PLAY_FINISHED) {
        struct tare_event cancel = {.kind = TARE_EVENT_CANCEL};
        tare_play_event(&p, &cancel, TARE_CAUSE_SOLVER);
    }
    tare__done_fill(b, d, job, &p, start);
    atomic_fetch_sub(&b->in_flight, 1);
    tare__done_hand_in(b, d);
    return true;
}

void tare__job_end(struct tare__batch *b, struct tare__job *job)
{
    struct tare__done *d = &job->end;
    d->job = job;
    d->job_ended = true;
    (void)tare_queue_push(b->done, d);
}

static void play_job(struct tare__batch *b, struct tare__job *job, void *w,
                     struct tare_alc_watch *watch)
{
    struct tare_play_setup setup;
    const struct tare_lease *l = &job->lease;
    tare__setup(b, l->run, w, watch, &setup);
    for (uint32_t t = l->task_from; t < l->task_to; t++)
        for (uint32_t i = 0; i < b->k; i++) {
            if (atomic_load(&b->stop))
                return;
            if (!l->finished[(size_t)(t - l->task_from) * b->k + i] && !play(b, job, &setup, t, i))
                return;
        }
}

static void *cpu_main(void *arg)
{
    struct tare__batch *b = arg;
    struct tare_alc_watch watch;
    struct tare_arena arena;
    struct tare_err err = {0};
    void *w = NULL, *item;
    bool finished;
    tare_alc_watch_init(&watch, b->alc);
    tare_arena_init(&arena, &watch.alc, TARE_ARENA_ATTEMPT_BYTES);
    /* The plan has opened a world of this configuration: only memory can be short here. */
    bool open =
        b->world->open(b->options->suite->world_config, &watch.alc, &arena, &w, &err) == TARE_OK;
    if (open && b->world->heed)
        b->world->heed(w, &b->stop);
    while (tare_queue_pop(b->work, -1, &item, &finished)) {
        if (open)
            play_job(b, item, w, &watch);
        tare__job_end(b, item);
    }
    if (open)
        b->world->close(w);
    tare_arena_free(&arena);
    return NULL;
}

static void *loop_main(void *arg)
{
    tare__loop_main(arg);
    return NULL;
}

enum tare_status tare__crew_start(struct tare__batch *b, unsigned threads, bool loop,
                                  struct tare__crew **out, struct tare_err *err)
{
    struct tare__crew *c = tare_arena_alloc(b->arena, sizeof *c + threads * sizeof(pthread_t));
    if (!c)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while starting threads");
    c->b = b;
    *out = c;
    while (c->n < threads && pthread_create(&c->threads[c->n], NULL, cpu_main, b) == 0)
        c->n++;
    if (loop)
        c->loop = pthread_create(&c->loop_thread, NULL, loop_main, b) == 0;
    if ((threads && c->n == 0) || (loop && !c->loop)) {
        tare__crew_join(c);
        return tare_fail(err, TARE_E_IO, "no thread could be started");
    }
    return TARE_OK;
}

void tare__crew_join(struct tare__crew *c)
{
    tare_queue_finish(c->b->work);
    tare_queue_finish(c->b->waiting);
    for (unsigned i = 0; i < c->n; i++)
        pthread_join(c->threads[i], NULL);
    if (c->loop)
        pthread_join(c->loop_thread, NULL);
    c->n = 0;
    c->loop = false;
}
