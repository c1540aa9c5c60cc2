/*
 * A small world for tests of the scheduler: guess a number of the task's stream in ten tries. And
 * solvers for it: one that never waits, one that waits in every way there is.
 */
#ifndef TESTS_UNIT_RUN_GUESS_H
#define TESTS_UNIT_RUN_GUESS_H

#include "record/contract.h"
#include "run/transport.h"
#include "suite/suite.h"

extern const struct tare_world_ops guess_world;
extern const struct tare_solver_ops guess_plain;   /* never waits: counts up */
extern const struct tare_solver_ops guess_asks;    /* asks the endpoint, waits, starts children */
extern const struct tare_solver_ops guess_breaks;  /* fails in its second turn */
extern const struct tare_solver_ops guess_lies;    /* says it never waits, and waits */
extern const struct tare_solver_ops guess_hangs;   /* starts a child that sleeps for ever */
extern const struct tare_solver_ops guess_forlorn; /* its endpoint is always down */

/* A suite of n tasks; lives as long as the arena. */
struct tare_suite *guess_suite(struct tare_arena *arena, uint32_t n_tasks, uint32_t k);

/* An endpoint without a network: answers the k-th request of a token after a delay of its own. */
struct guess_endpoint {
    struct tare_transport transport;
    struct guess_pending {
        uint64_t token;
        int64_t due_ns;
        char body[16];
        bool down;
    } pending[4096];
    uint32_t n, most;
    uint64_t served;
    int64_t delay_ns;
};
void guess_endpoint_init(struct guess_endpoint *e, int64_t delay_ns);

#endif
