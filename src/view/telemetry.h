/*
 * What happened in attempts, for other tools: OpenTelemetry spans with the GenAI names, or plain
 * events, from the steps and traces of the store. docs/verbs/export.md
 */
#ifndef TARE_VIEW_TELEMETRY_H
#define TARE_VIEW_TELEMETRY_H

#include "record/query.h"

enum tare_telemetry_format {
    TARE_TELEMETRY_OTLP, /* a line an attempt: the body of one POST to /v1/traces */
    TARE_TELEMETRY_JSONL /* a line an event: tare.telemetry/1 */
};

/* Takes one or more whole lines; false: stop, nothing can be written. */
typedef bool tare_telemetry_put(void *ctx, struct tare_str lines);

struct tare_telemetry {
    enum tare_telemetry_format format;
    const struct tare_batch_view *batch;
    const struct tare_run_view *run;
    const struct tare_task_view *tasks;
    uint32_t n_tasks;
    bool texts; /* what was said and what the tools were given; else names and numbers only */
    tare_telemetry_put *put;
    void *ctx;
};

/* One attempt; or all of the run, in order of task and index. *n counts what was written. Memory is
 * that of one attempt. */
enum tare_status tare_telemetry_attempt(struct tare_store *store, const struct tare_telemetry *t,
                                        uint32_t task, uint32_t index, const struct tare_alc *alc,
                                        struct tare_err *err);
enum tare_status tare_telemetry_run(struct tare_store *store, const struct tare_telemetry *t,
                                    const struct tare_alc *alc, uint64_t *n, struct tare_err *err);

#endif
