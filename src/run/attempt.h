/*
 * One attempt as a state machine: world, solver and checks driven by events. No thread, no clock,
 * no I/O inside: whoever plays it (a CPU thread, the event loop, a simulator) passes events in and
 * does what is asked.
 */
#ifndef TARE_RUN_ATTEMPT_H
#define TARE_RUN_ATTEMPT_H

#include <stdatomic.h>

#include "record/contract.h"
#include "record/task.h"

/* What stays the same for all attempts of a run on one worker. Borrowed. */
struct tare_play_setup {
    const struct tare_world_ops *world;
    void *w; /* the worker's world */
    const struct tare_solver_ops *solver;
    const void *shared; /* of the solver */
    const struct tare_check_ops *const *checks;
    const void *const *check_states;
    uint32_t n_checks;
    uint32_t n_metrics;             /* of the batch */
    const uint32_t *metric_of;      /* metrics of all checks in order → number in the batch;
                                       UINT32_MAX: not wanted */
    uint64_t seed;                  /* of the batch */
    uint32_t run;                   /* the solver's place in the batch */
    uint32_t max_steps;             /* 0: TARE_MAX_STEPS */
    uint64_t max_tokens;            /* of one attempt; 0: none */
    double max_cost_usd;            /* of one attempt; 0: none */
    bool record;                    /* render outline and step bodies */
    const struct tare_clock *clock; /* read between actions when wall_ns is set; may be NULL */
    int64_t wall_ns;                /* limit of one attempt's playing time; 0: none */
    const atomic_int *cancel;       /* 2 or more: stop between two actions; may be NULL */
    /* What the world, the attempt's arena and all they give rise to take their memory through:
     * tells a ceiling of the attempt from a machine without memory. NULL: nothing is known, and
     * whatever fails for want of memory is missing. */
    struct tare_alc_watch *watch;
};

/* What the steps and the outline of an attempt stand in. */
struct tare_play_record {
    struct tare_buf steps, outline;
};

enum tare_play_state {
    TARE_PLAY_IDLE = 0,
    TARE_PLAY_REQUEST, /* play->yield holds what is asked for; feed REPLY (CHUNKs before it) */
    TARE_PLAY_SPAWN,   /* feed CHILD */
    TARE_PLAY_WAIT,    /* feed TIMER */
    TARE_PLAY_FINISHED /* play->attempt is complete */
};

struct tare_play {
    const struct tare_play_setup *setup;
    const struct tare_task *task;
    struct tare_arena *arena; /* the attempt's: everything it leaves */
    struct tare_arena turn;   /* one turn of the solver */
    void *solver_state;
    struct tare_rng world_rng, solver_rng;
    struct tare_obs obs;
    struct tare_yield yield;
    struct tare_play_record record;
    struct tare_buf obs_text, brief; /* for a solver that reads */
    struct tare_scene scene;
    struct tare_str limit_text; /* which limit a CANCEL with cause LIMIT is about; empty: time */
    struct tare_str account;    /* of a harness: its totals as one JSON object */
    enum tare_play_state state;
    bool checking;               /* the solver has ended; a check asks */
    uint32_t check;              /* which */
    void **works;                /* n_checks: of checks that wait, else NULL */
    struct tare_check_in judged; /* what the checks look at */
    struct tare_outcome outcome;
    struct tare_facts facts;
    struct tare_score *scores; /* n_metrics, taken before anything is played */
    size_t scoring_bytes;      /* by which the arena's ceiling was raised */
    struct tare_err check_err; /* the world or a check failed */
    bool started;              /* the solver has to be stopped */
    bool outgrown;             /* it is missing because its task met a ceiling, not the machine */
    int64_t deadline_ns;       /* monotonic; 0: none */
    int64_t began_ns;          /* monotonic; -1: steps get no time */
    struct tare_attempt attempt;
};

/*
 * Begins attempt `index` at `task`: resets the world, starts the solver and plays until something
 * has to be waited for or the attempt is finished. wall_ns and mono_ns are recorded.
 *
 * Failures never come out as a status: an attempt that failed for a reason outside the solver is
 * MISSING with its cause, the solver's own failure or a limit is FAILED and scored.
 * arena: at most its ceiling is used. What the solver did to meet that or another ceiling is its
 * own: FAILED with cause LIMIT. MISSING with cause MEMORY: the machine had none, or the task alone
 * is larger than the ceiling (`outgrown`).
 */
void tare_play_start(struct tare_play *p, const struct tare_play_setup *setup,
                     const struct tare_task *task, uint32_t index, int64_t wall_ns,
                     struct tare_arena *arena);
/* Passes an event in and plays on. CANCEL ends it with `why` (LIMIT and SOLVER: scored as a
 * failure; CANCELLED and others: missing). */
void tare_play_event(struct tare_play *p, const struct tare_event *event, enum tare_cause why);
/* Takes the record of a finished play away: from then on the attempt lives as long as its arena and
 * what is returned. */
struct tare_play_record tare_play_take(struct tare_play *p);
/* Gives back what is not in the arena; once for each start. What was not taken is gone. */
void tare_play_end(struct tare_play *p);

#endif
