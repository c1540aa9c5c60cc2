/*
 * A small batch to store: tasks, solvers and attempts whose contents follow from their numbers.
 */
#ifndef TARE_TEST_RECORD_FIXTURE_H
#define TARE_TEST_RECORD_FIXTURE_H

#include "record/query.h"

struct fixture {
    struct tare_arena arena; /* plan and attempts */
    struct tare_plan plan;
    char folder[256]; /* made for this fixture, removed by its end */
    char path[320];   /* of the store in it */
};

/* n_steps: step bodies of each attempt, 120 bytes or so each. */
void fixture_begin(struct fixture *f, uint32_t n_tasks, uint32_t n_solvers, uint32_t k);
void fixture_end(struct fixture *f);

/* The attempt (run, task, index): about one in 16 is missing, one in 8 failed. */
struct tare_attempt *fixture_attempt(struct tare_arena *arena, uint32_t run, uint32_t task,
                                     uint32_t index, uint32_t n_steps);

/* Opens f->path; asserts success. */
struct tare_store *fixture_open(struct fixture *f, const struct tare_clock *clock);

/* Leases and records attempts until none is left or max are recorded, `group` a commit. Returns the
 * status; *n counts those acknowledged, flags (runs * tasks * k, may be NULL) which ones. */
enum tare_status fixture_play(struct fixture *f, struct tare_store *s, int64_t batch,
                              const char *owner, uint32_t max, uint32_t group, uint32_t n_steps,
                              uint8_t *flags, uint32_t *n, struct tare_err *err);

/* SHA-256 over the digests of all attempts of all runs in order: equal results, equal sums. */
struct tare_digest fixture_sum(struct tare_store *s, int64_t batch, struct tare_arena *arena);

/* "nightly" when TARE_TEST_SIZE says so. */
bool fixture_nightly(void);

/* TARE_OK or the test fails with the error's words. */
#define assert_fine(call, err) fixture_fine((call), (err), #call, __FILE__, __LINE__)
void fixture_fine(enum tare_status st, const struct tare_err *err, const char *what,
                  const char *file, int line);

#endif
