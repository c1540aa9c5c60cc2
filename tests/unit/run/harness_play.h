/*
 * One attempt of the harness, played without a network: a real world, an endpoint that answers from
 * a script. What was asked, and what the record says of it, is kept for a test to look at.
 */
#ifndef TESTS_UNIT_RUN_HARNESS_PLAY_H
#define TESTS_UNIT_RUN_HARNESS_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "run/attempt.h"
#include "solver/harness.h"
#include "suite/suite.h"
#include "world/soc/gen.h"
#include "world/world.h"

#define MAX_ASKED 64
#define QUERY "call query_logs {\"sql\":\"SELECT * FROM alerts LIMIT 3\"}"
#define QUERY2 "call query_logs {\"sql\":\"SELECT * FROM auth_logs LIMIT 9\"}"
#define QUERY3 "call query_logs {\"sql\":\"SELECT * FROM netflow LIMIT 9\"}"
#define BAD "call query_logs {\"sql\":\"SELECT * FROM nowhere\"}"
#define REPORT                                                                                     \
    "call submit_report {\"summary_json\":{\"verdict\":\"no_incident\",\"incidents\":[]}}"

/* What an endpoint answers: an entry a request for an action, the last one again and again. Lines
 * of one entry that begin with "call" are its calls; anything else is text. */
struct script {
    const char *acts[MAX_ASKED];
    const char *verify, *summary;
    const double *logprobs; /* of the answers, or NULL */
};

struct fixture {
    const struct tare_world_ops *world;
    const struct tare_solver_ops *solver;
    struct tare_arena arena, attempt;
    const struct tare_task *tasks;
    uint32_t n_tasks;
    void *w;
    struct tare_play play;
    struct tare_play_record record;    /* of the last one */
    struct tare_json asked[MAX_ASKED]; /* requests */
    struct tare_str endpoint[MAX_ASKED];
    uint32_t n_asked;
    struct tare_json harness; /* of the attempt's detail */
};

/* The world soc with two tasks. */
int setup(void **state);
/* A world that talks, instead: its configuration (JSON), its tasks (JSON Lines). The switches are
 * then members of {"harness": …}. */
void talk_in(struct fixture *f, const char *config, const char *tasks);
int teardown(void **state);
/* Plays one attempt at the first task with these switches (JSON). */
const struct tare_attempt *play(struct fixture *f, const char *harness, const struct script *k);
/* Of the attempt played last: the counter of a switch, a total of its account (must be there). */
int64_t counter(const struct fixture *f, const char *key);
int64_t total(const struct fixture *f, const char *key);
/* Fails unless this was why it ended. */
void stopped(const struct fixture *f, const char *why);
/* Request number i as text; whether it holds a text. */
struct tare_str asked(const struct fixture *f, uint32_t i);
bool asked_for(const struct fixture *f, uint32_t i, const char *text);

/* Looks once, then reports. */
extern const struct script plain;

#endif
