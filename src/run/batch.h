/*
 * A batch: some solvers, a suite, k attempts each; planned, played, stored, resumable.
 *
 * Promises P1 to P7 of docs/concepts/reliability.md hold here: what was reported finished is
 * stored; resuming plays only what is not; results do not depend on threads, interruptions or
 * order; a failure outside the solver is missing with its cause.
 */
#ifndef TARE_RUN_BATCH_H
#define TARE_RUN_BATCH_H

#include <stdatomic.h>

#include "record/contract.h"
#include "record/store.h"
#include "run/transport.h"
#include "solver/model.h"
#include "suite/suite.h"

/* One solver of the batch as named by the person. */
struct tare_run_solver {
    struct tare_str name; /* as shown; unique in the batch */
    const struct tare_solver_ops *ops;
    struct tare_json config;         /* absent: defaults */
    struct tare_str text, path;      /* source of config, for messages; may be empty */
    struct tare_suite_limits limits; /* its own; zero: the suite's */
    /* Models it may ask; the first is meant where a request names none. */
    const struct tare_endpoint *const *endpoints;
    uint32_t n_endpoints;
};

/* What a caller may show while it goes on. Plain counters; read without locks. */
struct tare_run_counters {
    atomic_uint_least64_t done, failed, missing; /* stored and reported; done counts them all */
    atomic_uint_least64_t in_flight, tokens;
};

struct tare_run_options {
    size_t size; /* sizeof(struct tare_run_options) */
    const struct tare_suite *suite;
    const struct tare_world_ops *world; /* NULL: the registry's, by the suite's name */
    const struct tare_run_solver *solvers;
    uint32_t n_solvers;
    uint32_t k; /* 0: the suite's */
    uint64_t seed;
    uint32_t task_from, task_to; /* of the suite's tasks; to 0: all */
    unsigned threads;            /* CPU threads; 0: as many as there are CPUs */
    uint32_t in_flight;          /* attempts of one run that may wait at once; 0: 64 */
    struct tare_str label;
    struct tare_str arguments; /* the command line, for the record; may be empty */
    bool resume;
    struct tare_str resume_batch; /* the batch must be this one (prefix of its id); may be empty */
    bool retry_missing;           /* with resume: missing attempts are played again */
    bool no_record;               /* neither steps nor outlines are stored */
    const struct tare_clock *clock;         /* NULL: system */
    const struct tare_alc *alc;             /* NULL: libc */
    const struct tare_transport *transport; /* NULL: requests fail as endpoint errors */
    int64_t grace_ms;                       /* after the first stop; 0: 10,000 */
    /* 0: go on; 1: finish what runs; 2: stop now. Set by a signal handler. */
    const atomic_int *stop;
    struct tare_run_counters *counters; /* may be NULL */
    /* Playing until enough is known. order: the tasks in the order in which they are played, the
     * numbers of all tasks of the batch (after task_from), each once; a task of each solver in
     * turn. ahead: slices begun before the oldest is complete; 0: as many as keep every thread
     * busy. rule enters the batch's identity: what decides when it is enough. */
    const uint32_t *order;
    uint32_t n_order; /* 0: in the suite's order */
    uint32_t ahead;
    struct tare_str rule;
    /* Models that checks may ask; their endpoints go to tare_models_open with the solvers'. */
    const struct tare_check_model *check_models;
    const struct tare_endpoint *const *check_endpoints; /* of the same number */
    uint32_t n_check_models;
    /* Asked by the caller's own thread after each commit: true begins nothing more, finishes what
     * runs and leaves the rest unplayed. May be NULL. */
    bool (*enough)(void *ctx);
    /* Called by the caller's own thread when the plan is stored, and then about ten times a
     * second. May be NULL. */
    void (*on_plan)(void *ctx, const struct tare_batch_info *batch);
    void (*on_tick)(void *ctx);
    /* Called by the caller's own thread for each attempt after it was stored. May be NULL. */
    void (*on_attempt)(void *ctx, uint32_t run, const struct tare_attempt *attempt);
    void *ctx;
};

struct tare_run_result {
    struct tare_batch_info batch;
    bool resumed;           /* an earlier batch was taken up */
    uint64_t retried;       /* missing attempts that were planned again */
    bool nothing_left;      /* it was finished already */
    bool interrupted;       /* stopped before the end; resumable */
    struct tare_str halted; /* why the transport stopped it (quota, budget); empty: it did not */
    bool enough;            /* ended by `enough` */
    bool elsewhere;         /* another process still plays a part of it */
    uint64_t starved;       /* attempts the machine had no memory for: to be resumed */
    uint64_t played;        /* attempts stored by this call */
};

/*
 * Plans (or takes up) the batch and plays it. The store stays open and belongs to the caller.
 * Fails: TARE_E_USAGE (a world or solver that cannot be opened: the message has its place),
 * TARE_E_IO (store), TARE_E_NOMEM. Interrupted is no failure.
 */
enum tare_status tare_run_batch(struct tare_store *store, const struct tare_run_options *options,
                                struct tare_arena *arena, struct tare_run_result *out,
                                struct tare_err *err);

#endif
