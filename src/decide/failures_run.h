/*
 * The failure modes of a whole run, from its store.
 */
#ifndef TARE_DECIDE_FAILURES_RUN_H
#define TARE_DECIDE_FAILURES_RUN_H

#include "decide/failures.h"

/* One attempt that failed or fell short of the best, or that shows a mode all the same. */
struct tare_failed_attempt {
    uint32_t task, index; /* index 0-based */
    enum tare_attempt_status status;
    struct tare_str stop;
    double score; /* share of the best; NaN: none */
    const struct tare_failure *found;
    uint32_t n_found;
};

struct tare_run_failures {
    uint64_t attempts, failed, missing; /* failed: status failed, or short of the best */
    uint64_t explained;                 /* failed ones with a mode of severity error */
    uint64_t by_mode[TARE_FAIL_MODES];  /* failed attempts that show it */
    uint64_t primary[TARE_FAIL_MODES];  /* … as the first */
    const struct tare_failed_attempt *v;
    uint32_t n;
    struct tare_failure provider; /* of the run; subtype empty: nothing */
};

/* Reads at most `limit` attempts that failed (0: all) into v; the counts are over all. */
enum tare_status tare_failures_of_run(struct tare_store *store, const struct tare_batch_view *batch,
                                      const struct tare_run_view *run, uint32_t limit,
                                      struct tare_arena *arena, struct tare_run_failures *out,
                                      struct tare_err *err);
/* Of one attempt. */
enum tare_status tare_failures_of_attempt(struct tare_store *store,
                                          const struct tare_batch_view *batch,
                                          const struct tare_run_view *run, uint32_t task,
                                          uint32_t index, struct tare_arena *arena,
                                          struct tare_failed_attempt *out, struct tare_trail *trail,
                                          struct tare_err *err);

#endif
