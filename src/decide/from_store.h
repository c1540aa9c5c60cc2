/*
 * Results out of a store.
 */
#ifndef TARE_DECIDE_FROM_STORE_H
#define TARE_DECIDE_FROM_STORE_H

#include "decide/results.h"
#include "record/query.h"

/* All runs of a batch, or only one of them (only_run >= 0: its index in the batch; out->runs then
 * has that one). Steps are not read, and values only when they are asked
 * for: the store must stay open as long as the results are used. Everything lives in the arena.
 * Errors as in record/query.h. */
enum tare_status tare_results_from_store(struct tare_store *s, int64_t batch, int32_t only_run,
                                         struct tare_arena *arena, struct tare_results *out,
                                         struct tare_err *err);

/* Only what the suite says: its metrics (headline first), tags, cluster, margins, world. No tasks,
 * no runs; cheap. */
enum tare_status tare_results_about(const struct tare_batch_view *batch, struct tare_arena *arena,
                                    struct tare_results *out, struct tare_err *err);

#endif
