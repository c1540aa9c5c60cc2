/*
 * Between the files that play a batch. The caller's thread coordinates and owns the store; CPU
 * threads play solvers that never wait; the loop thread plays the others. Between them bounded
 * queues.
 */
#ifndef TARE_RUN_BATCH_INT_H
#define TARE_RUN_BATCH_INT_H

#include <pthread.h>

#include "base/thread.h"
#include "run/attempt.h"
#include "run/batch.h"

#define TARE__RUN_LEASE_MS 60000
#define TARE__RUN_GROUP_MS 50 /* finished attempts within this share a commit */
#define TARE__RUN_GROUP 64u   /* … and at most so many */
#define TARE__RUN_DONE 32u    /* finished attempts waiting for the store */

/* What workers hand to the coordinator: a finished attempt, or the end of a job. */
struct tare__done {
    struct tare__done *next; /* free list */
    struct tare_arena arena; /* everything the attempt left, but for its record */
    struct tare_play_record record;
    struct tare__job *job;
    bool job_ended; /* no attempt inside: it is job->end */
    bool outgrown;  /* its task met a ceiling of its own */
    struct tare_attempt attempt;
};

/* A leased slice on its way through a worker. Owned by the coordinator. */
struct tare__job {
    struct tare_lease lease;
    uint8_t *begun; /* as lease.finished, which it is: those that were begun since, too */
    struct tare__job *next;
    struct tare__done end; /* so that saying that it ended never needs memory */
};

struct tare__solver {
    const struct tare_run_solver *given;
    const void *shared;
    struct tare_plan_solver plan;
    uint32_t max_steps;
    int64_t wall_ns;
    uint64_t max_tokens;
    double max_cost_usd;
};

struct tare__batch {
    const struct tare_run_options *options;
    const struct tare_clock *clock;
    const struct tare_alc *alc;
    struct tare_arena *arena; /* lives as long as the batch */
    const struct tare_world_ops *world;
    const struct tare_task *tasks;
    uint32_t n_tasks, k;
    struct tare__solver *solvers; /* options->n_solvers */
    const struct tare_check_ops *const *checks;
    const void **check_states;
    uint32_t n_checks;
    bool checks_wait; /* one of them asks a model or starts a program: all runs live in the loop */
    struct tare_metric *metrics;
    uint32_t n_metrics;
    uint32_t *metric_of;
    struct tare_plan plan;

    struct tare_queue *work;    /* struct tare__job: for CPU threads */
    struct tare_queue *waiting; /* struct tare__job: for the loop thread */
    struct tare_queue *done;    /* struct tare__done */
    pthread_mutex_t free_lock;
    struct tare__done *free_list;
    atomic_int stop; /* 0, 1: no new attempts, 2: now */
    atomic_uint_least64_t in_flight, starved;
    char halted[400]; /* written by the loop thread, read when it has ended */
};

/* plan.c: opens solvers and checks, numbers metrics, fills b->plan. */
enum tare_status tare__batch_plan(struct tare__batch *b, struct tare_err *err);

/* Whether attempts of that run have to be waited for. */
static inline bool tare__waits(const struct tare__batch *b, uint32_t run)
{
    return b->checks_wait || b->solvers[run].given->ops->waits;
}

/* crew.c */
struct tare__crew;
enum tare_status tare__crew_start(struct tare__batch *b, unsigned threads, bool loop,
                                  struct tare__crew **out, struct tare_err *err);
/* Ends the queues and waits for all threads. */
void tare__crew_join(struct tare__crew *c);
/* A place for a finished attempt with an empty arena that takes its memory through `watch`; NULL:
 * out of memory. */
struct tare__done *tare__done_take(struct tare__batch *b, struct tare_alc_watch *watch);
/* Takes over what a finished play left, and ends it. */
void tare__done_fill(struct tare__batch *b, struct tare__done *d, struct tare__job *job,
                     struct tare_play *p, int64_t started_ns);
void tare__done_give_back(struct tare__batch *b, struct tare__done *d);
/* To the store, unless it was cancelled or the machine had no memory for it. */
void tare__done_hand_in(struct tare__batch *b, struct tare__done *d);
void tare__done_free_all(struct tare__batch *b);
/* Tells the coordinator that nothing more comes of a job. */
void tare__job_end(struct tare__batch *b, struct tare__job *job);
/* What is the same for all attempts of run `run` in world `w`. */
void tare__setup(struct tare__batch *b, uint32_t run, void *w, struct tare_alc_watch *watch,
                 struct tare_play_setup *out);

/* loop.c: plays waiting solvers until the queue ends. */
void tare__loop_main(struct tare__batch *b);

#endif
