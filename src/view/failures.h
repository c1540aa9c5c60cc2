/* Failure modes for people and machines. */
#ifndef TARE_VIEW_FAILURES_H
#define TARE_VIEW_FAILURES_H

#include "decide/failures_run.h"
#include "view/style.h"

/* A table of modes, then each attempt that failed with what it shows. tasks: of the batch. */
void tare_view_failures(struct tare_buf *out, const struct tare_run_failures *r,
                        const struct tare_task_view *tasks, uint32_t n_tasks,
                        struct tare_str address, const struct tare_style *style);
void tare_view_failed_attempt(struct tare_buf *out, const struct tare_failed_attempt *x,
                              struct tare_str task);
/* One line a run: how many attempts show which mode. */
void tare_view_run_failures(struct tare_buf *out, const struct tare_run_failures *r,
                            struct tare_str address);
/* Members of tare.failures/1 into an object that is open. */
void tare_doc_failures(struct tare_json_writer *w, const struct tare_run_failures *r,
                       const struct tare_task_view *tasks, uint32_t n_tasks);
void tare_doc_failed_attempt(struct tare_json_writer *w, const struct tare_failed_attempt *x,
                             struct tare_str task);

#endif
