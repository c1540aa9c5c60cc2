/*
 * A run as a log of Inspect AI (JSON form, version 2): its viewer opens it, its reader reads it.
 */
#ifndef TARE_VIEW_INSPECT_LOG_H
#define TARE_VIEW_INSPECT_LOG_H

#include "record/query.h"

struct tare_inspect_log {
    const struct tare_batch_view *batch;
    const struct tare_run_view *run;
    const struct tare_task_view *tasks;
    uint32_t n_tasks;
    /* Takes a piece of the file; false: it cannot be written. */
    bool (*put)(void *ctx, struct tare_str piece);
    void *ctx;
};

/*
 * Writes the whole log, one sample in memory at a time. Each attempt is a sample (its number the
 * epoch); what was said becomes messages, actions and observations of other worlds as JSON. A
 * score that is not there is NaN, which Inspect leaves out of its means; a missing attempt is a
 * sample with an error. *n: samples written. Fails: TARE_E_IO, TARE_E_NOMEM.
 */
enum tare_status tare_inspect_log_write(struct tare_store *store,
                                        const struct tare_inspect_log *log, uint64_t *n,
                                        struct tare_err *err);

#endif
