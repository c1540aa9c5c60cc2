/*
 * Results out of other tools' files.
 */
#ifndef TARE_DECIDE_FROM_IMPORT_H
#define TARE_DECIDE_FROM_IMPORT_H

#include "decide/results.h"
#include "record/formats/import.h"

/*
 * One run of a table that was read. A metric's direction is not in such files: higher is better
 * unless its name is in `lower` (NULL-terminated; may be NULL) or says that it is something spent
 * ("latency_ms", "total_tokens"). Any other metric whose values all lie in [0, 1] is a share.
 *
 * A limit the solver hit, and a failure known to be its own, count as 0 in a share; other failures
 * are missing, with `cause_known` false where the file does not say whose they are.
 * Fails: TARE_E_STATE (no such run), TARE_E_NOMEM.
 */
enum tare_status tare_results_from_import(const struct tare_import_table *t, uint32_t run,
                                          const char *const *lower, struct tare_arena *arena,
                                          struct tare_results *out, struct tare_err *err);

/* The metrics of a table as described above; NULL when there is no memory. */
struct tare_metric *tare_import_metrics(const struct tare_import_table *t, const char *const *lower,
                                        struct tare_arena *arena);

/* How an attempt counts: done, failed by its own doing, or missing. */
enum tare_attempt_status tare_import_status(const struct tare_import_attempt *a);

#endif
